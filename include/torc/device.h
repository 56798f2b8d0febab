/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * torc/device.h - what an interface can do, found out without touching it
 */
#ifndef TORC_DEVICE_H
#define TORC_DEVICE_H

#include <torc/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What torc_device_xdp() answers. */
enum {
	TORC_XDP_NATIVE = 1 << 0,        /* the driver runs XDP programs and can redirect */
	TORC_XDP_ZERO_COPY = 1 << 1,     /* frames need not be copied */
	TORC_XDP_TRANSMIT = 1 << 2,      /* redirected frames can leave by it (torc/send.h) */
	TORC_XDP_UNTOLD = 1 << 3,        /* the kernel (before 6.3) does not tell these three */
	TORC_XDP_DEFAULT_ROUTE = 1 << 4  /* the host's default route: xdp: wants "take=1" */
};

/*
 * torc_device_xdp - could a ring be opened on "xdp:NAME", and what would it have?
 *
 * name   an interface
 * error  NULL, or where the sentence goes
 *
 * Looks, and attaches nothing: what a driver refuses when it is really asked, this cannot know.
 * Returns the bits above (which may be 0: generic mode), or
 *   -ENODEV      no such interface; -ENETDOWN: it is down
 *   -EPERM       CAP_NET_RAW, CAP_NET_ADMIN or CAP_BPF is missing
 *   -EBUSY       it has another XDP program, which xdp: would leave alone
 *   -EOPNOTSUPP  the kernel has no AF_XDP, or the interface has too large an MTU
 *   -EMEDIUMTYPE not Ethernet-like
 * Cost: some system calls, no more than a millisecond.
 */
TORC_API int torc_device_xdp(const char *name, struct torc_error *error);

#ifdef __cplusplus
}
#endif

#endif
