/* SPDX-License-Identifier: BSD-3-Clause */
/* rmcp.c - RMCP, ASF and its presence pong: DMTF DSP0136 (ASF 2.0) §3.2 */
#include <torc/layers/application/rmcp.h>

#include <string.h>

#include "decode/registry.h"

#define RMCP_HEADER  4
#define ASF_HEADER   8
#define PONG_LENGTH  16
#define ASF_NUMBER   4542 /* ASF's among IANA's enterprises */
#define PONG         0x40
#define CLASS_ASF    6

static int rmcp_decode(struct torc_cursor *cursor)
{
	TORC_NEED(cursor, RMCP_HEADER);
	if (cursor->data[0] != 6)
		return torc_cursor_malformed(cursor, "the version is not 6");
	cursor->header_length = RMCP_HEADER;
	cursor->next = (cursor->data[3] & 0x1F) == CLASS_ASF ? TORC_LAYER_ASF : TORC_LAYER_PAYLOAD;
	return TORC_STEP_OK;
}

static void rmcp_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
		      void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_rmcp *rmcp = out;

	rmcp->version = p[0];
	rmcp->sequence = p[2];
	rmcp->is_ack = p[3] & 0x80;
	rmcp->message_class = p[3] & 0x1F;
}

static const char *class_name(uint64_t number)
{
	static const char *const names[] = { [6] = "ASF", [7] = "IPMI", [8] = "OEM" };

	return number < sizeof(names) / sizeof(names[0]) ? names[number] : NULL;
}

static const struct torc_field_info rmcp_fields[] = {
	TORC_FIELD_AT(struct torc_rmcp, version, "version", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_rmcp, sequence, "seq", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_rmcp, is_ack, "ack", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_rmcp, message_class, "class", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY, .value_name = class_name),
	TORC_FIELDS_END
};

static const struct torc_layer_number rmcp_numbers[] = {
	{ TORC_BY_UDP_PORT, 623 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_rmcp = {
	.name = "RMCP",
	.key = "rmcp",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_rmcp),
	.numbers = rmcp_numbers,
	.decode = rmcp_decode,
	.read = rmcp_read,
	.fields = rmcp_fields,
};

static int asf_decode(struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data;

	TORC_NEED(cursor, ASF_HEADER);
	torc_cursor_claim(cursor, ASF_HEADER + (uint32_t)p[7]);
	cursor->header_length = ASF_HEADER;
	cursor->next = torc_be32(p) == ASF_NUMBER && p[4] == PONG ? TORC_LAYER_ASF_PRESENCE_PONG :
								    TORC_LAYER_PAYLOAD;
	return TORC_STEP_OK;
}

static void asf_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_asf *asf = out;

	asf->enterprise = torc_be32(p);
	asf->message_type = p[4];
	asf->tag = p[5];
	asf->length = p[7];
}

/* DSP0136 §3.2.4 */
static const char *asf_name(uint64_t type)
{
	switch (type) {
	case 0x10:
		return "reset";
	case 0x11:
		return "power-up";
	case 0x12:
		return "unconditional power-down";
	case 0x13:
		return "power cycle";
	case PONG:
		return "presence pong";
	case 0x41:
		return "capabilities response";
	case 0x42:
		return "system state response";
	case 0x43:
		return "open session response";
	case 0x44:
		return "close session response";
	case 0x80:
		return "presence ping";
	case 0x81:
		return "capabilities request";
	case 0x82:
		return "system state request";
	case 0x83:
		return "open session request";
	case 0x84:
		return "close session request";
	case 0xC0:
		return "RAKP message 1";
	case 0xC1:
		return "RAKP message 2";
	case 0xC2:
		return "RAKP message 3";
	default:
		return NULL;
	}
}

static const struct torc_field_info asf_fields[] = {
	TORC_FIELD_AT(struct torc_asf, enterprise, "enterprise", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_asf, message_type, "message_type", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_SUMMARY, .value_name = asf_name),
	TORC_FIELD_AT(struct torc_asf, tag, "tag", TORC_FIELD_UINT, .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_asf, length, "length", TORC_FIELD_UINT, .unit = "bytes"),
	TORC_FIELDS_END
};

const struct torc_layer_ops torc_layer_ops_asf = {
	.name = "ASF",
	.key = "asf",
	.struct_size = sizeof(struct torc_asf),
	.decode = asf_decode,
	.read = asf_read,
	.fields = asf_fields,
};

static int pong_decode(struct torc_cursor *cursor)
{
	TORC_NEED(cursor, PONG_LENGTH);
	cursor->header_length = PONG_LENGTH;
	cursor->next = TORC_LAYER_PAYLOAD;
	return TORC_STEP_OK;
}

static void pong_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
		      void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_asf_presence_pong *pong = out;

	pong->enterprise = torc_be32(p);
	memcpy(pong->oem, p + 4, 4);
	pong->has_ipmi = p[8] & 0x80;
	pong->has_asf_v1 = p[8] & 0x01;
	pong->has_security_extensions = p[9] & 0x80;
	pong->has_dash = p[9] & 0x20;
}

static const struct torc_field_info pong_fields[] = {
	TORC_FIELD_AT(struct torc_asf_presence_pong, enterprise, "enterprise", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_asf_presence_pong, has_ipmi, "ipmi", TORC_FIELD_BOOL,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_asf_presence_pong, has_asf_v1, "asf_v1", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_asf_presence_pong, has_security_extensions,
		      "security_extensions", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_asf_presence_pong, has_dash, "dash", TORC_FIELD_BOOL),
	TORC_FIELDS_END
};

const struct torc_layer_ops torc_layer_ops_asf_presence_pong = {
	.name = "ASFPresencePong",
	.key = "asf_presence_pong",
	.struct_size = sizeof(struct torc_asf_presence_pong),
	.decode = pong_decode,
	.read = pong_read,
	.fields = pong_fields,
};
