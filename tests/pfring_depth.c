/* SPDX-License-Identifier: BSD-3-Clause */
/* pfring_depth.c - a program of PF_RING that is away for a second loses nothing that came slowly */
#include "pfring_net.h"

#define PACKETS     1200
#define PROMISED_MS 4000

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void test_pause(unsigned int caplen, unsigned int watermark)
{
	pfring *ring = pfring_open("p1", caplen, PF_RING_PROMISC);
	uint8_t frame[FRAME_BYTES] = { [12] = 0x88, [13] = 0xb5 };
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex("p0") };
	int fd = socket(AF_PACKET, SOCK_RAW, 0);
	unsigned int sent = 0, read = 0;
	struct pfring_pkthdr header;
	uint64_t start;
	u_char *data;

	if (watermark)
		pfring_set_poll_watermark(ring, (u_int16_t)watermark);
	is(pfring_enable_ring(ring), 0, "enabled");
	start = now_ms();
	for (; sent < PACKETS; sent++) {
		if (sendto(fd, frame, sizeof(frame), 0, (void *)&to, sizeof(to)) < 0)
			break;
		usleep(1000);
	}
	start = now_ms() - start;
	usleep(50000);
	while (pfring_recv(ring, &data, 0, &header, 0) > 0)
		read += header.len == FRAME_BYTES;
	if (start > PROMISED_MS / (watermark ? 2 : 1) && read < sent)
		skip("nothing is lost", "the machine is busy: sending took too long");
	else
		is(read, sent, "caplen %u, watermark %u: nothing is lost", caplen, watermark);
	pfring_close(ring);
	close(fd);
}

int main(void)
{
	need_veth();
	test_pause(1518, 0);
	test_pause(65535, 0);
	test_pause(65535, 1);
	return done();
}
