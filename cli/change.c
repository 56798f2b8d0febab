/* SPDX-License-Identifier: BSD-3-Clause */
/* change.c - --set, --strip, --anonymize, --fix-checksums and --mtu: packets changed on their way */
#include "change.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What a piece may have more than the packet it is of: an IPv6 fragment header. */
#define PIECE_MORE 8
#define KEY_BYTES  32

#define AT(member) offsetof(struct change_settings, member)

static const char *set_mtu(const struct cli_option *option, void *field, const char *text)
{
	if (cli_set_positive(option, field, text) || *(uint64_t *)field < 68 ||
	    *(uint64_t *)field > 65535)
		return "bytes of an IP packet, 68 to 65535";
	return NULL;
}

const struct cli_option change_options[] = {
	{ 0, "set", "FIELD=VALUE", "set a field, such as ipv4.dst=10.0.0.9; may be repeated",
	  cli_set_list, AT(set), NULL },
	{ 0, "strip", "LAYER", "take an outer tunnel away, such as vxlan, gre, mpls or dot1q",
	  cli_set_text, AT(strip), NULL },
	{ 0, "anonymize", "KEYFILE", "other addresses, prefixes kept (Crypto-PAn), by a key of 32 bytes",
	  cli_set_text, AT(anonymize), NULL },
	{ 0, "fix-checksums", NULL, "make checksums anew, and lengths that are more than there is",
	  cli_set_flag, AT(finish), NULL },
	{ 0, "mtu", "N", "longer IP packets become TCP segments or fragments of at most N bytes", set_mtu,
	  AT(mtu), NULL },
	{ 0 },
};

/* What became of one thing that was asked for. */
struct tally {
	uint64_t done;
	uint64_t missing; /* no such layer */
	uint64_t refused;
	int code; /* why the last was refused */
};

struct change {
	const struct change_settings *settings;
	struct torc_assignment assignments[CLI_LIST_MAX];
	struct tally set[CLI_LIST_MAX];
	struct tally strip;
	struct torc_anonymizer *anonymizer; /* NULL: addresses stay */
	unsigned int strip_type;
	struct tally split;
	uint8_t *buffer; /* of one batch */
	size_t room;
	struct torc_packet *pieces; /* of --mtu; their data is a place in piece_bytes at first */
	size_t piece_count, piece_room;
	uint8_t *piece_bytes;
	size_t used, bytes_room;
	uint32_t fragment_id;
};

/* ---- the key of --anonymize ---- */

/* 64 hex digits and white space behind them: the 32 bytes. */
static bool from_hex(const char *text, size_t length, uint8_t key[KEY_BYTES])
{
	while (length > 0 && strchr(" \t\r\n", text[length - 1]))
		length--;
	if (length != 2 * KEY_BYTES || strspn(text, "0123456789abcdefABCDEF") != length)
		return false;
	for (size_t i = 0; i < KEY_BYTES; i++)
		sscanf(text + 2 * i, "%2hhx", &key[i]);
	return true;
}

