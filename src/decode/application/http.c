/* SPDX-License-Identifier: BSD-3-Clause */
/* http.c - the head of an HTTP/1 message: RFC 9112 §2 to §6, fields RFC 9110 §5 */
#include <torc/layers/application/http.h>

#include <string.h>
#include <strings.h>

#include "decode/application/heads.h"
#include "decode/registry.h"

#define LENGTH_MAX (UINT64_MAX / 16)

/* "HTTP/1.1" */
static bool is_version(const uint8_t *p, uint8_t *minor)
{
	if (memcmp(p, "HTTP/1.", 7) != 0 || p[7] < '0' || p[7] > '9')
		return false;
	*minor = (uint8_t)(p[7] - '0');
	return true;
}

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* §4: HTTP-version SP status-code SP [ reason-phrase ] */
static bool read_status_line(struct torc_bytes line, struct torc_http *http)
{
	const uint8_t *p = line.data;

	if (line.length < 12 || !is_version(p, &http->minor_version) || p[8] != ' ' ||
	    !is_digit(p[9]) || !is_digit(p[10]) || !is_digit(p[11]) ||
	    (line.length > 12 && p[12] != ' '))
		return false;
	http->is_response = true;
	http->status = (uint16_t)((p[9] - '0') * 100 + (p[10] - '0') * 10 + (p[11] - '0'));
	if (line.length > 13)
		http->reason = (struct torc_bytes){ p + 13, line.length - 13 };
	return true;
}

/* §3: method SP request-target SP HTTP-version */
static bool read_request_line(struct torc_bytes line, struct torc_http *http)
{
	const uint8_t *blank = line.length ? memchr(line.data, ' ', line.length) : NULL;
	uint32_t at, end = line.length - 9;

	if (!blank || line.length < 12 || line.data[end] != ' ' ||
	    !is_version(line.data + end + 1, &http->minor_version))
		return false;
	http->method = (struct torc_bytes){ line.data, (uint32_t)(blank - line.data) };
	at = http->method.length + 1;
	if (at >= end || !is_token(&http->method))
		return false;
	http->target = (struct torc_bytes){ line.data + at, end - at };
	return memchr(http->target.data, ' ', http->target.length) == NULL;
}

static struct torc_bytes trimmed(const uint8_t *p, const uint8_t *end)
{
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	while (end > p && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
		end--;
	return (struct torc_bytes){ p, (uint32_t)(end - p) };
}

/* A line that begins with a blank goes on with the header before it (obs-fold, §5.2). */
int torc_http_header_next(const struct torc_http *http, uint32_t *position,
			  struct torc_http_header *header)
{
	const uint8_t *start = http->headers.data + *position, *colon, *end;
	uint32_t left, next, more;
	struct torc_bytes line, folded;

