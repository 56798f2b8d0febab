/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * torc/ring.h - a handle on a packet ring
 *
 *	struct torc_ring *ring;
 *	struct torc_error error;
 *	struct torc_packet packet;
 *
 *	if (torc_ring_open(&ring, "eth0", 0, TORC_PROMISC, &error) < 0)
 *		errx(1, "%s", error.text);
 *	torc_ring_enable(ring);
 *	while (torc_ring_next(ring, &packet) > 0)
 *		printf("%u bytes\n", packet.len);
 *	torc_ring_close(ring);
 *
 * A ring is created disabled; nothing that crossed the interface before torc_ring_enable() is ever
 * delivered, and nothing after torc_ring_disable() returns. Settings may be changed at any time
 * unless their comment says otherwise.
 *
 * Device strings
 *
 *	eth0              one interface
 *	tun0              not Ethernet: torc_packet.link_type is RAW (tun, WireGuard, IP tunnels),
 *	                  else LINUX_SLL (PPP, GRE, others), as libpcap has it; sends what it receives
 *	any               every interface of the network namespace, each packet with its link type
 *	eth0,eth1         several, received as one (sends leave by the first)
 *	eth0@1,3-5        receive queues 1, 3, 4 and 5 only; one mask for the whole list
 *	eth0.100          VLAN 100 of eth0, when no interface has the name eth0.100
 *	(eth0.100)        the interface with that very name
 *	none              no interface yet: add some with torc_ring_add_device()
 *	xdp:eth0          AF_XDP instead of TPACKET_V3; needs CAP_NET_ADMIN and CAP_BPF too, and
 *	                  takes the packets away from the host; xdp:eth0;mode=tap copies them
 *	pcap:FILE         a capture file, read as if it came from a wire; pcap:- is standard input
 *
 * A device string may end in ";key=value" settings of its engine, such as "pcap:f.pcap;speed=1x".
 *
 * Privilege: CAP_NET_RAW is enough for interfaces, and only while a ring is opened: a program may
 * drop it then. The ring keeps some sockets unused (four, sixteen once it was in a cluster), one or
 * two of which each later enable in a cluster, each leave of one, and each return there of an
 * interface takes; without the right there are no more. Threads: one thread at a time may use a ring,
 * except for torc_ring_stop() and torc_ring_stats(), which any thread may call at any time, and for
 * rings opened TORC_REENTRANT, where any number of threads may receive and send.
 */
#ifndef TORC_RING_H
#define TORC_RING_H

#include <torc/packet.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_ring;

/* Flags of torc_ring_open(). */
enum {
	/* any number of threads may use the ring; each packet goes to exactly one of them, as a copy
	 * in memory of that thread's (a few nanoseconds, some 50 for 1500 bytes), so that a thread
	 * may stay away for as long as it likes. A thread keeps up to 256 KiB for its batches */
	TORC_REENTRANT = 1 << 0,
	/* fill in packet.parsed (torc/parse.h) */
	TORC_LONG_HEADER = 1 << 1,
	/* promiscuous mode, undone by the kernel when the ring closes or its process dies */
	TORC_PROMISC = 1 << 2,
	/* make the card spread both directions of a flow to one queue; refused where it cannot */
	TORC_SYMMETRIC_RSS = 1 << 3,
	/* software timestamps: always on, accepted for symmetry */
	TORC_TIMESTAMP = 1 << 4,
	/* the card's timestamps where there are some, else software ones: packet.flags says which */
	TORC_HW_TIMESTAMP = 1 << 5,
	/* deliver each frame at once (tens of microseconds) instead of in blocks; each takes a slot
	 * of its own, so with the default snaplen 512 packets fill the default buffer: give a snaplen
	 * or a larger buffer where bursts are longer */
	TORC_IMMEDIATE = 1 << 6,
	/* on loopback, where each packet crosses twice, deliver both copies */
	TORC_BOTH_COPIES = 1 << 7
};

#define TORC_SNAPLEN_DEFAULT 262144u
#define TORC_SNAPLEN_MAX     262144u

