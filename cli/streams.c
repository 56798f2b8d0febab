/* SPDX-License-Identifier: BSD-3-Clause */
/* streams.c - torc streams: TCP connections of a wire or of files, their events and their bytes */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "defrag.h"
#include "inputs.h"
#include "streams.h"

enum { BATCH = 64, PROGRESS_NS = 500000000 };

struct settings {
	struct capture_settings capture;
	struct input_settings input;
	struct defrag_settings defrag;
	const char *policy;
	const char *policies;
	const char *folder;
	uint64_t follow;
	uint64_t max_connections;
	uint64_t waiting_bytes;
	uint64_t connection_bytes;
	uint64_t gap_timeout_ns;
	uint64_t idle_timeout_ns;
	bool events;
	bool messages;
	bool when_acked;
	bool checksums;
	bool no_midstream;
	bool ignore_vlan;
	bool urgent_out;
};

#define AT(member) offsetof(struct settings, member)

static const struct cli_option what_options[] = {
	{ 0, "events", NULL, "a line for each event, not only for connections at their end",
	  cli_set_flag, AT(events), NULL },
	{ 0, "messages", NULL, "a line for each message: HTTP/1 heads, TLS records, DNS over TCP",
	  cli_set_flag, AT(messages), NULL },
	{ 0, "follow", "N", "the bytes of connection N (from 1) to standard output", cli_set_positive,
	  AT(follow), NULL },
	{ 0, "write", "DIR", "a file for each direction into DIR, named as tcpflow names them",
	  cli_set_text, AT(folder), NULL },
	{ 0 },
};

static const struct cli_option stream_options[] = {
	{ 0, "policy", "NAME", "whose bytes win where waiting segments overlap: linux, first, last, "
	  "bsd, windows ...", cli_set_text, AT(policy), NULL },
	{ 0, "policies", "LIST", "policies by receiver: 10.0.0.0/8=windows,2001:db8::/32=bsd",
	  cli_set_text, AT(policies), NULL },
	{ 0, "when-acked", NULL, "deliver when the receiver acknowledged", cli_set_flag,
	  AT(when_acked), NULL },
	{ 0, "checksums", NULL, "verify TCP checksums, leave out what is wrong", cli_set_flag,
	  AT(checksums), NULL },
	{ 0, "no-midstream", NULL, "only connections whose beginning is seen", cli_set_flag,
	  AT(no_midstream), NULL },
	{ 0, "ignore-vlan", NULL, "the directions of a connection have VLANs of their own",
	  cli_set_flag, AT(ignore_vlan), NULL },
	{ 0, "urgent-out-of-band", NULL, "leave the urgent byte out, as Linux does", cli_set_flag,
	  AT(urgent_out), NULL },
	{ 0, "max-connections", "N", "keep that many; the longest idle one goes (1048576)",
	  cli_set_positive, AT(max_connections), NULL },
	{ 0, "waiting", "SIZE", "memory for data out of order (64MiB)", cli_set_size,
	  AT(waiting_bytes), NULL },
	{ 0, "waiting-each", "SIZE", "the same, of one connection (4MiB)", cli_set_size,
	  AT(connection_bytes), NULL },
	{ 0, "gap-timeout", "TIME", "wait that long for missing bytes (10s)", cli_set_duration,
	  AT(gap_timeout_ns), NULL },
	{ 0, "idle-timeout", "TIME", "a silent connection ends behind (600s)", cli_set_duration,
	  AT(idle_timeout_ns), NULL },
	{ 0 },
};

static const struct cli_option talk_options[] = {
	{ 'q', "quiet", NULL, "no banner, no progress, no account", cli_set_flag,
	  offsetof(struct capture_settings, quiet), NULL },
	{ 'v', "verbose", NULL, "say what is in force of the sandbox", cli_set_flag,
	  offsetof(struct capture_settings, sandbox.verbose), NULL },
	{ 0 },
};

static const struct cli_group groups[] = {
	{ "Files", input_options, offsetof(struct settings, input) },
	{ "What", what_options, 0 },
	{ "Streams", stream_options, 0 },
	CAPTURE_GROUPS(struct settings, capture),
	{ "Fragments", defrag_options, offsetof(struct settings, defrag) },
	{ "Talk", talk_options, offsetof(struct settings, capture) },
	{ NULL, NULL, 0 },
};

struct run {
	const struct settings *settings;
	struct capture capture;
	struct torc_defrag *defrag;
	struct torc_streams *streams;
	struct torc_messages *messages; /* NULL: nobody asked */
	struct streams_writer *writer;
	uint64_t opened;
	uint64_t progress_ns; /* when to show it next; 0: never */
	bool found;           /* the connection of --follow */
};

/* ---- events ---- */

