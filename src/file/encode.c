/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * encode.c - records of pcap files (draft-ietf-opsawg-pcap) and blocks of pcapng files
 * (draft-ietf-opsawg-pcapng), in this machine's byte order
 */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "file/encode.h"

#define OS_BYTES 192

uint8_t *torc_writer_put_padded(uint8_t *at, const void *bytes, size_t length)
{
	if (length > 0)
		memcpy(at, bytes, length);
	memset(at + length, 0, PADDED(length) - length);
	return at + PADDED(length);
}

uint8_t *torc_writer_put_option(uint8_t *at, uint16_t code, const void *value, size_t length)
{
	at = put16(at, code);
	at = put16(at, (uint16_t)length);
	return put_padded(at, value, length);
}

static size_t text_length(const char *text)
{
	size_t length = text ? strlen(text) : 0;

	return length > UINT16_MAX ? UINT16_MAX : length;
}

/* A text longer than an option can be is cut. */
static uint8_t *put_text(uint8_t *at, uint16_t code, const char *text)
{
	return text ? put_option(at, code, text, text_length(text)) : at;
}

uint8_t *torc_writer_close_block(uint8_t *block, uint32_t type, uint8_t *at)
{
	uint32_t length = (uint32_t)(at - block) + 4;

	put32(block, type);
	put32(block + 4, length);
	return put32(at, length);
}

/* ---- the head of a file ---- */

static int begin_pcap(struct torc_writer *writer)
{
	const struct torc_writer_port *port = writer->port_count > 0 ? &writer->ports[0] : NULL;
	uint32_t link = port ? port->link_type : writer->options.link_type;
	uint32_t limit = writer->options.snaplen;
	const struct torc_file *file = writer->options.follow;
	uint32_t snaplen = file && file->port_count > 0 ? file->ports[0].view.snaplen : 0;
	uint8_t *at;
	int result = torc_writer_reserve(writer, 24);

	if (result < 0)
		return result;
	if (port && port->fcs_bytes > 0)
		link |= 0x04000000u | (uint32_t)(port->fcs_bytes / 2) << 28;
	at = chunk_end(writer);
	at = put32(at, writer->time_divide == 1 ? 0xa1b23c4d : 0xa1b2c3d4);
	at = put16(at, 2);
	at = put16(at, 4);
	at = put32(at, 0);
	at = put32(at, 0);
	at = put32(at, snaplen && snaplen < limit ? snaplen : limit);
	at = put32(at, link);
	writer->chunk->begins = true;
	took(writer, at);
	return 0;
}

/* The system that captures. */
static uint8_t *put_os(uint8_t *at)
{
	struct utsname system;
	char os[OS_BYTES];

	if (uname(&system) < 0)
		return at;
	snprintf(os, sizeof(os), "%s %s", system.sysname, system.release);
	return put_text(at, PCAPNG_SHB_OS, os);
}

static int begin_pcapng(struct torc_writer *writer)
{
	const struct torc_writer_options *options = &writer->options;
	const struct torc_file *file = options->follow;
	const char *application = options->application ?: file ? file->section_text[2] : NULL;
	size_t copied = file && file->section_options ? file->section_options_bytes : 0;
	uint8_t *block, *at;
	int result;

	if (!application)
		application = "torc " TORC_VERSION_STRING;
	result = torc_writer_reserve(writer, 64 + option_room(text_length(options->comment)) +
				     option_room(OS_BYTES) + option_room(text_length(application)) +
				     copied);
	if (result < 0)
		return result;
	block = chunk_end(writer);
	at = put32(block + 8, PCAPNG_BYTE_ORDER);
	at = put16(at, 1);
	at = put16(at, 0);
	at = put64(at, UINT64_MAX); /* the section's length is not known yet */
	at = put_text(at, PCAPNG_OPT_COMMENT, options->comment);
	if (copied > 0)
		at = torc_writer_copy_options(at, PCAPNG_SHB, file->section_options, copied,
					      file->swapped);
	else if (!file)
		at = put_os(at);
	at = put_text(at, PCAPNG_SHB_USERAPPL, application);
	at = put_option(at, PCAPNG_OPT_END, NULL, 0);
	took(writer, close_block(block, PCAPNG_SHB, at));
	return 0;
}

