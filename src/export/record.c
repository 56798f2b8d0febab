/* SPDX-License-Identifier: BSD-3-Clause */
/* record.c - a flow record as a line of text and as a JSON object */
#include <stdio.h>

#include <torc/export.h>
#include <torc/layers/application/dns.h>

#include "util/json.h"

enum { ICMP = 1, TCP = 6, ICMPV6 = 58 };

static const char *protocol_name(unsigned int protocol)
{
	switch (protocol) {
	case 1:
		return "ICMP";
	case 2:
		return "IGMP";
	case 6:
		return "TCP";
	case 17:
		return "UDP";
	case 47:
		return "GRE";
	case 50:
		return "ESP";
	case 51:
		return "AH";
	case 58:
		return "ICMPv6";
	case 89:
		return "OSPF";
	case 132:
		return "SCTP";
	case 136:
		return "UDPLite";
	default:
		return NULL;
	}
}

static void text_protocol(struct text *text, unsigned int protocol)
{
	if (protocol_name(protocol)) {
		text_string(text, protocol_name(protocol));
		return;
	}
	text_string(text, "proto-");
	text_uint(text, protocol);
}

static void text_address(struct text *text, const struct torc_flow_record *record, unsigned int end)
{
	if (record->version == 4)
		text_ipv4(text, record->address[end]);
	else
		text_ipv6(text, record->address[end]);
}

static bool is_icmp(const struct torc_flow_record *record)
{
	return record->protocol == ICMP || record->protocol == ICMPV6;
}

static bool has_ports(const struct torc_flow_record *record)
{
	return record->port[0] || record->port[1];
}

/* ---- text ---- */

static void text_end_of(struct text *text, const struct torc_flow_record *record, unsigned int end)
{
	text_address(text, record, end);
	if (has_ports(record)) {
		text_char(text, '.');
		text_uint(text, record->port[end]);
	}
}

/* "6/5": of the opener and of the other end */
static void text_pair(struct text *text, const char *before, const uint64_t *pair, const char *after)
{
	text_string(text, before);
	text_uint(text, pair[0]);
	text_char(text, '/');
	text_uint(text, pair[1]);
	text_string(text, after);
}

/* Seconds with three digits of the fraction. */
static void text_seconds(struct text *text, uint64_t ns)
{
	char seconds[32];

	snprintf(seconds, sizeof(seconds), "%llu.%03llu", (unsigned long long)(ns / 1000000000),
		 (unsigned long long)(ns / 1000000 % 1000));
	text_string(text, seconds);
}

static void text_details(struct text *text, const struct torc_flow_record *record)
{
	char number[48];

	if (record->history[0] && record->protocol == TCP) {
		text_char(text, ' ');
		text_string(text, record->history);
	}
	if (is_icmp(record)) {
		snprintf(number, sizeof(number), " type %u code %u", record->icmp_type,
			 record->icmp_code);
		text_string(text, number);
	}
	if (record->rtt_ns[0]) {
		snprintf(number, sizeof(number), " rtt %.3fms",
			 ((double)record->rtt_ns[0] + (double)record->rtt_ns[1]) / 1e6);
		text_string(text, number);
	}
	for (unsigned int n = 0; n < record->vlan_count; n++) {
		text_string(text, n == 0 ? " vlan " : ".");
		text_uint(text, record->vlan[n]);
	}
	if (record->name[0]) {
		text_char(text, ' ');
		text_escaped(text, (const uint8_t *)record->name, strlen(record->name));
	}
	if (record->ja4[0]) {
		text_string(text, " ja4 ");
		text_string(text, record->ja4);
	}
}

int torc_flow_record_text(const struct torc_flow_record *record, char *buffer, size_t size)
{
	struct text text = text_start(buffer, size);
	char time[40];

	torc_text_time(record->first_ns, 6, time, sizeof(time));
	text_string(&text, time);
	text_char(&text, ' ');
	text_seconds(&text, record->last_ns - record->first_ns);
	text_char(&text, ' ');
	text_protocol(&text, record->protocol);
	text_char(&text, ' ');
	text_end_of(&text, record, 0);
	text_string(&text, " > ");
	text_end_of(&text, record, 1);
	text_pair(&text, ": packets ", record->packets, "");
	text_pair(&text, " bytes ", record->bytes, " ");
	text_string(&text, torc_flow_state_name(record->state));
	text_char(&text, ' ');
	text_string(&text, torc_flow_reason_name(record->reason));
	text_details(&text, record);
	return text_end(&text);
}

/* ---- JSON ---- */

static void json_address(struct json *json, const char *name, const struct torc_flow_record *record,
			 unsigned int end)
{
	json_raw(json, name);
	text_char(&json->text, '"');
	text_address(&json->text, record, end);
	text_char(&json->text, '"');
}

