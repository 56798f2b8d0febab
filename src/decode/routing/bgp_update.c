/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bgp_update.c - what BGP's updates say: RFC 4271 §4.3 and §5, RFC 4760, RFC 1997, RFC 8092
 *
 * A position is a place in the segment's bytes. Each list is made of regions, at most two in an update (routes of
 * IPv4 stand behind the attributes, those of other families in one); a walk finds the region of its position
 * again, so that no state is kept between two calls.
 */
#include <string.h>

#include "decode/routing/bgp.h"

enum {
	UPDATE = 2, /* a message; the rest are types of attributes */
	ORIGIN = 1,
	AS_PATH = 2,
	NEXT_HOP = 3,
	MED = 4,
	LOCAL_PREFERENCE = 5,
	COMMUNITIES = 8,
	MP_REACH = 14,
	MP_UNREACH = 15,
	LARGE_COMMUNITIES = 32
};

/* An attribute may be there once (§5), and some 40 are known: what has more is searched no further. */
#define ATTRIBUTES_MAX 64
/* Prefixes that are tried before it is told whether they have path identifiers. */
#define PREFIXES_TRIED 64

struct region {
	struct torc_bytes bytes;
	uint8_t family; /* of routes */
	uint16_t message;
	bool is_cut; /* it goes on in the next segment */
};

typedef bool region_of(const struct torc_bgp_message *message, unsigned int n,
		       struct region *region);

static bool attribute_at(const struct torc_bytes *list, uint32_t *at,
			 struct torc_bgp_attribute *attribute)
{
	uint32_t header, length, left = list->length - *at;
	const uint8_t *p;

	if (left < 3)
		return false;
	p = list->data + *at;
	header = p[0] & 0x10 ? 4 : 3;
	if (left < header)
		return false;
	length = header == 4 ? torc_be16(p + 2) : p[2];
	if (length > left - header)
		return false;
	attribute->flags = p[0];
	attribute->type = p[1];
	attribute->length = (uint16_t)length;
	attribute->value = (struct torc_bytes){ p + header, length };
	*at += header + length;
	return true;
}

static bool attribute_find(const struct torc_bgp_message *message, uint8_t type,
			   struct torc_bytes *value)
{
	struct torc_bgp_attribute attribute;
	uint32_t at = 0;

	for (int i = 0; i < ATTRIBUTES_MAX; i++) {
		if (!attribute_at(&message->attributes, &at, &attribute))
			return false;
		if (attribute.type == type) {
			*value = attribute.value;
			return true;
		}
	}
	return false;
}

/* RFC 4760 §3: families 1 and 2, unicast or multicast; others have routes of other forms */
static bool family_of(const struct torc_bytes *value, uint8_t *family)
{
	if (value->length < 3 || torc_be16(value->data) < 1 || torc_be16(value->data) > 2 ||
	    value->data[2] < 1 || value->data[2] > 2)
		return false;
	*family = value->data[1];
	return true;
}

static bool reach_region(const struct torc_bgp_message *message, struct region *region)
{
	struct torc_bytes value;
	uint32_t header;

	if (!attribute_find(message, MP_REACH, &value) || !family_of(&value, &region->family) ||
	    value.length < 5)
		return false;
	header = 5u + value.data[3];
	if (value.length < header)
		return false;
	region->bytes = (struct torc_bytes){ value.data + header, value.length - header };
	return true;
}

static bool route_region(const struct torc_bgp_message *message, unsigned int n,
			 struct region *region)
{
	if (n == 0)
		return reach_region(message, region);
	region->bytes = message->prefixes;
	return true;
}

static bool withdrawn_region(const struct torc_bgp_message *message, unsigned int n,
			     struct region *region)
{
	struct torc_bytes value;

	if (n == 0) {
		region->bytes = message->withdrawn;
		return true;
	}
	if (!attribute_find(message, MP_UNREACH, &value) || !family_of(&value, &region->family))
		return false;
	region->bytes = (struct torc_bytes){ value.data + 3, value.length - 3 };
	return true;
}

static bool attribute_region(const struct torc_bgp_message *message, unsigned int n,
			     struct region *region)
{
	region->bytes = message->attributes;
	return n == 0;
}

static bool path_region(const struct torc_bgp_message *message, unsigned int n,
			struct region *region)
{
	return n == 0 && attribute_find(message, AS_PATH, &region->bytes);
}

