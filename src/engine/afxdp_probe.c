/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * afxdp_probe.c - what AF_XDP could do on an interface, without attaching anything to it
 *
 * Privileges are tried on objects that touch no interface: a map and an unbound socket. What the
 * driver can do is what generic netlink tells (enum netdev_xdp_act, linux/netdev.h, Linux 6.3).
 */
#include <errno.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <torc/device.h>

#include "bpf/bpf.h"
#include "engine/afxdp_link.h"
#include "send/way.h"
#include "util/error.h"

/* enum netdev_xdp_act */
#define ACT_BASIC        1u
#define ACT_REDIRECT     2u
#define ACT_TRANSMIT     4u
#define ACT_ZERO_COPY    8u

static int try_privileges(struct torc_error *error)
{
	int fd = torc_bpf_map_create(BPF_MAP_TYPE_XSKMAP, sizeof(uint32_t), sizeof(uint32_t), 1, 0,
				     "torc_probe");

	if (fd >= 0) {
		close(fd);
		fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
		if (fd < 0)
			fd = -errno;
	}
	if (fd >= 0) {
		close(fd);
		return 0;
	}
	if (fd == -EPERM)
		return torc_error_set(error, fd, "xdp: needs CAP_BPF and CAP_NET_ADMIN besides "
						 "CAP_NET_RAW");
	return torc_error_set(error, fd == -EAFNOSUPPORT || fd == -EINVAL ? -EOPNOTSUPP : fd,
			      "this kernel has no AF_XDP: %s", torc_strerror(fd));
}

static int check_interface(const struct afxdp_link *link, struct torc_error *error)
{
	if (!(link->flags & IFF_UP))
		return torc_error_set(error, -ENETDOWN, "interface %s is down", link->name);
	if (link->type != ARPHRD_ETHER && link->type != ARPHRD_LOOPBACK)
		return torc_error_set(error, -EMEDIUMTYPE, "%s is not Ethernet-like", link->name);
	if (link->mtu > afxdp_link_mtu_limit())
		return torc_error_set(error, -EOPNOTSUPP,
				      "%s has an MTU of %u, and an AF_XDP frame has room for %u",
				      link->name, link->mtu, afxdp_link_mtu_limit());
	if (link->xdp_program)
		return torc_error_set(error, -EBUSY, "%s has an XDP program already (id %u)",
				      link->name, link->xdp_program);
	return 0;
}

static int abilities(const struct afxdp_link *link)
{
	uint64_t acts;
	int bits = afxdp_link_has_default_route(link->ifindex) > 0 ? TORC_XDP_DEFAULT_ROUTE : 0;

	if (torc_xdp_features(link->ifindex, &acts) < 0)
		return bits | TORC_XDP_UNTOLD;
	if ((acts & ACT_BASIC) && (acts & ACT_REDIRECT))
		bits |= TORC_XDP_NATIVE;
	if (acts & ACT_ZERO_COPY)
		bits |= TORC_XDP_ZERO_COPY;
	if (acts & ACT_TRANSMIT)
		bits |= TORC_XDP_TRANSMIT;
	return bits;
}

int torc_device_xdp(const char *name, struct torc_error *error)
{
	struct afxdp_link link;
	int result = afxdp_link_get(&link, name, 0);

	if (result < 0)
		return torc_error_set(error, result, "%s: %s", name, torc_strerror(result));
	result = check_interface(&link, error);
	if (result == 0)
		result = try_privileges(error);
	return result < 0 ? result : abilities(&link);
}
