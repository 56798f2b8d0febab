/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * filter.c - the public filter: every word of the language on made frames against libpcap's own
 * run, at every cut; errors; link types; batches
 *
 * filter FILE...: also over every packet of these captures.
 */
#include <errno.h>
#include <pcap/pcap.h>
#include <torc/torc.h>

#include "test.h"

/* Frames as hexadecimal text, Ethernet first. Checksums are not looked at by filters. */
static const char *const frames[] = {
	/* ARP request */
	"ffffffffffff 020000000001 0806 0001080006040001 020000000001 0a000001 000000000000 "
	"0a000002",
	/* TCP SYN 10.0.0.1:40000 > 10.0.0.2:80 */
	"020000000002 020000000001 0800 4500002800010000 4006 0000 0a000001 0a000002"
	"9c40 0050 00000001 00000000 5002 ffff 0000 0000",
	/* TCP with options in IP (header of 24), port 443 > 1025, ACK PSH, payload */
	"020000000002 020000000001 0800 4600003000010000 4006 0000 c0a80001 c0a80102 01010101"
	"01bb 0401 00000001 00000000 5018 ffff 0000 0000 48545450",
	/* UDP DNS */
	"020000000002 020000000001 0800 4500002000010000 4011 0000 0a000001 08080808"
	"c000 0035 000c 0000 01020304",
	/* UDP multicast */
	"01005e0000fb 020000000001 0800 4500002000010000 0111 0000 0a000001 e00000fb"
	"14e9 14e9 000c 0000 01020304",
	/* later fragment */
	"020000000002 020000000001 0800 45000020000100b9 4011 0000 0a000001 08080808"
	"0050 0050 000c 0000 01020304",
	/* ICMP echo, unreachable */
	"020000000002 020000000001 0800 4500001c00010000 4001 0000 0a000001 0a000002 08000000 "
	"00010001",
	"020000000002 020000000001 0800 4500001c00010000 4001 0000 0a000002 0a000001 03010000 "
	"00000000",
	/* SCTP */
	"020000000002 020000000001 0800 4500002000010000 4084 0000 0a000001 0a000002"
	"0050 1f90 00000001 00000000",
	/* IPv6 TCP 80, IPv6 UDP, ICMPv6, IPv6 with a fragment header */
	"020000000002 020000000001 86dd 60000000 0014 06 40 20010db8000000000000000000000001"
	"20010db8000000000000000000000002 9c40 0050 00000001 00000000 5002 ffff 0000 0000",
	"020000000002 020000000001 86dd 60000000 000c 11 40 20010db8000000000000000000000001"
	"20010db8000000000000000000000002 c000 0035 000c 0000 01020304",
	"333300000001 020000000001 86dd 60000000 0008 3a ff fe800000000000000000000000000001"
	"ff020000000000000000000000000001 8700 0000 00000000",
	"020000000002 020000000001 86dd 60000000 0010 2c 40 20010db8000000000000000000000001"
	"20010db8000000000000000000000002 11000001 00000001 c000 0035 0008 0000",
	/* VLAN 100 TCP 80; QinQ; MPLS; PPPoE session */
	"020000000002 020000000001 8100 0064 0800 4500002800010000 4006 0000 0a000001 0a000002"
	"9c40 0050 00000001 00000000 5002 ffff 0000 0000",
	"020000000002 020000000001 88a8 00c8 8100 0064 0800 4500002000010000 4011 0000 0a000001"
	"0a000002 c000 0035 000c 0000 01020304",
	"020000000002 020000000001 8847 0001013f 4500002000010000 4011 0000 0a000001 0a000002"
	"c000 0035 000c 0000 01020304",
	"020000000002 020000000001 8864 1100 0001 0022 0021 4500002000010000 4011 0000 0a000001"
	"0a000002 c000 0035 000c 0000 01020304",
	/* spanning tree in LLC */
	"0180c2000000 020000000001 0026 424203 0000000000 0000 0000 0000 0000 0000 0000 0000 0000",
	"", /* no bytes at all */
};

