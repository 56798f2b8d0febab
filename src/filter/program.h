/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * program.h - classic BPF programs, compiled, for packets that are filtered in user space
 *
 * Files and AF_XDP rings have no kernel filter in front of them. A program is checked once, then
 * made into machine code (x86-64, AArch64) or into a chain of small functions that call each other
 * (every other machine, and where the system refuses executable memory). Verdicts are those of libpcap's
 * bpf_filter(), bit for bit.
 *
 * Parts: program.c (making, running, batches), program_check.c (which programs are accepted),
 * program_x86.c, program_a64.c (machine code), program_memory.c (where it lies), program_chain.c
 * (the interpreter).
 */
#ifndef TORC_FILTER_PROGRAM_H
#define TORC_FILTER_PROGRAM_H

#include <linux/filter.h>

#include <torc/packet.h>

struct torc_program;

/* More than the kernel takes (4096), since a file may be read with a filter no kernel has to run.
 */
#define TORC_PROGRAM_MAX 32768u

enum {
	/* no machine code, also where it would be possible */
	TORC_PROGRAM_INTERPRET = 1 << 0,
	/*
	 * Accepted too, and interpreted: what libpcap makes and the kernel refuses. "protochain" is
	 * a loop that every packet ends; "pppoes" on some link types reads a scratch word that
	 * nobody wrote, which is 0 here.
	 */
	TORC_PROGRAM_LIBPCAP = 1 << 1
};

/*
 * torc_program_new - check and compile; the instructions are copied
 *
 * Returns 0, -EINVAL with the number and the fault of an instruction, or -ENOMEM.
 */
int torc_program_new(struct torc_program **program, const struct sock_filter *instructions,
		     size_t count, uint32_t flags, struct torc_error *error);

/* torc_program_free - NULL is allowed */
void torc_program_free(struct torc_program *program);

/* torc_program_is_native - machine code, not interpreted */
bool torc_program_is_native(const struct torc_program *program);

/*
 * torc_program_run - the verdict on one packet: bytes to keep, 0: refused. Never reads data past
 * caplen. Any number of threads may run one program at the same time.
 */
uint32_t torc_program_run(const struct torc_program *program, const uint8_t *data, uint32_t caplen,
			  uint32_t len);

/*
 * torc_program_filter_batch - keep the packets of an array that match
 *
 * Those kept move to the front, in their order; caplen is cut to the verdict, as the kernel does.
 * Returns how many are kept.
 */
unsigned int torc_program_filter_batch(const struct torc_program *program,
				       struct torc_packet *packets, unsigned int count);

/* ---- between the parts ---- */

/* What both ways of running share: count instructions, checked. */
struct torc_program_code {
	const struct sock_filter *instructions;
	size_t count;
};

typedef uint32_t torc_program_native(const uint8_t *data, uint32_t caplen, uint32_t len);

/* program_check.c: 0, 1 for a program that has to be interpreted, or -EINVAL and the sentence */
int torc_program_check(const struct sock_filter *instructions, size_t count, uint32_t flags,
		       struct torc_error *error);

/*
 * program_check.c: before[i] becomes the number of packet bytes that are certain to be there when
 * instruction i runs, TORC_PROGRAM_UNREACHED when it never does. For checked programs without
 * loops.
 */
#define TORC_PROGRAM_UNREACHED UINT64_MAX
void torc_program_known_bytes(const struct torc_program_code *code, uint64_t *before);

/* Bytes a load reads from the packet, and 0 for what is not a load from a fixed place. */
static inline uint64_t torc_program_load_end(const struct sock_filter *instruction)
{
	switch (instruction->code) {
	case BPF_LD | BPF_W | BPF_ABS:
		return (uint64_t)instruction->k + 4;
	case BPF_LD | BPF_H | BPF_ABS:
		return (uint64_t)instruction->k + 2;
	case BPF_LD | BPF_B | BPF_ABS:
	case BPF_LDX | BPF_B | BPF_MSH:
		return (uint64_t)instruction->k + 1;
	default:
		return 0;
	}
}

#if defined(__x86_64__) && !defined(__ILP32__)
#define TORC_PROGRAM_X86
#elif defined(__aarch64__) && !defined(__ILP32__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define TORC_PROGRAM_A64
#endif

/*
 * program_memory.c: size bytes to write to, NULL when there are none; then, when what was written is
 * good, the same as a function. Else, and when the system refuses that, NULL, and they are gone.
 */
void *torc_program_memory(size_t size);
torc_program_native *torc_program_memory_seal(void *memory, size_t size, bool good);

/*
 * program_x86.c, program_a64.c: machine code in a mapping of its own, or NULL where there is none to
 * be had; *size is what to give back to torc_program_native_free().
 */
torc_program_native *torc_program_native_new(const struct torc_program_code *code, size_t *size);
void torc_program_native_free(torc_program_native *native, size_t size);

/* program_chain.c */
struct torc_chain;
struct torc_chain *torc_chain_new(const struct torc_program_code *code);
void torc_chain_free(struct torc_chain *chain);
uint32_t torc_chain_run(const struct torc_chain *chain, const uint8_t *data, uint32_t caplen,
			uint32_t len);

#endif
