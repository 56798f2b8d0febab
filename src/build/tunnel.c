/* SPDX-License-Identifier: BSD-3-Clause */
/* tunnel.c - GRE, ERSPAN, VXLAN, Geneve, GTP-U, EtherIP and MPLS, written */
#include "build/writer.h"

#include <torc/layers/tunnel/mpls.h>
#include <torc/layers/tunnel/tunnel.h>

/* RFC 2784, RFC 2890; version 1 RFC 2637 §4.1; source routes RFC 1701 */
void gre_write(struct writer *w, const void *layer)
{
	const struct torc_gre *gre = layer;

	write16(w, (gre->has_checksum ? 0x8000u : 0) | (gre->has_routing ? 0x4000u : 0) |
			   (gre->has_key ? 0x2000u : 0) | (gre->has_sequence ? 0x1000u : 0) |
			   (gre->strict_source_route ? 0x0800u : 0) |
			   (gre->recursion_control & 7u) << 8 |
			   (gre->has_acknowledgment ? 0x0080u : 0) | (gre->version & 7u));
	write16(w, gre->protocol);
	if (gre->has_checksum || gre->has_routing) {
		write16(w, gre->checksum);
		write16(w, gre->offset);
	}
	if (gre->has_key)
		write32(w, gre->key);
	if (gre->has_sequence)
		write32(w, gre->sequence);
	if (gre->has_acknowledgment)
		write32(w, gre->acknowledgment);
	if (gre->has_routing)
		write_bytes(w, gre->routing.data, gre->routing.length);
}

/* draft-foschiano-erspan-03 §4.2 */
void erspan2_write(struct writer *w, const void *layer)
{
	const struct torc_erspan2 *erspan = layer;

	write16(w, (erspan->version & 0xFu) << 12 | (erspan->vlan_id & 0xFFFu));
	write16(w, (erspan->class_of_service & 7u) << 13 | (erspan->encapsulation & 3u) << 11 |
			   (erspan->is_truncated ? 0x400u : 0) | (erspan->session_id & 0x3FFu));
	write32(w, (uint32_t)(erspan->reserved & 0xFFF) << 20 | (erspan->index & 0xFFFFF));
}

/* RFC 7348 §5; without flags that of the network identifier, which has to be there */
void vxlan_write(struct writer *w, const void *layer)
{
	const struct torc_vxlan *vxlan = layer;

	write8(w, (vxlan->flags & 0x77u) | (vxlan->has_policy ? 0x80u : 0) |
			  (vxlan->has_network_id || vxlan->flags == 0 ? 0x08u : 0));
	write8(w, (vxlan->dont_learn ? 0x40u : 0) | (vxlan->policy_applied ? 0x08u : 0));
	write16(w, vxlan->policy_id);
	write32(w, (vxlan->network_id & 0xFFFFFF) << 8);
}

/* RFC 8926 §3.4 */
void geneve_write(struct writer *w, const void *layer)
{
	const struct torc_geneve *geneve = layer;
	uint32_t options = geneve->options_length ? geneve->options_length : geneve->options.length;
	uint32_t start = w->length;

	write8(w, (geneve->version & 3u) << 6 | ((options + 3) / 4 & 0x3F));
	write8(w, (geneve->is_control ? 0x80u : 0) | (geneve->has_critical_options ? 0x40u : 0));
	write16(w, geneve->protocol);
	write32(w, (geneve->network_id & 0xFFFFFF) << 8);
	write_padded(w, &geneve->options, start, 4);
}

/* 3GPP TS 29.281 §5.1 */
void gtpv1u_write(struct writer *w, const void *layer)
{
	const struct torc_gtpv1u *gtp = layer;

	write8(w, (gtp->version & 7u) << 5 | (gtp->is_gtp ? 0x10u : 0) |
			  (gtp->has_extension ? 4u : 0) | (gtp->has_sequence ? 2u : 0) |
			  (gtp->has_npdu ? 1u : 0));
	write8(w, gtp->message_type);
	write16(w, gtp->length);
	write32(w, gtp->teid);
	if (!gtp->has_extension && !gtp->has_sequence && !gtp->has_npdu)
		return;
	write16(w, gtp->sequence);
	write8(w, gtp->npdu_number);
	write8(w, gtp->next_extension);
	write_bytes(w, gtp->extensions.data, gtp->extensions.length);
}

/* RFC 3378 §3 */
void etherip_write(struct writer *w, const void *layer)
{
	const struct torc_etherip *etherip = layer;

	write16(w, (etherip->version ? etherip->version & 0xFu : 3u) << 12 |
			   (etherip->reserved & 0xFFFu));
}

/* RFC 3032 §2.1 */
void mpls_write(struct writer *w, const void *layer)
{
	const struct torc_mpls *mpls = layer;

	write32(w, (mpls->label & 0xFFFFF) << 12 | (mpls->traffic_class & 7u) << 9 |
			   (mpls->bottom_of_stack ? 0x100u : 0) | mpls->ttl);
}
