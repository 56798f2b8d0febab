/* SPDX-License-Identifier: BSD-3-Clause */
/* tls.c - TLS records: type, version, length; RFC 8446 §5.1 */
#include <torc/layer.h>

#include "message/message.h"

#define HEADER	   5
#define RECORD_MAX (16384 + 2048) /* RFC 5246 §6.2.3 */

static bool is_record(const uint8_t *data)
{
	return data[0] >= 20 && data[0] <= 24 && data[1] == 3 && data[2] <= 4 &&
	       torc_be16(data + 3) <= RECORD_MAX;
}

static int probe(unsigned int side, const uint8_t *data, uint32_t length)
{
	(void)side;
	if (length < HEADER)
		return data[0] >= 20 && data[0] <= 24 ? -1 : 0;
	return is_record(data);
}

static int frame(void *state, unsigned int side, const uint8_t *data, uint32_t length,
		 struct torc_message_frame *out)
{
	(void)state;
	(void)side;
	if (length < HEADER)
		return 0;
	if (!is_record(data))
		return -1;
	out->length = HEADER + (uint32_t)torc_be16(data + 3);
	return 0;
}

static const uint16_t ports[] = { 443, 636, 853, 989, 990, 992, 993, 994, 995, 5061, 0 };

const struct torc_message_protocol message_tls = {
	.name = "tls", .layer = TORC_LAYER_TLS, .ports = ports, .probe = probe, .frame = frame,
};
