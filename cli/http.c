/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * http.c - metrics, a page and its events over HTTP, in one thread
 *
 * Clients may be slow, many, and mean: each has so many bytes and so much time, and a new one that
 * finds no place takes that of the oldest. An answer ends its connection.
 */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "http.h"

enum { CLIENTS_MAX = 64, TICK_MS = 500 };

#define SECOND_NS   1000000000ull
#define CLIENT_NS   (10 * SECOND_NS) /* from its connection to the end of its answer */
#define PAGE_NS     (SECOND_NS / 2)

/* A text that several clients may be getting. */
struct text {
	char *text;
	size_t length;
	uint64_t made_ns;
	unsigned int users;
};

struct client {
	int fd;
	uint64_t until_ns;
	char request[HTTP_REQUEST_MAX];
	size_t got;
	char head[640];
	size_t head_length, head_done;
	struct text *body; /* NULL: a head is all, or an event is awaited */
	size_t body_done;
	bool events; /* one body after the other */
	bool answering;
	bool drained; /* all is sent: until the client closes, what it still says is thrown away */
};

struct http_server {
	int fd;
	struct http_site site;
	struct text *latest[HTTP_RINGS + 2]; /* of each path; the last is metrics in OpenMetrics */
	struct text *event;
	uint64_t tick_ns;
	struct client *clients[CLIENTS_MAX]; /* the oldest first */
	unsigned int count;
};

/* ---- pages ---- */

static void put(struct text *text)
{
	if (!text || --text->users > 0)
		return;
	free(text->text);
	free(text);
}

/* Of somebody who releases it with put(). */
static struct text *keep(char *bytes, size_t length)
{
	struct text *text = bytes ? calloc(1, sizeof(*text)) : NULL;

	if (!text) {
		free(bytes);
		return NULL;
	}
	*text = (struct text){ .text = bytes, .length = length, .made_ns = cli_now_ns(), .users = 1 };
	return text;
}

static char *make(const struct http_site *site, enum http_path path, bool openmetrics, size_t *length)
{
	http_text *function = path == HTTP_PAGE ? site->page : path == HTTP_HISTORY ? site->history
									       : site->snapshot;

	return path == HTTP_METRICS ? site->metrics(openmetrics, length) : function(length);
}

/* The latest text of a path, made when it is too old. */
static struct text *get(struct http_server *server, enum http_path path, bool openmetrics)
{
	struct text **latest = &server->latest[path == HTTP_METRICS && openmetrics ? HTTP_RINGS + 1 : path];
	struct text *text;
	size_t length;
	char *bytes;

	if (!*latest || cli_now_ns() - (*latest)->made_ns > PAGE_NS) {
		bytes = make(&server->site, path, openmetrics, &length);
		text = keep(bytes, length);
		if (!text)
			return NULL;
		put(*latest);
		*latest = text;
	}
	(*latest)->users++;
	return *latest;
}

/* What an event is made of: the snapshot, as server-sent events have it. */
static struct text *make_event(struct http_server *server)
{
	size_t length;
	char *snapshot = server->site.snapshot(&length), *event = NULL;
	int size = snapshot ? asprintf(&event, "data: %s\n\n", snapshot) : -1;

	free(snapshot);
	return size < 0 ? NULL : keep(event, (size_t)size);
}

/* ---- clients ---- */

static void drop(struct http_server *server, unsigned int n)
{
	struct client *client = server->clients[n];

	close(client->fd);
	put(client->body);
	free(client);
	server->count--;
	memmove(server->clients + n, server->clients + n + 1,
		(server->count - n) * sizeof(*server->clients));
}

