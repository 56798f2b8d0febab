/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pcapng_blocks.c - the blocks of a pcapng file that are rare, and the options of all
 * (draft-ietf-opsawg-pcapng §4)
 */
#include <errno.h>
#include <stdlib.h>

#include "file/pcapng.h"

static char *option_text(struct torc_file *file, const struct torc_file_option *option)
{
	size_t length = option->length;

	while (length > 0 && option->value[length - 1] == '\0') /* some writers add the NUL */
		length--;
	return torc_file_keep_text(file, option->value, length);
}

/* Keep the first text of its kind. */
static void set_text(struct torc_file *file, const char **place,
		     const struct torc_file_option *option)
{
	if (!*place)
		*place = option_text(file, option);
}

/* ---- section header: byte order 4, version 2 + 2, section length 8, options ---- */

/* The section before is over. */
static void forget_section(struct torc_file *file)
{
	unsigned int i;

	for (i = 0; i < 4; i++) {
		if (file->section_text[i])
			file->text_bytes -= strlen(file->section_text[i]) + 1;
		free(file->section_text[i]);
		file->section_text[i] = NULL;
	}
	if (file->section_options)
		file->text_bytes -= file->section_options_bytes + 1;
	free(file->section_options);
}

static void section_options(struct torc_file *file, const uint8_t *at, const uint8_t *end)
{
	static const uint8_t place[5] = { 0, 3, 0, 1, 2 }; /* code to section_text[] */
	struct torc_file_option option;

	forget_section(file);
	file->section_options_bytes = (uint32_t)(end - at);
	file->section_options = torc_file_keep_text(file, at, file->section_options_bytes);
	while (torc_pcapng_option(&at, end, file->swapped, &option))
		if (option.code >= PCAPNG_OPT_COMMENT && option.code <= PCAPNG_SHB_USERAPPL &&
		    !file->section_text[place[option.code]])
			file->section_text[place[option.code]] = option_text(file, &option);
}

int torc_pcapng_section(struct torc_file *file)
{
	const uint8_t *at = file->at;
	size_t left = (size_t)(file->end - at);
	uint32_t length;
	bool swap;

	if (left < PCAPNG_SHB_MIN)
		return 0;
	swap = get32(at + 8, true) == PCAPNG_BYTE_ORDER;
	if (!swap && get32(at + 8, false) != PCAPNG_BYTE_ORDER)
		return torc_file_damaged(file, at, "a section header without a byte order");
	length = get32(at + 4, swap);
	if (length < PCAPNG_SHB_MIN || length % 4 != 0 || length > TORC_FILE_RECORD_MAX)
		return torc_file_damaged(file, at, "a section header of %u bytes", length);
	if (left < length)
		return 0;
	if (get32(at + length - 4, swap) != length)
		return torc_file_damaged(file, at, "a section header whose two lengths differ");
	if (get16(at + 12, swap) != 1)
		return torc_file_damaged(file, at, "pcapng version %u.%u is not known",
					 get16(at + 12, swap), get16(at + 14, swap));
	torc_pcapng_set_order(file, swap);
	file->info.version_major = get16(at + 12, swap);
	file->info.version_minor = get16(at + 14, swap);
	file->info.section_count++;
	file->first_port = file->port_count;
	section_options(file, at + 24, at + length - 4);
	file->at = at + length;
	return 0;
}

/* ---- interface description: link type 2, reserved 2, snaplen 4, options ---- */

static uint64_t power_of_10(unsigned int exponent)
{
	uint64_t value = 1;

	while (exponent-- > 0)
		if (__builtin_mul_overflow(value, 10, &value))
			return UINT64_MAX;
	return value;
}

static void set_clock(struct torc_file_port *port, uint8_t resolution)
{
	struct torc_file_clock *clock = &port->clock;
	unsigned int exponent = resolution & 0x7f;

	clock->binary = resolution & 0x80;
	clock->shift = (uint8_t)exponent;
	clock->multiply = clock->divide = 1;
	if (clock->binary) {
		port->view.ticks_per_second = exponent < 64 ? 1ull << exponent : UINT64_MAX;
	} else {
		port->view.ticks_per_second = power_of_10(exponent);
		if (exponent <= 9)
			clock->multiply = power_of_10(9 - exponent);
		else
			clock->divide = power_of_10(exponent - 9);
		if (clock->divide == UINT64_MAX)
			clock->multiply = 0; /* less than a nanosecond, whatever the ticks */
	}
}

