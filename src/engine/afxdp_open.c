/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * afxdp_open.c - from a device string to program and sockets on an interface, and back
 *
 * Everything that can be refused is refused when the ring opens: the privilege, a foreign program,
 * the default route, memory that may not be locked, a queue that is another's.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "engine/afpacket.h"
#include "engine/afxdp_engine.h"
#include "engine/afxdp_program.h"
#include "engine/rss.h"
#include "util/error.h"
#include "util/rtnetlink.h"

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

int afxdp_try_program(struct torc_engine *engine, struct torc_error *error)
{
	struct afxdp_sockets *sockets = engine->sockets, was = *sockets;
	int program;

	sockets->receiving = true;
	sockets->alone = &engine->reader;
	program = afxdp_program_load(engine->port, error);
	sockets->receiving = was.receiving;
	sockets->alone = was.alone;
	if (program >= 0)
		close(program);
	return program < 0 ? program : 0;
}

/* Before Linux 5.18 the program that copies is refused: say so now. */
static int try_copying(struct torc_engine *engine, struct torc_error *error)
{
	int result = afxdp_try_program(engine, error);

	if (result == -EINVAL)
		return torc_error_set(error, -EOPNOTSUPP,
				      "mode=tap needs Linux 5.18: open %s without xdp:",
				      engine->device.name);
	return result;
}

static int open_sockets(struct torc_engine *engine, struct torc_error *error)
{
	const struct afxdp_sockets_request request = {
		.mask = engine->queue_mask,
		.buffer_bytes = engine->config.buffer_bytes,
		.tap = engine->tap && engine->port,
		.sends = engine->config.mode != TORC_RECV_ONLY,
		.only_sends = !engine->port,
		.generic = engine->port && engine->port->generic,
		.busy_poll_us = engine->busy_poll_us,
	};
	int result = afxdp_sockets_open(&engine->sockets, &engine->device, &request, error);

	if (result < 0)
		return result;
	engine->buffer_bytes = engine->sockets->buffer_bytes;
	engine->sockets->sender = engine;
	return 0;
}

/*
 * Another ring of this process has the queues already: its sockets are ours too, and only a cluster
 * makes both receive. Those of another process come with the cluster.
 */
static int share_sockets(struct torc_engine *engine, struct torc_error *error)
{
	struct afxdp_sockets *sockets = afxdp_port_find(engine->port, engine->queue_mask);

	if (sockets ? sockets->tap != engine->tap : engine->tap)
		return torc_error_set(error, -EBUSY, "another ring has %s with%s mode=tap",
				      engine->device.name, engine->tap ? "out" : "");
	if (!sockets)
		return 0;
	sockets->users++;
	engine->sockets = sockets;
	engine->buffer_bytes = sockets->buffer_bytes;
	return 0;
}

/* Under the port's lock. */
static int open_on_port(struct torc_engine *engine, struct torc_error *error)
{
	struct afxdp_port *port = engine->port;
	int result;

	if (port->foreign || afxdp_port_find(port, engine->queue_mask)) {
		result = share_sockets(engine, error);
	} else {
		result = open_sockets(engine, error);
		if (result == 0)
			afxdp_port_add(port, engine->sockets);
		if (result == 0 && engine->tap)
			result = try_copying(engine, error);
	}
	engine->role = port->foreign ? &afxdp_role_outside : &afxdp_role_owner;
	if (result == 0 && engine->sockets && engine->config.flags & TORC_HW_TIMESTAMP)
		engine->sockets->card_time = true;
	return result;
}

/* Program and sockets on the interface that engine->device describes. */
int afxdp_open_on_device(struct torc_engine *engine, struct torc_error *error)
{
	uint32_t most = afxdp_sockets_frame_bytes(engine->device.mtu, engine->tap) - AFXDP_HEADROOM;
	int result = choose_queues(engine, error);

	if (engine->tap && engine->reader.snaplen > most)
		engine->reader.snaplen = most; /* of what was merged on its way here the rest is cut off */
	if (result < 0)
		return result;
	engine->role = &afxdp_role_sender;
	if (engine->config.mode == TORC_SEND_ONLY)
		return open_sockets(engine, error);
	result = afxdp_port_get(&engine->port, &engine->device, !engine->generic, error);
	if (result < 0)
		return result;
	pthread_mutex_lock(&engine->port->lock);
	result = open_on_port(engine, error);
	pthread_mutex_unlock(&engine->port->lock);
	return result;
}

void afxdp_close_on_device(struct torc_engine *engine)
{
	struct afxdp_sockets *sockets = engine->sockets;

	engine->sockets = NULL;
	engine->role = &afxdp_role_sender; /* nothing is received */
	if (!engine->port) {
		afxdp_sockets_close(sockets);
		return;
	}
	pthread_mutex_lock(&engine->port->lock);
	if (sockets && sockets->sender == engine)
		sockets->sender = NULL;
	if (sockets)
		afxdp_port_drop(engine->port, sockets);
	pthread_mutex_unlock(&engine->port->lock);
	afxdp_port_put(engine->port);
	engine->port = NULL;
}

/* Descriptors that wake the ring: one over all, which stays the same as sockets come and go. */
static int open_monitor(struct torc_engine *engine, struct torc_error *error)
{
	struct epoll_event event = { .events = EPOLLIN };
	int result = engine->epoll = epoll_create1(EPOLL_CLOEXEC);

	if (result < 0)
		return torc_error_set(error, -errno, "no epoll: %s", torc_strerror(errno));
	result = engine->monitor = rtnetlink_monitor_links();
	if (result >= 0 && epoll_ctl(engine->epoll, EPOLL_CTL_ADD, engine->monitor, &event) < 0)
		result = -errno;
	if (result < 0)
		return torc_error_set(error, result, "no netlink socket: %s", torc_strerror(result));
	return 0;
}

int afxdp_open_device(struct torc_engine *engine, const char *name, const char *text,
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
	if (afp_link_type(engine->device.type) != TORC_LINK_ETHERNET)
		return torc_error_set(error, -EMEDIUMTYPE,
				      "%s is not an Ethernet-like interface (device type %u): AF_XDP "
				      "takes none other; open it without xdp:", name,
				      engine->device.type);
	result = open_monitor(engine, error);
	if (result == 0)
		result = check_device(engine, settings.take, error);
	if (result == 0)
		result = afxdp_open_on_device(engine, error);
	if (result == 0 && engine->config.flags & TORC_SYMMETRIC_RSS)
		result = torc_rss_symmetric(engine->device.name, error);
	return result;
}
