/* SPDX-License-Identifier: BSD-3-Clause */
/* folder.h - the folders in which rings are published, and what of them is believed */
#ifndef TORC_LIVE_FOLDER_H
#define TORC_LIVE_FOLDER_H

#include <dirent.h>
#include <stdint.h>
#include <sys/types.h>

/* An open folder of one user, in which nobody else can write. */
struct live_folder {
	DIR *stream; /* NULL: none */
	uid_t user;
};

/*
 * torc_live_folder - open a folder, following no link in the last part of its name
 *
 * at    a descriptor that name is beneath, or AT_FDCWD
 * user  who must own it; (uid_t)-1: whoever does
 * Returns 0; folder->stream is NULL with an error.
 */
int torc_live_folder(struct live_folder *folder, int at, const char *name, uid_t user);
void torc_live_folder_close(struct live_folder *folder);

/* The next entry of the form PID.RING: 1, or 0 after the last. */
int torc_live_folder_next(struct live_folder *folder, const char **name, pid_t *pid);

/* A regular file of that folder's user, opened to be read; or a negative errno. */
int torc_live_folder_open(const struct live_folder *folder, const char *name);

#endif
