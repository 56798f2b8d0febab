/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * link.c - link headers of captures: LINKTYPE_NULL and LINKTYPE_LOOP (BSD loopback),
 * LINKTYPE_LINUX_SLL and LINKTYPE_LINUX_SLL2 (Linux "cooked")
 */
#include <torc/layers/link/link.h>

#include <string.h>

#include "decode/registry.h"

#define LOOPBACK_HEADER 4
#define SLL_HEADER      16
#define SLL2_HEADER     20

/* The family is in the byte order of whoever captured; no family is larger than a byte or two. */
static uint32_t loopback_family(const uint8_t *p)
{
	uint32_t family = torc_be32(p);

	return family > 0xFFFF ? __builtin_bswap32(family) : family;
}

static int loopback_decode(struct torc_cursor *cursor)
{
	uint32_t family;

	TORC_NEED(cursor, LOOPBACK_HEADER);
	cursor->header_length = LOOPBACK_HEADER;
	family = loopback_family(cursor->data);
	torc_cursor_next(cursor, TORC_BY_ADDRESS_FAMILY, family);
	return TORC_STEP_OK;
}

static void loopback_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			  void *out)
{
	struct torc_loopback *loopback = out;

	loopback->family = loopback_family(torc_layer_header(decoded, layer));
}

static const struct torc_field_info loopback_fields[] = {
	TORC_FIELD_AT(struct torc_loopback, family, "family", TORC_FIELD_UINT),
	TORC_FIELDS_END
};

static const struct torc_layer_number loopback_numbers[] = {
	{ TORC_BY_LINK_TYPE, TORC_LINK_NULL },
	{ TORC_BY_LINK_TYPE, TORC_LINK_LOOP },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_loopback = {
	.name = "Loopback",
	.key = "loopback",
	.role = TORC_ROLE_LINK,
	.struct_size = sizeof(struct torc_loopback),
	.numbers = loopback_numbers,
	.decode = loopback_decode,
	.read = loopback_read,
	.fields = loopback_fields,
};

/* The protocol field: an EtherType, or one of the small numbers of linux/if_ether.h. */
static void sll_next(struct torc_cursor *cursor, uint16_t protocol)
{
	if (protocol == 4) /* ETH_P_802_2 */
		cursor->next = TORC_LAYER_LLC;
	else
		cursor_next(cursor, TORC_BY_ETHER_TYPE, protocol);
}

static int sll_decode(struct torc_cursor *cursor)
{
	TORC_NEED(cursor, SLL_HEADER);
	cursor->header_length = SLL_HEADER;
	sll_next(cursor, torc_be16(cursor->data + 14));
	return TORC_STEP_OK;
}

static void sll_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_linux_sll *sll = out;

	sll->packet_type = torc_be16(p);
	sll->hardware_type = torc_be16(p + 2);
	sll->address_length = torc_be16(p + 4);
	memcpy(sll->address, p + 6, 8);
	sll->ether_type = torc_be16(p + 14);
}

static const char *packet_type_name(uint64_t type)
{
	static const char *const names[] = {
		"to us", "broadcast", "multicast", "to somebody else", "from us"
	};

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : NULL;
}

static const struct torc_field_info sll_fields[] = {
	TORC_FIELD_AT(struct torc_linux_sll, packet_type, "packet_type", TORC_FIELD_UINT,
		      .value_name = packet_type_name),
	TORC_FIELD_AT(struct torc_linux_sll, hardware_type, "hardware_type", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_linux_sll, address_length, "address_length", TORC_FIELD_UINT,
		      .unit = "bytes"),
	{ .name = "src", .kind = TORC_FIELD_MAC, .size = 6,
	  .offset = offsetof(struct torc_linux_sll, address) },
	TORC_FIELD_AT(struct torc_linux_sll, ether_type, "ether_type", TORC_FIELD_HEX),
	TORC_FIELDS_END
};

static const struct torc_layer_number sll_numbers[] = {
	{ TORC_BY_LINK_TYPE, TORC_LINK_LINUX_SLL },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_linux_sll = {
	.name = "Linux SLL",
	.key = "linux_sll",
	.role = TORC_ROLE_LINK,
	.struct_size = sizeof(struct torc_linux_sll),
	.numbers = sll_numbers,
	.decode = sll_decode,
	.read = sll_read,
	.fields = sll_fields,
};

static int sll2_decode(struct torc_cursor *cursor)
{
	TORC_NEED(cursor, SLL2_HEADER);
	cursor->header_length = SLL2_HEADER;
	sll_next(cursor, torc_be16(cursor->data));
	return TORC_STEP_OK;
}

static void sll2_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_linux_sll2 *sll = out;

	sll->ether_type = torc_be16(p);
	sll->interface_index = torc_be32(p + 4);
	sll->hardware_type = torc_be16(p + 8);
	sll->packet_type = p[10];
	sll->address_length = p[11];
	memcpy(sll->address, p + 12, 8);
}

static const struct torc_field_info sll2_fields[] = {
	TORC_FIELD_AT(struct torc_linux_sll2, packet_type, "packet_type", TORC_FIELD_UINT,
		      .value_name = packet_type_name),
	TORC_FIELD_AT(struct torc_linux_sll2, interface_index, "interface_index", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_linux_sll2, hardware_type, "hardware_type", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_linux_sll2, address_length, "address_length", TORC_FIELD_UINT,
		      .unit = "bytes"),
	{ .name = "src", .kind = TORC_FIELD_MAC, .size = 6,
	  .offset = offsetof(struct torc_linux_sll2, address) },
	TORC_FIELD_AT(struct torc_linux_sll2, ether_type, "ether_type", TORC_FIELD_HEX),
	TORC_FIELDS_END
};

static const struct torc_layer_number sll2_numbers[] = {
	{ TORC_BY_LINK_TYPE, TORC_LINK_LINUX_SLL2 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_linux_sll2 = {
	.name = "Linux SLL2",
	.key = "linux_sll2",
	.role = TORC_ROLE_LINK,
	.struct_size = sizeof(struct torc_linux_sll2),
	.numbers = sll2_numbers,
	.decode = sll2_decode,
	.read = sll2_read,
	.fields = sll2_fields,
};
