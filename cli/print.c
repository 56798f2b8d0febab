/* SPDX-License-Identifier: BSD-3-Clause */
/* print.c - packets as tcpdump's users know them, or one JSON object a line */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <torc/decode.h>

#include "names.h"
#include "netflow.h"
#include "print.h"
#include "sequence.h"

#define AT(member) offsetof(struct print_settings, member)

const struct cli_option print_options[] = {
	{ 'n', NULL, NULL, "ports as numbers, not names", cli_set_flag, AT(numeric), NULL },
	{ 0, "resolve", NULL, "hosts by name, as far as answers are there: no packet waits for one",
	  cli_set_flag, AT(resolve), NULL },
	{ 'S', NULL, NULL, "absolute TCP sequence numbers", cli_set_flag, AT(absolute), NULL },
	{ 'e', NULL, NULL, "the link-layer header too", cli_set_flag, AT(link), NULL },
	{ 'q', "quick", NULL, "shorter lines", cli_set_flag, AT(quick), NULL },
	{ 'v', "verbose", NULL, "more of IP, and verdicts on checksums; -vv: as --tree too",
	  cli_set_repeat, AT(verbose), NULL },
	{ 0, "tree", NULL, "all fields of all layers below each line", cli_set_flag, AT(tree),
	  NULL },
	{ 0, "decode-as", "PORT=LAYER", "what a port carries: udp:8472=vxlan, tcp:8443=tls",
	  cli_set_list, AT(decode_as), NULL },
	{ 'x', NULL, NULL, "bytes in hex, without the link-layer header; -xx: with it",
	  cli_set_repeat, AT(hex), NULL },
	{ 'X', NULL, NULL, "the same with their characters; -XX: with the link-layer header",
	  cli_set_repeat, AT(hex_text), NULL },
	{ 'A', NULL, NULL, "the characters only", cli_set_flag, AT(text), NULL },
	{ 't', NULL, NULL, "-t no time, -tt since 1970, -ttt since the packet before, -tttt date",
	  cli_set_repeat, AT(times), NULL },
	{ 0, "nano", NULL, "times with nine digits (default: six)", cli_set_flag, AT(nano), NULL },
	{ '#', "number", NULL, "number the packets", cli_set_flag, AT(number), NULL },
	{ 0, "no-streams", NULL, "do not decode what each TCP segment carries", cli_set_flag,
	  AT(no_streams), NULL },
	{ 'l', NULL, NULL, "write each line at once", cli_set_flag, AT(line), NULL },
	{ 0 },
};

struct printer {
	const struct print_settings *settings;
	char *buffer; /* grows with the longest text */
	size_t size;
	uint64_t number;
	uint64_t first_ns;
	uint64_t last_ns;
	time_t second; /* the one clock is about */
	struct tm clock;
	bool several_interfaces;
	struct names *names;         /* NULL with -n */
	struct sequences *sequences; /* NULL with -S */
	struct torc_netflow_templates *templates; /* NULL without the tree */
};

/* What of a packet a text is made of. */
struct piece {
	const struct torc_packet *packet;
	const struct torc_decoded *decoded;
	const char *interface_name;
	const uint8_t *data;
	uint32_t length;
	struct torc_text_options text;
	bool ascii;
};

struct printer *printer_new(const struct print_settings *settings, bool several_interfaces)
{
	struct printer *printer = calloc(1, sizeof(*printer));

	if (!printer)
		return NULL;
	printer->settings = settings;
	printer->several_interfaces = several_interfaces;
	printer->size = 16384;
	printer->second = -1;
	printer->buffer = malloc(printer->size);
	if (!settings->json && (settings->resolve || !settings->numeric))
		printer->names = names_new(settings->resolve);
	if (!settings->json && !settings->absolute)
		printer->sequences = sequences_new();
	if (!printer->buffer || (!settings->json && (settings->tree || settings->verbose > 1) &&
				 torc_netflow_templates_open(&printer->templates, NULL) < 0)) {
		printer_free(printer);
		return NULL;
	}
	return printer;
}

void printer_free(struct printer *printer)
{
	if (!printer)
		return;
	names_free(printer->names);
	sequences_free(printer->sequences);
	torc_netflow_templates_close(printer->templates);
	free(printer->buffer);
	free(printer);
}

