/* SPDX-License-Identifier: BSD-3-Clause */
/* bgp.h - the lists of bgp_update.c, for the table of fields in bgp.c */
#ifndef TORC_DECODE_ROUTING_BGP_H
#define TORC_DECODE_ROUTING_BGP_H

#include <torc/layers/routing/bgp.h>

extern const struct torc_list_info torc_bgp_route_list;
extern const struct torc_list_info torc_bgp_withdrawn_list;
extern const struct torc_list_info torc_bgp_attribute_list;
extern const struct torc_list_info torc_bgp_as_list;
extern const struct torc_list_info torc_bgp_community_list;

#endif