/*
 * What torc_ring_open_with() takes. Set size to sizeof(struct torc_ring_options); everything that
 * is zero has its default (torc/base.h, "Structs that may grow").
 */
struct torc_ring_options {
	size_t size;
	uint32_t snaplen;      /* bytes kept of each packet; 0: TORC_SNAPLEN_DEFAULT */
	uint32_t flags;        /* TORC_REENTRANT ... */
	/* memory for waiting packets, per interface; 0: 64 MiB (xdp: 32 MiB). A reader may be away for
	 * 4 seconds, or until it is full of packets (on Linux 6.18 and later at some rates half full,
	 * see docs/architecture.md); with larger ones proportionally longer */
	uint64_t buffer_bytes;
	uint32_t block_bytes;  /* memory handed over at once; 0: chosen for the buffer */
	/*
	 * Packet sockets that somebody with the right to make them handed over (torc-open(8),
	 * SCM_RIGHTS): AF_PACKET, SOCK_RAW, protocol 0, not bound, of this network namespace; one for each
	 * interface, in order, and more to be kept as "Privilege" above says. NULL: the ring makes its own.
	 * They are the ring's from the call on, and closed when it fails. A filter that one has is taken
	 * off; or it is locked (SO_LOCK_FILTER): then the ring filters what the kernel lets through, is in no cluster,
	 * has no queue mask and not TORC_TX_ONLY, and does not resume on an interface that is made again
	 */
	const int *socket_fds;
	uint32_t socket_count;
};

enum torc_direction {
	TORC_RX_AND_TX = 0,
	TORC_RX_ONLY = 1,
	TORC_TX_ONLY = 2
};

enum torc_mode {
	TORC_SEND_AND_RECV = 0,
	TORC_SEND_ONLY = 1,
	TORC_RECV_ONLY = 2
};

enum torc_cluster_type {
	TORC_CLUSTER_PER_FLOW = 0, /* addresses, ports, protocol, VLAN */
	TORC_CLUSTER_ROUND_ROBIN = 1,
	TORC_CLUSTER_PER_FLOW_2_TUPLE = 2,
	TORC_CLUSTER_PER_FLOW_4_TUPLE = 3,
	TORC_CLUSTER_PER_FLOW_5_TUPLE = 4,
	TORC_CLUSTER_PER_FLOW_TCP_5_TUPLE = 5,
	TORC_CLUSTER_PER_INNER_FLOW = 6,
	TORC_CLUSTER_PER_INNER_FLOW_2_TUPLE = 7,
	TORC_CLUSTER_PER_INNER_FLOW_4_TUPLE = 8,
	TORC_CLUSTER_PER_INNER_FLOW_5_TUPLE = 9,
	TORC_CLUSTER_PER_INNER_FLOW_TCP_5_TUPLE = 10,
	TORC_CLUSTER_PER_FLOW_IP_5_TUPLE = 11,
	TORC_CLUSTER_PER_INNER_FLOW_IP_5_TUPLE = 12
};

/* options of torc_ring_set_cluster_with() */
enum {
	TORC_CLUSTER_RELAXED = 1 << 0 /* a full member's packets go to the next instead of being lost */
};

/* A figure that cannot be known; never 0. */
#define TORC_UNKNOWN UINT64_MAX

/*
 * The packet account, since the ring was opened; reading it resets nothing. Each packet the kernel
 * gave the ring is in exactly one place:
 *
 *	kernel_seen = received + dropped + sampled_out + own_copies + filtered_late
 *	              + other_member + discarded + waiting
 *
 * Where the ring itself filters and tells directions (files), nothing is refused before it is seen,
 * and filtered + other_direction belong to the right side too. A figure that cannot be known is TORC_UNKNOWN.
 */
