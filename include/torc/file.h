/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * torc/file.h - capture files: read and write pcap and pcapng
 *
 *	struct torc_file *file;
 *	struct torc_packet packet;
 *	int result;
 *
 *	if (torc_file_open(&file, "trace.pcapng", NULL, &error) < 0)
 *		errx(1, "%s", error.text);
 *	while ((result = torc_file_next(file, &packet)) > 0)
 *		printf("%u bytes\n", packet.len);
 *	if (result < 0)
 *		warnx("%s", torc_file_error(file));
 *	torc_file_close(file);
 *
 * Formats read: pcap 2.0 to 2.4 with microseconds and nanoseconds, Kuznetzov's, Navtel's and Ixia's
 * variants, DG/UX's 543.0; pcapng with any number of sections and interfaces; both in either byte
 * order; snoop (RFC 1761) of Ethernet, token ring and FDDI; ERF of Ethernet and IP. Plain or inside
 * gzip, zstd, xz or lz4. What a file is, its first bytes say, never its name.
 *
 * Formats written: pcap 2.4 (nanoseconds or microseconds) and pcapng 1.0, plain, gzip or zstd.
 *
 * Threads: a reader or writer is used by one thread at a time. torc_writer_stats() may be called by
 * any. A compressed file of more than 1 MiB is decompressed by a thread of the reader's own where
 * there are two processors, so a reader is not for the child of a fork().
 *
 * Sources: draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng, RFC 1761 (snoop), Endace's ERF types, RFC 1952
 * (gzip), RFC 8878 (zstd), the xz and lz4 frame formats.
 */
#ifndef TORC_FILE_H
#define TORC_FILE_H

#include <torc/packet.h>
#include <torc/ring.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_file;
struct torc_writer;

enum torc_file_format {
	TORC_FORMAT_AUTO = 0, /* writing: pcapng when the name has .pcapng in it, else pcap */
	TORC_FORMAT_PCAP = 1,
	TORC_FORMAT_PCAPNG = 2,
	TORC_FORMAT_SNOOP = 3, /* read only */
	TORC_FORMAT_ERF = 4    /* read only */
};

enum torc_compression {
	TORC_COMPRESSION_AUTO = 0, /* writing: by the name's end, .gz or .zst, else none */
	TORC_COMPRESSION_NONE = 1,
	TORC_COMPRESSION_GZIP = 2,
	TORC_COMPRESSION_ZSTD = 3,
	TORC_COMPRESSION_XZ = 4, /* read only */
	TORC_COMPRESSION_LZ4 = 5 /* read only */
};

/* ---- reading ---- */

/*
 * A block of a pcapng file that is neither a section header, an interface, nor a packet, as it is
 * in the file. Borrowed for the call.
 */
struct torc_file_block {
	uint64_t offset;     /* of its first byte in the file, decompressed */
	uint32_t type;       /* 4 name resolution, 5 interface statistics, 10 secrets, ... */
	uint32_t section;    /* 0 for the first */
	bool big_endian;     /* byte order of the numbers in the body */
	const uint8_t *body; /* without type and lengths */
	uint32_t body_bytes;
};

/* What torc_file_open() takes beside the path. Set size; everything that is zero has its default. */
struct torc_file_options {
	size_t size;
	size_t block_bytes; /* read() this much at once; 0: 256 KiB */
	/* called for each such block where it is met: while a packet behind it is read (with
	 * torc_file_next_batch() also one of the same batch), also during open */
	void (*on_block)(void *user, const struct torc_file_block *block);
	void *user;
};

/*
 * torc_file_open - open a capture file for reading
 *
 * path     a file or pipe; "-" is standard input
 * options  NULL: all defaults
 *
 * Reads the file's first bytes, so that torc_file_info() is complete. Returns 0 or
 *   -TORC_EFORMAT   empty, no capture file, or damaged before the first packet
 *   -EOPNOTSUPP     compressed in a way this build cannot undo
 * and errno's of open and read.
 */
TORC_API int torc_file_open(struct torc_file **file, const char *path,
			    const struct torc_file_options *options, struct torc_error *error);

/* torc_file_open_fd - the same on a descriptor, which stays the caller's and must stay open */
TORC_API int torc_file_open_fd(struct torc_file **file, int fd,
			       const struct torc_file_options *options, struct torc_error *error);

/*
 * torc_file_open_memory - the same on bytes in memory, borrowed until close
 *
 * Packets point into data itself, so they stay valid as long as it does (but not when the bytes are
 * compressed).
 */
TORC_API int torc_file_open_memory(struct torc_file **file, const void *data, size_t length,
				   const struct torc_file_options *options,
				   struct torc_error *error);

