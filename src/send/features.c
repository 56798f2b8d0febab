/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * features.c - what an interface can do with XDP: generic netlink family "netdev" (Linux 6.3;
 * Documentation/netlink/specs/netdev.yaml)
 */
#include <errno.h>
#include <linux/genetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "send/way.h"

#define DEV_GET		 1 /* NETDEV_CMD_DEV_GET */
#define DEV_IFINDEX	 1 /* NETDEV_A_DEV_IFINDEX */
#define DEV_XDP_FEATURES 3 /* NETDEV_A_DEV_XDP_FEATURES, 64 bits */

struct message {
	struct nlmsghdr header;
	struct genlmsghdr generic;
	uint8_t attributes[4096];
};

static void put(struct message *m, uint16_t type, const void *value, size_t bytes)
{
	struct nlattr attribute = { .nla_type = type, .nla_len = (uint16_t)(NLA_HDRLEN + bytes) };
	uint8_t *at = (uint8_t *)m + NLMSG_ALIGN(m->header.nlmsg_len);

	memcpy(at, &attribute, sizeof(attribute));
	memcpy(at + NLA_HDRLEN, value, bytes);
	m->header.nlmsg_len += (uint32_t)NLMSG_ALIGN(NLA_HDRLEN + bytes);
}

/* Send the message; the first answer takes its place. */
static int ask(int fd, struct message *m)
{
	ssize_t got;
	int code;

	m->header.nlmsg_flags = NLM_F_REQUEST;
	if (send(fd, m, m->header.nlmsg_len, 0) < 0)
		return -errno;
	got = recv(fd, m, sizeof(*m), 0);
	if (got < 0)
		return -errno;
	if ((size_t)got < NLMSG_HDRLEN + GENL_HDRLEN || m->header.nlmsg_len > (size_t)got)
		return -EPROTO;
	if (m->header.nlmsg_type != NLMSG_ERROR)
		return 0;
	memcpy(&code, (uint8_t *)m + NLMSG_HDRLEN, sizeof(code));
	return code < 0 ? code : -EPROTO;
}

/* Copy the value of an attribute of the answer. */
static int get(const struct message *m, uint16_t type, void *value, size_t bytes)
{
	const uint8_t *at = m->attributes, *end = (const uint8_t *)m + m->header.nlmsg_len;

	while (end - at >= NLA_HDRLEN) {
		struct nlattr attribute;

		memcpy(&attribute, at, sizeof(attribute));
		if (attribute.nla_len < NLA_HDRLEN || attribute.nla_len > end - at)
			break;
		if ((attribute.nla_type & NLA_TYPE_MASK) == type &&
		    attribute.nla_len >= NLA_HDRLEN + bytes) {
			memcpy(value, at + NLA_HDRLEN, bytes);
			return 0;
		}
		if (NLA_ALIGN(attribute.nla_len) > end - at)
			break;
		at += NLA_ALIGN(attribute.nla_len);
	}
	return -ENOENT;
}

static void begin(struct message *m, uint16_t family, uint8_t command)
{
	memset(m, 0, sizeof(*m));
	m->header.nlmsg_len = NLMSG_HDRLEN + GENL_HDRLEN;
	m->header.nlmsg_type = family;
	m->generic.cmd = command;
	m->generic.version = 1;
}

int torc_xdp_features(int ifindex, uint64_t *features)
{
	struct message m;
	uint32_t index = (uint32_t)ifindex;
	uint16_t family;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC), code;

	if (fd < 0)
		return -errno;
	begin(&m, GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
	put(&m, CTRL_ATTR_FAMILY_NAME, "netdev", sizeof("netdev"));
	code = ask(fd, &m);
	if (code == 0)
		code = get(&m, CTRL_ATTR_FAMILY_ID, &family, sizeof(family));
	if (code == 0) {
		begin(&m, family, DEV_GET);
		put(&m, DEV_IFINDEX, &index, sizeof(index));
		code = ask(fd, &m);
	} else {
		code = -EOPNOTSUPP;
	}
	if (code == 0)
		code = get(&m, DEV_XDP_FEATURES, features, sizeof(*features));
	close(fd);
	return code;
}
