/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/application/ntp.h - Network Time Protocol: RFC 5905; its control messages: RFC 9327 */
#ifndef TORC_LAYERS_NTP_H
#define TORC_LAYERS_NTP_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_ntp {
	uint8_t leap_indicator;
	uint8_t version;
	uint8_t mode;

	/* modes 6 (control, RFC 9327 §2) and 7 (private) */
	uint8_t operation; /* of a private message the request code */
	bool response;
	uint16_t sequence;
	uint16_t association_id;  /* control */
	struct torc_bytes message; /* what is behind the header of the message */

	/* the other modes */
	uint8_t stratum;
	int8_t poll;      /* log2 seconds */
	int8_t precision; /* log2 seconds */
	uint32_t root_delay;      /* seconds in 16.16 */
	uint32_t root_dispersion; /* seconds in 16.16 */
	uint32_t reference_id;
	uint64_t reference_timestamp; /* seconds since 1900 in 32.32 */
	uint64_t origin_timestamp;
	uint64_t receive_timestamp;
	uint64_t transmit_timestamp;
	struct torc_bytes extensions; /* and authentication */
};

TORC_LAYER_READER(ntp, NTP)

#ifdef __cplusplus
}
#endif

#endif
