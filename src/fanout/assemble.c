/* SPDX-License-Identifier: BSD-3-Clause */
/* assemble.c - see assemble.h */
#include "fanout/assemble.h"

#include <errno.h>

unsigned int torc_assemble_label(struct assemble *a)
{
	if (a->label_count == ASSEMBLE_LABELS) {
		a->error = -E2BIG;
		return 0;
	}
	return a->label_count++;
}

void torc_assemble_place(struct assemble *a, unsigned int label)
{
	a->label_at[label] = a->out->count;
}

static void put(struct assemble *a, struct sock_filter insn)
{
	if (a->out->count == BPF_MAXINSNS) {
		a->error = -E2BIG;
		return;
	}
	a->out->insns[a->out->count++] = insn;
}

void torc_assemble_emit(struct assemble *a, unsigned int code, uint32_t k)
{
	put(a, (struct sock_filter)BPF_STMT((unsigned short)code, k));
}

void torc_assemble_goto(struct assemble *a, unsigned int label)
{
	if (a->jump_count == ASSEMBLE_JUMPS) {
		a->error = -E2BIG;
		return;
	}
	a->jumps[a->jump_count].at = a->out->count;
	a->jumps[a->jump_count++].label = (unsigned short)label;
	torc_assemble_emit(a, BPF_JMP | BPF_JA, 0);
}

void torc_assemble_if(struct assemble *a, unsigned int op, uint32_t k, unsigned int label)
{
	put(a, (struct sock_filter)BPF_JUMP((unsigned short)(BPF_JMP | op), k, 0, 1));
	torc_assemble_goto(a, label);
}

void torc_assemble_unless(struct assemble *a, unsigned int op, uint32_t k, unsigned int label)
{
	put(a, (struct sock_filter)BPF_JUMP((unsigned short)(BPF_JMP | op), k, 1, 0));
	torc_assemble_goto(a, label);
}

int torc_assemble_finish(struct assemble *a)
{
	if (a->error < 0)
		return a->error;
	for (unsigned int i = 0; i < a->jump_count; i++) {
		unsigned short at = a->jumps[i].at;

		if (a->label_at[a->jumps[i].label] <= at)
			return -ELOOP; /* there is no way back in classic BPF */
		a->out->insns[at].k = a->label_at[a->jumps[i].label] - at - 1u;
	}
	return 0;
}
