/* SPDX-License-Identifier: BSD-3-Clause */
/* change.c - --set, --strip and --fix-checksums: packets changed on their way */
#include "change.h"

#include <errno.h>
#include <stdlib.h>

#define AT(member) offsetof(struct change_settings, member)

const struct cli_option change_options[] = {
	{ 0, "set", "FIELD=VALUE", "set a field, such as ipv4.dst=10.0.0.9; may be repeated",
	  cli_set_list, AT(set), NULL },
	{ 0, "strip", "LAYER", "take an outer tunnel away, such as vxlan, gre, mpls or dot1q",
	  cli_set_text, AT(strip), NULL },
	{ 0, "fix-checksums", NULL, "make checksums anew, and lengths that are more than there is",
	  cli_set_flag, AT(finish), NULL },
	{ 0 },
};

/* What became of one thing that was asked for. */
struct tally {
	uint64_t done;
	uint64_t missing; /* no such layer */
	uint64_t refused;
	int code; /* why the last was refused */
};

struct change {
	const struct change_settings *settings;
	struct torc_assignment assignments[CLI_LIST_MAX];
	struct tally set[CLI_LIST_MAX];
	struct tally strip;
	unsigned int strip_type;
	uint8_t *buffer; /* of one batch */
	size_t room;
};

int change_open(const struct change_settings *settings, struct change **change)
{
	struct torc_error error = { 0 };
	struct change *made;

	*change = NULL;
	if (!settings->set.count && !settings->strip && !settings->finish)
		return CLI_GOOD;
	made = calloc(1, sizeof(*made));
	if (!made)
		return cli_fail(-ENOMEM, NULL);
	made->settings = settings;
	for (size_t i = 0; i < settings->set.count; i++) {
		if (torc_assignment_parse(&made->assignments[i], settings->set.items[i], &error) < 0) {
			cli_complain("torc: --set %s", error.text);
			goto refused;
		}
	}
	if (settings->strip) {
		made->strip_type = torc_layer_type_of(settings->strip);
		if (made->strip_type == TORC_LAYER_NONE) {
			cli_complain("torc: --strip %s: no layer has that name (such as vxlan, gre, "
				     "geneve, gtpv1u, mpls, dot1q)", settings->strip);
			goto refused;
		}
	}
	*change = made;
	return CLI_GOOD;
refused:
	free(made);
	return CLI_USAGE;
}

static void count(struct tally *tally, int code)
{
	if (code >= 0)
		tally->done++;
	else if (code == -ENOENT)
		tally->missing++;
	else
		tally->refused++;
	if (code < 0 && code != -ENOENT)
		tally->code = code;
}

static void change_one(struct change *change, struct torc_packet *packet, uint8_t *buffer)
{
	struct torc_edit edit;

	torc_edit_begin(&edit, packet, buffer, packet->caplen);
	if (change->strip_type)
		count(&change->strip, torc_edit_strip(&edit, change->strip_type));
	for (size_t i = 0; i < change->settings->set.count; i++)
		count(&change->set[i], torc_edit_set(&edit, &change->assignments[i]));
	if (change->settings->finish)
		torc_edit_finish(&edit);
	torc_edit_packet(&edit, packet);
}

bool change_packets(struct change *change, struct torc_packet *packets, unsigned int count_packets)
{
	size_t needed = 0, at = 0;
	uint8_t *larger;

	for (unsigned int i = 0; i < count_packets; i++)
		needed += packets[i].caplen;
	if (needed > change->room) {
		larger = realloc(change->buffer, needed);
		if (!larger) {
			cli_fail(-ENOMEM, NULL);
			return false;
		}
		change->buffer = larger;
		change->room = needed;
	}
	for (unsigned int i = 0; i < count_packets; i++) {
		size_t length = packets[i].caplen;

		change_one(change, &packets[i], change->buffer + at);
		at += length;
	}
	return true;
}

static void report_one(const char *option, const char *what, const struct tally *tally)
{
	if (tally->missing == 0 && tally->refused == 0)
		return;
	cli_complain("torc: %s %s: done in %s packets; %s have no such layer, %s could not take it%s%s",
		     option, what, cli_figure(tally->done).text, cli_figure(tally->missing).text,
		     cli_figure(tally->refused).text, tally->refused ? ": " : "",
		     !tally->refused		  ? "" :
		     tally->code == -ENODATA	  ? "bytes that it needs were not captured" :
		     tally->code == -ERANGE	  ? "the value does not fit" :
		     tally->code == -EOPNOTSUPP	  ? "its form does not allow it" :
						    torc_strerror(tally->code));
}

void change_report(const struct change *change)
{
	for (size_t i = 0; i < change->settings->set.count; i++)
		report_one("--set", change->settings->set.items[i], &change->set[i]);
	if (change->settings->strip)
		report_one("--strip", change->settings->strip, &change->strip);
}

void change_close(struct change *change)
{
	if (change)
		free(change->buffer);
	free(change);
}
