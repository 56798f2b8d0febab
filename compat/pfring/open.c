/* SPDX-License-Identifier: BSD-3-Clause */
/* open.c - life cycle: open, bind, enable, disable, shut down, close */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "state.h"

#define MTU_UNKNOWN           9000
#define MULTICHANNEL_MIB      64
#define MULTICHANNEL_LEAST    4
#define MULTICHANNEL_MOST     32

static void flush_void(pfring *ring)
{
	pfring_flush_tx_packets(ring);
}

/* A method is set where the function of its name does something; programs test recv_burst. */
static const struct __pfring methods = {
	.close = pfring_close,
	.stats = pfring_stats,
	.recv = pfring_recv,
	.set_poll_watermark = pfring_set_poll_watermark,
	.set_poll_watermark_timeout = pfring_set_poll_watermark_timeout,
	.set_poll_duration = pfring_set_poll_duration,
	.set_tx_watermark = pfring_set_tx_watermark,
	.set_channel_id = pfring_set_channel_id,
	.set_channel_mask = pfring_set_channel_mask,
	.set_application_name = pfring_set_application_name,
	.set_application_stats = pfring_set_application_stats,
	.get_appl_stats_file_name = pfring_get_appl_stats_file_name,
	.set_vlan_id = pfring_set_vlan_id,
	.bind = pfring_bind,
	.send = pfring_send,
	.get_num_rx_channels = pfring_get_num_rx_channels,
	.get_card_settings = pfring_get_card_settings,
	.set_sampling_rate = pfring_set_sampling_rate,
	.set_filtering_sampling_rate = pfring_set_filtering_sampling_rate,
	.set_packet_slicing = pfring_set_packet_slicing,
	.get_selectable_fd = pfring_get_selectable_fd,
	.set_direction = pfring_set_direction,
	.set_socket_mode = pfring_set_socket_mode,
	.enable_rss_rehash = pfring_enable_rss_rehash,
	.set_cluster_consumer = pfring_set_cluster_consumer,
	.remove_from_cluster = pfring_remove_from_cluster,
	.get_ring_id = pfring_get_ring_id,
	.get_num_queued_pkts = pfring_get_num_queued_pkts,
	.get_hash_filtering_rule_stats = pfring_get_hash_filtering_rule_stats,
	.handle_hash_filtering_rule = pfring_handle_hash_filtering_rule,
	.purge_idle_hash_rules = pfring_purge_idle_hash_rules,
	.add_filtering_rule = pfring_add_filtering_rule,
	.remove_filtering_rule = pfring_remove_filtering_rule,
	.purge_idle_rules = pfring_purge_idle_rules,
	.toggle_filtering_policy = pfring_toggle_filtering_policy,
	.poll = pfring_poll,
	.is_pkt_available = pfring_is_pkt_available,
	.next_pkt_time = pfring_next_pkt_time,
	.next_pkt_raw_timestamp = pfring_next_pkt_raw_timestamp,
	.version = pfring_version,
	.get_bound_device_address = pfring_get_bound_device_address,
	.get_bound_device_ifindex = pfring_get_bound_device_ifindex,
	.get_device_ifindex = pfring_get_device_ifindex,
	.get_slot_header_len = pfring_get_slot_header_len,
	.loopback_test = pfring_loopback_test,
	.enable_ring = pfring_enable_ring,
	.disable_ring = pfring_disable_ring,
	.shutdown = pfring_shutdown,
	.set_bpf_filter = pfring_set_bpf_filter,
	.remove_bpf_filter = pfring_remove_bpf_filter,
	.sync_indexes_with_kernel = pfring_sync_indexes_with_kernel,
	.send_last_rx_packet = pfring_send_last_rx_packet,
	.flush_tx_packets = flush_void,
	.recv_burst = pfring_recv_burst,
	.get_interface_speed = pfring_get_interface_speed,
	.get_link_type = pfring_get_link_type,
};

