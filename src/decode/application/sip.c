/* SPDX-License-Identifier: BSD-3-Clause */
/* sip.c - Session Initiation Protocol, RFC 3261 §7 */
#include <torc/layers/application/sip.h>

#include <string.h>

#include "decode/application/heads.h"
#include "decode/registry.h"

#define VERSION "SIP/2.0"

static bool is_version(const struct torc_bytes *word)
{
	return word->length == strlen(VERSION) && memcmp(word->data, VERSION, word->length) == 0;
}

/* Whether what a cut left of the start line can be one: its first word is a method or the version. */
static bool may_begin(struct torc_bytes line)
{
	struct torc_bytes word = take_word(&line);

	return is_token(&word) ||
	       (word.length <= strlen(VERSION) && memcmp(word.data, VERSION, word.length) == 0);
}

/* The headers end at an empty line; the message body behind it is payload. */
static int sip_decode(struct torc_cursor *cursor)
{
	struct torc_bytes line;
	struct start_line start;
	uint32_t at, next;
	bool ended;

	TORC_NEED(cursor, 4);
	ended = take_line(cursor->data, cursor->length, &line, &next);
	if (!take_start_line(line, is_version, '6', &start)) {
		if (!ended && cursor->length < cursor->wire_length && may_begin(line))
			return TORC_STEP_SHORT;
		return torc_cursor_malformed(cursor, "neither a request line nor a status line");
	}
	for (at = next; at < cursor->length && line.length > 0; at += next)
		take_line(cursor->data + at, cursor->length - at, &line, &next);
	cursor->header_length = at;
	if (at < cursor->length)
		cursor->next = TORC_LAYER_PAYLOAD;
	return TORC_STEP_OK;
}

static void sip_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_sip *sip = out;
	struct start_line start;
	struct torc_bytes line;
	uint32_t next;

	take_line(p, layer->header_length, &line, &next);
	take_start_line(line, is_version, '6', &start);
	sip->is_response = start.is_response;
	sip->status = start.status;
	sip->method = start.method;
	sip->uri = start.uri;
	sip->reason = start.reason;
	sip->version = start.version;
	sip->headers = (struct torc_bytes){ p + next, layer->header_length - next };
}

/* A line that begins with a blank goes on with the header before it (RFC 3261 §7.3.1). */
int torc_sip_header_next(const struct torc_sip *sip, uint32_t *position,
			 struct torc_sip_header *header)
{
	const uint8_t *start, *colon;
	uint32_t left, next;
	struct torc_bytes line;

	if (*position >= sip->headers.length)
		return 0;
	start = sip->headers.data + *position;
	left = sip->headers.length - *position;
	take_line(start, left, &line, &next);
	if (line.length == 0)
		return 0;
	while (next < left && (start[next] == ' ' || start[next] == '\t')) {
		struct torc_bytes folded;
		uint32_t more;

		take_line(start + next, left - next, &folded, &more);
		line.length = next + folded.length;
		next += more;
	}
	colon = memchr(line.data, ':', line.length);
	header->name = (struct torc_bytes){ line.data,
					    colon ? (uint32_t)(colon - line.data) : line.length };
	header->value = (struct torc_bytes){ line.data + line.length, 0 };
	if (colon) {
		colon++;
		while (colon < line.data + line.length && (*colon == ' ' || *colon == '\t'))
			colon++;
		header->value =
			(struct torc_bytes){ colon, (uint32_t)(line.data + line.length - colon) };
	}
	*position += next;
	return 1;
}

static int header_element(const void *layer, uint32_t *position, void *element)
{
	return torc_sip_header_next(layer, position, element);
}

static const struct torc_field_info header_fields[] = {
	TORC_FIELD_AT(struct torc_sip_header, name, "name", TORC_FIELD_STRING),
	TORC_FIELD_AT(struct torc_sip_header, value, "value", TORC_FIELD_STRING), TORC_FIELDS_END
};

static const struct torc_list_info header_list = {
	.next = header_element,
	.element_size = sizeof(struct torc_sip_header),
	.fields = header_fields,
};

static const struct torc_field_info sip_fields[] = {
	TORC_FIELD_AT(struct torc_sip, is_response, "response", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_sip, method, "method", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_SUMMARY | TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_sip, uri, "uri", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_SUMMARY | TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_sip, status, "status", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY | TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_sip, reason, "reason", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_SUMMARY | TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_sip, version, "version", TORC_FIELD_STRING),
	TORC_FIELD_AT(struct torc_sip, headers, "headers", TORC_FIELD_LIST, .list = &header_list),
	TORC_FIELDS_END
};

static const struct torc_layer_number sip_numbers[] = { { TORC_BY_UDP_PORT, 5060 },
							{ TORC_BY_TCP_PORT, 5060 },
							{ TORC_BY_NONE, 0 } };

const struct torc_layer_ops torc_layer_ops_sip = {
	.name = "SIP",
	.key = "sip",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_sip),
	.numbers = sip_numbers,
	.decode = sip_decode,
	.read = sip_read,
	.fields = sip_fields,
};
