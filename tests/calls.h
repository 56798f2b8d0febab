/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * calls.h - system calls that fail, chosen by number and place, inside the process that makes them
 *
 * Linux's syscall user dispatch (5.11; Documentation/admin-guide/syscall-user-dispatch.rst) gives
 * each system call of a watched thread to a handler, which counts it and either makes it or returns
 * an error in its place. So nothing has to trace the process, and a call that fails costs a
 * microsecond. Threads that a watched one starts are watched too.
 *
 * To be included by one file of a program, or of a library that is preloaded.
 */
#ifndef TORC_TEST_CALLS_H
#define TORC_TEST_CALLS_H

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#define CALLS_MAX 512

/* Which fails: the at-th of a number, and with all each behind it; at 0: none. */
struct calls_plan {
	long number;
	unsigned long at;
	int error;
	bool all;
	unsigned long counts[CALLS_MAX]; /* atomic: made so far, by number */
	unsigned long failed;            /* atomic */
};

static struct calls_plan calls_of_process;
static struct calls_plan *calls = &calls_of_process; /* may be shared memory */

/* What fails with what. Left out is what cannot fail, or cannot be helped: munmap, futex, exit. */
struct calls_fault {
	const char *name;
	long number;
	int error;
};

#define CALLS_FAULT(call, error) { #call, SYS_##call, error }

#if defined(__x86_64__)

#define CALLS_INJECTS 1

static const struct calls_fault calls_faults[] = {
	CALLS_FAULT(openat, EMFILE), CALLS_FAULT(openat, ENOMEM), CALLS_FAULT(openat, EIO),
	CALLS_FAULT(openat, ENOSPC), CALLS_FAULT(openat, EINTR), CALLS_FAULT(openat2, EMFILE),
	CALLS_FAULT(read, EIO), CALLS_FAULT(read, EINTR), CALLS_FAULT(pread64, EIO),
	CALLS_FAULT(pread64, EINTR), CALLS_FAULT(readv, EIO), CALLS_FAULT(write, ENOSPC),
	CALLS_FAULT(write, EIO), CALLS_FAULT(write, EINTR), CALLS_FAULT(pwrite64, ENOSPC),
	CALLS_FAULT(pwrite64, EINTR), CALLS_FAULT(writev, ENOSPC), CALLS_FAULT(writev, EINTR),
	CALLS_FAULT(fstat, EIO), CALLS_FAULT(newfstatat, EIO), CALLS_FAULT(newfstatat, ENOMEM),
	CALLS_FAULT(statx, EIO), CALLS_FAULT(lseek, EIO), CALLS_FAULT(ftruncate, EIO),
	CALLS_FAULT(ftruncate, ENOSPC), CALLS_FAULT(fallocate, ENOSPC), CALLS_FAULT(fsync, EIO),
	CALLS_FAULT(fdatasync, EIO), CALLS_FAULT(close, EIO), CALLS_FAULT(close, EINTR),
	CALLS_FAULT(rename, EIO), CALLS_FAULT(rename, ENOSPC), CALLS_FAULT(unlink, EIO),
	CALLS_FAULT(unlinkat, EIO), CALLS_FAULT(mkdir, ENOSPC), CALLS_FAULT(mkdirat, ENOSPC),
	CALLS_FAULT(fchmod, EIO), CALLS_FAULT(flock, EINTR), CALLS_FAULT(flock, ENOLCK),
	CALLS_FAULT(fcntl, EMFILE), CALLS_FAULT(getdents64, EIO), CALLS_FAULT(readlink, ENOMEM),
	CALLS_FAULT(readlinkat, ENOMEM), CALLS_FAULT(access, EIO), CALLS_FAULT(faccessat2, EIO),
	CALLS_FAULT(socket, EMFILE), CALLS_FAULT(socket, ENOMEM), CALLS_FAULT(socketpair, EMFILE),
	CALLS_FAULT(setsockopt, ENOMEM), CALLS_FAULT(setsockopt, EINTR),
	CALLS_FAULT(getsockopt, ENOMEM), CALLS_FAULT(getsockname, ENOBUFS),
	CALLS_FAULT(bind, ENOMEM), CALLS_FAULT(bind, EINTR), CALLS_FAULT(listen, ENOMEM),
	CALLS_FAULT(connect, ENOMEM), CALLS_FAULT(connect, EINTR), CALLS_FAULT(accept4, EMFILE),
	CALLS_FAULT(accept4, EINTR), CALLS_FAULT(sendto, ENOBUFS), CALLS_FAULT(sendto, ENOMEM),
	CALLS_FAULT(sendto, EINTR), CALLS_FAULT(sendmsg, ENOMEM), CALLS_FAULT(sendmsg, EINTR),
	CALLS_FAULT(sendmmsg, ENOBUFS), CALLS_FAULT(sendmmsg, ENOMEM), CALLS_FAULT(sendmmsg, EINTR),
	CALLS_FAULT(recvfrom, ENOMEM), CALLS_FAULT(recvfrom, EINTR), CALLS_FAULT(recvmsg, ENOMEM),
	CALLS_FAULT(recvmsg, EINTR), CALLS_FAULT(ioctl, EIO), CALLS_FAULT(ioctl, ENOMEM),
	CALLS_FAULT(epoll_create1, EMFILE), CALLS_FAULT(epoll_create1, ENOMEM),
	CALLS_FAULT(epoll_ctl, ENOMEM), CALLS_FAULT(epoll_wait, EINTR),
	CALLS_FAULT(epoll_pwait, EINTR), CALLS_FAULT(eventfd2, EMFILE),
	CALLS_FAULT(eventfd2, ENOMEM), CALLS_FAULT(timerfd_create, EMFILE),
	CALLS_FAULT(signalfd4, EMFILE), CALLS_FAULT(pipe2, EMFILE), CALLS_FAULT(poll, EINTR),
	CALLS_FAULT(poll, ENOMEM), CALLS_FAULT(ppoll, EINTR), CALLS_FAULT(ppoll, ENOMEM),
	CALLS_FAULT(memfd_create, EMFILE), CALLS_FAULT(memfd_create, ENOMEM),
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) /* whose own memory it would be */
	CALLS_FAULT(mmap, ENOMEM), CALLS_FAULT(mremap, ENOMEM), CALLS_FAULT(mprotect, ENOMEM),
	CALLS_FAULT(madvise, ENOMEM),
