/* SPDX-License-Identifier: BSD-3-Clause */
/* screen.h - a picture on the terminal that is drawn again and again, and keys */
#ifndef TORC_CLI_SCREEN_H
#define TORC_CLI_SCREEN_H

#include <termios.h>

#include "cli.h"

struct screen {
	bool keys; /* standard input is the terminal */
	struct termios before;
	unsigned int rows, columns; /* as screen_size() found them */
};

/* Takes the other screen of the terminal that standard output is. */
void screen_open(struct screen *screen);
void screen_close(struct screen *screen);
/* A key that was pressed; 0: none. */
char screen_key(const struct screen *screen);
/* How large it is now. */
void screen_size(struct screen *screen);
/* All of the text; a terminal that is gone is no matter. */
void screen_put(const char *text);

#define SCREEN_HOME    "\033[H"
#define SCREEN_END     "\033[J"       /* clears below */
#define SCREEN_NEXT    "\033[K\r\n"   /* clears the rest of the line */
#define SCREEN_REVERSE "\033[7m"
#define SCREEN_PLAIN   "\033[0m"

#endif
