/* SPDX-License-Identifier: BSD-3-Clause */
/* line_ptp.c - messages of PTP in one line, in the words of tcpdump */
#include <torc/layers/link/ptp.h>

#include "text/line.h"

/* IEEE 1588 §13.3.2.6 */
static void flags_text(struct text *text, uint16_t flags)
{
	static const char *const names[16] = {
		[0] = "l1 61", [1] = "l1 59", [2] = "utc reasonable", [3] = "timescale",
		[4] = "time tracable", [5] = "frequency tracable", [8] = "alternate master",
		[9] = "two step", [10] = "unicast", [13] = "profile specific 1",
		[14] = "profile specific 2", [15] = "security mask"
	};
	const char *before = "";

	text_string(text, ", Flags [");
	for (unsigned int i = 0; i < 16; i++) {
		if (!(flags >> i & 1) || !names[i])
			continue;
		text_string(text, before);
		text_string(text, names[i]);
		before = ", ";
	}
	text_string(text, *before ? "]" : "none]");
}

static void clock_text(struct line *line, const char *before, uint64_t clock)
{
	text_string(&line->text, before);
	text_hex(&line->text, clock, 1);
}

static void header_text(struct line *line, const struct torc_ptp *ptp)
{
	static const char *const types[16] = {
		"sync msg", "delay req msg", "peer delay req msg", "peer delay resp msg",
		[TORC_PTP_FOLLOW_UP] = "follow up msg", "delay resp msg", "pdelay resp fup msg",
		"announce msg", "signalling msg", "management msg"
	};
	static const char *const controls[] = { "Sync",	      "Delay_Req",  "Follow_Up",
						"Delay_Resp", "Management", "Other" };
	const char *type = types[ptp->message_type & 0x0F];
	struct text *text = &line->text;

	field_text(line, "PTPv", ptp->version);
	if (ptp->minor_version > 0)
		field_text(line, ".", ptp->minor_version);
	text_string(text, ptp->major_sdo_id & 1 ? ", v1 compat : yes" : ", v1 compat : no");
	text_string(text, ", msg type : ");
	text_string(text, type ? type : "Reserved");
	field_text(line, ", length : ", ptp->length);
	field_text(line, ", domain : ", ptp->domain);
	field_text(line, ", reserved1 : ", ptp->minor_sdo_id);
	flags_text(text, ptp->flags);
	text_string(text, ", NS correction : ");
	text_int(text, ptp->correction >> 16);
	field_text(line, ", sub NS correction : ", (uint64_t)ptp->correction & 0xFFFF);
	field_text(line, ", reserved2 : ", ptp->type_specific);
	clock_text(line, ", clock identity : 0x", ptp->clock);
	field_text(line, ", port id : ", ptp->port);
	field_text(line, ", seq id : ", ptp->sequence);
	field_text(line, ", control : ", ptp->control);
	text_string(text, " (");
	text_string(text, ptp->control < COUNT(controls) ? controls[ptp->control] : "Reserved");
	text_string(text, "), log message interval : ");
	text_int(text, ptp->log_interval);
}

static void announce_text(struct line *line, const struct torc_ptp *ptp, uint8_t reserved)
{
	field_text(line, ", originTimeStamp : ", ptp->seconds);
	field_text(line, " seconds ", ptp->nanoseconds);
	text_string(&line->text, " nanoseconds, origin cur utc :");
	text_int(&line->text, ptp->utc_offset);
	field_text(line, ", rsvd : ", reserved);
	field_text(line, ", gm priority_1 : ", ptp->priority1);
	field_text(line, ", gm clock class : ", ptp->grandmaster_class);
	field_text(line, ", gm clock accuracy : ", ptp->grandmaster_accuracy);
	field_text(line, ", gm clock variance : ", ptp->grandmaster_variance);
	field_text(line, ", gm priority_2 : ", ptp->priority2);
	clock_text(line, ", gm clock id : 0x", ptp->grandmaster);
	field_text(line, ", steps removed : ", ptp->steps_removed);
	text_string(&line->text, ", time source : 0x");
	text_hex(&line->text, ptp->time_source, 2);
}

/* The time a message tells, and whom it is for. */
void line_ptp(struct line *line, const struct torc_layer **layer)
{
	static const char *const times[] = { ", originTimeStamp : ",  ", originTimeStamp : ",
					     ", preciseOriginTimeStamp : ", ", receiveTimeStamp : ",
					     [TORC_PTP_FOLLOW_UP] = ", preciseOriginTimeStamp : ",
					     ", receiveTimeStamp : ", ", preciseOriginTimeStamp : " };
	struct torc_ptp ptp;
	unsigned int type;

	torc_layer_ptp(line->decoded, *layer, &ptp);
	header_text(line, &ptp);
	type = ptp.message_type;
	if (type == TORC_PTP_ANNOUNCE) {
		announce_text(line, &ptp, torc_layer_header(line->decoded, *layer)[46]);
		return;
	}
	if (type < COUNT(times) && times[type]) {
		field_text(line, times[type], ptp.seconds);
		field_text(line, " seconds, ", ptp.nanoseconds);
		text_string(&line->text, " nanoseconds");
	}
	if (type == TORC_PTP_PDELAY_REQ || type == TORC_PTP_PDELAY_RESP ||
	    (type >= TORC_PTP_DELAY_RESP && type <= TORC_PTP_MANAGEMENT)) {
		clock_text(line, ", port identity : 0x", ptp.target_clock);
		field_text(line, ", port id : ", ptp.target_port);
	}
	if (type == TORC_PTP_MANAGEMENT) {
		field_text(line, ", start boundary hops ", ptp.start_hops);
		field_text(line, ", boundary hops ", ptp.hops);
		field_text(line, ", action ", ptp.action);
	}
}
