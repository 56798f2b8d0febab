/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/application/gtpv2.h - GTP-C version 2, which sets up the tunnels of mobile networks */
#ifndef TORC_LAYERS_GTPV2_H
#define TORC_LAYERS_GTPV2_H

#include <torc/layers/tunnel/tunnel.h>

#ifdef __cplusplus
extern "C" {
#endif

/* 3GPP TS 29.274 §5.1 */
struct torc_gtpv2 {
	uint8_t version; /* 2 */
	bool is_piggybacking; /* another message follows: the next layer */
	bool has_teid;
	bool has_priority;
	uint8_t message_type;
	uint16_t length;   /* bytes behind the first four */
	uint32_t teid;     /* where has_teid */
	uint32_t sequence; /* 24 bits */
	uint8_t priority;  /* where has_priority: 0, the highest, to 15 */
	struct torc_bytes elements;
};

TORC_LAYER_READER(gtpv2, GTPV2)

/* TS 29.274 §8.2.1 */
struct torc_gtpv2_element {
	uint8_t type;
	uint8_t instance;
	struct torc_bytes value;
};

/* The element at *position, 0 at first; 1, or 0 at the end or where one does not fit. */
TORC_API int torc_gtpv2_element_next(const struct torc_gtpv2 *gtp, uint32_t *position,
				     struct torc_gtpv2_element *element);

/* GTP-C version 1: 3GPP TS 29.060 §6, §7 */
struct torc_gtpv1c {
	uint8_t version;
	bool is_gtp; /* false: GTP', which charges */
	bool has_extension;
	bool has_sequence;
	bool has_npdu;
	uint8_t message_type;
	uint16_t length; /* bytes behind the first eight */
	uint32_t teid;
	uint16_t sequence;
	uint8_t npdu_number;
	uint8_t next_extension; /* the type of the first */
	struct torc_bytes elements;
	struct torc_bytes extensions;
};

TORC_LAYER_READER(gtpv1c, GTPV1C)

/* As torc_gtpv1u_extension_next(). */
TORC_API int torc_gtpv1c_extension_next(const struct torc_gtpv1c *gtp, uint32_t *position,
					struct torc_gtp_extension *extension);

struct torc_gtpv1c_element {
	uint8_t type; /* below 128 its length is known, else told */
	struct torc_bytes value;
};

/* The element at *position, 0 at first; 1, or 0 at the end, at one of unknown length, or where one does not fit. */
TORC_API int torc_gtpv1c_element_next(const struct torc_gtpv1c *gtp, uint32_t *position,
				      struct torc_gtpv1c_element *element);

#ifdef __cplusplus
}
#endif

#endif
