/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * writer.h - inside the writer: packets are encoded into a chunk, full chunks go to the sink
 *
 *	packets ──encode──▶ chunk ──▶ sink ──▶ file             as the caller's own work
 *	packets ──encode──▶ chunk ──▶ queue ──▶ thread: sink    TORC_WRITER_ASYNC
 */
#ifndef TORC_FILE_WRITER_H
#define TORC_FILE_WRITER_H

#include <pthread.h>

#include <torc/file.h>

#include "file/sink.h"
#include "util/error.h"
#include "util/sized.h"

/* One interface of the files being written. */
struct torc_writer_port {
	const struct torc_file *file; /* followed, where ifindex is its interface; else NULL */
	int32_t ifindex;
	uint16_t link_type;
	bool has_stats;
	uint64_t stats[5]; /* received, dropped_by_interface, accepted, dropped_by_os, delivered */
	uint64_t start_ns, end_ns; /* of the capture, where the file that is followed says it */
	uint8_t *block;    /* its interface block, encoded once */
	uint32_t block_bytes;
	uint8_t fcs_bytes;
};

/* What an interface of this machine is, asked once. */
struct torc_writer_device {
	int32_t ifindex; /* 0: none yet */
	uint16_t type;   /* ARPHRD_; 0: not known */
};

/* The chunks between the caller and the thread of an asynchronous writer. */
struct torc_writer_queue {
	pthread_mutex_t lock;
	pthread_cond_t work; /* for the thread: a chunk came, or stop */
	pthread_cond_t idle; /* for the caller: everything is written */
	pthread_t thread;
	struct torc_chunk *chunks; /* all of them */
	uint32_t count;
	struct torc_chunk *free;
	struct torc_chunk *first; /* waiting, in order */
	struct torc_chunk *last;
	bool busy;
	bool stop;
	bool running;
	struct torc_error error; /* of the thread, not yet told */
};

struct torc_writer_followed {
	const struct torc_file *file;
	uint32_t ports; /* of it that the writer has */
};

struct torc_writer {
	struct torc_writer_options options;
	struct torc_sink sink;
	struct torc_error error;
	struct torc_chunk own;   /* the chunk of a synchronous writer */
	struct torc_chunk *chunk; /* being filled; NULL: asynchronous and none is free */
	struct torc_writer_queue queue;
	size_t chunk_bytes;
	char *template; /* path as given */
	char *path;     /* of the file that packets go to now */

	struct torc_writer_followed *followed;
	unsigned int followed_count;
	const struct torc_file *source; /* of the packet being written; NULL: none is followed */
	uint64_t drops;         /* in front of it; TORC_UNKNOWN: its options say it, or nobody */
	const uint8_t *copied;  /* its options as they are in the source; NULL: it has none */
	size_t copied_bytes;
	uint8_t *repeat; /* blocks of followed files that each file gets */
	size_t repeat_bytes;
	uint8_t *early; /* blocks that came before the first interface, which they are to follow */
	size_t early_bytes;

	struct torc_writer_device devices[64]; /* TORC_WRITER_COOKED */
	struct torc_writer_port *ports;
	uint32_t port_count;
	uint32_t port_room;
	uint32_t port_last; /* of the packet before: most often the same again */
	uint32_t time_divide; /* nanoseconds in a tick */

	/* of the file that packets go to now */
	bool appends;           /* to a file that is there, and has its header */
	bool begun;             /* its header is encoded */
	uint32_t port_written;  /* interface blocks so far */
	size_t repeat_written;  /* of repeat */
	char *path_next;        /* to be opened with the next chunk */
	uint64_t file_bytes;    /* before compression */
	uint64_t file_packets;
	uint64_t first_ns;      /* of its packets */
	uint64_t last_ns;

