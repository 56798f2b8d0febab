/* SPDX-License-Identifier: BSD-3-Clause */
/* extended_code.c - IP headers, extension headers and ports in eBPF; as parse/ip.c does in C */
#include "fanout/extended_code.h"

#include "parse/flow.h"

#define IPV6_EXTENSIONS_MAX 16

void torc_extended_need(struct extended *x, uint8_t at, int offset_and_length, unsigned int fail)
{
	emit(x, BPF_MOV_REG(R1, at));
	if (offset_and_length != 0)
		emit(x, BPF_ALU64_IMM(BPF_ADD, R1, offset_and_length));
	get(x, R2, AT_END);
	jump(x, BPF_IF_REG(BPF_JGT, R1, R2), fail);
}

void torc_extended_bytes(struct extended *x, uint8_t at, int offset, int length,
			 unsigned int fail)
{
	torc_extended_need(x, at, offset + length, fail);
	emit(x, BPF_MOV_REG(R1, PACKET));
	emit(x, BPF_MOV_REG(R2, at));
	if (offset != 0)
		emit(x, BPF_ALU64_IMM(BPF_ADD, R2, offset));
	emit(x, BPF_MOV_REG(R3, STACK));
	emit(x, BPF_ALU64_IMM(BPF_ADD, R3, AT_BYTES));
	emit(x, BPF_MOV_IMM(R4, length));
	emit(x, BPF_CALL_HELPER(BPF_FUNC_skb_load_bytes));
	jump(x, BPF_IF_IMM(BPF_JNE, R0, 0), fail);
}

static int key_of(int level)
{
	return level ? AT_INNER_KEY : AT_KEY;
}

static int fragment_of(int level)
{
	return level ? AT_INNER_FRAGMENT : AT_FRAGMENT;
}

/* An IP header is there: from now on the hash is of this level. */
static void accept(struct extended *x, int level)
{
	set_number(x, AT_LEVEL, level);
	set_number(x, AT_SOURCE_PORT, 0);
	set_number(x, AT_DESTINATION_PORT, 0);
}

/* AT_END = min(AT_END, R1) */
static void bound(struct extended *x)
{
	unsigned int inside = label(x);

	get(x, R2, AT_END);
	jump(x, BPF_IF_REG(BPF_JGE, R1, R2), inside);
	set(x, AT_END, R1);
	place(x, inside);
}

static void copy_key(struct extended *x, int level, int from, int to, int words)
{
	for (int i = 0; i < words; i++) {
		emit(x, BPF_LOAD(BPF_W, R1, STACK, AT_BYTES + from + 4 * i));
		emit(x, BPF_STORE(BPF_W, STACK, key_of(level) + to + 4 * i, R1));
	}
}

static void ipv4_addresses(struct extended *x, int level)
{
	accept(x, level);
	number32(x, R1, 12);
	set(x, AT_SOURCE, R1);
	number32(x, R1, 16);
	set(x, AT_DESTINATION, R1);
	emit(x, BPF_LOAD(BPF_B, R1, STACK, AT_BYTES + 9));
	set(x, AT_PROTOCOL, R1);
}

static void ipv4_key(struct extended *x, int level)
{
	copy_key(x, level, 12, 0, 1);
	copy_key(x, level, 16, 16, 1);
	emit(x, BPF_LOAD(BPF_H, R1, STACK, AT_BYTES + 4));
	emit(x, BPF_STORE(BPF_W, STACK, key_of(level) + KEY_ID, R1));
	get(x, R1, AT_PROTOCOL);
	emit(x, BPF_ALU64_IMM(BPF_OR, R1, 4 << 8));
	emit(x, BPF_STORE(BPF_W, STACK, key_of(level) + KEY_PROTOCOL, R1));
}

/* The port numbers at TRANSPORT, of the protocols that have some. */
static void ports(struct extended *x, unsigned int done)
{
	static const int with_ports[] = { 6, 17, 132, 136, 33 };
	unsigned int has = label(x);

	set_number(x, AT_TUNNEL, 1);
	get_loose(x, R1, AT_PROTOCOL);
	for (int i = 0; i < 5; i++)
		jump(x, BPF_IF_IMM(BPF_JEQ, R1, with_ports[i]), has);
	jump(x, BPF_GOTO(), done);
	place(x, has);
	torc_extended_bytes(x, TRANSPORT, 0, 4, done);
	number16(x, R1, 0);
	set(x, AT_SOURCE_PORT, R1);
	number16(x, R1, 2);
	set(x, AT_DESTINATION_PORT, R1);
	jump(x, BPF_GOTO(), done);
}

