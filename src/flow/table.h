/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * table.h - the flow table inside: what a flow is in memory, and what a packet says about it
 *
 * Flows lie in two arrays of fixed size: struct flow, two cache lines that each packet touches, and
 * struct flow_more, which is touched now and then. An index (open addressing, linear probing, at
 * most half full) leads from a hash to a place in them; free places form a list. A wheel of lists
 * holds each flow at the time it would end, or earlier: packets do not move it, and when its turn
 * comes it goes where it belongs by then.
 */
#ifndef TORC_FLOW_TABLE_INSIDE_H
#define TORC_FLOW_TABLE_INSIDE_H

#include <torc/flow_table.h>

#define FLOW_NONE UINT32_MAX /* no place */

/* flow_key.flags */
enum {
	KEY_VLANS = 3,        /* how many ids: the two lowest bits */
	KEY_INNER = 1 << 2,
	KEY_ONE_WAY = 1 << 3, /* ICMP that has no answer: the other direction is another flow */
	KEY_ICMP = 1 << 4,    /* the ports are types */
	KEY_USED = 1 << 7     /* so that no key is all zero */
};

/*
 * Both directions have the same: the smaller end is first. There is no padding, so keys are compared
 * and hashed as words.
 */
struct flow_key {
	uint8_t address[2][16];
	uint16_t port[2]; /* host order */
	uint16_t vlan[2];
	uint8_t version;
	uint8_t protocol;
	uint8_t flags;
	uint8_t zero;
	uint32_t hash; /* of the rest; 0 while it is made */
};

/* flow.tcp */
enum {
	TCP_KNOWN = 1 << 0,     /* << direction: next_sequence is set */
	TCP_SYN_SEEN = 1 << 2,  /* the handshake is timed from it */
	TCP_ANSWERED = 1 << 3,  /* SYN and ACK too */
	TCP_FIN_SEEN = 1 << 4,  /* << direction */
	TCP_RST_SEEN = 1 << 6,
	TCP_HOLE_SERVER = 1 << 7 /* the hole is in what the server sends */
};

/* flow.facts */
enum {
	FACT_CLIENT = 1 << 0,      /* the second end of the key opened the flow */
	FACT_USED = 1 << 1,
	FACT_OPENER_SHIFT = 2,     /* two bits: enum torc_flow_opener */
	FACT_STATE_SHIFT = 4,      /* two bits: enum torc_flow_state */
	FACT_NAMED = 1 << 6,       /* there was a look for names */
	FACT_QUIC = 1 << 7         /* its ClientHello is not whole: table_quic.c waits for more */
};

/* Two cache lines. Pairs of numbers are of the client and the server. */
struct flow {
	struct flow_key key;
	uint64_t last_ns;
	uint32_t packets[2];
	uint64_t bytes[2];
	uint64_t first_ns;
	uint32_t next_sequence[2]; /* TCP: behind the highest byte sent */
	uint32_t previous, next;   /* in the wheel's list, or next in the list of free places */
	uint32_t max_length;
	uint16_t min_length;       /* 65535: that or more */
	uint16_t history;          /* one bit a letter that is in flow_more.history */
	uint16_t tcp_flags[2];
	uint16_t bucket;           /* of the wheel */
	uint8_t min_ttl, max_ttl;
	uint8_t tcp;
	uint8_t facts;
	uint8_t tos;
	uint8_t icmp_code;
	int32_t ifindex;
} __attribute__((aligned(64)));

struct flow_more {
	__extension__ union {
		uint64_t handshake_ns; /* until the handshake is over: time of its last packet */
		uint32_t hole[2];      /* then: begin and end of the last hole in the sequence */
	};
	uint32_t retransmissions[2];
	uint32_t out_of_order[2];
	uint64_t history; /* four bits a letter, the first the lowest */
	uint32_t rtt_ns[2];
	uint32_t name; /* place among the names, or FLOW_NONE */
	uint32_t part;
};

