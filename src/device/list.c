/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * list.c - the interfaces of this network namespace: torc_devices_open() and its like
 *
 * What the kernel knows comes in one rtnetlink dump (rtnetlink(7), RTM_GETLINK), addresses from
 * getifaddrs(3), and what the driver tells by the ethtool ioctls, which know this network
 * namespace, unlike sysfs.
 */
#include <torc/device.h>

#include <errno.h>
#include <ifaddrs.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/net_tstamp.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/afpacket.h"
#include "util/error.h"
#include "util/rtnetlink.h"
#include "util/sized.h"

struct torc_devices {
	struct torc_device *items;
	struct torc_device_address *addresses; /* in the order of items */
	size_t count, next;
	int fd; /* for ioctls */
};

/* ---- what the kernel knows ---- */

static void take_stats(struct torc_device *device, const struct rtattr *attribute)
{
	struct rtnl_link_stats64 stats = { 0 };
	size_t bytes = RTA_PAYLOAD(attribute);

	memcpy(&stats, RTA_DATA(attribute), bytes < sizeof(stats) ? bytes : sizeof(stats));
	device->received = stats.rx_packets;
	device->receive_dropped = stats.rx_dropped;
	device->receive_missed = stats.rx_missed_errors;
}

static void take_attribute(struct torc_device *device, const struct rtattr *attribute)
{
	size_t bytes = RTA_PAYLOAD(attribute);

	if (attribute->rta_type == IFLA_IFNAME) {
		memcpy(device->name, RTA_DATA(attribute),
		       bytes < sizeof(device->name) ? bytes : sizeof(device->name) - 1);
	} else if (attribute->rta_type == IFLA_MTU && bytes >= sizeof(device->mtu)) {
		memcpy(&device->mtu, RTA_DATA(attribute), sizeof(device->mtu));
	} else if (attribute->rta_type == IFLA_ADDRESS && bytes <= sizeof(device->hardware_address)) {
		memcpy(device->hardware_address, RTA_DATA(attribute), bytes);
		device->address_length = (uint8_t)bytes;
	} else if (attribute->rta_type == IFLA_STATS64) {
		take_stats(device, attribute);
	}
}

static int add_link(void *arg, const struct nlmsghdr *message)
{
	const struct ifinfomsg *link = NLMSG_DATA(message);
	const struct rtattr *attribute = IFLA_RTA(link);
	size_t left = IFLA_PAYLOAD(message);
	struct torc_devices *devices = arg;
	struct torc_device *items, *device;

	if (message->nlmsg_type != RTM_NEWLINK)
		return 0;
	items = realloc(devices->items, (devices->count + 1) * sizeof(*items));
	if (!items)
		return -ENOMEM;
	devices->items = items;
	device = &items[devices->count++];
	*device = (struct torc_device){
		.size = sizeof(*device),
		.ifindex = (uint32_t)link->ifi_index,
		.flags = link->ifi_flags,
		.link_type = afp_link_type(link->ifi_type),
		.speed_mbit = TORC_UNKNOWN,
		.receive_queues = TORC_UNKNOWN,
		.send_queues = TORC_UNKNOWN,
		.queues_most = TORC_UNKNOWN,
		.receive_slots = TORC_UNKNOWN,
		.receive_slots_most = TORC_UNKNOWN,
	};
	for (; RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left))
		take_attribute(device, attribute);
	return 0;
}

/* ---- addresses ---- */

static void copy_address(uint8_t *to, const struct sockaddr *from)
{
	if (from->sa_family == AF_INET)
		memcpy(to, &((const struct sockaddr_in *)(const void *)from)->sin_addr, 4);
	else
		memcpy(to, &((const struct sockaddr_in6 *)(const void *)from)->sin6_addr, 16);
}

static bool has_family(const struct sockaddr *address)
{
	return address && (address->sa_family == AF_INET || address->sa_family == AF_INET6);
}

static void take_address(struct torc_device_address *address, const struct ifaddrs *entry)
{
	uint8_t mask[16] = { 0 };

	*address = (struct torc_device_address){ .family = entry->ifa_addr->sa_family };
	copy_address(address->address, entry->ifa_addr);
	if (address->family == AF_INET6)
		address->scope_id = ((const struct sockaddr_in6 *)(const void *)entry->ifa_addr)->sin6_scope_id;
	if (has_family(entry->ifa_netmask))
		copy_address(mask, entry->ifa_netmask);
	for (int i = 0; i < 16; i++)
		address->prefix_length += (uint8_t)__builtin_popcount(mask[i]);
	if ((entry->ifa_flags & IFF_BROADCAST) && has_family(entry->ifa_broadaddr)) {
		copy_address(address->broadcast, entry->ifa_broadaddr);
		address->has |= TORC_DEVICE_HAS_BROADCAST;
	} else if ((entry->ifa_flags & IFF_POINTOPOINT) && has_family(entry->ifa_dstaddr)) {
		copy_address(address->peer, entry->ifa_dstaddr);
		address->has |= TORC_DEVICE_HAS_PEER;
	}
}

