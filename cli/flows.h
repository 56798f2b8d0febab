/* SPDX-License-Identifier: BSD-3-Clause */
/* flows.h - the parts of torc flows: settings, outputs, one worker's account, workers, the live table */
#ifndef TORC_CLI_FLOWS_H
#define TORC_CLI_FLOWS_H

#include <torc/export.h>
#include <torc/flow_table.h>

#include "capture.h"
#include "inputs.h"

enum { FLOWS_OUTPUTS_MAX = 16, FLOWS_WORKERS_MAX = 256 };

struct flows_settings {
	struct capture_settings capture;
	struct input_settings input;
	struct torc_flow_table_options table;
	uint64_t flows;
	bool inner, no_vlan, no_names, fingerprints, streams;
	struct cli_list ipfix, netflow9, kafka, kafka_options;
	uint64_t domain, queue_records, message_bytes, pace, template_ns, wait_ns;
	bool print, top, one_way;
	const char *plot, *listen, *token;
	int sort; /* enum flows_sort */
	uint64_t workers;
	bool again; /* this process takes the place of a worker that died */
};

/* ---- outputs: flows_output.c ---- */

struct flows_outputs {
	struct torc_export *out[FLOWS_OUTPUTS_MAX];
	struct torc_export_stats stats[FLOWS_OUTPUTS_MAX]; /* after flows_outputs_close() */
	bool failed; /* one of them broke: a full disk, say */
	char target[FLOWS_OUTPUTS_MAX][256];
	unsigned int count;
	bool of_files;             /* which can wait */
	uint64_t until_ns;         /* when closing them has to be done; 0: nobody wants an end yet */
	unsigned int refused_said; /* a bit each: that records are refused was said */
};

/* Fills in targets by the settings; false when they are too many or too long. */
bool flows_outputs_name(struct flows_outputs *outputs, const struct flows_settings *settings);
/* Opens them; worker: its number, from 0. wire: NULL when the packets are those of files, which can
 * wait. An exit status. */
int flows_outputs_open(struct flows_outputs *outputs, const struct flows_settings *settings,
		       unsigned int worker, struct capture *wire);
/*
 * An end is wanted: what is written from now on waits for room for so long, all in all. The first call
 * counts. Before flows_outputs_close(); from any thread, and from a signal handler.
 */
void flows_outputs_patient(struct flows_outputs *outputs, uint64_t wait_ns);
/* torc_flow_table_options.ended, with the outputs as object */
void flows_outputs_write(void *outputs, const struct torc_flow_record *record);
/* Says what is new; false when nothing can be written any more. ignored: packets in no flow. */
bool flows_outputs_look(struct flows_outputs *outputs, uint64_t ignored);
/* Of files: waits until who reads standard output has all of it, or somebody wants an end. */
void flows_outputs_read(struct flows_outputs *outputs, uint64_t ignored);
/* Waits until all records are settled, the time is over, or a signal; says what is new meanwhile. */
void flows_outputs_settle(struct flows_outputs *outputs, uint64_t ignored);
void flows_outputs_close(struct flows_outputs *outputs);

/* ---- names from TCP streams: flows_streams.c ---- */

struct flows_streams;

/* So many connections at most; an exit status. The result is to be closed, also when it failed. */
int flows_streams_open(struct flows_streams **streams, uint64_t connections);
void flows_streams_close(struct flows_streams *streams);
/* Packets that the table was given before. */
void flows_streams_add(struct flows_streams *streams, struct torc_flow_table *table,
		       const struct torc_packet *packets, const struct torc_decoded *decoded,
		       unsigned int count);

/* ---- what becomes of packets, in one worker: flows_part.c ---- */

struct flows_account;

struct flows_part {
	struct flows_outputs outputs;
	struct torc_flow_table *table;
	struct flows_streams *streams; /* NULL: nobody asked */
};

/* wire: see flows_outputs_open(). An exit status; flows_part_close() either way. */
int flows_part_open(struct flows_part *part, const struct flows_settings *settings,
		    unsigned int worker, struct capture *wire);
void flows_part_add(struct flows_part *part, const struct torc_packet *packets,
		    const struct torc_decoded *decoded, unsigned int count);
/* When an end is wanted, outputs are waited for for so long. */
uint64_t flows_part_wait_ns(const struct flows_settings *settings);
/* All flows end. Then, once: their records are waited for as long as the settings say. */
void flows_part_end(struct flows_part *part, const struct flows_settings *settings,
		    struct flows_account *account);
void flows_part_finish(struct flows_part *part, const struct flows_settings *settings,
		       struct flows_account *account);
void flows_part_close(struct flows_part *part);
/* Rights that none of these outputs needs are given up. serves: there is a page, too. */
int flows_confine(const struct flows_settings *settings, const struct flows_outputs *outputs,
		  struct capture *capture, bool serves);

