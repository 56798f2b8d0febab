/* SPDX-License-Identifier: BSD-3-Clause */
/* A bad filter expression: libpcap's reason, and the place. */
#include "filter/compile.h"

#include "test.h"

static void bad(pcap_t *handle, const char *expression, const char *place)
{
	struct torc_error error = { 0 };
	struct bpf_program program;

	is(torc_bpf_compile(handle, expression, &program, &error), -TORC_EFILTER, "\"%s\" is refused",
	   expression);
	ok(strstr(error.text, place), "  at %s", place);
	note("%s", error.text);
}

int main(void)
{
	pcap_t *handle = pcap_open_dead(DLT_EN10MB, 65535);
	struct bpf_program program;

	bad(handle, "tcp prot 80", "character 5: \"prot\"");
	bad(handle, "tcp and and port 80", "character 9: \"and\"");
	bad(handle, "(tcp port 80", "at its end");
	bad(handle, "tcp port 80)", "character 12: \")\"");
	bad(handle, "host", "at its end");
	bad(handle, "tcp[13 & 2 != 0", "character 12");
	bad(handle, "port 99999999", "99999999");
	is(torc_bpf_compile(handle, "tcp[13] & 2 != 0 and (port 80 or vlan 7)", &program, NULL), 0,
	   "a good one compiles");
	pcap_freecode(&program);
	pcap_close(handle);
	return done();
}
