/* SPDX-License-Identifier: BSD-3-Clause */
/* afxdp_leader.c - see afxdp_leader.h */
#include "engine/afxdp_leader.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "cluster/cluster.h"
#include "peer/peer.h"
#include "util/clock.h"
#include "util/memory.h"

#define PREFETCH   16u
#define RUNS       4u  /* of packets of a queue, in a round */
#define DENSE      128u    /* packets since it looked elsewhere last: then it naps */
#define NAP_NS     1000000 /* at most */
#define NAP_LEAST  100000
#define SHORT_MS   1       /* the kernel has few frames left: look at the returns that often */
#define ARRIVAL_NS 100000000u /* the members before come to a new leader within that time */

/* Of an event: a slot, or one of these. */
enum { POKED = TABLE_SLOTS, MAIL, PACKETS };

struct line {
	int fd; /* -1: nobody */
	uint32_t ticket;
	const struct afxdp_returns *returns;
};

struct afxdp_leader {
	struct afxdp_leader *next;
	struct afxdp_table table;
	struct afxdp_sockets *sockets;
	struct torc_cluster_member *member;
	struct line lines[TABLE_SLOTS];
	size_t returns_bytes;
	int lock, mailbox, poke, epoll, self; /* self: a pidfd */
	pthread_t thread;
	pthread_mutex_t mutex; /* of all that the thread uses */
	bool stop, looked;
	bool forgotten;       /* we are a fork of the process that leads */
	uint32_t changes;     /* torc_cluster_deal's, as far as they were looked at */
	uint32_t only;        /* the slot that every bucket belongs to; else TABLE_NOBODY */
	uint64_t complete_ns; /* not before that, or all are there, is anything handed out */
};

static struct afxdp_leader *leaders;
static pthread_mutex_t leaders_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t forks = PTHREAD_ONCE_INIT;

/* ---- members ---- */

static void unseat(const struct afxdp_leader *leader, struct line *line)
{
	if (line->fd < 0)
		return;
	munmap((void *)(uintptr_t)line->returns, leader->returns_bytes);
	close(line->fd);
	*line = (struct line){ .fd = -1 };
}

static void drop(struct afxdp_leader *leader, uint32_t slot)
{
	if (leader->lines[slot].fd >= 0)
		afxdp_table_leave(&leader->table, slot);
	unseat(leader, &leader->lines[slot]);
}

static void tell(const struct afxdp_leader *leader, uint32_t slot, uint32_t kind, const int *fds,
		 unsigned int fd_count)
{
	const struct afxdp_message message = { .kind = kind, .slot = slot };

	torc_peer_send(leader->lines[slot].fd, &message, sizeof(message), fds, fd_count);
}

/* Is it this slot's member that has come? */
static bool is_of_slot(const struct afxdp_leader *leader, uint32_t slot, int line)
{
	struct stat st;

	return slot < TABLE_SLOTS && fstat(line, &st) == 0 &&
	       torc_cluster_present(leader->member, slot) &&
	       torc_cluster_socket(leader->member, slot) == st.st_ino;
}

/* A line that was seated before under this number is known still: its member has it open. */
static int watch(const struct afxdp_leader *leader, int fd, uint32_t what)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u32 = what };
	int result = epoll_ctl(leader->epoll, EPOLL_CTL_ADD, fd, &event);

	if (result < 0 && errno == EEXIST)
		result = epoll_ctl(leader->epoll, EPOLL_CTL_MOD, fd, &event);
	return result < 0 ? -errno : 0;
}

static int seat(struct afxdp_leader *leader, const struct afxdp_message *hello, const int *fds)
{
	size_t bytes = leader->returns_bytes;
	int fd = fcntl(fds[0], F_DUPFD_CLOEXEC, 3), result;
	struct line *line;
	void *returns;
	bool is_new;

	if (fd < 0)
		return -errno;
	result = torc_memory_map(&returns, fds[1], &bytes);
	if (result < 0) {
		close(fd);
		return result;
	}
	result = bytes == leader->returns_bytes ? watch(leader, fd, hello->slot) : -EPROTO;
	if (result < 0) { /* it says so again when nobody answers */
		munmap(returns, bytes);
		close(fd);
		return result;
	}
	line = &leader->lines[hello->slot];
	is_new = (hello->value & 1) && (line->fd < 0 || line->ticket != hello->value);
	unseat(leader, line); /* when it says so again */
	*line = (struct line){ .fd = fd, .ticket = hello->value, .returns = returns };
	afxdp_table_enter(&leader->table, hello->slot, is_new, returns);
	return 0;
}