/* The blocks of interfaces that the file does not have yet. */
static int put_ports(struct torc_writer *writer)
{
	while (writer->options.format == TORC_FORMAT_PCAPNG &&
	       writer->port_written < writer->port_count) {
		const struct torc_writer_port *port = &writer->ports[writer->port_written];
		int result = torc_writer_reserve(writer, port->block_bytes);

		if (result < 0)
			return result;
		memcpy(chunk_end(writer), port->block, port->block_bytes);
		took(writer, chunk_end(writer) + port->block_bytes);
		writer->port_written++;
	}
	return 0;
}

/* Blocks that had to wait for the interfaces, and the names and secrets that each file has. */
static int put_held(struct torc_writer *writer)
{
	size_t repeated = writer->repeat_bytes - writer->repeat_written;
	int result;

	if (writer->early_bytes + repeated == 0)
		return 0;
	result = torc_writer_reserve(writer, writer->early_bytes + repeated);
	if (result < 0)
		return result;
	if (repeated > 0)
		memcpy(chunk_end(writer), writer->repeat + writer->repeat_written, repeated);
	if (writer->early_bytes > 0)
		memcpy(chunk_end(writer) + repeated, writer->early, writer->early_bytes);
	took(writer, chunk_end(writer) + repeated + writer->early_bytes);
	writer->repeat_written = writer->repeat_bytes;
	writer->early_bytes = 0;
	return 0;
}

static int begin(struct torc_writer *writer)
{
	int result = 0;

	if (writer->appends && writer->options.format == TORC_FORMAT_PCAP)
		writer->begun = true; /* pcapng goes on with a new section */
	if (!writer->begun) {
		result = writer->options.format == TORC_FORMAT_PCAPNG ? begin_pcapng(writer) :
									begin_pcap(writer);
		writer->begun = result == 0;
	}
	if (result == 0)
		result = put_ports(writer);
	return result < 0 ? result : put_held(writer);
}

/*
 * A pcapng file begins with its first interface: readers want one behind the section header, before
 * names, secrets and all else (editcap and mergecap refuse the file otherwise). A pcap file begins
 * with its link type.
 */
int torc_writer_begin_file(struct torc_writer *writer)
{
	bool known = writer->options.format == TORC_FORMAT_PCAP && writer->options.has_link_type;

	return writer->port_count > 0 || known ? begin(writer) : 0;
}

int torc_writer_hold_block(struct torc_writer *writer, const uint8_t *block, size_t bytes)
{
	uint8_t *more;

	if (writer->early_bytes + bytes > TORC_FILE_TEXT_MAX)
		return torc_error_set(&writer->error, -ENOBUFS, "%s: too many blocks before the first "
				      "interface", writer->path);
	more = realloc(writer->early, writer->early_bytes + bytes);
	if (!more)
		return torc_error_set(&writer->error, -ENOMEM, "no memory");
	memcpy(more + writer->early_bytes, block, bytes);
	writer->early = more;
	writer->early_bytes += bytes;
	return 0;
}

/* ---- interfaces ---- */

static uint8_t *put_filter(uint8_t *at, const char *filter)
{
	size_t length = text_length(filter);

	if (length == UINT16_MAX)
		length--;
	at = put16(at, PCAPNG_IF_FILTER);
	at = put16(at, (uint16_t)(length + 1));
	*at = 0; /* what follows is a text */
	memcpy(at + 1, filter, length);
	memset(at + 1 + length, 0, PADDED(length + 1) - length - 1);
	return at + PADDED(length + 1);
}

