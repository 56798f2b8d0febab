/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * build_tshark.c - packets built from text, of every layer that can be built: tshark finds in them what
 * the text said, nothing malformed, and no checksum wrong
 */
#include <torc/build.h>
#include <torc/torc.h>

#include "test.h"
#include "test_folder.h"

/* What is built, and what tshark's summary has to say of it. */
static const struct {
	const char *text;
	const char *info;
} packets[] = {
	{ "Ethernet/IPv4(dst=10.0.0.1)/TCP(dst_port=80,flags=2,mss=1460,sackok,timestamps=7:0,"
	  "nop,wscale=7)",
	  "[SYN] Seq=0 Win=0 Len=0 MSS=1460 SACK_PERM TSval=7 TSecr=0 WS=128" },
	{ "Ethernet/IPv4(dst=10.0.0.1,router_alert=0)/UDP(dst_port=9)/Payload(text=a\\,b\\x21\\))",
	  "Len=5" },
	{ "Ethernet/IPv4(src=10.0.0.2,dst=10.0.0.1)/UDP(src_port=5353)/DNS(id=7,"
	  "question=www.example.com AAAA,recursion_desired=true)",
	  "Standard query 0x0007 AAAA www.example.com" },
	{ "Ethernet/IPv4(src=10.0.0.2,dst=10.0.0.1)/UDP(src_port=53,dst_port=3000)/DNS(id=7,"
	  "question=www.example.com,answer=www.example.com 60 CNAME example.com,"
	  "answer=example.com 60 A 10.0.0.1,authority=example.com 60 NS ns.example.com,"
	  "additional=ns.example.com AAAA fd00::1)",
	  "Standard query response 0x0007 A www.example.com CNAME example.com A 10.0.0.1 NS ns.example.com AAAA fd00::1" },
	{ "Ethernet/IPv4(src=10.0.0.2,dst=10.0.0.1)/UDP(src_port=53,dst_port=3000)/DNS(id=7,"
	  "response=true,question=example.com MX,answer=example.com 5 MX 10 mail.example.com,"
	  "answer=example.com TXT hello world,"
	  "answer=_sip._tcp.example.com SRV 1 2 5060 sip.example.com,"
	  "answer=example.com SOA ns.example.com root.example.com 1 2 3 4 5)",
	  "Standard query response 0x0007 MX example.com MX 10 mail.example.com TXT SRV 1 2 5060 sip.example.com SOA ns.example.com" },
	{ "Ethernet/IPv4(src=10.0.0.2,dst=10.0.0.1)/TCP(src_port=3000)/DNS(id=7,"
	  "question=www.example.com,type=ANY)",
	  "Standard query 0x0007 ANY www.example.com" },
	{ "Ethernet/IPv4/UDP(src_port=68)/DHCPv4(message_type=1,xid=0x1234,"
	  "client=02:00:00:00:00:01,hostname=box,requested_ip=10.0.0.9,parameters=1 3 6)",
	  "DHCP Discover - Transaction ID 0x1234" },
	{ "Ethernet/IPv6(src=fe80::1,dst=ff02::1:2)/UDP(src_port=546)/DHCPv6(xid=0x1234,"
	  "elapsed_time=0,option=1:00030001020000000001)",
	  "Solicit XID: 0x001234 CID: 00030001020000000001" },
	{ "Ethernet/IPv6(src=fe80::1,dst=ff02::1,hop_limit=255)/ICMPv6/"
	  "ICMPv6RouterAdvertisement(hop_limit=64,router_lifetime=1800,"
	  "source_link=02:00:00:00:00:01,mtu=1500,prefix=fd00::/64,dns=fd00::53)",
	  "Router Advertisement from 02:00:00:00:00:01" },
	{ "Ethernet/IPv6(src=fe80::1,dst=fe80::2,hop_limit=255)/ICMPv6/"
	  "ICMPv6NeighborSolicitation(target=fe80::2,source_link=02:00:00:00:00:01)",
	  "Neighbor Solicitation for fe80::2 from 02:00:00:00:00:01" },
	{ "Ethernet/IPv6(src=fe80::1,dst=ff02::16,hop_limit=1)/IPv6HopByHop(router_alert=0)/"
	  "ICMPv6/MLDv2MulticastListenerReport(record=4 ff02::fb)",
	  "Multicast Listener Report Message v2" },
	{ "Ethernet/IPv6(src=fe80::1,dst=ff02::1,hop_limit=1)/IPv6HopByHop(router_alert=0)/"
	  "ICMPv6/MLDv1MulticastListenerQuery(max_response_time=10000)",
	  "Multicast Listener Query" },
	{ "Ethernet/IPv6(src=fe80::1,dst=ff02::1,hop_limit=1)/IPv6HopByHop(router_alert=0)/"
	  "ICMPv6/MLDv2MulticastListenerQuery(max_response_time=10000,query_interval=125,"
	  "robustness=2)",
	  "Multicast Listener Query" },
	{ "Ethernet/IPv4(dst=224.0.0.22,ttl=1,router_alert=0)/IGMP(record=4 239.1.2.3,"
	  "record=3 239.1.2.4 10.0.0.1)",
	  "Membership Report / Join group 239.1.2.3 for any sources / Join group 239.1.2.4 for source {10.0.0.1}" },
	{ "Ethernet/IPv4(dst=224.0.0.1,ttl=1)/IGMP(type=0x11,max_response_time=10000,"
	  "robustness=2,query_interval=125)",
	  "Membership Query, general" },
	{ "Ethernet/IPv4(dst=239.1.2.3,ttl=1)/IGMP(group=239.1.2.3)",
	  "Membership Report group 239.1.2.3" },
	{ "Ethernet/IPv4(src=10.0.0.1,dst=10.0.0.2)/SCTP(src_port=5000,dst_port=5001)/"
	  "SCTPInit(initiate_tag=7,initial_tsn=1,ipv4=10.0.0.1,ecn,forward_tsn)",
	  "INIT" },
	{ "Ethernet/IPv4(src=10.0.0.1,dst=10.0.0.2)/SCTP(src_port=5000,dst_port=5001,"
	  "verification_tag=7)/SCTPSack(cumulative_tsn=7,advertised_window=1000,gaps=00010002)/"
	  "SCTPData(tsn=1)/Payload(text=hello)",
	  "SACK (Ack=7+2, Arwnd=1000) DATA (TSN=0)" },
	{ "Ethernet/IPv4(src=10.0.0.1,dst=10.0.0.2)/SCTP(src_port=5000,dst_port=5001,"
	  "verification_tag=7)/SCTPHeartbeat(value=0001000801020304)",
	  "HEARTBEAT" },
	{ "Ethernet(dst=01:80:c2:00:00:00)/LLC/STP(root_priority=32768,root=02:00:00:00:00:01,"
	  "bridge_priority=32768,bridge=02:00:00:00:00:01,port_id=0x8001)",
	  "Conf. Root = 32768/0/02:00:00:00:00:01  Cost = 0  Port = 0x8001" },
	{ "Ethernet(dst=01:00:0c:cc:cc:cd)/LLC/SNAP/STP(type=2,version=2,"
	  "root=02:00:00:00:00:01,bridge=02:00:00:00:00:01,vlan_id=7)",
	  "RST. Root = 0/0/02:00:00:00:00:01  Cost = 0  Port = 0x0000" },
	{ "Ethernet(dst=01:80:c2:00:00:0e)/LinkLayerDiscovery(chassis=02:00:00:00:00:01,"
	  "port_id=eth0)/LinkLayerDiscoveryInfo(system_name=box,capabilities=0x14:0x10)",
	  "MA/02:00:00:00:00:01 IN/eth0 120 SysN=box" },
	{ "Ethernet(dst=01:00:0c:cc:cc:cc)/LLC/SNAP/CiscoDiscovery/"
	  "CiscoDiscoveryInfo(device_id=box,port=eth0,capabilities=1,platform=Linux)",
	  "Device ID: box  Port ID: eth0" },
	{ "Ethernet(dst=01:00:0c:cc:cc:cc)/LLC/SNAP/CiscoDiscovery/"
	  "CiscoDiscoveryInfo(device_id=boxx,platform=Linu\\xe9)",
	  "Device ID: boxx" },
	{ "Ethernet(dst=01:80:c2:00:00:03)/EAPOL/EAP(code=2,id=1,type=1,data=616263)",
	  "Response, Identity" },
	{ "Ethernet(dst=01:80:c2:00:00:03)/EAPOL(type=1)",
	  "Start" },
	{ "Ethernet/EAPOL/EAPOLKey(descriptor_type=2,key_information=0x8a,key_length=16,"
	  "replay_counter=1)",
	  "Key (Message 1 of 4)" },
	{ "Ethernet/IPv4(src=10.0.0.1,dst=10.0.0.2)/UDP(src_port=3000)/RADIUS(id=3,"
	  "user_name=bob,nas_ip=10.0.0.1,nas_port=5)",
	  "Access-Request id=3" },
	{ "Ethernet/IPv4(src=10.0.0.1,dst=10.0.0.2)/UDP(src_port=123)/"
	  "NTP(transmit_timestamp=0xe0000000)",
	  "NTP Version 4, client" },
	{ "Ethernet/IPv4(src=10.0.0.1,dst=10.0.0.2,ttl=255)/UDP(src_port=50000)/BFD(state=3,"
	  "my_discriminator=1,your_discriminator=2,desired_min_tx=100000,"
	  "required_min_rx=100000)",
	  "Diag: No Diagnostic, State: Up, Flags: 0x00" },
	{ "Ethernet/IPv4(src=10.0.0.1,dst=224.0.0.18,ttl=255)/VRRP(vrid=7,address=10.0.0.254)",
	  "Announcement (v3)" },
	{ "Ethernet/IPv4(src=10.0.0.1,dst=224.0.0.18,ttl=255)/VRRP(version=2,type=1,vrid=7,"
	  "priority=100,address=10.0.0.254,interval=1000)",
	  "Announcement (v2)" },
	{ "Ethernet/IPv6(src=fe80::1,dst=ff02::12,hop_limit=255)/VRRP(vrid=7,address6=fe80::254)",
	  "Announcement (v3)" },
	{ "Ethernet/IPv4(src=10.0.0.1,dst=224.0.0.5,ttl=1)/OSPF(router_id=10.0.0.1,"
	  "mask=255.255.255.0,priority=1,options=2,neighbors=0a000002)",
	  "Hello Packet" },
	{ "Ethernet/IPv6(src=fe80::1,dst=ff02::5,hop_limit=1)/OSPF(version=3,"
	  "router_id=10.0.0.1,type=1,options=0x13,priority=1,hello_interval=10,"
	  "dead_interval=40)",
	  "Hello Packet" },
	{ "Ethernet/IPv4(src=10.0.0.1,dst=10.0.0.2)/IPSecAH(spi=1,seq=1,"
	  "icv=000102030405060708090a0b)/UDP(dst_port=9)",
	  "Len=0" },
	{ "Ethernet/IPv4(src=10.0.0.1,dst=10.0.0.2)/IPSecESP(spi=1,seq=2,encrypted=00112233)",
	  "ESP (SPI=0x00000001)" },
	{ "Ethernet/PPPoE(code=9,service_name=isp)",
	  "Active Discovery Initiation (PADI)" },
};

