/* SPDX-License-Identifier: BSD-3-Clause */
/* dns.c - DNS messages record by record, names compressed: RFC 1035 §4.1, RFC 3597 §4 */
#include <ctype.h>
#include <errno.h>

#include <torc/build.h>
#include <torc/layers/application/dns.h>

#include "build/writer.h"

#define HEADER	    12
#define NAME_MAX_   255
#define POINTER_MAX 0x3FFF

#define TYPE_A	   1
#define TYPE_NS	   2
#define TYPE_CNAME 5
#define TYPE_SOA   6
#define TYPE_PTR   12
#define TYPE_MX	   15
#define TYPE_TXT   16
#define TYPE_AAAA  28
#define TYPE_SRV   33
#define TYPE_DNAME 39
#define TYPE_SVCB  64
#define TYPE_HTTPS 65
#define TYPE_URI   256

/* ---- names ---- */

/* One digit sequence of RFC 1035 §5.1: "\." is a dot in a label, "\032" a byte. */
static int label_byte(const char **text)
{
	const char *p = *text;

	if (*p != '\\') {
		*text = p + 1;
		return (uint8_t)*p;
	}
	if (isdigit((unsigned char)p[1]) && isdigit((unsigned char)p[2]) && isdigit((unsigned char)p[3])) {
		int byte = (p[1] - '0') * 100 + (p[2] - '0') * 10 + p[3] - '0';

		*text = p + 4;
		return byte < 256 ? byte : -1;
	}
	*text = p[1] ? p + 2 : p + 1;
	return p[1] ? (uint8_t)p[1] : -1;
}

int torc_build_name(const char *text, void *buffer, size_t room, struct torc_domain_name *name)
{
	uint8_t *p = buffer;
	size_t length = 0, label = 0;
	int byte;

	if (strcmp(text, ".") == 0)
		text = "";
	while (*text) {
		label = length++;
		while (*text && *text != '.') {
			byte = label_byte(&text);
			if (byte < 0 || length - label > 63)
				return -EINVAL;
			if (length >= room)
				return -ENOSPC;
			p[length++] = (uint8_t)byte;
		}
		if (length == label + 1 || length >= NAME_MAX_)
			return -EINVAL; /* an empty label, or too long */
		p[label] = (uint8_t)(length - label - 1);
		text += *text == '.';
	}
	if (length >= room)
		return -ENOSPC;
	p[length++] = 0;
	*name = (struct torc_domain_name){ { buffer, (uint32_t)length }, 0 };
	return (int)length;
}

/* The label at a place behind pointers; false: the name is damaged. */
static bool label_at(const struct torc_bytes *message, uint32_t *at)
{
	for (unsigned int jumps = 0; jumps < 128; jumps++) {
		if (*at >= message->length)
			return false;
		if ((message->data[*at] & 0xC0) != 0xC0)
			return !(message->data[*at] & 0xC0) &&
			       *at + 1u + message->data[*at] <= message->length;
		if (*at + 2 > message->length)
			return false;
		*at = torc_be16(message->data + *at) & POINTER_MAX;
	}
	return false;
}

/* The labels of a name one behind the other; 0: it is damaged. Without a message it is the root. */
static uint32_t name_flat(const struct torc_domain_name *name, uint8_t flat[NAME_MAX_])
{
	uint32_t length = 0, at = name->offset;

	if (!name->message.data) {
		flat[0] = 0;
		return 1;
	}
	for (;;) {
		uint32_t size;

		if (!label_at(&name->message, &at))
			return 0;
		size = name->message.data[at] + 1u;
		if (length + size > NAME_MAX_)
			return 0;
		memcpy(flat + length, name->message.data + at, size);
		length += size;
		if (size == 1)
			return length;
		at += size;
	}
}

/* Whether the name at a place of the message is that one. */
static bool name_is(const struct torc_bytes *message, uint32_t at, const uint8_t *flat)
{
	for (;; flat += flat[0] + 1) {
		if (!label_at(message, &at) || memcmp(message->data + at, flat, flat[0] + 1u) != 0)
			return false;
		if (flat[0] == 0)
			return true;
		at += flat[0] + 1u;
	}
}

/* Where a name's own labels have one that begins the wanted name; 0: none has. */
static uint32_t name_search(const struct torc_domain_name *name, const uint8_t *flat)
{
	const struct torc_bytes *message = &name->message;
	uint32_t at = name->offset;

	if (!message->data)
		return 0;
	while (at < message->length && at <= POINTER_MAX && message->data[at] &&
	       !(message->data[at] & 0xC0)) {
		if (name_is(message, at, flat))
			return at;
		at += message->data[at] + 1u;
	}
	return 0;
}

/* Where a name stands in what the message has already; 0: nowhere. */
static uint32_t name_find(const struct torc_dns *dns, const uint8_t *flat)
{
	struct torc_dns_record record;
	uint32_t found = 0;

	for (int section = TORC_DNS_QUESTIONS; section <= TORC_DNS_ADDITIONALS; section++) {
		uint32_t position = 0;

		while (found == 0 && torc_dns_record_next(dns, (enum torc_dns_section)section, &position,
							  &record)) {
			found = name_search(&record.name, flat);
			if (found == 0)
				found = name_search(&record.target, flat);
			if (found == 0)
				found = name_search(&record.mailbox, flat);
		}
	}
	return found;
}