static void set_offset(struct torc_file_port *port, int64_t seconds)
{
	port->view.offset_seconds = seconds;
	if (__builtin_mul_overflow(seconds, (int64_t)1000000000, &port->clock.offset_ns))
		port->clock.offset_ns = seconds < 0 ? INT64_MIN : INT64_MAX;
}

/* The filter is a text when its first byte is 0; 1 is a program, which has no text. */
static void set_filter(struct torc_file *file, struct torc_file_interface *view,
		       const struct torc_file_option *option)
{
	if (!view->filter && option->length > 0 && option->value[0] == 0)
		view->filter = torc_file_keep_text(file, option->value + 1, option->length - 1u);
}

static void interface_number(struct torc_file_port *port, const struct torc_file_option *option,
			     bool swap)
{
	struct torc_file_interface *view = &port->view;

	if (option->code == PCAPNG_IF_TSRESOL && option->length == 1)
		set_clock(port, option->value[0]);
	else if (option->code == PCAPNG_IF_TSOFFSET && option->length == 8)
		set_offset(port, (int64_t)get64(option->value, swap));
	else if (option->code == PCAPNG_IF_FCSLEN && option->length == 1)
		view->fcs_bytes = option->value[0];
	else if (option->code == PCAPNG_IF_SPEED && option->length == 8)
		view->speed_bits = get64(option->value, swap);
	else if (option->code == PCAPNG_IF_MACADDR && option->length == 6) {
		view->has_mac = true;
		memcpy(view->mac, option->value, 6);
	}
}

static void interface_option(struct torc_file *file, struct torc_file_port *port,
			     const struct torc_file_option *option)
{
	struct torc_file_interface *view = &port->view;

	switch (option->code) {
	case PCAPNG_OPT_COMMENT:
		return set_text(file, &view->comment, option);
	case PCAPNG_IF_NAME:
		return set_text(file, &view->name, option);
	case PCAPNG_IF_DESCRIPTION:
		return set_text(file, &view->description, option);
	case PCAPNG_IF_OS:
		return set_text(file, &view->os, option);
	case PCAPNG_IF_HARDWARE:
		return set_text(file, &view->hardware, option);
	case PCAPNG_IF_FILTER:
		return set_filter(file, view, option);
	default:
		return interface_number(port, option, file->swapped);
	}
}

int torc_pcapng_interface(struct torc_file *file, const uint8_t *at, uint32_t length)
{
	const uint8_t *option_at = at + 16, *end = at + length - 4;
	struct torc_file_option option;
	struct torc_file_port *port;

	if (length < PCAPNG_IDB_MIN)
		return torc_file_damaged(file, at, "an interface block of only %u bytes", length);
	port = torc_file_add_port(file);
	if (!port)
		return torc_file_damaged(file, at, "too many interfaces (%u)", file->port_count);
	port->view.link_type = get16(at + 8, file->swapped);
	port->view.snaplen = get32(at + 12, file->swapped);
	port->view.section = file->info.section_count - 1;
	port->caplen_max = torc_file_caplen_max(port->view.link_type);
	port->swapped = file->swapped;
	port->options_bytes = length - PCAPNG_IDB_MIN;
	port->options = torc_file_keep_text(file, option_at, port->options_bytes);
	set_clock(port, 6);
	while (torc_pcapng_option(&option_at, end, file->swapped, &option))
		interface_option(file, port, &option);
	port->clock.plain = !port->clock.binary && port->clock.divide == 1 &&
			    port->clock.offset_ns == 0;
	return 0;
}

/* ---- interface statistics: interface 4, time 8, options ---- */

void torc_pcapng_statistics(struct torc_file *file, const uint8_t *at, uint32_t length)
{
	const uint8_t *option_at = at + 20, *end = at + length - 4;
	struct torc_file_option option;
	struct torc_file_port *port;
	uint32_t number;

	if (length < PCAPNG_ISB_MIN)
		return;
	number = get32(at + 8, file->swapped);
	if (number >= file->port_count - file->first_port)
		return; /* no packet is lost by that */
	port = &file->ports[file->first_port + number];
	while (torc_pcapng_option(&option_at, end, file->swapped, &option)) {
		uint64_t *const place[] = {
			[PCAPNG_ISB_STARTTIME] = &port->view.start_ns,
			[PCAPNG_ISB_ENDTIME] = &port->view.end_ns,
			[PCAPNG_ISB_IFRECV] = &port->view.received,
			[PCAPNG_ISB_IFDROP] = &port->view.dropped_by_interface,
			[PCAPNG_ISB_FILTERACCEPT] = &port->view.accepted_by_filter,
			[PCAPNG_ISB_OSDROP] = &port->view.dropped_by_os,
			[PCAPNG_ISB_USRDELIV] = &port->view.delivered,
		};

		if (option.length != 8 || option.code < PCAPNG_ISB_STARTTIME ||
		    option.code > PCAPNG_ISB_USRDELIV)
			continue;
		if (option.code <= PCAPNG_ISB_ENDTIME) /* two halves, as a packet's time */
			*place[option.code] = torc_pcapng_ns(
				&port->clock, get32(option.value, file->swapped),
				get32(option.value + 4, file->swapped));
		else
			*place[option.code] = get64(option.value, file->swapped);
	}
}

