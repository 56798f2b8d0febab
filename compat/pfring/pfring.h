/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pfring.h - PF_RING's C interface, on rings of a stock kernel
 *
 * Programs written for PF_RING 8.x compile against this header and link with -lpfring, unchanged.
 * No kernel module is needed; CAP_NET_RAW is. docs/pfring.md has one row for each function: what
 * it does here, and where that differs from the module.
 *
 * Unless a function says otherwise it returns 0, or
 *   -1                            and errno says why
 *   PF_RING_ERROR_NOT_SUPPORTED   (-7) nothing was done: ring is NULL, or this machine's rings
 *                                 cannot do it. No function pretends.
 *
 * Threads: as torc/ring.h. One thread at a time may use a ring, except that pfring_breakloop() and
 * pfring_stats() may be called from any thread, and that rings opened PF_RING_REENTRANT may be
 * received from and sent on by any number of threads.
 */
#ifndef TORC_PFRING_H
#define TORC_PFRING_H

#include <sys/types.h>
#include <stdio.h>
#include <stdarg.h>
#ifndef HAVE_PCAP
#include <stdlib.h>
#include <unistd.h>
#include <sys/mman.h>
#include <errno.h>
#include <linux/sockios.h>
#endif
#ifdef ENABLE_BPF
#include <pcap/pcap.h>
#include <pcap/bpf.h>
#endif
#include <string.h>
#include <poll.h>
#include <time.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <linux/if_ether.h>
#include <linux/pf_ring.h>

#define MAX_CAPLEN 65600
#ifndef PAGE_SIZE
#define PAGE_SIZE 4096
#endif
#define DEFAULT_POLL_DURATION 500 /* ms */
#define POLL_SLEEP_STEP       10
#define POLL_SLEEP_MIN        POLL_SLEEP_STEP
#define POLL_SLEEP_MAX        1000
#define POLL_QUEUE_MIN_LEN    500

#define pfring_rwlock_t       pthread_rwlock_t
#define pfring_rwlock_init    pthread_rwlock_init
#define pfring_rwlock_rdlock  pthread_rwlock_rdlock
#define pfring_rwlock_wrlock  pthread_rwlock_wrlock
#define pfring_rwlock_unlock  pthread_rwlock_unlock
#define pfring_rwlock_destroy pthread_rwlock_destroy

#define timespec_is_before(a, b)                                                                   \
	((a)->tv_sec < (b)->tv_sec || ((a)->tv_sec == (b)->tv_sec && (a)->tv_nsec < (b)->tv_nsec))

/*
 * Flags of pfring_open(). "No effect" means: accepted, since it asks for something that is always
 * so here, or that only the bypass cards have and PF_RING ignores on ordinary ones too.
 */
#define PF_RING_ZC_SYMMETRIC_RSS       (1 << 0)  /* no effect; clusters are always symmetric */
#define PF_RING_REENTRANT              (1 << 1)  /* several threads; zero-copy works too */
#define PF_RING_LONG_HEADER            (1 << 2)  /* fill in extended_hdr.parsed_pkt */
#define PF_RING_PROMISC                (1 << 3)
#define PF_RING_TIMESTAMP              (1 << 4)  /* no effect: always on */
#define PF_RING_HW_TIMESTAMP           (1 << 5)  /* the card's timestamps, where it has some */
#define PF_RING_RX_PACKET_BOUNCE       (1 << 6)  /* allows pfring_send_last_rx_packet() */
#define PF_RING_ZC_FIXED_RSS_Q_0       (1 << 7)  /* no effect */
#define PF_RING_STRIP_HW_TIMESTAMP     (1 << 8)  /* no effect */
#define PF_RING_DO_NOT_PARSE           (1 << 9)  /* no pkt_hash in the short header */
#define PF_RING_DO_NOT_TIMESTAMP       (1 << 10) /* no effect: timestamps cost nothing */
#define PF_RING_CHUNK_MODE             (1 << 11) /* no effect */
#define PF_RING_IXIA_TIMESTAMP         (1 << 12) /* read and strip an Ixia trailer */
#define PF_RING_USERSPACE_BPF          (1 << 13) /* no effect: filters work the same */
#define PF_RING_ZC_NOT_REPROGRAM_RSS   (1 << 14) /* no effect */
#define PF_RING_VSS_APCON_TIMESTAMP    (1 << 15) /* read and strip a VSS or APCON trailer */
#define PF_RING_ZC_IPONLY_RSS          (1 << 16) /* no effect */
#define PF_RING_FLOW_OFFLOAD           (1 << 17) /* no effect */
#define PF_RING_FLOW_OFFLOAD_NOUPDATES (1 << 18) /* no effect */
#define PF_RING_KEEP_CRC               (1 << 19) /* no effect */
#define PF_RING_L7_FILTERING           (1 << 20) /* refused: ENOTSUP */
#define PF_RING_DO_NOT_STRIP_FCS       (1 << 21) /* no effect */
#define PF_RING_TX_BPF                 (1 << 22) /* the filter applies to pfring_send() too */
#define PF_RING_FLOW_OFFLOAD_TUNNEL    (1 << 23) /* no effect */
#define PF_RING_DISCARD_INJECTED_PKTS  (1 << 24) /* no effect */
#define PF_RING_ARISTA_TIMESTAMP       (1 << 25) /* read and strip an Arista 7150 or 7280 time */
#define PF_RING_METAWATCH_TIMESTAMP    (1 << 26) /* read and strip a MetaWatch trailer */

