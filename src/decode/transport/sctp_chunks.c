/* SPDX-License-Identifier: BSD-3-Clause */
/* sctp_chunks.c - the chunks of SCTP: RFC 9260 §3.3 */
#include <torc/layers/transport/sctp.h>

#include "decode/transport/sctp.h"

/* A chunk that this file knows nothing more of than type, flags, length and value. */
#define PLAIN_CHUNK(name_, key_)                                                                   \
	{                                                                                          \
		.name = (name_), .key = (key_), .struct_size = sizeof(struct torc_sctp_chunk),     \
		.decode = chunk_decode, .read = chunk_read, .fields = chunk_fields,                \
	}

uint16_t torc_sctp_chunk_layer(uint8_t type)
{
	static const uint16_t layers[] = {
		[0] = TORC_LAYER_SCTP_DATA,
		[1] = TORC_LAYER_SCTP_INIT,
		[2] = TORC_LAYER_SCTP_INIT_ACK,
		[3] = TORC_LAYER_SCTP_SACK,
		[4] = TORC_LAYER_SCTP_HEARTBEAT,
		[5] = TORC_LAYER_SCTP_HEARTBEAT_ACK,
		[6] = TORC_LAYER_SCTP_ABORT,
		[7] = TORC_LAYER_SCTP_SHUTDOWN,
		[8] = TORC_LAYER_SCTP_SHUTDOWN_ACK,
		[9] = TORC_LAYER_SCTP_ERROR,
		[10] = TORC_LAYER_SCTP_COOKIE_ECHO,
		[11] = TORC_LAYER_SCTP_COOKIE_ACK,
		[14] = TORC_LAYER_SCTP_SHUTDOWN_COMPLETE,
	};

	if (type >= sizeof(layers) / sizeof(layers[0]) || layers[type] == TORC_LAYER_NONE)
		return TORC_LAYER_SCTP_UNKNOWN;
	return layers[type];
}

/*
 * One chunk is a layer, the next one follows behind its padding. least is the least length its kind
 * may have.
 */
static int take_chunk(struct torc_cursor *cursor, uint32_t least)
{
	uint32_t length, padded;

	TORC_NEED(cursor, 4);
	length = torc_be16(cursor->data + 2);
	if (length < least)
		return torc_cursor_malformed(cursor, "chunk length is below its header");
	TORC_NEED(cursor, length);
	padded = (length + 3) & ~3u;
	cursor->header_length = padded < cursor->length ? padded : cursor->length;
	if (cursor->length > padded)
		cursor->next = torc_sctp_chunk_layer(cursor->data[padded]);
	return TORC_STEP_OK;
}

static int chunk_decode(struct torc_cursor *cursor)
{
	return take_chunk(cursor, 4);
}

static void chunk_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
		       void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_sctp_chunk *chunk = out;

	chunk->type = p[0];
	chunk->flags = p[1];
	chunk->length = torc_be16(p + 2);
	chunk->value = (struct torc_bytes){ p + 4, chunk->length - 4u };
}

