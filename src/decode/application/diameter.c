/* SPDX-License-Identifier: BSD-3-Clause */
/* diameter.c - Diameter: RFC 6733 §3, §4.1 */
#include <torc/layers/application/diameter.h>

#include "decode/registry.h"

#define HEADER     20
#define AVP        8 /* bytes before the data, with a vendor four more */
#define HAS_VENDOR 0x80

/* Bytes of the AVP that begins at p, without padding; 0 where it does not fit. */
static uint32_t avp_length(const uint8_t *p, uint32_t left)
{
	uint32_t length;

	if (left < AVP)
		return 0;
	length = torc_be24(p + 5);
	return length >= (p[4] & HAS_VENDOR ? AVP + 4u : AVP) && length <= left ? length : 0;
}

/* Where the next AVP begins: padding to four bytes may be missing behind the last one. */
static uint32_t avp_step(uint32_t length, uint32_t left)
{
	uint32_t padded = (length + 3) & ~3u;

	return padded < left ? padded : left;
}

static bool avps_fit(const uint8_t *p, uint32_t left)
{
	while (left > 0) {
		uint32_t length = avp_length(p, left);

		if (length == 0)
			return false;
		length = avp_step(length, left);
		p += length;
		left -= length;
	}
	return true;
}

static const char *header_fault(const uint8_t *p)
{
	uint32_t length = torc_be24(p + 1);

	if (p[0] != 1)
		return "the version is not 1";
	if (length < HEADER || length % 4 != 0)
		return "the length is below the header, or not a multiple of 4";
	return p[4] & 0x0F ? "a flag that must be 0 is set" : NULL;
}

static int diameter_decode(struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data;
	const char *reason;
	uint32_t length;

	TORC_NEED(cursor, HEADER);
	reason = header_fault(p);
	if (reason)
		return torc_cursor_malformed(cursor, reason);
	length = torc_be24(p + 1);
	/* over TCP several messages may share a segment */
	if (cursor->length >= HEADER && length <= cursor->length - HEADER &&
	    !header_fault(p + length))
		cursor->next = TORC_LAYER_DIAMETER;
	else
		torc_cursor_claim(cursor, length);
	cursor->header_length = length < cursor->length ? length : cursor->length;
	if (cursor->header_length == length && !avps_fit(p + HEADER, length - HEADER))
		return torc_cursor_bad_tail(cursor, "an AVP does not fit");
	return TORC_STEP_OK;
}

static void diameter_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			  void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_diameter *diameter = out;

	diameter->version = p[0];
	diameter->length = torc_be24(p + 1);
	diameter->is_request = p[4] & 0x80;
	diameter->is_proxiable = p[4] & 0x40;
	diameter->is_error = p[4] & 0x20;
	diameter->is_retransmitted = p[4] & 0x10;
	diameter->command = torc_be24(p + 5);
	diameter->application_id = torc_be32(p + 8);
	diameter->hop_by_hop_id = torc_be32(p + 12);
	diameter->end_to_end_id = torc_be32(p + 16);
	diameter->avps = (struct torc_bytes){ p + HEADER, layer->header_length - HEADER };
}

/* RFC 6733 §4.5: of type UTF8String, DiameterIdentity or DiameterURI */
static bool is_text(const struct torc_diameter_avp *avp)
{
	static const uint16_t codes[] = { 1,   263, 264, 269, 281, 282, 283,
					  284, 292, 293, 294, 296 };

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (codes[i] == avp->code)
			return !avp->is_vendor_specific;
	return false;
}

int torc_diameter_avp_next(const struct torc_diameter *diameter, uint32_t *position,
			   struct torc_diameter_avp *avp)
{
	const uint8_t *p;
	uint32_t left, header;

	if (*position >= diameter->avps.length)
		return 0;
	p = diameter->avps.data + *position;
	left = diameter->avps.length - *position;
	avp->length = avp_length(p, left);
	if (avp->length == 0)
		return 0;
	avp->code = torc_be32(p);
	avp->is_vendor_specific = p[4] & HAS_VENDOR;
	avp->is_mandatory = p[4] & 0x40;
	avp->is_protected = p[4] & 0x20;
	header = avp->is_vendor_specific ? AVP + 4 : AVP;
	avp->vendor_id = avp->is_vendor_specific ? torc_be32(p + AVP) : 0;
	avp->data = (struct torc_bytes){ p + header, avp->length - header };
	avp->text = is_text(avp) ? avp->data : (struct torc_bytes){ 0 };
	*position += avp_step(avp->length, left);
	return 1;
}

static int avp_element(const void *layer, uint32_t *position, void *element)
{
	return torc_diameter_avp_next(layer, position, element);
}

