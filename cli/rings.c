/* SPDX-License-Identifier: BSD-3-Clause */
/* rings.c - torc rings: the rings that are open on this machine, as they published themselves */
#include <errno.h>
#include <linux/capability.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <torc/cluster.h>
#include <torc/confine.h>
#include <torc/decode.h>
#include <torc/live.h>

#include "commands.h"
#include "http.h"
#include "metrics.h"
#include "rings.h"
#include "pf_ring.h"
#include "privileges.h"

struct settings {
	bool json;
	bool pf_ring;
	bool openmetrics;
	bool prometheus;
	const char *listen;
	struct sandbox_settings sandbox;
};

static const struct cli_option options[] = {
	{ 0, "json", NULL, "JSON Lines on standard output", cli_set_flag,
	  offsetof(struct settings, json), NULL },
	{ 0, "pf-ring", NULL, "what PF_RING's /proc/net/pf_ring would hold, or the named files of it",
	  cli_set_flag, offsetof(struct settings, pf_ring), NULL },
	{ 0, "openmetrics", NULL, "metrics, in OpenMetrics 1.0", cli_set_flag,
	  offsetof(struct settings, openmetrics), NULL },
	{ 0, "prometheus", NULL, "the same in Prometheus' older text format", cli_set_flag,
	  offsetof(struct settings, prometheus), NULL },
	{ 0, "listen", "ADDRESS:PORT", "serve the metrics at http://ADDRESS:PORT/metrics",
	  cli_set_text, offsetof(struct settings, listen), NULL },
	{ 0 },
};

static const struct cli_group groups[] = {
	{ "Output", options, 0 },
	{ "Privileges", sandbox_options, offsetof(struct settings, sandbox) },
	{ NULL, NULL, 0 },
};

/* ---- JSON ---- */

static void json_text(const char *name, const char *text)
{
	printf(",\"%s\":", name);
	cli_print_json_string(stdout, text);
}

static void json_figure(const char *name, uint64_t value)
{
	printf(",\"%s\":%s", name, cli_json_figure(value).text);
}

static void json_settings(const struct torc_live_ring *ring)
{
	printf(",\"enabled\":%s", ring->enabled ? "true" : "false");
	json_text("direction", cli_choice("both rx tx", ring->direction).text);
	json_text("mode", cli_choice("send-and-receive send receive", ring->mode).text);
	json_figure("snaplen", ring->snaplen);
	json_figure("buffer_bytes", ring->buffer_bytes);
	json_figure("sampling_rate", ring->sampling_rate);
	json_figure("poll_watermark", ring->poll_watermark);
	printf(",\"poll_duration_ms\":%d,\"cluster\":", ring->poll_duration_ms);
	if (ring->cluster_id)
		printf("{\"id\":%u,\"type\":\"%s\"}", ring->cluster_id,
		       torc_cluster_type_name((enum torc_cluster_type)ring->cluster_type) ?: "?");
	else
		printf("null");
}

/* What the process of a ring gave up; the first bits of enum torc_confined. */
static void json_confined(uint32_t confined)
{
	static const char *const names[] = {
		"capabilities", "bounding", "no_new_privs", "not_dumpable", "files",
		"ports", "scopes", "system_calls", "executable", "logs", "apart",
	};
	const char *comma = "";

	printf(",\"confined\":[");
	for (unsigned int i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (!(confined >> i & 1))
			continue;
		printf("%s\"%s\"", comma, names[i]);
		comma = ",";
	}
	printf("]");
}

static const char *confined_word(uint32_t confined)
{
	const uint32_t most = TORC_CONFINED_CAPABILITIES | TORC_CONFINED_NO_NEW_PRIVS |
			      TORC_CONFINED_FILES | TORC_CONFINED_SYSTEM_CALLS;

	if (confined == 0)
		return "-";
	if (confined & TORC_CONFINED_LOGS)
		return "log";
	if ((confined & most) != most)
		return "part";
	return confined & TORC_CONFINED_APART ? "apart" : "on";
}

