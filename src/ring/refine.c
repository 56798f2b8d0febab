/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * refine.c - the tests that a ring makes itself, packet by packet
 *
 * The kernel does what it can before a packet costs anything. Left are: the filter, direction and
 * VLAN of files and other engines that cannot; packets that were captured under older settings;
 * the second copy of packets on loopback; sampling; and the share of a cluster on a file. When
 * none of these applies, ring->refines is false and no packet is looked at.
 */
#include <stdlib.h>
#include <string.h>

#include "cluster/cluster.h"
#include "ring/ring.h"

/* In every network namespace (include/net/flow.h of the kernel). */
#define LOOPBACK_IFINDEX 1

/* The time does not tell whether the packet came before the settings: another clock, or later. */
#define TIME_IS_NO_ARRIVAL (TORC_PACKET_HW_TIMESTAMP | TORC_PACKET_BATCH_TIMESTAMP)

/* Does the ring see loopback, and is only one copy wanted? */
static int hidden_copies_of(const struct torc_ring *ring)
{
	if (ring->flags & TORC_BOTH_COPIES || ring->direction != TORC_RX_AND_TX)
		return 0;
	for (unsigned int i = 0; i < ring->port_count; i++) {
		const struct ring_port *port = &ring->ports[i];
		struct torc_engine_info info;

		if (port->ops->is_file)
			continue;
		port->ops->info(port->engine, &info);
		if (info.loopback)
			return info.ifindex;
		if (info.ifindex == 0)
			return LOOPBACK_IFINDEX;
	}
	return 0;
}

static bool port_needs_tests(const struct torc_ring *ring, const struct ring_port *port)
{
	return (port->mixed && ring->filter_text) ||
	       (!port->filters && (ring->filter || ring->vlan != TORC_VLAN_ANY ||
				   port->vlan != TORC_VLAN_ANY)) ||
	       (!port->directs && ring->direction != TORC_RX_AND_TX);
}

/* Called whenever a setting changed that decides what is left out. */
void ring_refine_changed(struct torc_ring *ring)
{
	if (!ring->member_given && !ring->seat)
		ring->share_count = 0;
	ring->loopback_ifindex = hidden_copies_of(ring);
	ring->refines = ring->loopback_ifindex != 0 || ring->sampling_rate > 1 ||
			ring->settings_since_ns != 0 || ring->share_count > 1;
	for (unsigned int i = 0; i < ring->port_count; i++)
		ring->refines |= port_needs_tests(ring, &ring->ports[i]);
}

static bool wrong_direction(const struct torc_ring *ring, const struct torc_packet *packet)
{
	return (ring->direction == TORC_RX_ONLY && packet->direction == TORC_PACKET_TX) ||
	       (ring->direction == TORC_TX_ONLY && packet->direction == TORC_PACKET_RX);
}

static int outer_vlan(const struct torc_packet *packet)
{
	const uint8_t *data = packet->data;
	unsigned int type;

	if (packet->link_type != TORC_LINK_ETHERNET || packet->caplen < 16)
		return TORC_VLAN_NONE;
	type = (unsigned int)data[12] << 8 | data[13];
	if (type != 0x8100 && type != 0x88a8 && type != 0x9100)
		return TORC_VLAN_NONE;
	return (data[14] << 8 | data[15]) & 0xfff;
}

static bool wrong_vlan(const struct torc_ring *ring, const struct ring_port *port,
		       const struct torc_packet *packet)
{
	int want = port->vlan != TORC_VLAN_ANY ? port->vlan : ring->vlan;

	return want != TORC_VLAN_ANY && outer_vlan(packet) != want;
}

/* A file may hold several link types: the expression, compiled for each as it is met. */
struct ring_other_filter {
	struct ring_other_filter *next;
	struct torc_filter *filter; /* NULL: the expression means nothing there, nothing matches */
	uint16_t link_type;
};

void ring_other_filters_free(struct torc_ring *ring)
{
	while (ring->other_filters) {
		struct ring_other_filter *other = ring->other_filters;

		ring->other_filters = other->next;
		torc_filter_free(other->filter);
		free(other);
	}
}

static const struct torc_filter *filter_for(struct torc_ring *ring, uint16_t link_type)
{
	struct ring_other_filter *other = ring->other_filters;

	if (link_type == ring->filter_link_type)
		return ring->filter;
	while (other && other->link_type != link_type)
		other = other->next;
	if (other)
		return other->filter;
	other = calloc(1, sizeof(*other));
	if (!other)
		return NULL;
	other->link_type = link_type;
	if (torc_filter_compile(&other->filter, ring->filter_text, link_type, ring->snaplen, NULL) < 0)
		other->filter = NULL;
	other->next = ring->other_filters;
	ring->other_filters = other;
	return other->filter;
}

static bool matches(struct torc_ring *ring, const struct torc_packet *packet)
{
	const struct torc_filter *filter = filter_for(ring, packet->link_type);

	return filter && torc_filter_matches(filter, packet->data, packet->caplen, packet->len) > 0;
}

/*
 * The verdict the kernel would give: when the filter does not look at tags, on the bytes without
 * the tag that was put back. The addresses go where they were for that moment.
 */
