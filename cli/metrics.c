/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * metrics.c - torc rings --openmetrics: a sample for each figure of each ring
 *
 * Samples of a family stand together, whatever ring they are of: the formats want that. What cannot
 * be known is left out, as a 0 would be a lie. Rings are other processes' words: a text that is no
 * UTF-8, or the same series twice, would make a scraper refuse the whole page.
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <torc/cluster.h>
#include <torc/decode.h>
#include <torc/live.h>

#include "cli.h"
#include "metrics.h"

enum { RINGS_MAX = 1024, TARGETS_MAX = 16, LABELS = 2048 };

struct ring {
	struct torc_live_ring ring;
	struct torc_stats stats;
};

struct metrics {
	FILE *out;
	bool openmetrics;
	struct ring *rings;
	unsigned int count, left_out;
};

enum kind { STATS_U64, STATS_BOOL, RING_U64, RING_U32, RING_NS };

struct metric {
	const char *name;   /* of the family; a counter's samples end with _total */
	const char *result; /* the label, or NULL */
	const char *help;
	const char *unit;   /* the end of the name that is a unit, or NULL */
	bool counter;
	enum kind kind;
	size_t offset;
};

#define PACKETS(label, member)                                                                     \
	{ "torc_ring_packets", label, "Packets by what became of them.", "packets", true,          \
	  STATS_U64, offsetof(struct torc_stats, member) }
#define COUNTER(name, help, unit, member)                                                          \
	{ name, NULL, help, unit, true, STATS_U64, offsetof(struct torc_stats, member) }
#define GAUGE(name, help, unit, kind, type, member)                                                \
	{ name, NULL, help, unit, false, kind, offsetof(struct type, member) }

/* Those of one family stand together. */
static const struct metric metrics[] = {
	PACKETS("received", received),
	PACKETS("dropped", dropped),
	PACKETS("filtered", filtered),
	PACKETS("filtered_late", filtered_late),
	PACKETS("sampled_out", sampled_out),
	PACKETS("own_copy", own_copies),
	PACKETS("other_direction", other_direction),
	PACKETS("other_member", other_member),
	PACKETS("discarded", discarded),
	COUNTER("torc_ring_seen_packets", "Packets that the kernel gave the ring.", "packets",
		kernel_seen),
	COUNTER("torc_ring_received_bytes", "Length on the wire of the received packets.", "bytes",
		received_bytes),
	COUNTER("torc_ring_freezes", "How often the ring was full.", NULL, freezes),
	COUNTER("torc_ring_card_missed", "Packets that the card itself missed.", NULL, card_missed),
	COUNTER("torc_ring_truncated", "Received packets whose end was not kept.", NULL, truncated),
	COUNTER("torc_ring_sent_packets", "Packets sent.", "packets", sent),
	COUNTER("torc_ring_sent_bytes", "Length of the sent packets.", "bytes", sent_bytes),
	COUNTER("torc_ring_send_errors", "Packets that could not be sent.", NULL, send_errors),
	GAUGE("torc_ring_waiting_packets", "Packets in the ring that nobody has read yet.", "packets",
	      STATS_U64, torc_stats, waiting),
	GAUGE("torc_ring_account_balanced", "1: each packet is in exactly one place.", NULL,
	      STATS_BOOL, torc_stats, balanced),
	GAUGE("torc_ring_buffer_bytes", "Memory for waiting packets, an interface.", "bytes",
	      RING_U64, torc_live_ring, buffer_bytes),
	GAUGE("torc_ring_stopped", "1: its process is stopped and reads nothing.", NULL, RING_U32,
	      torc_live_ring, stopped),
	GAUGE("torc_ring_enabled", "1: packets are captured.", NULL, RING_U32, torc_live_ring,
	      enabled),
	GAUGE("torc_ring_opened_timestamp_seconds", "When the ring was opened.", "seconds", RING_NS,
	      torc_live_ring, opened_ns),
	GAUGE("torc_ring_updated_timestamp_seconds", "When these figures were told.", "seconds",
	      RING_NS, torc_live_ring, updated_ns),
};

