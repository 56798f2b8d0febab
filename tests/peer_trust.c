/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * peer_trust.c - who is let in where processes share a capture: the same user, with a packet socket
 * of this network namespace to show; how a place is found and taken over; floods at the door
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include <torc/ring.h>

#include "peer/peer.h"
#include "test.h"

#define STRANGER 65534

static struct torc_error why;

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int packet_socket(int protocol)
{
	return socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons((uint16_t)protocol));
}

static void test_proof(void)
{
	struct sockaddr_ll lo = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL),
				  .sll_ifindex = (int)if_nametoindex("lo") };
	struct sock_filter none = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog program = { .len = 1, .filter = &none };
	int fd = torc_peer_proof(), one = 1, old;

	is(torc_peer_check_proof(fd, AF_PACKET, &why), 0, "an idle packet socket is proof");
	is(torc_peer_check_proof(fd, 44, &why), -EACCES, "but not where AF_XDP is asked: %s",
	   why.text);
	setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
	is(torc_peer_check_proof(fd, AF_PACKET, &why), 0, "a filter can be taken off again");
	setsockopt(fd, SOL_SOCKET, SO_LOCK_FILTER, &one, sizeof(one));
	is(torc_peer_check_proof(fd, AF_PACKET, &why), -EACCES, "a locked one not: %s", why.text);
	close(fd);
	fd = packet_socket(ETH_P_ALL);
	is(torc_peer_check_proof(fd, AF_PACKET, &why), -EACCES, "a protocol: it may be narrowed");
	close(fd);
	fd = packet_socket(0);
	(void)!bind(fd, (struct sockaddr *)&lo, sizeof(lo));
	is(torc_peer_check_proof(fd, AF_PACKET, &why), -EACCES, "a bound one is not");
	close(fd);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	is(torc_peer_check_proof(fd, AF_PACKET, &why), -EACCES, "another family: %s", why.text);
	close(fd);
	fd = open("/dev/null", O_RDWR);
	is(torc_peer_check_proof(fd, AF_PACKET, &why), -EACCES, "no socket at all");
	close(fd);
	fd = packet_socket(0);
	old = open("/proc/self/ns/net", O_RDONLY);
	if (unshare(CLONE_NEWNET) < 0) {
		skip("another network namespace", "cannot be made");
	} else {
		is(torc_peer_check_proof(fd, AF_PACKET, &why), -EACCES, "elsewhere: %s", why.text);
		setns(old, CLONE_NEWNET);
		is(torc_peer_check_proof(fd, AF_PACKET, &why), 0, "and here again");
	}
	close(old);
	close(fd);
}

/* A child that answers with its exit status. */
static int in_child(int (*function)(const struct torc_peer_place *),
		    const struct torc_peer_place *place)
{
	int status = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0)
		_exit(function(place));
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000;
}

static int connect_as_stranger(const struct torc_peer_place *place)
{
	if (setgid(STRANGER) < 0 || setuid(STRANGER) < 0)
		return 200;
	return -torc_peer_connect(place);
}

/* As if the file's rights did not hold: he has the folder, and only his user tells him apart. */
static int connect_raw(const struct torc_peer_place *place)
{
	struct torc_peer_place theirs = *place;
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	struct { uint16_t family; char path[108]; } address = { AF_UNIX, "" };
	char byte;

	memcpy(address.path, theirs.path, sizeof(address.path));
	if (setgid(STRANGER) < 0 || setuid(STRANGER) < 0)
		return 200;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return errno;
	return read(fd, &byte, 1) == 0 ? 0 : 201; /* turned away: the end, nothing read */
}

/* uid 0 without a single capability: a container's root. */
static int proof_without_rights(const struct torc_peer_place *place)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };

	(void)place;
	if (syscall(SYS_capset, &header, data) < 0)
		return 200;
	return -torc_peer_proof();
}

static int lock_and_listen(const struct torc_peer_place *place)
{
	int lock = torc_peer_lock_open(place);
	int fd = torc_peer_lock(place, lock) == 0 ? torc_peer_listen(place) : -1;

	return fd < 0; /* dies with both: nothing is removed */
}

