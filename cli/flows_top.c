/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * flows_top.c - torc flows --top: the largest open flows on the terminal, once a second
 *
 * The whole table is walked for it, so it is shown less often when that takes long: never more than
 * a twentieth of the time.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "flows.h"
#include "screen.h"

#define SECOND_NS 1000000000ull

enum { ROWS_MAX = 200, PAGE_ROWS = 25 };

struct snapshot {
	struct torc_flow_record rows[ROWS_MAX]; /* the largest first */
	unsigned int count;
	uint64_t at_ns;
	uint64_t packets, bytes, begun; /* of the table */
};

struct flows_top {
	enum flows_sort sort;
	struct screen screen;
	uint64_t next_ns;
	struct snapshot now, then;
};

struct flows_top *flows_top_open(enum flows_sort sort)
{
	struct flows_top *top;

	if (!isatty(STDOUT_FILENO)) {
		cli_complain("torc: --top wants a terminal as standard output: leave it out for lines");
		return NULL;
	}
	top = calloc(1, sizeof(*top));
	if (!top) {
		cli_fail(-ENOMEM, NULL);
		return NULL;
	}
	top->sort = sort;
	screen_open(&top->screen);
	return top;
}

void flows_top_close(struct flows_top *top)
{
	if (!top)
		return;
	screen_close(&top->screen);
	free(top);
}

/* False: the user wants to quit. */
static bool take_keys(struct flows_top *top)
{
	char key;

	while ((key = screen_key(&top->screen))) {
		if (key == 'q' || key == 'Q')
			return false;
		if (key == 'b' || key == 'p' || key == 'a') {
			top->sort = key == 'b' ? FLOWS_BY_BYTES : key == 'p' ? FLOWS_BY_PACKETS
									    : FLOWS_BY_AGE;
			top->next_ns = 0;
		}
	}
	return true;
}

/* ---- the largest flows ---- */

static uint64_t weight(enum flows_sort sort, const struct torc_flow_record *record)
{
	if (sort == FLOWS_BY_PACKETS)
		return record->packets[0] + record->packets[1];
	if (sort == FLOWS_BY_AGE) /* the oldest first */
		return UINT64_MAX - record->first_ns;
	return record->bytes[0] + record->bytes[1];
}

static void collect(struct flows_top *top, const struct torc_flow_table *table, unsigned int rows)
{
	struct snapshot *now = &top->now;
	struct torc_flow_record record;
	uint32_t position = 0;

	now->count = 0;
	while (torc_flow_table_next(table, &position, &record)) {
		uint64_t mine = weight(top->sort, &record);
		unsigned int n = now->count;

		if (n == rows && (n == 0 || mine <= weight(top->sort, &now->rows[n - 1])))
			continue;
		if (n == rows)
			n--;
		else
			now->count++;
		for (; n > 0 && weight(top->sort, &now->rows[n - 1]) < mine; n--)
			now->rows[n] = now->rows[n - 1];
		now->rows[n] = record;
	}
}

static bool same_flow(const struct torc_flow_record *a, const struct torc_flow_record *b)
{
	return a->protocol == b->protocol && memcmp(a->port, b->port, sizeof(a->port)) == 0 &&
	       a->part == b->part && a->first_ns == b->first_ns &&
	       memcmp(a->address, b->address, sizeof(a->address)) == 0;
}

/* Bytes since the picture before; of a flow that was not in it, since it began. */
static double rate_of(const struct flows_top *top, const struct torc_flow_record *record)
{
	uint64_t bytes = record->bytes[0] + record->bytes[1];
	double seconds = (double)(top->now.at_ns - top->then.at_ns) / 1e9;
	double life = (double)(record->last_ns - record->first_ns) / 1e9;

	for (unsigned int n = 0; n < top->then.count; n++)
		if (same_flow(&top->then.rows[n], record))
			return (double)(bytes - top->then.rows[n].bytes[0] -
					top->then.rows[n].bytes[1]) / seconds;
	return life > 1 ? (double)bytes / life : (double)bytes;
}

void flows_top_json(FILE *out, const struct torc_flow_table *table)
{
	static struct flows_top page = { .sort = FLOWS_BY_BYTES };

	page.now.at_ns = cli_now_ns();
	collect(&page, table, PAGE_ROWS);
	fprintf(out, "[");
	for (unsigned int n = 0; n < page.now.count; n++) {
		const struct torc_flow_record *record = &page.now.rows[n];
		char line[2048];
		const char *flow = line;
		int length = torc_flow_record_text(record, line, sizeof(line));

		if (length < 0 || (size_t)length >= sizeof(line))
			*line = '\0';
		for (unsigned int spaces = 0; *flow && spaces < 3; flow++) /* date, time, duration */
			spaces += *flow == ' ';
		fprintf(out, "%s{\"flow\":", n > 0 ? "," : "");
		cli_print_json_string(out, flow);
		fprintf(out, ",\"bits\":%.0f,\"bytes\":%llu,\"packets\":%llu}", 8 * rate_of(&page, record),
			(unsigned long long)(record->bytes[0] + record->bytes[1]),
			(unsigned long long)(record->packets[0] + record->packets[1]));
	}
	fprintf(out, "]");
	page.then = page.now;
}

