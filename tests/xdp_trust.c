/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A member of an AF_XDP cluster that lies: it has nothing of the others to write in, neither the table
 * nor a packet, and it writes what it likes into all that it has: its returns, byte by byte, and every
 * socket to the other processes. While it does, the other member has every packet of its own, whole
 * and once, and an account that balances; and all packets when the liar is gone.
 */
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <torc/ring.h>

#include "xdp.h"

#define CLUSTER 51
#define FLOWS   64u
#define NUMBERS 65536u

static struct board {
	bool ready, joined, lies, go; /* atomic, as the rest */
	unsigned int spoilt, unbalanced, open; /* open: what the liar could have written in */
	uint64_t received;
	uint8_t got[NUMBERS];
} *board;

static int sender;
static uint32_t sent;

static struct torc_ring *join(void)
{
	/* room for all that is sent at a time, lest a slow machine loses some */
	struct torc_ring_options options = { .size = sizeof(options), .buffer_bytes = 16 << 20 };
	struct torc_error error;
	struct torc_ring *ring;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (torc_ring_open_with(&ring, "xdp:va", &options, &error) < 0) {
		fprintf(stderr, "# %s\n", error.text);
		_exit(1);
	}
	if (torc_ring_set_cluster(ring, CLUSTER, TORC_CLUSTER_PER_FLOW) < 0 ||
	    torc_ring_enable(ring) < 0) {
		fprintf(stderr, "# %s\n", torc_ring_error(ring));
		_exit(1);
	}
	torc_ring_set_poll_duration(ring, 20);
	return ring;
}

/* Of a flow, with its number in it. */
static void make_frame(uint8_t *frame, uint32_t number)
{
	memcpy(frame,
	       "\x02\0\0\0\0\1\x02\0\0\0\0\2\x08\0\x45\0\0\x32\0\0\0\0\x40\x11\0\0\x0a\0\0\1\x0a\0\0\2"
	       "\x10\0\x09\0\0\x1e\0\0",
	       42);
	frame[35] = (uint8_t)(number % FLOWS);
	for (uint32_t i = 42; i < 64; i++)
		frame[i] = (uint8_t)(number * 31 + i);
	memcpy(frame + 46, &number, 4);
}

static void note_packet(const struct torc_packet *packet)
{
	uint8_t frame[64];
	uint32_t number = UINT32_MAX;

	if (packet->caplen >= 50)
		memcpy(&number, packet->data + 46, 4);
	if (number < NUMBERS)
		make_frame(frame, number);
	if (number >= NUMBERS || packet->caplen != 64 || memcmp(frame, packet->data, 64) != 0) {
		__atomic_add_fetch(&board->spoilt, 1, __ATOMIC_RELAXED);
		fprintf(stderr, "# %u bytes, number %u\n", packet->caplen, number);
		return;
	}
	__atomic_add_fetch(&board->got[number], 1, __ATOMIC_RELAXED);
	__atomic_add_fetch(&board->received, 1, __ATOMIC_RELEASE);
}

static void honest(void)
{
	struct torc_ring *ring = join();
	struct torc_packet packet;

	__atomic_store_n(&board->ready, true, __ATOMIC_RELEASE);
	for (;;) {
		struct torc_stats stats = { .size = sizeof(stats) };

		while (torc_ring_next(ring, &packet) > 0)
			note_packet(&packet);
		torc_ring_stats(ring, &stats);
		if (!stats.balanced)
			__atomic_add_fetch(&board->unbalanced, 1, __ATOMIC_RELAXED);
	}
}

static uint64_t any(void)
{
	static uint64_t state = 88172645463325252u;

	state ^= state << 13;
	state ^= state >> 7;
	return state ^= state << 17;
}

/* ---- what a liar has ---- */

/* The only memory of the cluster that it can write: its returns. What else could be is counted. */
static uint8_t *find_writable(size_t *bytes)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	unsigned long begin, end;
	uint8_t *found = NULL;
	char line[512];

	while (maps && fgets(line, sizeof(line), maps)) {
		bool cluster = strstr(line, "memfd:torc") || strstr(line, "anon_inode:[") ||
			       strstr(line, "socket:[");

		if (!cluster || sscanf(line, "%lx-%lx", &begin, &end) != 2)
			continue;
		if (strstr(line, "rw-s")) {
			board->open += found != NULL || !strstr(line, "memfd:torc");
			found = (uint8_t *)begin;
			*bytes = end - begin;
		} else if (mprotect((void *)begin, end - begin, PROT_READ | PROT_WRITE) == 0) {
			note("can be made writable: %s", line);
			board->open++;
		}
	}
	if (maps)
		fclose(maps);
	return found;
}

/* Nor can any descriptor of memory be mapped to write. */
static void try_descriptors(void)
{
	for (int fd = 3; fd < 200; fd++) {
		char path[64], name[64] = "";

		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		if (readlink(path, name, sizeof(name) - 1) > 0 && strstr(name, "memfd:torc"))
			board->open += mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) !=
				       MAP_FAILED;
	}
}

enum lie { NONE, ANY, ONES, FLIPS, TALKS, ALL };

static void write_lies(enum lie lie, uint8_t *memory, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++) {
		if (lie == FLIPS)
			memory[i] ^= 1;
		else if (any() % 4 == 0)
			memory[i] = lie == ONES ? 255 : (uint8_t)any();
	}
}

