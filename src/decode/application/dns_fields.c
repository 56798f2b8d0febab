/* SPDX-License-Identifier: BSD-3-Clause */
/* dns_fields.c - the fields of DNS messages, and the names of their numbers */
#include <torc/layers/application/dns.h>

#include "decode/application/dns.h"

static const char *high_type_name(unsigned int type)
{
	switch (type) {
	case 99:
		return "SPF";
	case 108:
		return "EUI48";
	case 109:
		return "EUI64";
	case 249:
		return "TKEY";
	case 250:
		return "TSIG";
	case 251:
		return "IXFR";
	case 252:
		return "AXFR";
	case 255:
		return "ANY";
	case 256:
		return "URI";
	case 257:
		return "CAA";
	default:
		return NULL;
	}
}

/* IANA, "Resource Record (RR) TYPEs" */
const char *torc_dns_type_name(unsigned int type)
{
	static const char names[][11] = {
		[1] = "A",	     [2] = "NS",     [5] = "CNAME",	  [6] = "SOA",
		[7] = "MB",	     [8] = "MG",     [9] = "MR",	  [10] = "NULL",
		[11] = "WKS",	     [12] = "PTR",   [13] = "HINFO",	  [14] = "MINFO",
		[15] = "MX",	     [16] = "TXT",   [17] = "RP",	  [18] = "AFSDB",
		[24] = "SIG",	     [25] = "KEY",   [28] = "AAAA",	  [29] = "LOC",
		[33] = "SRV",	     [35] = "NAPTR", [36] = "KX",	  [37] = "CERT",
		[39] = "DNAME",	     [41] = "OPT",   [42] = "APL",	  [43] = "DS",
		[44] = "SSHFP",	     [46] = "RRSIG", [47] = "NSEC",	  [48] = "DNSKEY",
		[49] = "DHCID",	     [50] = "NSEC3", [51] = "NSEC3PARAM", [52] = "TLSA",
		[53] = "SMIMEA",     [55] = "HIP",   [59] = "CDS",	  [60] = "CDNSKEY",
		[61] = "OPENPGPKEY", [62] = "CSYNC", [63] = "ZONEMD",	  [64] = "SVCB",
		[65] = "HTTPS",
	};

	if (type >= sizeof(names) / sizeof(names[0]))
		return high_type_name(type);
	return names[type][0] ? names[type] : NULL;
}

static const char *type_name(uint64_t type)
{
	return torc_dns_type_name((unsigned int)type);
}

static const char *class_name(uint64_t value)
{
	switch (value) {
	case 1:
		return "IN";
	case 3:
		return "CH";
	case 4:
		return "HS";
	case 254:
		return "NONE";
	case 255:
		return "ANY";
	default:
		return NULL;
	}
}

static const char *opcode_name(uint64_t opcode)
{
	static const char *const names[] = {
		"query", "inverse query", "status", NULL, "notify", "update", "stateful operations"
	};

	return opcode < sizeof(names) / sizeof(names[0]) ? names[opcode] : NULL;
}

static const char *code_name(uint64_t code)
{
	static const char *const names[] = {
		"no error",	      "format error",	   "server failure", "no such name",
		"not implemented",    "refused",	   "name exists",    "record set exists",
		"no such record set", "not authoritative", "not in zone"
	};

	return code < sizeof(names) / sizeof(names[0]) ? names[code] : NULL;
}

static const struct torc_field_info question_fields[] = {
	TORC_FIELD_AT(struct torc_dns_record, name, "name", TORC_FIELD_NAME),
	TORC_FIELD_AT(struct torc_dns_record, type, "type", TORC_FIELD_UINT,
		      .value_name = type_name),
	TORC_FIELD_AT(struct torc_dns_record, record_class, "class", TORC_FIELD_UINT,
		      .value_name = class_name),
	TORC_FIELDS_END
};

