/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * afxdp_link.c - what the AF_XDP engine must know of an interface
 *
 * By rtnetlink(7) and ethtool's ioctl: both look at the network namespace of the calling thread,
 * which /sys and /proc do not when they were mounted elsewhere.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/filter.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "engine/afxdp_link.h"
#include "util/rtnetlink.h"

#define MAX_UPPER 16 /* devices stacked on one interface that are looked at */

/* Find a nested attribute; NULL when it is not there. */
static const struct rtattr *nested(const struct rtattr *parent, unsigned short type)
{
	size_t left = RTA_PAYLOAD(parent);

	for (const struct rtattr *a = RTA_DATA(parent); RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		if ((a->rta_type & NLA_TYPE_MASK) == type)
			return a;
	}
	return NULL;
}

/* A veth's IFLA_LINK is its peer; that of these is the device they stand on. */
static bool stands_on_another(const struct rtattr *info)
{
	const struct rtattr *kind = nested(info, IFLA_INFO_KIND);

	return kind && (!strcmp(RTA_DATA(kind), "vlan") || !strcmp(RTA_DATA(kind), "macvlan") ||
			!strcmp(RTA_DATA(kind), "ipvlan"));
}

static void read_attribute(struct afxdp_link *link, const struct rtattr *a, bool *stands)
{
	const struct rtattr *id;
	struct rtnl_link_stats64 stats;

	switch (a->rta_type & NLA_TYPE_MASK) {
	case IFLA_IFNAME:
		strncpy(link->name, RTA_DATA(a), sizeof(link->name) - 1);
		break;
	case IFLA_MTU:
		link->mtu = rtnetlink_u32(a);
		break;
	case IFLA_ADDRESS:
		if (RTA_PAYLOAD(a) == sizeof(link->address))
			memcpy(link->address, RTA_DATA(a), sizeof(link->address));
		break;
	case IFLA_NUM_RX_QUEUES:
		link->queue_count = rtnetlink_u32(a);
		break;
	case IFLA_MASTER:
		link->master = (int)rtnetlink_u32(a);
		break;
	case IFLA_LINK:
		link->lower = (int)rtnetlink_u32(a);
		break;
	case IFLA_LINKINFO:
		*stands = stands_on_another(a);
		break;
	case IFLA_XDP:
		id = nested(a, IFLA_XDP_PROG_ID);
		link->xdp_program = id ? rtnetlink_u32(id) : 0;
		break;
	case IFLA_STATS64:
		memset(&stats, 0, sizeof(stats));
		memcpy(&stats, RTA_DATA(a),
		       RTA_PAYLOAD(a) < sizeof(stats) ? RTA_PAYLOAD(a) : sizeof(stats));
		link->missed = stats.rx_missed_errors;
		break;
	}
}

static void read_link(struct afxdp_link *link, const struct nlmsghdr *message)
{
	const struct ifinfomsg *info = NLMSG_DATA(message);
	size_t left = IFLA_PAYLOAD(message);
	bool stands = false;

	memset(link, 0, sizeof(*link));
	link->ifindex = info->ifi_index;
	link->type = info->ifi_type;
	link->flags = info->ifi_flags;
	for (const struct rtattr *a = IFLA_RTA(info); RTA_OK(a, left); a = RTA_NEXT(a, left))
		read_attribute(link, a, &stands);
	if (!stands)
		link->lower = 0;
}

static int take_link(void *arg, const struct nlmsghdr *message)
{
	if (message->nlmsg_type == RTM_NEWLINK)
		read_link(arg, message);
	return 0;
}

/* Queues in use now; the number of rtnetlink is how many the driver could have. */
static void read_channels(struct afxdp_link *link)
{
	struct ethtool_channels channels = { .cmd = ETHTOOL_GCHANNELS };
	struct ifreq request = { .ifr_data = (void *)&channels };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return;
	memcpy(request.ifr_name, link->name, sizeof(request.ifr_name) - 1);
	if (ioctl(fd, SIOCETHTOOL, &request) == 0 &&
	    channels.combined_count + channels.rx_count > 0)
		link->queue_count = channels.combined_count + channels.rx_count;
	close(fd);
}

int afxdp_link_get(struct afxdp_link *link, const char *name, int ifindex)
{
	int result;

	if (name)
		ifindex = (int)if_nametoindex(name);
	if (ifindex <= 0)
		return -ENODEV;
	memset(link, 0, sizeof(*link));
	result = rtnetlink_links(ifindex, take_link, link);
	if (result < 0)
		return result;
	if (link->ifindex == 0)
		return -ENODEV;
	read_channels(link);
	if (link->queue_count == 0)
		link->queue_count = 1;
	return 0;
}

uint64_t afxdp_link_queues(const struct afxdp_link *link)
{
	return link->queue_count >= AFXDP_MAX_QUEUES ? UINT64_MAX :
						       (UINT64_C(1) << link->queue_count) - 1;
}

