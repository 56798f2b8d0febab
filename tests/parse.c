/* SPDX-License-Identifier: BSD-3-Clause */
/* torc_parse(): fields, offsets and levels of golden packets, cut at every length; the flow hash. */
#include <arpa/inet.h>

#include <torc/parse.h>

#include "parse/cursor.h"
#include "test.h"

struct build {
	uint8_t bytes[512];
	uint32_t length;
};

static void add(struct build *b, const void *bytes, size_t length)
{
	memcpy(b->bytes + b->length, bytes, length);
	b->length += (uint32_t)length;
}

static void add16(struct build *b, unsigned int value)
{
	add(b, (uint8_t[]){ (uint8_t)(value >> 8), (uint8_t)value }, 2);
}

static void add32(struct build *b, uint32_t value)
{
	add16(b, value >> 16);
	add16(b, value & 0xFFFF);
}

static void ethernet(struct build *b, unsigned int type)
{
	add(b, "\x02\0\0\0\0\x01\x02\0\0\0\0\x02", 12);
	add16(b, type);
}

static void tag(struct build *b, unsigned int tci, unsigned int type)
{
	add16(b, tci);
	add16(b, type);
}

static void ipv4(struct build *b, uint8_t protocol, unsigned int options, unsigned int fragment)
{
	add(b, (uint8_t[]){ (uint8_t)(0x45 + options), 0x10 }, 2);
	add16(b, 0); /* as of a segment that is still to be cut: no bound */
	add16(b, 0x1234);
	add16(b, fragment);
	add(b, (uint8_t[]){ 64, protocol, 0, 0 }, 4);
	add32(b, 0x0A000001);
	add32(b, 0x0A000002);
	for (unsigned int i = 0; i < options; i++)
		add32(b, 0x01010101);
}

