/* SPDX-License-Identifier: BSD-3-Clause */
/* dcerpc.c - DCE's remote procedure calls: [C706] §12.5 over UDP, §12.6 over TCP */
#include <torc/layers/windows/dcerpc.h>

#include <string.h>

#include "decode/little.h"
#include "decode/registry.h"
#include "decode/windows/interfaces.h"

#define HEADER	     16 /* what each fragment of a connection begins with */
#define DATAGRAM     80
#define CONTEXT	     44 /* an interface, with one transfer syntax */
#define SYNTAX	     20
#define RESULT	     24
#define OBJECT_GIVEN 0x80

enum { REQUEST, RESPONSE = 2, FAULT, REJECT = 6, BIND = 11, BIND_ACK, BIND_NAK, ALTER, ALTER_RESPONSE,
       LAST = 19 };

static uint16_t number16(const uint8_t *p, bool is_little)
{
	return is_little ? le16(p) : torc_be16(p);
}

static uint32_t number32(const uint8_t *p, bool is_little)
{
	return is_little ? le32(p) : torc_be32(p);
}

/* The first three parts of an identifier are numbers, the rest bytes ([C706] appendix A). */
static void uuid_read(uint8_t *uuid, const uint8_t *p, bool is_little)
{
	static const uint8_t turned[] = { 3, 2, 1, 0, 5, 4, 7, 6 };

	memcpy(uuid, p, 16);
	for (int i = 0; is_little && i < 8; i++)
		uuid[i] = p[turned[i]];
}

/* Integers big or little, characters of ASCII or EBCDIC; one of four forms of floating point. */
static bool is_representation(const uint8_t *p)
{
	return (p[0] & 0xEE) == 0 && p[1] <= 3 && p[2] == 0;
}

/* Whether a fragment of a connection begins there. */
static bool begins(const uint8_t *p, uint32_t left)
{
	uint32_t length;

	if (left < HEADER || p[0] != 5 || p[1] > 1 || p[2] > LAST || !is_representation(p + 4) || p[7])
		return false;
	length = number16(p + 8, p[4] & 0x10);
	return length >= HEADER && (uint32_t)number16(p + 10, p[4] & 0x10) + HEADER <= length;
}

static int datagram_decode(struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data;

	TORC_NEED(cursor, DATAGRAM);
	if (p[0] != 4 || p[1] > 10 || !is_representation(p + 4))
		return torc_cursor_malformed(cursor, "no version, type and form of numbers");
	torc_cursor_claim(cursor, DATAGRAM + number16(p + 74, p[4] & 0x10));
	cursor->header_length = cursor->length;
	return TORC_STEP_OK;
}

static int dcerpc_decode(struct torc_cursor *cursor)
{
	const struct torc_decoded *decoded = cursor->decoded;
	const uint8_t *p = cursor->data;
	uint32_t length;

	if (decoded->layer_count > 0 &&
	    decoded->layers[decoded->layer_count - 1].type == TORC_LAYER_UDP)
		return datagram_decode(cursor);
	TORC_NEED(cursor, HEADER);
	if (!begins(p, cursor->length))
		return torc_cursor_malformed(cursor, "no version, type and length of a fragment");
	length = number16(p + 8, p[4] & 0x10);
	if (length >= cursor->length) {
		cursor->header_length = cursor->length;
		return TORC_STEP_OK;
	}
	cursor->header_length = length;
	cursor->next = begins(p + length, cursor->length - length) ? TORC_LAYER_DCERPC :
								     TORC_LAYER_PAYLOAD;
	return TORC_STEP_OK;
}

static struct torc_bytes service_of(const uint8_t *uuid)
{
	const char *name = dcerpc_interface_name(uuid);

	return (struct torc_bytes){ (const uint8_t *)name, name ? (uint32_t)strlen(name) : 0 };
}

