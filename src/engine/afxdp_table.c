/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * afxdp_table.c - see afxdp_table.h
 *
 * The order in which things are written is what makes a half-done change complete for the next
 * leader:
 *
 *	hand out   entries behind the heads; the frame's holder; the heads; the kernel's rx index
 *	refill     entries behind the kernel's index; their end noted; holders wiped; the index
 *
 * A frame without a holder is the kernel's: in a fill ring, or in an rx ring, or in between.
 */
#include "engine/afxdp_table.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine/engine.h"
#include "util/memory.h"

#define GEOMETRY    10         /* log2: the smallest frames that there can be */
#define INBOX_MOST  (1u << 17)
#define REFILL_PART 4u         /* of the frames: so many come together first */

/* A holder: slot + 1, and the turn at which it was handed to it. */
#define FREE 0x7FFFu
#define TURN 0x8000u

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

static struct afxdp_inbox *inbox_of(const struct afxdp_table *table, uint32_t slot)
{
	return &table->shared->inboxes[slot % TABLE_SLOTS];
}

static uint64_t *entry_at(const struct afxdp_table *table, uint32_t slot, uint32_t place)
{
	return &table->entries[(size_t)(slot % TABLE_SLOTS) * table->geometry.inbox +
			       (place & (table->geometry.inbox - 1))];
}

/* The frame that an address in a queue's memory lies in, whatever the address is. */
static uint32_t frame_of(const struct afxdp_table *table, uint32_t queue, uint64_t address)
{
	return (queue << table->geometry.count_shift) +
	       ((uint32_t)(address >> table->geometry.bytes_shift) &
		(table->geometry.frame_count - 1));
}

/* In its frame, with room for a stamp before it and an address in it: both are read unasked. */
static bool fits(const struct afxdp_table *table, const struct afxdp_packet *packet)
{
	return packet->frame < table->geometry.frames &&
	       packet->offset >= sizeof(struct afxdp_stamp) &&
	       packet->offset <= table->geometry.frame_bytes - ETH_HLEN &&
	       packet->length <= table->geometry.frame_bytes - packet->offset;
}

/* An entry of an inbox is right for one place only: old ones are no packets. */
#define FRAME_BITS  22
#define LENGTH_BITS 18
#define OFFSET_BITS 12
#define TURN_SHIFT  (FRAME_BITS + LENGTH_BITS + OFFSET_BITS)

static uint64_t entry_of(const struct afxdp_table *table, const struct afxdp_packet *packet,
			 uint32_t place, bool turn)
{
	uint64_t lap = (place >> table->geometry.inbox_shift) + 1u;

	return packet->frame | (uint64_t)packet->length << FRAME_BITS |
	       (uint64_t)packet->offset << (FRAME_BITS + LENGTH_BITS) |
	       (uint64_t)turn << TURN_SHIFT | lap << (TURN_SHIFT + 1);
}

static bool entry_read(const struct afxdp_table *table, uint64_t entry, uint32_t place,
		       struct afxdp_packet *packet)
{
	packet->frame = entry & ((1u << FRAME_BITS) - 1);
	packet->length = entry >> FRAME_BITS & ((1u << LENGTH_BITS) - 1);
	packet->offset = entry >> (FRAME_BITS + LENGTH_BITS) & ((1u << OFFSET_BITS) - 1);
	return fits(table, packet) &&
	       entry_of(table, packet, place, entry >> TURN_SHIFT & 1) == entry;
}

/* ---- life ---- */

static bool is_power_of_two(uint32_t number)
{
	return number && !(number & (number - 1));
}

int afxdp_table_measure(struct afxdp_geometry *geometry, const struct afxdp_table_about *about)
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

size_t afxdp_returns_bytes(const struct afxdp_geometry *geometry)
{
	return sizeof(struct afxdp_returns) + geometry->frames;
}

int afxdp_table_lay(struct afxdp_table *table, const struct afxdp_geometry *geometry, void *memory,
		    size_t bytes)
{
	*table = (struct afxdp_table){ .geometry = *geometry, .memory = -1, .bytes = bytes,
				       .limit = geometry->frames };
	if (bytes_of(geometry) != bytes)
		return -EPROTO;
	table->shared = memory;
	table->entries = (void *)(table->shared + 1);
	table->holder = (void *)(table->entries + TABLE_SLOTS * (size_t)geometry->inbox);
	return 0;
}

