/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/industrial/cip.h - the Common Industrial Protocol: a request to an object, or its answer */
#ifndef TORC_LAYERS_CIP_H
#define TORC_LAYERS_CIP_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The CIP Networks Library, volume 1, §2-4 and appendix C; numbers are little-endian */
struct torc_cip {
	bool is_response;
	uint8_t service;       /* without the bit that says response */
	uint8_t status;        /* of a response, as the next */
	struct torc_bytes additional_status; /* numbers of 2 bytes */
	uint8_t path_words;    /* of a request, as those that follow: the path in units of 2 bytes */
	bool has_class;        /* which of the segments the path has; the first of each kind */
	bool has_instance;
	bool has_attribute;
	bool has_connection_point;
	uint32_t class_id;
	uint32_t instance;
	uint32_t attribute;
	uint32_t connection_point;
	struct torc_bytes symbol; /* a tag by name */
	struct torc_bytes path;
	struct torc_bytes data;   /* of the request or the response */
};

TORC_LAYER_READER(cip, CIP)

#ifdef __cplusplus
}
#endif

#endif