static const char *const expressions[] = {
	"",
	"ip",
	"ip6",
	"arp",
	"rarp",
	"tcp",
	"udp",
	"icmp",
	"icmp6",
	"sctp",
	"igmp",
	"ah",
	"esp",
	"vrrp",
	"stp",
	"llc",
	"tcp and port 80",
	"port 53",
	"src port 80",
	"dst port 80",
	"tcp dst port 80",
	"udp src port 49152",
	"portrange 1-1024",
	"src portrange 40000-50000",
	"host 10.0.0.1",
	"src host 10.0.0.1",
	"dst host 8.8.8.8",
	"src or dst 10.0.0.2",
	"src and dst 10.0.0.1",
	"host 2001:db8::1",
	"src host 2001:db8::1",
	"net 10.0.0.0/8",
	"net 192.168.0.0 mask 255.255.254.0",
	"dst net 8",
	"net 2001:db8::/32",
	"ether host 02:00:00:00:00:01",
	"ether src 02:00:00:00:00:01",
	"ether dst 02:00:00:00:00:02",
	"ether broadcast",
	"ether multicast",
	"ip multicast",
	"ip6 multicast",
	"broadcast",
	"multicast",
	"ether proto 0x0806",
	"ip proto 17",
	"ip6 proto 6",
	"proto 132",
	"ip protochain 6",
	"ip6 protochain 17",
	"vlan",
	"vlan 100",
	"vlan 100 and tcp port 80",
	"vlan 200 and vlan 100",
	"mpls",
	"mpls 16",
	"mpls and udp",
	"pppoes",
	"pppoes 1 and udp",
	"pppoed",
	"less 60",
	"greater 60",
	"len > 50",
	"len == 0",
	"not ip",
	"! tcp",
	"tcp or udp and not port 53",
	"(tcp or udp) and not (port 53 or port 80)",
	"tcp[tcpflags] & tcp-syn != 0",
	"tcp[13] = 2",
	"tcp[tcpflags] & (tcp-ack|tcp-push) = 0x18",
	"icmp[icmptype] = icmp-echo",
	"icmp[icmptype] == icmp-unreach and icmp[icmpcode] = 1",
	"icmp6[icmp6type] = 0x87",
	"ip[0] & 0xf != 5",
	"ip[6:2] & 0x1fff != 0",
	"ip[2:2] = len - 14",
	"ether[0] & 1 = 1",
	"ether[12:2] > 0x0600",
	"ether[14:4] / 3 = 0x17000000",
	"udp[4:2] % 5 = 2",
	"ip[8] << 2 = 256",
	"ip[8] >> 3 = 8",
	"ether[6:4] ^ 0x02000000 = 0",
	"ip[12:4] | 1 = 0x0a000001",
	"ether[ip[0] & 0xf] = 0",
	"tcp[((tcp[12] & 0xf0) >> 2):4] = 0x48545450",
	"- ip[8] = 0xffffffc0",
	"len / ip[9] = 9",
	"decnet",
	"iso",
	"clnp",
	"aarp",
	"lat",
	"ip host 10.0.0.1 and 10.0.0.2",
	"gateway 10.0.0.1 or tcp",
	"ether[4294967295] = 0",
	"tcp and (port 80 or port 443 or port 8080 or port 22 or port 25 or port 53)",
};

static size_t unhex(const char *text, uint8_t *bytes)
{
	size_t length = 0;

	for (; *text; text++) {
		unsigned int value;

		if (*text == ' ')
			continue;
		sscanf(text, "%2x", &value);
		bytes[length++] = (uint8_t)value;
		text++;
	}
	return length;
}

/* One frame, cut at every length. Returns how often the two disagree. */
static unsigned int disagreements(const struct torc_filter *filter,
				  const struct bpf_program *program, const uint8_t *frame,
				  uint32_t length, unsigned int *matched)
{
	unsigned int different = 0;

	for (uint32_t caplen = 0; caplen <= length; caplen++) {
		uint8_t *data = guarded(frame, caplen);
		uint32_t want = bpf_filter(program->bf_insns, data, length, caplen);

		different += torc_filter_matches(filter, data, caplen, length) != want;
		*matched += want != 0;
		guarded_free(data, caplen);
	}
	return different;
}

