/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Structs that begin with their size: filled in for callers that know fewer members or more, and
 * read from them; a size that is none is refused and nothing is touched.
 */
#include <torc/torc.h>

#include "net.h"

static struct torc_ring *ring;
static struct torc_file *file;
static struct torc_writer *writer;
static struct torc_sender *sender;
static char path[] = "/tmp/torc-sized-XXXXXX";

/* ---- filled in by the library ---- */

static int give_stats(void *out)
{
	return torc_ring_stats(ring, out);
}

static int give_info(void *out)
{
	return torc_ring_info(ring, out);
}

static int give_file_info(void *out)
{
	return torc_file_info(file, out);
}

static int give_interface(void *out)
{
	return torc_file_interface(file, 0, out);
}

static int give_extra(void *out)
{
	return torc_file_extra(file, 0, out);
}

static int give_writer_stats(void *out)
{
	return torc_writer_stats(writer, out);
}

static int give_sender_stats(void *out)
{
	return torc_sender_stats(sender, out);
}

static int give_sender_info(void *out)
{
	return torc_sender_info(sender, out);
}

static int give_live(void *out, bool is_stats)
{
	struct torc_live_ring live = { .size = sizeof(live) };
	struct torc_live_list *list;
	int result = torc_live_open(&list);

	if (result < 0)
		return result;
	result = is_stats ? torc_live_next(list, &live, out) : torc_live_next(list, out, NULL);
	torc_live_close(list);
	return result > 0 ? 0 : result < 0 ? result : -ENOENT;
}

static int give_live_ring(void *out)
{
	return give_live(out, false);
}

static int give_live_stats(void *out)
{
	return give_live(out, true);
}

static const struct {
	const char *name;
	size_t size;
	int (*give)(void *out);
} given[] = {
	{ "torc_stats", sizeof(struct torc_stats), give_stats },
	{ "torc_ring_info", sizeof(struct torc_ring_info), give_info },
	{ "torc_file_info", sizeof(struct torc_file_info), give_file_info },
	{ "torc_file_interface", sizeof(struct torc_file_interface), give_interface },
	{ "torc_file_extra", sizeof(struct torc_file_extra), give_extra },
	{ "torc_writer_stats", sizeof(struct torc_writer_stats), give_writer_stats },
	{ "torc_sender_stats", sizeof(struct torc_sender_stats), give_sender_stats },
	{ "torc_sender_info", sizeof(struct torc_sender_info), give_sender_info },
	{ "torc_live_ring", sizeof(struct torc_live_ring), give_live_ring },
	{ "torc_stats of a live ring", sizeof(struct torc_stats), give_live_stats },
};

/* Are bytes[from ... to) all of that value? */
static bool all(const uint8_t *bytes, size_t from, size_t to, uint8_t value)
{
	for (size_t i = from; i < to; i++)
		if (bytes[i] != value)
			return false;
	return true;
}

/* A call with a struct of that size in memory full of 0xa5, which has room behind. */
static int call(int (*give)(void *out), uint8_t *memory, size_t bytes, size_t size)
{
	memset(memory, 0xa5, bytes);
	memcpy(memory, &size, sizeof(size));
	return give(memory);
}

static void test_given(unsigned int n)
{
	size_t full = given[n].size, bytes = full + 64, size;
	uint8_t *memory = malloc(bytes), *whole = malloc(bytes);
	const char *name = given[n].name;

	is(call(given[n].give, whole, bytes, full), 0, "%s: filled in", name);
	ok(all(whole, full, bytes, 0xa5), "%s: and nothing behind it", name);

	is(call(given[n].give, memory, bytes, 16), 0, "%s: a caller with one member", name);
	memcpy(&size, memory, sizeof(size));
	is(size, 16, "%s: the size stays", name);
	ok(memcmp(memory + 8, whole + 8, 8) == 0 && all(memory, 16, bytes, 0xa5),
	   "%s: that one is filled in, and nothing behind it", name);

	is(call(given[n].give, memory, bytes, full + 32), 0, "%s: a caller from the future", name);
	ok(all(memory, full, full + 32, 0) && all(memory, full + 32, bytes, 0xa5),
	   "%s: what is not known yet is 0", name);

	is(call(given[n].give, memory, bytes, 0), -EINVAL, "%s: no size", name);
	ok(all(memory, sizeof(size), bytes, 0xa5), "%s: nothing was touched", name);
	is(call(given[n].give, memory, bytes, 0xa5a5a5a5a5a5a5a5), -EINVAL, "%s: never set", name);
	ok(all(memory, sizeof(size), bytes, 0xa5), "%s: nothing was touched", name);
	free(memory);
	free(whole);
}

