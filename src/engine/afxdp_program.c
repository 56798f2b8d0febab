/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * afxdp_program.c - the XDP program of an interface
 *
 *	nobody receives this queue?          → XDP_PASS: the host's
 *	refused by the filter of its ring?   → XDP_PASS
 *	mode=tap: copy it into a free frame (afxdp_tap.c) → XDP_PASS
 *	write time and cookie before the frame, redirect it to the socket
 *
 * A card that strips VLAN tags hides them from XDP; drivers that tell the tag (kernel function
 * bpf_xdp_metadata_rx_vlan_tag, Linux 6.8) have it put back before the filters look, and taken out
 * again when the packet stays with the host. The time of the card is asked for in the same way
 * (bpf_xdp_metadata_rx_timestamp, Linux 6.3). Both need a program bound to its device.
 *
 * What a ring does not want stays with the host. The program is written anew when a ring starts,
 * stops or changes its filter, so that it only ever tests what makes a difference. Time is taken
 * here, when the packet arrives, and not when somebody picks it up; a driver without room for metadata makes the program skip that,
 * and the receiver sees it by the missing cookie. Context: struct xdp_md of linux/bpf.h.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <stddef.h>

#include "bpf/bpf.h"
#include "bpf/code.h"
#include "bpf/translate.h"
#include "engine/afxdp_port.h"
#include "engine/afxdp_program.h"
#include "engine/afxdp_tap.h"
#include "util/error.h"

/* Helper functions by number (linux/bpf.h). */
enum {
	TIME = BPF_FUNC_ktime_get_ns,
	REDIRECT = BPF_FUNC_redirect_map,
	ADJUST_HEAD = BPF_FUNC_xdp_adjust_head,
	ADJUST_META = BPF_FUNC_xdp_adjust_meta
};

enum {
	R0 = BPF_REG_0,
	R1 = BPF_REG_1,
	R2 = BPF_REG_2,
	R3 = BPF_REG_3,
	CONTEXT = BPF_REG_6, /* where the filters expect it */
	QUEUE = BPF_REG_7,
	NOW = BPF_REG_8,
	FRAME_POINTER = BPF_REG_10
};

/* The stack below the 64 bytes of the filters. */
enum {
	SLOT_FLAGS = -68, /* AFXDP_STAMP_, when the driver is asked for something */
	SLOT_TAG = -70,   /* host order */
	SLOT_TPID = -72,  /* network order */
	SLOT_TIME = -80,
	SLOT_FRAME = -84,
	SLOT_DESC = -104 /* struct xdp_desc, 8 bytes aligned */
};

#define TAG_BYTES 4

#define HAS_FRAGS    (1u << 5) /* BPF_F_XDP_HAS_FRAGS, Linux 5.18 */
#define DEVICE_BOUND (1u << 6) /* BPF_F_XDP_DEV_BOUND_ONLY, Linux 6.3 */

#define MD(field) ((int16_t)offsetof(struct xdp_md, field))
#define STAMP(field) ((int16_t)offsetof(struct afxdp_stamp, field))

