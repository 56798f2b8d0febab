/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * afxdp_table.c - see afxdp_table.h
 *
 * The order in which things are written is what makes a half-done change complete for the next
 * holder of the lock:
 *
 *	hand out   entries behind the heads; the frame's holder; the heads; the kernel's rx index
 *	refill     entries behind the kernel's index; their end noted; holders wiped; the index
 *
 * A frame without a holder is the kernel's: in a fill ring, or in an rx ring.
 */
#include "engine/afxdp_table.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "engine/engine.h"
#include "util/memory.h"

#define GEOMETRY    10          /* log2: the smallest queues and frames that there can be */
#define INBOX_MOST  (1u << 17)
#define FREE        0x8000u /* of a holder: it has given the frame back */
#define FREES       UINT64_C(0x8000800080008000)

typedef uint64_t __attribute__((may_alias)) holders_of_four;

#define GONE_NS     10000000u
#define STOPPED_NS  100000000u
#define REFILL_PART 4u /* of the frames: so many come together first */

/* ---- access: nothing below reads or writes the memory in another way ---- */

static uint32_t load(const uint32_t *at)
{
	return __atomic_load_n(at, __ATOMIC_RELAXED);
}

/* What is written before stays before it. */
static void store(uint32_t *at, uint32_t value)
{
	__atomic_store_n(at, value, __ATOMIC_RELEASE);
}

static uint32_t holder_of(const struct afxdp_table *table, uint32_t frame)
{
	return __atomic_load_n(&table->holder[frame], __ATOMIC_RELAXED);
}

static void set_holder(struct afxdp_table *table, uint32_t frame, uint32_t holder)
{
	__atomic_store_n(&table->holder[frame], (uint16_t)holder, __ATOMIC_RELEASE);
}

static struct afxdp_table_member *member_of(const struct afxdp_table *table, uint32_t slot)
{
	return &table->shared->members[slot % TABLE_SLOTS];
}

static uint64_t *inbox_place(const struct afxdp_table *table, uint32_t slot, uint32_t place)
{
	return &table->inbox[(size_t)(slot % TABLE_SLOTS) * table->geometry.inbox +
			     (place & (table->geometry.inbox - 1))];
}

/* The frame that an address in a queue's memory lies in, whatever the address is. */
static uint32_t frame_of(const struct afxdp_table *table, uint32_t queue, uint64_t address)
{
	return (queue << table->geometry.count_shift) +
	       ((uint32_t)(address >> table->geometry.bytes_shift) &
		(table->geometry.frame_count - 1));
}

static bool fits(const struct afxdp_table *table, const struct afxdp_packet *packet)
{
	return packet->frame < table->geometry.frames &&
	       packet->offset >= sizeof(struct afxdp_stamp) &&
	       packet->offset <= table->geometry.frame_bytes &&
	       packet->length <= table->geometry.frame_bytes - packet->offset;
}

/* An entry of an inbox is right for one place only: old ones are no packets. */
#define FRAME_BITS  22
#define LENGTH_BITS 18
#define OFFSET_BITS 12

static uint64_t entry_of(const struct afxdp_table *table, const struct afxdp_packet *packet,
			 uint32_t place)
{
	uint64_t lap = (place >> table->geometry.inbox_shift) + 1u;

	return packet->frame | (uint64_t)packet->length << FRAME_BITS |
	       (uint64_t)packet->offset << (FRAME_BITS + LENGTH_BITS) |
	       lap << (FRAME_BITS + LENGTH_BITS + OFFSET_BITS);
}

static bool entry_read(const struct afxdp_table *table, uint64_t entry, uint32_t place,
		       struct afxdp_packet *packet)
{
	packet->frame = entry & ((1u << FRAME_BITS) - 1);
	packet->length = entry >> FRAME_BITS & ((1u << LENGTH_BITS) - 1);
	packet->offset = entry >> (FRAME_BITS + LENGTH_BITS) & ((1u << OFFSET_BITS) - 1);
	return fits(table, packet) && entry_of(table, packet, place) == entry;
}

/* ---- life ---- */

static bool is_power_of_two(uint32_t number)
{
	return number && !(number & (number - 1));
}

