/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * notify.c - tells the service manager that started us how it goes: sd_notify(3)
 *
 * The protocol is one datagram a message to the socket that $NOTIFY_SOCKET names; systemd sets
 * $WATCHDOG_USEC when it wants to hear within that time, or else restarts the service. Without the
 * variables nothing is done.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "notify.h"

enum { STATUS_NS = 1000000000 };

static int notifier = -1;
static uint64_t watchdog_ns; /* 0: nobody waits */
static uint64_t alive_ns, status_ns;
static void (*also)(const char *status);

void notify_open(void)
{
	const char *path = getenv("NOTIFY_SOCKET"), *watchdog = getenv("WATCHDOG_USEC");
	const char *pid = getenv("WATCHDOG_PID");
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t length = path ? strlen(path) : 0;

	if (length < 2 || length >= sizeof(address.sun_path) || (*path != '/' && *path != '@'))
		return;
	memcpy(address.sun_path, path, length);
	if (*path == '@')
		address.sun_path[0] = '\0';
	notifier = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (notifier >= 0 && connect(notifier, (struct sockaddr *)&address,
				     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)) < 0) {
		close(notifier);
		notifier = -1;
	}
	if (watchdog && (!pid || strtol(pid, NULL, 10) == (long)getpid()))
		watchdog_ns = strtoull(watchdog, NULL, 10) * 1000;
	/* not for the commands that we start (-z) */
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

void notify_close(void)
{
	if (notifier >= 0)
		close(notifier);
	notifier = -1;
	also = NULL;
}

bool notify_wanted(void)
{
	return notifier >= 0 || also;
}

void notify_forget(void)
{
	if (notifier >= 0)
		close(notifier);
	notifier = -1;
	also = NULL;
}

void notify_also(void (*tell)(const char *status))
{
	also = tell;
}

/* Lost when the manager does not read: the capture does not wait for it. */
static void tell(const char *message)
{
	if (notifier >= 0 && send(notifier, message, strlen(message), MSG_NOSIGNAL) < 0)
		return;
}

void notify_ready(void)
{
	tell("READY=1");
}

bool notify_alive(void)
{
	uint64_t now = notify_wanted() ? cli_now_ns() : 0;

	if (!notify_wanted())
		return false;
	if (watchdog_ns && now - alive_ns >= watchdog_ns / 4) {
		alive_ns = now;
		tell("WATCHDOG=1");
	}
	if (now - status_ns < STATUS_NS)
		return false;
	status_ns = now;
	return true;
}

void notify_status(const char *text)
{
	char message[256] = "STATUS=";

	strncat(message, text, sizeof(message) - strlen(message) - 1);
	tell(message);
	if (also)
		also(text);
}

void notify_stopping(void)
{
	tell("STOPPING=1");
}
