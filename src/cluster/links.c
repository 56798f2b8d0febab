/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * links.c - what becomes of a cluster when its interface goes down and up again
 *
 * Going down, the kernel takes every socket of the interface out of its group; coming up, it puts
 * them back in the order in which they were made (packet_notifier), which is that of
 * /proc/net/packet. rtnetlink(7) tells when.
 */
#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cluster/kernel.h"
#include "cluster/session.h"

void torc_links_open(struct session *session)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

	if (fd < 0)
		return;
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || torc_watch_add(fd) < 0)
		close(fd);
	else
		session->links = fd;
}

static int age(const struct kernel_socket *sockets, int count, uint64_t inode)
{
	int i = 0;

	while (i < count && sockets[i].inode != inode)
		i++;
	return i;
}

/* Table lock held. An insertion sort: places are few, and nearly always in order. */
static void order_by_age(struct cluster_table *table, struct cluster_group *group)
{
	struct kernel_socket *sockets;
	int count = torc_kernel_sockets(&sockets);

	for (unsigned int i = 1; count > 0 && i < group->places && i < CLUSTER_PLACES; i++) {
		uint16_t slot = group->place[i];
		int its_age = age(sockets, count, table->slots[slot % CLUSTER_SLOTS].inode);
		unsigned int at = i;

		while (at > 0 && age(sockets, count,
				     table->slots[group->place[at - 1] % CLUSTER_SLOTS].inode) >
					 its_age) {
			group->place[at] = group->place[at - 1];
			at--;
		}
		group->place[at] = slot;
	}
	free(sockets);
}

static void link_changed(struct session *session, const struct ifinfomsg *info)
{
	struct cluster_table *table = session->table;

	for (unsigned int i = 0; i < CLUSTER_GROUPS; i++) {
		struct cluster_group *group = &table->groups[i];

		if (!group->used || group->ifindex != info->ifi_index)
			continue;
		if (!(info->ifi_flags & IFF_UP)) {
			session->link_down[i] = true;
		} else if (session->link_down[i] && torc_session_lock_table(session) == 0) {
			session->link_down[i] = false;
			order_by_age(table, group);
			torc_group_update(session, i);
			torc_table_unlock(table);
		}
	}
}

void torc_links_read(struct session *session)
{
	union {
		struct nlmsghdr header;
		char bytes[16384];
	} buffer;
	ssize_t length = recv(session->links, &buffer, sizeof(buffer), MSG_DONTWAIT);
	unsigned int left = length > 0 ? (unsigned int)length : 0;

	for (struct nlmsghdr *m = &buffer.header; NLMSG_OK(m, left); m = NLMSG_NEXT(m, left)) {
		if (m->nlmsg_type == RTM_NEWLINK &&
		    m->nlmsg_len >= NLMSG_LENGTH(sizeof(struct ifinfomsg)))
			link_changed(session, NLMSG_DATA(m));
	}
}
