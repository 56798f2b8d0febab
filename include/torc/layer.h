/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * torc/layer.h - how a layer is described: for those who add a protocol
 *
 * The library's own layers and those a program adds with torc_register_layer() use this same
 * interface. A layer is a struct of the caller's (numbers in host order, addresses in network
 * order), a decode function, a function that fills in the struct, and a table of fields from which
 * text, JSON and look-up by name come. src/decode/icmpv4.c is a short example.
 */
#ifndef TORC_LAYER_H
#define TORC_LAYER_H

#include <torc/decode.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * What a decode function is given and what it fills in.
 *
 * data[0 ... length) is all there is of the layer and what it carries; nothing else may be read.
 * wire_length is how much of it there was on the wire, length or more. The function checks with
 * TORC_NEED() that its header is there, sets header_length, may call torc_cursor_claim(), and says
 * what comes next with torc_cursor_next() or by setting next. When next stays TORC_LAYER_NONE the
 * layer carries nothing, and bytes behind its header are trailer.
 *
 * What is whole of a header is kept: TORC_STEP_CUT_TAIL and TORC_STEP_BAD_TAIL make a layer, and the
 * packet's status, reason and failed_type say what is not. read() must look at header_length then.
 * A port is a hint: behind UDP and TCP what a decode function finds short on the wire or malformed
 * is another protocol, and shown as Payload.
 */
struct torc_cursor {
	const uint8_t *data;
	uint32_t length;
	uint32_t wire_length;
	uint32_t header_length; /* out */
	uint16_t next;          /* out: a layer type */
	uint8_t registry;       /* out, by torc_cursor_next(): next is unknown, and this is why */
	uint8_t flags;          /* TORC_DECODED_ bits of the packet, in and out */
	uint32_t number;        /* out, by torc_cursor_next() */
	uint32_t options;       /* in: TORC_DECODE_STREAMS */
	const char *reason;     /* out, with TORC_STEP_MALFORMED: a constant string */
	const struct torc_decoded *decoded; /* in: the layers before this one */
};

/* What a decode function returns. */
enum torc_step {
	TORC_STEP_OK = 0,
	TORC_STEP_SHORT = 1,    /* the header is not there as a whole */
	TORC_STEP_MALFORMED = 2, /* it is, and is wrong: see reason */
	/* its fixed part is there, its tail (options, addresses) is cut: what there is is the layer */
	TORC_STEP_CUT_TAIL = 3,
	/* all of header_length is the layer, but its tail is wrong: see reason; goes on with next */
	TORC_STEP_BAD_TAIL = 4,
	/* the bytes are of another layer type, set in next, which decodes them instead */
	TORC_STEP_OTHER = 5
};

#define TORC_NEED(cursor, bytes)                                                                   \
	do {                                                                                       \
		if ((cursor)->length < (uint32_t)(bytes))                                          \
			return TORC_STEP_SHORT;                                                    \
	} while (0)

/* A number that leads to a layer; a list of them ends with registry TORC_BY_NONE. */
struct torc_layer_number {
	uint8_t registry; /* enum torc_registry */
	uint16_t number;
};

/* A list in a layer: options, records. */
struct torc_list_info {
	/*
	 * Fill in the element at *position (0 at first) and move it on. layer is the layer's
	 * struct, filled in. Returns 1, or 0 at the end or where the list is damaged. Each call must
	 * move *position on, so that a list ends.
	 */
	int (*next)(const void *layer, uint32_t *position, void *element);
	uint16_t element_size; /* at most TORC_LAYER_STRUCT_MAX */
	const struct torc_field_info *fields; /* of an element */
};

/* field flags */
enum {
	TORC_FIELD_OPTIONAL = 1 << 0, /* leave it out of text and JSON when 0 or empty */
	TORC_FIELD_SUMMARY = 1 << 1,  /* show it in the one line a packet has */
	TORC_FIELD_DERIVED = 1 << 2   /* not a part of the packet: derive() sets it */
};

/* One field of a struct; a table of them ends with TORC_FIELDS_END. */
struct torc_field_info {
	const char *name; /* as in the path: lower case, words joined by _ */
	uint8_t kind;     /* enum torc_field_kind */
	uint8_t size;     /* of the number in the struct: 1, 2, 4, 8 */
	uint16_t offset;  /* in the struct */
	uint8_t flags;
	const char *unit; /* or NULL */
	__extension__ union { /* without a name, as C11 and C++ have it */
		const char *(*value_name)(uint64_t number); /* of a number: its meaning, or NULL */
		const struct torc_list_info *list;          /* of TORC_FIELD_LIST */
	};
};

#define TORC_FIELD_AT(object, member, name_, kind_, ...)                                           \
	{ .name = (name_), .kind = (kind_), .size = (uint8_t)sizeof(((object *)0)->member),        \
	  .offset = (uint16_t)offsetof(object, member), __VA_ARGS__ }
#define TORC_FIELDS_END { .name = NULL, .kind = TORC_FIELD_END }

/* The largest struct of a layer or of a list's element. */
#define TORC_LAYER_STRUCT_MAX 512

