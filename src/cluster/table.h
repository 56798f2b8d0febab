/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * table.h - what all members of one cluster know, in memory that they share
 *
 * The table is a memfd: its first member makes it, joiners get it over a socket (peer.h), and it is
 * gone with the last process that has it. It is changed under its lock only; the lock survives the
 * death of its holder (pthread_mutexattr_setrobust), and whatever that death left half done is put
 * right from what the kernel says. Numbers read from it are checked before they index anything.
 *
 *	slot     one member: one interface of one ring. Never moves while it is in use.
 *	place    the index of a member's socket in the kernel's fanout group. A joiner gets the next
 *	         one; when a socket goes, the last one takes its place (net/packet/af_packet.c).
 *	bucket   1/1024 of the flows; each group says which slot owns it.
 */
#ifndef TORC_CLUSTER_TABLE_H
#define TORC_CLUSTER_TABLE_H

#include <pthread.h>
#include <stdint.h>
#include <sys/types.h>

#include <torc/ring.h>

#include "cluster/cluster.h"

#define CLUSTER_SLOTS     256u
#define CLUSTER_GROUPS    16u
#define CLUSTER_PLACES    256u /* the kernel's own limit, PACKET_FANOUT_MAX */
#define CLUSTER_PROCESSES 256u
#define CLUSTER_NOBODY    0xFFFFu
#define CLUSTER_MAGIC     0x54430002u /* changes with the layout */

/* How the group chooses. */
enum cluster_mode {
	CLUSTER_MODE_CLASSIC = 1, /* PACKET_FANOUT_CBPF */
	CLUSTER_MODE_EXTENDED,    /* PACKET_FANOUT_EBPF */
	CLUSTER_MODE_TURNS,       /* PACKET_FANOUT_LB */
	CLUSTER_MODE_DEALT        /* by the members themselves; places mean nothing */
};

struct cluster_slot {
	uint8_t used;
	uint8_t serving;  /* wants a share */
	uint8_t in_group; /* its socket has a place */
	uint8_t closed;   /* its owner has no use for the socket any more: the place can go */
	uint8_t left;     /* its owner has left or died: free once out of the group */
	uint16_t process;
	uint16_t group;
	uint32_t ring_id;
	uint64_t inode; /* of the socket */
	char application[64];
};

struct cluster_process {
	uint8_t used;
	uint8_t confirmed; /* has talked to the server there is now */
	int32_t pid;
};

struct cluster_group {
	uint8_t used;
	int32_t ifindex;
	uint16_t kernel_id;
	uint16_t places;
	uint16_t place[CLUSTER_PLACES];  /* the slot of each */
	uint16_t owner[CLUSTER_BUCKETS]; /* the slot of each bucket, or CLUSTER_NOBODY */
	struct torc_cluster_deal deal;   /* CLUSTER_MODE_DEALT: what the members go by */
};

struct cluster_table {
	uint32_t magic;
	uint32_t id;
	pthread_mutex_t lock;
	uint32_t type;
	uint32_t options;
	uint32_t mode;
	uint16_t server; /* the process that answers joiners */
	char device[256];
	struct cluster_process processes[CLUSTER_PROCESSES];
	struct cluster_slot slots[CLUSTER_SLOTS];
	struct cluster_group groups[CLUSTER_GROUPS];
};

/* A new table and its descriptor, or a received one mapped; munmap() with the size of the struct. */
int torc_table_create(struct cluster_table **table, unsigned int id);
int torc_table_map(struct cluster_table **table, int fd, unsigned int id);
/* A number that tells two tables apart that bore the same id. */
uint64_t torc_table_identity(int fd);

/*
 * 0: locked; -EBUSY: somebody has it; 1: locked, and its last holder died in the middle: the caller
 * puts the groups right (torc_group_repair()).
 */
int torc_table_trylock(struct cluster_table *table);
void torc_table_unlock(struct cluster_table *table);

/* A free one, marked used, or CLUSTER_NOBODY. */
unsigned int torc_table_take_process(struct cluster_table *table, pid_t pid);
unsigned int torc_table_take_slot(struct cluster_table *table, unsigned int process);
unsigned int torc_table_take_group(struct cluster_table *table, int ifindex);

/* Somebody is in it, who has not left? The first slot, or CLUSTER_NOBODY. */
unsigned int torc_table_anybody(const struct cluster_table *table);

/* Place of a slot in its group, or CLUSTER_NOBODY. */
unsigned int torc_table_place_of(const struct cluster_group *group, unsigned int slot);
/* The socket at a place is gone: as the kernel does, the last one moves there. */
void torc_table_drop_place(struct cluster_table *table, struct cluster_group *group,
			   unsigned int place);

/*
 * torc_balance - share the buckets evenly among members and move as few as possible
 *
 * Only buckets that were nobody's, or of a slot that is no member any more, or more than the even
 * share of a member, change hands. count may be 0.
 */
void torc_balance(uint16_t owner[CLUSTER_BUCKETS], const uint16_t *members, unsigned int count);

/*
 * torc_places_fill - what the program returns for each bucket while all sockets stay
 *
 * leaving  a place whose socket is about to go: the values are right both with it and without it;
 *          CLUSTER_NOBODY: none
 */
void torc_places_fill(uint16_t values[CLUSTER_BUCKETS], const struct cluster_group *group,
		      unsigned int leaving);

#endif