	uint64_t held_since_ns; /* monotonic: the first tick that found the chunk begun; 0: none */
	bool clocked;       /* torc_writer_tick() says the time: slices end without a packet */
	uint64_t period_ns; /* when the time slice of rotate_ns began */
	uint64_t name_ns;   /* the same in the names of its files */
	bool has_period;
	uint32_t number;  /* in the names */
	uint32_t file_count;
	bool finished;    /* max_files is reached */
	int deferred;     /* code of a chunk that failed, not yet told */

	uint64_t taken; /* __atomic, relaxed */
	uint64_t lost;  /* without room; __atomic, relaxed */
};

/* writer.c */
/* Room for so many bytes in writer->chunk. -ENOBUFS: asynchronous, and no chunk is free. */
int torc_writer_reserve(struct torc_writer *writer, size_t bytes);
/* Hand writer->chunk over; a synchronous writer has written it when this returns. */
int torc_writer_submit(struct torc_writer *writer);

/* append.c: the file at path, which is to be gone on with, decides what the options leave open */
int torc_writer_look_at(struct torc_writer *writer, const char *path, struct torc_error *error);

/* encode.c: each appends to writer->chunk, in which there is room */
int torc_writer_begin_file(struct torc_writer *writer);
/* The interface of a packet, with its block in the file; negative: refused. */
int torc_writer_port_of(struct torc_writer *writer, const struct torc_packet *packet);
int torc_writer_put_packet(struct torc_writer *writer, uint32_t port,
			   const struct torc_packet *packet, const struct torc_file_extra *extra);
int torc_writer_put_block(struct torc_writer *writer, uint32_t type, const void *body,
			  uint32_t body_bytes);
/* An encoded block for behind the interfaces, which are not known yet. */
int torc_writer_hold_block(struct torc_writer *writer, const uint8_t *block, size_t bytes);
/* The statistics blocks at the end of a file. */
int torc_writer_end_file(struct torc_writer *writer);

/* cook.c */
#define TORC_COOKED_HEADER 20
/* The cooked header of a packet; returns how many bytes of the packet it takes the place of. */
uint32_t torc_writer_cook(struct torc_writer *writer, const struct torc_packet *packet,
			  uint8_t header[TORC_COOKED_HEADER]);

/* follow.c */
/* A followed file's packet: writer->source, and its options as writer->copied, if any. */
int torc_writer_take_over(struct torc_writer *writer, const struct torc_packet *packet);
/* The interface of a followed file that a port was made from; NULL: its options are not known. */
const struct torc_file_port *torc_writer_followed_port(const struct torc_writer_port *port);
/* All interfaces and statistics of followed files, as far as they have been read. */
int torc_writer_take_statistics(struct torc_writer *writer);
void torc_writer_unfollow(struct torc_writer *writer);

/* rotate.c */
/* Is the file full for a packet of this time? */
bool torc_writer_is_full(const struct torc_writer *writer, uint64_t timestamp_ns);
/* Is the time slice over? */
bool torc_writer_time_is_up(const struct torc_writer *writer, uint64_t timestamp_ns);
/* When the slice of a file began whose first packet has this time. */
uint64_t torc_writer_period(const struct torc_writer *writer, uint64_t timestamp_ns);
/* End the file and begin the next; a new time slice begins with timestamp_ns. */
int torc_writer_rotate_at(struct torc_writer *writer, uint64_t timestamp_ns, bool by_hand);
/* The name of the next file; NULL: no memory. */
char *torc_writer_name(const struct torc_writer *writer);

/* queue.c */
int torc_writer_queue_start(struct torc_writer *writer, struct torc_error *error);
struct torc_chunk *torc_writer_queue_take(struct torc_writer *writer); /* NULL: none is free */
void torc_writer_queue_put(struct torc_writer *writer, struct torc_chunk *chunk);
/* Wait until all is written. */
void torc_writer_queue_drain(struct torc_writer *writer);
/* The thread's error since the last time, into writer->error. */
int torc_writer_queue_error(struct torc_writer *writer);
/* Drain and end the thread. */
void torc_writer_queue_stop(struct torc_writer *writer);

#endif
