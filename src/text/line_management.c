/* SPDX-License-Identifier: BSD-3-Clause */
/* line_management.c - SNMP, LDAP and ONC RPC in one line, in the words of tcpdump where it has some */
#include <torc/layers/application/ldap.h>
#include <torc/layers/application/rpc.h>
#include <torc/layers/application/snmp.h>

#include "decode/ber.h"
#include "text/line.h"
#include "text/value.h"

enum { SNMP_GET = 0xA0, SNMP_NEXT, SNMP_RESPONSE, SNMP_SET, SNMP_TRAP_V1, SNMP_BULK };

#define BINDINGS_SHOWN 64

/* Bytes that print, in quotes; others as 61_0a. */
static void snmp_string(struct text *text, const struct torc_bytes *string)
{
	uint32_t i = 0;

	while (i < string->length && string->data[i] >= ' ' && string->data[i] < 0x7F)
		i++;
	if (i < string->length) {
		for (i = 0; i < string->length; i++) {
			text_string(text, i > 0 ? "_" : "");
			text_hex(text, string->data[i], 2);
		}
		return;
	}
	text_char(text, '"');
	for (i = 0; i < string->length; i++)
		text_char(text, (char)string->data[i]);
	text_char(text, '"');
}

static void snmp_oid(struct text *text, const struct torc_bytes *oid)
{
	text_char(text, '.');
	text_oid(text, oid->data, oid->length);
}

static void snmp_value(struct text *text, const struct torc_snmp_binding *binding)
{
	static const char *const absent[] = { "[noSuchObject]", "[noSuchInstance]",
					      "[endOfMibView]" };

	switch (binding->type) {
	case BER_INTEGER:
		text_int(text, binding->integer);
		break;
	case BER_STRING:
		snmp_string(text, &binding->value);
		break;
	case BER_NULL:
		break;
	case BER_OID:
		snmp_oid(text, &binding->object);
		break;
	case 0x40:
		text_ipv4(text, binding->address);
		break;
	case 0x41:
	case 0x42:
	case 0x43:
	case 0x46:
		text_uint(text, binding->counter);
		break;
	case 0x80:
	case 0x81:
	case 0x82:
		text_string(text, absent[binding->type - 0x80]);
		break;
	default:
		text_string(text, binding->type == 0x44 ? "[P/A/Opaque]" : "[?]");
		for (uint32_t i = 0; i < binding->value.length; i++) {
			text_char(text, '_');
			text_hex(text, binding->value.data[i], 2);
		}
	}
}

static void snmp_bindings(struct line *line, const struct torc_snmp *snmp)
{
	bool asks = snmp->pdu_type == SNMP_GET || snmp->pdu_type == SNMP_NEXT ||
		    snmp->pdu_type == SNMP_BULK;
	struct torc_snmp_binding binding;
	uint32_t position = 0, count = 0;

	while (torc_snmp_binding_next(snmp, &position, &binding)) {
		text_char(&line->text, ' ');
		if (count++ == BINDINGS_SHOWN) {
			text_string(&line->text, "...");
			return;
		}
		snmp_oid(&line->text, &binding.oid);
		if (!asks)
			text_char(&line->text, '=');
		else if (binding.type != BER_NULL)
			text_string(&line->text, "[objVal!=NULL]");
		snmp_value(&line->text, &binding);
	}
}

/* What the field of that name means, or its number behind the words for an unknown one. */
static void snmp_named(struct line *line, const char *path, const char *unknown)
{
	struct torc_value value;

	if (torc_field(line->decoded, path, &value) != 1)
		return;
	if (value.name)
		text_string(&line->text, value.name);
	else
		field_text(line, unknown, value.number);
}

