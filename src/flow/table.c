/* SPDX-License-Identifier: BSD-3-Clause */
/* table.c - the flow table: opened, fed, aged */
#include "flow/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

#include <torc/layers/transport/tcp.h>

#include "flow/table_quic.h"
#include "util/error.h"
#include "util/sized.h"

#define MS 1000000ull
#define SECOND 1000000000ull

enum { TCP = 6, UDP = 17, SCTP = 132, SYSTEM_PORTS = 1024 /* RFC 6335 §6 */ };
enum { GROUP = 32 }; /* packets whose places are fetched together */

/* ---- the index ---- */

typedef uint64_t two_words __attribute__((vector_size(16)));

static inline bool key_equal(const struct flow_key *a, const struct flow_key *b)
{
	two_words x[3], y[3], differ;

	memcpy(x, a, sizeof(x));
	memcpy(y, b, sizeof(y));
	differ = (x[0] ^ y[0]) | (x[1] ^ y[1]) | (x[2] ^ y[2]);
	return (differ[0] | differ[1]) == 0;
}

static inline uint32_t index_find(const struct torc_flow_table *table, const struct flow_key *key)
{
	uint32_t at = key->hash & table->mask;

	for (; table->index[at].place != FLOW_NONE; at = (at + 1) & table->mask)
		if (table->index[at].hash == key->hash &&
		    key_equal(&table->flows[table->index[at].place].key, key))
			return table->index[at].place;
	return FLOW_NONE;
}

static void index_add(struct torc_flow_table *table, uint32_t hash, uint32_t place)
{
	uint32_t at = hash & table->mask;

	while (table->index[at].place != FLOW_NONE)
		at = (at + 1) & table->mask;
	table->index[at] = (struct index_slot){ hash, place };
}

/* What follows moves up, unless it is at or before its own place already: no marks are left. */
static void index_remove(struct torc_flow_table *table, uint32_t hash, uint32_t place)
{
	uint32_t mask = table->mask, at = hash & mask, next;

	while (table->index[at].place != place)
		at = (at + 1) & mask;
	for (next = (at + 1) & mask; table->index[next].place != FLOW_NONE; next = (next + 1) & mask) {
		uint32_t home = table->index[next].hash & mask;

		if (((next - home) & mask) < ((next - at) & mask))
			continue;
		table->index[at] = table->index[next];
		at = next;
	}
	table->index[at].place = FLOW_NONE;
}

/* ---- the life of a flow ---- */

static void give_record(struct torc_flow_table *table, uint32_t place, unsigned int reason)
{
	struct torc_flow_record record;

	table->stats.ended[reason]++;
	if (!table->ended)
		return;
	table->stats.records++;
	flow_record_fill(table, place, reason, &record);
	table->ended(table->object, &record);
}

/* What is counted from one record to the next. */
static void counts_clear(struct flow *flow, struct flow_more *more)
{
	for (unsigned int n = 0; n < 2; n++) {
		flow->packets[n] = 0;
		flow->bytes[n] = 0;
		flow->tcp_flags[n] = 0;
		more->retransmissions[n] = 0;
		more->out_of_order[n] = 0;
	}
	flow->min_length = UINT16_MAX;
	flow->max_length = 0;
	flow->min_ttl = UINT8_MAX;
	flow->max_ttl = 0;
}

/* The flow is in no list of the wheel any more. */
static void flow_end(struct torc_flow_table *table, uint32_t place, unsigned int reason)
{
	struct flow *flow = &table->flows[place];

	if (flow->facts & FACT_QUIC)
		flow_quic_settle(table, place);
	give_record(table, place, reason);
	index_remove(table, flow->key.hash, place);
	flow_name_release(table, &table->more[place]);
	flow->facts = 0;
	flow->next = table->free;
	table->free = place;
	table->stats.open--;
}

static void flow_end_early(struct torc_flow_table *table, uint32_t place, unsigned int reason)
{
	wheel_remove(table, place);
	flow_end(table, place, reason);
}

static void flow_give_part(struct torc_flow_table *table, uint32_t place)
{
	struct flow *flow = &table->flows[place];

	give_record(table, place, TORC_FLOW_ACTIVE);
	counts_clear(flow, &table->more[place]);
	table->more[place].part++;
	flow->first_ns = flow->last_ns;
}

