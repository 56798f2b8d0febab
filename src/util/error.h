/* SPDX-License-Identifier: BSD-3-Clause */
/* error.h - filling in the sentence of a struct torc_error */
#ifndef TORC_UTIL_ERROR_H
#define TORC_UTIL_ERROR_H

#include <torc/base.h>

/* Fill in error (NULL is allowed) and return code, so that "return torc_error_set(...)" reads. */
int torc_error_set(struct torc_error *error, int code, const char *format, ...)
	TORC_PRINTF(3, 4);

#endif
