/* SPDX-License-Identifier: BSD-3-Clause */
/* transport.c - TCP with options, UDP, UDP-Lite, written */
#include "build/common.h"
#include "build/writer.h"

#include <torc/layers/transport/tcp.h>
#include <torc/layers/transport/udp.h>
#include <torc/layers/transport/udplite.h>

void tcp_write(struct writer *w, const void *layer)
{
	const struct torc_tcp *tcp = layer;
	uint32_t start = w->length;
	uint8_t *p = write_room(w, TCP_HEADER);

	if (p)
		tcp_put(p, tcp, TCP_HEADER + ((tcp->options.length + 3) & ~3u));
	write_padded(w, &tcp->options, start, 4);
}

void udp_write(struct writer *w, const void *layer)
{
	uint8_t *p = write_room(w, UDP_HEADER);

	if (p)
		udp_put(p, layer);
}

/* RFC 3828 §3.1 */
void udplite_write(struct writer *w, const void *layer)
{
	const struct torc_udplite *udplite = layer;

	write16(w, udplite->source_port);
	write16(w, udplite->destination_port);
	write16(w, udplite->checksum_coverage);
	write16(w, udplite->checksum);
}
