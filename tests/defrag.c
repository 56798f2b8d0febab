/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * defrag.c - fragments put together: order, overlaps by every policy, keys, limits, and an account
 * that balances whatever came
 */
#include "fragments.h"

static const struct frag_path path4 = { .version = 4, .id = 100, .protocol = 253 };
static const struct frag_path path6 = { .version = 6, .id = 100, .protocol = 253 };

/* ---- whole packets ---- */

static void fill(uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		bytes[i] = (uint8_t)(i * 7 + i / 256);
}

/* Is whole this payload, in an IP packet whose header is right and that decodes completely? */
static void check_whole(const struct torc_packet *whole, const struct frag_path *path,
			const uint8_t *payload, size_t length, const char *what)
{
	struct torc_decoded decoded;
	const struct torc_layer *ip, *last;

	torc_decode_packet(whole, &decoded);
	ip = torc_layer_last(&decoded, path->version == 4 ? TORC_LAYER_IPV4 : TORC_LAYER_IPV6);
	last = &decoded.layers[decoded.layer_count - 1];
	ok(ip && !(decoded.flags & (TORC_DECODED_FRAGMENT | TORC_DECODED_CUT_BY_HEADER)),
	   "%s: no fragment any more, and as long as it says", what);
	if (!ip)
		return;
	ok(whole->len == last->offset + length && whole->caplen == whole->len &&
		   memcmp(whole->data + last->offset, payload, length) == 0,
	   "%s: all of the payload", what);
	if (path->version == 4)
		is(torc_checksum_verify(&decoded, ip, 0, NULL), TORC_CHECKSUM_RIGHT,
		   "%s: the header's checksum", what);
	ok(whole->flags & TORC_PACKET_REASSEMBLED, "%s: the flag", what);
}

/* The payload in equal parts, sent in this order: a digit for each part. */
static void send_parts(const struct frag_path *path, const char *order, const char *what)
{
	struct torc_defrag *defrag = frag_engine(TORC_DEFRAG_DROP);
	size_t count = strlen(order), part = 64;
	uint8_t payload[64 * 9 + 5];
	struct torc_packet whole;
	int result = TORC_DEFRAG_NONE;
	size_t length = part * count + 5; /* the last is a little longer */

	fill(payload, length);
	for (size_t i = 0; i < count; i++) {
		size_t at = (size_t)(order[i] - '0') * part;
		bool more = (size_t)(order[i] - '0') < count - 1;

		result = frag_add(defrag, path, (unsigned int)at, more, payload + at,
				  more ? part : part + 5, &whole);
		if (i + 1 < count && result != TORC_DEFRAG_WAITING)
			is(result, TORC_DEFRAG_WAITING, "%s waits for more", what);
	}
	is(result, TORC_DEFRAG_WHOLE, "%s, order %s: whole with the last", what, order);
	if (result == TORC_DEFRAG_WHOLE)
		check_whole(&whole, path, payload, length, what);
	is(torc_defrag_fragments(defrag), (long long)count, "%s: so many fragments", what);
	ok(frag_balanced(defrag) && frag_stats(defrag).waiting == 0, "the account balances");
	torc_defrag_close(defrag);
}

static void test_orders(void)
{
	static const char *const orders[] = { "01", "10", "0123", "3210", "2031", "1302", "012345678" };
	const struct frag_path paths[] = {
		path4, path6,
		{ .version = 4, .id = 1, .protocol = 253, .vlan = 100 },
		{ .version = 6, .id = 1, .protocol = 253, .vlan = 100, .destination = true },
		{ .version = 4, .id = 1, .protocol = 253, .vni = 5000 },
		{ .version = 6, .id = 1, .protocol = 253, .vni = 5000 },
	};
	static const char *const names[] = { "IPv4", "IPv6", "in a VLAN",
					     "IPv6 behind options, in a VLAN", "in VXLAN",
					     "IPv6 in VXLAN" };

	for (size_t p = 0; p < sizeof(paths) / sizeof(*paths); p++)
		for (size_t i = 0; i < sizeof(orders) / sizeof(*orders); i++)
			send_parts(&paths[p], orders[i], names[p]);
}

