/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * netflow_templates.c - templates of NetFlow version 9 and IPFIX, remembered, and data records read
 * by them (RFC 3954 §5, RFC 7011 §3.4, §7, §8)
 *
 * Templates lie in an array of fixed size, found by a keyed hash, so that an exporter cannot choose
 * who shares a chain; a list in order of use says who goes when there is no room.
 */
#include <torc/netflow_templates.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "util/siphash.h"

enum { TEMPLATES = 4096, TEMPLATES_MAX = 1 << 20, FIELDS_BYTES = 4 << 20, VARIABLE = 65535 };

#define NONE UINT32_MAX

/* No padding: it is hashed and compared as bytes. */
struct key {
	uint8_t address[16];
	uint32_t domain;
	uint16_t port;
	uint16_t version;
	uint16_t id;
	uint16_t zero;
};

_Static_assert(sizeof(struct key) == 28, "a key has no padding");

struct entry {
	struct key key;
	uint8_t *fields; /* owned; as in the message */
	uint32_t fields_length;
	uint32_t least; /* bytes of a record at least */
	uint16_t field_count, scope_count;
	bool is_options, has_enterprises;
	uint32_t chain;        /* the next with the same hash, or free */
	uint32_t older, newer; /* by use */
};

struct torc_netflow_templates {
	struct entry *entries;
	uint32_t *heads;
	uint32_t room, mask, free;
	uint32_t oldest, newest;
	uint32_t fields_room, fields_used;
	uint64_t seed[2];
	struct torc_netflow_templates_stats stats;
};

/* ---- open and close ---- */

int torc_netflow_templates_open(struct torc_netflow_templates **result,
				const struct torc_netflow_templates_options *options)
{
	struct torc_netflow_templates *all;
	uint32_t heads = 64, n;

	*result = NULL;
	if (options && (options->size < sizeof(*options) || options->templates > TEMPLATES_MAX))
		return -EINVAL;
	all = calloc(1, sizeof(*all));
	if (!all)
		return -ENOMEM;
	all->room = options && options->templates ? options->templates : TEMPLATES;
	all->fields_room = options && options->fields_bytes ? options->fields_bytes : FIELDS_BYTES;
	while (heads < all->room)
		heads *= 2;
	all->mask = heads - 1;
	all->entries = calloc(all->room, sizeof(*all->entries));
	all->heads = malloc(heads * sizeof(*all->heads));
	if (!all->entries || !all->heads ||
	    getrandom(all->seed, sizeof(all->seed), 0) != sizeof(all->seed)) {
		torc_netflow_templates_close(all);
		return -ENOMEM;
	}
	memset(all->heads, 0xFF, heads * sizeof(*all->heads));
	for (n = 0; n < all->room; n++)
		all->entries[n].chain = n + 1 < all->room ? n + 1 : NONE;
	all->oldest = all->newest = NONE;
	*result = all;
	return 0;
}

void torc_netflow_templates_close(struct torc_netflow_templates *all)
{
	if (!all)
		return;
	for (uint32_t n = 0; all->entries && n < all->room; n++)
		free(all->entries[n].fields);
	free(all->entries);
	free(all->heads);
	free(all);
}

int torc_netflow_templates_stats(const struct torc_netflow_templates *all,
				 struct torc_netflow_templates_stats *stats)
{
	struct torc_netflow_templates_stats now = all->stats;
	size_t size = stats->size;

	if (size < sizeof(size))
		return -EINVAL;
	now.size = size;
	memcpy(stats, &now, size < sizeof(now) ? size : sizeof(now));
	return 0;
}

/* ---- the memory ---- */

static uint32_t *head_of(struct torc_netflow_templates *all, const struct key *key)
{
	return &all->heads[torc_siphash(all->seed, key, sizeof(*key)) & all->mask];
}

static uint32_t find(struct torc_netflow_templates *all, const struct key *key)
{
	uint32_t n = *head_of(all, key);

	while (n != NONE && memcmp(&all->entries[n].key, key, sizeof(*key)) != 0)
		n = all->entries[n].chain;
	return n;
}

static void take_out_of_order(struct torc_netflow_templates *all, uint32_t n)
{
	struct entry *entry = &all->entries[n];

	*(entry->older == NONE ? &all->oldest : &all->entries[entry->older].newer) = entry->newer;
	*(entry->newer == NONE ? &all->newest : &all->entries[entry->newer].older) = entry->older;
}

