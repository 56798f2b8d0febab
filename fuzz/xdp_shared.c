/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * xdp_shared.c - fuzz target: what the processes of an AF_XDP cluster share, as a liar writes it
 *
 * The input is a list of 16-byte orders: write eight bytes somewhere into the table or the rings of
 * the kernel, join (which reads the geometry), lock, hand out, read an inbox, leave. Whatever is
 * written, a packet lies in the memory of the frames: every byte of it is read, and that memory has
 * exactly its size, so that AddressSanitizer sees what leads out of it.
 */
#include <stdlib.h>
#include <string.h>

#include "../tests/xdp_table.h"

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

struct order {
	uint8_t what, slot;
	uint16_t unused;
	uint32_t at;
	uint64_t value;
};

static struct rig rig;
static uint8_t *frames, *clean;
static size_t bytes;
static uint32_t place;
static volatile uint64_t sum; /* so that the bytes are read */

/* A table as whoever made it leaves it, kept to begin each input with. */
static void set_up(void)
{
	const struct afxdp_table_about about = { .queue_mask = 1, .frame_count = RIG_FRAMES,
						 .frame_bytes = RIG_BYTES };

	rig.rings = rig_memory(sizeof(*rig.rings));
	frames = malloc((size_t)RIG_FRAMES * RIG_BYTES);
	if (!rig.rings || !frames)
		abort();
	memset(frames, 1, (size_t)RIG_FRAMES * RIG_BYTES);
	rig_queue(&rig);
	if (afxdp_table_create(&rig.table, &about, &rig.queue) < 0)
		abort();
	bytes = rig.table.bytes;
	clean = malloc(bytes);
	if (!clean)
		abort();
	memcpy(clean, rig.table.shared, bytes);
}

static void begin(void)
{
	memset(rig.rings, 0, sizeof(*rig.rings));
	rig_queue(&rig);
	rig.queue.frames = frames;
	rig_fill(&rig);
	memcpy(rig.table.shared, clean, bytes);
	rig.table.queues = &rig.queue;
	rig.table.limit = RIG_FRAMES / 2;
	rig.table.present[0] = rig.table.present[1] = true;
	rig.table.word = 0;
	place = 0;
}

static void read_packet(const uint8_t *data, uint32_t length)
{
	sum += data[-(int)sizeof(struct afxdp_stamp)];
	for (uint32_t i = 0; i < length; i++)
		sum += data[i];
}

static void read_inbox(uint32_t slot)
{
	struct xdp_desc descs[AFXDP_BLOCK_PACKETS];
	uint32_t queue = 0;
	uint32_t count = afxdp_table_take(&rig.table, slot, &place, descs, AFXDP_BLOCK_PACKETS, &queue);

	if (queue >= rig.table.geometry.queues || count > AFXDP_BLOCK_PACKETS)
		abort();
	for (uint32_t i = 0; i < count; i++)
		read_packet(rig.queue.frames + descs[i].addr, descs[i].len);
	afxdp_table_give_back(&rig.table, slot, queue, descs, count, false);
	if (afxdp_table_waiting(&rig.table, slot, place) > rig.table.geometry.inbox)
		abort();
}

static void hand_out(uint64_t value)
{
	struct afxdp_packet packets[AFXDP_BLOCK_PACKETS];
	uint16_t owners[AFXDP_BLOCK_PACKETS], asleep[AFXDP_BLOCK_PACKETS];
	uint32_t count = afxdp_table_look(&rig.table, 0, packets);

	for (uint32_t i = 0; i < count; i++) {
		read_packet(frames + packets[i].frame * RIG_BYTES + packets[i].offset,
			    packets[i].length);
		owners[i] = (uint16_t)(value >> i % 48);
	}
	if (afxdp_table_hand_out(&rig.table, 0, packets, owners, count, asleep) > count)
		abort();
	afxdp_table_refill(&rig.table, value & 1);
}

/* Whoever joins believes as little what he is told of the geometry. */
static void join(const struct order *order)
{
	struct afxdp_table_about about = { .magic = AFXDP_TABLE_MAGIC, .queue_mask = order->value,
					   .frame_count = order->at, .frame_bytes = RIG_BYTES };
	struct afxdp_table table;

	if (order->slot & 1)
		about.queue_mask = 1;
	if (order->slot & 2)
		about.frame_count = RIG_FRAMES;
	if (order->slot & 4)
		about.frame_bytes = (uint32_t)(order->value >> 32);
	if (afxdp_table_lay(&table, rig.table.shared, bytes, &about) < 0)
		return;
	if ((uint64_t)table.geometry.frames * table.geometry.frame_bytes == 0 ||
	    (const char *)(table.holder + table.geometry.frames) !=
		    (const char *)table.shared + bytes)
		abort();
}

static void obey(const struct order *order)
{
	struct afxdp_table *table = &rig.table;
	uint32_t slot = order->slot;

	switch (order->what % 10) {
	case 0:
	case 1:
		memcpy((uint8_t *)table->shared + order->at % (bytes - 8), &order->value, 8);
		break;
	case 2:
		memcpy((uint8_t *)rig.rings + order->at % (sizeof(*rig.rings) - 8), &order->value, 8);
		break;
	case 3:
		if (order->value & 1)
			table->seen_ns = 0;
		afxdp_table_try_lock(table, slot, order->value & 2);
		break;
	case 4:
		kernel_delivers(&rig, order->at % RIG_FRAMES);
		break;
	case 5:
		hand_out(order->value);
		break;
	case 6:
		read_inbox(slot);
		break;
	case 7:
		table->present[slot] = order->value & 1;
		afxdp_table_release_absent(table);
		afxdp_table_claim(table, order->value);
		break;
	case 8:
		place = afxdp_table_enter(table, slot);
		afxdp_table_sleep(table, slot, order->at);
		break;
	case 9:
		join(order);
		afxdp_table_unlock(table);
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
