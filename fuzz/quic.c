/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fuzz/quic.c - any datagram as it is, and any frames in an Initial packet that is encrypted rightly, so that
 * they come behind the tag; any bytes as a hello, with each carrier
 *
 * The first byte chooses: bits 0 and 1 what the rest is, bit 2 the version, bits 3 and 4 the length of the
 * packet number, bit 5 that all is cut in two packets.
 */
#include <stdlib.h>

#include <torc/torc.h>

#include "../tests/quic.h"
#include "decode/transport/quic_initial.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void insist(bool holds)
{
	if (!holds)
		abort();
}

static bool within(struct torc_bytes part, struct torc_bytes whole)
{
	return part.length == 0 || (part.data >= whole.data && part.length <= whole.length &&
				    (size_t)(part.data - whole.data) <= whole.length - part.length);
}

static void hello_check(const uint8_t *bytes, uint32_t length, enum torc_tls_carrier carrier)
{
	struct torc_tls_hello hello = { .size = sizeof(hello) };
	struct torc_bytes all = { bytes, length };
	struct torc_quic_parameter parameter;
	uint32_t position = 0;
	char text[64];

	if (torc_tls_hello_read(all, carrier, &hello) < 0)
		return;
	insist(within(hello.extensions, all) && within(hello.server_name, all));
	insist(within(hello.cipher_suites, all) && within(hello.alpn, hello.alpn_protocols));
	insist(within(hello.versions, hello.extensions) && within(hello.groups, hello.extensions));
	while (torc_quic_parameter_next(hello.quic_parameters, &position, &parameter))
		insist(within(parameter.value, hello.quic_parameters));
	insist(position <= hello.quic_parameters.length);
	for (int kind = TORC_TLS_JA3; kind <= TORC_TLS_JA4_RAW; kind++) {
		int written = torc_tls_fingerprint(&hello, (enum torc_tls_fingerprint_kind)kind, text,
						   sizeof(text));

		insist(written >= 0 && (hello.is_whole || written == 0));
		insist(strlen(text) == (written < 63 ? (size_t)written : 63));
	}
}

/* A datagram of UDP port 443: the tree and JSON have all fields, printed in ASCII. */
static void datagram(const uint8_t *bytes, uint32_t length, bool mine)
{
	static char text[1 << 16];
	struct torc_packet packet = { .link_type = TORC_LINK_RAW, .caplen = 28 + length,
				      .len = 28 + length };
	struct torc_decoded decoded;
	struct torc_value value;
	uint8_t *p = calloc(1, packet.caplen);

	insist(p);
	memcpy(p, (uint8_t[]){ 0x45, 0, (uint8_t)(packet.len >> 8), (uint8_t)packet.len, 0, 0, 0, 0, 64, 17, 0,
			       0, 10, 0, 0, 1, 10, 0, 0, 2, 0x9c, 0x40, 1, 0xbb,
			       (uint8_t)((8 + length) >> 8), (uint8_t)(8 + length) }, 26);
	if (length > 0)
		memcpy(p + 28, bytes, length);
	packet.data = p;
	torc_decode_packet(&packet, &decoded);
	insist(torc_text_tree(&decoded, text, sizeof(text)) >= 0);
	insist(torc_json_packet(&packet, &decoded, NULL, text, sizeof(text)) >= 0);
	if (mine) {
		insist(torc_field(&decoded, "quic.decrypted", &value) == 1 && value.number == 1);
		insist(torc_field(&decoded, "quic.sni", &value) == 1 && value.bytes.length <= 255);
	}
	free(p);
}

static void frames(uint8_t choice, const uint8_t *data, uint32_t size)
{
	static const char id[] = "\x83\x94\xc8\xf0\x3e\x51\x57\x08";
	struct quic_parts parts = { .version = choice & 4 ? QUIC_VERSION_2 : QUIC_VERSION_1,
				    .destination = id, .destination_length = 8, .source = "",
				    .original = id, .original_length = 8, .token = "",
				    .number_length = (uint8_t)(1 + (choice >> 3 & 3)),
				    .frames = data, .length = choice & 32 ? size / 2 : size };
	static struct made_quic made;

	made.length = 0;
	if (parts.length < 4) /* too short for the sample of header protection */
		return;
	quic_make(&made, &parts);
	if (choice & 32) {
		parts.frames += parts.length;
		parts.length = size - parts.length;
		parts.number = 1;
		quic_make(&made, &parts);
	}
	datagram(made.bytes, made.length, true);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t choice, *copy;

	if (size < 1 || size > 3000)
		return 0;
	choice = data[0];
	data++, size--;
	copy = malloc(size + 1); /* so that one byte too far is seen */
	insist(copy);
	memcpy(copy + 1, data, size);
	if ((choice & 3) == 0)
		datagram(copy + 1, (uint32_t)size, false);
	else if ((choice & 3) == 1)
		frames(choice, copy + 1, (uint32_t)size);
	else
		hello_check(copy + 1, (uint32_t)size, choice & 4 ? TORC_TLS_OVER_DTLS :
			    choice & 8 ? TORC_TLS_OVER_QUIC : TORC_TLS_OVER_TCP);
	free(copy);
	return 0;
}
