/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * xdp_shared.c - fuzz target: what the processes of an AF_XDP cluster share, as a liar writes it
 *
 * The input is a list of 16-byte orders: write eight bytes somewhere into a member's returns, into
 * the rings of the kernel or into a table that a leader of another process serves; hand out, read an
 * inbox, come, leave, take a table over, be told a geometry. Whatever is written, a packet lies in the
 * memory of the frames: every byte of it is read, and that memory has exactly its size, so that
 * AddressSanitizer sees what leads out of it.
 */
#include <stdlib.h>
#include <string.h>

#include "../tests/xdp_table.h"

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

#define MEMBERS 4u

struct order {
	uint8_t what, slot;
	uint16_t unused;
	uint32_t at;
	uint64_t value;
};

static struct rig rig;
static struct afxdp_table forged; /* of a leader that lies */
static struct afxdp_returns *returns[MEMBERS];
static uint8_t *frames, *clean;
static size_t bytes;
static uint32_t place;
static volatile uint64_t sum; /* so that the bytes are read */

/* Tables as whoever made them leaves them, kept to begin each input with. */
static void set_up(void)
{
	void *memory;

	rig.rings = rig_memory(sizeof(*rig.rings));
	frames = malloc((size_t)RIG_FRAMES * RIG_BYTES);
	if (!rig.rings || !frames || rig_measure(&rig) < 0)
		abort();
	memset(frames, 1, (size_t)RIG_FRAMES * RIG_BYTES);
	rig_queue(&rig);
	rig_fill(&rig);
	if (afxdp_table_create(&rig.table, &rig.geometry, &rig.queue, true) < 0)
		abort();
	bytes = rig.table.bytes;
	clean = malloc(bytes);
	memory = malloc(bytes);
	if (!clean || !memory)
		abort();
	memcpy(clean, rig.table.shared, bytes);
	if (afxdp_table_lay(&forged, &rig.geometry, memory, bytes) < 0)
		abort();
	for (uint32_t i = 0; i < MEMBERS; i++)
		returns[i] = malloc(afxdp_returns_bytes(&rig.geometry));
}

static void begin(void)
{
	memset(rig.rings, 0, sizeof(*rig.rings));
	rig_queue(&rig);
	rig.queue.frames = frames;
	rig_fill(&rig);
	memcpy(rig.table.shared, clean, bytes);
	memcpy(forged.shared, clean, bytes);
	memset(rig.table.seats, 0, TABLE_SLOTS * sizeof(*rig.table.seats));
	rig.table.queues = &rig.queue;
	rig.table.limit = RIG_FRAMES / 2;
	for (uint32_t i = 0; i < MEMBERS; i++)
		memset(returns[i], 0, afxdp_returns_bytes(&rig.geometry));
	afxdp_table_enter(&rig.table, 0, true, returns[0]);
	afxdp_table_enter(&rig.table, 1, true, returns[1]);
	place = 0;
}

static void read_packet(const uint8_t *data, uint32_t length)
{
	sum += data[-(int)sizeof(struct afxdp_stamp)];
	for (uint32_t i = 0; i < length; i++)
		sum += data[i];
}

static void read_inbox(const struct afxdp_table *table, uint32_t slot)
{
	struct xdp_desc descs[AFXDP_BLOCK_PACKETS];
	uint32_t queue = 0;
	uint32_t count = afxdp_table_take(table, slot, &place, descs, AFXDP_BLOCK_PACKETS, &queue);

	if (queue >= table->geometry.queues || count > AFXDP_BLOCK_PACKETS)
		abort();
	for (uint32_t i = 0; i < count; i++)
		read_packet(frames + descs[i].addr, descs[i].len);
	afxdp_table_give_back(table, returns[slot % MEMBERS], queue, descs, count);
	if (afxdp_table_waiting(table, slot, place) > table->geometry.inbox)
		abort();
}

