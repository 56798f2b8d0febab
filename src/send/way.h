/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * way.h - the ways a frame can leave: the contract between a sender and what it sends by
 *
 * A way puts whole frames on one interface as fast as it can and tells exactly how many the kernel
 * took. When, how often and what is the sender's business.
 */
#ifndef TORC_SEND_WAY_H
#define TORC_SEND_WAY_H

#include <torc/packet.h>

struct torc_way; /* each way's own */

struct torc_way_config {
	const char *interface; /* borrowed as long as the way is open */
	int ifindex;
	uint32_t mtu;
	uint32_t most_bytes; /* of a frame: MTU, Ethernet header, one tag */
	bool ethernet;
};

struct torc_way_ops {
	const char *name; /* as shown: "live_frames" */
	bool visible;     /* other captures on the interface see the frames */

	int (*open)(struct torc_way **way, const struct torc_way_config *config,
		    struct torc_error *error);
	void (*close)(struct torc_way *way);
	/*
	 * Send from the first packet on; data and caplen are used. Returns how many the kernel
	 * took, or a negative errno when it refused the first: -ENOBUFS, -EAGAIN and -EINTR mean
	 * "later", -ENETDOWN, -ENXIO and -ENODEV that none will, all others that this frame never
	 * will.
	 */
	int (*send)(struct torc_way *way, const struct torc_packet *packets, unsigned int count);
	/*
	 * Frames may still be on their way when send() returns: wait for them. Returns how many of
	 * those that send() had counted, and how many bytes of them, came to nothing. NULL: send()
	 * leaves nothing behind.
	 */
	unsigned int (*drain)(struct torc_way *way, uint64_t *bytes);
};

extern const struct torc_way_ops torc_way_live_frames;
extern const struct torc_way_ops torc_way_af_xdp;
extern const struct torc_way_ops torc_way_tx_ring;
extern const struct torc_way_ops torc_way_send;

/* interface.c: fill in config; -ENODEV, -ENETDOWN */
int torc_way_configure(struct torc_way_config *config, const char *interface,
		       struct torc_error *error);
int torc_way_check_up(const char *interface, uint32_t *mtu); /* 0, -ENETDOWN, -ENODEV */
uint32_t torc_way_most_bytes(uint32_t mtu, bool ethernet);
int torc_way_interface_drops(const char *interface, uint64_t *dropped);

/* features.c: NETDEV_XDP_ACT_ bits of an interface, or -EOPNOTSUPP before Linux 6.3 */
int torc_xdp_features(int ifindex, uint64_t *features);

#endif
