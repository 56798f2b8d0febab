/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * snmp.c - SNMP: messages of version 1 and 2c RFC 1157 §4 and RFC 3416 §3, of version 3 RFC 3412 §6
 */
#include <torc/layers/application/snmp.h>

#include <string.h>

#include "decode/ber.h"
#include "decode/registry.h"

enum { TRAP_V1 = 0xA4, BULK = 0xA5, ADDRESS = 0x40, COUNTER = 0x41, TIME_TICKS = 0x43, COUNTER_64 = 0x46 };

/* RFC 1157 §4.1.6 */
static void trap_read(struct torc_snmp *snmp, struct ber *pdu)
{
	struct ber content, bindings;

	if (!ber_take_tag(pdu, BER_OID, &content))
		return;
	snmp->enterprise = ber_bytes(&content);
	if (!ber_take_tag(pdu, ADDRESS, &content) || content.left != 4)
		return;
	memcpy(snmp->agent, content.p, 4);
	if (ber_take_integer(pdu, &snmp->generic_trap) &&
	    ber_take_integer(pdu, &snmp->specific_trap) &&
	    ber_take_number(pdu, TIME_TICKS, &snmp->timestamp) &&
	    ber_take_tag(pdu, BER_SEQUENCE, &bindings))
		snmp->bindings = ber_bytes(&bindings);
}

static void pdu_read(struct torc_snmp *snmp, struct ber *ber)
{
	struct ber pdu, bindings;
	bool is_bulk;

	if (!ber_take(ber, &snmp->pdu_type, &pdu))
		return;
	is_bulk = snmp->pdu_type == BULK;
	snmp->pdu_length = pdu.left;
	if (snmp->pdu_type == TRAP_V1)
		trap_read(snmp, &pdu);
	else if (ber_take_integer(&pdu, &snmp->request_id) &&
		 ber_take_integer(&pdu, is_bulk ? &snmp->non_repeaters : &snmp->error_status) &&
		 ber_take_integer(&pdu, is_bulk ? &snmp->max_repetitions : &snmp->error_index) &&
		 ber_take_tag(&pdu, BER_SEQUENCE, &bindings))
		snmp->bindings = ber_bytes(&bindings);
}

/* RFC 3414 §2.4: whose engine, boots, time, and the user */
static void user_read(struct torc_snmp *snmp, struct ber parameters)
{
	struct ber sequence, content;
	uint32_t number;

	if (ber_take_tag(&parameters, BER_SEQUENCE, &sequence) &&
	    ber_take_tag(&sequence, BER_STRING, &content) && ber_take_integer(&sequence, &number) &&
	    ber_take_integer(&sequence, &number) && ber_take_tag(&sequence, BER_STRING, &content))
		snmp->user = ber_bytes(&content);
}

/* RFC 3412 §6: a header, security parameters, and the scoped PDU, which may be encrypted */
static void version_3_read(struct torc_snmp *snmp, struct ber *message)
{
	struct ber header, scoped, content;
	uint32_t number;

	if (!ber_take_tag(message, BER_SEQUENCE, &header) ||
	    !ber_take_integer(&header, &snmp->message_id) || !ber_take_integer(&header, &number) ||
	    !ber_take_tag(&header, BER_STRING, &content) || content.left != 1)
		return;
	snmp->flags = content.p[0];
	if (!ber_take_integer(&header, &number) || !ber_take_tag(message, BER_STRING, &content))
		return;
	if (number == 3)
		user_read(snmp, content);
	if (!ber_take_tag(message, BER_SEQUENCE, &scoped) ||
	    !ber_take_tag(&scoped, BER_STRING, &content))
		return;
	snmp->engine = ber_bytes(&content);
	if (!ber_take_tag(&scoped, BER_STRING, &content))
		return;
	snmp->context = ber_bytes(&content);
	pdu_read(snmp, &scoped);
}

