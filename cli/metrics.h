/* SPDX-License-Identifier: BSD-3-Clause */
/* metrics.h - the rings of this machine as text for Prometheus and what reads the same */
#ifndef TORC_CLI_METRICS_H
#define TORC_CLI_METRICS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * All metrics as one text, released with free(); NULL when memory ran out.
 *
 * openmetrics   OpenMetrics 1.0; else the text format 0.0.4 of Prometheus, in which the family of a
 *               counter has the name of its samples
 */
char *metrics_text(bool openmetrics, size_t *length);

#endif
