/* SPDX-License-Identifier: BSD-3-Clause */
/* dump.c - torc dump: packets of a wire or of files, as text, as JSON, or into a file */
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "capture.h"
#include "change.h"
#include "commands.h"
#include "defrag.h"
#include "devices.h"
#include "inputs.h"
#include "layers.h"
#include "print.h"
#include "program.h"
#include "write.h"

enum { BATCH = 64, NAMES = 64, TICK_NS = 100000000 };
enum { PRECISION_DEFAULT, PRECISION_MICRO, PRECISION_NANO }; /* in the order of the choices */

struct settings {
	struct capture_settings capture;
	struct print_settings print_text;
	struct write_settings write;
	struct input_settings input;
	struct defrag_settings defrag;
	struct change_settings change;
	uint64_t from_ns;
	uint64_t to_ns;
	int precision; /* PRECISION_ */
	const char *link_type; /* -y */
	unsigned int program;  /* -d, -dd, -ddd */
	bool list_links;
	bool list_times;
	bool list;
	bool list_layers;
	bool count;
	bool print;
};

#define AT(member) offsetof(struct settings, member)

/* dumpcap's -a KEY:VALUE */
static const char *set_stop(const struct cli_option *option, void *field, const char *text)
{
	struct settings *settings = field;
	uint64_t value;

	(void)option;
	if (write_key(text, "duration", &value))
		settings->capture.for_ns = value * 1000000000u;
	else if (write_key(text, "packets", &value))
		settings->capture.packets = value;
	else if (write_key(text, "filesize", &value))
		settings->write.stop_bytes = value * 1000;
	else if (write_key(text, "files", &value))
		settings->write.stop_files = value;
	else
		return "duration:SECONDS, filesize:KB, files:N or packets:N";
	return NULL;
}

static const struct cli_option dump_options[] = {
	{ 0, "from", "WHEN", "only packets from this time on", cli_set_time, AT(from_ns), NULL },
	{ 0, "to", "WHEN", "only packets before this time", cli_set_time, AT(to_ns), NULL },
	{ 'a', "autostop", "KEY:VALUE", "dumpcap's: end after duration: (s) filesize: (kB) files: "
	  "packets:", set_stop, 0, NULL },
	{ 'Z', "relinquish-privileges", "USER", "become that user once the capture is open",
	  cli_set_text, AT(capture.user), NULL },
	{ 'd', NULL, NULL, "print the filter's program and end; -dd for C, -ddd as numbers",
	  cli_set_repeat, AT(program), NULL },
	{ 'y', "linktype", "NAME", "the link type that is expected, such as EN10MB; -d: compile for it",
	  cli_set_text, AT(link_type), NULL },
	{ 'L', "list-data-link-types", NULL, "tell the link type and end", cli_set_flag,
	  AT(list_links), NULL },
	{ 'J', "list-time-stamp-types", NULL, "tell who can take times (-i) and end", cli_set_flag,
	  AT(list_times), NULL },
	{ 0, "list-layers", NULL, "list the layers and their fields and end; --json: an object each",
	  cli_set_flag, AT(list_layers), NULL },
	{ 'D', "list-interfaces", NULL, "list the interfaces and end", cli_set_flag, AT(list),
	  NULL },
	{ 0, "count", NULL, "print how many packets there are, and nothing else", cli_set_flag,
	  AT(count), NULL },
	{ 0, "print", NULL, "print the packets also when they are written with -w", cli_set_flag,
	  AT(print), NULL },
	{ 0, "time-stamp-precision", "UNIT", "of times, printed and written: micro or nano",
	  cli_set_choice, AT(precision), "default micro nano" },
	{ 0 },
};

static const struct cli_group groups[] = {
	{ "Files", input_options, offsetof(struct settings, input) },
	{ "What", dump_options, 0 },
	CAPTURE_GROUPS(struct settings, capture),
	{ "Fragments", defrag_options, offsetof(struct settings, defrag) },
	{ "Changes", change_options, offsetof(struct settings, change) },
	{ "Text", print_options, offsetof(struct settings, print_text) },
	{ "Capture files", write_options, offsetof(struct settings, write) },
	{ NULL, NULL, 0 },
};

