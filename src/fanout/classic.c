/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * classic.c - the flow hash as a classic BPF program
 *
 * The packet is addressed from its link-layer header (SKF_LL_OFF): a plain offset begins at the
 * network header for received packets and at the link-layer header for sent ones (linux/filter.h,
 * packet(7)). Devices without Ethernet headers are addressed from the network header; as
 * SKF_NET_OFF - SKF_LL_OFF is 0x100000, that is the same load with an index larger by so much.
 *
 * No load may reach beyond the packet, for a load that fails ends the program with 0, which is some
 * member and not the right one; hence the comparisons with M_END before each.
 */
#include <errno.h>
#include <linux/if_arp.h>
#include <linux/if_packet.h>
#include <string.h>

#include "fanout/assemble.h"
#include "parse/cursor.h"
#include "parse/flow.h"

#define LL(offset)      ((uint32_t)SKF_LL_OFF + (uint32_t)(offset))
#define META(what)      ((uint32_t)SKF_AD_OFF + (what))
#define NETWORK_BASE    ((uint32_t)(SKF_NET_OFF - SKF_LL_OFF))
#define TAGS            4
#define IPV6_EXTENSIONS 6

/* The scratch memory. Offsets are those of indexed loads. */
enum {
	M_SUM,         /* of protocol and tags */
	M_END,         /* offset of the packet's end */
	M_NETWORK,     /* offset of the IP header */
	M_TRANSPORT,   /* offset of the transport header, or of an IPv6 extension */
	M_PROTOCOL,
	M_SOURCE,      /* the ends of the flow, before mixing */
	M_DESTINATION,
	M_TAGS,        /* tags seen */
	M_SCRATCH
};

struct writer {
	struct assemble a;
	unsigned int bits;
	unsigned int dispatch, other, mpls, pppoe, ipv4, ipv6, transport, addresses, final, zero;
};

static void emit(struct writer *w, unsigned int code, uint32_t k)
{
	torc_assemble_emit(&w->a, code, k);
}

static void load(struct writer *w, unsigned int cell)
{
	emit(w, BPF_LD | BPF_MEM, cell);
}

static void load_x(struct writer *w, unsigned int cell)
{
	emit(w, BPF_LDX | BPF_MEM, cell);
}

static void store(struct writer *w, unsigned int cell)
{
	emit(w, BPF_ST, cell);
}

/* A += cell; X is lost */
static void add_cell(struct writer *w, unsigned int cell)
{
	load_x(w, cell);
	emit(w, BPF_ALU | BPF_ADD | BPF_X, 0);
}

/* A ^= A >> bits; X is lost */
static void xor_shift(struct writer *w, unsigned int bits)
{
	emit(w, BPF_MISC | BPF_TAX, 0);
	emit(w, BPF_ALU | BPF_RSH | BPF_K, bits);
	emit(w, BPF_ALU | BPF_XOR | BPF_X, 0);
}

static void multiply(struct writer *w, uint32_t factor)
{
	emit(w, BPF_ALU | BPF_MUL | BPF_K, factor);
}

static void mix_end(struct writer *w)
{
	multiply(w, TORC_FLOW_END_1);
	xor_shift(w, 15);
	multiply(w, TORC_FLOW_END_2);
	xor_shift(w, 13);
}

static void mix_final(struct writer *w)
{
	xor_shift(w, 16);
	multiply(w, TORC_FLOW_FINAL_1);
	xor_shift(w, 15);
	multiply(w, TORC_FLOW_FINAL_2);
	xor_shift(w, 16);
}

/* goto label unless length bytes exist from the offset in a cell on; A and X are lost */
static void need_at(struct writer *w, unsigned int cell, uint32_t length, unsigned int label)
{
	load(w, cell);
	emit(w, BPF_ALU | BPF_ADD | BPF_K, length);
	emit(w, BPF_MISC | BPF_TAX, 0);
	load(w, M_END);
	torc_assemble_unless(&w->a, BPF_JGE | BPF_X, 0, label);
}

