/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * quic_initial.c - Initial packets decrypted: the packets of RFC 9001 appendix A and RFC 9369 appendix A,
 * and made ones: frames in any order, packets behind each other, cut, damaged, with other keys
 */
#include <errno.h>

#include <torc/torc.h>

#include "decode/transport/quic_initial.h"
#include "hello.h"
#include "quic.h"
#include "test.h"

static const char original[] = "\x83\x94\xc8\xf0\x3e\x51\x57\x08";

static uint32_t unhex(const char *text, uint8_t *out)
{
	uint32_t n = 0;
	unsigned int byte;

	for (; sscanf(text, "%2x", &byte) == 1; text += 2)
		out[n++] = (uint8_t)byte;
	return n;
}

static bool same(const uint8_t *bytes, const char *text)
{
	uint8_t want[512];
	uint32_t length = unhex(text, want);

	return memcmp(bytes, want, length) == 0;
}

/* RFC 9001 §A.2: what the client's packet carries. */
static const char client_frames[] =
	"060040f1010000ed0303ebf8fa56f12939b9584a3896472ec40bb863cfd3e86804fe3a47f06a2b69484c00000413"
	"011302010000c000000010000e00000b6578616d706c652e636f6dff01000100000a00080006001d001700180010"
	"0007000504616c706e000500050100000000003300260024001d00209370b2c9caa47fbabaf4559fedba753de171"
	"fa71f50f1ce15d43e994ec74d748002b0003020304000d0010000e0403050306030203080408050806002d000201"
	"01001c00024001003900320408ffffffffffffffff05048000ffff07048000ffff0801100104800075300901100f"
	"088394c8f03e51570806048000ffff";

/* §A.3, and RFC 9369 §A.3: the server's packets, whole. */
static const char server_frames[] =
	"02000000000600405a020000560303eefce7f7b37ba1d1632e96677825ddf73988cfc79825df566dc5430b9a045a"
	"1200130100002e00330024001d00209d3c940d89690b84d08a60993c144eca684d1081287c834d5311bcf32bb9da"
	"1a002b00020304";
static const char server_packets[2][300] = {
	"cf000000010008f067a5502a4262b5004075c0d95a482cd0991cd25b0aac406a5816b6394100f37a1c6979755478"
	"0bb38cc5a99f5ede4cf73c3ec2493a1839b3dbcba3f6ea46c5b7684df3548e7ddeb9c3bf9c73cc3f3bded74b562b"
	"fb19fb84022f8ef4cdd93795d77d06edbb7aaf2f58891850abbdca3d20398c276456cbc42158407dd074ee",
	"dc6b3343cf0008f067a5502a4262b5004075d92faaf16f05d8a4398c47089698baeea26b91eb761d9b89237bbf87"
	"263017915358230035f7fd3945d88965cf17f9af6e16886c61bfc703106fbaf3cb4cfa52382dd16a393e42757507"
	"698075b2c984c707f0a0812d8cd5a6881eaf21ceda98f4bd23f6fe1a3e2c43edd9ce7ca84bed8521e2e140",
};

static struct torc_bytes of(const void *bytes, uint32_t length)
{
	return (struct torc_bytes){ bytes, length };
}

static int open_first(const uint8_t *bytes, uint32_t length, bool from_server, uint8_t *buffer,
		      struct torc_quic_initial *initial)
{
	struct torc_quic quic;
	uint32_t position = 0;

	*initial = (struct torc_quic_initial){ .size = sizeof(*initial) };
	if (torc_quic_next(of(bytes, length), &position, &quic) != 1)
		return -ENOENT;
	return torc_quic_initial_open(&quic, of(original, 8), from_server, buffer, 4096, initial);
}

