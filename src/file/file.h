/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * file.h - inside the reader: bytes come from a source into a buffer, and a format walks over the
 * whole records of that buffer
 *
 *	source ──read()──▶ buffer ──walk()──▶ struct torc_packet
 *
 *	memory                                      buffer
 *	┌───────────────┬──────────────────────────────────────────────────────┐
 *	│   headroom    │ block: filled by one read()                          │
 *	└──────────┬────┴──────┬───────────────────────────────────┬───────────┘
 *	           begin       at: next record                     end
 *
 * A record that the end of the buffer cuts goes to the headroom of the buffer filled next, so that
 * each record is whole in one place. Which buffer that is, the caller says: torc_file_next_batch()
 * has one and uses it again, the ring on a file has several and keeps those that are borrowed.
 */
#ifndef TORC_FILE_FILE_H
#define TORC_FILE_FILE_H

#include <string.h>

#include <torc/file.h>

#include "file/source.h"
#include "util/error.h"
#include "util/sized.h"

#define TORC_FILE_BLOCK_BYTES (256u << 10)
#define TORC_FILE_BATCH_MAX   1024u
#define TORC_FILE_TEXT_MAX    (64u << 20) /* of all names, filters, comments and blocks kept of a file */

/* A record longer than this is damage: the longest packet any link type has, and its options. */
#define TORC_FILE_RECORD_MAX ((128u << 20) + (1u << 20))

struct torc_file_buffer {
	uint8_t *memory;
	size_t headroom;
	size_t block;
};

/* Scale of an interface's times: ns = ticks * multiply / divide, or (ticks * 10^9) >> shift. */
struct torc_file_clock {
	uint64_t multiply;
	uint64_t divide;
	uint8_t shift;
	bool binary;
	bool plain; /* multiply alone is enough */
	int64_t offset_ns;
};

struct torc_file_port {
	struct torc_file_interface view;
	struct torc_file_clock clock;
	uint32_t caplen_max; /* more than this in a packet is damage */
	bool swapped;        /* byte order of its options */
	uint32_t options_bytes;
	char *options; /* of a pcapng interface block, as they are; NULL: none are kept */
};

struct torc_file_format_ops {
	const char *name;
	/* Whole records from file->at on: how many packets, 0: needs more bytes, or a negative code. */
	int (*walk)(struct torc_file *file, struct torc_packet *packets, unsigned int max);
	void (*extra)(const struct torc_file *file, const uint8_t *record,
		      struct torc_file_extra *extra);
	/* The options of a record: NULL, or from *begin to what is returned. */
	const uint8_t *(*options)(const struct torc_file *file, const uint8_t *record,
				  const uint8_t **begin);
};

struct torc_file {
	/* read by every walk */
	const uint8_t *at;
	const uint8_t *end;
	bool swapped; /* numbers are in the other byte order */
	struct torc_file_port *ports;
	uint32_t port_count;
	uint32_t first_port; /* of this section */
	uint64_t packets;
	const struct torc_file_format_ops *ops;

	/* pcap */
	uint32_t record_header;
	uint32_t time_scale; /* nanoseconds in a unit of the second time word */
	uint32_t time_units; /* of those in a second */
	int lengths_swapped; /* 0 no, 1 yes, -1 when they look so */
	bool kuznetzov;

	/* ERF: interface number + 1 of each port, of Ethernet and of IP; 0: not met yet */
	uint8_t erf_ports[2][4];

	const uint8_t *begin;
	uint64_t begin_offset; /* in the decompressed file, of begin */
	struct torc_file_buffer *current;
	struct torc_file_buffer own;
	struct torc_source *source; /* NULL: plain memory */
	bool at_end;

	uint64_t length_clashes;
	uint64_t time_clashes;
	uint64_t damage_offset;
	struct torc_error error;
	struct torc_file_options options;
	struct torc_file_info info;
	char *section_text[4]; /* hardware, os, application, comment */
	char *section_options; /* as they are; NULL: none are kept */
	uint32_t section_options_bytes;
	uint8_t *kept; /* blocks in front of the first packet, for a writer that follows */
	size_t kept_bytes;
	struct torc_writer *follower; /* takes such blocks from now on */
	char *path;
	size_t text_bytes; /* of all strings kept */
	uint32_t port_room;

	/* the records of the last call */
	unsigned int batch;
	const uint8_t *records[TORC_FILE_BATCH_MAX];

	/* open files of this process, for torc_file_is_open() */
	bool registered;
	uint64_t device;
	uint64_t inode;
	struct torc_file *next;
};

/* Numbers of a record; swap is a constant wherever it matters for speed. */
static inline uint16_t get16(const uint8_t *bytes, bool swap)
{
	uint16_t value;

	memcpy(&value, bytes, sizeof(value));
	return swap ? __builtin_bswap16(value) : value;
}

static inline uint32_t get32(const uint8_t *bytes, bool swap)
{
	uint32_t value;

	memcpy(&value, bytes, sizeof(value));
	return swap ? __builtin_bswap32(value) : value;
}

static inline uint64_t get64(const uint8_t *bytes, bool swap)
{
	uint64_t value;

	memcpy(&value, bytes, sizeof(value));
	return swap ? __builtin_bswap64(value) : value;
}

/* reader.c */

/* Fill in file->error for a file damaged at at, and return -TORC_EFORMAT. */
int torc_file_damaged(struct torc_file *file, const uint8_t *at, const char *format, ...)
	TORC_PRINTF(3, 4);
/* A new interface at the end of file->ports; NULL when there are too many, or no memory. */
struct torc_file_port *torc_file_add_port(struct torc_file *file);
/* A terminated copy that lives as long as the reader; NULL when strings took too much already. */
char *torc_file_keep_text(struct torc_file *file, const void *bytes, size_t length);
uint32_t torc_file_caplen_max(uint16_t link_type);

/*
 * The next read() into buffer (which may be the current one), behind what is left of the current
 * one. 1: there is more to walk over, 0: the end, or a negative code.
 */
int torc_file_fill(struct torc_file *file, struct torc_file_buffer *buffer);
/* What the end of the file means for what is left: 0, or -TORC_EFORMAT for a torn record. */
int torc_file_ended(struct torc_file *file);
int torc_file_buffer_open(struct torc_file_buffer *buffer, size_t headroom, size_t block);
void torc_file_buffer_close(struct torc_file_buffer *buffer);

/* The place of a packet in the last batch, by where its bytes are; -ENOENT: it is not of it. */
int torc_file_index_of(const struct torc_file *file, const struct torc_packet *packet);

/* Is this inode open as a capture file anywhere in this process? */
bool torc_file_is_open(uint64_t device, uint64_t inode);

/* follow.c: a whole block that writers which follow the file take over */
void torc_file_carry(struct torc_file *file, const uint8_t *block, uint32_t length);

/*
 * pcap.c, pcapng.c, snoop.c, erf.c: look at the first bytes; 1 mine and opened, 0 not mine, 2 needs
 * more bytes
 */
int torc_file_pcap_open(struct torc_file *file);
int torc_file_pcapng_open(struct torc_file *file);
int torc_file_snoop_open(struct torc_file *file);
int torc_file_erf_open(struct torc_file *file);
/* struct torc_file_format_ops.options of a format whose records have none */
const uint8_t *torc_file_no_options(const struct torc_file *file, const uint8_t *record,
				    const uint8_t **begin);

#endif
