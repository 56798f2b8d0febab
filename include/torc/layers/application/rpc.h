/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/application/rpc.h - ONC remote procedure calls, RFC 5531, and those of NFS and its helpers */
#ifndef TORC_LAYERS_RPC_H
#define TORC_LAYERS_RPC_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_rpc {
	bool is_last_fragment; /* of a record: over TCP, as the next */
	uint32_t fragment_length; /* more than there is: it goes on in the next segment */
	uint32_t xid;
	uint32_t message_type; /* 0: call, 1: reply */
	uint32_t length; /* bytes of the message, as far as it is on the wire */
	/* of a call */
	uint32_t rpc_version; /* 2 */
	uint32_t program; /* 100000: portmap, 100003: NFS, 100005: mount ... */
	uint32_t program_version;
	uint32_t procedure;
	struct torc_bytes procedure_name; /* empty where it is not known */
	uint32_t credential_flavor; /* 0: none, 1: Unix, 6: GSS */
	struct torc_bytes machine; /* of Unix credentials, as the next two */
	uint32_t uid;
	uint32_t gid;
	uint32_t wanted_program; /* of a call to the portmapper for a port, as the next two */
	uint32_t wanted_version;
	uint32_t wanted_protocol; /* 6: TCP, 17: UDP */
	/* of a reply */
	uint32_t reply_state; /* 0: accepted, 1: denied */
	uint32_t accept_state; /* 0: success, 1: no such program, 2: no such version ... */
	uint32_t reject_state; /* 0: RPC's version, 1: authentication */
	uint32_t verifier_flavor;
	struct torc_bytes body; /* arguments or results */
};

TORC_LAYER_READER(rpc, RPC)

#ifdef __cplusplus
}
#endif

#endif
