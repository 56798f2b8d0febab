/* SPDX-License-Identifier: BSD-3-Clause */
/* count.c - torc count: receive as fast as possible; packets, bytes and drops each second */
#include <unistd.h>

#include "capture.h"
#include "commands.h"
#include "inputs.h"
#include "plot.h"

enum { BATCH = 64, POINT_NS = 100000000 };

struct settings {
	struct capture_settings capture;
	struct input_settings input;
	const char *plot;
};

static const struct cli_option talk_options[] = {
	{ 'q', "quiet", NULL, "no line each second, only the account at the end", cli_set_flag,
	  offsetof(struct capture_settings, quiet), NULL },
	{ 'v', "verbose", NULL, "say what is in force of the sandbox", cli_set_flag,
	  offsetof(struct capture_settings, sandbox.verbose), NULL },
	{ 0 },
};

static const struct cli_option plot_options[] = {
	{ 0, "plot", "FILE", "at the end, a picture of rate, loss and fill over time (SVG)", cli_set_text,
	  offsetof(struct settings, plot), NULL },
	{ 0 },
};

static const struct plot_panel panels[] = {
	{ "Packets a second", { "received", "lost" }, { true, true } },
	{ "Bits a second", { "received", NULL }, { true, false } },
	{ "Packets that wait in the ring", { "waiting", NULL }, { false, false } },
};

static const struct cli_group groups[] = {
	{ "Files", input_options, offsetof(struct settings, input) },
	CAPTURE_GROUPS(struct settings, capture),
	{ "Talk", talk_options, offsetof(struct settings, capture) },
	{ "Picture", plot_options, 0 },
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

static uint64_t bits(uint64_t bytes)
{
	return bytes == TORC_UNKNOWN ? bytes : 8 * bytes;
}

static void add_point(struct plot *plot, const struct capture *capture, uint64_t now_ns)
{
	struct torc_stats total = { .size = sizeof(total) };

	capture_stats(capture, &total);
	plot_add(plot, now_ns - capture->started_ns,
		 (const uint64_t[]){ total.received, total.dropped, bits(total.received_bytes),
				     TORC_UNKNOWN, total.waiting, TORC_UNKNOWN });
}

static void receive(struct capture *capture, struct plot *plot)
{
	struct ticker ticker = { .shown_ns = capture->started_ns,
				 .next_ns = capture->started_ns + 1000000000u };
	struct torc_packet packets[BATCH];
	uint64_t point_ns = capture->started_ns;

	while (!capture_over(capture)) {
		uint64_t now_ns;

		capture_next(capture, packets, BATCH);
		if (capture->settings->quiet && !plot)
			continue;
		now_ns = cli_now_ns();
		if (now_ns >= ticker.next_ns && !capture->settings->quiet)
			tick(capture, &ticker, now_ns);
		if (plot && now_ns >= point_ns) {
			add_point(plot, capture, now_ns);
			point_ns = now_ns + POINT_NS;
		}
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

/* Before the rights for it are given up. False: it cannot be opened, which was said. */
static bool open_plot(struct capture *capture, const char *path, struct plot **plot)
{
	if (path)
		*plot = plot_open(path, panels, sizeof(panels) / sizeof(*panels));
	if (path && !*plot)
		capture->status = CLI_FAILED;
	return !path || *plot;
}

struct title {
	char text[512];
};

static struct title title_of(const struct capture *capture)
{
	struct torc_ring_info info = { .size = sizeof(info) };
	struct torc_stats stats = { .size = sizeof(stats) };
	struct title title;

	torc_ring_info(capture->rings[0], &info);
	capture_stats(capture, &stats);
	snprintf(title.text, sizeof(title.text), "%.200s %.200s: %s packets received, %s dropped",
		 info.device, info.filter, cli_figure(stats.received).text,
		 cli_figure(stats.dropped).text);
	return title;
}

static int run(void *data, char **words)
{
	struct settings *settings = data;
	struct capture capture;
	struct inputs inputs;
	struct plot *plot = NULL;
	int status = inputs_open(&inputs, &settings->input, &settings->capture);

	if (status != CLI_GOOD) {
		inputs_close(&inputs);
		return status;
	}
	if (capture_open(&capture, &settings->capture, (const char *const *)inputs.devices,
			 words) == CLI_GOOD &&
	    capture_start(&capture, settings->plot || !settings->capture.quiet) == CLI_GOOD &&
	    open_plot(&capture, settings->plot, &plot))
		capture_confine(&capture, &(struct privileges){ .roles = 0 });
	if (capture.status == CLI_GOOD) {
		capture_announce(&capture);
		receive(&capture, plot);
		if (plot)
			add_point(plot, &capture, cli_now_ns());
		capture_end(&capture);
		print_end(&capture);
	}
	if (plot && !plot_close(plot, title_of(&capture).text) && capture.status == CLI_GOOD)
		capture.status = CLI_FAILED;
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
