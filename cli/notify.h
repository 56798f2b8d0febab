/* SPDX-License-Identifier: BSD-3-Clause */
/* notify.h - what a capture tells who started it, a service manager or Wireshark; nothing when nobody asked */
#ifndef TORC_CLI_NOTIFY_H
#define TORC_CLI_NOTIFY_H

#include "cli.h"

/* Takes $NOTIFY_SOCKET; before privileges are given up. */
void notify_open(void);
/* From now on nothing is told: another process of ours does. */
void notify_close(void);
bool notify_wanted(void);
/* The status also goes there. */
void notify_also(void (*tell)(const char *status));
/* A process that was forked leaves that to its parent. */
void notify_forget(void);
/* Packets are received. */
void notify_ready(void);
/* Called again and again, ten times a second or more; true once a second: a status is due. */
bool notify_alive(void);
/* One line on how it goes, for systemctl status. */
void notify_status(const char *text);
/* The end has begun. */
void notify_stopping(void);

#endif
