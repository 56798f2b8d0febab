/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * aside_capture.c - the process that captures for a decoder: packets from the ring into slots
 *
 * Of a packet it looks at nothing but what the ring tells beside its bytes. It waits where a command
 * without a decoder would: for packets in the ring, and for room when the decoder is behind, while
 * the ring goes on holding what comes.
 */
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "aside.h"
#include "capture.h"
#include "notify.h"

struct keeper {
	struct aside *aside;
	struct capture *capture;
	struct torc_ring *ring;
	struct torc_packet packets[ASIDE_PACKETS]; /* borrowed from the ring */
	unsigned int at, count;
	uint32_t texts; /* published */
	uint64_t next_account_ns;
	int32_t names[64]; /* interfaces whose names were handed over */
	int status;        /* of the decoder, once it has ended: waitpid(2) */
	bool gone;         /* it has */
	bool ended;        /* the rings are disabled */
};

static void wake(struct keeper *keeper)
{
	/* see fall_asleep() in aside.c */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (__atomic_load_n(&keeper->aside->asked->asleep, __ATOMIC_SEQ_CST))
		aside_ring(keeper->aside->wake_fd);
}

static void tell(struct keeper *keeper, uint32_t *word, uint32_t value)
{
	/* sequentially consistent: before the look at whether the decoder sleeps, and after the data */
	__atomic_store_n(word, value, __ATOMIC_SEQ_CST);
	wake(keeper);
}

static void tell_account(struct keeper *keeper)
{
	struct aside_told *told = keeper->aside->told;
	uint32_t next = told->accounts + 1;

	capture_stats(keeper->capture, &told->account[next % 2]);
	told->cpu_ns = cli_cpu_ns();
	tell(keeper, &told->accounts, next);
}

static void tell_info(struct keeper *keeper)
{
	struct aside_told *told = keeper->aside->told;
	struct torc_ring_info info = { .size = sizeof(info) };
	const char *texts[6];

	torc_ring_info(keeper->ring, &info);
	memcpy(texts, (const char *[]){ info.device, info.interface_name, info.engine, info.engine_detail,
					info.application_name, info.filter }, sizeof(texts));
	for (unsigned int i = 0; i < 6; i++)
		snprintf(told->text[i], ASIDE_TEXT, "%s", texts[i] ? texts[i] : "");
	info.device = info.interface_name = info.engine = info.engine_detail = NULL;
	info.application_name = info.filter = NULL; /* they would be addresses of ours */
	told->info = info;
}

/* Slots that the decoder has not given back; whatever it says, no more than there are. */
static unsigned int outstanding(const struct keeper *keeper)
{
	uint32_t used = __atomic_load_n(&keeper->aside->asked->used, __ATOMIC_ACQUIRE);
	uint32_t count = keeper->aside->told->handed - used;

	return count < ASIDE_SLOTS ? count : ASIDE_SLOTS;
}

/* ---- signals and requests ---- */

static void end_capture(struct keeper *keeper)
{
	if (keeper->ended)
		return;
	keeper->ended = true;
	capture_end(keeper->capture);
	tell_account(keeper);
	tell(keeper, &keeper->aside->told->state, ASIDE_ENDED);
}

/* Whatever it is: who prints it escapes it. */
static void publish(struct keeper *keeper)
{
	const struct aside_asked *asked = keeper->aside->asked;
	uint32_t texts = __atomic_load_n(&asked->texts, __ATOMIC_ACQUIRE);
	char text[sizeof(asked->text)];

	if (texts == keeper->texts)
		return;
	keeper->texts = texts;
	memcpy(text, asked->text, sizeof(text));
	text[sizeof(text) - 1] = '\0';
	torc_ring_set_application_stats(keeper->ring, text);
}