static const struct torc_field_info chunk_fields[] = {
	TORC_FIELD_AT(struct torc_sctp_chunk, type, "chunk_type", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_sctp_chunk, flags, "flags", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_sctp_chunk, length, "length", TORC_FIELD_UINT, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_sctp_chunk, value, "value", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

const struct torc_layer_ops torc_layer_ops_sctp_heartbeat =
	PLAIN_CHUNK("SCTPHeartbeat", "sctp_heartbeat");
const struct torc_layer_ops torc_layer_ops_sctp_heartbeat_ack =
	PLAIN_CHUNK("SCTPHeartbeatAck", "sctp_heartbeat_ack");
const struct torc_layer_ops torc_layer_ops_sctp_abort = PLAIN_CHUNK("SCTPAbort", "sctp_abort");
const struct torc_layer_ops torc_layer_ops_sctp_shutdown =
	PLAIN_CHUNK("SCTPShutdown", "sctp_shutdown");
const struct torc_layer_ops torc_layer_ops_sctp_shutdown_ack =
	PLAIN_CHUNK("SCTPShutdownAck", "sctp_shutdown_ack");
const struct torc_layer_ops torc_layer_ops_sctp_error = PLAIN_CHUNK("SCTPError", "sctp_error");
const struct torc_layer_ops torc_layer_ops_sctp_cookie_echo =
	PLAIN_CHUNK("SCTPCookieEcho", "sctp_cookie_echo");
const struct torc_layer_ops torc_layer_ops_sctp_cookie_ack =
	PLAIN_CHUNK("SCTPCookieAck", "sctp_cookie_ack");
const struct torc_layer_ops torc_layer_ops_sctp_shutdown_complete =
	PLAIN_CHUNK("SCTPShutdownComplete", "sctp_shutdown_complete");
const struct torc_layer_ops torc_layer_ops_sctp_unknown =
	PLAIN_CHUNK("SCTPUnknownChunkType", "sctp_unknown");

/* ---- DATA: the last one carries its user data as payload; one before others holds it ---- */

static int sctp_data_decode(struct torc_cursor *cursor)
{
	uint32_t length;
	int step = take_chunk(cursor, 16);

	if (step != TORC_STEP_OK) {
		/* cut in its user data: the header is there all the same */
		if (step != TORC_STEP_SHORT || cursor->length < 16)
			return step;
		torc_cursor_claim(cursor, torc_be16(cursor->data + 2));
		cursor->header_length = 16;
		cursor->next = TORC_LAYER_PAYLOAD;
		return TORC_STEP_OK;
	}
	if (cursor->next != TORC_LAYER_NONE)
		return TORC_STEP_OK;
	length = torc_be16(cursor->data + 2);
	torc_cursor_claim(cursor, length);
	cursor->header_length = 16;
	cursor->next = TORC_LAYER_PAYLOAD;
	return TORC_STEP_OK;
}

static void sctp_data_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			   void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_sctp_data *data = out;

	data->flags = p[1];
	data->immediate = p[1] & 8;
	data->unordered = p[1] & 4;
	data->begins = p[1] & 2;
	data->ends = p[1] & 1;
	data->length = torc_be16(p + 2);
	data->tsn = torc_be32(p + 4);
	data->stream_id = torc_be16(p + 8);
	data->stream_sequence = torc_be16(p + 10);
	data->payload_protocol = torc_be32(p + 12);
}

static const struct torc_field_info sctp_data_fields[] = {
	TORC_FIELD_AT(struct torc_sctp_data, flags, "flags", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_sctp_data, immediate, "immediate", TORC_FIELD_BOOL,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_sctp_data, unordered, "unordered", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_sctp_data, begins, "begin", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_sctp_data, ends, "end", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_sctp_data, length, "length", TORC_FIELD_UINT, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_sctp_data, tsn, "tsn", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_sctp_data, stream_id, "stream_id", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_sctp_data, stream_sequence, "stream_seq", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_sctp_data, payload_protocol, "ppid", TORC_FIELD_UINT),
	TORC_FIELDS_END
};

const struct torc_layer_ops torc_layer_ops_sctp_data = {
	.name = "SCTPData",
	.key = "sctp_data",
	.struct_size = sizeof(struct torc_sctp_data),
	.decode = sctp_data_decode,
	.read = sctp_data_read,
	.fields = sctp_data_fields,
};

/* ---- INIT and INIT ACK ---- */

static int sctp_init_decode(struct torc_cursor *cursor)
{
	return take_chunk(cursor, 20);
}

static void sctp_init_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			   void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_sctp_init *init = out;

	init->type = p[0];
	init->flags = p[1];
	init->length = torc_be16(p + 2);
	init->initiate_tag = torc_be32(p + 4);
	init->advertised_window = torc_be32(p + 8);
	init->outbound_streams = torc_be16(p + 12);
	init->inbound_streams = torc_be16(p + 14);
	init->initial_tsn = torc_be32(p + 16);
	init->parameters = (struct torc_bytes){ p + 20, init->length - 20u };
}

int torc_sctp_parameter_next(const struct torc_bytes *parameters, uint32_t *position,
			     struct torc_sctp_parameter *parameter)
{
	const uint8_t *p;
	uint32_t left, length;

	if (*position >= parameters->length)
		return 0;
	p = parameters->data + *position;
	left = parameters->length - *position;
	length = left < 4 ? 0 : torc_be16(p + 2);
	if (length < 4 || length > left)
		return 0;
	parameter->type = torc_be16(p);
	parameter->value = (struct torc_bytes){ p + 4, length - 4 };
	*position += (length + 3) & ~3u;
	return 1;
}

static int parameter_element(const void *layer, uint32_t *position, void *element)
{
	const struct torc_sctp_init *init = layer;

	return torc_sctp_parameter_next(&init->parameters, position, element);
}