/* The headers around the datagram grow with it; a UDP checksum around it is given up. */
static void test_outer(void)
{
	const struct frag_path path = { .version = 4, .id = 1, .protocol = 253, .vni = 9 };
	struct torc_defrag *defrag = frag_engine(TORC_DEFRAG_DROP);
	uint8_t payload[3000];
	struct torc_packet whole = { 0 };
	struct torc_decoded decoded;
	const struct torc_layer *outer;
	struct torc_udp udp;

	fill(payload, sizeof(payload));
	frag_add(defrag, &path, 0, true, payload, 1400, &whole);
	frag_add(defrag, &path, 1400, false, payload + 1400, 1600, &whole);
	torc_decode_packet(&whole, &decoded);
	outer = torc_layer_first(&decoded, TORC_LAYER_IPV4);
	is(torc_checksum_verify(&decoded, outer, 0, NULL), TORC_CHECKSUM_RIGHT,
	   "the outer header's checksum is right");
	torc_layer_udp(&decoded, torc_layer_first(&decoded, TORC_LAYER_UDP), &udp);
	is(udp.length, 8 + 8 + 14 + 20 + 3000, "the outer UDP length has grown");
	is(udp.checksum, 0, "its checksum is gone");
	is(decoded.status, TORC_DECODED_UNKNOWN_NEXT, "nothing is cut");
	torc_defrag_close(defrag);
}

/* ---- overlaps ---- */

struct piece_of_text {
	unsigned int offset;
	char letter;
	unsigned int length;
};

/* Novak's sequence: A to I leave holes, J to Q overlap and fill them. */
static const struct piece_of_text novak[] = {
	{ 0, 'A', 24 },   { 32, 'B', 16 },  { 48, 'C', 24 },  { 80, 'D', 8 },   { 104, 'E', 16 },
	{ 120, 'F', 24 }, { 144, 'G', 16 }, { 160, 'H', 16 }, { 176, 'I', 8 },  { 8, 'J', 32 },
	{ 48, 'K', 24 },  { 72, 'L', 24 },  { 96, 'M', 24 },  { 128, 'N', 8 },  { 152, 'O', 8 },
	{ 160, 'P', 8 },  { 176, 'Q', 16 },
};

/* A letter for each eight bytes. */
static const char *const novak_results[TORC_DEFRAG_POLICIES] = {
	[TORC_DEFRAG_FIRST] = "AAAJBBCCCLDLMEEFFFGGHHIQ",
	[TORC_DEFRAG_LAST] = "AJJJJBKKKLLLMMMFNFGOPHQQ",
	[TORC_DEFRAG_BSD] = "AAAJJBCCCLLLMMMFFFGGHHIQ",
	[TORC_DEFRAG_LINUX] = "AAAJJBKKKLLLMMMFFFGGPHQQ",
	[TORC_DEFRAG_WINDOWS] = "AAAJBBCCCLLLMEEFFFGGHHIQ",
	[TORC_DEFRAG_SOLARIS] = "AAAJBBCCCLLLMMMFFFGGHHIQ",
};

static void test_novak(const struct frag_path *path)
{
	for (unsigned int policy = TORC_DEFRAG_FIRST; policy < TORC_DEFRAG_POLICIES; policy++) {
		struct torc_defrag *defrag = frag_engine(policy);
		size_t count = sizeof(novak) / sizeof(*novak);
		struct torc_packet whole = { 0 };
		char letters[25] = "", bytes[32];

		for (size_t i = 0; i < count; i++) {
			memset(bytes, novak[i].letter, sizeof(bytes));
			frag_add(defrag, path, novak[i].offset, i + 1 < count, bytes,
				 novak[i].length, &whole);
		}
		for (unsigned int i = 0; whole.data && i < 24; i++)
			letters[i] = (char)whole.data[whole.caplen - 192 + 8 * i];
		is_str(letters, novak_results[policy], "Novak's sequence, IPv%d, policy %s",
		       path->version, torc_defrag_policy_name(policy));
		ok(frag_balanced(defrag), "the account balances");
		is(frag_stats(defrag).overlaps, 8, "eight overlaps");
		is(frag_stats(defrag).overlaps_different, 8, "of other bytes");
		torc_defrag_close(defrag);
	}
}

