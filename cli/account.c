/* SPDX-License-Identifier: BSD-3-Clause */
/* account.c - where each packet went: for people, for scripts that know tcpdump, and as JSON */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "aside.h"
#include "capture.h"
#include "defrag.h"

/* The unknown stays unknown, whatever is added. */
static void add(uint64_t *sum, uint64_t value)
{
	*sum = *sum == TORC_UNKNOWN || value == TORC_UNKNOWN ? TORC_UNKNOWN : *sum + value;
}

void capture_stats(const struct capture *capture, struct torc_stats *sum)
{
	*sum = (struct torc_stats){ .size = sizeof(*sum) };
	sum->balanced = true;
	if (capture->aside && capture->aside->decodes) {
		aside_stats(capture->aside, sum);
		return;
	}
	for (unsigned int i = 0; i < capture->ring_count; i++) {
		struct torc_stats stats = { .size = sizeof(stats) };

		if (torc_ring_stats(capture->rings[i], &stats) < 0) {
			sum->balanced = false;
			continue;
		}
		add(&sum->received, stats.received);
		add(&sum->received_bytes, stats.received_bytes);
		add(&sum->dropped, stats.dropped);
		add(&sum->kernel_seen, stats.kernel_seen);
		add(&sum->filtered, stats.filtered);
		add(&sum->filtered_late, stats.filtered_late);
		add(&sum->sampled_out, stats.sampled_out);
		add(&sum->own_copies, stats.own_copies);
		add(&sum->other_direction, stats.other_direction);
		add(&sum->other_member, stats.other_member);
		add(&sum->discarded, stats.discarded);
		add(&sum->waiting, stats.waiting);
		add(&sum->truncated, stats.truncated);
		add(&sum->freezes, stats.freezes);
		add(&sum->card_missed, stats.card_missed);
		sum->balanced = sum->balanced && stats.balanced;
	}
}

bool capture_lost(const struct capture *capture)
{
	struct torc_stats stats = { .size = sizeof(stats) };

	capture_stats(capture, &stats);
	return (capture->written && capture->written->writer.lost > 0) ||
	       (stats.dropped != TORC_UNKNOWN && stats.dropped > 0) ||
	       (stats.card_missed != TORC_UNKNOWN && stats.card_missed > 0);
}

void capture_print_counts(const struct capture *capture)
{
	struct torc_stats stats = { .size = sizeof(stats) };

	capture_stats(capture, &stats);
	fprintf(stderr, "torc: %llu packets captured, %s packets received by filter, "
		"%s packets dropped by kernel", (unsigned long long)capture->packets,
		cli_figure(stats.kernel_seen).text, cli_figure(stats.dropped).text);
	if (capture->written)
		fprintf(stderr, ", %s written, %s lost to the disk",
			cli_figure(capture->written->writer.written).text,
			cli_figure(capture->written->writer.lost).text);
	fputc('\n', stderr);
}

void capture_print_live(const struct capture *capture, const struct torc_stats *stats)
{
	double seconds = (double)(cli_now_ns() - capture->started_ns) / 1e9;

	if (!isatty(STDERR_FILENO) || capture->settings->quiet)
		return;
	fprintf(stderr, "\r\033[K%s packets, %spps, %s dropped, %s written, %s lost to the disk\r",
		cli_figure(stats->received).text,
		cli_human(seconds > 0 ? (double)stats->received / seconds : 0).text,
		cli_figure(stats->dropped).text, cli_figure(capture->written->writer.written).text,
		cli_figure(capture->written->writer.lost).text);
}

static void print_written(const struct capture_written *written)
{
	const struct torc_writer_stats *writer = &written->writer;

	fprintf(stderr, "written: %s taken = %s written + %s lost to the disk",
		cli_figure(writer->taken + written->after_last + written->left_out).text,
		cli_figure(writer->written).text, cli_figure(writer->lost).text);
	if (written->after_last > 0)
		fprintf(stderr, " + %s after the last file", cli_figure(written->after_last).text);
	if (written->left_out > 0)
		fprintf(stderr, " + %s left out (another link type)",
			cli_figure(written->left_out).text);
	cli_complain("; %s file%s, %s bytes", cli_figure(writer->files).text,
		     writer->files == 1 ? "" : "s", cli_figure(writer->written_bytes).text);
}

/* One term of the equation; those that are 0 are left out but for the first two. */
static void print_term(const char *name, uint64_t value, bool always)
{
	if (always || value != 0)
		fprintf(stderr, " %c %s %s", strcmp(name, "received") == 0 ? '=' : '+',
			cli_figure(value).text, name);
}

