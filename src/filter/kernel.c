/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * kernel.c - the classic BPF program that a packet socket runs (linux/filter.h, socket(7))
 *
 * Each test is a piece of code that either falls through or returns 0, put one after the other in
 * front of the user's program. That works since all jumps of classic BPF are relative and forward,
 * and no piece relies on what another left in a register.
 */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "filter/compile.h"
#include "filter/kernel.h"
#include "util/error.h"

#define PIECES_MAX 40 /* instructions of all pieces together */

#ifndef SKF_AD_VLAN_TAG_PRESENT
#define SKF_AD_VLAN_TAG_PRESENT 48
#endif

struct code {
	struct sock_filter *at;
	unsigned int count;
};

static void put(struct code *code, const struct sock_filter *piece, size_t bytes)
{
	memcpy(code->at + code->count, piece, bytes);
	code->count += (unsigned int)(bytes / sizeof(*piece));
}

static void put_direction(struct code *code, enum torc_direction direction)
{
	const struct sock_filter piece[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)SKF_AD_OFF + SKF_AD_PKTTYPE),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 4 /* PACKET_OUTGOING */,
			 direction == TORC_TX_ONLY, direction != TORC_TX_ONLY),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};

	if (direction != TORC_RX_AND_TX)
		put(code, piece, sizeof(piece));
}

/* The tag is in the metadata, or, in frames sent by a packet socket, still in the bytes. */
static void put_vlan(struct code *code, int vlan)
{
	const struct sock_filter none[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)SKF_AD_OFF + SKF_AD_VLAN_TAG_PRESENT),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 4),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x8100, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x88a8, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x9100, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	const struct sock_filter one[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)SKF_AD_OFF + SKF_AD_VLAN_TAG_PRESENT),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 2, 0),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)SKF_AD_OFF + SKF_AD_VLAN_TAG),
		BPF_STMT(BPF_JMP | BPF_JA, 5),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x8100, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x88a8, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x9100, 0, 3),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 14),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xfff),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)vlan, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};

	if (vlan == TORC_VLAN_NONE)
		put(code, none, sizeof(none));
	else if (vlan != TORC_VLAN_ANY)
		put(code, one, sizeof(one));
}

/* The queue's bit, shifted into place, is looked up in one of the mask's two halves. */
static void put_channels(struct code *code, uint64_t mask)
{
	const struct sock_filter piece[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)SKF_AD_OFF + SKF_AD_QUEUE),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 64, 8, 0),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 32, 4, 0),
		BPF_STMT(BPF_MISC | BPF_TAX, 0),
		BPF_STMT(BPF_LD | BPF_IMM, (uint32_t)mask),
		BPF_STMT(BPF_ALU | BPF_RSH | BPF_X, 0),
		BPF_STMT(BPF_JMP | BPF_JA, 4),
		BPF_STMT(BPF_ALU | BPF_SUB | BPF_K, 32),
		BPF_STMT(BPF_MISC | BPF_TAX, 0),
		BPF_STMT(BPF_JMP | BPF_JA, 4),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 1, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_JMP | BPF_JA, 4),
		BPF_STMT(BPF_LD | BPF_IMM, (uint32_t)(mask >> 32)),
		BPF_STMT(BPF_ALU | BPF_RSH | BPF_X, 0),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 1, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};

	if (mask != UINT64_MAX)
		put(code, piece, sizeof(piece));
}

static void put_user(struct code *code, const struct sock_fprog *user, uint32_t snaplen)
{
	const struct sock_filter keep = BPF_STMT(BPF_RET | BPF_K, snaplen);

	if (!user || user->len == 0) {
		put(code, &keep, sizeof(keep));
		return;
	}
	for (unsigned int i = 0; i < user->len; i++) {
		struct sock_filter instruction = user->filter[i];

		if (BPF_CLASS(instruction.code) == BPF_RET && instruction.k != 0)
			instruction.k = snaplen;
		put(code, &instruction, sizeof(instruction));
	}
}

