/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * torc/spread.h - one capture file for several threads
 *
 *	struct torc_spread_options options = { .size = sizeof(options), .members = 4 };
 *
 *	torc_file_open(&file, "trace.pcap.gz", NULL, &error);
 *	torc_spread_open(&spread, file, &options, &error);
 *	... in thread number n, from 0 to 3:
 *	while ((count = torc_spread_next_batch(spread, n, &packets)) > 0)
 *		look_at(packets, count);
 *	... when all of them have ended:
 *	torc_spread_close(spread);
 *	torc_file_close(file);
 *
 * A thread of the spread's own reads the file once and gives each packet to one member, by the hash
 * that clusters use: both directions of a flow go to one member, in the order of the file.
 *
 * Or the caller reads, from a ring on a file or from wherever packets come:
 *
 *	torc_spread_open(&spread, NULL, &options, &error);
 *	while ((count = torc_ring_next_batch(ring, packets, 64)) > 0)
 *		torc_spread_put(spread, ring, packets, (unsigned int)count, -1);
 *	torc_spread_end(spread, 0);
 *
 * What comes from a ring on a file is not copied: its blocks are kept until the members are done with
 * them. Handing a packet on costs the reader some 30 ns then, and a copy of the packet more otherwise, so
 * a spread pays where what the members do with a packet costs more. torc flows --workers does so.
 *
 * Made for files: on a pipe packets may wait until those behind them come, or torc_spread_flush().
 *
 * No packet is left out: the reader waits for a member whose buffer is full, and so do the others
 * then. A member that ends early has to call torc_spread_stop(), or to read on.
 */
#ifndef TORC_SPREAD_H
#define TORC_SPREAD_H

#include <torc/file.h>
#include <torc/ring.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_spread;

#define TORC_SPREAD_MEMBERS_MAX 256u

/* What torc_spread_open() takes. Set size; everything else that is zero has its default. */
struct torc_spread_options {
	size_t size;
	uint32_t members;            /* 1 to TORC_SPREAD_MEMBERS_MAX */
	enum torc_cluster_type type; /* what a flow is */
	uint64_t buffer_bytes;       /* of packets waiting, for each member; 0: 1 MiB */
};

/*
 * torc_spread_open - begin to read a file for several threads
 *
 * file     an open reader; the spread's thread alone uses it until torc_spread_close(), its block
 *          callback included. It is not closed. NULL: packets come by torc_spread_put()
 *
 * Returns 0, -EINVAL for the number of members, the type, or a size, -ENOMEM, or why there is no
 * thread (-EAGAIN).
 */
TORC_API int torc_spread_open(struct torc_spread **spread, struct torc_file *file,
			      const struct torc_spread_options *options, struct torc_error *error);

/*
 * torc_spread_put - give packets to members; in one thread, of a spread without a file
 *
 * ring     whose last torc_ring_next_batch() these packets are of, or some of them, in their order: where it
 *          is a ring on a file, its blocks are kept instead of copies made, so it must live until
 *          torc_spread_close(). NULL: packets are copied
 * timeout_ms  to wait for members without room; -1: as long as it takes
 *
 * Returns how many were given, in their order (fewer when the time was over: give the others again);
 * -ESHUTDOWN when the spread was stopped, -ENOMEM, -EBUSY after torc_spread_end() or with a file.
 */
TORC_API int torc_spread_put(struct torc_spread *spread, struct torc_ring *ring,
			     const struct torc_packet *packets, unsigned int count, int timeout_ms);

/* torc_spread_flush - members get now what was put for them, also where it is little */
TORC_API void torc_spread_flush(struct torc_spread *spread);

/* torc_spread_end - nothing more is put: members get code, 0 or negative, behind the last packet */
TORC_API void torc_spread_end(struct torc_spread *spread, int code);

/*
 * torc_spread_next_batch - borrow a member's next packets, until its next call
 *
 * member   0 to members - 1; one thread at a time for each
 * packets  set to an array of the spread's
 *
 * Waits for them. Returns how many, 0 at the end of the file or when the spread was stopped, -EINVAL
 * for a member that there is not, or, when all before it have been delivered, the code with which
 * reading the file failed: torc_file_next(); torc_file_error() has the sentence.
 */
TORC_API int torc_spread_next_batch(struct torc_spread *spread, uint32_t member,
				    const struct torc_packet **packets);

/* torc_spread_stop - no member gets packets from now on; from any thread, not from signal handlers */
TORC_API void torc_spread_stop(struct torc_spread *spread);

/*
 * torc_spread_close - end the thread and release the spread and all packets borrowed from it; NULL is
 * allowed. No thread may be in torc_spread_next_batch(). Waits until a read() that is under way has
 * returned.
 */
TORC_API void torc_spread_close(struct torc_spread *spread);

#ifdef __cplusplus
}
#endif

#endif
