/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * afxdp_send.c - sending through the tx ring of the first queue
 *
 * A frame is copied into the UMEM and its descriptor published; sendto() makes the kernel look. In
 * copy mode the kernel takes 32 at most for a call and says EAGAIN while there are more; in
 * zero-copy mode the driver works by itself and asks for a call by XDP_RING_NEED_WAKEUP. A frame is
 * free again when its address comes back in the completion ring.
 */
#include <errno.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/afxdp_engine.h"

#define WAIT_MS     10 /* for a free frame, before -ENOBUFS */
#define FLUSH_TRIES 1000u
#define ETHERNET    14u
#define VLAN_TAG    4u

static void add(uint64_t *counter, uint64_t value)
{
	__atomic_fetch_add(counter, value, __ATOMIC_RELAXED);
}

static void reap(struct afxdp_queue *queue)
{
	struct afxdp_ring *ring = &queue->completion;
	const uint64_t *entries = ring->entries;
	uint32_t producer = __atomic_load_n(ring->producer, __ATOMIC_ACQUIRE);

	/* the ring is memory that others may have: no more than was sent comes back, and only ours */
	for (uint32_t i = 0; i <= ring->mask && ring->mine != producer &&
			     queue->tx_free_count < queue->tx_count;
	     i++) {
		uint64_t frame = entries[ring->mine++ & ring->mask] / queue->frame_bytes;

		if (frame >= queue->frame_count && frame < queue->frame_count + queue->tx_count)
			queue->tx_free[queue->tx_free_count++] = frame * queue->frame_bytes;
	}
	__atomic_store_n(ring->consumer, ring->mine, __ATOMIC_RELEASE);
}

static uint32_t tx_waiting(const struct afxdp_queue *queue)
{
	uint32_t waiting = queue->tx.mine - __atomic_load_n(queue->tx.consumer, __ATOMIC_ACQUIRE);

	return waiting < queue->tx_unsent ? waiting : queue->tx_unsent;
}

static int kick(struct afxdp_queue *queue)
{
	if (queue->zero_copy &&
	    !(__atomic_load_n(queue->tx.flags, __ATOMIC_RELAXED) & XDP_RING_NEED_WAKEUP))
		return 0;
	if (sendto(queue->fd, NULL, 0, MSG_DONTWAIT, NULL, 0) < 0)
		return -errno;
	return 0;
}

/* Kick until the kernel has taken everything. */
static int kick_all(struct afxdp_queue *queue)
{
	unsigned int idle = 0;
	uint32_t left = tx_waiting(queue);
	int result = 0;

	while (left > 0 && idle < FLUSH_TRIES) {
		uint32_t now;

		result = kick(queue);
		if (result == -ENETDOWN || result == -ENXIO || result == -ENODEV)
			return result;
		now = tx_waiting(queue);
		if (now == left) { /* the card is full, or short of memory: let it work */
			struct pollfd wait = { .fd = queue->fd, .events = POLLOUT };

			idle++;
			reap(queue);
			poll(&wait, 1, 1);
		} else {
			idle = 0;
		}
		left = now;
	}
	return left > 0 ? -ENOBUFS : 0;
}

/* Count what left, and take back what the kernel did not take: in copy mode it reads the ring only
 * when kicked. Returns how many left. */
static uint32_t settle(struct torc_engine *engine, struct afxdp_queue *queue)
{
	const struct xdp_desc *entries = queue->tx.entries;
	uint32_t left = queue->zero_copy ? 0 : tx_waiting(queue), sent = queue->tx_unsent - left;
	uint64_t bytes = 0;

	for (uint32_t at = queue->tx.mine - queue->tx_unsent; at != queue->tx.mine - left; at++)
		bytes += entries[at & queue->tx.mask].len;
	add(&engine->counters.sent, sent);
	add(&engine->counters.sent_bytes, bytes);
	add(&engine->counters.send_errors, left);
	queue->tx_unsent = 0;
	for (; left > 0; left--) {
		queue->tx.mine--;
		queue->tx_free[queue->tx_free_count++] = entries[queue->tx.mine & queue->tx.mask].addr;
	}
	__atomic_store_n(queue->tx.producer, queue->tx.mine, __ATOMIC_RELEASE);
	return sent;
}

/* Send what is queued: *sent left; negative when some were refused and taken back. */
static int send_queued(struct torc_engine *engine, struct afxdp_queue *queue, uint32_t *sent)
{
	int result = kick_all(queue);
	uint32_t unsent = queue->tx_unsent;

	reap(queue);
	*sent = settle(engine, queue);
	if (result == -ENOBUFS)
		add(&engine->counters.send_full, unsent - *sent);
	return result;
}

/* A free frame; sends what is queued and waits a little when there is none. */
static int have_frame(struct torc_engine *engine, struct afxdp_queue *queue)
{
	for (unsigned int tries = 0; queue->tx_free_count == 0 && tries <= WAIT_MS; tries++) {
		struct pollfd wait = { .fd = queue->fd, .events = POLLOUT };
		uint32_t sent;
		int result = send_queued(engine, queue, &sent);

		if (result == -ENETDOWN || result == -ENXIO || result == -ENODEV)
			return result;
		if (queue->tx_free_count == 0)
			poll(&wait, 1, 1);
		reap(queue);
	}
	return queue->tx_free_count > 0 ? 0 : -ENOBUFS;
}

