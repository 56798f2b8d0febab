/* SPDX-License-Identifier: BSD-3-Clause */
/* devices.c - the interfaces of this network namespace as PF_RING lists them */
#include <ifaddrs.h>
#include <libgen.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "state.h"

/* Where the card sits: /sys/class/net/IF/device is a link to its PCI address. */
static void read_bus_id(const char *name, pfring_if_t *device)
{
	char path[128], target[256];
	ssize_t length;

	snprintf(path, sizeof(path), "/sys/class/net/%s/device", name);
	length = readlink(path, target, sizeof(target) - 1);
	if (length < 0)
		return;
	target[length] = '\0';
	if (sscanf(basename(target), "%x:%x:%x.%x", (unsigned int *)&device->bus_id.slot,
		   (unsigned int *)&device->bus_id.bus, (unsigned int *)&device->bus_id.device,
		   (unsigned int *)&device->bus_id.function) != 4)
		memset(&device->bus_id, 0, sizeof(device->bus_id));
}

static pfring_if_t *find(pfring_if_t *list, const char *name)
{
	while (list && strcmp(list->system_name, name) != 0)
		list = list->next;
	return list;
}

static pfring_if_t *add(pfring_if_t ***end, const struct ifaddrs *entry)
{
	pfring_if_t *device = calloc(1, sizeof(*device));

	if (!device)
		return NULL;
	device->name = strdup(entry->ifa_name);
	device->system_name = strdup(entry->ifa_name);
	device->module = strdup("pf_ring");
	if (!device->name || !device->system_name || !device->module) {
		pfring_freealldevs(device);
		return NULL;
	}
	device->status = (entry->ifa_flags & IFF_UP) != 0;
	read_bus_id(entry->ifa_name, device);
	**end = device;
	*end = &device->next;
	return device;
}

API pfring_if_t *pfring_findalldevs(void)
{
	pfring_if_t *list = NULL, **end = &list, *device;
	struct ifaddrs *entries;

	if (getifaddrs(&entries) < 0)
		return NULL;
	for (const struct ifaddrs *at = entries; at; at = at->ifa_next) {
		device = find(list, at->ifa_name);
		if (!device)
			device = add(&end, at);
		if (device && at->ifa_addr && at->ifa_addr->sa_family == AF_PACKET) {
			const struct sockaddr_ll *link = (const void *)at->ifa_addr;

			memcpy(device->mac, link->sll_addr, sizeof(device->mac));
		}
	}
	freeifaddrs(entries);
	return list;
}

API void pfring_freealldevs(pfring_if_t *list)
{
	while (list) {
		pfring_if_t *next = list->next;

		free(list->name);
		free(list->system_name);
		free(list->module);
		free(list->module_version);
		free(list->sn);
		free(list);
		list = next;
	}
}