#endif
	CALLS_FAULT(mlock, ENOMEM), CALLS_FAULT(dup, EMFILE),
	CALLS_FAULT(dup3, EMFILE), CALLS_FAULT(pidfd_open, EMFILE), CALLS_FAULT(bpf, ENOMEM),
	CALLS_FAULT(bpf, EPERM), CALLS_FAULT(bpf, EAGAIN), CALLS_FAULT(membarrier, ENOSYS),
	CALLS_FAULT(clone, EAGAIN), CALLS_FAULT(clone3, EAGAIN), CALLS_FAULT(getrandom, ENOSYS),
	CALLS_FAULT(getrandom, EINTR), CALLS_FAULT(clock_nanosleep, EINTR),
	CALLS_FAULT(sysinfo, EIO), CALLS_FAULT(prctl, EINVAL), CALLS_FAULT(capset, EPERM),
	CALLS_FAULT(capget, EPERM), CALLS_FAULT(seccomp, ENOSYS), CALLS_FAULT(seccomp, ENOMEM),
	CALLS_FAULT(landlock_create_ruleset, ENOSYS), CALLS_FAULT(landlock_create_ruleset, EMFILE),
	CALLS_FAULT(landlock_add_rule, ENOMEM), CALLS_FAULT(landlock_restrict_self, ENOMEM),
	CALLS_FAULT(tgkill, EAGAIN), CALLS_FAULT(timer_create, EAGAIN),
	CALLS_FAULT(inotify_init1, EMFILE),
	CALLS_FAULT(sched_getaffinity, EINVAL), CALLS_FAULT(prlimit64, EPERM),
};

