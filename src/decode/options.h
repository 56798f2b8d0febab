/* SPDX-License-Identifier: BSD-3-Clause */
/* options.h - the options of IPv4 and TCP: kind, length, data; kinds 0 and 1 have no length */
#ifndef TORC_DECODE_OPTIONS_H
#define TORC_DECODE_OPTIONS_H

#include <torc/layer.h>

/* Whether each option of the list fits; what stands behind kind 0 is padding. */
static inline bool options_fit(const uint8_t *p, uint32_t length)
{
	uint32_t at = 0;

	while (at < length && p[at] != 0) {
		if (p[at] == 1) {
			at++;
			continue;
		}
		if (length - at < 2 || p[at + 1] < 2 || p[at + 1] > length - at)
			return false;
		at += p[at + 1];
	}
	return true;
}

/* The option at *position of a list that fits; 1, or 0 at the end. Shows kind 0 as the last. */
static inline int option_next(const struct torc_bytes *options, uint32_t *position, uint8_t *kind,
			      struct torc_bytes *data)
{
	const uint8_t *p;
	uint32_t left;

	if (*position >= options->length)
		return 0;
	p = options->data + *position;
	left = options->length - *position;
	*kind = p[0];
	*data = (struct torc_bytes){ p + 1, 0 };
	if (p[0] == 0) {
		*position = options->length;
		return 1;
	}
	if (p[0] == 1) {
		*position += 1;
		return 1;
	}
	if (left < 2 || p[1] < 2 || p[1] > left)
		return 0;
	*data = (struct torc_bytes){ p + 2, p[1] - 2u };
	*position += p[1];
	return 1;
}

#endif
