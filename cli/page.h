/* SPDX-License-Identifier: BSD-3-Clause */
/* page.h - what the page of --listen shows: an http_site but for its metrics and token */
#ifndef TORC_CLI_PAGE_H
#define TORC_CLI_PAGE_H

#include <stdint.h>
#include <stdio.h>

#include "http.h"

/* Looks at the rings, and keeps the sums of an hour. */
void page_tick(void);
http_text page_html, page_snapshot, page_history;

enum { PAGE_PROTOCOLS = 5 };

/* What torc flows adds: members of the snapshot's object, each with its comma in front, once a second. */
typedef void page_more(void *object, FILE *out);
void page_also(page_more *more, void *object);
/* Bytes so far by protocol, in the order of page_protocols: kept for an hour too. */
extern const char *const page_protocols[PAGE_PROTOCOLS];
void page_protocol_bytes(const uint64_t *bytes);

#endif
