/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * receive.c - packets from the engines' blocks to the user
 *
 * A block is given back when the call after its last packet comes: until then everything in it is
 * borrowed. With TORC_REENTRANT each thread gets copies (copies.c).
 */
#include <errno.h>
#include <string.h>

#include "ring/ring.h"

static void leave_block(struct torc_ring *ring)
{
	if (ring->in_block) {
		struct ring_port *port = &ring->ports[ring->block_port];

		ring->in_block = false;
		port->ops->release(port->engine, ring->block_token);
	}
}

static int port_failed(struct torc_ring *ring, struct ring_port *port, int code)
{
	const char *sentence = port->ops->error ? port->ops->error(port->engine) : "";

	if (sentence[0])
		return ring_fail(ring, code, "%s", sentence);
	return ring_fail(ring, code, "%s: %s", port->name, torc_strerror(code));
}

static int enter_block(struct torc_ring *ring)
{
	/* a socket that was left is read to its end before the one there is now */
	bool unwatched = ring->fds_changed && ring_due_ns(ring) == 0;

	for (unsigned int i = 0; i < ring->port_count; i++) {
		unsigned int index = (ring->next_port + i) % ring->port_count;
		struct ring_port *port = &ring->ports[index];
		int result = port->ops->acquire(port->engine, &ring->block_token);

		if (result < 0)
			return port_failed(ring, port, result);
		if (result == 0)
			continue;
		ring->in_block = true;
		ring->fds_changed = unwatched;
		ring->block_port = index;
		ring->next_port = index + 1;
		return 1;
	}
	return 0;
}

/*
 * Up to max packets of one block, past the ring's own tests. 0: no block is at hand. Once a second
 * the published view and the kernel's counters are refreshed on the way.
 */
int ring_fill(struct torc_ring *ring, struct torc_packet *packets, unsigned int max)
{
	int result;

	for (;;) {
		while (ring->in_block) {
			struct ring_port *port = &ring->ports[ring->block_port];
			unsigned int count = port->ops->fill(port->engine, packets, max);

			if (count == 0) {
				leave_block(ring);
				break;
			}
			if (port->ops->is_file)
				ring_add(&ring->counters.taken, count);
			if (ring->refines)
				count = ring_refine(ring, port, packets, count);
			if (count > 0)
				return (int)count;
		}
		if (__atomic_load_n(&ring->stopped, __ATOMIC_RELAXED))
			return 0;
		result = enter_block(ring);
		if (result <= 0)
			return result;
		ring_refresh(ring);
	}
}

/* Count what is in the ring as discarded and give it back. */
void ring_drain(struct torc_ring *ring)
{
	uint64_t count = ring->batch_count - ring->batch_at;
	bool is_file = ring->port_count > 0 && ring->ports[0].ops->is_file;

	ring->batch_at = ring->batch_count = 0;
	/* a file is read on from here when the ring is enabled again */
	while (ring->in_block || (!is_file && enter_block(ring) > 0)) {
		struct ring_port *port = &ring->ports[ring->block_port];
		unsigned int n = port->ops->fill(port->engine, ring->batch, RING_BATCH);

		if (n == 0)
			leave_block(ring);
		if (port->ops->is_file)
			ring_add(&ring->counters.taken, n);
		count += n;
	}
	ring_add(&ring->counters.discarded, count);
}

/* ---- to the user ---- */

static inline void parse(struct torc_packet *packet, struct torc_parsed *parsed)
{
	torc_parse(packet->link_type, packet->data, packet->caplen, parsed);
	packet->parsed = parsed;
}

/* Account for packets that the user gets; parse them when asked. */
static void deliver(struct torc_ring *ring, struct torc_packet *packets, unsigned int count,
		    struct torc_parsed *parsed)
{
	uint64_t bytes = 0, cut = 0;

	for (unsigned int i = 0; i < count; i++) {
		bytes += packets[i].len;
		cut += packets[i].caplen < packets[i].len;
	}
	ring_add(&ring->counters.received, count);
	ring_add(&ring->counters.received_bytes, bytes);
	if (cut)
		ring_add(&ring->counters.truncated, cut);
	for (unsigned int i = 0; parsed && i < count; i++)
		parse(&packets[i], &parsed[i]);
}

