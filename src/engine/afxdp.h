/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * afxdp.h - inside the AF_XDP engine
 *
 *	card ── XDP program ────┬── socket of queue 0 ──┐
 *	        (afxdp_program) ├── socket of queue 1 ──┼── engine ── ring
 *	                        │     (afxdp_queue)     │
 *	                        └── host stack          └── a port: what this process holds of an
 *	                            everything else         interface (afxdp_port)
 *
 * With mode=tap the program puts copies into a queue of our own (afxdp_tap) and the packet goes to
 * the host stack.
 *
 * The program and its map belong to the port: an interface takes one XDP program, so all rings
 * that this process has on an interface share it. The sockets of a set of queues (afxdp_sockets)
 * belong to all engines of this process on these queues; one of them receives alone, or all that
 * are in a cluster do, with those of other processes (afxdp_cluster). Everything is held by
 * descriptors alone, so whatever ends the last process gives the interface back to the host.
 */
#ifndef TORC_ENGINE_AFXDP_H
#define TORC_ENGINE_AFXDP_H

#include <linux/filter.h>
#include <linux/if_xdp.h>
#include <pthread.h>
#include <unistd.h>

#include "engine/engine.h"

#define AFXDP_MAX_QUEUES    64 /* bits of a channel mask */
#define AFXDP_BLOCK_PACKETS 64
#define AFXDP_TX_FRAMES     512u

/* What the program writes in front of each frame; the kernel copies it along. */
struct afxdp_stamp {
	uint64_t time_ns; /* CLOCK_MONOTONIC, or the card's time when the flag says so */
	uint32_t cookie;  /* the port's: tells a stamp from old bytes */
	uint32_t flags;
};

enum {
	AFXDP_STAMP_HARDWARE = 1 << 0,
	AFXDP_STAMP_VLAN_RESTORED = 1 << 1
};

/* Bytes the kernel leaves free in each frame before the packet (XDP_PACKET_HEADROOM). */
#define AFXDP_KERNEL_HEADROOM 256u
/* And these of ours. Frames begin at a cache line, so the stamp shares one with the first headers. */
#define AFXDP_HEADROOM 32u

#define AFXDP_LONGEST_HEADER 22u /* Ethernet and two VLAN tags */

/* The largest MTU whose frames fit into a page. */
static inline uint32_t afxdp_page_mtu(void)
{
	return (uint32_t)getpagesize() - AFXDP_KERNEL_HEADROOM - AFXDP_HEADROOM -
	       AFXDP_LONGEST_HEADER;
}

/* Linux 6.6 (linux/if_xdp.h): larger frames come in several pieces. */
#ifndef XDP_USE_SG
#define XDP_USE_SG    (1 << 4) /* for bind() */
#define XDP_PKT_CONTD (1 << 0) /* in a descriptor: the packet goes on in the next */
#endif

/* ---- the interface, by rtnetlink: afxdp_link.c ---- */

struct afxdp_link {
	int ifindex;
	uint16_t type; /* ARPHRD_ */
	uint32_t mtu;
	uint32_t flags; /* IFF_ */
	uint8_t address[6];
	char name[64];
	uint32_t queue_count;
	uint32_t xdp_program; /* id of the program attached, 0 for none */
	uint64_t missed;      /* rx_missed_errors */
	int master;
	int lower; /* the interface a vlan, macvlan or ipvlan device stands on, or 0 */
};

/* By name, or by ifindex when name is NULL. -ENODEV when there is none. */
int afxdp_link_get(struct afxdp_link *link, const char *name, int ifindex);
/* The receive queues as a mask, the first AFXDP_MAX_QUEUES of them. */
uint64_t afxdp_link_queues(const struct afxdp_link *link);
/* The largest MTU that this kernel can do. */
uint32_t afxdp_link_mtu_limit(void);
/* 1: packets of a default route pass this interface, itself or under a vlan, bridge or bond. */
int afxdp_link_has_default_route(int ifindex);
/* A socket that becomes readable when an interface changes ... */
int afxdp_link_monitor(void);
/* ... from now on only when this one is no longer up (or down), or deleted. */
int afxdp_link_monitor_for(int monitor, int ifindex, bool up);
/* Read it empty. Returns whether anything was told. */
bool afxdp_link_changed(int monitor);

