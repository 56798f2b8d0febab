/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * stream_kernel.c - the running kernel as witness: the same segments into a real socket and into the
 * engine, and both have the same bytes
 *
 * A packet socket on one end of a veth pair plays the client of a server that listens on the other
 * end. First the nine ways in which two segments can overlap, then 1,000 random ones of up to ten
 * segments with different bytes each. The seed is printed; SEED=N repeats a run.
 */
#include "net.h"
#include "stream.h"

#define ROUNDS	1000
#define CLIENT	"10.9.0.1"
#define SERVER	"10.9.0.2"
#define LENGTH	64

struct part {
	uint32_t start, end;
	char bytes[LENGTH + 1];
};

static int wire, listener;
static struct play game;

/* ---- the client ---- */

static void send_segment(uint32_t seq, uint32_t ack, unsigned int flags, const char *data,
			 uint32_t length)
{
	uint8_t tcp[20 + LENGTH] = { 0 }, frame[14 + 20 + sizeof(tcp)];
	uint32_t size;

	play_put_be(tcp, game.port[0], 2);
	play_put_be(tcp + 2, game.port[1], 2);
	play_put_be(tcp + 4, seq, 4);
	play_put_be(tcp + 8, ack, 4);
	tcp[12] = 0x50;
	tcp[13] = (uint8_t)flags;
	play_put_be(tcp + 14, 65535, 2);
	if (length > 0)
		memcpy(tcp + 20, data, length);
	size = play_frame(&game, 0, frame + 14, tcp, 20 + length, 20 + length);
	memcpy(frame, NET_MAC_B NET_MAC_A "\x08\x00", 14);
	if (send(wire, frame, 14 + size, 0) < 0)
		note("send: %s", strerror(errno));
	play_packet(&game, frame + 14, size, size);
}

/* The server's SYN/ACK for this connection; false when none comes. */
static bool wait_answer(uint32_t *isn)
{
	for (uint64_t end = net_now_ms() + 5000; net_now_ms() < end;) {
		struct pollfd ready = { .fd = wire, .events = POLLIN };
		uint8_t frame[2048];
		ssize_t size;

		if (poll(&ready, 1, 100) <= 0)
			continue;
		size = recv(wire, frame, sizeof(frame), MSG_DONTWAIT);
		if (size < 54 || frame[23] != 6 || net_get16(frame + 36) != game.port[0] ||
		    frame[47] != 0x12)
			continue;
		*isn = net_get16(frame + 38) << 16 | net_get16(frame + 40);
		play_packet(&game, frame + 14, (uint32_t)net_get16(frame + 16),
			    (uint32_t)net_get16(frame + 16));
		return true;
	}
	return false;
}

/* ---- both of them ---- */

/* What the application of the server reads until the end of the stream. */
static void read_all(int fd, char *bytes, size_t size)
{
	struct timeval patience = { .tv_sec = 10 };
	size_t length = 0;
	ssize_t got;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	while (length + 1 < size && (got = recv(fd, bytes + length, size - 1 - length, 0)) > 0)
		length += (size_t)got;
	bytes[length] = '\0';
}

/* One connection with these segments; true when both have the same. */
static bool compare(unsigned int number, const struct part *parts, unsigned int count, char *kernel,
		    char *ours)
{
	const uint32_t isn = 0xFFFFFFF0u; /* the numbers wrap soon */
	struct linger now = { .l_onoff = 1, .l_linger = 0 };
	uint32_t server, end = 0;
	int fd;

	game.port[0] = (uint16_t)(10000 + number);
	game.length = 0;
	game.last_side = -1;
	memset(game.delivered, 0, sizeof(game.delivered) + sizeof(game.gaps));
	send_segment(isn, 0, 2, NULL, 0);
	if (!wait_answer(&server))
		return false;
	send_segment(isn + 1, server + 1, 0x10, NULL, 0);
	fd = accept(listener, NULL, NULL);
	for (unsigned int i = 0; i < count; i++) {
		send_segment(isn + 1 + parts[i].start, server + 1, 0x18, parts[i].bytes,
			     parts[i].end - parts[i].start);
		end = parts[i].end > end ? parts[i].end : end;
	}
	send_segment(isn + 1 + end, server + 1, 0x11, NULL, 0);
	read_all(fd, kernel, LENGTH + 1);
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(fd);
	snprintf(ours, LENGTH + 64, "%.*s", LENGTH + 63, game.log);
	return strlen(kernel) == end && strncmp(ours, "open:syn c:", 11) == 0 &&
	       strcmp(ours + 11, kernel) == 0;
}

/* ---- cases ---- */

