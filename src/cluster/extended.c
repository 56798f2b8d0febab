/* SPDX-License-Identifier: BSD-3-Clause */
#include "cluster/extended.h"
#include <errno.h>
#include <torc/base.h>
int torc_extended_load(int *program, int *map, unsigned int flow_bits, bool turns,
		       struct torc_error *error) { (void)program;(void)map;(void)flow_bits;(void)turns;(void)error; return -EPERM; }
int torc_extended_map(void **memory, int map){(void)memory;(void)map; return -EPERM;}
void torc_extended_unmap(void *memory){(void)memory;}
void torc_extended_group(void *memory, unsigned int group, int ifindex){(void)memory;(void)group;(void)ifindex;}
int torc_extended_write(void *memory, unsigned int group,
			const uint16_t values[CLUSTER_BUCKETS]){(void)memory;(void)group;(void)values; return -EPERM;}
