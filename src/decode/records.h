/* SPDX-License-Identifier: BSD-3-Clause */
/* records.h - the group records of multicast reports, RFC 3376 §4.2.4 and RFC 3810 §5.2.4 */
#ifndef TORC_DECODE_RECORDS_H
#define TORC_DECODE_RECORDS_H

#include <torc/layer.h>

/* Bytes of so many addresses, of those that are whole in length bytes. */
static inline uint32_t sources_length(uint32_t length, uint32_t count, uint32_t each)
{
	return (count < length / each ? count : length / each) * each;
}

/*
 * Claims what the records from at on take; their count stands in front of them. A record is fixed
 * bytes with the group in the last ones, then its sources, each as long as the group, then
 * auxiliary words.
 */
static inline void records_claim(struct torc_cursor *cursor, uint32_t at, uint32_t fixed)
{
	uint32_t count = torc_be16(cursor->data + at - 2);
	const uint8_t *p;

	for (; count > 0 && at + fixed <= cursor->length; count--) {
		p = cursor->data + at;
		at += fixed + torc_be16(p + 2) * (fixed - 4) + p[1] * 4u;
	}
	at += count * fixed;
	if (at > cursor->length)
		torc_cursor_claim(cursor, at);
}

#endif
