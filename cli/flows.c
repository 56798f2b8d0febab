/* SPDX-License-Identifier: BSD-3-Clause */
/* flows.c - torc flows: a line a flow, a live table, records to collectors */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "commands.h"
#include "flows.h"
#include "plot.h"

enum { BATCH = 32, TICK_NS = 100000000 };

#define AT(member) offsetof(struct flows_settings, member)

static const char *set_u32(const struct cli_option *option, void *field, const char *text)
{
	if (cli_set_positive(option, field, text) || *(uint64_t *)field > UINT32_MAX - 1000)
		return "a number from 1 to 4294966295";
	return NULL;
}

static const struct cli_option flow_options[] = {
	{ 0, "idle", "TIME", "a flow ends when nothing came for so long (60s)", cli_set_duration,
	  AT(table.idle_ns), NULL },
	{ 0, "active", "TIME", "a longer flow gives a record each so often (300s)",
	  cli_set_duration, AT(table.active_ns), NULL },
	{ 0, "opening", "TIME", "the same for TCP that nobody answers (15s)", cli_set_duration,
	  AT(table.opening_ns), NULL },
	{ 0, "end", "TIME", "how long after FIN or RST a flow ends (5s)", cli_set_duration,
	  AT(table.end_ns), NULL },
	{ 0, "flows", "N", "room for so many flows, 192 bytes each (1000000)", set_u32, AT(flows),
	  NULL },
	{ 0, "inner", NULL, "of tunnels the flow inside", cli_set_flag, AT(inner), NULL },
	{ 0, "no-vlan", NULL, "VLAN ids make no difference", cli_set_flag, AT(no_vlan), NULL },
	{ 0, "no-names", NULL, "no names of TLS, QUIC and DNS", cli_set_flag, AT(no_names), NULL },
	{ 0, "fingerprints", NULL, "JA3 and JA4 of TLS and QUIC clients", cli_set_flag, AT(fingerprints),
	  NULL },
	{ 0, "streams", NULL, "put TCP together: also HTTP hosts, and TLS names in two segments",
	  cli_set_flag, AT(streams), NULL },
	{ 0, "workers", "N", "share the packets of a wire among N processes, of files N threads", set_u32, AT(workers), NULL },
	{ 0 },
};

static const struct cli_option record_options[] = {
	{ 0, "ipfix", "WHERE", "to a collector or file: udp:HOST:PORT, tcp:HOST:PORT, FILE",
	  cli_set_list, AT(ipfix), NULL },
	{ 0, "netflow9", "udp:HOST:PORT", "NetFlow version 9 to a collector", cli_set_list,
	  AT(netflow9), NULL },
	{ 0, "kafka", "BROKERS/TOPIC", "JSON to Apache Kafka: HOST:PORT,HOST:PORT/TOPIC",
	  cli_set_list, AT(kafka), NULL },
	{ 0, "kafka-option", "KEY=VALUE", "of librdkafka, such as security.protocol=ssl",
	  cli_set_list, AT(kafka_options), NULL },
	{ 0, "one-way", NULL, "IPFIX with a record for each direction", cli_set_flag, AT(one_way),
	  NULL },
	{ 0, "print", NULL, "print lines also when there is another output", cli_set_flag, AT(print),
	  NULL },
	{ 0, "domain", "ID", "observation domain or source id, of the first worker (1)", set_u32,
	  AT(domain), NULL },
	{ 0, "queue", "N", "records that may wait for an output (16384)", set_u32,
	  AT(queue_records), NULL },
	{ 0, "message", "BYTES", "of UDP at most (1400)", set_u32, AT(message_bytes), NULL },
	{ 0, "pace", "N", "UDP messages a second at most (4000)", set_u32, AT(pace), NULL },
	{ 0, "templates", "TIME", "over UDP templates again after (600s)", cli_set_duration,
	  AT(template_ns), NULL },
	{ 0, "wait", "TIME", "at the end wait for outputs at most so long (5s)", cli_set_duration,
	  AT(wait_ns), NULL },
	{ 0, "top", NULL, "a live table on the terminal: q ends, b p a sort", cli_set_flag, AT(top),
	  NULL },
	{ 0, "sort", "BY", "of the live table", cli_set_choice, AT(sort), "bytes packets age" },
	{ 0, "listen", "ADDRESS:PORT", "serve a live page and, at /metrics, metrics over HTTP", cli_set_text,
	  AT(listen), NULL },
	{ 0, "token", "FILE", "of --listen: who does not say the token in FILE gets nothing", cli_set_text,
	  AT(token), NULL },
	{ 0, "plot", "FILE", "at the end, a picture of rate, loss and flows over time (SVG)", cli_set_text,
	  AT(plot), NULL },
	{ 'q', "quiet", NULL, "no banner", cli_set_flag, AT(capture.quiet), NULL },
	{ 'v', "verbose", NULL, "say what is in force of the sandbox", cli_set_flag,
	  AT(capture.sandbox.verbose), NULL },
	{ 0 },
};

