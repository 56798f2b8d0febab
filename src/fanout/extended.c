/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * extended.c - the eBPF program of a cluster, and the memory it reads
 *
 * Type BPF_PROG_TYPE_SOCKET_FILTER, in a fanout group by PACKET_FANOUT_DATA. Two maps: one element
 * of struct extended_memory, which members write through mmap() (BPF_F_MMAPABLE, Linux 5.5), and an
 * LRU hash of datagrams whose first fragment went by.
 */
#include "fanout/extended.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bpf/bpf.h"
#include "fanout/extended_code.h"
#include "parse/cursor.h"
#include "parse/flow.h"

#define DATAGRAMS  16384 /* remembered at a time */
#define TAGS       4
#define HEADER_MAC 0     /* BPF_HDR_START_MAC */

/* Two tables for each group: while one is in use the other is written. */
struct extended_memory {
	uint32_t interface[CLUSTER_GROUPS]; /* ifindex + 1; 1: any; 0: not in use */
	uint32_t selected[CLUSTER_GROUPS];  /* 0 or 1; atomic */
	uint32_t modulus[CLUSTER_GROUPS][2];
	uint64_t turn[CLUSTER_GROUPS]; /* written by the program only */
	uint16_t table[CLUSTER_GROUPS][2][CLUSTER_BUCKETS];
};

static void multiply(struct extended *x, uint8_t reg, uint32_t factor)
{
	emit(x, BPF_ALU32_IMM(BPF_MUL, reg, factor));
}

/* reg ^= reg >> bits; loses R5 */
static void xor_shift(struct extended *x, uint8_t reg, int bits)
{
	emit(x, BPF_ALU32_REG(BPF_MOV, R5, reg));
	emit(x, BPF_ALU32_IMM(BPF_RSH, R5, bits));
	emit(x, BPF_ALU32_REG(BPF_XOR, reg, R5));
}

static void mix_end(struct extended *x, uint8_t reg)
{
	multiply(x, reg, TORC_FLOW_END_1);
	xor_shift(x, reg, 15);
	multiply(x, reg, TORC_FLOW_END_2);
	xor_shift(x, reg, 13);
}

static void mix_final(struct extended *x, uint8_t reg)
{
	xor_shift(x, reg, 16);
	multiply(x, reg, TORC_FLOW_FINAL_1);
	xor_shift(x, reg, 15);
	multiply(x, reg, TORC_FLOW_FINAL_2);
	xor_shift(x, reg, 16);
}

/* R1: control information of a tag; loses R2 */
static void add_tag(struct extended *x)
{
	unsigned int enough = label(x);

	get(x, R2, AT_TAGS);
	jump(x, BPF_IF_IMM(BPF_JGE, R2, 2), enough);
	emit(x, BPF_ALU64_IMM(BPF_ADD, R2, 1));
	set(x, AT_TAGS, R2);
	emit(x, BPF_ALU64_IMM(BPF_AND, R1, 0x0FFF));
	emit(x, BPF_ALU64_IMM(BPF_ADD, R1, 1));
	get(x, R2, AT_SUM);
	emit(x, BPF_ALU32_REG(BPF_ADD, R1, R2));
	multiply(x, R1, TORC_FLOW_TAG);
	set(x, AT_SUM, R1);
	place(x, enough);
}

/* count bytes of the link-layer header to AT_BYTES */
static void link_bytes(struct extended *x, int offset, int count)
{
	emit(x, BPF_MOV_REG(R1, PACKET));
	emit(x, BPF_MOV_IMM(R2, offset));
	emit(x, BPF_MOV_REG(R3, STACK));
	emit(x, BPF_ALU64_IMM(BPF_ADD, R3, AT_BYTES));
	emit(x, BPF_MOV_IMM(R4, count));
	emit(x, BPF_MOV_IMM(R5, HEADER_MAC));
	emit(x, BPF_CALL_HELPER(BPF_FUNC_skb_load_bytes_relative));
	jump(x, BPF_IF_IMM(BPF_JNE, R0, 0), x->zero);
}

