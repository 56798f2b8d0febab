/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * afxdp_program.c - the XDP program of an interface
 *
 *	nobody receives this queue?          → XDP_PASS: the host's
 *	refused by the filter of its ring?   → XDP_PASS
 *	write time and cookie before the frame, redirect it to the socket
 *
 * What a ring does not want stays with the host. The program is written anew when a ring starts,
 * stops or changes its filter, so that it only ever tests what makes a difference. Time is taken here, when the packet arrives, and
 * not when somebody picks it up; a driver without room for metadata makes the program skip that,
 * and the receiver sees it by the missing cookie. Context: struct xdp_md of linux/bpf.h.
 */
#include <errno.h>
#include <stddef.h>

#include "bpf/bpf.h"
#include "bpf/code.h"
#include "bpf/translate.h"
#include "engine/afxdp.h"
#include "util/error.h"

/* Helper functions by number (linux/bpf.h). */
enum {
	TIME = BPF_FUNC_ktime_get_ns,
	REDIRECT = BPF_FUNC_redirect_map,
	ADJUST_META = BPF_FUNC_xdp_adjust_meta
};

enum {
	R0 = BPF_REG_0,
	R1 = BPF_REG_1,
	R2 = BPF_REG_2,
	R3 = BPF_REG_3,
	CONTEXT = BPF_REG_6, /* where the filters expect it */
	QUEUE = BPF_REG_7
};

#define MD(field) ((int16_t)offsetof(struct xdp_md, field))
#define STAMP(field) ((int16_t)offsetof(struct afxdp_stamp, field))

struct program {
	struct torc_bpf_code code;
	const struct afxdp_port *port;
	unsigned int accept, redirect, pass;
	bool passes; /* something jumps to pass */
};

static void emit(struct program *p, struct bpf_insn insn)
{
	torc_bpf_emit(&p->code, insn);
}

static void emit_start(struct program *p)
{
	emit(p, BPF_MOV_REG(CONTEXT, R1));
	emit(p, BPF_LOAD(BPF_W, QUEUE, CONTEXT, MD(rx_queue_index)));
}

/* Jump to label unless the packet's queue is in the mask. */
static void emit_unless_queue(struct program *p, uint64_t mask, unsigned int label)
{
	torc_bpf_emit_wide(&p->code, R1, 0, mask);
	emit(p, BPF_ALU64_REG(BPF_RSH, R1, QUEUE));
	emit(p, BPF_ALU64_IMM(BPF_AND, R1, 1));
	torc_bpf_jump(&p->code, BPF_IF_IMM(BPF_JEQ, R1, 0), label);
}

/* The filter of the engine that owns the queue, when it has one. */
static int emit_filters(struct program *p, uint64_t received)
{
	for (const struct torc_engine *e = p->port->engines; e; e = e->next_on_port) {
		struct sock_fprog filter = { e->filter_length, e->filter };
		unsigned int others;
		int result;

		if (!e->filter || !e->receiving)
			continue;
		others = torc_bpf_label(&p->code);
		if (e->queue_mask != received)
			emit_unless_queue(p, e->queue_mask, others);
		result = torc_bpf_translate(&p->code, &filter, p->accept, p->pass);
		if (result < 0)
			return result;
		p->passes = true;
		torc_bpf_place(&p->code, others);
	}
	return 0;
}

static void emit_stamp(struct program *p)
{
	enum { DATA = R1, META = R2, END = R3, NOW = BPF_REG_8 };

	emit(p, BPF_MOV_REG(R1, CONTEXT));
	emit(p, BPF_MOV_IMM(R2, -(int)sizeof(struct afxdp_stamp)));
	emit(p, BPF_CALL_HELPER(ADJUST_META));
	torc_bpf_jump(&p->code, BPF_IF_IMM(BPF_JNE, R0, 0), p->redirect);
	emit(p, BPF_CALL_HELPER(TIME));
	emit(p, BPF_MOV_REG(NOW, R0));
	emit(p, BPF_LOAD(BPF_W, META, CONTEXT, MD(data_meta)));
	emit(p, BPF_LOAD(BPF_W, DATA, CONTEXT, MD(data)));
	emit(p, BPF_MOV_REG(END, META));
	emit(p, BPF_ALU64_IMM(BPF_ADD, END, sizeof(struct afxdp_stamp)));
	torc_bpf_jump(&p->code, BPF_IF_REG(BPF_JGT, END, DATA), p->redirect);
	emit(p, BPF_STORE(BPF_DW, META, STAMP(time_ns), NOW));
	emit(p, BPF_STORE_IMM(BPF_W, META, STAMP(cookie), p->port->cookie));
	emit(p, BPF_STORE_IMM(BPF_W, META, STAMP(flags), 0));
}

static void emit_end(struct program *p)
{
	torc_bpf_place(&p->code, p->redirect);
	emit(p, BPF_MOV_REG(R2, QUEUE));
	torc_bpf_emit_wide(&p->code, R1, BPF_PSEUDO_MAP_FD, (uint32_t)p->port->map);
	emit(p, BPF_MOV_IMM(R3, XDP_PASS)); /* when the socket went away just now */
	emit(p, BPF_CALL_HELPER(REDIRECT));
	emit(p, BPF_EXIT_INSN());
}

static void emit_pass(struct program *p)
{
	torc_bpf_place(&p->code, p->pass);
	emit(p, BPF_MOV_IMM(R0, XDP_PASS));
	emit(p, BPF_EXIT_INSN());
}

static uint64_t queues_received(const struct afxdp_port *port)
{
	uint64_t mask = 0;

	for (const struct torc_engine *e = port->engines; e; e = e->next_on_port)
		mask |= e->receiving ? e->queue_mask : 0;
	return mask;
}

static int write_program(struct program *p)
{
	uint64_t received = queues_received(p->port);
	int result;

	p->accept = torc_bpf_label(&p->code);
	p->redirect = torc_bpf_label(&p->code);
	p->pass = torc_bpf_label(&p->code);
	if (received == 0) {
		emit_pass(p);
		return torc_bpf_finish(&p->code);
	}
	emit_start(p);
	/* The map has the last word: a queue without an entry is the host's in any case. */
	if (received != p->port->all_queues) {
		emit_unless_queue(p, received, p->pass);
		p->passes = true;
	}
	result = emit_filters(p, received);
	if (result < 0)
		return result;
	torc_bpf_place(&p->code, p->accept);
	emit_stamp(p);
	emit_end(p);
	if (p->passes)
		emit_pass(p);
	return torc_bpf_finish(&p->code);
}

int afxdp_program_load(const struct afxdp_port *port, struct torc_error *error)
{
	struct program p = { .port = port };
	int result = write_program(&p);

	if (result < 0)
		torc_error_set(error, result, "no XDP program: %s", torc_strerror(result));
	else
		result = torc_bpf_program_load(
			&(struct torc_bpf_program){ .name = "torc_xdp",
						    .type = BPF_PROG_TYPE_XDP,
						    .attach_type = BPF_XDP,
						    .insns = p.code.insns,
						    .count = p.code.count },
			error);
	torc_bpf_code_free(&p.code);
	return result;
}
