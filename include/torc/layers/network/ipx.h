/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/network/ipx.h - Novell's IPX */
#ifndef TORC_LAYERS_IPX_H
#define TORC_LAYERS_IPX_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The header of an IPX packet; what it carries is told by the sockets, and is left as bytes. */
struct torc_ipx {
	uint16_t checksum; /* FFFF: none */
	uint16_t length; /* with the header */
	uint8_t hops;
	uint8_t packet_type; /* 0: unknown, 1: RIP, 4: SAP, 5: SPX, 17: NCP, 20: NetBIOS broadcast */
	uint32_t destination_network;
	uint8_t destination[6];
	uint16_t destination_socket; /* 451: NCP, 452: SAP, 453: RIP, 455: NetBIOS (hexadecimal) */
	uint32_t source_network;
	uint8_t source[6];
	uint16_t source_socket;
};

TORC_LAYER_READER(ipx, IPX)

#ifdef __cplusplus
}
#endif

#endif
