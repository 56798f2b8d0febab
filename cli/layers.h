/* SPDX-License-Identifier: BSD-3-Clause */
/* layers.h - the layers and fields that there are */
#ifndef TORC_CLI_LAYERS_H
#define TORC_CLI_LAYERS_H

#include "cli.h"

/* One line a layer, and below it one a field; or a JSON object a layer. */
void layers_list(bool json);

#endif
