/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * build.c - packets from structs: golden packets taken apart and made again are the same bytes, what is
 * built is read as it was meant, and no buffer is too short to be safe
 */
#include <errno.h>

#include <torc/build.h>
#include <torc/checksum.h>
#include <torc/layers/application/dns.h>
#include <torc/layers/link/ethernet.h>
#include <torc/layers/network/ip.h>
#include <torc/layers/transport/tcp.h>
#include <torc/layers/transport/udp.h>
#include <torc/torc.h>

#include "golden.h"

static unsigned int same, different, unread, wrong_again;

/* Packets whose structs do not make the same bytes: docs/packets.md says which. */
static bool is_known(const struct golden *golden)
{
	static const char *const known[] = { "loopback, little-endian",
					     "loopback, IPv6 as FreeBSD", "data offset 4",
					     "data offset beyond", NULL };

	for (size_t i = 0; known[i]; i++)
		if (strstr(golden->name, known[i]))
			return true;
	return false;
}

static void again(const struct golden *golden)
{
	struct torc_packet packet =
		golden_packet(golden, (uint8_t *)(uintptr_t)golden->data, golden->caplen);
	uint8_t *buffer = guarded(golden->data, golden->caplen);
	struct torc_builder builder;
	struct torc_decoded decoded;

	memset(buffer, 0xEE, golden->caplen);
	golden_decode(golden, &packet, &decoded);
	torc_build_begin(&builder, golden->link_type, buffer, golden->caplen);
	torc_build_from(&builder, &decoded, TORC_BUILD_AS_GIVEN);
	if (torc_build_finish(&builder, NULL) == (int)golden->caplen &&
	    memcmp(buffer, golden->data, golden->caplen) == 0) {
		same++;
	} else {
		note("%s: %s", golden->file, golden->name);
		different++;
	}
	/* no room for it: an error, and no byte behind the buffer */
	for (uint32_t room = 0; room < golden->caplen; room += 1 + room / 8) {
		torc_build_begin(&builder, golden->link_type, buffer + golden->caplen - room, room);
		torc_build_from(&builder, &decoded, 0);
		unread += torc_build_finish(&builder, NULL) >= 0 && builder.length > room;
	}
	guarded_free(buffer, golden->caplen);
}

/* ---- from the structs alone, layer by layer ---- */

static unsigned int layers_same, layers_copied, layers_different;

/* Bits of headers that no struct holds, by layer: docs/packets.md has the list. */
static bool is_known_layer(const struct golden *golden, unsigned int type)
{
	if (type == TORC_LAYER_NTP) /* status, offset, count */
		return strstr(golden->name, "NTP control") || strstr(golden->name, "NTP private");
	if (type == TORC_LAYER_VRRP) /* the password */
		return strcmp(golden->name, "VRRP v2") == 0;
	return is_known(golden);
}

/* One layer out of its struct, behind those that were pushed before; what cannot be is copied. */
static void push_struct(struct torc_builder *builder, const struct golden *golden,
			const struct torc_decoded *decoded, unsigned int i)
{
	const struct torc_layer *layer = &decoded->layers[i];
	const uint8_t *header = torc_layer_header(decoded, layer);
	struct torc_builder before = *builder;
	_Alignas(16) uint8_t object[512] = { 0 };

	if (torc_layer_read(decoded, layer, layer->type, object, sizeof(object)) == 0 &&
	    torc_build_push(builder, layer->type, object, sizeof(object), TORC_BUILD_AS_GIVEN) == 0 &&
	    builder->length - before.length == layer->header_length) {
		if (memcmp(builder->data + before.length, header, layer->header_length) == 0) {
			layers_same++;
		} else if (!is_known_layer(golden, layer->type)) {
			note("%s: %s: %s", golden->file, golden->name, torc_layer_name(layer->type));
			layers_different++;
		}
		return;
	}
	*builder = before;
	torc_build_payload(builder, header, layer->header_length);
	builder->decoded.layers[i].type = layer->type;
	layers_copied++;
}

