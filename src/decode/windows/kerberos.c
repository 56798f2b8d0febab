/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * kerberos.c - Kerberos 5: RFC 4120 §5, in records over TCP (§7.2.2). A message that goes on in the next segment
 * is read as far as it is there.
 */
#include <torc/layers/windows/kerberos.h>

#include "decode/ber.h"
#include "decode/registry.h"

#define RECORD	  4
#define RECORD_MAX (1u << 24)
#define CONTEXT	  0xA0 /* the tag of a sequence's element 0 */
#define GENERAL	  0x1B /* a string */
#define TIME	  0x18
#define BITS	  0x03

enum { AS_REQ = 10, AS_REP, TGS_REQ, TGS_REP, AP_REQ, AP_REP, SAFE = 20, PRIVATE, CRED, ERROR = 30 };

static bool is_type(uint32_t type)
{
	return (type >= AS_REQ && type <= AP_REP) || (type >= SAFE && type <= CRED) || type == ERROR;
}

/*
 * The sequence in a message, as far as it is there, and its type: an application tag that says the same as the
 * second number in the sequence (§5.10). Those of requests are elements 1 and 2, of others 0 and 1.
 */
static bool message_of(struct ber ber, uint8_t *type, struct ber *sequence)
{
	struct ber content, number;
	uint32_t version, again, first;
	uint8_t tag;

	if (!ber_open(&ber, &tag, &content) || (tag & 0xE0) != 0x60 || !is_type(tag & 0x1F) ||
	    !ber_open_tag(&content, BER_SEQUENCE, sequence))
		return false;
	*type = tag & 0x1F;
	first = *type == AS_REQ || *type == TGS_REQ ? 1 : 0;
	content = *sequence;
	if (!ber_take_tag(&content, (uint8_t)(CONTEXT + first), &number) ||
	    !ber_take_integer(&number, &version) || version != 5 ||
	    !ber_take_tag(&content, (uint8_t)(CONTEXT + first + 1), &number) ||
	    !ber_take_integer(&number, &again))
		return false;
	return again == *type;
}

static bool has_record(unsigned int before)
{
	return before == TORC_LAYER_TCP;
}

static int kerberos_decode(struct torc_cursor *cursor)
{
	const struct torc_decoded *decoded = cursor->decoded;
	struct ber message, sequence;
	uint32_t record = 0, length;
	uint8_t type;

	if (decoded->layer_count > 0 && has_record(decoded->layers[decoded->layer_count - 1].type))
		record = RECORD;
	TORC_NEED(cursor, record + 2);
	message = (struct ber){ cursor->data + record, cursor->length - record };
	if (record > 0) {
		length = torc_be32(cursor->data);
		if (length < 10 || length > RECORD_MAX)
			return torc_cursor_malformed(cursor, "no length of a message");
		if (length < message.left)
			message.left = length;
	}
	if (!message_of(message, &type, &sequence))
		return torc_cursor_malformed(cursor, "no type and version of a message");
	cursor->header_length = record + message.left;
	return TORC_STEP_OK;
}

/* §5.2.2: a type, and a sequence of strings, which is kept */
static struct torc_bytes name_of(struct ber element)
{
	struct ber sequence, part, strings = { element.p, 0 };

	if (ber_open_tag(&element, BER_SEQUENCE, &sequence) &&
	    ber_take_tag(&sequence, CONTEXT, &part) && ber_open_tag(&sequence, CONTEXT + 1, &part))
		ber_open_tag(&part, BER_SEQUENCE, &strings);
	return ber_bytes(&strings);
}

static struct torc_bytes string_of(struct ber element, uint8_t tag)
{
	struct ber content = { element.p, 0 };

	if (!ber_take_tag(&element, tag, &content))
		content.left = 0;
	return ber_bytes(&content);
}

static struct torc_bytes sequence_of(struct ber element)
{
	struct ber content = { element.p, 0 };

	ber_open_tag(&element, BER_SEQUENCE, &content);
	return ber_bytes(&content);
}

static uint32_t number_of(struct ber element)
{
	uint32_t number;

	ber_take_integer(&element, &number);
	return number;
}

