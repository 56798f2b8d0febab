/* SPDX-License-Identifier: BSD-3-Clause */
/* Sending through the drop-in libpfring: at once, behind a watermark, filtered, looped back. */
#include "pfring_net.h"

static pfring *tx, *rx;

static int send_one(uint16_t port, u_int8_t flush)
{
	uint8_t bytes[FRAME_BYTES];
	unsigned int length = build(bytes, &(struct frame){ .source = 1, .destination = 2,
							    .destination_port = port });

	return pfring_send(tx, (char *)bytes, length, flush);
}

static void test_plain(void)
{
	static char large[2000];
	pfring *other;

	is(send_one(1, 1), PF_RING_ERROR_RING_NOT_ENABLED, "not enabled");
	is(pfring_set_socket_mode(tx, send_only_mode), 0, "send only");
	is(pfring_enable_ring(tx), 0, "enable");
	is(send_one(1, 1), FRAME_BYTES, "send returns the length");
	is(send_one(1, 0), FRAME_BYTES, "without flush too");
	is(drain(rx), 2, "both arrived, at once");
	errno = 0;
	is(pfring_send(tx, large, 1519, 1), PF_RING_ERROR_INVALID_ARGUMENT, "too long");
	is(errno, EMSGSIZE, "EMSGSIZE");
	is(pfring_send(tx, large, 1514, 1), 1514, "the longest");
	is(drain(rx), 1, "arrives");

	other = pfring_open("p0", 128, 0);
	pfring_set_socket_mode(other, recv_only_mode);
	pfring_enable_ring(other);
	is(pfring_send(other, large, 60, 1), PF_RING_ERROR_NOT_SUPPORTED, "a ring that receives");
	pfring_close(other);
}

static void test_watermark(void)
{
	is(pfring_set_tx_watermark(tx, 10), 0, "a watermark of ten");
	for (int i = 0; i < 9; i++)
		is(send_one(1, 0), FRAME_BYTES, "queue %d", i);
	is(drain(rx), 0, "nine wait");
	is(send_one(1, 0), FRAME_BYTES, "the tenth");
	is(drain(rx), 10, "all ten leave");
	for (int i = 0; i < 3; i++)
		send_one(1, 0);
	is(pfring_flush_tx_packets(tx), 0, "flush");
	is(drain(rx), 3, "three leave");
	send_one(1, 0);
	send_one(1, 1);
	is(drain(rx), 2, "a send with flush takes the queued along");
	send_one(1, 0);
	is(pfring_set_tx_watermark(tx, 0), 0, "no watermark: what is queued leaves");
	is(drain(rx), 1, "it did");
	is(send_one(1, 0), FRAME_BYTES, "and now at once");
	is(drain(rx), 1, "at once");
	is(pfring_flush_tx_packets(NULL), PF_RING_ERROR_NOT_SUPPORTED, "no ring");
}

static void test_filter(void)
{
	pfring_close(tx);
	tx = open_enabled("p0", PF_RING_TX_BPF);
	is(pfring_set_bpf_filter(tx, "udp dst port 7"), 0, "PF_RING_TX_BPF");
	is(send_one(8, 1), 0, "a frame the filter refuses");
	is(send_one(7, 1), FRAME_BYTES, "one it lets through");
	is(drain(rx), 1, "only that arrived");
	is(pfring_remove_bpf_filter(tx), 0, "remove");
	is(send_one(8, 1), FRAME_BYTES, "everything again");
	is(drain(rx), 1, "arrived");
}

static void test_loopback(void)
{
	static char buffer[300000];
	bool good = true;

	is(pfring_loopback_test(tx, buffer, sizeof(buffer), 1000000), 0, "loopback test");
	for (unsigned int i = 0; i < sizeof(buffer); i++)
		good = good && (u_char)buffer[i] == (u_char)i;
	ok(good, "the bytes came back");
	memset(buffer, 9, 16);
	pfring_loopback_test(tx, buffer, sizeof(buffer), 8);
	ok(buffer[7] == 7 && buffer[8] == 9, "and not more than asked");
}

static void test_bounce(void)
{
	struct pfring_pkthdr hdr;
	int back = sender_open("p1"), index = (int)if_nametoindex("p0");
	pfring *bouncer = open_enabled("p0", PF_RING_LONG_HEADER);
	u_char *data;

	is(pfring_send_last_rx_packet(bouncer, index), PF_RING_ERROR_WRONG_CONFIGURATION,
	   "needs PF_RING_RX_PACKET_BOUNCE");
	pfring_close(bouncer);
	bouncer = open_enabled("p0", PF_RING_RX_PACKET_BOUNCE);
	is(pfring_send_last_rx_packet(bouncer, index), PF_RING_ERROR_NOT_SUPPORTED,
	   "and the long header");
	pfring_close(bouncer);
	bouncer = pfring_open("p0", 1500, PF_RING_RX_PACKET_BOUNCE | PF_RING_LONG_HEADER);
	pfring_set_direction(bouncer, rx_only_direction);
	pfring_set_socket_mode(bouncer, recv_only_mode);
	pfring_enable_ring(bouncer);
	is(pfring_send_last_rx_packet(bouncer, index), PF_RING_ERROR_NO_PKT_AVAILABLE,
	   "and a packet");
	pfring_set_direction(rx, rx_only_direction);
	send_many(back, 1, 77);
	is(receive(bouncer, &data, &hdr), 1, "one comes");
	is(pfring_send_last_rx_packet(bouncer, index), 0, "send it back");
	is(receive(rx, &data, &hdr), 1, "it arrives");
	ok(hdr.len == FRAME_BYTES && data[37] == 77, "the same");
	is(pfring_send_last_rx_packet(bouncer, 9999), -1, "no such interface");
	pfring_close(bouncer);
	close(back);
}

int main(void)
{
	need_veth();
	close(sender_open("p0"));
	tx = pfring_open("p0", 128, 0);
	rx = open_enabled("p1", 0);
	if (!tx)
		skip_all("cannot open a ring");
	test_plain();
	test_watermark();
	test_filter();
	test_loopback();
	test_bounce();
	pfring_close(tx);
	pfring_close(rx);
	return done();
}
