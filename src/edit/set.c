/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * set.c - any field by its name: the header is read into its struct, the member changed, both are
 * written, and the bits that differ are those that change in the packet
 */
#include <torc/edit.h>

#include <errno.h>
#include <string.h>

#include "build/field.h"
#include "build/writer.h"
#include "decode/registry.h"
#include "edit/change.h"
#include "text/value.h"
#include "util/error.h"

#define QUOTED     "quoted."
#define HEADER_MAX 2064 /* an IPv6 extension header with all it may have */

/* "ipv4[1].ttl", as it stands in front of the = */
static int parse_path(struct torc_assignment *a, const char *path, struct torc_error *error)
{
	const char *rest = path;
	struct path_step step;

	if (strncmp(rest, QUOTED, strlen(QUOTED)) == 0) {
		a->quoted = true;
		rest += strlen(QUOTED);
	}
	if (!path_next(&rest, &step) || *rest == '\0')
		return torc_error_set(error, -EINVAL, "\"%.60s\" is no field such as ipv4.dst", path);
	a->n = step.n;
	a->type = (uint16_t)field_layer(step.name, error);
	if (a->type == TORC_LAYER_NONE)
		return -EINVAL;
	if (!path_next(&rest, &step))
		return torc_error_set(error, -EINVAL, "\"%.60s\" is no field such as ipv4.dst", path);
	a->field = field_of_layer(a->type, step.name, NULL, error);
	if (!a->field)
		return -EINVAL;
	if (*rest || a->field->kind == TORC_FIELD_LIST)
		return torc_error_set(error, -EOPNOTSUPP, "%.60s cannot be set: it is a list", path);
	if (a->type == TORC_LAYER_CDP)
		return torc_error_set(error, -EOPNOTSUPP,
				      "%.60s cannot be set: CDP's checksum is its own, and would not follow", path);
	if (!layer_writer(a->type))
		return torc_error_set(error, -EOPNOTSUPP,
				      "%.60s cannot be set: %s headers are read, not written", path,
				      torc_layer_name(a->type));
	return 0;
}

static void value_of(const struct torc_assignment *a, struct field_text_value *value)
{
	value->number = a->number;
	value->length = a->length;
	memcpy(value->bytes, a->bytes, sizeof(value->bytes));
}

int torc_assignment_parse(struct torc_assignment *assignment, const char *text,
			  struct torc_error *error)
{
	const char *equals = strchr(text, '=');
	struct field_text_value value;
	char path[128];
	uint64_t most;
	int code;

	memset(assignment, 0, sizeof(*assignment));
	if (!equals || (size_t)(equals - text) >= sizeof(path))
		return torc_error_set(error, -EINVAL, "\"%.60s\" is no FIELD=VALUE such as ipv4.ttl=64",
				      text);
	memcpy(path, text, (size_t)(equals - text));
	path[equals - text] = '\0';
	code = parse_path(assignment, path, error);
	if (code == 0)
		code = field_parse(assignment->field, path, equals + 1, &value, error);
	if (code < 0)
		return code;
	most = value.length ? 0 : field_most(assignment->type, assignment->field);
	if (most > 0 && value.number > most)
		return torc_error_set(error, -ERANGE, "%s: %s does not fit; 0 to %llu are possible", path,
				      equals + 1, (unsigned long long)most);
	assignment->number = value.number;
	assignment->length = value.length;
	memcpy(assignment->bytes, value.bytes, sizeof(value.bytes));
	return 0;
}

/* Bits that are to change, run by run, so that a checksum between two runs is left to follow. */
static int flip(struct torc_edit *edit, const struct edit_inside *inside, uint32_t at,
		const uint8_t *flips, uint32_t length)
{
	uint8_t bytes[HEADER_MAX];

	for (uint32_t i = 0, run; i < length; i += run + 1) {
		int code;

		for (run = 0; i + run < length && flips[i + run]; run++)
			bytes[run] = flips[i + run] ^ edit->data[at + i + run];
		code = run ? edit_change_any(edit, inside, at + i, bytes, run) : 0;
		if (code < 0) /* at the first run: a CRC covers all of a header */
			return code;
	}
	return 0;
}

/* Which bits of the layer's header change with the field; 0 or negative. */
static int flips_of(const struct torc_decoded *decoded, const struct torc_layer *layer,
		    const struct torc_assignment *a, uint8_t *flips)
{
	const struct torc_layer_ops *ops = layer_ops(a->type);
	layer_write *write = layer_writer(a->type);
	uint8_t header[HEADER_MAX];
	struct writer before = { .data = header, .room = HEADER_MAX, .type = a->type,
				 .counts_given = true };
	struct writer after = { .data = flips, .room = HEADER_MAX, .type = a->type,
				.counts_given = true };
	struct torc_decoded again = { .data = header };
	struct torc_layer alone = *layer;
	struct field_text_value value;
	union layer_struct object;

	value_of(a, &value);
	layer_fields(decoded, layer, &object);
	write(&before, object.bytes);
	field_store(a->field, object.bytes, &value);
	write(&after, object.bytes);
	if (before.length != layer->header_length || after.length != before.length ||
	    before.length > HEADER_MAX)
		return -EOPNOTSUPP;
	for (uint32_t i = 0; i < before.length; i++) {
		flips[i] ^= header[i];
		header[i] = flips[i] ^ torc_layer_header(decoded, layer)[i];
	}
	/* does the header say so now? A number may have been cut, or mean nothing without a flag */
	alone.offset = 0;
	again.caplen = again.len = before.length;
	memset(object.bytes, 0, ops->struct_size);
	ops->read(&again, &alone, object.bytes);
	return field_holds(a->field, object.bytes, &value) ? 0 : -ERANGE;
}

int torc_edit_set(struct torc_edit *edit, const struct torc_assignment *assignment)
{
	struct edit_inside where = { &edit->decoded, 0 };
	const struct torc_layer *layer;
	struct torc_decoded quoted;
	uint8_t flips[HEADER_MAX];
	int code;

	if (assignment->quoted && !edit_quoted(edit, &quoted, &where))
		return -ENOENT;
	layer = torc_layer_nth(where.decoded, assignment->type, assignment->n);
	if (!layer)
		return -ENOENT;
	code = flips_of(where.decoded, layer, assignment, flips);
	if (code == 0)
		code = flip(edit, assignment->quoted ? &where : NULL,
			    where.base + layer->offset, flips, layer->header_length);
	if (code == 0)
		edit_decode(edit);
	return code;
}
