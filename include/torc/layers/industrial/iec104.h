/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/industrial/iec104.h - IEC 60870-5-104: an APDU, and the head of what it carries */
#ifndef TORC_LAYERS_IEC104_H
#define TORC_LAYERS_IEC104_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

/* IEC 60870-5-104:2006 §5, IEC 60870-5-101:2003 §7.2; numbers are little-endian */
struct torc_iec104 {
	uint8_t length;            /* behind the first two bytes */
	uint8_t format;            /* 0 I: information, 1 S: supervisory, 3 U: unnumbered */
	uint16_t send_sequence;    /* of I */
	uint16_t receive_sequence; /* of I and S */
	uint8_t function;          /* of U: 1 STARTDT act, 2 con, 4 STOPDT act, 8 con, 16 TESTFR act, 32 con */
	bool has_asdu;             /* of I, as have those below */
	uint8_t type_id;
	bool is_sequence;          /* one address, and elements that follow it */
	uint8_t object_count;
	uint8_t cause;
	bool is_negative;
	bool is_test;
	uint8_t originator;
	uint16_t common_address;
	uint32_t object_address;   /* of the first object */
	struct torc_bytes data;    /* what the objects say: behind the first address */
};

TORC_LAYER_READER(iec104, IEC104)

#ifdef __cplusplus
}
#endif

#endif
