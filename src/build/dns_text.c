/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * dns_text.c - questions and records in text, as RFC 1035 §5.1 has them in one line
 *
 *	question = NAME [TYPE [CLASS]]
 *	record   = NAME [TTL] [CLASS] TYPE DATA
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <torc/layers/application/dns.h>

#include "build/dns.h"
#include "build/field.h"
#include "util/error.h"

#define PARTS	 16
#define PART_MAX 256
#define NAME_ROOM 256

static const char *const words[] = { "question", "answer", "authority", "additional", "type", NULL };

const char *dns_word(unsigned int n)
{
	return n < sizeof(words) / sizeof(words[0]) ? words[n] : NULL;
}

/* A record in text, taken apart; names need room of their own. */
struct record_text {
	char parts[PARTS][PART_MAX];
	unsigned int count;
	unsigned int at; /* the next part */
	uint8_t names[3][NAME_ROOM];
	uint8_t data[PART_MAX];
	struct torc_dns_record record;
};

static bool parts_split(struct record_text *r, const char *text)
{
	while (*(text += strspn(text, " "))) {
		size_t length = 0;

		while (text[length] && text[length] != ' ')
			length += text[length] == '\\' && text[length + 1] ? 2 : 1;
		if (r->count == PARTS || length >= PART_MAX)
			return false;
		memcpy(r->parts[r->count], text, length);
		r->parts[r->count++][length] = '\0';
		text += length;
	}
	return r->count > 0;
}

static const char *part(struct record_text *r)
{
	return r->at < r->count ? r->parts[r->at++] : "";
}

/* "AAAA", or "TYPE28" as RFC 3597 §5 has it, or 28; -1: no type. */
static int type_of(const char *text)
{
	unsigned long number;
	char *end;

	for (unsigned int type = 1; type < 300; type++) {
		const char *name = torc_dns_type_name(type);

		if (name && strcasecmp(name, text) == 0)
			return (int)type;
	}
	if (strncasecmp(text, "TYPE", 4) == 0)
		text += 4;
	if (!isdigit((unsigned char)*text))
		return -1;
	number = strtoul(text, &end, 10);
	return *end || number > 0xFFFF ? -1 : (int)number;
}

static int class_of(const char *text)
{
	static const struct {
		const char *name;
		int number;
	} classes[] = { { "IN", 1 }, { "CH", 3 }, { "HS", 4 }, { "NONE", 254 }, { "ANY", 255 } };

	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if (strcasecmp(classes[i].name, text) == 0)
			return classes[i].number;
	return -1;
}

static bool number_of(const char *text, uint64_t most, uint32_t *number)
{
	unsigned long long value;
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	value = strtoull(text, &end, 10);
	*number = (uint32_t)value;
	return !*end && errno == 0 && value <= most;
}

static bool number16(struct record_text *r, uint16_t *number)
{
	uint32_t value;
	bool good = number_of(part(r), 0xFFFF, &value);

	*number = good ? (uint16_t)value : 0;
	return good;
}

static bool name_take(struct record_text *r, unsigned int n, struct torc_domain_name *name)
{
	const char *text = part(r);

	return *text && torc_build_name(text, r->names[n], NAME_ROOM, name) > 0;
}

static bool soa_take(struct record_text *r)
{
	struct torc_dns_record *record = &r->record;
	uint32_t *const numbers[] = { &record->serial, &record->refresh_s, &record->retry_s,
				      &record->expire_s, &record->minimum_s };

	if (!name_take(r, 1, &record->target) || !name_take(r, 2, &record->mailbox))
		return false;
	for (size_t i = 0; i < 5; i++)
		if (!number_of(part(r), UINT32_MAX, numbers[i]))
			return false;
	return true;
}

/* The rest as one string; blanks between words are one. */
static bool text_take(struct record_text *r)
{
	uint32_t length = 0;

	for (; r->at < r->count; r->at++) {
		int size;

		if (length > 0)
			r->data[length++] = ' ';
		size = field_unescape(r->parts[r->at], r->data + length, 255 - length);
		if (size < 0 || length + (uint32_t)size > 254)
			return false;
		length += (uint32_t)size;
	}
	r->record.text = (struct torc_bytes){ r->data, length };
	return true;
}

