/* SPDX-License-Identifier: BSD-3-Clause */
/* tcp.c - Transmission Control Protocol, RFC 9293 §3.1; options by IANA's registry */
#include <torc/flow.h>
#include <torc/layers/transport/tcp.h>

#include "decode/common.h"
#include "decode/options.h"
#include "decode/registry.h"

static void tcp_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_tcp *tcp = out;

	tcp->source_port = torc_be16(p);
	tcp->destination_port = torc_be16(p + 2);
	tcp->sequence = torc_be32(p + 4);
	tcp->acknowledgment = torc_be32(p + 8);
	tcp->header_length = (uint8_t)layer->header_length;
	tcp->flags = torc_be16(p + 12) & 0x1FF;
	tcp->window = torc_be16(p + 14);
	tcp->checksum = torc_be16(p + 16);
	tcp->urgent = torc_be16(p + 18);
	tcp->options = (struct torc_bytes){ p + TCP_HEADER, layer->header_length - TCP_HEADER };
}

int torc_tcp_option_next(const struct torc_tcp *tcp, uint32_t *position,
			 struct torc_tcp_option *option)
{
	return option_next(&tcp->options, position, &option->kind, &option->data);
}

/* What the fields of an option show: its data, and what that means where it is a number. */
struct tcp_option_view {
	struct torc_tcp_option option;
	uint16_t mss;
	uint8_t shift;
	uint32_t value;
	uint32_t echo_reply;
	uint16_t timeout;
};

static int tcp_option_view_next(const void *layer, uint32_t *position, void *element)
{
	struct tcp_option_view *view = element;
	const struct torc_bytes *data = &view->option.data;

	if (!torc_tcp_option_next(layer, position, &view->option))
		return 0;
	if (view->option.kind == TORC_TCP_OPTION_MSS && data->length == 2)
		view->mss = torc_be16(data->data);
	if (view->option.kind == TORC_TCP_OPTION_WINDOW_SCALE && data->length == 1)
		view->shift = data->data[0];
	if (view->option.kind == TORC_TCP_OPTION_TIMESTAMPS && data->length == 8) {
		view->value = torc_be32(data->data);
		view->echo_reply = torc_be32(data->data + 4);
	}
	if (view->option.kind == TORC_TCP_OPTION_USER_TIMEOUT && data->length == 2)
		view->timeout = torc_be16(data->data);
	return 1;
}

static const char *tcp_option_name(uint64_t kind)
{
	switch (kind) {
	case TORC_TCP_OPTION_END:
		return "end";
	case TORC_TCP_OPTION_NOP:
		return "nop";
	case TORC_TCP_OPTION_MSS:
		return "mss";
	case TORC_TCP_OPTION_WINDOW_SCALE:
		return "window scale";
	case TORC_TCP_OPTION_SACK_PERMITTED:
		return "sack permitted";
	case TORC_TCP_OPTION_SACK:
		return "sack";
	case TORC_TCP_OPTION_TIMESTAMPS:
		return "timestamps";
	case TORC_TCP_OPTION_MD5:
		return "md5";
	case TORC_TCP_OPTION_USER_TIMEOUT:
		return "user timeout";
	case TORC_TCP_OPTION_AO:
		return "authentication";
	case TORC_TCP_OPTION_MPTCP:
		return "mptcp";
	case TORC_TCP_OPTION_FAST_OPEN:
		return "fast open";
	default:
		return NULL;
	}
}

