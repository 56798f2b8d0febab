/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * collector.c - a collector: its address, its connection, and the fate of each message
 *
 * UDP says nothing of what arrives, but a host where nobody listens answers with ICMP, which the next
 * call on a connected socket reports (udp(7)): a message is settled when no such answer came for
 * 200 ms. TCP: when the other end's kernel acknowledged its bytes (SIOCOUTQ, tcp(7)).
 */
#include "export/collector.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "util/error.h"

#define MS 1000000ull
#define SETTLED_NS (200 * MS)
#define PAUSE_FIRST_NS (1000 * MS)
#define PAUSE_LAST_NS  (30000 * MS)

enum { UDP_BURST = 16 }; /* messages at once after a silence */

/* ---- open ---- */

/* HOST:PORT or [ADDRESS]:PORT */
static bool split(char *target, const char **host, const char **port)
{
	char *colon = strrchr(target, ':'), *end;
	unsigned long number;

	if (!colon || colon == target)
		return false;
	*colon = '\0';
	*port = colon + 1;
	*host = target;
	number = strtoul(*port, &end, 10);
	if (*end || end == *port || number == 0 || number > 65535)
		return false;
	if (*target != '[')
		return strchr(target, ':') == NULL;
	if (colon[-1] != ']')
		return false;
	colon[-1] = '\0';
	*host = target + 1;
	return true;
}

static int look_up(struct torc_export *out, struct collector *collector, const char *target,
		   struct torc_error *error)
{
	struct addrinfo hints = {
		.ai_socktype = collector->kind == COLLECTOR_UDP ? SOCK_DGRAM : SOCK_STREAM,
		.ai_flags = AI_NUMERICSERV,
	}, *found;
	char *copy = strdup(target);
	const char *host, *port;
	int code;

	if (!copy || !split(copy, &host, &port)) {
		free(copy);
		return torc_error_set(error, -EINVAL, "%s: the address is written HOST:PORT or "
				      "[IPV6]:PORT", out->target);
	}
	code = getaddrinfo(host, port, &hints, &found);
	free(copy);
	if (code != 0)
		return torc_error_set(error, -EINVAL, "%s: %s", out->target, gai_strerror(code));
	memcpy(&collector->address, found->ai_addr, found->ai_addrlen);
	collector->address_length = found->ai_addrlen;
	freeaddrinfo(found);
	return 0;
}

static int open_file(struct torc_export *out, struct collector *collector, const char *path,
		     struct torc_error *error)
{
	size_t colon = strcspn(path, ":");

	if (!*path || (path[colon] && !memchr(path, '/', colon)))
		return torc_error_set(error, -EINVAL, "%s: write udp:HOST:PORT, tcp:HOST:PORT or a "
				      "path (./NAME when it has a colon)", out->target);
	collector->fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (collector->fd < 0)
		return torc_error_set(error, -errno, "%s: %s", path, strerror(errno));
	collector->session = 1;
	return 0;
}

int collector_open(struct torc_export *out, struct collector *collector, const char *target,
		   unsigned int kinds, struct torc_error *error)
{
	collector->fd = -1;
	collector->pause_ns = PAUSE_FIRST_NS;
	if (strncmp(target, "udp:", 4) == 0 && kinds & 1u << COLLECTOR_UDP)
		collector->kind = COLLECTOR_UDP;
	else if (strncmp(target, "tcp:", 4) == 0 && kinds & 1u << COLLECTOR_TCP)
		collector->kind = COLLECTOR_TCP;
	else if (kinds & 1u << COLLECTOR_FILE)
		return open_file(out, collector, target, error);
	else
		return torc_error_set(error, -EINVAL, "%s: write udp:HOST:PORT", out->target);
	return look_up(out, collector, target + 4, error);
}

void collector_close(struct collector *collector)
{
	if (collector->fd >= 0)
		close(collector->fd);
}

/* ---- the fate of messages ---- */

static void settle_first(struct torc_export *out, struct collector *collector, bool good)
{
	struct sent *sent = &collector->sent[collector->sent_first];

	if (good)
		export_acknowledge(out, sent->records);
	else
		export_fail(out, sent->records, sent->packets);
	collector->sent_first = (collector->sent_first + 1) % SENT_MAX;
	collector->sent_count--;
}

static void remember(struct torc_export *out, struct collector *collector, uint64_t mark,
		     uint32_t records, uint64_t packets)
{
	if (collector->sent_count == SENT_MAX) /* many in 200 ms: they must do */
		settle_first(out, collector, true);
	collector->sent[(collector->sent_first + collector->sent_count++) % SENT_MAX] =
		(struct sent){ mark, packets, records };
}

