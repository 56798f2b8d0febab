/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * simplest.c - the simplest program: open a ring, read packets, decode them, print a line each
 *
 *	simplest [DEVICE [FILTER]]
 */
#include <stdio.h>

#include <torc/torc.h>

int main(int argc, char **argv)
{
	struct torc_ring *ring;
	struct torc_packet packet;
	struct torc_decoded decoded;
	struct torc_error error;
	char line[1024];
	int result;

	if (torc_ring_open(&ring, argc > 1 ? argv[1] : "any", 0, TORC_PROMISC, &error) < 0) {
		fprintf(stderr, "%s\n", error.text);
		return 1;
	}
	if (argc > 2 && torc_ring_set_filter(ring, argv[2]) < 0) {
		fprintf(stderr, "%s\n", torc_ring_error(ring));
		return 1;
	}
	torc_ring_enable(ring);
	while ((result = torc_ring_next(ring, &packet)) > 0) {
		torc_decode_packet(&packet, &decoded);
		torc_text_line(&decoded, 0, line, sizeof(line));
		puts(line);
	}
	if (result < 0)
		fprintf(stderr, "%s\n", torc_ring_error(ring));
	torc_ring_close(ring);
	return result < 0;
}
