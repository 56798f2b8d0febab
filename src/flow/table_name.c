/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * table_name.c - the name a flow is about, where a packet says it: the server name and the first
 * protocol of a ClientHello (RFC 6066 §3, RFC 7301), the question of a DNS message
 *
 * Only the first data of a TCP client is looked at, and the first DNS or DTLS message of a flow; of QUIC the first
 * packets: table_quic.c.
 */
#include "flow/table.h"

#include <string.h>

#include <torc/layers/application/dns.h>
#include <torc/layers/application/dtls.h>

#include "decode/application/tls_hello.h"
#include "flow/table_quic.h"

#define TLS_CHANGE_BYTES 6u /* a record of one byte */

/* A zero ends the name: it has no place in one. */
static bool copy(char *out, size_t size, const void *bytes, size_t length)
{
	size_t fits = 0;

	if (length > 0) { /* nothing may be at no address */
		fits = strnlen(bytes, length < size ? length : size - 1);
		memcpy(out, bytes, fits);
	}
	out[fits] = '\0';
	return fits == length;
}

static void fill(struct flow_name *name, unsigned int from, struct torc_bytes text,
		 struct torc_bytes alpn)
{
	name->from = (uint8_t)from;
	name->cut = !copy(name->name, sizeof(name->name), text.data, text.length);
	copy(name->alpn, sizeof(name->alpn), alpn.data, alpn.length);
}

static bool look_at_dns(const struct torc_decoded *decoded, const struct torc_layer *layer,
			struct flow_name *name)
{
	char text[TORC_DOMAIN_NAME_MAX];
	struct torc_dns_record question;
	uint32_t position = 0;
	struct torc_dns dns;
	int length;

	if (torc_layer_dns(decoded, layer, &dns) < 0 ||
	    torc_dns_record_next(&dns, TORC_DNS_QUESTIONS, &position, &question) <= 0)
		return false;
	length = torc_domain_name_text(&question.name, text, sizeof(text));
	if (length <= 0)
		return false;
	if (length > 1) /* without the dot of the root */
		length--;
	name->cut = !copy(name->name, sizeof(name->name), text, (size_t)length);
	name->dns_type = question.type;
	name->from = TORC_FLOW_NAME_DNS;
	return true;
}

static uint32_t name_place(struct torc_flow_table *table)
{
	uint32_t place = table->name_free;

	if (place != FLOW_NONE) {
		memcpy(&table->name_free, &table->names[place], sizeof(table->name_free));
		return place;
	}
	if (table->name_fresh < table->name_room)
		return table->name_fresh++;
	table->stats.names_left_out++;
	return FLOW_NONE;
}

void flow_name_release(struct torc_flow_table *table, struct flow_more *more)
{
	if (more->name == FLOW_NONE)
		return;
	memcpy(&table->names[more->name], &table->name_free, sizeof(table->name_free));
	table->name_free = more->name;
	more->name = FLOW_NONE;
}

static void fingerprint(struct torc_flow_table *table, uint32_t place,
			const struct torc_tls_hello *hello)
{
	struct flow_prints *prints;

	if (!table->prints || !hello->is_whole)
		return;
	prints = &table->prints[place];
	torc_tls_fingerprint(hello, TORC_TLS_JA3, prints->ja3, sizeof(prints->ja3));
	torc_tls_fingerprint(hello, TORC_TLS_JA4, prints->ja4, sizeof(prints->ja4));
}

/* A name without any letter, for what belongs to one. */
static uint32_t name_take(struct torc_flow_table *table)
{
	uint32_t place = name_place(table);

	if (place == FLOW_NONE)
		return place;
	memset(&table->names[place], 0, sizeof(table->names[place]));
	if (table->prints)
		memset(&table->prints[place], 0, sizeof(table->prints[place]));
	return place;
}

