/* SPDX-License-Identifier: BSD-3-Clause */
/* irc.c - IRC: RFC 2812 §2.3 to §5, and the commands of IRCv3 */
#include <torc/layers/application/irc.h>

#include "decode/application/dialog.h"
#include "decode/registry.h"

static const char *const commands[] = {
	"PASS", "NICK", "USER", "OPER", "MODE", "SERVICE", "QUIT", "SQUIT", "JOIN", "PART", "TOPIC",
	"NAMES", "LIST", "INVITE", "KICK", "PRIVMSG", "NOTICE", "MOTD", "LUSERS", "VERSION",
	"STATS", "LINKS", "TIME", "CONNECT", "TRACE", "ADMIN", "INFO", "SERVLIST", "SQUERY", "WHO",
	"WHOIS", "WHOWAS", "KILL", "PING", "PONG", "ERROR", "AWAY", "REHASH", "DIE", "RESTART",
	"SUMMON", "USERS", "WALLOPS", "USERHOST", "ISON", "CAP", "AUTHENTICATE", "ACCOUNT",
	"CHGHOST", "SETNAME", "TAGMSG", "WEBIRC", "SERVER", "PROTOCTL", "STARTTLS", NULL
};

static int irc_decode(struct torc_cursor *cursor)
{
	static const struct dialog_grammar grammar = {
		.type = TORC_LAYER_IRC,
		.kind = TORC_DIALOG_PREFIXED,
		.commands = commands,
	};

	return dialog_decode(cursor, &grammar);
}

/* The word of the parameters that is a channel's name (RFC 2812 §1.3); empty: none is. */
static struct torc_bytes channel_of(struct torc_bytes parameters)
{
	while (parameters.length > 0) {
		struct torc_bytes word = take_word(&parameters);

		if (word.length > 1 && word.data[0] == ':')
			word = (struct torc_bytes){ word.data + 1, word.length - 1 };
		if (word.length > 1 && (word.data[0] == '#' || word.data[0] == '&'))
			return word;
	}
	return (struct torc_bytes){ 0 };
}

static void line_take(struct torc_irc *irc, const struct torc_dialog_line *line)
{
	struct torc_bytes argument = line->argument, word = take_word(&argument);

	if (word.length > 0 && word.data[0] == ':')
		word = (struct torc_bytes){ word.data + 1, word.length - 1 };
	if (dialog_is(&line->command, "USER"))
		irc->user = word;
	else if (!irc->nick.data && (dialog_is(&line->command, "NICK") || line->code != 0))
		irc->nick = word;
	else if (!irc->channel.data && !dialog_is(&line->command, "PASS"))
		irc->channel = channel_of(line->argument);
}

static void irc_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	struct torc_dialog_line line;
	struct torc_irc *irc = out;
	uint32_t position = 0;

	dialog_read(decoded, layer, TORC_DIALOG_PREFIXED, &irc->dialog, &irc->first);
	while (torc_dialog_line_next(&irc->dialog, &position, &line))
		line_take(irc, &line);
}

/* RFC 2812 §5: those of logging in, of channels, and errors that are met */
static const char *code_name(uint64_t code)
{
	static const struct {
		uint16_t code;
		const char *name;
	} names[] = {
		{ 1, "welcome" }, { 2, "your host" }, { 3, "created" }, { 4, "server and modes" },
		{ 5, "supported" }, { 251, "users" }, { 252, "operators" },
		{ 253, "unknown connections" }, { 254, "channels" }, { 255, "clients" },
		{ 301, "away" }, { 311, "whois user" }, { 315, "end of who" },
		{ 318, "end of whois" }, { 321, "list begins" }, { 322, "list" },
		{ 323, "end of list" }, { 324, "channel modes" }, { 331, "no topic" },
		{ 332, "topic" }, { 333, "topic set by" }, { 352, "who" }, { 353, "names" },
		{ 366, "end of names" }, { 372, "message of the day" },
		{ 375, "message of the day begins" }, { 376, "end of message of the day" },
		{ 401, "no such nick" }, { 403, "no such channel" }, { 421, "unknown command" },
		{ 422, "no message of the day" }, { 432, "erroneous nickname" },
		{ 433, "nickname in use" }, { 451, "not registered" },
		{ 461, "too few parameters" }, { 464, "password incorrect" }, { 465, "banned" },
		{ 471, "channel is full" }, { 473, "invite only" }, { 474, "banned from channel" },
		{ 475, "bad channel key" }
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].code == code)
			return names[i].name;
	return NULL;
}

static const struct torc_field_info irc_fields[] = {
	DIALOG_FIELDS(struct torc_irc, code_name),
	DIALOG_STRING(struct torc_irc, nick, "nick"),
	DIALOG_STRING(struct torc_irc, user, "user"),
	DIALOG_STRING(struct torc_irc, channel, "channel"),
	DIALOG_LINES(struct torc_irc),
	TORC_FIELDS_END
};

static const struct torc_layer_number irc_numbers[] = {
	{ TORC_BY_TCP_PORT, 6666 },
	{ TORC_BY_TCP_PORT, 6667 },
	{ TORC_BY_TCP_PORT, 6668 },
	{ TORC_BY_TCP_PORT, 6669 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_irc = {
	.name = "IRC",
	.key = "irc",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_irc),
	.numbers = irc_numbers,
	.decode = irc_decode,
	.read = irc_read,
	.fields = irc_fields,
};
