/* SPDX-License-Identifier: BSD-3-Clause */
/* json.c - a JSON writer, RFC 8259; strings as RFC 3629 has UTF-8 */
#include "util/json.h"

/*
 * The length of the UTF-8 character at p, or 0 when it is none: too short, too long a form, a
 * surrogate, or beyond U+10FFFF.
 */
static unsigned int utf8_length(const uint8_t *p, size_t left)
{
	unsigned int length, i;

	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xC2 || p[0] > 0xF4)
		return 0;
	length = p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
	if (left < length)
		return 0;
	for (i = 1; i < length; i++)
		if ((p[i] & 0xC0) != 0x80)
			return 0;
	if ((p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xED && p[1] > 0x9F) ||
	    (p[0] == 0xF0 && p[1] < 0x90) || (p[0] == 0xF4 && p[1] > 0x8F))
		return 0;
	return length;
}

static void quote_ascii(struct text *text, uint8_t c)
{
	if (c == '"' || c == '\\') {
		text_char(text, '\\');
		text_char(text, (char)c);
	} else if (c == '\n') {
		text_string(text, "\\n");
	} else if (c == '\r') {
		text_string(text, "\\r");
	} else if (c == '\t') {
		text_string(text, "\\t");
	} else if (c < ' ' || c == 0x7F) {
		text_string(text, "\\u");
		text_hex(text, c, 4);
	} else {
		text_char(text, (char)c);
	}
}

void json_quote(struct text *text, const uint8_t *data, size_t length)
{
	unsigned int n;
	size_t i = 0;

	text_char(text, '"');
	while (i < length) {
		n = utf8_length(data + i, length - i);
		if (n == 0) {
			text_string(text, "\\ufffd");
			i++;
		} else if (n == 1) {
			quote_ascii(text, data[i++]);
		} else {
			while (n-- > 0)
				text_char(text, (char)data[i++]);
		}
	}
	text_char(text, '"');
}

void json_raw(struct json *json, const char *name)
{
	if (json->comma)
		text_char(&json->text, ',');
	json->comma = true;
	if (name) {
		json_quote(&json->text, (const uint8_t *)name, strlen(name));
		text_char(&json->text, ':');
	}
}

void json_open(struct json *json, const char *name, char what)
{
	json_raw(json, name);
	text_char(&json->text, what);
	json->comma = false;
}

void json_close(struct json *json, char what)
{
	text_char(&json->text, what);
	json->comma = true;
}

void json_uint(struct json *json, const char *name, uint64_t number)
{
	json_raw(json, name);
	text_uint(&json->text, number);
}

void json_int(struct json *json, const char *name, int64_t number)
{
	json_raw(json, name);
	text_int(&json->text, number);
}

void json_bool(struct json *json, const char *name, bool value)
{
	json_raw(json, name);
	text_string(&json->text, value ? "true" : "false");
}

void json_null(struct json *json, const char *name)
{
	json_raw(json, name);
	text_string(&json->text, "null");
}

void json_string(struct json *json, const char *name, const char *string)
{
	if (!string)
		json_null(json, name);
	else
		json_text(json, name, (const uint8_t *)string, strlen(string));
}

void json_text(struct json *json, const char *name, const uint8_t *data, size_t length)
{
	json_raw(json, name);
	json_quote(&json->text, data, length);
}
