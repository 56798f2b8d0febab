/* SPDX-License-Identifier: BSD-3-Clause */
/* interfaces.h - names of interfaces of DCE's remote procedure calls */
#ifndef TORC_DECODE_WINDOWS_INTERFACES_H
#define TORC_DECODE_WINDOWS_INTERFACES_H

#include <stdint.h>

/* The name of a well-known interface, by its 16 bytes in the order of its text; NULL for others. */
const char *dcerpc_interface_name(const uint8_t *uuid);

#endif