static void put_newest(struct torc_netflow_templates *all, uint32_t n)
{
	struct entry *entry = &all->entries[n];

	entry->older = all->newest;
	entry->newer = NONE;
	*(all->newest == NONE ? &all->oldest : &all->entries[all->newest].newer) = n;
	all->newest = n;
}

static void forget(struct torc_netflow_templates *all, uint32_t n)
{
	struct entry *entry = &all->entries[n];
	uint32_t *link = head_of(all, &entry->key);

	while (*link != n)
		link = &all->entries[*link].chain;
	*link = entry->chain;
	take_out_of_order(all, n);
	all->fields_used -= entry->fields_length;
	free(entry->fields);
	entry->fields = NULL;
	entry->chain = all->free;
	all->free = n;
	all->stats.templates--;
}

/* Bytes of a record at least: one of variable length has its length in one byte (RFC 7011 §7). */
static uint32_t least_length(const struct torc_netflow_template *template)
{
	struct torc_netflow_field field;
	uint32_t position = 0, least = 0;

	while (torc_netflow_field_next(template, &position, &field))
		least += field.length == VARIABLE && template->has_enterprises ? 1 : field.length;
	return least;
}

static bool is_same(const struct entry *entry, const struct torc_netflow_template *template)
{
	return entry->fields_length == template->fields.length &&
	       entry->scope_count == template->scope_count &&
	       entry->is_options == (template->kind == TORC_NETFLOW_SET_OPTIONS_TEMPLATE) &&
	       memcmp(entry->fields, template->fields.data, template->fields.length) == 0;
}

static void add(struct torc_netflow_templates *all, const struct key *key,
		const struct torc_netflow_template *template, uint32_t least)
{
	uint32_t length = template->fields.length, n, *head = head_of(all, key);
	uint8_t *fields = malloc(length);

	if (!fields) {
		all->stats.refused++;
		return;
	}
	while (all->free == NONE || all->fields_room - all->fields_used < length) {
		forget(all, all->oldest);
		all->stats.evicted++;
	}
	n = all->free;
	all->free = all->entries[n].chain;
	memcpy(fields, template->fields.data, length);
	all->entries[n] = (struct entry){
		.key = *key, .fields = fields, .fields_length = length, .least = least,
		.field_count = template->field_count, .scope_count = template->scope_count,
		.is_options = template->kind == TORC_NETFLOW_SET_OPTIONS_TEMPLATE,
		.has_enterprises = template->has_enterprises, .chain = *head,
	};
	*head = n;
	put_newest(all, n);
	all->fields_used += length;
	all->stats.templates++;
	all->stats.learnt++;
}

static void learn(struct torc_netflow_templates *all, struct key *key,
		  const struct torc_netflow_template *template)
{
	uint32_t least = least_length(template), known;

	key->id = template->id;
	known = find(all, key);
	if (known != NONE && template->field_count > 0 && is_same(&all->entries[known], template)) {
		take_out_of_order(all, known);
		put_newest(all, known);
		return;
	}
	if (known != NONE) {
		forget(all, known);
		*(template->field_count == 0 ? &all->stats.withdrawn : &all->stats.replaced) += 1;
	}
	if (template->field_count == 0)
		return;
	/* records without bytes would never end */
	if (least == 0 || template->fields.length > all->fields_room)
		all->stats.refused++;
	else
		add(all, key, template, least);
}

/* ---- a message ---- */

static struct key key_of(const struct torc_netflow_data *data)
{
	struct key key = { .domain = data->netflow.domain, .port = data->port,
			   .version = data->netflow.version, .id = data->set_id };

	memcpy(key.address, data->address, sizeof(key.address));
	return key;
}

