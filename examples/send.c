/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * send.c - made packets onto an interface at a rate: the parts of torc/send.h in one page
 *
 *	send eth0 100000 5000000    a hundred thousand a second, five million in all
 *	send eth0 0 5000000         as fast as it goes
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <torc/send.h>

int main(int argc, char **argv)
{
	const uint32_t lengths[] = { 64, 64, 64, 576, 1500 };
	struct torc_maker_options made = { .size = sizeof(made), .flows = 1000, .lengths = lengths,
					   .length_count = 5 };
	struct torc_sender_options options = { .size = sizeof(options) };
	struct torc_packet packets[1000];
	struct torc_sender_stats stats = { .size = sizeof(stats) };
	struct torc_sender_info info = { .size = sizeof(info) };
	struct torc_sender *sender;
	struct torc_maker *maker;
	struct torc_error error;
	long left;

	if (argc != 4)
		errx(2, "usage: send INTERFACE PACKETS_PER_SECOND PACKETS");
	options.packets_per_second = atof(argv[2]);
	if (torc_maker_open(&maker, &made, &error) < 0 ||
	    torc_sender_open(&sender, argv[1], &options, &error) < 0)
		errx(1, "%s", error.text);
	for (left = atol(argv[3]); left > 0; left -= 1000) {
		unsigned int count = torc_maker_batch(maker, packets, left < 1000 ? left : 1000);
		int done = torc_sender_send(sender, packets, count);

		if (done < 0)
			errx(1, "%s: %s", argv[1], torc_strerror(done));
	}
	torc_sender_flush(sender);
	torc_sender_info(sender, &info);
	torc_sender_stats(sender, &stats);
	printf("%llu packets by %s in %.3f s, %llu refused\n", (unsigned long long)stats.sent,
	       info.way, (double)stats.elapsed_ns / 1e9, (unsigned long long)stats.errors);
	torc_sender_close(sender);
	torc_maker_close(maker);
	return 0;
}
