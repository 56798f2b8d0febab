/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * afxdp_queue.h - one receive queue: an AF_XDP socket, or copies, and the frames they fill
 */
#ifndef TORC_ENGINE_AFXDP_QUEUE_H
#define TORC_ENGINE_AFXDP_QUEUE_H

#include <linux/if_xdp.h>

#include "engine/afxdp_link.h"

struct afxdp_tap;
struct torc_error;

#define AFXDP_BLOCK_PACKETS 256 /* at most; a quarter of the frames of a queue */
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

/* Linux 6.6 (linux/if_xdp.h): larger frames come in several pieces. */
#ifndef XDP_USE_SG
#define XDP_USE_SG    (1 << 4) /* for bind() */
#define XDP_PKT_CONTD (1 << 0) /* in a descriptor: the packet goes on in the next */
#endif

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
 * A socket and the memory of its frames that another process has made; takes the descriptors. The
 * frames can be read; nothing can be sent.
 */
int afxdp_queue_attach(struct afxdp_queue *queue, uint32_t id, uint32_t frame_bytes,
		       uint32_t frame_count, int fd, int memory);
/* Its rings too, if they are not mapped yet: who calls is the one that receives from now on. */
int afxdp_queue_lead(struct afxdp_queue *queue);
/* Copies instead of a socket (afxdp_tap.h). */
int afxdp_queue_open_tap(struct afxdp_queue *queue, uint32_t id, uint32_t frame_bytes,
			 uint32_t frame_count, struct torc_error *error);
void afxdp_queue_close(struct afxdp_queue *queue);
/* Let poll() drive the card's queue for so long instead of waiting for its interrupt. */
int afxdp_queue_busy_poll(struct afxdp_queue *queue, uint32_t microseconds);
/* Nothing was found: one turn of the driver's receive loop where it is polled; then look again. */
void afxdp_queue_turn(struct afxdp_queue *queue, bool busy_polls);
/* Frames received and not taken yet. */
uint64_t afxdp_queue_arrived(const struct afxdp_queue *queue); /* since open, taken or not */
uint32_t afxdp_queue_waiting(const struct afxdp_queue *queue);
/* Copy up to max descriptors out of the rx ring, of whole packets. */
uint32_t afxdp_queue_take(struct afxdp_queue *queue, struct xdp_desc *descs, uint32_t max);
/* The kernel may use these frames again. */
void afxdp_queue_give_back(struct afxdp_queue *queue, const struct xdp_desc *descs, uint32_t count);
/* The first in two steps: look, and have taken. */
uint32_t afxdp_queue_peek(struct afxdp_queue *queue, struct xdp_desc *descs, uint32_t max);
void afxdp_queue_taken(struct afxdp_queue *queue, uint32_t count);
/* So many entries are written behind those of the fill ring. */
void afxdp_queue_filled(struct afxdp_queue *queue, uint32_t count);
/* Somebody else has moved the rings: go on where they are. */
void afxdp_queue_sync(struct afxdp_queue *queue);
/* Frames lost since open: no room in the rx ring, or no free frame. */
uint64_t afxdp_queue_dropped(const struct afxdp_queue *queue);

#endif
