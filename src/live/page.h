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
/* Of the page's own layout; what follows the header may grow, see ring_bytes. */
#define LIVE_VERSION (2u << 8 | sizeof(size_t))

/*
 * Read by any version of the library: the two structs are as long as the owner's version knows them.
 */
struct live_page {
	uint32_t magic;
	uint32_t version;
	uint32_t ring_bytes;
	uint32_t stats_bytes;
	uint32_t sequence;
	uint32_t reserved;
	struct torc_live_ring ring;
	struct torc_stats stats; /* ring_bytes behind the beginning of ring */
};

#endif
