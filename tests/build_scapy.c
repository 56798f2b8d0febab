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
	{ "Ethernet(src=02:00:00:00:00:01,dst=02:00:00:00:00:02)/IPv4(src=10.0.0.1,"
	  "dst=10.0.0.2,id=1)/TCP(src_port=1000,dst_port=80,flags=2,seq=7,window=8192,"
	  "mss=1460,sackok,timestamps=7:0,nop,wscale=7)",
	  "E()/IP(src='10.0.0.1',dst='10.0.0.2')/TCP(sport=1000,seq=7,options=[('MSS',"
	  "1460),('SAckOK',b''),('Timestamp',(7,0)),('NOP',None),('WScale',7)])" },
	{ "Ethernet(src=02:00:00:00:00:01,dst=02:00:00:00:00:02)/IPv4(src=10.0.0.1,"
	  "dst=10.0.0.2,id=1,router_alert=0)/UDP(src_port=1,dst_port=2)",
	  "E()/IP(src='10.0.0.1',dst='10.0.0.2',options=[IPOption_Router_Alert()])/"
	  "UDP(sport=1,dport=2)" },
	{ "Ethernet(src=02:00:00:00:00:01,dst=02:00:00:00:00:02)/IPv6(src=fe80::1,"
	  "dst=ff02::16,hop_limit=1)/IPv6HopByHop(router_alert=0)/UDP(src_port=1,"
	  "dst_port=2)",
	  "E()/IPv6(src='fe80::1',dst='ff02::16',hlim=1)/"
	  "IPv6ExtHdrHopByHop(options=[RouterAlert()])/UDP(sport=1,dport=2)" },
	{ "Ethernet(src=02:00:00:00:00:01,dst=02:00:00:00:00:02)/IPv4(src=10.0.0.1,"
	  "dst=10.0.0.2,id=1)/UDP(src_port=1000)/DNS(id=7,recursion_desired=true,"
	  "question=www.example.com AAAA)",
	  "E()/IP(src='10.0.0.1',dst='10.0.0.2')/UDP(sport=1000)/DNS(id=7,"
	  "qd=DNSQR(qname='www.example.com',qtype='AAAA'))" },
	{ "Ethernet(src=02:00:00:00:00:01,dst=02:00:00:00:00:02)/IPv4(src=10.0.0.1,"
	  "dst=10.0.0.2,id=1)/UDP(src_port=53,dst_port=1000)/DNS(id=7,"
	  "question=www.example.com,answer=www.example.com 60 CNAME web.example.com,"
	  "answer=web.example.com 60 A 10.0.0.9)",
	  "dns_compress(E()/IP(src='10.0.0.1',dst='10.0.0.2')/UDP(sport=53,dport=1000)/"
	  "DNS(id=7,qr=1,rd=0,qd=DNSQR(qname='www.example.com'),"
	  "an=DNSRR(rrname='www.example.com',ttl=60,type='CNAME',rdata='web.example.com')/"
	  "DNSRR(rrname='web.example.com',ttl=60,rdata='10.0.0.9')))" },
	{ "Ethernet(src=02:00:00:00:00:01,dst=02:00:00:00:00:02)/IPv4(dst=255.255.255.255,"
	  "id=1)/UDP(src_port=68)/DHCPv4(xid=9,client=02:00:00:00:00:01,message_type=1,"
	  "hostname=box,requested_ip=10.0.0.9)",
	  "E()/IP(src='0.0.0.0',dst='255.255.255.255')/UDP(sport=68,dport=67)/"
	  "BOOTP(chaddr=bytes.fromhex('020000000001'),xid=9)/DHCP(options=[('message-type',"
	  "'discover'),('hostname',b'box'),('requested_addr','10.0.0.9'),'end'])" },
	{ "Ethernet(src=02:00:00:00:00:01,dst=02:00:00:00:00:02)/IPv6(src=fe80::1,"
	  "dst=ff02::1:2)/UDP(src_port=546,dst_port=547)/DHCPv6(xid=7,elapsed_time=0)",
	  "E()/IPv6(src='fe80::1',dst='ff02::1:2')/UDP(sport=546,dport=547)/"
	  "DHCP6_Solicit(trid=7)/DHCP6OptElapsedTime(elapsedtime=0)" },
	{ "Ethernet(src=02:00:00:00:00:01,dst=02:00:00:00:00:02)/IPv6(src=fe80::1,"
	  "dst=ff02::1,hop_limit=255)/ICMPv6/ICMPv6RouterAdvertisement(hop_limit=64,"
	  "router_lifetime=1800,source_link=02:00:00:00:00:01,mtu=1500,prefix=fd00::/64)",
	  "E()/IPv6(src='fe80::1',dst='ff02::1',hlim=255)/ICMPv6ND_RA(chlim=64,"
	  "routerlifetime=1800,H=0,prf=0)/ICMPv6NDOptSrcLLAddr(lladdr='02:00:00:00:00:01')/"
	  "ICMPv6NDOptMTU(mtu=1500)/ICMPv6NDOptPrefixInfo(prefix='fd00::',prefixlen=64,"
	  "validlifetime=2592000,preferredlifetime=604800)" },
	{ "Ethernet(src=02:00:00:00:00:01,dst=02:00:00:00:00:02)/IPv6(src=fe80::1,"
	  "dst=ff02::1,hop_limit=1)/ICMPv6/"
	  "MLDv1MulticastListenerQuery(max_response_time=10000)",
	  "E()/IPv6(src='fe80::1',dst='ff02::1',hlim=1)/ICMPv6MLQuery(mrd=10000)" },
	{ "Ethernet(src=02:00:00:00:00:01,dst=02:00:00:00:00:02)/IPv6(src=fe80::1,"
	  "dst=ff02::16,hop_limit=1)/ICMPv6/MLDv2MulticastListenerReport(record=4 ff02::fb)",
	  "E()/IPv6(src='fe80::1',dst='ff02::16',hlim=1)/"
	  "ICMPv6MLReport2(records=[ICMPv6MLDMultAddrRec(rtype=4,dst='ff02::fb')])" },
	{ "Ethernet(src=02:00:00:00:00:01,dst=02:00:00:00:00:02)/IPv4(src=10.0.0.1,"
	  "dst=10.0.0.2,id=1)/SCTP(src_port=5000,dst_port=5001)/SCTPInit(initiate_tag=7,"
	  "advertised_window=65535,initial_tsn=1)",
	  "E()/IP(src='10.0.0.1',dst='10.0.0.2')/SCTP(sport=5000,dport=5001)/"
	  "SCTPChunkInit(init_tag=7,a_rwnd=65535,n_out_streams=1,n_in_streams=1,init_tsn=1)" },
	{ "Ethernet(src=02:00:00:00:00:01,dst=02:00:00:00:00:02)/IPv4(src=10.0.0.1,"
	  "dst=10.0.0.2,id=1)/SCTP(src_port=5000,dst_port=5001,verification_tag=7)/"
	  "SCTPData(tsn=1,stream_id=2,stream_seq=3)/Payload(text=hello)",
	  "E()/IP(src='10.0.0.1',dst='10.0.0.2')/SCTP(sport=5000,dport=5001,tag=7)/"
	  "SCTPChunkData(tsn=1,stream_id=2,stream_seq=3,data=b'hello',beginning=1,ending=1)" },
	{ "Ethernet(src=02:00:00:00:00:01,dst=01:80:c2:00:00:00)/LLC/"
	  "STP(root=02:00:00:00:00:01,bridge=02:00:00:00:00:01,root_priority=32768,"
	  "bridge_priority=32768,port_id=0x8001)",
	  "Dot3(src='02:00:00:00:00:01',dst='01:80:c2:00:00:00')/LLC()/"
	  "STP(rootmac='02:00:00:00:00:01',bridgemac='02:00:00:00:00:01',rootid=32768,"
	  "bridgeid=32768,portid=0x8001,age=0)" },
	{ "Ethernet(src=02:00:00:00:00:01,dst=02:00:00:00:00:02)/EAPOL/EAP(code=2,id=1,"
	  "type=1,data=616263)",
	  "E()/EAPOL(version=2)/EAP(code=2,id=1,type=1,identity=b'abc')" },
	{ "Ethernet(src=02:00:00:00:00:01,dst=02:00:00:00:00:02)/IPv4(src=10.0.0.1,"
	  "dst=10.0.0.2,id=1)/UDP(src_port=3000)/RADIUS(id=3,user_name=bob,nas_port=5)",
	  "E()/IP(src='10.0.0.1',dst='10.0.0.2')/UDP(sport=3000,dport=1645)/Radius(id=3,"
	  "authenticator=bytes(16),attributes=[RadiusAttr_User_Name(value=b'bob'),"
	  "RadiusAttr_NAS_Port(value=5)])" },
	{ "Ethernet(src=02:00:00:00:00:01,dst=02:00:00:00:00:02)/IPv4(src=10.0.0.1,"
	  "dst=10.0.0.2,id=1)/UDP(src_port=123)/NTP(transmit_timestamp=0x100000000)",
	  "E()/IP(src='10.0.0.1',dst='10.0.0.2')/UDP()/NTPHeader(version=4,mode=3,"
	  "stratum=0,poll=0,precision=0,ref=0,orig=0,recv=0,sent=1,delay=0,dispersion=0,"
	  "id='0.0.0.0',ref_id=bytes(4))" },
	{ "Ethernet(src=02:00:00:00:00:01,dst=02:00:00:00:00:02)/IPv4(src=10.0.0.1,"
	  "dst=224.0.0.18,id=1,ttl=255)/VRRP(version=2,type=1,vrid=7,priority=100,"
	  "interval=1000,address=10.0.0.254)",
	  "E()/IP(src='10.0.0.1',dst='224.0.0.18',ttl=255)/VRRP(vrid=7,priority=100,"
	  "addrlist=['10.0.0.254'],adv=1)" },
	{ "Ethernet(src=02:00:00:00:00:01,dst=02:00:00:00:00:02)/IPv4(src=10.0.0.1,"
	  "dst=224.0.0.18,id=1,ttl=255)/VRRP(vrid=7,address=10.0.0.254)",
	  "E()/IP(src='10.0.0.1',dst='224.0.0.18',ttl=255)/VRRPv3(vrid=7,priority=100,"
	  "addrlist=['10.0.0.254'],adv=100)" },
	{ "Ethernet(src=02:00:00:00:00:01,dst=02:00:00:00:00:02)/IPv4(src=10.0.0.1,"
	  "dst=224.0.0.5,id=1,ttl=1)/OSPF(router_id=10.0.0.1,mask=255.255.255.0,options=2,"
	  "priority=1,neighbors=0a000002)",
	  "E()/IP(src='10.0.0.1',dst='224.0.0.5',ttl=1)/OSPF_Hdr(src='10.0.0.1')/"
	  "OSPF_Hello(mask='255.255.255.0',hellointerval=10,options=2,prio=1,"
	  "deadinterval=40,router='0.0.0.0',backup='0.0.0.0',neighbors=['10.0.0.2'])" },
	{ "Ethernet(src=02:00:00:00:00:01,dst=02:00:00:00:00:02)/"
	  "LinkLayerDiscovery(chassis=02:00:00:00:00:01,port_id=eth0)/"
	  "LinkLayerDiscoveryInfo(system_name=box)",
	  "Raw(bytes(E()/LLDPDUChassisID(subtype=4,id='02:00:00:00:00:01')/"
	  "LLDPDUPortID(subtype=5,id='eth0')/LLDPDUTimeToLive(ttl=120)/"
	  "LLDPDUSystemName(system_name='box')/LLDPDUEndOfLLDPDU())[:41])" },
	{ "Ethernet(src=02:00:00:00:00:01,dst=01:00:0c:cc:cc:cc)/LLC/SNAP/CiscoDiscovery/"
	  "CiscoDiscoveryInfo(device_id=box)",
	  "Dot3(src='02:00:00:00:00:01',dst='01:00:0c:cc:cc:cc')/LLC(dsap=0xaa,ssap=0xaa,"
	  "ctrl=3)/SNAP(OUI=0xc,code=0x2000)/CDPv2_HDR(msg=[CDPMsgDeviceID(val=b'box')])" },
	{ "Ethernet(src=02:00:00:00:00:01,dst=02:00:00:00:00:02)/IPv4(src=10.0.0.1,"
	  "dst=239.1.2.3,id=1,ttl=1)/IGMP(group=239.1.2.3)",
	  "E()/IP(src='10.0.0.1',dst='239.1.2.3',ttl=1)/IGMP(type=0x16,gaddr='239.1.2.3',"
	  "mrcode=0)" },
	{ "Ethernet(src=02:00:00:00:00:01,dst=02:00:00:00:00:02)/IPv4(src=10.0.0.1,"
	  "dst=224.0.0.22,id=1,ttl=1,tos=192)/IGMP(record=4 239.1.2.3)",
	  "E()/IP(src='10.0.0.1',dst='224.0.0.22',ttl=1)/IGMPv3(type=0x22,mrcode=0)/"
	  "IGMPv3mr(records=[IGMPv3gr(rtype=4,maddr='239.1.2.3')])" },
	{ "Ethernet(src=02:00:00:00:00:01,dst=02:00:00:00:00:02)/IPv4(src=10.0.0.1,"
	  "dst=10.0.0.2,id=1)/IPSecESP(spi=1,seq=2,encrypted=0011)",
	  "E()/IP(src='10.0.0.1',dst='10.0.0.2')/ESP(spi=1,seq=2,data=bytes([0,17]))" },
	{ "Ethernet(src=02:00:00:00:00:01,dst=02:00:00:00:00:02)/IPv4(src=10.0.0.1,"
	  "dst=10.0.0.2,id=1)/IPSecAH(spi=1,seq=2,icv=000000000000000000000000)/"
	  "UDP(src_port=1,dst_port=2)",
	  "E()/IP(src='10.0.0.1',dst='10.0.0.2')/AH(nh=17,payloadlen=4,spi=1,seq=2,"
	  "icv=bytes(12))/UDP(sport=1,dport=2,chksum=0xEBD8)" },
};

#define PACKETS (sizeof(packets) / sizeof(packets[0]))

static void script(FILE *out)
{
	fprintf(out, "from scapy.all import *\n"
		     "from scapy.layers.eap import *\nfrom scapy.layers.vrrp import *\n"
		     "for module in 'ospf', 'lldp', 'cdp', 'igmp', 'igmpv3':\n"
		     "    exec('from scapy.contrib.%%s import *' %% module)\n"
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