/* ---- text ---- */

static void family(const struct metrics *all, const char *name, const char *type, const char *unit,
		   const char *help)
{
	const char *end = !all->openmetrics && strcmp(type, "counter") == 0 ? "_total" : "";

	/* OpenMetrics has a type for what is always 1, the older format has not */
	if (!all->openmetrics && strcmp(type, "info") == 0) {
		type = "gauge";
		end = "_info";
	}
	fprintf(all->out, "# TYPE %s%s %s\n", name, end, type);
	if (unit && all->openmetrics)
		fprintf(all->out, "# UNIT %s %s\n", name, unit);
	fprintf(all->out, "# HELP %s%s %s\n", name, end, help);
}

static size_t append(char *labels, size_t at, char byte)
{
	if (at + 2 < LABELS)
		labels[at++] = byte;
	labels[at] = '\0';
	return at;
}

/*
 * ,NAME="TEXT" behind what is there. Control characters and what is no UTF-8 become \xNN as
 * torc_text_escaped() has it; then the format's own three are escaped.
 */
static void add_label(char *labels, const char *name, const char *text)
{
	char printable[ESCAPED(256)];
	size_t at = strlen(labels), length = strnlen(text, 255);

	if (at + strlen(name) + 2 * ESCAPED(length) + 8 >= LABELS)
		return;
	torc_text_escaped(text, length, printable, sizeof(printable));
	at += (size_t)snprintf(labels + at, LABELS - at, "%s%s=\"", at ? "," : "", name);
	for (const char *byte = printable; *byte; byte++) {
		if (*byte == '\\' || *byte == '"')
			at = append(labels, at, '\\');
		at = append(labels, at, *byte);
	}
	append(labels, at, '"');
}

static void add_number(char *labels, const char *name, unsigned long long number)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", number);
	add_label(labels, name, text);
}

/* Which ring: its owner, process and number there are the identity, the rest is for people. */
static void ring_labels(const struct torc_live_ring *ring, char *labels)
{
	*labels = '\0';
	add_label(labels, "application", ring->application_name);
	add_label(labels, "device", ring->device);
	add_number(labels, "pid", (unsigned long long)ring->pid);
	add_number(labels, "ring", ring->ring_id);
	add_number(labels, "uid", ring->uid);
	if (ring->cluster_id)
		add_number(labels, "cluster", ring->cluster_id);
}

/* ---- rings ---- */

static bool is_known(const struct metrics *all, const struct torc_live_ring *ring)
{
	for (unsigned int n = 0; n < all->count; n++) {
		const struct torc_live_ring *other = &all->rings[n].ring;

		if (other->pid == ring->pid && other->ring_id == ring->ring_id &&
		    other->uid == ring->uid)
			return true;
	}
	return false;
}

static void collect(struct metrics *all)
{
	struct torc_live_list *list;
	struct ring next = { .ring.size = sizeof(next.ring), .stats.size = sizeof(next.stats) };

	if (torc_live_open(&list) < 0)
		return;
	while (torc_live_next(list, &next.ring, &next.stats) > 0) {
		if (all->count == RINGS_MAX || is_known(all, &next.ring))
			all->left_out++;
		else
			all->rings[all->count++] = next;
	}
	torc_live_close(list);
}

static uint64_t value_of(const struct metric *metric, const struct ring *ring)
{
	const char *stats = (const char *)&ring->stats + metric->offset;
	const char *info = (const char *)&ring->ring + metric->offset;

	switch (metric->kind) {
	case STATS_U64:
		return *(const uint64_t *)(const void *)stats;
	case STATS_BOOL:
		return *(const unsigned char *)stats != 0;
	case RING_U32:
		return *(const uint32_t *)(const void *)info;
	default:
		return *(const uint64_t *)(const void *)info;
	}
}