/* torc_file_close - release the reader and what was borrowed from it; NULL is allowed */
TORC_API void torc_file_close(struct torc_file *file);

/*
 * torc_file_next - borrow the next packet, until the next call on this reader
 *
 * packet->ifindex is the number of the interface (torc_file_interface()), direction is known where
 * the file says it. Returns 1 with a packet, 0 at the end of the file (asked again, it looks
 * whether the file has grown), or
 *   -TORC_EFORMAT   the file is cut or damaged here: torc_file_error() says how and at which byte,
 *                   and every whole record before has been delivered
 *   -EINTR -EAGAIN  a signal came, or a non-blocking descriptor has nothing: call again
 *   -EOPNOTSUPP     a compressed file that a thread of the process decompresses which forked this one
 */
TORC_API int torc_file_next(struct torc_file *file, struct torc_packet *packet);

/*
 * torc_file_next_batch - borrow up to max packets, all until the next call
 *
 * Returns how many (1 to max, and at most 1024), else as torc_file_next(). The fastest way to read.
 */
TORC_API int torc_file_next_batch(struct torc_file *file, struct torc_packet *packets,
				  unsigned int max);

/* torc_file_error - the sentence of the last failed call, "" when none failed */
TORC_API const char *torc_file_error(const struct torc_file *file);

/* What a file is, so far. Strings are borrowed until the next call on the reader; "" when absent. */
struct torc_file_info {
	size_t size;      /* set by the caller: torc/base.h, "Structs that may grow" */
	const char *path; /* as given; "-", "fd 3" or "memory" */
	enum torc_file_format format;
	const char *format_name; /* "pcap", "pcapng", "pcap (Kuznetzov)", ... */
	enum torc_compression compression;
	bool big_endian; /* of the section read last */
	uint16_t version_major;
	uint16_t version_minor;
	uint16_t link_type;       /* of the first interface */
	uint32_t snaplen;         /* of the first interface; 0: no limit */
	uint32_t interface_count; /* met so far */
	uint32_t section_count;   /* met so far; 1 for pcap */
	const char *hardware;     /* of the section read last: what made it */
	const char *os;
	const char *application;
	const char *comment;
	uint64_t packets;      /* delivered so far */
	uint64_t offset;       /* bytes of the decompressed file they took */
	uint64_t damage_offset; /* where the file is cut or damaged; TORC_UNKNOWN: nowhere so far */
	uint64_t file_bytes;   /* size of the file on disk; TORC_UNKNOWN for pipes */
	uint64_t file_offset;  /* bytes of those that were read so far */
	uint64_t length_clashes; /* packets whose captured length exceeds their length on the wire;
				  * they are delivered whole, with len raised to caplen */
	uint64_t time_clashes; /* packets with times that nanoseconds since 1970 cannot tell: those
				* before have 0 and TORC_PACKET_TIMESTAMP_MISSING, those after the
				* year 2554 UINT64_MAX */
};

/* torc_file_info - 0, or -EINVAL when info->size was not set */
TORC_API int torc_file_info(const struct torc_file *file, struct torc_file_info *info);

/*
 * One interface of a file; also what torc_writer_add_interface() takes. Strings are borrowed until
 * the reader closes; NULL means absent. Counters that the file does not tell are TORC_UNKNOWN.
 */
struct torc_file_interface {
	size_t size; /* set by the caller */
	const char *name;
	const char *description;
	const char *filter;
	const char *os;
	const char *hardware;
	const char *comment;
	uint16_t link_type; /* TORC_LINK_ */
	uint8_t fcs_bytes;  /* frame check sequence at the end of each packet */
	bool has_mac;
	uint8_t mac[6];
	uint32_t snaplen;        /* 0: no limit */
	uint64_t speed_bits;     /* per second; 0: not known */
	uint64_t ticks_per_second; /* resolution of its times; saturated */
	int64_t offset_seconds;  /* added to every time; already done in packets */
	uint32_t section;        /* reading: the section it belongs to */
	int32_t ifindex;         /* writing: packets with this ifindex belong to it */
	/* the statistics block read last for it; torc_writer_set_stats() writes one */
	uint64_t received;      /* by the interface */
	uint64_t dropped_by_interface;
	uint64_t accepted_by_filter;
	uint64_t dropped_by_os;
	uint64_t delivered;     /* to the application that captured */
	uint64_t start_ns;      /* since 1970, as timestamps */
	uint64_t end_ns;
};

/*
 * torc_file_interface - interface number index, in the order of the file; -ENOENT: none such;
 * -EINVAL: interface->size was not set
 */
