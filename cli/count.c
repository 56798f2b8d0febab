/* SPDX-License-Identifier: BSD-3-Clause */
/* count.c - torc count: receive as fast as possible; packets, bytes and drops each second */
#include <unistd.h>

#include "capture.h"
#include "commands.h"
#include "inputs.h"

enum { BATCH = 64 };

struct settings {
	struct capture_settings capture;
	struct input_settings input;
};

static const struct cli_option talk_options[] = {
	{ 'q', "quiet", NULL, "no line each second, only the account at the end", cli_set_flag,
	  offsetof(struct capture_settings, quiet), NULL },
	{ 'v', "verbose", NULL, "say what is in force of the sandbox", cli_set_flag,
	  offsetof(struct capture_settings, sandbox.verbose), NULL },
	{ 0 },
};

static const struct cli_group groups[] = {
	{ "Files", input_options, offsetof(struct settings, input) },
	CAPTURE_GROUPS(struct settings, capture),
	{ "Talk", talk_options, offsetof(struct settings, capture) },
	{ NULL, NULL, 0 },
};

/* What was shown last, so that "now" is the time since. */
struct ticker {
	uint64_t shown_ns;
	uint64_t next_ns;
	struct torc_stats shown;
};

static uint64_t since(uint64_t now, uint64_t then)
{
	return now == TORC_UNKNOWN || then == TORC_UNKNOWN ? TORC_UNKNOWN : now - then;
}

static void print_now_json(double elapsed, double span, const struct torc_stats *total,
			   uint64_t packets, uint64_t bytes, uint64_t dropped)
{
	printf("{\"summary\":false,\"seconds\":%.6f,\"received\":%s,\"dropped\":%s,\"bytes\":%s,"
	       "\"now\":{\"seconds\":%.6f,\"received\":%llu,\"dropped\":%s,\"bytes\":%llu}}\n",
	       elapsed, cli_json_figure(total->received).text,
	       cli_json_figure(total->dropped).text, cli_json_figure(total->received_bytes).text,
	       span, (unsigned long long)packets, cli_json_figure(dropped).text,
	       (unsigned long long)bytes);
}

static void print_now_text(double span, const struct torc_stats *total, uint64_t packets,
			   uint64_t bytes, uint64_t dropped)
{
	double pps = (double)packets / span, bps = (double)bytes * 8 / span;

	if (isatty(STDOUT_FILENO))
		printf("now %spps %sbit/s %s dropped, total %s packets %sB %s dropped\n",
		       cli_human(pps).text, cli_human(bps).text, cli_figure(dropped).text,
		       cli_figure(total->received).text,
		       cli_human((double)total->received_bytes).text,
		       cli_figure(total->dropped).text);
	else
		printf("now %.0f pps %.0f bit/s %s dropped, total %s packets %s bytes %s dropped\n",
		       pps, bps, cli_figure(dropped).text, cli_figure(total->received).text,
		       cli_figure(total->received_bytes).text, cli_figure(total->dropped).text);
}

static void tick(const struct capture *capture, struct ticker *ticker, uint64_t now_ns)
{
	struct torc_stats total = { .size = sizeof(total) };
	double span = (double)(now_ns - ticker->shown_ns) / 1e9;
	uint64_t packets, bytes, dropped;

	capture_stats(capture, &total);
	packets = total.received - ticker->shown.received;
	bytes = total.received_bytes - ticker->shown.received_bytes;
	dropped = since(total.dropped, ticker->shown.dropped);
	if (capture->settings->json)
		print_now_json((double)(now_ns - capture->started_ns) / 1e9, span, &total, packets,
			       bytes, dropped);
	else
		print_now_text(span, &total, packets, bytes, dropped);
	cli_flush_stdout();
	ticker->shown = total;
	ticker->shown_ns = now_ns;
	ticker->next_ns += 1000000000u;
	if (ticker->next_ns <= now_ns)
		ticker->next_ns = now_ns + 1000000000u;
}

static void receive(struct capture *capture)
{
	struct ticker ticker = { .shown_ns = capture->started_ns,
				 .next_ns = capture->started_ns + 1000000000u };
	struct torc_packet packets[BATCH];

	while (!capture_over(capture)) {
		uint64_t now_ns;

		capture_next(capture, packets, BATCH);
		if (capture->settings->quiet)
			continue;
		now_ns = cli_now_ns();
		if (now_ns >= ticker.next_ns)
			tick(capture, &ticker, now_ns);
	}
}

static void print_end(const struct capture *capture)
{
	struct torc_stats stats = { .size = sizeof(stats) };

	if (capture->settings->json) {
		capture_print_json(capture);
		return;
	}
	capture_stats(capture, &stats);
	printf("%s packets %s bytes %s dropped in %.3f s", cli_figure(stats.received).text,
	       cli_figure(stats.received_bytes).text, cli_figure(stats.dropped).text,
	       (double)capture->seconds_ns / 1e9);
	if (stats.received > 0)
		printf(", %.1f ns of CPU each",
		       (double)capture->cpu_ns / (double)stats.received);
	printf("\n");
	cli_flush_stdout();
	capture_print_summary(capture, capture->packets);
}

static int run(void *data, char **words)
{
	struct settings *settings = data;
	struct capture capture;
	struct inputs inputs;
	int status = inputs_open(&inputs, &settings->input, &settings->capture);

	if (status != CLI_GOOD) {
		inputs_close(&inputs);
		return status;
	}
	if (capture_open(&capture, &settings->capture, (const char *const *)inputs.devices,
			 words) == CLI_GOOD &&
	    capture_start(&capture, !settings->capture.quiet) == CLI_GOOD)
		capture_confine(&capture, &(struct privileges){ .roles = 0 });
	if (capture.status == CLI_GOOD) {
		capture_announce(&capture);
		receive(&capture);
		capture_end(&capture);
		print_end(&capture);
	}
	inputs_close(&inputs);
	return capture_close(&capture);
}

const struct cli_command command_count = {
	.name = "count",
	.words = "[FILTER]",
	.summary = "receive as fast as possible and count",
	.about = "Receives packets as fast as possible and throws them away: packets, bytes and drops\n"
		 "each second, and the packet account at the end.",
	.groups = groups,
	.settings_size = sizeof(struct settings),
	.run = run,
};