static const struct cli_group groups[] = {
	{ "Files", input_options, offsetof(struct flows_settings, input) },
	{ "Flows", flow_options, 0 },
	{ "Records", record_options, 0 },
	CAPTURE_GROUPS(struct flows_settings, capture),
	{ NULL, NULL, 0 },
};

/* One worker at work. */
struct worker {
	struct flows_settings *settings;
	struct capture capture;
	struct inputs inputs;
	struct flows_part part;
	struct flows_top *top;
	struct plot *plot;
	struct http_server *server;
	struct flows_account *account;
	struct flows_start *start; /* NULL: this is the only one */
	unsigned int number;
	uint64_t tick_ns, told_ns;
};

/* ---- the picture ---- */

static const struct plot_panel panels[] = {
	{ "Packets a second", { "received", "lost" }, { true, true } },
	{ "Flows begun a second", { "begun", "without room" }, { true, true } },
	{ "Open flows", { "open", NULL }, { false, false } },
};

static void add_point(struct worker *worker)
{
	const struct flows_account *account = worker->account;

	plot_add(worker->plot, cli_now_ns() - worker->capture.started_ns,
		 (const uint64_t[]){ account->ring.received, account->ring.dropped,
				     account->table.begun, account->table.ended[TORC_FLOW_NO_ROOM],
				     account->table.open, TORC_UNKNOWN });
}

static int close_plot(struct worker *worker)
{
	struct torc_ring_info info;
	char title[600];

	if (!worker->plot)
		return CLI_GOOD;
	capture_info(&worker->capture, &info);
	snprintf(title, sizeof(title), "%.200s %.200s: %s packets, %s flows, %s packets dropped",
		 info.device, info.filter, cli_figure(worker->account->table.packets).text,
		 cli_figure(worker->account->table.begun).text,
		 cli_figure(worker->account->ring.dropped).text);
	return plot_close(worker->plot, title) ? CLI_GOOD : CLI_FAILED;
}

/* ---- opening ---- */

static bool reads_files(const struct capture *capture)
{
	for (unsigned int n = 0; n < capture->ring_count; n++) {
		struct torc_ring_info info = { .size = sizeof(info) };

		if (torc_ring_info(capture->rings[n], &info) < 0 ||
		    strcmp(info.engine, "file") != 0)
			return false;
	}
	return capture->ring_count > 0; /* a decoder has none, and is on a wire */
}

static int open_all(struct worker *worker, char **words, unsigned int number)
{
	struct flows_settings *settings = worker->settings;
	int status = inputs_open(&worker->inputs, &settings->input, &settings->capture);

	if (status == CLI_GOOD)
		status = capture_open(&worker->capture, &settings->capture,
				      (const char *const *)worker->inputs.devices, words);
	if (status == CLI_GOOD)
		status = flows_part_open(&worker->part, settings, number,
					 reads_files(&worker->capture) ? NULL : &worker->capture);
	return status;
}

/* In a signal handler: files can wait for who reads the flows, but not once an end is wanted. */
static void stop_waiting(void *object, unsigned int signal)
{
	struct worker *worker = object;

	if (signal & CLI_SIGNAL_STOP)
		flows_outputs_patient(&worker->part.outputs, flows_part_wait_ns(worker->settings));
}

/* ---- at work ---- */

static uint64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* What torc rings shows of this capture. */
static void publish(struct worker *worker)
{
	char text[1024];

	flows_account_text(worker->account, &worker->part.outputs, text, sizeof(text));
	capture_publish(&worker->capture, text);
}

