/* SPDX-License-Identifier: BSD-3-Clause */
/* streams_print.c - torc streams: events and connections as lines and as JSON, and the account */
#include <arpa/inet.h>
#include <string.h>

#include "streams.h"

static const char *const sides[] = { "client", "server" };

struct address {
	char text[INET6_ADDRSTRLEN];
};

static struct address address_of(const struct torc_stream_info *info, unsigned int side)
{
	struct address address;

	inet_ntop(info->ip_version == 6 ? AF_INET6 : AF_INET, info->sides[side].address,
		  address.text, sizeof(address.text));
	return address;
}

/* 10.0.0.1:1234, [2001:db8::1]:1234 */
static void print_end(const struct torc_stream_info *info, unsigned int side)
{
	bool ipv6 = info->ip_version == 6;

	printf("%s%s%s:%u", ipv6 ? "[" : "", address_of(info, side).text, ipv6 ? "]" : "",
	       info->sides[side].port);
}

static void print_time(uint64_t timestamp_ns)
{
	char text[48];

	torc_text_time(timestamp_ns, 6, text, sizeof(text));
	printf("%s", text);
}

/* ---- text ---- */

static void print_count(const char *what, uint64_t count)
{
	if (count > 0)
		printf(", %llu %s", (unsigned long long)count, what);
}

static void print_side(const char *verb, const struct torc_stream_side *side)
{
	printf(" %s %llu bytes in %llu packets", verb, (unsigned long long)side->delivered,
	       (unsigned long long)side->packets);
	print_count("missing", side->gaps);
	print_count("twice", side->duplicate);
	print_count("of them different", side->different);
	print_count("outside", side->outside);
	print_count("dropped", side->dropped);
}

static void print_connection(const struct torc_stream_info *info, uint64_t number)
{
	print_time(info->first_ns);
	printf(" %llu ", (unsigned long long)number);
	print_end(info, 0);
	printf(" > ");
	print_end(info, 1);
	printf(" %s %s %.3f s:", torc_stream_reason_name(TORC_STREAM_OPEN, info->opened),
	       torc_stream_reason_name(TORC_STREAM_CLOSE, info->closed),
	       (double)(info->last_ns - info->first_ns) / 1e9);
	print_side("sent", &info->sides[0]);
	printf(";");
	print_side("received", &info->sides[1]);
	printf("\n");
}

static void print_text(const struct torc_stream_info *info, const struct torc_stream_event *event,
		       uint64_t number)
{
	print_time(event->timestamp_ns);
	printf(" %llu %s", (unsigned long long)number, torc_stream_event_name(event->type));
	if (event->reason)
		printf(" %s", torc_stream_reason_name(event->type, event->reason));
	if (event->type == TORC_STREAM_OPEN) {
		printf(" ");
		print_end(info, 0);
		printf(" > ");
		print_end(info, 1);
	} else if (event->type != TORC_STREAM_CLOSE) {
		printf(" %s %llu+%u", sides[event->side], (unsigned long long)event->offset,
		       event->length);
	}
	printf(" packet %llu\n", (unsigned long long)event->packet);
}

/* ---- JSON ---- */

static void json_side(const struct torc_stream_info *info, unsigned int n)
{
	const struct torc_stream_side *side = &info->sides[n];

	printf(",\"%s\":{\"address\":\"%s\",\"port\":%u,\"syn\":%s,\"fin\":%s,\"isn\":%u,"
	       "\"policy\":\"%s\",\"packets\":%llu,\"length\":%llu,\"delivered\":%llu,\"gaps\":%llu,"
	       "\"duplicate\":%llu,\"different\":%llu,\"outside\":%llu,\"dropped\":%llu,"
	       "\"waiting\":%llu}",
	       sides[n], address_of(info, n).text, side->port, side->syn ? "true" : "false",
	       side->fin ? "true" : "false", side->isn, torc_stream_policy_name(side->policy),
	       (unsigned long long)side->packets, (unsigned long long)side->length,
	       (unsigned long long)side->delivered, (unsigned long long)side->gaps,
	       (unsigned long long)side->duplicate, (unsigned long long)side->different,
	       (unsigned long long)side->outside, (unsigned long long)side->dropped,
	       (unsigned long long)side->waiting);
}

static void json_time(const char *name, uint64_t timestamp_ns)
{
	printf(",\"%s\":%llu.%09llu", name, (unsigned long long)(timestamp_ns / 1000000000),
	       (unsigned long long)(timestamp_ns % 1000000000));
}

