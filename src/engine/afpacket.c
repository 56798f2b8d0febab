/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * afpacket.c - the packet-socket engine: its life cycle, settings and counters
 *
 * A socket is created with protocol 0, so that it receives nothing; start() makes the ring and
 * binds it to ETH_P_ALL. stop() binds it to a protocol number that no packet has: the kernel takes
 * the hook away and waits until nobody is in it (packet_do_bind, synchronize_net), so the ring is
 * still when stop() returns. A socket in a fanout group cannot be bound again; it gives up its
 * share, and its memory lives on without it (afp_strand).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cluster/cluster.h"
#include "engine/afpacket.h"
#include "engine/rss.h"
#include "util/available.h"
#include "util/error.h"
#include "util/spare.h"

/* Unassigned among the 802.3 pseudo protocols of linux/if_ether.h: no packet carries it. */
#define NO_PROTOCOL 0x00FF

#define BUFFER_LEAST (1u << 20) /* a default buffer is not made smaller than that */

#define GONE_RETRY_NS 100000000 /* look for an interface that is down or away that often */

static bool read_counters(struct afpacket *engine);
static bool ignore_outgoing(const struct afpacket *engine);

/* ---- maps ---- */

static void map_free(struct afpacket *engine, struct afp_map *map)
{
	if (engine->format->forget)
		engine->format->forget(engine, map);
	if (map->memory)
		munmap(map->memory, map->bytes);
	if (map->fd >= 0)
		close(map->fd);
	free(map->taken);
	*map = (struct afp_map){ .fd = -1 };
}

void afp_map_released(struct afpacket *engine, struct afp_map *map)
{
	if (map != afp_active(engine) && map->held == 0 && engine->format->drained(engine, map))
		map_free(engine, map);
}

struct afp_map *afp_next_map(struct afpacket *engine, struct afp_map *after)
{
	struct afp_map *map = after ? after + 1 : engine->maps, *end = engine->maps + AFP_MAPS;

	if (after == afp_active(engine))
		return NULL;
	for (; map < end; map++)
		if (map->memory && map != afp_active(engine))
			return map;
	return afp_active(engine)->memory ? afp_active(engine) : NULL;
}

/* The receive ring of the active map's socket, mapped. */
static int map_make(struct afpacket *engine)
{
	struct afp_map *map = afp_active(engine);
	/* since the ring was opened others may have taken what there was */
	int result = torc_memory_fair((uint64_t)engine->unit_bytes * engine->unit_count, "a buffer for",
				      engine->name, NULL);

	if (result == 0)
		result = engine->format->request(engine, map->fd);
	if (result < 0)
		return result;
	map->retire_ms = engine->retire_ms;
	map->bytes = (size_t)engine->unit_bytes * engine->unit_count;
	map->taken = calloc(engine->unit_count, 1);
	if (!map->taken)
		return -ENOMEM;
	map->memory = mmap(NULL, map->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, map->fd, 0);
	if (map->memory == MAP_FAILED) {
		map->memory = NULL;
		return -errno;
	}
	map->cursor = 0;
	map->held = 0;
	return 0;
}

/* The socket stays, and can have another ring: a ring's times cannot be changed. */
static void map_unmake(struct afpacket *engine)
{
	struct afp_map *map = afp_active(engine);
	struct tpacket_req3 none = { 0 };
	socklen_t length = engine->format->version == TPACKET_V3 ? sizeof(none) :
								   sizeof(struct tpacket_req);

	munmap(map->memory, map->bytes);
	free(map->taken);
	map->memory = NULL;
	map->taken = NULL;
	setsockopt(map->fd, SOL_PACKET, PACKET_RX_RING, &none, length);
}

/*
 * A cluster is left by closing the socket. Programs may have its number (torc_ring_socket()), so the
 * next one takes its place at once, where there is one to be had.
 */
static void replace_socket(struct afpacket *engine, struct afp_map *map)
{
	int next = afp_socket(engine, NULL);

	if (next >= 0 && dup3(next, map->fd, O_CLOEXEC) >= 0)
		engine->parked = map->fd;
	else
		close(map->fd);
	if (next >= 0)
		close(next);
	map->fd = -1;
}

