/* SPDX-License-Identifier: BSD-3-Clause */
/* registry.c - the table of layers, the numbers that lead to them, and adding to both */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <strings.h>

#include "decode/registry.h"

#define TORC_LAYER(name, number, symbol) extern const struct torc_layer_ops torc_layer_ops_##symbol;
#include <torc/layers/list.h>

/* The compiler refuses a second layer of the same number. */
__attribute__((unused)) static void numbers_differ(unsigned int type)
{
	switch (type) {
#define TORC_LAYER(name, number, symbol) case number:
#include <torc/layers/list.h>
		break;
	}
}

/* The library's own layers, which registry_fill() enters into the table. */
static const struct {
	unsigned int type;
	const struct torc_layer_ops *ops;
} own_layers[] = {
#define TORC_LAYER(name, number, symbol) { number, &torc_layer_ops_##symbol },
#include <torc/layers/list.h>
};

const struct torc_layer_ops *torc_layer_table[TORC_LAYER_TYPES];
struct layer_facts torc_layer_facts[TORC_LAYER_TYPES];
uint32_t torc_registry_slots[TORC_REGISTRIES][REGISTRY_SLOTS];
uint16_t torc_ip_protocols[256];
bool torc_ether_types_changed;

static pthread_mutex_t registry_lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned int registry_used[TORC_REGISTRIES];
static bool registry_filled; /* with the library's own numbers */
static unsigned int next_user_type = TORC_LAYER_USER_FIRST;

/* Enter or replace; half of the slots stay empty, so that a look-up ends soon. */
static int slot_set(unsigned int registry, unsigned int number, unsigned int type)
{
	uint32_t *slots = torc_registry_slots[registry];
	uint32_t value = number << 16 | SLOT_USED | type;
	unsigned int i = registry_slot(number);

	while (slots[i] & SLOT_USED && slots[i] >> 16 != number)
		i = (i + 1) % REGISTRY_SLOTS;
	if (!(slots[i] & SLOT_USED)) {
		if (registry_used[registry] == REGISTRY_SLOTS / 2)
			return -ENOSPC;
		registry_used[registry]++;
	}
	__atomic_store_n(&slots[i], value, __ATOMIC_RELEASE);
	return 0;
}

static int number_set(unsigned int registry, unsigned int number, unsigned int type)
{
	if (registry == TORC_BY_IP_PROTOCOL) {
		__atomic_store_n(&torc_ip_protocols[number & 0xFF], (uint16_t)type,
				 __ATOMIC_RELEASE);
		return 0;
	}
	if (registry == TORC_BY_ETHER_TYPE && registry_filled)
		__atomic_store_n(&torc_ether_types_changed, true, __ATOMIC_RELEASE);
	return slot_set(registry, number, type);
}

/* The layer first, then the numbers that lead to it. */
static int layer_set(const struct torc_layer_ops *ops, unsigned int type)
{
	const struct torc_layer_flow *flow = &ops->flow;
	uint8_t later = flow->source > flow->destination ? flow->source : flow->destination;
	const struct torc_layer_number *n;
	int status = 0;

	torc_layer_facts[type] =
		(struct layer_facts){ ops->role, (uint8_t)(later + flow->length), *flow };
	__atomic_store_n(&torc_layer_table[type], ops, __ATOMIC_RELEASE);
	for (n = ops->numbers; n && n->registry != TORC_BY_NONE && status == 0; n++)
		status = number_set(n->registry, n->number, type);
	return status;
}

/*
 * Each layer's file says which numbers lead to it; gather them before anything is decoded, and
 * before a program's own constructors.
 */
__attribute__((constructor(101))) static void registry_fill(void)
{
	size_t n;

	for (n = 0; n < sizeof(own_layers) / sizeof(own_layers[0]); n++)
		if (own_layers[n].ops) /* make LAYERS=core leaves families out */
			layer_set(own_layers[n].ops, own_layers[n].type);
	registry_filled = true;
}

static bool number_fits(unsigned int registry, unsigned int number)
{
	return registry > TORC_BY_NONE && registry < TORC_REGISTRIES &&
	       number <= (registry == TORC_BY_IP_PROTOCOL ? 0xFFu : 0xFFFFu);
}

