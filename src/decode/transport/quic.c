/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * quic.c - QUIC's long header: RFC 8999 §5.1, RFC 9000 §17.2, version 2 RFC 9369 §3.2. A short header has
 * nothing that tells it from other bytes (RFC 9000 §17.3), and is Payload.
 */
#include <torc/layers/transport/quic.h>

#include <string.h>

#include "decode/application/dtls.h"
#include "decode/application/tls_hello.h"
#include "decode/registry.h"
#include "decode/transport/quic_initial.h"

#define CID_MAX        20
#define PARAMETERS_MAX 400 /* bytes, of the room that names and fingerprints leave */

enum { RETRY = 3 };

static bool is_known_version(uint32_t version)
{
	return version == 0 || version == QUIC_VERSION_1 || version == QUIC_VERSION_2 ||
	       version >> 8 == 0xFF0000; /* drafts */
}

/* Of 5 bytes or more. */
static bool is_long_header(const uint8_t *p)
{
	return p[0] & 0x80 && is_known_version(torc_be32(p + 1)) &&
	       (torc_be32(p + 1) == 0 || p[0] & 0x40);
}

static uint8_t type_of(const uint8_t *p)
{
	uint8_t type = p[0] >> 4 & 3;

	/* RFC 9369 §3.2 turns them by one */
	return torc_be32(p + 1) == QUIC_VERSION_2 ? (type + 3) & 3 : type;
}

bool quic_integer(const uint8_t *p, uint32_t length, uint32_t *at, uint64_t *value)
{
	uint32_t size;

	if (*at >= length)
		return false;
	size = 1u << (p[*at] >> 6);
	if (size > length - *at)
		return false;
	*value = p[*at] & 0x3F;
	for (uint32_t i = 1; i < size; i++)
		*value = *value << 8 | p[*at + i];
	*at += size;
	return true;
}

/* The whole header up to the packet number, or as far as it goes: sets quic, returns its end or 0. */
static uint32_t header_read(const uint8_t *p, uint32_t length, struct torc_quic *quic)
{
	uint32_t at = 5;
	uint64_t size;

	quic->version = torc_be32(p + 1);
	quic->type = quic->version ? type_of(p) : 0;
	for (int i = 0; i < 2; i++) {
		struct torc_bytes *id = i == 0 ? &quic->destination : &quic->source;

		if (at >= length || p[at] > CID_MAX || p[at] > length - at - 1)
			return 0;
		*id = (struct torc_bytes){ p + at + 1, p[at] };
		at += 1u + p[at];
	}
	if (quic->version == 0 || quic->type == RETRY) {
		if (quic->version == 0)
			quic->versions = (struct torc_bytes){ p + at, length - at };
		return length;
	}
	if (quic->type == QUIC_INITIAL) {
		if (!quic_integer(p, length, &at, &size) || size > length - at)
			return 0;
		quic->token = (struct torc_bytes){ p + at, (uint32_t)size };
		at += (uint32_t)size;
	}
	return quic_integer(p, length, &at, &quic->length) ? at : 0;
}

static int quic_decode(struct torc_cursor *cursor)
{
	struct torc_quic quic = { 0 };
	const uint8_t *p = cursor->data;
	uint32_t header;

	TORC_NEED(cursor, 7);
	if (!is_long_header(p) && dtls_is_possible(p, cursor->length) &&
	    dtls_begins(p, cursor->length, cursor->wire_length)) {
		cursor->next = TORC_LAYER_DTLS;
		return TORC_STEP_OTHER;
	}
	if (!is_long_header(p))
		return torc_cursor_malformed(cursor, "not a long header of a known version");
	if (p[5] > CID_MAX)
		return torc_cursor_malformed(cursor, "a connection id of more than 20 bytes");
	header = header_read(p, cursor->length, &quic);
	if (header == 0 && cursor->length < cursor->wire_length)
		return TORC_STEP_SHORT;
	if (header == 0)
		return torc_cursor_malformed(cursor, "a connection id or token does not fit");
	cursor->header_length = header;
	if (header < cursor->length)
		cursor->next = TORC_LAYER_PAYLOAD;
	return TORC_STEP_OK;
}