static void words(void)
{
	pcap_t *handle = pcap_open_dead(DLT_EN10MB, 65535);
	unsigned int compiled = 0, different = 0, matched = 0;
	uint8_t frame[256];

	for (size_t x = 0; x < sizeof(expressions) / sizeof(expressions[0]); x++) {
		struct torc_filter *filter;
		struct bpf_program program;
		bool theirs = pcap_compile(handle, &program, expressions[x], 1,
					   PCAP_NETMASK_UNKNOWN) == 0;
		int ours = torc_filter_compile(&filter, expressions[x], TORC_LINK_ETHERNET, 65535,
					       NULL);
		unsigned int before = different;

		if (!theirs || ours < 0) { /* what libpcap refuses ("gateway", "broadcast") */
			different += theirs || ours != -TORC_EFILTER;
			if (theirs)
				pcap_freecode(&program);
		} else {
			for (size_t f = 0; f < sizeof(frames) / sizeof(frames[0]); f++)
				different +=
					disagreements(filter, &program, frame,
						      (uint32_t)unhex(frames[f], frame), &matched);
			compiled++;
			pcap_freecode(&program);
		}
		torc_filter_free(filter);
		if (different != before)
			note("\"%s\" differs", expressions[x]);
	}
	pcap_close(handle);
	is(different, 0, "%u expressions, every frame at every cut: as libpcap", compiled);
	ok(compiled > 80 && matched > 1000, "%u of them matched", matched);
}

/* As a pcap file says it; for pcapng as libpcap does, which differs for a few types only. */
static uint16_t link_type_of(const char *path, int dlt)
{
	uint8_t header[24] = { 0 };
	FILE *file = fopen(path, "rb");
	size_t got = file ? fread(header, 1, sizeof(header), file) : 0;

	if (file)
		fclose(file);
	if (got < sizeof(header) || header[0] == 0x0a)
		return (uint16_t)dlt;
	return header[0] == 0xa1 ? (uint16_t)(header[22] << 8 | header[23])
				 : (uint16_t)(header[21] << 8 | header[20]);
}

/* The expressions over every packet of a capture. */
static void capture(const char *path)
{
	char reason[PCAP_ERRBUF_SIZE];
	unsigned long tested = 0, different = 0;

	for (size_t x = 0; x < sizeof(expressions) / sizeof(expressions[0]); x++) {
		pcap_t *handle = pcap_open_offline(path, reason);
		struct torc_filter *filter = NULL;
		struct bpf_program program;
		struct pcap_pkthdr *header;
		const u_char *data;

		if (!handle) {
			note("%s: %s", path, reason);
			return;
		}
		if (pcap_compile(handle, &program, expressions[x], 1, PCAP_NETMASK_UNKNOWN) == 0) {
			different += torc_filter_compile(&filter, expressions[x],
							 link_type_of(path, pcap_datalink(handle)),
							 (uint32_t)pcap_snapshot(handle), NULL) < 0;
			while (filter && pcap_next_ex(handle, &header, &data) == 1) {
				tested++;
				different += !bpf_filter(program.bf_insns, data, header->len,
							 header->caplen) !=
					     !torc_filter_matches(filter, data, header->caplen,
								  header->len);
			}
			torc_filter_free(filter);
			pcap_freecode(&program);
		}
		pcap_close(handle);
	}
	is(different, 0, "%s: %lu verdicts", path, tested);
}

static void errors(void)
{
	struct torc_filter *filter;
	struct torc_error error = { 0 };
	const struct torc_filter_instruction endless = { 0x05, 0, 0, 7 };

	is(torc_filter_compile(&filter, "tcp and prot 80", TORC_LINK_ETHERNET, 0, &error),
	   -TORC_EFILTER, "a bad expression: %s", error.text);
	ok(filter == NULL, "no filter then");
	is(torc_filter_from_instructions(&filter, &endless, 1, &error), -EINVAL,
	   "bad instructions: %s", error.text);
	ok(filter == NULL, "no filter then");
	torc_filter_free(NULL);
}

