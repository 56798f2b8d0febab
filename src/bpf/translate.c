/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * translate.c - classic BPF to eBPF over XDP's direct packet access
 *
 * Source: "The BSD Packet Filter" (McCanne, Jacobson) and linux/filter.h; target: the instruction
 * set in Documentation/bpf/standardization. Jumps of classic BPF go forward only, so one pass in
 * program order sees every predecessor of an instruction before it: that is how the pass knows
 * which instructions are reached at all (the verifier refuses dead code) and how many bytes of the
 * packet every way to an instruction has checked already (no check twice).
 */
#include <errno.h>
#include <linux/filter.h>
#include <stdbool.h>
#include <stdlib.h>

#include "bpf/translate.h"

enum {
	A = BPF_REG_0,
	X = BPF_REG_1,
	T = BPF_REG_2,
	U = BPF_REG_3,
	CONTEXT = BPF_REG_6,
	QUEUE = BPF_REG_7,
	DATA = BPF_REG_8,
	END = BPF_REG_9
};

#define LONGEST_FRAME 0xffffu /* also what the verifier lets a packet pointer move */
#define NOT_REACHED   UINT32_MAX

struct translation {
	struct torc_bpf_code *code;
	const struct sock_filter *insns;
	unsigned int count, accept, refuse;
	unsigned int *labels;
	uint32_t *checked; /* bytes known to be there when the instruction runs; NOT_REACHED */
};

static void emit(struct translation *t, struct bpf_insn insn)
{
	torc_bpf_emit(t->code, insn);
}

static void flow_to(struct translation *t, unsigned int to, uint32_t checked)
{
	if (checked < t->checked[to])
		t->checked[to] = checked;
}

static uint8_t width_bytes(uint16_t code)
{
	return BPF_SIZE(code) == BPF_W ? 4 : BPF_SIZE(code) == BPF_H ? 2 : 1;
}

/* The packet has at least that many bytes, or it is refused. */
static void check_bytes(struct translation *t, uint32_t bytes, uint32_t *checked)
{
	if (bytes <= *checked)
		return;
	emit(t, BPF_MOV_REG(T, DATA));
	emit(t, BPF_ALU64_IMM(BPF_ADD, T, bytes));
	torc_bpf_jump(t->code, BPF_IF_REG(BPF_JGT, T, END), t->refuse);
	*checked = bytes;
}

static void load(struct translation *t, uint16_t code, uint8_t from, uint32_t offset)
{
	emit(t, BPF_LOAD(BPF_SIZE(code), A, from, offset));
	if (BPF_SIZE(code) != BPF_B)
		emit(t, BPF_BIG_ENDIAN(A, 8 * width_bytes(code)));
}

static void load_length(struct translation *t, uint8_t reg)
{
	emit(t, BPF_MOV_REG(reg, END));
	emit(t, BPF_ALU64_REG(BPF_SUB, reg, DATA));
}

/* At DATA + X + k: the sum must not wrap, and the verifier wants to see its limit. */
static void load_indirect(struct translation *t, const struct sock_filter *insn)
{
	emit(t, BPF_ALU32_REG(BPF_MOV, T, X));
	emit(t, BPF_ALU64_IMM(BPF_ADD, T, insn->k));
	torc_bpf_jump(t->code, BPF_IF_IMM(BPF_JGT, T, LONGEST_FRAME - 4), t->refuse);
	emit(t, BPF_ALU64_REG(BPF_ADD, T, DATA));
	emit(t, BPF_MOV_REG(U, T));
	emit(t, BPF_ALU64_IMM(BPF_ADD, U, width_bytes(insn->code)));
	torc_bpf_jump(t->code, BPF_IF_REG(BPF_JGT, U, END), t->refuse);
	load(t, insn->code, T, 0);
}

static int translate_ancillary(struct translation *t, const struct sock_filter *insn)
{
	if (BPF_MODE(insn->code) != BPF_ABS)
		return -EOPNOTSUPP;
	switch (insn->k - (uint32_t)SKF_AD_OFF) {
	case SKF_AD_QUEUE:
		emit(t, BPF_ALU32_REG(BPF_MOV, A, QUEUE));
		return 1;
	case SKF_AD_PKTTYPE: /* asked for to tell PACKET_OUTGOING from the others */
	case SKF_AD_VLAN_TAG:
	case SKF_AD_VLAN_TAG_PRESENT:
	case SKF_AD_VLAN_TPID:
		emit(t, BPF_ALU32_IMM(BPF_MOV, A, 0));
		return 1;
	}
	return -EOPNOTSUPP;
}