static void hand_out(uint64_t value)
{
	struct afxdp_packet packets[AFXDP_BLOCK_PACKETS];
	uint16_t owners[AFXDP_BLOCK_PACKETS];
	uint32_t count = afxdp_table_look(&rig.table, 0, packets);

	for (uint32_t i = 0; i < count; i++) {
		read_packet(frames + packets[i].frame * RIG_BYTES + packets[i].offset,
			    packets[i].length);
		owners[i] = (uint16_t)(value >> i % 48) % (TABLE_SLOTS + 2);
		if (value & 1)
			owners[i] %= MEMBERS;
	}
	afxdp_table_hand_out(&rig.table, 0, packets, owners, count);
	for (uint32_t slot = 0; slot < MEMBERS; slot++)
		sum += afxdp_table_sleeper(&rig.table, slot);
	afxdp_table_refill(&rig.table, value & 2);
}

/* Whoever joins believes as little what he is told of the geometry. */
static void join(const struct order *order)
{
	struct afxdp_table_about about = { .magic = AFXDP_TABLE_MAGIC, .queue_mask = order->value,
					   .frame_count = order->at, .frame_bytes = RIG_BYTES };
	struct afxdp_geometry geometry;
	struct afxdp_table table;

	if (order->slot & 1)
		about.queue_mask = 1;
	if (order->slot & 2)
		about.frame_count = RIG_FRAMES;
	if (order->slot & 4)
		about.frame_bytes = (uint32_t)(order->value >> 32);
	if (afxdp_table_measure(&geometry, &about) < 0 ||
	    afxdp_table_lay(&table, &geometry, forged.shared, bytes) < 0)
		return;
	if ((uint64_t)geometry.frames * geometry.frame_bytes == 0 ||
	    (const char *)(table.holder + geometry.frames) != (const char *)table.shared + bytes)
		abort();
}

/* Lead after a liar, and go on. */
static void succeed(const struct order *order)
{
	struct afxdp_table table;

	if (afxdp_table_succeed(&table, order->value & 1 ? &forged : &rig.table, &rig.queue) < 0)
		return;
	afxdp_table_free(&rig.table);
	rig.table = table;
	for (uint32_t i = 0; i < MEMBERS; i++) {
		if (order->value >> i & 2)
			afxdp_table_enter(&rig.table, i, false, returns[i]);
	}
}

static void share(uint64_t value)
{
	bool present[TABLE_SLOTS] = { false };

	for (uint32_t i = 0; i < MEMBERS; i++)
		present[i] = value >> i & 1;
	afxdp_table_share(&rig.table, present);
	afxdp_table_claim(&rig.table, value);
}

static void obey(const struct order *order)
{
	struct afxdp_table *table = &rig.table;
	uint32_t slot = order->slot % MEMBERS;

	switch (order->what % 12) {
	case 0:
		memcpy((uint8_t *)returns[slot] +
			       order->at % (afxdp_returns_bytes(&rig.geometry) - 8),
		       &order->value, 8);
		break;
	case 1:
		memcpy((uint8_t *)forged.shared + order->at % (bytes - 8), &order->value, 8);
		break;
	case 2:
		memcpy((uint8_t *)rig.rings + order->at % (sizeof(*rig.rings) - 8), &order->value, 8);
		break;
	case 3:
		succeed(order);
		break;
	case 4:
		kernel_delivers(&rig, order->at % RIG_FRAMES);
		break;
	case 5:
		hand_out(order->value);
		break;
	case 6:
		read_inbox(order->value & 1 ? &forged : table, order->slot);
		break;
	case 7:
		share(order->value);
		break;
	case 8:
		afxdp_table_enter(table, slot, order->value & 1, returns[slot]);
		place = afxdp_table_head(table, slot);
		afxdp_table_sleep(returns[slot]);
		break;
	case 9:
		join(order);
		break;
	case 10:
		afxdp_table_leave(table, slot);
		break;
	case 11:
		afxdp_table_found(table, 0, &(struct xdp_desc){ .addr = order->value });
		if (order->slot == 255)
			afxdp_table_end(table);
		sum += afxdp_table_is_short(table);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	struct order order;

	if (!frames)
		set_up();
	begin();
	for (; size >= sizeof(order); input += sizeof(order), size -= sizeof(order)) {
		memcpy(&order, input, sizeof(order));
		obey(&order);
	}
	return 0;
}