void flow_name_hello(struct torc_flow_table *table, struct flow_more *more, unsigned int from,
		     const struct torc_tls_hello *hello)
{
	bool tells = hello->server_name.length + hello->alpn.length > 0 ||
		     (table->prints && hello->is_whole);

	if (!tells || more->name != FLOW_NONE)
		return;
	more->name = name_take(table);
	if (more->name == FLOW_NONE)
		return;
	fill(&table->names[more->name], from, hello->server_name, hello->alpn);
	fingerprint(table, more->name, hello);
}

static void look_at_tls(struct torc_flow_table *table, struct flow_more *more,
			const struct torc_decoded *decoded, const struct torc_layer *tcp)
{
	const uint8_t *p = torc_layer_payload(decoded, tcp);
	uint32_t length = tcp->payload_length;
	struct torc_tls_hello hello;

	/* a client's second hello has a change of cipher in front (RFC 8446 appendix D.4) */
	if (length >= TLS_CHANGE_BYTES && memcmp(p, "\x14\3\3\0\1\1", TLS_CHANGE_BYTES) == 0) {
		p += TLS_CHANGE_BYTES;
		length -= TLS_CHANGE_BYTES;
	}
	/* a handshake record whose message is a ClientHello */
	if (length >= 9 && p[0] == 22 && p[1] == 3 && p[5] == TLS_CLIENT_HELLO &&
	    tls_hello_read((struct torc_bytes){ p + 5, length - 5 }, TORC_TLS_OVER_TCP, &hello))
		flow_name_hello(table, more, TORC_FLOW_NAME_TLS, &hello);
}

static void look_at_dtls(struct torc_flow_table *table, struct flow_more *more,
			 const struct torc_decoded *decoded, const struct torc_layer *layer)
{
	struct torc_tls_hello hello;
	struct torc_dtls dtls;

	if (torc_layer_dtls(decoded, layer, &dtls) == 0 &&
	    tls_hello_read(dtls.hello, TORC_TLS_OVER_DTLS, &hello) &&
	    hello.type == TLS_CLIENT_HELLO)
		flow_name_hello(table, more, TORC_FLOW_NAME_TLS, &hello);
}

void flow_name_look(struct torc_flow_table *table, uint32_t place,
		    const struct flow_packet *packet, const struct torc_decoded *decoded)
{
	const struct torc_layer *layer = packet->transport, *next = layer + 1;
	struct flow_more *more = &table->more[place];
	struct flow_name name = { .dns_type = 0 };
	bool has_next = next < decoded->layers + decoded->layer_count;

	if (layer->type != TORC_LAYER_TCP && has_next && next->type == TORC_LAYER_QUIC) {
		flow_quic_look(table, place, packet, decoded);
		return;
	}
	table->flows[place].facts |= FACT_NAMED;
	if (layer->type == TORC_LAYER_TCP) {
		look_at_tls(table, more, decoded, layer);
	} else if (has_next && next->type == TORC_LAYER_DTLS) {
		look_at_dtls(table, more, decoded, next);
	} else if (has_next && next->type == TORC_LAYER_DNS && look_at_dns(decoded, next, &name)) {
		more->name = name_take(table);
		if (more->name != FLOW_NONE)
			table->names[more->name] = name;
	}
}

bool flow_name_keep(struct torc_flow_table *table, struct flow_more *more,
		    const struct torc_flow_hint *hint)
{
	more->name = name_take(table);
	if (more->name == FLOW_NONE)
		return false;
	fill(&table->names[more->name], hint->from, hint->name, hint->alpn);
	flow_name_complete(table, more, hint);
	return true;
}

void flow_name_complete(struct torc_flow_table *table, const struct flow_more *more,
			const struct torc_flow_hint *hint)
{
	struct torc_tls_hello hello;

	if (table->prints && table->names[more->name].from == TORC_FLOW_NAME_TLS &&
	    table->prints[more->name].ja4[0] == '\0' &&
	    tls_hello_read(hint->hello, TORC_TLS_OVER_TCP, &hello) &&
	    hello.type == TLS_CLIENT_HELLO)
		fingerprint(table, more->name, &hello);
}
