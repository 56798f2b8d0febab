/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * collector.h - whole messages to a collector by UDP or TCP, or to a file: reached, lost, tried
 * again, and what became of each message
 */
#ifndef TORC_EXPORT_COLLECTOR_H
#define TORC_EXPORT_COLLECTOR_H

#include <sys/socket.h>

#include "export/export.h"

enum collector_kind { COLLECTOR_FILE, COLLECTOR_UDP, COLLECTOR_TCP };

enum { MESSAGE_MAX = 65535, SENT_MAX = 4096 };

/* A message whose fate is not known yet. */
struct sent {
	uint64_t mark;   /* UDP: when it was sent; TCP: bytes of the session up to its end */
	uint64_t packets;
	uint32_t records;
};

struct collector {
	enum collector_kind kind;
	int fd; /* -1: none */
	struct sockaddr_storage address;
	socklen_t address_length;
	bool connecting; /* TCP */
	bool probing;    /* UDP: away, and a message was sent to see */
	unsigned int session; /* how often it was reached: at each, templates go first */
	uint64_t retry_ns, pause_ns;
	uint64_t paced_ns; /* UDP: up to where the messages sent so far have used the time */
	uint64_t session_bytes; /* TCP */
	struct sent sent[SENT_MAX];
	unsigned int sent_first, sent_count;
	size_t pending, pending_done; /* TCP: of the message that is being sent */
	uint8_t pending_bytes[MESSAGE_MAX];
};

/* kinds: bits 1 << enum collector_kind that are allowed; target as in torc_export_open() */
int collector_open(struct torc_export *out, struct collector *collector, const char *target,
		   unsigned int kinds, struct torc_error *error);

/* Looks after the connection and what was sent; true when a message may be sent now. */
bool collector_ready(struct torc_export *out, struct collector *collector);

/*
 * Sends a message, which carries so many records. After collector_ready(). Settles the records now or
 * later; 0 or -EAGAIN: not taken, try again.
 */
int collector_send(struct torc_export *out, struct collector *collector, const uint8_t *message,
		   size_t length, uint32_t records, uint64_t packets);

/* Whether the fate of some messages is still open. */
bool collector_waits(const struct collector *collector);

void collector_close(struct collector *collector);

#endif