/* False: nobody waits. */
static bool let_in(struct http_server *server)
{
	int fd = accept4(server->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct client *client;

	if (fd < 0)
		return false;
	if (server->count == CLIENTS_MAX)
		drop(server, 0);
	client = malloc(sizeof(*client));
	if (!client) {
		close(fd);
		return false;
	}
	memset(client, 0, sizeof(*client));
	client->fd = fd;
	client->until_ns = cli_now_ns() + CLIENT_NS;
	server->clients[server->count++] = client;
	return true;
}

static const char *reason_of(unsigned int status)
{
	switch (status) {
	case 200:
		return "OK";
	case 400:
		return "Bad Request";
	case 401:
		return "Unauthorized";
	case 404:
		return "Not Found";
	case 405:
		return "Method Not Allowed";
	case 431:
		return "Request Header Fields Too Large";
	case 505:
		return "HTTP Version Not Supported";
	default:
		return "Service Unavailable";
	}
}

static const char *type_of(struct http_request request)
{
	switch (request.status == 200 ? request.path : HTTP_METRICS) {
	case HTTP_PAGE:
		return "text/html; charset=utf-8";
	case HTTP_EVENTS:
		return "text/event-stream";
	case HTTP_HISTORY:
	case HTTP_RINGS:
		return "application/json";
	default:
		return request.openmetrics && request.status == 200
			       ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
			       : "text/plain; version=0.0.4; charset=utf-8";
	}
}

/* In a time that does not tell how much of it was right. */
static bool is_let_in(const struct http_site *site, const struct http_request *request)
{
	size_t length = site->token ? strlen(site->token) : 0;
	unsigned char differs = request->token_length != length;

	for (size_t i = 0; i < request->token_length && i < length; i++)
		differs |= (unsigned char)(request->token[i] ^ site->token[i]);
	return !site->token || (request->token && !differs);
}

/* The page's script and style run by a number that nobody else can know; nothing else does. */
static struct text *page_with_nonce(struct http_server *server, char *nonce)
{
	struct text *page = get(server, HTTP_PAGE, false), *own;
	unsigned char random[(sizeof(HTTP_NONCE) - 1) / 2];
	char *bytes;

	if (!page || getrandom(random, sizeof(random), GRND_NONBLOCK) != (ssize_t)sizeof(random)) {
		put(page);
		return NULL;
	}
	for (size_t i = 0; i < sizeof(random); i++)
		snprintf(nonce + 2 * i, 3, "%02x", random[i]);
	bytes = malloc(page->length + 1);
	if (bytes) {
		memcpy(bytes, page->text, page->length + 1);
		for (char *at = bytes; (at = strstr(at, HTTP_NONCE)); at += sizeof(HTTP_NONCE) - 1)
			memcpy(at, nonce, sizeof(HTTP_NONCE) - 1);
	}
	own = keep(bytes, page->length);
	put(page);
	return own;
}

static void set_body(struct http_server *server, struct client *client, struct http_request *request,
		     char *nonce)
{
	if (!is_let_in(&server->site, request))
		request->status = 401;
	if (request->status != 200)
		return;
	client->events = request->path == HTTP_EVENTS && !request->head;
	if (client->events && (!server->event || cli_now_ns() - server->event->made_ns > SECOND_NS)) {
		put(server->event);
		server->event = make_event(server);
	}
	if (client->events)
		client->body = server->event;
	else if (request->path == HTTP_PAGE)
		client->body = page_with_nonce(server, nonce);
	else
		client->body = get(server, request->path, request->openmetrics);
	if (client->events && client->body)
		client->body->users++;
	if (!client->body && !client->events)
		request->status = 503;
}

static void answer(struct http_server *server, struct client *client, struct http_request request)
{
	char nonce[sizeof(HTTP_NONCE)] = HTTP_NONCE, length[48] = "";
	int size;

	client->answering = true;
	set_body(server, client, &request, nonce);
	if (!client->events)
		snprintf(length, sizeof(length), "Content-Length: %zu\r\n",
			 client->body ? client->body->length : 0);
	size = snprintf(client->head, sizeof(client->head),
			"HTTP/1.1 %u %s\r\nContent-Type: %s\r\n%s%s%s"
			"Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n"
			"Content-Security-Policy: default-src 'none'; script-src 'nonce-%s'; style-src 'nonce-%s'; "
			"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n"
			"Connection: close\r\n\r\n", request.status, reason_of(request.status),
			type_of(request), length, request.status == 405 ? "Allow: GET, HEAD\r\n" : "",
			request.status == 401 ? "WWW-Authenticate: Bearer\r\n" : "", nonce, nonce);
	client->head_length = (size_t)size;
	if (request.head && client->body)
		client->body_done = client->body->length;
}

/* Sends on from *done; false when the client is gone. */
static bool send_part(int fd, const char *bytes, size_t length, size_t *done)
{
	while (*done < length) {
		ssize_t sent = send(fd, bytes + *done, length - *done, MSG_NOSIGNAL);

		if (sent < 0)
			return errno == EAGAIN || errno == EINTR;
		*done += (size_t)sent;
	}
	return true;
}

/*
 * False when there is no more to send: then our side is closed. What the client still says is read
 * first, or the kernel would answer it with a reset that overtakes our answer (RFC 9112 §9.6).
 */
static bool send_on(struct client *client)
{
	size_t length = client->body ? client->body->length : 0;

	if (!send_part(client->fd, client->head, client->head_length, &client->head_done))
		return false;
	if (client->head_done < client->head_length)
		return true;
	if (client->body &&
	    !send_part(client->fd, client->body->text, length, &client->body_done))
		return false;
	if (client->body_done < length)
		return true;
	if (client->events) { /* until the next event */
		put(client->body);
		client->body = NULL;
		client->until_ns = cli_now_ns() + CLIENT_NS;
		return true;
	}
	client->drained = true;
	return shutdown(client->fd, SHUT_WR) == 0;
}

/* False when the client is done with, or gone. */
static bool hear(struct http_server *server, struct client *client)
{
	struct http_request request;
	char rest[4096];
	ssize_t got;

	if (client->answering) {
		got = recv(client->fd, rest, sizeof(rest), 0);
		return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
	}
	got = recv(client->fd, client->request + client->got, sizeof(client->request) - client->got,
		   0);
	if (got <= 0)
		return got < 0 && (errno == EAGAIN || errno == EINTR);
	client->got += (size_t)got;
	request = http_read_request(client->request, client->got);
	if (request.status == 0)
		return true;
	answer(server, client, request);
	return send_on(client);
}

static bool serve_client(struct http_server *server, struct client *client, short events)
{
	if (events & (POLLERR | POLLNVAL))
		return false;
	if (events & POLLOUT && !send_on(client))
		return false;
	return !(events & (POLLIN | POLLHUP)) || hear(server, client);
}

/* A client that has not taken the last event yet gets the next one. */
static void send_event(struct http_server *server)
{
	put(server->event);
	server->event = make_event(server);
	for (unsigned int n = server->count; n-- > 0 && server->event;) {
		struct client *client = server->clients[n];

		if (!client->events || client->body)
			continue;
		client->body = server->event;
		client->body->users++;
		client->body_done = 0;
		if (!send_on(client))
			drop(server, n);
	}
}

static void tick(struct http_server *server)
{
	bool wanted = false;

	if (cli_now_ns() < server->tick_ns)
		return;
	server->tick_ns = cli_now_ns() + SECOND_NS;
	if (server->site.tick)
		server->site.tick();
	for (unsigned int n = 0; n < server->count; n++)
		wanted = wanted || server->clients[n]->events;
	if (wanted)
		send_event(server);
}

void http_look(struct http_server *server, int wait_ms)
{
	struct pollfd pollers[CLIENTS_MAX + 1] = { { .fd = server->fd, .events = POLLIN } };
	unsigned int count = server->count;

	for (unsigned int n = 0; n < count; n++) {
		struct client *client = server->clients[n];

		pollers[n + 1].fd = client->fd;
		pollers[n + 1].events =
			client->answering && !client->drained && (!client->events || client->body)
				? POLLOUT : POLLIN;
	}
	if (poll(pollers, count + 1, wait_ms) < 0)
		return;
	/* from the last, as a client that goes moves those behind it */
	for (unsigned int n = count; n-- > 0;)
		if (!serve_client(server, server->clients[n], pollers[n + 1].revents) ||
		    cli_now_ns() > server->clients[n]->until_ns)
			drop(server, n);
	/* all that wait, up to as many as there are places: who looks seldom lets nobody wait in line */
	for (unsigned int n = 0; pollers[0].revents && n < CLIENTS_MAX && let_in(server); n++)
		continue;
	tick(server);
}

/* ---- the socket ---- */

/* ADDRESS:PORT, [IPV6]:PORT or PORT: in numbers. */
static struct addrinfo *look_up(const char *where)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
				  .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV }, *found = NULL;
	char host[256] = "127.0.0.1";
	const char *colon = strrchr(where, ':'), *port = colon ? colon + 1 : where;
	size_t length = colon ? (size_t)(colon - where) : 0;

	if (colon && length > 1 && where[0] == '[' && where[length - 1] == ']')
		snprintf(host, sizeof(host), "%.*s", (int)(length - 2), where + 1);
	else if (colon && length > 0 && !memchr(where, ':', length))
		snprintf(host, sizeof(host), "%.*s", (int)length, where);
	else if (colon)
		return NULL;
	if (!*port || strspn(port, "0123456789") != strlen(port) || strlen(port) > 5 ||
	    atoi(port) > 65535)
		return NULL;
	return getaddrinfo(host, port, &hints, &found) == 0 ? found : NULL;
}

