/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ipfix.c - IPFIX (RFC 7011) with biflows (RFC 5103), and NetFlow v9 (RFC 3954)
 *
 * Two templates for each IP version: both directions in one record, and one direction alone. Version
 * 9 knows no biflows, nor do some collectors: they get a record a direction. Templates and the account, as an options record,
 * go in messages of their own: at the beginning of each session, and over UDP again at intervals.
 */
#include <endian.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>

#include "export/collector.h"
#include "util/error.h"

#define MS 1000000ull
#define FLUSH_NS   (200 * MS)   /* a message waits for more records for so long */
#define ACCOUNT_NS (60000 * MS) /* between options records */
#define REVERSE_ENTERPRISE 29305u /* RFC 5103 §6.1 */

enum { TEMPLATE_BIFLOW = 256, TEMPLATE_ONE_WAY = 258, TEMPLATE_ACCOUNT = 260 }; /* + 1: IPv6 */
enum { TEMPLATES = TEMPLATE_ACCOUNT - TEMPLATE_BIFLOW };

/* Where a field is. */
enum { IN_V4 = 1, IN_V6 = 2, IN_ALL = 3, REVERSE = 4, ONLY_IPFIX = 8 };

/* What a field holds. */
enum what {
	START, END, SOURCE, DESTINATION, SOURCE_PORT, DESTINATION_PORT, PROTOCOL, TOS, REASON,
	OPENED, INTERFACE, VLAN, INNER_VLAN, MIN_TTL, MAX_TTL, MIN_LENGTH, MAX_LENGTH, ICMP_TYPE,
	OCTETS, PACKETS, FLAGS
};

struct field {
	uint16_t element; /* IANA, "IPFIX Information Elements" */
	uint8_t length, length_v9;
	uint8_t where;
	uint8_t what; /* enum what */
};

static const struct field fields[] = {
	{ 152, 8, 8, IN_ALL, START }, /* flowStartMilliseconds */
	{ 153, 8, 8, IN_ALL, END },
	{ 8, 4, 4, IN_V4, SOURCE },
	{ 12, 4, 4, IN_V4, DESTINATION },
	{ 27, 16, 16, IN_V6, SOURCE },
	{ 28, 16, 16, IN_V6, DESTINATION },
	{ 7, 2, 2, IN_ALL, SOURCE_PORT },
	{ 11, 2, 2, IN_ALL, DESTINATION_PORT },
	{ 4, 1, 1, IN_ALL, PROTOCOL },
	{ 5, 1, 1, IN_ALL, TOS },
	{ 6, 2, 1, IN_ALL, FLAGS },     /* tcpControlBits */
	{ 136, 1, 1, IN_ALL, REASON },  /* flowEndReason */
	{ 239, 1, 0, IN_ALL | ONLY_IPFIX, OPENED }, /* biflowDirection */
	{ 10, 4, 4, IN_ALL, INTERFACE }, /* ingressInterface */
	{ 58, 2, 2, IN_ALL, VLAN },
	{ 245, 2, 0, IN_ALL | ONLY_IPFIX, INNER_VLAN }, /* dot1qCustomerVlanId */
	{ 52, 1, 1, IN_ALL, MIN_TTL },
	{ 53, 1, 1, IN_ALL, MAX_TTL },
	{ 25, 4, 2, IN_ALL, MIN_LENGTH }, /* minimumIpTotalLength, in reduced size (RFC 7011 §6.2) */
	{ 26, 4, 2, IN_ALL, MAX_LENGTH },
	{ 32, 2, 2, IN_V4, ICMP_TYPE },
	{ 139, 2, 0, IN_V6 | ONLY_IPFIX, ICMP_TYPE },
	{ 1, 8, 8, IN_ALL, OCTETS },
	{ 2, 8, 8, IN_ALL, PACKETS },
	{ 1, 8, 0, IN_ALL | REVERSE, OCTETS },
	{ 2, 8, 0, IN_ALL | REVERSE, PACKETS },
	{ 6, 2, 0, IN_ALL | REVERSE, FLAGS },
};

#define FIELDS (sizeof(fields) / sizeof(*fields))

