/* SPDX-License-Identifier: BSD-3-Clause */
/* mdp.c - Meraki's discovery frames, as far as what they hold explains them: no document is public */
#include <torc/layers/link/mdp.h>

#include "decode/registry.h"
#include "decode/tlv.h"

#define PREAMBLE 28

enum { DEVICE = 2, NETWORK, LATITUDE, LONGITUDE, ADDRESS = 11, END = 255 };

static const struct tlv_form form = { 1, 1, false, 1 };

int torc_mdp_tlv_next(const struct torc_mdp *mdp, uint32_t *position, struct torc_tlv *tlv)
{
	if (*position < mdp->list.length && mdp->list.data[*position] == END)
		return 0;
	return tlv_next(&mdp->list, &form, position, tlv);
}

static int mdp_decode(struct torc_cursor *cursor)
{
	struct torc_mdp mdp = { 0 };
	struct torc_tlv tlv;
	uint32_t at = 0;

	TORC_NEED(cursor, PREAMBLE);
	cursor->header_length = cursor->length;
	mdp.list = (struct torc_bytes){ cursor->data + PREAMBLE, cursor->length - PREAMBLE };
	while (torc_mdp_tlv_next(&mdp, &at, &tlv))
		;
	if (at < mdp.list.length && mdp.list.data[at] != END)
		return cursor->wire_length > cursor->length ?
			       TORC_STEP_CUT_TAIL :
			       torc_cursor_bad_tail(cursor, "a TLV does not fit");
	return TORC_STEP_OK;
}

static void mdp_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_mdp *mdp = out;
	struct torc_tlv tlv;
	uint32_t at = 0;

	mdp->preamble = (struct torc_bytes){ p, PREAMBLE };
	mdp->list = (struct torc_bytes){ p + PREAMBLE, layer->header_length - PREAMBLE };
	while (torc_mdp_tlv_next(mdp, &at, &tlv)) {
		struct torc_bytes *const values[] = {
			[DEVICE] = &mdp->device,       [NETWORK] = &mdp->network,
			[LATITUDE] = &mdp->latitude,   [LONGITUDE] = &mdp->longitude,
			[ADDRESS] = &mdp->address,
		};

		if (tlv.type <= ADDRESS && values[tlv.type])
			*values[tlv.type] = tlv.value;
	}
}

static int tlv_element(const void *layer, uint32_t *position, void *element)
{
	return torc_mdp_tlv_next(layer, position, element);
}

static const struct torc_list_info tlv_list = {
	.next = tlv_element,
	.element_size = sizeof(struct torc_tlv),
	.fields = tlv_fields,
};

static const struct torc_field_info mdp_fields[] = {
	TORC_FIELD_AT(struct torc_mdp, preamble, "preamble", TORC_FIELD_BYTES),
	TORC_FIELD_AT(struct torc_mdp, device, "device", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_mdp, network, "network", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_mdp, latitude, "latitude", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL, .unit = "degrees"),
	TORC_FIELD_AT(struct torc_mdp, longitude, "longitude", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL, .unit = "degrees"),
	TORC_FIELD_AT(struct torc_mdp, address, "address", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_mdp, list, "tlvs", TORC_FIELD_LIST, .list = &tlv_list),
	TORC_FIELDS_END
};

static const struct torc_layer_number mdp_numbers[] = {
	{ TORC_BY_ETHER_TYPE, 0x0712 },
	{ TORC_BY_ETHER_TYPE, 0x0713 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_mdp = {
	.name = "MDP",
	.key = "mdp",
	.struct_size = sizeof(struct torc_mdp),
	.numbers = mdp_numbers,
	.decode = mdp_decode,
	.read = mdp_read,
	.fields = mdp_fields,
};
