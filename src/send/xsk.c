/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * xsk.c - sending through an AF_XDP socket (linux/if_xdp.h), by the engine of xdp: rings
 *
 * The engine is opened to send only: no XDP program is attached and nothing is received, so that
 * the host keeps its packets. It is opened in copy mode, since zero-copy makes some drivers restart
 * their queues. Frames go straight to the driver, without queue discipline and taps.
 */
#include <errno.h>
#include <stdlib.h>

#include "engine/engine.h"
#include "send/way.h"
#include "util/error.h"

#define BATCH 512u

struct torc_way {
	struct torc_engine *engine;
};

static const struct torc_engine_ops *const afxdp = &torc_engine_afxdp;

static void xsk_close(struct torc_way *way)
{
	if (way->engine) {
		afxdp->stop(way->engine);
		afxdp->close(way->engine);
	}
	free(way);
}

static int xsk_open(struct torc_way **out, const struct torc_way_config *config,
		    struct torc_error *error)
{
	struct torc_engine_config engine = {
		.name = config->interface,
		.settings = "generic=1",
		.channel_mask = 1,
		.mode = TORC_SEND_ONLY,
	};
	struct torc_way *way;
	int code;

	if (!config->ethernet)
		return torc_error_set(error, -EOPNOTSUPP,
				      "AF_XDP sends Ethernet frames, %s has none",
				      config->interface);
	way = calloc(1, sizeof(*way));
	if (!way)
		return torc_error_set(error, -ENOMEM, "no memory for a sender");
	code = afxdp->open(&way->engine, &engine, error);
	if (code == 0) {
		code = afxdp->start(way->engine);
		if (code < 0)
			torc_error_set(error, code, "AF_XDP does not start on %s: %s",
				       config->interface, torc_strerror(code));
	}
	if (code < 0) {
		xsk_close(way);
		return code;
	}
	*out = way;
	return 0;
}

static uint64_t sent_by(const struct torc_way *way)
{
	struct torc_engine_stats stats = { 0 };

	afxdp->stats(way->engine, &stats);
	return stats.sent;
}

/* What the kernel does not take, the engine takes back: what is sent is the front of the batch. */
static int xsk_send(struct torc_way *way, const struct torc_packet *packets, unsigned int count)
{
	uint64_t before = sent_by(way), sent;
	int taken = afxdp->send_batch(way->engine, packets, count < BATCH ? count : BATCH);
	int flushed = afxdp->flush(way->engine);

	sent = sent_by(way) - before;
	if (sent > 0)
		return (int)sent;
	if (taken < 0)
		return taken;
	return flushed < 0 ? flushed : -ENOBUFS;
}

const struct torc_way_ops torc_way_af_xdp = {
	.name = "af_xdp",
	.open = xsk_open,
	.close = xsk_close,
	.send = xsk_send,
};