/* A closed connection ended when it was closed, however long the table kept it. */
static unsigned int reason_of(const struct flow *flow)
{
	return flow_state(flow) == TORC_FLOW_CLOSED ? TORC_FLOW_ENDED : TORC_FLOW_IDLE;
}

/* When the wheel has to look at a flow: at its end, or before when its next record is due. */
static uint64_t look_time(const struct torc_flow_table *table, const struct flow *flow)
{
	uint64_t end = flow_deadline(table, flow), part = flow->first_ns + table->active_ns;

	return flow->packets[0] + flow->packets[1] > 0 && part < end ? part : end;
}

/* A flow whose tick is over ends, gives a record, or goes where it belongs by now. */
static void age(struct torc_flow_table *table, uint32_t place)
{
	struct flow *flow = &table->flows[place];

	if (flow_deadline(table, flow) < table->now_ns ||
	    flow->last_ns > table->now_ns + table->horizon_ns) { /* the clock went back */
		flow_end(table, place, reason_of(flow));
		return;
	}
	if (flow->packets[0] + flow->packets[1] > 0 &&
	    flow->first_ns + table->active_ns <= table->now_ns)
		flow_give_part(table, place);
	wheel_add(table, place, look_time(table, flow));
}

static void age_all(struct torc_flow_table *table)
{
	uint32_t place, next;

	while ((place = wheel_take(table, table->now_ns)) != FLOW_NONE)
		for (; place != FLOW_NONE; place = next) {
			next = table->flows[place].next;
			if (next != FLOW_NONE)
				__builtin_prefetch(&table->flows[next]);
			age(table, place);
		}
}

/* Room for one more: the flow that would end first goes. */
static void make_room(struct torc_flow_table *table)
{
	age_all(table);
	while (table->free == FLOW_NONE) {
		uint32_t place = wheel_first(table);
		struct flow *flow = &table->flows[place];
		uint64_t end = flow_deadline(table, flow);
		uint64_t tick = end / table->wheel.tick_ns, ahead = tick - table->wheel.at;

		/* it is in its right place, or has none after a step of the clock */
		if (tick % WHEEL_BUCKETS == flow->bucket || ahead >= WHEEL_BUCKETS) {
			flow_end_early(table, place, TORC_FLOW_NO_ROOM);
			break;
		}
		wheel_remove(table, place);
		wheel_add(table, place, end);
	}
}

static uint32_t place_take(struct torc_flow_table *table)
{
	uint32_t place;

	if (table->free == FLOW_NONE && table->fresh == table->room)
		make_room(table);
	if (table->free == FLOW_NONE)
		return table->fresh++;
	place = table->free;
	table->free = table->flows[place].next;
	return place;
}

/* Who opened it, and how that is known: see enum torc_flow_opener. Returns the end of the key. */
static unsigned int find_opener(const struct flow_packet *packet, unsigned int *how)
{
	const uint16_t *port = packet->key.port;
	uint16_t flags = packet->tcp_flags & (TORC_TCP_SYN | TORC_TCP_ACK);
	unsigned int low = port[1] < port[0];

	if (packet->tcp) {
		if (flags & TORC_TCP_SYN) {
			*how = flags & TORC_TCP_ACK ? TORC_FLOW_BY_SYN_ACK : TORC_FLOW_BY_SYN;
			return flags & TORC_TCP_ACK ? !packet->sender : packet->sender;
		}
		*how = port[0] != port[1] ? TORC_FLOW_BY_PORT : TORC_FLOW_BY_FIRST;
		return port[0] != port[1] ? !low : packet->sender;
	}
	if ((packet->key.protocol == UDP || packet->key.protocol == SCTP) && port[low] > 0 &&
	    port[low] < SYSTEM_PORTS && port[!low] >= SYSTEM_PORTS) {
		*how = TORC_FLOW_BY_PORT;
		return !low;
	}
	*how = TORC_FLOW_BY_FIRST;
	return packet->sender;
}

