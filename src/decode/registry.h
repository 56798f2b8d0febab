/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * registry.h - from a number in a header to the layer type that follows, in constant time
 *
 * Each registry is a small open-addressed hash table that stays in the first-level cache; IP
 * protocols have a dense table. Readers take no lock: a slot is one 32-bit word, written once with
 * release order, and the tables never shrink. Writers hold a mutex.
 */
#ifndef TORC_DECODE_REGISTRY_H
#define TORC_DECODE_REGISTRY_H

#include <torc/layer.h>

#define IPX 0x8137 /* EtherType */

#define REGISTRY_BITS  9
#define REGISTRY_SLOTS (1u << REGISTRY_BITS)
#define SLOT_USED      0x8000u /* beside the type, which has 9 bits */

/* What is asked of the layers of every packet, closer together than in their descriptions. */
struct layer_facts {
	_Alignas(8) uint8_t role; /* enum torc_role */
	uint8_t flow_end;         /* the header has to reach there */
	struct torc_layer_flow flow;
};

/* Said to be hidden here too, or each access would go through the global offset table. */
#pragma GCC visibility push(hidden)
extern const struct torc_layer_ops *torc_layer_table[TORC_LAYER_TYPES];
extern struct layer_facts torc_layer_facts[TORC_LAYER_TYPES]; /* zero where there is no layer */
extern uint32_t torc_registry_slots[TORC_REGISTRIES][REGISTRY_SLOTS];
extern uint16_t torc_ip_protocols[256];
extern bool torc_ether_types_changed;
#pragma GCC visibility pop

static inline const struct torc_layer_ops *layer_ops(unsigned int type)
{
	return __atomic_load_n(&torc_layer_table[type], __ATOMIC_ACQUIRE);
}

/* Whether the EtherTypes lead where they always do: nobody registered any. */
static inline bool registry_is_plain(void)
{
	return !__atomic_load_n(&torc_ether_types_changed, __ATOMIC_RELAXED);
}

static inline unsigned int registry_slot(unsigned int number)
{
	return (uint32_t)(number * 0x9E3779B1u) >> (32 - REGISTRY_BITS);
}

/* The layer type of a number; TORC_LAYER_NONE when there is none. */
static inline unsigned int registry_find(enum torc_registry registry, unsigned int number)
{
	const uint32_t *slots = torc_registry_slots[registry];
	unsigned int i = registry_slot(number);
	uint32_t slot;

	if (registry == TORC_BY_IP_PROTOCOL)
		return __atomic_load_n(&torc_ip_protocols[number & 0xFF], __ATOMIC_ACQUIRE);
	while ((slot = __atomic_load_n(&slots[i], __ATOMIC_ACQUIRE)) & SLOT_USED) {
		if (slot >> 16 == number)
			return slot & (SLOT_USED - 1);
		i = (i + 1) % REGISTRY_SLOTS;
	}
	return TORC_LAYER_NONE;
}

/* torc_cursor_next() without the call. */
static inline void cursor_next(struct torc_cursor *cursor, enum torc_registry registry,
			       unsigned int number)
{
	unsigned int type = registry_find(registry, number);

	if (type == TORC_LAYER_NONE) {
		cursor->registry = (uint8_t)registry;
		cursor->number = number;
		type = TORC_LAYER_PAYLOAD;
	}
	cursor->next = (uint16_t)type;
}

/* By port, the destination's first; what has no decoder is Payload, and that is no surprise. */
static inline unsigned int port_type(enum torc_registry registry, unsigned int source,
				     unsigned int destination)
{
	unsigned int type = registry_find(registry, destination);

	if (type == TORC_LAYER_NONE)
		type = registry_find(registry, source);
	return type != TORC_LAYER_NONE ? type : TORC_LAYER_PAYLOAD;
}

static inline void cursor_next_port(struct torc_cursor *cursor, enum torc_registry registry,
				    unsigned int source, unsigned int destination)
{
	cursor->next = (uint16_t)port_type(registry, source, destination);
}

/* What a two-byte "type or length" field leads to (IEEE 802.3 §3.2.6), also behind a tag. */
static inline void cursor_next_type_or_length(struct torc_cursor *cursor, uint16_t value)
{
	if (value >= 0x600) {
		cursor_next(cursor, TORC_BY_ETHER_TYPE, value);
		return;
	}
	torc_cursor_claim(cursor, cursor->header_length + value);
	/* Novell's frames have IPX there, whose checksum of FFFF no LLC header can be */
	if (cursor->length >= cursor->header_length + 2 &&
	    torc_be16(cursor->data + cursor->header_length) == 0xFFFF)
		cursor_next(cursor, TORC_BY_ETHER_TYPE, IPX);
	else
		cursor->next = TORC_LAYER_LLC;
}

#endif