#define PACKETS (sizeof(packets) / sizeof(packets[0]))

static bool build(struct torc_writer *writer, size_t i)
{
	struct torc_error error = { 0 };
	struct torc_builder builder;
	struct torc_packet packet;
	uint8_t buffer[1514];
	int code;

	torc_build_begin(&builder, TORC_LINK_ETHERNET, buffer, sizeof(buffer));
	code = torc_build_text(&builder, packets[i].text, &error);
	if (code == 0)
		code = torc_build_finish(&builder, &packet);
	if (code < 0)
		note("%s: %s", packets[i].text, error.text);
	return code > 0 && torc_writer_write(writer, &packet, 1) == 1;
}

#define EXPERT_ERROR "8388608" /* of a wrong checksum too */

/* A line of tshark's: whether it is malformed, how bad experts find it, summary. */
static void judge(size_t i, char *line)
{
	char *malformed = strsep(&line, "\t"), *severities = strsep(&line, "\t"), *info = line;

	ok(info && *malformed == '\0' && !strstr(severities, EXPERT_ERROR), "%s", packets[i].text);
	ok(info && strstr(info, packets[i].info), "tshark: %s", info ? info : "");
}

int main(void)
{
	char folder[] = "/tmp/torc_build.XXXXXX", command[1024], line[4096], path[64];
	struct torc_writer *writer = NULL;
	size_t built = 0, read = 0;
	FILE *in;

	if (system("command -v tshark >/dev/null") != 0)
		skip_all("tshark is not installed");
	if (!mkdtemp(folder))
		return 1;
	snprintf(path, sizeof(path), "%s/made.pcap", folder);
	torc_writer_open(&writer, path, NULL, NULL);
	for (size_t i = 0; i < PACKETS; i++)
		built += build(writer, i);
	torc_writer_close(writer, NULL, NULL);
	is(built, PACKETS, "all are built");
	snprintf(command, sizeof(command),
		 "tshark -r %s -o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE "
		 "-o udp.check_checksum:TRUE -o sctp.checksum:TRUE -T fields -e _ws.malformed "
		 "-e _ws.expert.severity -e _ws.col.Info 2>/dev/null",
		 path);
	in = popen(command, "r");
	while (in && read < PACKETS && fgets(line, sizeof(line), in)) {
		line[strcspn(line, "\n")] = '\0';
		judge(read++, line);
	}
	is(read, PACKETS, "tshark read them");
	if (in)
		pclose(in);
	remove_folder(folder);
	return done();
}
