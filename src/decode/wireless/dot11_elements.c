/* SPDX-License-Identifier: BSD-3-Clause */
/* dot11_elements.c - the elements of management frames, IEEE 802.11-2016 §9.4.2 */
#include "decode/registry.h"
#include "decode/wireless/dot11.h"

#define SSID	     0
#define RATES	     1
#define CHANNEL	     3
#define TRAFFIC_MAP  5
#define COUNTRY	     7
#define HT	     45 /* capabilities */
#define RSN	     48
#define MORE_RATES   50
#define HT_OPERATION 61
#define VHT	     191
#define VENDOR	     221
#define EXTENSION    255

/* How many bytes of elements are whole. */
static uint32_t whole_elements(const uint8_t *p, uint32_t length)
{
	uint32_t at = 0;

	while (length - at >= 2 && length - at - 2 >= p[at + 1])
		at += 2 + p[at + 1];
	return at;
}

static int elements_decode(struct torc_cursor *cursor)
{
	if (whole_elements(cursor->data, cursor->length) < cursor->length)
		return TORC_STEP_CUT_TAIL;
	cursor->header_length = cursor->length;
	return TORC_STEP_OK;
}

/* §9.4.2.25: each part may be the last. */
static void rsn_read(struct torc_dot11_information_element *out, const uint8_t *p, uint32_t length)
{
	uint32_t *const firsts[] = { &out->pairwise_cipher, &out->key_management };
	uint32_t at = 6, suites;
	unsigned int i;

	if (length < 2)
		return;
	out->rsn_version = le16(p);
	if (length < 6)
		return;
	out->group_cipher = torc_be32(p + 2);
	for (i = 0; i < 2; i++) {
		if (length - at < 2)
			return;
		suites = le16(p + at) * 4u;
		at += 2;
		if (length - at < suites)
			return;
		if (suites > 0)
			*firsts[i] = torc_be32(p + at);
		at += suites;
	}
	if (length - at >= 2)
		out->rsn_capabilities = le16(p + at);
}

/* What depends on lengths; an element that is too short says nothing. */
static void capability_take(struct torc_dot11_information_element *out,
			    const struct torc_dot11_element *element)
{
	const uint8_t *p = element->value.data;
	uint32_t length = element->value.length;

	switch (element->id) {
	case TRAFFIC_MAP:
		if (length < 3)
			break;
		out->dtim_count = p[0];
		out->dtim_period = p[1];
		out->traffic_map = (struct torc_bytes){ p + 2, length - 2 };
		break;
	case HT:
		if (length < 19)
			break;
		out->ht_capabilities = le16(p);
		out->ht_mcs = (struct torc_bytes){ p + 3, 16 };
		break;
	case VHT:
		if (length < 12)
			break;
		out->vht_capabilities = le32(p);
		out->vht_mcs = (struct torc_bytes){ p + 4, 8 };
		break;
	case RSN:
		rsn_read(out, p, length);
		break;
	default:
		break;
	}
}

static void element_take(struct torc_dot11_information_element *out,
			 const struct torc_dot11_element *element)
{
	const struct torc_bytes *value = &element->value;

	switch (element->id) {
	case SSID:
		out->has_ssid = true;
		out->ssid = *value;
		break;
	case RATES:
		out->rates = *value;
		break;
	case MORE_RATES:
		out->more_rates = *value;
		break;
	case CHANNEL:
		out->channel = value->length > 0 ? value->data[0] : 0;
		break;
	case HT_OPERATION:
		out->ht_primary_channel = value->length > 0 ? value->data[0] : 0;
		break;
	case COUNTRY:
		if (value->length >= 2)
			out->country = (struct torc_bytes){ value->data, 2 };
		break;
	default:
		capability_take(out, element);
	}
}

static void elements_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			  void *out)
{
	struct torc_dot11_information_element *information = out;
	struct torc_dot11_element element;
	uint32_t position = 0;
	uint8_t seen[32] = { 0 };

	information->elements = (struct torc_bytes){ torc_layer_header(decoded, layer),
						     layer->header_length };
	while (torc_dot11_element_next(information, &position, &element)) {
		if (seen[element.id / 8] >> element.id % 8 & 1)
			continue;
		seen[element.id / 8] |= (uint8_t)(1u << element.id % 8);
		element_take(information, &element);
	}
}

int torc_dot11_element_next(const struct torc_dot11_information_element *information,
			    uint32_t *position, struct torc_dot11_element *element)
{
	const uint8_t *p = information->elements.data;
	uint32_t left;

	if (*position >= information->elements.length)
		return 0;
	p += *position;
	left = information->elements.length - *position;
	if (left < 2 || p[1] > left - 2)
		return 0;
	*element = (struct torc_dot11_element){ .id = p[0], .length = p[1],
						.value = { p + 2, p[1] } };
	if (p[0] == VENDOR && p[1] >= 3)
		element->oui = torc_be24(p + 2);
	if (p[0] == EXTENSION && p[1] >= 1)
		element->extension = p[2];
	*position += 2u + p[1];
	return 1;
}

static int element_element(const void *layer, uint32_t *position, void *element)
{
	return torc_dot11_element_next(layer, position, element);
}