/* header: bytes up to the packet number, as header_read() found them */
static void packet_bound(const uint8_t *p, uint32_t length, uint32_t header, struct torc_quic *quic)
{
	bool numbered = quic->version != 0 && quic->type != RETRY;

	quic->number_offset = numbered ? header : 0;
	if (numbered && quic->length < length - header)
		length = header + (uint32_t)quic->length;
	quic->packet = (struct torc_bytes){ p, length };
}

static void quic_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	uint32_t length = layer->header_length + layer->payload_length;
	struct torc_quic *quic = out;

	header_read(p, length, quic);
	packet_bound(p, length, layer->header_length, quic);
	quic->datagram = (struct torc_bytes){ p, length };
}

int torc_quic_next(struct torc_bytes datagram, uint32_t *position, struct torc_quic *quic)
{
	const uint8_t *p = datagram.data + *position;
	uint32_t length = datagram.length - *position, header;

	if (*position >= datagram.length || length < 7 || !is_long_header(p))
		return 0;
	memset(quic, 0, sizeof(*quic));
	header = header_read(p, length, quic);
	if (header == 0)
		return 0;
	packet_bound(p, length, header, quic);
	quic->datagram = (struct torc_bytes){ p, length };
	*position += quic->packet.length;
	return 1;
}

/* RFC 9000 §18.2, RFC 9221 §3: those whose value is an integer */
static bool is_number(uint64_t id)
{
	switch (id) {
	case TORC_QUIC_MAX_IDLE_TIMEOUT:
	case TORC_QUIC_MAX_UDP_PAYLOAD_SIZE:
	case TORC_QUIC_INITIAL_MAX_DATA:
	case TORC_QUIC_INITIAL_MAX_STREAM_DATA_BIDI_LOCAL:
	case TORC_QUIC_INITIAL_MAX_STREAM_DATA_BIDI_REMOTE:
	case TORC_QUIC_INITIAL_MAX_STREAM_DATA_UNI:
	case TORC_QUIC_INITIAL_MAX_STREAMS_BIDI:
	case TORC_QUIC_INITIAL_MAX_STREAMS_UNI:
	case TORC_QUIC_ACK_DELAY_EXPONENT:
	case TORC_QUIC_MAX_ACK_DELAY:
	case TORC_QUIC_ACTIVE_CONNECTION_ID_LIMIT:
	case TORC_QUIC_MAX_DATAGRAM_FRAME_SIZE:
		return true;
	default:
		return false;
	}
}

int torc_quic_parameter_next(struct torc_bytes parameters, uint32_t *position,
			     struct torc_quic_parameter *parameter)
{
	uint32_t at = *position, begin = 0;
	uint64_t length;

	if (!quic_integer(parameters.data, parameters.length, &at, &parameter->id) ||
	    !quic_integer(parameters.data, parameters.length, &at, &length) ||
	    length > parameters.length - at)
		return 0;
	parameter->value = (struct torc_bytes){ parameters.data + at, (uint32_t)length };
	parameter->number = 0;
	if (is_number(parameter->id))
		quic_integer(parameter->value.data, parameter->value.length, &begin, &parameter->number);
	*position = at + (uint32_t)length;
	return 1;
}

static int parameter_element(const void *layer, uint32_t *position, void *element)
{
	const struct torc_quic *quic = layer;

	return torc_quic_parameter_next(quic->parameters, position, element);
}

static struct torc_bytes keep(uint8_t **room, struct torc_bytes bytes, uint32_t most)
{
	struct torc_bytes kept = { *room, bytes.length < most ? bytes.length : most };

	if (kept.length > 0)
		memcpy(*room, bytes.data, kept.length);
	*room += kept.length;
	return kept;
}

/* Of all Initial packets of the datagram: a hello may be in two. */
static void quic_derive(void *object, uint8_t *room)
{
	struct torc_quic_initial initial = { .size = sizeof(initial) };
	struct torc_quic *quic = object, packet;
	struct torc_tls_hello hello;
	struct quic_hello all;
	uint8_t buffer[QUIC_OPEN_MAX];
	uint32_t position = 0;

	quic_hello_begin(&all);
	while (torc_quic_next(quic->datagram, &position, &packet)) {
		if (torc_quic_initial_open(&packet, packet.destination, false, buffer, sizeof(buffer),
					   &initial) < 0)
			continue;
		if (!quic->decrypted)
			quic->packet_number = initial.packet_number;
		quic->decrypted = true;
		quic_hello_add(&all, initial.frames);
	}
	if (!tls_hello_read(quic_hello_bytes(&all), TORC_TLS_OVER_QUIC, &hello) ||
	    hello.type != TLS_CLIENT_HELLO)
		return;
	quic->server_name = keep(&room, hello.server_name, 255);
	quic->alpn = keep(&room, hello.alpn, 255);
	quic->parameters = keep(&room, hello.quic_parameters, PARAMETERS_MAX);
	tls_fingerprints(quic_hello_bytes(&all), TORC_TLS_OVER_QUIC, &room,
			 (struct tls_fingerprints){ &quic->ja3, NULL, &quic->ja4 });
}

