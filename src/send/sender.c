/* SPDX-License-Identifier: BSD-3-Clause */
/* sender.c - the sender object: which way, at what time, how many */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <torc/send.h>

#include "send/pace.h"
#include "send/way.h"
#include "util/error.h"
#include "util/sized.h"

#define FAST_PACKETS 100e3 /* a second: above this the fast ways are worth their differences */
#define FAST_BITS    100e6
#define NAP_NS	     50000000 /* the longest sleep, to notice a stop */
#define SPIN_NS	     200000   /* even: sleeps end this long before the time */
#define RETRY_NS     50000    /* after "no room" */

struct torc_sender {
	char interface[IF_NAMESIZE];
	struct torc_way_config config;
	const struct torc_way_ops *ops;
	struct torc_way *way;
	struct torc_pace pace;
	bool stopped; /* atomic */
	char detail[512];
	char refusal[160]; /* written once, before has_refusal */
	bool has_refusal;  /* atomic */
	uint64_t drops_at_open; /* of the interface; UINT64_MAX: unknown */
	/* written by the thread that sends, read by any: atomic */
	uint64_t sent;
	uint64_t sent_bytes;
	uint64_t errors;
	int64_t begun_ns;
	int64_t ended_ns;
};

static const struct torc_way_ops *const ways[] = {
	&torc_way_live_frames,
	&torc_way_af_xdp,
	&torc_way_tx_ring,
	&torc_way_send,
};

#define WAYS (sizeof(ways) / sizeof(ways[0]))

static bool wants_fast(const struct torc_sender_options *options)
{
	if (options->packets_per_second > 0)
		return options->packets_per_second >= FAST_PACKETS;
	if (options->bits_per_second > 0)
		return options->bits_per_second >= FAST_BITS;
	return options->speed <= 0;
}

static int open_named(struct torc_sender *sender, const char *name, struct torc_error *error)
{
	for (size_t n = 0; n < WAYS; n++) {
		if (strcmp(ways[n]->name, name) == 0) {
			sender->ops = ways[n];
			return ways[n]->open(&sender->way, &sender->config, error);
		}
	}
	return torc_error_set(error, -EINVAL, "no way to send is called \"%s\" (%s, %s, %s, %s)",
			      name, ways[0]->name, ways[1]->name, ways[2]->name, ways[3]->name);
}

/* The first that opens; detail gets the reason why it is not the first of all. */
static int open_fastest(struct torc_sender *sender, struct torc_error *error)
{
	struct torc_error reason;
	int code = -EOPNOTSUPP;

	for (size_t n = 0; n < WAYS; n++) {
		sender->ops = ways[n];
		code = ways[n]->open(&sender->way, &sender->config, &reason);
		if (code == 0)
			return 0;
		if (!sender->detail[0])
			snprintf(sender->detail, sizeof(sender->detail), "no %s: %.450s",
				 ways[n]->name, reason.text);
	}
	return torc_error_set(error, code, "%s", reason.text);
}

static int open_way(struct torc_sender *sender, const struct torc_sender_options *options,
		    struct torc_error *error)
{
	if (options->way)
		return open_named(sender, options->way, error);
	if (wants_fast(options) && sender->config.ethernet)
		return open_fastest(sender, error);
	snprintf(sender->detail, sizeof(sender->detail), "%s",
		 sender->config.ethernet ? "the rate needs no faster way"
					 : "not an Ethernet interface");
	return open_named(sender, torc_way_send.name, error);
}

static int check_options(const struct torc_sender_options *o, struct torc_error *error)
{
	double limits[] = { o->packets_per_second, o->bits_per_second, o->speed };
	unsigned int given = 0;

	for (int n = 0; n < 3; n++) {
		if (!(limits[n] >= 0 && limits[n] < 1e15))
			return torc_error_set(error, -EINVAL, "a rate of %g is not possible",
					      limits[n]);
		given += limits[n] > 0;
	}
	if (given > 1)
		return torc_error_set(error, -EINVAL,
				      "packets, bits and speed: only one of them can be the limit");
	return 0;
}