static void nine(void)
{
	static const struct {
		const char *name;
		struct part parts[3];
	} cases[] = {
		{ "delivered, then sent again", { { 0, 4, "AAAA" }, { 0, 4, "BBBB" }, { 4, 8, "cccc" } } },
		{ "the same range", { { 4, 8, "AAAA" }, { 4, 8, "BBBB" }, { 0, 4, "hhhh" } } },
		{ "over the end", { { 4, 12, "AAAAAAAA" }, { 8, 16, "BBBBBBBB" }, { 0, 4, "hhhh" } } },
		{ "over the start", { { 8, 16, "AAAAAAAA" }, { 4, 12, "BBBBBBBB" }, { 0, 4, "hhhh" } } },
		{ "over both ends", { { 8, 12, "AAAA" }, { 4, 16, "BBBBBBBBBBBB" }, { 0, 4, "hhhh" } } },
		{ "inside", { { 4, 16, "AAAAAAAAAAAA" }, { 8, 12, "BBBB" }, { 0, 4, "hhhh" } } },
		{ "the same start, longer", { { 4, 8, "AAAA" }, { 4, 12, "BBBBBBBB" }, { 0, 4, "hhhh" } } },
		{ "partly delivered", { { 0, 4, "AAAA" }, { 2, 8, "BBBBBB" } } },
		{ "what fills the hole reaches what waits", { { 4, 8, "AAAA" }, { 0, 6, "hhhhBB" } } },
	};
	char kernel[LENGTH + 1], ours[LENGTH + 64];

	for (unsigned int i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		unsigned int count = cases[i].parts[2].end ? 3 : 2;
		bool same = compare(i, cases[i].parts, count, kernel, ours);

		if (!ok(same, "%s: %s", cases[i].name, kernel))
			note("we have %s", ours);
	}
}

static uint64_t state;

static uint32_t random_below(uint32_t limit)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 33) % limit;
}

static void part_add(struct part *parts, unsigned int *count, uint32_t start, uint32_t end,
		     bool *covered)
{
	struct part *part = &parts[(*count)++];

	part->start = start;
	part->end = end;
	for (uint32_t i = start; i < end; i++) {
		part->bytes[i - start] = (char)('A' + (*count - 1) + (random_below(2) ? 0 : 32));
		covered[i] = true;
	}
	part->bytes[end - start] = '\0';
}

/* Segments anywhere, then what is missing, the first byte last but in every other round. */
static unsigned int random_parts(struct part *parts, bool in_order)
{
	uint32_t length = 8 + random_below(LENGTH - 9), most = 3 + random_below(8);
	bool covered[LENGTH] = { false };
	unsigned int count = 0;

	while (count < most) {
		uint32_t start = 1 + random_below(length - 1);
		uint32_t end = start + 1 + random_below(length - start);

		if (in_order && count == most / 2)
			part_add(parts, &count, 0, 1 + random_below(length), covered);
		else
			part_add(parts, &count, start, end > length ? length : end, covered);
	}
	for (uint32_t at = 1; at < length; at++) {
		uint32_t start = at;

		while (at < length && !covered[at])
			at++;
		if (at > start)
			part_add(parts, &count, start, at, covered);
	}
	if (!covered[0])
		part_add(parts, &count, 0, 1, covered);
	return count;
}

static void random_ones(void)
{
	const char *given = getenv("SEED");
	uint64_t seed = given ? strtoull(given, NULL, 10) : net_clock_ns(CLOCK_REALTIME) % 1000000007;
	char kernel[LENGTH + 1], ours[LENGTH + 64];
	struct part parts[LENGTH];
	unsigned int same = 0;

	note("SEED=%llu", (unsigned long long)seed);
	state = seed * 2654435761u + 1;
	for (unsigned int round = 0; round < ROUNDS; round++) {
		unsigned int count = random_parts(parts, round % 2);

		if (compare(100 + round, parts, count, kernel, ours)) {
			same++;
			continue;
		}
		note("round %u: the kernel has %s", round, kernel);
		note("            we have       %s", ours);
		for (unsigned int i = 0; i < count; i++)
			note("  %u..%u %s", parts[i].start, parts[i].end, parts[i].bytes);
	}
	is(same, ROUNDS, "random segments: both have the same bytes");
}

int main(void)
{
	struct sockaddr_ll link = { .sll_family = AF_PACKET, .sll_protocol = htons(0x0800) };
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(80) };
	int yes = 1;

	net_pair("sa", "sb");
	if (!net_run("ip addr add " SERVER "/24 dev sb && "
		     "ip neigh add " CLIENT " lladdr 02:00:00:00:00:0a dev sb nud permanent"))
		skip_all("cannot give the interface an address");
	wire = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(0x0800));
	link.sll_ifindex = (int)if_nametoindex("sa");
	if (wire < 0 || bind(wire, (struct sockaddr *)&link, sizeof(link)) < 0)
		skip_all("packet sockets need CAP_NET_RAW");
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	inet_pton(AF_INET, SERVER, &address.sin_addr);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(listener, 16) < 0)
		skip_all("cannot listen");
	play_begin(&game, NULL);
	inet_pton(AF_INET, CLIENT, game.address[0]);
	inet_pton(AF_INET, SERVER, game.address[1]);
	nine();
	random_ones();
	return done();
}