static uint8_t *put_port_options(uint8_t *at, const struct torc_file_interface *view)
{
	at = put_text(at, PCAPNG_OPT_COMMENT, view->comment);
	at = put_text(at, PCAPNG_IF_NAME, view->name);
	at = put_text(at, PCAPNG_IF_DESCRIPTION, view->description);
	at = put_text(at, PCAPNG_IF_OS, view->os);
	at = put_text(at, PCAPNG_IF_HARDWARE, view->hardware);
	if (view->has_mac)
		at = put_option(at, PCAPNG_IF_MACADDR, view->mac, 6);
	if (view->speed_bits > 0)
		at = put_option(at, PCAPNG_IF_SPEED, &view->speed_bits, 8);
	if (view->fcs_bytes > 0)
		at = put_option(at, PCAPNG_IF_FCSLEN, &view->fcs_bytes, 1);
	return view->filter && view->filter[0] ? put_filter(at, view->filter) : at;
}

static size_t port_room(const struct torc_file_interface *view)
{
	return 128 + option_room(text_length(view->comment)) +
	       option_room(text_length(view->name)) + option_room(text_length(view->description)) +
	       option_room(text_length(view->os)) + option_room(text_length(view->hardware)) +
	       option_room(text_length(view->filter) + 1);
}

/* Encode the interface block once; every file of a rotation has it. */
static int encode_port(struct torc_writer *writer, struct torc_writer_port *port,
		       const struct torc_file_interface *view)
{
	const struct torc_file_port *from = torc_writer_followed_port(port);
	uint8_t resolution = writer->time_divide == 1 ? 9 : 6, *at;

	port->block = malloc(from ? 128 + (size_t)from->options_bytes : port_room(view));
	if (!port->block)
		return -ENOMEM;
	at = put16(port->block + 8, view->link_type);
	at = put16(at, 0);
	at = put32(at, writer->options.snaplen); /* libpcap wants one for all interfaces */
	if (from)
		at = torc_writer_copy_options(at, PCAPNG_IDB, from->options, from->options_bytes,
					      from->swapped);
	else
		at = put_port_options(at, view);
	at = put_option(at, PCAPNG_IF_TSRESOL, &resolution, 1);
	at = put_option(at, PCAPNG_OPT_END, NULL, 0);
	at = close_block(port->block, PCAPNG_IDB, at);
	port->block_bytes = (uint32_t)(at - port->block);
	return 0;
}

int torc_writer_add_interface(struct torc_writer *writer,
			      const struct torc_file_interface *interface)
{
	struct torc_file_interface view = { 0 };
	struct torc_writer_port *port;
	int result = torc_sized_take(&view, sizeof(view), interface, "torc_file_interface",
				     &writer->error);

	if (result < 0)
		return result;
	if (writer->options.format == TORC_FORMAT_PCAP && writer->port_count > 0 &&
	    view.link_type != writer->ports[0].link_type)
		return torc_error_set(&writer->error, -EINVAL, "%s: a pcap file has one link type "
				      "(%u), this is %u: write pcapng", writer->path,
				      writer->ports[0].link_type, view.link_type);
	if (writer->port_count == writer->port_room) {
		uint32_t room = writer->port_room ? 2 * writer->port_room : 4;

		port = realloc(writer->ports, room * sizeof(*port));
		if (!port)
			return torc_error_set(&writer->error, -ENOMEM, "no memory");
		writer->ports = port;
		writer->port_room = room;
	}
	port = &writer->ports[writer->port_count];
	*port = (struct torc_writer_port){ .ifindex = view.ifindex, .link_type = view.link_type,
					   .fcs_bytes = view.fcs_bytes,
					   .file = writer->source, .start_ns = TORC_UNKNOWN,
					   .end_ns = TORC_UNKNOWN };
	if (encode_port(writer, port, &view) < 0)
		return torc_error_set(&writer->error, -ENOMEM, "no memory");
	return (int)writer->port_count++;
}

