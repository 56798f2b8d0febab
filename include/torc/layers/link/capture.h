/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/link/capture.h - headers that captures have in front of packets: NFLOG, PPI, netlink */
#ifndef TORC_LAYERS_CAPTURE_H
#define TORC_LAYERS_CAPTURE_H

#include <torc/layer.h>
#include <torc/layers/tlv.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A packet that a rule of Linux's netfilter logged: tcpdump.org/linktypes, LINKTYPE_NFLOG */
struct torc_nflog {
	uint8_t family; /* 2 IPv4, 10 IPv6 */
	uint8_t version;
	uint16_t resource; /* the group of the rule */
	struct torc_bytes prefix; /* what the rule says, without the zero at its end */
	uint8_t hook;             /* 0 prerouting, 1 input, 2 forward, 3 output, 4 postrouting */
	bool is_little;           /* its lengths and types: as the host had them */
	struct torc_bytes attributes; /* those in front of the packet, which is one too */
};

TORC_LAYER_READER(nflog, NFLOG)

/* The attribute at *position, 0 at first; 1, or 0 at the end or where one does not fit. */
TORC_API int torc_nflog_attribute_next(const struct torc_nflog *nflog, uint32_t *position,
				       struct torc_tlv *attribute);

/* Per-packet information: CACE's PPI header 1.0.10; all numbers have their lowest byte first */
struct torc_ppi {
	uint8_t version; /* 0 */
	uint8_t flags;   /* 1: fields are padded to four bytes */
	uint16_t length; /* bytes with the header */
	uint32_t link_type; /* of the packet */
	uint16_t channel_mhz; /* of 802.11's common field, as are those below; 0: none */
	uint16_t rate_500kbps;
	int8_t signal_dbm;
	int8_t noise_dbm;
	struct torc_bytes entries;
};

TORC_LAYER_READER(ppi, PPI)

/* The field at *position, 0 at first; 1, or 0 at the end or where one does not fit. */
TORC_API int torc_ppi_field_next(const struct torc_ppi *ppi, uint32_t *position,
				 struct torc_tlv *field);

/* What a netlink socket sent or received, as nlmon has it: tcpdump.org/linktypes, LINKTYPE_NETLINK */
struct torc_netlink {
	uint16_t packet_type; /* 0 to us, 4 from us: to or from the kernel */
	uint16_t family;      /* 0 route, 4 sock_diag, 12 netfilter, 16 generic, ... */
	bool is_little;       /* its messages: as the host had them */
	struct torc_bytes messages;
};

TORC_LAYER_READER(netlink, NETLINK)

/* RFC 3549 §2.3.2, linux/netlink.h */
struct torc_netlink_message {
	uint32_t length; /* bytes with its head of 16 */
	uint16_t type;   /* 1 noop, 2 error, 3 done, 4 overrun; from 16 on the family's */
	uint16_t flags;
	uint32_t sequence;
	uint32_t port;
	struct torc_bytes data;
};

/* The message at *position, 0 at first; 1, or 0 at the end or where one does not fit. */
TORC_API int torc_netlink_message_next(const struct torc_netlink *netlink, uint32_t *position,
				       struct torc_netlink_message *message);

#ifdef __cplusplus
}
#endif

#endif
