/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bpf.h - the few bpf(2) operations Torc needs, straight from the system call
 *
 * No libbpf, no object files, no bpffs. Programs are made instruction by instruction (code.h) and
 * live as long as the descriptors returned here, so that nothing is left behind by a process that
 * dies. Interface: linux/bpf.h; what is newer than Linux 6.1 is named by constants of our own and
 * found out at run time.
 *
 * Needed: CAP_BPF, and CAP_NET_ADMIN for XDP programs (CAP_SYS_ADMIN for both before Linux 5.8).
 * Every function returns 0 or a descriptor, or a negative errno.
 */
#ifndef TORC_BPF_BPF_H
#define TORC_BPF_BPF_H

#include <linux/bpf.h>
#include <stddef.h>
#include <stdint.h>

#include <torc/base.h>

/* A map; name is at most 15 letters, digits, '_' and '.'. */
int torc_bpf_map_create(uint32_t type, uint32_t key_bytes, uint32_t value_bytes,
			uint32_t max_entries, uint32_t flags, const char *name);
int torc_bpf_map_lookup(int map, const void *key, void *value);
int torc_bpf_map_update(int map, const void *key, const void *value);
int torc_bpf_map_delete(int map, const void *key);

/* What a program is loaded with. The licence told to the kernel is "Dual BSD/GPL". */
struct torc_bpf_program {
	const char *name; /* as a map's */
	uint32_t type;    /* BPF_PROG_TYPE_ */
	uint32_t attach_type;
	uint32_t flags;   /* BPF_F_ */
	int ifindex;      /* of the device a program with BPF_F_XDP_DEV_BOUND_ONLY is bound to, or 0 */
	const struct bpf_insn *insns;
	unsigned int count;
};

/*
 * Load it. When the verifier refuses, error gets the line of its log that has the reason.
 */
int torc_bpf_program_load(const struct torc_bpf_program *program, struct torc_error *error);

/* Attach to an interface: the program is detached when the returned descriptor is closed. */
int torc_bpf_link_create(int program, int ifindex, uint32_t attach_type, uint32_t flags);
/* Put another program in the place of the attached one; no packet in between meets none. */
int torc_bpf_link_update(int link, int program);

/* Run an XDP program on one frame; *verdict is what it returned. Linux 4.12. */
int torc_bpf_xdp_test(int program, const void *frame, uint32_t length, uint32_t *verdict);

/*
 * Run an XDP program on count copies of a frame that really go where its verdicts send them, batch
 * (at most 256) of them at a time. Needs CAP_NET_ADMIN and CAP_BPF; Linux 5.18. A signal may end it
 * early (-EINTR).
 */
int torc_bpf_xdp_live(int program, const void *frame, uint32_t length, uint32_t count,
		      uint32_t batch);

/* The BTF id of a kernel function to be called from a program, or -ENOENT. Cost: reads the
 * kernel's whole type information, a few milliseconds. */
int torc_bpf_kernel_function(const char *name);

#endif
