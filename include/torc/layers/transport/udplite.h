/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/transport/udplite.h - UDP-Lite, RFC 3828 */
#ifndef TORC_LAYERS_UDPLITE_H
#define TORC_LAYERS_UDPLITE_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_udplite {
	uint16_t source_port;
	uint16_t destination_port;
	uint16_t checksum_coverage; /* bytes; 0: all */
	uint16_t checksum;
};

TORC_LAYER_READER(udplite, UDPLITE)

#ifdef __cplusplus
}
#endif

#endif
