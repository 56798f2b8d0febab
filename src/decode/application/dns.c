/* SPDX-License-Identifier: BSD-3-Clause */
/* dns.c - DNS messages: RFC 1035 §4; records of RFC 1035 §3.3 and later */
#include <torc/layers/application/dns.h>

#include <string.h>

#include "decode/application/dns.h"

#define HEADER_LENGTH 12
#define JUMPS_MAX     127 /* labels that 255 bytes have room for */
#define OPCODE_LAST   6 /* RFC 8490 §5.4 */

/* ---- names ---- */

/*
 * Where a name ends; 0 when it does not end inside the message, is longer than 255 bytes, or goes in
 * circles. Pointers go back to where a name was before (RFC 1035 §4.1.4); some programs write them
 * forwards, and are understood.
 */
static uint32_t name_end(const uint8_t *p, uint32_t length, uint32_t at)
{
	uint32_t end = 0, total = 0, jumps = 0;

	for (;;) {
		uint8_t label;

		if (at >= length)
			return 0;
		label = p[at];
		if (label == 0)
			return end ? end : at + 1;
		if ((label & 0xC0) == 0xC0) {
			if (at + 2 > length || ++jumps > JUMPS_MAX)
				return 0;
			if (end == 0)
				end = at + 2;
			at = torc_be16(p + at) & 0x3FFFu;
			continue;
		}
		total += label + 1u;
		if (label & 0xC0 || total > 255)
			return 0;
		at += label + 1u;
	}
}

static void put(char *buffer, size_t size, size_t *length, char c)
{
	if (*length + 1 < size) {
		buffer[*length] = c;
		buffer[*length + 1] = '\0';
	}
	++*length;
}

/* RFC 1035 §5.1: dots and backslashes get a backslash, what is not printable three digits. */
static void put_label_byte(char *buffer, size_t size, size_t *length, uint8_t c)
{
	if (c == '.' || c == '\\' || c <= ' ' || c >= 0x7F)
		put(buffer, size, length, '\\');
	if (c <= ' ' || c >= 0x7F) {
		put(buffer, size, length, (char)('0' + c / 100));
		put(buffer, size, length, (char)('0' + c / 10 % 10));
		c = '0' + c % 10;
	}
	put(buffer, size, length, (char)c);
}

int torc_domain_name_text(const struct torc_domain_name *name, char *buffer, size_t size)
{
	const uint8_t *p = name->message.data;
	uint32_t at = name->offset;
	size_t length = 0;

	if (size > 0)
		buffer[0] = '\0';
	if (name_end(p, name->message.length, at) == 0)
		return 0;
	while (p[at] != 0) {
		if ((p[at] & 0xC0) == 0xC0) {
			at = torc_be16(p + at) & 0x3FFFu;
			continue;
		}
		for (uint32_t i = 1; i <= p[at]; i++)
			put_label_byte(buffer, size, &length, p[at + i]);
		put(buffer, size, &length, '.');
		at += p[at] + 1u;
	}
	if (length == 0)
		put(buffer, size, &length, '.');
	return (int)length;
}

/* ---- sections ---- */

/* Where a question or record ends; 0 when it does not fit. */
static uint32_t record_end(const uint8_t *p, uint32_t length, uint32_t at, bool is_question)
{
	uint32_t end = name_end(p, length, at);

	if (end == 0 || length - end < (is_question ? 4u : 10u))
		return 0;
	if (is_question)
		return end + 4;
	if (torc_be16(p + end + 8) > length - end - 10)
		return 0;
	return end + 10 + torc_be16(p + end + 8);
}

/* Find where the sections begin; false when something does not fit, and then they end there. */
static bool find_sections(const uint8_t *p, uint32_t length, uint32_t at[5])
{
	uint32_t here = HEADER_LENGTH;
	bool good = true;

	for (unsigned int section = 0; section < 4; section++) {
		unsigned int count = torc_be16(p + 4 + 2 * section);

		at[section] = here;
		for (; good && count > 0; count--) {
			uint32_t end = record_end(p, length, here, section == 0);

			good = end != 0;
			here = good ? end : here;
		}
	}
	at[4] = here;
	return good;
}

/* Over TCP the message has its length in front (RFC 1035 §4.2.2). */
static bool has_prefix(const struct torc_decoded *decoded, uint32_t offset)
{
	for (unsigned int i = 0; i < decoded->layer_count; i++) {
		const struct torc_layer *layer = &decoded->layers[i];

		if (layer->type == TORC_LAYER_TCP && layer->offset + layer->header_length == offset)
			return true;
	}
	return false;
}

