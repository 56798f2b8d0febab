/* SPDX-License-Identifier: BSD-3-Clause */
/* flows_account.c - where each packet, each flow and each record of torc flows went */
#include <string.h>

#include "flows.h"

void flows_account_latency(struct flows_account *account, uint64_t age_ns)
{
	unsigned int n = 0;

	for (uint64_t limit = 1000000; n < FLOWS_LATENCIES - 1 && age_ns > limit; limit *= 10)
		n++;
	account->latency.batches[n]++;
	account->latency.sum_ns += age_ns;
}

void flows_account_take(struct flows_account *account, const struct capture *capture,
			const struct flows_part *part)
{
	const struct flows_outputs *outputs = &part->outputs;

	account->table.size = sizeof(account->table);
	torc_flow_table_stats(part->table, &account->table);
	for (unsigned int n = 0; n < outputs->count; n++) {
		account->output[n] = outputs->stats[n];
		if (!outputs->out[n])
			continue;
		account->output[n].size = sizeof(account->output[n]);
		torc_export_stats(outputs->out[n], &account->output[n]);
	}
	if (!capture)
		return;
	capture_stats(capture, &account->ring);
	account->packets = capture->packets;
	account->seconds_ns = cli_now_ns() - capture->started_ns;
}

uint64_t flows_account_ignored(const struct flows_account *account)
{
	uint64_t dropped = account->ring.dropped;

	return account->table.packets - account->table.in_flows +
	       (dropped == TORC_UNKNOWN ? 0 : dropped);
}

void flows_account_begin(struct flows_account *account)
{
	account->ring.balanced = account->table.balanced = true;
	for (unsigned int n = 0; n < FLOWS_OUTPUTS_MAX; n++)
		account->output[n].balanced = true;
}

/* Each member of a struct is a number of 64 bits; the unknown stays unknown. */
static void add(uint64_t *sum, uint64_t value)
{
	*sum = *sum == TORC_UNKNOWN || value == TORC_UNKNOWN ? TORC_UNKNOWN : *sum + value;
}

static void add_ring(struct torc_stats *sum, const struct torc_stats *one)
{
	add(&sum->received, one->received);
	add(&sum->received_bytes, one->received_bytes);
	add(&sum->dropped, one->dropped);
	add(&sum->kernel_seen, one->kernel_seen);
	add(&sum->filtered, one->filtered);
	add(&sum->filtered_late, one->filtered_late);
	add(&sum->sampled_out, one->sampled_out);
	add(&sum->own_copies, one->own_copies);
	add(&sum->other_direction, one->other_direction);
	add(&sum->other_member, one->other_member);
	add(&sum->discarded, one->discarded);
	add(&sum->waiting, one->waiting);
	add(&sum->truncated, one->truncated);
	sum->balanced = sum->balanced && one->balanced;
}

static void add_table(struct torc_flow_table_stats *sum, const struct torc_flow_table_stats *one)
{
	sum->packets += one->packets;
	sum->in_flows += one->in_flows;
	sum->not_ip += one->not_ip;
	sum->malformed += one->malformed;
	sum->cut += one->cut;
	sum->bytes += one->bytes;
	sum->begun += one->begun;
	sum->open += one->open;
	for (unsigned int n = 0; n < TORC_FLOW_REASONS; n++)
		sum->ended[n] += one->ended[n];
	sum->records += one->records;
	sum->fragments += one->fragments;
	sum->fragments_alone += one->fragments_alone;
	sum->names_left_out += one->names_left_out;
	sum->quic_decrypted += one->quic_decrypted;
	sum->quic_left_out += one->quic_left_out;
	sum->quic_unfinished += one->quic_unfinished;
	sum->clock_steps += one->clock_steps;
	sum->flows_max += one->flows_max;
	sum->memory_bytes += one->memory_bytes;
	sum->balanced = sum->balanced && one->balanced;
}

static void add_output(struct torc_export_stats *sum, const struct torc_export_stats *one)
{
	sum->made += one->made;
	sum->acknowledged += one->acknowledged;
	sum->failed += one->failed;
	sum->refused += one->refused;
	sum->in_flight += one->in_flight;
	sum->packets_lost += one->packets_lost;
	sum->bytes += one->bytes;
	sum->messages += one->messages;
	sum->attempts += one->attempts;
	sum->unsure += one->unsure;
	sum->away = sum->away || one->away;
	sum->broken = sum->broken || one->broken;
	sum->balanced = sum->balanced && one->balanced;
}

