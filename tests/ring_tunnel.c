/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ring_tunnel.c - interfaces that are not Ethernet: link types as libpcap has them, packets as they
 * are, filters for them, alone, in lists and on "any"; sending
 *
 * A tun device can be given any ARPHRD_ number (TUNSETLINK), so it stands for the others.
 */
#include <linux/if_tun.h>
#include <net/if_arp.h>
#include <pcap/pcap.h>

#include "net.h"

#define SIZE   100 /* of an IP packet */
#define COOKED 16

/* A tun device of that kind, up; its descriptor. */
static int make_tun(unsigned int hatype)
{
	struct ifreq ifr = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	strcpy(ifr.ifr_name, "tun7");
	if (fd < 0 || ioctl(fd, TUNSETIFF, &ifr) < 0)
		skip_all("no tun devices here");
	if (ioctl(fd, TUNSETLINK, (unsigned long)hatype) < 0)
		note("type %u: %s", hatype, strerror(errno));
	net_run("echo 1 >/proc/sys/net/ipv6/conf/tun7/disable_ipv6; ip link set tun7 up");
	return fd;
}

static void drop_tun(int fd)
{
	close(fd);
	for (int i = 0; i < 5000 && if_nametoindex("tun7"); i++)
		net_sleep_ms(1);
}

/* An IPv4 packet with UDP to that port, as the tunnel's other end sends it. */
static void arrive(int fd, unsigned int port, uint32_t number)
{
	uint8_t frame[14 + SIZE];

	net_frame(frame, sizeof(frame), number);
	net_put16(frame + 36, port);
	if (write(fd, frame + 14, SIZE) != SIZE)
		note("tun: %s", strerror(errno));
}

/* Where the IPv4 header of our packets begins, by the packet's link type. */
static unsigned int header_of(const struct torc_packet *packet)
{
	return packet->link_type == TORC_LINK_ETHERNET    ? 14 :
	       packet->link_type == TORC_LINK_LINUX_SLL ? COOKED :
							  0;
}

static bool is_ours(const struct torc_packet *packet, unsigned int port)
{
	unsigned int at = header_of(packet);
	uint8_t frame[14 + SIZE];

	if (packet->caplen < at + SIZE || memcmp(packet->data + at + 28, "Torc", 4) != 0)
		return false;
	net_frame(frame, sizeof(frame), net_get16(packet->data + at + 34));
	net_put16(frame + 36, port);
	return packet->len == at + SIZE && packet->caplen == packet->len &&
	       memcmp(packet->data + at, frame + 14, SIZE) == 0;
}

static unsigned int read_ours(struct torc_ring *ring, unsigned int want, unsigned int port,
			      struct torc_packet *last)
{
	struct torc_packet packet;
	unsigned int count = 0;

	torc_ring_set_poll_duration(ring, want ? 5000 : 300);
	while ((want == 0 || count < want) && torc_ring_next(ring, &packet) > 0) {
		if (!is_ours(&packet, port))
			continue;
		count++;
		if (last)
			*last = packet;
	}
	return count;
}

/* ---- link types ---- */

static int of_libpcap(void)
{
	char error[PCAP_ERRBUF_SIZE];
	pcap_t *pcap = pcap_open_live("tun7", 256, 0, 10, error);
	int type;

	if (!pcap)
		return -1;
	type = pcap_datalink(pcap);
	pcap_close(pcap);
	return type == DLT_RAW ? TORC_LINK_RAW : type;
}

static void test_types(void)
{
	static const unsigned int types[] = { 0xfffe, ARPHRD_PPP, ARPHRD_SLIP, ARPHRD_TUNNEL,
					      ARPHRD_TUNNEL6, ARPHRD_SIT, ARPHRD_IPGRE, 823,
					      ARPHRD_CSLIP6, ARPHRD_RAWHDLC, ARPHRD_INFINIBAND };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct torc_ring_info info = { .size = sizeof(info) };
		int fd = make_tun(types[i]), theirs = of_libpcap();
		struct torc_ring *ring;

		if (torc_ring_open(&ring, "tun7", 0, 0, NULL) == 0) {
			torc_ring_info(ring, &info);
			if (theirs < 0)
				skip("as libpcap has it", "libpcap does not open it");
			else
				is(info.link_type, theirs, "type %u: the link type of libpcap",
				   types[i]);
			torc_ring_close(ring);
		} else {
			ok(false, "type %u opens", types[i]);
		}
		drop_tun(fd);
	}
}