struct torc_stats {
	size_t size; /* set by the caller: torc/base.h, "Structs that may grow" */
	uint64_t received;      /* delivered to the application */
	uint64_t received_bytes; /* their length on the wire */
	uint64_t dropped;       /* lost because the ring was full */
	uint64_t kernel_seen;   /* passed the kernel's filter and reached the ring, dropped or not */
	uint64_t filtered;      /* refused by the filter; unknown where the kernel does it */
	uint64_t filtered_late; /* captured, then refused by the ring: under an older filter; on
				 * "any", what is not Ethernet and does not match */
	uint64_t sampled_out;   /* left out by the sampling rate */
	uint64_t own_copies;    /* on loopback: the outgoing copy of a packet that also came in */
	uint64_t other_direction; /* refused by the direction; unknown where the kernel does it */
	uint64_t other_member;  /* on a file: another cluster member's share */
	uint64_t discarded;     /* in the ring when it was disabled */
	uint64_t waiting;       /* in the ring now, not yet read */
	/* of those received: cut by the snaplen, or longer than what the interface could bring when
	 * the ring was opened (BIG TCP), or, with TORC_IMMEDIATE, than its queue had room for */
	uint64_t truncated;
	uint64_t freezes;       /* how often the ring was full */
	uint64_t card_missed;   /* the card's own rx_missed_errors since open; outside the equation */
	uint64_t sent;
	uint64_t sent_bytes;
	uint64_t send_errors;
	bool balanced; /* the equation above holds */
	uint64_t send_full;     /* of send_errors: the interface's queue had no room (ENOBUFS, EAGAIN) */
};

/* What a ring is; see torc_ring_info(). Strings are borrowed until the ring closes. */
struct torc_ring_info {
	size_t size; /* set by the caller */
	const char *device;           /* as given to open */
	const char *interface_name;   /* of the first interface, or the file; "" for none */
	const char *engine;           /* "tpacket_v3", "tpacket_v2", "af_xdp", "file" */
	const char *engine_detail;    /* such as "native, zero-copy", or "" */
	const char *application_name;
	const char *filter;           /* the expression in force, or "" */
	uint32_t id;                  /* unique in this process */
	uint32_t snaplen;
	uint32_t flags;
	uint16_t link_type;           /* TORC_LINK_ */
	uint16_t interface_count;
	int32_t ifindex;              /* of the first interface; 0 for any, none and files */
	uint32_t mtu;                 /* of the first interface; 65535 where there is none */
	uint8_t address[6];           /* of the first interface */
	uint32_t queue_count;         /* receive queues of the first interface, at least 1 */
	uint64_t buffer_bytes;        /* per interface, as it was granted */
	uint32_t block_bytes;
	bool enabled;
	enum torc_direction direction;
	enum torc_mode mode;
	uint32_t sampling_rate;
	uint32_t poll_watermark;
	int poll_duration_ms;
	uint32_t cluster_id; /* 0: in no cluster */
	enum torc_cluster_type cluster_type;
	int vlan;                     /* TORC_VLAN_ANY, TORC_VLAN_NONE, or an id */
	uint64_t channel_mask;
	bool is_file;  /* it has an end, and time is the file's */
	bool can_send; /* torc_ring_send() is possible in this mode on this device */
	bool loopback; /* of the first interface */
	bool published; /* `torc rings` and torc/live.h show it; else there is no place to */
};

/*
 * torc_ring_open - open a ring on a device, disabled
 *
 * ring     set to the new ring, owned by the caller: release with torc_ring_close()
 * device   see "Device strings" above
 * snaplen  bytes to keep of each packet, 0 for the default; above TORC_SNAPLEN_MAX is -EINVAL
 * flags    TORC_PROMISC and so on
 * error    NULL, or where the sentence goes
 *
 * Returns 0, or
 *   -ENODEV      no such interface (the sentence lists those there are)
 *   -ENETDOWN    the interface is down
 *   -EPERM       CAP_NET_RAW is missing
 *   -EINVAL      bad device string, snaplen or flag; -EMEDIUMTYPE xdp: on what is not Ethernet
 *   -EOPNOTSUPP  something this machine or device cannot do; -ENOMEM, and errno's others
 */
TORC_API int torc_ring_open(struct torc_ring **ring, const char *device, uint32_t snaplen,
			    uint32_t flags, struct torc_error *error);

/* torc_ring_open_with - the same with all options; options may be NULL */
TORC_API int torc_ring_open_with(struct torc_ring **ring, const char *device,
				 const struct torc_ring_options *options,
				 struct torc_error *error);