static void read_mail(struct afxdp_leader *leader)
{
	int fds[TORC_PEER_FDS], welcome[2] = { leader->table.memory, leader->self };
	struct afxdp_message hello;
	unsigned int count;
	int result;

	while ((result = torc_peer_receive(leader->mailbox, &hello, sizeof(hello), fds, &count)) > 0 ||
	       result == -EPROTO) {
		if (result == sizeof(hello) && hello.kind == AFXDP_HELLO && count == 2 &&
		    is_of_slot(leader, hello.slot, fds[0]) && seat(leader, &hello, fds) == 0)
			tell(leader, hello.slot, AFXDP_WELCOME, welcome, 2);
		while (count > 0)
			close(fds[--count]);
	}
}

/* Who has left holds nothing, the others may hold more or less. */
static void look_who_is_there(struct afxdp_leader *leader, const struct torc_cluster_deal *shares)
{
	uint32_t changes = __atomic_load_n(&shares->changes, __ATOMIC_ACQUIRE);
	bool present[TABLE_SLOTS];

	if (leader->looked && changes == leader->changes)
		return;
	for (uint32_t slot = 0; slot < TABLE_SLOTS; slot++) {
		present[slot] = torc_cluster_present(leader->member, slot);
		if (!present[slot])
			drop(leader, slot);
	}
	leader->only = __atomic_load_n(&shares->owner[0], __ATOMIC_RELAXED);
	for (uint32_t i = 1; i < CLUSTER_BUCKETS; i++) {
		if (__atomic_load_n(&shares->owner[i], __ATOMIC_RELAXED) != leader->only)
			leader->only = TABLE_NOBODY;
	}
	leader->looked = true;
	leader->changes = changes;
	afxdp_table_share(&leader->table, present);
}

/* All who have a share, after the leader before has ended. */
static bool is_complete(struct afxdp_leader *leader, const struct torc_cluster_deal *shares)
{
	if (leader->complete_ns == 0)
		return true;
	for (uint32_t i = 0; i < CLUSTER_BUCKETS && torc_now_ns() < leader->complete_ns; i++) {
		uint32_t slot = __atomic_load_n(&shares->owner[i], __ATOMIC_RELAXED);

		if (slot < TABLE_SLOTS && leader->lines[slot].fd < 0 &&
		    torc_cluster_present(leader->member, slot))
			return false;
	}
	leader->complete_ns = 0;
	return true;
}

/* ---- handing out ---- */

static uint16_t owner_of(struct afxdp_leader *leader, const struct torc_cluster_deal *shares,
			 enum torc_cluster_type type, const uint8_t *data, uint32_t length)
{
	struct torc_packet packet = { .data = data, .caplen = length, .len = length,
				      .link_type = TORC_LINK_ETHERNET };
	uint32_t turns, bucket;

	if (type == TORC_CLUSTER_ROUND_ROBIN) {
		turns = __atomic_load_n(&shares->turns, __ATOMIC_RELAXED);
		bucket = afxdp_table_turn(&leader->table) % (turns ? turns : 1);
	} else {
		bucket = torc_cluster_share_of(type, &packet, CLUSTER_BUCKETS);
	}
	return __atomic_load_n(&shares->owner[bucket % CLUSTER_BUCKETS], __ATOMIC_RELAXED);
}

/* A packet begins in the middle of a cache line, and its ports are in the next. */
static void prefetch_headers(const uint8_t *data)
{
	__builtin_prefetch(data);
	__builtin_prefetch(data + AFXDP_HEADROOM);
}

static void choose_owners(struct afxdp_leader *leader, const struct torc_cluster_deal *shares,
			  const struct afxdp_queue *queue, const struct afxdp_packet *packets,
			  uint32_t count, uint16_t *owners)
{
	enum torc_cluster_type type = torc_cluster_type(leader->member);
	const uint8_t *data[AFXDP_BLOCK_PACKETS];

	for (uint32_t i = 0; i < count; i++) {
		uint32_t frame = packets[i].frame & (queue->frame_count - 1);

		data[i] = queue->frames + (size_t)frame * queue->frame_bytes + packets[i].offset;
		owners[i] = (uint16_t)leader->only;
	}
	if (leader->only < TABLE_SLOTS)
		return;
	for (uint32_t i = 0; i < count && i < PREFETCH; i++)
		prefetch_headers(data[i]);
	for (uint32_t i = 0; i < count; i++) {
		if (i + PREFETCH < count)
			prefetch_headers(data[i + PREFETCH]);
		owners[i] = owner_of(leader, shares, type, data[i], packets[i].length);
	}
}