TORC_API int torc_file_interface(const struct torc_file *file, uint32_t index,
				 struct torc_file_interface *interface);

/* One option of a pcapng block as it is in the file. Borrowed as the packet is. */
struct torc_file_option {
	uint16_t code;
	uint16_t length;
	const uint8_t *value;
};

/* What a file tells about one packet beyond struct torc_packet. */
struct torc_file_extra {
	size_t size;         /* set by the caller */
	uint64_t offset;     /* reading: of its record in the file, decompressed */
	uint32_t flags;      /* pcapng's flags word of the packet; 0 when absent */
	uint32_t len;        /* length on the wire as recorded, also when below the captured one */
	uint64_t drop_count; /* packets lost between the one before and this; TORC_UNKNOWN */
	uint64_t packet_id;  /* TORC_UNKNOWN when absent */
	uint32_t queue;      /* TORC_NO_QUEUE when absent */
	uint32_t comment_count; /* reading: how many there are */
	uint32_t comment_bytes;
	const char *comment; /* the first; not terminated; NULL when absent */
	uint32_t hash_bytes; /* algorithm number and value, as in the file */
	const uint8_t *hash;
	uint32_t verdict_bytes;
	const uint8_t *verdict;
	const struct torc_file_option *more; /* writing: further options, as they are */
	unsigned int more_count;
};

#define TORC_NO_QUEUE 0xFFFFFFFFu

/*
 * torc_file_extra - the extras of a packet of the last torc_file_next() or torc_file_next_batch()
 *
 * index  its place in that batch; 0 after torc_file_next()
 * Borrowed as the packet is. -ENOENT: the last call gave no such packet; -EINVAL: extra->size was
 * not set.
 */
TORC_API int torc_file_extra(const struct torc_file *file, unsigned int index,
			     struct torc_file_extra *extra);

/*
 * torc_file_extra_of - the same for a packet that came through a ring on a file
 *
 * packet  of the last batch that was read, still borrowed, or a part of it (filtered, sampled)
 * -ENOENT: it is not of that batch. Not for TORC_REENTRANT rings.
 */
TORC_API int torc_file_extra_of(const struct torc_file *file, const struct torc_packet *packet,
				struct torc_file_extra *extra);

/*
 * torc_file_of_ring - the file a ring reads, for torc_file_info(), torc_file_interface() and
 * torc_file_extra_of(); the ring's, and only to be looked at. NULL: it reads none.
 */
TORC_API const struct torc_file *torc_file_of_ring(const struct torc_ring *ring);

/*
 * torc_file_option - option number nth (from 0) of a packet of the last call, whatever its code
 *
 * Returns 1 with the option, 0 when there are no more.
 */
TORC_API int torc_file_option(const struct torc_file *file, unsigned int index, unsigned int nth,
			      struct torc_file_option *option);

/* One name of a name resolution block; borrowed from the block. */
struct torc_file_name {
	uint8_t address_bytes; /* 4 or 16 */
	const uint8_t *address;
	const char *name;      /* name_bytes long, not terminated */
	uint32_t name_bytes;
};

/*
 * torc_file_block_name - name number nth (from 0) of a block of type 4
 *
 * Returns 1 with the name, 0 when there are no more. For use in on_block.
 */
TORC_API int torc_file_block_name(const struct torc_file_block *block, unsigned int nth,
				  struct torc_file_name *name);

/* ---- writing ---- */

/* struct torc_writer_options.flags */
enum {
	TORC_WRITER_FLUSH_EACH = 1 << 0,   /* every torc_writer_write() reaches the file at once */
	TORC_WRITER_MICROSECONDS = 1 << 1, /* pcap: microseconds instead of nanoseconds */
	/* a thread writes; torc_writer_write() never waits for the disk: what does not fit into
	 * buffer_bytes is lost, and counted */
	TORC_WRITER_ASYNC = 1 << 2,
	/* packet.ifindex are interfaces of this machine: look up the names of new ones */
	TORC_WRITER_INTERFACE_NAMES = 1 << 3,
	TORC_WRITER_FSYNC = 1 << 4, /* fsync each file before it is closed */
	/* pcap: in place of its own link header each packet gets that of Linux cooked mode v2
	 * (TORC_LINK_LINUX_SLL2), which tells interface, direction and source address, as tcpdump
	 * -i any writes it; for packets of several interfaces or link types (Ethernet, raw IP) */
	TORC_WRITER_COOKED = 1 << 5,
	/* a file that is there is read to its end and gone on with, in its format, compression and
	 * (pcap) resolution, link type and snaplen; -EINVAL where these contradict the options,
	 * -TORC_EFORMAT when it is damaged. Not with rotation. */
	TORC_WRITER_APPEND = 1 << 6,
	/* names of rotated files as dumpcap's: trace_00001_20260131120000.pcap, the number from 1 on,
	 * the local time at which the file begins; no strftime(), no ring_files */
	TORC_WRITER_DUMPCAP_NAMES = 1 << 7,
	/* slices of rotate_ns begin at whole multiples of it since 1970, as dumpcap -b interval: */
	TORC_WRITER_ROTATE_ALIGNED = 1 << 8
};

