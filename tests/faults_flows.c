/* SPDX-License-Identifier: BSD-3-Clause */
/* Faults in what programs do with flows, streams and records, in sending, and in giving rights up. */
#include <netinet/in.h>

#include <torc/torc.h>

#define FAULTS_PLACES 12
#include "faults.h"
#include "flow_packets.h"

#define RECORDS 20u

static char folder[] = "/tmp/torc-faults-XXXXXX";
static char collector[64];

/* ---- flows and streams ---- */

/* A request and its answer; the head of the request lies in two segments. */
static void connection(struct made_packet *packets, unsigned int *count)
{
	static const char head[] = "GET / HTTP/1.1\r\n", rest[] = "Host: a\r\n\r\n";
	struct made made = { .source = 1, .destination = 2, .source_port = 4000,
			     .destination_port = 80, .protocol = 6, .flags = TORC_TCP_SYN,
			     .sequence = 100 };

	*count = 0;
	make_packet(&made, &packets[(*count)++]);
	made.flags = TORC_TCP_ACK;
	made.sequence = 101;
	made.data = head;
	made.payload = sizeof(head) - 1;
	make_packet(&made, &packets[(*count)++]);
	made.sequence += made.payload;
	made.data = rest;
	made.payload = sizeof(rest) - 1;
	make_packet(&made, &packets[(*count)++]);
	made.sequence += made.payload + 9; /* waits behind a hole */
	make_packet(&made, &packets[(*count)++]);
}

static struct made_packet packets[4];
static unsigned int packet_count;

static void count_record(void *object, const struct torc_flow_record *record)
{
	*(unsigned int *)object += record->packets[0] > 0;
}

static int flow_table(void)
{
	unsigned int records = 0;
	struct torc_flow_table_options options = { .size = sizeof(options), .flows = 64,
						   .ended = count_record, .object = &records };
	struct torc_flow_table_stats stats = { .size = sizeof(stats) };
	struct torc_error error = { 0 };
	struct torc_flow_table *table;
	int code = told(torc_flow_table_open(&table, &options, &error), error.text);

	if (code < 0)
		return code;
	for (unsigned int i = 0; i < packet_count; i++)
		torc_flow_table_add(table, &packets[i].packet, &packets[i].decoded);
	torc_flow_table_flush(table);
	must(torc_flow_table_stats(table, &stats) == 0 && stats.balanced, "no balance");
	must(records == 1, "%u records", records);
	torc_flow_table_close(table);
	return 0;
}

static int streams_and_messages(void)
{
	struct torc_streams_stats stats = { .size = sizeof(stats) };
	const struct torc_stream_event *event;
	struct torc_messages *messages = NULL;
	struct torc_error error = { 0 };
	struct torc_streams *streams;
	int code = told(torc_streams_open(&streams, NULL, &error), error.text), added;

	if (code < 0)
		return code;
	code = torc_messages_open(&messages, NULL);
	for (unsigned int i = 0; code == 0 && i <= packet_count; i++) {
		if (i == packet_count)
			torc_streams_finish(streams);
		else
			torc_streams_add(streams, &packets[i].packet, &packets[i].decoded);
		while ((event = torc_streams_next(streams))) {
			added = torc_messages_add(messages, streams, event);
			must(added == 0 || added == -ENOMEM, "messages: %d", added);
			while (torc_messages_next(messages))
				;
		}
	}
	must(torc_streams_stats(streams, &stats) == 0 && stats.balanced, "no balance");
	torc_messages_close(messages);
	torc_streams_close(streams);
	return code;
}

static int defrag(void)
{
	struct torc_error error = { 0 };
	struct torc_defrag *fragments;
	struct torc_packet whole;
	int code = told(torc_defrag_open(&fragments, NULL, &error), error.text);

	if (code < 0)
		return code;
	must(torc_defrag_add(fragments, &packets[0].packet, &packets[0].decoded, &whole) ==
		     TORC_DEFRAG_NONE, "a fragment");
	torc_defrag_close(fragments);
	return 0;
}

/* ---- records ---- */

static int export_to(const char *target)
{
	struct torc_export_options options = { .size = sizeof(options), .queue_records = 64 };
	struct torc_export_stats stats = { .size = sizeof(stats) };
	struct torc_flow_record record = { .size = sizeof(record), .packets = { 3, 1 },
					   .bytes = { 300, 100 }, .version = 4, .protocol = 17 };
	struct torc_error error = { 0 }, news;
	struct torc_export *out;
	bool heard;
	int code = told(torc_export_open(&out, target, &options, &error), error.text);

	if (code < 0)
		return code;
	for (unsigned int i = 0; i < RECORDS; i++)
		torc_export_write(out, &record);
	torc_export_set_wait(out, 1000000000);
	for (unsigned int i = 0; i < 200; i++) {
		torc_export_stats(out, &stats);
		if (stats.in_flight == 0 || stats.broken || stats.away)
			break;
		usleep(1000);
	}
	heard = torc_export_poll(out, &news) > 0;
	must(!heard || news.text[0], "news without a sentence");
	must(!stats.broken || heard, "it broke without a word");
	torc_export_close(out, 300000000, &stats);
	must(stats.balanced && stats.made == RECORDS &&
		     stats.made == stats.acknowledged + stats.failed + stats.refused +
					   stats.in_flight, "the account does not balance");
	return 0;
}

