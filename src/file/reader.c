/* SPDX-License-Identifier: BSD-3-Clause */
/* reader.c - the life of a capture file that is read: open, buffers, batches, errors */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file/file.h"

#define HEADROOM_BYTES  (64u << 10)
#define PORTS_MAX       65536u

/* ---- the files this process reads, so that no writer overwrites one of them ---- */

static pthread_mutex_t open_files_lock = PTHREAD_MUTEX_INITIALIZER;
static struct torc_file *open_files;

bool torc_file_is_open(uint64_t device, uint64_t inode)
{
	const struct torc_file *file;

	pthread_mutex_lock(&open_files_lock);
	for (file = open_files; file; file = file->next)
		if (file->device == device && file->inode == inode)
			break;
	pthread_mutex_unlock(&open_files_lock);
	return file != NULL;
}

static void register_file(struct torc_file *file, const struct stat *status)
{
	file->registered = true;
	file->device = status->st_dev;
	file->inode = status->st_ino;
	pthread_mutex_lock(&open_files_lock);
	file->next = open_files;
	open_files = file;
	pthread_mutex_unlock(&open_files_lock);
}

static void unregister_file(struct torc_file *file)
{
	struct torc_file **link;

	if (!file->registered)
		return;
	pthread_mutex_lock(&open_files_lock);
	for (link = &open_files; *link != file; link = &(*link)->next)
		;
	*link = file->next;
	pthread_mutex_unlock(&open_files_lock);
}

/* ---- errors ---- */

int torc_file_damaged(struct torc_file *file, const uint8_t *at, const char *format, ...)
{
	char what[256];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	file->damage_offset = file->begin_offset + (uint64_t)(at - file->begin);
	return torc_error_set(&file->error, -TORC_EFORMAT, "%s: byte %llu: %s", file->path,
			      (unsigned long long)file->damage_offset, what);
}

const char *torc_file_error(const struct torc_file *file)
{
	return file->error.text;
}

/* ---- what the walks keep ---- */

char *torc_file_keep_text(struct torc_file *file, const void *bytes, size_t length)
{
	char *text;

	if (file->text_bytes + length + 1 > TORC_FILE_TEXT_MAX)
		return NULL;
	text = malloc(length + 1);
	if (!text)
		return NULL;
	memcpy(text, bytes, length);
	text[length] = '\0';
	file->text_bytes += length + 1;
	return text;
}

struct torc_file_port *torc_file_add_port(struct torc_file *file)
{
	struct torc_file_port *port;

	if (file->port_count == file->port_room) {
		uint32_t room = file->port_room ? 2 * file->port_room : 4;

		port = room > PORTS_MAX ? NULL : realloc(file->ports, room * sizeof(*port));
		if (!port)
			return NULL;
		file->ports = port;
		file->port_room = room;
	}
	port = &file->ports[file->port_count++];
	*port = (struct torc_file_port){
		.view = { .size = sizeof(port->view), .received = TORC_UNKNOWN,
			  .dropped_by_interface = TORC_UNKNOWN, .accepted_by_filter = TORC_UNKNOWN,
			  .dropped_by_os = TORC_UNKNOWN, .delivered = TORC_UNKNOWN,
			  .start_ns = TORC_UNKNOWN, .end_ns = TORC_UNKNOWN },
	};
	return port;
}

/* The longest capture that is believed; the types are those whose messages may be that long. */
uint32_t torc_file_caplen_max(uint16_t link_type)
{
	switch (link_type) {
	case 220: /* USB_LINUX_MMAPPED */
	case 231: /* DBUS */
	case 249: /* USBPCAP */
	case 279: /* EBHSCR */
		return 128u << 20;
	default:
		return TORC_SNAPLEN_MAX;
	}
}

/* ---- buffers ---- */

int torc_file_buffer_open(struct torc_file_buffer *buffer, size_t headroom, size_t block)
{
	size_t page = 4096; /* whole pages, so that reads end up aligned */

	headroom = (headroom + page - 1) / page * page;
	buffer->memory = aligned_alloc(page, (headroom + block + page - 1) / page * page);
	if (!buffer->memory)
		return -ENOMEM;
	buffer->headroom = headroom;
	buffer->block = block;
	return 0;
}