/* What torc_writer_open() takes. Set size; everything that is zero has its default. */
struct torc_writer_options {
	size_t size;
	enum torc_file_format format;
	enum torc_compression compression;
	int compression_level; /* 0: the library's default */
	uint32_t flags;        /* TORC_WRITER_ */
	uint32_t snaplen;      /* packets are cut to this; 0: TORC_SNAPLEN_DEFAULT */
	uint16_t link_type;    /* of a pcap file, when has_link_type; else the first packet's, or
				* the first interface's */
	bool has_link_type;
	uint32_t mode;         /* of new files, 0: 0600 */
	uint64_t buffer_bytes; /* 0: 256 KiB, compressed 1 MiB, TORC_WRITER_ASYNC 64 MiB */
	/* pcapng, borrowed until close: what made it (NULL: torc and its version, or what the
	 * followed file says), and a comment of the section */
	const char *application;
	const char *comment;

	/*
	 * Rotation; each is off when 0. Sizes count before compression. A file is left when it is
	 * larger than rotate_bytes, as tcpdump -C does; when a packet comes rotate_ns or more after
	 * the packet that began the file, as tcpdump -G, or torc_writer_tick() says the time; or when it has rotate_packets packets.
	 *
	 * Names, as tcpdump's: the path goes through strftime() with the local time when rotate_ns
	 * is set; with rotate_bytes or rotate_packets a number follows it, from the second file on
	 * (trace.pcap, trace.pcap1, ...); with ring_files from the first on, with as many digits as
	 * the last needs, and it starts again at 0 (trace.pcap00 ... trace.pcap23).
	 */
	uint64_t rotate_bytes;
	uint64_t rotate_ns;
	uint64_t rotate_packets;
	uint32_t ring_files; /* tcpdump -C with -W: so many files, then the oldest is overwritten */
	uint32_t max_files;  /* tcpdump -G with -W: so many files, then no packet is taken */
	uint32_t keep_files; /* so many files, older ones of this writer are deleted */
	uint64_t start_ns;   /* time of the first file's name; 0: now */
	/*
	 * Called when a file is complete and closed, also at the end; from the writing thread with
	 * TORC_WRITER_ASYNC. Do not call into the writer from it.
	 */
	void (*on_rotate)(void *user, const char *path);
	void *user;
	/* a file whose packets are written: torc_writer_follow(), and what it says of itself is in
	 * the header: comments, hardware, system, application (pcap: snaplen) */
	const struct torc_file *follow;
};

/*
 * torc_writer_open - create a capture file
 *
 * path     "-" is standard output
 * options  NULL: all defaults
 *
 * An existing file is overwritten, but never one that this process has open as a capture file
 * (-EBUSY). Returns 0 or -ENOTTY (would write packets to a terminal), -EINVAL (options that
 * contradict each other), -EOPNOTSUPP (a compression this build does not have), and errno's of
 * open.
 */
TORC_API int torc_writer_open(struct torc_writer **writer, const char *path,
			      const struct torc_writer_options *options, struct torc_error *error);

/*
 * torc_writer_add_interface - declare an interface before its packets come
 *
 * Not needed: a packet whose ifindex and link type are new declares one without a name. Repeated in
 * each file of a rotation. pcap keeps the first link type and nothing else. Returns its number.
 */
TORC_API int torc_writer_add_interface(struct torc_writer *writer,
				       const struct torc_file_interface *interface);

/*
 * torc_writer_write - append packets; the bytes are copied
 *
 * Returns how many were taken: all of them, or fewer when max_files is reached: then none is taken
 * any more. Negative when the first was refused: -EINVAL (a second link type in a pcap file), or
 * when writing failed (-ENOSPC, -EIO, ...): then all were taken, packets that were buffered are
 * lost and counted in torc_writer_stats(), the torn end of the file is cut off, and the next call
 * tries again. With TORC_WRITER_ASYNC, packets without room are taken, lost, and counted.
 */
TORC_API int torc_writer_write(struct torc_writer *writer, const struct torc_packet *packets,
			       unsigned int count);

