/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * afpacket.h - what the two packet-socket engines share (packet(7), linux/if_packet.h)
 *
 * afpacket.c holds the socket: opening, binding, filters, promiscuous mode, counters, clusters.
 * afpacket_v3.c and afpacket_v2.c hold the memory: blocks of packets (TPACKET_V3, the default) and
 * single frames (TPACKET_V2, for immediate delivery). afpacket_tx.c sends.
 *
 * The memory of a socket outlives the socket when a ring leaves its cluster: a fanout group can
 * only be left by closing the socket, and packets that are still waiting, or lent to the user, must
 * stay where they are. So an engine has a few maps: the active one, and old ones that drain.
 */
#ifndef TORC_ENGINE_AFPACKET_H
#define TORC_ENGINE_AFPACKET_H

#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <pthread.h>

#include "engine/engine.h"

#define AFP_MAPS          4
#define AFP_TAG_BYTES     4
#define AFP_COOKED_BYTES  16 /* of a LINKTYPE_LINUX_SLL header */
#define AFP_BUFFER_BYTES  (64u << 20)

/* The receive memory of one socket. */
struct afp_map {
	int fd;          /* -1: no socket any more, only memory */
	uint8_t *memory; /* NULL: the slot is free */
	size_t bytes;
	unsigned int cursor; /* the next block (frame) to hand over */
	unsigned int held;   /* handed over and not released */
	unsigned int retire_ms; /* V3: of this ring, as it was asked for */
	uint8_t *taken;      /* for each block (frame): handed over and not released */
	/* V2: for each frame, the whole of a packet that is longer than it, or NULL; NULL: of none */
	struct afp_copy **copies;
	int promisc_ifindex; /* the interface that this socket keeps promiscuous; 0: none */
};

struct afpacket;
struct afp_copy;

/* What differs between the versions of the ring. */
struct afp_format {
	int version; /* TPACKET_V3, TPACKET_V2 */
	int (*set_size)(struct afpacket *engine);
	int (*request)(struct afpacket *engine, int fd);
	/* Wait until what arrived before the socket stopped can be acquired. */
	void (*settle)(struct afpacket *engine, struct afp_map *map);
	bool (*drained)(struct afpacket *engine, const struct afp_map *map);
	void (*forget)(struct afpacket *engine, struct afp_map *map); /* before the map is freed */
};

struct afp_sender;

struct afpacket {
	const struct afp_format *format;
	struct torc_engine_config config; /* its strings are not kept */
	char name[IF_NAMESIZE];           /* as opened; "any" */
	int ifindex;                      /* 0: any */
	uint16_t link_type;               /* of the interface; any: TORC_LINK_ETHERNET */
	bool asks_link;                   /* a packet may not be Ethernet: afp_view_link() */
	bool loopback;
	bool locked; /* its socket was handed over, with a filter that stays: SO_LOCK_FILTER */
	bool running;
	bool down; /* the interface went down, and the ring was told */
	bool gone; /* the interface was deleted */
	bool saw_down; /* V2: the socket's error was met on the way */

	unsigned int spares; /* so many sockets are kept for this engine: util/spare.h */

	struct afp_map maps[AFP_MAPS];
	unsigned int active;      /* maps[] that receives */
	unsigned int unit_bytes;  /* of a block (V3), a frame (V2) */
	unsigned int unit_count;
	unsigned int block_bytes; /* as allocated by the kernel; V2: several frames */
	unsigned int retire_ms;   /* V3: how long a block may stay with the kernel; 0: V2 */

	/* the block being read: fill() goes on here */
	uint8_t *next;
	uint8_t *end; /* V3: of the block */
	unsigned int left;
	unsigned int next_unit; /* V2: the frame's number in the map being read */
	struct afp_map *reading;

	struct sock_fprog filter; /* a copy; filter.len 0: none */
	bool filtering;           /* the active socket has it; else none of ours */
	bool refusing;            /* it refuses everything */
	int parked;               /* a socket under the number of the one before it; -1: none */
	enum torc_direction direction;
	struct torc_cluster_member *member;
	struct afp_sender *sender;

	/* totals of PACKET_STATISTICS, which resets when read: one reads at a time, and name,
	 * ifindex and the active socket change under the same lock */
	pthread_mutex_t counters_lock;
	uint64_t seen;
	uint64_t dropped;
	uint64_t freezes;
	bool counters_lost; /* a socket went whose counters could not be read */
	uint64_t missed_at_open; /* rx_missed_errors of the interface there is now */
	uint64_t missed_before;  /* counted on one of that name that was deleted */
	uint64_t missed;         /* in all, when it was read last */
	uint64_t sent;           /* atomic */
	uint64_t sent_bytes;
	uint64_t send_errors;
	uint64_t send_full;
};

static inline struct afpacket *afpacket(struct torc_engine *engine)
{
	return (struct afpacket *)(void *)engine;
}

static inline struct afp_map *afp_active(struct afpacket *engine)
{
	return &engine->maps[engine->active];
}

/* A token names a block: its map and its number there. */
static inline uint32_t afp_token(const struct afpacket *engine, const struct afp_map *map,
				 unsigned int unit)
{
	return (uint32_t)(map - engine->maps) << 24 | unit;
}