static int listen_at(const struct addrinfo *address)
{
	int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, address->ai_addr, address->ai_addrlen) < 0 || listen(fd, CLIENTS_MAX) < 0) {
		int code = -errno;

		close(fd);
		return code;
	}
	return fd;
}

/* With the port that the kernel chose, if it was to. */
static void announce(const struct http_server *server)
{
	struct sockaddr_storage address = { 0 };
	socklen_t length = sizeof(address);
	char host[64], port[16];

	if (getsockname(server->fd, (struct sockaddr *)&address, &length) == 0 &&
	    getnameinfo((struct sockaddr *)&address, length, host, sizeof(host), port, sizeof(port),
			NI_NUMERICHOST | NI_NUMERICSERV) == 0)
		cli_complain(strchr(host, ':') ? "listening at http://[%s]:%s/metrics, and a page at /"
					       : "listening at http://%s:%s/metrics, and a page at /",
			     host, port);
}

static bool is_loopback(const struct addrinfo *address)
{
	if (address->ai_family == AF_INET)
		return *(const uint8_t *)&((const struct sockaddr_in *)(const void *)address->ai_addr)->sin_addr == 127;
	return IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)(const void *)address->ai_addr)->sin6_addr);
}

static int open_at(struct http_server *server, const char *where, const struct addrinfo *address)
{
	if (!address) {
		cli_complain("torc: --listen %s: write ADDRESS:PORT, [IPV6]:PORT, or PORT for 127.0.0.1",
			     where);
		return CLI_USAGE;
	}
	if (!is_loopback(address) && !server->site.token) {
		cli_complain("torc: --listen %s: others can reach that address: give --token FILE too, or "
			     "an address of the loopback", where);
		return CLI_USAGE;
	}
	server->fd = listen_at(address);
	if (server->fd < 0) {
		cli_complain("torc: --listen %s: %s", where, strerror(-server->fd));
		return server->fd == -EACCES ? CLI_PRIVILEGE : CLI_FAILED;
	}
	announce(server);
	return CLI_GOOD;
}