/* §5.2.9: the first element is the encryption's type */
static int32_t etype_of(struct ber element)
{
	struct ber sequence, number;

	if (ber_open_tag(&element, BER_SEQUENCE, &sequence) && ber_open_tag(&sequence, CONTEXT, &number))
		return (int32_t)number_of(number);
	return 0;
}

/* §5.4.1 */
static void request_read(struct torc_kerberos *kerberos, struct ber sequence)
{
	struct ber body = { 0 }, element, bits;
	uint8_t tag;

	while (ber_open(&sequence, &tag, &element)) {
		if (tag == CONTEXT + 3)
			kerberos->preauthentication = sequence_of(element);
		else if (tag == CONTEXT + 4)
			ber_open_tag(&element, BER_SEQUENCE, &body);
	}
	while (ber_open(&body, &tag, &element)) {
		switch (tag - CONTEXT) {
		case 0:
			if (ber_take_tag(&element, BITS, &bits) && bits.left == 5)
				kerberos->options = torc_be32(bits.p + 1);
			break;
		case 1:
			kerberos->client = name_of(element);
			break;
		case 2:
			kerberos->realm = string_of(element, GENERAL);
			break;
		case 3:
			kerberos->server = name_of(element);
			break;
		case 5:
			kerberos->till = string_of(element, TIME);
			break;
		case 7:
			kerberos->nonce = number_of(element);
			break;
		case 8:
			kerberos->etypes = sequence_of(element);
			break;
		default:
			break;
		}
	}
}

/* §5.3 */
static void ticket_read(struct torc_kerberos *kerberos, struct ber element)
{
	struct ber ticket, sequence;
	uint8_t tag;

	if (!ber_open_tag(&element, 0x61, &ticket) || !ber_open_tag(&ticket, BER_SEQUENCE, &sequence))
		return;
	while (ber_open(&sequence, &tag, &element)) {
		if (tag == CONTEXT + 1)
			kerberos->realm = string_of(element, GENERAL);
		else if (tag == CONTEXT + 2)
			kerberos->server = name_of(element);
		else if (tag == CONTEXT + 3)
			kerberos->ticket_etype = etype_of(element);
	}
}

/* §5.4.2 */
static void reply_read(struct torc_kerberos *kerberos, struct ber sequence)
{
	struct ber element;
	uint8_t tag;

	while (ber_open(&sequence, &tag, &element)) {
		if (tag == CONTEXT + 2)
			kerberos->preauthentication = sequence_of(element);
		else if (tag == CONTEXT + 3)
			kerberos->client_realm = string_of(element, GENERAL);
		else if (tag == CONTEXT + 4)
			kerberos->client = name_of(element);
		else if (tag == CONTEXT + 5)
			ticket_read(kerberos, element);
		else if (tag == CONTEXT + 6)
			kerberos->etype = etype_of(element);
	}
}

/* §5.5.1 */
static void application_read(struct torc_kerberos *kerberos, struct ber sequence)
{
	struct ber element;
	uint8_t tag;

	while (ber_open(&sequence, &tag, &element))
		if (tag == CONTEXT + 3)
			ticket_read(kerberos, element);
}

/* §5.9.1 */
static void error_read(struct torc_kerberos *kerberos, struct ber sequence)
{
	struct ber element;
	uint8_t tag;

	while (ber_open(&sequence, &tag, &element)) {
		switch (tag - CONTEXT) {
		case 4:
			kerberos->server_time = string_of(element, TIME);
			break;
		case 6:
			kerberos->error_code = number_of(element);
			break;
		case 7:
			kerberos->client_realm = string_of(element, GENERAL);
			break;
		case 8:
			kerberos->client = name_of(element);
			break;
		case 9:
			kerberos->realm = string_of(element, GENERAL);
			break;
		case 10:
			kerberos->server = name_of(element);
			break;
		case 11:
			kerberos->error_text = string_of(element, GENERAL);
			break;
		default:
			break;
		}
	}
}

