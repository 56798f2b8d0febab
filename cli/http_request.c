/* SPDX-License-Identifier: BSD-3-Clause */
/* http_request.c - the request of an HTTP client: RFC 9112 §2 to 5; nothing of it is believed */
#include <string.h>
#include <strings.h>

#include "http.h"

/* The next line without its end (CR LF, or LF alone); NULL when it has none yet. */
static const char *take_line(const char **at, const char *end, size_t *length)
{
	const char *line = *at, *feed = memchr(line, '\n', (size_t)(end - line));

	if (!feed)
		return NULL;
	*length = (size_t)(feed - line);
	if (*length > 0 && line[*length - 1] == '\r')
		--*length;
	*at = feed + 1;
	return line;
}

static bool is(const char *word, size_t length, const char *wanted)
{
	return length == strlen(wanted) && memcmp(word, wanted, length) == 0;
}

/* METHOD PATH HTTP/1.x; a query behind the path makes no difference. */
static unsigned int read_first_line(const char *line, size_t length, bool *head)
{
	const char *end = line + length, *path = memchr(line, ' ', length), *version, *query;

	if (!path)
		return 400;
	version = memchr(path + 1, ' ', (size_t)(end - path - 1));
	if (!version || end - version != 9 || memcmp(version, " HTTP/", 6) != 0)
		return 400;
	if (version[6] != '1')
		return 505;
	*head = is(line, (size_t)(path - line), "HEAD");
	if (!*head && !is(line, (size_t)(path - line), "GET"))
		return 405;
	path++;
	query = memchr(path, '?', (size_t)(version - path));
	return is(path, (size_t)((query ? query : version) - path), "/metrics") ? 200 : 404;
}

/* Whether the Accept field has the media type, whatever its weight. */
static bool accepts_openmetrics(const char *line, size_t length)
{
	return length > 7 && strncasecmp(line, "accept:", 7) == 0 &&
	       memmem(line, length, "application/openmetrics-text", 28);
}

struct http_request http_read_request(const char *bytes, size_t length)
{
	struct http_request request = { 0 };
	const char *at = bytes, *end = bytes + length, *line;
	unsigned int status = 0;
	size_t size;

	while ((line = take_line(&at, end, &size))) {
		if (size == 0 && status == 0)
			continue; /* empty lines before a request: RFC 9112 §2.2 */
		if (size == 0) {
			request.status = status;
			return request;
		}
		if (status == 0)
			status = read_first_line(line, size, &request.head);
		else if (accepts_openmetrics(line, size))
			request.openmetrics = true;
	}
	if (length >= HTTP_REQUEST_MAX)
		request.status = 431;
	return request;
}
