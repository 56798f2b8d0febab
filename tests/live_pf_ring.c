/* SPDX-License-Identifier: BSD-3-Clause */
/* Live rings in PF_RING's words: the texts a running PF_RING 8.9.0 wrote, byte for byte. */
#include <errno.h>

#include <torc/live.h>

#include "test.h"

static const char receiving[] =
	"Bound Device(s)        : v1\n"
	"Active                 : 1\n"
	"Breed                  : Standard\n"
	"Appl. Name             : pfcount\n"
	"Socket Mode            : RX only\n"
	"Capture Direction      : RX+TX\n"
	"Sampling Rate          : 1\n"
	"Filtering Sampling Rate: 0\n"
	"IP Defragment          : No\n"
	"BPF Filtering          : Disabled\n"
	"Sw Filt Hash Rules     : 0\n"
	"Sw Filt WC Rules       : 0\n"
	"Sw Filt Hash Match     : 0\n"
	"Sw Filt Hash Miss      : 0\n"
	"Sw Filt Hash Filtered  : 0\n"
	"Hw Filt Rules          : 0\n"
	"Poll Pkt Watermark     : 128\n"
	"Num Poll Calls         : 22\n"
	"Poll Watermark Timeout : 0\n"
	"Channel Id Mask        : 0xFFFFFFFFFFFFFFFF\n"
	"VLAN Id                : 65535\n"
	"Slot Version           : 21 [8.9.0]\n"
	"Min Num Slots          : 4098\n"
	"Bucket Len             : 1536\n"
	"Slot Len               : 1592 [bucket+header]\n"
	"Tot Memory             : 6524016\n"
	"Tot Packets            : 1000\n"
	"Tot Pkt Lost           : 0\n"
	"Tot Insert             : 1000\n"
	"Tot Read               : 1000\n"
	"Insert Offset          : 0\n"
	"Remove Offset          : 0\n"
	"Num Free Slots         : 4098\n"
	"Reflect: Fwd Ok        : 0\n"
	"Reflect: Fwd Errors    : 0\n";

static const char info[] =
	"PF_RING Version          : 8.9.0 (unknown)\n"
	"Total rings              : 2\n"
	"\n"
	"Standard (non ZC) Options\n"
	"Ring slots               : 4096\n"
	"Slot version             : 21\n"
	"Capture TX               : Yes [RX+TX]\n"
	"IP Defragment            : No\n"
	"Socket Mode              : Standard\n"
	"Cluster Fragment Queue   : 0\n"
	"Cluster Fragment Discard : 0\n";

static void test_ring(void)
{
	struct torc_live_ring ring = {
		.size = sizeof(ring), .application_name = "pfcount", .device = "v1", .enabled = 1,
		.mode = TORC_RECV_ONLY, .sampling_rate = 1, .poll_calls = 22,
		.channel_mask = UINT64_MAX, .vlan = TORC_VLAN_ANY, .snaplen = 1536,
		.buffer_bytes = 4098 * 1592,
	};
	struct torc_stats stats = { .size = sizeof(stats), .kernel_seen = 1000, .received = 1000 };
	char text[2048];

	is(torc_live_pf_ring(&ring, &stats, text, sizeof(text)), (int)strlen(receiving), "its length");
	is_str(text, receiving, "a ring that receives");
	is(torc_live_pf_ring(&ring, &stats, text, 100), -ENOSPC, "no room");

	ring.mode = TORC_SEND_AND_RECV;
	ring.cluster_id = 7;
	ring.flags = TORC_LONG_HEADER;
	ring.vlan = 100;
	stats.dropped = TORC_UNKNOWN;
	strcpy(ring.device, "(eth0.1),eth1,p0@1-3");
	strcpy(ring.filter, "udp");
	torc_live_pf_ring(&ring, &stats, text, sizeof(text));
	ok(strstr(text, "Bound Device(s)        : p0,eth1,eth0.1\n"), "the sending device is last");
	ok(strstr(text, "VLAN Id                : 100\nCluster Id             : 7\nSlot Version"),
	   "VLAN and cluster");
	ok(strstr(text, "Slot Len               : 1752 [bucket+header]\n"), "the long header");
	ok(strstr(text, "BPF Filtering          : Enabled\n"), "a filter");
	ok(strstr(text, "TX: Send Ok            : 0\nTX: Send Errors        : 0\nReflect"),
	   "what was sent");
	ok(strstr(text, "Tot Pkt Lost           : 0\n"), "what cannot be known is 0 there");

	ring.mode = TORC_SEND_ONLY;
	strcpy(ring.device, "none");
	ring.application_name[0] = '\0';
	torc_live_pf_ring(&ring, &stats, text, sizeof(text));
	ok(!strstr(text, "Capture Direction") && !strstr(text, "Tot Packets") &&
		   !strstr(text, "Reflect") && strstr(text, "Socket Mode            : TX only\n"),
	   "a ring that sends has no receiving part");
	ok(strstr(text, "Bound Device(s)        : \nActive"), "no device");
	ok(strstr(text, "Appl. Name             : <unknown>\n"), "no name");
}

static void test_info(void)
{
	char text[2048];

	is(torc_live_pf_ring_info(2, text, sizeof(text)), (int)strlen(info), "its length");
	is_str(text, info, "info");
	ok(torc_live_pf_ring_device("lo", 3, text, sizeof(text)) > 0, "a device");
	is_str(text,
	       "Name:         lo\n"
	       "Index:        1\n"
	       "Address:      00:00:00:00:00:00\n"
	       "Polling Mode: NAPI\n"
	       "Promisc:      Disabled\n"
	       "Type:         Loopback\n"
	       "Family:       Standard NIC\n"
	       "# Bound Sockets:  3\n"
	       "TX Queues:    1\n"
	       "RX Queues:    1\n",
	       "loopback");
	is(torc_live_pf_ring_device("nosuch0", 3, text, sizeof(text)), -ENODEV, "no such device");
}

int main(void)
{
	test_ring();
	test_info();
	return done();
}
