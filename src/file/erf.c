/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * erf.c - reading the files of Endace's DAG cards (Extensible Record Format): Ethernet and IP
 *
 *	record  time 8 (little-endian, 2^-32 s), type 1, flags 1, length of the record 2, lost 2,
 *	        length on the wire 2; extension headers of 8 while the bit above says so;
 *	        Ethernet: offset 1, padding 1; then the packet, and padding
 *
 * The file has no header: that it is one, only a first record that makes sense can say. The two low
 * bits of the flags are the port of the card: an interface each.
 */
#include <errno.h>

#include "file/file.h"

#define HEADER 16u
#define SWAP   (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__) /* but for the time */

enum {
	MORE = 0x80, /* of a type: an extension header follows */
	TYPE_ETH = 2, TYPE_COLOR_ETH = 11, TYPE_DSM_COLOR_ETH = 16, TYPE_COLOR_HASH_ETH = 20,
	TYPE_IPV4 = 22, TYPE_IPV6 = 23, TYPE_META = 27, TYPE_PAD = 48
};

enum { YEAR_1990 = 631152000 };

static bool is_ethernet(uint8_t type)
{
	return type == TYPE_ETH || type == TYPE_COLOR_ETH || type == TYPE_DSM_COLOR_ETH ||
	       type == TYPE_COLOR_HASH_ETH;
}

/* What is in front of the packet; the record is whole. 0: it does not fit into it. */
static uint32_t front_of(const uint8_t *record, uint32_t length)
{
	uint32_t front = HEADER;
	uint8_t more = record[8];

	for (; more & MORE; front += 8) {
		if (front + 8 > length)
			return 0;
		more = record[front];
	}
	if (is_ethernet(record[8] & (uint8_t)~MORE))
		front += 2;
	return front <= length ? front : 0;
}

static uint64_t time_of(const uint8_t *record)
{
	uint64_t part = get32(record, !SWAP) * 1000000000ull;

	return get32(record + 4, !SWAP) * 1000000000ull + ((part + 0x80000000u) >> 32);
}

/* The interface of a port of the card; negative: no memory. */
static int port_of(struct torc_file *file, const uint8_t *record, uint16_t link_type)
{
	uint8_t *place = &file->erf_ports[link_type == TORC_LINK_RAW][record[9] & 3];
	struct torc_file_port *port;

	if (*place > 0)
		return *place - 1;
	port = torc_file_add_port(file);
	if (!port)
		return torc_error_set(&file->error, -ENOMEM, "%s: no memory", file->path);
	port->view.link_type = link_type;
	port->view.ticks_per_second = 1ull << 32;
	port->view.fcs_bytes = link_type == TORC_LINK_ETHERNET ? 4 : 0;
	port->caplen_max = UINT16_MAX;
	*place = (uint8_t)file->port_count;
	return *place - 1;
}

/* One record of length bytes: 1 it is a packet, 0 none, or a negative code. */
static int one_record(struct torc_file *file, const uint8_t *at, uint32_t length,
		      struct torc_packet *packet)
{
	uint8_t type = at[8] & (uint8_t)~MORE;
	bool is_ip = type == TYPE_IPV4 || type == TYPE_IPV6;
	uint32_t len = get16(at + 14, SWAP), front;
	int port;

	if (type == TYPE_PAD || type == TYPE_META)
		return 0;
	if (!is_ip && !is_ethernet(type))
		return torc_file_damaged(file, at, "an ERF record of type %u: only those of Ethernet "
					 "and IP are read", type);
	front = front_of(at, length);
	if (front == 0)
		return torc_file_damaged(file, at, "an ERF record of %u bytes is too short", length);
	port = port_of(file, at, is_ip ? TORC_LINK_RAW : TORC_LINK_ETHERNET);
	if (port < 0)
		return port;
	*packet = (struct torc_packet){
		.data = at + front,
		.caplen = length - front < len ? length - front : len, /* the rest is padding */
		.len = len,
		.timestamp_ns = time_of(at),
		.ifindex = port,
		.link_type = is_ip ? TORC_LINK_RAW : TORC_LINK_ETHERNET,
		.direction = TORC_PACKET_DIRECTION_UNKNOWN,
		.kind = TORC_PACKET_KIND_UNKNOWN,
	};
	return 1;
}

static int walk(struct torc_file *file, struct torc_packet *packets, unsigned int max)
{
	unsigned int count = 0;

	while (count < max && (size_t)(file->end - file->at) >= HEADER) {
		const uint8_t *at = file->at;
		uint32_t length = get16(at + 10, SWAP);
		int result;

		if (length < HEADER)
			return count > 0 ? (int)count :
			       torc_file_damaged(file, at, "an ERF record of %u bytes", length);
		if ((size_t)(file->end - at) < length)
			break;
		result = one_record(file, at, length, &packets[count]);
		if (result < 0)
			return count > 0 ? (int)count : result;
		if (result > 0)
			file->records[count++] = at;
		file->at = at + length;
	}
	return (int)count;
}

static void extra(const struct torc_file *file, const uint8_t *record,
		  struct torc_file_extra *result)
{
	(void)file;
	result->len = get16(record + 14, SWAP);
	/* lost between the one before and this; with extension headers the field may be a colour */
	if ((record[8] & (uint8_t)~MORE) == TYPE_ETH)
		result->drop_count = get16(record + 12, SWAP);
}

static const struct torc_file_format_ops ops_erf = { "ERF", walk, extra, torc_file_no_options };

/* Do the lengths of a first record go together? Those of metadata may have no time. */
static bool makes_sense(const uint8_t *at, uint32_t length)
{
	uint8_t type = at[8] & (uint8_t)~MORE;
	uint32_t front = front_of(at, length), len = get16(at + 14, SWAP);

	if (type == TYPE_META)
		return front > 0 && length % 8 == 0;
	return front > 0 && length > front && len > 0 && length - front < len + 8;
}

int torc_file_erf_open(struct torc_file *file)
{
	const uint8_t *at = file->at;
	size_t left = (size_t)(file->end - at);
	uint32_t length;
	uint8_t type;

	if (left < HEADER)
		return 0;
	type = at[8] & (uint8_t)~MORE;
	length = get16(at + 10, SWAP);
	if ((get32(at + 4, !SWAP) < YEAR_1990 && type != TYPE_META) || at[9] & 0xC0 ||
	    length < HEADER + 2 ||
	    !(is_ethernet(type) || type == TYPE_IPV4 || type == TYPE_IPV6 || type == TYPE_META))
		return 0;
	if (left < length)
		return 2;
	if (!makes_sense(at, length))
		return 0;
	file->info.format = TORC_FORMAT_ERF;
	file->info.section_count = 1;
	file->swapped = SWAP;
	file->ops = &ops_erf;
	/* so that the link type is known before the first packet */
	return type == TYPE_META || port_of(file, at, is_ethernet(type) ? TORC_LINK_ETHERNET :
							    TORC_LINK_RAW) >= 0 ? 1 : -ENOMEM;
}