uint32_t afxdp_link_mtu_limit(void)
{
	struct utsname system;
	unsigned int major = 0, minor = 0;

	uname(&system);
	return sscanf(system.release, "%u.%u", &major, &minor) == 2 &&
			       (major > 6 || (major == 6 && minor >= 6)) ?
		       UINT32_MAX :
		       afxdp_page_mtu();
}

/* ---- the default route ---- */

/* Interfaces whose packets cross the one in question: itself and what is stacked on it. */
struct stack {
	int ifindex[MAX_UPPER];
	unsigned int count;
	bool grew;
	bool carries; /* the default route leaves by one of them */
};

static bool stack_has(const struct stack *stack, int ifindex)
{
	for (unsigned int i = 0; i < stack->count; i++) {
		if (stack->ifindex[i] == ifindex)
			return true;
	}
	return false;
}

static void stack_add(struct stack *stack, int ifindex)
{
	if (ifindex <= 0 || stack->count == MAX_UPPER || stack_has(stack, ifindex))
		return;
	stack->ifindex[stack->count++] = ifindex;
	stack->grew = true;
}

static int take_upper(void *arg, const struct nlmsghdr *message)
{
	struct stack *stack = arg;
	struct afxdp_link link;

	if (message->nlmsg_type != RTM_NEWLINK)
		return 0;
	read_link(&link, message);
	if (stack_has(stack, link.ifindex))
		stack_add(stack, link.master);
	if (link.lower > 0 && stack_has(stack, link.lower))
		stack_add(stack, link.ifindex);
	return 0;
}

static void check_hops(struct stack *stack, const struct rtattr *multipath)
{
	const struct rtnexthop *hop = RTA_DATA(multipath);
	int left = (int)RTA_PAYLOAD(multipath);

	while (left >= (int)sizeof(*hop) && RTNH_OK(hop, left)) {
		stack->carries |= stack_has(stack, hop->rtnh_ifindex);
		left -= RTNH_ALIGN(hop->rtnh_len);
		hop = RTNH_NEXT(hop);
	}
}

static int take_route(void *arg, const struct nlmsghdr *message)
{
	const struct rtmsg *route = NLMSG_DATA(message);
	size_t left = RTM_PAYLOAD(message);
	struct stack *stack = arg;

	if (message->nlmsg_type != RTM_NEWROUTE || route->rtm_dst_len != 0 ||
	    route->rtm_type != RTN_UNICAST)
		return 0;
	for (const struct rtattr *a = RTM_RTA(route); RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		if (a->rta_type == RTA_OIF)
			stack->carries |= stack_has(stack, (int)rtnetlink_u32(a));
		else if (a->rta_type == RTA_MULTIPATH)
			check_hops(stack, a);
	}
	return 0;
}

int afxdp_link_has_default_route(int ifindex)
{
	static const unsigned char families[] = { AF_INET, AF_INET6 };
	struct stack stack = { .ifindex = { ifindex }, .count = 1, .grew = true };
	int fd, result = 0;

	while (stack.grew && result == 0) {
		stack.grew = false;
		result = rtnetlink_links(0, take_upper, &stack);
	}
	fd = result < 0 ? result : rtnetlink_open();
	if (fd < 0)
		return fd;
	for (unsigned int i = 0; i < 2 && result == 0; i++) {
		struct {
			struct nlmsghdr header;
			struct rtmsg route;
		} request = { .header = { .nlmsg_len = sizeof(request), .nlmsg_type = RTM_GETROUTE,
					  .nlmsg_flags = NLM_F_DUMP },
			      .route = { .rtm_family = families[i] } };

		result = rtnetlink_ask(fd, &request.header, take_route, &stack);
		if (result == -EAFNOSUPPORT || result == -EOPNOTSUPP)
			result = 0; /* a kernel without that protocol has no route of it */
	}
	close(fd);
	return result < 0 ? result : stack.carries;
}

/* ---- changes ---- */

/*
 * A deleted interface is not up any more, and one that was down already is told by its end. Fields
 * of a message are in host order, and loads of classic BPF convert from network order.
 */
int afxdp_link_monitor_for(int monitor, int ifindex, bool up)
{
	struct sock_filter wanted[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 NLMSG_HDRLEN + offsetof(struct ifinfomsg, ifi_index)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl((uint32_t)ifindex), 0, 5),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_type)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_DELLINK), up ? 0 : 2, 0),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 NLMSG_HDRLEN + offsetof(struct ifinfomsg, ifi_flags)),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, htonl(IFF_UP), up, !up),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog filter = { sizeof(wanted) / sizeof(*wanted), wanted };

	if (setsockopt(monitor, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) < 0)
		return -errno;
	afxdp_link_changed(monitor); /* what came before does not count */
	return 0;
}

bool afxdp_link_changed(int monitor)
{
	char byte;
	bool told = false;

	/* What was said does not matter, nor what was lost (ENOBUFS): the caller asks anew. */
	while (recv(monitor, &byte, sizeof(byte), MSG_TRUNC) >= 0 || errno == ENOBUFS)
		told = true;
	return told;
}
