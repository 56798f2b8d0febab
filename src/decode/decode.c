/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * decode.c - from bytes to a stack of layers
 *
 * One loop: the layer's decode function looks at its header through a cursor and names the next
 * layer. The loop keeps the record of layers, their bounds, and the reason why it ended. Bounds are
 * checked here once more than in the layers: a header longer than what is there ends decoding.
 */
#include <errno.h>
#include <string.h>

#include "decode/express.h"
#include "decode/guess.h"
#include "decode/registry.h"
#include "util/prefetch.h"

/* How far ahead torc_decode_batch() asks for packets: some 12 hide the latency of memory. */
#define PREFETCH_PACKETS 12

/* A port led to this layer, and a port is a hint. */
static bool is_behind_port(const struct torc_decoded *decoded)
{
	unsigned int before;

	if (decoded->layer_count == 0)
		return false;
	before = decoded->layers[decoded->layer_count - 1].type;
	return before == TORC_LAYER_UDP || before == TORC_LAYER_TCP;
}

/* What a segment has instead of its port's protocol: TLS, once both ends have agreed to it, or bytes. */
static unsigned int other_type(const struct torc_decoded *decoded, const struct torc_cursor *cursor)
{
	return decoded->layers[decoded->layer_count - 1].type == TORC_LAYER_TCP &&
			       begins_tls(cursor->data, cursor->length) ?
		       TORC_LAYER_TLS :
		       TORC_LAYER_PAYLOAD;
}

/* What the layer's decode function refused is in the packet's status. Returns the flags to add. */
static uint8_t failure_note(struct torc_decoded *decoded, const struct torc_cursor *cursor,
			    unsigned int type, bool malformed)
{
	decoded->failed_type = (uint16_t)type;
	if (malformed) {
		decoded->status = TORC_DECODED_MALFORMED;
		decoded->reason = cursor->reason;
		return 0;
	}
	if (cursor->wire_length > cursor->length) {
		decoded->status = TORC_DECODED_SNAPLEN_TRUNCATED;
		decoded->reason = "cut by the snaplen";
		return 0;
	}
	decoded->status = TORC_DECODED_HEADER_TRUNCATED;
	decoded->reason = "too few bytes";
	return TORC_DECODED_CUT_BY_HEADER;
}

/*
 * The layer could not be decoded: its bytes are DecodeFailure, or Payload where they are another
 * protocol's; or it could but for its tail. Returns the flags to add. The cursor comes by value, so
 * that the caller's can stay in registers; the layer has what is left of it.
 */
static __attribute__((cold, noinline)) uint8_t layer_failed(struct torc_decoded *decoded,
							    struct torc_layer *layer,
							    struct torc_cursor cursor,
							    unsigned int type, int step)
{
	uint32_t offset = (uint32_t)(cursor.data - decoded->data);
	bool malformed = step == TORC_STEP_MALFORMED || step == TORC_STEP_BAD_TAIL;

	if (step == TORC_STEP_CUT_TAIL) {
		layer_set(layer, type, offset, cursor.length, 0);
	} else if (step == TORC_STEP_BAD_TAIL && cursor.header_length <= cursor.length) {
		layer_set(layer, type, offset, cursor.header_length,
			  cursor.next == TORC_LAYER_NONE ? 0 :
							   cursor.length - cursor.header_length);
	} else if (is_behind_port(decoded) && (malformed || cursor.length == cursor.wire_length)) {
		layer_set(layer, other_type(decoded, &cursor), offset, cursor.length, 0);
		return 0;
	} else {
		layer_set(layer, TORC_LAYER_DECODE_FAILURE, offset, cursor.length, 0);
	}
	return failure_note(decoded, &cursor, type, malformed);
}

static struct torc_target *target_of(const struct torc_decode_options *options, unsigned int type)
{
	uint32_t i;

	for (i = 0; i < options->target_count; i++)
		if (options->targets[i].type == type)
			return &options->targets[i];
	return NULL;
}

