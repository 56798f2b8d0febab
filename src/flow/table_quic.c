/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * table_quic.c - the ClientHello of a QUIC flow, put together from the client's Initial packets
 *
 * A hello with a post-quantum key share is in two datagrams, its pieces in any order. A flow whose hello is
 * not whole has one of QUIC_SLOTS places to put it together; when all are taken the flow that has waited for longest
 * is named by what there is. To decrypt costs as much as to count a thousand packets, so in each tenth of a
 * second of the packets' time only QUIC_BUDGET are: a flood of made-up Initial packets does not stop the table.
 */
#include "flow/table_quic.h"

#include <errno.h>
#include <string.h>

#include "decode/application/tls_hello.h"

#define QUIC_BUDGET    1000
#define QUIC_BUDGET_NS 100000000u
#define QUIC_LOOKS     8 /* packets of a client that are looked at */

void flow_quic_begin(struct flow_quic *quic)
{
	for (uint32_t i = 0; i < QUIC_SLOTS; i++) {
		quic->place[i] = FLOW_NONE;
		quic->unused[i] = (uint16_t)(QUIC_SLOTS - 1 - i);
	}
	quic->unused_count = QUIC_SLOTS;
}

static struct quic_slot *slot_of(struct torc_flow_table *table, uint32_t place)
{
	struct flow_quic *quic = table->quic;

	for (uint32_t i = 0; i < QUIC_SLOTS; i++)
		if (quic->place[i] == place)
			return &quic->slots[i];
	return NULL;
}

static void slot_release(struct torc_flow_table *table, struct quic_slot *slot)
{
	struct flow_quic *quic = table->quic;
	uint32_t n = (uint32_t)(slot - quic->slots);

	table->flows[quic->place[n]].facts &= (uint8_t)~FACT_QUIC;
	quic->place[n] = FLOW_NONE;
	quic->unused[quic->unused_count++] = (uint16_t)n;
}

/* The one that was begun first makes room. */
static void slot_evict(struct torc_flow_table *table)
{
	struct flow_quic *quic = table->quic;
	uint32_t oldest = 0;

	for (uint32_t i = 1; i < QUIC_SLOTS; i++)
		if (quic->begun[i] < quic->begun[oldest])
			oldest = i;
	table->stats.quic_unfinished++;
	flow_quic_settle(table, quic->place[oldest]);
}

static struct quic_slot *slot_take(struct torc_flow_table *table, uint32_t place)
{
	struct flow_quic *quic = table->quic;
	struct quic_slot *slot;
	uint32_t n;

	if (quic->unused_count == 0)
		slot_evict(table);
	n = quic->unused[--quic->unused_count];
	slot = &quic->slots[n];
	quic->place[n] = place;
	quic->begun[n] = quic->count++;
	slot->looks = 0;
	slot->original_length = 0;
	quic_hello_begin(&slot->hello);
	table->flows[place].facts |= FACT_QUIC;
	return slot;
}

static bool may_decrypt(struct torc_flow_table *table)
{
	struct flow_quic *quic = table->quic;
	uint64_t tick = table->now_ns / QUIC_BUDGET_NS;

	if (tick != quic->tick) {
		quic->tick = tick;
		quic->decrypted = 0;
	}
	if (quic->decrypted == QUIC_BUDGET) {
		table->stats.quic_left_out++;
		return false;
	}
	quic->decrypted++;
	table->stats.quic_decrypted++;
	return true;
}

static struct torc_bytes original_of(const struct quic_slot *slot)
{
	return (struct torc_bytes){ slot->original, slot->original_length };
}

/*
 * With the keys of the client's first packet, or with those of this one: it is the first, or the first
 * behind a Retry, where the hello begins anew.
 */
static bool slot_open(struct torc_flow_table *table, struct quic_slot *slot,
		      const struct torc_quic *packet, uint8_t *buffer,
		      struct torc_quic_initial *initial)
{
	bool known = slot->original_length > 0;
	bool same = known && packet->destination.length == slot->original_length &&
		    memcmp(packet->destination.data, slot->original, slot->original_length) == 0;

	if (known && may_decrypt(table) &&
	    torc_quic_initial_open(packet, original_of(slot), false, buffer, QUIC_OPEN_MAX, initial) == 0)
		return true;
	if (same || packet->destination.length == 0 || !may_decrypt(table) ||
	    torc_quic_initial_open(packet, packet->destination, false, buffer, QUIC_OPEN_MAX,
				   initial) < 0)
		return false;
	memcpy(slot->original, packet->destination.data, packet->destination.length);
	slot->original_length = (uint8_t)packet->destination.length;
	quic_hello_begin(&slot->hello);
	return true;
}

static bool hello_of(const struct quic_slot *slot, struct torc_tls_hello *hello)
{
	return tls_hello_read(quic_hello_bytes(&slot->hello), TORC_TLS_OVER_QUIC, hello) &&
	       hello->type == TLS_CLIENT_HELLO;
}

/* Names the flow by what there is, and gives the place back. */
static void slot_settle(struct torc_flow_table *table, struct quic_slot *slot, uint32_t place)
{
	struct torc_tls_hello hello;

	table->flows[place].facts |= FACT_NAMED;
	if (hello_of(slot, &hello))
		flow_name_hello(table, &table->more[place], TORC_FLOW_NAME_QUIC, &hello);
	slot_release(table, slot);
}

void flow_quic_settle(struct torc_flow_table *table, uint32_t place)
{
	struct quic_slot *slot = slot_of(table, place);

	if (slot)
		slot_settle(table, slot, place);
}

/* Fingerprints are of all of a hello, names may stand at its beginning. */
static bool names_are_enough(const struct torc_flow_table *table, const struct torc_tls_hello *hello)
{
	return !table->prints && hello->server_name.length > 0 && hello->alpn.length > 0;
}

void flow_quic_look(struct torc_flow_table *table, uint32_t place, const struct flow_packet *read,
		    const struct torc_decoded *decoded)
{
	struct torc_quic_initial initial = { .size = sizeof(initial) };
	const struct torc_layer *layer = read->transport + 1;
	struct torc_bytes datagram = { torc_layer_header(decoded, layer),
				       layer->header_length + layer->payload_length };
	struct flow *flow = &table->flows[place];
	bool waits = flow->facts & FACT_QUIC, opened = false;
	struct torc_tls_hello hello;
	uint8_t buffer[QUIC_OPEN_MAX];
	struct torc_quic packet;
	struct quic_slot *slot;
	uint32_t position = 0;

	if (flow_direction(flow, read) != 0) { /* a server that is seen first is known by nothing else */
		if (!waits)
			flow->facts |= FACT_NAMED;
		return;
	}
	slot = waits ? slot_of(table, place) : slot_take(table, place);
	while (torc_quic_next(datagram, &position, &packet))
		if (packet.type == QUIC_INITIAL && packet.version != 0 &&
		    slot_open(table, slot, &packet, buffer, &initial)) {
			opened = true;
			quic_hello_add(&slot->hello, initial.frames);
		}
	if ((!waits && !opened) || ++slot->looks == QUIC_LOOKS ||
	    (hello_of(slot, &hello) && (hello.is_whole || names_are_enough(table, &hello))))
		slot_settle(table, slot, place);
}
