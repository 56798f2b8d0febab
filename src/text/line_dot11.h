/* SPDX-License-Identifier: BSD-3-Clause */
/* line_dot11.h - the parts of a line about frames of wireless LANs */
#ifndef TORC_TEXT_LINE_DOT11_H
#define TORC_TEXT_LINE_DOT11_H

#include "text/line.h"

/*
 * Writes the part of a layer that has a number from RadioTap's to Dot11WEP's; false when it has no
 * words of its own.
 */
bool line_dot11_layer(struct line *line, const struct torc_layer *layer);

#endif
