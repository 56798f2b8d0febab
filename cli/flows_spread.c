/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * flows_spread.c - torc flows --workers of files: this thread reads them once and gives each packet to the
 * thread of its flow, which has a table and outputs of its own; the sum of their accounts is told
 *
 * What filters, samples, merges files by their time and says what is damaged is the capture's, as with
 * one thread.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include <torc/spread.h>

#include "flows.h"

enum { READ_BATCH = 64, BATCH = 32, TICK_NS = 100000000, PUT_MS = 100, BUFFER_BYTES = 4 << 20 };

struct member {
	struct run *run;
	unsigned int number;
	struct flows_part part;
	struct flows_account account;
	pthread_t thread;
	bool begun;
	bool finishing; /* under the run's lock: its outputs are its own to set and to close */
};

struct run {
	struct flows_settings *settings;
	struct capture capture;
	struct inputs inputs;
	struct torc_spread *spread;
	struct member *members;
	unsigned int count;
	bool patient; /* see be_patient() */
	pthread_mutex_t lock;
	uint64_t last_ns; /* the time of the newest packet; written before the spread's end */
};

/* ---- a member ---- */

static void use(struct member *member, const struct torc_packet *packets, unsigned int count)
{
	struct torc_decoded decoded[BATCH];

	for (unsigned int at = 0; at < count; at += BATCH) {
		unsigned int some = count - at < BATCH ? count - at : BATCH;

		torc_decode_batch(packets + at, some, decoded);
		flows_part_add(&member->part, packets + at, decoded, some);
	}
}

static void *work(void *argument)
{
	struct member *member = argument;
	struct torc_spread *spread = member->run->spread;
	const struct torc_packet *packets;
	uint64_t tick_ns = 0;
	int count;

	while ((count = torc_spread_next_batch(spread, member->number, &packets)) > 0) {
		uint64_t now_ns = cli_now_ns();

		use(member, packets, (unsigned int)count);
		if (now_ns < tick_ns)
			continue;
		tick_ns = now_ns + TICK_NS;
		flows_account_take(&member->account, NULL, &member->part);
		if (!flows_outputs_look(&member->part.outputs,
					flows_account_ignored(&member->account)))
			torc_spread_stop(spread); /* nobody can write any more */
	}
	/* the time of the files is that of all of them, not of these packets */
	if (count == 0)
		torc_flow_table_advance(member->part.table, member->run->last_ns);
	flows_part_end(&member->part, member->run->settings, &member->account);
	pthread_mutex_lock(&member->run->lock);
	member->finishing = true;
	pthread_mutex_unlock(&member->run->lock);
	flows_part_finish(&member->part, member->run->settings, &member->account);
	return NULL;
}

/* ---- the reader ---- */

/* Nobody waits for ever once an end is wanted: outputs that take nothing, for example. */
static void be_patient(struct run *run)
{
	if (run->patient)
		return;
	run->patient = true;
	pthread_mutex_lock(&run->lock);
	for (unsigned int n = 0; n < run->count; n++) {
		struct member *member = &run->members[n];

		if (member->begun && !member->finishing)
			flows_outputs_patient(&member->part.outputs, flows_part_wait_ns(run->settings));
	}
	pthread_mutex_unlock(&run->lock);
}

/* All of them, also when an end is wanted meanwhile: they are in the account. */
static bool give(struct run *run, const struct torc_packet *packets, unsigned int count)
{
	struct torc_ring *ring = run->capture.rings[run->capture.current];

	for (unsigned int given = 0; given < count;) {
		int result = torc_spread_put(run->spread, ring, packets + given, count - given, PUT_MS);

		if (result < 0)
			return false;
		for (int i = 0; i < result; i++, given++)
			if (packets[given].timestamp_ns > run->last_ns)
				run->last_ns = packets[given].timestamp_ns;
		if (given < count && capture_over(&run->capture))
			be_patient(run);
	}
	return true;
}

static void read_files(struct run *run)
{
	struct torc_packet packets[READ_BATCH];
	bool goes_on = true;

	while (goes_on && !capture_over(&run->capture)) {
		unsigned int count = capture_next(&run->capture, packets, READ_BATCH);

		if (count == 0)
			torc_spread_flush(run->spread);
		else
			goes_on = give(run, packets, count);
	}
	torc_spread_end(run->spread, 0);
}

