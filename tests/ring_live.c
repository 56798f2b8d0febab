/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ring_live.c - open rings are published: seen from another process and by another user, brought up
 * to date while the reader sleeps, gone when closed, and gone after kill -9
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <torc/live.h>

#include "net.h"

static char directory[64];
static int sender;

static struct torc_stats account; /* of the ring that look() found */

/* How many rings are shown; the one of that process, if any, is copied. */
static unsigned int look(pid_t pid, struct torc_live_ring *found)
{
	struct torc_live_list *list;
	struct torc_stats stats = { .size = sizeof(stats) };
	struct torc_live_ring ring = { .size = sizeof(ring) };
	unsigned int count = 0;

	memset(found, 0, sizeof(*found));
	memset(&account, 0, sizeof(account));
	if (torc_live_open(&list) < 0)
		return 0;
	while (torc_live_next(list, &ring, &stats) > 0) {
		count++;
		if (ring.pid == pid) {
			*found = ring;
			account = stats;
		}
	}
	torc_live_close(list);
	return count;
}

/* Published rings, PID.RING, and what was to become one; the sockets of clusters are no matter. */
static unsigned int files(void)
{
	DIR *folder = opendir(directory);
	struct dirent *entry;
	unsigned int count = 0;

	while (folder && (entry = readdir(folder)))
		count += (entry->d_name[0] >= '0' && entry->d_name[0] <= '9') ||
			 strncmp(entry->d_name, "new-", 4) == 0;
	if (folder)
		closedir(folder);
	return count;
}

/* Another process: opens a ring, tells when, and reads until it is killed. */
static pid_t start_reader(const char *name)
{
	int tell[2];
	char byte;
	pid_t pid;

	if (pipe(tell) < 0)
		exit(1);
	pid = fork();
	if (pid == 0) {
		struct torc_ring *ring;
		struct torc_packet packet;

		torc_ring_open(&ring, net_device("vb"), 0, TORC_PROMISC, NULL);
		torc_ring_set_application_name(ring, name);
		torc_ring_enable(ring);
		torc_ring_set_filter(ring, "udp");
		torc_ring_set_application_stats(ring, "state: fine");
		if (write(tell[1], "x", 1) != 1)
			_exit(1);
		while (torc_ring_next(ring, &packet) > 0)
			;
		_exit(0);
	}
	if (read(tell[0], &byte, 1) != 1)
		note("the reader did not start");
	close(tell[0]);
	close(tell[1]);
	return pid;
}

/* The published counters catch up within two seconds although the reader sleeps by then. */
static bool catches_up(pid_t pid, uint64_t received)
{
	struct torc_live_ring ring;

	for (int i = 0; i < 500; i++) {
		look(pid, &ring);
		if (account.received == received)
			return true;
		net_sleep_ms(10);
	}
	note("%llu received are shown, not %llu", (unsigned long long)account.received,
	     (unsigned long long)received);
	return false;
}

static void test_shown(void)
{
	pid_t pid = start_reader("quiet reader");
	struct torc_live_ring ring = { .size = sizeof(ring) };
	int status;

	is(look(pid, &ring), 1, "another process' ring is shown");
	is(ring.pid, pid, "its process");
	is_str(ring.application_name, "quiet reader", "its application");
	is_str(ring.application_stats, "state: fine", "what it tells about itself");
	is_str(ring.device, net_device("vb"), "its device");
	is_str(ring.filter, "udp", "its filter, set after it was enabled");
	is_str(ring.engine, "tpacket_v3", "its engine");
	is(ring.enabled, 1, "it is enabled");
	is(ring.flags, TORC_PROMISC, "its flags");
	is(ring.ifindex, if_nametoindex("vb"), "its interface");
	net_send_udp(sender, 123, 80, 0);
	ok(catches_up(pid, 123), "its counters are up to date although it sleeps");
	look(pid, &ring);
	ok(account.kernel_seen == 123 && account.balanced, "the whole account");

	is(files(), 1, "it has one file");
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	is(look(pid, &ring), 0, "killed: it is not shown");
	is(files(), 1, "its file stays: who looks removes nothing");
	pid = start_reader("next");
	is(files(), 1, "until a process of the same user publishes there: its own is there instead");
	is(look(pid, &ring), 1, "which is shown");
	kill(pid, SIGTERM);
	waitpid(pid, &status, 0);
	pid = fork();
	if (pid == 0) {
		torc_ring_close(net_ring("vb", 0));
		_exit(0);
	}
	waitpid(pid, &status, 0);
	is(files(), 0, "and nothing is left");
}

