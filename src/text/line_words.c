/* SPDX-License-Identifier: BSD-3-Clause */
/* line_words.c - protocols that tcpdump has words of its own for, and Torc the same */
#include <torc/layers/application/dhcp.h>
#include <torc/layers/application/netflow.h>
#include <torc/layers/application/ntp.h>
#include <torc/layers/application/radius.h>
#include <torc/layers/application/sflow.h>
#include <torc/layers/link/discovery.h>
#include <torc/layers/link/eap.h>
#include <torc/layers/link/stp.h>
#include <torc/layers/network/igmp.h>
#include <torc/layers/network/ipsec.h>
#include <torc/layers/routing/bfd.h>
#include <torc/layers/routing/ospf.h>
#include <torc/layers/routing/vrrp.h>
#include <torc/layers/transport/udp.h>
#include <torc/layers/tunnel/tunnel.h>

#include "text/line.h"

#define DIGEST 16u /* bytes, of OSPF's MD5 */

/* Names of the bits that are set, the lowest first, or "none". */
struct bit_name {
	uint8_t bit;
	const char *name;
};

static void bits_text(struct text *text, uint8_t bits, const struct bit_name *names, size_t count)
{
	const char *before = "";

	for (size_t i = 0; i < count; i++) {
		if (!(bits & names[i].bit))
			continue;
		text_string(text, before);
		text_string(text, names[i].name);
		before = ", ";
	}
	text_string(text, *before ? "" : "none");
}

static void igmp_query(struct line *line, const struct torc_igmp *igmp)
{
	static const uint8_t none[4];

	field_text(line, "query v", igmp->version);
	if (igmp->version == 3 && igmp->max_response_ms != 10000) {
		field_text(line, " [max resp time ", igmp->max_response_ms / 1000);
		field_text(line, ".", igmp->max_response_ms / 100 % 10);
		text_string(&line->text, "s]");
	} else if (igmp->version == 2 && igmp->max_response_ms != 10000) {
		field_text(line, " [max resp time ", igmp->max_response_code);
		text_char(&line->text, ']');
	}
	if (memcmp(igmp->group, none, 4) == 0)
		return;
	text_string(&line->text, " [gaddr ");
	text_ipv4(&line->text, igmp->group);
	if (igmp->source_count > 0) {
		field_text(line, ", ", igmp->source_count);
		text_string(&line->text, " source(s)");
	}
	text_char(&line->text, ']');
}

static void line_igmp(struct line *line, const struct torc_layer **layer)
{
	struct torc_igmp igmp;

	torc_layer_igmp(line->decoded, *layer, &igmp);
	text_string(&line->text, "igmp ");
	switch (igmp.type) {
	case 0x11:
		igmp_query(line, &igmp);
		break;
	case 0x12:
	case 0x16:
		text_string(&line->text, igmp.type == 0x12 ? "v1 report " : "v2 report ");
		text_ipv4(&line->text, igmp.group);
		break;
	case 0x17:
		text_string(&line->text, "leave ");
		text_ipv4(&line->text, igmp.group);
		break;
	case 0x22:
		field_text(line, "v3 report, ", igmp.record_count);
		text_string(&line->text, " group record(s)");
		break;
	default:
		field_text(line, "igmp-", igmp.type);
	}
}

static void line_vrrp(struct line *line, const struct torc_layer **layer)
{
	static const char *const kinds[] = { "none", "simple", "ah" };
	const struct torc_layer *ip = torc_layer_by_role(line->decoded, TORC_ROLE_NETWORK, -1);
	uint8_t ttl = torc_layer_header(line->decoded, ip)[ip->type == TORC_LAYER_IPV4 ? 8 : 7];
	struct torc_vrrp vrrp;

	torc_layer_vrrp(line->decoded, *layer, &vrrp);
	field_text(line, "VRRPv", vrrp.version);
	text_string(&line->text, ", Advertisement");
	if (ttl != 255) {
		field_text(line, ", (ttl ", ttl);
		text_char(&line->text, ')');
	}
	field_text(line, ", vrid ", vrrp.router_id);
	field_text(line, ", prio ", vrrp.priority);
	if (vrrp.version == 2) {
		text_string(&line->text, ", authtype ");
		name_text(line, kinds, COUNT(kinds), vrrp.authentication_type);
		field_text(line, ", intvl ", vrrp.interval_ms / 1000);
		text_char(&line->text, 's');
	} else {
		field_text(line, ", intvl ", vrrp.interval_ms / 10);
		text_string(&line->text, "cs");
	}
	field_text(line, ", length ", message_length(line, *layer));
}

