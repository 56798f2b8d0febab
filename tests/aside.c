/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * aside.c - from inside of the process that decodes for torc dump: what it holds, and what it may do
 *
 * System calls are made in it with ptrace(2), which root may: at a place in its code where one is
 * made anyway, with registers of ours.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <poll.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>

#include "net.h"

#ifndef __x86_64__

int main(void)
{
	skip_all("the registers of this machine are not known here");
}

#else

struct dump {
	pid_t pid, decoder;
	int out, err; /* pipes */
};

static bool read_until(int fd, const char *word)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	char text[4096];
	size_t length = 0;

	while (length < sizeof(text) - 1 && poll(&ready, 1, 20000) > 0) {
		ssize_t got = read(fd, text + length, sizeof(text) - 1 - length);

		if (got <= 0)
			break;
		length += (size_t)got;
		text[length] = '\0';
		if (strstr(text, word))
			return true;
	}
	return false;
}

static pid_t child_of(pid_t pid)
{
	char path[64];
	int child = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid, (int)pid);
	file = fopen(path, "re");
	if (file && fscanf(file, "%d", &child) != 1)
		child = 0;
	if (file)
		fclose(file);
	return child;
}

static struct dump start(const char *sandbox)
{
	int out[2], err[2];
	struct dump dump = { 0 };

	if (pipe2(out, O_CLOEXEC) < 0 || pipe2(err, O_CLOEXEC) < 0)
		exit(1);
	dump.pid = fork();
	if (dump.pid == 0) {
		dup2(out[1], STDOUT_FILENO);
		dup2(err[1], STDERR_FILENO);
		if (socket(AF_PACKET, SOCK_RAW, 0) < 0) /* is inherited */
			_exit(1);
		setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
		execl(getenv("TORC"), "torc", "dump", "-n", "-i", "lo", sandbox, "udp", "port", "4000",
		      NULL);
		_exit(1);
	}
	close(out[1]);
	close(err[1]);
	dump.out = out[0];
	dump.err = err[0];
	ok(read_until(dump.err, "listening on lo"), "torc dump %s listens", sandbox);
	dump.decoder = child_of(dump.pid);
	ok(dump.decoder > 0, "another process decodes");
	return dump;
}

static void end(const struct dump *dump)
{
	int status = -1;

	kill(dump->pid, SIGINT);
	waitpid(dump->pid, &status, 0);
	is(status, 0, "it ends well");
	ok(kill(dump->decoder, 0) < 0 && errno == ESRCH, "and so has the decoder");
	close(dump->out);
	close(dump->err);
}

/* ---- what it holds ---- */

/* Lines of a file of /proc that have the word in them. */
static unsigned int lines_with(pid_t pid, const char *name, const char *word)
{
	char path[64], line[512];
	unsigned int count = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		count += strstr(line, word) != NULL;
	if (file)
		fclose(file);
	return count;
}

static unsigned int sockets_of(pid_t pid)
{
	char path[64], target[128];
	unsigned int count = 0;
	struct dirent *entry;
	DIR *fds;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	fds = opendir(path);
	while (fds && (entry = readdir(fds))) {
		ssize_t length = readlinkat(dirfd(fds), entry->d_name, target, sizeof(target) - 1);

		target[length > 0 ? length : 0] = '\0';
		count += strncmp(target, "socket:", 7) == 0;
	}
	if (fds)
		closedir(fds);
	return count;
}

static void holds(const struct dump *dump, bool enforced)
{
	ok(sockets_of(dump->pid) > 0, "the process that captures has sockets");
	is(sockets_of(dump->decoder), 0, "the decoder has none");
	is(lines_with(dump->decoder, "status", "CapEff:\t0000000000000000"), 1, "no capability");
	is(lines_with(dump->decoder, "status", "CapPrm:\t0000000000000000"), 1, "nor one to take");
	is(lines_with(dump->decoder, "status", "CapBnd:\t0000000000000000"), 1, "nor for a program");
	is(lines_with(dump->decoder, "status", "NoNewPrivs:\t1"), 1, "no new privileges");
	if (enforced)
		is(lines_with(dump->decoder, "status", "Seccomp:\t2"), 1, "seccomp");
	is(lines_with(dump->pid, "maps", "socket:"), 1, "the ring is mapped where packets are captured");
	is(lines_with(dump->decoder, "maps", "socket:"), 0, "and not where they are decoded");
	is(lines_with(dump->decoder, "maps", "torc-packets"), 1, "there the packets are");
	is(lines_with(dump->decoder, "maps", "r--s"), lines_with(dump->decoder, "maps", "torc-packets"),
	   "to be read only");
}

/* ---- what it may do ---- */

static uint64_t address_of(pid_t pid, const char *word)
{
	char path[64], line[512];
	unsigned long long address = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	file = fopen(path, "re");
	while (file && address == 0 && fgets(line, sizeof(line), file))
		if (strstr(line, word))
			sscanf(line, "%llx", &address);
	if (file)
		fclose(file);
	return address;
}

