/* SPDX-License-Identifier: BSD-3-Clause */
/* pfring_net.h - for pfring_*: a veth pair, frames with a number in them, and a sender */
#ifndef TORC_TEST_PFRING_NET_H
#define TORC_TEST_PFRING_NET_H

#include <pcap/pcap.h>

#include "pfring.h"

#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <time.h>

#include "test.h"

#define FRAME_BYTES 100

static inline bool run(const char *command)
{
	return system(command) == 0;
}

/* p0 <-> p1, up and silent; false where this machine cannot. */
static inline bool make_veth(void)
{
	return run("ip link add p0 address 02:00:00:00:00:01 numrxqueues 4 numtxqueues 4 type veth "
		   "peer name p1 address 02:00:00:00:00:02 numrxqueues 4 numtxqueues 4") &&
	       run("for i in p0 p1; do echo 1 >/proc/sys/net/ipv6/conf/$i/disable_ipv6; "
		   "ip link set $i arp off || exit 1; done; tests/up p0 p1");
}

static inline void need_veth(void)
{
	if (!make_veth())
		skip_all("no veth interfaces here");
}

/* What a frame holds; the rest of it is zero. */
struct frame {
	uint16_t vlan; /* 0: no tag */
	uint8_t protocol; /* 17 when 0 */
	uint8_t source, destination; /* 10.0.0.x and 10.0.1.x */
	uint16_t source_port, destination_port;
	uint32_t number; /* the last four bytes */
	const char *payload;
};

static inline void put16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* FRAME_BYTES from 02::01 to 02::02, four more with a tag; returns the length. */
static inline unsigned int build(uint8_t *bytes, const struct frame *frame)
{
	static const uint8_t macs[] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1 };
	unsigned int length = FRAME_BYTES + (frame->vlan ? 4 : 0);
	uint8_t protocol = frame->protocol ? frame->protocol : IPPROTO_UDP;
	uint8_t *ip;

	memset(bytes, 0, length);
	memcpy(bytes, macs, sizeof(macs));
	ip = bytes + 14;
	if (frame->vlan) {
		put16(bytes + 12, 0x8100);
		put16(bytes + 14, frame->vlan);
		ip += 4;
	}
	put16(ip - 2, 0x0800);
	ip[0] = 0x45;
	put16(ip + 2, FRAME_BYTES - 14);
	ip[8] = 64;
	ip[9] = protocol;
	memcpy(ip + 12, (uint8_t[]){ 10, 0, 0, frame->source, 10, 0, 1, frame->destination }, 8);
	put16(ip + 20, frame->source_port);
	put16(ip + 22, frame->destination_port);
	if (protocol == IPPROTO_UDP)
		put16(ip + 24, FRAME_BYTES - 34);
	else
		ip[32] = 0x50;
	if (frame->payload)
		memcpy(ip + (protocol == IPPROTO_UDP ? 28 : 40), frame->payload,
		       strlen(frame->payload));
	memcpy(bytes + length - 4, &frame->number, 4);
	return length;
}

/* A packet socket that only sends. */
static inline int sender_open(const char *interface)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET,
				       .sll_ifindex = (int)if_nametoindex(interface) };
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		skip_all("no packet sockets here (CAP_NET_RAW)");
	return fd;
}

static inline void send_frame(int fd, const struct frame *frame)
{
	uint8_t bytes[FRAME_BYTES + 4];
	unsigned int length = build(bytes, frame);

	while (send(fd, bytes, length, 0) < 0 && (errno == ENOBUFS || errno == EAGAIN))
		usleep(100);
}

/* count frames, numbered from 0, 10.0.0.1:1000 to 10.0.1.2:port */
static inline void send_many(int fd, unsigned int count, uint16_t port)
{
	struct frame frame = { .source = 1, .destination = 2, .source_port = 1000,
			       .destination_port = port };

	for (; frame.number < count; frame.number++)
		send_frame(fd, &frame);
}

/* The number in a frame. */
static inline uint32_t number_of(const u_char *data, const struct pfring_pkthdr *hdr)
{
	uint32_t number;

	memcpy(&number, data + hdr->len - 4, 4);
	return number;
}

/*
 * One packet within two seconds: 1, or what pfring_recv() said. Never waits inside of the library,
 * so that a bug makes a test fail, not hang.
 */
static inline int receive(pfring *ring, u_char **data, struct pfring_pkthdr *hdr)
{
	int rc = 0;

	for (unsigned int tries = 0; tries < 2000 && rc == 0; tries++) {
		rc = pfring_recv(ring, data, 0, hdr, 0);
		if (rc == 0)
			usleep(1000);
	}
	return rc;
}

/* How many packets come until the wire is quiet for a sixth of a second. */
static inline unsigned int drain(pfring *ring)
{
	struct pfring_pkthdr hdr;
	unsigned int count = 0, quiet = 0;
	u_char *data;

	while (quiet < 160) {
		if (pfring_recv(ring, &data, 0, &hdr, 0) > 0) {
			count++;
			quiet = 0;
		} else {
			quiet++;
			usleep(1000);
		}
	}
	return count;
}

/* A ring that receives, enabled. */
static inline pfring *open_enabled(const char *device, u_int32_t flags)
{
	pfring *ring = pfring_open(device, 1500, flags);

	if (!ring && errno == EPERM)
		skip_all("no packet sockets here (CAP_NET_RAW)");
	if (!ring || pfring_enable_ring(ring) != 0) {
		ok(false, "open and enable %s: %s", device, strerror(errno));
		exit(done());
	}
	return ring;
}

#endif
