/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * state.h - what the drop-in libpfring keeps beside a struct __pfring
 *
 * The handle a program sees is PF_RING's, byte for byte; what belongs to Torc hangs on priv_data.
 * Everything is done through the public headers of libtorc.
 */
#ifndef TORC_PFRING_STATE_H
#define TORC_PFRING_STATE_H

#include <stddef.h>

#include <torc/filter.h>
#include <torc/parse.h>
#include <torc/ring.h>

#define TORC_PFRING_NO_INLINE /* the library has the functions themselves */
#include "pfring.h"

#define API __attribute__((visibility("default")))

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#define SHORT_HEADER_BYTES offsetof(struct pfring_pkthdr, extended_hdr.tx)
#define REFLECTORS_MAX     32

/* What pfring_recv() does beyond handing a packet over; none of it: the fast path. */
enum {
	EXTRA_RULES = 1 << 0,
	EXTRA_SAMPLING = 1 << 1, /* here and not in the ring, since it comes after the rules */
	EXTRA_TRAILER = 1 << 2,
	EXTRA_REFLECT = 1 << 3,
	EXTRA_SLICING = 1 << 4,
	EXTRA_BOUNCE = 1 << 5,
	EXTRA_LONG = 1 << 6 /* PF_RING_LONG_HEADER */
};

struct rules;

/* A send-only ring on a device that packets are reflected or bounced to. */
struct reflector {
	int ifindex;
	struct torc_ring *torc;
	struct torc_forwarder *forwarder;
};

struct state {
	struct torc_ring *torc;
	uint32_t extra; /* EXTRA_ bits */
	bool hash;      /* pkt_hash without PF_RING_LONG_HEADER */

	unsigned int waiters; /* threads in a receive call; atomic */
	uint64_t withheld;    /* received from the ring, not given to the program; atomic */

	pthread_mutex_t lock; /* everything below */
	struct rules *rules;
	struct reflector reflectors[REFLECTORS_MAX];
	unsigned int reflector_count;
	int reflect_ifindex; /* of pfring_set_reflector_device() */
	uint64_t forwarded, forward_errors;
	/* packets seen of this window; which of them passes; what picks the next */
	uint32_t sampling_place, sampling_pick, sampling_seed;

	struct torc_packet last; /* for pfring_send_last_rx_packet(); borrowed as the packet is */

	unsigned int tx_watermark, tx_queued;
	struct torc_filter *tx_filter; /* of PF_RING_TX_BPF; under ring->tx_lock */
	unsigned int poll_duration_ms, watermark_timeout_ms; /* 0: never set */

	char stats_path[320]; /* "" until pfring_set_application_stats() */
};

static inline struct state *state_of(const pfring *ring)
{
	return ring->priv_data;
}

/* Whether pfring_recv() does one of these things; none of them: it is a step (pfring.h). */
static inline void pf_set_extra(pfring *ring, uint32_t extra, bool on)
{
	struct state *state = state_of(ring);

	state->extra = on ? state->extra | extra : state->extra & ~extra;
	ring->ft = state->extra ? NULL : state->torc;
}

/* errors.c: set errno from a code of libtorc and return -1; 0 and more are passed on */
int pf_result(int code);
void pf_errno(int code);
/* One line on stderr where the environment has PFRING_VERBOSE. */
void pf_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* device.c: what a PF_RING device string means to torc_ring_open() */
struct pf_device {
	char torc[512]; /* the device string for libtorc */
	char name[512]; /* as pfring->device_name shows it: without the module prefix */
	int vlan;       /* TORC_VLAN_ANY or the id of a ".100" */
	bool file;
};

/* 0, or a negative errno and the sentence */
int pf_device_parse(const char *string, struct pf_device *device, struct torc_error *error);

/* header.c */
uint32_t pf_hash_sum(const struct pkt_parsing_info *info, bool use_tunnel, uint16_t vlan);
uint32_t pf_hash_parsed(const struct torc_packet *packet);
void pf_parsed_fill(struct pkt_parsing_info *info, const struct torc_parsed *parsed,
		    const uint8_t *data, uint32_t caplen);
void pf_header_long(struct pfring_pkthdr *hdr, const struct torc_packet *packet);

/* rules.c: what the rules say about a packet, whose long header is filled in */
bool pf_rules_pass(pfring *ring, struct pfring_pkthdr *hdr, const struct torc_packet *packet);
void pf_rules_free(struct rules *rules);

/* rule_match.c: filtering_rule against a parsed packet */
bool pf_rule_matches(const filtering_rule *rule, const struct pfring_pkthdr *hdr,
		     const uint8_t *data);

/* reflect.c: copy a packet out of another interface, with the MAC addresses swapped or not */
int pf_reflect(pfring *ring, int ifindex, const struct torc_packet *packet, bool swap);
/* The index of a device a rule names, 0: none; its interface is opened, ready to send. */
int pf_reflector_open(pfring *ring, const char *device);
void pf_reflectors_close(struct state *state);

/* settings.c: where sampling is done depends on whether there are rules */
int pf_sampling_apply(pfring *ring);
bool pf_sampled(pfring *ring);

/* trailer.c: false: not a packet for the program (a key frame) */
bool pf_trailer_strip(pfring *ring, u_char *data, struct pfring_pkthdr *hdr);

/* stats_file.c */
void pf_stats_file_remove(struct state *state);

char *sysdig_event2name(unsigned int event_type);

#endif
