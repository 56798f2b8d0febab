/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * seat.c - the rings of this process that read one file as a cluster
 *
 * A file has no kernel that deals its packets out, so each ring reads all of it and keeps its own
 * share: it has to know its number and how many share. Seats are kept in a list per process.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "cluster/cluster.h"
#include "cluster/types.h"
#include "util/error.h"

struct torc_cluster_seat {
	struct torc_cluster_seat *next;
	char *path;
	unsigned int id;
	unsigned int index;
	enum torc_cluster_type type;
};

static pthread_mutex_t seats_lock = PTHREAD_MUTEX_INITIALIZER;
static struct torc_cluster_seat *seats;

static bool same_cluster(const struct torc_cluster_seat *a, const struct torc_cluster_seat *b)
{
	return a->id == b->id && strcmp(a->path, b->path) == 0;
}

/* The lowest number nobody has; -TORC_ECLUSTER when the others are of another type. */
static int take_number(struct torc_cluster_seat *seat)
{
	const struct torc_cluster_seat *other = seats;

	seat->index = 0;
	while (other) {
		if (same_cluster(other, seat) && other->type != seat->type)
			return -TORC_ECLUSTER;
		if (same_cluster(other, seat) && other->index == seat->index) {
			seat->index++;
			other = seats;
		} else {
			other = other->next;
		}
	}
	return 0;
}

int torc_cluster_file_join(struct torc_cluster_seat **seat, const char *path, unsigned int id,
			   enum torc_cluster_type type, struct torc_error *error)
{
	struct torc_cluster_seat *new;
	int ret;

	if (id < 1 || id > 65535)
		return torc_error_set(error, -EINVAL, "cluster %u: ids are 1 to 65535", id);
	if (torc_cluster_flow_bits(type) < 0)
		return torc_error_set(error, -EINVAL, "cluster %u: no such type: %d", id, type);
	new = calloc(1, sizeof(*new));
	if (!new || !(new->path = strdup(path))) {
		free(new);
		return torc_error_set(error, -ENOMEM, "cluster %u: out of memory", id);
	}
	new->id = id;
	new->type = type;
	pthread_mutex_lock(&seats_lock);
	ret = take_number(new);
	if (ret == 0) {
		new->next = seats;
		seats = new;
	}
	pthread_mutex_unlock(&seats_lock);
	if (ret < 0) {
		free(new->path);
		free(new);
		return torc_error_set(error, ret,
				      "cluster %u on %s has another type in this process, not %s",
				      id, path, torc_cluster_type_text(type));
	}
	*seat = new;
	return 0;
}

void torc_cluster_file_seat(const struct torc_cluster_seat *seat, unsigned int *index,
			    unsigned int *count)
{
	*count = 0;
	*index = 0;
	pthread_mutex_lock(&seats_lock);
	for (const struct torc_cluster_seat *other = seats; other; other = other->next) {
		if (!same_cluster(other, seat))
			continue;
		*count += 1;
		*index += other->index < seat->index; /* seats that were left leave no hole */
	}
	pthread_mutex_unlock(&seats_lock);
}

void torc_cluster_file_leave(struct torc_cluster_seat *seat)
{
	struct torc_cluster_seat **link = &seats;

	if (!seat)
		return;
	pthread_mutex_lock(&seats_lock);
	while (*link != seat)
		link = &(*link)->next;
	*link = seat->next;
	pthread_mutex_unlock(&seats_lock);
	free(seat->path);
	free(seat);
}
