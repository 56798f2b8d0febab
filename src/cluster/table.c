/* SPDX-License-Identifier: BSD-3-Clause */
/* table.c - see table.h */
#include "cluster/table.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fanout/types.h"

#ifndef F_SEAL_FUTURE_WRITE /* Linux 5.1 */
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL)
#define READ_TRIES 1000

int torc_table_create(struct cluster_memory **memory)
{
	int fd = memfd_create("torc-cluster", MFD_CLOEXEC | MFD_ALLOW_SEALING), ret;
	void *at = MAP_FAILED;

	if (fd < 0)
		return -errno;
	if (ftruncate(fd, sizeof(**memory)) == 0)
		at = mmap(NULL, sizeof(**memory), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at != MAP_FAILED && fcntl(fd, F_ADD_SEALS, SEALS) == 0) {
		*memory = at;
		(*memory)->magic = CLUSTER_MAGIC;
		return fd;
	}
	ret = -errno;
	if (at != MAP_FAILED)
		munmap(at, sizeof(**memory));
	close(fd);
	return ret;
}

int torc_table_map(const struct cluster_memory **memory, int fd)
{
	int seals = fcntl(fd, F_GET_SEALS);
	struct stat st;
	void *at;

	if (seals < 0 || (seals & SEALS) != SEALS || fstat(fd, &st) < 0 ||
	    st.st_size != sizeof(**memory))
		return -EPROTO;
	/* In the place of the old one: whoever reads at this moment sees the one or the other. */
	at = mmap((void *)(uintptr_t)*memory, sizeof(**memory), PROT_READ,
		  MAP_SHARED | (*memory ? MAP_FIXED : 0), fd, 0);
	if (at == MAP_FAILED)
		return -errno;
	if (at != *memory) /* readers hold no lock */
		*memory = at;
	return (*memory)->magic == CLUSTER_MAGIC ? 0 : -EPROTO;
}

void torc_table_unmap(const struct cluster_memory *memory)
{
	if (memory)
		munmap((void *)(uintptr_t)memory, sizeof(*memory));
}

/* ---- publishing and reading ---- */

static void publish_part(void *to, const void *from, size_t bytes)
{
	uint32_t *t = to;
	const uint32_t *f = from;

	for (size_t i = 0; i < bytes / sizeof(*t); i++)
		__atomic_store_n(&t[i], f[i], __ATOMIC_RELAXED);
}

_Static_assert(sizeof(struct cluster_group) % 4 == 0 &&
	       offsetof(struct cluster_table, groups) % 4 == 0, "published in words");