static void line_stp(struct line *line, const struct torc_layer **layer)
{
	static const struct bit_name flags[] = {
		{ 0x01, "Topology change" }, { 0x02, "Proposal" },  { 0x10, "Learn" },
		{ 0x20, "Forward" },	     { 0x40, "Agreement" }, { 0x80, "Topology change ACK" }
	};
	struct text *text = &line->text;
	struct torc_stp stp;

	torc_layer_stp(line->decoded, *layer, &stp);
	text_string(text, "STP 802.1");
	text_string(text, stp.version == 0 ? "d, " :
			  stp.version == 2 ? "w, " :
			  stp.version == 4 ? "aq, " :
					     "s, ");
	if (stp.type == 0x80) {
		text_string(text, "Topology Change");
		return;
	}
	text_string(text, stp.type == 0 ? "Config, " : "Rapid STP, ");
	text_string(text, stp.version < 3 ? "Flags [" : "CIST Flags [");
	bits_text(text, stp.flags, flags, COUNT(flags));
	text_char(text, ']');
	if (stp.version < 3) {
		text_string(text, ", bridge-id ");
		text_hex(text, (unsigned)(stp.bridge_priority | stp.bridge_system_id), 4);
		text_char(text, '.');
		text_mac(text, stp.bridge_address, 6);
		text_char(text, '.');
		text_hex(text, stp.port_id, 4);
	}
	field_text(line, ", length ", line->decoded->len - (*layer)->offset < 46 - 3 ?
					      line->decoded->len - (*layer)->offset :
					      (*layer)->header_length);
}

static void line_bfd(struct line *line, const struct torc_layer **layer)
{
	static const char *const states[] = { "AdminDown", "Down", "Init", "Up" };
	static const struct bit_name flags[] = {
		{ 0x20, "Poll" },		    { 0x10, "Final" },
		{ 0x08, "Control Plane Independent" }, { 0x04, "Authentication Present" },
		{ 0x02, "Demand" },		    { 0x01, "Reserved" }
	};
	const struct torc_layer *below = *layer - 1;
	struct torc_udp udp = { 0 };
	struct torc_bfd bfd;

	torc_layer_bfd(line->decoded, *layer, &bfd);
	torc_layer_udp(line->decoded, below, &udp);
	text_string(&line->text, "BFDv1, ");
	text_string(&line->text, udp.destination_port == 4784 ? "Multihop" :
				 udp.destination_port == 6784 ? "Lag" :
								"Control");
	text_string(&line->text, ", State ");
	text_string(&line->text, states[bfd.state & 3]);
	text_string(&line->text, ", Flags: [");
	bits_text(&line->text, torc_layer_header(line->decoded, *layer)[1] & 0x3F, flags,
		  COUNT(flags));
	field_text(line, "], length: ", bfd.length);
}

static void line_ospf(struct line *line, const struct torc_layer **layer)
{
	static const char *const types[] = { NULL,	  "Hello",     "Database Description",
					     "LS-Request", "LS-Update", "LS-Ack" };
	struct torc_ospf ospf;

	torc_layer_ospf(line->decoded, *layer, &ospf);
	field_text(line, "OSPFv", ospf.version);
	text_string(&line->text, ", ");
	name_text(line, types, COUNT(types), ospf.type);
	/* the digest of cryptographic authentication does not count (RFC 2328 §D.4.3) */
	field_text(line, ", length ",
		   ospf.version == 2 && ospf.authentication_type == 2 &&
				   message_length(line, *layer) >= ospf.length + DIGEST ?
			   message_length(line, *layer) - DIGEST :
			   ospf.length);
}

