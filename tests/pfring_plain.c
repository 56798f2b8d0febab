/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What pfring_recv() says of packets that it need not parse is what parsing says of them: packets of
 * a file that are nearly plain, taken by the step that is compiled in here and by the library's symbol.
 */
#include "pfring_net.h"

#define FILE_NAME "/run/pfring_plain.pcap"
#define PACKETS   40000u
#define MOST      94u

static uint32_t state = 20261128;

static uint32_t some(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state % below;
}

/* A TCP or UDP packet with a field or two that are special, or anything. */
static unsigned int nearly_plain(uint8_t *bytes)
{
	static const uint16_t ports[] = { 0, 53, 2122, 2123, 2152, 2153, 4788, 4789, 4790, 8472 };
	static const uint8_t firsts[] = { 0x45, 0x46, 0x44, 0x4F, 0x65, 0x55 };
	struct frame frame = { .protocol = some(2) ? IPPROTO_TCP : IPPROTO_UDP,
			       .vlan = some(8) ? 0 : 7,
			       .source = (uint8_t)some(256), .destination = (uint8_t)some(256),
			       .source_port = ports[some(10)], .destination_port = ports[some(10)] };
	unsigned int length = build(bytes, &frame), end = length - 6;

	for (unsigned int i = 34; i < 60; i++)
		if (i >= 38 && !(i == 46 && some(2)))
			bytes[i] = (uint8_t)some(256);
	switch (some(8)) {
	case 0:
		bytes[14] = firsts[some(6)];
		break;
	case 1:
		put16(bytes + 16, (uint16_t)some(100)); /* total length */
		break;
	case 2:
		put16(bytes + 20, (uint16_t)(1u << some(16))); /* flags and fragment */
		break;
	case 3:
		bytes[23] = (uint8_t)some(256); /* protocol */
		break;
	case 4:
		bytes[12 + some(40)] = (uint8_t)some(256);
		break;
	case 5:
		end = some(length);
		break;
	default:
		bytes[15] = (uint8_t)some(256); /* type of service */
		break;
	}
	return end < MOST ? end : MOST;
}

static bool write_packets(void)
{
	pcap_t *dead = pcap_open_dead(DLT_EN10MB, 1500);
	pcap_dumper_t *file = pcap_dump_open(dead, FILE_NAME);
	uint8_t bytes[FRAME_BYTES + 4];

	for (unsigned int i = 0; file && i < PACKETS; i++) {
		struct pcap_pkthdr header = { .ts = { .tv_sec = 1700000000 + i, .tv_usec = i % 1000000 },
					      .len = FRAME_BYTES };

		header.caplen = nearly_plain(bytes);
		pcap_dump((u_char *)file, &header, bytes);
	}
	if (file)
		pcap_dump_close(file);
	pcap_close(dead);
	return file != NULL;
}

typedef int receive_function(pfring *, u_char **, u_int, struct pfring_pkthdr *, u_int8_t);

static int by_step(pfring *ring, u_char **data, u_int size, struct pfring_pkthdr *hdr, u_int8_t wait)
{
	return pfring_recv(ring, data, size, hdr, wait);
}

/* With flags, by one of the two ways: what is said is what pfring_parse_pkt() says. */
static void check(const char *what, u_int32_t flags, receive_function *volatile take)
{
	pfring *ring = pfring_open("pcap:" FILE_NAME, 1500, flags);
	unsigned int count = 0, tcp = 0, wrong = 0;
	struct pfring_pkthdr hdr, parsed;
	u_char *data;

	if (!ok(ring && pfring_enable_ring(ring) == 0, "%s: open", what))
		return;
	for (; memset(&hdr, 0xAA, sizeof(hdr)), take(ring, &data, 0, &hdr, 1) == 1; count++) {
		parsed = (struct pfring_pkthdr){ .ts = hdr.ts, .caplen = hdr.caplen };
		parsed.extended_hdr.parsed_pkt.last_matched_rule_id = 0xFFFF;
		pfring_parse_pkt(data, &parsed, 5, 0, 1);
		tcp += parsed.extended_hdr.parsed_pkt.tcp.seq_num != 0;
		if (!(flags & PF_RING_LONG_HEADER))
			memset(&parsed.extended_hdr.parsed_pkt, 0, sizeof(struct pkt_parsing_info));
		if (hdr.extended_hdr.pkt_hash == parsed.extended_hdr.pkt_hash &&
		    hdr.ts.tv_sec == 1700000000 + count && hdr.ts.tv_usec == count % 1000000 &&
		    hdr.extended_hdr.process.pid == 0 &&
		    memcmp(&hdr.extended_hdr.parsed_pkt, &parsed.extended_hdr.parsed_pkt,
			   sizeof(struct pkt_parsing_info)) == 0)
			continue;
		if (wrong++ == 0)
			printf("# packet %u of %u bytes\n", count + 1, hdr.caplen);
	}
	is(count, PACKETS, "%s: all packets", what);
	ok(tcp > PACKETS / 4, "%s: many have a TCP header", what);
	is(wrong, 0, "%s: as by pfring_parse_pkt()", what);
	pfring_close(ring);
}

int main(void)
{
	if (!write_packets())
		skip_all("cannot write to /run");
	check("short header, a step", 0, by_step);
	check("short header, by the symbol", 0, pfring_recv);
	check("long header, a step", PF_RING_LONG_HEADER, by_step);
	check("long header, by the symbol", PF_RING_LONG_HEADER, pfring_recv);
	unlink(FILE_NAME);
	return done();
}