static void ring_sample(const struct metrics *all, const struct metric *metric,
			const struct ring *ring)
{
	uint64_t value = value_of(metric, ring);
	char labels[LABELS];

	if (value == TORC_UNKNOWN)
		return;
	ring_labels(&ring->ring, labels);
	if (metric->result)
		add_label(labels, "result", metric->result);
	fprintf(all->out, "%s%s{%s} ", metric->name, metric->counter ? "_total" : "", labels);
	if (metric->kind == RING_NS)
		fprintf(all->out, "%llu.%09llu\n", (unsigned long long)(value / 1000000000),
			(unsigned long long)(value % 1000000000));
	else
		fprintf(all->out, "%llu\n", (unsigned long long)value);
}

static void write_rings(const struct metrics *all)
{
	const char *before = "";

	for (size_t m = 0; m < sizeof(metrics) / sizeof(*metrics); m++) {
		const struct metric *metric = &metrics[m];

		if (strcmp(metric->name, before) != 0)
			family(all, metric->name, metric->counter ? "counter" : "gauge", metric->unit,
			       metric->help);
		before = metric->name;
		for (unsigned int n = 0; n < all->count; n++)
			ring_sample(all, metric, &all->rings[n]);
	}
	family(all, "torc_ring", "info", NULL, "What the ring is.");
	for (unsigned int n = 0; n < all->count; n++) {
		const struct torc_live_ring *ring = &all->rings[n].ring;
		char labels[LABELS];

		ring_labels(ring, labels);
		add_label(labels, "engine", ring->engine);
		add_label(labels, "interface", ring->interface_name);
		add_label(labels, "owner_known", ring->owner_known ? "1" : "0");
		fprintf(all->out, "torc_ring_info{%s} 1\n", labels);
	}
}

/* Each ring of a process has the same text. */
static bool is_first_of_process(const struct metrics *all, unsigned int n)
{
	for (unsigned int before = 0; before < n; before++)
		if (all->rings[before].ring.pid == all->rings[n].ring.pid &&
		    all->rings[before].ring.uid == all->rings[n].ring.uid)
			return false;
	return true;
}

/* ---- what torc flows says of its flows and records, in torc_live_ring.application_stats ---- */

struct flows {
	unsigned long long open, begun, no_room, packets;
	unsigned long long age[5], age_sum_ns; /* batches up to 1 ms, 10 ms, 100 ms, 1 s, older */
	unsigned int targets;
	struct target {
		char name[256];
		unsigned long long made, acknowledged, failed, refused, in_flight;
	} target[TARGETS_MAX];
};

/* Records to TARGET: N made, N acknowledged, N failed, N refused, N in flight */
static bool read_target(const char *line, size_t length, struct target *target)
{
	char text[512];
	char *colon = NULL;
	int end = -1;

	if (length >= sizeof(text) || strncmp(line, "Records to ", 11) != 0)
		return false;
	memcpy(text, line, length);
	text[length] = '\0';
	for (char *at = text; (at = strstr(at, ": ")); at++)
		colon = at;
	if (!colon ||
	    sscanf(colon, ": %20llu made, %20llu acknowledged, %20llu failed, %20llu refused, "
		   "%20llu in flight%n", &target->made, &target->acknowledged, &target->failed,
		   &target->refused, &target->in_flight, &end) != 5 || end < 0 || colon[end])
		return false;
	*colon = '\0';
	snprintf(target->name, sizeof(target->name), "%.255s", text + 11);
	return true;
}

static bool is_new(const struct flows *flows, const char *name)
{
	for (unsigned int n = 0; n < flows->targets; n++)
		if (strcmp(flows->target[n].name, name) == 0)
			return false;
	return true;
}

