/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/application/dropbox.h - what Dropbox's clients call out to their network */
#ifndef TORC_LAYERS_DROPBOX_H
#define TORC_LAYERS_DROPBOX_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The members of a JSON object, as they are written; empty: not there. */
struct torc_dropbox {
	struct torc_bytes host; /* a number that names the client */
	struct torc_bytes version; /* "2, 0" */
	struct torc_bytes name;
	struct torc_bytes namespaces; /* the numbers of shared folders, with commas between */
	uint16_t port; /* TCP, where others may connect */
	struct torc_bytes object; /* all of it */
};

TORC_LAYER_READER(dropbox, DROPBOX)

#ifdef __cplusplus
}
#endif

#endif
