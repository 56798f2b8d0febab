/* SPDX-License-Identifier: BSD-3-Clause */
/* layers.c - finding layers of a decoded packet, and reading one into its struct */
#include <errno.h>
#include <string.h>

#include "decode/registry.h"

const char *torc_decoded_status_name(int status)
{
	switch (status) {
	case TORC_DECODED_COMPLETE:
		return "complete";
	case TORC_DECODED_SNAPLEN_TRUNCATED:
		return "snaplen-truncated";
	case TORC_DECODED_HEADER_TRUNCATED:
		return "header-truncated";
	case TORC_DECODED_UNKNOWN_NEXT:
		return "unknown-next";
	case TORC_DECODED_LAYER_LIMIT:
		return "layer-limit";
	case TORC_DECODED_MALFORMED:
		return "malformed";
	default:
		return "unknown";
	}
}

static bool layer_is(const struct torc_layer *layer, unsigned int type, enum torc_role role)
{
	return role != TORC_ROLE_NONE ? torc_layer_facts[layer->type].role == role :
					layer->type == type;
}

/* The nth layer of a type, or of a role when that is given. */
static const struct torc_layer *layer_find(const struct torc_decoded *decoded, unsigned int type,
					   enum torc_role role, int n)
{
	int i;

	if (n >= 0) {
		for (i = 0; i < decoded->layer_count; i++)
			if (layer_is(&decoded->layers[i], type, role) && n-- == 0)
				return &decoded->layers[i];
		return NULL;
	}
	for (i = decoded->layer_count - 1; i >= 0; i--)
		if (layer_is(&decoded->layers[i], type, role) && ++n == 0)
			return &decoded->layers[i];
	return NULL;
}

const struct torc_layer *torc_layer_first(const struct torc_decoded *decoded, unsigned int type)
{
	return layer_find(decoded, type, TORC_ROLE_NONE, 0);
}

const struct torc_layer *torc_layer_last(const struct torc_decoded *decoded, unsigned int type)
{
	return layer_find(decoded, type, TORC_ROLE_NONE, -1);
}

const struct torc_layer *torc_layer_nth(const struct torc_decoded *decoded, unsigned int type,
					int n)
{
	return layer_find(decoded, type, TORC_ROLE_NONE, n);
}

enum torc_role torc_layer_role(unsigned int type)
{
	return type < TORC_LAYER_TYPES ? (enum torc_role)torc_layer_facts[type].role :
					 TORC_ROLE_NONE;
}

const struct torc_layer *torc_layer_by_role(const struct torc_decoded *decoded,
					    enum torc_role role, int n)
{
	if (role == TORC_ROLE_NONE)
		return NULL;
	return layer_find(decoded, TORC_LAYER_NONE, role, n);
}

int torc_layer_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
		    unsigned int type, void *out, size_t size)
{
	const struct torc_layer_ops *ops;
	_Alignas(max_align_t) uint8_t whole[TORC_LAYER_STRUCT_MAX];

	if (!layer || layer->type != type || type >= TORC_LAYER_TYPES)
		return -EINVAL;
	ops = layer_ops(type);
	if (!ops || !ops->read)
		return -EINVAL;
	if (size >= ops->struct_size) {
		memset(out, 0, size);
		ops->read(decoded, layer, out);
		return 0;
	}
	/* a caller that was built with an older, shorter struct */
	memset(whole, 0, ops->struct_size);
	ops->read(decoded, layer, whole);
	if (size > 0) /* out may be NULL then: a target that only wants to know */
		memcpy(out, whole, size);
	return 0;
}

uint32_t torc_trailer(const struct torc_decoded *decoded, uint32_t *length)
{
	const struct torc_layer *last;
	uint32_t end = 0;

	if (decoded->layer_count > 0) {
		last = &decoded->layers[decoded->layer_count - 1];
		end = last->offset + last->header_length + last->payload_length;
	}
	if (length)
		*length = decoded->caplen - end;
	return end;
}
