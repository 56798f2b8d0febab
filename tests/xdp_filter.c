/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A classic BPF filter inside an XDP program gives libpcap's verdict: on expressions over real
 * headers, and on random programs over random bytes. The kernel runs the one, bpf_filter() the
 * other.
 */
#include <errno.h>
#include <linux/filter.h>
#define bpf_insn pcap_insn /* libpcap and the kernel both have a struct of that name */
#include <pcap/pcap.h>
#undef bpf_insn

#include "bpf/bpf.h"
#include "bpf/translate.h"
#include "test.h"

/* Returns a program that says XDP_TX for accepted frames and XDP_DROP for the others. */
static int load_filter(const struct sock_fprog *filter, struct torc_error *error)
{
	struct torc_bpf_code code = { 0 };
	unsigned int accept = torc_bpf_label(&code), refuse = torc_bpf_label(&code);
	int result;

	torc_bpf_emit(&code, BPF_MOV_REG(BPF_REG_6, BPF_REG_1));
	torc_bpf_emit(&code, BPF_LOAD(BPF_W, BPF_REG_7, BPF_REG_1, 16 /* rx_queue_index */));
	result = torc_bpf_translate(&code, filter, accept, refuse);
	torc_bpf_place(&code, refuse);
	torc_bpf_emit(&code, BPF_MOV_IMM(BPF_REG_0, XDP_DROP));
	torc_bpf_emit(&code, BPF_EXIT_INSN());
	torc_bpf_place(&code, accept);
	torc_bpf_emit(&code, BPF_MOV_IMM(BPF_REG_0, XDP_TX));
	torc_bpf_emit(&code, BPF_EXIT_INSN());
	if (result == 0)
		result = torc_bpf_finish(&code);
	if (result == 0)
		result = torc_bpf_program_load(
			&(struct torc_bpf_program){ .name = "test", .type = BPF_PROG_TYPE_XDP,
						    .insns = code.insns, .count = code.count },
			error);
	torc_bpf_code_free(&code);
	return result;
}

static unsigned int random_state = 12345;

static unsigned int random_below(unsigned int limit)
{
	random_state = random_state * 1664525u + 1013904223u;
	return (unsigned int)(((uint64_t)random_state * limit) >> 32);
}

/* Compare on one frame; returns false and tells when the verdicts differ. */
static bool same_verdict(int program, const struct sock_fprog *filter, const uint8_t *frame,
			 unsigned int length)
{
	unsigned int want =
		bpf_filter((void *)filter->filter, frame, length, length);
	uint32_t got = 0;
	int result = torc_bpf_xdp_test(program, frame, length, &got);

	if (result == 0 && (got == XDP_TX) == (want != 0))
		return true;
	note("length %u: bpf_filter says %u, XDP says %u (%d)", length, want, got, result);
	for (unsigned int i = 0; i < filter->len; i++)
		note("  { 0x%02x, %u, %u, %#x }", filter->filter[i].code, filter->filter[i].jt,
		     filter->filter[i].jf, filter->filter[i].k);
	return false;
}

/* Frames that the expressions below tell apart. Returns the length. */
static unsigned int make_frame(uint8_t *frame, unsigned int number)
{
	static const uint16_t types[] = { 0x0800, 0x0800, 0x0800, 0x86dd, 0x0806, 0x8100, 0x88cc };
	uint16_t type = types[number % 7];
	unsigned int length = 14 + random_below(90), at = 12;

	for (unsigned int i = 0; i < 128; i++)
		frame[i] = (uint8_t)random_below(256);
	if (type == 0x8100) {
		memcpy(frame + at, (uint8_t[]){ 0x81, 0, 0, (uint8_t)(number % 3) }, 4);
		at += 4;
		type = 0x0800;
	}
	frame[at] = (uint8_t)(type >> 8);
	frame[at + 1] = (uint8_t)type;
	at += 2;
	if (type == 0x0800) {
		frame[at] = (uint8_t)(0x45 + random_below(3));
		memcpy(frame + at + 6, (uint8_t[]){ 0, (uint8_t)(number % 11 == 0), 64,
						    (uint8_t[]){ 6, 17, 1, 132 }[number % 4] }, 4);
		memcpy(frame + at + 12, (uint8_t[]){ 10, 0, 0, 1, 10, 0, 0, (uint8_t)(number % 5) }, 8);
		memcpy(frame + at + 20, (uint8_t[]){ 0, 80, 0, (uint8_t)(number % 64) }, 4);
	} else if (type == 0x86dd) {
		frame[at] = 0x60;
		frame[at + 6] = number % 2 ? 6 : 17;
		memcpy(frame + at + 40, (uint8_t[]){ 0, 53, 0, 80 }, 4);
	}
	return length;
}

