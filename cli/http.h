/* SPDX-License-Identifier: BSD-3-Clause */
/* http.h - a small HTTP server for one page: RFC 9110 and 9112, as much as a scraper needs */
#ifndef TORC_CLI_HTTP_H
#define TORC_CLI_HTTP_H

#include <stdbool.h>
#include <stddef.h>

enum { HTTP_REQUEST_MAX = 8192 };

struct http_request {
	unsigned int status; /* 0: more is to come; 200, or what is wrong */
	bool head;           /* only the header is asked for */
	bool openmetrics;    /* Accept: has application/openmetrics-text */
};

/* What of a request has come so far; bytes need no terminator. */
struct http_request http_read_request(const char *bytes, size_t length);

/*
 * Makes the page: text that is released with free(), its length; NULL when memory ran out.
 */
typedef char *http_page(bool openmetrics, size_t *length);

/*
 * Serves GET /metrics at ADDRESS:PORT, [IPV6]:PORT or PORT (of the loopback) until a signal comes.
 * The page is made at most twice a second. Returns an exit status.
 */
int http_serve(const char *where, http_page *page);

#endif