static void json_account(const struct torc_stats *stats)
{
	json_figure("received", stats->received);
	json_figure("bytes", stats->received_bytes);
	json_figure("dropped", stats->dropped);
	json_figure("kernel_seen", stats->kernel_seen);
	json_figure("filtered", stats->filtered);
	json_figure("filtered_late", stats->filtered_late);
	json_figure("sampled_out", stats->sampled_out);
	json_figure("own_copies", stats->own_copies);
	json_figure("other_direction", stats->other_direction);
	json_figure("discarded", stats->discarded);
	json_figure("waiting", stats->waiting);
	json_figure("truncated", stats->truncated);
	json_figure("freezes", stats->freezes);
	json_figure("card_missed", stats->card_missed);
	json_figure("sent", stats->sent);
	json_figure("sent_bytes", stats->sent_bytes);
	json_figure("send_errors", stats->send_errors);
	printf(",\"balanced\":%s", stats->balanced ? "true" : "false");
}

static void print_json(const struct torc_live_ring *ring, const struct torc_stats *stats)
{
	printf("{\"pid\":%d,\"uid\":%u,\"ring\":%u,\"owner_known\":%s", ring->pid, ring->uid,
	       ring->ring_id, ring->owner_known ? "true" : "false");
	json_figure("network_namespace", ring->network_namespace);
	json_figure("opened_ns", ring->opened_ns);
	json_figure("updated_ns", ring->updated_ns);
	json_text("application", ring->application_name);
	json_text("application_stats", ring->application_stats);
	json_text("device", ring->device);
	json_text("interface", ring->interface_name);
	printf(",\"ifindex\":%d", ring->ifindex);
	json_text("engine", ring->engine);
	json_text("engine_detail", ring->engine_detail);
	json_text("filter", ring->filter);
	json_settings(ring);
	json_confined(ring->confined);
	json_account(stats);
	printf("}\n");
}

/* ---- text ---- */

const char *rings_printable(const char *text, char *buffer, size_t size)
{
	torc_text_escaped(text, strlen(text), buffer, size);
	return buffer;
}

/* A process that cannot be seen from here may be another one than the number says. */
static const char *pid_text(const struct torc_live_ring *ring, char *buffer, size_t size)
{
	snprintf(buffer, size, "%d%s", ring->pid, ring->owner_known ? "" : "?");
	return buffer;
}

/* What the program says of itself, each line below its ring. */
static void print_application_stats(const char *text)
{
	char line[256];

	while (*text) {
		size_t length = strcspn(text, "\n");
		char part[256];

		snprintf(part, sizeof(part), "%.*s", (int)length, text);
		printf("         %s\n", rings_printable(part, line, sizeof(line)));
		text += length + (text[length] == '\n');
	}
}

static void print_text(const struct torc_live_ring *ring, const struct torc_stats *stats)
{
	char name[ESCAPED(64)], device[ESCAPED(256)], engine[ESCAPED(32)], filter[ESCAPED(512)];
	char cluster[64] = "-", figures[3][32], pid[16];

	if (ring->cluster_id)
		snprintf(cluster, sizeof(cluster), "%u:%s", ring->cluster_id,
			 torc_cluster_type_name((enum torc_cluster_type)ring->cluster_type) ?: "?");
	snprintf(figures[0], 32, "%s", cli_figure(stats->received).text);
	snprintf(figures[1], 32, "%s", cli_figure(stats->dropped).text);
	snprintf(figures[2], 32, "%s", cli_figure(stats->sent).text);
	printf("%-8s %-15s %-15s %-10s %-3s %-18s %12s %10s %10s  %-7s  %s\n",
	       pid_text(ring, pid, sizeof(pid)),
	       rings_printable(ring->application_name, name, sizeof(name)),
	       rings_printable(ring->device, device, sizeof(device)),
	       rings_printable(ring->engine, engine, sizeof(engine)),
	       ring->enabled ? "on" : "off", cluster, figures[0], figures[1], figures[2],
	       confined_word(ring->confined),
	       rings_printable(ring->filter, filter, sizeof(filter)));
	print_application_stats(ring->application_stats);
}

static int print_metrics(bool openmetrics)
{
	size_t length;
	char *text = metrics_text(openmetrics, &length);

	if (!text)
		return cli_fail(-ENOMEM, NULL);
	fwrite(text, 1, length, stdout);
	free(text);
	return cli_flush_stdout() ? CLI_GOOD : CLI_FAILED;
}

/* Pages of live rings, and what clusters answer. */
int rings_confine(const struct sandbox_settings *sandbox, uint32_t roles, uint16_t port)
{
	const char *given = getenv("TORC_RUNTIME_DIR"); /* maybe another user's */

	return privileges_confine(sandbox, &(struct privileges){
		.roles = roles,
		.read_paths = (const char *const[]){
			given && *given ? given : torc_live_directory(), "/run/torc",
			"/run/torc-services", "/run/user", NULL },
		.connect_ports = (const uint16_t[]){ 0 },
		.listen_ports = (const uint16_t[]){ port, 0 },
		.keep_capabilities = port > 0 && port < 1024 ? UINT64_C(1) << CAP_NET_BIND_SERVICE : 0,
	});
}