/* ---- the options of a packet ---- */

const uint8_t *torc_pcapng_packet_options(const struct torc_file *file, const uint8_t *record,
					  const uint8_t **begin)
{
	uint32_t type = get32(record, file->swapped);
	uint32_t length = (get32(record + 4, file->swapped) + 3) / 4 * 4;
	uint64_t fixed;

	if (type != PCAPNG_EPB && type != PCAPNG_OLD_PB)
		return NULL;
	fixed = PCAPNG_EPB_FIXED + ((uint64_t)get32(record + 20, file->swapped) + 3) / 4 * 4;
	if (fixed + 8 > length)
		return NULL;
	*begin = record + fixed;
	return record + length - 4;
}

static void extra_option(struct torc_file_extra *extra, const struct torc_file_option *option,
			 bool swap)
{
	switch (option->code) {
	case PCAPNG_OPT_COMMENT:
		if (extra->comment_count++ == 0) {
			extra->comment = (const char *)option->value;
			extra->comment_bytes = option->length;
		}
		break;
	case PCAPNG_EPB_FLAGS:
		if (option->length == 4)
			extra->flags = get32(option->value, swap);
		break;
	case PCAPNG_EPB_HASH:
		extra->hash = option->value;
		extra->hash_bytes = option->length;
		break;
	case PCAPNG_EPB_DROPCOUNT:
		if (option->length == 8)
			extra->drop_count = get64(option->value, swap);
		break;
	case PCAPNG_EPB_PACKETID:
		if (option->length == 8)
			extra->packet_id = get64(option->value, swap);
		break;
	case PCAPNG_EPB_QUEUE:
		if (option->length == 4)
			extra->queue = get32(option->value, swap);
		break;
	case PCAPNG_EPB_VERDICT:
		extra->verdict = option->value;
		extra->verdict_bytes = option->length;
		break;
	}
}

void torc_pcapng_extra(const struct torc_file *file, const uint8_t *record,
		       struct torc_file_extra *extra)
{
	uint32_t type = get32(record, file->swapped);
	const uint8_t *at, *end = torc_pcapng_packet_options(file, record, &at);
	struct torc_file_option option;

	extra->len = get32(record + (type == PCAPNG_SPB ? 8 : 24), file->swapped);
	/* the old block has 16 bits for the drops, all set when unknown */
	if (type == PCAPNG_OLD_PB && get16(record + 10, file->swapped) != 0xFFFF)
		extra->drop_count = get16(record + 10, file->swapped);
	while (end && torc_pcapng_option(&at, end, file->swapped, &option))
		extra_option(extra, &option, file->swapped);
}

int torc_file_option(const struct torc_file *file, unsigned int index, unsigned int nth,
		     struct torc_file_option *option)
{
	const uint8_t *at, *end;

	if (index >= file->batch)
		return 0;
	end = file->ops->options(file, file->records[index], &at);
	while (end && torc_pcapng_option(&at, end, file->swapped, option))
		if (nth-- == 0)
			return 1;
	return 0;
}

/* ---- name resolution: records of type 2, length 2, address, names that end with 0 ---- */

int torc_file_block_name(const struct torc_file_block *block, unsigned int nth,
			 struct torc_file_name *name)
{
	bool swap = block->big_endian != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
	const uint8_t *at = block->body, *end = block->body + block->body_bytes;
	struct torc_file_option record; /* records are laid out as options are */

	if (block->type != PCAPNG_NRB)
		return 0;
	while (torc_pcapng_option(&at, end, swap, &record)) {
		uint32_t size = record.code == 1 ? 4 : record.code == 2 ? 16 : 0;
		const uint8_t *text = record.value + size, *stop = record.value + record.length;

		while (size > 0 && record.length > size && text < stop) {
			size_t length = strnlen((const char *)text, (size_t)(stop - text));

			if (nth-- == 0) {
				*name = (struct torc_file_name){ (uint8_t)size, record.value,
								 (const char *)text,
								 (uint32_t)length };
				return 1;
			}
			text += length + 1;
		}
	}
	return 0;
}