static void set_flags(pfring *ring, u_int32_t flags)
{
	ring->flags = flags;
	ring->promisc = !!(flags & PF_RING_PROMISC);
	ring->reentrant = !!(flags & PF_RING_REENTRANT);
	ring->long_header = !!(flags & PF_RING_LONG_HEADER);
	ring->force_timestamp = !!(flags & PF_RING_TIMESTAMP);
	ring->strip_hw_timestamp = !!(flags & PF_RING_STRIP_HW_TIMESTAMP);
	ring->hw_ts.enable_hw_timestamp = !!(flags & PF_RING_HW_TIMESTAMP);
	ring->tx.enabled_rx_packet_send = !!(flags & PF_RING_RX_PACKET_BOUNCE);
	ring->disable_parsing = !!(flags & PF_RING_DO_NOT_PARSE);
	ring->disable_timestamp = !!(flags & PF_RING_DO_NOT_TIMESTAMP);
	ring->chunk_mode_enabled = !!(flags & PF_RING_CHUNK_MODE);
	ring->ixia_timestamp_enabled = !!(flags & PF_RING_IXIA_TIMESTAMP);
	ring->vss_apcon_timestamp_enabled = !!(flags & PF_RING_VSS_APCON_TIMESTAMP);
	ring->force_userspace_bpf = !!(flags & (PF_RING_USERSPACE_BPF | PF_RING_TX_BPF));
	ring->rss_mode = flags & (PF_RING_ZC_NOT_REPROGRAM_RSS | PF_RING_ZC_SYMMETRIC_RSS |
				  PF_RING_ZC_FIXED_RSS_Q_0 | PF_RING_ZC_IPONLY_RSS);
}

static uint32_t torc_flags(u_int32_t flags, const char *device)
{
	uint32_t result = TORC_BOTH_COPIES; /* PF_RING shows both copies on lo */

	if (flags & PF_RING_REENTRANT)
		result |= TORC_REENTRANT;
	if (flags & PF_RING_HW_TIMESTAMP)
		result |= TORC_HW_TIMESTAMP;
	/* PF_RING ignores it where there is no one interface. */
	if ((flags & PF_RING_PROMISC) && strcmp(device, "any") != 0 && strcmp(device, "none") != 0)
		result |= TORC_PROMISC;
	return result;
}

/* What the handle shows of the interface; again after pfring_bind(). */
static void read_info(pfring *ring)
{
	struct torc_ring_info info = { .size = sizeof(info) };

	if (torc_ring_info(state_of(ring)->torc, &info) < 0)
		return;
	/* PF_RING's is a socket, and programs attach filters to it */
	ring->fd = torc_ring_socket(state_of(ring)->torc);
	if (ring->fd < 0)
		ring->fd = torc_ring_fd(state_of(ring)->torc);
	ring->device_id = info.ifindex > 0 ? info.ifindex : UNKNOWN_INTERFACE;
	ring->mtu = MTU_UNKNOWN;
	if (info.ifindex > 0)
		ring->mtu = (u_int16_t)(info.mtu > UINT16_MAX ? UINT16_MAX : info.mtu);
	ring->sock_tx.sll_family = AF_PACKET;
	ring->sock_tx.sll_protocol = htons(ETH_P_ALL);
	ring->sock_tx.sll_ifindex = info.ifindex;
}

static int open_torc(pfring *ring, struct state *state, const struct pf_device *device,
		     uint64_t buffer_bytes, struct torc_error *error)
{
	struct torc_ring_options options = {
		.size = sizeof(options),
		.snaplen = ring->caplen,
		.flags = torc_flags(ring->flags, device->torc),
		.buffer_bytes = buffer_bytes,
	};
	int rc = torc_ring_open_with(&state->torc, device->torc, &options, error);

	if (rc < 0)
		return rc;
	/* pfring_recv() waits by itself: its wait argument changes from call to call. */
	torc_ring_set_poll_duration(state->torc, 0);
	if (device->vlan == TORC_VLAN_ANY)
		return 0;
	return torc_ring_set_vlan(state->torc, device->vlan == 0 ? TORC_VLAN_NONE : device->vlan);
}

