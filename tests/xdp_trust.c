/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A member of an AF_XDP cluster that lies: it writes what it likes into the table that all members
 * share, field by field. The others live on, and have every packet again when it is gone. Once a
 * length of 0 was divided by, and an index or an address led out of the packets' memory.
 */
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <torc/ring.h>

#include "engine/afxdp_table.h"
#include "xdp.h"

#define CLUSTER 51
#define BATCH   200u

static struct board {
	bool ready, written; /* the liar's; atomic */
	unsigned int received;
	uint8_t got[BATCH];
} *board;

static int sender;

static struct torc_ring *join(void)
{
	struct torc_ring_options options = { .size = sizeof(options), .buffer_bytes = 1 << 20 };
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

/* Reads every byte of its packets. */
static void honest(void)
{
	struct torc_ring *ring = join();
	struct torc_packet packet;
	unsigned int sum = 0;
	uint32_t number;

	__atomic_store_n(&board->ready, true, __ATOMIC_RELEASE);
	for (;;) {
		struct torc_stats stats = { .size = sizeof(stats) };

		while (torc_ring_next(ring, &packet) > 0) {
			for (uint32_t i = 0; i < packet.caplen; i++)
				sum += packet.data[i];
			__asm__ volatile("" : : "r"(sum)); /* it is wanted */
			if (packet.caplen < 60)
				continue;
			memcpy(&number, packet.data + 46, 4);
			if (number < BATCH)
				board->got[number] = 1;
			__atomic_add_fetch(&board->received, 1, __ATOMIC_RELAXED);
		}
		torc_ring_stats(ring, &stats);
	}
}

/* What this process has mapped of the cluster; the frames beside it are whole huge pages. */
static uint8_t *find_table(size_t *bytes)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[512];
	unsigned long begin, end;
	uint8_t *found = NULL;

	while (maps && fgets(line, sizeof(line), maps)) {
		if (strstr(line, "rw-s") && strstr(line, "memfd:torc") &&
		    sscanf(line, "%lx-%lx", &begin, &end) == 2 && (end - begin) % (2 << 20) != 0 &&
		    end - begin > sizeof(struct afxdp_shared)) {
			found = (uint8_t *)begin;
			*bytes = end - begin;
		}
	}
	if (maps)
		fclose(maps);
	return found;
}

static uint64_t any(void)
{
	static uint64_t state = 88172645463325252u;

	state ^= state << 13;
	state ^= state >> 7;
	return state ^= state << 17;
}

#define FIELD(name)  offsetof(struct afxdp_shared, name), sizeof(((struct afxdp_shared *)0)->name)
#define EVERY(name)                                                                                \
	offsetof(struct afxdp_shared, members) + offsetof(struct afxdp_table_member, name),        \
		sizeof(((struct afxdp_table_member *)0)->name)

enum value { ZERO, ONES, ANY };

static const struct attack {
	const char *name;
	size_t at, bytes; /* 0: to the end */
	size_t step;      /* of what there are several of, or 0 */
	enum value value;
} attacks[] = {
	{ "the lock is nobody's", FIELD(lock), 0, ANY },
	{ "the lock is free", FIELD(lock), 0, ZERO },
	{ "progress", FIELD(progress), 0, ANY },
	{ "turn", FIELD(turn), 0, ANY },
	{ "claimed", FIELD(claimed), 0, ANY },
	{ "refill_end", FIELD(refill_end), 0, ANY },
	{ "cursor", FIELD(cursor), 0, ANY },
	{ "cursor at the end", FIELD(cursor), 0, ONES },
	{ "returned", FIELD(returned), 0, ANY },
	{ "heads", EVERY(head), sizeof(struct afxdp_table_member), ANY },
	{ "held", EVERY(held), sizeof(struct afxdp_table_member), ANY },
	{ "held = 0", EVERY(held), sizeof(struct afxdp_table_member), ZERO },
	{ "overflowed", EVERY(overflowed), sizeof(struct afxdp_table_member), ANY },
	{ "asleep", EVERY(asleep), sizeof(struct afxdp_table_member), ANY },
	{ "wake", EVERY(wake), sizeof(struct afxdp_table_member), ANY },
	{ "inboxes and holders", sizeof(struct afxdp_shared), 0, 0, ANY },
	{ "inboxes and holders all ones", sizeof(struct afxdp_shared), 0, 0, ONES },
	{ "everything", 0, 0, 0, ANY },
};

