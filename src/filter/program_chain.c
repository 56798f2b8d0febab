/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * program_chain.c - a filter program as a chain of small functions
 *
 * Each instruction becomes a step: a function and its operands, jump targets already found. A
 * function does its work and calls the next step's as its last act, which the compiler makes a
 * jump; accumulator, index register and packet stay in machine registers. This is direct threaded
 * code, without a switch whose one indirect jump predicts badly.
 */
#include <stdlib.h>

#include "filter/program.h"

/* Without this, an unoptimized build would use stack for every instruction of the program. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("optimize-sibling-calls")
#endif

struct step;

struct packet_bytes {
	const uint8_t *data;
	uint32_t caplen;
	uint32_t len;
	uint32_t scratch[BPF_MEMWORDS];
};

typedef uint32_t step_function(const struct step *s, struct packet_bytes *p, uint32_t a,
			       uint32_t x);

struct step {
	step_function *run;
	uint32_t k;
	int32_t jt; /* steps from here */
	int32_t jf;
};

struct torc_chain {
	size_t count;
	struct step steps[];
};

#define GO(distance) return s[distance].run(s + (distance), p, a, x)

/* One function that changes a or x and goes on to the next step. */
#define STEP(name, ...)                                                                            \
	static uint32_t name(const struct step *s, struct packet_bytes *p, uint32_t a, uint32_t x) \
	{                                                                                          \
		__VA_ARGS__;                                                                       \
		GO(1);                                                                             \
	}

static inline bool has(const struct packet_bytes *p, uint64_t offset, uint32_t size)
{
	return offset + size <= p->caplen;
}

static inline uint32_t load_1(const struct packet_bytes *p, uint64_t offset)
{
	return p->data[offset];
}

static inline uint32_t load_2(const struct packet_bytes *p, uint64_t offset)
{
	return (uint32_t)p->data[offset] << 8 | p->data[offset + 1];
}

static inline uint32_t load_4(const struct packet_bytes *p, uint64_t offset)
{
	return load_2(p, offset) << 16 | load_2(p, offset + 2);
}

