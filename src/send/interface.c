/* SPDX-License-Identifier: BSD-3-Clause */
/* interface.c - what a sender asks of an interface: netdevice(7), proc(5) */
#include <errno.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "send/way.h"
#include "util/error.h"

#define TAG_BYTES 4

static int ask(const char *interface, unsigned long what, struct ifreq *request)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), code = 0; /* any kind will do */

	if (fd < 0)
		return -errno;
	memset(request, 0, sizeof(*request));
	snprintf(request->ifr_name, sizeof(request->ifr_name), "%s", interface);
	if (ioctl(fd, what, request) < 0)
		code = -errno;
	close(fd);
	return code;
}

int torc_way_check_up(const char *interface, uint32_t *mtu)
{
	struct ifreq request;
	int code = ask(interface, SIOCGIFFLAGS, &request);

	if (code == 0 && !(request.ifr_flags & IFF_UP))
		code = -ENETDOWN;
	if (code == 0)
		code = ask(interface, SIOCGIFMTU, &request);
	if (code == 0)
		*mtu = (uint32_t)request.ifr_mtu;
	return code;
}

uint32_t torc_way_most_bytes(uint32_t mtu, bool ethernet)
{
	/* packet_snd() and xdp_ok_fwd_dev() let one tag go beyond the MTU */
	return mtu + (ethernet ? 14 + TAG_BYTES : 0);
}

int torc_way_configure(struct torc_way_config *config, const char *interface,
		       struct torc_error *error)
{
	struct ifreq request;
	int code;

	memset(config, 0, sizeof(*config));
	config->interface = interface;
	config->ifindex = strlen(interface) < IFNAMSIZ ? (int)if_nametoindex(interface) : 0;
	if (config->ifindex == 0)
		return torc_error_set(error, -ENODEV, "there is no interface %s to send on",
				      interface);
	code = torc_way_check_up(interface, &config->mtu);
	if (code < 0)
		return torc_error_set(error, code, "cannot send on %s: %s", interface,
				      torc_strerror(code));
	code = ask(interface, SIOCGIFHWADDR, &request);
	config->ethernet = code == 0 && (request.ifr_hwaddr.sa_family == ARPHRD_ETHER ||
					 request.ifr_hwaddr.sa_family == ARPHRD_LOOPBACK);
	config->most_bytes = torc_way_most_bytes(config->mtu, config->ethernet);
	return 0;
}

/* A line of /proc/net/dev: the name, eight counters of receiving, then packets, errs, drop ... */
static bool read_line(const char *line, const char *interface, uint64_t *dropped)
{
	const char *colon = strchr(line, ':');
	unsigned long long errors, drops;

	line += strspn(line, " ");
	if (!colon || (size_t)(colon - line) != strlen(interface) ||
	    strncmp(line, interface, strlen(interface)) != 0)
		return false;
	if (sscanf(colon + 1, "%*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %llu %llu", &errors,
		   &drops) != 2)
		return false;
	*dropped = errors + drops;
	return true;
}

int torc_way_interface_drops(const char *interface, uint64_t *dropped)
{
	FILE *file = fopen("/proc/thread-self/net/dev", "re");
	char line[512];
	bool found = false;

	if (!file)
		return -errno;
	while (!found && fgets(line, sizeof(line), file))
		found = read_line(line, interface, dropped);
	fclose(file);
	return found ? 0 : -ENODEV;
}
