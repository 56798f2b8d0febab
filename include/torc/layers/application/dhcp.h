/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/application/dhcp.h - DHCP for IPv4, RFC 2131, and for IPv6, RFC 8415 */
#ifndef TORC_LAYERS_DHCP_H
#define TORC_LAYERS_DHCP_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_dhcpv4 {
	uint8_t operation; /* 1 request, 2 reply */
	uint8_t hardware_type;
	uint8_t hardware_length;
	uint8_t hops;
	uint32_t transaction_id;
	uint16_t seconds;
	uint16_t flags; /* 0x8000: broadcast */
	uint8_t client_ip[4];
	uint8_t your_ip[4];
	uint8_t server_ip[4];
	uint8_t relay_ip[4];
	uint8_t client_address[6]; /* the first bytes of the hardware address */
	struct torc_bytes server_name;
	struct torc_bytes boot_file;
	uint8_t message_type; /* option 53; 0: BOOTP */
	struct torc_bytes options; /* behind the magic cookie; empty without one */
};

TORC_LAYER_READER(dhcpv4, DHCPV4)

struct torc_dhcpv4_option {
	uint8_t type;
	uint8_t address[4]; /* of options that are one IPv4 address, or begin with one */
	struct torc_bytes data;
};

/* The option at *position, 0 at first; 1, or 0 at the end or where one does not fit. */
TORC_API int torc_dhcpv4_option_next(const struct torc_dhcpv4 *dhcp, uint32_t *position,
				     struct torc_dhcpv4_option *option);

struct torc_dhcpv6 {
	uint8_t message_type;
	uint32_t transaction_id; /* 24 bits; not of relay messages */
	uint8_t hop_count;       /* of relay messages, and the two addresses */
	uint8_t link_address[16];
	uint8_t peer_address[16];
	struct torc_bytes options;
};

TORC_LAYER_READER(dhcpv6, DHCPV6)

struct torc_dhcpv6_option {
	uint16_t code;
	struct torc_bytes data;
};

/* The option at *position of options, 0 at first; options hold options in their data too. */
TORC_API int torc_dhcpv6_option_next(const struct torc_bytes *options, uint32_t *position,
				     struct torc_dhcpv6_option *option);

#ifdef __cplusplus
}
#endif

#endif
