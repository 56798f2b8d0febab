/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * defrag_kernel.c - the running kernel as oracle: fragments sent into raw sockets, and the same frames
 * given to an engine of policy drop; both deliver the same datagrams with the same bytes
 */
#include <sched.h>

#include "fragments.h"
#include "net.h"

#define PROTOCOL 253 /* for experiments, RFC 3692 */
#define UNITS    32

struct part {
	unsigned int offset, length;
	char letter;
	bool more;
};

struct delivery {
	unsigned int count;
	size_t length;
	uint8_t bytes[65536];
};

static int sender, sockets[2]; /* IPv4, IPv6 */

static bool set(const char *path, const char *value)
{
	FILE *file = fopen(path, "w");
	bool good = file && fputs(value, file) >= 0;

	return (!file || fclose(file) == 0) && good;
}

static void prepare(void)
{
	cpu_set_t one;

	CPU_ZERO(&one); /* one CPU, one queue: what is sent first is received first */
	CPU_SET((size_t)sched_getcpu(), &one);
	sched_setaffinity(0, sizeof(one), &one);
	net_pair("va", "vb");
	if (!net_run("ip addr add 10.9.0.2/24 dev vb && "
		     "echo 0 >/proc/sys/net/ipv6/conf/vb/disable_ipv6 && "
		     "ip -6 addr add fd00:9::2/64 dev vb nodad"))
		skip_all("addresses cannot be set here");
	/* datagrams that never complete wait for half a minute: room for all of them */
	if (!set("/proc/sys/net/ipv4/ipfrag_high_thresh", "100000000") ||
	    !set("/proc/sys/net/ipv6/ip6frag_high_thresh", "100000000") ||
	    !set("/proc/sys/net/ipv4/ipfrag_max_dist", "0"))
		skip_all("the kernel's limits for fragments cannot be set here");
	sockets[0] = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, PROTOCOL);
	sockets[1] = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, PROTOCOL);
	if (sockets[0] < 0 || sockets[1] < 0)
		skip_all("no raw sockets here");
	sender = net_sender("va");
}

static const char marker[8] = "marker!!";

/* A packet that is no fragment. */
static void send_marker(int version)
{
	struct frag_path plain = { .version = version, .id = 0xffff, .protocol = PROTOCOL };
	uint8_t frame[256];
	size_t size;

	if (version == 6) { /* no fragment header */
		size = frag_frame(frame, &plain, 0, false, marker, sizeof(marker));
		memmove(frame + 54, frame + 62, sizeof(marker));
		frame[20] = PROTOCOL;
		frag_put16(frame + 18, sizeof(marker));
		size -= 8;
	} else {
		size = frag_frame(frame, &plain, 0, false, marker, sizeof(marker));
	}
	net_send(sender, frame, size);
}

/* An address is good for packets some time after it was set: until the first one arrives. */
static void wait_for_delivery(int version)
{
	struct pollfd ready = { .fd = sockets[version == 6], .events = POLLIN };
	uint8_t bytes[256];

	for (int tries = 0; tries < 200; tries++) {
		send_marker(version);
		if (poll(&ready, 1, 50) > 0)
			break;
	}
	while (poll(&ready, 1, 50) > 0 && recv(ready.fd, bytes, sizeof(bytes), 0) > 0)
		;
}

/* What the kernel delivers of a version until the marker comes, which is sent last. */
static bool kernel_delivers(const struct frag_path *path, struct delivery *delivery)
{
	int fd = sockets[path->version == 6];
	ssize_t length, skip = path->version == 4 ? 20 : 0;
	uint8_t bytes[65536];

	send_marker(path->version);
	delivery->count = 0;
	for (;;) {
		struct pollfd ready = { .fd = fd, .events = POLLIN };

		if (poll(&ready, 1, 10000) <= 0)
			return false;
		length = recv(fd, bytes, sizeof(bytes), 0) - skip;
		if (length == sizeof(marker) && memcmp(bytes + skip, marker, sizeof(marker)) == 0)
			return true;
		if (length < 0)
			return false;
		delivery->count++;
		delivery->length = (size_t)length;
		memcpy(delivery->bytes, bytes + skip, (size_t)length);
	}
}