static void ipv4(struct extended *x, int level, unsigned int notip)
{
	unsigned int unbounded = label(x), whole = label(x), done = x->done[level];

	place(x, x->ipv4[level]);
	torc_extended_bytes(x, NETWORK, 0, 20, notip);
	emit(x, BPF_LOAD(BPF_B, R1, STACK, AT_BYTES));
	jump(x, BPF_IF_IMM(BPF_JLT, R1, 0x45), notip);
	jump(x, BPF_IF_IMM(BPF_JGT, R1, 0x4F), notip);
	emit(x, BPF_ALU64_IMM(BPF_AND, R1, 15));
	emit(x, BPF_ALU64_IMM(BPF_LSH, R1, 2));
	emit(x, BPF_MOV_REG(TRANSPORT, NETWORK));
	emit(x, BPF_ALU64_REG(BPF_ADD, TRANSPORT, R1));
	ipv4_addresses(x, level);
	number16(x, R1, 6);
	emit(x, BPF_MOV_REG(R2, R1)); /* the offset, and "more fragments" as the lowest bit */
	emit(x, BPF_ALU64_IMM(BPF_AND, R1, 0x1FFF));
	emit(x, BPF_ALU64_IMM(BPF_LSH, R1, 1));
	emit(x, BPF_ALU64_IMM(BPF_RSH, R2, 13));
	emit(x, BPF_ALU64_IMM(BPF_AND, R2, 1));
	emit(x, BPF_ALU64_REG(BPF_OR, R1, R2));
	set(x, fragment_of(level), R1);
	jump(x, BPF_IF_IMM(BPF_JEQ, R1, 0), whole);
	ipv4_key(x, level);
	place(x, whole);
	number16(x, R1, 2);
	jump(x, BPF_IF_IMM(BPF_JEQ, R1, 0), unbounded);
	emit(x, BPF_ALU64_REG(BPF_ADD, R1, NETWORK));
	bound(x);
	place(x, unbounded);
	get_loose(x, R1, fragment_of(level));
	jump(x, BPF_IF_IMM(BPF_JGT, R1, 1), done);
	torc_extended_need(x, TRANSPORT, 0, done);
	ports(x, done);
}

static void fold_address(struct extended *x, int offset, int cell)
{
	number32(x, R1, offset);
	for (int i = 4; i < 16; i += 4) {
		emit(x, BPF_ALU32_IMM(BPF_MUL, R1, TORC_FLOW_WORD));
		number32(x, R2, offset + i);
		emit(x, BPF_ALU32_REG(BPF_ADD, R1, R2));
	}
	set(x, cell, R1);
}

static void ipv6_addresses(struct extended *x, int level)
{
	accept(x, level);
	fold_address(x, 8, AT_SOURCE);
	fold_address(x, 24, AT_DESTINATION);
	emit(x, BPF_LOAD(BPF_B, R1, STACK, AT_BYTES + 6));
	set(x, AT_PROTOCOL, R1);
	copy_key(x, level, 8, 0, 8);
}

/* R3 = length of the extension header at TRANSPORT, whose first bytes are loaded. */
static void extension_length(struct extended *x, int level, unsigned int known)
{
	unsigned int words4 = label(x), words8 = label(x);

	get_loose(x, R1, AT_PROTOCOL);
	jump(x, BPF_IF_IMM(BPF_JEQ, R1, 51), words4);
	jump(x, BPF_IF_IMM(BPF_JNE, R1, 44), words8);
	number16(x, R1, 2);
	emit(x, BPF_ALU64_IMM(BPF_AND, R1, 0xFFF9)); /* offset; "more fragments" is the lowest bit */
	set(x, fragment_of(level), R1);
	copy_key(x, level, 4, KEY_ID, 1);
	emit(x, BPF_LOAD(BPF_B, R1, STACK, AT_BYTES));
	emit(x, BPF_ALU64_IMM(BPF_OR, R1, 6 << 8));
	emit(x, BPF_STORE(BPF_W, STACK, key_of(level) + KEY_PROTOCOL, R1));
	emit(x, BPF_MOV_IMM(R3, 8));
	jump(x, BPF_GOTO(), known);
	place(x, words4);
	emit(x, BPF_LOAD(BPF_B, R3, STACK, AT_BYTES + 1));
	emit(x, BPF_ALU64_IMM(BPF_ADD, R3, 2));
	emit(x, BPF_ALU64_IMM(BPF_LSH, R3, 2));
	jump(x, BPF_GOTO(), known);
	place(x, words8);
	emit(x, BPF_LOAD(BPF_B, R3, STACK, AT_BYTES + 1));
	emit(x, BPF_ALU64_IMM(BPF_ADD, R3, 1));
	emit(x, BPF_ALU64_IMM(BPF_LSH, R3, 3));
}