static const char *id_name(uint64_t id)
{
	static const struct {
		uint8_t id;
		const char *name;
	} names[] = {
		{ SSID, "SSID" },
		{ RATES, "supported rates" },
		{ CHANNEL, "DS parameters" },
		{ TRAFFIC_MAP, "TIM" },
		{ 6, "IBSS parameters" },
		{ COUNTRY, "country" },
		{ 11, "BSS load" },
		{ 16, "challenge text" },
		{ 32, "power constraint" },
		{ 33, "power capability" },
		{ 35, "TPC report" },
		{ 36, "supported channels" },
		{ 37, "channel switch announcement" },
		{ 42, "ERP" },
		{ HT, "HT capabilities" },
		{ 46, "QoS capability" },
		{ RSN, "RSN" },
		{ MORE_RATES, "extended supported rates" },
		{ 51, "AP channel report" },
		{ 52, "neighbor report" },
		{ 54, "mobility domain" },
		{ 55, "fast BSS transition" },
		{ 56, "timeout interval" },
		{ 59, "supported operating classes" },
		{ 60, "extended channel switch announcement" },
		{ HT_OPERATION, "HT operation" },
		{ 70, "RM enabled capabilities" },
		{ 71, "multiple BSSID" },
		{ 74, "overlapping BSS scan parameters" },
		{ 76, "management MIC" },
		{ 107, "interworking" },
		{ 108, "advertisement protocol" },
		{ 111, "roaming consortium" },
		{ 113, "mesh configuration" },
		{ 114, "mesh ID" },
		{ 127, "extended capabilities" },
		{ VHT, "VHT capabilities" },
		{ 192, "VHT operation" },
		{ 195, "transmit power envelope" },
		{ 199, "operating mode notification" },
		{ 201, "reduced neighbor report" },
		{ VENDOR, "vendor specific" },
		{ 244, "RSN extension" },
		{ EXTENSION, "extension" },
	};
	unsigned int i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].id == id)
			return names[i].name;
	return NULL;
}

/* §9.4.2.25.2: types of OUI 00-0F-AC */
static const char *cipher_name(uint64_t suite)
{
	static const char *const names[] = { "as the group", "WEP-40", "TKIP", NULL, "CCMP-128",
					     "WEP-104", "BIP-CMAC-128", "none", "GCMP-128",
					     "GCMP-256", "CCMP-256" };

	return suite >> 8 == 0x000FAC && (suite & 0xFF) < sizeof(names) / sizeof(names[0]) ?
		       names[suite & 0xFF] :
		       NULL;
}

/* §9.4.2.25.3 */
static const char *key_management_name(uint64_t suite)
{
	static const char *const names[] = { NULL, "802.1X", "PSK", "FT over 802.1X", "FT with PSK",
					     "802.1X with SHA-256", "PSK with SHA-256", "TDLS",
					     "SAE", "FT with SAE", "AP peer key",
					     "802.1X suite B", "802.1X suite B 192" };

	if (suite == 0x000FAC12)
		return "OWE";
	return suite >> 8 == 0x000FAC && (suite & 0xFF) < sizeof(names) / sizeof(names[0]) ?
		       names[suite & 0xFF] :
		       NULL;
}

static const struct torc_field_info element_fields[] = {
	TORC_FIELD_AT(struct torc_dot11_element, id, "id", TORC_FIELD_UINT, .value_name = id_name),
	TORC_FIELD_AT(struct torc_dot11_element, length, "length", TORC_FIELD_UINT,
		      .unit = "bytes"),
	TORC_FIELD_AT(struct torc_dot11_element, extension, "extension", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_dot11_element, oui, "oui", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_dot11_element, value, "value", TORC_FIELD_BYTES),
	TORC_FIELDS_END
};

static const struct torc_list_info element_list = {
	.next = element_element,
	.element_size = sizeof(struct torc_dot11_element),
	.fields = element_fields,
};

#define AT(member, kind, ...)                                                                      \
	TORC_FIELD_AT(struct torc_dot11_information_element, member, #member, TORC_FIELD_##kind,   \
		      .flags = TORC_FIELD_OPTIONAL, __VA_ARGS__)

static const struct torc_field_info elements_fields[] = {
	AT(has_ssid, BOOL),
	TORC_FIELD_AT(struct torc_dot11_information_element, ssid, "ssid", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	AT(rates, BYTES),
	AT(more_rates, BYTES),
	AT(channel, UINT),
	AT(dtim_count, UINT),
	AT(dtim_period, UINT),
	AT(traffic_map, BYTES),
	AT(country, STRING),
	AT(rsn_version, UINT),
	AT(group_cipher, HEX, .value_name = cipher_name),
	AT(pairwise_cipher, HEX, .value_name = cipher_name),
	AT(key_management, HEX, .value_name = key_management_name),
	AT(rsn_capabilities, HEX),
	AT(ht_capabilities, HEX),
	AT(ht_mcs, BYTES),
	AT(ht_primary_channel, UINT),
	AT(vht_capabilities, HEX),
	AT(vht_mcs, BYTES),
	TORC_FIELD_AT(struct torc_dot11_information_element, elements, "elements", TORC_FIELD_LIST,
		      .list = &element_list),
	TORC_FIELDS_END
};

const struct torc_layer_ops torc_layer_ops_dot11_information_element = {
	.name = "Dot11InformationElement",
	.key = "dot11_information_element",
	.struct_size = sizeof(struct torc_dot11_information_element),
	.decode = elements_decode,
	.read = elements_read,
	.fields = elements_fields,
};
