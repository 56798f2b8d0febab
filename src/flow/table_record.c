/* SPDX-License-Identifier: BSD-3-Clause */
/* table_record.c - a flow as its record, and the names of what is in records */
#include "flow/table.h"

#include <string.h>

/* Letters in the order they came, in capitals for the client. */
static void fill_history(const struct flow *flow, const struct flow_more *more, char *out)
{
	unsigned int count = (unsigned int)__builtin_popcount(flow->history), n;

	for (n = 0; n < count; n++) {
		unsigned int code = (unsigned int)(more->history >> 4 * n) & 15;

		out[n] = "SsHhAaDdFfRrTtWw"[code];
	}
	out[count] = '\0';
}

static void fill_name(const struct torc_flow_table *table, const struct flow_more *more,
		      struct torc_flow_record *record)
{
	const struct flow_name *name;

	if (more->name == FLOW_NONE)
		return;
	name = &table->names[more->name];
	memcpy(record->name, name->name, sizeof(record->name));
	memcpy(record->alpn, name->alpn, sizeof(record->alpn));
	record->dns_type = name->dns_type;
	record->name_cut = name->cut;
	record->name_from = name->from;
	if (!table->prints)
		return;
	memcpy(record->ja3, table->prints[more->name].ja3, sizeof(record->ja3));
	memcpy(record->ja4, table->prints[more->name].ja4, sizeof(record->ja4));
}

static void fill_key(const struct flow *flow, struct torc_flow_record *record)
{
	const struct flow_key *key = &flow->key;
	unsigned int client = !!(flow->facts & FACT_CLIENT);

	memcpy(record->address[0], key->address[client], 16);
	memcpy(record->address[1], key->address[!client], 16);
	record->vlan[0] = key->vlan[0];
	record->vlan[1] = key->vlan[1];
	record->vlan_count = key->flags & KEY_VLANS;
	record->version = key->version;
	record->protocol = key->protocol;
	record->inner = key->flags & KEY_INNER;
	if (key->flags & KEY_ICMP) {
		record->icmp_type = (uint8_t)key->port[client];
		record->icmp_code = flow->icmp_code;
	} else {
		record->port[0] = key->port[client];
		record->port[1] = key->port[!client];
	}
}

static void fill_counts(const struct flow *flow, const struct flow_more *more,
			struct torc_flow_record *record)
{
	for (unsigned int n = 0; n < 2; n++) {
		record->packets[n] = flow->packets[n];
		record->bytes[n] = flow->bytes[n];
		record->tcp_flags[n] = flow->tcp_flags[n];
		record->retransmissions[n] = more->retransmissions[n];
		record->out_of_order[n] = more->out_of_order[n];
		record->rtt_ns[n] = more->rtt_ns[n];
	}
	record->min_length = flow->min_length;
	record->max_length = flow->max_length;
	record->min_ttl = flow->min_ttl;
	record->max_ttl = flow->max_ttl;
}

void flow_record_fill(const struct torc_flow_table *table, uint32_t place, unsigned int reason,
		      struct torc_flow_record *record)
{
	const struct flow *flow = &table->flows[place];
	const struct flow_more *more = &table->more[place];

	memset(record, 0, sizeof(*record));
	record->size = sizeof(*record);
	record->first_ns = flow->first_ns;
	record->last_ns = flow->last_ns;
	record->tos = flow->tos;
	record->reason = (uint8_t)reason;
	record->opener = flow->facts >> FACT_OPENER_SHIFT & 3;
	record->state = (uint8_t)flow_state(flow);
	record->part = more->part;
	record->ifindex = flow->ifindex;
	fill_key(flow, record);
	fill_counts(flow, more, record);
	fill_history(flow, more, record->history);
	fill_name(table, more, record);
}

const char *torc_flow_reason_name(unsigned int reason)
{
	static const char *const names[TORC_FLOW_REASONS] = {
		"open", "idle", "active", "ended", "flushed", "no_room"
	};

	return reason < TORC_FLOW_REASONS ? names[reason] : "unknown";
}

const char *torc_flow_opener_name(unsigned int opener)
{
	static const char *const names[] = { "syn", "syn_ack", "port", "first" };

	return opener <= TORC_FLOW_BY_FIRST ? names[opener] : "unknown";
}

const char *torc_flow_state_name(unsigned int state)
{
	static const char *const names[] = { "opening", "one_way", "established", "closed" };

	return state <= TORC_FLOW_CLOSED ? names[state] : "unknown";
}