/* One run of packets of a queue; shares NULL: to nobody. */
static uint32_t hand_out(struct afxdp_leader *leader, const struct torc_cluster_deal *shares,
			 uint32_t index)
{
	struct afxdp_packet packets[AFXDP_BLOCK_PACKETS];
	uint16_t owners[AFXDP_BLOCK_PACKETS];
	uint32_t count = afxdp_table_look(&leader->table, index, packets);

	for (uint32_t i = 0; i < count && !shares; i++)
		owners[i] = TABLE_NOBODY;
	if (shares && count > 0)
		choose_owners(leader, shares, &leader->sockets->queues[index], packets, count, owners);
	if (count > 0)
		afxdp_table_hand_out(&leader->table, index, packets, owners, count);
	return count;
}

/* What is at hand, up to some runs of each queue. Returns how many packets. */
static uint32_t hand_out_some(struct afxdp_leader *leader)
{
	const struct torc_cluster_deal *shares = torc_cluster_deal(leader->member);
	uint32_t sum = 0;

	look_who_is_there(leader, shares);
	if (!is_complete(leader, shares))
		return 0;
	for (uint32_t i = 0; i < leader->sockets->count; i++) {
		uint32_t count = AFXDP_BLOCK_PACKETS;

		for (uint32_t run = 0; run < RUNS && count == AFXDP_BLOCK_PACKETS; run++)
			sum += count = hand_out(leader, shares, i);
	}
	for (uint32_t slot = 0; slot < leader->table.top && sum > 0; slot++) {
		if (afxdp_table_sleeper(&leader->table, slot))
			tell(leader, slot, AFXDP_WAKE, NULL, 0);
	}
	afxdp_table_refill(&leader->table, sum == 0);
	return sum;
}

/* Everything that has come, before the answer; what came while nobody received is nobody's. */
static void settle(struct afxdp_leader *leader, uint32_t slot, bool discard)
{
	const struct torc_cluster_deal *shares = torc_cluster_deal(leader->member);

	discard = discard && __atomic_load_n(&shares->serving, __ATOMIC_RELAXED) == 0;
	for (uint32_t i = 0; discard && i < leader->sockets->count; i++) {
		while (hand_out(leader, NULL, i) > 0)
			;
	}
	leader->complete_ns = 0;
	for (uint32_t some = 1, sum = 0; some > 0 && sum < leader->table.geometry.frames; sum += some)
		some = hand_out_some(leader);
	tell(leader, slot, AFXDP_SETTLED, NULL, 0);
}

static void hear(struct afxdp_leader *leader, uint32_t slot)
{
	struct line *line = &leader->lines[slot];
	struct afxdp_message message;
	int fds[TORC_PEER_FDS], result = -EAGAIN;
	unsigned int count;

	while (line->fd >= 0 && (result = torc_peer_receive(line->fd, &message, sizeof(message), fds,
							    &count)) > 0) {
		if (result == sizeof(message) && message.kind == AFXDP_SETTLE)
			settle(leader, slot, message.value);
		while (count > 0)
			close(fds[--count]);
	}
	if (result != -EAGAIN) /* it has ended, or talks nonsense */
		drop(leader, slot);
}

/* ---- the thread ---- */

static void obey(struct afxdp_leader *leader, int timeout_ms)
{
	struct epoll_event events[16];
	uint64_t value;
	int count = epoll_wait(leader->epoll, events, 16, timeout_ms);

	pthread_mutex_lock(&leader->mutex);
	for (int i = 0; i < count; i++) {
		if (events[i].data.u32 < TABLE_SLOTS)
			hear(leader, events[i].data.u32);
		else if (events[i].data.u32 == MAIL)
			read_mail(leader);
		else if (events[i].data.u32 == POKED && read(leader->poke, &value, sizeof(value)) < 0)
			continue;
	}
	pthread_mutex_unlock(&leader->mutex);
}