bool collector_waits(const struct collector *collector)
{
	return collector->sent_count > 0;
}

/* The other end cannot be reached: what is open is lost, and it is said once. */
static void lose(struct torc_export *out, struct collector *collector, int code)
{
	while (collector->sent_count > 0)
		settle_first(out, collector, false);
	if (collector->kind == COLLECTOR_TCP && collector->fd >= 0) {
		close(collector->fd);
		collector->fd = -1;
	}
	collector->connecting = collector->probing = false;
	collector->pending = collector->pending_done = 0;
	collector->retry_ns = export_now_ns() + collector->pause_ns;
	collector->pause_ns *= 2;
	if (collector->pause_ns > PAUSE_LAST_NS)
		collector->pause_ns = PAUSE_LAST_NS;
	if (!out->away)
		export_say(out, -code, "%s cannot be reached (%s): trying again until it can",
			   out->target, strerror(code));
	export_set_away(out, true);
}

static void reached(struct torc_export *out, struct collector *collector)
{
	if (out->away)
		export_say(out, 0, "%s is back", out->target);
	export_set_away(out, false);
	collector->pause_ns = PAUSE_FIRST_NS;
}

static bool find_settled(struct torc_export *out, struct collector *collector)
{
	uint64_t until = export_now_ns() - SETTLED_NS;
	int left = 0;

	if (collector->kind == COLLECTOR_TCP) {
		if (ioctl(collector->fd, SIOCOUTQ, &left) < 0) {
			lose(out, collector, errno);
			return false;
		}
		until = collector->session_bytes - (uint64_t)left -
			(collector->pending - collector->pending_done);
	}
	while (collector->sent_count > 0 && collector->sent[collector->sent_first].mark <= until)
		settle_first(out, collector, true);
	return true;
}

/* ---- the connection ---- */

static int socket_error(int fd)
{
	int code = 0;
	socklen_t length = sizeof(code);

	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &length) < 0 ? errno : code;
}

static void begin(struct torc_export *out, struct collector *collector)
{
	int type = collector->kind == COLLECTOR_UDP ? SOCK_DGRAM : SOCK_STREAM;
	int fd = socket(collector->address.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	export_count(out->attempts, 1);
	if (fd < 0) {
		lose(out, collector, errno);
		return;
	}
	collector->fd = fd;
	if (connect(fd, (struct sockaddr *)&collector->address, collector->address_length) < 0 &&
	    errno != EINPROGRESS) {
		int code = errno;

		if (collector->kind == COLLECTOR_UDP) {
			close(fd);
			collector->fd = -1;
		}
		lose(out, collector, code);
		return;
	}
	collector->connecting = collector->kind == COLLECTOR_TCP;
	if (!collector->connecting)
		collector->session++;
}

static bool tcp_connected(struct torc_export *out, struct collector *collector)
{
	struct pollfd poller = { .fd = collector->fd, .events = POLLOUT };
	int code;

	if (poll(&poller, 1, 0) == 0)
		return false;
	code = socket_error(collector->fd);
	if (code != 0) {
		lose(out, collector, code);
		return false;
	}
	collector->connecting = false;
	collector->session++;
	collector->session_bytes = 0;
	reached(out, collector);
	return true;
}

/* Sends on what is left of a message; false when the connection broke. */
static bool tcp_push(struct torc_export *out, struct collector *collector)
{
	while (collector->pending_done < collector->pending) {
		ssize_t sent = send(collector->fd, collector->pending_bytes + collector->pending_done,
				    collector->pending - collector->pending_done, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && errno == EAGAIN)
			break;
		if (sent < 0) {
			lose(out, collector, errno);
			return false;
		}
		collector->pending_done += (size_t)sent;
	}
	return true;
}

/* A collector that closed the connection says so by an end of what it sends: nothing else comes. */
static bool tcp_alive(struct torc_export *out, struct collector *collector)
{
	char byte[64];
	ssize_t got = recv(collector->fd, byte, sizeof(byte), MSG_DONTWAIT);

	if (got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR)))
		return true;
	lose(out, collector, got == 0 ? ECONNRESET : errno);
	return false;
}

static bool tcp_ready(struct torc_export *out, struct collector *collector)
{
	if (collector->connecting && !tcp_connected(out, collector))
		return false;
	if (!tcp_push(out, collector) || !find_settled(out, collector) ||
	    !tcp_alive(out, collector))
		return false;
	return collector->pending_done == collector->pending && collector->sent_count < SENT_MAX;
}

