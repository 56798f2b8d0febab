/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The programs of a cluster against the reference, in the kernel: every packet of every kind must
 * come to the socket that the reference names, received and sent, both directions of a flow. The
 * eBPF program is tested where it can be loaded.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>

#include "cluster/kernel.h"
#include "fanout/extended.h"
#include "fanout/program.h"
#include "fanout/types.h"
#include "flowgen.h"
#include "test.h"

#define PLACES 16

static const struct {
	enum torc_cluster_type type;
	struct flow_key key;
} kinds[] = {
	{ TORC_CLUSTER_PER_FLOW, { .ports = true, .protocol = true, .vlan = true } },
	{ TORC_CLUSTER_PER_FLOW_2_TUPLE, { .ports = false } },
	{ TORC_CLUSTER_PER_FLOW_4_TUPLE, { .ports = true } },
	{ TORC_CLUSTER_PER_FLOW_5_TUPLE, { .ports = true, .protocol = true } },
	{ TORC_CLUSTER_PER_FLOW_TCP_5_TUPLE,
	  { .ports = true, .protocol = true, .tcp_only = true } },
	{ TORC_CLUSTER_PER_FLOW_IP_5_TUPLE, { .ports = true, .protocol = true, .mac = true } },
};

static uint32_t random_state = 1;

static uint32_t any(void)
{
	random_state = random_state * 1664525u + 1013904223u;
	return random_state >> 8 | random_state << 24;
}

static struct flow random_flow(void)
{
	static const uint8_t protocols[] = { 6, 17, 132, 33, 136, 1, 58, 50 };
	struct flow flow = {
		.v6 = any() % 3 == 0,
		.is_arp = any() % 20 == 0,
		.source_port = (uint16_t)any(),
		.destination_port = (uint16_t)any(),
		.protocol = protocols[any() % 8],
		.mac_source = (uint8_t)any(),
		.mac_destination = (uint8_t)any(),
		.tags = any() % 3,
		.tag = { any() & 0xFFF, any() & 0xFFF },
		.options = any() % 3 == 0 ? 1 + any() % 5 : 0,
		.fragment = any() % 5 == 0 ? 1 + any() % 2 : 0,
		.id = any() & 0xFFFF,
		.payload = any() % 200,
		.labels = any() % 6 == 0 ? 1 + any() % 8 : 0,
		.session = any() % 6 == 0,
	};

	for (int i = 0; i < 4; i++) {
		flow.source[i] = any();
		flow.destination[i] = any();
	}
	flow.padding = flow.is_arp ? 18 : any() % 2 * 24;
	return flow;
}

static int bound_socket(int ifindex, int protocol)
{
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_ifindex = ifindex,
		.sll_protocol = htons((uint16_t)protocol),
	};

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		skip_all("packet sockets need CAP_NET_RAW");
	return fd;
}

static bool extended; /* which program */
static int group_id = 16;

/* A program and its memory for each of the two groups. */
static struct {
	int program, map;
	void *memory;
} loaded[2] = { { -1, -1, NULL }, { -1, -1, NULL } };

static void open_group(int *fds, const char *device)
{
	int value = group_id++ | (extended ? PACKET_FANOUT_EBPF : PACKET_FANOUT_CBPF) << 16;

	for (int i = 0; i < PLACES; i++) {
		fds[i] = bound_socket((int)if_nametoindex(device), ETH_P_ALL);
		if (setsockopt(fds[i], SOL_PACKET, PACKET_FANOUT, &value, sizeof(value)) < 0)
			skip_all("no fanout groups by program here");
	}
}

static bool install_extended(int fd, int which, enum torc_cluster_type type, const char *device,
			     const uint16_t *table)
{
	struct torc_error error = { .text = "" };

	if (loaded[which].memory) {
		torc_extended_unmap(loaded[which].memory);
		close(loaded[which].program);
		close(loaded[which].map);
	}
	if (torc_extended_load(&loaded[which].program, &loaded[which].map,
			       (unsigned int)torc_cluster_flow_bits(type), false, &error) < 0 ||
	    torc_extended_map(&loaded[which].memory, loaded[which].map) < 0) {
		note("%s", error.text);
		return false;
	}
	torc_extended_group(loaded[which].memory, 3, (int)if_nametoindex(device));
	torc_extended_write(loaded[which].memory, 3, 1, table);
	return torc_kernel_group_program(fd, &loaded[which].program, sizeof(int)) == 0;
}

static bool install_classic(int fd, enum torc_cluster_type type, const uint16_t *table)
{
	static struct torc_classic_program program;
	struct sock_fprog fprog = { .filter = program.insns };

	if (torc_cluster_classic(&program, (unsigned int)torc_cluster_flow_bits(type), table) < 0)
		return false;
	fprog.len = program.count;
	return torc_kernel_group_program(fd, &fprog, sizeof(fprog)) == 0;
}

static int sender, received[PLACES], sent[PLACES];

