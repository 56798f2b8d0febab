/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * roles.c - what a packet's JSON does not carry: a line of JSON a packet with the names of its
 * outermost link, network, transport and application layers, and the FastHash of its two flows
 *
 *	roles [--streams] FILE
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <torc/torc.h>

static void print_hash(const char *key, bool there, const struct torc_flow *flow)
{
	if (there)
		printf(",\"%s\":\"%016" PRIx64 "\"", key, torc_flow_fast_hash(flow));
	else
		printf(",\"%s\":\"\"", key);
}

static void print(const struct torc_decoded *decoded)
{
	static const enum torc_role roles[] = { TORC_ROLE_LINK, TORC_ROLE_NETWORK,
						TORC_ROLE_TRANSPORT, TORC_ROLE_APPLICATION };
	const struct torc_layer *layer;
	struct torc_flow flow;
	unsigned int i;

	printf("{\"roles\":[");
	for (i = 0; i < 4; i++) {
		layer = torc_layer_by_role(decoded, roles[i], 0);
		printf("%s\"%s\"", i ? "," : "", layer ? torc_layer_name(layer->type) : "");
	}
	printf("]");
	print_hash("network_hash", torc_flow_network(decoded, 0, &flow), &flow);
	print_hash("transport_hash", torc_flow_transport(decoded, 0, &flow), &flow);
	printf("}\n");
}

int main(int argc, char **argv)
{
	struct torc_decode_options options = { .size = sizeof(options) };
	struct torc_decoded decoded;
	struct torc_packet packet;
	struct torc_error error;
	struct torc_file *file;

	if (argc > 2 && strcmp(argv[1], "--streams") == 0)
		options.flags = TORC_DECODE_STREAMS;
	if (argc < 2 || torc_file_open(&file, argv[argc - 1], NULL, &error) < 0)
		return 1;
	while (torc_file_next(file, &packet) == 1) {
		torc_decode_with(&packet, &options, &decoded);
		print(&decoded);
	}
	torc_file_close(file);
	return 0;
}
