/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * confine.h - between the parts of torc_confine()
 *
 * confine.c (the order, what is in force), landlock.c (files, ports, scopes), seccomp.c (the list of
 * system calls as BPF), threads.c (what the kernel keeps for each thread, in all of them).
 */
#ifndef TORC_CONFINE_CONFINE_H
#define TORC_CONFINE_CONFINE_H

#include <torc/confine.h>

/* landlock.c: a ruleset's descriptor, or a negative errno; -EOPNOTSUPP: the kernel has none. parts
 * are the TORC_CONFINED_ that it has. */
int torc_landlock_make(const struct torc_confine_options *options, uint32_t *abi, uint32_t *parts);
int torc_landlock_enter(int ruleset); /* the calling thread, and what it starts */

/* Beside the roles: */
#define CONFINE_HAS_LANDLOCK (1u << 31) /* it is in force for files */
#define CONFINE_FILES	     (1u << 30) /* files and sockets that are open may be of any kind, and names
					 * are looked up */
#define CONFINE_THREADS	     (1u << 29)
#define CONFINE_RINGS	     (1u << 28) /* asks about interfaces, has maps of bpf(2) */
#define CONFINE_BARE	     (1u << 27) /* none of these, but for threads that there are */

/* seccomp.c: for all threads; 0 or a negative errno; -EOPNOTSUPP on a machine it has no list for. */
int torc_seccomp_enter(uint32_t roles, bool log, uint32_t *parts);

/*
 * threads.c: step(object) in each thread of the process; it must be safe in a signal handler.
 * done and left count the others.
 */
void torc_each_thread(void (*step)(void *object), void *object, uint32_t *done, uint32_t *left);

#endif
