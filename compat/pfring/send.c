/* SPDX-License-Identifier: BSD-3-Clause */
/* send.c - sending one by one, or many at once behind a watermark */
#include <errno.h>
#include <string.h>

#include "state.h"

#define LINK_HEADERS_BYTES 18 /* Ethernet and one VLAN tag */

static bool refused_by_filter(pfring *ring, const char *pkt, u_int pkt_len)
{
	bool refused;

	if (!ring->userspace_bpf)
		return false;
	pthread_rwlock_rdlock(&ring->tx_lock);
	refused = ring->userspace_bpf &&
		  torc_filter_matches(state_of(ring)->tx_filter, pkt, pkt_len, pkt_len) == 0;
	pthread_rwlock_unlock(&ring->tx_lock);
	return refused;
}

/* The lock is held. */
static int flush_queued(struct state *state)
{
	int rc;

	if (state->tx_queued == 0)
		return 0;
	state->tx_queued = 0;
	rc = torc_ring_flush(state->torc);
	return rc < 0 ? rc : 0;
}

static int send_queued(struct state *state, const char *pkt, u_int pkt_len, bool flush)
{
	struct torc_packet packet = { .data = (const uint8_t *)pkt, .caplen = pkt_len,
				      .len = pkt_len };
	int rc = torc_ring_send_batch(state->torc, &packet, 1);

	if (rc < 0)
		return rc;
	if (rc == 0)
		return -ENOBUFS;
	state->tx_queued++;
	if (flush || state->tx_queued >= state->tx_watermark) {
		rc = flush_queued(state);
		if (rc < 0)
			return rc;
	}
	return (int)pkt_len;
}

static int send_locked(struct state *state, const char *pkt, u_int pkt_len, bool flush)
{
	int rc;

	if (state->tx_watermark > 1 && (!flush || state->tx_queued > 0))
		return send_queued(state, pkt, pkt_len, flush);
	rc = torc_ring_send(state->torc, pkt, pkt_len);
	return rc < 0 ? rc : (int)pkt_len;
}

API int pfring_send(pfring *ring, char *pkt, u_int pkt_len, u_int8_t flush_packet)
{
	struct state *state;
	int rc;

	if (!ring)
		return PF_RING_ERROR_NOT_SUPPORTED;
	if (pkt_len > (u_int)ring->mtu + LINK_HEADERS_BYTES) {
		errno = EMSGSIZE;
		return PF_RING_ERROR_INVALID_ARGUMENT;
	}
	if (!ring->enabled)
		return PF_RING_ERROR_RING_NOT_ENABLED;
	if (ring->mode == recv_only_mode || ring->is_shutting_down)
		return PF_RING_ERROR_NOT_SUPPORTED;
	if (refused_by_filter(ring, pkt, pkt_len))
		return 0;
	state = state_of(ring);
	if (ring->reentrant)
		pthread_rwlock_wrlock(&ring->tx_lock);
	rc = send_locked(state, pkt, pkt_len, flush_packet);
	if (ring->reentrant)
		pthread_rwlock_unlock(&ring->tx_lock);
	return rc == -EOPNOTSUPP ? PF_RING_ERROR_NOT_SUPPORTED : pf_result(rc);
}

API int pfring_flush_tx_packets(pfring *ring)
{
	int rc;

	if (!ring)
		return PF_RING_ERROR_NOT_SUPPORTED;
	if (ring->reentrant)
		pthread_rwlock_wrlock(&ring->tx_lock);
	rc = flush_queued(state_of(ring));
	if (ring->reentrant)
		pthread_rwlock_unlock(&ring->tx_lock);
	return pf_result(rc);
}

API int pfring_set_tx_watermark(pfring *ring, u_int16_t watermark)
{
	int rc;

	if (!ring)
		return PF_RING_ERROR_NOT_SUPPORTED;
	rc = pfring_flush_tx_packets(ring);
	if (rc == 0)
		state_of(ring)->tx_watermark = watermark;
	return rc;
}
