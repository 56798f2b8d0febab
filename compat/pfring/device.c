/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * device.c - PF_RING's device strings, translated for torc_ring_open()
 *
 *	eth0,eth1       one ring on both; PF_RING sends by the LAST of a list, torc by the first, so
 *	                the list is turned round
 *	eth0@1,5-7      everything behind the first @ is one mask for the whole list
 *	eth0.100        VLAN 100 of eth0; (eth0.100) the interface of that name
 *	any none pcap:FILE xdp:IF    as they are
 *	zc: nt: mlx: ...             other people's drivers: refused, with the reason
 */
#include <ctype.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "state.h"

#define NAMES_MAX 32

static const struct {
	const char *prefix;
	const char *what;
} refused[] = {
	{ "zc:", "needs ntop's ZC drivers; xdp:IF is the fast path of a stock kernel" },
	{ "dna:", "needs ntop's drivers; xdp:IF is the fast path of a stock kernel" },
	{ "nt:", "is a Napatech card's own library" },
	{ "mlx:", "is ntop's own driver for NVIDIA cards; xdp:IF works on those" },
	{ "fbcard:", "is a Fiberblaze card's own library" },
	{ "timeline:", "is n2disk's index; read the file with pcap:FILE" },
	{ "sysdig:", "needs sysdig's kernel module" },
	{ "stack:", "injects into the host's stack, which a stock kernel lets no program do" },
};

struct names {
	char name[NAMES_MAX][IFNAMSIZ];
	unsigned int count;
};

static int bad(struct torc_error *error, int code, const char *string, const char *what)
{
	error->code = code;
	snprintf(error->text, sizeof(error->text), "\"%s\": %s", string, what);
	return code;
}

/* ".100" behind a name: digits up to the end of the name */
static const char *read_vlan(const char *at, int *vlan)
{
	char *end;
	unsigned long id = strtoul(at, &end, 10);

	if (end == at || !isdigit((unsigned char)*at) || (*end && *end != ',' && *end != '@') ||
	    id > 4094)
		return NULL;
	*vlan = (int)id;
	return end;
}

/* One name of the list; returns where it ends, NULL when it is none. */
static const char *read_name(const char *at, struct names *names, int *vlan)
{
	char *name = names->name[names->count];
	unsigned int length = 0;
	bool literal = *at == '(';

	if (literal)
		at++;
	while (*at && (literal ? *at != ')' : !strchr(",@.", *at))) {
		if (length == IFNAMSIZ - 1)
			return NULL;
		name[length++] = *at++;
	}
	name[length] = '\0';
	if (literal && *at++ != ')')
		return NULL;
	if (length == 0)
		return NULL;
	if (!literal && *at == '.')
		at = read_vlan(at + 1, vlan);
	names->count++;
	return at;
}

static int add_names(const char *string, struct pf_device *device, const char **mask,
		     struct torc_error *error)
{
	struct names names = { 0 };
	const char *at = string;
	size_t used = 0;

	for (;;) {
		if (names.count == NAMES_MAX)
			return bad(error, -EINVAL, string, "too many devices in one list");
		at = read_name(at, &names, &device->vlan);
		if (!at || (*at && *at != ',' && *at != '@'))
			return bad(error, -EINVAL, string, "not a device name");
		if (*at != ',')
			break;
		at++;
	}
	*mask = at;
	/* A dot is a VLAN to libtorc too, so such names stay in parentheses. */
	for (unsigned int i = names.count; i-- > 0;) {
		const char *name = names.name[i];
		bool dot = strchr(name, '.') != NULL;

		used += (size_t)snprintf(device->torc + used, sizeof(device->torc) - used,
					 "%s%s%s%s", dot ? "(" : "", name, dot ? ")" : "",
					 i > 0 ? "," : "");
		if (used >= sizeof(device->torc))
			return bad(error, -EINVAL, string, "too long");
	}
	return 0;
}

static int pass_on(const char *string, struct pf_device *device, struct torc_error *error)
{
	if (strlen(string) >= sizeof(device->torc))
		return bad(error, -EINVAL, string, "too long");
	strcpy(device->torc, string);
	return 0;
}

int pf_device_parse(const char *string, struct pf_device *device, struct torc_error *error)
{
	const char *mask;
	int rc;

	*device = (struct pf_device){ .vlan = TORC_VLAN_ANY };
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (strncmp(string, refused[i].prefix, strlen(refused[i].prefix)) == 0)
			return bad(error, -ENODEV, string, refused[i].what);
	if (strncmp(string, "default:", 8) == 0)
		string += 8;
	snprintf(device->name, sizeof(device->name), "%s", string);
	if (strncmp(string, "pcap:", 5) == 0) {
		device->file = true;
		snprintf(device->name, sizeof(device->name), "%s", string + 5);
		/* PF_RING's pcap: also means a live interface, through libpcap. */
		if (if_nametoindex(string + 5) != 0)
			return pass_on(string + 5, device, error);
		return pass_on(string, device, error);
	}
	if (strncmp(string, "xdp:", 4) == 0) {
		snprintf(device->name, sizeof(device->name), "%s", string + 4);
		return pass_on(string, device, error);
	}
	rc = add_names(string, device, &mask, error);
	if (rc == 0 && *mask == '@') {
		if (strlen(device->torc) + strlen(mask) >= sizeof(device->torc))
			return bad(error, -EINVAL, string, "too long");
		strcat(device->torc, mask);
	}
	return rc;
}
