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

/* Bytes that no struct holds, by golden packet: docs/packets.md says which. */
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
	} else if (!is_known(golden)) {
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
	is(different, 0, "no other than those that docs/packets.md knows differ");
	is(unread, 0, "none outgrows its buffer");
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
