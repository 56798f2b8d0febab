/* SPDX-License-Identifier: BSD-3-Clause */
/* table_quic.h - ClientHellos of QUIC flows that are not whole yet */
#ifndef TORC_FLOW_TABLE_QUIC_H
#define TORC_FLOW_TABLE_QUIC_H

#include "decode/transport/quic_initial.h"
#include "flow/table.h"

#define QUIC_SLOTS 256

struct quic_slot {
	uint8_t original[20]; /* destination id of the client's first packet: the keys follow from it */
	uint8_t original_length;
	uint8_t looks;
	struct quic_hello hello;
};

struct flow_quic {
	uint32_t place[QUIC_SLOTS]; /* the flow's, or FLOW_NONE */
	uint64_t begun[QUIC_SLOTS]; /* in which order */
	uint64_t count;
	uint16_t unused[QUIC_SLOTS]; /* the last one that was used is used next */
	uint32_t unused_count;
	uint32_t decrypted; /* in this tick */
	uint64_t tick;
	struct quic_slot slots[QUIC_SLOTS];
};

void flow_quic_begin(struct flow_quic *quic);
/* Looks at a packet whose layer behind UDP is QUIC. */
void flow_quic_look(struct torc_flow_table *table, uint32_t place, const struct flow_packet *read,
		    const struct torc_decoded *decoded);

#endif