static uint32_t flow_begin(struct torc_flow_table *table, const struct torc_packet *packet,
			   const struct flow_packet *read)
{
	uint32_t place = place_take(table);
	struct flow *flow = &table->flows[place];
	struct flow_more *more = &table->more[place];
	unsigned int how, client = find_opener(read, &how);

	memset(flow, 0, sizeof(*flow));
	memset(more, 0, sizeof(*more));
	flow->key = read->key;
	flow->first_ns = flow->last_ns = read->time_ns;
	flow->ifindex = packet->ifindex;
	flow->tos = read->tos;
	flow->icmp_code = read->icmp_code;
	flow->facts = (uint8_t)(FACT_USED | (client ? FACT_CLIENT : 0) | how << FACT_OPENER_SHIFT);
	flow_set_state(flow, how == TORC_FLOW_BY_SYN ? TORC_FLOW_OPENING : TORC_FLOW_ONE_WAY);
	if (table->flags & TORC_FLOW_TABLE_NO_NAMES)
		flow->facts |= FACT_NAMED;
	more->name = FLOW_NONE;
	counts_clear(flow, more);
	index_add(table, read->key.hash, place);
	wheel_add(table, place, look_time(table, flow));
	table->stats.begun++;
	table->stats.open++;
	return place;
}

/* ---- a packet ---- */

static inline void flow_count(struct flow *flow, const struct flow_packet *read,
			      unsigned int direction)
{
	uint16_t length = read->length < UINT16_MAX ? (uint16_t)read->length : UINT16_MAX;

	if (flow->packets[0] + flow->packets[1] == 0)
		flow->first_ns = read->time_ns;
	flow->packets[direction]++;
	flow->bytes[direction] += read->length;
	if (read->time_ns > flow->last_ns)
		flow->last_ns = read->time_ns;
	if (length < flow->min_length)
		flow->min_length = length;
	if (read->length > flow->max_length)
		flow->max_length = read->length;
	if (read->ttl < flow->min_ttl)
		flow->min_ttl = read->ttl;
	if (read->ttl > flow->max_ttl)
		flow->max_ttl = read->ttl;
}

/* Whether the state changed to closed: then the flow ends sooner than the wheel knows. */
static bool update_state(struct flow *flow, unsigned int direction)
{
	unsigned int state = flow_state(flow);
	uint8_t fins = TCP_FIN_SEEN | TCP_FIN_SEEN << 1;

	if (state == TORC_FLOW_CLOSED ||
	    (state == TORC_FLOW_ESTABLISHED && !(flow->tcp & (fins | TCP_RST_SEEN))))
		return false;
	if (flow->tcp & TCP_RST_SEEN || (flow->tcp & fins) == fins) {
		flow_set_state(flow, TORC_FLOW_CLOSED);
		return true;
	}
	if (state == TORC_FLOW_OPENING && direction == 1)
		flow_set_state(flow, TORC_FLOW_ESTABLISHED);
	else if (state == TORC_FLOW_ONE_WAY && flow->packets[0] && flow->packets[1])
		flow_set_state(flow, TORC_FLOW_ESTABLISHED);
	return false;
}

/* The flow of a packet, when it is still that flow: not over, not taken by a new connection. */
static uint32_t flow_still(struct torc_flow_table *table, uint32_t place,
			   const struct flow_packet *read)
{
	struct flow *flow = &table->flows[place];

	if (read->time_ns > flow_deadline(table, flow)) {
		flow_end_early(table, place, reason_of(flow));
		return FLOW_NONE;
	}
	if (read->tcp_flags & TORC_TCP_SYN && flow_tcp_begins(flow, read)) {
		flow_end_early(table, place, TORC_FLOW_ENDED);
		return FLOW_NONE;
	}
	if ((read->time_ns >= flow->first_ns + table->active_ns &&
	     flow->packets[0] + flow->packets[1] > 0) ||
	    (flow->packets[0] | flow->packets[1]) >= 1u << 31)
		flow_give_part(table, place);
	return place;
}

