/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * socket.c - sending by sendmmsg(2) on a packet socket (packet(7)): what every machine has
 *
 * The frames are not copied into memory of ours first; the kernel copies them into its own.
 */
#include <errno.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "send/way.h"
#include "util/error.h"

#define BATCH 64

struct torc_way {
	int fd;
	struct mmsghdr messages[BATCH];
	struct iovec pieces[BATCH];
};

static void socket_close(struct torc_way *way)
{
	if (way->fd >= 0)
		close(way->fd);
	free(way);
}

static int socket_open(struct torc_way **out, const struct torc_way_config *config,
		       struct torc_error *error)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET, .sll_ifindex = config->ifindex };
	struct torc_way *way = calloc(1, sizeof(*way));
	int code = 0;

	if (!way)
		return torc_error_set(error, -ENOMEM, "no memory for a sender");
	/* Protocol 0: nothing is received on it, and each frame tells its own when it is sent. */
	way->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (way->fd < 0)
		code = torc_error_set(error, -errno, "a packet socket needs CAP_NET_RAW: %s",
				      torc_strerror(errno));
	/* Bound, so that the kernel need not look for the interface at every frame. */
	else if (bind(way->fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		code = torc_error_set(error, -errno, "cannot bind to %s: %s", config->interface,
				      torc_strerror(errno));
	if (code < 0) {
		socket_close(way);
		return code;
	}
	for (int n = 0; n < BATCH; n++) {
		way->messages[n].msg_hdr.msg_iov = &way->pieces[n];
		way->messages[n].msg_hdr.msg_iovlen = 1;
	}
	*out = way;
	return 0;
}

static int socket_send(struct torc_way *way, const struct torc_packet *packets, unsigned int count)
{
	int sent;

	if (count > BATCH)
		count = BATCH;
	for (unsigned int n = 0; n < count; n++) {
		way->pieces[n].iov_base = (void *)(uintptr_t)packets[n].data;
		way->pieces[n].iov_len = packets[n].caplen;
	}
	sent = sendmmsg(way->fd, way->messages, count, 0);
	return sent < 0 ? -errno : sent;
}

const struct torc_way_ops torc_way_send = {
	.name = "send",
	.visible = true,
	.open = socket_open,
	.close = socket_close,
	.send = socket_send,
};
