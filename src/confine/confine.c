/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * confine.c - in which order a process gives up its rights, and what is in force then
 *
 * capabilities(7), prctl(2): the bounding set takes CAP_SETPCAP, so it goes before the capabilities;
 * Landlock and seccomp take no_new_privs. What the kernel keeps for each thread is set in all of them.
 */
#include <errno.h>
#include <linux/capability.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "confine/confine.h"
#include "util/error.h"
#include "util/sized.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct torc_confine_info state; /* under the lock */

/* What each thread does; in a signal handler, so system calls only. */
struct step {
	uint64_t keep;
	int ruleset; /* -1: none */
	/* the worst of all threads; atomic */
	int capabilities, bounding, no_new_privs, landlock;
};

static void note(int *worst, int code)
{
	if (code < 0)
		__atomic_store_n(worst, code, __ATOMIC_RELAXED);
}

static int drop_bounding(uint64_t keep)
{
	int code = 0;

	for (int capability = 0; capability < 64; capability++) {
		if (keep >> capability & 1 || prctl(PR_CAPBSET_READ, capability, 0, 0, 0) != 1)
			continue;
		if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0)
			code = -errno;
	}
	return code;
}

static int limit_capabilities(uint64_t keep)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); /* EINVAL before Linux 4.3 */
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

static void confine_thread(void *object)
{
	struct step *step = object;

	note(&step->bounding, drop_bounding(step->keep));
	note(&step->capabilities, limit_capabilities(step->keep));
	note(&step->no_new_privs, prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : 0);
	if (step->ruleset >= 0)
		note(&step->landlock, torc_landlock_enter(step->ruleset));
}

/* ---- the sentence ---- */

static void say(char *text, size_t size, const char *word)
{
	size_t length = strlen(text);

	if (length < size)
		snprintf(text + length, size - length, "%s%s", length ? ", " : "", word);
}

/* "no capabilities, no_new_privs, ...; not in this kernel: ..." */
static void describe(struct torc_confine_info *info, uint32_t flags)
{
	bool log = flags & TORC_CONFINE_LOG;
	static const struct {
		uint32_t part;
		const char *name, *without;
	} parts[] = {
		{ TORC_CONFINED_CAPABILITIES, "no capabilities", "dropping capabilities" },
		{ TORC_CONFINED_NO_NEW_PRIVS, "no new privileges", "no new privileges" },
		{ TORC_CONFINED_NOT_DUMPABLE, "not dumpable", "not dumpable" },
		{ TORC_CONFINED_FILES, "Landlock", "Landlock" },
		{ TORC_CONFINED_PORTS, "ports", "Landlock for ports" },
		{ TORC_CONFINED_SCOPES, "scopes", "Landlock for scopes" },
		{ TORC_CONFINED_SYSTEM_CALLS, "seccomp", "seccomp" },
	};
	char missing[128] = "";
	size_t length;

	info->text[0] = '\0';
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		const char *name = parts[i].name;

		if (parts[i].part == TORC_CONFINED_CAPABILITIES && info->capabilities)
			name = "few capabilities";
		else if (parts[i].part == TORC_CONFINED_SYSTEM_CALLS && log)
			name = "seccomp that only logs";
		else if (parts[i].part == TORC_CONFINED_SYSTEM_CALLS && flags & TORC_CONFINE_DECODER)
			name = "seccomp for decoders";
		if (info->in_force & parts[i].part)
			say(info->text, sizeof(info->text), name);
		else if (!log || parts[i].part < TORC_CONFINED_FILES)
			say(missing, sizeof(missing), parts[i].without);
	}
	if (info->in_force & TORC_CONFINED_APART)
		say(info->text, sizeof(info->text), "packets are decoded by another process");
	length = strlen(info->text);
	if (*missing)
		snprintf(info->text + length, sizeof(info->text) - length, "; not to be had here: %s",
			 missing);
	length = strlen(info->text);
	if (info->threads_left)
		snprintf(info->text + length, sizeof(info->text) - length,
			 "; %u threads did not take it", info->threads_left);
}

/* ---- doing it ---- */

