/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * afxdp_link.h - an interface as the AF_XDP engine sees it, by rtnetlink and ethtool
 */
#ifndef TORC_ENGINE_AFXDP_LINK_H
#define TORC_ENGINE_AFXDP_LINK_H

#include <stdbool.h>
#include <stdint.h>
#include <unistd.h>

#define AFXDP_MAX_QUEUES 64 /* bits of a channel mask */

/* Bytes the kernel leaves free in each frame before the packet (XDP_PACKET_HEADROOM). */
#define AFXDP_KERNEL_HEADROOM 256u
/* And these of ours. Frames begin at a cache line, so the stamp shares one with the first headers. */
#define AFXDP_HEADROOM 32u

#define AFXDP_LONGEST_HEADER 22u /* Ethernet and two VLAN tags */

/* The largest MTU whose frames fit into a page. */
static inline uint32_t afxdp_page_mtu(void)
{
	return (uint32_t)getpagesize() - AFXDP_KERNEL_HEADROOM - AFXDP_HEADROOM -
	       AFXDP_LONGEST_HEADER;
}

struct afxdp_link {
	int ifindex;
	uint16_t type; /* ARPHRD_ */
	uint32_t mtu;
	uint32_t flags; /* IFF_ */
	uint8_t address[6];
	char name[64];
	uint32_t queue_count;
	uint32_t xdp_program; /* id of the program attached, 0 for none */
	uint64_t missed;      /* rx_missed_errors */
	int master;
	int lower; /* the interface a vlan, macvlan or ipvlan device stands on, or 0 */
};

/* By name, or by ifindex when name is NULL. -ENODEV when there is none. */
int afxdp_link_get(struct afxdp_link *link, const char *name, int ifindex);
/* The receive queues as a mask, the first AFXDP_MAX_QUEUES of them. */
uint64_t afxdp_link_queues(const struct afxdp_link *link);
/* The largest MTU that this kernel can do. */
uint32_t afxdp_link_mtu_limit(void);
/* 1: packets of a default route pass this interface, itself or under a vlan, bridge or bond. */
int afxdp_link_has_default_route(int ifindex);
/*
 * Let a monitor (rtnetlink_monitor_links()) tell from now on only when this interface is no longer
 * up (or down), or deleted.
 */
int afxdp_link_monitor_for(int monitor, int ifindex, bool up);
/* Read it empty. Returns whether anything was told. */
bool afxdp_link_changed(int monitor);

#endif