static void print_json(const struct torc_stream_info *info, const struct torc_stream_event *event,
		       uint64_t number)
{
	printf("{\"event\":\"%s\",\"stream\":%llu", torc_stream_event_name(event->type),
	       (unsigned long long)number);
	json_time("time", event->timestamp_ns);
	printf(",\"packet\":%llu", (unsigned long long)event->packet);
	if (event->reason)
		printf(",\"reason\":\"%s\"", torc_stream_reason_name(event->type, event->reason));
	if (event->type == TORC_STREAM_OPEN || event->type == TORC_STREAM_CLOSE) {
		printf(",\"opened\":\"%s\"",
		       torc_stream_reason_name(TORC_STREAM_OPEN, info->opened));
		json_time("first", info->first_ns);
		json_time("last", info->last_ns);
		json_side(info, 0);
		json_side(info, 1);
	} else {
		printf(",\"side\":\"%s\",\"offset\":%llu,\"length\":%u", sides[event->side],
		       (unsigned long long)event->offset, event->length);
	}
	printf("}\n");
}

/* Without --events only CLOSE comes here: as a line for the connection. */
void streams_print_event(const struct torc_streams *streams, const struct torc_stream_event *event,
			 uint64_t number, bool json)
{
	struct torc_stream_info info = { .size = sizeof(info) };

	if (torc_stream_info(streams, event->stream, &info) < 0)
		return;
	if (json)
		print_json(&info, event, number);
	else if (event->type == TORC_STREAM_CLOSE)
		print_connection(&info, number);
	else
		print_text(&info, event, number);
}

/* ---- messages ---- */

/* What a line shows of a message; JSON has the name too. */
static const char *const message_fields[] = {
	"http.method", "http.host", "http.target", "http.status", "http.reason",
	"http.content_type", "tls.content_type", "tls.handshake_type", "tls.sni", "tls.ja3",
	"tls.ja3s", "tls.ja4", "dns.id",
	"dns.response", "dns.rcode",
};

static bool field_text(const struct torc_message *message, const char *path, char *text, size_t size)
{
	struct torc_value value;

	if (torc_field(message->decoded, path, &value) != 1)
		return false;
	if (value.name)
		snprintf(text, size, "%s", value.name);
	else
		torc_value_text(&value, text, size);
	return *text != '\0' && strcmp(text, "0") != 0;
}

static void message_text(const struct torc_message *message, uint64_t number)
{
	char text[512];

	print_time(message->first_ns);
	printf(" %llu message %s %s %llu+%llu", (unsigned long long)number, message->protocol,
	       sides[message->side], (unsigned long long)message->offset,
	       (unsigned long long)message->length);
	for (size_t i = 0; i < sizeof(message_fields) / sizeof(*message_fields); i++)
		if (field_text(message, message_fields[i], text, sizeof(text)))
			printf(" %s", text);
	if (message->decoded->reason)
		printf(" [%s]", message->decoded->reason);
	printf("\n");
}

static void message_json(const struct torc_message *message, uint64_t number)
{
	char text[512];

	printf("{\"event\":\"message\",\"stream\":%llu", (unsigned long long)number);
	json_time("time", message->first_ns);
	json_time("last", message->last_ns);
	printf(",\"protocol\":");
	cli_print_json_string(stdout, message->protocol);
	printf(",\"side\":\"%s\",\"offset\":%llu,\"length\":%llu,\"body_length\":%llu,\"packets\":[",
	       sides[message->side], (unsigned long long)message->offset,
	       (unsigned long long)message->length, (unsigned long long)message->body_length);
	for (uint32_t i = 0; i < message->packet_count && i < TORC_MESSAGE_PACKETS; i++)
		printf("%s%llu", i ? "," : "", (unsigned long long)message->packets[i]);
	printf("],\"packet_count\":%u,\"fields\":{", message->packet_count);
	for (size_t i = 0, shown = 0; i < sizeof(message_fields) / sizeof(*message_fields); i++) {
		if (!field_text(message, message_fields[i], text, sizeof(text)))
			continue;
		printf("%s\"%s\":", shown++ ? "," : "", message_fields[i]);
		cli_print_json_string(stdout, text);
	}
	printf("}}\n");
}

void streams_print_message(const struct torc_message *message, uint64_t number, bool json)
{
	if (json)
		message_json(message, number);
	else
		message_text(message, number);
}

