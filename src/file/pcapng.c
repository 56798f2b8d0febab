/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pcapng.c - reading pcapng files (draft-ietf-opsawg-pcapng)
 *
 *	block      type 4, total length 4, body, total length 4
 *	options    code 2, length 2, value padded to 4; ... ; code 0
 *
 * A section header begins a section with its own byte order and its own numbering of interfaces;
 * here interfaces are numbered through the file.
 */
#include <errno.h>

#include "file/file.h"
#include "file/pcapng.h"
#include "util/wide.h"

static inline void set_packet(struct torc_packet *packet, const uint8_t *data, uint32_t caplen,
			      uint32_t len, uint16_t link_type, uint32_t port)
{
	packet->data = data;
	packet->caplen = caplen;
	packet->len = len;
	packet->ifindex = (int32_t)port;
	packet->link_type = link_type;
	packet->direction = TORC_PACKET_DIRECTION_UNKNOWN;
	packet->kind = TORC_PACKET_KIND_UNKNOWN;
	packet->flags = 0;
	packet->queue = 0;
	packet->parsed = NULL;
}

static uint64_t slow_ns(const struct torc_file_clock *clock, uint64_t ticks)
{
	struct wide ns;

	if (clock->binary)
		ns = wide_shift_right(wide_multiply(ticks, 1000000000u), clock->shift);
	else
		ns = wide_divide(wide_multiply(ticks, clock->multiply), clock->divide);
	if (clock->offset_ns < 0) {
		uint64_t before = 0 - (uint64_t)clock->offset_ns;

		if (ns.high == 0 && ns.low <= before)
			return 0;
		ns.high -= ns.low < before;
		ns.low -= before;
	} else {
		ns.low += (uint64_t)clock->offset_ns;
		ns.high += ns.low < (uint64_t)clock->offset_ns;
	}
	return ns.high > 0 ? UINT64_MAX : ns.low;
}

uint64_t torc_pcapng_ns(const struct torc_file_clock *clock, uint32_t high, uint32_t low)
{
	uint64_t ticks = (uint64_t)high << 32 | low, ns;

	if (__builtin_expect(clock->plain, 1))
		return __builtin_mul_overflow(ticks, clock->multiply, &ns) ? UINT64_MAX : ns;
	return slow_ns(clock, ticks);
}

/* The flags word in the packet's own terms. */
static void apply_flags(struct torc_packet *packet, uint32_t flags)
{
	static const uint8_t kinds[8] = {
		TORC_PACKET_KIND_UNKNOWN, TORC_PACKET_TO_HOST,	    TORC_PACKET_MULTICAST,
		TORC_PACKET_BROADCAST,	  TORC_PACKET_TO_OTHER,	    TORC_PACKET_KIND_UNKNOWN,
		TORC_PACKET_KIND_UNKNOWN, TORC_PACKET_KIND_UNKNOWN,
	};

	packet->kind = kinds[flags >> 2 & 7];
	if ((flags & 3) == PCAPNG_INBOUND)
		packet->direction = TORC_PACKET_RX;
	if ((flags & 3) == PCAPNG_OUTBOUND) {
		packet->direction = TORC_PACKET_TX;
		packet->kind = TORC_PACKET_OUTGOING;
	}
	if (flags & PCAPNG_CHECKSUM_NOT_READY)
		packet->flags |= TORC_PACKET_CHECKSUM_PARTIAL;
	if (flags & PCAPNG_CHECKSUM_VALID)
		packet->flags |= TORC_PACKET_CHECKSUM_VALID;
}

static void apply_options(struct torc_packet *packet, const uint8_t *at, const uint8_t *end,
			  bool swap)
{
	struct torc_file_option option;

	while (torc_pcapng_option(&at, end, swap, &option)) {
		if (option.length != 4)
			continue;
		if (option.code == PCAPNG_EPB_FLAGS)
			apply_flags(packet, get32(option.value, swap));
		else if (option.code == PCAPNG_EPB_QUEUE)
			packet->queue = get32(option.value, swap);
	}
}

/*
 * An enhanced or old packet block: port 4 (old: 2, and 2 of drops), time 8, captured length 4,
 * length on the wire 4, bytes, options.
 */
static inline __attribute__((always_inline)) int
enhanced(struct torc_file *file, const uint8_t *at, uint32_t length, bool old, bool swap,
	 struct torc_packet *packet)
{
	uint32_t number = old ? get16(at + 8, swap) : get32(at + 8, swap);
	const struct torc_file_port *port;
	uint32_t caplen, len;

