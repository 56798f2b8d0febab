/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * torc/decode.h - what is in a packet: its layers, their fields, as text and as JSON
 *
 *	struct torc_decoded decoded;
 *	const struct torc_layer *layer;
 *	struct torc_ipv4 ipv4;
 *
 *	torc_decode_packet(&packet, &decoded);
 *	layer = torc_layer_first(&decoded, TORC_LAYER_IPV4);
 *	if (layer && torc_layer_ipv4(&decoded, layer, &ipv4) == 0)
 *		printf("ttl %u\n", ipv4.ttl);
 *
 * Decoding gives results, not errors. It allocates nothing, copies nothing and never reads past
 * caplen; whatever the bytes are, the layers found before a problem stay. A struct torc_decoded
 * borrows the packet's bytes: it is good for as long as they are.
 *
 * The typed structs (torc_ipv4 and so on) are in torc/layers/, one header a protocol.
 */
#ifndef TORC_DECODE_H
#define TORC_DECODE_H

#include <torc/packet.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Layer types: TORC_LAYER_ETHERNET and so on, one for each line of torc/layers/list.h. */
enum torc_layer_type {
	TORC_LAYER_NONE = 0,
#define TORC_LAYER(name, number, symbol) TORC_LAYER_##name = number,
#include <torc/layers/list.h>
	TORC_LAYER_USER_FIRST = 384, /* 384 ... 511: see torc_register_layer() in torc/layer.h */
	TORC_LAYER_TYPES = 512
};

/* How many layers one packet may have; deeper ones end with TORC_DECODED_LAYER_LIMIT. */
#define TORC_LAYERS_MAX 32

/*
 * One layer. offset counts from the first byte of the packet; header_length is what the layer
 * itself takes, payload_length what it carries of the bytes that were captured. What lies behind
 * (Ethernet padding) belongs to no layer.
 */
struct torc_layer {
	uint16_t type;
	uint16_t reserved;
	uint32_t offset;
	uint32_t header_length;
	uint32_t payload_length;
};

/* struct torc_decoded.status, the worst last */
enum torc_decoded_status {
	TORC_DECODED_COMPLETE = 0,
	TORC_DECODED_SNAPLEN_TRUNCATED = 1, /* the capture was cut: caplen < len */
	TORC_DECODED_HEADER_TRUNCATED = 2,  /* a length field promises more than the wire had */
	TORC_DECODED_UNKNOWN_NEXT = 3,      /* no decoder: see registry and number */
	TORC_DECODED_LAYER_LIMIT = 4,       /* more than TORC_LAYERS_MAX layers */
	TORC_DECODED_MALFORMED = 5          /* a value its standard forbids: see reason */
};

/* struct torc_decoded.flags */
enum {
	TORC_DECODED_CUT_BY_SNAPLEN = 1 << 0,
	TORC_DECODED_CUT_BY_HEADER = 1 << 1,
	TORC_DECODED_FRAGMENT = 1 << 2,       /* an IP fragment, first or later */
	TORC_DECODED_LATER_FRAGMENT = 1 << 3, /* not the first: ends in a Fragment layer */
	TORC_DECODED_STOPPED = 1 << 4         /* at a layer the caller did not choose */
};

/* What tells the next layer: struct torc_decoded.registry, torc_register_number() */
enum torc_registry {
	TORC_BY_NONE = 0,
	TORC_BY_LINK_TYPE = 1,
	TORC_BY_ETHER_TYPE = 2,
	TORC_BY_IP_PROTOCOL = 3,
	TORC_BY_TCP_PORT = 4,
	TORC_BY_UDP_PORT = 5,
	TORC_BY_SCTP_PORT = 6,
	TORC_BY_LLC_SAP = 7,
	TORC_BY_PPP_PROTOCOL = 8,
	TORC_BY_ICMPV6_TYPE = 9,
	TORC_BY_ADDRESS_FAMILY = 10, /* of BSD loopback headers */
	TORC_BY_SNAP = 11,           /* numbers behind Cisco's OUI */
	TORC_REGISTRIES = 12
};

