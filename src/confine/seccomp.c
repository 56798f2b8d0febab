/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * seccomp.c - which system calls a confined process may make, as a BPF program; seccomp(2)
 *
 * What is not on the lists fails with EPERM, and is not deadly: a capture goes on where a library
 * tries something. Numbers that are newer than these lists, and calls whose arguments lie in memory
 * (clone3, openat2), are ENOSYS: the C library then takes the older call, which is looked at.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#include "confine/confine.h"

#if defined(__x86_64__) && !defined(__ILP32__)
#define MACHINE AUDIT_ARCH_X86_64
#elif defined(__aarch64__) && !defined(__ILP32__)
#define MACHINE AUDIT_ARCH_AARCH64
#elif defined(__s390x__)
#define MACHINE AUDIT_ARCH_S390X
#endif

#ifndef MACHINE

int torc_seccomp_enter(uint32_t roles, bool log, uint32_t *parts)
{
	(void)roles;
	(void)log;
	*parts = 0;
	return -EOPNOTSUPP;
}

#else

#define NUMBERS_KNOWN 450 /* up to futex_waitv, Linux 5.16 */
#define ALL_ROLES     0u

/* Where arguments are in the data of the program; it loads 32 bits. */
#define LOW(argument)  (offsetof(struct seccomp_data, args[0]) + 8 * (argument) + LOW_WORD)
#define HIGH(argument) (offsetof(struct seccomp_data, args[0]) + 8 * (argument) + 4 - LOW_WORD)
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define LOW_WORD 4
#else
#define LOW_WORD 0
#endif

#ifdef __s390x__
#define CLONE_ARGUMENT 1 /* clone(stack, flags, ...) */
#else
#define CLONE_ARGUMENT 0
#endif

/* The lists end with -1. */
static const short always[] = {
	/* what is open */
	SYS_read, SYS_readv, SYS_write, SYS_writev, SYS_close, SYS_lseek, SYS_fstat,
	/* waiting */
	SYS_ppoll, SYS_pselect6, SYS_futex,
#ifdef SYS_futex_waitv /* newer than musl's headers of Debian 12 */
	SYS_futex_waitv,
#endif
	SYS_nanosleep, SYS_clock_nanosleep, SYS_restart_syscall, SYS_sched_yield,
	/* memory; mmap and mprotect are below */
	SYS_munmap, SYS_mremap, SYS_madvise, SYS_brk,
	/* time, ids */
	SYS_clock_gettime, SYS_clock_getres, SYS_gettimeofday, SYS_getpid, SYS_gettid, SYS_getppid,
	SYS_getuid, SYS_geteuid, SYS_getgid, SYS_getegid, SYS_getrusage, SYS_times, SYS_sysinfo,
	SYS_sched_getaffinity, SYS_getcpu, SYS_getrandom, SYS_capget,
	/* signals, the end */
	SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_rt_sigpending, SYS_rt_sigtimedwait,
	SYS_rt_sigsuspend, SYS_sigaltstack, SYS_rseq, SYS_set_robust_list, SYS_set_tid_address,
	SYS_exit, SYS_exit_group,
#ifdef SYS_open /* machines that have the old calls */
	SYS_poll, SYS_select,
#endif
	-1,
};

static const short files[] = {
	SYS_pread64, SYS_preadv, SYS_pwrite64, SYS_pwritev, SYS_fstatfs, SYS_fcntl, SYS_flock, SYS_dup,
	SYS_dup3, SYS_ioctl, SYS_fadvise64, SYS_ftruncate, SYS_getdents64, SYS_close_range,
	/* names; which of them may be opened is Landlock's matter */
	SYS_newfstatat, SYS_statx, SYS_statfs, SYS_readlinkat, SYS_faccessat, SYS_faccessat2,
	SYS_unlinkat, SYS_mkdirat, SYS_getcwd,
	SYS_epoll_create1, SYS_epoll_ctl, SYS_epoll_pwait, SYS_epoll_pwait2,
	SYS_eventfd2, SYS_timerfd_create, SYS_timerfd_settime, SYS_timerfd_gettime, SYS_pipe2,
	SYS_mlock, SYS_munlock, SYS_msync, SYS_mincore, SYS_membarrier, SYS_memfd_create,
	SYS_getitimer, SYS_setitimer, SYS_getgroups, SYS_uname, SYS_wait4, SYS_waitid,
	/* sockets that there are; an interface that is back is bound again */
	SYS_bind, SYS_getsockname, SYS_getpeername, SYS_getsockopt, SYS_setsockopt, SYS_recvfrom,
	SYS_recvmsg, SYS_recvmmsg, SYS_shutdown,
#ifdef SYS_open
	SYS_stat, SYS_lstat, SYS_access, SYS_readlink, SYS_unlink, SYS_mkdir, SYS_epoll_wait, SYS_dup2,
	SYS_getpgrp, SYS_alarm,
#endif
	-1,
};

