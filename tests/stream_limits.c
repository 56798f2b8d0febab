/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * stream_limits.c - nothing grows: connections that never end, holes that are never filled, segments
 * of 64 KiB; memory stays under the cap, what is new is still served, every loss is counted
 */
#include "stream.h"

#define MILLION 1000000u

static struct play game;

static void connection(uint32_t number)
{
	play_put_be(game.address[0], 0x0B000000u + (number >> 14), 4);
	game.port[0] = (uint16_t)(1024 + (number & 0x3FFF));
	game.side[0].next = game.side[1].next = 0;
	game.length = 0;
	game.last_side = -1;
}

static void begin(const struct torc_streams_options *options)
{
	play_begin(&game, options);
	game.step_ns = 1000; /* so that nothing is too old */
}

static uint64_t resident_bytes(void)
{
	unsigned long pages = 0;
	FILE *file = fopen("/proc/self/statm", "r");

	if (!file || fscanf(file, "%*u %lu", &pages) != 1)
		pages = 0;
	if (file)
		fclose(file);
	return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static struct torc_streams_stats stats_now(void)
{
	struct torc_streams_stats stats = { .size = sizeof(stats) };

	torc_streams_stats(game.streams, &stats);
	return stats;
}

static void idle_million(void)
{
	uint64_t before, after, resident = resident_bytes();
	struct torc_streams_stats stats;

	begin(NULL);
	before = stats_now().memory_bytes;
	for (uint32_t i = 0; i < MILLION; i++) {
		connection(i);
		play(&game, ">@0=hello");
	}
	stats = stats_now();
	after = stats.memory_bytes;
	is(stats.open, MILLION, "a million connections are open");
	ok(after - before <= 128u * MILLION, "each costs at most 128 bytes: %.1f",
	   (double)(after - before) / MILLION);
#ifndef __SANITIZE_ADDRESS__
	ok(resident_bytes() - resident <= 132u * MILLION, "so says the system: %.1f",
	   (double)(resident_bytes() - resident) / MILLION);
#else
	(void)resident;
#endif
	connection(77);
	play(&game, ">@5=again");
	is_str(game.log, "c:again", "an old one is still known");
	torc_streams_close(game.streams);
}

static void never_ending(void)
{
	const uint32_t most = 50000, made = 2 * MILLION;
	struct torc_streams_options options = { .size = sizeof(options), .max_connections = most };
	struct torc_streams_stats stats;
	uint32_t served = 0;

	play_begin(&game, &options);
	for (uint32_t i = 0; i < made; i++) {
		connection(i);
		play(&game, i % 8 == 7 ? ">@0=abcdef" : ">S"); /* and a flood of SYNs */
		served += strstr(game.log, i % 8 == 7 ? "open:midstream c:abcdef" : "open:syn") != NULL;
	}
	stats = stats_now();
	is(served, made, "two million connections were served");
	ok(stats.open <= most, "no more than the limit are kept: %llu",
	   (unsigned long long)stats.open);
	ok(stats.memory_bytes < 20 << 20, "memory: %.1f MB", (double)stats.memory_bytes / 1e6);
	is(stats.closed_evicted + stats.closed_idle + stats.open, made, "the others were told closed");
	ok(stats.closed_evicted > 0, "%llu for the limit, %llu were idle",
	   (unsigned long long)stats.closed_evicted, (unsigned long long)stats.closed_idle);
	ok(play_balanced(&game), "the account");
	torc_streams_close(game.streams);
}

static void data_in_time(uint32_t kept_open, uint32_t others)
{
	struct torc_streams_options options = { .size = sizeof(options),
						.max_connections = 1000 };
	struct torc_streams_stats stats;

	begin(&options);
	for (uint32_t i = 0; i < kept_open + others; i++) {
		connection(i);
		play(&game, ">@0=abcdef");
		if (i % 10 == 0) { /* the first ones stay busy */
			connection(i / 10 % kept_open);
			game.side[0].next = 6 + i / 10 / kept_open;
			play(&game, ">=x");
		}
	}
	stats = stats_now();
	connection(3);
	game.side[0].next = 7 + (kept_open + others) / 10 / kept_open;
	play(&game, ">=x");
	ok(strstr(game.log, "c:x") && !strstr(game.log, "open"),
	   "a busy connection stays while %llu idle ones go",
	   (unsigned long long)stats.closed_evicted);
	torc_streams_close(game.streams);
}

/* Every segment behind a hole that is never filled, in so many connections. */
static void endless_holes(const char *name, uint32_t connections, uint32_t segments, uint32_t flags)
{
	struct torc_streams_options options = { .size = sizeof(options), .flags = flags,
						.waiting_bytes = 4 << 20,
						.connection_waiting_bytes = 1 << 20 };
	struct torc_streams_stats stats;
	uint64_t most = 0, seen;

	begin(&options);
	for (uint32_t i = 0; i < connections; i++) {
		connection(i);
		play(&game, ">Sk14 <Sk14 >");
	}
	for (uint32_t i = 0; i < segments; i++) {
		char word[64];

		connection(i % connections);
		snprintf(word, sizeof(word), ">@%u^0_", 500 + i / connections * 1500);
		play(&game, word);
		seen = stats_now().memory_waiting_bytes;
		most = seen > most ? seen : most;
	}
	stats = stats_now();
	ok(most > 900 << 10 && most <= 4 << 20, "%s: %.1f of 4 MiB waited at most", name,
	   (double)most / (1 << 20));
	ok(stats.delivered > 0 && stats.gaps > 0, "%s: what had to go was delivered, with gaps", name);
	ok(play_balanced(&game), "%s: the account", name);
	connection(connections + 1);
	play(&game, ">S <S > >@1=EW");
	if (flags) /* delivered with the acknowledgment */
		play(&game, ">@0=N");
	connection(connections + 1); /* forget what had to make room */
	memset(game.delivered, 0, sizeof(game.delivered) + sizeof(game.gaps));
	play(&game, flags ? "<^3" : ">@0=N");
	ok(strstr(game.log, "c:NEW") != NULL, "%s: a new one is served: %.80s", name,
	   game.log);
	play_end(&game);
	stats = stats_now();
	ok(play_balanced(&game) && stats.waiting == 0 && stats.memory_waiting_bytes == 0,
	   "%s: the account at the end", name);
	torc_streams_close(game.streams);
}

/* Every connection has something that waits: what is told of them is limited too. */
static void everyone_in_trouble(void)
{
	struct torc_streams_options options = { .size = sizeof(options), .max_connections = 40000,
						.waiting_bytes = 8 << 20 };
	struct torc_streams_stats stats;

	begin(&options);
	for (uint32_t i = 0; i < 200000; i++) {
		connection(i);
		play(&game, ">S <S > >@9=late");
	}
	stats = stats_now();
	ok(stats.memory_bytes < 24 << 20, "memory: %.1f MB", (double)stats.memory_bytes / 1e6);
	ok(stats.delivered + stats.waiting == stats.payload && play_balanced(&game), "the account");
	torc_streams_close(game.streams);
}

/* What a card with receive offload hands over: longer than any MTU, in order and not. */
static void long_segments(void)
{
	static uint8_t tcp[20 + 65000], frame[sizeof(tcp) + 20];
	static const uint32_t order[] = { 0, 2, 1, 4, 3, 3 };

	begin(NULL);
	play(&game, ">Sk14 <Sk14 >");
	for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++) {
		uint32_t size;

		memset(tcp, 'a' + (int)order[i], sizeof(tcp));
		play_put_be(tcp, game.port[0], 2);
		play_put_be(tcp + 2, game.port[1], 2);
		play_put_be(tcp + 4, 1001 + order[i] * 65000, 4);
		play_put_be(tcp + 8, 5001, 4);
		memcpy(tcp + 12, "\x50\x10\xff\xff\0\0\0\0", 8);
		size = play_frame(&game, 0, frame, tcp, sizeof(tcp), sizeof(tcp));
		game.length = 0;
		play_packet(&game, frame, size, size);
	}
	is(stats_now().delivered, 5 * 65000, "segments of 65,000 bytes");
	is(stats_now().duplicate, 65000, "one came twice");
	is(stats_now().gaps, 0, "no gaps");
	ok(play_balanced(&game), "the account");
	torc_streams_close(game.streams);
}

int main(void)
{
	idle_million();
	never_ending();
	data_in_time(50, 5000);
	endless_holes("one connection", 1, 20000, 0);
	endless_holes("a hundred connections", 100, 20000, 0);
	endless_holes("a thousand connections, acknowledged", 1000, 20000, TORC_STREAMS_WHEN_ACKED);
	everyone_in_trouble();
	long_segments();
	return done();
}