/* "udp:8472=vxlan" */
static bool decode_as(const char *text)
{
	static const struct {
		const char *name;
		enum torc_registry registry;
	} kinds[] = { { "udp:", TORC_BY_UDP_PORT }, { "tcp:", TORC_BY_TCP_PORT },
		      { "sctp:", TORC_BY_SCTP_PORT } };
	unsigned int type = TORC_LAYER_NONE, i;
	unsigned long port = 0;
	char *end = NULL;

	for (i = 0; i < 3 && strncmp(text, kinds[i].name, strlen(kinds[i].name)) != 0; i++)
		;
	if (i < 3)
		port = strtoul(text + strlen(kinds[i].name), &end, 10);
	if (end && *end == '=')
		type = torc_layer_type_of(end + 1);
	if (type == TORC_LAYER_NONE || port == 0 || port > 65535) {
		cli_complain("torc dump: --decode-as %s: expected a port and a layer, such as "
			     "udp:8472=vxlan", text);
		return false;
	}
	torc_register_number(kinds[i].registry, (unsigned int)port, type);
	return true;
}

int print_prepare(const struct print_settings *settings)
{
	for (unsigned int i = 0; i < settings->decode_as.count; i++)
		if (!decode_as(settings->decode_as.items[i]))
			return CLI_USAGE;
	return CLI_GOOD;
}

/* ---- texts of the library, in a buffer that grows ---- */

typedef int make_text(const struct piece *piece, char *buffer, size_t size);

static int make_line(const struct piece *piece, char *buffer, size_t size)
{
	return torc_text_line_with(piece->decoded, &piece->text, buffer, size);
}

static int make_tree(const struct piece *piece, char *buffer, size_t size)
{
	return torc_text_tree(piece->decoded, buffer, size);
}

static int make_hex(const struct piece *piece, char *buffer, size_t size)
{
	return torc_text_hex(piece->data, piece->length, piece->ascii, buffer, size);
}

static int make_json(const struct piece *piece, char *buffer, size_t size)
{
	return torc_json_packet(piece->packet, piece->decoded, piece->interface_name, buffer, size);
}

static void put(struct printer *printer, make_text *make, const struct piece *piece)
{
	int length = make(piece, printer->buffer, printer->size);

	if (length >= 0 && (size_t)length >= printer->size) {
		char *larger = realloc(printer->buffer, (size_t)length + 1);

		if (larger) {
			printer->buffer = larger;
			printer->size = (size_t)length + 1;
			length = make(piece, printer->buffer, printer->size);
		} else {
			length = (int)printer->size - 1; /* cut, but terminated */
		}
	}
	if (length > 0)
		fwrite(printer->buffer, 1, (size_t)length, stdout);
}

/* ---- time ---- */

static void put_fraction(const struct printer *printer, uint64_t ns)
{
	if (printer->settings->nano)
		printf(".%09u ", (unsigned int)(ns % 1000000000u));
	else
		printf(".%06u ", (unsigned int)(ns % 1000000000u / 1000));
}

static void put_clock(struct printer *printer, uint64_t timestamp_ns, bool date)
{
	time_t second = (time_t)(timestamp_ns / 1000000000u);
	const struct tm *clock = &printer->clock;

	if (second != printer->second) {
		printer->second = second;
		localtime_r(&second, &printer->clock);
	}
	if (date)
		printf("%04d-%02d-%02d ", clock->tm_year + 1900, clock->tm_mon + 1, clock->tm_mday);
	printf("%02d:%02d:%02d", clock->tm_hour, clock->tm_min, clock->tm_sec);
	put_fraction(printer, timestamp_ns);
}

static void put_span(struct printer *printer, uint64_t now_ns, uint64_t then_ns)
{
	uint64_t span_ns = now_ns >= then_ns ? now_ns - then_ns : then_ns - now_ns;
	unsigned int seconds = (unsigned int)(span_ns / 1000000000u);

	printf("%s%02u:%02u:%02u", now_ns < then_ns ? "-" : " ", seconds / 3600, seconds / 60 % 60,
	       seconds % 60);
	put_fraction(printer, span_ns);
}

