/* SPDX-License-Identifier: BSD-3-Clause */
/* pktap.c - macOS's packet tap: bsd/net/pktap.h of XNU; tcpdump.org/linktypes for both link types */
#include <torc/layers/link/pktap.h>

#include <string.h>

#include "decode/little.h"
#include "decode/registry.h"

#define HEADER       108 /* of the first version */
#define HEADER_FLOW  156 /* with flow, time and identifiers of programs */
#define LONGEST      4096 /* that is believed where the link type may be anyone's */
#define INTERFACE    24
#define COMMAND      20
#define PACKET       1
#define LINK_USER2   149 /* for private use, of which Apple makes this one */

/* The DLTs of raw IP, which no table of link types has. */
static void packet_next(struct torc_cursor *cursor, uint32_t header)
{
	uint32_t dlt = le32(cursor->data + 8);

	if (dlt != TORC_LINK_RAW_BSD && dlt != TORC_LINK_RAW_OPENBSD && dlt != TORC_LINK_RAW)
		torc_cursor_next(cursor, TORC_BY_LINK_TYPE, dlt);
	else
		cursor->next = cursor->length > header && cursor->data[header] >> 4 == 6 ?
				       TORC_LAYER_IPV6 :
				       TORC_LAYER_IPV4;
}

static int pktap_decode(struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data;
	uint32_t header;

	TORC_NEED(cursor, 12);
	header = le32(p);
	if (cursor->decoded->link_type == LINK_USER2 && cursor->decoded->layer_count == 0 &&
	    (header < HEADER || header > LONGEST || le32(p + 4) > PACKET)) {
		cursor->next = TORC_LAYER_PAYLOAD;
		cursor->registry = TORC_BY_LINK_TYPE;
		cursor->number = LINK_USER2;
		return TORC_STEP_OTHER;
	}
	if (header < HEADER)
		return torc_cursor_malformed(cursor, "the length is less than 108");
	TORC_NEED(cursor, header);
	cursor->header_length = header;
	if (le32(p + 4) == PACKET)
		packet_next(cursor, header);
	else
		cursor->next = TORC_LAYER_PAYLOAD;
	return TORC_STEP_OK;
}

static struct torc_bytes name_at(const uint8_t *p, size_t size)
{
	return (struct torc_bytes){ p, (uint32_t)strnlen((const char *)p, size) };
}

static void pktap_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
		       void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_pktap *pktap = out;

	pktap->length = le32(p);
	pktap->record_type = le32(p + 4);
	pktap->link_type = le32(p + 8);
	pktap->interface = name_at(p + 12, INTERFACE);
	pktap->flags = le32(p + 36);
	pktap->protocol_family = le32(p + 40);
	pktap->link_header_length = le32(p + 44);
	pktap->link_trailer_length = le32(p + 48);
	pktap->pid = (int32_t)le32(p + 52);
	pktap->command = name_at(p + 56, COMMAND);
	pktap->service_class = le32(p + 76);
	pktap->interface_type = le16(p + 80);
	pktap->interface_unit = le16(p + 82);
	pktap->effective_pid = (int32_t)le32(p + 84);
	pktap->effective_command = name_at(p + 88, COMMAND);
	if (layer->header_length < HEADER_FLOW)
		return;
	pktap->flow_id = le32(p + 108);
	pktap->ip_protocol = le32(p + 112);
	pktap->timestamp_s = le32(p + 116);
	pktap->timestamp_us = le32(p + 120);
	pktap->uuid = (struct torc_bytes){ p + 124, 16 };
	pktap->effective_uuid = (struct torc_bytes){ p + 140, 16 };
}

static const struct torc_field_info pktap_fields[] = {
	TORC_FIELD_AT(struct torc_pktap, length, "length", TORC_FIELD_UINT, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_pktap, record_type, "record_type", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_pktap, link_type, "link_type", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_pktap, interface, "interface", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_pktap, flags, "flags", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_pktap, protocol_family, "protocol_family", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_pktap, link_header_length, "link_header_length",
		      TORC_FIELD_UINT, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_pktap, link_trailer_length, "link_trailer_length",
		      TORC_FIELD_UINT, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_pktap, pid, "pid", TORC_FIELD_INT,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_pktap, command, "command", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_pktap, service_class, "service_class", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_pktap, interface_type, "interface_type", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_pktap, interface_unit, "interface_unit", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_pktap, effective_pid, "effective_pid", TORC_FIELD_INT),
	TORC_FIELD_AT(struct torc_pktap, effective_command, "effective_command",
		      TORC_FIELD_STRING, .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_pktap, flow_id, "flow_id", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_pktap, ip_protocol, "ip_protocol", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_pktap, timestamp_s, "timestamp", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL, .unit = "seconds"),
	TORC_FIELD_AT(struct torc_pktap, timestamp_us, "microseconds", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL, .unit = "us"),
	TORC_FIELD_AT(struct torc_pktap, uuid, "uuid", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_pktap, effective_uuid, "effective_uuid", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_layer_number pktap_numbers[] = {
	{ TORC_BY_LINK_TYPE, TORC_LINK_PKTAP },
	{ TORC_BY_LINK_TYPE, LINK_USER2 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_pktap = {
	.name = "ApplePktap",
	.key = "pktap",
	.struct_size = sizeof(struct torc_pktap),
	.numbers = pktap_numbers,
	.decode = pktap_decode,
	.read = pktap_read,
	.fields = pktap_fields,
};
