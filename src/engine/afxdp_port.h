/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * afxdp_port.h - what this process holds of an interface: program, map, attachment, sockets
 */
#ifndef TORC_ENGINE_AFXDP_PORT_H
#define TORC_ENGINE_AFXDP_PORT_H

#include <pthread.h>

#include "engine/afxdp_sockets.h"

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
		     const struct afxdp_reader *alone);
void afxdp_port_stop(struct afxdp_port *port, struct afxdp_sockets *sockets);
/* Until no processor is in the middle of a program that was just changed. */
void afxdp_let_packets_pass(void);

#endif
