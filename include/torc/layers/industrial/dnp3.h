/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/industrial/dnp3.h - DNP3: a frame of the link layer, and the heads of transport and application in it */
#ifndef TORC_LAYERS_DNP3_H
#define TORC_LAYERS_DNP3_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

/* IEEE 1815-2012, clauses 4, 8 and 9; numbers are little-endian */
struct torc_dnp3 {
	uint8_t length;       /* as the frame has it: without its head of 5 bytes and the checksums */
	uint8_t control;
	bool from_master;     /* DIR */
	bool is_primary;      /* PRM: a request of the link layer, else an answer */
	bool frame_count;     /* FCB, of primary frames */
	bool has_frame_count; /* FCV; DFC, the buffer is full, of secondary frames */
	uint8_t link_function;
	uint16_t destination;
	uint16_t source;
	uint16_t checksum;    /* of the header */
	bool has_transport;   /* user data follow, as have the next four */
	bool is_final;
	bool is_first;        /* the application's head is in it */
	uint8_t transport_sequence;
	bool has_application; /* as have those below */
	bool app_first;
	bool app_final;
	bool app_confirm;     /* an answer is wanted */
	bool app_unsolicited;
	uint8_t app_sequence;
	uint8_t function;
	uint16_t indications; /* IIN of a response; IIN1 is the higher byte */
	bool has_object;      /* the first object's head, as have the next three */
	uint8_t object_group;
	uint8_t object_variation;
	uint8_t qualifier;
	struct torc_bytes data; /* behind the header: up to 16 bytes, their checksum, and so on */
};

TORC_LAYER_READER(dnp3, DNP3)

#ifdef __cplusplus
}
#endif

#endif
