/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bittorrent.c - BitTorrent: the handshake of a connection between peers, BEP 3; extensions, BEP 4. What
 * follows it is Payload.
 */
#include <torc/layers/application/bittorrent.h>

#include <string.h>

#include "decode/guess.h"
#include "decode/registry.h"

#define HANDSHAKE 68

static int bittorrent_decode(struct torc_cursor *cursor)
{
	TORC_NEED(cursor, 20);
	if (!begins_with(cursor->data, cursor->length, BITTORRENT_GREETING))
		return torc_cursor_malformed(cursor, "no handshake");
	TORC_NEED(cursor, 48);
	cursor->header_length = cursor->length < HANDSHAKE ? 48 : HANDSHAKE;
	if (cursor->header_length < cursor->length)
		cursor->next = TORC_LAYER_PAYLOAD;
	return TORC_STEP_OK;
}

static void bittorrent_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			    void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_bittorrent *bittorrent = out;

	bittorrent->protocol = (struct torc_bytes){ p + 1, 19 };
	bittorrent->extensions = torc_be64(p + 20);
	bittorrent->info_hash = (struct torc_bytes){ p + 28, 20 };
	if (layer->header_length >= HANDSHAKE)
		bittorrent->peer = (struct torc_bytes){ p + 48, 20 };
}

static const struct torc_field_info bittorrent_fields[] = {
	TORC_FIELD_AT(struct torc_bittorrent, protocol, "protocol", TORC_FIELD_STRING),
	TORC_FIELD_AT(struct torc_bittorrent, extensions, "extensions", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_bittorrent, info_hash, "info_hash", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_bittorrent, peer, "peer", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELDS_END
};

static const struct torc_layer_number bittorrent_numbers[] = {
	{ TORC_BY_TCP_PORT, 6881 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_bittorrent = {
	.name = "BitTorrent",
	.key = "bittorrent",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_bittorrent),
	.numbers = bittorrent_numbers,
	.decode = bittorrent_decode,
	.read = bittorrent_read,
	.fields = bittorrent_fields,
};