/* A layer was found: fill in the caller's structs of that type. */
static void targets_fill(const struct torc_decoded *decoded, const struct torc_layer *layer,
			 const struct torc_decode_options *options)
{
	struct torc_target *target = options->targets, *end = target + options->target_count;

	for (; target < end; target++) {
		if (target->type != layer->type || (target->found && !target->innermost))
			continue;
		torc_layer_read(decoded, layer, layer->type, target->layer, target->size);
		target->found = true;
	}
}

static inline bool stops_before(unsigned int type, const struct torc_decode_options *options)
{
	return options && options->flags & TORC_DECODE_TARGETS_ONLY && !target_of(options, type);
}

static inline void unknown_note(struct torc_decoded *decoded, const struct torc_cursor *cursor)
{
	if (decoded->status < TORC_DECODED_UNKNOWN_NEXT)
		decoded->status = TORC_DECODED_UNKNOWN_NEXT;
	decoded->registry = cursor->registry;
	decoded->number = cursor->number;
}

/* What led here leads to several layers, and the bytes are of that one. */
static __attribute__((cold, noinline)) int other_decode(struct torc_decoded *decoded,
							struct torc_cursor *cursor,
							unsigned int *type)
{
	*type = cursor->next;
	if (cursor->registry != TORC_BY_NONE)
		unknown_note(decoded, cursor);
	cursor->next = TORC_LAYER_NONE;
	cursor->registry = TORC_BY_NONE;
	return layer_ops(*type)->decode(cursor);
}

/*
 * One layer of the stack, written to *layer: the one found, or DecodeFailure. Returns the type of
 * the next one, or TORC_LAYER_NONE at the end. Always inline: where decode_layer is a constant, so
 * is the rest.
 */
static inline unsigned int
layer_decode(struct torc_decoded *decoded, struct torc_layer *layer, struct torc_cursor *cursor,
	     unsigned int type, int (*decode_layer)(struct torc_cursor *cursor))
{
	uint32_t offset = (uint32_t)(cursor->data - decoded->data);
	uint32_t header;
	int step;

	cursor->next = TORC_LAYER_NONE;
	cursor->registry = TORC_BY_NONE;
	step = decode_layer(cursor);
	header = cursor->header_length;
	if (__builtin_expect(step != TORC_STEP_OK || header > cursor->length, 0)) {
		if (step == TORC_STEP_OTHER) {
			step = other_decode(decoded, cursor, &type);
			header = cursor->header_length;
		}
		if (step == TORC_STEP_OK && header > cursor->length)
			step = TORC_STEP_SHORT;
		if (step != TORC_STEP_OK)
			cursor->flags |= layer_failed(decoded, layer, *cursor, type, step);
		if (step != TORC_STEP_OK && (step != TORC_STEP_BAD_TAIL || header > cursor->length))
			return TORC_LAYER_NONE;
	}
	if (cursor->next == TORC_LAYER_NONE) {
		layer_set(layer, type, offset, header, 0);
		return TORC_LAYER_NONE;
	}
	layer_set(layer, type, offset, header, cursor->length - header);
	cursor->data += header;
	cursor->length -= header;
	cursor->wire_length -= header;
	/* but for 802.11, where the kind of a frame is a layer though it has no bytes */
	if (cursor->length == 0 && type != TORC_LAYER_DOT11)
		return TORC_LAYER_NONE;
	if (__builtin_expect(cursor->registry != TORC_BY_NONE, 0))
		unknown_note(decoded, cursor);
	return cursor->next;
}

/* Payload and Fragment take all there is. */
static inline bool is_opaque(unsigned int type)
{
	return type == TORC_LAYER_PAYLOAD || type == TORC_LAYER_FRAGMENT;
}

/* The layers from type on, one by one through the table. Returns the packet's flags. */
static uint8_t layers_decode(struct torc_decoded *decoded, struct torc_cursor *cursor,
			     unsigned int type, const struct torc_decode_options *options)
{
	struct torc_layer *layer;

	while (type != TORC_LAYER_NONE) {
		if (decoded->layer_count == TORC_LAYERS_MAX) {
			if (decoded->status < TORC_DECODED_LAYER_LIMIT)
				decoded->status = TORC_DECODED_LAYER_LIMIT;
			break;
		}
		if (stops_before(type, options)) {
			cursor->flags |= TORC_DECODED_STOPPED;
			break;
		}
		layer = &decoded->layers[decoded->layer_count];
		if (is_opaque(type)) {
			layer_set(layer, type, (uint32_t)(cursor->data - decoded->data),
				  cursor->length, 0);
			type = TORC_LAYER_NONE;
		} else {
			type = layer_decode(decoded, layer, cursor, type,
					    layer_ops(type)->decode);
		}
		decoded->layer_count++;
		if (options && options->target_count > 0)
			targets_fill(decoded, layer, options);
	}
	return cursor->flags;
}

