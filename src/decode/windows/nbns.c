/* SPDX-License-Identifier: BSD-3-Clause */
/* nbns.c - NetBIOS's name service: RFC 1002 §4.2, in the form of DNS */
#include <torc/layers/windows/netbios.h>

#include <string.h>

#include "decode/registry.h"
#include "decode/windows/netbios.h"

#define HEADER	     12
#define RECORDS_MAX  64 /* in a datagram; more are not looked at */
#define NODE_NAME    18 /* bytes of a name in a node's status */

enum { TYPE_NB = 0x20, TYPE_NBSTAT = 0x21 };

bool torc_netbios_name(const struct torc_bytes *letters, uint8_t name[TORC_NETBIOS_NAME])
{
	if (letters->length != NETBIOS_LETTERS || !netbios_letters(letters->data, letters->length))
		return false;
	for (int i = 0; i < TORC_NETBIOS_NAME; i++)
		name[i] = (uint8_t)((letters->data[2 * i] - 'A') << 4 | (letters->data[2 * i + 1] - 'A'));
	return true;
}

/* The bytes of the record at p, 0 where it does not fit. */
static uint32_t record_size(const uint8_t *p, uint32_t left, bool is_question, uint32_t *name)
{
	uint32_t fixed = is_question ? 4 : 10, size;

	*name = netbios_name_size(p, left);
	if (*name == 0 || left - *name < fixed)
		return 0;
	size = *name + fixed + (is_question ? 0 : torc_be16(p + *name + 8));
	return size <= left ? size : 0;
}

/* The number of records that the header promises, as far as they are looked at. */
static uint32_t record_count(const uint8_t *p)
{
	uint32_t count = (uint32_t)torc_be16(p + 4) + torc_be16(p + 6) + torc_be16(p + 8) +
			 torc_be16(p + 10);

	return count < RECORDS_MAX ? count : RECORDS_MAX;
}

static int nbns_decode(struct torc_cursor *cursor)
{
	uint32_t at = HEADER, name, size, count, questions;

	TORC_NEED(cursor, HEADER);
	count = record_count(cursor->data);
	questions = torc_be16(cursor->data + 4);
	if (count == 0)
		return torc_cursor_malformed(cursor, "neither a question nor a record");
	for (uint32_t i = 0; i < count; i++) {
		size = record_size(cursor->data + at, cursor->length - at, i < questions, &name);
		if (size == 0 && cursor->length < cursor->wire_length)
			return TORC_STEP_SHORT;
		if (size == 0)
			return torc_cursor_malformed(cursor, "a name or record does not fit");
		at += size;
	}
	cursor->header_length = at;
	return TORC_STEP_OK;
}

static void nbns_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_nbns *nbns = out;

	nbns->id = torc_be16(p);
	nbns->is_response = p[2] & 0x80;
	nbns->opcode = p[2] >> 3 & 0xF;
	nbns->authoritative = p[2] & 4;
	nbns->truncated = p[2] & 2;
	nbns->recursion_desired = p[2] & 1;
	nbns->recursion_available = p[3] & 0x80;
	nbns->is_broadcast = p[3] & 0x10;
	nbns->response_code = p[3] & 0xF;
	nbns->question_count = torc_be16(p + 4);
	nbns->answer_count = torc_be16(p + 6);
	nbns->authority_count = torc_be16(p + 8);
	nbns->additional_count = torc_be16(p + 10);
	nbns->message = (struct torc_bytes){ p, layer->header_length };
}

/* The letters of the name at p, also where a pointer (§4.1, as RFC 1035 §4.1.4) leads back to. */
static struct torc_bytes name_of(const struct torc_nbns *nbns, const uint8_t *p, uint32_t left)
{
	uint32_t target, size;

	if (left >= 2 && p[0] >= 0xC0) {
		target = torc_be16(p) & 0x3FFFu;
		if (target >= (uint32_t)(p - nbns->message.data))
			return (struct torc_bytes){ p, 0 };
		left = nbns->message.length - target;
		p = nbns->message.data + target;
	}
	if (netbios_name_at(p, left, &size))
		return (struct torc_bytes){ p + 1, NETBIOS_LETTERS };
	return (struct torc_bytes){ p, 0 };
}