/* torc_ring_add_device - one more device on a disabled ring; what the ring has, it keeps */
TORC_API int torc_ring_add_device(struct torc_ring *ring, const char *device);

/*
 * torc_ring_close - release the ring, its memory and all packets borrowed from it; NULL is allowed.
 * Packets that were captured and never read are gone.
 */
TORC_API void torc_ring_close(struct torc_ring *ring);

/*
 * torc_ring_enable - packets from now on are received; 0 also when it is enabled already.
 * Also ends the effect of an earlier torc_ring_stop().
 */
TORC_API int torc_ring_enable(struct torc_ring *ring);

/*
 * torc_ring_disable - no packet is delivered once this returned. What waited in the ring is counted
 * as discarded. Takes up to some milliseconds. 0 also when it is disabled already; a negative code
 * when an interface did not stop: then the ring is disabled all the same, and its account is off by
 * what came in since.
 */
TORC_API int torc_ring_disable(struct torc_ring *ring);

/*
 * torc_ring_error - the sentence of the last failed call on this ring ("" when none failed),
 * borrowed until the next call
 */
TORC_API const char *torc_ring_error(const struct torc_ring *ring);

/* ---- receive ---- */

/*
 * torc_ring_next - borrow the next packet
 *
 * ring     an enabled ring; one thread at a time, unless opened TORC_REENTRANT
 * packet   filled in, with zeros when none came; data is borrowed until the next call on this ring
 *          (with TORC_REENTRANT: until the next call of this thread)
 *
 * Waits as set by torc_ring_set_poll_duration(). Returns 1 with a packet, 0 when none came
 * (timeout, torc_ring_stop(), end of a file), or
 *   -ENETDOWN           the interface went down; the ring resumes when it is up
 *   -ENODEV             the interface was deleted; the ring resumes when one of its name is there,
 *                       with all settings, in its cluster too. Each outage is said once
 *   -TORC_ENOTENABLED   torc_ring_enable() was not called
 *   -EOPNOTSUPP         the ring is in TORC_SEND_ONLY mode
 * Cost: no system call and no copy while a block is at hand (TORC_REENTRANT: one copy). Compiled
 * into the caller by GCC and clang: a step over an array (struct torc_ring_cursor).
 */
TORC_API int torc_ring_next(struct torc_ring *ring, struct torc_packet *packet);

/*
 * torc_ring_borrow - the same, where it lies
 *
 * packet   set to a view that is the ring's, borrowed as its data is
 *
 * For who passes packets on by pointer: torc_ring_next() into a local variable costs no more.
 */
TORC_API int torc_ring_borrow(struct torc_ring *ring, const struct torc_packet **packet);

/*
 * torc_ring_next_batch - borrow up to max packets at once, all until the next call
 *
 * Returns how many (1 to max), or as torc_ring_next(). The fastest way to receive. It waits only
 * for the first packet, and may give fewer than max although more are at hand.
 */
TORC_API int torc_ring_next_batch(struct torc_ring *ring, struct torc_packet *packets,
				  unsigned int max);

/* torc_ring_read - the next packet as a copy the caller owns: torc_packet_free(*packet) */
TORC_API int torc_ring_read(struct torc_ring *ring, struct torc_packet **packet);

/*
 * torc_ring_read_to - the next packet copied into the caller's buffer
 *
 * At most size bytes are copied; packet->caplen says how many, packet->data is buffer,
 * packet->len stays the length on the wire.
 */
TORC_API int torc_ring_read_to(struct torc_ring *ring, void *buffer, size_t size,
			       struct torc_packet *packet);

/*
 * torc_ring_peek - look at the next packet without taking it; never waits
 *
 * Returns 1 or 0, or as torc_ring_next(). Borrowed until the next call. Not for TORC_REENTRANT
 * rings, whose next packet may be another thread's by then: -EOPNOTSUPP.
 */
TORC_API int torc_ring_peek(struct torc_ring *ring, struct torc_packet *packet);

/* torc_ring_queued - packets at hand that need no waiting; an open block's are not counted yet */
TORC_API unsigned int torc_ring_queued(struct torc_ring *ring);

