/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * engine.h - how frames arrive: the contract between a ring and its engines
 *
 * An engine brings the packets of one interface (or file) into memory, block by block, and sends.
 * Every operation is called per block or rarer, never per packet. The ring owns everything that
 * applies to packets one by one: sampling, user-space filters, waiting, the account.
 *
 * The life of a block:
 *
 *	acquire(engine, &token)    1: a block is at hand, from now on until release(token) its bytes
 *	                           stay; 0: none at hand; negative: -ENETDOWN, -ENODEV, ...
 *	fill(engine, packets, n)   views of the next packets of the block acquired last; 0: exhausted
 *	release(engine, token)     the block goes back; blocks may be released in any order, and
 *	                           several may be held at once
 *
 * One thread at a time calls into an engine (the ring locks), except stats() of an engine whose
 * counters are atomic, and release() of one that has hold().
 */
#ifndef TORC_ENGINE_H
#define TORC_ENGINE_H

#include <torc/ring.h>

struct sock_fprog;
struct torc_cluster_member;

/* What an engine is opened with. Strings are borrowed for the call. */
struct torc_engine_config {
	const char *name; /* interface or file, without prefix, mask and settings */
	const char *settings; /* "key=value;key=value" or "" */
	uint32_t snaplen;
	uint32_t flags;        /* TORC_PROMISC, TORC_HW_TIMESTAMP, TORC_IMMEDIATE, ... */
	uint64_t buffer_bytes; /* 0: the default */
	uint32_t block_bytes;
	uint64_t channel_mask; /* receive queues wanted; all ones: every queue. The packet engines
				* leave it to the filter that the ring gives them. */
	enum torc_mode mode;
	int *socket; /* a packet socket to use, set to -1 once it is the engine's; NULL: make one */
};

/* What an engine tells about itself once it is open. */
struct torc_engine_info {
	const char *detail; /* for people; static */
	char name[64];      /* of the interface now (it may have been renamed), or the file */
	uint16_t link_type;
	int32_t ifindex;
	uint32_t mtu;
	uint8_t address[6];
	uint32_t queue_count;
	uint64_t buffer_bytes;
	uint32_t block_bytes;
	uint32_t nap_us; /* a reader of dense traffic may stay away that long; 0: it may not */
	bool loopback;
	bool locked; /* the socket has a filter that is not ours and stays */
};

/* Counters since open, in 64 bits; TORC_UNKNOWN where the engine cannot know. */
struct torc_engine_stats {
	uint64_t seen; /* reached the ring, dropped or not */
	uint64_t dropped;
	uint64_t freezes;
	uint64_t card_missed;
	uint64_t sent;
	uint64_t sent_bytes;
	uint64_t send_errors;
	uint64_t send_full; /* of them: the queue was full */
};

/* send_batch() keeps that much at least until flush(), in an empty queue. */
#define TORC_ENGINE_QUEUE	64u
#define TORC_ENGINE_QUEUE_BYTES (256u << 10)

#define ENGINE_RESTART 1 /* of check() */

struct torc_engine; /* each engine's own; the ring holds {ops, pointer} */

struct torc_engine_ops {
	const char *name; /* as shown: "tpacket_v3" */
	bool is_file;     /* has an end; its direction, filter and clusters are user-space work */
	bool stays_readable; /* fds() are readable until the newest block has been released */
	bool gathers;     /* a packet waits some milliseconds in the kernel for those behind it */
	bool deals;       /* in a cluster its packets come from the leader, unfiltered */

	int (*open)(struct torc_engine **engine, const struct torc_engine_config *config,
		    struct torc_error *error);
	void (*close)(struct torc_engine *engine);
	/* From now on packets arrive / no more arrive; those that did can still be acquired. stop()
	 * returns only when the last block has been handed over or is empty. */
	int (*start)(struct torc_engine *engine);
	int (*stop)(struct torc_engine *engine);

