/* SPDX-License-Identifier: BSD-3-Clause */
/* opcua.c - OPC UA's connection protocol: OPC 10000-6 §7.1.2; secure channels, §6.7.2 */
#include <torc/layers/industrial/opcua.h>

#include <string.h>

#include "decode/little.h"
#include "decode/registry.h"

#define HEADER         8
#define CHANNEL_HEADER 12
#define MESSAGE_HEADER 24 /* with token, sequence and request */
#define BUFFERS        28 /* where the string of HEL begins */
#define SIZE_MAX_CHUNK 0x1000000

static bool is_type(const uint8_t *p, const char *type)
{
	return memcmp(p, type, 3) == 0;
}

static bool is_chunk(const uint8_t *p)
{
	static const char types[] = "HELACKERRRHEOPNMSGCLO";
	uint32_t size = le32(p + 4);
	size_t i = 0;

	while (i < sizeof(types) - 1 && !is_type(p, types + i))
		i += 3;
	return i < sizeof(types) - 1 && (p[3] == 'F' || p[3] == 'C' || p[3] == 'A') &&
	       size > HEADER && size <= SIZE_MAX_CHUNK;
}

static int opcua_decode(struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data;
	uint32_t size;

	TORC_NEED(cursor, HEADER);
	if (!is_chunk(p))
		return torc_cursor_malformed(cursor, "no chunk of a message");
	size = le32(p + 4);
	/* several chunks in a segment are a layer each */
	if (cursor->wire_length > size) {
		cursor->header_length = size;
		if (cursor->length >= size + HEADER && is_chunk(p + size))
			cursor->next = TORC_LAYER_OPCUA;
	} else {
		torc_cursor_claim(cursor, size);
		cursor->header_length = size < cursor->length ? size : cursor->length;
	}
	return cursor->header_length > cursor->length ? TORC_STEP_CUT_TAIL : TORC_STEP_OK;
}

/* A string with its length in front (§5.2.2.4) at *at, moved on; a length of -1 is none. */
static struct torc_bytes take_string(const uint8_t *p, uint32_t length, uint32_t *at)
{
	struct torc_bytes string = { p, 0 };
	uint32_t size;

	if (length - *at < 4)
		return string;
	size = le32(p + *at);
	if (size == UINT32_MAX) {
		*at += 4;
	} else if (size <= length - *at - 4) {
		string = (struct torc_bytes){ p + *at + 4, size };
		*at += 4 + size;
	}
	return string;
}

static void hello_read(const uint8_t *p, uint32_t length, uint32_t *at, struct torc_opcua *opcua)
{
	if (length < BUFFERS)
		return;
	opcua->version = le32(p + 8);
	opcua->receive_buffer = le32(p + 12);
	opcua->send_buffer = le32(p + 16);
	opcua->message_size_max = le32(p + 20);
	opcua->chunk_count_max = le32(p + 24);
	*at = BUFFERS;
	if (is_type(p, "HEL"))
		opcua->endpoint = take_string(p, length, at);
}

/*
 * What follows the channel of a message: three numbers, and in its first chunk the node of its
 * encoding, as two bytes in namespace 0 (§5.2.2.9). Encrypted, it is that by chance.
 */
static void message_read(const uint8_t *p, uint32_t length, uint32_t *at, struct torc_opcua *opcua)
{
	if (length < MESSAGE_HEADER)
		return;
	opcua->token = le32(p + 12);
	opcua->sequence = le32(p + 16);
	opcua->request_id = le32(p + 20);
	*at = MESSAGE_HEADER;
	if (length >= *at + 4 && p[*at] == 1 && p[*at + 1] == 0) {
		opcua->service = le16(p + *at + 2);
		*at += 4;
	}
}

static void opcua_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
		       void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	uint32_t length = layer->header_length, at = HEADER;
	struct torc_opcua *opcua = out;

	opcua->message_type = (struct torc_bytes){ p, 3 };
	opcua->chunk = p[3];
	opcua->size = le32(p + 4);
	if (is_type(p, "HEL") || is_type(p, "ACK")) {
		hello_read(p, length, &at, opcua);
	} else if (is_type(p, "ERR") && length >= 12) {
		opcua->error = le32(p + 8);
		at = 12;
		opcua->reason = take_string(p, length, &at);
	} else if (is_type(p, "RHE")) {
		take_string(p, length, &at);
		opcua->endpoint = take_string(p, length, &at);
	} else if (length >= CHANNEL_HEADER) {
		opcua->channel = le32(p + 8);
		at = CHANNEL_HEADER;
		if (is_type(p, "OPN"))
			opcua->security_policy = take_string(p, length, &at);
		else
			message_read(p, length, &at, opcua);
	}
	opcua->data = (struct torc_bytes){ p + at, length - at };
}

