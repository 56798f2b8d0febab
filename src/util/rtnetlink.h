/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rtnetlink.h - asking the kernel about interfaces and routes: rtnetlink(7)
 *
 * The answers are those of the network namespace of the calling thread.
 */
#ifndef TORC_UTIL_RTNETLINK_H
#define TORC_UTIL_RTNETLINK_H

#include <linux/rtnetlink.h>
#include <stdint.h>

/* Told of each message of an answer; anything but 0 ends the conversation with that. */
typedef int (*rtnetlink_message)(void *arg, const struct nlmsghdr *message);

/* A socket for rtnetlink_ask(); negative errno. */
int rtnetlink_open(void);

/*
 * Send one request (NLM_F_REQUEST is added) and hand the messages of the answer to function, with
 * NLM_F_DUMP all until the last. Negative errno of the kernel or the socket, or what function said.
 */
int rtnetlink_ask(int fd, struct nlmsghdr *request, rtnetlink_message function, void *arg);

/* The same with RTM_GETLINK, on a socket of its own: of one interface, or with 0 of all. */
int rtnetlink_links(int ifindex, rtnetlink_message function, void *arg);

/*
 * A socket that becomes readable when any interface changes, which does not wait (SOCK_NONBLOCK);
 * negative errno.
 */
int rtnetlink_monitor_links(void);

/* The value of an attribute of at most four bytes. */
uint32_t rtnetlink_u32(const struct rtattr *attribute);

#endif
