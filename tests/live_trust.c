/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * live_trust.c - what another user may do to those who look at live rings: nothing. Readers follow no
 * link, remove nothing, believe the owner of a file and not its text, and no byte of it steers a
 * terminal.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <torc/decode.h>
#include <torc/live.h>

#include "live/page.h"
#include "test.h"

#define MALLORY 61001
#define HOME    "/run/user/61001"

static struct live_page page;

static void blank(void)
{
	page = (struct live_page){ .magic = LIVE_MAGIC, .version = LIVE_VERSION,
				   .ring_bytes = sizeof(page.ring),
				   .stats_bytes = sizeof(page.stats) };
	page.ring.size = sizeof(page.ring);
	page.stats.size = sizeof(page.stats);
	page.ring.pid = 1;
	page.ring.uid = 0;
	page.ring.enabled = 1;
	strcpy(page.ring.application_name, "sshd");
	strcpy(page.ring.device, "eth0");
	strcpy(page.ring.interface_name, "eth0");
	strcpy(page.ring.engine, "tpacket_v3");
}

/* A page under a name, of a user, and locked as if its owner lived: the descriptor. */
static int put_page(const char *path, uid_t user)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);

	if (fd < 0 || write(fd, &page, sizeof(page)) != sizeof(page) || fchown(fd, user, user) < 0 ||
	    flock(fd, LOCK_EX | LOCK_NB) < 0) {
		note("%s: %s", path, strerror(errno));
		exit(1);
	}
	return fd;
}

static unsigned int shown(struct torc_live_ring *ring)
{
	struct torc_live_list *list;
	struct torc_live_ring one = { .size = sizeof(one) };
	unsigned int count = 0;

	if (torc_live_open(&list) < 0)
		return 1000;
	while (torc_live_next(list, &one, NULL) > 0) {
		count++;
		if (ring)
			*ring = one;
	}
	torc_live_close(list);
	return count;
}

static bool there(const char *path)
{
	struct stat status;

	return lstat(path, &status) == 0;
}

/* Names and pids of others, in a file of his own. */
static void test_believed(void)
{
	struct torc_live_ring ring = { .size = sizeof(ring) };
	char path[64];
	int fd;

	blank();
	fd = put_page(HOME "/torc/1.1", MALLORY);
	is(shown(&ring), 1, "another user's ring is shown to root");
	is(ring.uid, MALLORY, "as his, whatever he wrote");
	is(ring.owner_known, 0, "process 1 is not known to be his");
	close(fd);
	unlink(HOME "/torc/1.1");
	snprintf(path, sizeof(path), HOME "/torc/%d.1", (int)getpid());
	fd = put_page(path, MALLORY);
	is(shown(&ring), 1, "with our process's number");
	is(ring.pid, getpid(), "that number");
	is(ring.owner_known, 0, "is not known to be his either");
	close(fd);
	unlink(path);
	snprintf(path, sizeof(path), "/run/torc/%d.1", (int)getpid());
	fd = put_page(path, 0);
	is(shown(&ring), 1, "our own");
	ok(ring.pid == getpid() && ring.uid == 0 && ring.owner_known == 1, "is ours");
	close(fd);
	unlink(path);
}

static void test_files(void)
{
	int fd;

	blank();
	fd = put_page(HOME "/torc/1.2", 61002);
	is(shown(NULL), 0, "a file of a third user in his folder is not shown");
	close(fd);
	fd = put_page(HOME "/torc/1.2", 0);
	is(shown(NULL), 0, "nor one of root's");
	(void)!fchown(fd, MALLORY, MALLORY);
	(void)!link(HOME "/torc/1.2", HOME "/torc/1.3");
	is(shown(NULL), 0, "nor one that has two names");
	unlink(HOME "/torc/1.3");
	is(shown(NULL), 1, "with one it is");
	(void)!rename(HOME "/torc/1.2", HOME "/other");
	(void)!symlink(HOME "/other", HOME "/torc/1.2");
	is(shown(NULL), 0, "nor one behind a link");
	unlink(HOME "/torc/1.2");
	(void)!rename(HOME "/other", HOME "/torc/resolv.conf");
	is(shown(NULL), 0, "nor one of another name");
	(void)!rename(HOME "/torc/resolv.conf", HOME "/torc/1.2");
	(void)!ftruncate(fd, 2 << 20);
	is(shown(NULL), 0, "nor one of megabytes");
	(void)!ftruncate(fd, 40);
	is(shown(NULL), 0, "nor one that is cut");
	close(fd);
	unlink(HOME "/torc/1.2");
	(void)!mkfifo(HOME "/torc/1.2", 0644);
	is(shown(NULL), 0, "a pipe does not hold us up");
	unlink(HOME "/torc/1.2");
}