/* False when the text is not that of torc flows. */
static bool read_flows(const char *text, struct flows *flows)
{
	int end = -1;

	memset(flows, 0, sizeof(*flows));
	if (sscanf(text, "Flows: %20llu open, %20llu begun, %20llu without room, %20llu packets\n%n",
		   &flows->open, &flows->begun, &flows->no_room, &flows->packets, &end) != 4 || end < 0)
		return false;
	text += end;
	end = -1;
	if (sscanf(text, "Batches at hand after 1 ms, 10 ms, 100 ms, 1 s, more: %20llu %20llu %20llu "
		   "%20llu %20llu, %20llu ns in all\n%n",
		   &flows->age[0], &flows->age[1], &flows->age[2], &flows->age[3], &flows->age[4],
		   &flows->age_sum_ns, &end) != 6 || end < 0)
		return false;
	for (text += end; *text && flows->targets < TARGETS_MAX;) {
		size_t length = strcspn(text, "\n");
		struct target *target = &flows->target[flows->targets];

		if (read_target(text, length, target) && is_new(flows, target->name))
			flows->targets++;
		text += length + (text[length] == '\n');
	}
	return true;
}

static void target_sample(const struct metrics *all, const char *name, const char *process,
			  const struct target *target, const char *result, unsigned long long value)
{
	char labels[LABELS];

	snprintf(labels, sizeof(labels), "%s", process);
	add_label(labels, "target", target->name);
	if (result)
		add_label(labels, "result", result);
	fprintf(all->out, "%s{%s} %llu\n", name, labels, value);
}

static void age_samples(const struct metrics *all, const char *labels, const struct flows *flows)
{
	static const char *const limits[] = { "0.001", "0.01", "0.1", "1.0", "+Inf" };
	unsigned long long sum = 0;

	for (unsigned int n = 0; n < 5; n++) {
		sum += flows->age[n];
		fprintf(all->out, "torc_flows_latency_seconds_bucket{%s,le=\"%s\"} %llu\n", labels,
			limits[n], sum);
	}
	fprintf(all->out, "torc_flows_latency_seconds_count{%s} %llu\n", labels, sum);
	fprintf(all->out, "torc_flows_latency_seconds_sum{%s} %llu.%09llu\n", labels,
		flows->age_sum_ns / 1000000000, flows->age_sum_ns % 1000000000);
}

/* One of the families of a process's flows; which: 0 to 6. */
static void flows_samples(const struct metrics *all, const struct torc_live_ring *ring,
			  unsigned int which)
{
	struct flows flows;
	char labels[LABELS] = "";

	if (!read_flows(ring->application_stats, &flows))
		return;
	add_label(labels, "application", ring->application_name);
	add_number(labels, "pid", (unsigned long long)ring->pid);
	add_number(labels, "uid", ring->uid);
	if (which == 0)
		fprintf(all->out, "torc_flows_open{%s} %llu\n", labels, flows.open);
	else if (which == 1)
		fprintf(all->out, "torc_flows_begun_total{%s} %llu\n", labels, flows.begun);
	else if (which == 2)
		fprintf(all->out, "torc_flows_without_room_total{%s} %llu\n", labels, flows.no_room);
	else if (which == 5)
		fprintf(all->out, "torc_flows_packets_total{%s} %llu\n", labels, flows.packets);
	else if (which == 6)
		age_samples(all, labels, &flows);
	for (unsigned int n = 0; n < flows.targets; n++) {
		const struct target *target = &flows.target[n];

		if (which == 3) {
			target_sample(all, "torc_flow_records_total", labels, target, "acknowledged",
				      target->acknowledged);
			target_sample(all, "torc_flow_records_total", labels, target, "failed",
				      target->failed);
			target_sample(all, "torc_flow_records_total", labels, target, "refused",
				      target->refused);
		} else if (which == 4) {
			target_sample(all, "torc_flow_records_in_flight", labels, target, NULL,
				      target->in_flight);
		}
	}
}