/* A name, and a pointer in place of the longest part of it that the message has (§4.1.4). */
static int name_write(struct writer *w, const struct torc_dns *dns, const struct torc_domain_name *name,
		      bool may_point)
{
	uint8_t flat[NAME_MAX_];
	uint32_t length = name_flat(name, flat), at = 0, found = 0;

	if (length == 0)
		return -EINVAL;
	while (may_point && flat[at] && (found = name_find(dns, flat + at)) == 0)
		at += flat[at] + 1u;
	if (found == 0) {
		write_bytes(w, flat, length);
	} else {
		write_bytes(w, flat, at);
		write16(w, 0xC000 | found);
	}
	return 0;
}

/* ---- records ---- */

static void text_write(struct writer *w, const struct torc_bytes *text)
{
	uint32_t length = text->length < 255 ? text->length : 255;

	write8(w, length);
	write_bytes(w, text->data, length);
}

static int soa_write(struct writer *w, const struct torc_dns *dns, const struct torc_dns_record *record)
{
	int code = name_write(w, dns, &record->target, true);

	if (code == 0)
		code = name_write(w, dns, &record->mailbox, true);
	write32(w, record->serial);
	write32(w, record->refresh_s);
	write32(w, record->retry_s);
	write32(w, record->expire_s);
	write32(w, record->minimum_s);
	return code;
}

/* Names are compressed in the types of RFC 1035 only (RFC 3597 §4). */
static int data_write(struct writer *w, const struct torc_dns *dns,
		      const struct torc_dns_record *record)
{
	bool named = record->target.message.data;

	switch (record->type) {
	case TYPE_A:
		if (record->data.length == 4 || record->data.length == 0)
			return write_bytes(w, record->ipv4, 4), 0;
		break;
	case TYPE_AAAA:
		if (record->data.length == 16 || record->data.length == 0)
			return write_bytes(w, record->ipv6, 16), 0;
		break;
	case TYPE_NS:
	case TYPE_CNAME:
	case TYPE_PTR:
		if (named)
			return name_write(w, dns, &record->target, true);
		break;
	case TYPE_DNAME:
		if (named)
			return name_write(w, dns, &record->target, false);
		break;
	case TYPE_MX:
		if (named)
			return write16(w, record->preference), name_write(w, dns, &record->target, true);
		break;
	case TYPE_SOA:
		if (named)
			return soa_write(w, dns, record);
		break;
	case TYPE_SRV:
		if (!named)
			break;
		write16(w, record->priority);
		write16(w, record->weight);
		write16(w, record->port);
		return name_write(w, dns, &record->target, false);
	case TYPE_TXT:
		if (record->data.length == 0)
			return text_write(w, &record->text), 0;
		break;
	case TYPE_SVCB:
	case TYPE_HTTPS: /* parameters behind the name are in data */
		if (named && record->data.length == 0)
			return write16(w, record->preference), name_write(w, dns, &record->target, false);
		break;
	case TYPE_URI:
		if (record->data.length)
			break;
		write16(w, record->priority);
		write16(w, record->weight);
		write_bytes(w, record->text.data, record->text.length);
		return 0;
	}
	write_bytes(w, record->data.data, record->data.length);
	return 0;
}

static int record_write(struct writer *w, const struct torc_dns *dns, unsigned int section,
			const struct torc_dns_record *record)
{
	uint32_t start;
	int code = name_write(w, dns, &record->name, true);

	write16(w, record->type);
	write16(w, record->record_class);
	if (section == TORC_DNS_QUESTIONS || code < 0)
		return code;
	write32(w, record->ttl_s);
	start = w->length;
	write16(w, 0);
	code = data_write(w, dns, record);
	if (w->length - start - 2 > 0xFFFF)
		code = -EINVAL;
	if (w->length <= w->room) {
		w->data[start] = (uint8_t)((w->length - start - 2) >> 8);
		w->data[start + 1] = (uint8_t)(w->length - start - 2);
	}
	return code;
}

int torc_build_dns_record(struct torc_dns *dns, void *buffer, size_t room,
			  unsigned int section, const struct torc_dns_record *record)
{
	struct writer w = { .data = buffer, .room = room < 65535 ? (uint32_t)room : 65535 };
	uint16_t *const counts[] = { &dns->question_count, &dns->answer_count, &dns->authority_count,
				     &dns->additional_count };
	int code;

	if (room < HEADER)
		return -ENOSPC;
	if (dns->message.data != buffer) { /* the first one */
		memset(buffer, 0, HEADER);
		dns->message = (struct torc_bytes){ buffer, HEADER };
		for (int i = 0; i < 5; i++)
			dns->section_at[i] = HEADER;
	}
	if (section > TORC_DNS_ADDITIONALS ||
	    dns->section_at[section + 1] != dns->section_at[4])
		return -EINVAL; /* a later section has records already */
	w.length = dns->message.length;
	code = record_write(&w, dns, section, record);
	if (code < 0)
		return code;
	if (w.length > w.room)
		return -ENOSPC;
	dns->message.length = w.length;
	for (unsigned int i = section + 1; i < 5; i++)
		dns->section_at[i] = w.length;
	++*counts[section];
	return 0;
}