static void answer_requests(struct keeper *keeper)
{
	struct aside *aside = keeper->aside;
	char bytes[64];
	uint32_t requests;
	ssize_t got;

	/* all of it: the end may come with the last request, and one signal for both */
	while ((got = read(aside->request_fd, bytes, sizeof(bytes))) > 0)
		;
	keeper->gone = keeper->gone || got == 0;
	requests = __atomic_load_n(&aside->asked->requests, __ATOMIC_ACQUIRE);
	if (requests == aside->told->answered)
		return;
	if (__atomic_load_n(&aside->asked->end, __ATOMIC_RELAXED))
		end_capture(keeper);
	else if (!keeper->ended)
		tell_account(keeper);
	publish(keeper);
	tell(keeper, &aside->told->answered, requests);
}

/* The decoder may be writing to who does not read: it gets a signal, and its write ends. */
static void interrupt(struct keeper *keeper)
{
	if (keeper->aside->alive_fd >= 0)
		aside_ring(keeper->aside->alive_fd);
}

static void take_signals(struct keeper *keeper)
{
	struct aside_told *told = keeper->aside->told;
	unsigned int signals = 0;

	if (!cli_signals_pending())
		return;
	/* until none is pending: one that comes between the two is taken, or stops the ring again */
	do {
		signals |= cli_signals_take();
		if (keeper->ring)
			torc_ring_resume(keeper->ring);
	} while (cli_signals_pending());
	if (signals & CLI_SIGNAL_REPORT)
		tell(keeper, &told->reports, told->reports + 1);
	if (signals & CLI_SIGNAL_ROTATE)
		tell(keeper, &told->rotations, told->rotations + 1);
	if (signals & CLI_SIGNAL_STOP) {
		keeper->capture->stopped = true;
		tell(keeper, &told->stop, 1);
		interrupt(keeper);
	}
	if (signals & CLI_SIGNAL_OTHER)
		answer_requests(keeper);
}

/* A signal that came before it is pending and ends it. */
static void wait_for(struct keeper *keeper, int fd, const struct timespec *limit)
{
	struct pollfd fds[2] = { { .fd = keeper->aside->request_fd, .events = POLLIN },
				 { .fd = fd, .events = POLLIN } };
	sigset_t all, before;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	if (!cli_signals_pending())
		ppoll(fds, fd < 0 ? 1 : 2, limit, &before);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (fds[0].revents)
		answer_requests(keeper);
}

/* ---- packets ---- */

static void wait_for_room(struct keeper *keeper)
{
	struct aside *aside = keeper->aside;
	uint64_t count;
	ssize_t unused;

	__atomic_store_n(&aside->told->waits, 1, __ATOMIC_SEQ_CST);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (outstanding(keeper) == ASIDE_SLOTS)
		wait_for(keeper, aside->room_fd, NULL);
	__atomic_store_n(&aside->told->waits, 0, __ATOMIC_SEQ_CST);
	unused = read(aside->room_fd, &count, sizeof(count));
	(void)unused;
}

/* A name that is new begins a slot, which has room for one. */
static bool bring_name(struct keeper *keeper, struct aside_slot *slot, int32_t ifindex)
{
	int32_t *known = &keeper->names[(unsigned int)ifindex % 64];

	if (ifindex <= 0 || *known == ifindex)
		return true;
	if (slot->count > 0)
		return false;
	*known = slot->ifindex = ifindex;
	if (!if_indextoname((unsigned int)ifindex, slot->name))
		slot->name[0] = '\0';
	return true;
}

static void hand_over(struct keeper *keeper)
{
	struct aside_told *told = keeper->aside->told;
	struct aside_slot *slot = &told->slots[told->handed % ASIDE_SLOTS];
	uint32_t used = 0;

	slot->count = 0;
	slot->ifindex = 0;
	while (keeper->at < keeper->count) {
		const struct torc_packet *packet = &keeper->packets[keeper->at];
		uint32_t length = packet->caplen < ASIDE_BYTES ? packet->caplen : ASIDE_BYTES;

		if (length > ASIDE_BYTES - used || !bring_name(keeper, slot, packet->ifindex))
			break;
		memcpy(slot->bytes + used, packet->data, length);
		slot->packets[slot->count] = *packet;
		slot->packets[slot->count].caplen = length;
		slot->packets[slot->count].data = (const uint8_t *)(uintptr_t)used;
		slot->packets[slot->count].parsed = NULL;
		slot->count++;
		keeper->at++;
		used += (length + 15) & ~15u; /* not more than ASIDE_BYTES, which is a multiple */
	}
	tell(keeper, &told->handed, told->handed + 1);
}

