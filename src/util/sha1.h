/* SPDX-License-Identifier: BSD-3-Clause */
/* sha1.h - SHA-1 (RFC 3174) of a short message, for Community ID; not for security */
#ifndef TORC_UTIL_SHA1_H
#define TORC_UTIL_SHA1_H

#include <stddef.h>
#include <stdint.h>

#define SHA1_MESSAGE_MAX 55 /* what fits one block with its padding */

/* The digest of a message of at most SHA1_MESSAGE_MAX bytes. */
void torc_sha1(const uint8_t *message, size_t length, uint8_t digest[20]);

#endif
