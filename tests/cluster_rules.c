/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who may be in a cluster together: ids, types, devices, users, foreign programs; and what anyone
 * can see of it.
 */
#include <grp.h>
#include <linux/if_ether.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "workers.h"

static int sender;

static int try_join(const char *device, unsigned int id, enum torc_cluster_type type,
		    uint32_t options, char *text)
{
	struct torc_ring *ring;
	int result = torc_ring_open(&ring, device, 0, 0, NULL);

	if (result < 0)
		return result;
	result = torc_ring_set_cluster_with(ring, id, type, options);
	snprintf(text, 512, "%s", torc_ring_error(ring));
	if (result == 0)
		result = torc_ring_enable(ring);
	torc_ring_close(ring);
	return result;
}

static void ids(void)
{
	char text[512];

	is(try_join("vb", 0, TORC_CLUSTER_PER_FLOW, 0, text), -EINVAL, "id 0");
	is(try_join("vb", 65536, TORC_CLUSTER_PER_FLOW, 0, text), -EINVAL, "id 65536");
	is(try_join("vb", 1, TORC_CLUSTER_PER_FLOW, 0, text), 0, "id 1");
	is(try_join("vb", 65535, TORC_CLUSTER_PER_FLOW, 0, text), 0, "id 65535");
	is(try_join("vb", 1, (enum torc_cluster_type)13, 0, text), -EINVAL, "type 13");
	is(try_join("vb", 1, TORC_CLUSTER_PER_FLOW, 8, text), -EINVAL, "option 8");
}

static void disagreement(void)
{
	char text[512] = "", pid[32];

	worker_setup(0, "vb", 7, TORC_CLUSTER_PER_FLOW, 0);
	is(worker_start(0), 0, "a member of cluster 7");
	snprintf(pid, sizeof(pid), "pid %d", (int)board->workers[0].pid);

	is(try_join("vb", 7, TORC_CLUSTER_PER_FLOW_2_TUPLE, 0, text), -TORC_ECLUSTER,
	   "another type is refused");
	ok(strstr(text, pid) && strstr(text, "per_flow_2_tuple") && strstr(text, "cluster_rules"),
	   "naming the other side: %s", text);
	is(try_join("va", 7, TORC_CLUSTER_PER_FLOW, 0, text), -TORC_ECLUSTER,
	   "another device is refused");
	ok(strstr(text, pid) && strstr(text, "vb") && strstr(text, "va"), "naming both: %s", text);
	is(try_join("vb", 7, TORC_CLUSTER_PER_FLOW, TORC_CLUSTER_RELAXED, text), -TORC_ECLUSTER,
	   "another way of sharing is refused");
	is(try_join("vb", 7, TORC_CLUSTER_PER_FLOW, 0, text), 0, "the same is let in");
	is(try_join("va", 8, TORC_CLUSTER_PER_FLOW_2_TUPLE, 0, text), 0, "another id is free");
	worker_quit(0);
	is(try_join("va", 7, TORC_CLUSTER_PER_FLOW_2_TUPLE, 0, text), 0,
	   "and so is this one, once it is empty");
}

static void seen_by_anyone(void)
{
	struct torc_cluster_info **clusters = NULL;
	unsigned int count = 0, share = 0, enabled = 0;

	for (unsigned int i = 0; i < 3; i++) {
		worker_setup(i, "vb", 9, TORC_CLUSTER_PER_FLOW_4_TUPLE, 0);
		is(worker_start(i), 0, "member %u of cluster 9", i);
	}
	worker_order(2, ORDER_DISABLE);
	is(torc_clusters_read(&clusters, &count), 0, "the clusters are read");
	is(count, 1, "there is one");
	if (count == 1) {
		is(clusters[0]->id, 9, "its id");
		is(clusters[0]->type, TORC_CLUSTER_PER_FLOW_4_TUPLE, "its type");
		is_str(clusters[0]->device, "vb", "its device");
		is(clusters[0]->member_count, 3, "its members");
		for (unsigned int i = 0; i < clusters[0]->member_count; i++) {
			share += clusters[0]->members[i]->share;
			enabled += clusters[0]->members[i]->enabled;
		}
		is(enabled, 2, "two of them enabled");
		is(share, TORC_CLUSTER_SHARE_WHOLE, "who have all of it");
		is_str(clusters[0]->members[0]->application, "cluster_rules", "the application");
	}
	torc_clusters_free(clusters, count);
	workers_quit();
	is(torc_clusters_read(&clusters, &count), 0, "read again");
	is(count, 0, "an empty cluster is gone");
	is_str(torc_cluster_type_name(TORC_CLUSTER_ROUND_ROBIN), "round_robin", "a type's name");
	is(torc_cluster_type_parse("per_flow_tcp_5_tuple"), TORC_CLUSTER_PER_FLOW_TCP_5_TUPLE,
	   "a name's type");
	is(torc_cluster_type_parse("cluster_per_flow_tcp_5_tuple"),
	   TORC_CLUSTER_PER_FLOW_TCP_5_TUPLE, "as PF_RING and gopacket name it");
	is(torc_cluster_type_parse("tcp-5-tuple"), TORC_CLUSTER_PER_FLOW_TCP_5_TUPLE,
	   "the short form");
	is(torc_cluster_type_parse("flow"), TORC_CLUSTER_PER_FLOW, "flow");
	is(torc_cluster_type_parse("inner-flow"), TORC_CLUSTER_PER_INNER_FLOW, "inner-flow");
	is(torc_cluster_type_parse("flows"), -EINVAL, "a name of none");
	for (int type = 0; torc_cluster_type_name(type); type++)
		is(torc_cluster_type_parse(torc_cluster_type_name(type)), type, "%s is itself",
		   torc_cluster_type_name(type));
}