struct flow_name {
	char name[TORC_FLOW_NAME_SIZE];
	char alpn[TORC_FLOW_ALPN_SIZE];
	uint16_t dns_type;
	bool cut;
	uint8_t from; /* enum torc_flow_name_from */
};

/* The fingerprints of the name in the same place, where they are wanted. */
struct flow_prints {
	char ja3[TORC_TLS_FINGERPRINT_SIZE];
	char ja4[TORC_TLS_FINGERPRINT_SIZE];
};

_Static_assert(sizeof(struct flow_key) == 48, "a key is six words");
_Static_assert(sizeof(struct flow) == 128, "a flow is two cache lines");
_Static_assert(sizeof(struct flow_more) == 48, "one million flows fit 192 MiB");
_Static_assert(sizeof(struct flow_name) == 128, "a name is two cache lines");

struct index_slot {
	uint32_t hash;
	uint32_t place; /* FLOW_NONE: free */
};

/* ---- fragments ---- */

/* The ports of a datagram's first fragment, for those that follow. */
struct fragment {
	uint8_t address[2][16];
	uint32_t id;
	uint16_t port[2];
	uint16_t vlan;
	uint8_t protocol;
	uint8_t version; /* 0: free */
	uint32_t zero;
	uint64_t seen_ns;
};

enum { FRAGMENT_SETS = 1024, FRAGMENT_WAYS = 4 };

/* ---- the wheel ---- */

enum { WHEEL_BUCKETS = 4096 };

struct wheel {
	uint64_t tick_ns;
	uint64_t at; /* ticks since 1970: everything before it is done */
	uint32_t first[WHEEL_BUCKETS], last[WHEEL_BUCKETS];
	uint64_t used[WHEEL_BUCKETS / 64]; /* buckets that are not empty */
};

struct torc_flow_table {
	struct flow *flows;
	struct flow_more *more;
	struct index_slot *index;
	struct flow_name *names;
	struct flow_prints *prints; /* or NULL */
	struct fragment *fragments;
	struct flow_quic *quic; /* table_quic.h */
	uint64_t seed[3];
	uint64_t now_ns; /* the latest packet or torc_flow_table_advance() */
	uint64_t horizon_ns; /* the longest timeout */
	uint64_t active_ns;
	uint64_t silent_ns[4]; /* by state: after so long without a packet a flow ends */
	uint32_t mask; /* of the index */
	uint32_t room;
	uint32_t fresh;     /* places from here on were never used */
	uint32_t free;      /* list of places */
	uint32_t name_room, name_fresh, name_free;
	uint32_t flags;
	void (*ended)(void *object, const struct torc_flow_record *record);
	void *object;
	size_t bytes;       /* of the mapping that holds all arrays */
	void *memory;
	struct torc_flow_table_stats stats;
	struct wheel wheel;
};

/* ---- a packet ---- */

enum packet_kind { PACKET_IN_FLOW, PACKET_NOT_IP, PACKET_MALFORMED, PACKET_CUT };

/* What the table needs to know of a packet. */
struct flow_packet {
	struct flow_key key;
	uint64_t time_ns;
	uint32_t length;   /* of the IP packet */
	uint32_t sequence; /* TCP */
	uint32_t payload;  /* TCP: bytes on the wire */
	uint32_t place;    /* where its flow may be, or FLOW_NONE */
	uint16_t tcp_flags;
	uint16_t window;
	uint8_t sender;    /* the end of the key that sent it: 0, 1 */
	bool tcp;          /* its header was read */
	uint8_t ttl, tos;
	uint8_t icmp_code;
	uint8_t kind;      /* enum packet_kind */
	const struct torc_layer *transport; /* or NULL */
};

/* table_key.c */
void flow_packets_read(struct torc_flow_table *table, const struct torc_packet *packets,
		       const struct torc_decoded *decoded, unsigned int count,
		       struct flow_packet *out);

