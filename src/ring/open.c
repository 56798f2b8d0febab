/* SPDX-License-Identifier: BSD-3-Clause */
/* open.c - opening and closing a ring; its devices */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cluster/cluster.h"
#include "live/live.h"
#include "ring/ring.h"
#include "util/clock.h"
#include "util/error.h"
#include "util/sized.h"

#define FLAGS_ALL                                                                                  \
	(TORC_REENTRANT | TORC_LONG_HEADER | TORC_PROMISC | TORC_SYMMETRIC_RSS | TORC_TIMESTAMP |  \
	 TORC_HW_TIMESTAMP | TORC_IMMEDIATE | TORC_BOTH_COPIES)

static uint64_t last_serial; /* atomic */

int ring_fail(struct torc_ring *ring, int code, const char *format, ...)
{
	va_list args;

	ring->error.code = code;
	va_start(args, format);
	vsnprintf(ring->error.text, sizeof(ring->error.text), format, args);
	va_end(args);
	return code;
}

const char *torc_ring_error(const struct torc_ring *ring)
{
	return ring->error.text;
}

uint64_t ring_now_ns(void)
{
	return torc_clock_ns(CLOCK_REALTIME);
}

uint64_t ring_monotonic_ns(void)
{
	return torc_clock_ns(CLOCK_MONOTONIC);
}

/* ---- devices ---- */

static int add_port(struct torc_ring *ring, const struct ring_device_spec *spec,
		    unsigned int index, struct torc_error *error)
{
	struct torc_engine_config config = {
		.name = spec->names[index],
		.settings = spec->settings,
		.snaplen = ring->snaplen,
		.flags = ring->flags,
		.buffer_bytes = ring->buffer_bytes,
		.block_bytes = ring->block_bytes,
		.channel_mask = spec->channel_mask,
		.mode = ring->mode,
	};
	struct torc_engine_info info;
	struct ring_port *port;
	int result = ring_sockets_next(ring, spec, &config.socket, error);

	if (result < 0)
		return result;
	if (ring->port_count == RING_PORTS_MAX)
		return torc_error_set(error, -EINVAL, "more than %d devices in one ring",
				      RING_PORTS_MAX);
	port = &ring->ports[ring->port_count];
	*port = (struct ring_port){ .ops = spec->ops, .vlan = spec->vlans[index] };
	result = spec->ops->open(&port->engine, &config, error);
	if (result < 0)
		return result;
	snprintf(port->name, sizeof(port->name), "%s", spec->names[index]);
	spec->ops->info(port->engine, &info);
	port->link_type = info.link_type;
	port->locked = info.locked;
	port->mixed = !spec->ops->is_file && info.ifindex == 0;
	port->filters = spec->ops->set_filter != NULL;
	port->directs = spec->ops->set_direction != NULL;
	ring->port_count++;
	return 0;
}

/* One ring is over interfaces, all of one engine, or over one file; and each is in it once. */
static int may_add(const struct torc_ring *ring, const struct ring_device_spec *spec,
		   unsigned int index, struct torc_error *error)
{
	for (unsigned int i = 0; i < ring->port_count; i++) {
		const struct ring_port *port = &ring->ports[i];

		if (port->ops != spec->ops || port->ops->is_file)
			return torc_error_set(error, -EINVAL,
					      "%s does not go into one ring with %s: devices of a "
					      "ring are interfaces of one engine",
					      spec->names[index], port->name);
		if (strcmp(port->name, spec->names[index]) == 0 && port->vlan == spec->vlans[index])
			return torc_error_set(error, -EEXIST, "%s is in the ring already",
					      port->name);
	}
	return 0;
}

static void remove_ports(struct torc_ring *ring, unsigned int count)
{
	while (ring->port_count > count) {
		struct ring_port *port = &ring->ports[--ring->port_count];

		port->ops->close(port->engine);
	}
}

static int add_ports(struct torc_ring *ring, const char *device, struct torc_error *error)
{
	struct ring_device_spec spec;
	int result = ring_device_parse(device, ring->flags, &spec, error);
	unsigned int before = ring->port_count;
	uint64_t mask = ring->channel_mask;

	if (result < 0)
		return result;
	for (unsigned int i = 0; i < spec.count && result == 0; i++)
		result = may_add(ring, &spec, i, error);
	for (unsigned int i = 0; i < spec.count && result == 0; i++)
		result = add_port(ring, &spec, i, error);
	if (spec.channel_mask != UINT64_MAX)
		ring->channel_mask = spec.channel_mask;
	if (result == 0)
		result = ring_apply_filter(ring);
	if (result == 0 && spec.members) {
		ring->member_given = true;
		ring->share_index = spec.member;
		ring->share_count = spec.members;
	}
	ring_device_free(&spec);
	if (result < 0) {
		remove_ports(ring, before);
		ring->channel_mask = mask;
		if (before > 0)
			ring_restore_filter(ring);
	}
	return result;
}

