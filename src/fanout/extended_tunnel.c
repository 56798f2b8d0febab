/* SPDX-License-Identifier: BSD-3-Clause */
/* extended_tunnel.c - GRE, VXLAN, GTP-U, IP in IP in eBPF; as parse/tunnel.c does in C */
#include "fanout/extended_code.h"
#include "parse/cursor.h"

#define GTP_EXTENSIONS_MAX 8

/* R1: an Ethernet type. */
static void by_type(struct extended *x)
{
	jump(x, BPF_IF_IMM(BPF_JEQ, R1, ETHER_IPV4), x->ipv4[1]);
	jump(x, BPF_IF_IMM(BPF_JEQ, R1, ETHER_IPV6), x->ipv6[1]);
	jump(x, BPF_GOTO(), x->compute);
}

/* An IP header of either version at NETWORK. */
static void by_version(struct extended *x, unsigned int at)
{
	place(x, at);
	torc_extended_bytes(x, NETWORK, 0, 1, x->compute);
	emit(x, BPF_LOAD(BPF_B, R1, STACK, AT_BYTES));
	emit(x, BPF_ALU64_IMM(BPF_RSH, R1, 4));
	jump(x, BPF_IF_IMM(BPF_JEQ, R1, 4), x->ipv4[1]);
	jump(x, BPF_IF_IMM(BPF_JEQ, R1, 6), x->ipv6[1]);
	jump(x, BPF_GOTO(), x->compute);
}

/* An Ethernet header at NETWORK, with up to two tags. */
static void ethernet(struct extended *x, unsigned int at)
{
	unsigned int type = label(x);

	place(x, at);
	torc_extended_bytes(x, NETWORK, 0, 14, x->compute);
	number16(x, R1, 12);
	emit(x, BPF_ALU64_IMM(BPF_ADD, NETWORK, 14));
	for (int i = 0; i < 2; i++) {
		unsigned int tag = label(x);

		jump(x, BPF_IF_IMM(BPF_JEQ, R1, ETHER_VLAN), tag);
		jump(x, BPF_IF_IMM(BPF_JNE, R1, ETHER_QINQ), type);
		place(x, tag);
		torc_extended_bytes(x, NETWORK, 0, 4, x->compute);
		number16(x, R1, 2);
		emit(x, BPF_ALU64_IMM(BPF_ADD, NETWORK, 4));
	}
	place(x, type);
	by_type(x);
}

static void gre(struct extended *x, unsigned int at, unsigned int inner_ethernet)
{
	static const int optional[] = { 15 - 2, 13 - 2, 12 - 2 }; /* bits, as 4 times 0 or 1 */

	place(x, at);
	torc_extended_bytes(x, TRANSPORT, 0, 4, x->compute);
	number16(x, R1, 0);
	emit(x, BPF_MOV_REG(R2, R1));
	emit(x, BPF_ALU64_IMM(BPF_AND, R2, 0x4007));
	jump(x, BPF_IF_IMM(BPF_JNE, R2, 0), x->compute);
	emit(x, BPF_MOV_REG(NETWORK, TRANSPORT));
	emit(x, BPF_ALU64_IMM(BPF_ADD, NETWORK, 4));
	for (int i = 0; i < 3; i++) {
		emit(x, BPF_MOV_REG(R2, R1));
		emit(x, BPF_ALU64_IMM(BPF_RSH, R2, optional[i]));
		emit(x, BPF_ALU64_IMM(BPF_AND, R2, 4));
		emit(x, BPF_ALU64_REG(BPF_ADD, NETWORK, R2));
	}
	number16(x, R3, 2);
	torc_extended_need(x, NETWORK, 0, x->compute);
	emit(x, BPF_MOV_REG(R1, R3));
	jump(x, BPF_IF_IMM(BPF_JEQ, R1, ETHER_TEB), inner_ethernet);
	by_type(x);
}

static void vxlan(struct extended *x, unsigned int at, unsigned int inner_ethernet)
{
	place(x, at);
	torc_extended_bytes(x, TRANSPORT, 8, 8, x->compute);
	emit(x, BPF_LOAD(BPF_B, R1, STACK, AT_BYTES));
	emit(x, BPF_ALU64_IMM(BPF_AND, R1, 8));
	jump(x, BPF_IF_IMM(BPF_JEQ, R1, 0), x->compute);
	emit(x, BPF_MOV_REG(NETWORK, TRANSPORT));
	emit(x, BPF_ALU64_IMM(BPF_ADD, NETWORK, 16));
	jump(x, BPF_GOTO(), inner_ethernet);
}

