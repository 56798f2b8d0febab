/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * torc/build.h - packets built from layers, in the order in which they are read
 *
 *	struct torc_builder builder;
 *	struct torc_ipv4 ipv4 = { .source = { 10, 0, 0, 1 }, .destination = { 10, 0, 0, 2 } };
 *	struct torc_udp udp = { .source_port = 5000, .destination_port = 6000 };
 *	struct torc_packet packet;
 *	uint8_t buffer[1514];
 *
 *	torc_build_begin(&builder, TORC_LINK_RAW, buffer, sizeof(buffer));
 *	torc_build_push(&builder, TORC_LAYER_IPV4, &ipv4, sizeof(ipv4), 0);
 *	torc_build_push(&builder, TORC_LAYER_UDP, &udp, sizeof(udp), 0);
 *	torc_build_payload(&builder, "hello", 5);
 *	torc_build_finish(&builder, &packet);
 *
 * The structs are those that reading fills in (torc/layers/). torc_build_finish() fills in what
 * follows from the rest: lengths, the number of the next protocol, checksums with their pseudo-headers,
 * from the inside out. What is to be wrong on purpose is "as given". Nothing here allocates, and
 * nothing is written behind the buffer. docs/packets.md has the layers that can be built.
 */
#ifndef TORC_BUILD_H
#define TORC_BUILD_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What torc_build_finish() leaves as the struct has it. */
enum {
	TORC_BUILD_LENGTH_GIVEN = 1 << 0,   /* of this layer and what it carries; counts of records */
	TORC_BUILD_NEXT_GIVEN = 1 << 1,     /* EtherType, protocol, next header, port of a tunnel */
	TORC_BUILD_CHECKSUM_GIVEN = 1 << 2,
	/* a TTL or hop limit of 0 is 64 else; ARP is of Ethernet and IPv4, GTP of version 1 */
	TORC_BUILD_DEFAULTS_GIVEN = 1 << 3,
	TORC_BUILD_AS_GIVEN = 15            /* all of it */
};

/* A packet that is being built. decoded has the layers so far, as if they had been read. */
struct torc_builder {
	uint8_t *data; /* the caller's buffer */
	uint32_t room;
	uint32_t length;
	int32_t code; /* the first error: torc_build_finish() returns it */
	uint32_t trailer; /* bytes at the end that no length counts: torc_build_from() */
	uint64_t payload_sum; /* of what was copied last: torc_build_finish() does not read it again */
	uint32_t shape;
	uint32_t reserved;
	uint8_t given[TORC_LAYERS_MAX]; /* TORC_BUILD_ flags of each layer */
	struct torc_decoded decoded;
};

/*
 * torc_build_begin - begin with an empty packet
 *
 * link_type  TORC_LINK_ETHERNET, TORC_LINK_RAW ...: what the first layer belongs to
 * buffer     room bytes, borrowed as long as the packet is used
 */
TORC_API void torc_build_begin(struct torc_builder *builder, uint16_t link_type, void *buffer,
			       size_t room);

/*
 * torc_build_push - write the next layer
 *
 * layer  a struct of that type, size bytes of it; what is missing of it counts as zero. Bytes of variable
 *        length (options) are read now; their padding is made
 * given  TORC_BUILD_ flags
 *
 * Returns 0, -ENOSPC (the buffer or TORC_LAYERS_MAX is full), -EOPNOTSUPP (headers of that type are read, not
 * written) or -EINVAL (no such type). An error stays: later calls and torc_build_finish() return it too.
 */
TORC_API int torc_build_push(struct torc_builder *builder, unsigned int type, const void *layer,
			     size_t size, unsigned int given);

/* torc_build_payload - bytes that no layer describes, the last of the packet; 0 or -ENOSPC */
TORC_API int torc_build_payload(struct torc_builder *builder, const void *bytes, size_t length);

/*
 * torc_build_finish - lengths, numbers and checksums; the packet is complete
 *
 * A number that leads to the layer that follows stays (0x88A8 in front of a tag); else the standard one is put
 * there. UDP's checksum is computed, but in front of VXLAN over IPv4, where it should be 0 (RFC 7348 §5).
 *
 * packet  filled in, borrowed from the buffer; may be NULL
 * Returns its length, or the first error.
 */
TORC_API int torc_build_finish(struct torc_builder *builder, struct torc_packet *packet);

