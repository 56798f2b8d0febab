/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/link/aoe.h - ATA over Ethernet: the AoE specification, revision 11 */
#ifndef TORC_LAYERS_AOE_H
#define TORC_LAYERS_AOE_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
	TORC_AOE_RESPONSE = 0x8,
	TORC_AOE_ERROR = 0x4
};

enum {
	TORC_AOE_ATA = 0,
	TORC_AOE_CONFIGURATION = 1,
	TORC_AOE_MAC_MASK = 2,
	TORC_AOE_RESERVE = 3
};

struct torc_aoe {
	uint8_t version; /* 1 */
	uint8_t flags;
	uint8_t error; /* with TORC_AOE_ERROR */
	uint8_t minor; /* the slot; 0xff: all */
	uint16_t major; /* the shelf; 0xffff: all */
	uint8_t command;
	uint8_t ata_flags; /* of ATA, as the next four; 1: write, 2: asynchronous, 0x40: 48 bits of address */
	uint32_t tag; /* the response repeats it */
	uint8_t feature; /* in a response: the error register */
	uint8_t sector_count; /* of a configuration: the most in one message */
	uint8_t ata_command; /* in a response: the status register */
	uint8_t configuration_command; /* of a configuration, as all that follows: 0 read ... 4 force */
	uint64_t lba; /* of ATA */
	uint16_t buffer_count; /* messages that may wait */
	uint16_t firmware;
	struct torc_bytes configuration;
};

TORC_LAYER_READER(aoe, AOE)

#ifdef __cplusplus
}
#endif

#endif