/* The first layer; for raw IP the version tells. */
static unsigned int first_layer(struct torc_decoded *decoded)
{
	unsigned int type;

	switch (decoded->link_type) {
	case TORC_LINK_ETHERNET:
		return TORC_LAYER_ETHERNET;
	case TORC_LINK_RAW:
	case TORC_LINK_RAW_BSD:
	case TORC_LINK_RAW_OPENBSD:
		if (decoded->caplen > 0 && decoded->data[0] >> 4 == 6)
			return TORC_LAYER_IPV6;
		return TORC_LAYER_IPV4;
	default:
		type = registry_find(TORC_BY_LINK_TYPE, decoded->link_type);
		if (type != TORC_LAYER_NONE)
			return type;
		decoded->status = TORC_DECODED_UNKNOWN_NEXT;
		decoded->registry = TORC_BY_LINK_TYPE;
		decoded->number = decoded->link_type;
		return decoded->caplen > 0 ? TORC_LAYER_PAYLOAD : TORC_LAYER_NONE;
	}
}

/* All but the array of layers, as it is for a packet where nothing is wrong. */
static inline void decoded_begin(struct torc_decoded *decoded, uint16_t link_type,
				 const uint8_t *data, uint32_t caplen, uint32_t len)
{
	decoded->data = data;
	decoded->reason = NULL;
	decoded->caplen = caplen;
	decoded->len = len;
	decoded->link_type = link_type;
	decoded->status = len > caplen ? TORC_DECODED_SNAPLEN_TRUNCATED : TORC_DECODED_COMPLETE;
	decoded->flags = len > caplen ? TORC_DECODED_CUT_BY_SNAPLEN : 0;
	decoded->layer_count = 0;
	decoded->registry = TORC_BY_NONE;
	decoded->failed_type = TORC_LAYER_NONE;
	decoded->number = 0;
}

/*
 * What the short way leaves: the layers from type on, or all of them where it gave up; and what to
 * say of the packet as a whole.
 */
static __attribute__((noinline)) int rest_decode(struct torc_decoded *decoded, struct express at,
						 unsigned int type,
						 const struct torc_decode_options *options)
{
	struct torc_cursor cursor = {
		.data = decoded->data + at.at,
		.length = at.left,
		.wire_length = at.wire,
		.flags = decoded->flags,
		.options = options ? options->flags : 0,
		.decoded = decoded,
	};

	decoded->status = TORC_DECODED_COMPLETE;
	if (type == EXPRESS_NO) {
		cursor.data = decoded->data;
		cursor.length = decoded->caplen;
		cursor.wire_length = decoded->len;
		type = first_layer(decoded);
	}
	decoded->flags = layers_decode(decoded, &cursor, type, options);
	if (decoded->status == TORC_DECODED_COMPLETE) {
		if (decoded->flags & TORC_DECODED_CUT_BY_HEADER)
			decoded->status = TORC_DECODED_HEADER_TRUNCATED;
		else if (decoded->flags & TORC_DECODED_CUT_BY_SNAPLEN)
			decoded->status = TORC_DECODED_SNAPLEN_TRUNCATED;
	}
	return decoded->status;
}

/* Into each caller: a call and what it has to save is a tenth of the whole. */
static inline __attribute__((always_inline)) int decode(uint16_t link_type, const uint8_t *data,
							uint32_t caplen, uint32_t len,
							struct torc_decoded *decoded)
{
	struct express e = { data, 0, caplen, len > caplen ? len : caplen, decoded->layers };
	unsigned int type = EXPRESS_NO;

