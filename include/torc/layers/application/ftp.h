/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/application/ftp.h - the control connection of the File Transfer Protocol, RFC 959 and RFC 2428 */
#ifndef TORC_LAYERS_FTP_H
#define TORC_LAYERS_FTP_H

#include <torc/layers/application/dialog.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_ftp {
	struct torc_dialog dialog;
	struct torc_dialog_line first;
	struct torc_bytes user;
	uint16_t data_port;    /* PORT, EPRT, and the answers to PASV, EPSV: where data will go */
	uint8_t data_ipv4[4];  /* 0.0.0.0: none was said */
	uint8_t data_ipv6[16];
};

TORC_LAYER_READER(ftp, FTP)

#ifdef __cplusplus
}
#endif

#endif
