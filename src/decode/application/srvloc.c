/* SPDX-License-Identifier: BSD-3-Clause */
/* srvloc.c - the Service Location Protocol: RFC 2608 §8; the head of version 1, RFC 2165 §4 */
#include <torc/layers/application/srvloc.h>

#include "decode/registry.h"

#define HEADER_1 12
#define HEADER	 14 /* up to the language */

enum {
	SERVICE_REQUEST = 1,
	SERVICE_REPLY,
	REGISTRATION,
	DEREGISTRATION,
	ACKNOWLEDGMENT,
	ATTRIBUTE_REQUEST,
	ATTRIBUTE_REPLY,
	DIRECTORY_ADVERTISEMENT,
	TYPE_REQUEST,
	TYPE_REPLY,
	SERVICE_ADVERTISEMENT
};

static int srvloc_decode(struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data;
	uint32_t length, header;

	TORC_NEED(cursor, HEADER_1);
	if (p[0] < 1 || p[0] > 2 || p[1] < SERVICE_REQUEST || p[1] > SERVICE_ADVERTISEMENT)
		return torc_cursor_malformed(cursor, "no version and function");
	length = p[0] == 1 ? torc_be16(p + 2) : torc_be24(p + 2);
	header = HEADER_1;
	if (p[0] == 2) {
		TORC_NEED(cursor, HEADER);
		header = HEADER + torc_be16(p + 12);
	}
	if (length < header || (p[0] == 2 && torc_be16(p + 12) < 2))
		return torc_cursor_malformed(cursor, "length is below the header");
	TORC_NEED(cursor, header);
	torc_cursor_claim(cursor, length);
	cursor->header_length = cursor->length;
	return TORC_STEP_OK;
}

/* What is left of a message; where something does not fit nothing is left. */
struct rest {
	const uint8_t *p;
	uint32_t left;
};

static uint16_t take_number(struct rest *rest)
{
	uint16_t number;

	if (rest->left < 2) {
		rest->left = 0;
		return 0;
	}
	number = torc_be16(rest->p);
	rest->p += 2;
	rest->left -= 2;
	return number;
}

static struct torc_bytes take_string(struct rest *rest)
{
	uint32_t length = take_number(rest);
	struct torc_bytes string = { rest->p, 0 };

	if (length > rest->left) {
		rest->left = 0;
		return string;
	}
	string.length = length;
	rest->p += length;
	rest->left -= length;
	return string;
}

/* §4.3; the authenticators behind it, which nobody uses, end the reading */
static void entry_read(struct torc_srvloc *srvloc, struct rest *rest)
{
	if (rest->left < 6) {
		rest->left = 0;
		return;
	}
	rest->p++;
	rest->left--;
	srvloc->lifetime_s = take_number(rest);
	srvloc->url = take_string(rest);
	if (rest->left < 1 || rest->p[0] != 0) {
		rest->left = 0;
		return;
	}
	rest->p++;
	rest->left--;
}

/* §8.1 to §8.6, §10 */
static void body_read(struct torc_srvloc *srvloc, struct rest rest)
{
	switch (srvloc->function) {
	case SERVICE_REQUEST:
		take_string(&rest); /* who has answered */
		srvloc->service_type = take_string(&rest);
		srvloc->scopes = take_string(&rest);
		srvloc->predicate = take_string(&rest);
		break;
	case SERVICE_REPLY:
		srvloc->error_code = take_number(&rest);
		srvloc->url_count = take_number(&rest);
		if (srvloc->url_count > 0)
			entry_read(srvloc, &rest);
		break;
	case REGISTRATION:
		entry_read(srvloc, &rest);
		srvloc->service_type = take_string(&rest);
		srvloc->scopes = take_string(&rest);
		srvloc->attributes = take_string(&rest);
		break;
	case DEREGISTRATION:
		srvloc->scopes = take_string(&rest);
		entry_read(srvloc, &rest);
		break;
	case ACKNOWLEDGMENT:
		srvloc->error_code = take_number(&rest);
		break;
	case ATTRIBUTE_REQUEST:
		take_string(&rest);
		srvloc->url = take_string(&rest);
		srvloc->scopes = take_string(&rest);
		srvloc->attributes = take_string(&rest);
		break;
	case ATTRIBUTE_REPLY:
		srvloc->error_code = take_number(&rest);
		srvloc->attributes = take_string(&rest);
		break;
	case DIRECTORY_ADVERTISEMENT:
		srvloc->error_code = take_number(&rest);
		srvloc->boot_time = (uint32_t)take_number(&rest) << 16;
		srvloc->boot_time |= take_number(&rest);
		srvloc->url = take_string(&rest);
		srvloc->scopes = take_string(&rest);
		srvloc->attributes = take_string(&rest);
		break;
	case TYPE_REPLY:
		srvloc->error_code = take_number(&rest);
		srvloc->service_type = take_string(&rest);
		break;
	case SERVICE_ADVERTISEMENT:
		srvloc->url = take_string(&rest);
		srvloc->scopes = take_string(&rest);
		srvloc->attributes = take_string(&rest);
		break;
	default:
		break;
	}
}

