/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ring.h - the inside of a ring
 *
 * A ring has one port for each interface (or file) of its device string; a port is an engine and
 * its operations. Packets come from one block of one port at a time, pass the tests that the kernel
 * could not make (refine.c), and go to the user.
 *
 *	open.c     open, close, devices        device.c   the grammar of device strings
 *	receive.c  next, batches, copies       refine.c   sampling, late filters, own copies
 *	wait.c     waiting, stop, descriptor   copies.c   packets of several threads
 *	settings.c everything that is set      account.c  statistics and information
 *	share.c    clusters                    send.c     sending
 *	link.c     interfaces that go and come  sockets.c  packet sockets that were handed over
 */
#ifndef TORC_RING_RING_H
#define TORC_RING_RING_H

#include <linux/filter.h>
#include <pthread.h>

#include <torc/filter.h>
#include <torc/parse.h>
#include <torc/ring.h>

#include "engine/engine.h"

#define RING_PORTS_MAX   64
#define RING_BATCH       64
#define RING_NAME_BYTES  64
#define RING_STATS_BYTES 1024

#define RING_WATERMARK_DEFAULT  128 /* while none is set */
#define RING_WATERMARK_TIMEOUT_MS 3

struct torc_live;
struct ring_copies;

struct ring_port {
	const struct torc_engine_ops *ops;
	struct torc_engine *engine;
	struct torc_cluster_member *member;
	bool filters;    /* the engine runs the filter; else the ring does */
	bool directs;    /* the engine tells directions apart; else the ring does */
	bool keeps_direction; /* the engine alone, without a test in its filter; not in a cluster */
	bool locked;     /* its socket's filter is not ours, and stays */
	bool mixed;      /* any: its packets may have other link types than its own */
	uint16_t link_type;
	int vlan;        /* of "eth0.100", else TORC_VLAN_ANY */
	int fds[8];      /* what epoll watches of it */
	unsigned int fd_count;
	int event;       /* what became of the interface, and was not told yet; 0: nothing */
	bool failed;     /* it is back, but the engine could not be started; this was told */
	char name[256];  /* of the interface or the file */
};

/* Counters: written by whoever receives, read by any thread; relaxed atomics. */
struct ring_counters {
	uint64_t taken; /* of file engines: everything that was read */
	uint64_t filtered;
	uint64_t filtered_late;
	uint64_t sampled_out;
	uint64_t own_copies;
	uint64_t other_direction;
	uint64_t other_member; /* files: another cluster member's share */
	uint64_t discarded;
};

/*
 * Packets read ahead, and the ring's account as it is once all of them have been handed out. What
 * has not been is subtracted when somebody asks (account.c).
 */
struct ring_batch {
	struct torc_packet packets[RING_BATCH];
	unsigned int count;
	uint64_t received, received_bytes, truncated; /* atomic */
};

struct torc_ring {
	struct torc_ring_cursor cursor; /* first: see torc/ring.h */
	struct ring_batch *batch;       /* the one that cursor.next points into */
	struct ring_batch batches[2];   /* in turn: who asks for the account may still look at one */
	uint64_t batch_number;          /* of the batch; atomic */

	struct ring_port ports[RING_PORTS_MAX];
	unsigned int port_count;

	/* reading */
	bool enabled;              /* atomic */
	bool stopped;              /* atomic */
	bool refines;              /* some packet may have to be left out: see refine.c */
	unsigned int next_port;    /* where to look for a block first */
	bool in_block;             /* one is being read: block_token of that port */
	unsigned int block_port;
	uint32_t block_token;
	struct torc_parsed *parsed; /* RING_BATCH of them, with TORC_LONG_HEADER */
	unsigned int end_count;    /* ports at their end */
	bool has_event;            /* some port may have one */

	/* several threads */
	bool reentrant;
	pthread_mutex_t lock;
	struct ring_copies *copies;
	uint64_t serial;           /* of the ring, in the process: never used twice */

	/* waiting */
	int epoll_fd;
	int stop_fd;               /* eventfd: readable while a stop is in effect */
	int ready_fd;              /* eventfd: readable while packets were read ahead (see wait.c) */
	int timer_fd;              /* -1 while the user has no descriptor */
	bool fd_given;             /* the user has the descriptor */
	bool fds_changed;          /* the batch may be of a socket that is not watched any more */
	bool ready_set;
	bool timer_set;
	int poll_duration_ms;
	uint32_t poll_watermark;   /* 0: not set, see wait.c */
	uint32_t watermark_timeout_ms;
	uint32_t nap_us;           /* see wait.c */
	uint64_t received_at_wait;

