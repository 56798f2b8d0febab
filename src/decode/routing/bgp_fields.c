/* SPDX-License-Identifier: BSD-3-Clause */
/* bgp_fields.c - the fields of what BGP's updates say, and the names of their values */
#include "decode/routing/bgp.h"

static int route_element(const void *layer, uint32_t *position, void *element)
{
	return torc_bgp_route_next(layer, position, element);
}

static int withdrawn_element(const void *layer, uint32_t *position, void *element)
{
	return torc_bgp_withdrawn_next(layer, position, element);
}

static int attribute_element(const void *layer, uint32_t *position, void *element)
{
	return torc_bgp_attribute_next(layer, position, element);
}

static int as_element(const void *layer, uint32_t *position, void *element)
{
	return torc_bgp_as_next(layer, position, element);
}

static int community_element(const void *layer, uint32_t *position, void *element)
{
	return torc_bgp_community_next(layer, position, element);
}

static const char *family_name(uint64_t family)
{
	return family == 1 ? "IPv4" : family == 2 ? "IPv6" : NULL;
}

/* IANA, BGP Path Attributes */
static const char *attribute_name(uint64_t type)
{
	static const char *const names[] = {
		[1] = "ORIGIN", "AS_PATH", "NEXT_HOP", "MULTI_EXIT_DISC", "LOCAL_PREF",
		"ATOMIC_AGGREGATE", "AGGREGATOR", "COMMUNITIES", "ORIGINATOR_ID", "CLUSTER_LIST",
		[14] = "MP_REACH_NLRI", "MP_UNREACH_NLRI", "EXTENDED COMMUNITIES", "AS4_PATH",
		"AS4_AGGREGATOR", [22] = "PMSI_TUNNEL", "Tunnel Encapsulation", [26] = "AIGP",
		[29] = "BGP-LS", [32] = "LARGE_COMMUNITY", "BGPsec_PATH", [35] = "OTC",
		[40] = "Prefix-SID"
	};

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : NULL;
}

static const char *origin_name(uint64_t origin)
{
	static const char *const names[] = { "IGP", "EGP", "incomplete" };

	return origin < 3 ? names[origin] : NULL;
}

static const char *segment_name(uint64_t type)
{
	static const char *const names[] = { [1] = "set", "sequence", "confederation sequence",
					     "confederation set" };

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : NULL;
}

#define SOME(object, member, name, kind, ...)                                                      \
	TORC_FIELD_AT(object, member, name, kind, .flags = TORC_FIELD_OPTIONAL, __VA_ARGS__)

static const struct torc_field_info route_fields[] = {
	SOME(struct torc_bgp_route, message, "message", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_bgp_route, family, "family", TORC_FIELD_UINT,
		      .value_name = family_name),
	TORC_FIELD_AT(struct torc_bgp_route, prefix_length, "prefix_length", TORC_FIELD_UINT,
		      .unit = "bits"),
	SOME(struct torc_bgp_route, ipv4, "ipv4", TORC_FIELD_IPV4),
	SOME(struct torc_bgp_route, ipv6, "ipv6", TORC_FIELD_IPV6),
	SOME(struct torc_bgp_route, path_id, "path_id", TORC_FIELD_UINT),
	TORC_FIELDS_END
};

static const struct torc_field_info attribute_fields[] = {
	SOME(struct torc_bgp_attribute, message, "message", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_bgp_attribute, type, "type", TORC_FIELD_UINT,
		      .value_name = attribute_name),
	TORC_FIELD_AT(struct torc_bgp_attribute, flags, "flags", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_bgp_attribute, length, "length", TORC_FIELD_UINT,
		      .unit = "bytes"),
	SOME(struct torc_bgp_attribute, origin, "origin", TORC_FIELD_UINT,
	     .value_name = origin_name),
	SOME(struct torc_bgp_attribute, next_hop, "next_hop", TORC_FIELD_IPV4),
	SOME(struct torc_bgp_attribute, next_hop_ipv6, "next_hop_ipv6", TORC_FIELD_IPV6),
	SOME(struct torc_bgp_attribute, med, "med", TORC_FIELD_UINT),
	SOME(struct torc_bgp_attribute, local_preference, "local_preference", TORC_FIELD_UINT),
	SOME(struct torc_bgp_attribute, value, "value", TORC_FIELD_BYTES),
	TORC_FIELDS_END
};

static const struct torc_field_info as_fields[] = {
	SOME(struct torc_bgp_as, message, "message", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_bgp_as, as, "as", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_bgp_as, segment, "segment", TORC_FIELD_UINT,
		      .value_name = segment_name),
	TORC_FIELDS_END
};

static const struct torc_field_info community_fields[] = {
	SOME(struct torc_bgp_community, message, "message", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_bgp_community, as, "as", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_bgp_community, value, "value", TORC_FIELD_UINT),
	SOME(struct torc_bgp_community, second, "second", TORC_FIELD_UINT),
	SOME(struct torc_bgp_community, is_large, "large", TORC_FIELD_BOOL),
	TORC_FIELDS_END
};

const struct torc_list_info torc_bgp_route_list = {
	.next = route_element,
	.element_size = sizeof(struct torc_bgp_route),
	.fields = route_fields,
};

const struct torc_list_info torc_bgp_withdrawn_list = {
	.next = withdrawn_element,
	.element_size = sizeof(struct torc_bgp_route),
	.fields = route_fields,
};

const struct torc_list_info torc_bgp_attribute_list = {
	.next = attribute_element,
	.element_size = sizeof(struct torc_bgp_attribute),
	.fields = attribute_fields,
};

const struct torc_list_info torc_bgp_as_list = {
	.next = as_element,
	.element_size = sizeof(struct torc_bgp_as),
	.fields = as_fields,
};

const struct torc_list_info torc_bgp_community_list = {
	.next = community_element,
	.element_size = sizeof(struct torc_bgp_community),
	.fields = community_fields,
};