static int may_receive(struct torc_ring *ring)
{
	if (!ring->enabled)
		return ring_fail(ring, -TORC_ENOTENABLED,
				 "the ring is not enabled: call torc_ring_enable()");
	if (ring->mode == TORC_SEND_ONLY)
		return ring_fail(ring, -EOPNOTSUPP, "the ring only sends (TORC_SEND_ONLY)");
	return 0;
}

/* Packets that are all left out (sampled, say) do not make a wait longer. */
static bool is_past(uint64_t deadline_ns)
{
	return deadline_ns != 0 && deadline_ns != UINT64_MAX && ring_monotonic_ns() >= deadline_ns;
}

/* Fill the caller's array, waiting for the first packet as the poll duration says. */
static int receive(struct torc_ring *ring, struct torc_packet *packets, unsigned int max,
		   int timeout_ms)
{
	int result = may_receive(ring);
	uint64_t deadline_ns = 0;

	if (result == 0 && ring->has_event)
		result = ring_check(ring);
	if (result < 0)
		return result;
	for (;;) {
		result = ring_fill(ring, packets, max);
		if (result != 0)
			return result;
		if (timeout_ms == 0 || is_past(deadline_ns))
			return ring_check(ring);
		if (deadline_ns == 0)
			deadline_ns = ring_deadline_ns(timeout_ms);
		result = ring_wait(ring, deadline_ns);
		if (result <= 0)
			return result;
	}
}

/* Packets into the ring's own batch, when it is empty. */
static int refill(struct torc_ring *ring, int timeout_ms)
{
	int result;

	if (ring->batch_at < ring->batch_count)
		return 1;
	ring->batch_at = ring->batch_count = 0;
	result = receive(ring, ring->batch, RING_BATCH, timeout_ms);
	if (result > 0)
		ring->batch_count = (unsigned int)result;
	return result;
}

static void copy_out(struct torc_packet *packet, void *buffer, size_t size)
{
	if (packet->caplen > size)
		packet->caplen = (uint32_t)size;
	if (packet->caplen > 0)
		memcpy(buffer, packet->data, packet->caplen);
	packet->data = buffer;
}

static unsigned int take(struct torc_ring *ring, struct torc_packet *packets, unsigned int max)
{
	unsigned int count = ring->batch_count - ring->batch_at;

	if (count > max)
		count = max;
	memcpy(packets, &ring->batch[ring->batch_at], count * sizeof(*packets));
	ring->batch_at += count;
	return count;
}

/* Where packets of a ring of several threads go: to a buffer of the caller's, or to its thread's. */
struct target {
	struct torc_packet *packets;
	unsigned int max;
	void *buffer; /* for one packet; NULL: the thread's */
	size_t size;
};

/* Packets from the batch to one thread. */
static int hand_out(struct torc_ring *ring, struct ring_copies *copies,
		    const struct target *target)
{
	const struct torc_packet *batch = &ring->batch[ring->batch_at];
	unsigned int count = ring->batch_count - ring->batch_at;
	struct torc_packet *packets = target->packets;

	if (count > target->max)
		count = target->max;
	if (!target->buffer)
		count = ring_copies_fit(copies, batch, count);
	if (count == 0)
		return ring_fail(ring, -ENOMEM, "out of memory for a packet's copy");
	take(ring, packets, count);
	deliver(ring, packets, count, ring_copies_parsed(copies));
	if (target->buffer)
		copy_out(packets, target->buffer, target->size);
	else
		ring_copies_make(copies, packets, count);
	return (int)count;
}

/* The same for rings of several threads, under the lock. While one waits the lock is free. */
static int receive_shared(struct torc_ring *ring, const struct target *target)
{
	int timeout_ms = __atomic_load_n(&ring->poll_duration_ms, __ATOMIC_RELAXED);
	uint64_t deadline_ns = ring_deadline_ns(timeout_ms);
	struct ring_copies *copies;
	int result;

	ring_lock(ring);
	copies = ring_copies_mine(ring);
	if (!copies) {
		ring_unlock(ring);
		return -ENOMEM;
	}
	for (;;) {
		result = torc_ring_stopped(ring) ? 0 : refill(ring, 0);
		if (result > 0)
			result = hand_out(ring, copies, target);
		if (result != 0 || timeout_ms == 0 || torc_ring_stopped(ring) ||
		    torc_ring_at_end(ring) || is_past(deadline_ns))
			break;
		ring_unlock(ring);
		result = ring_wait(ring, deadline_ns);
		ring_lock(ring);
		if (result <= 0)
			break;
	}
	ring_ready(ring);
	ring_unlock(ring);
	return result;
}

