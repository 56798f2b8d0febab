/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * radiotap.c - radiotap.org: bitmaps that say which fields follow, then those fields
 *
 * Each field stands at a multiple of its alignment, counted from the start of the header. Bit 31 of
 * a bitmap says that another follows; bit 29 that it begins the radiotap namespace anew, bit 30 that
 * it is a vendor's, whose fields are skipped by their length.
 */
#include "decode/wireless/radiotap.h"

#include <string.h>

#include "decode/registry.h"
#include "decode/little.h"

#define FLAGS	  1 /* bits of the namespace */
#define TLVS	  28
#define RADIOTAP  29
#define VENDOR	  30
#define ANOTHER	  31
#define WORDS_MAX 32 /* drivers write four at most */

/* A field at its place: the position of torc_radiotap_field_next(), taken apart. */
struct place {
	uint32_t word;
	uint32_t bit;
	uint32_t at;
	bool vendor; /* the bitmap is a vendor's */
};

static const struct {
	uint8_t size;
	uint8_t align;
} widths[] = {
	{ 8, 8 },  { 1, 1 },  { 1, 1 }, { 4, 2 },  { 2, 1 },  { 1, 1 },	 { 1, 1 },
	{ 2, 2 },  { 2, 2 },  { 2, 2 }, { 1, 1 },  { 1, 1 },  { 1, 1 },	 { 1, 1 },
	{ 2, 2 },  { 2, 2 },  { 1, 1 }, { 1, 1 },  { 8, 4 },  { 3, 1 },	 { 8, 4 },
	{ 12, 2 }, { 12, 8 }, { 12, 2 }, { 12, 2 }, { 6, 2 }, { 1, 1 }, { 4, 2 },
};

/* The number of bitmaps; 0 when they do not fit. */
static uint32_t bitmaps(const uint8_t *p, uint32_t length)
{
	uint32_t words = 1;

	while (words <= WORDS_MAX && 4 + 4 * words <= length) {
		if (!(le32(p + 4 * words) >> ANOTHER))
			return words;
		words++;
	}
	return 0;
}

/* What a vendor's namespace has in front: OUI, number, length of what is skipped. */
static int vendor_field(const uint8_t *p, uint32_t length, struct place *place,
			struct torc_radiotap_field *field)
{
	uint32_t at = (place->at + 1) & ~1u, skip;

	if (at + 6 > length)
		return 0;
	skip = le16(p + at + 4);
	if (skip > length - at - 6)
		return 0;
	field->oui = torc_be24(p + at);
	field->namespace_id = p[at + 3];
	field->value = (struct torc_bytes){ p + at + 6, skip };
	place->at = at + 6 + skip;
	return 1;
}

/* A field of the radiotap namespace. */
static int own_field(const uint8_t *p, uint32_t length, struct place *place, uint32_t bit,
		     struct torc_radiotap_field *field)
{
	uint32_t at = place->at, size;

	if (bit == TLVS) {
		at = (at + 3) & ~3u;
		if (at >= length)
			return 0;
		size = length - at; /* the rest */
	} else {
		at = (at + widths[bit].align - 1u) & ~(widths[bit].align - 1u);
		size = widths[bit].size;
	}
	if (at + size > length)
		return 0;
	field->value = (struct torc_bytes){ p + at, size };
	place->at = at + size;
	return 1;
}

/* The field at or behind a place; 1, or 0 at the end, or -1 where it does not fit. */
static int field_next(const uint8_t *p, uint32_t length, uint32_t words, struct place *place,
		      struct torc_radiotap_field *field)
{
	for (; place->word < words; place->word++, place->bit = 0) {
		uint32_t present = le32(p + 4 + 4 * place->word);

		for (; place->bit < ANOTHER; place->bit++) {
			uint32_t bit = place->bit;

			if (!(present >> bit & 1) || bit == RADIOTAP ||
			    (place->vendor && bit != VENDOR))
				continue;
			*field = (struct torc_radiotap_field){ .bit = (uint8_t)bit,
							       .word = (uint8_t)place->word };
			place->bit++;
			if (bit == VENDOR)
				return vendor_field(p, length, place, field) ? 1 : -1;
			return own_field(p, length, place, bit, field) ? 1 : -1;
		}
		if (present >> VENDOR & 1)
			place->vendor = true;
		else if (present >> RADIOTAP & 1)
			place->vendor = false;
		else if (!place->vendor && present >> ANOTHER)
			return 0; /* bits from 32 on, whose widths nobody has set */
	}
	return 0;
}