/* ---- read from the caller ---- */

static struct torc_error error;

static int take_ring(const void *options)
{
	struct torc_ring *other;
	int result = torc_ring_open_with(&other, "none", options, &error);

	if (result == 0)
		torc_ring_close(other);
	return result;
}

static int take_file(const void *options)
{
	struct torc_file *other;
	int result = torc_file_open(&other, path, options, &error);

	if (result == 0)
		torc_file_close(other);
	return result;
}

static int take_writer(const void *options)
{
	struct torc_writer *other;
	int result = torc_writer_open(&other, "/dev/null", options, &error);

	if (result == 0)
		torc_writer_close(other, NULL, NULL);
	return result;
}

static int take_maker(const void *options)
{
	struct torc_maker *other;
	int result = torc_maker_open(&other, options, &error);

	if (result == 0)
		torc_maker_close(other);
	return result;
}

static int take_sender(const void *options)
{
	struct torc_sender *other;
	int result = torc_sender_open(&other, "lo", options, &error);

	if (result == 0)
		torc_sender_close(other);
	return result;
}

static int take_interface(const void *interface)
{
	int result = torc_writer_add_interface(writer, interface);

	snprintf(error.text, sizeof(error.text), "%s", torc_writer_error(writer));
	return result < 0 ? result : 0;
}

static int take_stats(const void *stats)
{
	int result = torc_writer_set_stats(writer, 0, stats);

	snprintf(error.text, sizeof(error.text), "%s", torc_writer_error(writer));
	return result;
}

static const struct {
	const char *name;
	size_t size;
	int (*take)(const void *in);
} taken[] = {
	{ "torc_ring_options", sizeof(struct torc_ring_options), take_ring },
	{ "torc_file_options", sizeof(struct torc_file_options), take_file },
	{ "torc_writer_options", sizeof(struct torc_writer_options), take_writer },
	{ "torc_maker_options", sizeof(struct torc_maker_options), take_maker },
	{ "torc_sender_options", sizeof(struct torc_sender_options), take_sender },
	{ "torc_file_interface", sizeof(struct torc_file_interface), take_interface },
	{ "torc_stats", sizeof(struct torc_stats), take_stats },
};

static void test_taken(unsigned int n)
{
	size_t full = taken[n].size, size = full;
	uint8_t *memory = calloc(1, full + 64);
	const char *name = taken[n].name;

	memcpy(memory, &size, sizeof(size));
	is(taken[n].take(memory), 0, "%s: taken", name);
	size = 16;
	memcpy(memory, &size, sizeof(size));
	is(taken[n].take(memory), 0, "%s: of a caller with one member", name);
	size = full + 32;
	memcpy(memory, &size, sizeof(size));
	is(taken[n].take(memory), 0, "%s: of a caller from the future, who wants nothing new", name);
	memory[full + 8] = 1;
	is(taken[n].take(memory), -E2BIG, "%s: who wants something new", name);
	ok(strstr(error.text, name) != NULL, "and is told: %s", error.text);
	memset(memory, 0, full);
	is(taken[n].take(memory), -EINVAL, "%s: no size", name);
	ok(strstr(error.text, "sizeof") != NULL, "and is told: %s", error.text);
	free(memory);
}

/* ---- structs that never grow ---- */

