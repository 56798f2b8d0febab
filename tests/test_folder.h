/* SPDX-License-Identifier: BSD-3-Clause */
/* test_folder.h - look into and remove the flat temporary folder of a test */
#ifndef TORC_TEST_FOLDER_H
#define TORC_TEST_FOLDER_H

#include <dirent.h>
#include <stdio.h>
#include <unistd.h>

static inline unsigned int count_files(const char *folder)
{
	DIR *open_folder = opendir(folder);
	struct dirent *entry;
	unsigned int count = 0;

	while (open_folder && (entry = readdir(open_folder)))
		count += entry->d_name[0] != '.';
	if (open_folder)
		closedir(open_folder);
	return count;
}

static inline void remove_folder(const char *folder)
{
	DIR *open_folder = opendir(folder);
	struct dirent *entry;
	char path[512];

	while (open_folder && (entry = readdir(open_folder))) {
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		unlink(path);
	}
	if (open_folder)
		closedir(open_folder);
	rmdir(folder);
}

#endif
