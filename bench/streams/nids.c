/* SPDX-License-Identifier: BSD-3-Clause */
/* nids.c FILE: libnids over a file; prints how many bytes its streams had */
#include <nids.h>
#include <stdio.h>

static unsigned long long bytes;

static void on_tcp(struct tcp_stream *stream, void **unused)
{
	(void)unused;
	if (stream->nids_state == NIDS_JUST_EST) {
		stream->client.collect++;
		stream->server.collect++;
	} else if (stream->nids_state == NIDS_DATA) {
		bytes += (unsigned int)stream->client.count_new + (unsigned int)stream->server.count_new;
	}
}

int main(int argc, char **argv)
{
	struct nids_chksum_ctl no_checksums = { .netaddr = 0, .mask = 0, .action = NIDS_DONT_CHKSUM };

	if (argc < 2)
		return 2;
	nids_params.filename = argv[1];
	nids_params.device = NULL;
	nids_params.n_tcp_streams = 4096;
	nids_params.scan_num_hosts = 0;
	if (!nids_init())
		return 1;
	nids_register_chksum_ctl(&no_checksums, 1);
	nids_register_tcp((void *)on_tcp);
	nids_run();
	printf("%llu\n", bytes);
	return 0;
}
