/* SPDX-License-Identifier: BSD-3-Clause */
/* radiotap.h - what the decoder of 802.11 asks of the header in front of it */
#ifndef TORC_DECODE_RADIOTAP_H
#define TORC_DECODE_RADIOTAP_H

#include <torc/layers/wireless/radiotap.h>

/* The flags of a radiotap header, TORC_RADIOTAP_; false when it has none. */
bool radiotap_flags(const uint8_t *header, uint32_t length, uint8_t *flags);

#endif
