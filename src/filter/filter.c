/* SPDX-License-Identifier: BSD-3-Clause */
/* filter.c - the public filter object: an expression or instructions, and the compiled program */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include <pcap/pcap.h>
#include <torc/filter.h>

#include "filter/compile.h"
#include "filter/program.h"
#include "util/error.h"

#define SNAPLEN_DEFAULT 262144u

struct torc_filter {
	struct torc_program *program;
};

/* All three say the same about the same eight bytes. */
#define SAME_LAYOUT(type)                                                                          \
	_Static_assert(sizeof(struct torc_filter_instruction) == sizeof(type) &&                   \
			       offsetof(struct torc_filter_instruction, jump_true) ==              \
				       offsetof(type, jt) &&                                       \
			       offsetof(struct torc_filter_instruction, k) == offsetof(type, k),   \
		       "instruction layout")
SAME_LAYOUT(struct sock_filter);
SAME_LAYOUT(struct bpf_insn);

/*
 * libpcap's functions want DLT_ values of this system, files and this library have LINKTYPE_ values
 * of the registry. They differ for the oldest types only (pcap-linktype(7)).
 */
static int dlt_of(uint16_t link_type)
{
	static const struct {
		uint16_t link_type;
		int dlt;
	} different[] = {
		{ TORC_LINK_RAW, DLT_RAW },
		{ TORC_LINK_RAW_BSD, DLT_RAW },
		{ TORC_LINK_RAW_OPENBSD, DLT_RAW },
		{ 100, DLT_ATM_RFC1483 },
		{ 102, DLT_SLIP_BSDOS },
		{ 103, DLT_PPP_BSDOS },
		{ 106, DLT_ATM_CLIP },
	};

	for (size_t i = 0; i < sizeof(different) / sizeof(different[0]); i++)
		if (different[i].link_type == link_type)
			return different[i].dlt;
	return link_type;
}

static int filter_new(struct torc_filter **filter, const struct sock_filter *instructions,
		      size_t count, uint32_t flags, struct torc_error *error)
{
	struct torc_filter *f = calloc(1, sizeof(*f));
	int status;

	if (!f)
		return torc_error_set(error, -ENOMEM, "no memory for a filter");
	status = torc_program_new(&f->program, instructions, count, flags, error);
	if (status < 0) {
		free(f);
		return status;
	}
	*filter = f;
	return 0;
}

int torc_filter_compile(struct torc_filter **filter, const char *expression, uint16_t link_type,
			uint32_t snaplen, struct torc_error *error)
{
	struct bpf_program program;
	pcap_t *handle;
	int status;

	*filter = NULL;
	if (snaplen == 0 || snaplen > INT32_MAX)
		snaplen = SNAPLEN_DEFAULT;
	handle = pcap_open_dead(dlt_of(link_type), (int)snaplen);
	if (!handle)
		return torc_error_set(error, -ENOMEM, "no memory to compile a filter");
	status = torc_bpf_compile(handle, expression ? expression : "", &program, error);
	if (status == 0) {
		status = filter_new(filter, (const struct sock_filter *)(void *)program.bf_insns,
				    program.bf_len, TORC_PROGRAM_LOOPS, error);
		pcap_freecode(&program);
	}
	pcap_close(handle);
	return status;
}

int torc_filter_from_instructions(struct torc_filter **filter,
				  const struct torc_filter_instruction *instructions, size_t count,
				  struct torc_error *error)
{
	*filter = NULL;
	return filter_new(filter, (const struct sock_filter *)(const void *)instructions, count, 0,
			  error);
}

void torc_filter_free(struct torc_filter *filter)
{
	if (!filter)
		return;
	torc_program_free(filter->program);
	free(filter);
}

uint32_t torc_filter_matches(const struct torc_filter *filter, const void *data, uint32_t caplen,
			     uint32_t len)
{
	return torc_program_run(filter->program, data, caplen, len);
}

unsigned int torc_filter_batch(const struct torc_filter *filter, struct torc_packet *packets,
			       unsigned int count)
{
	return torc_program_filter_batch(filter->program, packets, count);
}

bool torc_filter_is_native(const struct torc_filter *filter)
{
	return torc_program_is_native(filter->program);
}
