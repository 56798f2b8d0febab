/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/application/postgresql.h - messages of the PostgreSQL frontend/backend protocol, version 3 */
#ifndef TORC_LAYERS_POSTGRESQL_H
#define TORC_LAYERS_POSTGRESQL_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_postgresql {
	bool is_backend;          /* from the server */
	uint16_t kind;            /* of the first message, as below */
	uint32_t code;            /* of a message of the start: 00030000, or a request for TLS ... */
	struct torc_bytes user;   /* of a startup message, as the next two */
	struct torc_bytes database;
	struct torc_bytes application;
	struct torc_bytes query;  /* of a Query or Parse */
	struct torc_bytes tag;    /* of a CommandComplete: "SELECT 1" */
	struct torc_bytes severity; /* of an error or notice, as the next two */
	struct torc_bytes sqlstate;
	struct torc_bytes error;
	struct torc_bytes password; /* what a client answers to a request for authentication */
	struct torc_bytes messages;
};

TORC_LAYER_READER(postgresql, POSTGRESQL)

/* What a letter means depends on who sends it. */
enum torc_postgresql_kind {
	TORC_POSTGRESQL_START = 0,       /* a client's first message, which has no letter; else the letter */
	TORC_POSTGRESQL_BACKEND = 0x100, /* added where it is the server's */
	TORC_POSTGRESQL_ANSWER = 0x300   /* added to the byte that answers a request for encryption */
};

struct torc_postgresql_message {
	uint16_t kind;
	bool is_whole;   /* false: it goes on in the next segment */
	uint32_t length; /* as it says, with the length itself; 0: the answer */
	struct torc_bytes body; /* behind type and length */
};

/* The message at *position, 0 at first; 1, or 0 at the end. */
TORC_API int torc_postgresql_message_next(const struct torc_postgresql *postgresql,
					  uint32_t *position,
					  struct torc_postgresql_message *message);

#ifdef __cplusplus
}
#endif

#endif
