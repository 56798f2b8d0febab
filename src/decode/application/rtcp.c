/* SPDX-License-Identifier: BSD-3-Clause */
/* rtcp.c - RTCP: RFC 3550 §6. A datagram is packets that fill it, the first of which is a report (§6.1). */
#include <torc/layers/application/rtp.h>

#include <string.h>

#include "decode/registry.h"

#define HEADER 4
#define SENDER 24 /* what a sender says of itself, behind the header */
#define REPORT 24

enum { SR = 200, RR, SDES, BYE, APP, LAST = 207 };

/* The bytes of the packet at p, 0 where none begins. */
static uint32_t packet_size(const uint8_t *p, uint32_t left)
{
	if (left < HEADER || p[0] >> 6 != 2 || p[1] < SR || p[1] > LAST)
		return 0;
	return HEADER + torc_be16(p + 2) * 4u;
}

static int rtcp_decode(struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data;
	uint32_t at = 0, size;

	TORC_NEED(cursor, HEADER + 4);
	if (p[1] != SR && p[1] != RR)
		return torc_cursor_malformed(cursor, "no report in front");
	while (at < cursor->length) {
		size = packet_size(p + at, cursor->length - at);
		if (size == 0 || size > cursor->wire_length - at)
			return torc_cursor_malformed(cursor, "its packets do not fill the datagram");
		if (size > cursor->length - at)
			return TORC_STEP_SHORT;
		at += size;
	}
	if (cursor->length < cursor->wire_length)
		return TORC_STEP_SHORT;
	cursor->header_length = at;
	return TORC_STEP_OK;
}

static void rtcp_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	struct torc_rtcp *rtcp = out;

	rtcp->packets = (struct torc_bytes){ torc_layer_header(decoded, layer), layer->header_length };
}

/* §6.5: the canonical name, which is of type 1, of the first source */
static void description_read(struct torc_rtcp_packet *packet, const uint8_t *p, uint32_t size)
{
	uint32_t at = HEADER + 4;

	while (size >= at + 2 && p[at] != 0) {
		uint32_t length = p[at + 1];

		if (length > size - at - 2)
			return;
		if (p[at] == 1) {
			packet->name = (struct torc_bytes){ p + at + 2, length };
			return;
		}
		at += 2 + length;
	}
}

static void packet_read(struct torc_rtcp_packet *packet, const uint8_t *p, uint32_t size)
{
	uint32_t reason = HEADER + packet->count * 4u;

	if (size >= HEADER + 4 && (packet->count > 0 || (packet->type != SDES && packet->type != BYE)))
		packet->source = torc_be32(p + HEADER);
	if (packet->type == SR && size >= HEADER + SENDER) {
		packet->ntp_seconds = torc_be32(p + 8);
		packet->ntp_fraction = torc_be32(p + 12);
		packet->timestamp = torc_be32(p + 16);
		packet->packet_count = torc_be32(p + 20);
		packet->octet_count = torc_be32(p + 24);
	} else if (packet->type == SDES && packet->count > 0) {
		description_read(packet, p, size);
	} else if (packet->type == BYE && size > reason && p[reason] <= size - reason - 1) {
		packet->name = (struct torc_bytes){ p + reason + 1, p[reason] };
	} else if (packet->type == APP && size >= HEADER + 8) {
		packet->name = (struct torc_bytes){ p + HEADER + 4, 4 };
	}
}

int torc_rtcp_packet_next(const struct torc_rtcp *rtcp, uint32_t *position,
			  struct torc_rtcp_packet *packet)
{
	const uint8_t *p = rtcp->packets.data + *position;
	uint32_t size;

	*packet = (struct torc_rtcp_packet){ 0 };
	if (*position >= rtcp->packets.length)
		return 0;
	size = packet_size(p, rtcp->packets.length - *position);
	if (size == 0 || size > rtcp->packets.length - *position)
		return 0;
	packet->type = p[1];
	packet->count = p[0] & 0x1F;
	packet->has_padding = p[0] & 0x20;
	packet->length = (uint16_t)(size < UINT16_MAX ? size : UINT16_MAX);
	packet_read(packet, p, size);
	*position += size;
	return 1;
}

/* A position is a place in the datagram: that of the next report, or of what is in front of it. */
int torc_rtcp_report_next(const struct torc_rtcp *rtcp, uint32_t *position,
			  struct torc_rtcp_report *report)
{
	uint32_t at = 0, size, first, end;
	const uint8_t *p;