/*
 * A decoded packet. The layers are in wire order; the last one is Payload or Fragment where bytes
 * are left that nobody decodes, and DecodeFailure where decoding could not go on (malformed, or the
 * header itself was cut).
 *
 * reason         what was wrong, a constant string; else NULL
 * failed_type    the layer type that could not be decoded; else TORC_LAYER_NONE. Where no
 *                DecodeFailure ends the layers, that layer is there as far as it is whole: ports,
 *                addresses and types are not lost because an option behind them is cut or wrong
 * registry, number   with TORC_DECODED_UNKNOWN_NEXT: what has no decoder
 */
struct torc_decoded {
	const uint8_t *data; /* borrowed */
	const char *reason;
	uint32_t caplen;
	uint32_t len;
	uint16_t link_type;
	uint8_t status;      /* enum torc_decoded_status */
	uint8_t flags;       /* TORC_DECODED_ bits */
	uint8_t layer_count;
	uint8_t registry;    /* enum torc_registry */
	uint16_t failed_type;
	uint32_t number;
	uint32_t reserved[3]; /* for later; the library does not write to it */
	struct torc_layer layers[TORC_LAYERS_MAX];
};

/*
 * torc_decode - find the layers of a packet
 *
 * link_type  TORC_LINK_ value: what the first byte belongs to
 * data       caplen bytes
 * len        bytes that were on the wire; taken as caplen when smaller
 *
 * TCP carries a stream, so what it carries is Payload here; see torc_decode_with().
 * Returns the status, which is in decoded too. Cost: some tens of nanoseconds; no allocation. What
 * lies right behind the packet is prefetched (never read): mostly the next packet.
 */
TORC_API int torc_decode(uint16_t link_type, const uint8_t *data, uint32_t caplen, uint32_t len,
			 struct torc_decoded *decoded);

/* torc_decode_packet - the same, of a packet */
TORC_API int torc_decode_packet(const struct torc_packet *packet, struct torc_decoded *decoded);

/*
 * torc_decode_batch - decode many packets, fetching the next ones from memory meanwhile
 *
 * Fills in decoded[0] ... decoded[count - 1]. Where packets are not in the cache, some
 * one and a half times as fast as one by one.
 */
TORC_API void torc_decode_batch(const struct torc_packet *packets, unsigned int count,
				struct torc_decoded *decoded);

/* struct torc_decode_options.flags */
enum {
	/*
	 * give what TCP carries to the decoder of its port, as if each segment were a datagram; where the
	 * ports say nothing, what its first bytes can only be (TLS, HTTP and the like) is decoded too
	 */
	TORC_DECODE_STREAMS = 1 << 0,
	/* with targets: end at the first layer that is not among them (TORC_DECODED_STOPPED) */
	TORC_DECODE_TARGETS_ONLY = 1 << 1
};

/*
 * A layer the caller chose: its struct is filled in while decoding, with the first layer of that
 * type (the last, with innermost).
 */
struct torc_target {
	uint16_t type;   /* in */
	bool innermost;  /* in */
	bool found;      /* out */
	uint32_t size;   /* in: sizeof(*layer) */
	void *layer;     /* in: such as a struct torc_ipv4 of the caller */
};

struct torc_decode_options {
	size_t size; /* sizeof(struct torc_decode_options) */
	uint32_t flags;
	uint32_t target_count;
	struct torc_target *targets;
};

/*
 * torc_decode_with - decode with options, into chosen structs in the same pass
 *
 * options may be NULL. Returns the status, or -EINVAL for options that make no sense.
 */
TORC_API int torc_decode_with(const struct torc_packet *packet,
			      const struct torc_decode_options *options,
			      struct torc_decoded *decoded);

/* torc_decoded_status_name - "complete", "malformed" and so on; never NULL */
TORC_API const char *torc_decoded_status_name(int status);

/* torc_registry_name - "EtherType", "IP protocol" and so on; never NULL */
TORC_API const char *torc_registry_name(int registry);

