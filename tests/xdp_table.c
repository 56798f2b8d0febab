/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table of an AF_XDP cluster: its leader ends before each single access to memory that others
 * have too, while it hands packets out and gives frames to the kernel. The next leader completes what
 * was begun: no packet is lost or comes twice, and every frame is the kernel's again.
 *
 * The sources are compiled into the test, with a step before each of their atomic accesses; the
 * leader runs on a stack of its own that is left there.
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
#include "engine/afxdp_queue.c"
#include "engine/afxdp_table.c"
#undef __atomic_load_n
#undef __atomic_store_n
#undef __atomic_fetch_add

#define MEMBERS 3u
#define FIRST   40u /* packets that were read before */
#define SECOND  20u /* and those that are handed out */
#define STACK   (256 << 10)

static struct rig rig;
static struct afxdp_table next;       /* the table of the next leader */
static struct afxdp_queue next_queue; /* the rings, as its process has them */
static struct afxdp_returns *returns[MEMBERS];
static uint32_t places[MEMBERS];
static unsigned int came[4096]; /* how often, by number */
static ucontext_t here, leader;
static unsigned int steps_left; /* of the leader, before it ends; 0: it runs on */
static bool in_leader, finished;

static void step(void)
{
	if (in_leader && steps_left > 0 && --steps_left == 0) {
		in_leader = false;
		swapcontext(&leader, &here);
	}
}

static void hand_out(struct afxdp_table *table)
{
	struct afxdp_packet packets[AFXDP_BLOCK_PACKETS];
	uint16_t owners[AFXDP_BLOCK_PACKETS];
	uint32_t count = afxdp_table_look(table, 0, packets);

	for (uint32_t i = 0; i < count; i++)
		owners[i] = (uint16_t)(packets[i].length % MEMBERS);
	afxdp_table_hand_out(table, 0, packets, owners, count);
}

/* As a member that has only mapped the table reads it. */
static void read_inbox(const struct afxdp_table *table, uint32_t slot)
{
	struct xdp_desc descs[AFXDP_BLOCK_PACKETS];
	uint32_t queue = 0, count;

	while ((count = afxdp_table_take(table, slot, &places[slot], descs, AFXDP_BLOCK_PACKETS,
					 &queue)) > 0) {
		for (uint32_t i = 0; i < count; i++)
			came[(descs[i].len - 60) % 4096]++;
		afxdp_table_give_back(table, returns[slot], queue, descs, count);
	}
}

static void read_all(const struct afxdp_table *table)
{
	for (uint32_t slot = 0; slot < MEMBERS; slot++)
		read_inbox(table, slot);
}

static void lead(void)
{
	hand_out(&rig.table);
	afxdp_table_refill(&rig.table, true);
	finished = true;
	in_leader = false;
}

/* Lead, and end before the access with this number. */
static void begin_leading(unsigned int steps)
{
	static char stack[STACK];

	finished = false;
	getcontext(&leader);
	leader.uc_stack.ss_sp = stack;
	leader.uc_stack.ss_size = sizeof(stack);
	leader.uc_link = &here;
	makecontext(&leader, lead, 0);
	steps_left = steps;
	in_leader = true;
	swapcontext(&here, &leader);
}

static void set_up(void)
{
	memset(&rig, 0, sizeof(rig));
	rig.rings = rig_memory(sizeof(*rig.rings));
	if (!rig.rings || rig_measure(&rig) < 0)
		skip_all("no memory");
	rig_queue(&rig);
	rig_fill(&rig);
	if (afxdp_table_create(&rig.table, &rig.geometry, &rig.queue, true) < 0)
		skip_all("no memory");
	memset(places, 0, sizeof(places));
	memset(came, 0, sizeof(came));
	for (uint32_t i = 0; i < MEMBERS; i++) {
		returns[i] = rig_memory(afxdp_returns_bytes(&rig.geometry));
		afxdp_table_enter(&rig.table, i, true, returns[i]);
	}
	for (unsigned int i = 0; i < 2; i++) {
		kernel_delivers(&rig, FIRST);
		hand_out(&rig.table);
		read_all(&rig.table);
		afxdp_table_refill(&rig.table, true);
	}
	kernel_delivers(&rig, SECOND / 2); /* so that there is something to refill */
	hand_out(&rig.table);
	read_all(&rig.table);
	kernel_delivers(&rig, SECOND);
}

static void tear_down(void)
{
	afxdp_table_free(&rig.table);
	afxdp_table_free(&next);
	munmap(rig.rings, sizeof(*rig.rings));
	for (uint32_t i = 0; i < MEMBERS; i++)
		munmap(returns[i], afxdp_returns_bytes(&rig.geometry));
}

/* All that is there goes round, and then every frame is to be in the fill ring. */
static void succeed(bool read_before)
{
	if (read_before) /* members read on while nobody leads */
		read_all(&rig.table);
	next_queue = rig.queue;
	next_queue.consumed = 0; /* as somebody who has not led so far */
	afxdp_table_succeed(&next, &rig.table, &next_queue);
	for (uint32_t i = 0; i < MEMBERS; i++)
		afxdp_table_enter(&next, i, false, returns[i]);
	hand_out(&next);
	read_all(&next);
	afxdp_table_refill(&next, true);
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

static unsigned int packets_wrong(void)
{
	unsigned int wrong = 0;

	for (uint32_t number = 0; number < rig.next; number++)
		wrong += came[number] != 1;
	return wrong;
}

static void killed_everywhere(bool read_before)
{
	unsigned int steps = 0, packets = 0, frames = 0, held = 0;

	do {
		steps++;
		set_up();
		begin_leading(steps);
		succeed(read_before);
		if (packets_wrong() + frames_wrong() > 0 && packets + frames == 0)
			note("first at access %u: %u packets, %u frames", steps, packets_wrong(),
			     frames_wrong());
		packets += packets_wrong();
		frames += frames_wrong();
		for (uint32_t i = 0; i < MEMBERS; i++)
			held += next.seats[i].held;
		tear_down();
	} while (!finished);
	ok(steps > 100, "the leader ends before each of %u accesses", steps);
	is(packets, 0, "no packet is lost or comes twice");
	is(frames, 0, "and every frame is there once");
	is(held, 0, "and nobody is said to hold any");
}

/* What a member of an old leader holds stays its own until it gives it back; a dead one's is free. */
static void held_across_leaders(void)
{
	struct xdp_desc descs[AFXDP_BLOCK_PACKETS];
	uint32_t queue = 0, count;

	set_up();
	hand_out(&rig.table);
	count = afxdp_table_take(&rig.table, 1, &places[1], descs, AFXDP_BLOCK_PACKETS, &queue);
	ok(count > 0, "a member holds %u packets", count);
	succeed(false);
	is(frames_wrong(), count, "the next leader leaves them to it");
	afxdp_table_give_back(&next, returns[1], queue, descs, count);
	afxdp_table_refill(&next, true);
	is(frames_wrong(), 0, "until they come back");
	tear_down();
	set_up();
	hand_out(&rig.table);
	succeed(false);
	kernel_delivers(&rig, SECOND);
	hand_out(&next);
	afxdp_table_leave(&next, 2);
	read_inbox(&next, 0);
	read_inbox(&next, 1);
	afxdp_table_refill(&next, true);
	is(frames_wrong(), 0, "what somebody had who has left is free");
	tear_down();
}

int main(void)
{
	killed_everywhere(false);
	killed_everywhere(true);
	held_across_leaders();
	return done();
}