/*
 * torc_build_from - take a decoded packet apart and push all its layers
 *
 * given  of each layer: TORC_BUILD_AS_GIVEN makes the same packet again, 0 with all right
 *
 * A layer that cannot be written, or was cut, is copied as bytes; so is what is behind the last layer,
 * and so are, as given, bits that no struct holds (reserved ones; docs/packets.md).
 * Returns 0 or -ENOSPC.
 */
TORC_API int torc_build_from(struct torc_builder *builder, const struct torc_decoded *decoded,
			     unsigned int given);

/* Options that are put one behind the other: room bytes of the caller's, length of them in use. */
struct torc_build_list {
	uint8_t *data;
	uint32_t room;
	uint32_t length;
};

/*
 * torc_build_option - append an option, TLV, attribute, parameter or record to a list
 *
 *	uint8_t bytes[40], mss[2] = { 5, 0xB4 };
 *	struct torc_build_list list = { bytes, sizeof(bytes), 0 };
 *
 *	torc_build_option(&list, TORC_LAYER_TCP, TORC_TCP_OPTION_MSS, mss, 2);
 *	tcp.options = (struct torc_bytes){ list.data, list.length };
 *
 * type   of the layer that has the list: TCP, IPV4, IPV6_HOP_BY_HOP, IPV6_DESTINATION, the messages of
 *        neighbor discovery, DHCPV4, DHCPV6, RADIUS, LLDP_INFO, CDP_INFO, SCTP_INIT and _INIT_ACK, PPPOE; of
 *        IGMP and MLDV2_REPORT a record, whose value is the group and the sources; of VRRP an address
 * code   the option's kind, type or number
 * value  length bytes; its length and its padding are written as that protocol has them. Kinds without a
 *        length (TCP's NOP, the end of DHCP's options) take no value
 *
 * Returns 0, -ENOSPC (the list is full), -EINVAL (a code or a value that does not fit, or sources that are
 * no addresses) or -EOPNOTSUPP (the layer has no such list).
 */
TORC_API int torc_build_option(struct torc_build_list *list, unsigned int type, unsigned int code,
			       const void *value, size_t length);

struct torc_dns;
struct torc_dns_record;

/*
 * torc_build_name - a domain name from text, "www.example.com", with escapes of RFC 1035 §5.1
 *
 * buffer  where it is written, up to 255 bytes; name is borrowed from there
 * Returns its bytes, -EINVAL (an empty or too long label or name) or -ENOSPC.
 */
TORC_API int torc_build_name(const char *text, void *buffer, size_t room, struct torc_domain_name *name);

/*
 * torc_build_dns_record - append a question or a record to a DNS message
 *
 * dns      zero at first; its message grows in buffer, its counts with it. Push it as TORC_LAYER_DNS then
 * buffer   room bytes, the same ones for all records of a message
 * section  TORC_DNS_QUESTIONS ..., in this order
 * record   as torc_dns_record_next() fills it in, of any message: data are made from the members that a type
 *          has (torc/layers/application/dns.h), of other types they are data
 *
 * Names are compressed (RFC 1035 §4.1.4), in data those of the types of RFC 1035.
 * Returns 0, -ENOSPC, or -EINVAL (a damaged name, or a later section has records); then nothing has changed.
 * Cost: names are searched for in all that the message has.
 */
TORC_API int torc_build_dns_record(struct torc_dns *dns, void *buffer, size_t room,
				   unsigned int section, const struct torc_dns_record *record);

/*
 * torc_build_text - push the layers that a line of text describes
 *
 *	Ethernet(dst=02:00:00:00:00:02)/IPv4(dst=10.0.0.1, ttl=9)/UDP(dst_port=53)/Payload(text=hello)
 *
 * Names of layers and fields are those of torc_field(); options have names too (torc-send(1) lists them).
 * A length, checksum or number of the next protocol that the text names is as given. Payload takes text=,
 * hex= or length= (so many zeros). A "," or ")" in a value has a backslash in front.
 * Returns 0, or -EINVAL, -ERANGE, -EOPNOTSUPP, -ENOSPC with a sentence that has the place in the text.
 */
TORC_API int torc_build_text(struct torc_builder *builder, const char *text,
			     struct torc_error *error);

#ifdef __cplusplus
}
#endif

#endif
