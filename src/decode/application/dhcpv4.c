/* SPDX-License-Identifier: BSD-3-Clause */
/* dhcpv4.c - DHCP for IPv4: RFC 2131 §2, options RFC 2132; BOOTP, RFC 951 */
#include <torc/layers/application/dhcp.h>

#include <string.h>

#include "decode/registry.h"

#define FIXED_LENGTH 236
#define MAGIC_COOKIE 0x63825363u

#define OPTION_PAD     0
#define OPTION_MESSAGE 53
#define OPTION_END     255

/* With the magic cookie options follow; without one it is BOOTP with 64 bytes of its vendor's. */
static int dhcpv4_decode(struct torc_cursor *cursor)
{
	TORC_NEED(cursor, FIXED_LENGTH);
	if (cursor->data[0] != 1 && cursor->data[0] != 2)
		return torc_cursor_malformed(cursor, "operation is neither request nor reply");
	cursor->header_length = cursor->length;
	return TORC_STEP_OK;
}

/* Text in a field of fixed size, up to the first zero. */
static struct torc_bytes text_field(const uint8_t *p, uint32_t size)
{
	return (struct torc_bytes){ p, (uint32_t)strnlen((const char *)p, size) };
}

static void dhcpv4_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_dhcpv4 *dhcp = out;
	struct torc_dhcpv4_option option;
	uint32_t position = 0;

	dhcp->operation = p[0];
	dhcp->hardware_type = p[1];
	dhcp->hardware_length = p[2];
	dhcp->hops = p[3];
	dhcp->transaction_id = torc_be32(p + 4);
	dhcp->seconds = torc_be16(p + 8);
	dhcp->flags = torc_be16(p + 10);
	memcpy(dhcp->client_ip, p + 12, 4);
	memcpy(dhcp->your_ip, p + 16, 4);
	memcpy(dhcp->server_ip, p + 20, 4);
	memcpy(dhcp->relay_ip, p + 24, 4);
	memcpy(dhcp->client_address, p + 28, 6);
	dhcp->server_name = text_field(p + 44, 64);
	dhcp->boot_file = text_field(p + 108, 128);
	if (layer->header_length < FIXED_LENGTH + 4 || torc_be32(p + FIXED_LENGTH) != MAGIC_COOKIE)
		return;
	dhcp->options = (struct torc_bytes){ p + FIXED_LENGTH + 4,
					     layer->header_length - FIXED_LENGTH - 4 };
	while (torc_dhcpv4_option_next(dhcp, &position, &option))
		if (option.type == OPTION_MESSAGE && option.data.length == 1)
			dhcp->message_type = option.data.data[0];
}

int torc_dhcpv4_option_next(const struct torc_dhcpv4 *dhcp, uint32_t *position,
			    struct torc_dhcpv4_option *option)
{
	const uint8_t *p = dhcp->options.data;
	uint32_t at = *position, end = dhcp->options.length;

	while (at < end && p[at] == OPTION_PAD)
		at++;
	if (end - at < 2 || at >= end || p[at] == OPTION_END || p[at + 1] > end - at - 2)
		return 0;
	memset(option, 0, sizeof(*option));
	option->type = p[at];
	option->data = (struct torc_bytes){ p + at + 2, p[at + 1] };
	if (option->data.length >= 4)
		memcpy(option->address, option->data.data, 4);
	*position = at + 2 + p[at + 1];
	return 1;
}

static int option_element(const void *layer, uint32_t *position, void *element)
{
	return torc_dhcpv4_option_next(layer, position, element);
}

static const char *message_name(uint64_t type)
{
	static const char *const names[] = { NULL,  "discover", "offer",   "request", "decline",
					     "ACK", "NAK",	"release", "inform" };

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : NULL;
}

/* IANA, "BOOTP Vendor Extensions and DHCP Options" */
static const char *option_name(uint64_t type)
{
	switch (type) {
	case 1:
		return "subnet mask";
	case 3:
		return "router";
	case 6:
		return "DNS server";
	case 12:
		return "host name";
	case 15:
		return "domain name";
	case 28:
		return "broadcast address";
	case 42:
		return "NTP servers";
	case 43:
		return "vendor information";
	case 50:
		return "requested address";
	case 51:
		return "lease time";
	case 52:
		return "overload";
	case OPTION_MESSAGE:
		return "message type";
	case 54:
		return "server id";
	case 55:
		return "parameter list";
	case 56:
		return "message";
	case 57:
		return "maximum message size";
	case 58:
		return "renewal time";
	case 59:
		return "rebinding time";
	case 60:
		return "vendor class";
	case 61:
		return "client id";
	case 66:
		return "TFTP server name";
	case 67:
		return "boot file name";
	case 81:
		return "client FQDN";
	case 82:
		return "relay agent information";
	case 119:
		return "domain search";
	case 121:
		return "classless routes";
	default:
		return NULL;
	}
}

static const struct torc_field_info option_fields[] = {
	TORC_FIELD_AT(struct torc_dhcpv4_option, type, "type", TORC_FIELD_UINT,
		      .value_name = option_name),
	TORC_FIELD_AT(struct torc_dhcpv4_option, data, "data", TORC_FIELD_BYTES), TORC_FIELDS_END
};

static const struct torc_list_info option_list = {
	.next = option_element,
	.element_size = sizeof(struct torc_dhcpv4_option),
	.fields = option_fields,
};

static const struct torc_field_info dhcpv4_fields[] = {
	TORC_FIELD_AT(struct torc_dhcpv4, operation, "operation", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_dhcpv4, message_type, "message_type", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY | TORC_FIELD_OPTIONAL,
		      .value_name = message_name),
	TORC_FIELD_AT(struct torc_dhcpv4, hardware_type, "hardware_type", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_dhcpv4, hardware_length, "hardware_length", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_dhcpv4, hops, "hops", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_dhcpv4, transaction_id, "xid", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_dhcpv4, seconds, "seconds", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_dhcpv4, flags, "flags", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_dhcpv4, client_ip, "client_ip", TORC_FIELD_IPV4),
	TORC_FIELD_AT(struct torc_dhcpv4, your_ip, "your_ip", TORC_FIELD_IPV4),
	TORC_FIELD_AT(struct torc_dhcpv4, server_ip, "server_ip", TORC_FIELD_IPV4),
	TORC_FIELD_AT(struct torc_dhcpv4, relay_ip, "relay_ip", TORC_FIELD_IPV4),
	TORC_FIELD_AT(struct torc_dhcpv4, client_address, "client", TORC_FIELD_MAC,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_dhcpv4, server_name, "server_name", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_dhcpv4, boot_file, "boot_file", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_dhcpv4, options, "options", TORC_FIELD_LIST,
		      .flags = TORC_FIELD_OPTIONAL, .list = &option_list),
	TORC_FIELDS_END
};

static const struct torc_layer_number dhcpv4_numbers[] = { { TORC_BY_UDP_PORT, 67 },
							   { TORC_BY_UDP_PORT, 68 },
							   { TORC_BY_NONE, 0 } };

const struct torc_layer_ops torc_layer_ops_dhcpv4 = {
	.name = "DHCPv4",
	.key = "dhcpv4",
	.struct_size = sizeof(struct torc_dhcpv4),
	.numbers = dhcpv4_numbers,
	.decode = dhcpv4_decode,
	.read = dhcpv4_read,
	.fields = dhcpv4_fields,
};
