/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * follow.c - a writer that takes over what the files its packets come from tell beyond packets:
 * interfaces, comments and all other options, names, secrets, statistics
 * (draft-ietf-opsawg-pcapng; custom options and blocks say by their number whether they may be
 * copied)
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "file/encode.h"
#include "file/file.h"

/* ---- options ---- */

/* Options that begin with a number, which has the byte order of its section. */
static const struct {
	uint16_t type;
	uint16_t code;
	uint32_t bytes;
} numbers[] = {
	{ PCAPNG_IDB, PCAPNG_IF_SPEED, 8 },	{ PCAPNG_IDB, PCAPNG_IF_TZONE, 4 },
	{ PCAPNG_IDB, PCAPNG_IF_TXSPEED, 8 },	{ PCAPNG_IDB, PCAPNG_IF_RXSPEED, 8 },
	{ PCAPNG_EPB, PCAPNG_EPB_FLAGS, 4 },	{ PCAPNG_EPB, PCAPNG_EPB_DROPCOUNT, 8 },
	{ PCAPNG_EPB, PCAPNG_EPB_PACKETID, 8 }, { PCAPNG_EPB, PCAPNG_EPB_QUEUE, 4 },
};

/* Of our own making, or not to be copied. */
static bool stays_behind(uint32_t type, unsigned int code)
{
	return (type == PCAPNG_SHB && code == PCAPNG_SHB_USERAPPL) ||
	       (type == PCAPNG_IDB && (code == PCAPNG_IF_TSRESOL || code == PCAPNG_IF_TSOFFSET)) ||
	       code == PCAPNG_CUSTOM_TEXT_STAYS || code == PCAPNG_CUSTOM_BYTES_STAYS;
}

static void swap_bytes(uint8_t *at, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count / 2; i++) {
		uint8_t byte = at[i];

		at[i] = at[count - 1 - i];
		at[count - 1 - i] = byte;
	}
}

/* An option of the other byte order into ours; false: what its numbers are is not known. */
static bool swap_option(uint32_t type, const struct torc_file_option *option, uint8_t *value)
{
	bool is_custom = option->code == PCAPNG_CUSTOM_TEXT || option->code == PCAPNG_CUSTOM_BYTES;
	unsigned int bytes = is_custom ? 4 : 0, i;

	if (type == PCAPNG_IDB && option->code == PCAPNG_IF_FILTER &&
	    (option->length == 0 || option->value[0] != 0))
		return false; /* a program */
	if (!is_custom && option->code > (type == PCAPNG_IDB ? 18 : PCAPNG_EPB_VERDICT))
		return false;
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (numbers[i].type == type && numbers[i].code == option->code)
			bytes = numbers[i].bytes;
	if (bytes <= option->length)
		swap_bytes(value, bytes);
	return true;
}

uint8_t *torc_writer_copy_options(uint8_t *at, uint32_t type, const void *options, size_t bytes,
				  bool swap)
{
	const uint8_t *from = options, *end = from + bytes;
	struct torc_file_option option;

	while (torc_pcapng_option(&from, end, swap, &option)) {
		uint8_t *next;

		if (stays_behind(type, option.code))
			continue;
		next = put_option(at, option.code, option.value, option.length);
		if (!swap || swap_option(type, &option, at + 4))
			at = next;
	}
	return at;
}

/* ---- interfaces and packets ---- */

static bool is_kept(const struct torc_file *file, uint32_t port)
{
	return file && port < file->port_count && file->ports[port].options;
}

const struct torc_file_port *torc_writer_followed_port(const struct torc_writer_port *port)
{
	uint32_t number = (uint32_t)port->ifindex;

	return is_kept(port->file, number) ? &port->file->ports[number] : NULL;
}

/* Interfaces of the file that the writer has not met yet, in their order. */
static int declare_ports(struct torc_writer *writer, struct torc_writer_followed *followed)
{
	int result = 0;

	writer->source = followed->file;
	while (result >= 0 && followed->ports < followed->file->port_count) {
		struct torc_file_interface view = followed->file->ports[followed->ports].view;

		view.ifindex = (int32_t)followed->ports++;
		result = torc_writer_add_interface(writer, &view);
	}
	return result;
}

int torc_writer_take_over(struct torc_writer *writer, const struct torc_packet *packet)
{
	struct torc_writer_followed *followed = writer->followed;
	const struct torc_file *file;
	const uint8_t *record, *begin, *end;
	unsigned int i;
	int index = -1;

	for (i = 0; i < writer->followed_count && index < 0; i++)
		index = torc_file_index_of(followed[i].file, packet);
	if (index < 0)
		return 0;
	followed += i - 1;
	file = followed->file;
	record = file->records[index];
	writer->source = file;
	end = file->ops->options(file, record, &begin);
	if (end) {
		writer->copied = begin;
		writer->copied_bytes = (size_t)(end - begin);
	}
	/* the old packet block has its drops elsewhere: 16 bits, all set when unknown */
	if (file->info.format == TORC_FORMAT_PCAPNG &&
	    get32(record, file->swapped) == PCAPNG_OLD_PB &&
	    get16(record + 10, file->swapped) != 0xFFFF)
		writer->drops = get16(record + 10, file->swapped);
	return declare_ports(writer, followed);
}

int torc_writer_take_statistics(struct torc_writer *writer)
{
	const struct torc_file *source = writer->source; /* a packet may have begun this */
	int result = 0;
	uint32_t i;

	for (i = 0; i < writer->followed_count && result >= 0; i++)
		result = declare_ports(writer, &writer->followed[i]);
	writer->source = source;
	for (i = 0; i < writer->port_count; i++) {
		struct torc_file_interface view = { .size = sizeof(view) };
		const struct torc_writer_port *port = &writer->ports[i];

		if (port->file &&
		    torc_file_interface(port->file, (uint32_t)port->ifindex, &view) == 0)
			torc_writer_copy_stats(writer, i, &view);
	}
	return result < 0 ? result : 0;
}

