/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ldap.c - LDAP: RFC 4511 §4. A segment is a list of messages, the last of which may go on in the next one; over
 * UDP it is CLDAP, one message.
 */
#include <torc/layers/application/ldap.h>

#include "decode/ber.h"
#include "decode/registry.h"

#define APPLICATION 0x40 /* bits of a tag */
#define CONSTRUCTED 0x20
#define LENGTH_MAX  (1u << 26)

enum {
	BIND = 0,
	BIND_RESPONSE,
	UNBIND,
	SEARCH,
	ENTRY,
	SEARCH_DONE,
	MODIFY,
	MODIFY_RESPONSE,
	ADD,
	ADD_RESPONSE,
	DELETE,
	DELETE_RESPONSE,
	MODIFY_NAME,
	MODIFY_NAME_RESPONSE,
	COMPARE,
	COMPARE_RESPONSE,
	ABANDON,
	REFERENCE = 19,
	EXTENDED = 23,
	EXTENDED_RESPONSE,
	INTERMEDIATE
};

/* Whether the tag is that of an operation: unbind, delete and abandon are no sequences. */
static bool is_operation(uint8_t tag)
{
	uint8_t number = tag & 0x1F;
	bool is_primitive = number == UNBIND || number == DELETE || number == ABANDON;

	return (tag & 0xE0) == (is_primitive ? APPLICATION : APPLICATION | CONSTRUCTED) &&
	       (number <= ABANDON || number == REFERENCE ||
		(number >= EXTENDED && number <= INTERMEDIATE));
}

/*
 * The head of a message (§4.1.1): a sequence, a number of 0 or more, and the tag of an operation. content: what
 * there is behind the tag of the operation's sequence.
 */
static bool head_of(struct ber *ber, struct torc_ldap_message *message, struct ber *operation)
{
	struct ber all = *ber, sequence, id;
	uint32_t header, length;
	uint8_t tag;

	header = ber_head(&all, &tag, &length);
	if (header == 0 || tag != BER_SEQUENCE || length < 5 || length > LENGTH_MAX)
		return false;
	message->length = length;
	message->is_whole = length <= all.left - header;
	if (!ber_open(&all, &tag, &sequence) || !ber_take_tag(&sequence, BER_INTEGER, &id) ||
	    id.left < 1 || id.left > 4 || id.p[0] & 0x80)
		return false;
	message->message_id = (uint32_t)ber_signed(&id);
	if (sequence.left < 1 || !is_operation(sequence.p[0]))
		return false;
	message->operation = sequence.p[0] & 0x1F;
	*operation = (struct ber){ sequence.p, 0 };
	ber_open(&sequence, &tag, operation);
	*ber = all;
	return true;
}

static int ldap_decode(struct torc_cursor *cursor)
{
	struct ber ber = { cursor->data, cursor->length }, operation;
	struct torc_ldap_message message = { 0 };

	TORC_NEED(cursor, 7);
	if (!head_of(&ber, &message, &operation))
		return torc_cursor_malformed(cursor, "no sequence, number and operation");
	cursor->header_length = cursor->length;
	return TORC_STEP_OK;
}

static void ldap_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	struct torc_ldap *ldap = out;

	ldap->messages = (struct torc_bytes){ torc_layer_header(decoded, layer),
					      layer->header_length };
}

static struct torc_bytes take_string(struct ber *ber, uint8_t tag)
{
	struct ber content = { ber->p, 0 };

	if (!ber_take_tag(ber, tag, &content))
		content.left = 0;
	return ber_bytes(&content);
}

/* §4.2: version, name, and how the client proves who it is */
static void bind_read(struct torc_ldap_message *message, struct ber operation)
{
	uint32_t version;
	struct ber sasl;

	if (!ber_take_integer(&operation, &version))
		return;
	message->version = (uint8_t)version;
	message->name = take_string(&operation, BER_STRING);
	if (operation.left < 1)
		return;
	message->authentication = operation.p[0] & 0x1F;
	if (ber_open_tag(&operation, 0xA3, &sasl))
		message->mechanism = take_string(&sasl, BER_STRING);
}

/* §4.5.1 */
static void search_read(struct torc_ldap_message *message, struct ber operation)
{
	struct ber only, filter;
	uint32_t scope, aliases;
	uint8_t tag;

	message->name = take_string(&operation, BER_STRING);
	if (!ber_take_number(&operation, BER_ENUMERATED, &scope))
		return;
	message->scope = (uint8_t)scope;
	if (!ber_take_number(&operation, BER_ENUMERATED, &aliases) ||
	    !ber_take_integer(&operation, &message->size_limit) ||
	    !ber_take_integer(&operation, &message->time_limit_s) ||
	    !ber_take_tag(&operation, BER_BOOLEAN, &only))
		return;
	filter = operation;
	if (ber_take(&operation, &tag, &only))
		message->filter = (struct torc_bytes){ filter.p, filter.left - operation.left };
}

/* §4.1.9: a code, the entry up to which it was found, and a sentence */
static void result_read(struct torc_ldap_message *message, struct ber operation)
{
	if (!ber_take_number(&operation, BER_ENUMERATED, &message->result_code))
		return;
	message->is_result = true;
	message->matched = take_string(&operation, BER_STRING);
	message->diagnostic = take_string(&operation, BER_STRING);
}

static void operation_read(struct torc_ldap_message *message, struct ber operation)
{
	switch (message->operation) {
	case BIND:
		bind_read(message, operation);
		break;
	case SEARCH:
		search_read(message, operation);
		break;
	case ENTRY:
	case MODIFY:
	case ADD:
	case MODIFY_NAME:
	case COMPARE:
		message->name = take_string(&operation, BER_STRING);
		break;
	case DELETE: /* it is the name itself */
		message->name = ber_bytes(&operation);
		break;
	case EXTENDED:
		message->name = take_string(&operation, 0x80);
		break;
	case UNBIND:
	case ABANDON:
	case REFERENCE:
	case INTERMEDIATE:
		break;
	default:
		result_read(message, operation);
	}
}