	/* settings */
	char *device;
	uint32_t id;
	uint32_t snaplen;
	uint32_t flags;
	uint64_t buffer_bytes;
	uint32_t block_bytes;
	enum torc_direction direction;
	enum torc_mode mode;
	int vlan;
	uint64_t channel_mask;
	char application_name[RING_NAME_BYTES];
	char interface_name[64]; /* of the first port, for torc_ring_info() */
	char application_stats[RING_STATS_BYTES];

	char *filter_text;             /* NULL: none */
	struct ring_kernel_filter {
		struct sock_fprog program; /* len 0: none */
		bool in_user;              /* the kernel cannot run it: the ring does */
	} ethernet_filter, raw_filter; /* the same for the kernel, by the interface's link type */
	bool kernel_filtered;          /* atomic: the kernel refused packets at some time: nobody counted */
	bool kernel_directed;
	struct torc_filter *filter;    /* the same for user space; NULL: none, or not possible */
	uint16_t filter_link_type;     /* what it was compiled for */
	struct ring_other_filter *other_filters; /* files with several link types: see refine.c */
	bool filter_kernel_only;       /* uses what only the kernel knows */
	bool filter_sees_tags;         /* is about VLAN tags */
	int *sockets;                  /* while it is opened: those that were handed over; -1: in use */
	unsigned int socket_count;
	bool socket_given;             /* others may attach filters to it */
	uint64_t settings_since_ns;    /* packets from before were captured under older settings */

	uint32_t sampling_rate;
	uint32_t window_at, window_pick; /* place in the window, place of the packet to keep */
	uint64_t random;
	int loopback_ifindex;

	unsigned int cluster_id; /* 0: none */
	enum torc_cluster_type cluster_type;
	uint32_t cluster_options;
	struct torc_cluster_seat *seat; /* files: among the rings of this process */
	bool member_given;             /* files: the device string says "member=2/4" */
	unsigned int share_index, share_count;
	uint64_t round; /* files, round robin */

	struct ring_counters counters;
	uint64_t poll_calls;
	uint64_t opened_ns;
	uint64_t refreshed_s; /* second of the last refresh of kernel counters and live view */
	bool stale;           /* atomic: something changed since then */
	struct torc_live *live;
	struct torc_error error;
};

/* One value more in a counter that other threads may read. */
static inline void ring_add(uint64_t *counter, uint64_t value)
{
	__atomic_store_n(counter, *counter + value, __ATOMIC_RELAXED);
}

