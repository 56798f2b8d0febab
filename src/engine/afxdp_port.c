/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * afxdp_port.c - the XDP program of an interface, shared by the rings this process has on it
 *
 * The program is attached by a link (BPF_LINK_CREATE, Linux 5.9): a descriptor, so that the kernel
 * detaches it when the process ends in whatever way. It is attached when the first ring opens and
 * passes everything to the host until a ring is enabled.
 */
#include <errno.h>
#include <linux/if_link.h>
#include <linux/membarrier.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bpf/bpf.h"
#include "cluster/cluster.h"
#include "engine/afxdp_port.h"
#include "engine/afxdp_program.h"
#include "util/error.h"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

#define CLUSTER_TRIES   200
#define CLUSTER_WAIT_US 5000

static struct afxdp_port *ports;
static pthread_mutex_t ports_lock = PTHREAD_MUTEX_INITIALIZER;

/* Tells the same ifindex of two network namespaces apart; 0 before Linux 5.14. */
static uint64_t netns_cookie(void)
{
	uint64_t cookie = 0;
	socklen_t length = sizeof(cookie);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return 0;
	if (getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &length) < 0)
		cookie = 0;
	close(fd);
	return cookie;
}

static int foreign_program(const struct afxdp_link *link, struct torc_error *error)
{
	return torc_error_set(error, -EBUSY,
			      "%s has an XDP program already (id %u, see 'bpftool net'); it is left "
			      "alone: detach it, or open '%s' without xdp:",
			      link->name, link->xdp_program, link->name);
}

static int attach(struct afxdp_port *port, int program, const struct afxdp_link *link,
		  bool allow_native, struct torc_error *error)
{
	struct afxdp_link now;
	int result = -EOPNOTSUPP;

	if (allow_native)
		result = torc_bpf_link_create(program, link->ifindex, BPF_XDP, XDP_FLAGS_DRV_MODE);
	if (result < 0 && result != -EBUSY && result != -EEXIST && result != -EPERM) {
		port->generic = true;
		result = torc_bpf_link_create(program, link->ifindex, BPF_XDP, XDP_FLAGS_SKB_MODE);
	}
	if (result >= 0) {
		port->link = result;
		return 0;
	}
	if (result == -EPERM)
		return torc_error_set(error, result, "attaching to %s needs CAP_NET_ADMIN", link->name);
	if ((result == -EBUSY || result == -EEXIST) &&
	    afxdp_link_get(&now, NULL, link->ifindex) == 0)
		return foreign_program(&now, error);
	return torc_error_set(error, result, "no XDP program on %s: %s", link->name,
			      torc_strerror(result));
}

static int map_create(struct afxdp_port *port, struct torc_error *error)
{
	port->map = torc_bpf_map_create(BPF_MAP_TYPE_XSKMAP, sizeof(uint32_t), sizeof(uint32_t),
					AFXDP_MAX_QUEUES, 0, "torc_xsks");
	if (port->map >= 0)
		return 0;
	if (port->map == -EPERM)
		return torc_error_set(error, -EPERM,
				      "xdp: needs CAP_BPF and CAP_NET_ADMIN besides CAP_NET_RAW");
	return torc_error_set(error, port->map, "no AF_XDP map: %s", torc_strerror(port->map));
}

/* What the running kernel can be asked; looked up once, since it costs milliseconds. */
static void find_functions(struct afxdp_port *port)
{
	static int tag = -1, time = -1;

	if (tag < 0) {
		tag = torc_bpf_kernel_function("bpf_xdp_metadata_rx_vlan_tag");
		time = torc_bpf_kernel_function("bpf_xdp_metadata_rx_timestamp");
		tag = tag < 0 ? 0 : tag;
		time = time < 0 ? 0 : time;
	}
	port->tag_function = tag;
	port->time_function = time;
}

/*
 * Attach natively a program that asks the driver all it can be asked, to see that it can; it must be
 * bound to the device for that, and such a program has no place in generic mode.
 */
static int attach_asking(struct afxdp_port *port, const struct afxdp_link *link)
{
	int program;

	find_functions(port);
	if (port->tag_function || port->time_function) {
		program = afxdp_program_probe(port);
		if (program >= 0) {
			port->link = torc_bpf_link_create(program, link->ifindex, BPF_XDP,
							  XDP_FLAGS_DRV_MODE);
			close(program);
		}
	}
	if (port->link >= 0 && afxdp_port_reload(port, NULL) == 0)
		return 0;
	if (port->link >= 0)
		close(port->link);
	port->link = -1;
	port->tag_function = port->time_function = 0;
	return -EOPNOTSUPP;
}

static int load_and_attach(struct afxdp_port *port, const struct afxdp_link *link,
			   bool allow_native, struct torc_error *error)
{
	int program, result;

	if (allow_native && attach_asking(port, link) == 0)
		return 0;
	program = afxdp_program_load(port, error);
	if (program < 0)
		return program;
	result = attach(port, program, link, allow_native, error);
	close(program); /* the link holds it */
	return result;
}

/* The program of a cluster that the ring may be about to join? Who has it may be just coming up. */
static bool is_clustered(const struct afxdp_link *link)
{
	bool marked = false;

	for (unsigned int i = 0; i < CLUSTER_TRIES && !marked; i++) {
		bool begins = torc_cluster_marked(link->ifindex, TORC_MARK_OPEN);

		if (i > 0)
			usleep(CLUSTER_WAIT_US);
		marked = torc_cluster_marked(link->ifindex, TORC_MARK_DEALT);
		if (!begins)
			break;
	}
	return marked;
}

