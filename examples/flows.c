/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * flows.c - the largest flows of a device string: an interface or a file, by one worker or several
 *
 *	flows [-w WORKERS] [-s SECONDS] [-n TOP] DEVICE [FILTER]
 *
 *	flows pcap:trace.pcapng           the flows of a file
 *	flows -w 4 pcap:trace.pcapng      the same totals, by four rings in a cluster
 *	flows -w 4 -s 10 eth0             ten seconds of an interface
 *
 * Each worker has a ring and a table of its own, and nothing is shared while packets come: the
 * cluster gives both directions of a flow to the same worker. The tables are added up at the end.
 */
#include <arpa/inet.h>
#include <err.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <torc/torc.h>

#define WORKERS_MAX 64
#define BATCH       64

/* Both directions have the same key: the smaller endpoint comes first. No padding: it is hashed. */
struct key {
	uint8_t address[2][16];
	uint16_t port[2];
	uint8_t version, protocol;
	uint16_t unused;
};

struct flow {
	struct key key;
	uint64_t packets, bytes;
};

struct table {
	struct flow *flows; /* a free place has no packets */
	size_t room;        /* a power of two */
	size_t count;
};

struct worker {
	struct torc_ring *ring;
	struct table table;
	uint64_t packets, bytes, other;
	int result;
	pthread_t thread;
};

static struct worker workers[WORKERS_MAX];
static int worker_count = 1;

/* ---- the table: open addressing, at most half full ---- */

static uint64_t hash_of(const struct key *key)
{
	uint64_t hash = 14695981039346656037u, part;
	size_t i;

	for (i = 0; i + 8 <= sizeof(*key); i += 8) {
		memcpy(&part, (const char *)key + i, 8);
		hash = (hash ^ part) * 0x9e3779b97f4a7c15u;
		hash ^= hash >> 29;
	}
	return hash;
}

static struct flow *place_of(const struct table *table, const struct key *key)
{
	size_t at = hash_of(key) & (table->room - 1);

	while (table->flows[at].packets && memcmp(&table->flows[at].key, key, sizeof(*key)) != 0)
		at = (at + 1) & (table->room - 1);
	return &table->flows[at];
}

static void add(struct table *table, const struct key *key, uint64_t packets, uint64_t bytes)
{
	struct flow *flow;

	if (2 * table->count >= table->room) {
		struct table bigger = { .room = table->room ? 2 * table->room : 1024 };
		size_t i;

		bigger.flows = calloc(bigger.room, sizeof(*bigger.flows));
		if (!bigger.flows)
			err(1, "%zu flows", table->count);
		for (i = 0; i < table->room; i++)
			if (table->flows[i].packets)
				*place_of(&bigger, &table->flows[i].key) = table->flows[i];
		bigger.count = table->count;
		free(table->flows);
		*table = bigger;
	}
	flow = place_of(table, key);
	table->count += flow->packets == 0;
	flow->key = *key;
	flow->packets += packets;
	flow->bytes += bytes;
}

/* ---- packets ---- */

static struct key key_of(const struct torc_parsed_ip *ip)
{
	struct key key = { .version = ip->version, .protocol = ip->protocol };
	int order = memcmp(ip->source, ip->destination, 16);
	int first = order > 0 || (order == 0 && ip->source_port > ip->destination_port);

	memcpy(key.address[first], ip->source, 16);
	memcpy(key.address[!first], ip->destination, 16);
	key.port[first] = ip->source_port;
	key.port[!first] = ip->destination_port;
	return key;
}

static void *work(void *argument)
{
	struct worker *worker = argument;
	struct torc_packet packets[BATCH];
	int i;

	while ((worker->result = torc_ring_next_batch(worker->ring, packets, BATCH)) > 0)
		for (i = 0; i < worker->result; i++) {
			const struct torc_parsed *parsed = packets[i].parsed;
			struct key key;

			worker->packets++;
			worker->bytes += packets[i].len;
			if (parsed->ip.version == 0) {
				worker->other++;
				continue;
			}
			key = key_of(&parsed->ip);
			add(&worker->table, &key, 1, packets[i].len);
		}
	return NULL;
}

/* ---- what is printed ---- */

static int by_bytes(const void *a, const void *b)
{
	const struct flow *x = a, *y = b;

	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? 1 : -1;
	return memcmp(&x->key, &y->key, sizeof(x->key));
}

