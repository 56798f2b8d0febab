/* SPDX-License-Identifier: BSD-3-Clause */
/* ptp.c - the Precision Time Protocol, version 2: IEEE 1588-2008 §13, and 1588-2019 */
#include <torc/layers/link/ptp.h>

#include "decode/registry.h"

#define HEADER	      34
#define TIMESTAMP     10
#define PORT_IDENTITY 10

/* Bytes behind the header that a kind of message has in front of its TLVs (§13.5 to §13.12) */
static uint32_t body_length(unsigned int type)
{
	static const uint8_t lengths[16] = {
		[TORC_PTP_SYNC] = TIMESTAMP,
		[TORC_PTP_DELAY_REQ] = TIMESTAMP,
		[TORC_PTP_PDELAY_REQ] = TIMESTAMP + PORT_IDENTITY,
		[TORC_PTP_PDELAY_RESP] = TIMESTAMP + PORT_IDENTITY,
		[TORC_PTP_FOLLOW_UP] = TIMESTAMP,
		[TORC_PTP_DELAY_RESP] = TIMESTAMP + PORT_IDENTITY,
		[TORC_PTP_PDELAY_RESP_FOLLOW_UP] = TIMESTAMP + PORT_IDENTITY,
		[TORC_PTP_ANNOUNCE] = TIMESTAMP + 20,
		[TORC_PTP_SIGNALING] = PORT_IDENTITY,
		[TORC_PTP_MANAGEMENT] = PORT_IDENTITY + 4,
	};

	return lengths[type & 0x0F];
}

static int ptp_decode(struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data;
	uint32_t least;

	TORC_NEED(cursor, 4);
	if ((p[1] & 0x0F) != 2)
		return torc_cursor_malformed(cursor, "the version is not 2");
	least = HEADER + body_length(p[0]);
	if (torc_be16(p + 2) < least)
		return torc_cursor_malformed(cursor, "the length is below the message's");
	TORC_NEED(cursor, least);
	torc_cursor_claim(cursor, torc_be16(p + 2));
	cursor->header_length = cursor->length;
	return TORC_STEP_OK;
}

static uint64_t be64(const uint8_t *p)
{
	return (uint64_t)torc_be32(p) << 32 | torc_be32(p + 4);
}

static void announce_read(struct torc_ptp *ptp, const uint8_t *p)
{
	ptp->utc_offset = (int16_t)torc_be16(p);
	ptp->priority1 = p[3];
	ptp->grandmaster_class = p[4];
	ptp->grandmaster_accuracy = p[5];
	ptp->grandmaster_variance = torc_be16(p + 6);
	ptp->priority2 = p[8];
	ptp->grandmaster = be64(p + 9);
	ptp->steps_removed = torc_be16(p + 17);
	ptp->time_source = p[19];
}

static void body_read(struct torc_ptp *ptp, const uint8_t *p)
{
	bool timed = ptp->message_type < TORC_PTP_SIGNALING;

	if (body_length(ptp->message_type) == 0)
		return;
	if (timed) {
		ptp->seconds = (uint64_t)torc_be16(p) << 32 | torc_be32(p + 2);
		ptp->nanoseconds = torc_be32(p + 6);
		p += TIMESTAMP;
	}
	if (ptp->message_type == TORC_PTP_ANNOUNCE) {
		announce_read(ptp, p);
	} else if (!timed || (body_length(ptp->message_type) > TIMESTAMP &&
			      ptp->message_type != TORC_PTP_PDELAY_REQ)) {
		ptp->target_clock = be64(p);
		ptp->target_port = torc_be16(p + 8);
	}
	if (ptp->message_type == TORC_PTP_MANAGEMENT) {
		ptp->start_hops = p[10];
		ptp->hops = p[11];
		ptp->action = p[12] & 0x0F;
	}
}

static void ptp_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_ptp *ptp = out;
	uint32_t body;

	ptp->major_sdo_id = p[0] >> 4;
	ptp->message_type = p[0] & 0x0F;
	ptp->minor_version = p[1] >> 4;
	ptp->version = p[1] & 0x0F;
	ptp->length = torc_be16(p + 2);
	ptp->domain = p[4];
	ptp->minor_sdo_id = p[5];
	ptp->flags = torc_be16(p + 6);
	ptp->correction = (int64_t)be64(p + 8);
	ptp->type_specific = torc_be32(p + 16);
	ptp->clock = be64(p + 20);
	ptp->port = torc_be16(p + 28);
	ptp->sequence = torc_be16(p + 30);
	ptp->control = p[32];
	ptp->log_interval = (int8_t)p[33];
	body_read(ptp, p + HEADER);
	body = HEADER + body_length(ptp->message_type);
	ptp->tlvs = (struct torc_bytes){ p + body, layer->header_length - body };
}

int torc_ptp_tlv_next(const struct torc_ptp *ptp, uint32_t *position, struct torc_ptp_tlv *tlv)
{
	const uint8_t *p;
	uint32_t left;

	if (*position >= ptp->tlvs.length)
		return 0;
	p = ptp->tlvs.data + *position;
	left = ptp->tlvs.length - *position;
	if (left < 4 || torc_be16(p + 2) > left - 4)
		return 0;
	tlv->type = torc_be16(p);
	tlv->value = (struct torc_bytes){ p + 4, torc_be16(p + 2) };
	*position += 4 + tlv->value.length;
	return 1;
}

static int tlv_element(const void *layer, uint32_t *position, void *element)
{
	return torc_ptp_tlv_next(layer, position, element);
}