/*
 * torc_ring_wait - wait until a packet is at hand
 *
 * timeout_ms  -1: for ever; 0: only look
 * Returns 1 a packet is at hand, 0 timeout, stop or end of file, or as torc_ring_next().
 */
TORC_API int torc_ring_wait(struct torc_ring *ring, int timeout_ms);

/*
 * torc_ring_stop - make the reader return 0, now or at its next call
 *
 * From any thread and from a signal handler. Every receive call returns 0 from now on, at once,
 * until torc_ring_resume() or torc_ring_enable(): a stop is never lost.
 */
TORC_API void torc_ring_stop(struct torc_ring *ring);

/* torc_ring_resume - end the effect of torc_ring_stop(); true when there was one */
TORC_API bool torc_ring_resume(struct torc_ring *ring);

/* torc_ring_stopped - is a torc_ring_stop() in effect? */
TORC_API bool torc_ring_stopped(const struct torc_ring *ring);

/* torc_ring_at_end - the file has been read to its end; false for interfaces, for ever */
TORC_API bool torc_ring_at_end(const struct torc_ring *ring);

/*
 * torc_ring_fd - a descriptor for poll, select and epoll
 *
 * Readable while packets are at hand or a stop is in effect, also when a block is half read. It is
 * the ring's: do not read, write or close it. It stays the same for the life of the ring. With a
 * watermark above 1 it may be readable before the watermark is reached.
 */
TORC_API int torc_ring_fd(const struct torc_ring *ring);

/*
 * torc_ring_socket - the packet socket of a ring on one interface (or any), for code written for sockets
 *
 * It is the ring's: poll it, read and set socket options, do not receive from it or close it. The number
 * stays for the life of the ring. Readable when a block is at hand and while the one handed over last is
 * read; not when the ring is stopped (torc_ring_fd()). A classic filter attached to it with
 * SO_ATTACH_FILTER becomes the ring's filter, as if torc_ring_set_filter() had been called, and
 * SO_DETACH_FILTER removes it: when the ring is enabled next or next has nothing at hand; what the kernel
 * captures until then passed that program alone.
 * Returns the descriptor, or -EOPNOTSUPP for files, lists of interfaces and xdp:.
 */
TORC_API int torc_ring_socket(struct torc_ring *ring);

/* ---- settings ---- */

/*
 * torc_ring_set_filter - deliver only what matches a pcap-filter(7) expression
 *
 * Replaces the filter before it; no packet that does not match is delivered once this returned,
 * also none captured earlier. An expression about VLAN tags ("vlan", "ether proto 0x8100") sees the
 * frame as it was on the wire, also where the kernel has taken the tag out. Any other, on a live
 * interface, sees what the kernel sees: "udp", "mpls" or "pppoes" take frames whose outer tag was
 * taken out as if they had none, as in tcpdump; on a file they do not ("vlan and udp" does). A bad
 * expression leaves the old filter in force: -TORC_EFILTER, and torc_ring_error() has libpcap's
 * reason and the place.
 * On an enabled ring this takes some milliseconds: it waits until no packet is being judged by the
 * filter before it.
 */
TORC_API int torc_ring_set_filter(struct torc_ring *ring, const char *expression);

/* torc_ring_remove_filter - deliver everything again; -ENOENT when there was no filter */
TORC_API int torc_ring_remove_filter(struct torc_ring *ring);

TORC_API int torc_ring_set_direction(struct torc_ring *ring, enum torc_direction direction);

/* torc_ring_set_mode - send, receive or both; only before the ring is enabled, else -EBUSY */
TORC_API int torc_ring_set_mode(struct torc_ring *ring, enum torc_mode mode);

/*
 * torc_ring_set_sampling_rate - deliver exactly one packet, at a random place, of each rate packets
 * that passed the filter. 0 and 1: all.
 */
TORC_API int torc_ring_set_sampling_rate(struct torc_ring *ring, uint32_t rate);