/* M_END = min(M_END, A): what is behind the IP packet is padding */
static void bound_end(struct writer *w)
{
	unsigned int inside = torc_assemble_label(&w->a);

	emit(w, BPF_MISC | BPF_TAX, 0);
	load(w, M_END);
	torc_assemble_unless(&w->a, BPF_JGT | BPF_X, 0, inside);
	emit(w, BPF_MISC | BPF_TXA, 0);
	store(w, M_END);
	torc_assemble_place(&w->a, inside);
}

/* One tag, whose control information is loaded by (code, k), goes into the sum. */
static void add_tag(struct writer *w, unsigned int code, uint32_t k)
{
	unsigned int enough = torc_assemble_label(&w->a);

	load(w, M_TAGS);
	torc_assemble_if(&w->a, BPF_JGE, 2, enough);
	emit(w, BPF_ALU | BPF_ADD | BPF_K, 1);
	store(w, M_TAGS);
	emit(w, code, k);
	emit(w, BPF_ALU | BPF_AND | BPF_K, 0x0FFF);
	emit(w, BPF_ALU | BPF_ADD | BPF_K, 1);
	add_cell(w, M_SUM);
	multiply(w, TORC_FLOW_TAG);
	store(w, M_SUM);
	torc_assemble_place(&w->a, enough);
}

/* The outer tag is not in the packet when the kernel or the card has stripped it. */
static void stripped_tag(struct writer *w)
{
	unsigned int none = torc_assemble_label(&w->a);

	emit(w, BPF_LD | BPF_W | BPF_ABS, META(SKF_AD_VLAN_TAG_PRESENT));
	torc_assemble_if(&w->a, BPF_JEQ, 0, none);
	add_tag(w, BPF_LD | BPF_W | BPF_ABS, META(SKF_AD_VLAN_TAG));
	torc_assemble_place(&w->a, none);
}

/* A: the type field before the tag that would begin at this offset. */
static void tag_at(struct writer *w, uint32_t offset)
{
	unsigned int tag = torc_assemble_label(&w->a);

	torc_assemble_if(&w->a, BPF_JEQ, ETHER_VLAN, tag);
	torc_assemble_if(&w->a, BPF_JEQ, ETHER_QINQ, tag);
	torc_assemble_unless(&w->a, BPF_JEQ, ETHER_QINQ_OLD, w->dispatch);
	torc_assemble_place(&w->a, tag);
	load(w, M_END);
	torc_assemble_unless(&w->a, BPF_JGE, offset + 4, w->other);
	if (w->bits & TORC_FLOW_VLAN)
		add_tag(w, BPF_LD | BPF_H | BPF_ABS, LL(offset));
	emit(w, BPF_LDX | BPF_IMM, offset + 4);
	emit(w, BPF_LD | BPF_H | BPF_ABS, LL(offset + 2));
}

/* skb->len counts from the link-layer header in what is sent, from behind it in what came in. */
static void ethernet(struct writer *w)
{
	unsigned int sent = torc_assemble_label(&w->a);

	emit(w, BPF_LD | BPF_W | BPF_LEN, 0);
	store(w, M_END);
	emit(w, BPF_LD | BPF_W | BPF_ABS, META(SKF_AD_PKTTYPE));
	torc_assemble_if(&w->a, BPF_JEQ, PACKET_OUTGOING, sent);
	load(w, M_END);
	emit(w, BPF_ALU | BPF_ADD | BPF_K, 14);
	store(w, M_END);
	torc_assemble_place(&w->a, sent);
	if (w->bits & TORC_FLOW_VLAN)
		stripped_tag(w);
	emit(w, BPF_LDX | BPF_IMM, 14);
	emit(w, BPF_LD | BPF_H | BPF_ABS, LL(12));
	for (uint32_t i = 0; i < TAGS; i++)
		tag_at(w, 14 + 4 * i);
	torc_assemble_goto(&w->a, w->dispatch);
}

