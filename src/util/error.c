/* SPDX-License-Identifier: BSD-3-Clause */
/* error.c - error texts and the version */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <torc/base.h>

#include "util/error.h"

const char *torc_version(void)
{
	return TORC_VERSION_STRING;
}

/* A constant text, in English, from any thread; musl's strerror() is that. */
static const char *description(int number)
{
#ifdef __GLIBC__
	return strerrordesc_np(number);
#else
	return strerror(number);
#endif
}

const char *torc_strerror(int code)
{
	switch (code < 0 ? -code : code) {
	case 0:
		return "success";
	case TORC_ENOTENABLED:
		return "the ring is not enabled";
	case TORC_EFILTER:
		return "bad filter expression";
	case TORC_EFORMAT:
		return "not a capture file, or a damaged one";
	case TORC_ECLUSTER:
		return "the cluster exists with another type or device";
	default:
		return description(code < 0 ? -code : code) ?: "unknown error";
	}
}

int torc_error_set(struct torc_error *error, int code, const char *format, ...)
{
	va_list args;

	if (!error)
		return code;
	error->code = code;
	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return code;
}
