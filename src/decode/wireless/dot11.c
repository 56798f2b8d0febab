/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * dot11.c - the header of 802.11 frames, IEEE 802.11-2016 §9.2.4
 *
 * Whether a frame ends with its checksum (FCS) is in the radiotap header. Captures without one do
 * not say: there the last four bytes are the checksum when they are right.
 */
#include "decode/wireless/dot11.h"

#include <string.h>

#include "decode/registry.h"
#include "decode/wireless/radiotap.h"

#define FCS	   4
#define HT_CONTROL 4
#define QOS_DATA   0x22 /* types: subtype above two bits of type */
#define QOS_MASK   0x23

static uint8_t frame_type(const uint8_t *p)
{
	return p[0] >> 2 & 3;
}

/* As torc_dot11.type has it. */
static uint8_t full_type(const uint8_t *p)
{
	return (uint8_t)(p[0] >> 4 << 2 | frame_type(p));
}

static bool has_qos(const uint8_t *p)
{
	return (full_type(p) & QOS_MASK) == QOS_DATA;
}

/* §9.2.4.1.10 */
static bool has_ht_control(const uint8_t *p)
{
	return p[1] & TORC_DOT11_ORDER &&
	       (has_qos(p) || frame_type(p) == TORC_DOT11_MANAGEMENT);
}

/* Control frames with a transmitter's address: §9.3.1; trigger and NDP announcement of 802.11ax, ac */
static bool control_has_transmitter(const uint8_t *p)
{
	static const uint16_t subtypes = 1 << 2 | 1 << 4 | 1 << 5 | 1 << 8 | 1 << 9 | 1 << 10 |
					 1 << 11 | 1 << 14 | 1 << 15;

	return subtypes >> (p[0] >> 4) & 1;
}

static bool has_address4(const uint8_t *p)
{
	return frame_type(p) == TORC_DOT11_DATA && p[1] & TORC_DOT11_TO_DS &&
	       p[1] & TORC_DOT11_FROM_DS;
}

/* Bytes of the header, without what pads it. */
static uint32_t header_length(const uint8_t *p)
{
	uint32_t length;

	switch (frame_type(p)) {
	case TORC_DOT11_CONTROL:
		return control_has_transmitter(p) ? 16 : DOT11_HEADER_MIN;
	case TORC_DOT11_EXTENSION:
		return DOT11_HEADER_MIN;
	default:
		length = 24;
	}
	if (has_address4(p))
		length += 6;
	if (has_qos(p))
		length += 2;
	return has_ht_control(p) ? length + HT_CONTROL : length;
}

/* CRC-32 of IEEE 802.3, half a byte at a time: the table is small. */
static uint32_t crc32(const uint8_t *p, uint32_t length)
{
	static const uint32_t halves[16] = {
		0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC, 0x76DC4190, 0x6B6B51F4,
		0x4DB26158, 0x5005713C, 0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C,
		0x9B64C2B0, 0x86D3D2D4, 0xA00AE278, 0xBDBDF21C
	};
	uint32_t crc = UINT32_MAX;

	while (length-- > 0) {
		crc ^= *p++;
		crc = crc >> 4 ^ halves[crc & 15];
		crc = crc >> 4 ^ halves[crc & 15];
	}
	return ~crc;
}

/* The radiotap flags in front of the layer; false where nothing says whether there is an FCS. */
static bool radio_flags(const struct torc_decoded *decoded, uint32_t offset, uint8_t *flags)
{
	unsigned int i;

	for (i = 0; i < decoded->layer_count && decoded->layers[i].offset < offset; i++)
		if (decoded->layers[i].type == TORC_LAYER_RADIOTAP)
			return radiotap_flags(torc_layer_header(decoded, &decoded->layers[i]),
					      decoded->layers[i].header_length, flags);
	return false;
}

/* Bytes of FCS at the end of a frame of so many bytes: 4 or 0. */
static uint32_t fcs_length(const struct torc_decoded *decoded, const uint8_t *frame,
			   uint32_t captured, uint32_t wire)
{
	uint8_t flags;

	if (radio_flags(decoded, (uint32_t)(frame - decoded->data), &flags))
		return flags & TORC_RADIOTAP_FCS && wire >= DOT11_HEADER_MIN + FCS ? FCS : 0;
	if (captured < wire || captured < DOT11_HEADER_MIN + FCS)
		return 0;
	return crc32(frame, captured - FCS) == le32(frame + captured - FCS) ? FCS : 0;
}

