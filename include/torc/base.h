/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * torc/base.h - what every public header shares: errors, versions, link types
 *
 * Every function that can fail returns an int: 0 or more is good, a negative value is a negative
 * errno or one of the TORC_E codes below, negated. torc_strerror() knows both.
 *
 * Structs that may grow
 *
 * A struct that has "size_t size" first may get more members at its end in a later version of the
 * library. The caller sets size before the call, whichever way the data goes:
 *
 *	struct torc_stats stats = { .size = sizeof(stats) };
 *
 * Filled in by the library, it gets what fits; members this library does not know yet are 0, and
 * size stays. Read by the library, members that are not there have their default, and one that is
 * set and not known is -E2BIG. A size that cannot be one (0, or not set at all) is -EINVAL, and
 * nothing is touched.
 *
 * Structs without it that the caller allocates, one for each packet and often in arrays
 * (torc_packet, torc_parsed, torc_decoded, torc_value), never change their size. They have reserved
 * room: zero it in those you make yourself, and do not read it; what stands there one day will be
 * announced by a bit in flags (torc_value: by its kind). Structs of layers are filled in with their
 * size as an argument (torc_layer_read(), torc_target.size) and may grow at their end. The elements
 * of their lists, and whatever is a plain value (torc_error, torc_endpoint, torc_flow,
 * torc_checksum, torc_bytes, torc_target), stay as they are.
 */
#ifndef TORC_BASE_H
#define TORC_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define TORC_API __attribute__((visibility("default")))
#define TORC_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define TORC_API
#define TORC_PRINTF(text, first)
#endif

#define TORC_VERSION_MAJOR  0
#define TORC_VERSION_MINOR  1
#define TORC_VERSION_PATCH  0
#define TORC_VERSION_STRING "0.1.0"

/* Codes beside errno's, returned negated. */
enum {
	TORC_ENOTENABLED = 4097, /* the ring is not enabled: call torc_ring_enable() */
	TORC_EFILTER = 4098,     /* a filter expression libpcap does not accept */
	TORC_EFORMAT = 4099,     /* not a capture file, or one that is damaged */
	TORC_ECLUSTER = 4100     /* the cluster exists with another type or device */
};

/*
 * The sentence that belongs to an error: what failed, on what, and what to do. Filled in by the
 * functions that take one, when they return a negative code; the pointer may be NULL.
 */
struct torc_error {
	int code;       /* the same negative code that was returned */
	char text[508]; /* one sentence, no newline, always terminated */
};

/* torc_strerror - a short text for a code of this library, negative or positive; never NULL */
TORC_API const char *torc_strerror(int code);

/* torc_version - the version of the library that is running, such as "0.1.0" */
TORC_API const char *torc_version(void);

/*
 * Link types as capture files name them (LINKTYPE_ values, registered by the tcpdump group).
 */
enum {
	TORC_LINK_NULL = 0,
	TORC_LINK_ETHERNET = 1,
	TORC_LINK_PPP = 9,
	TORC_LINK_RAW_BSD = 12,
	TORC_LINK_RAW_OPENBSD = 14,
	TORC_LINK_RAW = 101,
	TORC_LINK_IEEE802_11 = 105,
	TORC_LINK_LOOP = 108,
	TORC_LINK_LINUX_SLL = 113,
	TORC_LINK_PFLOG = 117,
	TORC_LINK_PRISM = 119,
	TORC_LINK_RADIOTAP = 127,
	TORC_LINK_USB_LINUX = 189,
	TORC_LINK_PPI = 192,
	TORC_LINK_USB_LINUX_MMAPPED = 220,
	TORC_LINK_CAN_SOCKETCAN = 227,
	TORC_LINK_IPV4 = 228,
	TORC_LINK_IPV6 = 229,
	TORC_LINK_PKTAP = 258,
	TORC_LINK_NFLOG = 239,
	TORC_LINK_NETLINK = 253,
	TORC_LINK_LINUX_SLL2 = 276
};

#ifdef __cplusplus
}
#endif

#endif