struct program {
	struct torc_bpf_code code;
	const struct afxdp_port *port;
	unsigned int accept, redirect, refuse, pass;
	bool refuses, passes; /* something jumps there */
	bool asks_time;       /* of the driver */
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

/* ---- tags ---- */

enum { L_PASS, L_UNTAGGED, TAG_LABELS };

/* Its addresses are in R2, the type is at 12; or there is less of a frame. */
#define TEXT_FRAME                                                                                 \
	BPF_LOAD(BPF_W, R2, CONTEXT, MD(data)), BPF_LOAD(BPF_W, R3, CONTEXT, MD(data_end)),        \
		BPF_MOV_REG(R0, R2), BPF_ALU64_IMM(BPF_ADD, R0, ETH_HLEN + TAG_BYTES),             \
		BPF_TO_REG(BPF_JGT, R0, R3, L_PASS)

#define TEXT_ADJUST_HEAD(bytes, failed)                                                            \
	BPF_MOV_REG(R1, CONTEXT), BPF_MOV_IMM(R2, bytes), BPF_CALL_HELPER(ADJUST_HEAD),            \
		BPF_TO_IMM(BPF_JNE, R0, 0, failed)

#define TEXT_MOVE(from, to) BPF_LOAD(BPF_W, R0, R2, from), BPF_STORE(BPF_W, R2, to, R0)

/* Put a tag that the card stripped back into the frame. */
static const struct bpf_insn restore_text[] = {
	BPF_STORE_IMM(BPF_W, FRAME_POINTER, SLOT_FLAGS, 0),
	BPF_STORE_IMM(BPF_W, FRAME_POINTER, SLOT_TPID, 0),
	BPF_MOV_REG(R1, CONTEXT),
	BPF_MOV_REG(R2, FRAME_POINTER),
	BPF_ALU64_IMM(BPF_ADD, R2, SLOT_TPID),
	BPF_MOV_REG(R3, FRAME_POINTER),
	BPF_ALU64_IMM(BPF_ADD, R3, SLOT_TAG),
	BPF_CALL_KERNEL(BPF_HOLE(0)),
	BPF_TO_IMM(BPF_JNE, R0, 0, L_UNTAGGED),
	TEXT_ADJUST_HEAD(-TAG_BYTES, L_UNTAGGED),
	TEXT_FRAME,
	TEXT_MOVE(4, 0),
	TEXT_MOVE(8, 4),
	TEXT_MOVE(12, 8),
	BPF_LOAD(BPF_H, R0, FRAME_POINTER, SLOT_TPID),
	BPF_STORE(BPF_H, R2, 2 * ETH_ALEN, R0),
	BPF_LOAD(BPF_H, R0, FRAME_POINTER, SLOT_TAG),
	BPF_BIG_ENDIAN(R0, 16),
	BPF_STORE(BPF_H, R2, 2 * ETH_ALEN + 2, R0),
	BPF_STORE_IMM(BPF_W, FRAME_POINTER, SLOT_FLAGS, AFXDP_STAMP_VLAN_RESTORED),
	BPF_PLACE(L_UNTAGGED),
};

/* The host gets the frame as it came: the kernel still has the tag beside it. */
static const struct bpf_insn strip_text[] = {
	BPF_LOAD(BPF_W, R0, FRAME_POINTER, SLOT_FLAGS),
	BPF_TO_IMM(BPF_JEQ, R0, 0, L_PASS),
	TEXT_FRAME,
	TEXT_MOVE(8, 12),
	TEXT_MOVE(4, 8),
	TEXT_MOVE(0, 4),
	TEXT_ADJUST_HEAD(TAG_BYTES, L_PASS),
};

static void emit_text(struct program *p, const struct bpf_insn *text, size_t bytes, int32_t hole,
		      unsigned int first_label)
{
	const unsigned int labels[] = { first_label, torc_bpf_label(&p->code) };

	torc_bpf_emit_text(&p->code, text, (unsigned int)(bytes / sizeof(*text)), &hole, labels);
}

/* Jump to label unless the packet's queue is in the mask. */
static void emit_unless_queue(struct program *p, uint64_t mask, unsigned int label)
{
	torc_bpf_emit_wide(&p->code, R1, 0, mask);
	emit(p, BPF_ALU64_REG(BPF_RSH, R1, QUEUE));
	emit(p, BPF_ALU64_IMM(BPF_AND, R1, 1));
	torc_bpf_jump(&p->code, BPF_IF_IMM(BPF_JEQ, R1, 0), label);
}

static bool is_received(const struct afxdp_sockets *sockets)
{
	return sockets->receiving || sockets->shared;
}

/* The filter of the engine that receives alone, when it has one. */
static int emit_filters(struct program *p, uint64_t received)
{
	for (const struct afxdp_sockets *s = p->port->sockets; s; s = s->next) {
		const struct afxdp_reader *reader = s->receiving ? s->alone : NULL;
		struct sock_fprog filter = { 0 };
		unsigned int others;
		int result;

		if (!reader || !reader->filter)
			continue;
		filter = (struct sock_fprog){ reader->filter_length, reader->filter };
		others = torc_bpf_label(&p->code);
		if (s->mask != received)
			emit_unless_queue(p, s->mask, others);
		result = torc_bpf_translate(&p->code, &filter, p->accept, p->refuse);
		if (result < 0)
			return result;
		p->refuses = true;
		torc_bpf_place(&p->code, others);
	}
	return 0;
}

/* The time of arrival in NOW: the card's where it has one, else ours. The flags are kept. */
static void emit_time(struct program *p, uint8_t now)
{
	unsigned int ours = torc_bpf_label(&p->code), known = torc_bpf_label(&p->code);

	if (p->asks_time) {
		emit(p, BPF_STORE_IMM(BPF_DW, FRAME_POINTER, SLOT_TIME, 0));
		emit(p, BPF_MOV_REG(R1, CONTEXT));
		emit(p, BPF_MOV_REG(R2, FRAME_POINTER));
		emit(p, BPF_ALU64_IMM(BPF_ADD, R2, SLOT_TIME));
		emit(p, BPF_CALL_KERNEL(p->port->time_function));
		torc_bpf_jump(&p->code, BPF_IF_IMM(BPF_JNE, R0, 0), ours);
		emit(p, BPF_LOAD(BPF_DW, now, FRAME_POINTER, SLOT_TIME));
		/* some drivers say yes and mean no */
		torc_bpf_jump(&p->code, BPF_IF_IMM(BPF_JEQ, now, 0), ours);
		emit(p, BPF_LOAD(BPF_W, R1, FRAME_POINTER, SLOT_FLAGS));
		emit(p, BPF_ALU64_IMM(BPF_OR, R1, AFXDP_STAMP_HARDWARE));
		emit(p, BPF_STORE(BPF_W, FRAME_POINTER, SLOT_FLAGS, R1));
		torc_bpf_jump(&p->code, BPF_GOTO(), known);
	}
	torc_bpf_place(&p->code, ours);
	emit(p, BPF_CALL_HELPER(TIME));
	emit(p, BPF_MOV_REG(now, R0));
	torc_bpf_place(&p->code, known);
}

/* The time is in NOW; without room for metadata the frame goes on as it is (label 0). */
static const struct bpf_insn stamp_text[] = {
	BPF_MOV_REG(R1, CONTEXT),
	BPF_MOV_IMM(R2, -(int)sizeof(struct afxdp_stamp)),
	BPF_CALL_HELPER(ADJUST_META),
	BPF_TO_IMM(BPF_JNE, R0, 0, 0),
	BPF_LOAD(BPF_W, R2, CONTEXT, MD(data_meta)),
	BPF_LOAD(BPF_W, R1, CONTEXT, MD(data)),
	BPF_MOV_REG(R3, R2),
	BPF_ALU64_IMM(BPF_ADD, R3, sizeof(struct afxdp_stamp)),
	BPF_TO_REG(BPF_JGT, R3, R1, 0),
	BPF_STORE(BPF_DW, R2, STAMP(time_ns), NOW),
	BPF_STORE_IMM(BPF_W, R2, STAMP(cookie), BPF_HOLE(0)),
};

static void emit_stamp(struct program *p)
{
	emit_time(p, NOW);
	emit_text(p, stamp_text, sizeof(stamp_text), (int32_t)p->port->cookie, p->redirect);
	if (p->port->tag_function || p->asks_time)
		emit(p, BPF_LOAD(BPF_W, R0, FRAME_POINTER, SLOT_FLAGS));
	else
		emit(p, BPF_MOV_IMM(R0, 0));
	emit(p, BPF_STORE(BPF_W, R2, STAMP(flags), R0));
}

/* ---- copies ---- */

/* Put in for BPF_HOLE(). */
enum { H_QUEUE, H_SHARED, H_FRAMES, H_RECORDS, H_MASK, H_SHIFT, H_CUT, H_COOKIE, HOLES };

enum { L_OTHER, L_DONE, L_LOST, L_GOT, L_SHORT, L_COUNT };

#define SHARED(field)      ((int16_t)offsetof(struct afxdp_tap_shared, field))
#define FRAME_STAMP(field) (AFXDP_HEADROOM - sizeof(struct afxdp_stamp) + (size_t)STAMP(field))
#define DESC(field)        (SLOT_DESC + (int16_t)offsetof(struct xdp_desc, field))

/*
 * Take a free frame: its address is in R2 then. Several processors may run this at once in generic
 * mode. The place of the address is computed from both indices, so that no processor reads it
 * before it has read that it is filled.
 */
#define TAKE_FRAME                                                                                 \
	BPF_LOAD(BPF_W, R0, BPF_REG_9, SHARED(taken)),                                             \
		BPF_LOAD(BPF_W, R1, BPF_REG_9, SHARED(filled)),                                    \
		BPF_TO_REG(BPF_JEQ, R0, R1, L_LOST), BPF_MOV_REG(R2, R0),                          \
		BPF_ALU64_REG(BPF_XOR, R2, R1), BPF_ALU64_REG(BPF_XOR, R2, R1),                    \
		BPF_ALU64_IMM(BPF_AND, R2, BPF_HOLE(H_MASK)), BPF_ALU64_IMM(BPF_LSH, R2, 3),       \
		BPF_ALU64_REG(BPF_ADD, R2, BPF_REG_9), BPF_LOAD(BPF_DW, R2, R2, SHARED(free)),     \
		BPF_MOV_REG(R3, R0), BPF_MOV_REG(R1, R0), BPF_ALU64_IMM(BPF_ADD, R1, 1),           \
		BPF_ATOMIC_SWAP(BPF_W, BPF_REG_9, SHARED(taken), R1),                              \
		BPF_TO_REG(BPF_JEQ, R0, R3, L_GOT)

/* A copy for one queue; the time of arrival is in SLOT_TIME, the flags in SLOT_FLAGS. */
static const struct bpf_insn copy_text[] = {
	BPF_TO_IMM(BPF_JNE, QUEUE, BPF_HOLE(H_QUEUE), L_OTHER),
	BPF_WIDE(BPF_REG_9, BPF_PSEUDO_MAP_VALUE, BPF_HOLE(H_SHARED)),
	BPF_MOV_REG(R1, CONTEXT),
	BPF_CALL_HELPER(BPF_FUNC_xdp_get_buff_len),
	BPF_MOV_REG(BPF_REG_8, R0),
	TAKE_FRAME,
	TAKE_FRAME,
	TAKE_FRAME,
	BPF_TO_IMM(BPF_JA, 0, 0, L_LOST),
	BPF_PLACE(L_GOT),
	BPF_STORE(BPF_DW, FRAME_POINTER, DESC(addr), R2),
	BPF_STORE(BPF_W, FRAME_POINTER, DESC(len), BPF_REG_8),
	BPF_STORE_IMM(BPF_W, FRAME_POINTER, DESC(options), 0),
	BPF_ALU64_IMM(BPF_RSH, R2, BPF_HOLE(H_SHIFT)),
	BPF_STORE(BPF_W, FRAME_POINTER, SLOT_FRAME, R2),
	BPF_WIDE(R1, BPF_PSEUDO_MAP_FD, BPF_HOLE(H_FRAMES)),
	BPF_MOV_REG(R2, FRAME_POINTER),
	BPF_ALU64_IMM(BPF_ADD, R2, SLOT_FRAME),
	BPF_CALL_HELPER(BPF_FUNC_map_lookup_elem),
	BPF_TO_IMM(BPF_JEQ, R0, 0, L_LOST), /* cannot be: every frame has its element */
	BPF_LOAD(BPF_DW, R1, FRAME_POINTER, SLOT_TIME),
	BPF_STORE(BPF_DW, R0, FRAME_STAMP(time_ns), R1),
	BPF_STORE_IMM(BPF_W, R0, FRAME_STAMP(cookie), BPF_HOLE(H_COOKIE)),
	BPF_LOAD(BPF_W, R1, FRAME_POINTER, SLOT_FLAGS),
	BPF_STORE(BPF_W, R0, FRAME_STAMP(flags), R1),
	BPF_MOV_REG(R1, CONTEXT),
	BPF_MOV_IMM(R2, 0),
	BPF_MOV_REG(R3, R0),
	BPF_ALU64_IMM(BPF_ADD, R3, AFXDP_HEADROOM),
	BPF_MOV_REG(BPF_REG_4, BPF_REG_8),
	BPF_TO_IMM(BPF_JEQ, BPF_REG_4, 0, L_LOST), /* nor this; the verifier wants it */
	BPF_TO_IMM(BPF_JLE, BPF_REG_4, BPF_HOLE(H_CUT), L_SHORT),
	BPF_MOV_IMM(BPF_REG_4, BPF_HOLE(H_CUT)),
	BPF_PLACE(L_SHORT),
	BPF_CALL_HELPER(BPF_FUNC_xdp_load_bytes),
	BPF_WIDE(R1, BPF_PSEUDO_MAP_FD, BPF_HOLE(H_RECORDS)),
	BPF_MOV_REG(R2, FRAME_POINTER),
	BPF_ALU64_IMM(BPF_ADD, R2, SLOT_DESC),
	BPF_MOV_IMM(R3, sizeof(struct xdp_desc)),
	BPF_MOV_IMM(BPF_REG_4, 0),
	BPF_CALL_HELPER(BPF_FUNC_ringbuf_output), /* there is room for more than all frames */
	BPF_TO_IMM(BPF_JA, 0, 0, L_DONE),
	BPF_PLACE(L_LOST),
	BPF_MOV_IMM(R1, 1),
	BPF_ATOMIC_PLUS(BPF_DW, BPF_REG_9, SHARED(lost), R1),
	BPF_TO_IMM(BPF_JA, 0, 0, L_DONE),
	BPF_PLACE(L_OTHER),
};

static void emit_copy(struct program *p, const struct afxdp_reader *alone,
		      const struct afxdp_queue *queue)
{
	unsigned int labels[L_COUNT], cut = queue->frame_bytes - AFXDP_HEADROOM;
	int32_t holes[HOLES] = {
		[H_QUEUE] = (int32_t)queue->id,
		[H_SHARED] = queue->tap->shared,
		[H_FRAMES] = queue->tap->frames,
		[H_RECORDS] = queue->tap->records,
		[H_MASK] = (int32_t)queue->fill.mask,
		[H_SHIFT] = __builtin_ctz(queue->frame_bytes),
		[H_COOKIE] = (int32_t)p->port->cookie,
	};

	for (unsigned int i = 0; i < L_COUNT; i++)
		labels[i] = i == L_DONE ? p->refuse : torc_bpf_label(&p->code);
	/* the rings of a cluster may want different lengths */
	holes[H_CUT] = (int32_t)(alone && alone->snaplen < cut ? alone->snaplen : cut);
	torc_bpf_emit_text(&p->code, copy_text, sizeof(copy_text) / sizeof(*copy_text), holes,
			   labels);
}

/* For those who only get a copy. Packets of other queues go on behind. */
static void emit_copies(struct program *p)
{
	emit_time(p, NOW);
	emit(p, BPF_STORE(BPF_DW, FRAME_POINTER, SLOT_TIME, NOW));
	if (!p->port->tag_function && !p->asks_time)
		emit(p, BPF_STORE_IMM(BPF_W, FRAME_POINTER, SLOT_FLAGS, 0));
	for (const struct afxdp_sockets *s = p->port->sockets; s; s = s->next) {
		for (uint32_t i = 0; s->receiving && s->tap && i < s->count; i++)
			emit_copy(p, s->alone, &s->queues[i]);
	}
	p->refuses = true;
}

/* ---- the whole ---- */

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