void torc_file_buffer_close(struct torc_file_buffer *buffer)
{
	free(buffer->memory);
	buffer->memory = NULL;
}

static int read_failed(struct torc_file *file, ssize_t code)
{
	if (code == -TORC_EFORMAT)
		return torc_file_damaged(file, file->end, "%s", file->source->reason);
	if (code == -EOPNOTSUPP)
		return torc_error_set(&file->error, (int)code, "%s: %s", file->path,
				      file->source->reason);
	return torc_error_set(&file->error, (int)code, "%s: cannot read: %s", file->path,
			      torc_strerror((int)code));
}

/* Move the begun record in front of the block of buffer, which grows when it is too small for it. */
static int carry_over(struct torc_file *file, struct torc_file_buffer *buffer)
{
	size_t left = (size_t)(file->end - file->at);
	struct torc_file_buffer bigger, old = *buffer;
	uint8_t *begin;

	if (left > buffer->headroom) {
		int result = torc_file_buffer_open(&bigger, 2 * left,
						   left > buffer->block ? left : buffer->block);

		if (result < 0)
			return torc_error_set(&file->error, result, "%s: no memory for a record",
					      file->path);
		*buffer = bigger;
	}
	begin = buffer->memory + buffer->headroom - left;
	if (left > 0)
		memmove(begin, file->at, left);
	if (buffer->memory != old.memory)
		torc_file_buffer_close(&old);
	file->begin_offset += (uint64_t)(file->at - file->begin);
	file->begin = file->at = begin;
	file->end = begin + left;
	file->current = buffer;
	return 0;
}

int torc_file_fill(struct torc_file *file, struct torc_file_buffer *buffer)
{
	uint8_t *limit;
	ssize_t got;
	int result;

	if (!file->source)
		return 0;
	limit = buffer->memory + buffer->headroom + buffer->block;
	/* a pipe gives little at once: more of it fits behind what is there */
	if (buffer != file->current || file->at == file->end || file->end == limit) {
		result = carry_over(file, buffer);
		if (result < 0)
			return result;
		limit = buffer->memory + buffer->headroom + buffer->block;
	}
	got = torc_source_read(file->source, (uint8_t *)(uintptr_t)file->end,
			       (size_t)(limit - file->end));
	if (got < 0)
		return read_failed(file, got);
	file->end += got;
	return got > 0;
}

int torc_file_ended(struct torc_file *file)
{
	size_t left = (size_t)(file->end - file->at);

	file->at_end = true;
	if (left == 0)
		return 0;
	return torc_file_damaged(file, file->at, "the file ends in the middle of a record "
				 "(%zu bytes of it are there)", left);
}

/* ---- opening ---- */

static int detect_format(struct torc_file *file)
{
	int (*const formats[])(struct torc_file *) = {
		torc_file_pcap_open, torc_file_pcapng_open, torc_file_snoop_open,
		torc_file_erf_open, /* the last, since it has no magic number */
	};
	int result = 0;
	size_t i;

	for (i = 0; i < sizeof(formats) / sizeof(formats[0]) && result == 0; i++)
		result = formats[i](file);
	return result;
}

/* Files that are known but not read, and what may be done about it. */
static const struct {
	const char *begin;
	size_t bytes;
	const char *what;
} known[] = {
	{ "GMBU", 4, "a Network Monitor 2 file: editcap may convert it" },
	{ "RTSS", 4, "a Network Monitor 1 file: editcap may convert it" },
	{ "TRSNIFF data    \x1a", 17, "a Sniffer file: editcap may convert it" },
	{ "XCP\0", 4, "a NetXRay file: editcap may convert it" },
	{ "iptrace ", 8, "an iptrace file of AIX: editcap may convert it" },
	{ "btsnoop\0", 8, "a Bluetooth HCI log (btsnoop): editcap may convert it" },
	{ "BZh", 3, "compressed with bzip2: bzip2 -dc FILE | torc dump -r -" },
	{ "\x1f\x9d", 2, "compressed with compress: zcat FILE | torc dump -r -" },
	{ "\x02\x21\x4c\x18", 4, "in the old lz4 format: lz4 -dc FILE | torc dump -r -" },
	{ "PK\x03\x04", 4, "a zip archive: unzip -p FILE | torc dump -r -" },
};