bool radiotap_flags(const uint8_t *header, uint32_t length, uint8_t *flags)
{
	struct place place = { .at = 4 + 4 * bitmaps(header, length) };
	struct torc_radiotap_field field;

	while (place.at > 4 && place.bit <= FLAGS &&
	       field_next(header, length, 1, &place, &field) == 1) {
		if (field.bit != FLAGS)
			continue;
		*flags = field.value.data[0];
		return true;
	}
	return false;
}

static int radiotap_decode(struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data;
	struct torc_radiotap_field field;
	struct place place = { 0 };
	uint32_t length, words;
	int found;

	TORC_NEED(cursor, 8);
	length = le16(p + 2);
	if (p[0] != 0)
		return torc_cursor_malformed(cursor, "the version is not 0");
	if (length < 8)
		return torc_cursor_malformed(cursor, "the length is below 8");
	if (cursor->length < length) {
		if (cursor->wire_length < length)
			cursor->flags |= TORC_DECODED_CUT_BY_HEADER;
		return TORC_STEP_CUT_TAIL;
	}
	cursor->header_length = length;
	cursor->next = TORC_LAYER_DOT11;
	words = bitmaps(p, length);
	if (words == 0)
		return torc_cursor_bad_tail(cursor, "the presence bitmaps do not fit");
	place.at = 4 + 4 * words;
	do {
		found = field_next(p, length, words, &place, &field);
	} while (found > 0);
	return found < 0 ? torc_cursor_bad_tail(cursor, "a field does not fit") : TORC_STEP_OK;
}

/* Where the number of a field that is one number has its place in the struct. */
static const struct {
	uint8_t bit;
	uint8_t size;
	uint16_t offset;
} numbers[] = {
#define NUMBER(bit, member)                                                                        \
	{ bit, sizeof(((struct torc_radiotap *)0)->member), offsetof(struct torc_radiotap, member) }
	NUMBER(0, tsft_us),
	NUMBER(1, flags),
	NUMBER(2, rate),
	NUMBER(4, fhss),
	NUMBER(5, dbm_signal),
	NUMBER(6, dbm_noise),
	NUMBER(7, lock_quality),
	NUMBER(8, tx_attenuation),
	NUMBER(9, db_tx_attenuation),
	NUMBER(10, dbm_tx_power),
	NUMBER(11, antenna),
	NUMBER(12, db_signal),
	NUMBER(13, db_noise),
	NUMBER(14, rx_flags),
	NUMBER(15, tx_flags),
	NUMBER(16, rts_retries),
	NUMBER(17, data_retries),
	NUMBER(26, zero_length_psdu),
#undef NUMBER
};

/* Whether the field is one number, which is then in the struct. */
static bool number_take(struct torc_radiotap *radiotap, const struct torc_radiotap_field *field)
{
	const uint8_t *p = field->value.data;
	uint8_t *out;
	unsigned int i;

	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (numbers[i].bit != field->bit)
			continue;
		out = (uint8_t *)radiotap + numbers[i].offset;
		if (numbers[i].size == 1)
			*out = p[0];
		else if (numbers[i].size == 2)
			memcpy(out, &(uint16_t){ le16(p) }, 2);
		else
			memcpy(out, &(uint64_t){ le64(p) }, 8);
		return true;
	}
	return false;
}

static void vht_take(struct torc_radiotap *radiotap, const uint8_t *p)
{
	radiotap->vht_known = le16(p);
	radiotap->vht_flags = p[2];
	radiotap->vht_bandwidth = p[3];
	radiotap->vht_mcs_nss = (struct torc_bytes){ p + 4, 4 };
	radiotap->vht_coding = p[8];
	radiotap->vht_group_id = p[9];
	radiotap->vht_partial_aid = le16(p + 10);
}

