/* SPDX-License-Identifier: BSD-3-Clause */
/* rings.c - torc rings: the rings that are open on this machine, as they published themselves */
#include <dirent.h>
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
#include "page.h"
#include "rings.h"
#include "pf_ring.h"
#include "privileges.h"

struct settings {
	bool json;
	bool pf_ring;
	bool openmetrics;
	bool prometheus;
	const char *listen;
	const char *token;
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
	{ 0, "listen", "ADDRESS:PORT", "serve a page and, at /metrics, the metrics over HTTP",
	  cli_set_text, offsetof(struct settings, listen), NULL },
	{ 0, "token", "FILE", "of --listen: who does not say the token in FILE gets nothing",
	  cli_set_text, offsetof(struct settings, token), NULL },
	{ 0 },
};

static const struct cli_group groups[] = {
	{ "Output", options, 0 },
	{ "Privileges", sandbox_options, offsetof(struct settings, sandbox) },
	{ NULL, NULL, 0 },
};

/* ---- JSON ---- */

static void json_text(FILE *out, const char *name, const char *text)
{
	fprintf(out, ",\"%s\":", name);
	cli_print_json_string(out, text);
}

static void json_figure(FILE *out, const char *name, uint64_t value)
{
	fprintf(out, ",\"%s\":%s", name, cli_json_figure(value).text);
}

static void json_settings(FILE *out, const struct torc_live_ring *ring)
{
	fprintf(out, ",\"enabled\":%s", ring->enabled ? "true" : "false");
	json_text(out, "direction", cli_choice("both rx tx", ring->direction).text);
	json_text(out, "mode", cli_choice("send-and-receive send receive", ring->mode).text);
	json_figure(out, "snaplen", ring->snaplen);
	json_figure(out, "buffer_bytes", ring->buffer_bytes);
	json_figure(out, "sampling_rate", ring->sampling_rate);
	json_figure(out, "poll_watermark", ring->poll_watermark);
	fprintf(out, ",\"poll_duration_ms\":%d,\"cluster\":", ring->poll_duration_ms);
	if (ring->cluster_id)
		fprintf(out, "{\"id\":%u,\"type\":\"%s\"}", ring->cluster_id,
		       torc_cluster_type_name((enum torc_cluster_type)ring->cluster_type) ?: "?");
	else
		fprintf(out, "null");
}