static void by_structs(const struct golden *golden)
{
	struct torc_packet packet =
		golden_packet(golden, (uint8_t *)(uintptr_t)golden->data, golden->caplen);
	uint8_t buffer[2 * sizeof(golden->data)];
	struct torc_builder builder;
	struct torc_decoded decoded;

	golden_decode(golden, &packet, &decoded);
	torc_build_begin(&builder, golden->link_type, buffer, sizeof(buffer));
	for (unsigned int i = 0; i < decoded.layer_count; i++)
		push_struct(&builder, golden, &decoded, i);
}

/* Made again with all computed: checksums that are covered are right. */
static void computed(const struct golden *golden)
{
	struct torc_packet packet =
		golden_packet(golden, (uint8_t *)(uintptr_t)golden->data, golden->caplen);
	uint8_t buffer[sizeof(golden->data)];
	struct torc_builder builder;
	struct torc_decoded decoded;

	golden_decode(golden, &packet, &decoded);
	if (strcmp(golden->status, "complete") != 0 || decoded.flags)
		return;
	torc_build_begin(&builder, golden->link_type, buffer, sizeof(buffer));
	torc_build_from(&builder, &decoded, 0);
	if (torc_build_finish(&builder, &packet) < 0)
		return;
	torc_decode_packet(&packet, &decoded);
	for (unsigned int i = 0; i < decoded.layer_count; i++)
		if (torc_checksum_verify(&decoded, &decoded.layers[i], 0, NULL) ==
			    TORC_CHECKSUM_WRONG && !is_known(golden)) {
			note("%s: %s: layer %u", golden->file, golden->name, i);
			wrong_again++;
		}
}

/* ---- from text ---- */

static int make(uint8_t *buffer, size_t room, const char *text, struct torc_packet *packet,
		struct torc_error *error)
{
	struct torc_builder builder;
	int code;

	torc_build_begin(&builder, TORC_LINK_ETHERNET, buffer, room);
	code = torc_build_text(&builder, text, error);
	return code < 0 ? code : torc_build_finish(&builder, packet);
}

static void reads(const char *text, const char *stack)
{
	struct torc_error error = { 0 };
	struct torc_decoded decoded;
	struct torc_packet packet;
	uint8_t buffer[2048];
	char found[512] = "";
	int code = make(buffer, sizeof(buffer), text, &packet, &error);

	ok(code > 0, "%s %s", text, error.text);
	if (code <= 0)
		return;
	torc_decode_packet(&packet, &decoded);
	for (unsigned int i = 0; i < decoded.layer_count; i++) {
		size_t length = strlen(found);

		snprintf(found + length, sizeof(found) - length, "%s%s", i ? "/" : "",
			 torc_layer_name(decoded.layers[i].type));
		wrong_again += torc_checksum_verify(&decoded, &decoded.layers[i], 0, NULL) ==
			       TORC_CHECKSUM_WRONG;
	}
	is_str(found, stack, "is read as %s", stack);
	is(decoded.status, TORC_DECODED_COMPLETE, "complete");
}

