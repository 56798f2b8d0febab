/* SPDX-License-Identifier: BSD-3-Clause */
/* message.h - the protocols that are there from the start, one file each */
#ifndef TORC_MESSAGE_MESSAGE_H
#define TORC_MESSAGE_MESSAGE_H

#include <torc/message.h>

extern const struct torc_message_protocol message_http, message_tls, message_dns;

#endif