/* ---- blocks ---- */

/* The options of a block, with their end where there are any. */
static uint8_t *put_list(uint8_t *at, uint32_t type, const uint8_t *from, const uint8_t *end)
{
	uint8_t *next = at;

	if (from < end)
		next = torc_writer_copy_options(at, type, from, (size_t)(end - from), true);
	return next > at ? put_option(next, PCAPNG_OPT_END, NULL, 0) : at;
}

/* The body of a block of the other byte order. */
static uint8_t *swap_body(uint8_t *at, uint32_t type, const uint8_t *body, size_t bytes)
{
	const uint8_t *end = body + bytes;

	if (type == PCAPNG_DSB && bytes >= 8) { /* kind 4, length 4, secrets, options */
		uint32_t length = get32(body + 4, true);
		size_t padded = PADDED(length);

		if (length > bytes - 8)
			return NULL;
		at = put32(at, get32(body, true));
		at = put32(at, length);
		at = put_padded(at, body + 8, length);
		return put_list(at, type, body + 8 + padded, end);
	}
	if (type == PCAPNG_NRB) { /* records laid out as options are, with their end; options */
		struct torc_file_option record;
		const uint8_t *from = body;

		while (torc_pcapng_option(&from, end, true, &record))
			at = put_option(at, record.code, record.value, record.length);
		at = put_option(at, PCAPNG_OPT_END, NULL, 0);
		return put_list(at, type, from + 4, end);
	}
	return type == PCAPNG_JOURNAL ? put_padded(at, body, bytes) : NULL;
}

/* Names and secrets are about all packets: every file gets them. */
static int repeat(struct torc_writer *writer, const uint8_t *block, size_t bytes)
{
	uint8_t *more;

	if (writer->repeat_bytes + bytes > TORC_FILE_TEXT_MAX)
		return 0;
	more = realloc(writer->repeat, writer->repeat_bytes + bytes);
	if (!more)
		return torc_error_set(&writer->error, -ENOMEM, "no memory");
	memcpy(more + writer->repeat_bytes, block, bytes);
	writer->repeat = more;
	writer->repeat_bytes += bytes;
	return 0;
}

/* The types are small numbers, so each shows its byte order. */
static int take_block(struct torc_writer *writer, const uint8_t *block, size_t length)
{
	uint32_t type = get32(block, false);
	bool swap = type > 0xFFFF;
	uint8_t *begin, *at;
	int result = torc_writer_begin_file(writer);

	if (result == 0)
		result = torc_writer_reserve(writer, length + 4);
	if (result < 0)
		return result;
	begin = chunk_end(writer);
	if (swap) {
		type = get32(block, true);
		at = swap_body(begin + 8, type, block + 8, length - PCAPNG_BLOCK_MIN);
	} else {
		at = put_padded(begin + 8, block + 8, length - PCAPNG_BLOCK_MIN);
	}
	if (!at)
		return 0;
	at = close_block(begin, type, at);
	if (type == PCAPNG_NRB || type == PCAPNG_DSB) {
		result = repeat(writer, begin, (size_t)(at - begin));
		return result < 0 ? result : torc_writer_begin_file(writer);
	}
	if (writer->port_written == 0)
		return torc_writer_hold_block(writer, begin, (size_t)(at - begin));
	took(writer, at);
	return 0;
}

void torc_file_carry(struct torc_file *file, const uint8_t *block, uint32_t length)
{
	uint8_t *kept;

	if (file->follower) {
		int result = take_block(file->follower, block, length);

		if (result < 0)
			file->follower->deferred = result;
		return;
	}
	if (file->packets > 0 || file->text_bytes + file->kept_bytes + length > TORC_FILE_TEXT_MAX)
		return;
	kept = realloc(file->kept, file->kept_bytes + length);
	if (!kept)
		return;
	memcpy(kept + file->kept_bytes, block, length);
	file->kept = kept;
	file->kept_bytes += length;
}

static int take_kept(struct torc_writer *writer, struct torc_file *file)
{
	size_t at, length;
	int result = 0;

	for (at = 0; at < file->kept_bytes && result == 0; at += length) {
		const uint8_t *block = file->kept + at;

		length = PADDED(get32(block + 4, get32(block, false) > 0xFFFF));
		result = take_block(writer, block, length);
	}
	free(file->kept);
	file->kept = NULL;
	file->kept_bytes = 0;
	return result;
}

/* ---- following ---- */

int torc_writer_follow(struct torc_writer *writer, const struct torc_file *file)
{
	/* the caller only looks at it; that it is followed is ours to note */
	struct torc_file *own = (struct torc_file *)(uintptr_t)file;
	struct torc_writer_followed *files;

	if (writer->options.format == TORC_FORMAT_PCAP)
		return 0;
	if (file->follower)
		return torc_error_set(&writer->error, -EBUSY, "%s: another writer follows it",
				      file->path);
	files = realloc(writer->followed, (writer->followed_count + 1) * sizeof(*files));
	if (!files)
		return torc_error_set(&writer->error, -ENOMEM, "no memory");
	writer->followed = files;
	files[writer->followed_count++] = (struct torc_writer_followed){ .file = file };
	own->follower = writer;
	return take_kept(writer, own);
}

void torc_writer_unfollow(struct torc_writer *writer)
{
	unsigned int i;

	for (i = 0; i < writer->followed_count; i++)
		((struct torc_file *)(uintptr_t)writer->followed[i].file)->follower = NULL;
	free(writer->followed);
}