#define CALLS_FAULTS (sizeof(calls_faults) / sizeof(calls_faults[0]))

#define CALLS_DISPATCH 59 /* PR_SET_SYSCALL_USER_DISPATCH */

static __thread volatile char calls_selector __attribute__((tls_model("initial-exec")));

/*
 * What the kernel always lets through: a plain system call, the end of the handler, and the end of
 * another handler whose sigreturn was dispatched (its frame is where the stack was).
 */
#pragma GCC visibility push(hidden)
extern const char calls_begin[], calls_end[];
long calls_raw(long number, ...);
void calls_end_of_handler(void);
void calls_end_at(long stack);
#pragma GCC visibility pop

__asm__(".pushsection .text.calls,\"ax\",@progbits\n"
	"calls_begin:\n"
	"calls_raw:\n"
	"	mov %rdi, %rax\n"
	"	mov %rsi, %rdi\n"
	"	mov %rdx, %rsi\n"
	"	mov %rcx, %rdx\n"
	"	mov %r8, %r10\n"
	"	mov %r9, %r8\n"
	"	mov 8(%rsp), %r9\n"
	"	syscall\n"
	"	ret\n"
	"calls_end_at:\n"
	"	mov %rdi, %rsp\n"
	"calls_end_of_handler:\n"
	"	mov $15, %eax\n" /* SYS_rt_sigreturn */
	"	syscall\n"
	"	ud2\n"
	"calls_end:\n"
	".popsection\n");

#define CALLS_SIGNAL (1ull << (SIGSYS - 1))

/* Masks are those of the kernel: 64 bits. SIGSYS is never in one, or the next call would kill us. */
static long calls_mask(uint64_t *mask, int how, const uint64_t *set, uint64_t *old)
{
	if (old)
		*old = *mask;
	if (!set)
		return 0;
	if (how == SIG_BLOCK)
		*mask |= *set;
	else if (how == SIG_UNBLOCK)
		*mask &= ~*set;
	else
		*mask = *set;
	*mask &= ~CALLS_SIGNAL;
	return 0;
}

struct calls_action {
	void *handler;
	unsigned long flags;
	void *restorer;
	uint64_t mask;
};

static long calls_action(long signal, const struct calls_action *set, struct calls_action *old)
{
	struct calls_action copy;

	if (set) {
		copy = *set;
		copy.mask &= ~CALLS_SIGNAL;
	}
	return calls_raw(SYS_rt_sigaction, signal, set ? &copy : NULL, old, 8L, 0L, 0L);
}

/* Counts a call; its error when it is to fail, else 0. */
static int calls_fault(long number)
{
	unsigned long place;

	if (number < 0 || number >= CALLS_MAX)
		return 0;
	place = __atomic_add_fetch(&calls->counts[number], 1, __ATOMIC_RELAXED);
	if (number != calls->number || calls->at == 0 || place < calls->at ||
	    (place > calls->at && !calls->all))
		return 0;
	__atomic_add_fetch(&calls->failed, 1, __ATOMIC_RELAXED);
	return calls->error;
}