static void snmp_trap(struct line *line, const struct torc_snmp *snmp)
{
	text_char(&line->text, ' ');
	snmp_oid(&line->text, &snmp->enterprise);
	text_char(&line->text, ' ');
	text_ipv4(&line->text, snmp->agent);
	text_char(&line->text, ' ');
	snmp_named(line, "snmp.generic_trap", "gt=");
	if (snmp->generic_trap == 6) {
		field_text(line, " s=", snmp->specific_trap);
	} else if (snmp->specific_trap != 0) {
		field_text(line, "[specific-trap(", snmp->specific_trap);
		text_string(&line->text, ")!=0]");
	}
	field_text(line, " ", snmp->timestamp);
}

/* Only a response may tell of an error. */
static void snmp_error(struct line *line, const struct torc_snmp *snmp)
{
	bool is_response = snmp->pdu_type == SNMP_RESPONSE;

	if (snmp->error_status != 0) {
		text_string(&line->text, is_response ? " " : "[errorStatus(");
		snmp_named(line, "snmp.error_status", "err=");
		text_string(&line->text, is_response ? "" : ")!=0]");
	}
	if (is_response && snmp->error_status != 0 && snmp->error_index != 0) {
		field_text(line, "@", snmp->error_index);
	} else if (is_response && snmp->error_status != 0) {
		text_string(&line->text, "[errorIndex==0]");
	} else if (snmp->error_index != 0) {
		field_text(line, "[errorIndex(", snmp->error_index);
		text_string(&line->text, ")!=0]");
	}
}

static void snmp_pdu(struct line *line, const struct torc_snmp *snmp)
{
	static const char *const names[] = { "GetRequest", "GetNextRequest", "GetResponse",
					     "SetRequest", "Trap",	     "GetBulk",
					     "Inform",	   "V2Trap",	     "Report" };

	name_text(line, names, COUNT(names), (uint32_t)snmp->pdu_type - SNMP_GET);
	field_text(line, "(", snmp->pdu_length);
	text_string(&line->text, ") ");
	if (snmp->pdu_type == SNMP_TRAP_V1) {
		snmp_trap(line, snmp);
	} else if (snmp->pdu_type == SNMP_BULK) {
		field_text(line, " N=", snmp->non_repeaters);
		field_text(line, " M=", snmp->max_repetitions);
	} else {
		snmp_error(line, snmp);
	}
	snmp_bindings(line, snmp);
}

void line_snmp(struct line *line, const struct torc_layer **layer)
{
	static const struct torc_bytes common = { (const uint8_t *)"public", 6 };
	struct torc_snmp snmp;

	torc_layer_snmp(line->decoded, *layer, &snmp);
	text_char(&line->text, ' ');
	if (snmp.version < 3 && (snmp.community.length != common.length ||
				 memcmp(snmp.community.data, common.data, common.length) != 0)) {
		text_string(&line->text, "C=");
		snmp_string(&line->text, &snmp.community);
		text_char(&line->text, ' ');
	} else if (snmp.version == 3) {
		text_string(&line->text, "F=");
		text_string(&line->text, snmp.flags & 1 ? "a" : "");
		text_string(&line->text, snmp.flags & 2 ? "p" : "");
		text_string(&line->text, snmp.flags & 4 ? "r" : "");
		text_string(&line->text, " U=");
		snmp_string(&line->text, &snmp.user);
		text_char(&line->text, ' ');
	}
	if (snmp.version == 3 && snmp.flags & 2) {
		text_string(&line->text, "[encrypted]");
		return;
	}
	if (snmp.version == 3) {
		text_string(&line->text, "E=");
		for (uint32_t i = 0; i < snmp.engine.length; i++) {
			text_char(&line->text, '_');
			text_hex(&line->text, snmp.engine.data[i], 2);
		}
		text_string(&line->text, " C=");
		snmp_string(&line->text, &snmp.context);
		text_char(&line->text, ' ');
	}
	if (snmp.pdu_type != 0)
		snmp_pdu(line, &snmp);
}

