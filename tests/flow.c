/* SPDX-License-Identifier: BSD-3-Clause */
/* flow.c - flows of packets; FastHash and Community ID equal to what others computed */
#include <arpa/inet.h>

#include <torc/flow.h>

#include "golden.h"

static struct torc_flow flow_of(uint8_t type, unsigned int length, const void *source,
				const void *destination)
{
	struct torc_endpoint from = { type, (uint8_t)length, { 0 } };
	struct torc_endpoint to = { type, (uint8_t)length, { 0 } };
	struct torc_flow flow;

	memcpy(from.bytes, source, length);
	memcpy(to.bytes, destination, length);
	is(torc_flow_from_endpoints(&from, &to, &flow), 0, "a flow of two endpoints");
	return flow;
}

/* Computed by gopacket 1.1.19. */
static void fast_hash(void)
{
	static const uint8_t a[] = { 192, 168, 203, 1 }, b[] = { 192, 168, 202, 1 };
	static const uint8_t one[16] = { [15] = 1 };
	static const uint8_t mac_a[] = { 2, 0, 0, 0, 0, 1 }, mac_b[] = { 2, 0, 0, 0, 0, 2 };
	static const uint8_t port_a[] = { 45149 >> 8, 45149 & 255 };
	static const uint8_t port_b[] = { 4789 >> 8, 4789 & 255 };
	struct torc_flow flow = flow_of(TORC_ENDPOINT_IPV4, 4, a, b), invalid;
	struct torc_endpoint end = torc_flow_source(&flow);
	struct torc_flow reverse = torc_flow_reverse(&flow);

	ok(torc_flow_fast_hash(&flow) == 0x6fd5494da28137cc, "IPv4");
	ok(torc_flow_fast_hash(&reverse) == 0x6fd5494da28137cc, "IPv4, reversed");
	ok(torc_endpoint_fast_hash(&end) == 0x33994ca6cecf7ee0, "an IPv4 endpoint");
	flow = flow_of(TORC_ENDPOINT_IPV4, 4, a, a);
	ok(torc_flow_fast_hash(&flow) == 0x67329c4d9d9f02d9, "IPv4 to itself");
	flow = flow_of(TORC_ENDPOINT_IPV6, 16, one, one);
	ok(torc_flow_fast_hash(&flow) == 0x9bedcfffa3e96c52, "IPv6");
	flow = flow_of(TORC_ENDPOINT_MAC, 6, mac_a, mac_b);
	ok(torc_flow_fast_hash(&flow) == 0x04638952b4610596, "MAC");
	flow = flow_of(TORC_ENDPOINT_UDP_PORT, 2, port_a, port_b);
	ok(torc_flow_fast_hash(&flow) == 0x1a8d2b335787ade9, "UDP");
	end = torc_flow_destination(&flow);
	ok(torc_endpoint_fast_hash(&end) == 0x76369f18c537ad3f, "a UDP endpoint");
	flow = flow_of(TORC_ENDPOINT_TCP_PORT, 2, port_a, port_b);
	ok(torc_flow_fast_hash(&flow) == 0x1a8d2a335787ac36, "TCP");
	memset(&invalid, 0, sizeof(invalid));
	ok(torc_flow_fast_hash(&invalid) == 0x5ec77a990c036fbe, "the invalid flow");
}

static void values(void)
{
	static const uint8_t a[] = { 10, 0, 0, 1 }, b[] = { 10, 0, 0, 2 };
	struct torc_flow flow = flow_of(TORC_ENDPOINT_IPV4, 4, a, b), reverse, twice;
	struct torc_endpoint from = torc_flow_source(&flow), to = torc_flow_destination(&flow);
	char text[64];

	reverse = torc_flow_reverse(&flow);
	twice = torc_flow_reverse(&reverse);
	ok(torc_flow_compare(&flow, &reverse) != 0, "a flow is not its reverse");
	is(torc_flow_compare(&flow, &twice), 0, "reversed twice it is itself");
	ok(torc_flow_symmetric_hash(&flow) == torc_flow_symmetric_hash(&reverse), "their hash is the same");
	ok(torc_endpoint_compare(&from, &to) < 0 && torc_endpoint_compare(&to, &from) > 0,
	   "endpoints have an order");
	is(torc_flow_text(&flow, text, sizeof(text)), 18, "the length of the text");
	is_str(text, "10.0.0.1->10.0.0.2", "text");
	to.type = TORC_ENDPOINT_IPV6;
	ok(torc_flow_from_endpoints(&from, &to, &flow) < 0, "endpoints of two types are no flow");
}