static const short writes[] = {
	SYS_fsync, SYS_fdatasync, SYS_fallocate, SYS_sync_file_range, SYS_renameat, SYS_renameat2,
	SYS_fchmod, SYS_copy_file_range, SYS_sendfile,
#ifdef SYS_open
	SYS_rename,
#endif
	-1,
};

/* Members talk to each other, and one of them to the kernel; docs/clusters.md has the list. */
static const short clusters[] = {
	SYS_socketpair, SYS_connect, SYS_listen, SYS_accept4, SYS_sendmsg, SYS_sendto, SYS_pidfd_open,
	SYS_renameat, SYS_renameat2, SYS_fchmod, SYS_fallocate,
#ifdef SYS_open
	SYS_rename,
#endif
	-1,
};

static const short network[] = {
	SYS_connect, SYS_listen, SYS_accept4, SYS_sendmsg, SYS_sendmmsg, SYS_sendto, -1,
};

static const short sends[] = { SYS_sendmsg, SYS_sendmmsg, SYS_sendto, -1 };

static const struct {
	uint32_t roles;
	const short *calls;
} lists[] = {
	{ ALL_ROLES, always },
	{ CONFINE_FILES, files },
	{ TORC_CONFINE_WRITE, writes },
	{ TORC_CONFINE_CLUSTER, clusters },
	{ TORC_CONFINE_NETWORK, network },
	{ TORC_CONFINE_SEND, sends },
};

/* A call that depends on an argument: (argument & mask) == value. */
struct rule {
	uint32_t roles; /* that have it; ALL_ROLES: each */
	short call;
	uint8_t argument;
	bool refuse; /* else allow */
	bool own_pid; /* value is this process */
	uint32_t mask, value;
};

#define EXACTLY	   UINT32_MAX
#define FOR_OUTPUT (O_ACCMODE | O_CREAT | O_TRUNC)
/* which files is Landlock's matter, but where there is none */
#define OPENS_TO_WRITE (TORC_CONFINE_WRITE | TORC_CONFINE_CLUSTER | CONFINE_HAS_LANDLOCK)

