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
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "filter/compile.h"
#include "filter/kernel.h"
#include "util/error.h"

#define PIECES_MAX 40 /* instructions of all pieces together */
#define SPLIT_HEAD 3  /* instructions that choose between the two halves of split_by_tag() */

#ifndef SKF_AD_VLAN_TAG_PRESENT
#define SKF_AD_VLAN_TAG_PRESENT 48
#endif
#ifndef SKF_AD_VLAN_TPID
#define SKF_AD_VLAN_TPID 60
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

/* On "any" there are other interfaces too, whose packets the program would misread. */
static void put_ethernet_only(struct code *code, uint32_t snaplen)
{
	const struct sock_filter piece[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)SKF_AD_OFF + SKF_AD_HATYPE),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1 /* ARPHRD_ETHER */, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 772 /* ARPHRD_LOOPBACK */, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, snaplen),
	};

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
	if (parts->ethernet_only && user_count > 0)
		put_ethernet_only(&code, parts->snaplen);
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

	return strncasecmp(text + at, word, length) == 0 &&
	       !isalnum((unsigned char)text[at + length]) &&
	       (at == 0 || !isalnum((unsigned char)text[at - 1]));
}

bool torc_kernel_filter_sees_tags(const char *expression)
{
	static const char *const words[] = { "vlan", "0x8100", "33024", "0x88a8", "34984" };

	for (size_t i = 0; expression[i]; i++)
		for (size_t w = 0; w < sizeof(words) / sizeof(*words); w++)
			if (is_word(expression, i, words[w]))
				return true;
	return false;
}

/* ---- the frame as it was on the wire, though its outer tag is beside the bytes ---- */

#define TAG_AT 12    /* the tag's type; its id and priority are at 14 */
#define TAG_BYTES 4u

static bool is_ancillary(uint32_t k)
{
	return k >= (uint32_t)SKF_LL_OFF;
}

static unsigned int load_bytes(uint16_t code)
{
	return BPF_SIZE(code) == BPF_W ? 4 : BPF_SIZE(code) == BPF_H ? 2 : 1;
}

/* One load of a program for whole frames, for a frame whose tag the kernel has taken out. */
static bool move_load(struct sock_filter *load)
{
	uint16_t mode = BPF_MODE(load->code);
	unsigned int bytes = mode == BPF_MSH ? 1 : load_bytes(load->code);

	if (mode == BPF_IMM || mode == BPF_MEM || (mode == BPF_ABS && is_ancillary(load->k)))
		return true;
	if (mode == BPF_LEN)
		return false;
	if (load->k >= TAG_AT + TAG_BYTES) {
		load->k -= TAG_BYTES;
		return true;
	}
	if (mode == BPF_IND)
		return false;
	if (load->k + bytes <= TAG_AT)
		return true;
	if (mode != BPF_ABS || bytes != 2 || load->k % 2 != 0)
		return false;
	load->code = BPF_LD | BPF_W | BPF_ABS;
	load->k = (uint32_t)SKF_AD_OFF + (load->k == TAG_AT ? SKF_AD_VLAN_TPID : SKF_AD_VLAN_TAG);
	return true;
}

/*
 * The program twice: for frames whose tag is in the metadata, and for all others. false: it reads
 * something that cannot be had in one load then (the frame's length, half of the tag).
 */
static bool split_by_tag(const struct sock_filter *whole, unsigned int count,
			 struct sock_filter *split)
{
	const struct sock_filter head[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)SKF_AD_OFF + SKF_AD_VLAN_TAG_PRESENT),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
		BPF_STMT(BPF_JMP | BPF_JA, count),
	};

	memcpy(split, head, sizeof(head));
	memcpy(split + SPLIT_HEAD, whole, count * sizeof(*whole));
	memcpy(split + SPLIT_HEAD + count, whole, count * sizeof(*whole));
	for (unsigned int i = 0; i < count; i++) {
		struct sock_filter *at = &split[SPLIT_HEAD + i];

		if ((BPF_CLASS(at->code) == BPF_LD || BPF_CLASS(at->code) == BPF_LDX) &&
		    !move_load(at))
			return false;
	}
	return true;
}

int torc_kernel_filter_compile(const char *expression, uint16_t link_type,
			       struct sock_fprog *program, struct torc_error *error)
{
	bool ethernet = link_type == TORC_LINK_ETHERNET;
	bool tags = ethernet && torc_kernel_filter_sees_tags(expression);
	pcap_t *handle = pcap_open_dead(ethernet ? DLT_EN10MB : DLT_RAW, TORC_SNAPLEN_MAX);
	struct bpf_program compiled;
	const struct sock_filter *whole;
	int result;

	if (!handle)
		return torc_error_set(error, -ENOMEM, "no memory to compile a filter");
	result = torc_bpf_compile(handle, expression, &compiled, error);
	pcap_close(handle);
	if (result < 0)
		return result;
	/* struct bpf_insn and struct sock_filter are the same eight bytes */
	whole = (const struct sock_filter *)(const void *)compiled.bf_insns;
	*program = (struct sock_fprog){ 0 };
	if (compiled.bf_len > BPF_MAXINSNS) {
		result = TORC_KERNEL_FILTER_CANNOT;
	} else if (!(program->filter = calloc(2 * compiled.bf_len + SPLIT_HEAD, sizeof(*whole)))) {
		result = torc_error_set(error, -ENOMEM, "no memory to compile a filter");
	} else if (!tags) {
		memcpy(program->filter, whole, compiled.bf_len * sizeof(*whole));
		program->len = (unsigned short)compiled.bf_len;
	} else if (split_by_tag(whole, compiled.bf_len, program->filter)) {
		program->len = (unsigned short)(2 * compiled.bf_len + SPLIT_HEAD);
	} else {
		result = TORC_KERNEL_FILTER_CANNOT;
	}
	pcap_freecode(&compiled);
	return result;
}
