/* SPDX-License-Identifier: BSD-3-Clause */
/* session.c - receiving until a count, a time, a signal, the end of the files or an error */
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "aside.h"
#include "capture.h"
#include "notify.h"
#include "program.h"

enum { TICK_MS = 100 };

/* Its rings are another process's. */
static bool is_decoder(const struct capture *capture)
{
	return capture->aside && capture->aside->decodes;
}

static void print_banner(const struct torc_ring_info *info)
{
	cli_complain("%s %s, link-type %s, snapshot length %u bytes",
		     info->is_file ? "reading from file" : "listening on",
		     info->device + (info->is_file ? strlen("pcap:") : 0),
		     program_link_name(info->link_type), info->snaplen);
}

/* One word for all rings of the capture: they have one place. */
static void tell_unpublished(const struct torc_ring_info *info)
{
	if (!info->is_file && !info->published)
		cli_complain("torc: `torc rings` does not show this capture: there is no folder to "
			     "publish it in (set TORC_RUNTIME_DIR)");
}

void capture_info(const struct capture *capture, struct torc_ring_info *info)
{
	*info = (struct torc_ring_info){ .size = sizeof(*info) };
	if (is_decoder(capture))
		aside_info(capture->aside, info);
	else if (capture->ring_count > 0)
		torc_ring_info(capture->rings[0], info);
}

void capture_publish(const struct capture *capture, const char *text)
{
	if (is_decoder(capture))
		aside_publish(capture->aside, text);
	for (unsigned int i = 0; i < capture->ring_count; i++)
		torc_ring_set_application_stats(capture->rings[i], text);
}

bool capture_interface_name(struct capture *capture, int32_t ifindex, char name[16])
{
	return is_decoder(capture) ? aside_interface_name(capture->aside, ifindex, name) :
				     if_indextoname((unsigned int)ifindex, name) != NULL;
}

unsigned int capture_queued(const struct capture *capture)
{
	return is_decoder(capture) ? aside_queued(capture->aside) : torc_ring_queued(capture->rings[0]);
}

int capture_start(struct capture *capture, bool tick)
{
	capture->started_ns = cli_now_ns();
	capture->cpu_ns = cli_cpu_ns();
	capture->timeout_ms = tick || notify_wanted() ? TICK_MS : -1;
	if (is_decoder(capture))
		return CLI_GOOD;
	for (unsigned int i = 0; i < capture->ring_count; i++) {
		struct torc_ring *ring = capture->rings[i];
		int code = torc_ring_set_poll_duration(ring, capture->timeout_ms);

		if (code >= 0)
			code = torc_ring_enable(ring);
		if (code < 0)
			return capture->status = cli_fail(code, torc_ring_error(ring));
	}
	if (capture->settings->for_ns)
		cli_stop_after(capture->settings->for_ns);
	return CLI_GOOD;
}

/* What torc rings shows is to be what is in force. */
static void publish_again(struct torc_ring *ring)
{
	struct torc_ring_info info = { .size = sizeof(info) };
	char name[64];

	if (torc_ring_info(ring, &info) < 0)
		return;
	snprintf(name, sizeof(name), "%s", info.application_name);
	torc_ring_set_application_name(ring, name);
}

static bool is_xdp(struct torc_ring *ring)
{
	struct torc_ring_info info = { .size = sizeof(info) };

	return torc_ring_info(ring, &info) == 0 && strcmp(info.engine, "af_xdp") == 0;
}

int capture_confine(struct capture *capture, const struct privileges *wanted)
{
	struct privileges all = *wanted;

	all.decodes_for = is_decoder(capture) ? capture->aside->other : 0;
	all.apart = capture->aside && !is_decoder(capture);
	/* who has an xdp: interface is found by other processes at a place, alone as well */
	if (!is_decoder(capture) && (capture->settings->cluster.id || is_xdp(capture->rings[0])))
		all.roles |= TORC_CONFINE_CLUSTER;
	capture->status = privileges_confine(&capture->settings->sandbox, &all);
	for (unsigned int i = 0; i < capture->ring_count; i++)
		publish_again(capture->rings[i]);
	return capture->status;
}

void capture_announce(const struct capture *capture)
{
	struct torc_ring_info info;

	notify_ready();
	if (capture->settings->quiet)
		return;
	capture_info(capture, &info);
	if (is_decoder(capture))
		print_banner(&info);
	tell_unpublished(&info);
	for (unsigned int i = 0; i < capture->ring_count; i++) {
		info.size = sizeof(info);
		if (torc_ring_info(capture->rings[i], &info) == 0)
			print_banner(&info);
	}
}

/* For systemctl status; in the words of the account. */
static void tell_status(const struct capture *capture)
{
	struct torc_stats stats;
	char text[200];

	capture_stats(capture, &stats);
	snprintf(text, sizeof(text), "%s packets seen, %s received, %s dropped, %s truncated",
		 cli_figure(stats.kernel_seen).text, cli_figure(stats.received).text,
		 cli_figure(stats.dropped).text, cli_figure(stats.truncated).text);
	notify_status(text);
}

void capture_notify(const struct capture *capture)
{
	if (notify_alive())
		tell_status(capture);
}