/* False: it does not begin as a message. */
static bool message_read(const uint8_t *p, uint32_t length, struct torc_snmp *snmp)
{
	struct ber all = { p, length }, message, community;
	uint32_t version;

	if (!ber_take_tag(&all, BER_SEQUENCE, &message) || !ber_take_integer(&message, &version) ||
	    (version > 1 && version != 3))
		return false;
	snmp->version = (uint8_t)version;
	if (version == 3) {
		version_3_read(snmp, &message);
		return true;
	}
	if (!ber_take_tag(&message, BER_STRING, &community))
		return false;
	snmp->community = ber_bytes(&community);
	pdu_read(snmp, &message);
	return true;
}

static int snmp_decode(struct torc_cursor *cursor)
{
	struct torc_snmp snmp = { 0 };

	TORC_NEED(cursor, 2);
	if (cursor->data[0] == BER_SEQUENCE && cursor->length < cursor->wire_length)
		return TORC_STEP_SHORT; /* the outermost length has the whole in it */
	if (!message_read(cursor->data, cursor->length, &snmp))
		return torc_cursor_malformed(cursor, "no sequence with a version in front");
	cursor->header_length = cursor->length;
	return TORC_STEP_OK;
}

static void snmp_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_snmp *snmp = out;

	message_read(p, layer->header_length, snmp);
}

/* RFC 3416 §3: the value by its type */
static void value_read(struct torc_snmp_binding *binding, const struct ber *value)
{
	binding->value = ber_bytes(value);
	if (binding->type == BER_STRING)
		binding->string = binding->value;
	else if (binding->type == BER_INTEGER)
		binding->integer = ber_signed(value);
	else if (binding->type == BER_OID)
		binding->object = binding->value;
	else if (binding->type == ADDRESS && value->left == 4)
		memcpy(binding->address, value->p, 4);
	else if ((binding->type >= COUNTER && binding->type <= TIME_TICKS) ||
		 binding->type == COUNTER_64)
		binding->counter = (uint64_t)ber_signed(value);
}

int torc_snmp_binding_next(const struct torc_snmp *snmp, uint32_t *position,
			   struct torc_snmp_binding *binding)
{
	struct ber bindings, pair, oid, value;

	*binding = (struct torc_snmp_binding){ 0 };
	if (*position >= snmp->bindings.length)
		return 0;
	bindings = (struct ber){ snmp->bindings.data + *position, snmp->bindings.length - *position };
	if (!ber_take_tag(&bindings, BER_SEQUENCE, &pair) || !ber_take_tag(&pair, BER_OID, &oid) ||
	    !ber_take(&pair, &binding->type, &value))
		return 0;
	binding->oid = ber_bytes(&oid);
	value_read(binding, &value);
	*position = snmp->bindings.length - bindings.left;
	return 1;
}

static int binding_element(const void *layer, uint32_t *position, void *element)
{
	return torc_snmp_binding_next(layer, position, element);
}

static const char *version_name(uint64_t version)
{
	static const char *const names[] = { "1", "2c", NULL, "3" };

	return version < 4 ? names[version] : NULL;
}

/* RFC 3416 §3 */
static const char *pdu_name(uint64_t type)
{
	static const char *const names[] = { "get request", "get next request", "response",
					     "set request", "trap version 1", "get bulk request",
					     "inform request", "trap", "report" };

	return type >= 0xA0 && type < 0xA0 + sizeof(names) / sizeof(names[0]) ? names[type - 0xA0] :
										  NULL;
}

/* RFC 3416 §3 and X.690: what a value is, or why there is none */
static const char *value_type_name(uint64_t type)
{
	switch (type) {
	case BER_INTEGER:
		return "integer";
	case BER_STRING:
		return "string";
	case BER_NULL:
		return "null";
	case BER_OID:
		return "object identifier";
	case ADDRESS:
		return "address";
	case COUNTER:
		return "counter";
	case 0x42:
		return "gauge";
	case TIME_TICKS:
		return "time ticks";
	case 0x44:
		return "opaque";
	case COUNTER_64:
		return "counter of 64 bits";
	case 0x80:
		return "no such object";
	case 0x81:
		return "no such instance";
	case 0x82:
		return "end of view";
	default:
		return NULL;
	}
}

