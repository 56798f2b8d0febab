/* SPDX-License-Identifier: BSD-3-Clause */
/* send.c - torc send: packets of files, or made up, onto an interface, paced or at top speed */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <torc/build.h>
#include <torc/file.h>
#include <torc/filter.h>
#include <torc/send.h>

#include "change.h"
#include "commands.h"
#include "privileges.h"

enum { BATCH = 1024, PATIENCE_NS = 20000000, FRAME_MAX = 65535 };

struct sizes {
	uint32_t lengths[TORC_MAKE_LENGTHS_MAX];
	unsigned int count;
};

struct settings {
	const char *device;
	struct cli_list inputs;
	const char *make; /* one packet, described */
	struct change_settings change;
	struct sandbox_settings sandbox;
	uint64_t packets;
	uint64_t for_ns;
	uint64_t packets_per_second;
	uint64_t bits_per_second;
	double speed;
	uint64_t loops; /* passes over the files; 0 with endless */
	uint64_t flows;
	uint64_t vlan;
	struct sizes sizes;
	uint8_t source_mac[6];
	uint8_t destination_mac[6];
	int protocol;
	int way; /* 1 + the place in WAYS; 0: chosen */
	int colour;
	bool top_speed;
	bool even;
	bool endless;
	bool ipv6;
	bool json;
	bool quiet;
};

/* ---- options ---- */

#define WAYS "live_frames af_xdp tx_ring send"

static const char *set_sizes(const struct cli_option *option, void *field, const char *text)
{
	struct sizes *sizes = field;
	char *end;

	(void)option;
	for (sizes->count = 0; sizes->count < TORC_MAKE_LENGTHS_MAX; text = end + 1) {
		unsigned long length = strtoul(text, &end, 10);

		if (!isdigit((unsigned char)*text) || length == 0 || length > 9216)
			break;
		sizes->lengths[sizes->count++] = (uint32_t)length;
		if (*end == 0)
			return NULL;
		if (*end != ',')
			break;
	}
	return "lengths of frames in bytes, such as 64,1500";
}

static const char *set_speed(const struct cli_option *option, void *field, const char *text)
{
	char *end;
	double speed = strtod(text, &end);

	(void)option;
	if (!isdigit((unsigned char)*text) || !(speed > 0) || speed > 1e6 || strcmp(end, "x") != 0)
		return "a factor such as 1x, 0.5x or 10x";
	*(double *)field = speed;
	return NULL;
}

static const char *set_loops(const struct cli_option *option, void *field, const char *text)
{
	struct settings *settings = field;
	const char *expected = cli_set_number(option, &settings->loops, text);

	settings->endless = !expected && settings->loops == 0;
	return expected;
}

static const char *set_vlan(const struct cli_option *option, void *field, const char *text)
{
	if (cli_set_positive(option, field, text) || *(uint64_t *)field > 4094)
		return "a VLAN id from 1 to 4094";
	return NULL;
}

static const char *set_flows(const struct cli_option *option, void *field, const char *text)
{
	if (cli_set_positive(option, field, text) || *(uint64_t *)field > UINT32_MAX)
		return "1 to 4294967295 flows";
	return NULL;
}

static const char *set_mac(const struct cli_option *option, void *field, const char *text)
{
	uint8_t *mac = field;
	int length = 0;

	(void)option;
	if (sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%n", &mac[0], &mac[1], &mac[2],
		   &mac[3], &mac[4], &mac[5], &length) == 6 && text[length] == 0)
		return NULL;
	return "an address such as 02:00:00:00:00:01";
}

static const char *set_way(const struct cli_option *option, void *field, const char *text)
{
	int place;
	const char *expected = cli_set_choice(option, &place, text);

	if (!expected)
		*(int *)field = 1 + place;
	return expected;
}

#define AT(member) offsetof(struct settings, member)

