/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/application/nntp.h - Network News Transfer Protocol, RFC 3977 */
#ifndef TORC_LAYERS_NNTP_H
#define TORC_LAYERS_NNTP_H

#include <torc/layers/application/dialog.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_nntp {
	struct torc_dialog dialog;
	struct torc_dialog_line first;
	struct torc_bytes user;  /* of AUTHINFO USER */
	struct torc_bytes group; /* of GROUP and LISTGROUP */
};

TORC_LAYER_READER(nntp, NNTP)

#ifdef __cplusplus
}
#endif

#endif
