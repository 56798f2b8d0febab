/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ppp_control.c - PPP's link control protocol, RFC 1661 §5, and those that have its form: IPCP, RFC 1332, with
 * name servers, RFC 1877; IPv6CP, RFC 5072; CCP, RFC 1962; and authentication: PAP, RFC 1334 §2, CHAP, RFC 1994
 */
#include <torc/layers/link/ppp_control.h>

#include <string.h>

#include "decode/registry.h"
#include "decode/tlv.h"

#define HEADER 4

enum { CONFIGURE_REJECT = 4, PROTOCOL_REJECT = 8, ECHO_REQUEST = 9, TIME_REMAINING = 13 };

/* Code, identifier and a length, which all of them begin with; the rest belongs to them. */
static int head_decode(struct torc_cursor *cursor)
{
	uint32_t length;

	TORC_NEED(cursor, HEADER);
	length = torc_be16(cursor->data + 2);
	if (length < HEADER)
		return torc_cursor_malformed(cursor, "length is below the header");
	torc_cursor_claim(cursor, length);
	cursor->header_length = cursor->length;
	return TORC_STEP_OK;
}

static bool has_options(uint8_t code)
{
	return code >= 1 && code <= CONFIGURE_REJECT;
}

static int control_decode(struct torc_cursor *cursor)
{
	int step = head_decode(cursor);

	if (step == TORC_STEP_OK && has_options(cursor->data[0]) &&
	    cursor->length == torc_be16(cursor->data + 2) &&
	    !tlv_fill(cursor->data + HEADER, cursor->length - HEADER))
		return torc_cursor_bad_tail(cursor, "an option does not fit");
	return step;
}

static void control_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			 void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_bytes rest = { p + HEADER, layer->header_length - HEADER };
	struct torc_ppp_control *control = out;

	control->code = p[0];
	control->identifier = p[1];
	control->length = torc_be16(p + 2);
	if (has_options(p[0]))
		control->options = rest;
	else
		control->data = rest;
}

/* The codes that LCP has alone: RFC 1661 §5.7 to §5.9, RFC 1570 §2 */
static void lcp_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	struct torc_ppp_control *control = out;
	struct torc_bytes *data = &control->data;

	control_read(decoded, layer, out);
	if (control->code == PROTOCOL_REJECT && data->length >= 2) {
		control->rejected_protocol = torc_be16(data->data);
		*data = (struct torc_bytes){ data->data + 2, data->length - 2 };
	} else if (control->code >= ECHO_REQUEST && control->code <= TIME_REMAINING &&
		   data->length >= 4) {
		control->magic = torc_be32(data->data);
		*data = (struct torc_bytes){ data->data + 4, data->length - 4 };
	}
}

int torc_ppp_option_next(const struct torc_ppp_control *control, uint32_t *position,
			 struct torc_ppp_option *option)
{
	const uint8_t *p;
	uint32_t left;

	if (*position >= control->options.length)
		return 0;
	p = control->options.data + *position;
	left = control->options.length - *position;
	if (left < 2 || p[1] < 2 || p[1] > left)
		return 0;
	memset(option, 0, sizeof(*option));
	option->type = p[0];
	option->length = p[1];
	option->value = (struct torc_bytes){ p + 2, p[1] - 2u };
	if (p[1] == 4)
		option->number = torc_be16(p + 2);
	else if (p[1] == 6)
		option->number = torc_be32(p + 2);
	*position += p[1];
	return 1;
}

static int option_element(const void *layer, uint32_t *position, void *element)
{
	return torc_ppp_option_next(layer, position, element);
}

/* IPCP's options of four bytes are addresses: RFC 1332 §3.3, RFC 1877 §1 */
static int ipcp_element(const void *layer, uint32_t *position, void *element)
{
	struct torc_ppp_option *option = element;

	if (torc_ppp_option_next(layer, position, option) == 0)
		return 0;
	if (option->length == 6 && option->type >= 3) {
		memcpy(option->ipv4, option->value.data, 4);
		option->number = 0;
	}
	return 1;
}

/* RFC 1661 §5, RFC 1570 §2, RFC 1962 §3 */
static const char *code_name(uint64_t code)
{
	static const char *const names[] = {
		[0] = "vendor extension", [1] = "configure request", [2] = "configure ack",
		[3] = "configure nak", [4] = "configure reject", [5] = "terminate request",
		[6] = "terminate ack", [7] = "code reject", [8] = "protocol reject",
		[9] = "echo request", [10] = "echo reply", [11] = "discard request",
		[12] = "identification", [13] = "time remaining", [14] = "reset request",
		[15] = "reset reply"
	};

	return code < sizeof(names) / sizeof(names[0]) ? names[code] : NULL;
}

