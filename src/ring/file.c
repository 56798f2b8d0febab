/* SPDX-License-Identifier: BSD-3-Clause */
/* file.c - the way from a ring on a file to that file */
#include <torc/file.h>

#include "ring/ring.h"

const struct torc_file *torc_file_of_ring(const struct torc_ring *ring)
{
	if (ring->port_count == 0 || ring->ports[0].ops != &torc_engine_replay)
		return NULL;
	return torc_engine_replay_file(ring->ports[0].engine);
}
