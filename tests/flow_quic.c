/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * flow_quic.c - names of QUIC flows: a ClientHello in one datagram, in two, in any order, behind a Retry, never
 * whole; more flows that wait than there is room for, more packets than are decrypted in a second
 */
#include <torc/export.h>
#include <torc/flow_table.h>

#include "flow_packets.h"
#include "hello.h"
#include "quic.h"
#include "test.h"

static struct torc_flow_table *table;
static struct torc_flow_record records[512];
static unsigned int record_count;

static void ended(void *object, const struct torc_flow_record *record)
{
	(void)object;
	if (record_count < 512)
		records[record_count++] = *record;
}

static void begin(uint32_t flags)
{
	struct torc_flow_table_options options = { .size = sizeof(options), .ended = ended,
						   .flags = flags, .flows = 1000000 };

	record_count = 0;
	if (!ok(torc_flow_table_open(&table, &options, NULL) == 0, "a table opens"))
		exit(1);
}

static struct torc_flow_table_stats finish(void)
{
	struct torc_flow_table_stats stats = { .size = sizeof(stats) };

	torc_flow_table_flush(table);
	torc_flow_table_stats(table, &stats);
	ok(stats.balanced && stats.open == 0, "the account balances");
	torc_flow_table_close(table);
	return stats;
}

/* A datagram of the client's with that port, or to it. */
static void send(uint16_t port, bool from_client, const struct made_quic *datagram, uint64_t ms)
{
	struct made made = { .source = 1, .destination = 2, .source_port = port,
			     .destination_port = 443, .protocol = 17, .payload = datagram->length,
			     .data = datagram->bytes, .time_ns = ms * 1000000 };
	struct made_packet packet;

	if (!from_client)
		made = answer_of(made);
	make_packet(&made, &packet);
	torc_flow_table_add(table, &packet.packet, &packet.decoded);
}

/* An Initial packet with those bytes of a hello. */
static struct made_quic initial(const char *id, const char *original, const struct made_hello *hello,
				unsigned int offset, unsigned int length, bool from_server)
{
	struct made_quic frames = { .length = 0 }, datagram = { .length = 0 };
	struct quic_parts parts = { .version = 1, .destination = id,
				    .destination_length = (uint8_t)strlen(id), .source = "srce",
				    .source_length = 4, .original = original,
				    .original_length = (uint8_t)strlen(original), .token = "",
				    .number = offset, .number_length = 2,
				    .from_server = from_server, .frames = frames.bytes };

	quic_crypto(&frames, hello->bytes, offset, length);
	quic_add(&frames, "\0\0\0\0\1", 5);
	parts.length = frames.length;
	quic_make(&datagram, &parts);
	return datagram;
}

static void name_is(unsigned int record, const char *name, const char *what)
{
	is_str(records[record].name, name, "%s", what);
	is_str(records[record].alpn, *name ? "h3" : "", "%s: its protocol", what);
	is(records[record].name_from, *name ? TORC_FLOW_NAME_QUIC : TORC_FLOW_NAME_NONE,
	   "%s: where it is from", what);
}

static void test_whole(void)
{
	struct torc_flow_table_stats stats;
	struct made_hello hello, server;
	struct made_quic one;

	hello_make(&hello, "one.example", 200);
	hello_make(&server, "not.a.client", 0);
	begin(0);
	one = initial("destinat", "destinat", &hello, 0, hello.length, false);
	send(1000, true, &one, 0);
	send(1000, true, &one, 1);
	one = initial("srce", "destinat", &server, 0, server.length, true);
	send(1000, false, &one, 2);
	send(2000, false, &one, 3); /* a server whose client was not seen */
	one = initial("destinat", "others", &hello, 0, hello.length, false);
	send(3000, true, &one, 4); /* other keys */
	stats = finish();
	name_is(0, "one.example", "a hello in one datagram");
	name_is(1, "", "a server's packet");
	name_is(2, "", "a packet that cannot be opened");
	is(stats.quic_decrypted, 2, "no more is decrypted than that");
	is(stats.quic_left_out + stats.quic_unfinished, 0, "none was left out");
	begin(TORC_FLOW_TABLE_NO_NAMES);
	one = initial("destinat", "destinat", &hello, 0, hello.length, false);
	send(1000, true, &one, 0);
	stats = finish();
	name_is(0, "", "no names when none are wanted");
	is(stats.quic_decrypted, 0, "and nothing is decrypted");
}

