/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * seat.c - the rings of this process that read one file as a cluster
 *
 * A file has no kernel that deals its packets out, so each ring reads all of it and keeps its own
 * share: it has to know its number and how many share. Seats are kept in a list per process, and
 * are counted when the first of the rings begins to read; from then on nobody may join.
 *
 * Two processes that read one file as one cluster cannot see each other's seats, and each would
 * keep everything. So a process that takes the first seat marks the file and the id (peer/peer.h):
 * the next process of the same user is refused, and told of "member=2/4". Where the user has no
 * folder for such marks, only the rings of one process see each other.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cluster/cluster.h"
#include "fanout/types.h"
#include "peer/peer.h"
#include "util/error.h"

struct torc_cluster_seat {
	struct torc_cluster_seat *next;
	char *path;
	unsigned int id;
	enum torc_cluster_type type;
	unsigned int place, count; /* fixed when the first ring begins; count 0: not begun */
	int mark;                  /* with the seat that came first; else -1 */
	char mark_kind[48];
};

static pthread_mutex_t seats_lock = PTHREAD_MUTEX_INITIALIZER;
static struct torc_cluster_seat *seats;

static bool same_cluster(const struct torc_cluster_seat *a, const struct torc_cluster_seat *b)
{
	return a->id == b->id && strcmp(a->path, b->path) == 0;
}

static struct torc_cluster_seat *mate_of(const struct torc_cluster_seat *seat)
{
	struct torc_cluster_seat *other = seats;

	while (other && (other == seat || !same_cluster(other, seat)))
		other = other->next;
	return other;
}

/* "This process reads that file as that cluster." */
static int mark_file(struct torc_cluster_seat *seat)
{
	struct stat status;

	if (stat(seat->path, &status) < 0)
		return -errno;
	snprintf(seat->mark_kind, sizeof(seat->mark_kind), "file-%llx-%llx",
		 (unsigned long long)status.st_dev, (unsigned long long)status.st_ino);
	seat->mark = torc_peer_mark(seat->mark_kind, seat->id, NULL);
	return seat->mark == -ENOENT || seat->mark >= 0 ? 0 : seat->mark;
}

/*
 * At the end of the list; -TORC_ECLUSTER when the others are of another type, -EBUSY when they have
 * begun, -EADDRINUSE when they are in another process.
 */
static int take_seat(struct torc_cluster_seat *seat)
{
	const struct torc_cluster_seat *mate = mate_of(seat);
	struct torc_cluster_seat **end = &seats;
	int ret = 0;

	seat->mark = -1;
	if (mate && mate->count)
		return -EBUSY;
	if (mate && mate->type != seat->type)
		return -TORC_ECLUSTER;
	if (!mate && strcmp(seat->path, "-") != 0)
		ret = mark_file(seat);
	if (ret < 0)
		return ret;
	while (*end)
		end = &(*end)->next;
	*end = seat;
	return 0;
}

static int refuse(int code, unsigned int id, enum torc_cluster_type type, const char *path,
		  struct torc_error *error)
{
	if (code == -TORC_ECLUSTER)
		return torc_error_set(error, code,
				      "cluster %u on %s has another type in this process, not %s",
				      id, path, torc_cluster_type_text(type));
	if (code == -EBUSY)
		return torc_error_set(error, code,
				      "cluster %u on %s has begun to read: all rings join before the "
				      "first is enabled",
				      id, path);
	if (code == -EADDRINUSE)
		return torc_error_set(error, -TORC_ECLUSTER,
				      "another process reads %s as cluster %u: give each process its "
				      "share with \"pcap:%s;member=1/2\" and so on",
				      path, id, path);
	return torc_error_set(error, code, "cluster %u on %s: %s", id, path, torc_strerror(code));
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
	ret = take_seat(new);
	pthread_mutex_unlock(&seats_lock);
	if (ret < 0) {
		free(new->path);
		free(new);
		return refuse(ret, id, type, path, error);
	}
	*seat = new;
	return 0;
}

/* Under the lock: number the seats, for as long as the cluster lives. */
static void number_seats(const struct torc_cluster_seat *seat)
{
	unsigned int count = 0;

	for (struct torc_cluster_seat *other = seats; other; other = other->next) {
		if (same_cluster(other, seat))
			other->place = count++;
	}
	for (struct torc_cluster_seat *other = seats; other; other = other->next) {
		if (same_cluster(other, seat))
			other->count = count;
	}
}

void torc_cluster_file_begin(struct torc_cluster_seat *seat, unsigned int *index,
			     unsigned int *count)
{
	pthread_mutex_lock(&seats_lock);
	if (seat->count == 0)
		number_seats(seat);
	*index = seat->place;
	*count = seat->count;
	pthread_mutex_unlock(&seats_lock);
}

void torc_cluster_file_leave(struct torc_cluster_seat *seat)
{
	struct torc_cluster_seat **link = &seats, *mate;

	if (!seat)
		return;
	pthread_mutex_lock(&seats_lock);
	while (*link != seat)
		link = &(*link)->next;
	*link = seat->next;
	mate = mate_of(seat);
	if (mate && mate->mark < 0) {
		mate->mark = seat->mark;
		memcpy(mate->mark_kind, seat->mark_kind, sizeof(mate->mark_kind));
	} else if (seat->mark >= 0) {
		torc_peer_unmark(seat->mark_kind, seat->id, seat->mark);
	}
	pthread_mutex_unlock(&seats_lock);
	free(seat->path);
	free(seat);
}
