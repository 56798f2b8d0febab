/* SPDX-License-Identifier: BSD-3-Clause */
/* capture.c - the options of a capture, and rings that are set as they say */
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include <torc/cluster.h>

#include "aside.h"
#include "capture.h"
#include "helper.h"

static const char *set_kib(const struct cli_option *option, void *field, const char *text)
{
	const char *expected = cli_set_positive(option, field, text);

	if (expected || *(uint64_t *)field > UINT64_MAX / 1024)
		return "a number of KiB";
	*(uint64_t *)field *= 1024;
	return NULL;
}

static const char *set_snaplen(const struct cli_option *option, void *field, const char *text)
{
	if (cli_set_number(option, field, text) || *(uint64_t *)field > TORC_SNAPLEN_MAX)
		return "0 to 262144 bytes";
	return NULL;
}

static const char *set_rate(const struct cli_option *option, void *field, const char *text)
{
	if (cli_set_positive(option, field, text) || *(uint64_t *)field > UINT32_MAX)
		return "1 to 4294967295 packets";
	return NULL;
}

static const char *set_direction(const struct cli_option *option, void *field, const char *text)
{
	static const int directions[] = { TORC_RX_ONLY, TORC_TX_ONLY, TORC_RX_AND_TX };
	int place;
	const char *expected = cli_set_choice(option, &place, text);

	if (!expected)
		*(int *)field = directions[place % 3];
	return expected;
}

/* "ID:TYPE, TYPE being one of: per_flow round_robin ...", by the library's own names. */
static const char *cluster_types(void)
{
	static char expected[512];
	size_t length = (size_t)snprintf(expected, sizeof(expected), "ID:TYPE, TYPE being one of:");
	const char *name;

	for (int type = 0; (name = torc_cluster_type_name((enum torc_cluster_type)type)); type++)
		length += (size_t)snprintf(expected + length, sizeof(expected) - length, " %s", name);
	return expected;
}

static const char *set_cluster(const struct cli_option *option, void *field, const char *text)
{
	struct capture_cluster *cluster = field;
	char *end;
	unsigned long id = strtoul(text, &end, 10);
	int type = TORC_CLUSTER_PER_FLOW;

	(void)option;
	if (*text < '0' || *text > '9' || id == 0 || id > 65535 || (*end && *end != ':'))
		return "ID or ID:TYPE, with an ID from 1 to 65535";
	if (*end)
		type = torc_cluster_type_parse(end + 1);
	if (type < 0)
		return cluster_types();
	cluster->id = (unsigned int)id;
	cluster->type = (enum torc_cluster_type)type;
	return NULL;
}

#define AT(member) offsetof(struct capture_settings, member)

const struct cli_option capture_options[] = {
	{ 'i', "interface", "DEVICE", "eth0, any, eth0@1,3 (queues), xdp:eth0, pcap:FILE; repeatable",
	  cli_set_list, AT(interfaces), NULL },
	{ 'f', "filter", "FILTER", "pcap-filter(7) expression, instead of the last words",
	  cli_set_text, AT(filter), NULL },
	{ 'F', "filter-file", "FILE", "read the filter from a file", cli_set_text, AT(filter_file),
	  NULL },
	{ 's', "snaplen", "BYTES", "keep that much of each packet (0: 262144)", set_snaplen,
	  AT(snaplen), NULL },
	{ 'Q', "direction", "WAY", "only packets that come in or go out: rx, tx, both", set_direction,
	  AT(direction), "rx tx both in out inout" },
	{ 'p', "no-promiscuous-mode", NULL, "leave the interface out of promiscuous mode",
	  cli_set_flag, AT(no_promisc), NULL },
	{ 0, "sampling", "N", "one packet of each N", set_rate, AT(sampling_rate), NULL },
	{ 0, "cluster", "ID[:TYPE]", "share the packets with the other members, by flow",
	  set_cluster, AT(cluster), NULL },
	{ 0, "both-copies", NULL, "on loopback, also the outgoing copy of each packet",
	  cli_set_flag, AT(both_copies), NULL },
	{ 0, "take", NULL, "xdp: also on an interface that carries the default route",
	  cli_set_flag, AT(take), NULL },
	{ 'B', "buffer-size", "KIB", "memory for waiting packets, in KiB", set_kib,
	  AT(buffer_bytes), NULL },
	{ 0, "buffer", "SIZE", "the same with a unit: 64MiB", cli_set_size, AT(buffer_bytes), NULL },
	{ 0, "watermark", "N", "wake up when N packets wait (1: as soon as possible)", set_rate,
	  AT(watermark_packets), NULL },
	{ 0, "immediate-mode", NULL, "deliver each packet at once, not in blocks", cli_set_flag,
	  AT(immediate), NULL },
	{ 'j', "time-stamp-type", "TYPE", "who takes the time: host or adapter", cli_set_choice,
	  AT(timestamps), "host adapter" },
	{ 0, "application-name", "NAME", "what torc rings shows", cli_set_text,
	  AT(application_name), NULL },
	{ 0 },
};

