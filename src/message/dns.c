/* SPDX-License-Identifier: BSD-3-Clause */
/* dns.c - DNS over TCP: two bytes of length before each message, RFC 1035 §4.2.2 and RFC 7766 */
#include <torc/layer.h>

#include "message/message.h"

#define HEADER 12

static int probe(unsigned int side, const uint8_t *data, uint32_t length)
{
	uint32_t total;

	if (length < 2 + HEADER)
		return length >= 2 && torc_be16(data) < HEADER ? 0 : -1;
	total = torc_be16(data);
	/* a question of one; the direction as it must be; no opcode that nobody has */
	return total >= HEADER && torc_be16(data + 6) == 1 && data[4] >> 7 == side &&
	       (data[4] >> 3 & 15) <= 6;
}

static int frame(void *state, unsigned int side, const uint8_t *data, uint32_t length,
		 struct torc_message_frame *out)
{
	(void)state;
	(void)side;
	if (length < 2)
		return 0;
	if (torc_be16(data) < HEADER)
		return -1;
	out->lead = 2;
	out->length = 2u + torc_be16(data);
	return 0;
}

static const uint16_t ports[] = { 53, 0 };

const struct torc_message_protocol message_dns = {
	.name = "dns", .layer = TORC_LAYER_DNS, .ports = ports, .probe = probe, .frame = frame,
};
