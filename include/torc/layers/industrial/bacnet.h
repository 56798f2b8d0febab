/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/industrial/bacnet.h - BACnet: the link over IP, the network's header, the application's head */
#ifndef TORC_LAYERS_BACNET_H
#define TORC_LAYERS_BACNET_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ANSI/ASHRAE 135-2020 annex J.2 */
struct torc_bvlc {
	uint8_t type;             /* 0x81: BACnet/IP */
	uint8_t function;
	uint16_t length;          /* with these four bytes */
	uint16_t result;          /* of a result */
	uint16_t time_to_live_s;  /* of a registration */
	uint8_t address[4];       /* of a forwarded message: from where, as the next */
	uint16_t port;
	struct torc_bytes data;   /* of tables, and others that carry no message */
};

TORC_LAYER_READER(bvlc, BVLC)

/* §6.2 */
struct torc_bacnet {
	uint8_t version;
	uint8_t control;
	bool is_network_message;  /* else an application's follows */
	bool expects_reply;
	uint8_t priority;
	bool has_destination;
	bool has_source;
	uint16_t destination_network; /* 0xFFFF: all */
	struct torc_bytes destination;
	uint16_t source_network;
	struct torc_bytes source;
	uint8_t hop_count;
	uint8_t message_type;     /* of a network message */
	uint16_t vendor;          /* of one whose type is 0x80 or more */
	struct torc_bytes data;   /* of a network message */
};

TORC_LAYER_READER(bacnet, BACNET)

/* §20.1 */
struct torc_bacapp {
	uint8_t pdu_type;         /* 0 confirmed request ... 7 abort */
	bool is_segmented;
	bool more_follows;
	uint8_t invoke_id;        /* of all but unconfirmed requests */
	uint8_t sequence;         /* of segments, as the next */
	uint8_t window;
	bool has_service;
	uint8_t service;          /* its numbers are others in an unconfirmed request */
	struct torc_bytes service_text; /* the name of the service: the library's own text */
	uint8_t reason;           /* of reject and abort */
	struct torc_bytes data;   /* tags and values */
};

TORC_LAYER_READER(bacapp, BACAPP)

#ifdef __cplusplus
}
#endif

#endif