static void texts(void)
{
	reads("Ethernet/IPv4(dst=10.0.0.1)/UDP(dst_port=6000)/Payload(text=hello)",
	      "Ethernet/IPv4/UDP/Payload");
	reads("Ethernet/Dot1Q(vlan_id=7)/IPv6(dst=fd00::1)/TCP(dst_port=80,flags=2)",
	      "Ethernet/Dot1Q/IPv6/TCP");
	reads("Ethernet/IPv4/UDP/VXLAN(vni=9)/Ethernet/IPv4/ICMPv4(icmp_type=8)/Payload(length=10)",
	      "Ethernet/IPv4/UDP/VXLAN/Ethernet/IPv4/ICMPv4/Payload");
	reads("Ethernet/IPv6/UDP/VXLAN/Ethernet/IPv6/ICMPv6/ICMPv6Echo(id=1,seq=2)",
	      "Ethernet/IPv6/UDP/VXLAN/Ethernet/IPv6/ICMPv6/ICMPv6Echo");
	reads("Ethernet/ARP(target_ip=10.0.0.9)", "Ethernet/ARP");
	reads("Ethernet/MPLS(label=5)/MPLS(label=6)/IPv4/UDP(src_port=1,dst_port=9)/Payload(hex=00)",
	      "Ethernet/MPLS/MPLS/IPv4/UDP/Payload");
	reads("Ethernet/IPv4/GRE(has_key=true,key=7,has_checksum=true)/IPv4/TCP",
	      "Ethernet/IPv4/GRE/IPv4/TCP");
	reads("Ethernet/IPv4/UDP/Geneve(vni=3)/Ethernet/ARP", "Ethernet/IPv4/UDP/Geneve/Ethernet/ARP");
	reads("Ethernet/PPPoE(session_id=5)/PPP/IPv4/UDP(dst_port=9)/Payload(text=x)",
	      "Ethernet/PPPoE/PPP/IPv4/UDP/Payload");
	reads("Ethernet/IPv6/IPv6HopByHop/IPv6Destination/TCP",
	      "Ethernet/IPv6/IPv6HopByHop/IPv6Destination/TCP");
	reads("Ethernet(dst=01:80:c2:00:00:00)/LLC/STP(root=02:00:00:00:00:01,cost=4)", "Ethernet/LLC/STP");
	reads("Ethernet/LLC/SNAP/CiscoDiscovery",
	      "Ethernet/LLC/SNAP/CiscoDiscovery");
	reads("Ethernet/LinkLayerDiscovery(chassis=02:00:00:00:00:01,port=02:00:00:00:00:01)",
	      "Ethernet/LinkLayerDiscovery");
	reads("Ethernet/EAPOL/EAP(code=2,type=1,data=616263)", "Ethernet/EAPOL/EAP");
	reads("Ethernet/EAPOL/EAPOLKey(descriptor_type=2,nonce=01)", "Ethernet/EAPOL/EAPOLKey");
	reads("Ethernet/IPv4/IGMP(group=224.1.2.3)", "Ethernet/IPv4/IGMP");
	reads("Ethernet/IPv4/IGMP(type=0x11,group=224.1.2.3,robustness=2,query_interval=125,"
	      "max_response_time=10000,sources=0a0000010a000002)", "Ethernet/IPv4/IGMP");
	reads("Ethernet/IPv6/ICMPv6/MLDv1MulticastListenerQuery(group=ff02::1)",
	      "Ethernet/IPv6/ICMPv6/MLDv1MulticastListenerQuery");
	reads("Ethernet/IPv6/ICMPv6/MLDv2MulticastListenerQuery(query_interval=125)",
	      "Ethernet/IPv6/ICMPv6/MLDv2MulticastListenerQuery");
	reads("Ethernet/IPv4/OSPF(router_id=10.0.0.1,mask=255.255.255.0,neighbors=0a000002)",
	      "Ethernet/IPv4/OSPF");
	reads("Ethernet/IPv6/OSPF(version=3,type=1,router_id=10.0.0.1)", "Ethernet/IPv6/OSPF");
	reads("Ethernet/IPv4/IPSecAH(spi=1,icv=000102030405060708090a0b)/IPv4/UDP(dst_port=9)",
	      "Ethernet/IPv4/IPSecAH/IPv4/UDP");
	reads("Ethernet/IPv4/IPSecESP(spi=1,seq=2,encrypted=0011)", "Ethernet/IPv4/IPSecESP");
	reads("Ethernet/IPv4/UDP/BFD(state=3,my_discriminator=1)", "Ethernet/IPv4/UDP/BFD");
	reads("Ethernet/IPv4/UDP/NTP(transmit_timestamp=0x123)", "Ethernet/IPv4/UDP/NTP");
	reads("Ethernet/IPv4/UDP/RADIUS(id=3)", "Ethernet/IPv4/UDP/RADIUS");
	reads("Ethernet/IPv4/UDP/DHCPv4(message_type=1,xid=9,client=02:00:00:00:00:01)",
	      "Ethernet/IPv4/UDP/DHCPv4");
	reads("Ethernet/IPv6/UDP/DHCPv6(xid=7)", "Ethernet/IPv6/UDP/DHCPv6");
	reads("Ethernet/IPv4/SCTP(src_port=1,dst_port=2)/SCTPInit(initiate_tag=7)",
	      "Ethernet/IPv4/SCTP/SCTPInit");
	reads("Ethernet/IPv4/SCTP/SCTPSack(cumulative_tsn=7,gaps=00010002)/SCTPData(tsn=1)/Payload(text=hello)",
	      "Ethernet/IPv4/SCTP/SCTPSack/SCTPData/Payload");
	is(wrong_again, 0, "all with right checksums");
}

