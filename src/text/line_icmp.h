/* SPDX-License-Identifier: BSD-3-Clause */
/* line_icmp.h - what an ICMP error says of the packet that it quotes, in the words tcpdump uses */
#ifndef TORC_TEXT_LINE_ICMP_H
#define TORC_TEXT_LINE_ICMP_H

#include <torc/decode.h>

#include "util/text.h"

/* false: nothing is written, since it is no error, or not known, or quotes too little */
bool line_icmp_error(struct text *text, const struct torc_decoded *decoded,
		     const struct torc_layer *layer);

/* The same of ICMPv6 (RFC 4443 §3), behind the name of the message. */
bool line_icmpv6_error(struct text *text, const struct torc_decoded *decoded,
		       const struct torc_layer *layer);

#endif
