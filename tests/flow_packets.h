/* SPDX-License-Identifier: BSD-3-Clause */
/* flow_packets.h - packets of flows for tests of the flow table and of what is exported */
#ifndef TORC_TESTS_FLOW_PACKETS_H
#define TORC_TESTS_FLOW_PACKETS_H

#include <stdint.h>
#include <string.h>

#include <torc/decode.h>
#include <torc/layers/transport/tcp.h>

#define SECOND 1000000000ull
#define START  (1700000000ull * SECOND)

/* What a packet is made of; zero is a plain value everywhere. */
struct made {
	uint32_t source, destination; /* last bytes of an address */
	uint16_t source_port, destination_port;
	uint8_t protocol;
	uint16_t flags;      /* TCP */
	uint32_t sequence, acknowledgment;
	uint16_t zero_window; /* 1: the window is 0 */
	uint32_t payload;    /* bytes */
	const void *data;    /* what they are; NULL: zeros */
	uint16_t vlan;       /* 0: no tag */
	bool v6;
	uint16_t fragment;   /* IPv4: flags and offset */
	uint16_t id;
	uint8_t ttl;         /* 0: 64 */
	uint8_t icmp_type, icmp_code;
	uint64_t time_ns;    /* after START */
	uint32_t cut;        /* bytes missing at the end of the capture */
};

struct made_packet {
	struct torc_packet packet;
	struct torc_decoded decoded;
	uint8_t bytes[2048];
};

static inline uint8_t *put_number(uint8_t *p, uint64_t value, int bytes)
{
	while (bytes-- > 0)
		*p++ = (uint8_t)(value >> 8 * bytes);
	return p;
}

static inline uint32_t made_header(const struct made *made)
{
	return made->protocol == 6 ? 20 : 8;
}

static inline uint8_t *put_ip(uint8_t *p, const struct made *made)
{
	uint32_t length = made_header(made) + made->payload;

	if (made->fragment & 0x1FFF)
		length = made->payload;
	if (made->v6) {
		p = put_number(p, 0x60000000, 4);
		p = put_number(p, length, 2);
		p = put_number(p, made->protocol, 1);
		p = put_number(p, made->ttl ? made->ttl : 64, 1);
		p = put_number(p, 0x20010db800000000, 8);
		p = put_number(p, made->source, 8);
		p = put_number(p, 0x20010db800000000, 8);
		return put_number(p, made->destination, 8);
	}
	p = put_number(p, 0x4500, 2);
	p = put_number(p, 20 + length, 2);
	p = put_number(p, made->id, 2);
	p = put_number(p, made->fragment, 2);
	p = put_number(p, made->ttl ? made->ttl : 64, 1);
	p = put_number(p, made->protocol, 1);
	p = put_number(p, 0, 2);
	p = put_number(p, 0x0A000000 + made->source, 4);
	return put_number(p, 0x0A000000 + made->destination, 4);
}

static inline uint8_t *put_upper(uint8_t *p, const struct made *made)
{
	if (made->fragment & 0x1FFF)
		return p;
	if (made->protocol == 1 || made->protocol == 58) {
		p = put_number(p, made->icmp_type, 1);
		p = put_number(p, made->icmp_code, 1);
		return put_number(p, 0, 6);
	}
	p = put_number(p, made->source_port, 2);
	p = put_number(p, made->destination_port, 2);
	if (made->protocol != 6) {
		p = put_number(p, 8 + made->payload, 2);
		return put_number(p, 0, 2);
	}
	p = put_number(p, made->sequence, 4);
	p = put_number(p, made->acknowledgment, 4);
	p = put_number(p, 0x5000 | made->flags, 2);
	p = put_number(p, made->zero_window ? 0 : 1000, 2);
	return put_number(p, 0, 4);
}

/* Its bytes only. */
static inline void made_bytes(const struct made *made, struct made_packet *out)
{
	uint8_t *p = out->bytes;

	p = put_number(p, 0x020000000000 + made->destination, 6);
	p = put_number(p, 0x020000000000 + made->source, 6);
	if (made->vlan)
		p = put_number(p, 0x81000000u + made->vlan, 4);
	p = put_number(p, made->v6 ? 0x86DD : 0x0800, 2);
	p = put_upper(put_ip(p, made), made);
	memset(p, 0, made->payload);
	if (made->data)
		memcpy(p, made->data, made->payload);
	p += made->payload;
	out->packet = (struct torc_packet){
		.data = out->bytes,
		.timestamp_ns = START + made->time_ns,
		.len = (uint32_t)(p - out->bytes),
		.caplen = (uint32_t)(p - out->bytes) - made->cut,
		.ifindex = 3,
		.link_type = TORC_LINK_ETHERNET,
		.direction = TORC_PACKET_RX,
	};
}

static inline void make_packet(const struct made *made, struct made_packet *out)
{
	made_bytes(made, out);
	torc_decode_packet(&out->packet, &out->decoded);
}

/* The same the other way. */
static inline struct made answer_of(struct made made)
{
	struct made back = made;

	back.source = made.destination;
	back.destination = made.source;
	back.source_port = made.destination_port;
	back.destination_port = made.source_port;
	return back;
}

#endif
