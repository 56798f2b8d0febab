/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * torc/netflow_templates.h - what is in the data sets of NetFlow version 9 (RFC 3954) and IPFIX (RFC
 * 7011): a memory of templates, by which records are read
 *
 *	struct torc_netflow_data data;
 *	struct torc_netflow_data_record record;
 *	struct torc_netflow_value value;
 *
 *	torc_netflow_templates_open(&templates, NULL);
 *	...
 *	layer = torc_layer_find(&decoded, TORC_LAYER_NETFLOW);
 *	if (torc_netflow_data_begin(templates, &decoded, layer, &data) == 0)
 *		while (torc_netflow_data_next(&data, &record))
 *			while (torc_netflow_value_next(&record, &value))
 *				if (value.id == 1) ...            (octetDeltaCount)
 *
 * A template is of one exporter (address and port), one observation domain or source id, and one
 * version. How many are kept is bounded: when there is no room, the one that was used longest ago
 * goes. One thread at a time uses a memory.
 */
#ifndef TORC_NETFLOW_TEMPLATES_H
#define TORC_NETFLOW_TEMPLATES_H

#include <torc/layers/application/netflow.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_netflow_templates;

/* Everything that is zero has its default. */
struct torc_netflow_templates_options {
	size_t size;           /* sizeof(struct torc_netflow_templates_options) */
	uint32_t templates;    /* room for so many; 4096, at most 1,048,576 */
	uint32_t fields_bytes; /* of all their fields together; 4 MiB */
};

/* learnt = templates + replaced + withdrawn + evicted */
struct torc_netflow_templates_stats {
	size_t size;        /* set by the caller */
	uint64_t templates; /* there are now */
	uint64_t learnt;
	uint64_t replaced;  /* by another with the same id */
	uint64_t withdrawn; /* RFC 7011 §8.1 */
	uint64_t evicted;   /* to make room */
	uint64_t refused;   /* templates whose records have no bytes, or that are larger than the room */
	uint64_t records;   /* read */
	uint64_t sets_without_template; /* data sets: their records are unknown */
	uint64_t malformed; /* data sets whose end is no record: a length in one goes beyond */
};

/* torc_netflow_templates_open - options may be NULL; 0, -EINVAL or -ENOMEM */
TORC_API int torc_netflow_templates_open(struct torc_netflow_templates **templates,
					 const struct torc_netflow_templates_options *options);
/* torc_netflow_templates_close - NULL is allowed */
TORC_API void torc_netflow_templates_close(struct torc_netflow_templates *templates);
/* torc_netflow_templates_stats - 0, or -EINVAL when stats->size is not set */
TORC_API int torc_netflow_templates_stats(const struct torc_netflow_templates *templates,
					  struct torc_netflow_templates_stats *stats);

/* A walk over the data of one message. Filled in and used by the functions below only. */
struct torc_netflow_data {
	struct torc_netflow_templates *templates;
	struct torc_netflow netflow;
	const void *current;       /* template of the set that is walked, or NULL */
	struct torc_bytes left;    /* of that set */
	uint32_t position;
	uint8_t address[16];
	uint16_t port;
	uint16_t set_id;
};

/* One data record, borrowed until the next torc_netflow_data_next(). */
struct torc_netflow_data_record {
	uint16_t template_id;
	uint16_t field_count;
	uint16_t scope_count;    /* so many of the fields, the first, say what the rest is about */
	bool is_options;
	bool has_enterprises;
	struct torc_bytes bytes; /* all of it */
	struct torc_bytes fields;
	uint32_t at_field, at_byte, index; /* of torc_netflow_value_next() */
};

struct torc_netflow_value {
	uint16_t id;         /* information element, or kind of scope in version 9 */
	bool is_scope;
	uint32_t enterprise; /* whose element it is; 0: IANA's; 29305: the reverse of IANA's (RFC 5103) */
	struct torc_bytes bytes; /* network order */
};

/*
 * torc_netflow_data_begin - the data of a message; what templates it has is learnt on the way, so
 * walk to its end
 *
 * decoded, layer   a packet and its layer of NetFlow; both are borrowed for the walk
 *
 * Returns 0, or -EINVAL when the layer is NULL, no NetFlow, or of version 5 (which has no templates).
 */
TORC_API int torc_netflow_data_begin(struct torc_netflow_templates *templates,
				     const struct torc_decoded *decoded,
				     const struct torc_layer *layer,
				     struct torc_netflow_data *data);

/* torc_netflow_data_next - the next record whose template is known; 1, or 0 at the end */
TORC_API int torc_netflow_data_next(struct torc_netflow_data *data,
				    struct torc_netflow_data_record *record);

/* torc_netflow_value_next - the next value of a record; 1, or 0 at the end */
TORC_API int torc_netflow_value_next(struct torc_netflow_data_record *record,
				     struct torc_netflow_value *value);

#ifdef __cplusplus
}
#endif

#endif