static void put_time(struct printer *printer, uint64_t timestamp_ns)
{
	if (printer->number == 1)
		printer->first_ns = printer->last_ns = timestamp_ns;
	switch (printer->settings->times) {
	case 0:
		put_clock(printer, timestamp_ns, false);
		break;
	case 1:
		break;
	case 2:
		printf("%llu", (unsigned long long)(timestamp_ns / 1000000000u));
		put_fraction(printer, timestamp_ns);
		break;
	case 3:
		put_span(printer, timestamp_ns, printer->last_ns);
		break;
	case 4:
		put_clock(printer, timestamp_ns, true);
		break;
	default:
		put_span(printer, timestamp_ns, printer->first_ns);
	}
	printer->last_ns = timestamp_ns;
}

/* ---- bytes ---- */

static void put_characters(const uint8_t *data, uint32_t length)
{
	for (uint32_t i = 0; i < length; i++)
		putchar(data[i] == '\n' || (data[i] < 0x7f && isprint(data[i])) ? data[i] : '.');
	putchar('\n');
}

/* Bytes of the link-layer header, which -x, -X and -A leave out. */
static uint32_t link_length(const struct torc_decoded *decoded)
{
	const struct torc_layer *layer = torc_layer_by_role(decoded, TORC_ROLE_LINK, 0);

	return layer ? layer->offset + layer->header_length : 0;
}

static void put_bytes(struct printer *printer, struct piece *piece)
{
	const struct print_settings *settings = printer->settings;
	bool whole = settings->hex > 1 || settings->hex_text > 1;
	uint32_t skip = whole ? 0 : link_length(piece->decoded);

	piece->data = piece->packet->data + skip;
	piece->length = piece->packet->caplen - skip;
	piece->ascii = settings->hex_text > 0;
	if (settings->hex || settings->hex_text)
		put(printer, make_hex, piece);
	else if (settings->text)
		put_characters(piece->data, piece->length);
}

/* ---- one packet ---- */

static void line_options(struct printer *printer, struct piece *piece)
{
	const struct print_settings *settings = printer->settings;

	piece->text = (struct torc_text_options){
		.size = sizeof(piece->text),
		.flags = (settings->link ? TORC_TEXT_LINK : 0) |
			 (settings->quick ? TORC_TEXT_QUICK : 0) |
			 (settings->verbose ? TORC_TEXT_VERBOSE : 0),
		.packet_flags = piece->packet->flags,
		.port_name = printer->names && !settings->numeric ? names_port : NULL,
		.host_name = printer->names && settings->resolve ? names_host : NULL,
		.context = printer->names,
	};
	if (printer->sequences)
		sequences_bases(printer->sequences, piece->decoded, &piece->text.sequence_base,
				&piece->text.acknowledgment_base);
}

static void put_text(struct printer *printer, struct piece *piece)
{
	const struct print_settings *settings = printer->settings;
	const struct torc_packet *packet = piece->packet;

	printer->number++;
	if (settings->number)
		printf("%5llu  ", (unsigned long long)printer->number);
	put_time(printer, packet->timestamp_ns);
	if (printer->several_interfaces)
		printf("%-5s %-3s ", piece->interface_name ? piece->interface_name : "?",
		       packet->direction == TORC_PACKET_TX   ? "Out"
		       : packet->direction == TORC_PACKET_RX ? "In"
							     : "?");
	line_options(printer, piece);
	put(printer, make_line, piece);
	putchar('\n');
	if (settings->tree || settings->verbose > 1) {
		put(printer, make_tree, piece);
		netflow_print(printer->templates, piece->decoded);
	}
	put_bytes(printer, piece);
}

bool printer_packet(struct printer *printer, const struct torc_packet *packet,
		    const char *interface_name)
{
	bool streams = !printer->settings->no_streams;
	struct torc_decode_options options = { .size = sizeof(options),
					       .flags = streams ? TORC_DECODE_STREAMS : 0 };
	struct torc_decoded decoded;
	struct piece piece = { .packet = packet,
			       .decoded = &decoded,
			       .interface_name = interface_name };

	torc_decode_with(packet, &options, &decoded);
	if (printer->settings->json) {
		put(printer, make_json, &piece);
		putchar('\n');
	} else {
		put_text(printer, &piece);
	}
	if (printer->settings->line)
		return cli_flush_stdout();
	return !ferror(stdout) || cli_flush_stdout();
}