	if (__builtin_expect(length < PCAPNG_EPB_FIXED + 4, 0))
		return torc_file_damaged(file, at, "a packet block of only %u bytes", length);
	if (__builtin_expect(number >= file->port_count - file->first_port, 0))
		return torc_file_damaged(file, at, "a packet of interface %u, which the section "
					 "does not have", number);
	port = &file->ports[file->first_port + number];
	caplen = get32(at + 20, swap);
	len = get32(at + 24, swap);
	if (__builtin_expect(caplen > length - PCAPNG_EPB_FIXED - 4 || caplen > port->caplen_max,
			     0))
		return torc_file_damaged(file, at, "a packet of %u bytes in a block of %u", caplen,
					 length);
	if (__builtin_expect(caplen > len, 0)) {
		file->length_clashes++;
		len = caplen;
	}
	set_packet(packet, at + PCAPNG_EPB_FIXED, caplen, len, port->view.link_type,
		   file->first_port + number);
	packet->timestamp_ns = torc_pcapng_ns(&port->clock, get32(at + 12, swap),
					      get32(at + 16, swap));
	if (__builtin_expect(packet->timestamp_ns == 0 && port->clock.offset_ns < 0, 0)) {
		packet->flags = TORC_PACKET_TIMESTAMP_MISSING; /* before 1970 */
		file->time_clashes++;
	}
	if (__builtin_expect(packet->timestamp_ns == UINT64_MAX, 0))
		file->time_clashes++;
	/* the padding in front of the options, the length after them */
	if (PCAPNG_EPB_FIXED + ((uint64_t)caplen + 3) / 4 * 4 + 8 <= length)
		apply_options(packet, at + PCAPNG_EPB_FIXED + (caplen + 3) / 4 * 4,
			      at + length - 4, swap);
	return 1;
}

/* A simple packet block: length on the wire 4, bytes. No time; always of the first interface. */
static int simple(struct torc_file *file, const uint8_t *at, uint32_t length,
		  struct torc_packet *packet)
{
	const struct torc_file_port *port;
	uint32_t caplen, len;

	if (length < PCAPNG_SPB_FIXED + 4 || file->port_count == file->first_port)
		return torc_file_damaged(file, at, "a simple packet block %s",
					 length < PCAPNG_SPB_FIXED + 4 ? "that is too short" :
					 "in a section without interfaces");
	port = &file->ports[file->first_port];
	len = get32(at + 8, file->swapped);
	caplen = port->view.snaplen > 0 && port->view.snaplen < len ? port->view.snaplen : len;
	if (caplen > length - PCAPNG_SPB_FIXED - 4)
		caplen = length - PCAPNG_SPB_FIXED - 4;
	if (caplen > port->caplen_max)
		return torc_file_damaged(file, at, "a packet of %u bytes", caplen);
	set_packet(packet, at + PCAPNG_SPB_FIXED, caplen, len, port->view.link_type,
		   file->first_port);
	packet->timestamp_ns = 0;
	packet->flags = TORC_PACKET_TIMESTAMP_MISSING;
	return 1;
}

/* The total length of the block at at, which is whole; 0: needs more bytes, or damaged. */
static inline __attribute__((always_inline)) int
whole_block(struct torc_file *file, const uint8_t *at, bool swap)
{
	size_t left = (size_t)(file->end - at);
	uint32_t total;

	if (left < PCAPNG_BLOCK_MIN)
		return 0;
	total = get32(at + 4, swap);
	if (__builtin_expect(total < PCAPNG_BLOCK_MIN || total > TORC_FILE_RECORD_MAX, 0))
		return torc_file_damaged(file, at, "a block of type 0x%08x says its length is %u",
					 get32(at, swap), total);
	total = (total + 3) / 4 * 4; /* some writers do not count the padding */
	if (left < total)
		return 0;
	if (__builtin_expect(get32(at + total - 4, swap) != get32(at + 4, swap), 0))
		return torc_file_damaged(file, at, "a block whose two lengths differ (%u and %u)",
					 get32(at + 4, swap), get32(at + total - 4, swap));
	return (int)total;
}