/* Down to the network header: A its Ethernet type, X its offset. */
static void link_layer(struct writer *w)
{
	unsigned int framed = torc_assemble_label(&w->a);

	emit(w, BPF_LD | BPF_W | BPF_ABS, META(SKF_AD_HATYPE));
	torc_assemble_if(&w->a, BPF_JEQ, ARPHRD_ETHER, framed);
	torc_assemble_if(&w->a, BPF_JEQ, ARPHRD_LOOPBACK, framed);
	emit(w, BPF_LD | BPF_W | BPF_LEN, 0);
	emit(w, BPF_ALU | BPF_ADD | BPF_K, NETWORK_BASE);
	store(w, M_END);
	emit(w, BPF_LDX | BPF_IMM, NETWORK_BASE);
	emit(w, BPF_LD | BPF_W | BPF_ABS, META(SKF_AD_PROTOCOL));
	torc_assemble_goto(&w->a, w->dispatch);
	torc_assemble_place(&w->a, framed);
	ethernet(w);
	torc_assemble_place(&w->a, w->dispatch);
	emit(w, BPF_STX, M_NETWORK);
	torc_assemble_if(&w->a, BPF_JEQ, ETHER_IPV4, w->ipv4);
	torc_assemble_if(&w->a, BPF_JEQ, ETHER_IPV6, w->ipv6);
	torc_assemble_if(&w->a, BPF_JEQ, ETHER_MPLS, w->mpls);
	torc_assemble_if(&w->a, BPF_JEQ, ETHER_MPLS_MULTICAST, w->mpls);
	torc_assemble_if(&w->a, BPF_JEQ, ETHER_PPPOE, w->pppoe);
	torc_assemble_goto(&w->a, w->other);
}

/* Down to the bottom of the label stack (RFC 3032 §2.1), where the first four bits tell the version. */
static void mpls(struct writer *w)
{
	unsigned int bottom = torc_assemble_label(&w->a);

	torc_assemble_place(&w->a, w->mpls);
	for (int i = 0; i < MPLS_LABELS_MAX; i++) {
		need_at(w, M_NETWORK, 4, w->other);
		load_x(w, M_NETWORK);
		emit(w, BPF_LD | BPF_B | BPF_IND, LL(2));
		store(w, M_SCRATCH);
		load(w, M_NETWORK);
		emit(w, BPF_ALU | BPF_ADD | BPF_K, 4);
		store(w, M_NETWORK);
		load(w, M_SCRATCH);
		torc_assemble_if(&w->a, BPF_JSET, 1, bottom);
	}
	torc_assemble_goto(&w->a, w->other);
	torc_assemble_place(&w->a, bottom);
	need_at(w, M_NETWORK, 1, w->other);
	load_x(w, M_NETWORK);
	emit(w, BPF_LD | BPF_B | BPF_IND, LL(0));
	emit(w, BPF_ALU | BPF_RSH | BPF_K, 4);
	torc_assemble_if(&w->a, BPF_JEQ, 4, w->ipv4);
	torc_assemble_if(&w->a, BPF_JEQ, 6, w->ipv6);
	torc_assemble_goto(&w->a, w->other);
}

/* Behind the header of a PPPoE session (RFC 2516 §4) and PPP's protocol. */
static void pppoe(struct writer *w)
{
	torc_assemble_place(&w->a, w->pppoe);
	need_at(w, M_NETWORK, PPPOE_BYTES, w->other);
	load_x(w, M_NETWORK);
	emit(w, BPF_LD | BPF_H | BPF_IND, LL(0));
	torc_assemble_unless(&w->a, BPF_JEQ, PPPOE_DATA, w->other);
	emit(w, BPF_LD | BPF_H | BPF_IND, LL(6));
	store(w, M_SCRATCH);
	load(w, M_NETWORK);
	emit(w, BPF_ALU | BPF_ADD | BPF_K, PPPOE_BYTES);
	store(w, M_NETWORK);
	load(w, M_SCRATCH);
	torc_assemble_if(&w->a, BPF_JEQ, PPP_IPV4, w->ipv4);
	torc_assemble_if(&w->a, BPF_JEQ, PPP_IPV6, w->ipv6);
	torc_assemble_goto(&w->a, w->other);
}

