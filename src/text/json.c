/* SPDX-License-Identifier: BSD-3-Clause */
/* json.c - a decoded packet as one JSON object, by the layers' tables of fields */
#include <stdio.h>
#include <string.h>

#include <torc/flow.h>

#include "text/value.h"
#include "util/json.h"

static void json_fields(struct json *json, const struct torc_field_info *fields,
			const void *object, unsigned int layer);

static void json_list(struct json *json, const struct torc_field_info *field, const void *object)
{
	union layer_struct element;
	uint32_t position = 0;

	json_open(json, field->name, '[');
	for (;;) {
		memset(element.bytes, 0, field->list->element_size);
		if (!field->list->next(object, &position, element.bytes))
			break;
		json_open(json, NULL, '{');
		json_fields(json, field->list->fields, element.bytes, TORC_LAYER_NONE);
		json_close(json, '}');
	}
	json_close(json, ']');
}

/* A number with a meaning has a second member, such as "operation":1,"operation_name":"request". */
static void json_value_name(struct json *json, const char *field, const char *name)
{
	char key[64];

	snprintf(key, sizeof(key), "%s_name", field);
	json_string(json, key, name);
}

static void json_value(struct json *json, const char *name, const struct torc_value *value)
{
	char domain[TORC_DOMAIN_NAME_MAX];

	switch (value->kind) {
	case TORC_FIELD_UINT:
	case TORC_FIELD_HEX:
		json_uint(json, name, value->number);
		break;
	case TORC_FIELD_INT:
		json_int(json, name, (int64_t)value->number);
		break;
	case TORC_FIELD_BOOL:
		json_bool(json, name, value->number != 0);
		break;
	case TORC_FIELD_STRING:
		json_text(json, name, value->bytes.data, value->bytes.length);
		break;
	case TORC_FIELD_NAME:
	case TORC_FIELD_NETBIOS:
	case TORC_FIELD_UTF16:
		json_text(json, name, (const uint8_t *)domain,
			  (uint32_t)value_name(value, domain, sizeof(domain)));
		break;
	default: /* addresses and bytes: hex digits, dots and colons need no escape */
		json_raw(json, name);
		text_char(&json->text, '"');
		value_text(&json->text, value, UINT32_MAX);
		text_char(&json->text, '"');
	}
	if (value->name)
		json_value_name(json, name, value->name);
}

/* The keys every layer has; a field of that name is written as "vrrp_type". */
static bool key_taken(const char *name)
{
	return strcmp(name, "type") == 0 || strcmp(name, "offset") == 0 ||
	       strcmp(name, "header_length") == 0 || strcmp(name, "payload_length") == 0;
}

/* layer: the type of the layer whose own fields these are; TORC_LAYER_NONE in lists */
static void json_fields(struct json *json, const struct torc_field_info *fields,
			const void *object, unsigned int layer)
{
	struct torc_value value;
	char name[56];

	for (; fields && fields->name; fields++) {
		if (field_hidden(fields, object))
			continue;
		if (fields->kind == TORC_FIELD_LIST) {
			json_list(json, fields, object);
			continue;
		}
		field_value(fields, object, &value);
		snprintf(name, sizeof(name), "%s_%s", torc_layer_key(layer), fields->name);
		json_value(json, layer != TORC_LAYER_NONE && key_taken(fields->name) ? name :
			   fields->name, &value);
	}
}

/* "TCP: an option does not fit" */
static void json_reason(struct json *json, const char *name, const struct torc_decoded *decoded)
{
	char reason[128];

	snprintf(reason, sizeof(reason), "%s: %s", torc_layer_name(decoded->failed_type),
		 decoded->reason);
	json_string(json, name, reason);
}

