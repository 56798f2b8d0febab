/* SPDX-License-Identifier: BSD-3-Clause */
/* ntp.c - Network Time Protocol, RFC 5905 §7.3 */
#include <torc/layers/ntp.h>

#include "decode/registry.h"

#define FIXED_LENGTH 48

static int ntp_decode(struct torc_cursor *cursor)
{
	TORC_NEED(cursor, FIXED_LENGTH);
	cursor->header_length = cursor->length;
	return TORC_STEP_OK;
}

static void ntp_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_ntp *ntp = out;

	ntp->leap_indicator = p[0] >> 6;
	ntp->version = p[0] >> 3 & 7;
	ntp->mode = p[0] & 7;
	ntp->stratum = p[1];
	ntp->poll = (int8_t)p[2];
	ntp->precision = (int8_t)p[3];
	ntp->root_delay = torc_be32(p + 4);
	ntp->root_dispersion = torc_be32(p + 8);
	ntp->reference_id = torc_be32(p + 12);
	ntp->reference_timestamp = torc_be64(p + 16);
	ntp->origin_timestamp = torc_be64(p + 24);
	ntp->receive_timestamp = torc_be64(p + 32);
	ntp->transmit_timestamp = torc_be64(p + 40);
	ntp->extensions =
		(struct torc_bytes){ p + FIXED_LENGTH, layer->header_length - FIXED_LENGTH };
}

static const char *mode_name(uint64_t mode)
{
	static const char *const names[] = { "reserved", "symmetric active", "symmetric passive",
					     "client",	 "server",	     "broadcast",
					     "control",	 "private" };

	return mode < 8 ? names[mode] : NULL;
}

static const struct torc_field_info ntp_fields[] = {
	TORC_FIELD_AT(struct torc_ntp, leap_indicator, "leap_indicator", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_ntp, version, "version", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_ntp, mode, "mode", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY, .value_name = mode_name),
	TORC_FIELD_AT(struct torc_ntp, stratum, "stratum", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_ntp, poll, "poll", TORC_FIELD_INT, .unit = "log2 seconds"),
	TORC_FIELD_AT(struct torc_ntp, precision, "precision", TORC_FIELD_INT,
		      .unit = "log2 seconds"),
	TORC_FIELD_AT(struct torc_ntp, root_delay, "root_delay", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_ntp, root_dispersion, "root_dispersion", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_ntp, reference_id, "reference_id", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_ntp, reference_timestamp, "reference_timestamp", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_ntp, origin_timestamp, "origin_timestamp", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_ntp, receive_timestamp, "receive_timestamp", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_ntp, transmit_timestamp, "transmit_timestamp", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_ntp, extensions, "extensions", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_layer_number ntp_numbers[] = {
	{ TORC_BY_UDP_PORT, 123 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_ntp = {
	.name = "NTP",
	.key = "ntp",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_ntp),
	.numbers = ntp_numbers,
	.decode = ntp_decode,
	.read = ntp_read,
	.fields = ntp_fields,
};