static void json_key(struct json *json, const struct torc_flow_record *record, uint16_t seed)
{
	char id[TORC_COMMUNITY_ID_SIZE];

	json_address(json, "src_ip", record, 0);
	json_address(json, "dest_ip", record, 1);
	if (has_ports(record)) {
		json_uint(json, "src_port", record->port[0]);
		json_uint(json, "dest_port", record->port[1]);
	}
	json_raw(json, "proto");
	text_char(&json->text, '"');
	text_protocol(&json->text, record->protocol);
	text_char(&json->text, '"');
	json_uint(json, "ip_v", record->version);
	json_open(json, "vlan", '[');
	for (unsigned int n = 0; n < record->vlan_count; n++)
		json_uint(json, NULL, record->vlan[n]);
	json_close(json, ']');
	if (record->inner)
		json_bool(json, "inner", true);
	if (is_icmp(record)) {
		json_uint(json, "icmp_type", record->icmp_type);
		json_uint(json, "icmp_code", record->icmp_code);
	}
	torc_flow_record_community_id(record, seed, id);
	json_string(json, "community_id", id);
}

static void json_counts(struct json *json, const struct torc_flow_record *record)
{
	json_uint(json, "pkts_toserver", record->packets[0]);
	json_uint(json, "pkts_toclient", record->packets[1]);
	json_uint(json, "bytes_toserver", record->bytes[0]);
	json_uint(json, "bytes_toclient", record->bytes[1]);
	json_uint(json, "min_length", record->min_length);
	json_uint(json, "max_length", record->max_length);
	json_uint(json, "min_ttl", record->min_ttl);
	json_uint(json, "max_ttl", record->max_ttl);
	json_uint(json, "tos", record->tos);
}

/* A time that was not seen is null. */
static void json_time(struct json *json, const char *name, uint32_t ns)
{
	if (ns)
		json_uint(json, name, ns);
	else
		json_null(json, name);
}

static void json_tcp(struct json *json, const struct torc_flow_record *record)
{
	json_open(json, "tcp", '{');
	json_uint(json, "tcp_flags_ts", record->tcp_flags[0]);
	json_uint(json, "tcp_flags_tc", record->tcp_flags[1]);
	json_string(json, "history", record->history);
	json_time(json, "rtt_server_ns", record->rtt_ns[0]);
	json_time(json, "rtt_client_ns", record->rtt_ns[1]);
	json_uint(json, "retransmissions_ts", record->retransmissions[0]);
	json_uint(json, "retransmissions_tc", record->retransmissions[1]);
	json_uint(json, "out_of_order_ts", record->out_of_order[0]);
	json_uint(json, "out_of_order_tc", record->out_of_order[1]);
	json_close(json, '}');
}

static void json_member(struct json *json, const char *key, const char *text)
{
	if (*text)
		json_text(json, key, (const uint8_t *)text, strlen(text));
}

static void json_name(struct json *json, const struct torc_flow_record *record)
{
	if (!record->name[0] && !record->alpn[0] && !record->ja4[0])
		return;
	switch (record->name_from) {
	case TORC_FLOW_NAME_TLS:
		json_open(json, "tls", '{');
		json_member(json, "sni", record->name);
		break;
	case TORC_FLOW_NAME_QUIC:
		json_open(json, "quic", '{');
		json_member(json, "sni", record->name);
		break;
	case TORC_FLOW_NAME_HTTP:
		json_open(json, "http", '{');
		json_member(json, "hostname", record->name);
		break;
	default:
		json_open(json, "dns", '{');
		json_member(json, "rrname", record->name);
	}
	if (record->name_cut)
		json_bool(json, "cut", true);
	json_member(json, "alpn", record->alpn);
	json_member(json, "ja3", record->ja3);
	json_member(json, "ja4", record->ja4);
	if (record->dns_type) {
		const char *type = torc_dns_type_name(record->dns_type);

		json_uint(json, "rrtype", record->dns_type);
		json_string(json, "rrtype_name", type);
	}
	json_close(json, '}');
}

int torc_flow_record_json(const struct torc_flow_record *record, const char *interface_name,
			  uint16_t community_id_seed, char *buffer, size_t size)
{
	struct json json = json_start(buffer, size);

	json_open(&json, NULL, '{');
	json_uint(&json, "first_ns", record->first_ns);
	json_uint(&json, "last_ns", record->last_ns);
	json_key(&json, record, community_id_seed);
	json_string(&json, "in_iface", interface_name);
	json_int(&json, "in_ifindex", record->ifindex);
	json_counts(&json, record);
	json_string(&json, "state", torc_flow_state_name(record->state));
	json_string(&json, "reason", torc_flow_reason_name(record->reason));
	json_string(&json, "opener", torc_flow_opener_name(record->opener));
	json_uint(&json, "part", record->part);
	if (record->protocol == TCP)
		json_tcp(&json, record);
	json_name(&json, record);
	json_close(&json, '}');
	return text_end(&json.text);
}
