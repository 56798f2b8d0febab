/* SPDX-License-Identifier: BSD-3-Clause */
/* program.c - making and running filter programs, by whichever way this machine has */
#include <errno.h>
#include <stdlib.h>

#include "filter/program.h"
#include "util/error.h"

#define PREFETCH_PACKETS 4

struct torc_program {
	torc_program_native *native; /* NULL: the chain is run */
	size_t native_size;
	struct torc_chain *chain; /* NULL where there is machine code */
};

int torc_program_new(struct torc_program **program, const struct sock_filter *instructions,
		     size_t count, uint32_t flags, struct torc_error *error)
{
	struct torc_program_code code = { instructions, count };
	struct torc_program *p;
	int status = torc_program_check(instructions, count, flags, error);

	if (status < 0)
		return status;
	p = calloc(1, sizeof(*p));
	if (!p)
		goto no_memory;
	if (status == 0 && !(flags & TORC_PROGRAM_INTERPRET))
		p->native = torc_program_native_new(&code, &p->native_size);
	if (!p->native)
		p->chain = torc_chain_new(&code);
	if (!p->native && !p->chain)
		goto no_memory;
	*program = p;
	return 0;

no_memory:
	free(p);
	return torc_error_set(error, -ENOMEM, "no memory for a filter of %zu instructions", count);
}

void torc_program_free(struct torc_program *program)
{
	if (!program)
		return;
	torc_program_native_free(program->native, program->native_size);
	torc_chain_free(program->chain);
	free(program);
}

bool torc_program_is_native(const struct torc_program *program)
{
	return program->native != NULL;
}

uint32_t torc_program_run(const struct torc_program *program, const uint8_t *data, uint32_t caplen,
			  uint32_t len)
{
	if (program->native)
		return program->native(data, caplen, len);
	return torc_chain_run(program->chain, data, caplen, len);
}

unsigned int torc_program_filter_batch(const struct torc_program *program,
				       struct torc_packet *packets, unsigned int count)
{
	unsigned int kept = 0;

	for (unsigned int n = 0; n < count; n++) {
		struct torc_packet *packet = &packets[n];
		uint32_t verdict;

		/* Headers of cold packets are what costs most. */
		if (n + PREFETCH_PACKETS < count)
			__builtin_prefetch(packets[n + PREFETCH_PACKETS].data);
		verdict = torc_program_run(program, packet->data, packet->caplen, packet->len);

		if (verdict == 0)
			continue;
		if (verdict < packet->caplen)
			packet->caplen = verdict;
		if (kept != n)
			packets[kept] = *packet;
		kept++;
	}
	return kept;
}