/* OPC 10000-6 annex A.3: the nodes of binary encodings */
static const struct {
	uint16_t node;
	const char *name;
} services[] = {
	{ 397, "ServiceFault" }, { 422, "FindServersRequest" }, { 425, "FindServersResponse" },
	{ 428, "GetEndpointsRequest" }, { 431, "GetEndpointsResponse" },
	{ 446, "OpenSecureChannelRequest" }, { 449, "OpenSecureChannelResponse" },
	{ 452, "CloseSecureChannelRequest" }, { 455, "CloseSecureChannelResponse" },
	{ 461, "CreateSessionRequest" }, { 464, "CreateSessionResponse" },
	{ 467, "ActivateSessionRequest" }, { 470, "ActivateSessionResponse" },
	{ 473, "CloseSessionRequest" }, { 476, "CloseSessionResponse" },
	{ 479, "CancelRequest" }, { 482, "CancelResponse" }, { 488, "AddNodesRequest" },
	{ 491, "AddNodesResponse" }, { 494, "AddReferencesRequest" },
	{ 497, "AddReferencesResponse" }, { 500, "DeleteNodesRequest" },
	{ 503, "DeleteNodesResponse" }, { 506, "DeleteReferencesRequest" },
	{ 509, "DeleteReferencesResponse" }, { 527, "BrowseRequest" }, { 530, "BrowseResponse" },
	{ 533, "BrowseNextRequest" }, { 536, "BrowseNextResponse" },
	{ 554, "TranslateBrowsePathsToNodeIdsRequest" },
	{ 557, "TranslateBrowsePathsToNodeIdsResponse" }, { 560, "RegisterNodesRequest" },
	{ 563, "RegisterNodesResponse" }, { 566, "UnregisterNodesRequest" },
	{ 569, "UnregisterNodesResponse" }, { 631, "ReadRequest" }, { 634, "ReadResponse" },
	{ 664, "HistoryReadRequest" }, { 667, "HistoryReadResponse" }, { 673, "WriteRequest" },
	{ 676, "WriteResponse" }, { 700, "HistoryUpdateRequest" },
	{ 703, "HistoryUpdateResponse" }, { 712, "CallRequest" }, { 715, "CallResponse" },
	{ 751, "CreateMonitoredItemsRequest" }, { 754, "CreateMonitoredItemsResponse" },
	{ 763, "ModifyMonitoredItemsRequest" }, { 766, "ModifyMonitoredItemsResponse" },
	{ 769, "SetMonitoringModeRequest" }, { 772, "SetMonitoringModeResponse" },
	{ 775, "SetTriggeringRequest" }, { 778, "SetTriggeringResponse" },
	{ 781, "DeleteMonitoredItemsRequest" }, { 784, "DeleteMonitoredItemsResponse" },
	{ 787, "CreateSubscriptionRequest" }, { 790, "CreateSubscriptionResponse" },
	{ 793, "ModifySubscriptionRequest" }, { 796, "ModifySubscriptionResponse" },
	{ 799, "SetPublishingModeRequest" }, { 802, "SetPublishingModeResponse" },
	{ 826, "PublishRequest" }, { 829, "PublishResponse" }, { 832, "RepublishRequest" },
	{ 835, "RepublishResponse" }, { 841, "TransferSubscriptionsRequest" },
	{ 844, "TransferSubscriptionsResponse" }, { 847, "DeleteSubscriptionsRequest" },
	{ 850, "DeleteSubscriptionsResponse" },
};

static const char *service_name(uint64_t service)
{
	for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++)
		if (services[i].node == service)
			return services[i].name;
	return NULL;
}

static const char *chunk_name(uint64_t chunk)
{
	return chunk == 'F' ? "final" : chunk == 'C' ? "intermediate" : chunk == 'A' ? "abort" : NULL;
}

static const struct torc_field_info opcua_fields[] = {
	TORC_FIELD_AT(struct torc_opcua, message_type, "message_type", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_opcua, chunk, "chunk", TORC_FIELD_UINT,
		      .value_name = chunk_name),
	TORC_FIELD_AT(struct torc_opcua, size, "size", TORC_FIELD_UINT, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_opcua, version, "version", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_opcua, receive_buffer, "receive_buffer", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_opcua, send_buffer, "send_buffer", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_opcua, message_size_max, "message_size_max", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_opcua, chunk_count_max, "chunk_count_max", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_opcua, endpoint, "endpoint", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_opcua, error, "error_code", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_opcua, reason, "reason", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_opcua, channel, "channel", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_opcua, security_policy, "security_policy", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_opcua, token, "token", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_opcua, sequence, "seq", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_opcua, request_id, "request_id", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_opcua, service, "service", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY,
		      .value_name = service_name),
	TORC_FIELD_AT(struct torc_opcua, data, "data", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_layer_number opcua_numbers[] = {
	{ TORC_BY_TCP_PORT, 4840 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_opcua = {
	.name = "OPCUA",
	.key = "opcua",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_opcua),
	.numbers = opcua_numbers,
	.decode = opcua_decode,
	.read = opcua_read,
	.fields = opcua_fields,
};
