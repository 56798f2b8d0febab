/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * torc/layers/wireless/dot11.h - wireless LAN, IEEE 802.11-2016
 *
 * Dot11 is the header of every frame (§9.2); a layer of the frame's type follows, also where it has
 * no bytes of its own: data frames (§9.3.2) have their content behind it, management frames (§9.3.3)
 * their fixed fields in it and their elements in Dot11InformationElement. What is encrypted is
 * Dot11WEP, whatever the cipher.
 */
#ifndef TORC_LAYERS_DOT11_H
#define TORC_LAYERS_DOT11_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

/* bits of torc_dot11.flags */
enum {
	TORC_DOT11_TO_DS = 0x01,
	TORC_DOT11_FROM_DS = 0x02,
	TORC_DOT11_MORE_FRAGMENTS = 0x04,
	TORC_DOT11_RETRY = 0x08,
	TORC_DOT11_POWER_MANAGEMENT = 0x10,
	TORC_DOT11_MORE_DATA = 0x20,
	TORC_DOT11_PROTECTED = 0x40,
	TORC_DOT11_ORDER = 0x80 /* with QoS and in management frames: HT control is there */
};

/* torc_dot11.type, lower two bits */
enum {
	TORC_DOT11_MANAGEMENT = 0,
	TORC_DOT11_CONTROL = 1,
	TORC_DOT11_DATA = 2,
	TORC_DOT11_EXTENSION = 3
};

struct torc_dot11 {
	uint8_t type; /* type in the lower two bits, subtype above */
	uint8_t version;
	uint8_t flags;
	uint16_t duration; /* microseconds, or an association ID */
	uint8_t address1[6]; /* the receiver */
	uint8_t address2[6]; /* the transmitter */
	uint8_t address3[6];
	uint8_t address4[6]; /* with TO_DS and FROM_DS */
	/* what the addresses are, by the two DS bits; zero where the frame does not tell */
	uint8_t source[6];
	uint8_t destination[6];
	uint8_t bssid[6];
	uint16_t sequence;
	uint8_t fragment;
	bool has_qos;
	uint8_t tid; /* traffic identifier */
	bool end_of_service_period;
	uint8_t ack_policy;
	bool aggregated; /* several MSDUs in one (A-MSDU) */
	uint8_t txop;
	bool has_ht_control;
	uint32_t ht_control;
	bool has_fcs; /* it was captured as a whole */
	uint32_t fcs;
	bool fcs_wrong;
};

TORC_LAYER_READER(dot11, DOT11)

/* ---- control frames ---- */

/* Control frames without a layer of their own */
struct torc_dot11_ctrl {
	struct torc_bytes body;
};

TORC_LAYER_READER(dot11_ctrl, DOT11_CTRL)

/* §9.3.1.8 */
struct torc_dot11_ctrl_block_ack_req {
	uint16_t control;
	uint8_t tid;
	uint16_t sequence; /* the first */
	struct torc_bytes information; /* of variants other than basic and compressed */
};

TORC_LAYER_READER(dot11_ctrl_block_ack_req, DOT11_CTRL_BLOCK_ACK_REQ)

/* §9.3.1.9 */
struct torc_dot11_ctrl_block_ack {
	uint16_t control;
	uint8_t tid;
	uint16_t sequence; /* the first that the bitmap is about */
	struct torc_bytes bitmap;
};

TORC_LAYER_READER(dot11_ctrl_block_ack, DOT11_CTRL_BLOCK_ACK)

/* ---- management frames ---- */

/* bits of capabilities, §9.4.1.4 */
enum {
	TORC_DOT11_CAPABILITY_ESS = 0x0001,
	TORC_DOT11_CAPABILITY_IBSS = 0x0002,
	TORC_DOT11_CAPABILITY_PRIVACY = 0x0010
};

struct torc_dot11_mgmt_association_req {
	uint16_t capabilities;
	uint16_t listen_interval; /* beacon intervals */
};

TORC_LAYER_READER(dot11_mgmt_association_req, DOT11_MGMT_ASSOCIATION_REQ)

struct torc_dot11_mgmt_association_resp {
	uint16_t capabilities;
	uint16_t status;
	uint16_t association_id; /* the two upper bits, always set, included */
};

TORC_LAYER_READER(dot11_mgmt_association_resp, DOT11_MGMT_ASSOCIATION_RESP)

struct torc_dot11_mgmt_reassociation_req {
	uint16_t capabilities;
	uint16_t listen_interval;
	uint8_t current_ap[6];
};

TORC_LAYER_READER(dot11_mgmt_reassociation_req, DOT11_MGMT_REASSOCIATION_REQ)

struct torc_dot11_mgmt_reassociation_resp {
	uint16_t capabilities;
	uint16_t status;
	uint16_t association_id;
};

TORC_LAYER_READER(dot11_mgmt_reassociation_resp, DOT11_MGMT_REASSOCIATION_RESP)