/* ---- the account ---- */

struct place {
	const char *text, *key;
	size_t at;
};

#define PLACE(text, key) { text, #key, offsetof(struct torc_streams_stats, key) }

/* In the order of the header. The first groups are told always, the rest when they are not 0. */
static const struct place connections[] = {
	PLACE("by FIN", closed_fin), PLACE("by RST", closed_rst), PLACE("idle", closed_idle),
	PLACE("reused", closed_reused), PLACE("evicted", closed_evicted),
	PLACE("at the end", closed_finish), PLACE("open", open),
};

static const struct place bytes[] = {
	PLACE("delivered", delivered), PLACE("twice", duplicate), PLACE("outside", outside),
	PLACE("waiting", waiting), PLACE("dropped", dropped),
};

static const struct place reasons[] = {
	PLACE("before the start", before_start), PLACE("out of window", window),
	PLACE("old timestamps", timestamps), PLACE("wrong checksums", checksum),
	PLACE("without ACK", no_ack), PLACE("in refused SYNs", refused_syn),
	PLACE("behind FIN", after_fin), PLACE("behind the end", after_close),
	PLACE("in RST", in_rst), PLACE("keep-alive", keep_alive), PLACE("urgent", urgent),
	PLACE("of no connection", no_stream), PLACE("without memory", memory),
	PLACE("reset", reset),
};

static const struct place others[] = {
	PLACE("", packets), PLACE("", segments), PLACE("", other), PLACE("", fragments),
	PLACE("", stray), PLACE("", late), PLACE("", payload), PLACE("", gaps),
	PLACE("", overlaps), PLACE("", overlaps_different), PLACE("", keep_alives),
	PLACE("", window_probes), PLACE("", resets_ignored), PLACE("", syns_ignored),
	PLACE("", resyncs),
	PLACE("", opened), PLACE("", lingering), PLACE("", memory_bytes),
};

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

static unsigned long long figure_at(const struct torc_streams_stats *stats,
				    const struct place *place)
{
	return *(const uint64_t *)(const void *)((const char *)stats + place->at);
}

static void print_sum(const struct torc_streams_stats *stats, const struct place *places,
		      size_t count, const char *sign)
{
	for (size_t i = 0; i < count; i++) {
		if (figure_at(stats, &places[i]) == 0 && i > 0)
			continue;
		fprintf(stderr, "%s%llu %s", sign, figure_at(stats, &places[i]), places[i].text);
		sign = " + ";
	}
}

static void account_text(const struct torc_streams_stats *stats)
{
	fprintf(stderr, "connections: %llu opened", (unsigned long long)stats->opened);
	print_sum(stats, connections, COUNT(connections), " = ");
	fprintf(stderr, "\npayload: %llu bytes", (unsigned long long)stats->payload);
	print_sum(stats, bytes, COUNT(bytes), " = ");
	fprintf(stderr, ": %s", stats->balanced ? "balanced" : "NOT balanced");
	for (size_t i = 0; i < COUNT(reasons); i++)
		if (figure_at(stats, &reasons[i]))
			fprintf(stderr, "; %llu %s", figure_at(stats, &reasons[i]), reasons[i].text);
	fprintf(stderr, "\nmissing: %llu bytes; overlaps: %llu, %llu of them different",
		(unsigned long long)stats->gaps, (unsigned long long)stats->overlaps,
		(unsigned long long)stats->overlaps_different);
	if (stats->fragments)
		fprintf(stderr, "; %llu fragments not looked at: --defrag joins them",
			(unsigned long long)stats->fragments);
	fprintf(stderr, "\n");
}

static void json_places(const struct torc_streams_stats *stats, const struct place *places,
			size_t count)
{
	for (size_t i = 0; i < count; i++)
		printf(",\"%s\":%llu", places[i].key, figure_at(stats, &places[i]));
}

void streams_print_account(const struct torc_streams *streams, bool json)
{
	struct torc_streams_stats stats = { .size = sizeof(stats) };

	if (torc_streams_stats(streams, &stats) < 0)
		return;
	if (!json) {
		account_text(&stats);
		return;
	}
	printf("{\"event\":\"account\",\"balanced\":%s", stats.balanced ? "true" : "false");
	json_places(&stats, others, COUNT(others));
	json_places(&stats, connections, COUNT(connections));
	json_places(&stats, bytes, COUNT(bytes));
	json_places(&stats, reasons, COUNT(reasons));
	printf("}\n");
}