static bool install(enum torc_cluster_type type, const uint16_t *table)
{
	if (!extended)
		return install_classic(received[3], type, table) &&
		       install_classic(sent[5], type, table);
	return install_extended(received[3], 0, type, "vb", table) &&
	       install_extended(sent[5], 1, type, "va", table);
}

/* Which socket has it; -1 none, -2 more than one. */
static int who(const int *fds)
{
	struct pollfd polls[PLACES];
	uint8_t buffer[2048];
	int found = -1;

	for (int i = 0; i < PLACES; i++)
		polls[i] = (struct pollfd){ .fd = fds[i], .events = POLLIN };
	poll(polls, PLACES, 1000);
	for (int i = 0; i < PLACES; i++) {
		while (recv(fds[i], buffer, sizeof(buffer), 0) > 0)
			found = found == -1 ? i : -2;
	}
	return found;
}

static bool both_have(const struct frame *frame, uint32_t hash, const uint16_t *table)
{
	int want = table[CLUSTER_BUCKET_OF(hash)] % PLACES, rx, tx;

	if (send(sender, frame->bytes, frame->length, 0) != (ssize_t)frame->length) {
		note("send: %s", strerror(errno));
		return false;
	}
	rx = who(received);
	tx = who(sent);
	if (rx != want || tx != want)
		note("want %d, rx %d, tx %d", want, rx, tx);
	return rx == want && tx == want;
}

/* One frame through the wire: the groups at both ends must agree with the reference. */
static bool one_frame(const struct flow *flow, struct flow_key key, const uint16_t *table)
{
	struct frame frame;

	key.remember = extended;
	flow_frame(&frame, flow);
	if (both_have(&frame, reference_hash(flow, key), table))
		return true;
	note("v6 %d arp %d protocol %d tags %u options %u fragment %u cut %u", flow->v6,
	     flow->is_arp, flow->protocol, flow->tags, flow->options, flow->fragment, flow->cut);
	return false;
}

static void check_type(size_t index, unsigned int frames)
{
	const char *name = torc_cluster_type_text(kinds[index].type);
	uint16_t low[CLUSTER_BUCKETS], high[CLUSTER_BUCKETS];
	unsigned int wrong = 0;

	for (unsigned int i = 0; i < CLUSTER_BUCKETS; i++) {
		low[i] = (uint16_t)(i % PLACES + PLACES * (i % 7));
		high[i] = (uint16_t)(i / (CLUSTER_BUCKETS / PLACES));
	}
	for (int round = 0; round < 2; round++) {
		const uint16_t *table = round ? high : low;

		if (!ok(install(kinds[index].type, table), "%s: table of %s runs installed", name,
			round ? "16" : "1024"))
			return;
		for (unsigned int i = 0; i < frames && wrong < 5; i++) {
			struct flow flow = random_flow(), back = flow_reverse(flow);

			wrong += !one_frame(&flow, kinds[index].key, table);
			wrong += !one_frame(&back, kinds[index].key, table);
		}
	}
	is(wrong, 0, "%s: every packet is where the reference says, %s", name,
	   extended ? "eBPF" : "classic");
}

/* IP and transport headers that end early: nothing fails, nothing is read that is not there. */
static void check_cuts(void)
{
	const struct flow_key key = { .ports = true, .protocol = true };
	unsigned int wrong = 0;
	uint16_t table[CLUSTER_BUCKETS];

	for (unsigned int i = 0; i < CLUSTER_BUCKETS; i++)
		table[i] = i % PLACES;
	install(TORC_CLUSTER_PER_FLOW_5_TUPLE, table);
	for (unsigned int i = 0; i < 200; i++) {
		struct flow flow = random_flow(), known;
		struct flow_key no_ports = key;

		flow.is_arp = false;
		flow.fragment = 0;
		flow.payload = 0;
		flow.protocol = 17;
		flow.cut = 11 - i % 3; /* 1 to 3 bytes of the ports are left */
		known = flow;
		no_ports.ports = false;
		wrong += !one_frame(&known, no_ports, table);
	}
	is(wrong, 0, "ports that are not there are not read, %s", extended ? "eBPF" : "classic");
}

static void check_parser(void)
{
	unsigned int wrong = 0;

	for (unsigned int i = 0; i < 20000; i++) {
		struct flow flow = random_flow();
		const size_t kind = i % (sizeof(kinds) / sizeof(*kinds));
		int bits = torc_cluster_flow_bits(kinds[kind].type);
		struct torc_parsed parsed;
		struct frame frame;

		flow_frame(&frame, &flow);
		torc_parse(TORC_LINK_ETHERNET, frame.bytes, frame.length, &parsed);
		wrong += torc_cluster_hash((unsigned int)bits, &parsed) !=
			 reference_hash(&flow, kinds[kind].key);
	}
	is(wrong, 0, "the hash of parsed packets is the reference's, 20000 packets");
}

static void fill(uint16_t *table)
{
	for (unsigned int i = 0; i < CLUSTER_BUCKETS; i++)
		table[i] = (uint16_t)(i * 7 % PLACES);
}