/* The parts into both; do they agree? */
static bool both(struct torc_defrag *defrag, const struct frag_path *path, const struct part *parts,
		 unsigned int count, struct delivery *kernel)
{
	static struct delivery ours;
	struct torc_packet whole;
	uint8_t frame[2048], bytes[1500];

	ours.count = 0;
	for (unsigned int i = 0; i < count; i++) {
		size_t size;
		int result;

		memset(bytes, parts[i].letter, sizeof(bytes));
		size = frag_frame(frame, path, parts[i].offset, parts[i].more, bytes,
				  parts[i].length);
		net_send(sender, frame, size);
		result = frag_give(defrag, frame, size, &whole);
		if (result == TORC_DEFRAG_NONE) { /* offset 0 and no more: a whole packet by itself */
			ours.count++;
			ours.length = parts[i].length;
			memcpy(ours.bytes, bytes, ours.length);
		} else if (result == TORC_DEFRAG_WHOLE) {
			size_t headers = path->version == 4 ? 34 : 54;

			ours.count++;
			ours.length = whole.caplen - headers;
			memcpy(ours.bytes, whole.data + headers, ours.length);
		}
	}
	return kernel_delivers(path, kernel) && kernel->count == ours.count &&
	       (ours.count == 0 || (kernel->length == ours.length &&
				    memcmp(kernel->bytes, ours.bytes, ours.length) == 0));
}

static void test_cases(void)
{
	static const struct {
		const char *what;
		struct part parts[5];
	} cases[] = {
		{ "in order", { { 0, 16, 'A', true }, { 16, 16, 'B', false } } },
		{ "reversed", { { 16, 16, 'B', false }, { 0, 16, 'A', true } } },
		{ "one twice", { { 0, 16, 'A', true }, { 0, 16, 'A', true }, { 16, 8, 'B', false } } },
		{ "same range, other bytes",
		  { { 8, 16, 'A', true }, { 8, 16, 'X', true }, { 0, 8, 'B', true },
		    { 24, 8, 'C', false } } },
		{ "inside another",
		  { { 0, 32, 'A', true }, { 8, 8, 'X', true }, { 32, 8, 'B', false } } },
		{ "inside two in order",
		  { { 0, 16, 'A', true }, { 16, 16, 'B', true }, { 8, 16, 'X', true },
		    { 32, 8, 'C', false } } },
		{ "across two that came apart",
		  { { 16, 16, 'B', true }, { 0, 16, 'A', true }, { 8, 16, 'X', true },
		    { 32, 8, 'C', false } } },
		{ "overlap by eight", { { 0, 24, 'A', true }, { 16, 16, 'B', false } } },
		{ "overlap, then all again",
		  { { 0, 24, 'A', true }, { 16, 16, 'B', false }, { 0, 16, 'C', true },
		    { 16, 16, 'D', false } } },
		{ "teardrop", { { 0, 32, 'A', true }, { 8, 8, 'B', false } } },
		{ "two ends, the shorter later",
		  { { 0, 16, 'A', true }, { 16, 24, 'B', false }, { 16, 8, 'C', false } } },
		{ "two ends before it is whole",
		  { { 16, 24, 'B', false }, { 16, 8, 'C', false }, { 0, 16, 'A', true } } },
		{ "bytes behind the end",
		  { { 16, 8, 'B', false }, { 24, 8, 'C', true }, { 0, 16, 'A', true } } },
		{ "five bytes, more to come",
		  { { 0, 16, 'A', true }, { 16, 5, 'B', true }, { 16, 8, 'C', false } } },
		{ "twelve bytes, more to come",
		  { { 0, 12, 'A', true }, { 8, 8, 'B', false } } },
		{ "an empty one", { { 0, 16, 'A', true }, { 16, 0, 'B', true }, { 16, 8, 'C', false } } },
		{ "a last one of one byte", { { 0, 16, 'A', true }, { 16, 1, 'B', false } } },
		{ "the end behind 65,535", { { 0, 16, 'A', true }, { 65520, 32, 'B', false } } },
	};
	static struct delivery kernel;

	for (int version = 4; version <= 6; version += 2) {
		struct torc_defrag *defrag = frag_engine(TORC_DEFRAG_DROP);

		for (unsigned int i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
			const struct frag_path path = { .version = version, .id = 100 + i,
							.protocol = PROTOCOL };
			unsigned int count = 0;

			while (count < 5 && cases[i].parts[count].letter)
				count++;
			ok(both(defrag, &path, cases[i].parts, count, &kernel),
			   "IPv%d, %s: the kernel delivers %u, so do we", version, cases[i].what,
			   kernel.count);
		}
		ok(frag_balanced(defrag), "the account balances");
		torc_defrag_close(defrag);
	}
}

