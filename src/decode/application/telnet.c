/* SPDX-License-Identifier: BSD-3-Clause */
/* telnet.c - Telnet: commands RFC 854, subnegotiation RFC 855; the other bytes are what is typed and printed */
#include <torc/layers/application/telnet.h>

#include <string.h>

#include "decode/registry.h"

enum { COMMAND_FIRST = 236, SE = 240, SB = 250, WILL = 251, IAC = 255 };

/* Bytes up to IAC SE, or all: a subnegotiation may go on in the next segment. */
static uint32_t subnegotiation_end(const uint8_t *p, uint32_t length, uint32_t at)
{
	for (; at + 1 < length; at++) {
		if (p[at] != IAC)
			continue;
		if (p[at + 1] == SE)
			return at;
		at++; /* IAC IAC is a byte of data */
	}
	return length;
}

/* The length of the command at p, which is an IAC; 0: it is none. */
static uint32_t command_read(const uint8_t *p, uint32_t length, struct torc_telnet_item *item)
{
	uint32_t end;

	if (length < 2)
		return length;
	if (p[1] < COMMAND_FIRST)
		return 0;
	item->command = p[1];
	item->is_whole = p[1] < SB || length > 2;
	if (p[1] < SB || length < 3)
		return 2;
	item->option = p[2];
	if (p[1] != SB)
		return 3;
	end = subnegotiation_end(p, length, 3);
	item->is_whole = end < length;
	item->data = (struct torc_bytes){ p + 3, end - 3 };
	return item->is_whole ? end + 2 : length;
}

/* Text ends at a command; IAC IAC is part of it. */
static uint32_t text_end(const uint8_t *p, uint32_t length)
{
	uint32_t at = 0;

	while (at < length && (p[at] != IAC || (at + 1 < length && p[at + 1] == IAC)))
		at += p[at] == IAC ? 2 : 1;
	return at;
}

int torc_telnet_item_next(const struct torc_telnet *telnet, uint32_t *position,
			  struct torc_telnet_item *item)
{
	const uint8_t *p = telnet->stream.data + *position;
	uint32_t left, used;

	*item = (struct torc_telnet_item){ 0 };
	if (*position >= telnet->stream.length)
		return 0;
	left = telnet->stream.length - *position;
	used = text_end(p, left);
	if (used > 0) {
		item->data = (struct torc_bytes){ p, used };
		item->is_whole = true;
	} else {
		used = command_read(p, left, item);
	}
	*position += used;
	return used > 0;
}

/* What terminals and their users send: text in any encoding, and the usual controls. */
static bool is_text(const struct torc_bytes *text)
{
	for (uint32_t i = 0; i < text->length; i++)
		if (text->data[i] < ' ' && !memchr("\0\a\b\t\n\v\f\r\033", text->data[i], 9))
			return text->length <= 2; /* a key */
	return true;
}

static int telnet_decode(struct torc_cursor *cursor)
{
	struct torc_telnet telnet = { { cursor->data, cursor->length } };
	struct torc_telnet_item item;
	uint32_t position = 0;
	bool commands = false, text = true;

	TORC_NEED(cursor, 1);
	while (torc_telnet_item_next(&telnet, &position, &item)) {
		commands |= item.command != 0;
		text &= item.command != 0 || is_text(&item.data);
	}
	if (position < cursor->length)
		return torc_cursor_malformed(cursor, "a command that there is not");
	if (!commands && !text)
		return torc_cursor_malformed(cursor, "neither commands nor text");
	cursor->header_length = cursor->length;
	return TORC_STEP_OK;
}

static void telnet_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			void *out)
{
	struct torc_telnet *telnet = out;

	telnet->stream =
		(struct torc_bytes){ torc_layer_header(decoded, layer), layer->header_length };
}

static int item_element(const void *layer, uint32_t *position, void *element)
{
	return torc_telnet_item_next(layer, position, element);
}

static const char *command_name(uint64_t command)
{
	static const char *const names[] = { "EOF", "SUSP", "ABORT", "EOR", "SE",
					     "NOP", "DMARK", "BRK", "IP", "AO",
					     "AYT", "EC", "EL", "GA", "SB",
					     "WILL", "WONT", "DO", "DONT" };

	return command >= COMMAND_FIRST && command < IAC ? names[command - COMMAND_FIRST] : NULL;
}

static const struct torc_field_info item_fields[] = {
	TORC_FIELD_AT(struct torc_telnet_item, command, "command", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL, .value_name = command_name),
	TORC_FIELD_AT(struct torc_telnet_item, option, "option", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_telnet_item, is_whole, "whole", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_telnet_item, data, "data", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_list_info item_list = {
	.next = item_element,
	.element_size = sizeof(struct torc_telnet_item),
	.fields = item_fields,
};

static const struct torc_field_info telnet_fields[] = {
	TORC_FIELD_AT(struct torc_telnet, stream, "items", TORC_FIELD_LIST, .list = &item_list),
	TORC_FIELDS_END
};

static const struct torc_layer_number telnet_numbers[] = {
	{ TORC_BY_TCP_PORT, 23 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_telnet = {
	.name = "Telnet",
	.key = "telnet",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_telnet),
	.numbers = telnet_numbers,
	.decode = telnet_decode,
	.read = telnet_read,
	.fields = telnet_fields,
};