static int not_a_capture(struct torc_file *file)
{
	const uint8_t *b = file->at;
	size_t length = (size_t)(file->end - file->at), i;

	file->damage_offset = 0;
	if (length == 0)
		return torc_error_set(&file->error, -TORC_EFORMAT, "%s: the file is empty",
				      file->path);
	if (length < 4)
		return torc_error_set(&file->error, -TORC_EFORMAT,
				      "%s: too short for a capture file (%zu bytes)", file->path,
				      length);
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (length >= known[i].bytes && memcmp(b, known[i].begin, known[i].bytes) == 0)
			return torc_error_set(&file->error, -TORC_EFORMAT, "%s: %s", file->path,
					      known[i].what);
	return torc_error_set(&file->error, -TORC_EFORMAT, "%s: not a pcap or pcapng file "
			      "(it begins with %02x %02x %02x %02x)", file->path, b[0], b[1], b[2],
			      b[3]);
}

/* Put a decompressor between the descriptor and the buffer when the first bytes ask for one. */
static int see_through_compression(struct torc_file *file)
{
	size_t length = (size_t)(file->end - file->at);
	enum torc_compression compression = torc_source_detect(file->at, length);
	int result;

	file->info.compression = compression;
	if (compression == TORC_COMPRESSION_NONE)
		return 0;
	result = torc_source_decompress(file->source, compression, file->at, length);
	if (result == -EOPNOTSUPP)
		return torc_error_set(&file->error, result, "%s: compressed with %s, which this "
				      "build of torc cannot read: decompress it first", file->path,
				      torc_compression_name(compression));
	if (result < 0)
		return torc_error_set(&file->error, result, "%s: no memory", file->path);
	file->at = file->end = file->begin;
	return 1;
}

/* Read until there are at least count bytes: 1, 0 when the file is shorter, or a negative code. */
static int want_bytes(struct torc_file *file, size_t count)
{
	while ((size_t)(file->end - file->at) < count) {
		int result = torc_file_fill(file, file->current);

		if (result <= 0)
			return result;
	}
	return 1;
}

/*
 * Look at what is there at once: the interfaces of a pcapng file come before its first packet. No
 * more is read than a whole first block of each, since a pipe may have nothing more yet.
 */
static int open_format(struct torc_file *file)
{
	int result = want_bytes(file, 4);

	if (result > 0 && file->source) {
		result = see_through_compression(file);
		if (result > 0)
			result = want_bytes(file, 4);
	}
	if (result < 0)
		return result;
	while ((result = detect_format(file)) == 2) {
		result = torc_file_fill(file, file->current);
		if (result < 0)
			return result;
		if (result == 0 && file->info.section_count > 0)
			return 0; /* a section without interfaces: nothing, or torn */
		if (result == 0)
			return torc_file_damaged(file, file->at,
						 "the file ends in its first header");
	}
	if (result == 0)
		return not_a_capture(file);
	return result < 0 ? result : 0;
}

static int start(struct torc_file *file)
{
	size_t block = file->options.block_bytes ?: TORC_FILE_BLOCK_BYTES;

	if (file->source) {
		if (block < 4096)
			block = 4096;
		if (torc_file_buffer_open(&file->own, HEADROOM_BYTES, block) < 0)
			return torc_error_set(&file->error, -ENOMEM, "%s: no memory", file->path);
		file->begin = file->at = file->end = file->own.memory + file->own.headroom;
	}
	file->current = &file->own;
	return open_format(file);
}

/* A reader without a source yet; NULL, and the reason. */
static struct torc_file *new_file(const char *path, const struct torc_file_options *options,
				  struct torc_error *reason)
{
	struct torc_file *file = calloc(1, sizeof(*file));

