/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * digests.c - SHA-256, HMAC, HKDF, MD5 and AES-GCM against the vectors that came with them: FIPS 180,
 * RFC 4231, RFC 5869, RFC 1321, the GCM specification
 */
#include <string.h>

#include "test.h"
#include "util/gcm.h"
#include "util/md5.h"
#include "util/sha256.h"

static unsigned int digit(char c)
{
	return c <= '9' ? (unsigned int)(c - '0') : (unsigned int)(c - 'a') + 10;
}

static size_t unhex(const char *text, uint8_t *out)
{
	size_t n = 0;

	for (; text[0] && text[1]; text += 2)
		out[n++] = (uint8_t)(digit(text[0]) << 4 | digit(text[1]));
	return n;
}

static bool same(const uint8_t *bytes, const char *text)
{
	uint8_t want[256];
	size_t length = unhex(text, want);

	return memcmp(bytes, want, length) == 0;
}

static void test_sha256(void)
{
	static const char *const vectors[][2] = {
		{ "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
		{ "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
	};
	uint8_t digest[32], a = 'a';
	struct sha256 sha;

	for (size_t i = 0; i < sizeof(vectors) / sizeof(*vectors); i++) {
		torc_sha256_begin(&sha);
		torc_sha256_add(&sha, vectors[i][0], strlen(vectors[i][0]));
		torc_sha256_end(&sha, digest);
		ok(same(digest, vectors[i][1]), "SHA-256 of \"%s\"", vectors[i][0]);
	}
	torc_sha256_begin(&sha);
	for (unsigned int i = 0; i < 1000000; i++)
		torc_sha256_add(&sha, &a, 1);
	torc_sha256_end(&sha, digest);
	ok(same(digest, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
	   "SHA-256 of a million a");
}

static void test_hmac(void)
{
	uint8_t key[131], code[32];
	struct hmac hmac;

	memset(key, 0xaa, sizeof(key));
	torc_hmac_begin(&hmac, "Jefe", 4);
	torc_hmac(&hmac, "what do ya want ", 16, "for nothing?", 12, code);
	ok(same(code, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
	   "HMAC: RFC 4231 §4.3");
	torc_hmac_begin(&hmac, key, sizeof(key));
	torc_hmac(&hmac, "Test Using Larger Than Block-Size Key - Hash Key First", 54, NULL, 0, code);
	ok(same(code, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"),
	   "a key longer than a block: §4.7");
}

static void test_hkdf(void)
{
	uint8_t input[80], salt[80], info[80], out[82];
	struct hmac prk;

	memset(input, 0x0b, 22);
	torc_hkdf_extract(&prk, salt, unhex("000102030405060708090a0b0c", salt), input, 22);
	torc_hkdf_expand(&prk, info, unhex("f0f1f2f3f4f5f6f7f8f9", info), out, 42);
	ok(same(out, "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b8"
		     "87185865"), "HKDF: RFC 5869 §A.1");
	for (unsigned int i = 0; i < 80; i++) {
		input[i] = (uint8_t)i;
		salt[i] = (uint8_t)(0x60 + i);
		info[i] = (uint8_t)(0xb0 + i);
	}
	torc_hkdf_extract(&prk, salt, 80, input, 80);
	torc_hkdf_expand(&prk, info, 80, out, 82);
	ok(same(out, "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7"
		     "827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5"
		     "c1f3434f1d87"), "longer ones: §A.2");
}

static void test_md5(void)
{
	static const char *const vectors[][2] = {
		{ "", "d41d8cd98f00b204e9800998ecf8427e" },
		{ "message digest", "f96b697d7cb7938d525a2f31aaf161d0" },
		{ "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
		  "d174ab98d277d9f5a5611c2c9f419d9f" },
		{ "1234567890123456789012345678901234567890123456789012345678901234567890123456789"
		  "0", "57edf4a22be3c955ac49da2e2107b67a" },
	};
	uint8_t digest[16];

	for (size_t i = 0; i < sizeof(vectors) / sizeof(*vectors); i++) {
		torc_md5(vectors[i][0], strlen(vectors[i][0]), digest);
		ok(same(digest, vectors[i][1]), "MD5 of \"%s\"", vectors[i][0]);
	}
}

/* Test cases 1 to 4 of the specification: nothing, zeros, four blocks, a part of one with more in clear. */
static void test_gcm(void)
{
	static const char *const key[] = { "00000000000000000000000000000000",
					   "feffe9928665731c6d6a8f9467308308" };
	static const char *const iv[] = { "000000000000000000000000", "cafebabefacedbaddecaf888" };
	static const char clear[] = "feedfacedeadbeeffeedfacedeadbeefabaddad2";
	static const char plain[] =
		"d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf"
		"0e2449a6b525b16aedf5aa0de657ba637b391aafd255";
	static const char cipher[] =
		"42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f"
		"6a5aac84aa051ba30b396a0aac973d58e091473f5985";
	static const struct {
		unsigned int key;
		size_t length, clear;
		const char *tag;
	} cases[] = { { 0, 0, 0, "58e2fccefa7e3061367f1d57a4e7455a" },
		      { 0, 16, 0, "ab6e47d42cec13bdf53a67b21257bddf" },
		      { 1, 64, 0, "4d5c2af327cd64a62cf35abd2ba6fab4" },
		      { 1, 60, 20, "5bc94fbc3221a5db94fae95ae7121a47" } };
	uint8_t k[16], n[12], in[64], out[64], want[64], more[32], tag[16];
	struct aes aes;
	struct gcm gcm;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		unhex(key[cases[i].key], k);
		unhex(iv[cases[i].key], n);
		unhex(clear, more);
		memset(in, 0, sizeof(in));
		if (cases[i].key)
			unhex(plain, in);
		aes_begin(&aes, k);
		torc_gcm_begin(&gcm, &aes);
		torc_gcm_crypt(&gcm, n, in, cases[i].length, out);
		unhex(cipher, want);
		ok(cases[i].key == 0 || memcmp(out, want, cases[i].length) == 0,
		   "GCM, case %zu: encrypted", i + 1);
		torc_gcm_tag(&gcm, n, more, cases[i].clear, out, cases[i].length, tag);
		ok(same(tag, cases[i].tag), "GCM, case %zu: the tag", i + 1);
	}
}

int main(void)
{
	test_sha256();
	test_hmac();
	test_hkdf();
	test_md5();
	test_gcm();
	return done();
}
