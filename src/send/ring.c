/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ring.c - sending through a ring of frames shared with the kernel (PACKET_TX_RING, TPACKET_V2;
 * linux/if_packet.h, Documentation/networking/packet_mmap.rst)
 *
 * A slot belongs to us while its status is TP_STATUS_AVAILABLE. We write a frame and set
 * TP_STATUS_SEND_REQUEST; send() makes the kernel walk the ring and take each such slot, which it
 * gives back when the frame has left. At a slot it does not like (the MTU became smaller) the
 * kernel stops for good, with TP_STATUS_WRONG_FORMAT: then the frames behind move up by one. A
 * frame the queue has no room for stays TP_STATUS_SEND_REQUEST and is tried again.
 *
 * Slots are taken in order, so two counters are enough: filled, and done (given back).
 */
#include <errno.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "send/way.h"
#include "util/available.h"
#include "util/error.h"

#define SLOTS	    1024u
#define BLOCK_BYTES (256u << 10)
#define KICK	    128u /* slots filled before the kernel is asked to look */
#define LEAST_BYTES 14u
#define DRAIN_TRIES 200u
/* Where the frame begins in a slot, without PACKET_TX_HAS_OFF (packet_mmap.rst) */
#define FRAME_AT (TPACKET2_HDRLEN - sizeof(struct sockaddr_ll))

struct torc_way {
	int fd;
	uint8_t *memory;
	uint32_t slot_bytes;
	uint32_t slots;
	uint32_t filled; /* running numbers; slot = number % slots */
	uint32_t done;
	uint32_t refused; /* removed, not told by drain() yet */
	uint64_t refused_bytes;
	int code; /* the interface's error: nothing moves until it is over */
	uint32_t most_bytes;
};

static struct tpacket2_hdr *slot(const struct torc_way *way, uint32_t number)
{
	return (void *)(way->memory + (size_t)(number % way->slots) * way->slot_bytes);
}

static void ring_close(struct torc_way *way)
{
	if (way->memory)
		munmap(way->memory, (size_t)way->slots * way->slot_bytes);
	if (way->fd >= 0)
		close(way->fd);
	free(way);
}

/* A power of two, so that slots fill blocks. */
static uint32_t slot_bytes_for(uint32_t frame_bytes)
{
	uint32_t bytes = 256;

	while (bytes < FRAME_AT + frame_bytes)
		bytes *= 2;
	return bytes;
}

