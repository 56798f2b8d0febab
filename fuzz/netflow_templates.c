/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fuzz target: templates of NetFlow version 9 and IPFIX. The input is a row of messages, each with two
 * bytes of length before it; the account of templates has to be right, each value in its record, each
 * record in its message.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <torc/netflow_templates.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_within(struct torc_bytes inner, const uint8_t *data, size_t length)
{
	return inner.data >= data && inner.data + inner.length <= data + length;
}

/* Behind UDP, in memory of its own that ends where the message does. */
static uint8_t *make_packet(const uint8_t *message, uint32_t length)
{
	static const uint8_t headers[28] = { 0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1,
					     10, 0, 0, 2, 0x10, 0, 0x12, 0x83 };
	uint8_t *packet = malloc(sizeof(headers) + length);

	if (!packet)
		return NULL;
	memcpy(packet, headers, sizeof(headers));
	memcpy(packet + sizeof(headers), message, length);
	packet[2] = (uint8_t)((28 + length) >> 8);
	packet[3] = (uint8_t)(28 + length);
	packet[24] = (uint8_t)((8 + length) >> 8);
	packet[25] = (uint8_t)(8 + length);
	return packet;
}

static void walk(struct torc_netflow_templates *templates, const uint8_t *message, uint32_t length)
{
	struct torc_packet packet = { .caplen = length, .len = length, .data = message,
				      .link_type = TORC_LINK_RAW };
	struct torc_decoded decoded;
	struct torc_netflow_data_record record;
	struct torc_netflow_value value;
	struct torc_netflow_data walked;

	torc_decode_packet(&packet, &decoded);
	if (decoded.layer_count == 0)
		return;
	if (torc_netflow_data_begin(templates, &decoded,
				    &decoded.layers[decoded.layer_count - 1], &walked) < 0)
		return;
	while (torc_netflow_data_next(&walked, &record)) {
		uint32_t values = 0;

		if (record.bytes.length == 0 || !is_within(record.bytes, message, length))
			abort();
		for (; torc_netflow_value_next(&record, &value); values++)
			if (value.bytes.length &&
			    !is_within(value.bytes, record.bytes.data, record.bytes.length))
				abort();
		if (values != record.field_count)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct torc_netflow_templates_options options = {
		.size = sizeof(options), .templates = 3, .fields_bytes = 100
	};
	struct torc_netflow_templates_stats stats = { .size = sizeof(stats) };
	struct torc_netflow_templates *templates;
	uint8_t *packet;

	if (torc_netflow_templates_open(&templates, &options) < 0)
		return 0;
	while (size >= 2) {
		uint32_t length = (uint32_t)data[0] << 8 | data[1];

		data += 2;
		size -= 2;
		if (length > size)
			length = (uint32_t)size;
		if (length > 65500)
			length = 65500;
		packet = make_packet(data, length);
		if (packet)
			walk(templates, packet, 28 + length);
		free(packet);
		data += length;
		size -= length;
		torc_netflow_templates_stats(templates, &stats);
		if (stats.templates > 3 || stats.learnt != stats.templates + stats.replaced +
								   stats.withdrawn + stats.evicted)
			abort();
	}
	torc_netflow_templates_close(templates);
	return 0;
}