static void account_each_second(struct keeper *keeper)
{
	uint64_t now_ns = cli_now_ns();

	if (now_ns < keeper->next_account_ns)
		return;
	keeper->next_account_ns = now_ns + 1000000000u;
	tell_account(keeper);
}

static void receive(struct keeper *keeper)
{
	struct capture *capture = keeper->capture;

	for (;;) {
		int count;

		take_signals(keeper);
		capture_notify(capture);
		if (capture->stopped || capture->status != CLI_GOOD || keeper->gone || keeper->ended)
			return;
		if (keeper->at < keeper->count) {
			if (outstanding(keeper) == ASIDE_SLOTS)
				wait_for_room(keeper);
			else
				hand_over(keeper);
			continue;
		}
		count = torc_ring_next_batch(keeper->ring, keeper->packets, ASIDE_PACKETS);
		if (count < 0)
			capture_report(capture, keeper->ring, count);
		keeper->at = 0;
		keeper->count = count > 0 ? (unsigned int)count : 0;
		account_each_second(keeper);
	}
}

/* ---- the end ---- */

/*
 * The decoder prints what it has, asks for the account, and ends. Once it was told to stop, a write
 * that waits for its reader is ended again and again: the first signal may have come just before one.
 */
static void wait_for_end(struct keeper *keeper)
{
	static const struct timespec second = { .tv_sec = 1 };
	uint64_t interrupt_ns = cli_now_ns() + 1000000000u;

	while (!keeper->gone) {
		take_signals(keeper);
		if (!keeper->gone)
			wait_for(keeper, -1, keeper->capture->stopped ? &second : NULL);
		if (!keeper->capture->stopped || cli_now_ns() < interrupt_ns)
			continue;
		interrupt(keeper);
		interrupt_ns = cli_now_ns() + 1000000000u;
	}
	while (waitpid(keeper->aside->other, &keeper->status, 0) < 0 && errno == EINTR)
		;
}

/* It cannot tell the account any more. */
static void tell_death(struct keeper *keeper)
{
	const struct capture *capture = keeper->capture;
	struct torc_stats stats = { .size = sizeof(stats) };
	uint64_t taken = __atomic_load_n(&keeper->aside->asked->packets, __ATOMIC_RELAXED);

	cli_complain("torc: the process that decoded (pid %d) was killed by signal %d (%s): the capture "
		     "ends", (int)keeper->aside->other, WTERMSIG(keeper->status),
		     strsignal(WTERMSIG(keeper->status)));
	if (capture->settings->quiet)
		return;
	capture_stats(capture, &stats);
	taken = taken < stats.received ? taken : stats.received;
	aside_correct(&stats, taken, true);
	capture_print_account(&stats, taken);
}

int aside_capture(struct aside *aside, struct capture *capture)
{
	static struct keeper keeper; /* one capture a process */

	keeper = (struct keeper){ .aside = aside, .capture = capture,
				  .ring = capture->ring_count > 0 ? capture->rings[0] : NULL };
	if (capture->status == CLI_GOOD && capture_start(capture, false) == CLI_GOOD &&
	    capture_confine(capture, &(struct privileges){ .user = capture->settings->user }) == CLI_GOOD) {
		tell_info(&keeper);
		tell_account(&keeper);
		keeper.next_account_ns = cli_now_ns() + 1000000000u;
		tell(&keeper, &aside->told->state, ASIDE_RUNNING);
		notify_ready();
		receive(&keeper);
		end_capture(&keeper);
	} else {
		close(aside->alive_fd); /* nothing will come */
		aside->alive_fd = -1;
	}
	wait_for_end(&keeper);
	if (WIFSIGNALED(keeper.status)) {
		tell_death(&keeper);
		return CLI_FAILED;
	}
	return capture->status != CLI_GOOD ? capture->status : WEXITSTATUS(keeper.status);
}
