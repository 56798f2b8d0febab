/* SPDX-License-Identifier: BSD-3-Clause */
/* dot11.h - what the files of 802.11's layers share */
#ifndef TORC_DECODE_DOT11_H
#define TORC_DECODE_DOT11_H

#include <torc/layers/wireless/dot11.h>

#include "decode/little.h"

#define DOT11_HEADER_MIN 10 /* frame control, duration, one address */

/* The header of the frame that a layer belongs to, or NULL. */
const uint8_t *dot11_frame(const struct torc_decoded *decoded);

/* Names of what stands in several frames. */
const char *dot11_type_name(uint64_t type);
const char *dot11_reason_name(uint64_t reason);
const char *dot11_status_name(uint64_t status);

/* A frame that is all in its header: what stands behind it is not the protocol's. */
static inline int dot11_nothing_decode(struct torc_cursor *cursor)
{
	cursor->header_length = 0;
	return TORC_STEP_OK;
}

/* A layer that has no bytes, and so no fields. */
#define DOT11_BARE(name_, key_, decode_)                                                           \
	{                                                                                          \
		.name = (name_), .key = (key_), .decode = (decode_)                                \
	}

#endif
