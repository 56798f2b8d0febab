/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/transport/rudp.h - the Reliable Data Protocol, IP protocol 27, which gopacket calls RUDP */
#ifndef TORC_LAYERS_RUDP_H
#define TORC_LAYERS_RUDP_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

/* RFC 908 §3.2; of version 2 (RFC 1151), whose ports are longer, nothing is decoded */
struct torc_rudp {
	bool syn;
	bool ack;
	bool eack; /* numbers received out of order are listed */
	bool rst;
	bool nul;  /* asks whether the other side is there */
	uint8_t version;
	uint8_t header_length; /* in units of 16 bits */
	uint8_t source_port;
	uint8_t destination_port;
	uint16_t data_length;
	uint32_t sequence;
	uint32_t acknowledgment;
	uint32_t checksum;
	uint16_t max_outstanding;  /* segments, with SYN, as the next two */
	uint16_t max_segment_size;
	uint16_t syn_options;
	struct torc_bytes received; /* with EACK and without SYN: numbers of 4 bytes */
};

TORC_LAYER_READER(rudp, RUDP)

#ifdef __cplusplus
}
#endif

#endif
