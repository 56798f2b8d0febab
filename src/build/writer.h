/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * writer.h - from a layer's struct to its header: the way back of struct torc_layer_ops.read
 *
 * A writer appends to a buffer and never writes behind its end; it goes on counting, so that length
 * is what the header would have taken. Lengths and checksums are written as the struct has them.
 */
#ifndef TORC_BUILD_WRITER_H
#define TORC_BUILD_WRITER_H

#include <endian.h>
#include <string.h>

#include <torc/layer.h>

struct writer {
	uint8_t *data;
	uint32_t room;
	uint32_t length;
	uint16_t type;   /* of the layer */
	uint16_t behind; /* the layer before it; TORC_LAYER_NONE: it is the first */
	bool counts_given; /* a count of 0 is meant; else it is that of what there is */
};

static inline void write_bytes(struct writer *w, const void *bytes, uint32_t length)
{
	if (length <= w->room && w->length <= w->room - length && length > 0)
		memcpy(w->data + w->length, bytes, length);
	w->length += length;
}

/* Room for so many bytes at once, which the caller fills; NULL: there is none, but they are counted. */
static inline uint8_t *write_room(struct writer *w, uint32_t length)
{
	uint8_t *p = length <= w->room && w->length <= w->room - length ? w->data + w->length : NULL;

	w->length += length;
	return p;
}

static inline void write8(struct writer *w, unsigned int number)
{
	write_bytes(w, (const uint8_t[]){ (uint8_t)number }, 1);
}

static inline void write16(struct writer *w, unsigned int number)
{
	uint16_t wire = htobe16((uint16_t)number);

	write_bytes(w, &wire, 2);
}

static inline void write32(struct writer *w, uint32_t number)
{
	uint32_t wire = htobe32(number);

	write_bytes(w, &wire, 4);
}

static inline void write_zeros(struct writer *w, uint32_t count)
{
	if (count <= w->room && w->length <= w->room - count && count > 0)
		memset(w->data + w->length, 0, count);
	w->length += count;
}

/* Bytes, and zeros up to a multiple of a power of two behind the first: from is where it counts from. */
static inline void write_padded(struct writer *w, const struct torc_bytes *bytes, uint32_t from,
				uint32_t multiple)
{
	write_bytes(w, bytes->data, bytes->length);
	write_zeros(w, -(w->length - from) & (multiple - 1));
}

/* Bytes into a place of fixed size: what is missing is zero, what is too much is left out. */
static inline void write_fixed(struct writer *w, const struct torc_bytes *bytes, uint32_t size)
{
	uint32_t length = bytes->length < size ? bytes->length : size;

	write_bytes(w, bytes->data, length);
	write_zeros(w, size - length);
}

static inline void write24(struct writer *w, uint32_t number)
{
	write8(w, number >> 16);
	write16(w, number & 0xFFFF);
}

static inline void write64(struct writer *w, uint64_t number)
{
	write32(w, (uint32_t)(number >> 32));
	write32(w, (uint32_t)number);
}

typedef void layer_write(struct writer *w, const void *layer);

/* One for each layer type that can be written. */
extern layer_write *const layer_writers[TORC_LAYER_TYPES];

/* How a layer type is written, or NULL. */
static inline layer_write *layer_writer(unsigned int type)
{
	return type < TORC_LAYER_TYPES ? layer_writers[type] : NULL;
}

layer_write arp_write;
layer_write bfd_write;
layer_write cdp_write;
layer_write dhcpv4_write;
layer_write dhcpv6_write;
layer_write dns_write;
layer_write dot1q_write;
layer_write eap_write;
layer_write eapol_key_write;
layer_write eapol_write;
layer_write erspan2_write;
layer_write etherip_write;
layer_write ethernet_write;
layer_write fddi_write;
layer_write geneve_write;
layer_write gre_write;
layer_write gtpv1u_write;
layer_write icmpv4_write;
layer_write icmpv6_echo_write;
layer_write icmpv6_write;
layer_write igmp_write;
layer_write ipsec_ah_write;
layer_write ipsec_esp_write;
layer_write ipv4_write;
layer_write ipv6_fragment_write;
layer_write ipv6_options_write;
layer_write ipv6_routing_write;
layer_write ipv6_write;
layer_write linux_sll2_write;
layer_write linux_sll_write;
layer_write list_write;
layer_write llc_write;
layer_write lldp_write;
layer_write loopback_write;
layer_write mldv1_write;
layer_write mldv2_query_write;
layer_write mldv2_report_write;
layer_write mpls_write;
layer_write ndp_neighbor_advertisement_write;
layer_write ndp_neighbor_solicitation_write;
layer_write ndp_redirect_write;
layer_write ndp_router_advertisement_write;
layer_write ndp_router_solicitation_write;
layer_write ntp_write;
layer_write ospf_write;
layer_write ppp_write;
layer_write pppoe_write;
layer_write radius_write;
layer_write sctp_chunk_write;
layer_write sctp_data_write;
layer_write sctp_init_write;
layer_write sctp_sack_write;
layer_write sctp_write;
layer_write snap_write;
layer_write stp_write;
layer_write tcp_write;
layer_write udp_write;
layer_write udplite_write;
layer_write vrrp_write;
layer_write vxlan_write;

#endif
