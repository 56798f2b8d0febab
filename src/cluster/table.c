/* SPDX-License-Identifier: BSD-3-Clause */
/* table.c - see table.h */
#include "cluster/table.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int init_lock(pthread_mutex_t *lock)
{
	pthread_mutexattr_t attr;
	int ret;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	ret = pthread_mutex_init(lock, &attr);
	pthread_mutexattr_destroy(&attr);
	return -ret;
}

int torc_table_create(struct cluster_table **table, unsigned int id)
{
	int fd = memfd_create("torc-cluster", MFD_CLOEXEC | MFD_ALLOW_SEALING), ret;

	if (fd < 0)
		return -errno;
	/* Sealed, so that nobody who has it can make the others fault by cutting it. */
	if (ftruncate(fd, sizeof(**table)) < 0 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0) {
		ret = -errno;
		goto fail;
	}
	*table = mmap(NULL, sizeof(**table), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (*table == MAP_FAILED) {
		ret = -errno;
		goto fail;
	}
	(*table)->magic = CLUSTER_MAGIC;
	(*table)->id = id;
	ret = init_lock(&(*table)->lock);
	if (ret == 0)
		return fd;
	munmap(*table, sizeof(**table));
fail:
	close(fd);
	return ret;
}

int torc_table_map(struct cluster_table **table, int fd, unsigned int id)
{
	int seals = fcntl(fd, F_GET_SEALS);
	struct stat st;

	if (seals < 0 || !(seals & F_SEAL_SHRINK) || fstat(fd, &st) < 0 ||
	    st.st_size != (off_t)sizeof(**table))
		return -EPROTO;
	*table = mmap(NULL, sizeof(**table), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (*table == MAP_FAILED)
		return -errno;
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
