/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/application/ssh.h - the beginning of an SSH connection, RFC 4253 */
#ifndef TORC_LAYERS_SSH_H
#define TORC_LAYERS_SSH_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_ssh {
	struct torc_bytes identification;  /* "SSH-2.0-...", without the end of its line */
	uint8_t message;  /* 20: key exchange init */
	uint32_t packet_length;  /* of its binary packet */
	uint8_t padding_length;
	struct torc_bytes cookie;  /* 16 bytes */
	struct torc_bytes kex;  /* names with commas between */
	struct torc_bytes host_key;
	struct torc_bytes cipher;  /* client to server, as the next two */
	struct torc_bytes mac;
	struct torc_bytes compression;
	struct torc_bytes cipher_to_client;
	struct torc_bytes mac_to_client;
	struct torc_bytes compression_to_client;
};

TORC_LAYER_READER(ssh, SSH)

#ifdef __cplusplus
}
#endif

#endif
