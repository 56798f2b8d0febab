/* SPDX-License-Identifier: BSD-3-Clause */
/* Faults in what programs of PF_RING do: whatever fails, they are told, and everything is given back. */
#include "pfring.h"

#define FAULTS_PLACES 15
#include "faults.h"

/* A sentence is not of this interface: errno is. */
static int open_ring(pfring **ring, u_int32_t flags)
{
	errno = 0;
	*ring = pfring_open("lo", 1536, flags);
	must(*ring || errno != 0, "no ring, and errno is 0");
	return *ring ? 0 : -errno;
}

static int close_ring(pfring *ring, int code)
{
	pfring_close(ring);
	return code;
}

/* A frame of our own comes in again on loopback. */
static int receive(pfring *ring)
{
	struct pfring_pkthdr header = { 0 };
	u_char frame[80], *packet = NULL;
	pfring_stat stats = { 0 };
	int code = pfring_enable_ring(ring), got = 0;

	net_frame(frame, sizeof(frame), 1);
	if (code == 0) {
		code = pfring_send(ring, (char *)frame, sizeof(frame), 1);
		code = code < 0 ? code : 0;
	}
	for (int tries = 0; code == 0 && got == 0 && tries < 100; tries++) {
		pfring_poll(ring, 100);
		got = pfring_recv(ring, &packet, 0, &header, 0);
	}
	must(code < 0 || got != 0, "what was sent did not come");
	must(got <= 0 || header.len == sizeof(frame), "%u bytes came", header.len);
	if (got > 0)
		must(pfring_stats(ring, &stats) < 0 || stats.recv >= 1, "stats tell of none");
	return code < 0 ? code : got < 0 ? got : 0;
}

static int send_and_receive(void)
{
	pfring *ring;
	int code = open_ring(&ring, PF_RING_PROMISC);

	return code < 0 ? code : close_ring(ring, receive(ring));
}

static int long_headers_of_threads(void)
{
	pfring *ring;
	int code = open_ring(&ring, PF_RING_LONG_HEADER | PF_RING_REENTRANT);

	return code < 0 ? code : close_ring(ring, receive(ring));
}

static int filter(void)
{
	pfring *ring;
	int code = open_ring(&ring, 0);

	if (code < 0)
		return code;
	code = pfring_set_bpf_filter(ring, "udp port 7000");
	if (code == 0)
		code = receive(ring);
	if (code == 0)
		code = pfring_remove_bpf_filter(ring);
	return close_ring(ring, code);
}

static int cluster(void)
{
	pfring *ring;
	int code = open_ring(&ring, 0);

	if (code < 0)
		return code;
	code = pfring_set_cluster(ring, 7, cluster_per_flow);
	if (code == 0)
		code = pfring_enable_ring(ring);
	if (code == 0)
		code = pfring_remove_from_cluster(ring);
	return close_ring(ring, code);
}

static int settings(void)
{
	char name[] = "faults", stats[] = "some";
	filtering_rule rule = { .rule_id = 5, .rule_action = dont_forward_packet_and_stop_rule_evaluation };
	pfring *ring;
	int code = open_ring(&ring, 0);

	if (code < 0)
		return code;
	code = pfring_set_application_name(ring, name);
	if (code == 0)
		code = pfring_set_application_stats(ring, stats);
	if (code == 0)
		code = pfring_set_direction(ring, rx_only_direction);
	if (code == 0)
		code = pfring_set_poll_watermark(ring, 1);
	if (code == 0)
		code = pfring_add_filtering_rule(ring, &rule);
	if (code == 0)
		code = pfring_enable_ring(ring);
	if (code == 0)
		code = pfring_remove_filtering_rule(ring, 5);
	return close_ring(ring, code);
}

static int devices(void)
{
	pfring_if_t *list;

	errno = 0;
	list = pfring_findalldevs();
	must(list || errno != 0, "no devices, and errno is 0");
	pfring_freealldevs(list);
	return list ? 0 : -errno;
}

static const struct sequence table[] = {
	{ "pfring: send and receive", send_and_receive, 0 },
	{ "pfring: long headers, threads", long_headers_of_threads, 0 },
	{ "pfring: a filter", filter, 0 },
	{ "pfring: a cluster", cluster, 0 },
	{ "pfring: settings and rules", settings, 0 },
	{ "pfring: devices", devices, 0 },
};

int main(int count, char **names)
{
	(void)count;
	faults_begin();
	return faults_main(table, COUNT(table), names);
}