static const struct rule rules[] = {
	{ CONFINE_THREADS, SYS_mprotect, 2, false, false, PROT_EXEC, 0 }, /* their stacks */
	{ CONFINE_BARE, SYS_mprotect, 2, false, false, PROT_EXEC | PROT_WRITE, 0 },
#ifdef __s390x__ /* mmap()'s arguments lie in memory there */
	{ ALL_ROLES, SYS_mmap, 0, false, false, 0, 0 },
#else
	{ CONFINE_BARE, SYS_mmap, 3, true, false, MAP_ANONYMOUS, 0 },
	{ ALL_ROLES, SYS_mmap, 2, false, false, PROT_EXEC, 0 },
#endif
	/* the C library's fstat(), and whether output is a terminal */
	{ CONFINE_BARE, SYS_newfstatat, 3, false, false, EXACTLY, AT_EMPTY_PATH },
	{ CONFINE_BARE, SYS_ioctl, 1, false, false, EXACTLY, TCGETS },
	{ CONFINE_BARE, SYS_ioctl, 1, false, false, EXACTLY, TIOCGWINSZ },
	{ CONFINE_BARE, SYS_ioctl, 1, false, false, EXACTLY, TCSETS }, /* as it was, at the end */
	{ CONFINE_BARE, SYS_ioctl, 1, false, false, EXACTLY, TCSETSW },
	{ CONFINE_BARE, SYS_ioctl, 1, false, false, EXACTLY, TCSETSF },
	{ CONFINE_FILES, SYS_openat, 2, false, false, FOR_OUTPUT, O_RDONLY },
	{ OPENS_TO_WRITE, SYS_openat, 0, false, false, 0, 0 },
#ifdef SYS_open
	{ CONFINE_FILES, SYS_open, 1, false, false, FOR_OUTPUT, O_RDONLY },
	{ OPENS_TO_WRITE, SYS_open, 0, false, false, 0, 0 },
#endif
	/* asking about interfaces: ioctl() takes any socket; a packet socket is EPERM, as without
	 * the right, and one of the spares is taken */
	{ CONFINE_RINGS | TORC_CONFINE_NETWORK, SYS_socket, 0, false, false, EXACTLY, AF_UNIX },
	{ CONFINE_RINGS | TORC_CONFINE_NETWORK, SYS_socket, 0, false, false, EXACTLY, AF_NETLINK },
	{ TORC_CONFINE_NETWORK, SYS_socket, 0, false, false, EXACTLY, AF_INET },
	{ TORC_CONFINE_NETWORK, SYS_socket, 0, false, false, EXACTLY, AF_INET6 },
	/* threads, no processes */
	{ CONFINE_THREADS, SYS_clone, CLONE_ARGUMENT, false, false, CLONE_THREAD, CLONE_THREAD },
	{ ALL_ROLES, SYS_tgkill, 0, false, true, EXACTLY, 0 },
	{ ALL_ROLES, SYS_kill, 0, false, true, EXACTLY, 0 },
	{ CONFINE_FILES, SYS_prlimit64, 0, false, false, EXACTLY, 0 },
	{ ALL_ROLES, SYS_prctl, 0, false, false, EXACTLY, PR_SET_NAME },
	{ ALL_ROLES, SYS_prctl, 0, false, false, EXACTLY, PR_GET_NAME },
	{ ALL_ROLES, SYS_prctl, 0, false, false, EXACTLY, PR_GET_DUMPABLE },
	{ CONFINE_FILES, SYS_prctl, 0, false, false, EXACTLY, PR_CAPBSET_READ },
	{ ALL_ROLES, SYS_prctl, 0, false, false, EXACTLY, PR_GET_NO_NEW_PRIVS },
	{ ALL_ROLES, SYS_prctl, 0, false, false, EXACTLY, 0x53564d41 /* PR_SET_VMA: names */ },
	/* maps that are open; what makes something is refused by the kernel too */
	{ CONFINE_RINGS, SYS_bpf, 0, false, false, EXACTLY, BPF_MAP_LOOKUP_ELEM },
	{ CONFINE_RINGS, SYS_bpf, 0, false, false, EXACTLY, BPF_MAP_UPDATE_ELEM },
	{ CONFINE_RINGS, SYS_bpf, 0, false, false, EXACTLY, BPF_MAP_DELETE_ELEM },
	{ CONFINE_RINGS, SYS_bpf, 0, false, false, EXACTLY, BPF_OBJ_GET_INFO_BY_FD },
	{ CONFINE_RINGS, SYS_bpf, 0, false, false, EXACTLY, BPF_LINK_DETACH },
	/* a program that is loaded: what sends by live frames */
	{ TORC_CONFINE_SEND, SYS_bpf, 0, false, false, EXACTLY, BPF_PROG_TEST_RUN },
};

struct program {
	struct sock_filter code[1024];
	unsigned short count;
};

static void add(struct program *program, uint16_t code, uint32_t k, uint8_t jt, uint8_t jf)
{
	program->code[program->count++] = (struct sock_filter){ code, jt, jf, k };
}

static void answer(struct program *program, uint32_t what)
{
	add(program, BPF_RET | BPF_K, what, 0, 0);
}

