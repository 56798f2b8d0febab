/* SPDX-License-Identifier: BSD-3-Clause */
/* afxdp_member.c - see afxdp_member.h */
#include "engine/afxdp_member.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cluster/cluster.h"
#include "engine/afxdp_leader.h"
#include "peer/peer.h"
#include "util/error.h"
#include "util/clock.h"
#include "util/memory.h"

#define ANSWER_NS 1000000000u /* a leader that lives answers within that time */
#define AGAIN_NS  20000000u   /* say hello, and try to lead, that often */

/* What the members of this process have in common, on the same sockets. */
struct afxdp_cluster {
	unsigned int id;
	struct afxdp_member *members; /* of this process */
	struct afxdp_sockets *sockets;
	struct afxdp_geometry geometry;
	int file;                    /* what it is about; its lock makes the leader (afxdp_leader.h) */
	int mailbox[2];              /* to read from, to write to */
	struct afxdp_leader *leader; /* of this process, or NULL */
	bool is_first; /* nobody has led it so far: this process has just opened the sockets */
};

struct afxdp_member {
	struct afxdp_member *next;
	struct afxdp_cluster *cluster;
	struct torc_cluster_member *member;
	uint32_t slot;
	int epoll;     /* the engine's */
	int line[2];   /* ours and the leader's, which is kept for the next one */
	int leader;    /* a pidfd, or -1 */
	struct afxdp_table table; /* the leader's, or that of the one before */
	struct afxdp_returns *returns;
	int returns_fd;
	uint32_t hello;    /* the value of the last one */
	uint64_t hello_ns; /* and when that was */
	bool is_welcome, is_settled;
	bool running;
	uint32_t changes;  /* torc_cluster_deal's, as far as they were looked at */
	uint64_t taken;    /* out of the inbox; atomic, one writer */
	uint64_t useless;  /* of them, what were no packets; the same */
	uint32_t base;     /* the place of the inbox at which taken was 0 */
	uint64_t past_dropped; /* claimed of what the sockets lost, and overflowed before */
};

static uint32_t place_of(const struct afxdp_member *member)
{
	return member->base + (uint32_t)__atomic_load_n(&member->taken, __ATOMIC_RELAXED);
}

/* ---- the leader, under the port's lock ---- */

/* Others who are there have a table to go on with, and this process may have none. */
static bool may_lead(const struct afxdp_member *member)
{
	bool alone = true;

	for (uint32_t slot = 0; slot < TABLE_SLOTS && alone; slot++)
		alone = slot == member->slot || !torc_cluster_present(member->member, slot);
	return alone || member->table.shared || member->cluster->is_first;
}

static int try_to_lead(struct afxdp_member *member)
{
	struct afxdp_cluster *cluster = member->cluster;
	const struct afxdp_candidate candidate = {
		.file = cluster->file,
		.mailbox = cluster->mailbox[0],
		.sockets = cluster->sockets,
		.geometry = &cluster->geometry,
		.old = member->table.shared ? &member->table : NULL,
		.opened = cluster->is_first,
		.member = member->member,
	};
	int result;

	if (cluster->leader && afxdp_leader_is_forgotten(cluster->leader)) {
		afxdp_leader_stop(cluster->leader, false);
		cluster->leader = NULL;
	}
	if (cluster->leader || !may_lead(member))
		return 0;
	result = afxdp_leader_start(&cluster->leader, &candidate);
	if (result == 0)
		cluster->is_first = false;
	return result;
}

static void say_hello(struct afxdp_member *member)
{
	const struct afxdp_message message = { .kind = AFXDP_HELLO, .slot = member->slot,
					       .value = member->hello };

	member->hello_ns = torc_now_ns();
	torc_peer_send(member->cluster->mailbox[1], &message, sizeof(message),
		       (int[]){ member->line[1], member->returns_fd }, 2);
}

