/* SPDX-License-Identifier: BSD-3-Clause */
/* The parts of the drop-in libpfring that work on bytes alone: parser, printer, trailers, BPF. */
#include "pfring_net.h"

static struct pfring_pkthdr parsed(const uint8_t *bytes, unsigned int length, u_int8_t level,
				   int *depth)
{
	struct pfring_pkthdr hdr = { .caplen = length, .len = length };
	uint8_t *copy = guarded(bytes, length);

	*depth = pfring_parse_pkt(copy, &hdr, level, 0, 1);
	guarded_free(copy, length);
	return hdr;
}

static void test_levels(void)
{
	struct frame frame = { .source = 1, .destination = 2, .source_port = 1000,
			       .destination_port = 53 };
	uint8_t bytes[FRAME_BYTES + 4];
	unsigned int length = build(bytes, &frame);
	struct pfring_pkthdr hdr;
	const struct pkt_parsing_info *info = &hdr.extended_hdr.parsed_pkt;
	int depth;

	hdr = parsed(bytes, length, 2, &depth);
	is(depth, 2, "level 2");
	ok(info->eth_type == 0x0800 && info->offset.l3_offset == 14 && info->ip_version == 0 &&
		   info->offset.l4_offset == 0,
	   "the link layer and no more");
	hdr = parsed(bytes, length, 3, &depth);
	is(depth, 3, "level 3");
	ok(info->ip_version == 4 && info->l3_proto == 17 && info->offset.l4_offset == 34 &&
		   info->l4_src_port == 0,
	   "the network layer and no more");
	hdr = parsed(bytes, length, 4, &depth);
	is(depth, 4, "level 4");
	ok(info->l4_src_port == 1000 && info->l4_dst_port == 53 &&
		   info->offset.payload_offset == 42,
	   "the transport layer");
	is(hdr.extended_hdr.pkt_hash, 0x0A000001u + 0x0A000102u + 17 + 1053, "and the hash");
	for (unsigned int cut = 0; cut < length; cut++) {
		struct pfring_pkthdr part = parsed(bytes, cut, 5, &depth);

		if (depth > 4 || part.extended_hdr.parsed_pkt.offset.payload_offset > 42)
			ok(false, "cut at %u", cut);
	}
	ok(true, "cut at every length against a guard page");
}

static void test_resume(void)
{
	struct frame frame = { .source = 1, .destination = 2, .source_port = 7,
			       .destination_port = 8 };
	uint8_t bytes[FRAME_BYTES + 4], shifted[FRAME_BYTES + 20];
	struct pfring_pkthdr hdr = { .caplen = sizeof(shifted), .len = sizeof(shifted) };
	struct pkt_parsing_info *info = &hdr.extended_hdr.parsed_pkt;

	build(bytes, &frame);
	memset(shifted, 0xEE, sizeof(shifted));
	memcpy(shifted + 30, bytes + 14, FRAME_BYTES - 14);
	info->offset.l3_offset = 30;
	info->eth_type = 0x0800;
	info->vlan_id = 5;
	is(pfring_parse_pkt(shifted, &hdr, 4, 1, 0), 4, "layer 3 from where the caller says");
	ok(info->l4_src_port == 7 && info->l4_dst_port == 8 && info->offset.l4_offset == 50 &&
		   info->offset.l3_offset == 30 && info->offset.payload_offset == 58,
	   "ports and offsets from there");
	ok(info->vlan_id == 5 && info->eth_type == 0x0800, "what was known stays");
	ok(hdr.ts.tv_sec > 1000000000 && hdr.extended_hdr.pkt_hash == 0,
	   "a timestamp where asked for, no hash where not");
}

/* Ethernet, IPv4, UDP to 4789, VXLAN 0x123456, Ethernet, IPv4 192.168.0.1 -> .2, UDP 5 -> 6 */
static const uint8_t vxlan[] = {
	2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0,
	0x45, 0, 0, 78, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
	0x10, 0, 0x12, 0xB5, 0, 58, 0, 0,
	8, 0, 0, 0, 0x12, 0x34, 0x56, 0,
	4, 0, 0, 0, 0, 4, 4, 0, 0, 0, 0, 3, 8, 0,
	0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 192, 168, 0, 1, 192, 168, 0, 2,
	0, 5, 0, 6, 0, 8, 0, 0
};