/* What the process of a ring gave up; the first bits of enum torc_confined. */
static void json_confined(FILE *out, uint32_t confined)
{
	static const char *const names[] = {
		"capabilities", "bounding", "no_new_privs", "not_dumpable", "files",
		"ports", "scopes", "system_calls", "executable", "logs", "apart",
	};
	const char *comma = "";

	fprintf(out, ",\"confined\":[");
	for (unsigned int i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (!(confined >> i & 1))
			continue;
		fprintf(out, "%s\"%s\"", comma, names[i]);
		comma = ",";
	}
	fprintf(out, "]");
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

static void json_account(FILE *out, const struct torc_stats *stats)
{
	json_figure(out, "received", stats->received);
	json_figure(out, "bytes", stats->received_bytes);
	json_figure(out, "dropped", stats->dropped);
	json_figure(out, "kernel_seen", stats->kernel_seen);
	json_figure(out, "filtered", stats->filtered);
	json_figure(out, "filtered_late", stats->filtered_late);
	json_figure(out, "sampled_out", stats->sampled_out);
	json_figure(out, "own_copies", stats->own_copies);
	json_figure(out, "other_direction", stats->other_direction);
	json_figure(out, "discarded", stats->discarded);
	json_figure(out, "waiting", stats->waiting);
	json_figure(out, "truncated", stats->truncated);
	json_figure(out, "freezes", stats->freezes);
	json_figure(out, "card_missed", stats->card_missed);
	json_figure(out, "sent", stats->sent);
	json_figure(out, "sent_bytes", stats->sent_bytes);
	json_figure(out, "send_errors", stats->send_errors);
	fprintf(out, ",\"balanced\":%s", stats->balanced ? "true" : "false");
}

void rings_json(FILE *out, const struct torc_live_ring *ring, const struct torc_stats *stats)
{
	fprintf(out, "{\"pid\":%d,\"uid\":%u,\"ring\":%u,\"owner_known\":%s", ring->pid, ring->uid,
	       ring->ring_id, ring->owner_known ? "true" : "false");
	fprintf(out, ",\"stopped\":%s", ring->stopped ? "true" : "false");
	json_figure(out, "network_namespace", ring->network_namespace);
	json_figure(out, "opened_ns", ring->opened_ns);
	json_figure(out, "updated_ns", ring->updated_ns);
	json_text(out, "application", ring->application_name);
	json_text(out, "application_stats", ring->application_stats);
	json_text(out, "device", ring->device);
	json_text(out, "interface", ring->interface_name);
	fprintf(out, ",\"ifindex\":%d", ring->ifindex);
	json_text(out, "engine", ring->engine);
	json_text(out, "engine_detail", ring->engine_detail);
	json_text(out, "filter", ring->filter);
	json_settings(out, ring);
	json_confined(out, ring->confined);
	json_account(out, stats);
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

bool rings_hold_up_others(const struct torc_live_ring *ring)
{
	return ring->stopped && ring->cluster_id && strcmp(ring->engine, "af_xdp") == 0 &&
	       strstr(ring->engine_detail, "leads its cluster");
}

static void print_stopped(const struct torc_live_ring *ring)
{
	if (rings_hold_up_others(ring))
		printf("         stopped, and it leads cluster %u: no member receives until 'kill -CONT %d' "
		       "or 'kill -KILL %d'\n", ring->cluster_id, ring->pid, ring->pid);
	else if (ring->stopped)
		printf("         stopped: it reads nothing until 'kill -CONT %d'\n", ring->pid);
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
	print_stopped(ring);
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

unsigned int rings_paths(const char **paths)
{
	const char *given = getenv("TORC_RUNTIME_DIR"); /* maybe another user's */

	paths[0] = given && *given ? given : torc_live_directory();
	paths[1] = "/run/torc";
	paths[2] = "/run/torc-services";
	paths[3] = "/run/user";
	return RINGS_PATHS_MAX;
}

/* Pages of live rings, and what clusters answer. */
/* Root reads the folders of users, which are closed to others. */
static bool reads_users(void)
{
	DIR *users = geteuid() == 0 ? opendir("/run/user") : NULL;
	struct dirent *entry = NULL;

	while (users && (entry = readdir(users)) && entry->d_name[0] == '.')
		continue;
	if (users)
		closedir(users);
	return entry != NULL;
}

int rings_confine(const struct sandbox_settings *sandbox, uint32_t roles, uint16_t port)
{
	const char *paths[RINGS_PATHS_MAX + 1];

	paths[rings_paths(paths)] = NULL;
	return privileges_confine(sandbox, &(struct privileges){
		.roles = roles,
		.read_paths = paths,
		.connect_ports = (const uint16_t[]){ 0 },
		.listen_ports = (const uint16_t[]){ port, 0 },
		.keep_capabilities = (port > 0 && port < 1024 ? UINT64_C(1) << CAP_NET_BIND_SERVICE : 0) |
				     (reads_users() ? UINT64_C(1) << CAP_DAC_READ_SEARCH : 0),
	});
}

static int serve(const struct settings *settings)
{
	const char *colon = strrchr(settings->listen, ':');
	unsigned long port = strtoul(colon ? colon + 1 : settings->listen, NULL, 10);
	char *token = settings->token ? http_token(settings->token) : NULL;
	struct http_site site = { .metrics = metrics_text, .page = page_html, .snapshot = page_snapshot,
				  .history = page_history, .tick = page_tick, .token = token };
	int status;

	if (settings->token && !token)
		return CLI_USAGE;
	status = rings_confine(&settings->sandbox, TORC_CONFINE_NETWORK | TORC_CONFINE_CLUSTER,
			       (uint16_t)(port <= UINT16_MAX ? port : 0));
	if (status == CLI_GOOD)
		status = http_serve(settings->listen, &site);
	free(token);
	return status;
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
		if (!settings->json) {
			print_text(&ring, &stats);
			continue;
		}
		rings_json(stdout, &ring, &stats);
		printf("}\n");
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
	if (settings->token && !settings->listen) {
		cli_complain("torc rings: --token is of --listen, which was not given");
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
