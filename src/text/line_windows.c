/* SPDX-License-Identifier: BSD-3-Clause */
/* line_windows.c - what Windows networks talk in one line: tcpdump without its SMB printer says nothing of it */
#include <torc/layers/windows/dcerpc.h>
#include <torc/layers/windows/kerberos.h>
#include <torc/layers/windows/netbios.h>
#include <torc/layers/windows/smb.h>

#include "text/line.h"
#include "text/value.h"

#define SHOWN 8 /* records, messages */

/* What the field of that name means, or its number. */
static void named(struct line *line, const struct torc_field_info *fields, const char *name,
		  const void *object)
{
	struct torc_value value;

	field_value(field_named(fields, name), object, &value);
	if (value.name)
		text_string(&line->text, value.name);
	else if (value.kind == TORC_FIELD_STRING)
		line_ascii(line, &value.bytes);
	else
		value_text(&line->text, &value, SHOWN);
}

static const struct torc_field_info *fields_of(const struct torc_layer *layer)
{
	return torc_layer_describe(layer->type)->fields;
}

static void netbios_text(struct line *line, const struct torc_bytes *letters)
{
	uint8_t name[TORC_NETBIOS_NAME];
	unsigned int length = TORC_NETBIOS_NAME - 1;

	if (!torc_netbios_name(letters, name)) {
		text_char(&line->text, '?');
		return;
	}
	while (length > 0 && (name[length - 1] == ' ' || name[length - 1] == 0))
		length--;
	for (unsigned int i = 0; i < length; i++)
		text_char(&line->text, name[i] > ' ' && name[i] < 0x7F ? (char)name[i] : '.');
	text_char(&line->text, '<');
	text_hex(&line->text, name[TORC_NETBIOS_NAME - 1], 2);
	text_char(&line->text, '>');
}

/* A line is ASCII: other characters as \u20ac. */
static void utf16_text(struct line *line, const char *before, const struct torc_bytes *string)
{
	text_string(&line->text, before);
	for (uint32_t i = 0; i + 1 < string->length; i += 2) {
		unsigned int c = (unsigned)string->data[i + 1] << 8 | string->data[i];

		if (c >= ' ' && c < 0x7F) {
			text_char(&line->text, (char)c);
		} else {
			text_string(&line->text, "\\u");
			text_hex(&line->text, c, 4);
		}
	}
}

void line_nbns(struct line *line, const struct torc_layer **layer)
{
	static const char *const opcodes[] = { "query", [5] = "registration", "release", "wait",
					       "refresh", "refresh",
					       [15] = "multi-homed registration" };
	struct torc_nbns_record record;
	uint32_t position = 0;
	struct torc_nbns nbns;

	torc_layer_nbns(line->decoded, *layer, &nbns);
	text_string(&line->text, "NBNS ");
	name_text(line, opcodes, COUNT(opcodes), nbns.opcode);
	text_string(&line->text, nbns.is_response ? " response" : "");
	if (nbns.is_response && nbns.response_code != 0) {
		text_string(&line->text, ", ");
		named(line, fields_of(*layer), "response_code", &nbns);
	}
	for (int i = 0; i < SHOWN && torc_nbns_record_next(&nbns, &position, &record); i++) {
		text_string(&line->text, i == 0 ? " " : ", ");
		if (record.type == 0x20 || record.type == 0x21)
			text_string(&line->text, record.type == 0x20 ? "NB " : "NBSTAT ");
		else
			field_text(line, "type ", record.type);
		if (record.type != 0x20 && record.type != 0x21)
			text_char(&line->text, ' ');
		netbios_text(line, &record.name);
		if (record.section == 0 || record.type != 0x20)
			continue;
		text_char(&line->text, ' ');
		text_ipv4(&line->text, record.address);
		text_string(&line->text, record.is_group ? " group" : "");
	}
	field_text(line, ", length ", message_length(line, *layer));
}

void line_nbdgm(struct line *line, const struct torc_layer **layer)
{
	struct torc_nbdgm nbdgm;

	torc_layer_nbdgm(line->decoded, *layer, &nbdgm);
	text_string(&line->text, "NBDGM ");
	named(line, fields_of(*layer), "message_type", &nbdgm);
	if (nbdgm.source.length > 0) {
		text_char(&line->text, ' ');
		netbios_text(line, &nbdgm.source);
		text_string(&line->text, " >");
	}
	if (nbdgm.destination.length > 0) {
		text_char(&line->text, ' ');
		netbios_text(line, &nbdgm.destination);
	}
	field_text(line, ", length ", message_length(line, *layer));
}

void line_nbss(struct line *line, const struct torc_layer **layer)
{
	struct torc_nbss nbss;

	torc_layer_nbss(line->decoded, *layer, &nbss);
	if (nbss.type == 0) {
		line->joined = true; /* the message behind it says it all */
		return;
	}
	text_string(&line->text, "NBSS ");
	named(line, fields_of(*layer), "message_type", &nbss);
	if (nbss.called.length > 0 && nbss.calling.length > 0) {
		text_char(&line->text, ' ');
		netbios_text(line, &nbss.calling);
		text_string(&line->text, " > ");
		netbios_text(line, &nbss.called);
	}
	if (nbss.error_code) {
		text_string(&line->text, ", ");
		named(line, fields_of(*layer), "error_code", &nbss);
	}
}