/* RFC 3597 §5: bytes in hex; of any type */
static bool hex_take(struct record_text *r)
{
	const char *text = part(r);
	uint32_t length = 0;
	unsigned int byte;

	for (; *text; text += 2) {
		if (!isxdigit((unsigned char)text[0]) || !isxdigit((unsigned char)text[1]) ||
		    sscanf(text, "%2x", &byte) != 1)
			return false;
		r->data[length++] = (uint8_t)byte;
	}
	r->record.data = (struct torc_bytes){ r->data, length };
	return true;
}

static bool data_take(struct record_text *r)
{
	struct torc_dns_record *record = &r->record;

	switch (record->type) {
	case 1: /* A */
		return inet_pton(AF_INET, part(r), record->ipv4) == 1;
	case 28: /* AAAA */
		return inet_pton(AF_INET6, part(r), record->ipv6) == 1;
	case 2:	 /* NS */
	case 5:	 /* CNAME */
	case 12: /* PTR */
	case 39: /* DNAME */
		return name_take(r, 1, &record->target);
	case 6: /* SOA */
		return soa_take(r);
	case 15: /* MX */
		return number16(r, &record->preference) && name_take(r, 1, &record->target);
	case 16: /* TXT */
		return text_take(r);
	case 33: /* SRV */
		return number16(r, &record->priority) && number16(r, &record->weight) &&
		       number16(r, &record->port) && name_take(r, 1, &record->target);
	default:
		return hex_take(r);
	}
}

static bool question_take(struct record_text *r)
{
	int type = r->at < r->count ? type_of(part(r)) : 1;
	int class = r->at < r->count ? class_of(part(r)) : 1;

	r->record.type = (uint16_t)type;
	r->record.record_class = (uint16_t)class;
	return type >= 0 && class >= 0;
}

static bool record_take(struct record_text *r)
{
	int type, class = 1;

	if (r->at < r->count && isdigit((unsigned char)*r->parts[r->at]) &&
	    !number_of(part(r), INT32_MAX, &r->record.ttl_s)) /* RFC 2181 §8 */
		return false;
	if (r->at < r->count && class_of(r->parts[r->at]) >= 0 && r->at + 1 < r->count)
		class = class_of(part(r));
	type = type_of(part(r));
	r->record.type = (uint16_t)type;
	r->record.record_class = (uint16_t)class;
	return type >= 0 && data_take(r);
}

/* Another type for the question that was the last thing to be added. */
static int question_type(struct torc_dns *dns, struct torc_build_list *list, const char *value,
			 struct torc_error *error)
{
	int type = type_of(value);

	if (dns->message.data != list->data || dns->question_count == 0 ||
	    dns->section_at[1] != dns->message.length)
		return torc_error_set(error, -EINVAL, "type: it belongs behind a question");
	if (type < 0)
		return torc_error_set(error, -EINVAL, "type: \"%.40s\" is no type such as A, AAAA or 65", value);
	list->data[dns->message.length - 4] = (uint8_t)(type >> 8);
	list->data[dns->message.length - 3] = (uint8_t)type;
	return 0;
}

bool dns_take(const char *name, const char *value, struct torc_build_list *list, void *object,
	      int *code, struct torc_error *error)
{
	struct record_text r = { .count = 0 };
	struct torc_dns *dns = object;
	unsigned int section = 0;
	bool good;

	while (words[section] && strcasecmp(words[section], name) != 0)
		section++;
	if (!words[section])
		return false;
	value = value ? value : "";
	if (section > TORC_DNS_ADDITIONALS) {
		*code = question_type(dns, list, value, error);
		return true;
	}
	good = parts_split(&r, value) && name_take(&r, 0, &r.record.name);
	good = good && (section == TORC_DNS_QUESTIONS ? question_take(&r) : record_take(&r));
	good = good && r.at == r.count;
	if (!good) {
		*code = torc_error_set(error, -EINVAL, "%s: \"%.60s\" is not like %s", name, value,
				       section == TORC_DNS_QUESTIONS ? "example.com AAAA" :
								       "example.com 60 A 10.0.0.1");
		return true;
	}
	*code = torc_build_dns_record(dns, list->data, list->room, section, &r.record);
	if (*code == -EINVAL)
		torc_error_set(error, *code, "%s: it belongs in front of the records of later sections", name);
	else if (*code < 0)
		torc_error_set(error, *code, "%s: a message has no more than %u bytes here", name, list->room);
	if (*code == 0 && section == TORC_DNS_ANSWERS)
		dns->is_response = true;
	return true;
}