/* torc_decoded_truncated - the capture was cut, or a length field promises more than there is */
static inline bool torc_decoded_truncated(const struct torc_decoded *decoded)
{
	return (decoded->flags & (TORC_DECODED_CUT_BY_SNAPLEN | TORC_DECODED_CUT_BY_HEADER)) != 0;
}

/* ---- layers ---- */

/* torc_layer_name - gopacket's name of a layer type, such as "IPv6HopByHop"; "Unknown" if none */
TORC_API const char *torc_layer_name(unsigned int type);

/* torc_layer_key - its name in field paths, such as "ipv6_hop_by_hop"; "unknown" if none */
TORC_API const char *torc_layer_key(unsigned int type);

/* torc_layer_type_of - the layer type of a name or key, any case; 0 if there is none */
TORC_API unsigned int torc_layer_type_of(const char *name);

/* torc_layer_first, _last - the outermost, innermost layer of a type; NULL if there is none */
TORC_API const struct torc_layer *torc_layer_first(const struct torc_decoded *decoded,
						   unsigned int type);
TORC_API const struct torc_layer *torc_layer_last(const struct torc_decoded *decoded,
						  unsigned int type);

/* torc_layer_nth - the layer of a type, 0 the outermost, 1 the next, -1 the innermost */
TORC_API const struct torc_layer *torc_layer_nth(const struct torc_decoded *decoded,
						 unsigned int type, int n);

enum torc_role {
	TORC_ROLE_NONE = 0,
	TORC_ROLE_LINK = 1,
	TORC_ROLE_NETWORK = 2,
	TORC_ROLE_TRANSPORT = 3,
	TORC_ROLE_APPLICATION = 4,
	TORC_ROLE_FAILURE = 5
};

/* torc_layer_role - the role of a layer type */
TORC_API enum torc_role torc_layer_role(unsigned int type);

/* torc_layer_by_role - the layer of a role, 0 the outermost, 1 the next, -1 the innermost, or NULL */
TORC_API const struct torc_layer *torc_layer_by_role(const struct torc_decoded *decoded,
						     enum torc_role role, int n);

/* torc_layer_header, _payload - the bytes of a layer, borrowed as the packet is */
static inline const uint8_t *torc_layer_header(const struct torc_decoded *decoded,
					       const struct torc_layer *layer)
{
	return decoded->data + layer->offset;
}

static inline const uint8_t *torc_layer_payload(const struct torc_decoded *decoded,
						const struct torc_layer *layer)
{
	return decoded->data + layer->offset + layer->header_length;
}

/*
 * torc_layer_read - fill in the typed struct of a layer
 *
 * The functions torc_layer_ipv4() and so on of torc/layers/ are this, with the types checked.
 * Numbers are in host order. Bytes of variable length are borrowed from the packet.
 * Returns 0, or -EINVAL when layer is NULL or of another type.
 */
TORC_API int torc_layer_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			     unsigned int type, void *out, size_t size);

/* torc_trailer - bytes behind the last layer (padding): their offset; *length may be 0 */
TORC_API uint32_t torc_trailer(const struct torc_decoded *decoded, uint32_t *length);

/* ---- fields ---- */

/* Bytes of variable length, borrowed from the packet. */
struct torc_bytes {
	const uint8_t *data;
	uint32_t length;
};

enum torc_field_kind {
	TORC_FIELD_END = 0,    /* ends a table */
	TORC_FIELD_UINT = 1,   /* number, decimal */
	TORC_FIELD_HEX = 2,    /* number, better read in hex */
	TORC_FIELD_BOOL = 3,
	TORC_FIELD_MAC = 4,    /* 6 bytes */
	TORC_FIELD_IPV4 = 5,   /* 4 bytes, network order */
	TORC_FIELD_IPV6 = 6,   /* 16 bytes */
	TORC_FIELD_BYTES = 7,
	TORC_FIELD_STRING = 8, /* bytes that are meant to be read; may hold anything */
	TORC_FIELD_INT = 9,    /* signed */
	TORC_FIELD_LIST = 10,  /* options, records: a table inside the table */
	TORC_FIELD_NAME = 11,  /* a domain name: struct torc_domain_name */
	TORC_FIELD_OID = 12,   /* an object identifier: bytes as in X.690 §8.19; text "1.3.6.1" */
	TORC_FIELD_NETBIOS = 13, /* a NetBIOS name: 32 letters as in RFC 1001 §14.1; text "FRED<20>" */
	TORC_FIELD_UTF16 = 14, /* UTF-16, the lower byte first; text in UTF-8 */
	TORC_FIELD_UUID = 15   /* 16 bytes in the order of their text, RFC 9562 §4 */
};