/* ---- one queue: afxdp_queue.c ---- */

/* One of the four rings shared with the kernel. Each index is written by one side only. */
struct afxdp_ring {
	uint32_t *producer, *consumer, *flags;
	void *entries;
	uint32_t mask;
	uint32_t mine; /* our side's index, as last published */
	void *map;
	size_t map_bytes;
};

struct afxdp_queue {
	uint32_t id;
	int fd;                /* the socket, or the tap's ring */
	int memory;            /* of a socket's frames: a descriptor */
	struct afxdp_tap *tap; /* NULL: a socket */
	uint8_t *frames; /* the UMEM: received frames first, then those for sending */
	size_t frames_bytes;
	uint32_t frame_bytes;
	uint32_t frame_count;
	uint32_t tx_count; /* frames for sending, 0 when the queue does not send */
	struct afxdp_ring fill, completion, rx, tx;
	uint64_t consumed;   /* frames taken from rx since open; atomic, one writer */
	uint32_t fill_offset; /* from the begin of a frame, in the fill ring */
	uint64_t *tx_free;   /* addresses of the frames that can be sent */
	uint32_t tx_free_count;
	uint32_t tx_unsent;  /* in the tx ring, not kicked yet */
	bool zero_copy;
	bool pieces;        /* a packet may have several descriptors */
	uint64_t continued; /* of consumed, those that go on in the next; atomic, one writer */
};

/* frame_count: a power of two */
int afxdp_queue_open(struct afxdp_queue *queue, const struct afxdp_link *link, uint32_t id,
		     uint32_t frame_bytes, uint32_t frame_count, uint32_t tx_count, bool generic,
		     struct torc_error *error);
/*
 * A socket and the memory of its frames that another process has made; takes the descriptors.
 * Nothing can be sent by it.
 */
int afxdp_queue_attach(struct afxdp_queue *queue, uint32_t id, uint32_t frame_bytes,
		       uint32_t frame_count, int fd, int memory);
void afxdp_queue_close(struct afxdp_queue *queue);
/* Let poll() drive the card's queue for so long instead of waiting for its interrupt. */
int afxdp_queue_busy_poll(struct afxdp_queue *queue, uint32_t microseconds);
/* Frames received and not taken yet. */
uint64_t afxdp_queue_arrived(const struct afxdp_queue *queue); /* since open, taken or not */
uint32_t afxdp_queue_waiting(const struct afxdp_queue *queue);
/* The same for whoever may not touch the queue just now, of one that several take from. */
uint32_t afxdp_queue_unread(const struct afxdp_queue *queue);
/* Copy up to max descriptors out of the rx ring, of whole packets. */
uint32_t afxdp_queue_take(struct afxdp_queue *queue, struct xdp_desc *descs, uint32_t max);
/* The kernel may use these frames again. */
void afxdp_queue_give_back(struct afxdp_queue *queue, const struct xdp_desc *descs, uint32_t count);
/* The first in two steps: look, and have taken. */
uint32_t afxdp_queue_peek(struct afxdp_queue *queue, struct xdp_desc *descs, uint32_t max);
void afxdp_queue_taken(struct afxdp_queue *queue, uint32_t count);
/*
 * Of queues that several processes have, from where they were at afxdp_queue_sync(): so many
 * descriptors are taken, so many entries are written behind those of the fill ring. False when
 * another has moved them meanwhile.
 */
bool afxdp_queue_try_taken(struct afxdp_queue *queue, uint32_t count);
bool afxdp_queue_try_refill(struct afxdp_queue *queue, uint32_t count);
/* Somebody else may have moved the rings: go on where they are. */
void afxdp_queue_sync(struct afxdp_queue *queue);
/* Frames lost since open: no room in the rx ring, or no free frame. */
uint64_t afxdp_queue_dropped(const struct afxdp_queue *queue);

/* ---- a queue that gets copies, from the program: afxdp_tap.c ---- */

/* What program and user space share of a queue: the fill ring, and what was lost. */
struct afxdp_tap_shared {
	uint32_t filled __attribute__((aligned(64))); /* free frames put in: ours */
	uint32_t taken __attribute__((aligned(64)));  /* taken out: the program's */
	uint64_t lost;                                /* packets that found no free frame */
	uint64_t free[] __attribute__((aligned(64)));
};

