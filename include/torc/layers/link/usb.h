/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/link/usb.h - USB as Linux's usbmon captures it */
#ifndef TORC_LAYERS_USB_H
#define TORC_LAYERS_USB_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Link types 189 (48 bytes) and 220 (64 bytes, then the descriptors): Linux,
 * Documentation/usb/usbmon.rst. Numbers are taken as a little-endian machine writes them. Where a
 * setup packet follows it is a layer of its own, and has the rest of the header.
 */
struct torc_usb {
	uint64_t id;           /* of the request block: submission and completion have the same */
	uint8_t event_type;    /* 'S' submission, 'C' completion, 'E' error */
	uint8_t transfer_type; /* 0 isochronous, 1 interrupt, 2 control, 3 bulk */
	bool is_in;            /* from the device */
	uint8_t endpoint;
	uint8_t device;
	uint16_t bus;
	bool has_setup;
	bool has_data;
	int64_t seconds;
	int32_t microseconds;
	int32_t status;       /* a negative errno */
	uint32_t urb_length;  /* bytes asked for, or moved */
	uint32_t data_length; /* bytes that are in the capture */
	/* link type 220 without a setup packet, else 0 */
	int32_t interval;
	int32_t start_frame;
	uint32_t transfer_flags;
	uint32_t descriptor_count; /* of isochronous transfers */
	struct torc_bytes descriptors;
};

TORC_LAYER_READER(usb, USB)

/* USB 2.0 §9.3 */
struct torc_usb_setup {
	uint8_t request_type;
	uint8_t request;
	uint16_t value;
	uint16_t index;
	uint16_t length;
};

TORC_LAYER_READER(usb_setup, USB_SETUP)

/* What a transfer moved: control, interrupt, bulk. */
struct torc_usb_transfer {
	struct torc_bytes data;
};

static inline int torc_layer_usb_control(const struct torc_decoded *decoded,
					 const struct torc_layer *layer,
					 struct torc_usb_transfer *out)
{
	return torc_layer_read(decoded, layer, TORC_LAYER_USB_CONTROL, out, sizeof(*out));
}

static inline int torc_layer_usb_interrupt(const struct torc_decoded *decoded,
					   const struct torc_layer *layer,
					   struct torc_usb_transfer *out)
{
	return torc_layer_read(decoded, layer, TORC_LAYER_USB_INTERRUPT, out, sizeof(*out));
}

static inline int torc_layer_usb_bulk(const struct torc_decoded *decoded,
				      const struct torc_layer *layer, struct torc_usb_transfer *out)
{
	return torc_layer_read(decoded, layer, TORC_LAYER_USB_BULK, out, sizeof(*out));
}

#ifdef __cplusplus
}
#endif

#endif