static void test_vectors(void)
{
	uint8_t frames[1162] = { 0 }, packet[512], buffer[4096];
	struct quic_parts parts = { .version = 1, .destination = original, .destination_length = 8,
				    .original = original, .original_length = 8, .number = 2,
				    .number_length = 4, .frames = frames, .length = 1162,
				    .source = "", .token = "" };
	struct torc_quic_initial initial;
	struct made_quic made = { .length = 0 };

	unhex(client_frames, frames);
	quic_make(&made, &parts);
	is(made.length, 1200, "the client's packet");
	ok(same(made.bytes, "c000000001088394c8f03e5157080000449e7b9aec34d1b1c98dd7689fb8ec11") &&
	   same(made.bytes + 1200 - 16, "e221af44860018ab0856972e194cd934"),
	   "is as RFC 9001 §A.2 has it");
	is(open_first(made.bytes, made.length, false, buffer, &initial), 0, "it is opened");
	is(initial.packet_number, 2, "its number");
	ok(initial.frames.length == 1162 && memcmp(initial.frames.data, frames, 1162) == 0,
	   "its frames");
	is(open_first(made.bytes, made.length, true, buffer, &initial), -EBADMSG,
	   "not with the server's key");
	for (unsigned int i = 0; i < 2; i++) {
		uint32_t length = unhex(server_packets[i], packet);

		is(open_first(packet, length, true, buffer, &initial), 0,
		   "the server's packet of version %u", i + 1);
		is(initial.packet_number, 1, "its number");
		ok(initial.frames.length == strlen(server_frames) / 2 &&
		   same(initial.frames.data, server_frames), "its frames");
	}
}

/* The datagram in a packet: what text and JSON have. */
static bool decode(const struct made_quic *datagram, struct torc_decoded *decoded)
{
	static uint8_t bytes[8192];
	uint32_t length = 28 + datagram->length;
	struct torc_packet packet = { .data = bytes, .caplen = length, .len = length,
				      .link_type = TORC_LINK_RAW };
	uint8_t header[28] = { 0x45, 0, (uint8_t)(length >> 8), (uint8_t)length, 0, 0, 0, 0, 64, 17, 0, 0,
			       10, 0, 0, 1, 10, 0, 0, 2, 0xc3, 0x50, 1, 0xbb,
			       (uint8_t)((length - 20) >> 8), (uint8_t)(length - 20) };

	memcpy(bytes, header, sizeof(header));
	memcpy(bytes + 28, datagram->bytes, datagram->length);
	torc_decode_packet(&packet, decoded);
	return torc_layer_first(decoded, TORC_LAYER_QUIC) != NULL;
}

static uint64_t number_of(const struct torc_decoded *decoded, const char *path)
{
	struct torc_value value;

	return torc_field(decoded, path, &value) == 1 ? value.number : UINT64_MAX;
}

/* The client's packet of §A.2 has eight. */
static void test_parameters(void)
{
	static const uint8_t ids[] = { 4, 5, 7, 8, 1, 9, 15, 6 };
	static const uint8_t cut[] = { 1, 2, 0x40 }, wrong[] = { 1, 1, 0x80, 3, 0 };
	struct torc_quic_parameter parameter;
	uint8_t frames[1162] = { 0 };
	struct quic_parts parts = { .version = 1, .destination = original, .destination_length = 8,
				    .original = original, .original_length = 8, .number = 2,
				    .number_length = 4, .frames = frames, .length = 1162,
				    .source = "", .token = "" };
	struct made_quic made = { .length = 0 };
	struct torc_decoded decoded;
	struct torc_value value;
	uint32_t position = 0;
	char path[40];

	unhex(client_frames, frames);
	quic_make(&made, &parts);
	ok(decode(&made, &decoded), "a layer");
	for (unsigned int i = 0; i < 8; i++) {
		snprintf(path, sizeof(path), "quic.parameters[%u].id", i);
		is(number_of(&decoded, path), ids[i], "parameter %u", i);
	}
	is(number_of(&decoded, "quic.parameters[8].id"), UINT64_MAX, "there is no other");
	is(number_of(&decoded, "quic.parameters[0].number"), (1ull << 62) - 1, "the greatest integer");
	is(number_of(&decoded, "quic.parameters[4].number"), 30000, "the idle timeout");
	is(torc_field(&decoded, "quic.parameters[4].id", &value), 1, "an id");
	is_str(value.name, "max_idle_timeout", "has a name");
	is(torc_field(&decoded, "quic.parameters[6].value", &value), 1, "a value");
	ok(value.bytes.length == 8 && memcmp(value.bytes.data, original, 8) == 0, "is bytes");
	is(torc_quic_parameter_next(of(cut, 3), &position, &parameter), 0, "one that is cut ends the list");
	is(torc_quic_parameter_next(of(wrong, 5), &position, &parameter), 1, "an integer that does not fit");
	ok(parameter.number == 0 && parameter.value.length == 1 && position == 3, "is bytes alone");
	is(torc_quic_parameter_next(of(wrong, 5), &position, &parameter), 1, "the next one");
	ok(parameter.id == 3 && parameter.value.length == 0, "is empty");
	is(torc_quic_parameter_next(of(wrong, 5), &position, &parameter), 0, "the end");
}