static int start(pfring *ring, const char *device_name, uint64_t buffer_bytes,
		 struct torc_error *error)
{
	struct state *state = state_of(ring);
	struct pf_device device;
	int rc = pf_device_parse(device_name, &device, error);

	if (rc < 0)
		return rc;
	ring->device_name = strdup(device.name);
	if (!ring->device_name)
		return -ENOMEM;
	rc = open_torc(ring, state, &device, buffer_bytes, error);
	if (rc < 0)
		return rc;
	state->hash = !(ring->flags & PF_RING_DO_NOT_PARSE) && !ring->long_header;
	if (ring->flags & (PF_RING_IXIA_TIMESTAMP | PF_RING_VSS_APCON_TIMESTAMP |
			   PF_RING_METAWATCH_TIMESTAMP | PF_RING_ARISTA_TIMESTAMP))
		pf_set_extra(ring, EXTRA_TRAILER, true);
	pf_set_extra(ring, EXTRA_LONG, ring->long_header);
	pf_set_extra(ring, EXTRA_BOUNCE, ring->flags & PF_RING_RX_PACKET_BOUNCE);
	read_info(ring);
	return 0;
}

static pfring *allocate(u_int32_t caplen, u_int32_t flags)
{
	pfring *ring = malloc(sizeof(*ring));
	struct state *state = calloc(1, sizeof(*state));

	if (!ring || !state) {
		free(ring);
		free(state);
		errno = ENOMEM;
		return NULL;
	}
	*ring = methods;
	ring->priv_data = state;
	ring->caplen = caplen == 0 || caplen > MAX_CAPLEN ? MAX_CAPLEN : caplen;
	ring->filter_mode = software_only;
	ring->poll_duration = DEFAULT_POLL_DURATION;
	ring->socket_default_accept_policy = 1;
	ring->sampling_rate = 1;
	ring->rdi.device_id = ring->rdi.port_id = -1;
	set_flags(ring, flags);
	ring->slot_header_len = ring->long_header ? sizeof(struct pfring_pkthdr) :
						    SHORT_HEADER_BYTES;
	pthread_mutex_init(&state->lock, NULL);
	pthread_rwlock_init(&ring->rx_lock, NULL);
	pthread_rwlock_init(&ring->tx_lock, NULL);
	return ring;
}

static void release(pfring *ring)
{
	struct state *state = state_of(ring);

	pf_stats_file_remove(state);
	pf_reflectors_close(state);
	torc_ring_close(state->torc);
	pf_rules_free(state->rules);
	torc_filter_free(state->tx_filter);
	pthread_rwlock_destroy(&ring->rx_lock);
	pthread_rwlock_destroy(&ring->tx_lock);
	pthread_mutex_destroy(&state->lock);
	free(ring->device_name);
	free(state);
	free(ring);
}

static pfring *open_sized(const char *device_name, u_int32_t caplen, u_int32_t flags,
			  uint64_t buffer_bytes)
{
	struct torc_error error = { 0 };
	pfring *ring;
	int rc;

	if (!device_name) {
		errno = EINVAL;
		return NULL;
	}
	if (flags & PF_RING_L7_FILTERING) {
		pf_say("PF_RING_L7_FILTERING needs PF_RING FT, which is ntop's");
		errno = ENOTSUP;
		return NULL;
	}
	ring = allocate(caplen, flags);
	if (!ring)
		return NULL;
	rc = start(ring, device_name, buffer_bytes, &error);
	if (rc < 0) {
		pf_say("%s: %s", device_name, error.text[0] ? error.text : torc_strerror(rc));
		release(ring);
		pf_errno(rc);
		return NULL;
	}
	ring->initialized = 1;
	errno = 0; /* callers through cgo take any other value for a failure */
	return ring;
}

API pfring *pfring_open(const char *device_name, u_int32_t caplen, u_int32_t flags)
{
	return open_sized(device_name, caplen, flags, 0);
}

