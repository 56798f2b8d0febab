/* SPDX-License-Identifier: BSD-3-Clause */
/* Faults in what programs do with rings: receive, send, settings, clusters, AF_XDP, live rings. */
#include <linux/filter.h>

#include <torc/torc.h>

#define FAULTS_PLACES 12 /* the kernel waits for itself when a packet socket closes */
#include "faults.h"

#define FRAMES 8u

static int sender_fd = -1, pair_fd = -1;
static char trace[] = "/tmp/torc-faults-XXXXXX", trace_device[64];
static const struct torc_ring_options small = { .size = sizeof(small), .buffer_bytes = 1 << 20 };

/* ---- what they share ---- */

static void send_frames(int fd)
{
	bool counted = faults_pause();

	must(net_send_udp(fd, FRAMES, 80, 1) == FRAMES, "the test cannot send");
	faults_resume(counted);
}

static int open_ring(struct torc_ring **ring, const char *device,
		     const struct torc_ring_options *options)
{
	struct torc_error error = { 0 };
	int code = torc_ring_open_with(ring, device, options, &error);

	must(code < 0 || error.code == 0, "a sentence without an error: %s", error.text);
	return told(code, error.text);
}

static int ring_told(struct torc_ring *ring, int code)
{
	return told(code, torc_ring_error(ring));
}

static void account(struct torc_ring *ring, uint64_t received)
{
	struct torc_stats stats = { .size = sizeof(stats) };

	must(torc_ring_stats(ring, &stats) == 0, "no account");
	/* where the kernel does not tell, the account says so */
	must(stats.balanced || stats.kernel_seen == TORC_UNKNOWN, "the account does not balance");
	must(stats.received == received, "%llu received, of %llu",
	     (unsigned long long)stats.received, (unsigned long long)received);
}

/* Read until so many came. What is lost without a word is a complaint. */
static int read_frames(struct torc_ring *ring, uint64_t *got, unsigned int count)
{
	struct torc_packet packets[4];
	uint64_t end = *got + count;
	int code = 0;

	while (*got < end) {
		code = torc_ring_wait(ring, 10000);
		if (code <= 0)
			break;
		while ((code = torc_ring_next_batch(ring, packets, COUNT(packets))) > 0)
			*got += (unsigned int)code;
		if (code < 0)
			break;
	}
	must(code < 0 || *got == end, "%llu packets came of %llu", (unsigned long long)*got,
	     (unsigned long long)end);
	return ring_told(ring, code);
}

/* Enable it, send to it, read all. */
static int receive(struct torc_ring *ring, int fd, uint64_t *got)
{
	int code;

	torc_ring_set_poll_duration(ring, 0);
	code = ring_told(ring, torc_ring_enable(ring));
	if (code < 0)
		return code;
	send_frames(fd);
	code = read_frames(ring, got, FRAMES);
	account(ring, *got);
	return code;
}

static int close_ring(struct torc_ring *ring, int code)
{
	torc_ring_close(ring);
	return code < 0 ? code : 0;
}

/* ---- rings on files ---- */

static int on_a_file(void)
{
	struct torc_ring *ring;
	struct torc_packet packet;
	uint64_t got = 0;
	int code = open_ring(&ring, trace_device, NULL);

	if (code < 0)
		return code;
	code = ring_told(ring, torc_ring_set_filter(ring, "udp port 7000 or tcp"));
	if (code == 0)
		code = ring_told(ring, torc_ring_set_cluster(ring, 7, TORC_CLUSTER_PER_FLOW));
	if (code == 0)
		code = ring_told(ring, torc_ring_enable(ring));
	while (code >= 0 && (code = ring_told(ring, torc_ring_next(ring, &packet))) > 0)
		got++;
	must(code < 0 || got == FRAMES, "%llu packets of a file", (unsigned long long)got);
	account(ring, got);
	return close_ring(ring, code);
}

/* ---- receiving ---- */