/*
 * Whether this is DNS at all: a known kind of message, and one question or record is whole, or not
 * more are said than find room (a question takes 5 bytes or more, a record 11).
 */
static bool is_plausible(const uint8_t *p, uint32_t length, uint32_t whole)
{
	uint32_t questions = torc_be16(p + 4);
	uint32_t records = (uint32_t)torc_be16(p + 6) + torc_be16(p + 8) + torc_be16(p + 10);

	return (p[2] >> 3 & 0xF) <= OPCODE_LAST &&
	       (whole > 0 || questions * 5 + records * 11 <= length - HEADER_LENGTH);
}

static int dns_decode(struct torc_cursor *cursor)
{
	uint32_t offset = (uint32_t)(cursor->data - cursor->decoded->data);
	uint32_t prefix = has_prefix(cursor->decoded, offset) ? 2 : 0, length, at[5];

	TORC_NEED(cursor, prefix + HEADER_LENGTH);
	length = cursor->length - prefix;
	if (prefix && torc_be16(cursor->data) < length)
		length = torc_be16(cursor->data);
	if (length < HEADER_LENGTH)
		return torc_cursor_malformed(cursor, "length is below the header");
	cursor->header_length = prefix + length;
	if (prefix && cursor->length > cursor->header_length)
		cursor->next = TORC_LAYER_PAYLOAD; /* the next message of the stream */
	if (find_sections(cursor->data + prefix, length, at))
		return TORC_STEP_OK;
	if (cursor->length < cursor->wire_length || (prefix && torc_be16(cursor->data) > length))
		return TORC_STEP_OK; /* cut: what is there can be read */
	if (!is_plausible(cursor->data + prefix, length, at[4] - HEADER_LENGTH))
		return torc_cursor_malformed(cursor, "not DNS");
	return torc_cursor_bad_tail(cursor, "a name or record does not fit");
}

static void dns_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	uint32_t prefix = has_prefix(decoded, layer->offset) ? 2 : 0;
	const uint8_t *p = torc_layer_header(decoded, layer) + prefix;
	struct torc_dns *dns = out;

	dns->id = torc_be16(p);
	dns->is_response = p[2] & 0x80;
	dns->opcode = p[2] >> 3 & 0xF;
	dns->authoritative = p[2] & 4;
	dns->truncated = p[2] & 2;
	dns->recursion_desired = p[2] & 1;
	dns->recursion_available = p[3] & 0x80;
	dns->authentic_data = p[3] & 0x20;
	dns->checking_disabled = p[3] & 0x10;
	dns->response_code = p[3] & 0xF;
	dns->question_count = torc_be16(p + 4);
	dns->answer_count = torc_be16(p + 6);
	dns->authority_count = torc_be16(p + 8);
	dns->additional_count = torc_be16(p + 10);
	dns->message = (struct torc_bytes){ p, layer->header_length - prefix };
	find_sections(p, dns->message.length, dns->section_at);
}

static const struct torc_layer_number dns_numbers[] = { { TORC_BY_UDP_PORT, 53 },
							{ TORC_BY_UDP_PORT, 5353 },
							{ TORC_BY_UDP_PORT, 5355 },
							{ TORC_BY_TCP_PORT, 53 },
							{ TORC_BY_NONE, 0 } };

const struct torc_layer_ops torc_layer_ops_dns = {
	.name = "DNS",
	.key = "dns",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_dns),
	.numbers = dns_numbers,
	.decode = dns_decode,
	.read = dns_read,
	.fields = torc_dns_fields,
};

/* ---- records ---- */

#define TYPE_A	    1
#define TYPE_NS	    2
#define TYPE_CNAME  5
#define TYPE_SOA    6
#define TYPE_PTR    12
#define TYPE_MX	    15
#define TYPE_TXT    16
#define TYPE_AAAA   28
#define TYPE_SRV    33
#define TYPE_NAPTR  35
#define TYPE_DNAME  39
#define TYPE_DS	    43
#define TYPE_RRSIG  46
#define TYPE_DNSKEY 48
#define TYPE_SVCB   64
#define TYPE_HTTPS  65
#define TYPE_SPF    99
#define TYPE_URI    256
#define TYPE_CAA    257

static struct torc_domain_name name_at(const struct torc_dns *dns, uint32_t at)
{
	if (name_end(dns->message.data, dns->message.length, at) == 0)
		return (struct torc_domain_name){ 0 };
	return (struct torc_domain_name){ dns->message, at };
}

static void read_soa(const struct torc_dns *dns, uint32_t at, uint32_t end,
		     struct torc_dns_record *record)
{
	const uint8_t *p = dns->message.data;

