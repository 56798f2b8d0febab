/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * decode_cut.c - no bytes lead astray: every golden packet, cut at every length, by the snaplen and
 * on the wire, and with each byte changed, against a guard page; the layers stay in bounds, and what
 * is written of them is whole JSON
 */
#include "decode_faults.h"
#include "golden.h"

static char text[1 << 16];

/* ---- is it JSON? RFC 8259, without number forms that we never write ---- */

static const char *json_skip(const char *p);

static const char *json_string_skip(const char *p)
{
	for (p++; *p != '"'; p++) {
		if ((unsigned char)*p < ' ')
			return NULL;
		if (*p != '\\')
			continue;
		p++;
		if (!strchr("\"\\/bfnrtu", *p) || *p == '\0')
			return NULL;
	}
	return p + 1;
}

static const char *json_members_skip(const char *p, char close)
{
	if (*++p == close)
		return p + 1;
	for (;;) {
		if (close == '}') {
			p = *p == '"' ? json_string_skip(p) : NULL;
			if (!p || *p++ != ':')
				return NULL;
		}
		p = json_skip(p);
		if (!p)
			return NULL;
		if (*p == close)
			return p + 1;
		if (*p++ != ',')
			return NULL;
	}
}

static const char *json_skip(const char *p)
{
	static const char *const words[] = { "true", "false", "null" };
	size_t i;

	if (*p == '"')
		return json_string_skip(p);
	if (*p == '{' || *p == '[')
		return json_members_skip(p, *p == '{' ? '}' : ']');
	for (i = 0; i < 3; i++)
		if (strncmp(p, words[i], strlen(words[i])) == 0)
			return p + strlen(words[i]);
	i = strspn(p, "-0123456789");
	return i > 0 ? p + i : NULL;
}

static const char *text_fault(const struct torc_packet *packet, const struct torc_decoded *decoded)
{
	const char *end;
	int length = torc_text_line(decoded, TORC_TEXT_LINK, text, sizeof(text));
	int i;

	if (length <= 0 || (size_t)length != strlen(text))
		return "the length of the line";
	for (i = 0; i < length; i++)
		if (text[i] < ' ' || text[i] > '~')
			return "a byte in the line that does not print";
	length = torc_text_tree(decoded, text, sizeof(text));
	if ((size_t)length != strlen(text))
		return "the length of the tree";
	torc_json_packet(packet, decoded, "eth0", text, sizeof(text));
	end = json_skip(text);
	return end && *end == '\0' ? NULL : "not JSON";
}

static const char *try(const struct golden *golden, const uint8_t *bytes, uint32_t caplen,
		       uint32_t len)
{
	uint8_t *data = guarded(bytes, caplen);
	struct torc_packet packet = golden_packet(golden, data, caplen);
	struct torc_decoded decoded;
	const char *why;

	packet.len = len;
	golden_decode(golden, &packet, &decoded);
	why = fault(&decoded);
	if (!why)
		why = paths_fault(&packet);
	if (!why)
		why = text_fault(&packet, &decoded);
	guarded_free(data, caplen);
	return why;
}

static void cut(const struct golden *golden)
{
	uint32_t len = golden->len > golden->caplen ? golden->len : golden->caplen;
	const char *why = NULL;
	uint32_t n;

	for (n = 0; n <= golden->caplen && !why; n++) {
		why = try(golden, golden->data, n, len);
		if (!why)
			why = try(golden, golden->data, n, n);
	}
	ok(!why, "%s: %s: cut anywhere", golden->file, golden->name);
	if (why)
		note("cut to %u bytes: %s", n - 1, why);
}

static void change(const struct golden *golden)
{
	static const uint8_t values[] = { 0x00, 0x01, 0x7F, 0x80, 0xFF };
	static uint8_t bytes[sizeof(golden->data)];
	const char *why = NULL;
	uint32_t n;
	size_t i;

	for (n = 0; n < golden->caplen && !why; n++) {
		memcpy(bytes, golden->data, golden->caplen);
		for (i = 0; i < sizeof(values) && !why; i++) {
			bytes[n] = values[i];
			why = try(golden, bytes, golden->caplen, golden->caplen);
		}
	}
	ok(!why, "%s: %s: any byte changed", golden->file, golden->name);
	if (why)
		note("byte %u changed: %s", n - 1, why);
}

/* A buffer of any size: never written past its end, always terminated. */
static void small_buffers(void)
{
	static const uint8_t frame[60] = { [12] = 0x08, [13] = 0x06 };
	struct torc_packet packet = { .data = frame, .caplen = 60, .len = 60,
				      .link_type = TORC_LINK_ETHERNET };
	struct torc_decoded decoded;
	uint8_t *buffer;
	size_t size;
	int whole, good = 1;

	torc_decode_packet(&packet, &decoded);
	whole = torc_json_packet(&packet, &decoded, NULL, NULL, 0);
	for (size = 1; size <= (size_t)whole + 1; size++) {
		memset(text, 'x', size);
		buffer = guarded(text, size);
		good &= torc_json_packet(&packet, &decoded, NULL, (char *)buffer, size) == whole;
		good &= strlen((char *)buffer) == size - 1;
		guarded_free(buffer, size);
	}
	ok(good, "JSON fits buffers of any size and tells the length of the whole");
}

int main(void)
{
	ok(golden_each(cut) > 0, "there are golden packets");
	golden_each(change);
	small_buffers();
	return done();
}