int http_open(struct http_server **out, const char *where, const struct http_site *site)
{
	struct http_server *server = calloc(1, sizeof(*server));
	struct addrinfo *address = look_up(where);
	int status;

	*out = NULL;
	if (!server) {
		status = cli_fail(-ENOMEM, NULL);
	} else {
		server->site = *site;
		status = open_at(server, where, address);
	}
	if (address)
		freeaddrinfo(address);
	if (status == CLI_GOOD)
		*out = server;
	else
		free(server);
	return status;
}

void http_close(struct http_server *server)
{
	if (!server)
		return;
	while (server->count > 0)
		drop(server, server->count - 1);
	for (unsigned int n = 0; n < sizeof(server->latest) / sizeof(*server->latest); n++)
		put(server->latest[n]);
	put(server->event);
	close(server->fd);
	free(server);
}

int http_serve(const char *where, const struct http_site *site)
{
	struct http_server *server;
	int status = http_open(&server, where, site);

	if (status != CLI_GOOD)
		return status;
	cli_signals_catch(NULL, NULL);
	while (!(cli_signals_take() & CLI_SIGNAL_STOP))
		http_look(server, TICK_MS);
	http_close(server);
	return CLI_GOOD;
}

char *http_token(const char *path)
{
	FILE *file = fopen(path, "re");
	struct stat status;
	char *line = NULL;
	size_t room = 0;

	if (!file || fstat(fileno(file), &status) < 0) {
		cli_complain("torc: --token %s: %s", path, strerror(errno));
	} else if (status.st_mode & (S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH)) {
		cli_complain("torc: --token %s: others may read it: chmod 600", path);
	} else if (getline(&line, &room, file) < 0 || (line[strcspn(line, "\r\n")] = '\0', strlen(line) < 16) ||
		   line[strspn(line, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~")]) {
		cli_complain("torc: --token %s: its first line is to have 16 characters or more, of letters, "
			     "digits and -_.~", path);
		free(line);
		line = NULL;
	}
	if (file)
		fclose(file);
	return line;
}
