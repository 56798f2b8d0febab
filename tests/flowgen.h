/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * flowgen.h - packets of known flows, and where they belong
 *
 * The reference: written from docs/clusters.md, over the numbers a packet was made of and not over
 * its bytes, and without the library's code.
 */
#ifndef TORC_TESTS_FLOWGEN_H
#define TORC_TESTS_FLOWGEN_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct flow {
	bool v6, is_arp;
	uint32_t source[4], destination[4]; /* IPv4: [0] */
	uint16_t source_port, destination_port;
	uint8_t protocol;
	uint8_t mac_source, mac_destination; /* last byte */
	unsigned int tags;
	uint16_t tag[2];
	unsigned int labels;     /* MPLS, behind the tags */
	bool session;            /* of PPPoE, when there are no labels */
	unsigned int options;    /* IPv4: words of options; IPv6: extension headers */
	unsigned int fragment;   /* 0 whole, 1 first, 2 later */
	unsigned int cut;        /* bytes missing from the end of the headers */
	unsigned int padding;    /* behind the end of the IP packet */
	uint32_t id;             /* of the datagram */
	unsigned int payload;
};

struct frame {
	uint8_t bytes[1600];
	unsigned int length;
};

static inline void put(struct frame *f, uint64_t value, int bytes)
{
	while (bytes-- > 0)
		f->bytes[f->length++] = bytes < 8 ? (uint8_t)(value >> 8 * bytes) : 0;
}

static inline bool flow_has_ports(const struct flow *flow)
{
	return flow->protocol == 6 || flow->protocol == 17 || flow->protocol == 132 ||
	       flow->protocol == 33 || flow->protocol == 136;
}

static inline void put_transport(struct frame *f, const struct flow *flow)
{
	unsigned int start = f->length;
	unsigned int length = flow->protocol == 6 ? 20 : 12;

	if (flow->fragment == 2) {
		for (int i = 0; i < 64; i++)
			put(f, 0x5A, 1);
		return;
	}
	if (flow_has_ports(flow)) {
		put(f, flow->source_port, 2);
		put(f, flow->destination_port, 2);
	} else {
		put(f, 0x0800, 2); /* an echo request, or anything */
		put(f, flow->id, 2);
	}
	while (f->length < start + length)
		put(f, flow->protocol == 6 && f->length == start + 12 ? 0x50 : 0, 1);
	for (unsigned int i = 0; i < flow->payload; i++)
		put(f, i, 1);
}

static inline void put_ipv4(struct frame *f, const struct flow *flow)
{
	unsigned int start = f->length, total;

	put(f, 0x45 + flow->options, 1);
	put(f, 0, 3);
	put(f, flow->id, 2);
	put(f, flow->fragment == 1 ? 0x2000 : flow->fragment == 2 ? 0x00B9 : 0x4000, 2);
	put(f, 64, 1);
	put(f, flow->protocol, 1);
	put(f, 0, 2);
	put(f, flow->source[0], 4);
	put(f, flow->destination[0], 4);
	for (unsigned int i = 0; i < flow->options; i++)
		put(f, 0x01010101, 4);
	put_transport(f, flow);
	f->length -= flow->cut;
	total = f->length - start;
	f->bytes[start + 2] = (uint8_t)(total >> 8);
	f->bytes[start + 3] = (uint8_t)total;
}

static inline void put_extensions(struct frame *f, const struct flow *flow)
{
	static const uint8_t kinds[] = { 0, 43, 60, 51, 135, 60 };

	f->bytes[f->length - 34] = flow->options > 0 ? kinds[0] : flow->fragment ? 44
								: flow->protocol;
	for (unsigned int i = 0; i < flow->options; i++) {
		put(f, i + 1 < flow->options ? kinds[(i + 1) % 6] : flow->fragment ? 44
							      : flow->protocol, 1);
		put(f, 1, 1); /* 16 bytes; 12 of an authentication header */
		put(f, 0, kinds[i % 6] == 51 ? 10 : 14);
	}
	if (flow->fragment) {
		put(f, flow->protocol, 1);
		put(f, 0, 1);
		put(f, flow->fragment == 1 ? 1 : 0x00B8, 2);
		put(f, flow->id, 4);
	}
}

