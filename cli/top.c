/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * top.c - torc top: the rings of this machine, live
 *
 * On a terminal a picture that is drawn once a second, with keys; elsewhere a table a second, for
 * -c times.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <torc/confine.h>

#include "commands.h"
#include "privileges.h"
#include "rates.h"
#include "rings.h"
#include "screen.h"

enum { SORT_RATE, SORT_DROPS, SORT_WAITING, SORT_NAME };
enum { WORD_MAX = 31 };

struct top {
	struct rates rates;
	struct screen screen;
	int sort;
	char word[WORD_MAX + 1]; /* rows must have it */
	bool typing;             /* the word is being typed */
	bool terminal;
};

/* ---- in which order ---- */

static int sorted_by;

static double weight(const struct rate_row *row)
{
	uint64_t waiting = row->stats.waiting == TORC_UNKNOWN ? 0 : row->stats.waiting;

	return sorted_by == SORT_DROPS ? row->drops : sorted_by == SORT_WAITING ? (double)waiting
									       : row->packets;
}

static int by_weight(const void *a, const void *b)
{
	const struct rate_row *left = a, *right = b;
	int order = strcmp(left->ring.application_name, right->ring.application_name);

	if (sorted_by != SORT_NAME && weight(left) != weight(right))
		return weight(left) > weight(right) ? -1 : 1;
	if (order != 0)
		return order;
	if (left->ring.pid != right->ring.pid)
		return left->ring.pid < right->ring.pid ? -1 : 1;
	return left->ring.ring_id < right->ring.ring_id ? -1 : left->ring.ring_id > right->ring.ring_id;
}

static void sort(struct top *top)
{
	sorted_by = top->sort;
	if (top->rates.now.count > 0)
		qsort(top->rates.now.items, top->rates.now.count, sizeof(*top->rates.now.items), by_weight);
}

static bool has_word(const struct rate_row *row, const char *word)
{
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", row->ring.pid);
	return !*word || strstr(row->ring.application_name, word) || strstr(row->ring.device, word) ||
	       strstr(row->ring.engine, word) || strstr(row->ring.filter, word) || strcmp(pid, word) == 0;
}

/* ---- the picture ---- */

static const char heading[] = "    PID APPLICATION     DEVICE          ENGINE         PPS    BIT/S   "
			      "DROP/S  LOST %  WAITING CLUSTER SHARE ACCOUNT";

/* Of all that reached the ring since it is open. */
static double lost_percent(const struct torc_stats *stats)
{
	if (stats->kernel_seen == TORC_UNKNOWN || stats->dropped == TORC_UNKNOWN || stats->kernel_seen == 0)
		return 0;
	return 100.0 * (double)stats->dropped / (double)stats->kernel_seen;
}

/* No more than width columns of somebody else's text. */
static const char *cell(const char *text, int width, char *buffer, size_t size)
{
	rings_printable(text, buffer, size);
	if ((int)strlen(buffer) > width) {
		while (width > 0 && ((unsigned char)buffer[width] & 0xC0) == 0x80)
			width--; /* no half of a character */
		buffer[width] = '\0';
	}
	return buffer;
}

static void draw_row(FILE *out, const struct rate_row *row, const char *end)
{
	char name[ESCAPED(64)], device[ESCAPED(256)], engine[ESCAPED(32)], cluster[16] = "-", share[16] = "-";

	if (row->ring.cluster_id)
		snprintf(cluster, sizeof(cluster), "%u", row->ring.cluster_id);
	if (row->share >= 0)
		snprintf(share, sizeof(share), "%.0f%%", 100 * row->share);
	fprintf(out, "%7d %-15s %-15s %-11s %7s %8s %8s  %6.2f %8s %7s %5s %s%s", row->ring.pid,
		cell(row->ring.application_name, 15, name, sizeof(name)),
		cell(row->ring.device, 15, device, sizeof(device)),
		cell(row->ring.engine, 11, engine, sizeof(engine)), cli_human(row->packets).text,
		cli_human(row->bits).text, cli_human(row->drops).text, lost_percent(&row->stats),
		cli_figure(row->stats.waiting).text, cluster, share,
		!row->ring.enabled ? "off" : row->stats.balanced ? "balanced" : "NOT balanced", end);
}

static void draw_head(FILE *out, const struct top *top)
{
	double packets = 0, bits = 0, drops = 0;

	for (size_t i = 0; i < top->rates.now.count; i++) {
		packets += top->rates.now.items[i].packets;
		bits += top->rates.now.items[i].bits;
		drops += top->rates.now.items[i].drops;
	}
	fprintf(out, "torc top   %zu ring%s  %spps  %sbit/s  %s dropped/s", top->rates.now.count,
		top->rates.now.count == 1 ? "" : "s", cli_human(packets).text, cli_human(bits).text,
		cli_human(drops).text);
}