/* An interface nobody declared. */
static int new_port(struct torc_writer *writer, const struct torc_packet *packet)
{
	struct torc_file_interface view = { .size = sizeof(view) };
	char name[IF_NAMESIZE];

	if (writer->options.flags & TORC_WRITER_INTERFACE_NAMES)
		view.name = if_indextoname((unsigned int)packet->ifindex, name);
	view.ifindex = packet->ifindex;
	view.link_type = packet->link_type;
	return torc_writer_add_interface(writer, &view);
}

static inline bool is_port_of(const struct torc_writer *writer,
			      const struct torc_writer_port *port,
			      const struct torc_packet *packet)
{
	return port->ifindex == packet->ifindex && port->link_type == packet->link_type &&
	       port->file == writer->source;
}

int torc_writer_port_of(struct torc_writer *writer, const struct torc_packet *packet)
{
	const struct torc_writer_port *ports = writer->ports;
	uint32_t i = writer->port_last;
	int found = -1, result;

	/* pcap has no interfaces, only a link type */
	if (writer->options.format == TORC_FORMAT_PCAP && writer->port_count > 0 &&
	    (ports[0].link_type == packet->link_type ||
	     writer->options.flags & TORC_WRITER_COOKED))
		return 0;
	if (i < writer->port_written && is_port_of(writer, &ports[i], packet))
		return (int)i;
	for (i = 0; i < writer->port_count && found < 0; i++)
		if (is_port_of(writer, &ports[i], packet))
			found = (int)i;
	if (found < 0)
		found = new_port(writer, packet);
	if (found < 0)
		return found;
	result = torc_writer_begin_file(writer);
	if (result < 0)
		return result;
	writer->port_last = (uint32_t)found;
	return found;
}

/* ---- packets ---- */

static int put_pcap_packet(struct torc_writer *writer, const struct torc_packet *packet,
			   uint32_t caplen)
{
	uint64_t seconds = packet->timestamp_ns / 1000000000;
	uint32_t part = (uint32_t)(packet->timestamp_ns % 1000000000) / writer->time_divide;
	int result = torc_writer_reserve(writer, 16 + TORC_COOKED_HEADER + (size_t)caplen);
	uint8_t cooked[TORC_COOKED_HEADER], *at;
	uint32_t more = 0, less = 0;

	if (__builtin_expect(result < 0, 0))
		return result;
	if (writer->options.flags & TORC_WRITER_COOKED) {
		less = torc_writer_cook(writer, packet, cooked);
		less = less < caplen ? less : caplen;
		more = TORC_COOKED_HEADER;
	}
	at = chunk_end(writer);
	at = put32(at, seconds > UINT32_MAX ? UINT32_MAX : (uint32_t)seconds);
	at = put32(at, part);
	at = put32(at, more + caplen - less);
	at = put32(at, more + packet->len - less);
	memcpy(at, cooked, more);
	memcpy(at + more, packet->data + less, caplen - less);
	took(writer, at + more + caplen - less);
	return 0;
}

/* The flags word that says what the packet says of itself. */
static uint32_t flags_of(const struct torc_packet *packet)
{
	static const uint8_t types[TORC_PACKET_OUTGOING + 1] = {
		[TORC_PACKET_TO_HOST] = 1, [TORC_PACKET_MULTICAST] = 2,
		[TORC_PACKET_BROADCAST] = 3, [TORC_PACKET_TO_OTHER] = 4,
	};
	uint32_t flags = 0;

	if (packet->direction == TORC_PACKET_RX)
		flags |= PCAPNG_INBOUND;
	else if (packet->direction == TORC_PACKET_TX)
		flags |= PCAPNG_OUTBOUND;
	if (packet->kind <= TORC_PACKET_OUTGOING)
		flags |= (uint32_t)types[packet->kind] << 2;
	if (packet->flags & TORC_PACKET_CHECKSUM_PARTIAL)
		flags |= PCAPNG_CHECKSUM_NOT_READY;
	if (packet->flags & TORC_PACKET_CHECKSUM_VALID)
		flags |= PCAPNG_CHECKSUM_VALID;
	return flags;
}