/* One turn; 0: nothing has come. */
static uint32_t turn(struct afxdp_leader *leader, int *timeout_ms)
{
	uint32_t count;

	pthread_mutex_lock(&leader->mutex);
	count = hand_out_some(leader);
	*timeout_ms = leader->complete_ns || afxdp_table_is_short(&leader->table) ? SHORT_MS : -1;
	for (uint32_t i = 0; i < leader->sockets->count && count == 0; i++)
		afxdp_queue_turn(&leader->sockets->queues[i], false);
	pthread_mutex_unlock(&leader->mutex);
	return count;
}

/* Where packets come densely it sleeps a little, as readers do: many at once cost less. */
static void *lead(void *arg)
{
	struct afxdp_leader *leader = arg;
	/* at two packets a microsecond an eighth of the frames */
	uint32_t frames_ns = leader->table.geometry.frames * (1000u / 16);
	const struct timespec nap = { .tv_nsec = frames_ns < NAP_NS ? frames_ns : NAP_NS };
	uint32_t since = 0;
	int timeout_ms;

	pthread_setname_np(pthread_self(), "torc-xdp");
	while (!__atomic_load_n(&leader->stop, __ATOMIC_ACQUIRE)) {
		uint32_t count = turn(leader, &timeout_ms);

		since += count;
		if (count > 0 && since < DENSE)
			continue;
		if (nap.tv_nsec >= NAP_LEAST && count < RUNS * AFXDP_BLOCK_PACKETS &&
		    (count > 0 || leader->complete_ns > 0))
			nanosleep(&nap, NULL);
		obey(leader, count > 0 ? 0 : timeout_ms);
		since = 0;
	}
	return NULL;
}

static int start_thread(struct afxdp_leader *leader)
{
	sigset_t all, was;
	int result;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &was); /* signals are for the threads of the user */
	result = pthread_create(&leader->thread, NULL, lead, leader);
	pthread_sigmask(SIG_SETMASK, &was, NULL);
	return -result;
}

/* ---- life ---- */

static void lock_leaders(void)
{
	pthread_mutex_lock(&leaders_lock);
}

static void unlock_leaders(void)
{
	pthread_mutex_unlock(&leaders_lock);
}

/* A fork has no thread, and what it inherits would keep others from knowing that its parent ends. */
static void forget(void)
{
	for (struct afxdp_leader *leader = leaders; leader; leader = leader->next) {
		leader->forgotten = true;
		close(leader->lock);
		leader->lock = -1;
		for (uint32_t slot = 0; slot < TABLE_SLOTS; slot++)
			unseat(leader, &leader->lines[slot]);
	}
	leaders = NULL;
	unlock_leaders();
}

static void register_forget(void)
{
	pthread_atfork(lock_leaders, unlock_leaders, forget);
}

/* An open file of our own: the lock belongs to that. */
static int take_lock(int file)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	close(fd);
	return -EBUSY;
}

/* All that the thread waits for; without one of them it would sleep for ever. */
static int watch_all(const struct afxdp_leader *leader)
{
	int result = watch(leader, leader->poke, POKED);

	if (result == 0)
		result = watch(leader, leader->mailbox, MAIL);
	for (uint32_t i = 0; i < leader->sockets->count && result == 0; i++)
		result = watch(leader, leader->sockets->queues[i].fd, PACKETS);
	return result;
}

static void leader_free(struct afxdp_leader *leader)
{
	const int fds[] = { leader->lock, leader->poke, leader->epoll, leader->self };

	for (uint32_t slot = 0; slot < TABLE_SLOTS; slot++)
		unseat(leader, &leader->lines[slot]);
	afxdp_table_free(&leader->table);
	for (unsigned int i = 0; i < sizeof(fds) / sizeof(*fds); i++) {
		if (fds[i] >= 0)
			close(fds[i]);
	}
	pthread_mutex_destroy(&leader->mutex);
	free(leader);
}