/*
 * Cut the active memory loose from its socket: a private copy takes the place of the mapping, at
 * the same address, so that packets lent out stay where they are; then the socket can close.
 */
static int afp_strand(struct afpacket *engine)
{
	struct afp_map *map = afp_active(engine);
	uint8_t *copy = mmap(NULL, map->bytes, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (copy == MAP_FAILED)
		return -errno;
	for (unsigned int unit = 0; unit < engine->unit_count; unit++) {
		size_t at = (size_t)unit * engine->unit_bytes;
		/* V3 blocks and V2 frames both begin so that only those of the user matter */
		const uint32_t *words = (const uint32_t *)(const void *)(map->memory + at);
		uint32_t status = engine->format->version == TPACKET_V3 ? words[2] : words[0];

		if (map->taken[unit] || (status & TP_STATUS_USER))
			memcpy(copy + at, map->memory + at, engine->unit_bytes);
	}
	pthread_mutex_lock(&engine->counters_lock);
	engine->counters_lost |= !read_counters(engine);
	replace_socket(engine, map);
	pthread_mutex_unlock(&engine->counters_lock);
	if (mremap(copy, map->bytes, map->bytes, MREMAP_MAYMOVE | MREMAP_FIXED, map->memory) ==
	    MAP_FAILED)
		return -errno;
	return 0;
}

/* A new socket in a free slot becomes the active one; nothing is received yet. */
static int new_socket(struct afpacket *engine, struct torc_error *error)
{
	for (unsigned int slot = 0; slot < AFP_MAPS; slot++) {
		struct afp_map *map = &engine->maps[slot];
		int fd;

		if (map->memory || map->fd >= 0)
			continue;
		fd = engine->parked >= 0      ? engine->parked :
		     engine->config.socket ? afp_given_socket(engine, error) :
					     afp_socket(engine, error);
		if (fd < 0)
			return fd;
		pthread_mutex_lock(&engine->counters_lock);
		map->fd = fd;
		engine->active = slot;
		engine->parked = -1;
		engine->filtering = engine->refusing = false;
		pthread_mutex_unlock(&engine->counters_lock);
		if (engine->config.flags & TORC_HW_TIMESTAMP && engine->ifindex)
			afp_hardware_timestamps(fd, engine->name);
		return 0;
	}
	return torc_error_set(error, -EBUSY, "packets of %s from before are still in use",
			      engine->name);
}

/* The membership belongs to a socket and an interface, and ends with either. */
static int use_promisc(struct afpacket *engine)
{
	struct afp_map *map = afp_active(engine);
	bool on = (engine->config.flags & TORC_PROMISC) != 0;
	int result = 0;

	if (map->fd < 0)
		return 0;
	if (map->promisc_ifindex && (!on || map->promisc_ifindex != engine->ifindex)) {
		afp_socket_promisc(map->fd, map->promisc_ifindex, false);
		map->promisc_ifindex = 0;
	}
	if (on && !map->promisc_ifindex)
		result = afp_socket_promisc(map->fd, engine->ifindex, true);
	if (on && result == 0)
		map->promisc_ifindex = engine->ifindex;
	return result;
}

/* ---- open and close ---- */

/*
 * The sizes; of a default buffer half, where the machine is small. What was asked for is refused before
 * it is cut into blocks, as a sentence about blocks helps nobody who asked for 64 GiB.
 */
static int choose_size(struct afpacket *engine, struct torc_error *error)
{
	bool is_default = engine->config.buffer_bytes == 0;
	struct torc_engine_config *config = &engine->config;
	int result = torc_memory_fair(config->buffer_bytes, "a buffer for", engine->name, error);

	if (result < 0)
		return result;
	for (;;) {
		uint64_t bytes;

		result = engine->format->set_size(engine);
		if (result < 0)
			return torc_error_set(error, result,
					      "a ring's buffer is 2 to 16777215 blocks");
		bytes = (uint64_t)engine->unit_bytes * engine->unit_count;
		result = torc_memory_fair(bytes, "a buffer for", engine->name, error);
		if (result == 0 || !is_default || bytes / 2 < BUFFER_LEAST)
			return result;
		config->buffer_bytes = bytes / 2;
	}
}

/* Once in a cluster a ring keeps what members need: without the right there will be no more. */
static void keep_spares(struct afpacket *engine, unsigned int count)
{
	if (engine->spares < count)
		torc_spares_hold(count - engine->spares);
	engine->spares = count;
}

/* No guesses: a wrong link type is every packet read wrongly, and loopback has each packet twice. */
static int learn_link(struct afpacket *engine, struct torc_error *error)
{
	int hatype = engine->ifindex ? afp_hatype(-1, engine->name) : ARPHRD_ETHER;
	int flags = engine->ifindex ? afp_interface_flags(-1, engine->name) : 0;

	if (hatype < 0 || flags < 0)
		return torc_error_set(error, hatype < 0 ? hatype : flags,
				      "cannot read the state of %s: %s", engine->name,
				      torc_strerror(hatype < 0 ? hatype : flags));
	engine->link_type = afp_link_type((uint16_t)hatype);
	engine->asks_link = engine->ifindex == 0 || engine->link_type != TORC_LINK_ETHERNET;
	engine->loopback = flags & IFF_LOOPBACK;
	return 0;
}

int afp_open(struct torc_engine **out, const struct torc_engine_config *config,
	     const struct afp_format *format, struct torc_error *error)
{
	struct afpacket *engine = calloc(1, sizeof(*engine));
	int result;

	if (!engine)
		return torc_error_set(error, -ENOMEM, "out of memory");
	for (unsigned int i = 0; i < AFP_MAPS; i++)
		engine->maps[i].fd = -1;
	engine->parked = -1;
	pthread_mutex_init(&engine->counters_lock, NULL);
	engine->format = format;
	engine->config = *config;
	engine->config.name = engine->config.settings = NULL;
	snprintf(engine->name, sizeof(engine->name), "%s", config->name);
	result = config->settings[0] ?
			 torc_error_set(error, -EINVAL, "%s takes no setting \"%s\"", config->name,
					config->settings) :
			 afp_find_interface(config->name, &engine->ifindex, error);
	if (result == 0)
		result = learn_link(engine, error);
	if (result == 0)
		result = new_socket(engine, error);
	if (result == 0)
		result = use_promisc(engine);
	if (result == 0)
		keep_spares(engine, SPARES_OF_RING);
	if (result == 0)
		result = choose_size(engine, error);
	if (result == 0 && config->flags & TORC_SYMMETRIC_RSS)
		result = torc_rss_symmetric(engine->name, error);
	if (result < 0) {
		afp_close((struct torc_engine *)(void *)engine);
		return result;
	}
	engine->missed_at_open = afp_missed_errors(afp_active(engine)->fd, engine->ifindex);
	*out = (struct torc_engine *)(void *)engine;
	return 0;
}

void afp_close(struct torc_engine *base)
{
	struct afpacket *engine = afpacket(base);

	if (engine->member && engine->running)
		torc_cluster_detach(engine->member);
	for (unsigned int i = 0; i < AFP_MAPS; i++)
		map_free(engine, &engine->maps[i]);
	if (engine->parked >= 0)
		close(engine->parked);
	torc_spares_release(engine->spares);
	if (engine->member && engine->running)
		torc_cluster_closed(engine->member);
	afp_sender_free(engine->sender);
	pthread_mutex_destroy(&engine->counters_lock);
	free(engine->filter.filter);
	free(engine);
}

/* ---- start and stop ---- */

/* The interface may have been renamed: remember its name, by which it is found again. */
static void follow_name(struct afpacket *engine)
{
	if (engine->ifindex)
		afp_interface_name(afp_active(engine)->fd, engine->ifindex, engine->name);
}

/* Any thread may be following it in afp_stats(). */
void afp_name(struct afpacket *engine, char name[IF_NAMESIZE])
{
	pthread_mutex_lock(&engine->counters_lock);
	memcpy(name, engine->name, IF_NAMESIZE);
	pthread_mutex_unlock(&engine->counters_lock);
}

static bool is_deleted(const struct afpacket *engine)
{
	char name[IF_NAMESIZE];

	return engine->ifindex && afp_interface_name(engine->maps[engine->active].fd,
						     engine->ifindex, name) == -ENODEV;
}

/* The interface may have been deleted and made anew: bind to the one of that name then. */
static int find_interface(struct afpacket *engine)
{
	int fd = afp_active(engine)->fd, ifindex, hatype;
	char name[IF_NAMESIZE];

	if (!is_deleted(engine))
		return 0;
	afp_name(engine, name);
	ifindex = afp_interface_index(fd, name);
	if (ifindex < 0)
		return ifindex;
	if (engine->locked)
		return -ENODEV; /* a filter that stays may know interfaces by number: this is another */
	hatype = afp_hatype(fd, name);
	if (hatype >= 0 && afp_link_type((uint16_t)hatype) != engine->link_type)
		return -ENODEV; /* another kind of interface under its name */
	pthread_mutex_lock(&engine->counters_lock);
	engine->ifindex = ifindex;
	engine->missed_at_open = afp_missed_errors(fd, ifindex); /* its count begins anew */
	engine->missed_before = engine->missed;
	pthread_mutex_unlock(&engine->counters_lock);
	return 0;
}

/* What happened to the interface while nobody listened is no news. */
static void forget_error(struct afpacket *engine)
{
	int code;
	socklen_t length = sizeof(code);

	getsockopt(afp_active(engine)->fd, SOL_SOCKET, SO_ERROR, &code, &length);
}

static int use_filter(struct afpacket *engine)
{
	int result = engine->locked ? 0 : afp_socket_filter(afp_active(engine)->fd, &engine->filter);

	engine->filtering = result == 0;
	engine->refusing = false;
	return result;
}

/* For some time, or for the rest of the socket's life: nobody is to take it for another's filter. */
static int refuse_all(struct afpacket *engine)
{
	engine->refusing = true;
	return afp_refuse_all(afp_active(engine)->fd);
}

/* In steps, so that the socket gets its share from the first packet on and nothing else before. */
static int join_group(struct afpacket *engine, struct torc_error *error)
{
	int result = torc_cluster_attach(engine->member, afp_active(engine)->fd, error);

	if (result == 0)
		result = use_filter(engine);
	if (result == 0)
		result = torc_cluster_serve(engine->member, error);
	return result;
}

int afp_start(struct torc_engine *base)
{
	struct afpacket *engine = afpacket(base);
	struct afp_map *map;
	int result;

	if (engine->running)
		return 0;
	if (afp_active(engine)->fd < 0 && (result = new_socket(engine, NULL)) < 0)
		return result;
	result = find_interface(engine);
	if (result == 0)
		result = use_promisc(engine);
	if (result < 0)
		return result;
	map = afp_active(engine);
	forget_error(engine);
	ignore_outgoing(engine);
	if (engine->config.mode == TORC_SEND_ONLY) {
		result = afp_bind(map->fd, engine->ifindex, NO_PROTOCOL);
		engine->running = result == 0;
		return result;
	}
	if (map->memory && map->retire_ms != engine->retire_ms && map->held == 0)
		map_unmake(engine);
	if (!map->memory && (result = map_make(engine)) < 0)
		return result;
	result = engine->member ? refuse_all(engine) : use_filter(engine);
	if (result == 0)
		result = afp_bind(map->fd, engine->ifindex, ETH_P_ALL);
	if (result == 0 && engine->member)
		result = join_group(engine, NULL);
	engine->running = result == 0;
	if (engine->running)
		engine->gone = engine->down = false;
	return result;
}

/*
 * The active socket leaves its group; what it received stays readable. The last one in a group gets
 * everything, whatever share it has: it refuses what comes while its counters are read.
 */
static int leave_group(struct afpacket *engine)
{
	int result = torc_cluster_detach(engine->member);

	refuse_all(engine);
	engine->format->settle(engine, afp_active(engine));
	if (afp_strand(engine) < 0) {
		replace_socket(engine, afp_active(engine));
		map_free(engine, afp_active(engine));
	}
	torc_cluster_closed(engine->member);
	return result;
}

/*
 * Nothing more comes in: bound to no protocol, or, where the kernel cannot do that (it is out of
 * memory), with a filter that refuses everything.
 */
static int silence(struct afpacket *engine)
{
	int fd = afp_active(engine)->fd, result = afp_bind(fd, engine->ifindex, NO_PROTOCOL);

	if (result == 0 || result == -ENODEV)
		return 0;
	if (refuse_all(engine) == 0) {
		afp_filter_settle();
		result = 0;
	}
	return result;
}

int afp_stop(struct torc_engine *base)
{
	struct afpacket *engine = afpacket(base);
	int result = 0;

	if (!engine->running)
		return 0;
	engine->running = false;
	if (engine->config.mode == TORC_SEND_ONLY)
		return 0;
	if (engine->member)
		return leave_group(engine);
	if (!engine->gone)
		result = silence(engine);
	engine->format->settle(engine, afp_active(engine));
	return result;
}

int afp_join(struct torc_engine *base, struct torc_cluster_member *member,
	     struct torc_error *error)
{
	struct afpacket *engine = afpacket(base);
	int result;

	engine->member = member;
	keep_spares(engine, SPARES_OF_RING + SPARES_OF_MEMBER);
	if (!engine->running || engine->config.mode == TORC_SEND_ONLY)
		return 0;
	result = join_group(engine, error);
	if (result < 0)
		engine->member = NULL;
	return result;
}

int afp_leave(struct torc_engine *base)
{
	struct afpacket *engine = afpacket(base);
	int result = 0, started = 0;

	if (engine->member && engine->running && engine->config.mode != TORC_SEND_ONLY) {
		result = leave_group(engine);
		engine->member = NULL;
		engine->running = false;
		started = afp_start(base);
	}
	engine->member = NULL;
	return started < 0 ? started : result;
}

/* ---- the interface's fate ---- */

/* Is there an interface of that name, up? */
static bool is_back(struct afpacket *engine)
{
	int fd = afp_active(engine)->fd, flags;
	char name[IF_NAMESIZE];

	afp_name(engine, name);
	flags = afp_interface_flags(fd, name);
	return flags >= 0 && flags & IFF_UP;
}

/* The kernel has let the socket go, or is about to. */
static bool is_lost(struct afpacket *engine)
{
	return is_deleted(engine) || (engine->ifindex && afp_bound_to(afp_active(engine)->fd) < 0);
}

static void lose(struct afpacket *engine)
{
	engine->gone = true;
	engine->down = false;
	afp_active(engine)->promisc_ifindex = 0; /* went with the interface */
}

/* It went down: deleted since, or up again, or neither? */
static void look_while_down(struct afpacket *engine)
{
	if (is_lost(engine))
		lose(engine);
	else if (is_back(engine))
		engine->down = false;
}

/*
 * A socket whose interface goes down has ENETDOWN as its error, once; when the interface is up
 * again the kernel delivers again by itself. An interface that is deleted goes down first, and
 * the deletion makes no error of its own then, so while it is down we look. (A second error means
 * that it was up in between.) When the name comes back the engine is to be started anew. The ring is
 * told once for each outage, of what was seen first.
 */
int afp_check(struct torc_engine *base)
{
	struct afpacket *engine = afpacket(base);
	int code = 0;
	socklen_t length = sizeof(code);

	if (engine->gone) /* also when a start for it has failed */
		return is_back(engine) && find_interface(engine) == 0 ? ENGINE_RESTART : 0;
	if (!engine->running || afp_active(engine)->fd < 0)
		return 0;
	if (engine->member)
		torc_cluster_check(engine->member);
	if (getsockopt(afp_active(engine)->fd, SOL_SOCKET, SO_ERROR, &code, &length) < 0)
		return 0;
	if (code != ENETDOWN && !engine->saw_down) {
		if (engine->down)
			look_while_down(engine);
		return 0;
	}
	engine->saw_down = false;
	if (is_lost(engine)) {
		lose(engine);
		return -ENODEV;
	}
	engine->down = true;
	return -ENETDOWN;
}

/* Memory without a socket makes no descriptor readable; nor does an interface that comes back. */
int64_t afp_due_ns(struct torc_engine *base)
{
	struct afpacket *engine = afpacket(base);

	for (unsigned int i = 0; i < AFP_MAPS; i++) {
		struct afp_map *map = &engine->maps[i];

		if (map->memory && map != afp_active(engine) &&
		    (!engine->format->drained(engine, map) || (map->held && engine->left)))
			return 0;
	}
	return engine->gone || engine->down ? GONE_RETRY_NS : -1;
}

unsigned int afp_fds(struct torc_engine *base, int *fds, unsigned int max)
{
	struct afpacket *engine = afpacket(base);

	if (max == 0 || afp_active(engine)->fd < 0 || engine->config.mode == TORC_SEND_ONLY)
		return 0;
	fds[0] = afp_active(engine)->fd;
	return 1;
}

/* ---- settings ---- */

int afp_set_filter(struct torc_engine *base, const struct sock_fprog *program)
{
	struct afpacket *engine = afpacket(base);
	struct sock_filter *copy = NULL;
	size_t bytes = program ? program->len * sizeof(*copy) : 0;
	int result;

	if (engine->locked)
		return bytes > 0 ? -EOPNOTSUPP : 0; /* the ring filters what comes */
	if (bytes > 0) {
		copy = malloc(bytes);
		if (!copy)
			return -ENOMEM;
		memcpy(copy, program->filter, bytes);
	}
	if (engine->running && afp_active(engine)->fd >= 0) {
		struct sock_fprog next = { .len = program ? program->len : 0, .filter = copy };

		result = afp_socket_filter(afp_active(engine)->fd, &next);
		engine->filtering |= result == 0;
		if (result < 0) {
			free(copy);
			return result;
		}
		afp_filter_settle();
	}
	free(engine->filter.filter);
	engine->filter = (struct sock_fprog){ .len = program ? program->len : 0, .filter = copy };
	return 0;
}

/*
 * With it the kernel does not even show outgoing packets to the socket; kernels before 4.20 do not
 * know it. true: none will come, outside of fanout groups, which have a flag of their own.
 */
static bool ignore_outgoing(const struct afpacket *engine)
{
	int on = engine->direction == TORC_RX_ONLY;
	int fd = engine->maps[engine->active].fd;

	return fd >= 0 && setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)) == 0 && on;
}