/*
 * R1 = 1 when AT_PROTOCOL is 0, 43, 44, 51, 60, 135, 139 or 140, else 0: a table of 64 bits for
 * either half of the numbers. A shift counts modulo 64.
 */
static void is_extension(struct extended *x)
{
	const uint64_t low = 1 | 1ull << 43 | 1ull << 44 | 1ull << 51 | 1ull << 60;
	const uint64_t high = 1ull << (135 - 128) | 1ull << (139 - 128) | 1ull << (140 - 128);

	get_loose(x, R2, AT_PROTOCOL);
	emit(x, BPF_MOV_REG(R3, R2));
	emit(x, BPF_ALU64_IMM(BPF_AND, R3, 63));
	emit(x, BPF_ALU64_IMM(BPF_RSH, R2, 6));
	torc_bpf_emit_wide(&x->code, R1, 0, low);
	emit(x, BPF_ALU64_REG(BPF_RSH, R1, R3));
	torc_bpf_emit_wide(&x->code, R4, 0, high);
	emit(x, BPF_ALU64_REG(BPF_RSH, R4, R3));
	/* R2 is 0 below 64 and 2 from 128 to 191; bit 0 of R5 = (R2 == 0), of R2 = (R2 == 2) */
	emit(x, BPF_MOV_IMM(R5, 1));
	emit(x, BPF_ALU64_REG(BPF_RSH, R5, R2));
	emit(x, BPF_ALU64_REG(BPF_AND, R1, R5));
	emit(x, BPF_MOV_IMM(R5, 4));
	emit(x, BPF_ALU64_REG(BPF_RSH, R5, R2));
	emit(x, BPF_ALU64_REG(BPF_AND, R4, R5));
	emit(x, BPF_ALU64_REG(BPF_OR, R1, R4));
	emit(x, BPF_ALU64_IMM(BPF_AND, R1, 1));
}

/* A bounded loop (Linux 5.3) over extension headers; what was cut off has no transport header. */
static void extensions(struct extended *x, int level, unsigned int end)
{
	unsigned int again = label(x), known = label(x);
	unsigned int done = x->done[level];

	emit(x, BPF_MOV_IMM(COUNT, 0));
	place(x, again);
	is_extension(x);
	jump(x, BPF_IF_IMM(BPF_JEQ, R1, 0), end);
	jump(x, BPF_IF_IMM(BPF_JGE, COUNT, IPV6_EXTENSIONS_MAX), done);
	emit(x, BPF_ALU64_IMM(BPF_ADD, COUNT, 1));
	torc_extended_bytes(x, TRANSPORT, 0, 8, done);
	extension_length(x, level, known);
	place(x, known);
	emit(x, BPF_ALU64_REG(BPF_ADD, TRANSPORT, R3));
	torc_extended_need(x, TRANSPORT, 0, done);
	emit(x, BPF_LOAD(BPF_B, R1, STACK, AT_BYTES));
	set(x, AT_PROTOCOL, R1);
	get_loose(x, R1, fragment_of(level));
	jump(x, BPF_IF_IMM(BPF_JGT, R1, 1), done);
	jump(x, BPF_GOTO(), again);
}

static void ipv6(struct extended *x, int level, unsigned int notip)
{
	unsigned int unbounded = label(x), end = label(x);

	place(x, x->ipv6[level]);
	torc_extended_bytes(x, NETWORK, 0, 40, notip);
	emit(x, BPF_LOAD(BPF_B, R1, STACK, AT_BYTES));
	emit(x, BPF_ALU64_IMM(BPF_RSH, R1, 4));
	jump(x, BPF_IF_IMM(BPF_JNE, R1, 6), notip);
	ipv6_addresses(x, level);
	emit(x, BPF_MOV_REG(TRANSPORT, NETWORK));
	emit(x, BPF_ALU64_IMM(BPF_ADD, TRANSPORT, 40));
	number16(x, R1, 4);
	jump(x, BPF_IF_IMM(BPF_JEQ, R1, 0), unbounded);
	emit(x, BPF_ALU64_REG(BPF_ADD, R1, TRANSPORT));
	bound(x);
	place(x, unbounded);
	extensions(x, level, end);
	place(x, end);
	ports(x, x->done[level]);
}

void torc_extended_ip(struct extended *x, int level, unsigned int notip)
{
	ipv4(x, level, notip);
	ipv6(x, level, notip);
	place(x, x->done[level]);
}