/* The pipe to the process that captures. */
static uint64_t request_fd(pid_t pid)
{
	char path[64], target[64];
	struct stat status;

	for (int fd = 3; fd < 64; fd++) {
		ssize_t length;

		snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, fd);
		length = readlink(path, target, sizeof(target) - 1);
		if (length > 5 && strncmp(target, "pipe:", 5) == 0 && lstat(path, &status) == 0 &&
		    status.st_mode & S_IWUSR)
			return (uint64_t)fd;
	}
	return 0;
}

struct call {
	const char *what;
	long number;
	uint64_t arguments[6];
	const char *text; /* its address is the argument that is TEXT */
};

#define TEXT 0x7465787400000000u

/* The call's result in the stopped process. */
static long inject(pid_t pid, const struct user_regs_struct *before, const struct call *call)
{
	struct user_regs_struct registers = *before;
	uint64_t place = (before->rsp - 4096) & ~15ull, arguments[6];
	char text[64] = "";
	int status;

	snprintf(text, sizeof(text), "%s", call->text ? call->text : "");
	for (size_t i = 0; i < sizeof(text); i += sizeof(long)) {
		long word;

		memcpy(&word, text + i, sizeof(word));
		ptrace(PTRACE_POKEDATA, pid, place + i, word);
	}
	for (unsigned int i = 0; i < 6; i++)
		arguments[i] = call->arguments[i] == TEXT ? place : call->arguments[i];
	registers.rip -= 2; /* back to the instruction that makes a system call */
	registers.orig_rax = (unsigned long long)-1;
	registers.rax = (unsigned long long)call->number;
	registers.rdi = arguments[0];
	registers.rsi = arguments[1];
	registers.rdx = arguments[2];
	registers.r10 = arguments[3];
	registers.r8 = arguments[4];
	registers.r9 = arguments[5];
	if (ptrace(PTRACE_SETREGS, pid, NULL, &registers) < 0 ||
	    ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) < 0 || waitpid(pid, &status, __WALL) != pid ||
	    ptrace(PTRACE_GETREGS, pid, NULL, &registers) < 0)
		return -ESRCH;
	return (long)registers.rax;
}

/* Stops it in the call it waits in; false: it cannot be traced here. */
static bool attach(pid_t pid, struct user_regs_struct *registers)
{
	int status;

	if (ptrace(PTRACE_ATTACH, pid, NULL, NULL) < 0 || waitpid(pid, &status, __WALL) != pid)
		return false;
	return ptrace(PTRACE_GETREGS, pid, NULL, registers) == 0;
}

static void detach(pid_t pid, const struct user_regs_struct *registers)
{
	ptrace(PTRACE_SETREGS, pid, NULL, registers);
	ptrace(PTRACE_DETACH, pid, NULL, NULL);
}

/* It must be where it waits for packets, with a system call right behind it. */
static bool waits(pid_t pid)
{
	for (int i = 0; i < 2000; i++) {
		char path[64], text[64] = "";
		FILE *file;

		snprintf(path, sizeof(path), "/proc/%d/syscall", (int)pid);
		file = fopen(path, "re");
		if (file && !fgets(text, sizeof(text), file))
			text[0] = '\0';
		if (file)
			fclose(file);
		if (strtol(text, NULL, 10) == SYS_poll && text[0] != 'r' && text[0])
			return true;
		usleep(10000);
	}
	return false;
}

