/* SPDX-License-Identifier: BSD-3-Clause */
/* netlink.c - what nlmon captures: tcpdump.org/linktypes, LINKTYPE_NETLINK; messages RFC 3549 §2.3.2 */
#include <torc/layers/link/capture.h>

#include "decode/little.h"
#include "decode/registry.h"

#define HEADER  16
#define MESSAGE 16 /* the head of one */

static int netlink_decode(struct torc_cursor *cursor)
{
	TORC_NEED(cursor, HEADER);
	cursor->header_length = cursor->length;
	return TORC_STEP_OK;
}

/* The order of the host: in it the first length is that of a message, in the other it is huge. */
static bool order_of(const uint8_t *p, uint32_t length)
{
	return length < 4 || le32(p) <= torc_be32(p);
}

static void netlink_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			 void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_netlink *netlink = out;

	netlink->packet_type = torc_be16(p);
	netlink->family = torc_be16(p + 14);
	netlink->messages = (struct torc_bytes){ p + HEADER, layer->header_length - HEADER };
	netlink->is_little = order_of(p + HEADER, netlink->messages.length);
}

int torc_netlink_message_next(const struct torc_netlink *netlink, uint32_t *position,
			      struct torc_netlink_message *message)
{
	bool little = netlink->is_little;
	const uint8_t *p;
	uint32_t left, length;

	if (*position >= netlink->messages.length)
		return 0;
	p = netlink->messages.data + *position;
	left = netlink->messages.length - *position;
	if (left < MESSAGE)
		return 0;
	length = little ? le32(p) : torc_be32(p);
	if (length < MESSAGE || length > left)
		return 0;
	message->length = length;
	message->type = little ? le16(p + 4) : torc_be16(p + 4);
	message->flags = little ? le16(p + 6) : torc_be16(p + 6);
	message->sequence = little ? le32(p + 8) : torc_be32(p + 8);
	message->port = little ? le32(p + 12) : torc_be32(p + 12);
	message->data = (struct torc_bytes){ p + MESSAGE, length - MESSAGE };
	*position += left - length < 4 ? left : (length + 3) / 4 * 4;
	return 1;
}

static int message_element(const void *layer, uint32_t *position, void *element)
{
	return torc_netlink_message_next(layer, position, element);
}

static const char *type_name(uint64_t type)
{
	static const char *const names[] = { [1] = "noop", "error", "done", "overrun" };

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : NULL;
}

static const struct torc_field_info message_fields[] = {
	TORC_FIELD_AT(struct torc_netlink_message, length, "length", TORC_FIELD_UINT,
		      .unit = "bytes"),
	TORC_FIELD_AT(struct torc_netlink_message, type, "type", TORC_FIELD_UINT,
		      .value_name = type_name),
	TORC_FIELD_AT(struct torc_netlink_message, flags, "flags", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_netlink_message, sequence, "seq", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_netlink_message, port, "port", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_netlink_message, data, "data", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_list_info message_list = {
	.next = message_element,
	.element_size = sizeof(struct torc_netlink_message),
	.fields = message_fields,
};

/* linux/netlink.h */
static const char *family_name(uint64_t family)
{
	static const char *const names[] = {
		[0] = "route", [2] = "usersock", [3] = "firewall", [4] = "sock_diag", [5] = "nflog",
		[6] = "xfrm", [7] = "selinux", [8] = "iscsi", [9] = "audit", [10] = "fib_lookup",
		[11] = "connector", [12] = "netfilter", [13] = "ip6_fw", [14] = "dnrtmsg",
		[15] = "kobject_uevent", [16] = "generic", [18] = "scsitransport",
		[19] = "ecryptfs", [20] = "rdma", [21] = "crypto", [22] = "smc"
	};

	return family < sizeof(names) / sizeof(names[0]) ? names[family] : NULL;
}

static const struct torc_field_info netlink_fields[] = {
	TORC_FIELD_AT(struct torc_netlink, packet_type, "packet_type", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_netlink, family, "family", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY, .value_name = family_name),
	TORC_FIELD_AT(struct torc_netlink, messages, "messages", TORC_FIELD_LIST,
		      .flags = TORC_FIELD_OPTIONAL, .list = &message_list),
	TORC_FIELDS_END
};

static const struct torc_layer_number netlink_numbers[] = {
	{ TORC_BY_LINK_TYPE, TORC_LINK_NETLINK },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_netlink = {
	.name = "Netlink",
	.key = "netlink",
	.role = TORC_ROLE_LINK,
	.struct_size = sizeof(struct torc_netlink),
	.numbers = netlink_numbers,
	.decode = netlink_decode,
	.read = netlink_read,
	.fields = netlink_fields,
};