static void refused(const char *text, int want, const char *sentence)
{
	static const uint8_t zeros[64];
	struct torc_error error = { 0 };
	uint8_t *buffer = guarded(zeros, sizeof(zeros));

	is(make(buffer, 64, text, NULL, &error), want, "%s is refused", text);
	ok(strstr(error.text, sentence), "and says %s: %s", sentence, error.text);
	guarded_free(buffer, 64);
}

static void refusals(void)
{
	refused("Ethernet/IPv5", -EINVAL,
		"at character 10 of the packet: no layer is called \"IPv5\"; the nearest are ipv");
	refused("Ethernet/IPv4(dest=1.2.3.4)", -EINVAL,
		"at character 15 of the packet: ipv4 has no field \"dest\"");
	refused("IPv4(ttl=256)", -ERANGE,
		"at character 10 of the packet: ttl: 256 does not fit; 0 to 255");
	refused("IPv4(ttl=1", -EINVAL,
		"\")\" is missing");
	refused("IPv4(ttl=1)x", -EINVAL,
		"\"/\"");
	refused("Ethernet/IPv6/TLS", -EOPNOTSUPP,
		"read, not written");
	refused("Ethernet/IPv6/TCP", -ENOSPC,
		"longer than its buffer");
	refused("Ethernet/Payload(hex=0)", -EINVAL,
		"two digits");
	refused("TCP(mss=70000)", -ERANGE,
		"at character 9 of the packet: mss: \"70000\" is not right; 0 to 65535");
	refused("TCP(sackok=1)", -EINVAL,
		"at character 12 of the packet: sackok: \"1\" is not right; it takes no value");
	refused("TCP(ms=1)", -EINVAL,
		"at character 5 of the packet: tcp has no field \"ms\"; the nearest are mss");
	refused("TCP(flags)", -EINVAL,
		"at character 10 of the packet: a \"=\" and a value were expected");
	refused("IPv4(option=7:012)", -EINVAL,
		"a code and bytes such as 254:0102");
	refused("IPv4(option=7:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20212223242526)",
		-EINVAL, "too long for that option");
	refused("UDP/DNS(question=a..b)", -EINVAL,
		"at character 18 of the packet: question: \"a..b\" is not like example.com AAAA");
	refused("UDP/DNS(type=A)", -EINVAL,
		"type: it belongs behind a question");
	refused("UDP/DNS(answer=b A 1.2.3.4,question=a)", -EINVAL,
		"in front of the records of later sections");
	refused("UDP/DNS(answer=b A 1.2.3)", -EINVAL,
		"is not like example.com 60 A 10.0.0.1");
	refused("UDP/DHCPv4(router=10.0.0)", -EINVAL,
		"IPv4 addresses such as");
	refused("ICMPv6/ICMPv6RouterAdvertisement(prefix=fd00::)", -EINVAL,
		"a prefix such as fd00::/64");
	refused("IPv4/IGMP(record=4 224.0.0.300)", -EINVAL,
		"a type, a group and sources");
	refused("Payload(text=\\xg)", -EINVAL,
		"two digits");
}

