/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * dot11_management.c - the fixed fields of management frames, IEEE 802.11-2016 §9.3.3
 *
 * Elements follow them in most: Dot11InformationElement.
 */
#include <string.h>

#include "decode/registry.h"
#include "decode/wireless/dot11.h"

/* So many bytes, then elements. */
static int fixed_decode(struct torc_cursor *cursor, uint32_t bytes)
{
	TORC_NEED(cursor, bytes);
	cursor->header_length = bytes;
	if (cursor->length > bytes)
		cursor->next = TORC_LAYER_DOT11_INFORMATION_ELEMENT;
	return TORC_STEP_OK;
}

static int none_decode(struct torc_cursor *cursor)
{
	return fixed_decode(cursor, 0);
}

static int reason_decode(struct torc_cursor *cursor)
{
	return fixed_decode(cursor, 2);
}

static int association_req_decode(struct torc_cursor *cursor)
{
	return fixed_decode(cursor, 4);
}

static int association_resp_decode(struct torc_cursor *cursor)
{
	return fixed_decode(cursor, 6);
}

static int reassociation_req_decode(struct torc_cursor *cursor)
{
	return fixed_decode(cursor, 10);
}

static int beacon_decode(struct torc_cursor *cursor)
{
	return fixed_decode(cursor, 12);
}

/* SAE (3) has its own fields where others have elements, §9.4.1. */
static int authentication_decode(struct torc_cursor *cursor)
{
	int step = fixed_decode(cursor, 6);

	if (step == TORC_STEP_OK && cursor->next != TORC_LAYER_NONE && le16(cursor->data) == 3)
		cursor->next = TORC_LAYER_PAYLOAD;
	return step;
}

static int action_decode(struct torc_cursor *cursor)
{
	TORC_NEED(cursor, 2);
	cursor->header_length = cursor->length;
	return TORC_STEP_OK;
}

static int body_decode(struct torc_cursor *cursor)
{
	cursor->header_length = cursor->length;
	return TORC_STEP_OK;
}

/* ---- names ---- */

/* §9.4.1.7 */
const char *dot11_reason_name(uint64_t reason)
{
	static const char *const names[] = {
		"reserved", "unspecified", "authentication is no longer valid", "leaving",
		"inactivity", "too many stations", "class 2 frame before authentication",
		"class 3 frame before association", "leaving", "association without authentication",
		"power capability", "supported channels", "BSS transition", "invalid element",
		"MIC failure", "4-way handshake timeout", "group key handshake timeout",
		"handshake element differs", "invalid group cipher", "invalid pairwise cipher",
		"invalid AKMP", "unsupported RSN version", "invalid RSN capabilities",
		"802.1X authentication failed", "cipher refused by policy"
	};

	return reason < sizeof(names) / sizeof(names[0]) ? names[reason] : NULL;
}

/* §9.4.1.9 */
const char *dot11_status_name(uint64_t status)
{
	switch (status) {
	case 0:
		return "success";
	case 1:
		return "failure";
	case 10:
		return "capabilities not supported";
	case 11:
		return "no association to be renewed";
	case 12:
		return "association denied";
	case 13:
		return "algorithm not supported";
	case 14:
		return "sequence number not expected";
	case 15:
		return "challenge failure";
	case 16:
		return "timeout";
	case 17:
		return "too many stations";
	case 18:
		return "rates not supported";
	case 30:
		return "refused for now";
	case 37:
		return "declined";
	case 76:
		return "anti-clogging token required";
	case 126:
		return "SAE hash to element";
	default:
		return NULL;
	}
}

static const char *algorithm_name(uint64_t algorithm)
{
	static const char *const names[] = { "open", "shared key", "fast BSS transition", "SAE" };

	return algorithm < 4 ? names[algorithm] : NULL;
}

/* §9.4.1.11 */
static const char *category_name(uint64_t category)
{
	static const char *const names[] = {
		"spectrum management", "QoS", NULL, "block acknowledgment", "public",
		"radio measurement", "fast BSS transition", "HT", "SA query", "protected public",
		"WNM", "unprotected WNM", "TDLS", "mesh", "multihop", "self-protected", "DMG",
		NULL, "fast session transfer", "robust AV streaming", "unprotected DMG", "VHT"
	};

	if (category == 126 || category == 127)
		return "vendor specific";
	return category < sizeof(names) / sizeof(names[0]) ? names[category] : NULL;
}

/* ---- association ---- */

