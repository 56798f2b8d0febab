/* SPDX-License-Identifier: BSD-3-Clause */
/* make.c - made frames: headers, checksums summed anew, flows, numbers, the same bytes each time */
#include <errno.h>
#include <torc/torc.h>

#include "test.h"

static uint32_t be(const uint8_t *at, int bytes)
{
	uint32_t value = 0;

	while (bytes-- > 0)
		value = value << 8 | *at++;
	return value;
}

/* One's complement sum of everything, checksum included: 0xffff when it is right (RFC 1071). */
static uint32_t sum(uint32_t start, const uint8_t *bytes, size_t length)
{
	uint64_t total = start;

	for (size_t i = 0; i < length; i++)
		total += (uint64_t)bytes[i] << (i & 1 ? 0 : 8);
	while (total >> 16)
		total = (total >> 16) + (total & 0xffff);
	return (uint32_t)total;
}

/* Is every length and checksum of the frame right? */
static bool frame_is_right(const uint8_t *frame, uint32_t length)
{
	bool tagged = be(frame + 12, 2) == 0x8100;
	const uint8_t *ip = frame + (tagged ? 18 : 14);
	uint32_t ip_length = length - (uint32_t)(ip - frame);
	bool six = ip[0] >> 4 == 6;
	const uint8_t *transport = ip + (six ? 40 : 20);
	uint32_t transport_length = ip_length - (six ? 40 : 20);
	uint8_t protocol = six ? ip[6] : ip[9];
	uint32_t pseudo = protocol + transport_length;

	if (be(frame + (tagged ? 16 : 12), 2) != (six ? 0x86ddu : 0x0800u))
		return false;
	if (six ? be(ip + 4, 2) != transport_length : be(ip + 2, 2) != ip_length)
		return false;
	if (!six && sum(0, ip, 20) != 0xffff)
		return false;
	if (protocol == 17 &&
	    (be(transport + 4, 2) != transport_length || be(transport + 6, 2) == 0))
		return false;
	pseudo += six ? sum(0, ip + 8, 32) : sum(0, ip + 12, 8);
	return sum(protocol == 1 ? 0 : pseudo, transport, transport_length) == 0xffff;
}

static void every_kind(void)
{
	static const uint32_t lengths[] = { 78, 79, 82, 85, 86, 87, 777, 1514, 9216 };
	unsigned int wrong = 0, kinds = 0;
	uint8_t frame[9216];

	for (unsigned int n = 0; n < 3 * 2 * 2; n++) {
		struct torc_maker_options options = {
			.size = sizeof(options),
			.flows = 1000,
			.lengths = lengths,
			.length_count = 9,
			.protocol = (enum torc_make_protocol)(n % 3),
			.ipv6 = n / 3 % 2,
			.vlan = n / 6 % 2 ? 100 : 0,
		};
		struct torc_maker *maker;

		if (torc_maker_open(&maker, &options, NULL) < 0)
			continue;
		kinds++;
		for (uint64_t i = 0; i < 20000; i++) {
			uint64_t number = i < 10000 ? i : i * 0x123456789ull;
			uint32_t length = torc_maker_write(maker, number, frame);

			wrong += length != options.lengths[number % options.length_count];
			wrong += !frame_is_right(frame, length);
			wrong += options.vlan && be(frame + 14, 2) != 100;
		}
		torc_maker_close(maker);
	}
	is(kinds, 12, "UDP, TCP, ICMP over IPv4 and IPv6, with and without a tag");
	is(wrong, 0, "lengths and checksums are right");
}

static void flows(void)
{
	struct torc_maker_options options = { .size = sizeof(options), .flows = 5000 };
	struct torc_maker *maker;
	struct torc_parsed first = { 0 }, parsed;
	unsigned int repeats = 0, changes = 0;
	uint32_t *seen = calloc(5000, sizeof(*seen));
	uint8_t frame[64];

	torc_maker_open(&maker, &options, NULL);
	for (uint32_t n = 0; n < 15000; n++) {
		torc_maker_write(maker, n, frame);
		torc_parse(TORC_LINK_ETHERNET, frame, 64, &parsed);
		if (n == 0)
			first = parsed;
		if (n < 5000)
			seen[n] = be(parsed.ip.source, 4);
		else
			changes += seen[n % 5000] != be(parsed.ip.source, 4);
		if (n > 0 && n < 5000)
			repeats += memcmp(&parsed.ip, &first.ip, sizeof(first.ip)) == 0;
		if (be(frame + 42, 4) != 0 || be(frame + 46, 4) != n)
			changes++;
	}
	is(repeats, 0, "flows differ");
	is(changes, 0, "packet n is of flow n %% flows, and tells its number");
	ok(parsed.ip.protocol == 17 && parsed.ip.destination_port == 9, "UDP, port 9");
	torc_maker_close(maker);
	free(seen);
}

static void batches(void)
{
	struct torc_maker_options options = { .size = sizeof(options),
					      .flows = 7,
					      .lengths = (const uint32_t[]){ 60, 1514 },
					      .length_count = 2 };
	struct torc_maker *maker;
	struct torc_packet packets[2000];
	unsigned int different = 0, first, second;
	uint8_t frame[1514];

	torc_maker_open(&maker, &options, NULL);
	first = torc_maker_batch(maker, packets, 2000);
	second = torc_maker_batch(maker, packets, 10);
	ok(first == 1024 && second == 10, "batches of at most 1024");
	for (unsigned int n = 0; n < second; n++)
		different += torc_maker_write(maker, first + n, frame) != packets[n].caplen ||
			     memcmp(frame, packets[n].data, packets[n].caplen) != 0;
	is(different, 0, "a batch goes on where the one before ended");
	torc_maker_close(maker);
}

static void fixed_bytes(void)
{
	static const uint8_t want[] = {
		2,    0, 0,  0,	  0, 2, 2,    0, 0,  0,	 0,    1,    8,	   0, /* Ethernet */
		0x45, 0, 0,  28,  0, 0, 0x40, 0, 64, 17, 0x26, 0x50, 10,   0,
		0,    1, 10, 128, 0, 1, 0x80, 0, 0,  9,	 0,    8,    0x6b, 0x53,
	};
	struct torc_maker_options options = { .size = sizeof(options),
					      .lengths = (const uint32_t[]){ 42 },
					      .length_count = 1 };
	struct torc_maker *maker;
	uint8_t frame[42];

	torc_maker_open(&maker, &options, NULL);
	torc_maker_write(maker, 0, frame);
	ok(memcmp(frame, want, 42) == 0, "the first frame, byte for byte");
	torc_maker_close(maker);
}

static void refusals(void)
{
	struct torc_maker_options options = { .size = sizeof(options),
					      .lengths = (const uint32_t[]){ 73 },
					      .length_count = 1,
					      .ipv6 = true,
					      .protocol = TORC_MAKE_TCP };
	struct torc_maker *maker;
	struct torc_error error;

	is(torc_maker_open(&maker, &options, &error), -EINVAL, "too short: %s", error.text);
	options.vlan = 4095;
	is(torc_maker_open(&maker, &options, &error), -EINVAL, "%s", error.text);
	options.size = 3;
	is(torc_maker_open(&maker, &options, &error), -EINVAL, "%s", error.text);
	ok(maker == NULL, "no maker then");
	torc_maker_close(NULL);
}

int main(void)
{
	every_kind();
	flows();
	batches();
	fixed_bytes();
	refusals();
	return done();
}
