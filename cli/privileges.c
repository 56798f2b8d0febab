/* SPDX-License-Identifier: BSD-3-Clause */
/* privileges.c - giving up privilege: groups, ids, capabilities (prctl(2)), and torc_confine() */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <libgen.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "privileges.h"

#ifndef CAP_BPF
#define CAP_BPF 39 /* Linux 5.8 */
#endif

#define CAP_BIT(capability) (UINT64_C(1) << (capability))

#define SYSTEM_UIDS 1000 /* adduser(8), login.defs(5): those below are no person's */

enum { SANDBOX_ON, SANDBOX_LOG, SANDBOX_OFF };

const struct cli_option sandbox_options[] = {
	{ 0, "sandbox", "MODE", "give up what is not needed once the capture runs: on, log (what would "
	  "be refused), off", cli_set_choice, offsetof(struct sandbox_settings, mode), "on log off" },
	{ 0 },
};

/* What a running ring may need without a sandbox: what is opened, bound or attached anew. */
static const uint64_t ring_capabilities = CAP_BIT(CAP_NET_RAW) | CAP_BIT(CAP_NET_ADMIN) |
					  CAP_BIT(CAP_BPF) | CAP_BIT(CAP_IPC_LOCK);
static const uint64_t file_capabilities = CAP_BIT(CAP_DAC_OVERRIDE);
static const uint64_t read_capabilities = CAP_BIT(CAP_DAC_READ_SEARCH);

/* Supplementary groups first: setgid() and setuid() alone would leave root's in place. */
static int become(const struct passwd *account)
{
	if (getuid() == account->pw_uid && geteuid() == account->pw_uid)
		return 0;
	if (initgroups(account->pw_name, account->pw_gid) < 0 ||
	    setresgid(account->pw_gid, account->pw_gid, account->pw_gid) < 0 ||
	    setresuid(account->pw_uid, account->pw_uid, account->pw_uid) < 0)
		return -errno;
	return 0;
}

/* Keeps at most these of the capabilities there are. */
static int limit_capabilities(uint64_t keep)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data) < 0)
		return -errno;
	for (unsigned int i = 0; i < 2; i++) {
		uint32_t mask = (uint32_t)(keep >> (32 * i));

		data[i].permitted &= mask;
		data[i].effective &= mask;
		data[i].inheritable = 0;
	}
	return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

static int say_failed(const char *user, int code)
{
	cli_complain("torc: privileges cannot be dropped%s%s: %s", user ? " to " : "",
		     user ? user : "", strerror(-code));
	return code == -EPERM ? CLI_PRIVILEGE : CLI_FAILED;
}

/* The user of -Z; an exit status. */
static int become_named(const char *user)
{
	const struct passwd *account = getpwnam(user);
	int code;

	if (!account) {
		cli_complain("torc: -Z %s: there is no such user", user);
		return CLI_FAILED;
	}
	code = become(account);
	return code < 0 ? say_failed(user, code) : CLI_GOOD;
}

static bool has_capabilities(uint64_t wanted)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data) < 0)
		return false;
	return (~(data[0].effective | (uint64_t)data[1].effective << 32) & wanted) == 0;
}

/*
 * Root's decoder has the account that is there for it, if there is one. It is not nobody's, which
 * others are as well and could end the decoder; nor a person's, whose name happens to be torc. Root
 * that may not change its user (a container with CAP_NET_RAW alone) stays, without capabilities.
 */
static int become_own(void)
{
	bool may = geteuid() == 0 && has_capabilities(CAP_BIT(CAP_SETUID) | CAP_BIT(CAP_SETGID));
	const struct passwd *account = may ? getpwnam("torc") : NULL;
	int code = 0;

	if (account && account->pw_uid > 0 && account->pw_uid < SYSTEM_UIDS)
		code = become(account);
	return code < 0 ? say_failed("torc", code) : CLI_GOOD;
}

