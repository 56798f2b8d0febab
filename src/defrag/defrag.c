/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * defrag.c - torc/defrag.h: taking fragments, their account, and when a datagram ends
 *
 * The order of the tests is that of Linux (ip_frag_queue() of net/ipv4/ip_fragment.c and
 * ip6_frag_queue() of net/ipv6/reassembly.c), so that with policy drop a datagram comes out here when
 * it does there; tests/defrag_kernel.c holds both against each other.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "defrag/fragment.h"
#include "defrag/join.h"
#include "defrag/overlap.h"
#include "util/error.h"
#include "util/sized.h"

#define DEFAULT_MEMORY       (4u << 20)
#define DEFAULT_FRAGMENTS    2048
#define DEFAULT_TIMEOUT_IPV4 30000
#define DEFAULT_TIMEOUT_IPV6 60000
#define MEMORY_MOST          (UINT64_C(64) << 30)
#define PROTOCOL_TCP         6
#define TCP_TINY             16u /* less than this of a TCP header lacks its flags' neighbours */
#define ECN_NOT_ECT          1u  /* the bit of codepoint 0 */

struct torc_defrag {
	struct torc_defrag_options options;
	struct store store;
	struct torc_defrag_stats stats;
	unsigned int last_fragments;
	uint8_t output[OUTPUT_BYTES];
};

static const char *const policies[TORC_DEFRAG_POLICIES] = {
	[TORC_DEFRAG_DROP] = "drop",       [TORC_DEFRAG_FIRST] = "first",
	[TORC_DEFRAG_LAST] = "last",       [TORC_DEFRAG_BSD] = "bsd",
	[TORC_DEFRAG_LINUX] = "linux",     [TORC_DEFRAG_WINDOWS] = "windows",
	[TORC_DEFRAG_SOLARIS] = "solaris",
};

const char *torc_defrag_policy_name(unsigned int policy)
{
	return policy < TORC_DEFRAG_POLICIES ? policies[policy] : NULL;
}

int torc_defrag_policy_parse(const char *name, struct torc_error *error)
{
	for (int policy = 0; policy < TORC_DEFRAG_POLICIES; policy++)
		if (strcmp(name, policies[policy]) == 0)
			return policy;
	return torc_error_set(error, -EINVAL,
			      "no policy \"%.40s\" for fragments; there are: drop first last bsd "
			      "linux windows solaris", name);
}

/* ---- life ---- */

static int check_options(struct torc_defrag_options *options, struct torc_error *error)
{
	if ((unsigned int)options->policy >= TORC_DEFRAG_POLICIES)
		return torc_error_set(error, -EINVAL,
				      "no policy %d for fragments; there are: drop first last bsd "
				      "linux windows solaris", (int)options->policy);
	if (options->memory_bytes == 0)
		options->memory_bytes = DEFAULT_MEMORY;
	if (options->memory_bytes < TORC_DEFRAG_MEMORY_MIN || options->memory_bytes > MEMORY_MOST)
		return torc_error_set(error, -EINVAL,
				      "%zu bytes of memory for fragments: at least %u (%u KiB) are "
				      "needed to hold a datagram of 64 KiB, at most 64 GiB are taken",
				      options->memory_bytes, TORC_DEFRAG_MEMORY_MIN,
				      TORC_DEFRAG_MEMORY_MIN >> 10);
	if (options->timeout_ipv4_ms == 0)
		options->timeout_ipv4_ms = DEFAULT_TIMEOUT_IPV4;
	if (options->timeout_ipv6_ms == 0)
		options->timeout_ipv6_ms = DEFAULT_TIMEOUT_IPV6;
	if (options->fragments_max == 0)
		options->fragments_max = DEFAULT_FRAGMENTS;
	return 0;
}

int torc_defrag_open(struct torc_defrag **defrag, const struct torc_defrag_options *options,
		     struct torc_error *error)
{
	struct torc_defrag_options full = { .size = sizeof(full) };
	struct torc_defrag *d;
	int result;

