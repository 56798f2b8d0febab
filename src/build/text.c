/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * text.c - a packet in one line of text
 *
 *	packet  = layer *("/" layer)
 *	layer   = name ["(" [setting *("," setting)] ")"]
 *	setting = field ["=" value]      value: up to the next "," or ")" without a "\\" in front
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <torc/layers/application/dhcp.h>
#include <torc/layers/link/discovery.h>

#include "build/builder.h"
#include "build/field.h"
#include "build/option.h"
#include "build/writer.h"
#include "decode/registry.h"
#include "text/value.h"
#include "util/error.h"

#define WORD_MAX 64
#define TEXT_MAX 3072 /* of a value */
#define LIST_MAX 2048 /* bytes of the options of a layer */
#define VALUES   32   /* settings of one layer: bytes are kept until it is written */

/* The text, and how far it was understood. */
struct reader {
	const char *text;
	const char *at;
	struct torc_error *error;
};

/* The sentence that is in error already, or this one, with the place in front. */
static int refuse(struct reader *r, const char *at, int code, const char *sentence)
{
	struct torc_error why = { 0 };

	if (sentence)
		return torc_error_set(r->error, code, "at character %d of the packet: %s",
				      (int)(at - r->text) + 1, sentence);
	if (r->error)
		why = *r->error;
	return torc_error_set(r->error, code, "at character %d of the packet: %.400s",
			      (int)(at - r->text) + 1, why.text);
}

static void skip_blanks(struct reader *r)
{
	while (isspace((unsigned char)*r->at))
		r->at++;
}

/* What stands up to one of the stops, without blanks around; false: nothing, or too much. */
static bool take_word(struct reader *r, const char *stops, char word[WORD_MAX])
{
	size_t length;

	skip_blanks(r);
	length = strcspn(r->at, stops);
	if (length == 0 || length >= WORD_MAX)
		return false;
	memcpy(word, r->at, length);
	r->at += length;
	while (length > 0 && isspace((unsigned char)word[length - 1]))
		length--;
	word[length] = '\0';
	return length > 0;
}

/* A value up to one of the stops, escapes and all; false: it is too long. */
static bool take_text(struct reader *r, const char *stops, char text[TEXT_MAX])
{
	size_t length = 0;

	while (*r->at && !strchr(stops, *r->at)) {
		size_t size = *r->at == '\\' && r->at[1] ? 2 : 1;

		if (length + size >= TEXT_MAX)
			return false;
		memcpy(text + length, r->at, size);
		r->at += size;
		length += size;
	}
	text[length] = '\0';
	return true;
}

/* What a field that is named says about the rest. */
static unsigned int given_by(const char *name)
{
	static const char *const lengths[] = { "length", "total_length", "payload_length",
					       "options_length" };
	static const char *const nexts[] = { "ether_type", "protocol", "next_header",
					     "icmp_type" };

	if (strcmp(name, "checksum") == 0)
		return TORC_BUILD_CHECKSUM_GIVEN;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
		if (strcmp(name, lengths[i]) == 0)
			return TORC_BUILD_LENGTH_GIVEN;
	for (size_t i = 0; i < sizeof(nexts) / sizeof(nexts[0]); i++)
		if (strcmp(name, nexts[i]) == 0)
			return TORC_BUILD_NEXT_GIVEN;
	return 0;
}

/* ---- Payload ---- */

static int push_hex(struct reader *r, struct torc_builder *builder, const char *hex, const char *at)
{
	uint8_t bytes[TEXT_MAX / 2];
	size_t length = 0;

	for (; *hex; hex += 2) {
		unsigned int byte;

		if (!isxdigit((unsigned char)hex[0]) || !isxdigit((unsigned char)hex[1]) ||
		    sscanf(hex, "%2x", &byte) != 1)
			return refuse(r, at, -EINVAL, "hex takes two digits a byte");
		bytes[length++] = (uint8_t)byte;
	}
	return torc_build_payload(builder, bytes, length);
}