/* As Linux: tests/defrag_kernel.c asks the running kernel. */
static void test_drop(void)
{
	static const struct {
		const char *what;
		struct piece_of_text parts[4];
		int results[4];
		unsigned int overlapping; /* so many fragments ended their datagram, or with it */
	} cases[] = {
		{ "the same fragment twice",
		  { { 0, 'A', 16 }, { 0, 'A', 16 }, { 16, 'B', 8 } },
		  { TORC_DEFRAG_WAITING, TORC_DEFRAG_DROPPED, TORC_DEFRAG_WHOLE },
		  0 },
		{ "a fragment inside another",
		  { { 0, 'A', 32 }, { 8, 'X', 8 }, { 32, 'B', 8 } },
		  { TORC_DEFRAG_WAITING, TORC_DEFRAG_DROPPED, TORC_DEFRAG_WHOLE },
		  0 },
		{ "inside two that came in order",
		  { { 0, 'A', 16 }, { 16, 'B', 16 }, { 8, 'X', 16 }, { 32, 'C', 8 } },
		  { TORC_DEFRAG_WAITING, TORC_DEFRAG_WAITING, TORC_DEFRAG_DROPPED,
		    TORC_DEFRAG_WHOLE },
		  0 },
		{ "across two that did not: the end waits alone",
		  { { 16, 'B', 16 }, { 0, 'A', 16 }, { 8, 'X', 16 }, { 32, 'C', 8 } },
		  { TORC_DEFRAG_WAITING, TORC_DEFRAG_WAITING, TORC_DEFRAG_DROPPED,
		    TORC_DEFRAG_WAITING },
		  3 },
		{ "overlap by eight: the end waits alone",
		  { { 0, 'A', 24 }, { 16, 'B', 16 }, { 32, 'C', 8 } },
		  { TORC_DEFRAG_WAITING, TORC_DEFRAG_DROPPED, TORC_DEFRAG_WAITING },
		  2 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct torc_defrag *defrag = frag_engine(TORC_DEFRAG_DROP);
		struct torc_packet whole;
		char bytes[64];

		for (unsigned int n = 0; n < 4 && cases[i].parts[n].length; n++) {
			bool last = n == 3 || !cases[i].parts[n + 1].length;

			memset(bytes, cases[i].parts[n].letter, sizeof(bytes));
			is(frag_add(defrag, &path4, cases[i].parts[n].offset, !last, bytes,
				    cases[i].parts[n].length, &whole),
			   cases[i].results[n], "%s: fragment %u", cases[i].what, n);
		}
		is(frag_stats(defrag).overlap, cases[i].overlapping, "%s: %u go for it",
		   cases[i].what, cases[i].overlapping);
		ok(frag_balanced(defrag), "the account balances");
		torc_defrag_close(defrag);
	}
}

/* ---- random fragments against a model of one array a datagram ---- */

#define MODEL_BYTES 256

struct model {
	int owner[MODEL_BYTES]; /* which fragment a byte is of; -1: none */
	char letter[64];
};

static bool model_wins(unsigned int policy, unsigned int old_begin, unsigned int old_end,
		       unsigned int begin, unsigned int end)
{
	switch (policy) {
	case TORC_DEFRAG_LAST:
		return true;
	case TORC_DEFRAG_BSD:
		return begin < old_begin;
	case TORC_DEFRAG_LINUX:
		return begin <= old_begin;
	case TORC_DEFRAG_WINDOWS:
		return begin < old_begin && end > old_end;
	case TORC_DEFRAG_SOLARIS:
		return begin < old_begin && end >= old_end;
	}
	return false;
}

static void model_add(struct model *model, unsigned int policy, int number, unsigned int begin,
		      unsigned int end)
{
	int before[MODEL_BYTES];

	memcpy(before, model->owner, sizeof(before));
	for (unsigned int at = begin; at < end; at++) {
		unsigned int from = at, to = at;

		while (before[at] >= 0 && from > 0 && before[from - 1] == before[at])
			from--;
		while (before[at] >= 0 && to < MODEL_BYTES && before[to] == before[at])
			to++;
		if (before[at] < 0 || model_wins(policy, from, to, begin, end))
			model->owner[at] = number;
	}
}

/*
 * Pieces that are split keep one owner here and become two there: the ends of the left one differ
 * then, which only windows and solaris look at, and there a new range inside an old one never wins.
 */
static void test_random(unsigned int policy)
{
	unsigned int bad = 0, whole_count = 0;

	for (unsigned int round = 0; round < 3000; round++) {
		struct frag_path path = { .version = round & 1 ? 6 : 4, .id = round, .protocol = 253 };
		struct torc_defrag *defrag = frag_engine(policy);
		struct torc_packet whole = { 0 };
		struct model model;
		char bytes[MODEL_BYTES];
		int result = TORC_DEFRAG_WAITING;

		memset(model.owner, 0xff, sizeof(model.owner));
		for (int n = 0; n < 60 && result != TORC_DEFRAG_WHOLE; n++) {
			unsigned int begin = (unsigned int)(random() % 32), count;
			bool last = random() % 12 == 0;

			count = 1 + (unsigned int)(random() % 8);
			begin = last ? 32 - (count > 32 ? 32 : count) : begin;
			if (begin + count > 32 || (!last && begin + count == 32 && n % 3))
				count = 32 - begin;
			memset(bytes, 'A' + n % 58, sizeof(bytes));
			result = frag_add(defrag, &path, begin * 8, !last, bytes, count * 8, &whole);
			if (result == TORC_DEFRAG_WAITING || result == TORC_DEFRAG_WHOLE)
				model_add(&model, policy, n, begin * 8, (begin + count) * 8);
		}
		if (result == TORC_DEFRAG_WHOLE) {
			const uint8_t *payload = whole.data + whole.caplen - MODEL_BYTES;

			whole_count++;
			for (unsigned int i = 0; i < MODEL_BYTES; i++)
				bad += payload[i] != 'A' + model.owner[i] % 58;
		}
		bad += !frag_balanced(defrag);
		torc_defrag_close(defrag);
	}
	ok(whole_count > 1000, "policy %s: %u random datagrams became whole",
	   torc_defrag_policy_name(policy), whole_count);
	is(bad, 0, "and each byte is that of the model");
}

/* ---- keys, time, limits ---- */

static void test_keys(void)
{
	const struct frag_path paths[] = {
		path4,
		{ .version = 4, .id = 101, .protocol = 253 },
		{ .version = 4, .id = 100, .protocol = 254 },
		{ .version = 4, .id = 100, .protocol = 253, .last_byte = 7 },
		{ .version = 4, .id = 100, .protocol = 253, .vlan = 1 },
		{ .version = 4, .id = 100, .protocol = 253, .vlan = 2 },
		{ .version = 4, .id = 100, .protocol = 253, .vni = 1 },
		{ .version = 4, .id = 100, .protocol = 253, .vni = 2 },
		path6,
		{ .version = 6, .id = 101, .protocol = 253 },
	};
	struct frag_path priority = { .version = 4, .id = 100, .protocol = 253, .vlan = 0xe001 };
	struct frag_path named = { .version = 6, .id = 100, .protocol = 254 };
	struct torc_defrag *defrag = frag_engine(TORC_DEFRAG_DROP);
	size_t count = sizeof(paths) / sizeof(*paths);
	uint8_t bytes[16];
	struct torc_packet whole;

	for (size_t i = 0; i < count; i++) {
		memset(bytes, (int)i, sizeof(bytes));
		is(frag_add(defrag, &paths[i], 0, true, bytes, 16, &whole), TORC_DEFRAG_WAITING,
		   "first of datagram %zu", i);
	}
	is((long long)frag_stats(defrag).datagrams_waiting, (long long)count, "each is its own");
	for (size_t i = 0; i < count; i++) {
		const struct frag_path *path = i == 4 ? &priority : i == 8 ? &named : &paths[i];

		memset(bytes, (int)i, sizeof(bytes));
		is(frag_add(defrag, path, 16, false, bytes, 16, &whole), TORC_DEFRAG_WHOLE,
		   "second of datagram %zu", i);
		ok(whole.data[whole.caplen - 20] == i && whole.data[whole.caplen - 1] == i,
		   "has its own bytes");
	}
	is(frag_stats(defrag).other_protocol, 1, "another next header is ignored and counted");
	torc_defrag_close(defrag);
}

static void test_time(void)
{
	struct torc_defrag *defrag = frag_engine(TORC_DEFRAG_DROP);
	uint8_t bytes[16] = { 0 };
	struct torc_packet whole;

	frag_add(defrag, &path4, 0, true, bytes, 16, &whole);
	frag_add(defrag, &path6, 0, true, bytes, 16, &whole);
	frag_now_ns += UINT64_C(29900000000);
	torc_defrag_expire(defrag, frag_now_ns);
	is(frag_stats(defrag).datagrams_waiting, 2, "29.9 s: both wait");
	frag_now_ns += 200000000;
	torc_defrag_expire(defrag, frag_now_ns);
	is(frag_stats(defrag).datagrams_waiting, 1, "30.1 s: IPv4 has waited too long");
	is(frag_stats(defrag).timed_out, 1, "and is counted");
	frag_now_ns += UINT64_C(30000000000);
	is(frag_add(defrag, &path4, 16, false, bytes, 16, &whole), TORC_DEFRAG_WAITING,
	   "what comes later finds nothing");
	is(frag_stats(defrag).timed_out, 2, "60 s: IPv6 too");
	torc_defrag_expire(defrag, 0);
	is(frag_stats(defrag).datagrams_waiting, 1, "a clock that goes back ends nothing");
	ok(frag_balanced(defrag), "the account balances");
	torc_defrag_close(defrag);
}

struct bad {
	const char *what;
	struct frag_path path;
	unsigned int offset;
	bool more;
	unsigned int length;
	size_t counter;
};

#define COUNTER(name) offsetof(struct torc_defrag_stats, name)

static void test_bad(void)
{
	const struct frag_path tcp = { .version = 4, .id = 1, .protocol = 6 };
	const struct frag_path tcp6 = { .version = 6, .id = 1, .protocol = 6 };
	const struct bad cases[] = {
		{ "ends behind 65,535", path4, 65528, false, 100, COUNTER(too_large) },
		{ "IPv6, behind 65,535", path6, 65528, false, 100, COUNTER(too_large) },
		{ "empty", path4, 8, true, 0, COUNTER(bad_length) },
		{ "less than eight bytes, more to come", path4, 8, true, 5, COUNTER(bad_length) },
		{ "IPv6, no multiple of eight", path6, 8, true, 12, COUNTER(bad_length) },
		{ "a tiny first fragment of TCP", tcp, 0, true, 8, COUNTER(tiny) },
		{ "what should be behind it", tcp, 8, true, 64, COUNTER(tiny) },
		{ "IPv6, TCP's header not whole", tcp6, 0, true, 16, COUNTER(no_transport) },
	};
	uint8_t bytes[128] = { 0 }, frame[256];
	struct torc_defrag *defrag = frag_engine(TORC_DEFRAG_DROP);
	struct torc_packet whole;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct torc_defrag_stats before = frag_stats(defrag), after;
		const struct bad *bad = &cases[i];

		is(frag_add(defrag, &bad->path, bad->offset, bad->more, bytes, bad->length, &whole),
		   TORC_DEFRAG_DROPPED, "%s: dropped", bad->what);
		after = frag_stats(defrag);
		is(*(uint64_t *)(void *)((char *)&after + bad->counter),
		   (long long)*(uint64_t *)(void *)((char *)&before + bad->counter) + 1,
		   "and counted");
		ok(frag_balanced(defrag), "the account balances");
	}
	is(frag_give(defrag, frame, frag_frame(frame, &path4, 0, true, bytes, 64) - 1, &whole),
	   TORC_DEFRAG_DROPPED, "a fragment that was cut");
	is(frag_stats(defrag).cut, 1, "is counted");
	is(frag_stats(defrag).waiting, 0, "nothing waits");
	torc_defrag_close(defrag);
}

