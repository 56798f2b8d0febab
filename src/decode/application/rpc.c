/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rpc.c - ONC remote procedure calls: RFC 5531 §9, in records over TCP (§11); procedures of the portmapper RFC 1833,
 * of NFS RFC 1094, RFC 1813 and RFC 7530, of its lock and status managers, The Open Group C702
 */
#include <torc/layers/application/rpc.h>

#include <string.h>

#include "decode/registry.h"

#define RECORD	  4  /* the mark in front of a fragment */
#define REPLY	  12 /* up to whether it was accepted */
#define CALL	  24 /* up to the procedure */
#define OPAQUE_MAX 400 /* bytes of a credential or verifier (§8.2) */

enum { PORTMAP = 100000, NFS = 100003, MOUNT = 100005, LOCKS = 100021, STATUS = 100024 };
enum { GETPORT = 3 };
enum { UNIX = 1 };

/* A message over TCP, or the next one of a segment, has a mark in front; UDP and others have none. */
static bool has_mark_behind(unsigned int before)
{
	return before == TORC_LAYER_TCP || before == TORC_LAYER_RPC;
}

static bool is_record(const struct torc_cursor *cursor)
{
	const struct torc_decoded *decoded = cursor->decoded;

	return decoded->layer_count > 0 &&
	       has_mark_behind(decoded->layers[decoded->layer_count - 1].type);
}

/* Whether a call or a reply begins there: no two words of it can be anything. */
static bool is_message(const uint8_t *p, uint32_t left)
{
	if (left < REPLY)
		return false;
	if (torc_be32(p + 4) == 1)
		return torc_be32(p + 8) <= 1;
	/* program numbers: Sun's up to 0x1FFFFFFF, a user's and transient ones up to 0x5FFFFFFF */
	return left >= CALL && torc_be32(p + 4) == 0 && torc_be32(p + 8) == 2 &&
	       torc_be32(p + 12) >= 1 && torc_be32(p + 12) < 0x60000000 &&
	       torc_be32(p + 16) < 65536 && torc_be32(p + 20) < 65536;
}

static int rpc_decode(struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data;
	uint32_t mark = is_record(cursor) ? RECORD : 0, length;

	TORC_NEED(cursor, mark + REPLY);
	if (cursor->length < mark + CALL && torc_be32(p + mark + 4) == 0)
		return TORC_STEP_SHORT;
	if (!is_message(p + mark, cursor->length - mark))
		return torc_cursor_malformed(cursor, "neither a call nor a reply");
	cursor->header_length = cursor->length;
	if (mark == 0)
		return TORC_STEP_OK;
	length = torc_be32(p) & 0x7FFFFFFF;
	if (length < REPLY || length > 1u << 24)
		return torc_cursor_malformed(cursor, "a fragment of such a length");
	if (length >= cursor->length - mark)
		return TORC_STEP_OK;
	length += mark;
	cursor->header_length = length;
	/* the next record of the segment is told from a fragment by its first words */
	cursor->next = TORC_LAYER_PAYLOAD;
	if (cursor->length - length > RECORD &&
	    is_message(p + length + RECORD, cursor->length - length - RECORD))
		cursor->next = TORC_LAYER_RPC;
	return TORC_STEP_OK;
}

/* Opaque bytes behind their length, up to a multiple of four; false where they do not fit. */
static bool take_opaque(const uint8_t **p, uint32_t *left, struct torc_bytes *bytes)
{
	uint32_t length, padded;

	if (*left < 4)
		return false;
	length = torc_be32(*p);
	padded = (length + 3) & ~3u;
	if (length > OPAQUE_MAX || padded > *left - 4)
		return false;
	*bytes = (struct torc_bytes){ *p + 4, length };
	*p += 4 + padded;
	*left -= 4 + padded;
	return true;
}

/* A flavor and its bytes, §8.2 */
static bool take_auth(const uint8_t **p, uint32_t *left, uint32_t *flavor, struct torc_bytes *bytes)
{
	if (*left < 4)
		return false;
	*flavor = torc_be32(*p);
	*p += 4;
	*left -= 4;
	return take_opaque(p, left, bytes);
}

/* Appendix A: a stamp, the machine, numbers of user and group */
static void unix_read(struct torc_rpc *rpc, const struct torc_bytes *credential)
{
	const uint8_t *p = credential->data + 4;
	uint32_t left = credential->length;
	struct torc_bytes machine;

	if (left < 4)
		return;
	left -= 4;
	if (!take_opaque(&p, &left, &machine) || left < 8)
		return;
	rpc->machine = machine;
	rpc->uid = torc_be32(p);
	rpc->gid = torc_be32(p + 4);
}

