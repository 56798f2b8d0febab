/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rules.c - PF_RING's filtering rules, in user space, after the BPF filter
 *
 * Hash rules name one flow and are looked up first, by PF_RING's hash, both directions at once.
 * Wildcard rules are walked from the lowest id to the highest until one stops the evaluation. What
 * none of them decides, the policy does.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "state.h"

#define BUCKETS DEFAULT_RING_HASH_SIZE

struct wildcard {
	struct wildcard *next;
	uint64_t last_match_ms;
	int reflector; /* interface index, or 0 */
	filtering_rule rule;
};

struct exact {
	struct exact *next;
	uint64_t last_match_ms;
	uint64_t match, filtered, match_forward;
	int reflector;
	hash_filtering_rule rule;
};

struct rules {
	struct wildcard *wildcards; /* by ascending id */
	struct exact *bucket[BUCKETS];
	uint32_t filtering_sampling_rate;
};

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* The state's lock is held. */
static struct rules *get_rules(pfring *ring)
{
	struct state *state = state_of(ring);

	if (!state->rules)
		state->rules = calloc(1, sizeof(*state->rules));
	return state->rules;
}

static void engage(pfring *ring)
{
	pf_set_extra(ring, EXTRA_RULES, true);
	pf_sampling_apply(ring);
}

void pf_rules_free(struct rules *rules)
{
	if (!rules)
		return;
	for (struct wildcard *at = rules->wildcards, *next; at; at = next) {
		next = at->next;
		free(at);
	}
	for (unsigned int i = 0; i < BUCKETS; i++)
		for (struct exact *at = rules->bucket[i], *next; at; at = next) {
			next = at->next;
			free(at);
		}
	free(rules);
}

/* ---- hash rules ---- */

static bool same_address(const ip_addr *a, const ip_addr *b, u_int8_t version)
{
	return version == 6 ? memcmp(a, b, sizeof(*a)) == 0 : a->v4 == b->v4;
}

static bool same_flow(const hash_filtering_rule *a, const hash_filtering_rule *b)
{
	ip_addr aa = a->host_peer_a, ab = a->host_peer_b, ba = b->host_peer_a, bb = b->host_peer_b;
	u_int8_t version = a->ip_version;

	if (version != b->ip_version || a->proto != b->proto || a->vlan_id != b->vlan_id)
		return false;
	if (a->port_peer_a == b->port_peer_a && a->port_peer_b == b->port_peer_b &&
	    same_address(&aa, &ba, version) && same_address(&ab, &bb, version))
		return true;
	return a->port_peer_a == b->port_peer_b && a->port_peer_b == b->port_peer_a &&
	       same_address(&aa, &bb, version) && same_address(&ab, &ba, version);
}

static struct exact **bucket_of(struct rules *rules, const hash_filtering_rule *rule)
{
	struct pkt_parsing_info info = {
		.ip_version = rule->ip_version,
		.l3_proto = rule->proto,
		.ip_src = rule->host_peer_a,
		.ip_dst = rule->host_peer_b,
		.l4_src_port = rule->port_peer_a,
		.l4_dst_port = rule->port_peer_b,
	};

	return &rules->bucket[pf_hash_sum(&info, false, rule->vlan_id) % BUCKETS];
}

/* Where the rule hangs, or where the chain of its bucket ends. */
static struct exact **find_exact(struct rules *rules, const hash_filtering_rule *rule)
{
	struct exact **at = bucket_of(rules, rule);

	while (*at && !same_flow(&(*at)->rule, rule))
		at = &(*at)->next;
	return at;
}

static void flow_of(hash_filtering_rule *rule, const struct pkt_parsing_info *info)
{
	memset(rule, 0, sizeof(*rule));
	rule->vlan_id = info->vlan_id;
	rule->ip_version = info->ip_version;
	rule->proto = info->l3_proto;
	rule->host_peer_a = info->ip_src;
	rule->host_peer_b = info->ip_dst;
	rule->port_peer_a = info->l4_src_port;
	rule->port_peer_b = info->l4_dst_port;
}

static int insert_exact(struct rules *rules, const hash_filtering_rule *rule, int reflector)
{
	struct exact **at = find_exact(rules, rule);
	struct exact *entry;

	if (*at)
		return -EEXIST;
	entry = calloc(1, sizeof(*entry));
	if (!entry)
		return -ENOMEM;
	entry->rule = *rule;
	entry->reflector = reflector;
	entry->last_match_ms = now_ms();
	*at = entry;
	return 0;
}

