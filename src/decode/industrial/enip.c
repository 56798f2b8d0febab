/* SPDX-License-Identifier: BSD-3-Clause */
/* enip.c - EtherNet/IP's encapsulation: the CIP Networks Library, volume 2, chapter 2 */
#include <torc/layers/industrial/enip.h>

#include "decode/little.h"
#include "decode/registry.h"

#define HEADER          24
#define SESSION_HEADER  28 /* with what RegisterSession says */
#define PACKET_HEADER   30 /* with interface and timeout */
#define ITEM_HEADER     4

enum {
	NOP = 0,
	LIST_SERVICES = 4,
	LIST_IDENTITY = 0x63,
	LIST_INTERFACES = 0x64,
	REGISTER_SESSION = 0x65,
	UNREGISTER_SESSION = 0x66,
	SEND_RR_DATA = 0x6F,
	SEND_UNIT_DATA = 0x70,
	INDICATE_STATUS = 0x72,
	CANCEL = 0x73,
	START_DTLS = 0xC8,
};

enum { CONNECTED_DATA = 0xB1, UNCONNECTED_DATA = 0xB2 };

static const char *command_name(uint64_t command)
{
	switch (command) {
	case NOP:
		return "NOP";
	case LIST_SERVICES:
		return "ListServices";
	case LIST_IDENTITY:
		return "ListIdentity";
	case LIST_INTERFACES:
		return "ListInterfaces";
	case REGISTER_SESSION:
		return "RegisterSession";
	case UNREGISTER_SESSION:
		return "UnRegisterSession";
	case SEND_RR_DATA:
		return "SendRRData";
	case SEND_UNIT_DATA:
		return "SendUnitData";
	case INDICATE_STATUS:
		return "IndicateStatus";
	case CANCEL:
		return "Cancel";
	case START_DTLS:
		return "StartDTLS";
	default:
		return NULL;
	}
}

/* Where the count of items stands; 0: the command has none. An answer of a list may be empty. */
static uint32_t items_at(const uint8_t *p)
{
	switch (le16(p)) {
	case SEND_RR_DATA:
	case SEND_UNIT_DATA:
		return PACKET_HEADER;
	case LIST_SERVICES:
	case LIST_IDENTITY:
	case LIST_INTERFACES:
		return le16(p + 2) >= 2 ? HEADER : 0;
	default:
		return 0;
	}
}

/* How the walk over the items ended. */
enum items_end { ITEMS_WHOLE, ITEMS_CUT, ITEMS_MESSAGE };

/*
 * From the first item on, whose place is *at, to where they end, or to the CIP message in one of them:
 * *at is where that begins, *end where it ends. In a connection a count stands in front of it.
 */
static enum items_end items_walk(const uint8_t *p, uint32_t length, uint32_t *at, uint32_t *end)
{
	bool is_cip = items_at(p) == PACKET_HEADER && le32(p + HEADER) == 0;
	uint32_t count = le16(p + *at - 2), skip;
	uint16_t type, size;

	for (; count > 0; count--) {
		if (length - *at < ITEM_HEADER)
			return ITEMS_CUT;
		type = le16(p + *at);
		size = le16(p + *at + 2);
		skip = type == CONNECTED_DATA ? 2 : 0;
		if (is_cip && (type == CONNECTED_DATA || type == UNCONNECTED_DATA) && size > skip) {
			*end = *at + ITEM_HEADER + size;
			*at += ITEM_HEADER + skip;
			return *at <= length ? ITEMS_MESSAGE : ITEMS_CUT;
		}
		if (length - *at - ITEM_HEADER < size)
			return ITEMS_CUT;
		*at += ITEM_HEADER + size;
	}
	return ITEMS_WHOLE;
}

static int items_decode(struct torc_cursor *cursor, uint32_t at)
{
	uint32_t end = 0;

	if (cursor->length >= at + 2) {
		at += 2;
		switch (items_walk(cursor->data, cursor->length, &at, &end)) {
		case ITEMS_MESSAGE:
			torc_cursor_claim(cursor, end);
			cursor->header_length = at;
			cursor->next = TORC_LAYER_CIP;
			return TORC_STEP_OK;
		case ITEMS_WHOLE:
			return TORC_STEP_OK;
		case ITEMS_CUT:
			break;
		}
	}
	if (cursor->wire_length > cursor->length || cursor->flags & TORC_DECODED_CUT_BY_HEADER)
		return TORC_STEP_CUT_TAIL;
	return torc_cursor_bad_tail(cursor, "an item does not fit");
}

static int enip_decode(struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data;
	uint32_t at;

	TORC_NEED(cursor, HEADER);
	if (!command_name(le16(p)) || le32(p + 20) != 0)
		return torc_cursor_malformed(cursor, "no command of EtherNet/IP");
	torc_cursor_claim(cursor, HEADER + (uint32_t)le16(p + 2));
	cursor->header_length = cursor->length;
	at = items_at(p);
	return at ? items_decode(cursor, at) : TORC_STEP_OK;
}

