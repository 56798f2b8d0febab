/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * golden.h - the packets in tests/golden/: what they are, and what must be found in them
 *
 *	packet NAME            begins a packet
 *	link NUMBER            its link type, 1 if not given
 *	len NUMBER             its length on the wire, all of it if not given
 *	hex DIGITS             its bytes; several lines are joined
 *	stack Ethernet/IPv4    the layers
 *	status complete        as torc_decoded_status_name() has it
 *	unknown 3 253          registry and number without a decoder
 *	streams                decode with TORC_DECODE_STREAMS
 *	field ipv4.ttl 64      a field, and its text
 *	line TEXT              what torc_text_line() writes
 */
#ifndef TORC_GOLDEN_H
#define TORC_GOLDEN_H

#include <ctype.h>
#include <dirent.h>

#include <torc/decode.h>

#include "test.h"

#define GOLDEN_CHECKS 48

struct golden {
	char file[64];
	char name[128];
	uint8_t data[4096];
	uint32_t caplen;
	uint32_t len;
	uint16_t link_type;
	bool streams;
	char stack[512];
	char status[32];
	int registry;
	unsigned int number;
	char line[1024];
	char fields[GOLDEN_CHECKS][256]; /* path, blank, text */
	unsigned int field_count;
};

static inline void golden_hex(struct golden *packet, const char *digits)
{
	unsigned int byte;

	for (; isxdigit((unsigned char)digits[0]) && isxdigit((unsigned char)digits[1]);
	     digits += 2) {
		if (packet->caplen == sizeof(packet->data) || sscanf(digits, "%2x", &byte) != 1) {
			printf("Bail out! bad hex in %s: %s\n", packet->file, packet->name);
			exit(1);
		}
		packet->data[packet->caplen++] = (uint8_t)byte;
	}
}

static inline void golden_line(struct golden *packet, const char *word, const char *rest)
{
	if (strcmp(word, "link") == 0)
		packet->link_type = (uint16_t)atoi(rest);
	else if (strcmp(word, "len") == 0)
		packet->len = (uint32_t)atoi(rest);
	else if (strcmp(word, "hex") == 0)
		golden_hex(packet, rest);
	else if (strcmp(word, "stack") == 0)
		snprintf(packet->stack, sizeof(packet->stack), "%s", rest);
	else if (strcmp(word, "status") == 0)
		snprintf(packet->status, sizeof(packet->status), "%s", rest);
	else if (strcmp(word, "streams") == 0)
		packet->streams = true;
	else if (strcmp(word, "unknown") == 0)
		sscanf(rest, "%d %u", &packet->registry, &packet->number);
	else if (strcmp(word, "line") == 0)
		snprintf(packet->line, sizeof(packet->line), "%s", rest);
	else if (strcmp(word, "field") == 0 && packet->field_count < GOLDEN_CHECKS)
		snprintf(packet->fields[packet->field_count++], sizeof(packet->fields[0]), "%s",
			 rest);
	else
		ok(false, "%s: a line that means nothing: %s %s", packet->file, word, rest);
}

static inline void golden_file(const char *folder, const char *file,
			       void (*each)(const struct golden *packet))
{
	static struct golden packet;
	char path[512], text[1200];
	char *word, *rest;
	FILE *in;

	snprintf(path, sizeof(path), "%s/%s", folder, file);
	in = fopen(path, "r");
	if (!in) {
		ok(false, "cannot read %s", path);
		return;
	}
	memset(&packet, 0, sizeof(packet));
	while (fgets(text, sizeof(text), in)) {
		text[strcspn(text, "\n")] = '\0';
		if (text[0] == '#' || text[0] == '\0')
			continue;
		word = text;
		rest = strchr(text, ' ');
		if (rest)
			*rest++ = '\0';
		if (strcmp(word, "packet") != 0) {
			golden_line(&packet, word, rest ? rest : "");
			continue;
		}
		if (packet.name[0])
			each(&packet);
		memset(&packet, 0, sizeof(packet));
		packet.link_type = TORC_LINK_ETHERNET;
		snprintf(packet.file, sizeof(packet.file), "%.63s", file);
		snprintf(packet.name, sizeof(packet.name), "%s", rest ? rest : "");
	}
	if (packet.name[0])
		each(&packet);
	fclose(in);
}

/* Calls each for every packet of every file, files in order of name; returns how many files. */
static inline int golden_each(void (*each)(const struct golden *packet))
{
	const char *folder = "tests/golden";
	struct dirent **entries;
	int i, count = scandir(folder, &entries, NULL, alphasort), files = 0;

	for (i = 0; i < count; i++) {
		if (strstr(entries[i]->d_name, ".txt")) {
			golden_file(folder, entries[i]->d_name, each);
			files++;
		}
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	return files;
}

/* The packet as the decoder takes it; the bytes stand at a guard page, to be freed by the caller. */
static inline struct torc_packet golden_packet(const struct golden *golden, uint8_t *data,
					       uint32_t caplen)
{
	return (struct torc_packet){
		.data = data,
		.caplen = caplen,
		.len = golden->len > golden->caplen ? golden->len : golden->caplen,
		.link_type = golden->link_type,
		.timestamp_ns = 1700000000123456789u,
		.direction = TORC_PACKET_RX,
	};
}

static inline int golden_decode(const struct golden *golden, const struct torc_packet *packet,
				struct torc_decoded *decoded)
{
	struct torc_decode_options options = { .size = sizeof(options) };

	options.flags = golden->streams ? TORC_DECODE_STREAMS : 0;
	return torc_decode_with(packet, &options, decoded);
}

#endif