/* A folder of root's with a page in it: what unlinking would hit. */
static void test_folders(void)
{
	int fd;

	blank();
	mkdir("/run/precious", 0755);
	fd = put_page("/run/precious/1.4", MALLORY);
	flock(fd, LOCK_UN); /* left over, as it seems */
	(void)!rename(HOME "/torc", HOME "/was");
	(void)!symlink("/run/precious", HOME "/torc");
	is(shown(NULL), 0, "a link in the place of his folder is not followed");
	ok(there("/run/precious/1.4"), "and nothing behind it is removed");
	(void)!flock(fd, LOCK_EX);
	is(shown(NULL), 0, "nor shown");
	unlink(HOME "/torc");
	(void)!rename(HOME "/was", HOME "/torc");
	close(fd);
	fd = put_page(HOME "/torc/1.5", MALLORY);
	flock(fd, LOCK_UN);
	is(shown(NULL), 0, "a dead ring is not shown");
	ok(there(HOME "/torc/1.5"), "and not removed by who looks");
	(void)!flock(fd, LOCK_EX);
	chmod(HOME "/torc", 0777);
	is(shown(NULL), 0, "a folder that everybody writes is no folder");
	chmod(HOME "/torc", 0755);
	(void)!chown(HOME "/torc", 61002, 61002);
	is(shown(NULL), 0, "nor one of somebody else's");
	(void)!chown(HOME "/torc", MALLORY, MALLORY);
	is(shown(NULL), 1, "as it was it is shown");
	close(fd);
	unlink(HOME "/torc/1.5");
	mkdir("/tmp/torc-61001", 0755);
	(void)!chown("/tmp/torc-61001", MALLORY, MALLORY);
	fd = put_page("/tmp/torc-61001/1.6", MALLORY);
	is(shown(NULL), 0, "root does not look into /tmp");
	close(fd);
	unlink("/tmp/torc-61001/1.6");
	rmdir("/tmp/torc-61001");
}

/* The output of a command holds nothing but printable ASCII and ends of lines. */
static bool is_plain(const char *command, const char *must_have)
{
	static char text[1 << 16];
	FILE *pipe = popen(command, "r");
	size_t length = pipe ? fread(text, 1, sizeof(text) - 1, pipe) : 0;
	bool plain = length > 0;

	text[length] = '\0';
	for (size_t i = 0; i < length && plain; i++) {
		plain = text[i] == '\n' || (text[i] >= ' ' && text[i] <= '~');
		if (!plain)
			note("%s: byte %02x", command, (unsigned char)text[i]);
	}
	if (pipe && pclose(pipe) != 0)
		plain = false;
	if (!strstr(text, must_have))
		note("%s: no %s in %s", command, must_have, text);
	return plain && strstr(text, must_have);
}

static const struct field {
	const char *name;
	size_t at, size;
	bool in_text, in_pf_ring;
} fields[] = {
	{ "application_name", offsetof(struct torc_live_ring, application_name), 64, true, true },
	{ "device", offsetof(struct torc_live_ring, device), 256, true, true },
	{ "interface_name", offsetof(struct torc_live_ring, interface_name), 64, false, true },
	{ "engine", offsetof(struct torc_live_ring, engine), 32, true, false },
	{ "engine_detail", offsetof(struct torc_live_ring, engine_detail), 96, false, false },
	{ "filter", offsetof(struct torc_live_ring, filter), 512, true, false },
	{ "application_stats", offsetof(struct torc_live_ring, application_stats), 1024, false,
	  true },
};