static void set_pace(struct torc_pace *pace, const struct torc_sender_options *options)
{
	if (options->packets_per_second > 0)
		pace->ns_per_packet = 1e9 / options->packets_per_second;
	if (options->bits_per_second > 0)
		pace->ns_per_byte = 8e9 / options->bits_per_second;
	pace->speed = options->speed;
	pace->even = options->even;
}

int torc_sender_open(struct torc_sender **out, const char *device,
		     const struct torc_sender_options *given, struct torc_error *error)
{
	struct torc_sender_options full = { 0 }, *options = &full;
	struct torc_sender *sender;
	int code = torc_sized_take(&full, sizeof(full), given, "torc_sender_options", error);

	*out = NULL;
	if (code == 0)
		code = check_options(options, error);
	if (code < 0)
		return code;
	sender = calloc(1, sizeof(*sender));
	if (!sender)
		return torc_error_set(error, -ENOMEM, "no memory for a sender");
	set_pace(&sender->pace, options);
	code = torc_way_configure(&sender->config, device, error);
	if (code == 0) {
		snprintf(sender->interface, sizeof(sender->interface), "%s", device);
		sender->config.interface = sender->interface;
		code = open_way(sender, options, error);
	}
	if (code < 0) {
		free(sender);
		return code;
	}
	if (torc_way_interface_drops(device, &sender->drops_at_open) < 0)
		sender->drops_at_open = UINT64_MAX;
	*out = sender;
	return 0;
}

static void add(uint64_t *counter, uint64_t value)
{
	__atomic_store_n(counter, *counter + value, __ATOMIC_RELAXED);
}

/* Why the first of the errors is one. */
static void note_refusal(struct torc_sender *sender, uint32_t length, int code)
{
	char *text = sender->refusal;
	size_t size = sizeof(sender->refusal);

	if (sender->has_refusal)
		return;
	if (length > sender->config.most_bytes)
		snprintf(text, size,
			 "a frame of %u bytes is longer than %s takes: %u with its MTU of %u", length,
			 sender->interface, sender->config.most_bytes, sender->config.mtu);
	else if (length > 0)
		snprintf(text, size, "a frame of %u bytes: %s", length, torc_strerror(-code));
	else
		snprintf(text, size, "%s did not take what was queued for it", sender->interface);
	__atomic_store_n(&sender->has_refusal, true, __ATOMIC_RELEASE);
}

int torc_sender_flush(struct torc_sender *sender)
{
	uint64_t bytes = 0;
	unsigned int lost = sender->ops->drain ? sender->ops->drain(sender->way, &bytes) : 0;

	/* They were counted as sent. */
	if (lost > 0) {
		add(&sender->sent, -(uint64_t)lost);
		add(&sender->sent_bytes, -bytes);
		add(&sender->errors, lost);
		note_refusal(sender, 0, 0);
	}
	return 0;
}

void torc_sender_close(struct torc_sender *sender)
{
	if (!sender)
		return;
	torc_sender_flush(sender);
	sender->ops->close(sender->way);
	free(sender);
}