/* What a header that is not a multiple of 4 bytes long is padded with, where a driver does so. */
static uint32_t padding(const struct torc_decoded *decoded, const uint8_t *frame)
{
	uint8_t flags;

	if (frame_type(frame) != TORC_DOT11_DATA ||
	    !radio_flags(decoded, (uint32_t)(frame - decoded->data), &flags) ||
	    !(flags & TORC_RADIOTAP_PADDED))
		return 0;
	return -header_length(frame) & 3;
}

const uint8_t *dot11_frame(const struct torc_decoded *decoded)
{
	unsigned int i = decoded->layer_count;

	while (i-- > 0)
		if (decoded->layers[i].type == TORC_LAYER_DOT11)
			return torc_layer_header(decoded, &decoded->layers[i]);
	return NULL;
}

/* The layer of a frame's type; TORC_LAYER_PAYLOAD for those that have none. */
static uint16_t type_layer(const uint8_t *p)
{
	static const uint16_t layers[3][16] = {
		{ TORC_LAYER_DOT11_MGMT_ASSOCIATION_REQ, TORC_LAYER_DOT11_MGMT_ASSOCIATION_RESP,
		  TORC_LAYER_DOT11_MGMT_REASSOCIATION_REQ, TORC_LAYER_DOT11_MGMT_REASSOCIATION_RESP,
		  TORC_LAYER_DOT11_MGMT_PROBE_REQ, TORC_LAYER_DOT11_MGMT_PROBE_RESP,
		  TORC_LAYER_DOT11_MGMT_MEASUREMENT_PILOT, TORC_LAYER_PAYLOAD,
		  TORC_LAYER_DOT11_MGMT_BEACON, TORC_LAYER_DOT11_MGMT_ATIM,
		  TORC_LAYER_DOT11_MGMT_DISASSOCIATION, TORC_LAYER_DOT11_MGMT_AUTHENTICATION,
		  TORC_LAYER_DOT11_MGMT_DEAUTHENTICATION, TORC_LAYER_DOT11_MGMT_ACTION,
		  TORC_LAYER_DOT11_MGMT_ACTION_NO_ACK, TORC_LAYER_DOT11_MGMT_ARUBA_WLAN },
		{ [8] = TORC_LAYER_DOT11_CTRL_BLOCK_ACK_REQ, TORC_LAYER_DOT11_CTRL_BLOCK_ACK,
		  TORC_LAYER_DOT11_CTRL_POWERSAVE_POLL, TORC_LAYER_DOT11_CTRL_RTS,
		  TORC_LAYER_DOT11_CTRL_CTS, TORC_LAYER_DOT11_CTRL_ACK,
		  TORC_LAYER_DOT11_CTRL_CF_END, TORC_LAYER_DOT11_CTRL_CF_END_ACK },
		{ TORC_LAYER_DOT11_DATA, TORC_LAYER_DOT11_DATA_CF_ACK,
		  TORC_LAYER_DOT11_DATA_CF_POLL, TORC_LAYER_DOT11_DATA_CF_ACK_POLL,
		  TORC_LAYER_DOT11_DATA_NULL, TORC_LAYER_DOT11_DATA_CF_ACK_NO_DATA,
		  TORC_LAYER_DOT11_DATA_CF_POLL_NO_DATA, TORC_LAYER_DOT11_DATA_CF_ACK_POLL_NO_DATA,
		  TORC_LAYER_DOT11_DATA_QOS_DATA, TORC_LAYER_DOT11_DATA_QOS_DATA_CF_ACK,
		  TORC_LAYER_DOT11_DATA_QOS_DATA_CF_POLL,
		  TORC_LAYER_DOT11_DATA_QOS_DATA_CF_ACK_POLL, TORC_LAYER_DOT11_DATA_QOS_NULL,
		  TORC_LAYER_PAYLOAD, TORC_LAYER_DOT11_DATA_QOS_CF_POLL,
		  TORC_LAYER_DOT11_DATA_QOS_CF_ACK_POLL },
	};
	uint16_t layer;

	if (frame_type(p) == TORC_DOT11_EXTENSION)
		return TORC_LAYER_PAYLOAD;
	layer = layers[frame_type(p)][p[0] >> 4];
	return layer != TORC_LAYER_NONE ? layer : TORC_LAYER_DOT11_CTRL;
}

