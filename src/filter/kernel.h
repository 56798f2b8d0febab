/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * kernel.h - the classic BPF program that a packet socket runs for a ring
 *
 * One program does everything the kernel can decide: direction, VLAN, receive queue, the user's
 * expression and the snaplen.
 */
#ifndef TORC_FILTER_KERNEL_H
#define TORC_FILTER_KERNEL_H

#include <linux/filter.h>

#include <torc/ring.h>

struct torc_kernel_filter {
	enum torc_direction direction;
	int vlan;              /* TORC_VLAN_ANY, TORC_VLAN_NONE, or an id */
	uint64_t channel_mask; /* all ones: every queue */
	uint32_t snaplen;
	const struct sock_fprog *user; /* NULL or len 0: everything */
};

/*
 * Compile an expression for packet sockets, whose outer VLAN tag is beside the bytes: "vlan" then
 * reads the metadata, and for that libpcap wants a live handle on an interface that is up.
 * interface NULL: any. program->filter is the caller's: free().
 */
int torc_kernel_filter_compile(const char *expression, const char *interface,
			       struct sock_fprog *program, struct torc_error *error);

/*
 * Does the expression look at VLAN tags? If not, the kernel runs it on bytes without the outer tag,
 * so that "udp" takes tagged UDP too, as it does in every program that filters in the kernel.
 */
bool torc_kernel_filter_sees_tags(const char *expression);

/* Put the parts together; program->len 0 when nothing is to be filtered. free(program->filter). */
int torc_kernel_filter_build(const struct torc_kernel_filter *parts, struct sock_fprog *program);

#endif