static const struct cli_option what_options[] = {
	{ 'i', "interface", "DEVICE", "where the packets leave", cli_set_text, AT(device), NULL },
	{ 'r', "read", "FILE", "send the packets of a file; several follow each other",
	  cli_set_list, AT(inputs), NULL },
	{ 0, "loop", "N", "send the files N times, 0: again and again", set_loops, 0, NULL },
	{ 'c', NULL, "N", "end after N packets", cli_set_positive, AT(packets), NULL },
	{ 0, "for", "TIME", "end after a time: 5s, 200ms, 1h", cli_set_duration, AT(for_ns), NULL },
	{ 0 },
};

static const struct cli_option make_options[] = {
	{ 0, "make", "PACKET", "this one: 'Ethernet(dst=...)/IPv4(dst=10.0.0.1)/UDP(dst_port=9)'",
	  cli_set_text, AT(make), NULL },
	{ 0, "flows", "N", "so many flows, in turn (default: 1)", set_flows, AT(flows), NULL },
	{ 0, "size", "LIST", "bytes of the frames, in turn: 64,1500 (default: 64; IPv6 86)", set_sizes,
	  AT(sizes), NULL },
	{ 0, "protocol", "NAME", "udp, tcp or icmp (default: udp)", cli_set_choice, AT(protocol),
	  "udp tcp icmp" },
	{ 0, "vlan", "ID", "with a VLAN tag", set_vlan, AT(vlan), NULL },
	{ 0, "ipv6", NULL, "IPv6 instead of IPv4", cli_set_flag, AT(ipv6), NULL },
	{ 0, "source-mac", "MAC", "sender's address (default: 02:00:00:00:00:01)", set_mac,
	  AT(source_mac), NULL },
	{ 0, "destination-mac", "MAC", "receiver's address (default: 02:00:00:00:00:02)", set_mac,
	  AT(destination_mac), NULL },
	{ 0 },
};

static const struct cli_option rate_options[] = {
	{ 0, "speed", "FACTOR", "as captured times a factor: 2x (files: 1x is the default)",
	  set_speed, AT(speed), NULL },
	{ 0, "pps", "N", "packets a second", cli_set_positive, AT(packets_per_second), NULL },
	{ 0, "rate", "BITRATE", "bits a second: 2.5gbit", cli_set_bitrate, AT(bits_per_second),
	  NULL },
	{ 0, "topspeed", NULL, "as fast as it goes (made packets: the default)", cli_set_flag,
	  AT(top_speed), NULL },
	{ 0, "even", NULL, "keep distances to the microsecond; costs a processor", cli_set_flag,
	  AT(even), NULL },
	{ 0, "way", "NAME", "live_frames, af_xdp, tx_ring or send (default: the fastest)",
	  set_way, AT(way), WAYS },
	{ 0 },
};

static const struct cli_option output_options[] = {
	{ 0, "json", NULL, "JSON Lines on standard output", cli_set_flag, AT(json), NULL },
	{ 0, "color", "WHEN", "auto, always, never; NO_COLOR is honoured", cli_set_choice,
	  AT(colour), "auto always never" },
	{ 'q', "quiet", NULL, "nothing but what was sent", cli_set_flag, AT(quiet), NULL },
	{ 0 },
};

static const struct cli_group groups[] = {
	{ "What", what_options, 0 },
	{ "Made packets (without -r)", make_options, 0 },
	{ "Changes", change_options, offsetof(struct settings, change) },
	{ "How fast", rate_options, 0 },
	{ "Output", output_options, 0 },
	{ "Privileges", sandbox_options, AT(sandbox) },
	{ NULL, NULL, 0 },
};

/* ---- sending ---- */

struct send {
	const struct settings *settings;
	struct torc_sender *sender;
	struct torc_filter *filter; /* of the packets of files; NULL: all */
	struct change *change; /* NULL: packets stay as they are */
	struct torc_packet described; /* by --make */
	uint64_t given;     /* packets handed to the sender */
	uint64_t next_tick_ns;
	uint64_t started_ns;
	bool stopped;
	int status;
};