void flows_account_add(struct flows_account *sum, const struct flows_account *account)
{
	add_ring(&sum->ring, &account->ring);
	add_table(&sum->table, &account->table);
	for (unsigned int n = 0; n < FLOWS_OUTPUTS_MAX; n++)
		add_output(&sum->output[n], &account->output[n]);
	sum->packets += account->packets;
	sum->cpu_ns += account->cpu_ns;
	for (unsigned int n = 0; n < FLOWS_LATENCIES; n++)
		sum->latency.batches[n] += account->latency.batches[n];
	sum->latency.sum_ns += account->latency.sum_ns;
	sum->workers_died += account->workers_died;
	sum->flows_lost += account->flows_lost;
	if (account->seconds_ns > sum->seconds_ns)
		sum->seconds_ns = account->seconds_ns;
	if (account->status > sum->status)
		sum->status = account->status;
}

bool flows_account_lost(const struct flows_account *account)
{
	if (account->workers_died > 0)
		return true;
	for (unsigned int n = 0; n < FLOWS_OUTPUTS_MAX; n++)
		if (account->output[n].acknowledged != account->output[n].made)
			return true;
	return false;
}

/* ---- text ---- */

static void term(const char *name, uint64_t value, bool always)
{
	if (always || value)
		fprintf(stderr, " + %s %s", cli_figure(value).text, name);
}

static void print_table(const struct torc_flow_table_stats *table, uint64_t lost)
{
	fprintf(stderr, "packets: %s = %s in flows", cli_figure(table->packets).text,
		cli_figure(table->in_flows).text);
	term("not IP", table->not_ip, true);
	term("malformed", table->malformed, true);
	term("cut by the snaplen", table->cut, false);
	fprintf(stderr, ": %s\n", table->balanced ? "balanced" : "NOT balanced");
	fprintf(stderr, "flows: %s begun = %s idle", cli_figure(table->begun).text,
		cli_figure(table->ended[TORC_FLOW_IDLE]).text);
	term("ended", table->ended[TORC_FLOW_ENDED], true);
	term("flushed", table->ended[TORC_FLOW_FLUSHED], true);
	term("without room", table->ended[TORC_FLOW_NO_ROOM], true);
	term("open", table->open - lost, false);
	term("lost with workers that died", lost, false);
	fprintf(stderr, "; %s records, %s of flows that went on\n", cli_figure(table->records).text,
		cli_figure(table->ended[TORC_FLOW_ACTIVE]).text);
}

static void print_output(const char *target, const struct torc_export_stats *stats)
{
	fprintf(stderr, "%s: %s records = %s acknowledged + %s failed + %s refused + %s in flight",
		target, cli_figure(stats->made).text, cli_figure(stats->acknowledged).text,
		cli_figure(stats->failed).text, cli_figure(stats->refused).text,
		cli_figure(stats->in_flight).text);
	if (stats->unsure > 0)
		fprintf(stderr, "; %s of the failed may be there", cli_figure(stats->unsure).text);
	if (stats->attempts > 1)
		fprintf(stderr, "; %s attempts to reach it", cli_figure(stats->attempts).text);
	fputc('\n', stderr);
}

void flows_account_print(const struct flows_account *account, const struct flows_outputs *outputs)
{
	capture_print_account(&account->ring, account->packets);
	print_table(&account->table, account->flows_lost);
	for (unsigned int n = 0; n < outputs->count; n++)
		print_output(outputs->target[n], &account->output[n]);
}