static void kerberos_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			  void *out)
{
	struct ber message = { torc_layer_header(decoded, layer), layer->header_length }, sequence;
	struct torc_kerberos *kerberos = out;

	if (layer > decoded->layers && has_record(layer[-1].type)) {
		kerberos->record_length = torc_be32(message.p);
		message.p += RECORD;
		message.left -= RECORD;
	}
	kerberos->version = 5;
	if (!message_of(message, &kerberos->message_type, &sequence))
		return;
	switch (kerberos->message_type) {
	case AS_REQ:
	case TGS_REQ:
		request_read(kerberos, sequence);
		break;
	case AS_REP:
	case TGS_REP:
		reply_read(kerberos, sequence);
		break;
	case ERROR:
		error_read(kerberos, sequence);
		break;
	case AP_REQ:
		application_read(kerberos, sequence);
		break;
	default:
		break;
	}
}

static int string_next(const struct torc_bytes *list, uint32_t *position, struct torc_bytes *string)
{
	struct ber ber, content;
	uint8_t tag;

	*string = (struct torc_bytes){ list->data, 0 };
	if (*position >= list->length)
		return 0;
	ber = (struct ber){ list->data + *position, list->length - *position };
	if (!ber_take(&ber, &tag, &content))
		return 0;
	*string = ber_bytes(&content);
	*position = list->length - ber.left;
	return 1;
}

int torc_kerberos_client_next(const struct torc_kerberos *kerberos, uint32_t *position,
			      struct torc_kerberos_name *name)
{
	return string_next(&kerberos->client, position, &name->name);
}

int torc_kerberos_server_next(const struct torc_kerberos *kerberos, uint32_t *position,
			      struct torc_kerberos_name *name)
{
	return string_next(&kerberos->server, position, &name->name);
}

int torc_kerberos_etype_next(const struct torc_kerberos *kerberos, uint32_t *position,
			     struct torc_kerberos_etype *etype)
{
	struct torc_bytes content;
	struct ber number;

	etype->etype = 0;
	if (!string_next(&kerberos->etypes, position, &content))
		return 0;
	number = (struct ber){ content.data, content.length };
	etype->etype = (int32_t)ber_signed(&number);
	return 1;
}

/* §5.2.7 */
int torc_kerberos_preauthentication_next(const struct torc_kerberos *kerberos, uint32_t *position,
					 struct torc_kerberos_preauthentication *element)
{
	const struct torc_bytes *list = &kerberos->preauthentication;
	struct ber ber, pair, type, value;

	*element = (struct torc_kerberos_preauthentication){ 0 };
	if (*position >= list->length)
		return 0;
	ber = (struct ber){ list->data + *position, list->length - *position };
	if (!ber_open_tag(&ber, BER_SEQUENCE, &pair) || !ber_take_tag(&pair, CONTEXT + 1, &type))
		return 0;
	element->type = (int32_t)number_of(type);
	if (ber_open_tag(&pair, CONTEXT + 2, &value) && ber_open_tag(&value, BER_STRING, &type))
		element->length = type.left;
	*position = list->length - ber.left;
	return 1;
}

static int client_element(const void *layer, uint32_t *position, void *element)
{
	return torc_kerberos_client_next(layer, position, element);
}

static int server_element(const void *layer, uint32_t *position, void *element)
{
	return torc_kerberos_server_next(layer, position, element);
}

static int etype_element(const void *layer, uint32_t *position, void *element)
{
	return torc_kerberos_etype_next(layer, position, element);
}

static int preauthentication_element(const void *layer, uint32_t *position, void *element)
{
	return torc_kerberos_preauthentication_next(layer, position, element);
}

/* §7.5.7 */
static const char *type_name(uint64_t type)
{
	static const char *const names[] = { [AS_REQ] = "AS-REQ", "AS-REP",  "TGS-REQ", "TGS-REP",
					     "AP-REQ",		 "AP-REP", [SAFE] = "SAFE", "PRIV",
					     "CRED",		 [ERROR] = "ERROR" };

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : NULL;
}

