/* SPDX-License-Identifier: BSD-3-Clause */
/* kernel.c - PACKET_FANOUT and /proc/net/packet; linux/if_packet.h, packet(7) */
#include "cluster/kernel.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "peer/peer.h"

#ifndef PACKET_FANOUT_FLAG_IGNORE_OUTGOING
#define PACKET_FANOUT_FLAG_IGNORE_OUTGOING 0x4000
#endif

static int add(uint64_t **inodes, int count, uint64_t inode)
{
	uint64_t *more = *inodes;

	if (count % 64 == 0)
		more = realloc(more, ((size_t)count + 64) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	more[count] = inode;
	*inodes = more;
	return 0;
}

int torc_kernel_sockets(uint64_t **inodes)
{
	/* Of the thread: the network namespace of a process is that of its first thread. */
	FILE *file = fopen("/proc/thread-self/net/packet", "re");
	int count = 0, ret = 0;
	char line[256];
	uint64_t inode;

	*inodes = NULL;
	if (!file)
		return -errno;
	while (ret == 0 && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%*s %*s %*s %*s %*s %*s %*s %*s %" SCNu64, &inode) == 1)
			ret = add(inodes, count++, inode);
	}
	fclose(file);
	if (ret < 0) {
		free(*inodes);
		*inodes = NULL;
	}
	return ret < 0 ? ret : count;
}

int torc_kernel_has_socket(uint64_t inode)
{
	uint64_t *inodes;
	int count = torc_kernel_sockets(&inodes), found = 0;

	for (int i = 0; i < count; i++)
		found |= inodes[i] == inode;
	free(inodes);
	return count < 0 ? count : found;
}

uint64_t torc_kernel_inode(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode) ? st.st_ino : 0;
}

/*
 * There is no way to ask; but a socket that differs from every real member in protocol, type and
 * flags is let in only when there is no group yet.
 */
int torc_kernel_group_taken(uint16_t id)
{
	const struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_LOOPBACK),
	};
	int fd = torc_peer_proof(), ret;

	if (fd < 0)
		return fd;
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		ret = -errno;
	else
		ret = torc_kernel_group_enter(fd, id, PACKET_FANOUT_ROLLOVER |
						      PACKET_FANOUT_FLAG_DEFRAG |
						      PACKET_FANOUT_FLAG_IGNORE_OUTGOING);
	close(fd);
	return ret == -EINVAL ? 1 : ret;
}

int torc_kernel_group_enter(int fd, uint16_t id, uint16_t type_and_flags)
{
	int value = (int)(id | (uint32_t)type_and_flags << 16);

	return setsockopt(fd, SOL_PACKET, PACKET_FANOUT, &value, sizeof(value)) < 0 ? -errno : 0;
}

int torc_kernel_group_program(int fd, const void *program, size_t size)
{
	return setsockopt(fd, SOL_PACKET, PACKET_FANOUT_DATA, program, (socklen_t)size) < 0 ? -errno : 0;
}
