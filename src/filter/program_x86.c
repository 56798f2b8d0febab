/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * program_x86.c - filter programs as x86-64 machine code (System V calling convention)
 *
 * Registers, all of them the caller's to lose, so that the code needs no prologue:
 *
 *	rdi  the packet               rsi  caplen               r8d  len
 *	eax  accumulator              ecx  index register (shifts want their count in cl)
 *	rdx, r9, r10  for a moment    -64(%rsp) ...  the 16 scratch words, in the red zone
 *
 * eax, ecx, esi are only ever written as 32-bit registers, which clears their upper halves: 64-bit
 * sums of them cannot wrap. A load that needs bytes known to be there (torc_program_known_bytes())
 * is not checked again. Jumps begin long and shrink in passes until nothing changes.
 */
#include "filter/program.h"

#ifdef TORC_PROGRAM_X86

#include <stdlib.h>
#include <string.h>

#define MOST_PASSES 16

struct emitter {
	uint8_t *out; /* NULL: only count */
	size_t length;
	size_t fail;	       /* where "return 0" stands, by the pass before */
	const size_t *places;  /* of each instruction, by the pass before */
	const uint64_t *known; /* torc_program_known_bytes() */
};

static void byte(struct emitter *e, unsigned int value)
{
	if (e->out)
		e->out[e->length] = (uint8_t)value;
	e->length++;
}

static void bytes2(struct emitter *e, unsigned int first, unsigned int second)
{
	byte(e, first);
	byte(e, second);
}

static void bytes3(struct emitter *e, unsigned int first, unsigned int second, unsigned int third)
{
	bytes2(e, first, second);
	byte(e, third);
}

static void word(struct emitter *e, uint32_t value)
{
	for (int shift = 0; shift < 32; shift += 8)
		byte(e, value >> shift & 0xff);
}

/* Condition codes of jumps, as in "0f 80+cc" and "70+cc"; a condition and its opposite differ in
 * bit 0. */
enum {
	CC_BELOW = 2,
	CC_NOT_BELOW = 3,
	CC_EQUAL = 4,
	CC_NOT_EQUAL = 5,
	CC_NOT_ABOVE = 6,
	CC_ABOVE = 7
};
#define CC_ALWAYS (-1)

static void jump_to(struct emitter *e, int condition, size_t place)
{
	int64_t distance = (int64_t)place - (int64_t)e->length - 2;

	if (distance >= 0 && distance <= 127) {
		bytes2(e, condition == CC_ALWAYS ? 0xeb : 0x70u + (unsigned int)condition,
		       (unsigned int)distance);
		return;
	}
	if (condition == CC_ALWAYS)
		byte(e, 0xe9);
	else
		bytes2(e, 0x0f, 0x80u + (unsigned int)condition);
	word(e, (uint32_t)((int64_t)place - (int64_t)e->length - 4));
}

/* mov r9d, k */
static void constant_to_r9(struct emitter *e, uint32_t k)
{
	bytes2(e, 0x41, 0xb9);
	word(e, k);
}

/* xor eax, eax or mov eax, k */
static void constant_to_a(struct emitter *e, uint32_t k)
{
	if (k == 0) {
		bytes2(e, 0x31, 0xc0);
		return;
	}
	byte(e, 0xb8);
	word(e, k);
}

/*
 * eax = the bytes at an address given by a mod/rm tail: "08 47 disp8" and so on. size 1, 2, 4.
 * modrm has mod and rm; sib is used when rm says so.
 */
static void load_from(struct emitter *e, unsigned int size, unsigned int modrm, unsigned int sib,
		      uint32_t displacement)
{
	if (size == 4)
		byte(e, 0x8b); /* mov eax, [...] */
	else
		bytes2(e, 0x0f, size == 2 ? 0xb7 : 0xb6); /* movzx eax, [...] */
	byte(e, modrm);
	if ((modrm & 7) == 4)
		byte(e, sib);
	if (modrm >> 6 == 1)
		byte(e, displacement);
	else if (modrm >> 6 == 2)
		word(e, displacement);
	if (size == 4)
		bytes2(e, 0x0f, 0xc8); /* bswap eax */
	else if (size == 2)
		word(e, 0x08c0c166); /* rol ax, 8 */
}

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

/* An offset this large needs a register of its own: displacements are signed 32-bit numbers. */
static bool is_far(uint32_t k)
{
	return k > INT32_MAX - 8;
}