static inline void put_ipv6(struct frame *f, const struct flow *flow)
{
	unsigned int start = f->length, length;

	put(f, 0x60000000, 4);
	put(f, 0, 2);
	put(f, 0, 1);
	put(f, 64, 1);
	for (int i = 0; i < 4; i++)
		put(f, flow->source[i], 4);
	for (int i = 0; i < 4; i++)
		put(f, flow->destination[i], 4);
	put_extensions(f, flow);
	put_transport(f, flow);
	f->length -= flow->cut;
	length = f->length - start - 40;
	f->bytes[start + 4] = (uint8_t)(length >> 8);
	f->bytes[start + 5] = (uint8_t)length;
}

/* The type, and what stands between it and the IP header. */
static inline void put_type(struct frame *f, const struct flow *flow)
{
	if (flow->is_arp || (!flow->labels && !flow->session)) {
		put(f, flow->is_arp ? 0x0806 : flow->v6 ? 0x86DD : 0x0800, 2);
	} else if (flow->labels) {
		put(f, flow->labels % 2 ? 0x8847 : 0x8848, 2);
		for (unsigned int i = 1; i <= flow->labels; i++)
			put(f, 0x000FE0FFu + (i << 12) + (i == flow->labels ? 0x100 : 0), 4);
	} else {
		put(f, 0x8864, 2);
		put(f, 0x110000070000u, 6);
		put(f, flow->v6 ? 0x0057 : 0x0021, 2);
	}
}

static inline void flow_frame(struct frame *f, const struct flow *flow)
{
	f->length = 0;
	put(f, 0x020000000000u + flow->mac_destination, 6);
	put(f, 0x020000000000u + flow->mac_source, 6);
	for (unsigned int i = 0; i < flow->tags; i++) {
		put(f, i == 0 && flow->tags == 2 ? 0x88A8 : 0x8100, 2);
		put(f, 0x6000 | flow->tag[i], 2); /* with a priority, which is no part of a flow */
	}
	put_type(f, flow);
	if (flow->is_arp)
		put(f, 1, 28);
	else if (flow->v6)
		put_ipv6(f, flow);
	else
		put_ipv4(f, flow);
	for (unsigned int i = 0; i < flow->padding; i++)
		put(f, 0xEE, 1);
}

static inline struct flow flow_reverse(struct flow flow)
{
	struct flow back = flow;

	memcpy(back.source, flow.destination, 16);
	memcpy(back.destination, flow.source, 16);
	back.source_port = flow.destination_port;
	back.destination_port = flow.source_port;
	back.mac_source = flow.mac_destination;
	back.mac_destination = flow.mac_source;
	return back;
}

/* ---- tunnels ---- */

enum tunnel { TUNNEL_GRE, TUNNEL_GRE_KEY, TUNNEL_GRE_ETHERNET, TUNNEL_VXLAN, TUNNEL_GTP,
	      TUNNEL_GTP_EXTENSION, TUNNEL_IP, TUNNELS };

static inline void put_tunnel_header(struct frame *f, enum tunnel tunnel, bool inner_v6)
{
	switch (tunnel) {
	case TUNNEL_GRE:
		put(f, inner_v6 ? 0x86DD : 0x0800, 4);
		break;
	case TUNNEL_GRE_KEY:
		put(f, 0xB0000000u + (inner_v6 ? 0x86DD : 0x0800), 4);
		put(f, 0x1122334455667788u, 8);
		put(f, 7, 4);
		break;
	case TUNNEL_GRE_ETHERNET:
		put(f, 0x6558, 4);
		break;
	case TUNNEL_VXLAN:
		put(f, 0x0800000000000100u, 8);
		break;
	case TUNNEL_GTP:
		put(f, 0x30FF000000000009u, 8);
		break;
	case TUNNEL_GTP_EXTENSION:
		put(f, 0x34FF000000000009u, 8);
		put(f, 0x00000085, 4);
		put(f, 0x01000085, 4);
		put(f, 0x02000000, 4);
		put(f, 0, 4);
		break;
	default:
		break;
	}
}