static void test_contradictions(void)
{
	struct torc_defrag *defrag = frag_engine(TORC_DEFRAG_DROP);
	struct frag_path path = path4;
	uint8_t bytes[64] = { 0 };
	struct torc_packet whole;

	frag_add(defrag, &path, 0, true, bytes, 32, &whole);
	is(frag_add(defrag, &path, 8, false, bytes, 8, &whole), TORC_DEFRAG_DROPPED,
	   "teardrop: the last ends inside the first");
	is(frag_stats(defrag).inconsistent, 2, "both are counted");
	path.id++;
	frag_add(defrag, &path, 16, false, bytes, 8, &whole);
	is(frag_add(defrag, &path, 32, true, bytes, 8, &whole), TORC_DEFRAG_DROPPED,
	   "bytes behind the end");
	path.id++;
	frag_add(defrag, &path, 16, false, bytes, 8, &whole);
	is(frag_add(defrag, &path, 16, false, bytes, 16, &whole), TORC_DEFRAG_DROPPED, "two ends");
	path.id++;
	path.flags = 0x4000;
	frag_add(defrag, &path, 0, true, bytes, 8, &whole);
	is(frag_add(defrag, &path, 8, false, bytes, 8, &whole), TORC_DEFRAG_WHOLE,
	   "do-not-fragment with an offset comes out");
	is(frag_stats(defrag).dont_fragment, 1, "and is counted");
	ok(frag_balanced(defrag), "the account balances");
	torc_defrag_close(defrag);
}