static void write_lies(const struct attack *attack, uint8_t *table, size_t bytes)
{
	size_t step = attack->step ? attack->step : bytes;
	size_t length = attack->bytes ? attack->bytes : bytes - attack->at;

	for (size_t i = 0, at = attack->at; at + length <= bytes && i < TABLE_SLOTS; i++, at += step) {
		for (size_t k = 0; k < length; k++) {
			if (attack->bytes || any() % 16 == 0)
				table[at + k] = attack->value == ANY  ? (uint8_t)any() :
						attack->value == ONES ? 255 :
									0;
		}
	}
}

/* It does not read, and lies as long as it lives. */
static void liar(const struct attack *attack)
{
	size_t bytes = 0;
	uint8_t *table;

	join();
	table = find_table(&bytes);
	if (!table)
		_exit(2);
	for (;;) {
		write_lies(attack, table, bytes);
		__atomic_store_n(&board->written, true, __ATOMIC_RELEASE);
	}
}

static bool wait_for(const bool *flag)
{
	for (unsigned int tries = 0; tries < 5000 && !__atomic_load_n(flag, __ATOMIC_ACQUIRE); tries++)
		usleep(1000);
	return __atomic_load_n(flag, __ATOMIC_ACQUIRE);
}

static pid_t start(const struct attack *attack)
{
	pid_t pid = fork();

	if (pid == 0 && attack)
		liar(attack);
	if (pid == 0)
		honest();
	return pid;
}

/* UDP over IPv4 in many flows. */
static void send_packet(uint32_t number)
{
	uint8_t frame[64] = "\x02\0\0\0\0\1\x02\0\0\0\0\2\x08\0\x45\0\0\x32\0\0\0\0\x40\x11\0\0\x0a\0\0"
			    "\1\x0a\0\0\2\x10\0\x09\0\0\x1e";

	frame[35] = (uint8_t)number;
	memcpy(frame + 46, &number, 4);
	while (send(sender, frame, sizeof(frame), 0) < 0)
		usleep(100);
}

static bool has_ended(pid_t pid)
{
	return waitpid(pid, NULL, WNOHANG) == pid;
}

static unsigned int batch_arrives(void)
{
	unsigned int got = 0;

	memset(board->got, 0, sizeof(board->got));
	for (uint32_t i = 0; i < BATCH; i++)
		send_packet(i);
	for (unsigned int tries = 0; tries < 20 && got < BATCH; tries++) {
		usleep(5000);
		got = 0;
		for (uint32_t i = 0; i < BATCH; i++)
			got += board->got[i];
	}
	return got;
}

static void lie(pid_t *member, const struct attack *attack)
{
	unsigned int got = 0;
	bool lied, ended;
	int status;
	pid_t pid;

	board->written = false;
	pid = start(attack);
	lied = wait_for(&board->written);
	for (unsigned int i = 0; i < 20; i++) {
		for (uint32_t k = 0; k < 50; k++)
			send_packet(BATCH + k);
		usleep(2000);
	}
	ended = has_ended(*member);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	if (!lied)
		note("no liar: %d", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
	ok(lied && !ended, "%s: the other member lives", attack->name);
	if (ended) {
		board->ready = false;
		*member = start(NULL);
		wait_for(&board->ready);
		return;
	}
	for (unsigned int tries = 0; tries < 50 && got < BATCH; tries++)
		got = batch_arrives();
	is(got, BATCH, "%s: and has every packet when the liar is gone", attack->name);
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
	member = start(NULL);
	if (!ok(wait_for(&board->ready), "a member receives"))
		return done();
	is(batch_arrives(), BATCH, "all there is");
	for (unsigned int i = 0; i < sizeof(attacks) / sizeof(*attacks); i++)
		lie(&member, &attacks[i]);
	ok(!has_ended(member), "it receives to the end");
	kill(member, SIGKILL);
	waitpid(member, NULL, 0);
	return done();
}
