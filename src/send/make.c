/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * make.c - frames without a file: Ethernet, one tag, IPv4 (RFC 791) or IPv6 (RFC 8200), UDP (RFC
 * 768), TCP (RFC 9293) or echo requests (RFC 792, RFC 4443)
 *
 * For each length there is a template with its one's complement sums (RFC 1071) taken. A packet is
 * a copy with addresses, port and number put in and their words added to the sums, so that the cost
 * does not depend on the payload.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <torc/send.h>

#include "util/error.h"
#include "util/sized.h"
#include "util/sum.h"

#define MOST_BYTES    9216u
#define BATCH	      1024u
#define NUMBER_BYTES  8u
#define DISCARD_PORT  9u
#define ECHO_REQUEST  8u
#define ECHO_REQUEST6 128u

enum { PROTOCOL_ICMP = 1, PROTOCOL_TCP = 6, PROTOCOL_UDP = 17, PROTOCOL_ICMPV6 = 58 };

struct template
{
	uint32_t length;
	uint32_t network_sum;	/* of the IPv4 header, without addresses and checksum */
	uint32_t transport_sum; /* with the pseudo header, without addresses, port and number */
	bool has_number;
	uint8_t *bytes; /* in the maker's one block */
};

struct torc_maker {
	uint32_t flows;
	unsigned int template_count;
	bool ipv6;
	enum torc_make_protocol protocol;
	uint32_t network; /* offsets in every frame */
	uint32_t transport;
	uint32_t checksum; /* of the transport header */
	uint32_t port;	   /* source port or identifier */
	uint32_t payload;
	uint32_t longest;
	uint64_t next; /* number of the next packet of torc_maker_batch() */
	uint8_t *batch;
	struct template templates[TORC_MAKE_LENGTHS_MAX];
};

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at + 2, value);
}

static uint32_t sum32(uint32_t value)
{
	return (value >> 16) + (value & 0xffff);
}

/* What is different from flow to flow. */
struct flow {
	uint32_t source; /* the address, or the last 32 bits of an IPv6 address */
	uint32_t destination;
	uint32_t port;
};

static struct flow flow_of(uint32_t number)
{
	uint32_t mixed = number * 2654435761u; /* Knuth's multiplicative hash */

	/* 22 bits in the address and 10 in the port: no two flows are the same. */
	return (struct flow){
		.source = 0x0a000001u + (number & 0x3fffffu),
		.destination = 0x0a800001u + (mixed >> 20),
		.port = 0x8000u | (number >> 22) << 5 | (mixed >> 15 & 31u),
	};
}

static uint32_t header_bytes(enum torc_make_protocol protocol)
{
	return protocol == TORC_MAKE_TCP ? 20 : 8;
}

static uint32_t protocol_number(const struct torc_maker *maker)
{
	switch (maker->protocol) {
	case TORC_MAKE_TCP:
		return PROTOCOL_TCP;
	case TORC_MAKE_ICMP:
		return maker->ipv6 ? PROTOCOL_ICMPV6 : PROTOCOL_ICMP;
	default:
		return PROTOCOL_UDP;
	}
}

static void write_link(uint8_t *frame, const struct torc_maker_options *options)
{
	static const uint8_t nobody[6];
	static const uint8_t source[6] = { 2, 0, 0, 0, 0, 1 },
			     destination[6] = { 2, 0, 0, 0, 0, 2 };
	bool no_source = memcmp(options->source_mac, nobody, 6) == 0;
	bool no_destination = memcmp(options->destination_mac, nobody, 6) == 0;

	memcpy(frame, no_destination ? destination : options->destination_mac, 6);
	memcpy(frame + 6, no_source ? source : options->source_mac, 6);
	frame += 12;
	if (options->vlan) {
		put16(frame, 0x8100);
		put16(frame + 2, options->vlan);
		frame += 4;
	}
	put16(frame, options->ipv6 ? 0x86dd : 0x0800);
}

