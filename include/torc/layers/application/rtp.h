/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * torc/layers/application/rtp.h - media and reports about it: RTP and RTCP, RFC 3550
 *
 * Their ports are agreed upon by others (SIP, RTSP). RTCP is told on port 5005, where its packets fill a datagram;
 * RTP has too little that tells it, so it is decoded where it is asked for: torc_register_number(), or
 * torc dump --decode-as udp:5004=rtp.
 */
#ifndef TORC_LAYERS_RTP_H
#define TORC_LAYERS_RTP_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_rtp {
	uint8_t version; /* 2 */
	bool has_padding;
	bool has_extension;
	uint8_t contributor_count;
	bool marker;
	uint8_t payload_type; /* 0: PCMU, 8: PCMA ...; 96 and more by agreement */
	uint16_t sequence;
	uint32_t timestamp;
	uint32_t source; /* SSRC */
	struct torc_bytes contributors; /* CSRCs, 4 bytes each */
	uint16_t extension_profile;
	struct torc_bytes extension;
};

TORC_LAYER_READER(rtp, RTP)

/* A compound packet. */
struct torc_rtcp {
	struct torc_bytes packets;
};

TORC_LAYER_READER(rtcp, RTCP)

struct torc_rtcp_packet {
	uint8_t type; /* 200: sender's report, 201: receiver's, 202: description, 203: goodbye, 204: application */
	uint8_t count; /* of reports, sources or a subtype */
	bool has_padding;
	uint16_t length; /* bytes, the header included */
	uint32_t source; /* SSRC; 0 where there is none */
	uint32_t ntp_seconds; /* of a sender's report, as the next four; since 1900 */
	uint32_t ntp_fraction;
	uint32_t timestamp; /* the same time in units of RTP */
	uint32_t packet_count;
	uint32_t octet_count;
	struct torc_bytes name; /* CNAME of a description's first source; reason of a goodbye; name of an application's */
};

/* The packet at *position, 0 at first; 1, or 0 at the end. */
TORC_API int torc_rtcp_packet_next(const struct torc_rtcp *rtcp, uint32_t *position,
				   struct torc_rtcp_packet *packet);

/* What one receives of another, from all reports of the datagram. */
struct torc_rtcp_report {
	uint32_t reporter;
	uint32_t source; /* about whom */
	uint8_t fraction_lost; /* of 256 */
	int32_t lost;
	uint32_t highest_sequence;
	uint32_t jitter; /* in units of RTP's timestamp */
	uint32_t last_report; /* the middle of the NTP time of the last sender's report */
	uint32_t delay; /* since then, in 1/65536 seconds */
};

TORC_API int torc_rtcp_report_next(const struct torc_rtcp *rtcp, uint32_t *position,
				   struct torc_rtcp_report *report);

#ifdef __cplusplus
}
#endif

#endif
