/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * message.c - from the bytes of a stream to messages: which protocol it is, where a message ends,
 * what is put together and what is stepped over
 */
#include <errno.h>
#include <stdlib.h>

#include "decode/registry.h"
#include "message/message.h"
#include "stream/stream.h"

#define PROTOCOLS_MAX  16u
#define MEMORY_DEFAULT (64u << 20)
#define ROOM_FIRST     2048u

/* ---- the registry ---- */

static const struct torc_message_protocol *protocols[PROTOCOLS_MAX] = { &message_http, &message_tls,
									&message_dns };
static unsigned int protocol_count = 3;

int torc_message_register(const struct torc_message_protocol *protocol)
{
	if (!protocol || !protocol->name || !protocol->probe || !protocol->frame ||
	    protocol->state_bytes > TORC_MESSAGE_STATE_MAX ||
	    protocol->layer >= TORC_LAYER_TYPES || !layer_ops(protocol->layer))
		return -EINVAL;
	if (protocol_count == PROTOCOLS_MAX)
		return -ENOSPC;
	memmove(protocols + 1, protocols, protocol_count * sizeof(*protocols));
	protocols[0] = protocol;
	protocol_count++;
	return 0;
}

/* ---- what is kept of a connection ---- */

/* The beginning of a message whose end has not come. */
struct part {
	uint32_t length;
	uint32_t room;
	uint32_t packet_count;
	uint64_t first_ns;
	uint64_t packets[TORC_MESSAGE_PACKETS];
	uint8_t data[];
};

struct side {
	struct part *part;
	uint64_t skip;    /* bytes of a body */
	uint64_t drop;    /* bytes of a message that is too long */
	bool unknown;     /* no protocol, for ever */
	bool searching;   /* behind a gap: for the beginning of a message */
};

struct talk {
	const struct torc_message_protocol *protocol;
	struct side side[2];
	struct talk *before, *behind; /* of all, for torc_messages_close() */
	_Alignas(8) uint8_t state[TORC_MESSAGE_STATE_MAX];
};

struct torc_messages {
	uint64_t memory_limit;
	struct talk *first;
	struct talk *talk; /* of the event at hand */
	const struct torc_stream_event *event;
	const uint8_t *data; /* what is left of it */
	uint32_t length;
	uint32_t kept;       /* of it, moved to a part in this step */
	struct part *spent;  /* the message that is read now, or NULL */
	struct torc_message message;
	struct torc_decoded decoded;
	uint64_t packet; /* the packet of a message in one segment */
	struct torc_messages_stats stats;
};

static void part_free(struct torc_messages *messages, struct part *part)
{
	if (!part)
		return;
	messages->stats.memory_bytes -= sizeof(*part) + part->room;
	free(part);
}

/* What was there of a message is given up. */
static void part_lose(struct torc_messages *messages, struct side *side)
{
	if (!side->part)
		return;
	messages->stats.lost += side->part->length;
	messages->stats.waiting -= side->part->length;
	part_free(messages, side->part);
	side->part = NULL;
}

/* Room for more bytes; false when there is none. */
static bool part_grow(struct torc_messages *messages, struct side *side, uint32_t more)
{
	struct part *part = side->part;
	uint32_t room = part ? part->room : ROOM_FIRST, old = part ? part->room : 0;
	uint64_t needed = (part ? part->length : 0) + (uint64_t)more;

	while (room < needed)
		room *= 2;
	if (part && room == old)
		return true;
	if (messages->stats.memory_bytes + room - old + sizeof(*part) > messages->memory_limit)
		return false;
	part = realloc(part, sizeof(*part) + room);
	if (!part)
		return false;
	if (!side->part) {
		part->length = part->packet_count = 0;
		messages->stats.memory_bytes += sizeof(*part);
	}
	messages->stats.memory_bytes += room - old;
	part->room = room;
	side->part = part;
	return true;
}

static struct talk **talk_slot(const struct torc_stream *stream, bool make)
{
	uint32_t place;
	struct slab_head *head = stream_slab(stream, &place);

	if (!head->messages && make)
		head->messages = calloc(SLAB_STREAMS, sizeof(*head->messages));
	return head->messages ? (struct talk **)&head->messages[place] : NULL;
}

