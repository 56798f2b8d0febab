/* SPDX-License-Identifier: BSD-3-Clause */
/* privileges.c - giving up privilege: groups, ids, capabilities, no_new_privs (prctl(2)) */
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "privileges.h"

#ifndef CAP_BPF
#define CAP_BPF 39 /* Linux 5.8 */
#endif

#define CAP_BIT(capability) (UINT64_C(1) << (capability))

/* What a running ring may still need: a new socket after it left a cluster or lost its interface. */
static const uint64_t ring_capabilities = CAP_BIT(CAP_NET_RAW) | CAP_BIT(CAP_NET_ADMIN) |
					  CAP_BIT(CAP_BPF) | CAP_BIT(CAP_IPC_LOCK);
static const uint64_t file_capabilities = CAP_BIT(CAP_DAC_OVERRIDE);

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

int privileges_drop(const char *user, bool writes)
{
	uint64_t keep = ring_capabilities | (writes ? file_capabilities : 0);
	int code = 0;

	if (user) {
		const struct passwd *account = getpwnam(user);

		if (!account) {
			cli_complain("torc: -Z %s: there is no such user", user);
			return CLI_FAILED;
		}
		code = become(account);
		keep = 0;
	}
	if (code == 0)
		code = limit_capabilities(keep);
	if (code == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		code = -errno;
	if (code == 0)
		return CLI_GOOD;
	cli_complain("torc: privileges cannot be dropped%s%s: %s", user ? " to " : "",
		     user ? user : "", strerror(-code));
	return code == -EPERM ? CLI_PRIVILEGE : CLI_FAILED;
}
