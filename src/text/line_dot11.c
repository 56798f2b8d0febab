/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * line_dot11.c - frames of wireless LANs in one line, in the words tcpdump uses: what the radio
 * says, the addresses (with TORC_TEXT_LINK), what kind of frame it is, and its network
 */
#include <torc/layers/wireless/dot11.h>
#include <torc/layers/wireless/radiotap.h>

#include "text/line_dot11.h"

/* Not there with make LAYERS=core, where no packet has the layer. */
#pragma weak torc_radiotap_field_next

/* A rate in steps of half a megabit. */
static void rate_text(struct text *text, unsigned int rate)
{
	text_uint(text, rate / 2);
	text_string(text, rate & 1 ? ".5" : ".0");
}

static void signed_text(struct line *line, int number, const char *behind)
{
	text_int(&line->text, number);
	text_string(&line->text, behind);
}

/* ---- what the radio says ---- */

/* Bits of the channel, radiotap.org */
#define CHANNEL_CCK	0x0020
#define CHANNEL_OFDM	0x0040
#define CHANNEL_2_GHZ	0x0080
#define CHANNEL_5_GHZ	0x0100
#define CHANNEL_DYNAMIC 0x0400

static const char *channel_word(uint16_t flags)
{
	if (flags & CHANNEL_5_GHZ && flags & CHANNEL_OFDM)
		return " 11a ";
	if (flags & CHANNEL_2_GHZ && flags & (CHANNEL_OFDM | CHANNEL_DYNAMIC))
		return " 11g ";
	return flags & CHANNEL_2_GHZ && flags & CHANNEL_CCK ? " 11b " : " ";
}

static void radio_flags_text(struct text *text, uint8_t flags)
{
	static const char *const words[] = { "cfp ", "short preamble ", "wep ", "fragmented ",
					     "", "", "bad-fcs ", "" };
	unsigned int i;

	for (i = 0; i < 8; i++)
		if (flags >> i & 1)
			text_string(text, words[i]);
}

static void line_radiotap(struct line *line, const struct torc_layer *layer)
{
	struct torc_radiotap_field field;
	struct text *text = &line->text;
	struct torc_radiotap radio;
	uint32_t position = 0;

	torc_layer_radiotap(line->decoded, layer, &radio);
	part_start(line);
	while (torc_radiotap_field_next(&radio, &position, &field) && field.word == 0) {
		switch (field.bit) {
		case 0:
			text_uint(text, radio.tsft_us);
			text_string(text, "us tsft ");
			break;
		case 1:
			radio_flags_text(text, radio.flags);
			break;
		case 2:
			rate_text(text, radio.rate);
			text_string(text, " Mb/s ");
			break;
		case 3:
			text_uint(text, radio.channel_frequency);
			text_string(text, " MHz");
			text_string(text, channel_word(radio.channel_flags));
			break;
		case 5:
			signed_text(line, radio.dbm_signal, "dBm signal ");
			break;
		case 6:
			signed_text(line, radio.dbm_noise, "dBm noise ");
			break;
		case 7:
			field_text(line, "", radio.lock_quality);
			text_string(text, " sq ");
			break;
		case 10:
			signed_text(line, radio.dbm_tx_power, "dBm tx power ");
			break;
		case 11:
			field_text(line, "antenna ", radio.antenna);
			text_char(text, ' ');
			break;
		case 12:
			signed_text(line, radio.db_signal, "dB signal ");
			break;
		case 13:
			signed_text(line, radio.db_noise, "dB noise ");
			break;
		case 19:
			field_text(line, "MCS ", radio.mcs_index);
			text_char(text, ' ');
			break;
		default:
			break;
		}
	}
	line->joined = true;
}

/* ---- the frame's header ---- */

static void address_text(struct text *text, const char *before, const uint8_t *address)
{
	text_string(text, before);
	text_mac(text, address, 6);
	text_char(text, ' ');
}

static void data_addresses(struct text *text, const struct torc_dot11 *frame)
{
	switch (frame->flags & (TORC_DOT11_TO_DS | TORC_DOT11_FROM_DS)) {
	case 0:
		address_text(text, "DA:", frame->destination);
		address_text(text, "SA:", frame->source);
		address_text(text, "BSSID:", frame->bssid);
		break;
	case TORC_DOT11_TO_DS:
		address_text(text, "BSSID:", frame->bssid);
		address_text(text, "SA:", frame->source);
		address_text(text, "DA:", frame->destination);
		break;
	case TORC_DOT11_FROM_DS:
		address_text(text, "DA:", frame->destination);
		address_text(text, "BSSID:", frame->bssid);
		address_text(text, "SA:", frame->source);
		break;
	default:
		address_text(text, "RA:", frame->address1);
		address_text(text, "TA:", frame->address2);
		address_text(text, "DA:", frame->destination);
		address_text(text, "SA:", frame->source);
	}
}

