/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cluster_trust.c - what a stranger, and what a member that lies, can do to a cluster: a stranger
 * nothing; a member can ask for what is its own, and cannot write where others read
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/if_ether.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <torc/cluster.h>

#include "cluster/message.h"
#include "workers.h"

#define CLUSTER  7
#define STRANGER 61001

static int sender;
static struct torc_peer_place place;

struct visit {
	int line;
	unsigned int process;
	int fds[TORC_PEER_FDS];
	unsigned int count;
};

/* Knock as a process would, with a socket as proof; true: let in. */
static bool knock(struct visit *visit, int door, int proof)
{
	struct cluster_message message = { .kind = MESSAGE_HELLO, .value = CLUSTER_NOBODY };
	struct pollfd event = { .events = POLLIN };
	int pair[2], fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) < 0)
		exit(1);
	visit->line = event.fd = pair[0];
	fds[0] = pair[1];
	fds[1] = proof;
	torc_message_send(door, &message, fds, proof < 0 ? 1 : 2);
	close(pair[1]);
	if (poll(&event, 1, 20000) != 1 ||
	    torc_message_receive(visit->line, &message, visit->fds, &visit->count) != 1)
		return false;
	visit->process = message.value;
	return message.kind == MESSAGE_WELCOME;
}

static int door_of(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	close(fd);
	return -errno;
}

/* The exit status of a function in a child, which is another user or has no rights. */
static int in_child(int (*function)(void), uid_t user, uint32_t capabilities)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { .effective = capabilities,
						    .permitted = capabilities } };
	int status = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_KEEPCAPS, 1);
		if ((user && (setgroups(0, NULL) < 0 || setresgid(user, user, user) < 0 ||
			      setresuid(user, user, user) < 0)) ||
		    syscall(SYS_capset, &header, data) < 0)
			_exit(99);
		_exit(function());
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}

static int stranger_knocks(void)
{
	struct visit visit;
	int door = door_of(place.path), proof = torc_peer_proof();

	if (proof < 0)
		return 90;
	if (door < 0)
		return -door;
	return knock(&visit, door, proof) ? 91 : 0;
}

/* uid 0 without a right: a container's root. */
static int knocks_without_proof(void)
{
	struct visit visit;
	int other = socket(AF_INET, SOCK_DGRAM, 0), door = door_of(place.path);

	if (door < 0)
		return -door;
	if (knock(&visit, door, -1))
		return 91;
	door = door_of(place.path);
	return knock(&visit, door, other) ? 92 : torc_peer_proof() >= 0 ? 93 : 0;
}

static int knocks_with_bound(void)
{
	struct visit visit;
	int proof = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)), door = door_of(place.path);

	return proof < 0 || door < 0 ? 90 : knock(&visit, door, proof) ? 91 : 0;
}

/* Names that belong to whoever comes first: nobody asks for them. */
static int told[2];

static int squats(void)
{
	for (unsigned int id = 1; id < 60; id++) {
		struct sockaddr_un address = { .sun_family = AF_UNIX };
		int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
		int length = snprintf(address.sun_path + 1, 64, "torc-cluster-%u", id);

		if (bind(fd, (struct sockaddr *)&address,
			 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length)) < 0 ||
		    listen(fd, 5) < 0)
			return 1;
	}
	(void)!write(told[1], "x", 1);
	pause();
	return 0;
}

static void test_strangers(void)
{
	const uint32_t net_raw = 1 << CAP_NET_RAW;

	is(in_child(stranger_knocks, STRANGER, net_raw), EACCES,
	   "a user who may capture does not find root's cluster");
	chmod(place.path, 0666);
	is(in_child(stranger_knocks, STRANGER, net_raw), 0, "if he does, he is turned away");
	chmod(place.path, 0600);
	is(in_child(knocks_without_proof, 0, 0), 0, "uid 0 without rights is turned away");
	is(in_child(knocks_with_bound, 0, net_raw), 0, "so is who shows a bound socket");
	ok(wait_members(CLUSTER, 2), "the cluster is as it was");
}

/* What the table is made of: nobody but the leader writes it, whatever he tries. */
static void test_table(const struct visit *visit)
{
	int fd = visit->fds[WELCOME_TABLE], again;
	size_t bytes = sizeof(struct cluster_memory);
	char path[64];
	void *at;

	at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ok(at == MAP_FAILED, "the table cannot be mapped to be written");
	at = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, 0);
	ok(at != MAP_FAILED, "it can be read");
	ok(mprotect(at, bytes, PROT_READ | PROT_WRITE) < 0, "and stays so");
	ok(pwrite(fd, "x", 1, 0) < 0, "write() is refused");
	ok(ftruncate(fd, 0) < 0, "cutting it too");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, O_RDWR);
	ok(again < 0 || (pwrite(again, "x", 1, 0) < 0 &&
			 mmap(NULL, bytes, PROT_WRITE, MAP_SHARED, again, 0) == MAP_FAILED),
	   "opened anew it is no other");
	munmap(at, bytes);
}