static int check_length(const struct torc_engine *engine, const uint8_t *data, size_t length)
{
	size_t header = ETHERNET;

	if (length < ETHERNET)
		return -EINVAL;
	if ((data[12] == 0x81 || data[12] == 0x88 || data[12] == 0x91) &&
	    (data[13] == 0x00 || data[13] == 0xa8))
		header += VLAN_TAG;
	return length > engine->device.mtu + header ? -EMSGSIZE : 0;
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

/* ---- sending ---- */

static int send_elsewhere(struct torc_engine *engine, int ifindex, const void *data, size_t length)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_ifindex = ifindex };
	int fd = afxdp_packet_socket(engine);
	ssize_t sent;

	if (fd < 0)
		return fd;
	sent = sendto(fd, data, length, MSG_DONTWAIT, (struct sockaddr *)&to, sizeof(to));
	if (sent < 0) {
		int code = errno == EAGAIN ? -ENOBUFS : -errno;

		add(&engine->counters.send_errors, 1);
		add(&engine->counters.send_full, code == -ENOBUFS);
		return code;
	}
	add(&engine->counters.sent, 1);
	add(&engine->counters.sent_bytes, (uint64_t)sent);
	return (int)sent;
}

/* More than a frame of ours holds goes by the packet socket, behind what is queued. */
static int send_large(struct torc_engine *engine, struct afxdp_queue *queue, const void *data,
		      size_t length)
{
	uint32_t sent;
	int result = send_queued(engine, queue, &sent);

	if (result == 0)
		result = send_elsewhere(engine, engine->device.ifindex, data, length);
	return result < 0 ? result : 0;
}

static int queue_frame(struct torc_engine *engine, const void *data, size_t length)
{
	struct afxdp_queue *queue = &engine->sockets->queues[0];
	struct xdp_desc *entries = queue->tx.entries;
	int result = check_length(engine, data, length);
	uint64_t address;

	if (result == 0 && length > queue->frame_bytes)
		return send_large(engine, queue, data, length);
	if (result == 0)
		result = have_frame(engine, queue);
	if (result < 0) {
		add(&engine->counters.send_errors, 1);
		return result;
	}
	address = queue->tx_free[--queue->tx_free_count];
	memcpy(queue->frames + address, data, length);
	entries[queue->tx.mine & queue->tx.mask] =
		(struct xdp_desc){ .addr = address, .len = (uint32_t)length };
	queue->tx.mine++;
	__atomic_store_n(queue->tx.producer, queue->tx.mine, __ATOMIC_RELEASE);
	queue->tx_unsent++;
	return 0;
}

/*
 * The queue whose tx ring is ours, or NULL: of the engines on the same sockets one has it, as long as
 * it is open, and the others send by a packet socket, as all do where there is none.
 */
static struct afxdp_queue *tx_queue(struct torc_engine *engine)
{
	struct afxdp_sockets *sockets = engine->sockets;
	struct torc_engine *nobody = NULL;

	if (!sockets || engine->role == &afxdp_role_outside || sockets->queues[0].tx_count == 0)
		return NULL;
	if (__atomic_load_n(&sockets->sender, __ATOMIC_ACQUIRE) != engine &&
	    !__atomic_compare_exchange_n(&sockets->sender, &nobody, engine, false, __ATOMIC_ACQ_REL,
					 __ATOMIC_RELAXED))
		return NULL;
	return &sockets->queues[0];
}

/* An engine that receives only, and one whose interface is gone, cannot send. */
static int may_send(const struct torc_engine *engine)
{
	if (engine->gone && !engine->sockets)
		return -ENODEV;
	return engine->config.mode == TORC_RECV_ONLY ? -EOPNOTSUPP : 0;
}

int afxdp_send(struct torc_engine *engine, int ifindex, const void *data, size_t length)
{
	struct afxdp_queue *queue;
	uint32_t sent;
	int result;

	if (ifindex != 0 && ifindex != engine->device.ifindex)
		return send_elsewhere(engine, ifindex, data, length);
	result = may_send(engine);
	queue = result == 0 ? tx_queue(engine) : NULL;
	if (result == 0 && !queue)
		return send_elsewhere(engine, engine->device.ifindex, data, length);
	if (result == 0)
		result = queue_frame(engine, data, length);
	if (result == 0)
		result = send_queued(engine, queue, &sent);
	return result < 0 ? result : (int)length;
}

int afxdp_send_batch(struct torc_engine *engine, const struct torc_packet *packets,
		     unsigned int count)
{
	int result = may_send(engine);
	const struct afxdp_queue *queue = result == 0 ? tx_queue(engine) : NULL;
	unsigned int taken = 0;

	while (taken < count && result >= 0) {
		const struct torc_packet *packet = &packets[taken];

		if (queue)
			result = queue_frame(engine, packet->data, packet->caplen);
		else
			result = send_elsewhere(engine, engine->device.ifindex, packet->data,
						packet->caplen);
		taken += result >= 0;
	}
	return taken > 0 ? (int)taken : result;
}

int afxdp_flush(struct torc_engine *engine)
{
	struct afxdp_queue *queue = tx_queue(engine);
	uint32_t sent;
	int result;

	if (!queue)
		return 0;
	result = send_queued(engine, queue, &sent);
	return result < 0 && sent == 0 ? result : (int)sent;
}
