/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/application/mysql.h - packets of the MySQL client/server protocol */
#ifndef TORC_LAYERS_MYSQL_H
#define TORC_LAYERS_MYSQL_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

enum torc_mysql_kind {
	TORC_MYSQL_OTHER = 0,    /* rows, columns: what only the connection tells */
	TORC_MYSQL_GREETING = 1, /* the server, first */
	TORC_MYSQL_LOGIN = 2,    /* the client, then */
	TORC_MYSQL_TLS = 3,      /* the client: TLS follows */
	TORC_MYSQL_COMMAND = 4,
	TORC_MYSQL_OK = 5,
	TORC_MYSQL_ERROR = 6,
	TORC_MYSQL_EOF = 7
};

struct torc_mysql {
	uint8_t kind; /* enum torc_mysql_kind, of the first packet */
	uint8_t sequence;
	uint8_t command; /* 3: query ... */
	uint8_t charset;
	uint16_t error_code;
	uint16_t status;
	uint32_t length; /* of the packet, behind its header of 4 bytes */
	uint32_t capabilities; /* the lower 16 bits where the server has no more */
	uint32_t thread_id;
	struct torc_bytes version; /* of a greeting */
	struct torc_bytes user;    /* of a login, as the next two */
	struct torc_bytes database;
	struct torc_bytes password; /* scrambled */
	struct torc_bytes plugin;  /* of authentication */
	struct torc_bytes query;   /* of a command: its text, or the name of the database */
	struct torc_bytes sqlstate;
	struct torc_bytes error;
	struct torc_bytes packets;
};

TORC_LAYER_READER(mysql, MYSQL)

struct torc_mysql_packet {
	uint8_t sequence;
	bool is_whole; /* false: it goes on in the next segment */
	uint32_t length;
	struct torc_bytes body;
};

/* The packet at *position, 0 at first; 1, or 0 at the end. */
TORC_API int torc_mysql_packet_next(const struct torc_mysql *mysql, uint32_t *position,
				    struct torc_mysql_packet *packet);

#ifdef __cplusplus
}
#endif

#endif
