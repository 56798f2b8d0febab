/* SPDX-License-Identifier: BSD-3-Clause */
/* smb.c - SMB 1: [MS-CIFS] §2.2.3 and §2.2.4, [MS-SMB] §2.2, and what browsers tell each other in it, [MS-BRWS] */
#include <torc/layers/windows/smb.h>

#include <string.h>

#include "decode/registry.h"
#include "decode/windows/smb.h"

#define HEADER	   32
#define RESPONSE   0x80
#define UNICODE	   0x8000
#define BROWSER	   16 /* bytes of a browser's name */

enum {
	OPEN_ANDX = 0x2D,
	TRANSACTION = 0x25,
	NEGOTIATE = 0x72,
	TREE_CONNECT_ANDX = 0x75,
	CREATE_ANDX = 0xA2
};

static int smb_decode(struct torc_cursor *cursor)
{
	TORC_NEED(cursor, HEADER);
	if (smb_kind(cursor->data) != TORC_LAYER_SMB)
		return torc_cursor_malformed(cursor, "no name of the protocol");
	smb_extent(cursor);
	if (cursor->header_length < HEADER)
		return torc_cursor_malformed(cursor, "the message ends in its header");
	return TORC_STEP_OK;
}

/* Words and bytes of a message (§2.2.3.2, §2.2.3.3), as far as they are there; false when no words are. */
struct parts {
	const uint8_t *words;
	uint32_t word_bytes;
	uint32_t data; /* where the bytes begin, from the header */
	uint32_t end;
};

static bool parts_of(const uint8_t *p, uint32_t size, struct parts *parts)
{
	if (size < HEADER + 1)
		return false;
	parts->word_bytes = p[HEADER] * 2u;
	parts->words = p + HEADER + 1;
	parts->data = HEADER + 1 + parts->word_bytes + 2;
	if (parts->data > size)
		return false;
	parts->end = parts->data + le16(p + parts->data - 2);
	if (parts->end > size)
		parts->end = size;
	return true;
}

/* A string up to its zero, of one kind or the other; UTF-16 begins at an even place of the message. */
static void name_read(struct torc_smb *smb, const uint8_t *p, uint32_t at, uint32_t end)
{
	uint32_t length = 0;

	if (!(smb->flags2 & UNICODE)) {
		if (at < end)
			smb->name = (struct torc_bytes){ p + at,
							 (uint32_t)strnlen((const char *)p + at, end - at) };
		return;
	}
	at += at & 1;
	while (at < end && end - at - length >= 2 && (p[at + length] || p[at + length + 1]))
		length += 2;
	if (at < end)
		smb->unicode_name = (struct torc_bytes){ p + at, length };
}

/* [MS-BRWS] §2.2: what a mailslot of browsers is told */
static void browser_read(struct torc_smb *smb, const uint8_t *p, uint32_t size,
			 const struct parts *parts)
{
	static const char slot[] = "\\MAILSLOT\\BROWSE";
	uint32_t length, offset, name = 6;

	if (smb->name.length != sizeof(slot) - 1 ||
	    memcmp(smb->name.data, slot, sizeof(slot) - 1) != 0 || parts->word_bytes < 28)
		return;
	length = le16(parts->words + 22);
	offset = le16(parts->words + 24);
	if (offset >= size || length < 1)
		return;
	if (length > size - offset)
		length = size - offset;
	smb->browser_command = p[offset];
	if (p[offset] != 1 && p[offset] != 0xC && p[offset] != 0xF)
		return;
	if (length < name + BROWSER)
		return;
	smb->browser_name = (struct torc_bytes){
		p + offset + name, (uint32_t)strnlen((const char *)p + offset + name, BROWSER)
	};
}

/* The strings of requests: §2.2.4.33, §2.2.4.41, §2.2.4.52, §2.2.4.55, §2.2.4.64 */
static void request_read(struct torc_smb *smb, const uint8_t *p, uint32_t size)
{
	struct parts parts;
	uint32_t at;

	if (!parts_of(p, size, &parts))
		return;
	at = parts.data;
	switch (smb->command) {
	case NEGOTIATE:
		smb->dialects = (struct torc_bytes){ p + at, parts.end - at };
		break;
	case TREE_CONNECT_ANDX:
		if (parts.word_bytes >= 8) /* behind the password */
			name_read(smb, p, at + le16(parts.words + 6), parts.end);
		break;
	case TRANSACTION:
		name_read(smb, p, at, parts.end);
		browser_read(smb, p, size, &parts);
		break;
	case OPEN_ANDX:
	case CREATE_ANDX:
		name_read(smb, p, at, parts.end);
		break;
	default:
		break;
	}
}