static void test_own(void)
{
	struct torc_ring *one = net_ring("vb", 0), *two = net_ring("va", 0);
	struct torc_live_ring ring = { .size = sizeof(ring) };

	is_str(torc_live_directory(), directory, "where rings are published");
	is(look(getpid(), &ring), 2, "two rings of one process are both shown");
	torc_ring_close(one);
	is(look(getpid(), &ring), 1, "one is closed: one is left");
	is_str(ring.device, net_device("va"), "the other");
	torc_ring_disable(two);
	look(getpid(), &ring);
	is(ring.enabled, 0, "a disabled one is shown as that");
	torc_ring_close(two);
	is(look(getpid(), &ring), 0, "none");
	is(files(), 0, "no file is left");
}

static void test_name(void)
{
	struct torc_ring *ring = net_ring("vb", 0);
	struct torc_live_ring live = { .size = sizeof(live) };
	char text[1100];

	memset(text, 'x', sizeof(text));
	text[64] = '\0';
	is(torc_ring_set_application_name(ring, text), -EINVAL, "a name of 64 bytes is too long");
	text[63] = '\0';
	is(torc_ring_set_application_name(ring, text), 0, "63 bytes are not");
	look(getpid(), &live);
	is_str(live.application_name, text, "it is shown");
	text[63] = text[64] = 'x';
	text[1024] = '\0';
	is(torc_ring_set_application_stats(ring, text), -EINVAL, "1024 bytes of text: too long");
	text[1023] = '\0';
	is(torc_ring_set_application_stats(ring, text), 0, "1023 are not");
	look(getpid(), &live);
	is_str(live.application_stats, text, "they are shown");
	torc_ring_close(ring);
}

/* A user of no rights sees it, whatever the umask of the owner was. */
static void test_other_user(void)
{
	mode_t mask = umask(077);
	struct torc_ring *ring = net_ring("vb", 0);
	struct torc_live_ring live = { .size = sizeof(live) };
	pid_t owner = getpid(), child;
	int status = 0;

	umask(mask);
	if (getuid() != 0) {
		skip("another user sees it", "needs root");
		torc_ring_close(ring);
		return;
	}
	child = fork();
	if (child == 0) {
		if (setgid(65534) < 0 || setuid(65534) < 0)
			_exit(77);
		look(owner, &live);
		_exit(live.pid == owner ? 0 : 1);
	}
	waitpid(child, &status, 0);
	if (WEXITSTATUS(status) == 77)
		skip("another user sees it", "there is no other user in this namespace");
	else
		is(WEXITSTATUS(status), 0, "another user sees it");
	torc_ring_close(ring);
}

