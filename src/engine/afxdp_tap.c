/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * afxdp_tap.c - a queue of copies: the host keeps its packets
 *
 * XDP gives a packet to one side, so with mode=tap the program copies each into a frame itself and
 * passes the packet on. For the rest of the engine such a queue is an AF_XDP socket's:
 *
 *	fill ring  an array map of this process, emptied by the program
 *	frames     an array map, one frame an element
 *	rx ring    a BPF_MAP_TYPE_RINGBUF of descriptors (Documentation/bpf/ringbuf.rst); its
 *	           descriptor is what a reader sleeps on
 *
 * The frames go round as those of a socket do, a packet is lost only for want of a free frame, and
 * what the reader does or leaves undone never touches the host. Linux 5.18 (bpf_xdp_load_bytes).
 */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bpf/bpf.h"
#include "engine/afxdp.h"
#include "util/error.h"

/* As the kernel writes it: struct bpf_ringbuf_hdr and ours. */
struct tap_record {
	uint32_t length; /* BPF_RINGBUF_BUSY_BIT until it is whole */
	uint32_t page;
	struct xdp_desc desc;
};

/* ---- life ---- */

static void *map_memory(int fd, size_t bytes, int protection, off_t offset)
{
	void *memory = mmap(NULL, bytes, protection, MAP_SHARED, fd, offset);

	return memory == MAP_FAILED ? NULL : memory;
}

static void unmap(void *memory, size_t bytes)
{
	if (memory)
		munmap(memory, bytes);
}

/* An array in this process' memory too. */
static int array_map(int *fd, void **memory, uint32_t element_bytes, uint32_t count, const char *name)
{
	*fd = torc_bpf_map_create(BPF_MAP_TYPE_ARRAY, sizeof(uint32_t), element_bytes, count,
				  BPF_F_MMAPABLE, name);
	if (*fd < 0)
		return *fd;
	*memory = map_memory(*fd, (size_t)element_bytes * count, PROT_READ | PROT_WRITE, 0);
	return *memory ? 0 : -errno;
}

/* Room for twice as many records as there are frames: half of them may be read and not told. */
static int records_map(struct afxdp_queue *queue)
{
	struct afxdp_tap *tap = queue->tap;
	size_t page = (size_t)getpagesize(), bytes = page;

	while (bytes < 2 * sizeof(struct tap_record) * queue->frame_count)
		bytes *= 2;
	queue->fd = torc_bpf_map_create(BPF_MAP_TYPE_RINGBUF, 0, 0, (uint32_t)bytes, 0, "torc_tap");
	if (queue->fd < 0)
		return queue->fd;
	tap->record_map_bytes = page + 2 * bytes;
	tap->consumer_map = map_memory(queue->fd, page, PROT_READ | PROT_WRITE, 0);
	tap->record_map = map_memory(queue->fd, tap->record_map_bytes, PROT_READ, (off_t)page);
	if (!tap->consumer_map || !tap->record_map)
		return -errno;
	tap->consumer = tap->consumer_map;
	tap->position = tap->record_map;
	tap->records = (const uint8_t *)tap->record_map + page;
	tap->mask = bytes - 1;
	return 0;
}

static int make_maps(struct afxdp_queue *queue)
{
	struct afxdp_tap *tap = queue->tap;
	void *shared = NULL, *frames = NULL;
	int result = array_map(&tap->shared, &shared, (uint32_t)tap->mine_bytes, 1, "torc_tap");

	tap->mine = shared;
	if (result == 0)
		result = array_map(&tap->frames, &frames, queue->frame_bytes, queue->frame_count,
				   "torc_tap");
	queue->frames = frames;
	return result < 0 ? result : records_map(queue);
}

