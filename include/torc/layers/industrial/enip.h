/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/industrial/enip.h - EtherNet/IP: the encapsulation, and the list of items it carries */
#ifndef TORC_LAYERS_ENIP_H
#define TORC_LAYERS_ENIP_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The CIP Networks Library, volume 2, §2-3 and §2-4; numbers are little-endian */
struct torc_enip {
	uint16_t command;
	uint16_t length; /* bytes behind the 24 of the header */
	uint32_t session;
	uint32_t status;
	struct torc_bytes sender_context; /* 8 bytes, which an answer repeats */
	uint32_t options;
	uint16_t protocol_version; /* of RegisterSession, as the next */
	uint16_t session_options;
	uint32_t interface_handle; /* of SendRRData and SendUnitData, as the next; 0: CIP */
	uint16_t timeout_s;
	uint16_t item_count;     /* also of answers to List commands */
	uint16_t sequence_count; /* in front of CIP in a connection */
	struct torc_bytes items; /* see torc_enip_item_next() */
	struct torc_bytes data;  /* of other commands, what there is */
};

TORC_LAYER_READER(enip, ENIP)

/* An item of the common packet format, §2-6. */
struct torc_enip_item {
	uint16_t type;
	uint16_t length;          /* of the data */
	struct torc_bytes data;   /* without what is the layer CIP */
};

/* The item at *position, 0 at first; 1, or 0 at the end and where one does not fit. */
TORC_API int torc_enip_item_next(const struct torc_enip *enip, uint32_t *position,
				 struct torc_enip_item *item);

#ifdef __cplusplus
}
#endif

#endif
