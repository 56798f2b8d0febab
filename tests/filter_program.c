/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * filter_program.c - compiled programs against libpcap's bpf_filter(): a million random ones, each
 * on random bytes that end at a guard page, as machine code and as a chain
 *
 * filter_program PROGRAMS SEED: other numbers.
 */
#include <errno.h>
#include <pcap/pcap.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#include "filter/program.h"
#include "test.h"

#ifdef __SANITIZE_ADDRESS__
#define PROGRAMS 200000
#else
#define PROGRAMS 1000000
#endif
#define MOST_SECONDS	  100 /* on a slow machine there are fewer programs */
#define MOST_INSTRUCTIONS 24
#define MOST_BYTES	  80

static uint64_t state = 88172645463325252ull;

static uint32_t rnd(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 16);
}

static uint32_t below(uint32_t limit)
{
	return rnd() % limit;
}

static const uint16_t codes[] = {
	BPF_LD | BPF_W | BPF_ABS,
	BPF_LD | BPF_H | BPF_ABS,
	BPF_LD | BPF_B | BPF_ABS,
	BPF_LD | BPF_W | BPF_ABS,
	BPF_LD | BPF_H | BPF_ABS,
	BPF_LD | BPF_B | BPF_ABS,
	BPF_LD | BPF_W | BPF_IND,
	BPF_LD | BPF_H | BPF_IND,
	BPF_LD | BPF_B | BPF_IND,
	BPF_LD | BPF_W | BPF_LEN,
	BPF_LD | BPF_IMM,
	BPF_LD | BPF_MEM,
	BPF_LDX | BPF_W | BPF_LEN,
	BPF_LDX | BPF_IMM,
	BPF_LDX | BPF_MEM,
	BPF_LDX | BPF_B | BPF_MSH,
	BPF_LDX | BPF_B | BPF_MSH,
	BPF_ST,
	BPF_STX,
	BPF_ST,
	BPF_MISC | BPF_TAX,
	BPF_MISC | BPF_TXA,
	BPF_RET | BPF_K,
	BPF_RET | BPF_A,
	BPF_JMP | BPF_JA,
	BPF_ALU | BPF_NEG,
	BPF_ALU | BPF_ADD | BPF_K,
	BPF_ALU | BPF_SUB | BPF_K,
	BPF_ALU | BPF_MUL | BPF_K,
	BPF_ALU | BPF_DIV | BPF_K,
	BPF_ALU | BPF_MOD | BPF_K,
	BPF_ALU | BPF_AND | BPF_K,
	BPF_ALU | BPF_OR | BPF_K,
	BPF_ALU | BPF_XOR | BPF_K,
	BPF_ALU | BPF_LSH | BPF_K,
	BPF_ALU | BPF_RSH | BPF_K,
	BPF_ALU | BPF_ADD | BPF_X,
	BPF_ALU | BPF_SUB | BPF_X,
	BPF_ALU | BPF_MUL | BPF_X,
	BPF_ALU | BPF_DIV | BPF_X,
	BPF_ALU | BPF_MOD | BPF_X,
	BPF_ALU | BPF_AND | BPF_X,
	BPF_ALU | BPF_OR | BPF_X,
	BPF_ALU | BPF_XOR | BPF_X,
	BPF_ALU | BPF_LSH | BPF_X,
	BPF_ALU | BPF_RSH | BPF_X,
	BPF_JMP | BPF_JEQ | BPF_K,
	BPF_JMP | BPF_JGT | BPF_K,
	BPF_JMP | BPF_JGE | BPF_K,
	BPF_JMP | BPF_JSET | BPF_K,
	BPF_JMP | BPF_JEQ | BPF_X,
	BPF_JMP | BPF_JGT | BPF_X,
	BPF_JMP | BPF_JGE | BPF_X,
	BPF_JMP | BPF_JSET | BPF_X,
};

#define CODES (sizeof(codes) / sizeof(codes[0]))

/* Numbers at the edges of what packets, shifts and machine encodings have. */
static uint32_t some_number(void)
{
	static const uint32_t edges[] = {
		0,	    1,		2,	    4,		8,	    31,
		32,	    33,		64,	    127,	128,	    255,
		256,	    0xffff,	0x10000,    0x7ffffff0, 0x7ffffff7, 0x7ffffff8,
		0x7fffffff, 0x80000000, 0x80000001, 0xfffff000, 0xffffffff, 0xfffffffc,
	};

	switch (below(4)) {
	case 0:
		return edges[below(sizeof(edges) / sizeof(edges[0]))];
	case 1:
		return rnd();
	default:
		return below(MOST_BYTES + 8);
	}
}

static uint32_t some_operand(uint16_t code)
{
	switch (code) {
	case BPF_ALU | BPF_LSH | BPF_K:
	case BPF_ALU | BPF_RSH | BPF_K:
		return below(32);
	case BPF_ALU | BPF_DIV | BPF_K:
	case BPF_ALU | BPF_MOD | BPF_K:
		return below(3) ? some_number() | 1 : 1u << below(32);
	case BPF_LD | BPF_MEM:
	case BPF_LDX | BPF_MEM:
	case BPF_ST:
	case BPF_STX:
		return below(3) ? below(2) : below(BPF_MEMWORDS);
	}
	/* Most loads are in reach, so that programs get somewhere. */
	if ((BPF_CLASS(code) == BPF_LD || BPF_CLASS(code) == BPF_LDX) && below(8))
		return below(40);
	return some_number();
}

