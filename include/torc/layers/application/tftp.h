/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/application/tftp.h - Trivial File Transfer Protocol, RFC 1350, and its options, RFC 2347 */
#ifndef TORC_LAYERS_TFTP_H
#define TORC_LAYERS_TFTP_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_tftp {
	uint8_t opcode;  /* 1: read, 2: write, 3: data, 4: acknowledgment, 5: error, 6: options */
	uint16_t block;  /* of data and acknowledgments */
	uint16_t error_code;
	struct torc_bytes file;  /* of a request */
	struct torc_bytes mode;
	struct torc_bytes options;  /* pairs of strings, each with a zero behind */
	struct torc_bytes error;
	uint32_t data_length;  /* of data */
};

TORC_LAYER_READER(tftp, TFTP)

#ifdef __cplusplus
}
#endif

#endif