/* RFC 1157 §4.1.6 */
static const char *trap_name(uint64_t trap)
{
	static const char *const names[] = { "coldStart", "warmStart", "linkDown", "linkUp",
					     "authenticationFailure", "egpNeighborLoss",
					     "enterpriseSpecific" };

	return trap < sizeof(names) / sizeof(names[0]) ? names[trap] : NULL;
}

/* RFC 3416 §3 */
static const char *error_name(uint64_t error)
{
	static const char *const names[] = {
		[1] = "tooBig", "noSuchName", "badValue", "readOnly", "genErr", "noAccess",
		"wrongType", "wrongLength", "wrongEncoding", "wrongValue", "noCreation",
		"inconsistentValue", "resourceUnavailable", "commitFailed", "undoFailed",
		"authorizationError", "notWritable", "inconsistentName"
	};

	return error < sizeof(names) / sizeof(names[0]) ? names[error] : NULL;
}

static const struct torc_field_info binding_fields[] = {
	TORC_FIELD_AT(struct torc_snmp_binding, oid, "oid", TORC_FIELD_OID),
	TORC_FIELD_AT(struct torc_snmp_binding, type, "type", TORC_FIELD_UINT,
		      .value_name = value_type_name),
	TORC_FIELD_AT(struct torc_snmp_binding, value, "value", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_snmp_binding, string, "string", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_snmp_binding, integer, "integer", TORC_FIELD_INT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_snmp_binding, counter, "counter", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_snmp_binding, object, "object", TORC_FIELD_OID,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_snmp_binding, address, "address", TORC_FIELD_IPV4,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_list_info binding_list = {
	.next = binding_element,
	.element_size = sizeof(struct torc_snmp_binding),
	.fields = binding_fields,
};

static const struct torc_field_info snmp_fields[] = {
	TORC_FIELD_AT(struct torc_snmp, version, "version", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY, .value_name = version_name),
	TORC_FIELD_AT(struct torc_snmp, community, "community", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_snmp, message_id, "message_id", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_snmp, flags, "flags", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_snmp, pdu_type, "pdu_type", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY, .value_name = pdu_name),
	TORC_FIELD_AT(struct torc_snmp, request_id, "request_id", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_snmp, error_status, "error_status", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL, .value_name = error_name),
	TORC_FIELD_AT(struct torc_snmp, error_index, "error_index", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_snmp, non_repeaters, "non_repeaters", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_snmp, max_repetitions, "max_repetitions", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_snmp, user, "user", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_snmp, engine, "engine", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_snmp, context, "context", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_snmp, enterprise, "enterprise", TORC_FIELD_OID,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_snmp, agent, "agent", TORC_FIELD_IPV4,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_snmp, generic_trap, "generic_trap", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL, .value_name = trap_name),
	TORC_FIELD_AT(struct torc_snmp, specific_trap, "specific_trap", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_snmp, timestamp, "timestamp", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL, .unit = "hundredths of a second"),
	TORC_FIELD_AT(struct torc_snmp, bindings, "bindings", TORC_FIELD_LIST,
		      .flags = TORC_FIELD_OPTIONAL, .list = &binding_list),
	TORC_FIELDS_END
};

static const struct torc_layer_number snmp_numbers[] = {
	{ TORC_BY_UDP_PORT, 161 },
	{ TORC_BY_UDP_PORT, 162 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_snmp = {
	.name = "SNMP",
	.key = "snmp",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_snmp),
	.numbers = snmp_numbers,
	.decode = snmp_decode,
	.read = snmp_read,
	.fields = snmp_fields,
};
