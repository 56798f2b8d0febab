/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * table.h - the state of one cluster, and the memory in which its members see it
 *
 * One process, the leader, has the table and changes it (leader.h). After each change it publishes
 * the table in a memfd that nobody but itself can write, whatever he does (F_SEAL_FUTURE_WRITE): the
 * others map it to read. They need it for two things: shares, where members take from one socket
 * (cluster.h), and to go on when the leader dies. The memory holds the table twice, so that one of
 * them is always whole. There are no pointers in it, and no locks.
 *
 *	slot     one member: one interface of one ring. Never moves while it is in use.
 *	place    the index of a member's socket in the kernel's fanout group. A joiner gets the next
 *	         one; when a socket goes, the last one takes its place (net/packet/af_packet.c).
 *	bucket   1/1024 of the flows; each group says which slot owns it.
 */
#ifndef TORC_CLUSTER_TABLE_H
#define TORC_CLUSTER_TABLE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <torc/ring.h>

#include "cluster/cluster.h"

#define CLUSTER_SLOTS     256u
#define CLUSTER_PLACES    256u /* the kernel's own limit, PACKET_FANOUT_MAX */
#define CLUSTER_PROCESSES 256u
#define CLUSTER_NOBODY    0xFFFFu
#define CLUSTER_MAGIC     0x54430004u /* changes with the layout */

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
	uint32_t ticket; /* of its process: which of its requests it is */
	uint64_t inode; /* of the socket */
	char application[64];
};

struct cluster_process {
	uint8_t used;
	int32_t pid;
};

struct cluster_group {
	uint8_t used;
	int32_t ifindex;
	uint16_t kernel_id; /* 0: there is none yet */
	uint16_t places;
	uint16_t leaving; /* a slot whose place is being given up, or CLUSTER_NOBODY */
	uint16_t place[CLUSTER_PLACES];  /* the slot of each */
	struct torc_cluster_deal deal;   /* whose each bucket is; CLUSTER_MODE_DEALT: members go by it */
};

struct cluster_table {
	uint32_t id;
	uint32_t type;
	uint32_t options;
	uint32_t mode;   /* 0: nobody has joined yet */
	uint16_t leader; /* a process */
	uint16_t entering; /* a slot whose socket is being put into its group, or CLUSTER_NOBODY */
	char device[256];
	struct cluster_process processes[CLUSTER_PROCESSES];
	struct cluster_slot slots[CLUSTER_SLOTS];
	struct cluster_group groups[CLUSTER_GROUPS];
};

struct cluster_memory {
	uint32_t magic;
	uint32_t selected; /* 0 or 1: the copy that is whole; atomic */
	uint64_t sequence; /* counts publications, begun ones too; atomic */
	struct cluster_table copy[2];
};

/* New memory, mapped to be written by this process alone, for good; its descriptor. */
int torc_table_create(struct cluster_memory **memory);
/*
 * Memory that was received, to be read: at *memory if that is not NULL, where another one was. It is
 * refused (-EPROTO) unless it has its size, for ever, and nobody else can write it.
 */
int torc_table_map(const struct cluster_memory **memory, int fd);
void torc_table_unmap(const struct cluster_memory *memory);

/* Let the others see the table as it is. */
void torc_table_publish(struct cluster_memory *memory, const struct cluster_table *table);
/* The copy that is whole now. Each number is read atomically and looked at before it is used. */
const struct cluster_table *torc_table_now(const struct cluster_memory *memory);
/* A slot as it is at one moment; false: the leader writes all the time. */
bool torc_table_slot(const struct cluster_memory *memory, unsigned int index,
		     struct cluster_slot *slot);

/*
 * torc_table_copy - a table that another process wrote, into our own
 *
 * Each number is read once; what would be an index out of range, a place held twice, or a slot that
 * its group does not know is left out. Returns 0, or -EPROTO when it is no table at all.
 */
int torc_table_copy(struct cluster_table *table, const struct cluster_memory *memory);

/* An empty table. */
void torc_table_init(struct cluster_table *table, unsigned int id);

/* A free one, marked used, or CLUSTER_NOBODY. */
unsigned int torc_table_take_process(struct cluster_table *table, pid_t pid);
unsigned int torc_table_take_slot(struct cluster_table *table, unsigned int process);
unsigned int torc_table_take_group(struct cluster_table *table, int ifindex);

/* A slot by its process and ticket, or CLUSTER_NOBODY. */
unsigned int torc_table_find_slot(const struct cluster_table *table, unsigned int process,
				  uint32_t ticket);
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
 * torc_places_fill - what the program returns for each bucket while all sockets stay; where one is
 * leaving, the values are right both with it and without it
 */
void torc_places_fill(uint16_t values[CLUSTER_BUCKETS], const struct cluster_group *group);

#endif
