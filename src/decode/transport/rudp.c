/* SPDX-License-Identifier: BSD-3-Clause */
/* rudp.c - Reliable Data Protocol, version 1: RFC 908 §3.2 */
#include <torc/flow.h>
#include <torc/layers/transport/rudp.h>

#include "decode/registry.h"

#define HEADER      18
#define SYN_OPTIONS 6

enum { SYN = 0x80, ACK = 0x40, EACK = 0x20, RST = 0x10, NUL = 0x08 };

static int rudp_decode(struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data;
	uint32_t header;

	TORC_NEED(cursor, HEADER);
	if ((p[0] & 3) != 1)
		return torc_cursor_malformed(cursor, "the version is not 1");
	header = p[1] * 2u;
	if (header < HEADER)
		return torc_cursor_malformed(cursor, "the header length is less than 9");
	torc_cursor_claim(cursor, header + torc_be16(p + 4));
	if (cursor->length < header)
		return TORC_STEP_CUT_TAIL;
	cursor->header_length = header;
	cursor->next = TORC_LAYER_PAYLOAD;
	if (p[0] & SYN && header != HEADER + SYN_OPTIONS)
		return torc_cursor_bad_tail(cursor, "the options of a SYN are not 6 bytes");
	if (!(p[0] & SYN) && p[0] & EACK && (header - HEADER) % 4 != 0)
		return torc_cursor_bad_tail(cursor, "the list of an EACK ends in a number");
	return TORC_STEP_OK;
}

static void rudp_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	uint32_t variable = layer->header_length - HEADER;
	struct torc_rudp *rudp = out;

	rudp->syn = p[0] & SYN;
	rudp->ack = p[0] & ACK;
	rudp->eack = p[0] & EACK;
	rudp->rst = p[0] & RST;
	rudp->nul = p[0] & NUL;
	rudp->version = p[0] & 3;
	rudp->header_length = p[1];
	rudp->source_port = p[2];
	rudp->destination_port = p[3];
	rudp->data_length = torc_be16(p + 4);
	rudp->sequence = torc_be32(p + 6);
	rudp->acknowledgment = torc_be32(p + 10);
	rudp->checksum = torc_be32(p + 14);
	if (rudp->syn && variable >= SYN_OPTIONS) {
		rudp->max_outstanding = torc_be16(p + HEADER);
		rudp->max_segment_size = torc_be16(p + HEADER + 2);
		rudp->syn_options = torc_be16(p + HEADER + 4);
	} else if (rudp->eack && !rudp->syn) {
		rudp->received = (struct torc_bytes){ p + HEADER, variable / 4 * 4 };
	}
}

static const struct torc_field_info rudp_fields[] = {
	TORC_FIELD_AT(struct torc_rudp, source_port, "src_port", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_rudp, destination_port, "dst_port", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_rudp, syn, "syn", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_rudp, ack, "ack", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_rudp, eack, "eack", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_rudp, rst, "rst", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_rudp, nul, "nul", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_rudp, version, "version", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_rudp, header_length, "header_length_words", TORC_FIELD_UINT,
		      .unit = "2 bytes"),
	TORC_FIELD_AT(struct torc_rudp, data_length, "data_length", TORC_FIELD_UINT,
		      .unit = "bytes"),
	TORC_FIELD_AT(struct torc_rudp, sequence, "seq", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_rudp, acknowledgment, "ack_number", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_rudp, checksum, "checksum", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_rudp, max_outstanding, "max_outstanding", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_rudp, max_segment_size, "max_segment_size", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_rudp, syn_options, "syn_options", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_rudp, received, "received", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_layer_number rudp_numbers[] = {
	{ TORC_BY_IP_PROTOCOL, 27 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_rudp = {
	.name = "RUDP",
	.key = "rudp",
	.role = TORC_ROLE_TRANSPORT,
	.struct_size = sizeof(struct torc_rudp),
	.numbers = rudp_numbers,
	.decode = rudp_decode,
	.read = rudp_read,
	.fields = rudp_fields,
	.flow = { TORC_ENDPOINT_RUDP_PORT, 1, 2, 3 },
};
