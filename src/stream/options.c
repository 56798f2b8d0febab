/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * options.c - the options of an engine; which operating system receives, and so who wins an overlap
 *
 * The table is Suricata's (its documentation and stream-tcp-list.c); its row for Linux is what the
 * kernel does today.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "stream/stream.h"
#include "util/error.h"

static const struct {
	const char *name;
	uint8_t wins; /* NEW_ bits */
} policies[TORC_POLICIES] = {
	[TORC_POLICY_LINUX] = { "linux", NEW_BEFORE | NEW_AROUND | NEW_LONGER },
	[TORC_POLICY_FIRST] = { "first", 0 },
	[TORC_POLICY_LAST] = { "last", 0x7F },
	[TORC_POLICY_BSD] = { "bsd", NEW_BEFORE | NEW_AROUND },
	[TORC_POLICY_OLD_LINUX] = { "old-linux", NEW_BEFORE | NEW_AROUND | NEW_LONGER | NEW_EQUAL },
	[TORC_POLICY_WINDOWS] = { "windows", NEW_BEFORE | NEW_AROUND },
	[TORC_POLICY_WINDOWS_2003] = { "windows-2003", NEW_BEFORE | NEW_AROUND },
	[TORC_POLICY_VISTA] = { "vista", 0 },
	[TORC_POLICY_SOLARIS] = { "solaris", NEW_AROUND | NEW_LONGER | NEW_EQUAL | NEW_BEHIND },
	[TORC_POLICY_HPUX10] = { "hpux10", NEW_BEFORE | NEW_AROUND },
	[TORC_POLICY_HPUX11] = { "hpux11", NEW_AROUND | NEW_LONGER | NEW_EQUAL | NEW_BEHIND },
	[TORC_POLICY_IRIX] = { "irix", NEW_BEFORE | NEW_AROUND },
	[TORC_POLICY_MACOS] = { "macos", NEW_BEFORE | NEW_AROUND },
};

const char *torc_stream_policy_name(int policy)
{
	return policy >= 0 && policy < TORC_POLICIES ? policies[policy].name : NULL;
}

unsigned int policy_wins(unsigned int policy)
{
	return policies[policy].wins;
}

/* The sentence for a policy that does not exist. */
static int policy_unknown(struct torc_error *error, const char *name, size_t length)
{
	char list[256] = "";

	for (int i = 0; i < TORC_POLICIES; i++) {
		if (i > 0)
			strcat(list, ", ");
		strcat(list, policies[i].name);
	}
	return torc_error_set(error, -EINVAL, "unknown policy %.*s for TCP streams: there are %s",
			      (int)(length > 60 ? 60 : length), name, list);
}

static int policy_find(const char *name, size_t length)
{
	for (int i = 0; i < TORC_POLICIES; i++)
		if (strlen(policies[i].name) == length &&
		    strncmp(policies[i].name, name, length) == 0)
			return i;
	return -1;
}

int torc_stream_policy_parse(const char *name, struct torc_error *error)
{
	int policy = policy_find(name, strlen(name));

	return policy < 0 ? policy_unknown(error, name, strlen(name)) : policy;
}

static bool network_holds(const struct network *network, const uint8_t *address)
{
	unsigned int whole = network->bits / 8, rest = network->bits % 8;

	if (memcmp(network->address, address, whole) != 0)
		return false;
	return rest == 0 ||
	       ((network->address[whole] ^ address[whole]) & (0xFF00 >> rest & 0xFF)) == 0;
}

unsigned int policy_of(const struct torc_streams *streams, const struct torc_stream *stream,
		       unsigned int end)
{
	const uint64_t *address = end ? stream->key.high : stream->key.low;
	const uint32_t ipv4 = (uint32_t)address[0]; /* its bytes, in the order they came in */
	bool ipv6 = stream->key.scope & SCOPE_IPV6;
	const uint8_t *bytes = ipv6 ? (const uint8_t *)address : (const uint8_t *)&ipv4;

	for (unsigned int i = 0; i < streams->network_count; i++)
		if (streams->networks[i].ipv6 == ipv6 &&
		    network_holds(&streams->networks[i], bytes))
			return streams->networks[i].policy;
	return streams->options.policy;
}

/* "10.0.0.0/8" into a network; the address alone is a host. */
static bool network_parse(struct network *network, const char *text, size_t length)
{
	char address[64], *slash, *rest;
	unsigned long bits, most;

	if (length >= sizeof(address))
		return false;
	memcpy(address, text, length);
	address[length] = '\0';
	slash = strchr(address, '/');
	if (slash)
		*slash = '\0';
	network->ipv6 = strchr(address, ':') != NULL;
	if (inet_pton(network->ipv6 ? AF_INET6 : AF_INET, address, network->address) != 1)
		return false;
	most = bits = network->ipv6 ? 128 : 32;
	if (slash) {
		bits = strtoul(slash + 1, &rest, 10);
		if (slash[1] < '0' || slash[1] > '9' || *rest)
			return false;
	}
	network->bits = (uint8_t)bits;
	return bits <= most;
}