	torc_error_set(reason, -ENOMEM, "%s: no memory", path);
	if (!file)
		return NULL;
	if (torc_sized_take(&file->options, sizeof(file->options), options, "torc_file_options",
			    reason) < 0) {
		free(file);
		return NULL;
	}
	file->damage_offset = TORC_UNKNOWN;
	file->path = strdup(path);
	file->source = calloc(1, sizeof(*file->source));
	if (!file->path || !file->source) {
		free(file->source);
		free(file->path);
		free(file);
		return NULL;
	}
	file->source->fd = -1;
	file->source->compression = TORC_COMPRESSION_NONE;
	return file;
}

/* Start, and give the reader to the caller or, on failure, the sentence. */
static int hand_over(struct torc_file **result, struct torc_file *file, struct torc_error *error)
{
	int code = start(file);

	if (code < 0) {
		if (error)
			*error = file->error;
		torc_file_close(file);
		return code;
	}
	*result = file;
	return 0;
}

static void look_at_fd(struct torc_file *file, int fd, bool owned)
{
	struct stat status;

	file->source->fd = fd;
	file->source->owns_fd = owned;
	file->info.file_bytes = TORC_UNKNOWN;
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) {
		file->info.file_bytes = (uint64_t)status.st_size;
		file->source->plain_file = true;
		register_file(file, &status);
		posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	}
}

int torc_file_open(struct torc_file **result, const char *path,
		   const struct torc_file_options *options, struct torc_error *error)
{
	bool is_stdin = strcmp(path, "-") == 0;
	struct torc_error reason;
	struct torc_file *file;
	int fd;

	*result = NULL;
	fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		int code = -errno;

		return torc_error_set(error, code, "%s: %s", path, torc_strerror(code));
	}
	file = new_file(path, options, &reason);
	if (!file) {
		if (!is_stdin)
			close(fd);
		return torc_error_set(error, reason.code, "%s", reason.text);
	}
	look_at_fd(file, fd, !is_stdin);
	return hand_over(result, file, error);
}

int torc_file_open_fd(struct torc_file **result, int fd, const struct torc_file_options *options,
		      struct torc_error *error)
{
	struct torc_error reason;
	struct torc_file *file;
	char path[24];

	*result = NULL;
	snprintf(path, sizeof(path), "fd %d", fd);
	if (fcntl(fd, F_GETFD) < 0)
		return torc_error_set(error, -EBADF, "%s is not open", path);
	file = new_file(path, options, &reason);
	if (!file)
		return torc_error_set(error, reason.code, "%s", reason.text);
	look_at_fd(file, fd, false);
	return hand_over(result, file, error);
}

int torc_file_open_memory(struct torc_file **result, const void *data, size_t length,
			  const struct torc_file_options *options, struct torc_error *error)
{
	struct torc_error reason;
	struct torc_file *file = new_file("memory", options, &reason);

	*result = NULL;
	if (!file)
		return torc_error_set(error, reason.code, "%s", reason.text);
	file->info.file_bytes = length;
	file->info.compression = TORC_COMPRESSION_NONE;
	if (torc_source_detect(data, length) == TORC_COMPRESSION_NONE) {
		torc_source_release(file->source);
		file->source = NULL;
		file->begin = file->at = data;
		file->end = file->at + length;
	} else {
		file->source->memory = data;
		file->source->memory_left = length;
	}
	return hand_over(result, file, error);
}

void torc_file_close(struct torc_file *file)
{
	uint32_t i;

	if (!file)
		return;
	unregister_file(file);
	if (file->source)
		torc_source_release(file->source);
	for (i = 0; i < file->port_count; i++) {
		const struct torc_file_interface *view = &file->ports[i].view;

		free((void *)(uintptr_t)view->name);
		free((void *)(uintptr_t)view->description);
		free((void *)(uintptr_t)view->filter);
		free((void *)(uintptr_t)view->os);
		free((void *)(uintptr_t)view->hardware);
		free((void *)(uintptr_t)view->comment);
		free(file->ports[i].options);
	}
	free(file->ports);
	for (i = 0; i < 4; i++)
		free(file->section_text[i]);
	free(file->section_options);
	free(file->kept);
	torc_file_buffer_close(&file->own);
	free(file->path);
	free(file);
}

