/* SPDX-License-Identifier: BSD-3-Clause */
/* http.h - a small HTTP server: RFC 9110 and 9112, as much as a scraper and a page need */
#ifndef TORC_CLI_HTTP_H
#define TORC_CLI_HTTP_H

#include <stdbool.h>
#include <stddef.h>

enum { HTTP_REQUEST_MAX = 8192 };

enum http_path { HTTP_METRICS, HTTP_PAGE, HTTP_EVENTS, HTTP_HISTORY, HTTP_RINGS };

struct http_request {
	enum http_path path;
	const char *token;   /* in the bytes; NULL: none was given */
	size_t token_length;
	unsigned int status; /* 0: more is to come; 200, or what is wrong */
	bool head;           /* only the header is asked for */
	bool openmetrics;    /* Accept: has application/openmetrics-text */
};

/* What of a request has come so far; bytes need no terminator. */
struct http_request http_read_request(const char *bytes, size_t length);

/* Text that is released with free(), and its length; NULL when memory ran out. */
typedef char *http_text(size_t *length);

/* What is served; texts are made at most twice a second. */
struct http_site {
	char *(*metrics)(bool openmetrics, size_t *length); /* /metrics */
	http_text *page;     /* /, HTML with HTTP_NONCE where a nonce is to be */
	http_text *snapshot; /* /rings.json, and each second an event of /events: one line of JSON */
	http_text *history;  /* /history.json */
	void (*tick)(void);  /* each second, before the snapshot */
	const char *token;   /* whoever does not say it gets 401; NULL: nobody needs one */
};

#define HTTP_NONCE "0123456789abcdef0123456789abcdef"

struct http_server;

/*
 * Listens at ADDRESS:PORT, [IPV6]:PORT or PORT (of the loopback), and says so. An address that is not of
 * the loopback needs a token. An exit status; server is NULL unless it is CLI_GOOD.
 */
int http_open(struct http_server **server, const char *where, const struct http_site *site);
/* Answers who is there; waits for somebody at most so long. */
void http_look(struct http_server *server, int wait_ms);
void http_close(struct http_server *server);
/* All that until a signal comes. An exit status. */
int http_serve(const char *where, const struct http_site *site);

/*
 * A token of a file: its first line, at least 16 characters, in a file that others cannot read. NULL: it
 * was said what is wrong. Released with free().
 */
char *http_token(const char *path);

#endif
