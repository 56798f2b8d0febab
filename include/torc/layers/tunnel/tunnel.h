/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/tunnel/tunnel.h - GRE, ERSPAN, VXLAN, VXLAN-GPE, NSH, Geneve, GTP-U, EtherIP */
#ifndef TORC_LAYERS_TUNNEL_H
#define TORC_LAYERS_TUNNEL_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

/* RFC 2784, RFC 2890; version 1 (PPTP): RFC 2637 */
struct torc_gre {
	bool has_checksum;
	bool has_routing;
	bool has_key;
	bool has_sequence;
	bool strict_source_route;
	bool has_acknowledgment;
	uint8_t recursion_control;
	uint8_t version;
	uint16_t protocol; /* an EtherType */
	uint16_t checksum;
	uint16_t offset;
	uint32_t key; /* of version 1: payload length and call id */
	uint32_t sequence;
	uint32_t acknowledgment;
	struct torc_bytes routing; /* the source route entries, the empty last one included */
};

TORC_LAYER_READER(gre, GRE)

/* ERSPAN type II: draft-foschiano-erspan-03 §4.2 */
struct torc_erspan2 {
	uint8_t version; /* 1 */
	uint16_t vlan_id;
	uint8_t class_of_service;
	uint8_t encapsulation; /* of the tag: 0 none, 1 ISL, 2 802.1Q, 3 kept in the frame */
	bool is_truncated;
	uint16_t session_id;
	uint16_t reserved;
	uint32_t index;
};

TORC_LAYER_READER(erspan2, ERSPAN2)

/* ERSPAN type III: draft-foschiano-erspan-03 §4.3 */
struct torc_erspan3 {
	uint8_t version; /* 2 */
	uint16_t vlan_id;
	uint8_t class_of_service;
	uint8_t bad_short_oversized; /* of the frame: 0 good, 1 short, 2 oversized, 3 bad */
	bool is_truncated;
	uint16_t session_id;
	uint32_t timestamp; /* in units of granularity */
	uint16_t security_group;
	bool is_ethernet_pdu;
	uint8_t frame_type;   /* 0 Ethernet, 2 IP */
	uint8_t hardware_id;
	bool is_egress; /* of the mirrored port */
	uint8_t granularity; /* 0 100 us, 1 100 ns, 2 IEEE 1588, 3 as the platform says */
	bool has_subheader;
	uint8_t platform; /* of the subheader */
	struct torc_bytes subheader;
};

TORC_LAYER_READER(erspan3, ERSPAN3)

/* RFC 7348 §5, group policy: draft-smith-vxlan-group-policy-05 */
struct torc_vxlan {
	uint8_t flags;
	bool has_network_id;
	bool has_policy;
	bool dont_learn;
	bool policy_applied;
	uint16_t policy_id;
	uint32_t network_id; /* 24 bits */
};

TORC_LAYER_READER(vxlan, VXLAN)

/* draft-ietf-nvo3-vxlan-gpe-12 §3.1 */
struct torc_vxlan_gpe {
	uint8_t flags;
	uint8_t version; /* 0 */
	bool has_network_id;
	bool has_next_protocol;
	bool is_replicated; /* broadcast, unknown unicast or multicast */
	bool is_oam;
	uint8_t next_protocol; /* 1 IPv4, 2 IPv6, 3 Ethernet, 4 NSH, 5 MPLS */
	uint32_t network_id;   /* 24 bits */
};

TORC_LAYER_READER(vxlan_gpe, VXLAN_GPE)

/* Network Service Header: RFC 8300 §2 */
struct torc_nsh {
	uint8_t version; /* 0 */
	bool is_oam;
	uint8_t ttl;
	uint8_t length;        /* bytes of the header */
	uint8_t metadata_type; /* 1: four words of context; 2: a list */
	uint8_t next_protocol; /* as VXLAN-GPE's */
	uint32_t service_path; /* 24 bits */
	uint8_t service_index;
	struct torc_bytes context; /* of metadata type 1 */
	struct torc_bytes metadata; /* of type 2 */
};

TORC_LAYER_READER(nsh, NSH)

/* RFC 8300 §2.5.1 */
struct torc_nsh_metadata {
	uint16_t metadata_class;
	uint8_t type;
	struct torc_bytes value;
};

/* The element at *position, 0 at first; 1, or 0 at the end or where one does not fit. */
TORC_API int torc_nsh_metadata_next(const struct torc_nsh *nsh, uint32_t *position,
				    struct torc_nsh_metadata *element);

/* RFC 8926 §3.4 */
struct torc_geneve {
	uint8_t version;
	uint8_t options_length; /* bytes */
	bool is_control;
	bool has_critical_options;
	uint16_t protocol; /* an EtherType */
	uint32_t network_id; /* 24 bits */
	struct torc_bytes options;
};

TORC_LAYER_READER(geneve, GENEVE)

/* RFC 8926 §3.5 */
struct torc_geneve_option {
	uint16_t option_class;
	uint8_t type; /* its top bit: critical */
	struct torc_bytes data;
};

/* The option at *position, 0 at first; 1, or 0 at the end or where one does not fit. */
TORC_API int torc_geneve_option_next(const struct torc_geneve *geneve, uint32_t *position,
				     struct torc_geneve_option *option);

/* GTP-U version 1: 3GPP TS 29.281 §5 */
struct torc_gtpv1u {
	uint8_t version;
	bool is_gtp; /* protocol type: GTP, not GTP' */
	bool has_extension;
	bool has_sequence;
	bool has_npdu;
	uint8_t message_type; /* 255: a user packet */
	uint16_t length;      /* bytes behind the first eight */
	uint32_t teid;
	uint16_t sequence;
	uint8_t npdu_number;
	uint8_t next_extension; /* the type of the first */
	struct torc_bytes extensions;
};

TORC_LAYER_READER(gtpv1u, GTPV1U)

/* An extension header of GTP-U and of GTP-C version 1: TS 29.281 §5.2, TS 29.060 §6 */
struct torc_gtp_extension {
	uint8_t type;
	uint8_t pdu_type;       /* of a PDU session container (0x85): 0 downlink, 1 uplink */
	uint8_t flow_id;        /* its QFI, in these two: TS 38.415 §5.5.2 */
	uint8_t service_class;  /* of 0x20 */
	uint16_t length;        /* bytes, with length and type of the next */
	uint16_t udp_port;      /* of 0x40 */
	uint32_t pdcp_number;   /* of 0xC0: 16 bits; of 0x82 and 0x03: 18 bits */
	struct torc_bytes content;
};

/* The extension header at *position, 0 at first; 1, or 0 at the end or where one does not fit. */
TORC_API int torc_gtpv1u_extension_next(const struct torc_gtpv1u *gtp, uint32_t *position,
					struct torc_gtp_extension *extension);

/* RFC 3378 §3 */
struct torc_etherip {
	uint8_t version; /* 3 */
	uint16_t reserved;
};

TORC_LAYER_READER(etherip, ETHERIP)

/* Teredo: what may stand in UDP in front of an IPv6 packet, RFC 4380 §5.1.1. Without any of it, no bytes. */
struct torc_teredo {
	bool has_authentication;
	bool has_origin;
	struct torc_bytes client; /* identifier */
	struct torc_bytes authentication; /* value */
	uint64_t nonce;
	uint8_t confirmation;
	uint16_t origin_port; /* as it was, not as it is obscured in the packet */
	uint8_t origin_address[4];
};

TORC_LAYER_READER(teredo, TEREDO)

#ifdef __cplusplus
}
#endif

#endif
