/* SPDX-License-Identifier: BSD-3-Clause */
/* icmp.h - which message answers which: for Community ID and for flows */
#ifndef TORC_FLOW_ICMP_H
#define TORC_FLOW_ICMP_H

/* The type that answers an ICMP type; -1: none does. */
static inline int icmpv4_answer(unsigned int type)
{
	switch (type) {
	case 0:
		return 8;
	case 8:
		return 0;
	case 9: /* router advertisement and solicitation */
		return 10;
	case 10:
		return 9;
	case 13: case 15: case 17: /* timestamp, information, address mask */
		return (int)type + 1;
	case 14: case 16: case 18:
		return (int)type - 1;
	default:
		return -1;
	}
}

static inline int icmpv6_answer(unsigned int type)
{
	switch (type) {
	case 128: case 130: case 144: /* echo, listener query, home agent discovery */
		return (int)type + 1;
	case 129: case 131: case 145:
		return (int)type - 1;
	case 133: case 135: case 139: /* router, neighbor, node information */
		return (int)type + 1;
	case 134: case 136: case 140:
		return (int)type - 1;
	default:
		return -1;
	}
}

#endif