/* ECN codepoints of the two fragments, and of the whole; -1: dropped. RFC 3168 §5.3 */
static void test_ecn(void)
{
	static const int cases[][3] = { { 0, 0, 0 }, { 1, 1, 1 }, { 2, 2, 2 }, { 2, 3, 3 },
					{ 3, 1, 3 }, { 3, 3, 3 }, { 0, 3, -1 }, { 2, 0, -1 } };

	for (unsigned int i = 0; i < 2 * sizeof(cases) / sizeof(*cases); i++) {
		const int *codes = cases[i / 2];
		struct torc_defrag *defrag = frag_engine(TORC_DEFRAG_DROP);
		struct frag_path path = i % 2 ? path6 : path4;
		struct torc_packet whole = { 0 };
		uint8_t bytes[16] = { 0 };
		int got = -1, result;

		path.tos = (uint8_t)codes[0];
		frag_add(defrag, &path, 0, true, bytes, 8, &whole);
		path.tos = (uint8_t)codes[1];
		result = frag_add(defrag, &path, 8, false, bytes, 8, &whole);
		if (result == TORC_DEFRAG_WHOLE)
			got = path.version == 4 ? whole.data[15] & 3 : whole.data[15] >> 4 & 3;
		is(got, codes[2], "ECN %d and %d, IPv%d", codes[0], codes[1], path.version);
		ok(frag_balanced(defrag), "the account balances");
		torc_defrag_close(defrag);
	}
}

