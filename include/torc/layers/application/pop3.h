/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/application/pop3.h - Post Office Protocol, RFC 1939 */
#ifndef TORC_LAYERS_POP3_H
#define TORC_LAYERS_POP3_H

#include <torc/layers/application/dialog.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_pop3 {
	struct torc_dialog dialog;
	struct torc_dialog_line first;
	struct torc_bytes user;
	bool is_starttls; /* STLS */
};

TORC_LAYER_READER(pop3, POP3)

#ifdef __cplusplus
}
#endif

#endif