void line_smb(struct line *line, const struct torc_layer **layer)
{
	struct torc_smb smb;

	torc_layer_smb(line->decoded, *layer, &smb);
	text_string(&line->text, "SMB ");
	named(line, fields_of(*layer), "command", &smb);
	text_string(&line->text, smb.is_response ? " Response" : " Request");
	if (smb.is_response && smb.status != 0) {
		text_string(&line->text, ", ");
		named(line, fields_of(*layer), "status", &smb);
	}
	if (smb.name.length > 0) {
		text_char(&line->text, ' ');
		line_ascii(line, &smb.name);
	} else if (smb.unicode_name.length > 0) {
		utf16_text(line, " ", &smb.unicode_name);
	}
	if (smb.browser_command) {
		text_string(&line->text, ", ");
		named(line, fields_of(*layer), "browser_command", &smb);
	}
	if (smb.browser_name.length > 0) {
		text_char(&line->text, ' ');
		line_ascii(line, &smb.browser_name);
	}
}

static void smb2_message(struct line *line, const struct torc_field_info *fields,
			 const struct torc_smb2_message *message)
{
	named(line, fields, "command", message);
	text_string(&line->text, message->is_response ? " Response" : " Request");
	if (message->is_response && message->status != 0) {
		text_string(&line->text, ", ");
		named(line, fields, "status", message);
	}
	if (message->name.length > 0)
		utf16_text(line, " ", &message->name);
	if (message->dialect) {
		text_string(&line->text, ", ");
		named(line, fields, "dialect", message);
	}
	if (message->user.length > 0) {
		utf16_text(line, ", user ", &message->domain);
		utf16_text(line, message->domain.length > 0 ? "\\" : "", &message->user);
	}
	if (message->length > 0) {
		field_text(line, " ", message->length);
		field_text(line, " bytes at ", message->offset);
	}
}

void line_smb2(struct line *line, const struct torc_layer **layer)
{
	const struct torc_field_info *fields = field_named(fields_of(*layer), "messages")->list->fields;
	struct torc_smb2_message message;
	uint32_t position = 0;
	struct torc_smb2 smb2;

	torc_layer_smb2(line->decoded, *layer, &smb2);
	text_string(&line->text, "SMB2 ");
	if (smb2.is_encrypted || smb2.is_compressed) {
		text_string(&line->text, smb2.is_encrypted ? "encrypted" : "compressed");
		field_text(line, ", ", smb2.original_size);
		text_string(&line->text, " bytes");
		return;
	}
	for (int i = 0; i < SHOWN && torc_smb2_message_next(&smb2, &position, &message); i++) {
		text_string(&line->text, i == 0 ? "" : "; ");
		smb2_message(line, fields, &message);
	}
}

static void interfaces_text(struct line *line, const struct torc_dcerpc *dcerpc,
			    const struct torc_field_info *fields)
{
	struct torc_dcerpc_context context;
	uint32_t position = 0;

	for (int i = 0; i < SHOWN && torc_dcerpc_context_next(dcerpc, &position, &context); i++) {
		text_string(&line->text, i == 0 ? ", " : " ");
		named(line, fields, context.service.length > 0 ? "service" : "interface", &context);
		field_text(line, " v", context.version);
	}
}

void line_dcerpc(struct line *line, const struct torc_layer **layer)
{
	const struct torc_field_info *fields = fields_of(*layer);
	struct torc_dcerpc dcerpc;

	torc_layer_dcerpc(line->decoded, *layer, &dcerpc);
	text_string(&line->text, "DCERPC ");
	named(line, fields, "packet_type", &dcerpc);
	field_text(line, ", call ", dcerpc.call_id);
	if (dcerpc.packet_type == 0 && dcerpc.service.length > 0) {
		text_string(&line->text, ", ");
		named(line, fields, "service", &dcerpc);
	}
	if (dcerpc.packet_type == 0)
		field_text(line, ", opnum ", dcerpc.opnum);
	if (dcerpc.status) {
		text_string(&line->text, ", ");
		named(line, fields, "status", &dcerpc);
	}
	interfaces_text(line, &dcerpc, field_named(fields, "contexts")->list->fields);
	field_text(line, ", length ", dcerpc.version == 4 ? message_length(line, *layer) : dcerpc.length);
}

static void principal_text(struct line *line, const struct torc_kerberos *kerberos,
			   int (*next)(const struct torc_kerberos *kerberos, uint32_t *position,
				       struct torc_kerberos_name *name))
{
	struct torc_kerberos_name part;
	uint32_t position = 0;

	for (int i = 0; i < SHOWN && next(kerberos, &position, &part); i++) {
		text_string(&line->text, i == 0 ? "" : "/");
		line_ascii(line, &part.name);
	}
}

void line_kerberos(struct line *line, const struct torc_layer **layer)
{
	struct torc_kerberos kerberos;

	torc_layer_kerberos(line->decoded, *layer, &kerberos);
	text_string(&line->text, "Kerberos ");
	named(line, fields_of(*layer), "message_type", &kerberos);
	if (kerberos.error_code) {
		text_string(&line->text, ", ");
		named(line, fields_of(*layer), "error_code", &kerberos);
	}
	if (kerberos.client.length > 0) {
		text_string(&line->text, ", ");
		principal_text(line, &kerberos, torc_kerberos_client_next);
	}
	if (kerberos.server.length > 0) {
		text_string(&line->text, kerberos.client.length > 0 ? " for " : ", for ");
		principal_text(line, &kerberos, torc_kerberos_server_next);
	}
	if (kerberos.realm.length > 0) {
		text_char(&line->text, '@');
		line_ascii(line, &kerberos.realm);
	}
	field_text(line, ", length ", message_length(line, *layer));
}