/* All kinds of requests, with numbers out of every range, about everybody's slots. */
static void test_requests(const struct visit *visit)
{
	static const uint32_t numbers[] = { 0, 1, 2, 255, 256, 65535, 65536, 0x7FFFFFFF, 0xFFFFFFFF };
	struct cluster_message answer;
	int fds[TORC_PEER_FDS];
	unsigned int count, accepted = 0;

	for (unsigned int kind = 0; kind < MESSAGE_LEAVE + 3; kind++) {
		for (unsigned int i = 0; kind != MESSAGE_JOIN && i < 81; i++) {
			struct cluster_message message = {
				.kind = kind, .number = i + 1, .slot = numbers[i % 9],
				.value = numbers[i / 9], .inode = i,
			};
			struct pollfd event = { .fd = visit->line, .events = POLLIN };

			if (torc_message_send(visit->line, &message, NULL, 0) < 0)
				break;
			while (poll(&event, 1, 20000) == 1 &&
			       torc_message_receive(visit->line, &answer, fds, &count) == 1 &&
			       answer.kind != MESSAGE_ANSWER)
				torc_message_close(fds, count);
			accepted += kind >= MESSAGE_ADOPT && answer.result >= 0;
		}
	}
	is(accepted, 0, "a process that has no member gets nothing done to others");
	ok(wait_members(CLUSTER, 2), "the cluster is as it was");
}

static int open_descriptors(pid_t pid)
{
	char path[64];
	int count = 0;

	for (int fd = 0; fd < 4096; fd++) {
		struct stat status;

		snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, fd);
		count += lstat(path, &status) == 0;
	}
	return count;
}

/* Connections that say nothing, as many as there may be. */
static void test_flood(pid_t leader)
{
	int before = open_descriptors(leader), fds[600], count = 0;

	while (count < 600 && (fds[count] = door_of(place.path)) >= 0)
		count++;
	is(count, 600, "600 connections that say nothing");
	ok(open_descriptors(leader) <= before + 9, "the leader keeps a few of them");
	is(worker_start(2), 0, "a new member comes in all the same: %s", board->workers[2].error);
	for (int i = 0; i < count; i++)
		close(fds[i]);
	worker_quit(2);
}

static void test_names(void)
{
	struct torc_cluster_info **clusters;
	unsigned int count = 0;
	int fds[40];
	char byte;
	pid_t pid;

	if (pipe(told) < 0)
		exit(1);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		if (setresuid(STRANGER, STRANGER, STRANGER) < 0)
			_exit(1);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(squats());
	}
	close(told[1]);
	is(read(told[0], &byte, 1), 1, "another user takes abstract names of clusters");
	close(told[0]);
	worker_setup(3, "vb", 42, TORC_CLUSTER_PER_FLOW, 0);
	is(worker_start(3), 0, "that is no matter: %s",
	   board->workers[3].error);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	for (unsigned int i = 0; i < 40; i++) { /* leaders that do not answer */
		struct torc_peer_place silent;
		int lock;

		torc_peer_place(&silent, "cluster", 1000 + i, NULL);
		lock = torc_peer_lock_open(&silent);
		fds[i] = torc_peer_lock(&silent, lock) == 0 ? torc_peer_listen(&silent) : -1;
		close(lock);
	}
	is(torc_clusters_read(&clusters, &count), 0, "40 leaders do not answer");
	is(count, 2, "the others are listed");
	torc_clusters_free(clusters, count);
	for (unsigned int i = 0; i < 40; i++)
		close(fds[i]);
	worker_quit(3);
}

/* A member that is let in, and lies. */
static void test_liar(void)
{
	struct visit visit;
	int proof = torc_peer_proof(), door = door_of(place.path);

	if (!ok(knock(&visit, door, proof), "a process of root's with a packet socket is let in"))
		return;
	is(torc_peer_check_proof(visit.fds[WELCOME_PROOF], AF_PACKET, NULL), 0,
	   "and sees the leader's right");
	test_table(&visit);
	test_requests(&visit);
	close(visit.line);
	torc_message_close(visit.fds, visit.count);
	close(proof);
	close(door);
}

int main(void)
{
	struct flow flow;

	if (geteuid() != 0 || setgroups(0, NULL) < 0)
		skip_all("needs root, to be several users");
	workers_init();
	net_pair("va", "vb");
	sender = net_sender("va");
	chmod("/run", 0755);
	torc_peer_place(&place, "cluster", CLUSTER, NULL);
	for (unsigned int i = 0; i < 3; i++)
		worker_setup(i, "vb", CLUSTER, TORC_CLUSTER_PER_FLOW, 0);
	is(worker_start(0), 0, "a cluster of root's: its leader");
	is(worker_start(1), 0, "and a member");
	test_strangers();
	test_liar();
	test_flood(board->workers[0].pid);
	test_names();
	workers_reset();
	for (unsigned int i = 0; i < 2000; i++) {
		flow = any_flow();
		send_numbered(sender, &flow);
	}
	workers_settle(2000);
	is(workers_received(), 2000, "after all that each packet is received, once");
	workers_quit();
	return done();
}
