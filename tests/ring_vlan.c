/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ring_vlan.c - VLAN tags: put back where they were with their real TPID, whether the kernel
 * stripped them or not; and filters, devices and settings that ask for them
 */
#include "net.h"

#define C_TAG(id) (0x81000000u | (id))
#define S_TAG(id) (0x88a80000u | (id))

static int from_a, from_b;

struct tags {
	unsigned int count;
	uint32_t words[4];
	bool good; /* the packet is whole and says its lengths right */
	uint32_t flags;
};

static void see(const struct torc_packet *packet, void *context)
{
	struct tags *tags = context;
	unsigned int at = 12;

	tags->flags = packet->flags;
	tags->good = net_intact(packet) && packet->caplen == packet->len;
	for (tags->count = 0; tags->count < 4; at += 4) {
		unsigned int type = net_get16(packet->data + at);

		if (type != 0x8100 && type != 0x88a8)
			break;
		tags->words[tags->count++] = type << 16 | net_get16(packet->data + at + 2);
	}
}

/* One tagged frame crosses; what does the ring give? */
static void test_frame(struct torc_ring *ring, int fd, const char *what, const uint32_t *words,
		       unsigned int count)
{
	struct tags tags = { .count = 99 };
	struct torc_packet packet;

	is(net_send_tagged(fd, words, count, 100, 5), 1, "%s: sent", what);
	torc_ring_set_poll_duration(ring, 5000);
	is(torc_ring_next(ring, &packet), 1, "received");
	if (!packet.data)
		return;
	is(packet.len, 100 + 4 * count, "len counts the tags");
	is(packet.caplen, 100 + 4 * count, "caplen too");
	see(&packet, &tags);
	ok(tags.good, "the packet is whole");
	is(tags.count, count, "%u tags", count);
	ok(tags.count != count || count == 0 || memcmp(tags.words, words, 4 * count) == 0,
	   "with their TPIDs, priorities and ids");
	note("%s", tags.flags & TORC_PACKET_VLAN_RESTORED ? "put back" : "left in");
}

static void test_places(uint32_t flags)
{
	struct torc_ring *ring = net_ring("vb", flags);
	const uint32_t single[] = { C_TAG(0x6064) }, service[] = { S_TAG(200) };
	const uint32_t twice[] = { S_TAG(200), C_TAG(100) }, same[] = { C_TAG(1), C_TAG(2) };
	const uint32_t priority[] = { C_TAG(0xe000) };

	test_frame(ring, from_a, "no tag", NULL, 0);
	test_frame(ring, from_a, "one tag", single, 1);
	test_frame(ring, from_a, "a service tag", service, 1);
	test_frame(ring, from_a, "QinQ", twice, 2);
	test_frame(ring, from_a, "two of one kind", same, 2);
	test_frame(ring, from_a, "priority only", priority, 1);
	test_frame(ring, from_b, "one tag, outgoing", single, 1);
	test_frame(ring, from_b, "QinQ, outgoing", twice, 2);
	torc_ring_close(ring);
}

/* Tags that the kernel keeps beside the packet from the start: a VLAN interface sends. */
static void test_hardware(void)
{
	const uint32_t inner[] = { C_TAG(7) };
	struct torc_ring *ring, *out;
	struct tags tags = { 0 };
	int fd;

	if (!net_run("ip link add link va name va.55 type vlan proto 802.1ad id 55 2>/dev/null &&"
		     " ip link set va.55 up")) {
		skip("a VLAN interface", "cannot be made here");
		return;
	}
	ring = net_ring("vb", 0);
	out = net_ring("(va)", 0);
	fd = net_sender("va.55");
	net_send_udp(fd, 1, 90, 1);
	is(net_read(ring, 1, 5000, see, &tags), 1, "a packet of a VLAN interface");
	ok(tags.good && tags.count == 1 && tags.words[0] == S_TAG(55), "has its service tag");
	is(net_read(out, 1, 5000, see, &tags), 1, "and where it leaves");
	ok(tags.good && tags.count == 1 && tags.words[0] == S_TAG(55), "it has it, too");
	net_send_tagged(fd, inner, 1, 90, 2);
	is(net_read(ring, 1, 5000, see, &tags), 1, "a tagged packet of it");
	ok(tags.good && tags.count == 2 && tags.words[0] == S_TAG(55) && tags.words[1] == C_TAG(7),
	   "has both");
	torc_ring_close(ring);
	torc_ring_close(out);
	close(fd);
	net_run("ip link del va.55");
}

/* Untagged, VLAN 100, VLAN 200, service VLAN 100 around 300: a bit for each that came. */
static void see_kind(const struct torc_packet *packet, void *context)
{
	*(unsigned int *)context |= 1u << net_number(packet);
}