int afxdp_table_map(struct afxdp_table *table, const struct afxdp_geometry *geometry, int memory)
{
	size_t bytes = sizeof(struct afxdp_shared);
	void *mapped;
	int result = torc_memory_map(&mapped, memory, &bytes);

	*table = (struct afxdp_table){ .memory = -1 };
	if (result < 0)
		return result;
	result = afxdp_table_lay(table, geometry, mapped, bytes);
	if (result < 0)
		munmap(mapped, bytes);
	return result;
}

void afxdp_table_free(struct afxdp_table *table)
{
	if (table->shared)
		munmap(table->shared, table->bytes);
	if (table->memory >= 0)
		close(table->memory);
	free(table->seats);
	*table = (struct afxdp_table){ .memory = -1 };
}

static int make(struct afxdp_table *table, const struct afxdp_geometry *geometry,
		struct afxdp_queue *queues)
{
	size_t bytes = bytes_of(geometry);
	void *memory;
	int fd = torc_memory_create(&memory, bytes);

	*table = (struct afxdp_table){ .memory = -1 };
	if (fd < 0)
		return fd;
	afxdp_table_lay(table, geometry, memory, bytes);
	table->memory = fd;
	table->queues = queues;
	table->seats = calloc(TABLE_SLOTS, sizeof(*table->seats));
	if (table->seats)
		return 0;
	afxdp_table_free(table);
	return -ENOMEM;
}

/* ---- giving frames to the kernel ---- */

static void set_free(struct afxdp_table *table, uint32_t frame)
{
	table->free += holder_of(table, frame) != FREE;
	set_holder(table, frame, FREE);
}

/* It is the kernel's now. */
static void wipe_holder(struct afxdp_table *table, uint32_t frame)
{
	uint32_t holder = holder_of(table, frame), slot = (holder & ~TURN) - 1;

	if (holder == FREE && table->free > 0)
		table->free--;
	if (slot < TABLE_SLOTS && table->seats[slot].held > 0) {
		table->seats[slot].held--;
		table->seats[slot].given++;
	}
	set_holder(table, frame, 0);
}

/* How many frames could go to the kernel, as those say who have given them back. */
static uint32_t free_frames(const struct afxdp_table *table)
{
	uint32_t sum = table->free;

	for (uint32_t slot = 0; slot < table->top; slot++) {
		const struct afxdp_seat *seat = &table->seats[slot];
		uint32_t given = seat->returns ? load(&seat->returns->given) - seat->given : 0;

		sum += given <= seat->held ? given : seat->held;
	}
	return sum;
}

/* Nobody holds it, or its holder has given it back. */
static bool is_free(const struct afxdp_table *table, uint32_t frame)
{
	uint32_t holder = holder_of(table, frame), slot = (holder & ~TURN) - 1;
	const struct afxdp_returns *returns;

	if (holder == FREE || slot >= TABLE_SLOTS)
		return holder == FREE;
	returns = table->seats[slot].returns;
	return returns && (__atomic_load_n(&returns->turn[frame], __ATOMIC_ACQUIRE) & 1) ==
				  holder / TURN;
}

/* The entries from the kernel's index to end are written: the frames become the kernel's. */
static void complete_refill(struct afxdp_table *table, uint32_t index, uint32_t end)
{
	struct afxdp_queue *queue = &table->queues[index];
	const uint64_t *entries = queue->fill.entries;

	for (uint32_t at = queue->fill.mine; at != end; at++) {
		uint64_t address = __atomic_load_n(&entries[at & queue->fill.mask], __ATOMIC_RELAXED);
		uint32_t frame = frame_of(table, index, address);

		wipe_holder(table, frame);
	}
	afxdp_queue_filled(queue, end - queue->fill.mine);
}

static uint32_t room_of(const struct afxdp_queue *queue)
{
	uint32_t used = queue->fill.mine - __atomic_load_n(queue->fill.consumer, __ATOMIC_ACQUIRE);

	return used <= queue->frame_count ? queue->frame_count - used : 0;
}

/*
 * In the order in which they lie: what the kernel keeps of each frame lies in the same order, and
 * frames in a mixed order are fetched at half the speed.
 */
static void refill_queue(struct afxdp_table *table, uint32_t index, uint32_t most)
{
	struct afxdp_queue *queue = &table->queues[index];
	uint32_t frames = table->geometry.frame_count, at = queue->fill.mine, count = 0, end = 0;
	uint32_t room = room_of(queue), begin = load(&table->shared->cursor[index]);
	uint64_t *entries = queue->fill.entries;

	room = room < most ? room : most;
	for (uint32_t i = 0; i < frames && count < room; i++) {
		uint32_t local = (begin + i) & (frames - 1);

		if (!is_free(table, index * frames + local))
			continue;
		__atomic_store_n(&entries[(at + count++) & queue->fill.mask],
				 ((uint64_t)local << table->geometry.bytes_shift) + queue->fill_offset,
				 __ATOMIC_RELAXED);
		end = i + 1;
	}
	if (count == 0)
		return;
	store(&table->shared->cursor[index], begin + end);
	store(&table->shared->refill_end[index], at + count);
	complete_refill(table, index, at + count);
}