/* AT_SCRATCH: the type of the next extension header, at NETWORK; 0: none. */
static void gtp_extensions(struct extended *x, unsigned int done)
{
	unsigned int again = label(x);

	emit(x, BPF_MOV_IMM(COUNT, 0));
	place(x, again);
	get_loose(x, R1, AT_SCRATCH);
	jump(x, BPF_IF_IMM(BPF_JEQ, R1, 0), done);
	jump(x, BPF_IF_IMM(BPF_JGE, COUNT, GTP_EXTENSIONS_MAX), x->compute);
	emit(x, BPF_ALU64_IMM(BPF_ADD, COUNT, 1));
	torc_extended_bytes(x, NETWORK, 0, 4, x->compute);
	emit(x, BPF_LOAD(BPF_B, R1, STACK, AT_BYTES));
	jump(x, BPF_IF_IMM(BPF_JEQ, R1, 0), x->compute);
	emit(x, BPF_ALU64_IMM(BPF_LSH, R1, 2));
	emit(x, BPF_ALU64_REG(BPF_ADD, NETWORK, R1));
	torc_extended_bytes(x, NETWORK, -1, 1, x->compute);
	emit(x, BPF_LOAD(BPF_B, R1, STACK, AT_BYTES));
	set(x, AT_SCRATCH, R1);
	jump(x, BPF_GOTO(), again);
}

static void gtp(struct extended *x, unsigned int at, unsigned int version)
{
	unsigned int plain = label(x), no_extension = label(x);

	place(x, at);
	torc_extended_bytes(x, TRANSPORT, 8, 8, x->compute);
	emit(x, BPF_LOAD(BPF_B, R1, STACK, AT_BYTES));
	emit(x, BPF_LOAD(BPF_B, R2, STACK, AT_BYTES + 1));
	jump(x, BPF_IF_IMM(BPF_JNE, R2, 0xFF), x->compute);
	emit(x, BPF_MOV_REG(R2, R1));
	emit(x, BPF_ALU64_IMM(BPF_RSH, R2, 4));
	jump(x, BPF_IF_IMM(BPF_JNE, R2, 3), x->compute);
	set(x, AT_SCRATCH, R1);
	emit(x, BPF_MOV_REG(NETWORK, TRANSPORT));
	emit(x, BPF_ALU64_IMM(BPF_ADD, NETWORK, 16));
	emit(x, BPF_ALU64_IMM(BPF_AND, R1, 7));
	jump(x, BPF_IF_IMM(BPF_JEQ, R1, 0), version);
	torc_extended_bytes(x, NETWORK, 0, 4, x->compute);
	emit(x, BPF_ALU64_IMM(BPF_ADD, NETWORK, 4));
	get(x, R1, AT_SCRATCH);
	set_number(x, AT_SCRATCH, 0);
	emit(x, BPF_ALU64_IMM(BPF_AND, R1, 4));
	jump(x, BPF_IF_IMM(BPF_JEQ, R1, 0), no_extension);
	emit(x, BPF_LOAD(BPF_B, R1, STACK, AT_BYTES + 3));
	set(x, AT_SCRATCH, R1);
	place(x, no_extension);
	gtp_extensions(x, plain);
	place(x, plain);
	jump(x, BPF_GOTO(), version);
}

void torc_extended_tunnel(struct extended *x)
{
	unsigned int at_gre = label(x), at_udp = label(x), at_vxlan = label(x), at_gtp = label(x);
	unsigned int at_ethernet = label(x), at_version = label(x);

	get(x, R1, AT_TUNNEL);
	jump(x, BPF_IF_IMM(BPF_JEQ, R1, 0), x->compute);
	emit(x, BPF_MOV_REG(NETWORK, TRANSPORT));
	get_loose(x, R1, AT_PROTOCOL);
	jump(x, BPF_IF_IMM(BPF_JEQ, R1, 4), at_version);
	jump(x, BPF_IF_IMM(BPF_JEQ, R1, 41), at_version);
	jump(x, BPF_IF_IMM(BPF_JEQ, R1, 47), at_gre);
	jump(x, BPF_IF_IMM(BPF_JNE, R1, 17), x->compute);
	place(x, at_udp);
	get_loose(x, R1, AT_DESTINATION_PORT);
	jump(x, BPF_IF_IMM(BPF_JEQ, R1, 4789), at_vxlan);
	jump(x, BPF_IF_IMM(BPF_JEQ, R1, 8472), at_vxlan);
	jump(x, BPF_IF_IMM(BPF_JEQ, R1, 2152), at_gtp);
	jump(x, BPF_GOTO(), x->compute);
	gre(x, at_gre, at_ethernet);
	vxlan(x, at_vxlan, at_ethernet);
	gtp(x, at_gtp, at_version);
	ethernet(x, at_ethernet);
	by_version(x, at_version);
}
