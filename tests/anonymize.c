/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * anonymize.c - addresses made others: the published vectors of AES and of Crypto-PAn, prefixes that stay
 * prefixes, and every golden packet, whose checksums say afterwards what they said before
 */
#include <arpa/inet.h>
#include <errno.h>

#include <torc/build.h>
#include <torc/checksum.h>
#include <torc/torc.h>

#include "golden.h"
#include "util/aes.h"

/* The key of the sample that comes with Crypto-PAn, and of everybody's tests since. */
static const uint8_t key[32] = { 21, 34, 23, 141, 51, 164, 207, 128, 19, 10, 91, 22, 73, 144, 125, 16,
				 216, 152, 143, 131, 121, 121, 101, 39, 98, 87, 76, 45, 42, 132, 34, 2 };

static struct torc_anonymizer *anonymizer;
static unsigned int addresses, states_wrong, still_there;

static void test_aes(void)
{
	/* FIPS 197, appendix B and C.1 */
	static const uint8_t b_key[16] = { 0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6,
					   0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c };
	static const uint8_t b_in[16] = { 0x32, 0x43, 0xf6, 0xa8, 0x88, 0x5a, 0x30, 0x8d,
					  0x31, 0x31, 0x98, 0xa2, 0xe0, 0x37, 0x07, 0x34 };
	static const uint8_t b_out[16] = { 0x39, 0x25, 0x84, 0x1d, 0x02, 0xdc, 0x09, 0xfb,
					   0xdc, 0x11, 0x85, 0x97, 0x19, 0x6a, 0x0b, 0x32 };
	static const uint8_t c_out[16] = { 0x69, 0xc4, 0xe0, 0xd8, 0x6a, 0x7b, 0x04, 0x30,
					   0xd8, 0xcd, 0xb7, 0x80, 0x70, 0xb4, 0xc5, 0x5a };
	uint8_t c_key[16], c_in[16], out[16];
	struct aes aes;

	aes_begin(&aes, b_key);
	aes_encrypt(&aes, b_in, out);
	ok(memcmp(out, b_out, 16) == 0, "AES-128: FIPS 197, appendix B");
	for (unsigned int i = 0; i < 16; i++) {
		c_key[i] = (uint8_t)i;
		c_in[i] = (uint8_t)(i * 0x11);
	}
	aes_begin(&aes, c_key);
	aes_encrypt(&aes, c_in, out);
	ok(memcmp(out, c_out, 16) == 0, "AES-128: FIPS 197, appendix C.1");
}

static void test_ipv4(void)
{
	static const char *const pairs[][2] = {
		{ "128.11.68.132", "135.242.180.132" },	  { "129.118.74.4", "134.136.186.123" },
		{ "130.132.252.244", "133.68.164.234" },  { "141.223.7.43", "141.167.8.160" },
		{ "141.233.145.108", "141.129.237.235" }, { "152.163.225.39", "151.140.114.167" },
		{ "156.29.3.236", "147.225.12.42" },	  { "165.247.96.84", "162.9.99.234" },
	};

	for (unsigned int i = 0; i < 2 * sizeof(pairs) / sizeof(*pairs); i++) { /* again: kept ones */
		const char *const *pair = pairs[i % (sizeof(pairs) / sizeof(*pairs))];
		uint8_t from[4], want[4], to[4];

		inet_pton(AF_INET, pair[0], from);
		inet_pton(AF_INET, pair[1], want);
		torc_anonymizer_ipv4(anonymizer, from, to);
		ok(memcmp(to, want, 4) == 0, "%s becomes %s", pair[0], pair[1]);
	}
}

static unsigned int common(const uint8_t *a, const uint8_t *b, unsigned int bits)
{
	unsigned int n = 0;

	while (n < bits && !((a[n / 8] ^ b[n / 8]) & 0x80 >> n % 8))
		n++;
	return n;
}

