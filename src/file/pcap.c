/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pcap.c - reading pcap files (draft-ietf-opsawg-pcap) and their relatives
 *
 *	file header    magic 4, major 2, minor 2, zone 4, accuracy 4, snaplen 4, link type 4
 *	record header  seconds 4, micro- or nanoseconds 4, captured length 4, length on the wire 4
 *
 * Versions before 2.3 have the lengths the other way round, 2.3 has both; Kuznetzov's variant has
 * eight bytes more in a record (interface 4, protocol 2, kind 1, padding 1), Ixia's four more in
 * the file header.
 */
#include <errno.h>

#include "file/file.h"

#define FILE_HEADER   24
#define RECORD_HEADER 16

enum {
	MAGIC_MICRO = 0xa1b2c3d4,
	MAGIC_NANO = 0xa1b23c4d,
	MAGIC_KUZNETZOV = 0xa1b2cd34,
	MAGIC_NAVTEL = 0xa12b3c4d,  /* nanoseconds */
	MAGIC_IXIA_HARDWARE = 0x1c0001ac,
	MAGIC_IXIA_SOFTWARE = 0x1c0001ab
};

static inline void set_packet(struct torc_packet *packet, const uint8_t *data, uint32_t caplen,
			      uint32_t len, uint16_t link_type)
{
	packet->data = data;
	packet->caplen = caplen;
	packet->len = len;
	packet->ifindex = 0;
	packet->link_type = link_type;
	packet->direction = TORC_PACKET_DIRECTION_UNKNOWN;
	packet->kind = TORC_PACKET_KIND_UNKNOWN;
	packet->flags = 0;
	packet->queue = 0;
	packet->parsed = NULL;
}

/*
 * The second word is micro- or nanoseconds. Some writers (airodump) let it fall a little below 0, or
 * 2^32 less that little: slightly before the second. Other values that are no fraction are added.
 */
static inline uint64_t time_of(const uint8_t *record, bool swap, uint32_t scale, uint32_t units)
{
	uint64_t ns = get32(record, swap) * 1000000000ull;
	uint32_t part = get32(record + 4, swap);
	uint32_t before = 0 - part; /* as a negative number */

	if (__builtin_expect(part >= units && before < units, 0))
		return ns > (uint64_t)before * scale ? ns - (uint64_t)before * scale : 0;
	return ns + (uint64_t)part * scale;
}

static int caplen_damaged(struct torc_file *file, const uint8_t *at, uint32_t caplen)
{
	return torc_file_damaged(file, at, "a packet of %u bytes, more than the %u that are "
				 "believed", caplen, file->ports[0].caplen_max);
}

/* The common case, for each byte order: a record is its header and its bytes. */
static inline __attribute__((always_inline)) int
walk_plain(struct torc_file *file, struct torc_packet *packets, unsigned int max, bool swap)
{
	const uint8_t *at = file->at, *end = file->end;
	const uint32_t scale = file->time_scale, units = file->time_units;
	const uint32_t caplen_max = file->ports[0].caplen_max;
	const uint16_t link_type = file->ports[0].view.link_type;
	unsigned int count = 0;

	while (count < max && end - at >= RECORD_HEADER) {
		uint32_t caplen = get32(at + 8, swap), len = get32(at + 12, swap);

		if ((size_t)(end - at) - RECORD_HEADER < caplen || caplen > caplen_max)
			break;
		if (__builtin_expect(caplen > len, 0)) {
			file->length_clashes++;
			len = caplen;
		}
		set_packet(&packets[count], at + RECORD_HEADER, caplen, len, link_type);
		packets[count].timestamp_ns = time_of(at, swap, scale, units);
		file->records[count++] = at;
		at += RECORD_HEADER + caplen;
	}
	file->at = at;
	if (count == 0 && end - at >= RECORD_HEADER && get32(at + 8, swap) > caplen_max)
		return caplen_damaged(file, at, get32(at + 8, swap));
	return (int)count;
}

static int walk_native(struct torc_file *file, struct torc_packet *packets, unsigned int max)
{
	return walk_plain(file, packets, max, false);
}

static int walk_swapped(struct torc_file *file, struct torc_packet *packets, unsigned int max)
{
	return walk_plain(file, packets, max, true);
}

static void lengths_of(const struct torc_file *file, const uint8_t *record, uint32_t *caplen,
		       uint32_t *len)
{
	uint32_t first = get32(record + 8, file->swapped);
	uint32_t second = get32(record + 12, file->swapped);
	bool swapped = file->lengths_swapped > 0 || (file->lengths_swapped < 0 && first > second);

	*caplen = swapped ? second : first;
	*len = swapped ? first : second;
}

/* The kind and interface that Kuznetzov's records tell. */
static void set_kuznetzov(struct torc_packet *packet, const uint8_t *record)
{
	uint8_t kind = record[22];

	if (kind > TORC_PACKET_OUTGOING)
		return;
	packet->kind = kind;
	packet->direction = kind == TORC_PACKET_OUTGOING ? TORC_PACKET_TX : TORC_PACKET_RX;
}