/* What the field of that name in an object of the table means, or its number. */
static void meaning_text(struct line *line, const struct torc_field_info *fields, const char *name,
			 const void *object)
{
	struct torc_value value;

	field_value(field_named(fields, name), object, &value);
	if (value.name)
		text_string(&line->text, value.name);
	else
		text_uint(&line->text, value.number);
}

#define MESSAGES_SHOWN 16

void line_ldap(struct line *line, const struct torc_layer **layer)
{
	const struct torc_field_info *fields =
		field_named(torc_layer_describe(TORC_LAYER_LDAP)->fields, "messages")->list->fields;
	struct torc_ldap_message message;
	uint32_t position = 0;
	struct torc_ldap ldap;

	torc_layer_ldap(line->decoded, *layer, &ldap);
	text_string(&line->text, "LDAP ");
	for (int i = 0; i < MESSAGES_SHOWN && torc_ldap_message_next(&ldap, &position, &message); i++) {
		text_string(&line->text, i == 0 ? "" : "; ");
		meaning_text(line, fields, "operation", &message);
		field_text(line, "(", message.message_id);
		text_char(&line->text, ')');
		if (message.name.length > 0) {
			text_string(&line->text, " \"");
			line_ascii(line, &message.name);
			text_char(&line->text, '"');
		}
		if (message.operation == 0 || message.operation == 3)
			text_char(&line->text, ' ');
		if (message.mechanism.length > 0)
			line_ascii(line, &message.mechanism);
		else if (message.operation == 0)
			meaning_text(line, fields, "authentication", &message);
		else if (message.operation == 3)
			meaning_text(line, fields, "scope", &message);
		if (message.is_result) {
			text_char(&line->text, ' ');
			meaning_text(line, fields, "result_code", &message);
		}
	}
	field_text(line, ", length ", message_length(line, *layer));
}

/* A reply does not say whose it is; from NFS's port it is NFS's. */
static bool is_of_nfs(const struct line *line, const struct torc_layer *layer,
		      const struct torc_rpc *rpc)
{
	const struct torc_layer *before = layer;

	if (rpc->message_type == 0)
		return rpc->program == 100003;
	while (before > line->decoded->layers && before->type == TORC_LAYER_RPC)
		before--;
	return (before->type == TORC_LAYER_TCP || before->type == TORC_LAYER_UDP) &&
	       torc_be16(torc_layer_header(line->decoded, before)) == 2049;
}

void line_rpc(struct line *line, const struct torc_layer **layer)
{
	const struct torc_field_info *fields = torc_layer_describe(TORC_LAYER_RPC)->fields;
	bool is_nfs;
	struct torc_rpc rpc;

	torc_layer_rpc(line->decoded, *layer, &rpc);
	is_nfs = is_of_nfs(line, *layer, &rpc);
	text_string(&line->text, is_nfs ? "NFS " : "RPC ");
	text_string(&line->text, rpc.message_type == 1 ? "reply" : is_nfs ? "request" : "call");
	field_text(line, " xid ", rpc.xid);
	if (rpc.message_type == 1) {
		text_string(&line->text, rpc.reply_state == 0 ? " reply ok" : " reply ERR");
		field_text(line, " ", rpc.length);
		if (rpc.reply_state == 0 && rpc.accept_state == 0)
			return;
		text_string(&line->text, " ");
		meaning_text(line, fields, rpc.reply_state ? "reject_state" : "accept_state", &rpc);
		return;
	}
	field_text(line, " ", rpc.length);
	text_char(&line->text, ' ');
	if (!is_nfs) {
		meaning_text(line, fields, "program", &rpc);
		field_text(line, " v", rpc.program_version);
		text_char(&line->text, ' ');
	}
	if (rpc.procedure_name.length > 0)
		line_ascii(line, &rpc.procedure_name);
	else
		field_text(line, "proc-", rpc.procedure);
	if (rpc.wanted_program) {
		text_string(&line->text, " of ");
		meaning_text(line, fields, "wanted_program", &rpc);
	}
}