	*defrag = NULL;
	result = torc_sized_take(&full, sizeof(full), options, "torc_defrag_options", error);
	if (result == 0)
		result = check_options(&full, error);
	if (result < 0)
		return result;
	d = calloc(1, sizeof(*d));
	if (!d)
		return torc_error_set(error, -ENOMEM, "no memory to put fragments together");
	d->options = full;
	result = store_open(&d->store, full.memory_bytes - sizeof(*d));
	if (result < 0) {
		free(d);
		return torc_error_set(error, result, "no memory (%zu bytes) to put fragments together",
				      full.memory_bytes);
	}
	*defrag = d;
	return 0;
}

void torc_defrag_close(struct torc_defrag *defrag)
{
	if (!defrag)
		return;
	store_close(&defrag->store);
	free(defrag);
}

/* ---- datagrams that end ---- */

/* Without coming out: all its fragments go to that counter. */
static void drop(struct torc_defrag *defrag, uint32_t number, uint64_t *counter)
{
	uint32_t fragments = defrag->store.datagrams[number].fragments;

	*counter += fragments;
	defrag->stats.waiting -= fragments;
	defrag->stats.datagrams_waiting--;
	defrag->stats.datagrams_dropped++;
	store_drop(&defrag->store, number);
}

static void expire_version(struct torc_defrag *defrag, unsigned int which, uint32_t timeout_ms,
			   uint64_t now_ns)
{
	struct store *store = &defrag->store;
	uint64_t timeout_ns = (uint64_t)timeout_ms * 1000000;
	uint32_t number;

	while ((number = store->age[which].oldest) != NOTHING &&
	       now_ns > store->datagrams[number].first_ns &&
	       now_ns - store->datagrams[number].first_ns >= timeout_ns)
		drop(defrag, number, &defrag->stats.timed_out);
}

void torc_defrag_expire(struct torc_defrag *defrag, uint64_t now_ns)
{
	if (defrag->stats.datagrams_waiting == 0)
		return;
	expire_version(defrag, 0, defrag->options.timeout_ipv4_ms, now_ns);
	expire_version(defrag, 1, defrag->options.timeout_ipv6_ms, now_ns);
}

/* The fragment at hand ends its datagram: it goes where the others go. */
static int drop_with(struct torc_defrag *defrag, uint32_t number, uint64_t *counter)
{
	++*counter;
	drop(defrag, number, counter);
	return TORC_DEFRAG_DROPPED;
}

static int refuse(uint64_t *counter)
{
	++*counter;
	return TORC_DEFRAG_DROPPED;
}

/* ---- a fragment that comes ---- */

/* RFC 1858 §3 and RFC 3128: a TCP header that is cut so that a filter does not see all of it. */
static bool is_tiny(const struct fragment *fragment)
{
	if (fragment->key.version != 4 || fragment->key.protocol != PROTOCOL_TCP)
		return false;
	return (fragment->begin == 0 && fragment->end < TCP_TINY) || fragment->begin == 8;
}

/* What is wrong with a fragment by itself; NULL: nothing. */
static uint64_t *fault_of(struct torc_defrag *defrag, const struct fragment *fragment)
{
	struct torc_defrag_stats *stats = &defrag->stats;

	if (fragment->cut)
		return &stats->cut;
	if (fragment->overlong)
		return &stats->too_large;
	if (fragment->odd)
		return &stats->bad_length;
	if (is_tiny(fragment))
		return &stats->tiny;
	if (fragment->header_bytes > HEADERS_MAX)
		return &stats->too_large;
	if (fragment->key.version == 6 && fragment->begin == 0 && !fragment_has_transport(fragment))
		return &stats->no_transport;
	return NULL;
}

/* Where the whole ends, as Linux keeps it; false: the fragment contradicts what came before. */
static bool agree_on_end(struct datagram *datagram, const struct fragment *fragment)
{
	if (!fragment->more) {
		if (fragment->end < datagram->end ||
		    (datagram->end_known && fragment->end != datagram->end))
			return false;
		datagram->end_known = true;
	} else if (datagram->end_known && fragment->end > datagram->end) {
		return false;
	}
	if (fragment->end > datagram->end)
		datagram->end = fragment->end;
	return true;
}

