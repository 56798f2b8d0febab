/* SPDX-License-Identifier: BSD-3-Clause */
/* iec104.c - telecontrol over TCP: IEC 60870-5-104:2006 §5; the ASDU's head, IEC 60870-5-101:2003 §7.2 */
#include <torc/layers/industrial/iec104.h>

#include "decode/little.h"
#include "decode/registry.h"

#define START       0x68
#define HEADER      6 /* start, length, four bytes of control */
#define LENGTH_MIN  4
#define LENGTH_MAX  253
#define ASDU_HEADER 6 /* type, number, two bytes of cause, two of address */
#define OBJECT      3 /* bytes of an object's address */

enum { FORMAT_I = 0, FORMAT_S = 1, FORMAT_U = 3 };

static uint8_t apdu_format(const uint8_t *p)
{
	return p[2] & 1 ? p[2] & 3 : FORMAT_I;
}

/* §5.1: what is not used of the control field is 0, and of U one function is there */
static bool is_apdu(const uint8_t *p, uint32_t length)
{
	if (length < HEADER || p[0] != START || p[1] < LENGTH_MIN || p[1] > LENGTH_MAX)
		return false;
	switch (apdu_format(p)) {
	case FORMAT_I:
		return !(p[4] & 1) && p[1] >= LENGTH_MIN + ASDU_HEADER &&
		       (length <= HEADER || p[6] != 0);
	case FORMAT_S:
		return p[1] == LENGTH_MIN && p[2] == 1 && p[3] == 0 && !(p[4] & 1);
	default:
		return p[1] == LENGTH_MIN && p[2] >> 2 != 0 && !(p[2] >> 2 & ((p[2] >> 2) - 1)) &&
		       p[3] == 0 && p[4] == 0 && p[5] == 0;
	}
}

static int iec104_decode(struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data;
	uint32_t total;

	TORC_NEED(cursor, HEADER);
	if (!is_apdu(p, cursor->length))
		return torc_cursor_malformed(cursor, "no APDU");
	total = 2u + p[1];
	/* several APDUs in a segment are a layer each */
	if (cursor->wire_length > total) {
		cursor->header_length = total;
		if (cursor->length > total && is_apdu(p + total, cursor->length - total))
			cursor->next = TORC_LAYER_IEC104;
	} else {
		torc_cursor_claim(cursor, total);
		cursor->header_length = total < cursor->length ? total : cursor->length;
	}
	if (cursor->header_length > cursor->length)
		return TORC_STEP_CUT_TAIL;
	return TORC_STEP_OK;
}

static void asdu_read(const uint8_t *p, uint32_t length, struct torc_iec104 *apdu)
{
	apdu->has_asdu = true;
	apdu->type_id = p[0];
	apdu->is_sequence = p[1] & 0x80;
	apdu->object_count = p[1] & 0x7F;
	apdu->cause = p[2] & 0x3F;
	apdu->is_negative = p[2] & 0x40;
	apdu->is_test = p[2] & 0x80;
	apdu->originator = p[3];
	apdu->common_address = le16(p + 4);
	if (length < ASDU_HEADER + OBJECT)
		return;
	p += ASDU_HEADER;
	apdu->object_address = (uint32_t)p[2] << 16 | le16(p);
	apdu->data = (struct torc_bytes){ p + OBJECT, length - ASDU_HEADER - OBJECT };
}

static void iec104_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_iec104 *apdu = out;

	apdu->length = p[1];
	apdu->format = apdu_format(p);
	if (apdu->format == FORMAT_I)
		apdu->send_sequence = le16(p + 2) >> 1;
	if (apdu->format == FORMAT_U)
		apdu->function = p[2] >> 2;
	else
		apdu->receive_sequence = le16(p + 4) >> 1;
	if (apdu->format == FORMAT_I && layer->header_length >= HEADER + ASDU_HEADER)
		asdu_read(p + HEADER, layer->header_length - HEADER, apdu);
}

static const char *format_name(uint64_t format)
{
	return format == FORMAT_I ? "I" : format == FORMAT_S ? "S" : format == FORMAT_U ? "U" : NULL;
}

static const char *function_name(uint64_t function)
{
	static const char *const names[] = { [1] = "STARTDT act", [2] = "STARTDT con",
					     [4] = "STOPDT act",  [8] = "STOPDT con",
					     [16] = "TESTFR act", [32] = "TESTFR con" };

	return function < sizeof(names) / sizeof(names[0]) ? names[function] : NULL;
}