static void tick(struct worker *worker, uint64_t now_ns)
{
	worker->tick_ns = now_ns + TICK_NS;
	flows_account_take(worker->account, &worker->capture, &worker->part);
	flows_tell(worker->start, worker->number, worker->account);
	if (worker->plot)
		add_point(worker);
	flows_page_look(worker->server);
	if (!flows_outputs_look(&worker->part.outputs, flows_account_ignored(worker->account)))
		worker->capture.stopped = true;
	if (worker->top && !flows_top_look(worker->top, worker->part.table, worker->account,
					   &worker->part.outputs))
		worker->capture.stopped = true;
	if (now_ns < worker->told_ns)
		return;
	worker->told_ns = now_ns + 1000000000u;
	publish(worker);
}

static void receive(struct worker *worker)
{
	static struct torc_decoded decoded[BATCH];
	struct torc_packet packets[BATCH];
	bool files = reads_files(&worker->capture);

	while (!capture_over(&worker->capture)) {
		unsigned int count = capture_next(&worker->capture, packets, BATCH);
		uint64_t now_ns;

		if (count > 0 && !files) {
			uint64_t now = clock_ns();

			flows_account_latency(worker->account, now > packets[0].timestamp_ns
								       ? now - packets[0].timestamp_ns : 0);
		}
		torc_decode_batch(packets, count, decoded);
		flows_part_add(&worker->part, packets, decoded, count);
		if (worker->server)
			flows_page_count(packets, decoded, count);
		/* what waits in the ring is older than the clock: only when nothing does */
		if (count == 0 && !files)
			torc_flow_table_advance(worker->part.table, clock_ns());
		now_ns = cli_now_ns();
		if (now_ns >= worker->tick_ns)
			tick(worker, now_ns);
	}
}

static void finish(struct worker *worker)
{
	capture_end(&worker->capture);
	flows_top_close(worker->top);
	worker->top = NULL;
	flows_account_take(worker->account, &worker->capture, &worker->part);
	flows_part_end(&worker->part, worker->settings, worker->account);
	flows_part_finish(&worker->part, worker->settings, worker->account);
	worker->account->seconds_ns = worker->capture.seconds_ns;
	worker->account->cpu_ns = worker->capture.cpu_ns;
}

static int work(struct flows_settings *settings, char **words, unsigned int number,
		struct flows_start *start, struct flows_account *account)
{
	struct worker worker = { .settings = settings, .account = account, .start = start,
				 .number = number };
	bool together = start && !settings->again;
	int status = CLI_GOOD;

	flows_account_begin(account);
	flows_outputs_name(&worker.part.outputs, settings);
	if (together && !flows_start_turn(start, number)) {
		flows_start_together(start, number, false);
		return CLI_FAILED;
	}
	status = open_all(&worker, words, number);
	if (together && !flows_start_together(start, number, status == CLI_GOOD) &&
	    status == CLI_GOOD)
		status = CLI_FAILED;
	if (status == CLI_GOOD && settings->top) {
		worker.top = flows_top_open((enum flows_sort)settings->sort);
		status = worker.top ? CLI_GOOD : CLI_USAGE;
	}
	if (status == CLI_GOOD)
		status = capture_start(&worker.capture, true);
	if (status == CLI_GOOD && settings->plot) {
		worker.plot = plot_open(settings->plot, panels, sizeof(panels) / sizeof(*panels));
		status = worker.plot ? CLI_GOOD : CLI_FAILED;
	}
	if (status == CLI_GOOD && settings->listen)
		status = flows_page_open(&worker.server, settings, worker.part.table, account);
	if (status == CLI_GOOD)
		status = flows_confine(settings, &worker.part.outputs, &worker.capture, worker.server);
	if (status == CLI_GOOD) {
		account->live = !reads_files(&worker.capture);
		worker.capture.woken = &worker;
		worker.capture.woken_too = account->live ? NULL : stop_waiting;
		flows_account_take(account, &worker.capture, &worker.part);
		flows_tell(start, number, account);
		if (number == 0 && !worker.top && !settings->again)
			capture_announce(&worker.capture);
		receive(&worker);
		finish(&worker);
		status = close_plot(&worker);
	}
	if (worker.part.outputs.failed && status == CLI_GOOD)
		status = CLI_FAILED;
	if (worker.capture.status == CLI_GOOD && status != CAPTURE_DONE)
		worker.capture.status = status;
	if (worker.capture.settings)
		status = capture_close(&worker.capture);
	flows_page_close(worker.server);
	flows_part_close(&worker.part);
	inputs_close(&worker.inputs);
	return status;
}

