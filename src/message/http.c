/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * http.c - HTTP/1 in a stream: heads, and bodies stepped over; chunks, pipelining; RFC 9112
 *
 * An answer has no body when its request was HEAD, so the requests whose answers have not come yet
 * are remembered, one bit each.
 */
#include <string.h>

#include <torc/layers/application/http.h>

#include "decode/registry.h"
#include "message/message.h"

enum { AT_HEAD, AT_CHUNK, AT_TRAILER };

struct http_state {
	uint64_t heads;    /* HEAD requests among those that wait, the oldest lowest */
	uint64_t connects; /* and CONNECT */
	uint8_t waiting;
	uint8_t at[2];     /* AT_ of each side */
	bool tunnel;       /* it is another protocol from here on */
};

_Static_assert(sizeof(struct http_state) <= TORC_MESSAGE_STATE_MAX, "state fits");

static int probe(unsigned int side, const uint8_t *data, uint32_t length)
{
	static const char *const methods[] = { "GET ", "POST ", "HEAD ", "PUT ", "DELETE ",
					       "OPTIONS ", "CONNECT ", "TRACE ", "PATCH ",
					       "PROPFIND ", "REPORT ", "M-SEARCH ", "HTTP/1." };

	(void)side;
	for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++) {
		size_t size = strlen(methods[i]);

		if (memcmp(data, methods[i], length < size ? length : size) == 0)
			return length < size ? -1 : 1;
	}
	return 0;
}

/* The length of a head, its empty line included; 0: it is not whole. */
static uint32_t head_length(const uint8_t *data, uint32_t length)
{
	const uint8_t *at = data, *end = data + length, *line;

	while ((line = memchr(at, '\n', (size_t)(end - at)))) {
		at = line + 1;
		if (at < end && *at == '\n')
			return (uint32_t)(at + 1 - data);
		if (end - at >= 2 && at[0] == '\r' && at[1] == '\n')
			return (uint32_t)(at + 2 - data);
	}
	return 0;
}

/* What the requests before this answer change: true when it has no body because of its request. */
static bool take_request(struct http_state *state, const struct torc_http *http)
{
	bool head = state->heads & 1, connect = state->connects & 1;

	if (http->status < 200 && http->status != 101)
		return false; /* the answer is still to come */
	state->heads >>= 1;
	state->connects >>= 1;
	if (state->waiting > 0)
		state->waiting--;
	if (http->status == 101 || (connect && http->status / 100 == 2))
		state->tunnel = true;
	return head;
}

static void note_request(struct http_state *state, const struct torc_http *http)
{
	if (state->waiting == 63)
		return; /* nobody sends so many without waiting */
	if (http->method.length == 4 && memcmp(http->method.data, "HEAD", 4) == 0)
		state->heads |= UINT64_C(1) << state->waiting;
	if (http->method.length == 7 && memcmp(http->method.data, "CONNECT", 7) == 0)
		state->connects |= UINT64_C(1) << state->waiting;
	state->waiting++;
}

/* The layer's own decoder reads the head. */
static bool head_read(const uint8_t *data, uint32_t length, struct torc_http *http)
{
	struct torc_decoded decoded = { .data = data, .caplen = length, .len = length };
	struct torc_layer layer = { .type = TORC_LAYER_HTTP, .header_length = length };
	struct torc_cursor cursor = { .data = data, .length = length, .wire_length = length,
				      .decoded = &decoded };

	if (layer_ops(TORC_LAYER_HTTP)->decode(&cursor) != TORC_STEP_OK)
		return false;
	memset(http, 0, sizeof(*http));
	layer_ops(TORC_LAYER_HTTP)->read(&decoded, &layer, http);
	return true;
}

static int frame_head(struct http_state *state, unsigned int side, const uint8_t *data,
		      uint32_t length, struct torc_message_frame *out)
{
	uint32_t size, blank = 0;
	struct torc_http http;

	/* empty lines before a request are no part of it: §2.2 */
	while (blank < length && (data[blank] == '\r' || data[blank] == '\n'))
		blank++;
	if (blank > 0) {
		out->length = blank;
		out->silent = true;
		return 0;
	}
	if (state->tunnel || probe(side, data, length) == 0)
		return -1;
	size = head_length(data, length);
	if (size == 0)
		return 0;
	if (!head_read(data, size, &http))
		return -1;
	out->length = size;
	if (!http.is_response)
		note_request(state, &http);
	else if (take_request(state, &http) || state->tunnel)
		return 0;
	switch (http.body) {
	case TORC_HTTP_BODY_LENGTH:
		out->skip = http.content_length;
		break;
	case TORC_HTTP_BODY_CHUNKED:
		state->at[side] = AT_CHUNK;
		break;
	case TORC_HTTP_BODY_CLOSE:
	case TORC_HTTP_BODY_INVALID:
		out->skip = UINT64_MAX;
		break;
	default:
		break;
	}
	return 0;
}

/* §7.1: the size in hex, extensions, CRLF; then so many bytes and CRLF; a size of 0 is the last. */
static int frame_chunk(struct http_state *state, unsigned int side, const uint8_t *data,
		       uint32_t length, struct torc_message_frame *out)
{
	const uint8_t *end = memchr(data, '\n', length);
	uint64_t size = 0;
	uint32_t i;

	out->silent = true;
	if (!end)
		return length > 4096 ? -1 : 0;
	out->length = (uint32_t)(end + 1 - data);
	if (state->at[side] == AT_TRAILER) {
		if (out->length <= 2)
			state->at[side] = AT_HEAD;
		return 0;
	}
	for (i = 0; i < out->length; i++) {
		static const char digits[] = "0123456789abcdefABCDEF";
		const char *digit = data[i] ? strchr(digits, data[i]) : NULL;
		unsigned int value = digit ? (unsigned int)(digit - digits) : 0;

		if (!digit || size >> 56)
			break;
		size = size << 4 | (value < 16 ? value : value - 6);
	}
	if (i == 0 || size >> 56)
		return -1;
	if (size == 0)
		state->at[side] = AT_TRAILER;
	else
		out->skip = size + 2;
	return 0;
}

static int frame(void *data_of_state, unsigned int side, const uint8_t *data, uint32_t length,
		 struct torc_message_frame *out)
{
	struct http_state *state = data_of_state;

	if (state->at[side] == AT_HEAD)
		return frame_head(state, side, data, length, out);
	return frame_chunk(state, side, data, length, out);
}

static void gap(void *data_of_state, unsigned int side)
{
	struct http_state *state = data_of_state;

	state->at[side] = AT_HEAD;
	/* which answer belongs to which request is not known any more */
	state->heads = state->connects = state->waiting = 0;
}

static const uint16_t ports[] = { 80, 8080, 8000, 3128, 0 };

const struct torc_message_protocol message_http = {
	.name = "http", .layer = TORC_LAYER_HTTP, .ports = ports, .probe = probe, .frame = frame,
	.gap = gap,
	.state_bytes = sizeof(struct http_state),
};
