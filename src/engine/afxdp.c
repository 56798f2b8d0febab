/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * afxdp.c - frames by AF_XDP: the fast engine, device strings "xdp:..."
 *
 * What a ring gets here it takes away from the host: no protocol of the host, no packet socket and
 * no tcpdump sees a packet that reached an AF_XDP socket. What the ring's filter refuses, and what
 * arrives while the ring is disabled, stays with the host. Outgoing packets do not pass XDP: the
 * engine receives only.
 *
 * Settings: take=1        also on an interface that carries a default route
 *           generic=1     do not try the driver's own XDP support
 *           busy_poll=N   drive the card from poll() for up to N microseconds instead of waiting
 *                         for its interrupt
 *
 * Needs CAP_NET_RAW (socket), CAP_BPF (map, program), CAP_NET_ADMIN (attach); Linux 5.9.
 * Interface: Documentation/networking/af_xdp.rst.
 */
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/membarrier.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bpf/bpf.h"
#include "engine/afxdp.h"
#include "util/error.h"

#define BUFFER_DEFAULT  (32u << 20)
#define FRAMES_LEAST    256u
#define FRAMES_MOST     (1u << 16)
#define FRAMES_SENDING  64u /* received frames of a ring that only sends: the kernel wants some */
#define LONGEST_HEADER  22u /* Ethernet and two VLAN tags */

