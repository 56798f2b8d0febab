/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/application/irc.h - Internet Relay Chat, RFC 2812 */
#ifndef TORC_LAYERS_IRC_H
#define TORC_LAYERS_IRC_H

#include <torc/layers/application/dialog.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_irc {
	struct torc_dialog dialog;
	struct torc_dialog_line first;
	struct torc_bytes nick;    /* of NICK, or whom a numbered reply is for */
	struct torc_bytes user;    /* of USER */
	struct torc_bytes channel; /* of JOIN, PART and the like: what begins with # or & */
};

TORC_LAYER_READER(irc, IRC)

#ifdef __cplusplus
}
#endif

#endif
