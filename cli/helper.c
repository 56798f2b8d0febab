/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * helper.c - asking torc-open(8) for packet sockets
 *
 * It is started with one end of a pair of sockets as its standard input, and sends descriptors over it.
 * Whatever is wrong it says itself, on our standard error.
 */
#include <ctype.h>
#include <errno.h>
#include <net/if.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "helper.h"

#ifndef TORC_LIBEXEC_DIR
#define TORC_LIBEXEC_DIR "/usr/local/libexec"
#endif

enum { NAMES_MOST = 16, SPARES = 4 }; /* spare ones an interface: torc/ring.h, "Privilege" */

/* What is started: words, and room for what they point into. */
struct call {
	char text[512];
	char count[16];
	char *words[NAMES_MOST + 4];
	unsigned int names;
};

/* Not a program of a secure execution's environment (secure_getenv(3)). */
static const char *helper_path(void)
{
	const char *given = secure_getenv("TORC_OPEN");

	return given ? given : TORC_LIBEXEC_DIR "/torc-open";
}

static int refuse(const char *device, const char *why)
{
	cli_complain("torc: --via-helper: %s: %s", device, why);
	return CLI_FAILED;
}

/* "(eth0.100)" is that interface; "eth0.100" is VLAN 100 of eth0 where there is no such interface. */
static char *interface_of(char *name)
{
	size_t length = strlen(name);
	char *dot = strrchr(name, '.');

	if (length > 2 && name[0] == '(' && name[length - 1] == ')') {
		name[length - 1] = '\0';
		return name + 1;
	}
	if (dot && dot > name && isdigit((unsigned char)dot[1]) && !if_nametoindex(name))
		*dot = '\0';
	return name;
}

/* The interfaces of a device string (torc/ring.h) as words. */
static int take_device(struct call *call, const char *device, const char *path)
{
	unsigned int sockets;
	char *save = NULL;

	if (strncmp(device, "xdp:", 4) == 0 || strncmp(device, "pcap:", 5) == 0)
		return refuse(device, "the helper hands over packet sockets: name interfaces without a prefix");
	if (strlen(device) >= sizeof(call->text))
		return refuse(device, "too long");
	strcpy(call->text, device);
	call->text[strcspn(call->text, "@;")] = '\0';
	call->words[0] = (char *)(uintptr_t)path;
	call->words[1] = (char *)(uintptr_t)"-n";
	call->words[2] = call->count;
	for (char *name = strtok_r(call->text, ",", &save); name; name = strtok_r(NULL, ",", &save)) {
		if (call->names == NAMES_MOST)
			return refuse(device, "more than 16 interfaces");
		call->words[3 + call->names++] = interface_of(name);
	}
	if (call->names == 0)
		return refuse(device, "no interface is named");
	sockets = call->names * (1 + SPARES);
	snprintf(call->count, sizeof(call->count), "%u",
		 sockets < HELPER_SOCKETS_MOST ? sockets : HELPER_SOCKETS_MOST);
	return CLI_GOOD;
}

/* The one message there is; false: none came. */
static bool receive(int fd, struct helper_sockets *sockets)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(HELPER_SOCKETS_MOST * sizeof(int))];
	} control;
	char byte;
	struct iovec data = { &byte, 1 };
	struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	struct cmsghdr *header;
	ssize_t got;

	do
		got = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	header = got == 1 ? CMSG_FIRSTHDR(&message) : NULL;
	if (!header || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
		return false;
	sockets->count = (unsigned int)((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
	memcpy(sockets->fds, CMSG_DATA(header), sockets->count * sizeof(int));
	return true;
}

/* fd: its standard input. 0 or an error number, as posix_spawn(3). */
static int start(struct call *call, int fd, pid_t *helper)
{
	static char *const empty[] = { NULL };
	posix_spawn_file_actions_t actions;
	int code = posix_spawn_file_actions_init(&actions);

	if (code != 0)
		return code;
	code = posix_spawn_file_actions_adddup2(&actions, fd, STDIN_FILENO);
	if (code == 0)
		code = posix_spawn(helper, call->words[0], &actions, NULL, call->words, empty);
	posix_spawn_file_actions_destroy(&actions);
	return code;
}

static int not_started(const char *path, int code)
{
	if (code == ENOENT)
		cli_complain("torc: --via-helper: there is no %s: it is installed with torc, and "
			     "TORC_OPEN names another place", path);
	else if (code == EACCES)
		cli_complain("torc: --via-helper: you may not start %s: members of its group may "
			     "(ls -l), from their next login on", path);
	else
		cli_complain("torc: --via-helper: %s: %s", path, strerror(code));
	return code == ENOENT || code == EACCES || code == EPERM ? CLI_PRIVILEGE : CLI_FAILED;
}

int helper_sockets(const char *device, struct helper_sockets *sockets)
{
	struct call call = { 0 };
	int pair[2], ended = 0, code, status = take_device(&call, device, helper_path());
	pid_t helper;
	bool came;

	sockets->count = 0;
	if (status != CLI_GOOD)
		return status;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return cli_fail(-errno, NULL);
	code = start(&call, pair[1], &helper);
	close(pair[1]);
	if (code != 0) {
		close(pair[0]);
		return not_started(call.words[0], code);
	}
	came = receive(pair[0], sockets);
	close(pair[0]);
	while (waitpid(helper, &ended, 0) < 0 && errno == EINTR)
		;
	if (came)
		return CLI_GOOD;
	if (!WIFEXITED(ended) || WEXITSTATUS(ended) == 0)
		cli_complain("torc: --via-helper: %s ended without an answer", call.words[0]);
	return WIFEXITED(ended) && WEXITSTATUS(ended) == CLI_PRIVILEGE ? CLI_PRIVILEGE : CLI_FAILED;
}
