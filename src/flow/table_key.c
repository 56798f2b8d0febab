/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * table_key.c - from a decoded packet to the key of its flow
 *
 * Fragments behind the first have no ports: those of the first are remembered by addresses, protocol
 * and identification (RFC 791 §3.2, RFC 8200 §4.5) in a small table of sets, whose oldest entry goes.
 */
#include "flow/table.h"

#include <string.h>

#include <torc/layers/network/ip.h>
#include <torc/layers/transport/tcp.h>

#include "flow/icmp.h"
#include "util/wide.h"

#define FRAGMENT_NS 30000000000u /* RFC 791 wants 15 s or more for reassembly, RFC 8200 60 s at most */

enum { ICMP = 1, TCP = 6, UDP = 17, ICMPV6 = 58, SCTP = 132, UDPLITE = 136 };

/* Where the key comes from: the IP header and what stands around it. */
struct place {
	const struct torc_layer *ip;
	const struct torc_layer *upper; /* behind IP and its extension headers; may be the end */
	const uint8_t *fragment;        /* IPv6: the fragment header */
	uint16_t vlan[2];
	uint8_t vlans;
	bool inner;
};

static bool has_ports(unsigned int protocol)
{
	return protocol == TCP || protocol == UDP || protocol == SCTP || protocol == UDPLITE;
}

/* The outermost IP header, or the innermost; and the tags of the frame it is in. */
static bool find_ip(const struct torc_decoded *decoded, bool innermost, struct place *place)
{
	const struct torc_layer *layer = decoded->layers, *end = layer + decoded->layer_count;
	uint16_t vlan[2] = { 0, 0 };
	unsigned int vlans = 0;

	place->ip = NULL;
	place->inner = false;
	for (; layer < end; layer++) {
		switch (layer->type) {
		case TORC_LAYER_ETHERNET:
			vlans = 0;
			break;
		case TORC_LAYER_DOT1Q:
			if (vlans < 2)
				vlan[vlans++] = torc_be16(torc_layer_header(decoded, layer)) & 0xFFF;
			break;
		case TORC_LAYER_IPV4:
		case TORC_LAYER_IPV6:
			place->inner = place->ip != NULL;
			place->ip = layer;
			place->vlan[0] = vlans > 0 ? vlan[0] : 0;
			place->vlan[1] = vlans > 1 ? vlan[1] : 0;
			place->vlans = (uint8_t)vlans;
			if (!innermost)
				return true;
			break;
		default:
			break;
		}
	}
	return place->ip != NULL;
}

/* Steps over extension headers; the protocol behind them. */
static unsigned int find_upper(const struct torc_decoded *decoded, struct place *place)
{
	const struct torc_layer *end = decoded->layers + decoded->layer_count;
	const struct torc_layer *layer = place->ip + 1;
	const uint8_t *p = torc_layer_header(decoded, place->ip);
	unsigned int protocol = p[place->ip->type == TORC_LAYER_IPV4 ? 9 : 6];

	place->fragment = NULL;
	if (place->ip->type == TORC_LAYER_IPV6)
		for (; layer < end; layer++) {
			if (layer->type != TORC_LAYER_IPV6_HOP_BY_HOP &&
			    layer->type != TORC_LAYER_IPV6_ROUTING &&
			    layer->type != TORC_LAYER_IPV6_FRAGMENT &&
			    layer->type != TORC_LAYER_IPV6_DESTINATION)
				break;
			p = torc_layer_header(decoded, layer);
			protocol = p[0];
			if (layer->type == TORC_LAYER_IPV6_FRAGMENT)
				place->fragment = p;
		}
	place->upper = layer;
	return protocol;
}

/* ---- fragments ---- */

