/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * afxdp_sockets.h - the queues that all engines of this process with the same mask have in common
 */
#ifndef TORC_ENGINE_AFXDP_SOCKETS_H
#define TORC_ENGINE_AFXDP_SOCKETS_H

#include "engine/afxdp_queue.h"
#include "engine/engine.h"

struct sock_filter;

struct afxdp_cluster;

/* Whoever receives by them alone: what the program must know of it. */
struct afxdp_reader {
	struct sock_filter *filter; /* in the program; NULL: none */
	unsigned short filter_length;
	uint32_t snaplen;
};

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
	const struct afxdp_reader *alone; /* who receives by them, without a cluster */
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
int afxdp_sockets_begin(struct afxdp_sockets *sockets);
int afxdp_sockets_count(const struct afxdp_sockets *sockets, struct torc_engine_stats *stats);

#endif
