/* SPDX-License-Identifier: BSD-3-Clause */
/* can.c - frames of a CAN bus: linux/can.h; tcpdump.org/linktypes, LINKTYPE_CAN_SOCKETCAN */
#include <torc/layers/link/can.h>

#include "decode/little.h"
#include "decode/registry.h"

#define HEADER     8
#define CLASSIC    8  /* bytes of data at most */
#define FLEXIBLE   64 /* of FD */
#define EXTENDED   0x80000000u
#define REMOTE     0x40000000u
#define ERROR      0x20000000u
#define ID_MASK    0x1FFFFFFFu
#define SHORT_MASK 0x7FFu
#define FD_FRAME   4 /* flag of FD frames, which old kernels do not set */

static int can_decode(struct torc_cursor *cursor)
{
	uint32_t length;

	TORC_NEED(cursor, HEADER);
	length = cursor->data[4];
	if (length > FLEXIBLE)
		return torc_cursor_malformed(cursor, "more than 64 bytes of data");
	torc_cursor_claim(cursor, HEADER + length);
	cursor->header_length = cursor->length;
	return TORC_STEP_OK;
}

/* Behind Linux's cooked header the identifier is as the host had it, which nearly always is little. */
static bool is_little(const struct torc_decoded *decoded, const struct torc_layer *layer)
{
	return layer > decoded->layers && (layer[-1].type == TORC_LAYER_LINUX_SLL ||
					   layer[-1].type == TORC_LAYER_LINUX_SLL2);
}

static void can_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	uint32_t id = is_little(decoded, layer) ? le32(p) : torc_be32(p);
	struct torc_can *can = out;

	can->is_extended = id & EXTENDED;
	can->is_remote = id & REMOTE;
	can->is_error = id & ERROR;
	can->id = id & (can->is_extended || can->is_error ? ID_MASK : SHORT_MASK);
	can->length = p[4];
	can->flags = p[5];
	can->is_fd = p[4] > CLASSIC || p[5] & FD_FRAME;
	can->data = (struct torc_bytes){ p + HEADER, layer->header_length - HEADER };
}

static const struct torc_field_info can_fields[] = {
	TORC_FIELD_AT(struct torc_can, id, "id", TORC_FIELD_HEX, .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_can, is_extended, "extended", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_can, is_remote, "remote", TORC_FIELD_BOOL,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_can, is_error, "error", TORC_FIELD_BOOL,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_can, is_fd, "fd", TORC_FIELD_BOOL,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_can, length, "length", TORC_FIELD_UINT, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_can, flags, "flags", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_can, data, "data", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELDS_END
};

/* Behind a cooked header the kernel's numbers, linux/if_ether.h: ETH_P_CAN, ETH_P_CANFD */
static const struct torc_layer_number can_numbers[] = {
	{ TORC_BY_LINK_TYPE, TORC_LINK_CAN_SOCKETCAN },
	{ TORC_BY_ETHER_TYPE, 0x000C },
	{ TORC_BY_ETHER_TYPE, 0x000D },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_can = {
	.name = "CAN",
	.key = "can",
	.role = TORC_ROLE_LINK,
	.struct_size = sizeof(struct torc_can),
	.numbers = can_numbers,
	.decode = can_decode,
	.read = can_read,
	.fields = can_fields,
};