/* The fields that have parts. */
static void parts_take(struct torc_radiotap *radiotap, const struct torc_radiotap_field *field)
{
	const uint8_t *p = field->value.data;

	switch (field->bit) {
	case 3:
		radiotap->channel_frequency = le16(p);
		radiotap->channel_flags = le16(p + 2);
		break;
	case 18:
		radiotap->xchannel_flags = le32(p);
		radiotap->xchannel_frequency = le16(p + 4);
		radiotap->xchannel = p[6];
		radiotap->xchannel_max_power = p[7];
		break;
	case 19:
		radiotap->mcs_known = p[0];
		radiotap->mcs_flags = p[1];
		radiotap->mcs_index = p[2];
		break;
	case 20:
		radiotap->ampdu_reference = le32(p);
		radiotap->ampdu_flags = le16(p + 4);
		radiotap->ampdu_crc = p[6];
		break;
	case 21:
		vht_take(radiotap, p);
		break;
	case 22:
		radiotap->timestamp = le64(p);
		radiotap->timestamp_accuracy = le16(p + 8);
		radiotap->timestamp_unit = p[10];
		radiotap->timestamp_flags = p[11];
		break;
	case 23:
		radiotap->he = field->value;
		break;
	case 24:
		radiotap->he_mu = field->value;
		break;
	case 25:
		radiotap->he_mu_user = field->value;
		break;
	case 27:
		radiotap->lsig_known = le16(p);
		radiotap->lsig = le16(p + 2);
		break;
	default:
		break;
	}
}

static void radiotap_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			  void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_radiotap *radiotap = out;
	struct torc_radiotap_field field;
	uint32_t position = 0, seen = 0;

	radiotap->version = p[0];
	radiotap->length = le16(p + 2);
	radiotap->present = le32(p + 4);
	radiotap->header = (struct torc_bytes){ p, layer->header_length };
	while (torc_radiotap_field_next(radiotap, &position, &field)) {
		if (field.bit >= TLVS || seen >> field.bit & 1)
			continue;
		seen |= 1u << field.bit;
		if (!number_take(radiotap, &field))
			parts_take(radiotap, &field);
	}
}

int torc_radiotap_field_next(const struct torc_radiotap *radiotap, uint32_t *position,
			     struct torc_radiotap_field *field)
{
	const uint8_t *p = radiotap->header.data;
	uint32_t length = radiotap->header.length, words = bitmaps(p, length);
	struct place place = { *position & 31, *position >> 5 & 31, *position >> 10 & 0xFFFF,
			       *position >> 31 };

	if (words == 0)
		return 0;
	if (*position == 0)
		place.at = 4 + 4 * words;
	if (field_next(p, length, words, &place, field) != 1)
		return 0;
	*position = place.word | place.bit << 5 | place.at << 10 | (uint32_t)place.vendor << 31;
	return 1;
}

static int field_element(const void *layer, uint32_t *position, void *element)
{
	return torc_radiotap_field_next(layer, position, element);
}

static const char *bit_name(uint64_t bit)
{
	static const char *const names[] = {
		"TSFT", "flags", "rate", "channel", "FHSS", "dBm signal", "dBm noise",
		"lock quality", "TX attenuation", "dB TX attenuation", "dBm TX power", "antenna",
		"dB signal", "dB noise", "RX flags", "TX flags", "RTS retries", "data retries",
		"XChannel", "MCS", "A-MPDU status", "VHT", "timestamp", "HE", "HE-MU",
		"HE-MU other user", "0-length PSDU", "L-SIG", "TLVs", NULL, "vendor namespace"
	};

	return bit < sizeof(names) / sizeof(names[0]) ? names[bit] : NULL;
}

static const struct torc_field_info field_fields[] = {
	TORC_FIELD_AT(struct torc_radiotap_field, bit, "bit", TORC_FIELD_UINT,
		      .value_name = bit_name),
	TORC_FIELD_AT(struct torc_radiotap_field, word, "bitmap", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_radiotap_field, oui, "oui", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_radiotap_field, namespace_id, "namespace", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_radiotap_field, value, "value", TORC_FIELD_BYTES),
	TORC_FIELDS_END
};

static const struct torc_list_info field_list = {
	.next = field_element,
	.element_size = sizeof(struct torc_radiotap_field),
	.fields = field_fields,
};

#define AT(member, name, kind, ...)                                                                \
	TORC_FIELD_AT(struct torc_radiotap, member, name, kind, __VA_ARGS__)