/* The place that was found before the packets ahead of this one were counted may have another by now. */
static inline uint32_t place_of(const struct torc_flow_table *table, const struct flow_packet *read)
{
	const struct flow *flow;

	if (read->place == FLOW_NONE)
		return index_find(table, &read->key);
	flow = &table->flows[read->place];
	return flow->facts & FACT_USED && key_equal(&flow->key, &read->key)
		       ? read->place : index_find(table, &read->key);
}

static void add_to_flow(struct torc_flow_table *table, const struct torc_packet *packet,
			const struct torc_decoded *decoded, const struct flow_packet *read)
{
	uint32_t place = place_of(table, read);
	unsigned int direction;
	struct flow *flow;

	if (place != FLOW_NONE)
		place = flow_still(table, place, read);
	if (place == FLOW_NONE)
		place = flow_begin(table, packet, read);
	flow = &table->flows[place];
	direction = flow_direction(flow, read);
	table->stats.bytes += read->length;
	flow_count(flow, read, direction);
	if (!read->tcp)
		flow_history(flow, &table->more[place], LETTER_D, direction);
	else if (!flow_tcp_next(flow, read, direction))
		flow_tcp_update(flow, &table->more[place], read, direction);
	if (!(flow->facts & FACT_NAMED) && read->transport &&
	    (!read->tcp || (read->payload > 0 && direction == 0)))
		flow_name_look(table, place, read, decoded);
	if (update_state(flow, direction)) {
		wheel_remove(table, place);
		wheel_add(table, place, look_time(table, flow));
	}
}

static void clock_set(struct torc_flow_table *table, uint64_t time_ns)
{
	if (time_ns > table->now_ns) {
		table->now_ns = time_ns;
	} else if (time_ns + table->horizon_ns < table->now_ns) {
		/* not a packet that was late: the clock went back, or once ahead by mistake */
		table->stats.clock_steps++;
		table->now_ns = time_ns;
		table->wheel.at = time_ns / table->wheel.tick_ns;
	}
}

static inline void count_packet(struct torc_flow_table *table, const struct torc_packet *packet,
			 const struct torc_decoded *decoded, const struct flow_packet *read)
{
	table->stats.packets++;
	if (read->kind == PACKET_IN_FLOW) {
		table->stats.in_flows++;
		clock_set(table, read->time_ns);
		add_to_flow(table, packet, decoded, read);
		return;
	}
	switch (read->kind) {
	case PACKET_NOT_IP:
		table->stats.not_ip++;
		break;
	case PACKET_MALFORMED:
		table->stats.malformed++;
		break;
	default:
		table->stats.cut++;
	}
}

void torc_flow_table_add(struct torc_flow_table *table, const struct torc_packet *packet,
			 const struct torc_decoded *decoded)
{
	torc_flow_table_add_batch(table, packet, decoded, 1);
}

/*
 * Three rounds over a group of packets: the keys, and their slots of the index are asked for; the
 * slots, and the flows they name are asked for; the flows.
 */
static void add_group(struct torc_flow_table *table, const struct torc_packet *packets,
		      const struct torc_decoded *decoded, unsigned int count)
{
	struct flow_packet read[GROUP];
	unsigned int n;

	flow_packets_read(table, packets, decoded, count, read);
	for (n = 0; n < count; n++) {
		uint32_t at = read[n].key.hash & table->mask;

		while (table->index[at].place != FLOW_NONE &&
		       table->index[at].hash != read[n].key.hash)
			at = (at + 1) & table->mask;
		read[n].place = table->index[at].place;
		if (read[n].place == FLOW_NONE)
			continue;
		__builtin_prefetch(&table->flows[read[n].place], 1);
		__builtin_prefetch((const char *)&table->flows[read[n].place] + 64, 1);
		if (read[n].tcp_flags & (TORC_TCP_SYN | TORC_TCP_FIN | TORC_TCP_RST))
			__builtin_prefetch(&table->more[read[n].place], 1);
	}
	for (n = 0; n < count; n++)
		count_packet(table, &packets[n], &decoded[n], &read[n]);
}

void torc_flow_table_add_batch(struct torc_flow_table *table, const struct torc_packet *packets,
			       const struct torc_decoded *decoded, unsigned int count)
{
	for (unsigned int n = 0; n < count; n += GROUP)
		add_group(table, packets + n, decoded + n, count - n < GROUP ? count - n : GROUP);
	age_all(table);
}

