/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/application/srvloc.h - the Service Location Protocol, version 2: RFC 2608 */
#ifndef TORC_LAYERS_SRVLOC_H
#define TORC_LAYERS_SRVLOC_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_srvloc {
	uint8_t version; /* 2; of version 1 (RFC 2165) there is only the head */
	uint8_t function; /* 1: service request, 2: its reply, 3: registration, 5: acknowledgment ... */
	uint32_t length;
	uint16_t flags; /* 8000: overflow, 4000: fresh, 2000: multicast */
	uint16_t xid;
	struct torc_bytes language;
	uint16_t error_code; /* of answers */
	uint16_t url_count; /* of a service reply */
	struct torc_bytes url; /* the first one, where there is one */
	uint16_t lifetime_s; /* of that */
	struct torc_bytes service_type; /* asked for or registered */
	struct torc_bytes scopes;
	struct torc_bytes predicate;
	struct torc_bytes attributes; /* of a registration, attribute reply or advertisement */
	uint32_t boot_time; /* of a directory agent's advertisement */
};

TORC_LAYER_READER(srvloc, SRVLOC)

#ifdef __cplusplus
}
#endif

#endif
