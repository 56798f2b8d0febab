/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * page.h - the file that a ring publishes
 *
 * The owner holds an exclusive flock() on it for as long as it lives, and writes through a mapping.
 * sequence is odd while it writes: a reader that sees it odd, or changed, reads again.
 */
#ifndef TORC_LIVE_PAGE_H
#define TORC_LIVE_PAGE_H

#include <torc/live.h>

#define LIVE_MAGIC   0x63726f54u /* "Torc" */
#define LIVE_VERSION 1

struct live_page {
	uint32_t magic;
	uint32_t version;
	uint32_t bytes; /* of the whole */
	uint32_t sequence;
	struct torc_live_ring ring;
};

#endif