/* What is no role of its own: all of it, but for those who have no ring. */
static uint32_t means(const struct torc_confine_options *options, uint32_t threads)
{
	if (!(options->flags & TORC_CONFINE_DECODER))
		return CONFINE_FILES | CONFINE_THREADS | CONFINE_RINGS;
	if (options->roles)
		return CONFINE_FILES | CONFINE_THREADS;
	return CONFINE_BARE | (threads > 0 ? CONFINE_THREADS : 0); /* each has a heap of its own */
}

static int enter(const struct torc_confine_options *options, struct torc_confine_info *info,
		 struct torc_error *error)
{
	bool log = options->flags & TORC_CONFINE_LOG;
	struct step step = { .keep = options->keep_capabilities, .ruleset = -1 };
	uint32_t parts = 0;
	int code;

	tzset(); /* its file, while it can be read */
	if (!log) {
		step.ruleset = torc_landlock_make(options, &info->landlock_abi, &parts);
		if (step.ruleset < 0 && step.ruleset != -EOPNOTSUPP)
			return torc_error_set(error, step.ruleset, "Landlock rules cannot be made: %s",
					      torc_strerror(step.ruleset));
	}
	torc_each_thread(confine_thread, &step, &info->threads, &info->threads_left);
	if (step.ruleset >= 0)
		close(step.ruleset);
	code = step.capabilities < 0 ? step.capabilities : step.no_new_privs;
	if (code < 0)
		return torc_error_set(error, code, "privileges cannot be dropped: %s",
				      torc_strerror(code));
	info->in_force = TORC_CONFINED_CAPABILITIES | TORC_CONFINED_NO_NEW_PRIVS |
			 (step.bounding == 0 ? TORC_CONFINED_BOUNDING : 0) |
			 (step.landlock == 0 ? parts : 0);
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0)
		info->in_force |= TORC_CONFINED_NOT_DUMPABLE;
	if (options->flags & TORC_CONFINE_APART)
		info->in_force |= TORC_CONFINED_APART;
	code = torc_seccomp_enter(options->roles | means(options, info->threads) |
				  (info->in_force & TORC_CONFINED_FILES ? CONFINE_HAS_LANDLOCK : 0),
				  log, &parts);
	info->in_force |= parts;
	if (code < 0 && code != -EOPNOTSUPP)
		return torc_error_set(error, code, "the list of system calls (seccomp) is refused: %s",
				      torc_strerror(code));
	return 0;
}

static uint64_t held(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };

	syscall(SYS_capget, &header, data);
	return data[0].permitted | (uint64_t)data[1].permitted << 32;
}

static const uint32_t all_roles = TORC_CONFINE_WRITE | TORC_CONFINE_CLUSTER | TORC_CONFINE_NETWORK |
				  TORC_CONFINE_SEND;
static const uint32_t all_flags = TORC_CONFINE_LOG | TORC_CONFINE_DECODER | TORC_CONFINE_APART;

int torc_confine(const struct torc_confine_options *given, struct torc_confine_info *info,
		 struct torc_error *error)
{
	struct torc_confine_options options = { .size = sizeof(options) };
	int code = torc_sized_take(&options, sizeof(options), given, "torc_confine_options", error);

	if (code < 0)
		return code;
	if (options.roles & ~all_roles || options.flags & ~all_flags ||
	    (options.flags & TORC_CONFINE_DECODER &&
	     options.roles & (TORC_CONFINE_CLUSTER | TORC_CONFINE_SEND)))
		return torc_error_set(error, -EINVAL, "torc_confine: a role or flag that there is "
				      "none of (roles %#x, flags %#x)", options.roles, options.flags);
	pthread_mutex_lock(&lock);
	if (state.in_force) {
		code = torc_error_set(error, -EALREADY, "this process is confined already: it can be "
				      "done once, with all the paths and roles");
	} else {
		struct torc_confine_info made = { .roles = options.roles };

		code = enter(&options, &made, error);
		if (code == 0) {
			made.capabilities = held();
			describe(&made, options.flags);
			state = made;
		}
	}
	if (info && (code == 0 || code == -EALREADY)) {
		int sized = torc_sized_give(info, &state, sizeof(state));

		code = code < 0 ? code : sized;
	}
	pthread_mutex_unlock(&lock);
	return code;
}

int torc_confine_info(struct torc_confine_info *info)
{
	int code;

	pthread_mutex_lock(&lock);
	code = torc_sized_give(info, &state, sizeof(state));
	pthread_mutex_unlock(&lock);
	return code;
}