static void test_memory(void)
{
	struct torc_defrag_options options = { .size = sizeof(options),
					       .memory_bytes = TORC_DEFRAG_MEMORY_MIN };
	struct torc_defrag *defrag;
	struct frag_path path = path4;
	static uint8_t bytes[60000];
	struct torc_defrag_stats stats;
	struct torc_packet whole;
	struct torc_error error;
	unsigned int bad = 0;

	is(torc_defrag_open(&defrag, &options, &error), 0, "the least memory");
	for (unsigned int i = 0; i < 200000; i++) {
		path.id = i;
		path.last_byte = (uint8_t)(i >> 16 | 1);
		frag_add(defrag, &path, 8, true, bytes, 8 + i % 1400 / 8 * 8, &whole);
		bad += !frag_balanced(defrag);
	}
	stats = frag_stats(defrag);
	is(bad, 0, "200,000 datagrams that never complete: balanced all the time");
	ok(stats.no_memory > 0 && stats.waiting + stats.no_memory + stats.timed_out == 200000,
	   "the oldest gave way: %llu", (unsigned long long)stats.no_memory);
	path.id = 7777;
	path.last_byte = 77;
	frag_add(defrag, &path, 0, true, bytes, 59992, &whole);
	is(frag_add(defrag, &path, 59992, false, bytes, 8, &whole), TORC_DEFRAG_WHOLE,
	   "the newest is served: 60,000 bytes");
	torc_defrag_close(defrag);

	options.memory_bytes = 1000;
	is(torc_defrag_open(&defrag, &options, &error), -EINVAL, "too little: %s", error.text);
	options.memory_bytes = 0;
	options.policy = 99;
	is(torc_defrag_open(&defrag, &options, &error), -EINVAL, "no policy: %s", error.text);
	is(torc_defrag_policy_parse("windwos", &error), -EINVAL, "no policy: %s", error.text);
	is(torc_defrag_policy_parse("windows", &error), TORC_DEFRAG_WINDOWS, "a policy");
}

