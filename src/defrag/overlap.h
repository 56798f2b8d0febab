/* SPDX-License-Identifier: BSD-3-Clause */
/* overlap.h - a fragment's bytes into a datagram, by the policy where they meet others */
#ifndef TORC_DEFRAG_OVERLAP_H
#define TORC_DEFRAG_OVERLAP_H

#include "defrag/store.h"

enum insertion {
	INSERTED,
	INSERT_DUPLICATE, /* gave nothing: all of it is there */
	INSERT_REFUSED,   /* policy drop: the datagram has to go */
	INSERT_NO_ROOM
};

/* A range of the payload, and its bytes. */
struct range {
	uint32_t begin, end;
	const uint8_t *bytes;
};

/* What was met on the way; for the account. */
struct overlap {
	bool any;
	bool different;
};

/*
 * Nothing of the datagram changes unless the range is INSERTED. spare_bytes: room that has to be left
 * behind it.
 */
enum insertion overlap_insert(struct store *store, struct datagram *datagram,
			      enum torc_defrag_policy policy, const struct range *range,
			      uint32_t spare_bytes, struct overlap *overlap);

#endif
