/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/application/dns.h - DNS messages, RFC 1035; also mDNS, RFC 6762, and LLMNR, RFC 4795 */
#ifndef TORC_LAYERS_DNS_H
#define TORC_LAYERS_DNS_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

/* struct torc_domain_name is in torc/decode.h */

struct torc_dns {
	uint16_t id;
	bool is_response;
	uint8_t opcode;
	bool authoritative;
	bool truncated;
	bool recursion_desired;
	bool recursion_available;
	bool authentic_data;    /* RFC 4035 */
	bool checking_disabled; /* RFC 4035 */
	uint8_t response_code;
	uint16_t question_count;
	uint16_t answer_count;
	uint16_t authority_count;
	uint16_t additional_count;
	struct torc_bytes message;
	uint32_t section_at[5]; /* where each section begins in the message, and the last ends */
};

TORC_LAYER_READER(dns, DNS)

enum torc_dns_section {
	TORC_DNS_QUESTIONS = 0,
	TORC_DNS_ANSWERS = 1,
	TORC_DNS_AUTHORITIES = 2,
	TORC_DNS_ADDITIONALS = 3
};

/* A question has name, type and class; a record all that its type has, the rest is 0 or empty. */
struct torc_dns_record {
	struct torc_domain_name name;
	uint16_t type;
	uint16_t record_class; /* of OPT: the UDP payload size */
	uint32_t ttl_s;        /* of OPT: extended code, version and flags */
	uint8_t ipv4[4];       /* A */
	uint8_t ipv6[16];      /* AAAA */
	uint16_t preference;   /* MX, NAPTR's order, SVCB's priority */
	uint16_t priority;     /* SRV, URI */
	uint16_t weight;
	uint16_t port;
	struct torc_domain_name target; /* CNAME, NS, PTR, DNAME, MX, SRV, SVCB, SOA's server */
	struct torc_domain_name mailbox; /* SOA */
	uint32_t serial;
	uint32_t refresh_s;
	uint32_t retry_s;
	uint32_t expire_s;
	uint32_t minimum_s;
	uint16_t type_covered; /* RRSIG */
	uint8_t algorithm;     /* RRSIG, DNSKEY, DS */
	uint16_t key_tag;      /* RRSIG, DS */
	struct torc_bytes text; /* TXT and SPF: the first string; CAA's and URI's value */
	struct torc_bytes data; /* of any type, as it is */
};

/*
 * The question or record at *position of a section, 0 at first; 1, or 0 at the end of the section
 * or where the message was cut.
 */
TORC_API int torc_dns_record_next(const struct torc_dns *dns, enum torc_dns_section section,
				  uint32_t *position, struct torc_dns_record *record);

/* torc_dns_type_name - "A", "AAAA" and so on, or NULL */
TORC_API const char *torc_dns_type_name(unsigned int type);

#ifdef __cplusplus
}
#endif

#endif