/* ---- the account: flows_account.c ---- */

enum { FLOWS_LATENCIES = 5 };

/* How old the first packet of a batch is when it is at hand: batches by that, on a wire. */
struct flows_latency {
	uint64_t batches[FLOWS_LATENCIES]; /* up to 1 ms, 10 ms, 100 ms, 1 s, and older */
	uint64_t sum_ns;
};

/* Of one worker, or the sum of all. */
struct flows_account {
	struct torc_stats ring;
	struct torc_flow_table_stats table;
	struct torc_export_stats output[FLOWS_OUTPUTS_MAX];
	uint64_t packets; /* delivered by capture_next() */
	uint64_t seconds_ns, cpu_ns;
	uint64_t workers_died, flows_lost; /* with them; flows_lost are in table.open */
	struct flows_latency latency;
	int status; /* exit status so far */
	bool live;  /* what it receives goes on without it, unlike a file */
	bool done;
};

/* All zero, which balances: of a worker that does not get as far as to capture. */
void flows_account_begin(struct flows_account *account);
/* Packets that are in no flow: for the account that collectors get. */
uint64_t flows_account_ignored(const struct flows_account *account);
void flows_account_latency(struct flows_account *account, uint64_t age_ns);
/* What the rings, the table and the outputs say now. capture: NULL, the rings are another's. */
void flows_account_take(struct flows_account *account, const struct capture *capture,
			const struct flows_part *part);
void flows_account_add(struct flows_account *sum, const struct flows_account *account);
void flows_account_print(const struct flows_account *account, const struct flows_outputs *outputs);
void flows_account_print_json(const struct flows_account *account,
			      const struct flows_outputs *outputs, uint64_t workers);
/* The flows and outputs in some words, for torc rings. */
void flows_account_text(const struct flows_account *account, const struct flows_outputs *outputs,
			char *text, size_t size);
/* Whether anything was lost on the way to the collectors. */
bool flows_account_lost(const struct flows_account *account);

/* ---- workers: flows_workers.c ---- */

/* What a worker told last of its account: whole, whenever it dies. */
struct flows_told {
	struct flows_account account[2];
	unsigned int turn; /* how often it told; account[turn % 2] is the last */
};

/* How the workers start together, and what they tell: in memory they share. */
struct flows_start {
	int ready[FLOWS_WORKERS_MAX]; /* 0 not yet, 1 its rings and outputs are open, -1 it failed */
	unsigned int count;
	struct flows_told *told; /* one a worker */
};

typedef int flows_work(struct flows_settings *settings, char **words, unsigned int worker,
		       struct flows_start *start, struct flows_account *account);

/* Runs work in so many processes; the sum of their accounts, and the worst exit status. */
int flows_workers_run(struct flows_settings *settings, char **words, flows_work *work,
		      struct flows_account *sum);
/* Before a worker opens anything: after the one before it. False: one failed. */
bool flows_start_turn(struct flows_start *start, unsigned int worker);
/* Tells the parent; start: NULL does nothing. */
void flows_tell(struct flows_start *start, unsigned int worker, const struct flows_account *account);
/* It has opened all, or failed. Returns when all have; false: one failed. */
bool flows_start_together(struct flows_start *start, unsigned int worker, bool good);

/* ---- files, read once for several threads: flows_spread.c ---- */

/* The sum of all accounts, and an exit status. */
int flows_spread_run(struct flows_settings *settings, char **words, struct flows_account *sum);

/* ---- the live table: flows_top.c ---- */

enum flows_sort { FLOWS_BY_BYTES, FLOWS_BY_PACKETS, FLOWS_BY_AGE };

struct flows_top;

/* Takes over the terminal; NULL with a sentence on standard error when it is none. */
struct flows_top *flows_top_open(enum flows_sort sort);
/* Shows the table about once a second, and looks for keys; false when the user quits. */
bool flows_top_look(struct flows_top *top, const struct torc_flow_table *table,
		    const struct flows_account *account, const struct flows_outputs *outputs);
void flows_top_close(struct flows_top *top);

/* The largest flows as a JSON array, for the page; once a second. */
void flows_top_json(FILE *out, const struct torc_flow_table *table);

/* ---- the page: flows_page.c ---- */

struct http_server;

/* Where --listen says; table and account stay the caller's. An exit status. */
int flows_page_open(struct http_server **server, const struct flows_settings *settings,
		    const struct torc_flow_table *table, const struct flows_account *account);
/* Bytes by protocol, for their history. */
void flows_page_count(const struct torc_packet *packets, const struct torc_decoded *decoded,
		      unsigned int count);
/* Answers who is there, and waits for nobody. NULL is allowed. */
void flows_page_look(struct http_server *server);
void flows_page_close(struct http_server *server);
/* What is read while it is served, and for names of collectors; ends with NULL. */
const char *const *flows_page_paths(void);

#endif