/* A load of the packet. Returns 1 when the next instruction may follow, 0 when none can. */
static int translate_packet_load(struct translation *t, const struct sock_filter *insn,
				 uint32_t *checked)
{
	bool msh = BPF_MODE(insn->code) == BPF_MSH;
	uint8_t width = msh ? 1 : width_bytes(insn->code);

	/* The kernel adds with wrap-around and takes negative offsets for its ancillary data. */
	if (insn->k > INT32_MAX)
		return translate_ancillary(t, insn);
	if (insn->k > LONGEST_FRAME - 4) {
		torc_bpf_jump(t->code, BPF_GOTO(), t->refuse);
		return 0;
	}
	if (BPF_MODE(insn->code) == BPF_IND) {
		load_indirect(t, insn);
		return 1;
	}
	check_bytes(t, insn->k + width, checked);
	if (msh) {
		emit(t, BPF_LOAD(BPF_B, X, DATA, insn->k));
		emit(t, BPF_ALU32_IMM(BPF_AND, X, 0xf));
		emit(t, BPF_ALU32_IMM(BPF_LSH, X, 2));
	} else {
		load(t, insn->code, DATA, insn->k);
	}
	return 1;
}

static int slot(uint32_t number)
{
	return -4 * (int)(number + 1);
}

static int translate_load(struct translation *t, const struct sock_filter *insn, uint32_t *checked)
{
	uint8_t reg = BPF_CLASS(insn->code) == BPF_LD ? A : X;

	switch (BPF_MODE(insn->code)) {
	case BPF_IMM:
		emit(t, BPF_ALU32_IMM(BPF_MOV, reg, insn->k));
		return 1;
	case BPF_LEN:
		load_length(t, reg);
		return 1;
	case BPF_MEM:
		if (insn->k >= BPF_MEMWORDS)
			return -EINVAL;
		emit(t, BPF_LOAD(BPF_W, reg, BPF_REG_10, slot(insn->k)));
		return 1;
	case BPF_MSH:
		return reg == X ? translate_packet_load(t, insn, checked) : -EINVAL;
	case BPF_ABS:
	case BPF_IND:
		return reg == A ? translate_packet_load(t, insn, checked) : -EINVAL;
	}
	return -EINVAL;
}

/* Shifts by 32 and more give 0 in classic BPF; eBPF would shift by the remainder. */
static void shift_by_x(struct translation *t, uint8_t op)
{
	unsigned int far = torc_bpf_label(t->code), end = torc_bpf_label(t->code);

	torc_bpf_jump(t->code, BPF_IF32_IMM(BPF_JGT, X, 31), far);
	emit(t, BPF_ALU32_REG(op, A, X));
	torc_bpf_jump(t->code, BPF_GOTO(), end);
	torc_bpf_place(t->code, far);
	emit(t, BPF_ALU32_IMM(BPF_MOV, A, 0));
	torc_bpf_place(t->code, end);
}

static int translate_alu(struct translation *t, const struct sock_filter *insn)
{
	uint8_t op = BPF_OP(insn->code);
	bool shift = op == BPF_LSH || op == BPF_RSH, divide = op == BPF_DIV || op == BPF_MOD;

	if (op > BPF_XOR)
		return -EINVAL;
	if (op == BPF_NEG) {
		emit(t, BPF_ALU32_IMM(BPF_NEG, A, 0));
	} else if (BPF_SRC(insn->code) == BPF_K) {
		if (divide && insn->k == 0)
			return -EINVAL;
		if (shift && insn->k > 31)
			emit(t, BPF_ALU32_IMM(BPF_MOV, A, 0));
		else
			emit(t, BPF_ALU32_IMM(op, A, insn->k));
	} else if (shift) {
		shift_by_x(t, op);
	} else {
		if (divide)
			torc_bpf_jump(t->code, BPF_IF32_IMM(BPF_JEQ, X, 0), t->refuse);
		emit(t, BPF_ALU32_REG(op, A, X));
	}
	return 1;
}

/* The opposite condition, or 0 when there is none (JSET). */
static uint8_t opposite(uint8_t op)
{
	switch (op) {
	case BPF_JEQ:
		return BPF_JNE;
	case BPF_JGT:
		return BPF_JLE;
	case BPF_JGE:
		return BPF_JLT;
	}
	return 0;
}

static void branch(struct translation *t, const struct sock_filter *insn, uint8_t op,
		   unsigned int to)
{
	if (BPF_SRC(insn->code) == BPF_X)
		torc_bpf_jump(t->code, BPF_IF32_REG(op, A, X), t->labels[to]);
	else
		torc_bpf_jump(t->code, BPF_IF32_IMM(op, A, insn->k), t->labels[to]);
}

static int translate_jump(struct translation *t, unsigned int at, uint32_t checked)
{
	const struct sock_filter *insn = &t->insns[at];
	uint8_t op = BPF_OP(insn->code);
	unsigned int yes = at + 1 + insn->jt, no = at + 1 + insn->jf;

	if (op == BPF_JA) {
		if (insn->k >= t->count - at - 1)
			return -EINVAL;
		torc_bpf_jump(t->code, BPF_GOTO(), t->labels[at + 1 + insn->k]);
		flow_to(t, at + 1 + insn->k, checked);
		return 0;
	}
	if (op > BPF_JSET || yes >= t->count || no >= t->count)
		return -EINVAL;
	flow_to(t, yes, checked);
	flow_to(t, no, checked);
	if (yes == no) {
		torc_bpf_jump(t->code, BPF_GOTO(), t->labels[yes]);
	} else if (insn->jt == 0 && opposite(op)) {
		branch(t, insn, opposite(op), no);
	} else {
		branch(t, insn, op, yes);
		if (insn->jf > 0)
			torc_bpf_jump(t->code, BPF_GOTO(), t->labels[no]);
	}
	return 0;
}

