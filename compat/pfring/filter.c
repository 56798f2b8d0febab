/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * filter.c - BPF filters: of a ring, and programs of their own
 *
 * A ring's filter is torc's. A program that pfring_parse_bpf_filter() gives is libpcap's, whose
 * struct bpf_program has the layout of PF_RING's.
 */
#include <errno.h>
#include <stddef.h>

#include "state.h"

/* After pfring.h, which declares its own program where libpcap's was not seen before. */
#include <pcap/pcap.h>

_Static_assert(sizeof(struct bpf_program) == sizeof(struct pfring_bpf_program) &&
		       offsetof(struct bpf_program, bf_insns) ==
			       offsetof(struct pfring_bpf_program, bf_insns),
	       "libpcap's struct bpf_program changed");

API int pfring_parse_bpf_filter(const char *filter_buffer, u_int caplen,
				struct pfring_bpf_program *filter)
{
	struct bpf_program program = { 0 };
	pcap_t *pcap;
	int rc;

	if (!filter_buffer || !filter)
		return PF_RING_ERROR_INVALID_ARGUMENT;
	pcap = pcap_open_dead(DLT_EN10MB, caplen > 0 ? (int)caplen : MAX_CAPLEN);
	if (!pcap)
		return PF_RING_ERROR_NOT_ENOUGH_MEMORY;
	rc = pcap_compile(pcap, &program, filter_buffer, 1, PCAP_NETMASK_UNKNOWN);
	pcap_close(pcap);
	if (rc < 0 || !program.bf_insns)
		return PF_RING_ERROR_INVALID_ARGUMENT;
	filter->bf_len = program.bf_len;
	filter->bf_insns = program.bf_insns;
	return 0;
}

API void pfring_free_bpf_filter(struct pfring_bpf_program *filter)
{
	struct bpf_program program = { .bf_len = filter->bf_len, .bf_insns = filter->bf_insns };

	pcap_freecode(&program);
	filter->bf_len = 0;
	filter->bf_insns = NULL;
}

API u_int32_t pfring_bpf_filter(void *bpf_insn, u_char *buffer, u_int32_t caplen, u_int32_t len)
{
	return bpf_filter(bpf_insn, buffer, len, caplen);
}

/* PF_RING_TX_BPF: pfring_send() runs the filter too. NULL: no filter any more. */
static int set_tx_filter(pfring *ring, const char *expression)
{
	struct torc_filter *filter = NULL, *old;
	struct state *state = state_of(ring);
	int rc = 0;

	if (!(ring->flags & PF_RING_TX_BPF))
		return 0;
	if (expression)
		rc = torc_filter_compile(&filter, expression, TORC_LINK_ETHERNET, 0, NULL);
	if (rc < 0)
		return pf_result(rc);
	pthread_rwlock_wrlock(&ring->tx_lock);
	old = state->tx_filter;
	state->tx_filter = filter;
	ring->userspace_bpf = filter != NULL;
	pthread_rwlock_unlock(&ring->tx_lock);
	torc_filter_free(old);
	return 0;
}

API int pfring_set_bpf_filter(pfring *ring, const char *filter_buffer)
{
	int rc;

	if (!ring)
		return PF_RING_ERROR_NOT_SUPPORTED;
	if (!filter_buffer)
		return pf_result(-EINVAL);
	rc = torc_ring_set_filter(state_of(ring)->torc, filter_buffer);
	if (rc == -TORC_EFILTER) {
		errno = EINVAL;
		return PF_RING_ERROR_INVALID_ARGUMENT;
	}
	if (rc < 0)
		return pf_result(rc);
	return set_tx_filter(ring, filter_buffer);
}

API int pfring_remove_bpf_filter(pfring *ring)
{
	int rc;

	if (!ring)
		return PF_RING_ERROR_NOT_SUPPORTED;
	rc = torc_ring_remove_filter(state_of(ring)->torc);
	if (rc < 0)
		return pf_result(rc);
	return set_tx_filter(ring, NULL);
}
