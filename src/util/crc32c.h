/* SPDX-License-Identifier: BSD-3-Clause */
/* crc32c.h - the CRC of SCTP (RFC 9260, Appendix A): polynomial 0x1EDC6F41, reflected */
#ifndef TORC_UTIL_CRC32C_H
#define TORC_UTIL_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/*
 * The CRC's register after some more bytes; it begins as 0xFFFFFFFF, and the CRC is its complement.
 * By the processor's instruction where it has one.
 */
uint32_t crc32c_add(uint32_t crc, const void *data, size_t length);

/* The same without that instruction, eight bytes at a time. */
uint32_t crc32c_add_portable(uint32_t crc, const void *data, size_t length);

#endif
