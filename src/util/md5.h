/* SPDX-License-Identifier: BSD-3-Clause */
/* md5.h - MD5 (RFC 1321), for JA3; not for security */
#ifndef TORC_UTIL_MD5_H
#define TORC_UTIL_MD5_H

#include <stddef.h>
#include <stdint.h>

void torc_md5(const void *message, size_t length, uint8_t digest[16]);

#endif
