/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * afxdp_open.c - opening and closing an AF_XDP engine, and finding its interface again
 *
 * Everything that can be refused is refused when the ring opens: the privilege, a foreign program,
 * the default route, memory that may not be locked, a queue that is another's.
 */
#include <errno.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/afpacket.h"
#include "engine/afxdp.h"
#include "engine/rss.h"
#include "util/error.h"

#define BUFFER_DEFAULT  (32u << 20)
#define FRAMES_LEAST    256u
#define FRAMES_MOST     (1u << 16)
#define FRAMES_SENDING  64u /* received frames of a ring that only sends: the kernel wants some */

struct settings {
	bool take, tap;
	bool generic;
	uint32_t busy_poll_us;
};

static bool key_is(const char *setting, size_t length, const char *key)
{
	return strlen(key) == length && !memcmp(setting, key, length);
}

static int read_setting(struct settings *settings, const char *setting, size_t key_length,
			const char *value, struct torc_error *error)
{
	char *end;
	unsigned long number = strtoul(value, &end, 10);
	bool numeric = end != value && (*end == 0 || *end == ';');

	if (key_is(setting, key_length, "take") && numeric && number < 2)
		settings->take = number;
	else if (key_is(setting, key_length, "generic") && numeric && number < 2)
		settings->generic = number;
	else if (key_is(setting, key_length, "busypoll") && numeric && number <= 1000000)
		settings->busy_poll_us = (uint32_t)number;
	else if (key_is(setting, key_length, "mode") && strcspn(value, ";") == 3 &&
		 !strncmp(value, "tap", 3))
		settings->tap = true;
	else
		return torc_error_set(error, -EINVAL,
				      "xdp: has no setting '%.40s': take=0|1, mode=tap, generic=0|1, "
				      "busypoll=MICROSECONDS",
				      setting);
	return 0;
}

static int read_settings(struct settings *settings, const char *text, struct torc_error *error)
{
	int result = 0;

	while (text && *text && result == 0) {
		size_t length = strcspn(text, ";"), key = strcspn(text, "=;");

		if (length > 0)
			result = read_setting(settings, text, key,
					      text[key] == '=' ? text + key + 1 : "", error);
		text += length + (text[length] == ';');
	}
	if (result == 0 && settings->tap && settings->busy_poll_us)
		return torc_error_set(error, -EINVAL, "mode=tap has no socket to busy-poll");
	return result;
}

/* ---- open ---- */

/* Can this interface be received by AF_XDP at all, and may it be taken from the host? */
static int check_device(const struct torc_engine *engine, bool take, struct torc_error *error)
{
	const struct afxdp_link *device = &engine->device;
	int result;

	if (device->mtu > afxdp_link_mtu_limit())
		return torc_error_set(error, -EOPNOTSUPP,
				      "%s has an MTU of %u, and an AF_XDP frame has room for %u: lower "
				      "the MTU, or open it without xdp:",
				      device->name, device->mtu, afxdp_link_mtu_limit());
	if (take || engine->tap || engine->config.mode == TORC_SEND_ONLY)
		return 0;
	result = afxdp_link_has_default_route(device->ifindex);
	if (result < 0)
		return torc_error_set(error, result, "cannot read the routing table: %s",
				      torc_strerror(result));
	if (result > 0)
		return torc_error_set(error, -EADDRINUSE,
				      "%s carries the default route, and xdp: takes its packets away "
				      "from the host: use 'xdp:%s;take=1' if that is meant",
				      device->name, device->name);
	return 0;
}

static uint32_t power_of_two_below(uint64_t number)
{
	uint32_t power = FRAMES_LEAST;

	while (power < FRAMES_MOST && (uint64_t)power * 2 <= number)
		power *= 2;
	return power;
}

static void close_queues(struct torc_engine *engine)
{
	for (uint32_t i = 0; i < engine->queue_count; i++)
		afxdp_queue_close(&engine->queues[i]);
	engine->queue_count = 0;
}

static int open_queues_with(struct torc_engine *engine, uint32_t frame_bytes, uint32_t frames,
			    bool sends, struct torc_error *error)
{
	for (uint32_t id = 0; id < AFXDP_MAX_QUEUES; id++) {
		uint32_t tx_count = sends && engine->queue_count == 0 ? AFXDP_TX_FRAMES : 0;
		struct afxdp_queue *queue = &engine->queues[engine->queue_count];
		int result;

		if (!(engine->queue_mask >> id & 1))
			continue;
		if (engine->tap && engine->port)
			result = afxdp_tap_open(queue, id, frame_bytes, frames, error);
		else
			result = afxdp_queue_open(queue, &engine->device, id, frame_bytes, frames,
						  tx_count, engine->port && engine->port->generic,
						  error);
		if (result < 0) {
			close_queues(engine);
			return result;
		}
		engine->queue_count++;
		if (!engine->port)
			break; /* one queue is enough to send */
	}
	return 0;
}

