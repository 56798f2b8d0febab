/* SPDX-License-Identifier: BSD-3-Clause */
/* transport.c - TCP with options, UDP, UDP-Lite, written */
#include "build/writer.h"

#include <torc/layers/transport/tcp.h>
#include <torc/layers/transport/udp.h>
#include <torc/layers/transport/udplite.h>

/* RFC 9293 §3.1 */
void tcp_write(struct writer *w, const void *layer)
{
	const struct torc_tcp *tcp = layer;
	uint32_t header = 20 + ((tcp->options.length + 3) & ~3u), start = w->length;

	write16(w, tcp->source_port);
	write16(w, tcp->destination_port);
	write32(w, tcp->sequence);
	write32(w, tcp->acknowledgment);
	write16(w, ((tcp->header_length ? tcp->header_length : header) / 4 & 0xFu) << 12 |
			   (tcp->flags & 0x1FF));
	write16(w, tcp->window);
	write16(w, tcp->checksum);
	write16(w, tcp->urgent);
	write_padded(w, &tcp->options, start, 4);
}

/* RFC 768 */
void udp_write(struct writer *w, const void *layer)
{
	const struct torc_udp *udp = layer;

	write16(w, udp->source_port);
	write16(w, udp->destination_port);
	write16(w, udp->length);
	write16(w, udp->checksum);
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