int torc_ring_next(struct torc_ring *ring, struct torc_packet *packet)
{
	int result;

	if (ring->reentrant)
		return receive_shared(ring, &(struct target){ .packets = packet, .max = 1 });
	if (__atomic_load_n(&ring->stopped, __ATOMIC_RELAXED))
		return 0;
	if (ring->batch_at == ring->batch_count) {
		result = refill(ring, ring->poll_duration_ms);
		if (result <= 0) {
			ring_ready(ring);
			return result;
		}
	}
	*packet = ring->batch[ring->batch_at];
	deliver(ring, packet, 1, ring->parsed ? &ring->parsed[ring->batch_at] : NULL);
	ring->batch_at++;
	if (ring->fd_given)
		ring_ready(ring);
	return 1;
}

int torc_ring_next_batch(struct torc_ring *ring, struct torc_packet *packets, unsigned int max)
{
	int result;

	if (max == 0)
		return ring_fail(ring, -EINVAL, "a batch of no packets");
	if (ring->parsed && max > RING_BATCH)
		max = RING_BATCH;
	if (ring->reentrant)
		return receive_shared(ring, &(struct target){ .packets = packets, .max = max });
	if (__atomic_load_n(&ring->stopped, __ATOMIC_RELAXED))
		return 0;
	if (ring->batch_at < ring->batch_count)
		result = (int)take(ring, packets, max);
	else
		result = receive(ring, packets, max, ring->poll_duration_ms);
	if (result > 0)
		deliver(ring, packets, (unsigned int)result, ring->parsed);
	if (ring->fd_given)
		ring_ready(ring);
	return result;
}

int torc_ring_read(struct torc_ring *ring, struct torc_packet **packet)
{
	struct torc_packet borrowed;
	int result = torc_ring_next(ring, &borrowed);

	if (result <= 0)
		return result;
	*packet = torc_packet_clone(&borrowed);
	return *packet ? 1 : ring_fail(ring, -ENOMEM, "out of memory for a packet's copy");
}

int torc_ring_read_to(struct torc_ring *ring, void *buffer, size_t size,
		      struct torc_packet *packet)
{
	int result;

	if (ring->reentrant)
		return receive_shared(ring, &(struct target){ packet, 1, buffer, size });
	result = torc_ring_next(ring, packet);
	if (result > 0)
		copy_out(packet, buffer, size);
	return result;
}

int torc_ring_peek(struct torc_ring *ring, struct torc_packet *packet)
{
	int result;

	if (ring->reentrant)
		return ring_fail(ring, -EOPNOTSUPP,
				 "a ring of several threads has no next packet to look at");
	if (torc_ring_stopped(ring))
		return 0;
	result = refill(ring, 0);
	if (result > 0) {
		*packet = ring->batch[ring->batch_at];
		if (ring->parsed)
			parse(packet, &ring->parsed[ring->batch_at]);
	}
	ring_ready(ring);
	return result > 0 ? 1 : result;
}

int torc_ring_wait(struct torc_ring *ring, int timeout_ms)
{
	uint64_t deadline_ns = ring_deadline_ns(timeout_ms);
	int result;

	do {
		ring_lock(ring);
		result = torc_ring_stopped(ring) ? 0 : refill(ring, 0);
		ring_ready(ring);
		ring_unlock(ring);
		if (result != 0)
			return result > 0 ? 1 : result;
		result = timeout_ms == 0 ? 0 : ring_wait(ring, deadline_ns);
	} while (result > 0 && !is_past(deadline_ns));
	return result < 0 ? result : 0;
}

bool torc_ring_at_end(const struct torc_ring *ring)
{
	if (ring->port_count == 0 || ring->batch_at < ring->batch_count)
		return false;
	for (unsigned int i = 0; i < ring->port_count; i++) {
		const struct ring_port *port = &ring->ports[i];

		if (!port->ops->is_file || !port->ops->at_end(port->engine))
			return false;
	}
	return true;
}