/* Whether the layer of a type is there without a byte behind the header. */
static bool stands_empty(const uint8_t *p)
{
	unsigned int subtype = p[0] >> 4;

	switch (frame_type(p)) {
	case TORC_DOT11_MANAGEMENT:
		return subtype == 4 || subtype == 9; /* probe request, ATIM */
	case TORC_DOT11_CONTROL:
		return subtype >= 10;
	case TORC_DOT11_DATA:
		return subtype != 13;
	default:
		return false;
	}
}

static int dot11_decode(struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data;
	uint32_t fcs, header;

	TORC_NEED(cursor, DOT11_HEADER_MIN);
	if (p[0] & 3)
		return torc_cursor_malformed(cursor, "the protocol version is not 0");
	fcs = fcs_length(cursor->decoded, p, cursor->length, cursor->wire_length);
	if (fcs > 0)
		torc_cursor_claim(cursor, cursor->wire_length - fcs);
	header = header_length(p) + padding(cursor->decoded, p);
	if (cursor->length < header)
		return TORC_STEP_CUT_TAIL;
	cursor->header_length = header;
	if (cursor->length == header && !stands_empty(p))
		return TORC_STEP_OK;
	cursor->next = type_layer(p);
	if (frame_type(p) == TORC_DOT11_MANAGEMENT && p[1] & TORC_DOT11_PROTECTED &&
	    cursor->length > header)
		cursor->next = TORC_LAYER_DOT11_WEP;
	return TORC_STEP_OK;
}

/* §9.3.2.1: what the addresses of a data frame are */
static void roles_read(struct torc_dot11 *dot11)
{
	static const uint8_t none[6];
	const uint8_t *source = none, *destination = none, *bssid = none;

	if ((dot11->type & 3) == TORC_DOT11_MANAGEMENT ||
	    (dot11->type & 3) == TORC_DOT11_DATA) {
		switch (dot11->flags & (TORC_DOT11_TO_DS | TORC_DOT11_FROM_DS)) {
		case 0:
			destination = dot11->address1;
			source = dot11->address2;
			bssid = dot11->address3;
			break;
		case TORC_DOT11_TO_DS:
			bssid = dot11->address1;
			source = dot11->address2;
			destination = dot11->address3;
			break;
		case TORC_DOT11_FROM_DS:
			destination = dot11->address1;
			bssid = dot11->address2;
			source = dot11->address3;
			break;
		default:
			destination = dot11->address3;
			source = dot11->address4;
		}
	}
	memcpy(dot11->source, source, 6);
	memcpy(dot11->destination, destination, 6);
	memcpy(dot11->bssid, bssid, 6);
}

/* What follows the first address, as far as it is there. */
static void tail_read(struct torc_dot11 *dot11, const uint8_t *p, uint32_t length)
{
	uint32_t at = 24, whole = header_length(p);

	if (length >= 16 && whole >= 16)
		memcpy(dot11->address2, p + 10, 6);
	if (length < 24 || whole < 24)
		return;
	memcpy(dot11->address3, p + 16, 6);
	dot11->sequence = le16(p + 22) >> 4;
	dot11->fragment = p[22] & 15;
	if (length < whole)
		return;
	if (has_address4(p)) {
		memcpy(dot11->address4, p + at, 6);
		at += 6;
	}
	if (has_qos(p)) {
		dot11->has_qos = true;
		dot11->tid = p[at] & 15;
		dot11->end_of_service_period = p[at] & 0x10;
		dot11->ack_policy = p[at] >> 5 & 3;
		dot11->aggregated = p[at] & 0x80;
		dot11->txop = p[at + 1];
		at += 2;
	}
	if (has_ht_control(p)) {
		dot11->has_ht_control = true;
		dot11->ht_control = le32(p + at);
	}
}

