/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/routing/ospf.h - OSPF version 2, RFC 2328, and 3, RFC 5340 */
#ifndef TORC_LAYERS_OSPF_H
#define TORC_LAYERS_OSPF_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_ospf {
	uint8_t version;
	uint8_t type; /* 1 hello, 2 database description, 3 request, 4 update, 5 acknowledgment */
	uint16_t length; /* bytes, header included */
	uint8_t router_id[4];
	uint8_t area_id[4];
	uint16_t checksum;
	uint16_t authentication_type; /* version 2 */
	uint8_t instance_id;          /* version 3 */

	/* hello */
	uint8_t network_mask[4]; /* version 2 */
	uint32_t interface_id;   /* version 3 */
	uint32_t options;
	uint8_t priority;
	uint16_t hello_interval_s;
	uint32_t dead_interval_s;
	uint8_t designated_router[4];
	uint8_t backup_router[4];
	struct torc_bytes neighbors; /* 4 bytes each */

	/* database description */
	uint16_t mtu;
	uint8_t flags;
	uint32_t sequence;

	uint32_t lsa_count;     /* of an update */
	struct torc_bytes lsas; /* headers; in an update whole link state advertisements */
	struct torc_bytes requests; /* 12 bytes each */
};

TORC_LAYER_READER(ospf, OSPF)

/* The header of a link state advertisement, RFC 2328 §A.4.1, RFC 5340 §A.4.2 */
struct torc_ospf_lsa {
	uint16_t age_s;
	uint16_t type; /* 8 bits in version 2 */
	uint8_t id[4];
	uint8_t advertising_router[4];
	uint32_t sequence;
	uint16_t checksum;
	uint16_t length; /* bytes, this header included */
};

/* The advertisement at *position, 0 at first; 1, or 0 at the end or where one does not fit. */
TORC_API int torc_ospf_lsa_next(const struct torc_ospf *ospf, uint32_t *position,
				struct torc_ospf_lsa *lsa);

#ifdef __cplusplus
}
#endif

#endif
