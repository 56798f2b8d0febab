/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/tunnel/macsec.h - MACsec's SecTAG, IEEE 802.1AE §9 */
#ifndef TORC_LAYERS_MACSEC_H
#define TORC_LAYERS_MACSEC_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_macsec {
	uint8_t version; /* 0 */
	bool is_end_station;
	bool has_sci;
	bool is_single_copy_broadcast;
	bool is_encrypted; /* E: the data cannot be read */
	bool is_changed;   /* C: nor are they as they were */
	uint8_t association; /* number of it, 0 to 3 */
	uint8_t short_length; /* bytes of data when below 48; else 0 */
	uint32_t packet_number;
	uint8_t system[6]; /* of the SCI */
	uint16_t port;
	uint16_t ether_type; /* of the data, where they can be read */
	uint16_t length;
};

TORC_LAYER_READER(macsec, MACSEC)

#ifdef __cplusplus
}
#endif

#endif
