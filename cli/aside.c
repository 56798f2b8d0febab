/* SPDX-License-Identifier: BSD-3-Clause */
/* aside.c - the memory between the capture process and the decoder, and the decoder's side of it */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "aside.h"
#include "notify.h"

#define RING_TRIES 3

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010 /* Linux 5.1 */
#endif

static uint32_t get(const uint32_t *word)
{
	/* acquire: what was written before the number is seen after it */
	return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

void aside_ring(int fd)
{
	uint64_t one = 1;

	/* EAGAIN: it rings already. Whatever else it is, who is not woken would sleep for ever. */
	for (unsigned int tries = 0; tries < RING_TRIES; tries++)
		if (write(fd, &one, sizeof(one)) >= 0 || errno == EAGAIN || errno == EPIPE)
			return;
}

/* ---- memory and fork ---- */

/*
 * The mapping to write is not inherited; the one to read was made behind the seal, and so can never
 * be written. The descriptor goes.
 */
static int make_memory(struct aside *aside)
{
	size_t bytes = sizeof(struct aside_told);
	int fd = memfd_create("torc-packets", MFD_CLOEXEC | MFD_ALLOW_SEALING), code = 0;
	void *writable, *readable = MAP_FAILED, *asked;

	if (fd < 0) /* EPERM: a container's list, on which the call is not */
		return errno == ENOSYS || errno == EPERM ? -EOPNOTSUPP : -errno;
	if (ftruncate(fd, (off_t)bytes) < 0)
		code = -errno;
	writable = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (writable == MAP_FAILED)
		code = -errno;
	else if (madvise(writable, bytes, MADV_DONTFORK) < 0 ||
		 fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) < 0)
		code = errno == EINVAL ? -EOPNOTSUPP : -errno;
	if (code == 0)
		readable = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (code == 0 && readable == MAP_FAILED)
		return -errno;
	if (code < 0)
		return code;
	asked = mmap(NULL, sizeof(*aside->asked), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		     -1, 0);
	if (asked == MAP_FAILED)
		return -errno;
	aside->told = writable;
	aside->read = readable;
	aside->asked = asked;
	return 0;
}

/* Whatever we were started with: a packet socket among it is not ours to hold. */
static void close_others(const struct aside *aside)
{
	const int kept[] = { aside->wake_fd, aside->room_fd, aside->alive_fd, aside->request_fd };
	unsigned int from = STDERR_FILENO + 1;

	for (;;) {
		unsigned int next = UINT32_MAX;

		for (unsigned int i = 0; i < sizeof(kept) / sizeof(*kept); i++)
			if ((unsigned int)kept[i] >= from && (unsigned int)kept[i] < next)
				next = (unsigned int)kept[i];
		if (next > from) /* Linux 5.9 */
			syscall(SYS_close_range, from, next == UINT32_MAX ? next : next - 1, 0);
		if (next == UINT32_MAX)
			return;
		from = next + 1;
	}
}

static void told_to_end(int number)
{
	(void)number;
	cli_signals_end(); /* and a write to who does not read is not waited for */
}

/*
 * The other process has the signals and passes on what they mean, so that it is the same whether a
 * terminal tells both of us or somebody tells one. What comes in the pipe is a stop.
 */
static void become_decoder(struct aside *aside, const int alive[2], const int request[2])
{
	static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGALRM };
	struct sigaction action = { .sa_handler = told_to_end };

	for (unsigned int i = 0; i < sizeof(ignored) / sizeof(*ignored); i++)
		signal(ignored[i], SIG_IGN);
	sigaction(SIGIO, &action, NULL);
	aside->decodes = true;
	notify_close();
	aside->told = NULL;
	aside->other = getppid();
	aside->alive_fd = alive[0];
	aside->request_fd = request[1];
	close(alive[1]);
	close(request[0]);
	close_others(aside);
	fcntl(aside->alive_fd, F_SETOWN, getpid());
	fcntl(aside->alive_fd, F_SETFL, O_NONBLOCK | O_ASYNC);
}

static void become_capture(struct aside *aside, const int alive[2], const int request[2])
{
	munmap((void *)(uintptr_t)aside->read, sizeof(*aside->read));
	aside->read = aside->told;
	aside->alive_fd = alive[1];
	aside->request_fd = request[0];
	close(alive[0]);
	close(request[1]);
	fcntl(aside->request_fd, F_SETOWN, getpid());
	fcntl(aside->request_fd, F_SETFL, O_NONBLOCK | O_ASYNC);
}

