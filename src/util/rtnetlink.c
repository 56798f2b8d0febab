/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util/rtnetlink.h"

int rtnetlink_open(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	return fd < 0 ? -errno : fd;
}

int rtnetlink_ask(int fd, struct nlmsghdr *request, rtnetlink_message function, void *arg)
{
	char buffer[32768] __attribute__((aligned(NLMSG_ALIGNTO)));
	bool dump = request->nlmsg_flags & NLM_F_DUMP, more = true;
	int result = 0;

	request->nlmsg_flags |= NLM_F_REQUEST;
	if (send(fd, request, request->nlmsg_len, 0) < 0)
		return -errno;
	while (result == 0 && more) {
		ssize_t got = recv(fd, buffer, sizeof(buffer), 0);
		size_t left = got < 0 ? 0 : (size_t)got;

		if (got < 0 && errno != EINTR)
			result = -errno;
		for (struct nlmsghdr *m = (void *)buffer; result == 0 && more && NLMSG_OK(m, left);
		     m = NLMSG_NEXT(m, left)) {
			more = dump && m->nlmsg_type != NLMSG_DONE && m->nlmsg_type != NLMSG_ERROR;
			if (m->nlmsg_type == NLMSG_ERROR)
				result = ((const struct nlmsgerr *)NLMSG_DATA(m))->error;
			else if (m->nlmsg_type != NLMSG_DONE)
				result = function(arg, m);
		}
	}
	return result;
}

int rtnetlink_links(int ifindex, rtnetlink_message function, void *arg)
{
	struct {
		struct nlmsghdr header;
		struct ifinfomsg link;
	} request = {
		.header = { .nlmsg_len = sizeof(request), .nlmsg_type = RTM_GETLINK,
			    .nlmsg_flags = ifindex ? 0 : NLM_F_DUMP },
		.link = { .ifi_index = ifindex },
	};
	int fd = rtnetlink_open(), result;

	if (fd < 0)
		return fd;
	result = rtnetlink_ask(fd, &request.header, function, arg);
	close(fd);
	return result;
}

int rtnetlink_monitor_links(void)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	int code;

	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	code = -errno;
	close(fd);
	return code;
}

uint32_t rtnetlink_u32(const struct rtattr *attribute)
{
	size_t bytes = RTA_PAYLOAD(attribute);
	uint32_t value = 0;

	memcpy(&value, RTA_DATA(attribute), bytes < sizeof(value) ? bytes : sizeof(value));
	return value;
}
