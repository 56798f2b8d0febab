/* SPDX-License-Identifier: BSD-3-Clause */
/* flow.c - the flow hash over parsed headers; see flow.h */
#include "parse/flow.h"

#include "parse/bytes.h"

static uint32_t mac_sum(const uint8_t *source, const uint8_t *destination)
{
	uint32_t from = torc_be16(source) * TORC_FLOW_PORT + torc_be32(source + 2);
	uint32_t to = torc_be16(destination) * TORC_FLOW_PORT + torc_be32(destination + 2);

	return torc_flow_mix_end(from) + torc_flow_mix_end(to);
}

uint32_t torc_flow_hash(const struct torc_parsed *parsed, unsigned int what)
{
	const struct torc_parsed_ip *ip = &parsed->ip;
	uint32_t sum;

	if ((what & TORC_FLOW_INNER) && parsed->inner.version != 0)
		ip = &parsed->inner;
	if (ip->version != 0)
		sum = torc_flow_ip_sum(ip, what);
	else if (what & TORC_FLOW_MAC)
		sum = mac_sum(parsed->source_mac, parsed->destination_mac);
	else
		return 0;
	if (what & TORC_FLOW_VLAN)
		sum += torc_flow_tag_sum(parsed);
	return torc_flow_mix_final(sum);
}