static int make_table(struct afxdp_leader *leader, const struct afxdp_candidate *candidate)
{
	struct afxdp_sockets *sockets = candidate->sockets;
	int result = 0;

	for (uint32_t i = 0; i < sockets->count && result == 0; i++)
		result = afxdp_queue_lead(&sockets->queues[i]);
	if (result < 0)
		return result;
	if (!candidate->old)
		return afxdp_table_create(&leader->table, candidate->geometry, sockets->queues,
					  candidate->opened || sockets->queues[0].zero_copy);
	leader->complete_ns = torc_now_ns() + ARRIVAL_NS;
	return afxdp_table_succeed(&leader->table, candidate->old, sockets->queues);
}

int afxdp_leader_start(struct afxdp_leader **started, const struct afxdp_candidate *candidate)
{
	struct afxdp_leader *leader = calloc(1, sizeof(*leader));
	int result;

	if (!leader)
		return -ENOMEM;
	pthread_once(&forks, register_forget);
	pthread_mutex_init(&leader->mutex, NULL);
	leader->table.memory = leader->poke = leader->epoll = leader->self = -1;
	leader->only = TABLE_NOBODY;
	leader->sockets = candidate->sockets;
	leader->member = candidate->member;
	leader->mailbox = candidate->mailbox;
	leader->returns_bytes = afxdp_returns_bytes(candidate->geometry);
	for (uint32_t slot = 0; slot < TABLE_SLOTS; slot++)
		leader->lines[slot].fd = -1;
	result = leader->lock = take_lock(candidate->file);
	if (result >= 0)
		result = make_table(leader, candidate);
	if (result == 0) {
		leader->poke = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		leader->epoll = epoll_create1(EPOLL_CLOEXEC);
		leader->self = (int)syscall(SYS_pidfd_open, getpid(), 0);
		if (leader->poke < 0 || leader->epoll < 0 || leader->self < 0)
			result = -errno;
	}
	if (result == 0)
		result = watch_all(leader);
	if (result == 0)
		result = start_thread(leader);
	if (result < 0) {
		leader_free(leader);
		return result;
	}
	lock_leaders();
	leader->next = leaders;
	leaders = leader;
	unlock_leaders();
	*started = leader;
	return 0;
}

static void end_thread(struct afxdp_leader *leader)
{
	const uint64_t one = 1;
	ssize_t unused;

	__atomic_store_n(&leader->stop, true, __ATOMIC_RELEASE);
	unused = write(leader->poke, &one, sizeof(one));
	(void)unused; /* it cannot be full */
	pthread_join(leader->thread, NULL);
}

void afxdp_leader_stop(struct afxdp_leader *leader, bool last)
{
	struct afxdp_leader **at = &leaders;

	if (leader->forgotten) {
		leader_free(leader);
		return;
	}
	end_thread(leader);
	lock_leaders();
	while (*at && *at != leader)
		at = &(*at)->next;
	if (*at)
		*at = leader->next;
	unlock_leaders();
	if (last)
		afxdp_table_end(&leader->table);
	close(leader->lock);
	leader->lock = -1;
	for (uint32_t slot = 0; slot < leader->table.top; slot++) {
		if (leader->lines[slot].fd >= 0)
			tell(leader, slot, AFXDP_BYE, NULL, 0);
	}
	leader_free(leader);
}

bool afxdp_leader_is_forgotten(const struct afxdp_leader *leader)
{
	return leader->forgotten;
}

void afxdp_leader_see_by(struct afxdp_leader *leader, struct torc_cluster_member *member)
{
	pthread_mutex_lock(&leader->mutex);
	leader->member = member;
	leader->looked = false;
	pthread_mutex_unlock(&leader->mutex);
}

void afxdp_leader_found(struct afxdp_leader *leader, uint32_t queue, const struct xdp_desc *descs,
			uint32_t count)
{
	pthread_mutex_lock(&leader->mutex);
	for (uint32_t i = 0; i < count; i++)
		afxdp_table_found(&leader->table, queue, &descs[i]);
	pthread_mutex_unlock(&leader->mutex);
}

uint64_t afxdp_leader_claim(struct afxdp_leader *leader)
{
	uint64_t lost = 0, claimed;

	pthread_mutex_lock(&leader->mutex);
	for (uint32_t i = 0; i < leader->sockets->count; i++) {
		uint64_t dropped = afxdp_queue_dropped(&leader->sockets->queues[i]);

		lost += dropped == TORC_UNKNOWN ? 0 : dropped;
	}
	claimed = afxdp_table_claim(&leader->table, lost);
	pthread_mutex_unlock(&leader->mutex);
	return claimed;
}
