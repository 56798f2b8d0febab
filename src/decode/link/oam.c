/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * oam.c - Ethernet about itself: connectivity fault management, IEEE 802.1Q §21 and ITU-T G.8013, unidirectional
 * link detection, RFC 5171, and the packet that wakes a machine (AMD "Magic Packet Technology", 1995)
 */
#include <torc/layers/link/oam.h>

#include <string.h>

#include "decode/registry.h"
#include "decode/tlv.h"

#define CFM_HEADER  4
#define UDLD_HEADER 4
#define WAKE_LENGTH 102

enum { CCM = 1, LBR, LBM, LTR, LTM };

static int cfm_decode(struct torc_cursor *cursor)
{
	TORC_NEED(cursor, CFM_HEADER);
	cursor->header_length = cursor->length;
	return TORC_STEP_OK;
}

static void cfm_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	uint32_t length = layer->header_length, tlvs = CFM_HEADER + p[3];
	struct torc_cfm *cfm = out;

	cfm->level = p[0] >> 5;
	cfm->version = p[0] & 0x1F;
	cfm->opcode = p[1];
	cfm->flags = p[2];
	cfm->tlv_offset = p[3];
	if (p[1] >= CCM && p[1] <= LTM && length >= 8)
		cfm->sequence = torc_be32(p + 4);
	if (p[1] == CCM && length >= 10)
		cfm->endpoint = torc_be16(p + 8) & 0x1FFF;
	if (p[1] == CCM && length >= 58)
		cfm->association = (struct torc_bytes){ p + 10, 48 };
	if ((p[1] == LTM || p[1] == LTR) && length >= 9)
		cfm->ttl = p[8];
	if (p[1] == LTR && length >= 10)
		cfm->relay_action = p[9];
	if (p[1] == LTM && length >= 15)
		memcpy(cfm->original, p + 9, 6);
	if (p[1] == LTM && length >= 21)
		memcpy(cfm->target, p + 15, 6);
	if (tlvs < length)
		cfm->tlvs = (struct torc_bytes){ p + tlvs, length - tlvs };
}

int torc_cfm_tlv_next(const struct torc_cfm *cfm, uint32_t *position, struct torc_tlv *tlv)
{
	static const struct tlv_form form = { 1, 2, false, 1 };

	/* type 0 ends the list, and has no length */
	if (*position >= cfm->tlvs.length || cfm->tlvs.data[*position] == 0)
		return 0;
	return tlv_next(&cfm->tlvs, &form, position, tlv);
}

static int cfm_element(const void *layer, uint32_t *position, void *element)
{
	return torc_cfm_tlv_next(layer, position, element);
}

static const struct torc_list_info cfm_list = {
	.next = cfm_element,
	.element_size = sizeof(struct torc_tlv),
	.fields = tlv_fields,
};

/* IEEE 802.1Q table 21-4, ITU-T G.8013 table 9-1 */
static const char *opcode_name(uint64_t opcode)
{
	static const char *const names[] = {
		[1] = "continuity check", [2] = "loopback reply", [3] = "loopback",
		[4] = "linktrace reply", [5] = "linktrace", [32] = "generic notification",
		[33] = "alarm indication", [35] = "lock", [37] = "test",
		[39] = "automatic protection switching", [40] = "ring protection switching",
		[41] = "maintenance communication", [42] = "loss measurement reply",
		[43] = "loss measurement", [45] = "one-way delay", [46] = "delay reply",
		[47] = "delay", [48] = "experimental reply", [49] = "experimental",
		[50] = "vendor reply", [51] = "vendor", [52] = "client signal fail",
		[54] = "synthetic loss reply", [55] = "synthetic loss"
	};

	return opcode < sizeof(names) / sizeof(names[0]) ? names[opcode] : NULL;
}

static const struct torc_field_info cfm_fields[] = {
	TORC_FIELD_AT(struct torc_cfm, level, "level", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_cfm, version, "version", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_cfm, opcode, "opcode", TORC_FIELD_UINT, .value_name = opcode_name),
	TORC_FIELD_AT(struct torc_cfm, flags, "flags", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_cfm, tlv_offset, "tlv_offset", TORC_FIELD_UINT, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_cfm, sequence, "seq", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_cfm, endpoint, "endpoint", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_cfm, association, "association", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_cfm, ttl, "ttl", TORC_FIELD_UINT, .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_cfm, original, "original", TORC_FIELD_MAC,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_cfm, target, "target", TORC_FIELD_MAC,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_cfm, relay_action, "relay_action", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_cfm, tlvs, "tlvs", TORC_FIELD_LIST,
		      .flags = TORC_FIELD_OPTIONAL, .list = &cfm_list),
	TORC_FIELDS_END
};