/* Control frames are little else than addresses. */
static void control_text(struct line *line, const struct torc_dot11 *frame)
{
	static const char *const words[16] = {
		[2] = "Trigger", [4] = "Beamforming Report Poll", [5] = "NDP Announcement",
		[7] = "Control Wrapper", "BAR", "BA", "Power Save-Poll", "Request-To-Send",
		"Clear-To-Send", "Acknowledgment", "CF-End", "CF-End+CF-Ack"
	};
	const char *word = words[frame->type >> 2];
	struct text *text = &line->text;
	static const uint8_t none[6];

	text_string(text, word ? word : "Control");
	text_string(text, " RA:");
	text_mac(text, frame->address1, 6);
	if (memcmp(frame->address2, none, 6) != 0) {
		text_string(text, " TA:");
		text_mac(text, frame->address2, 6);
	}
	line->joined = false;
}

/* What a data frame is that has no bytes for whom it is for, or none that are decoded. */
static void data_text(struct line *line, const struct torc_dot11 *frame)
{
	static const char *const empty[] = { "Null", "CF-Ack", "CF-Poll", "CF-Ack+Poll" };
	struct text *text = &line->text;

	line->joined = false;
	if (frame->type & 0x10) {
		text_string(text, frame->has_qos ? "QoS " : "");
		text_string(text, empty[frame->type >> 2 & 3]);
	} else if (frame->flags & TORC_DOT11_PROTECTED) {
		line->joined = true;
	} else if (frame->fragment > 0) {
		field_text(line, "Data, fragment ", frame->fragment);
	} else if (frame->aggregated) {
		text_string(text, "Data, A-MSDU");
	} else {
		line->joined = true;
	}
}

static const char *const management_words[16] = {
	"Assoc Request", "Assoc Response", "ReAssoc Request", "ReAssoc Response", "Probe Request",
	"Probe Response", "Measurement Pilot", "Reserved", "Beacon", "ATIM", "Disassociation",
	"Authentication", "DeAuthentication", "Action", "Action No Ack", "Aruba"
};

static void line_dot11(struct line *line, const struct torc_layer *layer)
{
	struct text *text = &line->text;
	struct torc_dot11 frame;

	torc_layer_dot11(line->decoded, layer, &frame);
	part_start(line);
	line->joined = true;
	if ((frame.type & 3) == TORC_DOT11_CONTROL) {
		control_text(line, &frame);
		return;
	}
	if ((frame.type & 3) == TORC_DOT11_EXTENSION) {
		text_string(text, "Extension");
		line->joined = false;
		return;
	}
	if (line->flags & TORC_TEXT_LINK && (frame.type & 3) == TORC_DOT11_MANAGEMENT) {
		address_text(text, "BSSID:", frame.bssid);
		address_text(text, "DA:", frame.destination);
		address_text(text, "SA:", frame.source);
	} else if (line->flags & TORC_TEXT_LINK) {
		text_string(text, frame.has_qos ? "+QoS " : "");
		data_addresses(text, &frame);
	}
	if ((frame.type & 3) == TORC_DOT11_MANAGEMENT) {
		text_string(text, management_words[frame.type >> 2]);
		line->joined = false;
	} else {
		data_text(line, &frame);
	}
}

/* ---- management frames ---- */

static void meaning_text(struct line *line, const char *before, const char *path)
{
	struct torc_value value;

	text_string(&line->text, before);
	if (torc_field(line->decoded, path, &value) == 1 && value.name)
		text_string(&line->text, value.name);
	else
		text_uint(&line->text, value.number);
}

/* What the frame's fixed fields say of its capabilities, or 0. */
static uint16_t capabilities(const struct torc_decoded *decoded)
{
	static const char *const paths[] = { "dot11_mgmt_beacon.capabilities",
					     "dot11_mgmt_probe_resp.capabilities" };
	struct torc_value value;
	unsigned int i;

	for (i = 0; i < 2; i++)
		if (torc_field(decoded, paths[i], &value) == 1)
			return (uint16_t)value.number;
	return 0;
}

static void association_text(struct line *line, const char *status, uint16_t capability,
			     uint16_t id)
{
	text_string(&line->text, " AID(");
	text_hex(&line->text, id & 0x3FFF, 1);
	text_string(&line->text, capability & TORC_DOT11_CAPABILITY_PRIVACY ? ") : PRIVACY : " :
									      ") :: ");
	meaning_text(line, "", status);
}

