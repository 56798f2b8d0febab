/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fuzz target: the flow table. The input is a row of packets, each with two bytes of length and two of
 * time before it; the account, and the sums of the records, have to be right at any time.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <torc/export.h>
#include <torc/flow_table.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct sums {
	uint64_t packets, bytes, records;
};

static void ended(void *object, const struct torc_flow_record *record)
{
	struct sums *sums = object;
	char line[2048], id[TORC_COMMUNITY_ID_SIZE];
	int length = torc_flow_record_json(record, NULL, 0, line, sizeof(line));

	if (length <= 0 || (size_t)length >= sizeof(line) || record->last_ns < record->first_ns)
		abort();
	length = torc_flow_record_text(record, line, sizeof(line));
	if (length <= 0 || (size_t)length >= sizeof(line))
		abort();
	torc_flow_record_community_id(record, 0, id);
	sums->packets += record->packets[0] + record->packets[1];
	sums->bytes += record->bytes[0] + record->bytes[1];
	sums->records++;
}

static void check(const struct torc_flow_table *table, const struct sums *sums)
{
	struct torc_flow_table_stats stats = { .size = sizeof(stats) };
	struct torc_flow_record record;
	uint64_t packets = sums->packets, bytes = sums->bytes, open = 0;
	uint32_t position = 0;

	torc_flow_table_stats(table, &stats);
	for (; torc_flow_table_next(table, &position, &record); open++) {
		packets += record.packets[0] + record.packets[1];
		bytes += record.bytes[0] + record.bytes[1];
	}
	if (!stats.balanced || stats.open != open || stats.in_flows != packets ||
	    stats.bytes != bytes || stats.records != sums->records || open > stats.flows_max)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint16_t links[] = { TORC_LINK_ETHERNET, TORC_LINK_RAW };
	struct sums sums = { 0 };
	struct torc_flow_table_options options = {
		.size = sizeof(options), .flows = 4, .ended = ended, .object = &sums,
		.idle_ns = 1000000000, .active_ns = 2000000000, .end_ns = 100000000,
	};
	struct torc_packet packet = { .link_type = TORC_LINK_ETHERNET };
	struct torc_flow_table *table;
	struct torc_decoded decoded;

	if (size < 1)
		return 0;
	options.flags = (data[0] & 7) | (data[0] & 16 ? TORC_FLOW_TABLE_FINGERPRINTS : 0);
	packet.link_type = links[data[0] >> 3 & 1];
	packet.timestamp_ns = 1700000000000000000u;
	if (torc_flow_table_open(&table, &options, NULL) < 0)
		abort();
	for (data++, size--; size >= 4; data += packet.caplen, size -= packet.caplen) {
		uint32_t length = (uint32_t)data[0] << 8 | data[1];
		int16_t step = (int16_t)(data[2] << 8 | data[3]);

		data += 4;
		size -= 4;
		packet.caplen = length % 512 < size ? length % 512 : (uint32_t)size;
		packet.len = packet.caplen + (length >> 12);
		packet.data = data;
		packet.timestamp_ns += (uint64_t)((int64_t)step * 1000000);
		torc_decode_packet(&packet, &decoded);
		torc_flow_table_add(table, &packet, &decoded);
		if (step % 16 == 0)
			torc_flow_table_advance(table, packet.timestamp_ns + 500000000);
	}
	check(table, &sums);
	torc_flow_table_flush(table);
	check(table, &sums);
	torc_flow_table_close(table);
	return 0;
}
