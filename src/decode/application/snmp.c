/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * snmp.c - SNMP: messages of version 1 and 2c RFC 1157 §4 and RFC 3416 §3, of version 3 RFC 3412 §6; in BER,
 * with lengths of at most two bytes as a datagram needs them
 */
#include <torc/layers/application/snmp.h>

#include "decode/registry.h"

#define SEQUENCE 0x30
#define INTEGER	 0x02
#define STRING	 0x04
#define TRAP_V1	 0xA4

/* What is left of a sequence. */
struct reader {
	const uint8_t *p;
	uint32_t left;
};

/* The element in front: its tag and what it holds; false where it does not fit (X.690 §8.1). */
static bool take(struct reader *reader, uint8_t *tag, struct reader *content)
{
	uint32_t header = 2, length;

	if (reader->left < 2)
		return false;
	*tag = reader->p[0];
	length = reader->p[1];
	if (length & 0x80) {
		header += length & 0x7F;
		if (header < 3 || header > 4 || reader->left < header)
			return false;
		length = header == 3 ? reader->p[2] : torc_be16(reader->p + 2);
	}
	if (length > reader->left - header)
		return false;
	*content = (struct reader){ reader->p + header, length };
	reader->p += header + length;
	reader->left -= header + length;
	return true;
}

static bool take_tag(struct reader *reader, uint8_t wanted, struct reader *content)
{
	uint8_t tag;

	return take(reader, &tag, content) && tag == wanted;
}

static bool take_integer(struct reader *reader, uint32_t *value)
{
	struct reader content;

	*value = 0;
	if (!take_tag(reader, INTEGER, &content) || content.left < 1 || content.left > 5)
		return false;
	for (; content.left > 0; content.left--)
		*value = *value << 8 | *content.p++;
	return true;
}

static void pdu_read(struct torc_snmp *snmp, struct reader *reader)
{
	struct reader pdu, bindings;

	if (!take(reader, &snmp->pdu_type, &pdu) || snmp->pdu_type == TRAP_V1)
		return;
	if (take_integer(&pdu, &snmp->request_id) && take_integer(&pdu, &snmp->error_status) &&
	    take_integer(&pdu, &snmp->error_index) && take_tag(&pdu, SEQUENCE, &bindings))
		snmp->bindings = (struct torc_bytes){ bindings.p, bindings.left };
}

/* RFC 3412 §6: a header, security parameters, and the scoped PDU, which may be encrypted */
static void version_3_read(struct torc_snmp *snmp, struct reader *message)
{
	struct reader header, scoped, content;
	uint32_t size;

	if (!take_tag(message, SEQUENCE, &header) || !take_integer(&header, &snmp->message_id) ||
	    !take_integer(&header, &size) || !take_tag(&header, STRING, &content) ||
	    content.left != 1)
		return;
	snmp->flags = content.p[0];
	if (take_tag(message, STRING, &content) && take_tag(message, SEQUENCE, &scoped) &&
	    take_tag(&scoped, STRING, &content) && take_tag(&scoped, STRING, &content))
		pdu_read(snmp, &scoped);
}

/* False: it does not begin as a message. */
static bool message_read(const uint8_t *p, uint32_t length, struct torc_snmp *snmp)
{
	struct reader all = { p, length }, message, community;
	uint32_t version;

	if (!take_tag(&all, SEQUENCE, &message) || !take_integer(&message, &version) ||
	    (version > 1 && version != 3))
		return false;
	snmp->version = (uint8_t)version;
	if (version == 3) {
		version_3_read(snmp, &message);
		return true;
	}
	if (!take_tag(&message, STRING, &community))
		return false;
	snmp->community = (struct torc_bytes){ community.p, community.left };
	pdu_read(snmp, &message);
	return true;
}

static int snmp_decode(struct torc_cursor *cursor)
{
	struct torc_snmp snmp = { 0 };

	TORC_NEED(cursor, 2);
	if (cursor->data[0] == SEQUENCE && cursor->length < cursor->wire_length)
		return TORC_STEP_SHORT; /* the outermost length has the whole in it */
	if (!message_read(cursor->data, cursor->length, &snmp))
		return torc_cursor_malformed(cursor, "no sequence with a version in front");
	cursor->header_length = cursor->length;
	return TORC_STEP_OK;
}

static void snmp_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_snmp *snmp = out;

	message_read(p, layer->header_length, snmp);
}

static const char *version_name(uint64_t version)
{
	static const char *const names[] = { "1", "2c", NULL, "3" };

	return version < 4 ? names[version] : NULL;
}

/* RFC 3416 §3 */
static const char *pdu_name(uint64_t type)
{
	static const char *const names[] = { "get request", "get next request", "response",
					     "set request", "trap version 1", "get bulk request",
					     "inform request", "trap", "report" };

	return type >= 0xA0 && type < 0xA0 + sizeof(names) / sizeof(names[0]) ? names[type - 0xA0] :
										  NULL;
}

static const struct torc_field_info snmp_fields[] = {
	TORC_FIELD_AT(struct torc_snmp, version, "version", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY, .value_name = version_name),
	TORC_FIELD_AT(struct torc_snmp, community, "community", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_snmp, message_id, "message_id", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_snmp, flags, "flags", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_snmp, pdu_type, "pdu_type", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY, .value_name = pdu_name),
	TORC_FIELD_AT(struct torc_snmp, request_id, "request_id", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_snmp, error_status, "error_status", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_snmp, error_index, "error_index", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_snmp, bindings, "bindings", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_layer_number snmp_numbers[] = {
	{ TORC_BY_UDP_PORT, 161 },
	{ TORC_BY_UDP_PORT, 162 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_snmp = {
	.name = "SNMP",
	.key = "snmp",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_snmp),
	.numbers = snmp_numbers,
	.decode = snmp_decode,
	.read = snmp_read,
	.fields = snmp_fields,
};
