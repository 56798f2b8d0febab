/* SPDX-License-Identifier: BSD-3-Clause */
/* line_dns.h - a DNS message in the words tcpdump uses */
#ifndef TORC_TEXT_LINE_DNS_H
#define TORC_TEXT_LINE_DNS_H

#include <torc/decode.h>

#include "util/text.h"

void line_dns_text(struct text *text, const struct torc_decoded *decoded,
		   const struct torc_layer *layer);

#endif
