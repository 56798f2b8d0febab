/* SPDX-License-Identifier: BSD-3-Clause */
/* build_scapy.c - packets that scapy builds from the same description are the same bytes */
#include <torc/build.h>

#include "test.h"

static const struct {
	const char *torc;
	const char *scapy;
} packets[] = {
	{ "Ethernet(src=02:00:00:00:00:01,dst=02:00:00:00:00:02)/IPv4(src=10.0.0.1,dst=10.0.0.2,id=1)/"
	  "UDP(src_port=53,dst_port=5000)/Payload(text=hello)",
	  "E()/IP(src='10.0.0.1',dst='10.0.0.2')/UDP(dport=5000)/b'hello'" },
	{ "Ethernet(src=02:00:00:00:00:01,dst=02:00:00:00:00:02)/IPv4(src=10.0.0.1,dst=10.0.0.2,id=1,ttl=9,"
	  "tos=184)/TCP(src_port=20,dst_port=80,flags=2,seq=7,window=8192)",
	  "E()/IP(src='10.0.0.1',dst='10.0.0.2',ttl=9,tos=184)/TCP(seq=7)" },
	{ "Ethernet(src=02:00:00:00:00:01,dst=02:00:00:00:00:02)/Dot1Q(vlan_id=7,priority=3)/"
	  "IPv6(src=fd00::1,dst=fd00::2)/UDP(src_port=1,dst_port=2)/Payload(text=odd)",
	  "E()/Dot1Q(vlan=7,prio=3)/IPv6(src='fd00::1',dst='fd00::2')/UDP(sport=1,dport=2)/b'odd'" },
	{ "Ethernet(src=02:00:00:00:00:01,dst=02:00:00:00:00:02)/IPv4(src=10.0.0.1,dst=10.0.0.2,id=1)/"
	  "ICMPv4(icmp_type=8,id=5,seq=6)/Payload(text=ping)",
	  "E()/IP(src='10.0.0.1',dst='10.0.0.2')/ICMP(id=5,seq=6)/b'ping'" },
	{ "Ethernet(src=02:00:00:00:00:01,dst=02:00:00:00:00:02)/ARP(sender_mac=02:00:00:00:00:01,"
	  "sender_ip=10.0.0.1,target_ip=10.0.0.2)",
	  "E()/ARP(hwsrc='02:00:00:00:00:01',psrc='10.0.0.1',pdst='10.0.0.2')" },
	{ "Ethernet(src=02:00:00:00:00:01,dst=02:00:00:00:00:02)/IPv4(src=10.0.0.1,dst=10.0.0.2,id=1)/"
	  "GRE(has_key=true,key=7,has_sequence=true,seq=9)/IPv4(src=10.1.0.1,dst=10.1.0.2,id=1)/"
	  "UDP(src_port=1,dst_port=2)",
	  "E()/IP(src='10.0.0.1',dst='10.0.0.2')/GRE(key_present=1,key=7,seqnum_present=1,sequence_number=9)/"
	  "IP(src='10.1.0.1',dst='10.1.0.2')/UDP(sport=1,dport=2)" },
	{ "Ethernet(src=02:00:00:00:00:01,dst=02:00:00:00:00:02)/IPv6(src=fd00::1,dst=fd00::2)/"
	  "ICMPv6/ICMPv6Echo(id=3,seq=4)/Payload(text=x)",
	  "E()/IPv6(src='fd00::1',dst='fd00::2')/ICMPv6EchoRequest(id=3,seq=4,data=b'x')" },
	{ "Ethernet(src=02:00:00:00:00:01,dst=02:00:00:00:00:02)/IPv6(src=fd00::1,dst=fd00::2,hop_limit=255)/"
	  "ICMPv6/ICMPv6NeighborSolicitation(target=fd00::2)",
	  "E()/IPv6(src='fd00::1',dst='fd00::2',hlim=255)/ICMPv6ND_NS(tgt='fd00::2')" },
	{ "Ethernet(src=02:00:00:00:00:01,dst=02:00:00:00:00:02)/IPv6(src=fd00::1,dst=fd00::2,hop_limit=255)/"
	  "ICMPv6/ICMPv6NeighborAdvertisement(target=fd00::2,solicited=true)",
	  "E()/IPv6(src='fd00::1',dst='fd00::2',hlim=255)/ICMPv6ND_NA(tgt='fd00::2',R=0,S=1,O=0)" },
};

#define PACKETS (sizeof(packets) / sizeof(packets[0]))

static void script(FILE *out)
{
	fprintf(out, "from scapy.all import *\n"
		     "def E(): return Ether(src='02:00:00:00:00:01',dst='02:00:00:00:00:02')\n");
	for (size_t i = 0; i < PACKETS; i++)
		fprintf(out, "print(bytes(%s).hex())\n", packets[i].scapy);
}

static void compare(size_t i, const char *theirs)
{
	struct torc_error error = { 0 };
	struct torc_builder builder;
	uint8_t buffer[1514];
	char ours[2 * sizeof(buffer) + 1] = "";
	int length;

	torc_build_begin(&builder, TORC_LINK_ETHERNET, buffer, sizeof(buffer));
	torc_build_text(&builder, packets[i].torc, &error);
	length = torc_build_finish(&builder, NULL);
	for (int n = 0; n < length; n++)
		snprintf(ours + 2 * n, 3, "%02x", buffer[n]);
	is_str(ours, theirs, "%s %s", packets[i].scapy, error.text);
}

int main(void)
{
	char path[] = "/tmp/torc_scapy.XXXXXX", command[128], line[4096];
	int fd = mkstemp(path);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w"), *in;
	size_t i = 0;

	if (!file)
		return 1;
	script(file);
	fclose(file);
	if (system("/usr/bin/python3 -c 'import scapy' 2>/dev/null") != 0) {
		unlink(path);
		skip_all("scapy is not installed");
	}
	snprintf(command, sizeof(command), "/usr/bin/python3 %s 2>/dev/null", path);
	in = popen(command, "r");
	while (in && i < PACKETS && fgets(line, sizeof(line), in)) {
		line[strcspn(line, "\n")] = '\0';
		compare(i++, line);
	}
	is(i, PACKETS, "scapy built all");
	if (in)
		pclose(in);
	unlink(path);
	return done();
}