static int take_addresses(struct torc_devices *devices)
{
	struct ifaddrs *entries, *entry;
	size_t count = 0;
	int code = getifaddrs(&entries) < 0 ? -errno : 0;

	if (code < 0)
		return code;
	for (entry = entries; entry; entry = entry->ifa_next)
		count += has_family(entry->ifa_addr);
	devices->addresses = calloc(count + 1, sizeof(*devices->addresses));
	count = 0;
	for (size_t i = 0; i < devices->count && devices->addresses; i++) {
		struct torc_device *device = &devices->items[i];

		device->addresses = &devices->addresses[count];
		for (entry = entries; entry; entry = entry->ifa_next)
			if (has_family(entry->ifa_addr) && strcmp(entry->ifa_name, device->name) == 0) {
				take_address(&devices->addresses[count++], entry);
				device->address_count++;
			}
	}
	freeifaddrs(entries);
	return devices->addresses ? 0 : -ENOMEM;
}

/* ---- what the driver tells ---- */

static bool ask(int fd, const struct torc_device *device, void *data)
{
	struct ifreq request = { .ifr_data = data };

	memcpy(request.ifr_name, device->name, sizeof(request.ifr_name));
	return ioctl(fd, SIOCETHTOOL, &request) == 0;
}

static void ask_offloads(int fd, struct torc_device *device)
{
	static const struct {
		uint32_t command, bit;
	} questions[] = {
		{ ETHTOOL_GGRO, TORC_OFFLOAD_GRO },
		{ ETHTOOL_GTSO, TORC_OFFLOAD_TSO },
		{ ETHTOOL_GGSO, TORC_OFFLOAD_GSO },
		{ ETHTOOL_GRXCSUM, TORC_OFFLOAD_RX_CHECKSUM },
		{ ETHTOOL_GTXCSUM, TORC_OFFLOAD_TX_CHECKSUM },
	};
	struct ethtool_value value = { .cmd = ETHTOOL_GFLAGS };

	if (ask(fd, device, &value)) {
		device->offloads |= value.data & ETH_FLAG_LRO ? TORC_OFFLOAD_LRO : 0;
		device->offloads |= value.data & ETH_FLAG_RXVLAN ? TORC_OFFLOAD_RX_VLAN : 0;
		device->offloads |= value.data & ETH_FLAG_TXVLAN ? TORC_OFFLOAD_TX_VLAN : 0;
	}
	for (size_t i = 0; i < sizeof(questions) / sizeof(*questions); i++) {
		value = (struct ethtool_value){ .cmd = questions[i].command };
		if (ask(fd, device, &value) && value.data)
			device->offloads |= questions[i].bit;
	}
}

static void ask_sizes(int fd, struct torc_device *device)
{
	struct ethtool_channels channels = { .cmd = ETHTOOL_GCHANNELS };
	struct ethtool_ringparam rings = { .cmd = ETHTOOL_GRINGPARAM };

	if (ask(fd, device, &channels)) {
		device->receive_queues = channels.rx_count + channels.combined_count;
		device->send_queues = channels.tx_count + channels.combined_count;
		device->queues_most = channels.max_combined + channels.max_rx;
	}
	if (ask(fd, device, &rings) && rings.rx_max_pending > 0) {
		device->receive_slots = rings.rx_pending;
		device->receive_slots_most = rings.rx_max_pending;
	}
}

static void ask_driver(int fd, struct torc_device *device)
{
	struct ethtool_drvinfo driver = { .cmd = ETHTOOL_GDRVINFO };
	struct ethtool_ts_info times = { .cmd = ETHTOOL_GET_TS_INFO };
	struct ethtool_cmd link = { .cmd = ETHTOOL_GSET };
	uint32_t speed;

	if (ask(fd, device, &driver))
		memcpy(device->driver, driver.driver,
		       strnlen(driver.driver, sizeof(device->driver) - 1));
	if (ask(fd, device, &times))
		device->hardware_time = (times.so_timestamping & SOF_TIMESTAMPING_RX_HARDWARE) != 0;
	if (ask(fd, device, &link)) {
		speed = ethtool_cmd_speed(&link);
		if (speed != 0 && speed != UINT16_MAX && speed != (uint32_t)SPEED_UNKNOWN)
			device->speed_mbit = speed;
	}
	ask_sizes(fd, device);
	ask_offloads(fd, device);
}

/* ---- the list ---- */

static int by_number(const void *a, const void *b)
{
	const struct torc_device *left = a, *right = b;

	return left->ifindex < right->ifindex ? -1 : left->ifindex > right->ifindex;
}

int torc_devices_open(struct torc_devices **out, struct torc_error *error)
{
	struct torc_devices *devices = calloc(1, sizeof(*devices));
	int code;

	*out = NULL;
	if (!devices)
		return torc_error_set(error, -ENOMEM, "out of memory");
	devices->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	code = devices->fd < 0 ? -errno : rtnetlink_links(0, add_link, devices);
	if (code == 0 && devices->count > 0)
		qsort(devices->items, devices->count, sizeof(*devices->items), by_number);
	if (code == 0)
		code = take_addresses(devices);
	if (code < 0) {
		torc_devices_close(devices);
		return torc_error_set(error, code, "the interfaces cannot be listed: %s",
				      torc_strerror(code));
	}
	*out = devices;
	return 0;
}

int torc_devices_next(struct torc_devices *devices, struct torc_device *out)
{
	struct torc_device device;

	if (devices->next >= devices->count)
		return 0;
	device = devices->items[devices->next];
	ask_driver(devices->fd, &device);
	if (torc_sized_give(out, &device, sizeof(device)) < 0)
		return -EINVAL;
	devices->next++;
	return 1;
}

void torc_devices_close(struct torc_devices *devices)
{
	if (!devices)
		return;
	if (devices->fd >= 0)
		close(devices->fd);
	free(devices->addresses);
	free(devices->items);
	free(devices);
}
