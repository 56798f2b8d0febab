/* SPDX-License-Identifier: BSD-3-Clause */
/* settings.c - everything that can be set on a ring, at any time unless said otherwise */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "cluster/cluster.h"
#include "filter/kernel.h"
#include "ring/ring.h"

/* ---- the filter: expression, direction, VLAN, queues and snaplen in one program ---- */

static int give_program(struct ring_port *port, const struct torc_kernel_filter *parts)
{
	struct sock_fprog program;
	int result = torc_kernel_filter_build(parts, &program);

	if (result < 0)
		return result;
	result = port->ops->set_filter(port->engine, program.len ? &program : NULL);
	free(program.filter);
	return result;
}

/* The user's filter as the kernel runs it for a link type; NULL: only the ring can. */
static const struct ring_kernel_filter *kernel_filter(const struct torc_ring *ring,
						      uint16_t link_type)
{
	return link_type == TORC_LINK_ETHERNET ? &ring->ethernet_filter :
	       link_type == TORC_LINK_RAW      ? &ring->raw_filter :
						 NULL;
}

/*
 * What the kernel does not take (a loop, as "protochain" makes one; more than 4096 instructions),
 * the ring runs itself; the kernel keeps direction, queues and snaplen.
 */
static int apply_to_port(struct torc_ring *ring, struct ring_port *port)
{
	const struct ring_kernel_filter *filter = kernel_filter(ring, port->link_type);
	bool ethernet = port->link_type == TORC_LINK_ETHERNET;
	struct torc_kernel_filter parts = {
		.direction = port->keeps_direction ? TORC_RX_AND_TX : ring->direction,
		.vlan = port->vlan != TORC_VLAN_ANY ? port->vlan : ring->vlan,
		.channel_mask = port->directs ? ring->channel_mask : UINT64_MAX,
		.snaplen = ring->snaplen,
		.user = filter && !filter->in_user ? &filter->program : NULL,
		.ethernet_only = port->mixed,
	};
	bool in_ring = !filter || filter->in_user || (!ethernet && parts.vlan != TORC_VLAN_ANY);
	int result;

	if (!port->ops->set_filter)
		return 0;
	if (!ethernet)
		parts.vlan = TORC_VLAN_ANY; /* where the tag would be, there is something else */
	if (in_ring)
		parts.user = NULL;
	result = give_program(port, &parts);
	port->filters = result == 0 && !in_ring;
	if (ring->filter_kernel_only)
		return result;
	if ((result == -EINVAL || result == -E2BIG) && parts.user && parts.user->len > 0) {
		parts.user = NULL;
		result = give_program(port, &parts);
	}
	return result == -EOPNOTSUPP ? 0 : result;
}

static bool is_file(const struct torc_ring *ring)
{
	return ring->port_count > 0 && ring->ports[0].ops->is_file;
}

/* What the kernel refuses from now on is counted nowhere. */
static void note_unknown(struct torc_ring *ring, const struct ring_port *port)
{
	if (port->filters && (ring->filter_text || ring->vlan != TORC_VLAN_ANY ||
			      port->vlan != TORC_VLAN_ANY || ring->channel_mask != UINT64_MAX))
		__atomic_store_n(&ring->kernel_filtered, true, __ATOMIC_RELAXED);
	if (port->directs && ring->direction != TORC_RX_AND_TX)
		__atomic_store_n(&ring->kernel_directed, true, __ATOMIC_RELAXED);
}

/* Packets from before were captured under other settings: they are tested again. */
static void look_back(struct torc_ring *ring)
{
	/* a file's packets are tested when they are read, so none was captured under older ones */
	ring->settings_since_ns = ring->enabled && !is_file(ring) ? ring_now_ns() : 0;
	ring_refine_changed(ring);
	ring_refine_batch(ring);
}

/* Give every engine the program that the settings make. */
int ring_apply_filter(struct torc_ring *ring)
{
	for (unsigned int i = 0; i < ring->port_count; i++) {
		struct ring_port *port = &ring->ports[i];
		int result = apply_to_port(ring, port);

		if (port->locked && ring->channel_mask != UINT64_MAX)
			return ring_fail(ring, -EOPNOTSUPP, "%s: its packet socket has a filter that "
					 "stays: receive queues cannot be chosen", port->name);
		if (result < 0)
			return ring_fail(ring, result, "%s does not take the filter: %s", port->name,
					 torc_strerror(result));
	}
	for (unsigned int i = 0; i < ring->port_count; i++)
		note_unknown(ring, &ring->ports[i]);
	look_back(ring);
	ring_publish(ring);
	return 0;
}

/*
 * A port refused a setting that those before it have taken, and the settings are as they were again:
 * so are the ports. What came in between is tested again, but not by a filter that only the kernel
 * can run: that would refuse all there is.
 */