/* The name of the neighbour, from the list that follows. */
static void line_lldp(struct line *line, const struct torc_layer **layer)
{
	const struct torc_layer *list = *layer + 1;
	struct torc_lldp_info info;
	struct torc_lldp_tlv tlv;
	uint32_t position = 0;

	field_text(line, "LLDP, length ", line->decoded->len - (*layer)->offset);
	if (list >= line->decoded->layers + line->decoded->layer_count ||
	    torc_layer_lldp_info(line->decoded, list, &info) < 0)
		return;
	*layer = list;
	while (torc_lldp_tlv_next(&info, &position, &tlv)) {
		if (tlv.type != 5)
			continue;
		text_string(&line->text, ": ");
		text_escaped(&line->text, tlv.value.data, tlv.value.length);
	}
}

static void line_cdp(struct line *line, const struct torc_layer **layer)
{
	const struct torc_layer *list = *layer + 1;
	struct torc_cdp_info info;
	struct torc_cdp_tlv tlv;
	uint32_t position = 0;
	struct torc_cdp cdp;

	torc_layer_cdp(line->decoded, *layer, &cdp);
	field_text(line, "CDPv", cdp.version);
	field_text(line, ", ttl: ", cdp.ttl_s);
	text_char(&line->text, 's');
	if (list >= line->decoded->layers + line->decoded->layer_count ||
	    torc_layer_cdp_info(line->decoded, list, &info) < 0)
		return;
	*layer = list;
	while (torc_cdp_tlv_next(&info, &position, &tlv)) {
		if (tlv.type != 1)
			continue;
		text_string(&line->text, ", Device-ID '");
		text_escaped(&line->text, tlv.value.data, tlv.value.length);
		text_char(&line->text, '\'');
	}
}

static void line_eapol(struct line *line, const struct torc_layer **layer)
{
	static const char *const types[] = { "EAP packet", "EAPOL start", "EAPOL logoff",
					     "EAPOL key", "Encapsulated ASF alert" };
	static const char *const codes[] = { NULL, "Request", "Response", "Success", "Failure" };
	const struct torc_layer *next = *layer + 1;
	struct torc_eapol eapol;
	struct torc_eap eap;

	torc_layer_eapol(line->decoded, *layer, &eapol);
	name_text(line, types, COUNT(types), eapol.type);
	field_text(line, " (", eapol.type);
	field_text(line, ") v", eapol.version);
	field_text(line, ", len ", eapol.length);
	if (next >= line->decoded->layers + line->decoded->layer_count ||
	    torc_layer_eap(line->decoded, next, &eap) < 0)
		return;
	*layer = next;
	if (!(line->flags & TORC_TEXT_VERBOSE))
		return;
	text_string(&line->text, ", ");
	name_text(line, codes, COUNT(codes), eap.code);
	field_text(line, " (", eap.code);
	field_text(line, "), id ", eap.id);
	field_text(line, ", len ", eap.length);
}

static void line_dhcpv4(struct line *line, const struct torc_layer **layer)
{
	struct torc_dhcpv4 dhcp;

	torc_layer_dhcpv4(line->decoded, *layer, &dhcp);
	text_string(&line->text, "BOOTP/DHCP, ");
	text_string(&line->text, dhcp.operation == 1 ? "Request" : "Reply");
	if (dhcp.operation == 1 && dhcp.hardware_type == 1 && dhcp.hardware_length == 6) {
		text_string(&line->text, " from ");
		text_mac(&line->text, dhcp.client_address, 6);
	}
	field_text(line, ", length ", message_length(line, *layer));
}

static void line_dhcpv6(struct line *line, const struct torc_layer **layer)
{
	static const char *const types[] = { NULL,	"solicit",   "advertise", "request",
					     "confirm", "renew",     "rebind",	  "reply",
					     "release", "decline",   "reconf",	  "inf-req",
					     "relay-fwd", "relay-reply" };
	struct torc_dhcpv6 dhcp;

	torc_layer_dhcpv6(line->decoded, *layer, &dhcp);
	text_string(&line->text, "dhcp6 ");
	if (dhcp.message_type >= COUNT(types))
		text_string(&line->text, "msgtype-");
	name_text(line, types, COUNT(types), dhcp.message_type);
}

static void line_ntp(struct line *line, const struct torc_layer **layer)
{
	static const char *const modes[] = { "unspecified", "symmetric active", "symmetric passive",
					     "Client", "Server", "Broadcast", "Control Message",
					     "Reserved" };
	struct torc_ntp ntp;

	torc_layer_ntp(line->decoded, *layer, &ntp);
	field_text(line, "NTPv", ntp.version);
	text_string(&line->text, ", ");
	text_string(&line->text, modes[ntp.mode & 7]);
	field_text(line, ", length ", message_length(line, *layer));
}

