/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * text.c - a packet in one line of text
 *
 *	packet  = layer *("/" layer)
 *	layer   = name ["(" [setting *("," setting)] ")"]
 *	setting = field "=" value        value: up to the next "," or ")"
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "build/builder.h"
#include "build/field.h"
#include "build/writer.h"
#include "decode/registry.h"
#include "text/value.h"
#include "util/error.h"

#define WORD_MAX 128
#define VALUES   32 /* settings of one layer: bytes are kept until it is written */

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

/* What a field that is named says about the rest. */
static unsigned int given_by(const char *name)
{
	static const char *const lengths[] = { "length", "total_length", "payload_length",
					       "options_length" };
	static const char *const nexts[] = { "ether_type", "protocol", "next_header" };

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
	uint8_t bytes[WORD_MAX / 2];
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
	char name[WORD_MAX], value[WORD_MAX];
	const char *at = r->at;
	int code;

	if (*r->at != '(')
		return torc_build_payload(builder, "", 0);
	r->at++;
	if (!take_word(r, "=,)/(", name) || *r->at != '=')
		return refuse(r, at, -EINVAL, "Payload takes text=, hex= or length=");
	r->at++;
	at = r->at;
	if (!take_word(r, ")", value) || *r->at != ')')
		return refuse(r, at, -EINVAL, "a value and a \")\" are missing");
	r->at++;
	if (strcmp(name, "text") == 0)
		code = torc_build_payload(builder, value, strlen(value));
	else if (strcmp(name, "hex") == 0)
		code = push_hex(r, builder, value, at);
	else if (strcmp(name, "length") == 0)
		code = push_zeros(r, builder, value, at);
	else
		code = refuse(r, at, -EINVAL, "Payload takes text=, hex= or length=");
	return code;
}

/* ---- layers ---- */

/* One "field=value" into the struct. value stays until the layer is written. */
static int take_setting(struct reader *r, unsigned int type, void *object,
			struct field_text_value *value, unsigned int *given)
{
	const struct torc_field_info *field;
	char name[WORD_MAX], text[WORD_MAX];
	const char *at;
	uint64_t most;
	int code;

	skip_blanks(r);
	at = r->at;
	if (!take_word(r, "=,)/(", name) || *r->at != '=')
		return refuse(r, at, -EINVAL, "a setting such as dst=10.0.0.1 was expected");
	field = field_of_layer(type, name, r->error);
	if (!field)
		return refuse(r, at, -EINVAL, NULL);
	r->at++;
	at = r->at;
	if (!take_word(r, ",)", text))
		return refuse(r, at, -EINVAL, "a value was expected");
	code = field_parse(field, name, text, value, r->error);
	if (code < 0)
		return refuse(r, at, code, NULL);
	most = value->length ? 0 : field_most(type, field);
	if (most > 0 && value->number > most) {
		torc_error_set(r->error, -ERANGE, "%s: %s does not fit; 0 to %llu are possible", name,
			       text, (unsigned long long)most);
		return refuse(r, at, -ERANGE, NULL);
	}
	field_store(field, object, value);
	*given |= given_by(name);
	return 0;
}

static int push_layer(struct reader *r, struct torc_builder *builder)
{
	struct field_text_value values[VALUES];
	unsigned int type, given = TORC_BUILD_DEFAULTS_GIVEN, count = 0;
	union layer_struct object = { { 0 } };
	char name[WORD_MAX];
	const char *at;
	int code;

	skip_blanks(r);
	at = r->at;
	if (!take_word(r, "(/,)=", name))
		return refuse(r, at, -EINVAL, "the name of a layer was expected, such as IPv4");
	type = field_layer(name, r->error);
	if (type == TORC_LAYER_NONE)
		return refuse(r, at, -EINVAL, NULL);
	if (type == TORC_LAYER_PAYLOAD)
		return push_payload(r, builder);
	if (!layer_writer(type))
		return refuse(r, at, -EOPNOTSUPP, "headers of that layer are read, not written");
	build_early_defaults(type, object.bytes);
	if (*r->at == '(') {
		r->at++;
		skip_blanks(r);
		while (*r->at != ')') {
			if (count == VALUES)
				return refuse(r, r->at, -EINVAL, "too many settings");
			code = take_setting(r, type, object.bytes, &values[count++], &given);
			if (code < 0)
				return code;
			if (*r->at == ',')
				r->at++;
			else if (*r->at != ')')
				return refuse(r, r->at, -EINVAL, "a \")\" is missing");
		}
		r->at++;
	}
	build_late_defaults(type, object.bytes);
	return torc_build_push(builder, type, object.bytes, sizeof(object.bytes), given);
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