/* A load from k or from x + k (which does not wrap); past the end, the program returns 0. */
#define LOAD(name, offset, size)                                                                   \
	STEP(name, uint64_t at = (offset); if (!has(p, at, size)) return 0; a = load_##size(p, at))

LOAD(load_word, s->k, 4)
LOAD(load_half, s->k, 2)
LOAD(load_byte, s->k, 1)
LOAD(load_word_x, (uint64_t)x + s->k, 4)
LOAD(load_half_x, (uint64_t)x + s->k, 2)
LOAD(load_byte_x, (uint64_t)x + s->k, 1)
STEP(load_header_length, if (!has(p, s->k, 1)) return 0; x = (load_1(p, s->k) & 0xf) << 2)
STEP(load_len, a = p->len)
STEP(load_len_to_x, x = p->len)
STEP(load_constant, a = s->k)
STEP(load_constant_to_x, x = s->k)
STEP(load_scratch, a = p->scratch[s->k])
STEP(load_scratch_to_x, x = p->scratch[s->k])
STEP(store, p->scratch[s->k] = a)
STEP(store_x, p->scratch[s->k] = x)
STEP(copy_to_x, x = a)
STEP(copy_from_x, a = x)

STEP(add_k, a += s->k)
STEP(sub_k, a -= s->k)
STEP(mul_k, a *= s->k)
STEP(div_k, a /= s->k)
STEP(mod_k, a %= s->k)
STEP(and_k, a &= s->k)
STEP(or_k, a |= s->k)
STEP(xor_k, a ^= s->k)
STEP(lsh_k, a <<= s->k)
STEP(rsh_k, a >>= s->k)
STEP(add_x, a += x)
STEP(sub_x, a -= x)
STEP(mul_x, a *= x)
STEP(div_x, if (x == 0) return 0; a /= x)
STEP(mod_x, if (x == 0) return 0; a %= x)
STEP(and_x, a &= x)
STEP(or_x, a |= x)
STEP(xor_x, a ^= x)
STEP(lsh_x, a = x < 32 ? a << x : 0)
STEP(rsh_x, a = x < 32 ? a >> x : 0)
STEP(negate, a = 0u - a)

/*
 * Where one way of a jump is the next step, its place needs no look at the step: three functions
 * for each condition, the first for jumps with two targets.
 */
#define JUMP_TO(name, condition, when_true, when_false)                                            \
	static uint32_t name(const struct step *s, struct packet_bytes *p, uint32_t a, uint32_t x) \
	{                                                                                          \
		if (condition)                                                                     \
			GO(when_true);                                                             \
		GO(when_false);                                                                    \
	}
#define JUMP(name, condition)                                                                      \
	JUMP_TO(name, condition, s->jt, s->jf)                                                     \
	JUMP_TO(name##_or_next, condition, s->jt, 1)                                               \
	JUMP_TO(name##_else, condition, 1, s->jf)

JUMP(jump_equal_k, a == s->k)
JUMP(jump_greater_k, a > s->k)
JUMP(jump_not_less_k, a >= s->k)
JUMP(jump_bits_k, (a & s->k) != 0)
JUMP(jump_equal_x, a == x)
JUMP(jump_greater_x, a > x)
JUMP(jump_not_less_x, a >= x)
JUMP(jump_bits_x, (a & x) != 0)

static uint32_t jump(const struct step *s, struct packet_bytes *p, uint32_t a, uint32_t x)
{
	GO(s->jt);
}

static uint32_t return_k(const struct step *s, struct packet_bytes *p, uint32_t a, uint32_t x)
{
	(void)p, (void)a, (void)x;
	return s->k;
}

static uint32_t return_a(const struct step *s, struct packet_bytes *p, uint32_t a, uint32_t x)
{
	(void)s, (void)p, (void)x;
	return a;
}

/* Of the conditions, from BPF_JEQ with k to BPF_JSET with x: in steps of 8, jumps being 5 */
#define JUMP_PLACE(condition, source) (((condition) | (source)) >> 3)
#define JUMP_PLACES		      (JUMP_PLACE(BPF_JSET, BPF_X) + 1)

#define JUMP_TABLE(way)                                                                            \
	{                                                                                          \
		[JUMP_PLACE(BPF_JEQ, BPF_K)] = jump_equal_k##way,                                  \
		[JUMP_PLACE(BPF_JGT, BPF_K)] = jump_greater_k##way,                                \
		[JUMP_PLACE(BPF_JGE, BPF_K)] = jump_not_less_k##way,                               \
		[JUMP_PLACE(BPF_JSET, BPF_K)] = jump_bits_k##way,                                  \
		[JUMP_PLACE(BPF_JEQ, BPF_X)] = jump_equal_x##way,                                  \
		[JUMP_PLACE(BPF_JGT, BPF_X)] = jump_greater_x##way,                                \
		[JUMP_PLACE(BPF_JGE, BPF_X)] = jump_not_less_x##way,                               \
		[JUMP_PLACE(BPF_JSET, BPF_X)] = jump_bits_x##way,                                  \
	}

static step_function *const functions[] = {
	[BPF_LD | BPF_W | BPF_ABS] = load_word,
	[BPF_LD | BPF_H | BPF_ABS] = load_half,
	[BPF_LD | BPF_B | BPF_ABS] = load_byte,
	[BPF_LD | BPF_W | BPF_IND] = load_word_x,
	[BPF_LD | BPF_H | BPF_IND] = load_half_x,
	[BPF_LD | BPF_B | BPF_IND] = load_byte_x,
	[BPF_LD | BPF_W | BPF_LEN] = load_len,
	[BPF_LD | BPF_IMM] = load_constant,
	[BPF_LD | BPF_MEM] = load_scratch,
	[BPF_LDX | BPF_B | BPF_MSH] = load_header_length,
	[BPF_LDX | BPF_W | BPF_LEN] = load_len_to_x,
	[BPF_LDX | BPF_IMM] = load_constant_to_x,
	[BPF_LDX | BPF_MEM] = load_scratch_to_x,
	[BPF_ST] = store,
	[BPF_STX] = store_x,
	[BPF_MISC | BPF_TAX] = copy_to_x,
	[BPF_MISC | BPF_TXA] = copy_from_x,
	[BPF_ALU | BPF_ADD | BPF_K] = add_k,
	[BPF_ALU | BPF_SUB | BPF_K] = sub_k,
	[BPF_ALU | BPF_MUL | BPF_K] = mul_k,
	[BPF_ALU | BPF_DIV | BPF_K] = div_k,
	[BPF_ALU | BPF_MOD | BPF_K] = mod_k,
	[BPF_ALU | BPF_AND | BPF_K] = and_k,
	[BPF_ALU | BPF_OR | BPF_K] = or_k,
	[BPF_ALU | BPF_XOR | BPF_K] = xor_k,
	[BPF_ALU | BPF_LSH | BPF_K] = lsh_k,
	[BPF_ALU | BPF_RSH | BPF_K] = rsh_k,
	[BPF_ALU | BPF_ADD | BPF_X] = add_x,
	[BPF_ALU | BPF_SUB | BPF_X] = sub_x,
	[BPF_ALU | BPF_MUL | BPF_X] = mul_x,
	[BPF_ALU | BPF_DIV | BPF_X] = div_x,
	[BPF_ALU | BPF_MOD | BPF_X] = mod_x,
	[BPF_ALU | BPF_AND | BPF_X] = and_x,
	[BPF_ALU | BPF_OR | BPF_X] = or_x,
	[BPF_ALU | BPF_XOR | BPF_X] = xor_x,
	[BPF_ALU | BPF_LSH | BPF_X] = lsh_x,
	[BPF_ALU | BPF_RSH | BPF_X] = rsh_x,
	[BPF_ALU | BPF_NEG] = negate,
	[BPF_JMP | BPF_JA] = jump,
	[BPF_RET | BPF_K] = return_k,
	[BPF_RET | BPF_A] = return_a,
};

static step_function *const jumps[][JUMP_PLACES] = { JUMP_TABLE(), JUMP_TABLE(_or_next),
						     JUMP_TABLE(_else) };

static step_function *function_for(const struct sock_filter *i)
{
	if (BPF_CLASS(i->code) != BPF_JMP || BPF_OP(i->code) == BPF_JA)
		return functions[i->code];
	return jumps[i->jf == 0 ? 1 : i->jt == 0 ? 2 : 0][i->code >> 3];
}

struct torc_chain *torc_chain_new(const struct torc_program_code *code)
{
	struct torc_chain *chain = malloc(sizeof(*chain) + code->count * sizeof(chain->steps[0]));

	if (!chain)
		return NULL;
	chain->count = code->count;
	for (size_t n = 0; n < code->count; n++) {
		const struct sock_filter *i = &code->instructions[n];

		chain->steps[n] = (struct step){
			.run = function_for(i),
			.k = i->k,
			.jt = 1 + (i->code == (BPF_JMP | BPF_JA) ? (int32_t)i->k : i->jt),
			.jf = 1 + i->jf,
		};
	}
	return chain;
}

void torc_chain_free(struct torc_chain *chain)
{
	free(chain);
}

uint32_t torc_chain_run(const struct torc_chain *chain, const uint8_t *data, uint32_t caplen,
			uint32_t len)
{
	/* Scratch words begin as 0: programs of libpcap may read them before they write. */
	struct packet_bytes p = { .data = data, .caplen = caplen, .len = len };

	return chain->steps[0].run(&chain->steps[0], &p, 0, 0);
}
