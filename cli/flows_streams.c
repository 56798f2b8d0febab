/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * flows_streams.c - torc flows --streams: names that no packet says alone, from TCP put together
 *
 * The Host of HTTP/1 requests, and server names of TLS that two segments share. The flow is that of
 * the packet that made the message whole.
 */
#include <errno.h>
#include <stdlib.h>

#include <torc/layers/application/http.h>
#include <torc/layers/application/tls.h>
#include <torc/message.h>

#include "flows.h"

struct flows_streams {
	struct torc_streams *streams;
	struct torc_messages *messages;
	uint64_t packets; /* that the streams were given, as they number them */
};

int flows_streams_open(struct flows_streams **result, uint64_t connections)
{
	struct torc_streams_options options = { .size = sizeof(options),
						.max_connections = (uint32_t)connections };
	struct flows_streams *all = calloc(1, sizeof(*all));
	struct torc_error error = { 0 };
	int code;

	*result = all;
	if (!all)
		return cli_fail(-ENOMEM, NULL);
	code = torc_streams_open(&all->streams, &options, &error);
	if (code < 0)
		return cli_fail(code, error.text);
	code = torc_messages_open(&all->messages, NULL);
	return code < 0 ? cli_fail(code, NULL) : CLI_GOOD;
}

void flows_streams_close(struct flows_streams *all)
{
	if (!all)
		return;
	torc_messages_close(all->messages);
	torc_streams_close(all->streams);
	free(all);
}

/* Events may be of another connection than the packet: one that was waited for for too long. */
static bool is_part(const struct torc_message *message, uint64_t packet)
{
	for (unsigned int n = 0; n < message->packet_count && n < TORC_MESSAGE_PACKETS; n++)
		if (message->packets[n] == packet)
			return true;
	return false;
}

static bool read_hint(const struct torc_message *message, struct torc_flow_hint *hint)
{
	const struct torc_layer *layer = message->decoded->layers;
	struct torc_http http;
	struct torc_tls tls;

	if (layer->type == TORC_LAYER_HTTP) {
		if (torc_layer_http(message->decoded, layer, &http) < 0 || http.is_response)
			return false;
		hint->from = TORC_FLOW_NAME_HTTP;
		hint->name = http.host;
	} else if (layer->type == TORC_LAYER_TLS) {
		if (torc_layer_tls(message->decoded, layer, &tls) < 0 || tls.content_type != 22 ||
		    tls.handshake_type != 1)
			return false;
		hint->from = TORC_FLOW_NAME_TLS;
		hint->name = tls.server_name;
		hint->alpn = tls.alpn;
		hint->hello = tls.hello;
	}
	return hint->name.length + hint->alpn.length + hint->hello.length > 0;
}

void flows_streams_add(struct flows_streams *all, struct torc_flow_table *table,
		       const struct torc_packet *packets, const struct torc_decoded *decoded,
		       unsigned int count)
{
	const struct torc_stream_event *event;
	const struct torc_message *message;

	for (unsigned int n = 0; n < count; n++) {
		all->packets++;
		torc_streams_add(all->streams, &packets[n], &decoded[n]);
		while ((event = torc_streams_next(all->streams))) {
			torc_messages_add(all->messages, all->streams, event);
			while ((message = torc_messages_next(all->messages))) {
				struct torc_flow_hint hint = { .size = sizeof(hint) };

				if (is_part(message, all->packets) && read_hint(message, &hint))
					torc_flow_table_add_hint(table, &packets[n], &decoded[n],
								 &hint);
			}
		}
	}
}