int torc_flow_table_add_hint(struct torc_flow_table *table, const struct torc_packet *packet,
			     const struct torc_decoded *decoded, const struct torc_flow_hint *hint)
{
	struct torc_flow_hint full = { .size = sizeof(full) };
	struct flow_packet read;
	struct flow_more *more;
	uint32_t place;

	if (torc_sized_take(&full, sizeof(full), hint, "torc_flow_hint", NULL) < 0 ||
	    (full.name.length + full.alpn.length == 0 && !(table->prints && full.hello.length)) ||
	    (full.from != TORC_FLOW_NAME_TLS && full.from != TORC_FLOW_NAME_HTTP))
		return -EINVAL;
	if (decoded->flags & TORC_DECODED_FRAGMENT) /* no stream is of fragments */
		return 0;
	flow_packets_read(table, packet, decoded, 1, &read);
	place = read.kind == PACKET_IN_FLOW ? index_find(table, &read.key) : FLOW_NONE;
	if (place == FLOW_NONE)
		return 0;
	more = &table->more[place];
	if (more->name != FLOW_NONE) {
		flow_name_complete(table, more, &full);
		return 0;
	}
	return flow_name_keep(table, more, &full) ? 1 : -ENOSPC;
}

void torc_flow_table_advance(struct torc_flow_table *table, uint64_t now_ns)
{
	if (now_ns > table->now_ns)
		table->now_ns = now_ns;
	age_all(table);
}

void torc_flow_table_flush(struct torc_flow_table *table)
{
	for (uint32_t place = 0; place < table->fresh; place++)
		if (table->flows[place].facts & FACT_USED)
			flow_end_early(table, place, TORC_FLOW_FLUSHED);
}

int torc_flow_table_next(const struct torc_flow_table *table, uint32_t *position,
			 struct torc_flow_record *record)
{
	while (*position < table->fresh) {
		uint32_t place = (*position)++;

		if (!(table->flows[place].facts & FACT_USED))
			continue;
		flow_record_fill(table, place, 0, record);
		return 1;
	}
	return 0;
}

int torc_flow_table_stats(const struct torc_flow_table *table, struct torc_flow_table_stats *stats)
{
	struct torc_flow_table_stats now = table->stats;
	size_t size = stats->size;
	uint64_t gone = now.ended[TORC_FLOW_IDLE] + now.ended[TORC_FLOW_ENDED] +
			now.ended[TORC_FLOW_FLUSHED] + now.ended[TORC_FLOW_NO_ROOM];

	if (size < sizeof(size))
		return -EINVAL;
	now.size = size;
	now.flows_max = table->room;
	now.memory_bytes = table->bytes + sizeof(*table);
	now.balanced = now.packets == now.in_flows + now.not_ip + now.malformed + now.cut &&
		       now.begun == gone + now.open;
	memcpy(stats, &now, size < sizeof(now) ? size : sizeof(now));
	return 0;
}

/* ---- open and close ---- */

static uint64_t or_default(uint64_t value, uint64_t fallback)
{
	return value ? value : fallback;
}

static int take_times(struct torc_flow_table *table, const struct torc_flow_table_options *options)
{
	const uint64_t given[] = { options->idle_ns, options->active_ns, options->opening_ns,
				   options->end_ns };
	uint64_t idle = or_default(options->idle_ns, 60 * SECOND);
	uint64_t opening = or_default(options->opening_ns, 15 * SECOND);
	uint64_t end = or_default(options->end_ns, 5 * SECOND);

	for (unsigned int n = 0; n < 4; n++)
		if (given[n] && (given[n] < MS || given[n] > 864000 * SECOND))
			return -EINVAL;
	table->active_ns = or_default(options->active_ns, 300 * SECOND);
	if (!options->opening_ns && opening > idle)
		opening = idle;
	if (!options->end_ns && end > idle)
		end = idle;
	table->silent_ns[TORC_FLOW_OPENING] = opening;
	table->silent_ns[TORC_FLOW_ONE_WAY] = table->silent_ns[TORC_FLOW_ESTABLISHED] = idle;
	table->silent_ns[TORC_FLOW_CLOSED] = end;
	for (unsigned int n = 0; n < 4; n++)
		if (table->silent_ns[n] > table->horizon_ns)
			table->horizon_ns = table->silent_ns[n];
	table->wheel.tick_ns = table->horizon_ns / (WHEEL_BUCKETS - 2) + 1;
	return 0;
}