const struct cli_option capture_end_options[] = {
	{ 'c', NULL, "N", "end after N packets", cli_set_positive, AT(packets), NULL },
	{ 0, "for", "TIME", "end after a time: 5s, 200ms, 1h", cli_set_duration, AT(for_ns), NULL },
	{ 0, "fail-on-loss", NULL, "exit with status 4 when packets were lost", cli_set_flag,
	  AT(fail_on_loss), NULL },
	{ 0 },
};

const struct cli_option capture_output_options[] = {
	{ 0, "json", NULL, "JSON Lines on standard output", cli_set_flag, AT(json), NULL },
	{ 0, "color", "WHEN", "auto, always, never; NO_COLOR is honoured", cli_set_choice,
	  AT(colour), "auto always never" },
	{ 0 },
};

const struct cli_option capture_helper_options[] = {
	{ 0, "via-helper", NULL, "have packet sockets made by torc-open(8), which its group may start",
	  cli_set_flag, AT(via_helper), NULL },
	{ 0 },
};

/* ---- the device and the filter ---- */

/* As tcpdump: the first interface that is up and is not the loopback; else the loopback. */
static char *default_device(void)
{
	struct ifaddrs *list, *entry;
	const char *best = NULL;
	char *name = NULL;

	if (getifaddrs(&list) < 0)
		return NULL;
	for (entry = list; entry; entry = entry->ifa_next) {
		if ((entry->ifa_flags & (IFF_UP | IFF_RUNNING)) != (IFF_UP | IFF_RUNNING))
			continue;
		if (!(entry->ifa_flags & IFF_LOOPBACK)) {
			best = entry->ifa_name;
			break;
		}
		if (!best)
			best = entry->ifa_name;
	}
	if (best)
		name = strdup(best);
	freeifaddrs(list);
	return name;
}

static char *read_text(const char *path)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t room = 0;

	if (!file)
		return NULL;
	if (getdelim(&text, &room, 0, file) < 0 && !text)
		text = strdup("");
	fclose(file);
	return text;
}

/* Where the filter comes from; *filter is owned by the caller and NULL without one. */
int capture_filter(const struct capture_settings *settings, char **words, char **filter)
{
	size_t count = 0;

	*filter = NULL;
	while (words[count])
		count++;
	if ((settings->filter != NULL) + (settings->filter_file != NULL) + (count > 0) > 1) {
		cli_complain("torc: two filters: give one of -f, -F and the last words");
		return CLI_USAGE;
	}
	if (settings->filter_file)
		*filter = read_text(settings->filter_file);
	else if (settings->filter)
		*filter = strdup(settings->filter);
	else if (count > 0)
		*filter = cli_join(words, ' ');
	else
		return CLI_GOOD;
	if (*filter)
		return CLI_GOOD;
	cli_complain("torc: %s: %s", settings->filter_file ? settings->filter_file : "filter",
		     strerror(errno));
	return CLI_FAILED;
}

/* ---- opening ---- */

static int apply_settings(struct torc_ring *ring, const struct capture_settings *settings,
			  const char *filter)
{
	int code = 0;

	if (settings->application_name)
		code = torc_ring_set_application_name(ring, settings->application_name);
	if (code >= 0)
		code = torc_ring_set_mode(ring, TORC_RECV_ONLY);
	if (code >= 0 && filter)
		code = torc_ring_set_filter(ring, filter);
	if (code >= 0 && settings->direction != TORC_RX_AND_TX)
		code = torc_ring_set_direction(ring, (enum torc_direction)settings->direction);
	if (code >= 0 && settings->sampling_rate)
		code = torc_ring_set_sampling_rate(ring, (uint32_t)settings->sampling_rate);
	if (code >= 0 && settings->watermark_packets)
		code = torc_ring_set_poll_watermark(ring, (uint32_t)settings->watermark_packets);
	if (code >= 0 && settings->cluster.id)
		code = torc_ring_set_cluster(ring, settings->cluster.id, settings->cluster.type);
	return code < 0 ? cli_fail(code, torc_ring_error(ring)) : CLI_GOOD;
}

