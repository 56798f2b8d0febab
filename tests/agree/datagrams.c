/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * datagrams FILE: what becomes of the fragments of a capture, for tests/agree/datagrams.py
 *
 * A JSON object for each packet that is a fragment: the number of the frame, the datagram's IP version
 * and identification, the result ("whole", "waiting", or the counter that tells why it was dropped) and, of a whole one, its payload.
 * A datagram that was put together and is a fragment itself comes again, with the same number.
 *
 * datagrams --make FILE: a capture of made fragments of both families: in order and not, twice, in one
 * another, overlapping with the same bytes and with others, with two ends, too late, in VLANs and in
 * VXLAN; and 400 datagrams cut and mixed at random, the same each time.
 */
#include "../fragments.h"

/* ---- what becomes of them ---- */

#define REASON(name) { #name, offsetof(struct torc_defrag_stats, name) }

static const struct {
	const char *name;
	size_t at;
} reasons[] = {
	REASON(duplicate), REASON(overlap), REASON(too_large), REASON(bad_length),
	REASON(inconsistent), REASON(tiny), REASON(no_transport), REASON(ecn), REASON(cut),
	REASON(too_many), REASON(no_memory),
};

static uint64_t counter(const struct torc_defrag_stats *stats, size_t at)
{
	return *(const uint64_t *)(const void *)((const char *)stats + at);
}

static const char *result_name(int result, const struct torc_defrag_stats *before,
			       const struct torc_defrag_stats *after)
{
	if (result == TORC_DEFRAG_WHOLE)
		return "whole";
	if (result == TORC_DEFRAG_WAITING)
		return "waiting";
	for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++)
		if (counter(after, reasons[i].at) > counter(before, reasons[i].at))
			return reasons[i].name;
	return "unknown";
}

/* The layer before the one that the first bytes of the cut payload belong to. */
static unsigned int cut_layer(const struct torc_decoded *decoded)
{
	for (unsigned int i = 0; i < decoded->layer_count; i++) {
		const struct torc_layer *layer = &decoded->layers[i];
		const uint8_t *p = torc_layer_header(decoded, layer);

		if (layer->type == TORC_LAYER_IPV4 && torc_be16(p + 6) & 0x3FFF)
			return i;
		if (layer->type == TORC_LAYER_IPV6_FRAGMENT && i > 0 && torc_be16(p + 2) & 0xFFF9)
			return i - 1;
	}
	return 0;
}

static void print_payload(const struct torc_packet *whole, unsigned int layer)
{
	struct torc_decoded decoded;
	uint32_t at, end;
	unsigned int ip = layer;

	torc_decode_packet(whole, &decoded);
	if (layer >= decoded.layer_count)
		return;
	while (ip > 0 && decoded.layers[ip].type != TORC_LAYER_IPV4 &&
	       decoded.layers[ip].type != TORC_LAYER_IPV6)
		ip--;
	at = decoded.layers[layer].offset + decoded.layers[layer].header_length;
	end = decoded.layers[ip].offset;
	end += decoded.layers[ip].type == TORC_LAYER_IPV4 ? torc_be16(whole->data + end + 2) :
							    40u + torc_be16(whole->data + end + 4);
	for (; at < end && at < whole->caplen; at++)
		printf("%02x", whole->data[at]);
}

static void print_datagram(const struct torc_decoded *decoded, unsigned int layer)
{
	const uint8_t *p = torc_layer_header(decoded, &decoded->layers[layer]);

	if (decoded->layers[layer].type == TORC_LAYER_IPV4)
		printf("\"ip\":4,\"id\":%u", torc_be16(p + 4));
	else
		printf("\"ip\":6,\"id\":%u",
		       torc_be32(p + decoded->layers[layer].header_length + 4));
}

static void follow(struct torc_defrag *defrag, struct torc_packet packet, unsigned int frame)
{
	struct torc_defrag_stats before = { .size = sizeof(before) }, after = before;
	struct torc_decoded decoded;
	struct torc_packet whole;
	unsigned int layer;
	int result;

	for (;;) {
		torc_decode_packet(&packet, &decoded);
		torc_defrag_stats(defrag, &before);
		result = torc_defrag_add(defrag, &packet, &decoded, &whole);
		if (result == TORC_DEFRAG_NONE)
			return;
		torc_defrag_stats(defrag, &after);
		layer = cut_layer(&decoded);
		printf("{\"frame\":%u,", frame);
		print_datagram(&decoded, layer);
		printf(",\"result\":\"%s\",\"data\":\"", result_name(result, &before, &after));
		if (result == TORC_DEFRAG_WHOLE)
			print_payload(&whole, layer);
		puts("\"}");
		if (result != TORC_DEFRAG_WHOLE)
			return;
		packet = whole;
	}
}

static int tell(const char *path)
{
	struct torc_defrag *defrag = frag_engine(TORC_DEFRAG_DROP);
	struct torc_error error;
	struct torc_file *file;
	struct torc_packet packet;
	int result = torc_file_open(&file, path, NULL, &error);

	if (result < 0) {
		fprintf(stderr, "%s\n", error.text);
		return 1;
	}
	for (unsigned int frame = 1; (result = torc_file_next(file, &packet)) > 0; frame++)
		follow(defrag, packet, frame);
	torc_file_close(file);
	torc_defrag_close(defrag);
	return 0;
}

/* ---- made ones ---- */

struct part {
	unsigned int offset, length;
	bool more;
	char fill;
	unsigned int wait_s; /* before it */
};

static struct torc_writer *writer;
static uint32_t next_id = 1000;
static uint64_t dice = 88172645463325252u;

static unsigned int roll(unsigned int sides)
{
	dice ^= dice << 13;
	dice ^= dice >> 7;
	dice ^= dice << 17;
	return (unsigned int)(dice >> 33) % sides;
}

