/* SPDX-License-Identifier: BSD-3-Clause */
/* option_text.c - options in text: TCP(mss=1460), DHCPv4(router=10.0.0.1), DNS(question=example.com) */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include <torc/layers/application/dhcp.h>
#include <torc/layers/application/radius.h>
#include <torc/layers/link/discovery.h>
#include <torc/layers/link/ppp.h>
#include <torc/layers/network/igmp.h>
#include <torc/layers/network/ip.h>
#include <torc/layers/network/mld.h>
#include <torc/layers/network/ndp.h>
#include <torc/layers/routing/vrrp.h>
#include <torc/layers/transport/sctp.h>
#include <torc/layers/transport/tcp.h>

#include "build/dns.h"
#include "build/field.h"
#include "build/option.h"
#include "util/error.h"

#define VALUE_MAX 1024

/* What a value looks like. */
enum form {
	NOTHING,
	NUMBER8,
	NUMBER16,
	NUMBER32,
	NUMBERS8,  /* 1 3 6 */
	TWICE32,   /* 7:0 */
	RANGES32,  /* 1-5 9-12 */
	IPV4S,     /* 10.0.0.1 10.0.0.2 */
	IPV6S,
	MAC,
	PREFIX,    /* fd00::/64 */
	DNS_LIST,  /* 32 bits of time, then IPv6 addresses */
	TEXT,
	LLDP_CAPABILITIES, /* what it can do, and does */
	RAW,       /* CODE:HEX */
	RECORD     /* CODE GROUP SOURCE... */
};

struct word {
	const char *name;
	uint8_t form;
	uint16_t code;
};

/* What a layer's list is called in text, and where its struct has it. */
struct vocabulary {
	const struct word *words;
	uint16_t at; /* of struct torc_bytes */
};

static const struct word tcp_words[] = {
	{ "mss", NUMBER16, 2 },	       { "wscale", NUMBER8, 3 },    { "sackok", NOTHING, 4 },
	{ "sack", RANGES32, 5 },       { "timestamps", TWICE32, 8 }, { "nop", NOTHING, 1 },
	{ "end", NOTHING, 0 },	       { "option", RAW, 0 },	     { NULL, 0, 0 }
};
static const struct word ipv4_words[] = {
	{ "router_alert", NUMBER16, 148 }, { "nop", NOTHING, 1 }, { "end", NOTHING, 0 },
	{ "option", RAW, 0 },		   { NULL, 0, 0 }
};
static const struct word ipv6_words[] = { { "router_alert", NUMBER16, 5 },
					  { "jumbo", NUMBER32, 0xC2 },
					  { "home_address", IPV6S, 0xC9 },
					  { "pad1", NOTHING, 0 },
					  { "option", RAW, 0 },
					  { NULL, 0, 0 } };
static const struct word ndp_words[] = { { "source_link", MAC, 1 }, { "target_link", MAC, 2 },
					 { "prefix", PREFIX, 3 },   { "mtu", NUMBER32, 5 },
					 { "dns", DNS_LIST, 25 },   { "option", RAW, 0 },
					 { NULL, 0, 0 } };
static const struct word dhcpv4_words[] = {
	{ "subnet_mask", IPV4S, 1 },  { "router", IPV4S, 3 },	     { "dns", IPV4S, 6 },
	{ "hostname", TEXT, 12 },     { "domain", TEXT, 15 },	     { "broadcast", IPV4S, 28 },
	{ "ntp", IPV4S, 42 },	      { "requested_ip", IPV4S, 50 }, { "lease_time", NUMBER32, 51 },
	{ "server_id", IPV4S, 54 },   { "parameters", NUMBERS8, 55 }, { "message", TEXT, 56 },
	{ "max_size", NUMBER16, 57 }, { "renewal", NUMBER32, 58 },   { "rebinding", NUMBER32, 59 },
	{ "vendor_class", TEXT, 60 }, { "option", RAW, 0 },	     { NULL, 0, 0 }
};
static const struct word dhcpv6_words[] = { { "preference", NUMBER8, 7 },
					    { "elapsed_time", NUMBER16, 8 },
					    { "rapid_commit", NOTHING, 14 },
					    { "dns", IPV6S, 23 },
					    { "option", RAW, 0 },
					    { NULL, 0, 0 } };
static const struct word lldp_words[] = { { "port_description", TEXT, 4 },
					  { "system_name", TEXT, 5 },
					  { "system_description", TEXT, 6 },
					  { "capabilities", LLDP_CAPABILITIES, 7 },
					  { "tlv", RAW, 0 },
					  { NULL, 0, 0 } };