static bool read_key(const char *path, uint8_t key[KEY_BYTES])
{
	char text[2 * KEY_BYTES + 16] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;
	ssize_t length = -1;

	if (fd < 0 || fstat(fd, &status) < 0 || (length = read(fd, text, sizeof(text) - 1)) < 0)
		cli_complain("torc: --anonymize %s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	if (length < 0)
		return false;
	if (S_ISREG(status.st_mode) && (status.st_mode & 077)) {
		cli_complain("torc: --anonymize %s: others can read or change this key: chmod 600 %s", path,
			     path);
		return false;
	}
	if (length == KEY_BYTES)
		memcpy(key, text, KEY_BYTES);
	else if (!from_hex(text, (size_t)length, key)) {
		cli_complain("torc: --anonymize %s: a key is 32 bytes, or 64 hex digits (head -c 32 "
			     "/dev/urandom makes one)", path);
		return false;
	}
	return true;
}

static bool open_anonymizer(const char *path, struct torc_anonymizer **anonymizer)
{
	struct torc_error error = { 0 };
	uint8_t key[KEY_BYTES];
	int code;

	if (!read_key(path, key))
		return false;
	code = torc_anonymizer_open(anonymizer, key, &error);
	explicit_bzero(key, sizeof(key));
	if (code < 0)
		cli_fail(code, error.text);
	return code >= 0;
}

int change_open(const struct change_settings *settings, struct change **change)
{
	struct torc_error error = { 0 };
	struct change *made;

	*change = NULL;
	if (!settings->set.count && !settings->strip && !settings->finish &&
	    !settings->mtu && !settings->anonymize)
		return CLI_GOOD;
	made = calloc(1, sizeof(*made));
	if (!made)
		return cli_fail(-ENOMEM, NULL);
	made->settings = settings;
	for (size_t i = 0; i < settings->set.count; i++) {
		if (torc_assignment_parse(&made->assignments[i], settings->set.items[i], &error) < 0) {
			cli_complain("torc: --set %s", error.text);
			goto refused;
		}
	}
	if (settings->strip) {
		made->strip_type = torc_layer_type_of(settings->strip);
		if (made->strip_type == TORC_LAYER_NONE) {
			cli_complain("torc: --strip %s: no layer has that name (such as vxlan, gre, "
				     "geneve, gtpv1u, mpls, dot1q)", settings->strip);
			goto refused;
		}
	}
	if (settings->anonymize && !open_anonymizer(settings->anonymize, &made->anonymizer))
		goto refused;
	*change = made;
	return CLI_GOOD;
refused:
	free(made);
	return CLI_USAGE;
}

static void count_result(struct tally *tally, int code)
{
	if (code >= 0)
		tally->done++;
	else if (code == -ENOENT)
		tally->missing++;
	else
		tally->refused++;
	if (code < 0 && code != -ENOENT)
		tally->code = code;
}

static void change_one(struct change *change, struct torc_packet *packet, uint8_t *buffer)
{
	struct torc_edit edit;

	torc_edit_begin(&edit, packet, buffer, packet->caplen);
	if (change->strip_type)
		count_result(&change->strip, torc_edit_strip(&edit, change->strip_type));
	if (change->anonymizer)
		torc_edit_anonymize(&edit, change->anonymizer);
	for (size_t i = 0; i < change->settings->set.count; i++)
		count_result(&change->set[i], torc_edit_set(&edit, &change->assignments[i]));
	if (change->settings->finish ||
	    (change->settings->mtu && edit.flags & TORC_PACKET_CHECKSUM_PARTIAL))
		torc_edit_finish(&edit);
	torc_edit_packet(&edit, packet);
}

/* Memory for at least that much; false: there is none. */
static bool grow(void **memory, size_t *room, size_t needed, size_t unit)
{
	void *larger;

	if (needed <= *room)
		return true;
	needed += needed / 2;
	larger = realloc(*memory, needed * unit);
	if (!larger)
		return false;
	*memory = larger;
	*room = needed;
	return true;
}

/* Appends what becomes of a packet. A packet that cannot be split goes on as it is. */
static bool split_one(struct change *change, const struct torc_packet *packet)
{
	size_t most = packet->caplen + PIECE_MORE;
	struct torc_split split;
	int count = torc_split_begin(&split, packet, (uint32_t)change->settings->mtu,
				     ++change->fragment_id);

	if (count < 0) {
		count_result(&change->split, count);
		torc_split_begin(&split, packet, UINT32_MAX, 0); /* one piece */
		split.left = split.chunk = packet->caplen;
		count = 1;
	} else {
		count_result(&change->split, 0);
	}
	if (!grow((void **)&change->pieces, &change->piece_room, change->piece_count + (size_t)count,
		  sizeof(*change->pieces)))
		return false;
	while (count-- > 0) {
		struct torc_packet *piece = &change->pieces[change->piece_count];

		if (!grow((void **)&change->piece_bytes, &change->bytes_room, change->used + most, 1))
			return false;
		if (torc_split_next(&split, change->piece_bytes + change->used, most, piece) != 1)
			*piece = *packet; /* of no bytes */
		piece->data = (const uint8_t *)change->used;
		change->used += piece->caplen;
		change->piece_count++;
	}
	return true;
}

struct torc_packet *change_packets(struct change *change, struct torc_packet *packets,
				   unsigned int *count)
{
	size_t needed = 0, at = 0;
	bool good = true;

	for (unsigned int i = 0; i < *count; i++)
		needed += packets[i].caplen;
	good = grow((void **)&change->buffer, &change->room, needed, 1);
	change->piece_count = change->used = 0;
	for (unsigned int i = 0; i < *count && good; i++) {
		size_t length = packets[i].caplen;

		change_one(change, &packets[i], change->buffer + at);
		at += length;
		if (change->settings->mtu)
			good = split_one(change, &packets[i]);
	}
	if (!good) {
		cli_fail(-ENOMEM, NULL);
		return NULL;
	}
	if (!change->settings->mtu)
		return packets;
	for (size_t i = 0; i < change->piece_count; i++)
		change->pieces[i].data = change->piece_bytes + (size_t)change->pieces[i].data;
	*count = (unsigned int)change->piece_count;
	return change->pieces;
}

static void report_one(const char *option, const char *what, const struct tally *tally)
{
	if (tally->missing == 0 && tally->refused == 0)
		return;
	cli_complain("torc: %s %s: done in %s packets; %s have no such layer, %s could not take it%s%s",
		     option, what, cli_figure(tally->done).text, cli_figure(tally->missing).text,
		     cli_figure(tally->refused).text, tally->refused ? ": " : "",
		     !tally->refused		  ? "" :
		     tally->code == -ENODATA	  ? "bytes that it needs were not captured" :
		     tally->code == -ERANGE	  ? "the value does not fit" :
		     tally->code == -EMSGSIZE	  ? "it must not be fragmented" :
		     tally->code == -EOPNOTSUPP	  ? "its form does not allow it" :
						    torc_strerror(tally->code));
}

void change_report(const struct change *change)
{
	for (size_t i = 0; i < change->settings->set.count; i++)
		report_one("--set", change->settings->set.items[i], &change->set[i]);
	if (change->settings->strip)
		report_one("--strip", change->settings->strip, &change->strip);
	if (change->settings->mtu && change->split.refused > 0)
		report_one("--mtu", cli_figure(change->settings->mtu).text, &change->split);
}

void change_close(struct change *change)
{
	if (change) {
		free(change->buffer);
		free(change->pieces);
		free(change->piece_bytes);
		torc_anonymizer_close(change->anonymizer);
	}
	free(change);
}