int torc_netflow_data_begin(struct torc_netflow_templates *templates,
			    const struct torc_decoded *decoded, const struct torc_layer *layer,
			    struct torc_netflow_data *data)
{
	memset(data, 0, sizeof(*data));
	data->templates = templates;
	if (!layer || layer->type != TORC_LAYER_NETFLOW ||
	    torc_layer_netflow(decoded, layer, &data->netflow) < 0 || data->netflow.version == 5)
		return -EINVAL;
	for (const struct torc_layer *below = decoded->layers; below < layer; below++) {
		const uint8_t *p = torc_layer_header(decoded, below);

		if (below->type == TORC_LAYER_IPV4) {
			memset(data->address, 0, sizeof(data->address));
			memcpy(data->address, p + 12, 4);
		} else if (below->type == TORC_LAYER_IPV6) {
			memcpy(data->address, p + 8, 16);
		} else if (below->type == TORC_LAYER_UDP) {
			data->port = torc_be16(p);
		}
	}
	return 0;
}

static void learn_set(const struct torc_netflow_data *data, const struct torc_netflow_set *set)
{
	struct torc_netflow alone = data->netflow;
	struct torc_netflow_template template;
	struct key key = key_of(data);
	uint32_t position = 0;

	alone.sets = (struct torc_bytes){ set->data.data - (set->length - set->data.length),
					  set->length };
	while (torc_netflow_template_next(&alone, &position, &template))
		learn(data->templates, &key, &template);
}

/* The next set that has something to read; false at the end of the message. */
static bool next_set(struct torc_netflow_data *data)
{
	struct torc_netflow_templates *all = data->templates;
	struct torc_netflow_set set;
	struct key key;
	uint32_t n;

	data->current = NULL;
	while (torc_netflow_set_next(&data->netflow, &data->position, &set)) {
		if (set.kind == TORC_NETFLOW_SET_TEMPLATE ||
		    set.kind == TORC_NETFLOW_SET_OPTIONS_TEMPLATE)
			learn_set(data, &set);
		if (set.kind != TORC_NETFLOW_SET_DATA)
			continue;
		data->set_id = set.id;
		key = key_of(data);
		n = find(all, &key);
		if (n == NONE) {
			all->stats.sets_without_template++;
			continue;
		}
		take_out_of_order(all, n);
		put_newest(all, n);
		data->current = &all->entries[n];
		data->left = set.data;
		return true;
	}
	return false;
}

int torc_netflow_value_next(struct torc_netflow_data_record *record,
			    struct torc_netflow_value *value)
{
	const struct torc_netflow_template template = { .has_enterprises = record->has_enterprises,
							.fields = record->fields };
	struct torc_netflow_field field;
	const uint8_t *p;
	uint32_t length, lead = 0, left;

	if (record->index == record->field_count ||
	    !torc_netflow_field_next(&template, &record->at_field, &field))
		return 0;
	p = record->bytes.data + record->at_byte;
	left = record->bytes.length - record->at_byte;
	length = field.length;
	if (length == VARIABLE && record->has_enterprises) { /* RFC 7011 §7 */
		if (left < 1)
			return 0;
		lead = p[0] == 255 ? 3 : 1;
		if (left < lead)
			return 0;
		length = lead == 3 ? torc_be16(p + 1) : p[0];
	}
	if (left < lead + length)
		return 0;
	*value = (struct torc_netflow_value){
		.id = field.id, .enterprise = field.enterprise,
		.is_scope = record->index < record->scope_count,
		.bytes = { p + lead, length },
	};
	record->at_byte += lead + length;
	record->index++;
	return 1;
}

int torc_netflow_data_next(struct torc_netflow_data *data, struct torc_netflow_data_record *record)
{
	struct torc_netflow_templates_stats *stats = &data->templates->stats;

	for (;;) {
		const struct entry *entry = data->current;
		struct torc_netflow_data_record walked;
		struct torc_netflow_value value;

		/* what is left and shorter than any record is padding */
		if (!entry || data->left.length < entry->least) {
			if (!next_set(data))
				return 0;
			continue;
		}
		*record = (struct torc_netflow_data_record){
			.template_id = data->set_id, .field_count = entry->field_count,
			.scope_count = entry->scope_count, .is_options = entry->is_options,
			.has_enterprises = entry->has_enterprises, .bytes = data->left,
			.fields = { entry->fields, entry->fields_length },
		};
		walked = *record;
		while (torc_netflow_value_next(&walked, &value))
			;
		if (walked.index < walked.field_count) {
			stats->malformed++;
			data->current = NULL;
			continue;
		}
		record->bytes.length = walked.at_byte;
		data->left.data += walked.at_byte;
		data->left.length -= walked.at_byte;
		stats->records++;
		return 1;
	}
}
