/* SPDX-License-Identifier: BSD-3-Clause */
/* dot11_control.c - control frames of 802.11, IEEE 802.11-2016 §9.3.1 */
#include "decode/registry.h"
#include "decode/wireless/dot11.h"

const struct torc_layer_ops torc_layer_ops_dot11_ctrl_powersave_poll =
	DOT11_BARE("Dot11CtrlPowersavePoll", "dot11_ctrl_powersave_poll", dot11_nothing_decode);
const struct torc_layer_ops torc_layer_ops_dot11_ctrl_rts =
	DOT11_BARE("Dot11CtrlRTS", "dot11_ctrl_rts", dot11_nothing_decode);
const struct torc_layer_ops torc_layer_ops_dot11_ctrl_cts =
	DOT11_BARE("Dot11CtrlCTS", "dot11_ctrl_cts", dot11_nothing_decode);
const struct torc_layer_ops torc_layer_ops_dot11_ctrl_ack =
	DOT11_BARE("Dot11CtrlAck", "dot11_ctrl_ack", dot11_nothing_decode);
const struct torc_layer_ops torc_layer_ops_dot11_ctrl_cf_end =
	DOT11_BARE("Dot11CtrlCFEnd", "dot11_ctrl_cf_end", dot11_nothing_decode);
const struct torc_layer_ops torc_layer_ops_dot11_ctrl_cf_end_ack =
	DOT11_BARE("Dot11CtrlCFEndAck", "dot11_ctrl_cf_end_ack", dot11_nothing_decode);

/* ---- any other ---- */

static int all_decode(struct torc_cursor *cursor)
{
	cursor->header_length = cursor->length;
	return TORC_STEP_OK;
}

static void ctrl_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	struct torc_dot11_ctrl *ctrl = out;

	ctrl->body = (struct torc_bytes){ torc_layer_header(decoded, layer), layer->header_length };
}

static const struct torc_field_info ctrl_fields[] = {
	TORC_FIELD_AT(struct torc_dot11_ctrl, body, "body", TORC_FIELD_BYTES),
	TORC_FIELDS_END
};

const struct torc_layer_ops torc_layer_ops_dot11_ctrl = {
	.name = "Dot11Ctrl",
	.key = "dot11_ctrl",
	.struct_size = sizeof(struct torc_dot11_ctrl),
	.decode = all_decode,
	.read = ctrl_read,
	.fields = ctrl_fields,
};

/* ---- block acknowledgments ---- */

#define BLOCK_FIXED 4 /* control, starting sequence control */

static int block_decode(struct torc_cursor *cursor)
{
	TORC_NEED(cursor, BLOCK_FIXED);
	cursor->header_length = cursor->length;
	return TORC_STEP_OK;
}

static void block_ack_req_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			       void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_dot11_ctrl_block_ack_req *request = out;

	request->control = le16(p);
	request->tid = p[1] >> 4;
	request->sequence = le16(p + 2) >> 4;
	request->information = (struct torc_bytes){ p + BLOCK_FIXED,
						    layer->header_length - BLOCK_FIXED };
}

static const struct torc_field_info block_ack_req_fields[] = {
	TORC_FIELD_AT(struct torc_dot11_ctrl_block_ack_req, control, "control", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_dot11_ctrl_block_ack_req, tid, "tid", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_dot11_ctrl_block_ack_req, sequence, "sequence", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_dot11_ctrl_block_ack_req, information, "information",
		      TORC_FIELD_BYTES, .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

const struct torc_layer_ops torc_layer_ops_dot11_ctrl_block_ack_req = {
	.name = "Dot11CtrlBlockAckReq",
	.key = "dot11_ctrl_block_ack_req",
	.struct_size = sizeof(struct torc_dot11_ctrl_block_ack_req),
	.decode = block_decode,
	.read = block_ack_req_read,
	.fields = block_ack_req_fields,
};

static void block_ack_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			   void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_dot11_ctrl_block_ack *ack = out;

	ack->control = le16(p);
	ack->tid = p[1] >> 4;
	ack->sequence = le16(p + 2) >> 4;
	ack->bitmap = (struct torc_bytes){ p + BLOCK_FIXED, layer->header_length - BLOCK_FIXED };
}

static const struct torc_field_info block_ack_fields[] = {
	TORC_FIELD_AT(struct torc_dot11_ctrl_block_ack, control, "control", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_dot11_ctrl_block_ack, tid, "tid", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_dot11_ctrl_block_ack, sequence, "sequence", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_dot11_ctrl_block_ack, bitmap, "bitmap", TORC_FIELD_BYTES),
	TORC_FIELDS_END
};

const struct torc_layer_ops torc_layer_ops_dot11_ctrl_block_ack = {
	.name = "Dot11CtrlBlockAck",
	.key = "dot11_ctrl_block_ack",
	.struct_size = sizeof(struct torc_dot11_ctrl_block_ack),
	.decode = block_decode,
	.read = block_ack_read,
	.fields = block_ack_fields,
};
