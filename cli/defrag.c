/* SPDX-License-Identifier: BSD-3-Clause */
/* defrag.c - --defrag: fragments put together before anything is done with a packet */
#include <errno.h>

#include "defrag.h"

#define AT(member) offsetof(struct defrag_settings, member)

const struct cli_option defrag_options[] = {
	{ 0, "defrag", NULL, "put IP fragments together: whole datagrams instead of them",
	  cli_set_flag, AT(on), NULL },
	{ 0, "defrag-policy", "NAME",
	  "whose bytes win where they overlap: drop first last bsd linux windows solaris",
	  cli_set_text, AT(policy), NULL },
	{ 0, "defrag-memory", "SIZE", "memory for fragments that wait (default 4MiB)", cli_set_size,
	  AT(memory_bytes), NULL },
	{ 0 },
};

int defrag_start(const struct defrag_settings *settings, struct torc_defrag **defrag)
{
	struct torc_defrag_options options = { .size = sizeof(options),
					       .memory_bytes = settings->memory_bytes };
	struct torc_error error;
	int policy;

	*defrag = NULL;
	if (!settings->on && !settings->policy && !settings->memory_bytes)
		return CLI_GOOD;
	if (settings->policy) {
		policy = torc_defrag_policy_parse(settings->policy, &error);
		if (policy < 0) {
			cli_complain("torc: --defrag-policy: %s", error.text);
			return CLI_USAGE;
		}
		options.policy = (enum torc_defrag_policy)policy;
	}
	if (torc_defrag_open(defrag, &options, &error) < 0) {
		cli_complain("torc: --defrag: %s", error.text);
		return error.code == -EINVAL ? CLI_USAGE : CLI_FAILED;
	}
	return CLI_GOOD;
}

bool defrag_packet(struct torc_defrag *defrag, struct torc_packet *packet)
{
	struct torc_decoded decoded;
	struct torc_packet whole;
	int result;

	for (;;) {
		torc_decode_packet(packet, &decoded);
		result = torc_defrag_add(defrag, packet, &decoded, &whole);
		if (result != TORC_DEFRAG_WHOLE)
			return result == TORC_DEFRAG_NONE;
		*packet = whole; /* which may hold fragments itself */
	}
}

struct place {
	const char *text, *key;
	size_t at;
};

#define PLACE(text, key) { text, #key, offsetof(struct torc_defrag_stats, key) }

/* The right side of the account; the first two always. */
static const struct place places[] = {
	PLACE("joined", joined),
	PLACE("waiting", waiting),
	PLACE("duplicate", duplicate),
	PLACE("overlapping", overlap),
	PLACE("too large", too_large),
	PLACE("of bad length", bad_length),
	PLACE("inconsistent", inconsistent),
	PLACE("tiny", tiny),
	PLACE("without transport header", no_transport),
	PLACE("of mixed ECN", ecn),
	PLACE("cut", cut),
	PLACE("too many", too_many),
	PLACE("timed out", timed_out),
	PLACE("without memory", no_memory),
};

#define PLACES (sizeof(places) / sizeof(*places))

static uint64_t figure_at(const struct torc_defrag_stats *stats, const struct place *place)
{
	return *(const uint64_t *)(const void *)((const char *)stats + place->at);
}

static bool is_balanced(const struct torc_defrag_stats *stats)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < PLACES; i++)
		sum += figure_at(stats, &places[i]);
	return sum == stats->fragments;
}

void defrag_print_summary(const struct torc_defrag *defrag)
{
	struct torc_defrag_stats stats = { .size = sizeof(stats) };

	if (!defrag || torc_defrag_stats(defrag, &stats) < 0)
		return;
	fprintf(stderr, "fragments: %s seen", cli_figure(stats.fragments).text);
	for (size_t i = 0; i < PLACES; i++)
		if (i < 2 || figure_at(&stats, &places[i]) != 0)
			fprintf(stderr, " %c %s %s", i == 0 ? '=' : '+',
				cli_figure(figure_at(&stats, &places[i])).text, places[i].text);
	fprintf(stderr, ": %s; %s datagram%s\n", is_balanced(&stats) ? "balanced" : "NOT balanced",
		cli_figure(stats.datagrams).text, stats.datagrams == 1 ? "" : "s");
}

void defrag_print_json(const struct torc_defrag *defrag)
{
	struct torc_defrag_stats stats = { .size = sizeof(stats) };

	if (!defrag || torc_defrag_stats(defrag, &stats) < 0)
		return;
	printf(",\"fragments\":{\"seen\":%llu", (unsigned long long)stats.fragments);
	for (size_t i = 0; i < PLACES; i++)
		printf(",\"%s\":%llu", places[i].key,
		       (unsigned long long)figure_at(&stats, &places[i]));
	printf(",\"datagrams\":%llu,\"datagrams_dropped\":%llu,\"overlaps\":%llu,"
	       "\"overlaps_different\":%llu,\"balanced\":%s}",
	       (unsigned long long)stats.datagrams, (unsigned long long)stats.datagrams_dropped,
	       (unsigned long long)stats.overlaps, (unsigned long long)stats.overlaps_different,
	       is_balanced(&stats) ? "true" : "false");
}