/* Where in the header the two ends of a flow are; length 0: the layer has no flow. */
struct torc_layer_flow {
	uint8_t type;   /* enum torc_endpoint_type of torc/flow.h */
	uint8_t length; /* bytes of an end */
	uint8_t source; /* offsets, inside the least header_length */
	uint8_t destination;
};

/* How the checksum of a layer is made. */
enum torc_checksum_method {
	TORC_SUM_NONE = 0,
	TORC_SUM_HEADER = 1,  /* RFC 1071, over the header */
	TORC_SUM_MESSAGE = 2, /* RFC 1071, over header and payload */
	TORC_SUM_PSEUDO = 3,  /* the same and IP's pseudo-header; for UDP, 0 means absent */
	TORC_SUM_GRE = 4,     /* as MESSAGE, when the header's first bit is set (RFC 2784 §2.1) */
	TORC_SUM_CRC32C = 5   /* SCTP's, over header and payload (RFC 9260 §6.8) */
};

struct torc_layer_checksum {
	uint8_t method; /* enum torc_checksum_method */
	uint8_t offset; /* of the checksum in the header */
	uint8_t protocol; /* IP protocol number, for TORC_SUM_PSEUDO */
};

struct torc_layer_ops {
	const char *name; /* as gopacket's LayerType has it */
	const char *key;  /* in field paths */
	uint8_t role;     /* enum torc_role */
	uint16_t struct_size;
	const struct torc_layer_number *numbers; /* what leads here, or NULL */
	/* returns enum torc_step */
	int (*decode)(struct torc_cursor *cursor);
	/* fill in the struct, zeroed before; the header was accepted by decode() */
	void (*read)(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out);
	const struct torc_field_info *fields; /* or NULL */
	struct torc_layer_flow flow;
	struct torc_layer_checksum checksum;
	/*
	 * For fields that must be computed: a fingerprint, what is encrypted. out was filled in by read();
	 * bytes that are not the packet's go to room, TORC_DERIVE_ROOM bytes. Or NULL.
	 */
	void (*derive)(void *out, uint8_t *room);
};

#define TORC_DERIVE_ROOM 1024

/*
 * torc_register_layer - add a layer type of the program's own
 *
 * ops is borrowed for the life of the process. Returns the type, TORC_LAYER_USER_FIRST or more, or
 * -EINVAL, or -ENOSPC. Its numbers are registered with it.
 */
TORC_API int torc_register_layer(const struct torc_layer_ops *ops);

/*
 * torc_layer_describe - the tables of a layer type: name, role, fields, numbers; NULL: there is none
 *
 * Borrowed for the life of the process. Types are 1 to TORC_LAYER_TYPES - 1, not all of them taken.
 */
TORC_API const struct torc_layer_ops *torc_layer_describe(unsigned int type);

/*
 * torc_cursor_next - what comes next, by number; an unknown one is Payload and is remembered
 */
TORC_API void torc_cursor_next(struct torc_cursor *cursor, enum torc_registry registry,
			       unsigned int number);

/*
 * torc_cursor_claim - the layer says that header and payload are total bytes long
 *
 * Cuts what is longer (the rest is trailer); marks the packet as truncated when there was less on
 * the wire.
 */
static inline void torc_cursor_claim(struct torc_cursor *cursor, uint32_t total)
{
	if (total <= cursor->wire_length)
		cursor->wire_length = total;
	else if (!(cursor->flags & TORC_DECODED_FRAGMENT)) /* a first fragment is short by nature */
		cursor->flags |= TORC_DECODED_CUT_BY_HEADER;
	if (total < cursor->length)
		cursor->length = total;
}

/* torc_cursor_malformed - for "return torc_cursor_malformed(cursor, "version is not 4")" */
static inline int torc_cursor_malformed(struct torc_cursor *cursor, const char *reason)
{
	cursor->reason = reason;
	return TORC_STEP_MALFORMED;
}

/* torc_cursor_bad_tail - the same, where the layer stays and its tail is wrong */
static inline int torc_cursor_bad_tail(struct torc_cursor *cursor, const char *reason)
{
	cursor->reason = reason;
	return TORC_STEP_BAD_TAIL;
}

/* Numbers in network order, at any alignment. */
static inline uint16_t torc_be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t torc_be24(const uint8_t *p)
{
	return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
}

static inline uint32_t torc_be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline uint64_t torc_be64(const uint8_t *p)
{
	return (uint64_t)torc_be32(p) << 32 | torc_be32(p + 4);
}

/*
 * TORC_LAYER_READER - declares torc_layer_<symbol>(decoded, layer, &struct)
 *
 * Fills in the typed struct of a layer of that type; 0, or -EINVAL when the layer is NULL or of
 * another type.
 */
#define TORC_LAYER_READER(symbol, NAME)                                                            \
	static inline int torc_layer_##symbol(const struct torc_decoded *decoded,                  \
					      const struct torc_layer *layer,                      \
					      struct torc_##symbol *out)                           \
	{                                                                                          \
		return torc_layer_read(decoded, layer, TORC_LAYER_##NAME, out, sizeof(*out));      \
	}

#ifdef __cplusplus
}
#endif

#endif
