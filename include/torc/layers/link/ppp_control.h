/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/link/ppp_control.h - what PPP's ends settle before they talk: LCP, IPCP, IPv6CP, CCP, PAP, CHAP */
#ifndef TORC_LAYERS_PPP_CONTROL_H
#define TORC_LAYERS_PPP_CONTROL_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A packet of LCP (RFC 1661 §5), IPCP (RFC 1332), IPv6CP (RFC 5072) or CCP (RFC 1962) */
struct torc_ppp_control {
	uint8_t code; /* 1 configure request, 2 ack, 3 nak, 4 reject, 5 terminate request, ... */
	uint8_t identifier;
	uint16_t length;            /* bytes of the packet */
	uint16_t rejected_protocol; /* of LCP's protocol reject */
	uint32_t magic;             /* of LCP's echo, discard, identification and time remaining */
	struct torc_bytes options;  /* of codes 1 to 4 */
	struct torc_bytes data;     /* of others */
};

struct torc_ppp_option {
	uint8_t type;
	uint8_t length;   /* bytes with its head of two */
	uint32_t number;  /* the value, where it has 2 or 4 bytes and is no address */
	uint8_t ipv4[4];  /* of IPCP's addresses */
	struct torc_bytes value;
};

/* The option at *position, 0 at first; 1, or 0 at the end or where one does not fit. */
TORC_API int torc_ppp_option_next(const struct torc_ppp_control *control, uint32_t *position,
				  struct torc_ppp_option *option);

/* As TORC_LAYER_READER: four layers with one struct. */
#define TORC_PPP_READER(symbol, NAME)                                                              \
	static inline int torc_layer_##symbol(const struct torc_decoded *decoded,                  \
					      const struct torc_layer *layer,                      \
					      struct torc_ppp_control *out)                        \
	{                                                                                          \
		return torc_layer_read(decoded, layer, TORC_LAYER_##NAME, out, sizeof(*out));      \
	}

TORC_PPP_READER(lcp, LCP)
TORC_PPP_READER(ipcp, IPCP)
TORC_PPP_READER(ipv6cp, IPV6CP)
TORC_PPP_READER(ccp, CCP)
#undef TORC_PPP_READER

/* Password authentication, RFC 1334 §2 */
struct torc_pap {
	uint8_t code; /* 1 request, 2 ack, 3 nak */
	uint8_t identifier;
	uint16_t length;
	struct torc_bytes peer; /* of a request */
	struct torc_bytes password;
	struct torc_bytes message; /* of an answer */
};

TORC_LAYER_READER(pap, PAP)

/* Challenge handshake authentication, RFC 1994 §4 */
struct torc_chap {
	uint8_t code; /* 1 challenge, 2 response, 3 success, 4 failure */
	uint8_t identifier;
	uint16_t length;
	struct torc_bytes value; /* of challenge and response */
	struct torc_bytes name;
	struct torc_bytes message; /* of success and failure */
};

TORC_LAYER_READER(chap, CHAP)

#ifdef __cplusplus
}
#endif

#endif
