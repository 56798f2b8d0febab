/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/transport/sctp.h - SCTP, RFC 9260: the common header and one layer a chunk */
#ifndef TORC_LAYERS_SCTP_H
#define TORC_LAYERS_SCTP_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_sctp {
	uint16_t source_port;
	uint16_t destination_port;
	uint32_t verification_tag;
	uint32_t checksum; /* CRC32c */
};

TORC_LAYER_READER(sctp, SCTP)

/* What all chunks begin with, RFC 9260 §3.2; value is what follows, without padding. */
struct torc_sctp_chunk {
	uint8_t type;
	uint8_t flags;
	uint16_t length; /* bytes, this header included, padding not */
	struct torc_bytes value;
};

/* RFC 9260 §3.3.1 */
struct torc_sctp_data {
	uint8_t flags;
	bool immediate;
	bool unordered;
	bool begins;
	bool ends;
	uint16_t length;
	uint32_t tsn;
	uint16_t stream_id;
	uint16_t stream_sequence;
	uint32_t payload_protocol;
};

TORC_LAYER_READER(sctp_data, SCTP_DATA)

/* RFC 9260 §3.3.2 and §3.3.3: INIT and INIT ACK */
struct torc_sctp_init {
	uint8_t type;
	uint8_t flags;
	uint16_t length;
	uint32_t initiate_tag;
	uint32_t advertised_window; /* bytes */
	uint16_t outbound_streams;
	uint16_t inbound_streams;
	uint32_t initial_tsn;
	struct torc_bytes parameters;
};

TORC_LAYER_READER(sctp_init, SCTP_INIT)

struct torc_sctp_parameter {
	uint16_t type;
	struct torc_bytes value;
};

/* The parameter at *position, 0 at first; 1, or 0 at the end or where one does not fit. */
TORC_API int torc_sctp_parameter_next(const struct torc_bytes *parameters, uint32_t *position,
				      struct torc_sctp_parameter *parameter);

/* RFC 9260 §3.3.4 */
struct torc_sctp_sack {
	uint8_t flags;
	uint16_t length;
	uint32_t cumulative_tsn;
	uint32_t advertised_window; /* bytes */
	uint16_t gap_count;
	uint16_t duplicate_count;
	struct torc_bytes gaps;       /* 4 bytes each: start and end */
	struct torc_bytes duplicates; /* 4 bytes each */
};

TORC_LAYER_READER(sctp_sack, SCTP_SACK)

#ifdef __cplusplus
}
#endif

#endif
