/* SPDX-License-Identifier: BSD-3-Clause */
/* The flow table: keys, directions, timeouts, TCP, fragments, names, a full table, the account. */
#include <torc/flow_table.h>

#include "flow_packets.h"
#include "test.h"

enum { FIN = TORC_TCP_FIN, SYN = TORC_TCP_SYN, RST = TORC_TCP_RST, ACK = TORC_TCP_ACK };

static struct torc_flow_table *table;
static struct torc_flow_record records[64];
static unsigned int record_count;
static uint64_t record_packets, record_bytes;

static void ended(void *object, const struct torc_flow_record *record)
{
	(void)object;
	record_packets += record->packets[0] + record->packets[1];
	record_bytes += record->bytes[0] + record->bytes[1];
	if (record_count < 64)
		records[record_count] = *record;
	record_count++;
}

static void begin(struct torc_flow_table_options options)
{
	struct torc_error error = { 0 };

	options.size = sizeof(options);
	options.ended = ended;
	record_count = 0;
	record_packets = record_bytes = 0;
	if (!ok(torc_flow_table_open(&table, &options, &error) == 0, "a table opens"))
		exit(1);
}

static void add(struct made made)
{
	struct made_packet packet;

	make_packet(&made, &packet);
	torc_flow_table_add(table, &packet.packet, &packet.decoded);
}

static struct torc_flow_table_stats stats_now(void)
{
	struct torc_flow_table_stats stats = { .size = sizeof(stats) };

	torc_flow_table_stats(table, &stats);
	return stats;
}

/* Ends all flows; what the records say is what was counted. */
static void finish(const char *what)
{
	struct torc_flow_table_stats stats;

	torc_flow_table_flush(table);
	stats = stats_now();
	ok(stats.balanced, "%s: the account balances", what);
	is(stats.open, 0, "%s: no flow is open", what);
	is(record_packets, stats.in_flows, "%s: all packets are in records", what);
	is(record_bytes, stats.bytes, "%s: all bytes are in records", what);
	is(record_count, stats.records, "%s: all records came", what);
	torc_flow_table_close(table);
	table = NULL;
}

static const struct made client = {
	.source = 1, .destination = 2, .source_port = 40000, .destination_port = 443, .protocol = 6,
};

static struct made tcp(bool from_client, uint16_t flags, uint32_t sequence, uint32_t payload,
		       uint64_t ms)
{
	struct made made = from_client ? client : answer_of(client);

	made.flags = flags;
	made.sequence = sequence;
	made.payload = payload;
	made.time_ns = ms * 1000000;
	return made;
}

static void test_connection(void)
{
	struct torc_flow_record *record = &records[0];

	begin((struct torc_flow_table_options){ 0 });
	add(tcp(true, SYN, 100, 0, 0));
	add(tcp(false, SYN | ACK, 500, 0, 30));
	add(tcp(true, ACK, 101, 0, 40));
	add(tcp(true, ACK, 101, 200, 50));
	add(tcp(false, ACK, 501, 1000, 60));
	add(tcp(false, ACK, 2501, 1000, 61)); /* 1501 comes later */
	add(tcp(false, ACK, 1501, 1000, 62));
	add(tcp(true, ACK, 101, 200, 70)); /* again */
	add(tcp(true, FIN | ACK, 301, 0, 80));
	add(tcp(false, FIN | ACK, 3501, 0, 90));
	add(tcp(true, ACK, 302, 0, 100));
	is(record_count, 0, "a closed connection waits for what is late");
	torc_flow_table_advance(table, START + 4 * SECOND);
	is(record_count, 0, "for five seconds");
	torc_flow_table_advance(table, START + 6 * SECOND);
	is(record_count, 1, "then it ends");
	is(record->reason, TORC_FLOW_ENDED, "because it was closed");
	is(record->state, TORC_FLOW_CLOSED, "its state");
	is(record->opener, TORC_FLOW_BY_SYN, "opened by SYN");
	is(record->address[0][3], 1, "the client is first");
	is(record->port[0], 40000, "its port");
	is(record->port[1], 443, "the server's port");
	is(record->packets[0], 6, "packets of the client");
	is(record->packets[1], 5, "packets of the server");
	is(record->bytes[0], 6 * 40 + 400, "bytes of the client");
	is(record->bytes[1], 5 * 40 + 3000, "bytes of the server");
	is(record->rtt_ns[0], 30000000, "round trip to the server");
	is(record->rtt_ns[1], 10000000, "round trip to the client");
	is(record->retransmissions[0], 1, "one segment twice");
	is(record->retransmissions[1], 0, "none of the server's");
	is(record->out_of_order[1], 1, "one out of order");
	is(record->out_of_order[0], 0, "none of the client's");
	is_str(record->history, "ShADdTFf", "history");
	is(record->first_ns, START, "first");
	is(record->last_ns, START + 100000000, "last");
	is(record->min_length, 40, "smallest");
	is(record->max_length, 1040, "largest");
	is(record->tcp_flags[0], SYN | ACK | FIN, "flags");
	is(record->ifindex, 3, "interface");
	finish("connection");
}

