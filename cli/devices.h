/* SPDX-License-Identifier: BSD-3-Clause */
/* devices.h - the list of interfaces: torc devices, torc dump -D */
#ifndef TORC_CLI_DEVICES_H
#define TORC_CLI_DEVICES_H

#include <torc/device.h>

#include "cli.h"
#include "privileges.h"

/* A short list, or with json the same as torc devices --json; returns an exit status. */
int devices_list(bool json, const struct sandbox_settings *sandbox);
/* The next one of that name in the list; false: there is none. */
bool devices_find(struct torc_devices *list, const char *name, struct torc_device *device);
/* Whether the card takes the time of what comes in. */
bool devices_hardware_time(const char *name);

#endif
