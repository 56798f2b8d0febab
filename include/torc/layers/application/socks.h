/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/application/socks.h - SOCKS 4, 4a and 5: RFC 1928, RFC 1929 */
#ifndef TORC_LAYERS_SOCKS_H
#define TORC_LAYERS_SOCKS_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

enum torc_socks_message {
	TORC_SOCKS_GREETING = 1,       /* a client: the methods of authentication it has */
	TORC_SOCKS_METHOD = 2,         /* a server: the one it chose */
	TORC_SOCKS_AUTHENTICATION = 3, /* a client: name and password */
	TORC_SOCKS_AUTHENTICATED = 4,  /* a server: whether they are right */
	TORC_SOCKS_REQUEST = 5,
	TORC_SOCKS_REPLY = 6
};

struct torc_socks {
	uint8_t version; /* 4 or 5 */
	uint8_t message; /* enum torc_socks_message */
	uint8_t command; /* of a request: 1: connect, 2: bind, 3: UDP */
	uint8_t reply;   /* of a reply; the status of authentication */
	uint8_t method;  /* that the server chose: 0: none, 2: name and password, FF: none fits */
	uint8_t address_type; /* 1: IPv4, 3: name, 4: IPv6 */
	uint16_t port;   /* of a request and a reply, as the addresses */
	uint8_t ipv4[4];
	uint8_t ipv6[16];
	struct torc_bytes host;
	struct torc_bytes methods; /* a byte each */
	struct torc_bytes user;
	struct torc_bytes password;
};

TORC_LAYER_READER(socks, SOCKS)

#ifdef __cplusplus
}
#endif

#endif