static int other_block(struct torc_file *file, const uint8_t *at, uint32_t type, uint32_t length)
{
	switch (type) {
	case PCAPNG_IDB:
		return torc_pcapng_interface(file, at, length);
	case PCAPNG_ISB:
		torc_pcapng_statistics(file, at, length);
		break;
	case PCAPNG_NRB:
	case PCAPNG_DSB:
	case PCAPNG_JOURNAL:
	case PCAPNG_CUSTOM:
		torc_file_carry(file, at, length);
		break;
	}
	if (file->options.on_block) {
		struct torc_file_block block = {
			.offset = file->begin_offset + (uint64_t)(at - file->begin),
			.type = type,
			.section = file->info.section_count - 1,
			.big_endian = file->swapped !=
				      (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__),
			.body = at + 8,
			.body_bytes = length - PCAPNG_BLOCK_MIN,
		};

		file->options.on_block(file->options.user, &block);
	}
	return 0;
}

/*
 * One block. 1: it is a packet, 0: it was none, or needs more bytes when file->at did not move; or
 * a negative code.
 */
static inline __attribute__((always_inline)) int
one_block(struct torc_file *file, struct torc_packet *packet, bool swap)
{
	const uint8_t *at = file->at;
	uint32_t type;
	int length, result;

	if (file->end - at < 8)
		return 0;
	type = get32(at, swap);
	if (__builtin_expect(type == PCAPNG_SHB, 0))
		return torc_pcapng_section(file);
	length = whole_block(file, at, swap);
	if (__builtin_expect(length <= 0, 0))
		return length;
	if (__builtin_expect(type == PCAPNG_EPB, 1))
		result = enhanced(file, at, (uint32_t)length, false, swap, packet);
	else if (type == PCAPNG_SPB)
		result = simple(file, at, (uint32_t)length, packet);
	else if (type == PCAPNG_OLD_PB)
		result = enhanced(file, at, (uint32_t)length, true, swap, packet);
	else
		result = other_block(file, at, type, (uint32_t)length);
	if (result >= 0)
		file->at = at + length;
	return result;
}

static inline __attribute__((always_inline)) int
walk(struct torc_file *file, struct torc_packet *packets, unsigned int max, bool swap)
{
	unsigned int count = 0;

	/* a section header may change the byte order: then the other walk goes on, and extras of
	 * the packets in front of it are not asked for any more */
	while (count < max && file->swapped == swap) {
		const uint8_t *at = file->at;
		int result;

		if (count > 0 && file->end - at >= 4 && get32(at, false) == PCAPNG_SHB)
			break;
		result = one_block(file, &packets[count], swap);

		if (result > 0)
			file->records[count++] = at;
		else if (result < 0)
			return count > 0 ? (int)count : result;
		else if (file->at == at)
			return (int)count;
	}
	return (int)count;
}

static int walk_native(struct torc_file *file, struct torc_packet *packets, unsigned int max);

static int walk_swapped(struct torc_file *file, struct torc_packet *packets, unsigned int max)
{
	int count = walk(file, packets, max, true);

	return count == 0 && !file->swapped ? walk_native(file, packets, max) : count;
}

static int walk_native(struct torc_file *file, struct torc_packet *packets, unsigned int max)
{
	int count = walk(file, packets, max, false);

	return count == 0 && file->swapped ? walk_swapped(file, packets, max) : count;
}

static const struct torc_file_format_ops ops_native = {
	"pcapng", walk_native, torc_pcapng_extra, torc_pcapng_packet_options
};
static const struct torc_file_format_ops ops_swapped = {
	"pcapng", walk_swapped, torc_pcapng_extra, torc_pcapng_packet_options
};

void torc_pcapng_set_order(struct torc_file *file, bool swapped)
{
	file->swapped = swapped;
	file->ops = swapped ? &ops_swapped : &ops_native;
}

/*
 * The section header, and what follows it up to the first packet as far as it is in the buffer: at
 * least until there is one interface, since its link type is what most want to know.
 */
int torc_file_pcapng_open(struct torc_file *file)
{
	struct torc_packet packet;

	if (file->info.section_count == 0) {
		int result;

		if (file->end - file->at < 4 || get32(file->at, false) != PCAPNG_SHB)
			return 0;
		torc_pcapng_set_order(file, false);
		file->info.format = TORC_FORMAT_PCAPNG;
		result = torc_pcapng_section(file);
		if (result < 0)
			return result;
		if (file->info.section_count == 0)
			return 2;
	}
	for (;;) {
		const uint8_t *at = file->at;
		uint32_t type;

		if (file->end - at >= 8) {
			type = get32(at, file->swapped);
			if (type == PCAPNG_EPB || type == PCAPNG_SPB || type == PCAPNG_OLD_PB)
				return 1;
			if (one_block(file, &packet, file->swapped) < 0)
				return 1; /* the first torc_file_next() says it */
		}
		if (file->at == at)
			return file->port_count > 0 ? 1 : 2;
	}
}
