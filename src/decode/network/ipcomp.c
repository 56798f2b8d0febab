/* SPDX-License-Identifier: BSD-3-Clause */
/* ipcomp.c - IP payload compression, RFC 3173 §3 */
#include <torc/layers/network/ipsec.h>

#include "decode/registry.h"

static int ipcomp_decode(struct torc_cursor *cursor)
{
	TORC_NEED(cursor, 4);
	cursor->header_length = 4;
	cursor->next = TORC_LAYER_PAYLOAD;
	return TORC_STEP_OK;
}

static void ipcomp_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_ipcomp *ipcomp = out;

	ipcomp->next_header = p[0];
	ipcomp->flags = p[1];
	ipcomp->index = torc_be16(p + 2);
}

/* IANA's "IPCOMP Transform IDs" */
static const char *index_name(uint64_t index)
{
	static const char *const names[] = { [1] = "OUI", "deflate", "LZS", "LZJH" };

	return index < sizeof(names) / sizeof(names[0]) ? names[index] : NULL;
}

static const struct torc_field_info ipcomp_fields[] = {
	TORC_FIELD_AT(struct torc_ipcomp, next_header, "next_header", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_ipcomp, flags, "flags", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_ipcomp, index, "cpi", TORC_FIELD_HEX, .value_name = index_name),
	TORC_FIELDS_END
};

static const struct torc_layer_number ipcomp_numbers[] = {
	{ TORC_BY_IP_PROTOCOL, 108 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_ipcomp = {
	.name = "IPComp",
	.key = "ipcomp",
	.struct_size = sizeof(struct torc_ipcomp),
	.numbers = ipcomp_numbers,
	.decode = ipcomp_decode,
	.read = ipcomp_read,
	.fields = ipcomp_fields,
};
