/* SPDX-License-Identifier: BSD-3-Clause */
/* smb2.c - SMB 2 and 3: [MS-SMB2] §2.2 */
#include <torc/layers/windows/smb.h>

#include <string.h>

#include "decode/registry.h"
#include "decode/windows/smb.h"

#define HEADER	  64
#define TRANSFORM 52 /* the header of an encrypted message */
#define NTLM_AUTH 64 /* the fixed part of NTLM's last message, [MS-NLMP] §2.2.1.3 */

enum { NEGOTIATE, SESSION_SETUP, TREE_CONNECT = 3, CREATE = 5, READ = 8, WRITE, QUERY_DIRECTORY = 14,
       COMMANDS = 19 };

enum { COMPRESSED = 0xFC, ENCRYPTED = 0xFD, PLAIN = 0xFE };

enum { RESPONSE = 1, ASYNC = 2 };

static int smb2_decode(struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data;

	TORC_NEED(cursor, 16);
	if (smb_kind(p) != TORC_LAYER_SMB2)
		return torc_cursor_malformed(cursor, "no name of the protocol");
	if (p[0] == ENCRYPTED)
		TORC_NEED(cursor, TRANSFORM);
	if (p[0] == PLAIN) {
		TORC_NEED(cursor, HEADER);
		if (le16(p + 4) != HEADER)
			return torc_cursor_malformed(cursor, "the header does not have 64 bytes");
	}
	smb_extent(cursor);
	if (p[0] == PLAIN && cursor->header_length < HEADER)
		return torc_cursor_malformed(cursor, "the message ends in its header");
	if (p[0] == ENCRYPTED && cursor->header_length < TRANSFORM)
		return torc_cursor_malformed(cursor, "the message ends in its header");
	return TORC_STEP_OK;
}

static void smb2_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_smb2 *smb2 = out;

	smb2->is_encrypted = p[0] == ENCRYPTED;
	smb2->is_compressed = p[0] == COMPRESSED;
	smb2->messages = (struct torc_bytes){ p, p[0] == PLAIN ? layer->header_length : 0 };
	if (smb2->is_encrypted) {
		smb2->original_size = le32(p + 36);
		smb2->session_id = le64(p + 44);
	} else if (smb2->is_compressed) {
		smb2->original_size = le32(p + 4);
	}
}

/* The bytes that an offset from the message's header and a length name; empty where they are not there. */
static struct torc_bytes part(const uint8_t *p, uint32_t size, uint32_t offset, uint32_t length)
{
	if (offset < HEADER || offset > size || length > size - offset)
		return (struct torc_bytes){ p, 0 };
	return (struct torc_bytes){ p + offset, length };
}

/* Length and offset of one of NTLM's strings, [MS-NLMP] §2.2.1.3; empty when it is no UTF-16 or not there. */
static struct torc_bytes ntlm_string(const struct torc_bytes *ntlm, uint32_t at)
{
	uint32_t length = le16(ntlm->data + at), offset = le32(ntlm->data + at + 4);

	if (!(ntlm->data[60] & 1) || offset > ntlm->length || length > ntlm->length - offset)
		return (struct torc_bytes){ ntlm->data, 0 };
	return (struct torc_bytes){ ntlm->data + offset, length };
}

/* Who logs in: NTLM's third message, bare or somewhere in what SPNEGO wraps around it. */
static void ntlm_read(struct torc_smb2_message *message, struct torc_bytes blob)
{
	static const char magic[] = { 'N', 'T', 'L', 'M', 'S', 'S', 'P', 0, 3, 0, 0, 0 };
	struct torc_bytes ntlm;
	const uint8_t *found;

	found = blob.length > 0 ? memmem(blob.data, blob.length, magic, sizeof(magic)) : NULL;
	if (!found)
		return;
	ntlm = (struct torc_bytes){ found, blob.length - (uint32_t)(found - blob.data) };
	if (ntlm.length < NTLM_AUTH)
		return;
	message->domain = ntlm_string(&ntlm, 28);
	message->user = ntlm_string(&ntlm, 36);
	message->workstation = ntlm_string(&ntlm, 44);
}

/* §2.2.3, §2.2.5, §2.2.9, §2.2.13, §2.2.19, §2.2.21, §2.2.33; body: what follows the header */
static void request_read(struct torc_smb2_message *message, const uint8_t *p, uint32_t size)
{
	const uint8_t *body = p + HEADER;
	uint32_t left = size - HEADER;

	switch (message->command) {
	case NEGOTIATE:
		if (left > 36)
			message->dialects = part(p, size, HEADER + 36, 2u * le16(body + 2));
		break;
	case SESSION_SETUP:
		if (left >= 16)
			ntlm_read(message, part(p, size, le16(body + 12), le16(body + 14)));
		break;
	case TREE_CONNECT:
		if (left >= 8)
			message->name = part(p, size, le16(body + 4), le16(body + 6));
		break;
	case CREATE:
		if (left >= 48)
			message->name = part(p, size, le16(body + 44), le16(body + 46));
		break;
	case QUERY_DIRECTORY:
		if (left >= 28)
			message->name = part(p, size, le16(body + 24), le16(body + 26));
		break;
	case READ:
	case WRITE:
		if (left >= 16) {
			message->length = le32(body + 4);
			message->offset = le64(body + 8);
		}
		break;
	default:
		break;
	}
}

int torc_smb2_message_next(const struct torc_smb2 *smb2, uint32_t *position,
			   struct torc_smb2_message *message)
{
	uint32_t left, next, size;
	const uint8_t *p;