static const struct word cdp_words[] = { { "device_id", TEXT, 1 },    { "port", TEXT, 3 },
					 { "capabilities", NUMBER32, 4 }, { "software", TEXT, 5 },
					 { "platform", TEXT, 6 },     { "native_vlan", NUMBER16, 10 },
					 { "tlv", RAW, 0 },	      { NULL, 0, 0 } };
static const struct word radius_words[] = {
	{ "user_name", TEXT, 1 },	  { "nas_ip", IPV4S, 4 },	    { "nas_port", NUMBER32, 5 },
	{ "service_type", NUMBER32, 6 },  { "framed_ip", IPV4S, 8 },	    { "reply_message", TEXT, 18 },
	{ "called_station", TEXT, 30 },	  { "calling_station", TEXT, 31 }, { "nas_identifier", TEXT, 32 },
	{ "status_type", NUMBER32, 40 },  { "session_id", TEXT, 44 },	    { "attribute", RAW, 0 },
	{ NULL, 0, 0 }
};
static const struct word sctp_words[] = { { "ipv4", IPV4S, 5 },
					  { "ipv6", IPV6S, 6 },
					  { "ecn", NOTHING, 0x8000 },
					  { "forward_tsn", NOTHING, 0xC000 },
					  { "parameter", RAW, 0 },
					  { NULL, 0, 0 } };
static const struct word pppoe_words[] = { { "service_name", TEXT, 0x0101 },
					   { "ac_name", TEXT, 0x0102 },
					   { "tag", RAW, 0 },
					   { NULL, 0, 0 } };
static const struct word record_words[] = { { "record", RECORD, 0 }, { NULL, 0, 0 } };
static const struct word vrrp_words[] = { { "address", IPV4S, 0 },
					  { "address6", IPV6S, 0 },
					  { NULL, 0, 0 } };

static struct vocabulary vocabulary_of(unsigned int type)
{
	switch (type) {
	case TORC_LAYER_TCP:
		return (struct vocabulary){ tcp_words, offsetof(struct torc_tcp, options) };
	case TORC_LAYER_IPV4:
		return (struct vocabulary){ ipv4_words, offsetof(struct torc_ipv4, options) };
	case TORC_LAYER_IPV6_HOP_BY_HOP:
	case TORC_LAYER_IPV6_DESTINATION:
		return (struct vocabulary){ ipv6_words, offsetof(struct torc_ipv6_options, options) };
	case TORC_LAYER_ICMPV6_ROUTER_SOLICITATION:
		return (struct vocabulary){ ndp_words, offsetof(struct torc_icmpv6_router_solicitation, options) };
	case TORC_LAYER_ICMPV6_ROUTER_ADVERTISEMENT:
		return (struct vocabulary){ ndp_words, offsetof(struct torc_icmpv6_router_advertisement, options) };
	case TORC_LAYER_ICMPV6_NEIGHBOR_SOLICITATION:
		return (struct vocabulary){ ndp_words, offsetof(struct torc_icmpv6_neighbor_solicitation, options) };
	case TORC_LAYER_ICMPV6_NEIGHBOR_ADVERTISEMENT:
		return (struct vocabulary){ ndp_words, offsetof(struct torc_icmpv6_neighbor_advertisement, options) };
	case TORC_LAYER_ICMPV6_REDIRECT:
		return (struct vocabulary){ ndp_words, offsetof(struct torc_icmpv6_redirect, options) };
	case TORC_LAYER_DHCPV4:
		return (struct vocabulary){ dhcpv4_words, offsetof(struct torc_dhcpv4, options) };
	case TORC_LAYER_DHCPV6:
		return (struct vocabulary){ dhcpv6_words, offsetof(struct torc_dhcpv6, options) };
	case TORC_LAYER_LLDP_INFO:
		return (struct vocabulary){ lldp_words, offsetof(struct torc_lldp_info, tlvs) };
	case TORC_LAYER_CDP_INFO:
		return (struct vocabulary){ cdp_words, offsetof(struct torc_cdp_info, tlvs) };
	case TORC_LAYER_RADIUS:
		return (struct vocabulary){ radius_words, offsetof(struct torc_radius, attributes) };
	case TORC_LAYER_SCTP_INIT:
	case TORC_LAYER_SCTP_INIT_ACK:
		return (struct vocabulary){ sctp_words, offsetof(struct torc_sctp_init, parameters) };
	case TORC_LAYER_PPPOE:
		return (struct vocabulary){ pppoe_words, offsetof(struct torc_pppoe, tags) };
	case TORC_LAYER_IGMP:
		return (struct vocabulary){ record_words, offsetof(struct torc_igmp, records) };
	case TORC_LAYER_MLDV2_REPORT:
		return (struct vocabulary){ record_words, offsetof(struct torc_mldv2_report, records) };
	case TORC_LAYER_VRRP:
		return (struct vocabulary){ vrrp_words, offsetof(struct torc_vrrp, addresses) };
	default:
		return (struct vocabulary){ NULL, 0 };
	}
}