static void forget_leader(struct afxdp_member *member)
{
	if (member->leader >= 0)
		close(member->leader);
	member->leader = -1;
	member->is_welcome = false;
	member->hello_ns = 0;
}

/* A table that has the inboxes as they were, or in which ours begins. */
static void use_table(struct afxdp_member *member, int *fds)
{
	struct epoll_event event = { .events = EPOLLIN };
	struct afxdp_table table;

	if (afxdp_table_map(&table, &member->cluster->geometry, fds[0]) < 0)
		return;
	/* the same leader may come again under the same number, and is waited for already */
	if (epoll_ctl(member->epoll, EPOLL_CTL_ADD, fds[1], &event) < 0 && errno != EEXIST) {
		afxdp_table_free(&table);
		return;
	}
	afxdp_table_free(&member->table);
	member->table = table;
	forget_leader(member);
	member->leader = fds[1];
	fds[1] = -1;
	member->is_welcome = true;
	if (member->hello & 1) {
		member->base = afxdp_table_head(&table, member->slot) - (uint32_t)member->taken;
		member->hello++; /* not new any more */
	}
}

static void obey(struct afxdp_member *member, const struct afxdp_message *message, int *fds,
		 unsigned int count)
{
	if (message->kind == AFXDP_WELCOME && count == 2)
		use_table(member, fds);
	else if (message->kind == AFXDP_SETTLED)
		member->is_settled = true;
	else if (message->kind == AFXDP_BYE)
		forget_leader(member);
}

static void hear(struct afxdp_member *member)
{
	struct pollfd life = { .fd = member->leader, .events = POLLIN };
	struct afxdp_message message;
	int fds[TORC_PEER_FDS];
	unsigned int count;
	int result;

	while ((result = torc_peer_receive(member->line[0], &message, sizeof(message), fds, &count)) >
	       0) {
		if (result == sizeof(message))
			obey(member, &message, fds, count);
		for (unsigned int i = 0; i < count; i++) {
			if (fds[i] >= 0)
				close(fds[i]);
		}
	}
	if (member->is_welcome && poll(&life, 1, 0) > 0)
		forget_leader(member);
}

static void attend(struct afxdp_member *member)
{
	hear(member);
	if (member->is_welcome || torc_now_ns() - member->hello_ns < AGAIN_NS)
		return;
	try_to_lead(member);
	say_hello(member);
}

static bool wait_for(struct afxdp_member *member, const bool *flag)
{
	uint64_t until_ns = torc_now_ns() + ANSWER_NS;
	struct pollfd wait = { .fd = member->line[0], .events = POLLIN };

	for (attend(member); !*flag && torc_now_ns() < until_ns; attend(member))
		poll(&wait, 1, AGAIN_NS / 1000000);
	return *flag;
}

/* Everything that came up to now is in the inboxes; discard: or was nobody's, if nobody serves. */
static void settle(struct afxdp_member *member, bool discard)
{
	const struct afxdp_message message = { .kind = AFXDP_SETTLE, .value = discard };

	member->is_settled = false;
	if (wait_for(member, &member->is_welcome) &&
	    torc_peer_send(member->line[0], &message, sizeof(message), NULL, 0) == 0)
		wait_for(member, &member->is_settled);
}

/* Into the slot that the member has. */
static int enter(struct afxdp_member *member, struct torc_error *error)
{
	int result = torc_cluster_attach(member->member, member->line[1], error);

	if (result < 0)
		return result;
	if (member->table.shared)
		member->past_dropped += afxdp_table_overflowed(&member->table, member->slot);
	member->slot = torc_cluster_slot(member->member) % TABLE_SLOTS;
	member->hello = (member->hello | 1) + 2;
	forget_leader(member);
	if (!wait_for(member, &member->is_welcome))
		return torc_error_set(error, -ETIMEDOUT, "cluster %u: its leader on these queues does "
				      "not answer: is it stopped?", member->cluster->id);
	return 0;
}

