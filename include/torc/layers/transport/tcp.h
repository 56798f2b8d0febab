/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/transport/tcp.h - TCP, RFC 9293 */
#ifndef TORC_LAYERS_TCP_H
#define TORC_LAYERS_TCP_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

/* struct torc_tcp.flags, RFC 9293 §3.1; AE is RFC 9768 */
enum {
	TORC_TCP_FIN = 0x001,
	TORC_TCP_SYN = 0x002,
	TORC_TCP_RST = 0x004,
	TORC_TCP_PSH = 0x008,
	TORC_TCP_ACK = 0x010,
	TORC_TCP_URG = 0x020,
	TORC_TCP_ECE = 0x040,
	TORC_TCP_CWR = 0x080,
	TORC_TCP_AE = 0x100
};

struct torc_tcp {
	uint16_t source_port;
	uint16_t destination_port;
	uint32_t sequence;
	uint32_t acknowledgment;
	uint8_t header_length; /* bytes: 20 ... 60 */
	uint16_t flags;        /* TORC_TCP_ bits */
	uint16_t window;       /* not scaled */
	uint16_t checksum;
	uint16_t urgent;
	struct torc_bytes options;
};

/* option kinds, IANA "TCP Option Kind Numbers" */
enum {
	TORC_TCP_OPTION_END = 0,
	TORC_TCP_OPTION_NOP = 1,
	TORC_TCP_OPTION_MSS = 2,
	TORC_TCP_OPTION_WINDOW_SCALE = 3,
	TORC_TCP_OPTION_SACK_PERMITTED = 4,
	TORC_TCP_OPTION_SACK = 5,
	TORC_TCP_OPTION_TIMESTAMPS = 8,
	TORC_TCP_OPTION_MD5 = 19,
	TORC_TCP_OPTION_USER_TIMEOUT = 28,
	TORC_TCP_OPTION_AO = 29,
	TORC_TCP_OPTION_MPTCP = 30,
	TORC_TCP_OPTION_FAST_OPEN = 34
};

struct torc_tcp_option {
	uint8_t kind;
	struct torc_bytes data; /* behind kind and length */
};

/* torc_tcp_option_next - walk the options; *position is 0 at first; 1, or 0 at the end */
TORC_API int torc_tcp_option_next(const struct torc_tcp *tcp, uint32_t *position,
				  struct torc_tcp_option *option);

TORC_LAYER_READER(tcp, TCP)

#ifdef __cplusplus
}
#endif

#endif