static int push_text(struct reader *r, struct torc_builder *builder, const char *text, const char *at)
{
	uint8_t bytes[TEXT_MAX];
	int length = field_unescape(text, bytes, sizeof(bytes));

	if (length < 0)
		return refuse(r, at, -EINVAL, "\"\\x\" takes two digits: \\x0d; others are \\n \\r \\t \\0");
	return torc_build_payload(builder, bytes, (size_t)length);
}

static int push_zeros(struct reader *r, struct torc_builder *builder, const char *text, const char *at)
{
	static const uint8_t zeros[64];
	char *end;
	unsigned long count = strtoul(text, &end, 10);
	int code = 0;

	if (!isdigit((unsigned char)*text) || *end || count > 65535)
		return refuse(r, at, -ERANGE, "a payload has 0 to 65535 bytes");
	/* one layer: what follows it would be another */
	if (builder->code == 0 && count > builder->room - builder->length)
		return builder->code = -ENOSPC;
	code = torc_build_payload(builder, zeros, 0);
	if (code == 0) {
		memset(builder->data + builder->length, 0, count);
		builder->decoded.layers[builder->decoded.layer_count - 1].header_length = (uint32_t)count;
		builder->length += (uint32_t)count;
	}
	return code;
}

static int push_payload(struct reader *r, struct torc_builder *builder)
{
	char name[WORD_MAX], value[TEXT_MAX];
	const char *at = r->at;
	int code;

	if (*r->at != '(')
		return torc_build_payload(builder, "", 0);
	r->at++;
	if (!take_word(r, "=,)/(", name) || *r->at != '=')
		return refuse(r, at, -EINVAL, "Payload takes text=, hex= or length=");
	r->at++;
	at = r->at;
	if (!take_text(r, ")", value) || *r->at != ')')
		return refuse(r, at, -EINVAL, "a \")\" is missing, or the value has more than 3071 characters");
	r->at++;
	if (strcmp(name, "text") == 0)
		code = push_text(r, builder, value, at);
	else if (strcmp(name, "hex") == 0)
		code = push_hex(r, builder, value, at);
	else if (strcmp(name, "length") == 0)
		code = push_zeros(r, builder, value, at);
	else
		code = refuse(r, at, -EINVAL, "Payload takes text=, hex= or length=");
	return code;
}

/* ---- layers ---- */

/* A layer whose settings are read, and the bytes that they point to until it is written. */
struct setting {
	unsigned int type;
	unsigned int given;
	unsigned int count;
	union layer_struct object;
	struct field_text_value values[VALUES];
	uint8_t list_bytes[LIST_MAX];
	struct torc_build_list list;
};

/* The field of a name; a list can be given as bytes. */
static int take_field(struct reader *r, struct setting *s, const char *name, const char *text,
		      const char *at, const char *value_at)
{
	const struct torc_field_info *field = field_of_layer(s->type, name, option_name, r->error);
	struct field_text_value *value = &s->values[s->count];
	struct torc_field_info bytes;
	uint64_t most;
	int code;

	if (!field)
		return refuse(r, at, -EINVAL, NULL);
	if (!text)
		return refuse(r, value_at, -EINVAL, "a \"=\" and a value were expected");
	if (s->count == VALUES)
		return refuse(r, at, -EINVAL, "too many settings");
	if (field->kind == TORC_FIELD_LIST && field->size == sizeof(struct torc_bytes)) {
		bytes = *field;
		bytes.kind = TORC_FIELD_BYTES;
		field = &bytes;
	}
	code = field_parse(field, name, text, value, r->error);
	if (code < 0)
		return refuse(r, value_at, code, NULL);
	most = value->length ? 0 : field_most(s->type, field);
	if (most > 0 && value->number > most) {
		torc_error_set(r->error, -ERANGE, "%s: %s does not fit; 0 to %llu are possible", name,
			       text, (unsigned long long)most);
		return refuse(r, value_at, -ERANGE, NULL);
	}
	field_store(field, s->object.bytes, value);
	s->count++;
	s->given |= given_by(name);
	return 0;
}