const char *option_name(unsigned int type, unsigned int n)
{
	const struct word *words = vocabulary_of(type).words;

	if (type == TORC_LAYER_DNS)
		return dns_word(n);
	while (words && words->name && n > 0) {
		words++;
		n--;
	}
	return words ? words->name : NULL;
}

/* ---- values ---- */

/* A number up to what so many bytes hold; *text moves behind it. */
static int take_number(const char **text, unsigned int size, struct writer *w)
{
	uint64_t most = UINT64_MAX >> (64 - 8 * size), number;
	char *end;

	if (!isdigit((unsigned char)**text))
		return -EINVAL;
	errno = 0;
	number = strtoull(*text, &end, 0);
	if (errno == ERANGE || number > most)
		return -ERANGE;
	*text = end;
	for (unsigned int i = size; i-- > 0;)
		write8(w, (uint8_t)(number >> 8 * i));
	return 0;
}

/* The next of some words between blanks; false: there is none, or it is too long. */
static bool next_word(const char **text, char word[64])
{
	size_t length;

	*text += strspn(*text, " ");
	length = strcspn(*text, " ");
	if (length == 0 || length >= 64)
		return false;
	memcpy(word, *text, length);
	word[length] = '\0';
	*text += length;
	return true;
}

static int take_addresses(const char *text, int family, struct writer *w)
{
	uint8_t address[16];
	char word[64];

	while (next_word(&text, word)) {
		if (inet_pton(family, word, address) != 1)
			return -EINVAL;
		write_bytes(w, address, family == AF_INET ? 4 : 16);
	}
	return *text ? -EINVAL : 0;
}

static int take_hex(const char *text, struct writer *w)
{
	unsigned int byte;

	for (; *text; text += 2) {
		if (!isxdigit((unsigned char)text[0]) || !isxdigit((unsigned char)text[1]) ||
		    sscanf(text, "%2x", &byte) != 1)
			return -EINVAL;
		write8(w, byte);
	}
	return 0;
}

static int take_numbers8(const char *text, struct writer *w)
{
	int code = 0;

	while (code == 0 && *(text += strspn(text, " ")))
		code = take_number(&text, 1, w);
	return code;
}

/* Two numbers with a sign between them, of which there may be several. */
static int take_pairs(const char *text, char sign, bool several, struct writer *w)
{
	int code;

	do {
		text += strspn(text, " ");
		code = take_number(&text, 4, w);
		if (code == 0 && *text++ != sign)
			code = -EINVAL;
		if (code == 0)
			code = take_number(&text, 4, w);
	} while (code == 0 && several && *text == ' ');
	return code == 0 && *text ? -EINVAL : code;
}

/* RFC 4861 §4.6.2: on the link, for addresses, valid for 30 days and preferred for 7 (§6.2.1) */
static int take_prefix(const char *text, struct writer *w)
{
	struct torc_bytes nothing = { NULL, 0 };
	const char *slash = strchr(text, '/'), *rest = slash ? slash + 1 : NULL;
	uint8_t prefix[16];
	char word[64];
	int code;

	if (!slash || (size_t)(slash - text) >= sizeof(word))
		return -EINVAL;
	memcpy(word, text, (size_t)(slash - text));
	word[slash - text] = '\0';
	if (inet_pton(AF_INET6, word, prefix) != 1)
		return -EINVAL;
	code = take_number(&rest, 1, w);
	if (code < 0 || *rest)
		return -EINVAL;
	write8(w, 0xC0);
	write32(w, 2592000);
	write32(w, 604800);
	write_fixed(w, &nothing, 4);
	write_bytes(w, prefix, 16);
	return 0;
}

static int take_mac(const char *text, struct writer *w)
{
	static const struct torc_field_info field = { .kind = TORC_FIELD_MAC };
	struct field_text_value value;
	int code = field_parse(&field, "", text, &value, NULL);

	write_bytes(w, value.bytes, code < 0 ? 0 : value.length);
	return code;
}

/* What is in front of the first blank or colon: the code of the option. */
static int take_code(const char **text, char behind, uint16_t *code)
{
	uint8_t bytes[2];
	struct writer w = { .data = bytes, .room = sizeof(bytes) };

	if (take_number(text, 2, &w) < 0 || (**text && **text != behind))
		return -EINVAL;
	*text += **text == behind;
	*code = torc_be16(bytes);
	return 0;
}