/* Behind those with as long a prefix. */
static int network_add(struct torc_streams *streams, const struct network *network)
{
	struct network *networks = realloc(streams->networks, (streams->network_count + 1) *
								      sizeof(*networks));
	unsigned int at = streams->network_count;

	if (!networks)
		return -ENOMEM;
	streams->networks = networks;
	for (; at > 0 && networks[at - 1].bits < network->bits; at--)
		networks[at] = networks[at - 1];
	networks[at] = *network;
	streams->network_count++;
	return 0;
}

int policies_parse(struct torc_streams *streams, const char *text, struct torc_error *error)
{
	while (*text) {
		size_t length = strcspn(text, ","), sign = strcspn(text, "=");
		struct network network = { 0 };
		int policy;

		if (sign >= length || !network_parse(&network, text, sign))
			return torc_error_set(error, -EINVAL,
					      "%.*s is not NETWORK=POLICY, such as 10.0.0.0/8=windows",
					      (int)(length > 80 ? 80 : length), text);
		policy = policy_find(text + sign + 1, length - sign - 1);
		if (policy < 0)
			return policy_unknown(error, text + sign + 1, length - sign - 1);
		network.policy = (uint8_t)policy;
		if (network_add(streams, &network) < 0)
			return torc_error_set(error, -ENOMEM, "no memory for policies");
		text += length + (text[length] == ',');
	}
	return 0;
}

/* The smallest limits that make sense: a segment of 64 KiB must have room. */
#define WAITING_MIN	(256u << 10)
#define CONNECTIONS_MIN 16u
#define WAITING_MAX	(UINT64_C(1) << 40)

static int limits_check(struct torc_streams_options *o, struct torc_error *error)
{
	if (o->max_connections == 0)
		o->max_connections = 1 << 20;
	if (o->waiting_bytes == 0)
		o->waiting_bytes = 64u << 20;
	if (o->connection_waiting_bytes == 0)
		o->connection_waiting_bytes = o->waiting_bytes / 16 < WAITING_MIN ?
						      WAITING_MIN :
						      o->waiting_bytes / 16;
	if (o->max_connections < CONNECTIONS_MIN || o->max_connections > 1u << 30)
		return torc_error_set(error, -EINVAL,
				      "max_connections of TCP streams is %u: it can be %u to %u",
				      o->max_connections, CONNECTIONS_MIN, 1u << 30);
	if (o->waiting_bytes < WAITING_MIN || o->waiting_bytes > WAITING_MAX)
		return torc_error_set(error, -EINVAL,
				      "waiting_bytes of TCP streams is %llu: it can be 256 KiB to 1 TiB",
				      (unsigned long long)o->waiting_bytes);
	if (o->connection_waiting_bytes < WAITING_MIN / 4 ||
	    o->connection_waiting_bytes > o->waiting_bytes)
		return torc_error_set(error, -EINVAL,
				      "connection_waiting_bytes of TCP streams is %llu: it can be 64 KiB "
				      "to waiting_bytes, which is %llu",
				      (unsigned long long)o->connection_waiting_bytes,
				      (unsigned long long)o->waiting_bytes);
	return 0;
}

#define FLAGS_ALL                                                                                  \
	((uint32_t)(TORC_STREAMS_WHEN_ACKED | TORC_STREAMS_CHECKSUMS | TORC_STREAMS_NO_MIDSTREAM | \
		    TORC_STREAMS_IGNORE_VLAN))

int options_fill(struct torc_streams *streams, const struct torc_streams_options *options,
		 struct torc_error *error)
{
	struct torc_streams_options *o = &streams->options;
	char number[16];
	int status;

	if (options) {
		if (options->size < sizeof(*options))
			return torc_error_set(error, -EINVAL,
					      "options of TCP streams: size is not set");
		*o = *options;
	}
	if (o->flags & ~FLAGS_ALL || o->urgent > TORC_URGENT_OUT_OF_BAND)
		return torc_error_set(error, -EINVAL,
				      "options of TCP streams: unknown flags 0x%x or urgent %u",
				      o->flags & ~FLAGS_ALL, o->urgent);
	if (o->policy >= TORC_POLICIES)
		return policy_unknown(error, number,
				      (size_t)snprintf(number, sizeof(number), "%u", o->policy));
	status = limits_check(o, error);
	if (status < 0)
		return status;
	if (o->gap_timeout_ns == 0)
		o->gap_timeout_ns = UINT64_C(10000000000);
	if (o->handshake_timeout_ns == 0)
		o->handshake_timeout_ns = UINT64_C(60000000000);
	if (o->idle_timeout_ns == 0)
		o->idle_timeout_ns = UINT64_C(600000000000);
	if (o->closed_timeout_ns == 0)
		o->closed_timeout_ns = UINT64_C(60000000000);
	return o->policies ? policies_parse(streams, o->policies, error) : 0;
}
