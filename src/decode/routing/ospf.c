/* SPDX-License-Identifier: BSD-3-Clause */
/* ospf.c - OSPF: version 2, RFC 2328 §A.3; version 3, RFC 5340 §A.3 */
#include <torc/layers/routing/ospf.h>

#include <string.h>

#include "decode/registry.h"

#define HELLO	    1
#define DESCRIPTION 2
#define REQUEST	    3
#define UPDATE	    4
#define ACKNOWLEDGE 5

#define LSA_HEADER 20

static uint32_t header_length(uint8_t version)
{
	return version == 2 ? 24 : 16;
}

/* The least body of each type. */
static uint32_t body_length(uint8_t version, uint8_t type)
{
	switch (type) {
	case HELLO:
		return 20;
	case DESCRIPTION:
		return version == 2 ? 8 : 12;
	case UPDATE:
		return 4;
	default:
		return 0;
	}
}

static int ospf_decode(struct torc_cursor *cursor)
{
	uint32_t least;
	uint8_t version;
	uint16_t length;

	TORC_NEED(cursor, 16);
	version = cursor->data[0];
	length = torc_be16(cursor->data + 2);
	if (version != 2 && version != 3)
		return torc_cursor_malformed(cursor, "version is neither 2 nor 3");
	TORC_NEED(cursor, header_length(version));
	least = header_length(version) + body_length(version, cursor->data[1]);
	if (length < least) {
		cursor->header_length = cursor->length;
		return torc_cursor_bad_tail(cursor, "length is below the packet's type");
	}
	if (cursor->length < least)
		return TORC_STEP_CUT_TAIL;
	/* the digest of cryptographic authentication is behind the length (RFC 2328 §D.4.3) */
	if (cursor->length < length)
		torc_cursor_claim(cursor, length);
	cursor->header_length = cursor->length;
	return TORC_STEP_OK;
}

static void read_hello(struct torc_ospf *ospf, const uint8_t *p, uint32_t length)
{
	if (ospf->version == 2) {
		memcpy(ospf->network_mask, p, 4);
		ospf->hello_interval_s = torc_be16(p + 4);
		ospf->options = p[6];
		ospf->priority = p[7];
		ospf->dead_interval_s = torc_be32(p + 8);
	} else {
		ospf->interface_id = torc_be32(p);
		ospf->priority = p[4];
		ospf->options = torc_be24(p + 5);
		ospf->hello_interval_s = torc_be16(p + 8);
		ospf->dead_interval_s = torc_be16(p + 10);
	}
	memcpy(ospf->designated_router, p + 12, 4);
	memcpy(ospf->backup_router, p + 16, 4);
	ospf->neighbors = (struct torc_bytes){ p + 20, (length - 20) / 4 * 4 };
}

static void read_description(struct torc_ospf *ospf, const uint8_t *p, uint32_t length)
{
	uint32_t fixed = body_length(ospf->version, DESCRIPTION);

	if (ospf->version == 2) {
		ospf->mtu = torc_be16(p);
		ospf->options = p[2];
		ospf->flags = p[3];
	} else {
		ospf->options = torc_be24(p + 1);
		ospf->mtu = torc_be16(p + 4);
		ospf->flags = p[7];
	}
	ospf->sequence = torc_be32(p + fixed - 4);
	ospf->lsas = (struct torc_bytes){ p + fixed, length - fixed };
}

static void ospf_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_ospf *ospf = out;
	uint32_t fixed = header_length(p[0]), length = torc_be16(p + 2);

	ospf->version = p[0];
	ospf->type = p[1];
	ospf->length = (uint16_t)length;
	memcpy(ospf->router_id, p + 4, 4);
	memcpy(ospf->area_id, p + 8, 4);
	ospf->checksum = torc_be16(p + 12);
	if (ospf->version == 2)
		ospf->authentication_type = torc_be16(p + 14);
	else
		ospf->instance_id = p[14];
	if (length > layer->header_length)
		length = layer->header_length;
	if (length < fixed + body_length(ospf->version, ospf->type))
		return; /* cut, or too short for what it says it is */
	length -= fixed;
	p += fixed;
	switch (ospf->type) {
	case HELLO:
		read_hello(ospf, p, length);
		break;
	case DESCRIPTION:
		read_description(ospf, p, length);
		break;
	case REQUEST:
		ospf->requests = (struct torc_bytes){ p, length / 12 * 12 };
		break;
	case UPDATE:
		ospf->lsa_count = torc_be32(p);
		ospf->lsas = (struct torc_bytes){ p + 4, length - 4 };
		break;
	case ACKNOWLEDGE:
		ospf->lsas = (struct torc_bytes){ p, length };
		break;
	}
}