static uint32_t frame_bytes_of(const struct torc_engine *engine)
{
	uint32_t room = AFXDP_KERNEL_HEADROOM + AFXDP_HEADROOM + AFXDP_LONGEST_HEADER;
	uint32_t bytes = 2048, most = engine->tap ? UINT32_MAX / 2 : (uint32_t)getpagesize();

	while (bytes < most && bytes < engine->device.mtu + room)
		bytes *= 2;
	return bytes;
}

/* As many frames as the buffer asks for; without a wish, as many as may be locked. */
static int open_queues(struct torc_engine *engine, struct torc_error *error)
{
	uint32_t queues = (uint32_t)__builtin_popcountll(engine->queue_mask);
	uint32_t frame_bytes = frame_bytes_of(engine);
	uint64_t bytes = engine->config.buffer_bytes ? engine->config.buffer_bytes : BUFFER_DEFAULT;
	uint32_t frames = power_of_two_below(bytes / queues / frame_bytes);
	int result;

	if (!engine->port)
		frames = FRAMES_SENDING;
	engine->queues = calloc(queues, sizeof(*engine->queues));
	if (!engine->queues)
		return torc_error_set(error, -ENOMEM, "out of memory");
	do {
		result = open_queues_with(engine, frame_bytes, frames,
					  engine->config.mode != TORC_RECV_ONLY, error);
		engine->buffer_bytes = (uint64_t)frames * frame_bytes * queues;
		frames /= 2;
	} while (result == -ENOBUFS && !engine->config.buffer_bytes && frames >= FRAMES_LEAST);
	return result;
}

static int choose_queues(struct torc_engine *engine, struct torc_error *error)
{
	uint64_t there = afxdp_link_queues(&engine->device), wanted = engine->config.channel_mask;
	uint32_t count = engine->device.queue_count;

	if (count > AFXDP_MAX_QUEUES && wanted == UINT64_MAX)
		return torc_error_set(error, -EOPNOTSUPP,
				      "%s has %u queues, an AF_XDP ring takes %u: 'ethtool -L %s "
				      "combined %u'",
				      engine->device.name, count, AFXDP_MAX_QUEUES,
				      engine->device.name, AFXDP_MAX_QUEUES);
	if (wanted != UINT64_MAX && (wanted & ~there))
		return torc_error_set(error, -EINVAL, "%s has receive queues 0 to %u only",
				      engine->device.name, count - 1);
	engine->queue_mask = wanted & there;
	return 0;
}

static void join_port(struct torc_engine *engine)
{
	pthread_mutex_lock(&engine->port->lock);
	engine->next_on_port = engine->port->engines;
	engine->port->engines = engine;
	pthread_mutex_unlock(&engine->port->lock);
}

static void leave_port(struct torc_engine *engine)
{
	struct torc_engine **at = &engine->port->engines;

	pthread_mutex_lock(&engine->port->lock);
	while (*at && *at != engine)
		at = &(*at)->next_on_port;
	if (*at)
		*at = engine->next_on_port;
	pthread_mutex_unlock(&engine->port->lock);
	afxdp_port_put(engine->port);
	engine->port = NULL;
}

/* 1: another ring or process has the queues already: only a cluster makes both receive. */
static int become_guest(struct torc_engine *engine, struct torc_error *error)
{
	const struct torc_engine *host = NULL;
	int result = 0;

	if (!engine->port)
		return 0;
	pthread_mutex_lock(&engine->port->lock);
	host = afxdp_share_host(engine);
	if (host) {
		engine->buffer_bytes = host->buffer_bytes;
		result = host->tap == engine->tap ? 1 : -EBUSY;
	} else if (engine->port->foreign) {
		result = engine->tap ? -EBUSY : 1;
	}
	pthread_mutex_unlock(&engine->port->lock);
	if (result < 0)
		torc_error_set(error, result, "another ring has %s with%s mode=tap",
			       engine->device.name, engine->tap ? "out" : "");
	return result;
}

/* Two rings that open at once: one has the sockets, the other is its guest. */
static pthread_mutex_t opening = PTHREAD_MUTEX_INITIALIZER;

/* Before Linux 5.18 the program that copies is refused: say so now. */
static int try_copying(struct torc_engine *engine, struct torc_error *error)
{
	int result;

	pthread_mutex_lock(&engine->port->lock);
	result = afxdp_try_program(engine, error);
	pthread_mutex_unlock(&engine->port->lock);
	if (result == -EINVAL)
		return torc_error_set(error, -EOPNOTSUPP,
				      "mode=tap needs Linux 5.18: open %s without xdp:",
				      engine->device.name);
	return result;
}

