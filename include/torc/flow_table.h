/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * torc/flow_table.h - a table of bidirectional flows, fed with decoded packets
 *
 *	static void ended(void *object, const struct torc_flow_record *record)
 *	{
 *		printf("%llu bytes\n", (unsigned long long)(record->bytes[0] + record->bytes[1]));
 *	}
 *
 *	struct torc_flow_table_options options = { .size = sizeof(options), .ended = ended };
 *
 *	torc_flow_table_open(&table, &options, &error);
 *	while ((count = torc_source_next_batch(source, packets, decoded, 24)) > 0)
 *		torc_flow_table_add_batch(table, packets, decoded, count);
 *	torc_flow_table_flush(table);
 *	torc_flow_table_close(table);
 *
 * A flow is what two ends exchange: addresses, ports, protocol and VLAN ids in either direction. It
 * ends when it was silent for its idle time, when TCP closed it, when the table has no room for
 * another, or with torc_flow_table_flush(); then its record is given to ended(). A flow that lasts
 * longer than the active timeout gives a record in between, of what came since the one before, and
 * goes on. Time is that of the packets; torc_flow_table_advance() lets it pass on a silent wire.
 *
 * The table has a size that is chosen at open and never grows: some 192 bytes a flow. Nothing is
 * allocated afterwards. When it is full, the flow that would end first by its timeouts makes room: TCP
 * connections that ended, then those nobody answered, then the ones silent for longest. So a flood of
 * new connections pushes out itself.
 *
 * One thread at a time uses a table. Where workers share the packets, each has a table of its own and
 * a cluster gives it both directions of its flows (torc_ring_set_cluster()).
 */
#ifndef TORC_FLOW_TABLE_H
#define TORC_FLOW_TABLE_H

#include <torc/decode.h>
#include <torc/flow.h>
#include <torc/layers/application/tls.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_flow_table;

/* Why a record was made: the numbers are those of IPFIX's flowEndReason. */
enum torc_flow_reason {
	TORC_FLOW_IDLE = 1,      /* nothing came for the idle time */
	TORC_FLOW_ACTIVE = 2,    /* it lasts longer than the active timeout, and goes on */
	TORC_FLOW_ENDED = 3,     /* FIN both ways or RST, or its ports began a new connection */
	TORC_FLOW_FLUSHED = 4,   /* torc_flow_table_flush() */
	TORC_FLOW_NO_ROOM = 5,   /* the table was full: lack of resources */
	TORC_FLOW_REASONS = 6
};

/* How it is known who opened the flow, the surest first. */
enum torc_flow_opener {
	TORC_FLOW_BY_SYN = 0,     /* the sender of SYN without ACK */
	TORC_FLOW_BY_SYN_ACK = 1, /* the receiver of SYN and ACK */
	TORC_FLOW_BY_PORT = 2,    /* the end whose port is higher: the lower one is the service's */
	TORC_FLOW_BY_FIRST = 3    /* the sender of the first packet that was seen */
};

enum torc_flow_state {
	TORC_FLOW_OPENING = 0,     /* TCP: SYN, and no answer */
	TORC_FLOW_ONE_WAY = 1,     /* packets of one direction only */
	TORC_FLOW_ESTABLISHED = 2, /* packets of both directions */
	TORC_FLOW_CLOSED = 3       /* TCP: FIN both ways, or RST */
};

/* What said the name of a flow. */
enum torc_flow_name_from {
	TORC_FLOW_NAME_NONE = 0,
	TORC_FLOW_NAME_TLS = 1,  /* the server name of a ClientHello, of DTLS too */
	TORC_FLOW_NAME_DNS = 2,  /* the question */
	TORC_FLOW_NAME_HTTP = 3, /* the Host of a request: torc_flow_table_add_hint() */
	TORC_FLOW_NAME_QUIC = 4  /* the server name of a ClientHello in QUIC, decrypted */
};

#define TORC_FLOW_HISTORY_SIZE 17
#define TORC_FLOW_NAME_SIZE    108
#define TORC_FLOW_ALPN_SIZE    16

/*
 * One record. Of two members the first is of the opener of the flow (the client), the second of
 * the other end.
 *
 * bytes            of IP: its header and what it carries, without the link layer
 * history          TCP, each letter at its first time, in capitals for the opener: S SYN, H SYN and
 *                  ACK, A an empty ACK, D data, F FIN, R RST, T data again, W window 0. Others: D.
 *                  Goes on over records.
 * rtt_ns           of the handshake: from SYN to SYN and ACK (the way to the server), from there to
 *                  the ACK (the way to the client); 0 not seen, 4294967295: that or more
 * retransmissions  segments all or part of which was there before
 * out_of_order     segments that came later than what follows them (this includes the second sending
 *                  of what was lost before this place)
 * name, alpn       "" or what a packet said: server name and protocol of TLS and QUIC, DNS question,
 *                  HTTP host; any bytes may be in it, the zero excepted. name_from tells which
 */