void ring_restore_filter(struct torc_ring *ring)
{
	for (unsigned int i = 0; i < ring->port_count; i++)
		apply_to_port(ring, &ring->ports[i]);
	if (!ring->filter_kernel_only)
		look_back(ring);
}

struct filter_state {
	char *text;
	struct ring_kernel_filter ethernet, raw;
	struct torc_filter *filter;
	bool kernel_only;
	bool sees_tags;
};

static struct filter_state filter_of(const struct torc_ring *ring)
{
	return (struct filter_state){ ring->filter_text, ring->ethernet_filter, ring->raw_filter,
				      ring->filter, ring->filter_kernel_only,
				      ring->filter_sees_tags };
}

static void use_filter_state(struct torc_ring *ring, const struct filter_state *state)
{
	ring_other_filters_free(ring);
	ring->filter_text = state->text;
	ring->ethernet_filter = state->ethernet;
	ring->raw_filter = state->raw;
	ring->filter = state->filter;
	ring->filter_kernel_only = state->kernel_only;
	ring->filter_sees_tags = state->sees_tags;
}

static void free_filter_state(struct filter_state *state)
{
	free(state->text);
	free(state->ethernet.program.filter);
	free(state->raw.program.filter);
	torc_filter_free(state->filter);
}

/* Loads of what only the kernel knows, other than the VLAN tag, which is back in our bytes. */
static bool needs_kernel(const struct sock_fprog *program)
{
	for (unsigned int i = 0; i < program->len; i++) {
		const struct sock_filter *at = &program->filter[i];
		uint32_t ancillary = at->k - (uint32_t)SKF_AD_OFF;

		if (BPF_CLASS(at->code) == BPF_LD && BPF_MODE(at->code) == BPF_ABS &&
		    ancillary < SKF_AD_MAX && ancillary != SKF_AD_VLAN_TAG &&
		    ancillary != 48 /* SKF_AD_VLAN_TAG_PRESENT */ &&
		    ancillary != 60 /* SKF_AD_VLAN_TPID */)
			return true;
	}
	return false;
}

static uint16_t link_type_of(const struct torc_ring *ring)
{
	struct torc_engine_info info = { .link_type = TORC_LINK_ETHERNET };

	if (ring->port_count > 0)
		ring->ports[0].ops->info(ring->ports[0].engine, &info);
	return info.link_type;
}

/*
 * For the interfaces of one link type, if there are any. What means nothing there is an error for the
 * first interface; on the others nothing matches then, and the ring finds that out.
 */
static int compile_kernel(struct torc_ring *ring, const char *expression, uint16_t link_type,
			  struct ring_kernel_filter *filter)
{
	bool is_first = ring->port_count == 0 ? link_type == TORC_LINK_ETHERNET :
						ring->ports[0].link_type == link_type;
	bool any = is_first;
	int result;

	for (unsigned int i = 0; i < ring->port_count; i++)
		any |= ring->ports[i].link_type == link_type;
	if (!any)
		return 0;
	result = torc_kernel_filter_compile(expression, link_type, &filter->program, &ring->error);
	filter->in_user = result != 0;
	return result < 0 && is_first ? result : 0;
}

static int compile(struct torc_ring *ring, const char *expression, struct filter_state *state)
{
	int result = 0;

	if (!is_file(ring)) {
		result = compile_kernel(ring, expression, TORC_LINK_ETHERNET, &state->ethernet);
		if (result == 0)
			result = compile_kernel(ring, expression, TORC_LINK_RAW, &state->raw);
		if (result < 0)
			return result;
		state->kernel_only = needs_kernel(&state->ethernet.program) ||
				     needs_kernel(&state->raw.program);
		state->sees_tags = torc_kernel_filter_sees_tags(expression);
	}
	ring->filter_link_type = link_type_of(ring);
	if (!state->kernel_only)
		result = torc_filter_compile(&state->filter, expression, ring->filter_link_type,
					     ring->snaplen, &ring->error);
	if (result == 0 && !(state->text = strdup(expression)))
		result = ring_fail(ring, -ENOMEM, "out of memory");
	return result;
}

/* A state for instructions that somebody attached to the socket; none: no filter. */
static int state_of_program(struct torc_ring *ring, struct sock_fprog *program,
			    struct filter_state *state)
{
	const struct torc_filter_instruction *instructions =
		(const struct torc_filter_instruction *)(const void *)program->filter;
	bool raw = ring->ports[0].link_type == TORC_LINK_RAW;
	int result = 0;

	*state = (struct filter_state){ 0 };
	*(raw ? &state->raw : &state->ethernet) = (struct ring_kernel_filter){ .program = *program };
	if (program->len == 0)
		return 0;
	state->kernel_only = needs_kernel(program);
	ring->filter_link_type = link_type_of(ring);
	if (!state->kernel_only)
		result = torc_filter_from_instructions(&state->filter, instructions, program->len,
						       &ring->error);
	state->text = strdup("(attached to the socket)");
	return state->text ? result : -ENOMEM;
}