/* Those of RFC 1997, then the large ones, whose region has the family 1 */
static bool community_region(const struct torc_bgp_message *message, unsigned int n,
			     struct region *region)
{
	region->family = (uint8_t)n;
	return attribute_find(message, n == 0 ? COMMUNITIES : LARGE_COMMUNITIES, &region->bytes);
}

/* The region of a message that *position is in, or else the next one, to which it is moved on. */
static bool region_in_message(const struct torc_bgp_message *message, const uint8_t *base,
			      region_of *region_in, uint32_t *position, struct region *found)
{
	uint32_t start, first = UINT32_MAX;
	struct region region;

	for (unsigned int n = 0; n < 2; n++) {
		region = (struct region){ .family = 1 };
		if (!region_in(message, n, &region) || region.bytes.length == 0)
			continue;
		start = (uint32_t)(region.bytes.data - base);
		if (*position >= start + region.bytes.length || start >= first)
			continue;
		*found = region;
		first = start;
	}
	if (first != UINT32_MAX && *position < first)
		*position = first;
	return first != UINT32_MAX;
}

/* The same of all messages; false behind the last. */
static bool region_find(const struct torc_bgp *bgp, region_of *region_in, uint32_t *position,
			struct region *region)
{
	struct torc_bgp_message message;
	uint32_t at = 0;

	for (uint16_t n = 0; torc_bgp_message_next(bgp, &at, &message); n++) {
		if (at > *position && message.type == UPDATE &&
		    region_in_message(&message, bgp->messages.data, region_in, position, region)) {
			region->message = n;
			region->is_cut = !message.is_whole;
			return true;
		}
	}
	return false;
}

/* Gives up the rest of a region that is damaged. */
static void region_skip(const struct torc_bgp *bgp, const struct region *region, uint32_t *position)
{
	*position = (uint32_t)(region->bytes.data - bgp->messages.data) + region->bytes.length;
}

/* ---- routes ---- */

/* The bytes of the prefix at p, 0 where none fits. */
static uint32_t prefix_size(const uint8_t *p, uint32_t left, uint8_t family, uint32_t id_size)
{
	uint32_t size;

	if (left <= id_size || p[id_size] > (family == 1 ? 32 : 128))
		return 0;
	size = id_size + 1 + (p[id_size] + 7u) / 8;
	return size <= left ? size : 0;
}

/* Whether prefixes of that form fit; the way to everywhere is told but once. */
static bool prefixes_fit(const struct region *region, uint32_t id_size)
{
	uint32_t at = 0, size;
	bool has_default = false;

	for (int i = 0; i < PREFIXES_TRIED && at < region->bytes.length; i++) {
		const uint8_t *p = region->bytes.data + at;

		size = prefix_size(p, region->bytes.length - at, region->family, id_size);
		if (size == 0 && region->is_cut)
			return true; /* what there is of it fits */
		if (size == 0 || (id_size == 0 && p[0] == 0 && has_default))
			return false;
		has_default = has_default || p[id_size] == 0;
		at += size;
	}
	return true;
}

static int route_walk(const struct torc_bgp *bgp, region_of *region_in, uint32_t *position,
		      struct torc_bgp_route *route)
{
	struct region region;
	const uint8_t *p;
	uint32_t id_size, size, left;

	*route = (struct torc_bgp_route){ 0 };
	while (region_find(bgp, region_in, position, &region)) {
		p = bgp->messages.data + *position;
		left = (uint32_t)(region.bytes.data + region.bytes.length - p);
		id_size = !prefixes_fit(&region, 0) && prefixes_fit(&region, 4) ? 4 : 0;
		size = prefix_size(p, left, region.family, id_size);
		if (size == 0) {
			region_skip(bgp, &region, position);
			continue;
		}
		route->message = region.message;
		route->family = region.family;
		route->path_id = id_size ? torc_be32(p) : 0;
		route->prefix_length = p[id_size];
		memcpy(region.family == 1 ? route->ipv4 : route->ipv6, p + id_size + 1,
		       size - id_size - 1);
		*position += size;
		return 1;
	}
	return 0;
}

int torc_bgp_route_next(const struct torc_bgp *bgp, uint32_t *position,
			struct torc_bgp_route *route)
{
	return route_walk(bgp, route_region, position, route);
}

