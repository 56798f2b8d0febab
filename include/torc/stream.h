/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * torc/stream.h - TCP connections as byte streams
 *
 *	struct torc_streams *streams;
 *	const struct torc_stream_event *event;
 *
 *	if (torc_streams_open(&streams, NULL, &error) < 0)
 *		errx(1, "%s", error.text);
 *	while (torc_source_next(source, &packet, &decoded) > 0) {
 *		torc_streams_add(streams, &packet, &decoded);
 *		while ((event = torc_streams_next(streams)))
 *			if (event->type == TORC_STREAM_DATA)
 *				use(event->stream, event->side, event->offset, event->data,
 *				    event->length);
 *	}
 *	torc_streams_finish(streams);
 *	while ((event = torc_streams_next(streams)))
 *		...
 *
 * Segments in order are handed out where they are, in the packet: no copy, no allocation. What comes
 * out of order is copied once into one arena of fixed size and waits there until the hole before it
 * is filled or given up. Offsets are 64-bit and count from the first byte behind the SYN (or, without
 * one, from the first byte that was seen); what is delivered and the gaps follow one another without
 * holes. Time is the time of the packets. One thread at a time uses a struct torc_streams; several of
 * them share nothing. docs/streams.md tells the rules.
 */
#ifndef TORC_STREAM_H
#define TORC_STREAM_H

#include <torc/decode.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_streams;
struct torc_stream; /* one connection */

/* ---- events ---- */

enum torc_stream_event_type {
	TORC_STREAM_OPEN = 1,
	TORC_STREAM_DATA = 2,
	TORC_STREAM_GAP = 3,
	TORC_STREAM_OVERLAP = 4,
	TORC_STREAM_CLOSE = 5
};

/* OPEN: by what the connection was found */
enum torc_stream_open_reason {
	TORC_OPEN_SYN = 1,
	TORC_OPEN_SYN_ACK = 2,   /* the SYN was not seen, at least not before */
	TORC_OPEN_MIDSTREAM = 3  /* by a segment with data */
};

/* GAP: why bytes are missing */
enum torc_stream_gap_reason {
	TORC_GAP_LOST = 1,    /* not seen, but acknowledged by the receiver, or passed by its sender */
	TORC_GAP_SNAPLEN = 2, /* seen, but not captured: caplen < len */
	TORC_GAP_MEMORY = 3,  /* not waited for any longer: a limit of memory was reached */
	TORC_GAP_TIME = 4,    /* not waited for any longer: gap_timeout_ns */
	TORC_GAP_URGENT = 5   /* the urgent byte, with TORC_URGENT_OUT_OF_BAND */
};

/* OVERLAP: two versions of the same bytes came */
enum torc_stream_overlap_reason {
	TORC_OVERLAP_SAME = 1,      /* they are equal */
	TORC_OVERLAP_DIFFERENT = 2,
	TORC_OVERLAP_DELIVERED = 3  /* the first was delivered before, and is not kept: not compared */
};

/* CLOSE: how it ended */
enum torc_stream_close_reason {
	TORC_CLOSE_FIN = 1,     /* both sides */
	TORC_CLOSE_RST = 2,
	TORC_CLOSE_IDLE = 3,    /* nothing came for the timeout of its state */
	TORC_CLOSE_REUSED = 4,  /* the same addresses and ports opened a new connection */
	TORC_CLOSE_EVICTED = 5, /* more connections than the limit: the longest idle one goes */
	TORC_CLOSE_FINISH = 6   /* torc_streams_finish() */
};

/*
 * One event. side says whose bytes it is about: 0 those of the client (who sent the SYN), 1 those of
 * the server. Without SYN and SYN/ACK the side with the smaller port counts as the server.
 *
 * offset, length   DATA, GAP, OVERLAP: where in the stream of that side
 * data             DATA: the bytes. OVERLAP: those that are kept; NULL when delivered before
 * other            OVERLAP: those that are not; NULL when there was no room to keep them
 * timestamp_ns, packet   of the packet that brought the bytes, or caused the event. Packets count
 *                  from 1, each torc_streams_add() one
 *
 * All pointers are borrowed until the next call of torc_streams_add(), its batch or _finish(), and
 * behind torc_streams_finish() until the next of torc_streams_next().
 */