static void load_field(struct extended *x, uint8_t reg, size_t offset)
{
	emit(x, BPF_LOAD(BPF_W, reg, PACKET, offset));
}

static void begin(struct extended *x)
{
	unsigned int received = label(x), typed = label(x);

	emit(x, BPF_MOV_REG(PACKET, R1));
	for (int cell = STACK_END; cell < AT_BYTES; cell += 8) {
		bool inner_key = cell >= AT_INNER_KEY && cell < AT_KEY;

		if (!inner_key || (x->bits & TORC_FLOW_INNER))
			set_number(x, cell, 0);
	}
	load_field(x, R1, offsetof(struct __sk_buff, len));
	set(x, AT_END, R1);
	load_field(x, R1, offsetof(struct __sk_buff, pkt_type));
	jump(x, BPF_IF_IMM(BPF_JNE, R1, PACKET_OUTGOING), received);
	link_bytes(x, 12, 2); /* who sends may have given any number as the protocol */
	number16(x, COUNT, 0);
	emit(x, BPF_MOV_IMM(NETWORK, 14));
	jump(x, BPF_GOTO(), typed);
	place(x, received);
	load_field(x, COUNT, offsetof(struct __sk_buff, protocol));
	emit(x, BPF_BIG_ENDIAN(COUNT, 16));
	emit(x, BPF_MOV_IMM(NETWORK, 0));
	place(x, typed);
	if (x->bits & TORC_FLOW_VLAN) {
		unsigned int none = label(x);

		load_field(x, R1, offsetof(struct __sk_buff, vlan_present));
		jump(x, BPF_IF_IMM(BPF_JEQ, R1, 0), none);
		load_field(x, R1, offsetof(struct __sk_buff, vlan_tci));
		add_tag(x);
		place(x, none);
	}
}

/* COUNT: the Ethernet type; down to the first that is no tag. */
static void skip_tags(struct extended *x)
{
	unsigned int end = label(x);

	for (int i = 0; i < TAGS; i++) {
		unsigned int tag = label(x);

		jump(x, BPF_IF_IMM(BPF_JEQ, COUNT, ETHER_VLAN), tag);
		jump(x, BPF_IF_IMM(BPF_JEQ, COUNT, ETHER_QINQ), tag);
		jump(x, BPF_IF_IMM(BPF_JNE, COUNT, ETHER_QINQ_OLD), end);
		place(x, tag);
		torc_extended_bytes(x, NETWORK, 0, 4, x->other);
		number16(x, COUNT, 2);
		emit(x, BPF_ALU64_IMM(BPF_ADD, NETWORK, 4));
		if (x->bits & TORC_FLOW_VLAN) {
			number16(x, R1, 0);
			add_tag(x);
		}
	}
	place(x, end);
}

/* R1: 4 or 6, or something else */
static void dispatch_version(struct extended *x, int ipv4, int ipv6)
{
	jump(x, BPF_IF_IMM(BPF_JEQ, R1, ipv4), x->ipv4[0]);
	jump(x, BPF_IF_IMM(BPF_JEQ, R1, ipv6), x->ipv6[0]);
	jump(x, BPF_GOTO(), x->other);
}

/* Down to the bottom of the label stack (RFC 3032 §2.1), where the first four bits tell the version. */
static void mpls(struct extended *x)
{
	unsigned int bottom = label(x);

	for (int i = 0; i < MPLS_LABELS_MAX; i++) {
		torc_extended_bytes(x, NETWORK, 0, 4, x->other);
		number16(x, R1, 2);
		emit(x, BPF_ALU64_IMM(BPF_ADD, NETWORK, 4));
		jump(x, BPF_IF_IMM(BPF_JSET, R1, 0x0100), bottom);
	}
	jump(x, BPF_GOTO(), x->other);
	place(x, bottom);
	torc_extended_bytes(x, NETWORK, 0, 2, x->other);
	number16(x, R1, 0);
	emit(x, BPF_ALU64_IMM(BPF_RSH, R1, 12));
	dispatch_version(x, 4, 6);
}

