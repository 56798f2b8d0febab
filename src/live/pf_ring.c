/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pf_ring.c - live rings in the words of PF_RING's /proc/net/pf_ring, version 8.9.0, byte for byte
 *
 * Scripts and dashboards read those texts by their labels and columns. What a ring of a stock
 * kernel has no equal of (offsets in a slot memory, rules in the module) is 0.
 */
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <torc/decode.h>
#include <torc/live.h>

#include "util/rtnetlink.h"
#include "util/sized.h"
#define VERSION             "8.9.0"
#define SLOT_VERSION        21
#define SLOTS               4096
#define SHORT_HEADER_BYTES  48
#define LONG_HEADER_BYTES   209
#define MAGIC_BYTES         2
#define SLOT_ALIGN          8
#define WATERMARK_DEFAULT   128
#define VLAN_ANY            65535
#define ADDRESS_BYTES       6

struct text {
	char *at;
	size_t size, used;
};

static void put(struct text *text, const char *format, ...) TORC_PRINTF(2, 3);

static void put(struct text *text, const char *format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(text->used < text->size ? text->at + text->used : NULL,
			   text->used < text->size ? text->size - text->used : 0, format, args);
	va_end(args);
	text->used += length > 0 ? (size_t)length : 0;
}

/* What another process says. */
static void put_escaped(struct text *text, const char *string, size_t length)
{
	if (text->used < text->size)
		text->used += (size_t)torc_text_escaped(string, length, text->at + text->used,
							text->size - text->used);
}

static int finish(const struct text *text)
{
	return text->used < text->size ? (int)text->used : -ENOSPC;
}

/* ---- <pid>-<device>.<id> ---- */

/* "xdp:(b),a@3;key=1" is "a,b": PF_RING names the device that sends last, torc first. */
static void put_devices(struct text *text, const char *device)
{
	const char *colon = strchr(device, ':'), *start, *end;
	size_t length;

	if (colon)
		device = colon + 1;
	if (strcmp(device, "none") == 0)
		return;
	end = device + strcspn(device, "@;");
	for (; end > device; end = start > device ? start - 1 : device) {
		for (start = end; start > device && start[-1] != ',';)
			start--;
		length = (size_t)(end - start);
		if (length > 1 && *start == '(')
			put_escaped(text, start + 1, length - 2);
		else
			put_escaped(text, start, length);
		if (start > device)
			put(text, ",");
	}
}

static uint64_t known(uint64_t figure)
{
	return figure == TORC_UNKNOWN ? 0 : figure;
}

static uint64_t slot_bytes(const struct torc_live_ring *ring)
{
	uint64_t header = ring->flags & TORC_LONG_HEADER ? LONG_HEADER_BYTES : SHORT_HEADER_BYTES;

	return (ring->snaplen + header + MAGIC_BYTES + SLOT_ALIGN - 1) / SLOT_ALIGN * SLOT_ALIGN;
}

static void put_receiving(struct text *text, const struct torc_live_ring *ring)
{
	static const char *const directions[] = { "RX+TX", "RX only", "TX only" };

	put(text, "Capture Direction      : %s\n", directions[ring->direction % 3]);
	put(text, "Sampling Rate          : %u\n", ring->sampling_rate ? ring->sampling_rate : 1);
	put(text, "Filtering Sampling Rate: 0\n");
	put(text, "IP Defragment          : No\n");
	put(text, "BPF Filtering          : %s\n", ring->filter[0] ? "Enabled" : "Disabled");
	put(text, "Sw Filt Hash Rules     : 0\n");
	put(text, "Sw Filt WC Rules       : 0\n");
	put(text, "Sw Filt Hash Match     : 0\n");
	put(text, "Sw Filt Hash Miss      : 0\n");
	put(text, "Sw Filt Hash Filtered  : 0\n");
	put(text, "Hw Filt Rules          : 0\n");
	put(text, "Poll Pkt Watermark     : %u\n",
	    ring->poll_watermark ? ring->poll_watermark : WATERMARK_DEFAULT);
	put(text, "Num Poll Calls         : %llu\n", (unsigned long long)ring->poll_calls);
	put(text, "Poll Watermark Timeout : 0\n");
}

