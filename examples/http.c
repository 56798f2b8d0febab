/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * http.c - a log of HTTP/1 on a live interface: who asked whom for what, and the answers
 *
 *	cc http.c -ltorc && sudo ./a.out eth0
 */
#include <arpa/inet.h>
#include <err.h>
#include <stdio.h>

#include <torc/torc.h>

static void print(const struct torc_streams *streams, const struct torc_message *message)
{
	struct torc_stream_info info = { .size = sizeof(info) };
	char time[32], client[INET6_ADDRSTRLEN], server[INET6_ADDRSTRLEN];
	int family;
	struct torc_http http;

	if (torc_layer_http(message->decoded, message->decoded->layers, &http) < 0 ||
	    torc_stream_info(streams, message->stream, &info) < 0)
		return;
	family = info.ip_version == 6 ? AF_INET6 : AF_INET;
	inet_ntop(family, info.sides[0].address, client, sizeof(client));
	inet_ntop(family, info.sides[1].address, server, sizeof(server));
	torc_text_time(message->first_ns, 3, time, sizeof(time));
	printf("%s %s:%u > %s:%u ", time, client, info.sides[0].port, server, info.sides[1].port);
	if (http.is_response)
		printf("%u %.*s\n", http.status, (int)http.content_type.length,
		       http.content_type.data);
	else
		printf("%.*s %.*s%.*s\n", (int)http.method.length, http.method.data,
		       (int)http.host.length, http.host.data, (int)http.target.length,
		       http.target.data);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	const struct torc_stream_event *event;
	const struct torc_message *message;
	struct torc_messages *messages;
	struct torc_streams *streams;
	struct torc_packet packet;
	struct torc_decoded decoded;
	struct torc_error error;
	struct torc_ring *ring;
	int result;

	if (argc < 2)
		errx(2, "usage: http DEVICE [FILTER]");
	if (torc_ring_open(&ring, argv[1], 0, TORC_PROMISC, &error) < 0 ||
	    torc_streams_open(&streams, NULL, &error) < 0)
		errx(1, "%s", error.text);
	if (torc_messages_open(&messages, NULL) < 0)
		errx(1, "no memory");
	if (torc_ring_set_filter(ring, argc > 2 ? argv[2] : "tcp") < 0 || torc_ring_enable(ring) < 0)
		errx(1, "%s", torc_ring_error(ring));
	while ((result = torc_ring_next(ring, &packet)) >= 0 && !torc_ring_at_end(ring)) {
		if (result == 0)
			continue;
		torc_decode_packet(&packet, &decoded);
		torc_streams_add(streams, &packet, &decoded);
		while ((event = torc_streams_next(streams))) {
			torc_messages_add(messages, streams, event);
			while ((message = torc_messages_next(messages)))
				print(streams, message);
		}
	}
	torc_messages_close(messages);
	torc_streams_close(streams);
	torc_ring_close(ring);
	return result < 0;
}
