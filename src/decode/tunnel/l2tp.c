/* SPDX-License-Identifier: BSD-3-Clause */
/* l2tp.c - Layer Two Tunneling Protocol: version 2, RFC 2661 §3 and §4, and 3, RFC 3931 §3 and §4 */
#include <torc/layers/tunnel/l2tp.h>

#include "decode/registry.h"

#define IS_CONTROL   0x8000
#define HAS_LENGTH   0x4000
#define HAS_SEQUENCE 0x0800
#define HAS_OFFSET   0x0200
#define HAS_PRIORITY 0x0100
#define VERSION      0x000F
#define RESERVED     0x34F0 /* bits that are 0 */

#define ATTRIBUTE 6 /* bytes in front of the value */

/* Bytes up to the offset's padding; version 3 has one of two forms. */
static uint32_t fixed_length(uint16_t flags)
{
	if ((flags & VERSION) == 3)
		return flags & IS_CONTROL ? 12 : 8;
	return 6 + (flags & HAS_LENGTH ? 2 : 0) + (flags & HAS_SEQUENCE ? 4 : 0) +
	       (flags & HAS_OFFSET ? 2 : 0);
}

/* What a control message must and may have set (RFC 2661 §3.1, RFC 3931 §3.2.1). */
static bool is_sound(uint16_t flags)
{
	uint16_t version = flags & VERSION;

	if (flags & RESERVED || (version != 2 && version != 3))
		return false;
	if (flags & IS_CONTROL)
		return (flags & (HAS_LENGTH | HAS_SEQUENCE | HAS_OFFSET | HAS_PRIORITY)) ==
		       (HAS_LENGTH | HAS_SEQUENCE);
	return version == 2 || flags == 3;
}

static bool attributes_fit(const uint8_t *p, uint32_t length)
{
	uint32_t at = 0, bytes;

	while (at < length) {
		if (length - at < ATTRIBUTE)
			return false;
		bytes = torc_be16(p + at) & 0x3FFu;
		if (bytes < ATTRIBUTE || bytes > length - at)
			return false;
		at += bytes;
	}
	return true;
}

/*
 * Whether PPP begins there: its address and control, or a protocol number, whose last byte is odd (RFC 1661 §2).
 * Flags alone are too little where no length agrees with the datagram's: then the number is a known one.
 */
static bool begins_ppp(const struct torc_cursor *cursor, uint32_t at, bool has_length)
{
	const uint8_t *p = cursor->data + at;
	uint32_t left = cursor->length - at;

	if (left < 2)
		return has_length || left == 0 || cursor->wire_length > cursor->length;
	if (p[0] == 0xFF && p[1] == 0x03)
		return true;
	if (has_length)
		return (p[0] | p[1]) & 1;
	return registry_find(TORC_BY_PPP_PROTOCOL, p[0] & 1 ? p[0] : torc_be16(p)) != TORC_LAYER_NONE;
}

/* A message whose flags stand at "at": behind nothing, or, over IP, behind a session of 0. */
static int message_decode(struct torc_cursor *cursor, uint32_t at)
{
	const uint8_t *p = cursor->data + at;
	uint16_t flags;
	uint32_t header;

	TORC_NEED(cursor, at + 2);
	flags = torc_be16(p);
	if (!is_sound(flags) || (at > 0 && (flags & (IS_CONTROL | VERSION)) != (IS_CONTROL | 3)))
		return torc_cursor_malformed(cursor, "not the flags of version 2 or 3");
	header = at + fixed_length(flags);
	TORC_NEED(cursor, header);
	if (flags & HAS_LENGTH) {
		if (torc_be16(p + 2) + at < header)
			return torc_cursor_malformed(cursor, "the length ends in the header");
		if (torc_be16(p + 2) + at > cursor->wire_length && flags & IS_CONTROL)
			return torc_cursor_malformed(cursor, "the length is above the datagram's");
		torc_cursor_claim(cursor, torc_be16(p + 2) + at);
	}
	cursor->header_length = header;
	if (flags & IS_CONTROL) {
		cursor->header_length = cursor->length;
		if (cursor->length == torc_be16(p + 2) + at &&
		    !attributes_fit(cursor->data + header, cursor->length - header))
			return torc_cursor_bad_tail(cursor, "an attribute does not fit");
		return TORC_STEP_OK;
	}
	if (flags & HAS_OFFSET) {
		header += torc_be16(p + fixed_length(flags) - 2);
		if (cursor->length < header)
			return TORC_STEP_CUT_TAIL;
		cursor->header_length = header;
	}
	cursor->next = TORC_LAYER_PAYLOAD;
	if ((flags & VERSION) == 2 && begins_ppp(cursor, header, flags & HAS_LENGTH))
		cursor->next = TORC_LAYER_PPP;
	else if ((flags & VERSION) == 2 && !(flags & HAS_LENGTH))
		return torc_cursor_malformed(cursor, "no PPP behind the header");
	return TORC_STEP_OK;
}