static void test_openers(void)
{
	struct made made;

	begin((struct torc_flow_table_options){ 0 });
	add(tcp(false, SYN | ACK, 500, 0, 0));
	torc_flow_table_flush(table);
	is(records[0].opener, TORC_FLOW_BY_SYN_ACK, "SYN and ACK: its receiver");
	is(records[0].port[0], 40000, "is the client");
	add(tcp(false, ACK, 500, 10, 0));
	torc_flow_table_flush(table);
	is(records[1].opener, TORC_FLOW_BY_PORT, "in the middle: the lower port is the server");
	is(records[1].port[1], 443, "443");
	is(records[1].packets[1], 1, "and it was the server's packet");
	made = (struct made){ .source = 9, .destination = 8, .source_port = 6000,
			      .destination_port = 7000, .protocol = 17 };
	add(made);
	torc_flow_table_flush(table);
	is(records[2].opener, TORC_FLOW_BY_FIRST, "UDP: the first packet");
	is(records[2].port[0], 6000, "its sender");
	made.source_port = 53;
	add(made);
	torc_flow_table_flush(table);
	is(records[3].opener, TORC_FLOW_BY_PORT, "UDP: a system port is the server");
	is(records[3].port[1], 53, "53");
	finish("openers");
}

static void test_times(void)
{
	struct made made = { .source = 1, .destination = 2, .source_port = 5000,
			     .destination_port = 6000, .protocol = 17, .payload = 10 };
	int n;

	begin((struct torc_flow_table_options){ .idle_ns = 10 * SECOND, .active_ns = 30 * SECOND });
	for (n = 0; n < 8; n++) { /* every 9 s: 0 to 63 */
		made.time_ns = (uint64_t)n * 9 * SECOND;
		add(n % 2 ? answer_of(made) : made);
	}
	is(record_count, 1, "one part");
	is(records[0].reason, TORC_FLOW_ACTIVE, "by the active timeout");
	is(records[0].packets[0] + records[0].packets[1], 4, "of the packets until then");
	is(records[0].part, 0, "the first part");
	made.time_ns = 100 * SECOND;
	add(made);
	is(record_count, 2, "silence ends a flow when its next packet comes");
	is(records[1].reason, TORC_FLOW_IDLE, "idle");
	is(records[1].part, 1, "the second part");
	is(records[1].packets[0] + records[1].packets[1], 4, "the rest of the packets");
	is(records[1].first_ns, START + 36 * SECOND, "begins with its own first packet");
	is(records[1].port[0], 5000, "the client stays the client");
	torc_flow_table_advance(table, START + 109 * SECOND);
	is(record_count, 2, "before its time nothing ends");
	torc_flow_table_advance(table, START + 111 * SECOND);
	is(record_count, 3, "on a silent wire the clock ends it");
	is(records[2].part, 0, "a flow of its own");
	finish("times");

	begin((struct torc_flow_table_options){ .idle_ns = 100 * SECOND, .active_ns = 30 * SECOND });
	made.time_ns = 0;
	add(made);
	torc_flow_table_advance(table, START + 40 * SECOND);
	is(record_count, 1, "an active timeout comes by the clock too");
	is(records[0].reason, TORC_FLOW_ACTIVE, "as such");
	torc_flow_table_advance(table, START + 80 * SECOND);
	is(record_count, 1, "and not again without a packet");
	finish("silent");

	begin((struct torc_flow_table_options){ 0 });
	made.time_ns = 0;
	add(made);
	made.time_ns = 5000000 * SECOND; /* a broken time */
	add(made);
	is(stats_now().ended[TORC_FLOW_IDLE], 1, "a time far ahead ends flows");
	for (n = 0; n < 10; n++) {
		made.time_ns = (uint64_t)(n + 1) * SECOND;
		add(made);
	}
	is(stats_now().clock_steps, 1, "the clock comes back once");
	ok(stats_now().begun <= 3, "and flows last again");
	finish("clock");
}