/* A random program; nearly always one that the checker takes. */
static size_t make_program(struct sock_filter *program)
{
	size_t count = 1 + below(MOST_INSTRUCTIONS);

	for (size_t n = 0; n < count; n++) {
		uint32_t following = (uint32_t)(count - 1 - n);
		uint16_t code = codes[below(CODES)];

		if (following == 0 || (BPF_CLASS(code) == BPF_RET && below(4)))
			code = below(2) ? BPF_RET | BPF_A : BPF_RET | BPF_K;
		program[n] = (struct sock_filter){ .code = code, .k = some_operand(code) };
		if (BPF_CLASS(code) != BPF_JMP)
			continue;
		program[n].jt = (uint8_t)below(following < 6 ? following : 6);
		program[n].jf = (uint8_t)below(following);
		if (code == (BPF_JMP | BPF_JA))
			program[n].k = below(following);
	}
	return count;
}

static bool differs(const struct sock_filter *program, size_t count, const uint8_t *end)
{
	struct torc_program *native, *chain;
	bool bad = false;

	if (torc_program_new(&native, program, count, 0, NULL) < 0 ||
	    torc_program_new(&chain, program, count, TORC_PROGRAM_INTERPRET, NULL) < 0)
		return true;
	for (int round = 0; round < 3 && !bad; round++) {
		uint32_t caplen = round == 0 ? MOST_BYTES : below(MOST_BYTES + 1);
		uint32_t len = below(4) ? caplen + below(2000) : rnd();
		const uint8_t *data = end - caplen;
		uint32_t want = bpf_filter((const struct bpf_insn *)(const void *)program, data,
					   len, caplen);

		bad = torc_program_run(native, data, caplen, len) != want ||
		      torc_program_run(chain, data, caplen, len) != want;
	}
	torc_program_free(native);
	torc_program_free(chain);
	return bad;
}

static void show(const struct sock_filter *program, size_t count)
{
	struct bpf_program image = { .bf_len = (u_int)count,
				     .bf_insns = (struct bpf_insn *)(void *)(uintptr_t)program };

	for (size_t n = 0; n < count; n++)
		note("%s", bpf_image(&image.bf_insns[n], (int)n));
}

static void random_programs(unsigned long wanted)
{
	uint8_t bytes[MOST_BYTES] = { 0 };
	uint8_t *data = guarded(bytes, sizeof(bytes));
	struct sock_filter program[MOST_INSTRUCTIONS];
	unsigned long accepted = 0, made = 0, different = 0;

	time_t give_up = time(NULL) + MOST_SECONDS;

	while (accepted < wanted && different == 0 && time(NULL) < give_up) {
		size_t count = make_program(program);

		made++;
		for (size_t i = 0; i < sizeof(bytes); i += 4) {
			uint32_t r = rnd();

			memcpy(data + i, &r, 4);
		}
		if (torc_program_check(program, count, 0, NULL) < 0)
			continue;
		accepted++;
		if (differs(program, count, data + sizeof(bytes))) {
			different++;
			show(program, count);
		}
	}
	is(different, 0, "%lu random programs (of %lu made) give bpf_filter()'s verdict", accepted,
	   made);
	guarded_free(data, sizeof(bytes));
}

/* What the kernel refuses and we need not: ancillary data it does not know, and (in order to keep
 * its checker simple) scratch words in code behind a return. */
static bool may_differ(const struct sock_filter *program, size_t count)
{
	for (size_t n = 0; n < count; n++) {
		unsigned int class = BPF_CLASS(program[n].code), mode = BPF_MODE(program[n].code);

		if (class == BPF_LD && mode == BPF_ABS && program[n].k >= (uint32_t)SKF_AD_OFF)
			return true;
		if ((class == BPF_LD || class == BPF_LDX) && mode == BPF_MEM)
			return true;
	}
	return false;
}

/* What the kernel's checker accepts, ours accepts too; also among programs with a fault put in. */
static void kernel_checker(unsigned int wanted)
{
	struct sock_filter program[MOST_INSTRUCTIONS];
	unsigned int taken = 0, refused_by_us = 0, both_refuse = 0, too_many = 0;
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	for (unsigned int n = 0; n < wanted; n++) {
		struct sock_fprog p = { (unsigned short)make_program(program), program };
		struct sock_filter *i = &program[below(p.len)];
		bool kernel, ours;

		if (below(2)) {
			i->code = (uint16_t)(below(2) ? rnd() & 0xff : i->code);
			i->jt = below(2) ? i->jt : (uint8_t)rnd();
			i->k = below(2) ? i->k : some_number();
		}
		kernel = setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &p, sizeof(p)) == 0;
		ours = torc_program_check(program, p.len, 0, NULL) == 0;
		taken += kernel;
		both_refuse += !kernel && !ours;
		if (kernel && !ours && refused_by_us++ == 0)
			show(program, p.len);
		if (!kernel && ours && !may_differ(program, p.len) && too_many++ == 0)
			show(program, p.len);
	}
	close(fd);
	ok(taken > wanted / 10 && both_refuse > wanted / 10,
	   "%u programs the kernel takes, %u neither", taken, both_refuse);
	is(refused_by_us, 0, "what the kernel takes is taken");
	is(too_many, 0, "what it refuses is refused");
}

