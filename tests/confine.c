/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * confine.c - from inside of each role of torc_confine(): what it is not for is refused, what it is for
 * goes on; in every thread
 */
#include <dirent.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/un.h>

#include <torc/torc.h>

#include "drop.h"

static char work[] = "/tmp/torc-confine-XXXXXX";
static char inside[64], outside[64], local[64];
static uint16_t port, other_port;
static const char *folders[] = { inside, NULL };

static struct torc_confine_info confined(uint32_t roles, uint32_t flags)
{
	uint16_t ports[] = { port, 0 };
	struct torc_confine_options options = {
		.size = sizeof(options),
		.roles = roles,
		.flags = flags,
		.write_paths = folders,
		.connect_ports = ports,
	};
	struct torc_confine_info info = { .size = sizeof(info) };
	struct torc_error error = { 0 };

	ok(torc_confine(&options, &info, &error) == 0, "confined: %s%s", info.text, error.text);
	return info;
}

static void refused(long result, const char *what)
{
	int code = errno;

	ok(result < 0 && (code == EPERM || code == EACCES || code == ENOSYS), "refused: %s (%s)",
	   what, result < 0 ? strerror(code) : "done");
}

static int connect_local(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	memcpy(address.sun_path, local, sizeof(local));
	return connect(fd, (const struct sockaddr *)&address, sizeof(address));
}

static int connect_to(uint16_t to)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(to) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return fd < 0 ? fd : connect(fd, (const struct sockaddr *)&address, sizeof(address));
}

static void refused_files(const struct torc_confine_info *info, uint32_t roles)
{
	char path[128], moved[128];

	snprintf(path, sizeof(path), "%s/new", outside);
	snprintf(moved, sizeof(moved), "%s/moved", outside);
	if (!(info->in_force & TORC_CONFINED_FILES)) {
		skip("files elsewhere", "this kernel has no Landlock");
		return;
	}
	refused(open("/etc/passwd", O_RDONLY), "reading a file elsewhere");
	refused(open(path, O_WRONLY | O_CREAT, 0600), "writing a file elsewhere");
	snprintf(path, sizeof(path), "%s/kept", outside);
	refused(open(path, O_RDWR), "a file that is there");
	refused(unlink(path), "removing it");
	refused(rename(path, moved), "renaming it");
	snprintf(path, sizeof(path), "%s/new", inside);
	if (!(roles & TORC_CONFINE_WRITE))
		refused(open(path, O_WRONLY | O_CREAT, 0600), "writing where another role may");
}