struct torc_stream_event {
	uint8_t type;   /* enum torc_stream_event_type */
	uint8_t side;
	uint8_t reason; /* of its type, the enums above; DATA: 0 */
	uint8_t reserved;
	uint32_t length;
	uint64_t offset;
	const uint8_t *data;
	const uint8_t *other;
	uint64_t timestamp_ns;
	uint64_t packet;
	const struct torc_stream *stream;
};

/* torc_stream_event_name - "open", "data" and so on; never NULL */
TORC_API const char *torc_stream_event_name(int type);

/* torc_stream_reason_name - "syn", "lost", "different", "fin" and so on, "" where there is none */
TORC_API const char *torc_stream_reason_name(int type, int reason);

/* ---- options ---- */

/*
 * Who wins where two segments that wait have different bytes for the same place: what the receiver's
 * operating system would take. Bytes that were delivered stay delivered, by every policy.
 */
enum torc_stream_policy {
	TORC_POLICY_LINUX = 0, /* as Linux today; the default */
	TORC_POLICY_FIRST = 1, /* what came first */
	TORC_POLICY_LAST = 2,
	TORC_POLICY_BSD = 3,
	TORC_POLICY_OLD_LINUX = 4, /* 2.2 */
	TORC_POLICY_WINDOWS = 5,
	TORC_POLICY_WINDOWS_2003 = 6,
	TORC_POLICY_VISTA = 7, /* and later Windows */
	TORC_POLICY_SOLARIS = 8,
	TORC_POLICY_HPUX10 = 9,
	TORC_POLICY_HPUX11 = 10,
	TORC_POLICY_IRIX = 11,
	TORC_POLICY_MACOS = 12,
	TORC_POLICIES = 13
};

/* torc_stream_policy_name - "linux", "first", "old-linux" and so on; NULL for other numbers */
TORC_API const char *torc_stream_policy_name(int policy);

/* torc_stream_policy_parse - the number of a name; -EINVAL, with a sentence that lists them all */
TORC_API int torc_stream_policy_parse(const char *name, struct torc_error *error);

/* The urgent byte (RFC 6093): in its place like any other, or left out, as Linux does by default. */
enum torc_stream_urgent {
	TORC_URGENT_INLINE = 0,
	TORC_URGENT_OUT_OF_BAND = 1
};

/* struct torc_streams_options.flags */
enum {
	/* deliver when the receiver acknowledged; everything is copied and waits a round trip */
	TORC_STREAMS_WHEN_ACKED = 1 << 0,
	/* verify TCP checksums and drop what is wrong, as a host does; reads all of every segment */
	TORC_STREAMS_CHECKSUMS = 1 << 1,
	/* only connections whose SYN or SYN/ACK was seen */
	TORC_STREAMS_NO_MIDSTREAM = 1 << 2,
	/* VLAN ids and VXLAN networks do not tell connections apart (each direction has its own) */
	TORC_STREAMS_IGNORE_VLAN = 1 << 3
};

/*
 * 0 and NULL mean the default, which is behind each. policies is a text of policies of target
 * networks, such as "10.0.0.0/8=windows,2001:db8::/32=bsd": the longest prefix that holds the
 * receiver's address decides, else policy.
 */
struct torc_streams_options {
	size_t size; /* sizeof(struct torc_streams_options) */
	uint32_t flags;
	uint32_t policy;                  /* enum torc_stream_policy */
	const char *policies;
	uint32_t urgent;                  /* enum torc_stream_urgent */
	uint32_t max_connections;         /* 1,048,576; some 128 bytes each, taken as they come */
	uint64_t waiting_bytes;           /* of all that waits: 64 MiB */
	uint64_t connection_waiting_bytes; /* of what waits in one connection: 4 MiB */
	uint64_t gap_timeout_ns;          /* how long a hole is waited for: 10 s */
	uint64_t handshake_timeout_ns;    /* idle, before any data: 60 s */
	uint64_t idle_timeout_ns;         /* idle, after that: 600 s */
	uint64_t closed_timeout_ns;       /* how long late packets still belong to it: 60 s */
};

/*
 * torc_streams_open - an engine for TCP streams
 *
 * options may be NULL. Returns 0, or -EINVAL for options that make no sense (with the sentence that
 * lists what there is), or -ENOMEM.
 */