/* Offset in 8 bytes, whether more follow, and which datagram it is; false: it is whole. */
static bool fragment_of(const struct torc_decoded *decoded, const struct place *place, uint32_t *id,
			bool *later)
{
	const uint8_t *p = torc_layer_header(decoded, place->ip);
	uint16_t bits;

	if (place->ip->type == TORC_LAYER_IPV4) {
		bits = torc_be16(p + 6);
		*id = torc_be16(p + 4);
		*later = (bits & 0x1FFF) != 0;
		return (bits & 0x3FFF) != 0;
	}
	if (!place->fragment)
		return false;
	bits = torc_be16(place->fragment + 2);
	*id = torc_be32(place->fragment + 4);
	*later = bits >> 3 != 0;
	return *later || (bits & 1) != 0;
}

/* Addresses are in the order of the packet: a datagram goes one way. */
static struct fragment fragment_key(const struct flow_packet *packet, uint32_t id)
{
	struct fragment fragment = {
		.id = id,
		.vlan = packet->key.vlan[0],
		.protocol = packet->key.protocol,
		.version = packet->key.version,
	};

	memcpy(fragment.address, packet->key.address, sizeof(fragment.address));
	return fragment;
}

static bool fragment_same(const struct fragment *a, const struct fragment *b)
{
	return a->id == b->id && a->protocol == b->protocol && a->version == b->version &&
	       a->vlan == b->vlan && memcmp(a->address, b->address, sizeof(a->address)) == 0;
}

static struct fragment *fragment_set(struct torc_flow_table *table, const struct fragment *key)
{
	uint64_t words[5];
	uint64_t hash;

	memcpy(words, key->address, sizeof(key->address));
	words[4] = (uint64_t)key->id << 32 | key->protocol;
	hash = wide_mix(words[0] ^ table->seed[0], words[1] ^ table->seed[1]) ^
	       wide_mix(words[2] ^ table->seed[1], words[3] ^ table->seed[2]) ^
	       wide_mix(words[4] ^ table->seed[2], table->seed[0]);
	return table->fragments + hash % FRAGMENT_SETS * FRAGMENT_WAYS;
}

static void fragment_remember(struct torc_flow_table *table, const struct flow_packet *packet,
			      uint32_t id)
{
	struct fragment fragment = fragment_key(packet, id);
	struct fragment *set = fragment_set(table, &fragment), *entry = set, *oldest = set;

	for (; entry < set + FRAGMENT_WAYS; entry++) {
		if (fragment_same(entry, &fragment)) {
			oldest = entry;
			break;
		}
		if (entry->seen_ns < oldest->seen_ns)
			oldest = entry;
	}
	fragment.port[0] = packet->key.port[0];
	fragment.port[1] = packet->key.port[1];
	fragment.seen_ns = packet->time_ns;
	*oldest = fragment;
}

static bool fragment_recall(struct torc_flow_table *table, struct flow_packet *packet, uint32_t id)
{
	struct fragment fragment = fragment_key(packet, id);
	struct fragment *entry = fragment_set(table, &fragment), *end = entry + FRAGMENT_WAYS;

	for (; entry < end; entry++) {
		if (!fragment_same(entry, &fragment) ||
		    packet->time_ns > entry->seen_ns + FRAGMENT_NS)
			continue;
		packet->key.port[0] = entry->port[0];
		packet->key.port[1] = entry->port[1];
		return true;
	}
	return false;
}

/* ---- the transport ---- */

static void read_tcp(const uint8_t *p, const struct place *place, struct flow_packet *packet)
{
	uint32_t headers = place->upper->offset + place->upper->header_length - place->ip->offset;

	packet->sequence = torc_be32(p + 4);
	packet->tcp_flags = torc_be16(p + 12) & 0x1FF;
	packet->window = torc_be16(p + 14);
	packet->payload = packet->length > headers ? packet->length - headers : 0;
}

/* A type and its answer stand for the ports, as in Community ID. */
static void read_icmp(const uint8_t *p, struct flow_packet *packet)
{
	int answer = packet->key.protocol == ICMP ? icmpv4_answer(p[0]) : icmpv6_answer(p[0]);

	packet->key.flags |= KEY_ICMP | (answer < 0 ? KEY_ONE_WAY : 0);
	packet->key.port[0] = p[0];
	packet->key.port[1] = answer < 0 ? p[1] : (uint16_t)answer;
	packet->icmp_code = p[1];
}