static void test_place(struct torc_peer_place *place, int *listener)
{
	unsigned int ids[8];
	struct stat status;
	int lock, other, fd;

	is(torc_peer_place(place, "trial", 7, &why), 0, "a place: %s", place->path);
	is(torc_peer_connect(place), -ECONNREFUSED, "nobody is there");
	is(in_child(lock_and_listen, place), 0, "a process listens there, and is killed");
	is(torc_peer_connect(place), -ECONNREFUSED, "nobody is there any more");
	is(torc_peer_places("trial", ids, 8), 1, "its file is");
	lock = torc_peer_lock_open(place);
	is(torc_peer_lock(place, lock), 0, "its lock is free");
	other = torc_peer_lock_open(place);
	is(torc_peer_lock(place, other), -EBUSY, "then taken");
	*listener = torc_peer_listen(place);
	ok(*listener >= 0, "another listens in its place");
	is(torc_peer_listen(place), -EADDRINUSE, "one at a time");
	is(stat(place->path, &status), 0, "the socket is a file");
	is(status.st_mode & 0777, 0600, "of its user alone");
	fd = torc_peer_connect(place);
	ok(fd >= 0, "who comes finds it");
	close(fd);
	torc_peer_remove(place);
	is(torc_peer_lock(place, other), -EBUSY, "the place is over; its lock is still held");
	close(lock);
	is(torc_peer_lock(place, other), -ESTALE, "and is no longer where it was");
	close(other);
	close(*listener);
	lock = torc_peer_lock_open(place);
	is(torc_peer_lock(place, lock), 0, "a new one");
	*listener = torc_peer_listen(place);
	ok(*listener >= 0, "and a new socket");
	is(torc_peer_places("trial", ids, 8), 1, "one place");
	is(ids[0], 7, "with its number");
}

static void test_strangers(struct torc_peer_place *place, int listener)
{
	struct torc_door door;
	int fd, status = 0;
	pid_t pid;

	torc_door_open(&door, listener);
	while (torc_door_accept(&door, now_ns()) >= 0)
		;
	torc_door_close(&door);
	torc_door_open(&door, listener);
	if (setgroups(0, NULL) < 0 && errno != EPERM)
		note("setgroups: %s", strerror(errno));
	status = in_child(connect_as_stranger, place);
	if (status == 200) {
		skip("another user", "this process cannot become one");
		return;
	}
	is(status, ENOENT == status ? ENOENT : EACCES, "another user finds nothing of ours");
	chmod(place->path, 0666);
	fflush(stdout);
	pid = fork();
	if (pid == 0)
		_exit(connect_raw(place));
	for (int i = 0; i < 500 && waitpid(pid, &status, WNOHANG) == 0; i++) {
		struct pollfd event = { .fd = listener, .events = POLLIN };

		if (poll(&event, 1, 10) == 1)
			is(torc_door_accept(&door, now_ns()), -EAGAIN, "he is turned away at once");
	}
	is(WEXITSTATUS(status), 0, "and sees the end of it");
	is(chown(place->path, STRANGER, STRANGER), 0, "a socket of another's");
	is(torc_peer_connect(place), -EACCES, "is not ours to connect to");
	is(chown(place->path, 0, 0), 0, "ours again");
	chmod(place->path, 0600);
	fd = torc_peer_connect(place);
	ok(torc_peer_is_user(fd, geteuid()) && !torc_peer_is_user(fd, STRANGER), "a user is known");
	close(fd);
	torc_door_close(&door);
}

static void test_flood(struct torc_peer_place *place, int listener)
{
	uint64_t now = now_ns(), due;
	struct torc_door door;
	int fds[20], in[20], count = 0, late, closed = 0;
	char byte;

	torc_door_open(&door, listener);
	while (torc_door_accept(&door, now) >= 0 || recv(listener, &byte, 0, MSG_DONTWAIT) == 0)
		;
	torc_door_close(&door);
	torc_door_open(&door, listener);
	is(torc_door_late(&door, now, &due), -1, "nobody waits");
	is(due, 0, "and nothing is due");
	for (int i = 0; i < 20; i++) {
		int fd;

		fds[i] = torc_peer_connect(place);
		fd = torc_door_accept(&door, now);
		if (fd >= 0)
			in[count++] = fd;
	}
	is(count, TORC_DOOR_WAITING, "of 20 that say nothing 8 may wait");
	for (int i = 0; i < 20; i++)
		closed += read(fds[i], &byte, 1) == 0;
	is(closed, 12, "the others are closed at once");
	torc_door_greeted(&door, in[3]);
	is(torc_door_late(&door, now, &due), -1, "they have a second");
	is(due, now + TORC_DOOR_NS, "which is told");
	for (closed = 0; (late = torc_door_late(&door, now + TORC_DOOR_NS, &due)) >= 0; closed++)
		torc_door_greeted(&door, late);
	is(closed, TORC_DOOR_WAITING - 1, "then all but the one that greeted are late");
	for (int i = 0; i < 20; i++)
		close(fds[i]);
	for (int i = 0; i < count; i++)
		close(in[i]);
	torc_door_close(&door);
}

/* No descriptor left: what comes is turned away, and the listener is not readable for ever. */
static int out_of_descriptors(const struct torc_peer_place *place)
{
	struct rlimit limit = { 64, 64 };
	struct pollfd event = { .events = POLLIN };
	struct torc_door door;
	int lock = torc_peer_lock_open(place), accepted = 0, fd;

	if (torc_peer_lock(place, lock) < 0)
		return 1;
	event.fd = torc_peer_listen(place);
	if (event.fd < 0)
		return 2;
	torc_door_open(&door, event.fd);
	setrlimit(RLIMIT_NOFILE, &limit);
	for (int i = 0; i < 3; i++) {
		fd = torc_peer_connect(place);
		if (fd < 0)
			return 3;
	}
	while (dup(0) >= 0)
		;
	for (int i = 0; i < 10 && poll(&event, 1, 0) == 1; i++)
		accepted += torc_door_accept(&door, now_ns()) != -EAGAIN;
	return accepted ? 4 : poll(&event, 1, 0) == 0 ? 0 : 5;
}

