/* SPDX-License-Identifier: BSD-3-Clause */
/* bacapp.c - the head of BACnet's application: ANSI/ASHRAE 135-2020 §20.1 */
#include <torc/layers/industrial/bacnet.h>

#include <string.h>

#include "decode/registry.h"

enum { REQUEST, UNCONFIRMED, SIMPLE_ACK, COMPLEX_ACK, SEGMENT_ACK, ERROR, REJECT, ABORT };
enum { SEGMENTED = 8, MORE_FOLLOWS = 4 };

/* Bytes of the head of each type of PDU without the two that a segment has more (§20.1.2 ff.). */
static const uint8_t heads[] = { [REQUEST] = 4,     [UNCONFIRMED] = 2, [SIMPLE_ACK] = 3,
				 [COMPLEX_ACK] = 3, [SEGMENT_ACK] = 4, [ERROR] = 3,
				 [REJECT] = 3,      [ABORT] = 3 };

static bool is_segment(const uint8_t *p)
{
	return (p[0] >> 4 == REQUEST || p[0] >> 4 == COMPLEX_ACK) && p[0] & SEGMENTED;
}

static uint32_t head_length(const uint8_t *p)
{
	return heads[p[0] >> 4] + (is_segment(p) ? 2u : 0u);
}

static int bacapp_decode(struct torc_cursor *cursor)
{
	TORC_NEED(cursor, 1);
	if (cursor->data[0] >> 4 > ABORT)
		return torc_cursor_malformed(cursor, "unknown PDU type");
	TORC_NEED(cursor, head_length(cursor->data));
	cursor->header_length = cursor->length;
	return TORC_STEP_OK;
}

/* §21, BACnetConfirmedServiceChoice and BACnetUnconfirmedServiceChoice */
static const char *service_name(uint8_t type, uint8_t service)
{
	static const char *const confirmed[] = {
		"acknowledgeAlarm", "confirmedCOVNotification", "confirmedEventNotification",
		"getAlarmSummary", "getEnrollmentSummary", "subscribeCOV", "atomicReadFile",
		"atomicWriteFile", "addListElement", "removeListElement", "createObject",
		"deleteObject", "readProperty", "readPropertyConditional",
		"readPropertyMultiple", "writeProperty", "writePropertyMultiple",
		"deviceCommunicationControl", "confirmedPrivateTransfer",
		"confirmedTextMessage", "reinitializeDevice", "vtOpen", "vtClose", "vtData",
		"authenticate", "requestKey", "readRange", "lifeSafetyOperation",
		"subscribeCOVProperty", "getEventInformation", "subscribeCOVPropertyMultiple",
		"confirmedCOVNotificationMultiple", "confirmedAuditNotification",
		"auditLogQuery"
	};
	static const char *const unconfirmed[] = {
		"i-Am", "i-Have", "unconfirmedCOVNotification",
		"unconfirmedEventNotification", "unconfirmedPrivateTransfer",
		"unconfirmedTextMessage", "timeSynchronization", "who-Has", "who-Is",
		"utcTimeSynchronization", "writeGroup", "unconfirmedCOVNotificationMultiple",
		"unconfirmedAuditNotification", "who-Am-I", "you-Are"
	};

	if (type == UNCONFIRMED)
		return service < sizeof(unconfirmed) / sizeof(unconfirmed[0]) ?
			       unconfirmed[service] :
			       NULL;
	return service < sizeof(confirmed) / sizeof(confirmed[0]) ? confirmed[service] : NULL;
}

static void service_read(uint8_t service, struct torc_bacapp *bacapp)
{
	const char *name = service_name(bacapp->pdu_type, service);

	bacapp->has_service = true;
	bacapp->service = service;
	if (name)
		bacapp->service_text =
			(struct torc_bytes){ (const uint8_t *)name, (uint32_t)strlen(name) };
}

static void bacapp_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	uint32_t head = head_length(p);
	struct torc_bacapp *bacapp = out;

	bacapp->pdu_type = p[0] >> 4;
	bacapp->is_segmented = is_segment(p);
	bacapp->more_follows = bacapp->is_segmented && p[0] & MORE_FOLLOWS;
	if (bacapp->pdu_type == REQUEST)
		bacapp->invoke_id = p[2];
	else if (bacapp->pdu_type != UNCONFIRMED)
		bacapp->invoke_id = p[1];
	if (bacapp->is_segmented) {
		bacapp->sequence = p[head - 3];
		bacapp->window = p[head - 2];
	} else if (bacapp->pdu_type == SEGMENT_ACK) {
		bacapp->sequence = p[2];
		bacapp->window = p[3];
	}
	if (bacapp->pdu_type == REJECT || bacapp->pdu_type == ABORT)
		bacapp->reason = p[2];
	else if (bacapp->pdu_type != SEGMENT_ACK)
		service_read(p[head - 1], bacapp);
	bacapp->data = (struct torc_bytes){ p + head, layer->header_length - head };
}

static const char *type_name(uint64_t type)
{
	static const char *const names[] = {
		"confirmed request", "unconfirmed request", "simple ack", "complex ack",
		"segment ack", "error", "reject", "abort"
	};

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : NULL;
}

static const struct torc_field_info bacapp_fields[] = {
	TORC_FIELD_AT(struct torc_bacapp, pdu_type, "pdu_type", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY, .value_name = type_name),
	TORC_FIELD_AT(struct torc_bacapp, is_segmented, "segmented", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_bacapp, more_follows, "more_follows", TORC_FIELD_BOOL,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_bacapp, invoke_id, "invoke_id", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_bacapp, sequence, "seq", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_bacapp, window, "window", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_bacapp, has_service, "has_service", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_bacapp, service, "service", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_bacapp, service_text, "service_text", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_bacapp, reason, "reason", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_bacapp, data, "data", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

const struct torc_layer_ops torc_layer_ops_bacapp = {
	.name = "BACapp",
	.key = "bacapp",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_bacapp),
	.decode = bacapp_decode,
	.read = bacapp_read,
	.fields = bacapp_fields,
};