int torc_ring_add_device(struct torc_ring *ring, const char *device)
{
	size_t length;
	char *name;
	int result;

	if (ring->enabled)
		return ring_fail(ring, -EBUSY, "devices are added to a disabled ring only");
	ring->error = (struct torc_error){ 0 };
	result = add_ports(ring, device, &ring->error);
	if (result < 0 && !ring->error.text[0])
		ring_fail(ring, result, "cannot add %s: %s", device, torc_strerror(result));
	if (result < 0)
		return result;
	length = strlen(ring->device) + strlen(device) + 2;
	name = malloc(length);
	if (name) {
		snprintf(name, length, "%s%s%s", strcmp(ring->device, "none") ? ring->device : "",
			 strcmp(ring->device, "none") ? "," : "", device);
		free(ring->device);
		ring->device = name;
	}
	ring_refine_changed(ring);
	ring_publish(ring);
	return 0;
}

/* ---- open ---- */

static int check_options(const struct torc_ring_options *options, struct torc_error *error)
{
	if (options->snaplen > TORC_SNAPLEN_MAX)
		return torc_error_set(error, -EINVAL, "a snaplen of %u is above the limit of %u",
				      options->snaplen, TORC_SNAPLEN_MAX);
	if (options->flags & ~(uint32_t)FLAGS_ALL)
		return torc_error_set(error, -EINVAL, "unknown flag bits 0x%x",
				      options->flags & ~(uint32_t)FLAGS_ALL);
	return 0;
}

static struct torc_ring *new_ring(const char *device, const struct torc_ring_options *options)
{
	struct torc_ring *ring = calloc(1, sizeof(*ring));

	if (!ring)
		return NULL;
	ring->batch = &ring->batches[0];
	ring->cursor.next = ring->batch->packets;
	ring->device = strdup(device ? device : "");
	ring->flags = options->flags;
	ring->reentrant = (options->flags & TORC_REENTRANT) != 0;
	ring->snaplen = options->snaplen ?: TORC_SNAPLEN_DEFAULT;
	ring->buffer_bytes = options->buffer_bytes;
	ring->block_bytes = options->block_bytes;
	ring->vlan = TORC_VLAN_ANY;
	ring->channel_mask = UINT64_MAX;
	ring->poll_duration_ms = -1;
	ring->watermark_timeout_ms = RING_WATERMARK_TIMEOUT_MS;
	ring->serial = __atomic_add_fetch(&last_serial, 1, __ATOMIC_RELAXED);
	ring->id = (uint32_t)ring->serial;
	ring->opened_ns = ring_now_ns();
	ring->random = ring->opened_ns | 1;
	ring->epoll_fd = ring->stop_fd = ring->ready_fd = ring->timer_fd = -1;
	snprintf(ring->application_name, sizeof(ring->application_name), "%s",
		 program_invocation_short_name);
	pthread_mutex_init(&ring->lock, NULL);
	if (options->flags & TORC_LONG_HEADER)
		ring->parsed = calloc(RING_BATCH, sizeof(*ring->parsed));
	if (!ring->device || (options->flags & TORC_LONG_HEADER && !ring->parsed)) {
		torc_ring_close(ring);
		return NULL;
	}
	return ring;
}

