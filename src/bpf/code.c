/* SPDX-License-Identifier: BSD-3-Clause */
/* code.c - writing eBPF programs; see code.h */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/code.h"

/* The array with room for one more element, perhaps at another place; NULL after an error. */
static void *grow(struct torc_bpf_code *code, void *array, unsigned int count, unsigned int *room,
		  size_t size)
{
	unsigned int wanted = *room ? *room * 2 : 64;
	void *bigger;

	if (code->error)
		return NULL;
	if (count < *room)
		return array;
	bigger = realloc(array, wanted * size);
	if (bigger)
		*room = wanted;
	else
		code->error = -ENOMEM;
	return bigger;
}

void torc_bpf_emit(struct torc_bpf_code *code, struct bpf_insn insn)
{
	struct bpf_insn *insns =
		grow(code, code->insns, code->count, &code->room, sizeof(*code->insns));

	if (!insns)
		return;
	code->insns = insns;
	code->insns[code->count++] = insn;
}

void torc_bpf_emit_wide(struct torc_bpf_code *code, uint8_t reg, uint8_t kind, uint64_t value)
{
	torc_bpf_emit(code, BPF_INSN(BPF_LD | BPF_DW | BPF_IMM, reg, kind, 0, (uint32_t)value));
	torc_bpf_emit(code, BPF_INSN(0, 0, 0, 0, (uint32_t)(value >> 32)));
}

unsigned int torc_bpf_label(struct torc_bpf_code *code)
{
	int *labels = grow(code, code->labels, code->label_count, &code->label_room,
			   sizeof(*code->labels));

	if (!labels)
		return 0;
	code->labels = labels;
	code->labels[code->label_count] = -1;
	return code->label_count++;
}

void torc_bpf_jump(struct torc_bpf_code *code, struct bpf_insn insn, unsigned int label)
{
	struct torc_bpf_jump *jumps = grow(code, code->jumps, code->jump_count, &code->jump_room,
					   sizeof(*code->jumps));

	if (!jumps)
		return;
	code->jumps = jumps;
	code->jumps[code->jump_count++] = (struct torc_bpf_jump){ code->count, label };
	torc_bpf_emit(code, insn);
}

void torc_bpf_place(struct torc_bpf_code *code, unsigned int label)
{
	if (label < code->label_count)
		code->labels[label] = (int)code->count;
}

void torc_bpf_emit_text(struct torc_bpf_code *code, const struct bpf_insn *text, unsigned int count,
			const int32_t *holes, const unsigned int *labels)
{
	for (unsigned int i = 0; i < count; i++) {
		struct bpf_insn insn = text[i];
		uint8_t class = BPF_CLASS(insn.code), op = BPF_OP(insn.code);

		if ((insn.imm & ~0xff) == BPF_HOLE(0))
			insn.imm = holes[insn.imm & 0xff];
		if (class != BPF_JMP && class != BPF_JMP32)
			torc_bpf_emit(code, insn);
		else if (class == BPF_JMP32 && op == BPF_EXIT)
			torc_bpf_place(code, labels[insn.off]);
		else if (op == BPF_CALL || op == BPF_EXIT)
			torc_bpf_emit(code, insn);
		else
			torc_bpf_jump(code, insn, labels[insn.off]);
	}
}

int torc_bpf_finish(struct torc_bpf_code *code)
{
	for (unsigned int i = 0; i < code->jump_count && !code->error; i++) {
		const struct torc_bpf_jump *jump = &code->jumps[i];
		int distance = code->labels[jump->label] - (int)jump->at - 1;

		if (code->labels[jump->label] < 0)
			code->error = -EINVAL;
		else if (distance > INT16_MAX || distance < INT16_MIN)
			code->error = -E2BIG;
		else
			code->insns[jump->at].off = (int16_t)distance;
	}
	return code->error;
}

void torc_bpf_code_free(struct torc_bpf_code *code)
{
	free(code->insns);
	free(code->jumps);
	free(code->labels);
	memset(code, 0, sizeof(*code));
}
