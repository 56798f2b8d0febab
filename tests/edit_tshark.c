/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * edit_tshark.c - what tshark says of the checksums of all golden packets is the same before and after
 * ten random edits of each
 */
#include <torc/torc.h>

#include "golden.h"
#include "test_folder.h"

#define EDITS 10

static struct torc_writer *before_file, *after_file;
static unsigned int packets, edits, wrote;
static struct torc_anonymizer *anonymizer;

static uint32_t random_state = 7;

static uint32_t rnd(void)
{
	random_state = random_state * 1664525u + 1013904223u;
	return random_state >> 8;
}

/* Ports lead to dissectors, whose fields come and go: only TCP's, which Torc gives to none. */
static int edit_random(struct torc_edit *edit)
{
	int n = rnd() & 1 ? TORC_OUTERMOST : TORC_INNERMOST;
	uint8_t bytes[16];

	for (unsigned int i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)rnd();
	switch (rnd() % 10) {
	case 0:
		return torc_edit_source_mac(edit, n, bytes);
	case 1:
		return torc_edit_vlan_id(edit, n, rnd() & 0xFFF);
	case 2:
		return torc_edit_ipv4_source(edit, n, bytes);
	case 3:
		return torc_edit_ipv4_destination(edit, n, bytes);
	case 4:
		return torc_edit_ipv6_source(edit, n, bytes);
	case 5:
		return torc_edit_ipv6_destination(edit, n, bytes);
	case 6:
		return torc_edit_ttl(edit, n, 1 + rnd() % 255);
	case 7:
		return torc_edit_dscp(edit, n, rnd() & 0x3F);
	case 8:
		return torc_edit_tcp_sequence(edit, n, rnd());
	default:
		return torc_edit_tcp_acknowledgment(edit, n, rnd());
	}
}

/* What is behind a label is guessed from the bytes there, which are Ethernet's addresses. */
static bool is_guessed(const struct torc_packet *packet)
{
	struct torc_decoded decoded;

	torc_decode_packet(packet, &decoded);
	return torc_layer_first(&decoded, TORC_LAYER_MPLS) &&
	       torc_layer_nth(&decoded, TORC_LAYER_ETHERNET, 1);
}

static void each(const struct golden *golden)
{
	struct torc_packet packet =
		golden_packet(golden, (uint8_t *)(uintptr_t)golden->data, golden->caplen);
	uint8_t bytes[sizeof(golden->data)];
	struct torc_edit edit;

	if (golden->link_type != TORC_LINK_ETHERNET || packet.len != packet.caplen ||
	    is_guessed(&packet))
		return;
	packets++;
	wrote += torc_writer_write(before_file, &packet, 1) == 1;
	torc_edit_begin(&edit, &packet, bytes, sizeof(bytes));
	for (unsigned int i = 0; i < EDITS; i++)
		edits += edit_random(&edit) == 0;
	torc_edit_anonymize(&edit, anonymizer);
	torc_edit_packet(&edit, &packet);
	wrote += torc_writer_write(after_file, &packet, 1) == 1;
}

/* What tshark says of each packet's checksums, all checks on: into a file of text. */
static bool ask(const char *folder, const char *name)
{
	char command[1024];

	snprintf(command, sizeof(command),
		 "tshark -r %s/%s.pcap -o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE "
		 "-o udp.check_checksum:TRUE -o sctp.checksum:TRUE -T fields -e frame.number "
		 "-e ip.checksum.status -e tcp.checksum.status -e udp.checksum.status "
		 "-e icmp.checksum.status -e icmpv6.checksum.status -e gre.checksum.status "
		 "-e sctp.checksum.status >%s/%s.txt 2>/dev/null",
		 folder, name, folder, name);
	return system(command) == 0;
}

static unsigned int differences(const char *folder)
{
	char a[512], b[512], path[256];
	unsigned int count = 0;
	FILE *x, *y;

	snprintf(path, sizeof(path), "%s/before.txt", folder);
	x = fopen(path, "r");
	snprintf(path, sizeof(path), "%s/after.txt", folder);
	y = fopen(path, "r");
	while (x && y && fgets(a, sizeof(a), x)) {
		if (fgets(b, sizeof(b), y) && strcmp(a, b) == 0)
			continue;
		note("before %safter %s", a, b);
		count++;
	}
	if (x)
		fclose(x);
	if (y)
		fclose(y);
	return x && y ? count : UINT32_MAX;
}

static struct torc_writer *create(const char *folder, const char *name)
{
	struct torc_writer *writer = NULL;
	char path[256];

	snprintf(path, sizeof(path), "%s/%s.pcap", folder, name);
	torc_writer_open(&writer, path, NULL, NULL);
	return writer;
}

int main(void)
{
	char folder[] = "/tmp/torc_edit.XXXXXX";

	if (system("command -v tshark >/dev/null") != 0)
		skip_all("tshark is not installed");
	if (!mkdtemp(folder))
		return 1;
	before_file = create(folder, "before");
	after_file = create(folder, "after");
	if (torc_anonymizer_open(&anonymizer, (const uint8_t[32]){ 1, 2, 3 }, NULL) < 0)
		return 1;
	golden_each(each);
	torc_anonymizer_close(anonymizer);
	torc_writer_close(before_file, NULL, NULL);
	torc_writer_close(after_file, NULL, NULL);
	ok(packets > 100 && edits > packets, "%u edits of %u packets", edits, packets);
	is(wrote, 2 * packets, "all were written");
	ok(ask(folder, "before") && ask(folder, "after"), "tshark reads them");
	is(differences(folder), 0, "and says of every checksum what it said before");
	remove_folder(folder);
	return done();
}