/* All arrays in one mapping: pages are there when they are touched, large ones where possible. */
static int take_memory(struct torc_flow_table *table)
{
	size_t slots = 2, flows, more, index, names, fragments, quic, prints, n;
	char *memory;

	while (slots < 2 * (size_t)table->room)
		slots *= 2;
	table->mask = (uint32_t)(slots - 1);
	table->name_room = table->flags & TORC_FLOW_TABLE_NO_NAMES ? 0 : table->room / 20 + 16;
	flows = table->room * sizeof(struct flow);
	more = table->room * sizeof(struct flow_more);
	names = table->name_room * sizeof(struct flow_name);
	index = slots * sizeof(struct index_slot);
	fragments = FRAGMENT_SETS * FRAGMENT_WAYS * sizeof(struct fragment);
	quic = table->flags & TORC_FLOW_TABLE_NO_NAMES ? 0 : sizeof(struct flow_quic);
	prints = table->flags & TORC_FLOW_TABLE_FINGERPRINTS ?
			 table->name_room * sizeof(struct flow_prints) : 0;
	table->bytes = flows + names + fragments + index + more + quic + prints;
	memory = mmap(NULL, table->bytes, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED)
		return -ENOMEM;
	madvise(memory, table->bytes, MADV_HUGEPAGE);
	table->memory = memory;
	table->flows = (struct flow *)memory;
	table->names = (struct flow_name *)(memory += flows);
	table->fragments = (struct fragment *)(memory += names);
	table->index = (struct index_slot *)(memory += fragments);
	table->more = (struct flow_more *)(memory += index);
	table->quic = quic ? (struct flow_quic *)(memory += more) : NULL;
	table->prints = prints ? (struct flow_prints *)(memory + quic) : NULL;
	if (quic)
		flow_quic_begin(table->quic);
	for (n = 0; n < slots; n++)
		table->index[n].place = FLOW_NONE;
	return 0;
}

int torc_flow_table_open(struct torc_flow_table **result,
			 const struct torc_flow_table_options *options, struct torc_error *error)
{
	static const struct torc_flow_table_options defaults = { .size = sizeof(defaults) };
	struct torc_flow_table *table;
	unsigned int n;

	*result = NULL;
	if (!options)
		options = &defaults;
	if (options->size < sizeof(*options) || options->flags > 15 ||
	    options->flows > TORC_FLOW_TABLE_MAX_FLOWS)
		return torc_error_set(error, -EINVAL,
				      "flow table: at most %u flows, and only known flags",
				      TORC_FLOW_TABLE_MAX_FLOWS);
	table = calloc(1, sizeof(*table));
	if (!table)
		return torc_error_set(error, -ENOMEM, "flow table: out of memory");
	table->room = options->flows ? options->flows : TORC_FLOW_TABLE_DEFAULT_FLOWS;
	table->flags = options->flags;
	table->ended = options->ended;
	table->object = options->object;
	table->free = table->name_free = FLOW_NONE;
	for (n = 0; n < WHEEL_BUCKETS; n++)
		table->wheel.first[n] = table->wheel.last[n] = FLOW_NONE;
	if (take_times(table, options) < 0) {
		free(table);
		return torc_error_set(error, -EINVAL,
				      "flow table: a timeout is not between 1 ms and 10 days");
	}
	/* nobody outside can choose flows that share a place in the index */
	if (getrandom(table->seed, sizeof(table->seed), 0) != sizeof(table->seed) ||
	    take_memory(table) < 0) {
		free(table);
		return torc_error_set(error, -ENOMEM, "flow table: no memory for that many flows");
	}
	*result = table;
	return 0;
}

void torc_flow_table_close(struct torc_flow_table *table)
{
	if (!table)
		return;
	munmap(table->memory, table->bytes);
	free(table);
}
