/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * aside.h - decoding away from the socket: one process captures, another decodes and prints
 *
 *	capture process                            decoder
 *	the ring, its sockets        slots         no socket, no right, a shorter list of calls
 *	torc_ring_next_batch() ──▶ copies of ──▶   aside_next(): decodes and prints
 *	                            packets
 *
 * The decoder is forked before a ring is open, so it never has one. The slots lie in a sealed memfd
 * (F_SEAL_FUTURE_WRITE) that only the capture process has mapped to write; the decoder's mapping is
 * read-only, and the kernel refuses to make it anything else. What the decoder says lies in a page of
 * its own and is believed in nothing: it can lose its own packets. Why copies, and not the ring
 * itself: docs/security.md.
 *
 * The user's process is the one that captures: it has the signals, and its exit status is the
 * decoder's. The decoder has the command's outputs and its account.
 *
 *	aside.c          the memory and the fork; the decoder's side
 *	aside_capture.c  the capture process
 */
#ifndef TORC_CLI_ASIDE_H
#define TORC_CLI_ASIDE_H

#include <pthread.h>
#include <sys/types.h>

#include "cli.h"

struct capture;

enum { ASIDE_SLOTS = 8, ASIDE_PACKETS = 256, ASIDE_TEXT = 512,
       ASIDE_NAME = 16 /* IF_NAMESIZE */ };

#define ASIDE_BYTES (512u << 10) /* of packets in a slot: twice the longest */

enum aside_state {
	ASIDE_OPENING,
	ASIDE_RUNNING,
	ASIDE_ENDED /* nothing more comes; the account is final */
};

struct aside_slot {
	uint32_t count;
	int32_t ifindex; /* that was not seen before, and its name; 0: none */
	char name[ASIDE_NAME];
	struct torc_packet packets[ASIDE_PACKETS]; /* data: an offset in bytes[] */
	uint8_t bytes[ASIDE_BYTES] __attribute__((aligned(64)));
};

/* What the capture process says; nobody else can write it. */
struct aside_told {
	uint32_t handed; /* slots so far */
	uint32_t waits;  /* for room: the slots are full */
	uint32_t state;
	uint32_t stop;   /* a signal, or the time is up */
	uint32_t reports, rotations; /* SIGUSR1 and SIGHUP so far */
	uint32_t answered; /* requests so far */
	uint32_t accounts; /* so far; the latest is account[accounts % 2] */
	struct torc_stats account[2];
	uint64_t cpu_ns; /* with the account */
	struct torc_ring_info info; /* its texts are in text[] */
	char text[6][ASIDE_TEXT];
	struct aside_slot slots[ASIDE_SLOTS];
};

/* What the decoder says: not believed. */
struct aside_asked {
	uint32_t used;   /* slots so far */
	uint32_t asleep; /* it wants to be woken */
	uint32_t requests;
	uint32_t end;    /* the next request is to stop capturing */
	uint64_t packets; /* that it took */
	uint32_t texts;   /* so far */
	char text[2 * ASIDE_TEXT]; /* for torc rings */
};

struct aside {
	struct aside_told *told;   /* NULL for the decoder */
	const struct aside_told *read;
	struct aside_asked *asked;
	pid_t other;     /* the other process */
	bool decodes;    /* this is the decoder */
	int wake_fd;     /* eventfd: for the decoder */
	int room_fd;     /* eventfd: for the capture process that waits */
	int alive_fd;    /* pipe from the capture process: a byte is a stop, its end the other's death */
	int request_fd;  /* pipe from the decoder: the same for a request */
	/* the decoder's */
	uint32_t place;  /* in the slot being read */
	uint32_t reports, rotations; /* seen */
	bool stopped;
	bool dead;       /* the capture process is */
	uint64_t packets, bytes, truncated; /* taken */
	pthread_mutex_t names_lock; /* the outputs of flows have threads */
	struct {
		int32_t ifindex;
		char name[ASIDE_NAME];
	} names[64];
};

/*
 * Makes the memory and forks. 1 in the capture process, 0 in the decoder, which waits until the ring
 * is open; negative: neither, -EOPNOTSUPP where the kernel cannot seal.
 */
int aside_fork(struct aside **aside);
void aside_close(struct aside *aside);
void aside_ring(int fd); /* wakes who sleeps on an eventfd or a pipe of the two */

/* ---- the decoder ---- */

/* Waits until packets come: an exit status; CLI_FAILED when they never will, which was told. */
int aside_await(struct aside *aside);
/* As capture_next(). Waits at most timeout_ms (-1: for ever) and once. */
unsigned int aside_next(struct aside *aside, struct torc_packet *packets, unsigned int max,
			int timeout_ms);
unsigned int aside_queued(const struct aside *aside);
unsigned int aside_signals(struct aside *aside); /* CLI_SIGNAL_ bits since the call before */
bool aside_over(struct aside *aside);            /* all that was handed over is taken, and no more comes */
void aside_end(struct aside *aside);             /* stop capturing */
void aside_stats(struct aside *aside, struct torc_stats *stats);
void aside_publish(struct aside *aside, const char *text);
void aside_info(const struct aside *aside, struct torc_ring_info *info);
bool aside_interface_name(struct aside *aside, int32_t ifindex, char name[ASIDE_NAME]);

/* What was handed over and not taken is not received, but waiting or discarded. */
void aside_correct(struct torc_stats *stats, uint64_t taken, bool ended);

/* ---- the capture process: all that it does between opening and the end of the decoder ---- */

int aside_capture(struct aside *aside, struct capture *capture);

#endif