void flows_account_text(const struct flows_account *account, const struct flows_outputs *outputs,
			char *text, size_t size)
{
	const struct torc_flow_table_stats *table = &account->table;
	int length = snprintf(text, size,
			      "Flows: %llu open, %llu begun, %llu without room, %llu packets\n",
			      (unsigned long long)table->open, (unsigned long long)table->begun,
			      (unsigned long long)table->ended[TORC_FLOW_NO_ROOM],
			      (unsigned long long)table->in_flows);

	if (length > 0 && (size_t)length < size)
		length += snprintf(text + length, size - (size_t)length,
				   "Batches at hand after 1 ms, 10 ms, 100 ms, 1 s, more: "
				   "%llu %llu %llu %llu %llu, %llu ns in all\n",
				   (unsigned long long)account->latency.batches[0],
				   (unsigned long long)account->latency.batches[1],
				   (unsigned long long)account->latency.batches[2],
				   (unsigned long long)account->latency.batches[3],
				   (unsigned long long)account->latency.batches[4],
				   (unsigned long long)account->latency.sum_ns);
	for (unsigned int n = 0; n < outputs->count && length > 0 && (size_t)length < size; n++) {
		const struct torc_export_stats *stats = &account->output[n];

		length += snprintf(text + length, size - (size_t)length,
				   "Records to %s: %llu made, %llu acknowledged, %llu failed, "
				   "%llu refused, %llu in flight\n", outputs->target[n],
				   (unsigned long long)stats->made,
				   (unsigned long long)stats->acknowledged,
				   (unsigned long long)stats->failed,
				   (unsigned long long)stats->refused,
				   (unsigned long long)stats->in_flight);
	}
}

/* ---- JSON ---- */

static void field(const char *name, uint64_t value)
{
	printf(",\"%s\":%s", name, cli_json_figure(value).text);
}

static void json_table(const struct torc_flow_table_stats *table)
{
	field("packets", table->packets);
	field("in_flows", table->in_flows);
	field("not_ip", table->not_ip);
	field("malformed", table->malformed);
	field("cut", table->cut);
	field("ip_bytes", table->bytes);
	field("flows_begun", table->begun);
	field("flows_open", table->open);
	field("flows_idle", table->ended[TORC_FLOW_IDLE]);
	field("flows_ended", table->ended[TORC_FLOW_ENDED]);
	field("flows_flushed", table->ended[TORC_FLOW_FLUSHED]);
	field("flows_no_room", table->ended[TORC_FLOW_NO_ROOM]);
	field("records", table->records);
	field("records_active", table->ended[TORC_FLOW_ACTIVE]);
	field("fragments", table->fragments);
	field("fragments_alone", table->fragments_alone);
	field("names_left_out", table->names_left_out);
	field("quic_decrypted", table->quic_decrypted);
	field("quic_left_out", table->quic_left_out);
	field("quic_unfinished", table->quic_unfinished);
	field("clock_steps", table->clock_steps);
	field("flows_max", table->flows_max);
	field("memory_bytes", table->memory_bytes);
}

static void json_output(const char *target, const struct torc_export_stats *stats)
{
	printf("{\"target\":");
	cli_print_json_string(stdout, target);
	field("made", stats->made);
	field("acknowledged", stats->acknowledged);
	field("failed", stats->failed);
	field("refused", stats->refused);
	field("in_flight", stats->in_flight);
	field("packets_lost", stats->packets_lost);
	field("bytes", stats->bytes);
	field("messages", stats->messages);
	field("attempts", stats->attempts);
	field("unsure", stats->unsure);
	printf(",\"balanced\":%s}", stats->balanced ? "true" : "false");
}

void flows_account_print_json(const struct flows_account *account,
			      const struct flows_outputs *outputs, uint64_t workers)
{
	const struct torc_stats *ring = &account->ring;
	bool balanced = ring->balanced && account->table.balanced;

	printf("{\"summary\":true,\"seconds\":%.6f", (double)account->seconds_ns / 1e9);
	field("workers", workers);
	field("workers_died", account->workers_died);
	field("flows_lost", account->flows_lost);
	field("cpu_ns", account->cpu_ns);
	field("kernel_seen", ring->kernel_seen);
	field("received", ring->received);
	field("dropped", ring->dropped);
	field("sampled_out", ring->sampled_out);
	field("own_copies", ring->own_copies);
	json_table(&account->table);
	printf(",\"outputs\":[");
	for (unsigned int n = 0; n < outputs->count; n++) {
		if (n > 0)
			putchar(',');
		json_output(outputs->target[n], &account->output[n]);
		balanced = balanced && account->output[n].balanced;
	}
	printf("],\"balanced\":%s}\n", balanced ? "true" : "false");
	cli_flush_stdout();
}
