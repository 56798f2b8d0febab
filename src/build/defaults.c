/* SPDX-License-Identifier: BSD-3-Clause */
/* defaults.c - what is 0 in a struct and has a usual value in a packet that is built */
#include <torc/layers/application/dhcp.h>
#include <torc/layers/application/ntp.h>
#include <torc/layers/application/radius.h>
#include <torc/layers/link/arp.h>
#include <torc/layers/link/discovery.h>
#include <torc/layers/link/eap.h>
#include <torc/layers/link/ethernet.h>
#include <torc/layers/link/fddi.h>
#include <torc/layers/link/stp.h>
#include <torc/layers/network/igmp.h>
#include <torc/layers/network/ip.h>
#include <torc/layers/routing/bfd.h>
#include <torc/layers/routing/ospf.h>
#include <torc/layers/routing/vrrp.h>
#include <torc/layers/transport/sctp.h>
#include <torc/layers/tunnel/mpls.h>
#include <torc/layers/tunnel/tunnel.h>

#include "build/builder.h"

#define USUAL(member, value) ((member) = (member) ? (member) : (value))

static void arp_defaults(struct torc_arp *arp)
{
	if (arp->hardware_type || arp->protocol_type)
		return;
	arp->hardware_type = 1;
	arp->protocol_type = 0x0800;
	arp->hardware_length = 6;
	arp->protocol_length = 4;
	USUAL(arp->operation, TORC_ARP_REQUEST);
}

/* IEEE 802.1D-2004 §17.14 */
static void stp_defaults(struct torc_stp *stp)
{
	if (stp->max_age_ms || stp->hello_time_ms || stp->forward_delay_ms)
		return;
	stp->max_age_ms = 20000;
	stp->hello_time_ms = 2000;
	stp->forward_delay_ms = 15000;
}

/* A GTP of version 0 is GTP'; RFC 2328 §C.3 for OSPF's times */
static void version_defaults(unsigned int type, void *object)
{
	struct torc_gtpv1u *gtp = object;
	struct torc_ospf *ospf = object;
	struct torc_vrrp *vrrp = object;

	if (type == TORC_LAYER_GTPV1U && gtp->version == 0) {
		gtp->version = 1;
		gtp->is_gtp = true;
		USUAL(gtp->message_type, 255);
	} else if (type == TORC_LAYER_OSPF && ospf->version == 0) {
		ospf->version = 2;
		USUAL(ospf->type, 1);
		USUAL(ospf->hello_interval_s, 10);
		USUAL(ospf->dead_interval_s, 40);
	} else if (type == TORC_LAYER_VRRP && vrrp->version == 0) {
		vrrp->version = 3;
		USUAL(vrrp->type, 1);
		USUAL(vrrp->priority, 100);
		USUAL(vrrp->interval_ms, 1000);
	}
}

/* The rest: a member or two each. */
static void simple_defaults(unsigned int type, void *object)
{
	switch (type) {
	case TORC_LAYER_CDP:
		USUAL(((struct torc_cdp *)object)->version, 2);
		USUAL(((struct torc_cdp *)object)->ttl_s, 180);
		break;
	case TORC_LAYER_LLDP:
		USUAL(((struct torc_lldp *)object)->ttl_s, 120);
		break;
	case TORC_LAYER_EAPOL:
		USUAL(((struct torc_eapol *)object)->version, 2);
		break;
	case TORC_LAYER_EAP:
		USUAL(((struct torc_eap *)object)->code, 1);
		break;
	case TORC_LAYER_FDDI:
		USUAL(((struct torc_fddi *)object)->frame_control, 0x50);
		break;
	case TORC_LAYER_BFD:
		USUAL(((struct torc_bfd *)object)->version, 1);
		USUAL(((struct torc_bfd *)object)->detect_multiplier, 3);
		break;
	case TORC_LAYER_NTP:
		USUAL(((struct torc_ntp *)object)->version, 4);
		USUAL(((struct torc_ntp *)object)->mode, 3);
		break;
	case TORC_LAYER_RADIUS:
		USUAL(((struct torc_radius *)object)->code, 1);
		break;
	case TORC_LAYER_DHCPV4:
		USUAL(((struct torc_dhcpv4 *)object)->operation, 1);
		USUAL(((struct torc_dhcpv4 *)object)->hardware_type, 1);
		USUAL(((struct torc_dhcpv4 *)object)->hardware_length, 6);
		break;
	case TORC_LAYER_DHCPV6:
		USUAL(((struct torc_dhcpv6 *)object)->message_type, 1);
		break;
	case TORC_LAYER_SCTP_INIT:
	case TORC_LAYER_SCTP_INIT_ACK: /* 0 of any of these is an error (RFC 9260 §3.3.2) */
		USUAL(((struct torc_sctp_init *)object)->initiate_tag, 1);
		USUAL(((struct torc_sctp_init *)object)->advertised_window, 65535);
		USUAL(((struct torc_sctp_init *)object)->outbound_streams, 1);
		USUAL(((struct torc_sctp_init *)object)->inbound_streams, 1);
		break;
	}
}

void build_early_defaults(unsigned int type, void *object)
{
	struct torc_sctp_data *data = object;

	switch (type) {
	case TORC_LAYER_ETHERNET:
	case TORC_LAYER_TCP:
	case TORC_LAYER_UDP:
		break; /* none, and packets have many of them */
	case TORC_LAYER_IPV4:
		USUAL(((struct torc_ipv4 *)object)->ttl, 64);
		break;
	case TORC_LAYER_IPV6:
		USUAL(((struct torc_ipv6 *)object)->hop_limit, 64);
		break;
	case TORC_LAYER_MPLS:
		USUAL(((struct torc_mpls *)object)->ttl, 64);
		break;
	case TORC_LAYER_LLC:
		USUAL(((struct torc_llc *)object)->control, 3);
		break;
	case TORC_LAYER_ERSPAN2:
		USUAL(((struct torc_erspan2 *)object)->version, 1);
		break;
	case TORC_LAYER_ARP:
		arp_defaults(object);
		break;
	case TORC_LAYER_STP:
		stp_defaults(object);
		break;
	case TORC_LAYER_SCTP_DATA: /* all of a message */
		if (data->flags == 0)
			data->begins = data->ends = true;
		break;
	case TORC_LAYER_GTPV1U:
	case TORC_LAYER_OSPF:
	case TORC_LAYER_VRRP:
		version_defaults(type, object);
		break;
	default:
		simple_defaults(type, object);
	}
}

void build_late_defaults(unsigned int type, void *object)
{
	struct torc_lldp *lldp = object;
	struct torc_igmp *igmp = object;

	if (type == TORC_LAYER_LLDP) { /* a MAC address; else what is assigned locally, the interface's name */
		USUAL(lldp->chassis_subtype, lldp->chassis_id.length ? 7 : 4);
		USUAL(lldp->port_subtype, lldp->port_id.length ? 5 : 3);
	} else if (type == TORC_LAYER_IGMP) { /* a report of version 3 or 2 */
		USUAL(igmp->type, igmp->records.length ? 0x22 : 0x16);
	}
}

void build_defaults(unsigned int type, void *object)
{
	build_early_defaults(type, object);
	build_late_defaults(type, object);
}