static void draw(struct top *top)
{
	unsigned int left = top->screen.rows > 4 ? top->screen.rows - 4 : 0;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return;
	fputs(SCREEN_HOME, out);
	draw_head(out, top);
	fprintf(out, SCREEN_NEXT "q quit   sort: r rate, d drops, w waiting, n name (now %s)   / filter: %s%s" SCREEN_NEXT,
		cli_choice("rate drops waiting name", (unsigned int)top->sort).text,
		*top->word ? top->word : top->typing ? "" : "none", top->typing ? "_" : "");
	fprintf(out, SCREEN_REVERSE "%-*.*s" SCREEN_PLAIN SCREEN_NEXT, (int)top->screen.columns,
		(int)top->screen.columns, heading);
	for (size_t i = 0; i < top->rates.now.count && left > 0; i++) {
		char *line = NULL;
		size_t length = 0;
		FILE *row;

		if (!has_word(&top->rates.now.items[i], top->word))
			continue;
		row = open_memstream(&line, &length);
		if (!row)
			break;
		draw_row(row, &top->rates.now.items[i], "");
		fclose(row);
		fprintf(out, "%.*s" SCREEN_NEXT, (int)top->screen.columns, line);
		free(line);
		left--;
	}
	fputs(SCREEN_END, out);
	if (fclose(out) == 0)
		screen_put(text);
	free(text);
}

static void print_table(const struct top *top)
{
	printf("%s\n", heading);
	for (size_t i = 0; i < top->rates.now.count; i++)
		if (has_word(&top->rates.now.items[i], top->word))
			draw_row(stdout, &top->rates.now.items[i], "\n");
}

/* ---- keys ---- */

/* A key of the filter. */
static void type(struct top *top, char key)
{
	size_t length = strlen(top->word);

	if (key == '\n' || key == '\r' || key == 27)
		top->typing = false;
	if (key == 27)
		top->word[0] = '\0';
	else if ((key == 127 || key == 8) && length > 0)
		top->word[length - 1] = '\0';
	else if (key > ' ' && key < 127 && length < WORD_MAX)
		memcpy(top->word + length, (char[2]){ key, 0 }, 2);
}

/* False: the user wants to quit. */
static bool take_keys(struct top *top, bool *pressed)
{
	static const char letters[] = "rdwn";
	char key;

	while ((key = screen_key(&top->screen))) {
		*pressed = true;
		if (top->typing)
			type(top, key);
		else if (key == 'q' || key == 'Q')
			return false;
		else if (key == '/')
			top->typing = true;
		else if (strchr(letters, key))
			top->sort = (int)(strchr(letters, key) - letters);
	}
	return true;
}

/* ---- the command ---- */

struct settings {
	uint64_t times;
	uint64_t for_ns;
	const char *word;
	int sort;
	struct sandbox_settings sandbox;
};

#define AT(member) offsetof(struct settings, member)

static const struct cli_option options[] = {
	{ 0, "sort", "BY", "rate, drops, waiting or name", cli_set_choice, AT(sort),
	  "rate drops waiting name" },
	{ 0, "only", "WORD", "rings with that in application, device, engine, filter, or as process",
	  cli_set_text, AT(word), NULL },
	{ 'c', NULL, "N", "end after N tables (one a second)", cli_set_positive, AT(times), NULL },
	{ 0, "for", "TIME", "end after a time: 5s, 200ms, 1h", cli_set_duration, AT(for_ns), NULL },
	{ 0 },
};

static const struct cli_group groups[] = {
	{ "Output", options, 0 },
	{ "Privileges", sandbox_options, AT(sandbox) },
	{ NULL, NULL, 0 },
};

static bool over(void)
{
	return cli_signals_pending() && (cli_signals_take() & CLI_SIGNAL_STOP);
}

/* Draws until a second is over; a key is answered at once. False: the end. */
static bool show(struct top *top)
{
	uint64_t until = cli_now_ns() + 1000000000u;
	bool pressed = true;

	while (!over()) {
		struct pollfd input = { .fd = top->screen.keys ? STDIN_FILENO : -1, .events = POLLIN };
		uint64_t now = cli_now_ns();

		if (pressed && top->terminal) {
			sort(top);
			screen_size(&top->screen);
			draw(top);
		}
		pressed = false;
		if (now >= until)
			return true;
		if (poll(&input, 1, (int)((until - now) / 1000000 + 1)) > 0 && (input.revents & POLLHUP))
			return false;
		if (!take_keys(top, &pressed))
			return false;
	}
	return false;
}

static int watch(struct top *top, uint64_t times)
{
	int code = rates_take(&top->rates);

	for (uint64_t n = 0; code >= 0; n++) {
		if (!show(top))
			break;
		code = rates_take(&top->rates);
		if (!top->terminal && code >= 0) {
			sort(top);
			print_table(top);
			if (!cli_flush_stdout() || cli_stdout_gone())
				break;
		}
		if (times && n + 1 >= times)
			break;
	}
	return code < 0 ? cli_fail(code, NULL) : CLI_GOOD;
}

static int run(void *data, char **words)
{
	const struct settings *settings = data;
	struct top top = { .sort = settings->sort, .terminal = isatty(STDOUT_FILENO) };
	int status = rings_confine(&settings->sandbox, TORC_CONFINE_CLUSTER, 0);

	(void)words;
	if (status != CLI_GOOD)
		return status;
	snprintf(top.word, sizeof(top.word), "%s", settings->word ? settings->word : "");
	cli_signals_catch(NULL, NULL);
	if (settings->for_ns)
		cli_stop_after(settings->for_ns);
	if (top.terminal)
		screen_open(&top.screen);
	status = watch(&top, settings->times);
	if (top.terminal)
		screen_close(&top.screen);
	rates_free(&top.rates);
	return status;
}

const struct cli_command command_top = {
	.name = "top",
	.summary = "the rings of this machine, live: rates, drops, what waits, cluster shares",
	.about = "Shows the rings that are open on this machine, once a second. On a terminal keys sort and\n"
		 "filter; elsewhere it prints a table a second.",
	.groups = groups,
	.settings_size = sizeof(struct settings),
	.run = run,
};