/* Behind the header of a PPPoE session (RFC 2516 §4) and PPP's protocol. */
static void pppoe(struct extended *x)
{
	torc_extended_bytes(x, NETWORK, 0, PPPOE_BYTES, x->other);
	emit(x, BPF_ALU64_IMM(BPF_ADD, NETWORK, PPPOE_BYTES));
	number16(x, R1, 0);
	jump(x, BPF_IF_IMM(BPF_JNE, R1, PPPOE_DATA), x->other);
	number16(x, R1, 6);
	dispatch_version(x, PPP_IPV4, PPP_IPV6);
}

/* COUNT: the type of what is at NETWORK. */
static void dispatch(struct extended *x)
{
	unsigned int labels = label(x), session = label(x);

	jump(x, BPF_IF_IMM(BPF_JEQ, COUNT, ETHER_IPV4), x->ipv4[0]);
	jump(x, BPF_IF_IMM(BPF_JEQ, COUNT, ETHER_IPV6), x->ipv6[0]);
	jump(x, BPF_IF_IMM(BPF_JEQ, COUNT, ETHER_MPLS), labels);
	jump(x, BPF_IF_IMM(BPF_JEQ, COUNT, ETHER_MPLS_MULTICAST), labels);
	jump(x, BPF_IF_IMM(BPF_JEQ, COUNT, ETHER_PPPOE), session);
	jump(x, BPF_GOTO(), x->other);
	place(x, labels);
	mpls(x);
	place(x, session);
	pppoe(x);
}

/* The map's element of a datagram, if its first fragment went by; its hash becomes R0. */
static void recall(struct extended *x, int key, unsigned int unknown, unsigned int known)
{
	torc_bpf_emit_wide(&x->code, R1, BPF_PSEUDO_MAP_FD, (uint32_t)x->fragments);
	emit(x, BPF_MOV_REG(R2, STACK));
	emit(x, BPF_ALU64_IMM(BPF_ADD, R2, key));
	emit(x, BPF_CALL_HELPER(BPF_FUNC_map_lookup_elem));
	jump(x, BPF_IF_IMM(BPF_JEQ, R0, 0), unknown);
	emit(x, BPF_LOAD(BPF_W, R0, R0, 0));
	jump(x, BPF_GOTO(), known);
}

static void remember(struct extended *x, int fragment, int key)
{
	unsigned int no = label(x);

	get_loose(x, R1, fragment);
	jump(x, BPF_IF_IMM(BPF_JNE, R1, 1), no);
	torc_bpf_emit_wide(&x->code, R1, BPF_PSEUDO_MAP_FD, (uint32_t)x->fragments);
	emit(x, BPF_MOV_REG(R2, STACK));
	emit(x, BPF_ALU64_IMM(BPF_ADD, R2, key));
	emit(x, BPF_MOV_REG(R3, STACK));
	emit(x, BPF_ALU64_IMM(BPF_ADD, R3, AT_HASH));
	emit(x, BPF_MOV_IMM(R4, BPF_ANY));
	emit(x, BPF_CALL_HELPER(BPF_FUNC_map_update_elem));
	place(x, no);
}