/* 0 and the index of the device a rule reflects to, 0 for none; -EFAULT as PF_RING says it. */
static int rule_reflector(pfring *ring, const char name[REFLECTOR_NAME_LEN],
			  rule_action_behaviour action, int *ifindex)
{
	bool sends = action >= reflect_packet_and_stop_rule_evaluation;
	bool bounce = action >= bounce_packet_and_stop_rule_evaluation;
	char device[REFLECTOR_NAME_LEN + 1] = { 0 };

	*ifindex = 0;
	if (action > bounce_packet_and_continue_rule_evaluation)
		return -EINVAL;
	memcpy(device, name, REFLECTOR_NAME_LEN);
	if (!device[0])
		return sends ? -EFAULT : 0;
	*ifindex = pf_reflector_open(ring, device);
	if (*ifindex == 0 || (!bounce && *ifindex == ring->device_id))
		return -EFAULT;
	return 0;
}

static int change_exact(pfring *ring, const hash_filtering_rule *rule, bool add)
{
	struct state *state = state_of(ring);
	int reflector = 0, rc = 0;
	struct rules *rules;
	struct exact **at, *gone;

	if (add)
		rc = rule_reflector(ring, rule->reflector_device_name, rule->rule_action,
				    &reflector);
	if (rc < 0)
		return rc;
	pthread_mutex_lock(&state->lock);
	rules = get_rules(ring);
	if (!rules) {
		rc = -ENOMEM;
	} else if (add) {
		rc = insert_exact(rules, rule, reflector);
	} else {
		at = find_exact(rules, rule);
		gone = *at;
		rc = gone ? 0 : -ENOENT;
		if (gone)
			*at = gone->next;
		free(gone);
	}
	pthread_mutex_unlock(&state->lock);
	if (rc == 0 && add)
		engage(ring);
	return rc;
}

API int pfring_handle_hash_filtering_rule(pfring *ring, hash_filtering_rule *rule_to_add,
					  u_char add_rule)
{
	if (!ring)
		return PF_RING_ERROR_NOT_SUPPORTED;
	if (!rule_to_add || (rule_to_add->ip_version != 4 && rule_to_add->ip_version != 6))
		return pf_result(-EINVAL);
	return pf_result(change_exact(ring, rule_to_add, add_rule));
}

API int pfring_get_hash_filtering_rule_stats(pfring *ring, hash_filtering_rule *rule, char *stats,
					     u_int *stats_len)
{
	hash_filtering_rule_stats result = { 0 };
	struct exact *found = NULL;
	struct state *state;

	if (!ring)
		return PF_RING_ERROR_NOT_SUPPORTED;
	if (!rule || !stats || !stats_len)
		return pf_result(-EINVAL);
	state = state_of(ring);
	pthread_mutex_lock(&state->lock);
	if (state->rules)
		found = *find_exact(state->rules, rule);
	if (found)
		result = (hash_filtering_rule_stats){
			.match = found->match,
			.filtered = found->filtered,
			.match_forward = found->match_forward,
			.inactivity = (u_int32_t)((now_ms() - found->last_match_ms) / 1000),
		};
	pthread_mutex_unlock(&state->lock);
	if (!found)
		return pf_result(-EFAULT);
	if (*stats_len > sizeof(result))
		*stats_len = sizeof(result);
	memcpy(stats, &result, *stats_len);
	return 0;
}

API int pfring_purge_idle_hash_rules(pfring *ring, u_int16_t inactivity_sec)
{
	uint64_t now = now_ms(), idle = (uint64_t)inactivity_sec * 1000;
	struct state *state;

	if (!ring)
		return PF_RING_ERROR_NOT_SUPPORTED;
	state = state_of(ring);
	pthread_mutex_lock(&state->lock);
	for (unsigned int i = 0; state->rules && i < BUCKETS; i++)
		for (struct exact **at = &state->rules->bucket[i]; *at;) {
			struct exact *entry = *at;

			if (now - entry->last_match_ms <= idle) {
				at = &entry->next;
				continue;
			}
			*at = entry->next;
			free(entry);
		}
	pthread_mutex_unlock(&state->lock);
	return 0;
}