static size_t extra_room(const struct torc_writer *writer, const struct torc_file_extra *extra)
{
	size_t room = 64; /* flags, drop count, packet id, queue, end */
	unsigned int i;

	if (!extra)
		return room + writer->copied_bytes;
	room += option_room(extra->comment_bytes) + option_room(extra->hash_bytes) +
		option_room(extra->verdict_bytes);
	for (i = 0; i < extra->more_count; i++)
		room += option_room(extra->more[i].length);
	return room;
}

static uint8_t *put_extra(uint8_t *at, const struct torc_file_extra *extra)
{
	unsigned int i;

	if (extra->comment)
		at = put_option(at, PCAPNG_OPT_COMMENT, extra->comment,
				extra->comment_bytes & UINT16_MAX);
	if (extra->hash_bytes > 0)
		at = put_option(at, PCAPNG_EPB_HASH, extra->hash, extra->hash_bytes & UINT16_MAX);
	if (extra->drop_count != TORC_UNKNOWN)
		at = put_option(at, PCAPNG_EPB_DROPCOUNT, &extra->drop_count, 8);
	if (extra->packet_id != TORC_UNKNOWN)
		at = put_option(at, PCAPNG_EPB_PACKETID, &extra->packet_id, 8);
	if (extra->verdict_bytes > 0)
		at = put_option(at, PCAPNG_EPB_VERDICT, extra->verdict,
				extra->verdict_bytes & UINT16_MAX);
	for (i = 0; i < extra->more_count; i++)
		at = put_option(at, extra->more[i].code, extra->more[i].value,
				extra->more[i].length);
	return at;
}

static uint8_t *put_packet_options(const struct torc_writer *writer, uint8_t *at,
				   const struct torc_packet *packet,
				   const struct torc_file_extra *extra)
{
	uint32_t flags = extra && extra->flags ? extra->flags : flags_of(packet);
	uint32_t queue = extra && extra->queue != TORC_NO_QUEUE ? extra->queue : packet->queue;

	if (writer->drops != TORC_UNKNOWN)
		at = put_option(at, PCAPNG_EPB_DROPCOUNT, &writer->drops, 8);
	if (writer->copied) /* flags and queue are among them */
		return torc_writer_copy_options(at, PCAPNG_EPB, writer->copied,
						writer->copied_bytes, writer->source->swapped);
	if (flags != 0)
		at = put_option(at, PCAPNG_EPB_FLAGS, &flags, 4);
	if (queue != 0)
		at = put_option(at, PCAPNG_EPB_QUEUE, &queue, 4);
	return extra ? put_extra(at, extra) : at;
}

static int put_pcapng_packet(struct torc_writer *writer, uint32_t port,
			     const struct torc_packet *packet, uint32_t caplen,
			     const struct torc_file_extra *extra)
{
	uint64_t ticks = packet->timestamp_ns;
	uint8_t *block, *at, *options;
	int result = torc_writer_reserve(writer,
					 36 + PADDED(caplen) + extra_room(writer, extra));

	if (__builtin_expect(result < 0, 0))
		return result;
	if (writer->time_divide != 1)
		ticks /= writer->time_divide;
	block = chunk_end(writer);
	at = put32(block + 8, port);
	at = put32(at, (uint32_t)(ticks >> 32));
	at = put32(at, (uint32_t)ticks);
	at = put32(at, caplen);
	at = put32(at, packet->len);
	options = put_padded(at, packet->data, caplen);
	at = put_packet_options(writer, options, packet, extra);
	if (at != options)
		at = put_option(at, PCAPNG_OPT_END, NULL, 0);
	took(writer, close_block(block, PCAPNG_EPB, at));
	return 0;
}