/* All bytes from 1 to 255, as many as a field has room for at a time, in each field. */
static void test_bytes(void)
{
	const char *torc = getenv("TORC");
	char text[256], pf_ring[256];

	if (!torc)
		return skip("the command", "TORC does not say where it is");
	snprintf(text, sizeof(text), "'%s' rings 2>&1", torc);
	snprintf(pf_ring, sizeof(pf_ring), "'%s' rings --pf-ring 2>&1", torc);
	for (unsigned int f = 0; f < sizeof(fields) / sizeof(*fields); f++) {
		const struct field *field = &fields[f];
		unsigned int bad = 0;

		for (unsigned int byte = 1; byte < 256; byte += 8) {
			char *to = (char *)&page.ring + field->at;
			const char *seen = byte >= 128 ? "\\x" : "";
			int fd;

			blank();
			memset(to, 0, field->size);
			for (unsigned int i = 0; i < 8 && byte + i < 256; i++)
				to[i] = (char)(byte + i);
			fd = put_page(HOME "/torc/1.7", MALLORY);
			bad += !is_plain(text, field->in_text ? seen : "");
			bad += !is_plain(pf_ring, field->in_pf_ring ? seen : "");
			close(fd);
		}
		is(bad, 0, "%s: no byte of it reaches a terminal unescaped", field->name);
	}
	unlink(HOME "/torc/1.7");
}

static void escapes(const char *from, const char *to, const char *what)
{
	char buffer[128];

	torc_text_escaped(from, strlen(from), buffer, sizeof(buffer));
	is_str(buffer, to, "%s", what);
}

static void test_escaping(void)
{
	char buffer[8];

	escapes("M\xc3\xbcller \xe2\x82\xac \xf0\x9f\x8c\x8d", "M\xc3\xbcller \xe2\x82\xac \xf0\x9f\x8c\x8d",
		"UTF-8 stays");
	escapes("\033]52;c;\a", "\\x1b]52;c;\\x07", "C0");
	escapes("\x7f", "\\x7f", "DEL");
	escapes("eth0\xc2\x9b" "5n", "eth0\\xc2\\x9b5n", "C1");
	escapes("\xe2\x80\xae" "fdp.exe", "\\xe2\\x80\\xaefdp.exe", "bidi");
	escapes("\xe2\x81\xa6x", "\\xe2\\x81\\xa6x", "isolates");
	escapes("\xff\xc3", "\\xff\\xc3", "no UTF-8");
	escapes("\xc0\xaf\xed\xa0\x80", "\\xc0\\xaf\\xed\\xa0\\x80", "nor longer forms, surrogates");
	escapes("a\\x1b", "a\\x5cx1b", "a backslash is one");
	is(torc_text_escaped("ab\xe2\x82\xac", 5, buffer, 5), 5, "the length of the whole");
	is_str(buffer, "ab", "and no half of a character");
}

/* E29: what needs /proc is left out, with a sentence. */
static void test_without_proc(void)
{
	const char *torc = getenv("TORC");
	char command[512];
	int fd;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	return skip("without /proc", "the sanitizer itself needs it");
#endif
	if (!torc || system("unshare -m true 2>/dev/null") != 0)
		return skip("without /proc", "no mount namespace of our own");
	blank();
	fd = put_page("/run/torc/1.8", 0);
	snprintf(command, sizeof(command), "unshare -m sh -c 'mount -t tmpfs none /proc && \"%s\" rings' "
		 "2>&1", torc);
	ok(is_plain(command, "/proc is not mounted"), "without /proc: a sentence");
	ok(is_plain(command, "1?"), "and the ring, its process marked");
	close(fd);
	unlink("/run/torc/1.8");
}

int main(void)
{
	if (geteuid() != 0)
		skip_all("needs root, to be several users");
	if (mkdir("/run/user", 0755) < 0 && errno != EEXIST)
		skip_all("/run cannot be written");
	if (chown("/run/user", 0, 0) < 0 || mkdir(HOME, 0700) < 0 ||
	    mkdir(HOME "/torc", 0755) < 0 || chown(HOME, MALLORY, MALLORY) < 0 ||
	    chown(HOME "/torc", MALLORY, MALLORY) < 0)
		skip_all("there are no other users in this namespace");
	mkdir("/run/torc", 0755);
	unsetenv("TORC_RUNTIME_DIR");
	test_believed();
	test_files();
	test_folders();
	test_escaping();
	test_bytes();
	test_without_proc();
	return done();
}
