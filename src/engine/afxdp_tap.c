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
#include "engine/afxdp_tap.h"
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
static int records_map(struct afxdp_tap *tap, uint32_t frame_count)
{
	size_t page = (size_t)getpagesize(), bytes = page;

	while (bytes < 2 * sizeof(struct tap_record) * frame_count)
		bytes *= 2;
	tap->records = torc_bpf_map_create(BPF_MAP_TYPE_RINGBUF, 0, 0, (uint32_t)bytes, 0, "torc_tap");
	if (tap->records < 0)
		return tap->records;
	tap->ring_map_bytes = page + 2 * bytes;
	tap->consumer_map = map_memory(tap->records, page, PROT_READ | PROT_WRITE, 0);
	tap->ring_map = map_memory(tap->records, tap->ring_map_bytes, PROT_READ, (off_t)page);
	if (!tap->consumer_map || !tap->ring_map)
		return -errno;
	tap->consumer = tap->consumer_map;
	tap->position = tap->ring_map;
	tap->ring = (const uint8_t *)tap->ring_map + page;
	tap->mask = bytes - 1;
	return 0;
}

int afxdp_tap_open(struct afxdp_tap **opened, uint32_t frame_bytes, uint32_t frame_count,
		   struct torc_error *error)
{
	struct afxdp_tap *tap = calloc(1, sizeof(*tap));
	void *shared = NULL, *frames = NULL;
	int result;

	if (!tap)
		return torc_error_set(error, -ENOMEM, "out of memory");
	tap->records = tap->frames = tap->shared = -1;
	tap->frame_memory_bytes = (size_t)frame_bytes * frame_count;
	tap->mine_bytes = sizeof(*tap->mine) + frame_count * sizeof(tap->mine->free[0]);
	result = array_map(&tap->shared, &shared, (uint32_t)tap->mine_bytes, 1, "torc_tap");
	if (result == 0)
		result = array_map(&tap->frames, &frames, frame_bytes, frame_count, "torc_tap");
	tap->mine = shared;
	tap->frame_memory = frames;
	if (result == 0)
		result = records_map(tap, frame_count);
	if (result == 0) {
		*opened = tap;
		return 0;
	}
	afxdp_tap_close(tap);
	return torc_error_set(error, result, "no memory shared with an XDP program: %s",
			      torc_strerror(result));
}

void afxdp_tap_close(struct afxdp_tap *tap)
{
	const int fds[] = { tap->records, tap->frames, tap->shared };

	unmap(tap->consumer_map, (size_t)getpagesize());
	unmap(tap->ring_map, tap->ring_map_bytes);
	unmap(tap->mine, tap->mine_bytes);
	unmap(tap->frame_memory, tap->frame_memory_bytes);
	for (unsigned int i = 0; i < sizeof(fds) / sizeof(*fds); i++) {
		if (fds[i] >= 0)
			close(fds[i]);
	}
	free(tap);
}

/* ---- receiving ---- */

uint32_t afxdp_tap_waiting(const struct afxdp_tap *tap, uint64_t taken)
{
	unsigned long reader = (unsigned long)taken * sizeof(struct tap_record);

	return (uint32_t)((__atomic_load_n(tap->position, __ATOMIC_ACQUIRE) - reader) /
			  sizeof(struct tap_record));
}

/*
 * The kernel wakes a reader only by the record at the very position that the reader has told. While
 * it still finds packets it does not tell, and so is not woken for each of them.
 */
void afxdp_tap_rest(struct afxdp_tap *tap, uint64_t taken)
{
	tap->told = (unsigned long)taken * sizeof(struct tap_record);
	__atomic_store_n(tap->consumer, tap->told, __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

uint32_t afxdp_tap_peek(struct afxdp_tap *tap, uint64_t taken, struct xdp_desc *descs, uint32_t max)
{
	unsigned long at = (unsigned long)taken * sizeof(struct tap_record);
	uint32_t waiting = afxdp_tap_waiting(tap, taken), count = 0;

	while (count < waiting && count < max) {
		const struct tap_record *record = (const void *)(tap->ring + (at & tap->mask));

		if (__atomic_load_n(&record->length, __ATOMIC_ACQUIRE) & BPF_RINGBUF_BUSY_BIT)
			break;
		descs[count++] = record->desc;
		at += sizeof(*record);
	}
	if (waiting == 0)
		afxdp_tap_rest(tap, taken);
	return count;
}

void afxdp_tap_taken(struct afxdp_tap *tap, uint64_t taken)
{
	if ((unsigned long)taken * sizeof(struct tap_record) - tap->told > tap->mask / 2)
		afxdp_tap_rest(tap, taken);
}
