/* SPDX-License-Identifier: BSD-3-Clause */
/* names.c - names of ports and hosts */
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"

enum { HOSTS = 4096, WAITING = 256, PORTS = 65536 };
enum { UNKNOWN, ASKED, NAMELESS, NAMED };

struct host {
	uint8_t address[16];
	uint8_t length;
	uint8_t state; /* read and written with the lock */
	char *name;    /* owned; never changes once it is there */
};

struct names {
	char *ports[3][PORTS]; /* of TCP, UDP and SCTP; owned */
	bool has_thread;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t more;
	bool stopped;
	struct host hosts[HOSTS];
	unsigned int waiting[WAITING]; /* places in hosts: a ring */
	unsigned int first, count;
};

static int protocol_place(unsigned int protocol)
{
	return protocol == 6 ? 0 : protocol == 17 ? 1 : protocol == 132 ? 2 : -1;
}

/* One pass over the file: no look-up while packets come. */
static void read_services(struct names *names)
{
	struct servent *service;

	setservent(1);
	while ((service = getservent())) {
		int place = strcmp(service->s_proto, "tcp") == 0  ? 0 :
			    strcmp(service->s_proto, "udp") == 0  ? 1 :
			    strcmp(service->s_proto, "sctp") == 0 ? 2 :
								    -1;
		uint16_t port = ntohs((uint16_t)service->s_port);

		if (place >= 0 && !names->ports[place][port])
			names->ports[place][port] = strdup(service->s_name);
	}
	endservent();
}

/* What the resolver says of an address; NULL: nothing. Owned by the caller. */
static char *resolve(const struct host *host)
{
	struct sockaddr_in6 ipv6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in ipv4 = { .sin_family = AF_INET };
	const struct sockaddr *address = (const struct sockaddr *)&ipv4;
	socklen_t size = sizeof(ipv4);
	char name[NI_MAXHOST];

	if (host->length == 4) {
		memcpy(&ipv4.sin_addr, host->address, 4);
	} else {
		memcpy(&ipv6.sin6_addr, host->address, 16);
		address = (const struct sockaddr *)&ipv6;
		size = sizeof(ipv6);
	}
	if (getnameinfo(address, size, name, sizeof(name), NULL, 0, NI_NAMEREQD) != 0)
		return NULL;
	return strdup(name);
}

static void *answer(void *data)
{
	struct names *names = data;

	pthread_mutex_lock(&names->lock);
	for (;;) {
		struct host host;
		unsigned int place;
		char *name;

		while (names->count == 0 && !names->stopped)
			pthread_cond_wait(&names->more, &names->lock);
		if (names->stopped)
			break;
		place = names->waiting[names->first];
		names->first = (names->first + 1) % WAITING;
		names->count--;
		host = names->hosts[place];
		pthread_mutex_unlock(&names->lock);
		name = resolve(&host);
		pthread_mutex_lock(&names->lock);
		names->hosts[place].name = name;
		names->hosts[place].state = name ? NAMED : NAMELESS;
	}
	pthread_mutex_unlock(&names->lock);
	return NULL;
}

struct names *names_new(bool hosts)
{
	struct names *names = calloc(1, sizeof(*names));

	if (!names)
		return NULL;
	read_services(names);
	pthread_mutex_init(&names->lock, NULL);
	pthread_cond_init(&names->more, NULL);
	names->has_thread = hosts && pthread_create(&names->thread, NULL, answer, names) == 0;
	return names;
}

void names_free(struct names *names)
{
	if (!names)
		return;
	if (names->has_thread) {
		/* A resolver that does not answer would hold us: its thread ends with the process. */
		pthread_mutex_lock(&names->lock);
		names->stopped = true;
		pthread_cond_signal(&names->more);
		pthread_mutex_unlock(&names->lock);
		pthread_detach(names->thread);
		return;
	}
	for (unsigned int i = 0; i < 3; i++)
		for (unsigned int port = 0; port < PORTS; port++)
			free(names->ports[i][port]);
	free(names);
}

const char *names_port(void *context, unsigned int protocol, uint16_t port)
{
	const struct names *names = context;
	int place = protocol_place(protocol);

	return place < 0 ? NULL : names->ports[place][port];
}

/* The place of an address: that of its hash, or one of the next few; HOSTS when all are others'. */
static unsigned int host_place(const struct names *names, const uint8_t *address,
			       unsigned int length)
{
	uint32_t hash = 2166136261u;

	for (unsigned int i = 0; i < length; i++)
		hash = (hash ^ address[i]) * 16777619u;
	for (unsigned int i = 0; i < 8; i++) {
		unsigned int place = (hash + i) % HOSTS;
		const struct host *host = &names->hosts[place];

		if (host->state == UNKNOWN ||
		    (host->length == length && memcmp(host->address, address, length) == 0))
			return place;
	}
	return HOSTS;
}

const char *names_host(void *context, const uint8_t *address, unsigned int length)
{
	struct names *names = context;
	const char *name = NULL;
	unsigned int place;

	if (!names->has_thread)
		return NULL;
	pthread_mutex_lock(&names->lock);
	place = host_place(names, address, length);
	if (place < HOSTS && names->hosts[place].state == UNKNOWN && names->count < WAITING) {
		struct host *host = &names->hosts[place];

		memcpy(host->address, address, length);
		host->length = (uint8_t)length;
		host->state = ASKED;
		names->waiting[(names->first + names->count++) % WAITING] = place;
		pthread_cond_signal(&names->more);
	} else if (place < HOSTS) {
		name = names->hosts[place].name;
	}
	pthread_mutex_unlock(&names->lock);
	return name;
}
