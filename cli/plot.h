/* SPDX-License-Identifier: BSD-3-Clause */
/* plot.h - what a capture did, over time, as one picture: --plot FILE.svg */
#ifndef TORC_CLI_PLOT_H
#define TORC_CLI_PLOT_H

#include "cli.h"

enum { PLOT_PANELS_MAX = 4, PLOT_SERIES_MAX = 2 };

/* One diagram of the picture, and what it shows; the second line is what was lost, or NULL. */
struct plot_panel {
	const char *title;
	const char *series[PLOT_SERIES_MAX];
	bool is_rate[PLOT_SERIES_MAX]; /* values are totals: what is shown is their growth a second */
};

struct plot;

/* Opens the file; before rights are given up. NULL: it was said why not. panels stay the caller's. */
struct plot *plot_open(const char *path, const struct plot_panel *panels, unsigned int count);
/*
 * Values of all series, panel by panel, PLOT_SERIES_MAX each; TORC_UNKNOWN is no point. Of a long run
 * neighbours are put together, so that memory and file have a bound.
 */
void plot_add(struct plot *plot, uint64_t since_start_ns, const uint64_t *values);
/* Writes the picture and closes; false: it could not be written, which was said. NULL is allowed. */
bool plot_close(struct plot *plot, const char *title);

#endif
