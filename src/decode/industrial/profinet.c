/* SPDX-License-Identifier: BSD-3-Clause */
/* profinet.c - PROFINET's real-time frames and DCP: IEC 61158-6-10 */
#include <torc/layers/industrial/profinet.h>

#include "decode/registry.h"
#include "decode/tlv.h"

#define RT_HEADER    2
#define RT_STATUS    4 /* at the end of a cyclic frame */
#define CYCLIC_FIRST 0x8000
#define CYCLIC_LAST  0xFBFF
#define DCP_FIRST    0xFEFC /* hello; get and set, identify request, identify response */
#define DCP_LAST     0xFEFF
#define DCP_HEADER   10
#define STATION_NAME 0x0202 /* option and suboption */

enum { IDENTIFY = 5 };

static int profinet_rt_decode(struct torc_cursor *cursor)
{
	uint16_t id;

	TORC_NEED(cursor, RT_HEADER);
	id = torc_be16(cursor->data);
	if (id >= DCP_FIRST && id <= DCP_LAST) {
		cursor->header_length = RT_HEADER;
		cursor->next = TORC_LAYER_PROFINET_DCP;
	} else {
		cursor->header_length = cursor->length;
	}
	return TORC_STEP_OK;
}

static void profinet_rt_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			     void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	uint32_t length = layer->header_length;
	struct torc_profinet_rt *rt = out;

	rt->frame_id = torc_be16(p);
	rt->data = (struct torc_bytes){ p + RT_HEADER, length - RT_HEADER };
	/* the status stands at the end of the frame, which has to be there */
	if (rt->frame_id < CYCLIC_FIRST || rt->frame_id > CYCLIC_LAST ||
	    decoded->caplen < decoded->len || length < RT_HEADER + RT_STATUS)
		return;
	rt->is_cyclic = true;
	p += length - RT_STATUS;
	rt->cycle_counter = torc_be16(p);
	rt->data_status = p[2];
	rt->transfer_status = p[3];
	rt->data.length -= RT_STATUS;
}

static const char *frame_name(uint64_t id)
{
	if (id >= CYCLIC_FIRST && id <= CYCLIC_LAST)
		return "cyclic";
	switch (id) {
	case 0xFC01:
		return "alarm high";
	case 0xFE01:
		return "alarm low";
	case 0xFEFC:
		return "DCP hello";
	case 0xFEFD:
		return "DCP get/set";
	case 0xFEFE:
		return "DCP identify request";
	case 0xFEFF:
		return "DCP identify response";
	default:
		return NULL;
	}
}

static const struct torc_field_info profinet_rt_fields[] = {
	TORC_FIELD_AT(struct torc_profinet_rt, frame_id, "frame_id", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_SUMMARY, .value_name = frame_name),
	TORC_FIELD_AT(struct torc_profinet_rt, is_cyclic, "cyclic", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_profinet_rt, cycle_counter, "cycle_counter", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_profinet_rt, data_status, "data_status", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_profinet_rt, transfer_status, "transfer_status", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_profinet_rt, data, "data", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_layer_number profinet_rt_numbers[] = {
	{ TORC_BY_ETHER_TYPE, 0x8892 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_profinet_rt = {
	.name = "ProfinetRT",
	.key = "profinet_rt",
	.struct_size = sizeof(struct torc_profinet_rt),
	.numbers = profinet_rt_numbers,
	.decode = profinet_rt_decode,
	.read = profinet_rt_read,
	.fields = profinet_rt_fields,
};

/* Blocks have option and suboption, a byte each, then a length; they are padded to two bytes. */
static const struct tlv_form form = { 2, 2, false, 2 };

int torc_profinet_block_next(const struct torc_profinet_dcp *dcp, uint32_t *position,
			     struct torc_tlv *block)
{
	return tlv_next(&dcp->blocks, &form, position, block);
}

static int profinet_dcp_decode(struct torc_cursor *cursor)
{
	TORC_NEED(cursor, DCP_HEADER);
	torc_cursor_claim(cursor, DCP_HEADER + (uint32_t)torc_be16(cursor->data + 8));
	cursor->header_length = cursor->length;
	return TORC_STEP_OK;
}

static void profinet_dcp_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			      void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_profinet_dcp *dcp = out;
	struct torc_tlv block;
	uint32_t at = 0, skip;

	dcp->service = p[0];
	dcp->service_type = p[1];
	dcp->transaction = torc_be32(p + 2);
	dcp->response_delay = torc_be16(p + 6);
	dcp->data_length = torc_be16(p + 8);
	dcp->blocks = (struct torc_bytes){ p + DCP_HEADER, layer->header_length - DCP_HEADER };
	/* two bytes of information stand in front of a value that is not asked for */
	skip = dcp->service == IDENTIFY && dcp->service_type == 0 ? 0 : 2;
	while (torc_profinet_block_next(dcp, &at, &block))
		if (block.type == STATION_NAME && block.length >= skip)
			dcp->name = (struct torc_bytes){ block.value.data + skip,
							 block.length - skip };
}

static const char *service_name(uint64_t service)
{
	static const char *const names[] = { [3] = "get", "set", "identify", "hello" };

	return service < sizeof(names) / sizeof(names[0]) ? names[service] : NULL;
}

static const char *service_type_name(uint64_t type)
{
	return type == 0 ? "request" : type == 1 ? "response" : type == 5 ? "not supported" : NULL;
}

static int block_element(const void *layer, uint32_t *position, void *element)
{
	return torc_profinet_block_next(layer, position, element);
}

static const struct torc_list_info block_list = {
	.next = block_element,
	.element_size = sizeof(struct torc_tlv),
	.fields = tlv_fields,
};

static const struct torc_field_info profinet_dcp_fields[] = {
	TORC_FIELD_AT(struct torc_profinet_dcp, service, "service", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY, .value_name = service_name),
	TORC_FIELD_AT(struct torc_profinet_dcp, service_type, "service_type", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY, .value_name = service_type_name),
	TORC_FIELD_AT(struct torc_profinet_dcp, transaction, "transaction", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_profinet_dcp, response_delay, "response_delay", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_profinet_dcp, data_length, "data_length", TORC_FIELD_UINT,
		      .unit = "bytes"),
	TORC_FIELD_AT(struct torc_profinet_dcp, name, "name", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_profinet_dcp, blocks, "blocks", TORC_FIELD_LIST,
		      .list = &block_list),
	TORC_FIELDS_END
};

const struct torc_layer_ops torc_layer_ops_profinet_dcp = {
	.name = "ProfinetDCP",
	.key = "profinet_dcp",
	.struct_size = sizeof(struct torc_profinet_dcp),
	.decode = profinet_dcp_decode,
	.read = profinet_dcp_read,
	.fields = profinet_dcp_fields,
};
