/* SPDX-License-Identifier: BSD-3-Clause */
/* names.h - names of ports and hosts, without ever waiting for one */
#ifndef TORC_CLI_NAMES_H
#define TORC_CLI_NAMES_H

#include <stdbool.h>
#include <stdint.h>

struct names;

/*
 * Ports from /etc/services; with hosts also addresses, which a thread asks the resolver for. An
 * address has no name until its answer is there. Both are kept, in tables of a fixed size.
 */
struct names *names_new(bool hosts);
void names_free(struct names *names);
/* The name, borrowed until names_free(), or NULL. context: the struct names. */
const char *names_port(void *context, unsigned int protocol, uint16_t port);
const char *names_host(void *context, const uint8_t *address, unsigned int length);

#endif