static void take_signals(struct capture *capture)
{
	unsigned int signals = is_decoder(capture) ? aside_signals(capture->aside) : 0;

	if (!signals && !cli_signals_pending())
		return;
	/* until none is pending: one that comes between the two is taken, or stops the rings again */
	do {
		signals |= cli_signals_take();
		for (unsigned int i = 0; i < capture->ring_count; i++)
			torc_ring_resume(capture->rings[i]);
	} while (cli_signals_pending());
	if (signals & CLI_SIGNAL_STOP)
		capture->stopped = true;
	if (signals & CLI_SIGNAL_REPORT)
		capture_print_counts(capture);
	capture->signals |= signals & (CLI_SIGNAL_FLUSH | CLI_SIGNAL_ROTATE);
}

static bool at_end(const struct capture *capture)
{
	if (is_decoder(capture))
		return aside_over(capture->aside);
	for (unsigned int i = 0; i < capture->ring_count; i++)
		if (!torc_ring_at_end(capture->rings[i]))
			return false;
	return true;
}

bool capture_over(struct capture *capture)
{
	uint64_t limit = capture->settings->packets;

	take_signals(capture);
	capture_notify(capture);
	return capture->stopped || capture->status != CLI_GOOD || cli_stdout_gone() ||
	       (limit && capture->packets >= limit) || at_end(capture);
}

/* AF_XDP sockets and programs take rights anew; packet sockets are kept spare. */
static bool cannot_reopen(struct torc_ring *ring)
{
	struct torc_confine_info confined = { .size = sizeof(confined) };

	return is_xdp(ring) && torc_confine_info(&confined) == 0 &&
	       (confined.in_force & TORC_CONFINED_CAPABILITIES);
}

/*
 * An interface that went away is worth a word; the ring goes on when it is back. A file that is
 * damaged has ended: the others go on.
 */
void capture_report(struct capture *capture, struct torc_ring *ring, int code)
{
	if (code == -EINTR)
		return; /* a signal came while a pipe was read */
	if (code == -ENODEV && cannot_reopen(ring)) {
		cli_complain("torc: %s; but a confined capture has no right to open an xdp: interface "
			     "that is made again: begin a new one then, or use --sandbox=off",
			     torc_ring_error(ring));
	} else if (code == -ENETDOWN || code == -ENODEV) {
		cli_complain("torc: %s; the capture goes on when it is back", torc_ring_error(ring));
	} else if (torc_file_of_ring(ring)) {
		cli_complain("torc: %s%s", torc_ring_error(ring),
			     capture->ring_count > 1 ? "; the other files go on" : "");
		capture->damaged = true;
	} else {
		capture->status = cli_fail(code, torc_ring_error(ring));
	}
}

/* The place of the ring whose next packet is the oldest; ring_count when none has one. */
static unsigned int oldest(struct capture *capture)
{
	unsigned int found = capture->ring_count;
	uint64_t found_ns = 0;

	for (unsigned int i = 0; i < capture->ring_count; i++) {
		struct torc_packet packet;
		int code = torc_ring_peek(capture->rings[i], &packet);

		if (code < 0)
			capture_report(capture, capture->rings[i], code);
		if (code <= 0 || (found < capture->ring_count && packet.timestamp_ns >= found_ns))
			continue;
		found = i;
		found_ns = packet.timestamp_ns;
	}
	return found;
}

unsigned int capture_next(struct capture *capture, struct torc_packet *packets, unsigned int max)
{
	uint64_t limit = capture->settings->packets;
	struct torc_ring *ring;
	int count;

	if (limit && limit - capture->packets < max)
		max = (unsigned int)(limit - capture->packets);
	if (is_decoder(capture)) {
		max = aside_next(capture->aside, packets, max, capture->timeout_ms);
		capture->packets += max;
		return max;
	}
	if (capture->ring_count > 1) {
		unsigned int place = oldest(capture);

		if (place == capture->ring_count)
			return 0;
		capture->current = place;
		max = 1;
	}
	ring = capture->rings[capture->current];
	count = torc_ring_next_batch(ring, packets, max);
	if (count < 0)
		capture_report(capture, ring, count);
	if (count <= 0)
		return 0;
	capture->packets += (unsigned int)count;
	return (unsigned int)count;
}

const struct torc_file *capture_file(const struct capture *capture)
{
	return is_decoder(capture) ? NULL : torc_file_of_ring(capture->rings[capture->current]);
}

void capture_end(struct capture *capture)
{
	notify_stopping();
	if (notify_wanted())
		tell_status(capture);
	capture->seconds_ns = cli_now_ns() - capture->started_ns;
	capture->cpu_ns = cli_cpu_ns() - capture->cpu_ns;
	if (is_decoder(capture)) {
		aside_end(capture->aside);
		capture->cpu_ns += capture->aside->read->cpu_ns;
	}
	for (unsigned int i = 0; i < capture->ring_count; i++)
		torc_ring_disable(capture->rings[i]);
}

int capture_close(struct capture *capture)
{
	int status = capture->status;

	if (status == CLI_GOOD && capture->damaged)
		status = CLI_FAILED;
	/* of two processes, the one that decodes tells */
	if (status == CLI_GOOD && capture->settings->fail_on_loss &&
	    (!capture->aside || is_decoder(capture)) && capture_lost(capture))
		status = CLI_LOSS;
	cli_signals_catch(NULL, NULL);
	for (unsigned int i = 0; i < capture->ring_count; i++)
		torc_ring_close(capture->rings[i]);
	free(capture->rings);
	aside_close(capture->aside);
	return status;
}