struct torc_dot11_mgmt_probe_resp {
	uint64_t timestamp_us;
	uint16_t interval; /* time units of 1024 microseconds */
	uint16_t capabilities;
};

TORC_LAYER_READER(dot11_mgmt_probe_resp, DOT11_MGMT_PROBE_RESP)

struct torc_dot11_mgmt_beacon {
	uint64_t timestamp_us;
	uint16_t interval;
	uint16_t capabilities;
};

TORC_LAYER_READER(dot11_mgmt_beacon, DOT11_MGMT_BEACON)

struct torc_dot11_mgmt_disassociation {
	uint16_t reason;
};

TORC_LAYER_READER(dot11_mgmt_disassociation, DOT11_MGMT_DISASSOCIATION)

struct torc_dot11_mgmt_authentication {
	uint16_t algorithm; /* 0 open, 1 shared key, 2 fast transition, 3 SAE */
	uint16_t sequence;
	uint16_t status;
};

TORC_LAYER_READER(dot11_mgmt_authentication, DOT11_MGMT_AUTHENTICATION)

struct torc_dot11_mgmt_deauthentication {
	uint16_t reason;
};

TORC_LAYER_READER(dot11_mgmt_deauthentication, DOT11_MGMT_DEAUTHENTICATION)

struct torc_dot11_mgmt_action {
	uint8_t category;
	uint8_t action;
	struct torc_bytes body;
};

TORC_LAYER_READER(dot11_mgmt_action, DOT11_MGMT_ACTION)

struct torc_dot11_mgmt_action_no_ack {
	uint8_t category;
	uint8_t action;
	struct torc_bytes body;
};

TORC_LAYER_READER(dot11_mgmt_action_no_ack, DOT11_MGMT_ACTION_NO_ACK)

struct torc_dot11_mgmt_measurement_pilot {
	struct torc_bytes body;
};

TORC_LAYER_READER(dot11_mgmt_measurement_pilot, DOT11_MGMT_MEASUREMENT_PILOT)

struct torc_dot11_mgmt_aruba_wlan {
	struct torc_bytes body;
};

TORC_LAYER_READER(dot11_mgmt_aruba_wlan, DOT11_MGMT_ARUBA_WLAN)

/* ---- elements of management frames, §9.4.2 ---- */

/* What the usual elements say, of the first of each, and all of them in the list "elements". */
struct torc_dot11_information_element {
	bool has_ssid;
	struct torc_bytes ssid;  /* empty: hidden, or any */
	struct torc_bytes rates; /* 500 kbit/s each; bit 7: every station must have it */
	struct torc_bytes more_rates; /* of the extended element */
	uint8_t channel;
	uint8_t dtim_count;
	uint8_t dtim_period;
	struct torc_bytes traffic_map; /* of the TIM: control byte, then the bitmap */
	struct torc_bytes country;
	uint16_t rsn_version;
	uint32_t group_cipher;   /* OUI and type, as the two below */
	uint32_t pairwise_cipher; /* the first of them */
	uint32_t key_management;
	uint16_t rsn_capabilities;
	uint16_t ht_capabilities;
	struct torc_bytes ht_mcs;
	uint8_t ht_primary_channel;
	uint32_t vht_capabilities;
	struct torc_bytes vht_mcs;
	struct torc_bytes elements; /* for torc_dot11_element_next() */
};

TORC_LAYER_READER(dot11_information_element, DOT11_INFORMATION_ELEMENT)

struct torc_dot11_element {
	uint8_t id;
	uint8_t length;
	uint8_t extension; /* of id 255 */
	uint32_t oui;      /* of id 221: the vendor */
	struct torc_bytes value; /* all length bytes */
};

/*
 * torc_dot11_element_next - the elements one by one; *position is 0 at first
 *
 * Returns 1, or 0 at the end or where one does not fit.
 */
TORC_API int torc_dot11_element_next(const struct torc_dot11_information_element *information,
				     uint32_t *position, struct torc_dot11_element *element);

/* ---- what is encrypted ---- */

enum torc_dot11_cipher {
	TORC_DOT11_WEP = 1,  /* §12.3.2: 3 bytes of IV */
	TORC_DOT11_TKIP = 2, /* §12.5.2: 8 bytes in front */
	TORC_DOT11_CCMP = 3  /* §12.5.3, and GCMP, whose header is the same */
};

struct torc_dot11_wep {
	uint8_t cipher; /* enum torc_dot11_cipher, as the header looks */
	uint8_t key_id;
	uint32_t iv;            /* WEP's, 24 bits */
	uint64_t packet_number; /* of TKIP and CCMP, 48 bits */
	struct torc_bytes encrypted; /* with what protects its integrity */
};

TORC_LAYER_READER(dot11_wep, DOT11_WEP)

#ifdef __cplusplus
}
#endif

#endif
