/* SPDX-License-Identifier: BSD-3-Clause */
/* info.c - what a ring and its interface are: addresses, MTU, queues, link, speed, timestamps */
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/net_tstamp.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "state.h"

#define LINK_HEADERS_BYTES 18

static int get_info(pfring *ring, struct torc_ring_info *info)
{
	return torc_ring_info(state_of(ring)->torc, info);
}

static void set_name(struct ifreq *request, const char *name)
{
	memset(request, 0, sizeof(*request));
	snprintf(request->ifr_name, sizeof(request->ifr_name), "%s", name);
}

/* One ioctl on a named interface: 0 or a negative errno. */
static int interface_ioctl(unsigned long what, struct ifreq *request)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), rc;

	if (fd < 0)
		return -errno;
	rc = ioctl(fd, what, request) < 0 ? -errno : 0;
	close(fd);
	return rc;
}

API u_int8_t pfring_get_num_rx_channels(pfring *ring)
{
	struct torc_ring_info info = { .size = sizeof(info) };

	if (!ring || get_info(ring, &info) < 0 || info.queue_count == 0)
		return UNKNOWN_NUM_RX_CHANNELS;
	return (u_int8_t)(info.queue_count > UINT8_MAX ? UINT8_MAX : info.queue_count);
}

API int pfring_get_bound_device_address(pfring *ring, u_char mac_address[6])
{
	struct torc_ring_info info = { .size = sizeof(info) };

	if (!ring)
		return PF_RING_ERROR_NOT_SUPPORTED;
	if (get_info(ring, &info) < 0 || info.ifindex <= 0)
		return pf_result(-ENODEV);
	memcpy(mac_address, info.address, sizeof(info.address));
	return 0;
}

API int pfring_get_bound_device_ifindex(pfring *ring, int *if_index)
{
	struct torc_ring_info info = { .size = sizeof(info) };

	if (!ring)
		return PF_RING_ERROR_NOT_SUPPORTED;
	if (get_info(ring, &info) < 0 || info.ifindex <= 0)
		return pf_result(-EINVAL);
	*if_index = info.ifindex;
	return 0;
}

API int pfring_get_device_ifindex(pfring *ring, char *device_name, int *if_index)
{
	unsigned int index;

	if (!ring)
		return PF_RING_ERROR_NOT_SUPPORTED;
	index = device_name ? if_nametoindex(device_name) : 0;
	if (index == 0)
		return pf_result(-ENODEV);
	*if_index = (int)index;
	return 0;
}

API int pfring_get_link_status(pfring *ring)
{
	struct torc_ring_info info = { .size = sizeof(info) };
	struct ifreq request;
	int rc;

	if (!ring)
		return PF_RING_ERROR_NOT_SUPPORTED;
	if (get_info(ring, &info) < 0 || info.ifindex <= 0)
		return 1; /* PF_RING's answer for "any" and "none" */
	set_name(&request, info.interface_name);
	rc = interface_ioctl(SIOCGIFFLAGS, &request);
	return rc < 0 ? pf_result(rc) : (request.ifr_flags & IFF_RUNNING) != 0;
}

API int pfring_get_link_type(pfring *ring)
{
	struct torc_ring_info info = { .size = sizeof(info) };

	return ring && get_info(ring, &info) == 0 ? info.link_type : TORC_LINK_ETHERNET;
}

API int pfring_get_mtu_size(pfring *ring)
{
	struct torc_ring_info info = { .size = sizeof(info) };

	if (!ring)
		return PF_RING_ERROR_NOT_SUPPORTED;
	return get_info(ring, &info) < 0 || info.ifindex <= 0 ? 0 : (int)info.mtu;
}

API u_int16_t pfring_get_slot_header_len(pfring *ring)
{
	return ring ? ring->slot_header_len : (u_int16_t)PF_RING_ERROR_NOT_SUPPORTED;
}

API int pfring_get_caplen(pfring *ring)
{
	return ring ? (int)ring->caplen : PF_RING_ERROR_NOT_SUPPORTED;
}

