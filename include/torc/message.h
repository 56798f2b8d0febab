/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * torc/message.h - messages above TCP streams: whole, wherever segments cut them
 *
 *	const struct torc_message *message;
 *	struct torc_http http;
 *
 *	torc_messages_open(&messages, NULL);
 *	...
 *	while ((event = torc_streams_next(streams))) {
 *		torc_messages_add(messages, streams, event);
 *		while ((message = torc_messages_next(messages)))
 *			if (torc_layer_http(message->decoded, message->decoded->layers, &http) == 0)
 *				...
 *	}
 *
 * Known are TLS (records), DNS over TCP, and HTTP/1 (heads; bodies are stepped over). Others can be
 * registered. A message that lies in one segment is not copied; else its bytes are put together in
 * a buffer of the connection, of 64 KiB at most. A gap ends the message that it lies in; behind it
 * the protocol is looked for again.
 */
#ifndef TORC_MESSAGE_H
#define TORC_MESSAGE_H

#include <torc/stream.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_messages;

#define TORC_MESSAGE_MAX     65536u /* bytes of a message that are kept */
#define TORC_MESSAGE_PACKETS 48u    /* packets of a message that are told */

/*
 * protocol     such as "http"
 * decoded      one layer, decoded, whose typed struct torc_layer_read() fills in, and whose fields
 *              torc_field() finds
 * side, offset, length   its place in the stream. length is all of it that is no body: for DNS the
 *              two bytes before the message are counted
 * body_length  how many bytes behind belong to it and are stepped over: HTTP with a Content-Length
 * packets      those that brought it, in the order of its bytes; packet_count may be more than
 *              TORC_MESSAGE_PACKETS, then the later ones are not told
 * first_ns, last_ns   time of the first and last of its bytes
 *
 * Everything is borrowed until the next torc_messages_next() or torc_messages_add().
 */
struct torc_message {
	const char *protocol;
	const struct torc_decoded *decoded;
	const struct torc_stream *stream;
	const uint64_t *packets;
	uint32_t packet_count;
	uint8_t side;
	uint8_t reserved[3];
	uint64_t offset;
	uint64_t length;
	uint64_t body_length;
	uint64_t first_ns;
	uint64_t last_ns;
};

/* What was found where a message should begin. */
struct torc_message_frame {
	uint32_t length; /* of the message; 0: more bytes are needed */
	uint32_t lead;   /* of them, before what the layer decodes */
	uint64_t skip;   /* bytes behind, stepped over; UINT64_MAX: all that come */
	bool silent;     /* framing only, not a message: what lies between chunks */
};

/*
 * A protocol. ports end with 0 and are tried first: a connection to one of them is of this protocol
 * unless its bytes contradict. name, ports and the struct itself are borrowed for ever.
 */
struct torc_message_protocol {
	const char *name;
	unsigned int layer; /* that decodes a message: enum torc_layer_type, or a registered one */
	const uint16_t *ports;
	/* Do these first bytes of a side begin a message? 1 yes, 0 no, -1 there are too few */
	int (*probe)(unsigned int side, const uint8_t *data, uint32_t length);
	/*
	 * The frame at data. state: state_bytes of the connection's, zeroed at first, for both sides.
	 * Returns 0, or -1 when it is not of this protocol (any more).
	 */
	int (*frame)(void *state, unsigned int side, const uint8_t *data, uint32_t length,
		     struct torc_message_frame *frame);
	/* Bytes of that side are missing: what comes is looked at as a beginning. May be NULL. */
	void (*gap)(void *state, unsigned int side);
	size_t state_bytes; /* at most TORC_MESSAGE_STATE_MAX */
};

#define TORC_MESSAGE_STATE_MAX 64

/*
 * torc_message_register - one more protocol, for the whole process, looked at before those that are
 * there; returns 0, -EINVAL, or -ENOSPC (16 fit). Not while other threads use messages.
 */
TORC_API int torc_message_register(const struct torc_message_protocol *protocol);

/* How much it may take. 0: the default, which is behind each. */
struct torc_messages_options {
	size_t size;           /* sizeof(struct torc_messages_options) */
	uint64_t memory_bytes; /* of all connections' buffers: 64 MiB */
};

/* torc_messages_open - options may be NULL; 0, -EINVAL or -ENOMEM */
TORC_API int torc_messages_open(struct torc_messages **messages,
				const struct torc_messages_options *options);
/* torc_messages_close - before the streams are closed; NULL is allowed */
TORC_API void torc_messages_close(struct torc_messages *messages);

/*
 * torc_messages_add - one event of the streams; read what it completes with torc_messages_next()
 *
 * Every event of the streams must be given, CLOSE too; streams are those of one engine, always the
 * same, and no other torc_messages is used with them. Returns 0, -EBUSY when messages are left to read, or -ENOMEM.
 */
TORC_API int torc_messages_add(struct torc_messages *messages, struct torc_streams *streams,
			       const struct torc_stream_event *event);

/* torc_messages_next - the next message that is whole, borrowed; NULL when there is none */
TORC_API const struct torc_message *torc_messages_next(struct torc_messages *messages);

/* Bytes of the streams: seen = in_messages + bodies + unknown + lost + waiting */
struct torc_messages_stats {
	size_t size; /* set by the caller */
	uint64_t messages;
	uint64_t seen;
	uint64_t in_messages; /* framing too */
	uint64_t bodies;      /* stepped over */
	uint64_t unknown;     /* of no protocol that is known, or no longer */
	uint64_t lost;        /* of messages that a gap, an end or a limit cut */
	uint64_t waiting;     /* now, of messages that are not whole */
	uint64_t too_long;    /* messages longer than TORC_MESSAGE_MAX */
	uint64_t no_memory;   /* messages for which there was no room */
	uint64_t memory_bytes; /* now */
};

TORC_API int torc_messages_stats(const struct torc_messages *messages,
				 struct torc_messages_stats *stats);

#ifdef __cplusplus
}
#endif

#endif
