/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * torc/send.h - sending many frames: made up or read from anywhere, at a rate or as fast as it goes
 *
 * A maker writes frames without a file; a sender puts frames on an interface, paced, by the fastest
 * way that the machine has.
 *
 *	struct torc_maker *maker;
 *	struct torc_sender *sender;
 *	struct torc_packet packets[256];
 *
 *	torc_maker_open(&maker, NULL, &error);
 *	torc_sender_open(&sender, "eth0", NULL, &error);
 *	for (int n = 0; n < 1000; n++)
 *		torc_sender_send(sender, packets, torc_maker_batch(maker, packets, 256));
 *	torc_sender_close(sender);
 *
 * To answer what a ring receives, torc_ring_send() is the simpler call; to pass it on, a forwarder.
 */
#ifndef TORC_SEND_H
#define TORC_SEND_H

#include <torc/ring.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- frames without a file ---- */

struct torc_maker;

enum torc_make_protocol {
	TORC_MAKE_UDP = 0,
	TORC_MAKE_TCP = 1,
	TORC_MAKE_ICMP = 2 /* echo requests; ICMPv6 with ipv6 */
};

#define TORC_MAKE_LENGTHS_MAX 64u

/*
 * What torc_maker_open() takes. Set size to sizeof(struct torc_maker_options); 0 is the default.
 *
 * flows             how many, in turn; 0: 1
 * lengths           of frames, in turn, from the link-layer header and without frame check
 *                   sequence; NULL: 64 bytes. Borrowed for the call
 * length_count      at most TORC_MAKE_LENGTHS_MAX
 * vlan              a tag, 1 to 4094; 0: none
 * source_mac        zeros: 02:00:00:00:00:01
 * destination_mac   zeros: 02:00:00:00:00:02
 */
struct torc_maker_options {
	size_t size;
	uint32_t flows;
	const uint32_t *lengths;
	unsigned int length_count;
	enum torc_make_protocol protocol;
	uint16_t vlan;
	bool ipv6;
	uint8_t source_mac[6];
	uint8_t destination_mac[6];
};

/*
 * torc_maker_open - a source of frames
 *
 * maker    set to the new maker, owned by the caller: release with torc_maker_close()
 * options  NULL: one flow of UDP over IPv4, 64 bytes
 *
 * Packet number n belongs to flow n % flows and has the length number n % length_count. Flows
 * differ in source address, and mostly in destination address and source port too (ICMP:
 * identifier); sources are in 10.0.0.0/10 (fd00:1::/64), destinations in 10.128.0.0/16
 * (fd00:2::/64), port 9. The payload begins with n in 8 bytes, network order, where it has room for
 * them. Checksums are right. The same options give the same bytes, on every machine.
 *
 * Returns 0, -EINVAL (a length too short for its headers, or above 9216; a bad tag), or -ENOMEM.
 */
TORC_API int torc_maker_open(struct torc_maker **maker, const struct torc_maker_options *options,
			     struct torc_error *error);

/* torc_maker_close - release the maker and the packets borrowed from it; NULL is allowed */
TORC_API void torc_maker_close(struct torc_maker *maker);

/*
 * torc_maker_write - write packet number n
 *
 * buffer  holds at least the longest of the lengths
 * Returns the frame's length.
 */
TORC_API uint32_t torc_maker_write(const struct torc_maker *maker, uint64_t n, void *buffer);

/*
 * torc_maker_batch - the next packets, borrowed until the next call
 *
 * Returns how many: count, at most 1024; 0 when memory ran out. They have no time:
 * TORC_PACKET_TIMESTAMP_MISSING.
 */
TORC_API unsigned int torc_maker_batch(struct torc_maker *maker, struct torc_packet *packets,
				       unsigned int count);

/* ---- sending ---- */

