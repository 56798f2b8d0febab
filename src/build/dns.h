/* SPDX-License-Identifier: BSD-3-Clause */
/* dns.h - questions and records in text: "example.com 60 A 10.0.0.1" */
#ifndef TORC_BUILD_DNS_H
#define TORC_BUILD_DNS_H

#include <torc/build.h>

/* As option_name() and option_take(): list is where the message grows. */
const char *dns_word(unsigned int n);
bool dns_take(const char *name, const char *value, struct torc_build_list *list, void *object,
	      int *code, struct torc_error *error);

#endif
