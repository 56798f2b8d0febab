/* SPDX-License-Identifier: BSD-3-Clause */
/* bridge.c - torc bridge: what comes in by one interface leaves by the other, both ways */
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <torc/filter.h>
#include <torc/send.h>

#include "change.h"
#include "commands.h"
#include "loop.h"
#include "notify.h"
#include "privileges.h"

enum { BATCH = 64, TICK_MS = 100 };

/* A blocked queue is to stop neither the other direction nor the command: the least that a timer can do. */
#define SEND_PATIENCE_US 1000
/* What a ring keeps that only sends, but has to look whether its interface is back. */
#define NOTHING "ether src 00:00:00:00:00:00 and ether dst 00:00:00:00:00:00 and ether proto 0x88b5"

struct settings {
	struct change_settings change;
	struct sandbox_settings sandbox;
	const char *filter;
	uint64_t packets;
	uint64_t for_ns;
	uint64_t buffer_bytes;
	int colour;
	bool one_way;
	bool blocks;
	bool no_promisc;
	bool no_loop_check;
	bool fail_on_loss;
	bool json;
	bool quiet;
};

#define AT(member) offsetof(struct settings, member)

static const struct cli_option what_options[] = {
	{ 'f', "filter", "FILTER", "forward only what matches, instead of the last words", cli_set_text,
	  AT(filter), NULL },
	{ 0, "one-way", NULL, "only from A to B", cli_set_flag, AT(one_way), NULL },
	{ 0, "blocks", NULL, "receive many at once: more packets a second, some milliseconds later",
	  cli_set_flag, AT(blocks), NULL },
	{ 0, "buffer", "SIZE", "memory for waiting packets of each interface: 64MiB", cli_set_size,
	  AT(buffer_bytes), NULL },
	{ 'p', "no-promiscuous-mode", NULL, "only what is addressed to this machine", cli_set_flag,
	  AT(no_promisc), NULL },
	{ 0, "no-loop-check", NULL, "send no frame of our own each second to find loops", cli_set_flag,
	  AT(no_loop_check), NULL },
	{ 0 },
};

static const struct cli_option end_options[] = {
	{ 'c', NULL, "N", "end after N packets were received", cli_set_positive, AT(packets), NULL },
	{ 0, "for", "TIME", "end after a time: 5s, 200ms, 1h", cli_set_duration, AT(for_ns), NULL },
	{ 0, "fail-on-loss", NULL, "exit with status 4 when packets were dropped or refused",
	  cli_set_flag, AT(fail_on_loss), NULL },
	{ 0 },
};

static const struct cli_option output_options[] = {
	{ 0, "json", NULL, "the account as JSON on standard output", cli_set_flag, AT(json), NULL },
	{ 0, "color", "WHEN", "auto, always, never; NO_COLOR is honoured", cli_set_choice,
	  AT(colour), "auto always never" },
	{ 'q', "quiet", NULL, "nothing but the account and troubles", cli_set_flag, AT(quiet), NULL },
	{ 0 },
};

static const struct cli_group groups[] = {
	{ "What", what_options, 0 },
	{ "Changes", change_options, offsetof(struct settings, change) },
	{ "End", end_options, 0 },
	{ "Output", output_options, 0 },
	{ "Privileges", sandbox_options, AT(sandbox) },
	{ NULL, NULL, 0 },
};

/* An interface, and the direction from it to the other. */
struct side {
	const char *name; /* as given, such as xdp:eth0 */
	char interface[IF_NAMESIZE];
	struct torc_ring *ring;
	struct torc_forwarder *forwarder; /* out of the other's; NULL: this direction is not forwarded */
	struct change *change;
	uint64_t filtered;
	uint64_t looped; /* refused since there is a loop */
	uint64_t probes; /* frames of our own that came back */
	uint64_t unchanged; /* no memory for --set */
	uint64_t probes_sent;
	bool away;
};

struct bridge {
	const struct settings *settings;
	struct side sides[2];
	struct torc_filter *filter;
	struct loop_check loop;
	uint32_t mtu;
	uint64_t received;
	uint64_t started_ns;
	uint64_t tick_ns;
	bool stopped;
	int status;
};

/* ---- the account ---- */

struct account {
	struct torc_stats ring;
	struct torc_forwarder_stats forward;
	uint64_t refused;
	bool balanced;
};

