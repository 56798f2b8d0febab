/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * assemble.h - writing classic BPF with labels
 *
 * A conditional jump of classic BPF reaches 255 instructions, an unconditional one any number; so
 * "if ... goto label" is the condition over an unconditional jump. Errors stick until
 * torc_assemble_finish().
 */
#ifndef TORC_FANOUT_ASSEMBLE_H
#define TORC_FANOUT_ASSEMBLE_H

#include <stdbool.h>

#include "fanout/program.h"

#define ASSEMBLE_LABELS 160
#define ASSEMBLE_JUMPS  512

struct assemble {
	struct torc_classic_program *out;
	unsigned short label_at[ASSEMBLE_LABELS];
	unsigned int label_count;
	struct {
		unsigned short at;
		unsigned short label;
	} jumps[ASSEMBLE_JUMPS];
	unsigned int jump_count;
	int error;
};

unsigned int torc_assemble_label(struct assemble *a);
void torc_assemble_place(struct assemble *a, unsigned int label);
void torc_assemble_emit(struct assemble *a, unsigned int code, uint32_t k);
void torc_assemble_goto(struct assemble *a, unsigned int label);
/* op: BPF_JEQ, BPF_JGT, BPF_JGE or BPF_JSET, compared with k, or with X when op has BPF_X */
void torc_assemble_if(struct assemble *a, unsigned int op, uint32_t k, unsigned int label);
void torc_assemble_unless(struct assemble *a, unsigned int op, uint32_t k, unsigned int label);
int torc_assemble_finish(struct assemble *a);

#endif