/* ---- the picture ---- */

static void draw_head(FILE *out, const struct flows_top *top, const struct flows_account *account,
		      const struct flows_outputs *outputs)
{
	const struct torc_flow_table_stats *table = &account->table;
	double seconds = top->then.at_ns ? (double)(top->now.at_ns - top->then.at_ns) / 1e9 : 1;

	fprintf(out, "torc flows  %llu s   q quit   sort: b bytes, p packets, a age   now by %s" SCREEN_NEXT,
		(unsigned long long)(account->seconds_ns / SECOND_NS),
		cli_choice("bytes packets age", top->sort).text);
	fprintf(out, "%spps  %sbit/s  %s received  %s dropped  %s waiting" SCREEN_NEXT,
		cli_human((double)(table->packets - top->then.packets) / seconds).text,
		cli_human((double)(account->ring.received_bytes - top->then.bytes) * 8 / seconds).text,
		cli_figure(account->ring.received).text, cli_figure(account->ring.dropped).text,
		cli_figure(account->ring.waiting).text);
	fprintf(out, "%s flows of %s  %s/s new  %s without room" SCREEN_NEXT,
		cli_figure(table->open).text, cli_figure(table->flows_max).text,
		cli_human((double)(table->begun - top->then.begun) / seconds).text,
		cli_figure(table->ended[TORC_FLOW_NO_ROOM]).text);
	for (unsigned int n = 0; n < outputs->count && n < 4; n++)
		fprintf(out, "%s: %s made, %s acknowledged, %s lost%s" SCREEN_NEXT, outputs->target[n],
			cli_figure(account->output[n].made).text,
			cli_figure(account->output[n].acknowledged).text,
			cli_figure(account->output[n].failed + account->output[n].refused).text,
			account->output[n].away ? "  (away)" : "");
}

static void draw_row(FILE *out, const struct flows_top *top, const struct torc_flow_record *record)
{
	char line[2048], *flow = line;
	int length = torc_flow_record_text(record, line, sizeof(line));
	unsigned int room = top->screen.columns > 34 ? top->screen.columns - 34 : 0;

	if (length < 0 || (size_t)length >= sizeof(line))
		return;
	/* without date, time and duration: the columns before say how much */
	for (unsigned int spaces = 0; *flow && spaces < 3; flow++)
		spaces += *flow == ' ';
	fprintf(out, "%9sB/s %9sB %8sp  %.*s" SCREEN_NEXT, cli_human(rate_of(top, record)).text,
		cli_human((double)(record->bytes[0] + record->bytes[1])).text,
		cli_human((double)(record->packets[0] + record->packets[1])).text, (int)room, flow);
}

static void draw(struct flows_top *top, const struct torc_flow_table *table,
		 const struct flows_account *account, const struct flows_outputs *outputs)
{
	unsigned int head = 4 + (outputs->count < 4 ? outputs->count : 4);
	unsigned int rows = top->screen.rows > head + 1 ? top->screen.rows - head - 1 : 0;
	char *text = NULL;
	size_t size = 0;
	FILE *out;

	top->now.packets = account->table.packets;
	top->now.bytes = account->ring.received_bytes;
	top->now.begun = account->table.begun;
	collect(top, table, rows < ROWS_MAX ? rows : ROWS_MAX);
	out = open_memstream(&text, &size);
	if (!out)
		return;
	fputs(SCREEN_HOME, out);
	draw_head(out, top, account, outputs);
	fprintf(out, SCREEN_REVERSE "%12s %10s %9s  %-*s" SCREEN_PLAIN SCREEN_NEXT, "rate", "bytes", "packets",
		(int)(top->screen.columns > 36 ? top->screen.columns - 36 : 0), "flow");
	for (unsigned int n = 0; n < top->now.count; n++)
		draw_row(out, top, &top->now.rows[n]);
	fputs(SCREEN_END, out);
	if (fclose(out) == 0)
		screen_put(text);
	free(text);
	top->then = top->now;
}

bool flows_top_look(struct flows_top *top, const struct torc_flow_table *table,
		    const struct flows_account *account, const struct flows_outputs *outputs)
{
	uint64_t now_ns = cli_now_ns(), took_ns;

	if (!take_keys(top))
		return false;
	if (now_ns < top->next_ns)
		return true;
	screen_size(&top->screen);
	top->now.at_ns = now_ns;
	draw(top, table, account, outputs);
	took_ns = cli_now_ns() - now_ns;
	top->next_ns = now_ns + (20 * took_ns > SECOND_NS ? 20 * took_ns : SECOND_NS);
	return true;
}
