/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table of an AF_XDP cluster: whoever has its lock is killed, or stopped and continued, before
 * each single access to what the members share, while it hands packets out and gives frames to the
 * kernel. Whoever takes over completes what was begun: no packet is lost or comes twice, and every
 * frame is the kernel's again.
 *
 * The sources are compiled into the test, with a step before each of their atomic accesses; the
 * holder of the lock runs on a stack of its own that is left there.
 */
#include <errno.h>
#include <ucontext.h>

#include "engine/engine.h"
#include "test.h"
#include "xdp_table.h"

static void step(void);

#define __atomic_load_n(at, order)         (step(), __atomic_load_n(at, order))
#define __atomic_store_n(at, value, order) (step(), __atomic_store_n(at, value, order))
#define __atomic_fetch_add(at, n, order)   (step(), __atomic_fetch_add(at, n, order))
#define __atomic_compare_exchange_n(at, was, value, weak, good, bad)                               \
	(step(), __atomic_compare_exchange_n(at, was, value, weak, good, bad))
#include "engine/afxdp_queue.c"
#include "engine/afxdp_table.c"
#undef __atomic_load_n
#undef __atomic_store_n
#undef __atomic_fetch_add
#undef __atomic_compare_exchange_n

#define MEMBERS 3u
#define FIRST   40u /* packets that were read before */
#define SECOND  20u /* and those that are handed out */
#define STACK   (256 << 10)

static struct rig rig;
static struct afxdp_table other; /* the same memory, as another process has it */
static struct afxdp_queue other_queue;
static uint32_t places[MEMBERS];
static unsigned int came[4096]; /* how often, by number */
static ucontext_t here, holder;
static uint32_t shift; /* moves the flows to other members */
static unsigned int steps_left; /* of the holder, before it is left; 0: it runs on */
static bool in_holder, finished;

static void step(void)
{
	if (in_holder && steps_left > 0 && --steps_left == 0) {
		in_holder = false;
		swapcontext(&holder, &here);
	}
}

/* What a member does that has found its inbox empty. */
static void hand_out_and_refill(struct afxdp_table *table)
{
	struct afxdp_packet packets[AFXDP_BLOCK_PACKETS];
	uint16_t owners[AFXDP_BLOCK_PACKETS], asleep[AFXDP_BLOCK_PACKETS];
	uint32_t count = afxdp_table_look(table, 0, packets);

	for (uint32_t i = 0; i < count; i++)
		owners[i] = (uint16_t)((packets[i].length + shift) % MEMBERS);
	afxdp_table_hand_out(table, 0, packets, owners, count, asleep);
	afxdp_table_refill(table, true);
}

static void read_inbox(uint32_t slot)
{
	struct xdp_desc descs[AFXDP_BLOCK_PACKETS];
	uint32_t queue = 0, count;

	while ((count = afxdp_table_take(&other, slot, &places[slot], descs, AFXDP_BLOCK_PACKETS,
					 &queue)) > 0) {
		for (uint32_t i = 0; i < count; i++)
			came[(descs[i].len - 60) % 4096]++;
		afxdp_table_give_back(&other, slot, queue, descs, count, false);
	}
}

/* As after the time that the holder is given. */
static bool take_the_lock(struct afxdp_table *table, uint32_t slot)
{
	if (afxdp_table_try_lock(table, slot, true))
		return true;
	table->seen_ns -= 1000000000u;
	return afxdp_table_try_lock(table, slot, true);
}

static void hold(void)
{
	hand_out_and_refill(&rig.table);
	afxdp_table_unlock(&rig.table);
	finished = true;
	in_holder = false;
}

/* Begin as the holder of the lock, and be left before the access with this number. */
static void begin_holding(unsigned int steps)
{
	static char stack[STACK];

	finished = false;
	take_the_lock(&rig.table, 0);
	getcontext(&holder);
	holder.uc_stack.ss_sp = stack;
	holder.uc_stack.ss_size = sizeof(stack);
	holder.uc_link = &here;
	makecontext(&holder, hold, 0);
	steps_left = steps;
	in_holder = true;
	swapcontext(&here, &holder);
}

static void go_on(void)
{
	if (finished)
		return;
	in_holder = true;
	swapcontext(&here, &holder);
}

static unsigned int frames_wrong(void)
{
	unsigned int in_ring[RIG_FRAMES] = { 0 }, wrong = 0;

	for (uint32_t at = rig.rings->fill_consumer; at != rig.rings->fill_producer; at++)
		in_ring[rig.rings->fill[at % RIG_FRAMES] / RIG_BYTES % RIG_FRAMES]++;
	for (uint32_t i = 0; i < RIG_FRAMES; i++)
		wrong += in_ring[i] != 1;
	return wrong;
}

