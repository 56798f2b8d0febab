/* SPDX-License-Identifier: BSD-3-Clause */
/* rtp.c - RTP: RFC 3550 §5.1; names of payloads RFC 3551 §6 */
#include <torc/layers/application/rtp.h>

#include "decode/registry.h"

#define HEADER 12

static int rtp_decode(struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data;
	uint32_t header;

	TORC_NEED(cursor, HEADER);
	if (p[0] >> 6 != 2)
		return torc_cursor_malformed(cursor, "version is not 2");
	header = HEADER + (p[0] & 0xFu) * 4;
	TORC_NEED(cursor, header);
	if (p[0] & 0x10) {
		TORC_NEED(cursor, header + 4);
		header += 4 + torc_be16(p + header + 2) * 4u;
		TORC_NEED(cursor, header);
	}
	cursor->header_length = header;
	if (cursor->length > header)
		cursor->next = TORC_LAYER_PAYLOAD;
	return TORC_STEP_OK;
}

static void rtp_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_rtp *rtp = out;
	uint32_t at;

	rtp->version = p[0] >> 6;
	rtp->has_padding = p[0] & 0x20;
	rtp->has_extension = p[0] & 0x10;
	rtp->contributor_count = p[0] & 0xF;
	rtp->marker = p[1] & 0x80;
	rtp->payload_type = p[1] & 0x7F;
	rtp->sequence = torc_be16(p + 2);
	rtp->timestamp = torc_be32(p + 4);
	rtp->source = torc_be32(p + 8);
	at = HEADER + rtp->contributor_count * 4u;
	rtp->contributors = (struct torc_bytes){ p + HEADER, at - HEADER };
	if (rtp->has_extension) {
		rtp->extension_profile = torc_be16(p + at);
		rtp->extension = (struct torc_bytes){ p + at + 4, layer->header_length - at - 4 };
	}
}

static const char *payload_name(uint64_t type)
{
	static const char *const names[] = {
		[0] = "PCMU", [3] = "GSM", [4] = "G723", [5] = "DVI4 8000", [6] = "DVI4 16000",
		[7] = "LPC", [8] = "PCMA", [9] = "G722", [10] = "L16 stereo", [11] = "L16",
		[12] = "QCELP", [13] = "CN", [14] = "MPA", [15] = "G728", [16] = "DVI4 11025",
		[17] = "DVI4 22050", [18] = "G729", [25] = "CelB", [26] = "JPEG", [28] = "nv",
		[31] = "H261", [32] = "MPV", [33] = "MP2T", [34] = "H263"
	};

	return type < sizeof(names) / sizeof(names[0]) ? names[type] :
	       type >= 96			       ? "dynamic" :
							 NULL;
}

#define SOME(member, name, kind, ...)                                                              \
	TORC_FIELD_AT(struct torc_rtp, member, name, kind, .flags = TORC_FIELD_OPTIONAL, __VA_ARGS__)

static const struct torc_field_info rtp_fields[] = {
	TORC_FIELD_AT(struct torc_rtp, version, "version", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_rtp, has_padding, "padding", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_rtp, has_extension, "has_extension", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_rtp, contributor_count, "contributor_count", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_rtp, marker, "marker", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_rtp, payload_type, "payload_type", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY, .value_name = payload_name),
	TORC_FIELD_AT(struct torc_rtp, sequence, "seq", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_rtp, timestamp, "timestamp", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_rtp, source, "ssrc", TORC_FIELD_HEX, .flags = TORC_FIELD_SUMMARY),
	SOME(contributors, "contributors", TORC_FIELD_BYTES),
	SOME(extension_profile, "extension_profile", TORC_FIELD_HEX),
	SOME(extension, "extension", TORC_FIELD_BYTES),
	TORC_FIELDS_END
};

const struct torc_layer_ops torc_layer_ops_rtp = {
	.name = "RTP",
	.key = "rtp",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_rtp),
	.decode = rtp_decode,
	.read = rtp_read,
	.fields = rtp_fields,
};