static void line_ah(struct line *line, const struct torc_layer **layer)
{
	struct torc_ipsec_ah ah;

	torc_layer_ipsec_ah(line->decoded, *layer, &ah);
	text_string(&line->text, "AH(spi=0x");
	text_hex(&line->text, ah.spi, 8);
	text_string(&line->text, ",seq=0x");
	text_hex(&line->text, ah.sequence, 1);
	text_string(&line->text, ",icv=0x");
	text_bytes(&line->text, ah.integrity_check.data, ah.integrity_check.length);
	text_char(&line->text, ')');
}

static void line_sflow(struct line *line, const struct torc_layer **layer)
{
	struct torc_sflow sflow;
	bool is_ipv6;

	torc_layer_sflow(line->decoded, *layer, &sflow);
	is_ipv6 = torc_be32(torc_layer_header(line->decoded, *layer) + 4) == 2;
	text_string(&line->text, is_ipv6 ? "sFlowv5, IPv6 agent " : "sFlowv5, IPv4 agent ");
	if (is_ipv6)
		text_ipv6(&line->text, sflow.agent_ipv6);
	else
		text_ipv4(&line->text, sflow.agent_ipv4);
	field_text(line, ", agent-id ", sflow.sub_agent_id);
	field_text(line, ", length ", message_length(line, *layer));
}

static void line_netflow(struct line *line, const struct torc_layer **layer)
{
	struct torc_netflow netflow;

	torc_layer_netflow(line->decoded, *layer, &netflow);
	if (netflow.version == 10)
		text_string(&line->text, "IPFIX");
	else
		field_text(line, "NetFlow v", netflow.version);
	if (netflow.version != 5)
		field_text(line, ", domain ", netflow.domain);
	field_text(line, ", seq ", netflow.sequence);
	field_text(line, ", ", netflow.version == 5 ? netflow.count : netflow.set_count);
	text_string(&line->text, netflow.version == 5 ? " records" : " sets");
	field_text(line, ", length ", message_length(line, *layer));
}

static void line_radius(struct line *line, const struct torc_layer **layer)
{
	static const char *const codes[] = { [1] = "Access-Request", [2] = "Access-Accept",
					     [3] = "Access-Reject", [4] = "Accounting-Request",
					     [5] = "Accounting-Response",
					     [11] = "Access-Challenge", [12] = "Status-Server",
					     [13] = "Status-Client",
					     [40] = "Disconnect-Request",
					     [41] = "Disconnect-ACK", [42] = "Disconnect-NAK",
					     [43] = "CoA-Request", [44] = "CoA-ACK",
					     [45] = "CoA-NAK" };
	struct torc_radius radius;

	torc_layer_radius(line->decoded, *layer, &radius);
	text_string(&line->text, "RADIUS, ");
	name_text(line, codes, COUNT(codes), radius.code);
	field_text(line, " (", radius.code);
	text_string(&line->text, "), id: 0x");
	text_hex(&line->text, radius.id, 2);
	field_text(line, " length: ", radius.length);
}