/* IANA, "AAA Parameters": command codes */
static const char *command_name(uint64_t command)
{
	switch (command) {
	case 257:
		return "capabilities exchange";
	case 258:
		return "re-auth";
	case 265:
		return "AA";
	case 268:
		return "EAP";
	case 271:
		return "accounting";
	case 272:
		return "credit control";
	case 274:
		return "abort session";
	case 275:
		return "session termination";
	case 280:
		return "device watchdog";
	case 282:
		return "disconnect peer";
	case 300:
		return "user authorization";
	case 301:
		return "server assignment";
	case 302:
		return "location info";
	case 303:
		return "multimedia auth";
	case 316:
		return "update location";
	case 317:
		return "cancel location";
	case 318:
		return "authentication information";
	case 319:
		return "insert subscriber data";
	case 321:
		return "purge UE";
	default:
		return NULL;
	}
}

/* IANA, "AAA Parameters": application ids */
static const char *application_name(uint64_t id)
{
	switch (id) {
	case 0:
		return "common messages";
	case 1:
		return "NASREQ";
	case 3:
		return "base accounting";
	case 4:
		return "credit control";
	case 5:
		return "EAP";
	case 6:
		return "SIP";
	case 16777216:
		return "3GPP Cx";
	case 16777217:
		return "3GPP Sh";
	case 16777236:
		return "3GPP Rx";
	case 16777238:
		return "3GPP Gx";
	case 16777251:
		return "3GPP S6a/S6d";
	case 16777252:
		return "3GPP S13";
	case 0xFFFFFFFF:
		return "relay";
	default:
		return NULL;
	}
}

/* RFC 6733 §4.5, of AVPs without a vendor. The first 255 are RADIUS's. */
static const char *avp_name(uint64_t code)
{
	switch (code) {
	case 1:
		return "User-Name";
	case 257:
		return "Host-IP-Address";
	case 258:
		return "Auth-Application-Id";
	case 259:
		return "Acct-Application-Id";
	case 260:
		return "Vendor-Specific-Application-Id";
	case 263:
		return "Session-Id";
	case 264:
		return "Origin-Host";
	case 265:
		return "Supported-Vendor-Id";
	case 266:
		return "Vendor-Id";
	case 267:
		return "Firmware-Revision";
	case 268:
		return "Result-Code";
	case 269:
		return "Product-Name";
	case 273:
		return "Disconnect-Cause";
	case 278:
		return "Origin-State-Id";
	case 279:
		return "Failed-AVP";
	case 283:
		return "Destination-Realm";
	case 293:
		return "Destination-Host";
	case 295:
		return "Termination-Cause";
	case 296:
		return "Origin-Realm";
	case 297:
		return "Experimental-Result";
	default:
		return NULL;
	}
}

static const struct torc_field_info avp_fields[] = {
	TORC_FIELD_AT(struct torc_diameter_avp, code, "code", TORC_FIELD_UINT,
		      .value_name = avp_name),
	TORC_FIELD_AT(struct torc_diameter_avp, is_mandatory, "mandatory", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_diameter_avp, is_protected, "protected", TORC_FIELD_BOOL,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_diameter_avp, length, "length", TORC_FIELD_UINT,
		      .unit = "bytes"),
	TORC_FIELD_AT(struct torc_diameter_avp, vendor_id, "vendor_id", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_diameter_avp, data, "data", TORC_FIELD_BYTES),
	TORC_FIELD_AT(struct torc_diameter_avp, text, "text", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_list_info avp_list = {
	.next = avp_element,
	.element_size = sizeof(struct torc_diameter_avp),
	.fields = avp_fields,
};

static const struct torc_field_info diameter_fields[] = {
	TORC_FIELD_AT(struct torc_diameter, version, "version", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_diameter, length, "length", TORC_FIELD_UINT, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_diameter, is_request, "request", TORC_FIELD_BOOL,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_diameter, is_proxiable, "proxiable", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_diameter, is_error, "error", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_diameter, is_retransmitted, "retransmitted", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_diameter, command, "command", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY, .value_name = command_name),
	TORC_FIELD_AT(struct torc_diameter, application_id, "application_id", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY, .value_name = application_name),
	TORC_FIELD_AT(struct torc_diameter, hop_by_hop_id, "hop_by_hop_id", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_diameter, end_to_end_id, "end_to_end_id", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_diameter, avps, "avps", TORC_FIELD_LIST, .list = &avp_list),
	TORC_FIELDS_END
};

static const struct torc_layer_number diameter_numbers[] = {
	{ TORC_BY_TCP_PORT, 3868 },
	{ TORC_BY_UDP_PORT, 3868 },
	{ TORC_BY_SCTP_PORT, 3868 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_diameter = {
	.name = "Diameter",
	.key = "diameter",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_diameter),
	.numbers = diameter_numbers,
	.decode = diameter_decode,
	.read = diameter_read,
	.fields = diameter_fields,
};