static uint8_t section_of(const struct torc_nbns *nbns, uint32_t n)
{
	uint32_t answers = nbns->question_count, authorities = answers + nbns->answer_count;

	return n < answers				    ? 0 :
	       n < authorities				    ? 1 :
	       n < authorities + nbns->authority_count ? 2 :
							      3;
}

/* §4.2.13: flags and an address, of which the first pair counts */
static void record_read(struct torc_nbns_record *record, const uint8_t *fixed)
{
	record->ttl_s = torc_be32(fixed + 4);
	record->data = (struct torc_bytes){ fixed + 10, torc_be16(fixed + 8) };
	if (record->type != TYPE_NB || record->data.length < 6)
		return;
	record->is_group = record->data.data[0] & 0x80;
	record->node_type = record->data.data[0] >> 5 & 3;
	memcpy(record->address, record->data.data + 2, 4);
}

/* A position is the place of a record; which one it is is counted from the first. */
int torc_nbns_record_next(const struct torc_nbns *nbns, uint32_t *position,
			  struct torc_nbns_record *record)
{
	uint32_t count, at = HEADER, name, size;
	const uint8_t *p;

	*record = (struct torc_nbns_record){ 0 };
	if (nbns->message.length < HEADER)
		return 0;
	count = record_count(nbns->message.data);
	for (uint32_t n = 0; n < count; n++, at += size) {
		p = nbns->message.data + at;
		size = record_size(p, nbns->message.length - at, n < nbns->question_count, &name);
		if (size == 0)
			return 0;
		if (at < *position)
			continue;
		record->section = section_of(nbns, n);
		record->name = name_of(nbns, p, nbns->message.length - at);
		record->type = torc_be16(p + name);
		record->record_class = torc_be16(p + name + 2);
		if (record->section > 0)
			record_read(record, p + name);
		*position = at + size;
		return 1;
	}
	return 0;
}

/* The names of the first NBSTAT record, which is the one there is: a count, then names, then statistics. */
static struct torc_bytes node_names(const struct torc_nbns *nbns)
{
	struct torc_nbns_record record;
	uint32_t position = 0, length;

	while (torc_nbns_record_next(nbns, &position, &record)) {
		if (record.section == 0 || record.type != TYPE_NBSTAT || record.data.length < 1)
			continue;
		length = record.data.data[0] * NODE_NAME;
		if (length > record.data.length - 1)
			length = (record.data.length - 1) / NODE_NAME * NODE_NAME;
		return (struct torc_bytes){ record.data.data + 1, length };
	}
	return (struct torc_bytes){ nbns->message.data, 0 };
}

int torc_nbns_name_next(const struct torc_nbns *nbns, uint32_t *position,
			struct torc_nbns_name *name)
{
	struct torc_bytes names = node_names(nbns);
	const uint8_t *p;

	*name = (struct torc_nbns_name){ 0 };
	if (*position >= names.length)
		return 0;
	p = names.data + *position;
	name->name = (struct torc_bytes){ p, TORC_NETBIOS_NAME - 1 };
	while (name->name.length > 0 && (p[name->name.length - 1] == ' ' || p[name->name.length - 1] == 0))
		name->name.length--;
	name->suffix = p[15];
	name->is_group = p[16] & 0x80;
	name->is_active = p[16] & 4;
	*position += NODE_NAME;
	return 1;
}

static int record_element(const void *layer, uint32_t *position, void *element)
{
	return torc_nbns_record_next(layer, position, element);
}

static int name_element(const void *layer, uint32_t *position, void *element)
{
	return torc_nbns_name_next(layer, position, element);
}

/* §4.2.1.1 */
static const char *opcode_name(uint64_t opcode)
{
	static const char *const names[] = { "query", NULL, NULL, NULL, NULL, "registration",
					     "release", "wait", "refresh", "refresh",
					     [15] = "multi-homed registration" };

	return opcode < sizeof(names) / sizeof(names[0]) ? names[opcode] : NULL;
}

/* §4.2.6, §4.2.11, §4.2.14 */
static const char *response_name(uint64_t code)
{
	static const char *const names[] = { "no error", "format error", "server failure",
					     "no such name", "not implemented", "refused",
					     "active", "in conflict" };

	return code < sizeof(names) / sizeof(names[0]) ? names[code] : NULL;
}

