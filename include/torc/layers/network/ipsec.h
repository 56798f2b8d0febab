/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/network/ipsec.h - IPsec: AH, RFC 4302, and ESP, RFC 4303; IPComp, RFC 3173 */
#ifndef TORC_LAYERS_IPSEC_H
#define TORC_LAYERS_IPSEC_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_ipsec_ah {
	uint8_t next_header;
	uint16_t header_length; /* bytes */
	uint32_t spi;
	uint32_t sequence;
	struct torc_bytes integrity_check;
};

TORC_LAYER_READER(ipsec_ah, IPSEC_AH)

struct torc_ipsec_esp {
	uint32_t spi;
	uint32_t sequence;
	struct torc_bytes encrypted;
};

TORC_LAYER_READER(ipsec_esp, IPSEC_ESP)

/*
 * What UDP port 4500 has beside ESP, which follows UDP with nothing between: four zeros in front of
 * IKE, or one byte of 255 that keeps a translator's entry alive. RFC 3948 §2
 */
struct torc_udp_encap {
	bool is_keepalive;
};

TORC_LAYER_READER(udp_encap, UDP_ENCAP)

/* A payload that was compressed, RFC 3173 §3 */
struct torc_ipcomp {
	uint8_t next_header; /* of what comes out of it */
	uint8_t flags;       /* 0 */
	uint16_t index;      /* how: below 64, one of IANA's; else as was settled */
};

TORC_LAYER_READER(ipcomp, IPCOMP)

#ifdef __cplusplus
}
#endif

#endif