void afxdp_table_refill(struct afxdp_table *table, bool all)
{
	uint32_t least = all ? 1 : table->geometry.frames / REFILL_PART, count = free_frames(table);

	if (count < least)
		return;
	for (uint32_t i = 0; i < table->geometry.queues; i++)
		refill_queue(table, i, count);
}

bool afxdp_table_is_short(const struct afxdp_table *table)
{
	for (uint32_t i = 0; i < table->geometry.queues; i++) {
		if (room_of(&table->queues[i]) > table->geometry.frame_count / 4 * 3)
			return true;
	}
	return false;
}

void afxdp_table_leave(struct afxdp_table *table, uint32_t slot)
{
	table->seats[slot].returns = NULL;
	for (uint32_t i = 0; i < table->geometry.frames; i++) {
		if ((holder_of(table, i) & ~TURN) == slot + 1)
			set_free(table, i);
	}
	table->seats[slot].held = 0;
}

/* What no member can hold is free as well. */
void afxdp_table_share(struct afxdp_table *table, const bool *present)
{
	uint32_t count = 0;

	for (uint32_t slot = 0; slot < TABLE_SLOTS; slot++)
		count += present[slot];
	table->limit = table->geometry.frames / (count ? count : 1);
	if (table->limit > table->geometry.inbox)
		table->limit = table->geometry.inbox;
	for (uint32_t i = 0; i < table->geometry.frames; i++) {
		uint32_t holder = holder_of(table, i), slot = (holder & ~TURN) - 1;

		if (holder && (slot >= TABLE_SLOTS || !present[slot]))
			set_free(table, i);
	}
}

void afxdp_table_end(struct afxdp_table *table)
{
	for (uint32_t i = 0; i < table->geometry.frames; i++) {
		if (holder_of(table, i))
			set_free(table, i);
	}
	afxdp_table_refill(table, true);
}

void afxdp_table_found(struct afxdp_table *table, uint32_t queue, const struct xdp_desc *desc)
{
	uint32_t frame = frame_of(table, queue, desc->addr);

	if (holder_of(table, frame) == 0)
		set_free(table, frame);
}

/* ---- handing packets out ---- */

uint32_t afxdp_table_turn(struct afxdp_table *table)
{
	uint32_t turn = load(&table->shared->turn);

	store(&table->shared->turn, turn + 1);
	return turn;
}

uint32_t afxdp_table_look(struct afxdp_table *table, uint32_t index, struct afxdp_packet *packets)
{
	struct xdp_desc descs[AFXDP_BLOCK_PACKETS];
	struct afxdp_queue *queue = &table->queues[index];
	uint32_t count = afxdp_queue_peek(queue, descs, AFXDP_BLOCK_PACKETS);

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

static bool hand_to(struct afxdp_table *table, uint32_t slot, const struct afxdp_packet *packet)
{
	struct afxdp_seat *seat = &table->seats[slot];
	bool turn;

	if (!seat->returns || seat->held >= table->limit)
		return false;
	/* whatever the byte is now, the frame is free when it is the other */
	turn = !(__atomic_load_n(&seat->returns->turn[packet->frame], __ATOMIC_RELAXED) & 1);
	__atomic_store_n(entry_at(table, slot, seat->next),
			 entry_of(table, packet, seat->next, turn), __ATOMIC_RELAXED);
	set_holder(table, packet->frame, (slot + 1) | (turn ? TURN : 0));
	seat->next++;
	seat->held++;
	return true;
}

void afxdp_table_hand_out(struct afxdp_table *table, uint32_t queue,
			  const struct afxdp_packet *packets, const uint16_t *owners, uint32_t count)
{
	uint16_t slots[AFXDP_BLOCK_PACKETS];
	uint32_t got = 0;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t slot = owners[i];

		if (holder_of(table, packets[i].frame)) /* the kernel has it twice: so it was told */
			continue;
		if (slot >= TABLE_SLOTS || !hand_to(table, slot, &packets[i])) {
			if (slot < TABLE_SLOTS)
				__atomic_fetch_add(&inbox_of(table, slot)->overflowed, 1,
						   __ATOMIC_RELAXED);
			set_free(table, packets[i].frame);
		} else if (load(&inbox_of(table, slot)->head) == table->seats[slot].next - 1) {
			slots[got++] = (uint16_t)slot; /* its first of this run */
		}
	}
	for (uint32_t i = 0; i < got; i++) {
		struct afxdp_seat *seat = &table->seats[slots[i]];

		/* before the look whether it sleeps (afxdp_table_sleep()) */
		__atomic_store_n(&inbox_of(table, slots[i])->head, seat->next, __ATOMIC_SEQ_CST);
		seat->has_more = true;
	}
	afxdp_queue_taken(&table->queues[queue], count);
}

