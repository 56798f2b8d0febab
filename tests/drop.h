/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * drop.h - tests that give capabilities up, and a process that still has them
 *
 * Capabilities do not come back, so in_child() runs such tests in a child and counts their results
 * with ours. root_run() asks a process that was started before for a command.
 */
#ifndef TORC_TEST_DROP_H
#define TORC_TEST_DROP_H

#include <linux/capability.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "net.h"

#define DROP_FOLDER "/run/nobody"

/* Give up every capability but those in the mask, for good, and the user where possible. */
static inline bool keep_only(uint32_t mask)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { .effective = mask, .permitted = mask } };

	/* what such a user's clusters have their sockets in; made once */
	if (mkdir(DROP_FOLDER, 0700) == 0 && chown(DROP_FOLDER, 65534, 65534) < 0)
		return false;
	setenv("XDG_RUNTIME_DIR", DROP_FOLDER, 1);
	prctl(PR_SET_KEEPCAPS, 1);
	if (setgid(65534) == 0 && setuid(65534) < 0)
		return false;
	return syscall(SYS_capset, &header, data) == 0;
}

/* Run a test in a child; it drops what it wants to. Its results are counted with ours. */
static inline void in_child(void (*test)(void), const char *what)
{
	int *counts = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		note("%s", what);
		test();
		counts[0] = test_count;
		counts[1] = test_failed;
		_exit(0);
	}
	waitpid(child, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
		skip(what, "capabilities cannot be dropped here");
	} else if (counts[0] > test_count) {
		test_count = counts[0];
		test_failed = counts[1];
	}
	is(status == 0 || WEXITSTATUS(status) == 77, 1, "%s: the process ended well", what);
	munmap(counts, 4096);
}

static int root_fd = -1;

/* Start the process that keeps what we have now. */
static inline void root_start(void)
{
	char command[512];
	int fds[2];
	ssize_t length;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		exit(1);
	if (fork() == 0) {
		close(fds[1]);
		while ((length = recv(fds[0], command, sizeof(command) - 1, 0)) > 0) {
			bool good;

			command[length] = '\0';
			good = net_run("%s", command);
			if (send(fds[0], &good, sizeof(good), 0) < 0)
				break;
		}
		_exit(0);
	}
	close(fds[0]);
	root_fd = fds[1];
}

/* A command in that process; true when it succeeded. */
static inline bool root_run(const char *command)
{
	bool good = false;

	return send(root_fd, command, strlen(command), 0) > 0 &&
	       recv(root_fd, &good, sizeof(good), 0) == sizeof(good) && good;
}

#endif