static uint64_t known(uint64_t value)
{
	return value == TORC_UNKNOWN ? 0 : value;
}

void capture_print_account(const struct torc_stats *stats, uint64_t captured)
{
	const char *colour = "", *plain = "";

	if (stats->dropped != 0) {
		colour = cli_colour(stderr, CLI_RED);
		plain = cli_colour(stderr, NULL);
	}
	cli_complain("%llu packet%s captured", (unsigned long long)captured,
		     captured == 1 ? "" : "s");
	cli_complain("%s packet%s received by filter", cli_figure(stats->kernel_seen).text,
		     stats->kernel_seen == 1 ? "" : "s");
	cli_complain("%s%s packet%s dropped by kernel%s", colour, cli_figure(stats->dropped).text,
		     stats->dropped == 1 ? "" : "s", plain);
	fprintf(stderr, "account: %s seen", cli_figure(stats->kernel_seen).text);
	print_term("received", stats->received, true);
	print_term("dropped", stats->dropped, true);
	print_term("sampled out", stats->sampled_out, false);
	print_term("own copies", stats->own_copies, false);
	/* what the ring itself refused; where the kernel does it, it is not among those seen */
	print_term("filtered", known(stats->filtered), false);
	print_term("other direction", known(stats->other_direction), false);
	print_term("other member", known(stats->other_member), false);
	print_term("filtered late", stats->filtered_late, false);
	print_term("discarded", stats->discarded, false);
	print_term("waiting", stats->waiting, false);
	if (stats->kernel_seen == TORC_UNKNOWN || stats->dropped == TORC_UNKNOWN)
		fputs(": the kernel's counters could not be read\n", stderr);
	else
		fprintf(stderr, ": %s\n", stats->balanced ? "balanced" : "NOT balanced");
	if (known(stats->truncated) > 0)
		cli_complain("cut: of %s packets the end was not kept (the snapshot length, or more "
			     "than the ring has room for)", cli_figure(stats->truncated).text);
}

void capture_print_summary(const struct capture *capture, uint64_t captured)
{
	struct torc_stats stats = { .size = sizeof(stats) };

	capture_stats(capture, &stats);
	if (capture->written && isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr); /* the live line */
	capture_print_account(&stats, captured);
	defrag_print_summary(capture->defrag);
	if (capture->written)
		print_written(capture->written);
}

static void print_field(const char *name, uint64_t value)
{
	printf(",\"%s\":%s", name, cli_json_figure(value).text);
}

static void print_cpu(const struct capture *capture, uint64_t received)
{
	if (received == 0 || received == TORC_UNKNOWN)
		printf(",\"cpu_ns_per_packet\":null");
	else
		printf(",\"cpu_ns_per_packet\":%.1f", (double)capture->cpu_ns / (double)received);
}

void capture_print_json(const struct capture *capture)
{
	struct torc_stats stats = { .size = sizeof(stats) };
	struct torc_ring_info info;

	capture_info(capture, &info);
	capture_stats(capture, &stats);
	printf("{\"summary\":true,\"device\":");
	cli_print_json_string(stdout, info.device ? info.device : "");
	printf(",\"engine\":");
	cli_print_json_string(stdout, info.engine ? info.engine : "");
	printf(",\"seconds\":%.6f", (double)capture->seconds_ns / 1e9);
	print_field("received", stats.received);
	print_field("dropped", stats.dropped);
	print_field("filtered", stats.filtered);
	print_field("sampled_out", stats.sampled_out);
	print_field("bytes", stats.received_bytes);
	print_cpu(capture, stats.received);
	printf(",\"balanced\":%s", stats.balanced ? "true" : "false");
	print_field("kernel_seen", stats.kernel_seen);
	print_field("filtered_late", stats.filtered_late);
	print_field("own_copies", stats.own_copies);
	print_field("other_direction", stats.other_direction);
	print_field("other_member", stats.other_member);
	print_field("discarded", stats.discarded);
	print_field("waiting", stats.waiting);
	print_field("truncated", stats.truncated);
	print_field("freezes", stats.freezes);
	print_field("card_missed", stats.card_missed);
	if (capture->written) {
		print_field("written", capture->written->writer.written);
		print_field("lost_to_disk", capture->written->writer.lost);
		print_field("written_bytes", capture->written->writer.written_bytes);
		print_field("files", capture->written->writer.files);
		print_field("after_last_file", capture->written->after_last);
		print_field("left_out", capture->written->left_out);
	}
	defrag_print_json(capture->defrag);
	printf("}\n");
	cli_flush_stdout();
}