static int received_on(const char *device, const struct torc_ring_options *options, int fd)
{
	struct torc_ring *ring;
	uint64_t got = 0;
	int code = open_ring(&ring, device, options);

	if (code < 0)
		return code;
	return close_ring(ring, receive(ring, fd, &got));
}

static int on_an_interface(void)
{
	return received_on("lo", &small, sender_fd);
}

static int with_defaults(void)
{
	return received_on("lo", NULL, sender_fd);
}

static int at_once(void)
{
	struct torc_ring_options options = { .size = sizeof(options), .buffer_bytes = 1 << 20,
					     .snaplen = 256,
					     .flags = TORC_IMMEDIATE | TORC_HW_TIMESTAMP };

	return received_on("lo", &options, sender_fd);
}

static int of_threads(void)
{
	struct torc_ring_options options = { .size = sizeof(options), .buffer_bytes = 1 << 20,
					     .flags = TORC_REENTRANT | TORC_LONG_HEADER };

	return received_on("lo", &options, sender_fd);
}

static int several_interfaces(void)
{
	return received_on("lo,fa", &small, sender_fd);
}

static int any_interface(void)
{
	return received_on("any", &small, sender_fd);
}

static int added_device(void)
{
	struct torc_ring *ring;
	uint64_t got = 0;
	int code = open_ring(&ring, "none", &small);

	if (code < 0)
		return code;
	code = ring_told(ring, torc_ring_add_device(ring, "fa"));
	if (code == 0)
		code = ring_told(ring, torc_ring_add_device(ring, "lo"));
	if (code == 0)
		code = receive(ring, sender_fd, &got);
	return close_ring(ring, code);
}

/* Each way to take a packet. */
static int ways_to_read(void)
{
	struct torc_packet packet, *copy = NULL;
	const struct torc_packet *borrowed;
	struct torc_ring *ring;
	uint8_t buffer[64];
	uint64_t got = 0;
	int code = open_ring(&ring, "lo", &small);

	if (code < 0)
		return code;
	code = ring_told(ring, torc_ring_enable(ring));
	if (code == 0)
		send_frames(sender_fd);
	if (code == 0)
		code = ring_told(ring, torc_ring_wait(ring, 10000));
	if (code > 0)
		code = ring_told(ring, torc_ring_peek(ring, &packet));
	if (code > 0 && (code = ring_told(ring, torc_ring_next(ring, &packet))) > 0)
		got++;
	if (code > 0 && (code = ring_told(ring, torc_ring_borrow(ring, &borrowed))) > 0)
		got++;
	if (code > 0 && (code = ring_told(ring, torc_ring_read(ring, &copy))) > 0)
		got++;
	torc_packet_free(copy);
	if (code > 0 && (code = ring_told(ring, torc_ring_read_to(ring, buffer, sizeof(buffer),
								  &packet))) > 0)
		got++;
	must(code != 0, "a packet did not come");
	account(ring, got);
	return close_ring(ring, code);
}

static int stopped_and_again(void)
{
	struct torc_ring *ring;
	struct torc_packet packet;
	uint64_t got = 0;
	int code = open_ring(&ring, "lo", &small);

	if (code < 0)
		return code;
	code = receive(ring, sender_fd, &got);
	torc_ring_stop(ring);
	must(torc_ring_next(ring, &packet) <= 0, "a packet behind a stop");
	if (code >= 0)
		code = ring_told(ring, torc_ring_disable(ring));
	if (code >= 0)
		code = receive(ring, sender_fd, &got);
	return close_ring(ring, code);
}

/* ---- settings ---- */

