/* SPDX-License-Identifier: BSD-3-Clause */
/* line_mptcp.c - the options of multipath TCP in the words tcpdump uses: RFC 8684 §3, RFC 6824 §3 */
#include <torc/layer.h>

#include "text/line.h"

#define CAPABLE	   0
#define JOIN	   1
#define DATA_SEQ   2
#define ADD_ADDR   3
#define REMOVE	   4
#define PRIORITY   5
#define FAIL	   6
#define FAST_CLOSE 7

static void hex_text(struct line *line, const char *before, const uint8_t *p, uint32_t length)
{
	text_string(&line->text, before);
	text_bytes(&line->text, p, length);
}

static uint64_t be64(const uint8_t *p)
{
	return (uint64_t)torc_be32(p) << 32 | torc_be32(p + 4);
}

/* RFC 8684 §3.1: no key, one, or both; with both maybe the length of the data, and a checksum. */
static bool capable_text(struct line *line, const uint8_t *p, uint32_t length)
{
	if (length != 2 && length != 10 && (length < 18 || length > 22))
		return false;
	field_text(line, "capable v", p[0] & 0x0F);
	text_string(&line->text, p[1] & 0x80 ? " csum" : "");
	if (length == 2)
		return true;
	hex_text(line, " {0x", p + 2, 8);
	if (length > 10)
		hex_text(line, ",0x", p + 10, 8);
	text_char(&line->text, '}');
	return true;
}

/* RFC 8684 §3.2: the first, second and third segment differ in length. */
static bool join_text(struct line *line, const uint8_t *p, uint32_t length)
{
	if (length != 10 && length != 14 && length != 22)
		return false;
	text_string(&line->text, "join");
	if (length == 22) {
		hex_text(line, " hmac 0x", p + 2, 20);
		return true;
	}
	text_string(&line->text, p[0] & 1 ? " backup" : "");
	field_text(line, " id ", p[1]);
	if (length == 10)
		hex_text(line, " token 0x", p + 2, 4);
	else
		hex_text(line, " hmac 0x", p + 2, 8);
	hex_text(line, " nonce 0x", p + length - 4, 4);
	return true;
}

/* One sequence number of 4 or 8 bytes; where it ends. */
static uint32_t sequence_text(struct line *line, const char *before, const uint8_t *p, uint32_t at,
			      bool wide)
{
	field_text(line, before, wide ? be64(p + at) : (uint64_t)torc_be32(p + at));
	return at + (wide ? 8 : 4);
}

/* RFC 8684 §3.3: what of it is there, its flags say. */
static bool data_sequence_text(struct line *line, const uint8_t *p, uint32_t length)
{
	uint8_t flags = p[1];
	uint32_t at = 2, need = 2;

	need += flags & 0x01 ? flags & 0x02 ? 8 : 4 : 0;
	need += flags & 0x04 ? flags & 0x08 ? 14 : 10 : 0;
	if (length != need && !(flags & 0x04 && length == need + 2))
		return false;
	text_string(&line->text, flags & 0x10 ? "dss fin" : "dss");
	if (flags & 0x01)
		at = sequence_text(line, " ack ", p, at, flags & 0x02);
	if (!(flags & 0x04))
		return true;
	at = sequence_text(line, " seq ", p, at, flags & 0x08);
	at = sequence_text(line, " subseq ", p, at, false);
	field_text(line, " len ", torc_be16(p + at));
	if (length > need) {
		text_string(&line->text, " csum 0x");
		text_hex(&line->text, torc_be16(p + at + 2), 1);
	}
	return true;
}

/* RFC 8684 §3.4.1; in version 0 (RFC 6824) the kind of address is told, and there is no HMAC. */
static bool address_text(struct line *line, const uint8_t *p, uint32_t length)
{
	uint8_t kind = p[0] & 0x0F;
	uint32_t hmac = kind == 0 ? 8 : 0, address;

	if (kind > 1 && kind != 4 && kind != 6)
		return false;
	address = length < 2 + hmac ? 0 : length - 2 - hmac;
	if ((address & ~2u) != 4 && (address & ~2u) != 16)
		return false;
	text_string(&line->text, kind == 0 ? "add-addr v1" : kind == 1 ? "add-addr v1-echo" : "");
	if (kind > 1)
		field_text(line, "add-addr v0-ip", kind);
	field_text(line, " id ", p[1]);
	text_char(&line->text, ' ');
	if (address < 16)
		text_ipv4(&line->text, p + 2);
	else
		text_ipv6(&line->text, p + 2);
	if (address & 2)
		field_text(line, ":", torc_be16(p + address));
	if (hmac)
		hex_text(line, " hmac 0x", p + length - 8, 8);
	return true;
}

static bool remove_text(struct line *line, const uint8_t *p, uint32_t length)
{
	text_string(&line->text, "rem-addr id");
	for (uint32_t i = 1; i < length; i++)
		field_text(line, " ", p[i]);
	return true;
}

static bool priority_text(struct line *line, const uint8_t *p, uint32_t length)
{
	if (length > 2)
		return false;
	text_string(&line->text, p[0] & 1 ? "prio backup" : "prio");
	if (length == 2)
		field_text(line, " id ", p[1]);
	return true;
}

bool line_mptcp(struct line *line, const uint8_t *p, uint32_t length)
{
	struct text before = line->text;
	bool told = false;

	field_text(line, "mptcp ", length + 2);
	text_char(&line->text, ' ');
	if (length >= 2 && p[0] >> 4 == CAPABLE)
		told = capable_text(line, p, length);
	else if (length >= 2 && p[0] >> 4 == JOIN)
		told = join_text(line, p, length);
	else if (length >= 2 && p[0] >> 4 == DATA_SEQ)
		told = data_sequence_text(line, p, length);
	else if (length >= 2 && p[0] >> 4 == ADD_ADDR)
		told = address_text(line, p, length);
	else if (length >= 2 && p[0] >> 4 == REMOVE)
		told = remove_text(line, p, length);
	else if (length >= 1 && p[0] >> 4 == PRIORITY)
		told = priority_text(line, p, length);
	else if (length == 10 && p[0] >> 4 == FAIL) {
		field_text(line, "fail seq ", be64(p + 2));
		told = true;
	} else if (length == 10 && p[0] >> 4 == FAST_CLOSE) {
		hex_text(line, "fast-close key 0x", p + 2, 8);
		told = true;
	}
	if (!told)
		line->text = before;
	return told;
}