/* ---- options and records, one by one ---- */

static unsigned int records, records_wrong;

static bool same_name(const struct torc_domain_name *a, const struct torc_domain_name *b)
{
	char x[TORC_DOMAIN_NAME_MAX], y[TORC_DOMAIN_NAME_MAX];

	if (!a->message.data || !b->message.data)
		return !a->message.data == !b->message.data;
	return torc_domain_name_text(a, x, sizeof(x)) == torc_domain_name_text(b, y, sizeof(y)) &&
	       strcmp(x, y) == 0;
}

/* All members but the data, which are other bytes where names in them are compressed. */
static bool same_record(struct torc_dns_record a, struct torc_dns_record b)
{
	bool alike = same_name(&a.name, &b.name) && same_name(&a.target, &b.target) &&
		    same_name(&a.mailbox, &b.mailbox) && a.text.length == b.text.length &&
		    (a.text.length == 0 || memcmp(a.text.data, b.text.data, a.text.length) == 0);

	alike = alike && a.type == b.type && a.record_class == b.record_class && a.ttl_s == b.ttl_s;
	alike = alike && memcmp(a.ipv4, b.ipv4, 4) == 0 && memcmp(a.ipv6, b.ipv6, 16) == 0;
	alike = alike && a.preference == b.preference && a.priority == b.priority && a.port == b.port &&
	       a.weight == b.weight && a.serial == b.serial && a.minimum_s == b.minimum_s;
	return alike && (a.target.message.data || a.data.length == b.data.length);
}

/* DNS messages record by record: what was read is read again, and they do not become longer. */
static void dns_again(const struct golden *golden)
{
	struct torc_packet packet =
		golden_packet(golden, (uint8_t *)(uintptr_t)golden->data, golden->caplen);
	struct torc_dns dns, made = { 0 };
	struct torc_dns_record a, b;
	struct torc_decoded decoded;
	uint8_t buffer[4096];

	golden_decode(golden, &packet, &decoded);
	if (torc_layer_dns(&decoded, torc_layer_nth(&decoded, TORC_LAYER_DNS, 0), &dns) < 0 ||
	    decoded.status != TORC_DECODED_COMPLETE)
		return;
	for (unsigned int section = 0; section < 4; section++) {
		uint32_t from = 0, to = 0;

		while (torc_dns_record_next(&dns, (enum torc_dns_section)section, &from, &a)) {
			records++;
			if (torc_build_dns_record(&made, buffer, sizeof(buffer), section, &a) == 0 &&
			    torc_dns_record_next(&made, (enum torc_dns_section)section, &to, &b) &&
			    same_record(a, b))
				continue;
			note("%s: section %u: type %u", golden->name, section, a.type);
			records_wrong++;
		}
	}
	/* multicast DNS compresses the names of SRV records too (RFC 6762 §18.14) */
	if (made.message.length > dns.section_at[4] && !strstr(golden->name, "multicast")) {
		note("%s: %u bytes, were %u", golden->name, made.message.length, dns.section_at[4]);
		records_wrong++;
	}
}

static void options(void)
{
	uint8_t *buffer = guarded("\0\0\0\0\0\0\0", 8);
	struct torc_build_list list = { buffer, 8, 0 };
	struct torc_dns dns = { 0 };
	struct torc_dns_record record = { .type = 1 };
	uint8_t name[8];

	is(torc_build_option(&list, TORC_LAYER_TCP, 2, "\5\264", 2), 0, "an MSS");
	is(torc_build_option(&list, TORC_LAYER_TCP, 1, NULL, 0), 0, "a NOP");
	is(torc_build_option(&list, TORC_LAYER_TCP, 8, "12345678", 8), -ENOSPC, "timestamps have no room");
	is(list.length, 5, "and change nothing");
	is(memcmp(buffer, "\2\4\5\264\1", 5), 0, "as RFC 9293 has them");
	is(torc_build_option(&list, TORC_LAYER_TCP, 256, NULL, 0), -EINVAL, "no kind 256");
	is(torc_build_option(&list, TORC_LAYER_UDP, 1, NULL, 0), -EOPNOTSUPP, "UDP has no options");
	is(torc_build_option(&list, TORC_LAYER_IGMP, 4, "123456", 6), -EINVAL, "half a source");
	is(torc_build_dns_record(&dns, buffer, 8, 0, &record), -ENOSPC, "no room for a message");
	is(torc_build_name("example.com", name, sizeof(name), &record.name), -ENOSPC, "nor for a name");
	is(torc_build_name("a.b", name, sizeof(name), &record.name), 5, "a short one");
	guarded_free(buffer, 8);
}