static int measure(struct afxdp_geometry *geometry, const struct afxdp_table_about *about)
{
	uint64_t frames = (uint64_t)__builtin_popcountll(about->queue_mask) * about->frame_count;

	if (about->magic != AFXDP_TABLE_MAGIC || !is_power_of_two(about->frame_count) ||
	    !is_power_of_two(about->frame_bytes) ||
	    about->frame_count < 4 || about->frame_bytes < 1u << GEOMETRY || frames == 0 ||
	    frames > 1u << FRAME_BITS || about->frame_bytes >= 1u << LENGTH_BITS)
		return -EPROTO;
	*geometry = (struct afxdp_geometry){
		.queues = (uint32_t)__builtin_popcountll(about->queue_mask),
		.frame_count = about->frame_count,
		.frame_bytes = about->frame_bytes,
		.frames = (uint32_t)frames,
		.inbox = 64,
	};
	while (geometry->inbox < frames && geometry->inbox < INBOX_MOST)
		geometry->inbox *= 2;
	geometry->count_shift = (uint32_t)__builtin_ctz(geometry->frame_count);
	geometry->bytes_shift = (uint32_t)__builtin_ctz(geometry->frame_bytes);
	geometry->inbox_shift = (uint32_t)__builtin_ctz(geometry->inbox);
	return 0;
}

static size_t bytes_of(const struct afxdp_geometry *geometry)
{
	return sizeof(struct afxdp_shared) +
	       TABLE_SLOTS * (size_t)geometry->inbox * sizeof(uint64_t) +
	       (size_t)geometry->frames * sizeof(uint16_t);
}

static void lay(struct afxdp_table *table, void *memory)
{
	table->shared = memory;
	table->inbox = (void *)(table->shared + 1);
	table->holder = (void *)(table->inbox + TABLE_SLOTS * (size_t)table->geometry.inbox);
	table->limit = table->geometry.frames;
}

int afxdp_table_create(struct afxdp_table *table, const struct afxdp_table_about *about,
		       struct afxdp_queue *queues)
{
	struct afxdp_table_about told = *about;
	void *memory;
	int result;

	told.magic = AFXDP_TABLE_MAGIC;
	*table = (struct afxdp_table){ .queues = queues, .memory = -1, .about = -1 };
	result = measure(&table->geometry, &told);
	if (result < 0)
		return result;
	table->bytes = bytes_of(&table->geometry);
	table->memory = torc_memory_create(&memory, table->bytes);
	if (table->memory < 0)
		return table->memory;
	lay(table, memory);
	table->about = torc_memory_sealed(&told, sizeof(told));
	for (uint32_t i = 0; i < table->geometry.queues; i++) {
		uint64_t lost = afxdp_queue_dropped(&queues[i]);

		table->shared->refill_end[i] = queues[i].fill.mine;
		table->shared->claimed += lost == TORC_UNKNOWN ? 0 : lost;
	}
	return table->about < 0 ? table->about : 0;
}

int afxdp_table_lay(struct afxdp_table *table, void *memory, size_t bytes,
		    const struct afxdp_table_about *about)
{
	*table = (struct afxdp_table){ .memory = -1, .about = -1, .bytes = bytes };
	if (measure(&table->geometry, about) < 0 || bytes_of(&table->geometry) != bytes)
		return -EPROTO;
	lay(table, memory);
	return 0;
}

int afxdp_table_map(struct afxdp_table *table, int memory, int about_fd,
		    struct afxdp_table_about *about)
{
	size_t bytes = sizeof(struct afxdp_shared);
	void *mapped;
	int result;

	*table = (struct afxdp_table){ .memory = -1, .about = -1 };
	if (pread(about_fd, about, sizeof(*about), 0) != sizeof(*about))
		return -EPROTO;
	result = torc_memory_map(&mapped, memory, &bytes);
	if (result < 0)
		return result;
	result = afxdp_table_lay(table, mapped, bytes, about);
	if (result < 0) {
		munmap(mapped, bytes);
		table->shared = NULL;
	}
	return result;
}

