/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * torc/filter.h - filters that run in user space, compiled
 *
 * A filter is written as for tcpdump (pcap-filter(7)) or given as classic BPF instructions, and
 * runs on any bytes in memory: packets of a file, of another library, of a test. On x86-64 and
 * AArch64 it is made into machine code; elsewhere, and where the system refuses executable memory, it is
 * interpreted. Both give the verdicts of libpcap's bpf_filter(), bit for bit.
 *
 *	struct torc_filter *filter;
 *
 *	if (torc_filter_compile(&filter, "tcp and port 80", TORC_LINK_ETHERNET, 0, &error) < 0)
 *		errx(1, "%s", error.text);
 *	if (torc_filter_matches(filter, data, caplen, len))
 *		...
 *	torc_filter_free(filter);
 *
 * The filter of a ring is another matter: torc_ring_set_filter() lets the kernel run it where there
 * is one.
 *
 * Threads: a filter never changes; any number of threads may use one at the same time.
 */
#ifndef TORC_FILTER_H
#define TORC_FILTER_H

#include <torc/packet.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_filter;

/* One classic BPF instruction: laid out as struct sock_filter (Linux) and bpf_insn (libpcap) are.
 */
struct torc_filter_instruction {
	uint16_t code;
	uint8_t jump_true;
	uint8_t jump_false;
	uint32_t k;
};

/*
 * torc_filter_compile - make a filter from an expression of pcap-filter(7)
 *
 * filter      set to the new filter, owned by the caller: release with torc_filter_free()
 * expression  "" or NULL matches everything
 * link_type   TORC_LINK_ of the packets that will be tested
 * snaplen     what torc_filter_matches() returns for a match; 0: 262144
 * error       NULL, or where the sentence goes
 *
 * Returns 0, or
 *   -TORC_EFILTER  libpcap does not accept it for a capture file (where "inbound" means nothing):
 *                  the sentence has its reason and the place
 *   -ENOMEM
 * Cost: names in the expression are looked up (DNS included), as by tcpdump.
 */
TORC_API int torc_filter_compile(struct torc_filter **filter, const char *expression,
				 uint16_t link_type, uint32_t snaplen, struct torc_error *error);

/*
 * torc_filter_from_instructions - make a filter from classic BPF instructions, which are copied
 *
 * What the kernel's checker accepts is accepted. Loads of the kernel's ancillary data lie past the
 * end of the packet here, so that they end the program with 0, as in bpf_filter().
 *
 * Returns 0, -EINVAL (the sentence names the instruction), or -ENOMEM.
 */
TORC_API int torc_filter_from_instructions(struct torc_filter **filter,
					   const struct torc_filter_instruction *instructions,
					   size_t count, struct torc_error *error);

/* torc_filter_free - NULL is allowed */
TORC_API void torc_filter_free(struct torc_filter *filter);

/*
 * torc_filter_matches - test one packet
 *
 * data    caplen bytes from the link-layer header; not read past that
 * len     its length on the wire
 *
 * Returns how many bytes to keep, which may be more than there are; 0: it does not match.
 * Cost: some nanoseconds; no allocation, no lock.
 */
TORC_API uint32_t torc_filter_matches(const struct torc_filter *filter, const void *data,
				      uint32_t caplen, uint32_t len);

/*
 * torc_filter_batch - keep the packets of an array that match
 *
 * Those that match move to the front in their order, caplen cut to the bytes to keep. Returns how
 * many there are; what is behind them in the array is unspecified.
 */
TORC_API unsigned int torc_filter_batch(const struct torc_filter *filter,
					struct torc_packet *packets, unsigned int count);

/* torc_filter_is_native - made into machine code, not interpreted */
TORC_API bool torc_filter_is_native(const struct torc_filter *filter);

#ifdef __cplusplus
}
#endif

#endif
