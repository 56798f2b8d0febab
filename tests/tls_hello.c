/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tls_hello.c - hellos taken apart, and their fingerprints: the examples of JA4's public description, JA3's
 * rules, GREASE, no SNI, protocols of any bytes, every cut, lists that are too long
 */
#include <errno.h>

#include <torc/torc.h>

#include "hello.h"
#include "test.h"

static struct torc_tls_hello read_as(const struct made_hello *made, uint32_t length,
				     enum torc_tls_carrier carrier)
{
	struct torc_tls_hello hello = { .size = sizeof(hello) };
	static uint8_t *bytes;
	static uint32_t before;

	if (bytes)
		guarded_free(bytes, before);
	bytes = guarded(made->bytes, length); /* a byte too far is a fault */
	before = length;
	if (torc_tls_hello_read((struct torc_bytes){ bytes, length }, carrier, &hello) < 0)
		hello.type = 0;
	return hello;
}

static const char *print_of(const struct torc_tls_hello *hello, enum torc_tls_fingerprint_kind kind)
{
	static char text[16384];
	int length = torc_tls_fingerprint(hello, kind, text, sizeof(text));

	if (length < 0 || (size_t)length != strlen(text))
		return "wrong length";
	return text;
}

/* The client of the description's example, with values that mean nothing in each of its lists. */
static void example(struct made_hello *hello, bool signatures)
{
	static const uint16_t suites[] = { 0x3a3a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030,
					   0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035 };
	static const uint16_t types[] = { 0x8a8a, 0x001b, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017,
					  0x002d, 0x000d, 0x0005, 0x0023, 0x0012, 0x002b, 0xff01,
					  0x000b, 0x000a, 0x0015, 0xfafa };
	static const uint16_t algorithms[] = { 0x0403, 0x0804, 0x0401, 0x0503, 0x0805,
					       0x0501, 0x0806, 0x0601 };
	uint32_t at;

	hello_begin(hello, 1, 0x0303);
	put_list(hello, suites, sizeof(suites) / sizeof(*suites));
	put_bytes(hello, "\1\0", 2);
	at = hello->length;
	put16(hello, 0);
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		put16(hello, types[i]);
		if (types[i] == 0x0010) {
			put_bytes(hello, "\0\16\0\14\2h2\10http/1.1", 16);
		} else if (types[i] == 0x000d && signatures) {
			put16(hello, 2 + sizeof(algorithms));
			put_list(hello, algorithms, sizeof(algorithms) / sizeof(*algorithms));
		} else if (types[i] == 0x002b) {
			put_bytes(hello, "\0\7\6\x6a\x6a\3\4\3\3", 9);
		} else if (types[i] == 0x000a) {
			put_bytes(hello, "\0\12\0\10\x2a\x2a\0\35\0\27\0\30", 12);
		} else if (types[i] == 0x000b) {
			put_bytes(hello, "\0\2\1\0", 4);
		} else {
			put16(hello, 0);
		}
	}
	hello_end(hello, at);
}

static void test_example(void)
{
	static const char raw[] =
		"t13d1516h2_002f,0035,009c,009d,1301,1302,1303,c013,c014,c02b,c02c,c02f,c030,cca8,cca9_"
		"0005,000a,000b,000d,0012,0015,0017,001b,0023,002b,002d,0033,4469,ff01_"
		"0403,0804,0401,0503,0805,0501,0806,0601";
	struct torc_tls_hello hello;
	struct made_hello made;

	example(&made, true);
	hello = read_as(&made, made.length, TORC_TLS_OVER_TCP);
	ok(hello.is_whole && hello.has_server_name && hello.server_name.length == 0,
	   "a hello with an empty name");
	is(hello.supported_version, 0x0304, "the newest version");
	is(hello.groups.length, 8, "groups");
	is_str(print_of(&hello, TORC_TLS_JA4), "t13d1516h2_8daaf6152771_e5627efa2ab1",
	       "JA4: the example of its description");
	is_str(print_of(&hello, TORC_TLS_JA4_RAW), raw, "and its raw form");
	is_str(print_of(&hello, TORC_TLS_JA3_TEXT),
	       "771,4865-4866-4867-49195-49199-49196-49200-52393-52392-49171-49172-156-157-47-53,"
	       "27-0-51-16-17513-23-45-13-5-35-18-43-65281-11-10-21,29-23-24,0", "JA3 in full");
	is(torc_tls_fingerprint(&hello, (enum torc_tls_fingerprint_kind)4, NULL, 0), -EINVAL,
	   "a kind that is none");
	example(&made, false);
	hello = read_as(&made, made.length, TORC_TLS_OVER_TCP);
	is_str(strrchr(print_of(&hello, TORC_TLS_JA4), '_'), "_6d807ffa2a79",
	       "no signature algorithms: as described");
}

