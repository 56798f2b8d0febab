/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * plot.c - a picture of a run: one self-contained SVG 1.1 file, for light and dark pages
 *
 * Points are kept until there are POINTS_MAX; then each two become one (the totals of the later, the
 * larger of levels), so that peaks of a level stay.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "plot.h"

enum { POINTS_MAX = 1024, SERIES = PLOT_PANELS_MAX * PLOT_SERIES_MAX };
enum { WIDTH = 900, LEFT = 80, RIGHT = 20, TOP = 50, PANEL = 150, GAP = 50, INNER = WIDTH - LEFT - RIGHT };

struct point {
	uint64_t at_ns;
	uint64_t value[SERIES];
};

struct plot {
	FILE *file;
	const char *path;
	const struct plot_panel *panels;
	unsigned int panel_count, count;
	uint64_t gap_ns; /* between two points, at least */
	struct point points[POINTS_MAX];
};

struct plot *plot_open(const char *path, const struct plot_panel *panels, unsigned int count)
{
	struct plot *plot = calloc(1, sizeof(*plot));

	if (!plot) {
		cli_fail(-ENOMEM, NULL);
		return NULL;
	}
	plot->file = fopen(path, "we");
	if (!plot->file) {
		cli_complain("torc: --plot %s: %s", path, strerror(errno));
		free(plot);
		return NULL;
	}
	plot->path = path;
	plot->panels = panels;
	plot->panel_count = count;
	return plot;
}

static bool is_rate(const struct plot *plot, unsigned int series)
{
	return plot->panels[series / PLOT_SERIES_MAX].is_rate[series % PLOT_SERIES_MAX];
}

static void halve(struct plot *plot)
{
	for (unsigned int i = 0; i < plot->count / 2; i++) {
		struct point *one = &plot->points[2 * i], *two = &plot->points[2 * i + 1];

		for (unsigned int s = 0; s < SERIES; s++)
			if (!is_rate(plot, s) && one->value[s] != TORC_UNKNOWN &&
			    (two->value[s] == TORC_UNKNOWN || one->value[s] > two->value[s]))
				two->value[s] = one->value[s];
		plot->points[i] = *two;
	}
	plot->count /= 2;
	plot->gap_ns = (plot->points[1].at_ns - plot->points[0].at_ns) * 3 / 4;
}

void plot_add(struct plot *plot, uint64_t since_start_ns, const uint64_t *values)
{
	struct point *point;

	if (plot->count > 0 && since_start_ns < plot->points[plot->count - 1].at_ns + plot->gap_ns)
		return;
	if (plot->count == POINTS_MAX)
		halve(plot);
	point = &plot->points[plot->count++];
	point->at_ns = since_start_ns;
	memcpy(point->value, values,
	       plot->panel_count * PLOT_SERIES_MAX * sizeof(*values));
}

/* ---- the picture ---- */

/* What is drawn at a point; negative: nothing is known. */
static double height(const struct plot *plot, unsigned int series, unsigned int i)
{
	const struct point *now = &plot->points[i], *then = i > 0 ? now - 1 : NULL;
	uint64_t value = now->value[series];
	double seconds;

	if (value == TORC_UNKNOWN)
		return -1;
	if (!is_rate(plot, series))
		return (double)value;
	if (!then || then->value[series] == TORC_UNKNOWN || value < then->value[series])
		return -1;
	seconds = (double)(now->at_ns - then->at_ns) / 1e9;
	return seconds > 0 ? (double)(value - then->value[series]) / seconds : -1;
}

static double largest(const struct plot *plot, unsigned int panel)
{
	double most = 0;

	for (unsigned int s = panel * PLOT_SERIES_MAX; s < (panel + 1) * PLOT_SERIES_MAX; s++)
		for (unsigned int i = 0; i < plot->count; i++)
			if (plot->panels[panel].series[s % PLOT_SERIES_MAX] && height(plot, s, i) > most)
				most = height(plot, s, i);
	return most;
}

/* 1, 2 or 5 of a power of ten, at least that. */
static double round_up(double value)
{
	static const double steps[] = { 1, 2, 5, 10 };
	double power = 1;

	while (power * 10 <= value)
		power *= 10;
	for (unsigned int i = 0; i < 4; i++)
		if (steps[i] * power >= value)
			return steps[i] * power;
	return value;
}