static inline struct afp_map *afp_token_map(struct afpacket *engine, uint32_t token)
{
	return &engine->maps[token >> 24];
}

static inline unsigned int afp_token_unit(uint32_t token)
{
	return token & 0xffffff;
}

int afp_open(struct torc_engine **engine, const struct torc_engine_config *config,
	     const struct afp_format *format, struct torc_error *error);
void afp_close(struct torc_engine *engine);
int afp_start(struct torc_engine *engine);
int afp_stop(struct torc_engine *engine);
int afp_check(struct torc_engine *engine);
int64_t afp_due_ns(struct torc_engine *engine);
unsigned int afp_fds(struct torc_engine *engine, int *fds, unsigned int max);
int afp_socket_number(struct torc_engine *engine);
int afp_foreign_filter(struct torc_engine *engine, struct sock_fprog *program);
int afp_set_filter(struct torc_engine *engine, const struct sock_fprog *program);
int afp_set_direction(struct torc_engine *engine, enum torc_direction direction);
int afp_set_promisc(struct torc_engine *engine, bool on);
int afp_set_mode(struct torc_engine *engine, enum torc_mode mode);
int afp_join(struct torc_engine *engine, struct torc_cluster_member *member,
	     struct torc_error *error);
int afp_leave(struct torc_engine *engine);
int afp_stats(struct torc_engine *engine, struct torc_engine_stats *stats);
void afp_info(struct torc_engine *engine, struct torc_engine_info *info);

/* A map whose packets are all read and given back is released; called after release(). */
void afp_map_released(struct afpacket *engine, struct afp_map *map);

/* The next map to acquire from: those that drain come first. NULL after the last. */
struct afp_map *afp_next_map(struct afpacket *engine, struct afp_map *after);

/* Put a stripped tag back in front of the packet's type, in the headroom; see afpacket.c. */
void afp_restore_tag(struct torc_packet *packet, uint16_t tci, uint16_t tpid, uint32_t snaplen);

/* A locked filter is not ours, and cuts nothing off. */
static inline void afp_cut(const struct afpacket *engine, struct torc_packet *packet)
{
	if (engine->locked && packet->caplen > engine->config.snaplen)
		packet->caplen = engine->config.snaplen;
}

/* afpacket_link.c */
/* The link type of an interface, by its ARPHRD_ number. */
uint16_t afp_link_type(uint16_t hatype);
/*
 * A packet as its link type wants it, when it may not be Ethernet. header: bytes of what the kernel
 * has in front of the network header. In front of the packet there is room for a cooked header.
 */
void afp_view_link(struct torc_packet *packet, const struct sockaddr_ll *address,
		   uint32_t header, uint32_t snaplen);
/*
 * Where in a frame to be sent the bytes for the kernel begin, and sll_protocol for it; -EINVAL: that is no
 * frame of this link type.
 */
int afp_frame_begin(uint16_t link_type, const uint8_t *data, size_t length, uint16_t *protocol);

/* afpacket_socket.c */
int afp_find_interface(const char *name, int *ifindex, struct torc_error *error);
/* ARPHRD_ of an interface; negative errno. */
int afp_hatype(int fd, const char *name);
int afp_socket(const struct afpacket *engine, struct torc_error *error);
/* The one of engine->config.socket, which is the engine's when this succeeds. */
int afp_given_socket(struct afpacket *engine, struct torc_error *error);
int afp_bind(int fd, int ifindex, uint16_t protocol);
/* The interface the kernel has the socket on; 0: any, negative: none, it was deleted. */
int afp_bound_to(int fd);
int afp_socket_filter(int fd, const struct sock_fprog *program);
void afp_filter_settle(void);
int afp_refuse_all(int fd);
int afp_socket_promisc(int fd, int ifindex, bool on);
void afp_hardware_timestamps(int fd, const char *name);
uint64_t afp_missed_errors(int fd, int ifindex);
/* The interface's name as last known; from any thread. */
void afp_name(struct afpacket *engine, char name[IF_NAMESIZE]);
/*
 * Of an interface in the network namespace that the socket fd is in, wherever the calling thread
 * is; fd -1: in the thread's. -ENODEV: there is none.
 */
int afp_interface_name(int fd, int ifindex, char name[IF_NAMESIZE]);
int afp_interface_index(int fd, const char *name);
int afp_interface_flags(int fd, const char *name);
unsigned int afp_queue_count(int fd, const char *name);
unsigned int afp_mtu(int fd, const char *name);
/* The longest frame that the interface may bring, merged ones included; ifindex 0: any. */
unsigned int afp_longest_frame(int ifindex);
void afp_address(int fd, const char *name, uint8_t address[6]);

/* afpacket_tx.c */
int afp_send(struct torc_engine *engine, int ifindex, const void *data, size_t length);
int afp_send_batch(struct torc_engine *engine, const struct torc_packet *packets,
		   unsigned int count);
int afp_flush(struct torc_engine *engine);
void afp_sender_free(struct afp_sender *sender);

#endif
