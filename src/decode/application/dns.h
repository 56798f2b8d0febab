/* SPDX-License-Identifier: BSD-3-Clause */
/* dns.h - the table of a DNS message's fields */
#ifndef TORC_DECODE_DNS_H
#define TORC_DECODE_DNS_H

#include <torc/layer.h>

extern const struct torc_field_info torc_dns_fields[];

#endif