/* Program and sockets on the interface that engine->device describes. */
static int open_on_device(struct torc_engine *engine, struct torc_error *error)
{
	int result = choose_queues(engine, error);
	uint32_t most = frame_bytes_of(engine) - AFXDP_HEADROOM;

	if (engine->tap && engine->snaplen > most)
		engine->snaplen = most; /* of what was merged on its way here the rest is cut off */
	if (result == 0 && engine->config.mode != TORC_SEND_ONLY) {
		result = afxdp_port_get(&engine->port, &engine->device, !engine->generic, error);
		if (result == 0)
			join_port(engine);
	}
	pthread_mutex_lock(&opening);
	if (result == 0)
		result = become_guest(engine, error);
	if (result == 0)
		result = open_queues(engine, error);
	pthread_mutex_unlock(&opening);
	if (result > 0)
		result = 0;
	if (result == 0 && engine->tap && engine->port && engine->queue_count > 0)
		result = try_copying(engine, error);
	for (uint32_t i = 0; result == 0 && engine->busy_poll_us && i < engine->queue_count; i++) {
		result = afxdp_queue_busy_poll(&engine->queues[i], engine->busy_poll_us);
		if (result < 0)
			torc_error_set(error, result, "no busy polling on %s: %s (it needs "
				       "CAP_NET_ADMIN and Linux 5.11)",
				       engine->device.name, torc_strerror(result));
	}
	for (uint32_t i = 0; result == 0 && engine->port && i < engine->queue_count; i++)
		result = afxdp_watch(engine, engine->queues[i].fd);
	return result;
}

static void close_on_device(struct torc_engine *engine)
{
	if (engine->port) {
		pthread_mutex_lock(&engine->port->lock);
		afxdp_share_pass_on(engine);
		pthread_mutex_unlock(&engine->port->lock);
	}
	close_queues(engine);
	if (engine->port)
		leave_port(engine);
	free(engine->queues);
	engine->queues = NULL;
}

static int open_monitor(struct torc_engine *engine, struct torc_error *error)
{
	int result = engine->epoll = epoll_create1(EPOLL_CLOEXEC);

	if (result < 0)
		return torc_error_set(error, -errno, "no epoll: %s", torc_strerror(errno));
	result = engine->monitor = afxdp_link_monitor();
	if (result >= 0)
		result = afxdp_watch(engine, engine->monitor);
	if (result < 0)
		torc_error_set(error, result, "no netlink socket: %s", torc_strerror(result));
	return result;
}

static int open_device(struct torc_engine *engine, const char *name, const char *text,
		       struct torc_error *error)
{
	struct settings settings = { 0 };
	int ifindex, result = read_settings(&settings, text, error);

	if (result < 0)
		return result;
	engine->generic = settings.generic;
	engine->tap = settings.tap;
	engine->busy_poll_us = settings.busy_poll_us;
	result = afp_find_interface(name, &ifindex, error);
	if (result < 0)
		return result;
	if (ifindex == 0)
		return torc_error_set(error, -EOPNOTSUPP, "xdp: takes interfaces by name, not \"%s\"",
				      name);
	result = afxdp_link_get(&engine->device, NULL, ifindex);
	if (result < 0)
		return torc_error_set(error, result, "cannot read the state of %s: %s", name,
				      torc_strerror(result));
	result = open_monitor(engine, error);
	if (result == 0)
		result = check_device(engine, settings.take, error);
	if (result == 0)
		result = open_on_device(engine, error);
	if (result == 0 && engine->config.flags & TORC_SYMMETRIC_RSS)
		result = torc_rss_symmetric(engine->device.name, error);
	return result;
}

int afxdp_open(struct torc_engine **opened, const struct torc_engine_config *config,
	       struct torc_error *error)
{
	struct torc_engine *engine = calloc(1, sizeof(*engine));
	int result;

	if (!engine)
		return torc_error_set(error, -ENOMEM, "out of memory");
	engine->monitor = engine->packet_socket = engine->epoll = engine->wake = -1;
	pthread_mutex_init(&engine->queues_lock, NULL);
	engine->config = *config;
	engine->config.name = engine->config.settings = NULL;
	engine->snaplen = config->snaplen ? config->snaplen : TORC_SNAPLEN_DEFAULT;
	result = open_device(engine, config->name, config->settings, error);
	if (result == 0 && config->flags & TORC_PROMISC) {
		result = afxdp_set_promisc(engine, true);
		if (result < 0)
			torc_error_set(error, result, "no promiscuous mode on %s: %s",
				       engine->device.name, torc_strerror(result));
	}
	if (result < 0) {
		afxdp_close(engine);
		return result;
	}
	*opened = engine;
	return 0;
}

