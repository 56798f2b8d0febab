/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * torc/device.h - the interfaces there are, and what each can do, found out without touching it
 *
 *	struct torc_devices *devices;
 *	struct torc_device device = { .size = sizeof(device) };
 *
 *	torc_devices_open(&devices, NULL);
 *	while (torc_devices_next(devices, &device) > 0)
 *		printf("%s: %s\n", device.name, device.driver);
 *	torc_devices_close(devices);
 *
 * No right is needed but by torc_device_xdp().
 */
#ifndef TORC_DEVICE_H
#define TORC_DEVICE_H

#include <torc/base.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_devices;

/* An address of an interface, as getifaddrs(3) has it. */
struct torc_device_address {
	uint16_t family;        /* AF_INET, AF_INET6 */
	uint8_t prefix_length;
	uint8_t has;            /* TORC_DEVICE_HAS_ bits */
	uint32_t scope_id;      /* of link-local IPv6 */
	uint8_t address[16];    /* 4 bytes of it for AF_INET */
	uint8_t broadcast[16];
	uint8_t peer[16];       /* of a point-to-point link */
};

enum {
	TORC_DEVICE_HAS_BROADCAST = 1 << 0,
	TORC_DEVICE_HAS_PEER = 1 << 1
};

/* torc_device.offloads: what the card or the kernel does to packets before a capture sees them. */
enum {
	TORC_OFFLOAD_GRO = 1 << 0,     /* received segments are merged */
	TORC_OFFLOAD_LRO = 1 << 1,     /* the same, by the card, and not to be taken apart again */
	TORC_OFFLOAD_TSO = 1 << 2,     /* sent segments are captured before they are split */
	TORC_OFFLOAD_GSO = 1 << 3,
	TORC_OFFLOAD_RX_VLAN = 1 << 4, /* tags are taken out (Torc puts them back) */
	TORC_OFFLOAD_TX_VLAN = 1 << 5,
	TORC_OFFLOAD_RX_CHECKSUM = 1 << 6,
	TORC_OFFLOAD_TX_CHECKSUM = 1 << 7 /* sent packets are captured without their checksum */
};

/* TORC_UNKNOWN in a number: the driver does not tell. */
struct torc_device {
	size_t size; /* sizeof(struct torc_device) */
	char name[16];
	char driver[32];           /* "": it does not tell */
	uint32_t ifindex;
	uint32_t flags;            /* IFF_UP, IFF_RUNNING, IFF_LOOPBACK ... of net/if.h */
	uint32_t mtu;
	uint32_t offloads;         /* TORC_OFFLOAD_ bits */
	uint16_t link_type;        /* TORC_LINK_ of a ring on it */
	uint8_t hardware_time;     /* 1: the card stamps received packets */
	uint8_t address_length;    /* bytes of hardware_address; 0: it has none */
	uint8_t hardware_address[32];
	uint64_t speed_mbit;
	uint64_t receive_queues, send_queues, queues_most;  /* channels now, and at most */
	uint64_t receive_slots, receive_slots_most;         /* of the card's ring of a queue */
	uint64_t received, receive_dropped, receive_missed; /* of the kernel, since it is there;
							       missed: by the card */
	const struct torc_device_address *addresses; /* borrowed until torc_devices_close() */
	uint32_t address_count;
};

/*
 * torc_devices_open - take the list of the interfaces of this network namespace
 *
 * Returns 0, -ENOMEM, or a negative errno and its sentence. Cost: some system calls an interface, when
 * it is asked for.
 */
TORC_API int torc_devices_open(struct torc_devices **devices, struct torc_error *error);

/*
 * torc_devices_next - the next interface, by its number
 *
 * device  its size is set; filled in
 *
 * Returns 1, 0 after the last, -EINVAL (size). Of one that went away meanwhile the driver tells
 * nothing.
 */
TORC_API int torc_devices_next(struct torc_devices *devices, struct torc_device *device);

/* torc_devices_close - release the list and its addresses; NULL is allowed */
TORC_API void torc_devices_close(struct torc_devices *devices);

/* What torc_device_xdp() answers. */
enum {
	TORC_XDP_NATIVE = 1 << 0,        /* the driver runs XDP programs and can redirect */
	TORC_XDP_ZERO_COPY = 1 << 1,     /* frames need not be copied */
	TORC_XDP_TRANSMIT = 1 << 2,      /* redirected frames can leave by it (torc/send.h) */
	TORC_XDP_UNTOLD = 1 << 3,        /* the kernel (before 6.3) does not tell these three */
	TORC_XDP_DEFAULT_ROUTE = 1 << 4  /* the host's default route: xdp: wants "take=1" */
};

/*
 * torc_device_xdp - could a ring be opened on "xdp:NAME", and what would it have?
 *
 * name   an interface
 * error  NULL, or where the sentence goes
 *
 * Looks, and attaches nothing: what a driver refuses when it is really asked, this cannot know.
 * Returns the bits above (which may be 0: generic mode), or
 *   -ENODEV      no such interface; -ENETDOWN: it is down
 *   -EPERM       CAP_NET_RAW, CAP_NET_ADMIN or CAP_BPF is missing
 *   -EBUSY       it has another XDP program, which xdp: would leave alone
 *   -EOPNOTSUPP  the kernel has no AF_XDP, or the interface has too large an MTU
 *   -EMEDIUMTYPE not Ethernet-like
 * Cost: some system calls, no more than a millisecond.
 */
TORC_API int torc_device_xdp(const char *name, struct torc_error *error);

#ifdef __cplusplus
}
#endif

#endif
