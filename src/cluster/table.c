/* SPDX-License-Identifier: BSD-3-Clause */
/* table.c - see table.h */
#include "cluster/table.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/memory.h"

int torc_table_create(struct cluster_table **table, unsigned int id)
{
	void *memory;
	int fd = torc_memory_create(&memory, sizeof(**table)), ret;

	if (fd < 0)
		return fd;
	*table = memory;
	(*table)->magic = CLUSTER_MAGIC;
	(*table)->id = id;
	ret = torc_memory_lock_init(&(*table)->lock);
	if (ret == 0)
		return fd;
	munmap(*table, sizeof(**table));
	close(fd);
	return ret;
}

int torc_table_map(struct cluster_table **table, int fd, unsigned int id)
{
	size_t bytes = sizeof(**table);
	void *memory;
	int ret = torc_memory_map(&memory, fd, &bytes);

	if (ret < 0)
		return ret;
	*table = memory;
	if ((*table)->magic == CLUSTER_MAGIC && (*table)->id == id)
		return 0;
	munmap(*table, sizeof(**table));
	return -EPROTO;
}

uint64_t torc_table_identity(int fd)
{
	struct stat st;

	return fstat(fd, &st) < 0 ? 0 : st.st_ino;
}

int torc_table_trylock(struct cluster_table *table)
{
	int ret = pthread_mutex_trylock(&table->lock);

	if (ret != EOWNERDEAD)
		return -ret;
	pthread_mutex_consistent(&table->lock);
	return 1;
}

void torc_table_unlock(struct cluster_table *table)
{
	pthread_mutex_unlock(&table->lock);
}

unsigned int torc_table_take_process(struct cluster_table *table, pid_t pid)
{
	for (unsigned int i = 0; i < CLUSTER_PROCESSES; i++) {
		struct cluster_process *process = &table->processes[i];

		if (process->used)
			continue;
		*process = (struct cluster_process){ .used = 1, .confirmed = 1, .pid = pid };
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
		memset(group->owner, 0xFF, sizeof(group->owner));
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
	group->place[place] = group->place[--group->places];
	if (slot >= CLUSTER_SLOTS)
		return;
	table->slots[slot].in_group = 0;
	table->slots[slot].inode = 0;
	if (table->slots[slot].left)
		table->slots[slot].used = 0;
}