/* IANA, Kerberos Encryption Type Numbers; those below 0 are Microsoft's */
static const char *etype_name(uint64_t etype)
{
	static const char *const names[] = {
		[1] = "des-cbc-crc", "des-cbc-md4", "des-cbc-md5", [5] = "des3-cbc-md5",
		[7] = "des3-cbc-sha1", [16] = "des3-cbc-sha1-kd", "aes128-cts-hmac-sha1-96",
		"aes256-cts-hmac-sha1-96", "aes128-cts-hmac-sha256-128",
		"aes256-cts-hmac-sha384-192", [23] = "rc4-hmac", "rc4-hmac-exp",
		"camellia128-cts-cmac", "camellia256-cts-cmac"
	};

	return etype < sizeof(names) / sizeof(names[0]) ? names[etype] : NULL;
}

/* IANA, Pre-authentication and Typed Data */
static const char *preauthentication_name(uint64_t type)
{
	static const char *const names[] = { [1] = "TGS-REQ", "ENC-TIMESTAMP", "PW-SALT",
					     [11] = "ETYPE-INFO", [15] = "PK-AS-REP-19",
					     "PK-AS-REQ", "PK-AS-REP", [19] = "ETYPE-INFO2",
					     [128] = "PAC-REQUEST", "FOR-USER",
					     [133] = "FX-COOKIE", [136] = "FX-FAST", "FX-ERROR",
					     "ENCRYPTED-CHALLENGE", [149] = "REQ-ENC-PA-REP",
					     [165] = "SUPPORTED-ETYPES", [167] = "PAC-OPTIONS" };

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : NULL;
}

/* §7.5.9 */
static const char *error_name(uint64_t code)
{
	static const char *const names[] = {
		"KDC_ERR_NONE", "KDC_ERR_NAME_EXP", "KDC_ERR_SERVICE_EXP", "KDC_ERR_BAD_PVNO",
		"KDC_ERR_C_OLD_MAST_KVNO", "KDC_ERR_S_OLD_MAST_KVNO", "KDC_ERR_C_PRINCIPAL_UNKNOWN",
		"KDC_ERR_S_PRINCIPAL_UNKNOWN", "KDC_ERR_PRINCIPAL_NOT_UNIQUE", "KDC_ERR_NULL_KEY",
		"KDC_ERR_CANNOT_POSTDATE", "KDC_ERR_NEVER_VALID", "KDC_ERR_POLICY",
		"KDC_ERR_BADOPTION", "KDC_ERR_ETYPE_NOSUPP", "KDC_ERR_SUMTYPE_NOSUPP",
		"KDC_ERR_PADATA_TYPE_NOSUPP", "KDC_ERR_TRTYPE_NOSUPP", "KDC_ERR_CLIENT_REVOKED",
		"KDC_ERR_SERVICE_REVOKED", "KDC_ERR_TGT_REVOKED", "KDC_ERR_CLIENT_NOTYET",
		"KDC_ERR_SERVICE_NOTYET", "KDC_ERR_KEY_EXPIRED", "KDC_ERR_PREAUTH_FAILED",
		"KDC_ERR_PREAUTH_REQUIRED", "KDC_ERR_SERVER_NOMATCH",
		"KDC_ERR_MUST_USE_USER2USER", "KDC_ERR_PATH_NOT_ACCEPTED", "KDC_ERR_SVC_UNAVAILABLE",
		[31] = "KRB_AP_ERR_BAD_INTEGRITY", "KRB_AP_ERR_TKT_EXPIRED", "KRB_AP_ERR_TKT_NYV",
		"KRB_AP_ERR_REPEAT", "KRB_AP_ERR_NOT_US", "KRB_AP_ERR_BADMATCH", "KRB_AP_ERR_SKEW",
		"KRB_AP_ERR_BADADDR", "KRB_AP_ERR_BADVERSION", "KRB_AP_ERR_MSG_TYPE",
		"KRB_AP_ERR_MODIFIED", "KRB_AP_ERR_BADORDER", [44] = "KRB_AP_ERR_BADKEYVER",
		"KRB_AP_ERR_NOKEY", "KRB_AP_ERR_MUT_FAIL", "KRB_AP_ERR_BADDIRECTION",
		"KRB_AP_ERR_METHOD", "KRB_AP_ERR_BADSEQ", "KRB_AP_ERR_INAPP_CKSUM",
		"KRB_AP_PATH_NOT_ACCEPTED", "KRB_ERR_RESPONSE_TOO_BIG", [60] = "KRB_ERR_GENERIC",
		"KRB_ERR_FIELD_TOOLONG", [68] = "KDC_ERR_WRONG_REALM"
	};

	return code < sizeof(names) / sizeof(names[0]) ? names[code] : NULL;
}