struct torc_flow_record {
	size_t size;              /* sizeof(struct torc_flow_record) */
	uint64_t first_ns;        /* of the packets in this record */
	uint64_t last_ns;
	uint64_t packets[2];
	uint64_t bytes[2];
	uint8_t address[2][16];   /* network order; IPv4 in the first four */
	uint16_t port[2];         /* 0 where the protocol has none */
	uint16_t vlan[2];         /* ids, the outer first */
	uint8_t vlan_count;       /* 0, 1, 2 */
	uint8_t version;          /* 4 or 6 */
	uint8_t protocol;         /* IP protocol; of IPv6 that behind the extension headers */
	uint8_t tos;              /* of the first packet: type of service, traffic class */
	uint8_t reason;           /* enum torc_flow_reason */
	uint8_t opener;           /* enum torc_flow_opener */
	uint8_t state;            /* enum torc_flow_state */
	uint8_t min_ttl;
	uint8_t max_ttl;
	uint8_t icmp_type;        /* of the first packet; ICMP and ICMPv6 only */
	uint8_t icmp_code;
	bool inner;               /* found in a tunnel */
	uint16_t tcp_flags[2];    /* the union of TORC_TCP_ bits */
	uint32_t part;            /* 0: the first record of the flow, 1: the next, ... */
	uint32_t min_length;      /* of IP, as bytes */
	uint32_t max_length;
	uint32_t retransmissions[2];
	uint32_t out_of_order[2];
	uint32_t rtt_ns[2];
	int32_t ifindex;          /* of the first packet */
	uint16_t dns_type;        /* of the question */
	bool name_cut;            /* the name is longer than there is room for */
	char history[TORC_FLOW_HISTORY_SIZE];
	char name[TORC_FLOW_NAME_SIZE];
	char alpn[TORC_FLOW_ALPN_SIZE]; /* the first protocol, such as "h2", cut where it is longer */
	uint8_t name_from;        /* enum torc_flow_name_from */
	char ja3[TORC_TLS_FINGERPRINT_SIZE]; /* "", or of the client: torc_tls_fingerprint() */
	char ja4[TORC_TLS_FINGERPRINT_SIZE];
};

/* struct torc_flow_table_options.flags */
enum {
	TORC_FLOW_TABLE_INNER = 1 << 0,   /* the flow in a tunnel, not that of the tunnel */
	TORC_FLOW_TABLE_NO_VLAN = 1 << 1, /* the same flow whatever its VLAN */
	TORC_FLOW_TABLE_NO_NAMES = 1 << 2, /* no names of TLS, QUIC and DNS */
	TORC_FLOW_TABLE_FINGERPRINTS = 1 << 3 /* JA3 and JA4 too, where a ClientHello is whole */
};

#define TORC_FLOW_TABLE_DEFAULT_FLOWS 1000000u
#define TORC_FLOW_TABLE_MAX_FLOWS     (1u << 27)

/*
 * Everything that is zero has its default. Times are in nanoseconds, 1 ms to 10 days. A flow begins
 * anew when a packet comes after its time.
 */
struct torc_flow_table_options {
	size_t size;            /* sizeof(struct torc_flow_table_options) */
	uint32_t flows;         /* room for so many at a time; 1,000,000 */
	uint32_t flags;         /* TORC_FLOW_TABLE_ bits */
	uint64_t idle_ns;       /* 60 s */
	uint64_t active_ns;     /* 300 s */
	uint64_t opening_ns;    /* of a TCP connection that nobody answered: 15 s, or idle_ns if less */
	uint64_t end_ns;        /* after FIN or RST: 5 s, or idle_ns if less */
	/* called with each record, from add, advance and flush; not allowed to call the table */
	void (*ended)(void *object, const struct torc_flow_record *record);
	void *object;           /* the first argument of ended */
};

/*
 * The account of a table. Each packet is in one place, and so is each flow:
 *
 *	packets = in_flows + not_ip + malformed + cut
 *	begun = ended[IDLE] + ended[ENDED] + ended[FLUSHED] + ended[NO_ROOM] + open
 *
 * malformed   IP or transport headers that their standards forbid, or that the wire had not whole
 * cut         whose ports the capture cut off (snaplen)
 * records     given to ended(); ended[ACTIVE] counts those of flows that go on
 */
