/* SPDX-License-Identifier: BSD-3-Clause */
/* ntp.c - Network Time Protocol, RFC 5905 §7.3; control messages, RFC 9327 §2 */
#include <torc/layers/application/ntp.h>

#include "decode/registry.h"

#define CONTROL 6
#define PRIVATE 7

#define FIXED_LENGTH   48
#define CONTROL_LENGTH 12
#define PRIVATE_LENGTH 8

/* What a message of this mode has at least. */
static uint32_t fixed_length(uint8_t first)
{
	return (first & 7) == CONTROL ? CONTROL_LENGTH :
	       (first & 7) == PRIVATE ? PRIVATE_LENGTH :
					FIXED_LENGTH;
}

static int ntp_decode(struct torc_cursor *cursor)
{
	TORC_NEED(cursor, 1);
	if ((cursor->data[0] >> 3 & 7) - 1u > 3) /* RFC 5905 §7.3; 1 is RFC 1059's */
		return torc_cursor_malformed(cursor, "version is not 1 to 4");
	TORC_NEED(cursor, fixed_length(cursor->data[0]));
	cursor->header_length = cursor->length;
	return TORC_STEP_OK;
}

static void read_message(const uint8_t *p, uint32_t length, struct torc_ntp *ntp)
{
	uint32_t fixed = fixed_length(p[0]);

	if (ntp->mode == CONTROL) {
		ntp->response = p[1] & 0x80;
		ntp->operation = p[1] & 0x1F;
		ntp->sequence = torc_be16(p + 2);
		ntp->association_id = torc_be16(p + 6);
	} else { /* ntpd's own; its first byte has flags where others have the leap indicator */
		ntp->leap_indicator = 0;
		ntp->response = p[0] & 0x80;
		ntp->sequence = p[1] & 0x7F;
		ntp->operation = p[3];
	}
	ntp->message = (struct torc_bytes){ p + fixed, length - fixed };
}

static void ntp_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_ntp *ntp = out;

	ntp->leap_indicator = p[0] >> 6;
	ntp->version = p[0] >> 3 & 7;
	ntp->mode = p[0] & 7;
	if (ntp->mode == CONTROL || ntp->mode == PRIVATE) {
		read_message(p, layer->header_length, ntp);
		return;
	}
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

/* A field that only some modes have. */
#define NTP_FIELD(member, name, kind, unit_)                                                       \
	TORC_FIELD_AT(struct torc_ntp, member, name, TORC_FIELD_##kind,                            \
		      .flags = TORC_FIELD_OPTIONAL, .unit = (unit_))

static const struct torc_field_info ntp_fields[] = {
	TORC_FIELD_AT(struct torc_ntp, leap_indicator, "leap_indicator", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_ntp, version, "version", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_ntp, mode, "mode", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY, .value_name = mode_name),
	NTP_FIELD(response, "response", BOOL, NULL),
	NTP_FIELD(operation, "operation", UINT, NULL),
	NTP_FIELD(sequence, "seq", UINT, NULL),
	NTP_FIELD(association_id, "association_id", UINT, NULL),
	NTP_FIELD(message, "message", BYTES, NULL),
	NTP_FIELD(stratum, "stratum", UINT, NULL),
	NTP_FIELD(poll, "poll", INT, "log2 seconds"),
	NTP_FIELD(precision, "precision", INT, "log2 seconds"),
	NTP_FIELD(root_delay, "root_delay", HEX, NULL),
	NTP_FIELD(root_dispersion, "root_dispersion", HEX, NULL),
	NTP_FIELD(reference_id, "reference_id", HEX, NULL),
	NTP_FIELD(reference_timestamp, "reference_timestamp", HEX, NULL),
	NTP_FIELD(origin_timestamp, "origin_timestamp", HEX, NULL),
	NTP_FIELD(receive_timestamp, "receive_timestamp", HEX, NULL),
	NTP_FIELD(transmit_timestamp, "transmit_timestamp", HEX, NULL),
	NTP_FIELD(extensions, "extensions", BYTES, NULL),
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