static void put_text(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '<')
			fputs("&lt;", out);
		else if (*text == '&')
			fputs("&amp;", out);
		else if ((unsigned char)*text >= ' ' && *text != 0x7F)
			fputc(*text, out);
	}
}

static void draw_axes(const struct plot *plot, unsigned int panel, double y, double most, double seconds)
{
	FILE *out = plot->file;

	for (int i = 0; i <= 4; i++) {
		double at = y + PANEL - PANEL * i / 4.0;

		fprintf(out, "<path class=\"grid\" d=\"M%d %.1fH%d\"/>"
			"<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n", LEFT, at,
			WIDTH - RIGHT, LEFT - 6, at + 4, cli_human(most * i / 4).text);
	}
	for (int i = 0; i <= 4; i++)
		fprintf(out, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"middle\">%.*f s</text>\n",
			LEFT + INNER * i / 4, y + PANEL + 16, seconds < 40 ? 1 : 0, seconds * i / 4);
	fprintf(out, "<text class=\"title\" x=\"%d\" y=\"%.1f\">%s</text>\n", LEFT, y - 10,
		plot->panels[panel].title);
}

static void draw_series(const struct plot *plot, unsigned int series, double y, double most,
			double seconds)
{
	bool pen = false;

	fprintf(plot->file, "<path class=\"s%u\" d=\"", series % PLOT_SERIES_MAX);
	for (unsigned int i = 0; i < plot->count; i++) {
		double value = height(plot, series, i);

		if (value < 0) {
			pen = false;
			continue;
		}
		fprintf(plot->file, "%c%.1f %.1f", pen ? 'L' : 'M',
			LEFT + INNER * ((double)plot->points[i].at_ns / 1e9) / seconds,
			y + PANEL - PANEL * value / most);
		pen = true;
	}
	fprintf(plot->file, "\"/>\n");
}

static void draw_legend(const struct plot *plot, unsigned int panel, double y)
{
	int x = WIDTH - RIGHT;

	for (int s = PLOT_SERIES_MAX - 1; s >= 0; s--) {
		const char *name = plot->panels[panel].series[s];

		if (!name)
			continue;
		x -= 7 * (int)strlen(name) + 30;
		fprintf(plot->file, "<path class=\"s%d\" d=\"M%d %.1fh16\"/><text x=\"%d\" y=\"%.1f\">%s</text>\n",
			s, x, y - 14, x + 20, y - 10, name);
	}
}

static void draw_panel(const struct plot *plot, unsigned int panel, double seconds)
{
	double y = TOP + 24 + panel * (PANEL + GAP), most = round_up(largest(plot, panel));

	draw_axes(plot, panel, y, most, seconds);
	draw_legend(plot, panel, y);
	for (unsigned int s = 0; s < PLOT_SERIES_MAX; s++)
		if (plot->panels[panel].series[s])
			draw_series(plot, panel * PLOT_SERIES_MAX + s, y, most, seconds);
}

bool plot_close(struct plot *plot, const char *title)
{
	double seconds;
	bool good;

	if (!plot)
		return true;
	seconds = plot->count > 0 ? (double)plot->points[plot->count - 1].at_ns / 1e9 : 1;
	fprintf(plot->file, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %u\" role=\"img\">\n"
		"<style>svg{font:13px sans-serif;background:#fff}text{fill:#222}.title{font-weight:bold}\n"
		"path{fill:none;stroke-width:1.5}.grid{stroke:#ddd;stroke-width:1}.s0{stroke:#1668b8}.s1{stroke:#c62828}\n"
		"@media(prefers-color-scheme:dark){svg{background:#161b22}text{fill:#ddd}.grid{stroke:#444}\n"
		".s0{stroke:#6cb2f2}.s1{stroke:#ff7b72}}</style>\n<title>", WIDTH,
		TOP + 24 + plot->panel_count * (PANEL + GAP));
	put_text(plot->file, title);
	fprintf(plot->file, "</title>\n<text class=\"title\" x=\"%d\" y=\"28\">", LEFT);
	put_text(plot->file, title);
	fprintf(plot->file, "</text>\n");
	for (unsigned int panel = 0; panel < plot->panel_count; panel++)
		draw_panel(plot, panel, seconds > 0 ? seconds : 1);
	fprintf(plot->file, "</svg>\n");
	good = !ferror(plot->file);
	good = fclose(plot->file) == 0 && good;
	if (!good)
		cli_complain("torc: --plot %s: cannot be written: %s", plot->path, strerror(errno));
	free(plot);
	return good;
}
