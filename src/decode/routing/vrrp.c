/* SPDX-License-Identifier: BSD-3-Clause */
/* vrrp.c - Virtual Router Redundancy Protocol: RFC 3768 §5.1, RFC 5798 §5.1 */
#include <torc/layers/routing/vrrp.h>

#include <string.h>

#include "decode/records.h"
#include "decode/registry.h"

/* Version 3 runs over IPv6 too; then its addresses are longer. */
static uint32_t address_length(const struct torc_decoded *decoded, uint8_t version)
{
	const struct torc_layer *network = torc_layer_by_role(decoded, TORC_ROLE_NETWORK, -1);

	return version == 3 && network && network->type == TORC_LAYER_IPV6 ? 16 : 4;
}

static int vrrp_decode(struct torc_cursor *cursor)
{
	uint8_t version;

	TORC_NEED(cursor, 8);
	version = cursor->data[0] >> 4;
	if (version != 2 && version != 3)
		return torc_cursor_malformed(cursor, "version is neither 2 nor 3");
	if (cursor->data[3] == 0)
		return torc_cursor_malformed(cursor, "no address");
	if (cursor->length < 8 + cursor->data[3] * address_length(cursor->decoded, version))
		return TORC_STEP_CUT_TAIL;
	cursor->header_length = cursor->length;
	return TORC_STEP_OK;
}

static void vrrp_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_vrrp *vrrp = out;

	vrrp->version = p[0] >> 4;
	vrrp->type = p[0] & 0xF;
	vrrp->router_id = p[1];
	vrrp->priority = p[2];
	vrrp->address_count = p[3];
	if (vrrp->version == 2) {
		vrrp->authentication_type = p[4];
		vrrp->interval_ms = p[5] * 1000u;
	} else {
		vrrp->interval_ms = (torc_be16(p + 4) & 0xFFFu) * 10; /* centiseconds */
	}
	vrrp->checksum = torc_be16(p + 6);
	vrrp->address_length = (uint8_t)address_length(decoded, vrrp->version);
	vrrp->addresses = (struct torc_bytes){ p + 8, sources_length(layer->header_length - 8,
								    vrrp->address_count,
								    vrrp->address_length) };
}

int torc_vrrp_address_next(const struct torc_vrrp *vrrp, uint32_t *position,
			   struct torc_vrrp_address *address)
{
	memset(address, 0, sizeof(*address));
	if (*position >= vrrp->addresses.length)
		return 0;
	memcpy(vrrp->address_length == 4 ? address->ipv4 : address->ipv6,
	       vrrp->addresses.data + *position, vrrp->address_length);
	*position += vrrp->address_length;
	return 1;
}

static int address_element(const void *layer, uint32_t *position, void *element)
{
	return torc_vrrp_address_next(layer, position, element);
}

static const struct torc_field_info address_fields[] = {
	TORC_FIELD_AT(struct torc_vrrp_address, ipv4, "ipv4", TORC_FIELD_IPV4,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_vrrp_address, ipv6, "ipv6", TORC_FIELD_IPV6,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_list_info address_list = {
	.next = address_element,
	.element_size = sizeof(struct torc_vrrp_address),
	.fields = address_fields,
};

static const struct torc_field_info vrrp_fields[] = {
	TORC_FIELD_AT(struct torc_vrrp, version, "version", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_vrrp, type, "type", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_vrrp, router_id, "vrid", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_vrrp, priority, "priority", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_vrrp, address_count, "address_count", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_vrrp, authentication_type, "authentication_type", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_vrrp, interval_ms, "interval", TORC_FIELD_UINT, .unit = "ms"),
	TORC_FIELD_AT(struct torc_vrrp, checksum, "checksum", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_vrrp, addresses, "addresses", TORC_FIELD_LIST,
		      .flags = TORC_FIELD_OPTIONAL, .list = &address_list),
	TORC_FIELDS_END
};

static const struct torc_layer_number vrrp_numbers[] = {
	{ TORC_BY_IP_PROTOCOL, 112 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_vrrp = {
	.name = "VRRP",
	.key = "vrrp",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_vrrp),
	.numbers = vrrp_numbers,
	.decode = vrrp_decode,
	.read = vrrp_read,
	.fields = vrrp_fields,
};