	decoded_begin(decoded, link_type, data, caplen, e.wire);
	if (link_type == TORC_LINK_ETHERNET)
		type = express_decode(&e);
	if (type != EXPRESS_NO)
		decoded->layer_count = (uint8_t)(e.layer - decoded->layers);
	if (type != TORC_LAYER_NONE)
		return rest_decode(decoded, e, type, NULL);
	return decoded->status;
}

int torc_decode(uint16_t link_type, const uint8_t *data, uint32_t caplen, uint32_t len,
		struct torc_decoded *decoded)
{
	prefetch_neighbour(data, caplen);
	return decode(link_type, data, caplen, len, decoded);
}

int torc_decode_packet(const struct torc_packet *packet, struct torc_decoded *decoded)
{
	prefetch_neighbour(packet->data, packet->caplen);
	return decode(packet->link_type, packet->data, packet->caplen, packet->len, decoded);
}

void torc_decode_batch(const struct torc_packet *packets, unsigned int count,
		       struct torc_decoded *decoded)
{
	unsigned int i;

	for (i = 0; i < count && i < PREFETCH_PACKETS; i++)
		__builtin_prefetch(packets[i].data);
	for (i = 0; i < count; i++) {
		if (i + PREFETCH_PACKETS < count) {
			/* headers mostly end in the second cache line */
			__builtin_prefetch(packets[i + PREFETCH_PACKETS].data);
			__builtin_prefetch(packets[i + PREFETCH_PACKETS].data + 63);
		}
		decode(packets[i].link_type, packets[i].data, packets[i].caplen, packets[i].len,
		       &decoded[i]);
	}
}

static bool options_usable(const struct torc_decode_options *options)
{
	uint32_t i;

	if (options->size < sizeof(*options) ||
	    options->flags & ~(uint32_t)(TORC_DECODE_STREAMS | TORC_DECODE_TARGETS_ONLY) ||
	    (options->target_count > 0 && !options->targets))
		return false;
	for (i = 0; i < options->target_count; i++)
		if (options->targets[i].type >= TORC_LAYER_TYPES ||
		    !layer_ops(options->targets[i].type) ||
		    (options->targets[i].size > 0 && !options->targets[i].layer))
			return false;
	return true;
}

/* The layers that the short way found, as the options want them. False where they say to stop. */
static bool express_options(struct torc_decoded *decoded, const struct torc_decode_options *options)
{
	const struct torc_layer *layer;
	unsigned int n, count = decoded->layer_count;

	for (n = 0; n < count; n++) {
		layer = &decoded->layers[n];
		if (stops_before(layer->type, options)) {
			decoded->layer_count = (uint8_t)n;
			decoded->flags |= TORC_DECODED_STOPPED;
			return false;
		}
		targets_fill(decoded, layer, options);
	}
	return true;
}

static int decode_with(const struct torc_packet *packet, const struct torc_decode_options *options,
		       struct torc_decoded *decoded)
{
	uint32_t len = packet->len > packet->caplen ? packet->len : packet->caplen;
	struct express e = { packet->data, 0, packet->caplen, len, decoded->layers };
	unsigned int type = EXPRESS_NO;

	prefetch_neighbour(packet->data, packet->caplen);
	decoded_begin(decoded, packet->link_type, packet->data, packet->caplen, len);
	/* without flags and targets: the long way, so that the tests can hold both together */
	if (packet->link_type == TORC_LINK_ETHERNET && options && options->target_count > 0 &&
	    !(options->flags & TORC_DECODE_STREAMS))
		type = express_decode(&e);
	if (type == EXPRESS_NO)
		return rest_decode(decoded, e, type, options);
	decoded->layer_count = (uint8_t)(e.layer - decoded->layers);
	if (!express_options(decoded, options) || type == TORC_LAYER_NONE)
		return decoded->status;
	return rest_decode(decoded, e, type, options);
}

int torc_decode_with(const struct torc_packet *packet, const struct torc_decode_options *options,
		     struct torc_decoded *decoded)
{
	uint32_t i;

	if (options) {
		if (!options_usable(options))
			return -EINVAL;
		for (i = 0; i < options->target_count; i++)
			options->targets[i].found = false;
	}
	return decode_with(packet, options, decoded);
}