static void refused_always(const struct torc_confine_info *info, uint32_t roles)
{
	char *const words[] = { (char *)(uintptr_t)"true", NULL };
	void *page;

	refused(socket(AF_PACKET, SOCK_RAW, 0), "a packet socket");
	refused(socket(44 /* AF_XDP */, SOCK_RAW, 0), "an XDP socket");
	refused(socket(AF_VSOCK, SOCK_STREAM, 0), "a socket to the host");
	if (!(roles & TORC_CONFINE_NETWORK)) {
		refused(socket(AF_INET, SOCK_DGRAM, 0), "a socket of IPv4");
		refused(socket(AF_INET6, SOCK_STREAM, 0), "a socket of IPv6");
	}
	if (!(roles & (TORC_CONFINE_NETWORK | TORC_CONFINE_CLUSTER)))
		refused(connect_local(), "connecting");
	if (info->in_force & TORC_CONFINED_SYSTEM_CALLS) {
		refused(execv("/bin/true", words), "exec");
		refused(fork(), "fork");
		refused(kill(getppid(), 0), "a signal to another process");
		refused(ptrace(PTRACE_TRACEME, 0, 0, 0), "ptrace");
		refused(unshare(CLONE_NEWUSER), "a user namespace");
		refused(syscall(SYS_io_setup, 1, NULL), "a call that is on no list");
		refused(syscall(SYS_prctl, PR_SET_SECCOMP, 1), "changing what is in force");
	}
	if (!(info->in_force & TORC_CONFINED_EXECUTABLE))
		return;
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	refused(mprotect(page, 4096, PROT_READ | PROT_EXEC), "memory that becomes executable");
	refused(mmap(NULL, 4096, PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0,
		"memory that is");
}

static void role(uint32_t roles)
{
	struct torc_confine_info info = confined(roles, 0);
	struct torc_confine_info again = { .size = sizeof(again) };

	is(torc_confine(NULL, NULL, NULL), -EALREADY, "once");
	is(torc_confine_info(&again), 0, "it can be asked for");
	is(again.in_force, info.in_force, "the same");
	is(info.capabilities, 0, "no capability");
	is(info.threads_left, 0, "no thread is left out");
	refused_files(&info, roles);
	refused_always(&info, roles);
}

static void receive(void)
{
	role(0);
}

static void write_files(void)
{
	char path[128], renamed[128];
	int fd;

	role(TORC_CONFINE_WRITE);
	snprintf(path, sizeof(path), "%s/a", inside);
	snprintf(renamed, sizeof(renamed), "%s/b", inside);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	ok(fd >= 0 && write(fd, "x", 1) == 1 && ftruncate(fd, 0) == 0, "a file in its folder");
	is(rename(path, renamed), 0, "renamed");
	is(unlink(renamed), 0, "and removed");
}

static void clusters(void)
{
	role(TORC_CONFINE_CLUSTER);
	is(connect_local(), 0, "connecting to a process of this machine");
}

static void network(void)
{
	struct torc_confine_info info = { .size = sizeof(info) };

	role(TORC_CONFINE_NETWORK);
	torc_confine_info(&info);
	is(connect_to(port), 0, "connecting to the port asked for");
	if (info.in_force & TORC_CONFINED_PORTS)
		refused(connect_to(other_port), "connecting to another");
	else
		skip("another port", "this kernel has no Landlock for ports");
}

static void send_packets(void)
{
	role(TORC_CONFINE_SEND);
}

static void *wait_and_try(void *result);

/* Who has no ring: less than any role; and what a role adds. */
static void decodes(void)
{
	struct torc_confine_info info = confined(0, TORC_CONFINE_DECODER);
	void *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pthread_t thread;

	is(info.threads_left, 0, "no thread is left out");
	ok(page != MAP_FAILED, "memory of its own");
	ok(write(STDOUT_FILENO, "", 0) == 0, "writing to what is open");
	if (info.in_force & TORC_CONFINED_FILES)
		refused(open("/proc/self/status", O_RDONLY), "a file of /proc");
	if (!(info.in_force & TORC_CONFINED_SYSTEM_CALLS))
		return;
	refused_always(&info, 0);
	refused(socket(AF_UNIX, SOCK_STREAM, 0), "a socket of this machine");
	refused(socket(AF_NETLINK, SOCK_RAW, 0), "a socket that asks about interfaces");
	refused(mprotect(page, 4096, PROT_READ | PROT_WRITE), "memory that becomes writable");
	refused(fcntl(STDOUT_FILENO, F_DUPFD, 0), "fcntl");
	refused(access("/", F_OK), "looking for a file");
	ok(pthread_create(&thread, NULL, wait_and_try, page) != 0, "no thread");
}

static void decodes_and_writes(void)
{
	struct torc_confine_info info = confined(TORC_CONFINE_WRITE, TORC_CONFINE_DECODER);
	char path[128];

	snprintf(path, sizeof(path), "%s/d", inside);
	ok(open(path, O_RDWR | O_CREAT | O_TRUNC, 0600) >= 0, "a file in its folder");
	is(unlink(path), 0, "removed");
	if (info.in_force & TORC_CONFINED_FILES)
		refused(open("/proc/self/status", O_RDONLY), "a file of /proc");
	refused_always(&info, TORC_CONFINE_WRITE);
	if (info.in_force & TORC_CONFINED_SYSTEM_CALLS)
		refused(socket(AF_UNIX, SOCK_STREAM, 0), "a socket of this machine");
}

/* Nothing is refused but what the capabilities were for. */
static void logged(void)
{
	struct torc_confine_info info = confined(0, TORC_CONFINE_LOG);
	pid_t child;

	ok(!(info.in_force & TORC_CONFINED_SYSTEM_CALLS) || (info.in_force & TORC_CONFINED_LOGS),
	   "it only logs");
	child = fork();
	if (child == 0)
		_exit(0);
	is(waitpid(child, NULL, 0), child, "a process can be started");
	ok(open("/etc/passwd", O_RDONLY) >= 0, "a file can be read");
	refused(socket(AF_PACKET, SOCK_RAW, 0), "a packet socket");
}

static void options(void)
{
	struct torc_confine_options bad = { .size = sizeof(bad), .roles = 1u << 30 };
	struct torc_confine_info info = { .size = sizeof(info) };

	is(torc_confine(&bad, &info, NULL), -EINVAL, "a role there is none of");
	bad.size = 0;
	is(torc_confine(&bad, &info, NULL), -EINVAL, "no size");
	bad = (struct torc_confine_options){ .size = sizeof(bad), .roles = TORC_CONFINE_CLUSTER,
					     .flags = TORC_CONFINE_DECODER };
	is(torc_confine(&bad, &info, NULL), -EINVAL, "a decoder in a cluster");
	is(torc_confine_info(&info), 0, "and nothing happened");
	is(info.in_force, 0, "nothing is in force");
}

/* ---- threads ---- */

static int pipe_fds[2];

/* As the library's own are: all signals blocked. */
static void *wait_and_try(void *result)
{
	sigset_t all;
	char byte;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	while (read(pipe_fds[0], &byte, 1) < 0 && errno == EINTR)
		;
	*(bool *)result = socket(AF_PACKET, SOCK_RAW, 0) < 0 && errno == EPERM;
	*(bool *)result &= open("/etc/passwd", O_RDONLY) < 0;
	return NULL;
}

static bool has_line(const char *path, const char *want)
{
	char line[256];
	bool found = false;
	FILE *file = fopen(path, "re");

	while (file && fgets(line, sizeof(line), file))
		found |= strcmp(line, want) == 0;
	if (file)
		fclose(file);
	return found;
}

static void all_confined(unsigned int want)
{
	DIR *tasks = opendir("/proc/self/task");
	unsigned int count = 0, good = 0;
	struct dirent *entry;
	char path[300];

	while ((entry = readdir(tasks))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/proc/self/task/%s/status", entry->d_name);
		good += has_line(path, "CapPrm:\t0000000000000000\n") &&
			has_line(path, "CapEff:\t0000000000000000\n") &&
			has_line(path, "NoNewPrivs:\t1\n") && has_line(path, "Seccomp:\t2\n");
		count++;
	}
	closedir(tasks);
	is(count, want, "threads");
	is(good, count, "all of them say so in /proc");
}

static void threads(void)
{
	pthread_t before[3], after;
	bool results[4] = { 0 };
	struct torc_confine_info info;

	if (pipe(pipe_fds) < 0)
		return;
	for (unsigned int i = 0; i < 3; i++)
		pthread_create(&before[i], NULL, wait_and_try, &results[i]);
	info = confined(0, 0);
	is(info.threads, 3, "threads that were there have it");
	ok(pthread_create(&after, NULL, wait_and_try, &results[3]) == 0, "a new thread");
	if (info.in_force & TORC_CONFINED_SYSTEM_CALLS)
		all_confined(5);
	is(write(pipe_fds[1], "....", 4), 4, "they are told");
	for (unsigned int i = 0; i < 3; i++)
		pthread_join(before[i], NULL);
	pthread_join(after, NULL);
	if (info.in_force & TORC_CONFINED_FILES)
		ok(results[0] && results[1] && results[2] && results[3], "none can");
}

/* ---- rings ---- */

static void ring(void)
{
	struct torc_ring *ring = net_ring("vb", 0);
	int sender = net_sender("va");

	confined(0, 0);
	net_send_udp(sender, 50, 80, 0);
	is(net_read_all(ring, NULL, NULL), 50, "packets come");
	is(torc_ring_set_filter(ring, "udp dst port 9"), 0, "a filter: %s", torc_ring_error(ring));
	net_send_udp(sender, 50, 80, 0);
	is(net_read_all(ring, NULL, NULL), 0, "is in force");
	is(torc_ring_remove_filter(ring), 0, "and removed");
	ok(torc_ring_set_cluster(ring, 33, TORC_CLUSTER_PER_FLOW) < 0,
	   "no cluster without its role: %s", torc_ring_error(ring));
	is(torc_ring_disable(ring), 0, "disabled");
	is(torc_ring_enable(ring), 0, "and enabled: %s", torc_ring_error(ring));
	net_send_udp(sender, 50, 80, 0);
	is(net_read_all(ring, NULL, NULL), 50, "packets come");
	ok(net_stats(ring).balanced, "the account balances");
	torc_ring_close(ring);
}

static void ring_in_cluster(void)
{
	struct torc_ring *ring = net_ring("vb", 0), *other = net_ring("vb", 0);
	int sender = net_sender("va");

	mkdir("/run/torc", 0755); /* tests have an empty /run */
	is(torc_ring_set_cluster(ring, 34, TORC_CLUSTER_PER_FLOW), 0, "a cluster: %s",
	   torc_ring_error(ring));
	is(torc_ring_set_cluster(other, 34, TORC_CLUSTER_PER_FLOW), 0, "of two: %s",
	   torc_ring_error(other));
	confined(TORC_CONFINE_CLUSTER, 0);
	is(torc_ring_leave_cluster(ring), 0, "left: %s", torc_ring_error(ring));
	is(torc_ring_set_cluster(ring, 34, TORC_CLUSTER_PER_FLOW), 0, "and joined: %s",
	   torc_ring_error(ring));
	net_send_udp(sender, 50, 80, 0);
	is(net_read_all(ring, NULL, NULL) + net_read_all(other, NULL, NULL), 50,
	   "each packet comes to one of them");
	ok(net_stats(ring).balanced && net_stats(other).balanced, "the accounts balance");
	torc_ring_close(ring);
	torc_ring_close(other);
}

/* A filter of a file is machine code where that can be had, and interpreted where not. */
static unsigned int count_file(const char *path, const char *late)
{
	struct torc_packet packet;
	struct torc_ring *file;
	char device[160];
	unsigned int count = 0;

	snprintf(device, sizeof(device), "pcap:%s", path);
	if (torc_ring_open(&file, device, 0, 0, NULL) < 0)
		return 0;
	if (late)
		confined(0, 0);
	is(torc_ring_set_filter(file, "udp dst port 7000"), 0, "a filter of a file");
	torc_ring_enable(file);
	while (torc_ring_next(file, &packet) > 0)
		count++;
	torc_ring_close(file);
	return count;
}

static void file_filter(void)
{
	char path[128];
	unsigned int native;

	snprintf(path, sizeof(path), "%s/trace.pcap", outside);
	native = count_file(path, NULL);
	is(native, 3, "packets that match");
	is(count_file(path, "late"), native, "as many, interpreted");
}

static void make_trace(void)
{
	struct torc_packet packets[4] = { 0 };
	uint8_t frames[4][80];
	struct torc_writer *writer;
	char path[128];

	snprintf(path, sizeof(path), "%s/trace.pcap", outside);
	if (torc_writer_open(&writer, path, NULL, NULL) < 0)
		return;
	for (unsigned int i = 0; i < 4; i++) {
		net_frame(frames[i], sizeof(frames[i]), i);
		packets[i].data = frames[i];
		packets[i].len = packets[i].caplen = sizeof(frames[i]);
		packets[i].link_type = TORC_LINK_ETHERNET;
	}
	net_put16(frames[3] + 36, 53); /* another port */
	torc_writer_write(writer, packets, 4);
	torc_writer_close(writer, NULL, NULL);
}

static uint16_t listen_at_loopback(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (const struct sockaddr *)&address, length) < 0 || listen(fd, 9) < 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &length) < 0)
		exit(1);
	return ntohs(address.sin_port);
}