static uint64_t cpu_us(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
	       (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

/*
 * A child that inherits a ring its parent reads on: the descriptor is readable for packets that only
 * the parent can get at. The child waits for a second and uses next to no processor time.
 */
static void test_no_spin(void)
{
	struct torc_ring *ring = net_ring("vb", 0);
	int ready[2], status;
	char byte = 0;
	pid_t child;

	if (pipe(ready) < 0)
		exit(1);
	child = fork();
	if (child == 0) {
		uint64_t before;

		close(ready[1]);
		if (read(ready[0], &byte, 1) != 1)
			_exit(3);
		before = cpu_us();
		if (torc_ring_wait(ring, 1000) != 0)
			_exit(2);
		_exit(cpu_us() - before > 300000);
	}
	net_send_udp(sender, 1, 80, 0);
	is(net_read(ring, 1, 5000, NULL, NULL), 1, "the parent reads");
	net_send_udp(sender, 1, 80, 1);
	net_wait_seen(ring, 2);
	torc_ring_wait(ring, 5000); /* its block is handed over, and stays so */
	is(write(ready[1], &byte, 1), 1, "and leaves a packet where it is");
	waitpid(child, &status, 0);
	is(WEXITSTATUS(status), 0, "a child that waits meanwhile does not spin");
	torc_ring_close(ring);
	close(ready[0]);
	close(ready[1]);
}

/* A ring that cannot be published says so; it works all the same. */
static void test_unpublished(void)
{
	struct torc_ring_info info = { .size = sizeof(info) };
	struct torc_ring *ring = net_ring("vb", 0);

	torc_ring_info(ring, &info);
	ok(info.published, "a ring is published");
	torc_ring_close(ring);
	setenv("TORC_RUNTIME_DIR", "/proc/nowhere", 1);
	ring = net_ring("vb", 0);
	torc_ring_info(ring, &info);
	ok(!info.published, "where there is no folder it is not, and says so");
	net_send_udp(sender, 3, 80, 0);
	is(net_read(ring, 3, 5000, NULL, NULL), 3, "it receives");
	torc_ring_close(ring);
	setenv("TORC_RUNTIME_DIR", directory, 1);
}

/* After fork() the child may go on with the ring; then it is the child's. */
static void test_fork(void)
{
	struct torc_ring *ring = net_ring("vb", 0);
	int status;
	pid_t child = fork();

	if (child == 0) {
		struct torc_live_ring live = { .size = sizeof(live) };
		unsigned int good;

		net_send_udp(sender, 50, 80, 0);
		good = net_read(ring, 50, 5000, NULL, NULL) == 50;
		torc_ring_disable(ring);
		look(getpid(), &live);
		good += live.pid == getpid() && account.received == 50;
		torc_ring_close(ring);
		_exit(good == 2 ? 0 : 1);
	}
	waitpid(child, &status, 0);
	is(WEXITSTATUS(status), 0, "a child after fork() reads from the ring, and it is shown as its");
	torc_ring_close(ring);
	is(files(), 0, "no file is left");
}

/* A full file system costs the published view, and nothing else. */
static void test_full(void)
{
	const char *what = "where /run is full a ring is not published, and works";
	char path[96], page[4096] = { 0 };
	int status, fd;
	pid_t child;

	snprintf(path, sizeof(path), "%s/fill", directory);
	if (!net_run("mount -t tmpfs -o size=4k none %s", directory)) {
		skip(what, "no tmpfs can be mounted");
		return;
	}
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	child = write(fd, page, sizeof(page)) == sizeof(page) ? fork() : -1;
	if (child == 0) {
		struct torc_ring *ring = net_ring("vb", 0);

		net_send_udp(sender, 10, 80, 0);
		_exit(net_read(ring, 10, 5000, NULL, NULL) == 10 && files() == 0 ? 0 : 1);
	}
	status = -1;
	waitpid(child, &status, 0);
	is(status, 0, "%s", what);
	close(fd);
	net_run("umount %s", directory);
}

int main(void)
{
	snprintf(directory, sizeof(directory), "/tmp/torc-live-%d", (int)getpid());
	setenv("TORC_RUNTIME_DIR", directory, 1);
	net_pair("va", "vb");
	sender = net_sender("va");
	test_shown();
	test_own();
	test_name();
	test_other_user();
	test_fork();
	test_no_spin();
	test_unpublished();
	test_full();
	rmdir(directory);
	return done();
}
