/* SPDX-License-Identifier: BSD-3-Clause */
/* siphash.h - SipHash-1-3 (Aumasson, Bernstein 2012): a hash that nobody without the key can steer */
#ifndef TORC_UTIL_SIPHASH_H
#define TORC_UTIL_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t torc_siphash(const uint64_t key[2], const void *data, size_t length);

#endif
