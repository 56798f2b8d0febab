/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * community_id.c - Community ID version 1, as github.com/corelight/community-id-spec has it
 *
 * SHA-1 over seed, the two addresses, protocol, a zero, and the two ports, the smaller end first;
 * in base64 behind "1:". For ICMP, type and code stand for the ports: a type that has an answer is
 * paired with the type of the answer, any other message is one-way and keeps its order.
 */
#include <torc/flow_table.h>
#include <torc/layer.h>

#include <string.h>

#include "flow/icmp.h"
#include "util/sha1.h"

struct tuple {
	uint8_t length; /* of an address */
	uint8_t source[16];
	uint8_t destination[16];
	uint8_t protocol;
	bool has_ports;
	bool one_way;
	uint16_t source_port;
	uint16_t destination_port;
};

static void icmp_ports(struct tuple *tuple, const uint8_t *p, bool v6)
{
	int answer = v6 ? icmpv6_answer(p[0]) : icmpv4_answer(p[0]);

	tuple->has_ports = true;
	tuple->source_port = p[0];
	tuple->destination_port = answer >= 0 ? (uint16_t)answer : p[1];
	tuple->one_way = answer < 0;
}

/* The protocols whose ports the specification names: ICMP, TCP, UDP, ICMPv6, SCTP. */
static bool protocol_has_ports(unsigned int protocol)
{
	return protocol == 1 || protocol == 6 || protocol == 17 || protocol == 58 ||
	       protocol == 132;
}

static bool is_extension(unsigned int type)
{
	return type == TORC_LAYER_IPV6_HOP_BY_HOP || type == TORC_LAYER_IPV6_ROUTING ||
	       type == TORC_LAYER_IPV6_FRAGMENT || type == TORC_LAYER_IPV6_DESTINATION;
}

/* Protocol and ports of what follows the IP header; false when ports there are cannot be known. */
static bool tuple_upper(const struct torc_decoded *decoded, const struct torc_layer *ip,
			struct tuple *tuple)
{
	const struct torc_layer *end = decoded->layers + decoded->layer_count;
	const struct torc_layer *layer = ip + 1;
	const uint8_t *p;

	tuple->protocol = torc_layer_header(decoded, ip)[ip->type == TORC_LAYER_IPV4 ? 9 : 6];
	for (; layer < end && is_extension(layer->type); layer++)
		tuple->protocol = torc_layer_header(decoded, layer)[0];
	if (!protocol_has_ports(tuple->protocol))
		return true;
	if (layer >= end || layer->type == TORC_LAYER_FRAGMENT ||
	    layer->type == TORC_LAYER_DECODE_FAILURE ||
	    layer->header_length + layer->payload_length < 4)
		return false;
	p = torc_layer_header(decoded, layer);
	if (tuple->protocol == 1 || tuple->protocol == 58) {
		icmp_ports(tuple, p, tuple->protocol == 58);
		return true;
	}
	tuple->has_ports = true;
	tuple->source_port = torc_be16(p);
	tuple->destination_port = torc_be16(p + 2);
	return true;
}

/* The smaller end first: by address, then by port. */
static void tuple_order(struct tuple *tuple)
{
	int order = memcmp(tuple->source, tuple->destination, tuple->length);
	uint8_t address[16];
	uint16_t port;

	if (tuple->one_way || order < 0 ||
	    (order == 0 && tuple->source_port <= tuple->destination_port))
		return;
	memcpy(address, tuple->source, sizeof(address));
	memcpy(tuple->source, tuple->destination, sizeof(address));
	memcpy(tuple->destination, address, sizeof(address));
	port = tuple->source_port;
	tuple->source_port = tuple->destination_port;
	tuple->destination_port = port;
}

static uint8_t *put16(uint8_t *p, uint16_t number)
{
	*p++ = (uint8_t)(number >> 8);
	*p++ = (uint8_t)number;
	return p;
}

static size_t tuple_message(const struct tuple *tuple, uint16_t seed, uint8_t *message)
{
	uint8_t *p = put16(message, seed);

	p = (uint8_t *)memcpy(p, tuple->source, tuple->length) + tuple->length;
	p = (uint8_t *)memcpy(p, tuple->destination, tuple->length) + tuple->length;
	*p++ = tuple->protocol;
	*p++ = 0;
	if (tuple->has_ports) {
		p = put16(p, tuple->source_port);
		p = put16(p, tuple->destination_port);
	}
	return (size_t)(p - message);
}

/* 20 bytes as 28 characters, RFC 4648 §4. */
static void base64(const uint8_t digest[20], char *out)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint8_t bytes[21] = { 0 };
	uint32_t group;
	unsigned int i;

	memcpy(bytes, digest, 20);
	for (i = 0; i < 21; i += 3) {
		group = torc_be24(bytes + i);
		*out++ = alphabet[group >> 18];
		*out++ = alphabet[group >> 12 & 63];
		*out++ = alphabet[group >> 6 & 63];
		*out++ = alphabet[group & 63];
	}
	out[-1] = '=';
	*out = '\0';
}

static void tuple_id(struct tuple *tuple, uint16_t seed, char *id)
{
	uint8_t message[SHA1_MESSAGE_MAX], digest[20];

	tuple_order(tuple);
	torc_sha1(message, tuple_message(tuple, seed, message), digest);
	memcpy(id, "1:", 2);
	base64(digest, id + 2);
}

bool torc_community_id(const struct torc_decoded *decoded, int n, uint16_t seed, char *id)
{
	const struct torc_layer *ip = torc_layer_by_role(decoded, TORC_ROLE_NETWORK, n);
	struct tuple tuple = { 0 };
	struct torc_flow flow;

	id[0] = '\0';
	if (!torc_flow_of_layer(decoded, ip, &flow) || !tuple_upper(decoded, ip, &tuple))
		return false;
	tuple.length = flow.source_length;
	memcpy(tuple.source, flow.source, sizeof(tuple.source));
	memcpy(tuple.destination, flow.destination, sizeof(tuple.destination));
	tuple_id(&tuple, seed, id);
	return true;
}

void torc_flow_record_community_id(const struct torc_flow_record *record, uint16_t seed, char *id)
{
	struct tuple tuple = {
		.length = record->version == 4 ? 4 : 16,
		.protocol = record->protocol,
		.has_ports = protocol_has_ports(record->protocol),
		.source_port = record->port[0],
		.destination_port = record->port[1],
	};

	if (record->protocol == 1 || record->protocol == 58)
		icmp_ports(&tuple, (const uint8_t[]){ record->icmp_type, record->icmp_code },
			   record->protocol == 58);
	memcpy(tuple.source, record->address[0], sizeof(tuple.source));
	memcpy(tuple.destination, record->address[1], sizeof(tuple.destination));
	tuple_id(&tuple, seed, id);
}