/* No signal comes between the fork and what each does about signals. */
static int fork_apart(struct aside *aside)
{
	int alive[2], request[2], code;
	sigset_t all, before;

	if (pipe2(alive, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	if (pipe2(request, O_CLOEXEC | O_NONBLOCK) < 0) {
		code = -errno;
		close(alive[0]);
		close(alive[1]);
		return code;
	}
	fflush(NULL);
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	cli_signals_catch(NULL, NULL);
	cli_signals_catch_other();
	aside->other = fork();
	code = aside->other < 0 ? -errno : 0;
	if (aside->other == 0)
		become_decoder(aside, alive, request);
	else
		become_capture(aside, alive, request);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return code < 0 ? code : !aside->decodes;
}

int aside_fork(struct aside **out)
{
	struct aside *aside = calloc(1, sizeof(*aside));
	int code = aside ? make_memory(aside) : -ENOMEM;

	*out = NULL;
	if (code < 0) {
		free(aside);
		return code;
	}
	aside->alive_fd = aside->request_fd = -1;
	pthread_mutex_init(&aside->names_lock, NULL);
	aside->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	aside->room_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	code = aside->wake_fd < 0 || aside->room_fd < 0 ? -errno : fork_apart(aside);
	if (code < 0)
		aside_close(aside);
	else
		*out = aside;
	return code;
}

/* The decoder's pipes stay until it has ended: its last words may be interrupted, too. */
void aside_close(struct aside *aside)
{
	int fds[4];

	if (!aside)
		return;
	memcpy(fds, (int[]){ aside->wake_fd, aside->room_fd, aside->alive_fd, aside->request_fd },
	       sizeof(fds));
	for (unsigned int i = 0; i < (aside->decodes ? 2 : 4); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	munmap((void *)(uintptr_t)aside->read, sizeof(*aside->read));
	munmap(aside->asked, sizeof(*aside->asked));
	free(aside);
}

/* ---- waiting ---- */

/* The capture process has ended without a word: its end of the pipe is closed. */
static void lose(struct aside *aside)
{
	aside->dead = true;
	if (get(&aside->read->state) == ASIDE_RUNNING) /* else it said why itself, or has said all */
		cli_complain("torc: the process that captured (pid %d) is gone: what it had handed over is "
			     "used, and the account is what it told last", (int)aside->other);
}

static void sleep_once(struct aside *aside, int timeout_ms)
{
	struct pollfd fds[2] = { { .fd = aside->wake_fd, .events = POLLIN },
				 { .fd = aside->alive_fd, .events = POLLIN } };
	uint64_t count;
	char bytes[64];

	if (poll(fds, 2, timeout_ms) <= 0)
		return;
	if (fds[0].revents && read(aside->wake_fd, &count, sizeof(count)) < 0)
		return;
	if (fds[1].revents && read(aside->alive_fd, bytes, sizeof(bytes)) == 0)
		lose(aside);
}

/*
 * Sequentially consistent, as the other side is: it tells and then looks whether we sleep, we say so
 * and then look at what was told, so one of the two sees the other.
 */
static void fall_asleep(struct aside *aside, bool asleep)
{
	__atomic_store_n(&aside->asked->asleep, asleep, __ATOMIC_SEQ_CST);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static bool has_news(const struct aside *aside)
{
	const struct aside_told *told = aside->read;

	return aside_queued(aside) > 0 || get(&told->state) == ASIDE_ENDED ||
	       (get(&told->stop) && !aside->stopped) || get(&told->reports) != aside->reports ||
	       get(&told->rotations) != aside->rotations;
}

int aside_await(struct aside *aside)
{
	fall_asleep(aside, true);
	while (get(&aside->read->state) == ASIDE_OPENING && !aside->dead)
		sleep_once(aside, -1);
	fall_asleep(aside, false);
	return get(&aside->read->state) == ASIDE_OPENING ? CLI_FAILED : CLI_GOOD;
}

/* ---- packets ---- */

unsigned int aside_queued(const struct aside *aside)
{
	return get(&aside->read->handed) - aside->asked->used;
}

static const struct aside_slot *slot_at_hand(struct aside *aside)
{
	return &aside->read->slots[aside->asked->used % ASIDE_SLOTS];
}

/* Half of the slots at once, so that two processes do not wake each other for each of them. */
static void give_back(struct aside *aside)
{
	aside->place = 0;
	__atomic_store_n(&aside->asked->used, aside->asked->used + 1, __ATOMIC_SEQ_CST);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (get(&aside->read->waits) && aside_queued(aside) <= ASIDE_SLOTS / 2)
		aside_ring(aside->room_fd);
}

static void learn_name(struct aside *aside, const struct aside_slot *slot)
{
	unsigned int place = (unsigned int)slot->ifindex % 64;

	if (slot->ifindex <= 0)
		return;
	pthread_mutex_lock(&aside->names_lock);
	aside->names[place].ifindex = slot->ifindex;
	memcpy(aside->names[place].name, slot->name, ASIDE_NAME);
	pthread_mutex_unlock(&aside->names_lock);
}

static unsigned int take(struct aside *aside, struct torc_packet *packets, unsigned int max)
{
	const struct aside_slot *slot = slot_at_hand(aside);
	unsigned int count = slot->count - aside->place;

	if (aside->place == 0)
		learn_name(aside, slot);
	count = count < max ? count : max;
	for (unsigned int i = 0; i < count; i++) {
		packets[i] = slot->packets[aside->place + i];
		packets[i].data = slot->bytes + (uintptr_t)packets[i].data;
		aside->bytes += packets[i].len;
		aside->truncated += packets[i].caplen < packets[i].len;
	}
	aside->place += count;
	aside->packets += count;
	__atomic_store_n(&aside->asked->packets, aside->packets, __ATOMIC_RELAXED);
	return count;
}

unsigned int aside_next(struct aside *aside, struct torc_packet *packets, unsigned int max,
			int timeout_ms)
{
	if (aside->place > 0 && aside->place == slot_at_hand(aside)->count)
		give_back(aside);
	if (aside_queued(aside) == 0 && !aside->dead) {
		cli_flush_stdout(); /* what was printed must not wait for the next packet */
		fall_asleep(aside, true);
		if (!has_news(aside) && !cli_stdout_gone())
			sleep_once(aside, timeout_ms);
		fall_asleep(aside, false);
	}
	return aside_queued(aside) > 0 ? take(aside, packets, max) : 0;
}

bool aside_interface_name(struct aside *aside, int32_t ifindex, char name[ASIDE_NAME])
{
	unsigned int place = (unsigned int)ifindex % 64;
	bool known;

	pthread_mutex_lock(&aside->names_lock);
	known = ifindex > 0 && aside->names[place].ifindex == ifindex && aside->names[place].name[0];
	if (known)
		memcpy(name, aside->names[place].name, ASIDE_NAME);
	pthread_mutex_unlock(&aside->names_lock);
	return known;
}

/* ---- what becomes of the capture ---- */

unsigned int aside_signals(struct aside *aside)
{
	const struct aside_told *told = aside->read;
	uint32_t reports = get(&told->reports), rotations = get(&told->rotations);
	unsigned int signals = (reports != aside->reports ? CLI_SIGNAL_REPORT : 0) |
			       (rotations != aside->rotations ? CLI_SIGNAL_ROTATE : 0);

	aside->reports = reports;
	aside->rotations = rotations;
	if (get(&told->stop) && !aside->stopped) {
		aside->stopped = true;
		signals |= CLI_SIGNAL_STOP;
	}
	return signals;
}

bool aside_over(struct aside *aside)
{
	if (!aside->dead && get(&aside->read->state) != ASIDE_ENDED)
		return false;
	return aside_queued(aside) == 0 ||
	       (aside_queued(aside) == 1 && aside->place == slot_at_hand(aside)->count);
}

static void ask(struct aside *aside)
{
	uint32_t request = aside->asked->requests + 1;

	if (aside->dead || get(&aside->read->state) == ASIDE_ENDED)
		return;
	fall_asleep(aside, true);
	__atomic_store_n(&aside->asked->requests, request, __ATOMIC_RELEASE);
	aside_ring(aside->request_fd);
	while (get(&aside->read->answered) != request && !aside->dead)
		sleep_once(aside, -1);
	fall_asleep(aside, false);
}

void aside_end(struct aside *aside)
{
	aside->asked->end = 1;
	ask(aside);
}

void aside_correct(struct torc_stats *stats, uint64_t taken, bool ended)
{
	uint64_t left = stats->received > taken ? stats->received - taken : 0;

	stats->received -= left;
	if (ended)
		stats->discarded += left;
	else if (stats->waiting != TORC_UNKNOWN)
		stats->waiting += left;
}

void aside_stats(struct aside *aside, struct torc_stats *stats)
{
	const struct aside_told *told = aside->read;
	uint32_t number;
	bool ended;

	ask(aside);
	do {
		number = get(&told->accounts);
		*stats = told->account[number % 2];
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while (get(&told->accounts) != number);
	ended = get(&told->state) == ASIDE_ENDED;
	if (aside->dead && !ended) { /* as told last, but for what we know better */
		stats->received = aside->packets;
		stats->balanced = false;
	}
	aside_correct(stats, aside->packets, ended);
	stats->received_bytes = aside->bytes;
	stats->truncated = aside->truncated;
}

void aside_publish(struct aside *aside, const char *text)
{
	snprintf(aside->asked->text, sizeof(aside->asked->text), "%s", text);
	aside->asked->texts++;
	ask(aside);
}

void aside_info(const struct aside *aside, struct torc_ring_info *info)
{
	const struct aside_told *told = aside->read;

	*info = told->info;
	info->device = told->text[0];
	info->interface_name = told->text[1];
	info->engine = told->text[2];
	info->engine_detail = told->text[3];
	info->application_name = told->text[4];
	info->filter = told->text[5];
}