void afxdp_close(struct torc_engine *engine)
{
	afxdp_stop(engine);
	afxdp_leave(engine);
	close_on_device(engine);
	afxdp_blocks_free(engine);
	free(engine->filter);
	if (engine->monitor >= 0)
		close(engine->monitor);
	if (engine->epoll >= 0)
		close(engine->epoll);
	if (engine->packet_socket >= 0)
		close(engine->packet_socket);
	pthread_mutex_destroy(&engine->queues_lock);
	free(engine);
}

/* ---- the packet socket ---- */

int afxdp_packet_socket(struct torc_engine *engine)
{
	/* protocol 0: it receives nothing */
	if (engine->packet_socket < 0)
		engine->packet_socket = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	return engine->packet_socket < 0 ? -errno : engine->packet_socket;
}

int afxdp_set_promisc(struct torc_engine *engine, bool on)
{
	struct packet_mreq request = { .mr_ifindex = engine->device.ifindex,
				       .mr_type = PACKET_MR_PROMISC };
	int fd = afxdp_packet_socket(engine);

	if (fd < 0)
		return fd;
	if (on == engine->promisc)
		return 0;
	if (setsockopt(fd, SOL_PACKET, on ? PACKET_ADD_MEMBERSHIP : PACKET_DROP_MEMBERSHIP, &request,
		       sizeof(request)) < 0)
		return -errno;
	engine->promisc = on;
	return 0;
}

/* ---- the interface's fate ---- */

/* Packets of the old one lie in its memory: in its rings, or lent out. */
static bool holds_packets(struct torc_engine *engine)
{
	return afxdp_queued(engine) > 0 || engine->free_count < engine->block_count;
}

/* Open everything anew, on the interface that has the name now. */
static int move_to(struct torc_engine *engine, const struct afxdp_link *found)
{
	bool promisc = engine->promisc;
	int result;

	engine->receiving = engine->promisc = false;
	pthread_mutex_lock(&engine->queues_lock);
	afxdp_keep_counters(engine);
	close_on_device(engine);
	engine->base_seen = engine->base_dropped = 0;
	engine->device = *found;
	engine->next_queue = 0;
	engine->lent = false;
	result = open_on_device(engine, NULL);
	if (result < 0)
		close_on_device(engine);
	pthread_mutex_unlock(&engine->queues_lock);
	engine->gone = result < 0;
	if (promisc)
		afxdp_set_promisc(engine, true);
	return result;
}

/*
 * Before the ring receives: its interface was deleted, or what it holds there is a cluster's that it
 * has left. Then it begins anew with what has the name.
 */
int afxdp_find_again(struct torc_engine *engine)
{
	bool others = engine->port && (engine->lent || engine->port->foreign);
	struct afxdp_link found;
	int result = engine->gone ? -ENODEV : afxdp_link_get(&found, NULL, engine->device.ifindex);

	if (engine->group)
		return result == -ENODEV ? result : 0; /* a cluster is closed and made anew */
	if (result != -ENODEV && !others)
		return 0; /* or nobody knows */
	result = afxdp_link_get(&found, engine->device.name, 0);
	if (result == 0 && !(found.flags & IFF_UP))
		result = -ENETDOWN;
	if (result == 0 && holds_packets(engine))
		result = -EBUSY;
	return result < 0 ? result : move_to(engine, &found);
}

/*
 * Called when nothing is at hand. Each change is told once. The monitor only tells of what is not
 * as it was when it was asked, so that a change which is over again is known too.
 */
int afxdp_check(struct torc_engine *engine)
{
	bool changed = afxdp_link_changed(engine->monitor), was_down = engine->down;
	struct afxdp_link now;
	int result;

	if (!engine->running)
		return 0;
	if (engine->gone || engine->waiting) {
		afxdp_wait(engine);
		return 0;
	}
	if (!changed && engine->checked)
		return 0;
	engine->checked = true;
	result = afxdp_link_get(&now, NULL, engine->device.ifindex);
	if (result == -ENODEV) {
		engine->gone = true;
		return -ENODEV;
	}
	if (result < 0)
		return 0;
	memcpy(engine->device.name, now.name, sizeof(now.name));
	engine->down = !(now.flags & IFF_UP);
	if (engine->down == was_down && !changed)
		return 0;
	engine->checked = false; /* once more, lest it changed again before the monitor knew */
	afxdp_link_monitor_for(engine->monitor, engine->device.ifindex, !engine->down);
	return engine->down || !was_down ? -ENETDOWN : 0;
}