static void wake(void *object, unsigned int signal)
{
	struct send *send = object;

	if (signal & CLI_SIGNAL_STOP)
		torc_sender_stop(send->sender);
}

static void print_progress(struct send *send, const char *begin, const char *end)
{
	struct torc_sender_stats stats = { .size = sizeof(stats) };
	double seconds = (double)(cli_now_ns() - send->started_ns) / 1e9;

	torc_sender_stats(send->sender, &stats);
	fprintf(stderr, "%s%s packets, %sB sent, %spps, %s errors%s", begin,
		cli_figure(stats.sent).text, cli_human((double)stats.sent_bytes).text,
		cli_human(seconds > 0 ? (double)stats.sent / seconds : 0).text,
		cli_figure(stats.errors).text, end);
}

static void look_around(struct send *send)
{
	unsigned int signals = cli_signals_pending() ? cli_signals_take() : 0;
	uint64_t now_ns;

	if (signals & CLI_SIGNAL_STOP)
		send->stopped = true;
	if (signals & CLI_SIGNAL_REPORT)
		print_progress(send, "torc: ", "\n");
	if (send->settings->quiet || !isatty(STDERR_FILENO))
		return;
	now_ns = cli_now_ns();
	if (now_ns >= send->next_tick_ns) {
		send->next_tick_ns = now_ns + 1000000000u;
		print_progress(send, "\r\033[K", "\r");
	}
}

static bool over(const struct send *send)
{
	return send->stopped || send->status != CLI_GOOD ||
	       (send->settings->packets && send->given >= send->settings->packets);
}

/* How many of the packets to hand over at once, so that this command stays awake. */
static unsigned int portion(const struct send *send, const struct torc_packet *packets,
			    unsigned int count)
{
	const struct settings *settings = send->settings;
	uint64_t left = settings->packets ? settings->packets - send->given : UINT64_MAX;
	double per_second = (double)settings->packets_per_second, most = count;

	if (left < count)
		count = (unsigned int)left;
	if (settings->bits_per_second)
		per_second = (double)settings->bits_per_second / 8 / (packets[0].caplen + 1);
	if (per_second > 0)
		most = per_second * PATIENCE_NS / 1e9;
	if (settings->speed > 0)
		for (most = 1; most < count; most++)
			if (packets[(unsigned int)most].timestamp_ns >
			    packets[0].timestamp_ns + (uint64_t)(PATIENCE_NS * settings->speed))
				break;
	return most < 1 ? 1 : most < count ? (unsigned int)most : count;
}

static void give(struct send *send, struct torc_packet *packets, unsigned int count)
{
	if (send->change)
		packets = change_packets(send->change, packets, &count);
	if (!packets) {
		send->status = CLI_FAILED;
		return;
	}
	while (count > 0 && !over(send)) {
		unsigned int some = portion(send, packets, count);
		int done = torc_sender_send(send->sender, packets, some);

		if (done < 0) {
			send->status = cli_fail(done, done == -ENETDOWN || done == -ENODEV
							      ? "the interface went down or away"
							      : NULL);
			return;
		}
		send->given += (unsigned int)done;
		packets += some;
		count -= some;
		look_around(send);
	}
}

/* ---- from files ---- */

static unsigned int select_packets(const struct torc_filter *filter, struct torc_packet *packets,
				   unsigned int count)
{
	unsigned int kept = 0;

	if (!filter)
		return count;
	for (unsigned int i = 0; i < count; i++)
		if (torc_filter_matches(filter, packets[i].data, packets[i].caplen, packets[i].len))
			packets[kept++] = packets[i];
	return kept;
}

