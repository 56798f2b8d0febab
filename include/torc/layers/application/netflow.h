/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * torc/layers/application/netflow.h - flow records on their way to a collector: NetFlow version 5
 * (Cisco, "NetFlow Export Datagram Formats"), version 9 (RFC 3954), IPFIX (RFC 7011)
 *
 * Data sets are bytes: the template that tells what is in them may be in another packet.
 */
#ifndef TORC_LAYERS_NETFLOW_H
#define TORC_LAYERS_NETFLOW_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_netflow {
	uint16_t version;       /* 5, 9, or 10: IPFIX */
	uint16_t count;         /* records the header speaks of: versions 5 and 9 */
	uint16_t length;        /* of the message: IPFIX */
	uint32_t uptime_ms;     /* of the exporter: versions 5 and 9 */
	uint32_t export_time;   /* seconds since 1970 */
	uint32_t export_time_ns; /* beyond the seconds: version 5 */
	uint32_t sequence;      /* of flows, of packets, of data records: versions 5, 9, 10 */
	uint32_t domain;        /* source id, observation domain: versions 9 and 10 */
	uint8_t engine_type;    /* version 5, as the next three */
	uint8_t engine_id;
	uint8_t sampling_mode;
	uint16_t sampling_interval; /* one packet of so many */
	uint32_t set_count;         /* whole sets there are: versions 9 and 10 */
	struct torc_bytes records;  /* whole ones: version 5 */
	struct torc_bytes sets;     /* versions 9 and 10 */
};

TORC_LAYER_READER(netflow, NETFLOW)

/* A flow of version 5; addresses in network order. */
struct torc_netflow_record {
	uint8_t source[4];
	uint8_t destination[4];
	uint8_t next_hop[4];
	uint16_t input; /* SNMP index of the interface */
	uint16_t output;
	uint32_t packets;
	uint32_t octets;
	uint32_t first_ms; /* the exporter's uptime at the first and last packet */
	uint32_t last_ms;
	uint16_t source_port;
	uint16_t destination_port;
	uint8_t tcp_flags; /* all that were seen */
	uint8_t protocol;
	uint8_t tos;
	uint16_t source_as;
	uint16_t destination_as;
	uint8_t source_prefix; /* bits */
	uint8_t destination_prefix;
};

enum torc_netflow_set_kind {
	TORC_NETFLOW_SET_OTHER = 0, /* an id below 256 that the version does not define */
	TORC_NETFLOW_SET_TEMPLATE = 1,
	TORC_NETFLOW_SET_OPTIONS_TEMPLATE = 2,
	TORC_NETFLOW_SET_DATA = 3 /* of the template with the set's id */
};

struct torc_netflow_set {
	uint16_t id;
	uint16_t length;        /* with the four bytes of its header */
	uint8_t kind;           /* enum torc_netflow_set_kind */
	struct torc_bytes data; /* behind the header, padding included */
};

struct torc_netflow_template {
	uint16_t id;          /* 256 and up: that of the data sets it describes */
	uint8_t kind;         /* enum torc_netflow_set_kind: one of the two templates */
	bool has_enterprises; /* IPFIX: a field may be followed by an enterprise number */
	uint16_t field_count; /* 0: the template is withdrawn (RFC 7011 §8.1) */
	uint16_t scope_count; /* of options templates: so many of the fields are their scope */
	struct torc_bytes fields; /* for torc_netflow_field_next() */
};

struct torc_netflow_field {
	uint16_t id;         /* information element, or kind of scope in version 9 */
	uint16_t length;     /* bytes in a record; 65535: told in each record (RFC 7011 §7) */
	uint32_t enterprise; /* whose element it is; 0: IANA's */
};

/*
 * The record, set or template at *position, 0 at first; templates of all sets one after the other.
 * 1, or 0 at the end or where one does not fit. What is filled in borrows from the packet.
 */
TORC_API int torc_netflow_record_next(const struct torc_netflow *netflow, uint32_t *position,
				      struct torc_netflow_record *record);
TORC_API int torc_netflow_set_next(const struct torc_netflow *netflow, uint32_t *position,
				   struct torc_netflow_set *set);
TORC_API int torc_netflow_template_next(const struct torc_netflow *netflow, uint32_t *position,
					struct torc_netflow_template *template_);

/* The field of a template at *position, 0 at first; 1, or 0 at the end. */
TORC_API int torc_netflow_field_next(const struct torc_netflow_template *template_,
				     uint32_t *position, struct torc_netflow_field *field);

#ifdef __cplusplus
}
#endif

#endif
