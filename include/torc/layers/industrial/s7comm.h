/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/industrial/s7comm.h - S7 communication of Siemens' controllers */
#ifndef TORC_LAYERS_S7COMM_H
#define TORC_LAYERS_S7COMM_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Its maker has not published it; the names of the fields are those in use. Numbers are in network
 * order. The newer protocol of the S7-1200 and later ones (0x72) is not decoded.
 */
struct torc_s7comm {
	uint8_t protocol_id;    /* 0x32 */
	uint8_t message_type;   /* 1 job, 2 ack, 3 ack with data, 7 user data */
	uint16_t redundancy_id;
	uint16_t reference;     /* an answer repeats it */
	uint16_t parameter_length;
	uint16_t data_length;
	uint8_t error_class;    /* of 2 and 3, as the next */
	uint8_t error_code;
	bool has_function;
	uint8_t function;       /* of 1 and 3 */
	uint8_t item_count;     /* of reading and writing variables */
	bool has_group;         /* of 7, as have those below */
	uint8_t direction;      /* 4 request, 8 response, 0 push */
	uint8_t group;
	uint8_t subfunction;
	struct torc_bytes parameters;
	struct torc_bytes data;
};

TORC_LAYER_READER(s7comm, S7COMM)

#ifdef __cplusplus
}
#endif

#endif