static void test_life(void)
{
	struct pollfd event = { .events = POLLIN };
	int pair[2];
	pid_t pid;

	fflush(stdout);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) < 0)
		return;
	event.fd = torc_peer_pidfd(pair[0]);
	ok(event.fd >= 0, "a process is known by a descriptor");
	is(torc_peer_pid(pair[0]), getpid(), "its number is for people");
	is(poll(&event, 1, 0), 0, "it lives");
	close(event.fd);
	close(pair[0]);
	close(pair[1]);
	(void)pid;
}

static void test_messages(void)
{
	int pair[2], fds[TORC_PEER_FDS], sent[TORC_PEER_FDS];
	unsigned int count;
	char bytes[16];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) < 0)
		return;
	for (int i = 0; i < TORC_PEER_FDS; i++)
		sent[i] = pair[0];
	is(torc_peer_receive(pair[1], bytes, 16, fds, &count), -EAGAIN, "no message: no wait");
	is(torc_peer_send(pair[0], "greeting", 8, sent, TORC_PEER_FDS), 0, "with descriptors");
	is(torc_peer_receive(pair[1], bytes, 16, fds, &count), 8, "it comes");
	is(count, TORC_PEER_FDS, "with all of them");
	for (unsigned int i = 0; i < count; i++)
		close(fds[i]);
	is(torc_peer_send(pair[0], "a message that is too long", 26, sent, 3), 0, "a longer one");
	is(torc_peer_receive(pair[1], bytes, 16, fds, &count), -EPROTO, "is refused");
	is(count, 0, "and its descriptors closed");
	close(pair[0]);
	is(torc_peer_receive(pair[1], bytes, 16, fds, &count), 0, "the end");
	is(torc_peer_send(pair[1], "x", 1, NULL, 0), -EPIPE, "is told to a sender too");
	close(pair[1]);
}

static void test_marks(void)
{
	int fd = torc_peer_mark("mark", 3, &why), copy;
	unsigned int id;

	ok(fd >= 0 && torc_peer_marked("mark", 3), "a mark");
	ok(!torc_peer_marked("mark", 4), "of one number");
	is(torc_peer_mark("mark", 3, NULL), -EADDRINUSE, "that one has");
	copy = dup(fd);
	close(fd);
	ok(torc_peer_marked("mark", 3), "a duplicate keeps it");
	close(copy);
	ok(!torc_peer_marked("mark", 3), "it goes with the last");
	fd = torc_peer_mark("mark", 3, NULL);
	ok(fd >= 0, "and another may have it");
	torc_peer_unmark("mark", 3, fd);
	is(torc_peer_places("mark", &id, 1), 0, "nothing of it is left");
}

static void test_folder(void)
{
	struct torc_peer_place place;
	char folder[108];

	setenv("TORC_RUNTIME_DIR", "/run/open", 1);
	mkdir("/run/open", 0777);
	chmod("/run/open", 0777);
	is(torc_peer_folder(folder, sizeof(folder), &why), -ENOENT, "a folder that others write: %s",
	   why.text);
	chmod("/run/open", 0700);
	(void)!symlink("/run/open", "/run/link");
	is(torc_peer_folder(folder, sizeof(folder), &why), 0, "ours alone");
	setenv("TORC_RUNTIME_DIR", "/run/link", 1);
	is(torc_peer_folder(folder, sizeof(folder), &why), -ENOENT, "a link to it is not");
	setenv("TORC_RUNTIME_DIR", "/run/a-name-that-is-much-too-long-for-the-address-of-a-unix-socket"
	       "-in-a-file-system-of-this-kind-of-kernel", 1);
	ok(torc_peer_place(&place, "trial", 7, &why) < 0, "a name that is too long: %s", why.text);
	unsetenv("TORC_RUNTIME_DIR");
}

int main(void)
{
	struct torc_peer_place place, second;
	int listener, proof = torc_peer_proof();

	if (proof < 0)
		skip_all("no packet socket can be made here");
	close(proof);
	unsetenv("TORC_RUNTIME_DIR");
	test_folder();
	test_proof();
	test_messages();
	test_life();
	test_marks();
	test_place(&place, &listener);
	if (geteuid() == 0)
		test_strangers(&place, listener);
	test_flood(&place, listener);
	is(in_child(proof_without_rights, &place), EPERM, "uid 0 without rights has no proof");
	torc_peer_place(&second, "trial", 8, NULL);
	is(in_child(out_of_descriptors, &second), 0, "without descriptors the door does not spin");
	return done();
}