static bool is_over_ip(const struct torc_decoded *decoded, const struct torc_layer *before)
{
	return before >= decoded->layers && before->type != TORC_LAYER_UDP;
}

static int l2tp_decode(struct torc_cursor *cursor)
{
	const struct torc_decoded *decoded = cursor->decoded;

	if (!is_over_ip(decoded, decoded->layers + decoded->layer_count - 1))
		return message_decode(cursor, 0);
	TORC_NEED(cursor, 4);
	if (torc_be32(cursor->data) == 0)
		return message_decode(cursor, 4);
	cursor->header_length = 4;
	cursor->next = TORC_LAYER_PAYLOAD;
	return TORC_STEP_OK;
}

static void version2_read(const uint8_t *p, uint16_t flags, struct torc_l2tp *l2tp)
{
	p += flags & HAS_LENGTH ? 4 : 2;
	l2tp->tunnel = torc_be16(p);
	l2tp->session = torc_be16(p + 2);
	p += 4;
	if (flags & HAS_SEQUENCE) {
		l2tp->send = torc_be16(p);
		l2tp->receive = torc_be16(p + 2);
		p += 4;
	}
	if (flags & HAS_OFFSET)
		l2tp->offset = torc_be16(p);
}

static void version3_read(const uint8_t *p, uint16_t flags, struct torc_l2tp *l2tp)
{
	if (!(flags & IS_CONTROL)) {
		l2tp->session = torc_be32(p + 4);
		return;
	}
	l2tp->tunnel = torc_be32(p + 4);
	l2tp->send = torc_be16(p + 8);
	l2tp->receive = torc_be16(p + 10);
}

static void l2tp_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer), *end = p + layer->header_length;
	struct torc_l2tp_attribute attribute;
	struct torc_l2tp *l2tp = out;
	uint32_t position = 0;
	uint16_t flags;

	if (is_over_ip(decoded, layer - 1)) {
		l2tp->version = 3;
		l2tp->session = torc_be32(p);
		if (l2tp->session != 0)
			return;
		p += 4;
	}
	flags = torc_be16(p);
	l2tp->is_control = flags & IS_CONTROL;
	l2tp->has_length = flags & HAS_LENGTH;
	l2tp->has_sequence = flags & HAS_SEQUENCE;
	l2tp->has_offset = flags & HAS_OFFSET;
	l2tp->has_priority = flags & HAS_PRIORITY;
	l2tp->version = flags & VERSION;
	l2tp->length = l2tp->has_length ? torc_be16(p + 2) : 0;
	if (l2tp->version == 2)
		version2_read(p, flags, l2tp);
	else
		version3_read(p, flags, l2tp);
	if (!l2tp->is_control)
		return;
	p += fixed_length(flags);
	l2tp->attributes = (struct torc_bytes){ p, (uint32_t)(end - p) };
	if (torc_l2tp_attribute_next(l2tp, &position, &attribute) && attribute.type == 0 &&
	    attribute.vendor == 0 && !attribute.is_hidden && attribute.value.length == 2)
		l2tp->message_type = torc_be16(attribute.value.data);
}

int torc_l2tp_attribute_next(const struct torc_l2tp *l2tp, uint32_t *position,
			     struct torc_l2tp_attribute *attribute)
{
	const uint8_t *p;
	uint32_t left, length;

	if (*position >= l2tp->attributes.length)
		return 0;
	p = l2tp->attributes.data + *position;
	left = l2tp->attributes.length - *position;
	if (left < ATTRIBUTE)
		return 0;
	length = torc_be16(p) & 0x3FFu;
	if (length < ATTRIBUTE || length > left)
		return 0;
	attribute->is_mandatory = p[0] & 0x80;
	attribute->is_hidden = p[0] & 0x40;
	attribute->length = (uint16_t)length;
	attribute->vendor = torc_be16(p + 2);
	attribute->type = torc_be16(p + 4);
	attribute->value = (struct torc_bytes){ p + ATTRIBUTE, length - ATTRIBUTE };
	*position += length;
	return 1;
}

static int attribute_element(const void *layer, uint32_t *position, void *element)
{
	return torc_l2tp_attribute_next(layer, position, element);
}

