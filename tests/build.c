/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * build.c - packets from structs: golden packets taken apart and made again are the same bytes, what is
 * built is read as it was meant, and no buffer is too short to be safe
 */
#include <errno.h>

#include <torc/build.h>
#include <torc/checksum.h>
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
	torc_build_begin(&builder, TORC_LINK_RAW, buffer, sizeof(buffer));
	is(torc_build_push(&builder, TORC_LAYER_TLS, buffer, 0, 0), -EOPNOTSUPP, "TLS is not written");
	is(torc_build_payload(&builder, "x", 1), -EOPNOTSUPP, "the error stays");
	is(torc_build_finish(&builder, NULL), -EOPNOTSUPP, "to the end");
	return done();
}