static int translate_return(struct translation *t, const struct sock_filter *insn)
{
	if (BPF_RVAL(insn->code) == BPF_A) {
		torc_bpf_jump(t->code, BPF_IF32_IMM(BPF_JEQ, A, 0), t->refuse);
		torc_bpf_jump(t->code, BPF_GOTO(), t->accept);
	} else {
		torc_bpf_jump(t->code, BPF_GOTO(), insn->k ? t->accept : t->refuse);
	}
	return 0;
}

/* One instruction. Returns 1 when the next one may follow, 0 when control went elsewhere. */
static int translate_one(struct translation *t, unsigned int at, uint32_t *checked)
{
	const struct sock_filter *insn = &t->insns[at];
	uint8_t reg = BPF_CLASS(insn->code) == BPF_ST ? A : X;

	switch (BPF_CLASS(insn->code)) {
	case BPF_LD:
	case BPF_LDX:
		return translate_load(t, insn, checked);
	case BPF_ST:
	case BPF_STX:
		if (insn->k >= BPF_MEMWORDS)
			return -EINVAL;
		emit(t, BPF_STORE(BPF_W, BPF_REG_10, slot(insn->k), reg));
		return 1;
	case BPF_ALU:
		return translate_alu(t, insn);
	case BPF_JMP:
		return translate_jump(t, at, *checked);
	case BPF_RET:
		return translate_return(t, insn);
	}
	if (BPF_MISCOP(insn->code) == BPF_TXA)
		emit(t, BPF_ALU32_REG(BPF_MOV, A, X));
	else
		emit(t, BPF_ALU32_REG(BPF_MOV, X, A));
	return 1;
}

/* Registers as classic BPF starts with them, and scratch memory as the verifier wants it. */
static void prologue(struct translation *t)
{
	bool scratch = false;

	for (unsigned int i = 0; i < t->count; i++)
		scratch |= BPF_CLASS(t->insns[i].code) == BPF_ST ||
			   BPF_CLASS(t->insns[i].code) == BPF_STX;
	emit(t, BPF_LOAD(BPF_W, DATA, CONTEXT, 0 /* xdp_md.data */));
	emit(t, BPF_LOAD(BPF_W, END, CONTEXT, 4 /* xdp_md.data_end */));
	emit(t, BPF_MOV_IMM(A, 0));
	emit(t, BPF_MOV_IMM(X, 0));
	/* A filter may lack one of the two verdicts, and the verifier refuses code that nothing jumps
	 * to. It takes these jumps, sees that they are never taken, and removes them. */
	torc_bpf_jump(t->code, BPF_IF_IMM(BPF_JNE, A, 0), t->accept);
	torc_bpf_jump(t->code, BPF_IF_IMM(BPF_JNE, A, 0), t->refuse);
	for (uint32_t i = 0; scratch && i < BPF_MEMWORDS; i++)
		emit(t, BPF_STORE_IMM(BPF_W, BPF_REG_10, slot(i), 0));
}

static int translate_all(struct translation *t)
{
	for (unsigned int i = 0; i < t->count; i++) {
		t->labels[i] = torc_bpf_label(t->code);
		t->checked[i] = NOT_REACHED;
	}
	t->checked[0] = 0;
	prologue(t);
	for (unsigned int i = 0; i < t->count; i++) {
		uint32_t checked = t->checked[i];
		int next;

		torc_bpf_place(t->code, t->labels[i]);
		if (checked == NOT_REACHED)
			continue;
		next = translate_one(t, i, &checked);
		if (next < 0)
			return next;
		if (next == 0)
			continue;
		if (i + 1 == t->count)
			return -EINVAL; /* runs off its end */
		flow_to(t, i + 1, checked);
	}
	return 0;
}

int torc_bpf_translate(struct torc_bpf_code *code, const struct sock_fprog *filter,
		       unsigned int accept, unsigned int refuse)
{
	struct translation t = { .code = code, .insns = filter->filter, .count = filter->len,
				 .accept = accept, .refuse = refuse };
	int result = -ENOMEM;

	if (filter->len == 0 || filter->len > BPF_MAXINSNS)
		return -EINVAL;
	t.labels = calloc(t.count, sizeof(*t.labels));
	t.checked = calloc(t.count, sizeof(*t.checked));
	if (t.labels && t.checked)
		result = translate_all(&t);
	free(t.labels);
	free(t.checked);
	return result;
}
