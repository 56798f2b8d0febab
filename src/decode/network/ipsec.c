/* SPDX-License-Identifier: BSD-3-Clause */
/* ipsec.c - IPsec: the Authentication Header, RFC 4302 §2, and ESP, RFC 4303 §2, also in UDP, RFC 3948 §2 */
#include <torc/layers/network/ipsec.h>

#include "decode/registry.h"

/* Its length counts words, less two (RFC 4302 §2.2). */
static int ah_decode(struct torc_cursor *cursor)
{
	TORC_NEED(cursor, 12);
	if (cursor->data[1] == 0)
		return torc_cursor_malformed(cursor, "length is below the fixed header");
	if (cursor->length < (cursor->data[1] + 2u) * 4)
		return TORC_STEP_CUT_TAIL;
	cursor->header_length = (cursor->data[1] + 2u) * 4;
	cursor_next(cursor, TORC_BY_IP_PROTOCOL, cursor->data[0]);
	return TORC_STEP_OK;
}

static void ah_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_ipsec_ah *ah = out;

	ah->next_header = p[0];
	ah->header_length = (uint16_t)((p[1] + 2u) * 4);
	ah->spi = torc_be32(p + 4);
	ah->sequence = torc_be32(p + 8);
	ah->integrity_check = (struct torc_bytes){ p + 12, layer->header_length - 12 };
}

static const struct torc_field_info ah_fields[] = {
	TORC_FIELD_AT(struct torc_ipsec_ah, next_header, "next_header", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_ipsec_ah, header_length, "length", TORC_FIELD_UINT,
		      .unit = "bytes"),
	TORC_FIELD_AT(struct torc_ipsec_ah, spi, "spi", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_ipsec_ah, sequence, "seq", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_ipsec_ah, integrity_check, "icv", TORC_FIELD_BYTES),
	TORC_FIELDS_END
};

static const struct torc_layer_number ah_numbers[] = {
	{ TORC_BY_IP_PROTOCOL, 51 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_ipsec_ah = {
	.name = "IPSecAH",
	.key = "ipsec_ah",
	.struct_size = sizeof(struct torc_ipsec_ah),
	.numbers = ah_numbers,
	.decode = ah_decode,
	.read = ah_read,
	.fields = ah_fields,
};

/* What follows the two numbers is encrypted, the next header included: all of it is ESP's. */
static int esp_decode(struct torc_cursor *cursor)
{
	TORC_NEED(cursor, 8);
	cursor->header_length = cursor->length;
	return TORC_STEP_OK;
}

static void esp_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_ipsec_esp *esp = out;

	esp->spi = torc_be32(p);
	esp->sequence = torc_be32(p + 4);
	esp->encrypted = (struct torc_bytes){ p + 8, layer->header_length - 8 };
}

static const struct torc_field_info esp_fields[] = {
	TORC_FIELD_AT(struct torc_ipsec_esp, spi, "spi", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_ipsec_esp, sequence, "seq", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_ipsec_esp, encrypted, "encrypted", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_layer_number esp_numbers[] = {
	{ TORC_BY_IP_PROTOCOL, 50 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_ipsec_esp = {
	.name = "IPSecESP",
	.key = "ipsec_esp",
	.struct_size = sizeof(struct torc_ipsec_esp),
	.numbers = esp_numbers,
	.decode = esp_decode,
	.read = esp_read,
	.fields = esp_fields,
};

#define MARKER       4
#define IKE_HEADER   28
#define ESP_LEAST    16  /* two numbers, one block: RFC 4303 §2 */
#define SPI_RESERVED 255 /* SPIs up to there are IANA's: RFC 4303 §2.1 */

/* ESP ends on a word (RFC 4303 §2.4); a marker has IKE's header behind it, whose version tells. */
static int udp_encap_decode(struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data;

	TORC_NEED(cursor, 1);
	if (cursor->wire_length == 1 && p[0] == 0xFF) {
		cursor->header_length = 1;
		return TORC_STEP_OK;
	}
	TORC_NEED(cursor, MARKER);
	if (torc_be32(p) != 0) {
		if (torc_be32(p) <= SPI_RESERVED || cursor->wire_length < ESP_LEAST ||
		    cursor->wire_length % 4 != 0)
			return torc_cursor_malformed(cursor, "neither IKE nor ESP");
		cursor->next = TORC_LAYER_IPSEC_ESP;
		return TORC_STEP_OTHER;
	}
	if (cursor->wire_length < MARKER + IKE_HEADER ||
	    (cursor->length > MARKER + 17 && p[MARKER + 17] >> 4 != 1 && p[MARKER + 17] >> 4 != 2))
		return torc_cursor_malformed(cursor, "neither IKE nor ESP");
	cursor->header_length = MARKER;
	cursor->next = TORC_LAYER_ISAKMP;
	return TORC_STEP_OK;
}

static void udp_encap_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			   void *out)
{
	struct torc_udp_encap *encap = out;

	(void)decoded;
	encap->is_keepalive = layer->header_length == 1;
}

static const struct torc_field_info udp_encap_fields[] = {
	TORC_FIELD_AT(struct torc_udp_encap, is_keepalive, "keepalive", TORC_FIELD_BOOL),
	TORC_FIELDS_END
};

static const struct torc_layer_number udp_encap_numbers[] = {
	{ TORC_BY_UDP_PORT, 4500 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_udp_encap = {
	.name = "UDPEncap",
	.key = "udp_encap",
	.struct_size = sizeof(struct torc_udp_encap),
	.numbers = udp_encap_numbers,
	.decode = udp_encap_decode,
	.read = udp_encap_read,
	.fields = udp_encap_fields,
};