API int pfring_get_card_settings(pfring *ring, pfring_card_settings *settings)
{
	if (!ring)
		return PF_RING_ERROR_NOT_SUPPORTED;
	*settings = (pfring_card_settings){
		.max_packet_size = (u_int32_t)ring->mtu + LINK_HEADERS_BYTES,
	};
	return 0;
}

/* ethtool's two ways to ask for the speed, the newer one first (linux/ethtool.h). */
API u_int32_t pfring_get_ethtool_link_speed(const char *ifname)
{
	union {
		struct ethtool_link_settings settings;
		__u8 room[sizeof(struct ethtool_link_settings) + 3 * 127 * sizeof(__u32)];
	} link;
	struct ethtool_cmd old = { .cmd = ETHTOOL_GSET };
	const char *colon = strchr(ifname, ':');
	struct ifreq request;
	u_int32_t speed = 0;

	set_name(&request, colon ? colon + 1 : ifname);
	memset(&link, 0, sizeof(link));
	link.settings.cmd = ETHTOOL_GLINKSETTINGS;
	request.ifr_data = (char *)&link;
	/* The first call is refused with the size of the masks the kernel has, negated. */
	if (interface_ioctl(SIOCETHTOOL, &request) == 0 &&
	    link.settings.link_mode_masks_nwords < 0) {
		link.settings.link_mode_masks_nwords =
			(__s8)-link.settings.link_mode_masks_nwords;
		link.settings.cmd = ETHTOOL_GLINKSETTINGS;
		if (interface_ioctl(SIOCETHTOOL, &request) == 0)
			speed = link.settings.speed;
	}
	if (speed == 0) {
		request.ifr_data = (char *)&old;
		if (interface_ioctl(SIOCETHTOOL, &request) == 0)
			speed = ethtool_cmd_speed(&old);
	}
	return speed == (u_int32_t)SPEED_UNKNOWN || speed == UINT16_MAX ? 0 : speed;
}

API u_int32_t pfring_get_interface_speed(pfring *ring)
{
	struct torc_ring_info info = { .size = sizeof(info) };

	if (!ring || get_info(ring, &info) < 0 || info.ifindex <= 0)
		return 0;
	return pfring_get_ethtool_link_speed(info.interface_name);
}

static int change_promisc(const char *name, bool on)
{
	struct ifreq request;
	int before;

	set_name(&request, name);
	if (interface_ioctl(SIOCGIFFLAGS, &request) < 0)
		return -2;
	before = request.ifr_flags & IFF_PROMISC;
	if (on)
		request.ifr_flags |= IFF_PROMISC;
	else
		request.ifr_flags &= ~IFF_PROMISC;
	return interface_ioctl(SIOCSIFFLAGS, &request) < 0 ? -1 : before;
}

/* The interfaces of a list, with "," or ";" between them; queues are ignored. */
API int pfring_set_if_promisc(const char *device, int set_promisc)
{
	char copy[256], *rest = NULL;
	int rc = 0;

	if (!device)
		return PF_RING_ERROR_NO_PKT_AVAILABLE; /* -3: PF_RING's answer */
	snprintf(copy, sizeof(copy), "%s", device);
	for (char *name = strtok_r(copy, ",;", &rest); name && rc >= 0;
	     name = strtok_r(NULL, ",;", &rest)) {
		name[strcspn(name, "@")] = '\0';
		rc = change_promisc(name, set_promisc != 0);
	}
	return rc;
}

API int pfring_enable_hw_timestamp(pfring *ring, char *device_name, u_int8_t enable_rx,
				   u_int8_t enable_tx)
{
	struct hwtstamp_config config = {
		.tx_type = enable_tx ? HWTSTAMP_TX_ON : HWTSTAMP_TX_OFF,
		.rx_filter = enable_rx ? HWTSTAMP_FILTER_ALL : HWTSTAMP_FILTER_NONE,
	};
	struct ifreq request;

	(void)ring; /* it is the interface's */
	if (!device_name)
		return EINVAL;
	set_name(&request, device_name);
	request.ifr_data = (char *)&config;
	return -interface_ioctl(SIOCSHWTSTAMP, &request);
}