static const char *type_name(uint64_t type)
{
	static const char *const names[16] = {
		[TORC_PTP_SYNC] = "sync",
		[TORC_PTP_DELAY_REQ] = "delay request",
		[TORC_PTP_PDELAY_REQ] = "peer delay request",
		[TORC_PTP_PDELAY_RESP] = "peer delay response",
		[TORC_PTP_FOLLOW_UP] = "follow-up",
		[TORC_PTP_DELAY_RESP] = "delay response",
		[TORC_PTP_PDELAY_RESP_FOLLOW_UP] = "peer delay response follow-up",
		[TORC_PTP_ANNOUNCE] = "announce",
		[TORC_PTP_SIGNALING] = "signaling",
		[TORC_PTP_MANAGEMENT] = "management",
	};

	return type < 16 ? names[type] : NULL;
}

static const char *source_name(uint64_t source)
{
	switch (source) {
	case 0x10:
		return "atomic clock";
	case 0x20:
		return "GNSS";
	case 0x30:
		return "terrestrial radio";
	case 0x39:
		return "serial time code";
	case 0x40:
		return "PTP";
	case 0x50:
		return "NTP";
	case 0x60:
		return "set by hand";
	case 0xA0:
		return "internal oscillator";
	default:
		return NULL;
	}
}

/* IEEE 1588-2019 §14.1 */
static const char *tlv_name(uint64_t type)
{
	static const char *const names[] = {
		[0x01] = "management", [0x02] = "management error", [0x03] = "organization",
		[0x04] = "unicast request", [0x05] = "unicast grant", [0x06] = "unicast cancel",
		[0x07] = "unicast cancel acknowledgment", [0x08] = "path trace",
		[0x09] = "alternate time offset"
	};

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : NULL;
}

static const struct torc_field_info tlv_fields[] = {
	TORC_FIELD_AT(struct torc_ptp_tlv, type, "type", TORC_FIELD_UINT, .value_name = tlv_name),
	TORC_FIELD_AT(struct torc_ptp_tlv, value, "value", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_list_info tlvs_list = {
	.next = tlv_element,
	.element_size = sizeof(struct torc_ptp_tlv),
	.fields = tlv_fields,
};

#define OPTIONAL(member, name, kind, ...)                                                          \
	TORC_FIELD_AT(struct torc_ptp, member, name, kind, .flags = TORC_FIELD_OPTIONAL, __VA_ARGS__)

static const struct torc_field_info ptp_fields[] = {
	TORC_FIELD_AT(struct torc_ptp, message_type, "message_type", TORC_FIELD_UINT,
		      .value_name = type_name),
	TORC_FIELD_AT(struct torc_ptp, version, "version", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_ptp, minor_version, "minor_version", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_ptp, major_sdo_id, "major_sdo_id", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_ptp, minor_sdo_id, "minor_sdo_id", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_ptp, length, "length", TORC_FIELD_UINT, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_ptp, domain, "domain", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_ptp, flags, "flags", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_ptp, correction, "correction", TORC_FIELD_INT, .unit = "2^-16 ns"),
	TORC_FIELD_AT(struct torc_ptp, type_specific, "type_specific", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_ptp, clock, "clock", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_ptp, port, "port", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_ptp, sequence, "seq", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_ptp, control, "control", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_ptp, log_interval, "log_interval", TORC_FIELD_INT),
	OPTIONAL(seconds, "seconds", TORC_FIELD_UINT, .unit = "s"),
	OPTIONAL(nanoseconds, "nanoseconds", TORC_FIELD_UINT, .unit = "ns"),
	OPTIONAL(target_clock, "target_clock", TORC_FIELD_HEX),
	OPTIONAL(target_port, "target_port", TORC_FIELD_UINT),
	OPTIONAL(utc_offset, "utc_offset", TORC_FIELD_INT, .unit = "s"),
	OPTIONAL(priority1, "priority1", TORC_FIELD_UINT),
	OPTIONAL(grandmaster_class, "grandmaster_class", TORC_FIELD_UINT),
	OPTIONAL(grandmaster_accuracy, "grandmaster_accuracy", TORC_FIELD_HEX),
	OPTIONAL(grandmaster_variance, "grandmaster_variance", TORC_FIELD_UINT),
	OPTIONAL(priority2, "priority2", TORC_FIELD_UINT),
	OPTIONAL(grandmaster, "grandmaster", TORC_FIELD_HEX),
	OPTIONAL(steps_removed, "steps_removed", TORC_FIELD_UINT),
	OPTIONAL(time_source, "time_source", TORC_FIELD_HEX, .value_name = source_name),
	OPTIONAL(start_hops, "start_hops", TORC_FIELD_UINT),
	OPTIONAL(hops, "hops", TORC_FIELD_UINT),
	OPTIONAL(action, "action", TORC_FIELD_UINT),
	OPTIONAL(tlvs, "tlvs", TORC_FIELD_LIST, .list = &tlvs_list),
	TORC_FIELDS_END
};

static const struct torc_layer_number ptp_numbers[] = {
	{ TORC_BY_ETHER_TYPE, 0x88F7 },
	{ TORC_BY_UDP_PORT, 319 }, /* event messages, whose time is taken */
	{ TORC_BY_UDP_PORT, 320 }, /* general messages */
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_ptp = {
	.name = "PTP",
	.key = "ptp",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_ptp),
	.numbers = ptp_numbers,
	.decode = ptp_decode,
	.read = ptp_read,
	.fields = ptp_fields,
};
