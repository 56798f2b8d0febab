/* SPDX-License-Identifier: BSD-3-Clause */
/* aoe.c - ATA over Ethernet: the AoE specification, revision 11 (§2 header, §3 commands) */
#include <torc/layers/link/aoe.h>

#include "decode/registry.h"

#define HEADER	      10
#define ATA_HEADER    22
#define CONFIGURATION 18
#define SECTOR	      512

/*
 * What ATA moves are whole sectors; the rest of a short frame is padding, which no length tells. Of a
 * configuration its length tells where it ends.
 */
static int aoe_decode(struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data;
	uint32_t length;

	TORC_NEED(cursor, HEADER);
	if (p[0] >> 4 != 1)
		return torc_cursor_malformed(cursor, "the version is not 1");
	cursor->header_length = cursor->length;
	if (p[5] == TORC_AOE_ATA) {
		TORC_NEED(cursor, ATA_HEADER);
		length = (cursor->wire_length - ATA_HEADER) / SECTOR * SECTOR;
		torc_cursor_claim(cursor, ATA_HEADER + length);
		cursor->header_length = ATA_HEADER;
		if (length > 0)
			cursor->next = TORC_LAYER_PAYLOAD;
	} else if (p[5] == TORC_AOE_CONFIGURATION) {
		TORC_NEED(cursor, CONFIGURATION);
		torc_cursor_claim(cursor, CONFIGURATION + torc_be16(p + 16));
		cursor->header_length = cursor->length;
	}
	return TORC_STEP_OK;
}

/* Six bytes, the lowest first. */
static uint64_t block_address(const uint8_t *p)
{
	uint64_t address = 0;

	for (unsigned int i = 6; i-- > 0;)
		address = address << 8 | p[i];
	return address;
}

static void aoe_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_aoe *aoe = out;

	aoe->version = p[0] >> 4;
	aoe->flags = p[0] & 0x0F;
	aoe->error = p[1];
	aoe->major = torc_be16(p + 2);
	aoe->minor = p[4];
	aoe->command = p[5];
	aoe->tag = torc_be32(p + 6);
	if (p[5] == TORC_AOE_ATA) {
		aoe->ata_flags = p[10];
		aoe->feature = p[11];
		aoe->sector_count = p[12];
		aoe->ata_command = p[13];
		aoe->lba = block_address(p + 14);
	} else if (p[5] == TORC_AOE_CONFIGURATION) {
		aoe->buffer_count = torc_be16(p + 10);
		aoe->firmware = torc_be16(p + 12);
		aoe->sector_count = p[14];
		aoe->configuration_command = p[15] & 0x0F;
		aoe->configuration = (struct torc_bytes){ p + CONFIGURATION,
							  layer->header_length - CONFIGURATION };
	}
}

static const char *command_name(uint64_t command)
{
	static const char *const names[] = { "ATA", "configuration", "MAC mask list",
					     "reserve or release" };

	return command < 4 ? names[command] : NULL;
}

static const char *error_name(uint64_t error)
{
	static const char *const names[] = { NULL, "unrecognized command", "bad argument",
					     "device unavailable", "configuration string present",
					     "unsupported version", "target is reserved" };

	return error < 7 ? names[error] : NULL;
}

static const struct torc_field_info aoe_fields[] = {
	TORC_FIELD_AT(struct torc_aoe, version, "version", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_aoe, flags, "flags", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_aoe, error, "error_code", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL, .value_name = error_name),
	TORC_FIELD_AT(struct torc_aoe, major, "major", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_aoe, minor, "minor", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_aoe, command, "command", TORC_FIELD_UINT,
		      .value_name = command_name),
	TORC_FIELD_AT(struct torc_aoe, tag, "tag", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_aoe, ata_flags, "ata_flags", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_aoe, feature, "feature", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_aoe, sector_count, "sector_count", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_aoe, ata_command, "ata_command", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_aoe, lba, "lba", TORC_FIELD_UINT, .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_aoe, buffer_count, "buffer_count", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_aoe, firmware, "firmware", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_aoe, configuration_command, "configuration_command",
		      TORC_FIELD_UINT, .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_aoe, configuration, "configuration", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_layer_number aoe_numbers[] = {
	{ TORC_BY_ETHER_TYPE, 0x88A2 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_aoe = {
	.name = "AoE",
	.key = "aoe",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_aoe),
	.numbers = aoe_numbers,
	.decode = aoe_decode,
	.read = aoe_read,
	.fields = aoe_fields,
};
