/* SPDX-License-Identifier: BSD-3-Clause */
/* flows_page.c - torc flows --listen: the page of --listen, with the flows of this process */
#include <stdlib.h>
#include <string.h>

#include "flows.h"
#include "metrics.h"
#include "page.h"
#include "rings.h"

enum { TCP, UDP, ICMP, OTHER_IP, NO_IP };

struct seen {
	const struct torc_flow_table *table;
	const struct flows_account *account;
	char *token;
};

static struct seen seen;
static uint64_t bytes[PAGE_PROTOCOLS];

/* The innermost that counts. */
static unsigned int protocol_of(const struct torc_decoded *decoded)
{
	unsigned int found = NO_IP;

	for (unsigned int i = 0; i < decoded->layer_count; i++) {
		unsigned int type = decoded->layers[i].type;

		if (type == TORC_LAYER_IPV4 || type == TORC_LAYER_IPV6)
			found = OTHER_IP;
		else if (type == TORC_LAYER_TCP)
			found = TCP;
		else if (type == TORC_LAYER_UDP)
			found = UDP;
		else if (type == TORC_LAYER_ICMPV4 || type == TORC_LAYER_ICMPV6)
			return ICMP; /* what it quotes is not a packet */
	}
	return found;
}

void flows_page_count(const struct torc_packet *packets, const struct torc_decoded *decoded,
		      unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		bytes[protocol_of(&decoded[i])] += packets[i].len;
}

static void put_flows(void *object, FILE *out)
{
	const struct torc_flow_table_stats *table = &seen.account->table;

	(void)object;
	fprintf(out, ",\"flows\":{\"open\":%s,\"begun\":%s,\"no_room\":%s,\"top\":",
		cli_json_figure(table->open).text, cli_json_figure(table->begun).text,
		cli_json_figure(table->ended[TORC_FLOW_NO_ROOM]).text);
	flows_top_json(out, seen.table);
	fprintf(out, "}");
}

static void tick(void)
{
	page_protocol_bytes(bytes);
	page_tick();
}

int flows_page_open(struct http_server **server, const struct flows_settings *settings,
		    const struct torc_flow_table *table, const struct flows_account *account)
{
	struct http_site site = { .metrics = metrics_text, .page = page_html, .snapshot = page_snapshot,
				  .history = page_history, .tick = tick };

	seen = (struct seen){ .table = table, .account = account };
	seen.token = settings->token ? http_token(settings->token) : NULL;
	if (settings->token && !seen.token)
		return CLI_USAGE;
	site.token = seen.token;
	page_also(put_flows, NULL);
	page_protocol_bytes(bytes);
	return http_open(server, settings->listen, &site);
}

void flows_page_look(struct http_server *server)
{
	if (server)
		http_look(server, 0);
}

void flows_page_close(struct http_server *server)
{
	http_close(server);
	free(seen.token);
	seen.token = NULL;
}

const char *const *flows_page_paths(void)
{
	static const char *paths[RINGS_PATHS_MAX + 4];
	unsigned int count = rings_paths(paths);

	paths[count++] = "/etc";
	paths[count++] = "/run/systemd/resolve";
	paths[count++] = "/usr/share/ca-certificates";
	paths[count] = NULL;
	return paths;
}