void afxdp_table_free(struct afxdp_table *table)
{
	if (table->shared)
		munmap(table->shared, table->bytes);
	table->shared = NULL;
	if (table->memory >= 0)
		close(table->memory);
	if (table->about >= 0)
		close(table->about);
	table->memory = table->about = -1;
}

/* ---- giving frames to the kernel ---- */

static bool is_ours(const struct afxdp_table *table)
{
	return load(&table->shared->lock) == table->word;
}

static void holds_less(struct afxdp_table *table, uint32_t holder)
{
	struct afxdp_table_member *member;
	uint32_t held;

	if (holder == 0 || holder > TABLE_SLOTS)
		return;
	member = member_of(table, holder - 1);
	held = load(&member->held);
	store(&member->held, held ? held - 1 : 0);
}

/* The entries from the kernel's index to end are written: the frames become the kernel's. */
static void complete_refill(struct afxdp_table *table, uint32_t index, uint32_t end)
{
	struct afxdp_queue *queue = &table->queues[index];
	const uint64_t *entries = queue->fill.entries;

	for (uint32_t at = queue->fill.mine; at != end && is_ours(table); at++) {
		uint64_t address = __atomic_load_n(&entries[at & queue->fill.mask], __ATOMIC_RELAXED);
		uint32_t frame = frame_of(table, index, address);

		holds_less(table, holder_of(table, frame) & ~FREE);
		set_holder(table, frame, 0);
	}
	if (is_ours(table))
		afxdp_queue_try_refill(queue, end - queue->fill.mine);
}

/* Write the free ones of four frames behind the kernel's index; as a rule all four are. */
static uint32_t write_entries(struct afxdp_table *table, uint32_t index, uint32_t local,
			      uint32_t at, uint32_t room)
{
	struct afxdp_queue *queue = &table->queues[index];
	uint64_t *entries = queue->fill.entries;
	uint32_t base = index << table->geometry.count_shift, count = 0;

	for (uint32_t i = local; i < local + 4 && count < room; i++) {
		__atomic_store_n(&entries[(at + count) & queue->fill.mask],
				 ((uint64_t)i << table->geometry.bytes_shift) + queue->fill_offset,
				 __ATOMIC_RELAXED);
		count += (holder_of(table, base + i) & FREE) != 0;
	}
	return count;
}

/*
 * In the order in which they lie: what the kernel keeps of each frame lies in the same order, and
 * frames in a mixed order are fetched at half the speed.
 */
static void refill_queue(struct afxdp_table *table, uint32_t index, bool all)
{
	struct afxdp_queue *queue = &table->queues[index];
	uint32_t *cursor = &table->shared->cursor[index];
	uint32_t frames = table->geometry.frame_count, count = 0, room, begin, at;

	afxdp_queue_sync(queue);
	at = queue->fill.mine;
	room = frames - (at - __atomic_load_n(queue->fill.consumer, __ATOMIC_ACQUIRE));
	if (room > frames || (!all && room < frames - frames / REFILL_PART)) /* or it cannot be */
		return;
	begin = load(cursor) & ~3u;
	for (uint32_t i = 0; i < frames && count < room && is_ours(table); i += 4) {
		uint32_t local = (begin + i) & (frames - 1);
		const holders_of_four *four = (const void *)&table->holder[index * frames + local];

		if (!(__atomic_load_n(four, __ATOMIC_ACQUIRE) & FREES))
			continue;
		count += write_entries(table, index, local, at + count, room - count);
		store(cursor, local);
	}
	if (count == 0 || !is_ours(table))
		return;
	store(&table->shared->refill_end[index], at + count);
	complete_refill(table, index, at + count);
}

void afxdp_table_refill(struct afxdp_table *table, bool all)
{
	uint32_t *returned = &table->shared->returned;

	/* else those queues alone whose kernel has few left */
	all |= load(returned) >= table->geometry.frames / REFILL_PART;
	if (all)
		store(returned, 0);
	for (uint32_t i = 0; i < table->geometry.queues; i++)
		refill_queue(table, i, all);
}

