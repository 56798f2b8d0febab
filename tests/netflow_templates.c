/* SPDX-License-Identifier: BSD-3-Clause */
/* Data of NetFlow v9 and IPFIX by templates seen before: whose they are, how many, what is malformed. */
#include <torc/netflow_templates.h>

#include "flow_packets.h"
#include "test.h"

static struct torc_netflow_templates *templates;

/* A message that is made: sets one after the other. */
static uint8_t message[1400];
static uint32_t used, set_at;

static void put(uint64_t value, int bytes)
{
	put_number(message + used, value, bytes);
	used += (uint32_t)bytes;
}

static void begin(unsigned int version, uint32_t domain)
{
	used = 0;
	put(version, 2);
	put(version == 9 ? 1 : 0, 2);
	if (version == 9)
		put(0, 4);
	put(1700000000, 4);
	put(0, 4);
	put(domain, 4);
}

static void set(unsigned int id)
{
	set_at = used;
	put(id, 2);
	put(0, 2);
}

static void set_done(void)
{
	put_number(message + set_at + 2, used - set_at, 2);
}

/* Two fields of four and two bytes, or one of four and a text of any length. */
static void template_set(unsigned int version, unsigned int id, unsigned int second, unsigned int length)
{
	set(version == 9 ? 0 : 2);
	put(id, 2);
	put(2, 2);
	put(8, 2);
	put(4, 2);
	put(second, 2);
	put(length, 2);
	set_done();
}

struct read {
	unsigned int records, values;
	struct torc_netflow_value last;
	uint8_t last_bytes[300];
};

/* Sends what was made from an exporter; what was read of it. */
static struct read receive(uint32_t exporter, uint16_t port)
{
	struct made made = { .source = exporter, .destination = 9, .source_port = port,
			     .destination_port = 4739, .protocol = 17, .payload = used, .data = message };
	struct read read = { .records = 0 };
	struct torc_netflow_data_record record;
	struct torc_netflow_data data;
	struct made_packet packet;
	const struct torc_layer *layer;

	if (message[1] == 10)
		put_number(message + 2, used, 2);
	make_packet(&made, &packet);
	layer = &packet.decoded.layers[packet.decoded.layer_count - 1];
	if (!ok(torc_netflow_data_begin(templates, &packet.decoded, layer, &data) == 0, "a message"))
		return read;
	while (torc_netflow_data_next(&data, &record)) {
		read.records++;
		while (torc_netflow_value_next(&record, &read.last)) {
			read.values++;
			memcpy(read.last_bytes, read.last.bytes.data, read.last.bytes.length);
		}
	}
	return read;
}

static struct torc_netflow_templates_stats stats_now(void)
{
	struct torc_netflow_templates_stats stats = { .size = sizeof(stats) };

	torc_netflow_templates_stats(templates, &stats);
	is(stats.learnt, stats.templates + stats.replaced + stats.withdrawn + stats.evicted,
	   "the account of templates");
	return stats;
}

static void open_for(uint32_t room, uint32_t bytes)
{
	struct torc_netflow_templates_options options = { .size = sizeof(options), .templates = room,
							  .fields_bytes = bytes };

	is(torc_netflow_templates_open(&templates, &options), 0, "room for %u", room);
}

static void data_set(unsigned int id, unsigned int records)
{
	set(id);
	for (unsigned int n = 0; n < records; n++) {
		put(0x0A000001, 4);
		put(0x1234, 2);
	}
	while (used % 4)
		put(0, 1);
	set_done();
}