static void refused(const char *what, const struct sock_filter *program, size_t count)
{
	struct torc_error error = { 0 };

	is(torc_program_check(program, count, 0, &error), -EINVAL, "refused: %s (%s)", what,
	   error.text);
}

#define REFUSED(what, ...)                                                                         \
	do {                                                                                       \
		const struct sock_filter p_[] = { __VA_ARGS__ };                                   \
		refused(what, p_, sizeof(p_) / sizeof(p_[0]));                                     \
	} while (0)

/* Every instruction as the only one: just the two returns are programs. */
static void single_instructions(void)
{
	unsigned int accepted = 0;

	for (unsigned int code = 0; code < 0x10000; code++) {
		const struct sock_filter program = BPF_STMT(code, 1);

		accepted += torc_program_check(&program, 1, 0, NULL) == 0;
	}
	is(accepted, 2, "a program ends with a return");
}

static void bad_programs(void)
{
	const struct sock_filter ret = BPF_STMT(BPF_RET | BPF_K, 1);

	refused("empty", &ret, 0);
	REFUSED("no return", BPF_STMT(BPF_LD | BPF_IMM, 1));
	REFUSED("unknown instruction", BPF_STMT(BPF_RET | BPF_X, 1));
	REFUSED("unknown upper byte", BPF_STMT(0x100 | BPF_RET, 1), ret);
	REFUSED("jump past the end", BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 1), ret);
	REFUSED("far jump past the end", BPF_STMT(BPF_JMP | BPF_JA, 0xffffffff), ret);
	REFUSED("division by zero", BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0), ret);
	REFUSED("remainder by zero", BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, 0), ret);
	REFUSED("shift by 32", BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 32), ret);
	REFUSED("17th scratch word", BPF_STMT(BPF_ST, 16), ret);
	REFUSED("unwritten scratch word", BPF_STMT(BPF_LD | BPF_MEM, 3), ret);
	REFUSED("scratch word written on one way only",
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 1), BPF_STMT(BPF_ST, 0),
		BPF_STMT(BPF_LD | BPF_MEM, 0), ret);
}

/* A program far longer than jumps of one byte reach, and than any the random ones are. */
static void long_program(size_t count)
{
	struct sock_filter *program = calloc(count, sizeof(*program));
	uint8_t byte_value[4] = { 0 }, *data = guarded(byte_value, 4);

	program[0] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0);
	for (size_t n = 1; n + 2 < count; n++)
		program[n] = (struct sock_filter)BPF_STMT(
			BPF_ALU | (n & 1 ? BPF_ADD : BPF_XOR) | BPF_K, (uint32_t)n * 2654435761u);
	program[count / 2] = (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, (uint32_t)(count / 3));
	program[count / 4] =
		(struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x100, 255, 3);
	program[count - 2] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_A, 0);
	program[count - 1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 7);
	ok(!differs(program, count, data + 4), "a program of %zu instructions", count);
	guarded_free(data, 4);
	free(program);
}

/* Where memory may not become executable, programs are interpreted. */
static void without_executable_memory(void)
{
	const struct sock_filter text[] = { BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 1),
					    BPF_STMT(BPF_RET | BPF_A, 0) };
	const uint8_t data[2] = { 3, 7 };
	pid_t child = fork();
	int status = 0;

	if (child == 0) {
		struct torc_program *p;

		if (prctl(65 /* PR_SET_MDWE, Linux 6.3 */, 1, 0, 0, 0) < 0)
			_exit(77);
		if (torc_program_new(&p, text, 2, 0, NULL) < 0)
			_exit(1);
		_exit(torc_program_is_native(p) || torc_program_run(p, data, 2, 2) != 7 ? 2 : 0);
	}
	waitpid(child, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip("no executable memory", "the kernel cannot refuse it (Linux 6.3)");
	else
		is(status, 0, "no executable memory: interpreted");
}

int main(int argc, char **argv)
{
	unsigned long programs = argc > 1 ? strtoul(argv[1], NULL, 0) : PROGRAMS;
	const struct sock_filter ret = BPF_STMT(BPF_RET | BPF_K, 1);
	struct torc_program *p;

	if (argc > 2)
		state ^= strtoull(argv[2], NULL, 0) * 0x9e3779b97f4a7c15ull;
	without_executable_memory();
	bad_programs();
	single_instructions();
	long_program(500);
	long_program(TORC_PROGRAM_MAX);
	kernel_checker(20000);
	random_programs(programs);
	if (torc_program_new(&p, &ret, 1, 0, NULL) == 0) {
		note("machine code: %s", torc_program_is_native(p) ? "yes" : "no");
		torc_program_free(p);
	}
	return done();
}