/* IANA's "Message Type AVP Values": RFC 2661 §3.2, RFC 3931 §3.1 */
static const char *message_name(uint64_t type)
{
	static const char *const names[] = {
		[1] = "SCCRQ", [2] = "SCCRP", [3] = "SCCCN", [4] = "StopCCN", [6] = "HELLO",
		[7] = "OCRQ", [8] = "OCRP", [9] = "OCCN", [10] = "ICRQ", [11] = "ICRP",
		[12] = "ICCN", [14] = "CDN", [15] = "WEN", [16] = "SLI", [18] = "SRRQ",
		[19] = "SRRP", [20] = "ACK", [21] = "FSQ", [22] = "FSR", [23] = "MSRQ",
		[24] = "MSRP", [25] = "MSE", [26] = "MSI", [27] = "MSEN", [28] = "CSUN", [29] = "CSURQ"
	};

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : NULL;
}

/* IANA's "Control Message Attribute Value Pairs" */
static const char *attribute_name(uint64_t type)
{
	static const char *const names[] = {
		[0] = "message type", [1] = "result code", [2] = "protocol version",
		[3] = "framing capabilities", [4] = "bearer capabilities", [5] = "tie breaker",
		[6] = "firmware revision", [7] = "host name", [8] = "vendor name",
		[9] = "assigned tunnel id", [10] = "receive window size", [11] = "challenge",
		[12] = "Q.931 cause code", [13] = "challenge response",
		[14] = "assigned session id", [15] = "call serial number", [16] = "minimum BPS",
		[17] = "maximum BPS", [18] = "bearer type", [19] = "framing type",
		[21] = "called number", [22] = "calling number", [23] = "sub-address",
		[24] = "connect speed", [25] = "physical channel id",
		[26] = "initial received LCP CONFREQ", [27] = "last sent LCP CONFREQ",
		[28] = "last received LCP CONFREQ", [29] = "proxy authentication type",
		[30] = "proxy authentication name", [31] = "proxy authentication challenge",
		[32] = "proxy authentication id", [33] = "proxy authentication response",
		[34] = "call errors", [35] = "ACCM", [36] = "random vector",
		[37] = "private group id", [38] = "RX connect speed", [39] = "sequencing required",
		[58] = "extended vendor id", [59] = "message digest", [60] = "router id",
		[61] = "assigned control connection id", [62] = "pseudowire capabilities",
		[63] = "local session id", [64] = "remote session id", [65] = "assigned cookie",
		[66] = "remote end id", [68] = "pseudowire type", [69] = "L2-specific sublayer",
		[70] = "data sequencing", [71] = "circuit status", [72] = "preferred language",
		[73] = "nonce", [74] = "TX connect speed", [75] = "RX connect speed"
	};

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : NULL;
}

static const struct torc_field_info attribute_fields[] = {
	TORC_FIELD_AT(struct torc_l2tp_attribute, is_mandatory, "mandatory", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_l2tp_attribute, is_hidden, "hidden", TORC_FIELD_BOOL,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_l2tp_attribute, length, "length", TORC_FIELD_UINT,
		      .unit = "bytes"),
	TORC_FIELD_AT(struct torc_l2tp_attribute, vendor, "vendor", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_l2tp_attribute, type, "type", TORC_FIELD_UINT,
		      .value_name = attribute_name),
	TORC_FIELD_AT(struct torc_l2tp_attribute, value, "value", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_list_info attribute_list = {
	.next = attribute_element,
	.element_size = sizeof(struct torc_l2tp_attribute),
	.fields = attribute_fields,
};

static const struct torc_field_info l2tp_fields[] = {
	TORC_FIELD_AT(struct torc_l2tp, is_control, "control", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_l2tp, has_length, "has_length", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_l2tp, has_sequence, "has_seq", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_l2tp, has_offset, "has_offset", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_l2tp, has_priority, "has_priority", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_l2tp, version, "version", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_l2tp, length, "length", TORC_FIELD_UINT, .unit = "bytes",
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_l2tp, tunnel, "tunnel", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_l2tp, session, "session", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_l2tp, send, "ns", TORC_FIELD_UINT, .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_l2tp, receive, "nr", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_l2tp, offset, "padding", TORC_FIELD_UINT, .unit = "bytes",
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_l2tp, message_type, "message_type", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL, .value_name = message_name),
	TORC_FIELD_AT(struct torc_l2tp, attributes, "attributes", TORC_FIELD_LIST,
		      .flags = TORC_FIELD_OPTIONAL, .list = &attribute_list),
	TORC_FIELDS_END
};

static const struct torc_layer_number l2tp_numbers[] = {
	{ TORC_BY_UDP_PORT, 1701 },
	{ TORC_BY_IP_PROTOCOL, 115 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_l2tp = {
	.name = "L2TP",
	.key = "l2tp",
	.struct_size = sizeof(struct torc_l2tp),
	.numbers = l2tp_numbers,
	.decode = l2tp_decode,
	.read = l2tp_read,
	.fields = l2tp_fields,
};
