/* SPDX-License-Identifier: BSD-3-Clause */
/* pcapng.h - the numbers of draft-ietf-opsawg-pcapng, and what reading is split into */
#ifndef TORC_FILE_PCAPNG_H
#define TORC_FILE_PCAPNG_H

#include "file/file.h"

enum {
	PCAPNG_IDB = 1,
	PCAPNG_OLD_PB = 2,
	PCAPNG_SPB = 3,
	PCAPNG_NRB = 4,
	PCAPNG_ISB = 5,
	PCAPNG_EPB = 6,
	PCAPNG_JOURNAL = 9, /* an entry of the systemd journal */
	PCAPNG_DSB = 10,
	PCAPNG_CUSTOM = 0xBAD, /* may be copied; 0x40000BAD may not */
	PCAPNG_SHB = 0x0A0D0D0A
};

#define PCAPNG_BYTE_ORDER 0x1A2B3C4Du
#define PCAPNG_BLOCK_MIN  12u /* type and the two lengths */
#define PCAPNG_SHB_MIN    28u
#define PCAPNG_IDB_MIN    20u
#define PCAPNG_ISB_MIN    24u
#define PCAPNG_EPB_FIXED  28u /* in front of the packet's bytes */
#define PCAPNG_SPB_FIXED  12u

enum { /* option codes */
	PCAPNG_OPT_END = 0,
	PCAPNG_OPT_COMMENT = 1,
	PCAPNG_SHB_HARDWARE = 2,
	PCAPNG_SHB_OS = 3,
	PCAPNG_SHB_USERAPPL = 4,
	PCAPNG_IF_NAME = 2,
	PCAPNG_IF_DESCRIPTION = 3,
	PCAPNG_IF_MACADDR = 6,
	PCAPNG_IF_SPEED = 8,
	PCAPNG_IF_TSRESOL = 9,
	PCAPNG_IF_TZONE = 10,
	PCAPNG_IF_FILTER = 11,
	PCAPNG_IF_OS = 12,
	PCAPNG_IF_FCSLEN = 13,
	PCAPNG_IF_TSOFFSET = 14,
	PCAPNG_IF_HARDWARE = 15,
	PCAPNG_IF_TXSPEED = 16,
	PCAPNG_IF_RXSPEED = 17,
	PCAPNG_EPB_FLAGS = 2,
	PCAPNG_EPB_HASH = 3,
	PCAPNG_EPB_DROPCOUNT = 4,
	PCAPNG_EPB_PACKETID = 5,
	PCAPNG_EPB_QUEUE = 6,
	PCAPNG_EPB_VERDICT = 7,
	PCAPNG_ISB_STARTTIME = 2,
	PCAPNG_ISB_ENDTIME = 3,
	PCAPNG_ISB_IFRECV = 4,
	PCAPNG_ISB_IFDROP = 5,
	PCAPNG_ISB_FILTERACCEPT = 6,
	PCAPNG_ISB_OSDROP = 7,
	PCAPNG_ISB_USRDELIV = 8,
	PCAPNG_CUSTOM_TEXT = 2988, /* of whoever has the number in the first four bytes */
	PCAPNG_CUSTOM_BYTES = 2989,
	PCAPNG_CUSTOM_TEXT_STAYS = 19372, /* the same, not to be copied */
	PCAPNG_CUSTOM_BYTES_STAYS = 19373
};

enum { /* the flags word of a packet */
	PCAPNG_INBOUND = 1,
	PCAPNG_OUTBOUND = 2,
	PCAPNG_CHECKSUM_NOT_READY = 1 << 9,
	PCAPNG_CHECKSUM_VALID = 1 << 10
};

/*
 * The option at *at, which moves behind it. False at the end of the options, which is also where
 * one does not fit any more: the packet in front of them is good all the same.
 */
static inline bool torc_pcapng_option(const uint8_t **at, const uint8_t *end, bool swap,
				      struct torc_file_option *option)
{
	size_t left = (size_t)(end - *at), padded;

	if (left < 4)
		return false;
	option->code = get16(*at, swap);
	option->length = get16(*at + 2, swap);
	option->value = *at + 4;
	padded = ((size_t)option->length + 3) / 4 * 4;
	if (option->code == PCAPNG_OPT_END || option->length > left - 4)
		return false;
	*at += padded > left - 4 ? left : 4 + padded;
	return true;
}

/* pcapng.c */
uint64_t torc_pcapng_ns(const struct torc_file_clock *clock, uint32_t high, uint32_t low);
void torc_pcapng_set_order(struct torc_file *file, bool swapped);

/* pcapng_blocks.c */
int torc_pcapng_section(struct torc_file *file);
int torc_pcapng_interface(struct torc_file *file, const uint8_t *at, uint32_t length);
void torc_pcapng_statistics(struct torc_file *file, const uint8_t *at, uint32_t length);
void torc_pcapng_extra(const struct torc_file *file, const uint8_t *record,
		       struct torc_file_extra *extra);
const uint8_t *torc_pcapng_packet_options(const struct torc_file *file, const uint8_t *record,
					  const uint8_t **begin);

#endif