API int pfring_set_filtering_sampling_rate(pfring *ring, u_int32_t rate)
{
	struct rules *rules;
	struct state *state;

	if (!ring)
		return PF_RING_ERROR_NOT_SUPPORTED;
	state = state_of(ring);
	pthread_mutex_lock(&state->lock);
	rules = get_rules(ring);
	if (rules)
		rules->filtering_sampling_rate = rate;
	pthread_mutex_unlock(&state->lock);
	return rules ? 0 : pf_result(-ENOMEM);
}

/* ---- wildcard rules ---- */

static int insert_wildcard(struct rules *rules, const filtering_rule *rule, int reflector)
{
	struct wildcard **at = &rules->wildcards, *entry;

	while (*at && (*at)->rule.rule_id < rule->rule_id)
		at = &(*at)->next;
	if (*at && (*at)->rule.rule_id == rule->rule_id)
		return -EEXIST;
	entry = calloc(1, sizeof(*entry));
	if (!entry)
		return -ENOMEM;
	entry->rule = *rule;
	entry->reflector = reflector;
	entry->last_match_ms = now_ms();
	entry->next = *at;
	*at = entry;
	return 0;
}

API int pfring_add_filtering_rule(pfring *ring, filtering_rule *rule_to_add)
{
	int reflector, rc;
	struct rules *rules;
	struct state *state;

	if (!ring)
		return PF_RING_ERROR_NOT_SUPPORTED;
	if (!rule_to_add)
		return pf_result(-EINVAL);
	state = state_of(ring);
	rule_to_add->core_fields.shost.v4 &= rule_to_add->core_fields.shost_mask.v4;
	rule_to_add->core_fields.dhost.v4 &= rule_to_add->core_fields.dhost_mask.v4;
	if (rule_to_add->balance_id > rule_to_add->balance_pool)
		rule_to_add->balance_id = 0;
	rc = rule_reflector(ring, rule_to_add->reflector_device_name, rule_to_add->rule_action,
			    &reflector);
	if (rc < 0)
		return pf_result(rc);
	pthread_mutex_lock(&state->lock);
	rules = get_rules(ring);
	rc = rules ? insert_wildcard(rules, rule_to_add, reflector) : -ENOMEM;
	pthread_mutex_unlock(&state->lock);
	if (rc == 0)
		engage(ring);
	return pf_result(rc);
}

API int pfring_remove_filtering_rule(pfring *ring, u_int16_t rule_id)
{
	struct wildcard **at, *gone = NULL;
	struct state *state;

	if (!ring)
		return PF_RING_ERROR_NOT_SUPPORTED;
	state = state_of(ring);
	pthread_mutex_lock(&state->lock);
	if (state->rules) {
		at = &state->rules->wildcards;
		while (*at && (*at)->rule.rule_id != rule_id)
			at = &(*at)->next;
		gone = *at;
		if (gone)
			*at = gone->next;
	}
	pthread_mutex_unlock(&state->lock);
	free(gone);
	return gone ? 0 : pf_result(-ENOENT);
}

API int pfring_purge_idle_rules(pfring *ring, u_int16_t inactivity_sec)
{
	uint64_t now = now_ms(), idle = (uint64_t)inactivity_sec * 1000;
	struct state *state;

	if (!ring)
		return PF_RING_ERROR_NOT_SUPPORTED;
	state = state_of(ring);
	pthread_mutex_lock(&state->lock);
	for (struct wildcard **at = state->rules ? &state->rules->wildcards : NULL; at && *at;) {
		struct wildcard *entry = *at;

		if (entry->rule.locked || now - entry->last_match_ms <= idle) {
			at = &entry->next;
			continue;
		}
		*at = entry->next;
		free(entry);
	}
	pthread_mutex_unlock(&state->lock);
	return 0;
}

API int pfring_toggle_filtering_policy(pfring *ring, u_int8_t rules_default_accept_policy)
{
	if (!ring)
		return PF_RING_ERROR_NOT_SUPPORTED;
	ring->socket_default_accept_policy = rules_default_accept_policy;
	engage(ring);
	return 0;
}

/* ---- evaluation ---- */

/* What is to be sent, once the lock is released: sending takes it again. */
struct copies {
	struct {
		int ifindex;
		bool swap;
	} to[REFLECTORS_MAX];
	unsigned int count;
};