/* table_tcp.c; direction 0: the client's */
bool flow_tcp_begins(const struct flow *flow, const struct flow_packet *packet);
void flow_tcp_update(struct flow *flow, struct flow_more *more, const struct flow_packet *packet,
		     unsigned int direction);
void flow_history(struct flow *flow, struct flow_more *more, unsigned int letter,
		  unsigned int direction);
enum { LETTER_S, LETTER_H, LETTER_A, LETTER_D, LETTER_F, LETTER_R, LETTER_T, LETTER_W };

/*
 * What nearly every segment is: the next one of its direction, past the handshake, with no flag but ACK
 * and PSH and with a letter that the history has. All there is to do for it, and nothing of struct
 * flow_more is touched; false: nothing was done, flow_tcp_update() has to.
 */
static inline bool flow_tcp_next(struct flow *flow, const struct flow_packet *packet,
				 unsigned int direction)
{
	unsigned int letter = packet->payload > 0 ? LETTER_D : LETTER_A;
	unsigned int known = flow->tcp & (TCP_KNOWN << direction | TCP_SYN_SEEN | TCP_ANSWERED);

	/* ACK 0x10, PSH 0x08 */
	if ((packet->tcp_flags & ~0x08u) != 0x10 || known != (unsigned int)TCP_KNOWN << direction ||
	    !(flow->history >> (2 * letter + direction) & 1) || packet->window == 0 ||
	    (packet->payload > 0 && packet->sequence != flow->next_sequence[direction]))
		return false;
	flow->tcp_flags[direction] |= packet->tcp_flags;
	flow->next_sequence[direction] += packet->payload;
	return true;
}

/* table_name.c */
void flow_name_look(struct torc_flow_table *table, uint32_t place,
		    const struct flow_packet *packet, const struct torc_decoded *decoded);
/* Keeps what a ClientHello says, if it says anything. */
void flow_name_hello(struct torc_flow_table *table, struct flow_more *more, unsigned int from,
		     const struct torc_tls_hello *hello);
/* Keeps what a stream said; false: there is no room. */
bool flow_name_keep(struct torc_flow_table *table, struct flow_more *more,
		    const struct torc_flow_hint *hint);
/* The fingerprints of a flow that has a name and none of them. */
void flow_name_complete(struct torc_flow_table *table, const struct flow_more *more,
			const struct torc_flow_hint *hint);
void flow_name_release(struct torc_flow_table *table, struct flow_more *more);
/* table_quic.c: a flow with FACT_QUIC waits no longer, and is named by what there is. */
void flow_quic_settle(struct torc_flow_table *table, uint32_t place);

/* table_wheel.c */
void wheel_add(struct torc_flow_table *table, uint32_t place, uint64_t time_ns);
void wheel_remove(struct torc_flow_table *table, uint32_t place);
/* Takes a list of flows whose tick is over; FLOW_NONE when there is none any more. */
uint32_t wheel_take(struct torc_flow_table *table, uint64_t now_ns);
/* The flow whose time comes first, by the wheel. */
uint32_t wheel_first(const struct torc_flow_table *table);

/* table_record.c */
void flow_record_fill(const struct torc_flow_table *table, uint32_t place, unsigned int reason,
		      struct torc_flow_record *record);

static inline unsigned int flow_state(const struct flow *flow)
{
	return flow->facts >> FACT_STATE_SHIFT & 3;
}

/* 0: the client sent it */
static inline unsigned int flow_direction(const struct flow *flow, const struct flow_packet *packet)
{
	return (packet->sender ^ flow->facts) & FACT_CLIENT;
}

static inline void flow_set_state(struct flow *flow, unsigned int state)
{
	flow->facts = (uint8_t)((flow->facts & ~(3u << FACT_STATE_SHIFT)) |
				state << FACT_STATE_SHIFT);
}

/* When the flow ends if nothing more comes. */
static inline uint64_t flow_deadline(const struct torc_flow_table *table, const struct flow *flow)
{
	return flow->last_ns + table->silent_ns[flow_state(flow)];
}

#endif