static struct talk *talk_of(struct torc_messages *messages, const struct torc_stream *stream)
{
	struct talk **slot = talk_slot(stream, true), *talk;

	if (!slot || *slot)
		return slot ? *slot : NULL;
	talk = calloc(1, sizeof(*talk));
	if (!talk)
		return NULL;
	messages->stats.memory_bytes += sizeof(*talk);
	talk->behind = messages->first;
	if (messages->first)
		messages->first->before = talk;
	messages->first = talk;
	return *slot = talk;
}

static void talk_free(struct torc_messages *messages, struct talk *talk)
{
	if (talk->before)
		talk->before->behind = talk->behind;
	else
		messages->first = talk->behind;
	if (talk->behind)
		talk->behind->before = talk->before;
	part_lose(messages, &talk->side[0]);
	part_lose(messages, &talk->side[1]);
	messages->stats.memory_bytes -= sizeof(*talk);
	free(talk);
}

/* ---- which protocol ---- */

static bool has_port(const struct torc_message_protocol *protocol, uint16_t a, uint16_t b)
{
	const uint16_t *port = protocol->ports;

	while (port && *port) {
		if (*port == a || *port == b)
			return true;
		port++;
	}
	return false;
}

/*
 * 1: the talk has its protocol now; 0: it is none of them; -1: more bytes are needed. Those of the
 * port first; several may want more bytes.
 */
static int protocol_find(struct talk *talk, const struct torc_stream *stream, unsigned int side,
			 const uint8_t *data, uint32_t length)
{
	int found = 0;

	for (unsigned int round = 0; round < 2; round++)
		for (unsigned int i = 0; i < protocol_count; i++) {
			const struct torc_message_protocol *protocol = protocols[i];
			bool port = has_port(protocol, stream->key.low_port, stream->key.high_port);
			int answer;

			if (port != (round == 0))
				continue;
			answer = protocol->probe(side, data, length);
			if (answer > 0) {
				talk->protocol = protocol;
				return 1;
			}
			if (answer < 0 && port)
				return -1; /* as the port says, until it is clear that not */
			if (answer < 0)
				found = -1;
		}
	return found;
}

/* ---- one step ---- */

static void advance(struct torc_messages *messages, uint64_t bytes)
{
	messages->data += bytes;
	messages->length -= (uint32_t)bytes;
}

/* The rest of the event is of nothing that is known. */
static void give_up(struct torc_messages *messages, struct side *side, bool for_ever)
{
	part_lose(messages, side);
	messages->stats.unknown += messages->length;
	advance(messages, messages->length);
	side->unknown = for_ever;
	side->searching = !for_ever;
}

/* All that is left of the event goes to what is there of the message. */
static bool keep(struct torc_messages *messages, struct side *side)
{
	const struct torc_stream_event *event = messages->event;
	struct part *part;

	if (!part_grow(messages, side, messages->length)) {
		messages->stats.no_memory++;
		give_up(messages, side, false);
		return false;
	}
	part = side->part;
	if (part->length == 0)
		part->first_ns = event->timestamp_ns;
	if (part->packet_count == 0 || part->packet_count > TORC_MESSAGE_PACKETS ||
	    part->packets[part->packet_count - 1] != event->packet) {
		if (part->packet_count < TORC_MESSAGE_PACKETS)
			part->packets[part->packet_count] = event->packet;
		part->packet_count++;
	}
	memcpy(part->data + part->length, messages->data, messages->length);
	part->length += messages->length;
	messages->stats.waiting += messages->length;
	messages->kept = messages->length;
	advance(messages, messages->length);
	return true;
}

static void decode(struct torc_messages *messages, unsigned int type, const uint8_t *data,
		   uint32_t length)
{
	struct torc_decoded *decoded = &messages->decoded;
	struct torc_cursor cursor = { .data = data, .length = length, .wire_length = length,
				      .decoded = decoded };
	int step;

	*decoded = (struct torc_decoded){ .data = data, .caplen = length, .len = length,
					  .layer_count = 1 };
	step = layer_ops(type)->decode(&cursor);
	if (step == TORC_STEP_OK && cursor.header_length <= length) {
		decoded->layers[0] = (struct torc_layer){
			.type = (uint16_t)type, .header_length = cursor.header_length,
			.payload_length = length - cursor.header_length };
		return;
	}
	decoded->status = step == TORC_STEP_MALFORMED ? TORC_DECODED_MALFORMED :
							TORC_DECODED_HEADER_TRUNCATED;
	decoded->reason = step == TORC_STEP_MALFORMED ? cursor.reason : "too few bytes";
	decoded->failed_type = (uint16_t)type;
	decoded->layers[0] = (struct torc_layer){ .type = TORC_LAYER_DECODE_FAILURE,
						  .header_length = length };
}