static int take_value(unsigned int type, const struct word *word, const char *text, uint16_t *option,
		      struct writer *w)
{
	int family = type == TORC_LAYER_IGMP ? AF_INET : AF_INET6, code;

	switch (word->form) {
	case NOTHING:
		return *text ? -EINVAL : 0;
	case NUMBER8:
	case NUMBER16:
	case NUMBER32:
		if (word->code == 5 && type >= TORC_LAYER_ICMPV6_ROUTER_SOLICITATION &&
		    type <= TORC_LAYER_ICMPV6_REDIRECT)
			write16(w, 0); /* reserved, RFC 4861 §4.6.4 */
		code = take_number(&text, 1u << (word->form - NUMBER8), w);
		return code == 0 && *text ? -EINVAL : code;
	case NUMBERS8:
		return take_numbers8(text, w);
	case TWICE32:
		return take_pairs(text, ':', false, w);
	case RANGES32:
		return take_pairs(text, '-', true, w);
	case IPV4S:
		return take_addresses(text, AF_INET, w);
	case IPV6S:
		return take_addresses(text, AF_INET6, w);
	case MAC:
		return take_mac(text, w);
	case PREFIX:
		return take_prefix(text, w);
	case DNS_LIST: /* RFC 8106 §5.1 */
		write16(w, 0);
		write32(w, 1800);
		return take_addresses(text, AF_INET6, w);
	case TEXT:
		code = field_unescape(text, w->data, w->room);
		w->length = code < 0 ? 0 : (uint32_t)code;
		return code < 0 ? code : 0;
	case LLDP_CAPABILITIES:
		code = take_number(&text, 2, w);
		if (code == 0 && *text == ':')
			text++;
		else
			return -EINVAL;
		code = take_number(&text, 2, w);
		return code == 0 && *text ? -EINVAL : code;
	case RAW:
		code = take_code(&text, ':', option);
		return code < 0 ? code : take_hex(text, w);
	default:
		code = take_code(&text, ' ', option);
		return code < 0 ? code : take_addresses(text, family, w);
	}
}

/* How a value is to look. */
static const char *form_text(unsigned int form)
{
	static const char *const texts[] = {
		[NOTHING] = "it takes no value",
		[NUMBER8] = "0 to 255",
		[NUMBER16] = "0 to 65535",
		[NUMBER32] = "0 to 4294967295",
		[NUMBERS8] = "numbers such as 1 3 6",
		[TWICE32] = "two numbers such as 7:0",
		[RANGES32] = "ranges such as 1-5 9-12",
		[IPV4S] = "IPv4 addresses such as 10.0.0.1 10.0.0.2",
		[IPV6S] = "IPv6 addresses such as fd00::1 fd00::2",
		[MAC] = "an address such as 02:00:00:00:00:01",
		[PREFIX] = "a prefix such as fd00::/64",
		[DNS_LIST] = "IPv6 addresses such as fd00::1 fd00::2",
		[TEXT] = "text",
		[LLDP_CAPABILITIES] = "what there is and what is on, such as 0x14:0x10",
		[RAW] = "a code and bytes such as 254:0102",
		[RECORD] = "a type, a group and sources such as 4 224.1.2.3 10.0.0.1",
	};

	return texts[form];
}

bool option_take(unsigned int type, const char *name, const char *value, struct torc_build_list *list,
		 void *object, int *code, struct torc_error *error)
{
	struct vocabulary vocabulary = vocabulary_of(type);
	const struct word *word = vocabulary.words;
	struct torc_bytes *bytes = (struct torc_bytes *)(void *)((uint8_t *)object + vocabulary.at);
	uint8_t buffer[VALUE_MAX];
	struct writer w = { .data = buffer, .room = sizeof(buffer) };
	uint16_t option;

	if (type == TORC_LAYER_DNS)
		return dns_take(name, value, list, object, code, error);
	while (word && word->name && strcasecmp(word->name, name) != 0)
		word++;
	if (!word || !word->name)
		return false;
	option = word->code;
	*code = take_value(type, word, value ? value : "", &option, &w);
	if (*code == 0 && w.length > w.room)
		*code = -ENOSPC;
	if (*code < 0) {
		torc_error_set(error, *code, "%s: \"%.40s\" is not right; %s", name, value ? value : "",
			       form_text(word->form));
		return true;
	}
	*code = torc_build_option(list, type, option, buffer, w.length);
	if (*code < 0)
		torc_error_set(error, *code,
			       *code == -ENOSPC ? "%s: the options of a layer have no more than %u bytes" :
						  "%s: the value is too long for that option",
			       name, list->room);
	else
		*bytes = (struct torc_bytes){ list->data, list->length };
	return true;
}
