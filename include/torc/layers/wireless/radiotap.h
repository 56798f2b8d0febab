/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/wireless/radiotap.h - what a radio says of a frame: radiotap.org, and Prism's header */
#ifndef TORC_LAYERS_RADIOTAP_H
#define TORC_LAYERS_RADIOTAP_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

/* bits of torc_radiotap.flags */
enum {
	TORC_RADIOTAP_SHORT_PREAMBLE = 0x02,
	TORC_RADIOTAP_WEP = 0x04,
	TORC_RADIOTAP_FRAGMENTED = 0x08,
	TORC_RADIOTAP_FCS = 0x10,     /* the frame ends with its checksum */
	TORC_RADIOTAP_PADDED = 0x20,  /* the 802.11 header is padded to a multiple of 4 */
	TORC_RADIOTAP_BAD_FCS = 0x40, /* the radio found the checksum wrong */
	TORC_RADIOTAP_SHORT_GUARD = 0x80
};

/*
 * The fields of the first radiotap namespace where one is there several times (present tells which
 * are); all of them, and those of vendors, are in the list "fields".
 */
struct torc_radiotap {
	uint8_t version;
	uint16_t length;  /* bytes of the whole header */
	uint32_t present; /* the first bitmap; bit 31: another follows */
	uint64_t tsft_us; /* of the radio's clock */
	uint8_t flags;
	uint8_t rate; /* 500 kbit/s */
	uint16_t channel_frequency; /* MHz */
	uint16_t channel_flags;
	uint16_t fhss; /* hop set and, in the upper byte, pattern */
	int8_t dbm_signal;
	int8_t dbm_noise;
	uint16_t lock_quality;
	uint16_t tx_attenuation;
	uint16_t db_tx_attenuation;
	int8_t dbm_tx_power;
	uint8_t antenna;
	uint8_t db_signal; /* against a reference of the radio's own */
	uint8_t db_noise;
	uint16_t rx_flags;
	uint16_t tx_flags;
	uint8_t rts_retries;
	uint8_t data_retries;
	uint32_t xchannel_flags;
	uint16_t xchannel_frequency; /* MHz */
	uint8_t xchannel;
	uint8_t xchannel_max_power; /* half dBm */
	uint8_t mcs_known; /* which of flags and index count */
	uint8_t mcs_flags;
	uint8_t mcs_index;
	uint32_t ampdu_reference;
	uint16_t ampdu_flags;
	uint8_t ampdu_crc;
	uint16_t vht_known;
	uint8_t vht_flags;
	uint8_t vht_bandwidth;
	struct torc_bytes vht_mcs_nss; /* of four users: streams in the lower half, MCS in the upper */
	uint8_t vht_coding;
	uint8_t vht_group_id;
	uint16_t vht_partial_aid;
	uint64_t timestamp;
	uint16_t timestamp_accuracy;
	uint8_t timestamp_unit; /* 0 ms, 1 us, 3 ns; upper half: of which moment */
	uint8_t timestamp_flags;
	struct torc_bytes he; /* six words, as they are on the wire */
	struct torc_bytes he_mu;
	struct torc_bytes he_mu_user;
	uint8_t zero_length_psdu;
	uint16_t lsig_known;
	uint16_t lsig; /* rate in the lower 4 bits, length in the upper 12 */
	struct torc_bytes header; /* for torc_radiotap_field_next() */
};

TORC_LAYER_READER(radiotap, RADIOTAP)

/* A field of the header. */
struct torc_radiotap_field {
	uint8_t bit;       /* its number in the namespace: 0 TSFT ... 27 L-SIG, 28 TLVs, 30 a vendor's */
	uint8_t word;      /* which bitmap it is in, 0 the first */
	uint32_t oui;      /* of bit 30: the vendor */
	uint8_t namespace_id; /* of bit 30: which of the vendor's */
	struct torc_bytes value; /* as on the wire, little-endian */
};

/*
 * torc_radiotap_field_next - the fields one by one; *position is 0 at first
 *
 * Returns 1, or 0 at the end or where one does not fit or has a size that nobody knows.
 */
TORC_API int torc_radiotap_field_next(const struct torc_radiotap *radiotap, uint32_t *position,
				      struct torc_radiotap_field *field);

/* The header of Prism cards and wlan-ng, tcpdump.org/linktypes/LINKTYPE_IEEE802_11_PRISM */
struct torc_prism {
	uint32_t code;
	uint32_t length; /* bytes of the whole header */
	struct torc_bytes device;
	struct torc_bytes values;
};

TORC_LAYER_READER(prism, PRISM)

struct torc_prism_value {
	uint32_t did;
	uint16_t status; /* 0: the value is there (wlan-ng; some drivers write 1) */
	uint16_t length;
	uint32_t number;
};

/* torc_prism_value_next - the values one by one; *position is 0 at first. 1, or 0 at the end */
TORC_API int torc_prism_value_next(const struct torc_prism *prism, uint32_t *position,
				   struct torc_prism_value *value);

#ifdef __cplusplus
}
#endif

#endif
