/* SPDX-License-Identifier: BSD-3-Clause */
/* ctp.c - Ethernet configuration testing protocol: The Ethernet, Version 2.0 (DIX), §8.4 */
#include <torc/layers/link/ctp.h>

#include <string.h>

#include "decode/little.h"
#include "decode/registry.h"

#define HEADER  2
#define FORWARD 8 /* bytes of forward data */
#define REPLY   4 /* bytes before a reply's data */

#define IS_REPLY   1
#define IS_FORWARD 2

/* Which function stands at the end of the header; what is neither is refused by the reply. */
static void next_function(struct torc_cursor *cursor)
{
	uint32_t at = cursor->header_length;

	cursor->next = cursor->length >= at + 2 && le16(cursor->data + at) == IS_FORWARD ?
			       TORC_LAYER_CTP_FORWARD :
			       TORC_LAYER_CTP_REPLY;
}

static int ctp_decode(struct torc_cursor *cursor)
{
	TORC_NEED(cursor, HEADER);
	if (cursor->data[0] & 1)
		return torc_cursor_malformed(cursor, "the skip count is odd");
	cursor->header_length = HEADER;
	next_function(cursor);
	return TORC_STEP_OK;
}

static void ctp_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	((struct torc_ctp *)out)->skip_count = le16(torc_layer_header(decoded, layer));
}

static const struct torc_field_info ctp_fields[] = {
	TORC_FIELD_AT(struct torc_ctp, skip_count, "skip_count", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELDS_END
};

static const struct torc_layer_number ctp_numbers[] = {
	{ TORC_BY_ETHER_TYPE, 0x9000 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_ctp = {
	.name = "EthernetCTP",
	.key = "ctp",
	.struct_size = sizeof(struct torc_ctp),
	.numbers = ctp_numbers,
	.decode = ctp_decode,
	.read = ctp_read,
	.fields = ctp_fields,
};

static int ctp_forward_decode(struct torc_cursor *cursor)
{
	TORC_NEED(cursor, FORWARD);
	cursor->header_length = FORWARD;
	next_function(cursor);
	return TORC_STEP_OK;
}

static void ctp_forward_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			     void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_ctp_forward *forward = out;

	forward->function = le16(p);
	memcpy(forward->address, p + 2, 6);
}

static const struct torc_field_info ctp_forward_fields[] = {
	TORC_FIELD_AT(struct torc_ctp_forward, function, "function", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_ctp_forward, address, "address", TORC_FIELD_MAC,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELDS_END
};

const struct torc_layer_ops torc_layer_ops_ctp_forward = {
	.name = "EthernetCTPForwardData",
	.key = "ctp_forward",
	.struct_size = sizeof(struct torc_ctp_forward),
	.decode = ctp_forward_decode,
	.read = ctp_forward_read,
	.fields = ctp_forward_fields,
};

static int ctp_reply_decode(struct torc_cursor *cursor)
{
	TORC_NEED(cursor, 2);
	if (le16(cursor->data) != IS_REPLY)
		return torc_cursor_malformed(cursor, "the function is neither reply nor forward");
	TORC_NEED(cursor, REPLY);
	cursor->header_length = cursor->length;
	return TORC_STEP_OK;
}

static void ctp_reply_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			   void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_ctp_reply *reply = out;

	reply->function = le16(p);
	reply->receipt_number = le16(p + 2);
	reply->data = (struct torc_bytes){ p + REPLY, layer->header_length - REPLY };
}

static const struct torc_field_info ctp_reply_fields[] = {
	TORC_FIELD_AT(struct torc_ctp_reply, function, "function", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_ctp_reply, receipt_number, "receipt_number", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_ctp_reply, data, "data", TORC_FIELD_BYTES),
	TORC_FIELDS_END
};

const struct torc_layer_ops torc_layer_ops_ctp_reply = {
	.name = "EthernetCTPReply",
	.key = "ctp_reply",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_ctp_reply),
	.decode = ctp_reply_decode,
	.read = ctp_reply_read,
	.fields = ctp_reply_fields,
};
