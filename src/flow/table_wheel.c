/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * table_wheel.c - flows in the order in which they end
 *
 * A ring of lists, one for each tick of time. A flow is in the list of the tick in which it would
 * have ended when it was put there; packets that came since are not looked at before that tick is
 * over. So a packet costs the wheel nothing, and a flow is moved once in a timeout.
 */
#include "flow/table.h"

/* The tick itself when it is ahead, else the next one; never a whole turn ahead. */
static uint64_t tick_of(const struct wheel *wheel, uint64_t time_ns)
{
	uint64_t tick = time_ns / wheel->tick_ns;

	if (tick < wheel->at)
		return wheel->at;
	return tick < wheel->at + WHEEL_BUCKETS - 1 ? tick : wheel->at + WHEEL_BUCKETS - 1;
}

void wheel_add(struct torc_flow_table *table, uint32_t place, uint64_t time_ns)
{
	struct wheel *wheel = &table->wheel;
	unsigned int bucket = (unsigned int)(tick_of(wheel, time_ns) % WHEEL_BUCKETS);
	struct flow *flow = &table->flows[place];
	uint32_t last = wheel->last[bucket];

	flow->bucket = (uint16_t)bucket;
	flow->next = FLOW_NONE;
	flow->previous = last;
	if (last == FLOW_NONE)
		wheel->first[bucket] = place;
	else
		table->flows[last].next = place;
	wheel->last[bucket] = place;
	wheel->used[bucket / 64] |= 1ull << bucket % 64;
}

void wheel_remove(struct torc_flow_table *table, uint32_t place)
{
	struct wheel *wheel = &table->wheel;
	struct flow *flow = &table->flows[place];
	unsigned int bucket = flow->bucket;

	if (flow->previous == FLOW_NONE)
		wheel->first[bucket] = flow->next;
	else
		table->flows[flow->previous].next = flow->next;
	if (flow->next == FLOW_NONE)
		wheel->last[bucket] = flow->previous;
	else
		table->flows[flow->next].previous = flow->previous;
	if (wheel->first[bucket] == FLOW_NONE)
		wheel->used[bucket / 64] &= ~(1ull << bucket % 64);
}

/* The first used bucket from there on, once around; WHEEL_BUCKETS when all are empty. */
static unsigned int next_used(const struct wheel *wheel, unsigned int from)
{
	unsigned int word = from / 64, n;
	uint64_t bits = wheel->used[word] & ~0ull << from % 64;

	for (n = 0; n <= WHEEL_BUCKETS / 64; n++) {
		if (bits)
			return word * 64 + (unsigned int)__builtin_ctzll(bits);
		word = (word + 1) % (WHEEL_BUCKETS / 64);
		bits = wheel->used[word];
	}
	return WHEEL_BUCKETS;
}

uint32_t wheel_first(const struct torc_flow_table *table)
{
	const struct wheel *wheel = &table->wheel;
	unsigned int bucket = next_used(wheel, (unsigned int)(wheel->at % WHEEL_BUCKETS));

	return bucket < WHEEL_BUCKETS ? wheel->first[bucket] : FLOW_NONE;
}

uint32_t wheel_take(struct torc_flow_table *table, uint64_t now_ns)
{
	struct wheel *wheel = &table->wheel;
	uint64_t now = now_ns / wheel->tick_ns;

	if (now > wheel->at + WHEEL_BUCKETS) /* each list once is enough */
		wheel->at = now - WHEEL_BUCKETS;
	while (wheel->at < now) {
		unsigned int from = (unsigned int)(wheel->at % WHEEL_BUCKETS);
		unsigned int bucket = next_used(wheel, from);
		unsigned int ahead = (bucket + WHEEL_BUCKETS - from) % WHEEL_BUCKETS;
		uint32_t list;

		if (bucket == WHEEL_BUCKETS || wheel->at + ahead >= now) {
			wheel->at = now;
			break;
		}
		list = wheel->first[bucket];
		wheel->at += ahead + 1;
		wheel->first[bucket] = wheel->last[bucket] = FLOW_NONE;
		wheel->used[bucket / 64] &= ~(1ull << bucket % 64);
		return list;
	}
	return FLOW_NONE;
}