static int send_open_file(struct send *send, struct torc_file *file, const char *path)
{
	struct torc_packet packets[BATCH];
	int count;

	while (!over(send)) {
		count = torc_file_next_batch(file, packets, BATCH);
		if (count == -EINTR) {
			look_around(send);
			continue;
		}
		if (count < 0)
			return send->status = cli_fail(count, torc_file_error(file));
		if (count == 0)
			break;
		if (packets[0].link_type != TORC_LINK_ETHERNET) {
			cli_complain("torc send: %s has packets of link type %u: only Ethernet (1) "
				     "can be sent", path, packets[0].link_type);
			return send->status = CLI_FAILED;
		}
		give(send, packets, select_packets(send->filter, packets, (unsigned int)count));
	}
	return send->status;
}

static int send_file(struct send *send, const char *path)
{
	struct torc_error error = { 0 };
	struct torc_file *file;
	int code = torc_file_open(&file, path, NULL, &error);

	if (code < 0)
		return send->status = cli_fail(code, error.text);
	send_open_file(send, file, path);
	torc_file_close(file);
	return send->status;
}

static void send_files(struct send *send)
{
	const struct settings *settings = send->settings;
	uint64_t loops = settings->loops ? settings->loops : 1;

	for (uint64_t pass = 0; (settings->endless || pass < loops) && !over(send); pass++) {
		uint64_t before = send->given;

		for (size_t i = 0; i < settings->inputs.count && !over(send); i++) {
			torc_sender_rewind(send->sender);
			send_file(send, settings->inputs.items[i]);
		}
		if (send->given == before)
			break; /* nothing in them: no reason to try for ever */
	}
}

/* ---- made up ---- */

static void send_made(struct send *send)
{
	const struct settings *settings = send->settings;
	/* The smallest of Ethernet, or what VLAN, IPv6, TCP and a number need. */
	const uint32_t default_length = settings->ipv6 ? 86 : 64;
	struct torc_maker_options options = {
		.size = sizeof(options),
		.flows = (uint32_t)settings->flows,
		.lengths = settings->sizes.count ? settings->sizes.lengths : &default_length,
		.length_count = settings->sizes.count ? settings->sizes.count : 1,
		.protocol = (enum torc_make_protocol)settings->protocol,
		.vlan = (uint16_t)settings->vlan,
		.ipv6 = settings->ipv6,
	};
	struct torc_packet packets[BATCH];
	struct torc_error error = { 0 };
	struct torc_maker *maker;
	int code;

	memcpy(options.source_mac, settings->source_mac, sizeof(options.source_mac));
	memcpy(options.destination_mac, settings->destination_mac,
	       sizeof(options.destination_mac));
	code = torc_maker_open(&maker, &options, &error);
	if (code < 0) {
		send->status = cli_fail(code, error.text);
		return;
	}
	while (!over(send)) {
		unsigned int count = torc_maker_batch(maker, packets, BATCH);

		if (count == 0) {
			send->status = cli_fail(-ENOMEM, NULL);
			break;
		}
		give(send, packets, count);
	}
	torc_maker_close(maker);
}

/* The packet of --make, into a buffer that is good as long as the command. */
static int describe(struct send *send)
{
	static uint8_t frame[FRAME_MAX];
	struct torc_builder builder;
	struct torc_error error = { 0 };

	torc_build_begin(&builder, TORC_LINK_ETHERNET, frame, sizeof(frame));
	if (torc_build_text(&builder, send->settings->make, &error) < 0) {
		cli_complain("torc send: --make: %s", error.text);
		return CLI_USAGE;
	}
	torc_build_finish(&builder, &send->described);
	if (builder.decoded.layers[0].type == TORC_LAYER_ETHERNET)
		return CLI_GOOD;
	cli_complain("torc send: --make: the packet must begin with Ethernet, not with %s",
		     torc_layer_name(builder.decoded.layers[0].type));
	return CLI_USAGE;
}

static void send_described(struct send *send)
{
	struct torc_packet packets[BATCH];

	while (!over(send)) {
		for (unsigned int i = 0; i < BATCH; i++)
			packets[i] = send->described;
		give(send, packets, BATCH);
	}
}

/* ---- the account ---- */