/* ---- packets ---- */

static void check_cooked(const struct torc_packet *packet, unsigned int hatype)
{
	is(net_get16(packet->data), 0, "cooked: to this host");
	is(net_get16(packet->data + 2), hatype, "cooked: the interface's type");
	is(net_get16(packet->data + 14), 0x0800, "cooked: IPv4");
}

static void test_receive(unsigned int hatype, uint16_t link_type, uint32_t flags)
{
	int fd = make_tun(hatype);
	struct torc_ring *ring = net_ring("tun7", flags | TORC_LONG_HEADER);
	struct torc_packet packet = { .data = NULL };
	struct torc_stats stats;
	bool raw = link_type == TORC_LINK_RAW;

	for (unsigned int i = 0; i < 10; i++)
		arrive(fd, NET_PORT, i);
	is(read_ours(ring, 10, NET_PORT, NULL), 10, "type %u: ten arrive whole", hatype);
	arrive(fd, NET_PORT, 10);
	is(read_ours(ring, 1, NET_PORT, &packet), 1, "and one more");
	is(packet.link_type, link_type, "its link type");
	is(packet.direction, TORC_PACKET_RX, "its direction");
	ok(packet.parsed && packet.parsed->ip.version == 4 &&
		   packet.parsed->ip.destination_port == NET_PORT, "parsed");
	if (!raw)
		check_cooked(&packet, hatype);
	is(torc_ring_set_filter(ring, "udp dst port 9999"), 0, "a filter: %s",
	   torc_ring_error(ring));
	for (unsigned int i = 0; i < 30; i++)
		arrive(fd, i % 3 ? NET_PORT : 9999, i);
	is(read_ours(ring, 10, 9999, NULL), 10, "those that match come");
	is(read_ours(ring, 0, NET_PORT, NULL), 0, "and no others");
	stats = net_stats(ring);
	ok(stats.balanced, "the account balances");
	is(stats.filtered, raw ? TORC_UNKNOWN : 20, "who filtered");
	ok(torc_ring_set_filter(ring, "ether host 02:00:00:00:00:01") == -TORC_EFILTER,
	   "what it does not have is no filter: %s", torc_ring_error(ring));
	torc_ring_close(ring);
	drop_tun(fd);
}

static void test_send(unsigned int hatype, uint16_t link_type)
{
	int fd = make_tun(hatype), got;
	struct torc_ring *ring = net_ring("tun7", 0), *other = net_ring("tun7", 0);
	unsigned int begin = link_type == TORC_LINK_RAW ? 0 : COOKED;
	uint8_t frame[14 + SIZE], bytes[2048], cooked[COOKED + SIZE] = { 0 };
	struct torc_packet packet, queued[2] = { { .data = NULL } };

	net_frame(frame, sizeof(frame), 5);
	net_put16(cooked + 14, 0x0800);
	memcpy(cooked + COOKED, frame + 14, SIZE);
	is(torc_ring_send(ring, cooked + COOKED - begin, begin + SIZE), begin + SIZE, "sent: %s",
	   torc_ring_error(ring));
	got = (int)read(fd, bytes, sizeof(bytes));
	ok(got == SIZE && memcmp(bytes, frame + 14, SIZE) == 0, "it leaves as it is");
	is(read_ours(other, 1, NET_PORT, &packet), 1, "another capture sees it");
	is(packet.direction, TORC_PACKET_TX, "go out");
	is(packet.link_type, link_type, "with the link type");
	for (int i = 0; i < 2; i++) {
		queued[i].data = cooked + COOKED - begin;
		queued[i].caplen = queued[i].len = begin + SIZE;
	}
	is(torc_ring_send_batch(ring, queued, 2), 2, "two are queued");
	is(torc_ring_flush(ring), 2, "and leave");
	for (int i = 0; i < 2; i++) {
		got = (int)read(fd, bytes, sizeof(bytes));
		ok(got == SIZE && memcmp(bytes, frame + 14, SIZE) == 0, "as they are");
	}
	memset(cooked, 0xff, sizeof(cooked));
	is(torc_ring_send(ring, cooked, begin ? 8 : SIZE), -EINVAL, "what is no frame is refused");
	torc_ring_close(ring);
	torc_ring_close(other);
	drop_tun(fd);
}

