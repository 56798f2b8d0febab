/* SPDX-License-Identifier: BSD-3-Clause */
/* report.c - torc/cluster.h: who is in the clusters of this network namespace */
#include "cluster/report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <torc/cluster.h>

#include "cluster/peer.h"
#include "cluster/types.h"

struct report {
	struct torc_cluster_info info;
	struct torc_cluster_member_info members[CLUSTER_SLOTS];
};

static unsigned int share_of(const struct cluster_table *table, unsigned int slot)
{
	const struct cluster_group *group =
		&table->groups[table->slots[slot].group % CLUSTER_GROUPS];
	unsigned int share = 0;

	if (!table->slots[slot].in_group || table->mode == CLUSTER_MODE_TURNS ||
	    table->type == TORC_CLUSTER_ROUND_ROBIN)
		return 0;
	for (unsigned int b = 0; b < CLUSTER_BUCKETS; b++)
		share += group->owner[b] == slot;
	return share;
}

static void describe(const struct cluster_table *table, unsigned int slot,
		     struct torc_cluster_member_info *member)
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
	struct torc_cluster_info *info;

	if (!report)
		return;
	info = &report->info;
	info->id = table->id;
	info->type = (enum torc_cluster_type)table->type;
	info->options = table->options;
	info->extended = table->mode == CLUSTER_MODE_EXTENDED;
	memcpy(info->device, table->device, sizeof(info->device) - 1);
	for (unsigned int i = 0; i < CLUSTER_SLOTS; i++) {
		if (table->slots[i].used && !table->slots[i].left)
			describe(table, i, &report->members[info->member_count++]);
	}
	send(fd, report, sizeof(report->info) + info->member_count * sizeof(report->members[0]),
	     MSG_NOSIGNAL | MSG_DONTWAIT);
	free(report);
}

/* 1: info is filled in; its members are a copy of their own. */
static int ask(unsigned int id, struct torc_cluster_info *info)
{
	const struct peer_message query = { .kind = PEER_QUERY };
	struct report *report = calloc(1, sizeof(*report));
	int fd = torc_peer_connect(id), ret = 0;
	ssize_t length;

	if (!report || fd < 0 || torc_peer_send(fd, &query) < 0)
		goto done;
	length = recv(fd, report, sizeof(*report), 0);
	if (length < (ssize_t)sizeof(report->info) || report->info.member_count > CLUSTER_SLOTS ||
	    (size_t)length != sizeof(report->info) +
				      report->info.member_count * sizeof(report->members[0]))
		goto done;
	*info = report->info;
	info->device[sizeof(info->device) - 1] = '\0';
	info->members = malloc(sizeof(report->members));
	if (!info->members)
		goto done;
	memcpy(info->members, report->members, sizeof(report->members));
	ret = 1;
done:
	if (fd >= 0)
		close(fd);
	free(report);
	return ret;
}

/* The names of listening sockets are in /proc/net/unix, "@torc-cluster-7"; each several times. */
static int find_ids(bool found[65536])
{
	FILE *file = fopen("/proc/thread-self/net/unix", "re");
	char line[256];

	if (!file)
		return -errno;
	while (fgets(line, sizeof(line), file)) {
		const char *name = strstr(line, "@torc-cluster-");
		unsigned int id;

		if (name && sscanf(name, "@torc-cluster-%u", &id) == 1 && id < 65536)
			found[id] = true;
	}
	fclose(file);
	return 0;
}

static int add(struct torc_cluster_info **clusters, unsigned int *count,
	       const struct torc_cluster_info *info)
{
	struct torc_cluster_info *more = realloc(*clusters, (*count + 1) * sizeof(**clusters));

	if (!more)
		return -ENOMEM;
	more[(*count)++] = *info;
	*clusters = more;
	return 0;
}

int torc_clusters_read(struct torc_cluster_info **clusters, unsigned int *count)
{
	bool *found = calloc(65536, sizeof(*found));
	struct torc_cluster_info info;
	int ret;

	*clusters = NULL;
	*count = 0;
	if (!found)
		return -ENOMEM;
	ret = find_ids(found);
	for (unsigned int id = 1; id < 65536 && ret == 0; id++) {
		if (!found[id] || !ask(id, &info))
			continue;
		ret = add(clusters, count, &info);
		if (ret < 0)
			free(info.members);
	}
	free(found);
	if (ret < 0) {
		torc_clusters_free(*clusters, *count);
		*clusters = NULL;
		*count = 0;
	}
	return ret;
}

void torc_clusters_free(struct torc_cluster_info *clusters, unsigned int count)
{
	for (unsigned int i = 0; clusters && i < count; i++)
		free(clusters[i].members);
	free(clusters);
}