	*report = (struct torc_rtcp_report){ 0 };
	for (; at < rtcp->packets.length; at += size) {
		p = rtcp->packets.data + at;
		size = packet_size(p, rtcp->packets.length - at);
		if (size == 0 || size > rtcp->packets.length - at)
			return 0;
		if ((p[1] != SR && p[1] != RR) || size < HEADER + 4)
			continue;
		first = at + HEADER + (p[1] == SR ? SENDER : 4);
		end = first + (p[0] & 0x1Fu) * REPORT;
		if (*position < first)
			*position = first;
		if (*position >= end || *position + REPORT > at + size)
			continue;
		report->reporter = torc_be32(p + HEADER);
		p = rtcp->packets.data + *position;
		report->source = torc_be32(p);
		report->fraction_lost = p[4];
		report->lost = (int32_t)(torc_be24(p + 5) ^ 0x800000) - 0x800000;
		report->highest_sequence = torc_be32(p + 8);
		report->jitter = torc_be32(p + 12);
		report->last_report = torc_be32(p + 16);
		report->delay = torc_be32(p + 20);
		*position += REPORT;
		return 1;
	}
	return 0;
}

static int packet_element(const void *layer, uint32_t *position, void *element)
{
	return torc_rtcp_packet_next(layer, position, element);
}

static int report_element(const void *layer, uint32_t *position, void *element)
{
	return torc_rtcp_report_next(layer, position, element);
}

static const char *type_name(uint64_t type)
{
	static const char *const names[] = { "SR",   "RR",    "SDES", "BYE",
					     "APP",  "RTPFB", "PSFB", "XR" };

	return type >= SR && type <= LAST ? names[type - SR] : NULL;
}

#define SOME(member, name, kind, ...)                                                              \
	TORC_FIELD_AT(struct torc_rtcp_packet, member, name, kind, .flags = TORC_FIELD_OPTIONAL,   \
		      __VA_ARGS__)

static const struct torc_field_info packet_fields[] = {
	TORC_FIELD_AT(struct torc_rtcp_packet, type, "type", TORC_FIELD_UINT,
		      .value_name = type_name),
	TORC_FIELD_AT(struct torc_rtcp_packet, count, "count", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_rtcp_packet, has_padding, "padding", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_rtcp_packet, length, "length", TORC_FIELD_UINT, .unit = "bytes"),
	SOME(source, "ssrc", TORC_FIELD_HEX),
	SOME(ntp_seconds, "ntp_seconds", TORC_FIELD_UINT, .unit = "seconds"),
	SOME(ntp_fraction, "ntp_fraction", TORC_FIELD_UINT),
	SOME(timestamp, "timestamp", TORC_FIELD_UINT),
	SOME(packet_count, "packet_count", TORC_FIELD_UINT),
	SOME(octet_count, "octet_count", TORC_FIELD_UINT, .unit = "bytes"),
	SOME(name, "name", TORC_FIELD_STRING),
	TORC_FIELDS_END
};

static const struct torc_list_info packet_list = {
	.next = packet_element,
	.element_size = sizeof(struct torc_rtcp_packet),
	.fields = packet_fields,
};

static const struct torc_field_info report_fields[] = {
	TORC_FIELD_AT(struct torc_rtcp_report, reporter, "reporter", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_rtcp_report, source, "ssrc", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_rtcp_report, fraction_lost, "fraction_lost", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_rtcp_report, lost, "lost", TORC_FIELD_INT),
	TORC_FIELD_AT(struct torc_rtcp_report, highest_sequence, "highest_sequence",
		      TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_rtcp_report, jitter, "jitter", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_rtcp_report, last_report, "last_report", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_rtcp_report, delay, "delay", TORC_FIELD_UINT),
	TORC_FIELDS_END
};

static const struct torc_list_info report_list = {
	.next = report_element,
	.element_size = sizeof(struct torc_rtcp_report),
	.fields = report_fields,
};

static const struct torc_field_info rtcp_fields[] = {
	TORC_FIELD_AT(struct torc_rtcp, packets, "packets", TORC_FIELD_LIST,
		      .list = &packet_list),
	TORC_FIELD_AT(struct torc_rtcp, packets, "reports", TORC_FIELD_LIST,
		      .flags = TORC_FIELD_OPTIONAL, .list = &report_list),
	TORC_FIELDS_END
};

static const struct torc_layer_number rtcp_numbers[] = {
	{ TORC_BY_UDP_PORT, 5005 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_rtcp = {
	.name = "RTCP",
	.key = "rtcp",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_rtcp),
	.numbers = rtcp_numbers,
	.decode = rtcp_decode,
	.read = rtcp_read,
	.fields = rtcp_fields,
};