static void json_layer(struct json *json, const struct torc_decoded *decoded,
		       const struct torc_layer *layer)
{
	uint8_t room[TORC_DERIVE_ROOM];
	union layer_struct object;

	json_open(json, NULL, '{');
	json_string(json, "type", torc_layer_name(layer->type));
	json_uint(json, "offset", layer->offset);
	json_uint(json, "header_length", layer->header_length);
	json_uint(json, "payload_length", layer->payload_length);
	if (layer->type == TORC_LAYER_DECODE_FAILURE)
		json_reason(json, "reason", decoded);
	json_fields(json, layer_all_fields(decoded, layer, &object, room), object.bytes,
		    layer->type);
	json_close(json, '}');
}

/* One end of a flow: an address as a string, a port as a number. */
static void json_endpoint(struct json *json, struct torc_endpoint endpoint)
{
	bool address = endpoint.type <= TORC_ENDPOINT_MAC;
	char buffer[64];

	torc_endpoint_text(&endpoint, buffer, sizeof(buffer));
	json_raw(json, NULL);
	text_string(&json->text, address ? "\"" : "");
	text_string(&json->text, buffer);
	text_string(&json->text, address ? "\"" : "");
}

static void json_ends(struct json *json, const char *name, bool known,
		      const struct torc_flow *flow)
{
	if (!known) {
		json_null(json, name);
		return;
	}
	json_open(json, name, '[');
	json_endpoint(json, torc_flow_source(flow));
	json_endpoint(json, torc_flow_destination(flow));
	json_close(json, ']');
}

/* Addresses of the outermost network layer, ports of the outermost transport layer, or null. */
static void json_flow(struct json *json, const struct torc_decoded *decoded)
{
	struct torc_flow flow;
	bool known;

	json_open(json, "flow", '{');
	known = torc_flow_network(decoded, 0, &flow);
	json_ends(json, "network", known, &flow);
	known = torc_flow_transport(decoded, 0, &flow);
	json_ends(json, "transport", known, &flow);
	json_close(json, '}');
}

static const char *direction_name(uint8_t direction)
{
	if (direction == TORC_PACKET_RX)
		return "rx";
	return direction == TORC_PACKET_TX ? "tx" : NULL;
}

/* error is null unless decoding failed; a number nobody decodes is no error but "unknown". */
static void json_outcome(struct json *json, const struct torc_decoded *decoded)
{
	json_bool(json, "truncated", torc_decoded_truncated(decoded));
	if (decoded->reason)
		json_reason(json, "error", decoded);
	else if (decoded->status == TORC_DECODED_LAYER_LIMIT)
		json_string(json, "error", "too many layers");
	else
		json_null(json, "error");
	json_string(json, "status", torc_decoded_status_name(decoded->status));
	if (decoded->registry != TORC_BY_NONE) {
		json_open(json, "unknown", '{');
		json_string(json, "registry", torc_registry_name(decoded->registry));
		json_uint(json, "number", decoded->number);
		json_close(json, '}');
	}
}

int torc_json_packet(const struct torc_packet *packet, const struct torc_decoded *decoded,
		     const char *interface_name, char *buffer, size_t size)
{
	struct json json = json_start(buffer, size);
	unsigned int i;

	json_open(&json, NULL, '{');
	if (packet->flags & TORC_PACKET_TIMESTAMP_MISSING)
		json_null(&json, "timestamp_ns");
	else
		json_uint(&json, "timestamp_ns", packet->timestamp_ns);
	json_uint(&json, "caplen", packet->caplen);
	json_uint(&json, "len", packet->len);
	json_string(&json, "interface", interface_name);
	json_string(&json, "direction", direction_name(packet->direction));
	json_open(&json, "layers", '[');
	for (i = 0; i < decoded->layer_count; i++)
		json_layer(&json, decoded, &decoded->layers[i]);
	json_close(&json, ']');
	json_flow(&json, decoded);
	json_outcome(&json, decoded);
	json_close(&json, '}');
	return text_end(&json.text);
}

int torc_json_string(const char *string, size_t length, char *buffer, size_t size)
{
	struct text text = text_start(buffer, size);

	json_quote(&text, (const uint8_t *)string, length);
	return text_end(&text);
}