/*
 * torc_ring_set_poll_watermark - wake the reader when that many packets wait
 *
 * Fewer are delivered once the first of them has waited for the watermark timeout, so a quiet wire
 * is never late. 1 (and 0): as soon as the kernel hands packets over: at most 5 ms if it was set
 * when the ring was enabled, else 10 ms. While no watermark is set packets are delivered as the
 * kernel hands them over (xdp: 128; TORC_IMMEDIATE: each), and a reader of dense traffic is woken
 * some milliseconds later still, for several blocks at once, which costs far less; the delay stays
 * below 10 ms.
 */
TORC_API int torc_ring_set_poll_watermark(struct torc_ring *ring, uint32_t packets);

/* torc_ring_set_poll_watermark_timeout - 1 to 10000 ms, default 3; see above */
TORC_API int torc_ring_set_poll_watermark_timeout(struct torc_ring *ring, uint32_t timeout_ms);

/* torc_ring_set_poll_duration - how long a receive call waits: -1 for ever (default), 0 never */
TORC_API int torc_ring_set_poll_duration(struct torc_ring *ring, int duration_ms);

/* torc_ring_set_application_name - what `torc rings` shows; at most 63 bytes, else -EINVAL */
TORC_API int torc_ring_set_application_name(struct torc_ring *ring, const char *name);

/* torc_ring_set_application_stats - free text shown with the ring; at most 1023 bytes */
TORC_API int torc_ring_set_application_stats(struct torc_ring *ring, const char *text);

/* torc_ring_set_promisc - promiscuous mode on or off */
TORC_API int torc_ring_set_promisc(struct torc_ring *ring, bool on);

#define TORC_VLAN_ANY  (-1)
#define TORC_VLAN_NONE (-2)

/* torc_ring_set_vlan - only packets whose outer tag has this id; TORC_VLAN_NONE: untagged only */
TORC_API int torc_ring_set_vlan(struct torc_ring *ring, int vlan);

/* torc_ring_set_channel_mask - only packets of these receive queues; all bits set: every queue */
TORC_API int torc_ring_set_channel_mask(struct torc_ring *ring, uint64_t mask);

/*
 * torc_set_priority - run the calling thread under SCHED_FIFO with this priority (1 to 99), 0: back
 * to the ordinary scheduler. -EPERM needs CAP_SYS_NICE. Never ends the process.
 */
TORC_API int torc_set_priority(int priority);

/* ---- clusters ---- */

/*
 * torc_ring_set_cluster - share the interface with the other rings of a cluster
 *
 * id    1 to 65535, one space per network namespace
 * type  what a flow is; all members agree
 *
 * Each packet goes to exactly one enabled member, a flow always to the same. See docs/clusters.md.
 *   -TORC_ECLUSTER  the cluster lives with another type or device, or a foreign program has the id
 *   -EOPNOTSUPP     this machine cannot do that type; torc_ring_error() says what is missing
 */
TORC_API int torc_ring_set_cluster(struct torc_ring *ring, unsigned int id,
				   enum torc_cluster_type type);
TORC_API int torc_ring_set_cluster_with(struct torc_ring *ring, unsigned int id,
					enum torc_cluster_type type, uint32_t options);

/* torc_ring_leave_cluster - receive everything again; 0 also when the ring is in no cluster */
TORC_API int torc_ring_leave_cluster(struct torc_ring *ring);

/* ---- send ---- */

/*
 * torc_ring_send - send one frame out of the ring's first interface, now
 *
 * data  a whole frame from its link-layer header, without frame check sequence; copied
 * Returns the length, or -EMSGSIZE (longer than MTU and header), -TORC_ENOTENABLED, -EOPNOTSUPP (a
 * TORC_RECV_ONLY ring, a file), -ENOBUFS (the interface's queue is full: try again), and others.
 * The ring does not see its frames leave; other captures do. (On loopback they come in again.)
 */
TORC_API int torc_ring_send(struct torc_ring *ring, const void *data, size_t length);

/* torc_ring_send_on - the same, out of another interface of the same network namespace */
TORC_API int torc_ring_send_on(struct torc_ring *ring, int ifindex, const void *data,
			       size_t length);