static void write_part(const struct frag_path *path, const struct part *part)
{
	static uint8_t frame[70000], bytes[66000];
	struct torc_packet packet = { .data = frame, .link_type = TORC_LINK_ETHERNET };

	memset(bytes, part->fill, part->length);
	frag_now_ns += part->wait_s * UINT64_C(1000000000) + 1000000;
	packet.timestamp_ns = frag_now_ns;
	packet.caplen = packet.len = (uint32_t)frag_frame(frame, path, part->offset, part->more,
							  bytes, part->length);
	if (torc_writer_write(writer, &packet, 1) != 1) {
		fprintf(stderr, "a packet could not be written\n");
		exit(1);
	}
}

/* One datagram of each family, and in a VLAN and a VXLAN of its own. */
static void write_case(const struct part *parts, unsigned int count, uint8_t protocol)
{
	for (unsigned int kind = 0; kind < 4; kind++) {
		struct frag_path path = { .version = kind == 1 ? 6 : 4, .id = next_id++,
					  .protocol = protocol, .vlan = kind == 2 ? 7 : 0,
					  .vni = kind == 3 ? 9 : 0 };

		for (unsigned int i = 0; i < count; i++)
			write_part(&path, &parts[i]);
	}
}

static const struct part crafted[][5] = {
	{ { 0, 16, true, 'a', 0 }, { 16, 16, true, 'b', 0 }, { 32, 8, false, 'c', 0 } },
	{ { 32, 8, false, 'c', 0 }, { 16, 16, true, 'b', 0 }, { 0, 16, true, 'a', 0 } },
	{ { 0, 16, true, 'a', 0 }, { 0, 16, true, 'a', 0 }, { 16, 16, false, 'b', 0 } }, /* twice */
	{ { 0, 16, true, 'a', 0 }, { 0, 16, true, 'x', 0 }, { 16, 16, false, 'b', 0 } },
	{ { 0, 32, true, 'a', 0 }, { 8, 16, true, 'x', 0 }, { 32, 8, false, 'b', 0 } }, /* inside */
	{ { 0, 16, true, 'a', 0 }, { 8, 16, true, 'a', 0 }, { 24, 8, false, 'b', 0 } }, /* partly */
	{ { 0, 16, true, 'a', 0 }, { 8, 16, true, 'x', 0 }, { 24, 8, false, 'b', 0 } },
	{ { 0, 32, true, 'a', 0 }, { 24, 4, false, 'x', 0 } }, /* teardrop */
	{ { 0, 16, true, 'a', 0 }, { 32, 8, false, 'c', 0 }, { 16, 8, false, 'x', 0 } }, /* two ends */
	{ { 0, 16, true, 'a', 0 }, { 16, 8, false, 'b', 0 }, { 32, 8, false, 'c', 0 } },
	{ { 0, 16, true, 'a', 0 }, { 16, 8, false, 'b', 0 }, { 0, 16, true, 'a', 0 } }, /* once more */
	{ { 0, 16, true, 'a', 0 }, { 16, 16, false, 'b', 100 } }, /* too late */
	{ { 0, 65528, true, 'a', 0 }, { 65528, 100, false, 'b', 0 } }, /* too long */
	{ { 0, 12, true, 'a', 0 }, { 16, 8, false, 'b', 0 } }, /* no multiple of 8 */
	{ { 0, 16, true, 'a', 0 }, { 16, 0, false, 'b', 0 }, { 16, 8, false, 'b', 0 } }, /* empty */
	{ { 0, 16, true, 'a', 0 }, { 24, 8, false, 'c', 0 } }, /* never whole */
};

/* Of a TCP header the first 8 bytes, and then the rest. */
static const struct part tiny[] = { { 0, 8, true, 'a', 0 }, { 8, 32, false, 'b', 0 } };

/* Up to eight parts in any order; of some a copy, of some one more that overlaps. */
static void write_random(void)
{
	struct frag_path path = { .version = roll(2) ? 4 : 6, .id = next_id++, .protocol = 253,
				  .vlan = (uint16_t)(roll(3) == 0 ? 5 : 0) };
	unsigned int count = 2 + roll(7), at = 0, used;
	struct part parts[16];

	for (unsigned int i = 0; i < count; i++) {
		unsigned int length = 8 * (1 + roll(20));

		parts[i] = (struct part){ at, length, i + 1 < count, (char)('a' + i), 0 };
		at += length;
	}
	used = count;
	if (roll(4) == 0)
		parts[used++] = parts[roll(count)];
	if (roll(4) == 0)
		parts[used++] = (struct part){ 8 * roll(at / 8), 8 * (1 + roll(4)), true, 'z', 0 };
	for (unsigned int i = used; i-- > 1;) {
		unsigned int other = roll(i + 1);
		struct part swap = parts[i];

		parts[i] = parts[other];
		parts[other] = swap;
	}
	for (unsigned int i = 0; i < used; i++)
		write_part(&path, &parts[i]);
}

static int make(const char *path)
{
	struct torc_error error;

	if (torc_writer_open(&writer, path, NULL, &error) < 0) {
		fprintf(stderr, "%s\n", error.text);
		return 1;
	}
	for (size_t i = 0; i < sizeof(crafted) / sizeof(*crafted); i++) {
		unsigned int count = 0;

		while (count < 5 && crafted[i][count].fill)
			count++;
		write_case(crafted[i], count, 253);
	}
	write_case(tiny, 2, 6);
	for (unsigned int i = 0; i < 400; i++)
		write_random();
	return torc_writer_close(writer, NULL, NULL) < 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "--make") == 0)
		return make(argv[2]);
	return argc == 2 ? tell(argv[1]) : 2;
}