/* Another program's fanout group with the id that would be ours. */
static void foreign_group(void)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET,
				       .sll_protocol = htons(ETH_P_ALL),
				       .sll_ifindex = (int)if_nametoindex("vb") };
	uint16_t id = (uint16_t)(32768u + (11 * 257u + (unsigned int)address.sll_ifindex) % 32768u);
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, 0), value = id | 6 << 16;
	struct flow flow = any_flow();
	unsigned int foreign = 0;
	char buffer[2048];

	bind(fd, (struct sockaddr *)&address, sizeof(address));
	is(setsockopt(fd, SOL_PACKET, PACKET_FANOUT, &value, sizeof(value)), 0,
	   "another program has fanout id %u", id);
	worker_setup(0, "vb", 11, TORC_CLUSTER_PER_FLOW, 0);
	is(worker_start(0), 0, "cluster 11 takes another id");
	for (int i = 0; i < 200; i++)
		send_numbered(sender, &flow);
	workers_settle(200);
	while (recv(fd, buffer, sizeof(buffer), 0) > 0)
		foreign++;
	is(foreign, 200, "the other program still gets all of its packets");
	is(board->workers[0].received, 200, "and the cluster all of its own");
	worker_quit(0);
	close(fd);
}

/* In a child: CAP_NET_RAW and another user. */
static void become_user(uid_t uid)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { .effective = 1 << CAP_NET_RAW,
						    .permitted = 1 << CAP_NET_RAW } };

	prctl(PR_SET_KEEPCAPS, 1);
	if (setgroups(0, NULL) < 0 || setresgid(uid, uid, uid) < 0 || setresuid(uid, uid, uid) < 0 ||
	    syscall(SYS_capset, &header, data) < 0)
		_exit(2);
}

/* A member as another user, with a folder of its own or none; its result. It lives until killed. */
static pid_t member_of(uid_t uid, const char *folder, int *result)
{
	int ready[2];
	pid_t pid;

	if (pipe(ready) < 0)
		exit(1);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		struct torc_ring *ring;
		struct torc_packet packet;
		int ret;

		if (folder && (mkdir(folder, 0700) < 0 || chown(folder, uid, uid) < 0))
			_exit(3);
		become_user(uid);
		if (folder)
			setenv("XDG_RUNTIME_DIR", folder, 1);
		else
			unsetenv("XDG_RUNTIME_DIR");
		ret = torc_ring_open(&ring, "vb", 0, 0, NULL);
		if (ret == 0) {
			torc_ring_set_poll_duration(ring, 0);
			ret = torc_ring_set_cluster(ring, 12, TORC_CLUSTER_PER_FLOW);
		}
		if (ret == 0)
			ret = torc_ring_enable(ring);
		(void)!write(ready[1], &ret, sizeof(ret));
		while (ret == 0)
			torc_ring_next(ring, &packet);
		_exit(0);
	}
	close(ready[1]);
	if (read(ready[0], result, sizeof(*result)) != sizeof(*result))
		*result = -EPIPE;
	close(ready[0]);
	return pid;
}

/* Each user has clusters of his own: what is root's is not shared with others, nor theirs with root. */
static void users(void)
{
	struct torc_cluster_info **clusters = NULL;
	unsigned int count = 9;
	int status[3] = { -1, -1, -1 };
	pid_t pids[3];
	char text[512];

	if (geteuid() != 0 || setgroups(0, NULL) < 0) {
		skip("several users", "needs root");
		return;
	}
	pids[0] = member_of(61001, "/run/61001", &status[0]);
	is(status[0], 0, "a user who may capture, with a folder of his own, has a cluster");
	pids[1] = member_of(61002, "/run/61002", &status[1]);
	is(status[1], 0, "another user has another, of the same number");
	pids[2] = member_of(61003, NULL, &status[2]);
	is(status[2], -ENOENT, "one without a folder is refused");
	is(torc_clusters_read(&clusters, &count), 0, "what root sees");
	is(count, 0, "are clusters of its own");
	torc_clusters_free(clusters, count);
	is(try_join("vb", 12, TORC_CLUSTER_ROUND_ROBIN, 0, text), 0,
	   "a third cluster of that number, of another type, is root's");
	for (int i = 0; i < 3; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
}

int main(void)
{
	workers_init();
	net_pair("va", "vb");
	sender = net_sender("va");
	ids();
	disagreement();
	seen_by_anyone();
	foreign_group();
	users();
	return done();
}