static void ipv6(struct build *b, uint8_t next)
{
	add32(b, 0x62000000);
	add16(b, 0);
	add(b, (uint8_t[]){ next, 61 }, 2);
	add(b, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01", 16);
	add(b, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02", 16);
}

static void tcp(struct build *b)
{
	add16(b, 1234);
	add16(b, 80);
	add32(b, 0x11111111);
	add32(b, 0x22222222);
	add(b, "\x60\x12\xff\xff\0\0\0\0\x02\x04\x05\xb4", 12); /* data offset 6 */
}

static void udp(struct build *b, unsigned int destination)
{
	add16(b, 5000);
	add16(b, destination);
	add32(b, 0);
}

/* Every cut ends at a guard page; nothing that was found moves, nothing is invented. */
static void cut_everywhere(const struct build *b, uint16_t link_type, const char *what)
{
	struct torc_parsed whole, cut;
	int level = torc_parse(link_type, b->bytes, b->length, &whole), last = 2;
	bool good = true;

	for (uint32_t length = 0; length <= b->length; length++) {
		uint8_t *data = guarded(b->bytes, length);
		int got = torc_parse(link_type, data, length, &cut);

		good = good && got >= last && got <= level;
		good = good && (cut.ip.version == 0 || !memcmp(&cut.ip.source, &whole.ip.source, 32));
		good = good && (cut.transport_offset == TORC_NO_OFFSET ||
				cut.transport_offset == whole.transport_offset);
		good = good && (cut.payload_offset == TORC_NO_OFFSET ||
				(cut.payload_offset == whole.payload_offset &&
				 (uint32_t)cut.payload_offset <= length));
		good = good && (got == level || (cut.flags & TORC_PARSED_TRUNCATED));
		last = got;
		guarded_free(data, length);
	}
	ok(good, "%s: cut at every length", what);
}

static void plain_tcp(void)
{
	struct build b = { .length = 0 };
	struct torc_parsed p;

	ethernet(&b, 0x0800);
	ipv4(&b, 6, 1, 0x4000);
	tcp(&b);
	is(torc_parse(TORC_LINK_ETHERNET, b.bytes, b.length, &p), 4, "TCP: level 4");
	is(p.ether_type, 0x0800, "Ethernet type");
	is(p.source_mac[5], 2, "source MAC");
	is(p.destination_mac[5], 1, "destination MAC");
	is(p.vlan_count, 0, "no tag");
	is(p.vlan_offset, TORC_NO_OFFSET, "no tag offset");
	is(p.ip.version, 4, "IPv4");
	is(p.ip.tos, 0x10, "type of service");
	is(p.ip.ttl, 64, "time to live");
	is(p.ip.source[3], 1, "source address");
	is(p.ip.destination[3], 2, "destination address");
	is(p.ip.source_port, 1234, "source port");
	is(p.ip.destination_port, 80, "destination port");
	is(p.tcp_sequence, 0x11111111, "sequence");
	is(p.tcp_acknowledgment, 0x22222222, "acknowledgment");
	is(p.tcp_flags, 0x12, "flags");
	is(p.network_offset, 14, "network offset");
	is(p.transport_offset, 38, "transport offset behind IP options");
	is(p.payload_offset, 62, "payload offset behind TCP options");
	is(p.flags, TORC_PARSED_FLOW_HASH, "no fragment, not truncated");
	is(p.tunnel_id, TORC_NO_TUNNEL_ID, "no tunnel");
	cut_everywhere(&b, TORC_LINK_ETHERNET, "TCP");
}

static void tags(void)
{
	struct build b = { .length = 0 };
	struct torc_parsed p;

	ethernet(&b, 0x88A8);
	tag(&b, 0xE064, 0x8100);
	tag(&b, 200, 0x86DD);
	ipv6(&b, 17);
	udp(&b, 53);
	is(torc_parse(TORC_LINK_ETHERNET, b.bytes, b.length, &p), 4, "two tags, IPv6, UDP");
	is(p.vlan_count, 2, "two tags");
	is(p.vlan_id, 100, "outer tag without its priority");
	is(p.inner_vlan_id, 200, "inner tag");
	is(p.vlan_offset, 14, "tag offset");
	is(p.ether_type, 0x86DD, "type behind the tags");
	is(p.network_offset, 22, "network offset");
	is(p.ip.tos, 0x20, "traffic class");
	is(p.payload_offset, 70, "payload offset");
	cut_everywhere(&b, TORC_LINK_ETHERNET, "two tags");
}

static void extensions(void)
{
	struct build b = { .length = 0 };
	struct torc_parsed p;

	ethernet(&b, 0x86DD);
	ipv6(&b, 0);
	add(&b, "\x2b\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16); /* hop-by-hop, 16 bytes */
	add(&b, "\x33\0\0\0\0\0\0\0", 8);                     /* routing */
	add(&b, "\x2c\x01\0\0\0\0\0\0\0\0\0\0", 12);          /* authentication, 12 bytes */
	add(&b, "\x3c\0\0\x01\0\0\0\x07", 8);                 /* fragment, first, id 7 */
	add(&b, "\x06\0\x01\x04\0\0\0\0", 8);                 /* destination options */
	tcp(&b);
	is(torc_parse(TORC_LINK_ETHERNET, b.bytes, b.length, &p), 4, "five extension headers");
	is(p.ip.protocol, 6, "TCP behind them");
	is(p.transport_offset, 106, "transport offset");
	is(p.ip.fragment_id, 7, "fragment id");
	is(p.flags, TORC_PARSED_FLOW_HASH | TORC_PARSED_FRAGMENT | TORC_PARSED_MORE_FRAGMENTS, "a first fragment");
	cut_everywhere(&b, TORC_LINK_ETHERNET, "extension headers");

	b.length = 14;
	ipv6(&b, 0);
	for (int i = 0; i < 40; i++)
		add(&b, "\0\0\0\0\0\0\0\0", 8);
	is(torc_parse(TORC_LINK_ETHERNET, b.bytes, b.length, &p), 3, "endless extensions end");
	is(p.transport_offset, TORC_NO_OFFSET, "and lead nowhere");
}

static void fragments(void)
{
	struct build b = { .length = 0 };
	struct torc_parsed p;

	ethernet(&b, 0x0800);
	ipv4(&b, 17, 0, 0x2000 | 185);
	udp(&b, 53);
	is(torc_parse(TORC_LINK_ETHERNET, b.bytes, b.length, &p), 3, "a later fragment: level 3");
	is(p.flags, TORC_PARSED_FLOW_HASH | TORC_PARSED_FRAGMENT | TORC_PARSED_LATER_FRAGMENT |
		    TORC_PARSED_MORE_FRAGMENTS,
	   "said so");
	is(p.ip.source_port, 0, "its bytes are not ports");
	is(p.payload_offset, 34, "payload right behind IP");
	is(p.ip.fragment_id, 0x1234, "fragment id");
	cut_everywhere(&b, TORC_LINK_ETHERNET, "later fragment");
}

static void padding(void)
{
	struct build b = { .length = 0 };
	struct torc_parsed p;

	ethernet(&b, 0x0800);
	ipv4(&b, 17, 0, 0);
	b.bytes[17] = 20; /* total length: the header and nothing */
	udp(&b, 53);
	is(torc_parse(TORC_LINK_ETHERNET, b.bytes, b.length, &p), 3, "padding is not a header");
	is(p.ip.destination_port, 0, "and holds no ports");
}

static void expect_inner(struct build *b, uint32_t tunnel_id, const char *what)
{
	struct torc_parsed p;

	is(torc_parse(TORC_LINK_ETHERNET, b->bytes, b->length, &p), 5, "%s: level 5", what);
	is(p.tunnel_id, tunnel_id, "%s: tunnel id", what);
	is(p.inner.version, 6, "%s: inner IPv6", what);
	is(p.inner.destination_port, 443, "%s: inner port", what);
	is(p.inner.source[15], 1, "%s: inner address", what);
	is(p.ip.version, 4, "%s: outer IPv4 is kept", what);
	cut_everywhere(b, TORC_LINK_ETHERNET, what);
}

static void tunnels(void)
{
	struct build b = { .length = 0 };

	ethernet(&b, 0x0800);
	ipv4(&b, 47, 0, 0);
	add(&b, "\xb0\0\x86\xdd\0\0\0\0\0\0\x04\xd2\0\0\0\x01", 16); /* checksum, key, sequence */
	ipv6(&b, 17);
	udp(&b, 443);
	expect_inner(&b, 1234, "GRE");

	b.length = 14;
	ipv4(&b, 17, 0, 0);
	udp(&b, 4789);
	add(&b, "\x08\0\0\0\0\x10\x01\0", 8);
	ethernet(&b, 0x86DD);
	ipv6(&b, 17);
	udp(&b, 443);
	expect_inner(&b, 0x1001, "VXLAN");

	b.length = 14;
	ipv4(&b, 17, 0, 0);
	udp(&b, 2152);
	add(&b, "\x34\xff\0\0\0\0\0\x2a\0\0\0\x85\x01\0\0\0", 16); /* one extension header */
	ipv6(&b, 17);
	udp(&b, 443);
	expect_inner(&b, 42, "GTP-U");

	b.length = 14;
	ipv4(&b, 41, 0, 0);
	ipv6(&b, 17);
	udp(&b, 443);
	expect_inner(&b, TORC_NO_TUNNEL_ID, "IPv6 in IPv4");
}

static void transports(void)
{
	static const struct {
		uint8_t protocol, header[16];
		int level, payload;
		const char *name;
	} rows[] = {
		{ 132, { 0, 9, 0, 10 }, 4, 12, "SCTP" },
		{ 33, { 0, 9, 0, 10, 4 }, 4, 16, "DCCP" },
		{ 136, { 0, 9, 0, 10 }, 4, 8, "UDP-Lite" },
		{ 1, { 8, 3 }, 4, 8, "ICMP" },
		{ 50, { 0 }, 3, 0, "ESP" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct build b = { .length = 0 };
		struct torc_parsed p;

		ipv4(&b, rows[i].protocol, 0, 0);
		add(&b, rows[i].header, 16);
		is(torc_parse(TORC_LINK_RAW, b.bytes, b.length, &p), rows[i].level, "%s: level",
		   rows[i].name);
		is(p.payload_offset, 20 + rows[i].payload, "%s: payload", rows[i].name);
		cut_everywhere(&b, TORC_LINK_RAW, rows[i].name);
		if (rows[i].protocol == 1)
			is(p.icmp_type * 256 + p.icmp_code, 0x0803, "ICMP: type and code");
	}
}

static void links(void)
{
	static const struct {
		uint16_t link;
		uint8_t length, header[24];
		const char *name;
	} rows[] = {
		{ TORC_LINK_LINUX_SLL, 16, { [3] = 1, [5] = 6, [11] = 9, [14] = 8 }, "cooked" },
		{ TORC_LINK_LINUX_SLL2, 20, { [0] = 8, [9] = 1, [11] = 6, [17] = 9 }, "cooked v2" },
		{ TORC_LINK_NULL, 4, { 2 }, "loopback" },
		{ TORC_LINK_LOOP, 4, { 0, 0, 0, 2 }, "loopback, network order" },
		{ TORC_LINK_IPV4, 0, { 0 }, "bare" },
		{ TORC_LINK_ETHERNET, 22, { [12] = 0x88, [13] = 0x47, [20] = 1 }, "MPLS" },
		{ TORC_LINK_ETHERNET, 22,
		  { [12] = 0x88, [13] = 0x64, [14] = 0x11, [21] = 0x21 }, "PPPoE" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct build b = { .length = 0 };
		struct torc_parsed p;

		add(&b, rows[i].header, rows[i].length);
		ipv4(&b, 6, 0, 0);
		tcp(&b);
		is(torc_parse(rows[i].link, b.bytes, b.length, &p), 4, "%s: level", rows[i].name);
		is(p.network_offset, rows[i].length, "%s: network offset", rows[i].name);
		is(p.ip.source_port, 1234, "%s: port", rows[i].name);
		cut_everywhere(&b, rows[i].link, rows[i].name);
	}
}

static uint32_t hash_of(uint32_t from, uint16_t from_port, uint32_t to, uint16_t to_port)
{
	struct build b = { .length = 0 };
	struct torc_parsed p;

	from = htonl(from), to = htonl(to);
	from_port = htons(from_port), to_port = htons(to_port);
	ipv4(&b, 17, 0, 0);
	udp(&b, 0);
	memcpy(b.bytes + 12, &from, 4);
	memcpy(b.bytes + 16, &to, 4);
	memcpy(b.bytes + 20, &from_port, 2);
	memcpy(b.bytes + 22, &to_port, 2);
	torc_parse(TORC_LINK_RAW, b.bytes, b.length, &p);
	return p.flow_hash;
}

/* The fullest of 8 buckets, in percent of the mean; more than 110 fails. */
/* The same whether a packet goes the short way or the general one. */
static bool ways_agree(const uint8_t *bytes, uint32_t caplen)
{
	uint8_t *data = guarded(bytes, caplen);
	struct torc_parsed any, general;
	int level;

	level = torc_parse(TORC_LINK_ETHERNET, data, caplen, &any);
	if (level != torc_parse_general(TORC_LINK_ETHERNET, data, caplen, &general))
		level = 0;
	guarded_free(data, caplen);
	return level != 0 && memcmp(&any, &general, sizeof(any)) == 0;
}

/* One packet of a kind, whole, cut, and with each of its first bytes made everything. */
static bool kind_agrees(unsigned int kind)
{
	struct build b = { .length = 0 };
	bool agree = true;

	ethernet(&b, kind & 1 ? 0x8100 : kind & 2 ? 0x86DD : 0x0800);
	if (kind & 1)
		tag(&b, 0x2064, kind & 2 ? 0x86DD : 0x0800);
	if (kind & 2)
		ipv6(&b, kind & 4 ? 17 : 6);
	else
		ipv4(&b, kind & 4 ? 17 : 6, 0, 0);
	if (kind & 4)
		udp(&b, kind & 8 ? 4789 : 53);
	else
		tcp(&b);
	add(&b, "padding and payload", 19);
	for (uint32_t n = 0; n <= b.length; n++)
		agree = ways_agree(b.bytes, n) && agree;
	for (uint32_t n = 12; n < b.length; n++) {
		uint8_t was = b.bytes[n];

		for (unsigned int value = 0; value < 256; value++) {
			b.bytes[n] = (uint8_t)value;
			agree = ways_agree(b.bytes, b.length) && agree;
		}
		b.bytes[n] = was;
	}
	return agree;
}

static void ways(void)
{
	for (unsigned int kind = 0; kind < 16; kind++)
		ok(kind_agrees(kind), "the short way agrees with the general one: %s over IPv%d%s",
		   !(kind & 4) ? "TCP" : kind & 8 ? "VXLAN" : "UDP", kind & 2 ? 6 : 4,
		   kind & 1 ? ", with a tag" : "");
}

static void evenness(const char *what, uint32_t from_step, uint32_t to_step, uint16_t port_step)
{
	unsigned int count[8] = { 0 }, most = 0;

	for (uint32_t i = 0; i < 20000; i++)
		count[hash_of(0x0A000000 + i * from_step, (uint16_t)(1000 + i * port_step),
			      0x0A000001 + i * to_step, 80) >> 29]++;
	for (int i = 0; i < 8; i++)
		most = count[i] > most ? count[i] : most;
	ok(most < 2750, "%s: the fullest of 8 has %u of 2500", what, most);
}

static void flow_hash(void)
{
	unsigned int asymmetric = 0, same = 0;

	for (uint32_t i = 0; i < 5000; i++) {
		uint32_t from = i * 2654435761u, to = i * 40503u + 77;
		uint16_t a = (uint16_t)(i * 7), b = (uint16_t)(i * 13 + 5);

		asymmetric += hash_of(from, a, to, b) != hash_of(to, b, from, a);
		same += hash_of(from, a, to, b) == hash_of(from, a, to, b ^ 1);
	}
	is(asymmetric, 0, "both directions have one hash");
	is(same, 0, "another port is another hash");
	ok(hash_of(1, 5, 4, 5) != hash_of(2, 5, 3, 5), "equal sums of addresses differ");
	evenness("consecutive sources", 1, 0, 0);
	evenness("consecutive ports", 0, 0, 1);
	evenness("consecutive pairs", 2, 2, 0);
	evenness("networks", 256, 0, 0);
	evenness("networks of networks", 65536, 1, 0);
}

int main(void)
{
	plain_tcp();
	tags();
	extensions();
	fragments();
	padding();
	tunnels();
	transports();
	links();
	flow_hash();
	ways();
	return done();
}