/* A ClientHello in pieces that overlap, in an order of no sense, with other frames between. */
static uint32_t shuffled(const struct made_hello *hello, struct made_quic *frames)
{
	uint32_t third = hello->length / 3;

	frames->length = 0;
	quic_add(frames, "\0\1\2\5\0\1\0\0\0", 9); /* padding, PING, ACK with another range */
	quic_crypto(frames, hello->bytes, 2 * third, hello->length - 2 * third);
	quic_add(frames, "\1\1\0\0", 4);
	quic_crypto(frames, hello->bytes, third - 5, third + 5);
	quic_add(frames, "\3\0\0\0\0\1\2\3", 8); /* ACK with ECN */
	quic_crypto(frames, hello->bytes, 0, third);
	quic_add(frames, "\0\0\0\0", 4);
	return frames->length;
}

static const char *field(const struct torc_decoded *decoded, const char *path)
{
	static char text[512];
	struct torc_value value;

	if (torc_field(decoded, path, &value) != 1)
		return "no such field";
	torc_value_text(&value, text, sizeof(text));
	return text;
}

static void test_frames(unsigned int version, uint32_t number)
{
	struct made_quic frames, datagram = { .length = 0 };
	struct quic_parts parts = { .version = number, .destination = original,
				    .destination_length = 8, .source = "abcd", .source_length = 4,
				    .original = original, .original_length = 8, .number = version,
				    .number_length = (uint8_t)version, .frames = frames.bytes,
				    .token = "a token of the server's", .token_length = 23 };
	char text[16384], json[16384];
	struct torc_decoded decoded;
	struct torc_packet packet = { .len = 1 };
	struct made_hello hello;

	hello_make(&hello, "www.example.org", 300);
	parts.length = shuffled(&hello, &frames);
	quic_make(&datagram, &parts);
	ok(decode(&datagram, &decoded), "version %u", version);
	is_str(field(&decoded, "quic.sni"), "www.example.org", "the server's name");
	is_str(field(&decoded, "quic.alpn"), "h3", "the protocol");
	is_str(field(&decoded, "quic.ja4"), "q13d0307h3_55b375c5d22e_bfe2d94fcd36", "the fingerprint");
	is_str(field(&decoded, "quic.decrypted"), "true", "decrypted");
	torc_text_tree(&decoded, text, sizeof(text));
	ok(strstr(text, "sni: www.example.org\n") != NULL, "in the tree");
	torc_json_packet(&packet, &decoded, NULL, json, sizeof(json));
	ok(strstr(json, "\"sni\":\"www.example.org\"") && strstr(json, "\"ja3\":\""), "in JSON");
	datagram.bytes[datagram.length / 2] ^= 1;
	ok(decode(&datagram, &decoded), "a bit wrong");
	is_str(field(&decoded, "quic.sni"), "", "nothing is believed");
	is_str(field(&decoded, "quic.decrypted"), "false", "and it is said");
}

/* Two Initial packets and others in one datagram. */
static void test_coalesced(void)
{
	struct made_quic frames, datagram = { .length = 0 };
	struct quic_parts parts = { .version = 1, .destination = original, .destination_length = 8,
				    .source = "", .original = original, .original_length = 8,
				    .number_length = 1, .frames = frames.bytes, .token = "" };
	struct torc_decoded decoded;
	struct made_hello hello;
	struct torc_quic quic;
	uint32_t position = 0;
	unsigned int types[4] = { 9, 9, 9, 9 };

	hello_make(&hello, "two.example", 500);
	frames.length = 0;
	quic_crypto(&frames, hello.bytes, 300, hello.length - 300);
	parts.length = frames.length;
	quic_make(&datagram, &parts);
	quic_add(&datagram, "\xd0\0\0\0\1\0\0\5zero.", 13); /* 0-RTT, what is in it is anything */
	frames.length = 0;
	quic_crypto(&frames, hello.bytes, 0, 300);
	parts.length = frames.length;
	parts.number = 1;
	quic_make(&datagram, &parts);
	quic_add(&datagram, "\0\0\0\0\0\0\0\0\0", 9); /* what is no packet */
	ok(decode(&datagram, &decoded), "packets in one datagram");
	is_str(field(&decoded, "quic.sni"), "two.example", "a hello in two of them");
	ok(strlen(field(&decoded, "quic.ja4")) == 36, "is whole");
	for (unsigned int i = 0; torc_quic_next(of(datagram.bytes, datagram.length), &position, &quic); i++)
		types[i & 3] = quic.type;
	ok(types[0] == 0 && types[1] == 1 && types[2] == 0 && types[3] == 9, "three are walked");
	is(position, datagram.length - 9, "to their end");
}

