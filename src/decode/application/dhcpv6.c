/* SPDX-License-Identifier: BSD-3-Clause */
/* dhcpv6.c - DHCP for IPv6: RFC 8415 §8 and §9, options §21 */
#include <torc/layers/application/dhcp.h>

#include <string.h>

#include "decode/registry.h"

#define RELAY_FORWARD 12
#define RELAY_REPLY   13

static uint32_t fixed_length(uint8_t type)
{
	return type == RELAY_FORWARD || type == RELAY_REPLY ? 34 : 4;
}

/* The options must fill the message (RFC 8415 §21.1). */
static bool options_fit(const uint8_t *p, uint32_t length)
{
	uint32_t at = 0;

	while (at < length) {
		if (length - at < 4 || torc_be16(p + at + 2) > length - at - 4)
			return false;
		at += 4u + torc_be16(p + at + 2);
	}
	return true;
}

static int dhcpv6_decode(struct torc_cursor *cursor)
{
	uint32_t fixed;

	TORC_NEED(cursor, 4);
	fixed = fixed_length(cursor->data[0]);
	TORC_NEED(cursor, fixed);
	cursor->header_length = cursor->length;
	if (cursor->length == cursor->wire_length &&
	    !options_fit(cursor->data + fixed, cursor->length - fixed))
		return torc_cursor_bad_tail(cursor, "an option does not fit");
	return TORC_STEP_OK;
}

static void dhcpv6_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_dhcpv6 *dhcp = out;
	uint32_t fixed = fixed_length(p[0]);

	dhcp->message_type = p[0];
	if (fixed == 4) {
		dhcp->transaction_id = torc_be24(p + 1);
	} else {
		dhcp->hop_count = p[1];
		memcpy(dhcp->link_address, p + 2, 16);
		memcpy(dhcp->peer_address, p + 18, 16);
	}
	dhcp->options = (struct torc_bytes){ p + fixed, layer->header_length - fixed };
}

int torc_dhcpv6_option_next(const struct torc_bytes *options, uint32_t *position,
			    struct torc_dhcpv6_option *option)
{
	const uint8_t *p;
	uint32_t left;

	if (*position >= options->length)
		return 0;
	p = options->data + *position;
	left = options->length - *position;
	if (left < 4 || torc_be16(p + 2) > left - 4)
		return 0;
	option->code = torc_be16(p);
	option->data = (struct torc_bytes){ p + 4, torc_be16(p + 2) };
	*position += 4 + option->data.length;
	return 1;
}

static int option_element(const void *layer, uint32_t *position, void *element)
{
	const struct torc_dhcpv6 *dhcp = layer;

	return torc_dhcpv6_option_next(&dhcp->options, position, element);
}

static const char *message_name(uint64_t type)
{
	static const char *const names[] = {
		NULL,
		"solicit",
		"advertise",
		"request",
		"confirm",
		"renew",
		"rebind",
		"reply",
		"release",
		"decline",
		"reconfigure",
		"information request",
		"relay forward",
		"relay reply",
	};

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : NULL;
}

/* IANA, "DHCPv6 Option Codes" */
static const char *option_name(uint64_t code)
{
	static const char *const names[] = {
		[1] = "client id",
		[2] = "server id",
		[3] = "IA_NA",
		[4] = "IA_TA",
		[5] = "IA address",
		[6] = "option request",
		[7] = "preference",
		[8] = "elapsed time",
		[9] = "relay message",
		[11] = "authentication",
		[12] = "server unicast",
		[13] = "status code",
		[14] = "rapid commit",
		[15] = "user class",
		[16] = "vendor class",
		[17] = "vendor options",
		[18] = "interface id",
		[19] = "reconfigure message",
		[20] = "reconfigure accept",
		[23] = "DNS servers",
		[24] = "domain search list",
		[25] = "IA_PD",
		[26] = "IA prefix",
		[31] = "SNTP servers",
		[32] = "information refresh time",
	};

	if (code == 39 || code == 56)
		return code == 39 ? "client FQDN" : "NTP server";
	return code < sizeof(names) / sizeof(names[0]) ? names[code] : NULL;
}

static const struct torc_field_info option_fields[] = {
	TORC_FIELD_AT(struct torc_dhcpv6_option, code, "code", TORC_FIELD_UINT,
		      .value_name = option_name),
	TORC_FIELD_AT(struct torc_dhcpv6_option, data, "data", TORC_FIELD_BYTES), TORC_FIELDS_END
};

static const struct torc_list_info option_list = {
	.next = option_element,
	.element_size = sizeof(struct torc_dhcpv6_option),
	.fields = option_fields,
};

static const struct torc_field_info dhcpv6_fields[] = {
	TORC_FIELD_AT(struct torc_dhcpv6, message_type, "message_type", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY, .value_name = message_name),
	TORC_FIELD_AT(struct torc_dhcpv6, transaction_id, "xid", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_dhcpv6, hop_count, "hop_count", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_dhcpv6, link_address, "link_address", TORC_FIELD_IPV6,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_dhcpv6, peer_address, "peer_address", TORC_FIELD_IPV6,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_dhcpv6, options, "options", TORC_FIELD_LIST,
		      .list = &option_list),
	TORC_FIELDS_END
};

static const struct torc_layer_number dhcpv6_numbers[] = { { TORC_BY_UDP_PORT, 546 },
							   { TORC_BY_UDP_PORT, 547 },
							   { TORC_BY_NONE, 0 } };

const struct torc_layer_ops torc_layer_ops_dhcpv6 = {
	.name = "DHCPv6",
	.key = "dhcpv6",
	.struct_size = sizeof(struct torc_dhcpv6),
	.numbers = dhcpv6_numbers,
	.decode = dhcpv6_decode,
	.read = dhcpv6_read,
	.fields = dhcpv6_fields,
};
