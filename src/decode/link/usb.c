/* SPDX-License-Identifier: BSD-3-Clause */
/* usb.c - USB as usbmon captures it: Linux, Documentation/usb/usbmon.rst */
#include <torc/layers/link/usb.h>

#include "decode/little.h"
#include "decode/registry.h"

#define COMMON     40 /* bytes before the setup packet */
#define SETUP      8
#define HEADER     48 /* of link type 189 */
#define HEADER_MAP 64 /* of link type 220 */
#define DESCRIPTOR 16

#define ISOCHRONOUS 0
#define INTERRUPT   1
#define CONTROL     2
#define BULK        3

static uint32_t whole_header(const struct torc_decoded *decoded)
{
	return decoded->link_type == TORC_LINK_USB_LINUX ? HEADER : HEADER_MAP;
}

static unsigned int transfer_layer(uint8_t type)
{
	switch (type) {
	case INTERRUPT:
		return TORC_LAYER_USB_INTERRUPT;
	case CONTROL:
		return TORC_LAYER_USB_CONTROL;
	case BULK:
		return TORC_LAYER_USB_BULK;
	default:
		return TORC_LAYER_PAYLOAD;
	}
}

static int usb_decode(struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data;
	uint32_t header = whole_header(cursor->decoded);
	uint32_t descriptors = 0;

	TORC_NEED(cursor, header);
	if (p[9] > BULK)
		return torc_cursor_malformed(cursor, "the transfer type is above 3");
	/* the data counts the descriptors */
	if (le32(p + 36) <= UINT32_MAX - header)
		torc_cursor_claim(cursor, header + le32(p + 36));
	if (p[14] == 0) {
		cursor->header_length = COMMON;
		cursor->next = TORC_LAYER_USB_SETUP;
		return TORC_STEP_OK;
	}
	if (header == HEADER_MAP && p[9] == ISOCHRONOUS) {
		if (le32(p + 60) > (cursor->wire_length - header) / DESCRIPTOR) {
			cursor->header_length = header;
			cursor->next = TORC_LAYER_PAYLOAD;
			return torc_cursor_bad_tail(cursor, "the descriptors do not fit");
		}
		descriptors = le32(p + 60) * DESCRIPTOR;
	}
	if (cursor->length < header + descriptors)
		return TORC_STEP_CUT_TAIL;
	cursor->header_length = header + descriptors;
	cursor->next = (uint16_t)transfer_layer(p[9]);
	return TORC_STEP_OK;
}

static void usb_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_usb *usb = out;

	usb->id = le64(p);
	usb->event_type = p[8];
	usb->transfer_type = p[9];
	usb->is_in = p[10] & 0x80;
	usb->endpoint = p[10] & 0x7F;
	usb->device = p[11];
	usb->bus = le16(p + 12);
	usb->has_setup = p[14] == 0;
	usb->has_data = p[15] == 0;
	usb->seconds = (int64_t)le64(p + 16);
	usb->microseconds = (int32_t)le32(p + 24);
	usb->status = (int32_t)le32(p + 28);
	usb->urb_length = le32(p + 32);
	usb->data_length = le32(p + 36);
	if (layer->header_length < HEADER_MAP)
		return;
	usb->interval = (int32_t)le32(p + 48);
	usb->start_frame = (int32_t)le32(p + 52);
	usb->transfer_flags = le32(p + 56);
	usb->descriptor_count = le32(p + 60);
	usb->descriptors = (struct torc_bytes){ p + HEADER_MAP, layer->header_length - HEADER_MAP };
}

static const char *event_name(uint64_t type)
{
	return type == 'S' ? "submit" : type == 'C' ? "complete" : type == 'E' ? "error" : NULL;
}

static const char *transfer_name(uint64_t type)
{
	static const char *const names[] = { "isochronous", "interrupt", "control", "bulk" };

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : NULL;
}