/* Read after the forwarder has done with a batch: what was received is then in one place. */
static struct account account_of(const struct side *side)
{
	struct account account = { .ring.size = sizeof(account.ring),
				   .forward.size = sizeof(account.forward) };
	const struct torc_forwarder_stats *forward = &account.forward;

	torc_ring_stats(side->ring, &account.ring);
	if (side->forwarder)
		torc_forwarder_stats(side->forwarder, &account.forward);
	account.refused = forward->too_long + forward->cut + forward->queue_full + forward->down +
			  forward->failed + side->looped + side->unchanged;
	account.balanced = account.ring.balanced &&
			   account.ring.received == forward->forwarded + side->filtered + account.refused +
							    side->probes;
	return account;
}

static void print_reason(const char *name, uint64_t value, const char **before)
{
	if (value == 0)
		return;
	printf("%s%s %s", *before, cli_figure(value).text, name);
	*before = ", ";
}

static void print_text(const struct side *side, const struct side *other)
{
	struct account account = account_of(side);
	const struct torc_forwarder_stats *forward = &account.forward;
	const char *before = "  refused: ";

	printf("%s -> %s: %s seen = %s forwarded + %s filtered + %s refused + %s dropped", side->name,
	       other->name, cli_figure(account.ring.kernel_seen).text,
	       cli_figure(forward->forwarded).text, cli_figure(side->filtered).text,
	       cli_figure(account.refused).text, cli_figure(account.ring.dropped).text);
	if (account.ring.discarded || account.ring.waiting)
		printf(" + %s not read",
		       cli_figure(account.ring.discarded + account.ring.waiting).text);
	if (side->probes)
		printf(" + %s of our own that came back", cli_figure(side->probes).text);
	printf(": %s\n", account.balanced ? "balanced" : "NOT balanced");
	print_reason("too long", forward->too_long, &before);
	print_reason("cut", forward->cut, &before);
	print_reason("the queue was full", forward->queue_full, &before);
	print_reason("the interface was down or away", forward->down, &before);
	print_reason("a loop", side->looped, &before);
	print_reason("failed", forward->failed + side->unchanged, &before);
	if (account.refused)
		printf("\n");
	if (forward->split || forward->finished)
		printf("  %s packets were split: %s frames left; %s checksums were computed\n",
		       cli_figure(forward->split).text, cli_figure(forward->frames).text,
		       cli_figure(forward->finished).text);
	if (forward->interface_dropped)
		printf("  %s dropped by %s of what it took\n",
		       cli_figure(forward->interface_dropped).text, other->name);
}

static void print_json(const struct side *side, const struct side *other)
{
	struct account account = account_of(side);
	const struct torc_forwarder_stats *forward = &account.forward;

	printf("{\"from\":");
	cli_print_json_string(stdout, side->name);
	printf(",\"to\":");
	cli_print_json_string(stdout, other->name);
	printf(",\"seen\":%s,\"dropped\":%s,\"not_read\":%s,\"received\":%s,\"forwarded\":%s,"
	       "\"filtered\":%s,\"own\":%s,",
	       cli_json_figure(account.ring.kernel_seen).text,
	       cli_json_figure(account.ring.dropped).text,
	       cli_json_figure(account.ring.discarded + account.ring.waiting).text,
	       cli_json_figure(account.ring.received).text, cli_json_figure(forward->forwarded).text,
	       cli_json_figure(side->filtered).text, cli_json_figure(side->probes).text);
	printf("\"refused\":{\"too_long\":%s,\"cut\":%s,\"queue_full\":%s,\"down\":%s,\"loop\":%s,"
	       "\"failed\":%s},",
	       cli_json_figure(forward->too_long).text, cli_json_figure(forward->cut).text,
	       cli_json_figure(forward->queue_full).text, cli_json_figure(forward->down).text,
	       cli_json_figure(side->looped).text,
	       cli_json_figure(forward->failed + side->unchanged).text);
	printf("\"frames\":%s,\"split\":%s,\"finished\":%s,\"probes_sent\":%s,"
	       "\"interface_dropped\":%s,\"balanced\":%s}",
	       cli_json_figure(forward->frames).text, cli_json_figure(forward->split).text,
	       cli_json_figure(forward->finished).text, cli_json_figure(other->probes_sent).text,
	       cli_json_figure(forward->interface_dropped).text, account.balanced ? "true" : "false");
}