static const char *type_name(uint64_t type)
{
	static const char *const names[] = { "Initial", "0-RTT", "Handshake", "Retry" };

	return names[type & 3];
}

/* IANA's registry "QUIC Transport Parameters" */
static const char *parameter_name(uint64_t id)
{
	static const char *const names[] = {
		"original_destination_connection_id", "max_idle_timeout", "stateless_reset_token",
		"max_udp_payload_size", "initial_max_data", "initial_max_stream_data_bidi_local",
		"initial_max_stream_data_bidi_remote", "initial_max_stream_data_uni",
		"initial_max_streams_bidi", "initial_max_streams_uni", "ack_delay_exponent",
		"max_ack_delay", "disable_active_migration", "preferred_address",
		"active_connection_id_limit", "initial_source_connection_id",
		"retry_source_connection_id", "version_information"
	};

	if (id < sizeof(names) / sizeof(names[0]))
		return names[id];
	switch (id) {
	case TORC_QUIC_MAX_DATAGRAM_FRAME_SIZE:
		return "max_datagram_frame_size";
	case 0x2AB2: /* RFC 9287 */
		return "grease_quic_bit";
	case 0x3127:
		return "initial_rtt";
	case 0x3128:
		return "google_connection_options";
	case 0x4752:
		return "google_version";
	default: /* RFC 9000 §18.1 */
		return id >= 27 && (id - 27) % 31 == 0 ? "reserved" : NULL;
	}
}

static const struct torc_field_info parameter_fields[] = {
	TORC_FIELD_AT(struct torc_quic_parameter, id, "id", TORC_FIELD_UINT,
		      .value_name = parameter_name),
	TORC_FIELD_AT(struct torc_quic_parameter, number, "number", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_quic_parameter, value, "value", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_list_info parameter_list = {
	.next = parameter_element,
	.element_size = sizeof(struct torc_quic_parameter),
	.fields = parameter_fields,
};

static const struct torc_field_info quic_fields[] = {
	TORC_FIELD_AT(struct torc_quic, version, "version", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_quic, type, "packet_type", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY, .value_name = type_name),
	TORC_FIELD_AT(struct torc_quic, destination, "destination", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_quic, source, "source", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_quic, token, "token", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_quic, versions, "versions", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_quic, length, "length", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_quic, decrypted, "decrypted", TORC_FIELD_BOOL,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_DERIVED),
	TORC_FIELD_AT(struct torc_quic, packet_number, "packet_number", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_DERIVED),
	TORC_FIELD_AT(struct torc_quic, server_name, "sni", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_DERIVED),
	TORC_FIELD_AT(struct torc_quic, alpn, "alpn", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_DERIVED),
	TORC_FIELD_AT(struct torc_quic, parameters, "parameters", TORC_FIELD_LIST,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_DERIVED, .list = &parameter_list),
	TORC_FIELD_AT(struct torc_quic, ja3, "ja3", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_DERIVED),
	TORC_FIELD_AT(struct torc_quic, ja4, "ja4", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_DERIVED),
	TORC_FIELDS_END
};

static const struct torc_layer_number quic_numbers[] = {
	{ TORC_BY_UDP_PORT, 443 },
	{ TORC_BY_UDP_PORT, 853 },
	{ TORC_BY_UDP_PORT, 4433 },
	{ TORC_BY_UDP_PORT, 8443 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_quic = {
	.name = "QUIC",
	.key = "quic",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_quic),
	.numbers = quic_numbers,
	.decode = quic_decode,
	.read = quic_read,
	.derive = quic_derive,
	.fields = quic_fields,
};