TORC_API int torc_streams_open(struct torc_streams **streams,
			       const struct torc_streams_options *options,
			       struct torc_error *error);

/* torc_streams_close - release it; what waits is thrown away. NULL is allowed */
TORC_API void torc_streams_close(struct torc_streams *streams);

/* ---- packets in, events out ---- */

/*
 * torc_streams_add - one decoded packet
 *
 * Its bytes must stay until the events are read. Other packets than TCP, and fragments, are counted
 * and let pass; they make time go on. Returns how many events wait, or
 *   -EBUSY    events of the call before are left: read them with torc_streams_next()
 * Cost: a segment in order, some tens of nanoseconds, no allocation.
 */
TORC_API int torc_streams_add(struct torc_streams *streams, const struct torc_packet *packet,
			      const struct torc_decoded *decoded);

/*
 * torc_streams_add_batch - packets, as many as can be taken before events have to be read
 *
 * packets   count of them; their bytes must stay until the events are read
 * decoded   count of them; or NULL: the engine looks at the headers itself, which costs less than
 *           torc_decode_batch() where nothing else needs to know what is in the packets
 *
 * Each is taken as by torc_streams_add(). The events of all that were taken wait, in order; the call
 * ends early behind a packet that ends a connection or sets free what waited, so read them and go on
 * with the rest:
 *
 *	for (unsigned int at = 0; at < count; at += (unsigned int)taken) {
 *		taken = torc_streams_add_batch(streams, packets + at, NULL, count - at);
 *		if (taken < 0)
 *			break;
 *		while ((event = torc_streams_next(streams)))
 *			...
 *	}
 *
 * What torc_stream_info() says of a connection is as of the last packet that was taken. Returns how
 * many were taken, at least one unless count is 0, or -EBUSY as torc_streams_add(). Cost: a segment in
 * order, about what decoding it costs, no allocation; with many connections their records are fetched
 * from memory meanwhile.
 */
TORC_API int torc_streams_add_batch(struct torc_streams *streams,
				    const struct torc_packet *packets,
				    const struct torc_decoded *decoded, unsigned int count);

/* torc_streams_next - the next event, borrowed; NULL when there is none */
TORC_API const struct torc_stream_event *torc_streams_next(struct torc_streams *streams);

/*
 * torc_streams_finish - no more packets come: what waits is delivered, each connection closed
 *
 * The events come by torc_streams_next(), until it returns NULL. Returns 0 or -EBUSY. Packets may be
 * added again when they are read.
 */
TORC_API int torc_streams_finish(struct torc_streams *streams);

/*
 * The callback form: functions that are NULL are not called. A function that returns a negative
 * number ends the call, which returns that number; the rest of the events are thrown away.
 */
struct torc_stream_callbacks {
	size_t size; /* sizeof(struct torc_stream_callbacks) */
	int (*open)(void *user, const struct torc_stream_event *event);
	int (*data)(void *user, const struct torc_stream_event *event);
	int (*gap)(void *user, const struct torc_stream_event *event);
	int (*overlap)(void *user, const struct torc_stream_event *event);
	int (*close)(void *user, const struct torc_stream_event *event);
};

/* torc_streams_feed - add one packet and call back for each event; packet NULL: finish */
TORC_API int torc_streams_feed(struct torc_streams *streams, const struct torc_packet *packet,
			       const struct torc_decoded *decoded,
			       const struct torc_stream_callbacks *callbacks, void *user);

/* ---- connections ---- */

/* What one side sent. All in bytes of payload but the packets. */
struct torc_stream_side {
	uint8_t address[16];  /* network order; IPv4: the first 4 */
	uint16_t port;
	bool syn;             /* its SYN was seen */
	bool fin;             /* its FIN was reached */
	uint8_t policy;       /* enum torc_stream_policy: of what it receives */
	uint32_t isn;         /* sequence number of offset 0, minus 1 */
	uint64_t packets;
	uint64_t length;      /* of the stream until now: delivered + gaps */
	uint64_t delivered;
	uint64_t gaps;
	uint64_t duplicate;   /* came more than once */
	uint64_t outside;     /* not part of the stream: window, timestamps, behind the FIN ... */
	uint64_t dropped;     /* taken away by a limit, or waiting when the connection was reset */
	uint64_t waiting;
	uint64_t different;   /* of the duplicates: other bytes than those that are kept */
};

