/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ber.h - reading BER, X.690 §8, of SNMP, LDAP and Kerberos: tags of one byte, lengths of at most four
 *
 * What ber_take() takes is whole. What ber_open() opens may end before its length says: the head of a message
 * whose rest is in the next segment.
 */
#ifndef TORC_DECODE_BER_H
#define TORC_DECODE_BER_H

#include <torc/layer.h>

enum {
	BER_BOOLEAN = 0x01,
	BER_INTEGER = 0x02,
	BER_STRING = 0x04,
	BER_NULL = 0x05,
	BER_OID = 0x06,
	BER_ENUMERATED = 0x0A,
	BER_SEQUENCE = 0x30
};

/* What is left of a sequence. */
struct ber {
	const uint8_t *p;
	uint32_t left;
};

static inline struct torc_bytes ber_bytes(const struct ber *ber)
{
	return (struct torc_bytes){ ber->p, ber->left };
}

/*
 * The bytes of tag and length in front, 0 when they are not there or are none of these forms. *length is what
 * they say, whatever there is.
 */
static inline uint32_t ber_head(const struct ber *ber, uint8_t *tag, uint32_t *length)
{
	uint32_t more;

	if (ber->left < 2 || (ber->p[0] & 0x1F) == 0x1F)
		return 0;
	*tag = ber->p[0];
	*length = ber->p[1];
	if (!(*length & 0x80))
		return 2;
	more = *length & 0x7F;
	if (more < 1 || more > 4 || ber->left < 2 + more)
		return 0;
	*length = 0;
	for (uint32_t i = 0; i < more; i++)
		*length = *length << 8 | ber->p[2 + i];
	return 2 + more;
}

/* The element in front, of which content is what there is; false where its tag and length are not there. */
static inline bool ber_open(struct ber *ber, uint8_t *tag, struct ber *content)
{
	uint32_t length, header = ber_head(ber, tag, &length);

	if (header == 0)
		return false;
	if (length > ber->left - header)
		length = ber->left - header;
	*content = (struct ber){ ber->p + header, length };
	ber->p += header + length;
	ber->left -= header + length;
	return true;
}

/* The element in front: its tag and what it holds; false where it does not fit. */
static inline bool ber_take(struct ber *ber, uint8_t *tag, struct ber *content)
{
	uint32_t length, header = ber_head(ber, tag, &length);

	return header > 0 && length <= ber->left - header && ber_open(ber, tag, content);
}

/* The same of one tag; what has another one stays in front. */
static inline bool ber_take_tag(struct ber *ber, uint8_t wanted, struct ber *content)
{
	uint8_t tag;

	return ber->left > 0 && ber->p[0] == wanted && ber_take(ber, &tag, content);
}

static inline bool ber_open_tag(struct ber *ber, uint8_t wanted, struct ber *content)
{
	uint8_t tag;

	return ber->left > 0 && ber->p[0] == wanted && ber_open(ber, &tag, content);
}

/* The number in an INTEGER's content, signed (§8.3); of more than eight bytes the last eight. */
static inline int64_t ber_signed(const struct ber *content)
{
	uint64_t value = content->left > 0 && content->p[0] & 0x80 ? UINT64_MAX : 0;

	for (uint32_t i = 0; i < content->left; i++)
		value = value << 8 | content->p[i];
	return (int64_t)value;
}

/* An INTEGER, or what has its form under another tag, in 32 bits; false where there is none. */
static inline bool ber_take_number(struct ber *ber, uint8_t wanted, uint32_t *value)
{
	struct ber content;

	*value = 0;
	if (!ber_take_tag(ber, wanted, &content) || content.left < 1 || content.left > 5)
		return false;
	*value = (uint32_t)ber_signed(&content);
	return true;
}

static inline bool ber_take_integer(struct ber *ber, uint32_t *value)
{
	return ber_take_number(ber, BER_INTEGER, value);
}

#endif
