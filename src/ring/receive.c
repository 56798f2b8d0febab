/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * receive.c - packets from the engines' blocks to the user
 *
 * A block is given back when the call after its last packet comes: until then everything in it is
 * borrowed. With TORC_REENTRANT each thread gets copies (copies.c).
 *
 * Packets that are taken one by one are read ahead in batches. The account is kept for a batch at
 * once, as if all of it had been handed out; who asks subtracts the rest (account.c), so that a step
 * over the batch, which the caller's own code does (struct torc_ring_cursor), is the whole of the
 * cost of a packet. There are two batches: while one is filled, the other with its account still
 * says what holds.
 */
#define TORC_NO_INLINE /* this file has the functions themselves */

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

bool ring_block(const struct torc_ring *ring, struct ring_hold *block)
{
	const struct ring_port *port = &ring->ports[ring->block_port];

	if (!ring->in_block || ring->reentrant || !port->ops->hold)
		return false;
	*block = (struct ring_hold){ port->engine, port->ops, ring->block_token };
	return true;
}

void ring_block_hold(const struct ring_hold *block)
{
	block->ops->hold(block->engine, block->token);
}

void ring_block_release(const struct ring_hold *block)
{
	block->ops->release(block->engine, block->token);
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

/* ---- batches ---- */

/* Into the account of a batch (sign 1) or out of it (-1). */
void ring_batch_account(struct ring_batch *batch, const struct torc_packet *packets,
			unsigned int count, int sign)
{
	uint64_t bytes = 0, cut = 0;

	for (unsigned int i = 0; i < count; i++) {
		bytes += packets[i].len;
		cut += packets[i].caplen < packets[i].len;
	}
	ring_add(&batch->received, sign < 0 ? -(uint64_t)count : count);
	ring_add(&batch->received_bytes, sign < 0 ? -bytes : bytes);
	if (cut)
		ring_add(&batch->truncated, sign < 0 ? -cut : cut);
}

/* The batch that nobody reads from: empty, with the account of the other. */
struct ring_batch *ring_batch_spare(struct torc_ring *ring)
{
	struct ring_batch *spare = &ring->batches[ring->batch == &ring->batches[0]];

	spare->count = 0;
	ring_add(&spare->received, ring->batch->received - spare->received);
	ring_add(&spare->received_bytes, ring->batch->received_bytes - spare->received_bytes);
	ring_add(&spare->truncated, ring->batch->truncated - spare->truncated);
	return spare;
}

/*
 * How far the caller may step by itself. torc_ring_stop() stores its flag and then NULL here; this
 * stores the limit and then looks at the flag, so one of the two sees the other.
 */
void ring_cursor_limit(struct torc_ring *ring)
{
	const struct torc_packet *limit = ring->batch->packets + ring->batch->count;

	/* ring_ready() has something to do once the last packet is taken */
	if (ring->fd_given && ring->batch->count > 0 && !ring_shows_batch(ring))
		limit--;
	__atomic_store_n(&ring->cursor.limit, ring->reentrant ? NULL : limit, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&ring->stopped, __ATOMIC_SEQ_CST))
		__atomic_store_n(&ring->cursor.limit, NULL, __ATOMIC_RELAXED);
}

/* From now on packets come from this batch, and its account holds. */
void ring_batch_publish(struct torc_ring *ring, struct ring_batch *batch)
{
	ring->batch = batch;
	/* Release: who sees the place sees what the batch says about it. */
	__atomic_store_n(&ring->cursor.next, batch->packets, __ATOMIC_RELEASE);
	ring_add(&ring->batch_number, 1);
	/* The other batch may be written to from here on: not before the number tells so. */
	__atomic_thread_fence(__ATOMIC_RELEASE);
	ring_cursor_limit(ring);
}