/*
 * torc_ring_send_batch - queue frames for sending; they leave at once when enough are queued, and
 * the rest with torc_ring_flush()
 *
 * Only data and caplen of each packet are used; the bytes are copied. Returns how many were taken,
 * fewer than count when a frame was refused, or the negative code when that was the first.
 */
TORC_API int torc_ring_send_batch(struct torc_ring *ring, const struct torc_packet *packets,
				  unsigned int count);

/* torc_ring_flush - send what is queued; returns how many frames, or a negative code */
TORC_API int torc_ring_flush(struct torc_ring *ring);

/* ---- information ---- */

/*
 * torc_ring_stats - the packet account; see struct torc_stats. From any thread.
 *
 * Returns 0, or -EINVAL when stats->size was not set.
 */
TORC_API int torc_ring_stats(struct torc_ring *ring, struct torc_stats *stats);

/* torc_ring_info - what the ring is and how it is set; 0, or -EINVAL when info->size was not set */
TORC_API int torc_ring_info(struct torc_ring *ring, struct torc_ring_info *info);

/* ---- compiled into the caller ---- */

/*
 * What a struct torc_ring begins with: packets that were read ahead, in an array of the ring's. The
 * next one is *next; it is taken by storing next + 1, without a call, while next < limit:
 *
 *	next  written by the thread that receives, read by torc_ring_stats() of any
 *	limit not above the end of the array. Lower, or NULL, wherever a step has more to do than to
 *	      take a packet: after torc_ring_stop(), which stores NULL from any thread; in rings of
 *	      several threads; for the last packet, where the ring's descriptor has to be told
 *
 * When next is not below limit, torc_ring_borrow_slow() is called, which always does the whole. So a
 * library that arranges this otherwise one day leaves limit NULL, and programs that were compiled
 * before go on. The order of the two, and struct torc_packet, do not change.
 */
struct torc_ring_cursor {
	const struct torc_packet *next;
	const struct torc_packet *limit;
};

/* torc_ring_borrow_slow - torc_ring_borrow() without a look at the cursor; for that one to call */
TORC_API int torc_ring_borrow_slow(struct torc_ring *ring, const struct torc_packet **packet);

/* torc_ring_step - the next packet where it lies; NULL: torc_ring_borrow_slow() has to be asked */
TORC_API const struct torc_packet *torc_ring_step(struct torc_ring *ring);

/*
 * Define TORC_NO_INLINE to call the library each time. gnu_inline: where they are not inlined, or
 * their address is taken, they are the library's.
 */
#if defined(__GNUC__) && !defined(TORC_NO_INLINE)

extern __inline__ __attribute__((__gnu_inline__)) const struct torc_packet *
torc_ring_step(struct torc_ring *ring)
{
	struct torc_ring_cursor *cursor = (struct torc_ring_cursor *)(void *)ring;
	const struct torc_packet *next = __atomic_load_n(&cursor->next, __ATOMIC_RELAXED);

	if (__builtin_expect(next >= __atomic_load_n(&cursor->limit, __ATOMIC_RELAXED), 0))
		return NULL;
	/* relaxed: what belongs to next was published before the first of the array was */
	__atomic_store_n(&cursor->next, next + 1, __ATOMIC_RELAXED);
	return next;
}

extern __inline__ __attribute__((__gnu_inline__)) int
torc_ring_borrow(struct torc_ring *ring, const struct torc_packet **packet)
{
	const struct torc_packet *next = torc_ring_step(ring);

	if (__builtin_expect(next == NULL, 0))
		return torc_ring_borrow_slow(ring, packet);
	*packet = next;
	return 1;
}

extern __inline__ __attribute__((__gnu_inline__)) int
torc_ring_next(struct torc_ring *ring, struct torc_packet *packet)
{
	const struct torc_packet *next = torc_ring_step(ring), *slow;
	int result;

	if (__builtin_expect(next == NULL, 0)) {
		result = torc_ring_borrow_slow(ring, &slow);
		if (result <= 0) {
			__builtin_memset(packet, 0, sizeof(*packet));
			return result;
		}
		next = slow;
	}
	*packet = *next;
	return 1;
}

#endif

#ifdef __cplusplus
}
#endif

#endif