/* A dump that runs: packets go to the printer, or to the output of -w. */
struct dump {
	const struct settings *settings;
	struct capture capture;
	struct torc_defrag *defrag; /* NULL: fragments are packets like any other */
	struct change *change;      /* NULL: packets stay as they are */
	struct printer *printer;
	struct jobs *jobs; /* of -z and -b printname: */
	struct output *output;
	struct capture_written written;
	bool is_file;
	uint64_t next_tick_ns;
	uint64_t next_second_ns;
	struct {
		int32_t ifindex;
		char name[IF_NAMESIZE];
	} names[NAMES]; /* of interfaces, as they were when first seen */
};

/* The name of an interface of a file is in the file. */
static const char *name_in_file(const struct torc_file *file, int32_t ifindex)
{
	struct torc_file_interface interface = { .size = sizeof(interface) };

	if (torc_file_interface(file, (uint32_t)ifindex, &interface) < 0)
		return NULL;
	return interface.name && *interface.name ? interface.name : NULL;
}

/* The name of one of this machine is asked of the kernel once. */
static const char *interface_name(struct dump *dump, int32_t ifindex)
{
	const struct torc_file *file = capture_file(&dump->capture);
	unsigned int place = (unsigned int)ifindex % NAMES;

	if (file)
		return name_in_file(file, ifindex);
	if (ifindex <= 0)
		return NULL;
	if (dump->names[place].ifindex != ifindex) {
		dump->names[place].ifindex = ifindex;
		if (!capture_interface_name(&dump->capture, ifindex, dump->names[place].name))
			dump->names[place].name[0] = 0;
	}
	return dump->names[place].name[0] ? dump->names[place].name : NULL;
}

static bool in_slice(const struct settings *settings, uint64_t timestamp_ns)
{
	return timestamp_ns >= settings->from_ns &&
	       (settings->to_ns == 0 || timestamp_ns < settings->to_ns);
}

/* Drops what --from and --to leave out; such packets are not among those that -c counts. */
static unsigned int slice(struct dump *dump, struct torc_packet *packets, unsigned int count)
{
	unsigned int kept = 0;

	if (dump->settings->from_ns == 0 && dump->settings->to_ns == 0)
		return count;
	for (unsigned int i = 0; i < count; i++)
		if (in_slice(dump->settings, packets[i].timestamp_ns))
			packets[kept++] = packets[i];
	dump->capture.packets -= count - kept;
	return kept;
}

static void print_packets(struct dump *dump, const struct torc_packet *packets, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		if (!printer_packet(dump->printer, &packets[i],
				    interface_name(dump, packets[i].ifindex)))
			return;
	/* Nothing at hand: what was printed must not wait for the next packet. */
	if (!dump->is_file && capture_queued(&dump->capture) == 0)
		cli_flush_stdout();
}

static void use_whole(struct dump *dump, struct torc_packet *packets, unsigned int count)
{
	if (count == 0)
		return;
	if (dump->change)
		packets = change_packets(dump->change, packets, &count);
	if (!packets) {
		dump->capture.status = CLI_FAILED;
		dump->capture.stopped = true;
		return;
	}
	if (dump->printer)
		print_packets(dump, packets, count);
	if (dump->output && !output_packets(dump->output, packets, count))
		dump->capture.stopped = true;
}

/* Runs of packets that are none go on together; a datagram is good until the next fragment only. */
static void use_packets(struct dump *dump, struct torc_packet *packets, unsigned int count)
{
	unsigned int kept = 0;

	count = slice(dump, packets, count);
	if (!dump->defrag) {
		use_whole(dump, packets, count);
		return;
	}
	for (unsigned int i = 0; i < count; i++) {
		struct torc_packet packet = packets[i];

		if (!defrag_packet(dump->defrag, &packet))
			continue;
		packets[kept++] = packet;
		if (packet.flags & TORC_PACKET_REASSEMBLED) {
			use_whole(dump, packets, kept);
			kept = 0;
		}
	}
	use_whole(dump, packets, kept);
}

static void obey_signals(struct dump *dump)
{
	unsigned int signals = dump->capture.signals;

	dump->capture.signals = 0;
	if ((signals & CLI_SIGNAL_ROTATE) && (!dump->output || !output_rotate(dump->output)))
		dump->capture.stopped = true; /* as tcpdump: the terminal hung up */
	if (dump->output && (signals & CLI_SIGNAL_FLUSH))
		output_flush(dump->output);
}