int torc_ring_open_with(struct torc_ring **out, const char *device,
			const struct torc_ring_options *given, struct torc_error *error)
{
	struct torc_ring_options options = { 0 };
	struct torc_ring *ring;
	int result;

	*out = NULL;
	if (error)
		*error = (struct torc_error){ 0 };
	result = torc_sized_take(&options, sizeof(options), given, "torc_ring_options", error);
	if (result < 0)
		return result;
	result = check_options(&options, error);
	ring = result == 0 ? new_ring(device, &options) : NULL;
	if (result == 0 && !ring)
		result = torc_error_set(error, -ENOMEM, "out of memory");
	if (result == 0)
		result = ring_sockets_take(ring, &options, error);
	if (result < 0) {
		ring_sockets_close(options.socket_fds, options.socket_count);
		torc_ring_close(ring);
		return result;
	}
	result = ring_wait_open(ring);
	if (result < 0)
		torc_error_set(error, result, "cannot make the ring's descriptors: %s",
			       torc_strerror(result));
	if (result == 0)
		result = add_ports(ring, device, error);
	if (result == 0)
		result = ring_sockets_keep(ring, error);
	if (result < 0) {
		if (error && !error->text[0] && ring->error.text[0])
			*error = ring->error;
		if (error && !error->text[0])
			torc_error_set(error, result, "cannot open %s: %s", device,
				       torc_strerror(result));
		torc_ring_close(ring);
		return result;
	}
	if (ring->reentrant)
		ring_copies_register(ring);
	ring_refine_changed(ring);
	ring->live = torc_live_publish(ring->id);
	ring_publish(ring);
	*out = ring;
	return 0;
}

int torc_ring_open(struct torc_ring **ring, const char *device, uint32_t snaplen, uint32_t flags,
		   struct torc_error *error)
{
	struct torc_ring_options options = { .size = sizeof(options), .snaplen = snaplen,
					     .flags = flags };

	return torc_ring_open_with(ring, device, &options, error);
}

void torc_ring_close(struct torc_ring *ring)
{
	if (!ring)
		return;
	if (ring->reentrant)
		ring_copies_free(ring);
	for (unsigned int i = 0; i < ring->port_count; i++) {
		struct ring_port *port = &ring->ports[i];

		if (port->member && ring->enabled)
			port->ops->stop(port->engine);
		port->ops->close(port->engine);
		if (port->member)
			torc_cluster_leave(port->member);
	}
	torc_cluster_file_leave(ring->seat);
	torc_live_withdraw(ring->live);
	ring_wait_close(ring);
	ring_other_filters_free(ring);
	torc_filter_free(ring->filter);
	ring_sockets_close(ring->sockets, ring->socket_count);
	free(ring->sockets);
	pthread_mutex_destroy(&ring->lock);
	free(ring->ethernet_filter.program.filter);
	free(ring->raw_filter.program.filter);
	free(ring->filter_text);
	free(ring->parsed);
	free(ring->device);
	free(ring);
}

/* ---- enable and disable ---- */

/* All of them, whatever one of them says; the code of the last that could not. */
static int stop_ports(struct torc_ring *ring, unsigned int count)
{
	int result = 0;

	ring_wait_unwatch(ring);
	for (unsigned int i = 0; i < count; i++) {
		int code = ring->ports[i].ops->stop(ring->ports[i].engine);

		if (code < 0)
			result = ring_fail(ring, code, "%s does not stop receiving: %s",
					   ring->ports[i].name, torc_strerror(code));
	}
	ring_drain(ring);
	ring_wait_watch(ring);
	return result;
}

int torc_ring_enable(struct torc_ring *ring)
{
	int result = 0;

	torc_ring_resume(ring);
	ring_lock(ring);
	if (!ring->enabled) {
		ring_wait_choose_patience(ring);
		if (ring->socket_given)
			ring_adopt_filter(ring);
	}
	for (unsigned int i = 0; i < ring->port_count && !ring->enabled; i++) {
		struct ring_port *port = &ring->ports[i];

		result = port->ops->start(port->engine);
		if (result < 0) {
			stop_ports(ring, i);
			ring_fail(ring, result, "cannot start receiving on %s: %s%s", port->name,
				  torc_strerror(result),
				  result == -ENOMEM ? ": ask for a smaller buffer" : "");
			break;
		}
	}
	if (result == 0) {
		if (ring->seat)
			torc_cluster_file_begin(ring->seat, &ring->share_index, &ring->share_count);
		ring_refine_changed(ring);
		ring_wait_choose_nap(ring);
		__atomic_store_n(&ring->enabled, true, __ATOMIC_RELAXED);
		ring_wait_watch(ring);
		ring_publish(ring);
	}
	ring_ready(ring);
	ring_unlock(ring);
	return result;
}

int torc_ring_disable(struct torc_ring *ring)
{
	int result = 0;

	ring_lock(ring);
	if (ring->enabled) {
		result = stop_ports(ring, ring->port_count);
		/* now, so that stats() from another thread sees it waiting until it is discarded */
		__atomic_store_n(&ring->enabled, false, __ATOMIC_RELAXED);
		ring_publish(ring);
		ring_ready(ring);
	}
	ring_unlock(ring);
	return result;
}