static void smb_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_smb *smb = out;

	smb->command = p[4];
	smb->status = le32(p + 5);
	smb->flags = p[9];
	smb->is_response = p[9] & RESPONSE;
	smb->flags2 = le16(p + 10);
	smb->tree_id = le16(p + 24);
	smb->process_id = (uint32_t)le16(p + 12) << 16 | le16(p + 26);
	smb->user_id = le16(p + 28);
	smb->multiplex_id = le16(p + 30);
	if (!smb->is_response)
		request_read(smb, p, layer->header_length);
}

/* §2.2.4.52.1: a byte 2, and a string with its zero */
int torc_smb_dialect_next(const struct torc_smb *smb, uint32_t *position,
			  struct torc_smb_dialect *dialect)
{
	uint32_t left, length;
	const uint8_t *p;

	*dialect = (struct torc_smb_dialect){ 0 };
	if (*position >= smb->dialects.length)
		return 0;
	p = smb->dialects.data + *position;
	if (p[0] != 2)
		return 0;
	left = smb->dialects.length - *position - 1;
	length = (uint32_t)strnlen((const char *)p + 1, left);
	dialect->name = (struct torc_bytes){ p + 1, length };
	*position += 1 + length + (length < left ? 1 : 0);
	return 1;
}

static int dialect_element(const void *layer, uint32_t *position, void *element)
{
	return torc_smb_dialect_next(layer, position, element);
}

/* §2.2.2.1 */
static const char *command_name(uint64_t command)
{
	static const char *const names[256] = {
		[0x00] = "Create Directory", "Delete Directory", "Open", "Create", "Close", "Flush",
		"Delete", "Rename", "Query Information", "Set Information", "Read", "Write",
		"Lock Byte Range", "Unlock Byte Range", "Create Temporary", "Create New",
		"Check Directory", "Process Exit", "Seek", "Lock And Read", "Write And Unlock",
		[0x1A] = "Read Raw", [0x1D] = "Write Raw", [0x22] = "Set Information2",
		"Query Information2", "Locking AndX", "Trans", "Trans Secondary", "Ioctl",
		[0x2B] = "Echo", "Write And Close", "Open AndX", "Read AndX", "Write AndX",
		[0x32] = "Trans2", "Trans2 Secondary", "Find Close2",
		[0x70] = "Tree Connect", "Tree Disconnect", "Negotiate Protocol",
		"Session Setup AndX", "Logoff AndX", "Tree Connect AndX",
		[0x80] = "Query Information Disk", "Search", "Find",
		[0xA0] = "NT Trans", "NT Trans Secondary", "NT Create AndX", [0xA4] = "NT Cancel",
		"NT Rename", [0xC0] = "Open Print File", "Write Print File", "Close Print File"
	};

	return command < 256 ? names[command] : NULL;
}

/* [MS-BRWS] §2.2 */
static const char *browser_name(uint64_t command)
{
	static const char *const names[] = { [1] = "Host Announcement", "Announcement Request",
					     [8] = "Request Election", "Get Backup List Request",
					     "Get Backup List Response", "Become Backup Browser",
					     "Domain Announcement", "Master Announcement",
					     "Reset Browser State", "Local Master Announcement" };

	return command < sizeof(names) / sizeof(names[0]) ? names[command] : NULL;
}

#define SOME(member, name, kind, ...)                                                              \
	TORC_FIELD_AT(struct torc_smb, member, name, kind, .flags = TORC_FIELD_OPTIONAL,           \
		      __VA_ARGS__)

static const struct torc_field_info dialect_fields[] = {
	TORC_FIELD_AT(struct torc_smb_dialect, name, "name", TORC_FIELD_STRING),
	TORC_FIELDS_END
};

static const struct torc_list_info dialect_list = {
	.next = dialect_element,
	.element_size = sizeof(struct torc_smb_dialect),
	.fields = dialect_fields,
};

static const struct torc_field_info smb_fields[] = {
	TORC_FIELD_AT(struct torc_smb, command, "command", TORC_FIELD_HEX,
		      .value_name = command_name),
	TORC_FIELD_AT(struct torc_smb, is_response, "response", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_smb, status, "status", TORC_FIELD_HEX,
		      .value_name = smb_status_name),
	TORC_FIELD_AT(struct torc_smb, flags, "flags", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_smb, flags2, "flags2", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_smb, tree_id, "tree_id", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_smb, process_id, "process_id", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_smb, user_id, "user_id", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_smb, multiplex_id, "multiplex_id", TORC_FIELD_UINT),
	SOME(name, "name", TORC_FIELD_STRING),
	SOME(unicode_name, "unicode_name", TORC_FIELD_UTF16),
	SOME(dialects, "dialects", TORC_FIELD_LIST, .list = &dialect_list),
	SOME(browser_command, "browser_command", TORC_FIELD_HEX, .value_name = browser_name),
	SOME(browser_name, "browser_name", TORC_FIELD_STRING),
	TORC_FIELDS_END
};

const struct torc_layer_ops torc_layer_ops_smb = {
	.name = "SMB",
	.key = "smb",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_smb),
	.decode = smb_decode,
	.read = smb_read,
	.fields = smb_fields,
};
