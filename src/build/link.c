/* SPDX-License-Identifier: BSD-3-Clause */
/* link.c - Ethernet, VLAN tags, LLC, SNAP, PPP, PPPoE and the link headers of captures, written */
#include "build/common.h"
#include "build/writer.h"

#include <torc/layers/link/ethernet.h>
#include <torc/layers/link/link.h>
#include <torc/layers/link/ppp.h>

void ethernet_write(struct writer *w, const void *layer)
{
	uint8_t *p = write_room(w, ETHERNET_HEADER);

	if (p)
		ethernet_put(p, layer);
}

/* IEEE 802.1Q §9.6 */
void dot1q_write(struct writer *w, const void *layer)
{
	const struct torc_dot1q *tag = layer;

	write16(w, (tag->priority & 7u) << 13 | (tag->drop_eligible ? 0x1000u : 0) |
			   (tag->vlan_id & 0xFFFu));
	write16(w, tag->ether_type ? tag->ether_type : tag->length);
}

/* IEEE 802.2 §3; an unnumbered frame has one octet of control */
void llc_write(struct writer *w, const void *layer)
{
	const struct torc_llc *llc = layer;

	write8(w, (llc->dsap & 0xFEu) | llc->group);
	write8(w, (llc->ssap & 0xFEu) | llc->response);
	if (llc->control <= 0xFF && (llc->control & 3) == 3)
		write8(w, llc->control);
	else
		write16(w, llc->control);
}

/* IEEE 802 §9.5 */
void snap_write(struct writer *w, const void *layer)
{
	const struct torc_snap *snap = layer;

	write_bytes(w, snap->oui, 3);
	write16(w, snap->ether_type);
}

/* RFC 1661 §2, RFC 1662 §3.1; a number below 256 is one that was compressed (RFC 1661 §6.5) */
void ppp_write(struct writer *w, const void *layer)
{
	const struct torc_ppp *ppp = layer;

	if (ppp->has_address_control)
		write16(w, 0xFF03);
	write16(w, ppp->protocol);
}

/* RFC 2516 §4 */
void pppoe_write(struct writer *w, const void *layer)
{
	const struct torc_pppoe *pppoe = layer;
	bool plain = pppoe->version == 0 && pppoe->type == 0;

	write8(w, plain ? 0x11 : (pppoe->version & 0xFu) << 4 | (pppoe->type & 0xFu));
	write8(w, pppoe->code);
	write16(w, pppoe->session_id);
	write16(w, pppoe->length);
	write_bytes(w, pppoe->tags.data, pppoe->tags.length);
}

void loopback_write(struct writer *w, const void *layer)
{
	write32(w, ((const struct torc_loopback *)layer)->family);
}

void linux_sll_write(struct writer *w, const void *layer)
{
	const struct torc_linux_sll *sll = layer;

	write16(w, sll->packet_type);
	write16(w, sll->hardware_type);
	write16(w, sll->address_length);
	write_bytes(w, sll->address, 8);
	write16(w, sll->ether_type);
}

void linux_sll2_write(struct writer *w, const void *layer)
{
	const struct torc_linux_sll2 *sll = layer;

	write16(w, sll->ether_type);
	write16(w, 0);
	write32(w, sll->interface_index);
	write16(w, sll->hardware_type);
	write8(w, sll->packet_type);
	write8(w, sll->address_length);
	write_bytes(w, sll->address, 8);
}