static void keep_headers(struct store *store, struct datagram *datagram,
			 const struct fragment *fragment, const struct torc_packet *packet)
{
	datagram->header_cell = store_bytes(store, packet->data, fragment->header_bytes);
	datagram->header_bytes = (uint16_t)fragment->header_bytes;
	datagram->ip_offset = (uint16_t)fragment->ip_offset;
	datagram->next_header_offset = (uint16_t)fragment->next_header_offset;
	datagram->next_header = fragment->next_header;
	datagram->link_type = packet->link_type;
	datagram->has_headers = true;
}

static void fill_in(struct torc_defrag *defrag, const struct torc_packet *packet, uint32_t length,
		    struct torc_packet *whole)
{
	*whole = *packet;
	whole->data = defrag->output;
	whole->caplen = whole->len = length;
	whole->parsed = NULL;
	whole->flags |= TORC_PACKET_REASSEMBLED;
	/* what the card said of a fragment holds for no datagram */
	whole->flags &= ~(uint32_t)(TORC_PACKET_CHECKSUM_PARTIAL | TORC_PACKET_CHECKSUM_VALID);
}

/* last: the range that is not in the store, because it came last; or NULL. */
static int complete(struct torc_defrag *defrag, uint32_t number, const struct torc_packet *packet,
		    const struct range *last, struct torc_packet *whole)
{
	struct datagram *datagram = &defrag->store.datagrams[number];
	uint32_t header = datagram->header_bytes - datagram->ip_offset;

	/* Linux: any codepoint beside "not ECT" */
	if ((datagram->ecn & ECN_NOT_ECT) && datagram->ecn != ECN_NOT_ECT) {
		drop(defrag, number, &defrag->stats.ecn);
		return TORC_DEFRAG_DROPPED;
	}
	if (datagram->end + header - (datagram->key.version == 6 ? 40 : 0) > PAYLOAD_MAX) {
		drop(defrag, number, &defrag->stats.too_large);
		return TORC_DEFRAG_DROPPED;
	}
	fill_in(defrag, packet, join(&defrag->store, datagram, last, defrag->output), whole);
	defrag->last_fragments = datagram->fragments;
	defrag->stats.joined += datagram->fragments;
	defrag->stats.waiting -= datagram->fragments;
	defrag->stats.datagrams_waiting--;
	defrag->stats.datagrams++;
	store_drop(&defrag->store, number);
	return TORC_DEFRAG_WHOLE;
}

/* The bytes go in, if need be at the cost of the datagrams that have waited longest. */
static enum insertion insert_bytes(struct torc_defrag *defrag, uint32_t number,
				   const struct fragment *fragment)
{
	struct store *store = &defrag->store;
	const struct range range = { fragment->begin, fragment->end, fragment->payload };
	struct overlap overlap = { 0 };
	enum insertion result;
	uint32_t oldest;

	for (;;) {
		result = overlap_insert(store, &store->datagrams[number], defrag->options.policy,
					&range, fragment->header_bytes, &overlap);
		if (result != INSERT_NO_ROOM)
			break;
		oldest = store_oldest(store, number);
		if (oldest == NOTHING)
			break;
		drop(defrag, oldest, &defrag->stats.no_memory);
	}
	defrag->stats.overlaps += overlap.any;
	defrag->stats.overlaps_different += overlap.different;
	return result;
}

/* It belongs to the datagram, with its bytes in the store or, when it completes it, not. */
static void count_in(struct torc_defrag *defrag, struct datagram *datagram,
		     const struct fragment *fragment, const struct torc_packet *packet)
{
	if (fragment->begin == 0 && !datagram->has_headers)
		keep_headers(&defrag->store, datagram, fragment, packet);
	else if (datagram->has_headers && fragment->key.version == 6)
		defrag->stats.other_protocol += fragment->next_header != datagram->next_header;
	datagram->ecn |= (uint8_t)(1u << fragment->ecn);
	datagram->fragments++;
	defrag->stats.waiting++;
}

/*
 * All that is missing, in one piece at the end or at the beginning: it need not be kept to be copied
 * at once. Not a fragment inside of the datagram that came out last: that one is written over.
 */
