/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libnet_peer.h - Ethernet, IPv4 and TCP built by libnet, where its header and its library are installed
 *
 * All three blocks are filled anew for each packet, in place by their tags, and then put together, which
 * is when libnet computes checksums: what libnet_write() does in front of its system call.
 */
#ifndef TORC_BENCH_LIBNET_PEER_H
#define TORC_BENCH_LIBNET_PEER_H

#include <stdbool.h>
#include <stdint.h>

#if __has_include(<libnet.h>)

#include <dlfcn.h>
#include <libnet.h>

static struct {
	__typeof__(libnet_init) *init;
	__typeof__(libnet_build_tcp) *build_tcp;
	__typeof__(libnet_build_ipv4) *build_ipv4;
	__typeof__(libnet_build_ethernet) *build_ethernet;
	__typeof__(libnet_pblock_coalesce) *coalesce;
	__typeof__(libnet_adv_free_packet) *free_packet;
	libnet_t *net;
	libnet_ptag_t tcp, ipv4, ethernet;
} libnet;

/* The length of the packet; 0: it could not be built. */
static inline uint32_t libnet_build(uint32_t sequence, const uint8_t *payload, uint32_t length)
{
	static const uint8_t source[6] = { 2, [5] = 1 }, destination[6] = { 2, [5] = 2 };
	uint8_t *packet = NULL;
	uint32_t size = 0;

	libnet.tcp = libnet.build_tcp(5000, 80, sequence, 0, TH_ACK, 65535, 0, 0,
				      (uint16_t)(LIBNET_TCP_H + length), payload, length, libnet.net,
				      libnet.tcp);
	libnet.ipv4 = libnet.build_ipv4((uint16_t)(LIBNET_IPV4_H + LIBNET_TCP_H + length), 0, 0, 0, 64,
					IPPROTO_TCP, 0, htonl(0x0A000001), htonl(0x0A000002), NULL, 0,
					libnet.net, libnet.ipv4);
	libnet.ethernet = libnet.build_ethernet(destination, source, 0x0800, NULL, 0, libnet.net,
						libnet.ethernet);
	if (libnet.tcp < 0 || libnet.ipv4 < 0 || libnet.ethernet < 0 ||
	    libnet.coalesce(libnet.net, &packet, &size) < 0)
		return 0;
	libnet.free_packet(libnet.net, packet);
	return size;
}

static inline bool libnet_start(void)
{
	static const uint8_t zeros[64];
	char why[LIBNET_ERRBUF_SIZE];
	void *library = dlopen("libnet.so.1", RTLD_NOW);

	if (!library)
		return false;
	libnet.init = (__typeof__(libnet.init))dlsym(library, "libnet_init");
	libnet.build_tcp = (__typeof__(libnet.build_tcp))dlsym(library, "libnet_build_tcp");
	libnet.build_ipv4 = (__typeof__(libnet.build_ipv4))dlsym(library, "libnet_build_ipv4");
	libnet.build_ethernet = (__typeof__(libnet.build_ethernet))dlsym(library, "libnet_build_ethernet");
	libnet.coalesce = (__typeof__(libnet.coalesce))dlsym(library, "libnet_pblock_coalesce");
	libnet.free_packet = (__typeof__(libnet.free_packet))dlsym(library, "libnet_adv_free_packet");
	if (!libnet.init || !libnet.build_tcp || !libnet.build_ipv4 || !libnet.build_ethernet ||
	    !libnet.coalesce || !libnet.free_packet)
		return false;
	libnet.net = libnet.init(LIBNET_NONE, NULL, why);
	return libnet.net && libnet_build(1, zeros, 64) == 14 + 20 + 20 + 64;
}

#else

static inline bool libnet_start(void)
{
	return false;
}

static inline uint32_t libnet_build(uint32_t sequence, const uint8_t *payload, uint32_t length)
{
	(void)sequence;
	(void)payload;
	(void)length;
	return 0;
}

#endif

#endif