int torc_register_number(enum torc_registry registry, unsigned int number, unsigned int type)
{
	int status;

	if (!number_fits(registry, number) || type >= TORC_LAYER_TYPES ||
	    (type != TORC_LAYER_NONE && !layer_ops(type)))
		return -EINVAL;
	pthread_mutex_lock(&registry_lock);
	status = number_set(registry, number, type);
	pthread_mutex_unlock(&registry_lock);
	return status;
}

unsigned int torc_registered_type(enum torc_registry registry, unsigned int number)
{
	return number_fits(registry, number) ? registry_find(registry, number) : TORC_LAYER_NONE;
}

static bool ops_usable(const struct torc_layer_ops *ops)
{
	const struct torc_layer_number *n;

	if (!ops || !ops->name || !ops->key || !ops->decode ||
	    ops->struct_size > TORC_LAYER_STRUCT_MAX || (ops->fields && !ops->read) ||
	    ops->flow.length > 16 || ops->flow.source > UINT8_MAX - ops->flow.length ||
	    ops->flow.destination > UINT8_MAX - ops->flow.length)
		return false;
	for (n = ops->numbers; n && n->registry != TORC_BY_NONE; n++)
		if (!number_fits(n->registry, n->number))
			return false;
	return !torc_layer_type_of(ops->name) && !torc_layer_type_of(ops->key);
}

int torc_register_layer(const struct torc_layer_ops *ops)
{
	unsigned int type;
	int status;

	pthread_mutex_lock(&registry_lock);
	if (!ops_usable(ops)) {
		status = -EINVAL;
	} else if (next_user_type == TORC_LAYER_TYPES) {
		status = -ENOSPC;
	} else {
		type = next_user_type++;
		status = layer_set(ops, type);
		if (status == 0)
			status = (int)type;
	}
	pthread_mutex_unlock(&registry_lock);
	return status;
}

void torc_cursor_next(struct torc_cursor *cursor, enum torc_registry registry, unsigned int number)
{
	if (number_fits(registry, number)) {
		cursor_next(cursor, registry, number);
		return;
	}
	cursor->registry = (uint8_t)registry;
	cursor->number = number;
	cursor->next = TORC_LAYER_PAYLOAD;
}

const char *torc_registry_name(int registry)
{
	static const char *const names[TORC_REGISTRIES] = {
		[TORC_BY_NONE] = "none",
		[TORC_BY_LINK_TYPE] = "link type",
		[TORC_BY_ETHER_TYPE] = "EtherType",
		[TORC_BY_IP_PROTOCOL] = "IP protocol",
		[TORC_BY_TCP_PORT] = "TCP port",
		[TORC_BY_UDP_PORT] = "UDP port",
		[TORC_BY_SCTP_PORT] = "SCTP port",
		[TORC_BY_LLC_SAP] = "LLC service access point",
		[TORC_BY_PPP_PROTOCOL] = "PPP protocol",
		[TORC_BY_SNAP] = "SNAP protocol",
		[TORC_BY_ICMPV6_TYPE] = "ICMPv6 type",
		[TORC_BY_ADDRESS_FAMILY] = "address family",
	};

	return registry > 0 && registry < TORC_REGISTRIES ? names[registry] : names[0];
}

const char *torc_layer_name(unsigned int type)
{
	const struct torc_layer_ops *ops = type < TORC_LAYER_TYPES ? layer_ops(type) : NULL;

	return ops ? ops->name : "Unknown";
}

const char *torc_layer_key(unsigned int type)
{
	const struct torc_layer_ops *ops = type < TORC_LAYER_TYPES ? layer_ops(type) : NULL;

	return ops ? ops->key : "unknown";
}

const struct torc_layer_ops *torc_layer_describe(unsigned int type)
{
	return type > 0 && type < TORC_LAYER_TYPES ? layer_ops(type) : NULL;
}

unsigned int torc_layer_type_of(const char *name)
{
	const struct torc_layer_ops *ops;
	unsigned int type;

	for (type = 1; type < TORC_LAYER_TYPES; type++) {
		ops = layer_ops(type);
		if (ops && (strcasecmp(ops->name, name) == 0 || strcasecmp(ops->key, name) == 0))
			return type;
	}
	return TORC_LAYER_NONE;
}