/* After a fork() this process may have a slot of its own, which knows nothing of its sockets. */
static void follow(struct torc_engine *engine)
{
	struct afxdp_member *member = engine->member;
	uint32_t changes;

	torc_cluster_check(member->member);
	changes = __atomic_load_n(&torc_cluster_deal(member->member)->changes, __ATOMIC_RELAXED);
	if (changes == member->changes)
		return;
	member->changes = changes;
	if (torc_cluster_present(member->member, torc_cluster_slot(member->member)))
		return;
	pthread_mutex_lock(&engine->port->lock);
	if (enter(member, NULL) == 0 && member->running)
		torc_cluster_serve(member->member, NULL);
	pthread_mutex_unlock(&engine->port->lock);
}

void afxdp_member_attend(struct torc_engine *engine)
{
	pthread_mutex_lock(&engine->port->lock);
	attend(engine->member);
	pthread_mutex_unlock(&engine->port->lock);
}

bool afxdp_member_leads(const struct torc_engine *engine)
{
	const struct afxdp_leader *leader = engine->member->cluster->leader;

	return leader && !afxdp_leader_is_forgotten(leader);
}

bool afxdp_member_is_waiting(const struct torc_engine *engine)
{
	return !engine->member->is_welcome;
}

/* ---- receiving ---- */

static uint32_t take(struct torc_engine *engine, struct afxdp_block *block)
{
	struct afxdp_member *member = engine->member;
	uint32_t begin, place, queue = 0;

	follow(engine);
	begin = place = place_of(member);
	block->handed = true;
	block->count = afxdp_table_take(&member->table, member->slot, &place, block->descs,
					AFXDP_BLOCK_PACKETS, &queue);
	block->queue = &engine->sockets->queues[queue];
	if (place - begin > member->table.geometry.inbox) {
		member->base += place - begin;
		return block->count;
	}
	__atomic_fetch_add(&member->useless, place - begin - block->count, __ATOMIC_RELAXED);
	__atomic_fetch_add(&member->taken, place - begin, __ATOMIC_RELEASE);
	return block->count;
}

void afxdp_member_found(struct afxdp_sockets *sockets, const struct afxdp_block *block)
{
	struct afxdp_leader *leader = sockets->cluster->leader;

	if (leader && !afxdp_leader_is_forgotten(leader))
		afxdp_leader_found(leader, (uint32_t)(block->queue - sockets->queues), block->descs,
				   block->count);
}

static void give_back(struct torc_engine *engine, const struct afxdp_block *block)
{
	struct afxdp_member *member = engine->member;

	if (block->handed)
		afxdp_table_give_back(&member->table, member->returns,
				      (uint32_t)(block->queue - engine->sockets->queues),
				      block->descs, block->count);
	else
		afxdp_member_found(engine->sockets, block);
}

static unsigned int queued(struct torc_engine *engine)
{
	struct afxdp_member *member = engine->member;
	unsigned int packets = afxdp_table_waiting(&member->table, member->slot, place_of(member));

	if (packets > 0)
		return packets;
	afxdp_member_attend(engine);
	afxdp_table_sleep(member->returns);
	return afxdp_table_waiting(&member->table, member->slot, place_of(member));
}

/* ---- start, stop and account, under the port's lock ---- */

/* Whoever looks after the cluster counts anew at any time. */
static bool is_served(const struct afxdp_member *member)
{
	return __atomic_load_n(&torc_cluster_deal(member->member)->serving, __ATOMIC_RELAXED) > 0;
}

static int start(struct torc_engine *engine)
{
	struct afxdp_member *member = engine->member;
	struct afxdp_sockets *sockets = engine->sockets;
	int result = 0;

	torc_cluster_check(member->member);
	if (!torc_cluster_present(member->member, torc_cluster_slot(member->member)))
		result = enter(member, NULL);
	if (result == 0 && !is_served(member))
		settle(member, true);
	if (result == 0)
		result = torc_cluster_serve(member->member, NULL);
	if (result == 0 && sockets->tap && !sockets->receiving)
		result = afxdp_port_start(engine->port, sockets, NULL);
	member->running = result == 0;
	return result;
}

