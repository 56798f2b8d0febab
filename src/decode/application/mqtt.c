/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * mqtt.c - MQTT: OASIS MQTT 3.1.1 §2.2 and §3.1; 5.0 has the same there. A segment is a list of control
 * packets, the last of which may go on in the next one.
 */
#include <torc/layers/application/mqtt.h>

#include "decode/registry.h"

enum { CONNECT = 1, PUBLISH = 3, DISCONNECT = 14, AUTH = 15 };

/* The bytes of type and length (§2.2.3), 0 where they are wrong; *length: what follows. */
static uint32_t header_of(const uint8_t *p, uint32_t left, uint32_t *length)
{
	uint32_t at = 1;

	*length = 0;
	do {
		if (at > 4 || at >= left)
			return 0;
		*length |= (uint32_t)(p[at] & 0x7F) << 7 * (at - 1);
	} while (p[at++] & 0x80);
	return at;
}

/* §2.2.2: of the four lower bits all but a publication's are fixed */
static bool is_header(const uint8_t *p)
{
	uint8_t type = p[0] >> 4;

	if (type == PUBLISH)
		return (p[0] & 6) != 6;
	return type >= CONNECT && (p[0] & 0xF) == (type == 6 || type == 8 || type == 10 ? 2 : 0);
}

static int mqtt_decode(struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data;
	uint32_t length, header;

	TORC_NEED(cursor, 2);
	header = header_of(p, cursor->length, &length);
	if (header == 0 || !is_header(p))
		return torc_cursor_malformed(cursor, "no type and length of a control packet");
	if (p[0] >> 4 == CONNECT && (cursor->length < header + 4 || p[header] != 0 ||
				     (p[header + 1] != 4 && p[header + 1] != 6)))
		return torc_cursor_malformed(cursor, "no name of the protocol");
	cursor->header_length = cursor->length;
	return TORC_STEP_OK;
}

static void mqtt_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_mqtt *mqtt = out;

	mqtt->packets = (struct torc_bytes){ p, layer->header_length };
}

/* A string with its length in front at *at, moved on; empty where it does not fit. */
static struct torc_bytes take_string(const uint8_t *p, uint32_t length, uint32_t *at)
{
	struct torc_bytes string = { p, 0 };

	if (*at > length || length - *at < 2 || torc_be16(p + *at) > length - *at - 2)
		return string;
	string = (struct torc_bytes){ p + *at + 2, torc_be16(p + *at) };
	*at += 2 + string.length;
	return string;
}

static void packet_read(const uint8_t *p, uint32_t length, struct torc_mqtt_packet *packet)
{
	uint32_t at = 0;

	if (packet->type == PUBLISH) {
		packet->topic = take_string(p, length, &at);
	} else if (packet->type == CONNECT) {
		packet->protocol = take_string(p, length, &at);
		if (at == 0 || length - at < 4)
			return;
		packet->level = p[at];
		packet->keep_alive_s = torc_be16(p + at + 2);
		at += 4;
		/* version 5 has properties in front of the client's id (§3.1.2.11) */
		if (packet->level < 5)
			packet->client = take_string(p, length, &at);
		else if (length > at && p[at] < 0x80 && p[at] < length - at) {
			at += 1u + p[at];
			packet->client = take_string(p, length, &at);
		}
	}
}

int torc_mqtt_packet_next(const struct torc_mqtt *mqtt, uint32_t *position,
			  struct torc_mqtt_packet *packet)
{
	uint32_t left, header, length;
	const uint8_t *p;

	*packet = (struct torc_mqtt_packet){ 0 };
	if (*position >= mqtt->packets.length)
		return 0;
	p = mqtt->packets.data + *position;
	left = mqtt->packets.length - *position;
	header = header_of(p, left, &length);
	if (header == 0 || !is_header(p))
		return 0;
	packet->type = p[0] >> 4;
	packet->flags = p[0] & 0xF;
	packet->length = length;
	packet->is_whole = length <= left - header;
	length = packet->is_whole ? length : left - header;
	packet_read(p + header, length, packet);
	*position += header + length;
	return 1;
}

static int packet_element(const void *layer, uint32_t *position, void *element)
{
	return torc_mqtt_packet_next(layer, position, element);
}

static const char *type_name(uint64_t type)
{
	static const char *const names[] = { [1] = "CONNECT", "CONNACK", "PUBLISH", "PUBACK",
					     "PUBREC", "PUBREL", "PUBCOMP", "SUBSCRIBE", "SUBACK",
					     "UNSUBSCRIBE", "UNSUBACK", "PINGREQ", "PINGRESP",
					     "DISCONNECT", "AUTH" };

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : NULL;
}

static const struct torc_field_info packet_fields[] = {
	TORC_FIELD_AT(struct torc_mqtt_packet, type, "type", TORC_FIELD_UINT,
		      .value_name = type_name),
	TORC_FIELD_AT(struct torc_mqtt_packet, flags, "flags", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_mqtt_packet, length, "length", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_mqtt_packet, is_whole, "whole", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_mqtt_packet, topic, "topic", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_mqtt_packet, protocol, "protocol", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_mqtt_packet, level, "level", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_mqtt_packet, keep_alive_s, "keep_alive", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL, .unit = "seconds"),
	TORC_FIELD_AT(struct torc_mqtt_packet, client, "client", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_list_info packet_list = {
	.next = packet_element,
	.element_size = sizeof(struct torc_mqtt_packet),
	.fields = packet_fields,
};

static const struct torc_field_info mqtt_fields[] = {
	TORC_FIELD_AT(struct torc_mqtt, packets, "packets", TORC_FIELD_LIST,
		      .list = &packet_list),
	TORC_FIELDS_END
};

static const struct torc_layer_number mqtt_numbers[] = {
	{ TORC_BY_TCP_PORT, 1883 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_mqtt = {
	.name = "MQTT",
	.key = "mqtt",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_mqtt),
	.numbers = mqtt_numbers,
	.decode = mqtt_decode,
	.read = mqtt_read,
	.fields = mqtt_fields,
};