/* One "field=value", "option=value" or "option" into the struct. */
static int take_setting(struct reader *r, struct setting *s)
{
	char name[WORD_MAX], text[TEXT_MAX];
	bool has_value;
	const char *at, *value_at;
	int code;

	skip_blanks(r);
	at = r->at;
	if (!take_word(r, "=,)/(", name) || (*r->at && !strchr("=,)", *r->at)))
		return refuse(r, at, -EINVAL, "a setting such as dst=10.0.0.1 was expected");
	has_value = *r->at == '=';
	r->at += has_value;
	skip_blanks(r);
	value_at = r->at;
	if (has_value && !take_text(r, ",)", text))
		return refuse(r, value_at, -EINVAL, "the value has more than 3071 characters");
	for (size_t end = has_value ? strlen(text) : 0; end > 0 && text[end - 1] == ' '; end--)
		text[end - 1] = '\0';
	if (option_take(s->type, name, has_value ? text : NULL, &s->list, s->object.bytes, &code, r->error))
		return code < 0 ? refuse(r, value_at, code, NULL) : 0;
	return take_field(r, s, name, has_value ? text : NULL, at, value_at);
}

/* Lists whose end is said by an element: DHCP's options (RFC 2132 §3.2) and LLDP's TLVs. */
static int list_end(struct setting *s)
{
	struct torc_dhcpv4 *dhcp = (struct torc_dhcpv4 *)(void *)s->object.bytes;
	struct torc_lldp_info *info = (struct torc_lldp_info *)(void *)s->object.bytes;
	int code = 0;

	if (s->type == TORC_LAYER_DHCPV4 && s->list.length > 0) {
		code = torc_build_option(&s->list, s->type, 255, NULL, 0);
		dhcp->options = (struct torc_bytes){ s->list.data, s->list.length };
	} else if (s->type == TORC_LAYER_LLDP_INFO && (s->list.length > 0 || !info->tlvs.data)) {
		code = torc_build_option(&s->list, s->type, 0, NULL, 0);
		info->tlvs = (struct torc_bytes){ s->list.data, s->list.length };
	}
	return code;
}

static int push_layer(struct reader *r, struct torc_builder *builder)
{
	struct setting s;
	char name[WORD_MAX];
	const char *at;
	int code;

	skip_blanks(r);
	at = r->at;
	if (!take_word(r, "(/,)=", name))
		return refuse(r, at, -EINVAL, "the name of a layer was expected, such as IPv4");
	s.type = field_layer(name, r->error);
	if (s.type == TORC_LAYER_NONE)
		return refuse(r, at, -EINVAL, NULL);
	if (s.type == TORC_LAYER_PAYLOAD)
		return push_payload(r, builder);
	if (!layer_writer(s.type))
		return refuse(r, at, -EOPNOTSUPP, "headers of that layer are read, not written");
	s.given = TORC_BUILD_DEFAULTS_GIVEN;
	s.count = 0;
	s.list = (struct torc_build_list){ s.list_bytes, sizeof(s.list_bytes), 0 };
	memset(&s.object, 0, sizeof(s.object));
	build_early_defaults(s.type, s.object.bytes);
	if (*r->at == '(') {
		r->at++;
		skip_blanks(r);
		while (*r->at != ')') {
			code = take_setting(r, &s);
			if (code < 0)
				return code;
			if (*r->at == ',')
				r->at++;
			else if (*r->at != ')')
				return refuse(r, r->at, -EINVAL, "a \")\" is missing");
		}
		r->at++;
	}
	build_late_defaults(s.type, s.object.bytes);
	if (list_end(&s) < 0)
		return refuse(r, at, -ENOSPC, "the options of a layer have no more than 2048 bytes here");
	return torc_build_push(builder, s.type, s.object.bytes, sizeof(s.object.bytes), s.given);
}

int torc_build_text(struct torc_builder *builder, const char *text, struct torc_error *error)
{
	struct torc_error own = { 0 };
	struct reader r = { text, text, error ? error : &own };
	const char *at;
	int code;

	do {
		at = r.at;
		code = push_layer(&r, builder);
		if (code == -ENOSPC)
			return refuse(&r, at, code, "the packet is longer than its buffer");
		if (code < 0)
			return code;
		skip_blanks(&r);
	} while (*r.at == '/' && r.at++);
	if (*r.at)
		return refuse(&r, r.at, -EINVAL, "a \"/\" and the next layer were expected");
	return 0;
}
