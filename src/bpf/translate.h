/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * translate.h - a classic BPF filter as part of an XDP program
 *
 * The verdict is the one that libpcap's bpf_filter() gives on the bytes of the frame: a load beyond
 * the end refuses the packet, as does a division by zero.
 */
#ifndef TORC_BPF_TRANSLATE_H
#define TORC_BPF_TRANSLATE_H

#include "bpf/code.h"

struct sock_fprog;

/*
 * Append the filter to code. On entry register 6 is the XDP context and register 7 the receive
 * queue (they stay); registers 0 to 5, 8 and 9 and the upper 64 bytes of the stack are the
 * filter's. It ends with a jump to accept or refuse.
 *
 * Of the kernel's ancillary loads (linux/filter.h, SKF_AD_) those have an answer that filters for
 * packet sockets ask for: a packet in XDP is never an outgoing one, and its VLAN tag is in the
 * bytes and not beside them.
 *
 * Returns 0, -EINVAL for a program the kernel's checker would refuse too, or -EOPNOTSUPP for what
 * has no counterpart in XDP: the other ancillary loads, SKF_NET_OFF and SKF_LL_OFF. Errors of code
 * itself are told by torc_bpf_finish().
 */
int torc_bpf_translate(struct torc_bpf_code *code, const struct sock_fprog *filter,
		       unsigned int accept, unsigned int refuse);

#endif