static void association_req_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
				 void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_dot11_mgmt_association_req *frame = out;

	frame->capabilities = le16(p);
	frame->listen_interval = le16(p + 2);
}

static const struct torc_field_info association_req_fields[] = {
	TORC_FIELD_AT(struct torc_dot11_mgmt_association_req, capabilities, "capabilities",
		      TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_dot11_mgmt_association_req, listen_interval, "listen_interval",
		      TORC_FIELD_UINT,
		      .unit = "beacon intervals"),
	TORC_FIELDS_END
};

const struct torc_layer_ops torc_layer_ops_dot11_mgmt_association_req = {
	.name = "Dot11MgmtAssociationReq",
	.key = "dot11_mgmt_association_req",
	.struct_size = sizeof(struct torc_dot11_mgmt_association_req),
	.decode = association_req_decode,
	.read = association_req_read,
	.fields = association_req_fields,
};

static void association_resp_read(const struct torc_decoded *decoded,
				   const struct torc_layer *layer,
				  void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_dot11_mgmt_association_resp *frame = out;

	frame->capabilities = le16(p);
	frame->status = le16(p + 2);
	frame->association_id = le16(p + 4);
}

static const struct torc_field_info association_resp_fields[] = {
	TORC_FIELD_AT(struct torc_dot11_mgmt_association_resp, capabilities, "capabilities",
		      TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_dot11_mgmt_association_resp, status, "status", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY, .value_name = dot11_status_name),
	TORC_FIELD_AT(struct torc_dot11_mgmt_association_resp, association_id, "association_id",
		      TORC_FIELD_UINT),
	TORC_FIELDS_END
};

const struct torc_layer_ops torc_layer_ops_dot11_mgmt_association_resp = {
	.name = "Dot11MgmtAssociationResp",
	.key = "dot11_mgmt_association_resp",
	.struct_size = sizeof(struct torc_dot11_mgmt_association_resp),
	.decode = association_resp_decode,
	.read = association_resp_read,
	.fields = association_resp_fields,
};

static void reassociation_req_read(const struct torc_decoded *decoded,
				   const struct torc_layer *layer,
				   void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_dot11_mgmt_reassociation_req *frame = out;

	frame->capabilities = le16(p);
	frame->listen_interval = le16(p + 2);
	memcpy(frame->current_ap, p + 4, 6);
}

static const struct torc_field_info reassociation_req_fields[] = {
	TORC_FIELD_AT(struct torc_dot11_mgmt_reassociation_req, capabilities, "capabilities",
		      TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_dot11_mgmt_reassociation_req, listen_interval, "listen_interval",
		      TORC_FIELD_UINT,
		      .unit = "beacon intervals"),
	TORC_FIELD_AT(struct torc_dot11_mgmt_reassociation_req, current_ap, "current_ap",
		      TORC_FIELD_MAC),
	TORC_FIELDS_END
};

const struct torc_layer_ops torc_layer_ops_dot11_mgmt_reassociation_req = {
	.name = "Dot11MgmtReassociationReq",
	.key = "dot11_mgmt_reassociation_req",
	.struct_size = sizeof(struct torc_dot11_mgmt_reassociation_req),
	.decode = reassociation_req_decode,
	.read = reassociation_req_read,
	.fields = reassociation_req_fields,
};

static void reassociation_resp_read(const struct torc_decoded *decoded,
				   const struct torc_layer *layer,
				    void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_dot11_mgmt_reassociation_resp *frame = out;

	frame->capabilities = le16(p);
	frame->status = le16(p + 2);
	frame->association_id = le16(p + 4);
}

static const struct torc_field_info reassociation_resp_fields[] = {
	TORC_FIELD_AT(struct torc_dot11_mgmt_reassociation_resp, capabilities, "capabilities",
		      TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_dot11_mgmt_reassociation_resp, status, "status", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY, .value_name = dot11_status_name),
	TORC_FIELD_AT(struct torc_dot11_mgmt_reassociation_resp, association_id, "association_id",
		      TORC_FIELD_UINT),
	TORC_FIELDS_END
};

const struct torc_layer_ops torc_layer_ops_dot11_mgmt_reassociation_resp = {
	.name = "Dot11MgmtReassociationResp",
	.key = "dot11_mgmt_reassociation_resp",
	.struct_size = sizeof(struct torc_dot11_mgmt_reassociation_resp),
	.decode = association_resp_decode,
	.read = reassociation_resp_read,
	.fields = reassociation_resp_fields,
};