static inline uint64_t ring_get(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

/* Packets that were read ahead and not handed out; for the thread that receives. */
static inline unsigned int ring_pending(const struct torc_ring *ring)
{
	const struct ring_batch *batch = ring->batch;

	return (unsigned int)(batch->packets + batch->count - ring->cursor.next);
}

/* The watermark in force: what was set, else one that suits the engine. */
static inline uint32_t ring_watermark(const struct torc_ring *ring)
{
	uint32_t set = __atomic_load_n(&ring->poll_watermark, __ATOMIC_RELAXED);

	if (set == 0)
		set = ring->flags & TORC_IMMEDIATE ? 1 : RING_WATERMARK_DEFAULT;
	return set;
}

static inline bool ring_enabled(const struct torc_ring *ring)
{
	return __atomic_load_n(&ring->enabled, __ATOMIC_RELAXED);
}

static inline void ring_lock(struct torc_ring *ring)
{
	if (ring->reentrant)
		pthread_mutex_lock(&ring->lock);
}

static inline void ring_unlock(struct torc_ring *ring)
{
	if (ring->reentrant)
		pthread_mutex_unlock(&ring->lock);
}

/* Remember the sentence for torc_ring_error() and return the code. */
int ring_fail(struct torc_ring *ring, int code, const char *format, ...) TORC_PRINTF(3, 4);

uint64_t ring_now_ns(void);      /* CLOCK_REALTIME */
uint64_t ring_monotonic_ns(void);

/* device.c */
struct ring_device_spec {
	const struct torc_engine_ops *ops;
	char settings[128];
	char *names[RING_PORTS_MAX];
	int vlans[RING_PORTS_MAX]; /* TORC_VLAN_ANY or the id after the dot */
	unsigned int count;
	uint64_t channel_mask;
	unsigned int member, members; /* of "member=2/4"; members 0: not given */
	char *text; /* what names point into */
};

int ring_device_parse(const char *device, uint32_t flags, struct ring_device_spec *spec,
		      struct torc_error *error);
void ring_device_free(struct ring_device_spec *spec);

/* receive.c */
int ring_fill(struct torc_ring *ring, struct torc_packet *packets, unsigned int max);

/* A block that stays as it is while the ring goes on. */
struct ring_hold {
	struct torc_engine *engine;
	const struct torc_engine_ops *ops;
	uint32_t token;
};

/* The block of the packets that were delivered last, and of those read ahead: false, there is none that
 * can be held, and what is needed has to be copied. */
bool ring_block(const struct torc_ring *ring, struct ring_hold *block);
/* Held until as many releases; these from any thread. */
void ring_block_hold(const struct ring_hold *block);
void ring_block_release(const struct ring_hold *block);
void ring_drain(struct torc_ring *ring);
struct ring_batch *ring_batch_spare(struct torc_ring *ring);
void ring_batch_publish(struct torc_ring *ring, struct ring_batch *batch);
void ring_batch_account(struct ring_batch *batch, const struct torc_packet *packets,
			unsigned int count, int sign);
void ring_cursor_limit(struct torc_ring *ring);

/* refine.c */
void ring_refine_changed(struct torc_ring *ring);
void ring_other_filters_free(struct torc_ring *ring);
void ring_refine_batch(struct torc_ring *ring);
unsigned int ring_refine(struct torc_ring *ring, const struct ring_port *port,
			 struct torc_packet *packets, unsigned int count);

/* copies.c */
struct ring_copies *ring_copies_mine(struct torc_ring *ring);
unsigned int ring_copies_fit(struct ring_copies *copies, const struct torc_packet *packets,
			     unsigned int count);
void ring_copies_make(struct ring_copies *copies, struct torc_packet *packets,
		      unsigned int count);
struct torc_packet *ring_copies_packet(struct ring_copies *copies);
struct torc_parsed *ring_copies_parsed(struct ring_copies *copies);
void ring_copies_free(struct torc_ring *ring);
void ring_copies_register(struct torc_ring *ring);

/* sockets.c */
void ring_sockets_close(const int *fds, unsigned int count);
/* Those of the options are the ring's, in ring->sockets. */
int ring_sockets_take(struct torc_ring *ring, const struct torc_ring_options *options,
		      struct torc_error *error);
/* next: where the one is for the interface that is opened now; NULL: none were handed over. */
int ring_sockets_next(struct torc_ring *ring, const struct ring_device_spec *spec, int **next,
		      struct torc_error *error);
/* All interfaces are open: the others are spare ones. */
int ring_sockets_keep(struct torc_ring *ring, struct torc_error *error);

/* wait.c */
int ring_wait(struct torc_ring *ring, uint64_t deadline_ns);
uint64_t ring_deadline_ns(int timeout_ms);
int ring_wait_open(struct torc_ring *ring);
void ring_wait_close(struct torc_ring *ring);
void ring_wait_watch(struct torc_ring *ring);
void ring_wait_unwatch(struct torc_ring *ring);
void ring_wait_choose_nap(struct torc_ring *ring);
void ring_wait_choose_patience(struct torc_ring *ring);
void ring_ready(struct torc_ring *ring);
bool ring_shows_batch(const struct torc_ring *ring);
int64_t ring_due_ns(struct torc_ring *ring);

/* link.c */
int ring_check(struct torc_ring *ring);
void ring_look_after(struct torc_ring *ring);

/* share.c */
int ring_join_port(struct torc_ring *ring, struct ring_port *port, unsigned int id,
		   enum torc_cluster_type type, uint32_t options);

/* settings.c */
void ring_adopt_filter(struct torc_ring *ring);
int ring_apply_filter(struct torc_ring *ring);
void ring_restore_filter(struct torc_ring *ring);

/* account.c */
void ring_refresh(struct torc_ring *ring);
void ring_publish(struct torc_ring *ring);

#endif
