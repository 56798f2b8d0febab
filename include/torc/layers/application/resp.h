/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/application/resp.h - values of the protocol of Redis, RESP2 and RESP3 */
#ifndef TORC_LAYERS_RESP_H
#define TORC_LAYERS_RESP_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_resp {
	struct torc_bytes command; /* the first word of an array of strings: what a client asks */
	struct torc_bytes key;     /* the second */
	struct torc_bytes error;   /* of the first error */
	struct torc_bytes values;
};

TORC_LAYER_READER(resp, RESP)

/* Arrays are a value, and then their values. */
struct torc_resp_value {
	char type;     /* the byte in front: + - : $ * and, of RESP3, _ # , ( ! = % ~ > | */
	bool is_whole; /* false: it goes on in the next segment */
	bool is_null;
	int64_t number; /* of an integer; of a string its length; of an array its count */
	struct torc_bytes string;
};

/* The value at *position, 0 at first; 1, or 0 at the end. */
TORC_API int torc_resp_value_next(const struct torc_resp *resp, uint32_t *position,
				  struct torc_resp_value *value);

#ifdef __cplusplus
}
#endif

#endif
