/* SPDX-License-Identifier: BSD-3-Clause */
/* field.h - from names and values in text to members of layers' structs */
#ifndef TORC_BUILD_FIELD_H
#define TORC_BUILD_FIELD_H

#include <torc/layer.h>

/* A value that was read from text. */
struct field_text_value {
	uint64_t number;
	uint8_t bytes[64];
	uint32_t length; /* of bytes */
};

/* The layer type of that name or key; 0: error says which come near. */
unsigned int field_layer(const char *name, struct torc_error *error);

/*
 * The field of that name of a layer type; NULL: error says which come near, also of the names that
 * others() counts up, where it is not NULL.
 */
const struct torc_field_info *field_of_layer(unsigned int type, const char *name,
					     const char *(*others)(unsigned int type, unsigned int n),
					     struct torc_error *error);

/* Text without its escapes (\n \r \t \0 \x0d; else the character itself); its length, or -EINVAL. */
int field_unescape(const char *text, uint8_t *bytes, size_t room);

/* Understand a value; 0, -EINVAL, -ERANGE or -EOPNOTSUPP with a sentence about path. */
int field_parse(const struct torc_field_info *field, const char *path, const char *text,
		struct field_text_value *value, struct torc_error *error);

/* Put it into the struct. Bytes are borrowed from value. */
void field_store(const struct torc_field_info *field, void *object,
		 const struct field_text_value *value);

/* Whether the struct has that value. */
bool field_holds(const struct torc_field_info *field, const void *object,
		 const struct field_text_value *value);

/* The largest number that the header of a type can hold there; 0: it depends on other fields. */
uint64_t field_most(unsigned int type, const struct torc_field_info *field);

#endif