/* A message is whole: at data, which is the event's or a part's. */
static const struct torc_message *message_give(struct torc_messages *messages,
					       const struct torc_message_frame *frame,
					       const uint8_t *data, struct part *part,
					       uint64_t offset)
{
	const struct torc_stream_event *event = messages->event;
	const struct torc_message_protocol *protocol = messages->talk->protocol;

	decode(messages, protocol->layer, data + frame->lead, frame->length - frame->lead);
	messages->packet = event->packet;
	messages->message = (struct torc_message){
		.protocol = protocol->name,
		.decoded = &messages->decoded,
		.stream = event->stream,
		.packets = part ? part->packets : &messages->packet,
		.packet_count = part ? part->packet_count : 1,
		.side = event->side,
		.offset = offset,
		.length = frame->length,
		.body_length = frame->skip == UINT64_MAX ? 0 : frame->skip,
		.first_ns = part ? part->first_ns : event->timestamp_ns,
		.last_ns = event->timestamp_ns,
	};
	messages->stats.messages++;
	messages->spent = part;
	return &messages->message;
}

/* The frame at the beginning of what there is is known: goes behind it. */
static const struct torc_message *frame_take(struct torc_messages *messages, struct side *side,
					     const struct torc_message_frame *frame)
{
	struct part *part = side->part;
	const uint8_t *data = part ? part->data : messages->data;
	uint64_t offset = messages->event->offset +
			  (uint64_t)(messages->data - messages->event->data) -
			  (part ? part->length : 0);

	side->skip = frame->skip;
	if (part) {
		/* what was kept too much goes back to the event */
		uint32_t back = part->length - frame->length;

		messages->stats.waiting -= part->length;
		messages->data -= back;
		messages->length += back;
		side->part = NULL;
	} else {
		advance(messages, frame->length);
	}
	messages->stats.in_messages += frame->length;
	if (!frame->silent)
		return message_give(messages, frame, data, part, offset);
	part_free(messages, part);
	return NULL;
}

/* Longer than anything that is kept: stepped over, and counted. */
static void frame_drop(struct torc_messages *messages, struct side *side,
		       const struct torc_message_frame *frame)
{
	uint32_t have = side->part ? side->part->length : 0;

	messages->stats.too_long++;
	part_lose(messages, side);
	side->drop = frame->length - have;
	side->skip = frame->skip;
}

static void body_pass(struct torc_messages *messages, uint64_t *left, uint64_t *counter)
{
	uint64_t bytes = *left < messages->length ? *left : messages->length;

	*counter += bytes;
	if (*left != UINT64_MAX)
		*left -= bytes;
	advance(messages, bytes);
}

/* Is it clear whose bytes these are? They are at data; false: this event is done with. */
static bool protocol_ready(struct torc_messages *messages, struct side *side, const uint8_t *data,
			   uint32_t length)
{
	struct talk *talk = messages->talk;
	int answer;

	if (talk->protocol && !side->searching)
		return true;
	if (talk->protocol)
		answer = talk->protocol->probe(messages->event->side, data, length);
	else
		answer = protocol_find(talk, messages->event->stream, messages->event->side, data,
				       length);
	if (answer > 0) {
		side->searching = false;
		return true;
	}
	if (answer == 0 || length > 64)
		give_up(messages, side, !talk->protocol);
	return false;
}