/* What torc rings shows of the files; cli/metrics.c reads it. */
static void publish(struct dump *dump)
{
	const struct torc_writer_stats *writer = &dump->written.writer;
	char text[1000];

	snprintf(text, sizeof(text),
		 "Writer to %.700s: %llu written, %llu lost, %llu waiting, %llu bytes, %llu files\n", dump->settings->write.path, (unsigned long long)writer->written,
		 (unsigned long long)writer->lost, (unsigned long long)writer->waiting,
		 (unsigned long long)writer->written_bytes, (unsigned long long)writer->files);
	for (unsigned int n = 0; n < dump->capture.ring_count; n++)
		torc_ring_set_application_stats(dump->capture.rings[n], text);
}

/*
 * Some times a second: what only time brings about in the file. Each second: the account for its
 * statistics blocks, and the line for people.
 */
static void tick(struct dump *dump)
{
	struct torc_stats stats = { .size = sizeof(stats) };
	uint64_t now_ns = cli_now_ns();

	if (now_ns < dump->next_tick_ns)
		return;
	dump->next_tick_ns = now_ns + TICK_NS;
	if (!output_tick(dump->output, !dump->is_file))
		dump->capture.stopped = true;
	output_account(dump->output, &dump->written);
	if (now_ns < dump->next_second_ns)
		return;
	dump->next_second_ns = now_ns + 1000000000u;
	capture_stats(&dump->capture, &stats);
	if (!dump->is_file)
		output_set_stats(dump->output, &stats);
	publish(dump);
	capture_print_live(&dump->capture, &stats);
}

static void receive(struct dump *dump)
{
	struct torc_packet packets[BATCH];

	while (!capture_over(&dump->capture)) {
		if (dump->capture.signals)
			obey_signals(dump);
		if (dump->capture.stopped && !dump->output)
			break; /* no packet may come for long */
		use_packets(dump, packets, capture_next(&dump->capture, packets, BATCH));
		if (dump->output)
			tick(dump);
	}
	capture_end(&dump->capture);
	if (!cli_flush_stdout() && !cli_stdout_gone())
		dump->capture.status = CLI_FAILED;
}

/* The time that the first file of -G is named after; 0: now. */
static uint64_t first_time_ns(struct dump *dump)
{
	struct torc_packet packet;
	int code;

	if (!dump->is_file)
		return 0;
	code = torc_ring_peek(dump->capture.rings[0], &packet);
	if (code < 0) /* said now, or never */
		capture_report(&dump->capture, dump->capture.rings[0], code);
	return code > 0 ? packet.timestamp_ns : 0;
}

/* Printers read names of ports, so before files are out of reach. */
static int open_printer(struct dump *dump, const struct torc_ring_info *info)
{
	const struct settings *settings = dump->settings;

	if (settings->count || (settings->write.path && !settings->print))
		return CLI_GOOD;
	dump->printer = printer_new(&settings->print_text, !dump->is_file && (info->interface_count > 1 ||
									 !info->ifindex));
	return dump->printer ? CLI_GOOD : cli_fail(-ENOMEM, NULL);
}

static int confine(struct dump *dump)
{
	/* what the resolver reads, and its port */
	static const char *const resolver[] = { "/etc", "/run/systemd/resolve", NULL };
	static const uint16_t domain[] = { 53, 0 };
	const struct settings *settings = dump->settings;
	const char *path = settings->write.path, *names = settings->write.print_name;
	bool resolves = dump->printer && settings->print_text.resolve && !settings->capture.json;

	return capture_confine(&dump->capture, &(struct privileges){
		.user = settings->capture.user,
		.roles = resolves ? TORC_CONFINE_NETWORK : 0,
		.write_path = path && strcmp(path, "-") != 0 ? path : NULL,
		.names_path = names && strcmp(names, "stdout") != 0 && strcmp(names, "stderr") != 0 ?
				      names : NULL,
		.read_paths = resolves ? resolver : NULL,
		.connect_ports = domain,
	});
}

