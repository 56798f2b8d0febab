/* SPDX-License-Identifier: BSD-3-Clause */
/* screen.c - a picture on the terminal: see screen.h */
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "screen.h"

enum { COLUMNS_MIN = 40 };

void screen_put(const char *text)
{
	size_t length = strlen(text);

	while (length > 0) {
		ssize_t wrote = write(STDOUT_FILENO, text, length);

		if (wrote <= 0)
			return;
		text += wrote;
		length -= (size_t)wrote;
	}
}

void screen_open(struct screen *screen)
{
	struct termios raw;

	screen->keys = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &screen->before) == 0;
	if (screen->keys) {
		raw = screen->before;
		raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
		raw.c_cc[VMIN] = 0;
		raw.c_cc[VTIME] = 0;
		tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
	}
	screen_put("\033[?1049h\033[?25l"); /* the other screen, no cursor */
}

void screen_close(struct screen *screen)
{
	screen_put("\033[?25h\033[?1049l");
	if (screen->keys)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &screen->before);
}

char screen_key(const struct screen *screen)
{
	char key;

	return screen->keys && read(STDIN_FILENO, &key, 1) == 1 ? key : 0;
}

void screen_size(struct screen *screen)
{
	struct winsize size = { 0 };

	ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	screen->rows = size.ws_row > 0 ? size.ws_row : 24;
	screen->columns = size.ws_col >= COLUMNS_MIN ? size.ws_col : 80;
}