/* sides: 0 the client, 1 the server. */
struct torc_stream_info {
	size_t size; /* sizeof(struct torc_stream_info), set by the caller */
	uint8_t ip_version;
	uint8_t opened; /* enum torc_stream_open_reason */
	uint8_t closed; /* enum torc_stream_close_reason, 0 while it lives */
	uint64_t first_ns; /* of its first packet */
	uint64_t last_ns;  /* of its last packet, within 2 ms */
	struct torc_stream_side sides[2];
};

/* torc_stream_info - what is known of a connection; 0 or -EINVAL */
TORC_API int torc_stream_info(const struct torc_streams *streams,
			      const struct torc_stream *stream, struct torc_stream_info *info);

/*
 * torc_stream_set_user, torc_stream_user - a pointer of the caller's for a connection, NULL at first
 *
 * Gone behind the CLOSE event: release there what it points to. Returns 0 or -ENOMEM.
 */
TORC_API int torc_stream_set_user(struct torc_streams *streams, const struct torc_stream *stream,
				  void *user);
TORC_API void *torc_stream_user(const struct torc_streams *streams,
				const struct torc_stream *stream);

/* ---- the account ---- */

/*
 * Each byte of payload that was seen is in one of them:
 *	payload = delivered + duplicate + outside + waiting + dropped
 * where outside and dropped are the sums of those below them. (Bytes that a packet had on the wire
 * but not in the capture are in gaps only.)
 */
struct torc_streams_stats {
	size_t size; /* sizeof(struct torc_streams_stats), set by the caller */

	uint64_t packets;   /* torc_streams_add() */
	uint64_t segments;  /* TCP, of them */
	uint64_t other;     /* not TCP, or its header was cut */
	uint64_t fragments; /* parts of datagrams: to be joined before */
	uint64_t stray;     /* segments that belong to no connection and open none */
	uint64_t late;      /* segments of connections that had ended */

	uint64_t payload;
	uint64_t delivered;
	uint64_t duplicate;
	uint64_t outside;
	uint64_t waiting;
	uint64_t dropped;
	uint64_t balanced; /* 1: the equation holds */

	uint64_t gaps; /* bytes */
	uint64_t overlaps;           /* events */
	uint64_t overlaps_different;

	/* outside, in bytes */
	uint64_t before_start; /* before the first byte of a stream that was picked up */
	uint64_t window;       /* far from the window, or not taken by the receiver */
	uint64_t timestamps;   /* older than the last: PAWS, RFC 7323 §5 */
	uint64_t checksum;
	uint64_t no_ack;       /* a segment without the ACK flag */
	uint64_t refused_syn;  /* data in a SYN that the receiver did not take */
	uint64_t after_fin;
	uint64_t after_close;
	uint64_t in_rst;       /* payload of a RST */
	uint64_t keep_alive;
	uint64_t urgent;       /* left out, with TORC_URGENT_OUT_OF_BAND */
	uint64_t no_stream;    /* of stray segments */

	/* dropped, in bytes */
	uint64_t memory; /* no room in the arena */
	uint64_t reset;  /* waited behind a hole when a RST came */

	/* segments */
	uint64_t keep_alives;
	uint64_t window_probes; /* beyond the window */
	uint64_t resets_ignored; /* RST outside the window, or not exact (RFC 5961 §3) */
	uint64_t syns_ignored;  /* SYN inside a connection (RFC 5961 §4) */

	/* connections */
	uint64_t opened;
	uint64_t closed_fin;
	uint64_t closed_rst;
	uint64_t closed_idle;
	uint64_t closed_reused;
	uint64_t closed_evicted;
	uint64_t closed_finish;
	uint64_t open;     /* now */
	uint64_t lingering; /* now: ended, kept for late packets */

	uint64_t memory_bytes; /* now, of everything */
	uint64_t memory_waiting_bytes; /* of it: the arena's blocks in use */

	uint64_t resyncs; /* sides that went on more than a window away, behind a gap */
};

/* torc_streams_stats - the account until now; 0 or -EINVAL */
TORC_API int torc_streams_stats(const struct torc_streams *streams,
				struct torc_streams_stats *stats);

#ifdef __cplusplus
}
#endif

#endif