static uint32_t verdict(const char *expression, uint16_t link_type, uint32_t snaplen,
			const char *hex)
{
	struct torc_filter *filter;
	uint8_t bytes[256];
	uint32_t length = (uint32_t)unhex(hex, bytes), result;

	if (torc_filter_compile(&filter, expression, link_type, snaplen, NULL) < 0)
		return UINT32_MAX;
	result = torc_filter_matches(filter, bytes, length, length);
	torc_filter_free(filter);
	return result;
}

static void link_types(void)
{
	static const char ip[] = "4500002000010000 4011 0000 0a000001 08080808 c000 0035 000c 0000";
	static const char sll[] =
		"0000 0001 0006 0200000000010000 0800"
		"4500002000010000 4011 0000 0a000001 08080808 c000 0035 000c 0000";
	static const char null_little[] =
		"02000000 4500002000010000 4011 0000 0a000001 08080808 c000 0035 000c 0000";
	static const char null_big[] =
		"00000002 4500002000010000 4011 0000 0a000001 08080808 c000 0035 000c 0000";

	is(verdict("udp port 53", TORC_LINK_RAW, 0, ip), 262144, "raw IP (LINKTYPE 101, DLT 12)");
	is(verdict("udp port 53", TORC_LINK_RAW_BSD, 96, ip), 96, "raw IP (12), snaplen");
	is(verdict("udp port 53", TORC_LINK_RAW_OPENBSD, 96, ip), 96, "raw IP (14)");
	is(verdict("udp port 53", TORC_LINK_IPV4, 96, ip), 96, "IPv4 only");
	is(verdict("udp port 53", TORC_LINK_NULL, 96, null_little), 96,
	   "BSD loopback, little endian");
	is(verdict("udp port 53", TORC_LINK_NULL, 96, null_big), 96, "BSD loopback, big endian");
	is(verdict("udp port 54", TORC_LINK_NULL, 96, null_big), 0, "another port");
	is(verdict("ip6", TORC_LINK_NULL, 96, "1e000000 60"), 96, "IPv6 as Darwin numbers it");
	is(verdict("ip6", TORC_LINK_NULL, 96, "0000001c 60"), 96, "IPv6 as FreeBSD numbers it");
	is(verdict("pppoes", 127, 96, "00000800 00000000"), 0, "what the kernel would not run");
	is(verdict("inbound", TORC_LINK_ETHERNET, 96, ip), UINT32_MAX, "no direction in bytes");
	is(verdict("udp port 54", TORC_LINK_RAW, 0, ip), 0, "another port");
	is(verdict("udp port 53", TORC_LINK_LINUX_SLL, 96, sll), 96, "Linux cooked");
	is(verdict(NULL, TORC_LINK_ETHERNET, 0, ""), 262144, "no expression matches everything");
}

static void batch(void)
{
	struct torc_filter *filter;
	struct torc_packet packets[8] = { 0 };
	uint8_t bytes[8][256];

	for (unsigned int n = 0; n < 8; n++) {
		packets[n].data = bytes[n];
		packets[n].caplen = packets[n].len = (uint32_t)unhex(frames[n], bytes[n]);
		packets[n].timestamp_ns = n;
	}
	torc_filter_compile(&filter, "udp", TORC_LINK_ETHERNET, 30, NULL);
	is(torc_filter_batch(filter, packets, 8), 3, "three of eight");
	ok(packets[0].timestamp_ns == 3 && packets[1].timestamp_ns == 4 &&
		   packets[2].timestamp_ns == 5,
	   "in their order");
	ok(packets[0].data == bytes[3] && packets[0].caplen == 30 && packets[0].len == 46,
	   "cut to the snaplen, length kept");
	is(torc_filter_batch(filter, packets, 0), 0, "an empty batch");
	note("machine code: %s", torc_filter_is_native(filter) ? "yes" : "no");
	torc_filter_free(filter);
}

int main(int argc, char **argv)
{
	for (int n = 1; n < argc; n++)
		capture(argv[n]);
	words();
	errors();
	link_types();
	batch();
	return done();
}