static void stop(struct torc_engine *engine)
{
	struct afxdp_member *member = engine->member;

	member->running = false;
	torc_cluster_detach(member->member);
	if (!is_served(member) && engine->sockets->tap)
		afxdp_port_stop(engine->port, engine->sockets);
	else if (!is_served(member))
		afxdp_let_packets_pass();
	settle(member, false);
}

/* What the sockets lost is claimed by one member of the process that leads. */
static int count(struct torc_engine *engine, struct torc_engine_stats *stats)
{
	struct afxdp_member *member = engine->member;
	struct afxdp_leader *leader = member->cluster->leader;
	uint64_t taken = __atomic_load_n(&member->taken, __ATOMIC_ACQUIRE), dropped;

	if (leader && !afxdp_leader_is_forgotten(leader) && member->cluster->members == member)
		member->past_dropped += afxdp_leader_claim(leader);
	dropped = member->past_dropped + afxdp_table_overflowed(&member->table, member->slot);
	stats->seen += taken + dropped +
		       afxdp_table_waiting(&member->table, member->slot,
					   member->base + (uint32_t)taken);
	stats->dropped += dropped + __atomic_load_n(&member->useless, __ATOMIC_RELAXED);
	return 0;
}

const struct afxdp_role afxdp_role_member = {
	.take = take,
	.give_back = give_back,
	.queued = queued,
	.start = start,
	.stop = stop,
	.count = count,
};

/* ---- what the processes of a cluster hand each other ---- */

/* Before the queues, and behind them. */
enum { PASS_FILE, PASS_MAP, PASS_QUEUES };
enum { PASS_LINK, PASS_MARK, PASS_MAIL_IN, PASS_MAIL_OUT, PASS_LAST };

/* The program lets the queues' packets through to the sockets, as soon as they are in the map. */
static int share_queues(struct afxdp_port *port, struct afxdp_sockets *sockets)
{
	if (port->mark < 0)
		port->mark = torc_cluster_mark(port->ifindex, TORC_MARK_DEALT);
	if (port->mark < 0)
		return port->mark;
	sockets->shared = true;
	return afxdp_port_reload(port, NULL);
}

static int offer(const struct afxdp_cluster *cluster, const struct afxdp_port *port,
		 struct torc_cluster_member *member)
{
	const struct afxdp_sockets *sockets = cluster->sockets;
	const int last[] = { [PASS_LINK] = port->link, [PASS_MARK] = port->mark,
			     [PASS_MAIL_IN] = cluster->mailbox[0],
			     [PASS_MAIL_OUT] = cluster->mailbox[1] };
	struct torc_cluster_goods goods = { .queues = sockets->mask, .count = PASS_QUEUES,
					    .fds = { cluster->file, port->map } };

	for (uint32_t i = 0; i < sockets->count; i++) {
		goods.fds[goods.count++] = sockets->queues[i].fd;
		goods.fds[goods.count++] = sockets->queues[i].memory;
	}
	for (uint32_t i = 0; i < PASS_LAST; i++)
		goods.fds[goods.count++] = last[i];
	return torc_cluster_offer(member, &goods);
}

/* A cluster on sockets that are this process's alone. */
static int begin(struct afxdp_cluster *cluster, struct afxdp_port *port,
		 struct torc_cluster_member *member)
{
	struct afxdp_sockets *sockets = cluster->sockets;
	const struct afxdp_table_about about = {
		.magic = AFXDP_TABLE_MAGIC,
		.queue_mask = sockets->mask,
		.buffer_bytes = sockets->buffer_bytes,
		.frame_count = sockets->queues[0].frame_count,
		.frame_bytes = sockets->queues[0].frame_bytes,
		.cookie = port->cookie,
		.generic = port->generic,
	};
	int result = afxdp_table_measure(&cluster->geometry, &about);

