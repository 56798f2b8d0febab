/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libpcap.h - is it libpcap that allocates? Its scanner ends the process when it gets no memory, or
 * uses what it did not get (1.10.3): none of its allocations is to fail.
 */
#ifndef TORC_TEST_LIBPCAP_H
#define TORC_TEST_LIBPCAP_H

#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static uintptr_t libpcap_from, libpcap_to;

static int look_for_libpcap(struct dl_phdr_info *info, size_t size, void *unused)
{
	(void)size, (void)unused;
	if (!info->dlpi_name || !strstr(info->dlpi_name, "/libpcap.so"))
		return 0;
	libpcap_from = info->dlpi_addr;
	for (unsigned int i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_LOAD)
			libpcap_to = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr +
				     info->dlpi_phdr[i].p_memsz;
	return 1;
}

static void find_libpcap(void)
{
	dl_iterate_phdr(look_for_libpcap, NULL);
}

__attribute__((unused)) static bool is_libpcap(const void *caller)
{
	return (uintptr_t)caller >= libpcap_from && (uintptr_t)caller < libpcap_to;
}

#endif
