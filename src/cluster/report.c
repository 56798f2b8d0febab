/* SPDX-License-Identifier: BSD-3-Clause */
/* report.c - torc/cluster.h: who is in the clusters of this network namespace */
#include "cluster/report.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <torc/cluster.h>

#include "cluster/message.h"
#include "cluster/watch.h"
#include "fanout/types.h"

#define CLUSTERS_MAX 1024 /* shown */
#define ANSWER_NS    200000000u /* for all of them */

/* What crosses the socket: other versions of the library read it, so it stays as it is. */
struct report_member {
	int32_t pid;
	uint32_t ring_id;
	int32_t ifindex;
	uint32_t share;
	uint32_t enabled;
	char application[64];
};

struct report {
	uint32_t id;
	uint32_t type;
	uint32_t options;
	uint32_t extended;
	char device[128];
	uint32_t member_count;
	struct report_member members[CLUSTER_SLOTS];
};

#define REPORT_BYTES(count) \
	(offsetof(struct report, members) + (count) * sizeof(struct report_member))

static unsigned int share_of(const struct cluster_table *table, unsigned int slot)
{
	const struct cluster_group *group =
		&table->groups[table->slots[slot].group % CLUSTER_GROUPS];
	unsigned int share = 0;

	if (!table->slots[slot].in_group || table->mode == CLUSTER_MODE_TURNS ||
	    table->type == TORC_CLUSTER_ROUND_ROBIN)
		return 0;
	for (unsigned int b = 0; b < CLUSTER_BUCKETS; b++)
		share += group->deal.owner[b] == slot;
	return share;
}

static void describe(const struct cluster_table *table, unsigned int slot,
		     struct report_member *member)
{
	const struct cluster_slot *s = &table->slots[slot];

	member->pid = table->processes[s->process % CLUSTER_PROCESSES].pid;
	member->ring_id = s->ring_id;
	member->ifindex = s->in_group ? table->groups[s->group % CLUSTER_GROUPS].ifindex : 0;
	member->enabled = s->serving && s->in_group;
	member->share = member->enabled ? share_of(table, slot) : 0;
	memcpy(member->application, s->application, sizeof(member->application));
	member->application[sizeof(member->application) - 1] = '\0';
}

/* The table may change meanwhile: this is a picture for people. */
void torc_report_send(const struct cluster_table *table, int fd)
{
	struct report *report = calloc(1, sizeof(*report));

	if (!report)
		return;
	report->id = table->id;
	report->type = table->type;
	report->options = table->options;
	report->extended = table->mode == CLUSTER_MODE_EXTENDED;
	memcpy(report->device, table->device, sizeof(report->device) - 1);
	for (unsigned int i = 0; i < CLUSTER_SLOTS; i++) {
		if (table->slots[i].used && !table->slots[i].left)
			describe(table, i, &report->members[report->member_count++]);
	}
	send(fd, report, REPORT_BYTES(report->member_count), MSG_NOSIGNAL | MSG_DONTWAIT);
	free(report);
}

/* A cluster and its members in one allocation; NULL: no memory. */
static struct torc_cluster_info *unpack(const struct report *report)
{
	unsigned int count = report->member_count;
	struct torc_cluster_info *info;
	struct torc_cluster_member_info *members;

	info = calloc(1, sizeof(*info) + count * (sizeof(void *) + sizeof(*members)));
	if (!info)
		return NULL;
	info->id = report->id;
	info->type = (enum torc_cluster_type)report->type;
	info->options = report->options;
	info->extended = report->extended != 0;
	memcpy(info->device, report->device, sizeof(info->device) - 1);
	info->member_count = count;
	info->members = (struct torc_cluster_member_info **)(info + 1);
	members = (struct torc_cluster_member_info *)(info->members + count);
	for (unsigned int i = 0; i < count; i++) {
		const struct report_member *from = &report->members[i];

		info->members[i] = &members[i];
		members[i] = (struct torc_cluster_member_info){
			.pid = from->pid, .ring_id = from->ring_id, .ifindex = from->ifindex,
			.share = from->share, .enabled = from->enabled != 0,
		};
		memcpy(members[i].application, from->application, sizeof(from->application) - 1);
	}
	return info;
}

/* One process of each cluster is asked at once; all have the same time to answer. */
struct question {
	unsigned int id;
	int fd; /* -1: nobody is there */
};

static int put_question(unsigned int id)
{
	const struct cluster_message query = { .kind = MESSAGE_QUERY };
	struct torc_peer_place place;
	int fd = -1, ret = torc_peer_place(&place, "cluster", id, NULL);

	if (ret == 0)
		fd = torc_peer_connect(&place);
	if (fd >= 0 && torc_message_send(fd, &query, NULL, 0) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/* The cluster, or NULL: nobody has answered in time. */
static struct torc_cluster_info *hear(const struct question *question, struct report *report,
				      uint64_t until_ns)
{
	struct pollfd event = { .fd = question->fd, .events = POLLIN };
	uint64_t now = torc_watch_now_ns();
	int wait_ms = now < until_ns ? (int)((until_ns - now) / 1000000) : 0;
	ssize_t length;

	if (question->fd < 0 || poll(&event, 1, wait_ms) != 1)
		return NULL;
	length = recv(question->fd, report, sizeof(*report), MSG_DONTWAIT);
	if (length < (ssize_t)REPORT_BYTES(0) || report->member_count > CLUSTER_SLOTS ||
	    (size_t)length != REPORT_BYTES(report->member_count))
		return NULL;
	return unpack(report);
}

static int add(struct torc_cluster_info ***clusters, unsigned int *count,
	       struct torc_cluster_info *info)
{
	struct torc_cluster_info **more = realloc(*clusters, (*count + 1) * sizeof(*more));

	if (!more)
		return -ENOMEM;
	more[(*count)++] = info;
	*clusters = more;
	return 0;
}

int torc_clusters_read(struct torc_cluster_info ***clusters, unsigned int *count)
{
	unsigned int *ids = calloc(CLUSTERS_MAX, sizeof(*ids));
	struct question *questions = calloc(CLUSTERS_MAX, sizeof(*questions));
	struct report *report = calloc(1, sizeof(*report));
	uint64_t until_ns = torc_watch_now_ns() + ANSWER_NS;
	int ret = ids && questions && report ? 0 : -ENOMEM, asked = 0;

	*clusters = NULL;
	*count = 0;
	if (ret == 0)
		asked = torc_peer_places("cluster", ids, CLUSTERS_MAX);
	for (int i = 0; i < asked && torc_watch_now_ns() < until_ns; i++)
		questions[i] = (struct question){ ids[i], put_question(ids[i]) };
	for (int i = 0; i < asked; i++) {
		struct torc_cluster_info *info = NULL;

		if (ret == 0 && questions[i].id != 0)
			info = hear(&questions[i], report, until_ns);
		if (info && (ret = add(clusters, count, info)) < 0)
			free(info);
		if (questions[i].id != 0 && questions[i].fd >= 0)
			close(questions[i].fd);
	}
	free(report);
	free(questions);
	free(ids);
	if (ret < 0) {
		torc_clusters_free(*clusters, *count);
		*clusters = NULL;
		*count = 0;
	}
	return ret;
}

void torc_clusters_free(struct torc_cluster_info **clusters, unsigned int count)
{
	for (unsigned int i = 0; clusters && i < count; i++)
		free(clusters[i]);
	free(clusters);
}
