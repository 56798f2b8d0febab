/* SPDX-License-Identifier: BSD-3-Clause */
/* bpf.c - the bpf(2) system call; see bpf.h */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bpf/bpf.h"
#include "util/error.h"

#define LOG_BYTES  (256 * 1024)
#define LOAD_TRIES 5

static int bpf_call(int command, union bpf_attr *attr)
{
	long result = syscall(SYS_bpf, command, attr, sizeof(*attr));

	return result < 0 ? -errno : (int)result;
}

static uint64_t pointer(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

static void set_name(char to[BPF_OBJ_NAME_LEN], const char *name)
{
	if (name)
		strncpy(to, name, BPF_OBJ_NAME_LEN - 1);
}

int torc_bpf_map_create(uint32_t type, uint32_t key_bytes, uint32_t value_bytes,
			uint32_t max_entries, uint32_t flags, const char *name)
{
	union bpf_attr attr = {
		.map_type = type,
		.key_size = key_bytes,
		.value_size = value_bytes,
		.max_entries = max_entries,
		.map_flags = flags,
	};

	set_name(attr.map_name, name);
	return bpf_call(BPF_MAP_CREATE, &attr);
}

int torc_bpf_map_lookup(int map, const void *key, void *value)
{
	union bpf_attr attr = { .map_fd = (uint32_t)map, .key = pointer(key) };

	attr.value = pointer(value);
	return bpf_call(BPF_MAP_LOOKUP_ELEM, &attr);
}

int torc_bpf_map_update(int map, const void *key, const void *value)
{
	union bpf_attr attr = { .map_fd = (uint32_t)map, .key = pointer(key) };

	attr.value = pointer(value);
	return bpf_call(BPF_MAP_UPDATE_ELEM, &attr);
}

int torc_bpf_map_delete(int map, const void *key)
{
	union bpf_attr attr = { .map_fd = (uint32_t)map, .key = pointer(key) };

	return bpf_call(BPF_MAP_DELETE_ELEM, &attr);
}

/* The verifier's log ends with statistics; the line before them says what it did not like. */
static const char *verifier_reason(char *log)
{
	char *line, *reason = log, *rest = log;

	while ((line = strsep(&rest, "\n"))) {
		if (*line && strncmp(line, "processed ", 10) && strncmp(line, "verification ", 13) &&
		    strncmp(line, "stack depth", 11))
			reason = line;
	}
	return reason;
}

/*
 * The verifier gives up when a signal is pending (EAGAIN): the next try begins after its handler. With
 * signals so dense that no try gets through, they wait for the last one.
 */
static int load_program(union bpf_attr *attr)
{
	sigset_t all, before;
	int fd = bpf_call(BPF_PROG_LOAD, attr);

	for (unsigned int tries = 2; fd == -EAGAIN && tries < LOAD_TRIES; tries++)
		fd = bpf_call(BPF_PROG_LOAD, attr);
	if (fd != -EAGAIN)
		return fd;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	fd = bpf_call(BPF_PROG_LOAD, attr);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return fd;
}

/* Load a second time, now with a log: it costs time and memory only when there is something to
 * tell. */
static int explain(union bpf_attr *attr, const char *name, int code, struct torc_error *error)
{
	char *log = calloc(1, LOG_BYTES);
	int again;

	if (!log)
		return torc_error_set(error, code, "BPF program %s: %s", name, torc_strerror(code));
	attr->log_level = 1;
	attr->log_size = LOG_BYTES;
	attr->log_buf = pointer(log);
	again = load_program(attr);
	if (again >= 0)
		close(again);
	torc_error_set(error, code, "the kernel refuses BPF program %s: %s: %.300s", name,
		       torc_strerror(code), verifier_reason(log));
	free(log);
	return code;
}

int torc_bpf_program_load(const struct torc_bpf_program *program, struct torc_error *error)
{
	union bpf_attr attr = {
		.prog_type = program->type,
		.insn_cnt = program->count,
		.insns = pointer(program->insns),
		.license = pointer("Dual BSD/GPL"),
		.prog_flags = program->flags,
		.prog_ifindex = (uint32_t)program->ifindex,
		.expected_attach_type = program->attach_type,
	};
	int fd;

	set_name(attr.prog_name, program->name);
	fd = load_program(&attr);
	if (fd == -EPERM)
		return torc_error_set(error, fd, "loading BPF program %s needs CAP_BPF%s",
				      program->name,
				      program->type == BPF_PROG_TYPE_XDP ? " and CAP_NET_ADMIN" : "");
	if (fd < 0 && error)
		return explain(&attr, program->name, fd, error);
	return fd;
}

int torc_bpf_link_create(int program, int ifindex, uint32_t attach_type, uint32_t flags)
{
	union bpf_attr attr = { 0 };

	attr.link_create.prog_fd = (uint32_t)program;
	attr.link_create.target_ifindex = (uint32_t)ifindex;
	attr.link_create.attach_type = attach_type;
	attr.link_create.flags = flags;
	return bpf_call(BPF_LINK_CREATE, &attr);
}

int torc_bpf_link_update(int link, int program)
{
	union bpf_attr attr = { 0 };

	attr.link_update.link_fd = (uint32_t)link;
	attr.link_update.new_prog_fd = (uint32_t)program;
	return bpf_call(BPF_LINK_UPDATE, &attr);
}

int torc_bpf_xdp_test(int program, const void *frame, uint32_t length, uint32_t *verdict)
{
	union bpf_attr attr = { 0 };
	int code;

	attr.test.prog_fd = (uint32_t)program;
	attr.test.data_in = pointer(frame);
	attr.test.data_size_in = length;
	attr.test.repeat = 1;
	code = bpf_call(BPF_PROG_TEST_RUN, &attr);
	if (code == 0)
		*verdict = attr.test.retval;
	return code;
}

int torc_bpf_xdp_live(int program, const void *frame, uint32_t length, uint32_t count,
		      uint32_t batch)
{
	union bpf_attr attr = { 0 };

	attr.test.prog_fd = (uint32_t)program;
	attr.test.data_in = pointer(frame);
	attr.test.data_size_in = length;
	attr.test.repeat = count;
	attr.test.flags = BPF_F_TEST_XDP_LIVE_FRAMES;
	attr.test.batch_size = batch;
	return bpf_call(BPF_PROG_TEST_RUN, &attr);
}
