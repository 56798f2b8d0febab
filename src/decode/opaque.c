/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * opaque.c - layers without a header of their own: Payload (nobody decodes it), Fragment (a later
 * IP fragment) and DecodeFailure (nobody could). Each takes all the bytes that are left.
 */
#include "decode/registry.h"

static int opaque_decode(struct torc_cursor *cursor)
{
	cursor->header_length = cursor->length;
	return TORC_STEP_OK;
}

static const struct torc_layer_number payload_numbers[] = {
	{ TORC_BY_IP_PROTOCOL, 59 }, /* IPv6: no next header */
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_payload = {
	.name = "Payload",
	.key = "payload",
	.role = TORC_ROLE_APPLICATION,
	.numbers = payload_numbers,
	.decode = opaque_decode,
};

const struct torc_layer_ops torc_layer_ops_fragment = {
	.name = "Fragment",
	.key = "fragment",
	.role = TORC_ROLE_APPLICATION,
	.decode = opaque_decode,
};

const struct torc_layer_ops torc_layer_ops_decode_failure = {
	.name = "DecodeFailure",
	.key = "decode_failure",
	.role = TORC_ROLE_FAILURE,
	.decode = opaque_decode,
};
