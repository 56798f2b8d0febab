/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * faults.c - call sequences of the library in which each allocation fails, alone and with all behind
 * it: a negative code or a result, no crash, and every descriptor given back
 */
#include <dirent.h>

#include <torc/torc.h>

#include <sys/stat.h>

#include "net.h"

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

static unsigned long allocations, fails_at; /* of this thread's sequence; 0: none fails */
static bool fails_all, counts;
static pthread_t counted;

/* Of the thread of the test alone: others would make the number of a place a matter of luck. */
__attribute__((unused)) static bool fails(void)
{
	if (!counts || !pthread_equal(pthread_self(), counted))
		return false;
	allocations++;
	if (fails_at == 0 || allocations < fails_at || (allocations > fails_at && !fails_all))
		return false;
	errno = ENOMEM;
	return true;
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAS_MALLOC_OF_ITS_OWN 1
#else
#define HAS_MALLOC_OF_ITS_OWN 0

void *malloc(size_t size)
{
	return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return fails() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	return fails() ? NULL : __libc_realloc(old, size);
}

#endif

static char folder[] = "/tmp/torc-faults-XXXXXX";
static char trace[64], device[80], written[80];

/* ---- the sequences; each returns 0 or a negative code ---- */

static int read_ring(struct torc_ring *ring)
{
	struct torc_stats stats = { .size = sizeof(stats) };
	struct torc_packet packet;
	int code = torc_ring_enable(ring);

	while (code == 0 && torc_ring_next(ring, &packet) > 0)
		;
	if (torc_ring_stats(ring, &stats) == 0)
		ok(stats.balanced, "the account balances");
	return code;
}

static int file_ring(void)
{
	struct torc_ring *ring;
	int code = torc_ring_open(&ring, device, 0, 0, NULL);

	if (code < 0)
		return code;
	code = torc_ring_set_filter(ring, "udp port 7000 or tcp");
	if (code == 0)
		code = torc_ring_set_cluster(ring, 7, TORC_CLUSTER_PER_FLOW);
	if (code == 0)
		code = read_ring(ring);
	torc_ring_close(ring);
	return code;
}

static int live_ring(void)
{
	struct torc_ring *ring;
	int code = torc_ring_open(&ring, "lo", 0, 0, NULL);

	if (code < 0)
		return code;
	torc_ring_set_poll_duration(ring, 0);
	code = torc_ring_set_filter(ring, "udp");
	if (code == 0)
		code = read_ring(ring);
	if (code == 0)
		code = torc_ring_remove_filter(ring);
	if (code == 0)
		code = torc_ring_disable(ring);
	torc_ring_close(ring);
	return code;
}

static int cluster(void)
{
	struct torc_ring *ring;
	int code = torc_ring_open(&ring, "lo", 0, 0, NULL);

	if (code < 0)
		return code;
	torc_ring_set_poll_duration(ring, 0);
	code = torc_ring_set_cluster(ring, 7, TORC_CLUSTER_PER_FLOW);
	if (code == 0)
		code = read_ring(ring);
	if (code == 0)
		code = torc_ring_leave_cluster(ring);
	torc_ring_close(ring);
	return code;
}

static int clusters_read(void)
{
	struct torc_cluster_info **clusters;
	unsigned int count;
	int code = torc_clusters_read(&clusters, &count);

	if (code == 0)
		torc_clusters_free(clusters, count);
	return code;
}

static int write_to(const char *path, bool rotates)
{
	uint8_t frame[80];
	struct torc_packet packet = { .data = frame, .len = sizeof(frame), .caplen = sizeof(frame),
				      .link_type = TORC_LINK_ETHERNET };
	struct torc_writer_options options = { .size = sizeof(options), .keep_files = rotates ? 3 : 0,
					       .rotate_packets = rotates ? 4 : 0 };
	struct torc_writer_stats stats = { .size = sizeof(stats) };
	struct torc_writer *writer;
	int code = torc_writer_open(&writer, path, &options, NULL), closed;

	if (code < 0)
		return code;
	net_frame(frame, sizeof(frame), 1);
	for (unsigned int i = 0; i < 20 && code >= 0; i++)
		code = torc_writer_write(writer, &packet, 1);
	closed = torc_writer_close(writer, &stats, NULL);
	ok(stats.taken == stats.written + stats.lost, "taken is written and lost");
	return code < 0 ? code : closed;
}

static int write_pcap(void)
{
	snprintf(written, sizeof(written), "%s/w.pcap", folder);
	return write_to(written, true);
}

static int write_pcapng(void)
{
	snprintf(written, sizeof(written), "%s/w.pcapng", folder);
	return write_to(written, true);
}

static int write_gzip(void)
{
	snprintf(written, sizeof(written), "%s/w.pcap.gz", folder);
	return write_to(written, true);
}

static int write_zstd(void)
{
	snprintf(written, sizeof(written), "%s/w.pcap.zst", folder);
	return write_to(written, true);
}

static int source(void)
{
	struct torc_source *source_of;
	struct torc_packet packet;
	struct torc_decoded decoded;
	int code = torc_source_open_file(&source_of, trace, NULL);

	if (code < 0)
		return code;
	code = torc_source_set_defrag(source_of, NULL, NULL);
	while (code >= 0 && torc_source_next(source_of, &packet, &decoded) > 0)
		;
	torc_source_close(source_of);
	return code;
}

static int flow_table(void)
{
	struct torc_flow_table_options options = { .size = sizeof(options), .flows = 64 };
	struct torc_flow_table *table;
	int code = torc_flow_table_open(&table, &options, NULL);

	if (code < 0)
		return code;
	torc_flow_table_flush(table);
	torc_flow_table_close(table);
	return 0;
}

static int streams(void)
{
	struct torc_streams *all;
	struct torc_source *source_of;
	struct torc_packet packet;
	struct torc_decoded decoded;
	int code = torc_streams_open(&all, NULL, NULL);

	if (code < 0)
		return code;
	code = torc_source_open_file(&source_of, trace, NULL);
	if (code == 0) {
		while (torc_source_next(source_of, &packet, &decoded) > 0)
			if (torc_streams_add(all, &packet, &decoded) > 0)
				while (torc_streams_next(all))
					;
		torc_source_close(source_of);
	}
	torc_streams_finish(all);
	torc_streams_close(all);
	return code;
}

static int maker(void)
{
	struct torc_packet packets[16];
	struct torc_maker *frames;
	int code = torc_maker_open(&frames, NULL, NULL);

	if (code < 0)
		return code;
	code = torc_maker_batch(frames, packets, 16) == 16 ? 0 : -ENOMEM;
	torc_maker_close(frames);
	return code;
}

static int sender(void)
{
	struct torc_packet packets[16];
	struct torc_sender *way;
	struct torc_maker *frames = NULL;
	int code = torc_sender_open(&way, "lo", NULL, NULL);

	if (code < 0)
		return code;
	code = torc_maker_open(&frames, NULL, NULL);
	if (code == 0)
		code = torc_sender_send(way, packets, torc_maker_batch(frames, packets, 16));
	torc_sender_close(way);
	torc_maker_close(frames);
	return code < 0 ? code : 0;
}

static int copy_packet(void)
{
	uint8_t frame[80];
	struct torc_packet packet = { .data = frame, .len = sizeof(frame), .caplen = sizeof(frame) };
	struct torc_packet *copy = torc_packet_clone(&packet);

	torc_packet_free(copy);
	return copy ? 0 : -ENOMEM;
}

static int live_list(void)
{
	struct torc_live_ring ring = { .size = sizeof(ring) };
	struct torc_live_list *list;
	int code = torc_live_open(&list);

	if (code < 0)
		return code;
	while (torc_live_next(list, &ring, NULL) > 0)
		;
	torc_live_close(list);
	return 0;
}

static int defrag(void)
{
	struct torc_defrag *fragments;
	int code = torc_defrag_open(&fragments, NULL, NULL);

	if (code == 0)
		torc_defrag_close(fragments);
	return code;
}

/* ---- each with faults ---- */

static unsigned int descriptors(void)
{
	DIR *all = opendir("/proc/self/fd");
	unsigned int count = 0;

	while (all && readdir(all))
		count++;
	if (all)
		closedir(all);
	return count;
}

static int with_fault(int (*sequence)(void), unsigned long at, bool all)
{
	int code;

	allocations = 0;
	fails_at = at;
	fails_all = all;
	counts = true;
	code = sequence();
	counts = false;
	return code;
}

static void faults(const char *name, int (*sequence)(void))
{
	unsigned int before, bad = 0, good = 0;
	unsigned long total;
	int code;

	with_fault(sequence, 0, false); /* what is made once for the process */
	code = with_fault(sequence, 0, false);
	if (code < 0) {
		skip(name, torc_strerror(code));
		return;
	}
	total = allocations;
	before = descriptors();
	for (unsigned long at = 1; at <= total; at++)
		for (int all = 0; all < 2; all++) {
			code = with_fault(sequence, at, all);
			bad += code < 0;
			good += code >= 0;
		}
	is(descriptors(), before, "%s: %lu allocations, %u errors, %u done without: descriptors", name,
	   total, bad, good);
	is(with_fault(sequence, 0, false), 0, "%s: it works afterwards", name);
}

static void make_trace(void)
{
	snprintf(trace, sizeof(trace), "%s/trace.pcap", folder);
	snprintf(device, sizeof(device), "pcap:%s", trace);
	write_to(trace, false);
}

int main(void)
{
	if (HAS_MALLOC_OF_ITS_OWN)
		skip_all("a sanitizer has an allocator of its own");
	if (!mkdtemp(folder))
		return 1;
	mkdir("/run/torc", 0755);
	counted = pthread_self();
	make_trace();
	faults("a ring on a file", file_ring);
	faults("a ring on an interface", live_ring);
	faults("a cluster", cluster);
	faults("reading clusters", clusters_read);
	faults("pcap", write_pcap);
	faults("pcapng", write_pcapng);
	faults("gzip", write_gzip);
	faults("zstd", write_zstd);
	faults("a source with fragments", source);
	faults("a flow table", flow_table);
	faults("streams", streams);
	faults("made packets", maker);
	faults("a sender", sender);
	faults("a copy of a packet", copy_packet);
	faults("live rings", live_list);
	faults("fragments", defrag);
	net_run("rm -rf %s", folder);
	return done();
}