API u_int8_t pfring_open_multichannel(const char *device_name, u_int32_t caplen, u_int32_t flags,
				      pfring *ring[MAX_NUM_RX_CHANNELS])
{
	size_t base = device_name ? strcspn(device_name, "@") : 0;
	char name[600];
	unsigned int channels, opened = 0;
	uint64_t mib;
	pfring *probe;

	if (!device_name || base >= sizeof(name) - 16) {
		errno = EINVAL;
		return 0;
	}
	snprintf(name, sizeof(name), "%.*s", (int)base, device_name);
	probe = open_sized(name, caplen, flags, MULTICHANNEL_LEAST << 20);
	if (!probe)
		return 0;
	channels = pfring_get_num_rx_channels(probe);
	pfring_close(probe);
	if (channels > MAX_NUM_RX_CHANNELS)
		channels = MAX_NUM_RX_CHANNELS;
	mib = MULTICHANNEL_MIB / channels;
	mib = mib < MULTICHANNEL_LEAST ? MULTICHANNEL_LEAST : mib;
	mib = mib > MULTICHANNEL_MOST ? MULTICHANNEL_MOST : mib;
	for (; opened < channels; opened++) {
		snprintf(name, sizeof(name), "%.*s@%u", (int)base, device_name, opened);
		ring[opened] = open_sized(name, caplen, flags, mib << 20);
		if (!ring[opened])
			break;
	}
	return (u_int8_t)opened;
}

API int pfring_bind(pfring *ring, char *device_name)
{
	struct torc_error error = { 0 };
	struct pf_device device;
	int rc;

	if (!ring)
		return PF_RING_ERROR_NOT_SUPPORTED;
	if (!device_name || strcmp(device_name, "none") == 0)
		return pf_result(-EINVAL);
	rc = pf_device_parse(device_name, &device, &error);
	if (rc == 0)
		rc = torc_ring_add_device(state_of(ring)->torc, device.torc);
	if (rc == 0 && device.vlan != TORC_VLAN_ANY)
		rc = torc_ring_set_vlan(state_of(ring)->torc, device.vlan);
	if (rc == 0)
		read_info(ring);
	return pf_result(rc);
}

API int pfring_enable_ring(pfring *ring)
{
	int rc;

	if (!ring)
		return PF_RING_ERROR_NOT_SUPPORTED;
	if (ring->enabled)
		return 0;
	rc = torc_ring_enable(state_of(ring)->torc);
	if (rc < 0)
		return pf_result(rc);
	ring->enabled = 1;
	return 0;
}

API int pfring_disable_ring(pfring *ring)
{
	int rc;

	if (!ring)
		return PF_RING_ERROR_NOT_SUPPORTED;
	if (!ring->enabled)
		return 0;
	rc = torc_ring_disable(state_of(ring)->torc);
	if (rc < 0)
		return pf_result(rc);
	ring->enabled = 0;
	return 0;
}

API void pfring_shutdown(pfring *ring)
{
	if (!ring)
		return;
	__atomic_store_n(&ring->is_shutting_down, 1, __ATOMIC_RELEASE);
	pfring_breakloop(ring);
}

API void pfring_close(pfring *ring)
{
	if (!ring)
		return;
	pfring_flush_tx_packets(ring);
	pfring_shutdown(ring);
	release(ring);
}

API void pfring_version_noring(u_int32_t *version)
{
	*version = RING_VERSION_NUM;
}

API int pfring_version(pfring *ring, u_int32_t *version)
{
	(void)ring;
	pfring_version_noring(version);
	return 0;
}

/*
 * PF_RING sets the priority of the process on the first call and exits where it may not. A library
 * that ends the program it serves is a trap, so here it says so and goes on.
 */
API void pfring_config(u_short cpu_percentage)
{
	static int done;
	struct sched_param param = { .sched_priority = cpu_percentage };

	if (__atomic_exchange_n(&done, 1, __ATOMIC_ACQ_REL))
		return;
	if (sched_setscheduler(0, SCHED_FIFO, &param) < 0)
		pf_say("cannot run with SCHED_FIFO priority %u: %s", cpu_percentage,
		       torc_strerror(errno));
}
