/* SPDX-License-Identifier: BSD-3-Clause */
/* lan.c - spanning tree, LLDP, CDP, EAP over LAN and FDDI, written */
#include "build/writer.h"

#include <torc/layers/link/discovery.h>
#include <torc/layers/link/eap.h>
#include <torc/layers/link/fddi.h>
#include <torc/layers/link/stp.h>

#define STP_RAPID	    0x02
#define STP_TOPOLOGY_CHANGE 0x80

/* Times count in 1/256 seconds; the least number of them that is read as so many milliseconds. */
static uint32_t stp_time(uint32_t ms)
{
	uint64_t units = ((uint64_t)ms * 256 + 999) / 1000;

	return units < 0xFFFF ? (uint32_t)units : 0xFFFF;
}

static void stp_bridge(struct writer *w, uint16_t priority, uint16_t system_id,
		       const uint8_t address[6])
{
	write16(w, (priority & 0xF000u) | (system_id & 0xFFFu));
	write_bytes(w, address, 6);
}

/* IEEE 802.1D-2004 §9.3; PVST+ has the VLAN behind a rapid message, in a TLV of type 0 */
void stp_write(struct writer *w, const void *layer)
{
	const struct torc_stp *stp = layer;

	write16(w, stp->protocol_id);
	write8(w, stp->version);
	write8(w, stp->type);
	if (stp->type == STP_TOPOLOGY_CHANGE)
		return;
	write8(w, stp->flags | (stp->topology_change ? 0x01u : 0) |
			  (stp->topology_change_acknowledged ? 0x80u : 0));
	stp_bridge(w, stp->root_priority, stp->root_system_id, stp->root_address);
	write32(w, stp->cost);
	stp_bridge(w, stp->bridge_priority, stp->bridge_system_id, stp->bridge_address);
	write16(w, stp->port_id);
	write16(w, stp_time(stp->message_age_ms));
	write16(w, stp_time(stp->max_age_ms));
	write16(w, stp_time(stp->hello_time_ms));
	write16(w, stp_time(stp->forward_delay_ms));
	if (stp->type == STP_RAPID || stp->vlan_id)
		write8(w, 0); /* nothing of version 1 */
	if (stp->vlan_id) {
		write32(w, 2);
		write16(w, stp->vlan_id);
	}
}

/* An identifier of a chassis or a port: a MAC address has a field of its own. */
static void lldp_id(struct writer *w, unsigned int type, uint8_t subtype, const struct torc_bytes *id,
		    const uint8_t *address)
{
	const struct torc_bytes mac = { address, 6 };

	if (id->length == 0)
		id = &mac;
	write16(w, type << 9 | ((id->length + 1) & 0x1FF));
	write8(w, subtype);
	write_bytes(w, id->data, id->length);
}

/* IEEE 802.1AB-2016 §8.5.2 to §8.5.4 */
void lldp_write(struct writer *w, const void *layer)
{
	const struct torc_lldp *lldp = layer;

	lldp_id(w, 1, lldp->chassis_subtype, &lldp->chassis_id, lldp->chassis_address);
	lldp_id(w, 2, lldp->port_subtype, &lldp->port_id, lldp->port_address);
	write16(w, 3 << 9 | 2);
	write16(w, lldp->ttl_s);
}

/* LLDP's and CDP's TLVs: their structs hold nothing else. */
void list_write(struct writer *w, const void *layer)
{
	const struct torc_bytes *tlvs = layer;

	_Static_assert(offsetof(struct torc_lldp_info, tlvs) == 0, "the first member");
	_Static_assert(offsetof(struct torc_cdp_info, tlvs) == 0, "the first member");
	write_bytes(w, tlvs->data, tlvs->length);
}

void cdp_write(struct writer *w, const void *layer)
{
	const struct torc_cdp *cdp = layer;

	write8(w, cdp->version);
	write8(w, cdp->ttl_s);
	write16(w, cdp->checksum);
}

/* IEEE 802.1X-2010 §11.3 */
void eapol_write(struct writer *w, const void *layer)
{
	const struct torc_eapol *eapol = layer;

	write8(w, eapol->version);
	write8(w, eapol->type);
	write16(w, eapol->length);
}

/* IEEE 802.11-2016 §12.7.2 */
void eapol_key_write(struct writer *w, const void *layer)
{
	const struct torc_eapol_key *key = layer;

	write8(w, key->descriptor_type);
	write16(w, key->key_information);
	write16(w, key->key_length);
	write64(w, key->replay_counter);
	write_fixed(w, &key->nonce, 32);
	write_fixed(w, &key->iv, 16);
	write64(w, key->receive_sequence);
	write64(w, key->key_id);
	write_fixed(w, &key->integrity_check, 16);
	write16(w, key->key_data.length);
	write_bytes(w, key->key_data.data, key->key_data.length);
}

/* RFC 3748 §4: only requests and responses have a type */
void eap_write(struct writer *w, const void *layer)
{
	const struct torc_eap *eap = layer;

	write8(w, eap->code);
	write8(w, eap->id);
	write16(w, eap->length);
	if (eap->code != 1 && eap->code != 2 && eap->type == 0 && !eap->data.data)
		return;
	write8(w, eap->type);
	write_bytes(w, eap->data.data, eap->data.length);
}

/* ISO 9314-2 */
void fddi_write(struct writer *w, const void *layer)
{
	const struct torc_fddi *fddi = layer;

	write8(w, fddi->frame_control | (fddi->priority & 7u));
	write_bytes(w, fddi->destination, 6);
	write_bytes(w, fddi->source, 6);
}
