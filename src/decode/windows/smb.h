/* SPDX-License-Identifier: BSD-3-Clause */
/* smb.h - what both versions of SMB share: where a message begins and ends, names of its statuses */
#ifndef TORC_DECODE_WINDOWS_SMB_H
#define TORC_DECODE_WINDOWS_SMB_H

#include <torc/layer.h>

#include "decode/little.h"

/* Whether a message of the session service begins there. */
bool nbss_begins(const uint8_t *p, uint32_t left);

/* The layer whose message begins with these four bytes: [MS-CIFS] §2.2.3.1, [MS-SMB2] §2.2.1, §2.2.41, §2.2.42. */
static inline unsigned int smb_kind(const uint8_t *p)
{
	if (p[1] != 'S' || p[2] != 'M' || p[3] != 'B')
		return TORC_LAYER_NONE;
	return p[0] == 0xFF ? TORC_LAYER_SMB :
	       p[0] >= 0xFC ? TORC_LAYER_SMB2 :
			      TORC_LAYER_NONE;
}

/*
 * Sets the length of the message at the cursor: what the session service says in front of it, or all there is.
 * What stands behind may be the next one.
 */
static inline void smb_extent(struct torc_cursor *cursor)
{
	const struct torc_decoded *decoded = cursor->decoded;
	const struct torc_layer *before = decoded->layers + decoded->layer_count - 1;
	uint32_t length = cursor->length;

	cursor->header_length = length;
	if (decoded->layer_count == 0 || before->type != TORC_LAYER_NBSS)
		return;
	length = torc_be24(decoded->data + before->offset + 1);
	if (length >= cursor->length)
		return;
	cursor->header_length = length;
	if (nbss_begins(cursor->data + length, cursor->length - length))
		cursor->next = TORC_LAYER_NBSS;
	else
		cursor->next = TORC_LAYER_PAYLOAD;
}

const char *smb_status_name(uint64_t status);

#endif