	record->target = name_at(dns, at);
	at = name_end(p, end, at);
	if (at == 0)
		return;
	record->mailbox = name_at(dns, at);
	at = name_end(p, end, at);
	if (at == 0 || end - at < 20)
		return;
	record->serial = torc_be32(p + at);
	record->refresh_s = torc_be32(p + at + 4);
	record->retry_s = torc_be32(p + at + 8);
	record->expire_s = torc_be32(p + at + 12);
	record->minimum_s = torc_be32(p + at + 16);
}

/* A number and a name: MX, SVCB, HTTPS. */
static void read_preference(const struct torc_dns *dns, uint32_t at, uint32_t length,
			    struct torc_dns_record *record)
{
	if (length < 3)
		return;
	record->preference = torc_be16(dns->message.data + at);
	record->target = name_at(dns, at + 2);
}

static void read_srv(const struct torc_dns *dns, uint32_t at, uint32_t length,
		     struct torc_dns_record *record)
{
	const uint8_t *p = dns->message.data + at;

	if (length < 7)
		return;
	record->priority = torc_be16(p);
	record->weight = torc_be16(p + 2);
	record->port = torc_be16(p + 4);
	record->target = name_at(dns, at + 6);
}

/* DNSSEC: RFC 4034 §2 to §5 */
static void read_security(const uint8_t *p, uint32_t length, struct torc_dns_record *record)
{
	if (record->type == TYPE_RRSIG && length >= 18) {
		record->type_covered = torc_be16(p);
		record->algorithm = p[2];
		record->key_tag = torc_be16(p + 16);
	} else if (record->type == TYPE_DS && length >= 4) {
		record->key_tag = torc_be16(p);
		record->algorithm = p[2];
	} else if (record->type == TYPE_DNSKEY && length >= 4) {
		record->algorithm = p[3];
	}
}

/* RFC 8659 §4.1; RFC 7553 §4.5; strings begin with their length (RFC 1035 §3.3) */
static void read_text(const uint8_t *p, uint32_t length, struct torc_dns_record *record)
{
	if (record->type == TYPE_CAA && length >= 2 && p[1] <= length - 2) {
		record->text = (struct torc_bytes){ p + 2, length - 2 };
	} else if (record->type == TYPE_URI && length >= 4) {
		record->priority = torc_be16(p);
		record->weight = torc_be16(p + 2);
		record->text = (struct torc_bytes){ p + 4, length - 4 };
	} else if (length >= 1 && p[0] <= length - 1) {
		record->text = (struct torc_bytes){ p + 1, p[0] };
	}
}

static void read_data(const struct torc_dns *dns, uint32_t at, struct torc_dns_record *record)
{
	uint32_t length = record->data.length;

	switch (record->type) {
	case TYPE_A:
		if (length == 4)
			memcpy(record->ipv4, record->data.data, 4);
		break;
	case TYPE_AAAA:
		if (length == 16)
			memcpy(record->ipv6, record->data.data, 16);
		break;
	case TYPE_NS:
	case TYPE_CNAME:
	case TYPE_PTR:
	case TYPE_DNAME:
		record->target = name_at(dns, at);
		break;
	case TYPE_MX:
	case TYPE_SVCB:
	case TYPE_HTTPS:
		read_preference(dns, at, length, record);
		break;
	case TYPE_NAPTR:
		if (length >= 4)
			record->preference = torc_be16(record->data.data);
		break;
	case TYPE_SRV:
		read_srv(dns, at, length, record);
		break;
	case TYPE_SOA:
		read_soa(dns, at, at + length, record);
		break;
	case TYPE_TXT:
	case TYPE_SPF:
	case TYPE_CAA:
	case TYPE_URI:
		read_text(record->data.data, length, record);
		break;
	default:
		read_security(record->data.data, length, record);
	}
}

int torc_dns_record_next(const struct torc_dns *dns, enum torc_dns_section section,
			 uint32_t *position, struct torc_dns_record *record)
{
	const uint8_t *p = dns->message.data;
	uint32_t at = dns->section_at[section] + *position, end;

	if (at >= dns->section_at[section + 1])
		return 0;
	end = name_end(p, dns->message.length, at);
	memset(record, 0, sizeof(*record));
	record->name = (struct torc_domain_name){ dns->message, at };
	record->type = torc_be16(p + end);
	record->record_class = torc_be16(p + end + 2);
	if (section == TORC_DNS_QUESTIONS) {
		*position += end + 4 - at;
		return 1;
	}
	record->ttl_s = torc_be32(p + end + 4);
	record->data = (struct torc_bytes){ p + end + 10, torc_be16(p + end + 8) };
	read_data(dns, end + 10, record);
	*position += end + 10 + record->data.length - at;
	return 1;
}
