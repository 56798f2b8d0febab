/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * wait.c - waiting for packets, stopping, and the descriptor of a ring
 *
 * The ring's descriptor is an epoll instance over the engines' descriptors and three of its own:
 *
 *	stop_fd    an eventfd, readable while torc_ring_stop() is in effect
 *	ready_fd   an eventfd, readable while packets are at hand that the kernel knows nothing of:
 *	           those of a file, of a socket that left its cluster, and those read ahead of
 *	           engines whose descriptor does not stay readable for them
 *	timer_fd   for files that are replayed at their own speed, and to look for an interface
 *	           that was deleted
 *
 * A packet socket stays readable while the block handed over last has not been given back, so a
 * half-read block never loses a wake-up.
 */
#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "ring/ring.h"

#define PAUSE_MS 1

#define STALE_NS 1000000000u /* the published account is brought up to date within that time */

#define NAP_US_MIN  100
#define NAP_US_MAX  4000
#define DENSE_US    4 /* at that many a packet, or fewer, since the wait before */

static int watch(struct torc_ring *ring, int fd)
{
	struct epoll_event event = { .events = EPOLLIN };

	return epoll_ctl(ring->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

int ring_wait_open(struct torc_ring *ring)
{
	ring->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	ring->stop_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	ring->ready_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (ring->epoll_fd < 0 || ring->stop_fd < 0 || ring->ready_fd < 0)
		return -errno;
	if (watch(ring, ring->stop_fd) < 0 || watch(ring, ring->ready_fd) < 0)
		return -errno;
	return 0;
}

void ring_wait_close(struct torc_ring *ring)
{
	int fds[] = { ring->epoll_fd, ring->stop_fd, ring->ready_fd, ring->timer_fd };

	for (unsigned int i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

/*
 * Before a socket may be closed: a cluster keeps duplicates of it, and what nobody can name any more
 * would be readable for as long as they are open (epoll(7), question 6).
 */
void ring_wait_unwatch(struct torc_ring *ring)
{
	for (unsigned int i = 0; i < ring->port_count; i++) {
		struct ring_port *port = &ring->ports[i];

		while (port->fd_count > 0)
			epoll_ctl(ring->epoll_fd, EPOLL_CTL_DEL, port->fds[--port->fd_count], NULL);
	}
}

/* Watch the descriptors that the engines have now; they change when sockets do. */
void ring_wait_watch(struct torc_ring *ring)
{
	ring_wait_unwatch(ring);
	ring->fds_changed = true;
	for (unsigned int i = 0; i < ring->port_count; i++) {
		struct ring_port *port = &ring->ports[i];

		port->fd_count = port->ops->fds(port->engine, port->fds,
						sizeof(port->fds) / sizeof(port->fds[0]));
		for (unsigned int k = 0; k < port->fd_count; k++)
			watch(ring, port->fds[k]);
	}
}

/* ---- stop ---- */

/*
 * The descriptor says what the flag says. A stop and a resume may meet, the one in a signal handler
 * that interrupts the other: whoever touches the descriptor last has then seen the flag as it is.
 */
static void show_stopped(struct torc_ring *ring)
{
	uint64_t value;
	ssize_t unused;
	bool stopped;

	do {
		stopped = __atomic_load_n(&ring->stopped, __ATOMIC_SEQ_CST);
		value = 1;
		unused = stopped ? write(ring->stop_fd, &value, sizeof(value)) :
				   read(ring->stop_fd, &value, sizeof(value));
		(void)unused; /* fails only when there is nothing to change */
	} while (__atomic_load_n(&ring->stopped, __ATOMIC_SEQ_CST) != stopped);
}

void torc_ring_stop(struct torc_ring *ring)
{
	int saved = errno; /* this may run in a signal handler */

	__atomic_store_n(&ring->stopped, true, __ATOMIC_SEQ_CST);
	__atomic_store_n(&ring->cursor.limit, NULL, __ATOMIC_SEQ_CST); /* see ring_cursor_limit() */
	show_stopped(ring);
	errno = saved;
}

bool torc_ring_resume(struct torc_ring *ring)
{
	bool was = __atomic_exchange_n(&ring->stopped, false, __ATOMIC_SEQ_CST);

	show_stopped(ring);
	return was;
}

bool torc_ring_stopped(const struct torc_ring *ring)
{
	return __atomic_load_n(&ring->stopped, __ATOMIC_ACQUIRE);
}

/* ---- what is at hand ---- */

static unsigned int queued_in_engines(struct torc_ring *ring)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < ring->port_count; i++)
		count += ring->ports[i].ops->queued(ring->ports[i].engine);
	return count;
}

unsigned int torc_ring_queued(struct torc_ring *ring)
{
	unsigned int count;

	ring_lock(ring);
	count = ring_pending(ring);
	if (ring->enabled)
		count += queued_in_engines(ring);
	ring_unlock(ring);
	return count;
}

/* Nanoseconds until some engine has something by itself, or -1. */
int64_t ring_due_ns(struct torc_ring *ring)
{
	int64_t first = -1;

	for (unsigned int i = 0; i < ring->port_count; i++) {
		struct ring_port *port = &ring->ports[i];
		int64_t due = port->ops->due_ns ? port->ops->due_ns(port->engine) : -1;

		if (due >= 0 && (first < 0 || due < first))
			first = due;
	}
	return first;
}

/* The timer wakes the user's poll when an engine will have something by itself; -1: it does not. */
static void set_timer(struct torc_ring *ring, int64_t due)
{
	struct itimerspec when = { 0 };

	if (due < 0 && !ring->timer_set)
		return;
	if (due >= 0)
		when.it_value = (struct timespec){ .tv_sec = due / 1000000000,
						   .tv_nsec = due % 1000000000 };
	timerfd_settime(ring->timer_fd, 0, &when, NULL);
	ring->timer_set = due >= 0;
}

/* The block that the batch lies in keeps the engine's own descriptor readable. */
bool ring_shows_batch(const struct torc_ring *ring)
{
	return ring->ports[0].ops->stays_readable && !ring->fds_changed;
}

/*
 * Keep the descriptor honest: readable while packets are at hand that epoll cannot see. Costs a
 * system call when that changes, and nothing unless the user has the descriptor.
 */
void ring_ready(struct torc_ring *ring)
{
	bool is_file = ring->port_count > 0 && ring->ports[0].ops->is_file;
	uint64_t value = 1;
	int64_t due;
	bool want = ring_pending(ring) > 0 && !ring_shows_batch(ring);
	ssize_t unused;

	if (!ring->fd_given && !ring->ready_set)
		return;
	if (!want && ring->enabled) {
		due = ring_due_ns(ring);
		want = due == 0 || (is_file && (due < 0 || torc_ring_at_end(ring)));
		set_timer(ring, due > 0 ? due : -1);
	}
	if (want == ring->ready_set)
		return;
	unused = want ? write(ring->ready_fd, &value, sizeof(value)) :
			read(ring->ready_fd, &value, sizeof(value));
	(void)unused;
	ring->ready_set = want;
}

int torc_ring_fd(const struct torc_ring *constant)
{
	struct torc_ring *ring = (struct torc_ring *)(uintptr_t)constant;

	ring_lock(ring);
	if (!ring->fd_given) {
		ring->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
		if (ring->timer_fd >= 0)
			watch(ring, ring->timer_fd);
	}
	ring->fd_given = true;
	ring_cursor_limit(ring);
	ring_ready(ring);
	ring_unlock(ring);
	return ring->epoll_fd;
}

/* ---- waiting ---- */

struct wait {
	uint64_t deadline_ns; /* UINT64_MAX: none */
	uint64_t first_ns;    /* when the first of the waiting packets was seen */
	unsigned int queued;
	unsigned int enough;  /* that many queued are worth waking for */
	int64_t due_ns;
	bool slept;
	bool naps; /* sleep for nap_us, whatever comes */
};

/* When a wait of timeout_ms that begins now ends. */
uint64_t ring_deadline_ns(int timeout_ms)
{
	return timeout_ms < 0 ? UINT64_MAX :
				ring_monotonic_ns() + (uint64_t)timeout_ms * 1000000;
}

static int milliseconds_until(uint64_t when_ns, uint64_t now_ns)
{
	if (when_ns == UINT64_MAX)
		return -1;
	if (when_ns <= now_ns)
		return 0;
	when_ns = (when_ns - now_ns + 999999) / 1000000;
	return when_ns > 3600000 ? 3600000 : (int)when_ns;
}

/* Some packets wait, fewer than the watermark: give them a little time, but stay stoppable. */
static bool give_time(struct torc_ring *ring, struct wait *wait, uint64_t now)
{
	struct pollfd stop = { .fd = ring->stop_fd, .events = POLLIN };
	uint32_t timeout_ms = __atomic_load_n(&ring->watermark_timeout_ms, __ATOMIC_RELAXED);

	if (wait->first_ns == 0)
		wait->first_ns = now;
	if (now >= wait->deadline_ns || now - wait->first_ns >= (uint64_t)timeout_ms * 1000000)
		return false;
	poll(&stop, 1, PAUSE_MS);
	return true;
}

/* Who asked for each packet soon gets it with less patience, from this start of the engines on. */
void ring_wait_choose_patience(struct torc_ring *ring)
{
	bool soon = __atomic_load_n(&ring->poll_watermark, __ATOMIC_RELAXED) == 1;

	for (unsigned int i = 0; i < ring->port_count; i++)
		if (ring->ports[i].ops->set_patience)
			ring->ports[i].ops->set_patience(ring->ports[i].engine, soon);
}

/*
 * Waking up costs as much as reading a hundred packets. When traffic is dense and no watermark was
 * asked for, the reader sleeps a little longer and finds several blocks instead of one; the time
 * is bounded (NAP_US_MAX) and short against what the buffer holds, as the engine says.
 */
void ring_wait_choose_nap(struct torc_ring *ring)
{
	uint32_t nap_us = NAP_US_MAX;

	for (unsigned int i = 0; i < ring->port_count; i++) {
		struct ring_port *port = &ring->ports[i];
		struct torc_engine_info info;

		port->ops->info(port->engine, &info);
		if (info.nap_us < nap_us)
			nap_us = info.nap_us;
	}
	ring->nap_us = nap_us < NAP_US_MIN ? 0 : nap_us;
}

static bool wants_nap(struct torc_ring *ring, const struct wait *wait, uint64_t now)
{
	uint64_t received = ring_get(&ring->batch->received);
	bool dense = received - ring->received_at_wait >= ring->nap_us / DENSE_US;

	ring->received_at_wait = received;
	return dense && ring->nap_us && !wait->slept &&
	       !__atomic_load_n(&ring->poll_watermark, __ATOMIC_RELAXED) &&
	       wait->deadline_ns - now > (uint64_t)ring->nap_us * 1000;
}

/* Where packets have waited for each other in the kernel already, each block is worth waking for. */
static uint32_t enough(const struct torc_ring *ring)
{
	bool is_set = __atomic_load_n(&ring->poll_watermark, __ATOMIC_RELAXED) != 0;

	return is_set || ring->port_count == 0 || !ring->ports[0].ops->gathers ?
		       ring_watermark(ring) : 1;
}

/*
 * What is at hand, and what became of the interfaces; under the lock. 1: go on, 0: end of file, or
 * a negative code. When there is nothing to do but sleep, this also brings the account up to date.
 */
static int look(struct torc_ring *ring, struct wait *wait, uint64_t now)
{
	int result;

	if (!ring->enabled)
		return ring_fail(ring, -TORC_ENOTENABLED,
				 "the ring is not enabled: call torc_ring_enable()");
	if (torc_ring_at_end(ring))
		return 0;
	wait->queued = ring_pending(ring) + queued_in_engines(ring);
	wait->enough = ring_pending(ring) > 0 ? 1 : enough(ring);
	if (wait->queued > 0)
		return 1;
	result = ring_check(ring);
	if (result < 0)
		return result;
	wait->due_ns = ring_due_ns(ring);
	if (now < wait->deadline_ns && !(wait->slept && wait->due_ns == 0)) {
		ring_add(&ring->poll_calls, 1);
		ring_refresh(ring);
		wait->naps = wants_nap(ring, wait, now);
	}
	return 1;
}

/* Sleep until a descriptor is readable or something is due. */
static void sleep_until(struct torc_ring *ring, const struct wait *wait, uint64_t now)
{
	struct pollfd stop = { .fd = ring->stop_fd, .events = POLLIN };
	struct pollfd any = { .fd = ring->epoll_fd, .events = POLLIN };
	struct timespec pause = { .tv_nsec = (long)ring->nap_us * 1000 };
	uint64_t until = wait->deadline_ns;

	if (wait->naps) {
		ppoll(&stop, 1, &pause, NULL);
		return;
	}
	if (__atomic_load_n(&ring->stale, __ATOMIC_RELAXED) && until > now + STALE_NS)
		until = now + STALE_NS;
	if (wait->due_ns >= 0 && until > now + (uint64_t)wait->due_ns) {
		pause = (struct timespec){ .tv_sec = wait->due_ns / 1000000000,
					   .tv_nsec = wait->due_ns % 1000000000 };
		ppoll(&any, 1, &pause, NULL);
		return;
	}
	/*
	 * Readable, and nothing is at hand: after a fork() the other process has read this block and
	 * not given it back. Do not spin on it.
	 */
	if (poll(&any, 1, milliseconds_until(until, now)) > 0 && torc_ring_queued(ring) == 0)
		poll(&stop, 1, PAUSE_MS);
}

/*
 * Wait for packets: 1 some are at hand (or worth a try), 0 timeout, stop or end of file, or a
 * negative code.
 */
int ring_wait(struct torc_ring *ring, uint64_t deadline_ns)
{
	uint64_t now = ring_monotonic_ns();
	struct wait wait = { .deadline_ns = deadline_ns };

	for (;; now = ring_monotonic_ns()) {
		int state;

		if (torc_ring_stopped(ring))
			return 0;
		ring_lock(ring);
		state = look(ring, &wait, now);
		ring_unlock(ring);
		if (state <= 0)
			return state;
		if (wait.queued > 0) {
			if (wait.queued >= wait.enough || !give_time(ring, &wait, now))
				return 1;
			continue;
		}
		if (wait.slept && wait.due_ns == 0)
			return 1;
		if (now >= deadline_ns)
			return 0;
		sleep_until(ring, &wait, now);
		wait.slept = true;
	}
}