static void disassociation_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
				void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_dot11_mgmt_disassociation *frame = out;

	frame->reason = le16(p);
}

static const struct torc_field_info disassociation_fields[] = {
	TORC_FIELD_AT(struct torc_dot11_mgmt_disassociation, reason, "reason", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY, .value_name = dot11_reason_name),
	TORC_FIELDS_END
};

const struct torc_layer_ops torc_layer_ops_dot11_mgmt_disassociation = {
	.name = "Dot11MgmtDisassociation",
	.key = "dot11_mgmt_disassociation",
	.struct_size = sizeof(struct torc_dot11_mgmt_disassociation),
	.decode = reason_decode,
	.read = disassociation_read,
	.fields = disassociation_fields,
};

/* ---- finding a network ---- */

const struct torc_layer_ops torc_layer_ops_dot11_mgmt_probe_req = {
	.name = "Dot11MgmtProbeReq",
	.key = "dot11_mgmt_probe_req",
	.decode = none_decode,
};

static void probe_resp_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			    void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_dot11_mgmt_probe_resp *frame = out;

	frame->timestamp_us = le64(p);
	frame->interval = le16(p + 8);
	frame->capabilities = le16(p + 10);
}

static const struct torc_field_info probe_resp_fields[] = {
	TORC_FIELD_AT(struct torc_dot11_mgmt_probe_resp, timestamp_us, "timestamp", TORC_FIELD_UINT,
		      .unit = "microseconds"),
	TORC_FIELD_AT(struct torc_dot11_mgmt_probe_resp, interval, "interval", TORC_FIELD_UINT,
		      .unit = "time units"),
	TORC_FIELD_AT(struct torc_dot11_mgmt_probe_resp, capabilities, "capabilities",
		      TORC_FIELD_HEX),
	TORC_FIELDS_END
};

const struct torc_layer_ops torc_layer_ops_dot11_mgmt_probe_resp = {
	.name = "Dot11MgmtProbeResp",
	.key = "dot11_mgmt_probe_resp",
	.struct_size = sizeof(struct torc_dot11_mgmt_probe_resp),
	.decode = beacon_decode,
	.read = probe_resp_read,
	.fields = probe_resp_fields,
};

static void beacon_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_dot11_mgmt_beacon *frame = out;

	frame->timestamp_us = le64(p);
	frame->interval = le16(p + 8);
	frame->capabilities = le16(p + 10);
}

static const struct torc_field_info beacon_fields[] = {
	TORC_FIELD_AT(struct torc_dot11_mgmt_beacon, timestamp_us, "timestamp", TORC_FIELD_UINT,
		      .unit = "microseconds"),
	TORC_FIELD_AT(struct torc_dot11_mgmt_beacon, interval, "interval", TORC_FIELD_UINT,
		      .unit = "time units"),
	TORC_FIELD_AT(struct torc_dot11_mgmt_beacon, capabilities, "capabilities", TORC_FIELD_HEX),
	TORC_FIELDS_END
};

const struct torc_layer_ops torc_layer_ops_dot11_mgmt_beacon = {
	.name = "Dot11MgmtBeacon",
	.key = "dot11_mgmt_beacon",
	.struct_size = sizeof(struct torc_dot11_mgmt_beacon),
	.decode = beacon_decode,
	.read = beacon_read,
	.fields = beacon_fields,
};

const struct torc_layer_ops torc_layer_ops_dot11_mgmt_atim = {
	.name = "Dot11MgmtATIM",
	.key = "dot11_mgmt_atim",
	.decode = none_decode,
};

/* ---- authentication ---- */

static void authentication_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
				void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_dot11_mgmt_authentication *frame = out;

	frame->algorithm = le16(p);
	frame->sequence = le16(p + 2);
	frame->status = le16(p + 4);
}

static const struct torc_field_info authentication_fields[] = {
	TORC_FIELD_AT(struct torc_dot11_mgmt_authentication, algorithm, "algorithm",
		      TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY, .value_name = algorithm_name),
	TORC_FIELD_AT(struct torc_dot11_mgmt_authentication, sequence, "sequence", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_dot11_mgmt_authentication, status, "status", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY, .value_name = dot11_status_name),
	TORC_FIELDS_END
};

const struct torc_layer_ops torc_layer_ops_dot11_mgmt_authentication = {
	.name = "Dot11MgmtAuthentication",
	.key = "dot11_mgmt_authentication",
	.struct_size = sizeof(struct torc_dot11_mgmt_authentication),
	.decode = authentication_decode,
	.read = authentication_read,
	.fields = authentication_fields,
};

