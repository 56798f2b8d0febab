/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * torc/export.h - where flow records go: lines of text or JSON, IPFIX, NetFlow v9, Kafka
 *
 *	struct torc_export *out;
 *
 *	if (torc_export_open(&out, "ipfix:udp:192.0.2.1:4739", NULL, &error) < 0)
 *		errx(1, "%s", error.text);
 *	torc_export_write(out, record);            (as torc_flow_table_options.ended)
 *	while (torc_export_poll(out, &news) > 0)   (now and then)
 *		warnx("%s", news.text);
 *	torc_export_close(out, 5000000000, &stats);
 *
 * Writing never waits: a record goes to a queue of fixed size, from which a thread of the output
 * takes it. Where the queue is full because a disk, a pipe or a collector is slow or away, the record
 * is refused and counted. Each record is in one place:
 *
 *	made = acknowledged + failed + refused + in_flight
 *
 * A collector that cannot be reached is tried again after 1, 2, 4 ... 30 seconds; what comes meanwhile
 * waits in the queue as long as there is room.
 *
 * One thread at a time writes to an output; torc_export_stats() may be called by any.
 */
#ifndef TORC_EXPORT_H
#define TORC_EXPORT_H

#include <torc/flow_table.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_export;

/* struct torc_export_options.flags */
enum {
	/* ifindex in records is of this machine: names of interfaces are looked up */
	TORC_EXPORT_INTERFACES = 1 << 0,
	/* IPFIX: a record for each direction, for collectors that see half of a biflow only */
	TORC_EXPORT_ONE_WAY = 1 << 1
};

/* Everything that is zero has its default. */
struct torc_export_options {
	size_t size;                 /* sizeof(struct torc_export_options) */
	uint32_t flags;              /* TORC_EXPORT_ bits */
	uint32_t queue_records;      /* 16384; each takes some 350 bytes */
	uint32_t domain;             /* IPFIX: observation domain id, NetFlow v9: source id; 1 */
	uint32_t message_bytes;      /* UDP: at most, 512 to 65000; 1400 */
	uint64_t template_ns;        /* UDP: templates again after; 600 s */
	uint16_t community_id_seed;
	const char *const *settings; /* "key=value" of the output's own, ends with NULL; or NULL */
	uint32_t messages_per_second; /* UDP: at most; 4000 */
	/*
	 * With TORC_EXPORT_INTERFACES: who knows the names, instead of the kernel, which a confined process
	 * may not be able to ask. Called by the output's thread, once for a run of records of an interface;
	 * false: it has none.
	 */
	bool (*interface_name)(void *object, int32_t ifindex, char name[16]);
	void *object; /* of interface_name */
};

/*
 * The account of an output. acknowledged means: of lines and files, written; of TCP, taken by the
 * other end's kernel; of UDP, sent and not refused within 200 ms (UDP tells no more); of
 * Kafka, by all replicas of the partition that are in sync.
 */
struct torc_export_stats {
	size_t size;           /* in: sizeof(struct torc_export_stats) */
	uint64_t made;         /* given to torc_export_write() */
	uint64_t acknowledged;
	uint64_t failed;
	uint64_t refused;      /* there was no room in the queue */
	uint64_t in_flight;    /* in the queue, or sent and not settled yet */
	uint64_t packets_lost; /* that the failed and refused records are of */
	uint64_t bytes;        /* written or sent */
	uint64_t messages;     /* IPFIX and NetFlow */
	uint64_t attempts;     /* to reach a collector, beginning with the first */
	uint64_t unsure;       /* of the failed: sent, and perhaps there all the same (Kafka) */
	bool away;             /* the other end cannot be reached now */
	bool broken;           /* nothing more can be written: a pipe without a reader, a full disk */
	bool balanced;
};

/*
 * torc_export_open - open an output and start its thread
 *
 * target   text:PATH, json:PATH      a line a record; "-" is standard output
 *          ipfix:PATH                a file of IPFIX messages (RFC 5655)
 *          ipfix:udp:HOST:PORT       to a collector; IPv6 addresses in brackets
 *          ipfix:tcp:HOST:PORT
 *          netflow9:udp:HOST:PORT
 *          kafka:BROKERS/TOPIC       brokers as HOST:PORT,HOST:PORT; needs libtorc-kafka.so
 *
 * Files are appended to, whole lines and messages at a time, so that processes may share one. Names of
 * hosts are looked up here. Returns 0; -EINVAL for what is no target, option or address
 * (the sentence says how they are written), or the error of opening the file. A collector that does
 * not answer is no error: it may come later. Brokers are asked for the topic, for two seconds at most;
 * one that is not there is -ENOENT. settings of Kafka are librdkafka's.
 */
TORC_API int torc_export_open(struct torc_export **out, const char *target,
			      const struct torc_export_options *options, struct torc_error *error);

/*
 * torc_export_write - give a record to an output
 *
 * Returns 0, or -ENOBUFS when there was no room: the record is counted as refused. Never waits,
 * unless torc_export_set_wait() said so. Cost: a copy of the record.
 */
TORC_API int torc_export_write(struct torc_export *out, const struct torc_flow_record *record);

/*
 * torc_export_set_wait - let torc_export_write() wait for room, during the next wait_ns
 *
 * For files that are read, and for the last records when the capture is over. It does not wait for
 * a collector that is away. UINT64_MAX: for good; 0: no more. From any thread, also while one waits,
 * and from a signal handler.
 */
TORC_API void torc_export_set_wait(struct torc_export *out, uint64_t wait_ns);

/*
 * torc_export_set_ignored - packets that were observed and are in no flow, dropped ones included;
 * IPFIX tells them with ignoredPacketTotalCount. Any time.
 */
TORC_API void torc_export_set_ignored(struct torc_export *out, uint64_t packets);

/*
 * torc_export_poll - whether there is news of the other end: it is away, it is back, it broke
 *
 * Returns 1 with the sentence, 0 when there is none. Never waits.
 */
TORC_API int torc_export_poll(struct torc_export *out, struct torc_error *news);

/* torc_export_stats - the account; 0, or -EINVAL when stats->size is not set */
TORC_API int torc_export_stats(const struct torc_export *out, struct torc_export_stats *stats);

/*
 * torc_export_close - write what waits, for at most wait_ns, and release the output; NULL is allowed
 *
 * stats   NULL, or with its size set: the account at the end. What could not be written in time is in
 *         in_flight.
 */
TORC_API void torc_export_close(struct torc_export *out, uint64_t wait_ns,
				struct torc_export_stats *stats);

/*
 * torc_flow_record_text, _json - a record as one line, without newline; as snprintf()
 *
 * interface_name may be NULL. The keys of JSON are those of "A flow" in docs/json.md.
 */
TORC_API int torc_flow_record_text(const struct torc_flow_record *record, char *buffer, size_t size);
TORC_API int torc_flow_record_json(const struct torc_flow_record *record,
				   const char *interface_name, uint16_t community_id_seed,
				   char *buffer, size_t size);

#ifdef __cplusplus
}
#endif

#endif
