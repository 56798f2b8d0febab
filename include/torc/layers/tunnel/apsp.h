/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/tunnel/apsp.h - the PSP header as Andromeda extends it, UDP port 1000 */
#ifndef TORC_LAYERS_APSP_H
#define TORC_LAYERS_APSP_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * 16 bytes as the PSP Security Protocol has them (architecture specification §4), then Andromeda's
 * own. What is behind the crypt offset is encrypted.
 */
struct torc_apsp {
	uint8_t next_header;          /* IP protocol of what is carried */
	uint8_t header_length;        /* behind the first 8 bytes, in units of 8: 4 */
	uint8_t crypt_offset;         /* behind the first 16 bytes, in units of 4 */
	uint8_t version;
	bool is_sampled;
	bool is_drop;                 /* it is a probe that the receiver counts and drops */
	bool has_virtual_cookie;
	uint32_t security_parameters; /* index; its highest bit chooses the master key */
	uint64_t initialization_vector;
	uint32_t security_token;
	uint32_t virtual_key;
	uint64_t source_endpoint;
	uint64_t destination_endpoint;
};

TORC_LAYER_READER(apsp, APSP)

#ifdef __cplusplus
}
#endif

#endif