/* ---- the command ---- */

static int check(const struct flows_settings *settings, struct flows_outputs *outputs)
{
	const char *wrong = NULL;

	if (settings->workers > FLOWS_WORKERS_MAX)
		wrong = "--workers: at most 256";
	else if (settings->workers > 1 && settings->capture.cluster.id)
		wrong = "--workers makes a cluster of its own: leave --cluster out";
	else if (settings->workers > 1 && settings->capture.packets)
		wrong = "-c counts the packets of one process: use --for with --workers";
	else if (settings->workers > 1 && settings->top)
		wrong = "--top shows the table of one process: leave --workers out";
	else if (settings->workers > 1 && settings->listen)
		wrong = "--listen shows one process: leave --workers out, and use torc rings --listen";
	else if (settings->token && !settings->listen)
		wrong = "--token is of --listen, which was not given";
	else if (settings->workers > 1 && settings->plot)
		wrong = "--plot shows one process: leave --workers out";
	else if (settings->top && settings->capture.json)
		wrong = "--top and --json both want standard output";
	else if (settings->streams && settings->no_names)
		wrong = "--streams finds names, which --no-names leaves out";
	else if (settings->fingerprints && settings->no_names)
		wrong = "--fingerprints are kept with names, which --no-names leaves out";
	else if (settings->streams && settings->inner)
		wrong = "--streams are those of the outer packets: leave --inner out";
	else if (settings->top && settings->print)
		wrong = "--top and --print both want standard output";
	else if (settings->message_bytes &&
		 (settings->message_bytes < 512 || settings->message_bytes > 65000))
		wrong = "--message: 512 to 65000 bytes";
	else if (settings->kafka_options.count && !settings->kafka.count)
		wrong = "--kafka-option is of --kafka, which was not given";
	else if (!flows_outputs_name(outputs, settings))
		wrong = "at most 16 outputs, of 250 characters each";
	if (!wrong)
		return CLI_GOOD;
	cli_complain("torc: %s", wrong);
	return CLI_USAGE;
}

static int run(void *data, char **words)
{
	struct flows_settings *settings = data;
	struct flows_account sum = { .status = CLI_GOOD };
	struct flows_outputs outputs = { .count = 0 };
	int status = check(settings, &outputs);

	if (status != CLI_GOOD)
		return status;
	if (settings->workers > 1 && (settings->input.files.count > 0 || settings->input.list)) {
		status = flows_spread_run(settings, words, &sum);
	} else if (settings->workers > 1) {
		settings->capture.cluster.id = (unsigned int)getpid() % 65535 + 1;
		settings->capture.cluster.type = settings->inner ? TORC_CLUSTER_PER_INNER_FLOW
								 : TORC_CLUSTER_PER_FLOW;
		status = flows_workers_run(settings, words, work, &sum);
	} else {
		settings->capture.decodes = !settings->listen; /* the page reads what other processes tell */
		status = work(settings, words, 0, NULL, &sum);
	}
	if (sum.seconds_ns == 0) /* it did not begin */
		return status;
	if (settings->capture.json && !cli_stdout_gone())
		flows_account_print_json(&sum, &outputs, settings->workers ? settings->workers : 1);
	if (!settings->capture.json || cli_stdout_gone())
		flows_account_print(&sum, &outputs);
	if (status == CLI_GOOD && settings->capture.fail_on_loss && flows_account_lost(&sum))
		status = CLI_LOSS;
	return status;
}

const struct cli_command command_flows = {
	.name = "flows",
	.words = "[FILTER]",
	.summary = "flows: a line each, a live table, records to collectors",
	.about = "Puts packets of a wire or of files together to flows, and gives a record of each at its\n"
		 "end: as a line, as JSON, as IPFIX or NetFlow to collectors.",
	.groups = groups,
	.settings_size = sizeof(struct flows_settings),
	.run = run,
};