/* The two examples of JA3's description. */
static void test_ja3(void)
{
	static const uint16_t first[] = { 47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4 };
	static const uint16_t second[] = { 4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99 };
	struct torc_tls_hello hello;
	struct made_hello made;
	uint32_t at;

	hello_begin(&made, 1, 0x0301);
	put_list(&made, first, sizeof(first) / sizeof(*first));
	put_bytes(&made, "\1\0", 2);
	at = made.length;
	put_bytes(&made, "\0\0\0\0\0\0", 6); /* a server name of no bytes */
	put_bytes(&made, "\0\12\0\10\0\6\0\27\0\30\0\31", 12);
	put_bytes(&made, "\0\13\0\2\1\0", 6);
	hello_end(&made, at);
	hello = read_as(&made, made.length, TORC_TLS_OVER_TCP);
	is_str(print_of(&hello, TORC_TLS_JA3), "ada70206e40642a3e4461f35503241d5", "JA3");
	hello_begin(&made, 1, 0x0301);
	put_list(&made, second, sizeof(second) / sizeof(*second));
	put_bytes(&made, "\1\0", 2);
	hello_end(&made, 0);
	hello = read_as(&made, made.length, TORC_TLS_OVER_TCP);
	is_str(print_of(&hello, TORC_TLS_JA3), "de350869b8c85de67a350c8d186f11e6",
	       "JA3 of a hello without extensions");
}

static void test_protocols(void)
{
	static const struct {
		const char *bytes;
		uint32_t length;
		const char *want;
	} cases[] = { { "", 0, "00" },		    { "h", 1, "hh" },
		      { "http/1.1", 8, "h1" },	    { "\xAB", 1, "ab" },
		      { "\x20", 1, "20" },	    { "\xAB\xCD", 2, "ad" },
		      { "\x20\x61", 2, "21" },	    { "\x30\xAB", 2, "3b" },
		      { "\x61\x20", 2, "60" },	    { "\x30\x31\xAB\xCD", 4, "3d" },
		      { "\x30\xAB\xCD\x31", 4, "01" } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct torc_tls_hello hello = {
			.size = sizeof(hello), .type = 1, .carrier = TORC_TLS_OVER_TCP,
			.is_whole = true, .version = 0x0302,
			.alpn = { (const uint8_t *)cases[i].bytes, cases[i].length }
		};
		char want[64];

		snprintf(want, sizeof(want), "t11i0000%s_000000000000_000000000000", cases[i].want);
		is_str(print_of(&hello, TORC_TLS_JA4), want, "protocol %zu, no names and no lists", i);
	}
}

static void test_cuts(void)
{
	struct torc_tls_hello hello;
	struct made_hello made;
	unsigned int early = 0, named = 0;

	hello_make(&made, "example.com", 20);
	for (uint32_t length = 0; length < made.length; length++) {
		hello = read_as(&made, length, TORC_TLS_OVER_QUIC);
		early += length < 4 ? hello.type != 0 : hello.is_whole;
		if (hello.type)
			early += torc_tls_fingerprint(&hello, TORC_TLS_JA4, NULL, 0) != 0 ||
				 torc_tls_fingerprint(&hello, TORC_TLS_JA3, NULL, 0) != 0;
		named += hello.server_name.length > 0;
	}
	is(early, 0, "no fingerprint of a hello that is cut");
	ok(named > 20, "but its name, where that is there");
	hello = read_as(&made, made.length, TORC_TLS_OVER_QUIC);
	ok(hello.is_whole && hello.quic_parameters.length == 4, "all of it");
	ok(strncmp(print_of(&hello, TORC_TLS_JA4), "q13d0307h3_55b375c5d22e_", 24) == 0,
	   "its fingerprint, and the hash of QUIC's three cipher suites");
	made.bytes[made.length] = 1;
	hello = read_as(&made, made.length + 1, TORC_TLS_OVER_QUIC);
	ok(hello.is_whole, "what follows is another message");
	made.bytes[made.length - 20 - 1] = 21; /* the last extension is longer than all */
	hello = read_as(&made, made.length, TORC_TLS_OVER_QUIC);
	ok(!hello.is_whole && hello.server_name.length == 11, "damaged: not whole either");
}

