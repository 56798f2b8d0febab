/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * compile.h - filter expressions to classic BPF, by libpcap
 */
#ifndef TORC_FILTER_COMPILE_H
#define TORC_FILTER_COMPILE_H

#include <pcap/pcap.h>

#include <torc/base.h>

/*
 * Compile an expression of pcap-filter(7) on an open handle (live or pcap_open_dead()). Returns 0,
 * or -TORC_EFILTER with libpcap's reason and the place in the text. Release the program with
 * pcap_freecode().
 */
int torc_bpf_compile(pcap_t *handle, const char *expression, struct bpf_program *program,
		     struct torc_error *error);

#endif
