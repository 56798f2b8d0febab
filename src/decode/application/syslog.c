/* SPDX-License-Identifier: BSD-3-Clause */
/* syslog.c - syslog over UDP: RFC 5426; the priority, RFC 3164 §4.1.1 and RFC 5424 §6.2.1 */
#include <torc/layers/application/syslog.h>

#include "decode/registry.h"

/* "<34>": at most 191, without a zero in front. The bytes it takes, or 0. */
static uint32_t priority_read(const uint8_t *p, uint32_t length, unsigned int *priority)
{
	uint32_t i;

	*priority = 0;
	for (i = 1; i < length && i < 4 && p[i] >= '0' && p[i] <= '9'; i++)
		*priority = *priority * 10 + (p[i] - '0');
	return p[0] == '<' && i > 1 && i < length && p[i] == '>' && *priority < 192 ? i + 1 : 0;
}

static int syslog_decode(struct torc_cursor *cursor)
{
	unsigned int priority;

	TORC_NEED(cursor, 3);
	if (cursor->length < 5 && cursor->length < cursor->wire_length)
		return TORC_STEP_SHORT;
	if (priority_read(cursor->data, cursor->length, &priority) == 0)
		return torc_cursor_malformed(cursor, "no priority in front");
	cursor->header_length = cursor->length;
	return TORC_STEP_OK;
}

static void syslog_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_syslog *syslog = out;
	unsigned int priority;
	uint32_t at = priority_read(p, layer->header_length, &priority);

	syslog->facility = (uint8_t)(priority >> 3);
	syslog->severity = priority & 7;
	syslog->message = (struct torc_bytes){ p + at, layer->header_length - at };
}

static const char *facility_name(uint64_t facility)
{
	static const char *const names[] = { "kernel", "user", "mail", "daemon", "auth", "syslog",
					     "lpr", "news", "uucp", "cron", "authpriv", "ftp",
					     "ntp", "security", "console", "cron2",
					     "local0", "local1", "local2", "local3",
					     "local4", "local5", "local6", "local7" };

	return facility < sizeof(names) / sizeof(names[0]) ? names[facility] : NULL;
}

static const char *severity_name(uint64_t severity)
{
	static const char *const names[] = { "emergency", "alert", "critical", "error",
					     "warning", "notice", "info", "debug" };

	return severity < sizeof(names) / sizeof(names[0]) ? names[severity] : NULL;
}

static const struct torc_field_info syslog_fields[] = {
	TORC_FIELD_AT(struct torc_syslog, facility, "facility", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY, .value_name = facility_name),
	TORC_FIELD_AT(struct torc_syslog, severity, "severity", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY, .value_name = severity_name),
	TORC_FIELD_AT(struct torc_syslog, message, "message", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_layer_number syslog_numbers[] = {
	{ TORC_BY_UDP_PORT, 514 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_syslog = {
	.name = "Syslog",
	.key = "syslog",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_syslog),
	.numbers = syslog_numbers,
	.decode = syslog_decode,
	.read = syslog_read,
	.fields = syslog_fields,
};
