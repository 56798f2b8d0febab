/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * torc-open.c - makes packet sockets for those who may have them, and hands them over: torc-open(8)
 *
 * The one program of Torc that may have a right which its caller lacks (setcap cap_net_raw+ep). It reads
 * the words of its caller and one file of root's, and nothing else: no library but libc's, no locale, no
 * NSS, no file of /proc. Rules: docs/security.md, "torc-open".
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define RULES_FOLDER "/etc/torc"
#define RULES_FILE   "open.conf"
#define RULES_MOST   (256u << 10)

enum { FAILED = 1, USAGE = 2, REFUSED = 3 };
enum { INTERFACES_MOST = 16, SOCKETS_MOST = 64, FILTER_MOST = BPF_MAXINSNS - INTERFACES_MOST - 2 };

static struct request {
	const char *interfaces[INTERFACES_MOST];
	unsigned int count;
	unsigned long sockets;
} request = { .sockets = 1 };

/* The rule that allows it. */
static struct rule {
	bool every; /* interface */
	unsigned int length;
	struct sock_filter filter[BPF_MAXINSNS];
} rule, unused;

static _Noreturn __attribute__((format(printf, 2, 3))) void end(int status, const char *format, ...)
{
	va_list args;

	dprintf(STDERR_FILENO, "torc-open: ");
	va_start(args, format);
	vdprintf(STDERR_FILENO, format, args);
	va_end(args);
	dprintf(STDERR_FILENO, "\n");
	_exit(status);
}

/* Nothing that the caller left open or set has a meaning here, but standard input and error. */
static void begin_anew(void)
{
	int fd;

	do /* what is opened later is not to become standard error */
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd < 0)
		_exit(FAILED);
	if (syscall(SYS_close_range, STDERR_FILENO + 1, ~0u, 0) < 0)
		for (fd = STDERR_FILENO + 1; fd < sysconf(_SC_OPEN_MAX); fd++)
			close(fd);
	if (clearenv() != 0 || prctl(PR_SET_DUMPABLE, 0) < 0)
		_exit(FAILED);
}

/* Digits, spaces in front of them, and no more than most; *at is behind them then. */
static bool number(char **at, unsigned long most, unsigned long *value)
{
	char *text = *at + strspn(*at, " \t");

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*value = strtoul(text, at, 10);
	return errno == 0 && *value <= most;
}

static void take_words(char **words)
{
	if (words[0] && words[1] && strcmp(words[0], "-n") == 0) {
		if (!number(&words[1], SOCKETS_MOST, &request.sockets) || *words[1] || !request.sockets)
			end(USAGE, "-n: expected 1 to %d sockets", SOCKETS_MOST);
		words += 2;
	}
	for (; *words; words++) {
		if (request.count == INTERFACES_MOST)
			end(USAGE, "more than %d interfaces", INTERFACES_MOST);
		if (!**words || **words == '-' || strlen(*words) >= IFNAMSIZ || strpbrk(*words, " \t\n/*"))
			end(USAGE, "expected names of interfaces");
		request.interfaces[request.count++] = *words;
	}
	if (request.count == 0)
		end(USAGE, "usage: torc-open [-n SOCKETS] INTERFACE..., with a Unix socket as standard input");
}

/* ---- the rules ---- */

/* Of root's and writable by nobody else, as the folder they are in. */
static int open_owned(int folder, const char *name, int flags, mode_t kind)
{
	int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | flags);
	struct stat status;

	if (fd < 0)
		end(REFUSED, "%s: %s: nobody may open anything; see torc-open(8)", name, strerror(errno));
	if (fstat(fd, &status) < 0 || (status.st_mode & S_IFMT) != kind || status.st_uid != 0 ||
	    (status.st_mode & (S_IWGRP | S_IWOTH)))
		end(REFUSED, "%s is not root's alone to write: it is not believed", name);
	return fd;
}

/*
 * The number of a user or a group, as it stands or in /etc/passwd or /etc/group: other sources of
 * names would be modules and sockets of others, in a process that has a right.
 */