/* §12.5.1 */
static void datagram_read(struct torc_dcerpc *dcerpc, const uint8_t *p, uint32_t size)
{
	bool is_little = p[4] & 0x10;

	dcerpc->version = p[0];
	dcerpc->packet_type = p[1];
	dcerpc->flags = p[2];
	dcerpc->flags2 = p[3];
	dcerpc->is_little = is_little;
	uuid_read(dcerpc->object, p + 8, is_little);
	uuid_read(dcerpc->interface_id, p + 24, is_little);
	uuid_read(dcerpc->activity, p + 40, is_little);
	dcerpc->service = service_of(dcerpc->interface_id);
	dcerpc->interface_version = number32(p + 60, is_little);
	dcerpc->call_id = number32(p + 64, is_little);
	dcerpc->opnum = number16(p + 68, is_little);
	dcerpc->length = number16(p + 74, is_little);
	dcerpc->stub = (struct torc_bytes){ p + DATAGRAM, size - DATAGRAM };
	if ((p[1] == FAULT || p[1] == REJECT) && size >= DATAGRAM + 4)
		dcerpc->status = number32(p + DATAGRAM, is_little);
}

/* §12.6.4.9, §12.6.4.10, §12.6.4.7: a hint of the size, the context, and what is of each type */
static void call_read(struct torc_dcerpc *dcerpc, const uint8_t *p, uint32_t size)
{
	uint32_t at = HEADER + 8, end = size;

	if (size < at)
		return;
	dcerpc->context_id = number16(p + 20, dcerpc->is_little);
	if (dcerpc->packet_type == REQUEST) {
		dcerpc->opnum = number16(p + 22, dcerpc->is_little);
		if (dcerpc->flags & OBJECT_GIVEN && size >= at + 16) {
			uuid_read(dcerpc->object, p + at, dcerpc->is_little);
			at += 16;
		}
	} else if (dcerpc->packet_type == FAULT) {
		if (size >= at + 4)
			dcerpc->status = number32(p + at, dcerpc->is_little);
		return;
	}
	/* a verifier at the end, with eight bytes in front of it */
	if (dcerpc->auth_length > 0 && dcerpc->length == size && size - at >= dcerpc->auth_length + 8u)
		end -= dcerpc->auth_length + 8u;
	dcerpc->stub = (struct torc_bytes){ p + at, end - at };
}

/* §12.6.4.3, §12.6.4.4 */
static void bind_read(struct torc_dcerpc *dcerpc, const uint8_t *p, uint32_t size)
{
	bool is_answer = dcerpc->packet_type == BIND_ACK ||
			 dcerpc->packet_type == ALTER_RESPONSE;
	uint32_t at = HEADER + 8;

	if (size < at)
		return;
	dcerpc->max_transmit = number16(p + 16, dcerpc->is_little);
	dcerpc->max_receive = number16(p + 18, dcerpc->is_little);
	dcerpc->association_group = number32(p + 20, dcerpc->is_little);
	if (is_answer) { /* the port, as text, up to a multiple of four */
		if (size < at + 2)
			return;
		at += 2u + number16(p + at, dcerpc->is_little);
		at = (at + 3) & ~3u;
	}
	if (size >= at + 4)
		dcerpc->contexts = (struct torc_bytes){ p + at, size - at };
}

static void dcerpc_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	uint32_t size = layer->header_length;
	struct torc_dcerpc *dcerpc = out;

	if (p[0] == 4) {
		datagram_read(dcerpc, p, size);
		return;
	}
	dcerpc->version = p[0];
	dcerpc->minor_version = p[1];
	dcerpc->packet_type = p[2];
	dcerpc->flags = p[3];
	dcerpc->is_little = p[4] & 0x10;
	dcerpc->length = number16(p + 8, dcerpc->is_little);
	dcerpc->auth_length = number16(p + 10, dcerpc->is_little);
	dcerpc->call_id = number32(p + 12, dcerpc->is_little);
	switch (dcerpc->packet_type) {
	case REQUEST:
	case RESPONSE:
	case FAULT:
		call_read(dcerpc, p, size);
		break;
	case BIND:
	case BIND_ACK:
	case ALTER:
	case ALTER_RESPONSE:
		bind_read(dcerpc, p, size);
		break;
	case BIND_NAK:
		if (size >= HEADER + 2)
			dcerpc->status = number16(p + HEADER, dcerpc->is_little);
		break;
	default:
		break;
	}
}

