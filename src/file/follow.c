/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * follow.c - a writer that takes over what the files its packets come from tell beyond packets:
 * interfaces, comments and other options, statistics
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "file/file.h"
#include "file/pcapng.h"
#include "file/writer.h"

int torc_writer_follow(struct torc_writer *writer, const struct torc_file *file)
{
	const struct torc_file **files;

	files = realloc(writer->followed, (writer->followed_count + 1) * sizeof(*files));
	if (!files)
		return torc_error_set(&writer->error, -ENOMEM, "no memory");
	writer->followed = files;
	files[writer->followed_count++] = file;
	return 0;
}

/* Options that struct torc_file_extra has no field for; numbers of custom ones are not swapped. */
static bool is_further(const struct torc_file *file, const struct torc_file_option *option,
		       bool *first_comment)
{
	if (option->code == PCAPNG_OPT_COMMENT) {
		bool is_first = *first_comment;

		*first_comment = false;
		return !is_first;
	}
	return option->code > PCAPNG_EPB_VERDICT && !file->swapped;
}

bool torc_writer_take_over(struct torc_writer *writer, const struct torc_packet *packet,
			   struct torc_file_extra *extra)
{
	bool first_comment = true;
	unsigned int i, nth;
	int index = -1;

	for (i = 0; i < writer->followed_count && index < 0; i++)
		index = torc_file_index_of(writer->followed[i], packet);
	if (index < 0)
		return false;
	writer->source = writer->followed[i - 1];
	extra->size = sizeof(*extra);
	torc_file_extra(writer->source, (unsigned int)index, extra);
	extra->more = writer->more;
	for (nth = 0; extra->more_count < TORC_WRITER_MORE_MAX; nth++) {
		struct torc_file_option *option = &writer->more[extra->more_count];

		if (torc_file_option(writer->source, (unsigned int)index, nth, option) <= 0)
			break;
		extra->more_count += is_further(writer->source, option, &first_comment);
	}
	return true;
}

void torc_writer_take_statistics(struct torc_writer *writer)
{
	uint32_t i;

	for (i = 0; i < writer->port_count; i++) {
		struct torc_file_interface view = { .size = sizeof(view) };
		const struct torc_writer_port *port = &writer->ports[i];

		if (port->file &&
		    torc_file_interface(port->file, (uint32_t)port->ifindex, &view) == 0 &&
		    (view.received & view.dropped_by_interface & view.accepted_by_filter &
		     view.dropped_by_os & view.delivered) != TORC_UNKNOWN)
			torc_writer_copy_stats(writer, i, &view);
	}
}