/* Whose part has words of tcpdump's own, by the layer's type. */
static void (*const words[TORC_LAYER_TYPES])(struct line *line, const struct torc_layer **layer) = {
	[TORC_LAYER_AOE] = line_aoe,
	[TORC_LAYER_BFD] = line_bfd,
	[TORC_LAYER_BGP] = line_bgp,
	[TORC_LAYER_CCP] = line_ppp_control,
	[TORC_LAYER_CDP] = line_cdp,
	[TORC_LAYER_CFM] = line_cfm,
	[TORC_LAYER_CHAP] = line_chap,
	[TORC_LAYER_CTP] = line_ctp,
	[TORC_LAYER_DCERPC] = line_dcerpc,
	[TORC_LAYER_DHCPV4] = line_dhcpv4,
	[TORC_LAYER_DHCPV6] = line_dhcpv6,
	[TORC_LAYER_EAPOL] = line_eapol,
	[TORC_LAYER_EIGRP] = line_eigrp,
	[TORC_LAYER_FTP] = line_dialog,
	[TORC_LAYER_GENEVE] = line_geneve,
	[TORC_LAYER_GRE] = line_gre,
	[TORC_LAYER_HSRP] = line_hsrp,
	[TORC_LAYER_HTTP] = line_head,
	[TORC_LAYER_IGMP] = line_igmp,
	[TORC_LAYER_IMAP] = line_dialog,
	[TORC_LAYER_IPCOMP] = line_ipcomp,
	[TORC_LAYER_IPCP] = line_ppp_control,
	[TORC_LAYER_IPSEC_AH] = line_ah,
	[TORC_LAYER_IPSEC_ESP] = line_esp,
	[TORC_LAYER_IPV6CP] = line_ppp_control,
	[TORC_LAYER_IPX] = line_ipx,
	[TORC_LAYER_IRC] = line_dialog,
	[TORC_LAYER_ISAKMP] = line_isakmp,
	[TORC_LAYER_ISIS] = line_isis,
	[TORC_LAYER_KERBEROS] = line_kerberos,
	[TORC_LAYER_L2TP] = line_l2tp,
	[TORC_LAYER_LCP] = line_ppp_control,
	[TORC_LAYER_LDAP] = line_ldap,
	[TORC_LAYER_LLDP] = line_lldp,
	[TORC_LAYER_MOBILITY] = line_mobility,
	[TORC_LAYER_MPLS] = line_mpls,
	[TORC_LAYER_NBDGM] = line_nbdgm,
	[TORC_LAYER_NBNS] = line_nbns,
	[TORC_LAYER_NBSS] = line_nbss,
	[TORC_LAYER_NETFLOW] = line_netflow,
	[TORC_LAYER_NNTP] = line_dialog,
	[TORC_LAYER_NSH] = line_nsh,
	[TORC_LAYER_NTP] = line_ntp,
	[TORC_LAYER_OSPF] = line_ospf,
	[TORC_LAYER_PAP] = line_pap,
	[TORC_LAYER_PIM] = line_pim,
	[TORC_LAYER_POP3] = line_dialog,
	[TORC_LAYER_PPP] = line_ppp,
	[TORC_LAYER_PPPOE] = line_pppoe,
	[TORC_LAYER_PTP] = line_ptp,
	[TORC_LAYER_QUIC] = line_quic,
	[TORC_LAYER_RADIUS] = line_radius,
	[TORC_LAYER_RESP] = line_resp,
	[TORC_LAYER_RIP] = line_rip,
	[TORC_LAYER_RIPNG] = line_ripng,
	[TORC_LAYER_RPC] = line_rpc,
	[TORC_LAYER_RTCP] = line_rtcp,
	[TORC_LAYER_RTSP] = line_rtsp,
	[TORC_LAYER_SCTP] = line_sctp,
	[TORC_LAYER_SFLOW] = line_sflow,
	[TORC_LAYER_SLOW] = line_slow,
	[TORC_LAYER_SMB] = line_smb,
	[TORC_LAYER_SMB2] = line_smb2,
	[TORC_LAYER_SMTP] = line_dialog,
	[TORC_LAYER_SNMP] = line_snmp,
	[TORC_LAYER_SRVLOC] = line_srvloc,
	[TORC_LAYER_SSH] = line_ssh,
	[TORC_LAYER_STP] = line_stp,
	[TORC_LAYER_SYSLOG] = line_syslog,
	[TORC_LAYER_TFTP] = line_tftp,
	[TORC_LAYER_UDLD] = line_udld,
	[TORC_LAYER_UDP_ENCAP] = line_udp_encap,
	[TORC_LAYER_VRRP] = line_vrrp,
	[TORC_LAYER_VXLAN] = line_vxlan,
	[TORC_LAYER_VXLAN_GPE] = line_vxlan_gpe,
	[TORC_LAYER_WIREGUARD] = line_wireguard,
};

bool line_words(struct line *line, const struct torc_layer **layer)
{
	if ((*layer)->type == TORC_LAYER_TELNET) { /* goes on with TCP's part: " [telnet ...]" */
		line_telnet(line, layer);
		return true;
	}
	if (!words[(*layer)->type])
		return false;
	part_start(line);
	words[(*layer)->type](line, layer);
	return true;
}