static void expression_agrees(const char *expression)
{
	pcap_t *pcap = pcap_open_dead(DLT_EN10MB, 262144);
	struct bpf_program compiled;
	struct sock_fprog filter;
	uint8_t frame[128];
	bool good = true;
	int program, accepted = 0;

	if (pcap_compile(pcap, &compiled, expression, 1, PCAP_NETMASK_UNKNOWN) < 0) {
		ok(false, "%s: %s", expression, pcap_geterr(pcap));
		pcap_close(pcap);
		return;
	}
	filter.len = (unsigned short)compiled.bf_len;
	filter.filter = (struct sock_filter *)(void *)compiled.bf_insns;
	program = load_filter(&filter, NULL);
	for (unsigned int i = 0; program >= 0 && good && i < 400; i++) {
		unsigned int length = make_frame(frame, i);

		accepted += bpf_filter((void *)filter.filter, frame, length,
				       length) != 0;
		good = same_verdict(program, &filter, frame, length);
	}
	ok(program >= 0 && good && accepted > 0, "%s: same verdicts, %d of 400 accepted",
	   expression, accepted);
	close(program);
	pcap_freecode(&compiled);
	pcap_close(pcap);
}

static struct sock_filter random_instruction(unsigned int at, unsigned int count)
{
	static const uint16_t codes[] = {
		BPF_LD | BPF_W | BPF_ABS, BPF_LD | BPF_H | BPF_ABS, BPF_LD | BPF_B | BPF_ABS,
		BPF_LD | BPF_W | BPF_IND, BPF_LD | BPF_H | BPF_IND, BPF_LD | BPF_B | BPF_IND,
		BPF_LD | BPF_IMM, BPF_LD | BPF_MEM, BPF_LD | BPF_W | BPF_LEN, BPF_LDX | BPF_W | BPF_IMM,
		BPF_LDX | BPF_MEM, BPF_LDX | BPF_W | BPF_LEN, BPF_LDX | BPF_B | BPF_MSH, BPF_ST,
		BPF_STX, BPF_ALU | BPF_ADD, BPF_ALU | BPF_SUB, BPF_ALU | BPF_MUL, BPF_ALU | BPF_DIV,
		BPF_ALU | BPF_MOD, BPF_ALU | BPF_OR, BPF_ALU | BPF_AND, BPF_ALU | BPF_XOR,
		BPF_ALU | BPF_LSH, BPF_ALU | BPF_RSH, BPF_ALU | BPF_NEG, BPF_JMP | BPF_JEQ,
		BPF_JMP | BPF_JGT, BPF_JMP | BPF_JGE, BPF_JMP | BPF_JSET, BPF_JMP | BPF_JA,
		BPF_MISC | BPF_TAX, BPF_MISC | BPF_TXA, BPF_RET | BPF_K, BPF_RET | BPF_A
	};
	struct sock_filter insn = { .code = codes[random_below(sizeof(codes) / sizeof(*codes))] };
	unsigned int ahead = count - at - 1, class = BPF_CLASS(insn.code);

	insn.k = random_below(random_below(4) ? 70 : 0x7fffffff);
	if (ahead < 2 || (class == BPF_RET && random_below(4)))
		insn.code = ahead < 2 ? BPF_RET | BPF_A : BPF_LD | BPF_B | BPF_ABS;
	class = BPF_CLASS(insn.code);
	if ((class == BPF_ALU || class == BPF_JMP) && BPF_OP(insn.code) != BPF_NEG &&
	    insn.code != (BPF_JMP | BPF_JA) && random_below(2))
		insn.code |= BPF_X;
	if (class == BPF_ALU && (BPF_OP(insn.code) == BPF_LSH || BPF_OP(insn.code) == BPF_RSH))
		insn.k %= 32;
	else if (class == BPF_ALU && insn.k == 0)
		insn.k = 3;
	if (class == BPF_ST || class == BPF_STX || BPF_MODE(insn.code) == BPF_MEM)
		insn.k %= BPF_MEMWORDS;
	if (class == BPF_JMP) {
		insn.jt = (uint8_t)random_below(ahead > 6 ? 6 : ahead);
		insn.jf = (uint8_t)random_below(ahead > 6 ? 6 : ahead);
		if (BPF_OP(insn.code) == BPF_JA)
			insn.k = random_below(ahead);
	}
	return insn;
}