static const struct torc_field_info tcp_option_fields[] = {
	TORC_FIELD_AT(struct tcp_option_view, option.kind, "kind", TORC_FIELD_UINT,
		      .value_name = tcp_option_name),
	TORC_FIELD_AT(struct tcp_option_view, mss, "mss", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL, .unit = "bytes"),
	TORC_FIELD_AT(struct tcp_option_view, shift, "shift", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL, .unit = "bits"),
	TORC_FIELD_AT(struct tcp_option_view, value, "value", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct tcp_option_view, echo_reply, "echo_reply", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct tcp_option_view, timeout, "timeout", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct tcp_option_view, option.data, "data", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_list_info tcp_options = {
	.next = tcp_option_view_next,
	.element_size = sizeof(struct tcp_option_view),
	.fields = tcp_option_fields,
};

/* The six flags of RFC 9293 §3.1 that say what a segment is for. */
static const char *tcp_flags_name(uint64_t flags)
{
	static const char *const names[64] = {
		"none", "FIN", "SYN", "FIN-SYN", "RST", "FIN-RST", "SYN-RST", "FIN-SYN-RST",
		"PSH", "FIN-PSH", "SYN-PSH", "FIN-SYN-PSH", "RST-PSH", "FIN-RST-PSH",
		"SYN-RST-PSH", "FIN-SYN-RST-PSH", "ACK", "FIN-ACK", "SYN-ACK", "FIN-SYN-ACK",
		"RST-ACK", "FIN-RST-ACK", "SYN-RST-ACK", "FIN-SYN-RST-ACK", "PSH-ACK",
		"FIN-PSH-ACK", "SYN-PSH-ACK", "FIN-SYN-PSH-ACK", "RST-PSH-ACK", "FIN-RST-PSH-ACK",
		"SYN-RST-PSH-ACK", "FIN-SYN-RST-PSH-ACK", "URG", "URG-FIN", "URG-SYN",
		"URG-FIN-SYN", "URG-RST", "URG-FIN-RST", "URG-SYN-RST", "URG-FIN-SYN-RST",
		"URG-PSH", "URG-FIN-PSH", "URG-SYN-PSH", "URG-FIN-SYN-PSH", "URG-RST-PSH",
		"URG-FIN-RST-PSH", "URG-SYN-RST-PSH", "URG-FIN-SYN-RST-PSH", "URG-ACK",
		"URG-FIN-ACK", "URG-SYN-ACK", "URG-FIN-SYN-ACK", "URG-RST-ACK", "URG-FIN-RST-ACK",
		"URG-SYN-RST-ACK", "URG-FIN-SYN-RST-ACK", "URG-PSH-ACK", "URG-FIN-PSH-ACK",
		"URG-SYN-PSH-ACK", "URG-FIN-SYN-PSH-ACK", "URG-RST-PSH-ACK",
		"URG-FIN-RST-PSH-ACK", "URG-SYN-RST-PSH-ACK", "URG-FIN-SYN-RST-PSH-ACK",
	};

	return names[flags & 63];
}

static const struct torc_field_info tcp_fields[] = {
	TORC_FIELD_AT(struct torc_tcp, source_port, "src_port", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_tcp, destination_port, "dst_port", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_tcp, sequence, "seq", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_tcp, acknowledgment, "ack", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_tcp, flags, "flags", TORC_FIELD_HEX,
		      .value_name = tcp_flags_name),
	TORC_FIELD_AT(struct torc_tcp, window, "window", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_tcp, checksum, "checksum", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_tcp, urgent, "urgent", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_tcp, options, "options", TORC_FIELD_LIST,
		      .flags = TORC_FIELD_OPTIONAL, .list = &tcp_options),
	TORC_FIELDS_END
};

static const struct torc_layer_number tcp_numbers[] = {
	{ TORC_BY_IP_PROTOCOL, 6 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_tcp = {
	.name = "TCP",
	.key = "tcp",
	.role = TORC_ROLE_TRANSPORT,
	.struct_size = sizeof(struct torc_tcp),
	.numbers = tcp_numbers,
	.decode = tcp_decode,
	.read = tcp_read,
	.fields = tcp_fields,
	.flow = { TORC_ENDPOINT_TCP_PORT, 2, 0, 2 },
	.checksum = { TORC_SUM_PSEUDO, 16, 6 },
};
