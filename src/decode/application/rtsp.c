/* SPDX-License-Identifier: BSD-3-Clause */
/* rtsp.c - RTSP: RFC 2326 §4 to §7, RFC 7826 §5; the body of a message, and data between them, are Payload */
#include <torc/layers/application/rtsp.h>

#include <string.h>
#include <strings.h>

#include "decode/application/heads.h"
#include "decode/registry.h"

/* "RTSP/1.0" */
static bool is_version(const struct torc_bytes *word)
{
	return word->length == 8 && memcmp(word->data, "RTSP/", 5) == 0 && word->data[6] == '.';
}

static int rtsp_decode(struct torc_cursor *cursor)
{
	struct start_line start;
	struct torc_bytes line;
	uint32_t at, next;
	bool ended;

	TORC_NEED(cursor, 4);
	ended = take_line(cursor->data, cursor->length, &line, &next);
	if (!take_start_line(line, is_version, '5', &start)) {
		struct torc_bytes word = take_word(&line);

		if (!ended && cursor->length < cursor->wire_length &&
		    (is_token(&word) || is_version(&word)))
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

/* Headers are those of HTTP (RFC 2326 §4.2). */
int torc_rtsp_header_next(const struct torc_rtsp *rtsp, uint32_t *position,
			  struct torc_http_header *header)
{
	struct torc_http http = { .headers = rtsp->headers };

	return torc_http_header_next(&http, position, header);
}

static uint32_t number_of(const struct torc_bytes *text)
{
	uint32_t number = 0;

	for (uint32_t i = 0; i < text->length && text->data[i] >= '0' && text->data[i] <= '9'; i++)
		number = number * 10 + text->data[i] - '0';
	return number;
}

static void rtsp_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_rtsp *rtsp = out;
	struct start_line start;
	const struct {
		const char *name;
		struct torc_bytes *value;
	} wanted[] = { { "Session", &rtsp->session },
		       { "Transport", &rtsp->transport },
		       { "Content-Type", &rtsp->content_type },
		       { "User-Agent", &rtsp->user_agent },
		       { "Server", &rtsp->server } };
	struct torc_http_header header;
	struct torc_bytes line;
	uint32_t next, position = 0;

	take_line(p, layer->header_length, &line, &next);
	take_start_line(line, is_version, '5', &start);
	rtsp->is_response = start.is_response;
	rtsp->status = start.status;
	rtsp->method = start.method;
	rtsp->uri = start.uri;
	rtsp->reason = start.reason;
	rtsp->version = start.version;
	rtsp->headers = (struct torc_bytes){ p + next, layer->header_length - next };
	while (torc_rtsp_header_next(rtsp, &position, &header)) {
		const char *name = (const char *)header.name.data;

		if (header.name.length == 4 && strncasecmp(name, "CSeq", 4) == 0)
			rtsp->sequence = number_of(&header.value);
		for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
			if (header.name.length == strlen(wanted[i].name) &&
			    strncasecmp(name, wanted[i].name, header.name.length) == 0 &&
			    !wanted[i].value->length)
				*wanted[i].value = header.value;
	}
}

static int header_element(const void *layer, uint32_t *position, void *element)
{
	return torc_rtsp_header_next(layer, position, element);
}

static const struct torc_field_info header_fields[] = {
	TORC_FIELD_AT(struct torc_http_header, name, "name", TORC_FIELD_STRING),
	TORC_FIELD_AT(struct torc_http_header, value, "value", TORC_FIELD_STRING), TORC_FIELDS_END
};

static const struct torc_list_info header_list = {
	.next = header_element,
	.element_size = sizeof(struct torc_http_header),
	.fields = header_fields,
};

#define OPTIONAL_STRING(member, name)                                                              \
	TORC_FIELD_AT(struct torc_rtsp, member, name, TORC_FIELD_STRING,                           \
		      .flags = TORC_FIELD_OPTIONAL)

static const struct torc_field_info rtsp_fields[] = {
	TORC_FIELD_AT(struct torc_rtsp, is_response, "response", TORC_FIELD_BOOL),
	OPTIONAL_STRING(method, "method"),
	OPTIONAL_STRING(uri, "uri"),
	TORC_FIELD_AT(struct torc_rtsp, status, "status", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	OPTIONAL_STRING(reason, "reason"),
	TORC_FIELD_AT(struct torc_rtsp, version, "version", TORC_FIELD_STRING),
	TORC_FIELD_AT(struct torc_rtsp, sequence, "seq", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	OPTIONAL_STRING(session, "session"),
	OPTIONAL_STRING(transport, "transport"),
	OPTIONAL_STRING(content_type, "content_type"),
	OPTIONAL_STRING(user_agent, "user_agent"),
	OPTIONAL_STRING(server, "server"),
	TORC_FIELD_AT(struct torc_rtsp, headers, "headers", TORC_FIELD_LIST, .list = &header_list),
	TORC_FIELDS_END
};

static const struct torc_layer_number rtsp_numbers[] = {
	{ TORC_BY_TCP_PORT, 554 },
	{ TORC_BY_TCP_PORT, 8554 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_rtsp = {
	.name = "RTSP",
	.key = "rtsp",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_rtsp),
	.numbers = rtsp_numbers,
	.decode = rtsp_decode,
	.read = rtsp_read,
	.fields = rtsp_fields,
};