/* All that is there goes round, and then every frame is to be in the fill ring. */
static void settle(bool first_is_dead)
{
	if (!take_the_lock(&other, 1))
		note("the lock cannot be had");
	if (first_is_dead) {
		other.present[0] = false;
		afxdp_table_release(&other, 0);
	}
	hand_out_and_refill(&other);
	for (uint32_t slot = first_is_dead; slot < MEMBERS; slot++)
		read_inbox(slot);
	afxdp_table_refill(&other, true);
	afxdp_table_unlock(&other);
}

static void set_up(void)
{
	struct afxdp_table_about about = { .queue_mask = 1, .frame_count = RIG_FRAMES,
					   .frame_bytes = RIG_BYTES };

	memset(&rig, 0, sizeof(rig));
	rig.rings = rig_memory(sizeof(*rig.rings));
	if (!rig.rings)
		skip_all("no memory");
	rig_queue(&rig);
	rig_fill(&rig);
	if (afxdp_table_create(&rig.table, &about, &rig.queue) < 0)
		skip_all("no memory");
	for (uint32_t i = 0; i < MEMBERS; i++)
		rig.table.present[i] = true;
	other = rig.table;
	other_queue = rig.queue;
	other.queues = &other_queue;
	memset(places, 0, sizeof(places));
	memset(came, 0, sizeof(came));
	shift = 0;
	kernel_delivers(&rig, FIRST);
	settle(false);
	kernel_delivers(&rig, FIRST);
	settle(false);
	kernel_delivers(&rig, SECOND / 2);
	if (take_the_lock(&other, 1)) { /* so that there is something to refill */
		struct afxdp_packet packets[AFXDP_BLOCK_PACKETS];
		uint16_t owners[AFXDP_BLOCK_PACKETS] = { 0 }, asleep[AFXDP_BLOCK_PACKETS];
		uint32_t count = afxdp_table_look(&other, 0, packets);

		for (uint32_t i = 0; i < count; i++)
			owners[i] = (uint16_t)((packets[i].length + shift) % MEMBERS);
		afxdp_table_hand_out(&other, 0, packets, owners, count, asleep);
		for (uint32_t slot = 0; slot < MEMBERS; slot++)
			read_inbox(slot);
		afxdp_table_unlock(&other);
	}
	kernel_delivers(&rig, SECOND);
}

static void tear_down(void)
{
	afxdp_table_free(&rig.table);
	munmap(rig.rings, sizeof(*rig.rings));
}

/* Packets of the members that live: each once. Returns how many are not. */
static unsigned int packets_wrong(uint32_t first_slot)
{
	unsigned int wrong = 0;

	for (uint32_t number = 0; number < rig.next; number++) {
		if ((number + 60) % MEMBERS >= first_slot)
			wrong += came[number] != 1;
		else
			wrong += came[number] > 1;
	}
	return wrong;
}

static void killed_everywhere(void)
{
	unsigned int steps = 0, packets = 0, frames = 0;

	do {
		steps++;
		set_up();
		begin_holding(steps);
		settle(true);
		if (packets_wrong(1) + frames_wrong() > 0 && packets + frames == 0)
			note("first at access %u: %u packets, %u frames", steps, packets_wrong(1),
			     frames_wrong());
		packets += packets_wrong(1);
		frames += frames_wrong();
		tear_down();
	} while (!finished);
	ok(steps > 100, "killed before each of %u accesses", steps);
	is(packets, 0, "no packet of the others is lost or comes twice");
	is(frames, 0, "and every frame is there once");
}

/*
 * It may have looked at the lock and not written yet: then it writes one word late. That is the most
 * that can happen: one frame is there twice in the place of another, or one packet comes twice.
 */
static void stopped_everywhere(void)
{
	unsigned int steps = 0, most = 0, hit = 0;

	do {
		unsigned int wrong;

		steps++;
		set_up();
		begin_holding(steps);
		shift = 1;
		settle(false);
		kernel_delivers(&rig, RIG_FRAMES - SECOND / 2);
		take_the_lock(&other, 1);
		hand_out_and_refill(&other);
		kernel_delivers(&rig, RIG_FRAMES);
		afxdp_table_unlock(&other);
		go_on();
		settle(false);
		kernel_delivers(&rig, SECOND);
		settle(false);
		wrong = packets_wrong(0) + frames_wrong();
		hit += wrong > 0;
		most = wrong > most ? wrong : most;
		tear_down();
		finished = finished && steps_left > 0;
	} while (!finished);
	ok(steps > 100, "stopped before each of %u accesses", steps);
	ok(most <= 4, "one that goes on late spoils one word at most (%u wrong)", most);
	note("at %u of %u accesses", hit, steps);
}

int main(void)
{
	killed_everywhere();
	stopped_everywhere();
	return done();
}
