/* SPDX-License-Identifier: BSD-3-Clause */
/* write.h - torc dump -w: packets into capture files */
#ifndef TORC_CLI_WRITE_H
#define TORC_CLI_WRITE_H

#include <torc/file.h>

#include "capture.h"

struct write_settings {
	const char *path;
	const char *on_rotate;
	uint64_t rotate_bytes;
	uint64_t rotate_ns;
	uint64_t keep_files;  /* --rotate files= */
	uint64_t count_files; /* -W */
	uint64_t rotate_packets; /* -b packets: */
	uint64_t stop_bytes;     /* -a filesize: */
	uint64_t stop_files;     /* -a files: */
	const char *print_name;  /* -b printname: */
	uint64_t mode;
	int format;         /* enum torc_file_format */
	bool flush_each;
	bool micro;
	bool append;
	bool aligned;       /* -b interval: */
	bool dumpcap_names; /* -b */
};

extern const struct cli_option write_options[];

/* Does -a or -b of dumpcap have that key, and what follows it: "filesize", "1000". */
bool write_key(const char *text, const char *key, uint64_t *value);

/* ---- write_jobs.c: the command of -z ---- */

struct jobs;

/*
 * Starts the process that runs the commands of -z, as that user (NULL: ours); NULL: was said. To be
 * called before a ring is open, which the process would hold, and before our rights are given up:
 * we may not start a program afterwards.
 */
struct jobs *jobs_new(const char *command, const char *user);
/* The file that names are printed to, of -b printname:. */
void jobs_open_names(struct jobs *jobs, const char *path);
/* Run the command on a file that is complete, and print its name; from any thread, for
 * torc_writer_options.on_rotate. */
void jobs_start(void *jobs, const char *path);
/* Waits for all; true when one of them failed. NULL is allowed. */
bool jobs_free(struct jobs *jobs);

/* ---- write.c ---- */

struct output;

/*
 * NULL: it cannot be opened, which was said. jobs is borrowed, or NULL. What files tell of the packets of the rings is kept
 * where the format has a place. start_ns names the first file of -G, 0: the time now.
 */
struct output *output_open(const struct write_settings *settings, struct jobs *jobs,
			   struct torc_ring *const *rings, unsigned int count, uint64_t start_ns);
/* False when the capture has to end: all files of -W are there, or nothing can be written. */
bool output_packets(struct output *output, const struct torc_packet *packets, unsigned int count);
/*
 * What time brings about, some times a second: what waits goes to the file, -G and -z go on without a
 * packet. on_wire: the packets have the time of this machine. False as output_packets().
 */
bool output_tick(struct output *output, bool on_wire);
void output_flush(struct output *output);
/* The next file; false: no rotation was asked for. */
bool output_rotate(struct output *output);
void output_set_stats(struct output *output, const struct torc_stats *stats);
void output_account(const struct output *output, struct capture_written *written);
/* Returns an exit status; fills in the account at the end. */
int output_close(struct output *output, struct capture_written *written);

#endif
