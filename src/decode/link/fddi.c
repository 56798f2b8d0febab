/* SPDX-License-Identifier: BSD-3-Clause */
/* fddi.c - FDDI, ISO 9314-2; LINKTYPE_FDDI */
#include <torc/flow.h>
#include <torc/layers/link/fddi.h>

#include <string.h>

#include "decode/registry.h"

#define LINK_FDDI 10

static int fddi_decode(struct torc_cursor *cursor)
{
	TORC_NEED(cursor, 13);
	cursor->header_length = 13;
	cursor->next = (cursor->data[0] & 0xF8) == 0x50 ? TORC_LAYER_LLC : TORC_LAYER_PAYLOAD;
	return TORC_STEP_OK;
}

static void fddi_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_fddi *fddi = out;

	fddi->frame_control = p[0];
	fddi->priority = p[0] & 7;
	memcpy(fddi->destination, p + 1, 6);
	memcpy(fddi->source, p + 7, 6);
}

static const struct torc_field_info fddi_fields[] = {
	TORC_FIELD_AT(struct torc_fddi, frame_control, "frame_control", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_fddi, priority, "priority", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_fddi, source, "src", TORC_FIELD_MAC),
	TORC_FIELD_AT(struct torc_fddi, destination, "dst", TORC_FIELD_MAC), TORC_FIELDS_END
};

static const struct torc_layer_number fddi_numbers[] = { { TORC_BY_LINK_TYPE, LINK_FDDI },
							 { TORC_BY_NONE, 0 } };

const struct torc_layer_ops torc_layer_ops_fddi = {
	.name = "FDDI",
	.key = "fddi",
	.role = TORC_ROLE_LINK,
	.struct_size = sizeof(struct torc_fddi),
	.numbers = fddi_numbers,
	.decode = fddi_decode,
	.read = fddi_read,
	.fields = fddi_fields,
	.flow = { TORC_ENDPOINT_MAC, 6, 7, 1 },
};
