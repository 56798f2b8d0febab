/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tls_fingerprint.c - JA3, JA3S and JA4 of a hello, by their public descriptions
 *
 * JA4S is not here: its licence (FoxIO License 1.1) is not one that free software can have. That of JA4 is
 * BSD's.
 */
#include <errno.h>
#include <string.h>

#include <torc/layer.h>

#include "decode/application/tls_hello.h"
#include "util/md5.h"
#include "util/sha256.h"
#include "util/sized.h"
#include "util/text.h"

#define LIST_MAX 512		   /* numbers in one list */
#define JA3_MAX	 (3 * 6 * LIST_MAX + 1100) /* bytes of text with lists as long as that */
#define JA4_MAX	 (2 * 5 * LIST_MAX + 2)

enum { SERVER_NAME = 0, ALPN = 16 };

struct list {
	uint32_t count;
	uint16_t numbers[LIST_MAX];
};

/* Numbers of two bytes without those of RFC 8701; false: there are too many. */
static bool list_read(struct list *list, struct torc_bytes bytes)
{
	list->count = 0;
	for (uint32_t i = 0; i + 2 <= bytes.length; i += 2) {
		uint16_t number = torc_be16(bytes.data + i);

		if (tls_is_grease(number))
			continue;
		if (list->count == LIST_MAX)
			return false;
		list->numbers[list->count++] = number;
	}
	return true;
}

/* The types of the extensions. They were walked before: each is whole. */
static bool list_extensions(struct list *list, struct torc_bytes bytes)
{
	list->count = 0;
	for (uint32_t at = 0; at + 4 <= bytes.length; at += 4u + torc_be16(bytes.data + at + 2)) {
		uint16_t type = torc_be16(bytes.data + at);

		if (tls_is_grease(type))
			continue;
		if (list->count == LIST_MAX)
			return false;
		list->numbers[list->count++] = type;
	}
	return true;
}

static void list_sort(struct list *list)
{
	for (uint32_t i = 1; i < list->count; i++) {
		uint16_t number = list->numbers[i];
		uint32_t at = i;

		for (; at > 0 && list->numbers[at - 1] > number; at--)
			list->numbers[at] = list->numbers[at - 1];
		list->numbers[at] = number;
	}
}

/* ---- JA3 ---- */

static void decimal(struct text *text, const struct list *list)
{
	for (uint32_t i = 0; i < list->count; i++) {
		if (i > 0)
			text_char(text, '-');
		text_uint(text, list->numbers[i]);
	}
}

/* "771,4865-4866,0-11-10,29-23-24,0", and of a ServerHello "771,4865,51-43" */
static bool ja3_text(const struct torc_tls_hello *hello, struct text *text)
{
	struct list list;

	text_uint(text, hello->version);
	text_char(text, ',');
	if (hello->type == TLS_SERVER_HELLO) {
		text_uint(text, hello->cipher_suite);
	} else {
		if (!list_read(&list, hello->cipher_suites))
			return false;
		decimal(text, &list);
	}
	text_char(text, ',');
	if (!list_extensions(&list, hello->extensions))
		return false;
	decimal(text, &list);
	if (hello->type == TLS_SERVER_HELLO)
		return true;
	text_char(text, ',');
	if (!list_read(&list, hello->groups))
		return false;
	decimal(text, &list);
	text_char(text, ',');
	for (uint32_t i = 0; i < hello->point_formats.length; i++) {
		if (i > 0)
			text_char(text, '-');
		text_uint(text, hello->point_formats.data[i]);
	}
	return true;
}

static bool ja3(const struct torc_tls_hello *hello, bool raw, struct text *out)
{
	char buffer[JA3_MAX];
	struct text text = text_start(buffer, sizeof(buffer));
	uint8_t digest[16];

	if (raw)
		return ja3_text(hello, out);
	if (!ja3_text(hello, &text) || text.length >= sizeof(buffer))
		return false;
	torc_md5(buffer, text.length, digest);
	text_bytes(out, digest, sizeof(digest));
	return true;
}

/* ---- JA4 ---- */

static const char *ja4_version(uint16_t version)
{
	static const struct {
		uint16_t number;
		char name[3];
	} versions[] = { { 0x0304, "13" }, { 0x0303, "12" }, { 0x0302, "11" }, { 0x0301, "10" },
			 { 0x0300, "s3" }, { 0x0002, "s2" }, { 0xFEFF, "d1" }, { 0xFEFD, "d2" },
			 { 0xFEFC, "d3" } };

	for (size_t i = 0; i < sizeof(versions) / sizeof(*versions); i++)
		if (versions[i].number == version)
			return versions[i].name;
	return "00";
}

