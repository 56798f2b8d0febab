/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * afpacket_socket.c - single steps on packet sockets and interfaces (packet(7), netdevice(7))
 *
 * Nothing here knows a ring or an engine's state; each function is one question or one setting.
 */
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/membarrier.h>
#include <linux/net_tstamp.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "engine/afpacket.h"
#include "util/error.h"
#include "util/rtnetlink.h"
#include "util/spare.h"

#define PACKET_MAX 65536u /* IP's, and GRO's where BIG TCP is off */

/* linux/if_link.h, since 5.19 and 6.3 */
#define LINK_GRO_MAX_SIZE      58
#define LINK_GSO_IPV4_MAX_SIZE 63
#define LINK_GRO_IPV4_MAX_SIZE 64

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

/*
 * One interface request, in the network namespace of the socket fd; -1: in the caller's, by a socket
 * made for it. Returns 0 or negative errno.
 */
static int interface_ioctl(int fd, const char *name, unsigned long request, struct ifreq *ifr)
{
	int own = fd < 0 ? socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0) : -1, result;

	if (fd < 0 && own < 0)
		return -errno;
	if (name)
		snprintf(ifr->ifr_name, sizeof(ifr->ifr_name), "%s", name);
	result = ioctl(fd < 0 ? own : fd, request, ifr) < 0 ? -errno : 0;
	if (own >= 0)
		close(own);
	return result;
}

int afp_interface_name(int fd, int ifindex, char name[IF_NAMESIZE])
{
	struct ifreq ifr = { .ifr_ifindex = ifindex };
	int result = interface_ioctl(fd, NULL, SIOCGIFNAME, &ifr);

	if (result == 0)
		memcpy(name, ifr.ifr_name, IF_NAMESIZE);
	return result;
}

int afp_interface_index(int fd, const char *name)
{
	struct ifreq ifr = { 0 };
	int result = interface_ioctl(fd, name, SIOCGIFINDEX, &ifr);

	return result < 0 ? result : ifr.ifr_ifindex;
}

int afp_interface_flags(int fd, const char *name)
{
	struct ifreq ifr = { 0 };
	int result = interface_ioctl(fd, name, SIOCGIFFLAGS, &ifr);

	return result < 0 ? result : (uint16_t)ifr.ifr_flags;
}

unsigned int afp_mtu(int fd, const char *name)
{
	struct ifreq ifr = { 0 };

	return interface_ioctl(fd, name, SIOCGIFMTU, &ifr) < 0 ? 65535 : (unsigned int)ifr.ifr_mtu;
}

void afp_address(int fd, const char *name, uint8_t address[6])
{
	struct ifreq ifr = { 0 };

	if (interface_ioctl(fd, name, SIOCGIFHWADDR, &ifr) == 0)
		memcpy(address, ifr.ifr_hwaddr.sa_data, 6);
}

/* "no interface eth7; there are: lo, eth0" */
static int no_interface(const char *name, struct torc_error *error)
{
	struct if_nameindex *all = if_nameindex();
	char list[320] = "";
	size_t used = 0;

	for (struct if_nameindex *i = all; i && i->if_name && used < sizeof(list); i++)
		used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s",
					 used ? ", " : "", i->if_name);
	if (all)
		if_freenameindex(all);
	return torc_error_set(error, -ENODEV, "no interface %.64s; there are: %s", name, list);
}

int afp_hatype(int fd, const char *name)
{
	struct ifreq ifr = { 0 };
	int result = interface_ioctl(fd, name, SIOCGIFHWADDR, &ifr);

	return result < 0 ? result : ifr.ifr_hwaddr.sa_family;
}

int afp_find_interface(const char *name, int *ifindex, struct torc_error *error)
{
	int flags, index;

	*ifindex = 0;
	if (strcmp(name, "any") == 0)
		return 0;
	flags = strlen(name) < IF_NAMESIZE ? afp_interface_flags(-1, name) : -ENODEV;
	index = flags < 0 ? flags : afp_interface_index(-1, name);
	if (index == -ENODEV)
		return no_interface(name, error);
	if (index < 0)
		return torc_error_set(error, index, "cannot read the state of %s: %s", name,
				      torc_strerror(index));
	*ifindex = index;
	if (!(flags & IFF_UP))
		return torc_error_set(error, -ENETDOWN,
				      "interface %s is down; bring it up with `ip link set %s up`",
				      name, name);
	return 0;
}

