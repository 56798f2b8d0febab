/* SPDX-License-Identifier: BSD-3-Clause */
/* bacnet.c - BACnet: ANSI/ASHRAE 135-2020 annex J (IP), clause 6 (network), clause 20 (application) */
#include <torc/layers/industrial/bacnet.h>

#include <string.h>

#include "decode/registry.h"

#define BVLC_HEADER    4
#define BVLC_TYPE      0x81
#define ADDRESS        6 /* IPv4 address and port of a forwarded message */
#define FUNCTION_MAX   12

enum {
	RESULT = 0,
	FORWARDED = 4,
	REGISTER = 5,
	DISTRIBUTE = 9,
	UNICAST = 10,
	BROADCAST = 11,
};

static uint32_t bvlc_header(const uint8_t *p)
{
	return p[1] == FORWARDED ? BVLC_HEADER + ADDRESS : BVLC_HEADER;
}

static bool has_message(const uint8_t *p)
{
	return p[1] == FORWARDED || p[1] == DISTRIBUTE || p[1] == UNICAST || p[1] == BROADCAST;
}

static int bvlc_decode(struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data;

	TORC_NEED(cursor, BVLC_HEADER);
	if (p[0] != BVLC_TYPE || p[1] > FUNCTION_MAX || torc_be16(p + 2) < bvlc_header(p))
		return torc_cursor_malformed(cursor, "no message of BACnet/IP");
	torc_cursor_claim(cursor, torc_be16(p + 2));
	if (!has_message(p)) {
		cursor->header_length = cursor->length;
		return TORC_STEP_OK;
	}
	TORC_NEED(cursor, bvlc_header(p));
	cursor->header_length = bvlc_header(p);
	cursor->next = TORC_LAYER_BACNET;
	return TORC_STEP_OK;
}

static void bvlc_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	uint32_t length = layer->header_length - BVLC_HEADER;
	struct torc_bvlc *bvlc = out;

	bvlc->type = p[0];
	bvlc->function = p[1];
	bvlc->length = torc_be16(p + 2);
	p += BVLC_HEADER;
	if (bvlc->function == FORWARDED) {
		memcpy(bvlc->address, p, 4);
		bvlc->port = torc_be16(p + 4);
	} else if (bvlc->function == RESULT && length >= 2) {
		bvlc->result = torc_be16(p);
	} else if (bvlc->function == REGISTER && length >= 2) {
		bvlc->time_to_live_s = torc_be16(p);
	} else {
		bvlc->data = (struct torc_bytes){ p, length };
	}
}

/* J.2.1 to J.2.13 */
static const char *function_name(uint64_t function)
{
	static const char *const names[] = {
		"result", "write broadcast distribution table",
		"read broadcast distribution table", "broadcast distribution table",
		"forwarded NPDU", "register foreign device", "read foreign device table",
		"foreign device table", "delete foreign device table entry",
		"distribute broadcast to network", "original unicast NPDU",
		"original broadcast NPDU", "secure BVLL"
	};

	return function < sizeof(names) / sizeof(names[0]) ? names[function] : NULL;
}