/* alone: there is no other file that could go on without this one. */
static int open_one(struct capture *capture, const char *device, const char *filter, bool alone)
{
	const struct capture_settings *settings = capture->settings;
	struct torc_ring_options options = {
		.size = sizeof(options),
		.snaplen = (uint32_t)settings->snaplen,
		.flags = (settings->no_promisc ? 0 : TORC_PROMISC) |
			 (settings->immediate ? TORC_IMMEDIATE : 0) |
			 (settings->both_copies ? TORC_BOTH_COPIES : 0) |
			 (settings->timestamps ? TORC_HW_TIMESTAMP : 0),
		.buffer_bytes = settings->buffer_bytes,
	};
	struct helper_sockets sockets = { .count = 0 };
	struct torc_error error = { 0 };
	int code = settings->via_helper ? helper_sockets(device, &sockets) : CLI_GOOD;

	if (code != CLI_GOOD)
		return code;
	options.socket_fds = sockets.count > 0 ? sockets.fds : NULL;
	options.socket_count = sockets.count;
	code = torc_ring_open_with(&capture->rings[capture->ring_count], device, &options, &error);
	if (code == -TORC_EFORMAT && !alone) {
		cli_complain("torc: %s; the other files go on", error.text);
		capture->damaged = true;
		return CLI_GOOD;
	}
	if (code < 0)
		return cli_fail(code, error.text);
	return apply_settings(capture->rings[capture->ring_count++], settings, filter);
}

/* The one device of a live capture; owned by the caller. */
static char *live_device(const struct capture_settings *settings)
{
	char *device, *taken;

	if (settings->interfaces.count > 0)
		device = cli_join((char *const *)settings->interfaces.items, ',');
	else
		device = default_device();
	if (!device)
		cli_complain("torc: no interface is up: name one with -i");
	if (!device || !settings->take || asprintf(&taken, "%s;take=1", device) < 0)
		return device;
	free(device);
	return taken;
}

static int open_all(struct capture *capture, const char *const *devices, const char *filter)
{
	char *device = NULL;
	const char *own[2] = { NULL, NULL };
	unsigned int count = 0;
	int status = CLI_GOOD;

	if (devices && *devices && capture->settings->via_helper) {
		cli_complain("torc: --via-helper is for interfaces: a file needs no rights");
		return CLI_USAGE;
	}
	if (!devices || !*devices) {
		own[0] = device = live_device(capture->settings);
		if (!device)
			return CLI_FAILED;
		devices = own;
	}
	while (devices[count])
		count++;
	capture->rings = calloc(count, sizeof(*capture->rings));
	if (!capture->rings)
		status = cli_fail(-ENOMEM, NULL);
	for (unsigned int i = 0; i < count && status == CLI_GOOD; i++)
		status = open_one(capture, devices[i], filter, count == 1);
	if (status == CLI_GOOD && capture->ring_count == 0)
		status = CLI_FAILED; /* all of them are damaged */
	free(device);
	return status;
}

static void wake(void *object, unsigned int signal)
{
	struct capture *capture = object;

	for (unsigned int i = 0; i < capture->ring_count; i++)
		torc_ring_stop(capture->rings[i]);
	if (capture->woken_too)
		capture->woken_too(capture->woken, signal);
}

static int open_rings(struct capture *capture, const char *const *devices, char **words)
{
	char *filter;
	int status = capture_filter(capture->settings, words, &filter);

	if (status == CLI_GOOD)
		status = open_all(capture, devices, filter);
	free(filter);
	if (status == CLI_GOOD)
		cli_signals_catch(wake, capture);
	capture->status = status;
	return status;
}

/* Only where there will be a socket, and rights are given up at all. */
static bool goes_aside(const struct capture_settings *settings, const char *const *devices)
{
	if (!settings->decodes || !privileges_confines(&settings->sandbox) || (devices && *devices))
		return false;
	for (size_t i = 0; i < settings->interfaces.count; i++)
		if (strncmp(settings->interfaces.items[i], "pcap:", strlen("pcap:")) == 0)
			return false;
	return true;
}

int capture_open(struct capture *capture, const struct capture_settings *settings,
		 const char *const *devices, char **words)
{
	int code = -EOPNOTSUPP;

	memset(capture, 0, sizeof(*capture));
	capture->settings = settings;
	cli_set_colour(settings->colour);
	if (goes_aside(settings, devices)) {
		code = aside_fork(&capture->aside);
		if (code == -EOPNOTSUPP && settings->sandbox.verbose)
			cli_complain("sandbox: packets are decoded beside their socket: this kernel "
				     "cannot seal memory (F_SEAL_FUTURE_WRITE, Linux 5.1)");
	}
	if (code == 0)
		return capture->status = aside_await(capture->aside);
	if (code < 0 && code != -EOPNOTSUPP) {
		cli_complain("torc: no process can be started that decodes: %s; --sandbox=off does "
			     "without", torc_strerror(code));
		return capture->status = CLI_FAILED;
	}
	code = open_rings(capture, devices, words);
	if (!capture->aside)
		return code;
	capture->status = aside_capture(capture->aside, capture);
	return CAPTURE_DONE;
}