/* The fixed fields; true when they have words here. */
static bool fixed_text(struct line *line, const struct torc_layer *layer)
{
	const struct torc_decoded *decoded = line->decoded;
	struct torc_dot11_mgmt_reassociation_resp again;
	struct torc_dot11_mgmt_reassociation_req request;
	struct torc_dot11_mgmt_association_resp response;
	struct torc_dot11_mgmt_authentication authentication;

	if (torc_layer_dot11_mgmt_association_resp(decoded, layer, &response) == 0) {
		association_text(line, "dot11_mgmt_association_resp.status", response.capabilities,
				 response.association_id);
	} else if (torc_layer_dot11_mgmt_reassociation_resp(decoded, layer, &again) == 0) {
		association_text(line, "dot11_mgmt_reassociation_resp.status", again.capabilities,
				 again.association_id);
	} else if (torc_layer_dot11_mgmt_reassociation_req(decoded, layer, &request) == 0) {
		text_string(&line->text, " AP : ");
		text_mac(&line->text, request.current_ap, 6);
	} else if (torc_layer_dot11_mgmt_authentication(decoded, layer, &authentication) == 0) {
		meaning_text(line, " (", "dot11_mgmt_authentication.algorithm");
		field_text(line, ")-", authentication.sequence);
		meaning_text(line, ": ", "dot11_mgmt_authentication.status");
	} else if (layer->type == TORC_LAYER_DOT11_MGMT_DEAUTHENTICATION) {
		meaning_text(line, ": ", "dot11_mgmt_deauthentication.reason");
	} else if (layer->type == TORC_LAYER_DOT11_MGMT_DISASSOCIATION) {
		meaning_text(line, ": ", "dot11_mgmt_disassociation.reason");
	} else {
		return layer->type == TORC_LAYER_DOT11_MGMT_BEACON ||
		       layer->type == TORC_LAYER_DOT11_MGMT_PROBE_REQ ||
		       layer->type == TORC_LAYER_DOT11_MGMT_PROBE_RESP ||
		       layer->type == TORC_LAYER_DOT11_MGMT_ASSOCIATION_REQ ||
		       layer->type == TORC_LAYER_DOT11_MGMT_ATIM;
	}
	return true;
}

static void action_text(struct line *line, const char *path)
{
	meaning_text(line, " (", path);
	text_string(&line->text, ")");
}

static void line_dot11_management(struct line *line, const struct torc_layer *layer)
{
	if (fixed_text(line, layer))
		return;
	if (layer->type == TORC_LAYER_DOT11_MGMT_ACTION)
		action_text(line, "dot11_mgmt_action.category");
	else if (layer->type == TORC_LAYER_DOT11_MGMT_ACTION_NO_ACK)
		action_text(line, "dot11_mgmt_action_no_ack.category");
	else
		field_text(line, ", length ", layer->header_length);
}

static void line_dot11_elements(struct line *line, const struct torc_layer *layer)
{
	struct torc_dot11_information_element information;
	uint16_t capability = capabilities(line->decoded);
	struct text *text = &line->text;
	uint32_t i;

	torc_layer_dot11_information_element(line->decoded, layer, &information);
	if (information.has_ssid) {
		text_string(text, " (");
		text_escaped(text, information.ssid.data, information.ssid.length);
		text_char(text, ')');
	}
	for (i = 0; i < information.rates.length && i < 8; i++) {
		text_string(text, i == 0 ? " [" : " ");
		rate_text(text, information.rates.data[i] & 0x7F);
		text_string(text, information.rates.data[i] & 0x80 ? "*" : "");
	}
	if (i > 0)
		text_string(text, " Mbit]");
	if (torc_layer_first(line->decoded, TORC_LAYER_DOT11_MGMT_BEACON))
		text_string(text, capability & TORC_DOT11_CAPABILITY_ESS ? " ESS" : " IBSS");
	if (information.channel != 0)
		field_text(line, " CH: ", information.channel);
	if (capability & TORC_DOT11_CAPABILITY_PRIVACY)
		text_string(text, ", PRIVACY");
}

static void line_dot11_wep(struct line *line, const struct torc_layer *layer)
{
	struct torc_dot11_wep wep;

	torc_layer_dot11_wep(line->decoded, layer, &wep);
	part_start(line);
	meaning_text(line, "Data, ", "dot11_wep.cipher");
	if (wep.cipher == TORC_DOT11_WEP) {
		text_string(&line->text, " IV:");
		text_hex(&line->text, wep.iv, 6);
	} else {
		field_text(line, " PN ", wep.packet_number);
	}
	field_text(line, ", KeyID ", wep.key_id);
}

bool line_dot11_layer(struct line *line, const struct torc_layer *layer)
{
	unsigned int type = layer->type;

	if (type == TORC_LAYER_RADIOTAP)
		line_radiotap(line, layer);
	else if (type == TORC_LAYER_DOT11)
		line_dot11(line, layer);
	else if (type == TORC_LAYER_DOT11_WEP)
		line_dot11_wep(line, layer);
	else if (type == TORC_LAYER_DOT11_INFORMATION_ELEMENT)
		line_dot11_elements(line, layer);
	else if (type >= TORC_LAYER_DOT11_MGMT_ASSOCIATION_REQ &&
		 type <= TORC_LAYER_DOT11_MGMT_ARUBA_WLAN)
		line_dot11_management(line, layer);
	else if (type == TORC_LAYER_PRISM) /* it has what radiotap has, but not in one form */
		return !(line->flags & TORC_TEXT_LINK);
	else if (type == TORC_LAYER_DOT11_CTRL_BLOCK_ACK_REQ ||
		 type == TORC_LAYER_DOT11_CTRL_BLOCK_ACK || type == TORC_LAYER_DOT11_CTRL)
		return false;
	else /* of these the header has said all */
		return type > TORC_LAYER_DOT11 && type < TORC_LAYER_DOT11_WEP;
	return true;
}