static const struct torc_field_info bvlc_fields[] = {
	TORC_FIELD_AT(struct torc_bvlc, type, "bvlc_type", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_bvlc, function, "function", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY, .value_name = function_name),
	TORC_FIELD_AT(struct torc_bvlc, length, "length", TORC_FIELD_UINT, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_bvlc, result, "result", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_bvlc, time_to_live_s, "time_to_live", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY, .unit = "seconds"),
	TORC_FIELD_AT(struct torc_bvlc, address, "address", TORC_FIELD_IPV4,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_bvlc, port, "port", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_bvlc, data, "data", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_layer_number bvlc_numbers[] = {
	{ TORC_BY_UDP_PORT, 47808 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_bvlc = {
	.name = "BVLC",
	.key = "bvlc",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_bvlc),
	.numbers = bvlc_numbers,
	.decode = bvlc_decode,
	.read = bvlc_read,
	.fields = bvlc_fields,
};

/* ---- the network's header ---- */

enum { NETWORK_MESSAGE = 0x80, HAS_DESTINATION = 0x20, HAS_SOURCE = 0x08, EXPECTS_REPLY = 0x04 };

#define VENDOR_MESSAGE 0x80

/* Network and address at *at of the header, moved on; false where they are not whole. */
static bool take_address(const uint8_t *p, uint32_t length, uint32_t *at, uint16_t *network,
			 struct torc_bytes *address)
{
	if (length - *at < 3 || length - *at - 3 < p[*at + 2])
		return false;
	*network = torc_be16(p + *at);
	*address = (struct torc_bytes){ p + *at + 3, p[*at + 2] };
	*at += 3 + address->length;
	return true;
}

/* §6.2.2: the header up to what the application or a network message has; 0: it is not whole. */
static uint32_t network_header(const uint8_t *p, uint32_t length, struct torc_bacnet *bacnet)
{
	uint32_t at = 2;

	if (length < 2)
		return 0;
	if (p[1] & HAS_DESTINATION && !take_address(p, length, &at, &bacnet->destination_network,
						    &bacnet->destination))
		return 0;
	if (p[1] & HAS_SOURCE &&
	    !take_address(p, length, &at, &bacnet->source_network, &bacnet->source))
		return 0;
	if (p[1] & HAS_DESTINATION) {
		if (at >= length)
			return 0;
		bacnet->hop_count = p[at++];
	}
	if (!(p[1] & NETWORK_MESSAGE))
		return at;
	if (at >= length)
		return 0;
	bacnet->message_type = p[at++];
	if (bacnet->message_type < VENDOR_MESSAGE)
		return at;
	if (length - at < 2)
		return 0;
	bacnet->vendor = torc_be16(p + at);
	return at + 2;
}

static int bacnet_decode(struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data;
	struct torc_bacnet bacnet = { 0 };
	uint32_t header;

	TORC_NEED(cursor, 2);
	if (p[0] != 1)
		return torc_cursor_malformed(cursor, "the version is not 1");
	header = network_header(p, cursor->length, &bacnet);
	if (header == 0)
		return TORC_STEP_SHORT;
	if (p[1] & NETWORK_MESSAGE) {
		cursor->header_length = cursor->length;
		return TORC_STEP_OK;
	}
	cursor->header_length = header;
	cursor->next = TORC_LAYER_BACAPP;
	return TORC_STEP_OK;
}

static void bacnet_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_bacnet *bacnet = out;
	uint32_t header = network_header(p, layer->header_length, bacnet);

	bacnet->version = p[0];
	bacnet->control = p[1];
	bacnet->is_network_message = p[1] & NETWORK_MESSAGE;
	bacnet->has_destination = p[1] & HAS_DESTINATION;
	bacnet->has_source = p[1] & HAS_SOURCE;
	bacnet->expects_reply = p[1] & EXPECTS_REPLY;
	bacnet->priority = p[1] & 3;
	bacnet->data = (struct torc_bytes){ p + header, layer->header_length - header };
}

/* §6.2.4 */
static const char *message_name(uint64_t type)
{
	static const char *const names[] = {
		"Who-Is-Router-To-Network", "I-Am-Router-To-Network",
		"I-Could-Be-Router-To-Network", "Reject-Message-To-Network",
		"Router-Busy-To-Network", "Router-Available-To-Network",
		"Initialize-Routing-Table", "Initialize-Routing-Table-Ack",
		"Establish-Connection-To-Network", "Disconnect-Connection-To-Network",
		[0x12] = "What-Is-Network-Number", "Network-Number-Is"
	};

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : NULL;
}

static const struct torc_field_info bacnet_fields[] = {
	TORC_FIELD_AT(struct torc_bacnet, version, "version", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_bacnet, control, "control", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_bacnet, is_network_message, "network_message", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_bacnet, expects_reply, "expects_reply", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_bacnet, priority, "priority", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_bacnet, has_destination, "has_dst", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_bacnet, has_source, "has_src", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_bacnet, destination_network, "dst_network", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_bacnet, destination, "dst", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_bacnet, source_network, "src_network", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_bacnet, source, "src", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_bacnet, hop_count, "hop_count", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_bacnet, message_type, "message_type", TORC_FIELD_UINT,
		      .value_name = message_name),
	TORC_FIELD_AT(struct torc_bacnet, vendor, "vendor", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_bacnet, data, "data", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_layer_number bacnet_numbers[] = {
	{ TORC_BY_LLC_SAP, 0x82 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_bacnet = {
	.name = "BACnet",
	.key = "bacnet",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_bacnet),
	.numbers = bacnet_numbers,
	.decode = bacnet_decode,
	.read = bacnet_read,
	.fields = bacnet_fields,
};