/* ---- the short way of common packets, and the way of all others ---- */

static uint32_t random_state = 11;

static uint32_t rnd(void)
{
	random_state = random_state * 1664525u + 1013904223u;
	return random_state >> 8;
}

struct common {
	struct torc_ethernet ethernet;
	struct torc_ipv4 ipv4;
	struct torc_ipv6 ipv6;
	struct torc_tcp tcp;
	struct torc_udp udp;
	uint8_t payload[600];
	uint32_t length;
	bool is_ipv4, is_udp, has_link;
};

static void common_make(struct common *c)
{
	*c = (struct common){ .length = rnd() % 4 ? rnd() % sizeof(c->payload) : rnd() % 3,
			      .is_ipv4 = rnd() & 1, .is_udp = rnd() & 1, .has_link = rnd() & 1 };
	for (uint32_t i = 0; i < sizeof(c->payload); i++)
		c->payload[i] = rnd() % 8 ? (uint8_t)rnd() : 0xFF;
	c->ethernet.ether_type = rnd() & 1 ? 0 : c->is_ipv4 ? 0x0800 : 0x86DD;
	memcpy(c->ethernet.source, c->payload, 6);
	c->ipv4.ttl = (uint8_t)(rnd() % 3);
	c->ipv4.tos = (uint8_t)rnd();
	c->ipv4.id = (uint16_t)rnd();
	c->ipv4.dont_fragment = rnd() & 1;
	c->ipv4.protocol = rnd() % 3 ? 0 : rnd() % 3 ? (c->is_udp ? 17 : 6) : 200;
	c->ipv6.next_header = c->ipv4.protocol;
	memcpy(c->ipv4.source, c->payload + 6, 4);
	memcpy(c->ipv4.destination, c->payload + 10, 4);
	c->ipv6.flow_label = rnd() & 0xFFFFF;
	c->ipv6.traffic_class = (uint8_t)rnd();
	memcpy(c->ipv6.source, c->payload + 6, 16);
	memcpy(c->ipv6.destination, c->payload + 22, 15); /* the last byte is what the other way misses */
	c->tcp.source_port = c->udp.source_port = (uint16_t)rnd();
	c->tcp.destination_port = c->udp.destination_port = 1 + (rnd() & 0xFF);
	c->tcp.sequence = rnd();
	c->tcp.flags = rnd() & 0x1FF;
	c->tcp.urgent = (uint16_t)rnd();
	c->tcp.checksum = (uint16_t)rnd();
}

/* With less of a struct than there is, which is zero, it is built as any packet. */
static int common_build(const struct common *c, size_t less, uint8_t *buffer, size_t room)
{
	struct torc_builder builder;

	torc_build_begin(&builder, c->has_link ? TORC_LINK_ETHERNET : TORC_LINK_RAW, buffer, room);
	if (c->has_link)
		torc_build_push(&builder, TORC_LAYER_ETHERNET, &c->ethernet, sizeof(c->ethernet) - less, 0);
	if (c->is_ipv4)
		torc_build_push(&builder, TORC_LAYER_IPV4, &c->ipv4, sizeof(c->ipv4) - less, 0);
	else
		torc_build_push(&builder, TORC_LAYER_IPV6, &c->ipv6, sizeof(c->ipv6) - less, 0);
	if (c->is_udp)
		torc_build_push(&builder, TORC_LAYER_UDP, &c->udp, sizeof(c->udp) - less, 0);
	else
		torc_build_push(&builder, TORC_LAYER_TCP, &c->tcp, sizeof(c->tcp) - less, 0);
	if (c->length % 7)
		torc_build_payload(&builder, c->payload, c->length);
	return torc_build_finish(&builder, NULL);
}

