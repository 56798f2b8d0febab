/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * netflow.c - torc dump --tree: the records of NetFlow version 9 and IPFIX, by templates that were
 * seen before
 *
 * Names are those of IANA's "IPFIX Information Elements"; version 9 has the same numbers for what both
 * know. What has no name here is told by its number.
 */
#include <arpa/inet.h>
#include <stdio.h>

#include <torc/netflow_templates.h>

#include "netflow.h"

#define REVERSE 29305u /* RFC 5103 §6.1 */

enum kind { NUMBER, IPV4, IPV6, MAC, TEXT };

static const struct element {
	uint16_t id;
	uint8_t kind; /* enum kind */
	const char *name;
} elements[] = {
	{ 1, NUMBER, "octetDeltaCount" },
	{ 2, NUMBER, "packetDeltaCount" },
	{ 4, NUMBER, "protocolIdentifier" },
	{ 5, NUMBER, "ipClassOfService" },
	{ 6, NUMBER, "tcpControlBits" },
	{ 7, NUMBER, "sourceTransportPort" },
	{ 8, IPV4, "sourceIPv4Address" },
	{ 9, NUMBER, "sourceIPv4PrefixLength" },
	{ 10, NUMBER, "ingressInterface" },
	{ 11, NUMBER, "destinationTransportPort" },
	{ 12, IPV4, "destinationIPv4Address" },
	{ 13, NUMBER, "destinationIPv4PrefixLength" },
	{ 14, NUMBER, "egressInterface" },
	{ 15, IPV4, "ipNextHopIPv4Address" },
	{ 16, NUMBER, "bgpSourceAsNumber" },
	{ 17, NUMBER, "bgpDestinationAsNumber" },
	{ 21, NUMBER, "flowEndSysUpTime" },
	{ 22, NUMBER, "flowStartSysUpTime" },
	{ 23, NUMBER, "postOctetDeltaCount" },
	{ 24, NUMBER, "postPacketDeltaCount" },
	{ 25, NUMBER, "minimumIpTotalLength" },
	{ 26, NUMBER, "maximumIpTotalLength" },
	{ 27, IPV6, "sourceIPv6Address" },
	{ 28, IPV6, "destinationIPv6Address" },
	{ 31, NUMBER, "flowLabelIPv6" },
	{ 32, NUMBER, "icmpTypeCodeIPv4" },
	{ 34, NUMBER, "samplingInterval" },
	{ 40, NUMBER, "exportedOctetTotalCount" },
	{ 41, NUMBER, "exportedMessageTotalCount" },
	{ 42, NUMBER, "exportedFlowRecordTotalCount" },
	{ 48, NUMBER, "samplerId" },
	{ 52, NUMBER, "minimumTTL" },
	{ 53, NUMBER, "maximumTTL" },
	{ 56, MAC, "sourceMacAddress" },
	{ 58, NUMBER, "vlanId" },
	{ 60, NUMBER, "ipVersion" },
	{ 61, NUMBER, "flowDirection" },
	{ 62, IPV6, "ipNextHopIPv6Address" },
	{ 80, MAC, "destinationMacAddress" },
	{ 82, TEXT, "interfaceName" },
	{ 83, TEXT, "interfaceDescription" },
	{ 85, NUMBER, "octetTotalCount" },
	{ 86, NUMBER, "packetTotalCount" },
	{ 96, TEXT, "applicationName" },
	{ 136, NUMBER, "flowEndReason" },
	{ 139, NUMBER, "icmpTypeCodeIPv6" },
	{ 148, NUMBER, "flowId" },
	{ 149, NUMBER, "observationDomainId" },
	{ 150, NUMBER, "flowStartSeconds" },
	{ 151, NUMBER, "flowEndSeconds" },
	{ 152, NUMBER, "flowStartMilliseconds" },
	{ 153, NUMBER, "flowEndMilliseconds" },
	{ 160, NUMBER, "systemInitTimeMilliseconds" },
	{ 164, NUMBER, "ignoredPacketTotalCount" },
	{ 167, NUMBER, "notSentPacketTotalCount" },
	{ 239, NUMBER, "biflowDirection" },
	{ 243, NUMBER, "dot1qVlanId" },
	{ 245, NUMBER, "dot1qCustomerVlanId" },
};

static const struct element *find_element(const struct torc_netflow_value *value, bool is_v9)
{
	if ((value->enterprise && value->enterprise != REVERSE) || (value->is_scope && is_v9))
		return NULL;
	for (size_t n = 0; n < sizeof(elements) / sizeof(*elements); n++)
		if (elements[n].id == value->id)
			return &elements[n];
	return NULL;
}

static void print_name(const struct torc_netflow_value *value, const struct element *element)
{
	printf("        %s", value->is_scope ? "scope " : "");
	if (value->enterprise == REVERSE)
		printf("reverse ");
	else if (value->enterprise)
		printf("enterprise %u ", value->enterprise);
	if (element)
		printf("%s: ", element->name);
	else
		printf("element %u: ", value->id);
}

static void print_hex(const struct torc_bytes *bytes)
{
	for (uint32_t n = 0; n < bytes->length; n++)
		printf("%02x", bytes->data[n]);
}

static void print_value(const struct torc_netflow_value *value, enum kind kind)
{
	const struct torc_bytes *bytes = &value->bytes;
	char text[INET6_ADDRSTRLEN], escaped[512];
	uint64_t number = 0;

	if (kind == IPV4 && bytes->length == 4) {
		fputs(inet_ntop(AF_INET, bytes->data, text, sizeof(text)), stdout);
	} else if (kind == IPV6 && bytes->length == 16) {
		fputs(inet_ntop(AF_INET6, bytes->data, text, sizeof(text)), stdout);
	} else if (kind == MAC && bytes->length == 6) {
		for (unsigned int n = 0; n < 6; n++)
			printf("%s%02x", n ? ":" : "", bytes->data[n]);
	} else if (kind == TEXT) {
		torc_text_escaped((const char *)bytes->data, bytes->length < 120 ? bytes->length : 120,
				  escaped, sizeof(escaped));
		fputs(escaped, stdout);
	} else if (bytes->length >= 1 && bytes->length <= 8) {
		for (uint32_t n = 0; n < bytes->length; n++)
			number = number << 8 | bytes->data[n];
		printf("%llu", (unsigned long long)number);
	} else {
		print_hex(bytes);
	}
	putchar('\n');
}

void netflow_print(struct torc_netflow_templates *templates, const struct torc_decoded *decoded)
{
	struct torc_netflow_data_record record;
	struct torc_netflow_value value;
	struct torc_netflow_data data;
	unsigned int number = 0;

	for (unsigned int n = 0; n < decoded->layer_count; n++) {
		if (torc_netflow_data_begin(templates, decoded, &decoded->layers[n], &data) < 0)
			continue;
		while (torc_netflow_data_next(&data, &record)) {
			printf("    records[%u]: template %u\n", number++, record.template_id);
			while (torc_netflow_value_next(&record, &value)) {
				const struct element *element =
					find_element(&value, data.netflow.version == 9);

				print_name(&value, element);
				print_value(&value, element ? element->kind : NUMBER);
			}
		}
	}
}