/* A domain name in a DNS message, whose other names it may point to (RFC 1035 §4.1.4). */
struct torc_domain_name {
	struct torc_bytes message;
	uint32_t offset;
};

#define TORC_DOMAIN_NAME_MAX 1021 /* bytes of text at most, the zero included */

/*
 * torc_domain_name_text - "example.com.", with escapes of RFC 1035 §5.1; the root is "."
 *
 * Returns its length as snprintf() does; 0 when the bytes are no name: it runs out of the message,
 * is too long, or points forwards.
 */
TORC_API int torc_domain_name_text(const struct torc_domain_name *name, char *buffer, size_t size);

/* The value of one field. */
struct torc_value {
	uint8_t kind;       /* enum torc_field_kind */
	uint8_t size;       /* bytes of the number or address */
	uint64_t number;    /* UINT HEX BOOL; INT in two's complement; NAME: where it begins */
	struct torc_bytes bytes; /* BYTES, STRING and what is made of bytes: borrowed from the packet; NAME: the message */
	uint8_t address[16]; /* MAC, IPV4, IPV6, UUID */
	const char *name;   /* what the number means ("SYN-ACK", "echo request"), or NULL */
	const char *unit;   /* "bytes", "seconds" ..., or NULL */
	uint64_t reserved[2]; /* for later kinds; 0 */
};

/*
 * torc_field - look a field up by name
 *
 * path   layer and field, such as "ipv4.ttl", "tcp.window", or with a place: "ipv4[1].src" is the
 *        second IPv4 header, "ipv4[-1].src" the innermost; "tcp.options[2].kind" is one of a list
 *
 * Returns 1 with the value, 0 when the packet has no such layer or element, -EINVAL when no layer
 * type or no field has that name. The bytes of what must be computed (fingerprints, fields of what QUIC
 * has encrypted) are borrowed until this thread's next call.
 */
TORC_API int torc_field(const struct torc_decoded *decoded, const char *path,
			struct torc_value *value);

/* torc_value_text - a value as text, escaped; returns its length as snprintf() does */
TORC_API int torc_value_text(const struct torc_value *value, char *buffer, size_t size);

/* ---- text and JSON ---- */

/*
 * These write into the caller's buffer, always terminated when size > 0, and return the length of
 * the whole text as snprintf() does: when it is size or more, the text was cut. No byte of a packet
 * reaches the text unescaped.
 */

/* flags of torc_text_line() */
enum {
	TORC_TEXT_LINK = 1 << 0, /* the link-layer header first, as tcpdump -e */
	TORC_TEXT_QUICK = 1 << 1, /* shorter, as tcpdump -q */
	/* the fields of IP in brackets, and whether checksums are right, as tcpdump -v: two lines */
	TORC_TEXT_VERBOSE = 1 << 2
};

/*
 * torc_text_line - one line, without timestamp and newline, much as tcpdump has it:
 *
 *	IP 10.0.0.1.1234 > 10.0.0.2.80: Flags [S], seq 1, win 64240, options [mss 1460], length 0
 *
 * Sequence numbers are absolute.
 */
TORC_API int torc_text_line(const struct torc_decoded *decoded, unsigned int flags, char *buffer,
			    size_t size);

/* What torc_text_line_with() may be told beside the packet. Zero: nothing. */
struct torc_text_options {
	size_t size;           /* sizeof(struct torc_text_options) */
	unsigned int flags;    /* TORC_TEXT_ */
	uint32_t packet_flags; /* struct torc_packet.flags: for checksums that a card fills in */
	uint32_t sequence_base; /* of the outermost TCP: numbers are shown less this */
	uint32_t acknowledgment_base;
	/* the name of an address (length bytes, 4 or 16), or NULL; may be NULL */
	const char *(*host_name)(void *context, const uint8_t *address, unsigned int length);
	/* the name of a port of an IP protocol, or NULL; may be NULL */
	const char *(*port_name)(void *context, unsigned int protocol, uint16_t port);
	void *context; /* of the two */
};