/* ---- begin and end ---- */

static int start_member(struct run *run, unsigned int number)
{
	struct member *member = &run->members[number];
	int status = flows_part_open(&member->part, run->settings, number, NULL);
	sigset_t all, before;
	int code;

	member->run = run;
	member->number = number;
	if (status != CLI_GOOD)
		return status;
	sigfillset(&all); /* signals are the reader's */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	code = pthread_create(&member->thread, NULL, work, member);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	member->begun = code == 0;
	return code == 0 ? CLI_GOOD : cli_fail(-code, NULL);
}

static int open_all(struct run *run, char **words)
{
	/* UDP goes by its addresses, so that fragments meet the packet they are of */
	struct torc_spread_options options = {
		.size = sizeof(options),
		.members = run->count,
		.type = run->settings->inner ? TORC_CLUSTER_PER_INNER_FLOW_TCP_5_TUPLE
					     : TORC_CLUSTER_PER_FLOW_TCP_5_TUPLE,
		.buffer_bytes = BUFFER_BYTES,
	};
	struct flows_settings *settings = run->settings;
	struct torc_error error = { 0 };
	int status = inputs_open(&run->inputs, &settings->input, &settings->capture);
	int code;

	if (status == CLI_GOOD)
		status = capture_open(&run->capture, &settings->capture,
				      (const char *const *)run->inputs.devices, words);
	if (status != CLI_GOOD)
		return status;
	code = torc_spread_open(&run->spread, NULL, &options, &error);
	if (code < 0)
		return cli_fail(code, error.text);
	for (unsigned int n = 0; n < run->count && status == CLI_GOOD; n++)
		status = start_member(run, n);
	if (status == CLI_GOOD)
		status = capture_start(&run->capture, true);
	if (status == CLI_GOOD) /* all have the same targets */
		status = flows_confine(settings, &run->members[0].part.outputs, &run->capture, false);
	return status;
}

/* A signal that comes meanwhile is an end, too. */
static void join_member(struct run *run, struct member *member)
{
	struct timespec until;

	do {
		if (run->capture.stopped || cli_signals_pending())
			be_patient(run);
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_sec++;
	} while (pthread_timedjoin_np(member->thread, NULL, &until) == ETIMEDOUT);
}

static void join_members(struct run *run, struct flows_account *sum)
{
	for (unsigned int n = 0; n < run->count; n++) {
		struct member *member = &run->members[n];

		if (member->begun)
			join_member(run, member);
		if (member->part.outputs.failed)
			member->account.status = CLI_FAILED;
		flows_account_add(sum, &member->account);
	}
}

int flows_spread_run(struct flows_settings *settings, char **words, struct flows_account *sum)
{
	struct run run = { .settings = settings, .count = (unsigned int)settings->workers };
	uint64_t read_ns = 0;
	int status;

	flows_account_begin(sum);
	pthread_mutex_init(&run.lock, NULL);
	run.members = calloc(run.count, sizeof(*run.members));
	if (!run.members)
		return cli_fail(-ENOMEM, NULL);
	for (unsigned int n = 0; n < run.count; n++) {
		flows_account_begin(&run.members[n].account);
		flows_outputs_name(&run.members[n].part.outputs, settings);
	}
	status = open_all(&run, words);
	if (status == CLI_GOOD) {
		capture_announce(&run.capture);
		read_files(&run);
		read_ns = cli_now_ns() - run.capture.started_ns;
	} else if (run.spread) {
		torc_spread_stop(run.spread);
	}
	join_members(&run, sum);
	torc_spread_close(run.spread);
	if (status == CLI_GOOD) {
		capture_end(&run.capture);
		capture_stats(&run.capture, &sum->ring);
		sum->packets = run.capture.packets;
		sum->seconds_ns = read_ns;
		sum->cpu_ns = run.capture.cpu_ns;
		status = sum->status;
	}
	if (run.capture.status == CLI_GOOD)
		run.capture.status = status;
	if (run.capture.settings)
		status = capture_close(&run.capture);
	for (unsigned int n = 0; n < run.count; n++)
		flows_part_close(&run.members[n].part);
	inputs_close(&run.inputs);
	pthread_mutex_destroy(&run.lock);
	free(run.members);
	return status;
}
