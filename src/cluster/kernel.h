/* SPDX-License-Identifier: BSD-3-Clause */
/* kernel.h - fanout groups and packet sockets as the kernel has them */
#ifndef TORC_CLUSTER_KERNEL_H
#define TORC_CLUSTER_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * The inodes of all packet sockets of this network namespace, the oldest first (/proc/net/packet);
 * release *inodes with free(). Returns how many, or a negative errno.
 */
int torc_kernel_sockets(uint64_t **inodes);

/* 1, 0, or a negative errno when that cannot be known */
int torc_kernel_has_socket(uint64_t inode);

/* The inode of an open socket, 0 when it is none. */
uint64_t torc_kernel_inode(int fd);

/* Is the id of a fanout group taken in this network namespace? 1, 0, negative errno. */
int torc_kernel_group_taken(uint16_t id);

/* Put a bound socket into a group, which is made when there is none with this id. */
int torc_kernel_group_enter(int fd, uint16_t id, uint16_t type_and_flags);

/*
 * Exchange the program of a group, a struct sock_fprog or the descriptor of an eBPF one; at once and
 * for all of it. fd: any socket in the group.
 */
int torc_kernel_group_program(int fd, const void *program, size_t size);

#endif