static void mac_end(struct writer *w, uint32_t offset, unsigned int cell)
{
	emit(w, BPF_LD | BPF_W | BPF_ABS, LL(offset + 2));
	store(w, cell);
	emit(w, BPF_LD | BPF_H | BPF_ABS, LL(offset));
	multiply(w, TORC_FLOW_PORT);
	add_cell(w, cell);
	store(w, cell);
}

/* What is not IP: by MAC addresses for the types that say so, else all in one place. */
static void other(struct writer *w)
{
	torc_assemble_place(&w->a, w->other);
	if (w->bits & TORC_FLOW_MAC) {
		load(w, M_NETWORK);
		torc_assemble_if(&w->a, BPF_JGE, NETWORK_BASE, w->zero);
		mac_end(w, 6, M_SOURCE);
		mac_end(w, 0, M_DESTINATION);
		torc_assemble_goto(&w->a, w->addresses);
	}
	torc_assemble_place(&w->a, w->zero);
	emit(w, BPF_LD | BPF_IMM, 0);
	torc_assemble_goto(&w->a, w->final);
}

static void ipv4_transport(struct writer *w)
{
	unsigned int unbounded = torc_assemble_label(&w->a);

	emit(w, BPF_LD | BPF_W | BPF_IND, LL(4));
	torc_assemble_if(&w->a, BPF_JSET, 0x3FFF, w->addresses); /* a fragment */
	emit(w, BPF_LD | BPF_B | BPF_IND, LL(9));
	store(w, M_PROTOCOL);
	load(w, M_SCRATCH);
	emit(w, BPF_ALU | BPF_RSH | BPF_K, 22);
	emit(w, BPF_ALU | BPF_AND | BPF_K, 0x3C);
	add_cell(w, M_NETWORK);
	store(w, M_TRANSPORT);
	load(w, M_SCRATCH);
	emit(w, BPF_ALU | BPF_AND | BPF_K, 0xFFFF);
	torc_assemble_if(&w->a, BPF_JEQ, 0, unbounded);
	add_cell(w, M_NETWORK);
	bound_end(w);
	torc_assemble_place(&w->a, unbounded);
	torc_assemble_goto(&w->a, w->transport);
}

static void ipv4(struct writer *w)
{
	torc_assemble_place(&w->a, w->ipv4);
	need_at(w, M_NETWORK, 20, w->other);
	load_x(w, M_NETWORK);
	emit(w, BPF_LD | BPF_W | BPF_IND, LL(0));
	store(w, M_SCRATCH); /* version, header length, total length */
	torc_assemble_unless(&w->a, BPF_JGE, 0x45000000, w->other);
	torc_assemble_if(&w->a, BPF_JGE, 0x50000000, w->other);
	emit(w, BPF_LD | BPF_W | BPF_IND, LL(12));
	store(w, M_SOURCE);
	emit(w, BPF_LD | BPF_W | BPF_IND, LL(16));
	store(w, M_DESTINATION);
	if (w->bits & (TORC_FLOW_PORTS | TORC_FLOW_PROTOCOL))
		ipv4_transport(w);
	else
		torc_assemble_goto(&w->a, w->addresses);
}

/* Fold an IPv6 address into a cell. */
static void fold_address(struct writer *w, uint32_t offset, unsigned int cell)
{
	load_x(w, M_NETWORK);
	emit(w, BPF_LD | BPF_W | BPF_IND, LL(offset));
	for (uint32_t i = 4; i < 16; i += 4) {
		multiply(w, TORC_FLOW_WORD);
		store(w, cell);
		load_x(w, M_NETWORK);
		emit(w, BPF_LD | BPF_W | BPF_IND, LL(offset + i));
		add_cell(w, cell);
	}
	store(w, cell);
}

