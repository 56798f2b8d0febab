/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cluster - what a cluster costs, how evenly it shares, and how many flows move
 *
 * Cost: two TPACKET_V3 sockets share the receiving end of a veth pair, by the kernel's own
 * PACKET_FANOUT_HASH, by our classic and by our eBPF program, in turn in every round. The sockets,
 * their readers and the sender are the same in all three; what is told is how many frames a second
 * came to both. Evenness and movement are counted on the very tables that members install.
 */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <pthread.h>
#include <sys/mman.h>

#include "cluster/kernel.h"
#include "cluster/table.h"
#include "fanout/extended.h"
#include "fanout/types.h"
#include "flood.h"
#include "rounds.h"

#define FRAMES  1000000
#define ROUNDS  7
#define FLOWS   10000
#define BLOCK   (1u << 18)
#define BLOCKS  128u

enum { BY_HASH, CLASSIC, EXTENDED, WAYS };
static const char *const way_names[] = { "PACKET_FANOUT_HASH", "classic BPF", "eBPF" };

struct reader {
	pthread_t thread;
	int fd;
	uint8_t *memory;
	uint64_t packets;
	bool stop; /* atomic */
};

static void *read_ring(void *argument)
{
	struct reader *r = argument;
	unsigned int at = 0;

	for (;;) {
		struct tpacket_block_desc *block = (void *)(r->memory + (size_t)at * BLOCK);
		struct pollfd poll_fd = { .fd = r->fd, .events = POLLIN };

		if (__atomic_load_n(&block->hdr.bh1.block_status, __ATOMIC_ACQUIRE) &
		    TP_STATUS_USER) {
			r->packets += block->hdr.bh1.num_pkts;
			__atomic_store_n(&block->hdr.bh1.block_status, TP_STATUS_KERNEL,
					 __ATOMIC_RELEASE);
			at = (at + 1) % BLOCKS;
		} else if (__atomic_load_n(&r->stop, __ATOMIC_ACQUIRE)) {
			return NULL;
		} else {
			poll(&poll_fd, 1, 20);
		}
	}
}

static int open_reader(struct reader *r, int ifindex)
{
	struct tpacket_req3 request = { .tp_block_size = BLOCK, .tp_block_nr = BLOCKS,
					.tp_frame_size = 2048,
					.tp_frame_nr = BLOCK / 2048 * BLOCKS,
					.tp_retire_blk_tov = 5 };
	struct sockaddr_ll address = { .sll_family = AF_PACKET, .sll_ifindex = ifindex,
				       .sll_protocol = htons(ETH_P_ALL) };
	int version = TPACKET_V3;

	memset(r, 0, sizeof(*r));
	r->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (r->fd < 0 ||
	    setsockopt(r->fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) < 0 ||
	    setsockopt(r->fd, SOL_PACKET, PACKET_RX_RING, &request, sizeof(request)) < 0)
		return -1;
	r->memory = mmap(NULL, (size_t)BLOCK * BLOCKS, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd,
			 0);
	if (r->memory == MAP_FAILED)
		return -1;
	return bind(r->fd, (struct sockaddr *)&address, sizeof(address));
}

static int install(int way, int fd, int ifindex)
{
	static struct torc_classic_program classic;
	struct sock_fprog fprog = { .filter = classic.insns };
	unsigned int bits = (unsigned int)torc_cluster_flow_bits(TORC_CLUSTER_PER_FLOW);
	uint16_t table[CLUSTER_BUCKETS];
	int program, map, ret;
	void *memory;

	for (unsigned int b = 0; b < CLUSTER_BUCKETS; b++)
		table[b] = b >= CLUSTER_BUCKETS / 2;
	if (way == BY_HASH)
		return 0;
	if (way == CLASSIC) {
		torc_cluster_classic(&classic, bits, table);
		fprog.len = classic.count;
		return torc_kernel_group_program(fd, &fprog, sizeof(fprog));
	}
	if (torc_extended_load(&program, &map, bits, false, NULL) < 0)
		return -1;
	ret = torc_extended_map(&memory, map);
	if (ret == 0) {
		torc_extended_group(memory, 0, ifindex);
		torc_extended_write(memory, 0, 1, table);
		ret = torc_kernel_group_program(fd, &program, sizeof(program));
		torc_extended_unmap(memory);
	}
	close(program);
	close(map);
	return ret;
}

/* Frames a second into both members, or a negative number. */
static double one_run(int way)
{
	static const uint16_t types[] = { PACKET_FANOUT_HASH, PACKET_FANOUT_CBPF,
					  PACKET_FANOUT_EBPF };
	int ifindex = (int)if_nametoindex("rx0");
	struct reader readers[2];
	struct flood flood = { 0 };
	double seconds = 0, rate = -1;
	bool sent;

	for (int i = 0; i < 2; i++) {
		if (open_reader(&readers[i], ifindex) < 0 ||
		    torc_kernel_group_enter(readers[i].fd, (uint16_t)(100 + way), types[way]) < 0)
			return -1;
	}
	if (install(way, readers[0].fd, ifindex) < 0)
		goto done;
	for (int i = 0; i < 2; i++)
		pthread_create(&readers[i].thread, NULL, read_ring, &readers[i]);
	sent = flood_start(&flood, "tx0", FRAMES, 64, 256, 0) == 0 && flood_wait(&flood, &seconds);
	usleep(20000);
	for (int i = 0; i < 2; i++) {
		__atomic_store_n(&readers[i].stop, true, __ATOMIC_RELEASE);
		pthread_join(readers[i].thread, NULL);
	}
	if (sent)
		rate = (double)(readers[0].packets + readers[1].packets) / seconds;
done:
	for (int i = 0; i < 2; i++) {
		munmap(readers[i].memory, (size_t)BLOCK * BLOCKS);
		close(readers[i].fd);
	}
	return rate;
}

