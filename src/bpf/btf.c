/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * btf.c - the number a kernel function is called by
 *
 * The kernel describes its own types in /sys/kernel/btf/vmlinux (linux/btf.h): a header, type
 * records of different sizes numbered from 1, and strings. A program that calls a kernel function
 * names it by the number of its record.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/btf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bpf/bpf.h"

/* Kinds newer than Linux 6.1's header. */
#define KIND_DECL_TAG 17
#define KIND_TYPE_TAG 18
#define KIND_ENUM64   19

/* Bytes that follow the common part of a record; -1: a kind we do not know. */
static long tail_bytes(const struct btf_type *type)
{
	long entries = BTF_INFO_VLEN(type->info);

	switch (BTF_INFO_KIND(type->info)) {
	case BTF_KIND_INT:
	case BTF_KIND_VAR:
	case KIND_DECL_TAG:
		return 4;
	case BTF_KIND_ARRAY:
		return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return entries * (long)sizeof(struct btf_member);
	case BTF_KIND_ENUM:
		return entries * (long)sizeof(struct btf_enum);
	case BTF_KIND_FUNC_PROTO:
		return entries * (long)sizeof(struct btf_param);
	case BTF_KIND_DATASEC:
	case KIND_ENUM64:
		return entries * 12;
	case BTF_KIND_PTR:
	case BTF_KIND_FWD:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_FUNC:
	case BTF_KIND_FLOAT:
	case KIND_TYPE_TAG:
		return 0;
	}
	return -1;
}

static int find_function(const uint8_t *bytes, size_t size, const char *name)
{
	const struct btf_header *header = (const void *)bytes;
	size_t at, end, strings;
	int id = 1;

	if (size < sizeof(*header) || header->magic != BTF_MAGIC)
		return -ENOENT;
	at = (size_t)header->hdr_len + header->type_off;
	end = at + header->type_len;
	strings = (size_t)header->hdr_len + header->str_off;
	if (end > size || strings + header->str_len > size || bytes[size - 1] != 0)
		return -ENOENT;
	while (at + sizeof(struct btf_type) <= end) {
		const struct btf_type *type = (const void *)(bytes + at);
		long tail = tail_bytes(type);

		if (tail < 0)
			return -ENOENT;
		if (BTF_INFO_KIND(type->info) == BTF_KIND_FUNC && type->name_off < header->str_len &&
		    !strcmp((const char *)bytes + strings + type->name_off, name))
			return id;
		at += sizeof(*type) + (size_t)tail;
		id++;
	}
	return -ENOENT;
}

int torc_bpf_kernel_function(const char *name)
{
	int fd = open("/sys/kernel/btf/vmlinux", O_RDONLY | O_CLOEXEC);
	struct stat status;
	uint8_t *bytes = NULL;
	size_t size = 0;
	int result = -ENOENT;

	if (fd < 0)
		return -ENOENT;
	if (fstat(fd, &status) == 0 && status.st_size > 0)
		bytes = malloc((size_t)status.st_size);
	while (bytes && size < (size_t)status.st_size) {
		ssize_t got = read(fd, bytes + size, (size_t)status.st_size - size);

		if (got <= 0)
			break;
		size += (size_t)got;
	}
	if (bytes && size == (size_t)status.st_size)
		result = find_function(bytes, size, name);
	free(bytes);
	close(fd);
	return result;
}