/* lea r9, [rdx + k + size]; cmp r9, rsi; ja fail; load from rdi + rdx + k. rdx < 2^32. */
static void load_at_rdx_plus(struct emitter *e, uint32_t k, unsigned int size)
{
	if (is_far(k)) {
		constant_to_r9(e, k);
		bytes3(e, 0x4c, 0x01, 0xca); /* add rdx, r9 */
		k = 0;
	}
	bytes3(e, 0x4c, 0x8d, 0x8a); /* lea r9, [rdx + disp32] */
	word(e, k + size);
	bytes3(e, 0x49, 0x39, 0xf1); /* cmp r9, rsi */
	jump_to(e, CC_ABOVE, e->fail);
	load_from(e, size, k < 128 ? 0x44 : 0x84, 0x17, k); /* [rdi + rdx + disp] */
}

static void load_indexed(struct emitter *e, const struct sock_filter *i)
{
	bytes2(e, 0x89, 0xca); /* mov edx, ecx */
	load_at_rdx_plus(e, i->k, load_size(i->code));
}

/* A load from a fixed offset into eax. */
static void load_fixed(struct emitter *e, uint32_t k, unsigned int size, uint64_t known)
{
	if (is_far(k)) {
		bytes2(e, 0x31, 0xd2); /* xor edx, edx */
		load_at_rdx_plus(e, k, size);
		return;
	}
	if ((uint64_t)k + size > known) {
		if (k + size < 128) {
			bytes3(e, 0x83, 0xfe, k + size); /* cmp esi, imm8 */
		} else {
			bytes2(e, 0x81, 0xfe); /* cmp esi, imm32 */
			word(e, k + size);
		}
		jump_to(e, CC_BELOW, e->fail);
	}
	load_from(e, size, k < 128 ? 0x47 : 0x87, 0, k); /* [rdi + disp] */
}

/* x = (byte & 15) * 4; the accumulator stays, kept in r10d. */
static void load_header_length(struct emitter *e, uint32_t k, uint64_t known)
{
	bytes3(e, 0x41, 0x89, 0xc2); /* mov r10d, eax */
	load_fixed(e, k, 1, known);
	bytes3(e, 0x83, 0xe0, 0x0f); /* and eax, 15 */
	bytes3(e, 0x8d, 0x0c, 0x85); /* lea ecx, [rax * 4] */
	word(e, 0);
	bytes3(e, 0x44, 0x89, 0xd0); /* mov eax, r10d */
}

/* opcode reg, [rsp - 64 + 4 * k] */
static void scratch(struct emitter *e, unsigned int opcode, unsigned int reg, uint32_t k)
{
	bytes3(e, opcode, 0x44 | reg << 3, 0x24);
	byte(e, (0u - 64 + 4 * k) & 0xff);
}

static void emit_load(struct emitter *e, const struct sock_filter *i, uint64_t known)
{
	switch (i->code) {
	case BPF_LD | BPF_W | BPF_IND:
	case BPF_LD | BPF_H | BPF_IND:
	case BPF_LD | BPF_B | BPF_IND:
		load_indexed(e, i);
		break;
	case BPF_LDX | BPF_B | BPF_MSH:
		load_header_length(e, i->k, known);
		break;
	case BPF_LD | BPF_W | BPF_LEN:
		bytes3(e, 0x44, 0x89, 0xc0); /* mov eax, r8d */
		break;
	case BPF_LDX | BPF_W | BPF_LEN:
		bytes3(e, 0x44, 0x89, 0xc1); /* mov ecx, r8d */
		break;
	case BPF_LD | BPF_IMM:
		constant_to_a(e, i->k);
		break;
	case BPF_LDX | BPF_IMM:
		byte(e, 0xb9); /* mov ecx, imm32 */
		word(e, i->k);
		break;
	case BPF_LD | BPF_MEM:
		scratch(e, 0x8b, 0, i->k);
		break;
	case BPF_LDX | BPF_MEM:
		scratch(e, 0x8b, 1, i->k);
		break;
	default:
		load_fixed(e, i->k, load_size(i->code), known);
	}
}

