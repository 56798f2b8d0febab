/* SPDX-License-Identifier: BSD-3-Clause */
/* clusters.c - the clusters below the rings of torc rings: members and each one's share */
#include <string.h>

#include <torc/cluster.h>

#include "rings.h"

static const char *type_name(const struct torc_cluster_info *cluster)
{
	const char *name = torc_cluster_type_name(cluster->type);

	return name ? name : "unknown";
}

static double share_of(const struct torc_cluster_member_info *member)
{
	return (double)member->share / TORC_CLUSTER_SHARE_WHOLE;
}

static void json_cluster(const struct torc_cluster_info *cluster)
{
	printf("{\"cluster\":%u,\"type\":\"%s\",\"device\":", cluster->id, type_name(cluster));
	cli_print_json_string(stdout, cluster->device);
	printf(",\"relaxed\":%s,\"extended\":%s,\"members\":[",
	       cluster->options & TORC_CLUSTER_RELAXED ? "true" : "false",
	       cluster->extended ? "true" : "false");
	for (unsigned int i = 0; i < cluster->member_count; i++) {
		const struct torc_cluster_member_info *member = cluster->members[i];

		printf("%s{\"pid\":%d,\"ring\":%u,\"application\":", i ? "," : "", member->pid,
		       member->ring_id);
		cli_print_json_string(stdout, member->application);
		printf(",\"ifindex\":%d,\"enabled\":%s,\"share\":", member->ifindex,
		       member->enabled ? "true" : "false");
		if (cluster->type == TORC_CLUSTER_ROUND_ROBIN)
			printf("null}");
		else
			printf("%.4f}", share_of(member));
	}
	printf("]}\n");
}

static void text_cluster(const struct torc_cluster_info *cluster)
{
	char device[ESCAPED(128)];

	printf("\ncluster %u: %s on %s, %u member%s%s%s\n", cluster->id, type_name(cluster),
	       rings_printable(cluster->device, device, sizeof(device)), cluster->member_count,
	       cluster->member_count == 1 ? "" : "s",
	       cluster->options & TORC_CLUSTER_RELAXED ? ", relaxed" : "",
	       cluster->extended ? ", fragments follow their flow" : "");
	for (unsigned int i = 0; i < cluster->member_count; i++) {
		const struct torc_cluster_member_info *member = cluster->members[i];
		char name[ESCAPED(64)];

		printf("  %-8d %-15s ring %-4u ", member->pid,
		       rings_printable(member->application, name, sizeof(name)), member->ring_id);
		if (!member->enabled)
			printf("no share: disabled\n");
		else if (cluster->type == TORC_CLUSTER_ROUND_ROBIN)
			printf("in turn\n");
		else
			printf("%.1f %% of the flows\n", 100 * share_of(member));
	}
}

void rings_print_clusters(struct torc_cluster_info *const *clusters, unsigned int count, bool json)
{
	for (unsigned int i = 0; i < count; i++) {
		if (json)
			json_cluster(clusters[i]);
		else
			text_cluster(clusters[i]);
	}
}