/* The fields of one template, found once: each record walks them. */
struct layout {
	unsigned int count;
	size_t bytes; /* of a record */
	const struct field *field[FIELDS];
	uint8_t length[FIELDS];
};

struct message {
	size_t used, set_at; /* where its last set begins; 0: there is none */
	uint16_t set;        /* its id */
	uint32_t count;      /* data records, version 9: templates too */
	uint32_t records;    /* flow records */
	uint64_t packets;    /* that they are of */
	uint64_t first_ns;   /* when the first came */
	uint8_t bytes[MESSAGE_MAX + 8]; /* put() writes eight bytes whatever it keeps */
};

struct ipfix {
	unsigned int version; /* 10, 9 */
	bool biflows;         /* both directions in one record */
	uint32_t sequence;    /* 10: data records sent in the session; 9: messages */
	uint64_t data_records; /* sent at all */
	uint64_t started_ns;  /* version 9: of sysUptime */
	unsigned int session; /* whose templates were sent */
	uint64_t templates_ns, account_ns; /* when */
	uint32_t limit;       /* bytes of a message */
	bool ended;           /* the last account was sent */
	struct layout layouts[TEMPLATES];
	struct message flows;
	struct message due;   /* templates and the account */
	struct message *at;   /* the one that is being made */
	struct collector collector;
};

/* ---- bytes ---- */

/* At the end of what is made; bytes: 1 to 8. */
static inline void put(struct ipfix *ipfix, uint64_t value, unsigned int bytes)
{
	uint64_t big = htobe64(value << (64 - 8 * bytes));

	memcpy(ipfix->at->bytes + ipfix->at->used, &big, sizeof(big));
	ipfix->at->used += bytes;
}

/* Over what is there. */
static void put_at(struct ipfix *ipfix, size_t at, uint64_t value, unsigned int bytes)
{
	while (bytes-- > 0)
		ipfix->at->bytes[at++] = (uint8_t)(value >> 8 * bytes);
}

/* ---- sets ---- */

static bool is_in(const struct ipfix *ipfix, const struct field *field, unsigned int template)
{
	unsigned int ip = template & 1 ? IN_V6 : IN_V4;

	if (!(field->where & ip) || (ipfix->version == 9 && field->where & (ONLY_IPFIX | REVERSE)))
		return false;
	return template < TEMPLATE_ONE_WAY || !(field->where & REVERSE);
}

static void layouts_make(struct ipfix *ipfix)
{
	for (unsigned int template = TEMPLATE_BIFLOW; template < TEMPLATE_ACCOUNT; template++) {
		struct layout *layout = &ipfix->layouts[template - TEMPLATE_BIFLOW];

		for (size_t n = 0; n < FIELDS; n++) {
			const struct field *field = &fields[n];
			uint8_t length = ipfix->version == 9 ? field->length_v9 : field->length;

			if (!is_in(ipfix, field, template))
				continue;
			layout->length[layout->count] = length;
			layout->field[layout->count++] = field;
			layout->bytes += length;
		}
	}
}

/* Fills up to four bytes (RFC 3954 §5.3 wants it, RFC 7011 §3.3.1 allows it). */
static void set_end(struct ipfix *ipfix)
{
	if (ipfix->at->set_at == 0)
		return;
	while ((ipfix->at->used - ipfix->at->set_at) % 4)
		put(ipfix, 0, 1);
	put_at(ipfix, ipfix->at->set_at + 2, ipfix->at->used - ipfix->at->set_at, 2);
	ipfix->at->set_at = 0;
}

static void set_begin(struct ipfix *ipfix, unsigned int id)
{
	set_end(ipfix);
	ipfix->at->set_at = ipfix->at->used;
	ipfix->at->set = (uint16_t)id;
	put(ipfix, id, 2);
	put(ipfix, 0, 2);
}

static void message_begin(struct ipfix *ipfix)
{
	ipfix->at->used = ipfix->version == 9 ? 20 : 16;
	ipfix->at->set_at = 0;
	ipfix->at->count = ipfix->at->records = 0;
	ipfix->at->packets = 0;
}

/* ---- templates, and the account as options ---- */