static const char *section_name(uint64_t section)
{
	static const char *const names[] = { "question", "answer", "authority", "additional" };

	return section < 4 ? names[section] : NULL;
}

static const char *type_name(uint64_t type)
{
	return type == TYPE_NB	   ? "NB" :
	       type == TYPE_NBSTAT ? "NBSTAT" :
	       type == 1	   ? "A" :
	       type == 2	   ? "NS" :
	       type == 10	   ? "NULL" :
				     NULL;
}

static const char *node_name(uint64_t type)
{
	static const char *const names[] = { "B", "P", "M", "H" };

	return type < 4 ? names[type] : NULL;
}

#define SOME(object, member, name, kind, ...)                                                      \
	TORC_FIELD_AT(object, member, name, kind, .flags = TORC_FIELD_OPTIONAL, __VA_ARGS__)

static const struct torc_field_info record_fields[] = {
	TORC_FIELD_AT(struct torc_nbns_record, section, "section", TORC_FIELD_UINT,
		      .value_name = section_name),
	SOME(struct torc_nbns_record, name, "name", TORC_FIELD_NETBIOS),
	TORC_FIELD_AT(struct torc_nbns_record, type, "type", TORC_FIELD_UINT,
		      .value_name = type_name),
	TORC_FIELD_AT(struct torc_nbns_record, record_class, "class", TORC_FIELD_UINT),
	SOME(struct torc_nbns_record, ttl_s, "ttl", TORC_FIELD_UINT, .unit = "seconds"),
	SOME(struct torc_nbns_record, is_group, "group", TORC_FIELD_BOOL),
	SOME(struct torc_nbns_record, node_type, "node_type", TORC_FIELD_UINT,
	     .value_name = node_name),
	SOME(struct torc_nbns_record, address, "address", TORC_FIELD_IPV4),
	SOME(struct torc_nbns_record, data, "data", TORC_FIELD_BYTES),
	TORC_FIELDS_END
};

static const struct torc_list_info record_list = {
	.next = record_element,
	.element_size = sizeof(struct torc_nbns_record),
	.fields = record_fields,
};

static const struct torc_field_info name_fields[] = {
	TORC_FIELD_AT(struct torc_nbns_name, name, "name", TORC_FIELD_STRING),
	TORC_FIELD_AT(struct torc_nbns_name, suffix, "suffix", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_nbns_name, is_group, "group", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_nbns_name, is_active, "active", TORC_FIELD_BOOL),
	TORC_FIELDS_END
};

static const struct torc_list_info name_list = {
	.next = name_element,
	.element_size = sizeof(struct torc_nbns_name),
	.fields = name_fields,
};

static const struct torc_field_info nbns_fields[] = {
	TORC_FIELD_AT(struct torc_nbns, id, "id", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_nbns, is_response, "response", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_nbns, opcode, "opcode", TORC_FIELD_UINT,
		      .value_name = opcode_name),
	TORC_FIELD_AT(struct torc_nbns, authoritative, "authoritative", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_nbns, truncated, "truncated", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_nbns, recursion_desired, "recursion_desired", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_nbns, recursion_available, "recursion_available",
		      TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_nbns, is_broadcast, "broadcast", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_nbns, response_code, "response_code", TORC_FIELD_UINT,
		      .value_name = response_name),
	TORC_FIELD_AT(struct torc_nbns, question_count, "question_count", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_nbns, answer_count, "answer_count", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_nbns, authority_count, "authority_count", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_nbns, additional_count, "additional_count", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_nbns, message, "records", TORC_FIELD_LIST, .list = &record_list),
	SOME(struct torc_nbns, message, "names", TORC_FIELD_LIST, .list = &name_list),
	TORC_FIELDS_END
};

static const struct torc_layer_number nbns_numbers[] = {
	{ TORC_BY_UDP_PORT, 137 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_nbns = {
	.name = "NBNS",
	.key = "nbns",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_nbns),
	.numbers = nbns_numbers,
	.decode = nbns_decode,
	.read = nbns_read,
	.fields = nbns_fields,
};