/* The first four bytes of the transport are in the packet, and their layer is sound. */
static bool upper_is_there(const struct torc_decoded *decoded, const struct torc_layer *layer)
{
	return layer < decoded->layers + decoded->layer_count &&
	       layer->type != TORC_LAYER_DECODE_FAILURE &&
	       layer->header_length + layer->payload_length >= 4;
}

static enum packet_kind ports_missing(const struct torc_decoded *decoded)
{
	return decoded->flags & TORC_DECODED_CUT_BY_SNAPLEN ? PACKET_CUT : PACKET_MALFORMED;
}

static enum packet_kind read_upper(struct torc_flow_table *table,
				   const struct torc_decoded *decoded, const struct place *place,
				   struct flow_packet *packet)
{
	bool is_icmp = packet->key.protocol == ICMP || packet->key.protocol == ICMPV6;
	bool is_fragment, later = false;
	const uint8_t *p;
	uint32_t id = 0;

	if (!is_icmp && !has_ports(packet->key.protocol))
		return PACKET_IN_FLOW;
	is_fragment = fragment_of(decoded, place, &id, &later);
	if (later) {
		table->stats.fragments++;
		table->stats.fragments_alone += !fragment_recall(table, packet, id);
		if (is_icmp)
			packet->key.flags |= KEY_ONE_WAY;
		return PACKET_IN_FLOW;
	}
	if (!upper_is_there(decoded, place->upper))
		return ports_missing(decoded);
	p = torc_layer_header(decoded, place->upper);
	if (is_icmp) {
		read_icmp(p, packet);
	} else {
		packet->key.port[0] = torc_be16(p);
		packet->key.port[1] = torc_be16(p + 2);
	}
	packet->transport = place->upper;
	packet->tcp = place->upper->type == TORC_LAYER_TCP;
	if (packet->tcp && place->upper->offset + 20 <= decoded->caplen)
		read_tcp(p, place, packet);
	if (is_fragment)
		fragment_remember(table, packet, id);
	return PACKET_IN_FLOW;
}

/* ---- the network ---- */

/* The length of the IP packet on the wire, which a capture may have cut. */
static uint32_t ip_length(const struct torc_decoded *decoded, const struct torc_layer *ip,
			  const uint8_t *p)
{
	uint32_t there = decoded->len > ip->offset ? decoded->len - ip->offset : 0;
	uint32_t said = ip->type == TORC_LAYER_IPV4 ? torc_be16(p + 2) : torc_be16(p + 4);

	if (said == 0) /* left open by segmentation offload, or a jumbogram */
		return there;
	if (ip->type == TORC_LAYER_IPV6)
		said += 40;
	return said < there ? said : there;
}

static void read_ip(const struct torc_decoded *decoded, const struct torc_layer *ip,
		    struct flow_packet *packet)
{
	const uint8_t *p = torc_layer_header(decoded, ip);

	packet->length = ip_length(decoded, ip, p);
	if (ip->type == TORC_LAYER_IPV4) {
		packet->key.version = 4;
		memcpy(packet->key.address[0], p + 12, 4);
		memcpy(packet->key.address[1], p + 16, 4);
		packet->ttl = p[8];
		packet->tos = p[1];
	} else {
		packet->key.version = 6;
		memcpy(packet->key.address, p + 8, 32);
		packet->ttl = p[7];
		packet->tos = (uint8_t)(torc_be16(p) >> 4);
	}
}

/* IPv4 fills two words of the six with its addresses, and two are zero: one product less. */
static inline uint32_t hash_v4(const uint64_t seed[3], uint64_t addresses, uint64_t w4, uint64_t w5)
{
	uint64_t hash = wide_mix(addresses ^ seed[0], w4 ^ seed[1]) ^ wide_mix(w5 ^ seed[2], seed[0]);

	return (uint32_t)(hash ^ hash >> 32);
}