static int request_ring(struct torc_way *way, const struct torc_way_config *config)
{
	int version = TPACKET_V2;
	struct sockaddr_ll address = { .sll_family = AF_PACKET, .sll_ifindex = config->ifindex };
	struct tpacket_req request = { .tp_block_size = BLOCK_BYTES };
	void *memory;

	way->most_bytes = config->most_bytes;
	way->slot_bytes = slot_bytes_for(config->most_bytes);
	way->slots = SLOTS;
	request.tp_frame_size = way->slot_bytes;
	request.tp_frame_nr = way->slots;
	request.tp_block_nr = way->slots / (BLOCK_BYTES / way->slot_bytes);
	if (torc_memory_fair((uint64_t)way->slots * way->slot_bytes, "", "", NULL) < 0)
		return -ENOMEM;
	if (way->slot_bytes > BLOCK_BYTES ||
	    setsockopt(way->fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) < 0 ||
	    setsockopt(way->fd, SOL_PACKET, PACKET_TX_RING, &request, sizeof(request)) < 0 ||
	    bind(way->fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return way->slot_bytes > BLOCK_BYTES ? -EMSGSIZE : -errno;
	memory = mmap(NULL, (size_t)way->slots * way->slot_bytes, PROT_READ | PROT_WRITE,
		      MAP_SHARED, way->fd, 0);
	if (memory == MAP_FAILED)
		return -errno;
	way->memory = memory;
	return 0;
}

static int ring_open(struct torc_way **out, const struct torc_way_config *config,
		     struct torc_error *error)
{
	struct torc_way *way = calloc(1, sizeof(*way));
	int code;

	if (!way)
		return torc_error_set(error, -ENOMEM, "no memory for a sender");
	way->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	code = way->fd < 0 ? -errno : request_ring(way, config);
	if (code < 0) {
		ring_close(way);
		return torc_error_set(error, code, "no transmit ring on %s: %s", config->interface,
				      torc_strerror(code));
	}
	*out = way;
	return 0;
}

/* The kernel only looks at slots during our send(): between two, they may be moved about. */
static void remove_refused(struct torc_way *way)
{
	struct tpacket2_hdr *to = slot(way, way->done);

	way->refused_bytes += to->tp_len;
	for (uint32_t number = way->done + 1; number != way->filled; number++) {
		struct tpacket2_hdr *from = slot(way, number);

		to->tp_len = from->tp_len;
		memcpy((uint8_t *)to + FRAME_AT, (uint8_t *)from + FRAME_AT, from->tp_len);
		__atomic_store_n(&to->tp_status, TP_STATUS_SEND_REQUEST, __ATOMIC_RELEASE);
		to = from;
	}
	__atomic_store_n(&to->tp_status, TP_STATUS_AVAILABLE, __ATOMIC_RELEASE);
	way->filled--;
	way->refused++;
}

/* Take note of the slots the kernel has given back, in order. */
static void reap(struct torc_way *way)
{
	while (way->done != way->filled) {
		/* acquire: the slot may be written once the kernel says so */
		uint32_t status =
			__atomic_load_n(&slot(way, way->done)->tp_status, __ATOMIC_ACQUIRE);

		if (status & TP_STATUS_WRONG_FORMAT)
			remove_refused(way);
		else if (status == TP_STATUS_AVAILABLE)
			way->done++;
		else
			return;
	}
}

/* Make the kernel look at the ring; without MSG_DONTWAIT also wait until the frames have left. */
static int kick(struct torc_way *way, int flags)
{
	int code = 0;

	if (send(way->fd, NULL, 0, flags) < 0)
		code = -errno;
	reap(way);
	switch (code) {
	case -EAGAIN:
	case -EINTR:
	case -EMSGSIZE: /* a slot that reap() has removed */
	case -EINVAL:
		code = 0;
	}
	way->code = code;
	return code;
}

static void fill(struct torc_way *way, const struct torc_packet *packet)
{
	struct tpacket2_hdr *header = slot(way, way->filled);

	memcpy((uint8_t *)header + FRAME_AT, packet->data, packet->caplen);
	header->tp_len = packet->caplen;
	/* release: the frame is written before the kernel may read it */
	__atomic_store_n(&header->tp_status, TP_STATUS_SEND_REQUEST, __ATOMIC_RELEASE);
	way->filled++;
}

/* A failure after the first frame is told by the next call. */
static int ring_send(struct torc_way *way, const struct torc_packet *packets, unsigned int count)
{
	unsigned int n;
	int code = way->code < 0 ? kick(way, MSG_DONTWAIT) : 0;

	for (n = 0; n < count && code == 0; n++) {
		if (packets[n].caplen < LEAST_BYTES || packets[n].caplen > way->most_bytes) {
			code = -EMSGSIZE;
			break;
		}
		if (way->filled - way->done == way->slots)
			code = kick(way, 0);
		if (way->filled - way->done == way->slots)
			break;
		fill(way, &packets[n]);
		if (way->filled % KICK == 0)
			code = kick(way, MSG_DONTWAIT);
	}
	if (way->filled % KICK != 0 && code == 0)
		code = kick(way, MSG_DONTWAIT);
	if (n > 0)
		return (int)n;
	return code < 0 ? code : -EAGAIN;
}

static unsigned int ring_drain(struct torc_way *way, uint64_t *bytes)
{
	unsigned int refused, tries = 0;

	reap(way);
	while (way->done != way->filled && tries++ < DRAIN_TRIES)
		if (kick(way, 0) < 0)
			usleep(1000);
	/* An interface that is down takes nothing: what waits for it is given up. */
	while (way->done != way->filled && way->code < 0)
		remove_refused(way);
	refused = way->refused;
	*bytes = way->refused_bytes;
	way->refused = 0;
	way->refused_bytes = 0;
	return refused;
}

const struct torc_way_ops torc_way_tx_ring = {
	.name = "tx_ring",
	.visible = true,
	.open = ring_open,
	.close = ring_close,
	.send = ring_send,
	.drain = ring_drain,
};