static void print_json(const struct torc_sender_info *info, const struct torc_sender_stats *stats,
		       double seconds)
{
	printf("{\"summary\":true,\"device\":");
	cli_print_json_string(stdout, info->interface_name);
	printf(",\"way\":\"%s\",\"way_detail\":", info->way);
	cli_print_json_string(stdout, info->detail);
	printf(",\"visible\":%s,\"refusal\":", info->visible ? "true" : "false");
	cli_print_json_string(stdout, info->refusal);
	printf(",\"seconds\":%.6f,\"sent\":%s,\"bytes\":%s,\"errors\":%s,\"interface_dropped\":%s,"
	       "\"packets_per_second\":%.1f,\"bits_per_second\":%.1f}\n",
	       seconds, cli_json_figure(stats->sent).text, cli_json_figure(stats->sent_bytes).text,
	       cli_json_figure(stats->errors).text,
	       cli_json_figure(stats->interface_dropped).text,
	       seconds > 0 ? (double)stats->sent / seconds : 0,
	       seconds > 0 ? (double)stats->sent_bytes * 8 / seconds : 0);
}

static void print_text(const struct torc_sender_info *info, const struct torc_sender_stats *stats,
		       double seconds)
{
	printf("%s packets %s bytes sent on %s by %s in %.3f s", cli_figure(stats->sent).text,
	       cli_figure(stats->sent_bytes).text, info->interface_name, info->way, seconds);
	if (seconds > 0)
		printf(", %spps, %sbit/s", cli_human((double)stats->sent / seconds).text,
		       cli_human((double)stats->sent_bytes * 8 / seconds).text);
	printf("; %s refused, %s dropped by the interface\n", cli_figure(stats->errors).text,
	       cli_figure(stats->interface_dropped).text);
}

static bool at_top_speed(const struct settings *settings)
{
	return !settings->packets_per_second && !settings->bits_per_second &&
	       !(settings->speed > 0);
}

/* Before the first packet: who looks for them with tcpdump would not find them. */
static void tell_invisible(const struct send *send)
{
	struct torc_sender_info info = { .size = sizeof(info) };

	torc_sender_info(send->sender, &info);
	if (!info.visible && !send->settings->quiet && !send->settings->json)
		cli_complain("torc: sending by %s, which a tcpdump on %s does not see "
			     "(--way tx_ring is seen)", info.way, info.interface_name);
}

