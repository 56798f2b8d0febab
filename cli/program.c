/* SPDX-License-Identifier: BSD-3-Clause */
/* program.c - the filter's program as tcpdump -d prints it; link types and times by name */
#include <errno.h>
#include <pcap/pcap.h>

#include "program.h"

enum { SNAPLEN = 262144 };

int program_link_type(const char *name)
{
	int number = pcap_datalink_name_to_val(name);

	return number == DLT_RAW ? TORC_LINK_RAW : number;
}

/* libpcap's own number of a link type, which is another for raw IP alone. */
static int own_number(uint16_t link_type)
{
	return link_type == TORC_LINK_RAW ? DLT_RAW : link_type;
}

void program_link_words(uint16_t link_type, const char **name, const char **about)
{
	*name = pcap_datalink_val_to_name(own_number(link_type));
	*about = pcap_datalink_val_to_description(own_number(link_type));
}

const char *program_link_name(uint16_t link_type)
{
	static char text[128];
	const char *name, *about;

	program_link_words(link_type, &name, &about);
	if (!name)
		snprintf(text, sizeof(text), "%u", link_type);
	else
		snprintf(text, sizeof(text), "%s (%s)", name, about ? about : "no description");
	return text;
}

static void print_instruction(const struct bpf_insn *instruction, unsigned int n, unsigned int form)
{
	if (form == 1)
		puts(bpf_image(instruction, (int)n));
	else if (form == 2)
		printf("{ 0x%x, %d, %d, 0x%08x },\n", instruction->code, instruction->jt,
		       instruction->jf, instruction->k);
	else
		printf("%u %u %u %u\n", instruction->code, instruction->jt, instruction->jf,
		       instruction->k);
}

int program_print(const char *filter, uint16_t link_type, unsigned int form)
{
	pcap_t *handle = pcap_open_dead(own_number(link_type), SNAPLEN);
	struct bpf_program program;

	if (!handle)
		return cli_fail(-ENOMEM, NULL);
	if (pcap_compile(handle, &program, filter ? filter : "", 1, PCAP_NETMASK_UNKNOWN) < 0) {
		cli_complain("torc dump: filter: %s", pcap_geterr(handle));
		pcap_close(handle);
		return CLI_FAILED;
	}
	if (form > 2)
		printf("%u\n", program.bf_len);
	for (unsigned int n = 0; n < program.bf_len; n++)
		print_instruction(&program.bf_insns[n], n, form);
	pcap_freecode(&program);
	pcap_close(handle);
	return CLI_GOOD;
}

void program_print_link_type(const char *device, uint16_t link_type)
{
	const char *name, *about;

	program_link_words(link_type, &name, &about);
	printf("Data link types for %s (use option -y to set):\n  %s%s\n", device, name ? "" : "DLT ",
	       program_link_name(link_type));
}

void program_print_time_types(const char *device, bool adapter)
{
	printf("Time stamp types for %s (use option -j to set):\n  host (Host)\n", device);
	if (adapter)
		puts("  adapter (Adapter)");
}