	for (const struct afxdp_sockets *s = port->sockets; s; s = s->next)
		mask |= is_received(s) ? s->mask : 0;
	return mask;
}

/* Is anything received by sockets, which takes packets away, or by copies? */
static bool has_mode(const struct afxdp_port *port, bool tap)
{
	for (const struct afxdp_sockets *s = port->sockets; s; s = s->next) {
		if (is_received(s) && s->tap == tap)
			return true;
	}
	return false;
}

static bool wants_card_time(const struct afxdp_port *port)
{
	for (const struct afxdp_sockets *s = port->sockets; s; s = s->next) {
		if (is_received(s) && s->card_time)
			return true;
	}
	return false;
}

static int write_program(struct program *p, uint64_t received)
{
	bool taps = has_mode(p->port, true);
	int result;

	p->accept = torc_bpf_label(&p->code);
	p->redirect = torc_bpf_label(&p->code);
	p->refuse = torc_bpf_label(&p->code);
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
	if (p->port->tag_function) {
		emit_text(p, restore_text, sizeof(restore_text), p->port->tag_function, p->pass);
		p->passes = true;
	} else if (p->asks_time) {
		emit(p, BPF_STORE_IMM(BPF_W, FRAME_POINTER, SLOT_FLAGS, 0));
	}
	result = emit_filters(p, received);
	if (result < 0)
		return result;
	torc_bpf_place(&p->code, p->accept);
	if (taps)
		emit_copies(p);
	if (!taps || has_mode(p->port, false)) {
		emit_stamp(p);
		emit_end(p);
	}
	torc_bpf_place(&p->code, p->refuse);
	if (p->refuses && p->port->tag_function)
		emit_text(p, strip_text, sizeof(strip_text), 0, p->pass);
	if (p->refuses || p->passes)
		emit_pass(p);
	return torc_bpf_finish(&p->code);
}

static int load(struct program *p, uint64_t received, struct torc_error *error)
{
	const struct afxdp_port *port = p->port;
	bool bound = port->tag_function || port->time_function;
	int result = write_program(p, received);

	if (result < 0)
		torc_error_set(error, result, "no XDP program: %s", torc_strerror(result));
	else
		result = torc_bpf_program_load(
			&(struct torc_bpf_program){ .name = "torc_xdp",
						    .type = BPF_PROG_TYPE_XDP,
						    .attach_type = BPF_XDP,
						    .flags = (bound ? DEVICE_BOUND : 0) |
							     (port->pieces ? HAS_FRAGS : 0),
						    .ifindex = bound ? port->ifindex : 0,
						    .insns = p->code.insns,
						    .count = p->code.count },
			error);
	torc_bpf_code_free(&p->code);
	return result;
}

int afxdp_program_load(const struct afxdp_port *port, struct torc_error *error)
{
	struct program p = { .port = port,
			     .asks_time = port->time_function && wants_card_time(port) };

	return load(&p, queues_received(port), error);
}

int afxdp_program_probe(const struct afxdp_port *port)
{
	struct program p = { .port = port, .asks_time = port->time_function != 0 };

	return load(&p, port->all_queues, NULL);
}
