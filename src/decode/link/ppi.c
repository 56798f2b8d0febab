/* SPDX-License-Identifier: BSD-3-Clause */
/* ppi.c - per-packet information in front of a packet: CACE's PPI header 1.0.10, LINKTYPE_PPI */
#include <torc/layers/link/capture.h>

#include "decode/little.h"
#include "decode/registry.h"
#include "decode/tlv.h"

#define HEADER 8
#define COMMON 20 /* bytes of 802.11's common field */

enum { DOT11_COMMON = 2 };

static int ppi_decode(struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data;
	uint32_t length, link_type;

	TORC_NEED(cursor, HEADER);
	length = le16(p + 2);
	link_type = le32(p + 4);
	if (p[0] != 0)
		return torc_cursor_malformed(cursor, "version is not 0");
	if (length < HEADER)
		return torc_cursor_malformed(cursor, "length is below the header");
	if (cursor->length < length)
		return TORC_STEP_CUT_TAIL;
	cursor->header_length = length;
	if (link_type == TORC_LINK_ETHERNET)
		cursor->next = TORC_LAYER_ETHERNET;
	else if (link_type == TORC_LINK_RAW && cursor->length > length)
		cursor->next = p[length] >> 4 == 6 ? TORC_LAYER_IPV6 : TORC_LAYER_IPV4;
	else
		torc_cursor_next(cursor, TORC_BY_LINK_TYPE, link_type);
	return TORC_STEP_OK;
}

static void ppi_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_ppi *ppi = out;
	struct torc_tlv field;
	uint32_t position = 0;

	ppi->version = p[0];
	ppi->flags = p[1];
	ppi->length = le16(p + 2);
	ppi->link_type = le32(p + 4);
	ppi->entries = (struct torc_bytes){ p + HEADER, layer->header_length - HEADER };
	while (torc_ppi_field_next(ppi, &position, &field)) {
		if (field.type != DOT11_COMMON || field.length < COMMON)
			continue;
		ppi->rate_500kbps = le16(field.value.data + 10);
		ppi->channel_mhz = le16(field.value.data + 12);
		ppi->signal_dbm = (int8_t)field.value.data[18];
		ppi->noise_dbm = (int8_t)field.value.data[19];
	}
}

int torc_ppi_field_next(const struct torc_ppi *ppi, uint32_t *position, struct torc_tlv *field)
{
	const uint8_t *p;
	uint32_t left, length;

	if (*position >= ppi->entries.length)
		return 0;
	p = ppi->entries.data + *position;
	left = ppi->entries.length - *position;
	if (left < 4 || le16(p + 2) > left - 4)
		return 0;
	length = le16(p + 2);
	field->type = le16(p);
	field->length = (uint16_t)length;
	field->value = (struct torc_bytes){ p + 4, length };
	*position += 4 + (ppi->flags & 1 ? (length + 3) / 4 * 4 : length);
	return 1;
}

static int field_element(const void *layer, uint32_t *position, void *element)
{
	return torc_ppi_field_next(layer, position, element);
}

static const struct torc_list_info field_list = {
	.next = field_element,
	.element_size = sizeof(struct torc_tlv),
	.fields = tlv_fields,
};

static const struct torc_field_info ppi_fields[] = {
	TORC_FIELD_AT(struct torc_ppi, version, "version", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_ppi, flags, "flags", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_ppi, length, "length", TORC_FIELD_UINT, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_ppi, link_type, "link_type", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_ppi, channel_mhz, "channel_frequency", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL, .unit = "MHz"),
	TORC_FIELD_AT(struct torc_ppi, rate_500kbps, "rate", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL, .unit = "500 kbit/s"),
	TORC_FIELD_AT(struct torc_ppi, signal_dbm, "dbm_signal", TORC_FIELD_INT,
		      .flags = TORC_FIELD_OPTIONAL, .unit = "dBm"),
	TORC_FIELD_AT(struct torc_ppi, noise_dbm, "dbm_noise", TORC_FIELD_INT,
		      .flags = TORC_FIELD_OPTIONAL, .unit = "dBm"),
	TORC_FIELD_AT(struct torc_ppi, entries, "entries", TORC_FIELD_LIST,
		      .flags = TORC_FIELD_OPTIONAL, .list = &field_list),
	TORC_FIELDS_END
};

static const struct torc_layer_number ppi_numbers[] = {
	{ TORC_BY_LINK_TYPE, TORC_LINK_PPI },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_ppi = {
	.name = "PPI",
	.key = "ppi",
	.role = TORC_ROLE_LINK,
	.struct_size = sizeof(struct torc_ppi),
	.numbers = ppi_numbers,
	.decode = ppi_decode,
	.read = ppi_read,
	.fields = ppi_fields,
};