static void test_tunnel(void)
{
	struct pfring_pkthdr hdr;
	const tunnel_info *tunnel = &hdr.extended_hdr.parsed_pkt.tunnel;
	int depth;

	hdr = parsed(vxlan, sizeof(vxlan), 5, &depth);
	is(depth, 5, "a tunnel is level 5");
	ok(tunnel->tunnel_id == 0x123456 && tunnel->tunneled_ip_version == 4 &&
		   tunnel->tunneled_ip_src.v4 == 0xC0A80001 && tunnel->tunneled_proto == 17 &&
		   tunnel->tunneled_l4_src_port == 5 && tunnel->tunneled_l4_dst_port == 6 &&
		   tunnel->tunneled_smac[5] == 3 && tunnel->tunneled_eth_type == 0x0800,
	   "what is in it");
	is(hdr.extended_hdr.pkt_hash, 0xC0A80001u + 0xC0A80002u + 17 + 11, "hashed by the inside");
	hdr = parsed(vxlan, sizeof(vxlan), 4, &depth);
	ok(depth == 4 && tunnel->tunnel_id == NO_TUNNEL_ID && tunnel->tunneled_ip_version == 0,
	   "level 4 does not look inside");
}

static void test_print(void)
{
	struct frame frame = { .protocol = IPPROTO_TCP, .vlan = 7, .source = 1, .destination = 2,
			       .source_port = 1000, .destination_port = 80 };
	static const uint8_t arp[] = {
		255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 1, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1,
		2, 0, 0, 0, 0, 1, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 10, 0, 0, 2
	};
	uint8_t bytes[FRAME_BYTES + 4];
	unsigned int length = build(bytes, &frame);
	char text[512], small[10];

	is(pfring_print_pkt(text, sizeof(text), bytes, length, length), (int)strlen(text), "size");
	is_str(text,
	       "[02:00:00:00:00:01 -> 02:00:00:00:00:02] [vlan 7] [IPv4][10.0.0.1:1000 -> "
	       "10.0.1.2:80] [l3_proto=TCP][hash=335545672][tos=0][tcp_seq_num=0] [caplen=104]"
	       "[len=104][eth_offset=0][l3_offset=18][l4_offset=38][payload_offset=58]",
	       "TCP in a VLAN");
	pfring_print_pkt(text, sizeof(text), arp, sizeof(arp), sizeof(arp));
	is_str(text,
	       "[02:00:00:00:00:01 -> FF:FF:FF:FF:FF:FF] [ARP][Sender=02:00:00:00:00:01/10.0.0.1]"
	       "[Target=00:00:00:00:00:00/10.0.0.2] [caplen=42][len=42][eth_offset=0]"
	       "[l3_offset=14][l4_offset=0][payload_offset=0]",
	       "ARP");
	pfring_print_pkt(text, sizeof(text), vxlan, sizeof(vxlan), sizeof(vxlan));
	ok(strstr(text, "[TEID=0x00123456][tunneled_proto=UDP][IPv4][192.168.0.1:5 -> "
			"192.168.0.2:6] "),
	   "a tunnel");
	is(pfring_print_pkt(small, sizeof(small), bytes, length, length), 9, "cut to the buffer");
	is_str(small, "[02:00:00", "and terminated");
}