static bool matches_as_in_kernel(struct torc_ring *ring, const struct torc_packet *packet)
{
	const struct torc_filter *filter = filter_for(ring, packet->link_type);
	uint8_t *data = (uint8_t *)(uintptr_t)packet->data, head[16];
	bool match;

	if (!(packet->flags & TORC_PACKET_VLAN_RESTORED) || ring->filter_sees_tags || !filter ||
	    packet->caplen < sizeof(head))
		return matches(ring, packet);
	memcpy(head, data, sizeof(head));
	memmove(data + 4, head, 12);
	match = torc_filter_matches(filter, data + 4, packet->caplen - 4, packet->len - 4) > 0;
	memcpy(data, head, sizeof(head));
	return match;
}

/* Everything again; a filter that only the kernel can run refuses what it did not see. */
static bool refuse(struct torc_ring *ring, const struct ring_port *port,
		   const struct torc_packet *packet)
{
	return wrong_direction(ring, packet) || wrong_vlan(ring, port, packet) ||
	       ring->filter_kernel_only ||
	       (ring->filter && !matches_as_in_kernel(ring, packet));
}

/*
 * Captured before the settings in force? Stamps of a card come from another clock, so with them
 * each packet is tested for as long as the ring lives.
 */
static bool refuse_late(struct torc_ring *ring, const struct ring_port *port,
			const struct torc_packet *packet)
{
	if (!(packet->flags & TIME_IS_NO_ARRIVAL) &&
	    packet->timestamp_ns >= ring->settings_since_ns)
		return false;
	return refuse(ring, port, packet);
}

/* The settings changed: what was read ahead passed the tests of the older ones. */
void ring_refine_batch(struct torc_ring *ring)
{
	const struct ring_port *port = &ring->ports[ring->block_port];
	struct ring_batch *batch = ring_batch_spare(ring);
	const struct torc_packet *packet = ring->cursor.next;
	unsigned int pending = ring_pending(ring);

	for (; pending > 0; pending--, packet++) {
		if (!refuse(ring, port, packet)) {
			batch->packets[batch->count++] = *packet;
			continue;
		}
		ring_add(&ring->counters.filtered_late, 1);
		ring_batch_account(batch, packet, 1, -1);
	}
	ring_batch_publish(ring, batch);
	ring_ready(ring);
}

/* Exactly one of each window of sampling_rate packets, at a random place; the first one always. */
static bool sample(struct torc_ring *ring)
{
	bool keep = ring->window_at == ring->window_pick;

	if (++ring->window_at >= ring->sampling_rate) {
		ring->random ^= ring->random << 13; /* xorshift64 */
		ring->random ^= ring->random >> 7;
		ring->random ^= ring->random << 17;
		ring->window_at = 0;
		ring->window_pick = (uint32_t)((ring->random >> 32) * ring->sampling_rate >> 32);
	}
	return keep;
}

/* On a file: does the packet belong to this member of the cluster? */
static bool is_our_share(struct torc_ring *ring, const struct torc_packet *packet)
{
	unsigned int share;

	if (ring->cluster_type == TORC_CLUSTER_ROUND_ROBIN)
		share = (unsigned int)(ring->round++ % ring->share_count);
	else
		share = torc_cluster_share_of(ring->cluster_type, packet, ring->share_count);
	return share == ring->share_index;
}

/* The counter of the reason to leave a packet out, or NULL to keep it. */
static uint64_t *reason(struct torc_ring *ring, const struct ring_port *port,
			const struct torc_packet *packet)
{
	struct ring_counters *counters = &ring->counters;

	if (ring->loopback_ifindex && packet->ifindex == ring->loopback_ifindex &&
	    packet->direction == TORC_PACKET_TX && !port->ops->is_file)
		return &counters->own_copies;
	if (ring->settings_since_ns && refuse_late(ring, port, packet))
		return &counters->filtered_late;
	/* the kernel's program is for Ethernet, and left this one to us */
	if (port->mixed && port->filters && ring->filter_text &&
	    packet->link_type != TORC_LINK_ETHERNET && !matches(ring, packet))
		return &counters->filtered_late;
	if (!port->directs && wrong_direction(ring, packet))
		return &counters->other_direction;
	if (!port->filters && (wrong_vlan(ring, port, packet) ||
			       (ring->filter && !matches_as_in_kernel(ring, packet))))
		return &counters->filtered;
	if (ring->share_count > 1 && !is_our_share(ring, packet))
		return &counters->other_member;
	if (ring->sampling_rate > 1 && !sample(ring))
		return &counters->sampled_out;
	return NULL;
}

/* Keep what passes, in place and in order; returns how many are left. */
unsigned int ring_refine(struct torc_ring *ring, const struct ring_port *port,
			 struct torc_packet *packets, unsigned int count)
{
	const struct torc_packet last = packets[count - 1];
	unsigned int kept = 0;

	for (unsigned int i = 0; i < count; i++) {
		uint64_t *counter = reason(ring, port, &packets[i]);

		if (counter)
			ring_add(counter, 1);
		else if (kept++ != i)
			packets[kept - 1] = packets[i];
	}
	if (ring->settings_since_ns && !(last.flags & TIME_IS_NO_ARRIVAL) &&
	    ring->port_count == 1 && last.timestamp_ns >= ring->settings_since_ns) {
		ring->settings_since_ns = 0;
		ring_refine_changed(ring);
	}
	return kept;
}
