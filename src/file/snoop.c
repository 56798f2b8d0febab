/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * snoop.c - reading the files of Solaris' snoop (RFC 1761); all numbers are big-endian
 *
 *	file header    "snoop\0\0\0" 8, version 4, datalink type 4
 *	record header  length on the wire 4, captured length 4, length of the record 4, drops so far 4,
 *	               seconds 4, microseconds 4; then the packet, and padding
 */
#include <errno.h>

#include "file/file.h"

#define FILE_HEADER   16
#define RECORD_HEADER 24u
#define SWAP          (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)

static const char magic[8] = "snoop\0\0";

static int walk(struct torc_file *file, struct torc_packet *packets, unsigned int max)
{
	const struct torc_file_port *port = &file->ports[0];
	unsigned int count = 0;

	while (count < max && (size_t)(file->end - file->at) >= RECORD_HEADER) {
		const uint8_t *at = file->at;
		uint32_t len = get32(at, SWAP), caplen = get32(at + 4, SWAP);
		uint32_t total = get32(at + 8, SWAP);

		if (total < RECORD_HEADER || total > TORC_FILE_RECORD_MAX ||
		    caplen > total - RECORD_HEADER || caplen > port->caplen_max)
			return count > 0 ? (int)count :
			       torc_file_damaged(file, at, "a packet of %u bytes in a record of %u",
						 caplen, total);
		if ((size_t)(file->end - at) < total)
			break;
		if (caplen > len) {
			file->length_clashes++;
			len = caplen;
		}
		packets[count] = (struct torc_packet){
			.data = at + RECORD_HEADER, .caplen = caplen, .len = len,
			.timestamp_ns = get32(at + 16, SWAP) * 1000000000ull +
					get32(at + 20, SWAP) * 1000ull,
			.link_type = port->view.link_type,
			.direction = TORC_PACKET_DIRECTION_UNKNOWN,
			.kind = TORC_PACKET_KIND_UNKNOWN,
		};
		file->records[count++] = at;
		file->at = at + total;
	}
	return (int)count;
}

static void extra(const struct torc_file *file, const uint8_t *record,
		  struct torc_file_extra *result)
{
	(void)file;
	result->len = get32(record, SWAP);
}

static const struct torc_file_format_ops ops_snoop = { "snoop", walk, extra,
						       torc_file_no_options };

/* Datalink types of RFC 1761 §3 as link types; 0: none that is read. */
static uint16_t link_type_of(uint32_t datalink)
{
	switch (datalink) {
	case 0: /* IEEE 802.3 */
	case 4: /* Ethernet */
		return TORC_LINK_ETHERNET;
	case 2:
		return 6; /* token ring */
	case 8:
		return 10; /* FDDI */
	default:
		return 0;
	}
}

int torc_file_snoop_open(struct torc_file *file)
{
	struct torc_file_port *port;
	uint32_t datalink;

	if (file->end - file->at < 8 || memcmp(file->at, magic, sizeof(magic)) != 0)
		return file->end - file->at >= 4 && file->end - file->at < 8 &&
		       memcmp(file->at, magic, 4) == 0 ? 2 : 0;
	if (file->end - file->at < FILE_HEADER)
		return 2;
	datalink = get32(file->at + 12, SWAP);
	if (get32(file->at + 8, SWAP) != 2)
		return torc_file_damaged(file, file->at + 8, "snoop version %u is not known",
					 get32(file->at + 8, SWAP));
	if (link_type_of(datalink) == 0)
		return torc_file_damaged(file, file->at + 12, "snoop files of datalink type %u are "
					 "not read; editcap may convert it", datalink);
	port = torc_file_add_port(file);
	if (!port)
		return torc_error_set(&file->error, -ENOMEM, "%s: no memory", file->path);
	port->view.link_type = link_type_of(datalink);
	port->view.ticks_per_second = 1000000;
	port->caplen_max = torc_file_caplen_max(port->view.link_type);
	file->info.format = TORC_FORMAT_SNOOP;
	file->info.section_count = 1;
	file->info.version_major = 2;
	file->swapped = SWAP;
	file->ops = &ops_snoop;
	file->at += FILE_HEADER;
	return 1;
}