/*
 * The ways frames leave, the fastest first:
 *
 *	live_frames  the kernel runs an XDP program that redirects frames to the interface
 *	             (BPF_PROG_TEST_RUN; Linux 6.3, CAP_NET_ADMIN, CAP_BPF, /dev/net/tun): a
 *	             million a second and more. The interface must transmit XDP frames (a veth does
 *	             while its peer has an XDP program or GRO on) and its MTU be at most 2030. Other
 *	             captures on the sending interface do not see these frames, and queue
 *	             disciplines do not shape them. A tap device, torcsend0, exists meanwhile
 *	af_xdp       an AF_XDP socket in copy mode, which receives nothing; CAP_NET_RAW, and enough
 *	             RLIMIT_MEMLOCK. Other captures and queue disciplines do not see these either
 *	tx_ring      PACKET_TX_RING: many frames with each system call; CAP_NET_RAW
 *	send         sendmmsg(2) on a packet socket; CAP_NET_RAW
 *
 * Without options.way, a sender without a limit, or with one of at least 100,000 packets or
 * 100 Mbit a second, takes the first that the machine and the interface have; slower ones take
 * "send", which other captures see.
 */
struct torc_sender;

/*
 * What torc_sender_open() takes. Set size to sizeof(struct torc_sender_options); 0 is the default.
 * At most one of the three limits may be given.
 *
 * bits_per_second  counts frames from the link-layer header to before the frame check sequence
 * speed            by the packets' timestamps: 1 as captured, 2 twice as fast
 * way              one of the names above; NULL: chosen. Borrowed for the call
 * even             keep the packets' distances by waiting busily, which costs a processor; else
 *                  those due within some 150 us leave together
 */
struct torc_sender_options {
	size_t size;
	double packets_per_second;
	double bits_per_second;
	double speed;
	const char *way;
	bool even;
};

/*
 * What was sent since the sender was opened. Each packet given to torc_sender_send() is in sent or
 * in errors, or was left by a stop.
 *
 * sent               taken by the kernel for the interface
 * errors             refused: too long, or the interface's error
 * interface_dropped  the interface's own tx drops and errors since then, of all senders;
 *                    TORC_SEND_UNKNOWN when they cannot be read
 * elapsed_ns         from the first packet's time to when the last was handed over
 */
struct torc_sender_stats {
	size_t size; /* set by the caller: torc/base.h, "Structs that may grow" */
	uint64_t sent;
	uint64_t sent_bytes;
	uint64_t errors;
	uint64_t interface_dropped;
	uint64_t elapsed_ns;
};

#define TORC_SEND_UNKNOWN UINT64_MAX

/* Strings are borrowed until the sender closes. */
struct torc_sender_info {
	size_t size; /* set by the caller */
	const char *interface_name;
	const char *way;    /* "live_frames", "af_xdp", "tx_ring", "send" */
	const char *detail; /* why no faster way was taken, or "" */
	int32_t ifindex;
	uint32_t mtu;
	bool visible;        /* whether other captures on the interface (tcpdump) see what is sent */
	const char *refusal; /* why the first frame among the errors was refused, or "" */
};

/*
 * torc_sender_open - get ready to send on an interface
 *
 * sender   set to the new sender, owned by the caller: release with torc_sender_close()
 * device   an interface that is up
 * options  NULL: as fast as it goes
 *
 * Returns 0, or
 *   -ENODEV, -ENETDOWN   no such interface; it is down
 *   -EINVAL              unknown way, two limits, a negative one
 *   -EOPNOTSUPP, -EPERM  the way that was asked for is not to be had: the sentence says why
 */
TORC_API int torc_sender_open(struct torc_sender **sender, const char *device,
			      const struct torc_sender_options *options, struct torc_error *error);

/* torc_sender_close - what was given to torc_sender_send() still leaves; NULL is allowed */
TORC_API void torc_sender_close(struct torc_sender *sender);

/*
 * torc_sender_send - send packets, each at its time
 *
 * packets  data and caplen are used, with a speed timestamp_ns too; not kept after the return
 *
 * Waits until the last is handed to the kernel. The rate is kept over any number of calls: what a
 * delay of up to a second made late is caught up with. A packet that is refused is counted as an
 * error and the others go on. Returns how many packets are done with: count, or fewer after
 * torc_sender_stop(), or
 *   -ENETDOWN, -ENODEV  the interface went down or away
 */
TORC_API int torc_sender_send(struct torc_sender *sender, const struct torc_packet *packets,
			      unsigned int count);

/*
 * torc_sender_flush - wait until the kernel has sent what it took; returns 0
 *
 * What an interface that went down had not sent yet is counted as errors from now on.
 */
