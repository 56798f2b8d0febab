/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * program_a64.c - filter programs as AArch64 machine code (Arm's procedure call standard, AAPCS64)
 *
 * Registers, all of them the caller's to lose:
 *
 *	x0  the packet, then the verdict   w1  caplen         w2  len
 *	w3  accumulator                    w4  index register
 *	x5, x6  for a moment               [sp] ... the 16 scratch words, where a program has some
 *
 * All but x0 are only ever written as 32-bit registers, which clears their upper halves: 64-bit sums
 * of them cannot wrap. A load that needs bytes known to be there (torc_program_known_bytes()) is not
 * checked again. Each instruction has one length wherever its jumps go, so two passes are enough.
 */
#include "filter/program.h"

#ifdef TORC_PROGRAM_A64

#include <stdlib.h>
#include <string.h>

enum { PACKET = 0, CAPLEN = 1, LEN = 2, A = 3, X = 4, FIRST = 5, SECOND = 6, ZERO = 31, SP = 31 };

/* conditions; one and its opposite differ in bit 0 */
enum { EQUAL = 0, NOT_EQUAL = 1, NOT_BELOW = 2, BELOW = 3, ABOVE = 8, NOT_ABOVE = 9 };

#define SCRATCH_BYTES 64u
#define IMMEDIATE_MAX 4095u
#define JUMP_MAX      (1 << 18) /* instructions: 19 bits and a sign */

struct emitter {
	uint32_t *out; /* NULL: only count */
	size_t length; /* in instructions */
	size_t fail;   /* where "return 0" stands */
	const size_t *places;
	const uint64_t *known;
	bool scratch; /* the program has scratch words */
	bool too_far;
};

static void put(struct emitter *e, uint32_t instruction)
{
	if (e->out)
		e->out[e->length] = instruction;
	e->length++;
}

/* op rd, rn, rm */
static void put3(struct emitter *e, uint32_t op, unsigned int d, unsigned int n, unsigned int m)
{
	put(e, op | m << 16 | n << 5 | d);
}

/* op rd, rn, #imm12 */
static void put_immediate(struct emitter *e, uint32_t op, unsigned int d, unsigned int n,
			  uint32_t immediate)
{
	put(e, op | immediate << 10 | n << 5 | d);
}

#define ADD   0x0B000000u
#define ADD64 0x8B000000u
#define SUB   0x4B000000u
#define AND   0x0A000000u
#define ORR   0x2A000000u
#define EOR   0x4A000000u
#define MUL   0x1B007C00u
#define UDIV  0x1AC00800u
#define LSLV  0x1AC02000u
#define LSRV  0x1AC02400u
#define CMP   0x6B00001Fu
#define CMP64 0xEB00001Fu
#define TST   0x6A00001Fu

#define ADD_IMMEDIATE   0x11000000u
#define ADD64_IMMEDIATE 0x91000000u
#define SUB_IMMEDIATE   0x51000000u
#define SUB64_IMMEDIATE 0xD1000000u
#define CMP_IMMEDIATE   0x7100001Fu
#define LOAD_WORD       0xB9400000u /* [xn, #imm12 * 4] */
#define STORE_WORD      0xB9000000u
#define UBFM            0x53000000u /* lsl, lsr and fields by immr and imms */
#define RETURN          0xD65F03C0u
#define LANDING_PAD     0xD503245Fu /* bti c */

static void move(struct emitter *e, unsigned int d, unsigned int m)
{
	put3(e, ORR, d, ZERO, m);
}

static void constant(struct emitter *e, unsigned int d, uint32_t k)
{
	const uint32_t movz = 0x52800000, movn = 0x12800000, movk = 0x72800000, high = 1u << 21;

	if (k >> 16 == 0) {
		put(e, movz | k << 5 | d);
	} else if ((k & 0xffff) == 0) {
		put(e, movz | high | k >> 16 << 5 | d);
	} else if (k >> 16 == 0xffff) {
		put(e, movn | (~k & 0xffff) << 5 | d);
	} else {
		put(e, movz | (k & 0xffff) << 5 | d);
		put(e, movk | high | k >> 16 << 5 | d);
	}
}

/* ---- jumps ---- */

static uint32_t distance(struct emitter *e, size_t place)
{
	int64_t far = (int64_t)place - (int64_t)e->length;

	if (e->out && (far >= JUMP_MAX || far < -JUMP_MAX))
		e->too_far = true;
	return (uint32_t)far;
}

static void jump_if(struct emitter *e, unsigned int condition, size_t place)
{
	put(e, 0x54000000 | (distance(e, place) & 0x7ffff) << 5 | condition);
}

static void jump_always(struct emitter *e, size_t place)
{
	put(e, 0x14000000 | (distance(e, place) & 0x3ffffff));
}

static void compare_with(struct emitter *e, unsigned int n, uint32_t k)
{
	if (k <= IMMEDIATE_MAX) {
		put_immediate(e, CMP_IMMEDIATE, 0, n, k);
		return;
	}
	constant(e, FIRST, k);
	put3(e, CMP, 0, n, FIRST);
}

/* ---- loads ---- */

static unsigned int load_size(uint16_t code)
{
	switch (BPF_SIZE(code)) {
	case BPF_W:
		return 4;
	case BPF_H:
		return 2;
	default:
		return 1;
	}
}

/* Big-endian to the processor's order, which is the other. */
static void swap(struct emitter *e, unsigned int size, unsigned int to)
{
	if (size == 4)
		put3(e, 0x5AC00800, to, to, 0); /* rev */
	else if (size == 2)
		put3(e, 0x5AC00400, to, to, 0); /* rev16 */
}

/* to = the bytes at packet + x5 */
static void load_register(struct emitter *e, unsigned int size, unsigned int to)
{
	const uint32_t op = size == 4 ? 0xB8606800 : size == 2 ? 0x78606800 : 0x38606800;

	put3(e, op, to, PACKET, FIRST);
	swap(e, size, to);
}

/* x5 = index + k, which does not wrap; checked; to = the bytes there */
static void load_indexed(struct emitter *e, unsigned int index, uint32_t k, unsigned int size,
			 unsigned int to)
{
	if (k <= IMMEDIATE_MAX && index != ZERO) {
		put_immediate(e, ADD64_IMMEDIATE, FIRST, index, k);
	} else {
		constant(e, FIRST, k);
		if (index != ZERO)
			put3(e, ADD64, FIRST, index, FIRST);
	}
	put_immediate(e, ADD64_IMMEDIATE, SECOND, FIRST, size);
	put3(e, CMP64, 0, SECOND, CAPLEN);
	jump_if(e, ABOVE, e->fail);
	load_register(e, size, to);
}

static void load_fixed(struct emitter *e, uint32_t k, unsigned int size, uint64_t known,
		       unsigned int to)
{
	const uint32_t scaled = size == 4 ? 0xB9400000 : size == 2 ? 0x79400000 : 0x39400000;
	const uint32_t unscaled = size == 4 ? 0xB8400000 : 0x78400000;

	if ((uint64_t)k + size > UINT32_MAX) { /* no packet is that long; as the others say it */
		load_indexed(e, ZERO, k, size, to);
		return;
	}
	if ((uint64_t)k + size > known) {
		compare_with(e, CAPLEN, k + size);
		jump_if(e, BELOW, e->fail);
	}
	if (k % size == 0 && k / size <= IMMEDIATE_MAX) {
		put_immediate(e, scaled, to, PACKET, k / size);
	} else if (k < 256) {
		put(e, unscaled | k << 12 | PACKET << 5 | to);
	} else {
		constant(e, FIRST, k);
		load_register(e, size, to);
		return;
	}
	swap(e, size, to);
}

static void emit_load(struct emitter *e, const struct sock_filter *i, uint64_t known)
{
	unsigned int to = BPF_CLASS(i->code) == BPF_LDX ? X : A;

	switch (i->code) {
	case BPF_LDX | BPF_B | BPF_MSH:
		load_fixed(e, i->k, 1, known, X);
		put(e, UBFM | 30u << 16 | 3u << 10 | X << 5 | X); /* (x & 15) << 2 */
		return;
	case BPF_LD | BPF_W | BPF_LEN:
	case BPF_LDX | BPF_W | BPF_LEN:
		move(e, to, LEN);
		return;
	}
	switch (BPF_MODE(i->code)) {
	case BPF_IND:
		load_indexed(e, X, i->k, load_size(i->code), A);
		return;
	case BPF_IMM:
		constant(e, to, i->k);
		return;
	case BPF_MEM:
		put_immediate(e, LOAD_WORD, to, SP, i->k);
		return;
	default:
		load_fixed(e, i->k, load_size(i->code), known, A);
	}
}

/* ---- arithmetic ---- */

static void divide(struct emitter *e, unsigned int by, bool remainder)
{
	if (!remainder) {
		put3(e, UDIV, A, A, by);
		return;
	}
	put3(e, UDIV, SECOND, A, by);
	put(e, 0x1B008000 | by << 16 | A << 10 | SECOND << 5 | A); /* msub: a - a / by * by */
}

/* The processor takes the count modulo 32; BPF wants 0 from 32 on. */
static void shift_by_x(struct emitter *e, uint32_t op)
{
	put3(e, op, FIRST, A, X);
	compare_with(e, X, 32);
	put(e, 0x1A800000 | ZERO << 16 | BELOW << 12 | FIRST << 5 | A); /* csel */
}

/* a = a op register */
static void emit_alu_register(struct emitter *e, unsigned int op, unsigned int m)
{
	static const uint32_t simple[16] = {
		[BPF_ADD >> 4] = ADD, [BPF_SUB >> 4] = SUB, [BPF_AND >> 4] = AND,
		[BPF_OR >> 4] = ORR,  [BPF_XOR >> 4] = EOR, [BPF_MUL >> 4] = MUL,
	};

	if (simple[op >> 4])
		put3(e, simple[op >> 4], A, A, m);
	else
		divide(e, m, op == BPF_MOD);
}

static void emit_alu_k(struct emitter *e, unsigned int op, uint32_t k)
{
	bool power = (k & (k - 1)) == 0;

	if ((op == BPF_ADD || op == BPF_SUB) && k <= IMMEDIATE_MAX) {
		put_immediate(e, op == BPF_ADD ? ADD_IMMEDIATE : SUB_IMMEDIATE, A, A, k);
	} else if (op == BPF_LSH) {
		put(e, UBFM | ((32 - k) & 31) << 16 | (31 - k) << 10 | A << 5 | A);
	} else if (op == BPF_RSH) {
		put(e, UBFM | k << 16 | 31u << 10 | A << 5 | A);
	} else if (op == BPF_DIV && power) {
		put(e, UBFM | (uint32_t)__builtin_ctz(k) << 16 | 31u << 10 | A << 5 | A);
	} else if (op == BPF_MOD && power) {
		constant(e, FIRST, k - 1);
		put3(e, AND, A, A, FIRST);
	} else {
		constant(e, FIRST, k);
		emit_alu_register(e, op, FIRST);
	}
}

static void emit_alu(struct emitter *e, const struct sock_filter *i)
{
	unsigned int op = BPF_OP(i->code);

	if (op == BPF_NEG) {
		put3(e, SUB, A, ZERO, A);
	} else if (BPF_SRC(i->code) == BPF_K) {
		emit_alu_k(e, op, i->k);
	} else if (op == BPF_LSH || op == BPF_RSH) {
		shift_by_x(e, op == BPF_LSH ? LSLV : LSRV);
	} else {
		if (op == BPF_DIV || op == BPF_MOD) /* cbz x, fail */
			put(e, 0x34000000 | (distance(e, e->fail) & 0x7ffff) << 5 | X);
		emit_alu_register(e, op, X);
	}
}

/* ---- the program ---- */

/* Flags of "a compared with k or x"; returns the condition under which the jump is taken. */
static unsigned int compare(struct emitter *e, const struct sock_filter *i)
{
	bool with_x = BPF_SRC(i->code) == BPF_X;

	if (BPF_OP(i->code) == BPF_JSET) {
		if (!with_x)
			constant(e, FIRST, i->k);
		put3(e, TST, 0, A, with_x ? X : FIRST);
		return NOT_EQUAL;
	}
	if (with_x)
		put3(e, CMP, 0, A, X);
	else
		compare_with(e, A, i->k);
	switch (BPF_OP(i->code)) {
	case BPF_JEQ:
		return EQUAL;
	case BPF_JGT:
		return ABOVE;
	default:
		return NOT_BELOW;
	}
}

static void emit_jump(struct emitter *e, const struct sock_filter *i, size_t n)
{
	unsigned int condition;

	if (i->code == (BPF_JMP | BPF_JA) || i->jt == i->jf) {
		size_t over = i->code == (BPF_JMP | BPF_JA) ? i->k : i->jt;

		if (over != 0)
			jump_always(e, e->places[n + 1 + over]);
		return;
	}
	condition = compare(e, i);
	if (i->jt == 0) {
		jump_if(e, condition ^ 1, e->places[n + 1 + i->jf]);
		return;
	}
	jump_if(e, condition, e->places[n + 1 + i->jt]);
	if (i->jf != 0)
		jump_always(e, e->places[n + 1 + i->jf]);
}

/* The verdict is in x0. */
static void emit_return(struct emitter *e)
{
	if (e->scratch)
		put_immediate(e, ADD64_IMMEDIATE, SP, SP, SCRATCH_BYTES);
	put(e, RETURN);
}

static void emit_instruction(struct emitter *e, const struct sock_filter *i, size_t n)
{
	switch (BPF_CLASS(i->code)) {
	case BPF_LD:
	case BPF_LDX:
		emit_load(e, i, e->known[n]);
		break;
	case BPF_ST:
		put_immediate(e, STORE_WORD, A, SP, i->k);
		break;
	case BPF_STX:
		put_immediate(e, STORE_WORD, X, SP, i->k);
		break;
	case BPF_ALU:
		emit_alu(e, i);
		break;
	case BPF_JMP:
		emit_jump(e, i, n);
		break;
	case BPF_RET:
		if (i->code == (BPF_RET | BPF_K))
			constant(e, 0, i->k);
		else
			move(e, 0, A);
		emit_return(e);
		break;
	case BPF_MISC:
		if (i->code == (BPF_MISC | BPF_TAX))
			move(e, X, A);
		else
			move(e, A, X);
		break;
	}
}

static void emit(struct emitter *e, const struct torc_program_code *code, size_t *places)
{
	e->length = 0;
	put(e, LANDING_PAD);
	if (e->scratch)
		put_immediate(e, SUB64_IMMEDIATE, SP, SP, SCRATCH_BYTES);
	move(e, CAPLEN, CAPLEN); /* the convention leaves its upper half open */
	constant(e, A, 0);
	constant(e, X, 0);
	for (size_t n = 0; n < code->count; n++) {
		places[n] = e->length;
		if (e->known[n] != TORC_PROGRAM_UNREACHED)
			emit_instruction(e, &code->instructions[n], n);
	}
	e->fail = e->length;
	constant(e, 0, 0);
	emit_return(e);
}

static bool has_scratch(const struct torc_program_code *code)
{
	for (size_t n = 0; n < code->count; n++) {
		uint16_t class = BPF_CLASS(code->instructions[n].code);

		if (class == BPF_ST || class == BPF_STX ||
		    ((class == BPF_LD || class == BPF_LDX) &&
		     BPF_MODE(code->instructions[n].code) == BPF_MEM))
			return true;
	}
	return false;
}

torc_program_native *torc_program_native_new(const struct torc_program_code *code, size_t *size)
{
	uint64_t *known = malloc(code->count * sizeof(*known));
	size_t *places = calloc(code->count, sizeof(*places));
	struct emitter e = { .places = places, .known = known, .scratch = has_scratch(code) };
	torc_program_native *native = NULL;

	if (known && places) {
		torc_program_known_bytes(code, known);
		emit(&e, code, places); /* where everything is */
		*size = e.length * sizeof(*e.out);
		e.out = torc_program_memory(*size);
	}
	if (e.out) {
		emit(&e, code, places);
		native = torc_program_memory_seal(e.out, *size, !e.too_far);
	}
	free(known);
	free(places);
	return native;
}

#endif
