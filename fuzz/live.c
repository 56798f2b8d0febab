/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fuzz target: the page that another process published, read, in PF_RING's words, and escaped. No
 * byte of it that steers a terminal comes out.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <torc/decode.h>
#include <torc/live.h>

#include "live/page.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char folder[64];
static int page_fd = -1;

static void clean_up(void)
{
	char path[96];

	snprintf(path, sizeof(path), "%s/%d.1", folder, (int)getpid());
	unlink(path);
	rmdir(folder);
}

static void set_up(void)
{
	char path[96];

	snprintf(folder, sizeof(folder), "/tmp/torc-fuzz-live-%d", (int)getpid());
	snprintf(path, sizeof(path), "%s/%d.1", folder, (int)getpid());
	mkdir(folder, 0700);
	page_fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (page_fd < 0 || flock(page_fd, LOCK_EX) < 0 || setenv("TORC_RUNTIME_DIR", folder, 1) < 0)
		abort();
	atexit(clean_up);
}

static void check(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)text[i];

		if ((c < ' ' && c != '\n') || c == 0x7F)
			abort();
	}
}

static void show(const struct torc_live_ring *ring, const struct torc_stats *stats)
{
	char text[8192];
	int length = torc_live_pf_ring(ring, stats, text, 4096);

	if (length < 0 || strlen(text) != (size_t)length)
		abort();
	check(text, (size_t)length);
	length = torc_text_escaped(ring->application_stats, strlen(ring->application_stats), text,
				   sizeof(text));
	if (length < 0 || (size_t)length >= sizeof(text))
		abort();
	check(text, (size_t)length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct torc_live_ring ring = { .size = sizeof(ring) };
	struct torc_stats stats = { .size = sizeof(stats) };
	struct live_page page = { .magic = LIVE_MAGIC, .version = LIVE_VERSION };
	struct torc_live_list *list;
	size_t n;

	if (page_fd < 0)
		set_up();
	if (size < 1)
		return 0;
	page.ring_bytes = sizeof(page.ring);
	page.stats_bytes = sizeof(page.stats);
	page.ring.size = sizeof(page.ring);
	page.stats.size = sizeof(page.stats);
	/* Of every second the head too, else only what stands in it. */
	n = data[0] & 1 ? offsetof(struct live_page, ring_bytes) : offsetof(struct live_page, ring) +
								   sizeof(size_t);
	if (size - 1 <= sizeof(page) - n)
		memcpy((char *)&page + n, data + 1, size - 1);
	page.sequence &= ~1u;
	if (pwrite(page_fd, &page, sizeof(page), 0) != sizeof(page))
		abort();
	if (torc_live_open(&list) < 0)
		return 0;
	while (torc_live_next(list, &ring, &stats) > 0)
		show(&ring, &stats);
	torc_live_close(list);
	return 0;
}