static void follow(const struct torc_stream_event *event)
{
	if (event->type == TORC_STREAM_DATA)
		fwrite(event->data, 1, event->length, stdout);
	else if (event->type == TORC_STREAM_GAP)
		printf("[%u bytes missing]", event->length);
}

static struct streams_connection *connection_of(struct run *run,
						const struct torc_stream_event *event)
{
	struct streams_connection *connection = torc_stream_user(run->streams, event->stream);

	if (event->type != TORC_STREAM_OPEN)
		return connection;
	connection = calloc(1, sizeof(*connection));
	if (!connection || torc_stream_set_user(run->streams, event->stream, connection) < 0) {
		free(connection);
		run->capture.status = cli_fail(-ENOMEM, NULL);
		return NULL;
	}
	connection->number = ++run->opened;
	return connection;
}

static void use_messages(struct run *run, const struct torc_stream_event *event, uint64_t number)
{
	const struct torc_message *message;
	int code = torc_messages_add(run->messages, run->streams, event);

	if (code < 0)
		run->capture.status = cli_fail(code, NULL);
	while ((message = torc_messages_next(run->messages)))
		if (!run->settings->follow)
			streams_print_message(message, number, run->settings->capture.json);
}

static void use_event(struct run *run, const struct torc_stream_event *event)
{
	const struct settings *settings = run->settings;
	struct streams_connection *connection = connection_of(run, event);
	bool is_bytes = event->type == TORC_STREAM_DATA || event->type == TORC_STREAM_GAP;

	if (!connection)
		return;
	if (settings->follow) {
		if (connection->number == settings->follow) {
			run->found = true;
			follow(event);
		}
	} else if (settings->events || event->type == TORC_STREAM_CLOSE) {
		streams_print_event(run->streams, event, connection->number,
				    settings->capture.json);
	}
	if (run->messages)
		use_messages(run, event, connection->number);
	if (run->writer && is_bytes &&
	    !streams_writer_event(run->writer, run->streams, event, connection)) {
		run->capture.status = CLI_FAILED;
		run->capture.stopped = true;
	}
	if (event->type == TORC_STREAM_CLOSE) {
		if (run->writer)
			streams_writer_end(run->writer, connection);
		free(connection);
	}
}

static void use_events(struct run *run)
{
	const struct torc_stream_event *event;

	while ((event = torc_streams_next(run->streams)))
		use_event(run, event);
}

/* ---- packets ---- */

static void use_packets(struct run *run, const struct torc_packet *packets, unsigned int count)
{
	for (unsigned int at = 0; at < count;) {
		int taken = torc_streams_add_batch(run->streams, packets + at, NULL, count - at);

		use_events(run);
		at += taken > 0 ? (unsigned int)taken : count;
	}
}

/* A datagram that was put together is good until the next fragment: each packet by itself. */
static void use_joined(struct run *run, struct torc_packet *packets, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		if (defrag_packet(run->defrag, &packets[i]))
			use_packets(run, &packets[i], 1);
}

static void progress(struct run *run, bool last)
{
	struct torc_streams_stats stats = { .size = sizeof(stats) };
	uint64_t now_ns;

	if (run->progress_ns == 0)
		return;
	now_ns = cli_now_ns();
	if (last) {
		fprintf(stderr, "\r\033[K");
		return;
	}
	if (now_ns < run->progress_ns)
		return;
	run->progress_ns = now_ns + PROGRESS_NS;
	torc_streams_stats(run->streams, &stats);
	fprintf(stderr, "\r\033[K%spackets, %sconnections, %sB delivered\r",
		cli_human((double)run->capture.packets).text, cli_human((double)stats.opened).text,
		cli_human((double)stats.delivered).text);
}

static void receive(struct run *run)
{
	struct torc_packet packets[BATCH];

	while (!capture_over(&run->capture)) {
		unsigned int count = capture_next(&run->capture, packets, BATCH);

		if (run->defrag)
			use_joined(run, packets, count);
		else
			use_packets(run, packets, count);
		if (count < BATCH)
			cli_flush_stdout();
		progress(run, false);
	}
	progress(run, true);
	capture_end(&run->capture);
	torc_streams_finish(run->streams);
	use_events(run);
}

/* ---- beginning and end ---- */

