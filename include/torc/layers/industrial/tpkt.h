/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/industrial/tpkt.h - ISO transport on TCP: TPKT and COTP */
#ifndef TORC_LAYERS_TPKT_H
#define TORC_LAYERS_TPKT_H

#include <torc/layer.h>
#include <torc/layers/tlv.h>

#ifdef __cplusplus
extern "C" {
#endif

/* RFC 1006 §6 */
struct torc_tpkt {
	uint8_t version; /* 3 */
	uint8_t reserved;
	uint16_t length; /* with these four bytes */
};

TORC_LAYER_READER(tpkt, TPKT)

/* X.224 §13 (ISO 8073): the header of a TPDU */
struct torc_cotp {
	uint8_t header_length;    /* without its own byte */
	uint8_t type;             /* 14 CR, 13 CC, 8 DR, 12 DC, 15 DT, 1 ED, 6 AK, 2 EA, 5 RJ, 7 ER */
	uint8_t credit;
	uint16_t destination_reference; /* of all but DT, ED in class 0 and 1 */
	uint16_t source_reference;      /* of CR, CC, DR and DC */
	uint8_t class_number;     /* of CR and CC */
	uint8_t options;          /* of CR and CC */
	uint8_t reason;           /* of DR and ER */
	uint8_t number;           /* of DT */
	bool is_last;             /* EOT of DT: no more of this message follows */
	struct torc_bytes parameters; /* see torc_cotp_parameter_next() */
	struct torc_bytes cookie; /* of RDP's connection request: its first line, MS-RDPBCGR §2.2.1.1 */
};

TORC_LAYER_READER(cotp, COTP)

/* The parameter at *position, 0 at first; 1, or 0 at the end and where one does not fit. */
TORC_API int torc_cotp_parameter_next(const struct torc_cotp *cotp, uint32_t *position,
				      struct torc_tlv *parameter);

#ifdef __cplusplus
}
#endif

#endif