static void test_pieces(void)
{
	struct torc_flow_table_stats stats;
	struct made_quic first, second, answer, retried;
	struct made_hello hello;

	hello_make(&hello, "two.example", 1500);
	first = initial("destinat", "destinat", &hello, 0, 1000, false);
	second = initial("destinat", "destinat", &hello, 1000, hello.length - 1000, false);
	answer = initial("srce", "destinat", &hello, 0, 300, true);
	begin(0);
	send(1000, true, &first, 0);
	send(1000, true, &second, 0);
	send(2000, true, &second, 1); /* the second first, an answer between */
	send(2000, false, &answer, 2);
	send(2000, true, &first, 3);
	send(3000, true, &first, 4); /* the client goes on with the server's id, keys stay */
	second = initial("srvchose", "destinat", &hello, 1000, hello.length - 1000, false);
	send(3000, true, &second, 5);
	send(4000, true, &first, 6); /* a Retry: another id, other keys, from the beginning */
	retried = initial("retried!", "retried!", &hello, 0, 1000, false);
	send(4000, true, &retried, 7);
	retried = initial("retried!", "retried!", &hello, 1000, hello.length - 1000, false);
	send(4000, true, &retried, 8);
	send(5000, true, &first, 9); /* the rest never comes */
	second = initial("destinat", "destinat", &hello, 1000, hello.length - 1000, false);
	send(6000, true, &second, 10); /* nor does the beginning */
	stats = finish();
	name_is(0, "two.example", "a hello in two datagrams");
	name_is(1, "two.example", "the second before the first");
	name_is(2, "two.example", "with another id");
	name_is(3, "two.example", "behind a Retry");
	name_is(4, "two.example", "by what is there when the flow ends");
	name_is(5, "", "nothing, without the beginning");
	is(stats.quic_unfinished, 0, "none had to make room");
}

/* A name in the second half: it is known only when the hello is whole. */
static void test_room(void)
{
	struct torc_flow_table_stats stats;
	struct made_quic first, second;
	struct made_hello hello;
	unsigned int named = 0;

	hello_make(&hello, "far.example", 100);
	first = initial("destinat", "destinat", &hello, 0, 50, false);
	second = initial("destinat", "destinat", &hello, 50, hello.length - 50, false);
	begin(0);
	for (unsigned int i = 0; i < 300; i++)
		send((uint16_t)(1000 + i), true, &first, 0);
	for (unsigned int i = 0; i < 300; i++)
		send((uint16_t)(1000 + i), true, &second, 1);
	stats = finish();
	for (unsigned int i = 0; i < 300; i++)
		named += records[i].name[0] != '\0';
	is(named, 256, "256 flows wait at a time");
	is(stats.quic_unfinished, 44, "the others were begun before, and made room");
	is(stats.quic_decrypted, 556, "a flow that made room is not looked at again");
}

static void test_budget(void)
{
	struct torc_flow_table_stats stats;
	struct made_hello hello;
	struct made_quic one;
	unsigned int named = 0;

	hello_make(&hello, "many.example", 100);
	one = initial("destinat", "destinat", &hello, 0, hello.length, false);
	begin(0);
	for (unsigned int i = 0; i < 1005; i++)
		send((uint16_t)(1000 + i), true, &one, 0);
	for (unsigned int i = 0; i < 5; i++)
		send((uint16_t)(5000 + i), true, &one, 150); /* another tenth of a second */
	record_count = 0;
	stats = finish();
	for (unsigned int i = 0; i < record_count; i++)
		named += records[i].name[0] != '\0';
	is(stats.quic_decrypted, 1005, "1000 packets in a tenth of a second, and more in the next");
	is(stats.quic_left_out, 5, "those beyond are counted");
	is(stats.ended[TORC_FLOW_FLUSHED], 1010, "and are flows as others");
	is(named, 512, "names of those that were decrypted");
}