static void srvloc_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_srvloc *srvloc = out;
	struct rest rest = { p + 12, layer->header_length - 12 };

	srvloc->version = p[0];
	srvloc->function = p[1];
	if (p[0] == 1) {
		srvloc->length = torc_be16(p + 2);
		srvloc->xid = torc_be16(p + 10);
		return;
	}
	srvloc->length = torc_be24(p + 2);
	srvloc->flags = torc_be16(p + 5);
	srvloc->xid = torc_be16(p + 10);
	srvloc->language = take_string(&rest);
	body_read(srvloc, rest);
}

static const char *function_name(uint64_t function)
{
	static const char *const names[] = { [SERVICE_REQUEST] = "Service Request", "Service Reply",
					     "Service Registration", "Service Deregister",
					     "Service Acknowledge", "Attribute Request",
					     "Attribute Reply", "DA Advertisement",
					     "Service Type Request", "Service Type Reply",
					     "SA Advertisement" };

	return function < sizeof(names) / sizeof(names[0]) ? names[function] : NULL;
}

/* §7 */
static const char *error_name(uint64_t code)
{
	static const char *const names[] = { "no error", "language not supported", "parse error",
					     "invalid registration", "scope not supported",
					     "authentication unknown", "authentication absent",
					     "authentication failed", NULL,
					     "version not supported", "internal error",
					     "DA busy", "option not understood", "invalid update",
					     "message not supported", "refresh rejected" };

	return code < sizeof(names) / sizeof(names[0]) ? names[code] : NULL;
}

#define SOME(member, name, kind, bits, ...)                                                        \
	TORC_FIELD_AT(struct torc_srvloc, member, name, kind,                                      \
		      .flags = TORC_FIELD_OPTIONAL | (bits), __VA_ARGS__)

static const struct torc_field_info srvloc_fields[] = {
	TORC_FIELD_AT(struct torc_srvloc, version, "version", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_srvloc, function, "function", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY, .value_name = function_name),
	TORC_FIELD_AT(struct torc_srvloc, length, "length", TORC_FIELD_UINT, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_srvloc, flags, "flags", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_srvloc, xid, "xid", TORC_FIELD_UINT),
	SOME(language, "language", TORC_FIELD_STRING, 0),
	SOME(error_code, "error_code", TORC_FIELD_UINT, TORC_FIELD_SUMMARY,
	     .value_name = error_name),
	SOME(url_count, "url_count", TORC_FIELD_UINT, 0),
	SOME(url, "url", TORC_FIELD_STRING, 0),
	SOME(lifetime_s, "lifetime", TORC_FIELD_UINT, 0, .unit = "seconds"),
	SOME(service_type, "service_type", TORC_FIELD_STRING, 0),
	SOME(scopes, "scopes", TORC_FIELD_STRING, 0),
	SOME(predicate, "predicate", TORC_FIELD_STRING, 0),
	SOME(attributes, "attributes", TORC_FIELD_STRING, 0),
	SOME(boot_time, "boot_time", TORC_FIELD_UINT, 0, .unit = "seconds"),
	TORC_FIELDS_END
};

static const struct torc_layer_number srvloc_numbers[] = {
	{ TORC_BY_UDP_PORT, 427 },
	{ TORC_BY_TCP_PORT, 427 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_srvloc = {
	.name = "SRVLOC",
	.key = "srvloc",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_srvloc),
	.numbers = srvloc_numbers,
	.decode = srvloc_decode,
	.read = srvloc_read,
	.fields = srvloc_fields,
};
