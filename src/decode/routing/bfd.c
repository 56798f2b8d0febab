/* SPDX-License-Identifier: BSD-3-Clause */
/* bfd.c - Bidirectional Forwarding Detection: RFC 5880 §4; ports RFC 5881, RFC 5883 */
#include <torc/layers/routing/bfd.h>

#include "decode/registry.h"

#define FIXED_LENGTH 24
#define HAS_AUTHENTICATION 0x04

static int bfd_decode(struct torc_cursor *cursor)
{
	uint8_t length;

	TORC_NEED(cursor, FIXED_LENGTH);
	length = cursor->data[3];
	if (cursor->data[0] >> 5 != 1)
		return torc_cursor_malformed(cursor, "version is not 1");
	if (length < FIXED_LENGTH + (cursor->data[1] & HAS_AUTHENTICATION ? 2 : 0))
		return torc_cursor_malformed(cursor, "length is below the header");
	if (cursor->length < length)
		return TORC_STEP_CUT_TAIL;
	cursor->header_length = length;
	return TORC_STEP_OK;
}

static void bfd_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_bfd *bfd = out;

	bfd->version = p[0] >> 5;
	bfd->diagnostic = p[0] & 0x1F;
	bfd->state = p[1] >> 6;
	bfd->poll = p[1] & 0x20;
	bfd->final = p[1] & 0x10;
	bfd->control_plane_independent = p[1] & 0x08;
	bfd->authentication_present = p[1] & HAS_AUTHENTICATION;
	bfd->demand = p[1] & 0x02;
	bfd->multipoint = p[1] & 0x01;
	bfd->detect_multiplier = p[2];
	bfd->length = p[3];
	bfd->my_discriminator = torc_be32(p + 4);
	bfd->your_discriminator = torc_be32(p + 8);
	bfd->desired_min_tx_us = torc_be32(p + 12);
	bfd->required_min_rx_us = torc_be32(p + 16);
	bfd->required_min_echo_rx_us = torc_be32(p + 20);
	if (layer->header_length < FIXED_LENGTH + 3)
		return;
	bfd->authentication_type = p[24];
	bfd->authentication_key_id = p[26];
	bfd->authentication = (struct torc_bytes){ p + 27, layer->header_length - 27 };
}

static const char *state_name(uint64_t state)
{
	static const char *const names[] = { "admin down", "down", "init", "up" };

	return state < 4 ? names[state] : NULL;
}

static const char *diagnostic_name(uint64_t diagnostic)
{
	static const char *const names[] = {
		"none", "control detection time expired", "echo function failed",
		"neighbor signaled session down", "forwarding plane reset", "path down",
		"concatenated path down", "administratively down", "reverse concatenated path down",
	};

	return diagnostic < sizeof(names) / sizeof(names[0]) ? names[diagnostic] : NULL;
}

static const struct torc_field_info bfd_fields[] = {
	TORC_FIELD_AT(struct torc_bfd, version, "version", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_bfd, diagnostic, "diagnostic", TORC_FIELD_UINT,
		      .value_name = diagnostic_name),
	TORC_FIELD_AT(struct torc_bfd, state, "state", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY, .value_name = state_name),
	TORC_FIELD_AT(struct torc_bfd, poll, "poll", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_bfd, final, "final", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_bfd, control_plane_independent, "control_plane_independent", TORC_FIELD_BOOL,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_bfd, authentication_present, "authentication_present", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_bfd, demand, "demand", TORC_FIELD_BOOL,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_bfd, multipoint, "multipoint", TORC_FIELD_BOOL,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_bfd, detect_multiplier, "detect_multiplier", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_bfd, length, "length", TORC_FIELD_UINT, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_bfd, my_discriminator, "my_discriminator", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_bfd, your_discriminator, "your_discriminator", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_bfd, desired_min_tx_us, "desired_min_tx", TORC_FIELD_UINT,
		      .unit = "us"),
	TORC_FIELD_AT(struct torc_bfd, required_min_rx_us, "required_min_rx", TORC_FIELD_UINT,
		      .unit = "us"),
	TORC_FIELD_AT(struct torc_bfd, required_min_echo_rx_us, "required_min_echo_rx", TORC_FIELD_UINT,
		      .unit = "us"),
	TORC_FIELD_AT(struct torc_bfd, authentication_type, "authentication_type", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_bfd, authentication_key_id, "authentication_key_id", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_bfd, authentication, "authentication", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_layer_number bfd_numbers[] = {
	{ TORC_BY_UDP_PORT, 3784 },
	{ TORC_BY_UDP_PORT, 4784 },
	{ TORC_BY_UDP_PORT, 6784 }, /* on the links of an aggregate: RFC 7130 §2.2 */
	{ TORC_BY_UDP_PORT, 7784 }, /* seamless: RFC 7881 §2 */
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_bfd = {
	.name = "BFD",
	.key = "bfd",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_bfd),
	.numbers = bfd_numbers,
	.decode = bfd_decode,
	.read = bfd_read,
	.fields = bfd_fields,
};
