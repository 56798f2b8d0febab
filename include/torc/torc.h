/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/torc.h - every public header of the library */
#ifndef TORC_TORC_H
#define TORC_TORC_H

#include <torc/base.h>
#include <torc/packet.h>
#include <torc/parse.h>
#include <torc/ring.h>

#endif