static void test_prefixes(void)
{
	unsigned int wrong4 = 0, wrong6 = 0;

	for (unsigned int bit = 0; bit < 128; bit++) {
		uint8_t a[16] = { 0x20, 1, 0xd, 0xb8, 9, 9 }, b[16], c[16], d[16];

		memcpy(b, a, 16);
		b[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
		b[15] ^= bit < 127; /* what is behind differs too */
		torc_anonymizer_ipv6(anonymizer, a, c);
		torc_anonymizer_ipv6(anonymizer, b, d);
		wrong6 += common(c, d, 128) != bit;
		if (bit >= 32)
			continue;
		torc_anonymizer_ipv4(anonymizer, a, c);
		torc_anonymizer_ipv4(anonymizer, b, d);
		wrong4 += common(c, d, 32) != bit;
	}
	is(wrong4, 0, "IPv4: as many bits in common as before");
	is(wrong6, 0, "IPv6: as many bits in common as before");
}

static void test_mac(void)
{
	static const uint8_t everybody[6] = { 255, 255, 255, 255, 255, 255 }, group[6] = { 0x33, 0x33, 1 };
	static const uint8_t host[6] = { 0, 0x1b, 0x21, 1, 2, 3 };
	struct torc_anonymizer *other;
	uint8_t to[6], again[6], second[32];

	torc_anonymizer_mac(anonymizer, everybody, to);
	ok(memcmp(to, everybody, 6) == 0, "broadcast stays");
	torc_anonymizer_mac(anonymizer, group, to);
	is(to[0] & 3, 3, "a group stays a group");
	torc_anonymizer_mac(anonymizer, host, to);
	ok((to[0] & 3) == 0 && memcmp(to, host, 6) != 0, "a host another host");
	memcpy(second, key, 32);
	ok(torc_anonymizer_open(&other, second, NULL) == 0, "a second one with the same key");
	torc_anonymizer_mac(other, host, again);
	ok(memcmp(to, again, 6) == 0, "says the same");
	torc_anonymizer_close(other);
	second[31] ^= 1;
	torc_anonymizer_open(&other, second, NULL);
	torc_anonymizer_mac(other, host, again);
	ok(memcmp(to, again, 6) != 0, "one with another key does not");
	torc_anonymizer_close(other);
}

static void states_of(const struct torc_edit *edit, int *states)
{
	for (unsigned int i = 0; i < TORC_LAYERS_MAX; i++)
		states[i] = i < edit->decoded.layer_count ?
				    torc_checksum_verify(&edit->decoded, &edit->decoded.layers[i],
							 edit->flags, NULL) :
				    -1;
}

/* Of a golden packet, also cut at every length: nothing is written behind its end. */
static void each(const struct golden *golden)
{
	static uint8_t changed[sizeof(golden->data)];
	struct torc_packet packet =
		golden_packet(golden, (uint8_t *)(uintptr_t)golden->data, golden->caplen);
	int before[TORC_LAYERS_MAX], after[TORC_LAYERS_MAX];
	struct torc_edit edit;

	torc_edit_begin(&edit, &packet, changed, sizeof(changed));
	states_of(&edit, before);
	addresses += torc_edit_anonymize(&edit, anonymizer);
	states_of(&edit, after);
	if (memcmp(before, after, sizeof(before)) != 0 && ++states_wrong < 5)
		note("%s: a checksum says another thing", golden->name);
	for (unsigned int i = 0; i < edit.decoded.layer_count; i++) {
		const struct torc_layer *layer = &edit.decoded.layers[i];

		if (layer->type == TORC_LAYER_IPV4)
			still_there += memcmp(changed + layer->offset + 12, packet.data + layer->offset + 12,
					      8) == 0;
		if (layer->type == TORC_LAYER_IPV6)
			still_there += memcmp(changed + layer->offset + 8, packet.data + layer->offset + 8,
					      32) == 0;
	}
	for (uint32_t cut = 0; cut < packet.caplen && cut < 200; cut++) {
		struct torc_packet shorter = packet;
		uint8_t *exact = malloc(cut + 1); /* where a sanitizer sees its end */

		shorter.caplen = cut;
		exact[cut] = 0xa5;
		torc_edit_begin(&edit, &shorter, exact, cut);
		torc_edit_anonymize(&edit, anonymizer);
		if (exact[cut] != 0xa5)
			states_wrong++;
		free(exact);
	}
}

/* A packet described in text, and what is in the place of an address afterwards. */
static void test_inside(const char *text, const char *what, const char *from)
{
	static uint8_t bytes[2048], changed[2048];
	struct torc_builder builder;
	struct torc_packet packet;
	struct torc_error error = { 0 };
	struct torc_edit edit;
	uint8_t address[16], to[16];
	unsigned int length = strchr(from, ':') ? 16 : 4;
	const uint8_t *at;

	torc_build_begin(&builder, TORC_LINK_ETHERNET, bytes, sizeof(bytes));
	if (!ok(torc_build_text(&builder, text, &error) >= 0, "%s is built", what)) {
		note("%s", error.text);
		return;
	}
	torc_build_finish(&builder, &packet);
	inet_pton(length == 4 ? AF_INET : AF_INET6, from, address);
	at = memmem(packet.data, packet.caplen, address, length);
	torc_edit_begin(&edit, &packet, changed, sizeof(changed));
	torc_edit_anonymize(&edit, anonymizer);
	if (length == 4)
		torc_anonymizer_ipv4(anonymizer, address, to);
	else
		torc_anonymizer_ipv6(anonymizer, address, to);
	ok(at && memcmp(changed + (at - packet.data), to, length) == 0, "%s: the address is another", what);
	ok(!memmem(changed, edit.caplen, address, length), "%s: the old one is nowhere", what);
}

int main(void)
{
	test_aes();
	ok(torc_anonymizer_open(&anonymizer, key, NULL) == 0, "an anonymizer");
	test_ipv4();
	test_prefixes();
	test_mac();
	golden_each(each);
	ok(addresses > 500, "%u addresses of golden packets", addresses);
	is(states_wrong, 0, "their checksums say what they said");
	is(still_there, 0, "no IP header has its addresses");
	test_inside("Ethernet/ARP(operation=1,sender_ip=10.7.7.7,target_ip=10.8.8.8)", "ARP", "10.7.7.7");
	test_inside("Ethernet/IPv4/UDP(src_port=53)/DNS(question=a.example,answer=a.example 60 A 10.7.7.7)",
		    "DNS, A", "10.7.7.7");
	test_inside("Ethernet/IPv4/UDP(src_port=53)/DNS(question=a.example,answer=a.example 60 AAAA "
		    "fd00::7:7)", "DNS, AAAA", "fd00::7:7");
	test_inside("Ethernet/IPv4/UDP(dst_port=4789)/VXLAN/Ethernet/IPv4(src=10.7.7.7)/UDP", "a tunnel",
		    "10.7.7.7");
	test_inside("Ethernet/IPv6/ICMPv6/ICMPv6NeighborSolicitation(target=fd00::7:7)", "neighbors",
		    "fd00::7:7");
	torc_anonymizer_close(anonymizer);
	return done();
}