static void print_account(const struct bridge *bridge)
{
	const struct side *a = &bridge->sides[0], *b = &bridge->sides[1];
	double seconds = (double)(cli_now_ns() - bridge->started_ns) / 1e9;

	if (bridge->settings->json) {
		printf("{\"summary\":true,\"seconds\":%.6f,\"loops\":%s,\"directions\":[", seconds,
		       cli_json_figure(bridge->loop.times).text);
		print_json(a, b);
		if (b->forwarder) {
			printf(",");
			print_json(b, a);
		}
		printf("]}\n");
	} else {
		print_text(a, b);
		if (b->forwarder)
			print_text(b, a);
	}
	cli_flush_stdout();
}

static void print_counts(const struct bridge *bridge)
{
	for (unsigned int i = 0; i < 2 && bridge->sides[i].forwarder; i++) {
		struct account account = account_of(&bridge->sides[i]);

		cli_complain("torc: %s -> %s: %s received, %s forwarded, %s filtered, %s refused, "
			     "%s dropped", bridge->sides[i].name, bridge->sides[1 - i].name,
			     cli_figure(account.ring.received).text,
			     cli_figure(account.forward.forwarded).text,
			     cli_figure(bridge->sides[i].filtered).text,
			     cli_figure(account.refused).text, cli_figure(account.ring.dropped).text);
	}
}

static bool lost(const struct bridge *bridge)
{
	for (unsigned int i = 0; i < 2 && bridge->sides[i].forwarder; i++) {
		struct account account = account_of(&bridge->sides[i]);

		if (account.refused || account.ring.dropped)
			return true;
	}
	return false;
}

/* ---- forwarding ---- */

static void wake(void *object, unsigned int signal)
{
	struct bridge *bridge = object;

	(void)signal;
	for (unsigned int i = 0; i < 2; i++)
		if (bridge->sides[i].ring)
			torc_ring_stop(bridge->sides[i].ring);
}

static void take_signals(struct bridge *bridge)
{
	unsigned int signals = 0;

	while (cli_signals_pending()) {
		signals |= cli_signals_take();
		for (unsigned int i = 0; i < 2; i++)
			torc_ring_resume(bridge->sides[i].ring);
	}
	if (signals & CLI_SIGNAL_STOP)
		bridge->stopped = true;
	if (signals & CLI_SIGNAL_REPORT)
		print_counts(bridge);
}

/* The packets that are to go on: neither ours, nor refused by a loop or the filter. */
static unsigned int choose(struct bridge *bridge, struct side *side, struct torc_packet *packets,
			   unsigned int count)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < count; i++) {
		const struct torc_packet *packet = &packets[i];

		if (loop_is_ours(&bridge->loop, packet)) {
			side->probes++;
			loop_found(&bridge->loop, packet, side->name);
		} else if (bridge->filter && !torc_filter_matches(bridge->filter, packet->data,
								  packet->caplen, packet->len)) {
			side->filtered++;
		} else if (bridge->loop.looped) {
			side->looped++;
		} else {
			packets[kept++] = *packet;
		}
	}
	return kept;
}

static void pass_on(struct side *side, struct torc_packet *packets, unsigned int count)
{
	unsigned int before = count;

	if (side->change && count > 0)
		packets = change_packets(side->change, packets, &count);
	if (packets)
		torc_forwarder_send(side->forwarder, packets, count);
	else
		side->unchanged += before;
}

/* How many were at hand. */
static unsigned int serve(struct bridge *bridge, struct side *side)
{
	uint64_t limit = bridge->settings->packets;
	unsigned int max = BATCH;
	struct torc_packet packets[BATCH];
	int count;

	if (limit && limit - bridge->received < max)
		max = (unsigned int)(limit - bridge->received);
	if (max == 0)
		return 0;
	count = torc_ring_next_batch(side->ring, packets, max);
	if (count == -ENETDOWN || count == -ENODEV) {
		side->away = true;
		cli_complain("torc: %s; the bridge goes on when it is back", torc_ring_error(side->ring));
	} else if (count < 0 && count != -EINTR) {
		bridge->status = cli_fail(count, torc_ring_error(side->ring));
	}
	if (count <= 0 || !side->forwarder)
		return 0;
	bridge->received += (unsigned int)count;
	pass_on(side, packets, choose(bridge, side, packets, (unsigned int)count));
	return (unsigned int)count;
}

