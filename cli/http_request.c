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

static const char *const paths[] = { "/metrics", "/", "/events", "/history.json", "/rings.json" };

/* "token=..." of a query */
static void read_query(struct http_request *request, const char *query, size_t length)
{
	const char *found = memmem(query, length, "token=", 6), *end;

	if (!found || (found != query && found[-1] != '&'))
		return;
	request->token = found + 6;
	end = memchr(request->token, '&', (size_t)(query + length - request->token));
	request->token_length = (size_t)((end ? end : query + length) - request->token);
}

/* METHOD PATH HTTP/1.x; of a query only a token matters. */
static unsigned int read_first_line(struct http_request *request, const char *line, size_t length)
{
	const char *end = line + length, *path = memchr(line, ' ', length), *version, *query;

	if (!path)
		return 400;
	version = memchr(path + 1, ' ', (size_t)(end - path - 1));
	if (!version || end - version != 9 || memcmp(version, " HTTP/", 6) != 0)
		return 400;
	if (version[6] != '1')
		return 505;
	request->head = is(line, (size_t)(path - line), "HEAD");
	if (!request->head && !is(line, (size_t)(path - line), "GET"))
		return 405;
	path++;
	query = memchr(path, '?', (size_t)(version - path));
	if (query)
		read_query(request, query + 1, (size_t)(version - query - 1));
	for (unsigned int i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		if (is(path, (size_t)((query ? query : version) - path), paths[i])) {
			request->path = (enum http_path)i;
			return 200;
		}
	return 404;
}

/* Whether the Accept field has the media type, whatever its weight. */
static bool accepts_openmetrics(const char *line, size_t length)
{
	return length > 7 && strncasecmp(line, "accept:", 7) == 0 &&
	       memmem(line, length, "application/openmetrics-text", 28);
}

/* "Authorization: Bearer TOKEN", RFC 6750 §2.1 */
static void read_authorization(struct http_request *request, const char *line, size_t length)
{
	static const char name[] = "authorization: bearer ";

	if (length < sizeof(name) || strncasecmp(line, name, sizeof(name) - 1) != 0)
		return;
	request->token = line + sizeof(name) - 1;
	request->token_length = length - (sizeof(name) - 1);
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
			status = read_first_line(&request, line, size);
		else if (accepts_openmetrics(line, size))
			request.openmetrics = true;
		else
			read_authorization(&request, line, size);
	}
	if (length >= HTTP_REQUEST_MAX)
		request.status = 431;
	return request;
}