static void sleep_until(int64_t when_ns)
{
	struct timespec t = { when_ns / 1000000000, when_ns % 1000000000 };

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

static bool is_stopped(const struct torc_sender *sender)
{
	return __atomic_load_n(&sender->stopped, __ATOMIC_RELAXED);
}

static void wait_until(struct torc_sender *sender, int64_t when_ns)
{
	int64_t margin = sender->pace.even ? SPIN_NS : 0, now = torc_pace_now_ns();

	while (when_ns - margin > now && !is_stopped(sender)) {
		int64_t nap_end = now + NAP_NS;

		sleep_until(when_ns - margin < nap_end ? when_ns - margin : nap_end);
		now = torc_pace_now_ns();
	}
	while (sender->pace.even && now < when_ns && !is_stopped(sender))
		now = torc_pace_now_ns();
}

static void count_sent(struct torc_sender *sender, const struct torc_packet *packets,
		       unsigned int count)
{
	uint64_t bytes = 0;

	for (unsigned int n = 0; n < count; n++)
		bytes += packets[n].caplen;
	add(&sender->sent, count);
	add(&sender->sent_bytes, bytes);
}

/* Send now. Returns how many are done with, 0: try again, or a code when the interface is gone. */
static int send_some(struct torc_sender *sender, const struct torc_packet *packets,
		     unsigned int count)
{
	int code = sender->ops->send(sender->way, packets, count);

	if (code > 0) {
		count_sent(sender, packets, (unsigned int)code);
		return code;
	}
	switch (code) {
	case 0:
	case -EINTR:
		return 0;
	case -EAGAIN:
	case -ENOBUFS:
		sleep_until(torc_pace_now_ns() + RETRY_NS);
		return 0;
	case -ENXIO:
		return -ENODEV;
	case -ENETDOWN:
	case -ENODEV:
		return code;
	default:
		add(&sender->errors, 1);
		note_refusal(sender, packets[0].caplen, code);
		return 1;
	}
}

/* Those that are due, without looking at the clock again. Returns how many are done with. */
static int send_due(struct torc_sender *sender, const struct torc_packet *packets,
		    unsigned int count)
{
	unsigned int done = 0;

	while (done < count && !is_stopped(sender)) {
		int code = send_some(sender, packets + done, count - done);

		if (code < 0)
			return code;
		done += (unsigned int)code;
	}
	return (int)done;
}

int torc_sender_send(struct torc_sender *sender, const struct torc_packet *packets,
		     unsigned int count)
{
	unsigned int done = 0;

	if (sender->begun_ns == 0)
		__atomic_store_n(&sender->begun_ns, torc_pace_now_ns(), __ATOMIC_RELAXED);
	while (done < count && !is_stopped(sender)) {
		unsigned int due = count - done;
		int64_t wait_ns = 0;
		int code;

		if (torc_pace_limited(&sender->pace))
			due = torc_pace_due(&sender->pace, packets + done, due, &wait_ns);
		if (due == 0) {
			wait_until(sender, wait_ns);
			continue;
		}
		code = send_due(sender, packets + done, due);
		__atomic_store_n(&sender->ended_ns, torc_pace_now_ns(), __ATOMIC_RELAXED);
		if (code < 0)
			return code;
		done += (unsigned int)code;
	}
	return (int)done;
}

void torc_sender_rewind(struct torc_sender *sender)
{
	torc_pace_rewind(&sender->pace);
}

void torc_sender_stop(struct torc_sender *sender)
{
	__atomic_store_n(&sender->stopped, true, __ATOMIC_RELAXED);
}

int torc_sender_stats(struct torc_sender *sender, struct torc_sender_stats *given)
{
	struct torc_sender_stats full = { 0 }, *stats = &full;
	int64_t begun = __atomic_load_n(&sender->begun_ns, __ATOMIC_RELAXED);
	int64_t ended = __atomic_load_n(&sender->ended_ns, __ATOMIC_RELAXED);
	uint64_t drops;

	stats->sent = __atomic_load_n(&sender->sent, __ATOMIC_RELAXED);
	stats->sent_bytes = __atomic_load_n(&sender->sent_bytes, __ATOMIC_RELAXED);
	stats->errors = __atomic_load_n(&sender->errors, __ATOMIC_RELAXED);
	stats->elapsed_ns = ended > begun ? (uint64_t)(ended - begun) : 0;
	stats->interface_dropped = TORC_SEND_UNKNOWN;
	if (sender->drops_at_open != UINT64_MAX &&
	    torc_way_interface_drops(sender->interface, &drops) == 0)
		stats->interface_dropped = drops - sender->drops_at_open;
	return torc_sized_give(given, &full, sizeof(full));
}

int torc_sender_info(struct torc_sender *sender, struct torc_sender_info *info)
{
	struct torc_sender_info full = {
		.interface_name = sender->interface,
		.way = sender->ops->name,
		.detail = sender->detail,
		.ifindex = sender->config.ifindex,
		.mtu = sender->config.mtu,
		.visible = sender->ops->visible,
		.refusal = __atomic_load_n(&sender->has_refusal, __ATOMIC_ACQUIRE) ? sender->refusal
										  : "",
	};

	return torc_sized_give(info, &full, sizeof(full));
}
