/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/transport/quic.h - the long header of QUIC, RFC 9000 and RFC 9369 */
#ifndef TORC_LAYERS_QUIC_H
#define TORC_LAYERS_QUIC_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_quic {
	uint32_t version;  /* 0: version negotiation */
	uint8_t type;  /* 0: Initial, 1: 0-RTT, 2: Handshake, 3: Retry, as version 1 numbers them */
	struct torc_bytes destination;  /* connection ids */
	struct torc_bytes source;
	struct torc_bytes token;  /* of an Initial */
	struct torc_bytes versions;  /* of a version negotiation, 4 bytes each */
	uint64_t length;  /* of packet number and payload */
	struct torc_bytes packet;    /* from its first byte on, as far as it is there */
	uint32_t number_offset;      /* of the packet number in it; 0: it has none */
	struct torc_bytes datagram;  /* the packet and those behind it: torc_quic_next() */

	/*
	 * What the first Initial packets of a client say, decrypted: empty here, since that takes tens of
	 * microseconds. torc_field(), text and JSON have it, and torc_quic_initial_open().
	 */
	bool decrypted;
	uint64_t packet_number;
	struct torc_bytes server_name, alpn; /* 255 bytes of each */
	struct torc_bytes ja3, ja4;
	struct torc_bytes parameters; /* 400 bytes: torc_quic_parameter_next() */
};

TORC_LAYER_READER(quic, QUIC)

/*
 * torc_quic_next - the packets of a datagram, one after the other (RFC 9000 §12.2)
 *
 * position   0 at first
 *
 * Returns 1 with a packet, or 0: at the end, and where no long header of a known version begins.
 */
TORC_API int torc_quic_next(struct torc_bytes datagram, uint32_t *position, struct torc_quic *quic);

/* What is in an Initial packet. */
struct torc_quic_initial {
	size_t size;              /* sizeof(struct torc_quic_initial) */
	uint64_t packet_number;   /* as it is sent: the lowest one to four bytes, RFC 9000 §17.1 */
	struct torc_bytes frames; /* in the caller's buffer */
};

/*
 * torc_quic_initial_open - decrypt an Initial packet, with the keys that everybody can compute
 *
 * original      the destination id of the first Initial packet that the client sent, or sent after a
 *               Retry; that is quic->destination in a client's packet until the server has answered
 * from_server   which of both keys
 * buffer        quic->packet.length bytes
 *
 * For version 1 (RFC 9001 §5), version 2 (RFC 9369), and drafts from 23 on. Returns 0; -EINVAL when it is
 * no Initial of those or not there as a whole, -ENOSPC when the buffer is too small, -EBADMSG when the
 * tag is wrong: other keys, or damaged. Cost: tens of microseconds.
 */
TORC_API int torc_quic_initial_open(const struct torc_quic *quic, struct torc_bytes original,
				    bool from_server, uint8_t *buffer, size_t size,
				    struct torc_quic_initial *initial);

/* A piece of the handshake's bytes; a client may send them in any order. */
struct torc_quic_crypto {
	uint64_t offset;
	struct torc_bytes data;
};

/*
 * torc_quic_crypto_next - the CRYPTO frames of a packet, RFC 9000 §19.6
 *
 * position   0 at first
 *
 * Returns 1 with a frame, 0 at the end, and at a frame that does not belong into an Initial packet. Together
 * they are what torc_tls_hello_read() reads.
 */
TORC_API int torc_quic_crypto_next(struct torc_bytes frames, uint32_t *position,
				   struct torc_quic_crypto *crypto);

/* Ids of transport parameters, RFC 9000 §18.2 and RFC 9221 §3 */
enum {
	TORC_QUIC_ORIGINAL_DESTINATION_CONNECTION_ID = 0x00,
	TORC_QUIC_MAX_IDLE_TIMEOUT = 0x01, /* ms */
	TORC_QUIC_STATELESS_RESET_TOKEN = 0x02,
	TORC_QUIC_MAX_UDP_PAYLOAD_SIZE = 0x03,
	TORC_QUIC_INITIAL_MAX_DATA = 0x04,
	TORC_QUIC_INITIAL_MAX_STREAM_DATA_BIDI_LOCAL = 0x05,
	TORC_QUIC_INITIAL_MAX_STREAM_DATA_BIDI_REMOTE = 0x06,
	TORC_QUIC_INITIAL_MAX_STREAM_DATA_UNI = 0x07,
	TORC_QUIC_INITIAL_MAX_STREAMS_BIDI = 0x08,
	TORC_QUIC_INITIAL_MAX_STREAMS_UNI = 0x09,
	TORC_QUIC_ACK_DELAY_EXPONENT = 0x0A,
	TORC_QUIC_MAX_ACK_DELAY = 0x0B, /* ms */
	TORC_QUIC_DISABLE_ACTIVE_MIGRATION = 0x0C,
	TORC_QUIC_PREFERRED_ADDRESS = 0x0D,
	TORC_QUIC_ACTIVE_CONNECTION_ID_LIMIT = 0x0E,
	TORC_QUIC_INITIAL_SOURCE_CONNECTION_ID = 0x0F,
	TORC_QUIC_RETRY_SOURCE_CONNECTION_ID = 0x10,
	TORC_QUIC_VERSION_INFORMATION = 0x11, /* RFC 9368 §3 */
	TORC_QUIC_MAX_DATAGRAM_FRAME_SIZE = 0x20
};

struct torc_quic_parameter {
	uint64_t id;
	uint64_t number; /* of those that are an integer, else 0 */
	struct torc_bytes value;
};

/*
 * torc_quic_parameter_next - the transport parameters of a hello: torc_tls_hello.quic_parameters
 *
 * position   0 at first
 *
 * Returns 1 with a parameter, in the order they have; 0 at the end, and where one does not fit.
 */
TORC_API int torc_quic_parameter_next(struct torc_bytes parameters, uint32_t *position,
				      struct torc_quic_parameter *parameter);

#ifdef __cplusplus
}
#endif

#endif