void torc_table_publish(struct cluster_memory *memory, const struct cluster_table *table)
{
	uint32_t next = !__atomic_load_n(&memory->selected, __ATOMIC_RELAXED);
	struct cluster_table *copy = &memory->copy[next & 1];

	/* Release: a reader that sees something of it sees that it has begun. */
	__atomic_store_n(&memory->sequence, memory->sequence + 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	publish_part(copy, table, offsetof(struct cluster_table, groups));
	for (unsigned int i = 0; i < CLUSTER_GROUPS; i++) {
		if (table->groups[i].used || copy->groups[i].used)
			publish_part(&copy->groups[i], &table->groups[i], sizeof(table->groups[i]));
	}
	__atomic_store_n(&memory->selected, next, __ATOMIC_RELEASE);
}

const struct cluster_table *torc_table_now(const struct cluster_memory *memory)
{
	return &memory->copy[__atomic_load_n(&memory->selected, __ATOMIC_ACQUIRE) & 1];
}

static void read_part(void *to, const void *from, size_t bytes)
{
	uint32_t *t = to;
	const uint32_t *f = from;

	for (size_t i = 0; i < bytes / sizeof(*t); i++)
		t[i] = __atomic_load_n(&f[i], __ATOMIC_RELAXED);
}

_Static_assert(sizeof(struct cluster_slot) % 4 == 0 &&
	       offsetof(struct cluster_table, slots) % 4 == 0, "read in words");

bool torc_table_slot(const struct cluster_memory *memory, unsigned int index,
		     struct cluster_slot *slot)
{
	for (int i = 0; i < READ_TRIES; i++) {
		uint64_t before = __atomic_load_n(&memory->sequence, __ATOMIC_ACQUIRE);

		read_part(slot, &torc_table_now(memory)->slots[index % CLUSTER_SLOTS],
			  sizeof(*slot));
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (__atomic_load_n(&memory->sequence, __ATOMIC_RELAXED) == before)
			return true;
	}
	return false;
}

/* ---- a table of another process ---- */

static void check_group(struct cluster_table *table, unsigned int index)
{
	struct cluster_group *group = &table->groups[index];
	unsigned int kept = 0, places = group->places;

	for (unsigned int i = 0; i < places && i < CLUSTER_PLACES; i++) {
		unsigned int slot = group->place[i];
		bool known = slot < CLUSTER_SLOTS && table->slots[slot].used &&
			     table->slots[slot].in_group == 1 && table->slots[slot].group == index;

		if (!known)
			continue;
		table->slots[slot].in_group = 2; /* seen: a second time it is not known */
		group->place[kept++] = (uint16_t)slot;
	}
	group->places = (uint16_t)kept;
	if (torc_table_place_of(group, group->leaving) == CLUSTER_NOBODY)
		group->leaving = CLUSTER_NOBODY;
	for (unsigned int b = 0; b < CLUSTER_BUCKETS; b++) {
		if (group->deal.owner[b] >= CLUSTER_SLOTS)
			group->deal.owner[b] = CLUSTER_NOBODY;
	}
}

int torc_table_copy(struct cluster_table *table, const struct cluster_memory *memory)
{
	read_part(table, torc_table_now(memory), sizeof(*table));
	if (table->mode > CLUSTER_MODE_DEALT || table->id < 1 || table->id > 65535 ||
	    torc_cluster_flow_bits((enum torc_cluster_type)table->type) < 0)
		return -EPROTO;
	table->device[sizeof(table->device) - 1] = '\0';
	table->leader = table->leader < CLUSTER_PROCESSES ? table->leader : CLUSTER_NOBODY;
	for (unsigned int i = 0; i < CLUSTER_SLOTS; i++) {
		struct cluster_slot *slot = &table->slots[i];

		slot->application[sizeof(slot->application) - 1] = '\0';
		slot->in_group = slot->in_group != 0;
		if (slot->group >= CLUSTER_GROUPS || !table->groups[slot->group].used)
			slot->group = slot->in_group = 0;
		if (slot->process >= CLUSTER_PROCESSES)
			slot->used = 0;
	}
	for (unsigned int i = 0; i < CLUSTER_GROUPS; i++)
		check_group(table, i);
	for (unsigned int i = 0; i < CLUSTER_SLOTS; i++) {
		table->slots[i].in_group = table->slots[i].in_group == 2;
		if (table->slots[i].left && !table->slots[i].in_group)
			table->slots[i].used = 0;
	}
	if (table->entering >= CLUSTER_SLOTS || !table->slots[table->entering].used ||
	    table->slots[table->entering].in_group)
		table->entering = CLUSTER_NOBODY;
	return 0;
}

/* ---- what is in it ---- */

void torc_table_init(struct cluster_table *table, unsigned int id)
{
	memset(table, 0, sizeof(*table));
	table->id = id;
	table->leader = table->entering = CLUSTER_NOBODY;
}

unsigned int torc_table_find_slot(const struct cluster_table *table, unsigned int process,
				  uint32_t ticket)
{
	for (unsigned int i = 0; i < CLUSTER_SLOTS; i++) {
		const struct cluster_slot *slot = &table->slots[i];

		if (slot->used && !slot->left && slot->process == process &&
		    slot->ticket == ticket)
			return i;
	}
	return CLUSTER_NOBODY;
}

unsigned int torc_table_take_process(struct cluster_table *table, pid_t pid)
{
	for (unsigned int i = 0; i < CLUSTER_PROCESSES; i++) {
		struct cluster_process *process = &table->processes[i];

		if (process->used)
			continue;
		*process = (struct cluster_process){ .used = 1, .pid = pid };
		return i;
	}
	return CLUSTER_NOBODY;
}

unsigned int torc_table_take_slot(struct cluster_table *table, unsigned int process)
{
	for (unsigned int i = 0; i < CLUSTER_SLOTS; i++) {
		if (table->slots[i].used)
			continue;
		memset(&table->slots[i], 0, sizeof(table->slots[i]));
		table->slots[i].used = 1;
		table->slots[i].process = (uint16_t)process;
		return i;
	}
	return CLUSTER_NOBODY;
}

unsigned int torc_table_take_group(struct cluster_table *table, int ifindex)
{
	unsigned int free_one = CLUSTER_NOBODY;

	for (unsigned int i = 0; i < CLUSTER_GROUPS; i++) {
		struct cluster_group *group = &table->groups[i];

		if (group->used && group->ifindex == ifindex)
			return i;
		/* An interface that is gone leaves an empty group behind. */
		if (free_one == CLUSTER_NOBODY && (!group->used || group->places == 0))
			free_one = i;
	}
	if (free_one != CLUSTER_NOBODY) {
		struct cluster_group *group = &table->groups[free_one];

		memset(group, 0, sizeof(*group));
		group->used = 1;
		group->ifindex = ifindex;
		group->leaving = CLUSTER_NOBODY;
		memset(group->deal.owner, 0xFF, sizeof(group->deal.owner));
	}
	return free_one;
}

unsigned int torc_table_anybody(const struct cluster_table *table)
{
	for (unsigned int i = 0; i < CLUSTER_SLOTS; i++) {
		if (table->slots[i].used && !table->slots[i].left)
			return i;
	}
	return CLUSTER_NOBODY;
}

unsigned int torc_table_place_of(const struct cluster_group *group, unsigned int slot)
{
	for (unsigned int i = 0; i < group->places && i < CLUSTER_PLACES; i++) {
		if (group->place[i] == slot)
			return i;
	}
	return CLUSTER_NOBODY;
}

void torc_table_drop_place(struct cluster_table *table, struct cluster_group *group,
			   unsigned int place)
{
	unsigned int slot;

	if (place >= group->places || group->places > CLUSTER_PLACES)
		return;
	slot = group->place[place];
	if (group->leaving == slot)
		group->leaving = CLUSTER_NOBODY;
	group->place[place] = group->place[--group->places];
	if (group->places == 0)
		group->kernel_id = 0; /* the kernel's group is gone with its last socket */
	if (slot >= CLUSTER_SLOTS)
		return;
	table->slots[slot].in_group = 0;
	table->slots[slot].inode = 0;
	if (table->slots[slot].left)
		table->slots[slot].used = 0;
}
