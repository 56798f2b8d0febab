/* SPDX-License-Identifier: BSD-3-Clause */
/* gtp.h - the header of GTP version 1, which GTP-U (3GPP TS 29.281 §5) and GTP-C (TS 29.060 §6) share */
#ifndef DECODE_TUNNEL_GTP_H
#define DECODE_TUNNEL_GTP_H

#include <torc/layers/tunnel/tunnel.h>

#define GTP_HEADER   8
#define GTP_OPTIONAL 4 /* bytes, that are there where one of three flags is */

#define GTP_IS_GTP        0x10
#define GTP_HAS_EXTENSION 0x04
#define GTP_HAS_SEQUENCE  0x02
#define GTP_HAS_NPDU      0x01
#define GTP_HAS_OPTIONAL  (GTP_HAS_EXTENSION | GTP_HAS_SEQUENCE | GTP_HAS_NPDU)

/* TS 29.281 §5.2.1 */
enum {
	GTP_LONG_PDCP_NUMBER_16 = 0x03, /* of release 16, which the receiver need not understand */
	GTP_SERVICE_CLASS = 0x20,
	GTP_UDP_PORT = 0x40,
	GTP_LONG_PDCP_NUMBER = 0x82,
	GTP_PDU_SESSION = 0x85,
	GTP_PDCP_NUMBER = 0xC0
};

static inline uint32_t gtp_fixed_bytes(const uint8_t *p)
{
	return p[0] & GTP_HAS_OPTIONAL ? GTP_HEADER + GTP_OPTIONAL : GTP_HEADER;
}

/*
 * Bytes of the header with its extension headers, of which each has its length in units of four
 * and, as its last byte, the type of the next; 0 where one has no length. More than length: cut.
 */
static inline uint32_t gtp_header_bytes(const uint8_t *p, uint32_t length)
{
	uint32_t at = gtp_fixed_bytes(p);
	uint8_t next;

	if (!(p[0] & GTP_HAS_EXTENSION) || length < at)
		return at;
	for (next = p[11]; next != 0; next = p[at - 1]) {
		if (at + 1 > length)
			return at + 1;
		if (p[at] == 0)
			return 0;
		at += p[at] * 4u;
		if (at > length)
			return at;
	}
	return at;
}

/* What stands between the optional fields and where the header ends. */
static inline struct torc_bytes gtp_extensions(const uint8_t *p, uint32_t header)
{
	uint32_t fixed = gtp_fixed_bytes(p);

	if (!(p[0] & GTP_HAS_EXTENSION) || header <= fixed)
		return (struct torc_bytes){ 0 };
	return (struct torc_bytes){ p + fixed, header - fixed };
}

/* What the content says, where the type's form is known. */
static inline void gtp_extension_content(struct torc_gtp_extension *extension)
{
	const uint8_t *p = extension->content.data;

	switch (extension->type) {
	case GTP_SERVICE_CLASS:
		extension->service_class = p[0];
		break;
	case GTP_UDP_PORT:
		extension->udp_port = torc_be16(p);
		break;
	case GTP_PDCP_NUMBER:
		extension->pdcp_number = torc_be16(p);
		break;
	case GTP_LONG_PDCP_NUMBER:
	case GTP_LONG_PDCP_NUMBER_16:
		if (extension->content.length >= 3)
			extension->pdcp_number = torc_be24(p) & 0x3FFFF;
		break;
	case GTP_PDU_SESSION: /* TS 38.415 §5.5.2: both types have the flow there */
		extension->pdu_type = p[0] >> 4;
		extension->flow_id = extension->pdu_type <= 1 ? p[1] & 0x3F : 0;
		break;
	}
}

/* The extension header at *position, 0 at first; its type stands in front of it: first_type is the list's. */
static inline int gtp_extension_next(const struct torc_bytes *extensions, uint8_t first_type,
				     uint32_t *position, struct torc_gtp_extension *extension)
{
	uint32_t at = *position, length;
	uint8_t type;

	if (at >= extensions->length)
		return 0;
	type = at == 0 ? first_type : extensions->data[at - 1];
	length = extensions->data[at] * 4u;
	if (type == 0 || length == 0 || length > extensions->length - at)
		return 0;
	*extension = (struct torc_gtp_extension){
		.type = type,
		.length = (uint16_t)length,
		.content = { extensions->data + at + 1, length - 2 },
	};
	gtp_extension_content(extension);
	*position = at + length;
	return 1;
}

static inline const char *gtp_extension_name(uint64_t type)
{
	switch (type) {
	case 0x01:
		return "MBMS support indication"; /* these two: TS 29.060 §6 */
	case 0x02:
		return "MS info change reporting support indication";
	case GTP_SERVICE_CLASS:
		return "service class indicator";
	case GTP_UDP_PORT:
		return "UDP port";
	case 0x81:
		return "RAN container";
	case GTP_LONG_PDCP_NUMBER:
	case GTP_LONG_PDCP_NUMBER_16:
		return "long PDCP PDU number";
	case 0x83:
		return "Xw RAN container";
	case 0x84:
		return "NR RAN container";
	case GTP_PDU_SESSION:
		return "PDU session container";
	case GTP_PDCP_NUMBER:
		return "PDCP PDU number";
	case 0xC1: /* these two: TS 29.060 §6 */
		return "suspend request";
	case 0xC2:
		return "suspend response";
	default:
		return NULL;
	}
}

/* What the fields of an extension header show. The PDU type in words: a number of 0 would be left out. */
struct gtp_extension_view {
	struct torc_gtp_extension extension;
	struct torc_bytes direction;
};

/* As gtp_extension_next(), for the list that is shown. */
static inline int gtp_extension_element(const struct torc_bytes *extensions, uint8_t first_type,
					uint32_t *position, struct gtp_extension_view *view)
{
	static const struct torc_bytes names[] = { { (const uint8_t *)"downlink", 8 },
						   { (const uint8_t *)"uplink", 6 } };

	if (!gtp_extension_next(extensions, first_type, position, &view->extension))
		return 0;
	if (view->extension.type == GTP_PDU_SESSION && view->extension.pdu_type <= 1)
		view->direction = names[view->extension.pdu_type];
	return 1;
}

#define GTP_EXTENSION_FIELD(member, name, kind, ...) \
	TORC_FIELD_AT(struct gtp_extension_view, extension.member, name, TORC_FIELD_##kind, __VA_ARGS__)

static const struct torc_field_info gtp_extension_fields[] = {
	GTP_EXTENSION_FIELD(type, "type", HEX, .value_name = gtp_extension_name),
	GTP_EXTENSION_FIELD(length, "length", UINT, .unit = "bytes"),
	TORC_FIELD_AT(struct gtp_extension_view, direction, "direction", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL),
	GTP_EXTENSION_FIELD(flow_id, "qfi", UINT, .flags = TORC_FIELD_OPTIONAL),
	GTP_EXTENSION_FIELD(udp_port, "udp_port", UINT, .flags = TORC_FIELD_OPTIONAL),
	GTP_EXTENSION_FIELD(pdcp_number, "pdcp_number", UINT, .flags = TORC_FIELD_OPTIONAL),
	GTP_EXTENSION_FIELD(service_class, "service_class", UINT, .flags = TORC_FIELD_OPTIONAL),
	GTP_EXTENSION_FIELD(content, "content", BYTES),
	TORC_FIELDS_END
};

#endif
