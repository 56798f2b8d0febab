/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * dot11_data.c - data frames of 802.11 and what is encrypted
 *
 * QoS and addresses are in the frame's header, so the layers of data frames have no bytes of their
 * own: they say how the frame counts (an acknowledgment or a poll rides on it), and what follows.
 */
#include "decode/registry.h"
#include "decode/wireless/dot11.h"

#define AGGREGATED 0x80 /* in the QoS control field */

/* The frame's QoS control field stands behind its addresses. */
static bool is_aggregated(const uint8_t *frame)
{
	uint32_t at = (frame[1] & 3) == 3 ? 30 : 24;

	return frame[at] & AGGREGATED;
}

/* What is in the frame's body; plain when it is neither encrypted nor a later fragment. */
static int body_decode(struct torc_cursor *cursor, uint16_t plain)
{
	const uint8_t *frame = dot11_frame(cursor->decoded);

	cursor->header_length = 0;
	cursor->next = plain;
	if (frame && frame[1] & TORC_DOT11_PROTECTED)
		cursor->next = TORC_LAYER_DOT11_WEP;
	else if (frame && frame[22] & 15)
		cursor->next = TORC_LAYER_FRAGMENT;
	return TORC_STEP_OK;
}

static int data_decode(struct torc_cursor *cursor)
{
	return body_decode(cursor, TORC_LAYER_LLC);
}

/* The same without QoS follows, as gopacket has it; several MSDUs in one frame are not taken apart. */
static int qos_decode(struct torc_cursor *cursor, uint16_t plain)
{
	const uint8_t *frame = dot11_frame(cursor->decoded);

	return body_decode(cursor, frame && is_aggregated(frame) ? TORC_LAYER_PAYLOAD : plain);
}

static int qos_data_decode(struct torc_cursor *cursor)
{
	return qos_decode(cursor, TORC_LAYER_DOT11_DATA);
}

static int qos_data_cf_ack_decode(struct torc_cursor *cursor)
{
	return qos_decode(cursor, TORC_LAYER_DOT11_DATA_CF_ACK);
}

static int qos_data_cf_poll_decode(struct torc_cursor *cursor)
{
	return qos_decode(cursor, TORC_LAYER_DOT11_DATA_CF_POLL);
}

static int qos_data_cf_ack_poll_decode(struct torc_cursor *cursor)
{
	return qos_decode(cursor, TORC_LAYER_DOT11_DATA_CF_ACK_POLL);
}

const struct torc_layer_ops torc_layer_ops_dot11_data =
	DOT11_BARE("Dot11Data", "dot11_data", data_decode);
const struct torc_layer_ops torc_layer_ops_dot11_data_cf_ack =
	DOT11_BARE("Dot11DataCFAck", "dot11_data_cf_ack", data_decode);
const struct torc_layer_ops torc_layer_ops_dot11_data_cf_poll =
	DOT11_BARE("Dot11DataCFPoll", "dot11_data_cf_poll", data_decode);
const struct torc_layer_ops torc_layer_ops_dot11_data_cf_ack_poll =
	DOT11_BARE("Dot11DataCFAckPoll", "dot11_data_cf_ack_poll", data_decode);
const struct torc_layer_ops torc_layer_ops_dot11_data_null =
	DOT11_BARE("Dot11DataNull", "dot11_data_null", dot11_nothing_decode);
const struct torc_layer_ops torc_layer_ops_dot11_data_cf_ack_no_data =
	DOT11_BARE("Dot11DataCFAckNoData", "dot11_data_cf_ack_no_data", dot11_nothing_decode);
const struct torc_layer_ops torc_layer_ops_dot11_data_cf_poll_no_data =
	DOT11_BARE("Dot11DataCFPollNoData", "dot11_data_cf_poll_no_data", dot11_nothing_decode);
const struct torc_layer_ops torc_layer_ops_dot11_data_cf_ack_poll_no_data =
	DOT11_BARE("Dot11DataCFAckPollNoData", "dot11_data_cf_ack_poll_no_data", dot11_nothing_decode);
