/* SPDX-License-Identifier: BSD-3-Clause */
/* option.h - the lists of layers in text: names and values of options */
#ifndef TORC_BUILD_OPTION_H
#define TORC_BUILD_OPTION_H

#include <torc/build.h>

#include "build/writer.h"

/* The nth name of an option that text knows for a layer type; NULL: there are no more. */
const char *option_name(unsigned int type, unsigned int n);

/*
 * Whether name is one of them; then value (NULL: there was none) is appended to the list, and the
 * layer's struct has it. *code: 0, or negative with a sentence in error.
 */
bool option_take(unsigned int type, const char *name, const char *value, struct torc_build_list *list,
		 void *object, int *code, struct torc_error *error);

#endif