/* Nonsense of the length of real messages, and of others. */
static void talk_nonsense(void)
{
	uint8_t nonsense[600];
	int fds[2] = { 0, 1 };

	for (size_t i = 0; i < sizeof(nonsense); i++)
		nonsense[i] = (uint8_t)(any() % 8 ? 0 : any() % 16);
	for (int fd = 3; fd < 200; fd++) {
		struct iovec iov = { nonsense, any() % 2 ? 12 : any() % sizeof(nonsense) };
		char control[CMSG_SPACE(sizeof(fds))] __attribute__((aligned(8))) = { 0 };
		struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };

		if (any() % 2) {
			message.msg_control = control;
			message.msg_controllen = sizeof(control);
			*CMSG_FIRSTHDR(&message) = (struct cmsghdr){ CMSG_LEN(sizeof(fds)), SOL_SOCKET,
								     SCM_RIGHTS };
			memcpy(CMSG_DATA(CMSG_FIRSTHDR(&message)), fds, sizeof(fds));
		}
		sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
	}
}

/* A member that reads, and lies from when it is told on, as long as it lives. */
static void liar(enum lie lie)
{
	struct torc_ring *ring = join();
	struct torc_packet packet;
	size_t bytes = 0;
	uint8_t *memory = find_writable(&bytes);

	torc_ring_set_poll_duration(ring, 1);
	try_descriptors();
	if (!memory)
		_exit(2);
	__atomic_store_n(&board->joined, true, __ATOMIC_RELEASE);
	for (;;) {
		while (torc_ring_next(ring, &packet) > 0)
			;
		if (!__atomic_load_n(&board->go, __ATOMIC_ACQUIRE))
			continue;
		if (lie == TALKS || lie == ALL)
			talk_nonsense();
		if (lie != TALKS && lie != NONE)
			write_lies(lie, memory, bytes);
		__atomic_store_n(&board->lies, true, __ATOMIC_RELEASE);
	}
}

/* ---- the test ---- */

static bool wait_for(const bool *flag)
{
	for (unsigned int tries = 0; tries < 10000 && !__atomic_load_n(flag, __ATOMIC_ACQUIRE); tries++)
		usleep(1000);
	return __atomic_load_n(flag, __ATOMIC_ACQUIRE);
}

/* One packet of each flow; returns the number of the first. */
static uint32_t send_round(void)
{
	uint32_t first = sent;
	uint8_t frame[64];

	for (uint32_t i = 0; i < FLOWS; i++) {
		make_frame(frame, sent++);
		while (send(sender, frame, sizeof(frame), 0) < 0)
			usleep(100);
	}
	return first;
}

/* Until nothing has come for a while. */
static void settle(void)
{
	uint64_t before, now = __atomic_load_n(&board->received, __ATOMIC_ACQUIRE);
	unsigned int quiet = 0;

	for (before = now; quiet < 30; before = now) {
		usleep(10000);
		now = __atomic_load_n(&board->received, __ATOMIC_ACQUIRE);
		quiet = now == before ? quiet + 1 : 0;
	}
}

static pid_t start(enum lie lie)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	close(sender); /* a liar talks on all that it has */
	if (lie != NONE)
		liar(lie);
	honest();
	return 0;
}

static bool has_ended(pid_t pid)
{
	return waitpid(pid, NULL, WNOHANG) == pid;
}

static void lie(pid_t member, enum lie lie, const char *name)
{
	unsigned int mine[FLOWS], wrong = 0, count = 0, spoilt = board->spoilt;
	uint32_t first;
	pid_t pid;

	board->joined = board->lies = board->go = false;
	pid = start(lie);
	ok(wait_for(&board->joined), "%s: a second member", name);
	first = send_round();
	settle();
	for (uint32_t i = 0; i < FLOWS; i++)
		count += mine[i] = board->got[first + i];
	ok(count > 0 && count < FLOWS, "%s: the first has %u of %u flows", name, count, FLOWS);
	__atomic_store_n(&board->go, true, __ATOMIC_RELEASE);
	ok(wait_for(&board->lies), "%s: the second lies", name);
	first = sent;
	for (unsigned int i = 0; i < 40; i++) {
		send_round();
		usleep(1000);
	}
	settle();
	for (uint32_t i = first; i < sent; i++)
		wrong += board->got[i] != mine[i % FLOWS];
	if (lie == TALKS || lie == ALL) { /* it may have been shown the door: then its flows are ours */
		wrong = 0;
		for (uint32_t i = first; i < sent; i++)
			wrong += mine[i % FLOWS] ? board->got[i] != 1 : board->got[i] > 1;
	}
	is(wrong, 0, "%s: the first has every packet of its flows once", name);
	is(board->spoilt - spoilt, 0, "%s: and none that is not whole", name);
	ok(!has_ended(member), "%s: it lives", name);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	for (unsigned int tries = 0; tries < 100 && count < FLOWS; tries++) {
		first = send_round();
		settle();
		count = 0;
		for (uint32_t i = first; i < first + FLOWS; i++)
			count += board->got[i] == 1;
	}
	is(count, FLOWS, "%s: and everything when the liar is gone", name);
}

int main(void)
{
	pid_t member;

	board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (board == MAP_FAILED)
		skip_all("no memory");
	make_veth(1);
	need_xdp();
	sender = packet_socket("vb", 0);
	member = start(NONE);
	if (!ok(wait_for(&board->ready), "a member receives"))
		return done();
	lie(member, ANY, "returns of any kind");
	lie(member, ONES, "all ones");
	lie(member, FLIPS, "everything is given back, always");
	lie(member, TALKS, "nonsense on every socket");
	lie(member, ALL, "all at once");
	is(board->open, 0, "no liar had anything of the others to write in");
	is(board->unbalanced, 0, "each time it looked the account of the first balanced");
	ok(!has_ended(member), "it receives to the end");
	kill(member, SIGKILL);
	waitpid(member, NULL, 0);
	return done();
}