static int open_output(struct dump *dump)
{
	const struct settings *settings = dump->settings;

	if (!settings->write.path)
		return CLI_GOOD;
	if (settings->write.print_name)
		jobs_open_names(dump->jobs, settings->write.print_name);
	dump->output = output_open(&settings->write, dump->jobs, dump->capture.rings,
				   dump->capture.ring_count, first_time_ns(dump));
	dump->capture.written = &dump->written;
	return dump->output ? CLI_GOOD : CLI_FAILED;
}

/* -y: whether the packets are of the link type that is expected; -L. */
static int check_link_type(const struct dump *dump, const struct torc_ring_info *info)
{
	const char *name = dump->settings->link_type;

	if (dump->settings->list_links)
		program_print_link_type(info->interface_name, info->link_type);
	if (!name || program_link_type(name) == info->link_type)
		return CLI_GOOD;
	cli_complain("torc dump: -y %s: the packets of %s are of link type %s", name,
		     info->interface_name, program_link_name(info->link_type));
	return CLI_FAILED;
}

/*
 * Privileges go once packets come in (a cluster takes new sockets for that) and before the output
 * is opened; until then the packets wait in the ring.
 */
static int start(struct dump *dump)
{
	struct torc_ring_info info;
	int status;

	dump->capture.defrag = dump->defrag;
	capture_info(&dump->capture, &info);
	dump->is_file = strcmp(info.engine, "file") == 0;
	status = check_link_type(dump, &info);
	if (status != CLI_GOOD || dump->settings->list_links)
		return dump->capture.status = status;
	/* several files are merged by time, and each waited for */
	status = capture_start(&dump->capture,
			       dump->settings->write.path && dump->capture.ring_count == 1);
	if (status == CLI_GOOD)
		status = open_printer(dump, &info);
	if (status == CLI_GOOD)
		status = confine(dump);
	if (status == CLI_GOOD)
		status = open_output(dump);
	if (status == CLI_GOOD)
		capture_announce(&dump->capture);
	return dump->capture.status = status;
}

/* Times that are not told are not to look like times. */
static void tell_times(const struct dump *dump)
{
	for (unsigned int i = 0; i < dump->capture.ring_count; i++) {
		const struct torc_file *file = torc_file_of_ring(dump->capture.rings[i]);
		struct torc_file_info info = { .size = sizeof(info) };

		if (file && torc_file_info(file, &info) == 0 && info.time_clashes > 0)
			cli_complain("torc: %s: %llu packets have a time before 1970 or after 2554, "
				     "which cannot be told", info.path,
				     (unsigned long long)info.time_clashes);
	}
}

/* Closes the file, and tells where the packets are. */
static void finish(struct dump *dump)
{
	const struct settings *settings = dump->settings;
	struct torc_stats stats = { .size = sizeof(stats) };
	int status;

	if (dump->output) {
		capture_stats(&dump->capture, &stats);
		if (!dump->is_file) /* a file's own statistics are those of its capture */
			output_set_stats(dump->output, &stats);
		status = output_close(dump->output, &dump->written);
		if (jobs_free(dump->jobs) && status == CLI_GOOD && !cli_stdout_gone())
			status = CLI_FAILED;
		dump->jobs = NULL;
		if (dump->capture.status == CLI_GOOD)
			dump->capture.status = status;
	}
	tell_times(dump);
	if (settings->count)
		printf("%llu packet%s\n", (unsigned long long)dump->capture.packets,
		       dump->capture.packets == 1 ? "" : "s");
	if (settings->capture.json && settings->write.path && !settings->print &&
	    strcmp(settings->write.path, "-") != 0)
		capture_print_json(&dump->capture);
	capture_print_summary(&dump->capture, dump->capture.packets);
}

static int check_settings(const struct settings *settings)
{
	const char *path = settings->write.path;

	if (path && strcmp(path, "-") == 0 && (settings->print || settings->count))
		cli_complain("torc dump: -w - has standard output: no --print, no --count");
	else if (settings->write.stop_files && !settings->write.dumpcap_names &&
		 !settings->write.rotate_bytes && !settings->write.rotate_ns)
		cli_complain("torc dump: -a files: needs a -b, -C or -G that begins new ones");
	else if (settings->link_type && program_link_type(settings->link_type) < 0)
		cli_complain("torc dump: -y %s: no link type has that name (see torc dump -L)",
			     settings->link_type);
	else if (settings->list_times && settings->capture.interfaces.count == 0)
		cli_complain("torc dump: -J: of which interface? -i is missing");
	else
		return CLI_GOOD;
	return CLI_USAGE;
}