static void dot11_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	uint32_t captured = decoded->caplen - layer->offset;
	struct torc_dot11 *dot11 = out;

	dot11->type = full_type(p);
	dot11->version = p[0] & 3;
	dot11->flags = p[1];
	dot11->duration = le16(p + 2);
	memcpy(dot11->address1, p + 4, 6);
	tail_read(dot11, p, layer->header_length);
	roles_read(dot11);
	if (decoded->caplen == decoded->len && captured >= DOT11_HEADER_MIN + FCS &&
	    fcs_length(decoded, p, captured, captured) == FCS) {
		dot11->has_fcs = true;
		dot11->fcs = le32(p + captured - FCS);
		dot11->fcs_wrong = crc32(p, captured - FCS) != dot11->fcs;
	}
}

/* ---- names ---- */

const char *dot11_type_name(uint64_t type)
{
	static const char *const names[3][16] = {
		{ "association request", "association response", "reassociation request",
		  "reassociation response", "probe request", "probe response", "measurement pilot",
		  NULL, "beacon", "ATIM", "disassociation", "authentication", "deauthentication",
		  "action", "action without acknowledgment", "Aruba management" },
		{ [2] = "trigger", NULL, "beamforming report poll", "NDP announcement", NULL,
		  "control wrapper", "block acknowledgment request", "block acknowledgment",
		  "power save poll", "RTS", "CTS", "acknowledgment", "CF end",
		  "CF end and acknowledgment" },
		{ "data", "data, CF ack", "data, CF poll", "data, CF ack and poll", "null",
		  "CF ack", "CF poll", "CF ack and poll", "QoS data", "QoS data, CF ack",
		  "QoS data, CF poll", "QoS data, CF ack and poll", "QoS null", NULL, "QoS CF poll",
		  "QoS CF ack and poll" },
	};

	return (type & 3) < 3 && type < 64 ? names[type & 3][type >> 2] : NULL;
}

static const char *ack_policy_name(uint64_t policy)
{
	static const char *const names[] = { "normal", "none", "no explicit", "block" };

	return policy < 4 ? names[policy] : NULL;
}

#define AT(member, kind, ...) TORC_FIELD_AT(struct torc_dot11, member, #member, kind, __VA_ARGS__)
#define SOME(member, kind, ...) AT(member, kind, .flags = TORC_FIELD_OPTIONAL, __VA_ARGS__)

static const struct torc_field_info dot11_fields[] = {
	TORC_FIELD_AT(struct torc_dot11, type, "dot11_type", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY, .value_name = dot11_type_name),
	AT(version, TORC_FIELD_UINT),
	AT(flags, TORC_FIELD_HEX),
	AT(duration, TORC_FIELD_UINT, .unit = "microseconds"),
	AT(address1, TORC_FIELD_MAC),
	SOME(address2, TORC_FIELD_MAC),
	SOME(address3, TORC_FIELD_MAC),
	SOME(address4, TORC_FIELD_MAC),
	TORC_FIELD_AT(struct torc_dot11, source, "src", TORC_FIELD_MAC,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_dot11, destination, "dst", TORC_FIELD_MAC,
		      .flags = TORC_FIELD_OPTIONAL),
	SOME(bssid, TORC_FIELD_MAC),
	SOME(sequence, TORC_FIELD_UINT),
	SOME(fragment, TORC_FIELD_UINT),
	SOME(has_qos, TORC_FIELD_BOOL),
	SOME(tid, TORC_FIELD_UINT),
	SOME(end_of_service_period, TORC_FIELD_BOOL),
	SOME(ack_policy, TORC_FIELD_UINT, .value_name = ack_policy_name),
	SOME(aggregated, TORC_FIELD_BOOL),
	SOME(txop, TORC_FIELD_UINT),
	SOME(has_ht_control, TORC_FIELD_BOOL),
	SOME(ht_control, TORC_FIELD_HEX),
	SOME(has_fcs, TORC_FIELD_BOOL),
	SOME(fcs, TORC_FIELD_HEX),
	SOME(fcs_wrong, TORC_FIELD_BOOL),
	TORC_FIELDS_END
};

static const struct torc_layer_number dot11_numbers[] = {
	{ TORC_BY_LINK_TYPE, TORC_LINK_IEEE802_11 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_dot11 = {
	.name = "Dot11",
	.key = "dot11",
	.role = TORC_ROLE_LINK,
	.struct_size = sizeof(struct torc_dot11),
	.numbers = dot11_numbers,
	.decode = dot11_decode,
	.read = dot11_read,
	.fields = dot11_fields,
};
