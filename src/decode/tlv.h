/* SPDX-License-Identifier: BSD-3-Clause */
/* tlv.h - lists of types, lengths and values, and their fields */
#ifndef DECODE_TLV_H
#define DECODE_TLV_H

#include <torc/layer.h>
#include <torc/layers/tlv.h>

/* How the elements of a list are written. */
struct tlv_form {
	uint8_t type_size;   /* bytes: 1 or 2 */
	uint8_t length_size;
	bool counts_header;  /* the length counts type and length too */
	uint8_t align;       /* what an element is padded to, 1 for none */
};

/* The element at *position, 0 at first; false at the end, or where the next one does not fit. */
static inline bool tlv_next(const struct torc_bytes *list, const struct tlv_form *form,
			    uint32_t *position, struct torc_tlv *tlv)
{
	uint32_t header = form->type_size + form->length_size, left, length;
	const uint8_t *p;

	if (*position >= list->length || list->length - *position < header)
		return false;
	p = list->data + *position;
	left = list->length - *position;
	length = form->length_size == 1 ? p[form->type_size] : torc_be16(p + form->type_size);
	if (!form->counts_header)
		length += header;
	if (length < header || length > left)
		return false;
	tlv->type = form->type_size == 1 ? p[0] : torc_be16(p);
	tlv->length = (uint16_t)(length - header);
	tlv->value = (struct torc_bytes){ p + header, length - header };
	*position += (length + form->align - 1u) / form->align * form->align;
	return true;
}

/* Whether elements of a byte of type and one of length, which counts both, fill all of it. */
static inline bool tlv_fill(const uint8_t *p, uint32_t length)
{
	uint32_t at = 0;

	while (at < length) {
		if (length - at < 2 || p[at + 1] < 2 || p[at + 1] > length - at)
			return false;
		at += p[at + 1];
	}
	return true;
}

static const struct torc_field_info tlv_fields[] = {
	TORC_FIELD_AT(struct torc_tlv, type, "type", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_tlv, length, "length", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_tlv, value, "value", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

#endif