static void test_numbers(void)
{
	char text[64];

	is_str(pfring_format_numbers(999, text, sizeof(text), 0), "999", "below a thousand");
	is_str(pfring_format_numbers(12.345, text, sizeof(text), 1), "12.35", "rounded there");
	is_str(pfring_format_numbers(1234, text, sizeof(text), 0), "1'234", "a thousand");
	is_str(pfring_format_numbers(1234567, text, sizeof(text), 0), "1'234'567", "a million");
	is_str(pfring_format_numbers(1234567.25, text, sizeof(text), 1), "1'234'567.25", "more");
	is_str(pfring_format_numbers(7001002003.0, text, sizeof(text), 0), "7'001'002'003", "most");
	setenv("TZ", "XYZ-5:30", 1);
	tzset();
	is(gmt_to_local(1700000000), 19800, "five and a half hours ahead");
	setenv("TZ", "UTC", 1);
	tzset();
	is(gmt_to_local(0), 0, "UTC is not");
}

static unsigned int put32(uint8_t *at, uint32_t value)
{
	put16(at, (uint16_t)(value >> 16));
	put16(at + 2, (uint16_t)value);
	return 4;
}

/* A frame, then a trailer; the header says that all of it was captured. */
static struct pfring_pkthdr with_trailer(uint8_t *bytes, const uint8_t *trailer, unsigned int size)
{
	build(bytes, &(struct frame){ .source = 1 });
	memcpy(bytes + FRAME_BYTES, trailer, size);
	return (struct pfring_pkthdr){ .caplen = FRAME_BYTES + size, .len = FRAME_BYTES + size };
}

static bool stamped(const struct pfring_pkthdr *hdr, u_int64_t ns)
{
	return hdr->extended_hdr.timestamp_ns == ns && hdr->caplen == FRAME_BYTES &&
	       hdr->len == FRAME_BYTES && (u_int64_t)hdr->ts.tv_sec == ns / 1000000000;
}

static void test_trailers(void)
{
	uint8_t bytes[FRAME_BYTES + 32], ixia[19] = { 0 }, vss[12] = { 0 }, watch[16] = { 0 };
	struct pfring_pkthdr hdr;
	struct timespec time;

	put32(ixia + 2, 1700000000);
	put32(ixia + 6, 5);
	put16(ixia + 11, 0xAF12);
	hdr = with_trailer(bytes, ixia, sizeof(ixia));
	is(pfring_read_ixia_hw_timestamp(bytes, hdr.len, &time), 19, "Ixia");
	ok(time.tv_sec == 1700000000 && time.tv_nsec == 5, "its time");
	is(pfring_handle_ixia_hw_timestamp(bytes, &hdr), 0, "strip it");
	ok(stamped(&hdr, 1700000000000000005), "time set, trailer gone");
	is(pfring_read_ixia_hw_timestamp(bytes, FRAME_BYTES, &time), 0, "a packet without one");
	is(pfring_read_ixia_hw_timestamp(bytes, 10, &time), 0, "nor so short a packet");
	hdr = with_trailer(bytes, ixia, sizeof(ixia));
	hdr.caplen--;
	is(pfring_handle_ixia_hw_timestamp(bytes, &hdr), -1, "only for whole packets");

	put32(vss, 1700000001);
	put32(vss + 4, 6);
	hdr = with_trailer(bytes, vss, sizeof(vss));
	is(pfring_read_vss_apcon_hw_timestamp(bytes, hdr.len, &time), 12, "VSS");
	pfring_handle_vss_apcon_hw_timestamp(bytes, &hdr);
	ok(stamped(&hdr, 1700000001000000006), "time set, trailer gone");

	put32(watch + 4, 1700000002);
	put32(watch + 8, 7);
	put16(watch + 13, 300);
	watch[15] = 9;
	hdr = with_trailer(bytes, watch, sizeof(watch));
	is(pfring_read_metawatch_hw_timestamp(bytes, hdr.len, &time), 16, "MetaWatch");
	is(pfring_handle_metawatch_hw_timestamp(bytes, &hdr), 0, "strip it");
	ok(stamped(&hdr, 1700000002000000007) && hdr.extended_hdr.device_id == 300 &&
		   hdr.extended_hdr.port_id == 9,
	   "time, device and port");
	pfring_enable_hw_timestamp_debug();
}

