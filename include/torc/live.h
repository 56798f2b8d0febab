/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * torc/live.h - the rings that are open on this machine, in any process
 *
 * Every ring publishes what it is and its packet account in a small file of its own, PID.RING, in
 * /run/torc (root), $XDG_RUNTIME_DIR/torc, /run/user/UID/torc or /tmp/torc-UID (others), or
 * $TORC_RUNTIME_DIR (the units of systemd: /run/torc-services). The figures are at most a second old while packets arrive. A ring whose process
 * died is not shown: its file is no longer locked, and is removed by its user's next process that
 * publishes there.
 *
 * Whoever reads looks into folders that belong to one user and that nobody else can write, follows
 * no link and removes nothing. Root reads those of all users in /run, others root's and their own.
 * uid is the file's owner and pid stands in its name, whatever is written in the file. The strings
 * are their owner's words: torc_text_escaped() before a terminal sees them.
 *
 *	struct torc_live_list *list;
 *	struct torc_live_ring ring = { .size = sizeof(ring) };
 *
 *	torc_live_open(&list);
 *	while (torc_live_next(list, &ring, NULL) > 0)
 *		printf("%d %s %s\n", ring.pid, ring.application_name, ring.device);
 *	torc_live_close(list);
 */
#ifndef TORC_LIVE_H
#define TORC_LIVE_H

#include <torc/ring.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One ring, as it published itself. All strings are terminated. */
struct torc_live_ring {
	size_t size; /* set by the caller: torc/base.h, "Structs that may grow" */
	int32_t pid;
	uint32_t uid;                /* the owner of its file */
	uint32_t ring_id;            /* unique in its process */
	uint32_t reserved;
	uint64_t network_namespace;  /* inode number of /proc/PID/ns/net */
	uint64_t opened_ns;          /* since 1970 */
	uint64_t updated_ns;
	uint64_t poll_calls;         /* how often the reader went to sleep */
	char application_name[64];
	char device[256];
	char interface_name[64];
	char engine[32];
	char engine_detail[96];
	char filter[512];
	char application_stats[1024];
	uint32_t snaplen;
	uint32_t flags;
	int32_t ifindex;
	uint32_t mtu;
	uint32_t queue_count;
	uint32_t block_bytes;
	uint64_t buffer_bytes;
	uint32_t enabled;
	uint32_t direction;          /* enum torc_direction */
	uint32_t mode;               /* enum torc_mode */
	uint32_t sampling_rate;
	uint32_t poll_watermark;
	int32_t poll_duration_ms;
	uint32_t cluster_id;         /* 0: in no cluster */
	uint32_t cluster_type;       /* enum torc_cluster_type */
	int32_t vlan;
	uint32_t link_type;
	uint64_t channel_mask;
	uint32_t owner_known;        /* 1: pid is a living process of that user; 0: it cannot be seen
				      * from here (another pid namespace, no /proc), or is not */
	uint32_t reserved_2;
	uint32_t confined;           /* enum torc_confined: what its process gave up; torc/confine.h */
	uint32_t stopped;            /* 1: its process is stopped (SIGSTOP, a debugger), so it reads nothing;
				      * 0 too where owner_known is 0 */
};

struct torc_live_list;

/* torc_live_open - look where rings are published; 0 or a negative errno */
TORC_API int torc_live_open(struct torc_live_list **list);

/*
 * torc_live_next - the next living ring
 *
 * stats  its account, or NULL
 * Returns 1, 0 after the last, or -EINVAL when a size was not set.
 */
TORC_API int torc_live_next(struct torc_live_list *list, struct torc_live_ring *ring,
			    struct torc_stats *stats);

TORC_API void torc_live_close(struct torc_live_list *list);

/* torc_live_directory - where rings of this process are published; "" when nowhere */
TORC_API const char *torc_live_directory(void);

/*
 * torc_live_pf_ring - a ring in the words of PF_RING's /proc/net/pf_ring/<pid>-<device>.<ring id>,
 * torc_live_pf_ring_info - /proc/net/pf_ring/info,
 * torc_live_pf_ring_device - /proc/net/pf_ring/dev/<interface>/info
 *
 * ring_count  of this network namespace; on this interface
 *
 * Byte for byte as PF_RING 8.9.0 writes them, for what reads those files; figures that rings of a
 * stock kernel do not have are 0. Return the length of the text, -ENOSPC when it does not fit
 * (4096 bytes do), -ENODEV when there is no such interface, -EINVAL when a size was not set.
 */
TORC_API int torc_live_pf_ring(const struct torc_live_ring *ring, const struct torc_stats *stats,
			       char *buffer, size_t size);
TORC_API int torc_live_pf_ring_info(unsigned int ring_count, char *buffer, size_t size);
TORC_API int torc_live_pf_ring_device(const char *name, unsigned int ring_count, char *buffer,
				      size_t size);

#ifdef __cplusplus
}
#endif

#endif
