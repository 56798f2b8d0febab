/* SPDX-License-Identifier: BSD-3-Clause */
/* streams.h - what the files of torc streams share */
#ifndef TORC_CLI_STREAMS_H
#define TORC_CLI_STREAMS_H

#include <torc/message.h>

#include "capture.h"

/* A connection that is open: the CLI's own number and, with --write, its files. */
struct streams_connection {
	uint64_t number; /* from 1, in the order of OPEN */
	struct streams_file *files[2];
	unsigned int again; /* so many connections with these ends came before */
};

/* ---- streams_print.c ---- */

void streams_print_event(const struct torc_streams *streams, const struct torc_stream_event *event,
			 uint64_t number, bool json);
void streams_print_message(const struct torc_message *message, uint64_t number, bool json);
void streams_print_account(const struct torc_streams *streams, bool json);

/* ---- streams_write.c: one file a direction ---- */

struct streams_writer;

/* In that folder, which is made when it is missing; says what went wrong and returns NULL. */
struct streams_writer *streams_writer_open(const char *folder);
/* DATA and GAP; false when a file cannot be written. */
bool streams_writer_event(struct streams_writer *writer, const struct torc_streams *streams,
			  const struct torc_stream_event *event,
			  struct streams_connection *connection);
void streams_writer_end(struct streams_writer *writer, struct streams_connection *connection);
/* Returns how many files were written; *good: all of them whole. */
uint64_t streams_writer_close(struct streams_writer *writer, bool *good);

#endif
