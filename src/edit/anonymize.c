/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * anonymize.c - addresses become others, prefixes stay prefixes: Crypto-PAn (Xu, Fan, Ammar, Moon 2002)
 *
 * Bit n of an address is flipped or not by one bit of AES over the n bits in front of it, filled up from a
 * secret pad. So two addresses that begin alike begin alike afterwards too, for exactly as many bits; and
 * the same key makes the same of an address in every file. IPv6 is the same with 128 bits.
 */
#include <torc/edit.h>
#include <torc/layers/application/dns.h>
#include <torc/layers/link/arp.h>
#include <torc/layers/network/ndp.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "edit/change.h"
#include "util/aes.h"
#include "util/error.h"

#define KEPT 4096u /* addresses of each kind whose other one is kept; a power of two */

struct kept {
	uint8_t length; /* 0: nothing is kept here */
	uint8_t from[16];
	uint8_t to[16];
};

struct torc_anonymizer {
	struct aes aes;
	uint8_t pad[16];
	struct kept kept[3][KEPT]; /* IPv4, IPv6, MAC */
};

int torc_anonymizer_open(struct torc_anonymizer **anonymizer, const uint8_t key[32],
			 struct torc_error *error)
{
	struct torc_anonymizer *made = calloc(1, sizeof(*made));

	if (!made)
		return torc_error_set(error, -ENOMEM, "no memory for an anonymizer");
	aes_begin(&made->aes, key);
	aes_encrypt(&made->aes, key + 16, made->pad);
	*anonymizer = made;
	return 0;
}

void torc_anonymizer_close(struct torc_anonymizer *anonymizer)
{
	if (anonymizer)
		explicit_bzero(anonymizer, sizeof(*anonymizer));
	free(anonymizer);
}

/* ---- one address ---- */

static void flip_bits(const struct torc_anonymizer *anonymizer, const uint8_t *from, unsigned int length,
		      uint8_t *to)
{
	uint8_t block[16], cipher[16];

	memcpy(block, anonymizer->pad, sizeof(block));
	memcpy(to, from, length);
	for (unsigned int bit = 0; bit < 8 * length; bit++) {
		uint8_t mask = (uint8_t)(0x80 >> bit % 8);

		aes_encrypt(&anonymizer->aes, block, cipher);
		if (cipher[0] & 0x80)
			to[bit / 8] ^= mask;
		block[bit / 8] = (uint8_t)((block[bit / 8] & ~mask) | (from[bit / 8] & mask));
	}
}

/* Its first two bits, group and locally administered, stay what they are. */
static void change_mac(const struct torc_anonymizer *anonymizer, const uint8_t *from, uint8_t *to)
{
	uint8_t block[16], cipher[16];

	memcpy(block, anonymizer->pad, sizeof(block));
	for (unsigned int i = 0; i < 6; i++)
		block[15 - i] ^= from[i];
	block[0] ^= 0x4d; /* no block of an IPv4 address, whose end is the pad's, is this one */
	aes_encrypt(&anonymizer->aes, block, cipher);
	memcpy(to, cipher, 6);
	to[0] = (uint8_t)((to[0] & ~3) | (from[0] & 3));
}

static struct kept *place_of(struct torc_anonymizer *anonymizer, const uint8_t *from, unsigned int length)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < length; i++)
		sum = sum * 0x100000001b3ull ^ from[i];
	sum *= 0x9e3779b97f4a7c15ull;
	return &anonymizer->kept[length == 4 ? 0 : length == 16 ? 1 : 2][(sum >> 40) % KEPT];
}

static void other_of(struct torc_anonymizer *anonymizer, const uint8_t *from, unsigned int length,
		     uint8_t *to)
{
	struct kept *kept = place_of(anonymizer, from, length);

	if (kept->length != length || memcmp(kept->from, from, length) != 0) {
		kept->length = (uint8_t)length;
		memcpy(kept->from, from, length);
		if (length == 6)
			change_mac(anonymizer, from, kept->to);
		else
			flip_bits(anonymizer, from, length, kept->to);
	}
	memcpy(to, kept->to, length);
}

