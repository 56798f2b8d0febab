/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rss.c - a symmetric receive-side scaling key (linux/ethtool.h, ETHTOOL_GRSSH and ETHTOOL_SRSSH)
 *
 * Toeplitz hashing is symmetric in source and destination when its key repeats every 16 bits.
 */
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/afpacket.h"
#include "engine/rss.h"
#include "util/error.h"

#define KEY_EVEN 0x6d
#define KEY_ODD  0x5a

static int ethtool(const char *interface, void *request)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), result;
	struct ifreq ifr = { 0 };

	if (fd < 0)
		return -errno;
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", interface);
	ifr.ifr_data = request;
	result = ioctl(fd, SIOCETHTOOL, &ifr) < 0 ? -errno : 0;
	close(fd);
	return result;
}

static int set_key(const char *interface, const struct ethtool_rxfh *now)
{
	struct ethtool_rxfh *next = calloc(1, sizeof(*next) + now->key_size);
	uint8_t *key;
	int result;

	if (!next)
		return -ENOMEM;
	*next = *now;
	next->cmd = ETHTOOL_SRSSH;
	next->indir_size = ETH_RXFH_INDIR_NO_CHANGE;
	key = (uint8_t *)next->rss_config;
	for (uint32_t i = 0; i < now->key_size; i++)
		key[i] = i % 2 ? KEY_ODD : KEY_EVEN;
	result = ethtool(interface, next);
	free(next);
	return result;
}

int torc_rss_symmetric(const char *interface, struct torc_error *error)
{
	struct ethtool_rxfh now = { .cmd = ETHTOOL_GRSSH };
	int result;

	if (afp_queue_count(-1, interface) <= 1)
		return 0;
	result = ethtool(interface, &now);
	if (result == 0 && now.key_size == 0)
		result = -EOPNOTSUPP;
	if (result == 0)
		result = set_key(interface, &now);
	if (result < 0)
		return torc_error_set(error, result,
				      "the hash key of %s cannot be set (%s): receive without "
				      "TORC_SYMMETRIC_RSS and share by a cluster, which is "
				      "symmetric on every card",
				      interface, torc_strerror(result));
	return 0;
}
