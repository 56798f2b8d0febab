/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fuzz target: capture files, what they are said by their first bytes. Each is read twice, from
 * memory in place and through a descriptor in small blocks, one packet at a time: both must say the
 * same. pcapng is also written again, by a writer that follows it.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <torc/file.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct reading {
	int opened;
	int result;
	uint64_t packets;
	uint64_t sum;
	uint64_t block_sum; /* apart: blocks come before the packets of their batch */
	uint64_t damage;
	uint32_t blocks;
};

static void add_bytes(uint64_t *sum, const void *bytes, size_t length)
{
	const uint8_t *at = bytes;
	size_t i;

	for (i = 0; i < length; i++)
		*sum = (*sum ^ at[i]) * 0x100000001b3u;
}

static void on_block(void *user, const struct torc_file_block *block)
{
	struct reading *reading = user;
	struct torc_file_name name;
	unsigned int i;

	reading->blocks++;
	add_bytes(&reading->block_sum, block->body, block->body_bytes);
	for (i = 0; torc_file_block_name(block, i, &name) > 0; i++)
		add_bytes(&reading->block_sum, name.name, name.name_bytes);
}

static void add_packet(struct reading *reading, const struct torc_file *file, unsigned int index,
		       const struct torc_packet *packet)
{
	struct torc_file_extra extra = { .size = sizeof(extra) };
	struct torc_file_interface view = { .size = sizeof(view) };
	struct torc_file_option option;
	unsigned int nth;

	if (packet->caplen > packet->len ||
	    torc_file_interface(file, (uint32_t)packet->ifindex, &view) < 0 ||
	    view.link_type != packet->link_type || torc_file_extra(file, index, &extra) < 0)
		abort();
	reading->packets++;
	add_bytes(&reading->sum, packet->data, packet->caplen);
	add_bytes(&reading->sum, &packet->timestamp_ns, 8);
	add_bytes(&reading->sum, extra.comment, extra.comment_bytes);
	add_bytes(&reading->sum, extra.hash, extra.hash_bytes);
	add_bytes(&reading->sum, extra.verdict, extra.verdict_bytes);
	for (nth = 0; torc_file_option(file, index, nth, &option) > 0; nth++)
		add_bytes(&reading->sum, option.value, option.length);
}

/* Also written again, with all that a pcapng file tells beyond packets, when writer is not NULL. */
static void read_file(struct torc_file *file, struct reading *reading, unsigned int batch,
		      struct torc_writer *writer)
{
	struct torc_packet packets[16];
	struct torc_file_info info = { .size = sizeof(info) };
	int i;

	while ((reading->result = torc_file_next_batch(file, packets, batch)) > 0) {
		for (i = 0; i < reading->result; i++)
			add_packet(reading, file, (unsigned int)i, &packets[i]);
		if (writer &&
		    torc_writer_write(writer, packets, (unsigned int)i) != reading->result)
			abort();
	}
	if (torc_writer_close(writer, NULL, NULL) < 0)
		abort();
	torc_file_info(file, &info);
	reading->damage = info.damage_offset;
	if ((reading->result < 0) != (info.damage_offset != TORC_UNKNOWN) ||
	    info.packets != reading->packets)
		abort();
	torc_file_close(file);
}

static struct torc_writer *follow(const struct torc_file *file)
{
	struct torc_writer_options options = { .size = sizeof(options), .follow = file,
					       .format = TORC_FORMAT_PCAPNG, .buffer_bytes = 4096 };
	struct torc_file_info info = { .size = sizeof(info) };
	struct torc_writer *writer = NULL;

	torc_file_info(file, &info);
	if (info.format == TORC_FORMAT_PCAPNG &&
	    torc_writer_open(&writer, "/dev/null", &options, NULL) < 0)
		abort();
	return writer;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reading memory = { 0 }, blocks = { 0 };
	struct torc_file_options options = { .size = sizeof(options), .block_bytes = 4096,
					     .on_block = on_block };
	struct torc_file *file;
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	options.user = &memory;
	memory.opened = torc_file_open_memory(&file, data, size, &options, NULL);
	if (memory.opened == 0)
		read_file(file, &memory, 16, follow(file));
	if (fd < 0 || write(fd, data, size) != (ssize_t)size || lseek(fd, 0, SEEK_SET) < 0)
		abort();
	options.user = &blocks;
	blocks.opened = torc_file_open_fd(&file, fd, &options, NULL);
	if (blocks.opened == 0)
		read_file(file, &blocks, 1, NULL);
	close(fd);
	if (memory.opened != blocks.opened || memory.result != blocks.result ||
	    memory.packets != blocks.packets || memory.sum != blocks.sum ||
	    memory.damage != blocks.damage || memory.blocks != blocks.blocks ||
	    memory.block_sum != blocks.block_sum)
		abort();
	return 0;
}
