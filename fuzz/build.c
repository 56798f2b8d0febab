/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fuzz/build.c - any bytes as a packet that is taken apart and built again, into buffers of every length,
 * and any bytes as the text of a packet. What is read of the copy is what was read before: as given, and
 * from the structs alone, of which each layer's makes the same header twice.
 * Input as fuzz/decode.c has it.
 */
#include <stdlib.h>
#include <string.h>

#include <torc/build.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char before_text[1 << 16], after_text[1 << 16];

static void insist(bool holds)
{
	if (!holds)
		abort();
}

/* Built into exactly that much room; what comes out is no longer. */
static void build(const struct torc_decoded *decoded, uint32_t room, unsigned int given)
{
	uint8_t *buffer = malloc(room ? room : 1);
	struct torc_builder builder;
	struct torc_packet packet;
	struct torc_decoded again;
	int length;

	if (!buffer)
		return;
	torc_build_begin(&builder, decoded->link_type, buffer, room);
	torc_build_from(&builder, decoded, given);
	length = torc_build_finish(&builder, &packet);
	insist(length <= (int)room);
	if (length >= 0) {
		torc_decode(packet.link_type, packet.data, packet.caplen, packet.len, &again);
		insist(given != TORC_BUILD_AS_GIVEN || packet.caplen == decoded->caplen);
		/* as given, and nothing in it that no struct holds: the same packet */
		if (given == TORC_BUILD_AS_GIVEN && decoded->status == TORC_DECODED_COMPLETE &&
		    decoded->len == decoded->caplen && decoded->link_type != TORC_LINK_NULL &&
		    decoded->link_type != TORC_LINK_LOOP) {
			torc_text_tree(decoded, before_text, sizeof(before_text));
			torc_text_tree(&again, after_text, sizeof(after_text));
			insist(strcmp(before_text, after_text) == 0);
		}
	}
	free(buffer);
}

/* A header out of its struct, read and made again: the same, whatever no struct holds. */
static void again(const struct torc_builder *made, uint32_t at, unsigned int type)
{
	struct torc_builder once = *made, twice = *made;
	struct torc_layer *layer = &once.decoded.layers[once.decoded.layer_count - 1];
	uint32_t length = made->length - at;
	uint8_t *copy = malloc(length ? length : 1);
	_Alignas(16) uint8_t object[512] = { 0 };

	if (!copy)
		return;
	memcpy(copy, made->data + at, length);
	once.decoded.caplen = once.decoded.len = once.length;
	layer->payload_length = 0;
	insist(torc_layer_read(&once.decoded, layer, type, object, sizeof(object)) == 0);
	/* its options are borrowed from where it will be written */
	twice.decoded.layer_count--; /* it is behind what it was behind */
	if (torc_build_push(&twice, type, object, sizeof(object), TORC_BUILD_AS_GIVEN) == 0) {
		insist(twice.length - made->length == length);
		insist(memcmp(made->data + made->length, copy, length) == 0);
	}
	free(copy);
}

/* Each layer whose struct makes a header of its length. */
static void structs(const struct torc_decoded *decoded)
{
	uint32_t room = 2 * decoded->caplen + 256;
	uint8_t *buffer = malloc(room);
	struct torc_builder builder, before;

	if (!buffer)
		return;
	torc_build_begin(&builder, decoded->link_type, buffer, room);
	for (unsigned int i = 0; i < decoded->layer_count; i++) {
		const struct torc_layer *layer = &decoded->layers[i];
		_Alignas(16) uint8_t object[512] = { 0 };

		before = builder;
		if (torc_layer_read(decoded, layer, layer->type, object, sizeof(object)) == 0 &&
		    torc_build_push(&builder, layer->type, object, sizeof(object),
				    TORC_BUILD_AS_GIVEN) == 0 &&
		    builder.length - before.length == layer->header_length) {
			if (layer->type != TORC_LAYER_LOOPBACK) /* of either byte order, by its number */
				again(&builder, before.length, layer->type);
			continue;
		}
		builder = before;
		if (torc_build_payload(&builder, torc_layer_header(decoded, layer),
				       layer->header_length) < 0)
			break;
		builder.decoded.layers[i].type = layer->type;
	}
	/* read(write(x)) is x, in all fields; a number in network order may be another one in the host's */
	if (decoded->status == TORC_DECODED_COMPLETE && builder.code == 0 &&
	    decoded->link_type != TORC_LINK_NULL && decoded->link_type != TORC_LINK_LOOP) {
		struct torc_decoded read = *decoded, made;

		read.caplen = builder.length; /* without the trailer */
		made = read;
		made.data = buffer;
		torc_text_tree(&read, before_text, sizeof(before_text));
		torc_text_tree(&made, after_text, sizeof(after_text));
		insist(strcmp(before_text, after_text) == 0);
	}
	free(buffer);
}

static void text(const uint8_t *data, size_t size)
{
	struct torc_error error = { 0 };
	struct torc_builder builder;
	uint8_t *buffer = malloc(256);
	char *copy = malloc(size + 1);

	if (buffer && copy) {
		memcpy(copy, data, size);
		copy[size] = '\0';
		torc_build_begin(&builder, TORC_LINK_ETHERNET, buffer, 256);
		if (torc_build_text(&builder, copy, &error) < 0)
			insist(error.text[0] != '\0');
		else
			insist(torc_build_finish(&builder, NULL) <= 256);
	}
	free(copy);
	free(buffer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct torc_decoded decoded;
	uint32_t caplen;

	text(data, size);
	if (size < 3)
		return 0;
	caplen = (uint32_t)size - 3;
	torc_decode((uint16_t)(data[0] << 8 | data[1]), data + 3, caplen, caplen + data[2], &decoded);
	structs(&decoded);
	build(&decoded, caplen, TORC_BUILD_AS_GIVEN);
	build(&decoded, caplen, 0);
	build(&decoded, caplen / 2, 0);
	return 0;
}
