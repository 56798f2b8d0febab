/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * torc/layers/windows/netbios.h - NetBIOS over TCP and UDP, RFC 1001 and RFC 1002: names, datagrams, sessions;
 * and over logical link control
 *
 * A name is 16 bytes: 15 of a name filled up with blanks, and a suffix that tells a service (20: files). On the
 * wire it is 32 letters, two for each byte, and here it is those: see torc_netbios_name().
 */
#ifndef TORC_LAYERS_NETBIOS_H
#define TORC_LAYERS_NETBIOS_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TORC_NETBIOS_NAME 16

/*
 * torc_netbios_name - the 16 bytes that the 32 letters of a name on the wire are; false when they are no letters
 */
TORC_API bool torc_netbios_name(const struct torc_bytes *letters, uint8_t name[TORC_NETBIOS_NAME]);

/* Name service, RFC 1002 §4.2 */
struct torc_nbns {
	uint16_t id;
	bool is_response;
	uint8_t opcode; /* 0: query, 5: registration, 6: release, 7: wait, 8: refresh */
	bool authoritative;
	bool truncated;
	bool recursion_desired;
	bool recursion_available;
	bool is_broadcast;
	uint8_t response_code; /* 0: no error, 3: no such name, 6: somebody else's ... */
	uint16_t question_count;
	uint16_t answer_count;
	uint16_t authority_count;
	uint16_t additional_count;
	struct torc_bytes message;
};

TORC_LAYER_READER(nbns, NBNS)

/* A question, or a record of an answer. */
struct torc_nbns_record {
	uint8_t section;        /* 0: question, 1: answer, 2: authority, 3: additional */
	struct torc_bytes name; /* 32 letters, or a name of DNS's form that has others */
	uint16_t type;          /* 20: NB, 21: NBSTAT, 0A: NULL ... (hexadecimal) */
	uint16_t record_class;
	uint32_t ttl_s;         /* of a record, as the rest */
	bool is_group;          /* of the first address of an NB record */
	uint8_t node_type;      /* 0: B, 1: P, 2: M, 3: H */
	uint8_t address[4];
	struct torc_bytes data;
};

/* The record at *position, 0 at first; 1, or 0 at the end. */
TORC_API int torc_nbns_record_next(const struct torc_nbns *nbns, uint32_t *position,
				   struct torc_nbns_record *record);

/* A name of a node, as its status tells (§4.2.18): plain bytes, no letters. */
struct torc_nbns_name {
	struct torc_bytes name; /* 15 bytes without the blanks at their end */
	uint8_t suffix;
	bool is_group;
	bool is_active;
};

TORC_API int torc_nbns_name_next(const struct torc_nbns *nbns, uint32_t *position,
				 struct torc_nbns_name *name);

/* Datagram service, RFC 1002 §4.4 */
struct torc_nbdgm {
	uint8_t type; /* 10: unique, 11: group, 12: broadcast, 13: error, 14: query, 15 and 16: answers */
	bool more_fragments;
	bool is_first;
	uint8_t node_type;
	uint16_t id;
	uint8_t source_ip[4];
	uint16_t source_port;
	uint16_t length;
	uint16_t offset;
	uint8_t error_code;
	struct torc_bytes source; /* 32 letters */
	struct torc_bytes destination;
};

TORC_LAYER_READER(nbdgm, NBDGM)

/* Session service, RFC 1002 §4.3, and SMB's way to go without names (port 445), which has three bytes of length */
struct torc_nbss {
	uint8_t type; /* 0: message, 81: request, 82: accepted, 83: refused, 84: elsewhere, 85: keepalive */
	uint32_t length; /* behind these four bytes; more than there is: it goes on in the next segment */
	uint8_t error_code; /* of a refusal */
	struct torc_bytes called; /* of a request: 32 letters */
	struct torc_bytes calling;
};

TORC_LAYER_READER(nbss, NBSS)

/* A frame of NetBIOS over logical link control (NBF, IBM SC30-3383). */
struct torc_netbios {
	uint16_t length; /* of its header */
	uint8_t command; /* 0A: name query, 16: data ... (hexadecimal) */
	uint8_t data1;
	uint16_t data2;
	uint16_t transmit_correlator;
	uint16_t response_correlator;
	struct torc_bytes destination; /* names of frames without a session, 15 bytes less the blanks at the end */
	uint8_t destination_suffix;
	struct torc_bytes source;
	uint8_t source_suffix;
	uint8_t destination_session; /* of frames with one */
	uint8_t source_session;
};

TORC_LAYER_READER(netbios, NETBIOS)

#ifdef __cplusplus
}
#endif

#endif