static void print_flow(const struct flow *flow)
{
	int family = flow->key.version == 4 ? AF_INET : AF_INET6;
	char text[2][INET6_ADDRSTRLEN];

	inet_ntop(family, flow->key.address[0], text[0], sizeof(text[0]));
	inet_ntop(family, flow->key.address[1], text[1], sizeof(text[1]));
	printf("%12" PRIu64 " %10" PRIu64 "  %3u  %s.%u  %s.%u\n", flow->bytes, flow->packets,
	       flow->key.protocol, text[0], flow->key.port[0], text[1], flow->key.port[1]);
}

static void print_all(unsigned int top)
{
	struct table all = { 0 };
	uint64_t packets = 0, bytes = 0, other = 0;
	size_t i, count = 0;
	int w;

	for (w = 0; w < worker_count; w++) {
		const struct table *table = &workers[w].table;

		for (i = 0; i < table->room; i++)
			if (table->flows[i].packets)
				add(&all, &table->flows[i].key, table->flows[i].packets,
				    table->flows[i].bytes);
		packets += workers[w].packets;
		bytes += workers[w].bytes;
		other += workers[w].other;
	}
	for (i = 0; i < all.room; i++)
		if (all.flows[i].packets)
			all.flows[count++] = all.flows[i];
	if (count > 0)
		qsort(all.flows, count, sizeof(*all.flows), by_bytes);
	printf("%12s %10s  %s\n", "bytes", "packets", "flow");
	for (i = 0; i < count && i < top; i++)
		print_flow(&all.flows[i]);
	printf("%zu flows, %" PRIu64 " packets, %" PRIu64 " bytes, %" PRIu64 " not IP\n", count,
	       packets, bytes, other);
	free(all.flows);
}

/* ---- rings ---- */

static void stop(int signal)
{
	int w;

	(void)signal;
	for (w = 0; w < worker_count; w++)
		torc_ring_stop(workers[w].ring);
}

/* All members are there before the first packet is given out. */
static void open_rings(const char *device, const char *filter)
{
	unsigned int id = (unsigned int)getpid() % 65535 + 1;
	struct torc_error error;
	int w;

	for (w = 0; w < worker_count; w++) {
		struct torc_ring **ring = &workers[w].ring;

		if (torc_ring_open(ring, device, 0, TORC_LONG_HEADER | TORC_PROMISC, &error) < 0)
			errx(1, "%s", error.text);
		if ((filter && torc_ring_set_filter(*ring, filter) < 0) ||
		    (worker_count > 1 &&
		     torc_ring_set_cluster(*ring, id, TORC_CLUSTER_PER_FLOW_5_TUPLE) < 0))
			errx(1, "%s", torc_ring_error(*ring));
	}
	for (w = 0; w < worker_count; w++)
		if (torc_ring_enable(workers[w].ring) < 0)
			errx(1, "%s", torc_ring_error(workers[w].ring));
}

int main(int argc, char **argv)
{
	unsigned int seconds = 0, top = 10;
	int option, w, failed = 0;

	while ((option = getopt(argc, argv, "w:s:n:")) != -1) {
		if (option == 'w')
			worker_count = atoi(optarg);
		else if (option == 's')
			seconds = (unsigned int)atoi(optarg);
		else if (option == 'n')
			top = (unsigned int)atoi(optarg);
	}
	if (optind >= argc || worker_count < 1 || worker_count > WORKERS_MAX)
		errx(2, "usage: flows [-w WORKERS] [-s SECONDS] [-n TOP] DEVICE [FILTER]");
	open_rings(argv[optind], argv[optind + 1]);
	signal(SIGINT, stop);
	signal(SIGALRM, stop);
	alarm(seconds);
	for (w = 0; w < worker_count; w++)
		if (pthread_create(&workers[w].thread, NULL, work, &workers[w]) != 0)
			errx(1, "no thread");
	for (w = 0; w < worker_count; w++)
		pthread_join(workers[w].thread, NULL);
	print_all(top);
	for (w = 0; w < worker_count; w++) {
		if (workers[w].result < 0) {
			warnx("%s", torc_ring_error(workers[w].ring));
			failed = 1;
		}
		torc_ring_close(workers[w].ring);
		free(workers[w].table.flows);
	}
	return failed;
}