/* A position is the place behind the one before; the count in front says how many there are. */
int torc_dcerpc_context_next(const struct torc_dcerpc *dcerpc, uint32_t *position,
			     struct torc_dcerpc_context *context)
{
	const struct torc_bytes *list = &dcerpc->contexts;
	uint32_t at = 4, size;
	const uint8_t *p;

	*context = (struct torc_dcerpc_context){ 0 };
	if ((dcerpc->packet_type != BIND && dcerpc->packet_type != ALTER) || list->length < 4)
		return 0;
	for (int n = 0; n < list->data[0]; n++, at += size) {
		if (list->length - at < CONTEXT - SYNTAX)
			return 0;
		p = list->data + at;
		size = CONTEXT - SYNTAX + (uint32_t)p[2] * SYNTAX;
		if (size > list->length - at)
			return 0;
		if (at < *position)
			continue;
		context->context_id = number16(p, dcerpc->is_little);
		context->transfer_count = p[2];
		uuid_read(context->interface_id, p + 4, dcerpc->is_little);
		context->service = service_of(context->interface_id);
		context->version = number16(p + 20, dcerpc->is_little);
		context->minor_version = number16(p + 22, dcerpc->is_little);
		if (p[2] > 0)
			uuid_read(context->transfer, p + 24, dcerpc->is_little);
		*position = at + size;
		return 1;
	}
	return 0;
}

int torc_dcerpc_result_next(const struct torc_dcerpc *dcerpc, uint32_t *position,
			    struct torc_dcerpc_result *result)
{
	const struct torc_bytes *list = &dcerpc->contexts;
	uint32_t at = 4 + *position;

	*result = (struct torc_dcerpc_result){ 0 };
	if ((dcerpc->packet_type != BIND_ACK && dcerpc->packet_type != ALTER_RESPONSE) ||
	    list->length < 4 || *position / RESULT >= list->data[0] || list->length < at ||
	    list->length - at < RESULT)
		return 0;
	result->result = number16(list->data + at, dcerpc->is_little);
	result->reason = number16(list->data + at + 2, dcerpc->is_little);
	*position += RESULT;
	return 1;
}

static int context_element(const void *layer, uint32_t *position, void *element)
{
	return torc_dcerpc_context_next(layer, position, element);
}

static int result_element(const void *layer, uint32_t *position, void *element)
{
	return torc_dcerpc_result_next(layer, position, element);
}

static const char *type_name(uint64_t type)
{
	static const char *const names[] = {
		"Request", "Ping", "Response", "Fault", "Working", "Nocall", "Reject", "Ack",
		"Cl_cancel", "Fack", "Cancel_ack", "Bind", "Bind_ack", "Bind_nak", "Alter_context",
		"Alter_context_resp", "AUTH3", "Shutdown", "Co_cancel", "Orphaned"
	};

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : NULL;
}

/* [C706] §12.6.3.1 */
static const char *result_name(uint64_t result)
{
	static const char *const names[] = { "acceptance", "user rejection", "provider rejection",
					     "negotiate ack" };

	return result < 4 ? names[result] : NULL;
}

/* [C706] appendix E, [MS-RPCE] §3.3.3.5 */
static const char *fault_name(uint64_t status)
{
	switch (status) {
	case 5:
		return "access denied";
	case 0x1C010002:
		return "nca_s_op_rng_error";
	case 0x1C010003:
		return "nca_s_unk_if";
	case 0x1C01000B:
		return "nca_s_proto_error";
	case 0x1C000009:
		return "nca_s_fault_remote_comm_failure";
	case 0x1C00001A:
		return "nca_s_fault_context_mismatch";
	case 0x000006F7:
		return "bad stub data";
	default:
		return NULL;
	}
}

