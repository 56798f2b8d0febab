/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/transport/udp.h - UDP, RFC 768 */
#ifndef TORC_LAYERS_UDP_H
#define TORC_LAYERS_UDP_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_udp {
	uint16_t source_port;
	uint16_t destination_port;
	uint16_t length; /* bytes, header included; 0 in jumbograms (RFC 2675 §4) */
	uint16_t checksum;
};

TORC_LAYER_READER(udp, UDP)

#ifdef __cplusplus
}
#endif

#endif