/* IANA's "PPP LCP Configuration Option Types" */
static const char *lcp_option_name(uint64_t type)
{
	static const char *const names[] = {
		[0] = "vendor", [1] = "MRU", [2] = "ACCM", [3] = "authentication protocol",
		[4] = "quality protocol", [5] = "magic number", [7] = "protocol compression",
		[8] = "address and control compression", [9] = "FCS alternatives",
		[10] = "self-describing pad", [11] = "numbered mode", [13] = "callback",
		[15] = "compound frames", [17] = "MRRU", [18] = "short sequence numbers",
		[19] = "endpoint discriminator", [21] = "DCE identifier", [23] = "link discriminator",
		[26] = "prefix elision", [27] = "multilink header format",
		[28] = "internationalization"
	};

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : NULL;
}

static const char *ipcp_option_name(uint64_t type)
{
	switch (type) {
	case 1:
		return "IP addresses";
	case 2:
		return "compression protocol";
	case 3:
		return "IP address";
	case 4:
		return "mobile IPv4";
	case 129:
		return "primary DNS";
	case 130:
		return "primary NBNS";
	case 131:
		return "secondary DNS";
	case 132:
		return "secondary NBNS";
	default:
		return NULL;
	}
}

static const char *ipv6cp_option_name(uint64_t type)
{
	return type == 1 ? "interface identifier" : type == 2 ? "compression protocol" : NULL;
}

/* IANA's "PPP CCP Configuration Option Types" */
static const char *ccp_option_name(uint64_t type)
{
	static const char *const names[] = {
		[0] = "OUI", [1] = "predictor 1", [2] = "predictor 2", [3] = "Puddle Jumper",
		[16] = "HP PPC", [17] = "Stac LZS", [18] = "MPPC", [19] = "Gandalf FZA",
		[20] = "V.42bis", [21] = "BSD compress", [23] = "LZS-DCP", [26] = "deflate",
		[27] = "V.44"
	};

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : NULL;
}

#define OPTION_FIELDS(name_of)                                                                     \
	{                                                                                          \
		TORC_FIELD_AT(struct torc_ppp_option, type, "type", TORC_FIELD_UINT,               \
			      .value_name = name_of),                                              \
		TORC_FIELD_AT(struct torc_ppp_option, length, "length", TORC_FIELD_UINT,           \
			      .unit = "bytes"),                                                    \
		TORC_FIELD_AT(struct torc_ppp_option, number, "number", TORC_FIELD_HEX,            \
			      .flags = TORC_FIELD_OPTIONAL),                                       \
		TORC_FIELD_AT(struct torc_ppp_option, ipv4, "ipv4", TORC_FIELD_IPV4,               \
			      .flags = TORC_FIELD_OPTIONAL),                                       \
		TORC_FIELD_AT(struct torc_ppp_option, value, "value", TORC_FIELD_BYTES,            \
			      .flags = TORC_FIELD_OPTIONAL),                                       \
		TORC_FIELDS_END                                                                    \
	}

#define OPTION_LIST(next_option, option_fields)                                                    \
	{                                                                                          \
		.next = next_option, .element_size = sizeof(struct torc_ppp_option),               \
		.fields = option_fields,                                                           \
	}

#define CONTROL_FIELDS(options_)                                                                   \
	{                                                                                          \
		TORC_FIELD_AT(struct torc_ppp_control, code, "code", TORC_FIELD_UINT,              \
			      .value_name = code_name),                                            \
		TORC_FIELD_AT(struct torc_ppp_control, identifier, "id", TORC_FIELD_UINT),         \
		TORC_FIELD_AT(struct torc_ppp_control, length, "length", TORC_FIELD_UINT,          \
			      .unit = "bytes"),                                                    \
		TORC_FIELD_AT(struct torc_ppp_control, rejected_protocol, "rejected_protocol",     \
			      TORC_FIELD_HEX, .flags = TORC_FIELD_OPTIONAL),                       \
		TORC_FIELD_AT(struct torc_ppp_control, magic, "magic", TORC_FIELD_HEX,             \
			      .flags = TORC_FIELD_OPTIONAL),                                       \
		TORC_FIELD_AT(struct torc_ppp_control, options, "options", TORC_FIELD_LIST,        \
			      .flags = TORC_FIELD_OPTIONAL, .list = options_),                     \
		TORC_FIELD_AT(struct torc_ppp_control, data, "data", TORC_FIELD_BYTES,             \
			      .flags = TORC_FIELD_OPTIONAL),                                       \
		TORC_FIELDS_END                                                                    \
	}