static void key_hash(const struct torc_flow_table *table, struct flow_key *key)
{
	const uint64_t *seed = table->seed;
	uint64_t words[6], hash;

	memcpy(words, key, sizeof(words));
	if (key->version == 4) {
		uint64_t addresses;

		memcpy(&addresses, key->address[0], 4);
		memcpy((char *)&addresses + 4, key->address[1], 4);
		key->hash = hash_v4(seed, addresses, words[4], words[5]);
		return;
	}
	hash = wide_mix(words[0] ^ seed[0], words[1] ^ seed[1]) ^
	       wide_mix(words[2] ^ seed[1], words[3] ^ seed[2]) ^
	       wide_mix(words[4] ^ seed[2], words[5] ^ seed[0]);
	key->hash = (uint32_t)(hash ^ hash >> 32);
}

/* The smaller end first; the hash is of that order. */
static void key_finish(const struct torc_flow_table *table, struct flow_packet *packet)
{
	struct flow_key *key = &packet->key;
	int order = memcmp(key->address[0], key->address[1], key->version == 4 ? 4 : 16);

	if (order == 0)
		order = (int)key->port[0] - (int)key->port[1];
	if (order > 0 && !(key->flags & KEY_ONE_WAY)) {
		uint8_t address[16];
		uint16_t port = key->port[0];

		memcpy(address, key->address[0], 16);
		memcpy(key->address[0], key->address[1], 16);
		memcpy(key->address[1], address, 16);
		key->port[0] = key->port[1];
		key->port[1] = port;
		packet->sender = 1;
	}
	key_hash(table, key);
}

typedef uint64_t __attribute__((may_alias)) key_word;

/* One store each, not two put together in a vector that nobody can read in parts. */
static inline void word_put(key_word *word, uint64_t value)
{
	__atomic_store_n(word, value, __ATOMIC_RELAXED);
}

static inline uint64_t rotate_64(uint64_t value, unsigned int bits)
{
	return value << (bits & 63) | value >> (-bits & 63);
}

static inline uint32_t rotate_32(uint32_t value, unsigned int bits)
{
	return value << (bits & 31) | value >> (-bits & 31);
}

/*
 * The key of IPv4 in whole words, on a little-endian machine: written in pieces and read as words,
 * each would have to wait for the memory. Which end is the smaller cannot be foreseen: both change
 * places by arithmetic, where a branch would be wrong every other time. vlan: -1 without. Returns the
 * sender.
 */
static inline unsigned int plain_key(const uint64_t seed[3], const uint8_t *ip, const uint8_t *upper,
				     int vlan, struct flow_key *key)
{
	key_word *words = (key_word *)__builtin_assume_aligned(key, 8);
	uint64_t addresses, order, w4, w5;
	uint32_t ports;
	unsigned int sender;

	memcpy(&addresses, ip + 12, 8);
	order = __builtin_bswap64(addresses); /* the sender's in the upper half */
	ports = torc_be32(upper);
	sender = order > rotate_64(order, 32) ||
		 ((uint32_t)order == order >> 32 && ports > rotate_32(ports, 16));
	addresses = rotate_64(addresses, 32 * sender);
	w4 = rotate_32(ports, 16 - 16 * sender) | (uint64_t)(vlan < 0 ? 0 : vlan) << 32;
	w5 = 4 | (uint64_t)ip[9] << 8 | (uint64_t)(KEY_USED | (vlan >= 0)) << 16;
	w5 |= (uint64_t)hash_v4(seed, addresses, w4, w5) << 32;
	word_put(words, (uint32_t)addresses);
	word_put(words + 1, 0);
	word_put(words + 2, addresses >> 32);
	word_put(words + 3, 0);
	word_put(words + 4, w4);
	word_put(words + 5, w5);
	return sender;
}

