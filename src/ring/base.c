/* SPDX-License-Identifier: BSD-3-Clause */
/* base.c - error texts, version, and copies of packets */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <torc/packet.h>
#include <torc/parse.h>

#include "util/error.h"

const char *torc_version(void)
{
	return TORC_VERSION_STRING;
}

const char *torc_strerror(int code)
{
	switch (code < 0 ? -code : code) {
	case 0:
		return "success";
	case TORC_ENOTENABLED:
		return "the ring is not enabled";
	case TORC_EFILTER:
		return "bad filter expression";
	case TORC_EFORMAT:
		return "not a capture file, or a damaged one";
	case TORC_ECLUSTER:
		return "the cluster exists with another type or device";
	default:
		return strerrordesc_np(code < 0 ? -code : code) ?: "unknown error";
	}
}

int torc_error_set(struct torc_error *error, int code, const char *format, ...)
{
	va_list args;

	if (!error)
		return code;
	error->code = code;
	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return code;
}

struct torc_packet *torc_packet_clone(const struct torc_packet *packet)
{
	size_t parsed_size = packet->parsed ? sizeof(struct torc_parsed) : 0;
	struct torc_packet *clone = malloc(sizeof(*clone) + parsed_size + packet->caplen);
	uint8_t *tail;

	if (!clone)
		return NULL;
	*clone = *packet;
	tail = (uint8_t *)(clone + 1);
	if (packet->parsed) {
		memcpy(tail, packet->parsed, parsed_size);
		clone->parsed = (const struct torc_parsed *)(const void *)tail;
		tail += parsed_size;
	}
	if (packet->caplen > 0)
		memcpy(tail, packet->data, packet->caplen);
	clone->data = tail;
	return clone;
}

void torc_packet_free(struct torc_packet *packet)
{
	free(packet);
}