static void test_servers(void)
{
	struct torc_tls_hello hello;
	struct made_hello made;
	uint32_t at;

	hello_begin(&made, 2, 0x0303);
	put_bytes(&made, "\x13\1\0", 3);
	at = made.length;
	put16(&made, 0);
	put_bytes(&made, "\0\53\0\2\3\4\0\63\0\0", 10);
	hello_end(&made, at);
	hello = read_as(&made, made.length, TORC_TLS_OVER_TCP);
	is(hello.cipher_suite, 0x1301, "a server's choice");
	is(hello.supported_version, 0x0304, "its version");
	is_str(print_of(&hello, TORC_TLS_JA3_TEXT), "771,4865,43-51", "JA3S in full");
	is_str(print_of(&hello, TORC_TLS_JA3), "f4febc55ea12b31ae17cfb7e614afda8",
	       "JA3S as known for many servers");
	is_str(print_of(&hello, TORC_TLS_JA4), "", "no JA4");
	hello_begin(&made, 2, 0x0301);
	put_bytes(&made, "\0\57\0", 3);
	hello_end(&made, 0);
	hello = read_as(&made, made.length, TORC_TLS_OVER_TCP);
	ok(hello.is_whole, "a hello of old without extensions");
	is_str(print_of(&hello, TORC_TLS_JA3_TEXT), "769,47,", "its JA3S");
}

/* RFC 6347 §4.2.2: 12 bytes of header, and a cookie. */
static void test_dtls(void)
{
	static const uint16_t suites[] = { 0xc02b, 0xc02f };
	struct torc_tls_hello hello;
	struct made_hello made = { .length = 12 };
	uint8_t random[33] = { 0 };

	put16(&made, 0xfefd);
	put_bytes(&made, random, sizeof(random));
	put_bytes(&made, "\4COOK", 5);
	put_list(&made, suites, 2);
	put_bytes(&made, "\1\0", 2);
	put16(&made, 9); /* extensions: 1.2 and 1.3 are offered */
	put_bytes(&made, "\0\53\0\5\4\xfe\xfd\xfe\xfc", 9);
	made.bytes[0] = 1;
	made.bytes[3] = made.bytes[11] = (uint8_t)(made.length - 12);
	hello = read_as(&made, made.length, TORC_TLS_OVER_DTLS);
	is(hello.supported_version, 0xfefc, "the newest of DTLS is the lowest number");
	ok(strncmp(print_of(&hello, TORC_TLS_JA4), "dd3i020100_", 11) == 0, "its JA4");
	is(hello.type, 1, "a hello of DTLS");
	ok(hello.cookie.length == 4 && memcmp(hello.cookie.data, "COOK", 4) == 0, "its cookie");
	made.bytes[11] = 20; /* a fragment of 20 bytes */
	hello = read_as(&made, made.length, TORC_TLS_OVER_DTLS);
	ok(!hello.is_whole && hello.cookie.length == 0, "its first fragment");
	made.bytes[8] = 4;
	hello = read_as(&made, made.length, TORC_TLS_OVER_DTLS);
	ok(!hello.is_whole && hello.version == 0, "another fragment: nothing is read");
}

static void test_limits(void)
{
	static uint16_t suites[513];
	struct torc_tls_hello hello;
	struct made_hello made;

	for (unsigned int i = 0; i < 513; i++)
		suites[i] = (uint16_t)(0xFFFF - i);
	for (unsigned int count = 512; count <= 513; count++) {
		hello_begin(&made, 1, 0x0303);
		put_list(&made, suites, count);
		put_bytes(&made, "\1\0", 2);
		hello_end(&made, 0);
		hello = read_as(&made, made.length, TORC_TLS_OVER_TCP);
		ok(hello.is_whole, "%u cipher suites", count);
		if (count == 512)
			ok(strncmp(print_of(&hello, TORC_TLS_JA4), "t12i990000_", 11) == 0,
			   "99 are counted");
		else
			is_str(print_of(&hello, TORC_TLS_JA4), "", "more than 512: no fingerprint");
	}
	hello.size = 0;
	is(torc_tls_hello_read((struct torc_bytes){ made.bytes, made.length }, TORC_TLS_OVER_TCP,
			       &hello), -EINVAL, "no size");
	is(torc_tls_hello_read((struct torc_bytes){ made.bytes, 3 }, TORC_TLS_OVER_TCP, &hello),
	   -EINVAL, "no hello");
}

int main(void)
{
	test_example();
	test_ja3();
	test_protocols();
	test_cuts();
	test_servers();
	test_dtls();
	test_limits();
	return done();
}