/* A packet of the inner flow in a tunnel between the ends of the outer one. */
static inline void tunnel_frame(struct frame *f, const struct flow *outer, enum tunnel tunnel,
				const struct flow *inner)
{
	bool ethernet = tunnel == TUNNEL_VXLAN || tunnel == TUNNEL_GRE_ETHERNET;
	struct flow carrier = *outer, carried = *inner;
	unsigned int transport, link = 14 + 4 * outer->tags;
	struct frame packet;

	carrier.labels = carried.labels = carrier.session = carried.session = 0;
	flow_frame(&packet, &carried);
	carrier.protocol = tunnel <= TUNNEL_GRE_ETHERNET ? 47 : 17;
	if (tunnel == TUNNEL_IP)
		carrier.protocol = inner->v6 ? 41 : 4;
	carrier.destination_port = tunnel == TUNNEL_VXLAN ? 4789 : 2152;
	carrier.payload = carrier.padding = 0;
	flow_frame(f, &carrier);
	transport = f->length - 12;
	f->length = transport + (carrier.protocol == 17 ? 8 : 0);
	put_tunnel_header(f, tunnel, inner->v6);
	transport = ethernet ? 0 : 14 + 4 * inner->tags; /* of the inner packet: its IP header */
	memcpy(f->bytes + f->length, packet.bytes + transport, packet.length - transport);
	f->length += packet.length - transport;
	f->bytes[link + (carrier.v6 ? 4 : 2)] =
		(uint8_t)((f->length - link - (carrier.v6 ? 40 : 0)) >> 8);
	f->bytes[link + (carrier.v6 ? 5 : 3)] = (uint8_t)(f->length - link - (carrier.v6 ? 40 : 0));
}

/* ---- the reference ---- */

struct flow_key {
	bool ports, protocol, vlan, tcp_only, mac;
	bool remember; /* eBPF: a first fragment goes by its ports */
};

static inline uint32_t reference_end(uint32_t end)
{
	end *= 3266489917u;
	end ^= end >> 15;
	end *= 668265263u;
	return end ^ (end >> 13);
}

static inline uint32_t reference_address(const struct flow *flow, const uint32_t *words)
{
	uint32_t folded = words[0];

	for (int i = 1; flow->v6 && i < 4; i++)
		folded = folded * 2654435761u + words[i];
	return folded;
}

static inline uint32_t reference_final(uint32_t hash)
{
	hash ^= hash >> 16;
	hash *= 0x7feb352du;
	hash ^= hash >> 15;
	hash *= 0x846ca68bu;
	return hash ^ (hash >> 16);
}

static inline uint32_t reference_hash(const struct flow *flow, struct flow_key key)
{
	uint32_t source = reference_address(flow, flow->source);
	uint32_t destination = reference_address(flow, flow->destination);
	uint32_t sum = 0;

	if (flow->is_arp && !key.mac)
		return 0;
	if (flow->is_arp)
		return reference_final(
			reference_end(0x0200u * 2246822519u + flow->mac_source) +
			reference_end(0x0200u * 2246822519u + flow->mac_destination));
	if (flow->fragment > (key.remember ? 1 : 0) || (key.tcp_only && flow->protocol != 6))
		key.ports = key.protocol = false;
	if (key.ports && flow_has_ports(flow)) {
		source += flow->source_port * 2246822519u;
		destination += flow->destination_port * 2246822519u;
	}
	if (key.protocol)
		sum += flow->protocol * 374761393u;
	for (unsigned int i = 0, tags = 0; key.vlan && i < flow->tags; i++)
		tags = (tags + flow->tag[i] + 1) * 2654435769u,
		sum += i + 1 == flow->tags ? tags : 0;
	return reference_final(sum + reference_end(source) + reference_end(destination));
}

#endif
