/* SPDX-License-Identifier: BSD-3-Clause */
/* landlock.c - files, ports and scopes; landlock(7), linux/landlock.h (of which old ones lack much) */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <torc/live.h>

#include "confine/confine.h"

#ifndef SYS_landlock_create_ruleset /* the same on every machine */
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule	    445
#define SYS_landlock_restrict_self  446
#endif

#define ASK_VERSION 1u

enum { RULE_PATH = 1, RULE_PORT = 2 };

enum {
	FS_EXECUTE = 1 << 0,
	FS_WRITE_FILE = 1 << 1,
	FS_READ_FILE = 1 << 2,
	FS_READ_DIR = 1 << 3,
	FS_REMOVE_DIR = 1 << 4,
	FS_REMOVE_FILE = 1 << 5,
	FS_MAKE_CHAR = 1 << 6,
	FS_MAKE_DIR = 1 << 7,
	FS_MAKE_REG = 1 << 8,
	FS_MAKE_SOCK = 1 << 9,
	FS_MAKE_FIFO = 1 << 10,
	FS_MAKE_BLOCK = 1 << 11,
	FS_MAKE_SYM = 1 << 12,
	FS_REFER = 1 << 13,    /* ABI 2 */
	FS_TRUNCATE = 1 << 14, /* ABI 3 */
	FS_IOCTL_DEV = 1 << 15 /* ABI 5 */
};

enum { PORT_BIND = 1 << 0, PORT_CONNECT = 1 << 1 };			  /* ABI 4 */
enum { SCOPE_ABSTRACT_SOCKET = 1 << 0, SCOPE_SIGNAL = 1 << 1 }; /* ABI 6 */

#define FS_OF_A_FILE (FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE | FS_IOCTL_DEV)
#define FS_READS     (FS_READ_FILE | FS_READ_DIR)
/* rotation makes, renames, cuts and removes files; streams make folders */
#define FS_WRITES                                                                                  \
	(FS_READS | FS_WRITE_FILE | FS_TRUNCATE | FS_MAKE_REG | FS_MAKE_DIR | FS_REMOVE_FILE | FS_REFER)
/* pages of live rings, and what clusters have beside them */
#define FS_RUNTIME (FS_READS | FS_WRITE_FILE | FS_TRUNCATE | FS_MAKE_REG | FS_MAKE_SOCK | FS_REMOVE_FILE)

struct ruleset {
	uint64_t fs;
	uint64_t ports;  /* ABI 4 */
	uint64_t scopes; /* ABI 6 */
};

struct path_rule {
	uint64_t allowed;
	int32_t parent_fd;
} __attribute__((packed));

struct port_rule {
	uint64_t allowed;
	uint64_t port;
};

static uint64_t known_fs(long abi)
{
	uint64_t all = FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | FS_READ_DIR | FS_REMOVE_DIR |
		       FS_REMOVE_FILE | FS_MAKE_CHAR | FS_MAKE_DIR | FS_MAKE_REG | FS_MAKE_SOCK |
		       FS_MAKE_FIFO | FS_MAKE_BLOCK | FS_MAKE_SYM;

	return all | (abi >= 2 ? FS_REFER : 0) | (abi >= 3 ? FS_TRUNCATE : 0) |
	       (abi >= 5 ? FS_IOCTL_DEV : 0);
}

/* A path that is not there cannot be opened either way; one that cannot be reached, too. */
static int allow_path(int ruleset, const char *path, uint64_t rights)
{
	struct path_rule rule = { .allowed = rights };
	struct stat status;
	int code = 0;

	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0)
		return errno == ENOENT || errno == EACCES || errno == ENOTDIR ? 0 : -errno;
	if (fstat(rule.parent_fd, &status) == 0 && !S_ISDIR(status.st_mode))
		rule.allowed &= FS_OF_A_FILE;
	if (rule.allowed &&
	    syscall(SYS_landlock_add_rule, ruleset, RULE_PATH, &rule, 0) < 0)
		code = -errno;
	close(rule.parent_fd);
	return code;
}

