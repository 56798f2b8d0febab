/* SPDX-License-Identifier: BSD-3-Clause */
/* finish.h - lengths and checksums made anew */
#ifndef TORC_EDIT_FINISH_H
#define TORC_EDIT_FINISH_H

#include "edit/change.h"

/* The length field of a header, if it has one, as header and payload are long; whether it changed. */
bool edit_length_set(uint8_t *data, const struct torc_decoded *decoded,
		     const struct torc_layer *layer);

/* A checksum over all that it covers, which must be there; whether it changed. */
bool edit_checksum_set(uint8_t *data, const struct edit_cover *cover);

/* Lengths that promise more than there is, or nothing; how many changed. */
unsigned int edit_lengths_finish(struct torc_edit *edit);

/* All checksums that can be computed, from the inside out; how many changed. */
unsigned int edit_checksums_finish(struct torc_edit *edit);

#endif