/* Cut anywhere: no byte too far is read, and nothing comes out. */
static void test_cuts(void)
{
	struct made_quic frames, made = { .length = 0 };
	struct quic_parts parts = { .version = 1, .destination = original, .destination_length = 8,
				    .source = "", .original = original, .original_length = 8,
				    .number_length = 4, .frames = frames.bytes, .token = "" };
	struct torc_quic_initial initial;
	struct made_hello hello;
	struct torc_quic quic;
	unsigned int opened = 0;
	uint8_t buffer[4096];
	uint32_t position = 0;

	hello_make(&hello, "cut.example", 0);
	parts.length = shuffled(&hello, &frames);
	quic_make(&made, &parts);
	for (uint32_t length = 0; length < made.length; length++) {
		uint8_t *bytes = guarded(made.bytes, length);

		opened += open_first(bytes, length, false, buffer, &initial) == 0;
		guarded_free(bytes, length);
	}
	is(opened, 0, "no packet that is cut");
	torc_quic_next(of(made.bytes, made.length), &position, &quic);
	is(torc_quic_initial_open(&quic, quic.destination, false, buffer, made.length - 1, &initial),
	   -ENOSPC, "a buffer that is too small");
	initial.size = 0;
	is(torc_quic_initial_open(&quic, quic.destination, false, buffer, made.length, &initial),
	   -EINVAL, "no size");
	for (uint32_t length = 0; length < frames.length; length++) { /* frames that are cut */
		uint8_t *bytes = guarded(frames.bytes, length);
		struct torc_quic_crypto crypto;

		for (position = 0; torc_quic_crypto_next(of(bytes, length), &position, &crypto);)
			opened += crypto.data.data + crypto.data.length > bytes + length;
		guarded_free(bytes, length);
	}
	is(opened, 0, "no frame goes beyond the end");
}

static void test_limits(void)
{
	struct made_quic frames = { .length = 0 };
	struct quic_hello *hello = calloc(1, sizeof(*hello));
	uint8_t bytes[4200] = { 1 };

	quic_hello_begin(hello);
	is(quic_hello_bytes(hello).length, 0, "nothing at first");
	quic_crypto(&frames, bytes, 4000, 97); /* one byte too far */
	ok(!quic_hello_add(hello, of(frames.bytes, frames.length)), "longer than is kept");
	frames.length = 0;
	quic_crypto(&frames, bytes, 4000, 96);
	ok(quic_hello_add(hello, of(frames.bytes, frames.length)), "just as long");
	for (unsigned int at = 0; at < 4000; at += 400) {
		is(quic_hello_bytes(hello).length, at, "without a hole to %u", at);
		frames.length = 0;
		quic_crypto(&frames, bytes, at, 400);
		quic_hello_add(hello, of(frames.bytes, frames.length));
	}
	is(quic_hello_bytes(hello).length, QUIC_HELLO_MAX, "all of it");
	frames.length = 0;
	quic_add(&frames, "\x08", 1); /* STREAM has no place in an Initial packet */
	quic_crypto(&frames, bytes, 0, 100);
	quic_hello_begin(hello);
	quic_hello_add(hello, of(frames.bytes, frames.length));
	is(quic_hello_bytes(hello).length, 0, "nothing behind a frame that does not belong there");
	free(hello);
}

int main(void)
{
	test_vectors();
	test_parameters();
	test_frames(1, 1);
	test_frames(2, 0x6B3343CF);
	test_coalesced();
	test_cuts();
	test_limits();
	return done();
}
