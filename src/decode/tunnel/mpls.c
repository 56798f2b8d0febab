/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * mpls.c - MPLS label stack entries, RFC 3032 §2.1, one layer each; the control word of pseudowires, RFC 4385 §3,
 * and their associated channel, §5
 */
#include <torc/layers/tunnel/mpls.h>

#include "decode/registry.h"

#define ETHERNET_HEADER 14

/*
 * Whether an Ethernet frame begins there: a source that is no group, and a type that leads to a layer, or the
 * length of an LLC frame that fits. The addresses say nothing: those of virtual machines are random.
 */
static bool begins_ethernet(const struct torc_cursor *cursor, uint32_t at)
{
	const uint8_t *p = cursor->data + at;
	uint16_t type;

	if (cursor->length < at + ETHERNET_HEADER || p[6] & 1 ||
	    (torc_be32(p + 6) == 0 && torc_be16(p + 10) == 0))
		return false;
	type = torc_be16(p + 12);
	if (type >= 0x600)
		return registry_find(TORC_BY_ETHER_TYPE, type) != TORC_LAYER_NONE;
	return type >= 3 && type <= cursor->wire_length - at - ETHERNET_HEADER;
}

/*
 * Nothing in a label says what is under the last one. IP tells itself by its version, and a channel by 1 in its
 * place (RFC 4928 §2, RFC 4385 §5). Ethernet is believed where a frame can begin: behind a control word, which
 * is zeros and a number (RFC 4448 §4.6), or at once. Anything else is left as payload.
 */
static uint16_t under_the_stack(const struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data + 4;
	uint8_t first = cursor->length > 4 ? p[0] >> 4 : 0xF;

	if (first == 4)
		return TORC_LAYER_IPV4;
	if (first == 6)
		return TORC_LAYER_IPV6;
	if (first == 0 && cursor->length >= 8 && torc_be16(p) == 0 && begins_ethernet(cursor, 8))
		return TORC_LAYER_PSEUDOWIRE;
	if (begins_ethernet(cursor, 4))
		return TORC_LAYER_ETHERNET;
	if (first == 1 && cursor->length >= 8 && p[0] == 0x10 && p[1] == 0)
		return TORC_LAYER_PSEUDOWIRE_CHANNEL;
	return TORC_LAYER_PAYLOAD;
}

static int mpls_decode(struct torc_cursor *cursor)
{
	TORC_NEED(cursor, 4);
	cursor->header_length = 4;
	cursor->next = cursor->data[2] & 1 ? under_the_stack(cursor) : TORC_LAYER_MPLS;
	return TORC_STEP_OK;
}

static void mpls_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_mpls *mpls = out;

	mpls->label = torc_be24(p) >> 4;
	mpls->traffic_class = p[2] >> 1 & 7;
	mpls->bottom_of_stack = p[2] & 1;
	mpls->ttl = p[3];
}

static const struct torc_field_info mpls_fields[] = {
	TORC_FIELD_AT(struct torc_mpls, label, "label", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_mpls, traffic_class, "tc", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_mpls, bottom_of_stack, "bottom", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_mpls, ttl, "ttl", TORC_FIELD_UINT),
	TORC_FIELDS_END
};

static const struct torc_layer_number mpls_numbers[] = {
	{ TORC_BY_ETHER_TYPE, 0x8847 },
	{ TORC_BY_ETHER_TYPE, 0x8848 },
	{ TORC_BY_IP_PROTOCOL, 137 },
	{ TORC_BY_UDP_PORT, 6635 }, /* RFC 7510 */
	{ TORC_BY_PPP_PROTOCOL, 0x0281 },
	{ TORC_BY_PPP_PROTOCOL, 0x0283 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_mpls = {
	.name = "MPLS",
	.key = "mpls",
	.struct_size = sizeof(struct torc_mpls),
	.numbers = mpls_numbers,
	.decode = mpls_decode,
	.read = mpls_read,
	.fields = mpls_fields,
};

static int pseudowire_decode(struct torc_cursor *cursor)
{
	TORC_NEED(cursor, 4);
	cursor->header_length = 4;
	cursor->next = TORC_LAYER_ETHERNET;
	return TORC_STEP_OK;
}

static void pseudowire_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			    void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_pseudowire *word = out;

	word->flags = p[0] & 0xF;
	word->fragment = p[1] >> 6;
	word->length = p[1] & 0x3F;
	word->sequence = torc_be16(p + 2);
}

static const struct torc_field_info pseudowire_fields[] = {
	TORC_FIELD_AT(struct torc_pseudowire, flags, "flags", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_pseudowire, fragment, "fragment", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_pseudowire, length, "length", TORC_FIELD_UINT, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_pseudowire, sequence, "seq", TORC_FIELD_UINT),
	TORC_FIELDS_END
};

const struct torc_layer_ops torc_layer_ops_pseudowire = {
	.name = "PseudowireControlWord",
	.key = "pseudowire",
	.struct_size = sizeof(struct torc_pseudowire),
	.decode = pseudowire_decode,
	.read = pseudowire_read,
	.fields = pseudowire_fields,
};

static int channel_decode(struct torc_cursor *cursor)
{
	TORC_NEED(cursor, 4);
	cursor->header_length = 4;
	switch (torc_be16(cursor->data + 2)) {
	case 0x0007: /* RFC 5885 §3.1 */
		cursor->next = TORC_LAYER_BFD;
		break;
	case 0x0021:
		cursor->next = TORC_LAYER_IPV4;
		break;
	case 0x0057:
		cursor->next = TORC_LAYER_IPV6;
		break;
	default:
		cursor->next = TORC_LAYER_PAYLOAD;
	}
	return TORC_STEP_OK;
}

static void channel_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			 void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_pseudowire_channel *channel = out;

	channel->version = p[0] & 0xF;
	channel->channel = torc_be16(p + 2);
}

/* IANA's "MPLS Generalized Associated Channel Types" */
static const char *channel_name(uint64_t channel)
{
	switch (channel) {
	case 0x0001:
		return "MCC";
	case 0x0002:
		return "SCC";
	case 0x0007:
		return "BFD";
	case 0x000A:
		return "direct loss measurement";
	case 0x000C:
		return "delay measurement";
	case 0x0021:
		return "IPv4";
	case 0x0024:
		return "protection state coordination";
	case 0x0025:
		return "on-demand connectivity verification";
	case 0x0027:
		return "pseudowire status";
	case 0x0057:
		return "IPv6";
	case 0x8902:
		return "Y.1731 OAM";
	default:
		return NULL;
	}
}

static const struct torc_field_info channel_fields[] = {
	TORC_FIELD_AT(struct torc_pseudowire_channel, version, "version", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_pseudowire_channel, channel, "channel", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_SUMMARY, .value_name = channel_name),
	TORC_FIELDS_END
};

const struct torc_layer_ops torc_layer_ops_pseudowire_channel = {
	.name = "PseudowireChannel",
	.key = "pseudowire_channel",
	.struct_size = sizeof(struct torc_pseudowire_channel),
	.decode = channel_decode,
	.read = channel_read,
	.fields = channel_fields,
};