int torc_bgp_withdrawn_next(const struct torc_bgp *bgp, uint32_t *position,
			    struct torc_bgp_route *route)
{
	return route_walk(bgp, withdrawn_region, position, route);
}

/* ---- attributes ---- */

static void attribute_read(struct torc_bgp_attribute *attribute)
{
	const struct torc_bytes *value = &attribute->value;
	const uint8_t *p = value->data;

	if (attribute->type == ORIGIN && value->length == 1)
		attribute->origin = p[0];
	else if (attribute->type == NEXT_HOP && value->length == 4)
		memcpy(attribute->next_hop, p, 4);
	else if (attribute->type == MED && value->length == 4)
		attribute->med = torc_be32(p);
	else if (attribute->type == LOCAL_PREFERENCE && value->length == 4)
		attribute->local_preference = torc_be32(p);
	else if (attribute->type == MP_REACH && value->length >= 20 && p[3] >= 16 && p[1] == 2)
		memcpy(attribute->next_hop_ipv6, p + 4, 16);
}

int torc_bgp_attribute_next(const struct torc_bgp *bgp, uint32_t *position,
			    struct torc_bgp_attribute *attribute)
{
	struct region region;
	uint32_t start, at;

	*attribute = (struct torc_bgp_attribute){ 0 };
	while (region_find(bgp, attribute_region, position, &region)) {
		start = (uint32_t)(region.bytes.data - bgp->messages.data);
		at = *position - start;
		if (!attribute_at(&region.bytes, &at, attribute)) {
			region_skip(bgp, &region, position);
			continue;
		}
		attribute->message = region.message;
		attribute_read(attribute);
		*position = start + at;
		return 1;
	}
	return 0;
}

/* ---- AS paths ---- */

/* Whether the path is segments of numbers of so many bytes. */
static bool path_fits(const struct torc_bytes *path, uint32_t width)
{
	uint32_t at = 0;

	while (path->length - at >= 2 && path->data[at] >= 1 && path->data[at] <= 4 &&
	       2 + path->data[at + 1] * width <= path->length - at)
		at += 2 + path->data[at + 1] * width;
	return at == path->length;
}

int torc_bgp_as_next(const struct torc_bgp *bgp, uint32_t *position, struct torc_bgp_as *as)
{
	struct region region;
	uint32_t width, at, start, offset;
	const uint8_t *p;

	*as = (struct torc_bgp_as){ 0 };
	while (region_find(bgp, path_region, position, &region)) {
		p = region.bytes.data;
		/* RFC 6793: four bytes where both sides said so, which an update does not tell */
		width = path_fits(&region.bytes, 4) ? 4 : 2;
		start = (uint32_t)(p - bgp->messages.data);
		offset = *position - start;
		/* to the segment that the position is in; at its head it is in front of the first number */
		for (at = 0; path_fits(&region.bytes, width) && at < region.bytes.length;
		     at += 2 + p[at + 1] * width) {
			uint32_t end = at + 2 + p[at + 1] * width;

			if (offset < at + 2)
				offset = at + 2;
			if (offset >= end)
				continue;
			as->message = region.message;
			as->segment = p[at];
			as->left = (uint8_t)((end - offset) / width - 1);
			as->as = width == 4 ? torc_be32(p + offset) : torc_be16(p + offset);
			*position = start + offset + width;
			return 1;
		}
		region_skip(bgp, &region, position);
	}
	return 0;
}

int torc_bgp_community_next(const struct torc_bgp *bgp, uint32_t *position,
			    struct torc_bgp_community *community)
{
	struct region region;
	uint32_t size, left;
	const uint8_t *p;

	*community = (struct torc_bgp_community){ 0 };
	while (region_find(bgp, community_region, position, &region)) {
		p = bgp->messages.data + *position;
		left = (uint32_t)(region.bytes.data + region.bytes.length - p);
		size = region.family ? 12 : 4;
		if (left < size) {
			region_skip(bgp, &region, position);
			continue;
		}
		community->message = region.message;
		community->is_large = region.family != 0;
		community->as = community->is_large ? torc_be32(p) : torc_be16(p);
		community->value = community->is_large ? torc_be32(p + 4) : torc_be16(p + 2);
		community->second = community->is_large ? torc_be32(p + 8) : 0;
		*position += size;
		return 1;
	}
	return 0;
}