/* Every other form; one record at a time is fast enough for those. */
static int walk_general(struct torc_file *file, struct torc_packet *packets, unsigned int max)
{
	const struct torc_file_port *port = &file->ports[0];
	const uint32_t header = file->record_header;
	unsigned int count = 0;

	for (; count < max && (size_t)(file->end - file->at) >= header; count++) {
		const uint8_t *at = file->at;
		uint32_t caplen, len;

		lengths_of(file, at, &caplen, &len);
		if (caplen > port->caplen_max)
			return count > 0 ? (int)count : caplen_damaged(file, at, caplen);
		if ((size_t)(file->end - at) - header < caplen)
			break;
		if (caplen > len) {
			file->length_clashes++;
			len = caplen;
		}
		set_packet(&packets[count], at + header, caplen, len, port->view.link_type);
		packets[count].timestamp_ns = time_of(at, file->swapped, file->time_scale,
						       file->time_units);
		if (file->kuznetzov)
			set_kuznetzov(&packets[count], at);
		file->records[count] = at;
		file->at = at + header + caplen;
	}
	return (int)count;
}

static void extra(const struct torc_file *file, const uint8_t *record,
		  struct torc_file_extra *result)
{
	uint32_t caplen;

	lengths_of(file, record, &caplen, &result->len);
}

const uint8_t *torc_file_no_options(const struct torc_file *file, const uint8_t *record,
				    const uint8_t **begin)
{
	(void)file;
	(void)record;
	(void)begin;
	return NULL;
}

static const struct torc_file_format_ops ops_native = { "pcap", walk_native, extra,
							torc_file_no_options };
static const struct torc_file_format_ops ops_swapped = { "pcap", walk_swapped, extra,
							 torc_file_no_options };
static const struct torc_file_format_ops ops_general = { "pcap", walk_general, extra,
							 torc_file_no_options };

/* What the magic number says: false, or the fields of file that depend on it. */
static bool known_magic(struct torc_file *file, uint32_t magic, uint32_t *header)
{
	file->record_header = RECORD_HEADER;
	file->time_scale = 1;
	*header = FILE_HEADER;
	switch (magic) {
	case MAGIC_KUZNETZOV:
		file->kuznetzov = true;
		file->record_header = RECORD_HEADER + 8;
		file->time_scale = 1000;
		return true;
	case MAGIC_IXIA_HARDWARE:
	case MAGIC_IXIA_SOFTWARE:
		*header = FILE_HEADER + 4;
		__attribute__((fallthrough));
	case MAGIC_MICRO:
		file->time_scale = 1000;
		return true;
	case MAGIC_NANO:
	case MAGIC_NAVTEL:
		return true;
	default:
		return false;
	}
}

static int check_version(struct torc_file *file)
{
	uint16_t major = file->info.version_major, minor = file->info.version_minor;

	if (major == 543 && minor == 0) { /* DG/UX */
		file->lengths_swapped = 1;
		return 0;
	}
	if (major != 2 || minor > 4)
		return torc_file_damaged(file, file->at + 4, "pcap version %u.%u is not known",
					 major, minor);
	file->lengths_swapped = minor < 3 ? 1 : minor == 3 ? -1 : 0;
	return 0;
}

static int set_interface(struct torc_file *file)
{
	uint32_t word = get32(file->at + 20, file->swapped);
	struct torc_file_port *port = torc_file_add_port(file);

	if (!port)
		return torc_error_set(&file->error, -ENOMEM, "%s: no memory", file->path);
	/* the top six bits are about the frame check sequence, the ten below are reserved */
	port->view.link_type = (uint16_t)word;
	if (word & 0x04000000)
		port->view.fcs_bytes = (uint8_t)(2 * (word >> 28));
	port->view.snaplen = get32(file->at + 16, file->swapped);
	port->view.ticks_per_second = file->time_scale == 1 ? 1000000000 : 1000000;
	port->caplen_max = torc_file_caplen_max(port->view.link_type);
	return 0;
}

int torc_file_pcap_open(struct torc_file *file)
{
	uint32_t header, magic;
	int result;

	if (file->end - file->at < 4)
		return 0;
	magic = get32(file->at, false);
	if (!known_magic(file, magic, &header)) {
		if (!known_magic(file, __builtin_bswap32(magic), &header))
			return 0;
		file->swapped = true;
	}
	if ((size_t)(file->end - file->at) < header)
		return 2;
	file->info.format = TORC_FORMAT_PCAP;
	file->info.section_count = 1;
	file->info.version_major = get16(file->at + 4, file->swapped);
	file->info.version_minor = get16(file->at + 6, file->swapped);
	file->time_units = 1000000000u / file->time_scale;
	result = check_version(file);
	if (result == 0)
		result = set_interface(file);
	if (result < 0)
		return result;
	file->ops = file->swapped ? &ops_swapped : &ops_native;
	if (file->kuznetzov || file->lengths_swapped != 0)
		file->ops = &ops_general;
	file->at += header;
	return 1;
}
