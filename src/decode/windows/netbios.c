/* SPDX-License-Identifier: BSD-3-Clause */
/* netbios.c - NetBIOS over logical link control: IBM SC30-3383, chapter 5; numbers have their lower byte first */
#include <torc/layers/windows/netbios.h>

#include "decode/registry.h"
#include "decode/windows/smb.h"

#define HEADER	  14 /* of a frame in a session */
#define WITH_NAMES 44
#define NAME	  16

static int netbios_decode(struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data;
	uint32_t length;

	TORC_NEED(cursor, HEADER);
	length = le16(p);
	if (le16(p + 2) != 0xEFFF || (length != WITH_NAMES && length != HEADER))
		return torc_cursor_malformed(cursor, "no length and delimiter");
	TORC_NEED(cursor, length);
	cursor->header_length = length;
	if (cursor->length > length)
		cursor->next = TORC_LAYER_PAYLOAD;
	if (cursor->length >= length + 4 && smb_kind(p + length) == TORC_LAYER_SMB)
		cursor->next = TORC_LAYER_SMB;
	return TORC_STEP_OK;
}

static struct torc_bytes name_of(const uint8_t *p)
{
	struct torc_bytes name = { p, NAME - 1 };

	while (name.length > 0 && (p[name.length - 1] == ' ' || p[name.length - 1] == 0))
		name.length--;
	return name;
}

static void netbios_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			 void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_netbios *netbios = out;

	netbios->length = le16(p);
	netbios->command = p[4];
	netbios->data1 = p[5];
	netbios->data2 = le16(p + 6);
	netbios->transmit_correlator = le16(p + 8);
	netbios->response_correlator = le16(p + 10);
	if (netbios->length == HEADER) {
		netbios->destination_session = p[12];
		netbios->source_session = p[13];
		return;
	}
	netbios->destination = name_of(p + 12);
	netbios->destination_suffix = p[12 + NAME - 1];
	netbios->source = name_of(p + 12 + NAME);
	netbios->source_suffix = p[12 + 2 * NAME - 1];
}

static const char *command_name(uint64_t command)
{
	static const char *const names[] = {
		"Add Group Name Query", "Add Name Query", "Name In Conflict", "Status Query",
		[7] = "Terminate Trace", "Datagram", "Datagram Broadcast", "Name Query",
		[0x0D] = "Add Name Response", "Name Recognized", "Status Response",
		[0x13] = "Terminate Trace", "Data Ack", "Data First/Middle", "Data Only/Last",
		"Session Confirm", "Session End", "Session Initialize", "No Receive",
		"Receive Outstanding", "Receive Continue", [0x1F] = "Session Alive"
	};

	return command < sizeof(names) / sizeof(names[0]) ? names[command] : NULL;
}

#define SOME(member, name, kind)                                                                   \
	TORC_FIELD_AT(struct torc_netbios, member, name, kind, .flags = TORC_FIELD_OPTIONAL)

static const struct torc_field_info netbios_fields[] = {
	TORC_FIELD_AT(struct torc_netbios, length, "length", TORC_FIELD_UINT, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_netbios, command, "command", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_SUMMARY, .value_name = command_name),
	TORC_FIELD_AT(struct torc_netbios, data1, "data1", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_netbios, data2, "data2", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_netbios, transmit_correlator, "transmit_correlator",
		      TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_netbios, response_correlator, "response_correlator",
		      TORC_FIELD_HEX),
	SOME(destination, "destination", TORC_FIELD_STRING),
	SOME(destination_suffix, "destination_suffix", TORC_FIELD_HEX),
	SOME(source, "source", TORC_FIELD_STRING),
	SOME(source_suffix, "source_suffix", TORC_FIELD_HEX),
	SOME(destination_session, "destination_session", TORC_FIELD_UINT),
	SOME(source_session, "source_session", TORC_FIELD_UINT),
	TORC_FIELDS_END
};

static const struct torc_layer_number netbios_numbers[] = {
	{ TORC_BY_LLC_SAP, 0xF0 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_netbios = {
	.name = "NetBIOS",
	.key = "netbios",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_netbios),
	.numbers = netbios_numbers,
	.decode = netbios_decode,
	.read = netbios_read,
	.fields = netbios_fields,
};
