/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * filter.c - filters in user space: nanoseconds a packet, against libpcap's bpf_filter()
 *
 * bench/filter. 4096 packets, half of them TCP, an eighth to port 80, the rest UDP and
 * IPv6; all ways see the same packets in the same order and must find the same number.
 */
#include <err.h>
#include <pcap/pcap.h>

#include <torc/send.h>

#include "filter/program.h"
#include "rounds.h"

#define PACKETS 4096u
#define SLOT    192u /* bytes: all of them stay in the second-level cache */
#define REPEATS 60u
#define ROUNDS	11u

enum { BPF_FILTER, CHAIN, NATIVE, BATCH, WAYS };

static const char *const way_names[WAYS] = { "bpf_filter()", "torc interpreted", "torc",
					     "torc batch" };

struct filter {
	const char *name;
	const char *goal; /* for the compiled one */
	struct bpf_program text;
	struct torc_program *native, *chain;
	struct rounds ns[WAYS];
	uint64_t matched[WAYS];
};

static struct torc_packet packets[PACKETS];

static void make_packets(void)
{
	static const uint32_t lengths[] = { 90, 128, 192 };
	struct torc_maker *makers[4];
	uint8_t *memory = malloc((size_t)PACKETS * SLOT);

	if (!memory)
		err(1, "memory");
	for (int n = 0; n < 4; n++) {
		struct torc_maker_options options = {
			.size = sizeof(options),
			.flows = 500,
			.lengths = lengths,
			.length_count = 3,
			.ipv6 = n == 3,
			.protocol = n < 2 ? TORC_MAKE_TCP : TORC_MAKE_UDP,
		};
		struct torc_error error;

		if (torc_maker_open(&makers[n], &options, &error) < 0)
			errx(1, "%s", error.text);
	}
	srandom(1);
	for (unsigned int n = 0; n < PACKETS; n++) {
		uint8_t *data = memory + (size_t)n * SLOT;
		int kind = (int)(random() >> 8) % 4;

		packets[n].data = data;
		packets[n].caplen = packets[n].len = torc_maker_write(makers[kind], n, data);
		if (kind == 0 && (random() >> 8) % 2)
			data[36] = 0, data[37] = 80;
	}
	for (int n = 0; n < 4; n++)
		torc_maker_close(makers[n]);
}

static void compile(struct filter *filter, const char *name, const char *expression)
{
	pcap_t *handle = pcap_open_dead(DLT_EN10MB, 65535);
	const struct sock_filter *instructions;
	struct torc_error error;

	filter->name = name;
	if (pcap_compile(handle, &filter->text, expression, 1, PCAP_NETMASK_UNKNOWN) < 0)
		errx(1, "%s", pcap_geterr(handle));
	pcap_close(handle);
	instructions = (const struct sock_filter *)(const void *)filter->text.bf_insns;
	if (torc_program_new(&filter->native, instructions, filter->text.bf_len, 0, &error) < 0 ||
	    torc_program_new(&filter->chain, instructions, filter->text.bf_len,
			     TORC_PROGRAM_INTERPRET, &error) < 0)
		errx(1, "%s", error.text);
}

static uint64_t run_bpf_filter(const struct filter *filter)
{
	uint64_t matched = 0;

	for (unsigned int n = 0; n < PACKETS; n++)
		matched += bpf_filter(filter->text.bf_insns, packets[n].data, packets[n].len,
				      packets[n].caplen) != 0;
	return matched;
}

static uint64_t run_program(const struct torc_program *program)
{
	uint64_t matched = 0;

	for (unsigned int n = 0; n < PACKETS; n++)
		matched += torc_program_run(program, packets[n].data, packets[n].caplen,
					    packets[n].len) != 0;
	return matched;
}

/* With the copy of the views that filling a batch would be. */
static uint64_t run_batch(const struct torc_program *program)
{
	uint64_t matched = 0;

	for (unsigned int n = 0; n < PACKETS; n += 64) {
		struct torc_packet batch[64];

		memcpy(batch, packets + n, sizeof(batch));
		matched += torc_program_filter_batch(program, batch, 64);
	}
	return matched;
}

static uint64_t run(const struct filter *filter, int way)
{
	switch (way) {
	case BPF_FILTER:
		return run_bpf_filter(filter);
	case CHAIN:
		return run_program(filter->chain);
	case NATIVE:
		return run_program(filter->native);
	default:
		return run_batch(filter->native);
	}
}

static void measure(struct filter *filter)
{
	for (unsigned int round = 0; round < ROUNDS; round++) {
		for (int way = 0; way < WAYS; way++) {
			double begin = rounds_cpu();

			filter->matched[way] = 0;
			for (unsigned int n = 0; n < REPEATS; n++)
				filter->matched[way] += run(filter, way);
			rounds_add(&filter->ns[way],
				   (rounds_cpu() - begin) * 1e9 / (REPEATS * PACKETS));
		}
	}
	for (int way = 1; way < WAYS; way++)
		if (filter->matched[way] != filter->matched[0])
			errx(1, "%s: %s finds another number of packets", filter->name,
			     way_names[way]);
}

static void report(const struct filter *filter)
{
	double share = (double)filter->matched[0] / (REPEATS * PACKETS);

	printf("%s (%u instructions, %.0f %% match)\n", filter->name, filter->text.bf_len,
	       share * 100);
	for (int way = 0; way < WAYS; way++) {
		double median = rounds_median(&filter->ns[way]);
		double ratio = rounds_ratio(&filter->ns[BPF_FILTER], &filter->ns[way]);

		printf("  %-18s %7.2f ns/packet  (%.2f to %.2f)  %5.2f x\n", way_names[way],
		       median, rounds_share(&filter->ns[way], 0.25),
		       rounds_share(&filter->ns[way], 0.75), ratio);
		rounds_tell((struct rounds_row){ .bench = "filter", .what = filter->name,
						 .name = way_names[way], .unit = "CPU ns/packet",
						 .peer = "bpf_filter()",
						 .goal = way == NATIVE ? filter->goal : NULL },
			    &filter->ns[way], way ? &filter->ns[BPF_FILTER] : NULL);
	}
}

int main(void)
{
	static struct filter filters[3];
	char hosts[4096] = "";

	for (unsigned int n = 0, at = 0; n < 50; n++)
		at += (unsigned int)snprintf(hosts + at, sizeof(hosts) - at, "%shost 10.%u.%u.%u",
					     n ? " or " : "", n * 7 % 200, n * 31 % 256, 1 + n);
	filters[0].goal = filters[1].goal = "<= 0.333";
	make_packets();
	compile(&filters[0], "tcp and port 80", "tcp and port 80");
	compile(&filters[1], "50 terms", hosts);
	compile(&filters[2], "arithmetic", "tcp[((tcp[12] & 0xf0) >> 2):4] = 0x47455420");
	for (int n = 0; n < 3; n++) {
		measure(&filters[n]);
		report(&filters[n]);
	}
	return 0;
}