struct settings {
	bool take;
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
	else if (key_is(setting, key_length, "busy_poll") && numeric && number <= 1000000)
		settings->busy_poll_us = (uint32_t)number;
	else if (key_is(setting, key_length, "mode") && !strncmp(value, "tap", 3))
		return torc_error_set(error, -EOPNOTSUPP,
				      "XDP gives a packet to the host or to the ring, never to both: to "
				      "watch beside the host open the interface without xdp:");
	else
		return torc_error_set(error, -EINVAL,
				      "xdp: has no setting '%.40s': take=0|1, generic=0|1, "
				      "busy_poll=MICROSECONDS",
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
	return result;
}

/* ---- open ---- */

/* Can this interface be received by AF_XDP at all, and may it be taken from the host? */
static int check_device(const struct torc_engine *engine, const struct settings *settings,
			bool receives, struct torc_error *error)
{
	const struct afxdp_link *device = &engine->device;
	uint32_t longest = (uint32_t)getpagesize() - AFXDP_KERNEL_HEADROOM - AFXDP_HEADROOM;
	int result;

	if (device->type != ARPHRD_ETHER && device->type != ARPHRD_LOOPBACK)
		return torc_error_set(error, -EMEDIUMTYPE, "%s is not Ethernet-like: open it without "
				      "xdp:", device->name);
	if (!(device->flags & IFF_UP))
		return torc_error_set(error, -ENETDOWN, "%s is down: 'ip link set %s up'",
				      device->name, device->name);
	if (device->mtu + LONGEST_HEADER > longest)
		return torc_error_set(error, -EOPNOTSUPP,
				      "%s has an MTU of %u, an AF_XDP frame holds %u: lower the MTU, or "
				      "open it without xdp:",
				      device->name, device->mtu, longest - LONGEST_HEADER);
	if (!receives || settings->take)
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
		int result;

		if (!(engine->queue_mask >> id & 1))
			continue;
		result = afxdp_queue_open(&engine->queues[engine->queue_count], &engine->device, id,
					  frame_bytes, frames, tx_count,
					  engine->port && engine->port->generic, error);
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

/* As many frames as the buffer asks for; without a wish, as many as may be locked. */
static int open_queues(struct torc_engine *engine, const struct torc_engine_config *config,
		       struct torc_error *error)
{
	uint32_t queues = (uint32_t)__builtin_popcountll(engine->queue_mask);
	uint32_t room = AFXDP_KERNEL_HEADROOM + AFXDP_HEADROOM + LONGEST_HEADER;
	uint32_t frame_bytes = engine->device.mtu + room <= 2048 ? 2048 : (uint32_t)getpagesize();
	uint64_t bytes = config->buffer_bytes ? config->buffer_bytes : BUFFER_DEFAULT;
	uint32_t frames = power_of_two_below(bytes / queues / frame_bytes);
	int result;

	if (!engine->port)
		frames = FRAMES_SENDING;
	engine->queues = calloc(queues, sizeof(*engine->queues));
	if (!engine->queues)
		return torc_error_set(error, -ENOMEM, "out of memory");
	do {
		result = open_queues_with(engine, frame_bytes, frames,
					  config->mode != TORC_RECV_ONLY, error);
		engine->buffer_bytes = (uint64_t)frames * frame_bytes * queues;
		frames /= 2;
	} while (result == -ENOBUFS && config->buffer_bytes == 0 && frames >= FRAMES_LEAST);
	return result;
}

static int choose_queues(struct torc_engine *engine, uint64_t wanted, struct torc_error *error)
{
	uint32_t count = engine->device.queue_count;
	uint64_t there = afxdp_link_queues(&engine->device);

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

static int afxdp_set_promisc(struct torc_engine *engine, bool on)
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

static int afxdp_stop(struct torc_engine *engine);

static void afxdp_close(struct torc_engine *engine)
{
	afxdp_stop(engine);
	close_queues(engine);
	if (engine->port)
		leave_port(engine);
	afxdp_blocks_free(engine);
	free(engine->queues);
	free(engine->filter);
	if (engine->monitor >= 0)
		close(engine->monitor);
	if (engine->packet_socket >= 0)
		close(engine->packet_socket);
	free(engine);
}

static int open_device(struct torc_engine *engine, const struct torc_engine_config *config,
		       struct torc_error *error)
{
	struct settings settings = { 0 };
	bool receives = config->mode != TORC_SEND_ONLY;
	int result = read_settings(&settings, config->settings, error);

	if (result < 0)
		return result;
	engine->busy_poll_us = settings.busy_poll_us;
	result = afxdp_link_get(&engine->device, config->name, 0);
	if (result < 0)
		return torc_error_set(error, result, "no interface %s: %s", config->name,
				      torc_strerror(result));
	engine->monitor = result = afxdp_link_monitor();
	if (result < 0)
		return torc_error_set(error, result, "no netlink socket: %s", torc_strerror(result));
	result = check_device(engine, &settings, receives, error);
	if (result == 0)
		result = choose_queues(engine, config->channel_mask, error);
	if (result == 0 && receives) {
		result = afxdp_port_get(&engine->port, &engine->device, !settings.generic, error);
		if (result == 0)
			join_port(engine);
	}
	if (result == 0)
		result = open_queues(engine, config, error);
	return result;
}

static int afxdp_open(struct torc_engine **opened, const struct torc_engine_config *config,
		      struct torc_error *error)
{
	struct torc_engine *engine = calloc(1, sizeof(*engine));
	int result;

	if (!engine)
		return torc_error_set(error, -ENOMEM, "out of memory");
	engine->monitor = engine->packet_socket = -1;
	engine->snaplen = config->snaplen ? config->snaplen : TORC_SNAPLEN_DEFAULT;
	result = open_device(engine, config, error);
	for (uint32_t i = 0; result == 0 && engine->busy_poll_us && i < engine->queue_count; i++) {
		result = afxdp_queue_busy_poll(&engine->queues[i], engine->busy_poll_us);
		if (result < 0)
			torc_error_set(error, result, "no busy polling on %s: %s (it needs "
				       "CAP_NET_ADMIN and Linux 5.11)",
				       engine->device.name, torc_strerror(result));
	}
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

int afxdp_packet_socket(struct torc_engine *engine)
{
	/* protocol 0: it receives nothing */
	if (engine->packet_socket < 0)
		engine->packet_socket = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	return engine->packet_socket < 0 ? -errno : engine->packet_socket;
}

/* ---- start and stop ---- */

/* Wait until no processor is in the middle of a program that was just changed: softirqs are RCU
 * readers, and this is synchronize_rcu(). */
static void let_packets_pass(void)
{
	syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
}

static bool queues_are_taken(const struct torc_engine *engine)
{
	for (const struct torc_engine *e = engine->port->engines; e; e = e->next_on_port) {
		if (e != engine && e->running && (e->queue_mask & engine->queue_mask))
			return true;
	}
	return false;
}

/* What came between stop() and here belongs to nobody. */
static void discard_stragglers(struct afxdp_queue *queue)
{
	struct xdp_desc descs[AFXDP_BLOCK_PACKETS];
	uint32_t count;

	while ((count = afxdp_queue_take(queue, descs, AFXDP_BLOCK_PACKETS)) > 0) {
		afxdp_queue_give_back(queue, descs, count);
		__atomic_fetch_add(&queue->stragglers, count, __ATOMIC_RELAXED);
	}
}

static int start_on_port(struct torc_engine *engine)
{
	int result = queues_are_taken(engine) ? -EBUSY : 0;

	if (result < 0)
		return result;
	engine->running = true;
	for (uint32_t i = 0; i < engine->queue_count && result == 0; i++) {
		struct afxdp_queue *queue = &engine->queues[i];

		discard_stragglers(queue);
		result = torc_bpf_map_update(engine->port->map, &queue->id, &queue->fd);
	}
	return result < 0 ? result : afxdp_port_reload(engine->port, NULL);
}

static void stop_on_port(struct torc_engine *engine)
{
	engine->running = false;
	for (uint32_t i = 0; i < engine->queue_count; i++)
		torc_bpf_map_delete(engine->port->map, &engine->queues[i].id);
	/* Should this fail, the program that stays finds no sockets in the map. */
	afxdp_port_reload(engine->port, NULL);
}

static int afxdp_stop(struct torc_engine *engine)
{
	if (!engine->running || !engine->port) {
		engine->running = false;
		return 0;
	}
	pthread_mutex_lock(&engine->port->lock);
	stop_on_port(engine);
	pthread_mutex_unlock(&engine->port->lock);
	let_packets_pass();
	return 0;
}

static int afxdp_start(struct torc_engine *engine)
{
	int result = 0;

	if (engine->running || !engine->port) {
		engine->running = true;
		return 0;
	}
	pthread_mutex_lock(&engine->port->lock);
	result = start_on_port(engine);
	if (result < 0 && engine->running)
		stop_on_port(engine);
	pthread_mutex_unlock(&engine->port->lock);
	return result;
}

/* ---- settings ---- */

/* A ring that does not run yet: would the program take the filter? */
static int try_filter(struct torc_engine *engine)
{
	int program;

	engine->running = true;
	program = afxdp_program_load(engine->port, NULL);
	engine->running = false;
	if (program >= 0)
		close(program);
	return program < 0 ? program : 0;
}

static int use_filter(struct torc_engine *engine, struct sock_filter *filter, unsigned short length)
{
	int result;

	pthread_mutex_lock(&engine->port->lock);
	free(engine->filter);
	engine->filter = filter;
	engine->filter_length = length;
	result = engine->running ? afxdp_port_reload(engine->port, NULL) : try_filter(engine);
	pthread_mutex_unlock(&engine->port->lock);
	return result;
}

/*
 * -EOPNOTSUPP: the program cannot hold this filter; it now accepts everything, and the ring filters
 * in user space.
 */
static int afxdp_set_filter(struct torc_engine *engine, const struct sock_fprog *program)
{
	struct sock_filter *copy = NULL;
	size_t bytes = program ? program->len * sizeof(*copy) : 0;
	int result;

	if (!engine->port)
		return 0; /* it receives nothing */
	if (program) {
		copy = malloc(bytes);
		if (!copy)
			return -ENOMEM;
		memcpy(copy, program->filter, bytes);
	}
	result = use_filter(engine, copy, program ? program->len : 0);
	if (result < 0 && program) {
		use_filter(engine, NULL, 0);
		result = -EOPNOTSUPP;
	}
	if (engine->running)
		let_packets_pass();
	return result;
}

/* Only incoming packets pass XDP: both directions means all that there can be. */
static int afxdp_set_direction(struct torc_engine *engine, enum torc_direction direction)
{
	(void)engine;
	return direction == TORC_TX_ONLY ? -EOPNOTSUPP : 0;
}

/* ---- information ---- */

static unsigned int afxdp_fds(struct torc_engine *engine, int *fds, unsigned int max)
{
	unsigned int count = 0;

	for (uint32_t i = 0; engine->port && i < engine->queue_count && count < max; i++)
		fds[count++] = engine->queues[i].fd;
	if (count < max)
		fds[count++] = engine->monitor;
	return count;
}

static bool afxdp_at_end(struct torc_engine *engine)
{
	(void)engine;
	return false;
}

/* From any thread: kernel counters and atomics. */
static int afxdp_stats(struct torc_engine *engine, struct torc_engine_stats *stats)
{
	struct afxdp_link now;

	*stats = (struct torc_engine_stats){ .freezes = TORC_UNKNOWN, .card_missed = TORC_UNKNOWN };
	for (uint32_t i = 0; engine->port && i < engine->queue_count; i++) {
		const struct afxdp_queue *queue = &engine->queues[i];
		uint64_t dropped = afxdp_queue_dropped(queue);

		if (dropped == TORC_UNKNOWN)
			return -EIO;
		stats->dropped += dropped;
		stats->seen += dropped + afxdp_queue_waiting(queue) +
			       __atomic_load_n(&queue->consumed, __ATOMIC_RELAXED) -
			       __atomic_load_n(&queue->stragglers, __ATOMIC_RELAXED);
	}
	if (afxdp_link_get(&now, NULL, engine->device.ifindex) == 0)
		stats->card_missed = now.missed - engine->device.missed;
	return 0;
}

static const char *detail(const struct torc_engine *engine)
{
	static const char *const texts[2][2] = {
		{ "native, copy", "native, zero-copy" },
		{ "native, copy, busy polling", "native, zero-copy, busy polling" },
	};
	bool busy = engine->busy_poll_us > 0;

	if (!engine->port)
		return "send only";
	if (engine->port->generic)
		return busy ? "generic, copy, busy polling" : "generic, copy";
	return texts[busy][engine->queue_count > 0 && engine->queues[0].zero_copy];
}

static void afxdp_info(struct torc_engine *engine, struct torc_engine_info *info)
{
	struct afxdp_link now;

	if (afxdp_link_get(&now, NULL, engine->device.ifindex) < 0)
		now = engine->device; /* it is gone: what it was */
	*info = (struct torc_engine_info){
		.detail = detail(engine),
		.link_type = TORC_LINK_ETHERNET,
		.ifindex = engine->device.ifindex,
		.mtu = now.mtu,
		.queue_count = now.queue_count,
		.buffer_bytes = engine->buffer_bytes,
		.block_bytes = AFXDP_BLOCK_PACKETS *
			       (engine->queue_count ? engine->queues[0].frame_bytes : 0),
		.loopback = now.flags & IFF_LOOPBACK,
	};
	memcpy(info->name, now.name, sizeof(info->name));
	memcpy(info->address, now.address, sizeof(info->address));
}

const struct torc_engine_ops torc_engine_afxdp = {
	.name = "af_xdp",
	.open = afxdp_open,
	.close = afxdp_close,
	.start = afxdp_start,
	.stop = afxdp_stop,
	.acquire = afxdp_acquire,
	.fill = afxdp_fill,
	.release = afxdp_release,
	.queued = afxdp_queued,
	.at_end = afxdp_at_end,
	.fds = afxdp_fds,
	.set_filter = afxdp_set_filter,
	.set_direction = afxdp_set_direction,
	.set_promisc = afxdp_set_promisc,
	.send = afxdp_send,
	.send_batch = afxdp_send_batch,
	.flush = afxdp_flush,
	.stats = afxdp_stats,
	.info = afxdp_info,
};
