/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * http.c - one page over HTTP, in one thread
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
#include <sys/socket.h>
#include <unistd.h>

#include "cli.h"
#include "http.h"

enum { CLIENTS_MAX = 64, TICK_MS = 500 };

#define SECOND_NS   1000000000ull
#define CLIENT_NS   (10 * SECOND_NS) /* from its connection to the end of its answer */
#define PAGE_NS     (SECOND_NS / 2)

/* A page that several clients may be getting. */
struct page {
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
	char head[256];
	size_t head_length, head_done;
	struct page *page; /* NULL: a head is all */
	size_t page_done;
	bool answering;
	bool drained; /* all is sent: until the client closes, what it still says is thrown away */
};

struct server {
	int fd;
	http_page *make;
	struct page *pages[2]; /* the latest of each format */
	struct client *clients[CLIENTS_MAX]; /* the oldest first */
	unsigned int count;
};

/* ---- pages ---- */

static void put_page(struct page *page)
{
	if (!page || --page->users > 0)
		return;
	free(page->text);
	free(page);
}

static struct page *get_page(struct server *server, bool openmetrics)
{
	struct page **latest = &server->pages[openmetrics];
	uint64_t now = cli_now_ns();

	if (!*latest || now - (*latest)->made_ns > PAGE_NS) {
		struct page *page = calloc(1, sizeof(*page));

		if (page)
			page->text = server->make(openmetrics, &page->length);
		if (!page || !page->text) {
			free(page);
			return NULL;
		}
		page->made_ns = now;
		page->users = 1; /* the server's */
		put_page(*latest);
		*latest = page;
	}
	(*latest)->users++;
	return *latest;
}

/* ---- clients ---- */

static void drop(struct server *server, unsigned int n)
{
	struct client *client = server->clients[n];

	close(client->fd);
	put_page(client->page);
	free(client);
	server->count--;
	memmove(server->clients + n, server->clients + n + 1,
		(server->count - n) * sizeof(*server->clients));
}

static void let_in(struct server *server)
{
	int fd = accept4(server->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct client *client;

	if (fd < 0)
		return;
	if (server->count == CLIENTS_MAX)
		drop(server, 0);
	client = malloc(sizeof(*client));
	if (!client) {
		close(fd);
		return;
	}
	memset(client, 0, sizeof(*client));
	client->fd = fd;
	client->until_ns = cli_now_ns() + CLIENT_NS;
	server->clients[server->count++] = client;
}

static const char *reason_of(unsigned int status)
{
	switch (status) {
	case 200:
		return "OK";
	case 400:
		return "Bad Request";
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

static void answer(struct server *server, struct client *client, struct http_request request)
{
	const char *type = request.openmetrics
				   ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
				   : "text/plain; version=0.0.4; charset=utf-8";
	int length;

	client->answering = true;
	if (request.status == 200) {
		client->page = get_page(server, request.openmetrics);
		if (!client->page)
			request.status = 503;
	}
	length = snprintf(client->head, sizeof(client->head),
			  "HTTP/1.1 %u %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n%s"
			  "Connection: close\r\n\r\n", request.status, reason_of(request.status), type,
			  client->page ? client->page->length : 0,
			  request.status == 405 ? "Allow: GET, HEAD\r\n" : "");
	client->head_length = (size_t)length;
	if (request.head && client->page)
		client->page_done = client->page->length;
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
	size_t length = client->page ? client->page->length : 0;

	if (!send_part(client->fd, client->head, client->head_length, &client->head_done))
		return false;
	if (client->head_done < client->head_length)
		return true;
	if (client->page &&
	    !send_part(client->fd, client->page->text, length, &client->page_done))
		return false;
	if (client->page_done < length)
		return true;
	client->drained = true;
	return shutdown(client->fd, SHUT_WR) == 0;
}

/* False when the client is done with, or gone. */
static bool hear(struct server *server, struct client *client)
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

static bool serve_client(struct server *server, struct client *client, short events)
{
	if (events & (POLLERR | POLLNVAL))
		return false;
	if (events & POLLOUT && !send_on(client))
		return false;
	return !(events & (POLLIN | POLLHUP)) || hear(server, client);
}

static void serve_once(struct server *server)
{
	struct pollfd pollers[CLIENTS_MAX + 1] = { { .fd = server->fd, .events = POLLIN } };
	unsigned int count = server->count;

	for (unsigned int n = 0; n < count; n++) {
		struct client *client = server->clients[n];

		pollers[n + 1].fd = client->fd;
		pollers[n + 1].events =
			client->answering && !client->drained ? POLLOUT : POLLIN;
	}
	if (poll(pollers, count + 1, TICK_MS) < 0)
		return;
	/* from the last, as a client that goes moves those behind it */
	for (unsigned int n = count; n-- > 0;)
		if (!serve_client(server, server->clients[n], pollers[n + 1].revents) ||
		    cli_now_ns() > server->clients[n]->until_ns)
			drop(server, n);
	if (pollers[0].revents)
		let_in(server);
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
static void announce(int fd)
{
	struct sockaddr_storage address = { 0 };
	socklen_t length = sizeof(address);
	char host[64], port[16];

	if (getsockname(fd, (struct sockaddr *)&address, &length) == 0 &&
	    getnameinfo((struct sockaddr *)&address, length, host, sizeof(host), port, sizeof(port),
			NI_NUMERICHOST | NI_NUMERICSERV) == 0)
		cli_complain(strchr(host, ':') ? "listening at http://[%s]:%s/metrics"
					       : "listening at http://%s:%s/metrics", host, port);
}

int http_serve(const char *where, http_page *page)
{
	struct addrinfo *address = look_up(where);
	struct server server = { .make = page };

	if (!address) {
		cli_complain("torc: --listen %s: write ADDRESS:PORT, [IPV6]:PORT, or PORT for 127.0.0.1",
			     where);
		return CLI_USAGE;
	}
	server.fd = listen_at(address);
	freeaddrinfo(address);
	if (server.fd < 0) {
		cli_complain("torc: --listen %s: %s", where, strerror(-server.fd));
		return server.fd == -EACCES ? CLI_PRIVILEGE : CLI_FAILED;
	}
	cli_signals_catch(NULL, NULL);
	announce(server.fd);
	while (!(cli_signals_take() & CLI_SIGNAL_STOP))
		serve_once(&server);
	while (server.count > 0)
		drop(&server, server.count - 1);
	put_page(server.pages[0]);
	put_page(server.pages[1]);
	close(server.fd);
	return CLI_GOOD;
}
