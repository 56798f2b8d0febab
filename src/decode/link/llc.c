/* SPDX-License-Identifier: BSD-3-Clause */
/* llc.c - IEEE 802.2 logical link control, and SNAP (IEEE 802 §9.5) */
#include <torc/layers/link/ethernet.h>

#include <string.h>

#include "decode/registry.h"

#define SNAP_HEADER 5

/* Whose number it is: an EtherType (RFC 1042, and IEEE 802.1H for bridges), or Cisco's own. */
#define OUI_ETHERNET 0x000000
#define OUI_TUNNEL   0x0000F8
#define OUI_CISCO    0x00000C
#define OUI_NORTEL   0x000081

/* of Nortel's: to the segment, and to all stations */
#define NORTEL_SEGMENT 0x01A2
#define NORTEL_FLATNET 0x01A1

/* Unnumbered frames, which end in 11, have one octet of control; the others two (§5.2). */
static unsigned int control_length(uint8_t control)
{
	return (control & 3) == 3 ? 1 : 2;
}

/* GVRP, GMRP and others share the access point; what tells is the first number (802.1D §9.3.2). */
static bool begins_bpdu(const struct torc_cursor *cursor)
{
	uint32_t at = cursor->header_length;

	return cursor->length < at + 2 || torc_be16(cursor->data + at) == 0;
}

/* OSI's protocols share an access point too; IS-IS is the one that is met (ISO 9577 §5.4). */
static bool begins_isis(const struct torc_cursor *cursor)
{
	uint32_t at = cursor->header_length;

	return cursor->length > at && cursor->data[at] == 0x83;
}

static int llc_decode(struct torc_cursor *cursor)
{
	uint8_t dsap, ssap;

	TORC_NEED(cursor, 3);
	cursor->header_length = 2 + control_length(cursor->data[2]);
	TORC_NEED(cursor, cursor->header_length);
	dsap = cursor->data[0] & 0xFE;
	ssap = cursor->data[1] & 0xFE;
	if (dsap == ssap) {
		cursor_next(cursor, TORC_BY_LLC_SAP, dsap);
		if (cursor->next == TORC_LAYER_STP && !begins_bpdu(cursor))
			cursor->next = TORC_LAYER_PAYLOAD;
	}
	if (dsap != ssap || (cursor->next == TORC_LAYER_ISIS && !begins_isis(cursor))) {
		cursor->registry = TORC_BY_LLC_SAP;
		cursor->number = dsap;
		cursor->next = TORC_LAYER_PAYLOAD;
	}
	return TORC_STEP_OK;
}

static void llc_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_llc *llc = out;

	llc->dsap = p[0] & 0xFE;
	llc->group = p[0] & 1;
	llc->ssap = p[1] & 0xFE;
	llc->response = p[1] & 1;
	llc->control = control_length(p[2]) == 1 ? p[2] : torc_be16(p + 2);
}

static const struct torc_field_info llc_fields[] = {
	TORC_FIELD_AT(struct torc_llc, dsap, "dsap", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_llc, ssap, "ssap", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_llc, group, "group", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_llc, response, "response", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_llc, control, "control", TORC_FIELD_HEX),
	TORC_FIELDS_END
};

const struct torc_layer_ops torc_layer_ops_llc = {
	.name = "LLC",
	.key = "llc",
	.struct_size = sizeof(struct torc_llc),
	.decode = llc_decode,
	.read = llc_read,
	.fields = llc_fields,
};

static int snap_decode(struct torc_cursor *cursor)
{
	uint16_t number;
	uint32_t oui;

	TORC_NEED(cursor, SNAP_HEADER);
	cursor->header_length = SNAP_HEADER;
	oui = torc_be24(cursor->data);
	number = torc_be16(cursor->data + 3);
	if (oui == OUI_ETHERNET || oui == OUI_TUNNEL) {
		cursor_next(cursor, TORC_BY_ETHER_TYPE, number);
	} else if (oui == OUI_CISCO) {
		cursor_next(cursor, TORC_BY_SNAP, number);
	} else if (oui == OUI_NORTEL && (number == NORTEL_SEGMENT || number == NORTEL_FLATNET)) {
		cursor->next = TORC_LAYER_NORTEL_DISCOVERY;
	} else {
		cursor->registry = TORC_BY_SNAP;
		cursor->number = number;
		cursor->next = TORC_LAYER_PAYLOAD;
	}
	return TORC_STEP_OK;
}

static void snap_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_snap *snap = out;

	memcpy(snap->oui, p, 3);
	snap->ether_type = torc_be16(p + 3);
}

static const struct torc_field_info snap_fields[] = {
	TORC_FIELD_AT(struct torc_snap, oui, "oui", TORC_FIELD_MAC),
	TORC_FIELD_AT(struct torc_snap, ether_type, "ether_type", TORC_FIELD_HEX),
	TORC_FIELDS_END
};

static const struct torc_layer_number snap_numbers[] = {
	{ TORC_BY_LLC_SAP, 0xAA },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_snap = {
	.name = "SNAP",
	.key = "snap",
	.struct_size = sizeof(struct torc_snap),
	.numbers = snap_numbers,
	.decode = snap_decode,
	.read = snap_read,
	.fields = snap_fields,
};