static const struct torc_field_info usb_fields[] = {
	TORC_FIELD_AT(struct torc_usb, id, "id", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_usb, event_type, "event_type", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY, .value_name = event_name),
	TORC_FIELD_AT(struct torc_usb, transfer_type, "transfer_type", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY, .value_name = transfer_name),
	TORC_FIELD_AT(struct torc_usb, is_in, "in", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_usb, endpoint, "endpoint", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_usb, device, "device", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_usb, bus, "bus", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_usb, has_setup, "has_setup", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_usb, has_data, "has_data", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_usb, seconds, "seconds", TORC_FIELD_INT, .unit = "s"),
	TORC_FIELD_AT(struct torc_usb, microseconds, "microseconds", TORC_FIELD_INT, .unit = "us"),
	TORC_FIELD_AT(struct torc_usb, status, "status", TORC_FIELD_INT),
	TORC_FIELD_AT(struct torc_usb, urb_length, "urb_length", TORC_FIELD_UINT, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_usb, data_length, "data_length", TORC_FIELD_UINT,
		      .unit = "bytes"),
	TORC_FIELD_AT(struct torc_usb, interval, "interval", TORC_FIELD_INT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_usb, start_frame, "start_frame", TORC_FIELD_INT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_usb, transfer_flags, "transfer_flags", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_usb, descriptor_count, "descriptor_count", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_usb, descriptors, "descriptors", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_layer_number usb_numbers[] = {
	{ TORC_BY_LINK_TYPE, TORC_LINK_USB_LINUX },
	{ TORC_BY_LINK_TYPE, TORC_LINK_USB_LINUX_MMAPPED },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_usb = {
	.name = "USB",
	.key = "usb",
	.struct_size = sizeof(struct torc_usb),
	.numbers = usb_numbers,
	.decode = usb_decode,
	.read = usb_read,
	.fields = usb_fields,
};

static int usb_setup_decode(struct torc_cursor *cursor)
{
	uint32_t rest = whole_header(cursor->decoded) - COMMON;

	TORC_NEED(cursor, rest);
	cursor->header_length = rest;
	cursor->next = TORC_LAYER_PAYLOAD;
	return TORC_STEP_OK;
}

static void usb_setup_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			   void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_usb_setup *setup = out;

	setup->request_type = p[0];
	setup->request = p[1];
	setup->value = le16(p + 2);
	setup->index = le16(p + 4);
	setup->length = le16(p + 6);
}

/* USB 2.0 §9.4, table 9-4; of requests that a class or a vendor defines nothing is known */
static const char *request_name(uint64_t request)
{
	static const char *const names[] = {
		[0] = "get status", [1] = "clear feature", [3] = "set feature",
		[5] = "set address", [6] = "get descriptor", [7] = "set descriptor",
		[8] = "get configuration", [9] = "set configuration", [10] = "get interface",
		[11] = "set interface", [12] = "synch frame"
	};

	return request < sizeof(names) / sizeof(names[0]) ? names[request] : NULL;
}

static const struct torc_field_info usb_setup_fields[] = {
	TORC_FIELD_AT(struct torc_usb_setup, request_type, "request_type", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_usb_setup, request, "request", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY, .value_name = request_name),
	TORC_FIELD_AT(struct torc_usb_setup, value, "value", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_usb_setup, index, "index", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_usb_setup, length, "length", TORC_FIELD_UINT, .unit = "bytes"),
	TORC_FIELDS_END
};

const struct torc_layer_ops torc_layer_ops_usb_setup = {
	.name = "USBRequestBlockSetup",
	.key = "usb_setup",
	.struct_size = sizeof(struct torc_usb_setup),
	.decode = usb_setup_decode,
	.read = usb_setup_read,
	.fields = usb_setup_fields,
};

static int transfer_decode(struct torc_cursor *cursor)
{
	cursor->header_length = cursor->length;
	return TORC_STEP_OK;
}

static void transfer_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			  void *out)
{
	((struct torc_usb_transfer *)out)->data =
		(struct torc_bytes){ torc_layer_header(decoded, layer), layer->header_length };
}

static const struct torc_field_info transfer_fields[] = {
	TORC_FIELD_AT(struct torc_usb_transfer, data, "data", TORC_FIELD_BYTES),
	TORC_FIELDS_END
};

#define TRANSFER(name_, key_)                                                                      \
	{                                                                                          \
		.name = (name_), .key = (key_), .struct_size = sizeof(struct torc_usb_transfer),   \
		.decode = transfer_decode, .read = transfer_read, .fields = transfer_fields,       \
	}

const struct torc_layer_ops torc_layer_ops_usb_control = TRANSFER("USBControl", "usb_control");
const struct torc_layer_ops torc_layer_ops_usb_interrupt =
	TRANSFER("USBInterrupt", "usb_interrupt");
const struct torc_layer_ops torc_layer_ops_usb_bulk = TRANSFER("USBBulk", "usb_bulk");