static const struct torc_layer_number cfm_numbers[] = {
	{ TORC_BY_ETHER_TYPE, 0x8902 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_cfm = {
	.name = "CFM",
	.key = "cfm",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_cfm),
	.numbers = cfm_numbers,
	.decode = cfm_decode,
	.read = cfm_read,
	.fields = cfm_fields,
};

static int udld_decode(struct torc_cursor *cursor)
{
	TORC_NEED(cursor, UDLD_HEADER);
	cursor->header_length = cursor->length;
	return TORC_STEP_OK;
}

static void udld_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_udld *udld = out;

	udld->version = p[0] >> 5;
	udld->opcode = p[0] & 0x1F;
	udld->flags = p[1];
	udld->checksum = torc_be16(p + 2);
	udld->tlvs = (struct torc_bytes){ p + UDLD_HEADER, layer->header_length - UDLD_HEADER };
}

int torc_udld_tlv_next(const struct torc_udld *udld, uint32_t *position, struct torc_tlv *tlv)
{
	static const struct tlv_form form = { 2, 2, true, 1 };

	return tlv_next(&udld->tlvs, &form, position, tlv);
}

static int udld_element(const void *layer, uint32_t *position, void *element)
{
	return torc_udld_tlv_next(layer, position, element);
}

static const struct torc_list_info udld_list = {
	.next = udld_element,
	.element_size = sizeof(struct torc_tlv),
	.fields = tlv_fields,
};

static const char *udld_opcode_name(uint64_t opcode)
{
	static const char *const names[] = { "reserved", "probe", "echo", "flush" };

	return opcode < sizeof(names) / sizeof(names[0]) ? names[opcode] : NULL;
}

static const struct torc_field_info udld_fields[] = {
	TORC_FIELD_AT(struct torc_udld, version, "version", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_udld, opcode, "opcode", TORC_FIELD_UINT,
		      .value_name = udld_opcode_name),
	TORC_FIELD_AT(struct torc_udld, flags, "flags", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_udld, checksum, "checksum", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_udld, tlvs, "tlvs", TORC_FIELD_LIST,
		      .flags = TORC_FIELD_OPTIONAL, .list = &udld_list),
	TORC_FIELDS_END
};

static const struct torc_layer_number udld_numbers[] = {
	{ TORC_BY_SNAP, 0x0111 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_udld = {
	.name = "UDLD",
	.key = "udld",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_udld),
	.numbers = udld_numbers,
	.decode = udld_decode,
	.read = udld_read,
	.fields = udld_fields,
};

/* The ports are those of echo and discard: only the whole pattern tells. */
static int wake_decode(struct torc_cursor *cursor)
{
	static const uint8_t ones[6] = { 255, 255, 255, 255, 255, 255 };
	const uint8_t *p = cursor->data;
	uint32_t password;

	TORC_NEED(cursor, 6);
	if (memcmp(p, ones, 6) != 0)
		return torc_cursor_malformed(cursor, "not six bytes of 255 in front");
	TORC_NEED(cursor, WAKE_LENGTH);
	for (int i = 1; i < 16; i++)
		if (memcmp(p + 6, p + 6 + 6 * i, 6) != 0)
			return torc_cursor_malformed(cursor, "not 16 times one address");
	password = cursor->wire_length - WAKE_LENGTH;
	if (password != 4 && password != 6) /* or padding */
		torc_cursor_claim(cursor, WAKE_LENGTH);
	cursor->header_length = cursor->length;
	return TORC_STEP_OK;
}

static void wake_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_wake_on_lan *wake = out;

	memcpy(wake->target, p + 6, 6);
	wake->password = (struct torc_bytes){ p + WAKE_LENGTH, layer->header_length - WAKE_LENGTH };
}

static const struct torc_field_info wake_fields[] = {
	TORC_FIELD_AT(struct torc_wake_on_lan, target, "target", TORC_FIELD_MAC,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_wake_on_lan, password, "password", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_layer_number wake_numbers[] = {
	{ TORC_BY_ETHER_TYPE, 0x0842 },
	{ TORC_BY_UDP_PORT, 7 },
	{ TORC_BY_UDP_PORT, 9 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_wake_on_lan = {
	.name = "WakeOnLAN",
	.key = "wake_on_lan",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_wake_on_lan),
	.numbers = wake_numbers,
	.decode = wake_decode,
	.read = wake_read,
	.fields = wake_fields,
};