static unsigned int kinds_that_come(struct torc_ring *ring)
{
	const uint32_t tags[][2] = { { 0 }, { C_TAG(100) }, { C_TAG(200) },
				     { S_TAG(100), C_TAG(300) } };
	unsigned int kinds = 0;

	for (unsigned int dir = 0; dir < 2; dir++)
		for (unsigned int i = 0; i < 4; i++)
			net_send_tagged(dir ? from_b : from_a, tags[i],
					i == 0 ? 0 :
					i == 3 ? 2 :
						 1,
					80, 4 * dir + i);
	net_read_all(ring, see_kind, &kinds);
	return kinds;
}

#define BOTH(bits) ((bits) | (bits) << 4)

static void test_filters(uint32_t flags)
{
	struct torc_ring *ring = net_ring("vb", flags);
	const struct {
		const char *text;
		unsigned int want;
	} cases[] = {
		{ "vlan", BOTH(0xe) },
		{ "vlan 100", BOTH(0xa) },
		{ "vlan 200", BOTH(0x4) },
		{ "not vlan", BOTH(0x1) },
		{ "vlan 200 and udp port 7000", BOTH(0x4) },
		/* stripped tags are not in the bytes the kernel's filter reads: as in tcpdump */
		{ "udp port 7000", 0x1 << 4 | 0x7 },
		{ "udp or (vlan and udp)", BOTH(0x7) },
		{ "ether proto 0x8100", BOTH(0x6) },
		{ "ether[12:2] = 0x88a8", BOTH(0x8) },
		{ "vlan and ether[16:2] = 0x0800", BOTH(0x6) },
		{ "vlan 100 and vlan 300", BOTH(0x8) },
		/* what the kernel has not in one load, the ring looks at: half a tag, the length */
		{ "vlan and ether[15] = 200", BOTH(0x4) },
		{ "vlan and len = 84", BOTH(0x6) },
	};

	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		is(torc_ring_set_filter(ring, cases[i].text), 0, "filter \"%s\"", cases[i].text);
		is(kinds_that_come(ring), cases[i].want, "takes what it should");
	}
	torc_ring_remove_filter(ring);
	kinds_that_come(ring);
	torc_ring_close(ring);
}

/* The filter finds the stripped tag of packets that were captured before it was set, too. */
static void test_waiting(void)
{
	struct torc_ring *ring = net_ring("vb", 0);
	unsigned int kinds = 0;
	const uint32_t tag[] = { C_TAG(100) };

	net_send_udp(from_a, 1, 80, 0);
	net_send_tagged(from_a, tag, 1, 80, 1);
	net_wait_seen(ring, 2);
	is(torc_ring_set_filter(ring, "vlan 100"), 0, "a filter while two packets wait");
	net_read_all(ring, see_kind, &kinds);
	is(kinds, 0x2, "takes the one with the tag");

	torc_ring_remove_filter(ring);
	net_send_tagged(from_a, tag, 1, 80, 2);
	net_send_tagged(from_a, tag, 1, 80, 3);
	net_wait_seen(ring, 4);
	torc_ring_set_filter(ring, "udp port 7000");
	net_send_tagged(from_a, tag, 1, 80, 4);
	kinds = 0;
	net_read_all(ring, see_kind, &kinds);
	is(kinds, 0x1c, "the same verdict for those that waited and those that came later");
	torc_ring_close(ring);
}

static void test_settings(uint32_t flags)
{
	struct torc_ring *ring = net_ring("vb", flags);
	struct torc_ring_info info = { .size = sizeof(info) };

	is(torc_ring_set_vlan(ring, 100), 0, "only VLAN 100");
	is(kinds_that_come(ring), BOTH(0xa), "is what comes");
	is(torc_ring_set_vlan(ring, TORC_VLAN_NONE), 0, "only untagged packets");
	is(kinds_that_come(ring), BOTH(0x1), "is what comes");
	is(torc_ring_set_vlan(ring, TORC_VLAN_ANY), 0, "all");
	is(kinds_that_come(ring), BOTH(0xf), "is what comes");
	is(torc_ring_set_vlan(ring, 4096), -EINVAL, "there is no VLAN 4096");
	torc_ring_close(ring);

	ring = net_ring("vb.200", flags);
	torc_ring_info(ring, &info);
	is(info.vlan, 200, "the device vb.200 is VLAN 200 of vb");
	is_str(info.interface_name, "vb", "on that interface");
	is(kinds_that_come(ring), BOTH(0x4), "and gives no other");
	torc_ring_close(ring);
}

int main(void)
{
	net_pair("va", "vb");
	from_a = net_sender("va");
	from_b = net_sender("vb");
	test_places(0);
	test_places(TORC_IMMEDIATE);
	test_hardware();
	test_filters(0);
	test_filters(TORC_IMMEDIATE);
	test_waiting();
	test_settings(0);
	test_settings(TORC_IMMEDIATE);
	return done();
}