static void write_flows(const struct metrics *all)
{
	static const struct {
		const char *name, *type, *help;
	} families[] = {
		{ "torc_flows_open", "gauge", "Flows that are in the table now." },
		{ "torc_flows_begun", "counter", "Flows that began." },
		{ "torc_flows_without_room", "counter", "Flows that ended since the table was full." },
		{ "torc_flow_records", "counter", "Records by what became of them, an output." },
		{ "torc_flow_records_in_flight", "gauge", "Records on their way to an output." },
		{ "torc_flows_packets", "counter", "Packets that are in flows." },
		{ "torc_flows_latency_seconds", "histogram",
		  "How old the first packet of a batch was when it was at hand." },
	};

	for (unsigned int which = 0; which < sizeof(families) / sizeof(*families); which++) {
		family(all, families[which].name, families[which].type, which == 6 ? "seconds" : NULL,
		       families[which].help);
		for (unsigned int n = 0; n < all->count; n++)
			if (is_first_of_process(all, n))
				flows_samples(all, &all->rings[n].ring, which);
	}
}

/* ---- what torc dump -w says of its files, in the same place ---- */

struct writer {
	char directory[1024];
	unsigned long long written, lost, waiting, bytes, files;
};

/* Writer to PATH: N written, N lost, N waiting, N bytes, N files; false: it is another text. */
static bool read_writer(const char *text, struct writer *writer)
{
	char *directory = writer->directory, *colon = NULL, *slash;
	int end = -1;

	if (strncmp(text, "Writer to ", 10) != 0)
		return false;
	snprintf(directory, sizeof(writer->directory), "%s", text + 10);
	for (char *at = directory; (at = strstr(at, ": ")); at++)
		colon = at;
	if (!colon || sscanf(colon, ": %20llu written, %20llu lost, %20llu waiting, %20llu bytes, "
			     "%20llu files\n%n", &writer->written, &writer->lost, &writer->waiting,
			     &writer->bytes, &writer->files, &end) != 5 || end < 0 || colon[end])
		return false;
	*colon = '\0';
	slash = strrchr(directory, '/');
	if (!slash)
		strcpy(directory, ".");
	else
		slash[slash == directory] = '\0';
	return true;
}

/* One of the families of a process's files; which: 0 to 3. */
static void writer_samples(const struct metrics *all, const struct torc_live_ring *ring,
			   unsigned int which)
{
	char labels[LABELS] = "";
	struct writer writer;

	if (!read_writer(ring->application_stats, &writer))
		return;
	add_label(labels, "application", ring->application_name);
	add_number(labels, "pid", (unsigned long long)ring->pid);
	add_number(labels, "uid", ring->uid);
	add_label(labels, "directory", writer.directory);
	if (which == 0) {
		fprintf(all->out, "torc_writer_packets_total{%s,result=\"written\"} %llu\n", labels,
			writer.written);
		fprintf(all->out, "torc_writer_packets_total{%s,result=\"lost\"} %llu\n", labels,
			writer.lost);
	} else if (which == 1) {
		fprintf(all->out, "torc_writer_waiting_packets{%s} %llu\n", labels, writer.waiting);
	} else if (which == 2) {
		fprintf(all->out, "torc_writer_bytes_total{%s} %llu\n", labels, writer.bytes);
	} else {
		fprintf(all->out, "torc_writer_files_total{%s} %llu\n", labels, writer.files);
	}
}

static void write_writers(const struct metrics *all)
{
	static const struct {
		const char *name, *type, *unit, *help;
	} families[] = {
		{ "torc_writer_packets", "counter", "packets",
		  "Packets by what became of them on the way to a file." },
		{ "torc_writer_waiting_packets", "gauge", "packets",
		  "Packets in the buffers of the writer." },
		{ "torc_writer_bytes", "counter", "bytes", "Bytes of the files, after compression." },
		{ "torc_writer_files", "counter", NULL, "Files that were begun." },
	};

	for (unsigned int which = 0; which < sizeof(families) / sizeof(*families); which++) {
		family(all, families[which].name, families[which].type, families[which].unit,
		       families[which].help);
		for (unsigned int n = 0; n < all->count; n++)
			if (is_first_of_process(all, n))
				writer_samples(all, &all->rings[n].ring, which);
	}
}

