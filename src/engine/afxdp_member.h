/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * afxdp_member.h - an engine that is a member of a cluster
 *
 * A queue has one socket. Whoever opened it lets the other processes have it, with the memory of its
 * frames, so that each of them can lead when the leader ends (afxdp_leader.h); it maps the kernel's
 * rings only then. A member takes from its inbox and gives frames back (afxdp_table.h), and both are
 * without a lock. Who is a member and whose a bucket is, src/cluster/ knows (torc_cluster_deal()).
 * Copies (mode=tap) are handed out in the same way, but to rings of this process only.
 */
#ifndef TORC_ENGINE_AFXDP_MEMBER_H
#define TORC_ENGINE_AFXDP_MEMBER_H

#include "engine/afxdp_engine.h"

struct torc_cluster_member;

extern const struct afxdp_role afxdp_role_member;

/* Under the port's lock, as leaving. Another role is the engine's then. */
int afxdp_member_join(struct torc_engine *engine, struct torc_cluster_member *member,
		      struct torc_error *error);
/*
 * Its share and its frames are the others'; what was handed to it and not read is as if it had never
 * been. Adds what it has seen to past. Returns whether there are others.
 */
bool afxdp_member_leave(struct torc_engine *engine, struct torc_engine_stats *past);
/* A block that an engine took before there was a cluster on its sockets. */
void afxdp_member_found(struct afxdp_sockets *sockets, const struct afxdp_block *block);
/* What the leader says, or that it has ended; called when nothing is at hand, without the lock. */
void afxdp_member_attend(struct torc_engine *engine);
/* Does a thread of this process hand the packets out? Under the port's lock. */
bool afxdp_member_leads(const struct torc_engine *engine);
/* Until it has a leader it is to be called soon. */
bool afxdp_member_is_waiting(const struct torc_engine *engine);

#endif