static void test_too_many(void)
{
	struct torc_defrag_options options = { .size = sizeof(options), .fragments_max = 10 };
	struct torc_defrag *defrag;
	uint8_t bytes[8] = { 0 };
	struct torc_packet whole;

	torc_defrag_open(&defrag, &options, NULL);
	for (unsigned int i = 0; i < 10; i++)
		frag_add(defrag, &path4, 16 * i, true, bytes, 8, &whole);
	is(frag_stats(defrag).waiting, 10, "ten wait");
	is(frag_add(defrag, &path4, 1000, true, bytes, 8, &whole), TORC_DEFRAG_DROPPED,
	   "the eleventh is too many");
	is(frag_stats(defrag).too_many, 11, "all of them");
	torc_defrag_close(defrag);
}

/* What is no fragment is left alone. */
static void test_others(void)
{
	struct torc_defrag *defrag = frag_engine(TORC_DEFRAG_DROP);
	uint8_t bytes[64] = { 0 };
	struct torc_packet whole;

	is(frag_add(defrag, &path4, 0, false, bytes, 64, &whole), TORC_DEFRAG_NONE, "a whole packet");
	is(frag_add(defrag, &path6, 0, false, bytes, 64, &whole), TORC_DEFRAG_NONE,
	   "an atomic fragment");
	is(frag_give(defrag, bytes, 3, &whole), TORC_DEFRAG_NONE, "three bytes");
	is(frag_stats(defrag).fragments, 0, "none is counted");
	torc_defrag_close(defrag);
}

/* ---- a source ---- */

struct file {
	uint8_t bytes[1 << 16];
	size_t length;
};

static void file_put32(struct file *file, uint32_t word)
{
	memcpy(file->bytes + file->length, &word, 4);
	file->length += 4;
}

static void file_packet(struct file *file, const uint8_t *frame, size_t length)
{
	file_put32(file, 1700000000);
	file_put32(file, 0);
	file_put32(file, (uint32_t)length);
	file_put32(file, (uint32_t)length);
	memcpy(file->bytes + file->length, frame, length);
	file->length += length;
}

