/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/industrial/doip.h - diagnostics of vehicles over IP */
#ifndef TORC_LAYERS_DOIP_H
#define TORC_LAYERS_DOIP_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ISO 13400-2:2019 §8 and §9 */
struct torc_doip {
	uint8_t version;
	uint8_t inverse_version;
	uint16_t payload_type;
	uint32_t length;           /* of the payload */
	struct torc_bytes vin;     /* of an announcement, as the next three */
	struct torc_bytes entity;  /* EID */
	struct torc_bytes group;   /* GID */
	uint8_t further_action;
	bool has_source;
	uint16_t source;           /* logical address, of routing activation and diagnostic messages */
	bool has_target;
	uint16_t target;
	bool has_code;
	uint8_t code;              /* activation type, response code, or why something was refused */
	struct torc_bytes data;    /* what else there is: of a diagnostic message, that of UDS */
};

TORC_LAYER_READER(doip, DOIP)

#ifdef __cplusplus
}
#endif

#endif
