/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/routing/bfd.h - Bidirectional Forwarding Detection, RFC 5880 */
#ifndef TORC_LAYERS_BFD_H
#define TORC_LAYERS_BFD_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_bfd {
	uint8_t version; /* 1 */
	uint8_t diagnostic;
	uint8_t state;
	bool poll;
	bool final;
	bool control_plane_independent;
	bool authentication_present;
	bool demand;
	bool multipoint;
	uint8_t detect_multiplier;
	uint8_t length; /* bytes, authentication included */
	uint32_t my_discriminator;
	uint32_t your_discriminator;
	uint32_t desired_min_tx_us;
	uint32_t required_min_rx_us;
	uint32_t required_min_echo_rx_us;
	uint8_t authentication_type;
	uint8_t authentication_key_id;
	struct torc_bytes authentication; /* behind type, length and key id */
};

TORC_LAYER_READER(bfd, BFD)

#ifdef __cplusplus
}
#endif

#endif