void torc_anonymizer_ipv4(struct torc_anonymizer *anonymizer, const uint8_t from[4], uint8_t to[4])
{
	other_of(anonymizer, from, 4, to);
}

void torc_anonymizer_ipv6(struct torc_anonymizer *anonymizer, const uint8_t from[16], uint8_t to[16])
{
	other_of(anonymizer, from, 16, to);
}

void torc_anonymizer_mac(struct torc_anonymizer *anonymizer, const uint8_t from[6], uint8_t to[6])
{
	static const uint8_t nobody[6], everybody[6] = { 255, 255, 255, 255, 255, 255 };

	if (memcmp(from, nobody, 6) == 0 || memcmp(from, everybody, 6) == 0)
		memcpy(to, from, 6);
	else
		other_of(anonymizer, from, 6, to);
}

/* ---- the addresses of a packet ---- */

struct walk {
	struct torc_anonymizer *anonymizer;
	struct torc_edit *edit;
	const struct edit_inside *inside; /* NULL: the packet itself */
	const struct torc_decoded *decoded;
	unsigned int changed;
};

/* The address, of 4, 16 or 6 bytes, of which the first `bits` count and the others are zero. */
static void change_prefix(struct walk *walk, const uint8_t *at, unsigned int length, unsigned int bits)
{
	uint32_t offset = (uint32_t)(at - walk->edit->data);
	uint8_t to[16];

	if (offset > walk->edit->caplen || length > walk->edit->caplen - offset)
		return;
	if (length == 6)
		torc_anonymizer_mac(walk->anonymizer, at, to);
	else
		other_of(walk->anonymizer, at, length, to);
	for (unsigned int bit = bits; bit < 8 * length; bit++)
		to[bit / 8] &= (uint8_t)~(0x80 >> bit % 8);
	/* a checksum that cannot be made is no reason to tell an address */
	if (edit_change_any(walk->edit, walk->inside, offset, to, length) < 0)
		memcpy(walk->edit->data + offset, to, length);
	walk->changed++;
}

static void change(struct walk *walk, const uint8_t *at, unsigned int length)
{
	change_prefix(walk, at, length, 8 * length);
}

static void change_arp(struct walk *walk, const struct torc_layer *layer)
{
	struct torc_arp arp;

	if (torc_layer_arp(walk->decoded, layer, &arp) < 0)
		return;
	if (arp.hardware_length == 6) {
		change(walk, arp.sender_hardware.data, 6);
		change(walk, arp.target_hardware.data, 6);
	}
	if (arp.protocol_type == 0x0800 && arp.protocol_length == 4) {
		change(walk, arp.sender_protocol.data, 4);
		change(walk, arp.target_protocol.data, 4);
	}
}

/* RFC 4861 §4.6, RFC 8106 §5.1: data is behind type and length. */
static void change_ndp_options(struct walk *walk, struct torc_bytes options)
{
	struct torc_ndp_option option;
	uint32_t position = 0;

	while (torc_ndp_option_next(&options, &position, &option) == 1) {
		const uint8_t *data = option.data.data;
		uint32_t length = option.data.length;

		if ((option.type == 1 || option.type == 2) && length == 6)
			change(walk, data, 6);
		else if (option.type == 3 && length >= 30)
			change_prefix(walk, data + 14, 16, option.prefix_length);
		else if (option.type == 25)
			for (uint32_t at = 6; at + 16 <= length; at += 16)
				change(walk, data + at, 16);
	}
}