/* RFC 9260 §3.3.2.1, RFC 5061 §4.2.7 */
static const char *parameter_name(uint64_t type)
{
	switch (type) {
	case 5:
		return "IPv4 address";
	case 6:
		return "IPv6 address";
	case 7:
		return "state cookie";
	case 8:
		return "unrecognized parameter";
	case 9:
		return "cookie preservative";
	case 11:
		return "host name address";
	case 12:
		return "supported address types";
	case 0x8000:
		return "ECN capable";
	case 0x8008:
		return "supported extensions";
	case 0xC000:
		return "forward TSN supported";
	default:
		return NULL;
	}
}

static const struct torc_field_info parameter_fields[] = {
	TORC_FIELD_AT(struct torc_sctp_parameter, type, "type", TORC_FIELD_HEX,
		      .value_name = parameter_name),
	TORC_FIELD_AT(struct torc_sctp_parameter, value, "value", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_list_info parameter_list = {
	.next = parameter_element,
	.element_size = sizeof(struct torc_sctp_parameter),
	.fields = parameter_fields,
};

static const struct torc_field_info sctp_init_fields[] = {
	TORC_FIELD_AT(struct torc_sctp_init, flags, "flags", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_sctp_init, length, "length", TORC_FIELD_UINT, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_sctp_init, initiate_tag, "initiate_tag", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_sctp_init, advertised_window, "advertised_window",
		      TORC_FIELD_UINT, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_sctp_init, outbound_streams, "outbound_streams", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_sctp_init, inbound_streams, "inbound_streams", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_sctp_init, initial_tsn, "initial_tsn", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_sctp_init, parameters, "parameters", TORC_FIELD_LIST,
		      .flags = TORC_FIELD_OPTIONAL, .list = &parameter_list),
	TORC_FIELDS_END
};

const struct torc_layer_ops torc_layer_ops_sctp_init = {
	.name = "SCTPInit",
	.key = "sctp_init",
	.struct_size = sizeof(struct torc_sctp_init),
	.decode = sctp_init_decode,
	.read = sctp_init_read,
	.fields = sctp_init_fields,
};

const struct torc_layer_ops torc_layer_ops_sctp_init_ack = {
	.name = "SCTPInitAck",
	.key = "sctp_init_ack",
	.struct_size = sizeof(struct torc_sctp_init),
	.decode = sctp_init_decode,
	.read = sctp_init_read,
	.fields = sctp_init_fields,
};

/* ---- SACK ---- */

static int sctp_sack_decode(struct torc_cursor *cursor)
{
	uint32_t need;

	TORC_NEED(cursor, 16);
	need = 16 + (torc_be16(cursor->data + 12) + torc_be16(cursor->data + 14)) * 4u;
	if (torc_be16(cursor->data + 2) < need)
		return torc_cursor_malformed(cursor,
					     "more gaps and duplicates than the chunk holds");
	return take_chunk(cursor, need);
}

static void sctp_sack_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			   void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_sctp_sack *sack = out;

	sack->flags = p[1];
	sack->length = torc_be16(p + 2);
	sack->cumulative_tsn = torc_be32(p + 4);
	sack->advertised_window = torc_be32(p + 8);
	sack->gap_count = torc_be16(p + 12);
	sack->duplicate_count = torc_be16(p + 14);
	sack->gaps = (struct torc_bytes){ p + 16, sack->gap_count * 4u };
	sack->duplicates =
		(struct torc_bytes){ p + 16 + sack->gap_count * 4u, sack->duplicate_count * 4u };
}

static const struct torc_field_info sctp_sack_fields[] = {
	TORC_FIELD_AT(struct torc_sctp_sack, flags, "flags", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_sctp_sack, length, "length", TORC_FIELD_UINT, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_sctp_sack, cumulative_tsn, "cumulative_tsn", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_sctp_sack, advertised_window, "advertised_window",
		      TORC_FIELD_UINT, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_sctp_sack, gap_count, "gap_count", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_sctp_sack, duplicate_count, "duplicate_count", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_sctp_sack, gaps, "gaps", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_sctp_sack, duplicates, "duplicates", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

const struct torc_layer_ops torc_layer_ops_sctp_sack = {
	.name = "SCTPSack",
	.key = "sctp_sack",
	.struct_size = sizeof(struct torc_sctp_sack),
	.decode = sctp_sack_decode,
	.read = sctp_sack_read,
	.fields = sctp_sack_fields,
};