static void file_start(struct file *file)
{
	const bool little = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;
	const uint32_t header[] = { 0xA1B2C3D4, little ? 4 << 16 | 2 : 2 << 16 | 4, 0, 0, 65535,
				    TORC_LINK_ETHERNET };

	file->length = 0;
	for (unsigned int i = 0; i < 6; i++)
		file_put32(file, header[i]);
}

/* A datagram in three fragments, each of which is cut again on its way through a tunnel (GRE). */
static void nested(struct file *file, const uint8_t *payload)
{
	const struct frag_path inner = { .version = 4, .id = 9, .protocol = 253 };
	struct frag_path outer = { .version = 4, .id = 20, .protocol = 47, .last_byte = 50 };
	uint8_t frame[1024], tunnel[1024] = { 0, 0, 8, 0 };

	for (unsigned int i = 0; i < 3; i++, outer.id++) {
		size_t length = frag_frame(frame, &inner, i * 96, i < 2, payload + i * 96, 96) - 14;

		memcpy(tunnel + 4, frame + 14, length);
		length += 4;
		file_packet(file, frame, frag_frame(frame, &outer, 0, true, tunnel, 64));
		file_packet(file, frame,
			    frag_frame(frame, &outer, 64, false, tunnel + 64, length - 64));
	}
}

static void test_source(unsigned int batch)
{
	static struct file file;
	struct torc_source *source;
	struct torc_packet packets[8];
	struct torc_decoded decoded[8];
	uint8_t frame[256], payload[288];
	unsigned int seen = 0, joined = 0, last = 0;
	int count;

	fill(payload, sizeof(payload));
	file_start(&file);
	file_packet(&file, frame, frag_frame(frame, &path4, 0, false, payload, 32));
	nested(&file, payload);
	file_packet(&file, frame, frag_frame(frame, &path4, 0, false, payload, 40));
	file_packet(&file, frame, frag_frame(frame, &path4, 0, true, payload, 40));
	is(torc_source_open_memory(&source, file.bytes, file.length, NULL), 0, "a source");
	is(torc_source_set_defrag(source, NULL, NULL), 0, "that puts fragments together");
	is(torc_source_set_defrag(source, NULL, NULL), -EALREADY, "once");
	while ((count = batch == 1 ? torc_source_next(source, packets, decoded) :
				     torc_source_next_batch(source, packets, decoded, batch)) > 0)
		for (int i = 0; i < count; i++) {
			seen++;
			last = packets[i].caplen;
			if (!(packets[i].flags & TORC_PACKET_REASSEMBLED))
				continue;
			joined++;
			ok(memcmp(packets[i].data + packets[i].caplen - 288, payload, 288) == 0,
			   "fragments in fragments: all of the payload");
			ok(torc_layer_nth(&decoded[i], TORC_LAYER_IPV4, 1) &&
				   !(decoded[i].flags & TORC_DECODED_FRAGMENT),
			   "and decoded as a whole");
		}
	is(count, 0, "to the end");
	is(seen, 3, "two packets and a datagram");
	is(joined, 1, "which is one");
	is(last, 14 + 20 + 40, "the packet behind it is there, the fragment left alone is not");
	is(frag_stats(torc_source_defrag(source)).waiting, 1, "but in the account");
	ok(frag_balanced(torc_source_defrag(source)), "which balances");
	torc_source_close(source);
}

int main(void)
{
	srandom(20050301);
	test_orders();
	test_outer();
	test_novak(&path4);
	test_novak(&path6);
	test_drop();
	for (unsigned int policy = TORC_DEFRAG_FIRST; policy < TORC_DEFRAG_POLICIES; policy++)
		test_random(policy);
	test_keys();
	test_time();
	test_bad();
	test_contradictions();
	test_ecn();
	test_memory();
	test_too_many();
	test_others();
	test_source(1);
	test_source(8);
	return done();
}