void afxdp_table_release(struct afxdp_table *table, uint32_t slot)
{
	for (uint32_t i = 0; i < table->geometry.frames; i++) {
		uint32_t holder = holder_of(table, i);

		if (holder && (slot == TABLE_NOBODY || (holder & ~FREE) == slot + 1))
			set_holder(table, i, FREE);
	}
	for (uint32_t i = 0; i < TABLE_SLOTS; i++) {
		if (slot == i || slot == TABLE_NOBODY)
			store(&member_of(table, i)->held, 0);
	}
}

static void recount(struct afxdp_table *table)
{
	uint32_t held[TABLE_SLOTS + 1] = { 0 };

	for (uint32_t i = 0; i < table->geometry.frames; i++) {
		uint32_t holder = holder_of(table, i) & ~FREE;

		held[holder <= TABLE_SLOTS ? holder : 0]++;
	}
	for (uint32_t slot = 0; slot < TABLE_SLOTS; slot++)
		store(&member_of(table, slot)->held, held[slot + 1]);
}

/* Also what no member can hold, and what is not counted as it is. */
void afxdp_table_release_absent(struct afxdp_table *table)
{
	for (uint32_t i = 0; i < table->geometry.frames; i++) {
		uint32_t slot = (holder_of(table, i) & ~FREE) - 1;

		if (holder_of(table, i) && (slot >= TABLE_SLOTS || !table->present[slot]))
			set_holder(table, i, FREE);
	}
	recount(table);
}

/* ---- handing packets out ---- */

uint32_t afxdp_table_progress(const struct afxdp_table *table)
{
	return load(&table->shared->progress);
}

uint32_t afxdp_table_turn(struct afxdp_table *table)
{
	return __atomic_fetch_add(&table->shared->turn, 1, __ATOMIC_RELAXED);
}

uint32_t afxdp_table_look(struct afxdp_table *table, uint32_t index, struct afxdp_packet *packets)
{
	struct xdp_desc descs[AFXDP_BLOCK_PACKETS];
	struct afxdp_queue *queue = &table->queues[index];
	uint32_t count;

	afxdp_queue_sync(queue);
	count = afxdp_queue_peek(queue, descs, AFXDP_BLOCK_PACKETS);
	for (uint32_t i = 0; i < count; i++) {
		packets[i].frame = frame_of(table, index, descs[i].addr);
		packets[i].offset = (uint32_t)descs[i].addr & (table->geometry.frame_bytes - 1);
		packets[i].length = descs[i].len;
		if (!fits(table, &packets[i])) { /* nothing that the kernel has written */
			packets[i].offset = AFXDP_HEADROOM;
			packets[i].length = 0;
		}
	}
	return count;
}

/* The members that a run of packets goes to, while it is handed out. */
struct run {
	uint16_t slots[AFXDP_BLOCK_PACKETS];
	uint16_t count;
	uint16_t number[TABLE_SLOTS]; /* + 1, of the three arrays around; 0: not in it yet */
	uint32_t head[AFXDP_BLOCK_PACKETS], next[AFXDP_BLOCK_PACKETS], held[AFXDP_BLOCK_PACKETS];
};

static uint32_t part_of(const struct afxdp_table *table, struct run *run, uint32_t slot)
{
	if (run->number[slot] == 0) {
		const struct afxdp_table_member *member = member_of(table, slot);

		run->head[run->count] = run->next[run->count] = load(&member->head);
		run->held[run->count] = load(&member->held);
		run->slots[run->count++] = (uint16_t)slot;
		run->number[slot] = run->count;
	}
	return run->number[slot] - 1u;
}

static void hand_to(struct afxdp_table *table, struct run *run, uint32_t slot,
		    const struct afxdp_packet *packet)
{
	bool is_held = holder_of(table, packet->frame) != 0;
	uint32_t part = 0;

	if (slot < TABLE_SLOTS)
		part = part_of(table, run, slot);
	if (is_held || slot >= TABLE_SLOTS || !table->present[slot] ||
	    run->held[part] >= table->limit) {
		if (slot < TABLE_SLOTS)
			__atomic_fetch_add(&member_of(table, slot)->overflowed, 1, __ATOMIC_RELAXED);
		/* somebody has brought it into the fill ring twice: it is there once again now */
		if (!is_held)
			set_holder(table, packet->frame, FREE);
		return;
	}
	__atomic_store_n(inbox_place(table, slot, run->next[part]),
			 entry_of(table, packet, run->next[part]), __ATOMIC_RELAXED);
	set_holder(table, packet->frame, slot + 1);
	run->next[part]++;
	run->held[part]++;
}