	if (result < 0)
		return result;
	cluster->is_first = true;
	cluster->file = torc_memory_sealed(&about, sizeof(about));
	if (cluster->file < 0)
		return cluster->file;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, cluster->mailbox) < 0)
		return -errno;
	if (sockets->tap)
		return 0;
	result = share_queues(port, sockets);
	if (result == 0)
		result = offer(cluster, port, member);
	if (result < 0)
		sockets->shared = false;
	return result;
}

/* The sockets of another process become ours as well. */
static int attach_queues(struct afxdp_sockets *sockets, const struct afxdp_table_about *about,
			 struct torc_cluster_goods *goods)
{
	int result = 0;

	for (uint32_t id = 0; id < AFXDP_MAX_QUEUES && result == 0; id++) {
		int *fds = &goods->fds[PASS_QUEUES + 2 * sockets->count];

		if (!(sockets->mask >> id & 1))
			continue;
		result = afxdp_queue_attach(&sockets->queues[sockets->count], id,
					    about->frame_bytes, about->frame_count, fds[0], fds[1]);
		fds[0] = fds[1] = -1;
		sockets->count += result == 0;
	}
	sockets->buffer_bytes = about->buffer_bytes;
	sockets->shared = true;
	return result;
}

static int keep(int *fd)
{
	int kept = *fd;

	*fd = -1;
	return kept;
}

/* What only one of each process needs: program, map and mark. */
static void attach_port(struct afxdp_port *port, const struct afxdp_table_about *about,
			struct torc_cluster_goods *goods)
{
	int *last = &goods->fds[goods->count - PASS_LAST];

	if (port->link >= 0)
		return;
	port->cookie = about->cookie;
	port->generic = about->generic;
	port->map = keep(&goods->fds[PASS_MAP]);
	port->link = keep(&last[PASS_LINK]);
	port->mark = keep(&last[PASS_MARK]);
}

static bool same_socket(int a, int b)
{
	struct stat one, two;

	return fstat(a, &one) == 0 && fstat(b, &two) == 0 && one.st_ino == two.st_ino;
}

/* Is it what it should be? */
static int check_goods(const struct torc_cluster_goods *goods, uint64_t mask,
		       struct afxdp_table_about *about)
{
	uint32_t queues = (uint32_t)__builtin_popcountll(mask);

	if (goods->queues != mask || goods->count != PASS_QUEUES + 2 * queues + PASS_LAST)
		return -EINVAL;
	for (uint32_t i = 0; i < queues; i++) {
		if (torc_peer_check_proof(goods->fds[PASS_QUEUES + 2 * i], AF_XDP, NULL) < 0)
			return -EPROTO;
	}
	if (pread(goods->fds[PASS_FILE], about, sizeof(*about), 0) != sizeof(*about) ||
	    about->queue_mask != mask)
		return -EPROTO;
	return 0;
}

static int use_goods(struct afxdp_cluster *cluster, struct torc_engine *engine,
		     struct torc_cluster_goods *goods)
{
	int *last = &goods->fds[goods->count - PASS_LAST];
	struct afxdp_table_about about;
	int result = check_goods(goods, engine->queue_mask, &about);

	if (result == 0)
		result = afxdp_table_measure(&cluster->geometry, &about);
	if (result < 0)
		return result;
	cluster->file = keep(&goods->fds[PASS_FILE]);
	cluster->mailbox[0] = keep(&last[PASS_MAIL_IN]);
	cluster->mailbox[1] = keep(&last[PASS_MAIL_OUT]);
	if (cluster->sockets) { /* from another ring of this process */
		struct afxdp_queue *queue = &cluster->sockets->queues[0];

		return same_socket(goods->fds[PASS_QUEUES], queue->fd) &&
				       queue->frame_count == about.frame_count &&
				       queue->frame_bytes == about.frame_bytes ?
			       0 :
			       -EBUSY;
	}
	cluster->sockets = afxdp_sockets_new(engine->queue_mask);
	if (!cluster->sockets)
		return -ENOMEM;
	result = attach_queues(cluster->sockets, &about, goods);
	if (result < 0) {
		afxdp_sockets_close(cluster->sockets);
		return result;
	}
	attach_port(engine->port, &about, goods);
	afxdp_port_add(engine->port, cluster->sockets);
	engine->sockets = cluster->sockets;
	return 0;
}

