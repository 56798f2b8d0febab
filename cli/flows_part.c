/* SPDX-License-Identifier: BSD-3-Clause */
/* flows_part.c - what one worker of torc flows makes of its packets: a table, streams, outputs */
#include <stdlib.h>
#include <string.h>

#include "flows.h"

enum { WAIT_S = 5 };

static int open_table(struct flows_part *part, const struct flows_settings *settings)
{
	struct torc_flow_table_options options = settings->table;
	struct torc_error error = { 0 };
	int code;

	options.size = sizeof(options);
	options.flows = (uint32_t)settings->flows;
	options.flags = (settings->inner ? TORC_FLOW_TABLE_INNER : 0) |
			(settings->no_vlan ? TORC_FLOW_TABLE_NO_VLAN : 0) |
			(settings->no_names ? TORC_FLOW_TABLE_NO_NAMES : 0) |
			(settings->fingerprints ? TORC_FLOW_TABLE_FINGERPRINTS : 0);
	options.ended = flows_outputs_write;
	options.object = &part->outputs;
	code = torc_flow_table_open(&part->table, &options, &error);
	return code < 0 ? cli_fail(code, error.text) : CLI_GOOD;
}

int flows_part_open(struct flows_part *part, const struct flows_settings *settings,
		    unsigned int worker, struct capture *wire)
{
	int status = open_table(part, settings);

	if (status == CLI_GOOD && settings->streams)
		status = flows_streams_open(&part->streams, settings->flows);
	if (status == CLI_GOOD)
		status = flows_outputs_open(&part->outputs, settings, worker, wire);
	return status;
}

void flows_part_add(struct flows_part *part, const struct torc_packet *packets,
		    const struct torc_decoded *decoded, unsigned int count)
{
	torc_flow_table_add_batch(part->table, packets, decoded, count);
	if (part->streams)
		flows_streams_add(part->streams, part->table, packets, decoded, count);
}

uint64_t flows_part_wait_ns(const struct flows_settings *settings)
{
	return settings->wait_ns ? settings->wait_ns : WAIT_S * 1000000000ull;
}

/* Who pages through the flows of a file is waited for, unless it was said for how long. */
void flows_part_end(struct flows_part *part, const struct flows_settings *settings,
		    struct flows_account *account)
{
	if (!part->outputs.of_files || settings->wait_ns)
		flows_outputs_patient(&part->outputs, flows_part_wait_ns(settings));
	torc_flow_table_flush(part->table);
	flows_account_take(account, NULL, part);
	flows_outputs_read(&part->outputs, flows_account_ignored(account));
}

void flows_part_finish(struct flows_part *part, const struct flows_settings *settings,
		       struct flows_account *account)
{
	flows_outputs_patient(&part->outputs, flows_part_wait_ns(settings));
	flows_outputs_settle(&part->outputs, flows_account_ignored(account));
	flows_outputs_close(&part->outputs);
	flows_account_take(account, NULL, part);
}

void flows_part_close(struct flows_part *part)
{
	flows_outputs_close(&part->outputs);
	flows_streams_close(part->streams);
	torc_flow_table_close(part->table);
}

/*
 * Collectors are connected to again when they went away, each at its port; brokers of Kafka tell
 * theirs as they like.
 */
int flows_confine(const struct flows_settings *settings, const struct flows_outputs *outputs,
		  struct capture *capture, bool serves)
{
	static const char *const resolver[] = { "/etc", "/run/systemd/resolve", "/usr/share/ca-certificates",
						NULL };
	uint16_t ports[FLOWS_OUTPUTS_MAX + 2] = { 53 };
	bool network = false, kafka = settings->kafka.count > 0;
	unsigned int count = 1;

	for (unsigned int i = 0; i < outputs->count; i++) {
		const char *target = outputs->target[i], *colon = strrchr(target, ':');

		if (!strstr(target, "udp:") && !strstr(target, "tcp:") && !strstr(target, "kafka:"))
			continue;
		network = true;
		if (colon && (ports[count] = (uint16_t)strtoul(colon + 1, NULL, 10)) != 0)
			count++;
	}
	return capture_confine(capture, &(struct privileges){
		.roles = (network || kafka || serves ? TORC_CONFINE_NETWORK : 0) |
			 (serves ? TORC_CONFINE_CLUSTER : 0),
		.listen_ports = (const uint16_t[]){ 0 },
		.read_paths = serves ? flows_page_paths() : network || kafka ? resolver : NULL,
		.connect_ports = kafka ? NULL : ports,
	});
}