static bool find_id(const char *path, char *name, unsigned long *id)
{
	char *line = NULL, *at = name;
	size_t room = 0, length = strlen(name);
	bool found = number(&at, UINT32_MAX - 1, id) && !*at;
	FILE *file = found ? NULL : fopen(path, "re");

	while (file && !found && getline(&line, &room, file) > 0) {
		if (strncmp(line, name, length) != 0 || line[length] != ':')
			continue;
		at = strchr(line + length + 1, ':');
		found = at && *++at && number(&at, UINT32_MAX - 1, id) && *at == ':';
	}
	if (file)
		fclose(file);
	free(line);
	return found;
}

static bool is_caller(bool is_user, char *name)
{
	static gid_t groups[65536];
	unsigned long id;
	int count;

	if (!find_id(is_user ? "/etc/passwd" : "/etc/group", name, &id))
		return false;
	if (is_user)
		return getuid() == id;
	count = getgroups(sizeof(groups) / sizeof(*groups), groups);
	for (int i = 0; i < count; i++)
		if (groups[i] == id)
			return true;
	return getgid() == id;
}

/* "4,40 0 0 12,21 0 1 2048,...": how many, and each, as tcpdump -ddd prints them in lines. */
static bool take_filter(char *text, struct rule *into)
{
	unsigned long count, code, jt, jf, k;

	if (!number(&text, FILTER_MOST, &count) || count == 0)
		return false;
	for (into->length = 0; into->length < count; into->length++) {
		if (*text++ != ',' || !number(&text, UINT16_MAX, &code) || !number(&text, UINT8_MAX, &jt) ||
		    !number(&text, UINT8_MAX, &jf) || !number(&text, UINT32_MAX, &k))
			return false;
		into->filter[into->length] = (struct sock_filter){ (uint16_t)code, (uint8_t)jt,
								   (uint8_t)jf, (uint32_t)k };
	}
	return text[strspn(text, ", \t")] == '\0';
}

/* "group NAME on INTERFACE... [filter INSTRUCTIONS]"; false: that is no rule. */
static bool take_rule(char *line, struct rule *into, bool *applies)
{
	char *rest, *kind = strtok_r(line, " \t", &rest), *who = strtok_r(NULL, " \t", &rest);
	char *word = strtok_r(NULL, " \t", &rest);
	unsigned int named = 0, words = 0;

	if (!word || strcmp(word, "on") != 0 || (strcmp(kind, "user") != 0 && strcmp(kind, "group") != 0))
		return false;
	into->every = false;
	into->length = 0;
	for (; (word = strtok_r(NULL, " \t", &rest)) && strcmp(word, "filter") != 0; words++) {
		into->every |= strcmp(word, "*") == 0;
		for (unsigned int i = 0; i < request.count; i++)
			named |= strcmp(word, request.interfaces[i]) == 0 ? 1u << i : 0;
	}
	if (words == 0 || (word && !take_filter(rest, into)))
		return false;
	*applies = (into->every || named == (1u << request.count) - 1) && is_caller(*kind == 'u', who);
	return true;
}

/* The first that applies. All are read, so that a mistake in any of them is met at once. */
static bool find_rule(void)
{
	static char text[RULES_MOST + 1];
	int folder = open_owned(AT_FDCWD, RULES_FOLDER, O_DIRECTORY, S_IFDIR);
	int fd = open_owned(folder, RULES_FILE, 0, S_IFREG);
	size_t length = 0;
	ssize_t got;
	bool found = false, applies;
	char *rest = text, *line;

	while (length < RULES_MOST && (got = read(fd, text + length, RULES_MOST - length)) > 0)
		length += (size_t)got;
	if (length == RULES_MOST || strlen(text) != length)
		end(FAILED, "%s/%s: longer than %u bytes, or no text", RULES_FOLDER, RULES_FILE, RULES_MOST - 1);
	for (unsigned int at = 1; (line = strsep(&rest, "\n")); at++) {
		line += strspn(line, " \t");
		if (!*line || *line == '#')
			continue;
		applies = false;
		if (!take_rule(line, found ? &unused : &rule, &applies))
			end(FAILED, "%s/%s:%u: expected \"group NAME on INTERFACE...\" or \"user ...\", "
			    "with \"filter\" and the numbers of tcpdump -ddd behind it or without",
			    RULES_FOLDER, RULES_FILE, at);
		found |= applies;
	}
	return found;
}