/* eax / k or eax % k; by shift or mask when k is a power of two */
static void divide_by_constant(struct emitter *e, uint32_t k, bool remainder)
{
	if ((k & (k - 1)) == 0) {
		if (remainder) {
			byte(e, 0x25); /* and eax, imm32 */
			word(e, k - 1);
		} else {
			bytes3(e, 0xc1, 0xe8, (unsigned int)__builtin_ctz(k)); /* shr eax, imm8 */
		}
		return;
	}
	constant_to_r9(e, k);
	bytes2(e, 0x31, 0xd2);	     /* xor edx, edx */
	bytes3(e, 0x41, 0xf7, 0xf1); /* div r9d */
	if (remainder)
		bytes2(e, 0x89, 0xd0); /* mov eax, edx */
}

static void divide_by_x(struct emitter *e, bool remainder)
{
	bytes2(e, 0x85, 0xc9); /* test ecx, ecx */
	jump_to(e, CC_EQUAL, e->fail);
	bytes2(e, 0x31, 0xd2); /* xor edx, edx */
	bytes2(e, 0xf7, 0xf1); /* div ecx */
	if (remainder)
		bytes2(e, 0x89, 0xd0); /* mov eax, edx */
}

/* The processor takes the count modulo 32; BPF wants 0 from 32 on. */
static void shift_by_x(struct emitter *e, bool left)
{
	bytes2(e, 0xd3, left ? 0xe0 : 0xe8); /* shl or shr eax, cl */
	bytes3(e, 0x83, 0xf9, 32);	     /* cmp ecx, 32 */
	bytes2(e, 0x19, 0xd2);		     /* sbb edx, edx: all ones when below */
	bytes2(e, 0x21, 0xd0);		     /* and eax, edx */
}

static void emit_alu_x(struct emitter *e, uint16_t code)
{
	switch (BPF_OP(code)) {
	case BPF_ADD:
		bytes2(e, 0x01, 0xc8);
		break;
	case BPF_SUB:
		bytes2(e, 0x29, 0xc8);
		break;
	case BPF_AND:
		bytes2(e, 0x21, 0xc8);
		break;
	case BPF_OR:
		bytes2(e, 0x09, 0xc8);
		break;
	case BPF_XOR:
		bytes2(e, 0x31, 0xc8);
		break;
	case BPF_MUL:
		bytes3(e, 0x0f, 0xaf, 0xc1); /* imul eax, ecx */
		break;
	case BPF_LSH:
	case BPF_RSH:
		shift_by_x(e, BPF_OP(code) == BPF_LSH);
		break;
	default:
		divide_by_x(e, BPF_OP(code) == BPF_MOD);
	}
}

static void emit_alu(struct emitter *e, const struct sock_filter *i)
{
	/* op eax, imm32; the others have no such form */
	static const uint8_t with_constant[16] = {
		[BPF_ADD >> 4] = 0x05, [BPF_SUB >> 4] = 0x2d, [BPF_AND >> 4] = 0x25,
		[BPF_OR >> 4] = 0x0d,  [BPF_XOR >> 4] = 0x35,
	};
	unsigned int op = BPF_OP(i->code);

	if (op == BPF_NEG) {
		bytes2(e, 0xf7, 0xd8); /* neg eax */
	} else if (BPF_SRC(i->code) == BPF_X) {
		emit_alu_x(e, i->code);
	} else if (with_constant[op >> 4]) {
		byte(e, with_constant[op >> 4]);
		word(e, i->k);
	} else if (op == BPF_MUL) {
		bytes2(e, 0x69, 0xc0); /* imul eax, eax, imm32 */
		word(e, i->k);
	} else if (op == BPF_LSH || op == BPF_RSH) {
		bytes3(e, 0xc1, op == BPF_LSH ? 0xe0 : 0xe8, i->k);
	} else {
		divide_by_constant(e, i->k, op == BPF_MOD);
	}
}

/* Flags of "a compared with k or x"; returns the condition under which the jump is taken. */
static int compare(struct emitter *e, const struct sock_filter *i)
{
	bool with_x = BPF_SRC(i->code) == BPF_X;

	if (BPF_OP(i->code) == BPF_JSET) {
		if (with_x) {
			bytes2(e, 0x85, 0xc8); /* test eax, ecx */
		} else {
			byte(e, 0xa9); /* test eax, imm32 */
			word(e, i->k);
		}
		return CC_NOT_EQUAL;
	}
	if (with_x) {
		bytes2(e, 0x39, 0xc8); /* cmp eax, ecx */
	} else if (i->k < 128) {
		bytes3(e, 0x83, 0xf8, i->k); /* cmp eax, imm8 */
	} else {
		byte(e, 0x3d); /* cmp eax, imm32 */
		word(e, i->k);
	}
	switch (BPF_OP(i->code)) {
	case BPF_JEQ:
		return CC_EQUAL;
	case BPF_JGT:
		return CC_ABOVE;
	default:
		return CC_NOT_BELOW;
	}
}