#define SOME(member, kind, ...)                                                                    \
	AT(member, #member, kind, .flags = TORC_FIELD_OPTIONAL, __VA_ARGS__)

static const struct torc_field_info radiotap_fields[] = {
	AT(version, "version", TORC_FIELD_UINT),
	AT(length, "length", TORC_FIELD_UINT, .unit = "bytes"),
	AT(present, "present", TORC_FIELD_HEX),
	AT(tsft_us, "tsft", TORC_FIELD_UINT, .flags = TORC_FIELD_OPTIONAL, .unit = "microseconds"),
	SOME(flags, TORC_FIELD_HEX),
	SOME(rate, TORC_FIELD_UINT, .unit = "500 kbit/s"),
	SOME(channel_frequency, TORC_FIELD_UINT, .unit = "MHz"),
	SOME(channel_flags, TORC_FIELD_HEX),
	SOME(fhss, TORC_FIELD_HEX),
	SOME(dbm_signal, TORC_FIELD_INT, .unit = "dBm"),
	SOME(dbm_noise, TORC_FIELD_INT, .unit = "dBm"),
	SOME(lock_quality, TORC_FIELD_UINT),
	SOME(tx_attenuation, TORC_FIELD_UINT),
	SOME(db_tx_attenuation, TORC_FIELD_UINT, .unit = "dB"),
	SOME(dbm_tx_power, TORC_FIELD_INT, .unit = "dBm"),
	SOME(antenna, TORC_FIELD_UINT),
	SOME(db_signal, TORC_FIELD_UINT, .unit = "dB"),
	SOME(db_noise, TORC_FIELD_UINT, .unit = "dB"),
	SOME(rx_flags, TORC_FIELD_HEX),
	SOME(tx_flags, TORC_FIELD_HEX),
	SOME(rts_retries, TORC_FIELD_UINT),
	SOME(data_retries, TORC_FIELD_UINT),
	SOME(xchannel_flags, TORC_FIELD_HEX),
	SOME(xchannel_frequency, TORC_FIELD_UINT, .unit = "MHz"),
	SOME(xchannel, TORC_FIELD_UINT),
	SOME(xchannel_max_power, TORC_FIELD_UINT, .unit = "half dBm"),
	SOME(mcs_known, TORC_FIELD_HEX),
	SOME(mcs_flags, TORC_FIELD_HEX),
	SOME(mcs_index, TORC_FIELD_UINT),
	SOME(ampdu_reference, TORC_FIELD_UINT),
	SOME(ampdu_flags, TORC_FIELD_HEX),
	SOME(ampdu_crc, TORC_FIELD_HEX),
	SOME(vht_known, TORC_FIELD_HEX),
	SOME(vht_flags, TORC_FIELD_HEX),
	SOME(vht_bandwidth, TORC_FIELD_UINT),
	SOME(vht_mcs_nss, TORC_FIELD_BYTES),
	SOME(vht_coding, TORC_FIELD_HEX),
	SOME(vht_group_id, TORC_FIELD_UINT),
	SOME(vht_partial_aid, TORC_FIELD_UINT),
	SOME(timestamp, TORC_FIELD_UINT),
	SOME(timestamp_accuracy, TORC_FIELD_UINT),
	SOME(timestamp_unit, TORC_FIELD_HEX),
	SOME(timestamp_flags, TORC_FIELD_HEX),
	SOME(he, TORC_FIELD_BYTES),
	SOME(he_mu, TORC_FIELD_BYTES),
	SOME(he_mu_user, TORC_FIELD_BYTES),
	SOME(zero_length_psdu, TORC_FIELD_UINT),
	SOME(lsig_known, TORC_FIELD_HEX),
	SOME(lsig, TORC_FIELD_HEX),
	AT(header, "fields", TORC_FIELD_LIST, .flags = TORC_FIELD_OPTIONAL, .list = &field_list),
	TORC_FIELDS_END
};

static const struct torc_layer_number radiotap_numbers[] = {
	{ TORC_BY_LINK_TYPE, TORC_LINK_RADIOTAP },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_radiotap = {
	.name = "RadioTap",
	.key = "radiotap",
	.struct_size = sizeof(struct torc_radiotap),
	.numbers = radiotap_numbers,
	.decode = radiotap_decode,
	.read = radiotap_read,
	.fields = radiotap_fields,
};