/* A ring of that version can be made on it; else it is closed. */
static int prepare(const struct afpacket *engine, int fd, struct torc_error *error)
{
	unsigned int reserve = AFP_TAG_BYTES;
	int version = engine->format->version;

	if (setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) < 0 ||
	    setsockopt(fd, SOL_PACKET, PACKET_RESERVE, &reserve, sizeof(reserve)) < 0) {
		int code = -errno;

		close(fd);
		if (code == -EBUSY)
			return torc_error_set(error, code, "packet socket %d has a ring already", fd);
		return torc_error_set(error, code, "this kernel has no TPACKET_V%d rings: %s",
				      version + 1, torc_strerror(code));
	}
	return fd;
}

int afp_socket(const struct afpacket *engine, struct torc_error *error)
{
	/* protocol 0: nothing is received before the ring is there and bound */
	int fd = torc_packet_socket();

	if (fd == -EPERM)
		return torc_error_set(error, -EPERM,
				      "capturing needs CAP_NET_RAW: run as root, or `setcap "
				      "cap_net_raw+ep` the program");
	if (fd < 0)
		return torc_error_set(error, fd, "cannot open a packet socket: %s",
				      torc_strerror(fd));
	return prepare(engine, fd, error);
}

int afp_given_socket(struct afpacket *engine, struct torc_error *error)
{
	int *given = engine->config.socket, fd = *given;
	int result = torc_packet_socket_check(fd, &engine->locked, error);

	engine->config.socket = NULL;
	if (result < 0)
		return result;
	*given = -1;
	return prepare(engine, fd, error);
}

int afp_bind(int fd, int ifindex, uint16_t protocol)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET,
				       .sll_protocol = htons(protocol),
				       .sll_ifindex = ifindex };

	return bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
}

int afp_bound_to(int fd)
{
	struct sockaddr_ll address = { .sll_ifindex = 0 };
	socklen_t length = sizeof(address);

	return getsockname(fd, (struct sockaddr *)&address, &length) < 0 ? -errno :
									   address.sll_ifindex;
}

/*
 * A filter that was replaced may still be running for a packet on another CPU, and the packet gets
 * its timestamp only behind it. Packet sockets run under RCU, and this waits for a grace period:
 * afterwards every packet that the old filter accepted is in the ring with its stamp.
 */
void afp_filter_settle(void)
{
	struct timespec pause = { .tv_nsec = 2000000 };

	if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) < 0)
		nanosleep(&pause, NULL); /* not in this kernel: the likely time */
}

int afp_socket_filter(int fd, const struct sock_fprog *program)
{
	int unused = 0;

	if (program->len == 0) {
		if (setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof(unused)) < 0 &&
		    errno != ENOENT)
			return -errno;
		return 0;
	}
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, program, sizeof(*program)) < 0 ?
		       -errno :
		       0;
}

int afp_refuse_all(int fd)
{
	struct sock_filter refuse = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog program = { .len = 1, .filter = &refuse };

	return afp_socket_filter(fd, &program);
}

int afp_socket_promisc(int fd, int ifindex, bool on)
{
	struct packet_mreq request = { .mr_ifindex = ifindex, .mr_type = PACKET_MR_PROMISC };
	int option = on ? PACKET_ADD_MEMBERSHIP : PACKET_DROP_MEMBERSHIP;

	if (ifindex == 0)
		return 0;
	return setsockopt(fd, SOL_PACKET, option, &request, sizeof(request)) < 0 ? -errno : 0;
}

/*
 * Ask the card to stamp what it receives, and the socket to prefer those stamps. A card that cannot
 * leaves software stamps, and each packet says which it has, so nothing here is an error.
 */
void afp_hardware_timestamps(int fd, const char *name)
{
	struct hwtstamp_config config = { .rx_filter = HWTSTAMP_FILTER_ALL };
	struct ifreq ifr = { 0 };
	int raw = SOF_TIMESTAMPING_RAW_HARDWARE;

	ifr.ifr_data = (char *)&config;
	interface_ioctl(fd, name, SIOCSHWTSTAMP, &ifr);
	setsockopt(fd, SOL_PACKET, PACKET_TIMESTAMP, &raw, sizeof(raw));
}

unsigned int afp_queue_count(int fd, const char *name)
{
	struct ethtool_channels channels = { .cmd = ETHTOOL_GCHANNELS };
	struct ifreq ifr = { 0 };
	unsigned int count;

	ifr.ifr_data = (char *)&channels;
	if (interface_ioctl(fd, name, SIOCETHTOOL, &ifr) < 0)
		return 1;
	count = channels.rx_count + channels.combined_count;
	return count ? count : 1;
}

/* Are two sockets in one network namespace? Kernels before 5.14 do not tell. */
static bool same_namespace(int a, int b)
{
	uint64_t one = 0, other = 0;
	socklen_t length = sizeof(one);

	return getsockopt(a, SOL_SOCKET, SO_NETNS_COOKIE, &one, &length) < 0 ||
	       getsockopt(b, SOL_SOCKET, SO_NETNS_COOKIE, &other, &length) < 0 || one == other;
}