static bool is_the_rest(const struct torc_defrag *defrag, const struct datagram *datagram,
			const struct fragment *fragment)
{
	const struct store *store = &defrag->store;

	if ((uintptr_t)fragment->payload - (uintptr_t)defrag->output < sizeof(defrag->output))
		return false;
	if (!datagram->end_known || datagram->first == NOTHING ||
	    datagram->piece_bytes + (fragment->end - fragment->begin) != datagram->end)
		return false;
	if (fragment->begin == 0)
		return store->pieces[datagram->first].begin >= fragment->end &&
		       store_has_room(store, 1, fragment->header_bytes);
	return datagram->has_headers && store->pieces[datagram->last].end <= fragment->begin;
}

/* The datagram of a fragment, begun when there is none; the oldest gives way when all are taken. */
static uint32_t datagram_of(struct torc_defrag *defrag, const struct fragment *fragment,
			    uint64_t now_ns)
{
	struct store *store = &defrag->store;
	uint32_t bucket = store_bucket(store, &fragment->key);
	uint32_t number = store_find(store, bucket, &fragment->key);

	if (number != NOTHING)
		return number;
	number = store_add(store, bucket, &fragment->key, now_ns);
	if (number == NOTHING) {
		drop(defrag, store_oldest(store, NOTHING), &defrag->stats.no_memory);
		number = store_add(store, bucket, &fragment->key, now_ns);
	}
	defrag->stats.datagrams_waiting++;
	return number;
}

/*
 * Fragments come in trains: in blocks of rings and in files the next one lies right behind this one and is
 * mostly as long. Its bytes are on their way while this one is copied.
 */
static void prefetch_next(const struct fragment *fragment)
{
	uint32_t length = fragment->end - fragment->begin;
	uintptr_t end = (uintptr_t)fragment->payload + length;

	for (uint32_t at = 0; at < length && at < 2048; at += 64)
		__builtin_prefetch((const void *)(end + at));
}

static int take(struct torc_defrag *defrag, const struct fragment *fragment,
		const struct torc_packet *packet, struct torc_packet *whole)
{
	struct torc_defrag_stats *stats = &defrag->stats;
	uint64_t *fault = fault_of(defrag, fragment);
	struct datagram *datagram;
	uint32_t number;

	if (fault)
		return refuse(fault);
	prefetch_next(fragment);
	number = datagram_of(defrag, fragment, packet->timestamp_ns);
	datagram = &defrag->store.datagrams[number];
	if (datagram->fragments >= defrag->options.fragments_max)
		return drop_with(defrag, number, &stats->too_many);
	if (!agree_on_end(datagram, fragment))
		return drop_with(defrag, number, &stats->inconsistent);
	if (fragment->begin == fragment->end)
		return drop_with(defrag, number, &stats->bad_length);
	if (is_the_rest(defrag, datagram, fragment)) {
		count_in(defrag, datagram, fragment, packet);
		return complete(defrag, number, packet,
				&(struct range){ fragment->begin, fragment->end, fragment->payload },
				whole);
	}
	switch (insert_bytes(defrag, number, fragment)) {
	case INSERT_DUPLICATE:
		return refuse(&stats->duplicate);
	case INSERT_REFUSED:
		return drop_with(defrag, number, &stats->overlap);
	case INSERT_NO_ROOM:
		return drop_with(defrag, number, &stats->no_memory);
	case INSERTED:
		count_in(defrag, datagram, fragment, packet);
		break;
	}
	if (datagram->has_headers && datagram->end_known && datagram->piece_bytes == datagram->end)
		return complete(defrag, number, packet, NULL, whole);
	return TORC_DEFRAG_WAITING;
}

int torc_defrag_add(struct torc_defrag *defrag, const struct torc_packet *packet,
		    const struct torc_decoded *decoded, struct torc_packet *whole)
{
	struct fragment fragment;

	torc_defrag_expire(defrag, packet->timestamp_ns);
	if (!fragment_of(&defrag->store, decoded, &fragment))
		return TORC_DEFRAG_NONE;
	defrag->stats.fragments++;
	defrag->stats.dont_fragment += fragment.dont_fragment && fragment.begin > 0;
	return take(defrag, &fragment, packet, whole);
}

unsigned int torc_defrag_fragments(const struct torc_defrag *defrag)
{
	return defrag->last_fragments;
}

int torc_defrag_stats(const struct torc_defrag *defrag, struct torc_defrag_stats *stats)
{
	return torc_sized_give(stats, &defrag->stats, sizeof(defrag->stats));
}
