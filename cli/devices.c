/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * devices.c - torc devices: interfaces, link, queues, and what each engine can do there
 *
 * The default engine's answer is what happened when a ring was opened, never enabled; AF_XDP's is
 * torc_device_xdp()'s, since opening would attach a program. No packet is touched.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include <torc/device.h>

#include "commands.h"
#include "devices.h"

/* Could an engine open a ring there? */
struct attempt {
	int code;         /* negative: no; what torc_device_xdp() says */
	char reason[256]; /* why not */
};

struct device {
	struct torc_device is;
	struct attempt tpacket;
	struct attempt xdp;
	struct attempt clusters; /* of every type; if not, of those that need no CAP_BPF */
};

/* ---- asking ---- */

bool devices_find(struct torc_devices *list, const char *name, struct torc_device *device)
{
	while (torc_devices_next(list, device) > 0)
		if (strcmp(device->name, name) == 0)
			return true;
	return false;
}

bool devices_hardware_time(const char *name)
{
	struct torc_device device = { .size = sizeof(device) };
	struct torc_devices *list;
	bool answer;

	if (torc_devices_open(&list, NULL) < 0)
		return false;
	answer = devices_find(list, name, &device) && device.hardware_time;
	torc_devices_close(list);
	return answer;
}

static void note_reason(struct attempt *attempt, const struct torc_error *error)
{
	if (attempt->code < 0)
		snprintf(attempt->reason, sizeof(attempt->reason), "%.255s", error->text);
}

#define CLUSTER_TO_TRY 65535

/* The ring joins a cluster of a type that takes eBPF; never enabled, it holds no share. */
static void try_clusters(struct device *device, struct torc_ring *ring)
{
	device->clusters.code =
		torc_ring_set_cluster(ring, CLUSTER_TO_TRY, TORC_CLUSTER_PER_INNER_FLOW);
	if (device->clusters.code == -TORC_ECLUSTER) /* somebody else's: then it can be done */
		device->clusters.code = 0;
	if (device->clusters.code < 0)
		snprintf(device->clusters.reason, sizeof(device->clusters.reason), "%.255s",
			 torc_ring_error(ring));
	torc_ring_leave_cluster(ring);
}

/* A ring that is opened, never enabled. */
static void try_tpacket(struct device *device)
{
	struct torc_ring_options options = { .size = sizeof(options), .buffer_bytes = 1 << 20 };
	struct torc_ring_info info = { .size = sizeof(info) };
	struct torc_error error = { 0 };
	struct torc_ring *ring;

	device->tpacket.code = torc_ring_open_with(&ring, device->is.name, &options, &error);
	note_reason(&device->tpacket, &error);
	if (device->tpacket.code < 0)
		return;
	if (torc_ring_info(ring, &info) == 0 && info.queue_count > 0)
		device->is.receive_queues = info.queue_count;
	try_clusters(device, ring);
	torc_ring_close(ring);
}

static void try_xdp(struct device *device)
{
	struct torc_error error = { 0 };

	device->xdp.code = torc_device_xdp(device->is.name, &error);
	note_reason(&device->xdp, &error);
}

/* ---- showing ---- */

static const char *state(const struct device *device)
{
	return !(device->is.flags & IFF_UP) ? "down" : device->is.flags & IFF_RUNNING ? "up" : "no carrier";
}

static struct cli_figure address_text(const struct torc_device_address *address, char *text, size_t size)
{
	struct cli_figure prefix;

	inet_ntop(address->family, address->address, text, (socklen_t)size);
	snprintf(prefix.text, sizeof(prefix.text), "/%u", address->prefix_length);
	return prefix;
}

static void json_addresses(const struct torc_device *device)
{
	char text[INET6_ADDRSTRLEN];

	printf(",\"addresses\":[");
	for (uint32_t i = 0; i < device->address_count; i++) {
		struct cli_figure prefix = address_text(&device->addresses[i], text, sizeof(text));

		printf("%s\"%s%s\"", i > 0 ? "," : "", text, prefix.text);
	}
	printf("]");
}