int torc_ldap_message_next(const struct torc_ldap *ldap, uint32_t *position,
			   struct torc_ldap_message *message)
{
	struct ber ber, operation;

	*message = (struct torc_ldap_message){ 0 };
	if (*position >= ldap->messages.length)
		return 0;
	ber = (struct ber){ ldap->messages.data + *position, ldap->messages.length - *position };
	if (!head_of(&ber, message, &operation))
		return 0;
	operation_read(message, operation);
	*position = ldap->messages.length - ber.left;
	return 1;
}

static int message_element(const void *layer, uint32_t *position, void *element)
{
	return torc_ldap_message_next(layer, position, element);
}

static const char *operation_name(uint64_t operation)
{
	static const char *const names[] = {
		"bindRequest", "bindResponse", "unbindRequest", "searchRequest", "searchResEntry",
		"searchResDone", "modifyRequest", "modifyResponse", "addRequest", "addResponse",
		"delRequest", "delResponse", "modDNRequest", "modDNResponse", "compareRequest",
		"compareResponse", "abandonRequest", [19] = "searchResRef", [23] = "extendedReq",
		"extendedResp", "intermediateResponse"
	};

	return operation < sizeof(names) / sizeof(names[0]) ? names[operation] : NULL;
}

static const char *authentication_name(uint64_t kind)
{
	return kind == 0 ? "simple" : kind == 3 ? "SASL" : NULL;
}

static const char *scope_name(uint64_t scope)
{
	static const char *const names[] = { "baseObject", "singleLevel", "wholeSubtree" };

	return scope < 3 ? names[scope] : NULL;
}

/* §4.1.9 and appendix A */
static const char *result_name(uint64_t code)
{
	static const char *const names[] = {
		"success", "operationsError", "protocolError", "timeLimitExceeded",
		"sizeLimitExceeded", "compareFalse", "compareTrue", "authMethodNotSupported",
		"strongerAuthRequired", [10] = "referral", "adminLimitExceeded",
		"unavailableCriticalExtension", "confidentialityRequired", "saslBindInProgress",
		[16] = "noSuchAttribute", "undefinedAttributeType", "inappropriateMatching",
		"constraintViolation", "attributeOrValueExists", "invalidAttributeSyntax",
		[32] = "noSuchObject", "aliasProblem", "invalidDNSyntax",
		[36] = "aliasDereferencingProblem", [48] = "inappropriateAuthentication",
		"invalidCredentials", "insufficientAccessRights", "busy", "unavailable",
		"unwillingToPerform", "loopDetect", [64] = "namingViolation",
		"objectClassViolation", "notAllowedOnNonLeaf", "notAllowedOnRDN",
		"entryAlreadyExists", "objectClassModsProhibited", [71] = "affectsMultipleDSAs",
		[80] = "other"
	};

	return code < sizeof(names) / sizeof(names[0]) ? names[code] : NULL;
}

#define SOME(member, name, kind, ...)                                                              \
	TORC_FIELD_AT(struct torc_ldap_message, member, name, kind, .flags = TORC_FIELD_OPTIONAL,  \
		      __VA_ARGS__)

static const struct torc_field_info message_fields[] = {
	TORC_FIELD_AT(struct torc_ldap_message, message_id, "message_id", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_ldap_message, operation, "operation", TORC_FIELD_UINT,
		      .value_name = operation_name),
	TORC_FIELD_AT(struct torc_ldap_message, length, "length", TORC_FIELD_UINT,
		      .unit = "bytes"),
	TORC_FIELD_AT(struct torc_ldap_message, is_whole, "whole", TORC_FIELD_BOOL),
	SOME(version, "version", TORC_FIELD_UINT),
	SOME(authentication, "authentication", TORC_FIELD_UINT, .value_name = authentication_name),
	SOME(mechanism, "mechanism", TORC_FIELD_STRING),
	SOME(name, "name", TORC_FIELD_STRING),
	SOME(scope, "scope", TORC_FIELD_UINT, .value_name = scope_name),
	SOME(size_limit, "size_limit", TORC_FIELD_UINT),
	SOME(time_limit_s, "time_limit", TORC_FIELD_UINT, .unit = "seconds"),
	SOME(filter, "filter", TORC_FIELD_BYTES),
	SOME(is_result, "result", TORC_FIELD_BOOL),
	SOME(result_code, "result_code", TORC_FIELD_UINT, .value_name = result_name),
	SOME(matched, "matched", TORC_FIELD_STRING),
	SOME(diagnostic, "diagnostic", TORC_FIELD_STRING),
	TORC_FIELDS_END
};

static const struct torc_list_info message_list = {
	.next = message_element,
	.element_size = sizeof(struct torc_ldap_message),
	.fields = message_fields,
};

static const struct torc_field_info ldap_fields[] = {
	TORC_FIELD_AT(struct torc_ldap, messages, "messages", TORC_FIELD_LIST,
		      .list = &message_list),
	TORC_FIELDS_END
};

static const struct torc_layer_number ldap_numbers[] = {
	{ TORC_BY_TCP_PORT, 389 },
	{ TORC_BY_UDP_PORT, 389 },
	{ TORC_BY_TCP_PORT, 3268 }, /* the global catalog, [MS-ADTS] §3.1.1.3 */
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_ldap = {
	.name = "LDAP",
	.key = "ldap",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_ldap),
	.numbers = ldap_numbers,
	.decode = ldap_decode,
	.read = ldap_read,
	.fields = ldap_fields,
};