static void short_way(void)
{
	static uint8_t zeros[700];
	uint8_t *buffer = guarded(zeros, sizeof(zeros)), other[700];
	unsigned int unequal = 0, outside = 0;
	struct common c;

	for (unsigned int i = 0; i < 20000; i++) {
		int length, again_length;

		common_make(&c);
		length = common_build(&c, 0, other, sizeof(other));
		again_length = common_build(&c, 1, buffer, sizeof(zeros));
		unequal += length <= 0 || length != again_length ||
			   memcmp(buffer, other, (size_t)length) != 0;
		/* exactly as much room as it needs, and less */
		outside += common_build(&c, 0, buffer + sizeof(zeros) - length, (size_t)length) != length;
		outside += common_build(&c, 0, buffer + sizeof(zeros) - length + 1, (size_t)length - 1) !=
			   -ENOSPC;
	}
	is(unequal, 0, "the short way makes the bytes that the other makes");
	is(outside, 0, "in exactly the room that they need");
	guarded_free(buffer, sizeof(zeros));
}

static void on_purpose(void)
{
	struct torc_decoded decoded;
	struct torc_packet packet;
	uint8_t buffer[256];

	make(buffer, sizeof(buffer),
	     "Ethernet(ether_type=0x1234)/IPv4(total_length=99,checksum=0xABCD,protocol=200)/UDP(length=3)",
	     &packet, NULL);
	is(torc_be16(buffer + 12), 0x1234, "a wrong EtherType stays");
	is(torc_be16(buffer + 16), 99, "a wrong length");
	is(torc_be16(buffer + 24), 0xABCD, "a wrong checksum");
	is(buffer[23], 200, "a wrong protocol");
	is(torc_be16(buffer + 38), 3, "and UDP's length");
	make(buffer, sizeof(buffer), "Ethernet/IPv4(ttl=0)/UDP", &packet, NULL);
	is(buffer[22], 0, "a TTL of 0");
	make(buffer, sizeof(buffer), "Ethernet/IPv4/UDP(dst_port=1)", &packet, NULL);
	is(buffer[22], 64, "and one that nobody asked for");
	torc_decode_packet(&packet, &decoded);
	is(torc_checksum_verify(&decoded, &decoded.layers[1], 0, NULL), TORC_CHECKSUM_RIGHT, "right");
}

int main(void)
{
	struct torc_builder builder;
	uint8_t buffer[16];

	ok(golden_each(again) > 10, "the golden packets");
	ok(same > 200, "%u are the same bytes again", same);
	is(different, 0, "none differs");
	is(unread, 0, "none outgrows its buffer");
	golden_each(by_structs);
	is(layers_different, 0, "%u headers are those that their structs make, %u are copied",
	   layers_same, layers_copied);
	golden_each(computed);
	is(wrong_again, 0, "made again with all computed, no checksum is wrong");
	texts();
	refusals();
	on_purpose();
	options();
	short_way();
	golden_each(dns_again);
	ok(records > 20 && records_wrong == 0, "%u DNS records are built again", records);
	torc_build_begin(&builder, TORC_LINK_RAW, buffer, sizeof(buffer));
	is(torc_build_push(&builder, TORC_LAYER_TLS, buffer, 0, 0), -EOPNOTSUPP, "TLS is not written");
	is(torc_build_payload(&builder, "x", 1), -EOPNOTSUPP, "the error stays");
	is(torc_build_finish(&builder, NULL), -EOPNOTSUPP, "to the end");
	return done();
}
