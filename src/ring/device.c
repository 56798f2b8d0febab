/* SPDX-License-Identifier: BSD-3-Clause */
/* device.c - the grammar of device strings; torc/ring.h has it in full */
#include <ctype.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ring/ring.h"
#include "util/error.h"

#define QUEUES_MAX 64

/* "1,3-5" as a mask; false when it is not of that form */
static bool parse_mask(const char *text, uint64_t *mask)
{
	*mask = 0;
	while (*text) {
		char *end;
		unsigned long first = strtoul(text, &end, 10), last = first;

		if (end == text || !isdigit((unsigned char)*text))
			return false;
		if (*end == '-') {
			text = end + 1;
			last = strtoul(text, &end, 10);
			if (end == text || !isdigit((unsigned char)*text))
				return false;
		}
		if (last < first || last >= QUEUES_MAX)
			return false;
		for (unsigned long i = first; i <= last; i++)
			*mask |= 1ull << i;
		if (*end == ',' && end[1])
			end++;
		else if (*end)
			return false;
		text = end;
	}
	return *mask != 0;
}

/* Cut ";key=value;..." off the end of the text. */
static void take_settings(char *text, struct ring_device_spec *spec)
{
	char *start = text + strlen(text);

	for (char *at = start; at > text; at--) {
		if (at[-1] != ';')
			continue;
		char *key = at;

		while (isalpha((unsigned char)*key))
			key++;
		if (key == at || *key != '=')
			break;
		start = at - 1;
	}
	if (*start && strlen(start + 1) < sizeof(spec->settings)) {
		strcpy(spec->settings, start + 1);
		*start = '\0';
	}
}

/*
 * One name of the list: "(eth0.100)" is that very name; "eth0.100" is VLAN 100 of eth0 when there
 * is no such interface but eth0 is one.
 */
static int take_name(char *name, struct ring_device_spec *spec, struct torc_error *error)
{
	size_t length = strlen(name);
	char *dot = strrchr(name, '.'), *end;
	int vlan = TORC_VLAN_ANY;

	if (length > 2 && name[0] == '(' && name[length - 1] == ')') {
		name[length - 1] = '\0';
		name++;
	} else if (dot && dot > name && isdigit((unsigned char)dot[1]) && !if_nametoindex(name)) {
		unsigned long id = strtoul(dot + 1, &end, 10);

		if (*end == '\0') {
			if (id > 4094)
				return torc_error_set(error, -EINVAL, "VLAN %lu in \"%s\" is above 4094",
						      id, name);
			*dot = '\0';
			vlan = (int)id;
		}
	}
	if (name[0] == '\0')
		return torc_error_set(error, -EINVAL, "a device name is empty");
	if (spec->count == RING_PORTS_MAX)
		return torc_error_set(error, -EINVAL, "more than %d devices in one ring",
				      RING_PORTS_MAX);
	for (unsigned int i = 0; i < spec->count; i++)
		if (strcmp(spec->names[i], name) == 0 && spec->vlans[i] == vlan)
			return torc_error_set(error, -EINVAL, "%s is named twice", name);
	spec->names[spec->count] = name;
	spec->vlans[spec->count++] = vlan;
	return 0;
}

static int take_interfaces(char *text, struct ring_device_spec *spec, struct torc_error *error)
{
	char *at = strchr(text, '@'), *save = NULL;

	if (at) {
		*at = '\0';
		if (!parse_mask(at + 1, &spec->channel_mask))
			return torc_error_set(error, -EINVAL,
					      "bad queue mask \"@%.60s\": write @1,3-5 with queues 0 "
					      "to %d",
					      at + 1, QUEUES_MAX - 1);
	}
	if (strcmp(text, "none") == 0)
		return 0;
	if (text[0] == '\0' || text[0] == ',' || text[strlen(text) - 1] == ',' || strstr(text, ",,"))
		return torc_error_set(error, -EINVAL, "a device name is empty");
	for (char *name = strtok_r(text, ",", &save); name; name = strtok_r(NULL, ",", &save)) {
		int result = take_name(name, spec, error);

		if (result < 0)
			return result;
	}
	return 0;
}

/* The engine that a prefix names; the prefix is cut off. */
static int take_engine(char **text, uint32_t flags, struct ring_device_spec *spec,
		       struct torc_error *error)
{
	char *colon = strchr(*text, ':');

	spec->ops = flags & TORC_IMMEDIATE ? &torc_engine_tpacket_v2 : &torc_engine_tpacket_v3;
	if (!colon || if_nametoindex(*text))
		return 0;
	if (strncmp(*text, "xdp:", 4) == 0)
		spec->ops = &torc_engine_afxdp;
	else if (strncmp(*text, "pcap:", 5) == 0)
		spec->ops = &torc_engine_replay;
	else
		return torc_error_set(error, -EINVAL,
				      "there is no engine \"%.*s:\"; there are xdp:INTERFACE and "
				      "pcap:FILE",
				      (int)(colon - *text), *text);
	*text = colon + 1;
	return 0;
}

/* "member=2/4": the ring's own setting, for files; it is taken out of the engine's. */
static int take_member(struct ring_device_spec *spec, struct torc_error *error)
{
	char *at = strstr(spec->settings, "member="), *end;
	unsigned long member, members = 0;

	if (!at || (at > spec->settings && at[-1] != ';'))
		return 0;
	member = strtoul(at + strlen("member="), &end, 10);
	if (*end == '/')
		members = strtoul(end + 1, &end, 10);
	if (member < 1 || member > members || members > 65535 || (*end && *end != ';'))
		return torc_error_set(error, -EINVAL,
				      "bad setting \"%s\": write member=2/4 for the second of four",
				      at);
	spec->member = (unsigned int)member - 1;
	spec->members = (unsigned int)members;
	memmove(at, *end ? end + 1 : end, strlen(*end ? end + 1 : end) + 1);
	end = spec->settings + strlen(spec->settings);
	if (end > spec->settings && end[-1] == ';')
		end[-1] = '\0';
	return 0;
}

int ring_device_parse(const char *device, uint32_t flags, struct ring_device_spec *spec,
		      struct torc_error *error)
{
	char *text;
	int result;

	*spec = (struct ring_device_spec){ .channel_mask = UINT64_MAX };
	if (!device || !device[0])
		return torc_error_set(error, -EINVAL, "no device named");
	spec->text = text = strdup(device);
	if (!text)
		return torc_error_set(error, -ENOMEM, "out of memory");
	result = take_engine(&text, flags, spec, error);
	if (result == 0) {
		take_settings(text, spec);
		if (spec->ops->is_file) {
			spec->names[0] = text;
			spec->vlans[0] = TORC_VLAN_ANY;
			spec->count = 1;
			if (!text[0])
				result = torc_error_set(error, -EINVAL,
							"no file named behind pcap:");
			else
				result = take_member(spec, error);
		} else {
			result = take_interfaces(text, spec, error);
		}
	}
	if (result < 0)
		ring_device_free(spec);
	return result;
}

void ring_device_free(struct ring_device_spec *spec)
{
	free(spec->text);
	spec->text = NULL;
}