static int settings_of(struct torc_ring *ring)
{
	int code = ring_told(ring, torc_ring_set_filter(ring, "udp or arp"));

	if (code == 0)
		code = ring_told(ring, torc_ring_set_direction(ring, TORC_RX_ONLY));
	if (code == 0)
		code = ring_told(ring, torc_ring_set_vlan(ring, TORC_VLAN_NONE));
	if (code == 0)
		code = ring_told(ring, torc_ring_set_channel_mask(ring, 0xf));
	if (code == 0)
		code = ring_told(ring, torc_ring_set_promisc(ring, true));
	if (code == 0)
		code = ring_told(ring, torc_ring_set_poll_watermark(ring, 4));
	if (code == 0)
		code = ring_told(ring, torc_ring_set_poll_watermark_timeout(ring, 5));
	if (code == 0)
		code = ring_told(ring, torc_ring_set_application_name(ring, "faults"));
	if (code == 0)
		code = ring_told(ring, torc_ring_set_application_stats(ring, "some"));
	if (code == 0)
		code = ring_told(ring, torc_ring_set_sampling_rate(ring, 1));
	return code;
}

static int set_before(void)
{
	struct torc_ring *ring;
	uint64_t got = 0;
	int code = open_ring(&ring, "lo", &small);

	if (code < 0)
		return code;
	code = settings_of(ring);
	if (code == 0)
		code = receive(ring, sender_fd, &got);
	return close_ring(ring, code);
}

/* A setting that fails leaves a ring that goes on as it was. */
static int set_while_enabled(void)
{
	struct torc_ring *ring;
	uint64_t got = 0;
	int code = open_ring(&ring, "lo", &small), set;

	if (code < 0)
		return code;
	code = receive(ring, sender_fd, &got);
	if (code < 0)
		return close_ring(ring, code);
	set = settings_of(ring);
	if (set == 0)
		set = ring_told(ring, torc_ring_remove_filter(ring));
	send_frames(sender_fd);
	code = read_frames(ring, &got, FRAMES);
	account(ring, got);
	return close_ring(ring, set < 0 ? set : code);
}

static int filter_by_socket(void)
{
	static struct sock_filter all[] = { { 0x06, 0, 0, 0xffff } };
	struct sock_fprog program = { 1, all };
	struct torc_ring *ring;
	uint64_t got = 0;
	bool counted;
	int code = open_ring(&ring, "lo", &small), fd;

	if (code < 0)
		return code;
	fd = ring_told(ring, torc_ring_socket(ring));
	if (fd >= 0) {
		counted = faults_pause();
		setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
		faults_resume(counted);
		code = receive(ring, sender_fd, &got);
	}
	return close_ring(ring, fd < 0 ? fd : code);
}

/* ---- sending ---- */

static int send_by_a_ring(enum torc_mode mode)
{
	uint8_t frame[80];
	struct torc_packet packets[4] = { 0 };
	struct torc_stats stats = { .size = sizeof(stats) };
	struct torc_ring *ring;
	unsigned int sent = 0;
	int code = open_ring(&ring, "fa", &small);

	if (code < 0)
		return code;
	net_frame(frame, sizeof(frame), 1);
	for (unsigned int i = 0; i < COUNT(packets); i++)
		packets[i] = (struct torc_packet){ .data = frame, .caplen = 80, .len = 80 };
	code = ring_told(ring, torc_ring_set_mode(ring, mode));
	if (code == 0)
		code = ring_told(ring, torc_ring_enable(ring));
	if (code == 0 && (code = ring_told(ring, torc_ring_send(ring, frame, sizeof(frame)))) > 0)
		sent++;
	if (code >= 0 && (code = ring_told(ring, torc_ring_send_batch(ring, packets, 4))) >= 0)
		sent += (unsigned int)code;
	if (code >= 0)
		code = ring_told(ring, torc_ring_flush(ring));
	must(torc_ring_stats(ring, &stats) == 0 && stats.sent <= sent + stats.send_errors,
	     "more sent than was given");
	must(code < 0 || stats.sent + stats.send_errors == sent, "%llu and %llu errors sent of %u",
	     (unsigned long long)stats.sent, (unsigned long long)stats.send_errors, sent);
	return close_ring(ring, code);
}

static int send_and_receive(void)
{
	return send_by_a_ring(TORC_SEND_AND_RECV);
}

static int send_only(void)
{
	return send_by_a_ring(TORC_SEND_ONLY);
}

