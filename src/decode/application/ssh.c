/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ssh.c - SSH: the identification line, RFC 4253 §4.2, and the KEXINIT message, §7.1, in the binary packets
 * of §6 that are not encrypted yet. All else of a connection is Payload.
 */
#include <torc/layers/application/ssh.h>

#include <string.h>

#include "decode/registry.h"

#define LINE_MAX   255
#define PACKET_MAX 35000
#define KEXINIT	   20
#define COOKIE	   22 /* where what follows the cookie begins */

/* Ends at a line feed; 0: there is none in the bytes that a line may have. */
static uint32_t line_length(const uint8_t *p, uint32_t length)
{
	const uint8_t *end = memchr(p, '\n', length < LINE_MAX ? length : LINE_MAX);

	return end ? (uint32_t)(end - p) + 1 : 0;
}

static bool begins_kexinit(const uint8_t *p, uint32_t length)
{
	uint32_t packet = length >= 6 ? torc_be32(p) : 0;

	return packet >= COOKIE - 4 && packet <= PACKET_MAX && p[4] < packet && p[5] == KEXINIT;
}

static int ssh_decode(struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data;
	uint32_t length;

	TORC_NEED(cursor, 6);
	if (memcmp(p, "SSH-", 4) == 0) {
		length = line_length(p, cursor->length);
		cursor->header_length = length ? length : cursor->length;
		if (cursor->header_length < cursor->length) /* the first message, with the line */
			cursor->next = begins_kexinit(p + length, cursor->length - length) ?
					       TORC_LAYER_SSH :
					       TORC_LAYER_PAYLOAD;
		return TORC_STEP_OK;
	}
	length = torc_be32(p);
	if (!begins_kexinit(p, cursor->length))
		return torc_cursor_malformed(cursor, "neither an identification nor a KEXINIT");
	TORC_NEED(cursor, COOKIE);
	cursor->header_length = length + 4 < cursor->length ? length + 4 : cursor->length;
	if (cursor->header_length < cursor->length)
		cursor->next = TORC_LAYER_PAYLOAD;
	return TORC_STEP_OK;
}

static void ssh_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_ssh *ssh = out;
	struct torc_bytes *const lists[] = {
		&ssh->kex, &ssh->host_key, &ssh->cipher, &ssh->cipher_to_client, &ssh->mac,
		&ssh->mac_to_client, &ssh->compression, &ssh->compression_to_client
	};
	uint32_t at = COOKIE, length;

	if (memcmp(p, "SSH-", 4) == 0) {
		length = layer->header_length;
		while (length > 0 && (p[length - 1] == '\n' || p[length - 1] == '\r'))
			length--;
		ssh->identification = (struct torc_bytes){ p, length };
		return;
	}
	ssh->packet_length = torc_be32(p);
	ssh->padding_length = p[4];
	ssh->message = p[5];
	ssh->cookie = (struct torc_bytes){ p + 6, 16 };
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		if (layer->header_length - at < 4)
			return;
		length = torc_be32(p + at);
		if (length > layer->header_length - at - 4)
			return;
		*lists[i] = (struct torc_bytes){ p + at + 4, length };
		at += 4 + length;
	}
}


static const struct torc_field_info ssh_fields[] = {
	TORC_FIELD_AT(struct torc_ssh, identification, "identification", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_ssh, message, "message", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_ssh, packet_length, "packet_length", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_ssh, padding_length, "padding_length", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_ssh, cookie, "cookie", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_ssh, kex, "kex", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_ssh, host_key, "host_key", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_ssh, cipher, "cipher", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_ssh, mac, "mac", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_ssh, compression, "compression", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_ssh, cipher_to_client, "cipher_to_client", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_ssh, mac_to_client, "mac_to_client", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_ssh, compression_to_client, "compression_to_client", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_layer_number ssh_numbers[] = {
	{ TORC_BY_TCP_PORT, 22 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_ssh = {
	.name = "SSH",
	.key = "ssh",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_ssh),
	.numbers = ssh_numbers,
	.decode = ssh_decode,
	.read = ssh_read,
	.fields = ssh_fields,
};