const struct torc_layer_ops torc_layer_ops_dot11_data_qos_data =
	DOT11_BARE("Dot11DataQOSData", "dot11_data_qos_data", qos_data_decode);
const struct torc_layer_ops torc_layer_ops_dot11_data_qos_data_cf_ack =
	DOT11_BARE("Dot11DataQOSDataCFAck", "dot11_data_qos_data_cf_ack", qos_data_cf_ack_decode);
const struct torc_layer_ops torc_layer_ops_dot11_data_qos_data_cf_poll =
	DOT11_BARE("Dot11DataQOSDataCFPoll", "dot11_data_qos_data_cf_poll", qos_data_cf_poll_decode);
const struct torc_layer_ops torc_layer_ops_dot11_data_qos_data_cf_ack_poll =
	DOT11_BARE("Dot11DataQOSDataCFAckPoll", "dot11_data_qos_data_cf_ack_poll", qos_data_cf_ack_poll_decode);
const struct torc_layer_ops torc_layer_ops_dot11_data_qos_null =
	DOT11_BARE("Dot11DataQOSNull", "dot11_data_qos_null", dot11_nothing_decode);
const struct torc_layer_ops torc_layer_ops_dot11_data_qos_cf_poll =
	DOT11_BARE("Dot11DataQOSCFPoll", "dot11_data_qos_cf_poll", dot11_nothing_decode);
const struct torc_layer_ops torc_layer_ops_dot11_data_qos_cf_ack_poll =
	DOT11_BARE("Dot11DataQOSCFAckPoll", "dot11_data_qos_cf_ack_poll", dot11_nothing_decode);

/* ---- what is encrypted ---- */

#define EXTENDED_IV 0x20 /* in the byte with the key's number */

static int wep_decode(struct torc_cursor *cursor)
{
	TORC_NEED(cursor, 4);
	if (cursor->data[3] & EXTENDED_IV)
		TORC_NEED(cursor, 8);
	cursor->header_length = cursor->length;
	return TORC_STEP_OK;
}

/* TKIP's second byte comes of its first (§12.5.2.2); CCMP's third is 0 (§12.5.3.2). */
static enum torc_dot11_cipher cipher_of(const uint8_t *p)
{
	if (!(p[3] & EXTENDED_IV))
		return TORC_DOT11_WEP;
	return p[1] == ((p[0] | 0x20) & 0x7F) ? TORC_DOT11_TKIP : TORC_DOT11_CCMP;
}

static void wep_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_dot11_wep *wep = out;
	uint32_t header = p[3] & EXTENDED_IV ? 8 : 4;
	uint16_t low = le16(p);

	wep->cipher = (uint8_t)cipher_of(p);
	wep->key_id = p[3] >> 6;
	if (wep->cipher == TORC_DOT11_WEP)
		wep->iv = torc_be24(p);
	else if (wep->cipher == TORC_DOT11_TKIP)
		low = (uint16_t)(p[0] << 8 | p[2]);
	if (wep->cipher != TORC_DOT11_WEP)
		wep->packet_number = (uint64_t)le32(p + 4) << 16 | low;
	wep->encrypted = (struct torc_bytes){ p + header, layer->header_length - header };
}

static const char *cipher_name(uint64_t cipher)
{
	static const char *const names[] = { NULL, "WEP", "TKIP", "CCMP or GCMP" };

	return cipher < 4 ? names[cipher] : NULL;
}

static const struct torc_field_info wep_fields[] = {
	TORC_FIELD_AT(struct torc_dot11_wep, cipher, "cipher", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY, .value_name = cipher_name),
	TORC_FIELD_AT(struct torc_dot11_wep, key_id, "key_id", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_dot11_wep, iv, "iv", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_dot11_wep, packet_number, "packet_number", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_dot11_wep, encrypted, "encrypted", TORC_FIELD_BYTES),
	TORC_FIELDS_END
};

const struct torc_layer_ops torc_layer_ops_dot11_wep = {
	.name = "Dot11WEP",
	.key = "dot11_wep",
	.struct_size = sizeof(struct torc_dot11_wep),
	.decode = wep_decode,
	.read = wep_read,
	.fields = wep_fields,
};
