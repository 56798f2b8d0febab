/* SPDX-License-Identifier: BSD-3-Clause */
/* page.c - what the page of --listen shows; the page itself is page.html */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <torc/decode.h>

#include "page.h"
#include "rates.h"
#include "rings.h"

enum { HOUR_S = 3600 };

/* One second. */
struct sums {
	uint32_t at_s; /* since 1970 */
	float packets, bits, drops;
	float protocol[PAGE_PROTOCOLS]; /* bits */
};

const char *const page_protocols[PAGE_PROTOCOLS] = { "TCP", "UDP", "ICMP", "other IP", "not IP" };

static struct rates rates;
static struct sums hour[HOUR_S]; /* in turn */
static unsigned int seconds;     /* how many there were */
static page_more *more;
static void *more_object;
static uint64_t bytes_now[PAGE_PROTOCOLS], bytes_then[PAGE_PROTOCOLS];
static bool has_protocols;
static uint64_t ticked_ns;

static const char html[] =
#include "page.inc"
	;

char *page_html(size_t *length)
{
	*length = sizeof(html) - 1;
	return strdup(html);
}

void page_also(page_more *function, void *object)
{
	more = function;
	more_object = object;
}

void page_protocol_bytes(const uint64_t *bytes)
{
	memcpy(bytes_now, bytes, sizeof(bytes_now));
	has_protocols = true;
}

void page_tick(void)
{
	struct sums *sums = &hour[seconds++ % HOUR_S];
	uint64_t now = cli_now_ns();
	double span = ticked_ns ? (double)(now - ticked_ns) / 1e9 : 0;

	*sums = (struct sums){ .at_s = (uint32_t)time(NULL) };
	ticked_ns = now;
	if (rates_take(&rates) < 0)
		return;
	for (size_t i = 0; i < rates.now.count; i++) {
		sums->packets += (float)rates.now.items[i].packets;
		sums->bits += (float)rates.now.items[i].bits;
		sums->drops += (float)rates.now.items[i].drops;
	}
	for (unsigned int i = 0; i < PAGE_PROTOCOLS; i++)
		if (span > 0)
			sums->protocol[i] = (float)(8.0 * (double)(bytes_now[i] - bytes_then[i]) / span);
	memcpy(bytes_then, bytes_now, sizeof(bytes_then));
}

/* A stream whose text is to be released with free(). */
static FILE *open_text(char **text, size_t *length)
{
	*text = NULL;
	return open_memstream(text, length);
}

static char *close_text(FILE *out, char **text)
{
	if (fclose(out) == 0)
		return *text;
	free(*text);
	return NULL;
}

static void put_sums(FILE *out, const struct sums *sums)
{
	fprintf(out, "[%u,%.0f,%.0f,%.1f", sums->at_s, (double)sums->packets, (double)sums->bits,
		(double)sums->drops);
	for (unsigned int i = 0; i < PAGE_PROTOCOLS && has_protocols; i++)
		fprintf(out, ",%.0f", (double)sums->protocol[i]);
	fprintf(out, "]");
}

char *page_snapshot(size_t *length)
{
	char *text;
	FILE *out = open_text(&text, length);

	if (!out)
		return NULL;
	fprintf(out, "{\"rings\":[");
	for (size_t i = 0; i < rates.now.count; i++) {
		const struct rate_row *row = &rates.now.items[i];

		fputs(i > 0 ? "," : "", out);
		rings_json(out, &row->ring, &row->stats);
		fprintf(out, ",\"now\":{\"packets\":%.1f,\"bits\":%.1f,\"drops\":%.1f}", row->packets,
			row->bits, row->drops);
		if (row->share >= 0)
			fprintf(out, ",\"share\":%.4f}", row->share);
		else
			fprintf(out, ",\"share\":null}");
	}
	fprintf(out, "],\"now\":");
	if (seconds > 0)
		put_sums(out, &hour[(seconds - 1) % HOUR_S]);
	else
		fprintf(out, "null");
	if (more)
		more(more_object, out);
	fprintf(out, "}");
	return close_text(out, &text);
}

char *page_history(size_t *length)
{
	unsigned int count = seconds < HOUR_S ? seconds : HOUR_S;
	char *text;
	FILE *out = open_text(&text, length);

	if (!out)
		return NULL;
	fprintf(out, "{\"columns\":[\"time\",\"packets\",\"bits\",\"drops\"");
	for (unsigned int i = 0; i < PAGE_PROTOCOLS && has_protocols; i++)
		fprintf(out, ",\"%s\"", page_protocols[i]);
	fprintf(out, "],\"rows\":[");
	for (unsigned int i = 0; i < count; i++) {
		fputs(i > 0 ? "," : "", out);
		put_sums(out, &hour[(seconds - count + i) % HOUR_S]);
	}
	fprintf(out, "]}");
	return close_text(out, &text);
}
