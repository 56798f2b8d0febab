/* SPDX-License-Identifier: BSD-3-Clause */
/* settings.c - direction, mode, sampling, waiting, VLAN, channels, slicing, names */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "state.h"

#define WATERMARK_TIMEOUT_MS 3 /* torc_ring_set_poll_watermark_timeout()'s default */

API int pfring_set_direction(pfring *ring, packet_direction direction)
{
	int rc;

	if (!ring)
		return PF_RING_ERROR_NOT_SUPPORTED;
	if (direction > tx_only_direction)
		return pf_result(-EINVAL);
	/* The values are the same; torc/ring.h took them over. */
	rc = torc_ring_set_direction(state_of(ring)->torc, (enum torc_direction)direction);
	if (rc == 0)
		ring->direction = direction;
	return pf_result(rc);
}

API int pfring_set_socket_mode(pfring *ring, socket_mode mode)
{
	int rc;

	if (!ring || mode == management_only_mode)
		return PF_RING_ERROR_NOT_SUPPORTED;
	if (ring->enabled)
		return pf_result(-EBUSY);
	if (mode > management_only_mode)
		return pf_result(-EINVAL);
	rc = torc_ring_set_mode(state_of(ring)->torc, (enum torc_mode)mode);
	if (rc == 0)
		ring->mode = mode;
	return pf_result(rc);
}

/* ---- sampling: in the ring, unless rules come first; then here ---- */

int pf_sampling_apply(pfring *ring)
{
	struct state *state = state_of(ring);
	bool here = (state->extra & EXTRA_RULES) && ring->sampling_rate > 1;

	state->sampling_place = 0;
	state->sampling_pick = 0;
	pf_set_extra(ring, EXTRA_SAMPLING, here);
	return torc_ring_set_sampling_rate(state->torc, here ? 1 : ring->sampling_rate);
}

static uint32_t next_random(struct state *state)
{
	uint32_t x = state->sampling_seed;

	if (x == 0)
		x = (uint32_t)time(NULL) ^ (uint32_t)(uintptr_t)state ^ 1;
	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	state->sampling_seed = x ? x : 1;
	return x;
}

/* Exactly one packet of each window of sampling_rate, at a random place; the very first passes. */
bool pf_sampled(pfring *ring)
{
	struct state *state = state_of(ring);
	bool pass;

	pthread_mutex_lock(&state->lock);
	pass = state->sampling_place == state->sampling_pick;
	if (++state->sampling_place >= ring->sampling_rate) {
		state->sampling_place = 0;
		state->sampling_pick = next_random(state) % ring->sampling_rate;
	}
	pthread_mutex_unlock(&state->lock);
	return pass;
}

API int pfring_set_sampling_rate(pfring *ring, u_int32_t rate)
{
	if (!ring)
		return PF_RING_ERROR_NOT_SUPPORTED;
	ring->sampling_rate = rate == 0 ? 1 : rate;
	return pf_result(pf_sampling_apply(ring));
}

/* ---- waiting ---- */

/*
 * PF_RING hands over fewer packets than the watermark when a poll of poll_duration ms times out. A
 * ring of torc does after the watermark timeout, 3 ms unless set, so a poll duration only makes a
 * difference when it is shorter.
 */
static int apply_timeout(struct state *state)
{
	unsigned int timeout = WATERMARK_TIMEOUT_MS;

	if (state->watermark_timeout_ms > 0)
		timeout = state->watermark_timeout_ms;
	if (state->poll_duration_ms > 0 && state->poll_duration_ms < timeout)
		timeout = state->poll_duration_ms;
	if (timeout > 10000)
		timeout = 10000;
	return torc_ring_set_poll_watermark_timeout(state->torc, timeout);
}

API int pfring_set_poll_duration(pfring *ring, u_int duration)
{
	if (!ring)
		return PF_RING_ERROR_NOT_SUPPORTED;
	ring->poll_duration = (u_int16_t)duration;
	state_of(ring)->poll_duration_ms = duration;
	return pf_result(apply_timeout(state_of(ring)));
}