/* 65536 flows over 64 workers by the lowest bits, as users do: none far from its share. */
static void spread(void)
{
	unsigned int count[64] = { 0 }, least = UINT32_MAX, most = 0, i;
	uint8_t a[4] = { 10, 1, 0, 0 }, b[4] = { 10, 2, 0, 1 };
	struct torc_endpoint from = { TORC_ENDPOINT_IPV4, 4, { 0 } }, to = from;
	struct torc_flow flow;

	for (i = 0; i < 65536; i++) {
		a[2] = (uint8_t)(i >> 8);
		a[3] = (uint8_t)i;
		memcpy(from.bytes, a, 4);
		memcpy(to.bytes, b, 4);
		torc_flow_from_endpoints(&from, &to, &flow);
		count[torc_flow_symmetric_hash(&flow) % 64]++;
	}
	for (i = 0; i < 64; i++) {
		least = count[i] < least ? count[i] : least;
		most = count[i] > most ? count[i] : most;
	}
	ok(least > 850 && most < 1200, "the hash spreads flows evenly: %u to %u of 1024", least,
	   most);
}

/* The identifiers are those of the specification's own test files. */
static void id_is(unsigned int protocol, const char *source, const char *destination,
		  unsigned int source_port, unsigned int destination_port, const char *want)
{
	uint8_t packet[64] = { 0 }, *p = packet;
	bool v6 = strchr(source, ':');
	unsigned int length = v6 ? 60 : 40;
	struct torc_decoded decoded;
	char id[TORC_COMMUNITY_ID_SIZE];

	if (v6) {
		p[0] = 0x60;
		p[5] = 20;
		p[6] = (uint8_t)protocol;
		inet_pton(AF_INET6, source, p + 8);
		inet_pton(AF_INET6, destination, p + 24);
		p += 40;
	} else {
		p[0] = 0x45;
		p[3] = 40;
		p[9] = (uint8_t)protocol;
		inet_pton(AF_INET, source, p + 12);
		inet_pton(AF_INET, destination, p + 16);
		p += 20;
	}
	if (protocol == 1 || protocol == 58) {
		p[0] = (uint8_t)source_port;
		p[1] = (uint8_t)destination_port;
	} else {
		p[0] = (uint8_t)(source_port >> 8);
		p[1] = (uint8_t)source_port;
		p[2] = (uint8_t)(destination_port >> 8);
		p[3] = (uint8_t)destination_port;
		if (protocol == 17)
			p[5] = 20;
		else
			p[12] = 0x50;
	}
	torc_decode(TORC_LINK_RAW, packet, length, length, &decoded);
	ok(torc_community_id(&decoded, 0, 0, id), "%s has an id", want);
	is_str(id, want, "protocol %u, %s > %s", protocol, source, destination);
}

static void community_id(void)
{
	id_is(6, "128.232.110.120", "66.35.250.204", 34855, 80, "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
	id_is(6, "66.35.250.204", "128.232.110.120", 80, 34855, "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
	id_is(17, "192.168.1.52", "8.8.8.8", 54585, 53, "1:d/FP5EW3wiY1vCndhwleRRKHowQ=");
	id_is(17, "8.8.8.8", "192.168.1.52", 53, 54585, "1:d/FP5EW3wiY1vCndhwleRRKHowQ=");
	id_is(1, "192.168.0.89", "192.168.0.1", 8, 0, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=");
	id_is(1, "192.168.0.1", "192.168.0.89", 0, 0, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=");
	id_is(58, "fe80::200:86ff:fe05:80da", "fe80::260:97ff:fe07:69ea", 135, 0,
	      "1:dGHyGvjMfljg6Bppwm3bg0LO8TY=");
	id_is(58, "fe80::260:97ff:fe07:69ea", "fe80::200:86ff:fe05:80da", 136, 0,
	      "1:dGHyGvjMfljg6Bppwm3bg0LO8TY=");
}

/* A packet has the flows that its layers say, by depth. */
static void of_packets(const struct golden *golden)
{
	struct torc_packet packet = golden_packet(golden, (uint8_t *)(uintptr_t)golden->data,
						  golden->caplen);
	struct torc_decoded decoded;
	char id[TORC_COMMUNITY_ID_SIZE];
	struct torc_flow flow;

	golden_decode(golden, &packet, &decoded);
	is(torc_flow_network(&decoded, 0, &flow),
	   torc_layer_by_role(&decoded, TORC_ROLE_NETWORK, 0) != NULL, "%s: a network flow",
	   golden->name);
	/* of IP: fragments of LCM have ports in front */
	if (torc_layer_first(&decoded, TORC_LAYER_FRAGMENT) &&
	    !torc_layer_by_role(&decoded, TORC_ROLE_TRANSPORT, 0)) {
		ok(!torc_flow_transport(&decoded, 0, &flow), "%s: no ports", golden->name);
		is(flow.type, TORC_ENDPOINT_INVALID, "%s: the invalid flow", golden->name);
		ok(!torc_community_id(&decoded, 0, 0, id) && id[0] == '\0', "%s: no id",
		   golden->name);
	}
}

int main(void)
{
	fast_hash();
	values();
	spread();
	community_id();
	golden_each(of_packets);
	return done();
}