	*message = (struct torc_smb2_message){ 0 };
	if (*position >= smb2->messages.length || smb2->messages.length - *position < HEADER)
		return 0;
	p = smb2->messages.data + *position;
	left = smb2->messages.length - *position;
	if (smb_kind(p) != TORC_LAYER_SMB2 || p[0] != PLAIN)
		return 0;
	next = le32(p + 20);
	size = next >= HEADER && next <= left ? next : left;
	message->is_whole = next <= left;
	message->command = le16(p + 12);
	message->credits = le16(p + 14);
	message->flags = le32(p + 16);
	message->is_response = message->flags & RESPONSE;
	message->status = message->is_response ? le32(p + 8) : 0;
	message->message_id = le64(p + 24);
	if (message->flags & ASYNC)
		message->async_id = le64(p + 32);
	else
		message->tree_id = le32(p + 36);
	message->session_id = le64(p + 40);
	if (!message->is_response)
		request_read(message, p, size);
	else if (message->command == NEGOTIATE && size >= HEADER + 6)
		message->dialect = le16(p + HEADER + 4);
	*position += size;
	return 1;
}

int torc_smb2_dialect_next(const struct torc_smb2 *smb2, uint32_t *position,
			   struct torc_smb2_dialect *dialect)
{
	struct torc_smb2_message message;
	uint32_t first = 0;

	if (!torc_smb2_message_next(smb2, &first, &message) || *position >= message.dialects.length)
		return 0;
	dialect->dialect = le16(message.dialects.data + *position);
	*position += 2;
	return 1;
}

static int message_element(const void *layer, uint32_t *position, void *element)
{
	return torc_smb2_message_next(layer, position, element);
}

static int dialect_element(const void *layer, uint32_t *position, void *element)
{
	return torc_smb2_dialect_next(layer, position, element);
}

static const char *command_name(uint64_t command)
{
	static const char *const names[COMMANDS] = {
		"Negotiate", "Session Setup", "Logoff",	  "Tree Connect",    "Tree Disconnect",
		"Create",    "Close",	      "Flush",	  "Read",	     "Write",
		"Lock",	     "Ioctl",	      "Cancel",	  "Echo",	     "Query Directory",
		"Change Notify", "Query Info", "Set Info", "Oplock Break"
	};

	return command < COMMANDS ? names[command] : NULL;
}

static const char *dialect_name(uint64_t dialect)
{
	switch (dialect) {
	case 0x0202:
		return "SMB 2.0.2";
	case 0x0210:
		return "SMB 2.1";
	case 0x02FF:
		return "SMB 2";
	case 0x0300:
		return "SMB 3.0";
	case 0x0302:
		return "SMB 3.0.2";
	case 0x0311:
		return "SMB 3.1.1";
	default:
		return NULL;
	}
}

#define SOME(member, name, kind, ...)                                                              \
	TORC_FIELD_AT(struct torc_smb2_message, member, name, kind, .flags = TORC_FIELD_OPTIONAL,  \
		      __VA_ARGS__)

static const struct torc_field_info message_fields[] = {
	TORC_FIELD_AT(struct torc_smb2_message, command, "command", TORC_FIELD_UINT,
		      .value_name = command_name),
	TORC_FIELD_AT(struct torc_smb2_message, is_response, "response", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_smb2_message, status, "status", TORC_FIELD_HEX,
		      .value_name = smb_status_name),
	TORC_FIELD_AT(struct torc_smb2_message, flags, "flags", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_smb2_message, credits, "credits", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_smb2_message, message_id, "message_id", TORC_FIELD_UINT),
	SOME(tree_id, "tree_id", TORC_FIELD_HEX),
	SOME(async_id, "async_id", TORC_FIELD_HEX),
	SOME(session_id, "session_id", TORC_FIELD_HEX),
	SOME(dialect, "dialect", TORC_FIELD_HEX, .value_name = dialect_name),
	SOME(name, "name", TORC_FIELD_UTF16),
	SOME(length, "length", TORC_FIELD_UINT, .unit = "bytes"),
	SOME(offset, "offset", TORC_FIELD_UINT, .unit = "bytes"),
	SOME(user, "user", TORC_FIELD_UTF16),
	SOME(domain, "domain", TORC_FIELD_UTF16),
	SOME(workstation, "workstation", TORC_FIELD_UTF16),
	TORC_FIELD_AT(struct torc_smb2_message, is_whole, "whole", TORC_FIELD_BOOL),
	TORC_FIELDS_END
};

static const struct torc_list_info message_list = {
	.next = message_element,
	.element_size = sizeof(struct torc_smb2_message),
	.fields = message_fields,
};

static const struct torc_field_info dialect_fields[] = {
	TORC_FIELD_AT(struct torc_smb2_dialect, dialect, "dialect", TORC_FIELD_HEX,
		      .value_name = dialect_name),
	TORC_FIELDS_END
};

static const struct torc_list_info dialect_list = {
	.next = dialect_element,
	.element_size = sizeof(struct torc_smb2_dialect),
	.fields = dialect_fields,
};

static const struct torc_field_info smb2_fields[] = {
	TORC_FIELD_AT(struct torc_smb2, is_encrypted, "encrypted", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_smb2, is_compressed, "compressed", TORC_FIELD_BOOL,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_smb2, session_id, "session_id", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_smb2, original_size, "original_size", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_smb2, messages, "messages", TORC_FIELD_LIST,
		      .flags = TORC_FIELD_OPTIONAL, .list = &message_list),
	TORC_FIELD_AT(struct torc_smb2, messages, "dialects", TORC_FIELD_LIST,
		      .flags = TORC_FIELD_OPTIONAL, .list = &dialect_list),
	TORC_FIELDS_END
};

const struct torc_layer_ops torc_layer_ops_smb2 = {
	.name = "SMB2",
	.key = "smb2",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_smb2),
	.decode = smb2_decode,
	.read = smb2_read,
	.fields = smb2_fields,
};
