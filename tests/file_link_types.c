/* SPDX-License-Identifier: BSD-3-Clause */
/* A filter on a file with several link types: the expression is compiled for each. */
#include <torc/torc.h>

#include "test.h"
#include "test_folder.h"

static char folder[64], path[128];
static FILE *file;

static void block(uint32_t type, const void *body, uint32_t length)
{
	uint32_t padded = (length + 3) & ~3u, total = padded + 12;
	static const uint8_t zero[4];

	fwrite(&type, 4, 1, file);
	fwrite(&total, 4, 1, file);
	fwrite(body, length, 1, file);
	fwrite(zero, padded - length, 1, file);
	fwrite(&total, 4, 1, file);
}

static void interface(uint16_t link_type)
{
	uint8_t body[8] = { (uint8_t)link_type, (uint8_t)(link_type >> 8) };

	block(1, body, sizeof(body));
}

/* A UDP datagram to that port, behind so many bytes of link header. */
static void packet(uint32_t interface_number, unsigned int header, unsigned int port)
{
	uint8_t body[20 + 14 + 32] = { 0 }, *p = body + 20;
	uint32_t length = header + 28;

	memcpy(body, &interface_number, 4);
	memcpy(body + 12, &length, 4);
	memcpy(body + 16, &length, 4);
	if (header == 14)
		p[12] = 8;
	p += header;
	p[0] = 0x45;
	p[3] = 28;
	p[9] = 17;
	p[22] = (uint8_t)(port >> 8);
	p[23] = (uint8_t)port;
	p[25] = 8;
	block(6, body, 20 + length);
}

static void make_file(void)
{
	static const uint8_t section[16] = { 0x4d, 0x3c, 0x2b, 0x1a, 1,	   0,	 0,    0,
					     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

	strcpy(folder, "/tmp/torc-test-XXXXXX");
	if (!mkdtemp(folder))
		exit(1);
	snprintf(path, sizeof(path), "pcap:%s/mixed.pcapng", folder);
	file = fopen(path + 5, "w");
	block(0x0a0d0d0a, section, sizeof(section));
	interface(TORC_LINK_ETHERNET);
	interface(TORC_LINK_RAW);
	for (unsigned int i = 0; i < 10; i++) {
		packet(0, 14, i % 2 ? 53 : 54);
		packet(1, 0, i % 2 ? 53 : 54);
	}
	fclose(file);
}

static void count(const char *filter, unsigned int want_ethernet, unsigned int want_raw)
{
	unsigned int ethernet = 0, raw = 0;
	struct torc_packet found;
	struct torc_ring *ring;
	struct torc_stats stats = { .size = sizeof(stats) };

	if (torc_ring_open(&ring, path, 0, 0, NULL) < 0)
		exit(1);
	is(torc_ring_set_filter(ring, filter), 0, "filter \"%s\"", filter);
	torc_ring_enable(ring);
	while (torc_ring_next(ring, &found) > 0) {
		ethernet += found.link_type == TORC_LINK_ETHERNET;
		raw += found.link_type == TORC_LINK_RAW;
	}
	is(ethernet, want_ethernet, "  Ethernet packets");
	is(raw, want_raw, "  raw IP packets");
	torc_ring_stats(ring, &stats);
	is(stats.filtered, 20 - want_ethernet - want_raw, "  the others are counted");
	ok(stats.balanced, "  and the account balances");
	torc_ring_close(ring);
}

int main(void)
{
	make_file();
	count("udp dst port 53", 5, 5);
	count("udp", 10, 10);
	count("ether[12:2] = 0x0800", 10, 0);
	remove_folder(folder);
	return done();
}