struct torc_flow_table_stats {
	size_t size;              /* in: sizeof(struct torc_flow_table_stats) */
	uint64_t packets;
	uint64_t in_flows;
	uint64_t not_ip;
	uint64_t malformed;
	uint64_t cut;
	uint64_t bytes;           /* of those in flows, as in records */
	uint64_t begun;
	uint64_t open;
	uint64_t ended[TORC_FLOW_REASONS]; /* by enum torc_flow_reason; [0] is not used */
	uint64_t records;
	uint64_t fragments;       /* later fragments, in flows too */
	uint64_t fragments_alone; /* of those, whose first was not seen: counted to a flow without ports */
	uint64_t names_left_out;  /* there was no room for a name */
	uint64_t clock_steps;     /* how often packet time went back by more than the timeouts */
	uint64_t flows_max;       /* the room */
	uint64_t memory_bytes;    /* what the table takes at most */
	bool balanced;            /* both equations hold */
	uint64_t quic_decrypted;  /* Initial packets, tried for the name of their flow */
	uint64_t quic_left_out;   /* more than 10,000 a second: not tried */
	uint64_t quic_unfinished; /* flows whose ClientHello waited for more, and made room for another */
};

/*
 * torc_flow_table_open - open an empty table
 *
 * options   may be NULL: then flows are counted and their records go nowhere
 *
 * Returns 0; -EINVAL for an option out of range, -ENOMEM. Memory is touched when it is first used.
 */
TORC_API int torc_flow_table_open(struct torc_flow_table **table,
				  const struct torc_flow_table_options *options,
				  struct torc_error *error);

/* torc_flow_table_close - release the table; flows that are open give no record. NULL is allowed */
TORC_API void torc_flow_table_close(struct torc_flow_table *table);

/*
 * torc_flow_table_add, _add_batch - count packets to their flows
 *
 * packets, decoded   count of them; borrowed for the call only
 *
 * In a batch the places of all flows are fetched from memory together: with many flows it takes a
 * third of the time that one by one does. 16 to 64 are good counts.
 */
TORC_API void torc_flow_table_add(struct torc_flow_table *table, const struct torc_packet *packet,
				  const struct torc_decoded *decoded);
TORC_API void torc_flow_table_add_batch(struct torc_flow_table *table,
					const struct torc_packet *packets,
					const struct torc_decoded *decoded, unsigned int count);

/* What a stream said of its flow. */
struct torc_flow_hint {
	size_t size;             /* sizeof(struct torc_flow_hint) */
	unsigned int from;       /* enum torc_flow_name_from: TLS or HTTP */
	struct torc_bytes name;  /* borrowed for the call */
	struct torc_bytes alpn;
	struct torc_bytes hello; /* the ClientHello over TCP: torc_tls.hello. For fingerprints */
};

/*
 * torc_flow_table_add_hint - name the flow of a packet by what its stream said
 *
 * packet   that was added before; it brought the last byte of what said the name
 *
 * The table sees packets one by one: the Host of a request, or a server name that a segment cut in
 * two, is found by torc/stream.h and torc/message.h. The first name stays, and gets the fingerprints that
 * it lacks. Returns 1 when the flow has it now, 0 when it has another or is over, -EINVAL for a hint that is none, -ENOSPC when there
 * is no room for a name.
 */
TORC_API int torc_flow_table_add_hint(struct torc_flow_table *table,
				      const struct torc_packet *packet,
				      const struct torc_decoded *decoded,
				      const struct torc_flow_hint *hint);

/*
 * torc_flow_table_advance - let time pass where no packet came
 *
 * now_ns   since 1970, as packets have it; a time before that of the last packet is ignored
 *
 * Flows whose time is over end. Cost: some nanoseconds when there are none.
 */
TORC_API void torc_flow_table_advance(struct torc_flow_table *table, uint64_t now_ns);

/* torc_flow_table_flush - end all flows, with TORC_FLOW_FLUSHED */
TORC_API void torc_flow_table_flush(struct torc_flow_table *table);

/* torc_flow_table_stats - the account; 0, or -EINVAL when stats->size is not set */
TORC_API int torc_flow_table_stats(const struct torc_flow_table *table,
				   struct torc_flow_table_stats *stats);

/*
 * torc_flow_table_next - walk the open flows: what each one's record would be now (reason 0)
 *
 * position   0 at first; any call that changes the table may make the walk miss or repeat flows
 *
 * Returns 1 with a flow, 0 at the end.
 */
TORC_API int torc_flow_table_next(const struct torc_flow_table *table, uint32_t *position,
				  struct torc_flow_record *record);

/*
 * torc_flow_record_community_id - Community ID, version 1, of a record, as torc_community_id()
 *
 * id   TORC_COMMUNITY_ID_SIZE bytes. Cost: one SHA-1, some hundred nanoseconds.
 */
TORC_API void torc_flow_record_community_id(const struct torc_flow_record *record, uint16_t seed,
					    char *id);

/* torc_flow_reason_name, _opener_name, _state_name - "idle", "syn", "closed" and so on; never NULL */
TORC_API const char *torc_flow_reason_name(unsigned int reason);
TORC_API const char *torc_flow_opener_name(unsigned int opener);
TORC_API const char *torc_flow_state_name(unsigned int state);

#ifdef __cplusplus
}
#endif

#endif