/* A: the length of the extension at M_TRANSPORT, of whichever kind it is; goto done if none is. */
static void extension_length(struct writer *w, unsigned int done)
{
	static const uint32_t options[] = { 0, 43, 60, 135, 139, 140 };
	unsigned int words8 = torc_assemble_label(&w->a), words4 = torc_assemble_label(&w->a);
	unsigned int known = torc_assemble_label(&w->a), fragment = torc_assemble_label(&w->a);

	load(w, M_PROTOCOL);
	for (unsigned int i = 0; i < 6; i++)
		torc_assemble_if(&w->a, BPF_JEQ, options[i], words8);
	torc_assemble_if(&w->a, BPF_JEQ, 44, fragment);
	torc_assemble_unless(&w->a, BPF_JEQ, 51, done);
	torc_assemble_place(&w->a, words4);
	need_at(w, M_TRANSPORT, 8, done);
	load_x(w, M_TRANSPORT);
	emit(w, BPF_LD | BPF_B | BPF_IND, LL(1));
	emit(w, BPF_ALU | BPF_ADD | BPF_K, 2);
	emit(w, BPF_ALU | BPF_LSH | BPF_K, 2);
	torc_assemble_goto(&w->a, known);
	torc_assemble_place(&w->a, fragment);
	need_at(w, M_TRANSPORT, 8, done);
	load_x(w, M_TRANSPORT);
	emit(w, BPF_LD | BPF_H | BPF_IND, LL(2));
	torc_assemble_if(&w->a, BPF_JSET, 0xFFF9, w->addresses);
	emit(w, BPF_LD | BPF_IMM, 8);
	torc_assemble_goto(&w->a, known);
	torc_assemble_place(&w->a, words8);
	need_at(w, M_TRANSPORT, 8, done);
	load_x(w, M_TRANSPORT);
	emit(w, BPF_LD | BPF_B | BPF_IND, LL(1));
	emit(w, BPF_ALU | BPF_ADD | BPF_K, 1);
	emit(w, BPF_ALU | BPF_LSH | BPF_K, 3);
	torc_assemble_place(&w->a, known);
}

/* Step over one extension header, or goto done. */
static void skip_extension(struct writer *w, unsigned int done)
{
	extension_length(w, done);
	add_cell(w, M_TRANSPORT);
	store(w, M_SCRATCH);
	need_at(w, M_SCRATCH, 0, done);
	load_x(w, M_TRANSPORT);
	emit(w, BPF_LD | BPF_B | BPF_IND, LL(0));
	store(w, M_PROTOCOL);
	load(w, M_SCRATCH);
	store(w, M_TRANSPORT);
}

static void ipv6_transport(struct writer *w)
{
	unsigned int unbounded = torc_assemble_label(&w->a);

	load(w, M_NETWORK);
	emit(w, BPF_ALU | BPF_ADD | BPF_K, 40);
	store(w, M_TRANSPORT);
	load_x(w, M_NETWORK);
	emit(w, BPF_LD | BPF_B | BPF_IND, LL(6));
	store(w, M_PROTOCOL);
	emit(w, BPF_LD | BPF_H | BPF_IND, LL(4));
	torc_assemble_if(&w->a, BPF_JEQ, 0, unbounded);
	add_cell(w, M_TRANSPORT);
	bound_end(w);
	torc_assemble_place(&w->a, unbounded);
	for (int i = 0; i < IPV6_EXTENSIONS; i++)
		skip_extension(w, w->transport);
	torc_assemble_goto(&w->a, w->transport);
}