/* 60870-5-101 §7.2.1.1, 60870-5-104 §6, 60870-5-7 */
static const char *type_name(uint64_t type)
{
	static const char *const names[] = {
		[1] = "M_SP_NA_1", "M_SP_TA_1", "M_DP_NA_1", "M_DP_TA_1", "M_ST_NA_1",
		"M_ST_TA_1", "M_BO_NA_1", "M_BO_TA_1", "M_ME_NA_1", "M_ME_TA_1", "M_ME_NB_1",
		"M_ME_TB_1", "M_ME_NC_1", "M_ME_TC_1", "M_IT_NA_1", "M_IT_TA_1",
		[20] = "M_PS_NA_1", "M_ME_ND_1", [30] = "M_SP_TB_1", "M_DP_TB_1", "M_ST_TB_1",
		"M_BO_TB_1", "M_ME_TD_1", "M_ME_TE_1", "M_ME_TF_1", "M_IT_TB_1", "M_EP_TD_1",
		"M_EP_TE_1", "M_EP_TF_1", "S_IT_TC_1", [45] = "C_SC_NA_1", "C_DC_NA_1",
		"C_RC_NA_1", "C_SE_NA_1", "C_SE_NB_1", "C_SE_NC_1", "C_BO_NA_1",
		[58] = "C_SC_TA_1", "C_DC_TA_1", "C_RC_TA_1", "C_SE_TA_1", "C_SE_TB_1",
		"C_SE_TC_1", "C_BO_TA_1", [70] = "M_EI_NA_1", [81] = "S_CH_NA_1", "S_RP_NA_1",
		"S_AR_NA_1", "S_KR_NA_1", "S_KS_NA_1", "S_KC_NA_1", "S_ER_NA_1",
		[90] = "S_US_NA_1", "S_UQ_NA_1", "S_UR_NA_1", "S_UK_NA_1", "S_UA_NA_1",
		"S_UC_NA_1", [100] = "C_IC_NA_1", "C_CI_NA_1", "C_RD_NA_1", "C_CS_NA_1",
		[105] = "C_RP_NA_1", [107] = "C_TS_TA_1", [110] = "P_ME_NA_1", "P_ME_NB_1",
		"P_ME_NC_1", "P_AC_NA_1", [120] = "F_FR_NA_1", "F_SR_NA_1", "F_SC_NA_1",
		"F_LS_NA_1", "F_AF_NA_1", "F_SG_NA_1", "F_DR_TA_1", "F_SC_NB_1"
	};

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : NULL;
}

/* 60870-5-101 §7.2.3 */
static const char *cause_name(uint64_t cause)
{
	static const char *const names[] = {
		[1] = "periodic", "background scan", "spontaneous", "initialized", "request",
		"activation", "activation confirmed", "deactivation", "deactivation confirmed",
		"activation terminated", "remote command", "local command", "file transfer",
		"authentication", "session key", "user key", [20] = "station interrogation",
		[37] = "counter interrogation", [44] = "unknown type", "unknown cause",
		"unknown common address", "unknown object address"
	};

	return cause < sizeof(names) / sizeof(names[0]) ? names[cause] : NULL;
}

static const struct torc_field_info iec104_fields[] = {
	TORC_FIELD_AT(struct torc_iec104, length, "length", TORC_FIELD_UINT, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_iec104, format, "format", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY, .value_name = format_name),
	TORC_FIELD_AT(struct torc_iec104, function, "function", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY,
		      .value_name = function_name),
	TORC_FIELD_AT(struct torc_iec104, send_sequence, "send_seq", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_iec104, receive_sequence, "receive_seq", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_iec104, has_asdu, "has_asdu", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_iec104, type_id, "type_id", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY, .value_name = type_name),
	TORC_FIELD_AT(struct torc_iec104, cause, "cause", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY, .value_name = cause_name),
	TORC_FIELD_AT(struct torc_iec104, is_negative, "negative", TORC_FIELD_BOOL,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_iec104, is_test, "test", TORC_FIELD_BOOL,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_iec104, is_sequence, "sequence", TORC_FIELD_BOOL,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_iec104, object_count, "object_count", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_iec104, originator, "originator", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_iec104, common_address, "common_address", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_iec104, object_address, "object_address", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_iec104, data, "data", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_layer_number iec104_numbers[] = {
	{ TORC_BY_TCP_PORT, 2404 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_iec104 = {
	.name = "IEC104",
	.key = "iec104",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_iec104),
	.numbers = iec104_numbers,
	.decode = iec104_decode,
	.read = iec104_read,
	.fields = iec104_fields,
};