struct afxdp_tap {
	int frames;                      /* map of them */
	int shared;                      /* map of struct afxdp_tap_shared */
	unsigned long *position;         /* of the kernel in the ring of records, in bytes */
	unsigned long *consumer, told;   /* ours, as the kernel knows it */
	const uint8_t *records;          /* struct tap_record, mapped twice in a row */
	unsigned long mask;
	void *consumer_map, *record_map;
	size_t record_map_bytes;
	struct afxdp_tap_shared *mine;
	size_t mine_bytes;
};

/* As afxdp_queue_open(). */
int afxdp_tap_open(struct afxdp_queue *queue, uint32_t id, uint32_t frame_bytes,
		   uint32_t frame_count, struct torc_error *error);
void afxdp_tap_close(struct afxdp_queue *queue);
uint32_t afxdp_tap_waiting(const struct afxdp_queue *queue);
uint32_t afxdp_tap_peek(struct afxdp_queue *queue, struct xdp_desc *descs, uint32_t max);
void afxdp_tap_taken(struct afxdp_queue *queue);
/* Nothing waits: from now on the kernel wakes who polls. Look once more before sleeping. */
void afxdp_tap_rest(struct afxdp_queue *queue);

/* ---- the sockets of a set of queues: afxdp_sockets.c ---- */

struct afxdp_cluster;

/* What all engines of this process on the same queues of a port have in common. */
struct afxdp_sockets {
	struct afxdp_sockets *next; /* on the port */
	unsigned int users;
	uint64_t mask;              /* of the queues */
	struct afxdp_queue *queues;
	uint32_t count;             /* of queues */
	uint64_t buffer_bytes;
	bool tap;
	bool receiving;             /* the program gives packets to them, by what this process does */
	bool card_time;             /* some engine wants the card's time */
	bool shared;                /* other processes may receive by them: their cluster's */
	struct torc_engine *alone;  /* who receives by them, without a cluster */
	uint64_t seen_before, dropped_before; /* counted when it began */
	uint32_t out;               /* blocks that were taken without a cluster; atomic */
	struct torc_engine *sender; /* whose the tx ring is; the others send by a packet socket */
	struct afxdp_cluster *cluster; /* of this process's members, or NULL */
};

struct afxdp_sockets_request {
	uint64_t mask;
	uint64_t buffer_bytes; /* 0: what may be locked, up to the default */
	bool tap, sends;
	bool only_sends; /* one queue, and no frames to speak of */
	bool generic;
	uint32_t busy_poll_us;
};

/* The bytes of a frame for packets of an MTU. */
uint32_t afxdp_sockets_frame_bytes(uint32_t mtu, bool tap);
int afxdp_sockets_open(struct afxdp_sockets **opened, const struct afxdp_link *link,
		       const struct afxdp_sockets_request *request, struct torc_error *error);
/* Made of what another process has; queues are attached by the caller. */
struct afxdp_sockets *afxdp_sockets_new(uint64_t mask);
void afxdp_sockets_close(struct afxdp_sockets *sockets);
/* Their descriptors into an epoll instance, or out of it (EPOLL_CTL_). */
void afxdp_sockets_watch(const struct afxdp_sockets *sockets, int epoll, int op);
/* What has come up to now belongs to nobody; and what has come and was lost since then. */
void afxdp_sockets_begin(struct afxdp_sockets *sockets);
int afxdp_sockets_count(const struct afxdp_sockets *sockets, struct torc_engine_stats *stats);

/* ---- the program: afxdp_program.c ---- */

struct afxdp_port;

/* Load the program that serves the port's sockets with their filters; returns its descriptor. */
int afxdp_program_load(const struct afxdp_port *port, struct torc_error *error);

/* The same for everything that this kernel may be able to do, to see whether it can. */
int afxdp_program_probe(const struct afxdp_port *port);

/* ---- what this process holds of an interface: afxdp_port.c ---- */

