/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/application/imap.h - Internet Message Access Protocol, RFC 9051 */
#ifndef TORC_LAYERS_IMAP_H
#define TORC_LAYERS_IMAP_H

#include <torc/layers/application/dialog.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_imap {
	struct torc_dialog dialog;
	struct torc_dialog_line first;
	struct torc_bytes user;    /* of LOGIN */
	struct torc_bytes mailbox; /* of SELECT and EXAMINE */
	bool is_starttls;
};

TORC_LAYER_READER(imap, IMAP)

#ifdef __cplusplus
}
#endif

#endif