API int pfring_set_poll_watermark_timeout(pfring *ring, u_int16_t poll_watermark_timeout)
{
	if (!ring)
		return PF_RING_ERROR_NOT_SUPPORTED;
	state_of(ring)->watermark_timeout_ms = poll_watermark_timeout;
	return pf_result(apply_timeout(state_of(ring)));
}

API int pfring_set_poll_watermark(pfring *ring, u_int16_t watermark)
{
	if (!ring)
		return PF_RING_ERROR_NOT_SUPPORTED;
	return pf_result(torc_ring_set_poll_watermark(state_of(ring)->torc,
						      watermark == 0 ? 1 : watermark));
}

/* ---- what is received ---- */

API int pfring_set_vlan_id(pfring *ring, u_int16_t vlan_id)
{
	if (!ring)
		return PF_RING_ERROR_NOT_SUPPORTED;
	if (ring->direction == tx_only_direction)
		return pf_result(-EINVAL);
	vlan_id &= 0x0FFF;
	return pf_result(torc_ring_set_vlan(state_of(ring)->torc,
					    vlan_id == RING_NO_VLAN ? TORC_VLAN_NONE : vlan_id));
}

API int pfring_set_channel_mask(pfring *ring, u_int64_t channel_mask)
{
	if (!ring)
		return PF_RING_ERROR_NOT_SUPPORTED;
	return pf_result(torc_ring_set_channel_mask(state_of(ring)->torc, channel_mask));
}

API int pfring_set_channel_id(pfring *ring, u_int32_t channel_id)
{
	if (!ring)
		return PF_RING_ERROR_NOT_SUPPORTED;
	if (channel_id >= MAX_NUM_RX_CHANNELS)
		return pf_result(-EINVAL);
	return pfring_set_channel_mask(ring, (u_int64_t)1 << channel_id);
}

/*
 * PF_RING counts packets by a symmetric hash instead of the card's queue. A ring of all queues gets
 * the same packets either way, and clusters here hash symmetrically by themselves; a ring of one of
 * several queues would get others, and that cannot be given.
 */
API int pfring_enable_rss_rehash(pfring *ring)
{
	struct torc_ring_info info = { .size = sizeof(info) };
	uint64_t all;

	if (!ring)
		return PF_RING_ERROR_NOT_SUPPORTED;
	if (torc_ring_info(state_of(ring)->torc, &info) < 0)
		return pf_result(-EIO);
	all = info.queue_count >= 64 ? UINT64_MAX : ((uint64_t)1 << info.queue_count) - 1;
	return (info.channel_mask & all) == all ? 0 : PF_RING_ERROR_NOT_SUPPORTED;
}

API int pfring_set_packet_slicing(pfring *ring, packet_slicing_level level,
				  u_int32_t additional_bytes)
{
	if (!ring)
		return PF_RING_ERROR_NOT_SUPPORTED;
	if (level != FULL_PACKET_SLICING && level != L2_SLICING && level != L3_SLICING &&
	    level != L4_SLICING)
		return pf_result(-EINVAL);
	ring->slicing_level = level;
	ring->slicing_additional_bytes = additional_bytes;
	pf_set_extra(ring, EXTRA_SLICING, level != FULL_PACKET_SLICING);
	return 0;
}

API int pfring_set_promisc(pfring *ring, int set_promisc)
{
	int rc;

	if (!ring)
		return PF_RING_ERROR_NOT_SUPPORTED;
	rc = torc_ring_set_promisc(state_of(ring)->torc, set_promisc != 0);
	if (rc == 0)
		ring->promisc = set_promisc != 0;
	return pf_result(rc);
}

API int pfring_set_filtering_mode(pfring *ring, filtering_mode mode)
{
	if (!ring || mode != software_only)
		return PF_RING_ERROR_NOT_SUPPORTED;
	ring->filter_mode = mode;
	return 0;
}

API int pfring_set_application_name(pfring *ring, char *name)
{
	if (!ring)
		return PF_RING_ERROR_NOT_SUPPORTED;
	if (!name)
		return pf_result(-EINVAL);
	return pf_result(torc_ring_set_application_name(state_of(ring)->torc, name));
}