#define PF_RING_DNA_SYMMETRIC_RSS PF_RING_ZC_SYMMETRIC_RSS
#define PF_RING_DNA_FIXED_RSS_Q_0 PF_RING_ZC_FIXED_RSS_Q_0

#define PF_RING_API_RECV_BURST /* pfring_recv_burst() exists */

#ifdef __cplusplus
extern "C" {
#endif

typedef struct __pfring pfring;

/* header, packet, and what was given to pfring_loop(); both are valid during the call only */
typedef void (*pfringProcesssPacket)(const struct pfring_pkthdr *h, const u_char *p,
				     const u_char *user_bytes);

typedef struct {
	u_int32_t max_packet_size;
	u_int32_t rx_ring_slots;
	u_int32_t tx_ring_slots;
} pfring_card_settings;

typedef struct {
	u_int64_t recv;  /* packets the program has read */
	u_int64_t drop;  /* packets lost because the ring was full */
	u_int64_t shunt; /* always 0 */
} pfring_stat;

typedef enum {
	hardware_and_software = 0,
	hardware_only,
	software_only
} filtering_mode;

typedef enum {
	FULL_PACKET_SLICING = 0,
	L2_SLICING = 2,
	L3_SLICING = 3,
	L4_SLICING = 4
} packet_slicing_level;

typedef enum {
	PCAP_CHUNK,
	PCAP_NSEC_CHUNK,
	PCAPNG_NSEC_CHUNK,
	UNKNOWN_CHUNK_TYPE
} pfring_chunk_type;

typedef struct {
	u_int32_t length;
	pfring_chunk_type type;
} pfring_chunk_info;

typedef struct {
	u_char *data;
	struct timeval ts;
	u_int16_t caplen;
	u_int16_t len;
	u_int32_t flags;
	u_int32_t hash;
} pfring_packet_info;

#ifndef BPF_RELEASE
struct pfring_bpf_program {
	u_int bf_len;
	void *bf_insns;
};
#define TORC_PF_BPF_PROGRAM struct pfring_bpf_program
#else
#define TORC_PF_BPF_PROGRAM struct bpf_program
#endif

typedef struct pfring_if {
	char *name;
	char *system_name;
	char *module;
	char *module_version;
	char *sn;
	char mac[6];
	struct {
		int slot;
		int bus;
		int device;
		int function;
	} bus_id;
	int status;  /* 1 up, 0 down, -1 unknown */
	int license; /* 1 valid, 0 none */
	time_t license_expiration;
	struct pfring_if *next;
} pfring_if_t;

/*
 * The handle. Programs may read fd, enabled, zc_device, device_name, caplen and mtu; a member that
 * is a function is NULL where the function of that name returns PF_RING_ERROR_NOT_SUPPORTED.
 */
struct __pfring {
	u_int8_t initialized;
	u_int8_t enabled;
	u_int8_t long_header;
	u_int8_t force_timestamp;
	u_int8_t strip_hw_timestamp;
	u_int8_t disable_parsing;
	u_int8_t disable_timestamp;
	u_int8_t ixia_timestamp_enabled;
	u_int8_t vss_apcon_timestamp_enabled;
	u_int8_t chunk_mode_enabled;
	u_int8_t userspace_bpf;
	u_int8_t force_userspace_bpf;
	u_int8_t zc_device;
	u_int8_t is_shutting_down;
	u_int8_t socket_default_accept_policy;
	u_int8_t break_recv_loop_ext;
	u_int32_t rss_mode;
	packet_direction direction;
	socket_mode mode;
	TORC_PF_BPF_PROGRAM userspace_bpf_filter;
	struct {
		u_int8_t force_timestamp;
		u_int8_t is_silicom_hw_timestamp_card;
		u_int8_t enable_hw_timestamp;
		u_int8_t last_hw_timestamp_head_offset;
		struct timespec last_hw_timestamp;
	} hw_ts;
	struct {
		u_int8_t enabled_rx_packet_send;
		struct pfring_pkthdr *last_received_hdr;
	} tx;
	void *priv_data;

	void (*close)(pfring *);
	int (*stats)(pfring *, pfring_stat *);
	int (*recv)(pfring *, u_char **, u_int, struct pfring_pkthdr *, u_int8_t);
	int (*set_poll_watermark)(pfring *, u_int16_t);
	int (*set_poll_watermark_timeout)(pfring *, u_int16_t);
	int (*set_poll_duration)(pfring *, u_int);
	int (*set_tx_watermark)(pfring *, u_int16_t);
	int (*set_channel_id)(pfring *, u_int32_t);
	int (*set_channel_mask)(pfring *, u_int64_t);
	int (*set_application_name)(pfring *, char *);
	int (*set_application_stats)(pfring *, char *);
	char *(*get_appl_stats_file_name)(pfring *, char *, u_int);
	int (*set_vlan_id)(pfring *, u_int16_t);
	int (*bind)(pfring *, char *);
	int (*send)(pfring *, char *, u_int, u_int8_t);
	int (*send_get_time)(pfring *, char *, u_int, struct timespec *);
	u_int8_t (*get_num_rx_channels)(pfring *);
	int (*get_card_settings)(pfring *, pfring_card_settings *);
	int (*set_sampling_rate)(pfring *, u_int32_t);
	int (*set_filtering_sampling_rate)(pfring *, u_int32_t);
	int (*set_packet_slicing)(pfring *, packet_slicing_level, u_int32_t);
	int (*get_selectable_fd)(pfring *);
	int (*set_direction)(pfring *, packet_direction);
	int (*set_socket_mode)(pfring *, socket_mode);
	int (*set_cluster_consumer)(pfring *, u_int16_t, u_int16_t, cluster_type, u_int32_t);
	int (*remove_from_cluster)(pfring *);
	int (*set_master_id)(pfring *, u_int32_t);
	int (*set_master)(pfring *, pfring *);
	u_int32_t (*get_ring_id)(pfring *);
	u_int32_t (*get_num_queued_pkts)(pfring *);
	int (*get_hash_filtering_rule_stats)(pfring *, hash_filtering_rule *, char *, u_int *);
	int (*handle_hash_filtering_rule)(pfring *, hash_filtering_rule *, u_char);
	int (*purge_idle_hash_rules)(pfring *, u_int16_t);
	int (*add_filtering_rule)(pfring *, filtering_rule *);
	int (*remove_filtering_rule)(pfring *, u_int16_t);
	int (*purge_idle_rules)(pfring *, u_int16_t);
	int (*get_filtering_rule_stats)(pfring *, u_int16_t, char *, u_int *);
	int (*toggle_filtering_policy)(pfring *, u_int8_t);
	int (*enable_rss_rehash)(pfring *);
	int (*poll)(pfring *, u_int);
	int (*is_pkt_available)(pfring *);
	int (*next_pkt_time)(pfring *, struct timespec *);
	int (*next_pkt_raw_timestamp)(pfring *, u_int64_t *);
	int (*version)(pfring *, u_int32_t *);
	int (*get_bound_device_address)(pfring *, u_char[6]);
	int (*get_bound_device_ifindex)(pfring *, int *);
	int (*get_device_ifindex)(pfring *, char *, int *);
	u_int16_t (*get_slot_header_len)(pfring *);
	int (*set_virtual_device)(pfring *, virtual_filtering_device_info *);
	int (*set_default_hw_action)(pfring *, generic_default_action_type);
	int (*add_hw_rule)(pfring *, hw_filtering_rule *);
	int (*remove_hw_rule)(pfring *, u_int16_t);
	int (*loopback_test)(pfring *, char *, u_int, u_int);
	int (*enable_ring)(pfring *);
	int (*disable_ring)(pfring *);
	void (*shutdown)(pfring *);
	int (*set_bpf_filter)(pfring *, const char *);
	int (*remove_bpf_filter)(pfring *);
	int (*get_device_clock)(pfring *, struct timespec *);
	int (*set_device_clock)(pfring *, struct timespec *);
	int (*adjust_device_clock)(pfring *, struct timespec *, int8_t);
	void (*sync_indexes_with_kernel)(pfring *);
	int (*send_last_rx_packet)(pfring *, int);
	void (*flush_tx_packets)(pfring *);
	int (*register_zerocopy_tx_ring)(pfring *, pfring *);
	int (*recv_chunk)(pfring *, void **, pfring_chunk_info *, u_int8_t);
	int (*recv_burst)(pfring *, pfring_packet_info *, u_int8_t, u_int8_t);
	int (*recv_flow)(pfring *, pfring_flow_update *, u_int8_t);
	int (*set_bound_dev_name)(pfring *, char *);
	int (*get_metadata)(pfring *, u_char **, u_int32_t *);
	u_int32_t (*get_interface_speed)(pfring *);
	int (*get_link_type)(pfring *);

	struct {
		int8_t device_id;
		int8_t port_id;
	} rdi;
	filtering_mode filter_mode;
	pfring_device_type ft_device_type;
	char *buffer;
	char *slots;
	char *device_name;
	u_int32_t flags;
	u_int32_t caplen;
	u_int16_t slot_header_len;
	u_int16_t mtu;
	u_int32_t sampling_rate;
	u_int32_t sampling_counter;
	u_int32_t sampling_rnd_shift;
	packet_slicing_level slicing_level;
	u_int32_t slicing_additional_bytes;
	int fd;
	int device_id;
	FlowSlotInfo *slots_info;
	u_int32_t poll_sleep;
	u_int16_t poll_duration;
	u_int8_t promisc;
	u_int8_t ft_enabled;
	u_int8_t reentrant;
	u_int8_t break_recv_loop;
	u_int16_t __padding;
	u_int32_t num_poll_calls;
	pfring_rwlock_t rx_lock;
	pfring_rwlock_t tx_lock;
	void *ft; /* here: struct torc_pf_ahead, at the end of this file, or NULL */
	struct sockaddr_ll sock_tx;
	pfring *reflector_socket;
	pfring *one_copy_rx_pfring;
	pthread_t runtime_manager_thread;
};

typedef struct {
	char *name;
	int (*open)(pfring *);
	pfring_if_t *(*findalldevs)(void);
} pfring_module_info;

struct thirdparty_func {
	const char *name;
	void (*ptr)(void);
};

/* ---- life cycle ---- */

/*
 * pfring_open - a ring on a device, disabled until pfring_enable_ring()
 *
 * device_name  eth0, eth0,eth1, eth0@1,5-7 (receive queues), eth0.100 (VLAN 100 of eth0),
 *              (eth0.100) (that very name), any, none, pcap:FILE, xdp:eth0
 * caplen       bytes to keep of each packet, at most MAX_CAPLEN; 0: MAX_CAPLEN
 * flags        PF_RING_REENTRANT and so on
 *
 * Returns the handle, errno 0; or NULL and errno: ENODEV no such device or an unknown prefix,
 * ENETDOWN, EPERM, EINVAL, ENOTSUP (PF_RING_L7_FILTERING).
 * Of a list, the last name is the one that sends. Where the environment has PFRING_VERBOSE, a
 * line on stderr says what failed.
 */
pfring *pfring_open(const char *device_name, u_int32_t caplen, u_int32_t flags);

/* pfring_open_multichannel - one ring per receive queue; returns how many, 0 when none opened */
u_int8_t pfring_open_multichannel(const char *device_name, u_int32_t caplen, u_int32_t flags,
				  pfring *ring[MAX_NUM_RX_CHANNELS]);
void pfring_close(pfring *ring);

/* pfring_shutdown - wake every receiver; from now on the ring neither receives nor sends */
void pfring_shutdown(pfring *ring);

/* pfring_config - SCHED_FIFO priority 1 to 99 for the process, once; warns where it cannot */
void pfring_config(u_short cpu_percentage);
int pfring_enable_ring(pfring *ring);
int pfring_disable_ring(pfring *ring);

/* pfring_bind - one more device, of the same grammar, on a disabled ring */
int pfring_bind(pfring *ring, char *device_name);
int pfring_version(pfring *ring, u_int32_t *version); /* RING_VERSION_NUM */
void pfring_version_noring(u_int32_t *version);

/* pfring_thirdparty_lib_init - dlopen the library and fill in each ptr that is NULL; {NULL} ends */
void pfring_thirdparty_lib_init(const char *thirdparty_lib_name,
				struct thirdparty_func thirdparty_function_ptr[]);
int pfring_set_bound_dev_name(pfring *ring, char *custom_dev_name);
int pfring_set_application_name(pfring *ring, char *name);   /* below 64 bytes */
int pfring_set_application_stats(pfring *ring, char *stats); /* below 1024 bytes */

/* pfring_get_appl_stats_file_name - the file that shows the text above; path, or NULL */
char *pfring_get_appl_stats_file_name(pfring *ring, char *path, u_int path_len);

/* ---- receive ---- */

/*
 * pfring_recv - the next packet
 *
 * buffer      buffer_len 0: set to the packet itself, borrowed until the next call on this ring
 *             (of this thread, with PF_RING_REENTRANT); else the packet is copied to *buffer
 * buffer_len  at most that many bytes are copied; hdr->caplen says how many were captured
 * hdr         filled in, all of it: without PF_RING_LONG_HEADER parsed_pkt is zero
 *
 * Returns 1; 0 when there is none and wait is 0, or after pfring_breakloop() (errno EINTR), or at
 * the end of a file; PF_RING_ERROR_RING_NOT_ENABLED; -1 after pfring_shutdown() or an error.
 */
int pfring_recv(pfring *ring, u_char **buffer, u_int buffer_len, struct pfring_pkthdr *hdr,
		u_int8_t wait_for_incoming_packet);

/* pfring_recv_parsed - the same, then pfring_parse_pkt(); returns what that does */
int pfring_recv_parsed(pfring *ring, u_char **buffer, u_int buffer_len, struct pfring_pkthdr *hdr,
		       u_int8_t wait_for_incoming_packet, u_int8_t level, u_int8_t add_timestamp,
		       u_int8_t add_hash);

/* pfring_recv_burst - up to num_packets at once, all borrowed until the next call; how many */
int pfring_recv_burst(pfring *ring, pfring_packet_info *packets, u_int8_t num_packets,
		      u_int8_t wait_for_packets);
int pfring_recv_chunk(pfring *ring, void **chunk, pfring_chunk_info *chunk_info,
		      u_int8_t wait_for_incoming_chunk);
int pfring_recv_flow(pfring *ring, pfring_flow_update *flow, u_int8_t wait_for_flows);
int pfring_get_metadata(pfring *ring, u_char **metadata, u_int32_t *metadata_len);

/* pfring_loop - looper() for each packet until pfring_breakloop(); 0, or a negative code */
int pfring_loop(pfring *ring, pfringProcesssPacket looper, const u_char *user_bytes,
		u_int8_t wait_for_packet);

/*
 * pfring_breakloop - make pfring_loop() and a waiting pfring_recv() return, at once
 *
 * From any thread and from a signal handler. Between two calls of pfring_recv() it is kept for the
 * second; pfring_loop() forgets what came before it.
 */
void pfring_breakloop(pfring *ring);

/* pfring_poll - wait for a packet: 1, 0 after wait_duration ms (0: only look), -1 */
int pfring_poll(pfring *ring, u_int wait_duration);
int pfring_get_selectable_fd(pfring *ring);
int pfring_is_pkt_available(pfring *ring);

/* the time of the packet pfring_recv() would give; PF_RING_ERROR_NO_PKT_AVAILABLE */
int pfring_next_pkt_time(pfring *ring, struct timespec *ts);
int pfring_next_pkt_raw_timestamp(pfring *ring, u_int64_t *timestamp_ns);
u_int32_t pfring_get_num_queued_pkts(pfring *ring);
void pfring_sync_indexes_with_kernel(pfring *ring); /* they always are */

/* ---- settings ---- */

int pfring_set_direction(pfring *ring, packet_direction direction);
int pfring_set_socket_mode(pfring *ring, socket_mode mode); /* before pfring_enable_ring() */
int pfring_set_sampling_rate(pfring *ring, u_int32_t rate);

/* of packets a hash rule would drop, still pass 1 in rate; 0: none */
int pfring_set_filtering_sampling_rate(pfring *ring, u_int32_t rate);

/* ms that fewer packets than the watermark may wait, when that is less than the default's 3 */
int pfring_set_poll_duration(pfring *ring, u_int duration);
int pfring_set_poll_watermark(pfring *ring, u_int16_t watermark);
int pfring_set_poll_watermark_timeout(pfring *ring, u_int16_t poll_watermark_timeout);

/* above 1: pfring_send() without flush queues that many frames before they leave together */
int pfring_set_tx_watermark(pfring *ring, u_int16_t watermark);

/* keep only the headers up to the level, and additional_bytes */
int pfring_set_packet_slicing(pfring *ring, packet_slicing_level level,
			      u_int32_t additional_bytes);
int pfring_set_promisc(pfring *ring, int set_promisc);

/* on interfaces, for good: 0 or more was the flag before, -1 errno, -2 no such one, -3 NULL */
int pfring_set_if_promisc(const char *device, int set_promisc);
int pfring_set_vlan_id(pfring *ring, u_int16_t vlan_id); /* 0: untagged only */
int pfring_set_channel_id(pfring *ring, u_int32_t channel_id);
int pfring_set_channel_mask(pfring *ring, u_int64_t channel_mask);
int pfring_enable_rss_rehash(pfring *ring);

/* the card's timestamps, SIOCSHWTSTAMP: 0, or a positive errno */
int pfring_enable_hw_timestamp(pfring *ring, char *device_name, u_int8_t enable_rx,
			       u_int8_t enable_tx);
void pfring_enable_hw_timestamp_debug(void); /* trailers that are read go to stderr too */

/* ---- clusters ---- */

int pfring_set_cluster(pfring *ring, u_int clusterId, cluster_type the_type);

/* queue_id: MAX_CLUSTER_QUEUES or more; a fixed one is PF_RING_ERROR_NOT_SUPPORTED */
int pfring_set_cluster_consumer(pfring *ring, u_int16_t cluster_id, u_int16_t queue_id,
				cluster_type the_type, u_int32_t options);
int pfring_remove_from_cluster(pfring *ring);
int pfring_set_master(pfring *ring, pfring *master);
int pfring_set_master_id(pfring *ring, u_int32_t master_id);
u_int32_t pfring_get_ring_id(pfring *ring);

/* ---- filters and rules ---- */

/* a bad expression: PF_RING_ERROR_INVALID_ARGUMENT, and the filter before stays */
int pfring_set_bpf_filter(pfring *ring, const char *filter_buffer);
int pfring_remove_bpf_filter(pfring *ring);

/* a program of its own; release with pfring_free_bpf_filter(); run with pfring_bpf_filter() */
int pfring_parse_bpf_filter(const char *filter_buffer, u_int caplen, TORC_PF_BPF_PROGRAM *filter);
void pfring_free_bpf_filter(TORC_PF_BPF_PROGRAM *filter);
u_int32_t pfring_bpf_filter(void *bpf_insn, u_char *buffer, u_int32_t caplen, u_int32_t len);

/* rules are evaluated in the library, after the filter; -1: EEXIST the id is taken, EFAULT the
 * reflector device does not exist */
int pfring_add_filtering_rule(pfring *ring, filtering_rule *rule_to_add);
int pfring_remove_filtering_rule(pfring *ring, u_int16_t rule_id);
int pfring_handle_hash_filtering_rule(pfring *ring, hash_filtering_rule *rule_to_add,
				      u_char add_rule);
int pfring_get_filtering_rule_stats(pfring *ring, u_int16_t rule_id, char *stats,
				    u_int *stats_len);

/* stats: a hash_filtering_rule_stats; stats_len in: room, out: bytes */
int pfring_get_hash_filtering_rule_stats(pfring *ring, hash_filtering_rule *rule, char *stats,
					 u_int *stats_len);
int pfring_purge_idle_rules(pfring *ring, u_int16_t inactivity_sec);
int pfring_purge_idle_hash_rules(pfring *ring, u_int16_t inactivity_sec);

/* what happens to packets no rule matches: 1 pass (default), 0 drop */
int pfring_toggle_filtering_policy(pfring *ring, u_int8_t rules_default_accept_policy);
int pfring_set_filtering_mode(pfring *ring, filtering_mode mode); /* software_only */
int pfring_add_hw_rule(pfring *ring, hw_filtering_rule *rule);
int pfring_remove_hw_rule(pfring *ring, u_int16_t rule_id);
int pfring_set_default_hw_action(pfring *ring, generic_default_action_type action);
int pfring_set_virtual_device(pfring *ring, virtual_filtering_device_info *info);

/* send a copy of every packet that is received out of this device */
int pfring_set_reflector_device(pfring *ring, char *device_name);
int pfring_search_payload(pfring *ring, char *string_to_search);

/* ---- send ---- */

/*
 * pfring_send - one frame out of the ring's device
 *
 * flush_packet  0 and a tx watermark above 1: queued, see pfring_flush_tx_packets()
 * Returns pkt_len; PF_RING_ERROR_INVALID_ARGUMENT (EMSGSIZE) above MTU and headers;
 * PF_RING_ERROR_RING_NOT_ENABLED; PF_RING_ERROR_NOT_SUPPORTED in recv_only_mode; -1 and errno.
 */
int pfring_send(pfring *ring, char *pkt, u_int pkt_len, u_int8_t flush_packet);
int pfring_send_get_time(pfring *ring, char *pkt, u_int pkt_len, struct timespec *ts);

/* the packet pfring_recv() gave last, out of the interface with that index; needs
 * PF_RING_RX_PACKET_BOUNCE and PF_RING_LONG_HEADER, and not PF_RING_REENTRANT */
int pfring_send_last_rx_packet(pfring *ring, int tx_interface_id);
int pfring_flush_tx_packets(pfring *ring);

/* test_len bytes 0, 1, 2 ... copied from the kernel */
int pfring_loopback_test(pfring *ring, char *buffer, u_int buffer_len, u_int test_len);

/* ---- information ---- */

int pfring_stats(pfring *ring, pfring_stat *stats); /* zeros while the ring is disabled */
u_int8_t pfring_get_num_rx_channels(pfring *ring);
int pfring_get_bound_device_address(pfring *ring, u_char mac_address[6]);
int pfring_get_bound_device_ifindex(pfring *ring, int *if_index);
int pfring_get_device_ifindex(pfring *ring, char *device_name, int *if_index);
int pfring_get_link_status(pfring *ring); /* 1 up, 0 down */
int pfring_get_link_type(pfring *ring);   /* DLT_: 1 for Ethernet */
int pfring_get_mtu_size(pfring *ring);    /* 0: unknown */
u_int16_t pfring_get_slot_header_len(pfring *ring);
int pfring_get_caplen(pfring *ring);
int pfring_get_card_settings(pfring *ring, pfring_card_settings *settings);
u_int32_t pfring_get_interface_speed(pfring *ring);              /* Mbit/s; 0: unknown */
u_int32_t pfring_get_ethtool_link_speed(const char *ifname);     /* Mbit/s; 0: unknown */
pfring_if_t *pfring_findalldevs(void); /* release with pfring_freealldevs() */
void pfring_freealldevs(pfring_if_t *list);

/* ---- the card's clock ---- */

int pfring_get_device_clock(pfring *ring, struct timespec *ts);
int pfring_set_device_clock(pfring *ring, struct timespec *ts);
int pfring_adjust_device_clock(pfring *ring, struct timespec *offset, int8_t sign);

/* ---- packets ---- */

/*
 * pfring_parse_pkt - fill in hdr->extended_hdr.parsed_pkt from the bytes of a packet
 *
 * hdr    caplen says how many bytes there are; parsed_pkt zeroed, or parsed up to some layer: a
 *        l3_offset or l4_offset that is set already is believed
 * level  2, 3, 4 or 5: how deep to look (5: into GTP, GRE and VXLAN)
 * add_timestamp  set hdr->ts to now, when it is 0
 * add_hash       set pkt_hash, when it is 0
 * Returns the deepest layer found.
 */
int pfring_parse_pkt(u_char *pkt, struct pfring_pkthdr *hdr, u_int8_t level,
		     u_int8_t add_timestamp, u_int8_t add_hash);

/* both return the length of the text, which is always terminated */
int pfring_print_parsed_pkt(char *buff, u_int buff_len, const u_char *p,
			    const struct pfring_pkthdr *h);
int pfring_print_pkt(char *buff, u_int buff_len, const u_char *p, u_int len, u_int caplen);

/* 1234567.8 as 1'234'567.80; returns buf */
char *pfring_format_numbers(double val, char *buf, u_int buf_len, u_int8_t add_decimals);

/* seconds the local time is ahead of UTC at t; 0: now */
int32_t gmt_to_local(time_t t);

/*
 * Timestamps that capture appliances append to a packet. read: the time, returns the bytes of the
 * trailer, 0 where there is none. handle: put it into the header and cut the trailer off; only for
 * packets that were captured whole, else -1. Times are UTC.
 */
int pfring_read_ixia_hw_timestamp(u_char *buffer, u_int32_t buffer_len, struct timespec *ts);
int pfring_handle_ixia_hw_timestamp(u_char *buffer, struct pfring_pkthdr *hdr);
int pfring_read_vss_apcon_hw_timestamp(u_char *buffer, u_int32_t buffer_len, struct timespec *ts);
void pfring_handle_vss_apcon_hw_timestamp(u_char *buffer, struct pfring_pkthdr *hdr);
int pfring_read_metawatch_hw_timestamp(u_char *buffer, u_int32_t buffer_len, struct timespec *ts);
int pfring_read_metawatch_device_info(u_char *buffer, u_int32_t buffer_len, u_int16_t *device_id,
				      u_int8_t *port_id);
int pfring_handle_metawatch_hw_timestamp(u_char *buffer, struct pfring_pkthdr *hdr);

/* Arista 7150: key frames tie the card's ticks to UTC; -1: not a key frame */
int pfring_read_arista_7150_keyframe(u_char *buffer, u_int32_t buffer_len, u_int64_t *ns_ts,
				     u_int32_t *ticks_ts);
int pfring_read_arista_7150_hw_timestamp(u_char *buffer, u_int32_t buffer_len, u_int64_t *ns_ts);
int pfring_handle_arista_hw_timestamp(u_char *buffer, struct pfring_pkthdr *hdr); /* 1: key frame */

/* ---- compiled into the program ---- */

/*
 * pfring_recv() is mostly a step over packets that were read ahead, and GCC and clang compile that
 * into the program: of the header only those fields are filled in then that the program looks at,
 * as long as it gives &hdr to nobody else. Define TORC_PFRING_NO_INLINE to call the library each time.
 *
 * ring->ft is where the packets are, as libtorc has them (struct torc_packet, and struct
 * torc_ring_cursor of torc/ring.h, which tells when there is no step to make). It is NULL where a
 * step is not all: long headers, rules, sampling behind them, slicing, trailers, a reflector. Then,
 * and with another libpfring, the library is called; so the two structs do not change.
 */
#ifdef __GNUC__

#define TORC_PFRING_INLINE extern __inline__ __attribute__((__gnu_inline__, __always_inline__))

struct torc_pf_packet {
	const u_int8_t *data;
	u_int64_t timestamp_ns;
	u_int32_t caplen;
	u_int32_t len;
	int32_t ifindex;
	u_int16_t link_type;
	u_int8_t direction;
	u_int8_t kind;
	u_int32_t flags;
	u_int32_t queue;
	const void *parsed;
	u_int64_t reserved[2];
} __attribute__((__may_alias__));

struct torc_pf_ahead {
	const struct torc_pf_packet *next;
	const struct torc_pf_packet *limit;
};

/* PF_RING's hash of a packet; pure: who does not look at pkt_hash does not pay for it */
u_int32_t torc_pf_hash(const struct torc_pf_packet *packet) __attribute__((__pure__));

/* The next packet, or NULL: the library has to be asked. */
TORC_PFRING_INLINE const struct torc_pf_packet *
torc_pf_step(struct torc_pf_ahead *ahead)
{
	const struct torc_pf_packet *next = __atomic_load_n(&ahead->next, __ATOMIC_RELAXED);

	if (__builtin_expect(next >= __atomic_load_n(&ahead->limit, __ATOMIC_RELAXED), 0))
		return NULL;
	__atomic_store_n(&ahead->next, next + 1, __ATOMIC_RELAXED);
	return next;
}

/* PKT_FLAGS_ of the flags in torc/packet.h */
TORC_PFRING_INLINE u_int32_t torc_pf_flags(u_int32_t flags)
{
	return (flags & 2 /* VLAN restored */ ? PKT_FLAGS_VLAN_HWACCEL : 0) |
	       (flags & (4 | 8) /* checksum left to the card, or good */ ?
			PKT_FLAGS_CHECKSUM_OFFLOAD : 0) |
	       (flags & 8 /* checksum good */ ? PKT_FLAGS_CHECKSUM_OK : 0);
}

/* The short header. */
TORC_PFRING_INLINE void torc_pf_fill(struct pfring_pkthdr *hdr,
					 const struct torc_pf_packet *packet, u_int32_t hash)
{
	u_int64_t seconds = packet->timestamp_ns / 1000000000u;
	u_int32_t rest = (u_int32_t)(packet->timestamp_ns - seconds * 1000000000u);

	hdr->ts.tv_sec = (time_t)seconds;
	hdr->ts.tv_usec = (suseconds_t)(rest / 1000u);
	hdr->caplen = packet->caplen;
	hdr->len = packet->len;
	hdr->extended_hdr.timestamp_ns = packet->timestamp_ns;
	hdr->extended_hdr.flags = packet->flags ? torc_pf_flags(packet->flags) : 0;
	hdr->extended_hdr.rx_direction = packet->direction != 0;
	hdr->extended_hdr.port_id = 0;
	hdr->extended_hdr.device_id = 0;
	hdr->extended_hdr.if_index = packet->ifindex;
	hdr->extended_hdr.pkt_hash = hash;
}

/*
 * Zeros behind the short header: 161 bytes. GCC makes "rep stos" of a memset() of that size, which
 * costs more than the rest of pfring_recv(), and cannot leave out a memset() that nobody looks at.
 */
typedef long long torc_pf_block
	__attribute__((__vector_size__(16), __aligned__(1), __may_alias__));

TORC_PFRING_INLINE void torc_pf_clear(struct pfring_pkthdr *hdr)
{
	torc_pf_block *at = (torc_pf_block *)(void *)&hdr->extended_hdr.tx;
	const torc_pf_block zero = { 0, 0 };

	at[0] = at[1] = at[2] = at[3] = at[4] = zero;
	at[5] = at[6] = at[7] = at[8] = at[9] = zero;
	*(char *)&at[10] = 0;
}

#ifndef TORC_PFRING_NO_INLINE

/* pfring_recv() of the library. What it fills in is copied, so that hdr is not seen outside. */
int torc_pf_recv(pfring *ring, u_char **buffer, u_int buffer_len, struct pfring_pkthdr *hdr,
		     u_int8_t wait_for_incoming_packet) __asm__("pfring_recv");

extern __inline__ __attribute__((__gnu_inline__)) int
pfring_recv(pfring *ring, u_char **buffer, u_int buffer_len, struct pfring_pkthdr *hdr,
	    u_int8_t wait_for_incoming_packet)
{
	const struct torc_pf_packet *packet;
	struct pfring_pkthdr other;
	u_char *data;
	int result;

	if (buffer_len != 0)
		return torc_pf_recv(ring, buffer, buffer_len, hdr, wait_for_incoming_packet);
	packet = ring && ring->ft ? torc_pf_step((struct torc_pf_ahead *)ring->ft) : NULL;
	if (__builtin_expect(packet != NULL, 1)) {
		torc_pf_fill(hdr, packet, ring->disable_parsing ? 0 : torc_pf_hash(packet));
		torc_pf_clear(hdr);
		*buffer = (u_char *)(size_t)packet->data;
		return 1;
	}
	result = torc_pf_recv(ring, &data, 0, &other, wait_for_incoming_packet);
	if (result > 0) {
		*hdr = other;
		*buffer = data;
	}
	return result;
}

#endif
#endif

#ifdef __cplusplus
}
#endif

#endif
