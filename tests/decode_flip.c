/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * decode_flip.c - golden packets with noise: bits flipped, bytes replaced, pieces moved, ends cut;
 * whatever comes of it, the ways of decoding agree and the layers stay in bounds
 *
 * With arguments: the same over every packet of these capture files.
 */
#include <torc/file.h>

#include "decode_faults.h"
#include "golden.h"

#define COPIES	  60u
#define BYTES_MAX 65536u

static char text[1 << 16];

/* splitmix64, the same each time */
static uint32_t noise(uint32_t below)
{
	static uint64_t state = 1;
	uint64_t z = state += 0x9E3779B97F4A7C15u;

	z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
	z = (z ^ z >> 27) * 0x94D049BB133111EBu;
	return (uint32_t)((z ^ z >> 31) >> 32) % below;
}

/* Half of the noise goes to the first 64 bytes, where the lengths and types are. */
static uint32_t noise_place(uint32_t caplen)
{
	return noise(2) && caplen > 64 ? noise(64) : noise(caplen);
}

static void disturb(uint8_t *bytes, uint32_t caplen)
{
	uint32_t times = 1 + noise(6), from, to, length;

	while (times-- > 0) {
		switch (noise(4)) {
		case 0:
			bytes[noise_place(caplen)] = (uint8_t)noise(256);
			break;
		case 1: /* a piece of the packet over another */
			from = noise(caplen);
			to = noise(caplen);
			length = 1 + noise(8);
			if (from + length <= caplen && to + length <= caplen)
				memmove(bytes + to, bytes + from, length);
			break;
		default:
			bytes[noise_place(caplen)] ^= (uint8_t)(1 << noise(8));
		}
	}
}

static const char *try(struct torc_packet packet, const uint8_t *bytes)
{
	uint8_t *data = guarded(bytes, packet.caplen);
	struct torc_decoded decoded;
	const char *why;

	packet.data = data;
	torc_decode_packet(&packet, &decoded);
	why = fault(&decoded);
	if (!why)
		why = paths_fault(&packet);
	torc_text_line(&decoded, 0, text, sizeof(text));
	torc_json_packet(&packet, &decoded, "eth0", text, sizeof(text));
	guarded_free(data, packet.caplen);
	return why;
}

static const char *try_copies(const struct torc_packet *packet)
{
	static uint8_t bytes[BYTES_MAX];
	struct torc_packet copy = *packet;
	const char *why = NULL;
	uint32_t n;

	if (packet->caplen == 0 || packet->caplen > BYTES_MAX)
		return NULL;
	why = try(copy, packet->data);
	for (n = 0; n < COPIES && !why; n++) {
		memcpy(bytes, packet->data, packet->caplen);
		disturb(bytes, packet->caplen);
		copy.caplen = noise(4) ? packet->caplen : 1 + noise(packet->caplen);
		copy.len = noise(2) ? copy.caplen : copy.caplen + noise(100);
		why = try(copy, bytes);
	}
	return why;
}

static void flip(const struct golden *golden)
{
	static struct golden copy;
	struct torc_packet packet;
	const char *why;

	copy = *golden;
	packet = golden_packet(&copy, copy.data, copy.caplen);
	why = try_copies(&packet);
	ok(!why, "%s: %s: %u times with noise", golden->file, golden->name, COPIES);
	if (why)
		note("%s", why);
}

static void flip_file(const char *path)
{
	struct torc_packet packet;
	struct torc_file *file;
	const char *why = NULL;
	unsigned int n = 0;

	if (torc_file_open(&file, path, NULL, NULL) < 0)
		return; /* what the reader refuses holds no packets */
	while (!why && torc_file_next(file, &packet) == 1) {
		n++;
		why = try_copies(&packet);
	}
	ok(!why, "%s: %u packets", path, n);
	if (why)
		note("packet %u: %s", n, why);
	torc_file_close(file);
}

int main(int argc, char **argv)
{
	int n;

	if (argc == 1)
		ok(golden_each(flip) > 0, "there are golden packets");
	for (n = 1; n < argc; n++)
		flip_file(argv[n]);
	return done();
}
