/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/link/discovery.h - who is on the link: LLDP, IEEE 802.1AB, and the Cisco Discovery Protocol */
#ifndef TORC_LAYERS_DISCOVERY_H
#define TORC_LAYERS_DISCOVERY_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The three TLVs every LLDP frame begins with, IEEE 802.1AB-2016 §8.5 */
struct torc_lldp {
	uint8_t chassis_subtype;
	uint8_t port_subtype;
	uint8_t chassis_address[6]; /* of subtype 4 */
	uint8_t port_address[6];    /* of subtype 3 */
	struct torc_bytes chassis_id;
	struct torc_bytes port_id;
	uint16_t ttl_s;
};

TORC_LAYER_READER(lldp, LLDP)

/* The TLVs behind them. */
struct torc_lldp_info {
	struct torc_bytes tlvs;
};

TORC_LAYER_READER(lldp_info, LLDP_INFO)

struct torc_lldp_tlv {
	uint8_t type; /* 7 bits */
	uint32_t oui; /* of type 127 */
	uint8_t subtype; /* of type 127 */
	struct torc_bytes value;
};

/* The TLV at *position, 0 at first; 1, or 0 at the end or where one does not fit. */
TORC_API int torc_lldp_tlv_next(const struct torc_lldp_info *info, uint32_t *position,
				struct torc_lldp_tlv *tlv);

struct torc_cdp {
	uint8_t version;
	uint8_t ttl_s;
	uint16_t checksum;
};

TORC_LAYER_READER(cdp, CDP)

struct torc_cdp_info {
	struct torc_bytes tlvs;
};

TORC_LAYER_READER(cdp_info, CDP_INFO)

struct torc_cdp_tlv {
	uint16_t type;
	struct torc_bytes value;
};

/* The TLV at *position, 0 at first; 1, or 0 at the end or where one does not fit. */
TORC_API int torc_cdp_tlv_next(const struct torc_cdp_info *info, uint32_t *position,
			       struct torc_cdp_tlv *tlv);

#ifdef __cplusplus
}
#endif

#endif