static void put_memory(struct text *text, const struct torc_live_ring *ring)
{
	unsigned long long slot = slot_bytes(ring);
	int vlan = ring->vlan == TORC_VLAN_ANY ? VLAN_ANY :
		   ring->vlan == TORC_VLAN_NONE ? 0 : ring->vlan;

	put(text, "Channel Id Mask        : 0x%016llX\n", (unsigned long long)ring->channel_mask);
	put(text, "VLAN Id                : %d\n", vlan);
	if (ring->cluster_id)
		put(text, "Cluster Id             : %u\n", ring->cluster_id);
	put(text, "Slot Version           : %d [%s]\n", SLOT_VERSION, VERSION);
	put(text, "Min Num Slots          : %llu\n", (unsigned long long)ring->buffer_bytes / slot);
	put(text, "Bucket Len             : %u\n", ring->snaplen);
	put(text, "Slot Len               : %llu [bucket+header]\n", slot);
	put(text, "Tot Memory             : %llu\n", (unsigned long long)ring->buffer_bytes);
}

static void put_account(struct text *text, const struct torc_live_ring *ring,
			const struct torc_stats *stats)
{
	uint64_t slots = ring->buffer_bytes / slot_bytes(ring), waiting = known(stats->waiting);
	uint64_t seen = known(stats->kernel_seen), lost = known(stats->dropped);
	uint64_t out = lost + known(stats->sampled_out);

	put(text, "Tot Packets            : %llu\n", (unsigned long long)seen);
	put(text, "Tot Pkt Lost           : %llu\n", (unsigned long long)lost);
	put(text, "Tot Insert             : %llu\n",
	    (unsigned long long)(seen > out ? seen - out : 0));
	put(text, "Tot Read               : %llu\n", (unsigned long long)known(stats->received));
	put(text, "Insert Offset          : 0\n");
	put(text, "Remove Offset          : 0\n");
	put(text, "Num Free Slots         : %llu\n",
	    (unsigned long long)(waiting < slots ? slots - waiting : 0));
}

static int put_ring(const struct torc_live_ring *ring, const struct torc_stats *stats, char *buffer,
		    size_t size)
{
	static const char *const modes[] = { "RX+TX", "TX only", "RX only" };
	struct text text = { .at = buffer, .size = size };
	bool receives = ring->mode != TORC_SEND_ONLY;

	put(&text, "Bound Device(s)        : ");
	put_devices(&text, ring->device);
	put(&text, "\nActive                 : %d\n", ring->enabled != 0);
	put(&text, "Breed                  : Standard\n");
	put(&text, "Appl. Name             : ");
	if (ring->application_name[0])
		put_escaped(&text, ring->application_name, strlen(ring->application_name));
	else
		put(&text, "<unknown>");
	put(&text, "\n");
	put(&text, "Socket Mode            : %s\n", modes[ring->mode % 3]);
	if (receives)
		put_receiving(&text, ring);
	put_memory(&text, ring);
	if (receives)
		put_account(&text, ring, stats);
	if (ring->mode != TORC_RECV_ONLY) {
		put(&text, "TX: Send Ok            : %llu\n",
		    (unsigned long long)known(stats->sent));
		put(&text, "TX: Send Errors        : %llu\n",
		    (unsigned long long)known(stats->send_errors));
	}
	if (receives)
		put(&text, "Reflect: Fwd Ok        : 0\nReflect: Fwd Errors    : 0\n");
	return finish(&text);
}

int torc_live_pf_ring(const struct torc_live_ring *given, const struct torc_stats *given_stats,
		      char *buffer, size_t size)
{
	struct torc_live_ring ring = { 0 };
	struct torc_stats stats = { 0 };
	int result = torc_sized_take(&ring, sizeof(ring), given, "torc_live_ring", NULL);

	if (result == 0)
		result = torc_sized_take(&stats, sizeof(stats), given_stats, "torc_stats", NULL);
	return result < 0 ? result : put_ring(&ring, &stats, buffer, size);
}

/* ---- info ---- */

int torc_live_pf_ring_info(unsigned int ring_count, char *buffer, size_t size)
{
	struct text text = { .at = buffer, .size = size };

	put(&text, "PF_RING Version          : %s (unknown)\n", VERSION);
	put(&text, "Total rings              : %u\n\n", ring_count);
	put(&text, "Standard (non ZC) Options\n");
	put(&text, "Ring slots               : %d\n", SLOTS);
	put(&text, "Slot version             : %d\n", SLOT_VERSION);
	put(&text, "Capture TX               : Yes [RX+TX]\n");
	put(&text, "IP Defragment            : No\n");
	put(&text, "Socket Mode              : Standard\n");
	put(&text, "Cluster Fragment Queue   : 0\n");
	put(&text, "Cluster Fragment Discard : 0\n");
	return finish(&text);
}