static void put_template(struct ipfix *ipfix, unsigned int template)
{
	const struct layout *layout = &ipfix->layouts[template - TEMPLATE_BIFLOW];

	put(ipfix, template, 2);
	put(ipfix, layout->count, 2);
	for (unsigned int n = 0; n < layout->count; n++) {
		bool reverse = layout->field[n]->where & REVERSE;

		put(ipfix, layout->field[n]->element | (reverse ? 0x8000 : 0), 2);
		put(ipfix, layout->length[n], 2);
		if (reverse)
			put(ipfix, REVERSE_ENTERPRISE, 4);
	}
}

/* exportedMessageTotalCount, exportedFlowRecordTotalCount, ignored and notSentPacketTotalCount */
static const uint16_t account_elements[] = { 41, 42, 164, 167 };

static void put_account_template(struct ipfix *ipfix)
{
	put(ipfix, TEMPLATE_ACCOUNT, 2);
	if (ipfix->version == 9) {
		put(ipfix, 4, 2);  /* bytes of scopes */
		put(ipfix, 16, 2); /* and of fields */
		put(ipfix, 1, 2);  /* the scope is the system */
	} else {
		put(ipfix, 5, 2); /* fields */
		put(ipfix, 1, 2); /* of them scopes */
		put(ipfix, 149, 2); /* observationDomainId */
	}
	put(ipfix, 4, 2);
	for (unsigned int n = 0; n < 4; n++) {
		put(ipfix, account_elements[n], 2);
		put(ipfix, 8, 2);
	}
}

static void put_account(const struct torc_export *out, struct ipfix *ipfix)
{
	const uint64_t lost = export_load(out->packets_refused) + export_load(out->packets_failed);

	set_begin(ipfix, TEMPLATE_ACCOUNT);
	put(ipfix, out->options.domain, 4);
	put(ipfix, export_load(out->messages), 8);
	put(ipfix, ipfix->data_records, 8);
	put(ipfix, export_load(out->ignored), 8);
	put(ipfix, lost, 8);
	ipfix->at->count++;
}

static void put_templates(struct ipfix *ipfix)
{
	unsigned int template = ipfix->version == 9 ? TEMPLATE_ONE_WAY : TEMPLATE_BIFLOW;

	set_begin(ipfix, ipfix->version == 9 ? 0 : 2);
	for (; template < TEMPLATE_ACCOUNT; template++) {
		put_template(ipfix, template);
		if (ipfix->version == 9)
			ipfix->at->count++;
	}
	set_begin(ipfix, ipfix->version == 9 ? 1 : 3);
	put_account_template(ipfix);
	if (ipfix->version == 9)
		ipfix->at->count++;
}

/* ---- messages ---- */

static void put_header(const struct torc_export *out, struct ipfix *ipfix)
{
	size_t at = 4;

	put_at(ipfix, 0, ipfix->version, 2);
	if (ipfix->version == 9) {
		put_at(ipfix, 2, ipfix->at->count, 2);
		put_at(ipfix, 4, (export_now_ns() - ipfix->started_ns) / MS, 4);
		at = 8;
	} else {
		put_at(ipfix, 2, ipfix->at->used, 2);
	}
	put_at(ipfix, at, (uint64_t)time(NULL), 4);
	put_at(ipfix, at + 4, ipfix->sequence, 4);
	put_at(ipfix, at + 8, out->options.domain, 4);
}

/* Sends the message that was made; 0, or -EAGAIN: it is kept. */
static int message_send(struct torc_export *out, struct ipfix *ipfix)
{
	int code;

	set_end(ipfix);
	put_header(out, ipfix);
	code = collector_send(out, &ipfix->collector, ipfix->at->bytes, ipfix->at->used, ipfix->at->records,
			      ipfix->at->packets);
	if (code < 0)
		return code;
	ipfix->sequence += ipfix->version == 9 ? 1 : ipfix->at->count;
	message_begin(ipfix);
	return 0;
}

static bool templates_due(const struct torc_export *out, const struct ipfix *ipfix)
{
	return ipfix->session != ipfix->collector.session ||
	       (ipfix->collector.kind == COLLECTOR_UDP &&
		export_now_ns() - ipfix->templates_ns >= out->options.template_ns);
}