int torc_kernel_filter_build(const struct torc_kernel_filter *parts, struct sock_fprog *program)
{
	unsigned int user_count = parts->user ? parts->user->len : 0;
	struct code code = { .at = calloc(PIECES_MAX + user_count, sizeof(*code.at)) };

	*program = (struct sock_fprog){ 0 };
	if (!code.at)
		return -ENOMEM;
	put_direction(&code, parts->direction);
	put_vlan(&code, parts->vlan);
	put_channels(&code, parts->channel_mask);
	if (code.count == 0 && user_count == 0 && parts->snaplen >= TORC_SNAPLEN_MAX) {
		free(code.at);
		return 0;
	}
	put_user(&code, parts->user, parts->snaplen);
	if (code.count > BPF_MAXINSNS) {
		free(code.at);
		return -E2BIG;
	}
	program->len = (unsigned short)code.count;
	program->filter = code.at;
	return 0;
}

/* ---- compiling ---- */

static bool is_word(const char *text, size_t at, const char *word)
{
	size_t length = strlen(word);

	return strncmp(text + at, word, length) == 0 && !isalnum((unsigned char)text[at + length]) &&
	       (at == 0 || !isalnum((unsigned char)text[at - 1]));
}

bool torc_kernel_filter_sees_tags(const char *expression)
{
	for (size_t i = 0; expression[i]; i++)
		if (is_word(expression, i, "vlan"))
			return true;
	return false;
}

/* Some interface that is up and has Ethernet headers: any serves to compile for. */
static bool interface_that_is_up(char *name)
{
	struct ifaddrs *all;
	bool found = false;

	if (getifaddrs(&all) < 0)
		return false;
	for (struct ifaddrs *i = all; i && !found; i = i->ifa_next)
		if (i->ifa_flags & IFF_UP && !(i->ifa_flags & IFF_POINTOPOINT)) {
			strcpy(name, i->ifa_name);
			found = true;
		}
	freeifaddrs(all);
	return found;
}

static int open_live(const char *interface, pcap_t **handle, struct torc_error *error)
{
	char reason[PCAP_ERRBUF_SIZE] = "", name[IF_NAMESIZE] = "lo";

	if (!interface && interface_that_is_up(name))
		interface = name;
	*handle = pcap_create(interface ? interface : name, reason);
	if (!*handle)
		return torc_error_set(error, -EIO, "libpcap: %s", reason);
	pcap_set_snaplen(*handle, 256);
	pcap_set_buffer_size(*handle, 1 << 16);
	if (pcap_activate(*handle) < 0) {
		torc_error_set(error, -EPERM,
			       "a filter with \"vlan\" is compiled on a live socket, and none could "
			       "be opened: %s; set the filter before giving up privilege",
			       pcap_geterr(*handle));
		pcap_close(*handle);
		return -EPERM;
	}
	return 0;
}

int torc_kernel_filter_compile(const char *expression, const char *interface,
			       struct sock_fprog *program, struct torc_error *error)
{
	struct bpf_program compiled;
	pcap_t *handle;
	int result = 0;

	if (torc_kernel_filter_sees_tags(expression))
		result = open_live(interface, &handle, error);
	else
		handle = pcap_open_dead(DLT_EN10MB, TORC_SNAPLEN_MAX);
	if (result < 0 || !handle)
		return result < 0 ? result : -ENOMEM;
	result = torc_bpf_compile(handle, expression, &compiled, error);
	if (result == 0) {
		size_t bytes = compiled.bf_len * sizeof(*program->filter);

		/* struct bpf_insn and struct sock_filter are the same eight bytes */
		program->filter = malloc(bytes + 1);
		/* the kernel takes 4,096 at most: one that does not fit must stay too long for it */
		program->len = compiled.bf_len > USHRT_MAX ? USHRT_MAX :
							     (unsigned short)compiled.bf_len;
		if (program->filter)
			memcpy(program->filter, compiled.bf_insns, bytes);
		else
			result = -ENOMEM;
		pcap_freecode(&compiled);
	}
	pcap_close(handle);
	return result;
}
