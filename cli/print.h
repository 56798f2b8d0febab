/* SPDX-License-Identifier: BSD-3-Clause */
/* print.h - packets as text or JSON on standard output */
#ifndef TORC_CLI_PRINT_H
#define TORC_CLI_PRINT_H

#include "cli.h"

struct print_settings {
	unsigned int times;    /* -t, -tt ... */
	unsigned int verbose;  /* -v, -vv */
	unsigned int hex;      /* -x, -xx */
	unsigned int hex_text; /* -X, -XX */
	bool text;             /* -A */
	bool link;             /* -e */
	bool quick;            /* -q */
	bool number;           /* -# */
	bool line;             /* -l */
	bool no_streams;       /* --no-streams */
	bool numeric;          /* -n */
	bool absolute;         /* -S */
	bool tree;             /* --tree */
	bool resolve;          /* --resolve */
	struct cli_list decode_as;
	bool nano;
	bool json;             /* set by dump */
};

extern const struct cli_option print_options[];

struct printer;

/* Tells the library what --decode-as says; an exit status. */
int print_prepare(const struct print_settings *settings);
/* Several interfaces: each line begins with the name of the packet's. NULL when memory ran out. */
struct printer *printer_new(const struct print_settings *settings, bool several_interfaces);
/* interface_name may be NULL. False when standard output cannot be written. */
bool printer_packet(struct printer *printer, const struct torc_packet *packet,
		    const char *interface_name);
void printer_free(struct printer *printer);

#endif