bool afxdp_table_sleeper(struct afxdp_table *table, uint32_t slot)
{
	struct afxdp_seat *seat = &table->seats[slot];
	uint32_t sleeps;

	if (!seat->has_more || !seat->returns)
		return false;
	seat->has_more = false;
	sleeps = __atomic_load_n(&seat->returns->sleeps, __ATOMIC_SEQ_CST);
	if (sleeps == seat->woken)
		return false;
	seat->woken = sleeps;
	return true;
}

uint64_t afxdp_table_claim(struct afxdp_table *table, uint64_t lost)
{
	uint64_t claimed = __atomic_load_n(&table->shared->claimed, __ATOMIC_RELAXED);

	if (lost <= claimed)
		return 0;
	__atomic_store_n(&table->shared->claimed, lost, __ATOMIC_RELAXED);
	return lost - claimed;
}

/* ---- a new leader ---- */

static void mark(struct afxdp_table *table, uint32_t queue, uint64_t address)
{
	wipe_holder(table, frame_of(table, queue, address));
}

/* What lies in the fill ring or the rx ring is the kernel's. It moves from the one to the other. */
static void find_frames(struct afxdp_table *table, uint32_t index)
{
	const struct afxdp_queue *queue = &table->queues[index];
	const uint64_t *fill = queue->fill.entries;
	const struct xdp_desc *rx = queue->rx.entries;
	uint32_t frames = table->geometry.frame_count;
	uint32_t at = __atomic_load_n(queue->fill.consumer, __ATOMIC_ACQUIRE), end;

	for (uint32_t i = 0; i < frames; i++)
		set_free(table, index * frames + i);
	for (uint32_t i = 0; i < frames && at != queue->fill.mine; i++, at++)
		mark(table, index, fill[at & queue->fill.mask]);
	end = __atomic_load_n(queue->rx.producer, __ATOMIC_ACQUIRE);
	for (at = queue->rx.mine; at != end && end - at <= frames; at++)
		mark(table, index, rx[at & queue->rx.mask].addr);
}

int afxdp_table_create(struct afxdp_table *table, const struct afxdp_geometry *geometry,
		       struct afxdp_queue *queues, bool known)
{
	int result = make(table, geometry, queues);

	for (uint32_t i = 0; result == 0 && i < geometry->queues; i++) {
		uint64_t lost = afxdp_queue_dropped(&queues[i]);

		afxdp_queue_sync(&queues[i]);
		table->shared->refill_end[i] = queues[i].fill.mine;
		table->shared->claimed += lost == TORC_UNKNOWN ? 0 : lost;
		if (!known)
			find_frames(table, i);
	}
	return result;
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
		uint32_t holder = holder_of(table, packets[done].frame), slot = (holder & ~TURN) - 1;

		if (slot < TABLE_SLOTS) {
			uint32_t *head = &inbox_of(table, slot)->head, place = load(head);

			if (__atomic_load_n(entry_at(table, slot, place), __ATOMIC_RELAXED) ==
			    entry_of(table, &packets[done], place, holder / TURN))
				store(head, place + 1);
		}
		done++;
	}
	afxdp_queue_taken(&table->queues[index], done);
}

/* Only what was ever used of an inbox, and what may have been begun behind its head. */
static void copy_inbox(struct afxdp_table *table, const struct afxdp_table *old, uint32_t slot)
{
	uint32_t head = load(&inbox_of(old, slot)->head), places = table->geometry.inbox;
	uint32_t end = head < places ? head + AFXDP_BLOCK_PACKETS : places;

	store(&inbox_of(table, slot)->head, head);
	inbox_of(table, slot)->overflowed = afxdp_table_overflowed(old, slot);
	if (head == 0 && __atomic_load_n(entry_at(old, slot, 0), __ATOMIC_RELAXED) == 0)
		return;
	for (uint32_t i = 0; i < end && i < places; i++)
		*entry_at(table, slot, i) = __atomic_load_n(entry_at(old, slot, i), __ATOMIC_RELAXED);
}

