/* SPDX-License-Identifier: BSD-3-Clause */
/* absent.c - refuses clusters until src/cluster/ has them; weak, so that the real ones win */
#include <errno.h>

#include "cluster/cluster.h"
#include "util/error.h"

__attribute__((weak)) int torc_cluster_join(struct torc_cluster_member **member,
					    const struct torc_cluster_request *request,
					    struct torc_error *error)
{
	(void)member;
	return torc_error_set(error, -EOPNOTSUPP, "cluster %u: not in this build", request->id);
}

__attribute__((weak)) int torc_cluster_attach(struct torc_cluster_member *member, int fd,
					      struct torc_error *error)
{
	(void)member;
	return torc_error_set(error, -EOPNOTSUPP, "socket %d: not in this build", fd);
}

__attribute__((weak)) int torc_cluster_serve(struct torc_cluster_member *member,
					     struct torc_error *error)
{
	(void)member;
	return torc_error_set(error, -EOPNOTSUPP, "not in this build");
}

__attribute__((weak)) int torc_cluster_detach(struct torc_cluster_member *member)
{
	(void)member;
	return -EOPNOTSUPP;
}

__attribute__((weak)) void torc_cluster_closed(struct torc_cluster_member *member)
{
	(void)member;
}

__attribute__((weak)) void torc_cluster_leave(struct torc_cluster_member *member)
{
	(void)member;
}
