/* SPDX-License-Identifier: BSD-3-Clause */
/* chdlc.c - Cisco HDLC: RFC 1547 §4.3.1, tcpdump.org/linktypes, LINKTYPE_C_HDLC */
#include <torc/layers/link/chdlc.h>

#include "decode/registry.h"

#define HEADER 4
#define CDP    0x2000
#define SLARP  0x8035 /* not reverse ARP, which has the number elsewhere */
#define OSI    0xFEFE

static int chdlc_decode(struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data;
	uint16_t protocol;

	TORC_NEED(cursor, HEADER);
	protocol = torc_be16(p + 2);
	cursor->header_length = HEADER;
	/* OSI has a byte of padding in front, and then says which of its protocols it is */
	if (protocol == OSI && cursor->length > HEADER + 1 && p[HEADER + 1] == 0x83) {
		cursor->header_length = HEADER + 1;
		cursor->next = TORC_LAYER_ISIS;
		return TORC_STEP_OK;
	}
	if (protocol == CDP) {
		cursor->next = TORC_LAYER_CDP;
	} else if (protocol == SLARP) {
		cursor->registry = TORC_BY_ETHER_TYPE;
		cursor->number = protocol;
		cursor->next = TORC_LAYER_PAYLOAD;
	} else {
		cursor_next(cursor, TORC_BY_ETHER_TYPE, protocol);
	}
	return TORC_STEP_OK;
}

static void chdlc_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
		       void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_chdlc *chdlc = out;

	chdlc->address = p[0];
	chdlc->control = p[1];
	chdlc->protocol = torc_be16(p + 2);
}

static const char *address_name(uint64_t address)
{
	return address == 0x0F ? "unicast" : address == 0x8F ? "broadcast" : NULL;
}

static const struct torc_field_info chdlc_fields[] = {
	TORC_FIELD_AT(struct torc_chdlc, address, "address", TORC_FIELD_HEX,
		      .value_name = address_name),
	TORC_FIELD_AT(struct torc_chdlc, control, "control", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_chdlc, protocol, "protocol", TORC_FIELD_HEX),
	TORC_FIELDS_END
};

static const struct torc_layer_number chdlc_numbers[] = {
	{ TORC_BY_LINK_TYPE, 104 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_chdlc = {
	.name = "CHDLC",
	.key = "chdlc",
	.role = TORC_ROLE_LINK,
	.struct_size = sizeof(struct torc_chdlc),
	.numbers = chdlc_numbers,
	.decode = chdlc_decode,
	.read = chdlc_read,
	.fields = chdlc_fields,
};
