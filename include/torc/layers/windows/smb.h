/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * torc/layers/windows/smb.h - file sharing: SMB 1 ([MS-CIFS]), SMB 2 and 3 ([MS-SMB2])
 *
 * A layer is what one message of the session service holds, as far as the segment goes.
 */
#ifndef TORC_LAYERS_SMB_H
#define TORC_LAYERS_SMB_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_smb {
	uint8_t command; /* 72: negotiate, 73: session setup, A2: create ... (hexadecimal) */
	uint32_t status;
	bool is_response;
	uint8_t flags;
	uint16_t flags2; /* 8000: Unicode, 4000: statuses of NT */
	uint16_t tree_id;
	uint32_t process_id;
	uint16_t user_id;
	uint16_t multiplex_id;
	/* of a request to create, open or connect, or of a transaction: a file, share, pipe or mailslot */
	struct torc_bytes name;         /* bytes of a code page */
	struct torc_bytes unicode_name; /* UTF-16, when flags2 says so */
	struct torc_bytes dialects;     /* of a negotiation: strings, see torc_smb_dialect_next() */
	/* of a message to \MAILSLOT\BROWSE, [MS-BRWS] §2.2 */
	uint8_t browser_command;      /* 1: a host, 2: request, 8: election, C: a domain, F: the master */
	struct torc_bytes browser_name; /* of the host, master or domain */
};

TORC_LAYER_READER(smb, SMB)

struct torc_smb_dialect {
	struct torc_bytes name;
};

/* The dialect at *position, 0 at first, that a client can speak; 1, or 0 at the end. */
TORC_API int torc_smb_dialect_next(const struct torc_smb *smb, uint32_t *position,
				   struct torc_smb_dialect *dialect);

struct torc_smb2 {
	bool is_encrypted;  /* all that follows: [MS-SMB2] §2.2.41 */
	bool is_compressed; /* §2.2.42 */
	uint64_t session_id;    /* of an encrypted message */
	uint32_t original_size; /* of an encrypted or compressed message */
	struct torc_bytes messages;
};

TORC_LAYER_READER(smb2, SMB2)

/* One of the messages that are chained together; most come alone. */
struct torc_smb2_message {
	uint16_t command; /* 0: negotiate, 1: session setup, 3: tree connect, 5: create, 8: read ... */
	uint32_t status;  /* of a response */
	bool is_response;
	uint32_t flags;
	uint16_t credits;
	uint64_t message_id;
	uint32_t tree_id;
	uint64_t async_id; /* of what is answered later, instead of a tree */
	uint64_t session_id;
	uint16_t dialect;        /* that a server chose: 0202 to 0311, or 02FF */
	struct torc_bytes name;  /* UTF-16: the file to create, the share to connect, the pattern to find */
	uint32_t length;         /* to read or write */
	uint64_t offset;         /* in the file */
	struct torc_bytes user;  /* UTF-16, as the next two: who logs in with NTLM */
	struct torc_bytes domain;
	struct torc_bytes workstation;
	struct torc_bytes dialects; /* that a client can speak: two bytes each, the lower one first */
	bool is_whole; /* false: it goes on in the next segment */
};

/* The message at *position, 0 at first; 1, or 0 at the end. */
TORC_API int torc_smb2_message_next(const struct torc_smb2 *smb2, uint32_t *position,
				    struct torc_smb2_message *message);

struct torc_smb2_dialect {
	uint16_t dialect;
};

/* The dialect at *position, 0 at first, that the client of the first message can speak; 1, or 0 at the end. */
TORC_API int torc_smb2_dialect_next(const struct torc_smb2 *smb2, uint32_t *position,
				    struct torc_smb2_dialect *dialect);

#ifdef __cplusplus
}
#endif

#endif