static void refused(const struct dump *dump)
{
	uint64_t packets = address_of(dump->decoder, "torc-packets");
	const struct call calls[] = {
		{ "opening a file", SYS_openat, { (uint64_t)AT_FDCWD, TEXT, O_RDONLY }, "/etc/passwd" },
		{ "opening one by the old call", SYS_open, { TEXT, O_RDONLY }, "/proc/self/maps" },
		{ "looking at one", SYS_stat, { TEXT, TEXT }, "/etc/passwd" },
		{ "removing one", SYS_unlink, { TEXT }, "/tmp/torc-nothing" },
		{ "a packet socket", SYS_socket, { AF_PACKET, SOCK_RAW, 0 }, NULL },
		{ "a socket of this machine", SYS_socket, { AF_UNIX, SOCK_STREAM, 0 }, NULL },
		{ "a socket that asks about interfaces", SYS_socket, { AF_NETLINK, SOCK_RAW, 0 }, NULL },
		{ "a socket of IPv4", SYS_socket, { AF_INET, SOCK_DGRAM, 0 }, NULL },
		{ "connecting", SYS_connect, { 0, TEXT, 16 }, "" },
		{ "sending to somebody", SYS_sendto, { 0, TEXT, 4, 0, TEXT, 16 }, "" },
		{ "taking descriptors", SYS_recvmsg, { 0, TEXT, 0 }, "" },
		{ "running a program", SYS_execve, { TEXT, 0, 0 }, "/bin/true" },
		{ "a process", SYS_fork, { 0 }, NULL },
		{ "a thread", SYS_clone, { 0x10f00 /* CLONE_VM, _THREAD, ... */, 0 }, NULL },
		{ "a process by the new call", SYS_clone3, { TEXT, 88 }, "" },
		{ "a signal to who captures", SYS_kill, { (uint64_t)dump->pid, 0 }, NULL },
		{ "tracing", SYS_ptrace, { PTRACE_ATTACH, (uint64_t)dump->pid }, NULL },
		{ "memory of who captures", SYS_process_vm_readv, { (uint64_t)dump->pid }, NULL },
		{ "packets to be written", SYS_mprotect, { packets, 4096, PROT_READ | PROT_WRITE }, NULL },
		{ "memory that can be run", SYS_mprotect, { packets, 4096, PROT_READ | PROT_EXEC }, NULL },
		{ "a mapping of a file", SYS_mmap, { 0, 4096, PROT_READ, MAP_SHARED, 0, 0 }, NULL },
		{ "memory that can be run, new", SYS_mmap,
		  { 0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, (uint64_t)-1, 0 }, NULL },
		{ "another user", SYS_setuid, { 12345 }, NULL },
		{ "being dumpable again", SYS_prctl, { 4 /* PR_SET_DUMPABLE */, 1 }, NULL },
		{ "bpf", SYS_bpf, { 1, TEXT, 64 }, "" },
		{ "io_uring", SYS_io_uring_setup, { 1, TEXT }, "" },
		{ "more limits", SYS_prlimit64, { 0, 7, 0, TEXT }, "" },
	};
	struct user_regs_struct registers;

	if (!waits(dump->decoder) || !attach(dump->decoder, &registers)) {
		skip("what is refused from inside", "the process cannot be traced here");
		return;
	}
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		long result = inject(dump->decoder, &registers, &calls[i]);

		ok(result == -EPERM || result == -ENOSYS, "refused from inside: %s (%ld)", calls[i].what,
		   result);
	}
	is(inject(dump->decoder, &registers, &(struct call){ "its number", SYS_getpid, { 0 }, NULL }),
	   dump->decoder, "what it may do is done");
	detach(dump->decoder, &registers);
}

/* It goes on as if nothing had been. */
static void still_decodes(const struct dump *dump)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(4000) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	is(sendto(fd, "hello", 5, 0, (const struct sockaddr *)&to, sizeof(to)), 5, "a datagram");
	close(fd);
	ok(read_until(dump->out, "127.0.0.1.4000: UDP, length 5"), "is printed");
}

/* With seccomp that refuses nothing it is the kernel's seal that keeps packets from being written. */
static void sealed(void)
{
	struct dump dump = start("--sandbox=log");
	uint64_t packets = address_of(dump.decoder, "torc-packets");
	struct call call = { "", SYS_mprotect, { packets, 4096, PROT_READ | PROT_WRITE }, NULL };
	struct user_regs_struct registers;

	holds(&dump, false);
	if (waits(dump.decoder) && attach(dump.decoder, &registers)) {
		is(inject(dump.decoder, &registers, &call), -EACCES, "the kernel refuses too");
		detach(dump.decoder, &registers);
	} else {
		skip("the seal", "the process cannot be traced here");
	}
	still_decodes(&dump);
	end(&dump);
}

/* What the decoder says is believed in nothing: numbers that cannot be, a text without an end. */
static void lies(void)
{
	struct dump dump = start("--sandbox=on");
	uint64_t page = address_of(dump.decoder, "/dev/zero");
	struct user_regs_struct registers;
	int status = -1;

	if (!page || !waits(dump.decoder) || !attach(dump.decoder, &registers)) {
		skip("a decoder that lies", "the process cannot be traced here");
		end(&dump);
		return;
	}
	for (uint64_t at = 0; at < 4096; at += sizeof(long))
		ptrace(PTRACE_POKEDATA, dump.decoder, page + at, 0x4141414141414141L);
	/* one request more, so that it is looked at */
	inject(dump.decoder, &registers, &(struct call){ "", SYS_write, { request_fd(dump.decoder), TEXT, 1 }, "x" });
	detach(dump.decoder, &registers);
	kill(dump.decoder, SIGKILL);
	is(waitpid(dump.pid, &status, 0), dump.pid, "a decoder that lied is killed: who captures ends");
	ok(WIFEXITED(status) && WEXITSTATUS(status) == 1, "with status 1");
	ok(read_until(dump.err, ": balanced"), "and its account balances");
	close(dump.out);
	close(dump.err);
}

int main(void)
{
	struct dump dump;

	if (!getenv("TORC"))
		skip_all("TORC does not say where the command is");
	dump = start("--sandbox=on");
	holds(&dump, true);
	refused(&dump);
	still_decodes(&dump);
	end(&dump);
	sealed();
	lies();
	return done();
}

#endif
