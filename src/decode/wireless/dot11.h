/* SPDX-License-Identifier: BSD-3-Clause */
/* dot11.h - what the files of 802.11's layers share */
#ifndef TORC_DECODE_DOT11_H
#define TORC_DECODE_DOT11_H

#include <torc/layers/wireless/dot11.h>

#include "decode/wireless/little.h"

#define DOT11_HEADER_MIN 10 /* frame control, duration, one address */

/* The header of the frame that a layer belongs to, or NULL. */
const uint8_t *dot11_frame(const struct torc_decoded *decoded);

/* Names of what stands in several frames. */
const char *dot11_type_name(uint64_t type);
const char *dot11_reason_name(uint64_t reason);
const char *dot11_status_name(uint64_t status);

#endif
