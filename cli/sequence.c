/* SPDX-License-Identifier: BSD-3-Clause */
/* sequence.c - where the two directions of TCP connections began */
#include <stdlib.h>
#include <string.h>

#include <torc/layers/transport/tcp.h>

#include "sequence.h"

enum { SLOTS = 1 << 16 };

/* The two ends, the one with the greater port first, and where each began. */
struct connection {
	uint8_t ends[2][16];
	uint16_t ports[2];
	uint8_t address_length; /* 0: the place is free */
	uint32_t begin[2];
};

struct sequences {
	struct connection slots[SLOTS];
};

struct sequences *sequences_new(void)
{
	return calloc(1, sizeof(struct sequences));
}

void sequences_free(struct sequences *sequences)
{
	free(sequences);
}

static uint32_t hash_of(const struct connection *connection)
{
	const uint8_t *p = (const uint8_t *)connection;
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < offsetof(struct connection, begin); i++)
		hash = (hash ^ p[i]) * 16777619u;
	return hash;
}

/* Which of the two ends the segment comes from; false when its addresses are not known. */
static bool connection_of(const struct torc_decoded *decoded, const struct torc_layer *layer,
			  struct connection *connection, unsigned int *sender)
{
	const uint8_t *tcp = torc_layer_header(decoded, layer), *addresses;
	unsigned int length;

	while (layer > decoded->layers && torc_layer_role(layer->type) != TORC_ROLE_NETWORK)
		layer--;
	if (layer->type != TORC_LAYER_IPV4 && layer->type != TORC_LAYER_IPV6)
		return false;
	length = layer->type == TORC_LAYER_IPV4 ? 4 : 16;
	addresses = torc_layer_header(decoded, layer) + (length == 4 ? 12 : 8);
	memset(connection, 0, sizeof(*connection));
	*sender = torc_be16(tcp) < torc_be16(tcp + 2) ||
		  (torc_be16(tcp) == torc_be16(tcp + 2) &&
		   memcmp(addresses, addresses + length, length) < 0);
	memcpy(connection->ends[*sender], addresses, length);
	memcpy(connection->ends[!*sender], addresses + length, length);
	connection->ports[*sender] = torc_be16(tcp);
	connection->ports[!*sender] = torc_be16(tcp + 2);
	connection->address_length = (uint8_t)length;
	return true;
}

void sequences_bases(struct sequences *sequences, const struct torc_decoded *decoded,
		     uint32_t *sequence, uint32_t *acknowledgment)
{
	const struct torc_layer *layer = torc_layer_first(decoded, TORC_LAYER_TCP);
	struct connection connection, *known;
	unsigned int sender;
	struct torc_tcp tcp;

	*sequence = *acknowledgment = 0;
	if (torc_layer_tcp(decoded, layer, &tcp) < 0 || !(tcp.flags & TORC_TCP_ACK) ||
	    !connection_of(decoded, layer, &connection, &sender))
		return;
	known = &sequences->slots[hash_of(&connection) % SLOTS];
	if (tcp.flags & TORC_TCP_SYN ||
	    memcmp(known, &connection, offsetof(struct connection, begin)) != 0) {
		*known = connection;
		known->begin[sender] = tcp.sequence;
		known->begin[!sender] = tcp.acknowledgment - 1;
		return;
	}
	*sequence = known->begin[sender];
	*acknowledgment = known->begin[!sender];
}