static void ipv6(struct writer *w)
{
	torc_assemble_place(&w->a, w->ipv6);
	need_at(w, M_NETWORK, 40, w->other);
	load_x(w, M_NETWORK);
	emit(w, BPF_LD | BPF_B | BPF_IND, LL(0));
	emit(w, BPF_ALU | BPF_RSH | BPF_K, 4);
	torc_assemble_unless(&w->a, BPF_JEQ, 6, w->other);
	fold_address(w, 8, M_SOURCE);
	fold_address(w, 24, M_DESTINATION);
	if (w->bits & (TORC_FLOW_PORTS | TORC_FLOW_PROTOCOL))
		ipv6_transport(w);
	else
		torc_assemble_goto(&w->a, w->addresses);
}

static void add_port(struct writer *w, unsigned int cell)
{
	multiply(w, TORC_FLOW_PORT);
	add_cell(w, cell);
	store(w, cell);
}

/* M_PROTOCOL is known, and where the ports are; what the type wants goes into the ends. */
static void add_transport(struct writer *w, bool quick)
{
	static const uint32_t with_ports[] = { 17, 132, 136, 33 };
	unsigned int ports = torc_assemble_label(&w->a);

	load(w, M_PROTOCOL);
	if (w->bits & TORC_FLOW_TCP_ONLY)
		torc_assemble_unless(&w->a, BPF_JEQ, 6, w->addresses);
	if (w->bits & TORC_FLOW_PROTOCOL) {
		multiply(w, TORC_FLOW_PROTO);
		add_cell(w, M_SUM);
		store(w, M_SUM);
		load(w, M_PROTOCOL);
	}
	torc_assemble_if(&w->a, BPF_JEQ, 6, ports);
	for (unsigned int i = 0; i < 4; i++)
		torc_assemble_if(&w->a, BPF_JEQ, with_ports[i], ports);
	torc_assemble_goto(&w->a, w->addresses);
	torc_assemble_place(&w->a, ports);
	if (quick) {
		emit(w, BPF_LD | BPF_W | BPF_ABS, 20);
	} else {
		need_at(w, M_TRANSPORT, 4, w->addresses);
		load_x(w, M_TRANSPORT);
		emit(w, BPF_LD | BPF_W | BPF_IND, LL(0));
	}
	store(w, M_SCRATCH);
	emit(w, BPF_ALU | BPF_RSH | BPF_K, 16);
	add_port(w, M_SOURCE);
	load(w, M_SCRATCH);
	emit(w, BPF_ALU | BPF_AND | BPF_K, 0xFFFF);
	add_port(w, M_DESTINATION);
	torc_assemble_goto(&w->a, w->addresses);
}

static void transport(struct writer *w)
{
	torc_assemble_place(&w->a, w->transport);
	add_transport(w, false);
}

/*
 * Most packets: received, Ethernet, no tag but a stripped one, IPv4 without options, no fragment.
 * Their plain offsets begin at the IP header, and a load at a plain constant offset is a few
 * machine instructions where every other one is a call.
 */
static void quick_ipv4(struct writer *w)
{
	unsigned int slow = torc_assemble_label(&w->a);

	emit(w, BPF_LD | BPF_W | BPF_ABS, META(SKF_AD_PKTTYPE));
	torc_assemble_if(&w->a, BPF_JEQ, PACKET_OUTGOING, slow);
	emit(w, BPF_LD | BPF_W | BPF_ABS, META(SKF_AD_HATYPE));
	torc_assemble_unless(&w->a, BPF_JEQ, ARPHRD_ETHER, slow);
	emit(w, BPF_LD | BPF_W | BPF_ABS, META(SKF_AD_PROTOCOL));
	torc_assemble_unless(&w->a, BPF_JEQ, ETHER_IPV4, slow);
	emit(w, BPF_LD | BPF_W | BPF_LEN, 0);
	torc_assemble_unless(&w->a, BPF_JGE, 24, slow);
	emit(w, BPF_LD | BPF_B | BPF_ABS, 0);
	torc_assemble_unless(&w->a, BPF_JEQ, 0x45, slow);
	emit(w, BPF_LD | BPF_H | BPF_ABS, 2);
	torc_assemble_unless(&w->a, BPF_JGE, 24, slow);
	emit(w, BPF_LD | BPF_H | BPF_ABS, 6);
	torc_assemble_if(&w->a, BPF_JSET, 0x3FFF, slow);
	if (w->bits & TORC_FLOW_VLAN)
		stripped_tag(w);
	emit(w, BPF_LD | BPF_W | BPF_ABS, 12);
	store(w, M_SOURCE);
	emit(w, BPF_LD | BPF_W | BPF_ABS, 16);
	store(w, M_DESTINATION);
	emit(w, BPF_LD | BPF_B | BPF_ABS, 9);
	store(w, M_PROTOCOL);
	if (w->bits & (TORC_FLOW_PORTS | TORC_FLOW_PROTOCOL))
		add_transport(w, true);
	else
		torc_assemble_goto(&w->a, w->addresses);
	torc_assemble_place(&w->a, slow);
}