/* Ports and protocol, where the type wants them and the packet is no later fragment. */
static void add_transport(struct extended *x)
{
	unsigned int without = label(x);
	const int ports[2][2] = { { AT_SOURCE, AT_SOURCE_PORT },
				  { AT_DESTINATION, AT_DESTINATION_PORT } };

	get(x, R1, AT_PROTOCOL);
	if (x->bits & TORC_FLOW_TCP_ONLY)
		jump(x, BPF_IF_IMM(BPF_JNE, R1, 6), without);
	if (x->bits & TORC_FLOW_PROTOCOL) {
		multiply(x, R1, TORC_FLOW_PROTO);
		get(x, R2, AT_SUM);
		emit(x, BPF_ALU32_REG(BPF_ADD, R1, R2));
		set(x, AT_SUM, R1);
	}
	for (int i = 0; i < 2 && (x->bits & TORC_FLOW_PORTS); i++) {
		get(x, R1, ports[i][1]);
		multiply(x, R1, TORC_FLOW_PORT);
		get(x, R2, ports[i][0]);
		emit(x, BPF_ALU32_REG(BPF_ADD, R1, R2));
		set(x, ports[i][0], R1);
	}
	place(x, without);
}

/* From the ends of the flow to R0, its hash. */
static void mix(struct extended *x, unsigned int at)
{
	place(x, at);
	get(x, R1, AT_SOURCE);
	mix_end(x, R1);
	get(x, R2, AT_DESTINATION);
	mix_end(x, R2);
	emit(x, BPF_ALU32_REG(BPF_MOV, R0, R1));
	emit(x, BPF_ALU32_REG(BPF_ADD, R0, R2));
	get(x, R1, AT_SUM);
	emit(x, BPF_ALU32_REG(BPF_ADD, R0, R1));
	mix_final(x, R0);
}

static void compute(struct extended *x)
{
	unsigned int outer = label(x), whole = label(x), later = label(x), known = label(x);

	place(x, x->compute);
	get(x, R1, AT_LEVEL);
	jump(x, BPF_IF_IMM(BPF_JEQ, R1, 0), outer);
	get_loose(x, R1, AT_INNER_FRAGMENT);
	jump(x, BPF_IF_IMM(BPF_JLE, R1, 1), whole);
	recall(x, AT_INNER_KEY, later, known);
	place(x, outer);
	get_loose(x, R1, AT_FRAGMENT);
	jump(x, BPF_IF_IMM(BPF_JLE, R1, 1), whole);
	recall(x, AT_KEY, later, known);
	place(x, whole);
	add_transport(x);
	mix(x, later);
	place(x, known);
	set(x, AT_HASH, R0);
	remember(x, AT_FRAGMENT, AT_KEY);
	if (x->bits & TORC_FLOW_INNER)
		remember(x, AT_INNER_FRAGMENT, AT_INNER_KEY);
	jump(x, BPF_GOTO(), x->pick);
}

static void mac_end(struct extended *x, int offset, int cell)
{
	number16(x, R1, offset);
	multiply(x, R1, TORC_FLOW_PORT);
	number16(x, R2, offset + 2); /* loads from the stack are aligned */
	emit(x, BPF_ALU32_IMM(BPF_LSH, R2, 16));
	emit(x, BPF_ALU32_REG(BPF_ADD, R1, R2));
	number16(x, R2, offset + 4);
	emit(x, BPF_ALU32_REG(BPF_ADD, R1, R2));
	set(x, cell, R1);
}

/* What is not IP: by MAC addresses for the types that say so, else all in one place. */
static void other(struct extended *x)
{
	place(x, x->other);
	if (x->bits & TORC_FLOW_MAC) {
		unsigned int here = label(x);

		link_bytes(x, 0, 12);
		mac_end(x, 6, AT_SOURCE);
		mac_end(x, 0, AT_DESTINATION);
		set_number(x, AT_SUM, 0);
		mix(x, here);
		set(x, AT_HASH, R0);
		jump(x, BPF_GOTO(), x->pick);
	}
	place(x, x->zero);
	set_number(x, AT_HASH, 0);
}

static void map_address(struct extended *x, uint8_t reg, int map, size_t offset)
{
	torc_bpf_emit_wide(&x->code, reg, BPF_PSEUDO_MAP_VALUE,
			   (uint32_t)map | (uint64_t)offset << 32);
}