static int allow_paths(int ruleset, const char *const *paths, uint64_t rights)
{
	int code = 0;

	for (; code == 0 && paths && *paths; paths++)
		code = allow_path(ruleset, *paths, rights);
	return code;
}

static int allow_ports(int ruleset, const uint16_t *ports, uint64_t right)
{
	for (; *ports; ports++) {
		struct port_rule rule = { .allowed = right, .port = *ports };

		if (syscall(SYS_landlock_add_rule, ruleset, RULE_PORT, &rule, 0) < 0)
			return -errno;
	}
	return 0;
}

/* Port 0 is one that the kernel chooses. */
static int allow_any_free_port(int ruleset)
{
	struct port_rule rule = { .allowed = PORT_BIND, .port = 0 };

	return syscall(SYS_landlock_add_rule, ruleset, RULE_PORT, &rule, 0) < 0 ? -errno : 0;
}

/*
 * /proc and /sys: interfaces, who is in a fanout group, memory that is left. Of /proc/PID Landlock
 * itself keeps everything closed that lets one look into another process.
 */
static int add_rules(int ruleset, const struct torc_confine_options *options, uint64_t known,
		     bool ports)
{
	static const char *const always[] = { "/proc", "/sys", "/dev/null", NULL };
	bool rings = !(options->flags & TORC_CONFINE_DECODER);
	const char *runtime = rings ? torc_live_directory() : "";
	int code = rings ? allow_paths(ruleset, always, FS_READS & known) : 0;

	if (code == 0)
		code = allow_path(ruleset, "/dev/null", (FS_READ_FILE | FS_WRITE_FILE) & known);
	if (code == 0)
		code = allow_paths(ruleset, options->read_paths, FS_READS & known);
	if (code == 0 && (options->roles & TORC_CONFINE_WRITE))
		code = allow_paths(ruleset, options->write_paths, FS_WRITES & known);
	if (code == 0 && *runtime)
		code = allow_path(ruleset, runtime, FS_RUNTIME & known);
	if (code < 0 || !ports || !(options->roles & TORC_CONFINE_NETWORK))
		return code;
	if (options->connect_ports)
		code = allow_ports(ruleset, options->connect_ports, PORT_CONNECT);
	if (code < 0 || !options->listen_ports)
		return code;
	return *options->listen_ports ? allow_ports(ruleset, options->listen_ports, PORT_BIND) :
					allow_any_free_port(ruleset);
}

int torc_landlock_make(const struct torc_confine_options *options, uint32_t *abi, uint32_t *parts)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, ASK_VERSION);
	struct ruleset attributes = { .ports = PORT_BIND | PORT_CONNECT, .scopes = SCOPE_SIGNAL };
	int fd, code;

	*abi = 0;
	*parts = 0;
	if (version < 1)
		return -EOPNOTSUPP;
	*abi = (uint32_t)version;
	attributes.fs = known_fs(version);
	if ((options->roles & TORC_CONFINE_NETWORK) && !options->connect_ports)
		attributes.ports = PORT_BIND;
	/* members of an xdp: cluster wake each other through abstract sockets */
	if (!(options->roles & TORC_CONFINE_CLUSTER))
		attributes.scopes |= SCOPE_ABSTRACT_SOCKET;
	fd = (int)syscall(SYS_landlock_create_ruleset, &attributes,
			  version >= 6 ? 24 : version >= 4 ? 16 : 8, 0);
	if (fd < 0)
		return -errno;
	code = add_rules(fd, options, attributes.fs, version >= 4);
	if (code < 0) {
		close(fd);
		return code;
	}
	*parts = TORC_CONFINED_FILES | (version >= 4 ? TORC_CONFINED_PORTS : 0) |
		 (version >= 6 ? TORC_CONFINED_SCOPES : 0);
	return fd;
}

int torc_landlock_enter(int ruleset)
{
	return syscall(SYS_landlock_restrict_self, ruleset, 0) < 0 ? -errno : 0;
}