/* ---- sockets ---- */

/*
 * The whole filter: a socket can be bound to another interface by whoever has it, so unless all are
 * allowed the filter itself refuses what is of another one.
 */
static unsigned int make_program(struct sock_filter *code)
{
	unsigned int length = 0, count = rule.every ? 0 : request.count;

	if (count > 0)
		code[length++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
							      (uint32_t)SKF_AD_OFF + SKF_AD_IFINDEX);
	for (unsigned int i = 0; i < count; i++) {
		unsigned int index = if_nametoindex(request.interfaces[i]);

		if (index == 0)
			end(FAILED, "no interface %s", request.interfaces[i]);
		code[length++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, index,
							      (uint8_t)(count - i), 0);
	}
	if (count > 0)
		code[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0);
	memcpy(code + length, rule.filter, rule.length * sizeof(*code));
	length += rule.length;
	if (length > 0 && rule.length == 0)
		code[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, UINT32_MAX);
	return length;
}

/* Protocol 0 receives nothing, so nothing comes in before the filter is there. */
static int make_socket(const struct sock_fprog *program)
{
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), on = 1;

	if (fd < 0 && errno == EPERM)
		end(REFUSED, "no right to make packet sockets: `setcap cap_net_raw+ep` this program (where "
		    "programs cannot gain rights, as with NoNewPrivileges=, it cannot be used)");
	if (fd < 0)
		end(FAILED, "a packet socket: %s", strerror(errno));
	if (program->len > 0 &&
	    (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, program, sizeof(*program)) < 0 ||
	     setsockopt(fd, SOL_SOCKET, SO_LOCK_FILTER, &on, sizeof(on)) < 0))
		end(FAILED, "the kernel does not take the filter of the rule: %s", strerror(errno));
	return fd;
}

static void hand_over(const int *fds, unsigned int count)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(SOCKETS_MOST * sizeof(int))];
	} control = { 0 };
	char byte = (char)count;
	struct iovec data = { &byte, 1 };
	struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control,
				  .msg_controllen = CMSG_SPACE(count * sizeof(int)) };

	control.header = (struct cmsghdr){ .cmsg_len = CMSG_LEN(count * sizeof(int)),
					   .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS };
	memcpy(CMSG_DATA(&control.header), fds, count * sizeof(int));
	if (sendmsg(STDIN_FILENO, &message, MSG_NOSIGNAL | MSG_DONTWAIT) != 1)
		end(FAILED, "handing sockets over: %s", strerror(errno));
}

int main(int argc, char **argv)
{
	static struct sock_filter code[BPF_MAXINSNS];
	struct sock_fprog program = { .filter = code };
	int fds[SOCKETS_MOST], domain = 0;
	socklen_t length = sizeof(domain);

	begin_anew();
	take_words(argv + (argc > 0));
	if (getsockopt(STDIN_FILENO, SOL_SOCKET, SO_DOMAIN, &domain, &length) < 0 || domain != AF_UNIX)
		end(USAGE, "standard input is no Unix socket to hand sockets over by; "
		    "torc --via-helper starts this program");
	if (!find_rule())
		end(REFUSED, "no rule of %s/%s allows you to open %s%s", RULES_FOLDER, RULES_FILE,
		    request.interfaces[0], request.count > 1 ? " and the others together" : "");
	program.len = (unsigned short)make_program(code);
	for (unsigned int i = 0; i < request.sockets; i++)
		fds[i] = make_socket(&program);
	hand_over(fds, (unsigned int)request.sockets);
	return 0;
}