int torc_writer_put_packet(struct torc_writer *writer, uint32_t port,
			   const struct torc_packet *packet, const struct torc_file_extra *extra)
{
	uint32_t caplen = packet->caplen;
	int result;

	if (caplen > writer->options.snaplen)
		caplen = writer->options.snaplen;
	if (writer->options.format == TORC_FORMAT_PCAP)
		result = put_pcap_packet(writer, packet, caplen);
	else
		result = put_pcapng_packet(writer, port, packet, caplen, extra);
	if (result < 0)
		return result;
	writer->chunk->packets++;
	if (writer->file_packets++ == 0) {
		writer->first_ns = packet->timestamp_ns;
		if (!writer->has_period)
			writer->period_ns = torc_writer_period(writer, packet->timestamp_ns);
		writer->has_period = true;
	}
	writer->last_ns = packet->timestamp_ns;
	return 0;
}

/* ---- other blocks ---- */

int torc_writer_put_block(struct torc_writer *writer, uint32_t type, const void *body,
			  uint32_t body_bytes)
{
	size_t bytes = PCAPNG_BLOCK_MIN + PADDED(body_bytes);
	int result = torc_writer_reserve(writer, bytes);
	uint8_t *block;

	if (result < 0)
		return result;
	block = chunk_end(writer);
	close_block(block, type, put_padded(block + 8, body, body_bytes));
	if (writer->port_written == 0)
		return torc_writer_hold_block(writer, block, bytes);
	took(writer, block + bytes);
	return 0;
}

static uint8_t *put_time(uint8_t *at, uint64_t ticks)
{
	at = put32(at, (uint32_t)(ticks >> 32));
	return put32(at, (uint32_t)ticks);
}

static int put_statistics(struct torc_writer *writer, uint32_t number)
{
	static const uint16_t codes[5] = { PCAPNG_ISB_IFRECV, PCAPNG_ISB_IFDROP,
					   PCAPNG_ISB_FILTERACCEPT, PCAPNG_ISB_OSDROP,
					   PCAPNG_ISB_USRDELIV };
	const struct torc_writer_port *port = &writer->ports[number];
	uint64_t first_ns = port->start_ns, last_ns = port->end_ns;
	uint8_t body[128], time[8], *at;
	int i;

	if (!port->file && writer->file_packets > 0) {
		first_ns = writer->first_ns;
		last_ns = writer->last_ns;
	}

	at = put32(body, number);
	at = put_time(at, writer->last_ns / writer->time_divide);
	if (first_ns != TORC_UNKNOWN) {
		put_time(time, first_ns / writer->time_divide);
		at = put_option(at, PCAPNG_ISB_STARTTIME, time, 8);
	}
	if (last_ns != TORC_UNKNOWN) {
		put_time(time, last_ns / writer->time_divide);
		at = put_option(at, PCAPNG_ISB_ENDTIME, time, 8);
	}
	for (i = 0; i < 5; i++)
		if (port->stats[i] != TORC_UNKNOWN)
			at = put_option(at, codes[i], &port->stats[i], 8);
	at = put_option(at, PCAPNG_OPT_END, NULL, 0);
	return torc_writer_put_block(writer, PCAPNG_ISB, body, (uint32_t)(at - body));
}

/* Without a packet nobody has named an interface; the link type is known all the same. */
static int add_only_port(struct torc_writer *writer)
{
	struct torc_file_interface view = { .size = sizeof(view),
					    .link_type = writer->options.link_type };

	return torc_writer_add_interface(writer, &view);
}

int torc_writer_end_file(struct torc_writer *writer)
{
	int result = torc_writer_take_statistics(writer);
	uint32_t i;

	if (result == 0 && writer->port_count == 0 && writer->options.has_link_type)
		result = add_only_port(writer);
	if (result >= 0)
		result = begin(writer);
	for (i = 0; result == 0 && i < writer->port_count; i++)
		if (writer->options.format == TORC_FORMAT_PCAPNG && writer->ports[i].has_stats)
			result = put_statistics(writer, i);
	return result;
}