/* bpf_filter() leaves scratch memory as it finds it; these programs fill all of it first. */
static unsigned int random_program(struct sock_filter *insns)
{
	unsigned int count = BPF_MEMWORDS + 4 + random_below(40);

	for (unsigned int i = 0; i < BPF_MEMWORDS; i++)
		insns[i] = (struct sock_filter){ .code = BPF_ST, .k = i };
	for (unsigned int i = BPF_MEMWORDS; i < count; i++)
		insns[i] = random_instruction(i, count);
	return count;
}

static void random_programs_agree(unsigned int programs)
{
	struct sock_filter insns[64 + BPF_MEMWORDS];
	unsigned int accepted = 0, loaded = 0, differing = 0;
	uint8_t frame[128];

	for (unsigned int i = 0; i < programs && differing == 0; i++) {
		struct sock_fprog filter = { .len = (unsigned short)random_program(insns),
					     .filter = insns };
		struct torc_error error;
		int program = load_filter(&filter, &error);

		if (program < 0) {
			note("program %u: %s", i, error.text);
			continue;
		}
		loaded++;
		for (unsigned int j = 0; j < 8; j++) {
			unsigned int length = make_frame(frame, j);

			accepted += bpf_filter((void *)insns, frame, length,
					       length) != 0;
			differing += !same_verdict(program, &filter, frame, length);
		}
		close(program);
	}
	is(loaded, programs, "every random program is taken by the verifier");
	ok(differing == 0 && accepted > programs / 8,
	   "%u random programs: same verdicts, %u of %u frames accepted", programs, accepted,
	   8 * programs);
}

/* What a filter for packet sockets asks the kernel, and what is true in XDP. */
static void ancillary_load(uint32_t what, uint32_t want, const char *name)
{
	struct sock_filter ask[] = { { BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)SKF_AD_OFF + what },
				     { BPF_JMP | BPF_JEQ | BPF_K, 0, 1, want },
				     { BPF_RET | BPF_K, 0, 0, 1 },
				     { BPF_RET | BPF_K, 0, 0, 0 } };
	uint8_t frame[60] = { 0 };
	uint32_t verdict = 0;
	int program = load_filter(&(struct sock_fprog){ 4, ask }, NULL);

	torc_bpf_xdp_test(program, frame, sizeof(frame), &verdict);
	is(verdict, XDP_TX, "%s is %u", name, want);
	close(program);
}

static void refusals(void)
{
	struct sock_filter chance[] = { { BPF_LD | BPF_W | BPF_ABS, 0, 0,
					(uint32_t)(SKF_AD_OFF + SKF_AD_RANDOM) },
				      { BPF_RET | BPF_A, 0, 0, 0 } };
	struct sock_filter endless[] = { { BPF_LD | BPF_IMM, 0, 0, 1 } };
	struct sock_filter astray[] = { { BPF_JMP | BPF_JEQ, 9, 0, 1 }, { BPF_RET, 0, 0, 1 } };

	is(load_filter(&(struct sock_fprog){ 2, chance }, NULL), -EOPNOTSUPP,
	   "an ancillary load without an answer is refused");
	is(load_filter(&(struct sock_fprog){ 1, endless }, NULL), -EINVAL,
	   "a program without an end is refused");
	is(load_filter(&(struct sock_fprog){ 2, astray }, NULL), -EINVAL,
	   "a jump out of the program is refused");
	is(load_filter(&(struct sock_fprog){ 0, NULL }, NULL), -EINVAL, "no program is refused");
}

int main(void)
{
	struct sock_filter all[] = { { BPF_RET, 0, 0, 1 } };
	struct torc_error error;
	int program = load_filter(&(struct sock_fprog){ 1, all }, &error);

	if (program == -EPERM)
		skip_all(error.text);
	ok(program >= 0, "the smallest filter loads");
	close(program);
	expression_agrees("tcp port 80");
	expression_agrees("udp and src net 10.0.0.0/8");
	expression_agrees("ip6 or arp");
	expression_agrees("vlan 2 and ip");
	expression_agrees("greater 60 and not icmp");
	expression_agrees("ip[2:2] & 7 = 3 or ether[0] & 1 != 0");
	expression_agrees("tcp[tcpflags] & (tcp-syn|tcp-ack) != 0");
	expression_agrees("ip host 10.0.0.1 and (port 80 or port 53 or portrange 20-25)");
	random_programs_agree(400);
	ancillary_load(SKF_AD_PKTTYPE, 0, "the packet type");
	ancillary_load(SKF_AD_VLAN_TAG_PRESENT, 0, "a tag beside the bytes");
	ancillary_load(SKF_AD_VLAN_TAG, 0, "its value");
	ancillary_load(SKF_AD_QUEUE, 0, "the queue");
	refusals();
	return done();
}