static void print_addresses(const struct torc_device *device)
{
	char text[INET6_ADDRSTRLEN];

	for (uint32_t i = 0; i < device->address_count; i++) {
		struct cli_figure prefix = address_text(&device->addresses[i], text, sizeof(text));

		printf("%s%s%s", i > 0 ? ", " : "    addresses   ", text, prefix.text);
	}
	if (device->address_count > 0)
		printf("\n");
}

static void json_attempt(const char *engine, const struct attempt *attempt)
{
	printf("\"%s\":{\"possible\":%s,\"reason\":", engine,
	       attempt->code >= 0 ? "true" : "false");
	if (attempt->code >= 0)
		printf("null");
	else
		cli_print_json_string(stdout, attempt->reason);
}

static void json_ability(const char *name, int code, int bit)
{
	printf(",\"%s\":%s", name,
	       code < 0 || (code & TORC_XDP_UNTOLD) ? "null" : code & bit ? "true" : "false");
}

static void print_json(const struct device *device)
{
	const unsigned char *mac = device->is.hardware_address;

	printf("{\"name\":");
	cli_print_json_string(stdout, device->is.name);
	printf(",\"ifindex\":%u,\"state\":\"%s\",\"loopback\":%s,\"mtu\":%u,"
	       "\"address\":\"%02x:%02x:%02x:%02x:%02x:%02x\",\"driver\":",
	       device->is.ifindex, state(device), device->is.flags & IFF_LOOPBACK ? "true" : "false",
	       device->is.mtu, mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
	cli_print_json_string(stdout, device->is.driver);
	json_addresses(&device->is);
	printf(",\"link_type\":%u,\"speed_mbit\":%s,\"queues\":%s,\"hardware_timestamps\":%s,\"engines\":{",
	       device->is.link_type, cli_json_figure(device->is.speed_mbit).text, cli_json_figure(device->is.receive_queues).text,
	       device->is.hardware_time ? "true" : "false");
	json_attempt("tpacket_v3", &device->tpacket);
	printf("},");
	json_attempt("af_xdp", &device->xdp);
	json_ability("native", device->xdp.code, TORC_XDP_NATIVE);
	json_ability("zero_copy", device->xdp.code, TORC_XDP_ZERO_COPY);
	json_ability("transmit", device->xdp.code, TORC_XDP_TRANSMIT);
	printf(",\"default_route\":%s}},\"clusters\":{\"possible\":%s,\"all_types\":%s,\"reason\":",
	       device->xdp.code >= 0 && (device->xdp.code & TORC_XDP_DEFAULT_ROUTE) ? "true"
										   : "false",
	       device->tpacket.code >= 0 ? "true" : "false",
	       device->tpacket.code >= 0 && device->clusters.code >= 0 ? "true" : "false");
	if (device->clusters.code < 0)
		cli_print_json_string(stdout, device->clusters.reason);
	else
		printf("null");
	printf("}}\n");
}

static void print_text(const struct device *device)
{
	const unsigned char *mac = device->is.hardware_address;

	printf("%s: %s, mtu %u, %02x:%02x:%02x:%02x:%02x:%02x", device->is.name, state(device),
	       device->is.mtu, mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
	if (device->is.driver[0])
		printf(", driver %s", device->is.driver);
	if (device->is.speed_mbit != TORC_UNKNOWN)
		printf(", %sbit/s", cli_human((double)device->is.speed_mbit * 1e6).text);
	if (device->is.receive_queues != TORC_UNKNOWN)
		printf(", %s receive queue%s", cli_figure(device->is.receive_queues).text,
		       device->is.receive_queues == 1 ? "" : "s");
	printf("%s\n", device->is.hardware_time ? ", hardware timestamps" : "");
	print_addresses(&device->is);
	printf("    tpacket_v3  %s%s\n", device->tpacket.code < 0 ? "no: " : "yes",
	       device->tpacket.reason);
	if (device->tpacket.code >= 0 && device->clusters.code >= 0)
		printf("    clusters    all types; fragments follow their flow\n");
	else if (device->tpacket.code >= 0)
		printf("    clusters    by classic BPF: no inner flows (%s)\n",
		       device->clusters.reason);
	if (device->xdp.code < 0)
		printf("    af_xdp      no: %s\n", device->xdp.reason);
	else
		printf("    af_xdp      yes%s%s%s\n",
		       device->xdp.code & TORC_XDP_UNTOLD	? ", but this kernel does not tell how well"
		       : device->xdp.code & TORC_XDP_NATIVE	? ", native"
								: ", generic",
		       device->xdp.code & TORC_XDP_ZERO_COPY ? ", zero-copy" : "",
		       device->xdp.code & TORC_XDP_DEFAULT_ROUTE
			       ? "; it carries the default route: needs take=1"
			       : "");
}

/* As tcpdump -D. */
static void print_short(const struct device *device)
{
	printf("%u.%s [%s%s%s]\n", device->is.ifindex, device->is.name,
	       device->is.flags & IFF_UP ? "Up" : "Down",
	       device->is.flags & IFF_RUNNING ? ", Running" : "",
	       device->is.flags & IFF_LOOPBACK ? ", Loopback" : "");
}

/* All that the list has, owned by the caller; NULL: out of memory. */
static struct device *ask_all(struct torc_devices *list, bool engines_too, unsigned int *count)
{
	struct torc_device next = { .size = sizeof(next) };
	struct device *devices = NULL, *more;

	*count = 0;
	do {
		more = realloc(devices, (*count + 1) * sizeof(*devices));
		if (!more)
			break;
		devices = more;
	} while (torc_devices_next(list, &next) > 0 &&
		 (devices[(*count)++] = (struct device){ .is = next }, true));
	if (!more) {
		cli_fail(-ENOMEM, NULL);
		free(devices);
		return NULL;
	}
	for (unsigned int i = 0; i < *count && engines_too; i++) {
		try_tpacket(&devices[i]);
		try_xdp(&devices[i]);
	}
	return devices;
}

/* What takes a right is asked first; what drivers said is printed without any. */
static int list(void (*print)(const struct device *device), bool engines_too,
		const struct sandbox_settings *sandbox)
{
	unsigned int count;
	struct torc_devices *all;
	struct device *devices;
	struct torc_error error;
	int status = CLI_FAILED;

	if (torc_devices_open(&all, &error) < 0) {
		cli_complain("torc: %s", error.text);
		return status;
	}
	devices = ask_all(all, engines_too, &count);
	if (devices)
		status = privileges_confine(sandbox, &(struct privileges){ .roles = 0 });
	for (unsigned int i = 0; status == CLI_GOOD && i < count; i++)
		print(&devices[i]);
	free(devices);
	torc_devices_close(all);
	return status;
}

int devices_list(bool json, const struct sandbox_settings *sandbox)
{
	return list(json ? print_json : print_short, json, sandbox);
}

struct settings {
	bool json;
	struct sandbox_settings sandbox;
};

static const struct cli_option options[] = {
	{ 0, "json", NULL, "JSON Lines on standard output", cli_set_flag,
	  offsetof(struct settings, json), NULL },
	{ 0 },
};

static const struct cli_group groups[] = {
	{ "Output", options, 0 },
	{ "Privileges", sandbox_options, offsetof(struct settings, sandbox) },
	{ NULL, NULL, 0 },
};

static int run(void *data, char **words)
{
	const struct settings *settings = data;

	(void)words;
	return list(settings->json ? print_json : print_text, true, &settings->sandbox);
}

const struct cli_command command_devices = {
	.name = "devices",
	.summary = "interfaces, queues, link, and what each engine can do there",
	.about = "Lists the interfaces of this network namespace, and what each engine can do there. No\n"
		 "packet is touched, and nothing is attached.",
	.groups = groups,
	.settings_size = sizeof(struct settings),
	.run = run,
};