uint32_t afxdp_table_hand_out(struct afxdp_table *table, uint32_t queue,
			      const struct afxdp_packet *packets, const uint16_t *owners,
			      uint32_t count, uint16_t *asleep)
{
	struct run run;
	uint32_t woken = 0;

	run.count = 0;
	memset(run.number, 0, sizeof(run.number));
	for (uint32_t i = 0; i < count; i++) {
		if (!is_ours(table))
			return 0;
		hand_to(table, &run, owners[i], &packets[i]);
	}
	for (uint32_t i = 0; i < run.count && is_ours(table); i++) {
		struct afxdp_table_member *member = member_of(table, run.slots[i]);

		store(&member->held, run.held[i]);
		/* before the look whether it sleeps (afxdp_table_sleep()) */
		__atomic_compare_exchange_n(&member->head, &run.head[i], run.next[i], false,
					    __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
		if (__atomic_load_n(&member->asleep, __ATOMIC_SEQ_CST)) {
			store(&member->asleep, 0);
			asleep[woken++] = run.slots[i];
		}
	}
	if (is_ours(table))
		afxdp_queue_try_taken(&table->queues[queue], count);
	__atomic_fetch_add(&table->shared->progress, 1, __ATOMIC_RELAXED);
	return woken;
}

/* ---- the lock ---- */

static uint64_t now_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/*
 * What has a holder at the front of the rx ring was being handed out. The entries of each member
 * follow its head in the same order, if the head does not count them yet.
 */
static void complete_hand_out(struct afxdp_table *table, uint32_t index)
{
	struct afxdp_packet packets[AFXDP_BLOCK_PACKETS];
	uint32_t count = afxdp_table_look(table, index, packets), done = 0;

	while (done < count && holder_of(table, packets[done].frame)) {
		uint32_t holder = holder_of(table, packets[done].frame);

		if (holder >= 1 && holder <= TABLE_SLOTS) {
			uint32_t *head = &member_of(table, holder - 1)->head, place = load(head);
			const uint64_t *entry = inbox_place(table, holder - 1, place);

			if (__atomic_load_n(entry, __ATOMIC_RELAXED) ==
			    entry_of(table, &packets[done], place))
				store(head, place + 1);
		}
		done++;
	}
	afxdp_queue_try_taken(&table->queues[index], done);
}

/* Whoever had the lock does not go on: complete what it was doing. */
static void take_over(struct afxdp_table *table)
{
	for (uint32_t i = 0; i < table->geometry.queues; i++) {
		uint32_t end = load(&table->shared->refill_end[i]);

		afxdp_queue_sync(&table->queues[i]);
		if (end - table->queues[i].fill.mine <= table->geometry.frame_count)
			complete_refill(table, i, end);
		complete_hand_out(table, i);
	}
	recount(table);
}

uint32_t afxdp_table_locker(const struct afxdp_table *table)
{
	uint32_t holder = load(&table->shared->lock) & 0xFFFF;

	return holder >= 1 && holder <= TABLE_SLOTS ? holder - 1 : TABLE_NOBODY;
}

static bool has_waited(struct afxdp_table *table, uint32_t word, bool gone)
{
	uint32_t progress = load(&table->shared->progress);
	uint64_t now = now_ns();

	if (word != table->seen_word || progress != table->seen_progress) {
		table->seen_word = word;
		table->seen_progress = progress;
		table->seen_ns = now;
	}
	return now - table->seen_ns >= (gone ? GONE_NS : STOPPED_NS);
}

bool afxdp_table_try_lock(struct afxdp_table *table, uint32_t slot, bool gone)
{
	uint32_t is = 0, mine = (slot + 1) | table->turns++ << 16;

	table->word = mine;
	if (__atomic_compare_exchange_n(&table->shared->lock, &is, mine, false, __ATOMIC_ACQUIRE,
					__ATOMIC_RELAXED))
		return true;
	if (!has_waited(table, is, gone) ||
	    !__atomic_compare_exchange_n(&table->shared->lock, &is, mine, false, __ATOMIC_ACQUIRE,
					 __ATOMIC_RELAXED))
		return false;
	take_over(table);
	return true;
}

void afxdp_table_unlock(struct afxdp_table *table)
{
	uint32_t mine = table->word;

	__atomic_compare_exchange_n(&table->shared->lock, &mine, 0, false, __ATOMIC_RELEASE,
				    __ATOMIC_RELAXED);
}

/* ---- one member ---- */

uint32_t afxdp_table_enter(struct afxdp_table *table, uint32_t slot)
{
	struct afxdp_table_member *member = member_of(table, slot);

	afxdp_table_release(table, slot);
	__atomic_store_n(&member->overflowed, 0, __ATOMIC_RELAXED);
	store(&member->asleep, 0);
	return load(&member->head);
}

uint32_t afxdp_table_take(const struct afxdp_table *table, uint32_t slot, uint32_t *place,
			  struct xdp_desc *descs, uint32_t max, uint32_t *queue)
{
	uint32_t head = __atomic_load_n(&member_of(table, slot)->head, __ATOMIC_ACQUIRE);
	uint32_t count = 0, begin = *place;

	if (head - begin > table->geometry.inbox) { /* cannot be: go on with what comes now */
		*place = head;
		return 0;
	}
	for (; *place != head && count < max; ++*place) {
		const uint64_t *entry = inbox_place(table, slot, *place);
		struct afxdp_packet packet;
		uint32_t its;

		if (!entry_read(table, __atomic_load_n(entry, __ATOMIC_RELAXED), *place, &packet))
			continue;
		its = packet.frame >> table->geometry.count_shift;
		if (count > 0 && its != *queue)
			break;
		*queue = its;
		descs[count++] = (struct xdp_desc){
			.addr = ((uint64_t)(packet.frame & (table->geometry.frame_count - 1))
				 << table->geometry.bytes_shift) +
				packet.offset,
			.len = packet.length,
		};
	}
	return count;
}

void afxdp_table_give_back(struct afxdp_table *table, uint32_t slot, uint32_t queue,
			   const struct xdp_desc *descs, uint32_t count, bool any)
{
	for (uint32_t i = 0; i < count; i++) {
		uint32_t frame = frame_of(table, queue, descs[i].addr);
		uint32_t holder = holder_of(table, frame);

		if (holder == slot + 1 || (any && holder == 0))
			set_holder(table, frame, FREE | holder);
	}
	__atomic_fetch_add(&table->shared->returned, count, __ATOMIC_RELAXED);
}

uint32_t afxdp_table_waiting(const struct afxdp_table *table, uint32_t slot, uint32_t place)
{
	uint32_t waiting = __atomic_load_n(&member_of(table, slot)->head, __ATOMIC_ACQUIRE) - place;

	return waiting < table->geometry.inbox ? waiting : table->geometry.inbox;
}

uint32_t afxdp_table_held(const struct afxdp_table *table, uint32_t slot)
{
	return load(&member_of(table, slot)->held);
}

void afxdp_table_sleep(struct afxdp_table *table, uint32_t slot, uint32_t wake)
{
	store(&member_of(table, slot)->wake, wake);
	__atomic_store_n(&member_of(table, slot)->asleep, 1, __ATOMIC_SEQ_CST);
}

uint32_t afxdp_table_wake_number(const struct afxdp_table *table, uint32_t slot)
{
	return load(&member_of(table, slot)->wake);
}

uint64_t afxdp_table_overflowed(const struct afxdp_table *table, uint32_t slot)
{
	return __atomic_load_n(&member_of(table, slot)->overflowed, __ATOMIC_RELAXED);
}

uint64_t afxdp_table_claim(struct afxdp_table *table, uint64_t lost)
{
	uint64_t claimed = __atomic_load_n(&table->shared->claimed, __ATOMIC_RELAXED);

	if (lost <= claimed ||
	    !__atomic_compare_exchange_n(&table->shared->claimed, &claimed, lost, false,
					 __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		return 0;
	return lost - claimed;
}
