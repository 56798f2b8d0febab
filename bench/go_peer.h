/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * go_peer.h - a Go program that does the same as a benchmark, in a process of its own
 *
 * It is built from bench/gopacket, given a file of packets, and for each line on its standard input it
 * does one round and writes that round's nanoseconds a packet. Without go or the gopacket package there
 * is no peer, and the table goes without it.
 */
#ifndef TORC_BENCH_GO_PEER_H
#define TORC_BENCH_GO_PEER_H

#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <torc/file.h>

struct go_peer {
	FILE *in, *out; /* NULL: there is none */
	pid_t pid;
};

static inline bool go_peer_file(const char *path, const struct torc_packet *packets, size_t count)
{
	struct torc_writer_options options = { .size = sizeof(options),
					       .format = TORC_FORMAT_PCAP };
	struct torc_writer *writer;
	bool good;

	if (torc_writer_open(&writer, path, &options, NULL) < 0)
		return false;
	good = torc_writer_write(writer, packets, (unsigned int)count) >= 0;
	return torc_writer_close(writer, NULL, NULL) == 0 && good;
}

/* Build and start it: source, below bench/gopacket; name, of the program; file, of the packets. */
static inline void go_peer_start_on(struct go_peer *peer, const char *source, const char *name,
				    const char *file)
{
	const char *folder = getenv("B") ? getenv("B") : "build";
	char program[200], command[700];
	int in[2], out[2];

	*peer = (struct go_peer){ 0 };
	snprintf(program, sizeof(program), "%s/bench/gopacket-%s", folder, name);
	snprintf(command, sizeof(command),
		 "GOPATH=${GOPATH:-/usr/share/gocode} GO111MODULE=off CGO_ENABLED=0 "
		 "go build -o %s bench/gopacket/%s 2>/dev/null", program, source);
	if (system(command) != 0 || pipe(in) < 0 || pipe(out) < 0) {
		printf("gopacket is left out: go or the package is not installed\n");
		return;
	}
	peer->pid = fork();
	if (peer->pid == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		close(in[1]);
		close(out[0]);
		execl(program, program, file, (char *)NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	peer->in = fdopen(in[1], "w");
	peer->out = fdopen(out[0], "r");
}

/* The same on a file of these packets, made beside the program. */
static inline void go_peer_start(struct go_peer *peer, const char *source, const char *name,
				 const struct torc_packet *packets, size_t count)
{
	char file[200];

	snprintf(file, sizeof(file), "%s/bench/%s.pcap", getenv("B") ? getenv("B") : "build", name);
	if (!go_peer_file(file, packets, count))
		errx(1, "cannot write %s", file);
	go_peer_start_on(peer, source, name, file);
}

/* One round of what a line asks for: nanoseconds a packet. */
static inline double go_peer_round(struct go_peer *peer, const char *what)
{
	double ns;

	if (fprintf(peer->in, "%s\n", what) < 0 || fflush(peer->in) != 0 ||
	    fscanf(peer->out, "%lf", &ns) != 1)
		errx(1, "the Go program ended early");
	return ns;
}

static inline void go_peer_stop(struct go_peer *peer)
{
	if (!peer->in)
		return;
	fclose(peer->in);
	fclose(peer->out);
	waitpid(peer->pid, NULL, 0);
}

#endif