#define SOME(member, name, kind, ...)                                                              \
	TORC_FIELD_AT(struct torc_dcerpc, member, name, kind, .flags = TORC_FIELD_OPTIONAL,        \
		      __VA_ARGS__)

static const struct torc_field_info context_fields[] = {
	TORC_FIELD_AT(struct torc_dcerpc_context, context_id, "context_id", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_dcerpc_context, interface_id, "interface", TORC_FIELD_UUID),
	TORC_FIELD_AT(struct torc_dcerpc_context, service, "service", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_dcerpc_context, version, "version", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_dcerpc_context, minor_version, "minor_version",
		      TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_dcerpc_context, transfer_count, "transfer_count",
		      TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_dcerpc_context, transfer, "transfer", TORC_FIELD_UUID,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_list_info context_list = {
	.next = context_element,
	.element_size = sizeof(struct torc_dcerpc_context),
	.fields = context_fields,
};

static const struct torc_field_info result_fields[] = {
	TORC_FIELD_AT(struct torc_dcerpc_result, result, "result", TORC_FIELD_UINT,
		      .value_name = result_name),
	TORC_FIELD_AT(struct torc_dcerpc_result, reason, "reason", TORC_FIELD_UINT),
	TORC_FIELDS_END
};

static const struct torc_list_info result_list = {
	.next = result_element,
	.element_size = sizeof(struct torc_dcerpc_result),
	.fields = result_fields,
};

static const struct torc_field_info dcerpc_fields[] = {
	TORC_FIELD_AT(struct torc_dcerpc, version, "version", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_dcerpc, minor_version, "minor_version", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_dcerpc, packet_type, "packet_type", TORC_FIELD_UINT,
		      .value_name = type_name),
	TORC_FIELD_AT(struct torc_dcerpc, flags, "flags", TORC_FIELD_HEX),
	SOME(flags2, "flags2", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_dcerpc, is_little, "little_endian", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_dcerpc, length, "length", TORC_FIELD_UINT, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_dcerpc, auth_length, "auth_length", TORC_FIELD_UINT,
		      .unit = "bytes"),
	TORC_FIELD_AT(struct torc_dcerpc, call_id, "call_id", TORC_FIELD_UINT),
	SOME(context_id, "context_id", TORC_FIELD_UINT),
	SOME(opnum, "opnum", TORC_FIELD_UINT),
	SOME(status, "status", TORC_FIELD_HEX, .value_name = fault_name),
	SOME(max_transmit, "max_transmit", TORC_FIELD_UINT, .unit = "bytes"),
	SOME(max_receive, "max_receive", TORC_FIELD_UINT, .unit = "bytes"),
	SOME(association_group, "association_group", TORC_FIELD_HEX),
	SOME(object, "object", TORC_FIELD_UUID),
	SOME(interface_id, "interface", TORC_FIELD_UUID),
	SOME(interface_version, "interface_version", TORC_FIELD_UINT),
	SOME(service, "service", TORC_FIELD_STRING),
	SOME(activity, "activity", TORC_FIELD_UUID),
	SOME(contexts, "contexts", TORC_FIELD_LIST, .list = &context_list),
	SOME(contexts, "results", TORC_FIELD_LIST, .list = &result_list),
	SOME(stub, "stub", TORC_FIELD_BYTES),
	TORC_FIELDS_END
};

static const struct torc_layer_number dcerpc_numbers[] = {
	{ TORC_BY_TCP_PORT, 135 },
	{ TORC_BY_UDP_PORT, 135 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_dcerpc = {
	.name = "DCERPC",
	.key = "dcerpc",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_dcerpc),
	.numbers = dcerpc_numbers,
	.decode = dcerpc_decode,
	.read = dcerpc_read,
	.fields = dcerpc_fields,
};