int afxdp_tap_open(struct afxdp_queue *queue, uint32_t id, uint32_t frame_bytes,
		   uint32_t frame_count, struct torc_error *error)
{
	struct afxdp_tap *tap = calloc(1, sizeof(*tap));
	int result;

	*queue = (struct afxdp_queue){ .id = id, .fd = -1, .tap = tap, .frame_bytes = frame_bytes,
				       .frame_count = frame_count };
	if (!tap)
		return torc_error_set(error, -ENOMEM, "out of memory");
	queue->frames_bytes = (size_t)frame_bytes * frame_count;
	tap->frames = tap->shared = -1;
	tap->mine_bytes = sizeof(*tap->mine) + frame_count * sizeof(tap->mine->free[0]);
	result = make_maps(queue);
	if (result < 0) {
		afxdp_tap_close(queue);
		return torc_error_set(error, result, "no memory shared with an XDP program: %s",
				      torc_strerror(result));
	}
	queue->fill.producer = &tap->mine->filled;
	queue->fill.consumer = &tap->mine->taken;
	queue->fill_offset = AFXDP_HEADROOM;
	queue->fill.entries = tap->mine->free;
	queue->fill.mask = frame_count - 1;
	for (uint32_t i = 0; i < frame_count; i++) {
		struct xdp_desc desc = { .addr = (uint64_t)i * frame_bytes + AFXDP_HEADROOM };

		afxdp_queue_give_back(queue, &desc, 1);
	}
	return 0;
}

void afxdp_tap_close(struct afxdp_queue *queue)
{
	struct afxdp_tap *tap = queue->tap;

	unmap(tap->consumer_map, (size_t)getpagesize());
	unmap(tap->record_map, tap->record_map_bytes);
	unmap(tap->mine, tap->mine_bytes);
	unmap(queue->frames, queue->frames_bytes);
	if (queue->fd >= 0)
		close(queue->fd);
	if (tap->frames >= 0)
		close(tap->frames);
	if (tap->shared >= 0)
		close(tap->shared);
	free(tap);
	queue->tap = NULL;
	queue->frames = NULL;
	queue->fd = -1;
}

/* ---- receiving ---- */

/* Every record is of one size, so that the reader's position follows from what it has taken. */
static unsigned long reader_position(const struct afxdp_queue *queue)
{
	return (unsigned long)__atomic_load_n(&queue->consumed, __ATOMIC_RELAXED) *
	       sizeof(struct tap_record);
}

uint32_t afxdp_tap_waiting(const struct afxdp_queue *queue)
{
	unsigned long reader = reader_position(queue);

	return (uint32_t)((__atomic_load_n(queue->tap->position, __ATOMIC_ACQUIRE) - reader) /
			  sizeof(struct tap_record));
}

/*
 * The kernel wakes a reader only by the record at the very position that the reader has told. While
 * it still finds packets it does not tell, and so is not woken for each of them.
 */
static void tell_position(struct afxdp_queue *queue)
{
	queue->tap->told = reader_position(queue);
	__atomic_store_n(queue->tap->consumer, queue->tap->told, __ATOMIC_RELEASE);
}

void afxdp_tap_rest(struct afxdp_queue *queue)
{
	tell_position(queue);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

uint32_t afxdp_tap_peek(struct afxdp_queue *queue, struct xdp_desc *descs, uint32_t max)
{
	const struct afxdp_tap *tap = queue->tap;
	unsigned long at = reader_position(queue);
	uint32_t waiting = afxdp_tap_waiting(queue), count = 0;

	while (count < waiting && count < max) {
		const struct tap_record *record = (const void *)(tap->records + (at & tap->mask));

		if (__atomic_load_n(&record->length, __ATOMIC_ACQUIRE) & BPF_RINGBUF_BUSY_BIT)
			break;
		descs[count++] = record->desc;
		at += sizeof(*record);
	}
	if (waiting == 0)
		afxdp_tap_rest(queue);
	return count;
}

void afxdp_tap_taken(struct afxdp_queue *queue)
{
	if (reader_position(queue) - queue->tap->told > queue->tap->mask / 2)
		afxdp_tap_rest(queue);
}