/* A message of the account, and of the templates before it where they are due. */
static int send_account(struct torc_export *out, struct ipfix *ipfix)
{
	bool templates = templates_due(out, ipfix);
	int code;

	/* RFC 7011 §3.1: the sequence is that of the session */
	if (ipfix->session != ipfix->collector.session && ipfix->collector.kind == COLLECTOR_TCP)
		ipfix->sequence = 0;
	ipfix->at = &ipfix->due;
	message_begin(ipfix);
	if (templates)
		put_templates(ipfix);
	put_account(out, ipfix);
	code = message_send(out, ipfix);
	ipfix->at = &ipfix->flows;
	if (code < 0)
		return code;
	ipfix->data_records++;
	ipfix->session = ipfix->collector.session;
	ipfix->account_ns = export_now_ns();
	if (templates)
		ipfix->templates_ns = ipfix->account_ns;
	return 0;
}

/* Whether a message of flows may go now: what is due goes before. */
static bool may_send(struct torc_export *out, struct ipfix *ipfix)
{
	if (!collector_ready(out, &ipfix->collector))
		return false;
	if (!templates_due(out, ipfix) && export_now_ns() - ipfix->account_ns < ACCOUNT_NS)
		return true;
	/* over TCP and to a collector that was away it is not yet on its way: not ready */
	return send_account(out, ipfix) == 0 && collector_ready(out, &ipfix->collector);
}

static int flush(struct torc_export *out, struct ipfix *ipfix)
{
	if (ipfix->at->count == 0)
		return 0;
	return may_send(out, ipfix) ? message_send(out, ipfix) : -EAGAIN;
}

/* ---- records ---- */

static uint64_t value_of(const struct torc_flow_record *record, const struct field *field,
			 unsigned int way)
{
	unsigned int counted = field->where & REVERSE ? !way : way;

	switch ((enum what)field->what) {
	case START:
		return record->first_ns / MS;
	case END:
		return record->last_ns / MS;
	case SOURCE_PORT:
		return record->port[way];
	case DESTINATION_PORT:
		if (record->protocol == 1 || record->protocol == 58) /* as all collectors know it */
			return (uint64_t)record->icmp_type << 8 | record->icmp_code;
		return record->port[!way];
	case PROTOCOL:
		return record->protocol;
	case TOS:
		return record->tos;
	case REASON:
		return record->reason;
	case OPENED: /* RFC 5103 §6.3: initiator, its reverse, arbitrary */
		if (record->opener == TORC_FLOW_BY_PORT || record->opener == TORC_FLOW_BY_FIRST)
			return 0;
		return way == 0 ? 1 : 2;
	case INTERFACE:
		return (uint32_t)record->ifindex;
	case VLAN:
		return record->vlan[0];
	case INNER_VLAN:
		return record->vlan[1];
	case MIN_TTL:
		return record->min_ttl;
	case MAX_TTL:
		return record->max_ttl;
	case MIN_LENGTH:
		return record->min_length;
	case MAX_LENGTH:
		return record->max_length;
	case ICMP_TYPE:
		return (uint64_t)record->icmp_type << 8 | record->icmp_code;
	case OCTETS:
		return record->bytes[counted];
	case PACKETS:
		return record->packets[counted];
	case FLAGS:
		return record->tcp_flags[counted];
	default:
		return 0;
	}
}

/* way: the direction that comes first */
static void put_record(struct ipfix *ipfix, const struct torc_flow_record *record,
		       unsigned int template, unsigned int way)
{
	const struct layout *layout = &ipfix->layouts[template - TEMPLATE_BIFLOW];

	if (ipfix->at->set_at == 0 || ipfix->at->set != template)
		set_begin(ipfix, template);
	for (unsigned int n = 0; n < layout->count; n++) {
		const struct field *field = layout->field[n];
		unsigned int length = layout->length[n];

		if (field->what == SOURCE || field->what == DESTINATION) {
			unsigned int end = field->what == SOURCE ? way : !way;

			memcpy(ipfix->at->bytes + ipfix->at->used, record->address[end], length);
			ipfix->at->used += length;
		} else {
			put(ipfix, value_of(record, field, way), length);
		}
	}
	ipfix->at->count++;
	ipfix->data_records++;
}

