/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * torc/confine.h - give up what a running capture does not need
 *
 * What needs a right comes first: open the rings, set their filters, enable them, open sockets to the
 * outside. Then:
 *
 *	const char *folders[] = { "/var/spool/capture", NULL };
 *	struct torc_confine_options options = { .size = sizeof(options),
 *						.roles = TORC_CONFINE_WRITE, .write_paths = folders };
 *	struct torc_confine_info info = { .size = sizeof(info) };
 *
 *	if (torc_confine(&options, &info, &error) < 0)
 *		errx(1, "%s", error.text);
 *	puts(info.text);
 *
 * From then on every thread of the process, and each that it starts, has no capability and can get
 * none, opens files only beneath the folders named (and reads /proc and /sys), makes no socket but to
 * ask about interfaces, connects to nobody, runs no program, starts no process, makes no memory
 * executable, and is traced by no other process of its user. Nothing of it can be undone.
 *
 * What a ring does goes on: receive, set filters (from now on they are interpreted in user space,
 * where there is no kernel to run them), follow an interface that was away, leave and join clusters
 * (TORC_CONFINE_CLUSTER). An AF_XDP ring cannot be opened again on an interface that was deleted.
 *
 * The parts are capabilities(7), PR_SET_NO_NEW_PRIVS and PR_SET_DUMPABLE of prctl(2), landlock(7), and
 * seccomp(2) with a list of allowed system calls. What the kernel lacks is left out and named in
 * info.text; all else is in force.
 */
#ifndef TORC_CONFINE_H
#define TORC_CONFINE_H

#include <torc/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What the process goes on to do; receiving, printing to what is open, and reading always. */
enum torc_confine_role {
	TORC_CONFINE_WRITE = 1 << 0,   /* makes, writes, renames and removes files in write_paths */
	TORC_CONFINE_CLUSTER = 1 << 1, /* rings are in a cluster, or come into one */
	TORC_CONFINE_NETWORK = 1 << 2, /* makes sockets of IPv4 and IPv6, for the ports named */
	TORC_CONFINE_SEND = 1 << 3     /* sends through rings and senders */
};

enum torc_confine_flag {
	TORC_CONFINE_LOG = 1 << 0,     /* system calls that would be refused are logged by the kernel
					* (auditd(8), dmesg) and done; no Landlock, which cannot log */
	TORC_CONFINE_DECODER = 1 << 1, /* the process has no ring, it works on memory that another
					* one fills: without roles it reads and writes what is open,
					* waits and ends. No file is opened, not even of /proc, no
					* socket of any kind is made; only memory of its own is
					* mapped; unless there are threads already, none is made
					* and no memory becomes writable later. With WRITE
					* or NETWORK it has what these need, threads too, and rings
					* still not */
	TORC_CONFINE_APART = 1 << 2    /* packets of this process's rings are decoded by such
					* another: is told by info and by the page of each ring */
};

struct torc_confine_options {
	size_t size;
	uint32_t roles; /* TORC_CONFINE_WRITE, ... */
	uint32_t flags; /* TORC_CONFINE_LOG, ... */
	const char *const *write_paths; /* folders and files, NULL at the end; those that do not
					 * exist are left out */
	const char *const *read_paths;
	const uint16_t *connect_ports; /* of TCP, 0 at the end; with TORC_CONFINE_NETWORK NULL means
					* any, else none is connected to */
	const uint16_t *listen_ports;  /* the same, but NULL: none; beginning with 0: one that the
					* kernel chooses */
	uint64_t keep_capabilities; /* bits by number, as in <linux/capability.h>; of those there are */
};

/* What is in force. */
enum torc_confined {
	TORC_CONFINED_CAPABILITIES = 1 << 0, /* none but those kept */
	TORC_CONFINED_BOUNDING = 1 << 1,     /* nor could a program that is run get any */
	TORC_CONFINED_NO_NEW_PRIVS = 1 << 2,
	TORC_CONFINED_NOT_DUMPABLE = 1 << 3,
	TORC_CONFINED_FILES = 1 << 4,        /* Landlock: files */
	TORC_CONFINED_PORTS = 1 << 5,        /* Landlock: ports of TCP; Linux 6.7 */
	TORC_CONFINED_SCOPES = 1 << 6,       /* Landlock: signals, and but for clusters abstract
					      * sockets; Linux 6.12 */
	TORC_CONFINED_SYSTEM_CALLS = 1 << 7, /* seccomp: an allow-list */
	TORC_CONFINED_EXECUTABLE = 1 << 8,   /* memory does not become executable */
	TORC_CONFINED_LOGS = 1 << 9,         /* TORC_CONFINE_LOG: nothing is refused by seccomp */
	TORC_CONFINED_APART = 1 << 10        /* TORC_CONFINE_APART was given */
};

struct torc_confine_info {
	size_t size;            /* set by the caller: torc/base.h, "Structs that may grow" */
	uint32_t in_force;      /* TORC_CONFINED_...; 0: torc_confine() was not called */
	uint32_t roles;
	uint32_t landlock_abi;  /* of the kernel; 0: it has no Landlock */
	uint32_t threads;       /* besides the caller's, that were there and have it too */
	uint32_t threads_left;  /* that did not take it: they block all signals */
	uint32_t reserved;
	uint64_t capabilities;  /* kept */
	char text[256];         /* one sentence without an end, for people */
};

/*
 * torc_confine - confine this process, from now on
 *
 * info   filled in when not NULL
 * error  the sentence when it fails, or NULL
 *
 * All threads are covered: those that exist are told by a signal of the C library's own (as
 * setuid(2) does), which may interrupt what they wait for; no thread may change its ids meanwhile.
 * Returns 0; -EALREADY the second time; -EPERM when even capabilities and no_new_privs could not be
 * set; -EINVAL, -E2BIG for options that are none; -ENOMEM. After an error that is not -EALREADY or
 * about the options a part may be in force: end, or go on knowing it.
 * Cost: some milliseconds, once; system calls are not measurably slower.
 */
TORC_API int torc_confine(const struct torc_confine_options *options, struct torc_confine_info *info,
			  struct torc_error *error);

/* torc_confine_info - what torc_confine() put in force; 0, or -EINVAL when size was not set */
TORC_API int torc_confine_info(struct torc_confine_info *info);

#ifdef __cplusplus
}
#endif

#endif
