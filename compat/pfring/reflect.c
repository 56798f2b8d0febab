/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * reflect.c - copies of received packets out of another interface: the reflector device, rules that
 * reflect or bounce, and pfring_send_last_rx_packet()
 *
 * A ring that only receives may still reflect, so each target has a send-only ring of its own, and what
 * leaves by it is made ready as `torc bridge` does: torc_forwarder.
 */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include <torc/send.h>

#include "state.h"

#define REFLECTOR_BUFFER_BYTES (256u << 10) /* it never receives; the smallest that opens */

static struct torc_forwarder *find(struct state *state, int ifindex)
{
	for (unsigned int i = 0; i < state->reflector_count; i++)
		if (state->reflectors[i].ifindex == ifindex)
			return state->reflectors[i].forwarder;
	return NULL;
}

static int open_reflector(struct state *state, int ifindex, struct torc_forwarder **forwarder)
{
	struct torc_ring *torc;
	struct torc_ring_options options = { .size = sizeof(options), .snaplen = 128,
					     .buffer_bytes = REFLECTOR_BUFFER_BYTES };
	char name[IFNAMSIZ], device[IFNAMSIZ + 2];
	int rc;

	if (state->reflector_count == REFLECTORS_MAX)
		return -ENOSPC;
	if (!if_indextoname((unsigned int)ifindex, name))
		return -ENODEV;
	snprintf(device, sizeof(device), "(%s)", name);
	rc = torc_ring_open_with(&torc, device, &options, NULL);
	if (rc < 0)
		return rc;
	rc = torc_ring_set_mode(torc, TORC_SEND_ONLY);
	if (rc == 0)
		rc = torc_ring_enable(torc);
	if (rc == 0)
		rc = torc_forwarder_open(forwarder, torc, NULL, NULL);
	if (rc < 0) {
		torc_ring_close(torc);
		return rc;
	}
	torc_ring_set_application_name(torc, "libpfring reflector");
	state->reflectors[state->reflector_count++] =
		(struct reflector){ .ifindex = ifindex, .torc = torc, .forwarder = *forwarder };
	return 0;
}

static int send_copy(struct torc_forwarder *forwarder, const struct torc_packet *packet, bool swap)
{
	struct torc_forwarder_stats stats = { .size = sizeof(stats) };
	struct torc_packet copy = *packet;
	uint8_t frame[MAX_CAPLEN];

	copy.parsed = NULL;
	if (swap && packet->caplen >= 2 * ETH_ALEN && packet->caplen <= sizeof(frame)) {
		memcpy(frame, packet->data + ETH_ALEN, ETH_ALEN);
		memcpy(frame + ETH_ALEN, packet->data, ETH_ALEN);
		memcpy(frame + 2 * ETH_ALEN, packet->data + 2 * ETH_ALEN, packet->caplen - 2 * ETH_ALEN);
		copy.data = frame;
	}
	/* as PF_RING, what was captured, also of a packet that was cut, whose checksum cannot be made */
	if (copy.caplen < copy.len)
		copy.flags &= ~(uint32_t)TORC_PACKET_CHECKSUM_PARTIAL;
	copy.len = copy.caplen;
	if (torc_forwarder_send(forwarder, &copy, 1) == 1)
		return 0;
	torc_forwarder_stats(forwarder, &stats);
	return stats.code;
}

int pf_reflect(pfring *ring, int ifindex, const struct torc_packet *packet, bool swap)
{
	struct state *state = state_of(ring);
	struct torc_forwarder *forwarder;
	int rc = 0;

	pthread_mutex_lock(&state->lock);
	forwarder = find(state, ifindex);
	if (!forwarder)
		rc = open_reflector(state, ifindex, &forwarder);
	if (rc == 0)
		rc = send_copy(forwarder, packet, swap);
	if (rc < 0)
		state->forward_errors++;
	else
		state->forwarded++;
	pthread_mutex_unlock(&state->lock);
	return rc < 0 ? rc : 0;
}

int pf_reflector_open(pfring *ring, const char *device)
{
	struct state *state = state_of(ring);
	int ifindex = (int)if_nametoindex(device);
	struct torc_forwarder *forwarder;
	int rc = 0;

	if (ifindex == 0)
		return 0;
	pthread_mutex_lock(&state->lock);
	if (!find(state, ifindex))
		rc = open_reflector(state, ifindex, &forwarder);
	pthread_mutex_unlock(&state->lock);
	return rc < 0 ? 0 : ifindex;
}

void pf_reflectors_close(struct state *state)
{
	for (unsigned int i = 0; i < state->reflector_count; i++) {
		torc_forwarder_close(state->reflectors[i].forwarder);
		torc_ring_close(state->reflectors[i].torc);
	}
	state->reflector_count = 0;
}

API int pfring_set_reflector_device(pfring *ring, char *device_name)
{
	struct state *state;
	int ifindex;

	if (!ring)
		return PF_RING_ERROR_NOT_SUPPORTED;
	state = state_of(ring);
	if (!device_name || state->reflect_ifindex != 0)
		return pf_result(-EINVAL);
	ifindex = pf_reflector_open(ring, device_name);
	if (ifindex == 0)
		return pf_result(-ENODEV);
	state->reflect_ifindex = ifindex;
	pf_set_extra(ring, EXTRA_REFLECT, true);
	return 0;
}

/*
 * PF_RING sends the packet when its slot is reused; here it leaves at once. The packet is the one
 * pfring_recv() gave last, which stays borrowed.
 */
API int pfring_send_last_rx_packet(pfring *ring, int tx_interface_id)
{
	struct state *state;

	if (!ring)
		return PF_RING_ERROR_NOT_SUPPORTED;
	if (!ring->tx.enabled_rx_packet_send)
		return PF_RING_ERROR_WRONG_CONFIGURATION;
	if (ring->reentrant || !ring->long_header)
		return PF_RING_ERROR_NOT_SUPPORTED;
	state = state_of(ring);
	if (!state->last.data)
		return PF_RING_ERROR_NO_PKT_AVAILABLE;
	return pf_result(pf_reflect(ring, tx_interface_id, &state->last, false));
}