/* ---- dev/<interface>/info ---- */

struct interface {
	int index;
	bool promisc;
	uint16_t type;
	uint8_t address[ADDRESS_BYTES]; /* the one it was made with, zeros where there is none */
	unsigned int tx_queues, rx_queues;
};

/*
 * Promiscuous by anybody's wish: rtnetlink's count, since the flag of SIOCGIFFLAGS is only what an
 * administrator set (linux/if_link.h, IFLA_PROMISCUITY).
 */
static int take_promiscuity(void *arg, const struct nlmsghdr *message)
{
	size_t left = IFLA_PAYLOAD(message);
	bool *promisc = arg;

	for (const struct rtattr *at = IFLA_RTA(NLMSG_DATA(message)); RTA_OK(at, left);
	     at = RTA_NEXT(at, left))
		if (at->rta_type == IFLA_PROMISCUITY)
			*promisc = rtnetlink_u32(at) > 0;
	return 0;
}

static bool ask(int fd, struct ifreq *request, unsigned long what, void *data)
{
	if (data)
		request->ifr_data = data;
	return ioctl(fd, what, request) == 0;
}

static int read_interface(const char *name, struct interface *interface)
{
	union { /* the head, and room for the address behind it */
		struct ethtool_perm_addr head;
		uint8_t bytes[sizeof(struct ethtool_perm_addr) + 32];
	} address = { .head = { .cmd = ETHTOOL_GPERMADDR, .size = 32 } };
	struct ethtool_channels channels = { .cmd = ETHTOOL_GCHANNELS };
	struct ifreq request = { 0 };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0); /* any kind will do */
	bool good;

	if (fd < 0)
		return -errno;
	*interface = (struct interface){ .tx_queues = 1, .rx_queues = 1 };
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	interface->index = (int)if_nametoindex(name);
	if (interface->index > 0)
		rtnetlink_links(interface->index, take_promiscuity, &interface->promisc);
	good = ask(fd, &request, SIOCGIFHWADDR, NULL);
	if (good)
		interface->type = request.ifr_hwaddr.sa_family;
	if (ask(fd, &request, SIOCETHTOOL, &address) && address.head.size == ADDRESS_BYTES)
		memcpy(interface->address, address.bytes + sizeof(address.head), ADDRESS_BYTES);
	if (ask(fd, &request, SIOCETHTOOL, &channels)) {
		interface->tx_queues = channels.tx_count + channels.combined_count;
		interface->rx_queues = channels.rx_count + channels.combined_count;
	}
	close(fd);
	return good ? 0 : -ENODEV;
}

int torc_live_pf_ring_device(const char *name, unsigned int ring_count, char *buffer, size_t size)
{
	struct text text = { .at = buffer, .size = size };
	struct interface interface = { 0 };
	const uint8_t *a = interface.address;
	int code = read_interface(name, &interface);

	if (code < 0)
		return code;
	put(&text, "Name:         %s\n", name);
	put(&text, "Index:        %d\n", interface.index);
	put(&text, "Address:      %02X:%02X:%02X:%02X:%02X:%02X\n", a[0], a[1], a[2], a[3], a[4],
	    a[5]);
	put(&text, "Polling Mode: NAPI\n");
	put(&text, "Promisc:      %s\n", interface.promisc ? "Enabled" : "Disabled");
	if (interface.type == ARPHRD_ETHER || interface.type == ARPHRD_LOOPBACK)
		put(&text, "Type:         %s\n",
		    interface.type == ARPHRD_ETHER ? "Ethernet" : "Loopback");
	else
		put(&text, "Type:         %u\n", interface.type);
	put(&text, "Family:       Standard NIC\n");
	put(&text, "# Bound Sockets:  %u\n", ring_count);
	put(&text, "TX Queues:    %u\n", interface.tx_queues);
	put(&text, "RX Queues:    %u\n", interface.rx_queues);
	return finish(&text);
}