static void port_free(struct afxdp_port *port)
{
	if (port->link >= 0)
		close(port->link);
	if (port->map >= 0)
		close(port->map);
	if (port->mark >= 0)
		torc_cluster_unmark(port->ifindex, TORC_MARK_DEALT, port->mark);
	if (port->open_mark >= 0)
		torc_cluster_unmark(port->ifindex, TORC_MARK_OPEN, port->open_mark);
	pthread_mutex_destroy(&port->lock);
	free(port);
}

static int take_interface(struct afxdp_port *port, const struct afxdp_link *link,
			  bool allow_native, struct torc_error *error)
{
	int result;

	port->open_mark = torc_cluster_mark(link->ifindex, TORC_MARK_OPEN);
	result = map_create(port, error);
	if (result == 0)
		result = load_and_attach(port, link, allow_native, error);
	if (result < 0 && port->map >= 0) {
		close(port->map);
		port->map = -1;
	}
	return result;
}

static int port_new(struct afxdp_port **made, const struct afxdp_link *link, bool allow_native,
		    struct torc_error *error)
{
	struct afxdp_port *port = calloc(1, sizeof(*port));
	int result;

	if (!port)
		return torc_error_set(error, -ENOMEM, "out of memory");
	port->ifindex = link->ifindex;
	port->map = port->link = port->mark = port->open_mark = -1;
	port->all_queues = afxdp_link_queues(link);
	port->pieces = link->mtu > afxdp_page_mtu();
	pthread_mutex_init(&port->lock, NULL);
	if (getrandom(&port->cookie, sizeof(port->cookie), GRND_NONBLOCK) < 0)
		port->cookie = (uint32_t)(uintptr_t)port ^ (uint32_t)getpid();
	result = link->xdp_program ? foreign_program(link, error) :
				     take_interface(port, link, allow_native, error);
	if (result == -EBUSY && is_clustered(link)) {
		port->foreign = true;
		result = 0;
	}
	if (result < 0)
		port_free(port);
	else
		*made = port;
	return result;
}

int afxdp_port_get(struct afxdp_port **found, const struct afxdp_link *link, bool allow_native,
		   struct torc_error *error)
{
	uint64_t netns = netns_cookie();
	struct afxdp_port *port;
	int result = 0;

	pthread_mutex_lock(&ports_lock);
	for (port = ports; port; port = port->next) {
		if (port->ifindex == link->ifindex && port->netns == netns)
			break;
	}
	if (!port) {
		result = port_new(&port, link, allow_native, error);
		if (result == 0) {
			port->netns = netns;
			port->next = ports;
			ports = port;
		}
	}
	if (result == 0) {
		port->users++;
		*found = port;
	}
	pthread_mutex_unlock(&ports_lock);
	return result;
}

void afxdp_port_put(struct afxdp_port *port)
{
	struct afxdp_port **at = &ports;

	pthread_mutex_lock(&ports_lock);
	if (--port->users == 0) {
		while (*at != port)
			at = &(*at)->next;
		*at = port->next;
		port_free(port);
	}
	pthread_mutex_unlock(&ports_lock);
}

int afxdp_port_reload(struct afxdp_port *port, struct torc_error *error)
{
	int program = afxdp_program_load(port, error), result;

	if (program < 0)
		return program;
	result = torc_bpf_link_update(port->link, program);
	close(program);
	if (result < 0)
		torc_error_set(error, result, "cannot replace the XDP program: %s",
			       torc_strerror(result));
	return result;
}

/* ---- its sockets, under its lock ---- */

struct afxdp_sockets *afxdp_port_find(const struct afxdp_port *port, uint64_t mask)
{
	struct afxdp_sockets *sockets = port->sockets;

	while (sockets && sockets->mask != mask)
		sockets = sockets->next;
	return sockets;
}

void afxdp_port_add(struct afxdp_port *port, struct afxdp_sockets *sockets)
{
	sockets->next = port->sockets;
	port->sockets = sockets;
}

void afxdp_port_drop(struct afxdp_port *port, struct afxdp_sockets *sockets)
{
	struct afxdp_sockets **at = &port->sockets;

	if (--sockets->users > 0)
		return;
	while (*at && *at != sockets)
		at = &(*at)->next;
	if (*at)
		*at = sockets->next;
	afxdp_sockets_close(sockets);
}

/* Softirqs are RCU readers, and this is synchronize_rcu(). */
void afxdp_let_packets_pass(void)
{
	syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
}

static bool queues_are_taken(const struct afxdp_port *port, const struct afxdp_sockets *sockets)
{
	for (const struct afxdp_sockets *s = port->sockets; s; s = s->next) {
		if ((s->receiving || s->shared) && (s->mask & sockets->mask))
			return true;
	}
	return port->foreign;
}

int afxdp_port_start(struct afxdp_port *port, struct afxdp_sockets *sockets,
		     const struct afxdp_reader *alone)
{
	int result = 0;

	if (queues_are_taken(port, sockets))
		return -EBUSY;
	sockets->receiving = true;
	sockets->alone = alone;
	if (alone)
		result = afxdp_sockets_begin(sockets);
	for (uint32_t i = 0; i < sockets->count && !sockets->tap && result == 0; i++)
		result = torc_bpf_map_update(port->map, &sockets->queues[i].id,
					     &sockets->queues[i].fd);
	if (result == 0)
		result = afxdp_port_reload(port, NULL);
	if (result < 0) {
		afxdp_port_stop(port, sockets);
		sockets->alone = NULL;
	}
	return result;
}

void afxdp_port_stop(struct afxdp_port *port, struct afxdp_sockets *sockets)
{
	sockets->receiving = false;
	/* Should this fail, the program that stays finds no sockets in the map. */
	afxdp_port_reload(port, NULL);
	afxdp_let_packets_pass();
	for (uint32_t i = 0; i < sockets->count; i++)
		torc_bpf_map_delete(port->map, &sockets->queues[i].id);
}
