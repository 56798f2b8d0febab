/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * recv.c - receiving: pfring_recv() and its relatives
 *
 * The fast path of pfring_recv() is a step over an array, and 209 bytes of header; pfring.h has it, too,
 * for programs to be compiled in. Whatever else a ring was asked for (long headers, rules, trailers, a
 * reflector ...) makes ring->ft NULL, where the step begins (pf_set_extra()).
 */
#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <string.h>

#include "plain.h"
#include "state.h"

#define NSEC_PER_SEC  1000000000u
#define END_OF_FILE   PF_RING_ERROR_INVALID_ARGUMENT /* -2, pcap_next_ex()'s, as PF_RING's pcap: */

/* torc_ring_step()'s cursor and packets are what pfring.h compiles into programs. */
_Static_assert(sizeof(struct torc_pf_packet) == sizeof(struct torc_packet), "a packet");
#define SAME(member)                                                                               \
	_Static_assert(offsetof(struct torc_pf_packet, member) ==                              \
			       offsetof(struct torc_packet, member) &&                             \
		       sizeof(((struct torc_pf_packet *)0)->member) ==                         \
			       sizeof(((struct torc_packet *)0)->member), #member)
SAME(data);
SAME(timestamp_ns);
SAME(caplen);
SAME(len);
SAME(ifindex);
SAME(direction);
SAME(flags);
_Static_assert(TORC_PACKET_TX == 0 && TORC_PACKET_VLAN_RESTORED == 2 &&
	       TORC_PACKET_CHECKSUM_PARTIAL == 4 && TORC_PACKET_CHECKSUM_VALID == 8, "flags");
_Static_assert(offsetof(struct torc_ring_cursor, next) == offsetof(struct torc_pf_ahead, next) &&
	       offsetof(struct torc_ring_cursor, limit) == offsetof(struct torc_pf_ahead, limit),
	       "a cursor");

static inline uint32_t hash_of(const struct torc_packet *packet)
{
	return likely(is_plain(packet)) ? plain_hash(packet->data) : pf_hash_parsed(packet);
}

API u_int32_t torc_pf_hash(const struct torc_pf_packet *packet)
{
	return hash_of((const struct torc_packet *)packet);
}

static inline void fill_short(struct pfring_pkthdr *hdr, const struct torc_packet *packet,
			      uint32_t hash)
{
	torc_pf_fill(hdr, (const struct torc_pf_packet *)packet, hash);
}

/* All of it: behind the short header the long one, or zeros. */
static void fill_header(const struct state *state, struct pfring_pkthdr *hdr,
			const struct torc_packet *packet)
{
	if (state->extra & (EXTRA_LONG | EXTRA_RULES)) {
		fill_short(hdr, packet, 0);
		pf_header_long(hdr, packet);
	} else {
		fill_short(hdr, packet, state->hash ? hash_of(packet) : 0);
		torc_pf_clear(hdr);
	}
}

static uint32_t sliced(const pfring *ring, const struct torc_packet *packet)
{
	struct torc_parsed parsed;
	struct pkt_parsing_info info;
	int end;

	torc_parse(packet->link_type, packet->data, packet->caplen, &parsed);
	pf_parsed_fill(&info, &parsed, packet->data, packet->caplen);
	end = info.offset.l3_offset;
	if (ring->slicing_level >= L3_SLICING && info.offset.l4_offset > end)
		end = info.offset.l4_offset;
	if (ring->slicing_level >= L4_SLICING && info.offset.payload_offset > end)
		end = info.offset.payload_offset;
	if ((uint32_t)end >= packet->caplen ||
	    ring->slicing_additional_bytes >= packet->caplen - (uint32_t)end)
		return packet->caplen;
	return (uint32_t)end + ring->slicing_additional_bytes;
}

/* What comes between the ring and the program; false: the program does not get this packet. */
static bool extras(pfring *ring, struct state *state, struct pfring_pkthdr *hdr,
		   struct torc_packet *packet)
{
	if ((state->extra & EXTRA_RULES) && !pf_rules_pass(ring, hdr, packet))
		goto withhold;
	if ((state->extra & EXTRA_SAMPLING) && !pf_sampled(ring))
		goto withhold;
	if (state->extra & EXTRA_SLICING)
		hdr->caplen = packet->caplen = sliced(ring, packet);
	if ((state->extra & EXTRA_TRAILER) &&
	    !pf_trailer_strip(ring, (u_char *)(uintptr_t)packet->data, hdr))
		goto withhold;
	if (state->extra & EXTRA_REFLECT) {
		struct torc_packet copy = *packet;

		copy.caplen = hdr->caplen;
		pf_reflect(ring, state->reflect_ifindex, &copy, false);
	}
	if (state->extra & EXTRA_BOUNCE)
		state->last = *packet;
	/* The rules needed the long header; who did not ask for it gets the short one. */
	if ((state->extra & (EXTRA_RULES | EXTRA_LONG)) == EXTRA_RULES)
		torc_pf_clear(hdr);
	return true;
withhold:
	__atomic_fetch_add(&state->withheld, 1, __ATOMIC_RELAXED);
	return false;
}

/* A break reaches every thread that waits; the last of them to leave ends it. */
static int leave_broken(pfring *ring, struct state *state)
{
	if (__atomic_sub_fetch(&state->waiters, 1, __ATOMIC_ACQ_REL) == 0) {
		__atomic_store_n(&ring->break_recv_loop, 0, __ATOMIC_RELAXED);
		torc_ring_resume(state->torc);
	}
	errno = EINTR;
	return 0;
}

/* An interface that goes down or away is no error in PF_RING: its ring waits for it to return. */
static bool is_away(int code)
{
	return code == -ENETDOWN || code == -ENODEV;
}

/*
 * One packet where it lies, with max 0 in *packet, or up to max copied to packets; what
 * torc_ring_borrow() or torc_ring_next_batch() says.
 */
struct wanted {
	const struct torc_packet **packet;
	struct torc_packet *packets;
	unsigned int max;
};

static int take(struct state *state, const struct wanted *wanted)
{
	return wanted->packet ? torc_ring_borrow(state->torc, wanted->packet) :
				torc_ring_next_batch(state->torc, wanted->packets, wanted->max);
}

/*
 * Nothing was at hand, code is what take() said. Returns the number of packets, 0, or a code for
 * the program.
 */
static int wait_for(pfring *ring, struct state *state, const struct wanted *wanted, bool wait,
		    int code)
{
	__atomic_fetch_add(&state->waiters, 1, __ATOMIC_ACQ_REL);
	for (;;) {
		if (__atomic_load_n(&ring->is_shutting_down, __ATOMIC_ACQUIRE)) {
			code = -ESHUTDOWN;
			break;
		}
		if (code == 0 && torc_ring_stopped(state->torc))
			return leave_broken(ring, state);
		if (code == 0 && torc_ring_at_end(state->torc)) {
			__atomic_sub_fetch(&state->waiters, 1, __ATOMIC_ACQ_REL);
			errno = ENODATA;
			return END_OF_FILE;
		}
		if (code > 0 || (code < 0 && !is_away(code)) || !wait)
			break;
		ring->num_poll_calls++;
		code = torc_ring_wait(state->torc, -1);
		if (code >= 0)
			code = take(state, wanted);
	}
	__atomic_sub_fetch(&state->waiters, 1, __ATOMIC_ACQ_REL);
	return is_away(code) ? 0 : pf_result(code);
}

static int receive(pfring *ring, struct state *state, const struct wanted *wanted, bool wait)
{
	int rc;

	if (__atomic_load_n(&ring->is_shutting_down, __ATOMIC_ACQUIRE))
		return pf_result(-ESHUTDOWN);
	rc = take(state, wanted);
	return likely(rc > 0) ? rc : wait_for(ring, state, wanted, wait, rc);
}

/* Why a ring that is not simply receiving refuses; 0: it does not. */
static int refusal(const pfring *ring)
{
	if (!ring)
		return PF_RING_ERROR_NOT_SUPPORTED;
	if (!ring->enabled)
		return PF_RING_ERROR_RING_NOT_ENABLED;
	if (ring->mode == send_only_mode || ring->mode == management_only_mode)
		return PF_RING_ERROR_NOT_SUPPORTED;
	return 0;
}

static inline int give(const struct torc_packet *packet, u_char **buffer, u_int buffer_len,
		       const struct pfring_pkthdr *hdr)
{
	if (buffer_len == 0)
		*buffer = (u_char *)(uintptr_t)packet->data;
	else
		memcpy(*buffer, packet->data, hdr->caplen < buffer_len ? hdr->caplen : buffer_len);
	return 1;
}

static __attribute__((noinline)) int recv_slow(pfring *ring, u_char **buffer, u_int buffer_len,
					       struct pfring_pkthdr *hdr, bool wait)
{
	int rc = refusal(ring);
	const struct torc_packet *borrowed;
	struct torc_packet packet;
	struct state *state;

	if (rc < 0)
		return rc;
	state = state_of(ring);
	do {
		rc = receive(ring, state, &(struct wanted){ .packet = &borrowed }, wait);
		if (rc <= 0)
			return rc;
		packet = *borrowed;
		fill_header(state, hdr, &packet);
	} while (state->extra && !extras(ring, state, hdr, &packet));
	return give(&packet, buffer, buffer_len, hdr);
}

static __attribute__((noinline)) int recv_stepped(struct pfring_pkthdr *hdr,
						  const struct torc_packet *packet)
{
	fill_short(hdr, packet, pf_hash_parsed(packet));
	torc_pf_clear(hdr);
	return 1;
}

/* What takes more than a step and a short header. */
static __attribute__((noinline)) int recv_other(pfring *ring, u_char **buffer, u_int buffer_len,
						struct pfring_pkthdr *hdr, bool wait)
{
	struct state *state = ring ? state_of(ring) : NULL;
	const struct torc_packet *packet = NULL;

	if (state && !(state->extra & ~(uint32_t)EXTRA_LONG))
		packet = torc_ring_step(state->torc);
	if (!packet)
		return recv_slow(ring, buffer, buffer_len, hdr, wait);
	fill_header(state, hdr, packet);
	return give(packet, buffer, buffer_len, hdr);
}

/*
 * A ring that may not receive, is shared by threads or was told to break never has a packet to step
 * over, so the step is all there is to test. What is asked for mostly is done here without a call, so
 * that no register has to be saved.
 */
API int pfring_recv(pfring *ring, u_char **buffer, u_int buffer_len, struct pfring_pkthdr *hdr,
		    u_int8_t wait_for_incoming_packet)
{
	struct torc_pf_ahead *ahead = likely(ring != NULL) ? ring->ft : NULL;
	const struct torc_packet *packet;
	uint32_t hash = 0;

	if (unlikely(!ahead || buffer_len != 0))
		return recv_other(ring, buffer, buffer_len, hdr, wait_for_incoming_packet);
	packet = (const struct torc_packet *)torc_pf_step(ahead);
	if (unlikely(!packet))
		return recv_slow(ring, buffer, buffer_len, hdr, wait_for_incoming_packet);
	*buffer = (u_char *)(uintptr_t)packet->data;
	if (likely(!ring->disable_parsing)) {
		if (unlikely(!is_plain(packet)))
			return recv_stepped(hdr, packet);
		hash = plain_hash(packet->data);
	}
	fill_short(hdr, packet, hash);
	torc_pf_clear(hdr);
	return 1;
}

API int pfring_recv_parsed(pfring *ring, u_char **buffer, u_int buffer_len,
			   struct pfring_pkthdr *hdr, u_int8_t wait_for_incoming_packet,
			   u_int8_t level, u_int8_t add_timestamp, u_int8_t add_hash)
{
	int rc = pfring_recv(ring, buffer, buffer_len, hdr, wait_for_incoming_packet);
	u_int32_t caplen;

	if (rc <= 0)
		return rc;
	/* Only what was copied can be parsed. */
	caplen = hdr->caplen;
	if (buffer_len > 0 && buffer_len < caplen)
		hdr->caplen = buffer_len;
	rc = pfring_parse_pkt(*buffer, hdr, level, add_timestamp, add_hash);
	hdr->caplen = caplen;
	return rc;
}

static void fill_burst(pfring_packet_info *info, const struct pfring_pkthdr *hdr,
		       const struct torc_packet *packet)
{
	info->data = (u_char *)(uintptr_t)packet->data;
	info->ts = hdr->ts;
	info->caplen = (u_int16_t)(hdr->caplen < UINT16_MAX ? hdr->caplen : UINT16_MAX);
	info->len = (u_int16_t)(hdr->len < UINT16_MAX ? hdr->len : UINT16_MAX);
	info->flags = hdr->extended_hdr.flags;
	info->hash = hdr->extended_hdr.pkt_hash;
}

API int pfring_recv_burst(pfring *ring, pfring_packet_info *packets, u_int8_t num_packets,
			  u_int8_t wait_for_packets)
{
	int rc = refusal(ring);
	struct torc_packet batch[UINT8_MAX];
	const struct wanted wanted = { .packets = batch, .max = num_packets };
	struct pfring_pkthdr hdr;
	struct state *state;
	int given = 0;

	if (rc < 0)
		return rc;
	if (num_packets == 0)
		return 0;
	state = state_of(ring);
	do {
		rc = receive(ring, state, &wanted, wait_for_packets);
		if (rc <= 0)
			return rc;
		for (int i = 0; i < rc; i++) {
			if (!state->extra) { /* the short header has all that is given */
				struct pfring_pkthdr brief; /* never in memory */

				fill_short(&brief, &batch[i], state->hash ? hash_of(&batch[i]) : 0);
				fill_burst(&packets[given++], &brief, &batch[i]);
				continue;
			}
			fill_header(state, &hdr, &batch[i]);
			if (extras(ring, state, &hdr, &batch[i]))
				fill_burst(&packets[given++], &hdr, &batch[i]);
		}
	} while (given == 0);
	return given;
}

API int pfring_loop(pfring *ring, pfringProcesssPacket looper, const u_char *user_bytes,
		    u_int8_t wait_for_packet)
{
	struct pfring_pkthdr hdr;
	u_char *data = NULL;
	int rc;

	if (!ring || !looper || ring->is_shutting_down || ring->mode == send_only_mode)
		return PF_RING_ERROR_GENERIC;
	__atomic_store_n(&ring->break_recv_loop, 0, __ATOMIC_RELAXED);
	torc_ring_resume(state_of(ring)->torc);
	for (;;) {
		errno = 0;
		rc = pfring_recv(ring, &data, 0, &hdr, wait_for_packet);
		if (rc > 0)
			looper(&hdr, data, user_bytes);
		else if (rc < 0 || errno == EINTR)
			return rc;
		else
			sched_yield();
	}
}

API void pfring_breakloop(pfring *ring)
{
	if (!ring)
		return;
	/* In this order: who sees the flag finds the ring stopped. */
	torc_ring_stop(state_of(ring)->torc);
	__atomic_store_n(&ring->break_recv_loop, 1, __ATOMIC_RELEASE);
}

API int pfring_poll(pfring *ring, u_int wait_duration)
{
	int rc;

	if (!ring)
		return PF_RING_ERROR_NOT_SUPPORTED;
	ring->num_poll_calls++;
	rc = torc_ring_wait(state_of(ring)->torc,
			    wait_duration > INT_MAX ? -1 : (int)wait_duration);
	return is_away(rc) ? 0 : pf_result(rc);
}

API int pfring_is_pkt_available(pfring *ring)
{
	int rc;

	if (!ring)
		return PF_RING_ERROR_NOT_SUPPORTED;
	if (!ring->enabled)
		return 0;
	rc = torc_ring_wait(state_of(ring)->torc, 0);
	return is_away(rc) ? 0 : pf_result(rc);
}

API int pfring_get_selectable_fd(pfring *ring)
{
	return ring ? ring->fd : -1;
}

API u_int32_t pfring_get_num_queued_pkts(pfring *ring)
{
	return ring && ring->enabled ? torc_ring_queued(state_of(ring)->torc) : 0;
}

API void pfring_sync_indexes_with_kernel(pfring *ring)
{
	(void)ring; /* there are none that the kernel would have to be told */
}

API int pfring_next_pkt_raw_timestamp(pfring *ring, u_int64_t *timestamp_ns)
{
	struct torc_packet packet;
	int rc = refusal(ring);

	if (rc < 0)
		return rc;
	rc = torc_ring_peek(state_of(ring)->torc, &packet);
	if (rc == -EOPNOTSUPP)
		return PF_RING_ERROR_NOT_SUPPORTED;
	if (rc < 0 && !is_away(rc))
		return pf_result(rc);
	if (rc <= 0)
		return PF_RING_ERROR_NO_PKT_AVAILABLE;
	if (packet.flags & TORC_PACKET_TIMESTAMP_MISSING)
		return PF_RING_ERROR_WRONG_CONFIGURATION;
	*timestamp_ns = packet.timestamp_ns;
	return 0;
}

API int pfring_next_pkt_time(pfring *ring, struct timespec *ts)
{
	u_int64_t timestamp_ns;
	int rc = pfring_next_pkt_raw_timestamp(ring, &timestamp_ns);

	if (rc < 0)
		return rc;
	ts->tv_sec = (time_t)(timestamp_ns / NSEC_PER_SEC);
	ts->tv_nsec = (long)(timestamp_ns % NSEC_PER_SEC);
	return 0;
}

API int pfring_stats(pfring *ring, pfring_stat *stats)
{
	struct torc_stats account = { .size = sizeof(account) };
	uint64_t withheld;
	int rc;

	if (!ring || !stats)
		return PF_RING_ERROR_NOT_SUPPORTED;
	*stats = (pfring_stat){ 0 };
	if (!ring->enabled)
		return 0;
	rc = torc_ring_stats(state_of(ring)->torc, &account);
	if (rc < 0)
		return pf_result(rc);
	withheld = __atomic_load_n(&state_of(ring)->withheld, __ATOMIC_RELAXED);
	stats->recv = account.received > withheld ? account.received - withheld : 0;
	stats->drop = account.dropped == TORC_UNKNOWN ? 0 : account.dropped;
	return 0;
}
