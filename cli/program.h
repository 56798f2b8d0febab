/* SPDX-License-Identifier: BSD-3-Clause */
/* program.h - what tcpdump's -d, -L, -J and -y are about: the filter's program, and link types */
#ifndef TORC_CLI_PROGRAM_H
#define TORC_CLI_PROGRAM_H

#include "cli.h"

/*
 * The program that a filter (NULL: none) is compiled to for packets of a link type, in words (form
 * 1), as an array of C (2) or as numbers (3). An exit status.
 */
int program_print(const char *filter, uint16_t link_type, unsigned int form);
/* The number of a link type by its name, such as EN10MB; -1: there is none. */
int program_link_type(const char *name);
/* libpcap's name and description of a link type, such as "EN10MB" and "Ethernet"; NULL: it has none. */
void program_link_words(uint16_t link_type, const char **name, const char **about);
/* Both, as "EN10MB (Ethernet)", or the number; until the next call. */
const char *program_link_name(uint16_t link_type);
/* tcpdump's -L and -J of a device, or of a file */
void program_print_link_type(const char *device, uint16_t link_type);
void program_print_time_types(const char *device, bool adapter);

#endif
