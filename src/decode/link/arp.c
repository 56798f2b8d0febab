/* SPDX-License-Identifier: BSD-3-Clause */
/* arp.c - Address Resolution Protocol, RFC 826: nothing follows it, so padding is trailer */
#include <torc/layers/link/arp.h>

#include <string.h>

#include "decode/registry.h"

#define FIXED 8 /* the addresses follow, of the lengths that the header says */

static int arp_decode(struct torc_cursor *cursor)
{
	uint32_t length;

	TORC_NEED(cursor, FIXED);
	length = FIXED + 2u * (cursor->data[4] + cursor->data[5]);
	if (cursor->length < length)
		return TORC_STEP_CUT_TAIL;
	cursor->header_length = length;
	return TORC_STEP_OK;
}

/* The next address of that length, if the header was not cut before its end. */
static struct torc_bytes take_address(struct torc_bytes *addresses, uint32_t length)
{
	struct torc_bytes address = { addresses->data, length };

	if (addresses->length < length) {
		addresses->length = 0;
		address.length = 0;
	}
	addresses->data += address.length;
	addresses->length -= address.length;
	return address;
}

static void arp_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_arp *arp = out;
	struct torc_bytes addresses;

	arp->hardware_type = torc_be16(p);
	arp->protocol_type = torc_be16(p + 2);
	arp->hardware_length = p[4];
	arp->protocol_length = p[5];
	arp->operation = torc_be16(p + 6);
	addresses = (struct torc_bytes){ p + FIXED, layer->header_length - FIXED };
	arp->sender_hardware = take_address(&addresses, arp->hardware_length);
	arp->sender_protocol = take_address(&addresses, arp->protocol_length);
	arp->target_hardware = take_address(&addresses, arp->hardware_length);
	arp->target_protocol = take_address(&addresses, arp->protocol_length);
	if (arp->hardware_length == 6) {
		memcpy(arp->sender_mac, arp->sender_hardware.data, arp->sender_hardware.length);
		memcpy(arp->target_mac, arp->target_hardware.data, arp->target_hardware.length);
	}
	if (arp->protocol_length == 4 && arp->protocol_type == 0x0800) {
		memcpy(arp->sender_ip, arp->sender_protocol.data, arp->sender_protocol.length);
		memcpy(arp->target_ip, arp->target_protocol.data, arp->target_protocol.length);
	}
}

static const char *operation_name(uint64_t operation)
{
	static const char *const names[] = {
		[1] = "request", [2] = "reply", [3] = "reverse request", [4] = "reverse reply",
		[8] = "inverse request", [9] = "inverse reply"
	};

	return operation < sizeof(names) / sizeof(names[0]) ? names[operation] : NULL;
}

static const struct torc_field_info arp_fields[] = {
	TORC_FIELD_AT(struct torc_arp, operation, "operation", TORC_FIELD_UINT,
		      .value_name = operation_name),
	TORC_FIELD_AT(struct torc_arp, hardware_type, "hardware_type", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_arp, protocol_type, "protocol_type", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_arp, hardware_length, "hardware_length", TORC_FIELD_UINT,
		      .unit = "bytes"),
	TORC_FIELD_AT(struct torc_arp, protocol_length, "protocol_length", TORC_FIELD_UINT,
		      .unit = "bytes"),
	TORC_FIELD_AT(struct torc_arp, sender_mac, "sender_mac", TORC_FIELD_MAC),
	TORC_FIELD_AT(struct torc_arp, sender_ip, "sender_ip", TORC_FIELD_IPV4),
	TORC_FIELD_AT(struct torc_arp, target_mac, "target_mac", TORC_FIELD_MAC),
	TORC_FIELD_AT(struct torc_arp, target_ip, "target_ip", TORC_FIELD_IPV4),
	TORC_FIELDS_END
};

static const struct torc_layer_number arp_numbers[] = {
	{ TORC_BY_ETHER_TYPE, 0x0806 },
	{ TORC_BY_ETHER_TYPE, 0x8035 }, /* reverse ARP, RFC 903 */
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_arp = {
	.name = "ARP",
	.key = "arp",
	.struct_size = sizeof(struct torc_arp),
	.numbers = arp_numbers,
	.decode = arp_decode,
	.read = arp_read,
	.fields = arp_fields,
};