static const char ja4[] = "13d0307h3_55b375c5d22e_bfe2d94fcd36"; /* of what hello_make() makes */

static bool has_prints(unsigned int record, char carrier)
{
	return records[record].ja4[0] == carrier && strcmp(records[record].ja4 + 1, ja4) == 0 &&
	       strlen(records[record].ja3) == 32;
}

/* The hello in one segment, or as much of it as is sent. */
static struct made segment(uint16_t port, const uint8_t *record, uint32_t length)
{
	return (struct made){ .source = 1, .destination = 2, .source_port = port,
			      .destination_port = 443, .protocol = 6, .flags = TORC_TCP_ACK,
			      .payload = length, .data = record };
}

static void test_fingerprints(void)
{
	struct torc_flow_hint hint = { .size = sizeof(hint), .from = TORC_FLOW_NAME_TLS };
	struct made_packet packet;
	struct made_hello hello;
	struct made_quic one, two;
	uint8_t record[2048] = { 22, 3, 1 };
	char json[4096];
	struct made tcp;

	hello_make(&hello, "print.example", 1200);
	one = initial("destinat", "destinat", &hello, 0, 900, false);
	two = initial("destinat", "destinat", &hello, 900, hello.length - 900, false);
	begin(TORC_FLOW_TABLE_FINGERPRINTS);
	send(1000, true, &one, 0);
	send(1000, true, &two, 1);
	send(2000, true, &one, 2); /* the rest never comes */
	memcpy(record + 5, hello.bytes, hello.length);
	record[3] = (uint8_t)(hello.length >> 8);
	record[4] = (uint8_t)hello.length;
	for (unsigned int i = 0; i < 2; i++) {
		tcp = segment((uint16_t)(3000 + i), record, i == 0 ? hello.length + 5 : 700);
		make_packet(&tcp, &packet);
		torc_flow_table_add(table, &packet.packet, &packet.decoded);
	}
	hint.hello = (struct torc_bytes){ hello.bytes, hello.length };
	is(torc_flow_table_add_hint(table, &packet.packet, &packet.decoded, &hint), 0,
	   "what the stream says of a flow with a name");
	finish();
	ok(has_prints(0, 'q'), "of a hello in two datagrams");
	is_str(records[1].name, "print.example", "the name of half a hello");
	ok(!records[1].ja4[0] && !records[1].ja3[0], "has no fingerprints");
	ok(has_prints(2, 't'), "of a hello in a segment");
	ok(has_prints(3, 't'), "of one in two, by the stream");
	torc_flow_record_json(&records[0], NULL, 0, json, sizeof(json));
	ok(strstr(json, "\"ja4\":\"q13d0307h3_") && strstr(json, "\"ja3\":\""), "in JSON");
	torc_flow_record_text(&records[0], json, sizeof(json));
	ok(strstr(json, " print.example ja4 q13d0307h3_"), "in the line");
	begin(0);
	send(1000, true, &one, 0);
	send(1000, true, &two, 1);
	make_packet(&tcp, &packet);
	torc_flow_table_add(table, &packet.packet, &packet.decoded);
	hint.from = TORC_FLOW_NAME_TLS;
	is(torc_flow_table_add_hint(table, &packet.packet, &packet.decoded, &hint), -22,
	   "a hint without a name, where fingerprints are not wanted");
	finish();
	name_is(0, "print.example", "without the flag");
	ok(!records[0].ja4[0] && !records[1].ja4[0], "there are none");
}

int main(void)
{
	test_whole();
	test_pieces();
	test_room();
	test_budget();
	test_fingerprints();
	return done();
}