TORC_API int torc_sender_flush(struct torc_sender *sender);

/* torc_sender_rewind - the next packet begins another pass over a file: its time is now */
TORC_API void torc_sender_rewind(struct torc_sender *sender);

/* torc_sender_stop - from any thread or signal handler: torc_sender_send() returns, also later */
TORC_API void torc_sender_stop(struct torc_sender *sender);

/* torc_sender_stats - from any thread; 0, or -EINVAL when stats->size was not set */
TORC_API int torc_sender_stats(struct torc_sender *sender, struct torc_sender_stats *stats);

/* torc_sender_info - which way was chosen, and why; 0, or -EINVAL when info->size was not set */
TORC_API int torc_sender_info(struct torc_sender *sender, struct torc_sender_info *info);

/* ---- forwarding ----
 *
 * What a bridge does with the packets that one ring received: they leave by another ring's interface
 * as they would have left by a cable. `torc bridge` and libpfring's reflector are made of it.
 */
struct torc_forwarder;

/*
 * What torc_forwarder_open() takes. Set size to sizeof(struct torc_forwarder_options); 0 is the default.
 *
 * mtu         split to that instead of the interface's MTU, where that is not less
 * source_mtu  of the interface that the packets come from: a longer one, unless it is TCP, was merged by
 *             the kernel or a card and is refused, since nobody knows of what. 0: not known, such a packet
 *             is fragmented
 */
struct torc_forwarder_options {
	size_t size;
	uint32_t mtu;
	uint32_t source_mtu;
};

/*
 * Since the forwarder was opened. Each packet that was given is in one place:
 *
 *	packets = forwarded + too_long + cut + queue_full + down + failed
 *
 * forwarded  left whole, all pieces of them
 * too_long   longer than the MTU and not to be split: see torc_split_begin(), source_mtu
 * cut        their end was not captured
 * down       the interface was down or away
 * frames     that left: more than forwarded where packets were split; pieces of a packet that did not
 *            leave whole are among them too
 * split      packets that became several
 * finished   packets whose checksum had been left to a card, and was computed
 * interface_dropped  what the interface itself dropped of what it took, its own counter;
 *            TORC_SEND_UNKNOWN when it cannot be read. Of all senders
 * code       why the last packet was refused: a negative errno, or 0
 */
struct torc_forwarder_stats {
	size_t size; /* set by the caller */
	uint64_t packets;
	uint64_t forwarded;
	uint64_t too_long;
	uint64_t cut;
	uint64_t queue_full;
	uint64_t down;
	uint64_t failed;
	uint64_t frames;
	uint64_t split;
	uint64_t finished;
	uint64_t interface_dropped;
	int32_t code;
};

/*
 * torc_forwarder_open - get ready to forward out of a ring's first interface
 *
 * to  a ring of an Ethernet interface that may send; borrowed, used by the thread that forwards
 *
 * Returns 0, -EMEDIUMTYPE (not Ethernet), -EOPNOTSUPP (the ring does not send), -EINVAL (mtu below 68),
 * or -ENOMEM.
 */
TORC_API int torc_forwarder_open(struct torc_forwarder **forwarder, struct torc_ring *to,
				 const struct torc_forwarder_options *options,
				 struct torc_error *error);

/* torc_forwarder_close - before its ring; NULL is allowed */
TORC_API void torc_forwarder_close(struct torc_forwarder *forwarder);

/*
 * torc_forwarder_send - packets leave, now
 *
 * Each one's bytes are as they were captured, tags included, but for two things: a checksum that was left
 * to the card is computed, and a packet that is longer than the MTU (merged segments of TCP, up to 64 KiB)
 * is split as torc_split_begin() has it. Returns how many left whole; the others are in the account.
 * Waits for nothing but the kernel (SO_SNDTIMEO of torc_ring_socket() bounds that).
 */
TORC_API unsigned int torc_forwarder_send(struct torc_forwarder *forwarder,
					  const struct torc_packet *packets, unsigned int count);

/* torc_forwarder_stats - by the thread that forwards; 0, or -EINVAL when stats->size was not set */
TORC_API int torc_forwarder_stats(struct torc_forwarder *forwarder,
				  struct torc_forwarder_stats *stats);

#ifdef __cplusplus
}
#endif

#endif
