/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pf_ring.c - torc rings --pf-ring: the files of PF_RING's /proc/net/pf_ring, as they would be
 *
 *	info                        dev/<interface>/info
 *	<pid>-<interface>.<ring id> stats/<pid>-<interface>.<ring id>   if the application set some
 *
 * Like those it shows the rings of this network namespace.
 */
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <torc/live.h>

#include "cli.h"
#include "pf_ring.h"
#include "rings.h"

#define TEXT_BYTES 4096

struct published {
	struct torc_live_ring ring;
	struct torc_stats stats;
};

struct tree {
	struct published *rings;
	unsigned int count;
	char **names; /* what is wanted; empty: everything */
	bool *found;
};

static uint64_t own_namespace(void)
{
	struct stat status;

	return stat("/proc/self/ns/net", &status) == 0 ? status.st_ino : 0;
}

static int read_rings(struct tree *tree, struct torc_live_list *list)
{
	uint64_t here = own_namespace(); /* 0: there is no /proc to tell; then all are shown */
	struct published one = { .ring.size = sizeof(one.ring), .stats.size = sizeof(one.stats) };
	struct published *more;

	while (torc_live_next(list, &one.ring, &one.stats) > 0) {
		if (here != 0 && one.ring.network_namespace != 0 &&
		    one.ring.network_namespace != here)
			continue;
		more = realloc(tree->rings, (tree->count + 1) * sizeof(*more));
		if (!more)
			return -ENOMEM;
		tree->rings = more;
		tree->rings[tree->count++] = one;
	}
	return 0;
}

/* With names: the bytes of the file and nothing else. Without: each under its name. */
static bool wanted(struct tree *tree, const char *name)
{
	bool want = !tree->names[0];

	for (size_t i = 0; tree->names[i]; i++)
		if (strcmp(tree->names[i], name) == 0)
			want = tree->found[i] = true;
	return want;
}

static void print(struct tree *tree, const char *name, const char *text)
{
	if (tree->names[0])
		printf("%s", text);
	else
		printf("==> %s <==\n%s\n", name, text);
}

static unsigned int rings_on(const struct tree *tree, const char *interface)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < tree->count; i++)
		count += strcmp(tree->rings[i].ring.interface_name, interface) == 0;
	return count;
}

static void print_devices(struct tree *tree, const struct if_nameindex *interfaces)
{
	char name[64], text[TEXT_BYTES];

	for (const struct if_nameindex *at = interfaces; at && at->if_name; at++) {
		snprintf(name, sizeof(name), "dev/%s/info", at->if_name);
		if (wanted(tree, name) &&
		    torc_live_pf_ring_device(at->if_name, rings_on(tree, at->if_name), text,
					     sizeof(text)) > 0)
			print(tree, name, text);
	}
}

static void print_ring(struct tree *tree, const struct published *one)
{
	const struct torc_live_ring *ring = &one->ring;
	char interface[ESCAPED(64)], name[sizeof(interface) + 32], text[TEXT_BYTES];
	size_t at = strlen("stats/");

	rings_printable(ring->interface_name[0] ? ring->interface_name : "none", interface,
			sizeof(interface));
	snprintf(name, sizeof(name), "stats/%d-%s.%u", ring->pid, interface, ring->ring_id);
	if (wanted(tree, name + at) && torc_live_pf_ring(ring, &one->stats, text, sizeof(text)) > 0)
		print(tree, name + at, text);
	if (ring->application_stats[0] && wanted(tree, name)) {
		if (!tree->names[0])
			printf("==> %s <==\n", name);
		cli_put_lines(stdout, ring->application_stats);
		printf(tree->names[0] ? "\n" : "\n\n");
	}
}

int cli_print_pf_ring(struct torc_live_list *list, const struct if_nameindex *interfaces, char **names)
{
	struct tree tree = { .names = names };
	char text[TEXT_BYTES];
	int status = CLI_GOOD, code;
	size_t count = 0;

	while (names[count])
		count++;
	tree.found = calloc(count + 1, sizeof(*tree.found));
	code = tree.found ? read_rings(&tree, list) : -ENOMEM;
	if (code < 0) {
		status = cli_fail(code, NULL);
	} else {
		if (wanted(&tree, "info") &&
		    torc_live_pf_ring_info(tree.count, text, sizeof(text)) > 0)
			print(&tree, "info", text);
		print_devices(&tree, interfaces);
		for (unsigned int i = 0; i < tree.count; i++)
			print_ring(&tree, &tree.rings[i]);
	}
	for (size_t i = 0; status == CLI_GOOD && i < count; i++)
		if (!tree.found[i]) {
			cli_complain("torc rings: there is no %s", names[i]);
			status = CLI_FAILED;
		}
	free(tree.found);
	free(tree.rings);
	return status;
}