static void deauthentication_read(const struct torc_decoded *decoded,
				   const struct torc_layer *layer,
				  void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_dot11_mgmt_deauthentication *frame = out;

	frame->reason = le16(p);
}

static const struct torc_field_info deauthentication_fields[] = {
	TORC_FIELD_AT(struct torc_dot11_mgmt_deauthentication, reason, "reason", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY, .value_name = dot11_reason_name),
	TORC_FIELDS_END
};

const struct torc_layer_ops torc_layer_ops_dot11_mgmt_deauthentication = {
	.name = "Dot11MgmtDeauthentication",
	.key = "dot11_mgmt_deauthentication",
	.struct_size = sizeof(struct torc_dot11_mgmt_deauthentication),
	.decode = reason_decode,
	.read = deauthentication_read,
	.fields = deauthentication_fields,
};

/* ---- the others: as bytes ---- */

static void action_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_dot11_mgmt_action *frame = out;

	frame->category = p[0];
	frame->action = p[1];
	frame->body = (struct torc_bytes){ p + 2, layer->header_length - 2 };
}

static const struct torc_field_info action_fields[] = {
	TORC_FIELD_AT(struct torc_dot11_mgmt_action, category, "category", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY, .value_name = category_name),
	TORC_FIELD_AT(struct torc_dot11_mgmt_action, action, "action", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_dot11_mgmt_action, body, "body", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

const struct torc_layer_ops torc_layer_ops_dot11_mgmt_action = {
	.name = "Dot11MgmtAction",
	.key = "dot11_mgmt_action",
	.struct_size = sizeof(struct torc_dot11_mgmt_action),
	.decode = action_decode,
	.read = action_read,
	.fields = action_fields,
};

static void action_no_ack_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			       void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_dot11_mgmt_action_no_ack *frame = out;

	frame->category = p[0];
	frame->action = p[1];
	frame->body = (struct torc_bytes){ p + 2, layer->header_length - 2 };
}

static const struct torc_field_info action_no_ack_fields[] = {
	TORC_FIELD_AT(struct torc_dot11_mgmt_action_no_ack, category, "category", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY, .value_name = category_name),
	TORC_FIELD_AT(struct torc_dot11_mgmt_action_no_ack, action, "action", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_dot11_mgmt_action_no_ack, body, "body", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

const struct torc_layer_ops torc_layer_ops_dot11_mgmt_action_no_ack = {
	.name = "Dot11MgmtActionNoAck",
	.key = "dot11_mgmt_action_no_ack",
	.struct_size = sizeof(struct torc_dot11_mgmt_action_no_ack),
	.decode = action_decode,
	.read = action_no_ack_read,
	.fields = action_no_ack_fields,
};

static void measurement_pilot_read(const struct torc_decoded *decoded,
				   const struct torc_layer *layer,
				   void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_dot11_mgmt_measurement_pilot *frame = out;

	frame->body = (struct torc_bytes){ p, layer->header_length };
}

static const struct torc_field_info measurement_pilot_fields[] = {
	TORC_FIELD_AT(struct torc_dot11_mgmt_measurement_pilot, body, "body", TORC_FIELD_BYTES),
	TORC_FIELDS_END
};

const struct torc_layer_ops torc_layer_ops_dot11_mgmt_measurement_pilot = {
	.name = "Dot11MgmtMeasurementPilot",
	.key = "dot11_mgmt_measurement_pilot",
	.struct_size = sizeof(struct torc_dot11_mgmt_measurement_pilot),
	.decode = body_decode,
	.read = measurement_pilot_read,
	.fields = measurement_pilot_fields,
};

static void aruba_wlan_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			    void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_dot11_mgmt_aruba_wlan *frame = out;

	frame->body = (struct torc_bytes){ p, layer->header_length };
}

static const struct torc_field_info aruba_wlan_fields[] = {
	TORC_FIELD_AT(struct torc_dot11_mgmt_aruba_wlan, body, "body", TORC_FIELD_BYTES),
	TORC_FIELDS_END
};

const struct torc_layer_ops torc_layer_ops_dot11_mgmt_aruba_wlan = {
	.name = "Dot11MgmtArubaWLAN",
	.key = "dot11_mgmt_aruba_wlan",
	.struct_size = sizeof(struct torc_dot11_mgmt_aruba_wlan),
	.decode = body_decode,
	.read = aruba_wlan_read,
	.fields = aruba_wlan_fields,
};
