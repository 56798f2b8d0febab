/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * program_check.c - which classic BPF programs are accepted, and what is known about them
 *
 * The rules are those of the kernel's bpf_check_classic(): known instructions, jumps that stay
 * inside (they only go forward, so every program ends), no constant division by zero, no constant
 * shift by 32 or more, scratch words within their 16 and written before they are read, a return at
 * the end. Accepted beyond that, since nothing can go wrong here: loads at the offsets that mean
 * ancillary data to the kernel (they are past the end of any packet, as for bpf_filter()), more
 * than 4096 instructions, and code after a return that is reached by jumps alone.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "filter/program.h"
#include "util/error.h"

static bool known_instruction(uint16_t code)
{
	switch (code) {
	case BPF_LD | BPF_W | BPF_ABS:
	case BPF_LD | BPF_H | BPF_ABS:
	case BPF_LD | BPF_B | BPF_ABS:
	case BPF_LD | BPF_W | BPF_IND:
	case BPF_LD | BPF_H | BPF_IND:
	case BPF_LD | BPF_B | BPF_IND:
	case BPF_LD | BPF_W | BPF_LEN:
	case BPF_LD | BPF_IMM:
	case BPF_LD | BPF_MEM:
	case BPF_LDX | BPF_W | BPF_LEN:
	case BPF_LDX | BPF_B | BPF_MSH:
	case BPF_LDX | BPF_IMM:
	case BPF_LDX | BPF_MEM:
	case BPF_ST:
	case BPF_STX:
	case BPF_MISC | BPF_TAX:
	case BPF_MISC | BPF_TXA:
	case BPF_RET | BPF_K:
	case BPF_RET | BPF_A:
	case BPF_JMP | BPF_JA:
	case BPF_ALU | BPF_NEG:
		return true;
	}
	if (BPF_CLASS(code) == BPF_ALU && (code & ~0xffu) == 0)
		return BPF_OP(code) <= BPF_XOR && BPF_OP(code) != BPF_NEG;
	if (BPF_CLASS(code) == BPF_JMP && (code & ~0xffu) == 0)
		return BPF_OP(code) >= BPF_JEQ && BPF_OP(code) <= BPF_JSET;
	return false;
}

/* The fault of one instruction, given how many follow it, or NULL. */
static const char *fault_of(const struct sock_filter *i, size_t following)
{
	if (!known_instruction(i->code))
		return "is not known";
	if (following == 0 && BPF_CLASS(i->code) != BPF_RET)
		return "is the last and does not return";
	switch (i->code) {
	case BPF_ALU | BPF_DIV | BPF_K:
	case BPF_ALU | BPF_MOD | BPF_K:
		return i->k == 0 ? "divides by zero" : NULL;
	case BPF_ALU | BPF_LSH | BPF_K:
	case BPF_ALU | BPF_RSH | BPF_K:
		return i->k >= 32 ? "shifts by more than 31 bits" : NULL;
	case BPF_LD | BPF_MEM:
	case BPF_LDX | BPF_MEM:
	case BPF_ST:
	case BPF_STX:
		return i->k >= BPF_MEMWORDS ? "names a scratch word past the last" : NULL;
	case BPF_JMP | BPF_JA:
		return i->k >= following ? "jumps past the end" : NULL;
	}
	if (BPF_CLASS(i->code) == BPF_JMP && (i->jt >= following || i->jf >= following))
		return "jumps past the end";
	return NULL;
}

/* The number of the first instruction that reads a scratch word nobody wrote, or count. */
static size_t unwritten_read(const struct sock_filter *instructions, size_t count,
			     uint16_t *written_at)
{
	uint16_t written = 0; /* one bit for each scratch word, on every way to this instruction */

	memset(written_at, 0xff, count * sizeof(*written_at));
	for (size_t n = 0; n < count; n++) {
		const struct sock_filter *i = &instructions[n];

		written &= written_at[n];
		switch (BPF_CLASS(i->code)) {
		case BPF_ST:
		case BPF_STX:
			written |= (uint16_t)(1u << i->k);
			break;
		case BPF_LD:
		case BPF_LDX:
			if (BPF_MODE(i->code) == BPF_MEM && !(written & 1u << i->k))
				return n;
			break;
		case BPF_JMP:
			if (BPF_OP(i->code) == BPF_JA) {
				written_at[n + 1 + i->k] &= written;
			} else {
				written_at[n + 1 + i->jt] &= written;
				written_at[n + 1 + i->jf] &= written;
			}
			written = 0xffff;
			break;
		case BPF_RET:
			written = 0xffff;
			break;
		}
	}
	return count;
}

static bool jumps_back(const struct sock_filter *i, size_t preceding)
{
	return i->code == (BPF_JMP | BPF_JA) && (int32_t)i->k < 0 &&
	       -(int64_t)(int32_t)i->k <= (int64_t)preceding + 1;
}

int torc_program_check(const struct sock_filter *instructions, size_t count, uint32_t flags,
		       struct torc_error *error)
{
	uint16_t *written_at;
	size_t unwritten;
	bool loops = false;

	if (count == 0 || count > TORC_PROGRAM_MAX)
		return torc_error_set(error, -EINVAL,
				      "a filter program has 1 to %u instructions, not %zu",
				      TORC_PROGRAM_MAX, count);
	for (size_t n = 0; n < count; n++) {
		const char *fault;

		if (flags & TORC_PROGRAM_LIBPCAP && jumps_back(&instructions[n], n)) {
			loops = true;
			continue;
		}
		fault = fault_of(&instructions[n], count - 1 - n);
		if (fault)
			return torc_error_set(error, -EINVAL, "filter instruction %zu (0x%02x) %s",
					      n, instructions[n].code, fault);
	}
	if (loops)
		return 1; /* scratch words are not followed through loops; the chain begins with
			     zeros */
	written_at = malloc(count * sizeof(*written_at));
	if (!written_at)
		return torc_error_set(error, -ENOMEM, "no memory to check a filter program");
	unwritten = unwritten_read(instructions, count, written_at);
	free(written_at);
	if (unwritten < count && flags & TORC_PROGRAM_LIBPCAP)
		return 1;
	if (unwritten < count)
		return torc_error_set(error, -EINVAL,
				      "filter instruction %zu reads scratch word %u, never written",
				      unwritten, instructions[unwritten].k);
	return 0;
}

static void keep_smaller(uint64_t *known, uint64_t bytes)
{
	if (bytes < *known)
		*known = bytes;
}

void torc_program_known_bytes(const struct torc_program_code *code, uint64_t *before)
{
	for (size_t n = 1; n < code->count; n++)
		before[n] = TORC_PROGRAM_UNREACHED;
	before[0] = 0;
	/* Jumps go forward only, so one pass sees every way to an instruction before it. */
	for (size_t n = 0; n < code->count; n++) {
		const struct sock_filter *i = &code->instructions[n];
		uint64_t known = before[n], end = torc_program_load_end(i);

		if (known == TORC_PROGRAM_UNREACHED || BPF_CLASS(i->code) == BPF_RET)
			continue;
		if (end > known)
			known = end; /* a load that fails ends the program */
		if (BPF_CLASS(i->code) != BPF_JMP) {
			keep_smaller(&before[n + 1], known);
		} else if (BPF_OP(i->code) == BPF_JA) {
			keep_smaller(&before[n + 1 + i->k], known);
		} else {
			keep_smaller(&before[n + 1 + i->jt], known);
			keep_smaller(&before[n + 1 + i->jf], known);
		}
	}
}