static const char *procedure_name(uint32_t program, uint32_t version, uint32_t procedure)
{
	static const char *const portmap2[] = { "null", "set", "unset", "getport", "dump",
						"callit" };
	static const char *const portmap3[] = { "null",	   "set",	"unset",	"getaddr",
						"dump",	   "bcast",	"gettime",	"uaddr2taddr",
						"taddr2uaddr", "getversaddr", "indirect",
						"getaddrlist", "getstat" };
	static const char *const mount[] = { "null", "mnt", "dump", "umnt", "umntall", "export" };
	static const char *const nfs2[] = { "null",   "getattr", "setattr", "root",   "lookup",
					    "readlink", "read",	 "writecache", "write", "create",
					    "remove", "rename",	 "link",    "symlink", "mkdir",
					    "rmdir",  "readdir", "statfs" };
	static const char *const nfs3[] = { "null",   "getattr", "setattr", "lookup", "access",
					    "readlink", "read",	 "write",   "create", "mkdir",
					    "symlink", "mknod",	 "remove",  "rmdir",  "rename",
					    "link",   "readdir", "readdirplus", "fsstat", "fsinfo",
					    "pathconf", "commit" };
	static const char *const nfs4[] = { "null", "compound" };
	static const char *const locks[] = { "null",	    "test",	  "lock",
					     "cancel",	    "unlock",	  "granted",
					     "test_msg",    "lock_msg",	  "cancel_msg",
					     "unlock_msg",  "granted_msg", "test_res",
					     "lock_res",    "cancel_res", "unlock_res",
					     "granted_res", NULL, NULL, NULL, NULL,
					     "share",	    "unshare",	  "nm_lock", "free_all" };
	static const char *const status[] = { "null", "stat", "mon", "unmon", "unmon_all",
					      "simu_crash", "notify" };
#define OF(names) (procedure < sizeof(names) / sizeof(names[0]) ? (names)[procedure] : NULL)
	switch (program) {
	case PORTMAP:
		return version == 2 ? OF(portmap2) : OF(portmap3);
	case MOUNT:
		return OF(mount);
	case NFS:
		return version == 2 ? OF(nfs2) : version == 3 ? OF(nfs3) : OF(nfs4);
	case LOCKS:
		return OF(locks);
	case STATUS:
		return OF(status);
	default:
		return NULL;
	}
#undef OF
}

static void call_read(struct torc_rpc *rpc, const uint8_t *p, uint32_t left)
{
	struct torc_bytes credential, verifier;
	const char *name;

	rpc->rpc_version = torc_be32(p + 8);
	rpc->program = torc_be32(p + 12);
	rpc->program_version = torc_be32(p + 16);
	rpc->procedure = torc_be32(p + 20);
	name = procedure_name(rpc->program, rpc->program_version, rpc->procedure);
	if (name)
		rpc->procedure_name = (struct torc_bytes){ (const uint8_t *)name,
							   (uint32_t)strlen(name) };
	p += CALL;
	left -= CALL;
	if (!take_auth(&p, &left, &rpc->credential_flavor, &credential))
		return;
	if (rpc->credential_flavor == UNIX)
		unix_read(rpc, &credential);
	if (!take_auth(&p, &left, &rpc->verifier_flavor, &verifier))
		return;
	rpc->body = (struct torc_bytes){ p, left };
	if (rpc->program == PORTMAP && rpc->program_version == 2 && rpc->procedure == GETPORT &&
	    left >= 12) {
		rpc->wanted_program = torc_be32(p);
		rpc->wanted_version = torc_be32(p + 4);
		rpc->wanted_protocol = torc_be32(p + 8);
	}
}

static void reply_read(struct torc_rpc *rpc, const uint8_t *p, uint32_t left)
{
	struct torc_bytes verifier;

	rpc->reply_state = torc_be32(p + 8);
	p += REPLY;
	left -= REPLY;
	if (rpc->reply_state == 1) {
		rpc->reject_state = left >= 4 ? torc_be32(p) : 0;
		return;
	}
	if (!take_auth(&p, &left, &rpc->verifier_flavor, &verifier) || left < 4)
		return;
	rpc->accept_state = torc_be32(p);
	rpc->body = (struct torc_bytes){ p + 4, left - 4 };
}

static void rpc_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	uint32_t left = layer->header_length;
	struct torc_rpc *rpc = out;

	if (layer > decoded->layers && has_mark_behind(layer[-1].type)) {
		rpc->is_last_fragment = p[0] & 0x80;
		rpc->fragment_length = torc_be32(p) & 0x7FFFFFFF;
		p += RECORD;
		left -= RECORD;
	}
	rpc->length = left;
	rpc->xid = torc_be32(p);
	rpc->message_type = torc_be32(p + 4);
	if (rpc->message_type == 0)
		call_read(rpc, p, left);
	else
		reply_read(rpc, p, left);
}