/* -d: for the link type of -y, of the file, or Ethernet. */
static int show_program(const struct settings *settings, char **words)
{
	uint16_t link_type = TORC_LINK_ETHERNET;
	struct torc_file_info info = { .size = sizeof(info) };
	struct torc_file *file;
	char *filter;
	int status = capture_filter(&settings->capture, words, &filter);

	if (status != CLI_GOOD)
		return status;
	if (settings->link_type) {
		link_type = (uint16_t)program_link_type(settings->link_type);
	} else if (settings->input.files.count > 0 &&
		   torc_file_open(&file, settings->input.files.items[0], NULL, NULL) == 0) {
		if (torc_file_info(file, &info) == 0)
			link_type = info.link_type;
		torc_file_close(file);
	}
	status = program_print(filter, link_type, settings->program);
	free(filter);
	return status;
}

/* What answers a question and ends; -1: none was asked. */
static int answer(struct settings *settings, char **words)
{
	if (settings->list)
		return devices_list(settings->capture.json, &settings->capture.sandbox);
	if (settings->list_layers) {
		layers_list(settings->capture.json);
		return CLI_GOOD;
	}
	if (settings->list_times) {
		for (size_t i = 0; i < settings->capture.interfaces.count; i++)
			program_print_time_types(
				settings->capture.interfaces.items[i],
				devices_hardware_time(settings->capture.interfaces.items[i]));
		return CLI_GOOD;
	}
	return settings->program ? show_program(settings, words) : -1;
}

/* What is there before the capture; an exit status. */
static int prepare(struct dump *dump, struct inputs *inputs)
{
	const struct settings *settings = dump->settings;
	const struct write_settings *write = &settings->write;
	int status = change_open(&settings->change, &dump->change);

	if (status == CLI_GOOD)
		status = defrag_start(&settings->defrag, &dump->defrag);

	if (status == CLI_GOOD)
		status = inputs_open(inputs, &settings->input, &settings->capture);
	if (status == CLI_GOOD && write->path && (write->on_rotate || write->print_name)) {
		dump->jobs = jobs_new(write->on_rotate, settings->capture.user);
		status = dump->jobs ? CLI_GOOD : CLI_FAILED;
	}
	return status;
}

static int run(void *data, char **words)
{
	struct settings *settings = data;
	struct dump dump = { .settings = settings };
	struct inputs inputs = { 0 };
	int status;

	settings->print_text.json = settings->capture.json;
	settings->print_text.nano |= settings->precision == PRECISION_NANO;
	settings->write.micro |= settings->precision == PRECISION_MICRO;
	settings->capture.sandbox.verbose = settings->print_text.verbose > 0;
	if (check_settings(settings) != CLI_GOOD || print_prepare(&settings->print_text) != CLI_GOOD)
		return CLI_USAGE;
	status = answer(settings, words);
	if (status >= 0)
		return status;
	/* what -w writes is as it came; it goes on with the ring, also when it is printed as well */
	settings->capture.decodes = !settings->write.path && !settings->count;
	status = prepare(&dump, &inputs);
	if (status == CLI_GOOD) {
		if (capture_open(&dump.capture, &settings->capture,
				 (const char *const *)inputs.devices, words) == CLI_GOOD &&
		    start(&dump) == CLI_GOOD && !settings->list_links) {
			receive(&dump);
			finish(&dump);
			if (dump.change)
				change_report(dump.change);
		}
		status = capture_close(&dump.capture);
	}
	printer_free(dump.printer);
	torc_defrag_close(dump.defrag);
	change_close(dump.change);
	jobs_free(dump.jobs);
	inputs_close(&inputs);
	return status;
}

const struct cli_command command_dump = {
	.name = "dump",
	.words = "[FILTER]",
	.summary = "capture or read packets and print or write them",
	.about = "Captures packets, or reads them from files, and prints a line for each or writes them\n"
		 "to a capture file. The packet account is shown at the end.",
	.groups = groups,
	.settings_size = sizeof(struct settings),
	.run = run,
};
