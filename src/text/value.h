/* SPDX-License-Identifier: BSD-3-Clause */
/* value.h - the fields of a layer, by its table */
#ifndef TORC_TEXT_VALUE_H
#define TORC_TEXT_VALUE_H

#include <torc/layer.h>

#include "util/text.h"

/* Room for the struct of any layer, or of any element of a list. */
union layer_struct {
	uint8_t bytes[TORC_LAYER_STRUCT_MAX];
	max_align_t align;
};

/* The table of a layer's fields with its struct filled in; NULL when it has none. */
const struct torc_field_info *layer_fields(const struct torc_decoded *decoded,
					   const struct torc_layer *layer,
					   union layer_struct *out);

/*
 * The same with the fields that are not the packet's (TORC_FIELD_DERIVED), whose bytes are in room:
 * TORC_DERIVE_ROOM.
 */
const struct torc_field_info *layer_all_fields(const struct torc_decoded *decoded,
					       const struct torc_layer *layer,
					       union layer_struct *out, uint8_t *room);

/* One step of a path, "name" or "name[3]"; *path moves behind it and the dot. False: it is none. */
struct path_step {
	char name[48];
	int n;
};

bool path_next(const char **path, struct path_step *step);

/* The field of that name in a table, or NULL. */
const struct torc_field_info *field_named(const struct torc_field_info *fields, const char *name);

/* The value of one field of a struct; not of a list. */
void field_value(const struct torc_field_info *field, const void *object,
		 struct torc_value *value);

/* Whether text and JSON leave it out: optional, and 0 or empty. */
bool field_hidden(const struct torc_field_info *field, const void *object);

/* The text of a domain name; returns its length. */
int value_name(const struct torc_value *value, char *buffer, size_t size);

/* A value as people read it, without its meaning and unit; at most bytes_max bytes of it. */
void value_text(struct text *text, const struct torc_value *value, uint32_t bytes_max);

#endif
