/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fuzz/build.c - any bytes as a packet that is taken apart and built again, into buffers of every length,
 * and any bytes as the text of a packet. As given, what is read from the copy is what was read before.
 * Input as fuzz/decode.c has it.
 */
#include <stdlib.h>
#include <string.h>

#include <torc/build.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char before[1 << 16], after[1 << 16];

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
			torc_text_tree(decoded, before, sizeof(before));
			torc_text_tree(&again, after, sizeof(after));
			insist(strcmp(before, after) == 0);
		}
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
	build(&decoded, caplen, TORC_BUILD_AS_GIVEN);
	build(&decoded, caplen, 0);
	build(&decoded, caplen / 2, 0);
	return 0;
}