	int (*acquire)(struct torc_engine *engine, uint32_t *token);
	unsigned int (*fill)(struct torc_engine *engine, struct torc_packet *packets,
			     unsigned int max);
	void (*release)(struct torc_engine *engine, uint32_t token);
	/* A block that is held is held once more: it goes back with as many release(), which may come
	 * from any thread. NULL: blocks are the ring's alone. */
	void (*hold)(struct torc_engine *engine, uint32_t token);
	unsigned int (*queued)(struct torc_engine *engine); /* in blocks not yet acquired */
	/* Called when nothing is at hand or a descriptor reports an error, and once a second: 0,
	 * -ENETDOWN or -ENODEV once each time the interface goes down or away, ENGINE_RESTART when it
	 * is back and the engine wants to be stopped and started for it; resumes what it can by
	 * itself. NULL: 0. */
	int (*check)(struct torc_engine *engine);
	bool (*at_end)(struct torc_engine *engine);

	/* Descriptors that become readable when a block is at hand; returns how many. They may
	 * change across start(), stop(), join() and leave(). */
	unsigned int (*fds)(struct torc_engine *engine, int *fds, unsigned int max);
	/* When nothing is readable: nanoseconds until the engine has something anyway (a paced
	 * file), or -1. NULL: always -1. */
	int64_t (*due_ns)(struct torc_engine *engine);

	/* The socket that packets come from; its number stays for the life of the engine, whatever
	 * becomes of the socket. NULL: there is none. */
	int (*socket)(struct torc_engine *engine);
	/* Somebody else attached a filter to that socket, or took ours off: 1 and the program, which
	 * the caller frees (len 0: none); 0: nobody did. NULL where socket is. */
	int (*foreign_filter)(struct torc_engine *engine, struct sock_fprog *program);

	/* NULL: the ring filters in user space; so it does when this returns -EOPNOTSUPP, and then
	 * the engine delivers everything. program NULL: accept everything. */
	int (*set_filter)(struct torc_engine *engine, const struct sock_fprog *program);
	/* NULL: the ring filters in user space. 1: outside of a cluster the filter need not test it. */
	int (*set_direction)(struct torc_engine *engine, enum torc_direction direction);
	int (*set_promisc)(struct torc_engine *engine, bool on); /* NULL: -EOPNOTSUPP */
	/* Before start() only. NULL: only receiving is possible. */
	int (*set_mode)(struct torc_engine *engine, enum torc_mode mode);
	/* From the next start() on: packets are wanted soon, or later and more at once. NULL: the
	 * engine hands over each packet when it comes. */
	void (*set_patience)(struct torc_engine *engine, bool soon);

	/* Clusters: NULL: the ring picks the member's packets in user space (files). */
	int (*join)(struct torc_engine *engine, struct torc_cluster_member *member,
		    struct torc_error *error);
	int (*leave)(struct torc_engine *engine);

	/* NULL: cannot send. ifindex 0: the engine's own interface. */
	int (*send)(struct torc_engine *engine, int ifindex, const void *data, size_t length);
	int (*send_batch)(struct torc_engine *engine, const struct torc_packet *packets,
			  unsigned int count);
	int (*flush)(struct torc_engine *engine);

	int (*stats)(struct torc_engine *engine, struct torc_engine_stats *stats);
	/* The sentence of the last acquire() that failed, or ""; NULL: the code says it all. */
	const char *(*error)(struct torc_engine *engine);
	void (*info)(struct torc_engine *engine, struct torc_engine_info *info);
};

extern const struct torc_engine_ops torc_engine_tpacket_v3;
extern const struct torc_engine_ops torc_engine_tpacket_v2; /* TORC_IMMEDIATE */
extern const struct torc_engine_ops torc_engine_afxdp;
extern const struct torc_engine_ops torc_engine_replay;

struct torc_file;
/* The reader of a replay engine, for what a file tells beyond packets. */
struct torc_file *torc_engine_replay_file(struct torc_engine *engine);

#endif