/* addresses: how many there are right in front of the options */
static void change_ndp(struct walk *walk, const struct torc_layer *layer, unsigned int addresses)
{
	const uint8_t *header = torc_layer_header(walk->decoded, layer);
	union {
		struct torc_icmpv6_router_solicitation rs;
		struct torc_icmpv6_router_advertisement ra;
		struct torc_icmpv6_neighbor_solicitation ns;
		struct torc_icmpv6_neighbor_advertisement na;
		struct torc_icmpv6_redirect redirect;
	} ndp;
	struct torc_bytes options;

	if (torc_layer_read(walk->decoded, layer, layer->type, &ndp, sizeof(ndp)) < 0)
		return;
	options = layer->type == TORC_LAYER_ICMPV6_ROUTER_SOLICITATION	   ? ndp.rs.options :
		  layer->type == TORC_LAYER_ICMPV6_ROUTER_ADVERTISEMENT	   ? ndp.ra.options :
		  layer->type == TORC_LAYER_ICMPV6_NEIGHBOR_SOLICITATION   ? ndp.ns.options :
		  layer->type == TORC_LAYER_ICMPV6_NEIGHBOR_ADVERTISEMENT ? ndp.na.options :
									     ndp.redirect.options;
	for (unsigned int i = 0; i < addresses && 4 + 16 * (i + 1) <= layer->header_length; i++)
		change(walk, header + 4 + 16 * i, 16);
	change_ndp_options(walk, options);
}

static void change_dns(struct walk *walk, const struct torc_layer *layer)
{
	struct torc_dns dns;

	if (torc_layer_dns(walk->decoded, layer, &dns) < 0)
		return;
	for (int section = TORC_DNS_ANSWERS; section <= TORC_DNS_ADDITIONALS; section++) {
		struct torc_dns_record record;
		uint32_t position = 0;

		while (torc_dns_record_next(&dns, (enum torc_dns_section)section, &position, &record) == 1)
			if ((record.type == 1 && record.data.length == 4) ||
			    (record.type == 28 && record.data.length == 16))
				change(walk, record.data.data, record.data.length);
	}
}

static void change_layer(struct walk *walk, const struct torc_layer *layer)
{
	const uint8_t *header = torc_layer_header(walk->decoded, layer);

	switch (layer->type) {
	case TORC_LAYER_ETHERNET:
		change(walk, header, 6);
		change(walk, header + 6, 6);
		break;
	case TORC_LAYER_LINUX_SLL: /* its address has a length */
		if (torc_be16(header + 4) == 6)
			change(walk, header + 6, 6);
		break;
	case TORC_LAYER_LINUX_SLL2:
		if (header[11] == 6)
			change(walk, header + 12, 6);
		break;
	case TORC_LAYER_ARP:
		change_arp(walk, layer);
		break;
	case TORC_LAYER_IPV4:
		change(walk, header + 12, 4);
		change(walk, header + 16, 4);
		break;
	case TORC_LAYER_IPV6:
		change(walk, header + 8, 16);
		change(walk, header + 24, 16);
		break;
	case TORC_LAYER_ICMPV4: /* redirect: the gateway */
		if (header[0] == 5 && layer->header_length >= 8)
			change(walk, header + 4, 4);
		break;
	case TORC_LAYER_ICMPV6_ROUTER_SOLICITATION:
	case TORC_LAYER_ICMPV6_ROUTER_ADVERTISEMENT:
		change_ndp(walk, layer, 0);
		break;
	case TORC_LAYER_ICMPV6_NEIGHBOR_SOLICITATION:
	case TORC_LAYER_ICMPV6_NEIGHBOR_ADVERTISEMENT:
		change_ndp(walk, layer, 1);
		break;
	case TORC_LAYER_ICMPV6_REDIRECT:
		change_ndp(walk, layer, 2);
		break;
	case TORC_LAYER_DNS:
		change_dns(walk, layer);
		break;
	}
}

unsigned int torc_edit_anonymize(struct torc_edit *edit, struct torc_anonymizer *anonymizer)
{
	struct walk walk = { .anonymizer = anonymizer, .edit = edit, .decoded = &edit->decoded };
	struct torc_decoded quoted;
	struct edit_inside inside;
	bool quotes = edit_quoted(edit, &quoted, &inside);

	for (unsigned int i = 0; i < edit->decoded.layer_count; i++)
		change_layer(&walk, &edit->decoded.layers[i]);
	if (quotes) {
		walk.inside = &inside;
		walk.decoded = &quoted;
		for (unsigned int i = 0; i < quoted.layer_count; i++)
			change_layer(&walk, &quoted.layers[i]);
	}
	return walk.changed;
}