/* Goes on by one frame; a message when that was one. */
static const struct torc_message *step(struct torc_messages *messages)
{
	struct talk *talk = messages->talk;
	struct side *side = &talk->side[messages->event->side];
	struct torc_message_frame frame = { 0 };
	const uint8_t *data;
	uint32_t length;

	messages->kept = 0;
	if (side->unknown) {
		give_up(messages, side, true);
		return NULL;
	}
	if (side->drop || side->skip) {
		if (side->drop)
			body_pass(messages, &side->drop, &messages->stats.lost);
		else
			body_pass(messages, &side->skip, &messages->stats.bodies);
		return NULL;
	}
	if (side->part && !keep(messages, side))
		return NULL;
	data = side->part ? side->part->data : messages->data;
	length = side->part ? side->part->length : messages->length;
	if (!protocol_ready(messages, side, data, length)) {
		if (messages->length > 0)
			keep(messages, side);
		return NULL;
	}
	if (talk->protocol->frame(talk->state, messages->event->side, data, length, &frame) < 0 ||
	    frame.lead > frame.length ||
	    (frame.length > 0 && frame.length <= length - messages->kept && side->part)) {
		give_up(messages, side, true);
		return NULL;
	}
	if (frame.length > 0 && frame.length <= length)
		return frame_take(messages, side, &frame);
	if (frame.length > TORC_MESSAGE_MAX)
		frame_drop(messages, side, &frame);
	else if (length >= TORC_MESSAGE_MAX) {
		messages->stats.too_long++;
		give_up(messages, side, false);
	} else if (messages->length > 0) {
		keep(messages, side);
	}
	return NULL;
}

/* ---- the calls ---- */

int torc_messages_open(struct torc_messages **out, const struct torc_messages_options *options)
{
	struct torc_messages *messages;

	*out = NULL;
	if (options && options->size < sizeof(*options))
		return -EINVAL;
	messages = calloc(1, sizeof(*messages));
	if (!messages)
		return -ENOMEM;
	messages->memory_limit = options && options->memory_bytes ? options->memory_bytes :
								    MEMORY_DEFAULT;
	*out = messages;
	return 0;
}

void torc_messages_close(struct torc_messages *messages)
{
	if (!messages)
		return;
	while (messages->first)
		talk_free(messages, messages->first);
	free(messages->spent);
	free(messages);
}

static void gap_pass(struct torc_messages *messages, struct side *side, unsigned int which,
		     uint64_t length)
{
	uint64_t *left = side->drop ? &side->drop : &side->skip;

	if (*left == UINT64_MAX)
		return;
	if (*left >= length && length > 0) {
		*left -= length;
		return;
	}
	side->drop = side->skip = 0;
	part_lose(messages, side);
	if (messages->talk->protocol && messages->talk->protocol->gap)
		messages->talk->protocol->gap(messages->talk->state, which);
	side->searching = true;
}

int torc_messages_add(struct torc_messages *messages, struct torc_streams *streams,
		      const struct torc_stream_event *event)
{
	struct talk **slot;

	(void)streams;
	if (messages->length > 0)
		return -EBUSY;
	part_free(messages, messages->spent);
	messages->spent = NULL;
	if (event->type == TORC_STREAM_CLOSE) {
		slot = talk_slot(event->stream, false);
		if (slot && *slot) {
			talk_free(messages, *slot);
			*slot = NULL;
		}
		return 0;
	}
	if (event->type != TORC_STREAM_DATA && event->type != TORC_STREAM_GAP)
		return 0;
	messages->talk = talk_of(messages, event->stream);
	if (!messages->talk)
		return -ENOMEM;
	messages->event = event;
	if (event->type == TORC_STREAM_GAP) {
		gap_pass(messages, &messages->talk->side[event->side], event->side, event->length);
		return 0;
	}
	messages->data = event->data;
	messages->length = event->length;
	messages->stats.seen += event->length;
	return 0;
}

const struct torc_message *torc_messages_next(struct torc_messages *messages)
{
	const struct torc_message *message = NULL;

	part_free(messages, messages->spent);
	messages->spent = NULL;
	while (!message && messages->length > 0)
		message = step(messages);
	return message;
}

int torc_messages_stats(const struct torc_messages *messages, struct torc_messages_stats *stats)
{
	size_t size = stats->size;

	if (size < sizeof(size))
		return -EINVAL;
	if (size > sizeof(messages->stats))
		memset((char *)stats + sizeof(messages->stats), 0, size - sizeof(messages->stats));
	memcpy(stats, &messages->stats,
	       size < sizeof(messages->stats) ? size : sizeof(messages->stats));
	stats->size = size;
	return 0;
}