/* COUNT = the number of the packet's group */
static void find_group(struct extended *x, int map)
{
	unsigned int found = label(x);

	load_field(x, R2, offsetof(struct __sk_buff, ifindex));
	emit(x, BPF_ALU64_IMM(BPF_ADD, R2, 1));
	map_address(x, R1, map, offsetof(struct extended_memory, interface));
	for (unsigned int i = 0; i < CLUSTER_GROUPS; i++) {
		emit(x, BPF_MOV_IMM(COUNT, (int)i));
		emit(x, BPF_LOAD(BPF_W, R3, R1, 4 * i));
		jump(x, BPF_IF_REG(BPF_JEQ, R3, R2), found);
		jump(x, BPF_IF_IMM(BPF_JEQ, R3, 1), found);
	}
	emit(x, BPF_MOV_IMM(R0, 0));
	emit(x, BPF_EXIT_INSN());
	place(x, found);
}

/* TRANSPORT = 0 or 1: which table is in use; R4 = 2 * group + that */
static void find_table(struct extended *x, int map)
{
	map_address(x, R1, map, offsetof(struct extended_memory, selected));
	emit(x, BPF_MOV_REG(R2, COUNT));
	emit(x, BPF_ALU64_IMM(BPF_LSH, R2, 2));
	emit(x, BPF_ALU64_REG(BPF_ADD, R1, R2));
	emit(x, BPF_LOAD(BPF_W, R3, R1, 0));
	emit(x, BPF_ALU64_IMM(BPF_AND, R3, 1));
	emit(x, BPF_MOV_REG(R4, COUNT));
	emit(x, BPF_ALU64_IMM(BPF_LSH, R4, 1));
	emit(x, BPF_ALU64_REG(BPF_ADD, R4, R3));
}

/* R0 = the next in turn, below the modulus of the table (Linux 5.12: BPF_FETCH) */
static void next_turn(struct extended *x, int map)
{
	map_address(x, R1, map, offsetof(struct extended_memory, turn));
	emit(x, BPF_MOV_REG(R2, COUNT));
	emit(x, BPF_ALU64_IMM(BPF_LSH, R2, 3));
	emit(x, BPF_ALU64_REG(BPF_ADD, R1, R2));
	emit(x, BPF_MOV_IMM(R0, 1));
	emit(x, BPF_INSN(BPF_STX | BPF_DW | BPF_ATOMIC, R1, R0, 0, BPF_ADD | BPF_FETCH));
	map_address(x, R1, map, offsetof(struct extended_memory, modulus));
	emit(x, BPF_MOV_REG(R2, R4));
	emit(x, BPF_ALU64_IMM(BPF_LSH, R2, 2));
	emit(x, BPF_ALU64_REG(BPF_ADD, R1, R2));
	emit(x, BPF_LOAD(BPF_W, R2, R1, 0));
	emit(x, BPF_ALU64_REG(BPF_MOD, R0, R2));
	emit(x, BPF_ALU64_IMM(BPF_AND, R0, CLUSTER_BUCKETS - 1));
}

/* Return what the table says for a bucket. */
static void pick(struct extended *x, int map, bool turns)
{
	find_group(x, map);
	find_table(x, map);
	if (turns) {
		next_turn(x, map);
	} else {
		get(x, R0, AT_HASH);
		emit(x, BPF_ALU32_IMM(BPF_RSH, R0, 32 - CLUSTER_BUCKET_BITS));
		emit(x, BPF_ALU64_IMM(BPF_AND, R0, CLUSTER_BUCKETS - 1));
	}
	emit(x, BPF_ALU64_IMM(BPF_LSH, R4, CLUSTER_BUCKET_BITS));
	emit(x, BPF_ALU64_REG(BPF_ADD, R4, R0));
	emit(x, BPF_ALU64_IMM(BPF_LSH, R4, 1));
	map_address(x, R1, map, offsetof(struct extended_memory, table));
	emit(x, BPF_ALU64_REG(BPF_ADD, R1, R4));
	emit(x, BPF_LOAD(BPF_H, R0, R1, 0));
	emit(x, BPF_EXIT_INSN());
}