/* ---- packets ---- */

int torc_file_next_batch(struct torc_file *file, struct torc_packet *packets, unsigned int max)
{
	if (max > TORC_FILE_BATCH_MAX)
		max = TORC_FILE_BATCH_MAX;
	file->batch = 0;
	if (max == 0)
		return 0;
	for (;;) {
		int result = file->ops->walk(file, packets, max);

		if (result > 0) {
			file->batch = (unsigned int)result;
			file->packets += (unsigned int)result;
			return result;
		}
		if (result == 0)
			result = torc_file_fill(file, file->current);
		if (result < 0)
			return result;
		if (result == 0)
			return torc_file_ended(file);
	}
}

int torc_file_next(struct torc_file *file, struct torc_packet *packet)
{
	int result = file->ops->walk(file, packet, 1);

	if (__builtin_expect(result <= 0, 0))
		return torc_file_next_batch(file, packet, 1);
	file->batch = 1;
	file->packets++;
	return 1;
}

int torc_file_extra(const struct torc_file *file, unsigned int index, struct torc_file_extra *extra)
{
	struct torc_file_extra full = { .drop_count = TORC_UNKNOWN, .packet_id = TORC_UNKNOWN,
					.queue = TORC_NO_QUEUE };

	if (index >= file->batch)
		return -ENOENT;
	full.offset = file->begin_offset + (uint64_t)(file->records[index] - file->begin);
	file->ops->extra(file, file->records[index], &full);
	return torc_sized_give(extra, &full, sizeof(full));
}

int torc_file_index_of(const struct torc_file *file, const struct torc_packet *packet)
{
	unsigned int low = 0, high = file->batch;

	/* records lie in the order of the batch: the last one that begins before the data */
	while (low < high) {
		unsigned int middle = (low + high) / 2;

		if (file->records[middle] < packet->data)
			low = middle + 1;
		else
			high = middle;
	}
	/* in front of the data are a record's fixed fields and nothing else */
	if (low == 0 || packet->data - file->records[low - 1] > 32)
		return -ENOENT;
	return (int)low - 1;
}

int torc_file_extra_of(const struct torc_file *file, const struct torc_packet *packet,
		       struct torc_file_extra *extra)
{
	int index = torc_file_index_of(file, packet);

	return index < 0 ? index : torc_file_extra(file, (unsigned int)index, extra);
}

/* ---- what the file is ---- */

int torc_file_info(const struct torc_file *file, struct torc_file_info *given)
{
	char *const *text = file->section_text;
	struct torc_file_info info = file->info;

	info.path = file->path;
	info.format_name = file->ops->name;
	if (file->kuznetzov)
		info.format_name = "pcap (Kuznetzov)";
	info.big_endian = file->swapped != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
	info.interface_count = file->port_count;
	if (file->port_count > 0) {
		info.link_type = file->ports[0].view.link_type;
		info.snaplen = file->ports[0].view.snaplen;
	}
	info.hardware = text[0] ?: "";
	info.os = text[1] ?: "";
	info.application = text[2] ?: "";
	info.comment = text[3] ?: "";
	info.packets = file->packets;
	info.offset = file->begin_offset + (uint64_t)(file->at - file->begin);
	info.damage_offset = file->damage_offset;
	info.file_offset = info.offset;
	if (file->source)
		info.file_offset = __atomic_load_n(&file->source->raw_bytes, __ATOMIC_RELAXED);
	info.length_clashes = file->length_clashes;
	info.time_clashes = file->time_clashes;
	return torc_sized_give(given, &info, sizeof(info));
}

int torc_file_interface(const struct torc_file *file, uint32_t index,
			struct torc_file_interface *interface)
{
	if (index >= file->port_count)
		return -ENOENT;
	return torc_sized_give(interface, &file->ports[index].view, sizeof(*interface));
}
