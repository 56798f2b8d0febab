/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/link/ptp.h - the Precision Time Protocol, version 2: IEEE 1588-2008 and 1588-2019 */
#ifndef TORC_LAYERS_PTP_H
#define TORC_LAYERS_PTP_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
	TORC_PTP_SYNC = 0,
	TORC_PTP_DELAY_REQ = 1,
	TORC_PTP_PDELAY_REQ = 2,
	TORC_PTP_PDELAY_RESP = 3,
	TORC_PTP_FOLLOW_UP = 8,
	TORC_PTP_DELAY_RESP = 9,
	TORC_PTP_PDELAY_RESP_FOLLOW_UP = 10,
	TORC_PTP_ANNOUNCE = 11,
	TORC_PTP_SIGNALING = 12,
	TORC_PTP_MANAGEMENT = 13
};

/* IEEE 1588 §13; each message has the members of its kind, the others are 0. */
struct torc_ptp {
	uint8_t message_type;
	uint8_t version;
	uint8_t minor_version;
	uint8_t major_sdo_id; /* 1: IEEE 802.1AS */
	uint8_t minor_sdo_id;
	uint8_t domain;
	uint16_t length; /* bytes of the message */
	uint16_t flags;  /* 0x0200: two steps, 0x0400: unicast */
	uint16_t port;
	int64_t correction; /* in 2^-16 ns */
	uint64_t clock; /* the sender's identity */
	uint32_t type_specific;
	uint16_t sequence;
	uint8_t control;
	int8_t log_interval; /* 2^n seconds; 127: none */
	uint64_t seconds; /* of the time that the kind of message tells */
	uint32_t nanoseconds;
	int16_t utc_offset; /* of announce, as the next nine */
	uint16_t grandmaster_variance;
	uint8_t priority1;
	uint8_t priority2;
	uint8_t grandmaster_class;
	uint8_t grandmaster_accuracy;
	uint64_t grandmaster;
	uint16_t steps_removed;
	uint8_t time_source;
	uint8_t start_hops; /* of management, as the next two */
	uint8_t hops;
	uint8_t action;
	uint16_t target_port; /* whom an answer, signaling or management is for */
	uint64_t target_clock;
	struct torc_bytes tlvs;
};

TORC_LAYER_READER(ptp, PTP)

struct torc_ptp_tlv {
	uint16_t type;
	struct torc_bytes value;
};

/* The TLV at *position, 0 at first; 1, or 0 at the end or where one does not fit. */
TORC_API int torc_ptp_tlv_next(const struct torc_ptp *ptp, uint32_t *position,
			       struct torc_ptp_tlv *tlv);

#ifdef __cplusplus
}
#endif

#endif
