/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/application/radius.h - RADIUS: RFC 2865, RFC 2866 */
#ifndef TORC_LAYERS_RADIUS_H
#define TORC_LAYERS_RADIUS_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_radius {
	uint8_t code;
	uint8_t id;
	uint16_t length; /* bytes, this header included */
	uint8_t authenticator[16];
	struct torc_bytes attributes;
};

TORC_LAYER_READER(radius, RADIUS)

struct torc_radius_attribute {
	uint8_t type;
	struct torc_bytes value;
};

/* The attribute at *position, 0 at first; 1, or 0 at the end or where one does not fit. */
TORC_API int torc_radius_attribute_next(const struct torc_radius *radius, uint32_t *position,
					struct torc_radius_attribute *attribute);

#ifdef __cplusplus
}
#endif

#endif
