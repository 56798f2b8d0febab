/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/application/bittorrent.h - the handshake of BitTorrent, BEP 3 */
#ifndef TORC_LAYERS_BITTORRENT_H
#define TORC_LAYERS_BITTORRENT_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_bittorrent {
	struct torc_bytes protocol; /* "BitTorrent protocol" */
	uint64_t extensions;        /* bits: BEP 4 */
	struct torc_bytes info_hash; /* 20 bytes: which torrent */
	struct torc_bytes peer;     /* 20 bytes; empty: it comes in the next segment */
};

TORC_LAYER_READER(bittorrent, BITTORRENT)

#ifdef __cplusplus
}
#endif

#endif