int privileges_drop(const char *user, bool writes)
{
	uint64_t keep = user ? 0 : ring_capabilities | (writes ? file_capabilities : 0);
	int code;

	if (user) {
		int status = become_named(user);

		if (status != CLI_GOOD)
			return status;
	}
	code = limit_capabilities(keep);
	if (code == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		code = -errno;
	return code < 0 ? say_failed(user, code) : CLI_GOOD;
}

bool privileges_drop_helper(const char *user)
{
	const struct passwd *account = user ? getpwnam(user) : NULL;

	return (!user || (account && become(account) == 0)) &&
	       limit_capabilities(user ? 0 : file_capabilities) == 0 &&
	       prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

/* ---- the sandbox ---- */

/* The folder of a file whose name may have the time in it: the part before that. Owned by the caller. */
static char *folder_of(const char *path)
{
	char *copy = strdup(path), *time = copy ? strchr(copy, '%') : NULL, *folder = NULL;
	struct stat status;

	if (!copy)
		return NULL;
	if (stat(copy, &status) == 0 && S_ISDIR(status.st_mode))
		return copy;
	if (time)
		time[1] = '\0'; /* dirname() takes off what the % stands in */
	folder = strdup(dirname(copy));
	free(copy);
	return folder;
}

/* Would root, without capabilities, be refused a file, or a folder? */
static bool is_refused(const char *path, int mode)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct had[2], none[2];
	bool refused;

	if (syscall(SYS_capget, &header, had) < 0)
		return false;
	memcpy(none, had, sizeof(none));
	none[0].effective = none[1].effective = 0;
	if (syscall(SYS_capset, &header, none) < 0)
		return false;
	refused = faccessat(AT_FDCWD, path, mode, AT_EACCESS) < 0 && errno == EACCES;
	syscall(SYS_capset, &header, had);
	return refused;
}

/* What root needs of its capabilities for the files that are opened from now on. */
static uint64_t needed_for_files(const struct privileges *wanted, const char *folder)
{
	uint64_t needed = 0;

	if (geteuid() != 0)
		return 0;
	if (folder && (is_refused(folder, W_OK | X_OK) || is_refused(wanted->write_path, R_OK | W_OK)))
		needed |= file_capabilities;
	for (const char *const *path = wanted->read_paths; path && *path; path++)
		needed |= is_refused(*path, R_OK) ? read_capabilities : 0;
	return needed;
}

/* Something that is no file (a pipe, a device) is written itself, and nothing beside it. */
static bool is_special(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

/*
 * The leak checker of AddressSanitizer traces its own process at the end, which a confined one does
 * not allow: a build with it is confined only when that check is off.
 */
static bool checks_leaks(void)
{
#ifdef __SANITIZE_ADDRESS__
	const char *options = getenv("ASAN_OPTIONS");

	return !options || !strstr(options, "detect_leaks=0");
#else
	return false;
#endif
}

bool privileges_confines(const struct sandbox_settings *settings)
{
	return settings->mode != SANDBOX_OFF && !checks_leaks();
}

static int confine(const struct sandbox_settings *settings, struct torc_confine_options *options)
{
	struct torc_confine_info info = { .size = sizeof(info) };
	struct torc_error error = { 0 };
	int code = torc_confine(options, &info, &error);

	if (code < 0) {
		cli_complain("torc: %s; --sandbox=off does without", error.text);
		return code == -EPERM ? CLI_PRIVILEGE : CLI_FAILED;
	}
	if (settings->verbose)
		cli_complain("%s: %s", options->flags & TORC_CONFINE_DECODER ? "sandbox of the decoder" :
								 "sandbox", info.text);
	return CLI_GOOD;
}

int privileges_confine(const struct sandbox_settings *settings, const struct privileges *wanted)
{
	const char *path = wanted->write_path, *paths[4] = { NULL };
	struct torc_confine_options options = {
		.size = sizeof(options),
		.roles = wanted->roles | (path || wanted->names_path ? TORC_CONFINE_WRITE : 0),
		.flags = (settings->mode == SANDBOX_LOG ? TORC_CONFINE_LOG : 0) |
			 (wanted->decodes_for ? TORC_CONFINE_DECODER : 0) |
			 (wanted->apart ? TORC_CONFINE_APART : 0),
		.write_paths = paths,
		.read_paths = wanted->read_paths,
		.connect_ports = wanted->connect_ports,
		.listen_ports = wanted->listen_ports,
		.keep_capabilities = wanted->keep_capabilities,
	};
	char *folder = path ? folder_of(path) : NULL;
	char *names_folder = wanted->names_path ? folder_of(wanted->names_path) : NULL;
	unsigned int count = 0;
	bool confines = privileges_confines(settings);
	int status = CLI_GOOD;

	if ((path && !folder) || (wanted->names_path && !names_folder))
		status = cli_fail(-ENOMEM, NULL);
	else if (!confines)
		status = privileges_drop(wanted->user, path != NULL);
	else if (wanted->user)
		status = become_named(wanted->user);
	else if (wanted->decodes_for && !path && !wanted->names_path)
		status = become_own();
	if (path && !is_special(path))
		paths[count++] = folder;
	if (path) /* it may be a link to elsewhere */
		paths[count++] = path;
	if (names_folder)
		paths[count++] = names_folder;
	if (status == CLI_GOOD && confines) {
		options.keep_capabilities |= needed_for_files(wanted, folder);
		status = confine(settings, &options);
	} else if (status == CLI_GOOD && settings->verbose) {
		cli_complain("sandbox: off");
	}
	free(folder);
	free(names_folder);
	return status;
}