static void load(struct program *program, size_t at)
{
	add(program, BPF_LD | BPF_W | BPF_ABS, (uint32_t)at, 0, 0);
}

/* The number of the call is in the accumulator, before and after. */
static void add_call(struct program *program, int call)
{
	add(program, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0, 1);
	answer(program, SECCOMP_RET_ALLOW);
}

static void add_rule(struct program *program, const struct rule *rule)
{
	uint32_t value = rule->own_pid ? (uint32_t)getpid() : rule->value;

	add(program, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)rule->call, 0, 5);
	load(program, LOW(rule->argument));
	add(program, BPF_ALU | BPF_AND | BPF_K, rule->mask, 0, 0);
	add(program, BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
	answer(program, rule->refuse ? SECCOMP_RET_ERRNO | EPERM : SECCOMP_RET_ALLOW);
	load(program, offsetof(struct seccomp_data, nr));
}

/* sendto() without an address: what send() is, to whom the socket is connected. */
static void add_send(struct program *program)
{
	add(program, BPF_JMP | BPF_JEQ | BPF_K, SYS_sendto, 0, 6);
	load(program, LOW(4));
	add(program, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 3);
	load(program, HIGH(4));
	add(program, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1);
	answer(program, SECCOMP_RET_ALLOW);
	load(program, offsetof(struct seccomp_data, nr));
}

/* Characters into a terminal, as if typed there: what a shell would read after us. */
static void refuse_typing(struct program *program)
{
	static const struct rule typing[] = {
		{ ALL_ROLES, SYS_ioctl, 1, true, false, EXACTLY, TIOCSTI },
		{ ALL_ROLES, SYS_ioctl, 1, true, false, EXACTLY, 0x541C /* TIOCLINUX */ },
	};

	add_rule(program, &typing[0]);
	add_rule(program, &typing[1]);
}

static void make(struct program *program, uint32_t roles, bool log)
{
	uint32_t refuse = log ? SECCOMP_RET_LOG : SECCOMP_RET_ERRNO | EPERM;
	uint32_t unknown = log ? SECCOMP_RET_LOG : SECCOMP_RET_ERRNO | ENOSYS;

	program->count = 0;
	load(program, offsetof(struct seccomp_data, arch));
	add(program, BPF_JMP | BPF_JEQ | BPF_K, MACHINE, 1, 0);
	answer(program, log ? SECCOMP_RET_LOG : SECCOMP_RET_KILL_PROCESS);
	load(program, offsetof(struct seccomp_data, nr));
	add(program, BPF_JMP | BPF_JGE | BPF_K, NUMBERS_KNOWN, 2, 0);
	add(program, BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 1, 0);
	add(program, BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1);
	answer(program, unknown);
	if (roles & CONFINE_BARE)
		roles &= ~CONFINE_HAS_LANDLOCK; /* opens nothing */
	if (!log)
		refuse_typing(program);
	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
		if (lists[i].roles == ALL_ROLES || (lists[i].roles & roles))
			for (const short *call = lists[i].calls; *call >= 0; call++)
				add_call(program, *call);
	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++)
		if ((rules[i].roles == ALL_ROLES || (rules[i].roles & roles)) &&
		    !(log && rules[i].refuse))
			add_rule(program, &rules[i]);
	if (!(roles & CONFINE_BARE))
		add_send(program);
	answer(program, refuse);
}

int torc_seccomp_enter(uint32_t roles, bool log, uint32_t *parts)
{
	static struct program program; /* one torc_confine() at a time */
	struct sock_fprog code = { .filter = program.code };

	*parts = 0;
	make(&program, roles, log);
	code.len = program.count;
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &code) != 0)
		/* EPERM: a container's own list, on which the call is not */
		return errno == ENOSYS || errno == EINVAL || errno == EPERM ? -EOPNOTSUPP : -errno;
	*parts = TORC_CONFINED_SYSTEM_CALLS;
	if (log)
		*parts |= TORC_CONFINED_LOGS;
#ifndef __s390x__
	else
		*parts |= TORC_CONFINED_EXECUTABLE;
#endif
	return 0;
}

#endif