static int ipfix_write(struct torc_export *out, const struct torc_flow_record *record)
{
	struct ipfix *ipfix = out->state;
	unsigned int v6 = record->version == 6;
	bool both = record->packets[0] > 0 && record->packets[1] > 0;
	unsigned int template = (both && ipfix->biflows ? TEMPLATE_BIFLOW : TEMPLATE_ONE_WAY) + v6;
	/* with the set's header, and its filling */
	size_t need = ipfix->layouts[template - TEMPLATE_BIFLOW].bytes + 8;

	if (both && !ipfix->biflows)
		need *= 2;
	if (ipfix->at->used + need > ipfix->limit) {
		int code = flush(out, ipfix);

		if (code < 0)
			return code;
	}
	if (out->broken)
		return -EPIPE;
	if (ipfix->at->count == 0)
		ipfix->at->first_ns = export_now_ns();
	put_record(ipfix, record, template, record->packets[0] == 0 && record->packets[1] > 0);
	if (both && !ipfix->biflows)
		put_record(ipfix, record, template, 1);
	ipfix->at->records++;
	ipfix->at->packets += record->packets[0] + record->packets[1];
	return 0;
}

static void ipfix_idle(struct torc_export *out)
{
	struct ipfix *ipfix = out->state;

	if (may_send(out, ipfix) && ipfix->at->count > 0 &&
	    export_now_ns() - ipfix->at->first_ns >= FLUSH_NS)
		message_send(out, ipfix);
}

/* The last records, the account once more, and what becomes of them. */
static bool ipfix_finish(struct torc_export *out)
{
	struct ipfix *ipfix = out->state;
	struct pollfd none = { .fd = -1 };

	if (out->broken || (ipfix->ended && !collector_waits(&ipfix->collector)))
		return false;
	if (!ipfix->ended && flush(out, ipfix) == 0 && collector_ready(out, &ipfix->collector))
		ipfix->ended = send_account(out, ipfix) == 0;
	poll(&none, 1, 10);
	collector_ready(out, &ipfix->collector);
	return true;
}

static int open_any(struct torc_export *out, const char *target, unsigned int version,
		    unsigned int kinds, struct torc_error *error)
{
	struct ipfix *ipfix = out->state;
	int code = collector_open(out, &ipfix->collector, target, kinds, error);

	ipfix->version = version;
	ipfix->biflows = version == 10 && !(out->options.flags & TORC_EXPORT_ONE_WAY);
	ipfix->started_ns = export_now_ns();
	ipfix->at = &ipfix->flows;
	layouts_make(ipfix);
	message_begin(ipfix);
	ipfix->limit = ipfix->collector.kind == COLLECTOR_UDP ? out->options.message_bytes : 16384;
	return code;
}

static int ipfix_open(struct torc_export *out, const char *target, struct torc_error *error)
{
	return open_any(out, target, 10,
			1u << COLLECTOR_UDP | 1u << COLLECTOR_TCP | 1u << COLLECTOR_FILE, error);
}

static int netflow9_open(struct torc_export *out, const char *target, struct torc_error *error)
{
	return open_any(out, target, 9, 1u << COLLECTOR_UDP, error);
}

static void ipfix_close(struct torc_export *out)
{
	struct ipfix *ipfix = out->state;

	collector_close(&ipfix->collector);
}

const struct export_ops export_ipfix = {
	.scheme = "ipfix",
	.state_size = sizeof(struct ipfix),
	.open = ipfix_open,
	.write = ipfix_write,
	.idle = ipfix_idle,
	.finish = ipfix_finish,
	.close = ipfix_close,
};

const struct export_ops export_netflow9 = {
	.scheme = "netflow9",
	.state_size = sizeof(struct ipfix),
	.open = netflow9_open,
	.write = ipfix_write,
	.idle = ipfix_idle,
	.finish = ipfix_finish,
	.close = ipfix_close,
};