/*
 * What nearly every packet is: Ethernet, at most one tag, IPv4 that is whole, TCP or UDP. False: it
 * is something else.
 */
static inline bool read_plain(const uint64_t seed[3], const struct torc_packet *packet,
			      const struct torc_decoded *decoded, struct flow_packet *out)
{
	const struct torc_layer *ip = &decoded->layers[1], *upper;
	bool tagged = ip->type == TORC_LAYER_DOT1Q, tcp;
	const uint8_t *p, *q;

	ip += tagged;
	upper = ip + 1;
	tcp = upper->type == TORC_LAYER_TCP;
	if (decoded->layer_count < 3u + tagged || decoded->layers[0].type != TORC_LAYER_ETHERNET ||
	    ip->type != TORC_LAYER_IPV4 || !(tcp || upper->type == TORC_LAYER_UDP) ||
	    decoded->flags & TORC_DECODED_FRAGMENT || upper->header_length < 8 + 12u * tcp)
		return false;
	p = torc_layer_header(decoded, ip);
	q = torc_layer_header(decoded, upper);
	out->sender = (uint8_t)plain_key(seed, p, q, tagged ? torc_be16(p - 4) & 0xFFF : -1, &out->key);
	out->time_ns = packet->timestamp_ns;
	out->length = ip_length(decoded, ip, p);
	out->ttl = p[8];
	out->tos = p[1];
	out->icmp_code = 0;
	out->kind = PACKET_IN_FLOW;
	out->transport = upper;
	out->tcp = tcp;
	out->tcp_flags = 0;
	out->payload = 0;
	if (tcp) {
		uint32_t headers = upper->offset + upper->header_length - ip->offset;

		out->sequence = torc_be32(q + 4);
		out->tcp_flags = torc_be16(q + 12) & 0x1FF;
		out->window = torc_be16(q + 14);
		out->payload = out->length > headers ? out->length - headers : 0;
	}
	return true;
}

static void read_any(struct torc_flow_table *table, const struct torc_packet *packet,
		     const struct torc_decoded *decoded, struct flow_packet *out)
{
	struct place place;

	memset(out, 0, sizeof(*out));
	if (!find_ip(decoded, table->flags & TORC_FLOW_TABLE_INNER, &place)) {
		bool broken = decoded->failed_type == TORC_LAYER_IPV4 ||
			      decoded->failed_type == TORC_LAYER_IPV6;

		out->kind = (uint8_t)(broken ? ports_missing(decoded) : PACKET_NOT_IP);
		return;
	}
	out->time_ns = packet->timestamp_ns;
	out->key.flags = KEY_USED;
	out->key.protocol = (uint8_t)find_upper(decoded, &place);
	if (!(table->flags & TORC_FLOW_TABLE_NO_VLAN)) {
		out->key.flags |= place.vlans;
		out->key.vlan[0] = place.vlan[0];
		out->key.vlan[1] = place.vlan[1];
	}
	if (place.inner)
		out->key.flags |= KEY_INNER;
	read_ip(decoded, place.ip, out);
	out->kind = (uint8_t)read_upper(table, decoded, &place, out);
	if (out->kind == PACKET_IN_FLOW)
		key_finish(table, out);
}

void flow_packets_read(struct torc_flow_table *table, const struct torc_packet *packets,
		       const struct torc_decoded *decoded, unsigned int count,
		       struct flow_packet *out)
{
	const uint64_t seed[3] = { table->seed[0], table->seed[1], table->seed[2] };
	bool plain = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ &&
		     !(table->flags & (TORC_FLOW_TABLE_INNER | TORC_FLOW_TABLE_NO_VLAN));

	for (unsigned int n = 0; n < count; n++) {
		if (!plain || !read_plain(seed, &packets[n], &decoded[n], &out[n]))
			read_any(table, &packets[n], &decoded[n], &out[n]);
		__builtin_prefetch(&table->index[out[n].key.hash & table->mask]);
	}
}
