/* SPDX-License-Identifier: BSD-3-Clause */
/* afxdp_sockets.c - the sockets (or copies) of a set of queues, and how much memory they have */
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "engine/afxdp_sockets.h"
#include "util/available.h"
#include "util/error.h"

#define BUFFER_DEFAULT (32u << 20)
#define FRAMES_LEAST   256u
#define FRAMES_MOST    (1u << 16)
#define FRAMES_SENDING 64u /* received frames of a ring that only sends: the kernel wants some */

uint32_t afxdp_sockets_frame_bytes(uint32_t mtu, bool tap)
{
	uint32_t room = AFXDP_KERNEL_HEADROOM + AFXDP_HEADROOM + AFXDP_LONGEST_HEADER;
	uint32_t bytes = 2048, most = tap ? UINT32_MAX / 2 : (uint32_t)getpagesize();

	while (bytes < most && bytes < mtu + room)
		bytes *= 2;
	return bytes;
}

static uint32_t power_of_two_below(uint64_t number)
{
	uint32_t power = FRAMES_LEAST;

	while (power < FRAMES_MOST && (uint64_t)power * 2 <= number)
		power *= 2;
	return power;
}

struct afxdp_sockets *afxdp_sockets_new(uint64_t mask)
{
	struct afxdp_sockets *sockets = calloc(1, sizeof(*sockets));

	if (!sockets)
		return NULL;
	sockets->queues = calloc((size_t)__builtin_popcountll(mask), sizeof(*sockets->queues));
	if (!sockets->queues) {
		free(sockets);
		return NULL;
	}
	sockets->mask = mask;
	sockets->users = 1;
	return sockets;
}

static void close_queues(struct afxdp_sockets *sockets)
{
	while (sockets->count > 0)
		afxdp_queue_close(&sockets->queues[--sockets->count]);
}

void afxdp_sockets_close(struct afxdp_sockets *sockets)
{
	if (!sockets)
		return;
	close_queues(sockets);
	free(sockets->queues);
	free(sockets);
}

static int open_queues(struct afxdp_sockets *sockets, const struct afxdp_link *link,
		       const struct afxdp_sockets_request *request, uint32_t frames,
		       struct torc_error *error)
{
	uint32_t frame_bytes = afxdp_sockets_frame_bytes(link->mtu, request->tap);
	int result = 0;

	for (uint32_t id = 0; id < AFXDP_MAX_QUEUES && result == 0; id++) {
		uint32_t tx_count = request->sends && sockets->count == 0 ? AFXDP_TX_FRAMES : 0;
		struct afxdp_queue *queue = &sockets->queues[sockets->count];

		if (!(request->mask >> id & 1))
			continue;
		if (request->tap)
			result = afxdp_queue_open_tap(queue, id, frame_bytes, frames, error);
		else
			result = afxdp_queue_open(queue, link, id, frame_bytes, frames, tx_count,
						  request->generic, error);
		sockets->count += result == 0;
		if (request->only_sends)
			break; /* one queue is enough */
	}
	sockets->buffer_bytes = (uint64_t)frames * frame_bytes *
				(uint32_t)__builtin_popcountll(request->mask);
	return result;
}

static int set_busy_poll(struct afxdp_sockets *sockets, const struct afxdp_link *link,
			 uint32_t microseconds, struct torc_error *error)
{
	int result = 0;

	for (uint32_t i = 0; microseconds && i < sockets->count && result == 0; i++)
		result = afxdp_queue_busy_poll(&sockets->queues[i], microseconds);
	if (result < 0)
		torc_error_set(error, result,
			       "no busy polling on %s: %s (it needs CAP_NET_ADMIN and Linux 5.11)",
			       link->name, torc_strerror(result));
	return result;
}

/* As many frames as the buffer asks for; without a wish, as many as may be locked. */
int afxdp_sockets_open(struct afxdp_sockets **opened, const struct afxdp_link *link,
		       const struct afxdp_sockets_request *request, struct torc_error *error)
{
	struct afxdp_sockets *sockets = afxdp_sockets_new(request->mask);
	uint32_t frame_bytes = afxdp_sockets_frame_bytes(link->mtu, request->tap);
	uint64_t bytes = request->buffer_bytes ? request->buffer_bytes : BUFFER_DEFAULT;
	uint32_t queues = (uint32_t)__builtin_popcountll(request->mask);
	uint32_t frames = power_of_two_below(bytes / (queues ? queues : 1) / frame_bytes);
	int result;

	if (!sockets)
		return torc_error_set(error, -ENOMEM, "out of memory");
	if (request->only_sends)
		frames = FRAMES_SENDING;
	sockets->tap = request->tap;
	result = torc_memory_fair(request->buffer_bytes, "a buffer for", link->name, error);
	if (result == 0)
		result = open_queues(sockets, link, request, frames, error);
	while (result == -ENOBUFS && !request->buffer_bytes && frames / 2 >= FRAMES_LEAST) {
		close_queues(sockets);
		frames /= 2;
		result = open_queues(sockets, link, request, frames, error);
	}
	if (result == 0)
		result = set_busy_poll(sockets, link, request->busy_poll_us, error);
	if (result < 0)
		afxdp_sockets_close(sockets);
	else
		*opened = sockets;
	return result;
}

void afxdp_sockets_watch(const struct afxdp_sockets *sockets, int epoll, int op)
{
	struct epoll_event event = { .events = EPOLLIN };

	for (uint32_t i = 0; i < sockets->count; i++)
		epoll_ctl(epoll, op, sockets->queues[i].fd, &event);
}

/* All since they were opened. */
static int count_all(const struct afxdp_sockets *sockets, uint64_t *seen, uint64_t *dropped)
{
	*seen = *dropped = 0;
	for (uint32_t i = 0; i < sockets->count; i++) {
		uint64_t lost = afxdp_queue_dropped(&sockets->queues[i]);

		if (lost == TORC_UNKNOWN)
			return -EIO;
		*dropped += lost;
		*seen += lost + afxdp_queue_arrived(&sockets->queues[i]);
	}
	return 0;
}

int afxdp_sockets_begin(struct afxdp_sockets *sockets)
{
	struct xdp_desc descs[AFXDP_BLOCK_PACKETS];
	uint32_t count;

	for (uint32_t i = 0; i < sockets->count; i++) {
		struct afxdp_queue *queue = &sockets->queues[i];

		while ((count = afxdp_queue_take(queue, descs, AFXDP_BLOCK_PACKETS)) > 0)
			afxdp_queue_give_back(queue, descs, count);
	}
	return count_all(sockets, &sockets->seen_before, &sockets->dropped_before);
}

int afxdp_sockets_count(const struct afxdp_sockets *sockets, struct torc_engine_stats *stats)
{
	uint64_t seen, dropped;
	int result = count_all(sockets, &seen, &dropped);

	if (result < 0)
		return result;
	stats->seen += seen - sockets->seen_before;
	stats->dropped += dropped - sockets->dropped_before;
	return 0;
}