static void test_fixed(void)
{
	is(sizeof(struct torc_packet), 64, "a packet is a cache line");
	is(sizeof(struct torc_parsed), 172, "its parsed headers");
	is(sizeof(struct torc_decoded), 560, "its layers");
	is(sizeof(struct torc_value), 80, "the value of a field");
}

static void test_answers(void)
{
	struct torc_ring_info info = { .size = sizeof(info) };
	struct torc_ring *other;
	char device[64];

	is(torc_ring_info(ring, &info), 0, "a ring on an interface");
	ok(!info.is_file && info.can_send && info.loopback, "is no file, sends, on loopback");
	is(torc_ring_set_mode(ring, TORC_RECV_ONLY), 0, "receive only");
	torc_ring_info(ring, &info);
	ok(!info.can_send, "sends no more");
	info.size = 0;
	is(torc_ring_info(ring, &info), -EINVAL, "no size");
	ok(strstr(torc_ring_error(ring), "size") != NULL, "and is told: %s", torc_ring_error(ring));
	snprintf(device, sizeof(device), "pcap:%s", path);
	if (torc_ring_open(&other, device, 0, 0, &error) < 0)
		exit(1);
	info.size = sizeof(info);
	torc_ring_info(other, &info);
	ok(info.is_file && !info.can_send && !info.loopback, "a ring on a file is a file");
	torc_ring_close(other);
}

static void test_hash(void)
{
	struct torc_parsed parsed;
	uint8_t frame[64] = { 0 };

	net_frame(frame, sizeof(frame), 1);
	torc_parse(TORC_LINK_ETHERNET, frame, sizeof(frame), &parsed);
	ok(parsed.flags & TORC_PARSED_FLOW_HASH && parsed.flow_hash, "IP has a flow hash");
	frame[12] = 0x81; /* tagged: the general way */
	memmove(frame + 18, frame + 14, sizeof(frame) - 18);
	memcpy(frame + 13, "\0\0\1\x08\0", 5);
	torc_parse(TORC_LINK_ETHERNET, frame, sizeof(frame), &parsed);
	ok(parsed.flags & TORC_PARSED_FLOW_HASH && parsed.flow_hash, "so has IP behind a tag");
	memcpy(frame + 12, "\x88\xcc", 2);
	torc_parse(TORC_LINK_ETHERNET, frame, sizeof(frame), &parsed);
	ok(!(parsed.flags & TORC_PARSED_FLOW_HASH) && !parsed.flow_hash, "LLDP has none");
}

int main(void)
{
	struct torc_writer_options options = { .size = sizeof(options),
					       .format = TORC_FORMAT_PCAPNG };
	struct torc_packet packet = { .link_type = TORC_LINK_ETHERNET };
	uint8_t frame[64];

	if (!net_run("ip link set lo up"))
		skip_all("cannot bring the loopback interface up here");
	net_frame(frame, sizeof(frame), 1);
	packet.data = frame;
	packet.caplen = packet.len = sizeof(frame);
	if (mkstemp(path) < 0 || torc_writer_open(&writer, path, &options, &error) < 0 ||
	    torc_writer_write(writer, &packet, 1) != 1 || torc_writer_flush(writer) < 0 ||
	    torc_file_open(&file, path, NULL, &error) < 0 ||
	    torc_ring_open(&ring, "lo", 0, 0, &error) < 0 ||
	    torc_sender_open(&sender, "lo", NULL, &error) < 0) {
		note("%s", error.text);
		return 1;
	}
	is(torc_file_next(file, &packet), 1, "a file with a packet");
	for (unsigned int n = 0; n < sizeof(given) / sizeof(given[0]); n++)
		test_given(n);
	for (unsigned int n = 0; n < sizeof(taken) / sizeof(taken[0]); n++)
		test_taken(n);
	test_fixed();
	test_answers();
	test_hash();
	torc_sender_close(sender);
	torc_ring_close(ring);
	torc_file_close(file);
	torc_writer_close(writer, NULL, NULL);
	unlink(path);
	return done();
}