/* One of the four: they differ in the name, the number, and what their options mean. */
#define CONTROL_LAYER(symbol, NAME, number_, read_, next_option)                                   \
	static const struct torc_field_info symbol##_option_fields[] =                             \
		OPTION_FIELDS(symbol##_option_name);                                               \
	static const struct torc_list_info symbol##_options =                                      \
		OPTION_LIST(next_option, symbol##_option_fields);                                  \
	static const struct torc_field_info symbol##_fields[] = CONTROL_FIELDS(&symbol##_options); \
	static const struct torc_layer_number symbol##_numbers[] = {                               \
		{ TORC_BY_PPP_PROTOCOL, number_ },                                                 \
		{ TORC_BY_NONE, 0 }                                                                \
	};                                                                                         \
	const struct torc_layer_ops torc_layer_ops_##symbol = {                                    \
		.name = NAME,                                                                      \
		.key = #symbol,                                                                    \
		.struct_size = sizeof(struct torc_ppp_control),                                    \
		.numbers = symbol##_numbers,                                                       \
		.decode = control_decode,                                                          \
		.read = read_,                                                                     \
		.fields = symbol##_fields,                                                         \
	};

CONTROL_LAYER(lcp, "LCP", 0xC021, lcp_read, option_element)
CONTROL_LAYER(ipcp, "IPCP", 0x8021, control_read, ipcp_element)
CONTROL_LAYER(ipv6cp, "IPv6CP", 0x8057, control_read, option_element)
CONTROL_LAYER(ccp, "CCP", 0x80FD, control_read, option_element)

/* A string behind its length; what is there of it. Moves *rest behind it. */
static struct torc_bytes counted(struct torc_bytes *rest)
{
	struct torc_bytes string = { rest->data, 0 };

	if (rest->length == 0)
		return string;
	string.length = rest->data[0] < rest->length - 1 ? rest->data[0] : rest->length - 1;
	string.data = rest->data + 1;
	*rest = (struct torc_bytes){ string.data + string.length, rest->length - 1 - string.length };
	return string;
}

static void pap_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_bytes rest = { p + HEADER, layer->header_length - HEADER };
	struct torc_pap *pap = out;

	pap->code = p[0];
	pap->identifier = p[1];
	pap->length = torc_be16(p + 2);
	if (p[0] == 1) {
		pap->peer = counted(&rest);
		pap->password = counted(&rest);
	} else {
		pap->message = counted(&rest);
	}
}

static const char *pap_code_name(uint64_t code)
{
	static const char *const names[] = { [1] = "request", "ack", "nak" };

	return code < sizeof(names) / sizeof(names[0]) ? names[code] : NULL;
}

static const struct torc_field_info pap_fields[] = {
	TORC_FIELD_AT(struct torc_pap, code, "code", TORC_FIELD_UINT, .value_name = pap_code_name),
	TORC_FIELD_AT(struct torc_pap, identifier, "id", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_pap, length, "length", TORC_FIELD_UINT, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_pap, peer, "peer", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_pap, password, "password", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_pap, message, "message", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_layer_number pap_numbers[] = {
	{ TORC_BY_PPP_PROTOCOL, 0xC023 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_pap = {
	.name = "PAP",
	.key = "pap",
	.struct_size = sizeof(struct torc_pap),
	.numbers = pap_numbers,
	.decode = head_decode,
	.read = pap_read,
	.fields = pap_fields,
};

static void chap_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_bytes rest = { p + HEADER, layer->header_length - HEADER };
	struct torc_chap *chap = out;

	chap->code = p[0];
	chap->identifier = p[1];
	chap->length = torc_be16(p + 2);
	if (p[0] == 1 || p[0] == 2) {
		chap->value = counted(&rest);
		chap->name = rest;
	} else {
		chap->message = rest;
	}
}

static const char *chap_code_name(uint64_t code)
{
	static const char *const names[] = { [1] = "challenge", "response", "success", "failure" };

	return code < sizeof(names) / sizeof(names[0]) ? names[code] : NULL;
}

static const struct torc_field_info chap_fields[] = {
	TORC_FIELD_AT(struct torc_chap, code, "code", TORC_FIELD_UINT, .value_name = chap_code_name),
	TORC_FIELD_AT(struct torc_chap, identifier, "id", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_chap, length, "length", TORC_FIELD_UINT, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_chap, value, "value", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_chap, name, "name", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_chap, message, "message", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_layer_number chap_numbers[] = {
	{ TORC_BY_PPP_PROTOCOL, 0xC223 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_chap = {
	.name = "CHAP",
	.key = "chap",
	.struct_size = sizeof(struct torc_chap),
	.numbers = chap_numbers,
	.decode = head_decode,
	.read = chap_read,
	.fields = chap_fields,
};