static int obtain(struct afxdp_cluster *cluster, struct torc_engine *engine,
		  struct torc_cluster_member *member)
{
	struct torc_cluster_goods goods;
	int result = torc_cluster_obtain(member, &goods);

	if (result < 0)
		return result;
	result = use_goods(cluster, engine, &goods);
	for (uint32_t i = 0; i < goods.count; i++) {
		if (goods.fds[i] >= 0)
			close(goods.fds[i]);
	}
	return result;
}

static void cluster_free(struct afxdp_cluster *cluster)
{
	const int fds[] = { cluster->file, cluster->mailbox[0], cluster->mailbox[1] };

	for (unsigned int i = 0; i < sizeof(fds) / sizeof(*fds); i++) {
		if (fds[i] >= 0)
			close(fds[i]);
	}
	free(cluster);
}

static int make_cluster(struct afxdp_cluster **made, struct torc_engine *engine,
			struct torc_cluster_member *member, struct torc_error *error)
{
	struct afxdp_sockets *sockets = engine->sockets;
	struct afxdp_cluster *cluster = calloc(1, sizeof(*cluster));
	int result;

	if (!cluster)
		return torc_error_set(error, -ENOMEM, "out of memory");
	cluster->sockets = sockets;
	cluster->file = cluster->mailbox[0] = cluster->mailbox[1] = -1;
	cluster->id = torc_cluster_id(member);
	if (sockets && !engine->port->foreign && !sockets->shared)
		result = begin(cluster, engine->port, member);
	else
		result = obtain(cluster, engine, member);
	if (result < 0) {
		cluster_free(cluster);
		return torc_error_set(error, result, "cluster %u does not have %s: %s",
				      torc_cluster_id(member), engine->device.name,
				      torc_strerror(result));
	}
	cluster->sockets->cluster = *made = cluster;
	return 0;
}

/* The cluster on the engine's queues, made if there is none. */
static int find_cluster(struct afxdp_cluster **found, struct torc_engine *engine,
			struct torc_cluster_member *member, struct torc_error *error)
{
	struct afxdp_sockets *sockets = engine->sockets;
	const char *name = engine->device.name;

	if (!sockets) {
		sockets = engine->sockets = afxdp_port_find(engine->port, engine->queue_mask);
		if (sockets)
			sockets->users++;
	}
	if (sockets && sockets->cluster) {
		*found = sockets->cluster;
		if (sockets->cluster->id != torc_cluster_id(member))
			return torc_error_set(error, -TORC_ECLUSTER,
					      "%s is in cluster %u in this process", name,
					      sockets->cluster->id);
		return 0;
	}
	if (!sockets && !engine->port->foreign)
		return torc_error_set(error, -ENODEV, "%s is gone", name);
	if (sockets && sockets->alone)
		return torc_error_set(error, -EBUSY, "another ring receives %s alone", name);
	return make_cluster(found, engine, member, error);
}

/* ---- joining and leaving, under the port's lock ---- */

static int open_line(struct afxdp_member *member)
{
	struct epoll_event event = { .events = EPOLLIN };
	void *returns;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, member->line) < 0)
		return -errno;
	member->returns_fd =
		torc_memory_create(&returns, afxdp_returns_bytes(&member->cluster->geometry));
	if (member->returns_fd < 0)
		return member->returns_fd;
	member->returns = returns;
	return epoll_ctl(member->epoll, EPOLL_CTL_ADD, member->line[0], &event) < 0 ? -errno : 0;
}

