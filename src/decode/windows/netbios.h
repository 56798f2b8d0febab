/* SPDX-License-Identifier: BSD-3-Clause */
/* netbios.h - NetBIOS names on the wire, RFC 1001 §14.1, RFC 1002 §4.1 */
#ifndef TORC_DECODE_WINDOWS_NETBIOS_H
#define TORC_DECODE_WINDOWS_NETBIOS_H

#include <torc/layers/windows/netbios.h>

#define NETBIOS_LETTERS 32

/* Whether there are 32 letters, A to P. */
static inline bool netbios_letters(const uint8_t *p, uint32_t left)
{
	if (left < NETBIOS_LETTERS)
		return false;
	for (int i = 0; i < NETBIOS_LETTERS; i++)
		if (p[i] < 'A' || p[i] > 'P')
			return false;
	return true;
}

/* The bytes of a name with its scope, up to its zero or pointer; 0 where none fits. */
static inline uint32_t netbios_name_size(const uint8_t *p, uint32_t left)
{
	uint32_t at = 0;

	while (at < left && p[at] != 0 && p[at] < 0xC0) {
		if (p[at] > 63)
			return 0;
		at += 1u + p[at];
	}
	if (at >= left || (p[at] != 0 && left - at < 2))
		return 0;
	return at + (p[at] == 0 ? 1 : 2);
}

/* A name whose first label is 32 letters, and no pointer; *size is that of the whole. */
static inline bool netbios_name_at(const uint8_t *p, uint32_t left, uint32_t *size)
{
	*size = netbios_name_size(p, left);
	return *size > NETBIOS_LETTERS + 1 && p[0] == NETBIOS_LETTERS && netbios_letters(p + 1, left - 1);
}

#endif
