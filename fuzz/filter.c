/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * filter.c - fuzz target: a program and a packet; machine code, chain and bpf_filter() must agree
 *
 * The input is one byte (how many instructions), the instructions, and the packet. The packet lies
 * in memory of exactly its size, so that AddressSanitizer sees the interpreters read past it.
 */
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

#include "filter/program.h"

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

static void run(const struct sock_filter *instructions, size_t count, const uint8_t *data,
		uint32_t caplen)
{
	struct torc_program *native, *chain;
	uint32_t want, len = caplen + 17;

	if (torc_program_new(&native, instructions, count, 0, NULL) < 0)
		return;
	if (torc_program_new(&chain, instructions, count, TORC_PROGRAM_INTERPRET, NULL) < 0)
		abort();
	want = bpf_filter((const struct bpf_insn *)(const void *)instructions, data, len, caplen);
	if (torc_program_run(native, data, caplen, len) != want ||
	    torc_program_run(chain, data, caplen, len) != want)
		abort();
	torc_program_free(native);
	torc_program_free(chain);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	struct sock_filter instructions[256];
	size_t count, bytes;
	uint8_t *data;

	if (size < 1)
		return 0;
	count = input[0];
	bytes = count * sizeof(instructions[0]);
	if (size < 1 + bytes)
		return 0;
	memcpy(instructions, input + 1, bytes);
	size -= 1 + bytes;
	data = malloc(size ? size : 1);
	if (!data)
		return 0;
	memcpy(data, input + 1 + bytes, size);
	run(instructions, count, data, (uint32_t)size);
	free(data);
	return 0;
}
