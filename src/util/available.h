/* SPDX-License-Identifier: BSD-3-Clause */
/* available.h - how much memory a request may take without harm to what runs beside it */
#ifndef TORC_UTIL_AVAILABLE_H
#define TORC_UTIL_AVAILABLE_H

#include <stdint.h>

struct torc_error;

/*
 * Bytes that can be had without swapping or ending anything: MemAvailable of /proc/meminfo, or what
 * the control groups of the process have left (memory.max less memory.current, of each from its own
 * up to the root), whichever is least. UINT64_MAX: not to be known. root goes in front of the paths:
 * "", or a folder with such files.
 */
uint64_t torc_memory_available(const char *root);

/*
 * torc_memory_fair - 0 if bytes are at most half of what is available, else -ENOMEM with a sentence
 *
 * what    names the request and whom it is for: "the buffer of"
 * whom    "eth0"
 * To be asked before the memory is: the kernel gives a ring's memory whatever it costs others.
 * Cost: a few small files are read.
 */
int torc_memory_fair(uint64_t bytes, const char *what, const char *whom, struct torc_error *error);

#endif