static void enip_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	uint32_t length = layer->header_length, at = items_at(p), position = 0;
	struct torc_enip_item item;
	struct torc_enip *enip = out;

	enip->command = le16(p);
	enip->length = le16(p + 2);
	enip->session = le32(p + 4);
	enip->status = le32(p + 8);
	enip->sender_context = (struct torc_bytes){ p + 12, 8 };
	enip->options = le32(p + 20);
	if (enip->command == REGISTER_SESSION && length >= SESSION_HEADER) {
		enip->protocol_version = le16(p + 24);
		enip->session_options = le16(p + 26);
		return;
	}
	if (!at || length < at + 2) {
		enip->data = (struct torc_bytes){ p + HEADER, length - HEADER };
		return;
	}
	if (at == PACKET_HEADER) {
		enip->interface_handle = le32(p + 24);
		enip->timeout_s = le16(p + 28);
	}
	enip->item_count = le16(p + at);
	enip->items = (struct torc_bytes){ p + at + 2, length - at - 2 };
	while (torc_enip_item_next(enip, &position, &item))
		if (item.type == CONNECTED_DATA && item.data.length >= 2)
			enip->sequence_count = le16(item.data.data);
}

int torc_enip_item_next(const struct torc_enip *enip, uint32_t *position,
			struct torc_enip_item *item)
{
	uint32_t at = *position, left;
	const uint8_t *p;

	*item = (struct torc_enip_item){ 0 };
	if (at >= enip->items.length || enip->items.length - at < ITEM_HEADER)
		return 0;
	p = enip->items.data + at;
	left = enip->items.length - at - ITEM_HEADER;
	item->type = le16(p);
	item->length = le16(p + 2);
	/* the message, which is a layer, has left of its item what stands in front */
	if (item->length > left && item->type != CONNECTED_DATA && item->type != UNCONNECTED_DATA)
		return 0;
	item->data = (struct torc_bytes){ p + ITEM_HEADER,
					  item->length < left ? item->length : left };
	*position = at + ITEM_HEADER + item->data.length;
	return 1;
}

static int item_element(const void *layer, uint32_t *position, void *element)
{
	return torc_enip_item_next(layer, position, element);
}

static const char *item_name(uint64_t type)
{
	switch (type) {
	case 0:
		return "null address";
	case 0x0C:
		return "identity";
	case 0x86:
		return "security information";
	case 0x87:
		return "EtherNet/IP capability";
	case 0x88:
		return "EtherNet/IP usage";
	case 0xA1:
		return "connected address";
	case CONNECTED_DATA:
		return "connected data";
	case UNCONNECTED_DATA:
		return "unconnected data";
	case 0x100:
		return "services";
	case 0x8000:
		return "socket address O to T";
	case 0x8001:
		return "socket address T to O";
	case 0x8002:
		return "sequenced address";
	default:
		return NULL;
	}
}

/* §2-3.5.1, table 2-3.3 */
static const char *status_name(uint64_t status)
{
	switch (status) {
	case 0:
		return "success";
	case 1:
		return "invalid command";
	case 2:
		return "insufficient memory";
	case 3:
		return "incorrect data";
	case 0x64:
		return "invalid session handle";
	case 0x65:
		return "invalid length";
	case 0x69:
		return "unsupported protocol version";
	case 0x6A:
		return "CIP service not allowed on this port";
	default:
		return NULL;
	}
}

static const struct torc_field_info item_fields[] = {
	TORC_FIELD_AT(struct torc_enip_item, type, "type", TORC_FIELD_HEX,
		      .value_name = item_name),
	TORC_FIELD_AT(struct torc_enip_item, length, "length", TORC_FIELD_UINT, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_enip_item, data, "data", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_list_info item_list = {
	.next = item_element,
	.element_size = sizeof(struct torc_enip_item),
	.fields = item_fields,
};

static const struct torc_field_info enip_fields[] = {
	TORC_FIELD_AT(struct torc_enip, command, "command", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY, .value_name = command_name),
	TORC_FIELD_AT(struct torc_enip, length, "length", TORC_FIELD_UINT, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_enip, session, "session", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_enip, status, "status", TORC_FIELD_UINT,
		      .value_name = status_name),
	TORC_FIELD_AT(struct torc_enip, sender_context, "sender_context", TORC_FIELD_BYTES),
	TORC_FIELD_AT(struct torc_enip, options, "options", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_enip, protocol_version, "protocol_version", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_enip, session_options, "session_options", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_enip, interface_handle, "interface_handle", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_enip, timeout_s, "timeout", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL, .unit = "seconds"),
	TORC_FIELD_AT(struct torc_enip, item_count, "item_count", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_enip, sequence_count, "sequence_count", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_enip, items, "items", TORC_FIELD_LIST, .list = &item_list),
	TORC_FIELD_AT(struct torc_enip, data, "data", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_layer_number enip_numbers[] = {
	{ TORC_BY_TCP_PORT, 44818 },
	{ TORC_BY_UDP_PORT, 44818 },
	{ TORC_BY_UDP_PORT, 2222 }, /* of connected data without this header, too: Payload */
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_enip = {
	.name = "ENIP",
	.key = "enip",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_enip),
	.numbers = enip_numbers,
	.decode = enip_decode,
	.read = enip_read,
	.fields = enip_fields,
};
