/* SPDX-License-Identifier: BSD-3-Clause */
/* pflog.c - the log of pf: tcpdump.org/linktypes/LINKTYPE_PFLOG, OpenBSD pflog(4), FreeBSD pflog(4) */
#include <torc/layers/link/pflog.h>

#include <string.h>

#include "decode/registry.h"

#define OLDEST  45 /* lengths without padding */
#define IDS     61
#define FREEBSD 69
#define OPENBSD 100
#define NAME    16

static int pflog_decode(struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data;
	uint32_t header;

	TORC_NEED(cursor, 1);
	if (p[0] < OLDEST)
		return torc_cursor_malformed(cursor, "the length is less than 45");
	header = (p[0] + 3u) & ~3u;
	TORC_NEED(cursor, header);
	cursor->header_length = header;
	cursor_next(cursor, TORC_BY_ADDRESS_FAMILY, p[1]);
	return TORC_STEP_OK;
}

static struct torc_bytes name_at(const uint8_t *p)
{
	return (struct torc_bytes){ p, (uint32_t)strnlen((const char *)p, NAME) };
}

static void pflog_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
		       void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_pflog *pflog = out;

	pflog->length = p[0];
	pflog->family = p[1];
	pflog->action = p[2];
	pflog->reason = p[3];
	pflog->interface = name_at(p + 4);
	pflog->ruleset = name_at(p + 20);
	pflog->rule = torc_be32(p + 36);
	pflog->subrule = torc_be32(p + 40);
	if (pflog->length < IDS) {
		pflog->direction = p[44];
		return;
	}
	pflog->uid = torc_be32(p + 44);
	pflog->pid = (int32_t)torc_be32(p + 48);
	pflog->rule_uid = torc_be32(p + 52);
	pflog->rule_pid = (int32_t)torc_be32(p + 56);
	pflog->direction = p[60];
	if (pflog->length >= FREEBSD && pflog->length < OPENBSD)
		pflog->rule_identifier = torc_be32(p + 64);
	if (pflog->length < OPENBSD)
		return;
	pflog->is_rewritten = p[61];
	pflog->original_family = p[62];
	memcpy(pflog->source, p + 64, 16);
	memcpy(pflog->destination, p + 80, 16);
	pflog->source_port = torc_be16(p + 96);
	pflog->destination_port = torc_be16(p + 98);
}

static const char *action_name(uint64_t action)
{
	static const char *const names[] = { "pass", "block", "scrub", "nscrub", "nat", "nat",
					     "binat", "binat", "rdr", "rdr", "synproxy drop",
					     "defer", "match", "divert" };

	return action < sizeof(names) / sizeof(names[0]) ? names[action] : NULL;
}

static const char *reason_name(uint64_t reason)
{
	static const char *const names[] = {
		"match", "bad-offset", "fragment", "short", "normalize", "memory", "bad-timestamp",
		"congestion", "ip-option", "proto-cksum", "state-mismatch", "state-insert",
		"state-limit", "src-limit", "synproxy"
	};

	return reason < sizeof(names) / sizeof(names[0]) ? names[reason] : NULL;
}

static const char *direction_name(uint64_t direction)
{
	static const char *const names[] = { "in/out", "in", "out", "fwd" };

	return direction < sizeof(names) / sizeof(names[0]) ? names[direction] : NULL;
}

static const struct torc_field_info pflog_fields[] = {
	TORC_FIELD_AT(struct torc_pflog, length, "length", TORC_FIELD_UINT, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_pflog, family, "family", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_pflog, action, "action", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY, .value_name = action_name),
	TORC_FIELD_AT(struct torc_pflog, reason, "reason", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY, .value_name = reason_name),
	TORC_FIELD_AT(struct torc_pflog, interface, "interface", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_pflog, ruleset, "ruleset", TORC_FIELD_STRING),
	TORC_FIELD_AT(struct torc_pflog, rule, "rule", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_pflog, subrule, "subrule", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_pflog, uid, "uid", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_pflog, pid, "pid", TORC_FIELD_INT),
	TORC_FIELD_AT(struct torc_pflog, rule_uid, "rule_uid", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_pflog, rule_pid, "rule_pid", TORC_FIELD_INT),
	TORC_FIELD_AT(struct torc_pflog, direction, "direction", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY, .value_name = direction_name),
	TORC_FIELD_AT(struct torc_pflog, rule_identifier, "rule_identifier", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_pflog, is_rewritten, "rewritten", TORC_FIELD_BOOL,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_pflog, source_port, "src_port", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_pflog, destination_port, "dst_port", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_layer_number pflog_numbers[] = {
	{ TORC_BY_LINK_TYPE, TORC_LINK_PFLOG },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_pflog = {
	.name = "PFLog",
	.key = "pflog",
	.struct_size = sizeof(struct torc_pflog),
	.numbers = pflog_numbers,
	.decode = pflog_decode,
	.read = pflog_read,
	.fields = pflog_fields,
};