static void make_labels(struct extended *x)
{
	for (int level = 0; level < 2; level++) {
		x->ipv4[level] = label(x);
		x->ipv6[level] = label(x);
		x->done[level] = label(x);
	}
	x->other = label(x);
	x->compute = label(x);
	x->zero = label(x);
	x->pick = label(x);
}

static void flow_program(struct extended *x)
{
	make_labels(x);
	begin(x);
	skip_tags(x);
	dispatch(x);
	torc_extended_ip(x, 0, x->other);
	if (x->bits & TORC_FLOW_INNER) {
		torc_extended_tunnel(x);
		torc_extended_ip(x, 1, x->compute);
	}
	compute(x);
	other(x);
	place(x, x->pick);
}

int torc_extended_load(int *program, int *map, unsigned int flow_bits, bool turns,
		       struct torc_error *error)
{
	struct extended x = { .bits = flow_bits };
	struct torc_bpf_program load = { .name = "torc_cluster",
					 .type = BPF_PROG_TYPE_SOCKET_FILTER };
	int memory, ret;

	memory = torc_bpf_map_create(BPF_MAP_TYPE_ARRAY, 4, sizeof(struct extended_memory), 1,
				     BPF_F_MMAPABLE, "torc_cluster");
	if (memory < 0)
		return memory;
	x.fragments = torc_bpf_map_create(BPF_MAP_TYPE_LRU_HASH, KEY_BYTES, 8, DATAGRAMS, 0,
					  "torc_fragments");
	ret = x.fragments;
	if (ret < 0)
		goto done;
	if (turns)
		emit(&x, BPF_MOV_REG(PACKET, R1));
	else
		flow_program(&x);
	pick(&x, memory, turns);
	ret = torc_bpf_finish(&x.code);
	if (ret == 0) {
		load.insns = x.code.insns;
		load.count = x.code.count;
		ret = torc_bpf_program_load(&load, error);
	}
	close(x.fragments);
done:
	torc_bpf_code_free(&x.code);
	if (ret < 0) {
		close(memory);
		return ret;
	}
	*program = ret;
	*map = memory;
	return 0;
}

int torc_extended_map(void **memory, int map)
{
	void *at = mmap(NULL, sizeof(struct extended_memory), PROT_READ | PROT_WRITE, MAP_SHARED,
			map, 0);

	if (at == MAP_FAILED)
		return -errno;
	*memory = at;
	return 0;
}

void torc_extended_unmap(void *memory)
{
	if (memory)
		munmap(memory, sizeof(struct extended_memory));
}

void torc_extended_group(void *memory, unsigned int group, int ifindex)
{
	struct extended_memory *m = memory;

	__atomic_store_n(&m->interface[group], (uint32_t)ifindex + 1, __ATOMIC_RELEASE);
}

void torc_extended_write(void *memory, unsigned int group, unsigned int modulus,
			 const uint16_t values[CLUSTER_BUCKETS])
{
	struct extended_memory *m = memory;
	uint32_t next = !(__atomic_load_n(&m->selected[group], __ATOMIC_RELAXED) & 1);

	for (unsigned int b = 0; b < CLUSTER_BUCKETS; b++)
		__atomic_store_n(&m->table[group][next][b], values[b], __ATOMIC_RELAXED);
	__atomic_store_n(&m->modulus[group][next], modulus, __ATOMIC_RELAXED);
	/* A program on another processor sees the table before it sees that it is in use. */
	__atomic_store_n(&m->selected[group], next, __ATOMIC_RELEASE);
}
