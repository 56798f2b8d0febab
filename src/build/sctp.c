/* SPDX-License-Identifier: BSD-3-Clause */
/* sctp.c - SCTP's common header and its chunks, RFC 9260 §3, written; one layer a chunk, padding included */
#include "build/writer.h"

#include <torc/layers/transport/sctp.h>

/* RFC 9260 §3.1 */
void sctp_write(struct writer *w, const void *layer)
{
	const struct torc_sctp *sctp = layer;

	write16(w, sctp->source_port);
	write16(w, sctp->destination_port);
	write32(w, sctp->verification_tag);
	write32(w, sctp->checksum);
}

/* What a chunk is by its layer; of SCTP_UNKNOWN, and else where it says otherwise, the struct knows. */
static unsigned int chunk_type(const struct writer *w, unsigned int given)
{
	static const struct {
		uint16_t layer;
		uint8_t type;
	} types[] = {
		{ TORC_LAYER_SCTP_DATA, 0 },
		{ TORC_LAYER_SCTP_INIT, 1 },
		{ TORC_LAYER_SCTP_INIT_ACK, 2 },
		{ TORC_LAYER_SCTP_SACK, 3 },
		{ TORC_LAYER_SCTP_HEARTBEAT, 4 },
		{ TORC_LAYER_SCTP_HEARTBEAT_ACK, 5 },
		{ TORC_LAYER_SCTP_ABORT, 6 },
		{ TORC_LAYER_SCTP_SHUTDOWN, 7 },
		{ TORC_LAYER_SCTP_SHUTDOWN_ACK, 8 },
		{ TORC_LAYER_SCTP_ERROR, 9 },
		{ TORC_LAYER_SCTP_COOKIE_ECHO, 10 },
		{ TORC_LAYER_SCTP_COOKIE_ACK, 11 },
		{ TORC_LAYER_SCTP_SHUTDOWN_COMPLETE, 14 },
	};

	for (size_t i = 0; given == 0 && i < sizeof(types) / sizeof(types[0]); i++)
		if (types[i].layer == w->type)
			return types[i].type;
	return given;
}

static void chunk_header(struct writer *w, unsigned int type, unsigned int flags, uint16_t length,
			 uint32_t needed)
{
	write8(w, chunk_type(w, type));
	write8(w, flags);
	write16(w, length ? length : needed);
}

/* RFC 9260 §3.2 */
void sctp_chunk_write(struct writer *w, const void *layer)
{
	const struct torc_sctp_chunk *chunk = layer;
	uint32_t start = w->length;

	chunk_header(w, chunk->type, chunk->flags, chunk->length, 4 + chunk->value.length);
	write_padded(w, &chunk->value, start, 4);
}

/* RFC 9260 §3.3.1; the user data are the next layer, and the builder counts and pads them */
void sctp_data_write(struct writer *w, const void *layer)
{
	const struct torc_sctp_data *data = layer;

	chunk_header(w, 0,
		     data->flags | (data->immediate ? 8u : 0) | (data->unordered ? 4u : 0) |
			     (data->begins ? 2u : 0) | (data->ends ? 1u : 0),
		     data->length, 16);
	write32(w, data->tsn);
	write16(w, data->stream_id);
	write16(w, data->stream_sequence);
	write32(w, data->payload_protocol);
}

/* RFC 9260 §3.3.2 */
void sctp_init_write(struct writer *w, const void *layer)
{
	const struct torc_sctp_init *init = layer;
	uint32_t start = w->length;

	chunk_header(w, init->type, init->flags, init->length, 20 + init->parameters.length);
	write32(w, init->initiate_tag);
	write32(w, init->advertised_window);
	write16(w, init->outbound_streams);
	write16(w, init->inbound_streams);
	write32(w, init->initial_tsn);
	write_padded(w, &init->parameters, start, 4);
}

/* RFC 9260 §3.3.4 */
void sctp_sack_write(struct writer *w, const void *layer)
{
	const struct torc_sctp_sack *sack = layer;
	uint32_t lists = sack->gaps.length + sack->duplicates.length;

	chunk_header(w, 0, sack->flags, sack->length, 16 + lists);
	write32(w, sack->cumulative_tsn);
	write32(w, sack->advertised_window);
	write16(w, sack->gap_count ? sack->gap_count : sack->gaps.length / 4);
	write16(w, sack->duplicate_count ? sack->duplicate_count : sack->duplicates.length / 4);
	write_bytes(w, sack->gaps.data, sack->gaps.length);
	write_bytes(w, sack->duplicates.data, sack->duplicates.length);
}
