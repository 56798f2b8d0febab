/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * extcap.c - torc as a capture source of Wireshark: the extcap protocol (wireshark's doc/README.extcap)
 *
 * Wireshark runs every program in its extcap folder: once to ask for interfaces, then for the link
 * type and the settings of one, at last with --capture to write packets to a pipe until SIGTERM. The
 * capture is `torc dump` with other words before it; its account is kept in Wireshark's toolbar.
 */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <torc/filter.h>

#include "commands.h"
#include "extcap.h"
#include "notify.h"
#include "program.h"

#define PREFIX "torc:"

enum { WORDS_MAX = 256 };

/* What Wireshark asked for. */
struct request {
	const char *interface; /* after PREFIX */
	const char *fifo;
	const char *filter; /* NULL: none was given */
	const char *control_out;
	const char *queues, *engine;
	bool interfaces, dlts, config, capture;
	char *words[WORDS_MAX]; /* options of torc dump, as they are */
	int count;
};

/* ---- what there is ---- */

static int print_interfaces(void)
{
	struct if_nameindex *names = if_nameindex();

	printf("extcap {version=%s}{display=Torc}\n"
	       "interface {value=" PREFIX "any}{display=Torc: all interfaces}\n", torc_version());
	for (struct if_nameindex *name = names; name && name->if_index != 0; name++)
		printf("interface {value=" PREFIX "%s}{display=Torc: %s}\n", name->if_name,
		       name->if_name);
	if_freenameindex(names);
	printf("control {number=0}{type=string}{display=Account}"
	       "{tooltip=Where each packet is that the kernel saw}\n");
	return CLI_GOOD;
}

/* Only who may open a ring can know; others are told what nearly all interfaces have. */
static uint16_t link_type_of(const char *interface)
{
	struct torc_ring_options options = { .size = sizeof(options), .buffer_bytes = 1 << 20 };
	struct torc_ring_info info = { .size = sizeof(info), .link_type = TORC_LINK_ETHERNET };
	struct torc_ring *ring;

	if (strcmp(interface, "any") == 0)
		return TORC_LINK_ETHERNET;
	if (torc_ring_open_with(&ring, interface, &options, NULL) < 0)
		return TORC_LINK_ETHERNET;
	torc_ring_info(ring, &info);
	torc_ring_close(ring);
	return info.link_type;
}

static int print_dlts(const char *interface)
{
	uint16_t type = link_type_of(interface);
	const char *name, *about;

	program_link_words(type, &name, &about);
	printf("dlt {number=%u}{name=%s}{display=%s}\n", type, name ? name : "LINKTYPE",
	       about ? about : "as captured");
	return CLI_GOOD;
}

/* A setting of the dialog; but for the two first ones it is an option of torc dump. */
struct setting {
	const char *call, *display, *type, *more, *group;
	const char *values; /* "value=display|..." for a selector, the first is the default */
};

static const struct setting settings[] = {
	{ "--queues", "Receive queues", "string", "{placeholder=all, or 1,3-5}", "Source", NULL },
	{ "--engine", "Engine", "selector", "", "Source",
	  "default=TPACKET_V3 ring|xdp=AF_XDP, frames are ours|tap=AF_XDP, the host keeps its frames" },
	{ "--direction", "Direction", "selector", "", "Source", "both=both|rx=in|tx=out" },
	{ "--cluster", "Cluster", "string",
	  "{placeholder=ID or ID:per_flow}{tooltip=Share the packets with other programs, by flow}"
	  "{validation=^[0-9]+(:[a-z0-9_]+)?$}", "Sharing", NULL },
	{ "--sampling", "One packet of", "unsigned", "{range=1,4294967295}{default=1}", "Sharing", NULL },
	{ "--snaplen", "Bytes of each packet", "unsigned",
	  "{range=0,262144}{default=0}{tooltip=0: all of them}", "Memory", NULL },
	{ "--buffer", "Memory for waiting packets", "string",
	  "{default=64MiB}{validation=^[0-9]+(KiB|MiB|GiB)$}", "Memory", NULL },
	{ "--immediate-mode", "Each packet at once", "boolflag", "{default=false}", "Memory", NULL },
	{ "--take", "Take the default route's interface (AF_XDP)", "boolflag", "{default=false}",
	  "Source", NULL },
};

static void print_values(unsigned int number, const char *values)
{
	for (const char *at = values; *at; at += *at == '|') {
		int value = (int)strcspn(at, "="), text = (int)strcspn(at + value + 1, "|");

		printf("value {arg=%u}{value=%.*s}{display=%.*s}{default=%s}\n", number, value, at,
		       text, at + value + 1, at == values ? "true" : "false");
		at += value + 1 + text;
	}
}

static int print_config(void)
{
	for (unsigned int i = 0; i < sizeof(settings) / sizeof(*settings); i++) {
		const struct setting *setting = &settings[i];

		printf("arg {number=%u}{call=%s}{display=%s}{type=%s}%s{group=%s}\n", i,
		       setting->call, setting->display, setting->type, setting->more,
		       setting->group);
		if (setting->values)
			print_values(i, setting->values);
	}
	return CLI_GOOD;
}

/* Wireshark's capture dialog shows what is printed as the reason why the filter is red. */
static int check_filter(const struct request *request)
{
	struct torc_filter *filter;
	struct torc_error error;

	if (torc_filter_compile(&filter, request->filter, link_type_of(request->interface), 0,
				&error) < 0)
		printf("%s\n", error.text);
	else
		torc_filter_free(filter);
	return CLI_GOOD;
}

/* ---- the toolbar ---- */

static int control = -1;

/* 'T', the length of the rest in three bytes, the number of the control, 1 (set), the text. */
static void show_account(const char *text)
{
	size_t length = strlen(text);
	unsigned char message[256] = { 'T', 0, 0, (unsigned char)(length + 2), 0, 1 };

	if (length > sizeof(message) - 6)
		return;
	memcpy(message + 6, text, length);
	if (write(control, message, length + 6) < 0)
		return; /* the toolbar lags: the next one is newer */
}

/* ---- the words ---- */

/* The value of "--name VALUE" or "--name=VALUE"; NULL: the word is another one. */
static const char *value_of(const char *name, char **argv, int *at)
{
	size_t length = strlen(name);

	if (strncmp(argv[*at], name, length) != 0)
		return NULL;
	if (argv[*at][length] == '=')
		return argv[*at] + length + 1;
	return argv[*at][length] || !argv[*at + 1] ? NULL : argv[++*at];
}

static bool take(const char *name, const char **value, char **argv, int *at)
{
	const char *found = value_of(name, argv, at);

	if (found)
		*value = found;
	return found != NULL;
}

static bool take_flag(const char *name, bool *flag, const char *word)
{
	bool same = strcmp(name, word) == 0;

	*flag = *flag || same;
	return same;
}

static void read_words(struct request *request, char **argv)
{
	const char *unused;

	for (int i = 1; argv[i]; i++) {
		char **a = argv;

		if (take_flag("--extcap-interfaces", &request->interfaces, a[i]) ||
		    take_flag("--extcap-dlts", &request->dlts, a[i]) ||
		    take_flag("--extcap-config", &request->config, a[i]) ||
		    take_flag("--capture", &request->capture, a[i]) ||
		    take("--extcap-interface", &request->interface, a, &i) ||
		    take("--extcap-capture-filter", &request->filter, a, &i) ||
		    take("--extcap-control-out", &request->control_out, a, &i) ||
		    take("--extcap-control-in", &unused, a, &i) ||
		    take("--extcap-version", &unused, a, &i) ||
		    take("--extcap-reload-option", &unused, a, &i) ||
		    take("--fifo", &request->fifo, a, &i) ||
		    take("--queues", &request->queues, a, &i) ||
		    take("--engine", &request->engine, a, &i))
			continue;
		if (request->count < WORDS_MAX - 1)
			request->words[request->count++] = a[i];
	}
}

/* "xdp:eth0@1,3-5;mode=tap" */
static char *device_of(const struct request *request)
{
	const char *engine = request->engine ? request->engine : "default";
	const char *queues = request->queues ? request->queues : "";
	char *device;

	if (asprintf(&device, "%s%s%s%s%s", strcmp(engine, "default") == 0 ? "" : "xdp:",
		     request->interface, *queues ? "@" : "", queues,
		     strcmp(engine, "tap") == 0 ? ";mode=tap" : "") < 0)
		return NULL;
	return device;
}

static int capture(struct request *request, const char *program)
{
	char *device = device_of(request), *argv[WORDS_MAX + 16];
	int argc = 0, status;

	if (!device)
		return cli_fail(-ENOMEM, NULL);
	/* Wireshark opens the other end, sometimes after us */
	if (request->control_out)
		control = open(request->control_out, O_WRONLY | O_CLOEXEC);
	if (control >= 0) {
		fcntl(control, F_SETFL, O_NONBLOCK);
		notify_also(show_account);
	}
	argv[argc++] = (char *)program;
	argv[argc++] = "dump";
	argv[argc++] = "-i";
	argv[argc++] = device;
	argv[argc++] = "-w";
	argv[argc++] = (char *)request->fifo;
	argv[argc++] = "--format";
	argv[argc++] = "pcapng";
	argv[argc++] = "-U";
	argv[argc++] = "--application-name";
	argv[argc++] = "wireshark";
	if (request->filter && *request->filter) {
		argv[argc++] = "-f";
		argv[argc++] = (char *)request->filter;
	}
	for (int i = 0; i < request->count; i++)
		argv[argc++] = request->words[i];
	argv[argc] = NULL;
	status = cli_run(argc, argv);
	free(device);
	return status;
}

static int answer(struct request *request, char **argv)
{
	if (request->interfaces)
		return print_interfaces();
	if (!request->interface ||
	    strncmp(request->interface, PREFIX, strlen(PREFIX)) != 0) {
		cli_complain("torc: --extcap-interface: expected one that --extcap-interfaces lists");
		return CLI_USAGE;
	}
	request->interface += strlen(PREFIX);
	if (request->dlts)
		return print_dlts(request->interface);
	if (request->config)
		return print_config();
	if (request->capture && request->fifo)
		return capture(request, argv[0]);
	if (request->filter)
		return check_filter(request);
	cli_complain("torc: an extcap call has --extcap-dlts, --extcap-config, or --capture with --fifo");
	return CLI_USAGE;
}

bool extcap_asked(char **argv)
{
	for (char **word = argv + 1; *argv && *word; word++)
		if (strncmp(*word, "--extcap-", 9) == 0)
			return true;
	return false;
}

int extcap_run(char **argv)
{
	struct request request = { 0 };

	read_words(&request, argv);
	return answer(&request, argv);
}
