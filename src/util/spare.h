/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * spare.h - packet sockets for when there is no right to make one any more
 *
 * Of all that a ring does, only socket() takes CAP_NET_RAW, and a program may have dropped it before
 * a ring is enabled in its cluster, leaves one, or finds its interface again. So the process keeps
 * some sockets from when it had the right. Unbound, they receive nothing; each takes about a
 * kilobyte and a descriptor.
 */
#ifndef TORC_UTIL_SPARE_H
#define TORC_UTIL_SPARE_H

#include <stdbool.h>

#include <torc/base.h>

#define SPARES_OF_RING   4  /* for each interface of a ring */
#define SPARES_OF_MEMBER 12 /* more, once it is in a cluster: each start there takes two */
#define SPARES_MOST      64 /* of the process */

/* A new packet socket (protocol 0), or a spare one; negative errno. */
int torc_packet_socket(void);

/*
 * One that somebody else made: is it a packet socket as ours are, not in use, of the caller's network
 * namespace? locked: it has a filter that stays. 0, or a negative code and a sentence.
 */
int torc_packet_socket_check(int fd, bool *locked, struct torc_error *error);

/* Keep so many more from now on, as far as they can be made; and no more. */
void torc_spares_hold(unsigned int count);
void torc_spares_release(unsigned int count);

/* Back to the spares, when it was not used: unbound and in no group. */
void torc_packet_socket_unused(int fd);

#endif
