/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/application/smtp.h - Simple Mail Transfer Protocol, RFC 5321 */
#ifndef TORC_LAYERS_SMTP_H
#define TORC_LAYERS_SMTP_H

#include <torc/layers/application/dialog.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Of a segment with several lines, what the first one that has it says; so in all of these. */
struct torc_smtp {
	struct torc_dialog dialog;
	struct torc_dialog_line first;
	struct torc_bytes host;      /* of HELO or EHLO, or of the greeting */
	struct torc_bytes sender;    /* without <> */
	struct torc_bytes recipient; /* without <> */
	struct torc_bytes mechanism; /* of AUTH */
	bool is_starttls;            /* what follows is TLS, if the server agrees */
};

TORC_LAYER_READER(smtp, SMTP)

#ifdef __cplusplus
}
#endif

#endif
