/* SPDX-License-Identifier: BSD-3-Clause */
/* filter.c - the public filter object: an expression or instructions, and the compiled program */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <pcap/pcap.h>
#include <torc/filter.h>

#include "filter/compile.h"
#include "filter/program.h"
#include "util/error.h"

#define SNAPLEN_DEFAULT 262144u

struct torc_filter {
	struct torc_program *program;
	struct torc_program *big_endian; /* TORC_LINK_NULL: for packets of big-endian machines */
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

static void put32(uint8_t *at, uint32_t value, bool big_endian)
{
	for (int n = 0; n < 4; n++)
		at[n] = (uint8_t)(value >> (big_endian ? 24 - 8 * n : 8 * n));
}

/*
 * A handle on an empty capture file in memory. For files libpcap knows link types by their
 * LINKTYPE_ numbers, takes the address families of every BSD, and refuses words that need a live
 * interface; pcap_open_dead() would want this system's DLT_ numbers and families.
 */
static pcap_t *handle_of_file(uint16_t link_type, uint32_t snaplen, bool big_endian)
{
	uint8_t header[24] = { 0 };
	char reason[PCAP_ERRBUF_SIZE];
	pcap_t *handle;
	FILE *file;

	put32(header, 0xa1b2c3d4, big_endian);
	put32(header + 4, big_endian ? 2 << 16 | 4 : 2 | 4 << 16, big_endian); /* version 2.4 */
	put32(header + 16, snaplen, big_endian);
	put32(header + 20, link_type == TORC_LINK_RAW_OPENBSD ? TORC_LINK_RAW : link_type,
	      big_endian);
	file = fmemopen(header, sizeof(header), "r");
	if (!file)
		return NULL;
	handle = pcap_fopen_offline(file, reason);
	if (!handle)
		fclose(file);
	return handle; /* has read the header, and owns the file */
}

static int compile(struct torc_program **program, const char *expression, pcap_t *handle,
		   struct torc_error *error)
{
	struct bpf_program text;
	int status;

	if (!handle)
		return torc_error_set(error, -ENOMEM, "no memory to compile a filter");
	status = torc_bpf_compile(handle, expression ? expression : "", &text, error);
	if (status == 0) {
		status = torc_program_new(program, (struct sock_filter *)(void *)text.bf_insns,
					  text.bf_len, TORC_PROGRAM_LIBPCAP, error);
		pcap_freecode(&text);
	}
	pcap_close(handle);
	return status;
}

int torc_filter_compile(struct torc_filter **filter, const char *expression, uint16_t link_type,
			uint32_t snaplen, struct torc_error *error)
{
	struct torc_filter *f = calloc(1, sizeof(*f));
	int status;

	*filter = NULL;
	if (!f)
		return torc_error_set(error, -ENOMEM, "no memory for a filter");
	if (snaplen == 0 || snaplen > SNAPLEN_DEFAULT)
		snaplen = SNAPLEN_DEFAULT;
	status = compile(&f->program, expression, handle_of_file(link_type, snaplen, false), error);
	if (status == 0 && link_type == TORC_LINK_NULL)
		status = compile(&f->big_endian, expression,
				 handle_of_file(link_type, snaplen, true), error);
	if (status < 0) {
		torc_filter_free(f);
		return status;
	}
	*filter = f;
	return 0;
}

int torc_filter_from_instructions(struct torc_filter **filter,
				  const struct torc_filter_instruction *instructions, size_t count,
				  struct torc_error *error)
{
	struct torc_filter *f = calloc(1, sizeof(*f));
	int status;

	*filter = NULL;
	if (!f)
		return torc_error_set(error, -ENOMEM, "no memory for a filter");
	status = torc_program_new(&f->program,
				  (const struct sock_filter *)(const void *)instructions, count, 0,
				  error);
	if (status < 0) {
		free(f);
		return status;
	}
	*filter = f;
	return 0;
}

void torc_filter_free(struct torc_filter *filter)
{
	if (!filter)
		return;
	torc_program_free(filter->program);
	torc_program_free(filter->big_endian);
	free(filter);
}

/* The family in a LINKTYPE_NULL header is a small number in the byte order of who captured. */
static const struct torc_program *program_for(const struct torc_filter *filter, const uint8_t *data,
					      uint32_t caplen)
{
	if (filter->big_endian && caplen >= 4 && data[0] == 0 && data[1] == 0)
		return filter->big_endian;
	return filter->program;
}

uint32_t torc_filter_matches(const struct torc_filter *filter, const void *data, uint32_t caplen,
			     uint32_t len)
{
	return torc_program_run(program_for(filter, data, caplen), data, caplen, len);
}

unsigned int torc_filter_batch(const struct torc_filter *filter, struct torc_packet *packets,
			       unsigned int count)
{
	unsigned int kept = 0;

	if (!filter->big_endian)
		return torc_program_filter_batch(filter->program, packets, count);
	for (unsigned int n = 0; n < count; n++) {
		packets[kept] = packets[n];
		kept += torc_program_filter_batch(
			program_for(filter, packets[kept].data, packets[kept].caplen),
			&packets[kept], 1);
	}
	return kept;
}

bool torc_filter_is_native(const struct torc_filter *filter)
{
	return torc_program_is_native(filter->program);
}
