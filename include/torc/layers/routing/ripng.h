/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/routing/ripng.h - the Routing Information Protocol for IPv6, RFC 2080 */
#ifndef TORC_LAYERS_RIPNG_H
#define TORC_LAYERS_RIPNG_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_ripng {
	uint8_t command; /* 1: request, 2: response */
	uint8_t version;
	struct torc_bytes entries;
};

TORC_LAYER_READER(ripng, RIPNG)

struct torc_ripng_entry {
	uint8_t prefix[16];
	uint16_t tag;
	uint8_t prefix_length; /* bits */
	uint8_t metric;        /* 16: not to be reached; 255: the prefix is the next hop of what follows */
};

/* The route at *position, 0 at first; 1, or 0 at the end. */
TORC_API int torc_ripng_entry_next(const struct torc_ripng *ripng, uint32_t *position,
				   struct torc_ripng_entry *entry);

#ifdef __cplusplus
}
#endif

#endif