static void addresses(struct writer *w)
{
	torc_assemble_place(&w->a, w->addresses);
	load(w, M_SOURCE);
	mix_end(w);
	store(w, M_SOURCE);
	load(w, M_DESTINATION);
	mix_end(w);
	add_cell(w, M_SOURCE);
	add_cell(w, M_SUM);
	mix_final(w);
	torc_assemble_place(&w->a, w->final);
}

/* Where the table changes value nearest to the middle of [low, high), or high. */
static unsigned int split(const uint16_t *table, unsigned int low, unsigned int high)
{
	unsigned int changes = 0, seen = 0;

	for (unsigned int i = low + 1; i < high; i++)
		changes += table[i] != table[i - 1];
	for (unsigned int i = low + 1; i < high; i++) {
		seen += table[i] != table[i - 1];
		if (seen == (changes + 1) / 2 && table[i] != table[i - 1])
			return i;
	}
	return high;
}

/* A is the hash: a binary tree of comparisons over the runs of equal values. */
static void tree(struct writer *w, const uint16_t *table, unsigned int low, unsigned int high)
{
	unsigned int middle = split(table, low, high);
	struct torc_classic_program *out = w->a.out;
	unsigned short jump;

	if (middle == high) {
		emit(w, BPF_RET | BPF_K, table[low]);
		return;
	}
	if (out->count + 2 >= BPF_MAXINSNS) {
		w->a.error = -E2BIG;
		return;
	}
	out->insns[out->count++] = (struct sock_filter)BPF_JUMP(
		BPF_JMP | BPF_JGE | BPF_K, middle << (32 - CLUSTER_BUCKET_BITS), 0, 1);
	jump = out->count;
	emit(w, BPF_JMP | BPF_JA, 0);
	tree(w, table, low, middle);
	out->insns[jump].k = out->count - jump - 1u;
	tree(w, table, middle, high);
}

static void begin(struct writer *w)
{
	emit(w, BPF_LD | BPF_IMM, 0);
	store(w, M_SUM);
	store(w, M_TAGS);
	store(w, M_NETWORK);
}

int torc_cluster_classic(struct torc_classic_program *program, unsigned int flow_bits,
			 const uint16_t table[CLUSTER_BUCKETS])
{
	struct writer w = { .bits = flow_bits };
	unsigned int *labels[] = { &w.dispatch, &w.other,     &w.mpls,	    &w.pppoe, &w.ipv4,
				   &w.ipv6,	&w.transport, &w.addresses, &w.final, &w.zero };

	if (flow_bits & TORC_FLOW_INNER)
		return -EINVAL;
	program->count = 0;
	w.a.out = program;
	for (unsigned int i = 0; i < sizeof(labels) / sizeof(*labels); i++)
		*labels[i] = torc_assemble_label(&w.a);
	begin(&w);
	quick_ipv4(&w);
	link_layer(&w);
	mpls(&w);
	pppoe(&w);
	ipv4(&w);
	ipv6(&w);
	transport(&w);
	other(&w);
	addresses(&w);
	tree(&w, table, 0, CLUSTER_BUCKETS);
	return torc_assemble_finish(&w.a);
}