int afp_set_direction(struct torc_engine *base, enum torc_direction direction)
{
	struct afpacket *engine = afpacket(base);
	bool kept;

	engine->direction = direction;
	kept = ignore_outgoing(engine);
	return engine->locked && direction != TORC_RX_AND_TX && !kept ? -EOPNOTSUPP : kept;
}

int afp_set_promisc(struct torc_engine *base, bool on)
{
	struct afpacket *engine = afpacket(base);
	uint32_t before = engine->config.flags;
	int result;

	engine->config.flags = on ? before | TORC_PROMISC : before & ~(uint32_t)TORC_PROMISC;
	result = use_promisc(engine);
	if (result < 0)
		engine->config.flags = before;
	return result;
}

int afp_set_mode(struct torc_engine *base, enum torc_mode mode)
{
	afpacket(base)->config.mode = mode;
	return 0;
}

/* ---- counters and information ---- */

/*
 * tp_packets of PACKET_STATISTICS includes tp_drops, and reading resets both. False: they could not
 * be read now, and are still there.
 */
static bool read_counters(struct afpacket *engine)
{
	union tpacket_stats_u counters = { 0 };
	socklen_t length = sizeof(counters);
	int fd = afp_active(engine)->fd;

	if (fd < 0)
		return true;
	if (getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &counters, &length) < 0)
		return false;
	engine->seen += counters.stats1.tp_packets;
	engine->dropped += counters.stats1.tp_drops;
	if (engine->format->version == TPACKET_V3)
		engine->freezes += counters.stats3.tp_freeze_q_cnt;
	return true;
}