/* Flows are told apart there too: each goes to one member, both ways. */
static void test_cluster(unsigned int hatype)
{
	int fd = make_tun(hatype);
	struct torc_ring *rings[2];
	unsigned int counts[2] = { 0 }, moved = 0;
	int member_of[64];
	uint8_t frame[14 + SIZE], address[4];
	struct torc_packet packet;

	memset(member_of, -1, sizeof(member_of));
	for (int i = 0; i < 2; i++) {
		rings[i] = net_ring("tun7", 0);
		is(torc_ring_set_cluster(rings[i], 31, TORC_CLUSTER_PER_FLOW_2_TUPLE), 0,
		   "type %u: member %d: %s", hatype, i, torc_ring_error(rings[i]));
	}
	for (unsigned int n = 0; n < 256; n++) {
		net_frame(frame, sizeof(frame), n);
		frame[29] = (uint8_t)(n % 64); /* of the source address */
		if (n >= 128) { /* the other way */
			memcpy(address, frame + 26, 4);
			memcpy(frame + 26, frame + 30, 4);
			memcpy(frame + 30, address, 4);
		}
		if (write(fd, frame + 14, SIZE) != SIZE)
			note("tun: %s", strerror(errno));
	}
	for (int i = 0; i < 2; i++) {
		torc_ring_set_poll_duration(rings[i], 500);
		while (torc_ring_next(rings[i], &packet) > 0) {
			const uint8_t *ip = packet.data + header_of(&packet);
			unsigned int flow = net_get16(ip + 34) % 64;

			if (memcmp(ip + 28, "Torc", 4) != 0)
				continue;
			counts[i]++;
			moved += member_of[flow] >= 0 && member_of[flow] != i;
			member_of[flow] = i;
		}
	}
	is(counts[0] + counts[1], 256, "each packet once");
	ok(counts[0] > 0 && counts[1] > 0, "both get some: %u, %u", counts[0], counts[1]);
	is(moved, 0, "each flow goes to one, both ways");
	for (int i = 0; i < 2; i++)
		torc_ring_close(rings[i]);
	drop_tun(fd);
}

/* ---- beside Ethernet ---- */

static void test_beside(const char *device, unsigned int hatype)
{
	int fd = make_tun(hatype), sender = net_sender("va");
	struct torc_ring *ring = net_ring(device, 0);
	unsigned int tunnel = 0, ethernet = 0, wrong = 0;
	struct torc_packet packet;
	struct torc_stats stats;

	is(torc_ring_set_direction(ring, TORC_RX_ONLY), 0, "%s: what comes in", device);
	is(torc_ring_set_filter(ring, "udp dst port 7000"), 0, "%s: a filter: %s", device,
	   torc_ring_error(ring));
	for (unsigned int i = 0; i < 10; i++) {
		uint8_t frame[14 + SIZE];

		arrive(fd, NET_PORT, i);
		arrive(fd, 9999, i);
		net_send_udp(sender, 1, 14 + SIZE, i);
		net_frame(frame, sizeof(frame), i);
		net_put16(frame + 36, 9999);
		net_send(sender, frame, sizeof(frame));
	}
	torc_ring_set_poll_duration(ring, 500);
	while (torc_ring_next(ring, &packet) > 0) {
		if (!is_ours(&packet, NET_PORT))
			wrong++;
		else if (packet.link_type == TORC_LINK_ETHERNET)
			ethernet++;
		else
			tunnel++;
	}
	is(tunnel, 10, "%s: the tunnel's packets that match", device);
	is(ethernet, 10, "%s: and the other interface's", device);
	is(wrong, 0, "%s: and no others", device);
	stats = net_stats(ring);
	ok(stats.balanced && stats.waiting == 0, "%s: the account balances", device);
	torc_ring_close(ring);
	close(sender);
	drop_tun(fd);
}

int main(void)
{
	net_pair("va", "vb");
	test_types();
	test_receive(0xfffe, TORC_LINK_RAW, 0);
	test_receive(0xfffe, TORC_LINK_RAW, TORC_IMMEDIATE);
	test_receive(ARPHRD_PPP, TORC_LINK_LINUX_SLL, 0);
	test_receive(ARPHRD_PPP, TORC_LINK_LINUX_SLL, TORC_IMMEDIATE);
	test_send(0xfffe, TORC_LINK_RAW);
	test_send(ARPHRD_PPP, TORC_LINK_LINUX_SLL);
	test_cluster(0xfffe);
	test_cluster(ARPHRD_PPP);
	test_beside("any", 0xfffe);
	test_beside("any", ARPHRD_PPP);
	test_beside("vb,tun7", 0xfffe);
	test_beside("tun7,vb", ARPHRD_PPP);
	return done();
}
