/* SPDX-License-Identifier: BSD-3-Clause */
/* errors.c - libtorc's codes as errno, and the lines that go to stderr */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "state.h"

/* PF_RING's callers print strerror(errno), so every code becomes an errno that says something. */
void pf_errno(int code)
{
	switch (-code) {
	case TORC_ENOTENABLED:
		errno = ENETDOWN;
		break;
	case TORC_EFILTER:
	case TORC_EFORMAT:
	case TORC_ECLUSTER:
	case EMEDIUMTYPE:
		errno = EINVAL;
		break;
	default:
		errno = -code;
	}
}

int pf_result(int code)
{
	if (code >= 0)
		return code;
	pf_errno(code);
	return -1;
}

/*
 * PF_RING's interface has no place for a sentence, and ENODEV alone does not tell that "zc:" needs
 * ntop's drivers. A program that only probes devices wants none, and PF_RING is silent: who wants to
 * know why an open was refused or what is approximated sets PFRING_VERBOSE.
 */
void pf_say(const char *format, ...)
{
	int saved = errno;
	va_list args;

	if (!getenv("PFRING_VERBOSE"))
		return;
	va_start(args, format);
	fputs("libpfring: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	errno = saved;
}