int afp_stats(struct torc_engine *base, struct torc_engine_stats *stats)
{
	struct afpacket *engine = afpacket(base);
	uint64_t now;
	bool known;

	pthread_mutex_lock(&engine->counters_lock);
	known = read_counters(engine) && !engine->counters_lost;
	follow_name(engine);
	now = engine->missed_at_open != TORC_UNKNOWN ?
		      afp_missed_errors(afp_active(engine)->fd, engine->ifindex) :
		      TORC_UNKNOWN;
	if (now != TORC_UNKNOWN)
		engine->missed = engine->missed_before + now - engine->missed_at_open;
	stats->seen = known ? engine->seen : TORC_UNKNOWN;
	stats->dropped = known ? engine->dropped : TORC_UNKNOWN;
	stats->freezes = engine->format->version == TPACKET_V3 ? engine->freezes : TORC_UNKNOWN;
	stats->card_missed = now != TORC_UNKNOWN ? engine->missed : TORC_UNKNOWN;
	pthread_mutex_unlock(&engine->counters_lock);
	stats->sent = __atomic_load_n(&engine->sent, __ATOMIC_RELAXED);
	stats->sent_bytes = __atomic_load_n(&engine->sent_bytes, __ATOMIC_RELAXED);
	stats->send_errors = __atomic_load_n(&engine->send_errors, __ATOMIC_RELAXED);
	stats->send_full = __atomic_load_n(&engine->send_full, __ATOMIC_RELAXED);
	return 0;
}