static void test_arista(void)
{
	uint8_t bytes[FRAME_BYTES + 32], key[FRAME_BYTES + 4], ticks[4];
	struct pfring_pkthdr hdr = { .caplen = FRAME_BYTES, .len = FRAME_BYTES };
	u_int64_t ns = 0;
	u_int32_t tick = 0;

	put32(ticks, 1000);
	hdr = with_trailer(bytes, ticks, sizeof(ticks));
	hdr.extended_hdr.timestamp_ns = 77;
	is(pfring_handle_arista_hw_timestamp(bytes, &hdr), 0, "ticks before any key frame");
	ok(hdr.len == FRAME_BYTES && hdr.extended_hdr.timestamp_ns == 77, "keep the kernel's time");

	build(key, &(struct frame){ .protocol = 253 });
	memset(key, 255, 6);
	memset(key + 34, 0, 46);
	put32(key + 38, 650);
	put32(key + 42, (uint32_t)(1700000003000000000u >> 32));
	put32(key + 46, (uint32_t)1700000003000000000u);
	is(pfring_read_arista_7150_keyframe(key, FRAME_BYTES, &ns, &tick), 0, "a key frame");
	ok(ns == 1700000003000000000 && tick == 650, "its time and ticks");
	hdr = (struct pfring_pkthdr){ .caplen = FRAME_BYTES, .len = FRAME_BYTES };
	is(pfring_handle_arista_hw_timestamp(key, &hdr), 1, "is not for the program");
	is(pfring_read_arista_7150_keyframe(bytes, FRAME_BYTES, &ns, &tick), -1, "not a key frame");
	hdr = with_trailer(bytes, ticks, sizeof(ticks));
	is(pfring_read_arista_7150_hw_timestamp(bytes, hdr.len, &ns), 4, "ticks");
	is(ns, 1700000003000001000, "350 ticks are a microsecond");
	is(pfring_handle_arista_hw_timestamp(bytes, &hdr), 0, "strip them");
	ok(stamped(&hdr, 1700000003000001000), "time set");

	build(bytes, &(struct frame){ .source = 1 });
	put16(bytes + 12, 0xD28B);
	put32(bytes + 18, 1700000004);
	put32(bytes + 22, 8);
	hdr = (struct pfring_pkthdr){ .caplen = FRAME_BYTES, .len = FRAME_BYTES };
	is(pfring_handle_arista_hw_timestamp(bytes, &hdr), 0, "Arista 7280");
	ok(stamped(&hdr, 1700000004000000008), "its time; nothing to cut");
}

static void test_bpf(void)
{
	struct bpf_program program = { 0 };
	uint8_t bytes[FRAME_BYTES + 4];
	unsigned int length = build(bytes, &(struct frame){ .destination_port = 53 });

	is(pfring_parse_bpf_filter("udp dst port 53", 1500, &program), 0, "compile");
	ok(program.bf_len > 1, "a program");
	ok(pfring_bpf_filter(program.bf_insns, bytes, length, length) > 0, "it matches");
	bytes[37] = 54;
	is(pfring_bpf_filter(program.bf_insns, bytes, length, length), 0, "and not another port");
	is(pfring_bpf_filter(program.bf_insns, bytes, 20, length), 0, "nor past what is there");
	pfring_free_bpf_filter(&program);
	ok(!program.bf_insns, "freed");
	is(pfring_parse_bpf_filter("no such", 1500, &program), PF_RING_ERROR_INVALID_ARGUMENT,
	   "a bad expression");
}

static void test_library(void)
{
	struct thirdparty_func functions[] = { { "cos", NULL }, { "no_such_function", NULL },
					       { NULL, NULL } };

	pfring_thirdparty_lib_init("libm.so.6", functions);
	ok(functions[0].ptr && !functions[1].ptr, "a function of another library");
	functions[0].ptr = NULL;
	pfring_thirdparty_lib_init("libnosuch.so", functions);
	ok(!functions[0].ptr, "no such library");
}

int main(void)
{
	test_levels();
	test_resume();
	test_tunnel();
	test_print();
	test_numbers();
	test_trailers();
	test_arista();
	test_bpf();
	test_library();
	return done();
}