static void member_free(struct afxdp_member *member)
{
	const int fds[] = { member->line[0], member->line[1], member->leader, member->returns_fd };

	for (unsigned int i = 0; i < sizeof(fds) / sizeof(*fds); i++) {
		if (fds[i] >= 0)
			close(fds[i]);
	}
	if (member->returns)
		munmap(member->returns, afxdp_returns_bytes(&member->cluster->geometry));
	afxdp_table_free(&member->table);
	free(member);
}

/* Out of the list; the leader of this process goes on with another member, or ends. */
static void unlist(struct afxdp_member *member, bool last)
{
	struct afxdp_cluster *cluster = member->cluster;
	struct afxdp_member **at = &cluster->members;

	while (*at != member)
		at = &(*at)->next;
	*at = member->next;
	if (cluster->leader && cluster->members &&
	    !afxdp_leader_is_forgotten(cluster->leader)) {
		afxdp_leader_see_by(cluster->leader, cluster->members->member);
	} else if (cluster->leader && !cluster->members) {
		afxdp_leader_stop(cluster->leader, last);
		cluster->leader = NULL;
	}
}

/* The last of this process ends what they had in common. */
static void drop(struct afxdp_member *member)
{
	struct afxdp_cluster *cluster = member->cluster;

	member_free(member);
	if (cluster->members)
		return;
	cluster->sockets->cluster = NULL;
	cluster_free(cluster);
}

int afxdp_member_join(struct torc_engine *engine, struct torc_cluster_member *in,
		      struct torc_error *error)
{
	struct afxdp_member *member = calloc(1, sizeof(*member));
	int result;

	if (!member)
		return torc_error_set(error, -ENOMEM, "out of memory");
	member->line[0] = member->line[1] = member->leader = member->returns_fd = -1;
	member->table.memory = -1;
	member->epoll = engine->epoll;
	member->member = in;
	result = find_cluster(&member->cluster, engine, in, error);
	if (result < 0) {
		free(member);
		return result;
	}
	member->next = member->cluster->members;
	member->cluster->members = member;
	result = open_line(member);
	if (result < 0)
		torc_error_set(error, result, "no line to a leader: %s", torc_strerror(result));
	else
		result = enter(member, error);
	if (result < 0) {
		unlist(member, true);
		if (!member->cluster->members && !engine->port->foreign)
			engine->sockets->shared = false;
		drop(member);
		return result;
	}
	engine->member = member;
	engine->role = &afxdp_role_member;
	return 0;
}

/* No cluster of this process has the interface any more: others may. */
static void unmark(struct afxdp_port *port)
{
	bool shared = port->foreign;

	for (const struct afxdp_sockets *s = port->sockets; s; s = s->next)
		shared |= s->shared;
	if (shared || port->mark < 0)
		return;
	torc_cluster_unmark(port->ifindex, TORC_MARK_DEALT, port->mark);
	port->mark = -1;
}

bool afxdp_member_leave(struct torc_engine *engine, struct torc_engine_stats *past)
{
	struct afxdp_member *member = engine->member;
	struct afxdp_sockets *sockets = engine->sockets;
	uint64_t until_ns = torc_now_ns() + ANSWER_NS;
	bool last;

	attend(member);
	count(engine, past);
	past->seen -= afxdp_table_waiting(&member->table, member->slot, place_of(member));
	last = torc_cluster_last(member->member);
	/* whoever led may just be leaving, and the frames are to be the kernel's again */
	while (last && try_to_lead(member) == -EBUSY && torc_now_ns() < until_ns)
		poll(NULL, 0, 1);
	unlist(member, last);
	drop(member);
	engine->member = NULL;
	if (last && !engine->port->foreign)
		sockets->shared = false;
	unmark(engine->port);
	return !last;
}