static void emit_jump(struct emitter *e, const struct sock_filter *i, size_t n)
{
	int condition;

	if (i->code == (BPF_JMP | BPF_JA)) {
		if (i->k != 0)
			jump_to(e, CC_ALWAYS, e->places[n + 1 + i->k]);
		return;
	}
	if (i->jt == i->jf) {
		if (i->jt != 0)
			jump_to(e, CC_ALWAYS, e->places[n + 1 + i->jt]);
		return;
	}
	condition = compare(e, i);
	if (i->jt == 0) {
		jump_to(e, condition ^ 1, e->places[n + 1 + i->jf]);
		return;
	}
	jump_to(e, condition, e->places[n + 1 + i->jt]);
	if (i->jf != 0)
		jump_to(e, CC_ALWAYS, e->places[n + 1 + i->jf]);
}

static void emit_instruction(struct emitter *e, const struct sock_filter *i, size_t n)
{
	switch (BPF_CLASS(i->code)) {
	case BPF_LD:
	case BPF_LDX:
		emit_load(e, i, e->known[n]);
		break;
	case BPF_ST:
		scratch(e, 0x89, 0, i->k);
		break;
	case BPF_STX:
		scratch(e, 0x89, 1, i->k);
		break;
	case BPF_ALU:
		emit_alu(e, i);
		break;
	case BPF_JMP:
		emit_jump(e, i, n);
		break;
	case BPF_RET:
		if (i->code == (BPF_RET | BPF_K))
			constant_to_a(e, i->k);
		byte(e, 0xc3);
		break;
	case BPF_MISC:
		bytes2(e, 0x89, i->code == (BPF_MISC | BPF_TAX) ? 0xc1 : 0xc8); /* mov */
		break;
	}
}

/* One pass over the program: fills in where each instruction stands, and its last byte's place. */
static void emit(struct emitter *e, const struct torc_program_code *code, size_t *places)
{
	e->length = 0;
	word(e, 0xfa1e0ff3);	     /* endbr64 */
	bytes3(e, 0x41, 0x89, 0xd0); /* mov r8d, edx */
	bytes2(e, 0x89, 0xf6);	     /* mov esi, esi: the convention leaves its upper half open */
	bytes2(e, 0x31, 0xc0);	     /* xor eax, eax */
	bytes2(e, 0x31, 0xc9);	     /* xor ecx, ecx */
	for (size_t n = 0; n < code->count; n++) {
		places[n] = e->length;
		if (e->known[n] != TORC_PROGRAM_UNREACHED)
			emit_instruction(e, &code->instructions[n], n);
	}
	e->fail = e->length;
	bytes3(e, 0x31, 0xc0, 0xc3); /* xor eax, eax; ret */
}

/* Shrink jumps until two passes agree; false when they do not (or the program is too long). */
static bool settle(struct emitter *e, const struct torc_program_code *code, size_t *places)
{
	size_t *next = calloc(code->count, sizeof(*next));
	bool same = false;

	if (!next)
		return false;
	/* Far away: every jump of the first pass is long. */
	for (size_t n = 0; n < code->count; n++)
		places[n] = (size_t)1 << 30;
	e->fail = (size_t)1 << 30;
	for (int pass = 0; pass < MOST_PASSES && !same; pass++) {
		size_t before = e->fail;

		emit(e, code, next);
		same = e->fail == before && memcmp(next, places, code->count * sizeof(*next)) == 0;
		memcpy(places, next, code->count * sizeof(*next));
	}
	free(next);
	return same;
}

torc_program_native *torc_program_native_new(const struct torc_program_code *code, size_t *size)
{
	uint64_t *known = malloc(code->count * sizeof(*known));
	size_t *places = malloc(code->count * sizeof(*places));
	struct emitter e = { .places = places, .known = known };
	torc_program_native *native = NULL;

	if (known && places) {
		torc_program_known_bytes(code, known);
		if (settle(&e, code, places)) {
			*size = e.length;
			e.out = torc_program_memory(*size);
		}
	}
	if (e.out) {
		emit(&e, code, places);
		native = torc_program_memory_seal(e.out, *size, true);
	}
	free(known);
	free(places);
	return native;
}

#endif