static const struct torc_field_info record_fields[] = {
	TORC_FIELD_AT(struct torc_dns_record, name, "name", TORC_FIELD_NAME),
	TORC_FIELD_AT(struct torc_dns_record, type, "type", TORC_FIELD_UINT,
		      .value_name = type_name),
	TORC_FIELD_AT(struct torc_dns_record, record_class, "class", TORC_FIELD_UINT,
		      .value_name = class_name),
	TORC_FIELD_AT(struct torc_dns_record, ttl_s, "ttl", TORC_FIELD_UINT, .unit = "seconds"),
	TORC_FIELD_AT(struct torc_dns_record, ipv4, "ipv4", TORC_FIELD_IPV4,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_dns_record, ipv6, "ipv6", TORC_FIELD_IPV6,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_dns_record, preference, "preference", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_dns_record, priority, "priority", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_dns_record, weight, "weight", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_dns_record, port, "port", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_dns_record, target, "target", TORC_FIELD_NAME,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_dns_record, mailbox, "mailbox", TORC_FIELD_NAME,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_dns_record, serial, "serial", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_dns_record, refresh_s, "refresh", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL, .unit = "seconds"),
	TORC_FIELD_AT(struct torc_dns_record, retry_s, "retry", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL, .unit = "seconds"),
	TORC_FIELD_AT(struct torc_dns_record, expire_s, "expire", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL, .unit = "seconds"),
	TORC_FIELD_AT(struct torc_dns_record, minimum_s, "minimum", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL, .unit = "seconds"),
	TORC_FIELD_AT(struct torc_dns_record, type_covered, "type_covered", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL, .value_name = type_name),
	TORC_FIELD_AT(struct torc_dns_record, algorithm, "algorithm", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_dns_record, key_tag, "key_tag", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_dns_record, text, "text", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_dns_record, data, "data", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static int question_element(const void *layer, uint32_t *position, void *element)
{
	return torc_dns_record_next(layer, TORC_DNS_QUESTIONS, position, element);
}

static const struct torc_list_info question_list = {
	.next = question_element,
	.element_size = sizeof(struct torc_dns_record),
	.fields = question_fields,
};

static int answer_element(const void *layer, uint32_t *position, void *element)
{
	return torc_dns_record_next(layer, TORC_DNS_ANSWERS, position, element);
}

static const struct torc_list_info answer_list = {
	.next = answer_element,
	.element_size = sizeof(struct torc_dns_record),
	.fields = record_fields,
};

static int authority_element(const void *layer, uint32_t *position, void *element)
{
	return torc_dns_record_next(layer, TORC_DNS_AUTHORITIES, position, element);
}

static const struct torc_list_info authority_list = {
	.next = authority_element,
	.element_size = sizeof(struct torc_dns_record),
	.fields = record_fields,
};

static int additional_element(const void *layer, uint32_t *position, void *element)
{
	return torc_dns_record_next(layer, TORC_DNS_ADDITIONALS, position, element);
}

static const struct torc_list_info additional_list = {
	.next = additional_element,
	.element_size = sizeof(struct torc_dns_record),
	.fields = record_fields,
};

const struct torc_field_info torc_dns_fields[] = {
	TORC_FIELD_AT(struct torc_dns, id, "id", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_dns, is_response, "response", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_dns, opcode, "opcode", TORC_FIELD_UINT,
		      .value_name = opcode_name),
	TORC_FIELD_AT(struct torc_dns, authoritative, "authoritative", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_dns, truncated, "truncated", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_dns, recursion_desired, "recursion_desired", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_dns, recursion_available, "recursion_available", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_dns, authentic_data, "authentic_data", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_dns, checking_disabled, "checking_disabled", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_dns, response_code, "rcode", TORC_FIELD_UINT,
		      .value_name = code_name),
	TORC_FIELD_AT(struct torc_dns, question_count, "question_count", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_dns, answer_count, "answer_count", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_dns, authority_count, "authority_count", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_dns, additional_count, "additional_count", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_dns, question_count, "questions", TORC_FIELD_LIST,
		      .flags = TORC_FIELD_OPTIONAL, .list = &question_list),
	TORC_FIELD_AT(struct torc_dns, answer_count, "answers", TORC_FIELD_LIST,
		      .flags = TORC_FIELD_OPTIONAL, .list = &answer_list),
	TORC_FIELD_AT(struct torc_dns, authority_count, "authorities", TORC_FIELD_LIST,
		      .flags = TORC_FIELD_OPTIONAL, .list = &authority_list),
	TORC_FIELD_AT(struct torc_dns, additional_count, "additionals", TORC_FIELD_LIST,
		      .flags = TORC_FIELD_OPTIONAL, .list = &additional_list),
	TORC_FIELDS_END
};
