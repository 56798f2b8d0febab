/* SPDX-License-Identifier: BSD-3-Clause */
/* loop.c - frames of our own that find out whether the two sides of a bridge are one network */
#include "loop.h"

#include <string.h>
#include <sys/random.h>

#define PROBE_BYTES 60
#define TEXT	    "torc bridge: is there a loop?"

enum { TYPE = 12, SIDE = 14, NUMBER = 15, WORDS = 23 };

void loop_begin(struct loop_check *loop, const char *a, const char *b)
{
	memset(loop, 0, sizeof(*loop));
	loop->names[0] = a;
	loop->names[1] = b;
	if (getrandom(loop->number, sizeof(loop->number), GRND_NONBLOCK) != sizeof(loop->number)) {
		uint64_t now_ns = cli_now_ns(); /* early at boot: another bridge has hardly the same */

		memcpy(loop->number, &now_ns, sizeof(loop->number));
	}
}

bool loop_probe(const struct loop_check *loop, struct torc_ring *ring, unsigned int side)
{
	uint8_t frame[PROBE_BYTES] = { 3, 0, 0, 0x74, 0x6f, 0x72, 2, [TYPE] = 0x88, [TYPE + 1] = 0xb5,
				       [SIDE] = (uint8_t)side };

	memcpy(frame + 7, loop->number, 5); /* an address that no other bridge has */
	memcpy(frame + NUMBER, loop->number, sizeof(loop->number));
	memcpy(frame + WORDS, TEXT, strlen(TEXT));
	return torc_ring_send(ring, frame, sizeof(frame)) == PROBE_BYTES;
}

bool loop_is_ours(const struct loop_check *loop, const struct torc_packet *packet)
{
	return packet->caplen >= WORDS && packet->data[TYPE] == 0x88 &&
	       packet->data[TYPE + 1] == 0xb5 && packet->data[SIDE] < 2 &&
	       memcmp(packet->data + NUMBER, loop->number, sizeof(loop->number)) == 0;
}

void loop_found(struct loop_check *loop, const struct torc_packet *packet, const char *name)
{
	loop->last_ns = cli_now_ns();
	if (loop->looped)
		return;
	loop->looped = true;
	loop->times++;
	cli_complain("torc: a loop: what leaves by %s comes in by %s; nothing is forwarded until it is gone",
		     loop->names[packet->data[SIDE]], name);
}

void loop_look(struct loop_check *loop, uint64_t now_ns)
{
	if (!loop->looped || now_ns < loop->last_ns + LOOP_QUIET_NS)
		return;
	loop->looped = false;
	cli_complain("torc: the loop is gone; the bridge goes on");
}