static void test_reuse(void)
{
	begin((struct torc_flow_table_options){ 0 });
	add(tcp(true, SYN, 100, 0, 0));
	add(tcp(true, SYN, 100, 0, 1000));
	is(record_count, 0, "a SYN again is the same connection");
	add(tcp(false, SYN | ACK, 500, 0, 1001));
	add(tcp(true, ACK, 101, 50, 1002));
	add(tcp(true, SYN, 100, 0, 1003));
	is(record_count, 0, "also when it is late");
	add(tcp(true, SYN, 90000000, 0, 2000));
	is(record_count, 1, "a SYN with another sequence is a new one");
	is(records[0].reason, TORC_FLOW_ENDED, "the old one ended");
	is(records[0].packets[0], 4, "with its packets");
	add(tcp(false, RST | ACK, 0, 0, 2001));
	add(tcp(true, SYN, 95000000, 0, 2002));
	is(record_count, 2, "after a reset too");
	is(records[1].state, TORC_FLOW_CLOSED, "closed by it");
	is_str(records[1].history, "Sr", "refused");
	add(tcp(true, SYN, 99000000, 0, 20000));
	is(record_count, 3, "nobody answered for 15 s");
	is(records[2].reason, TORC_FLOW_IDLE, "idle");
	is(records[2].state, TORC_FLOW_OPENING, "opening");
	finish("reuse");
}

static void test_keys(void)
{
	struct made made = { .source = 1, .destination = 2, .source_port = 5000,
			     .destination_port = 6000, .protocol = 17, .payload = 10 };
	struct made ping = { .source = 1, .destination = 2, .protocol = 1, .icmp_type = 8 };

	begin((struct torc_flow_table_options){ 0 });
	add(made);
	made.vlan = 7;
	add(made);
	made.vlan = 8;
	add(answer_of(made));
	made.v6 = true;
	add(made);
	add(answer_of(made));
	is(stats_now().open, 4, "VLANs and versions make flows");
	add(ping);
	ping = answer_of(ping);
	ping.icmp_type = 0;
	add(ping);
	is(stats_now().open, 5, "a ping and its answer are one");
	ping.icmp_type = 3;
	ping.icmp_code = 1;
	add(ping);
	add(answer_of(ping));
	is(stats_now().open, 7, "what has no answer is one way");
	torc_flow_table_flush(table);
	is(records[1].vlan[0], 7, "VLAN id");
	is(records[1].vlan_count, 1, "one of them");
	is(records[3].version, 6, "IPv6");
	is(records[3].packets[0] + records[3].packets[1], 2, "both ways");
	is(records[4].icmp_type, 8, "ICMP type");
	is(records[4].packets[1], 1, "answered");
	is(records[5].icmp_code, 1, "ICMP code");
	finish("keys");

	begin((struct torc_flow_table_options){ .flags = TORC_FLOW_TABLE_NO_VLAN });
	made.v6 = false;
	add(made);
	made.vlan = 9;
	add(made);
	is(stats_now().open, 1, "without VLANs in the key");
	finish("no VLAN");
}

/* An IPv4 packet of UDP in GRE. */
static void test_inner(void)
{
	struct made inner = { .source = 1, .destination = 2, .source_port = 5000,
			      .destination_port = 6000, .protocol = 17, .payload = 10 };
	struct made outer = { .source = 77, .destination = 78, .protocol = 47 };
	struct made_packet packet;
	uint8_t gre[200];

	for (unsigned int flags = 0; flags < 2; flags++) {
		begin((struct torc_flow_table_options){ .flags = flags });
		make_packet(&inner, &packet);
		memcpy(gre, packet.bytes + 10, packet.packet.len - 10); /* type behind four bytes */
		gre[0] = gre[1] = 0;
		gre[2] = 8;
		gre[3] = 0;
		outer.payload = packet.packet.len - 10 - 8; /* its first eight bytes are put_upper()'s */
		make_packet(&outer, &packet);
		memcpy(packet.bytes + 34, gre, outer.payload + 8);
		torc_decode_packet(&packet.packet, &packet.decoded);
		torc_flow_table_add(table, &packet.packet, &packet.decoded);
		torc_flow_table_flush(table);
		is(records[0].protocol, flags ? 17 : 47, "%s flow", flags ? "inner" : "outer");
		is(records[0].address[0][3], flags ? 1 : 77, "its address");
		is(records[0].inner, flags, "said to be inner");
		finish("tunnel");
	}
}