static bool is_alphanumeric(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* The first and last character of the protocol, or of its bytes in hex where one is none. */
static void ja4_alpn(struct text *text, struct torc_bytes alpn)
{
	uint8_t first, last;

	if (alpn.length == 0) {
		text_string(text, "00");
		return;
	}
	first = alpn.data[0];
	last = alpn.data[alpn.length - 1];
	if (is_alphanumeric(first) && is_alphanumeric(last)) {
		text_char(text, (char)first);
		text_char(text, (char)last);
	} else {
		text_hex(text, first >> 4, 1);
		text_hex(text, last & 15, 1);
	}
}

static void two_digits(struct text *text, uint32_t count)
{
	if (count > 99)
		count = 99;
	text_char(text, (char)('0' + count / 10));
	text_char(text, (char)('0' + count % 10));
}

/* "002f,0035" */
static void hex_list(struct text *text, const struct list *list, bool names_too)
{
	bool any = false;

	for (uint32_t i = 0; i < list->count; i++) {
		if (!names_too && (list->numbers[i] == SERVER_NAME || list->numbers[i] == ALPN))
			continue;
		if (any)
			text_char(text, ',');
		text_hex(text, list->numbers[i], 4);
		any = true;
	}
}

/* A list as it is, or the beginning of its hash: twelve digits, zeros for no list. */
static void ja4_part(struct text *out, const char *list, size_t length, bool raw)
{
	uint8_t digest[SHA256_SIZE] = { 0 };
	struct sha256 sha;

	text_char(out, '_');
	if (raw) {
		text_string(out, list);
		return;
	}
	if (length > 0) {
		torc_sha256_begin(&sha);
		torc_sha256_add(&sha, list, length);
		torc_sha256_end(&sha, digest);
	}
	text_bytes(out, digest, 6);
}

static bool ja4(const struct torc_tls_hello *hello, bool raw, struct text *out)
{
	struct list suites, extensions, signatures;
	char buffer[JA4_MAX];
	struct text text;

	if (!list_read(&suites, hello->cipher_suites) ||
	    !list_extensions(&extensions, hello->extensions) ||
	    !list_read(&signatures, hello->signature_algorithms))
		return false;
	text_char(out, (char)hello->carrier);
	text_string(out, ja4_version(hello->supported_version ? hello->supported_version :
								hello->version));
	text_char(out, hello->has_server_name ? 'd' : 'i');
	two_digits(out, suites.count);
	two_digits(out, extensions.count);
	ja4_alpn(out, hello->alpn);
	list_sort(&suites);
	text = text_start(buffer, sizeof(buffer));
	hex_list(&text, &suites, true);
	ja4_part(out, buffer, text.length, raw);
	list_sort(&extensions);
	text = text_start(buffer, sizeof(buffer));
	hex_list(&text, &extensions, false);
	if (text.length > 0 && signatures.count > 0) {
		text_char(&text, '_');
		hex_list(&text, &signatures, true);
	}
	ja4_part(out, buffer, text.length, raw);
	return true;
}

static int fingerprint(const struct torc_tls_hello *hello, enum torc_tls_fingerprint_kind kind,
		       char *buffer, size_t size)
{
	struct text text = text_start(buffer, size);
	bool has = hello->is_whole;

	if (kind == TORC_TLS_JA3 || kind == TORC_TLS_JA3_TEXT)
		has = has && ja3(hello, kind == TORC_TLS_JA3_TEXT, &text);
	else
		has = has && hello->type == TLS_CLIENT_HELLO &&
		      ja4(hello, kind == TORC_TLS_JA4_RAW, &text);
	if (has)
		return text_end(&text);
	text_start(buffer, size);
	return 0;
}

int torc_tls_fingerprint(const struct torc_tls_hello *hello, enum torc_tls_fingerprint_kind kind,
			 char *buffer, size_t size)
{
	struct torc_tls_hello full = { .size = sizeof(full) };
	int code = torc_sized_take(&full, sizeof(full), hello, "torc_tls_hello", NULL);

	if (code < 0)
		return code;
	return kind > TORC_TLS_JA4_RAW ? -EINVAL : fingerprint(&full, kind, buffer, size);
}

static void keep(const struct torc_tls_hello *hello, enum torc_tls_fingerprint_kind kind,
		 uint8_t **room, struct torc_bytes *out)
{
	int length = fingerprint(hello, kind, (char *)*room, TORC_TLS_FINGERPRINT_SIZE);

	if (length <= 0)
		return;
	*out = (struct torc_bytes){ *room, (uint32_t)length };
	*room += TORC_TLS_FINGERPRINT_SIZE;
}

void tls_fingerprints(struct torc_bytes message, enum torc_tls_carrier carrier, uint8_t **room,
		      struct tls_fingerprints out)
{
	struct torc_tls_hello hello;

	if (!tls_hello_read(message, carrier, &hello))
		return;
	if (hello.type == TLS_CLIENT_HELLO) {
		keep(&hello, TORC_TLS_JA3, room, out.ja3);
		keep(&hello, TORC_TLS_JA4, room, out.ja4);
	} else if (out.ja3s) {
		keep(&hello, TORC_TLS_JA3, room, out.ja3s);
	}
}