static void test_whose(unsigned int version)
{
	struct read read;

	open_for(0, 0);
	begin(version, 1);
	data_set(256, 3);
	is(receive(1, 5000).records, 0, "version %u: no template yet", version);
	begin(version, 1);
	template_set(version, 256, 7, 2);
	data_set(256, 3);
	read = receive(1, 5000);
	is(read.records, 3, "three records, padding is none");
	is(read.values, 6, "of two values each");
	is(read.last.id, 7, "the last value");
	ok(read.last.bytes.length == 2 && read.last_bytes[0] == 0x12, "its bytes");
	begin(version, 1);
	data_set(256, 2);
	is(receive(1, 5000).records, 2, "and in another packet");
	begin(version, 2);
	data_set(256, 2);
	is(receive(1, 5000).records, 0, "not of another domain");
	begin(version, 1);
	data_set(256, 2);
	is(receive(2, 5000).records, 0, "nor of another exporter");
	is(receive(1, 5001).records, 0, "nor of another port of it");
	begin(version == 9 ? 10 : 9, 1);
	data_set(256, 2);
	is(receive(1, 5000).records, 0, "nor of the other version");
	is(stats_now().sets_without_template, 5, "all of which is counted");
	torc_netflow_templates_close(templates);
}

static void test_changes(void)
{
	open_for(2, 0);
	begin(10, 1);
	template_set(10, 256, 7, 2);
	template_set(10, 256, 7, 2);
	receive(1, 5000);
	is(stats_now().learnt, 1, "the same again is no news");
	begin(10, 1);
	template_set(10, 256, 7, 4);
	receive(1, 5000);
	is(stats_now().replaced, 1, "another takes its place");
	begin(10, 1);
	template_set(10, 257, 7, 2);
	data_set(256, 1);
	template_set(10, 258, 7, 2);
	receive(1, 5000);
	is(stats_now().evicted, 1, "no room: one goes");
	begin(10, 1);
	data_set(257, 1);
	is(receive(1, 5000).records, 0, "that which was used longest ago");
	begin(10, 1);
	data_set(258, 1);
	is(receive(1, 5000).records, 1, "the others stay");
	begin(10, 1);
	set(2);
	put(258, 2);
	put(0, 2);
	set_done();
	receive(1, 5000);
	is(stats_now().withdrawn, 1, "withdrawn");
	begin(10, 1);
	data_set(258, 1);
	is(receive(1, 5000).records, 0, "and gone");
	torc_netflow_templates_close(templates);

	open_for(10, 8);
	begin(10, 1);
	template_set(10, 256, 7, 2);
	template_set(10, 257, 7, 2);
	receive(1, 5000);
	is(stats_now().templates, 1, "bytes of fields are bounded too");
	torc_netflow_templates_close(templates);
}

static void test_lengths(void)
{
	struct read read;

	open_for(0, 0);
	begin(10, 1);
	template_set(10, 256, 82, 65535);
	set(256);
	put(1, 4);
	put(3, 1);
	put(0x616263, 3);
	put(2, 4);
	put(255, 1);
	put(4, 2);
	put(0x64656667, 4);
	set_done();
	read = receive(1, 5000);
	is(read.records, 2, "lengths of their own: one byte, and three");
	ok(read.last.bytes.length == 4 && memcmp(read.last_bytes, "defg", 4) == 0, "the text");
	begin(10, 1);
	set(256);
	put(1, 4);
	put(200, 1);
	put(0, 3);
	set_done();
	is(receive(1, 5000).records, 0, "a length beyond the set");
	is(stats_now().malformed, 1, "is malformed");
	begin(10, 1);
	set(2);
	put(300, 2);
	put(1, 2);
	put(8, 2);
	put(0, 2);
	set_done();
	data_set(300, 4);
	is(receive(1, 5000).records, 0, "records without bytes");
	is(stats_now().refused, 1, "are refused");
	torc_netflow_templates_close(templates);
}

int main(void)
{
	struct torc_netflow_templates_options options = { .size = 1 };
	struct torc_netflow_data data;

	test_whose(9);
	test_whose(10);
	test_changes();
	test_lengths();
	is(torc_netflow_templates_open(&templates, &options), -22, "no size");
	is(torc_netflow_data_begin(NULL, NULL, NULL, &data), -22, "no layer");
	torc_netflow_templates_close(NULL);
	return done();
}
