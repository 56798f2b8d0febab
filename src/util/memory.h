/* SPDX-License-Identifier: BSD-3-Clause */
/* memory.h - memory that several processes have (memfd_create(2)) */
#ifndef TORC_UTIL_MEMORY_H
#define TORC_UTIL_MEMORY_H

#include <stddef.h>

#define TORC_HUGE_PAGE ((size_t)2 << 20)

/*
 * Zeroed memory and, returned, its descriptor. Nobody else can write it (F_SEAL_FUTURE_WRITE, Linux
 * 5.1), nor cut it, so that nobody who has it can make the others fault.
 */
int torc_memory_create(void **memory, size_t bytes);

/* Memory that was received, to read, and its size: at least *bytes; -EPROTO when it is less or can be cut. */
int torc_memory_map(void **memory, int fd, size_t *bytes);

/* A copy that nobody can change any more: its descriptor. To be read by pread(2). */
int torc_memory_sealed(const void *bytes, size_t size);

#endif
