/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * capture.h - what dump and count share: options, opening rings, receiving until told to end, and
 * the account at the end
 */
#ifndef TORC_CLI_CAPTURE_H
#define TORC_CLI_CAPTURE_H

#include <torc/defrag.h>
#include <torc/file.h>

#include "cli.h"
#include "privileges.h"

struct aside;

struct capture_cluster {
	unsigned int id; /* 0: none */
	enum torc_cluster_type type;
};

struct capture_settings {
	struct cli_list interfaces;
	const char *filter;
	const char *filter_file;
	const char *application_name;
	uint64_t snaplen;
	uint64_t buffer_bytes;
	uint64_t sampling_rate;
	uint64_t watermark_packets;
	uint64_t packets; /* end after so many; 0: no limit */
	uint64_t for_ns;  /* end after so long; 0: no limit */
	struct capture_cluster cluster;
	struct sandbox_settings sandbox;
	const char *user; /* of -Z */
	int direction; /* enum torc_direction */
	int timestamps; /* 0 the kernel's, 1 the card's */
	int colour;
	bool no_promisc;
	bool immediate;
	bool both_copies;
	bool take;
	bool fail_on_loss;
	bool json;
	bool quiet;
	bool via_helper; /* torc-open(8) makes the sockets */
	bool decodes; /* set by the command: packets are decoded, by a process of its own if they can */
};

extern const struct cli_option capture_options[];
extern const struct cli_option capture_end_options[];
extern const struct cli_option capture_output_options[];
extern const struct cli_option capture_helper_options[];

/* The groups, for a settings struct that has capture_settings as its member. */
#define CAPTURE_GROUPS(type, member)                                                               \
	{ "Source", capture_options, offsetof(type, member) },                                     \
	{ "End", capture_end_options, offsetof(type, member) },                                    \
	{ "Output", capture_output_options, offsetof(type, member) },                              \
	{ "Privileges", sandbox_options, offsetof(type, member.sandbox) },                         \
	{ NULL, capture_helper_options, offsetof(type, member) }

/* Where the packets are that were to go to a file. */
struct capture_written {
	struct torc_writer_stats writer;
	uint64_t after_last; /* came after the last file of -W */
	uint64_t left_out;   /* of another link type than the pcap file's */
};

/* A capture that runs. */
struct capture {
	const struct capture_settings *settings;
	struct aside *aside; /* NULL: the rings are this process's */
	struct torc_ring **rings; /* owned; several only for several files; none for a decoder */
	unsigned int ring_count;
	unsigned int current; /* the ring that the packets of the last capture_next() are of */
	unsigned int signals;     /* CLI_SIGNAL_FLUSH and _ROTATE, for the caller to take */
	uint64_t started_ns;
	uint64_t seconds_ns;      /* how long it ran; set by capture_end() */
	uint64_t cpu_ns;          /* at the start; of the run after capture_end() */
	uint64_t packets;         /* delivered by capture_next() */
	int timeout_ms;           /* of a decoder's wait */
	const struct capture_written *written; /* NULL: no file is written */
	const struct torc_defrag *defrag;      /* NULL: fragments are packets like any other */
	cli_wake *woken_too; /* NULL, or set by the command: called with each signal, in its handler */
	void *woken;         /* of it */
	bool stopped;
	bool damaged;             /* an input could not be read to its end */
	int status;               /* exit status so far */
};

/*
 * Opens rings on the devices (NULL-terminated; none: those of the settings), applies the settings,
 * and catches signals; words are the filter's when there is no -f. Returns an exit status.
 * Where the command decodes what comes from a wire, this returns in another process: the one that
 * called it has the rings until that one has ended, and then returns CAPTURE_DONE, with nothing more
 * to do but capture_close().
 */
#define CAPTURE_DONE (-1)
int capture_open(struct capture *capture, const struct capture_settings *settings,
		 const char *const *devices, char **words);
/* The filter of the settings, or of the words; owned by the caller, NULL without one. */
int capture_filter(const struct capture_settings *settings, char **words, char **filter);
/* Packets are received from now on. tick: wake up ten times a second. */
int capture_start(struct capture *capture, bool tick);
/* What the first ring tells; all zeros without one. */
void capture_info(const struct capture *capture, struct torc_ring_info *info);
/* Packets at hand, as far as that is known. */
unsigned int capture_queued(const struct capture *capture);
/* After it, and before the first packet: privileges_confine(), with what the rings need. */
int capture_confine(struct capture *capture, const struct privileges *wanted);
/* tcpdump's "listening on ..." */
void capture_announce(const struct capture *capture);
/*
 * The next packets, in time order when there are several files, borrowed until the next call.
 * 0: none at hand (see capture_over()).
 */
unsigned int capture_next(struct capture *capture, struct torc_packet *packets, unsigned int max);
/* Nothing more is to come: -c, --for, a signal, the end of the files, or an error. */
bool capture_over(struct capture *capture);
/* Is there a name of that interface of this machine? From any thread. */
bool capture_interface_name(struct capture *capture, int32_t ifindex, char name[16]);
/* What torc rings shows below the rings of this capture. */
void capture_publish(const struct capture *capture, const char *text);
/* Tells who started us that the capture goes on: called again and again. */
void capture_notify(const struct capture *capture);
/* Say what a call on one of the rings failed with. */
void capture_report(struct capture *capture, struct torc_ring *ring, int code);
/* Stops receiving. */
void capture_end(struct capture *capture);
/* The file that the packets of the last capture_next() are of; NULL on a wire. */
const struct torc_file *capture_file(const struct capture *capture);
/* Closes the rings; the exit status so far. */
int capture_close(struct capture *capture);

/* ---- account.c ---- */

/* The accounts of all rings added up. */
void capture_stats(const struct capture *capture, struct torc_stats *stats);
/* tcpdump's three lines and the account, for people; captured is what the caller used. */
void capture_print_summary(const struct capture *capture, uint64_t captured);
/* The same of an account that was taken, or of a sum of them. */
void capture_print_account(const struct torc_stats *stats, uint64_t captured);
/* The account as one line of JSON. */
void capture_print_json(const struct capture *capture);
/* tcpdump's answer to SIGUSR1: one line of counts. */
void capture_print_counts(const struct capture *capture);
/* One line that is written over each time; only where a person looks at it. */
void capture_print_live(const struct capture *capture, const struct torc_stats *stats);
bool capture_lost(const struct capture *capture);

#endif