/* Count what is in the ring as discarded and give it back. */
void ring_drain(struct torc_ring *ring)
{
	struct ring_batch *spare = ring_batch_spare(ring);
	uint64_t count = ring_pending(ring);
	bool is_file = ring->port_count > 0 && ring->ports[0].ops->is_file;

	ring_batch_account(spare, ring->cursor.next, (unsigned int)count, -1);
	ring_batch_publish(ring, spare);
	spare = ring_batch_spare(ring);
	/* a file is read on from here when the ring is enabled again */
	while (ring->in_block || (!is_file && enter_block(ring) > 0)) {
		struct ring_port *port = &ring->ports[ring->block_port];
		unsigned int n = port->ops->fill(port->engine, spare->packets, RING_BATCH);

		if (n == 0)
			leave_block(ring);
		if (port->ops->is_file)
			ring_add(&ring->counters.taken, n);
		count += n;
	}
	ring_add(&ring->counters.discarded, count);
}

/* ---- to the user ---- */

static void parse(struct torc_packet *packets, unsigned int count, struct torc_parsed *parsed)
{
	for (unsigned int i = 0; i < count; i++) {
		torc_parse(packets[i].link_type, packets[i].data, packets[i].caplen, &parsed[i]);
		packets[i].parsed = &parsed[i];
	}
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

/* Packets into a batch of the ring's own, when the one before is empty. */
static int refill(struct torc_ring *ring, int timeout_ms)
{
	struct ring_batch *batch;
	int result;

	if (ring_pending(ring) > 0)
		return 1;
	batch = ring_batch_spare(ring);
	result = receive(ring, batch->packets, RING_BATCH, timeout_ms);
	if (result <= 0)
		return result;
	batch->count = (unsigned int)result;
	ring_batch_account(batch, batch->packets, batch->count, 1);
	if (ring->parsed && !ring->reentrant)
		parse(batch->packets, batch->count, ring->parsed);
	ring_batch_publish(ring, batch);
	return result;
}

/* A step over packets of the batch. */
static const struct torc_packet *step(struct torc_ring *ring, unsigned int count)
{
	const struct torc_packet *next = ring->cursor.next;

	__atomic_store_n(&ring->cursor.next, next + count, __ATOMIC_RELAXED);
	return next;
}

static void copy_out(struct torc_packet *packet, void *buffer, size_t size)
{
	if (packet->caplen > size)
		packet->caplen = (uint32_t)size;
	if (packet->caplen > 0)
		memcpy(buffer, packet->data, packet->caplen);
	packet->data = buffer;
}

/* Where packets of a ring of several threads go: to a buffer of the caller's, or to its thread's. */
struct target {
	struct torc_packet *packets;          /* NULL: one packet, and it is kept for the thread */
	const struct torc_packet **borrowed;  /* where that is told */
	unsigned int max;
	void *buffer; /* for one packet; NULL: the thread's */
	size_t size;
	struct torc_packet **clone; /* one packet as a copy of its own, instead */
};

/* The next packet is taken only when there was memory for its copy. */
static int clone_next(struct torc_ring *ring, struct torc_parsed *parsed,
		      struct torc_packet **clone)
{
	struct torc_packet packet = *ring->cursor.next;

	if (parsed)
		parse(&packet, 1, parsed);
	*clone = torc_packet_clone(&packet);
	if (!*clone)
		return ring_fail(ring, -ENOMEM, "out of memory for a packet's copy");
	step(ring, 1);
	return 1;
}

/* Packets from the batch to one thread. */
static int hand_out(struct torc_ring *ring, struct ring_copies *copies,
		    const struct target *target)
{
	unsigned int count = ring_pending(ring);
	struct torc_packet *packets = target->packets;
	struct torc_parsed *parsed = ring_copies_parsed(copies);

	if (target->clone)
		return clone_next(ring, parsed, target->clone);
	if (count > target->max)
		count = target->max;
	if (!target->buffer)
		count = ring_copies_fit(copies, ring->cursor.next, count);
	if (count == 0)
		return ring_fail(ring, -ENOMEM, "out of memory for a packet's copy");
	memcpy(packets, step(ring, count), count * sizeof(*packets));
	if (parsed)
		parse(packets, count, parsed);
	if (target->buffer)
		copy_out(packets, target->buffer, target->size);
	else
		ring_copies_make(copies, packets, count);
	return (int)count;
}

/* The same for rings of several threads, under the lock. While one waits the lock is free. */
static int receive_shared(struct torc_ring *ring, struct target *target)
{
	int timeout_ms = __atomic_load_n(&ring->poll_duration_ms, __ATOMIC_RELAXED);
	uint64_t deadline_ns = ring_deadline_ns(timeout_ms);
	struct ring_copies *copies;
	int result;

	ring_lock(ring);
	copies = ring_copies_mine(ring);
	if (!copies) {
		result = ring_fail(ring, -ENOMEM, "out of memory for a packet's copy");
		ring_unlock(ring);
		return result;
	}
	if (target->borrowed)
		*target->borrowed = target->packets = ring_copies_packet(copies);
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

int torc_ring_borrow_slow(struct torc_ring *ring, const struct torc_packet **packet)
{
	int result;

	if (ring->reentrant)
		return receive_shared(ring, &(struct target){ .borrowed = packet, .max = 1 });
	if (__atomic_load_n(&ring->stopped, __ATOMIC_RELAXED))
		return 0;
	if (__atomic_load_n(&ring->cursor.limit, __ATOMIC_RELAXED) == NULL)
		ring_cursor_limit(ring); /* a stop came, and is over */
	result = refill(ring, ring->poll_duration_ms);
	if (result > 0)
		*packet = step(ring, 1);
	ring_ready(ring);
	return result > 0 ? 1 : result;
}

const struct torc_packet *torc_ring_step(struct torc_ring *ring)
{
	const struct torc_packet *limit = __atomic_load_n(&ring->cursor.limit, __ATOMIC_RELAXED);

	return __atomic_load_n(&ring->cursor.next, __ATOMIC_RELAXED) < limit ? step(ring, 1) : NULL;
}

int torc_ring_borrow(struct torc_ring *ring, const struct torc_packet **packet)
{
	return torc_ring_borrow_slow(ring, packet);
}

int torc_ring_next(struct torc_ring *ring, struct torc_packet *packet)
{
	const struct torc_packet *borrowed;
	int result = torc_ring_borrow_slow(ring, &borrowed);

	*packet = result > 0 ? *borrowed : (struct torc_packet){ 0 };
	return result;
}

/* Packets that were read ahead, or else straight into the caller's array. */
static int receive_batch(struct torc_ring *ring, struct torc_packet *packets, unsigned int max)
{
	unsigned int pending = ring_pending(ring);
	int result;

	if (pending > 0) {
		max = pending < max ? pending : max;
		memcpy(packets, step(ring, max), max * sizeof(*packets));
		return (int)max;
	}
	result = receive(ring, packets, max, ring->poll_duration_ms);
	if (result > 0)
		ring_batch_account(ring->batch, packets, (unsigned int)result, 1);
	if (result > 0 && ring->parsed)
		parse(packets, (unsigned int)result, ring->parsed);
	return result;
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
	result = receive_batch(ring, packets, max);
	if (ring->fd_given)
		ring_ready(ring);
	return result;
}

int torc_ring_read(struct torc_ring *ring, struct torc_packet **packet)
{
	int result;

	if (ring->reentrant)
		return receive_shared(ring, &(struct target){ .max = 1, .clone = packet });
	if (torc_ring_stopped(ring))
		return 0;
	result = refill(ring, ring->poll_duration_ms);
	if (result > 0)
		result = clone_next(ring, NULL, packet);
	ring_ready(ring);
	return result;
}

int torc_ring_read_to(struct torc_ring *ring, void *buffer, size_t size,
		      struct torc_packet *packet)
{
	int result;

	if (ring->reentrant)
		return receive_shared(ring, &(struct target){ .packets = packet, .max = 1,
							       .buffer = buffer, .size = size });
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
	if (result > 0)
		*packet = *ring->cursor.next;
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
	if (ring->port_count == 0 || ring_pending(ring) > 0)
		return false;
	for (unsigned int i = 0; i < ring->port_count; i++) {
		const struct ring_port *port = &ring->ports[i];

		if (!port->ops->is_file || !port->ops->at_end(port->engine))
			return false;
	}
	return true;
}