static void copy(struct afxdp_table *table, const struct afxdp_table *old)
{
	struct afxdp_shared *to = table->shared;
	const struct afxdp_shared *from = old->shared;

	to->claimed = __atomic_load_n(&from->claimed, __ATOMIC_RELAXED);
	to->turn = load(&from->turn);
	for (uint32_t i = 0; i < AFXDP_MAX_QUEUES; i++) {
		to->refill_end[i] = load(&from->refill_end[i]);
		to->cursor[i] = load(&from->cursor[i]);
	}
	for (uint32_t slot = 0; slot < TABLE_SLOTS; slot++)
		copy_inbox(table, old, slot);
	for (uint32_t i = 0; i < table->geometry.frames; i++) {
		table->holder[i] = (uint16_t)holder_of(old, i);
		table->free += table->holder[i] == FREE;
	}
}

int afxdp_table_succeed(struct afxdp_table *table, const struct afxdp_table *old,
			struct afxdp_queue *queues)
{
	int result = make(table, &old->geometry, queues);

	if (result < 0)
		return result;
	copy(table, old);
	for (uint32_t i = 0; i < table->geometry.queues; i++) {
		uint32_t end = load(&table->shared->refill_end[i]);

		afxdp_queue_sync(&queues[i]);
		if (end - queues[i].fill.mine <= table->geometry.frame_count)
			complete_refill(table, i, end);
		complete_hand_out(table, i);
	}
	return 0;
}

void afxdp_table_enter(struct afxdp_table *table, uint32_t slot, bool is_new,
		       const struct afxdp_returns *returns)
{
	struct afxdp_seat *seat = &table->seats[slot];

	if (is_new) {
		afxdp_table_leave(table, slot);
		__atomic_store_n(&inbox_of(table, slot)->overflowed, 0, __ATOMIC_RELAXED);
	}
	*seat = (struct afxdp_seat){ .returns = returns, .next = load(&inbox_of(table, slot)->head) };
	seat->given = load(&returns->given);
	for (uint32_t i = 0; i < table->geometry.frames; i++) {
		if ((holder_of(table, i) & ~TURN) != slot + 1)
			continue;
		seat->held++;
		seat->given -= is_free(table, i);
	}
	if (slot >= table->top)
		table->top = slot + 1;
}

/* ---- a member ---- */

uint32_t afxdp_table_head(const struct afxdp_table *table, uint32_t slot)
{
	return load(&inbox_of(table, slot)->head);
}

uint32_t afxdp_table_take(const struct afxdp_table *table, uint32_t slot, uint32_t *place,
			  struct xdp_desc *descs, uint32_t max, uint32_t *queue)
{
	uint32_t head = __atomic_load_n(&inbox_of(table, slot)->head, __ATOMIC_ACQUIRE);
	uint32_t count = 0, begin = *place;

	if (head - begin > table->geometry.inbox) { /* cannot be: go on with what comes now */
		*place = head;
		return 0;
	}
	for (; *place != head && count < max; ++*place) {
		uint64_t entry = __atomic_load_n(entry_at(table, slot, *place), __ATOMIC_RELAXED);
		struct afxdp_packet packet;
		uint32_t its;

		if (!entry_read(table, entry, *place, &packet))
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
			.options = entry >> TURN_SHIFT & 1 ? AFXDP_TURN : 0,
		};
	}
	return count;
}

void afxdp_table_give_back(const struct afxdp_table *table, struct afxdp_returns *returns,
			   uint32_t queue, const struct xdp_desc *descs, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		__atomic_store_n(&returns->turn[frame_of(table, queue, descs[i].addr)],
				 (uint8_t)(descs[i].options / AFXDP_TURN), __ATOMIC_RELEASE);
	__atomic_store_n(&returns->given, returns->given + count, __ATOMIC_RELEASE);
}

uint32_t afxdp_table_waiting(const struct afxdp_table *table, uint32_t slot, uint32_t place)
{
	uint32_t waiting = __atomic_load_n(&inbox_of(table, slot)->head, __ATOMIC_SEQ_CST) - place;

	return waiting < table->geometry.inbox ? waiting : table->geometry.inbox;
}

void afxdp_table_sleep(struct afxdp_returns *returns)
{
	__atomic_store_n(&returns->sleeps, returns->sleeps + 1, __ATOMIC_SEQ_CST);
}

uint64_t afxdp_table_overflowed(const struct afxdp_table *table, uint32_t slot)
{
	return __atomic_load_n(&inbox_of(table, slot)->overflowed, __ATOMIC_RELAXED);
}
