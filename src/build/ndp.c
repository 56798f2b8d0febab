/* SPDX-License-Identifier: BSD-3-Clause */
/* ndp.c - Neighbor Discovery for IPv6, RFC 4861 §4.1 to §4.5, written; options are bytes */
#include "build/writer.h"

#include <torc/layers/network/ndp.h>

static void write_options(struct writer *w, const struct torc_bytes *options)
{
	write_bytes(w, options->data, options->length);
}

void ndp_router_solicitation_write(struct writer *w, const void *layer)
{
	const struct torc_icmpv6_router_solicitation *message = layer;

	write32(w, 0);
	write_options(w, &message->options);
}

void ndp_router_advertisement_write(struct writer *w, const void *layer)
{
	const struct torc_icmpv6_router_advertisement *message = layer;

	write8(w, message->hop_limit);
	write8(w, (message->managed ? 0x80u : 0) | (message->other ? 0x40u : 0));
	write16(w, message->router_lifetime_s);
	write32(w, message->reachable_time_ms);
	write32(w, message->retransmission_ms);
	write_options(w, &message->options);
}

void ndp_neighbor_solicitation_write(struct writer *w, const void *layer)
{
	const struct torc_icmpv6_neighbor_solicitation *message = layer;

	write32(w, 0);
	write_bytes(w, message->target, 16);
	write_options(w, &message->options);
}

void ndp_neighbor_advertisement_write(struct writer *w, const void *layer)
{
	const struct torc_icmpv6_neighbor_advertisement *message = layer;

	write32(w, (message->router ? 1u << 31 : 0) | (message->solicited ? 1u << 30 : 0) |
			   (message->override ? 1u << 29 : 0));
	write_bytes(w, message->target, 16);
	write_options(w, &message->options);
}

void ndp_redirect_write(struct writer *w, const void *layer)
{
	const struct torc_icmpv6_redirect *message = layer;

	write32(w, 0);
	write_bytes(w, message->target, 16);
	write_bytes(w, message->destination, 16);
	write_options(w, &message->options);
}
