/* SPDX-License-Identifier: BSD-3-Clause */
/* routing.c - BFD, VRRP, OSPF, and IPsec's headers, written */
#include "build/writer.h"

#include <torc/layers/network/ipsec.h>
#include <torc/layers/routing/bfd.h>
#include <torc/layers/routing/ospf.h>
#include <torc/layers/routing/vrrp.h>

/* RFC 5880 §4.1 */
void bfd_write(struct writer *w, const void *layer)
{
	const struct torc_bfd *bfd = layer;
	uint32_t authentication = bfd->authentication_present ? 3 + bfd->authentication.length : 0;

	write8(w, (bfd->version & 7u) << 5 | (bfd->diagnostic & 0x1Fu));
	write8(w, (bfd->state & 3u) << 6 | (bfd->poll ? 0x20u : 0) | (bfd->final ? 0x10u : 0) |
			  (bfd->control_plane_independent ? 0x08u : 0) |
			  (bfd->authentication_present ? 0x04u : 0) | (bfd->demand ? 0x02u : 0) |
			  (bfd->multipoint ? 0x01u : 0));
	write8(w, bfd->detect_multiplier);
	write8(w, bfd->length ? bfd->length : 24 + authentication);
	write32(w, bfd->my_discriminator);
	write32(w, bfd->your_discriminator);
	write32(w, bfd->desired_min_tx_us);
	write32(w, bfd->required_min_rx_us);
	write32(w, bfd->required_min_echo_rx_us);
	if (authentication == 0)
		return;
	write8(w, bfd->authentication_type);
	write8(w, authentication);
	write8(w, bfd->authentication_key_id);
	write_bytes(w, bfd->authentication.data, bfd->authentication.length);
}

/* RFC 3768 §5.1, with its eight bytes of authentication, which are 0; RFC 5798 §5.1 */
void vrrp_write(struct writer *w, const void *layer)
{
	const struct torc_vrrp *vrrp = layer;
	uint32_t each = vrrp->address_length;

	if (each == 0)
		each = vrrp->version == 3 && w->behind == TORC_LAYER_IPV6 ? 16 : 4;
	write8(w, (vrrp->version & 0xFu) << 4 | (vrrp->type & 0xFu));
	write8(w, vrrp->router_id);
	write8(w, vrrp->priority);
	write8(w, vrrp->address_count ? vrrp->address_count : vrrp->addresses.length / each);
	if (vrrp->version == 2) {
		write8(w, vrrp->authentication_type);
		write8(w, vrrp->interval_ms / 1000);
	} else {
		write16(w, vrrp->interval_ms / 10 & 0xFFF);
	}
	write16(w, vrrp->checksum);
	write_bytes(w, vrrp->addresses.data, vrrp->addresses.length);
	if (vrrp->version == 2)
		write_zeros(w, 8);
}

/* ---- OSPF: RFC 2328 §A.3, RFC 5340 §A.3 ---- */

static void ospf_hello(struct writer *w, const struct torc_ospf *ospf)
{
	if (ospf->version == 2) {
		write_bytes(w, ospf->network_mask, 4);
		write16(w, ospf->hello_interval_s);
		write8(w, ospf->options);
		write8(w, ospf->priority);
		write32(w, ospf->dead_interval_s);
	} else {
		write32(w, ospf->interface_id);
		write8(w, ospf->priority);
		write24(w, ospf->options);
		write16(w, ospf->hello_interval_s);
		write16(w, ospf->dead_interval_s);
	}
	write_bytes(w, ospf->designated_router, 4);
	write_bytes(w, ospf->backup_router, 4);
	write_bytes(w, ospf->neighbors.data, ospf->neighbors.length);
}

static void ospf_description(struct writer *w, const struct torc_ospf *ospf)
{
	if (ospf->version == 2) {
		write16(w, ospf->mtu);
		write8(w, ospf->options);
		write8(w, ospf->flags);
	} else {
		write8(w, 0);
		write24(w, ospf->options);
		write16(w, ospf->mtu);
		write8(w, 0);
		write8(w, ospf->flags);
	}
	write32(w, ospf->sequence);
	write_bytes(w, ospf->lsas.data, ospf->lsas.length);
}

static uint32_t lsa_count(const struct torc_ospf *ospf)
{
	struct torc_ospf_lsa lsa;
	uint32_t position = 0, count = 0;

	while (torc_ospf_lsa_next(ospf, &position, &lsa))
		count++;
	return count;
}

/* What authenticates is in no struct: eight bytes of 0 in version 2, nothing behind the packet. */
void ospf_write(struct writer *w, const void *layer)
{
	const struct torc_ospf *ospf = layer;

	write8(w, ospf->version);
	write8(w, ospf->type);
	write16(w, ospf->length);
	write_bytes(w, ospf->router_id, 4);
	write_bytes(w, ospf->area_id, 4);
	write16(w, ospf->checksum);
	if (ospf->version == 2) {
		write16(w, ospf->authentication_type);
		write_zeros(w, 8);
	} else {
		write8(w, ospf->instance_id);
		write8(w, 0);
	}
	switch (ospf->type) {
	case 1:
		ospf_hello(w, ospf);
		break;
	case 2:
		ospf_description(w, ospf);
		break;
	case 3:
		write_bytes(w, ospf->requests.data, ospf->requests.length);
		break;
	case 4:
		write32(w, ospf->lsa_count || w->counts_given ? ospf->lsa_count : lsa_count(ospf));
		__attribute__((fallthrough));
	case 5:
		write_bytes(w, ospf->lsas.data, ospf->lsas.length);
		break;
	}
}

/* ---- IPsec ---- */

/* RFC 4302 §2: the length counts words, less two */
void ipsec_ah_write(struct writer *w, const void *layer)
{
	const struct torc_ipsec_ah *ah = layer;
	uint32_t start = w->length, contents = 12 + ah->integrity_check.length;

	write8(w, ah->next_header);
	write8(w, ((ah->header_length ? ah->header_length : contents) + 3) / 4 - 2);
	write16(w, 0);
	write32(w, ah->spi);
	write32(w, ah->sequence);
	write_padded(w, &ah->integrity_check, start, 4);
}

/* RFC 4303 §2 */
void ipsec_esp_write(struct writer *w, const void *layer)
{
	const struct torc_ipsec_esp *esp = layer;

	write32(w, esp->spi);
	write32(w, esp->sequence);
	write_bytes(w, esp->encrypted.data, esp->encrypted.length);
}