static int serve(const struct settings *settings)
{
	const char *colon = strrchr(settings->listen, ':');
	unsigned long port = strtoul(colon ? colon + 1 : settings->listen, NULL, 10);
	int status = rings_confine(&settings->sandbox, TORC_CONFINE_NETWORK | TORC_CONFINE_CLUSTER,
			     (uint16_t)(port <= UINT16_MAX ? port : 0));

	return status == CLI_GOOD ? http_serve(settings->listen, metrics_text) : status;
}

/* The list is open, and clusters have answered: what is left is to read pages and print. */
static int print_rings(struct torc_live_list *list, const struct settings *settings)
{
	struct torc_live_ring ring = { .size = sizeof(ring) };
	struct torc_stats stats = { .size = sizeof(stats) };
	int status = rings_confine(&settings->sandbox, 0, 0);

	if (status != CLI_GOOD)
		return status;
	if (access("/proc/self/status", F_OK) < 0)
		cli_complain("torc rings: /proc is not mounted: whether a process is what its number "
			     "says cannot be seen");
	if (!settings->json)
		printf("%-8s %-15s %-15s %-10s %-3s %-18s %12s %10s %10s  %-7s  %s\n", "PID",
		       "APPLICATION", "DEVICE", "ENGINE", "ON", "CLUSTER", "RECEIVED", "DROPPED",
		       "SENT", "SANDBOX", "FILTER");
	while (torc_live_next(list, &ring, &stats) > 0) {
		if (settings->json)
			print_json(&ring, &stats);
		else
			print_text(&ring, &stats);
	}
	return CLI_GOOD;
}

/* The C library asks for interfaces by sending to an address, which is refused afterwards. */
static int print_pf_ring(struct torc_live_list *list, const struct settings *settings, char **words)
{
	struct if_nameindex *interfaces = if_nameindex();
	int status = rings_confine(&settings->sandbox, 0, 0);

	if (status == CLI_GOOD)
		status = cli_print_pf_ring(list, interfaces, words);
	if (interfaces)
		if_freenameindex(interfaces);
	return status;
}

static int run(void *data, char **words)
{
	const struct settings *settings = data;
	struct torc_cluster_info **clusters;
	struct torc_live_list *list;
	unsigned int count;
	int code, status;

	if (words[0] && !settings->pf_ring) {
		cli_complain("torc rings: only --pf-ring takes names, but \"%s\" was given", words[0]);
		return CLI_USAGE;
	}
	if (settings->pf_ring + settings->json + settings->openmetrics + settings->prometheus + !!settings->listen > 1) {
		cli_complain("torc rings: give one of --json, --pf-ring, --openmetrics, "
			     "--prometheus, --listen");
		return CLI_USAGE;
	}
	if (settings->listen)
		return serve(settings);
	if (settings->openmetrics || settings->prometheus) {
		status = rings_confine(&settings->sandbox, TORC_CONFINE_CLUSTER, 0);
		return status == CLI_GOOD ? print_metrics(settings->openmetrics) : status;
	}
	code = torc_live_open(&list);
	if (code < 0)
		return cli_fail(code, NULL);
	if (settings->pf_ring) {
		status = print_pf_ring(list, settings, words);
		torc_live_close(list);
		return status;
	}
	code = torc_clusters_read(&clusters, &count);
	status = print_rings(list, settings);
	torc_live_close(list);
	if (code < 0)
		return status == CLI_GOOD ? cli_fail(code, NULL) : status;
	if (status == CLI_GOOD)
		rings_print_clusters(clusters, count, settings->json);
	torc_clusters_free(clusters, count);
	return status;
}

const struct cli_command command_rings = {
	.name = "rings",
	.words = "[--pf-ring [FILE ...]]",
	.summary = "the rings that are open on this machine, and their accounts",
	.about = "Lists the rings that are open on this machine, in any process: whose they are, on which\n"
		 "device, and their packet account, at most a second old; and the clusters of this network\n"
		 "namespace, with each member's share.",
	.groups = groups,
	.settings_size = sizeof(struct settings),
	.run = run,
};
