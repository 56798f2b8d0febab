/* SPDX-License-Identifier: BSD-3-Clause */
/* packet.c - copies of packets that outlive their ring */
#include <stdlib.h>
#include <string.h>

#include <torc/packet.h>
#include <torc/parse.h>

struct torc_packet *torc_packet_clone(const struct torc_packet *packet)
{
	size_t parsed_size = packet->parsed ? sizeof(struct torc_parsed) : 0;
	struct torc_packet *clone = malloc(sizeof(*clone) + parsed_size + packet->caplen);
	uint8_t *tail;

	if (!clone)
		return NULL;
	*clone = *packet;
	tail = (uint8_t *)(clone + 1);
	if (packet->parsed) {
		memcpy(tail, packet->parsed, parsed_size);
		clone->parsed = (const struct torc_parsed *)(const void *)tail;
		tail += parsed_size;
	}
	if (packet->caplen > 0)
		memcpy(tail, packet->data, packet->caplen);
	clone->data = tail;
	return clone;
}

void torc_packet_free(struct torc_packet *packet)
{
	free(packet);
}