struct afxdp_port {
	struct afxdp_port *next;
	uint64_t netns;
	int ifindex;
	unsigned int users;
	int map;  /* XSKMAP, queue -> socket; a queue without an entry is the host's */
	int link; /* the attachment */
	bool generic;
	int tag_function;  /* BTF numbers of what the program asks the driver with: a stripped */
	int time_function; /* tag, the card's time; 0: it does not */
	uint32_t cookie;
	uint64_t all_queues; /* the interface's, as a mask */
	bool pieces;  /* its packets may lie in several; no filter is in the program then */
	bool foreign; /* map and link are of another process: only what is in its cluster receives */
	int open_mark, mark; /* torc_cluster_mark(); the second while there are clusters */
	struct afxdp_sockets *sockets;
	pthread_mutex_t lock; /* of all that is above, and of shared queues */
};

int afxdp_port_get(struct afxdp_port **port, const struct afxdp_link *link, bool allow_native,
		   struct torc_error *error);
void afxdp_port_put(struct afxdp_port *port);
/* Put a program for the sockets as they are now in the place of the running one. */
int afxdp_port_reload(struct afxdp_port *port, struct torc_error *error);
/* The sockets on these queues, or NULL. Under the port's lock, as all that follows. */
struct afxdp_sockets *afxdp_port_find(const struct afxdp_port *port, uint64_t mask);
void afxdp_port_add(struct afxdp_port *port, struct afxdp_sockets *sockets);
/* One user less; the last one closes them. */
void afxdp_port_drop(struct afxdp_port *port, struct afxdp_sockets *sockets);
/* The sockets into the program and its map, for one engine or (NULL) a cluster; and out of it. */
int afxdp_port_start(struct afxdp_port *port, struct afxdp_sockets *sockets,
		     struct torc_engine *alone);
void afxdp_port_stop(struct afxdp_port *port, struct afxdp_sockets *sockets);
/* Until no processor is in the middle of a program that was just changed. */
void afxdp_let_packets_pass(void);

/* ---- one member of a cluster: afxdp_cluster.c ---- */

/* A batch of descriptors that the ring holds. */
struct afxdp_block {
	struct afxdp_queue *queue;
	bool dealt;     /* to a member of a cluster */
	uint8_t *whole; /* where packets in several pieces are put together; NULL until needed */
	uint32_t count;
	struct xdp_desc descs[AFXDP_BLOCK_PACKETS];
};

struct afxdp_member {
	struct afxdp_cluster *cluster;
	struct torc_cluster_member *member;
	struct afxdp_port *port;
	unsigned int slot;
	bool running;
	int wake;         /* a socket: readable when somebody has handed packets to us */
	unsigned int wake_number; /* its name */
	uint64_t taken;   /* out of the inbox; atomic, one writer */
	uint64_t useless; /* of them, what were no packets; the same */
	uint32_t base;    /* the place of the inbox at which taken was 0 */
	uint64_t past_dropped; /* claimed of what the sockets lost, and overflowed before a fork */
	uint32_t out;      /* packets that the ring has */
	uint32_t returned; /* frames that we gave back since the last refill */
	uint32_t progress; /* of all, when the rx rings were looked at last */
	bool waited;       /* the lock was another's the last time */
};

struct afxdp_join {
	struct afxdp_port *port;
	const char *device;             /* for sentences */
	uint64_t mask;
	int epoll;                      /* gets what wakes the member */
	struct afxdp_sockets **sockets; /* the engine's; NULL there: another process has them */
};

int afxdp_cluster_join(struct afxdp_member **joined, const struct afxdp_join *join,
		       struct torc_cluster_member *member, struct torc_error *error);
/*
 * Frees the member; its share and its frames are the others'. Adds what it has seen to past. Returns
 * whether there are others. Under the port's lock, as the three that follow and joining.
 */
bool afxdp_cluster_leave(struct afxdp_member *member, int epoll, struct torc_engine_stats *past);
int afxdp_cluster_start(struct afxdp_member *member);
void afxdp_cluster_stop(struct afxdp_member *member);
/* Add what it has seen and dropped. */
void afxdp_cluster_count(struct afxdp_member *member, struct torc_engine_stats *stats);
/* A block of what is ours, its frames back, packets at hand; without that lock. */
uint32_t afxdp_cluster_take(struct afxdp_member *member, struct afxdp_block *block);
void afxdp_cluster_give_back(struct afxdp_member *member, const struct afxdp_block *block);
/* A block of somebody who is in no cluster, though one has the sockets meanwhile. */
void afxdp_cluster_return(struct afxdp_sockets *sockets, const struct afxdp_block *block);
unsigned int afxdp_cluster_queued(struct afxdp_member *member);

