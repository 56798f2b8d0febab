/* SPDX-License-Identifier: BSD-3-Clause */
/* json.h - writing JSON (RFC 8259): commas, nesting and escapes looked after */
#ifndef TORC_UTIL_JSON_H
#define TORC_UTIL_JSON_H

#include "util/text.h"

struct json {
	struct text text;
	bool comma; /* something stands before in this object or array */
};

static inline struct json json_start(char *buffer, size_t size)
{
	return (struct json){ text_start(buffer, size), false };
}

/* what is '{' or '['; name is NULL in an array and at the top */
void json_open(struct json *json, const char *name, char what);
/* what is '}' or ']' */
void json_close(struct json *json, char what);
void json_uint(struct json *json, const char *name, uint64_t number);
void json_int(struct json *json, const char *name, int64_t number);
void json_bool(struct json *json, const char *name, bool value);
void json_null(struct json *json, const char *name);
/* NULL is null */
void json_string(struct json *json, const char *name, const char *string);
/* Bytes that should be UTF-8; each that is not becomes U+FFFD. */
void json_text(struct json *json, const char *name, const uint8_t *data, size_t length);
/* Writes the name; the caller writes a whole value to json->text. */
void json_raw(struct json *json, const char *name);
/* A quoted string, without a name before it. */
void json_quote(struct text *text, const uint8_t *data, size_t length);

#endif