/* Datagrams in pieces, interleaved: what follows a first fragment goes where that went. */
static void check_fragments(void)
{
	const struct flow_key key = { .ports = true, .protocol = true, .remember = true };
	struct flow flows[32];
	unsigned int wrong = 0;
	uint16_t table[CLUSTER_BUCKETS];
	struct frame frame;

	fill(table);
	install(TORC_CLUSTER_PER_FLOW_5_TUPLE, table);
	for (int step = 0; step < 4; step++) {
		for (int i = 0; i < 32; i++) {
			struct flow flow;

			if (step == 0) {
				flows[i] = random_flow();
				flows[i].is_arp = false;
				flows[i].fragment = 1;
				flows[i].protocol = i % 2 ? 17 : 6;
			}
			flow = flows[i];
			flow.fragment = step == 0 ? 1 : 2;
			flow_frame(&frame, &flow);
			wrong += !both_have(&frame, reference_hash(&flows[i], key), table);
		}
	}
	is(wrong, 0, "later fragments are with their first, IPv4 and IPv6, interleaved");
}

static void check_tunnels(enum torc_cluster_type type, struct flow_key key)
{
	unsigned int wrong = 0, unparsed = 0;
	uint16_t table[CLUSTER_BUCKETS];
	struct torc_parsed parsed;
	struct frame frame;

	fill(table);
	if (!ok(install(type, table), "%s: installed", torc_cluster_type_text(type)))
		return;
	for (unsigned int i = 0; i < TUNNELS * 40 && wrong < 5; i++) {
		struct flow outer = random_flow(), inner = random_flow();
		enum tunnel tunnel = i % TUNNELS;
		uint32_t hash;

		outer.is_arp = inner.is_arp = false;
		outer.fragment = inner.fragment = 0;
		inner.tags = i % 3 == 0 ? any() % 3 : 0;
		if (inner.tags == 2 && tunnel != TUNNEL_VXLAN && tunnel != TUNNEL_GRE_ETHERNET)
			inner.tags = 0;
		tunnel_frame(&frame, &outer, tunnel, &inner);
		inner.tags = outer.tags; /* the tags that count are the outer ones */
		memcpy(inner.tag, outer.tag, sizeof(inner.tag));
		hash = reference_hash(&inner, key);
		if (!both_have(&frame, hash, table)) {
			note("tunnel %d, outer v6 %d, inner v6 %d", tunnel, outer.v6, inner.v6);
			wrong++;
		}
		torc_parse(TORC_LINK_ETHERNET, frame.bytes, frame.length, &parsed);
		unparsed += torc_cluster_hash((unsigned int)torc_cluster_flow_bits(type),
					      &parsed) != hash;
	}
	is(wrong, 0, "%s: by the inner packet", torc_cluster_type_text(type));
	is(unparsed, 0, "%s: files are split the same way", torc_cluster_type_text(type));
}

/* Up to 16 extension headers. */
static void check_deep(void)
{
	const struct flow_key key = { .ports = true, .protocol = true };
	unsigned int wrong = 0;
	uint16_t table[CLUSTER_BUCKETS];

	fill(table);
	install(TORC_CLUSTER_PER_FLOW_5_TUPLE, table);
	for (unsigned int i = 0; i < 100; i++) {
		struct flow flow = random_flow();

		flow.v6 = true;
		flow.is_arp = false;
		flow.fragment = 0;
		flow.options = 7 + i % 10;
		wrong += !one_frame(&flow, key, table);
	}
	is(wrong, 0, "through 16 IPv6 extension headers");
}

static void check_all(void)
{
	open_group(received, "vb");
	open_group(sent, "va");
	while (who(received) != -1 || who(sent) != -1) /* what the devices say on their way up */
		;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		check_type(i, 300);
	check_cuts();
	if (extended) {
		check_fragments();
		check_deep();
		check_tunnels(TORC_CLUSTER_PER_INNER_FLOW, kinds[0].key);
		check_tunnels(TORC_CLUSTER_PER_INNER_FLOW_2_TUPLE, kinds[1].key);
		check_tunnels(TORC_CLUSTER_PER_INNER_FLOW_TCP_5_TUPLE, kinds[4].key);
		check_tunnels(TORC_CLUSTER_PER_INNER_FLOW_IP_5_TUPLE, kinds[5].key);
	}
	for (int i = 0; i < PLACES; i++) {
		close(received[i]);
		close(sent[i]);
	}
}

int main(void)
{
	check_parser();
	if (system("ip link add va type veth peer name vb 2>/dev/null &&"
		   "sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.va.disable_ipv6=1 "
		   "net.ipv6.conf.vb.disable_ipv6=1 2>/dev/null; tests/up va vb"))
		skip_all("no veth pair");
	sender = bound_socket((int)if_nametoindex("va"), 0);
	check_all();
	if (torc_extended_load(&loaded[0].program, &loaded[0].map, 0, false, NULL) < 0) {
		skip("the eBPF program", "it cannot be loaded: CAP_BPF is missing");
		return done();
	}
	close(loaded[0].program);
	close(loaded[0].map);
	extended = true;
	check_all();
	return done();
}