static void listen_locally(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	memcpy(address.sun_path, local, sizeof(local));
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 9) < 0)
		exit(1);
}

int main(void)
{
	char path[128];

#ifdef __SANITIZE_THREAD__
	skip_all("ThreadSanitizer has a thread that blocks every signal");
#endif
	net_pair("va", "vb");
	if (!mkdtemp(work))
		return 1;
	snprintf(inside, sizeof(inside), "%s/inside", work);
	snprintf(outside, sizeof(outside), "%s/outside", work);
	snprintf(local, sizeof(local), "%s/socket", work);
	mkdir(inside, 0777);
	mkdir(outside, 0777);
	snprintf(path, sizeof(path), "%s/kept", outside);
	close(open(path, O_WRONLY | O_CREAT, 0600));
	port = listen_at_loopback();
	other_port = listen_at_loopback();
	listen_locally();
	make_trace();
	in_child(options, "options");
	in_child(receive, "the role that receives");
	in_child(write_files, "the role that writes");
	in_child(clusters, "the role of members of clusters");
	in_child(network, "the role that connects");
	in_child(send_packets, "the role that sends");
	in_child(decodes, "who has no ring");
	in_child(decodes_and_writes, "who has no ring and writes");
	in_child(logged, "what would be refused is logged");
	in_child(threads, "threads");
	in_child(ring, "a ring goes on");
	in_child(ring_in_cluster, "a ring in a cluster");
	in_child(file_filter, "a filter set later");
	ok(access(path, F_OK) == 0, "the file elsewhere is still there");
	net_run("rm -rf %s", work);
	return done();
}