/*
 * Programs that were written for PF_RING attach filters to its descriptor, which is a socket. Who has
 * ours (torc_ring_socket()) may do that too: it is then the ring's filter, and direction, VLAN, queues and
 * snaplen, which were in the program that it replaced, are put in front of it.
 */
void ring_adopt_filter(struct torc_ring *ring)
{
	struct ring_port *port = &ring->ports[0];
	struct filter_state before = filter_of(ring), next;
	struct sock_fprog program;

	if (port->ops->foreign_filter(port->engine, &program) != 1)
		return;
	if (state_of_program(ring, &program, &next) < 0) {
		free_filter_state(&next);
		return;
	}
	use_filter_state(ring, &next);
	ring_apply_filter(ring);
	free_filter_state(&before);
}

int torc_ring_socket(struct torc_ring *ring)
{
	struct ring_port *port = &ring->ports[0];
	int fd = -EOPNOTSUPP;

	ring_lock(ring);
	if (ring->port_count == 1 && port->ops->socket)
		fd = port->ops->socket(port->engine);
	if (fd >= 0)
		ring->socket_given = true;
	else
		ring_fail(ring, fd, "there is no one packet socket behind this ring");
	ring_unlock(ring);
	return fd;
}

int torc_ring_set_filter(struct torc_ring *ring, const char *expression)
{
	struct filter_state before, next = { 0 };
	int result;

	ring_lock(ring);
	before = filter_of(ring);
	result = compile(ring, expression ? expression : "", &next);
	if (result == 0) {
		use_filter_state(ring, &next);
		result = ring_apply_filter(ring);
		if (result < 0) {
			use_filter_state(ring, &before);
			ring_restore_filter(ring);
		}
	}
	free_filter_state(result < 0 ? &next : &before);
	ring_unlock(ring);
	return result;
}

int torc_ring_remove_filter(struct torc_ring *ring)
{
	struct filter_state before, none = { 0 };
	int result = 0;

	ring_lock(ring);
	before = filter_of(ring);
	if (!before.text) {
		result = ring_fail(ring, -ENOENT, "there is no filter");
	} else {
		use_filter_state(ring, &none);
		result = ring_apply_filter(ring);
		if (result < 0) {
			use_filter_state(ring, &before);
			ring_restore_filter(ring);
		} else {
			free_filter_state(&before);
		}
	}
	ring_unlock(ring);
	return result;
}

static int direct_ports(struct torc_ring *ring)
{
	for (unsigned int i = 0; i < ring->port_count; i++) {
		struct ring_port *port = &ring->ports[i];
		int result = port->ops->set_direction ?
				     port->ops->set_direction(port->engine, ring->direction) :
				     0;

		if (result < 0)
			return ring_fail(ring, result, "%s cannot capture only that direction",
					 port->name);
		port->keeps_direction = result > 0 && !port->member;
	}
	return 0;
}

int torc_ring_set_direction(struct torc_ring *ring, enum torc_direction direction)
{
	enum torc_direction before;
	struct torc_error reason;
	int result;

	if ((unsigned int)direction > TORC_TX_ONLY)
		return ring_fail(ring, -EINVAL, "direction %d does not exist", (int)direction);
	ring_lock(ring);
	before = ring->direction;
	ring->direction = direction;
	result = direct_ports(ring);
	if (result == 0)
		result = ring_apply_filter(ring);
	if (result < 0) {
		reason = ring->error;
		ring->direction = before;
		direct_ports(ring);
		ring_restore_filter(ring);
		ring->error = reason;
	}
	ring_unlock(ring);
	return result;
}

int torc_ring_set_vlan(struct torc_ring *ring, int vlan)
{
	int before, result;

	if (vlan < TORC_VLAN_NONE || vlan > 4095)
		return ring_fail(ring, -EINVAL, "VLAN id %d is not between 0 and 4095", vlan);
	ring_lock(ring);
	before = ring->vlan;
	ring->vlan = vlan;
	result = ring_apply_filter(ring);
	if (result < 0) {
		ring->vlan = before;
		ring_restore_filter(ring);
	}
	ring_unlock(ring);
	return result;
}

int torc_ring_set_channel_mask(struct torc_ring *ring, uint64_t mask)
{
	uint64_t before;
	int result;

	if (mask == 0)
		return ring_fail(ring, -EINVAL, "a queue mask without a queue");
	ring_lock(ring);
	before = ring->channel_mask;
	ring->channel_mask = mask;
	result = ring_apply_filter(ring);
	if (result < 0) {
		ring->channel_mask = before;
		ring_restore_filter(ring);
	}
	ring_unlock(ring);
	return result;
}