	if (*position >= http->headers.length)
		return 0;
	left = http->headers.length - *position;
	take_line(start, left, &line, &next);
	if (line.length == 0)
		return 0;
	while (next < left && (start[next] == ' ' || start[next] == '\t')) {
		take_line(start + next, left - next, &folded, &more);
		line.length = next + folded.length;
		next += more;
	}
	*position += next;
	end = line.data + line.length;
	colon = memchr(line.data, ':', line.length);
	header->name = (struct torc_bytes){ line.data,
					    colon ? (uint32_t)(colon - line.data) : line.length };
	header->value = colon ? trimmed(colon + 1, end) : (struct torc_bytes){ end, 0 };
	return 1;
}

static bool named(const struct torc_http_header *header, const char *name)
{
	return header->name.length == strlen(name) &&
	       strncasecmp((const char *)header->name.data, name, header->name.length) == 0;
}

/* One or more equal numbers, with commas between (RFC 9110 §8.6). */
static bool read_length(const struct torc_bytes *value, uint64_t *length)
{
	uint64_t number = 0;
	bool digits = false, has_first = false;

	for (uint32_t i = 0; i <= value->length; i++) {
		uint8_t c = i < value->length ? value->data[i] : ',';

		if (is_digit(c) && number < LENGTH_MAX / 10) {
			number = number * 10 + (uint64_t)(c - '0');
			digits = true;
		} else if (c == ',') {
			if (!digits || (has_first && number != *length))
				return false;
			*length = number;
			has_first = true;
			digits = false;
			number = 0;
		} else if (c != ' ' && c != '\t') {
			return false;
		}
	}
	return true;
}

/* The last of the transfer codings: only then the length of the body is known. */
static bool ends_chunked(const struct torc_bytes *value)
{
	static const char word[] = "chunked";
	uint32_t size = sizeof(word) - 1, at;

	if (value->length < size)
		return false;
	at = value->length - size;
	return strncasecmp((const char *)value->data + at, word, size) == 0 &&
	       (at == 0 || value->data[at - 1] == ',' || value->data[at - 1] == ' ');
}

/* RFC 9112 §6.3, what the head alone tells: that of a HEAD's answer needs the request. */
static void read_body(struct torc_http *http)
{
	struct torc_http_header header;
	bool has_length = false, has_coding = false, chunked = false, invalid = false;
	uint32_t position = 0;

	while (torc_http_header_next(http, &position, &header)) {
		if (named(&header, "transfer-encoding")) {
			has_coding = true;
			chunked = ends_chunked(&header.value);
		} else if (named(&header, "content-length")) {
			uint64_t length = 0;

			invalid |= !read_length(&header.value, &length) ||
				   (has_length && length != http->content_length);
			http->content_length = length;
			has_length = true;
		} else if (named(&header, "host") && !http->host.length) {
			http->host = header.value;
		} else if (named(&header, "user-agent") && !http->user_agent.length) {
			http->user_agent = header.value;
		} else if (named(&header, "content-type") && !http->content_type.length) {
			http->content_type = header.value;
		}
	}
	http->is_ambiguous = has_coding && has_length;
	if (has_coding || invalid)
		http->content_length = 0;
	if (http->is_response && (http->status < 200 || http->status == 204 || http->status == 304))
		http->body = TORC_HTTP_BODY_NONE;
	else if (has_coding)
		http->body = chunked ? TORC_HTTP_BODY_CHUNKED :
			     http->is_response ? TORC_HTTP_BODY_CLOSE : TORC_HTTP_BODY_INVALID;
	else if (invalid)
		http->body = TORC_HTTP_BODY_INVALID;
	else if (has_length)
		http->body = http->content_length ? TORC_HTTP_BODY_LENGTH : TORC_HTTP_BODY_NONE;
	else
		http->body = http->is_response ? TORC_HTTP_BODY_CLOSE : TORC_HTTP_BODY_NONE;
}

/* The headers end at an empty line; the body behind it is payload. */
static int http_decode(struct torc_cursor *cursor)
{
	struct torc_http http = { 0 };
	struct torc_bytes line;
	uint32_t at, next;
	bool ended;

	TORC_NEED(cursor, 12);
	ended = take_line(cursor->data, cursor->length, &line, &at);
	if (!read_status_line(line, &http) && !read_request_line(line, &http)) {
		if (!ended && cursor->length < cursor->wire_length)
			return TORC_STEP_SHORT;
		return torc_cursor_malformed(cursor, "neither a request line nor a status line");
	}
	for (; at < cursor->length; at += next) {
		take_line(cursor->data + at, cursor->length - at, &line, &next);
		if (line.length == 0) {
			at += next;
			break;
		}
	}
	cursor->header_length = at;
	if (at < cursor->length)
		cursor->next = TORC_LAYER_PAYLOAD;
	return TORC_STEP_OK;
}

static void http_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_http *http = out;
	struct torc_bytes line;
	uint32_t next;

	take_line(p, layer->header_length, &line, &next);
	if (!read_status_line(line, http))
		read_request_line(line, http);
	http->headers = (struct torc_bytes){ p + next, layer->header_length - next };
	next = layer->header_length;
	http->is_whole = next > 1 && p[next - 1] == '\n' &&
			 (p[next - 2] == '\n' || (next > 2 && p[next - 2] == '\r' && p[next - 3] == '\n'));
	read_body(http);
}

static int header_element(const void *layer, uint32_t *position, void *element)
{
	return torc_http_header_next(layer, position, element);
}

static const char *body_name(uint64_t body)
{
	static const char *const names[] = { "none", "length", "chunked", "until close", "invalid" };

	return body < sizeof(names) / sizeof(*names) ? names[body] : NULL;
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

static const struct torc_field_info http_fields[] = {
	TORC_FIELD_AT(struct torc_http, is_response, "response", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_http, method, "method", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_SUMMARY | TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_http, target, "target", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_SUMMARY | TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_http, status, "status", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY | TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_http, reason, "reason", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_SUMMARY | TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_http, minor_version, "minor_version", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_http, host, "host", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_SUMMARY | TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_http, user_agent, "user_agent", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_http, content_type, "content_type", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_http, body, "body", TORC_FIELD_UINT, .value_name = body_name),
	TORC_FIELD_AT(struct torc_http, content_length, "content_length", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_http, is_ambiguous, "ambiguous", TORC_FIELD_BOOL,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_http, is_whole, "whole", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_http, headers, "headers", TORC_FIELD_LIST, .list = &header_list),
	TORC_FIELDS_END
};

static const struct torc_layer_number http_numbers[] = {
	{ TORC_BY_TCP_PORT, 80 },
	{ TORC_BY_TCP_PORT, 8080 },
	{ TORC_BY_UDP_PORT, 1900 }, /* SSDP, UPnP Device Architecture 2.0 §1 */
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_http = {
	.name = "HTTP",
	.key = "http",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_http),
	.numbers = http_numbers,
	.decode = http_decode,
	.read = http_read,
	.fields = http_fields,
};
