/* SPDX-License-Identifier: BSD-3-Clause */
/* eigrp.c - Enhanced Interior Gateway Routing Protocol: RFC 7868 §6.4 and §6.6 */
#include <torc/layers/routing/eigrp.h>

#include "decode/registry.h"
#include "decode/tlv.h"

#define HEADER 20

static int eigrp_decode(struct torc_cursor *cursor)
{
	TORC_NEED(cursor, HEADER);
	if (cursor->data[0] != 2)
		return torc_cursor_malformed(cursor, "the version is not 2");
	cursor->header_length = cursor->length;
	return TORC_STEP_OK;
}

static void eigrp_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
		       void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_eigrp *eigrp = out;

	eigrp->version = p[0];
	eigrp->opcode = p[1];
	eigrp->checksum = torc_be16(p + 2);
	eigrp->flags = torc_be32(p + 4);
	eigrp->sequence = torc_be32(p + 8);
	eigrp->acknowledgment = torc_be32(p + 12);
	eigrp->virtual_router = torc_be16(p + 16);
	eigrp->autonomous_system = torc_be16(p + 18);
	eigrp->tlvs = (struct torc_bytes){ p + HEADER, layer->header_length - HEADER };
}

int torc_eigrp_tlv_next(const struct torc_eigrp *eigrp, uint32_t *position, struct torc_tlv *tlv)
{
	static const struct tlv_form form = { 2, 2, true, 1 };

	return tlv_next(&eigrp->tlvs, &form, position, tlv);
}

static int tlv_element(const void *layer, uint32_t *position, void *element)
{
	return torc_eigrp_tlv_next(layer, position, element);
}

static const struct torc_list_info tlv_list = {
	.next = tlv_element,
	.element_size = sizeof(struct torc_tlv),
	.fields = tlv_fields,
};

/* RFC 7868 §6.4 */
static const char *opcode_name(uint64_t opcode)
{
	static const char *const names[] = { [1] = "update", [3] = "query", [4] = "reply",
					     [5] = "hello", [6] = "IPX SAP", [7] = "probe",
					     [10] = "SIA query", [11] = "SIA reply" };

	return opcode < sizeof(names) / sizeof(names[0]) ? names[opcode] : NULL;
}

static const struct torc_field_info eigrp_fields[] = {
	TORC_FIELD_AT(struct torc_eigrp, version, "version", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_eigrp, opcode, "opcode", TORC_FIELD_UINT,
		      .value_name = opcode_name),
	TORC_FIELD_AT(struct torc_eigrp, checksum, "checksum", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_eigrp, flags, "flags", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_eigrp, sequence, "seq", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_eigrp, acknowledgment, "ack", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_eigrp, virtual_router, "virtual_router", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_eigrp, autonomous_system, "as", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_eigrp, tlvs, "tlvs", TORC_FIELD_LIST,
		      .flags = TORC_FIELD_OPTIONAL, .list = &tlv_list),
	TORC_FIELDS_END
};

static const struct torc_layer_number eigrp_numbers[] = {
	{ TORC_BY_IP_PROTOCOL, 88 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_eigrp = {
	.name = "EIGRP",
	.key = "eigrp",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_eigrp),
	.numbers = eigrp_numbers,
	.decode = eigrp_decode,
	.read = eigrp_read,
	.fields = eigrp_fields,
	.checksum = { TORC_SUM_MESSAGE, 2, 0 },
};