static void add_copy(struct copies *copies, int ifindex, rule_action_behaviour action)
{
	if (copies->count == REFLECTORS_MAX)
		return;
	copies->to[copies->count].ifindex = ifindex;
	copies->to[copies->count].swap = action >= bounce_packet_and_stop_rule_evaluation;
	copies->count++;
}

/* A hash rule decided (true), or wildcard rules are to be asked too. */
static bool ask_exact(struct rules *rules, const struct pfring_pkthdr *hdr, bool *pass,
		      struct copies *copies)
{
	hash_filtering_rule flow;
	struct exact *found;
	rule_action_behaviour action;
	uint64_t rate = rules->filtering_sampling_rate;

	flow_of(&flow, &hdr->extended_hdr.parsed_pkt);
	found = *find_exact(rules, &flow);
	if (!found)
		return false;
	action = found->rule.rule_action;
	*pass = action == forward_packet_and_stop_rule_evaluation ||
		action == forward_packet_add_rule_and_stop_rule_evaluation;
	if (found->reflector)
		add_copy(copies, found->reflector, action);
	if (action == execute_action_and_continue_rule_evaluation ||
	    action == reflect_packet_and_continue_rule_evaluation ||
	    action == bounce_packet_and_continue_rule_evaluation)
		return false;
	found->last_match_ms = now_ms();
	/* The first ten of each ten times rate still pass, so that the flow stays visible. */
	if (!*pass && rate > 0 &&
	    found->match % (rate * FILTERING_SAMPLING_RATIO) < FILTERING_SAMPLING_RATIO) {
		found->match_forward++;
		*pass = true;
	}
	found->match++;
	found->filtered += !*pass;
	return true;
}

/* One wildcard rule matched: true when it ends the evaluation. */
static bool apply_wildcard(struct rules *rules, const struct wildcard *entry,
			   const struct pfring_pkthdr *hdr, bool *pass, struct copies *copies)
{
	rule_action_behaviour action = entry->rule.rule_action;
	hash_filtering_rule flow;

	switch (action) {
	case forward_packet_add_rule_and_stop_rule_evaluation:
		flow_of(&flow, &hdr->extended_hdr.parsed_pkt);
		if (flow.ip_version != 0)
			insert_exact(rules, &flow, 0);
		*pass = true;
		return true;
	case forward_packet_and_stop_rule_evaluation:
		*pass = true;
		return true;
	case dont_forward_packet_and_stop_rule_evaluation:
		*pass = false;
		return true;
	case execute_action_and_stop_rule_evaluation:
		return true;
	case reflect_packet_and_stop_rule_evaluation:
	case bounce_packet_and_stop_rule_evaluation:
		*pass = false;
		add_copy(copies, entry->reflector, action);
		return true;
	case reflect_packet_and_continue_rule_evaluation:
	case bounce_packet_and_continue_rule_evaluation:
		*pass = true;
		add_copy(copies, entry->reflector, action);
		return false;
	case execute_action_and_continue_rule_evaluation:
		return false;
	}
	return false;
}

static void ask_wildcards(struct rules *rules, struct pfring_pkthdr *hdr, const uint8_t *data,
			  bool *pass, struct copies *copies)
{
	for (struct wildcard *at = rules->wildcards; at; at = at->next) {
		if (!pf_rule_matches(&at->rule, hdr, data))
			continue;
		at->last_match_ms = now_ms();
		hdr->extended_hdr.parsed_pkt.last_matched_rule_id = at->rule.rule_id;
		if (apply_wildcard(rules, at, hdr, pass, copies))
			return;
	}
}

bool pf_rules_pass(pfring *ring, struct pfring_pkthdr *hdr, const struct torc_packet *packet)
{
	struct state *state = state_of(ring);
	bool pass = ring->socket_default_accept_policy;
	struct copies copies;

	copies.count = 0;
	pthread_mutex_lock(&state->lock);
	if (state->rules && !ask_exact(state->rules, hdr, &pass, &copies))
		ask_wildcards(state->rules, hdr, packet->data, &pass, &copies);
	pthread_mutex_unlock(&state->lock);
	for (unsigned int i = 0; i < copies.count; i++)
		pf_reflect(ring, copies.to[i].ifindex, packet, copies.to[i].swap);
	return pass;
}