static const char *type_name(uint64_t type)
{
	return type == 0 ? "call" : type == 1 ? "reply" : NULL;
}

/* IANA, RPC Program Numbers */
static const char *program_name(uint64_t program)
{
	static const struct {
		uint32_t number;
		const char *name;
	} names[] = {
		{ 100000, "portmap" },	{ 100001, "rstat" },   { 100002, "rusers" },
		{ 100003, "nfs" },	{ 100004, "ypserv" },  { 100005, "mount" },
		{ 100007, "ypbind" },	{ 100008, "walld" },   { 100009, "yppasswdd" },
		{ 100011, "rquota" },	{ 100012, "spray" },   { 100017, "rexec" },
		{ 100021, "nlockmgr" }, { 100024, "status" },  { 100026, "bootparam" },
		{ 100028, "ypupdated" }, { 100068, "cmsd" },   { 100083, "ttdbserver" },
		{ 100099, "autofs" },	{ 100133, "nsm_addrand" }, { 100227, "nfs_acl" },
		{ 100232, "sadmind" },	{ 100300, "nisd" },    { 150001, "pcnfsd" },
	};

	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].number == program)
			return names[i].name;
	return NULL;
}

static const char *flavor_name(uint64_t flavor)
{
	static const char *const names[] = { "none", "Unix", "short", "DH", [6] = "GSS" };

	return flavor < sizeof(names) / sizeof(names[0]) ? names[flavor] : NULL;
}

static const char *reply_name(uint64_t state)
{
	return state == 0 ? "accepted" : state == 1 ? "denied" : NULL;
}

static const char *accept_name(uint64_t state)
{
	static const char *const names[] = { "success", "program unavailable", "version mismatch",
					     "procedure unavailable", "garbage arguments",
					     "system error" };

	return state < sizeof(names) / sizeof(names[0]) ? names[state] : NULL;
}

static const char *reject_name(uint64_t state)
{
	return state == 0 ? "RPC version" : state == 1 ? "authentication" : NULL;
}

#define SOME(member, name, kind, ...)                                                              \
	TORC_FIELD_AT(struct torc_rpc, member, name, kind, .flags = TORC_FIELD_OPTIONAL,           \
		      __VA_ARGS__)

static const struct torc_field_info rpc_fields[] = {
	SOME(is_last_fragment, "last_fragment", TORC_FIELD_BOOL),
	SOME(fragment_length, "fragment_length", TORC_FIELD_UINT, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_rpc, xid, "xid", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_rpc, message_type, "message_type", TORC_FIELD_UINT,
		      .value_name = type_name),
	SOME(rpc_version, "rpc_version", TORC_FIELD_UINT),
	SOME(program, "program", TORC_FIELD_UINT, .value_name = program_name),
	SOME(program_version, "program_version", TORC_FIELD_UINT),
	SOME(procedure, "procedure", TORC_FIELD_UINT),
	SOME(procedure_name, "procedure_name", TORC_FIELD_STRING),
	SOME(credential_flavor, "credential_flavor", TORC_FIELD_UINT, .value_name = flavor_name),
	SOME(machine, "machine", TORC_FIELD_STRING),
	SOME(uid, "uid", TORC_FIELD_UINT),
	SOME(gid, "gid", TORC_FIELD_UINT),
	SOME(wanted_program, "wanted_program", TORC_FIELD_UINT, .value_name = program_name),
	SOME(wanted_version, "wanted_version", TORC_FIELD_UINT),
	SOME(wanted_protocol, "wanted_protocol", TORC_FIELD_UINT),
	SOME(reply_state, "reply_state", TORC_FIELD_UINT, .value_name = reply_name),
	SOME(accept_state, "accept_state", TORC_FIELD_UINT, .value_name = accept_name),
	SOME(reject_state, "reject_state", TORC_FIELD_UINT, .value_name = reject_name),
	SOME(verifier_flavor, "verifier_flavor", TORC_FIELD_UINT, .value_name = flavor_name),
	SOME(body, "body", TORC_FIELD_BYTES),
	TORC_FIELDS_END
};

static const struct torc_layer_number rpc_numbers[] = {
	{ TORC_BY_TCP_PORT, 111 },
	{ TORC_BY_UDP_PORT, 111 },
	{ TORC_BY_TCP_PORT, 2049 },
	{ TORC_BY_UDP_PORT, 2049 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_rpc = {
	.name = "RPC",
	.key = "rpc",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_rpc),
	.numbers = rpc_numbers,
	.decode = rpc_decode,
	.read = rpc_read,
	.fields = rpc_fields,
};