/* A socket of a ring whose interface was made again is another one. */
static void set_patience(struct torc_ring *ring)
{
	struct timeval patience = { .tv_usec = SEND_PATIENCE_US };
	int fd = torc_ring_socket(ring);

	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
}

static bool is_up(const char *name)
{
	struct ifreq request = { 0 };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0); /* any kind will do */
	bool up;

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	up = fd >= 0 && ioctl(fd, SIOCGIFFLAGS, &request) == 0 && (request.ifr_flags & IFF_UP);
	if (fd >= 0)
		close(fd);
	return up;
}

/* Once a second. */
static void look_around(struct bridge *bridge, uint64_t now_ns)
{
	for (unsigned int i = 0; i < 2; i++) {
		struct side *side = &bridge->sides[i], *other = &bridge->sides[1 - i];
		bool there = is_up(side->interface);

		if (side->away && there) {
			side->away = false;
			set_patience(side->ring);
			cli_complain("torc: %s is back", side->name);
		}
		if (there && other->forwarder && !bridge->settings->no_loop_check &&
		    loop_probe(&bridge->loop, side->ring, i))
			side->probes_sent++;
	}
	loop_look(&bridge->loop, now_ns);
}

static void forward(struct bridge *bridge)
{
	struct pollfd fds[2];

	for (unsigned int i = 0; i < 2; i++)
		fds[i] = (struct pollfd){ .fd = torc_ring_fd(bridge->sides[i].ring), .events = POLLIN };
	while (!bridge->stopped && bridge->status == CLI_GOOD) {
		unsigned int served = serve(bridge, &bridge->sides[0]) +
				      serve(bridge, &bridge->sides[1]);
		uint64_t now_ns = cli_now_ns();

		take_signals(bridge);
		notify_alive();
		if (bridge->settings->packets && bridge->received >= bridge->settings->packets)
			return;
		if (now_ns >= bridge->tick_ns) {
			bridge->tick_ns = now_ns + LOOP_PROBE_NS;
			look_around(bridge, now_ns);
		}
		if (served == 0)
			poll(fds, 2, TICK_MS);
	}
}

/* ---- the command ---- */

static int open_ring(const struct settings *settings, struct side *side, bool reads)
{
	struct torc_ring_options options = {
		.size = sizeof(options),
		.flags = (settings->no_promisc ? 0 : TORC_PROMISC) |
			 (settings->blocks ? 0 : TORC_IMMEDIATE),
		.buffer_bytes = settings->buffer_bytes,
	};
	struct torc_ring_info info = { .size = sizeof(info) };
	struct torc_error error = { 0 };
	int code = torc_ring_open_with(&side->ring, side->name, &options, &error);

	if (code < 0)
		return cli_fail(code, error.text);
	torc_ring_info(side->ring, &info);
	if (info.interface_count != 1 || info.is_file || info.ifindex == 0 || info.loopback) {
		cli_complain("torc bridge: %s: %s", side->name,
			     info.loopback ? "what leaves on the loopback comes in again, for ever" :
					     "a bridge is between two interfaces, each with a name");
		return CLI_USAGE;
	}
	snprintf(side->interface, sizeof(side->interface), "%s", info.interface_name);
	code = torc_ring_set_direction(side->ring, TORC_RX_ONLY);
	if (code >= 0 && !reads)
		code = torc_ring_set_filter(side->ring, NOTHING);
	if (code >= 0)
		code = torc_ring_set_poll_duration(side->ring, 0);
	return code < 0 ? cli_fail(code, torc_ring_error(side->ring)) : CLI_GOOD;
}

static int open_direction(struct bridge *bridge, unsigned int from)
{
	struct side *side = &bridge->sides[from];
	struct torc_ring_info info = { .size = sizeof(info) };
	struct torc_forwarder_options options = { .size = sizeof(options) };
	struct torc_error error = { 0 };
	int status = change_open(&bridge->settings->change, &side->change), code;

	if (status != CLI_GOOD)
		return status;
	torc_ring_info(side->ring, &info);
	options.source_mtu = info.mtu;
	options.mtu = bridge->mtu;
	code = torc_forwarder_open(&side->forwarder, bridge->sides[1 - from].ring, &options, &error);
	return code < 0 ? cli_fail(code, error.text) : CLI_GOOD;
}

