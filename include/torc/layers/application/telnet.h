/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/application/telnet.h - Telnet, RFC 854 */
#ifndef TORC_LAYERS_TELNET_H
#define TORC_LAYERS_TELNET_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_telnet {
	struct torc_bytes stream; /* text, with commands in it */
};

TORC_LAYER_READER(telnet, TELNET)

struct torc_telnet_item {
	uint8_t command; /* 240 to 254; 0: text */
	uint8_t option;  /* of SB, WILL, WONT, DO, DONT */
	bool is_whole;   /* false: it goes on in the next segment */
	struct torc_bytes data; /* text, or what a subnegotiation (SB) has behind its option */
};

/* The command or the text at *position, 0 at first; 1, or 0 at the end. */
TORC_API int torc_telnet_item_next(const struct torc_telnet *telnet, uint32_t *position,
				   struct torc_telnet_item *item);

#ifdef __cplusplus
}
#endif

#endif