/* ---- clusters ---- */

static int in_a_cluster(const char *device, enum torc_cluster_type type, int fd)
{
	struct torc_ring *ring;
	uint64_t got = 0;
	int code = open_ring(&ring, device, &small);

	if (code < 0)
		return code;
	code = ring_told(ring, torc_ring_set_cluster(ring, 7, type));
	if (code == 0)
		code = receive(ring, fd, &got);
	if (code >= 0)
		code = ring_told(ring, torc_ring_leave_cluster(ring));
	if (code >= 0) {
		send_frames(fd);
		code = read_frames(ring, &got, FRAMES);
		account(ring, got);
	}
	return close_ring(ring, code);
}

static int cluster_alone(void)
{
	return in_a_cluster("lo", TORC_CLUSTER_PER_FLOW, sender_fd);
}

static int cluster_in_turns(void)
{
	return in_a_cluster("lo", TORC_CLUSTER_ROUND_ROBIN, sender_fd);
}

static int cluster_of_tunnels(void)
{
	return in_a_cluster("lo", TORC_CLUSTER_PER_INNER_FLOW_5_TUPLE, sender_fd);
}

/* Two members: each packet to one of them. */
static int cluster_of_two(void)
{
	struct torc_ring *rings[2] = { NULL, NULL };
	struct torc_stats stats[2] = { { .size = sizeof(stats[0]) }, { .size = sizeof(stats[0]) } };
	struct torc_packet packet;
	unsigned int got = 0, idle = 0;
	int code = 0, last = 0;

	for (int i = 0; i < 2 && code == 0; i++) {
		code = open_ring(&rings[i], "lo", &small);
		if (code < 0)
			break;
		torc_ring_set_poll_duration(rings[i], 10);
		code = ring_told(rings[i], torc_ring_set_cluster(rings[i], 8, TORC_CLUSTER_PER_FLOW));
		if (code == 0)
			code = ring_told(rings[i], torc_ring_enable(rings[i]));
	}
	if (code == 0)
		send_frames(sender_fd);
	for (int i = 0; code == 0 && last >= 0 && got < FRAMES && idle < 1000; i = !i) {
		while ((last = torc_ring_next(rings[i], &packet)) > 0)
			got++;
		idle++;
	}
	must(code < 0 || last < 0 || got == FRAMES, "%u packets came to two members", got);
	for (int i = 0; code == 0 && i < 2; i++)
		must(torc_ring_stats(rings[i], &stats[i]) == 0 &&
			     (stats[i].balanced || stats[i].kernel_seen == TORC_UNKNOWN),
		     "the account of member %d does not balance", i);
	torc_ring_close(rings[0]);
	torc_ring_close(rings[1]);
	return code < 0 ? code : last < 0 ? last : 0;
}

static int clusters_are_read(void)
{
	struct torc_cluster_info **clusters;
	struct torc_ring *ring;
	unsigned int count;
	int code = open_ring(&ring, "lo", &small);

	if (code < 0)
		return code;
	code = ring_told(ring, torc_ring_set_cluster(ring, 9, TORC_CLUSTER_PER_FLOW));
	if (code == 0)
		code = torc_clusters_read(&clusters, &count);
	if (code == 0)
		torc_clusters_free(clusters, count);
	return close_ring(ring, code);
}

/* ---- AF_XDP ---- */

static int by_xdp(void)
{
	return received_on("xdp:fa", NULL, pair_fd);
}

static int by_xdp_tap(void)
{
	return received_on("xdp:fa;mode=tap", NULL, pair_fd);
}

static int filter_by_xdp(void)
{
	struct torc_ring *ring;
	uint64_t got = 0;
	int code = open_ring(&ring, "xdp:fa", NULL);

	if (code < 0)
		return code;
	code = ring_told(ring, torc_ring_set_filter(ring, "udp port 7000"));
	if (code == 0)
		code = receive(ring, pair_fd, &got);
	if (code >= 0)
		code = ring_told(ring, torc_ring_remove_filter(ring));
	if (code >= 0)
		code = ring_told(ring, torc_ring_disable(ring));
	return close_ring(ring, code);
}