static void calls_handler(int signal, siginfo_t *info, void *context)
{
	ucontext_t *user = context;
	greg_t *r = user->uc_mcontext.gregs;
	long number = r[REG_RAX];
	int error;

	(void)signal, (void)info;
	if (number == SYS_rt_sigreturn)
		calls_end_at(r[REG_RSP]);
	if (number == SYS_rt_sigprocmask) {
		r[REG_RAX] = calls_mask((uint64_t *)(void *)&user->uc_sigmask, (int)r[REG_RDI],
					(uint64_t *)r[REG_RSI], (uint64_t *)r[REG_RDX]);
		return;
	}
	if (number == SYS_rt_sigaction) {
		r[REG_RAX] = calls_action(r[REG_RDI], (struct calls_action *)r[REG_RSI],
					  (struct calls_action *)r[REG_RDX]);
		return;
	}
	/* an eventfd takes what it is given: a write of eight bytes */
	error = number == SYS_write && r[REG_RDX] == 8 ? 0 : calls_fault(number);
	/* a descriptor is gone whatever close(2) returns */
	if (error == 0 || number == SYS_close)
		r[REG_RAX] = calls_raw(number, r[REG_RDI], r[REG_RSI], r[REG_RDX], r[REG_R10],
				       r[REG_R8], r[REG_R9]);
	if (error != 0)
		r[REG_RAX] = -error;
}

/* Watch this thread from now on, or no more; false where the kernel cannot. */
static bool calls_watch(bool on)
{
	struct calls_action action = { .handler = (void *)calls_handler,
				       .flags = SA_SIGINFO | SA_NODEFER | 0x04000000 /* RESTORER */,
				       .restorer = (void *)calls_end_of_handler };
	uint64_t set = CALLS_SIGNAL;

	calls_selector = 0;
	if (!on)
		return true;
	calls_raw(SYS_rt_sigaction, (long)SIGSYS, &action, NULL, 8L, 0L, 0L);
	calls_raw(SYS_rt_sigprocmask, (long)SIG_UNBLOCK, &set, NULL, 8L, 0L, 0L);
	if (calls_raw(SYS_prctl, (long)CALLS_DISPATCH, 1L, calls_begin,
		      (long)(calls_end - calls_begin), &calls_selector, 0L) != 0)
		return false;
	calls_selector = 1;
	return true;
}

static bool calls_watched(void)
{
	return calls_selector != 0;
}

#else /* the kernel dispatches on few machines, and the handler is of one */

#define CALLS_INJECTS 0
#define CALLS_FAULTS  0u

static const struct calls_fault calls_faults[1];

static bool calls_watch(bool on)
{
	return !on;
}

static bool calls_watched(void)
{
	return false;
}

static int calls_fault(long number)
{
	(void)number;
	return 0;
}

#endif

/* ---- calls that go on on another stack, where the handler cannot return to ---- */

struct calls_thread {
	void *(*run)(void *);
	void *argument;
};

static void *calls_thread(void *argument)
{
	struct calls_thread thread = *(struct calls_thread *)argument;

	calls_watch(false);
	free(argument);
	calls_watch(true);
	return thread.run(thread.argument);
}

#if CALLS_INJECTS

int pthread_create(pthread_t *id, const pthread_attr_t *attributes, void *(*run)(void *),
		   void *argument)
{
	int (*next)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
	struct calls_thread *thread;
	int error;

	*(void **)&next = dlsym(RTLD_NEXT, "pthread_create");
	if (!calls_watched())
		return next(id, attributes, run, argument);
	error = calls_fault(SYS_clone3);
	thread = error != 0 ? NULL : malloc(sizeof(*thread));
	if (!thread)
		return EAGAIN;
	*thread = (struct calls_thread){ run, argument };
	calls_selector = 0;
	error = next(id, attributes, calls_thread, thread);
	if (error != 0)
		free(thread);
	calls_selector = 1;
	return error;
}

int posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions,
		 const posix_spawnattr_t *attributes, char *const arguments[], char *const names[])
{
	int (*next)(pid_t *, const char *, const posix_spawn_file_actions_t *,
		    const posix_spawnattr_t *, char *const[], char *const[]);
	bool watched = calls_watched();
	int error = watched ? calls_fault(SYS_clone3) : 0;

	*(void **)&next = dlsym(RTLD_NEXT, "posix_spawnp");
	if (error == 0) {
		if (watched)
			calls_selector = 0;
		error = next(pid, file, actions, attributes, arguments, names);
		if (watched)
			calls_selector = 1;
	}
	return error;
}

#endif

#endif