static int open_streams(struct run *run)
{
	const struct settings *settings = run->settings;
	struct torc_streams_options options = {
		.size = sizeof(options),
		.flags = (settings->when_acked ? TORC_STREAMS_WHEN_ACKED : 0) |
			 (settings->checksums ? TORC_STREAMS_CHECKSUMS : 0) |
			 (settings->no_midstream ? TORC_STREAMS_NO_MIDSTREAM : 0) |
			 (settings->ignore_vlan ? TORC_STREAMS_IGNORE_VLAN : 0),
		.policies = settings->policies,
		.urgent = settings->urgent_out ? TORC_URGENT_OUT_OF_BAND : TORC_URGENT_INLINE,
		.max_connections = settings->max_connections > UINT32_MAX ?
					   UINT32_MAX : (uint32_t)settings->max_connections,
		.waiting_bytes = settings->waiting_bytes,
		.connection_waiting_bytes = settings->connection_bytes,
		.gap_timeout_ns = settings->gap_timeout_ns,
		.idle_timeout_ns = settings->idle_timeout_ns,
	};
	struct torc_error error = { 0 };
	int code;

	if (settings->policy) {
		code = torc_stream_policy_parse(settings->policy, &error);
		if (code < 0) {
			cli_complain("torc: --policy: %s", error.text);
			return CLI_USAGE;
		}
		options.policy = (uint32_t)code;
	}
	code = torc_streams_open(&run->streams, &options, &error);
	if (code == -EINVAL) {
		cli_complain("torc: %s", error.text);
		return CLI_USAGE;
	}
	return code < 0 ? cli_fail(code, error.text) : CLI_GOOD;
}

static int start(struct run *run)
{
	const struct settings *settings = run->settings;
	struct torc_ring_info info;
	int status;

	run->capture.defrag = run->defrag;
	capture_info(&run->capture, &info);
	/* a person who waits for a file wants to know how far it is; one on a wire has the lines */
	if (strcmp(info.engine, "file") == 0 && isatty(STDERR_FILENO) && !settings->capture.quiet)
		run->progress_ns = 1;
	status = capture_start(&run->capture, false);
	if (status == CLI_GOOD && settings->folder) { /* which may have to be made */
		run->writer = streams_writer_open(settings->folder);
		status = run->writer ? CLI_GOOD : CLI_FAILED;
	}
	if (status == CLI_GOOD)
		status = capture_confine(&run->capture,
					 &(struct privileges){ .write_path = settings->folder });
	if (status == CLI_GOOD)
		capture_announce(&run->capture);
	return run->capture.status = status;
}

static void finish(struct run *run)
{
	const struct settings *settings = run->settings;
	uint64_t files;
	bool good;

	if (settings->follow && !run->found) {
		cli_complain("torc streams: there is no connection %llu: there are %llu",
			     (unsigned long long)settings->follow, (unsigned long long)run->opened);
		if (run->capture.status == CLI_GOOD)
			run->capture.status = CLI_FAILED;
	}
	if (settings->capture.json && !settings->follow)
		streams_print_account(run->streams, true);
	if (!cli_flush_stdout() && !cli_stdout_gone())
		run->capture.status = CLI_FAILED;
	if (!settings->capture.quiet) {
		capture_print_summary(&run->capture, run->capture.packets);
		streams_print_account(run->streams, false);
	}
	if (run->writer) {
		files = streams_writer_close(run->writer, &good);
		if (!good && run->capture.status == CLI_GOOD)
			run->capture.status = CLI_FAILED;
		if (!settings->capture.quiet)
			cli_complain("%llu files written to %s", (unsigned long long)files,
				     settings->folder);
	}
}

static int run(void *data, char **words)
{
	struct settings *settings = data;
	struct run run = { .settings = settings };
	struct inputs inputs = { 0 };
	int status = open_streams(&run);

	if (status == CLI_GOOD && settings->follow && settings->capture.json) {
		cli_complain("torc streams: --follow writes bytes: no --json");
		status = CLI_USAGE;
	}
	if (status == CLI_GOOD && settings->messages && torc_messages_open(&run.messages, NULL) < 0)
		status = cli_fail(-ENOMEM, NULL);
	if (status == CLI_GOOD)
		status = defrag_start(&settings->defrag, &run.defrag);
	settings->capture.decodes = true;
	if (status == CLI_GOOD)
		status = inputs_open(&inputs, &settings->input, &settings->capture);
	if (status == CLI_GOOD) {
		if (capture_open(&run.capture, &settings->capture,
				 (const char *const *)inputs.devices, words) == CLI_GOOD &&
		    start(&run) == CLI_GOOD) {
			receive(&run);
			finish(&run);
		}
		status = capture_close(&run.capture);
	}
	inputs_close(&inputs);
	torc_defrag_close(run.defrag);
	torc_messages_close(run.messages);
	torc_streams_close(run.streams);
	return status;
}

const struct cli_command command_streams = {
	.name = "streams",
	.words = "[FILTER]",
	.summary = "TCP connections: their bytes in order, gaps, overlaps",
	.about = "Puts the segments of TCP connections in order. Prints a line for each connection at\n"
		 "its end, or each event, or the bytes; the accounts of packets and bytes at the end.",
	.groups = groups,
	.settings_size = sizeof(struct settings),
	.run = run,
};