static int cluster_by_xdp(void)
{
	return in_a_cluster("xdp:fa", TORC_CLUSTER_PER_FLOW, pair_fd);
}

/* ---- what there is on a machine ---- */

static int live_rings(void)
{
	struct torc_live_ring live = { .size = sizeof(live) };
	struct torc_stats stats = { .size = sizeof(stats) };
	struct torc_live_list *list;
	struct torc_ring *ring;
	char text[4096];
	int code = open_ring(&ring, "lo", &small);

	if (code < 0)
		return code;
	code = torc_live_open(&list);
	if (code == 0) {
		while (torc_live_next(list, &live, &stats) > 0)
			must(torc_live_pf_ring(&live, &stats, text, sizeof(text)) > 0, "no text");
		torc_live_close(list);
		torc_live_pf_ring_info(1, text, sizeof(text));
		code = torc_live_pf_ring_device("lo", 1, text, sizeof(text));
	}
	return close_ring(ring, code);
}

static int what_a_device_can(void)
{
	struct torc_error error = { 0 };
	int code = torc_device_xdp("fa", &error);

	return told(code, error.text) < 0 ? code : 0;
}

static const struct sequence table[] = {
	{ "a ring on a file", on_a_file, 0 },
	{ "a ring on an interface", on_an_interface, 0 },
	{ "a ring with all defaults", with_defaults, 0 },
	{ "packets at once", at_once, 0 },
	{ "a ring of threads", of_threads, 0 },
	{ "several interfaces", several_interfaces, 0 },
	{ "any interface", any_interface, 0 },
	{ "devices that are added", added_device, 0 },
	{ "each way to read", ways_to_read, 0 },
	{ "stopped, disabled and enabled again", stopped_and_again, 0 },
	{ "settings before", set_before, 0 },
	{ "settings of an enabled ring", set_while_enabled, 0 },
	{ "a filter by the socket", filter_by_socket, 0 },
	{ "sending by a ring", send_and_receive, 0 },
	{ "sending only", send_only, 0 },
	{ "a cluster of one", cluster_alone, 0 },
	{ "a cluster in turns", cluster_in_turns, 0 },
	{ "a cluster by inner flows", cluster_of_tunnels, 0 },
	{ "a cluster of two", cluster_of_two, 0 },
	{ "clusters that are read", clusters_are_read, 0 },
	{ "xdp:", by_xdp, 0 },
	{ "xdp: in a tap", by_xdp_tap, 0 },
	{ "xdp: with a filter", filter_by_xdp, 0 },
	{ "xdp: in a cluster", cluster_by_xdp, 0 },
	{ "live rings", live_rings, 0 },
	{ "what a device can do", what_a_device_can, 0 },
};

static bool make_trace(void)
{
	struct torc_writer *writer;
	uint8_t frame[80];
	struct torc_packet packet = { .data = frame, .len = sizeof(frame), .caplen = sizeof(frame),
				      .link_type = TORC_LINK_ETHERNET };
	int fd = mkstemp(trace);

	snprintf(trace_device, sizeof(trace_device), "pcap:%s", trace);
	if (fd < 0 || close(fd) < 0 || torc_writer_open(&writer, trace, NULL, NULL) < 0)
		return false;
	for (unsigned int i = 0; i < FRAMES; i++) {
		net_frame(frame, sizeof(frame), i);
		torc_writer_write(writer, &packet, 1);
	}
	return torc_writer_close(writer, NULL, NULL) == 0;
}

int main(int count, char **names)
{
	(void)count;
	faults_begin();
	sender_fd = net_sender("lo");
	net_pair("fa", "fb");
	pair_fd = net_sender("fb");
	if (!make_trace())
		return 1;
	count = faults_main(table, COUNT(table), names);
	unlink(trace);
	return count;
}