static void cost(void)
{
	struct rounds rates[WAYS] = { { .count = 0 } };

	for (int round = 0; round < ROUNDS; round++) {
		for (int way = 0; way < WAYS; way++) {
			double rate = one_run(way);

			if (rate > 0)
				rounds_add(&rates[way], rate);
		}
	}
	printf("%-20s %16s %10s\n", "two members by", "packets/s", "of HASH");
	for (int way = 0; way < WAYS; way++) {
		double rate = rounds_share(&rates[way], 0.5);

		rounds_tell((struct rounds_row){ .bench = "cluster", .name = way_names[way],
						 .unit = "packets/s",
						 .peer = way_names[BY_HASH] },
			    &rates[way], way == BY_HASH ? NULL : &rates[BY_HASH]);
		if (rates[way].count > 0)
			printf("%-20s %16.0f %10.2f\n", way_names[way], rate,
			       rate / rounds_share(&rates[BY_HASH], 0.5));
		else
			printf("%-20s %16s\n", way_names[way], "not possible here");
	}
}

/* ---- evenness and movement ---- */

static uint32_t hashes[2][FLOWS]; /* of random flows, and of 10.0.x.y to one server */

static void make_hashes(void)
{
	struct torc_parsed parsed = { .ip = { .version = 4, .protocol = 6 } };
	uint32_t state = 1;

	for (unsigned int i = 0; i < FLOWS; i++) {
		for (int j = 0; j < 4; j++) {
			state = state * 1664525u + 1013904223u;
			parsed.ip.source[j] = (uint8_t)(state >> 24);
			state = state * 1664525u + 1013904223u;
			parsed.ip.destination[j] = (uint8_t)(state >> 24);
		}
		parsed.ip.source_port = (uint16_t)(state >> 8);
		parsed.ip.destination_port = 443;
		hashes[0][i] = torc_cluster_hash((unsigned int)torc_cluster_flow_bits(0), &parsed);
		memcpy(parsed.ip.source,
		       (uint8_t[]){ 10, 0, (uint8_t)(i >> 8), (uint8_t)i }, 4);
		memcpy(parsed.ip.destination, (uint8_t[]){ 10, 1, 0, 1 }, 4);
		parsed.ip.source_port = 40000;
		hashes[1][i] = torc_cluster_hash((unsigned int)torc_cluster_flow_bits(0), &parsed);
	}
}

static double fullest(const uint16_t *owner, const uint32_t *flows, unsigned int members)
{
	unsigned int count[CLUSTER_SLOTS] = { 0 }, most = 0;

	for (unsigned int i = 0; i < FLOWS; i++)
		count[owner[CLUSTER_BUCKET_OF(flows[i])]]++;
	for (unsigned int i = 0; i < members; i++)
		most = count[i] > most ? count[i] : most;
	return (double)most * members / FLOWS;
}

static double moved(const uint16_t *before, const uint16_t *after)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < FLOWS; i++) {
		unsigned int b = CLUSTER_BUCKET_OF(hashes[0][i]);

		count += before[b] != after[b];
	}
	return 100.0 * count / FLOWS;
}

/* The same with a plain modulo, where the last takes the place of the one that went. */
static double moved_modulo(unsigned int before, unsigned int after)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < FLOWS; i++) {
		unsigned int was = hashes[0][i] % before, is = hashes[0][i] % after;

		if (after < before && is == 0)
			is = before - 1; /* the first died; the last has its place */
		count += was != is;
	}
	return 100.0 * count / FLOWS;
}

static void shares(void)
{
	uint16_t owner[CLUSTER_BUCKETS], before[CLUSTER_BUCKETS], members[8];

	memset(owner, 0xFF, sizeof(owner));
	printf("\n%-8s %26s %28s %28s\n", "", "fullest member / mean", "flows that move when one",
	       "the same, hash %% n");
	printf("%-8s %13s %12s %14s %13s %14s %13s\n", "members", "random", "10.0.x.y", "joins",
	       "of n dies", "joins", "of n dies");
	for (unsigned int n = 1; n <= 8; n++) {
		double even[2], join, death = 0;

		members[n - 1] = (uint16_t)(n - 1);
		memcpy(before, owner, sizeof(before));
		torc_balance(owner, members, n);
		join = n > 1 ? moved(before, owner) : 0;
		even[0] = fullest(owner, hashes[0], n);
		even[1] = fullest(owner, hashes[1], n);
		memcpy(before, owner, sizeof(before));
		if (n > 1) {
			torc_balance(before, members + 1, n - 1);
			death = moved(owner, before);
		}
		if (n == 1 || n == 2 || n == 4 || n == 8)
			printf("%-8u %13.3f %12.3f %12.1f %% %11.1f %% %12.1f %% %11.1f %%\n", n,
			       even[0], even[1], join, death,
			       n > 1 ? moved_modulo(n - 1, n) : 0,
			       n > 1 ? moved_modulo(n, n - 1) : 0);
	}
}

int main(void)
{
	if (flood_make_veth("tx0", "rx0") < 0)
		return 77;
	cost();
	make_hashes();
	shares();
	return 0;
}
