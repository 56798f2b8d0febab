/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * line_dns.c - a DNS message in one line, in the words tcpdump uses
 *
 *	53412+ A? example.com. (29)
 *	53412 2/0/1 CNAME a.example.com., A 192.0.2.1 (61)
 */
#include <torc/layers/application/dns.h>

#include "text/line_dns.h"

#define MULTICAST_PORT 5353

#define SOA	    6
#define OPT	    41
#define BAD_VERSION 16
#define BAD_COOKIE  23

static void put_name(struct text *text, const struct torc_domain_name *name)
{
	char buffer[TORC_DOMAIN_NAME_MAX];

	torc_domain_name_text(name, buffer, sizeof(buffer));
	text_string(text, buffer);
}

static void put_type(struct text *text, unsigned int type)
{
	const char *name = torc_dns_type_name(type);

	if (name) {
		text_string(text, name);
		return;
	}
	text_string(text, "Type");
	text_uint(text, type);
}

static void put_record(struct text *text, const struct torc_dns_record *record)
{
	static const uint8_t zero[16];

	put_type(text, record->type);
	if (memcmp(record->ipv4, zero, 4) != 0 || (record->type == 1 && record->data.length == 4)) {
		text_char(text, ' ');
		text_ipv4(text, record->ipv4);
	} else if (record->type == 28 && record->data.length == 16) {
		text_char(text, ' ');
		text_ipv6(text, record->ipv6);
	} else if (record->target.message.length > 0 && record->type != SOA) {
		text_char(text, ' ');
		put_name(text, &record->target);
		if (record->port > 0) {
			text_char(text, ':');
			text_uint(text, record->port);
		}
		if (record->preference > 0) {
			text_char(text, ' ');
			text_uint(text, record->preference);
		}
	} else if (record->text.length > 0) {
		text_string(text, " \"");
		text_escaped(text, record->text.data, record->text.length);
		text_char(text, '"');
	}
}

/* Records in a question. */
static void put_count(struct text *text, unsigned int count, const char *what)
{
	if (count == 0)
		return;
	text_string(text, " [");
	text_uint(text, count);
	text_string(text, what);
}

static void put_question(struct text *text, const struct torc_dns *dns, bool multicast)
{
	struct torc_dns_record question;
	uint32_t position = 0;

	if (dns->question_count != 1)
		put_count(text, dns->question_count, "q]");
	put_count(text, dns->answer_count, "a]");
	put_count(text, dns->authority_count, "n]");
	put_count(text, dns->additional_count, "au]");
	while (torc_dns_record_next(dns, TORC_DNS_QUESTIONS, &position, &question)) {
		text_char(text, ' ');
		put_type(text, question.type);
		if (multicast) /* RFC 6762 §5.4: may the answer come by unicast? */
			text_string(text, question.record_class & 0x8000 ? " (QU)" : " (QM)");
		text_string(text, "? ");
		put_name(text, &question.name);
	}
}

/* RFC 6891 §6.1.3: the upper bits of the response code are in the OPT record. */
static unsigned int response_code(const struct torc_dns *dns)
{
	struct torc_dns_record record;
	uint32_t position = 0;

	while (torc_dns_record_next(dns, TORC_DNS_ADDITIONALS, &position, &record))
		if (record.type == OPT)
			return dns->response_code | record.ttl_s >> 24 << 4;
	return dns->response_code;
}

static void put_code(struct text *text, unsigned int code)
{
	static const char *const codes[] = { "",	 " FormErr", " ServFail", " NXDomain",
					     " NotImp",	 " Refused", " YXDomain", " YXRRSet",
					     " NXRRSet", " NotAuth", " NotZone" };

	if (code < sizeof(codes) / sizeof(codes[0])) {
		text_string(text, codes[code]);
		return;
	}
	text_string(text, code == BAD_VERSION ? " BadVers" :
			  code == BAD_COOKIE  ? " BadCookie" :
						" error");
}

static void put_answers(struct text *text, const struct torc_dns *dns)
{
	struct torc_dns_record answer;
	const char *before = " ";
	uint32_t position = 0;

	put_code(text, response_code(dns));
	text_string(text, dns->authoritative ? "*" : "");
	text_string(text, dns->recursion_available ? "" : "-");
	text_string(text, dns->truncated ? "|" : "");
	text_string(text, dns->authentic_data ? "$" : "");
	text_char(text, ' ');
	text_uint(text, dns->answer_count);
	text_char(text, '/');
	text_uint(text, dns->authority_count);
	text_char(text, '/');
	text_uint(text, dns->additional_count);
	while (torc_dns_record_next(dns, TORC_DNS_ANSWERS, &position, &answer)) {
		text_string(text, before);
		put_record(text, &answer);
		before = ", ";
	}
}

/* On the port of multicast DNS. */
static bool is_multicast(const struct torc_decoded *decoded, const struct torc_layer *layer)
{
	const uint8_t *p;

	if (layer == decoded->layers || layer[-1].type != TORC_LAYER_UDP)
		return false;
	p = torc_layer_header(decoded, layer - 1);
	return torc_be16(p) == MULTICAST_PORT || torc_be16(p + 2) == MULTICAST_PORT;
}

void line_dns_text(struct text *text, const struct torc_decoded *decoded,
		   const struct torc_layer *layer)
{
	bool last = layer->offset + layer->header_length == decoded->caplen;
	uint32_t missing = last ? decoded->len - decoded->caplen : 0; /* not captured */
	static const char *const opcodes[] = { "", " inv_q", " stat", " op3", " notify",
					       " update", " op6" };
	struct torc_dns dns;

	if (torc_layer_dns(decoded, layer, &dns) < 0)
		return;
	text_uint(text, dns.id);
	text_string(text, dns.opcode < sizeof(opcodes) / sizeof(opcodes[0]) ? opcodes[dns.opcode] :
									      "");
	if (dns.is_response) {
		put_answers(text, &dns);
	} else {
		text_string(text, dns.recursion_desired ? "+" : "");
		text_string(text, dns.checking_disabled ? "%" : "");
		put_question(text, &dns, is_multicast(decoded, layer));
	}
	text_string(text, " (");
	text_uint(text, dns.message.length + missing);
	text_char(text, ')');
}
