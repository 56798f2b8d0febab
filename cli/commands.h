/* SPDX-License-Identifier: BSD-3-Clause */
/* commands.h - the subcommands of torc, one file each */
#ifndef TORC_CLI_COMMANDS_H
#define TORC_CLI_COMMANDS_H

#include "cli.h"

extern const struct cli_command command_dump;
extern const struct cli_command command_count;
extern const struct cli_command command_streams;
extern const struct cli_command command_flows;
extern const struct cli_command command_send;
extern const struct cli_command command_bridge;
extern const struct cli_command command_rings;
extern const struct cli_command command_top;
extern const struct cli_command command_devices;
extern const struct cli_command command_doctor;

#endif
