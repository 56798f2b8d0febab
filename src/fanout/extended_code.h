/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * extended_code.h - the parts the eBPF program of a cluster is made of
 *
 * Registers: 6 the packet (struct __sk_buff), 7 where the IP header begins, 8 where the header
 * behind it begins, 9 a loop's counter; 0 to 5 are anybody's. Everything else is on the stack, in
 * cells of eight bytes. Offsets count from skb->data, which is the network header of a packet that
 * came in and the link-layer header of one that leaves.
 *
 * The verifier follows every path with every constant that it meets on the way, and loading takes
 * as long. So what can be computed without a branch is, and numbers are compared in copies that the
 * verifier does not connect with the cell they are from (get_loose).
 */
#ifndef TORC_FANOUT_EXTENDED_CODE_H
#define TORC_FANOUT_EXTENDED_CODE_H

#include <stdbool.h>

#include "bpf/code.h"

#define R0  BPF_REG_0
#define R1  BPF_REG_1
#define R2  BPF_REG_2
#define R3  BPF_REG_3
#define R4  BPF_REG_4
#define R5  BPF_REG_5
#define PACKET    BPF_REG_6
#define NETWORK   BPF_REG_7
#define TRANSPORT BPF_REG_8
#define COUNT     BPF_REG_9
#define STACK     BPF_REG_10

/* The stack. A fragment key is what makes a datagram: both addresses, id, protocol. */
enum {
	AT_BYTES = -48,  /* 40 bytes of the packet */
	AT_KEY = -96,    /* fragment key of the outer packet, 48 bytes */
	AT_INNER_KEY = -144,
	AT_SUM = -152,   /* of tags and protocol */
	AT_END = -160,
	AT_SOURCE = -168,
	AT_DESTINATION = -176,
	AT_PROTOCOL = -184,
	AT_SOURCE_PORT = -192,
	AT_DESTINATION_PORT = -200,
	AT_TAGS = -208,
	AT_FRAGMENT = -216, /* 0 a whole datagram, 1 a first fragment, more: a later one */
	AT_INNER_FRAGMENT = -224,
	AT_TUNNEL = -232,   /* the header at TRANSPORT was reached */
	AT_LEVEL = -240,    /* 1: the hash is of the inner packet */
	AT_HASH = -248,
	AT_SCRATCH = -256,
	STACK_END = -256
};

#define KEY_BYTES    48
#define KEY_ID       32
#define KEY_PROTOCOL 36

struct extended {
	struct torc_bpf_code code;
	unsigned int bits; /* TORC_FLOW_ */
	int fragments;     /* map: key of a datagram -> its hash */
	unsigned int ipv4[2], ipv6[2], done[2]; /* labels, outer and inner */
	unsigned int other, compute, zero, pick;
};

static inline void emit(struct extended *x, struct bpf_insn insn)
{
	torc_bpf_emit(&x->code, insn);
}

static inline void jump(struct extended *x, struct bpf_insn insn, unsigned int label)
{
	torc_bpf_jump(&x->code, insn, label);
}

static inline unsigned int label(struct extended *x)
{
	return torc_bpf_label(&x->code);
}

static inline void place(struct extended *x, unsigned int at)
{
	torc_bpf_place(&x->code, at);
}

static inline void get(struct extended *x, uint8_t reg, int cell)
{
	emit(x, BPF_LOAD(BPF_DW, reg, STACK, cell));
}

static inline void get_loose(struct extended *x, uint8_t reg, int cell)
{
	get(x, reg, cell);
	emit(x, BPF_ALU64_IMM(BPF_AND, reg, 0xFFFF));
}

static inline void set(struct extended *x, int cell, uint8_t reg)
{
	emit(x, BPF_STORE(BPF_DW, STACK, cell, reg));
}

static inline void set_number(struct extended *x, int cell, int value)
{
	emit(x, BPF_STORE_IMM(BPF_DW, STACK, cell, value));
}

/* reg = a big-endian number of the packet, of the bytes loaded last */
static inline void number16(struct extended *x, uint8_t reg, int offset)
{
	emit(x, BPF_LOAD(BPF_H, reg, STACK, AT_BYTES + offset));
	emit(x, BPF_BIG_ENDIAN(reg, 16));
}

static inline void number32(struct extended *x, uint8_t reg, int offset)
{
	emit(x, BPF_LOAD(BPF_W, reg, STACK, AT_BYTES + offset));
	emit(x, BPF_BIG_ENDIAN(reg, 32));
}

/* extended_code.c */
/* goto fail unless length bytes from at + offset on are before AT_END; loses R1, R2 */
void torc_extended_need(struct extended *x, uint8_t at, int offset_and_length, unsigned int fail);
/* need, and copy them to AT_BYTES; loses R0 to R5 */
void torc_extended_bytes(struct extended *x, uint8_t at, int offset, int length,
			 unsigned int fail);
/* IP headers at NETWORK and the ports behind them; ends at done[level], other leads to notip */
void torc_extended_ip(struct extended *x, int level, unsigned int notip);

/* extended_tunnel.c: from a tunnel's outer headers to its inner ones; else goto x->compute */
void torc_extended_tunnel(struct extended *x);

#endif
