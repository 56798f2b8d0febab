/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/industrial/modbus.h - Modbus over TCP: the header that TCP needs, and the message */
#ifndef TORC_LAYERS_MODBUS_H
#define TORC_LAYERS_MODBUS_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

/* MODBUS Messaging on TCP/IP Implementation Guide V1.0b §3.1.3 */
struct torc_modbus_tcp {
	uint16_t transaction_id;
	uint16_t protocol_id; /* 0 */
	uint16_t length;      /* bytes behind this field: the unit and the message */
	uint8_t unit_id;
};

TORC_LAYER_READER(modbus_tcp, MODBUS_TCP)

/* MODBUS Application Protocol V1.1b3 §4, §6, §7 */
struct torc_modbus {
	uint8_t function;       /* without the bit that says exception */
	bool is_exception;      /* an answer that tells what went wrong */
	uint8_t exception_code; /* of an exception, else 0 */
	struct torc_bytes data; /* what follows the function, and the code of an exception */
};

TORC_LAYER_READER(modbus, MODBUS)

#ifdef __cplusplus
}
#endif

#endif
