/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The classic program of a cluster against the reference, in the kernel: every packet of every kind
 * must come to the socket that the reference names, received and sent, both directions of a flow.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>

#include "cluster/program.h"
#include "cluster/types.h"
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

static void open_group(int *fds, const char *device, int id)
{
	int value = id | PACKET_FANOUT_CBPF << 16;

	for (int i = 0; i < PLACES; i++) {
		fds[i] = bound_socket((int)if_nametoindex(device), ETH_P_ALL);
		if (setsockopt(fds[i], SOL_PACKET, PACKET_FANOUT, &value, sizeof(value)) < 0)
			skip_all("no PACKET_FANOUT_CBPF here");
	}
}

static bool install(int fd, enum torc_cluster_type type, const uint16_t *table)
{
	static struct torc_classic_program program;
	struct sock_fprog fprog = { .filter = program.insns };

	if (torc_cluster_classic(&program, (unsigned int)torc_cluster_flow_bits(type), table) < 0)
		return false;
	fprog.len = program.count;
	return setsockopt(fd, SOL_PACKET, PACKET_FANOUT_DATA, &fprog, sizeof(fprog)) == 0;
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

static int sender, received[PLACES], sent[PLACES];

/* One frame through the wire: the groups at both ends must agree with the reference. */
static bool one_frame(const struct flow *flow, struct flow_key key, const uint16_t *table)
{
	uint32_t hash = reference_hash(flow, key);
	int want = table[CLUSTER_BUCKET_OF(hash)] % PLACES, rx, tx;
	struct frame frame;

	flow_frame(&frame, flow);
	if (send(sender, frame.bytes, frame.length, 0) != (ssize_t)frame.length) {
		note("send: %s", strerror(errno));
		return false;
	}
	rx = who(received);
	tx = who(sent);
	if (rx == want && tx == want)
		return true;
	note("v6 %d arp %d protocol %d tags %u options %u fragment %u cut %u: want %d, rx %d, tx %d",
	     flow->v6, flow->is_arp, flow->protocol, flow->tags, flow->options, flow->fragment,
	     flow->cut, want, rx, tx);
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

		if (!ok(install(received[3], kinds[index].type, table) &&
				install(sent[5], kinds[index].type, table),
			"%s: program of %s runs installed", name, round ? "16" : "1024"))
			return;
		for (unsigned int i = 0; i < frames && wrong < 5; i++) {
			struct flow flow = random_flow(), back = flow_reverse(flow);

			wrong += !one_frame(&flow, kinds[index].key, table);
			wrong += !one_frame(&back, kinds[index].key, table);
		}
	}
	is(wrong, 0, "%s: every packet is where the reference says", name);
}

/* IP and transport headers that end early: nothing fails, nothing is read that is not there. */
static void check_cuts(void)
{
	const struct flow_key key = { .ports = true, .protocol = true };
	unsigned int wrong = 0;
	uint16_t table[CLUSTER_BUCKETS];

	for (unsigned int i = 0; i < CLUSTER_BUCKETS; i++)
		table[i] = i % PLACES;
	install(received[0], TORC_CLUSTER_PER_FLOW_5_TUPLE, table);
	install(sent[0], TORC_CLUSTER_PER_FLOW_5_TUPLE, table);
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
	is(wrong, 0, "ports that are not there are not read");
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

int main(void)
{
	check_parser();
	if (system("ip link add va type veth peer name vb 2>/dev/null &&"
		   "sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.va.disable_ipv6=1 "
		   "net.ipv6.conf.vb.disable_ipv6=1 2>/dev/null; ip link set va up; ip link set vb up"))
		skip_all("no veth pair");
	sender = bound_socket((int)if_nametoindex("va"), 0);
	open_group(received, "vb", 17);
	open_group(sent, "va", 18);
	while (who(received) != -1 || who(sent) != -1) /* what the devices say on their way up */
		;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		check_type(i, 300);
	check_cuts();
	return done();
}