/* Every codepoint with every other. */
static void test_ecn(void)
{
	static struct delivery kernel;
	struct torc_defrag *defrag = frag_engine(TORC_DEFRAG_DROP);
	unsigned int differ = 0;

	for (unsigned int i = 0; i < 32; i++) {
		struct frag_path path = { .version = i & 16 ? 6 : 4, .id = 1000 + i,
					  .protocol = PROTOCOL, .tos = i & 3 };
		struct torc_packet whole;
		uint8_t frame[128], bytes[16] = { 0 };
		unsigned int ours;
		size_t size = frag_frame(frame, &path, 0, true, bytes, 16);

		net_send(sender, frame, size);
		frag_give(defrag, frame, size, &whole);
		path.tos = i >> 2 & 3;
		size = frag_frame(frame, &path, 16, false, bytes, 16);
		net_send(sender, frame, size);
		ours = frag_give(defrag, frame, size, &whole) == TORC_DEFRAG_WHOLE;
		differ += !kernel_delivers(&path, &kernel) || kernel.count != ours;
	}
	is(differ, 0, "ECN: all pairs of codepoints, both versions");
	torc_defrag_close(defrag);
}

/* Some parts of a datagram in any order, and some that overlap them. */
static unsigned int random_parts(struct part *parts)
{
	unsigned int units = 2 + (unsigned int)(random() % (UNITS - 2)), count = 0, extra;

	for (unsigned int at = 0; at < units;) {
		unsigned int length = 1 + (unsigned int)(random() % 6);

		if (at + length > units)
			length = units - at;
		parts[count++] = (struct part){ at * 8, length * 8, 'a', at + length < units };
		at += length;
	}
	extra = (unsigned int)(random() % 3);
	for (; extra > 0; extra--) {
		unsigned int at = (unsigned int)random() % units;
		unsigned int length = 1 + (unsigned int)random() % (units - at);

		parts[count++] = (struct part){ at * 8, length * 8, 'a',
						at + length < units || random() % 4 == 0 };
	}
	for (unsigned int i = 0; i < count; i++) {
		unsigned int other = i + (unsigned int)random() % (count - i);
		struct part swap = parts[i];

		if (random() % 2) { /* half of them stay in order */
			parts[i] = parts[other];
			parts[other] = swap;
		}
		parts[i].letter = (char)('A' + i);
	}
	return count;
}

static void test_random(void)
{
	static struct delivery kernel;
	unsigned int seed = getenv("SEED") ? (unsigned int)atoi(getenv("SEED")) :
					     (unsigned int)time(NULL);
	struct torc_defrag *defrag = frag_engine(TORC_DEFRAG_DROP);
	unsigned int differ = 0, delivered = 0, first = 0;

	note("seed %u (SEED=%u repeats this run)", seed, seed);
	srandom(seed);
	for (unsigned int i = 0; i < 2000; i++) {
		const struct frag_path path = { .version = i & 1 ? 6 : 4, .id = 5000 + i,
						.protocol = PROTOCOL };
		struct part parts[UNITS + 4];
		unsigned int count = random_parts(parts);

		if (!both(defrag, &path, parts, count, &kernel)) {
			first = differ++ ? first : i;
			for (unsigned int n = 0; differ == 1 && n < count; n++)
				note("IPv%d %u+%u %s", path.version, parts[n].offset,
				     parts[n].length, parts[n].more ? "" : "last");
		}
		delivered += kernel.count;
	}
	is(differ, 0, "2,000 random datagrams, %u of which the kernel delivers (first other: %u)",
	   delivered, first);
	ok(delivered > 200 && delivered < 2000, "some are delivered, some not");
	ok(frag_balanced(defrag), "the account balances");
	torc_defrag_close(defrag);
}

int main(void)
{
	prepare();
	wait_for_delivery(4);
	wait_for_delivery(6);
	test_cases();
	test_ecn();
	test_random();
	return done();
}