static int export_json(void)
{
	char target[96];

	snprintf(target, sizeof(target), "json:%s/records", folder);
	return export_to(target);
}

static int export_text(void)
{
	char target[96];

	snprintf(target, sizeof(target), "text:%s/records", folder);
	return export_to(target);
}

static int export_file(void)
{
	char target[96];

	snprintf(target, sizeof(target), "ipfix:%s/records.ipfix", folder);
	return export_to(target);
}

static int export_udp(void)
{
	char target[96];

	snprintf(target, sizeof(target), "ipfix:udp:%s", collector);
	return export_to(target);
}

static int export_netflow(void)
{
	char target[96];

	snprintf(target, sizeof(target), "netflow9:udp:%s", collector);
	return export_to(target);
}

static int export_tcp(void)
{
	char target[96];

	snprintf(target, sizeof(target), "ipfix:tcp:%s", collector);
	return export_to(target);
}

/* ---- sending ---- */

static int maker(void)
{
	struct torc_error error = { 0 };
	struct torc_packet made[16];
	struct torc_maker *frames;
	int code = told(torc_maker_open(&frames, NULL, &error), error.text);

	if (code < 0)
		return code;
	code = torc_maker_batch(frames, made, 16) == 16 ? 0 : -ENOMEM;
	torc_maker_close(frames);
	return code;
}

static int send_by(const char *way)
{
	struct torc_sender_options options = { .size = sizeof(options), .way = way };
	struct torc_sender_stats stats = { .size = sizeof(stats) };
	struct torc_maker *frames = NULL;
	struct torc_error error = { 0 };
	struct torc_packet made[16];
	struct torc_sender *sender;
	unsigned int count = 0;
	int code = told(torc_sender_open(&sender, "fa", &options, &error), error.text);

	if (code < 0)
		return code;
	code = told(torc_maker_open(&frames, NULL, &error), error.text);
	if (code == 0)
		count = torc_maker_batch(frames, made, 16);
	if (code == 0)
		code = torc_sender_send(sender, made, count);
	torc_sender_flush(sender);
	torc_sender_stats(sender, &stats);
	must(code < 0 || stats.sent + stats.errors == count, "%llu and %llu errors of %u",
	     (unsigned long long)stats.sent, (unsigned long long)stats.errors, count);
	torc_sender_close(sender);
	torc_maker_close(frames);
	return code < 0 ? code : 0;
}

static int send_any_way(void)
{
	return send_by(NULL);
}

static int send_by_calls(void)
{
	return send_by("send");
}

static int send_by_a_ring(void)
{
	return send_by("tx_ring");
}

static int send_by_xdp(void)
{
	return send_by("af_xdp");
}

/* ---- rights ---- */

static int confine(void)
{
	const char *paths[] = { folder, NULL };
	struct torc_confine_options options = { .size = sizeof(options),
						.roles = TORC_CONFINE_WRITE, .write_paths = paths };
	struct torc_confine_info info = { .size = sizeof(info) };
	struct torc_error error = { 0 };

	return told(torc_confine(&options, &info, &error), error.text);
}

static const struct sequence table[] = {
	{ "a flow table", flow_table, 0 },
	{ "streams and messages", streams_and_messages, 0 },
	{ "fragments", defrag, 0 },
	{ "records as JSON", export_json, 0 },
	{ "records as text", export_text, 0 },
	{ "a file of IPFIX", export_file, 0 },
	{ "IPFIX over UDP", export_udp, 0 },
	{ "NetFlow over UDP", export_netflow, 0 },
	{ "IPFIX over TCP", export_tcp, 0 },
	{ "made packets", maker, 0 },
	{ "a sender", send_any_way, 0 },
	{ "a sender by system calls", send_by_calls, 0 },
	{ "a sender by a ring", send_by_a_ring, 0 },
	{ "a sender by AF_XDP", send_by_xdp, 0 },
	{ "rights given up", confine, FAULTS_EACH_ALONE },
};

/* Sockets of UDP and TCP at one port, which nobody reads: what is sent waits there. */
static bool open_collector(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof(address);
	int tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (bind(tcp, (struct sockaddr *)&address, length) < 0 || listen(tcp, 4096) < 0 ||
	    getsockname(tcp, (struct sockaddr *)&address, &length) < 0 ||
	    bind(udp, (struct sockaddr *)&address, length) < 0)
		return false;
	snprintf(collector, sizeof(collector), "127.0.0.1:%u", ntohs(address.sin_port));
	return true;
}

int main(int count, char **names)
{
	(void)count;
	faults_begin();
	net_pair("fa", "fb");
	connection(packets, &packet_count);
	if (!mkdtemp(folder) || !open_collector())
		return 1;
	count = faults_main(table, COUNT(table), names);
	net_run("rm -rf %s", folder);
	return count;
}