static void test_fragments(void)
{
	struct made first = { .source = 1, .destination = 2, .source_port = 5000,
			      .destination_port = 6000, .protocol = 17, .payload = 100,
			      .fragment = 0x2000, .id = 77 };
	struct made later = first;

	begin((struct torc_flow_table_options){ 0 });
	add(first);
	later.fragment = 0x2000 | 13;
	add(later);
	later.fragment = 26;
	add(later);
	is(stats_now().open, 1, "fragments belong to their first");
	later.id = 78;
	add(later);
	is(stats_now().open, 2, "those of another datagram do not");
	is(stats_now().fragments, 3, "counted");
	is(stats_now().fragments_alone, 1, "alone");
	torc_flow_table_flush(table);
	is(records[0].packets[0], 3, "three packets");
	is(records[1].port[0], 0, "without ports");
	finish("fragments");
}

static int hint(struct made made, unsigned int from, const char *text)
{
	struct torc_flow_hint hint = { .size = sizeof(hint), .from = from,
				       .name = { (const uint8_t *)text, (uint32_t)strlen(text) } };
	struct made_packet packet;

	make_packet(&made, &packet);
	return torc_flow_table_add_hint(table, &packet.packet, &packet.decoded, &hint);
}

/* What a stream says: of either direction, the first stays, and only of flows that are there. */
static void test_hints(void)
{
	char long_name[TORC_FLOW_NAME_SIZE + 1];

	memset(long_name, 'x', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	begin((struct torc_flow_table_options){ 0 });
	is(hint(tcp(true, ACK, 1, 10, 0), TORC_FLOW_NAME_HTTP, "a"), 0, "no such flow");
	add(tcp(true, ACK, 1, 10, 0));
	is(hint(tcp(true, ACK, 1, 10, 0), TORC_FLOW_NAME_HTTP, ""), -22, "no name");
	is(hint(tcp(true, ACK, 1, 10, 0), TORC_FLOW_NAME_DNS, "a"), -22, "not of a stream");
	is(hint(tcp(false, ACK, 1, 10, 0), TORC_FLOW_NAME_HTTP, long_name), 1, "the other direction");
	is(hint(tcp(true, ACK, 1, 10, 0), TORC_FLOW_NAME_TLS, "b"), 0, "the first name stays");
	torc_flow_table_flush(table);
	is(strlen(records[0].name), TORC_FLOW_NAME_SIZE - 1, "as much as there is room for");
	ok(records[0].name_cut, "and that it was cut");
	is(records[0].name_from, TORC_FLOW_NAME_HTTP, "what said it");
	finish("hints");

	begin((struct torc_flow_table_options){ .flags = TORC_FLOW_TABLE_NO_NAMES });
	add(tcp(true, ACK, 1, 10, 0));
	is(hint(tcp(true, ACK, 1, 10, 0), TORC_FLOW_NAME_HTTP, "a"), -28, "no room for names");
	finish("no names");
}

static void test_names(void)
{
	static const uint8_t question[] = { 0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0,
					    3, 'w', 'w', 'w', 7, 'e', 'x', 'a', 'm', 'p', 'l', 'e',
					    3, 'o', 'r', 'g', 0, 0, 28, 0, 1 };
	static const uint8_t hello[] = {
		22, 3, 1, 0, 78, 1, 0, 0, 74, 3, 3, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
		15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 0, 0, 2, 19,
		1, 1, 0, 0, 31, 0, 0, 0, 16, 0, 14, 0, 0, 11, 'e', 'x', 'a', 'm', 'p', 'l', 'e', '.',
		'o', 'r', 'g', 0, 16, 0, 5, 0, 3, 2, 'h', '2', 0xFF, 0xFF
	};
	struct made dns = { .source = 1, .destination = 2, .source_port = 5000,
			    .destination_port = 53, .protocol = 17, .payload = sizeof(question),
			    .data = question };
	struct made tls = tcp(true, ACK, 1, sizeof(hello), 0);
	struct made second = tcp(true, ACK, 1, 6 + sizeof(hello), 0);
	uint8_t changed[6 + sizeof(hello)] = { 20, 3, 3, 0, 1, 1 };

	memcpy(changed + 6, hello, sizeof(hello));
	tls.data = hello;
	second.data = changed;
	begin((struct torc_flow_table_options){ 0 });
	add(second);
	torc_flow_table_flush(table);
	is_str(records[0].name, "example.org", "a second hello of TLS, behind a change of cipher");
	finish("a second hello");
	begin((struct torc_flow_table_options){ 0 });
	add(dns);
	add(tls);
	torc_flow_table_flush(table);
	is_str(records[0].name, "www.example.org", "the question of DNS");
	is(records[0].dns_type, 28, "its type");
	is_str(records[1].name, "example.org", "the server name of TLS");
	is_str(records[1].alpn, "h2", "its protocol");
	finish("names");

	begin((struct torc_flow_table_options){ .flags = TORC_FLOW_TABLE_NO_NAMES });
	add(dns);
	torc_flow_table_flush(table);
	is_str(records[0].name, "", "no names when none are wanted");
	finish("no names");

	begin((struct torc_flow_table_options){ .flows = 100 });
	for (dns.source_port = 1024; dns.source_port < 1124; dns.source_port++)
		add(dns);
	is(stats_now().names_left_out, 100 - (100 / 20 + 16), "no room for more names");
	finish("room for names");
}

static void test_community_ids(void)
{
	struct made all[] = {
		client, answer_of(client),
		{ .source = 5, .destination = 4, .source_port = 9, .destination_port = 8,
		  .protocol = 17, .v6 = true },
		{ .source = 1, .destination = 2, .protocol = 1, .icmp_type = 0 },
		{ .source = 9, .destination = 2, .protocol = 1, .icmp_type = 3, .icmp_code = 4 },
		{ .source = 9, .destination = 2, .protocol = 58, .icmp_type = 135, .v6 = true },
		{ .source = 9, .destination = 2, .protocol = 89 },
	};
	char id[TORC_COMMUNITY_ID_SIZE], want[TORC_COMMUNITY_ID_SIZE];
	struct made_packet packet;

	for (unsigned int n = 0; n < sizeof(all) / sizeof(*all); n++) {
		begin((struct torc_flow_table_options){ 0 });
		make_packet(&all[n], &packet);
		torc_flow_table_add(table, &packet.packet, &packet.decoded);
		torc_flow_table_flush(table);
		torc_flow_record_community_id(&records[0], 0, id);
		torc_community_id(&packet.decoded, 0, 0, want);
		is_str(id, want, "Community ID %u", n);
		torc_flow_table_close(table);
	}
}

static void test_others(void)
{
	struct made made = client;
	struct made_packet packet;

	begin((struct torc_flow_table_options){ 0 });
	made.cut = 30;
	add(made);
	is(stats_now().cut, 1, "cut by the capture");
	made_bytes(&client, &packet);
	packet.bytes[12] = 0x08;
	packet.bytes[13] = 0x06;
	torc_decode_packet(&packet.packet, &packet.decoded);
	torc_flow_table_add(table, &packet.packet, &packet.decoded);
	is(stats_now().not_ip, 1, "not IP");
	made_bytes(&client, &packet);
	packet.bytes[14] = 0x42;
	torc_decode_packet(&packet.packet, &packet.decoded);
	torc_flow_table_add(table, &packet.packet, &packet.decoded);
	is(stats_now().malformed, 1, "malformed");
	is(stats_now().in_flows, 0, "no flow");
	finish("others");
}

static void test_bad_options(void)
{
	struct torc_flow_table_options options = { .size = sizeof(options) };
	struct torc_error error;

	options.idle_ns = 1;
	is(torc_flow_table_open(&table, &options, &error), -22, "a timeout of 1 ns");
	options.idle_ns = 0;
	options.flags = 1u << 20;
	is(torc_flow_table_open(&table, &options, &error), -22, "a flag that is none");
	options.flags = 0;
	options.flows = TORC_FLOW_TABLE_MAX_FLOWS + 1;
	is(torc_flow_table_open(&table, &options, &error), -22, "too many flows");
	ok(strlen(error.text) > 0, "a sentence");
}

/*
 * A flood of connections nobody answers through a table that is a tenth of them, while twenty
 * conversations go on.
 */
static void test_flood(void)
{
	enum { ROOM = 2000, FLOOD = 200000, LONG = 20 };
	struct torc_flow_table_stats stats;
	struct made syn = tcp(true, SYN, 1, 0, 0), talk = client;
	unsigned int n, lost = 0;
	uint32_t position = 0;
	struct torc_flow_record record;

	begin((struct torc_flow_table_options){ .flows = ROOM });
	for (n = 0; n < FLOOD; n++) {
		syn.source = 1000 + n;
		syn.time_ns = (uint64_t)n * 50000; /* ten seconds */
		add(syn);
		if (n % 10000)
			continue;
		for (unsigned int k = 0; k < LONG; k++) { /* every half second */
			talk.source_port = (uint16_t)(50000 + k);
			talk.flags = ACK;
			talk.payload = 1;
			talk.sequence++;
			talk.time_ns = syn.time_ns;
			add(n / 10000 % 2 ? answer_of(talk) : talk);
		}
	}
	stats = stats_now();
	is(stats.flows_max, ROOM, "the room is what it was");
	is(stats.open, ROOM, "the table is full");
	is(stats.ended[TORC_FLOW_NO_ROOM], FLOOD + LONG - ROOM, "what had no room went, and is counted");
	for (n = 0; n < record_count && n < 64; n++)
		lost += records[n].state != TORC_FLOW_OPENING;
	is(lost, 0, "only those that nobody answered");
	for (n = 0; torc_flow_table_next(table, &position, &record); )
		n += record.packets[0] + record.packets[1] == FLOOD / 10000;
	is(n, LONG, "long conversations are all there, with all their packets");
	finish("flood");
}

/* One by one and in batches of any size: the same records. */
static void test_batches(void)
{
	enum { COUNT = 3000, BATCH = 64 };
	static struct made_packet made[COUNT];
	static struct torc_packet packets[COUNT];
	static struct torc_decoded decoded[COUNT];
	struct torc_flow_table_stats one, many;
	uint32_t seed = 1;
	unsigned int n, size;

	for (n = 0; n < COUNT; n++) {
		struct made m = { .protocol = n % 3 ? 6 : 17, .time_ns = n * (SECOND / 20) };

		seed = seed * 1664525 + 1013904223;
		m.source = seed >> 28;
		m.destination = 20 + (seed >> 24 & 3);
		m.source_port = (uint16_t)(1000 + (seed >> 20 & 3));
		m.destination_port = 80;
		m.flags = n % 7 == 0 ? SYN : n % 31 == 0 ? RST : ACK;
		m.sequence = seed >> 10;
		m.payload = seed >> 16 & 63;
		make_packet(&m, &made[n]);
		m = answer_of(m);
		if (seed >> 8 & 1)
			make_packet(&m, &made[n]);
		packets[n] = made[n].packet;
		decoded[n] = made[n].decoded;
	}
	begin((struct torc_flow_table_options){ .flows = 40 });
	for (n = 0; n < COUNT; n++)
		torc_flow_table_add(table, &packets[n], &decoded[n]);
	one = stats_now();
	finish("one by one");
	for (size = 1; size <= BATCH; size *= 4) {
		begin((struct torc_flow_table_options){ .flows = 40 });
		for (n = 0; n < COUNT; n += size)
			torc_flow_table_add_batch(table, &packets[n], &decoded[n],
						  n + size < COUNT ? size : COUNT - n);
		many = stats_now();
		is(many.begun, one.begun, "flows in batches of %u", size);
		is(many.records, one.records, "records in batches of %u", size);
		finish("in batches");
	}
}

static void test_memory(void)
{
	struct torc_flow_table_options options = { .size = sizeof(options), .flows = 1000000 };

	if (!ok(torc_flow_table_open(&table, &options, NULL) == 0, "a million flows"))
		return;
	note("%.1f MiB", (double)stats_now().memory_bytes / (1 << 20));
	ok(stats_now().memory_bytes <= 192ull << 20, "take at most 192 MiB");
	torc_flow_table_close(table);
}

int main(void)
{
	test_connection();
	test_openers();
	test_times();
	test_reuse();
	test_keys();
	test_inner();
	test_fragments();
	test_names();
	test_hints();
	test_community_ids();
	test_others();
	test_bad_options();
	test_flood();
	test_batches();
	test_memory();
	return done();
}