static const struct torc_field_info name_fields[] = {
	TORC_FIELD_AT(struct torc_kerberos_name, name, "name", TORC_FIELD_STRING),
	TORC_FIELDS_END
};

static const struct torc_field_info etype_fields[] = {
	TORC_FIELD_AT(struct torc_kerberos_etype, etype, "etype", TORC_FIELD_INT,
		      .value_name = etype_name),
	TORC_FIELDS_END
};

static const struct torc_field_info preauthentication_fields[] = {
	TORC_FIELD_AT(struct torc_kerberos_preauthentication, type, "type", TORC_FIELD_INT,
		      .value_name = preauthentication_name),
	TORC_FIELD_AT(struct torc_kerberos_preauthentication, length, "length", TORC_FIELD_UINT,
		      .unit = "bytes"),
	TORC_FIELDS_END
};

static const struct torc_list_info client_list = {
	.next = client_element,
	.element_size = sizeof(struct torc_kerberos_name),
	.fields = name_fields,
};

static const struct torc_list_info server_list = {
	.next = server_element,
	.element_size = sizeof(struct torc_kerberos_name),
	.fields = name_fields,
};

static const struct torc_list_info etype_list = {
	.next = etype_element,
	.element_size = sizeof(struct torc_kerberos_etype),
	.fields = etype_fields,
};

static const struct torc_list_info preauthentication_list = {
	.next = preauthentication_element,
	.element_size = sizeof(struct torc_kerberos_preauthentication),
	.fields = preauthentication_fields,
};

#define SOME(member, name, kind, ...)                                                              \
	TORC_FIELD_AT(struct torc_kerberos, member, name, kind, .flags = TORC_FIELD_OPTIONAL,      \
		      __VA_ARGS__)

static const struct torc_field_info kerberos_fields[] = {
	SOME(record_length, "record_length", TORC_FIELD_UINT, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_kerberos, version, "version", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_kerberos, message_type, "message_type", TORC_FIELD_UINT,
		      .value_name = type_name),
	SOME(error_code, "error_code", TORC_FIELD_UINT, .value_name = error_name),
	SOME(error_text, "error_text", TORC_FIELD_STRING),
	SOME(server_time, "server_time", TORC_FIELD_STRING),
	SOME(client_realm, "client_realm", TORC_FIELD_STRING),
	SOME(client, "client", TORC_FIELD_LIST, .list = &client_list),
	SOME(realm, "realm", TORC_FIELD_STRING),
	SOME(server, "server", TORC_FIELD_LIST, .list = &server_list),
	SOME(options, "options", TORC_FIELD_HEX),
	SOME(till, "till", TORC_FIELD_STRING),
	SOME(nonce, "nonce", TORC_FIELD_UINT),
	SOME(etypes, "etypes", TORC_FIELD_LIST, .list = &etype_list),
	SOME(preauthentication, "preauthentication", TORC_FIELD_LIST,
	     .list = &preauthentication_list),
	SOME(ticket_etype, "ticket_etype", TORC_FIELD_INT, .value_name = etype_name),
	SOME(etype, "etype", TORC_FIELD_INT, .value_name = etype_name),
	TORC_FIELDS_END
};

static const struct torc_layer_number kerberos_numbers[] = {
	{ TORC_BY_UDP_PORT, 88 },
	{ TORC_BY_TCP_PORT, 88 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_kerberos = {
	.name = "Kerberos",
	.key = "kerberos",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_kerberos),
	.numbers = kerberos_numbers,
	.decode = kerberos_decode,
	.read = kerberos_read,
	.fields = kerberos_fields,
};
