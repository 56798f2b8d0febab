/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * code.h - writing eBPF programs in C, one instruction a call
 *
 *	struct torc_bpf_code code = { 0 };
 *	unsigned int out = torc_bpf_label(&code);
 *
 *	torc_bpf_emit(&code, BPF_MOV_IMM(BPF_REG_0, XDP_PASS));
 *	torc_bpf_jump(&code, BPF_IF_IMM(BPF_JEQ, BPF_REG_1, 0), out);
 *	...
 *	torc_bpf_place(&code, out);
 *	torc_bpf_emit(&code, BPF_EXIT_INSN());
 *	result = torc_bpf_finish(&code);
 *
 * Errors stick: emit, jump and place return nothing, torc_bpf_finish() returns the first error.
 * The macros are the instruction set of the kernel's Documentation/bpf/standardization.
 */
#ifndef TORC_BPF_CODE_H
#define TORC_BPF_CODE_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stdint.h>

struct torc_bpf_jump {
	unsigned int at, label;
};

struct torc_bpf_code {
	struct bpf_insn *insns; /* owned; count of them are the program */
	unsigned int count, room;
	struct torc_bpf_jump *jumps;
	unsigned int jump_count, jump_room;
	int *labels; /* place of each, or -1 */
	unsigned int label_count, label_room;
	int error;
};

void torc_bpf_emit(struct torc_bpf_code *code, struct bpf_insn insn);
/* A 64-bit constant, or with BPF_PSEUDO_MAP_FD as kind the map behind a descriptor: two slots. */
void torc_bpf_emit_wide(struct torc_bpf_code *code, uint8_t reg, uint8_t kind, uint64_t value);
unsigned int torc_bpf_label(struct torc_bpf_code *code);
void torc_bpf_jump(struct torc_bpf_code *code, struct bpf_insn insn, unsigned int label);
void torc_bpf_place(struct torc_bpf_code *code, unsigned int label);
/*
 * A block of instructions out of a table. BPF_HOLE(n) as immediate value stands for holes[n]; the
 * offset of a jump is the index of its label in labels, and BPF_PLACE(n) places labels[n].
 */
void torc_bpf_emit_text(struct torc_bpf_code *code, const struct bpf_insn *text, unsigned int count,
			const int32_t *holes, const unsigned int *labels);
/* Resolves the jumps. 0, -ENOMEM, or -E2BIG when a jump is out of an instruction's reach. */
int torc_bpf_finish(struct torc_bpf_code *code);
void torc_bpf_code_free(struct torc_bpf_code *code);

#define BPF_INSN(code_, dst_, src_, off_, imm_)                                                    \
	((struct bpf_insn){ .code = (code_), .dst_reg = (dst_), .src_reg = (src_),                 \
			    .off = (int16_t)(off_), .imm = (int32_t)(imm_) })

/* 64-bit arithmetic: BPF_ALU64_REG(BPF_ADD, dst, src); 32-bit, upper half cleared: BPF_ALU32_… */
#define BPF_ALU64_REG(op, dst, src) BPF_INSN(BPF_ALU64 | (op) | BPF_X, dst, src, 0, 0)
#define BPF_ALU64_IMM(op, dst, imm) BPF_INSN(BPF_ALU64 | (op) | BPF_K, dst, 0, 0, imm)
#define BPF_ALU32_REG(op, dst, src) BPF_INSN(BPF_ALU | (op) | BPF_X, dst, src, 0, 0)
#define BPF_ALU32_IMM(op, dst, imm) BPF_INSN(BPF_ALU | (op) | BPF_K, dst, 0, 0, imm)
#define BPF_MOV_REG(dst, src)       BPF_ALU64_REG(BPF_MOV, dst, src)
#define BPF_MOV_IMM(dst, imm)       BPF_ALU64_IMM(BPF_MOV, dst, imm)
/* network order to host order and back, 16, 32 or 64 bits */
#define BPF_BIG_ENDIAN(dst, bits)   BPF_INSN(BPF_ALU | BPF_END | BPF_TO_BE, dst, 0, 0, bits)

/* memory: size is BPF_B, BPF_H, BPF_W or BPF_DW */
#define BPF_LOAD(size, dst, src, off)      BPF_INSN(BPF_LDX | (size) | BPF_MEM, dst, src, off, 0)
#define BPF_STORE(size, dst, off, src)     BPF_INSN(BPF_STX | (size) | BPF_MEM, dst, src, off, 0)
#define BPF_STORE_IMM(size, dst, off, imm) BPF_INSN(BPF_ST | (size) | BPF_MEM, dst, 0, off, imm)

/* memory, atomically and as a full barrier: add; put src there if R0 is there, R0 = what was there */
#define BPF_ATOMIC_PLUS(size, dst, off, src) BPF_INSN(BPF_STX | (size) | BPF_ATOMIC, dst, src, off, BPF_ADD)
#define BPF_ATOMIC_SWAP(size, dst, off, src) BPF_INSN(BPF_STX | (size) | BPF_ATOMIC, dst, src, off, BPF_CMPXCHG)

/* conditions for torc_bpf_jump(); the 32-bit kind is Linux 5.1 */
#define BPF_IF_REG(op, dst, src)   BPF_INSN(BPF_JMP | (op) | BPF_X, dst, src, 0, 0)
#define BPF_IF_IMM(op, dst, imm)   BPF_INSN(BPF_JMP | (op) | BPF_K, dst, 0, 0, imm)
#define BPF_IF32_REG(op, dst, src) BPF_INSN(BPF_JMP32 | (op) | BPF_X, dst, src, 0, 0)
#define BPF_IF32_IMM(op, dst, imm) BPF_INSN(BPF_JMP32 | (op) | BPF_K, dst, 0, 0, imm)
#define BPF_GOTO()                 BPF_INSN(BPF_JMP | BPF_JA, 0, 0, 0, 0)

#define BPF_CALL_HELPER(number) BPF_INSN(BPF_JMP | BPF_CALL, 0, 0, 0, number)
#define BPF_CALL_KERNEL(id)     BPF_INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, 0, id)
#define BPF_EXIT_INSN()         BPF_INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

/* for torc_bpf_emit_text() */
#define BPF_HOLE(n)                (0x70000000 | (n))
#define BPF_PLACE(n)               BPF_INSN(BPF_JMP32 | BPF_EXIT, 0, 0, n, 0) /* no instruction */
#define BPF_WIDE(reg, kind, value) BPF_INSN(BPF_LD | BPF_DW | BPF_IMM, reg, kind, 0, value), { 0 }
#define BPF_TO_REG(op, dst, src, n) BPF_INSN(BPF_JMP | (op) | BPF_X, dst, src, n, 0)
#define BPF_TO_IMM(op, dst, imm, n) BPF_INSN(BPF_JMP | (op) | BPF_K, dst, 0, n, imm)

#endif