/* The IP header without addresses of the flow; returns the sum of an IPv4 header. */
static uint32_t write_network(const struct torc_maker *maker, uint8_t *at, uint32_t length)
{
	if (maker->ipv6) {
		at[0] = 0x60;
		put16(at + 4, length - 40);
		at[6] = (uint8_t)protocol_number(maker);
		at[7] = 64;
		put32(at + 8, 0xfd000001);
		put32(at + 24, 0xfd000002);
		return 0;
	}
	at[0] = 0x45;
	put16(at + 2, length);
	put16(at + 6, 0x4000); /* do not fragment */
	at[8] = 64;
	at[9] = (uint8_t)protocol_number(maker);
	return (uint32_t)sum_add(0, at, 20);
}

static void write_transport(const struct torc_maker *maker, uint8_t *at, uint32_t length)
{
	switch (maker->protocol) {
	case TORC_MAKE_UDP:
		put16(at + 2, DISCARD_PORT);
		put16(at + 4, length);
		break;
	case TORC_MAKE_TCP:
		/* Every segment has the same place in its stream: receivers never merge them. */
		put16(at + 2, DISCARD_PORT);
		put32(at + 4, 1);
		put32(at + 8, 1);
		put16(at + 12, 0x5018); /* 20 bytes, PSH and ACK */
		put16(at + 14, 0xffff);
		break;
	case TORC_MAKE_ICMP:
		at[0] = maker->ipv6 ? ECHO_REQUEST6 : ECHO_REQUEST;
		break;
	}
}

/* The pseudo header's fixed part; ICMP over IPv4 has none. */
static uint32_t pseudo_sum(const struct torc_maker *maker, uint32_t length)
{
	if (maker->protocol == TORC_MAKE_ICMP && !maker->ipv6)
		return 0;
	return protocol_number(maker) + length +
	       (maker->ipv6 ? sum32(0xfd000001) + sum32(0xfd000002) : 0);
}

static void write_template(const struct torc_maker *maker, struct template *t,
			   const struct torc_maker_options *options)
{
	uint32_t transport_length = t->length - maker->transport;

	write_link(t->bytes, options);
	t->network_sum =
		write_network(maker, t->bytes + maker->network, t->length - maker->network);
	write_transport(maker, t->bytes + maker->transport, transport_length);
	t->has_number = t->length >= maker->payload + NUMBER_BYTES;
	for (uint32_t i = maker->payload + (t->has_number ? NUMBER_BYTES : 0); i < t->length; i++)
		t->bytes[i] = (uint8_t)('a' + (i - maker->payload) % 26);
	t->transport_sum = pseudo_sum(maker, transport_length) +
			   (uint32_t)sum_add(0, t->bytes + maker->transport, transport_length);
}

static void lay_out(struct torc_maker *maker, const struct torc_maker_options *options)
{
	static const uint8_t checksum[] = { 6, 16, 2 }, port[] = { 0, 0, 4 };

	maker->flows = options->flows ? options->flows : 1;
	maker->ipv6 = options->ipv6;
	maker->protocol = options->protocol;
	maker->network = options->vlan ? 18 : 14;
	maker->transport = maker->network + (options->ipv6 ? 40 : 20);
	maker->checksum = maker->transport + checksum[options->protocol];
	maker->port = maker->transport + port[options->protocol];
	maker->payload = maker->transport + header_bytes(options->protocol);
}

static int check_options(const struct torc_maker_options *o, struct torc_error *error)
{
	if (o->vlan > 4094)
		return torc_error_set(error, -EINVAL, "VLAN %u: a tag is 1 to 4094", o->vlan);
	if ((unsigned int)o->protocol > TORC_MAKE_ICMP)
		return torc_error_set(error, -EINVAL, "no protocol has the number %d", o->protocol);
	if (o->length_count > TORC_MAKE_LENGTHS_MAX)
		return torc_error_set(error, -EINVAL, "%u lengths; at most %u are possible",
				      o->length_count, TORC_MAKE_LENGTHS_MAX);
	return 0;
}

static int write_templates(struct torc_maker *maker, const struct torc_maker_options *options,
			   struct torc_error *error)
{
	static const uint32_t default_length = 64;
	bool given = options->lengths && options->length_count > 0;
	const uint32_t *lengths = given ? options->lengths : &default_length;