static bool udp_ready(struct torc_export *out, struct collector *collector)
{
	int code = socket_error(collector->fd);

	if (code != 0) {
		lose(out, collector, code);
		return false;
	}
	find_settled(out, collector);
	if (!collector->probing)
		return true;
	if (collector->sent_count > 0)
		return false; /* no answer yet, and none is good */
	collector->probing = false;
	reached(out, collector);
	return true;
}

bool collector_ready(struct torc_export *out, struct collector *collector)
{
	if (collector->kind == COLLECTOR_FILE)
		return true;
	if (collector->fd < 0 || (out->away && collector->kind == COLLECTOR_UDP &&
				  !collector->probing)) {
		if (export_now_ns() < collector->retry_ns)
			return false;
		if (collector->fd < 0) {
			begin(out, collector);
		} else {
			export_count(out->attempts, 1);
			collector->session++; /* it may have been started anew: templates again */
			collector->probing = true;
			return true; /* one message, to see */
		}
	}
	if (collector->fd < 0)
		return false;
	return collector->kind == COLLECTOR_TCP ? tcp_ready(out, collector)
						: udp_ready(out, collector);
}

/* ---- send ---- */

static int file_send(struct torc_export *out, struct collector *collector, const uint8_t *message,
		     size_t length)
{
	while (length > 0) {
		ssize_t wrote = write(collector->fd, message, length);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote < 0) {
			int code = errno;

			export_break(out, -code, "%s: %s", out->target, strerror(code));
			return -code;
		}
		message += wrote;
		length -= (size_t)wrote;
	}
	return 0;
}

/*
 * A collector with the socket buffer that Linux gives by default has room for some 90 messages of 1400
 * bytes, and a burst of flows that end together is more: messages go at an even pace, but for a few
 * at once. Waits for their turn; false: it is too far away.
 */
static bool udp_pace(const struct torc_export *out, struct collector *collector)
{
	uint64_t each_ns = 1000 * MS / out->options.messages_per_second, now = export_now_ns();
	uint64_t wait_ns;

	if (collector->paced_ns + UDP_BURST * each_ns < now)
		collector->paced_ns = now - UDP_BURST * each_ns;
	if (collector->paced_ns + each_ns > now) {
		/* some at a time: a sleep costs more than a message */
		wait_ns = collector->paced_ns + UDP_BURST / 2 * each_ns - now;
		if (wait_ns > EXPORT_WAIT_MS / 2 * MS)
			wait_ns = EXPORT_WAIT_MS / 2 * MS;
		nanosleep(&(struct timespec){ .tv_nsec = (long)wait_ns }, NULL);
		if (collector->paced_ns + each_ns > export_now_ns())
			return false;
	}
	collector->paced_ns += each_ns;
	return true;
}

static int udp_send(struct torc_export *out, struct collector *collector, const uint8_t *message,
		    size_t length, uint32_t records, uint64_t packets)
{
	ssize_t sent;

	if (!udp_pace(out, collector))
		return -EAGAIN;
	sent = send(collector->fd, message, length, MSG_NOSIGNAL);
	if (sent < 0 && (errno == EAGAIN || errno == ENOBUFS || errno == EINTR))
		return -EAGAIN;
	if (sent < 0 && errno == EMSGSIZE) {
		export_say(out, -EMSGSIZE, "%s: messages of %zu bytes are too long for the way there",
			   out->target, length);
		export_fail(out, records, packets);
		return 0;
	}
	if (sent < 0) { /* of a message before: this one was not sent */
		lose(out, collector, errno);
		return -EAGAIN;
	}
	remember(out, collector, export_now_ns(), records, packets);
	return 0;
}

int collector_send(struct torc_export *out, struct collector *collector, const uint8_t *message,
		   size_t length, uint32_t records, uint64_t packets)
{
	int code = 0;

	if (collector->kind == COLLECTOR_UDP) {
		code = udp_send(out, collector, message, length, records, packets);
		if (code < 0)
			return code;
	} else if (collector->kind == COLLECTOR_FILE) {
		code = file_send(out, collector, message, length);
		if (code < 0)
			export_fail(out, records, packets);
		else
			export_acknowledge(out, records);
	} else {
		memcpy(collector->pending_bytes, message, length);
		collector->pending = length;
		collector->pending_done = 0;
		collector->session_bytes += length;
		remember(out, collector, collector->session_bytes, records, packets);
		tcp_push(out, collector);
	}
	if (code == 0) {
		export_count(out->bytes, length);
		export_count(out->messages, 1);
	}
	return 0;
}
