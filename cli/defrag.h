/* SPDX-License-Identifier: BSD-3-Clause */
/* defrag.h - --defrag: fragments put together before anything is done with a packet */
#ifndef TORC_CLI_DEFRAG_H
#define TORC_CLI_DEFRAG_H

#include <torc/defrag.h>

#include "cli.h"

struct defrag_settings {
	bool on;            /* --defrag */
	const char *policy; /* --defrag-policy; NULL: drop. Asks for --defrag too */
	uint64_t memory_bytes;
};

extern const struct cli_option defrag_options[];

/* An engine as the settings say; NULL in *defrag: none was asked for. Says what is wrong. */
int defrag_start(const struct defrag_settings *settings, struct torc_defrag **defrag);

/*
 * Is there something to go on with: the packet, when it is no fragment, or the datagram that it
 * completes, which replaces it until the next call?
 */
bool defrag_packet(struct torc_defrag *defrag, struct torc_packet *packet);

/* Its account as a line for people, below the packet account. */
void defrag_print_summary(const struct torc_defrag *defrag);

/* The same as members of a JSON object, each with a comma in front. */
void defrag_print_json(const struct torc_defrag *defrag);

#endif