/* ---- the rest ---- */

static int set_mode(struct ring_port *port, enum torc_mode mode)
{
	if (port->ops->set_mode)
		return port->ops->set_mode(port->engine, mode);
	return mode == TORC_SEND_ONLY ? -EOPNOTSUPP : 0;
}

int torc_ring_set_mode(struct torc_ring *ring, enum torc_mode mode)
{
	if ((unsigned int)mode > TORC_RECV_ONLY)
		return ring_fail(ring, -EINVAL, "mode %d does not exist", (int)mode);
	if (ring->enabled)
		return ring_fail(ring, -EBUSY, "the mode is set before the ring is enabled");
	for (unsigned int i = 0; i < ring->port_count; i++) {
		int result = set_mode(&ring->ports[i], mode);

		if (result < 0) {
			ring_fail(ring, result, "%s cannot send", ring->ports[i].name);
			while (i-- > 0)
				set_mode(&ring->ports[i], ring->mode);
			return result;
		}
	}
	ring->mode = mode;
	return 0;
}

int torc_ring_set_sampling_rate(struct torc_ring *ring, uint32_t rate)
{
	ring_lock(ring);
	ring->sampling_rate = rate;
	ring->window_at = ring->window_pick = 0;
	ring_refine_changed(ring);
	ring_publish(ring);
	ring_unlock(ring);
	return 0;
}

int torc_ring_set_poll_watermark(struct torc_ring *ring, uint32_t packets)
{
	__atomic_store_n(&ring->poll_watermark, packets ? packets : 1, __ATOMIC_RELAXED);
	__atomic_store_n(&ring->stale, true, __ATOMIC_RELAXED);
	return 0;
}

int torc_ring_set_poll_watermark_timeout(struct torc_ring *ring, uint32_t timeout_ms)
{
	if (timeout_ms < 1 || timeout_ms > 10000)
		return ring_fail(ring, -EINVAL, "a watermark timeout is 1 to 10000 ms, not %u",
				 timeout_ms);
	__atomic_store_n(&ring->watermark_timeout_ms, timeout_ms, __ATOMIC_RELAXED);
	return 0;
}

int torc_ring_set_poll_duration(struct torc_ring *ring, int duration_ms)
{
	if (duration_ms < -1)
		return ring_fail(ring, -EINVAL, "a poll duration is -1 or more, not %d", duration_ms);
	__atomic_store_n(&ring->poll_duration_ms, duration_ms, __ATOMIC_RELAXED);
	__atomic_store_n(&ring->stale, true, __ATOMIC_RELAXED);
	return 0;
}

int torc_ring_set_application_name(struct torc_ring *ring, const char *name)
{
	if (strlen(name) >= sizeof(ring->application_name))
		return ring_fail(ring, -EINVAL, "an application name has at most %zu bytes",
				 sizeof(ring->application_name) - 1);
	ring_lock(ring);
	strcpy(ring->application_name, name);
	ring_publish(ring);
	ring_unlock(ring);
	return 0;
}

int torc_ring_set_application_stats(struct torc_ring *ring, const char *text)
{
	if (strlen(text) >= sizeof(ring->application_stats))
		return ring_fail(ring, -EINVAL, "application statistics have at most %zu bytes",
				 sizeof(ring->application_stats) - 1);
	ring_lock(ring);
	strcpy(ring->application_stats, text);
	ring_publish(ring);
	ring_unlock(ring);
	return 0;
}

int torc_ring_set_promisc(struct torc_ring *ring, bool on)
{
	int result = 0;
	bool was;

	ring_lock(ring);
	was = (ring->flags & TORC_PROMISC) != 0;
	for (unsigned int i = 0; i < ring->port_count && result == 0; i++) {
		struct ring_port *port = &ring->ports[i];

		result = port->ops->set_promisc ? port->ops->set_promisc(port->engine, on) :
						  -EOPNOTSUPP;
		if (result == 0)
			continue;
		ring_fail(ring, result, "%s cannot change promiscuous mode: %s", port->name,
			  torc_strerror(result));
		while (i-- > 0)
			ring->ports[i].ops->set_promisc(ring->ports[i].engine, was);
		break;
	}
	if (result == 0)
		ring->flags = on ? ring->flags | TORC_PROMISC : ring->flags & ~(uint32_t)TORC_PROMISC;
	ring_unlock(ring);
	return result;
}

int torc_set_priority(int priority)
{
	struct sched_param parameters = { .sched_priority = priority };

	if (priority < 0 || priority > sched_get_priority_max(SCHED_FIFO))
		return -EINVAL;
	return sched_setscheduler(0, priority ? SCHED_FIFO : SCHED_OTHER, &parameters) < 0 ? -errno :
											     0;
}