static int compile(struct bridge *bridge, char **words)
{
	struct torc_error error = { 0 };
	char *text = bridge->settings->filter ? strdup(bridge->settings->filter) :
		     *words		      ? cli_join(words, ' ') : NULL;
	int code = 0;

	if (bridge->settings->filter && *words) {
		cli_complain("torc: two filters: give one of -f and the last words");
		free(text);
		return CLI_USAGE;
	}
	if (!text && (bridge->settings->filter || *words))
		code = -ENOMEM;
	else if (text)
		code = torc_filter_compile(&bridge->filter, text, TORC_LINK_ETHERNET, 0, &error);
	free(text);
	return code < 0 ? cli_fail(code, error.text) : CLI_GOOD;
}

static int open_bridge(struct bridge *bridge, char **words)
{
	const struct settings *settings = bridge->settings;
	int status;

	if (!words[0] || !words[1]) {
		cli_complain("torc bridge: two interfaces are needed: torc bridge A B [FILTER]");
		return CLI_USAGE;
	}
	if (strcmp(words[0], words[1]) == 0) {
		cli_complain("torc bridge: %s and %s are the same: what comes in would leave where it "
			     "came from", words[0], words[1]);
		return CLI_USAGE;
	}
	bridge->sides[0].name = words[0];
	bridge->sides[1].name = words[1];
	status = compile(bridge, words + 2);
	for (unsigned int i = 0; i < 2 && status == CLI_GOOD; i++)
		status = open_ring(settings, &bridge->sides[i], i == 0 || !settings->one_way);
	for (unsigned int i = 0; i < (settings->one_way ? 1 : 2) && status == CLI_GOOD; i++)
		status = open_direction(bridge, i);
	for (unsigned int i = 0; i < 2 && status == CLI_GOOD; i++) {
		int code = torc_ring_enable(bridge->sides[i].ring);

		set_patience(bridge->sides[i].ring);
		if (code < 0)
			status = cli_fail(code, torc_ring_error(bridge->sides[i].ring));
	}
	return status;
}

static void close_bridge(struct bridge *bridge)
{
	for (unsigned int i = 0; i < 2; i++) {
		torc_forwarder_close(bridge->sides[i].forwarder);
		change_close(bridge->sides[i].change);
	}
	for (unsigned int i = 0; i < 2; i++)
		torc_ring_close(bridge->sides[i].ring);
	torc_filter_free(bridge->filter);
}

static int run(void *data, char **words)
{
	struct settings *settings = data;
	struct bridge bridge = { .settings = settings };

	cli_set_colour(settings->colour);
	bridge.mtu = (uint32_t)settings->change.mtu;
	settings->change.mtu = 0; /* it is the forwarder who splits, whose account is of packets */
	bridge.status = open_bridge(&bridge, words);
	loop_begin(&bridge.loop, bridge.sides[0].name, bridge.sides[1].name);
	if (bridge.status == CLI_GOOD)
		bridge.status = privileges_confine(&settings->sandbox,
						   &(struct privileges){ .roles = TORC_CONFINE_SEND });
	if (bridge.status == CLI_GOOD) {
		for (unsigned int i = 0; i < 2; i++) /* published with what is in force now */
			torc_ring_set_application_name(bridge.sides[i].ring, "torc bridge");
		cli_signals_catch(wake, &bridge);
		bridge.started_ns = cli_now_ns();
		if (settings->for_ns)
			cli_stop_after(settings->for_ns);
		notify_ready();
		if (!settings->quiet)
			cli_complain("listening on %s, forwarding %s %s", bridge.sides[0].name,
				     settings->one_way ? "to" : "to and from", bridge.sides[1].name);
		forward(&bridge);
		notify_stopping();
		for (unsigned int i = 0; i < 2; i++)
			torc_ring_disable(bridge.sides[i].ring);
		print_account(&bridge);
		for (unsigned int i = 0; i < 2; i++)
			if (bridge.sides[i].change)
				change_report(bridge.sides[i].change);
		if (bridge.status == CLI_GOOD && settings->fail_on_loss && lost(&bridge))
			bridge.status = CLI_LOSS;
		cli_signals_catch(NULL, NULL);
	}
	close_bridge(&bridge);
	return bridge.status;
}

const struct cli_command command_bridge = {
	.name = "bridge",
	.words = "A B [FILTER]",
	.summary = "forward packets between two interfaces",
	.about = "What comes in by one of two interfaces leaves by the other, both ways, as on a cable with\n"
		 "a filter in it; at the end the account of both directions.",
	.groups = groups,
	.settings_size = sizeof(struct settings),
	.run = run,
};
