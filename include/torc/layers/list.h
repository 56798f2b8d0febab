/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * torc/layers/list.h - the table of layers: one line each, sorted by name
 *
 *	TORC_LAYER(name, number, symbol)
 *
 * The line makes the constant TORC_LAYER_<name> and enters torc_layer_ops_<symbol>, which the
 * layer's own file defines, into the decoder. Names follow gopacket's LayerType; numbers too, where
 * they are below 200, and are never reused. This file is included several times.
 */
#include <torc/base.h>

#ifndef TORC_LAYER
#define TORC_LAYER(name, number, symbol)
#endif

TORC_LAYER(ARP, 10, arp)
TORC_LAYER(BFD, 122, bfd)
TORC_LAYER(DECODE_FAILURE, 1, decode_failure)
TORC_LAYER(DOT1Q, 15, dot1q)
TORC_LAYER(EAP, 55, eap)
TORC_LAYER(EAPOL, 56, eapol)
TORC_LAYER(EAPOL_KEY, 130, eapol_key)
TORC_LAYER(ERSPAN2, 145, erspan2)
TORC_LAYER(ETHERIP, 16, etherip)
TORC_LAYER(ETHERNET, 17, ethernet)
TORC_LAYER(FRAGMENT, 3, fragment)
TORC_LAYER(GENEVE, 120, geneve)
TORC_LAYER(GRE, 18, gre)
TORC_LAYER(GTPV1U, 129, gtpv1u)
TORC_LAYER(ICMPV4, 19, icmpv4)
TORC_LAYER(ICMPV6, 57, icmpv6)
TORC_LAYER(ICMPV6_ECHO, 132, icmpv6_echo)
TORC_LAYER(IGMP, 62, igmp)
TORC_LAYER(IPSEC_AH, 50, ipsec_ah)
TORC_LAYER(IPSEC_ESP, 51, ipsec_esp)
TORC_LAYER(IPV4, 20, ipv4)
TORC_LAYER(IPV6, 21, ipv6)
TORC_LAYER(IPV6_DESTINATION, 49, ipv6_destination)
TORC_LAYER(IPV6_FRAGMENT, 48, ipv6_fragment)
TORC_LAYER(IPV6_HOP_BY_HOP, 46, ipv6_hop_by_hop)
TORC_LAYER(IPV6_ROUTING, 47, ipv6_routing)
TORC_LAYER(LINUX_SLL, 113, linux_sll)
TORC_LAYER(LINUX_SLL2, 200, linux_sll2)
TORC_LAYER(LLC, 22, llc)
TORC_LAYER(LOOPBACK, 54, loopback)
TORC_LAYER(MPLS, 24, mpls)
TORC_LAYER(NTP, 117, ntp)
TORC_LAYER(PAYLOAD, 2, payload)
TORC_LAYER(PPP, 25, ppp)
TORC_LAYER(PPPOE, 26, pppoe)
TORC_LAYER(RADIUS, 146, radius)
TORC_LAYER(SNAP, 23, snap)
TORC_LAYER(STP, 121, stp)
TORC_LAYER(TCP, 44, tcp)
TORC_LAYER(UDP, 45, udp)
TORC_LAYER(UDPLITE, 52, udplite)
TORC_LAYER(VRRP, 119, vrrp)
TORC_LAYER(VXLAN, 116, vxlan)

#undef TORC_LAYER