	maker->template_count = given ? options->length_count : 1;
	for (unsigned int n = 0; n < maker->template_count; n++) {
		struct template *t = &maker->templates[n];

		t->length = lengths[n];
		if (t->length < maker->payload || t->length > MOST_BYTES)
			return torc_error_set(
				error, -EINVAL,
				"frames of %u bytes: with these headers %u to %u are possible",
				t->length, maker->payload, MOST_BYTES);
		t->bytes = calloc(1, t->length);
		if (!t->bytes)
			return torc_error_set(error, -ENOMEM, "no memory for frames");
		write_template(maker, t, options);
		if (t->length > maker->longest)
			maker->longest = t->length;
	}
	return 0;
}

int torc_maker_open(struct torc_maker **out, const struct torc_maker_options *given,
		    struct torc_error *error)
{
	struct torc_maker_options full = { 0 }, *options = &full;
	struct torc_maker *maker;
	int code = torc_sized_take(&full, sizeof(full), given, "torc_maker_options", error);

	*out = NULL;
	if (code == 0)
		code = check_options(options, error);
	if (code < 0)
		return code;
	maker = calloc(1, sizeof(*maker));
	if (!maker)
		return torc_error_set(error, -ENOMEM, "no memory for frames");
	lay_out(maker, options);
	code = write_templates(maker, options, error);
	if (code < 0) {
		torc_maker_close(maker);
		return code;
	}
	*out = maker;
	return 0;
}

void torc_maker_close(struct torc_maker *maker)
{
	if (!maker)
		return;
	for (unsigned int n = 0; n < maker->template_count; n++)
		free(maker->templates[n].bytes);
	free(maker->batch);
	free(maker);
}

uint32_t torc_maker_write(const struct torc_maker *maker, uint64_t n, void *buffer)
{
	const struct template *t = &maker->templates[n % maker->template_count];
	struct flow flow = flow_of((uint32_t)(n % maker->flows));
	uint8_t *frame = buffer, *network = frame + maker->network;
	uint32_t addresses = sum32(flow.source) + sum32(flow.destination);
	uint32_t sum = t->transport_sum + flow.port;
	uint16_t checksum;

	memcpy(frame, t->bytes, t->length);
	put32(network + (maker->ipv6 ? 20 : 12), flow.source);
	put32(network + (maker->ipv6 ? 36 : 16), flow.destination);
	if (!maker->ipv6)
		put16(network + 10, sum_checksum(t->network_sum + addresses));
	put16(frame + maker->port, flow.port);
	if (t->has_number) {
		put32(frame + maker->payload, (uint32_t)(n >> 32));
		put32(frame + maker->payload + 4, (uint32_t)n);
		sum += sum32((uint32_t)(n >> 32)) + sum32((uint32_t)n);
	}
	if (maker->ipv6 || maker->protocol != TORC_MAKE_ICMP)
		sum += addresses;
	checksum = sum_checksum(sum);
	if (checksum == 0 && maker->protocol == TORC_MAKE_UDP)
		checksum = 0xffff; /* 0 means "none" (RFC 768) */
	put16(frame + maker->checksum, checksum);
	return t->length;
}

unsigned int torc_maker_batch(struct torc_maker *maker, struct torc_packet *packets,
			      unsigned int count)
{
	uint8_t *at;

	if (count > BATCH)
		count = BATCH;
	if (!maker->batch)
		maker->batch = malloc((size_t)BATCH * maker->longest);
	at = maker->batch;
	if (!at)
		return 0;
	for (unsigned int i = 0; i < count; i++) {
		uint32_t length = torc_maker_write(maker, maker->next++, at);

		packets[i] = (struct torc_packet){
			.data = at,
			.caplen = length,
			.len = length,
			.link_type = TORC_LINK_ETHERNET,
			.direction = TORC_PACKET_DIRECTION_UNKNOWN,
			.kind = TORC_PACKET_KIND_UNKNOWN,
			.flags = TORC_PACKET_TIMESTAMP_MISSING,
		};
		at += length;
	}
	return count;
}
