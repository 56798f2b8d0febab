/* SPDX-License-Identifier: BSD-3-Clause */
/* json.c - a JSON writer, RFC 8259; strings as RFC 3629 has UTF-8 */
#include "util/json.h"

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
	uint32_t c;
	size_t i = 0;

	text_char(text, '"');
	while (i < length) {
		n = text_utf8(data + i, length - i, &c);
		if (n == 0) {
			text_string(text, "\\ufffd");
			i++;
		} else if (n == 1) {
			quote_ascii(text, data[i++]);
		} else if (text_steers(c)) {
			text_string(text, "\\u");
			text_hex(text, c, 4);
			i += n;
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