static void finish(struct send *send)
{
	struct torc_sender_stats stats = { .size = sizeof(stats) };
	struct torc_sender_info info = { .size = sizeof(info) };
	double seconds;

	torc_sender_flush(send->sender);
	torc_sender_stats(send->sender, &stats);
	torc_sender_info(send->sender, &info);
	seconds = (double)stats.elapsed_ns / 1e9;
	if (!send->settings->quiet && isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
	if (send->settings->json)
		print_json(&info, &stats, seconds);
	else
		print_text(&info, &stats, seconds);
	if (!send->settings->json && !send->settings->quiet && at_top_speed(send->settings) &&
	    info.detail[0])
		cli_complain("torc: %s", info.detail); /* why it was not faster */
	if (!send->settings->json && stats.errors > 0 && info.refusal[0])
		cli_complain("torc: refused: %s", info.refusal);
	if (stats.errors > 0 && send->status == CLI_GOOD)
		send->status = CLI_FAILED;
}

/* ---- the command ---- */

static int check(const struct settings *settings, char **words)
{
	int limits = settings->top_speed + (settings->packets_per_second > 0) +
		     (settings->bits_per_second > 0) + (settings->speed > 0);
	bool files = settings->inputs.count > 0;
	static const uint8_t no_mac[6];
	const char *wrong = NULL;

	if (!settings->device)
		wrong = "-i is missing: where are the packets to leave?";
	else if (limits > 1)
		wrong = "--speed, --pps, --rate and --topspeed exclude each other";
	else if (!files && !settings->packets && !settings->for_ns)
		wrong = "made packets have no end: -c or --for is missing";
	else if (!files && (settings->speed > 0 || settings->loops || settings->endless || *words))
		wrong = "--speed, --loop and a filter are about files: -r is missing";
	else if (files && (settings->flows || settings->sizes.count || settings->vlan ||
			   settings->ipv6 || settings->protocol))
		wrong = "--flows, --size, --protocol, --vlan and --ipv6 exclude -r";
	else if (settings->make &&
		 (files || settings->flows || settings->sizes.count || settings->vlan ||
		  settings->ipv6 || settings->protocol ||
		  memcmp(settings->source_mac, no_mac, 6) != 0 ||
		  memcmp(settings->destination_mac, no_mac, 6) != 0))
		wrong = "--make says all of the packet: it excludes -r and the other options of made "
			"packets";
	if (!wrong)
		return CLI_GOOD;
	cli_complain("torc send: %s", wrong);
	return CLI_USAGE;
}

static int open_sender(struct send *send)
{
	const struct settings *settings = send->settings;
	struct torc_sender_options options = {
		.size = sizeof(options),
		.packets_per_second = (double)settings->packets_per_second,
		.bits_per_second = (double)settings->bits_per_second,
		.speed = settings->speed,
		.even = settings->even,
	};
	struct cli_figure way = cli_choice(WAYS, (unsigned int)settings->way - 1);
	struct torc_error error = { 0 };
	int code;

	if (settings->way)
		options.way = way.text;
	code = torc_sender_open(&send->sender, settings->device, &options, &error);
	return code < 0 ? cli_fail(code, error.text) : CLI_GOOD;
}

static int compile_filter(struct send *send, char **words)
{
	struct torc_error error = { 0 };
	char *text = *words ? cli_join(words, ' ') : NULL;
	int code = 0;

	if (*words && !text)
		code = -ENOMEM;
	else if (text)
		code = torc_filter_compile(&send->filter, text, TORC_LINK_ETHERNET, 0, &error);
	free(text);
	return code < 0 ? cli_fail(code, error.text) : CLI_GOOD;
}

static int run(void *data, char **words)
{
	struct settings *settings = data;
	struct send send = { .settings = settings };
	int status = check(settings, words);

	if (status != CLI_GOOD)
		return status;
	cli_set_colour(settings->colour);
	if (settings->inputs.count && !settings->top_speed && at_top_speed(settings))
		settings->speed = 1;
	status = change_open(&settings->change, &send.change);
	if (status == CLI_GOOD)
		status = compile_filter(&send, words);
	if (status == CLI_GOOD && settings->make)
		status = describe(&send);
	if (status == CLI_GOOD)
		status = open_sender(&send);
	if (status == CLI_GOOD) {
		/* the sender is open; files are opened one after the other, in each pass */
		status = privileges_confine(&settings->sandbox, &(struct privileges){
			.roles = TORC_CONFINE_SEND,
			.read_paths = settings->inputs.items,
		});
		if (status != CLI_GOOD)
			torc_sender_close(send.sender);
	}
	if (status == CLI_GOOD) {
		tell_invisible(&send);
		cli_signals_catch(wake, &send);
		send.started_ns = cli_now_ns();
		if (settings->for_ns)
			cli_stop_after(settings->for_ns);
		if (settings->inputs.count)
			send_files(&send);
		else if (settings->make)
			send_described(&send);
		else
			send_made(&send);
		finish(&send);
		cli_signals_catch(NULL, NULL);
		torc_sender_close(send.sender);
		status = send.status;
		if (send.change)
			change_report(send.change);
	}
	change_close(send.change);
	torc_filter_free(send.filter);
	return status;
}

const struct cli_command command_send = {
	.name = "send",
	.words = "[FILTER]",
	.summary = "send the packets of a file, or made ones",
	.about = "Sends the packets of capture files, or packets that it makes, on an interface: as they\n"
		 "were captured, at a rate, or as fast as it goes.",
	.groups = groups,
	.settings_size = sizeof(struct settings),
	.run = run,
};