/* torc_text_line_with - the same, with names, relative sequence numbers and verdicts */
TORC_API int torc_text_line_with(const struct torc_decoded *decoded,
				 const struct torc_text_options *options, char *buffer,
				 size_t size);

/* torc_text_tree - one line for each layer, with all its fields below, each ended by a newline */
TORC_API int torc_text_tree(const struct torc_decoded *decoded, char *buffer, size_t size);

/* torc_text_hex - bytes in hex (ascii: with their characters), 16 a line, as tcpdump -x and -X */
TORC_API int torc_text_hex(const uint8_t *data, uint32_t length, bool ascii, char *buffer,
			   size_t size);

/* torc_text_time - "2023-11-14 22:13:20.123456789" (UTC), digits of the fraction: 0 ... 9 */
TORC_API int torc_text_time(uint64_t timestamp_ns, unsigned int digits, char *buffer, size_t size);

/*
 * torc_text_escaped - what another process or a packet says, so that nothing in it steers a terminal
 *
 * Control characters (C0, DEL, C1), formats that change the direction of text, bytes that are not
 * UTF-8, and backslashes become \xNN. Returns the length of the whole as snprintf() does.
 */
TORC_API int torc_text_escaped(const char *text, size_t length, char *buffer, size_t size);

/*
 * torc_json_packet - one packet as one JSON object, without newline
 *
 * interface_name may be NULL. The keys are those of "One packet as JSON" in docs/json.md.
 */
TORC_API int torc_json_packet(const struct torc_packet *packet, const struct torc_decoded *decoded,
			      const char *interface_name, char *buffer, size_t size);

/*
 * torc_json_string - a string as a JSON string, with its quotes; bytes that are not UTF-8 become
 * U+FFFD
 */
TORC_API int torc_json_string(const char *text, size_t length, char *buffer, size_t size);

/* ---- extending the dispatch ---- */

/*
 * torc_register_number - give what a number announces to a layer type
 *
 *	torc_register_number(TORC_BY_UDP_PORT, 5353, TORC_LAYER_DNS);
 *
 * Holds for the whole process from the next packet on; safe while other threads decode.
 * TORC_LAYER_NONE as type takes the number back to "unknown". Numbers are 16 bits wide, IP
 * protocols 8. Returns 0, -EINVAL, or -ENOSPC (some hundred numbers per registry fit).
 */
TORC_API int torc_register_number(enum torc_registry registry, unsigned int number,
				  unsigned int type);

/* torc_registered_type - the layer type a number leads to; TORC_LAYER_NONE: unknown */
TORC_API unsigned int torc_registered_type(enum torc_registry registry, unsigned int number);

static inline int torc_register_ether_type(unsigned int ether_type, unsigned int type)
{
	return torc_register_number(TORC_BY_ETHER_TYPE, ether_type, type);
}

static inline int torc_register_ip_protocol(unsigned int protocol, unsigned int type)
{
	return torc_register_number(TORC_BY_IP_PROTOCOL, protocol, type);
}

static inline int torc_register_tcp_port(unsigned int port, unsigned int type)
{
	return torc_register_number(TORC_BY_TCP_PORT, port, type);
}

static inline int torc_register_udp_port(unsigned int port, unsigned int type)
{
	return torc_register_number(TORC_BY_UDP_PORT, port, type);
}

static inline int torc_register_sctp_port(unsigned int port, unsigned int type)
{
	return torc_register_number(TORC_BY_SCTP_PORT, port, type);
}

static inline int torc_register_link_type(unsigned int link_type, unsigned int type)
{
	return torc_register_number(TORC_BY_LINK_TYPE, link_type, type);
}

#ifdef __cplusplus
}
#endif

#endif
