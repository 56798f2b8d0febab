/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * devices.c - torc devices: interfaces, link, queues, and what each engine can do there
 *
 * The default engine's answer is what happened when a ring was opened, never enabled; AF_XDP's is
 * torc_device_xdp()'s, since opening would attach a program. No packet is touched.
 * What a driver tells comes from the ethtool ioctls, which know this network namespace, unlike
 * sysfs.
 */
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/net_tstamp.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <torc/device.h>

#include "commands.h"
#include "devices.h"

/* Could an engine open a ring there? */
struct attempt {
	int code;         /* negative: no; what torc_device_xdp() says */
	char reason[256]; /* why not */
};

struct device {
	char name[IF_NAMESIZE];
	unsigned int index;
	short flags; /* IFF_UP ... */
	unsigned int mtu;
	unsigned char address[6];
	uint64_t speed_mbit; /* TORC_UNKNOWN when the driver does not tell */
	uint64_t queues;
	char driver[32];
	bool hardware_time;
	struct attempt tpacket;
	struct attempt xdp;
	struct attempt clusters; /* of every type; if not, of those that need no CAP_BPF */
};

/* ---- asking ---- */

static bool ask(int fd, struct device *device, unsigned long request, void *data,
		struct ifreq *answer)
{
	memset(answer, 0, sizeof(*answer));
	memcpy(answer->ifr_name, device->name, sizeof(device->name));
	if (data)
		answer->ifr_data = data;
	return ioctl(fd, request, answer) == 0;
}

static void ask_driver(int fd, struct device *device)
{
	struct ethtool_drvinfo driver = { .cmd = ETHTOOL_GDRVINFO };
	struct ethtool_ts_info times = { .cmd = ETHTOOL_GET_TS_INFO };
	struct ethtool_cmd link = { .cmd = ETHTOOL_GSET };
	struct ifreq answer;
	uint32_t speed;

	if (ask(fd, device, SIOCETHTOOL, &driver, &answer))
		snprintf(device->driver, sizeof(device->driver), "%.31s", driver.driver);
	if (ask(fd, device, SIOCETHTOOL, &times, &answer))
		device->hardware_time = times.so_timestamping & SOF_TIMESTAMPING_RX_HARDWARE;
	if (!ask(fd, device, SIOCETHTOOL, &link, &answer))
		return;
	speed = ethtool_cmd_speed(&link);
	if (speed != 0 && speed != UINT16_MAX && speed != (uint32_t)SPEED_UNKNOWN)
		device->speed_mbit = speed;
}

bool devices_hardware_time(const char *name)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct device device = { 0 };

	snprintf(device.name, sizeof(device.name), "%s", name);
	if (fd >= 0) {
		ask_driver(fd, &device);
		close(fd);
	}
	return device.hardware_time;
}

static void ask_interface(int fd, struct device *device)
{
	struct ifreq answer;

	if (ask(fd, device, SIOCGIFFLAGS, NULL, &answer))
		device->flags = answer.ifr_flags;
	if (ask(fd, device, SIOCGIFMTU, NULL, &answer))
		device->mtu = (unsigned int)answer.ifr_mtu;
	if (ask(fd, device, SIOCGIFHWADDR, NULL, &answer))
		memcpy(device->address, answer.ifr_hwaddr.sa_data, sizeof(device->address));
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

	device->tpacket.code = torc_ring_open_with(&ring, device->name, &options, &error);
	note_reason(&device->tpacket, &error);
	if (device->tpacket.code < 0)
		return;
	if (torc_ring_info(ring, &info) == 0 && info.queue_count > 0)
		device->queues = info.queue_count;
	try_clusters(device, ring);
	torc_ring_close(ring);
}

static void try_xdp(struct device *device)
{
	struct torc_error error = { 0 };

	device->xdp.code = torc_device_xdp(device->name, &error);
	note_reason(&device->xdp, &error);
}

static void fill_in(int fd, struct device *device, const struct if_nameindex *entry, bool engines_too)
{
	memset(device, 0, sizeof(*device));
	snprintf(device->name, sizeof(device->name), "%s", entry->if_name);
	device->index = entry->if_index;
	device->speed_mbit = device->queues = TORC_UNKNOWN;
	ask_interface(fd, device);
	ask_driver(fd, device);
	if (!engines_too)
		return;
	try_tpacket(device);
	try_xdp(device);
}

/* ---- showing ---- */

static const char *state(const struct device *device)
{
	return !(device->flags & IFF_UP) ? "down" : device->flags & IFF_RUNNING ? "up" : "no carrier";
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
	const unsigned char *mac = device->address;

	printf("{\"name\":");
	cli_print_json_string(stdout, device->name);
	printf(",\"ifindex\":%u,\"state\":\"%s\",\"loopback\":%s,\"mtu\":%u,"
	       "\"address\":\"%02x:%02x:%02x:%02x:%02x:%02x\",\"driver\":",
	       device->index, state(device), device->flags & IFF_LOOPBACK ? "true" : "false",
	       device->mtu, mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
	cli_print_json_string(stdout, device->driver);
	printf(",\"speed_mbit\":%s,\"queues\":%s,\"hardware_timestamps\":%s,\"engines\":{",
	       cli_json_figure(device->speed_mbit).text, cli_json_figure(device->queues).text,
	       device->hardware_time ? "true" : "false");
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
	const unsigned char *mac = device->address;

	printf("%s: %s, mtu %u, %02x:%02x:%02x:%02x:%02x:%02x", device->name, state(device),
	       device->mtu, mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
	if (device->driver[0])
		printf(", driver %s", device->driver);
	if (device->speed_mbit != TORC_UNKNOWN)
		printf(", %sbit/s", cli_human((double)device->speed_mbit * 1e6).text);
	if (device->queues != TORC_UNKNOWN)
		printf(", %s receive queue%s", cli_figure(device->queues).text,
		       device->queues == 1 ? "" : "s");
	printf("%s\n", device->hardware_time ? ", hardware timestamps" : "");
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
	printf("%u.%s [%s%s%s]\n", device->index, device->name,
	       device->flags & IFF_UP ? "Up" : "Down",
	       device->flags & IFF_RUNNING ? ", Running" : "",
	       device->flags & IFF_LOOPBACK ? ", Loopback" : "");
}

/* All of them, owned by the caller; NULL: said why. */
static struct device *ask_all(bool engines_too, unsigned int *count)
{
	struct if_nameindex *entries = if_nameindex();
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct device *devices = NULL;

	*count = 0;
	while (entries && entries[*count].if_index)
		++*count;
	if (entries && fd >= 0)
		devices = calloc(*count + 1, sizeof(*devices));
	if (!devices)
		cli_complain("torc: the interfaces cannot be listed: %s", strerror(errno));
	for (unsigned int i = 0; devices && i < *count; i++)
		fill_in(fd, &devices[i], &entries[i], engines_too);
	if (fd >= 0)
		close(fd);
	if (entries)
		if_freenameindex(entries);
	return devices;
}

/* What takes a right is asked first; what drivers said is printed without any. */
static int list(void (*print)(const struct device *device), bool engines_too,
		const struct sandbox_settings *sandbox)
{
	unsigned int count;
	struct device *devices = ask_all(engines_too, &count);
	int status = CLI_FAILED;

	if (devices)
		status = privileges_confine(sandbox, &(struct privileges){ .roles = 0 });
	for (unsigned int i = 0; status == CLI_GOOD && i < count; i++)
		print(&devices[i]);
	free(devices);
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
