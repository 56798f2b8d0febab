/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * program_memory.c - memory for machine code: writable first and executable later, never both
 */
#include <string.h>
#include <sys/mman.h>

#include "filter/program.h"

void *torc_program_memory(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

torc_program_native *torc_program_memory_seal(void *memory, size_t size, bool good)
{
	torc_program_native *native = NULL;

	if (!good || mprotect(memory, size, PROT_READ | PROT_EXEC) < 0) {
		munmap(memory, size);
		return NULL;
	}
	/* where instructions have a cache of their own, it does not see what was written by itself */
	__builtin___clear_cache(memory, (char *)memory + size);
	/* ISO C has no conversion from an object's address to a function's; POSIX has. */
	memcpy(&native, &memory, sizeof(native));
	return native;
}

void torc_program_native_free(torc_program_native *native, size_t size)
{
	void *memory;

	memcpy(&memory, &native, sizeof(memory));
	if (memory)
		munmap(memory, size);
}

#if !defined(TORC_PROGRAM_X86) && !defined(TORC_PROGRAM_A64)

torc_program_native *torc_program_native_new(const struct torc_program_code *code, size_t *size)
{
	(void)code;
	*size = 0;
	return NULL;
}

#endif
