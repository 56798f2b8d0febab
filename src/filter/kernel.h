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
	bool ethernet_only; /* user is for Ethernet: what is not is left to the ring */
};

/* The kernel cannot run it so that it means the same: the ring has to. */
#define TORC_KERNEL_FILTER_CANNOT 1

/*
 * Compile an expression for packet sockets, whose outer VLAN tag is beside the bytes. An expression
 * about tags becomes two programs in one, the first for frames whose tag the kernel has taken out:
 * it reads the tag from the metadata and everything behind it four bytes earlier. So no live handle
 * is wanted, which takes a privilege and, in a program with PF_RING's libpcap, another ring.
 *
 * link_type  TORC_LINK_ETHERNET, or TORC_LINK_RAW, whose packets have no tag
 * program->filter is the caller's: free(). Returns 0, TORC_KERNEL_FILTER_CANNOT or a negative code.
 */
int torc_kernel_filter_compile(const char *expression, uint16_t link_type,
			       struct sock_fprog *program, struct torc_error *error);

/*
 * Does the expression look at VLAN tags (the word "vlan", or a tag's EtherType as a number)? If
 * not, the kernel runs it on bytes without the outer tag, so that "udp" takes tagged UDP too, as it
 * does in every program that filters in the kernel.
 */
bool torc_kernel_filter_sees_tags(const char *expression);

/* Put the parts together; program->len 0 when nothing is to be filtered. free(program->filter). */
int torc_kernel_filter_build(const struct torc_kernel_filter *parts, struct sock_fprog *program);

#endif