int torc_ospf_lsa_next(const struct torc_ospf *ospf, uint32_t *position, struct torc_ospf_lsa *lsa)
{
	const uint8_t *p;
	uint32_t left, step = LSA_HEADER;

	if (*position >= ospf->lsas.length)
		return 0;
	p = ospf->lsas.data + *position;
	left = ospf->lsas.length - *position;
	if (left < LSA_HEADER)
		return 0;
	lsa->age_s = torc_be16(p);
	lsa->type = ospf->version == 2 ? p[3] : torc_be16(p + 2);
	memcpy(lsa->id, p + 4, 4);
	memcpy(lsa->advertising_router, p + 8, 4);
	lsa->sequence = torc_be32(p + 12);
	lsa->checksum = torc_be16(p + 16);
	lsa->length = torc_be16(p + 18);
	if (ospf->type == UPDATE)
		step = lsa->length;
	if (step < LSA_HEADER || step > left)
		return 0;
	*position += step;
	return 1;
}

static int lsa_element(const void *layer, uint32_t *position, void *element)
{
	return torc_ospf_lsa_next(layer, position, element);
}

static const char *type_name(uint64_t type)
{
	static const char *const names[] = { NULL,
					     "hello",
					     "database description",
					     "link state request",
					     "link state update",
					     "link state acknowledgment" };

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : NULL;
}

static const struct torc_field_info lsa_fields[] = {
	TORC_FIELD_AT(struct torc_ospf_lsa, age_s, "age", TORC_FIELD_UINT, .unit = "seconds"),
	TORC_FIELD_AT(struct torc_ospf_lsa, type, "type", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_ospf_lsa, id, "id", TORC_FIELD_IPV4),
	TORC_FIELD_AT(struct torc_ospf_lsa, advertising_router, "advertising_router",
		      TORC_FIELD_IPV4),
	TORC_FIELD_AT(struct torc_ospf_lsa, sequence, "seq", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_ospf_lsa, checksum, "checksum", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_ospf_lsa, length, "length", TORC_FIELD_UINT, .unit = "bytes"),
	TORC_FIELDS_END
};

static const struct torc_list_info lsa_list = {
	.next = lsa_element,
	.element_size = sizeof(struct torc_ospf_lsa),
	.fields = lsa_fields,
};

static const struct torc_field_info ospf_fields[] = {
	TORC_FIELD_AT(struct torc_ospf, version, "version", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_ospf, type, "type", TORC_FIELD_UINT, .flags = TORC_FIELD_SUMMARY,
		      .value_name = type_name),
	TORC_FIELD_AT(struct torc_ospf, length, "length", TORC_FIELD_UINT, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_ospf, router_id, "router_id", TORC_FIELD_IPV4,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_ospf, area_id, "area_id", TORC_FIELD_IPV4),
	TORC_FIELD_AT(struct torc_ospf, checksum, "checksum", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_ospf, authentication_type, "authentication_type", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_ospf, instance_id, "instance_id", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_ospf, network_mask, "mask", TORC_FIELD_IPV4,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_ospf, interface_id, "interface_id", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_ospf, options, "options", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_ospf, priority, "priority", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_ospf, hello_interval_s, "hello_interval", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL, .unit = "seconds"),
	TORC_FIELD_AT(struct torc_ospf, dead_interval_s, "dead_interval", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL, .unit = "seconds"),
	TORC_FIELD_AT(struct torc_ospf, designated_router, "designated_router", TORC_FIELD_IPV4,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_ospf, backup_router, "backup_router", TORC_FIELD_IPV4,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_ospf, neighbors, "neighbors", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_ospf, mtu, "mtu", TORC_FIELD_UINT, .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_ospf, flags, "flags", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_ospf, sequence, "seq", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_ospf, lsa_count, "lsa_count", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_ospf, lsas, "lsas", TORC_FIELD_LIST, .flags = TORC_FIELD_OPTIONAL,
		      .list = &lsa_list),
	TORC_FIELD_AT(struct torc_ospf, requests, "requests", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_layer_number ospf_numbers[] = { { TORC_BY_IP_PROTOCOL, 89 },
							 { TORC_BY_NONE, 0 } };

const struct torc_layer_ops torc_layer_ops_ospf = {
	.name = "OSPF",
	.key = "ospf",
	.struct_size = sizeof(struct torc_ospf),
	.numbers = ospf_numbers,
	.decode = ospf_decode,
	.read = ospf_read,
	.fields = ospf_fields,
};