/* ---- the engine: afxdp.c, afxdp_run.c, afxdp_open.c, afxdp_receive.c, afxdp_send.c ---- */

/* What a ring that receives has in its hands. */
struct afxdp_blocks {
	struct afxdp_block **all; /* by token */
	uint32_t *free;           /* stack of tokens */
	uint32_t count, free_count;
	struct afxdp_block *current;  /* acquired last */
	uint32_t filled;              /* descriptors of current seen by fill() */
	uint32_t next_queue;          /* where acquire() looks first */
	uint64_t monotonic_offset_ns; /* CLOCK_REALTIME - CLOCK_MONOTONIC */
	uint64_t pickup_ns;           /* CLOCK_REALTIME when current was acquired */
	uint64_t sampled_ns;          /* CLOCK_MONOTONIC when these two were read */
};

/* atomic: stats() may come from any thread */
struct afxdp_counters {
	uint64_t past_seen, past_dropped; /* between a start and a stop, and in a cluster, of before */
	uint64_t sent, sent_bytes, send_errors;
};

/*
 * It receives alone (sockets, no member), in a cluster (member), not yet or no more (left, or no
 * sockets), or only sends (no port; sockets of its own).
 */
struct torc_engine {
	struct afxdp_port *port;
	struct afxdp_sockets *sockets;
	struct afxdp_member *member;
	bool left; /* the sockets are those of a cluster that goes on without us */

	struct afxdp_link device;
	struct torc_engine_config config; /* its strings are not kept */
	uint32_t snaplen;
	bool generic; /* asked for */
	bool tap;     /* copies; the host has every packet too */
	uint32_t busy_poll_us;
	uint64_t buffer_bytes;
	uint64_t queue_mask;
	struct sock_filter *filter; /* in the program; NULL: none */
	unsigned short filter_length;

	bool running; /* between start() and stop() */
	bool down;    /* as told to the ring last */
	bool gone;    /* deleted */
	bool waiting; /* started in vain; tried again now and then */
	bool checked; /* since start() */
	int epoll;    /* over the sockets and monitor: what the ring waits for */
	int monitor;  /* netlink */
	int packet_socket; /* holds promiscuous mode, sends on other interfaces; -1 until needed */
	bool promisc;

	struct afxdp_blocks blocks;
	struct afxdp_counters counters;
	pthread_mutex_t sockets_lock; /* they do not change under the hands of stats() */
};

/* afxdp_open.c: from the device string to sockets on an interface */
int afxdp_open_device(struct torc_engine *engine, const char *name, const char *settings,
		      struct torc_error *error);
int afxdp_open_on_device(struct torc_engine *engine, struct torc_error *error);
void afxdp_close_on_device(struct torc_engine *engine);
/* Under the port's lock, before start(): would the kernel take its program? */
int afxdp_try_program(struct torc_engine *engine, struct torc_error *error);

/* afxdp_run.c: start and stop, and the interface's fate */
int afxdp_start(struct torc_engine *engine);
int afxdp_stop(struct torc_engine *engine);
int afxdp_check(struct torc_engine *engine);
int afxdp_join(struct torc_engine *engine, struct torc_cluster_member *member,
	       struct torc_error *error);
int afxdp_leave(struct torc_engine *engine);
int afxdp_stats(struct torc_engine *engine, struct torc_engine_stats *stats);

int afxdp_acquire(struct torc_engine *engine, uint32_t *token);
unsigned int afxdp_fill(struct torc_engine *engine, struct torc_packet *packets, unsigned int max);
void afxdp_release(struct torc_engine *engine, uint32_t token);
unsigned int afxdp_queued(struct torc_engine *engine);
void afxdp_blocks_free(struct afxdp_blocks *blocks);

/* The packet socket, opened now if it was not: -EPERM and others. */
int afxdp_packet_socket(struct torc_engine *engine);
int afxdp_set_promisc(struct torc_engine *engine, bool on);
int afxdp_send(struct torc_engine *engine, int ifindex, const void *data, size_t length);
int afxdp_send_batch(struct torc_engine *engine, const struct torc_packet *packets,
		     unsigned int count);
int afxdp_flush(struct torc_engine *engine);

#endif