/* The largest of the sizes of merged and of unsegmented packets. */
static int take_offload_size(void *arg, const struct nlmsghdr *message)
{
	size_t left = IFLA_PAYLOAD(message);
	unsigned int *largest = arg;

	for (const struct rtattr *at = IFLA_RTA(NLMSG_DATA(message)); RTA_OK(at, left);
	     at = RTA_NEXT(at, left)) {
		bool is_size = at->rta_type == IFLA_GSO_MAX_SIZE ||
			       at->rta_type == LINK_GRO_MAX_SIZE ||
			       at->rta_type == LINK_GSO_IPV4_MAX_SIZE ||
			       at->rta_type == LINK_GRO_IPV4_MAX_SIZE;
		uint32_t size = is_size ? rtnetlink_u32(at) : 0;

		*largest = size > *largest ? size : *largest;
	}
	return 0;
}

/*
 * Whether the interface itself merges or segments tells nothing: a veth, a tap or a bridge brings
 * what another device has made. So 64 KiB are always possible, and more where BIG TCP is allowed.
 */
unsigned int afp_longest_frame(int ifindex)
{
	unsigned int size = 0;

	if (ifindex)
		rtnetlink_links(ifindex, take_offload_size, &size); /* or it is not to be known */
	return (size > PACKET_MAX ? size : PACKET_MAX) + ETH_HLEN + 2 * AFP_TAG_BYTES;
}

static int take_missed_errors(void *arg, const struct nlmsghdr *message)
{
	const size_t field = offsetof(struct rtnl_link_stats64, rx_missed_errors);
	const struct rtattr *at = (const void *)((const char *)NLMSG_DATA(message) +
						 NLMSG_ALIGN(sizeof(struct if_stats_msg)));
	size_t left = NLMSG_PAYLOAD(message, sizeof(struct if_stats_msg));

	if (RTA_OK(at, left) && at->rta_type == IFLA_STATS_LINK_64 &&
	    RTA_PAYLOAD(at) >= field + sizeof(uint64_t))
		memcpy(arg, (const char *)RTA_DATA(at) + field, sizeof(uint64_t));
	return 0;
}

/*
 * The card's own count of frames it had no room for, from the kernel's statistics of the link
 * (rtnetlink(7), RTM_GETSTATS); TORC_UNKNOWN where the interface is not to be found, also since the
 * caller is in another network namespace than the ring's socket now.
 */
uint64_t afp_missed_errors(int socket_fd, int ifindex)
{
	struct {
		struct nlmsghdr header;
		struct if_stats_msg link;
	} request = { .header = { .nlmsg_len = sizeof(request), .nlmsg_type = RTM_GETSTATS },
		      .link = { .ifindex = (uint32_t)ifindex,
				.filter_mask = IFLA_STATS_FILTER_BIT(IFLA_STATS_LINK_64) } };
	uint64_t missed = TORC_UNKNOWN;
	int fd = ifindex ? rtnetlink_open() : -1;

	if (fd < 0)
		return TORC_UNKNOWN;
	if (same_namespace(fd, socket_fd))
		rtnetlink_ask(fd, &request.header, take_missed_errors, &missed);
	close(fd);
	return missed;
}

/* ---- a socket that programs have too ---- */

int afp_socket_number(struct torc_engine *base)
{
	struct afpacket *engine = afpacket(base);

	return afp_active(engine)->fd >= 0 ? afp_active(engine)->fd : engine->parked;
}

/* SO_GET_FILTER counts in instructions; asked for none it says how many there are. */
int afp_foreign_filter(struct torc_engine *base, struct sock_fprog *program)
{
	struct afpacket *engine = afpacket(base);
	const struct sock_fprog none = { 0 }, *ours = engine->filtering ? &engine->filter : &none;
	int fd = afp_socket_number(base);
	socklen_t count = 0;

	*program = none;
	if (fd < 0 || engine->refusing || engine->locked ||
	    getsockopt(fd, SOL_SOCKET, SO_GET_FILTER, NULL, &count) < 0 || count > BPF_MAXINSNS)
		return 0;
	program->filter = calloc(count + 1, sizeof(*program->filter));
	if (!program->filter ||
	    (count > 0 && getsockopt(fd, SOL_SOCKET, SO_GET_FILTER, program->filter, &count) < 0) ||
	    (count == ours->len && (count == 0 || memcmp(program->filter, ours->filter,
							  count * sizeof(*ours->filter)) == 0))) {
		free(program->filter);
		return 0;
	}
	program->len = (unsigned short)count;
	return 1;
}