/*
 * torc_writer_write_extra - append one packet with its flags word, comments, drop count, ...
 *
 * extra    what the format has no place for (all of it in pcap) is left out; NULL is allowed
 * flags    when 0, the word is made from the packet's direction and kind
 * Returns 1 or as torc_writer_write().
 */
TORC_API int torc_writer_write_extra(struct torc_writer *writer, const struct torc_packet *packet,
				     const struct torc_file_extra *extra);

/*
 * torc_writer_write_block - append a block of another type to a pcapng file, such as names or
 * secrets that were read from one (body: numbers in this machine's byte order)
 */
TORC_API int torc_writer_write_block(struct torc_writer *writer, uint32_t type, const void *body,
				     uint32_t body_bytes);

/*
 * torc_writer_set_stats - the account of an interface, for the statistics block that pcapng gets at
 * each rotation and at the end; call again whenever it changed
 */
TORC_API int torc_writer_set_stats(struct torc_writer *writer, uint32_t interface,
				   const struct torc_stats *stats);

/*
 * torc_writer_copy_stats - the same from an interface that was read; its counters that are
 * TORC_UNKNOWN stay away
 */
TORC_API int torc_writer_copy_stats(struct torc_writer *writer, uint32_t interface,
				    const struct torc_file_interface *counters);

/*
 * torc_writer_follow - take over what a file tells of packets that come from it
 *
 * file  a reader, or torc_file_of_ring() of a ring; borrowed until the writer closes, and read by the
 *       thread that writes. Several may be followed, each by one writer.
 * From now on packets of the file's last batch keep their interface with all that is said of it, and
 * their comments, drop counts and other options. Names and secrets go into every file that is
 * written, journal entries and custom blocks into the one at hand; custom data that says so is not
 * copied, nor are blocks of other types, nor custom blocks of the other byte order. Statistics come
 * at the end of each file, in place of torc_writer_set_stats(). A pcap file has no place for any of
 * it. Returns 0, -ENOMEM, -EBUSY (another writer follows it) or as torc_writer_write().
 */
TORC_API int torc_writer_follow(struct torc_writer *writer, const struct torc_file *file);

/* torc_writer_rotate - end this file and begin the next, as if it were full */
TORC_API int torc_writer_rotate(struct torc_writer *writer);

/*
 * torc_writer_tick - do what only time brings about; to be called ten times a second or so, also when
 * no packet comes
 *
 * time_ns  the time now by the clock of the packets, as their timestamps, less what a packet may be
 *          late; 0: none, as for packets that come from a file
 *
 * What has waited for half a second in the buffer goes to the file, so that a program that is killed
 * loses no more. With rotate_ns a file is left when its time is over, also an empty one; from the
 * first call on the slices of time are counted from the name of the first file and follow one another
 * without a gap. Returns 1, 0 when max_files is reached (no packet is taken any more), or as
 * torc_writer_write().
 */
TORC_API int torc_writer_tick(struct torc_writer *writer, uint64_t time_ns);

/* torc_writer_flush - everything taken so far is in the file when this returned 0 */
TORC_API int torc_writer_flush(struct torc_writer *writer);

/* taken = written + lost + waiting */
struct torc_writer_stats {
	size_t size;            /* set by the caller */
	uint64_t taken;         /* packets given to torc_writer_write() */
	uint64_t written;       /* of those: in the file, as far as the kernel knows */
	uint64_t lost;          /* no room in the buffers, or the disk refused them */
	uint64_t waiting;       /* in the buffers */
	uint64_t written_bytes; /* of the files, after compression */
	uint64_t files;         /* begun */
	uint64_t failures;      /* writes that failed */
};

/* torc_writer_stats - the account; from any thread; 0, or -EINVAL when stats->size was not set */
TORC_API int torc_writer_stats(const struct torc_writer *writer, struct torc_writer_stats *stats);

/* torc_writer_error - the sentence of the last failed call, "" when none failed */
TORC_API const char *torc_writer_error(const struct torc_writer *writer);

/* torc_writer_path - the file being written now; borrowed until the next call on the writer */
TORC_API const char *torc_writer_path(const struct torc_writer *writer);

/*
 * torc_writer_close - write the rest and the statistics blocks, and release the writer
 *
 * error  the sentence when something could not be written; may be NULL
 * stats  the account at the end; may be NULL
 * Returns 0 or the code of the last failure. The writer is gone either way; NULL is allowed.
 */
TORC_API int torc_writer_close(struct torc_writer *writer, struct torc_writer_stats *stats,
			       struct torc_error *error);

#ifdef __cplusplus
}
#endif

#endif