void afp_info(struct torc_engine *base, struct torc_engine_info *info)
{
	struct afpacket *engine = afpacket(base);
	int fd = afp_active(engine)->fd;

	*info = (struct torc_engine_info){ .detail = "", .link_type = engine->link_type,
					   .ifindex = engine->ifindex, .mtu = 65535,
					   .queue_count = 1, .loopback = engine->loopback,
					   .locked = engine->locked,
					   .block_bytes = engine->block_bytes };
	info->buffer_bytes = (uint64_t)engine->unit_bytes * engine->unit_count;
	afp_name(engine, info->name);
	if (!engine->ifindex)
		return;
	afp_interface_name(fd, engine->ifindex, info->name);
	info->mtu = afp_mtu(fd, info->name);
	info->queue_count = afp_queue_count(fd, info->name);
	if (engine->link_type == TORC_LINK_ETHERNET)
		afp_address(fd, info->name, info->address);
}

/* ---- packets ---- */

/*
 * The kernel took the outer tag out of the bytes and tells it beside them (tp_vlan_tci, tp_vlan_tpid;
 * neither tp_len nor tp_snaplen counts it). The two addresses move four bytes towards the front,
 * into the headroom that PACKET_RESERVE left, and the tag goes between them and the type: the
 * packet itself is not copied.
 */
void afp_restore_tag(struct torc_packet *packet, uint16_t tci, uint16_t tpid, uint32_t snaplen)
{
	uint8_t *data = (uint8_t *)(uintptr_t)packet->data;

	packet->len += AFP_TAG_BYTES;
	packet->flags |= TORC_PACKET_VLAN_RESTORED;
	if (packet->caplen < 2 * ETH_ALEN)
		return;
	memmove(data - AFP_TAG_BYTES, data, 2 * ETH_ALEN);
	data -= AFP_TAG_BYTES;
	data[12] = (uint8_t)(tpid >> 8);
	data[13] = (uint8_t)tpid;
	data[14] = (uint8_t)(tci >> 8);
	data[15] = (uint8_t)tci;
	packet->data = data;
	packet->caplen += AFP_TAG_BYTES;
	if (packet->caplen > snaplen)
		packet->caplen = snaplen;
}