/* ---- clusters ---- */

static bool is_repeated(const struct torc_cluster_info *cluster, unsigned int n)
{
	for (unsigned int m = 0; m < n; m++)
		if (cluster->members[m]->pid == cluster->members[n]->pid &&
		    cluster->members[m]->ring_id == cluster->members[n]->ring_id &&
		    cluster->members[m]->ifindex == cluster->members[n]->ifindex)
			return true;
	return false;
}

static void share_samples(const struct metrics *all, const struct torc_cluster_info *cluster)
{
	for (unsigned int n = 0; n < cluster->member_count; n++) {
		const struct torc_cluster_member_info *member = cluster->members[n];
		char labels[LABELS] = "";

		if (is_repeated(cluster, n))
			continue;
		add_number(labels, "cluster", cluster->id);
		add_label(labels, "application", member->application);
		add_number(labels, "pid", (unsigned long long)member->pid);
		add_number(labels, "ring", member->ring_id);
		add_number(labels, "ifindex", (unsigned long long)member->ifindex);
		fprintf(all->out, "torc_cluster_share_ratio{%s} %.6f\n", labels,
			(double)member->share / TORC_CLUSTER_SHARE_WHOLE);
	}
}

static void write_clusters(const struct metrics *all)
{
	struct torc_cluster_info **clusters;
	unsigned int count;

	if (torc_clusters_read(&clusters, &count) < 0)
		return;
	family(all, "torc_cluster_members", "gauge", NULL, "Members of a cluster.");
	for (unsigned int n = 0; n < count; n++)
		if (n == 0 || clusters[n]->id != clusters[n - 1]->id)
			fprintf(all->out, "torc_cluster_members{cluster=\"%u\"} %u\n",
				clusters[n]->id, clusters[n]->member_count);
	family(all, "torc_cluster_share_ratio", "gauge", "ratio",
	       "Which part of the flows of an interface a member gets.");
	for (unsigned int n = 0; n < count; n++)
		if (clusters[n]->type != TORC_CLUSTER_ROUND_ROBIN &&
		    (n == 0 || clusters[n]->id != clusters[n - 1]->id))
			share_samples(all, clusters[n]);
	torc_clusters_free(clusters, count);
}

/* ---- all ---- */

char *metrics_text(bool openmetrics, size_t *length)
{
	struct metrics all = { .openmetrics = openmetrics };
	char *text = NULL;
	bool good;

	all.rings = malloc(RINGS_MAX * sizeof(*all.rings));
	all.out = all.rings ? open_memstream(&text, length) : NULL;
	if (!all.out) {
		free(all.rings);
		return NULL;
	}
	collect(&all);
	family(&all, "torc_build", "info", NULL, "The version of torc that tells this.");
	fprintf(all.out, "torc_build_info{version=\"%s\"} 1\n", torc_version());
	family(&all, "torc_rings", "gauge", NULL, "Rings that are open on this machine.");
	fprintf(all.out, "torc_rings %u\n", all.count);
	family(&all, "torc_rings_left_out", "gauge", NULL,
	       "Rings without metrics: there are too many, or two have the same number.");
	fprintf(all.out, "torc_rings_left_out %u\n", all.left_out);
	write_rings(&all);
	write_flows(&all);
	write_writers(&all);
	write_clusters(&all);
	if (openmetrics)
		fputs("# EOF\n", all.out);
	good = !ferror(all.out);
	good = fclose(all.out) == 0 && good;
	free(all.rings);
	if (good)
		return text;
	free(text);
	return NULL;
}
